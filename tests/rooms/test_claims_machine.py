"""Random histories of bookings against a naive model that keeps a list of times and compares each with each, on both databases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from core.foundation import database
from core.mechanisms.operations import perform_now
from core.sections import bookings, rooms
from core.sections.bookings import Claim
from core.sections.bookings.claims import to_ms
from tests.cast import Office
from tests.rooms.doors import moment

DAY = moment(8, day=24)
NOW = moment(9)
QUARTERS = st.integers(0, 47)  # of the twelve hours the room is open
LENGTHS = st.integers(1, 12)


@dataclass
class Held:
    """What the model believes of one booking, in quarters of an hour."""

    start: int
    end: int
    live: bool = True


@pytest.mark.proves("V01", "V03", "V05", "V06", "Front desk 2")
def test_any_history_of_bookings_leaves_what_a_naive_list_would_leave(office: Office) -> None:
    numbers = count()

    class Machine(RuleBasedStateMachine):
        known = Bundle("known")

        @initialize()
        def new_room(self) -> None:
            self.room = office.place(f"会议室 {next(numbers)}", "room")
            office.do(rooms.SetUpRoom(room_id=self.room, clean_up_minutes=0), office.bo)
            self.model: dict[UUID, Held] = {}

        def fits(self, start: int, end: int, without: UUID | None = None) -> bool:
            return 0 <= start < end <= 48 and all(
                not held.live or id == without or end <= held.start or held.end <= start for id, held in self.model.items()
            )

        def perform(self, do: Any, *, expect: bool) -> Any:
            outcome = perform_now(do, by=office.mei, at=NOW)
            assert outcome.ok == expect, (do, outcome.code)
            return outcome.result

        @rule(target=known, start=QUARTERS, length=LENGTHS)
        def create(self, start: int, length: int) -> UUID | None:
            expect = self.fits(start, start + length)
            result = self.perform(bookings.CreateBooking(room_id=self.room, starts_at=at(start), ends_at=at(start + length)), expect=expect)
            if not expect:
                return None
            id = UUID(result["id"])
            self.model[id] = Held(start, start + length)
            return id

        @rule(id=known, start=QUARTERS, length=LENGTHS)
        def move(self, id: UUID | None, start: int, length: int) -> None:
            if id is None:
                return
            held = self.model[id]
            expect = held.live and self.fits(start, start + length, without=id)
            self.perform(bookings.MoveBooking(booking_id=id, starts_at=at(start), ends_at=at(start + length)), expect=expect)
            if expect:
                held.start, held.end = start, start + length

        @rule(id=known, quarters=st.integers(1, 8))
        def extend(self, id: UUID | None, quarters: int) -> None:
            if id is None:
                return
            held = self.model[id]
            expect = held.live and self.fits(held.start, held.end + quarters, without=id) and held.end + quarters - held.start <= 32
            self.perform(bookings.ExtendBooking(booking_id=id, minutes=15 * quarters), expect=expect)
            if expect:
                held.end += quarters

        @rule(id=consumes(known))
        def cancel(self, id: UUID | None) -> None:
            if id is not None:
                self.perform(bookings.CancelBooking(booking_id=id), expect=True)
                self.model[id].live = False

        @invariant()
        def the_claims_are_the_live_bookings(self) -> None:
            with database.reading() as s:
                stored = {
                    row.booking_id: (row.from_ms, row.until_ms)
                    for row in s.execute(select(Claim).where(Claim.room_id == self.room)).scalars()
                }  # type: ignore[arg-type]
            assert stored == {id: (to_ms(at(held.start)), to_ms(at(held.end))) for id, held in self.model.items() if held.live}

    quick = settings(max_examples=12, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    run_state_machine_as_test(Machine, settings=quick)


def at(quarter: int) -> datetime:
    return DAY + timedelta(minutes=15 * quarter)
