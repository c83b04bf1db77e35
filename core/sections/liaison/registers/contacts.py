"""Contacts as lists, cards and exports read them (guide S3.2-R1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select
from sqlmodel import Session, col

from core.foundation import clock
from core.mechanisms import pinyin
from core.mechanisms.operations import Actor, Role
from core.mechanisms.views import Collection, Page, Query
from core.sections.liaison import contacts
from core.sections.liaison.contacts import LIAISON, Contact, ContactOrg, OrgKind
from core.sections.liaison.registers.paging import columns, is_uuid, names_of, uuid_of


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
    org_id: UUID
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


def _contact_views(s: Session, rows: Sequence[Contact], at: datetime) -> list[ContactView]:
    orgs = (
        {org.id: org for org in s.execute(select(ContactOrg).where(col(ContactOrg.id).in_({row.org_id for row in rows}))).scalars()}
        if rows
        else {}
    )
    names = names_of(s, (row.owner_id for row in rows))
    today = clock.today(at)
    found = []
    for row in rows:
        org = orgs[row.org_id]
        due = row.next_on is not None and row.next_on <= today
        state = "due" if due else "stale" if row.next_on is None and contacts.is_stale(row, org.kind, at) else "fresh"
        found.append(
            ContactView(
                id=row.id, name=row.name, org_id=org.id, org=org.name, kind=org.kind, title=row.title, phone=row.phone, email=row.email, address=row.address,
                note=row.note, owner_id=row.owner_id, owner=names.get(row.owner_id, ""), last_at=row.last_at, next_on=row.next_on, state=state,
                every_days=contacts.stale_days(org.kind, row.every_days), version=row.version,
            )
        )  # fmt: skip
    return found


def contact(s: Session, contact_id: UUID) -> ContactView:
    """One contact with everything said with them and who may be the same. Refuses: liaison.not_found"""
    row = contacts.known(s, contact_id)
    notes = contacts.notes_of(s, row.id)
    names = names_of(s, (note.by_id for note in notes))
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
        found = found.where(col(Contact.owner_id) == (by.person_id if owner == "me" else uuid_of(owner)))
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
    row = s.get(Contact, uuid_of(id)) if is_uuid(id) else None
    if row is None or not (by.has(*LIAISON, Role.SYSTEM) or row.owner_id == by.person_id):
        return None
    return contact(s, row.id)


def _page(s: Session, found: Select[Any], query: Query, order: tuple[Any, ...], key: Any) -> tuple[list[Any], str | None]:
    """By names: the cursor is the last row's id, whose names are looked up again."""
    if query.cursor and (last := s.get(Contact, uuid_of(query.cursor, "query.cursor"))) is not None:
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


CONTACTS = Collection(
    "contacts", frozenset({Role.STAFF}), _search_contacts, _one_contact,
    columns("contact", "name", "org", "kind", "title", "phone", "email", "address", "owner", "last_at", "next_on", "state", "note"), ("kind", "state", "owner"),
)  # fmt: skip
