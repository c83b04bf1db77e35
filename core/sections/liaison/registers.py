"""What lists, cards, exports and programs read of liaison (guide S3.2-R1 … R5; X4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select
from sqlmodel import Session, col

from core.foundation import clock
from core.foundation.errors import Invalid
from core.mechanisms import people, pinyin
from core.mechanisms.operations import OFFICE, Actor, Role
from core.mechanisms.views import Collection, ExportColumn, Page, Query
from core.sections.liaison import cases, certificates, contacts, messages
from core.sections.liaison.cases import CaseNote, LiaisonCase
from core.sections.liaison.certificates import Certificate
from core.sections.liaison.contacts import LIAISON, Contact, ContactOrg, OrgKind
from core.sections.liaison.messages import MessageTo, OutsideMessage


@dataclass(frozen=True, slots=True)
class NoteView:
    at: datetime
    way: str
    summary: str
    by: str


@dataclass(frozen=True, slots=True)
class ContactView:
    """A contact; `state` is fresh, due (the next contact was to be by now) or stale. `notes` only on the card."""

    id: UUID
    name: str
    org: str
    kind: str
    title: str
    phone: str
    email: str
    address: str
    note: str
    owner_id: UUID | None
    owner: str
    last_at: datetime | None
    next_on: date | None
    state: str
    every_days: int
    version: int
    notes: tuple[NoteView, ...] = ()
    twins: tuple[tuple[UUID, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ToView:
    """One receiver: passed, read and answered, each with its moment."""

    person_id: UUID
    person: str
    department: str
    to_answer: bool
    note: str
    passed_at: datetime
    passed_by: str
    read_at: datetime | None
    answered_at: datetime | None
    chased: int


@dataclass(frozen=True, slots=True)
class WordView:
    inside: bool
    text: str
    way: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message from outside; `state`: new (passed to nobody), passed, read, answered (inside), replied (closed)."""

    id: UUID
    year: int
    number: int
    source: str
    contact_id: UUID | None
    way: str
    subject: str
    summary: str
    received_at: datetime
    due_on: date | None
    late: bool
    state: str
    passed_to: str
    read: int
    answered: int
    receivers: int
    closed_at: datetime | None
    version: int
    to: tuple[ToView, ...] = ()
    words: tuple[WordView, ...] = ()


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


# ── contacts ──


def _contact_views(s: Session, rows: Sequence[Contact], at: datetime) -> list[ContactView]:
    orgs = (
        {org.id: org for org in s.execute(select(ContactOrg).where(col(ContactOrg.id).in_({row.org_id for row in rows}))).scalars()}
        if rows
        else {}
    )
    names = _names(s, (row.owner_id for row in rows))
    today = clock.today(at)
    found = []
    for row in rows:
        org = orgs[row.org_id]
        due = row.next_on is not None and row.next_on <= today
        state = "due" if due else "stale" if row.next_on is None and contacts.is_stale(row, org.kind, at) else "fresh"
        found.append(
            ContactView(
                id=row.id, name=row.name, org=org.name, kind=org.kind, title=row.title, phone=row.phone, email=row.email, address=row.address,
                note=row.note, owner_id=row.owner_id, owner=names.get(row.owner_id, ""), last_at=row.last_at, next_on=row.next_on, state=state,
                every_days=contacts.stale_days(org.kind, row.every_days), version=row.version,
            )
        )  # fmt: skip
    return found


def contact(s: Session, contact_id: UUID) -> ContactView:
    """One contact with everything said with them and who may be the same. Refuses: liaison.not_found"""
    row = contacts.known(s, contact_id)
    notes = contacts.notes_of(s, row.id)
    names = _names(s, (note.by_id for note in notes))
    [shown] = _contact_views(s, [row], clock.now())
    told = tuple(NoteView(note.at, note.way, note.summary, names.get(note.by_id, "")) for note in notes)
    twins = tuple((twin.id, twin.name) for twin in contacts.twins(s, row))
    return ContactView(**{**{name: getattr(shown, name) for name in ContactView.__slots__}, "notes": told, "twins": twins})


