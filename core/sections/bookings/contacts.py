"""Named contacts (指定联系人): who may book for others of a department, or for the whole office (guide S1.3-R1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import delete, or_, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation.errors import Refused
from core.foundation.ids import uuid7
from core.mechanisms import people
from core.mechanisms.operations import OFFICE, PERSON_ROLES, Actor, Operation, Role, operation, touch
from core.mechanisms.people import Department, Person
from core.mechanisms.views import Collection, ExportColumn, Page, Query


class BookingContact(SQLModel, table=True):
    """One person who may book for a department; without one, for everybody."""

    __tablename__: ClassVar[str] = "booking_contact"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    department_id: UUID | None = Field(default=None, foreign_key="department.id")
    named_at: datetime


@dataclass(frozen=True, slots=True)
class ContactView:
    """`department` is empty for a contact of the whole office."""

    id: UUID
    person_id: UUID
    person: str
    department_id: UUID | None
    department: str
    version: int = 1


class NameContact(Operation):
    """Name a contact, or (`named` false) take that back."""

    person_id: UUID
    department_id: UUID | None = None
    named: bool = True


@operation(NameContact, "booking.name_contact", roles={Role.ADMIN, Role.CLERK})
def name_contact(s: Session, do: NameContact, by: Actor, at: datetime) -> dict[str, Any]:
    """Doing a done thing again is nothing new. Refuses: person.not_found, person.department_unknown"""
    person = people.get(s, do.person_id)
    if do.department_id is not None and s.get(Department, do.department_id) is None:
        raise Refused("person.department_unknown")
    same = (col(BookingContact.person_id) == person.id, col(BookingContact.department_id).is_not_distinct_from(do.department_id))
    known = s.execute(select(BookingContact).where(*same)).scalars().first()
    if do.named and known is None:
        s.add(BookingContact(person_id=person.id, department_id=do.department_id, named_at=at))
    elif not do.named:
        s.execute(delete(BookingContact).where(*same))
    touch(s, "person", person.id)
    return {"person_id": person.id, "department_id": do.department_id, "named": do.named}


# ── reads ──


def may_book_for(s: Session, by: Actor, host: Person) -> bool:
    """Whether this person is the named contact of the host's department, or of everybody."""
    query = select(col(BookingContact.id)).where(
        col(BookingContact.person_id) == by.person_id,
        or_(col(BookingContact.department_id).is_(None), col(BookingContact.department_id) == host.department_id),
    )
    return by.person_id is not None and s.execute(query.limit(1)).first() is not None


def hosts_for(s: Session, by: Actor) -> list[Person]:
    """For whom this person may book besides themself, by name; everybody for the desk."""
    everybody = select(Person).where(col(Person.disabled_at).is_(None), col(Person.id) != by.person_id).order_by(col(Person.pinyin))
    if by.has(*OFFICE):
        return list(s.execute(everybody).scalars())
    mine = list(s.execute(select(col(BookingContact.department_id)).where(col(BookingContact.person_id) == by.person_id)).scalars())
    if not mine:
        return []
    if None not in mine:
        everybody = everybody.where(col(Person.department_id).in_(mine))
    return list(s.execute(everybody).scalars())


def contacts(s: Session) -> list[ContactView]:
    """Every named contact, by department and name."""
    query: Any = (
        select(BookingContact, col(Person.name).label("person"), col(Department.name).label("department"))
        .join(Person, col(Person.id) == BookingContact.person_id)
        .outerjoin(Department, col(Department.id) == BookingContact.department_id)
        .order_by(col(Department.name), col(Person.pinyin))
    )
    return [ContactView(row[0].id, row[0].person_id, row.person, row[0].department_id, row.department or "") for row in s.execute(query)]


def _list(s: Session, query: Query, by: Actor) -> Page:
    found = [one for one in contacts(s) if query.q in one.person or query.q in one.department]
    return Page(found[: query.limit])


def _one(s: Session, id: str, by: Actor) -> ContactView | None:
    return next((one for one in contacts(s) if str(one.id) == id), None)


CONTACTS = Collection(
    "contacts", PERSON_ROLES, _list, _one, tuple(ExportColumn(name, f"contact.column.{name}") for name in ("person", "department"))
)
