"""Persons, their roles and departments: the rows, and who may read what of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import StringConstraints
from sqlalchemy import false, func, or_, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation.errors import Invalid, Refused
from core.foundation.ids import uuid7
from core.mechanisms import pinyin
from core.mechanisms.operations import OFFICE, PERSON_ROLES, Actor, Role
from core.mechanisms.views import Collection, ExportColumn, Page, Query

Name = Annotated[str, StringConstraints(min_length=1, max_length=80)]
Line = Annotated[str, StringConstraints(max_length=200)]
Account = Annotated[str, StringConstraints(min_length=2, max_length=40, pattern=r"^[A-Za-z0-9._@-]+$", to_lower=True)]
Password = Annotated[str, StringConstraints(min_length=8, max_length=200, strip_whitespace=False)]
Pin = Annotated[str, StringConstraints(pattern=r"^[0-9]{4,8}$")]


class Department(SQLModel, table=True):
    """A department; `head_id` answers for it, `custodian_id` looks after what it has."""

    __tablename__: ClassVar[str] = "department"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    name: str = Field(unique=True)
    parent_id: UUID | None = Field(default=None, foreign_key="department.id")
    head_id: UUID | None = None
    custodian_id: UUID | None = None
    version: int = 1


class Person(SQLModel, table=True):
    """A member of the office. `pinyin` is the search key (full and initials), editable because surnames have several readings (norms.md 9)."""

    __tablename__: ClassVar[str] = "person"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    number: str | None = Field(default=None, unique=True)
    name: str = Field(index=True)
    english_name: str = ""
    pinyin: str = Field(default="", index=True)
    initials: str = Field(default="", index=True)
    department_id: UUID | None = Field(default=None, foreign_key="department.id", index=True)
    account: str | None = Field(default=None, unique=True)
    password_hash: str | None = None
    pin_hash: str | None = None
    email: str = ""
    phone: str = ""
    extension: str = Field(default="", index=True)
    language: str = "zh-Hans"
    deputy_id: UUID | None = None
    disabled_at: datetime | None = None
    version: int = 1


class PersonRole(SQLModel, table=True):
    __tablename__: ClassVar[str] = "person_role"
    person_id: UUID = Field(foreign_key="person.id", primary_key=True)
    role: str = Field(primary_key=True)


@dataclass(frozen=True, slots=True)
class PersonView:
    """A person as lists and cards show them; never a hash."""

    id: UUID
    number: str | None
    name: str
    english_name: str
    department: str
    department_id: UUID | None
    account: str | None
    roles: tuple[str, ...]
    email: str
    phone: str
    extension: str
    language: str
    disabled: bool
    version: int


# ── reads ──


def get(s: Session, person_id: UUID | None) -> Person:
    """The person, or Refused person.not_found."""
    person = s.get(Person, person_id) if person_id else None
    if person is None:
        raise Refused("person.not_found")
    return person


def called(person: Person, language: str) -> str:
    """How a stranger is told the name: somebody who reads English cannot say 林晓梅 to a receptionist, so the English name stands before it."""
    return called_so(person.name, person.english_name, language)


def called_so(name: str, english_name: str, language: str) -> str:
    """The same of a name that was read before."""
    return f"{english_name} ({name})" if language == "en" and english_name not in ("", name) else name


def actor_of(s: Session, person: Person, device_id: UUID | None = None) -> Actor:
    """This person as an actor, with their present roles."""
    roles = frozenset(Role(role) for role in s.execute(select(PersonRole.role).where(col(PersonRole.person_id) == person.id)).scalars())
    return Actor(roles | {Role.STAFF}, person.id, device_id, None, person.name, person.language)


def view(s: Session, person: Person) -> PersonView:
    return views(s, [person])[0]


def views(s: Session, persons: Sequence[Person]) -> list[PersonView]:
    """Persons with their departments and roles, in two statements."""
    ids = [person.id for person in persons]
    roles: dict[UUID, list[str]] = {}
    for person_id, role in s.execute(select(PersonRole.person_id, PersonRole.role).where(col(PersonRole.person_id).in_(ids))):
        roles.setdefault(person_id, []).append(role)
    names = department_names(s)
    return [
        PersonView(
            p.id, p.number, p.name, p.english_name, names.get(p.department_id, "") if p.department_id else "", p.department_id, p.account,
            tuple(sorted(roles.get(p.id, ()))), p.email, p.phone, p.extension, p.language, p.disabled_at is not None, p.version,
        )
        for p in persons
    ]  # fmt: skip


def department_names(s: Session) -> dict[UUID, str]:
    return {row.id: row.name for row in s.execute(select(Department.id, Department.name))}


def departments(s: Session) -> list[Department]:
    return list(s.execute(select(Department).order_by(col(Department.name))).scalars())


def with_role(s: Session, *roles: Role) -> list[Person]:
    """Everyone active who has one of these roles, by name."""
    query = (
        select(Person)
        .join(PersonRole, col(PersonRole.person_id) == col(Person.id))
        .where(col(PersonRole.role).in_([str(r) for r in roles]))
    )
    return list(s.execute(query.where(col(Person.disabled_at).is_(None)).distinct().order_by(col(Person.name))).scalars())


def search(
    s: Session,
    text: str = "",
    *,
    limit: int = 50,
    after: str | None = None,
    department_id: UUID | None = None,
    disabled: bool | None = False,
) -> list[Person]:
    """People by Chinese name, English name, pinyin, initials, number, account or extension, in order of pinyin; `after` is the last id of the page before."""
    query = select(Person).order_by(col(Person.pinyin), col(Person.id)).limit(limit)
    if disabled is not None:
        query = query.where(col(Person.disabled_at).is_not(None) if disabled else col(Person.disabled_at).is_(None))
    if department_id:
        query = query.where(col(Person.department_id) == department_id)
    if after and (last := s.get(Person, UUID(after))):
        query = query.where(or_(col(Person.pinyin) > last.pinyin, (col(Person.pinyin) == last.pinyin) & (col(Person.id) > last.id)))
    if text := text.strip():
        key = pinyin.squeeze(text)
        query = query.where(or_(
            col(Person.name).contains(text, autoescape=True), func.lower(Person.english_name).contains(text.lower(), autoescape=True),
            col(Person.pinyin).startswith(key, autoescape=True) if key else false(), col(Person.initials).startswith(key, autoescape=True) if key else false(),
            col(Person.number) == text, col(Person.account) == text.lower(), col(Person.extension) == text,
        ))  # fmt: skip
    return list(s.execute(query).scalars())


def find_exactly(s: Session, text: str) -> list[Person]:
    """Whom a stranger at the kiosk means: the full name (Chinese, English or pinyin without tones) or the extension, never a part of it; at most three."""
    text = re.sub(r"\s+", " ", text.strip())
    key = pinyin.squeeze(text)
    if len(text) < 2 or (not key and not text):
        return []
    query = select(Person).where(
        col(Person.disabled_at).is_(None),
        or_(
            func.replace(Person.name, " ", "") == text.replace(" ", ""), func.lower(Person.english_name) == text.lower(),
            (col(Person.pinyin) == key) if key else false(), (col(Person.extension) == text) & (col(Person.extension) != ""),
        ),
    )  # fmt: skip
    found = list(s.execute(query.order_by(col(Person.name)).limit(4)).scalars())
    return found if len(found) <= 3 else []


def principals_of(s: Session, person_id: UUID) -> list[Person]:
    """Everyone active who named this person their deputy."""
    query = select(Person).where(col(Person.deputy_id) == person_id, col(Person.disabled_at).is_(None)).order_by(col(Person.name))
    return list(s.execute(query).scalars())


def any_admin(s: Session) -> bool:
    """Whether the first administrator exists."""
    return s.execute(select(PersonRole.person_id).where(col(PersonRole.role) == Role.ADMIN).limit(1)).first() is not None


# ── what programs and registers read ──

PRIVATE = {"account": None, "roles": (), "email": "", "phone": ""}


def _list(s: Session, query: Query, by: Actor) -> Page:
    try:
        department_id = UUID(query.filters["department"]) if query.filters.get("department") else None
        after = str(UUID(query.cursor)) if query.cursor else None
    except ValueError:
        raise Invalid("query.filter") from None
    state = query.filters.get("state", "active")
    disabled = {"active": False, "disabled": True}.get(state)
    found = search(s, query.q, limit=query.limit + 1, after=after, department_id=department_id, disabled=disabled)
    shown = [_for(by, item) for item in views(s, found[: query.limit])]
    return Page(shown, str(shown[-1].id) if len(found) > query.limit else None)


def _one(s: Session, id: str, by: Actor) -> PersonView | None:
    try:
        person = s.get(Person, UUID(id))
    except ValueError:
        return None
    return _for(by, view(s, person)) if person else None


def _for(by: Actor, person: PersonView) -> PersonView:
    """Colleagues see name, department and extension of each other; the rest is the office's and one's own."""
    if by.has(*OFFICE, Role.LEADER, Role.SYSTEM) or by.person_id == person.id:
        return person
    return replace(person, **PRIVATE)  # type: ignore[arg-type]


COLLECTION = Collection(
    "people", PERSON_ROLES, _list, _one,
    (
        ExportColumn("number", "person.number"), ExportColumn("name", "person.name"), ExportColumn("english_name", "person.english_name"), ExportColumn("department", "person.department"),
        ExportColumn("account", "person.account"), ExportColumn("extension", "person.extension"), ExportColumn("phone", "person.phone"), ExportColumn("email", "person.email"),
    ),
    ("department", "state"),
)  # fmt: skip
