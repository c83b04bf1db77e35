"""Outside organisations and persons: kind, owner, last and next contact, fresh or stale, duplicates merged (guide S3.2-R1).

A contact goes stale when nobody spoke with them for as long as their kind allows (or `every_days` of their own); the owner is reminded on the
day of the next contact, and once when it went stale. Every contact is a row: the last one is asked, never overwritten.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import AfterValidator, StringConstraints
from pydantic import Field as Input
from sqlalchemy import func, select, update
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import clock, database
from core.foundation.errors import Refused
from core.foundation.ids import derived, uuid7
from core.foundation.jobs import job
from core.mechanisms import notices, people, pinyin
from core.mechanisms.operations import OFFICE, SYSTEM, Actor, Operation, Role, current_op_id, operation, perform_now, touch
from core.sections.liaison.cards import read_card

LIAISON = frozenset({*OFFICE, Role.LEADER})
STALE_DAYS = {"superior": 60, "peer": 120, "partner": 90, "government": 60, "other": 365}
ARCHIVED = "merged"


def one_line(text: str) -> str:
    """One line without signs that turn the writing direction of what follows (SEC 9)."""
    return " ".join("".join(sign for sign in text if sign not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069").split())


Line = Annotated[str, StringConstraints(max_length=200), AfterValidator(one_line)]
Name = Annotated[str, StringConstraints(max_length=120), AfterValidator(one_line), StringConstraints(min_length=1)]
Long = Annotated[str, StringConstraints(max_length=4000)]


class OrgKind(StrEnum):
    """上级单位, 兄弟单位, 业务伙伴, 政府部门, and what is none of them."""

    SUPERIOR = "superior"
    PEER = "peer"
    PARTNER = "partner"
    GOVERNMENT = "government"
    OTHER = "other"


class ContactOrg(SQLModel, table=True):
    """An organisation outside; `merged_into` of a duplicate that is one with another."""

    __tablename__: ClassVar[str] = "contact_org"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    name: str = Field(index=True)
    kind: str = Field(index=True)
    merged_into: UUID | None = Field(default=None, foreign_key="contact_org.id")
    version: int = 1


class Contact(SQLModel, table=True):
    """A person outside (or an organisation's general line). `every_days` overrides the kind's own; `next_on` is agreed."""

    __tablename__: ClassVar[str] = "contact"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    org_id: UUID = Field(foreign_key="contact_org.id", index=True)
    name: str
    pinyin: str = Field(default="", index=True)
    initials: str = Field(default="", index=True)
    title: str = ""
    phone: str = ""
    email: str = ""
    address: str = ""
    note: str = ""
    owner_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    every_days: int | None = None
    next_on: date | None = Field(default=None, index=True)
    added_at: datetime
    last_at: datetime | None = Field(default=None, index=True)
    merged_into: UUID | None = Field(default=None, foreign_key="contact.id", index=True)
    version: int = 1


class ContactNote(SQLModel, table=True):
    """Somebody spoke with them: when, how, about what. Append-only; the contact it belongs to may be merged into another."""

    __tablename__: ClassVar[str] = "contact_note"
    id: UUID = Field(primary_key=True)
    contact_id: UUID = Field(foreign_key="contact.id", index=True)
    at: datetime
    way: str
    summary: str = ""
    by_id: UUID | None = None


database.append_only("contact_note")


# ── saving ──


class SaveContact(Operation):
    """Adds (without a known `contact_id`) or changes; fields that are not given stay. `org` is found by its name or made."""

    contact_id: UUID | None = None
    name: Name | None = None
    org: Name | None = None
    kind: OrgKind | None = None
    title: Line | None = None
    phone: Line | None = None
    email: Line | None = None
    address: Line | None = None
    note: Long | None = None
    owner_id: UUID | None = None
    every_days: Annotated[int, Input(gt=0, le=3650)] | None = None
    next_on: date | None = None


@operation(SaveContact, "liaison.save_contact", roles=LIAISON, personal=True)
def save_contact(s: Session, do: SaveContact, by: Actor, at: datetime) -> dict[str, Any]:
    """Answers `{contact_id, org_id, twins}`: contacts that may be the same person, to be merged. Refuses: liaison.need_name"""
    contact = s.get(Contact, do.contact_id) if do.contact_id else None
    given = do.model_dump(exclude_unset=True, exclude={"contact_id", "org", "kind"})
    if contact is None:
        if not do.name:
            raise Refused("liaison.need_name")
        org = _org(s, do.org or do.name, do.kind or OrgKind.OTHER, given_kind=do.kind is not None)
        contact = Contact(id=do.contact_id or uuid7(), org_id=org.id, name=do.name, owner_id=do.owner_id or by.person_id, added_at=at)
        s.add(contact)
    elif do.org is not None:
        contact.org_id = _org(s, do.org, do.kind or OrgKind.OTHER, given_kind=do.kind is not None).id
    elif do.kind is not None:
        own = s.get(ContactOrg, contact.org_id)
        assert own is not None
        own.kind, own.version = do.kind, own.version + 1
    if do.owner_id is not None:
        people.get(s, do.owner_id)
    for field, value in given.items():
        if value is not None or field in ("next_on", "every_days"):
            setattr(contact, field, value)
    keys = pinyin.keys(contact.name)
    contact.pinyin, contact.initials = keys.full, keys.initials
    contact.version += 1
    s.flush()
    touch(s, "contact", contact.id)
    return {"contact_id": contact.id, "org_id": contact.org_id, "twins": [twin.id for twin in twins(s, contact)]}


class TakeCard(Operation):
    """`text` is what a business card's code says (vCard or MECARD), scanned or pasted."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=4000)]
    kind: OrgKind = OrgKind.OTHER
    contact_id: UUID | None = None


@operation(TakeCard, "liaison.take_card", roles={Role.STAFF}, personal=True)
def take_card(s: Session, do: TakeCard, by: Actor, at: datetime) -> dict[str, Any]:
    """A contact of whoever scanned it; the same card again adds nothing. Answers as `liaison.save_contact`, with `again`.

    Invalid: liaison.no_card, liaison.card_nameless"""
    card = read_card(do.text)
    known = _same_card(s, card.name, card.phone, card.email)
    if known is not None:
        touch(s, "contact", known.id)
        return {"contact_id": known.id, "org_id": known.org_id, "twins": [], "again": True}
    made = SaveContact(
        contact_id=do.contact_id or uuid7(), name=card.name[:120], org=(card.org or card.name)[:120], kind=do.kind, title=card.title,
        phone=card.phone, email=card.email, address=card.address, note=card.note, owner_id=by.person_id,
    )  # fmt: skip
    return {**save_contact(s, made, by, at), "again": False}


class NoteContact(Operation):
    contact_id: UUID
    way: Annotated[str, StringConstraints(pattern="^(call|visit|mail|meeting|letter|other)$")] = "call"
    summary: Long = ""
    next_on: date | None = None
    spoke_at: datetime | None = None


@operation(NoteContact, "liaison.note_contact", roles={Role.STAFF}, personal=True)
def note_contact(s: Session, do: NoteContact, by: Actor, at: datetime) -> dict[str, Any]:
    """Their owner, or who looks after liaison, spoke with them: fresh again; `next_on` is what was agreed (none: nothing agreed).
    Refuses: liaison.not_found, liaison.future"""
    contact = known(s, do.contact_id)
    if not by.has(*LIAISON, Role.SYSTEM) and contact.owner_id != by.person_id:
        raise Refused("liaison.not_found")
    when = do.spoke_at or at
    if when > at + timedelta(minutes=5):
        raise Refused("liaison.future")
    s.add(ContactNote(id=current_op_id(s), contact_id=contact.id, at=when, way=do.way, summary=do.summary, by_id=by.person_id))
    if contact.last_at is None or when > contact.last_at:
        contact.last_at = when
    contact.next_on = do.next_on
    contact.version += 1
    touch(s, "contact", contact.id)
    return {"contact_id": contact.id}


class MergeContacts(Operation):
    """`gone_id` is the same person as `keep_id`: what only it knows is taken over, what happened with it stays readable."""

    keep_id: UUID
    gone_id: UUID


@operation(MergeContacts, "liaison.merge_contacts", roles=LIAISON)
def merge_contacts(s: Session, do: MergeContacts, by: Actor, at: datetime) -> dict[str, Any]:
    """Refuses: liaison.not_found, liaison.same"""
    keep, gone = known(s, do.keep_id), known(s, do.gone_id)
    if keep.id == gone.id:
        raise Refused("liaison.same")
    for field in ("title", "phone", "email", "address", "owner_id", "every_days", "next_on"):
        if not getattr(keep, field):
            setattr(keep, field, getattr(gone, field))
    keep.note = "\n".join(part for part in (keep.note, gone.note) if part)[:4000]
    keep.last_at = max((m for m in (keep.last_at, gone.last_at) if m is not None), default=None)
    gone.merged_into, gone.next_on = keep.id, None
    s.execute(update(Contact).where(col(Contact.merged_into) == gone.id).values(merged_into=keep.id))
    keep.version, gone.version = keep.version + 1, gone.version + 1
    touch(s, "contact", keep.id)
    touch(s, "contact", gone.id)
    return {"contact_id": keep.id}


# ── reads ──


def known(s: Session, contact_id: UUID) -> Contact:
    """The contact, also of an id that was merged. Refuses: liaison.not_found"""
    found = s.get(Contact, contact_id)
    if found is not None and found.merged_into is not None:
        found = s.get(Contact, found.merged_into)
    if found is None:
        raise Refused("liaison.not_found")
    return found


def stale_days(kind: str, every_days: int | None) -> int:
    return every_days or STALE_DAYS[kind]


def is_stale(contact: Contact, kind: str, at: datetime) -> bool:
    """Whether nobody spoke with them for longer than agreed."""
    return at - (contact.last_at or contact.added_at) > timedelta(days=stale_days(kind, contact.every_days))


def twins(s: Session, contact: Contact) -> list[Contact]:
    """Who may be the same person: the same name at the same organisation, or the same number or address anywhere. At most five."""
    same = (func.lower(Contact.name) == contact.name.lower()) & (col(Contact.org_id) == contact.org_id)
    if contact.phone:
        same = same | (col(Contact.phone) == contact.phone)
    if contact.email:
        same = same | (func.lower(Contact.email) == contact.email.lower())
    query = select(Contact).where(same, col(Contact.id) != contact.id, col(Contact.merged_into).is_(None)).limit(5)
    return list(s.execute(query).scalars())


def notes_of(s: Session, contact_id: UUID) -> list[ContactNote]:
    """Every contact with them, latest first, those with merged duplicates too."""
    ids = [contact_id, *s.execute(select(col(Contact.id)).where(col(Contact.merged_into) == contact_id)).scalars()]
    query = select(ContactNote).where(col(ContactNote.contact_id).in_(ids)).order_by(col(ContactNote.at).desc(), col(ContactNote.id).desc())
    return list(s.execute(query.limit(100)).scalars())


def due_contacts(s: Session, at: datetime) -> list[Contact]:
    """Whose next contact is due today or was, by day."""
    query = (
        select(Contact).where(col(Contact.next_on) <= clock.today(at), col(Contact.merged_into).is_(None)).order_by(col(Contact.next_on))
    )
    return list(s.execute(query).scalars())


# ── reminders ──


class RemindContact(Operation):
    contact_id: UUID
    why: Annotated[str, StringConstraints(pattern="^(due|stale)$")]


@operation(RemindContact, "liaison.remind_contact", roles=set())
def remind_contact(s: Session, do: RemindContact, by: Actor, at: datetime) -> None:
    """The owner hears of it, once for a day that was agreed, once for a silence."""
    contact = known(s, do.contact_id)
    if contact.owner_id is None:
        return
    org = s.get(ContactOrg, contact.org_id)
    facts = {"name": contact.name, "org": org.name if org else ""}
    notices.queue(s, key=f"liaison.remind_{do.why}", facts=facts, at=at, to_person_id=contact.owner_id, subject=("contact", contact.id))
    touch(s, "contact", contact.id)


@job(every_s=600)
def remind_contacts(at: datetime) -> int:
    """Remind the owners, after nine in the morning. Returns how many."""
    if clock.local(at).hour < 9:
        return 0
    with database.reading() as s:
        due = [("due", contact.id, str(contact.next_on)) for contact in due_contacts(s, at)]
        kinds = {org.id: org.kind for org in s.execute(select(ContactOrg)).scalars()}
        quiet = s.execute(select(Contact).where(col(Contact.merged_into).is_(None), col(Contact.next_on).is_(None))).scalars()
        stale = [("stale", c.id, str(c.last_at or c.added_at)) for c in quiet if is_stale(c, kinds[c.org_id], at)]
    for why, contact_id, since in due + stale:
        perform_now(
            RemindContact(contact_id=contact_id, why=why), by=SYSTEM, at=at, op_id=derived("liaison.remind", why, contact_id, since)
        )
    return len(due) + len(stale)


# ── helpers ──


def _org(s: Session, name: str, kind: OrgKind, *, given_kind: bool) -> ContactOrg:
    named = select(ContactOrg).where(func.lower(ContactOrg.name) == name.lower())
    found: ContactOrg | None = s.execute(named.order_by(col(ContactOrg.merged_into).is_not(None)).limit(1)).scalars().first()
    while found is not None and found.merged_into is not None:  # the name of one that was merged still means the one it became
        found = s.get(ContactOrg, found.merged_into)
    if found is None:
        found = ContactOrg(name=name, kind=kind)
        s.add(found)
        s.flush()
    elif given_kind and found.kind != kind:
        found.kind, found.version = kind, found.version + 1
    return found


def _same_card(s: Session, name: str, phone: str, email: str) -> Contact | None:
    query = select(Contact).where(func.lower(Contact.name) == name.lower(), col(Contact.merged_into).is_(None))
    same: list[Contact] = list(s.execute(query).scalars())
    for contact in same:
        if (phone and contact.phone == phone) or (email and contact.email.lower() == email.lower()) or not (phone or email):
            return contact
    return None
