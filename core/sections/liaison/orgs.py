"""Two organisations that are one (guide S3.2-R1): merged with everybody who is there, seen before it is done, and taken back whole.

Nothing is deleted: the one that goes points at the one that stays, its name still finds it, and each merging is a row that says who did it, when and
whom it moved. Taking back moves those home again who were not moved on by hand since.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import JSON, Column, func, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation.errors import Refused
from core.foundation.ids import uuid7
from core.mechanisms import people
from core.mechanisms.operations import Actor, Operation, operation, touch
from core.sections.liaison.contacts import LIAISON, Contact, ContactOrg


class OrgMerge(SQLModel, table=True):
    """One merging: `moved` are the contacts it moved. It is never deleted; `undone_at` when it was taken back."""

    __tablename__: ClassVar[str] = "contact_org_merge"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    keep_id: UUID = Field(foreign_key="contact_org.id", index=True)
    gone_id: UUID = Field(foreign_key="contact_org.id", index=True)
    moved: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    by_id: UUID | None = None
    at: datetime
    undone_by: UUID | None = None
    undone_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OrgView:
    """An organisation with how many contacts it has."""

    id: UUID
    name: str
    kind: str
    contacts: int


@dataclass(frozen=True, slots=True)
class MergeView:
    """A merging as its contacts' cards tell it; `undone_at` when it was taken back."""

    id: UUID
    gone: str
    kept: str
    moved: int
    by: str
    at: datetime
    undone_by: str
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What merging would do: whom it moves, who is then there twice (and can be merged as contacts), and whether the kind of the one that stays wins."""

    keep: OrgView
    gone: OrgView
    moving: tuple[str, ...]
    twice: tuple[str, ...]
    open_to_both: int
    other_kind: bool


class MergeOrgs(Operation):
    """`gone_id` is the same organisation as `keep_id`."""

    keep_id: UUID
    gone_id: UUID


@operation(MergeOrgs, "liaison.merge_orgs", roles=LIAISON)
def merge_orgs(s: Session, do: MergeOrgs, by: Actor, at: datetime) -> dict[str, Any]:
    """Its contacts are the other's now, with all that was said. Answers `{merge_id, moved}`. Refuses: liaison.org_not_found, liaison.same_org"""
    keep, gone = living(s, do.keep_id), living(s, do.gone_id)
    if keep.id == gone.id:
        raise Refused("liaison.same_org")
    moving = list(s.execute(select(Contact).where(col(Contact.org_id) == gone.id)).scalars())
    for contact in moving:
        contact.org_id, contact.version = keep.id, contact.version + 1
        touch(s, "contact", contact.id)
    gone.merged_into, gone.version, keep.version = keep.id, gone.version + 1, keep.version + 1
    row = OrgMerge(keep_id=keep.id, gone_id=gone.id, moved=[str(contact.id) for contact in moving], by_id=by.person_id, at=at)
    s.add(row)
    s.flush()
    touch(s, "contact_org", keep.id)
    return {"merge_id": row.id, "moved": len(moving)}


class SplitOrgs(Operation):
    """Take a merging back."""

    merge_id: UUID


@operation(SplitOrgs, "liaison.split_orgs", roles=LIAISON)
def split_orgs(s: Session, do: SplitOrgs, by: Actor, at: datetime) -> dict[str, Any]:
    """Who was moved goes home, except who was given another organisation since; again is a quiet no-op. Answers `{moved}`. Refuses: liaison.merge_not_found"""
    row = s.get(OrgMerge, do.merge_id)
    if row is None:
        raise Refused("liaison.merge_not_found")
    if row.undone_at is not None:
        return {"moved": 0}
    gone, now = s.get_one(ContactOrg, row.gone_id), living(s, row.keep_id)
    moved = 0
    for contact_id in row.moved:
        contact = s.get(Contact, UUID(contact_id))
        if contact is not None and contact.org_id == now.id:  # also where the one that stayed was merged on
            contact.org_id, contact.version, moved = gone.id, contact.version + 1, moved + 1
            touch(s, "contact", contact.id)
    gone.merged_into, gone.version = None, gone.version + 1
    row.undone_at, row.undone_by = at, by.person_id
    s.flush()
    touch(s, "contact_org", gone.id)
    return {"moved": moved}


