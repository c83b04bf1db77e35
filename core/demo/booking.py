"""What the rooms of the sample office are booked for: purposes with their wishes, things that go from room to room, two rooms that open into one,
meetings that repeat, and a meeting of tomorrow that wants all of it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from core.demo.days import Calendar, moment
from core.demo.house import House
from core.demo.story import Story
from core.mechanisms import places
from core.mechanisms.places import PlaceKind
from core.sections import bookings, rooms
from core.sections.bookings import calendars, series

# key, name, English name, what its form asks (title, attendees, seating), its needs, minutes around it, who approves, important
PURPOSES = (
    ("weekly", "例会", "Regular meeting", (False, False, False), ("whiteboard",), (0, 0), "", False),
    ("review", "评审会", "Review", (True, True, True), ("projector", "whiteboard", "water"), (10, 5), "", False),
    ("guests", "来宾会见", "Reception of guests", (True, True, True), ("tea", "water", "microphone"), (20, 15), "", False),
    ("training", "培训", "Training", (True, True, True), ("projector", "microphone", "water"), (15, 15), "", False),
    ("board", "党组会", "Board meeting", (True, True, True), ("projector", "microphone", "tea"), (30, 15), "", True),
)
NOTICE_MINUTES = 60  # an important meeting takes a room from others at the latest then
THINGS = (
    ("projector", "projector", "便携投影仪 1号", "107"), ("beamer", "projector", "便携投影仪 2号", "107"), ("microphones", "microphone", "无线话筒箱", "107"),
    ("video", "video", "移动视频会议车", "206"),
)  # fmt: skip
# key, title, room, rule (empty: every working day), wall time, minutes, who, purpose
SERIES = (
    ("weekly", "处务例会", "205", "FREQ=WEEKLY;BYDAY=MO;COUNT=16", time(14), 60, "leader", "weekly"),
    ("standup", "业务早碰头", "206", "", time(8, 30), 15, "staff", "weekly"),
    ("quality", "数据质量月会", "103", "FREQ=MONTHLY;BYDAY=1WE;COUNT=6", time(15), 90, "clerk", "review"),
)
STANDUP_DAYS = 30


def tell(house: House, today: date, at: datetime, calendar: Calendar) -> None:
    """Once: purposes, things, the double room and the series. Each day: tomorrow's review with its wishes."""
    story = house.story
    if not story.was_told("series/quality"):
        _purposes(house, at)
        _rooms(house, at)
        _series(house, today, at)
    _tomorrow(house, calendar.next(today), at)
    story.flush()


def _purposes(house: House, at: datetime) -> None:
    for sort, (key, name, english, asks, needs, (before, after), approver, important) in enumerate(PURPOSES):
        do = rooms.SetUpPurpose.model_validate({
            "purpose_id": Story.id("purpose", key), "name": name, "english_name": english, "sort": sort, "asks_title": asks[0], "asks_attendees": asks[1],
            "asks_seating": asks[2], "needs": needs, "set_up_minutes": before, "clean_up_minutes": after, "approver": approver, "important": important,
            "notice_minutes": NOTICE_MINUTES if important else 0,
        })  # fmt: skip
        house.story.later(f"purpose/{key}", do, house.actors["clerk"], at - timedelta(hours=4))
    for key, kind, name, short in THINGS:
        thing = rooms.SetUpItem.model_validate(
            {"item_id": Story.id("thing", key), "kind": kind, "name": name, "place_id": house.rooms[short]}
        )
        house.story.later(f"thing/{key}", thing, house.actors["clerk"], at - timedelta(hours=4))