def _search_contacts(s: Session, query: Query, by: Actor) -> Page:
    """`q` finds by name, pinyin, organisation, phone or mail; filters `kind`, `state` (stale, due), `owner` (me or an id). By organisation."""
    at = clock.now()
    found: Select[Any] = (
        select(Contact).join(ContactOrg, col(ContactOrg.id) == col(Contact.org_id)).where(col(Contact.merged_into).is_(None))
    )
    if not by.has(*LIAISON, Role.SYSTEM):
        found = found.where(col(Contact.owner_id) == by.person_id)
    if kind := query.filters.get("kind"):
        found = found.where(col(ContactOrg.kind) == kind)
    if owner := query.filters.get("owner"):
        found = found.where(col(Contact.owner_id) == (by.person_id if owner == "me" else _uuid(owner)))
    if state := query.filters.get("state"):
        due = col(Contact.next_on) <= clock.today(at)
        last = func.coalesce(Contact.last_at, Contact.added_at)
        stale = or_(
            *(
                and_(col(ContactOrg.kind) == kind, col(Contact.every_days).is_(None), last < at - timedelta(days=contacts.STALE_DAYS[kind]))
                for kind in OrgKind
            )
        )
        own = col(Contact.every_days).is_not(None) & (last < at - timedelta(days=30))  # narrowed exactly below
        found = found.where(due if state == "due" else col(Contact.next_on).is_(None) & or_(stale, own))
    if text := query.q.strip():
        key = pinyin.squeeze(text)
        tests = [
            col(field).contains(text, autoescape=True)
            for field in (Contact.name, ContactOrg.name, Contact.phone, Contact.email, Contact.title)
        ]
        if key:
            tests += [col(Contact.pinyin).startswith(key, autoescape=True), col(Contact.initials).startswith(key, autoescape=True)]
        found = found.where(or_(*tests))
    rows, next = _page(
        s, found.add_columns(col(ContactOrg.name)), query, (ContactOrg.name, Contact.name, Contact.id), lambda r: (r[1], r[0].name, r[0].id)
    )
    views = _contact_views(s, [row[0] for row in rows], at)
    return Page([v for v in views if not state or v.state == state], next)


def _one_contact(s: Session, id: str, by: Actor) -> ContactView | None:
    row = s.get(Contact, _uuid(id)) if _is_uuid(id) else None
    if row is None or not (by.has(*LIAISON, Role.SYSTEM) or row.owner_id == by.person_id):
        return None
    return contact(s, row.id)


# ── messages ──


def _message_views(s: Session, rows: Sequence[OutsideMessage], at: datetime) -> list[MessageView]:
    ids = [row.id for row in rows]
    to: dict[UUID, list[MessageTo]] = {}
    if ids:
        for one in s.execute(
            select(MessageTo).where(col(MessageTo.message_id).in_(ids)).order_by(col(MessageTo.passed_at), col(MessageTo.id))
        ).scalars():
            to.setdefault(one.message_id, []).append(one)
    names = _names(s, (one.person_id for some in to.values() for one in some))
    return [_message_view(row, to.get(row.id, []), names, at) for row in rows]


def _message_view(row: OutsideMessage, to: Sequence[MessageTo], names: dict[UUID | None, str], at: datetime) -> MessageView:
    answered, read = sum(1 for one in to if one.answered_at), sum(1 for one in to if one.read_at)
    owing = [one for one in to if one.to_answer and one.answered_at is None]
    if row.closed_at is not None:
        state = "replied"
    elif not to:
        state = "new"
    elif answered and not owing:
        state = "answered"
    else:
        state = "read" if read == len(to) else "passed"
    return MessageView(
        id=row.id, year=row.year, number=row.number, source=row.source, contact_id=row.contact_id, way=row.way, subject=row.subject,
        summary=row.summary, received_at=row.received_at, due_on=row.due_on,
        late=row.due_on is not None and row.closed_at is None and row.due_on < clock.today(at), state=state,
        passed_to="、".join(names.get(one.person_id, "") for one in to), read=read, answered=answered, receivers=len(to),
        closed_at=row.closed_at, version=row.version,
    )  # fmt: skip


