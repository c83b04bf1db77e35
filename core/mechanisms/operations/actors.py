"""Who acts: persons, devices, and the system for jobs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Role(StrEnum):
    """Persons, devices, and `system` for jobs."""

    ADMIN = "admin"
    RECEPTION = "reception"
    CLERK = "clerk"
    SAFETY = "safety"
    LEADER = "leader"
    STAFF = "staff"
    KIOSK = "kiosk"
    DROP_BOX = "drop_box"
    DOOR = "door"
    PHONE = "phone"
    PRINTER = "printer"
    SYSTEM = "system"


PERSON_ROLES = frozenset({Role.ADMIN, Role.RECEPTION, Role.CLERK, Role.SAFETY, Role.LEADER, Role.STAFF})
DEVICE_ROLES = frozenset({Role.KIOSK, Role.DROP_BOX, Role.DOOR, Role.PHONE, Role.PRINTER})
OFFICE = frozenset({Role.ADMIN, Role.RECEPTION, Role.CLERK})


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person, a device, a person on a device, or the system. `room_id` is the place a door is bound to."""

    roles: frozenset[Role]
    person_id: UUID | None = None
    device_id: UUID | None = None
    room_id: UUID | None = None
    name: str = ""
    language: str = "zh-Hans"

    def has(self, *roles: Role) -> bool:
        return not self.roles.isdisjoint(roles)

    @property
    def is_person(self) -> bool:
        return self.person_id is not None


SYSTEM = Actor(frozenset({Role.SYSTEM}), name="Foyer")
