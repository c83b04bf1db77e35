"""Cases and the certificates issued in them, as lists, cards and exports read them (guide S3.2-R4, R5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlmodel import Session, col

from core.foundation import clock
from core.mechanisms.operations import OFFICE, Actor, Role
from core.mechanisms.views import Collection, Page, Query
from core.sections.liaison import cases, certificates
from core.sections.liaison.cases import CaseNote, LiaisonCase
from core.sections.liaison.certificates import Certificate
from core.sections.liaison.contacts import LIAISON, Contact
from core.sections.liaison.registers.paging import columns, is_uuid, latest, names_of, uuid_of


@dataclass(frozen=True, slots=True)
class CaseNoteView:
    text: str
    confidential: bool
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case; `notes` are those this reader may see, `hidden` how many there are besides (said only to the office)."""

    id: UUID
    year: int
    number: int
    title: str
    summary: str
    legal: bool
    contact: str
    owner: str
    opened_at: datetime
    closed_at: datetime | None
    outcome: str
    state: str
    version: int
    notes: tuple[CaseNoteView, ...] = ()
    certificates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CertificateView:
    """A certificate; `state` is valid, void or expired."""

    id: UUID
    year: int
    number: int
    full_number: str
    code: str
    subject_name: str
    to_org: str
    purpose: str
    text: str
    language: str
    issued_on: date
    issued_by: str
    valid_until: date | None
    licence_copy: str
    seal_use: str
    state: str
    void_reason: str
    voided_at: datetime | None
    version: int


def _case_views(s: Session, rows: Sequence[LiaisonCase]) -> list[CaseView]:
    names = names_of(s, (row.owner_id for row in rows))
    wanted = {row.contact_id for row in rows if row.contact_id}
    whom = {row.id: row.name for row in s.execute(select(Contact.id, Contact.name).where(col(Contact.id).in_(wanted)))} if wanted else {}
    return [
        CaseView(
            row.id, row.year, row.number, row.title, row.summary, row.legal, whom.get(row.contact_id, "") if row.contact_id else "", names.get(row.owner_id, ""),
            row.opened_at, row.closed_at, row.outcome, "closed" if row.closed_at else "open", row.version,
        )
        for row in rows
    ]  # fmt: skip


def case(s: Session, case_id: UUID, by: Actor) -> CaseView:
    """One case with the notes this reader may see. Refuses: liaison.not_found"""
    row = cases.get(s, case_id)
    [shown] = _case_views(s, [row])
    notes: list[CaseNote] = cases.notes_for(s, row.id, by)
    names = names_of(s, (note.by_id for note in notes))
    told = tuple(CaseNoteView(note.text, note.confidential, note.at, names.get(note.by_id, "")) for note in notes)
    issued = s.execute(
        select(Certificate.year, Certificate.number).where(col(Certificate.case_id) == row.id).order_by(col(Certificate.number))
    )
    papers = tuple(certificates.numbered(one.year, one.number) for one in issued)
    return CaseView(**{**{name: getattr(shown, name) for name in CaseView.__slots__}, "notes": told, "certificates": papers})


def _search_cases(s: Session, query: Query, by: Actor) -> Page:
    """Latest first; `q` in title and summary; filters `state` (open, closed), `legal` (true)."""
    found: Select[Any] = select(LiaisonCase)
    if (state := query.filters.get("state")) in ("open", "closed"):
        found = found.where(col(LiaisonCase.closed_at).is_(None) if state == "open" else col(LiaisonCase.closed_at).is_not(None))
    if query.filters.get("legal") == "true":
        found = found.where(col(LiaisonCase.legal))
    if text := query.q.strip():
        found = found.where(
            or_(col(LiaisonCase.title).contains(text, autoescape=True), col(LiaisonCase.summary).contains(text, autoescape=True))
        )
    rows, next = latest(s, found, LiaisonCase, LiaisonCase.opened_at, query)
    return Page(_case_views(s, rows), next)


def _one_case(s: Session, id: str, by: Actor) -> CaseView | None:
    return case(s, uuid_of(id), by) if is_uuid(id) and s.get(LiaisonCase, uuid_of(id)) is not None else None


def _certificate_views(s: Session, rows: Sequence[Certificate], at: datetime) -> list[CertificateView]:
    names, today = names_of(s, (row.issued_by for row in rows)), clock.today(at)
    return [
        CertificateView(
            id=row.id, year=row.year, number=row.number, full_number=certificates.numbered(row.year, row.number), code=row.code,
            subject_name=row.subject_name, to_org=row.to_org, purpose=row.purpose, text=row.text, language=row.language, issued_on=row.issued_on,
            issued_by=names.get(row.issued_by, ""), valid_until=row.valid_until, licence_copy=row.licence_copy, seal_use=row.seal_use,
            state="void" if row.voided_at else "expired" if row.valid_until and row.valid_until < today else "valid",
            void_reason=row.void_reason, voided_at=row.voided_at, version=row.version,
        )
        for row in rows
    ]  # fmt: skip


def certificate(s: Session, certificate_id: UUID) -> CertificateView:
    """Refuses: liaison.not_found"""
    return _certificate_views(s, [certificates.get(s, certificate_id)], clock.now())[0]


def _search_certificates(s: Session, query: Query, by: Actor) -> Page:
    """Latest first; `q` in name, purpose, receiver, or a whole code; filter `state` (void, valid)."""
    found: Select[Any] = select(Certificate)
    if (state := query.filters.get("state")) in ("void", "valid"):
        found = found.where(col(Certificate.voided_at).is_(None) if state == "valid" else col(Certificate.voided_at).is_not(None))
    if text := query.q.strip():
        tests = [col(f).contains(text, autoescape=True) for f in (Certificate.subject_name, Certificate.purpose, Certificate.to_org)]
        if (code := certificates.read_code(text)) is not None:
            tests.append(col(Certificate.code) == code)
        found = found.where(or_(*tests))
    rows, next = latest(s, found, Certificate, Certificate.issued_at, query)
    return Page(_certificate_views(s, rows, clock.now()), next)


def _one_certificate(s: Session, id: str, by: Actor) -> CertificateView | None:
    return certificate(s, uuid_of(id)) if is_uuid(id) and s.get(Certificate, uuid_of(id)) is not None else None


CASES = Collection(
    "liaison-cases", LIAISON, _search_cases, _one_case,
    columns("case", "year", "number", "title", "legal", "contact", "owner", "opened_at", "closed_at", "outcome"), ("state", "legal"),
)  # fmt: skip
CERTIFICATES = Collection(
    "certificates", OFFICE | {Role.LEADER}, _search_certificates, _one_certificate,
    columns("certificate", "full_number", "issued_on", "subject_name", "to_org", "purpose", "issued_by", "valid_until", "state", "void_reason", "licence_copy", "seal_use"),
    ("state",),
)  # fmt: skip
