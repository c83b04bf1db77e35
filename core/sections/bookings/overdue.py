"""What nobody needs any more because its time has passed: places on the waiting list and conflicts that were never settled.

Nothing is silently lost: the row stays as `lapsed`, and whoever waited hears that nothing came of it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation import database
from core.foundation.errors import Invalid
from core.foundation.ids import derived
from core.foundation.jobs import job
from core.mechanisms import notices, places
from core.mechanisms.operations import SYSTEM, Actor, Operation, operation, perform_now
from core.sections.bookings import cases, offers, waiting
from core.sections.bookings.cases import BookingCase
from core.sections.bookings.offers import BookingOffer
from core.sections.bookings.waiting import BookingWait

LAPSED = "lapsed"
STILL_WAITING = (waiting.WAITING, waiting.OFFERED)


class LapseCase(Operation):
    case_id: UUID


@operation(LapseCase, "booking.lapse_case", roles=set())
def lapse_case(s: Session, do: LapseCase, by: Actor, at: datetime) -> None:
    """The wanted time is over and nobody settled it. Not yet due (an offer of another time may stand open) claims nothing."""
    case = s.get(BookingCase, do.case_id)
    open_offer = select(BookingOffer.id).where(col(BookingOffer.case_id) == do.case_id, col(BookingOffer.state) == offers.OPEN)
    if case is None or case.state != cases.OPEN or case.ends_at > at or s.execute(open_offer.limit(1)).first():
        raise Invalid("booking.not_due")
    cases.end_case(s, case, LAPSED, by, at)
    cases.changed_case(s, case)
    facts = {"room": places.get(s, case.room_id).name, "from": case.starts_at, "until": case.ends_at}
    notices.queue(
        s, key="booking.case_lapsed_notice", facts=facts, at=at, to_person_id=case.person_id, subject=("case", case.id), mail=False
    )


class LapseWait(Operation):
    wait_id: UUID


@operation(LapseWait, "booking.lapse_wait", roles=set())
def lapse_wait(s: Session, do: LapseWait, by: Actor, at: datetime) -> None:
    """Nothing became free before the time was over. Not yet due claims nothing."""
    wait = s.get(BookingWait, do.wait_id)
    if wait is None or wait.state not in STILL_WAITING or wait.ends_at > at:
        raise Invalid("booking.not_due")
    waiting.set_state(s, wait, LAPSED)
    room = places.get(s, wait.room_id).name if wait.room_id else ""
    key = "booking.wait_lapsed_notice" if room else "booking.wait_any_lapsed_notice"
    facts = {"room": room, "from": wait.starts_at, "until": wait.ends_at}
    notices.queue(s, key=key, facts=facts, at=at, to_person_id=wait.person_id, subject=("wait", wait.id), mail=False)


@job(every_s=60)
def lapse_overdue(at: datetime) -> int:
    """Close what is over, oldest first. Returns how many; running it twice closes nothing twice."""
    with database.reading() as s:
        over = select(col(BookingCase.id)).where(col(BookingCase.state) == cases.OPEN, col(BookingCase.ends_at) <= at)
        case_ids = list(s.execute(over.order_by(col(BookingCase.ends_at))).scalars())
        gone = select(col(BookingWait.id)).where(col(BookingWait.state).in_(STILL_WAITING), col(BookingWait.ends_at) <= at)
        wait_ids = list(s.execute(gone.order_by(col(BookingWait.ends_at))).scalars())
    closed = 0
    for do, id in [*((LapseCase(case_id=id), id) for id in case_ids), *((LapseWait(wait_id=id), id) for id in wait_ids)]:
        outcome = perform_now(do, by=SYSTEM, at=at, op_id=derived("booking.overdue", id))
        closed += outcome.ok and not outcome.repeated
    return closed
