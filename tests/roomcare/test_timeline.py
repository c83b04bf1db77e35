"""The timeline at the desk and the search on the phone: what they read, and what a person does with them in a real browser."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from core.foundation import clock, database
from core.foundation.ids import uuid7
from core.mechanisms import shapes
from core.mechanisms.operations import Actor, Role
from core.sections import bookings, roomcare, rooms
from core.sections.bookings import Booking, timeline
from tests.cast import Office
from tests.live import DESK, PHONE, Server, sign_in
from tests.rooms.build import combined
from tests.rooms.doors import moment, photograph, set_up_rooms
from tests.series.build import room_in

MONDAY = date(2026, 11, 23)


def bars(house: Office, days: int = 1, first: date = MONDAY, by: str = "ann") -> dict[str | None, list[tuple[int, str, str]]]:
    found = house.read(timeline.timeline, first, days, clock.now(), house.people[by])
    return {
        room.short_name: [
            (bar.day, f"{bar.from_minute // 60}:{bar.from_minute % 60:02d}", f"{bar.until_minute // 60}:{bar.until_minute % 60:02d}")
            for bar in room.bars
        ]
        for floor in found.floors
        for room in floor.rooms
    }


@pytest.mark.proves("V19", "V20")
def test_the_timeline_counts_from_the_office_s_own_midnight(office: Office) -> None:
    for short in ("301", "305"):
        office.do(rooms.SetUpRoom(room_id=office.places[short], opens_minute=0, closes_minute=1440, longest_minutes=1440), office.bo)
    clock.freeze(moment(6))
    office.do(
        bookings.CreateBooking(room_id=office.places["301"], starts_at=moment(7, 45), ends_at=moment(8, 15)), office.mei
    )  # over 00:00 UTC
    late = bookings.CreateBooking(room_id=office.places["305"], starts_at=moment(23), ends_at=moment(23) + timedelta(hours=2))
    office.do(late, office.mei)
    assert bars(office) == {"301": [(0, "7:45", "8:15")], "305": [(0, "23:00", "24:00")]}
    assert bars(office, 2) == {"301": [(0, "7:45", "8:15")], "305": [(0, "23:00", "24:00"), (1, "0:00", "1:00")]}
    assert bars(office, 1, MONDAY + timedelta(days=1)) == {"301": [], "305": [(0, "0:00", "1:00")]}


def test_a_reader_may_change_what_is_theirs_and_the_office_everything(office: Office) -> None:
    office.do(rooms.SetUpRoom(room_id=office.places["301"]), office.bo)
    office.do(bookings.CreateBooking(room_id=office.places["301"], starts_at=moment(10), ends_at=moment(11), title="碰头会"), office.mei)
    stranger = Actor(frozenset({Role.STAFF}), uuid7())
    for who, may in ((office.mei, True), (office.ann, True), (office.wu, True), (stranger, False)):  # Wu is of the host's department
        found = office.read(timeline.timeline, MONDAY, 1, clock.now(), who)
        (bar,) = found.floors[0].rooms[0].bars
        assert (bar.may, bar.title) == (may, "碰头会"), who.name
    assert (found.today, found.minute) == (0, 540)
    assert office.read(timeline.timeline, MONDAY - timedelta(days=7), 7, clock.now(), office.ann).today is None


@pytest.mark.proves("S1.3-R1", "Front desk 2")
def test_two_rooms_that_open_into_one_show_each_other_s_bookings_and_only_their_own_are_moved(office: Office) -> None:
    set_up_rooms(office)
    combined(office, "30X", "301", "305")
    office.do(bookings.CreateBooking(room_id=office.places["301"], starts_at=moment(10), ends_at=moment(11)), office.mei)
    office.do(bookings.CreateBooking(room_id=office.places["30X"], starts_at=moment(14), ends_at=moment(15)), office.mei)
    one, both = (0, "10:00", "11:00"), (0, "14:00", "15:00")
    assert bars(office) == {"301": [one, both], "302": [], "305": [both], "30X": [one, both]}
    found = office.read(timeline.timeline, MONDAY, 1, clock.now(), office.mei)
    may = {room.short_name: [bar.may for bar in room.bars] for floor in found.floors for room in floor.rooms}
    assert may == {"301": [True, False], "302": [], "305": [False], "30X": [False, True]}
    office.do(rooms.CloseRoom(room_id=office.places["305"], reason="检修", until=moment(18)), office.bo)
    found = office.read(timeline.timeline, MONDAY, 2, clock.now(), office.mei)
    closed = {room.short_name: (room.closed, room.shut) for floor in found.floors for room in floor.rooms}
    shut = ("检修", ((0, 540, 1080),))  # from now until then; tomorrow it can be had
    assert closed == {"301": (None, ()), "302": (None, ()), "305": shut, "30X": shut}
    listed = {room.short_name: (room.closed, room.closed_with) for room in office.read(rooms.everything, clock.now())}
    assert listed == {"301": (False, ""), "302": (False, ""), "305": (True, ""), "30X": (True, "305 小谈室")}
    again = office.read(timeline.timeline, MONDAY + timedelta(days=1), 1, clock.now(), office.mei)
    assert {room.closed for floor in again.floors for room in floor.rooms} == {None}


def test_the_hours_of_a_room_in_another_zone_lie_where_they_are_on_the_office_s_wall(office: Office) -> None:
    set_up_rooms(office)
    room_in(office, "Europe/Berlin", "B1")
    room_in(office, "Europe/Berlin", "B2", opens_minute=8 * 60, closes_minute=20 * 60)
    found = office.read(timeline.timeline, MONDAY, 1, clock.now(), office.mei)
    hours = {room.short_name: (room.opens_minute, room.closes_minute) for floor in found.floors for room in floor.rooms}
    assert hours["B1"] == (0, 1440) and hours["B2"] == (15 * 60, 1440)  # 8 to 20 in Berlin


@pytest.mark.proves("V29")
def test_a_search_warns_of_what_is_broken_and_says_when_something_fits_again(office: Office) -> None:
    for short, seats in (("301", 12), ("305", 8)):
        office.do(rooms.SetUpRoom(room_id=office.places[short], capacity=seats, equipment=("projector",)), office.bo)
    office.do(roomcare.ReportFault(room_id=office.places["305"], item="projector"), office.mei)

    def search(text: str) -> roomcare.Found:
        found: roomcare.Found = office.read(roomcare.search, text, clock.now())
        return found

    fits = search("8人 投影").fits
    assert [(fit.room.name, fit.missing) for fit in fits] == [
        ("301 听雨厅", ()),
        ("305 小谈室", ("projector",)),
    ]  # the broken one comes last
    assert [fit.room.name for fit in search("8人").fits] == ["305 小谈室", "301 听雨厅"]
    assert [fit.room.name for fit in search("12 people on the 3rd floor").fits] == ["301 听雨厅"]
    office.do(bookings.CreateBooking(room_id=office.places["301"], starts_at=moment(9), ends_at=moment(10)), office.mei)
    none = search("12人")
    assert none.fits == () and none.later[0] == (moment(10, 15).astimezone(UTC), 1)
    # A portable projector is carried into a room that has none: such a room fits too, after those that have their own.
    office.do(rooms.SetUpRoom(room_id=office.places["302"], capacity=8), office.bo)
    assert [fit.room.name for fit in search("8人 投影 15点").fits] == ["301 听雨厅", "305 小谈室"]
    office.do(rooms.SetUpItem(item_id=uuid7(), kind="projector", name="便携投影仪"), office.bo)
    assert [(fit.room.name, fit.brought) for fit in search("8人 投影 15点").fits] == [
        ("301 听雨厅", ()), ("302 办公室", ("projector",)), ("305 小谈室", ()),
    ]  # fmt: skip
    assert search("12人 10点").fits[0].room.free_until == moment(20).astimezone(UTC)


# ── in a browser ──


def centre(page: Page, selector: str, part: float = 0.5) -> tuple[float, float]:
    box = page.locator(selector).bounding_box()
    assert box is not None
    return box["x"] + box["width"] * part, box["y"] + box["height"] / 2


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, steps=4)
    page.mouse.move(*end, steps=4)
    page.mouse.up()


def span_of(booking_id: object) -> tuple[str, datetime, datetime]:
    with database.reading() as s:
        row = s.execute(select(Booking).where(Booking.id == UUID(str(booking_id)))).scalar_one()  # type: ignore[arg-type]
        return str(row.room_id), row.starts_at, row.ends_at


@pytest.mark.browser
@pytest.mark.timeout(120)
@pytest.mark.proves("S1.3-R1", "S1.3-R2", "V20", "V29")
def test_a_booking_is_moved_stretched_and_made_by_dragging_and_by_keys(live_office: Office, server: Server, browser: Browser) -> None:
    set_up_rooms(live_office)
    room, other = live_office.places["301"], live_office.places["305"]
    made = server.post(bookings.CreateBooking(room_id=room, starts_at=moment(10), ends_at=moment(11), title="碰头会"), by="mei")["result"][
        "id"
    ]
    server.post(bookings.CreateBooking(room_id=other, starts_at=moment(14), ends_at=moment(15), title="培训"), by="wu")
    # The browser hangs in Los Angeles: nothing on the page may follow it.
    page = browser.new_context(**DESK, locale="zh-CN", timezone_id="America/Los_Angeles").new_page()
    sign_in(page, server, "ann")
    page.goto(server.url + "/desk/timeline")
    bar = page.locator(f'[data-id="{made}"]')
    expect(bar).to_have_attribute("title", "10:00–11:00, 碰头会, 林晓梅, 已订")
    box = bar.bounding_box()
    assert box is not None
    hour = box["width"]

    # Two hours later and into the other room.
    track = page.locator(f'[data-room="{other}"]').bounding_box()
    assert track is not None
    start = centre(page, f'[data-id="{made}"]')
    drag(page, start, (start[0] + 2 * hour, track["y"] + track["height"] / 2))
    expect(page.locator(".toast")).to_contain_text("改好了：305 小谈室，12:00–13:00")
    assert span_of(made) == (str(other), moment(12).astimezone(UTC), moment(13).astimezone(UTC))

    # Stretched by its right edge to 13:30.
    expect(bar).to_have_attribute("title", "12:00–13:00, 碰头会, 林晓梅, 已订")
    box = bar.bounding_box()
    assert box is not None
    edge = (box["x"] + box["width"] - 3, box["y"] + box["height"] / 2)
    drag(page, edge, (edge[0] + hour / 2, edge[1]))
    expect(bar).to_have_attribute("title", "12:00–13:30, 碰头会, 林晓梅, 已订")

    # Onto somebody else's time: the ghost says so, the server refuses, and what is free instead is one press away.
    start = centre(page, f'[data-id="{made}"]')
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + 2 * hour, start[1], steps=6)
    expect(page.locator(".tl__ghost.bad")).to_be_visible()
    photograph(page, "timeline-drag")
    page.mouse.up()
    dialog = page.locator(".dialog--form")
    expect(dialog).to_contain_text("305 小谈室")
    photograph(page, "timeline-refused")
    dialog.get_by_role("button", name="301 听雨厅，14:00–15:30").click()
    expect(page.locator(f'[data-room="{room}"] [data-id="{made}"]')).to_have_attribute("title", "14:00–15:30, 碰头会, 林晓梅, 已订")

    # By keys: a quarter of an hour earlier, shorter by one, asked with Enter.
    bar.focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+ArrowLeft")
    expect(page.locator(".tl__ghost")).to_have_text("13:45–15:00")
    page.keyboard.press("Enter")
    expect(bar).to_have_attribute("title", "13:45–15:00, 碰头会, 林晓梅, 已订")

    # An empty stretch is drawn and booked.
    empty = page.locator(f'[data-room="{room}"]').bounding_box()
    assert empty is not None
    nine = empty["x"] + (9 - 8) / 12 * empty["width"]
    drag(page, (nine + hour * 1.02, empty["y"] + 6), (nine + hour * 2, empty["y"] + 6))
    dialog = page.locator(".dialog--form")
    expect(dialog.locator("input[type=time]").first).to_have_value("10:00")
    expect(dialog.locator("input[type=time]").last).to_have_value("11:00")
    dialog.locator("input[maxlength='120']").fill("周会")
    photograph(page, "timeline-book")
    dialog.get_by_role("button", name="订会议室").click()
    expect(page.locator(".tl__bar", has_text="周会")).to_be_visible()

    # Somebody else's change arrives by itself; the plan shows the same rooms.
    server.post(bookings.CancelBooking(booking_id=made), by="mei")
    expect(bar).to_have_count(0)
    page.get_by_role("button", name="周", exact=True).click()
    expect(page.locator(".tl--week .tl__track")).to_have_count(7 * 3)
    page.context.close()


@pytest.mark.browser
@pytest.mark.timeout(120)
@pytest.mark.proves("S1.3-R1", "V29")
def test_a_room_in_plain_words_on_the_phone_one_tap_books_and_the_plan_shows_where(
    live_office: Office, server: Server, browser: Browser
) -> None:
    set_up_rooms(live_office)
    with database.reading() as s:
        from core.mechanisms import places

        floor = places.get(s, live_office.places["301"]).parent_id
    assert floor is not None
    drawn = tuple(
        shapes.Drawn(place_id=live_office.places[short], x_cm=x, y_cm=0, width_cm=700, height_cm=600)
        for short, x in (("301", 0), ("302", 700), ("305", 1400))
    )
    assert server.post(shapes.DrawFloor(floor_id=floor, places=drawn), by="bo")["status"] == "accepted"
    page = browser.new_context(**PHONE, locale="en-GB").new_page()
    sign_in(page, server, "mei")
    page.goto(server.url + "/my/find?q=room for 8 with a projector at 3 for an hour, jacuzzi")
    page.get_by_role("combobox", name="语言").select_option("en")
    expect(page.get_by_role("heading", name="3 rooms fit")).to_be_visible()
    page.wait_for_function("() => window.foyer && window.foyer.linked()")
    expect(page.locator(".find__said")).to_contain_text("15:00–16:00")
    expect(page.locator(".banner")).to_contain_text("Not understood: jacuzzi")
    photograph(page, "find")
    page.get_by_role("button", name="Book", exact=True).first.tap()
    expect(page.locator(".toast")).to_contain_text("Booked")
    expect(page.get_by_role("heading", name="2 rooms fit")).to_be_visible()
    with database.reading() as s:
        booked = s.execute(select(Booking)).scalar_one()
        assert (booked.attendees, booked.needs) == (8, ["projector"])  # what was wished is asked for
    page.get_by_role("button", name="Plan").tap()
    expect(page.locator(".plan__room--free")).to_have_count(3)
    server.post(roomcare.ReportFault(room_id=live_office.places["305"], item="light"), by="wu")
    expect(page.locator(".plan__warn")).to_have_text("Lights broken")
    photograph(page, "find-plan")
    # a room by its number, where somebody has to agree: it is asked for, not booked
    server.post(rooms.SetUpRoom(room_id=live_office.places["301"], approver="leader"), by="bo")
    page.goto(server.url + "/my/find?q=301 at 6pm")
    expect(page.get_by_role("heading", name="1 room fits")).to_be_visible()
    page.wait_for_function("() => window.foyer && window.foyer.linked()")
    page.get_by_role("button", name="Book", exact=True).tap()
    expect(page.locator(".toast")).to_contain_text("Asked for")
    page.context.close()
