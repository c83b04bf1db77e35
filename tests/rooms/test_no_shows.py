"""A booking nobody came to: when it is released, how often, and what a late tap hears."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from core.foundation import clock, database, jobs
from core.foundation.ids import derived
from core.mechanisms import notices
from core.mechanisms.operations import SYSTEM, Role, perform_now
from core.sections import bookings
from core.sections.bookings import Booking, Claim, no_shows
from tests.cast import Office
from tests.rooms.doors import moment, set_up_rooms


@pytest.fixture
def booked(office: Office) -> tuple[Office, UUID]:
    """Mei has 301 from 10:00 to 11:00."""
    set_up_rooms(office)
    made = office.do(
        bookings.CreateBooking(room_id=office.places["301"], starts_at=moment(10), ends_at=moment(11), title="预算会"), office.mei
    )
    return office, UUID(made["id"])


def state_of(booking_id: UUID) -> str:
    with database.reading() as s:
        row = s.get(Booking, booking_id)
    assert row is not None
    return row.state


def run_until(end: datetime) -> list[datetime]:
    """Let the job run every 15 seconds up to `end`, as the server does; answers when it released something."""
    released = []
    while clock.now() < end:
        at = clock.now() + timedelta(seconds=15)
        clock.freeze(at)
        if no_shows.release_no_shows(at):
            released.append(at)
    return released


@pytest.mark.proves("Front desk 4", "S1.3-R1")
def test_a_no_show_is_released_within_the_minute_after_its_grace_exactly_once(booked: tuple[Office, UUID]) -> None:
    office, booking_id = booked
    clock.freeze(moment(9, 59, 50))
    released = run_until(moment(10, 15))
    assert len(released) == 1 and moment(10, 10) <= released[0] <= moment(10, 11)
    assert state_of(booking_id) == "released"
    with database.reading() as s:
        told = notices.about(s, "booking", booking_id)
        assert s.execute(select(Claim).where(Claim.booking_id == booking_id)).first() is None  # type: ignore[arg-type]
    assert [(notice.key, notice.person_id) for notice in told] == [("booking.released_notice", office.mei.person_id)]
    assert [row.outcome for row in office.audit("booking.release")] == ["accepted"]
    view = office.read(bookings.door_state, office.places["301"], clock.now())
    assert (view.state, view.slots) == ("free", ())
    office.do(bookings.CreateBooking(room_id=office.places["301"], starts_at=moment(10, 15), ends_at=moment(11)), office.wu)


@pytest.mark.proves("Front desk 4")
def test_two_servers_releasing_at_once_release_once(booked: tuple[Office, UUID]) -> None:
    _office, booking_id = booked
    do, op_id = bookings.ReleaseBooking(booking_id=booking_id), derived("booking.release", booking_id)
    at = moment(10, 10, 5)
    first, second = perform_now(do, by=SYSTEM, at=at, op_id=op_id), perform_now(do, by=SYSTEM, at=at, op_id=op_id)
    assert first.ok and second.repeated
    with database.reading() as s:
        assert len(notices.about(s, "booking", booking_id)) == 1


@pytest.mark.proves("Front desk 4")
def test_nobody_is_released_before_the_grace_ends_or_after_a_check_in(booked: tuple[Office, UUID]) -> None:
    office, booking_id = booked
    door, _ = office.device("301", Role.DOOR, office.places["301"])
    do, op_id = bookings.ReleaseBooking(booking_id=booking_id), derived("booking.release", booking_id)
    early = perform_now(do, by=SYSTEM, at=moment(10, 9, 59), op_id=op_id)
    assert (early.status, early.code) == ("invalid", "booking.not_due")
    assert office.refused(bookings.CheckIn(booking_id=booking_id), door, at=moment(9, 49)).code == "booking.too_early"
    assert office.do(bookings.CheckIn(booking_id=booking_id), door, at=moment(9, 51))["title"] == ""
    office.do(bookings.CheckIn(booking_id=booking_id), door, at=moment(9, 52))
    clock.freeze(moment(10, 5))
    assert run_until(moment(10, 20)) == []
    assert state_of(booking_id) == "in_use"


@pytest.mark.proves("Front desk 4")
def test_a_server_that_was_down_gives_a_fresh_grace_before_it_releases(booked: tuple[Office, UUID]) -> None:
    office, _booking_id = booked
    jobs.set_started(moment(10, 30))
    clock.freeze(moment(10, 30))
    view = office.read(bookings.door_state, office.places["301"], moment(10, 30))
    assert (view.state, view.slots[0].check_in_by) == ("held", moment(10, 40))
    assert no_shows.release_no_shows(moment(10, 30)) == 0
    released = run_until(moment(10, 45))
    assert len(released) == 1 and moment(10, 40) <= released[0] <= moment(10, 41)
    jobs.set_started(None)


@pytest.mark.proves("Front desk 4")
def test_a_check_in_just_after_the_release_says_until_when_the_room_can_be_had_again(booked: tuple[Office, UUID]) -> None:
    office, booking_id = booked
    door, _ = office.device("301", Role.DOOR, office.places["301"])
    assert no_shows.release_no_shows(moment(10, 10, 10)) == 1
    late = office.refused(bookings.CheckIn(booking_id=booking_id), door, at=moment(10, 10, 30))
    assert (late.code, late.facts["free_until"]) == ("booking.released", "2026-11-23T03:00:00Z")
    office.do(
        bookings.CreateBooking(room_id=office.places["301"], starts_at=moment(10, 10), ends_at=moment(11)), door, at=moment(10, 10, 35)
    )
    taken = office.refused(bookings.CheckIn(booking_id=booking_id), door, at=moment(10, 11))
    assert taken.facts["free_until"] is None


def test_a_room_without_check_in_is_simply_in_use(office: Office) -> None:
    set_up_rooms(office, "301", check_in=False)
    made = office.do(bookings.CreateBooking(room_id=office.places["301"], starts_at=moment(10), ends_at=moment(11)), office.mei)
    assert office.read(bookings.door_state, office.places["301"], moment(10, 30)).state == "busy"
    assert no_shows.release_no_shows(moment(10, 30)) == 0
    assert state_of(UUID(made["id"])) == "confirmed"
