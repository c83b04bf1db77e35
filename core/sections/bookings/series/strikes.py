"""Several no-shows of one series: its owner is asked whether to keep it, before anything is cancelled (guide S1.3-R1).

A duty with two answers, in the owner's list and by mail; the office's ladder reminds. Nothing is ever cancelled for silence."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from core.foundation import database
from core.foundation.errors import Invalid
from core.foundation.ids import derived
from core.foundation.jobs import job
from core.mechanisms import duties, office, people
from core.mechanisms.duties import Duty
from core.mechanisms.operations import SYSTEM, Actor, Operation, Role, operation, perform_now, touch
from core.sections.bookings.claims import Booking, BookingState
from core.sections.bookings.series import record
from core.sections.bookings.series.change import strikes_key
from core.sections.bookings.series.make import people_room
from core.sections.bookings.series.record import ACTIVE, Series, SeriesDate


class AskOwner(Operation):
    series_id: UUID


@operation(AskOwner, "series.ask", roles=set())
def ask(s: Session, do: AskOwner, by: Actor, at: datetime) -> dict[str, Any]:
    """Open the duty for the owner, or for reception when there is no owner. Not due any more claims nothing. Refuses: series.not_found"""
    found = record.get(s, do.series_id)
    n = record.no_shows(found, record.dates_of(s, found.id))
    owner_id = found.host_id or found.booked_by_id or next((person.id for person in people.with_role(s, Role.RECEPTION)), None)
    if found.asked_at is not None or found.state != ACTIVE or n < int(office.setting(s, "booking.series_strikes")) or owner_id is None:
        raise Invalid("series.not_due")
    found.asked_at, found.version = at, found.version + 1
    touch(s, "series", found.id)
    room = people_room(s, found)
    facts = {"title": found.title or room, "room": room, "n": n}
    duty = duties.open_duty(
        s,
        title_key="series.strikes_duty",
        facts=facts,
        owner_id=owner_id,
        subject=("series", found.id),
        at=at,
        merge_key=strikes_key(found),
        by=by,
    )
    return {"duty_id": duty.id}


@duties.when_done("series")
def duty_done(s: Session, duty: Duty, by: Actor, at: datetime) -> None:
    """Who reports the duty done instead of answering it keeps the series: counting begins anew, and the question does not stay for ever."""
    found = s.get(Series, duty.subject_id)
    if found is not None and found.asked_at is not None:
        found.asked_at, found.judged_at, found.version = None, at, found.version + 1
        touch(s, "series", found.id)


@job(every_s=60)
def ask_owners(at: datetime) -> int:
    """Ask about every active series that reached the limit; answers how many owners were asked."""
    asked = 0
    for series_id, version in _due():
        outcome = perform_now(AskOwner(series_id=series_id), by=SYSTEM, at=at, op_id=derived("series.ask", series_id, version))
        asked += outcome.ok and not outcome.repeated
    return asked


def _due() -> list[tuple[UUID, int]]:
    with database.reading() as s:
        limit = int(office.setting(s, "booking.series_strikes"))
        query = (
            select(col(Series.id), col(Series.version))
            .join(SeriesDate, col(SeriesDate.series_id) == Series.id)
            .join(Booking, col(Booking.id) == SeriesDate.booking_id)
            .where(col(Series.state) == ACTIVE, col(Series.asked_at).is_(None), col(Booking.state) == BookingState.RELEASED)
            .where(col(Booking.starts_at) > Series.judged_at)
            .group_by(col(Series.id), col(Series.version))
            .having(func.count() >= limit)
        )
        return [(row[0], row[1]) for row in s.execute(query)]
