"""One mail for a guest of a series: each date that is to come with the code of that day (guide S3.1-R1; scenario Front desk 10).

A code opens on its own day only, so each date has one; the mail lists them all, each with its QR code beside it, and is sent anew as one when dates
move, are added or called off: a job looks at whom a change touched, and whoever knows already is told nothing. The calendar entry is the meeting's own.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import clock, database
from core.foundation.i18n import t
from core.foundation.ids import derived
from core.foundation.jobs import job, wake
from core.mechanisms import labels, notices, office, people
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import SYSTEM, Actor, Operation, after_commit, operation, perform_now, touch
from core.sections.bookings.calendars.attendees import Attendee
from core.sections.visits import advice, mails
from core.sections.visits.record import Visit, VisitState

INVITED, CHANGED, CANCELLED = KEYS = ("visit.series_invitation", "visit.series_changed", "visit.series_cancelled")
MOST_SHOWN = 40


class VisitSeriesMail(SQLModel, table=True):
    """What a guest of a series was mailed of their codes: `sent` is its fingerprint, `stale` that it may no longer hold, `rounds` how often we looked."""

    __tablename__: ClassVar[str] = "visit_series_mail"
    attendee_id: UUID = Field(primary_key=True)
    stale: bool = Field(default=True, index=True)
    rounds: int = 0
    sent: str = ""


def mark(s: Session, visit: Visit) -> bool:
    """The guest is told with the next mail. False when this is no guest of a whole series."""
    attendee = s.get(Attendee, visit.attendee_id) if visit.attendee_id is not None else None
    if attendee is None or attendee.series_id is None:
        return False
    row = s.get(VisitSeriesMail, attendee.id) or VisitSeriesMail(attendee_id=attendee.id)
    row.stale = True
    s.add(row)
    s.flush()
    after_commit(s, lambda: wake(send_series_mails))
    return True


class SendSeriesCodes(Operation):
    attendee_id: UUID
    round: int


@operation(SendSeriesCodes, "visit.send_series_codes", roles=set())
def send_series_codes(s: Session, do: SendSeriesCodes, by: Actor, at: datetime) -> dict[str, Any]:
    """All dates to come in one mail, or nothing when the guest knows them already; whose every date is off hears that once."""
    row = s.get(VisitSeriesMail, do.attendee_id)
    if row is None or not row.stale or row.rounds != do.round:
        return {"sent": ""}
    row.stale, row.rounds = False, row.rounds + 1
    touch(s, "visit", do.attendee_id)
    ahead = _ahead(s, do.attendee_id, at)
    now = (
        hashlib.sha256("\n".join(f"{v.id}|{v.expected_at}|{v.room_id}|{v.host_id}" for v in ahead).encode()).hexdigest()[:32]
        if ahead
        else ""
    )
    if now == row.sent:
        return {"sent": ""}
    about = ahead[0] if ahead else _last(s, do.attendee_id)
    if about is None or not about.email:
        row.sent = now
        return {"sent": ""}
    key = CANCELLED if not ahead else CHANGED if row.sent else INVITED
    row.sent = now
    for visit in ahead:
        visit.mailed = True
    notices.queue(
        s,
        key=key,
        facts=_says(s, about, ahead),
        at=at,
        to_address=about.email,
        language=mails.language_of(s, about),
        subject=("visit", about.id),
    )
    return {"sent": key}


@job(every_s=10)
def send_series_mails(at: datetime) -> int:
    """Tell every guest of a series whose dates may have changed; answers how many mails that were."""
    with database.reading() as s:
        query = select(VisitSeriesMail.attendee_id, VisitSeriesMail.rounds).where(col(VisitSeriesMail.stale).is_(True)).limit(500)
        due = [(row[0], row[1]) for row in s.execute(query)]
    sent = 0
    for attendee_id, round_ in due:
        do = SendSeriesCodes(attendee_id=attendee_id, round=round_)
        outcome = perform_now(do, by=SYSTEM, at=at, op_id=derived("visit.send_series_codes", attendee_id, round_))
        sent += outcome.ok and bool(outcome.result["sent"])
    return sent


# ── what it says ──


def _says(s: Session, about: Visit, ahead: list[Visit]) -> dict[str, Any]:
    language, house = mails.language_of(s, about), office.info(s)
    codes = labels.codes_of(s, SubjectKind.VISIT, [visit.id for visit in ahead])
    told = advice.find(s, about.room_id, about.type, language)
    shown = [visit for visit in ahead if visit.id in codes][:MOST_SHOWN]
    lines = [
        t(
            "visit.series_line",
            language,
            when=mails.when_of(visit, language),
            where=mails.where_of(s, visit.room_id),
            code=labels.shown(codes[visit.id]),
        )
        for visit in shown
    ]
    more = [t("visit.series_more", language, n=len(ahead) - len(shown))] if len(ahead) > len(shown) else []
    details = [
        t("visit.mail.directions", language, text=told.directions) if told.directions else "",
        t("visit.mail.bring", language, text=told.bring) if told.bring else "",
    ]
    return {
        "name": about.name, "host": people.get(s, about.host_id).name, "office": house.name if house else "", "title": about.purpose, "n": len(ahead),
        "dates": "\n\n".join([*lines, *more]), "details": "\n".join(line for line in details if line),
        "passes": [{"code": labels.shown(codes[visit.id]), "day": visit.expected_on.isoformat()} for visit in shown],
    }  # fmt: skip


def _ahead(s: Session, attendee_id: UUID, at: datetime) -> list[Visit]:
    query = select(Visit).where(
        col(Visit.attendee_id) == attendee_id, col(Visit.state) == VisitState.PLANNED, col(Visit.expected_on) >= clock.today(at)
    )
    return list(s.execute(query.order_by(col(Visit.expected_on), col(Visit.expected_at), col(Visit.id))).scalars())


def _last(s: Session, attendee_id: UUID) -> Visit | None:
    query = (
        select(Visit).where(col(Visit.attendee_id) == attendee_id, col(Visit.erased_at).is_(None)).order_by(col(Visit.expected_on).desc())
    )
    return s.execute(query.limit(1)).scalars().first()
