"""What changes a person or a department: added, edited, given roles, a secret or a deputy, disabled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from types import ModuleType
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator
from pydantic import Field as Input
from sqlalchemy import delete, select
from sqlmodel import Session, col

from core.foundation.errors import Invalid, NotAllowed, Refused
from core.foundation.i18n import LANGUAGES
from core.foundation.ids import uuid7
from core.mechanisms import pinyin
from core.mechanisms.operations import PERSON_ROLES, Actor, Operation, Role, operation, touch
from core.mechanisms.people.record import (
    Account,
    Department,
    Line,
    Name,
    Password,
    Person,
    PersonRole,
    PersonView,
    Pin,
    get,
    view,
)
from core.mechanisms.people.signing import (
    end_sessions,
    hasher,
    matches,
)


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
        department_id=do.department_id, account=do.account, password_hash=hasher.hash(do.password) if do.password else None,
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
        if not matches(person.password_hash, do.present_password or ""):
            raise Refused("person.wrong_password")
    elif not by.has(Role.ADMIN, Role.SYSTEM):
        raise NotAllowed()
    person.password_hash = hasher.hash(do.password)
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
    person.pin_hash = hasher.hash(do.pin)
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


# ── private ──


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