# ── reads ──


def living(s: Session, org_id: UUID) -> ContactOrg:
    """The organisation, or the one it became. Refuses: liaison.org_not_found"""
    found = s.get(ContactOrg, org_id)
    while found is not None and found.merged_into is not None:
        found = s.get(ContactOrg, found.merged_into)
    if found is None:
        raise Refused("liaison.org_not_found")
    return found


def everything(s: Session) -> list[OrgView]:
    """The organisations there are, by name."""
    count = (
        select(func.count())
        .select_from(Contact)
        .where(col(Contact.org_id) == col(ContactOrg.id), col(Contact.merged_into).is_(None))
        .scalar_subquery()
    )
    query = select(ContactOrg, count).where(col(ContactOrg.merged_into).is_(None)).order_by(col(ContactOrg.name), col(ContactOrg.id))
    return [OrgView(row.id, row.name, row.kind, int(n)) for row, n in s.execute(query)]


def alike(s: Session) -> list[tuple[OrgView, OrgView]]:
    """Pairs that look like one: the same name but for brackets, spaces and case, or one name inside the other. At most ten."""
    found, all_ = [], everything(s)
    plain = {org.id: _plain(org.name) for org in all_}
    for place, one in enumerate(all_):
        for other in all_[place + 1 :]:
            first, second = sorted((plain[one.id], plain[other.id]), key=len)
            if first == second or (len(first) >= 4 and first in second):
                found.append((one, other) if one.contacts >= other.contacts else (other, one))
    return found[:10]


def preview(s: Session, keep_id: UUID, gone_id: UUID) -> Preview:
    """What merging the two would do. Refuses: liaison.org_not_found, liaison.same_org"""
    keep, gone = living(s, keep_id), living(s, gone_id)
    if keep.id == gone.id:
        raise Refused("liaison.same_org")
    views = {view.id: view for view in everything(s)}
    there, coming = _names(s, keep.id), _names(s, gone.id)
    known = {name.casefold() for name in there}
    twice = tuple(name for name in coming if name.casefold() in known)
    return Preview(views[keep.id], views[gone.id], tuple(coming), twice, len(there), keep.kind != gone.kind)


def history(s: Session, org_id: UUID) -> list[MergeView]:
    """What was merged into this organisation, latest first."""
    org = living(s, org_id)
    rows = [row for row in s.execute(select(OrgMerge).order_by(col(OrgMerge.at).desc())).scalars() if _led_to(s, row, org.id)]
    names = _people(s, [id for row in rows for id in (row.by_id, row.undone_by)])
    orgs = {one.id: one.name for one in s.execute(select(ContactOrg)).scalars()} if rows else {}
    return [
        MergeView(
            row.id,
            orgs[row.gone_id],
            orgs[row.keep_id],
            len(row.moved),
            names.get(row.by_id, ""),
            row.at,
            names.get(row.undone_by, ""),
            row.undone_at,
        )
        for row in rows
    ]


# ── helpers ──


def _led_to(s: Session, row: OrgMerge, org_id: UUID) -> bool:
    return row.gone_id == org_id or living(s, row.keep_id).id == org_id


def _names(s: Session, org_id: UUID) -> list[str]:
    query = select(col(Contact.name)).where(col(Contact.org_id) == org_id, col(Contact.merged_into).is_(None)).order_by(col(Contact.name))
    return list(s.execute(query).scalars())


def _people(s: Session, ids: Sequence[UUID | None]) -> dict[UUID | None, str]:
    wanted = {id for id in ids if id is not None}
    if not wanted:
        return {}
    return {row.id: row.name for row in s.execute(select(people.Person.id, people.Person.name).where(col(people.Person.id).in_(wanted)))}


def _plain(name: str) -> str:
    """A name without what people write differently."""
    return "".join(sign for sign in name.casefold() if sign.isalnum())
