"""Who comes to a meeting, and a calendar file brought in, as the desk does it: the list, the reply a host got by mail, the file read before it is booked."""

from __future__ import annotations

from uuid import UUID

import pytest
from playwright.sync_api import Browser, FilePayload, expect

from core.foundation import database
from core.mechanisms import people
from core.sections import bookings
from core.sections.bookings import calendars
from tests.calendars.test_replies import said
from tests.cast import PASSWORD, Office
from tests.live import Server
from tests.rooms.doors import moment, photograph, set_up_rooms
from tests.series.build import live_bookings
from tests.series.test_desk import opened

pytestmark = pytest.mark.browser
EVENT = "BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20261101T000000Z\r\nSUMMARY:{title}\r\nDTSTART:202611{start}\r\nDTEND:202611{end}\r\nEND:VEVENT\r\n"


def file(name: str, text: str) -> FilePayload:
    return {"name": name, "mimeType": "text/calendar", "buffer": text.encode()}


def calendar_of(*events: tuple[str, str, str, str]) -> str:
    inside = "".join(EVENT.format(uid=uid, title=title, start=start, end=end) for uid, title, start, end in events)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\n{inside}END:VCALENDAR\r\n"


@pytest.mark.proves("S1.3-R1", "V13", "V29")
def test_the_desk_asks_people_hands_in_a_reply_and_brings_in_a_calendar_file(live_office: Office, server: Server, browser: Browser) -> None:
    set_up_rooms(live_office)
    live_office.person("eva", "Eva Stein", ("reception",), account="eva", password=PASSWORD, language="en")
    live_office.do(people.UpdatePerson(person_id=live_office.wu.person_id, email="wu@office.example"), live_office.ada)
    made = server.post(
        bookings.CreateBooking(room_id=live_office.places["301"], starts_at=moment(14), ends_at=moment(15), title="Budget talk"), by="eva"
    )["result"]
    desk = opened(browser, server, "eva", "/desk/bookings")

    # who is asked, and who comes
    desk.get_by_role("row").filter(has_text="Budget talk").click()
    expect(desk.get_by_role("heading", name="Nobody asked yet")).to_be_visible()
    expect(desk.get_by_text("Hand in a reply")).to_have_count(0)  # there is nobody whose reply it could be
    desk.get_by_role("button", name="Ask people").click()
    dialog = desk.locator(".dialog--form")
    dialog.get_by_role("button", name="Invite", exact=True).click()
    expect(dialog.get_by_text("Choose a colleague or give a mail address.")).to_be_visible()
    dialog.get_by_role("combobox", name="A colleague").click()
    desk.get_by_role("option", name="吴桐").click()
    dialog.get_by_label("Mail address").fill("no address")
    dialog.get_by_role("button", name="Invite", exact=True).click()
    expect(dialog).to_be_visible()
    dialog.get_by_label("Mail address").fill("guest@example.org")
    dialog.get_by_label("Name", exact=True).fill("G. Uest")
    photograph(desk, "attendees-ask-en")
    dialog.get_by_role("button", name="Invite", exact=True).click()
    expect(desk.get_by_role("heading", name="2 asked, 0 coming")).to_be_visible()
    guest, colleague = (desk.locator(".attendees > *").filter(has_text=name) for name in ("G. Uest", "吴桐"))
    expect(guest).to_contain_text("No answer yet")

    reply = desk.locator("label", has_text="Hand in a reply").locator("input")
    reply.set_input_files(file("holiday.txt", "no calendar at all"))
    expect(desk.get_by_role("alert").filter(visible=True).first).to_be_visible()
    reply.set_input_files(
        file("invite.ics", said(f"{made['id']}@foyer", "guest@example.org", "ACCEPTED", more=("COMMENT:With a colleague",)))
    )
    expect(desk.get_by_role("heading", name="2 asked, 1 coming")).to_be_visible()
    expect(guest).to_contain_text("Coming")
    expect(guest).to_contain_text("With a colleague")
    photograph(desk, "attendees-en")
    colleague.get_by_role("button", name="Uninvite 吴桐").click()
    expect(desk.get_by_role("heading", name="1 asked, 1 coming")).to_be_visible()

    # a calendar file: read first, then booked, and the second time nothing is left to do
    text = calendar_of(
        ("a@x", "Audit", "24T020000Z", "24T030000Z"),
        ("b@x", "Clash", "23T063000Z", "23T070000Z"),
        ("c@x", "Over", "20T020000Z", "20T030000Z"),
    )
    desk.goto(server.url + "/desk/calendars")
    desk.get_by_role("button", name="Bring in a file").click()
    dialog = desk.locator(".dialog--form")
    chosen = dialog.locator("label", has_text="Choose a file").locator("input")
    chosen.set_input_files(file("old.ics", text))
    expect(dialog.get_by_text("Choose the room first.")).to_be_visible()
    dialog.get_by_role("combobox", name="Room").click()
    desk.get_by_role("option", name="301 听雨厅").click()
    chosen.set_input_files(file("old.ics", text))
    expect(dialog.get_by_role("status")).to_have_text("1 new, 0 changed, 0 as they are, 1 not possible")
    expect(dialog.locator(".list > *").filter(has_text="Clash")).to_contain_text("14:00")
    expect(dialog.locator(".list > *")).to_have_count(2)  # what is over is nobody's business any more
    photograph(desk, "calendar-file-en")
    assert {booking.title for booking in live_bookings()} == {"Budget talk"}
    dialog.get_by_role("button", name="Book 1").click()
    expect(desk.get_by_text("Brought in: 1")).to_be_visible()
    assert {booking.title for booking in live_bookings()} == {"Budget talk", "Audit"}
    desk.get_by_role("button", name="Bring in a file").click()
    dialog.get_by_role("combobox", name="Room").click()
    desk.get_by_role("option", name="301 听雨厅").click()
    dialog.locator("label", has_text="Choose a file").locator("input").set_input_files(file("old.ics", text))
    expect(dialog.get_by_role("status")).to_contain_text("0 new, 0 changed")
    expect(dialog.get_by_role("button", name="Book")).to_have_count(0)
    with database.reading() as s:
        assert [(one.name, one.answer) for one in calendars.attendees(s, UUID(made["id"]), None)] == [("G. Uest", "accepted")]
    desk.context.close()