def _rooms(house: House, at: datetime) -> None:
    """102 and 103 open into one room: whoever books it blocks both."""
    both, at = Story.id("room", "100"), at - timedelta(hours=4)
    add = places.AddPlace(id=both, parent_id=Story.id("floor", 1), kind=PlaceKind.ROOM, name="102+103 通间", short_name="100", sort=104)
    house.story.later("place/100", add, house.actors["admin"], at)
    opened = rooms.SetUpRoom(
        room_id=both,
        english_name="Double Room 102+103",
        capacity=10,
        equipment=("screen",),
        opens_minute=0,
        closes_minute=rooms.DAY_MINUTES,
    )
    house.story.later("room/100", opened, house.actors["clerk"], at)
    parts = rooms.CombineRoom(room_id=both, part_ids=(house.rooms["102"], house.rooms["103"]))
    house.story.later("room/100/parts", parts, house.actors["clerk"], at)


def _series(house: House, today: date, at: datetime) -> None:
    for key, title, short, rule, starts, minutes, who, purpose in SERIES:
        first = datetime.combine(today + timedelta(days=1), starts)
        if "BYDAY=MO" in rule:
            first += timedelta(days=-first.weekday() % 7)
        elif "1WE" in rule:  # the first Wednesday to come that is the first of its month
            while first.weekday() != 2 or first.day > 7:
                first += timedelta(days=1)
        id = Story.id("series", key)
        do = series.CreateSeries(
            id=id, room_id=house.rooms[short], title=title, starts=first, minutes=minutes, rule=rule, workdays=not rule, skip_taken=True,
            last_on=today + timedelta(days=STANDUP_DAYS) if not rule else None, purpose_id=Story.id("purpose", purpose), skip_days_off=bool(rule),
            attendees=4, seating="boardroom" if purpose == "review" else "",
        )  # fmt: skip
        house.story.tell(f"series/{key}", do, house.actors[who], at - timedelta(hours=3))
    third = datetime.combine(today + timedelta(days=1), time(14))
    third += timedelta(days=-third.weekday() % 7 + 14)
    skip = series.SkipDates(series_id=Story.id("series", "weekly"), originals=(third,))
    house.story.later("series/weekly/skip", skip, house.actors["leader"], at - timedelta(hours=2))


def _tomorrow(house: House, day: date, at: datetime) -> None:
    """A review in a room without a projector: a portable one is claimed with it; four were asked, two have answered; two others wanted the room."""
    key, story, leader = f"review/{day}", house.story, house.actors["leader"]
    if story.was_told(key):
        return
    start, id = moment(day, 15, 30), Story.id("review", day)
    do = bookings.CreateBooking(
        id=id, room_id=house.rooms["305"], starts_at=start, ends_at=start + timedelta(hours=1), title="平台二期评审", attendees=4,
        purpose_id=Story.id("purpose", "review"), needs=("projector", "whiteboard", "water"), seating="boardroom", remark="请留一个靠电源的位置",
    )  # fmt: skip
    story.later(key, do, leader, at - timedelta(minutes=70))
    guests = tuple(calendars.Guest(person_id=house.actors[who].person_id) for who in ("staff", "clerk", "safety"))
    outside = calendars.Guest(email="xu@partner.example", name="徐工（合作单位）", language="zh-Hans")
    # Two more wanted that room: one waits for it, one asks the office to find a way.
    span = {"room_id": house.rooms["305"], "starts_at": start, "ends_at": start + timedelta(hours=1)}
    wait = bookings.JoinWaiting.model_validate({**span, "title": "季度数据核对", "attendees": 3})
    story.later(f"{key}/wait", wait, house.actors["staff"], at - timedelta(minutes=50))
    case = bookings.OpenCase.model_validate({**span, "title": "消防演练协调", "attendees": 4, "reason": "维保单位只有这个时间能来"})
    story.later(f"{key}/case", case, house.actors["safety"], at - timedelta(minutes=45))
    story.later(f"{key}/asked", calendars.Invite(booking_id=id, guests=(*guests, outside)), leader, at - timedelta(minutes=65))
    story.flush()
    answers = story.answer(f"{key}/asked")
    for guest, who, answer in zip(answers or (), ("staff", "clerk"), ("accepted", "declined"), strict=False):
        reply = calendars.ReplyInvitation.model_validate({"attendee_id": guest["id"], "answer": answer})
        story.later(f"{key}/{who}", reply, house.actors[who], at - timedelta(minutes=30))
