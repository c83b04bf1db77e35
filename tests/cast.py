"""The fixed cast and builders: what a test arranges in one line each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from core.foundation import clock, database
from core.mechanisms import devices, labels, office, operations, people, places
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import SYSTEM, Actor, Operation, Outcome, Role, perform_now

PASSWORD = "a-good-test-password"


@dataclass(slots=True)
class Office:
    """A test office. People are actors by first name; `do` performs and expects acceptance, `refused` expects a refusal and answers its outcome."""

    people: dict[str, Actor] = field(default_factory=dict)
    places: dict[str, UUID] = field(default_factory=dict)
    departments: dict[str, UUID] = field(default_factory=dict)

    @classmethod
    def found(cls, *, accounts: bool = False) -> Office:
        """Found the office with its cast; with `accounts` each can sign in with their key as account and PASSWORD."""
        made = cls()
        first = office.FoundOffice(office_name="临江区机关事务中心", kind="test", name="Ada", account="ada", password=PASSWORD)
        made.people["ada"] = made._actor(UUID(made.do(first, SYSTEM)["person_id"]))
        for name in ("办公室", "财务科"):
            made.departments[name] = UUID(made.do(people.AddDepartment(name=name), made.ada)["department_id"])
        for key, name, roles in (
            ("mei", "林晓梅", ()), ("ann", "安然", ("reception",)), ("bo", "薄一鸣", ("clerk",)), ("chen", "陈立", ("leader",)), ("sun", "孙立", ("safety",)), ("wu", "吴桐", ()),
        ):  # fmt: skip
            more = {"account": key, "password": PASSWORD} if accounts else {}
            made.person(key, name, roles, **more)
        site = made.place("本部", "site")
        floor = made.place("三楼", "floor", site)
        for short, name in (("301", "301 听雨厅"), ("302", "302 办公室"), ("305", "305 小谈室")):
            made.places[short] = made.place(name, "room", floor, short)
        return made

    # the cast
    @property
    def ada(self) -> Actor:
        """The administrator."""
        return self.people["ada"]

    @property
    def mei(self) -> Actor:
        """Staff, host of visits and bookings."""
        return self.people["mei"]

    @property
    def wu(self) -> Actor:
        """Another member of staff."""
        return self.people["wu"]

    @property
    def ann(self) -> Actor:
        """Reception."""
        return self.people["ann"]

    @property
    def bo(self) -> Actor:
        """The clerk."""
        return self.people["bo"]

    @property
    def chen(self) -> Actor:
        """A leader."""
        return self.people["chen"]

    @property
    def sun(self) -> Actor:
        """The safety officer."""
        return self.people["sun"]

    # doing
    def do(self, what: Operation, by: Actor, *, at: datetime | None = None, op_id: UUID | None = None) -> Any:
        """Perform and answer the result; anything but acceptance fails the test."""
        outcome = perform_now(what, by=by, at=at, op_id=op_id)
        assert outcome.ok, (outcome.status, outcome.code, outcome.facts)
        return outcome.result

    def refused(self, what: Operation, by: Actor, *, at: datetime | None = None, op_id: UUID | None = None) -> Outcome:
        """Perform and answer the outcome, which must not be acceptance."""
        outcome = perform_now(what, by=by, at=at, op_id=op_id)
        assert not outcome.ok, outcome
        return outcome

    def read(self, function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """Call a read function with a session of its own."""
        with database.reading() as s:
            return function(s, *arguments, **named)

    def audit(self, kind: str | None = None) -> list[operations.AuditRow]:
        """The audit lines, oldest first."""
        with database.reading() as s:
            query = select(operations.AuditRow).order_by(col(operations.AuditRow.id))
            rows = s.execute(query).scalars().all()
        return [row for row in rows if kind is None or row.kind == kind]

    def later(self, **span: float) -> datetime:
        """Let the frozen clock go on, and answer the new moment."""
        moment = clock.now() + timedelta(**span)
        clock.freeze(moment)
        return moment

    # building
    def person(
        self, key: str, name: str, roles: tuple[str, ...] = (), *, department: str = "办公室", account: str | None = None, **more: Any
    ) -> Actor:
        add = people.AddPerson(name=name, roles=roles or ("staff",), department_id=self.departments[department], account=account, **more)
        self.people[key] = self._actor(UUID(self.do(add, self.ada)["person_id"]))
        return self.people[key]

    def place(self, name: str, kind: str, parent: UUID | None = None, short_name: str | None = None) -> UUID:
        made = UUID(
            self.do(places.AddPlace(kind=places.PlaceKind(kind), name=name, parent_id=parent, short_name=short_name), self.ada)["place_id"]
        )
        self.places.setdefault(name, made)
        return made

    def device(self, name: str, role: Role, room_id: UUID | None = None) -> tuple[Actor, str]:
        """A paired device as an actor, with its key."""
        added = self.do(devices.AddDevice(name=name, role=role, room_id=room_id), self.ada)
        key, key_hash = devices.new_key()
        self.do(devices.PairDevice(code=added["code"], key_hash=key_hash), SYSTEM)
        with database.reading() as s:
            actor = devices.who(s, key)
        assert actor is not None
        return actor, key

    def label(self, kind: SubjectKind, subject_id: UUID) -> str:
        code = self.do(labels.IssueLabel(subject_kind=kind, subject_id=subject_id), self.bo)["code"]
        return str(code)

    def _actor(self, person_id: UUID) -> Actor:
        with database.reading() as s:
            person = s.get(people.Person, person_id)
            assert person is not None
            return people.actor_of(s, person)
