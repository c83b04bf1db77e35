"""The number of a visitor's identity document: off, unless the office needs it (norms.md 10 and 11; PIPL art. 28: sensitive, separate consent).

Asked only where the office's setting is on and the kind of visitor is marked for it. Sealed with a key outside the database (authenticated encryption, bound to
the visit), shown with its last four signs only, read in clear by reception for a minute after a reason that is kept, deleted the moment the visit ends, also
when it is assumed to have ended. It stands in no operation's payload, result or hash, no message, no export.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import AfterValidator, StringConstraints
from pydantic import Field as Input
from sqlalchemy import delete, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import vault
from core.foundation.errors import Refused
from core.mechanisms import forgets, office
from core.mechanisms.forgets import Gone
from core.mechanisms.operations import Actor, Operation, note, operation, touch
from core.sections.visits import happenings, record, retention, reveals
from core.sections.visits.blocklist import Reason
from core.sections.visits.happenings import Happening
from core.sections.visits.record import RECEPTION, Visit, VisitState

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK = "10X98765432"


class VisitIdNumber(SQLModel, table=True):
    """The sealed number of a visitor who is here. Deleted when the visit ends."""

    __tablename__: ClassVar[str] = "visit_id_number"
    visit_id: UUID = Field(foreign_key="visit.id", primary_key=True)
    sealed: str
    noted_at: datetime


def is_citizen_number(text: str) -> bool:
    """Whether 18 signs are a citizen identity number: a possible birthday and the check sign of GB 11643 (weights, modulo 11; X is ten)."""
    if not re.fullmatch(r"[1-9][0-9]{16}[0-9X]", text):
        return False
    try:
        born = datetime.strptime(text[6:14], "%Y%m%d")  # noqa: DTZ007 - a birthday has no zone
    except ValueError:
        return False
    return born.year >= 1900 and CHECK[sum(int(sign) * weight for sign, weight in zip(text, WEIGHTS, strict=False)) % 11] == text[17]


def read(text: str) -> str:
    """The number as it is kept: full-width folded, upper case, without spaces and hyphens. 15 to 18 digits must be a right citizen number, anything else 5 to 20
    letters and digits (passports, permits). Raises ValueError id_number.check or id_number.form."""
    plain = re.sub(r"[\s·.-]", "", unicodedata.normalize("NFKC", text)).upper()
    if re.fullmatch(r"[0-9]{15,17}[0-9X]?", plain):
        if not is_citizen_number(plain):
            raise ValueError("id_number.check")
        return plain
    if not re.fullmatch(r"(?=.*[0-9])[A-Z0-9]{5,20}", plain):
        raise ValueError("id_number.form")
    return plain


Number = Annotated[str, StringConstraints(max_length=40), AfterValidator(read)]


# ── writing ──


def asked(s: Session, type: str) -> bool:
    """Whether visitors of this kind are asked for a number."""
    if office.setting(s, "visit.id_number") != "on":
        return False
    rule = s.get(retention.KeepingRule, type)
    return rule is not None and rule.id_number


def keep(s: Session, visit: Visit, number: str | None, at: datetime) -> None:
    """At check-in: seal what was given where it is asked for, and drop it where it is not; reception sees when it is still to come."""
    if not asked(s, visit.type):
        return
    if not number:
        note(s, id_number_pending=True)
        return
    sealed = vault.seal(f"{visit.id}/{number}")
    s.merge(VisitIdNumber(visit_id=visit.id, sealed=sealed, noted_at=at))


class NoteIdNumber(Operation):
    """Reception writes down what the kiosk could not."""

    visit_id: UUID
    number: Number = Input(exclude=True, repr=False)


@operation(NoteIdNumber, "visit.note_id_number", roles=RECEPTION, personal=True)
def note_number(s: Session, do: NoteIdNumber, by: Actor, at: datetime) -> None:
    """Refuses: visit.not_found, visit.not_here, visit.id_number_off"""
    visit = record.get(s, do.visit_id)
    if visit.state != VisitState.HERE:
        raise Refused("visit.not_here")
    if not asked(s, visit.type):
        raise Refused("visit.id_number_off")
    keep(s, visit, do.number, at)
    touch(s, "visit", visit.id)


class RevealIdNumber(Operation):
    visit_id: UUID
    reason: Reason


@operation(RevealIdNumber, "visit.reveal_id_number", roles=RECEPTION, personal=True)
def reveal(s: Session, do: RevealIdNumber, by: Actor, at: datetime) -> None:
    """Who gives a reason may read the number for a minute (`in_clear`). Refuses: visit.no_id_number"""
    if s.get(VisitIdNumber, do.visit_id) is None:
        raise Refused("visit.no_id_number")
    reveals.note(s, "id_number", do.visit_id, do.reason, by, at)
    touch(s, "visit", do.visit_id)


@happenings.hears
def gone_with_the_visit(s: Session, what: Happening, visit: Visit, at: datetime) -> None:
    """Whatever ends the visit ends the number."""
    if what not in (Happening.ARRIVED, Happening.BACK):
        s.execute(delete(VisitIdNumber).where(col(VisitIdNumber.visit_id) == visit.id))


@forgets.visitors("id_numbers", "visit_id_number.sealed")
def forget(s: Session, gone: Gone, at: datetime) -> int:
    """Nothing is left after the end of a visit; this makes sure."""
    rows = s.execute(select(VisitIdNumber).where(col(VisitIdNumber.visit_id).in_(gone.visit_ids))).scalars().all()
    for row in rows:
        s.delete(row)
    s.flush()
    return len(rows)


# ── reading ──


def masked(s: Session, visit_id: UUID, by: Actor) -> str:
    """The last four signs, for reception; empty when there is none, or for anybody else."""
    number = _number(s, visit_id) if by.has(*RECEPTION) else ""
    return "•" * max(0, len(number) - 4) + number[-4:] if number else ""


def in_clear(s: Session, visit_id: UUID, by: Actor, at: datetime) -> str:
    """The number, to who has just given a reason; empty otherwise."""
    return _number(s, visit_id) if by.has(*RECEPTION) and reveals.is_open(s, "id_number", visit_id, by, at) else ""


def _number(s: Session, visit_id: UUID) -> str:
    row = s.get(VisitIdNumber, visit_id)
    text = vault.unseal(row.sealed) if row is not None else ""
    bound, _slash, number = (text or "").partition("/")
    return number if bound == str(visit_id) else ""
