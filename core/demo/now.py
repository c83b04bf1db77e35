"""What is going on at this very moment in the sample office, so that every screen has something to show whenever it is started.

Told once a day, at the first start of that day: doors in each state, visitors in the house, invitations for today and tomorrow, a parcel that waits, duties
that are late or due, something offered to somebody, a request from the store.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

from core.demo import buying, guarding, handing, outside, receiving, visiting
from core.demo.days import Calendar, Day, DayTold
from core.demo.story import Story
from core.demo.visiting import Guest
from core.foundation import clock, database
from core.mechanisms import duties, printers
from core.mechanisms.operations import SYSTEM, Actor
from core.sections import assets, bookings, deliveries, rooms, supplies

# Minutes since their coming and what became of it: whether somebody fetched them.
IN_THE_HOUSE = ((95, True), (61, True), (38, True), (16, True), (7, False), (2, False))
QUARTER = timedelta(minutes=15)


def tell(day: Day, calendar: Calendar) -> None:
    """Once a day: with the moment of the first start."""
    if day.house.story.was_told(_mark(day)):
        return
    _doors(day, calendar)
    for guest in _invited(day, calendar.next(day.date)):
        visiting.invite(day, guest, calendar.next(day.date))
    _front_desk(day)
    _work(day, calendar)
    handing.tell(day, calendar)
    outside.tell(day)
    receiving.tell(day, calendar)
    guarding.tell(day)
    buying.tell(day, calendar)
    day.house.story.tell(_mark(day), DayTold(day=day.date), SYSTEM, day.until)


def _doors(day: Day, calendar: Calendar) -> None:
    """102 in use with a meeting of May Lin's right after it (whom one may ask for more time), 205 soon, 206 waits for its check-in, 103 closed;
    305 stays free for whoever tries it."""
    now, staff = day.until, day.house.actors["staff"]
    _meeting(day, "102", now - timedelta(minutes=24), 50, "合同会审", day.pick(), comes=True)
    if clock.today(now + timedelta(minutes=90)) == day.date:
        _meeting(day, "102", now + timedelta(minutes=26), 60, "周例会", _id(staff), part="then")
    _meeting(day, "205", now + timedelta(minutes=8), 45, "需求评审", day.pick())
    _meeting(day, "206", now - timedelta(minutes=3), 60, "视频调度会", _id(staff))
    if (later := _today(day, now + timedelta(minutes=95))) is not None:
        _meeting(day, "305", later, 30, "年度考核沟通", _id(staff))
    with database.reading() as s:
        closed = rooms.is_closed(rooms.get(s, day.house.rooms["103"]), now)
    if not closed:
        until = calendar.next(day.date)
        close = rooms.CloseRoom(room_id=day.house.rooms["103"], reason="空调检修", until=day.at(18) + (until - day.date))
        day.later(f"close/{day.date}", close, day.house.actors["clerk"], now - timedelta(minutes=40))
    day.house.story.flush()


def _meeting(
    day: Day, short: str, starts_at: datetime, minutes: int, title: str, host_id: UUID, *, comes: bool = False, part: str = ""
) -> None:
    starts_at = starts_at.replace(second=0, microsecond=0)
    booking, key = Story.id("booking", "now", day.date, f"{short}{part}"), f"now/{day.date}/{short}{part}"
    create = bookings.CreateBooking(
        id=booking,
        room_id=day.house.rooms[short],
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=minutes),
        title=title,
        host_id=host_id,
    )
    day.tell(key, create, day.house.actors["desk"], min(day.until, starts_at) - timedelta(minutes=50))
    if comes:
        day.tell(f"{key}/come", bookings.CheckIn(booking_id=booking), day.house.person(host_id), starts_at + timedelta(minutes=2))


def guests(day: Day) -> list[Guest]:
    """Six people in the house, and invitations for the rest of today; none when that was told already."""
    if day.house.story.was_told(_mark(day)):
        return []
    found, midnight, staff = [], day.at(0), _id(day.house.actors["staff"])
    for number, (minutes, fetched) in enumerate(IN_THE_HOUSE):
        dice = day.house.rng("now", day.date, number)
        host = staff if number in (2, 4) else dice.choice(day.house.staff)
        since = timedelta(minutes=minutes)
        # Shortly after midnight there is no such long since: they share what there is of the day.
        arrives = day.until - (since if day.until - since > midnight else (day.until - midnight) * (0.9 - 0.15 * number))
        guest = visiting.someone(f"now/{day.date}/{number}", dice, host, arrives, number, invited=number % 2 == 0)
        found.append(
            replace(
                guest,
                comes=True,
                scanned_out=False,
                fetched=fetched,
                steps_out=number == 1,
                invited_at=max(midnight, arrives - timedelta(hours=20)),
            )
        )
    return [*found, *_invited(day, day.date)]


def _invited(day: Day, target: date) -> list[Guest]:
    """Three who are invited for a day and have not come."""
    found = []
    for number in range(3):
        dice = day.house.rng("now", day.date, target, number)
        host = _id(day.house.actors["staff"]) if number == 0 else dice.choice(day.house.staff)
        guest = visiting.someone(f"now/{day.date}/for/{target}/{number}", dice, host, day.until, number, invited=True)
        found.append(replace(guest, comes=False, invited_at=day.until - timedelta(minutes=30 - number)))
    return found


def _front_desk(day: Day) -> None:
    """A parcel for May Lin, one more for somebody, papers nobody fetched yet, one of which nobody knows whose it is; and a printer that is off."""
    first = max(day.at(0, 1), day.until - timedelta(minutes=55))
    printer = printers.AddPrinter(
        id=Story.id("printer"), name="文印室胸卡打印机", address="ipp://127.0.0.1/printers/foyer-badges", paper="badge-90x54", colour=True
    )
    day.house.story.later("now/printer", printer, day.house.actors["admin"], day.house.founded)
    papers = deliveries.Drop(recipient=str(_id(day.house.actors["clerk"])), courier="市府办机要", kind="document", pieces=3)
    unclear = deliveries.Drop(addressee="后勤 小王", courier="圆通", oversize=True)
    for name, drop in (("papers", papers), ("unclear", unclear)):
        day.tell(f"now/delivery/{day.date}/{name}", drop, day.house.actors["kiosk"], first)
    for number, (recipient, courier, kind) in enumerate(
        ((_id(day.house.actors["staff"]), "顺丰", "parcel"), (day.pick(), "中国邮政", "letter"))
    ):
        drop = deliveries.Drop(recipient=str(recipient), courier=courier, kind=kind)
        day.tell(
            f"now/delivery/{day.date}/{number}",
            drop,
            day.house.actors["kiosk"],
            max(day.at(0, 1), day.until - timedelta(minutes=52 - 20 * number)),
        )


def _work(day: Day, calendar: Calendar) -> None:
    """One duty late and one due today for each account, a hand-over that waits for its taker, a fault, a request from the store."""
    house, leader = day.house, day.house.actors["leader"]
    titles = {
        "desk": ("补打 9 月访客统计", "确认明天来访名单"), "clerk": ("核对三楼差异清单", "催办空调检修"), "safety": ("补签上月巡查记录", "复查 307 插线板"),
        "leader": ("审阅一楼盘点报告", "听取安全检查汇报"), "staff": ("归还借用的投影仪", "提交会议纪要"), "admin": ("更换前台自助机打印纸", "核对门口屏清单"),
    }  # fmt: skip
    for account, (late, today) in titles.items():
        owner, opener = _id(house.actors[account]), leader if account != "leader" else house.actors["desk"]
        opened = calendar.next(day.date, -4)
        past = day.at(9, 15) + (opened - day.date)
        day.tell(
            f"now/late/{day.date}/{account}", duties.OpenDuty(title=late, owner_id=owner, due_on=calendar.next(day.date, -1)), opener, past
        )
        day.tell(
            f"now/due/{day.date}/{account}", duties.OpenDuty(title=today, owner_id=owner, due_on=day.date), opener, past + timedelta(days=1)
        )
    dice = house.rng("now", "work", day.date)
    offered, broken = dice.randint(1, 300), dice.randint(301, 600)
    offer = assets.HandOver(asset_id=Story.id("asset", offered), to_person_id=_id(house.actors["staff"]), note="新工位配备")
    day.tell(f"now/offer/{day.date}", offer, house.actors["clerk"], max(day.at(0, 1), day.until - timedelta(minutes=70)))
    fault = assets.ReportFault(asset_id=Story.id("asset", broken), what="开不了机，指示灯不亮")
    day.tell(f"now/fault/{day.date}", fault, house.person(day.pick()), max(day.at(0, 2), day.until - timedelta(minutes=45)))
    ask = supplies.RequestSupply(supply_id=house.supplies[dice.randrange(len(house.supplies))], quantity=3, note="新同事入职")
    day.tell(f"now/request/{day.date}", ask, house.actors["staff"], max(day.at(0, 3), day.until - timedelta(minutes=33)))


def _mark(day: Day) -> str:
    return f"now/{day.date}"


def _today(day: Day, moment: datetime) -> datetime | None:
    """The next quarter of an hour after `moment`, if it is still today."""
    past = (moment - day.at(0)) % QUARTER
    rounded = moment + (QUARTER - past if past else timedelta())
    return rounded if clock.today(rounded + timedelta(minutes=30)) == day.date else None


def _id(actor: Actor) -> UUID:
    assert actor.person_id is not None  # the accounts are persons
    return actor.person_id
