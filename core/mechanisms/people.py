"""People, departments, roles, sign-in and sessions (guide S0, security.md ASVS 6–7).

Passwords and PINs are argon2 hashes. Wrong tries grow a delay for that account from that address, never a lock-out that a stranger could cause for others.
A sign-in makes a new token; only its hash is stored; sign-out or disabling the person ends it on the server at once.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import ModuleType
from typing import Annotated, Any, ClassVar
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from pydantic import AfterValidator, StringConstraints
from pydantic import Field as Input
from sqlalchemy import delete, false, func, or_, select, update
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import database
from core.foundation.errors import Invalid, NotAllowed, Refused
from core.foundation.i18n import LANGUAGES
from core.foundation.ids import uuid7
from core.mechanisms import pinyin
from core.mechanisms.operations import OFFICE, PERSON_ROLES, SYSTEM, Actor, Operation, Role, operation, perform_now, touch
from core.mechanisms.views import Collection, ExportColumn, Page, Query

Name = Annotated[str, StringConstraints(min_length=1, max_length=80)]
Line = Annotated[str, StringConstraints(max_length=200)]
Account = Annotated[str, StringConstraints(min_length=2, max_length=40, pattern=r"^[A-Za-z0-9._@-]+$", to_lower=True)]
Password = Annotated[str, StringConstraints(min_length=8, max_length=200, strip_whitespace=False)]
Pin = Annotated[str, StringConstraints(pattern=r"^[0-9]{4,8}$")]

DESK_SESSION = timedelta(hours=14)
PHONE_SESSION = timedelta(days=30)
_hasher = PasswordHasher()
_dummy = _hasher.hash("no such account")


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


class SignInSession(SQLModel, table=True):
    """A signed-in browser or phone; the token itself is only with its owner.

    `scope`: `full`; `sealed` and `upload` are the second key of a phone, which can do nothing but send what its person recorded before signing out
    (`sealed`: only what the phone sealed then; `upload`: where the browser could not seal, on plain http)."""

    __tablename__: ClassVar[str] = "sign_in_session"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    token_hash: str = Field(unique=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    device_id: UUID | None = Field(default=None, index=True)
    opened_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None
    scope: str = Field(default="full", sa_column_kwargs={"server_default": "full"})


class SignInTries(SQLModel, table=True):
    """Wrong tries for an account from an address (hashed): what makes the next try wait."""

    __tablename__: ClassVar[str] = "sign_in_tries"
    key: str = Field(primary_key=True)
    wrong: int = 0
    next_at: datetime


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


@dataclass(frozen=True, slots=True)
class SignedIn:
    token: str
    session_id: UUID
    person: PersonView
    expires_at: datetime
    upload_token: str | None = None
    has_pin: bool = False


# ── operations: people and departments ──


def _language(value: str) -> str:
    if value not in LANGUAGES:
        raise ValueError("language.unknown")
    return value


Language = Annotated[str, AfterValidator(_language)]


def _roles(value: tuple[str, ...]) -> tuple[str, ...]:
    if not set(value) <= {str(role) for role in PERSON_ROLES}:
        raise ValueError("role.unknown")
    return tuple(sorted(set(value) | {str(Role.STAFF)}))


Roles = Annotated[tuple[str, ...], AfterValidator(_roles)]


class AddPerson(Operation):
    id: UUID | None = None
    number: Line | None = None
    name: Name
    english_name: Line = ""
    department_id: UUID | None = None
    roles: Roles = ("staff",)
    account: Account | None = None
    password: Password | None = Input(default=None, exclude=True, repr=False)
    email: Line = ""
    phone: Line = ""
    extension: Line = ""
    language: Language = "zh-Hans"


@operation(AddPerson, "person.add", roles={Role.ADMIN}, personal=True)
def add_person(s: Session, do: AddPerson, by: Actor, at: datetime) -> dict[str, Any]:
    """Refuses: person.account_taken, person.number_taken, person.department_unknown"""
    _free(s, Person.account, do.account, "person.account_taken")
    _free(s, Person.number, do.number, "person.number_taken")
    _department_exists(s, do.department_id)
    keys = pinyin.keys(do.name)
    person = Person(
        id=do.id or uuid7(), number=do.number, name=do.name, english_name=do.english_name, pinyin=keys.full, initials=keys.initials,
        department_id=do.department_id, account=do.account, password_hash=_hasher.hash(do.password) if do.password else None,
        email=do.email, phone=do.phone, extension=do.extension, language=do.language,
    )  # fmt: skip
    s.add(person)
    s.flush()
    s.add_all(PersonRole(person_id=person.id, role=role) for role in do.roles)
    touch(s, "person", person.id)
    return {"person_id": person.id}


class UpdatePerson(Operation):
    """Only the fields given change."""

    person_id: UUID
    number: Line | None = None
    name: Name | None = None
    english_name: Line | None = None
    pinyin: Line | None = None
    department_id: UUID | None = None
    account: Account | None = None
    email: Line | None = None
    phone: Line | None = None
    extension: Line | None = None
    deputy_id: UUID | None = None


@operation(UpdatePerson, "person.update", roles={Role.ADMIN}, personal=True)
def update_person(s: Session, do: UpdatePerson, by: Actor, at: datetime) -> PersonView:
    """Refuses: person.not_found, person.account_taken, person.number_taken, person.department_unknown"""
    person = get(s, do.person_id)
    given = do.model_dump(exclude_unset=True, exclude={"person_id"})
    if "account" in given and given["account"] != person.account:
        _free(s, Person.account, given["account"], "person.account_taken")
    if "number" in given and given["number"] != person.number:
        _free(s, Person.number, given["number"], "person.number_taken")
    _department_exists(s, given.get("department_id"))
    for name, value in given.items():
        setattr(person, name, value)
    if "name" in given:
        keys = pinyin.keys(person.name)
        person.initials = keys.initials
        person.pinyin = given.get("pinyin") or keys.full
    person.version += 1
    touch(s, "person", person.id)
    return view(s, person)


class SetRoles(Operation):
    person_id: UUID
    roles: Roles


@operation(SetRoles, "person.set_roles", roles={Role.ADMIN})
def set_roles(s: Session, do: SetRoles, by: Actor, at: datetime) -> PersonView:
    """Refuses: person.not_found, person.last_admin"""
    person = get(s, do.person_id)
    if Role.ADMIN not in do.roles:
        _not_the_last_admin(s, person)
    s.execute(delete(PersonRole).where(col(PersonRole.person_id) == person.id))
    s.add_all(PersonRole(person_id=person.id, role=role) for role in do.roles)
    person.version += 1
    s.flush()
    touch(s, "person", person.id)
    return view(s, person)


class SetPassword(Operation):
    """Of oneself with the present password, or of another by an administrator."""

    person_id: UUID
    password: Password = Input(exclude=True, repr=False)
    present_password: str | None = Input(default=None, exclude=True, repr=False)


@operation(SetPassword, "person.set_password", roles={Role.ADMIN, Role.STAFF}, personal=True)
def set_password(s: Session, do: SetPassword, by: Actor, at: datetime) -> None:
    """Ends every other session of the person. Refuses: person.not_found, person.wrong_password"""
    person = get(s, do.person_id)
    if by.person_id == person.id:
        if not _matches(person.password_hash, do.present_password or ""):
            raise Refused("person.wrong_password")
    elif not by.has(Role.ADMIN, Role.SYSTEM):
        raise NotAllowed()
    person.password_hash = _hasher.hash(do.password)
    end_sessions(s, person.id, at)
    touch(s, "person", person.id)


class SetPin(Operation):
    person_id: UUID
    pin: Pin = Input(exclude=True, repr=False)


@operation(SetPin, "person.set_pin", roles={Role.ADMIN, Role.STAFF}, personal=True)
def set_pin(s: Session, do: SetPin, by: Actor, at: datetime) -> None:
    """The short number for shared devices. Refuses: person.not_found"""
    if by.person_id != do.person_id and not by.has(Role.ADMIN, Role.SYSTEM):
        raise NotAllowed()
    person = get(s, do.person_id)
    person.pin_hash = _hasher.hash(do.pin)
    touch(s, "person", person.id)


class SetDeputy(Operation):
    """Who acts for me: takes and gives things in my name, greets my visitors. None: nobody."""

    deputy_id: UUID | None = None


@operation(SetDeputy, "person.set_deputy", roles={Role.STAFF})
def set_deputy(s: Session, do: SetDeputy, by: Actor, at: datetime) -> None:
    """Refuses: person.not_found, person.disabled, person.own_deputy"""
    person = get(s, by.person_id)
    if do.deputy_id is not None:
        if do.deputy_id == person.id:
            raise Refused("person.own_deputy")
        if (deputy := get(s, do.deputy_id)).disabled_at is not None:
            raise Refused("person.disabled", name=deputy.name)
    person.deputy_id = do.deputy_id
    person.version += 1
    touch(s, "person", person.id)


class SetLanguage(Operation):
    language: Language


@operation(SetLanguage, "person.set_language", roles={Role.STAFF})
def set_language(s: Session, do: SetLanguage, by: Actor, at: datetime) -> None:
    person = get(s, by.person_id)
    person.language = do.language
    touch(s, "person", person.id)


WhenDisabled = Callable[[Session, "Person", Actor, datetime], object]
_when_disabled: dict[str, WhenDisabled] = {}


def when_disabled(function: WhenDisabled) -> WhenDisabled:
    """Mark `(s, person, by, at)`: what a section does in the same transaction when somebody leaves (clear what they have)."""
    function.__when_disabled__ = True  # type: ignore[attr-defined]
    return function


def include(*modules: ModuleType) -> None:
    """Know what follows when somebody is disabled; including again replaces."""
    for module in modules:
        for value in list(vars(module).values()):
            if getattr(value, "__when_disabled__", False) is True and callable(value):
                _when_disabled[f"{value.__module__}.{value.__name__}"] = value


class DisablePerson(Operation):
    person_id: UUID


@operation(DisablePerson, "person.disable", roles={Role.ADMIN})
def disable(s: Session, do: DisablePerson, by: Actor, at: datetime) -> PersonView:
    """Signs the person out everywhere at once; what they still have and owe is said in the facts (`still_keeps`, `still_owes`), and somebody
    owes its clearing. Refuses: person.not_found, person.last_admin"""
    person = get(s, do.person_id)
    _not_the_last_admin(s, person)
    if person.disabled_at is None:
        person.disabled_at = at
        person.version += 1
        end_sessions(s, person.id, at)
        for follow in _when_disabled.values():
            follow(s, person, by, at)
    touch(s, "person", person.id)
    return view(s, person)


class EnablePerson(Operation):
    person_id: UUID


@operation(EnablePerson, "person.enable", roles={Role.ADMIN})
def enable(s: Session, do: EnablePerson, by: Actor, at: datetime) -> PersonView:
    person = get(s, do.person_id)
    person.disabled_at = None
    person.version += 1
    touch(s, "person", person.id)
    return view(s, person)


class AddDepartment(Operation):
    id: UUID | None = None
    name: Name
    parent_id: UUID | None = None
    head_id: UUID | None = None


@operation(AddDepartment, "department.add", roles={Role.ADMIN})
def add_department(s: Session, do: AddDepartment, by: Actor, at: datetime) -> dict[str, Any]:
    """Refuses: department.name_taken"""
    _free(s, Department.name, do.name, "department.name_taken")
    department = Department(id=do.id or uuid7(), name=do.name, parent_id=do.parent_id, head_id=do.head_id)
    s.add(department)
    touch(s, "department", department.id)
    return {"department_id": department.id}


class UpdateDepartment(Operation):
    department_id: UUID
    name: Name | None = None
    head_id: UUID | None = None
    custodian_id: UUID | None = None


@operation(UpdateDepartment, "department.update", roles={Role.ADMIN})
def update_department(s: Session, do: UpdateDepartment, by: Actor, at: datetime) -> None:
    department = s.get(Department, do.department_id)
    if department is None:
        raise Refused("person.department_unknown")
    for name, value in do.model_dump(exclude_unset=True, exclude={"department_id"}).items():
        setattr(department, name, value)
    department.version += 1
    touch(s, "department", department.id)


# ── operations: sessions ──


class OpenSession(Operation):
    person_id: UUID
    token_hash: str
    expires_at: datetime
    device_id: UUID | None = None
    scope: Annotated[str, StringConstraints(pattern="^(full|sealed|upload)$")] = "full"


@operation(OpenSession, "session.open", roles=set(), personal=True)
def open_session(s: Session, do: OpenSession, by: Actor, at: datetime) -> dict[str, Any]:
    session = SignInSession(
        token_hash=do.token_hash, person_id=do.person_id, device_id=do.device_id, opened_at=at, expires_at=do.expires_at, scope=do.scope
    )
    s.add(session)
    touch(s, "session", session.id)
    return {"session_id": session.id}


class EndSession(Operation):
    session_id: UUID


@operation(EndSession, "session.end", roles={Role.STAFF})
def end_session(s: Session, do: EndSession, by: Actor, at: datetime) -> None:
    session = s.get(SignInSession, do.session_id)
    if session is None or (session.person_id != by.person_id and not by.has(Role.SYSTEM)):
        raise NotAllowed()
    session.ended_at = session.ended_at or at
    touch(s, "session", session.id)


class LeavePhone(Operation):
    """Signing out on a phone: its full sessions of this person end, the key that only sends stays until everything is up."""

    session_id: UUID
    everything: bool = False


@operation(LeavePhone, "session.leave_phone", roles={Role.STAFF})
def leave_phone(s: Session, do: LeavePhone, by: Actor, at: datetime) -> None:
    """With `everything` the sending key ends too. Refuses: op.not_allowed for another's session"""
    mine = s.get(SignInSession, do.session_id)
    if mine is None or mine.person_id != by.person_id:
        raise NotAllowed()
    query = select(SignInSession).where(
        col(SignInSession.person_id) == mine.person_id,
        col(SignInSession.device_id) == mine.device_id,
        col(SignInSession.ended_at).is_(None),
    )
    for session in s.execute(query).scalars() if mine.device_id is not None else [mine]:
        if do.everything or session.scope == "full":
            session.ended_at = at
            touch(s, "session", session.id)


