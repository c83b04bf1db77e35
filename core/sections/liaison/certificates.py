"""Certificates the office issues (证明材料): a gap-free number, what for, the words, a code that proves it was issued here (guide S3.2-R4).

The code has twelve random signs of the label alphabet, the last a check sign: some 10^16 of them, so that none can be found by trying. Whoever
holds the paper can ask at `/v/CODE` whether it was issued here and is valid; they see the number, the day, what it is for and a masked name,
never the words. A void certificate stays on the register and says so on that page.
"""

from __future__ import annotations

import secrets
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import StringConstraints
from sqlalchemy import UniqueConstraint, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import clock
from core.foundation.errors import Refused
from core.foundation.ids import uuid7
from core.mechanisms import numbering, people
from core.mechanisms.labels import SIGNS
from core.mechanisms.operations import OFFICE, Actor, Operation, operation, touch
from core.sections.liaison.cases import get as case_of
from core.sections.liaison.contacts import Line

SERIES = "certificate"
LENGTH = 12


class Certificate(SQLModel, table=True):
    """One certificate. `subject_name` is whom it is about, `to_org` who gets it; nothing of it changes but that it may become void."""

    __tablename__: ClassVar[str] = "certificate"
    __table_args__ = (UniqueConstraint("year", "number", name="certificate_number"),)
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    year: int
    number: int
    code: str = Field(unique=True)
    subject_name: str
    to_org: str = ""
    purpose: str
    text: str
    language: str = "zh-Hans"
    issued_on: date = Field(index=True)
    issued_at: datetime
    issued_by: UUID | None = None
    valid_until: date | None = None
    case_id: UUID | None = Field(default=None, foreign_key="liaison_case.id")
    licence_copy: str = ""
    seal_use: str = ""
    voided_at: datetime | None = None
    void_reason: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True)
class Verified:
    """What a stranger with the paper in hand may know. `state`: valid, void, expired or unknown; all else is empty for an unknown code."""

    state: str
    number: str = ""
    issued_on: date | None = None
    valid_until: date | None = None
    purpose: str = ""
    name: str = ""


class IssueCertificate(Operation):
    """`licence_copy` and `seal_use` say which copy went with it and under which entry of the seal register it was sealed."""

    certificate_id: UUID | None = None
    subject_name: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    to_org: Line = ""
    purpose: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    text: Annotated[str, StringConstraints(min_length=1, max_length=4000)]
    language: Annotated[str, StringConstraints(pattern="^(zh-Hans|zh-Hant|en)$")] = "zh-Hans"
    valid_until: date | None = None
    case_id: UUID | None = None
    licence_copy: Line = ""
    seal_use: Line = ""


@operation(IssueCertificate, "liaison.issue_certificate", roles=OFFICE, personal=True)
def issue_certificate(s: Session, do: IssueCertificate, by: Actor, at: datetime) -> dict[str, Any]:
    """Answers `{certificate_id, year, number, code}`. Refuses: liaison.not_found, liaison.until_past"""
    today = clock.today(at)
    if do.valid_until is not None and do.valid_until < today:
        raise Refused("liaison.until_past")
    if do.case_id is not None:
        case_of(s, do.case_id)
    made = Certificate(
        id=do.certificate_id or uuid7(), year=today.year, number=numbering.next_number(s, SERIES, today.year), code=_new_code(s),
        subject_name=do.subject_name, to_org=do.to_org, purpose=do.purpose, text=do.text, language=do.language, issued_on=today, issued_at=at,
        issued_by=by.person_id, valid_until=do.valid_until, case_id=do.case_id, licence_copy=do.licence_copy, seal_use=do.seal_use,
    )  # fmt: skip
    s.add(made)
    s.flush()
    touch(s, "certificate", made.id)
    return {"certificate_id": made.id, "year": made.year, "number": made.number, "code": made.code}


class VoidCertificate(Operation):
    certificate_id: UUID
    reason: Annotated[str, StringConstraints(min_length=1, max_length=200)]


@operation(VoidCertificate, "liaison.void_certificate", roles=OFFICE)
def void_certificate(s: Session, do: VoidCertificate, by: Actor, at: datetime) -> dict[str, Any]:
    """Stays visible, its number is never given again. Voiding again changes nothing. Refuses: liaison.not_found"""
    found = get(s, do.certificate_id)
    if found.voided_at is None:
        found.voided_at, found.void_reason = at, do.reason
        found.version += 1
        numbering.void(s, SERIES, found.year, found.number, do.reason, by, at)
    touch(s, "certificate", found.id)
    return {"certificate_id": found.id}


def get(s: Session, certificate_id: UUID) -> Certificate:
    """Refuses: liaison.not_found"""
    found = s.get(Certificate, certificate_id)
    if found is None:
        raise Refused("liaison.not_found")
    return found


def numbered(year: int, number: int) -> str:
    """证〔2026〕7号, as official numbers are written: the year whole in hexagonal brackets, no padding."""
    return f"证〔{year}〕{number}号"


def verify(s: Session, text: str, at: datetime) -> Verified:
    """What the page behind the code says; the same shape whether there is such a certificate or not."""
    code = read_code(text)
    found = s.execute(select(Certificate).where(col(Certificate.code) == code)).scalars().first() if code else None
    if found is None:
        return Verified("unknown")
    over = found.valid_until is not None and found.valid_until < clock.today(at)
    state = "void" if found.voided_at is not None else "expired" if over else "valid"
    return Verified(
        state, numbered(found.year, found.number), found.issued_on, found.valid_until, found.purpose, masked(found.subject_name)
    )


def masked(name: str) -> str:
    """李文博 → 李＊博, 李文 → 李＊, Wenbo Li → W＊＊＊＊ L＊: enough for who knows it, nothing for who does not."""
    if name.isascii():
        return " ".join(part[:1] + "＊" * (len(part) - 1) for part in name.split())
    signs = list(name)
    return name if len(signs) == 1 else signs[0] + "＊" if len(signs) == 2 else signs[0] + "＊" * (len(signs) - 2) + signs[-1]


def read_code(text: str) -> str | None:
    """The code as printed, typed or scanned, without hyphens, in any case and width; None when it can not be one."""
    clean = "".join(sign for sign in unicodedata.normalize("NFKC", text[:80]).upper() if sign not in " -–\u200b")
    return clean if len(clean) == LENGTH and all(sign in SIGNS for sign in clean) and _check(clean[:-1]) == clean[-1] else None


def asked(text: str) -> str:
    """What somebody asked for, to be compared with the paper: its signs, in the paper's groups."""
    clean = "".join(sign for sign in unicodedata.normalize("NFKC", text[:80]).upper() if sign.isascii() and sign.isalnum())[: LENGTH + 4]
    return "-".join(clean[n : n + 4] for n in range(0, len(clean), 4))


def shown(code: str) -> str:
    """ABCD-EFGH-JKMN."""
    return "-".join(code[n : n + 4] for n in range(0, LENGTH, 4))


def issuer(s: Session, found: Certificate) -> str:
    person = s.get(people.Person, found.issued_by) if found.issued_by else None
    return person.name if person else ""


def _new_code(s: Session) -> str:
    while True:
        eleven = "".join(secrets.choice(SIGNS) for _ in range(LENGTH - 1))
        code = eleven + _check(eleven)
        if s.execute(select(col(Certificate.id)).where(col(Certificate.code) == code)).first() is None:
            return code


def _check(eleven: str) -> str:
    return SIGNS[-sum(SIGNS.index(sign) * (place + 2) for place, sign in enumerate(eleven)) % len(SIGNS)]
