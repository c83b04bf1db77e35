"""Random histories of bookings against a naive model that keeps a list of times and compares each with each, on both databases.

The model knows buffers, a combined room, one portable projector, approval, displacement and a waiting list; it knows nothing of indexes,
triggers or constraints."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select
from sqlmodel import col

from core.foundation import database
from core.mechanisms import approvals
from core.mechanisms.operations import perform_now
from core.sections import bookings, rooms
from core.sections.bookings import Booking, Claim, ItemClaim
from core.sections.bookings.claims import to_ms
from tests.cast import Office
from tests.rooms.build import item, purpose
from tests.rooms.doors import moment

DAY = moment(8, day=24)
NOW = moment(9)
QUARTERS = st.integers(0, 47)  # of the twelve hours the rooms are open
LENGTHS = st.integers(1, 12)
ROOM = st.sampled_from(("a", "b", "ab", "c"))
LEAVES = {"a": "a", "b": "b", "ab": "ab", "c": "c"}  # a combined room is the letters of its parts
BEFORE = {"a": 1, "b": 0, "ab": 2, "c": 0}  # quarters to set up …
AFTER = {"a": 0, "b": 1, "ab": 1, "c": 0}  # … and to clear
HAS_PROJECTOR = "c"


@dataclass
class Held:
    """What the model believes of one booking, in quarters of an hour."""

    room: str
    start: int
    end: int
    state: str = "confirmed"
    projector: bool = False
    important: bool = False

    @property
    def has_time(self) -> bool:
        return self.state in ("confirmed", "pending", "offered")

    def blocks(self) -> tuple[int, int]:
        return self.start - BEFORE[self.room], self.end + AFTER[self.room]


@dataclass
class Waits:
    room: str
    start: int
    end: int
    id: UUID = field(default_factory=uuid4)


@pytest.mark.timeout(600)
@pytest.mark.proves("V01", "V02", "V03", "V05", "V06", "V14", "V42", "Front desk 2", "S1.3-R2", "S1.3-R3")
def test_any_history_of_bookings_leaves_what_a_naive_list_would_leave(office: Office) -> None:
    numbers = count()
    first = purpose(office, "重要", important=True, roles=("staff",))
    asked = purpose(office, "要批", approver="leader")
    projector = item(office, "projector", "便携投影")

    class Machine(RuleBasedStateMachine):
        known = Bundle("known")

        @initialize()
        def new_rooms(self) -> None:
            number = next(numbers)
            self.ids = {name: office.place(f"会议室 {name}{number}", "room") for name in BEFORE}
            for name, id in self.ids.items():
                office.do(rooms.SetUpRoom(
                    room_id=id, set_up_minutes=15 * BEFORE[name], clean_up_minutes=15 * AFTER[name], equipment=("projector",) if name == HAS_PROJECTOR else (),
                    # No room is an equal of another: the displaced get a case, not an offer, and the model stays naive.
                    capacity=10 + ("c", "b", "a", "ab").index(name), longest_minutes=720,
                ), office.bo)  # fmt: skip
            office.do(rooms.CombineRoom(room_id=self.ids["ab"], part_ids=(self.ids["a"], self.ids["b"])), office.bo)
            self.day = DAY + timedelta(days=number % 300)
            self.model: dict[UUID, Held] = {}
            self.queue: list[Waits] = []

        # ── the naive model ──

        def in_the_way(self, wanted: Held, without: UUID | None = None) -> list[UUID]:
            begin, end = wanted.blocks()
            found = []
            for id, held in self.model.items():
                other_begin, other_end = held.blocks()
                shares = not set(LEAVES[held.room]).isdisjoint(LEAVES[wanted.room])
                if held.has_time and id != without and shares and begin < other_end and other_begin < end:
                    found.append(id)
            return found

        def no_projector(self, wanted: Held, without: UUID | None = None) -> bool:
            if not wanted.projector or wanted.room == HAS_PROJECTOR:
                return False
            begin, end = wanted.blocks()
            return any(
                held.has_time
                and id != without
                and held.projector
                and held.room != HAS_PROJECTOR
                and begin < held.blocks()[1]
                and held.blocks()[0] < end
                for id, held in self.model.items()
            )

        def fits(self, wanted: Held, without: UUID | None = None) -> bool:
            inside = 0 <= wanted.start < wanted.end <= 48
            return inside and not self.in_the_way(wanted, without) and not self.no_projector(wanted, without)

        def perform(self, do: Any, *, expect: bool, by: Any = None) -> Any:
            outcome = perform_now(do, by=by or office.mei, at=NOW)
            assert outcome.ok == expect, (do, outcome.code, outcome.facts)
            return outcome.result

        def freed(self) -> None:
            """Whoever waits is booked, first come first served."""
            for waits in list(self.queue):
                wanted = Held(waits.room, waits.start, waits.end)
                if self.fits(wanted):
                    with database.reading() as s:
                        entry = s.get(bookings.BookingWait, waits.id)
                    if entry is not None and entry.booking_id is not None:
                        self.model[entry.booking_id] = wanted
                        self.queue.remove(waits)

        # ── what people do ──

        @rule(
            target=known,
            room=ROOM,
            start=QUARTERS,
            length=LENGTHS,
            beamer=st.booleans(),
            kind=st.sampled_from(("plain", "plain", "asked", "first")),
        )
        def create(self, room: str, start: int, length: int, beamer: bool, kind: str) -> UUID | None:
            wanted = Held(room, start, start + length, projector=beamer, important=kind == "first")
            expect = self.fits(wanted)
            do = bookings.CreateBooking(
                room_id=self.ids[room], starts_at=self.at(start), ends_at=self.at(start + length), needs=("projector",) if beamer else (),
                purpose_id={"plain": None, "asked": asked, "first": first}[kind],
            )  # fmt: skip
            # A purpose's form must offer what is asked for.
            expect = expect and not (beamer and kind != "plain")
            result = self.perform(do, expect=expect)
            if not expect:
                return None
            wanted.state = "pending" if kind == "asked" else "confirmed"
            self.model[UUID(result["id"])] = wanted
            return UUID(result["id"])

        @rule(target=known, room=ROOM, start=QUARTERS, length=LENGTHS)
        def displace(self, room: str, start: int, length: int) -> UUID | None:
            wanted = Held(room, start, start + length, important=True)
            victims = self.in_the_way(wanted)
            expect = 0 <= wanted.start < wanted.end <= 48 and not any(self.model[id].important for id in victims)
            do = bookings.CreateBooking(
                room_id=self.ids[room],
                starts_at=self.at(start),
                ends_at=self.at(start + length),
                purpose_id=first,
                displace=True,
                reason="优先",
            )
            result = self.perform(do, expect=expect)
            if not expect:
                return None
            for id in victims:
                self.model[id].state = "displaced"
            self.model[UUID(result["id"])] = wanted
            self.see_offers()
            self.freed()
            return UUID(result["id"])

        def see_offers(self) -> None:
            """What was kept for the displaced: the model reads where, and checks that it fits."""
            with database.reading() as s:
                here = select(Booking).where(col(Booking.room_id).in_(self.ids.values()), col(Booking.state) == "offered")
                kept = list(s.execute(here).scalars())
            for booking in kept:
                if booking.id not in self.model:
                    room = next(name for name, id in self.ids.items() if id == booking.room_id)
                    quarter = timedelta(minutes=15)
                    wanted = Held(
                        room,
                        (booking.starts_at - self.day) // quarter,
                        (booking.ends_at - self.day) // quarter,
                        "offered",
                        "projector" in booking.needs,
                    )
                    assert self.fits(wanted), booking
                    self.model[booking.id] = wanted

        @rule(id=known, start=QUARTERS, length=LENGTHS, room=ROOM)
        def move(self, id: UUID | None, start: int, length: int, room: str) -> None:
            if id is None:
                return
            held = self.model[id]
            wanted = Held(room, start, start + length, held.state, held.projector, held.important)
            unchanged = (room, start, start + length) == (held.room, held.start, held.end)
            expect = held.state in ("confirmed", "pending") and (unchanged or self.fits(wanted, without=id))
            do = bookings.MoveBooking(booking_id=id, room_id=self.ids[room], starts_at=self.at(start), ends_at=self.at(start + length))
            result = self.perform(do, expect=expect)
            if expect:
                wanted.state = result["state"]  # another time of what needs approval is asked for anew
                self.model[id] = wanted
                self.freed()

        @rule(id=known, quarters=st.integers(1, 8))
        def extend(self, id: UUID | None, quarters: int) -> None:
            if id is None:
                return
            held = self.model[id]
            wanted = Held(held.room, held.start, held.end + quarters, held.state, held.projector)
            expect = held.state in ("confirmed", "pending") and self.fits(wanted, without=id)
            self.perform(bookings.ExtendBooking(booking_id=id, minutes=15 * quarters), expect=expect)
            if expect:
                held.end += quarters

        @rule(id=known, approve=st.booleans())
        def decide(self, id: UUID | None, approve: bool) -> None:
            if id is None or self.model[id].state != "pending":
                return
            approval = office.read(approvals.of, ("booking", id))
            self.perform(approvals.DecideApproval(approval_id=approval.id, approve=approve, note="好"), expect=True, by=office.chen)
            self.model[id].state = "confirmed" if approve else "refused"
            self.freed()

        @rule(id=consumes(known))
        def cancel(self, id: UUID | None) -> None:
            if id is not None and self.model[id].state in ("confirmed", "pending"):
                self.perform(bookings.CancelBooking(booking_id=id), expect=True)
                self.model[id].state = "cancelled"
                self.freed()

        @rule(room=ROOM, start=QUARTERS, length=LENGTHS)
        def wait(self, room: str, start: int, length: int) -> None:
            wanted = Held(room, start, start + length)
            expect = start + length <= 48 and bool(self.in_the_way(wanted))
            waits = Waits(room, start, start + length)
            known = any((one.room, one.start, one.end) == (room, start, start + length) for one in self.queue)
            do = bookings.JoinWaiting(
                id=waits.id, room_id=self.ids[room], starts_at=self.at(start), ends_at=self.at(start + length), place=True
            )
            self.perform(do, expect=expect, by=office.wu)
            if expect and not known:
                self.queue.append(waits)

        # ── what must hold ──

        @invariant()
        def the_claims_are_the_live_bookings(self) -> None:
            quarter = timedelta(minutes=15)
            expected, things = set(), set()
            for id, held in self.model.items():
                if held.has_time:
                    span = tuple(to_ms(self.day + quarter * edge) for edge in held.blocks())
                    expected |= {(id, self.ids[leaf], *span) for leaf in LEAVES[held.room]}
                    if held.projector and held.room != HAS_PROJECTOR:
                        things.add((id, *span))
            with database.reading() as s:
                mine = col(Booking.room_id).in_(self.ids.values())
                stored = {
                    (row.booking_id, row.room_id, row.from_ms, row.until_ms)
                    for row in s.execute(select(Claim).where(col(Claim.room_id).in_(self.ids.values()))).scalars()
                }
                carried = (
                    select(ItemClaim)
                    .join(Booking, col(Booking.id) == ItemClaim.booking_id)
                    .where(mine, col(ItemClaim.item_id) == projector)
                )
                lent = {(row.booking_id, row.from_ms, row.until_ms) for row in s.execute(carried).scalars()}
                states = {row.id: row.state for row in s.execute(select(Booking).where(mine)).scalars()}
            assert stored == expected
            assert lent == things
            assert states == {id: held.state for id, held in self.model.items()}  # nothing is ever lost

        def at(self, quarter: int) -> datetime:
            return self.day + timedelta(minutes=15 * quarter)

    quick = settings(max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    run_state_machine_as_test(Machine, settings=quick)