# ── signing in ──


def sign_in(account: str, password: str, *, source: str, at: datetime, device_id: UUID | None = None, seals: bool = False) -> SignedIn:
    """Check the password and open a session; runs on a worker thread (argon2 takes about 50 ms).

    `source` is the caller's address or device; a phone says whether it `seals`. Refuses: signin.wrong, signin.wait (`seconds` until the next try counts)."""
    account = account.strip().lower()
    keys = [_tries_key(account, source), _tries_key("*", source)]
    with database.reading() as s:
        tries = {row.key: row for row in s.execute(select(SignInTries).where(col(SignInTries.key).in_(keys))).scalars()}
        for row in tries.values():
            if row.next_at > at:
                raise Refused("signin.wait", seconds=max(1, int((row.next_at - at).total_seconds() + 0.999)))
        person = s.execute(select(Person).where(col(Person.account) == account)).scalar_one_or_none()
        good = _matches(person.password_hash if person else None, password)
    if not good or person is None or person.disabled_at is not None:
        _note_wrong(keys, at)
        raise Refused("signin.wrong")
    if keys[0] in tries:
        with database.writing() as s:
            s.execute(delete(SignInTries).where(col(SignInTries.key) == keys[0]))
    return open_for(person.id, at=at, device_id=device_id, seals=seals)