def message(s: Session, message_id: UUID) -> MessageView:
    """One message with its receivers and every answer. Refuses: liaison.not_found"""
    row = messages.get(s, message_id)
    to, words = messages.recipients(s, row.id), messages.words(s, row.id)
    names = _names(s, [*(one.person_id for one in to), *(one.passed_by for one in to), *(word.by_id for word in words)])
    departments = people.department_names(s)
    shown = _message_view(row, to, names, clock.now())
    receivers = tuple(
        ToView(
            one.person_id, names.get(one.person_id, ""), departments.get(one.department_id, "") if one.department_id else "", one.to_answer, one.note,
            one.passed_at, names.get(one.passed_by, ""), one.read_at, one.answered_at, one.chased,
        )
        for one in to
    )  # fmt: skip
    said = tuple(WordView(word.inside, word.text, word.way, word.at, names.get(word.by_id, "")) for word in words)
    return MessageView(**{**{name: getattr(shown, name) for name in MessageView.__slots__}, "to": receivers, "words": said})


def mine(s: Session, person_id: UUID, at: datetime, *, limit: int = 50) -> list[MessageView]:
    """Messages passed to this person: those that still want something first."""
    query = (
        select(OutsideMessage)
        .join(MessageTo, col(MessageTo.message_id) == col(OutsideMessage.id))
        .where(col(MessageTo.person_id) == person_id)
        .order_by(col(OutsideMessage.closed_at).is_not(None), col(OutsideMessage.received_at).desc())
        .limit(limit)
    )
    return _message_views(s, list(s.execute(query).scalars()), at)


def _search_messages(s: Session, query: Query, by: Actor) -> Page:
    """Latest first; `q` in subject, source and summary; filters `state` (open, closed, late, new)."""
    at = clock.now()
    found: Select[Any] = select(OutsideMessage)
    if not by.has(*LIAISON, Role.SYSTEM):
        found = found.where(col(OutsideMessage.id).in_(select(col(MessageTo.message_id)).where(col(MessageTo.person_id) == by.person_id)))
    match query.filters.get("state"):
        case "open":
            found = found.where(col(OutsideMessage.closed_at).is_(None))
        case "closed":
            found = found.where(col(OutsideMessage.closed_at).is_not(None))
        case "late":
            found = found.where(col(OutsideMessage.closed_at).is_(None), col(OutsideMessage.due_on) < clock.today(at))
        case "new":
            found = found.where(col(OutsideMessage.closed_at).is_(None), ~col(OutsideMessage.id).in_(select(col(MessageTo.message_id))))
    if text := query.q.strip():
        found = found.where(
            or_(*(col(f).contains(text, autoescape=True) for f in (OutsideMessage.subject, OutsideMessage.source, OutsideMessage.summary)))
        )
    rows, next = _latest(s, found, OutsideMessage, OutsideMessage.received_at, query)
    return Page(_message_views(s, rows, at), next)


def _one_message(s: Session, id: str, by: Actor) -> MessageView | None:
    row = s.get(OutsideMessage, _uuid(id)) if _is_uuid(id) else None
    return message(s, row.id) if row is not None and messages.may_read(s, row, by) else None


# ── cases and certificates ──


def _case_views(s: Session, rows: Sequence[LiaisonCase]) -> list[CaseView]:
    names = _names(s, (row.owner_id for row in rows))
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
    names = _names(s, (note.by_id for note in notes))
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
    rows, next = _latest(s, found, LiaisonCase, LiaisonCase.opened_at, query)
    return Page(_case_views(s, rows), next)


