"""May we stay a little longer? The next host is asked, and nothing moves without their yes."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import pytest

from core.foundation import clock
from core.mechanisms import notices
from core.mechanisms.operations import Actor, Role
from core.sections import bookings
from core.sections.bookings import AnswerExtension, AskExtension
from tests.cast import Office
from tests.rooms.doors import moment, set_up_rooms

pytestmark = pytest.mark.proves("S1.3-R2")


class Meetings:
    """Mei sits in 301 from 9 to 10, Wu comes at `next_at`; a door hangs at 301."""

    def __init__(self, office: Office, next_at: datetime, next_ends: datetime) -> None:
        set_up_rooms(office)
        self.office, self.room = office, office.places["301"]
        self.door, _ = office.device("301", Role.DOOR, self.room)
        self.mine = self._book(moment(9), moment(10), office.mei)
        office.do(bookings.CheckIn(booking_id=self.mine), office.mei)
        self.next = self._book(next_at, next_ends, office.wu)

    def _book(self, start: datetime, end: datetime, by: Actor) -> UUID:
        return UUID(str(self.office.do(bookings.CreateBooking(room_id=self.room, starts_at=start, ends_at=end), by)["id"]))

    def ask(self, minutes: int = 30, by: Actor | None = None) -> UUID:
        return UUID(str(self.office.do(AskExtension(booking_id=self.mine, minutes=minutes), by or self.door)["ask_id"]))

    def times(self) -> list[tuple[str, str]]:
        view = self.office.read(bookings.door_state, self.room, clock.now())
        return [(slot.starts_at.strftime("%H:%M"), slot.ends_at.strftime("%H:%M")) for slot in view.slots]

    def shown(self) -> str | None:
        ask = self.office.read(bookings.door_state, self.room, clock.now()).ask
        return ask.state if ask else None


@pytest.fixture
def meetings(office: Office) -> Meetings:
    found = Meetings(office, moment(10), moment(11))
    clock.freeze(moment(9, 45))
    return found


def test_a_yes_moves_both_meetings_at_once(meetings: Meetings) -> None:
    ask = meetings.ask(30)
    assert meetings.shown() == "waiting"
    assert meetings.times() == [("01:00", "02:00"), ("02:00", "03:00")]
    meetings.office.do(AnswerExtension(ask_id=ask, yes=True), meetings.office.wu)
    assert meetings.times() == [("01:00", "02:30"), ("02:30", "03:00")]
    assert meetings.shown() == "yes"
    assert [row.kind for row in meetings.office.audit() if "ask" in row.kind or "answer" in row.kind] == [
        "booking.ask_extension",
        "booking.answer_extension",
    ]


def test_a_no_changes_nothing_and_the_door_says_so_for_five_minutes(meetings: Meetings) -> None:
    ask = meetings.ask(15)
    meetings.office.do(AnswerExtension(ask_id=ask, yes=False), meetings.office.wu)
    assert meetings.times() == [("01:00", "02:00"), ("02:00", "03:00")] and meetings.shown() == "no"
    clock.freeze(moment(9, 51))
    assert meetings.shown() is None


def test_without_an_answer_the_question_ends_by_itself_and_says_so(meetings: Meetings) -> None:
    meetings.ask(15)
    clock.freeze(moment(9, 55))
    assert bookings.expire_asks(clock.now()) == 1 and bookings.expire_asks(clock.now()) == 0
    assert meetings.shown() == "late" and meetings.times() == [("01:00", "02:00"), ("02:00", "03:00")]


def test_an_answer_after_the_time_counts_no_more(meetings: Meetings) -> None:
    ask = meetings.ask(15)
    clock.freeze(moment(9, 55))
    assert meetings.office.refused(AnswerExtension(ask_id=ask, yes=True), meetings.office.wu).code == "booking.ask_over"
    assert meetings.times() == [("01:00", "02:00"), ("02:00", "03:00")]


def test_the_next_host_hears_it_once_however_often_somebody_taps(meetings: Meetings) -> None:
    first = meetings.ask(30)
    assert meetings.ask(30) == first and meetings.ask(15) == first
    told = meetings.office.read(notices.unread, meetings.office.wu.person_id)
    assert [notice.key for notice in told] == ["booking.ask_notice"]
    assert [view.id for view in meetings.office.read(bookings.asked_of, meetings.office.wu, clock.now())] == [first]
    assert "10:30" in notices.sentence(told[0], "zh-Hans") and "9:55" in notices.sentence(told[0], "en")


def test_a_yes_twice_is_one_yes_and_a_no_after_it_is_refused(meetings: Meetings) -> None:
    ask = meetings.ask(30)
    for _ in range(2):
        meetings.office.do(AnswerExtension(ask_id=ask, yes=True), meetings.office.wu)
    assert meetings.times()[0] == ("01:00", "02:30")
    assert meetings.office.refused(AnswerExtension(ask_id=ask, yes=False), meetings.office.wu).code == "booking.ask_over"


def test_nobody_else_answers_for_the_host_and_the_door_of_another_room_asks_nothing(meetings: Meetings) -> None:
    ask, office = meetings.ask(30), meetings.office
    assert office.refused(AnswerExtension(ask_id=ask, yes=True), office.mei).code == "op.not_allowed"
    assert office.refused(AnswerExtension(ask_id=ask, yes=True), meetings.door).code == "op.not_allowed"
    other, _ = office.device("302", Role.DOOR, office.places["302"])
    assert office.refused(AskExtension(booking_id=meetings.mine, minutes=15), other).code == "op.not_allowed"
    assert office.refused(AskExtension(booking_id=meetings.mine, minutes=15), office.wu).code == "op.not_allowed"


@pytest.mark.parametrize(
    ("minutes", "at", "code"),
    [(50, moment(9, 45), "booking.ask_too_much"), (15, moment(9, 59, 30), "booking.ask_too_late"), (15, moment(10, 1), "booking.ended")],
)
def test_what_can_not_be_asked_is_refused_with_its_reason(meetings: Meetings, minutes: int, at: datetime, code: str) -> None:
    clock.freeze(at)
    assert meetings.office.refused(AskExtension(booking_id=meetings.mine, minutes=minutes), meetings.door).code == code


def test_where_nobody_is_in_the_way_nobody_is_asked(office: Office) -> None:
    meetings = Meetings(office, moment(11), moment(12))
    clock.freeze(moment(9, 45))
    assert office.refused(AskExtension(booking_id=meetings.mine, minutes=30), meetings.door).code == "booking.ask_needless"
    phase = office.read(bookings.door_state, meetings.room, clock.now()).phases[0]
    assert phase.limit == moment(11) and phase.ask_until == moment(11, 45)


def test_a_yes_to_a_meeting_that_has_ended_meanwhile_moves_nothing(meetings: Meetings) -> None:
    ask, office = meetings.ask(30), meetings.office
    office.do(bookings.EndBooking(booking_id=meetings.mine), office.mei)
    assert office.refused(AnswerExtension(ask_id=ask, yes=True), office.wu).code == "booking.ended"
    assert meetings.times()[-1] == ("02:00", "03:00")


def test_the_clean_up_between_two_meetings_is_kept(office: Office) -> None:
    set_up_rooms(office, "301", clean_up_minutes=10)
    meetings = Meetings.__new__(Meetings)
    meetings.office, meetings.room = office, office.places["301"]
    meetings.door, _ = office.device("301", Role.DOOR, meetings.room)
    meetings.mine = meetings._book(moment(9), moment(9, 50), office.mei)
    office.do(bookings.CheckIn(booking_id=meetings.mine), office.mei)
    meetings.next = meetings._book(moment(10), moment(11), office.wu)
    clock.freeze(moment(9, 40))
    office.do(AnswerExtension(ask_id=meetings.ask(15), yes=True), office.wu)
    assert meetings.times() == [("01:00", "02:05"), ("02:15", "03:00")]