def open_for(person_id: UUID, *, at: datetime, device_id: UUID | None = None, seals: bool = False) -> SignedIn:
    """Open the sessions of somebody who proved to be this person; a phone gets a second key that only sends."""
    expires_at = at + (PHONE_SESSION if device_id else DESK_SESSION)

    def open_one(scope: str) -> tuple[str, UUID]:
        token = secrets.token_urlsafe(32)
        do = OpenSession(person_id=person_id, token_hash=token_hash(token), expires_at=expires_at, device_id=device_id, scope=scope)
        return token, UUID(perform_now(do, by=SYSTEM, at=at).result["session_id"])

    token, session_id = open_one("full")
    upload_token = open_one("sealed" if seals else "upload")[0] if device_id else None
    with database.reading() as s:
        person = get(s, person_id)
        return SignedIn(token, session_id, view(s, person), expires_at, upload_token, person.pin_hash is not None)


def check_pin(person_id: UUID, pin: str, *, source: str, at: datetime) -> Actor:
    """The person behind a PIN on a shared device. Refuses: signin.wrong, signin.wait"""
    keys = [_tries_key(f"pin:{person_id}", source), _tries_key(f"pin:{person_id}", "*")]
    with database.reading() as s:
        tries = list(s.execute(select(SignInTries).where(col(SignInTries.key).in_(keys))).scalars())
        for row in tries:
            if row.next_at > at:
                raise Refused("signin.wait", seconds=max(1, int((row.next_at - at).total_seconds() + 0.999)))
        person = s.get(Person, person_id)
        good = _matches(person.pin_hash if person else None, pin)
        actor = actor_of(s, person) if person is not None and good and person.disabled_at is None else None
    if actor is None:
        _note_wrong(keys, at)
        raise Refused("signin.wrong")
    if tries:
        with database.writing() as s:
            s.execute(delete(SignInTries).where(col(SignInTries.key).in_(keys)))
    return actor