def _one_case(s: Session, id: str, by: Actor) -> CaseView | None:
    return case(s, _uuid(id), by) if _is_uuid(id) and s.get(LiaisonCase, _uuid(id)) is not None else None


def _certificate_views(s: Session, rows: Sequence[Certificate], at: datetime) -> list[CertificateView]:
    names, today = _names(s, (row.issued_by for row in rows)), clock.today(at)
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
    rows, next = _latest(s, found, Certificate, Certificate.issued_at, query)
    return Page(_certificate_views(s, rows, clock.now()), next)


def _one_certificate(s: Session, id: str, by: Actor) -> CertificateView | None:
    return certificate(s, _uuid(id)) if _is_uuid(id) and s.get(Certificate, _uuid(id)) is not None else None


# ── helpers ──


def _latest(s: Session, found: Select[Any], table: Any, moment: Any, query: Query) -> tuple[list[Any], str | None]:
    if query.cursor and (last := s.get(table, _uuid(query.cursor, "query.cursor"))) is not None:
        at = getattr(last, moment.key)
        found = found.where(or_(col(moment) < at, and_(col(moment) == at, col(table.id) < last.id)))
    rows = list(s.execute(found.order_by(col(moment).desc(), col(table.id).desc()).limit(query.limit + 1)).scalars())
    return rows[: query.limit], str(rows[query.limit - 1].id) if len(rows) > query.limit else None


def _page(s: Session, found: Select[Any], query: Query, order: tuple[Any, ...], key: Any) -> tuple[list[Any], str | None]:
    """By names: the cursor is the last row's id, whose names are looked up again."""
    if query.cursor and (last := s.get(Contact, _uuid(query.cursor, "query.cursor"))) is not None:
        org = s.get(ContactOrg, last.org_id)
        values = (org.name if org else "", last.name, last.id)
        first, second, third = order
        found = found.where(
            or_(
                col(first) > values[0],
                and_(col(first) == values[0], col(second) > values[1]),
                and_(col(first) == values[0], col(second) == values[1], col(third) > values[2]),
            )
        )
    rows = list(s.execute(found.order_by(*(col(one) for one in order)).limit(query.limit + 1)).all())
    return rows[: query.limit], str(rows[query.limit - 1][0].id) if len(rows) > query.limit else None


def _names(s: Session, ids: Iterable[UUID | None]) -> dict[UUID | None, str]:
    wanted = {id for id in ids if id is not None}
    if not wanted:
        return {}
    return {row.id: row.name for row in s.execute(select(people.Person.id, people.Person.name).where(col(people.Person.id).in_(wanted)))}


def _uuid(text: str, code: str = "query.filter") -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid(code) from None


def _is_uuid(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


def _columns(prefix: str, *names: str) -> tuple[ExportColumn, ...]:
    return tuple(ExportColumn(name, f"liaison.{prefix}.{name}") for name in names)


CONTACTS = Collection(
    "contacts", frozenset({Role.STAFF}), _search_contacts, _one_contact,
    _columns("contact", "name", "org", "kind", "title", "phone", "email", "address", "owner", "last_at", "next_on", "state", "note"), ("kind", "state", "owner"),
)  # fmt: skip
MESSAGES = Collection(
    "messages", frozenset({Role.STAFF}), _search_messages, _one_message,
    _columns("message", "year", "number", "received_at", "source", "subject", "passed_to", "due_on", "state", "closed_at"), ("state",),
)  # fmt: skip
CASES = Collection(
    "liaison-cases", LIAISON, _search_cases, _one_case,
    _columns("case", "year", "number", "title", "legal", "contact", "owner", "opened_at", "closed_at", "outcome"), ("state", "legal"),
)  # fmt: skip
CERTIFICATES = Collection(
    "certificates", OFFICE | {Role.LEADER}, _search_certificates, _one_certificate,
    _columns("certificate", "full_number", "issued_on", "subject_name", "to_org", "purpose", "issued_by", "valid_until", "state", "void_reason", "licence_copy", "seal_use"),
    ("state",),
)  # fmt: skip
