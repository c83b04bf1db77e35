"""Visitors who were here before, recognised only by what they hold: an own code, or their full phone number together with their name (pitfalls V33, V34).

The kiosk's question is answered the same way whatever was found: nothing comes back from the operation, the same rows are read and one row is written. Only the screen of the
device that asked may then read, for two minutes, what the two answers together opened. A phone number alone, a part of one, or a name alone opens nothing, so nobody else's name
ever stands on the glass. Wrong tries cool down, per kiosk, longer each time; while it cools every answer is "not known", and the visitor simply fills in the form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import StringConstraints
from sqlalchemy import select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import clock
from core.foundation.errors import Invalid, NotAllowed, Refused
from core.mechanisms import labels, people, pinyin
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import Actor, Operation, Role, operation
from core.sections.visits import consent, record
from core.sections.visits.record import Name, Phone, Visit, VisitState, phone_key

FREE_MISSES = 5
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=1)
SHOWN_FOR = timedelta(minutes=2)
USED_FOR = timedelta(minutes=15)  # the longest a visitor may take from there to the signature


class Recognition(SQLModel, table=True):
    """One row a device: its wrong tries, until when it cools, and whom it recognised last."""

    __tablename__: ClassVar[str] = "visit_recognition"
    device_id: UUID = Field(primary_key=True)
    misses: int = 0
    missed_at: datetime | None = None
    cool_until: datetime | None = None
    visit_id: UUID | None = None
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a visitor said last time; `code` opens the invitation they have for today. `host_id` is empty when that host is no longer in the office."""

    visit_id: UUID
    name: str
    company: str
    phone: str
    plate: str
    language: str
    type: str
    host_id: str
    host: str
    host_department: str
    code: str
    host_english: str = ""


class Recognise(Operation):
    """The full phone number and the name, as the visitor writes it: in signs or in pinyin."""

    phone: Annotated[Phone, StringConstraints(min_length=1)]
    name: Name


@operation(Recognise, "visit.recognise", roles={Role.KIOSK}, personal=True)
def recognise(s: Session, do: Recognise, by: Actor, at: datetime) -> dict[str, Any]:
    """Remember for this device whether both answers belong together. The answer is the same for hit, miss and cooling."""
    if by.device_id is None:
        raise NotAllowed()
    row = s.get(Recognition, by.device_id)
    if row is None:
        row = Recognition(device_id=by.device_id, asked_at=at)
        s.add(row)
    if row.missed_at is not None and at - row.missed_at >= FORGOTTEN_AFTER:
        row.misses = 0
    cooling = row.cool_until is not None and at < row.cool_until
    found = _who(s, do.phone, do.name, at)  # also while it cools, so that it takes as long
    row.asked_at, row.visit_id = at, found.id if found is not None and not cooling else None
    if found is None and not cooling:
        row.misses, row.missed_at = row.misses + 1, at
        row.cool_until = at + pause(row.misses) if row.misses >= FREE_MISSES else None
    return {"heard": True}


def pause(misses: int) -> timedelta:
    """How long a kiosk answers nothing after so many wrong tries: half a minute, doubled each time, a quarter of an hour at most."""
    return min(FIRST_PAUSE * (1 << min(max(0, misses - FREE_MISSES), 10)), LONGEST_PAUSE)


# ── reads ──


def remembered(s: Session, by: Actor, at: datetime) -> Remembered | None:
    """Whom this device recognised within the last two minutes, or None."""
    earlier = _recognised(s, by, at, SHOWN_FOR)
    return _remembered(s, earlier) if earlier is not None else None


def of_old_code(s: Session, text: str) -> Remembered | None:
    """What the holder of a code that opens nothing any more (yesterday's badge, an unused invitation) said then; nobody else has that code. Never raises."""
    try:
        visit = record.of_code(s, text)
    except (Refused, Invalid):
        return None
    ended = visit.state in (VisitState.LEFT, VisitState.EXPIRED) and visit.erased_at is None and visit.approval != "refused"
    return _remembered(s, visit) if ended else None


def earlier_visit(s: Session, visit_id: UUID | None, code: str | None, by: Actor, at: datetime) -> Visit | None:
    """The earlier visit a walk-in refers to, when this device recognised it just now or the visitor holds its code."""
    if code:
        held = of_old_code(s, code)
        return s.get(Visit, held.visit_id) if held is not None else None
    found = _recognised(s, by, at, USED_FOR)
    return found if found is not None and found.id == visit_id else None


def signed_before(s: Session, visit_id: UUID, documents: Sequence[str]) -> set[str]:
    """Which of these documents the visitor of that visit need not sign again."""
    earlier = s.get(Visit, visit_id)
    return consent.agreed(s, earlier, documents, earlier) if earlier is not None else set()


def forget(s: Session, visit_ids: Sequence[UUID]) -> int:
    """No device remembers these visits any more."""
    rows = s.execute(select(Recognition).where(col(Recognition.visit_id).in_(visit_ids))).scalars().all()
    for row in rows:
        row.visit_id = None
    s.flush()
    return len(rows)


# ── helpers ──


def _recognised(s: Session, by: Actor, at: datetime, within: timedelta) -> Visit | None:
    row = s.get(Recognition, by.device_id) if by.device_id is not None else None
    if row is None or row.visit_id is None or not timedelta() <= at - row.asked_at <= within:
        return None
    visit = s.get(Visit, row.visit_id)
    return visit if visit is not None and visit.erased_at is None else None


def _who(s: Session, phone: str, name: str, at: datetime) -> Visit | None:
    """The visit that phone number and name open: an invitation for today, else the last one. Equal keys only, never a part."""
    key, spelled = phone_key(phone), pinyin.keys(name).full
    query = (
        select(Visit).where(col(Visit.phone_key) == (key or "-"), col(Visit.erased_at).is_(None)).order_by(col(Visit.id).desc()).limit(50)
    )
    same = [visit for visit in s.execute(query).scalars() if visit.phone_key == key and _same_name(visit.name, name, spelled)]
    today = clock.today(at)
    invited = next((visit for visit in same if visit.state == VisitState.PLANNED and visit.expected_on == today), None)
    return invited or next((visit for visit in same if visit.state == VisitState.LEFT and visit.approval != "refused"), None)


def _same_name(known: str, typed: str, spelled: str) -> bool:
    return record.one_line(known).casefold() == record.one_line(typed).casefold() or (
        bool(spelled) and typed.isascii() and pinyin.keys(known).full == spelled
    )


def _remembered(s: Session, visit: Visit) -> Remembered:
    host = s.get(people.Person, visit.host_id)
    there = host is not None and host.disabled_at is None
    department = people.department_names(s).get(host.department_id, "") if host is not None and there and host.department_id else ""
    invited = visit.state == VisitState.PLANNED
    return Remembered(
        visit.id,
        visit.name,
        visit.company,
        visit.phone,
        visit.plate,
        visit.language,
        visit.type,
        str(visit.host_id) if there else "",
        host.name if host is not None and there else "",
        department,
        (labels.of(s, SubjectKind.VISIT, visit.id) or "") if invited else "",
        host.english_name if host is not None and there else "",
    )