def _note_wrong(keys: Sequence[str], at: datetime) -> None:
    """The first three tries are free; then 2, 4, 8 … 60 s for this account from this address (and after thirty for the address alone)."""
    with database.writing() as s:
        for key, free in zip(keys, (3, 30), strict=True):
            row = s.get(SignInTries, key)
            wrong = (row.wrong if row and at - row.next_at < timedelta(hours=1) else 0) + 1
            wait = timedelta(seconds=min(60, 2 ** (wrong - free + 1))) if wrong >= free else timedelta()
            s.merge(SignInTries(key=key, wrong=wrong, next_at=at + wait))


def _tries_key(account: str, source: str) -> str:
    return hashlib.sha256(f"{account}\n{source}".encode()).hexdigest()[:40]


def token_hash(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Signed:
    """A valid session: its id, whose it is and from which phone, and what it is good for (`scope` of SignInSession)."""

    session_id: UUID
    actor: Actor
    scope: str = "full"


def who(s: Session, token: str, at: datetime, *, sending: bool = False) -> Signed | None:
    """The valid session of a token, or None: unknown, expired, ended, or the person is disabled. A phone's second key, and any key of a revoked
    phone, is valid only where records are received (`sending`)."""
    row = s.execute(
        select(SignInSession, Person)
        .join(Person, col(Person.id) == col(SignInSession.person_id))
        .where(SignInSession.token_hash == token_hash(token))  # type: ignore[arg-type]
    ).first()
    if row is None:
        return None
    session, person = row
    if session.ended_at is not None or session.expires_at <= at or person.disabled_at is not None:
        return None
    if not sending and (session.scope != "full" or (session.device_id is not None and _is_revoked(s, session.device_id))):
        return None
    return Signed(session.id, actor_of(s, person, session.device_id), session.scope)


def _is_revoked(s: Session, device_id: UUID) -> bool:
    device = SQLModel.metadata.tables["device"]  # devices stand above people: the table, not the module
    return s.execute(select(device.c.id).where(device.c.id == device_id, device.c.revoked_at.is_not(None))).first() is not None


def end_sessions(s: Session, person_id: UUID, at: datetime) -> None:
    """End every session of a person."""
    ended = (
        s.execute(select(SignInSession.id).where(col(SignInSession.person_id) == person_id, col(SignInSession.ended_at).is_(None)))
        .scalars()
        .all()
    )
    s.execute(update(SignInSession).where(col(SignInSession.id).in_(ended)).values(ended_at=at))
    for session_id in ended:
        touch(s, "session", session_id)


# ── reads ──


def get(s: Session, person_id: UUID | None) -> Person:
    """The person, or Refused person.not_found."""
    person = s.get(Person, person_id) if person_id else None
    if person is None:
        raise Refused("person.not_found")
    return person


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


# ── helpers ──


def _matches(stored: str | None, given: str) -> bool:
    try:
        return _hasher.verify(stored or _dummy, given) and stored is not None
    except (Argon2Error, InvalidHashError):
        return False


def _free(s: Session, column: Any, value: str | None, code: str) -> None:
    if value and s.execute(select(Person.id if column.class_ is Person else Department.id).where(column == value).limit(1)).first():
        raise Refused(code, value=value)


def _department_exists(s: Session, department_id: UUID | None) -> None:
    if department_id is not None and s.get(Department, department_id) is None:
        raise Refused("person.department_unknown")


def _not_the_last_admin(s: Session, person: Person) -> None:
    admins = select(PersonRole.person_id).join(Person, col(Person.id) == col(PersonRole.person_id))
    others = s.execute(
        admins.where(col(PersonRole.role) == Role.ADMIN, col(Person.disabled_at).is_(None), col(Person.id) != person.id).limit(1)
    ).first()
    mine = s.get(PersonRole, (person.id, str(Role.ADMIN)))
    if mine is not None and others is None:
        raise Refused("person.last_admin")


def require(value: Any, code: str) -> None:
    """Raise Invalid(code) when `value` is empty."""
    if not value:
        raise Invalid(code)


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
