"""The desk invites: a group for a time and a room, the guests of a meeting, and words about the way that stand in the mail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from core.foundation import database
from core.mechanisms import people
from core.sections import bookings, visits
from core.sections.visits import Visit, advice
from tests.cast import Office
from tests.live import DESK, Server, sign_in
from tests.rooms.doors import photograph, set_up_rooms

pytestmark = pytest.mark.browser


def visit_of(name: str) -> Visit:
    with database.reading() as s:
        return s.execute(select(Visit).where(Visit.name == name)).scalar_one()  # type: ignore[arg-type]


@pytest.mark.proves("S3.1-R1", "V37", "Front desk 10")
def test_the_desk_invites_a_group_gives_a_meetings_guest_a_code_and_writes_how_to_come(
    live_office: Office, server: Server, browser: Browser
) -> None:
    set_up_rooms(live_office)
    live_office.do(people.SetLanguage(language="en"), live_office.ann)
    start = datetime(2026, 11, 23, 6, tzinfo=UTC)  # today at 14:00
    live_office.do(
        bookings.CreateBooking(
            room_id=live_office.places["301"],
            starts_at=start,
            ends_at=start + timedelta(hours=1),
            title="Budget",
            host_id=live_office.mei.person_id,
        ),
        live_office.ann,
    )
    page = browser.new_context(**DESK, locale="en-GB").new_page()
    sign_in(page, server, "ann")
    page.goto(server.url + "/desk/visits?new=1")
    form = page.get_by_role("dialog")
    form.get_by_label("Visitor’s name").fill("周敏")
    form.get_by_label("Time", exact=True).fill("10:30")
    form.get_by_label("And how many without a name").fill("4")
    form.get_by_role("combobox", name="Place").click()
    page.get_by_role("option", name="302").click()
    photograph(page, "desk-invite-en")
    form.get_by_role("button", name="Send invitation").click()
    expect(page.locator(".pass__code")).to_be_visible()
    photograph(page, "desk-invited-en")
    made = visit_of("周敏")
    assert (made.party, made.type, made.room_id) == (5, "group", live_office.places["302"])
    assert made.expected_at == datetime(2026, 11, 23, 2, 30, tzinfo=UTC)
    page.goto(server.url + "/desk/bookings")
    page.get_by_role("row").filter(has_text="Budget").click()
    page.get_by_role("button", name="Add a guest").click()
    guest = page.get_by_role("dialog").last
    guest.get_by_label("Visitor’s name").fill("Grace Lin")
    guest.get_by_label("Mail address").fill("grace@example.org")
    guest.get_by_role("button", name="Send invitation").click()
    expect(page.get_by_text("grace@example.org")).to_be_visible()
    photograph(page, "desk-booking-guests-en")
    came = visit_of("Grace Lin")
    assert came.booking_id is not None and came.expected_at == start and came.host_id == live_office.mei.person_id
    page.goto(server.url + "/desk/visit-set-up")
    page.get_by_role("button", name="Directions and what to bring").click()
    words = page.get_by_role("dialog")
    words.get_by_label("How to find us").nth(2).fill("Gate 2, then left.")
    photograph(page, "desk-advice-en")
    words.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    with database.reading() as s:
        assert advice.find(s, live_office.places["302"], visits.types.GUEST, "en").directions == "Gate 2, then left."
    page.context.close()
