"""Devices: kiosks, door screens, phones and printers, each with its own key bound to its role and room (security.md, Device enrolment; pitfall V40).

A device is added at the desk, paired once with a code that lives ten minutes, and can be revoked; a revoked key is dead with the next request or beat.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import StringConstraints
from sqlalchemy import select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import database
from core.foundation.errors import Refused
from core.foundation.ids import uuid7
from core.mechanisms import places
from core.mechanisms.labels import SIGNS
from core.mechanisms.operations import DEVICE_ROLES, Actor, Operation, Role, operation, touch
from core.mechanisms.views import Collection, ExportColumn, Page, Query

PAIRING_TIME = timedelta(minutes=10)
Name = Annotated[str, StringConstraints(min_length=1, max_length=80)]


class Device(SQLModel, table=True):
    __tablename__: ClassVar[str] = "device"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    name: str
    role: str
    room_id: UUID | None = Field(default=None, foreign_key="place.id")
    person_id: UUID | None = None
    key_hash: str | None = Field(default=None, unique=True)
    pairing_hash: str | None = Field(default=None, unique=True)
    pairing_until: datetime | None = None
    paired_at: datetime | None = None
    revoked_at: datetime | None = None
    version: int = 1


class DeviceContact(SQLModel, table=True):
    """The platform's own bookkeeping of beats, not an operation: last seen, the phone's highest sequence number, its clock's error."""

    __tablename__: ClassVar[str] = "device_contact"
    device_id: UUID = Field(primary_key=True)
    last_seen_at: datetime
    highest_seq: int = 0
    clock_skew_s: int = 0
    address: str = ""
    showing: str = ""


@dataclass(frozen=True, slots=True)
class DeviceView:
    id: UUID
    name: str
    role: str
    room_id: UUID | None
    room: str
    paired: bool
    revoked: bool
    last_seen_at: datetime | None
    highest_seq: int
    clock_skew_s: int
    showing: str
    version: int


class AddDevice(Operation):
    id: UUID | None = None
    name: Name
    role: Role
    room_id: UUID | None = None


@operation(AddDevice, "device.add", roles={Role.ADMIN})
def add(s: Session, do: AddDevice, by: Actor, at: datetime) -> dict[str, Any]:
    """A device and its pairing code (once, ten minutes). Refuses: device.role, device.needs_room, place.not_found"""
    if do.role not in DEVICE_ROLES:
        raise Refused("device.role")
    if do.role == Role.DOOR and do.room_id is None:
        raise Refused("device.needs_room")
    if do.room_id is not None:
        places.get(s, do.room_id)
    device = Device(id=do.id or uuid7(), name=do.name, role=do.role, room_id=do.room_id)
    code = _new_pairing(device, at)
    s.add(device)
    touch(s, "device", device.id)
    return {"device_id": device.id, "code": code}


class InviteDevice(Operation):
    device_id: UUID


@operation(InviteDevice, "device.invite", roles={Role.ADMIN})
def invite(s: Session, do: InviteDevice, by: Actor, at: datetime) -> dict[str, Any]:
    """A new pairing code for a device whose code ran out or which is to be paired anew; its former key is dead. Refuses: device.not_found"""
    device = get(s, do.device_id)
    device.key_hash = device.paired_at = device.revoked_at = None
    device.version += 1
    code = _new_pairing(device, at)
    touch(s, "device", device.id)
    return {"device_id": device.id, "code": code}


class PairDevice(Operation):
    code: Annotated[str, StringConstraints(min_length=4, max_length=40)]
    key_hash: Annotated[str, StringConstraints(min_length=64, max_length=64)]


@operation(PairDevice, "device.pair", roles=set(), personal=True)
def pair(s: Session, do: PairDevice, by: Actor, at: datetime) -> dict[str, Any]:
    """Bind a key to the device of this code, once. Refuses: device.code_unknown"""
    found = s.execute(select(Device).where(col(Device.pairing_hash) == _hash(_plain(do.code)))).scalar_one_or_none()
    if found is None or found.pairing_until is None or found.pairing_until <= at or found.revoked_at is not None:
        raise Refused("device.code_unknown")
    found.key_hash, found.paired_at, found.pairing_hash, found.pairing_until = do.key_hash, at, None, None
    found.version += 1
    touch(s, "device", found.id)
    return {"device_id": found.id, "role": found.role, "room_id": found.room_id, "name": found.name}


class RevokeDevice(Operation):
    device_id: UUID


@operation(RevokeDevice, "device.revoke", roles={Role.ADMIN})
def revoke(s: Session, do: RevokeDevice, by: Actor, at: datetime) -> None:
    """The key is dead at once; a phone's waiting records are still received, into quarantine. Refuses: device.not_found"""
    device = get(s, do.device_id)
    device.revoked_at = device.revoked_at or at
    device.pairing_hash = device.pairing_until = None
    device.version += 1
    touch(s, "device", device.id)


class EnrolPhone(Operation):
    """A phone names itself at its owner's sign-in; no pairing code, since it can do only what its person may."""

    device_id: UUID
    name: Name
    person_id: UUID


@operation(EnrolPhone, "device.enrol_phone", roles=set())
def enrol_phone(s: Session, do: EnrolPhone, by: Actor, at: datetime) -> dict[str, Any]:
    """Refuses: device.revoked"""
    device = s.get(Device, do.device_id)
    if device is None:
        device = Device(id=do.device_id, name=do.name, role=Role.PHONE, paired_at=at)
        s.add(device)
    if device.revoked_at is not None:
        raise Refused("device.revoked")
    device.person_id, device.name = do.person_id, do.name
    touch(s, "device", device.id)
    return {"device_id": device.id}


# ── reads and bookkeeping ──


def get(s: Session, device_id: UUID) -> Device:
    device = s.get(Device, device_id)
    if device is None:
        raise Refused("device.not_found")
    return device


def new_key() -> tuple[str, str]:
    """A device key and the hash that is stored of it."""
    key = "dev_" + secrets.token_urlsafe(32)
    return key, _hash(key)


def who(s: Session, key: str) -> Actor | None:
    """The device behind a key as an actor, or None when the key is unknown or revoked."""
    device = s.execute(select(Device).where(col(Device.key_hash) == _hash(key))).scalar_one_or_none()
    if device is None or device.revoked_at is not None:
        return None
    return Actor(frozenset({Role(device.role)}), None, device.id, device.room_id, device.name)


def is_revoked(s: Session, device_id: UUID) -> bool:
    device = s.get(Device, device_id)
    return device is not None and device.revoked_at is not None


def note_contact(
    device_id: UUID, at: datetime, *, highest_seq: int = 0, clock_skew_s: int = 0, address: str = "", showing: str = ""
) -> None:
    """Remember that a device was heard: called on a writer thread, at most once in a few seconds a device."""
    with database.writing() as s:
        row = s.get(DeviceContact, device_id)
        if row is None:
            row = DeviceContact(device_id=device_id, last_seen_at=at)
            s.add(row)
        row.last_seen_at = max(row.last_seen_at, at)
        row.highest_seq = max(row.highest_seq, highest_seq)
        row.clock_skew_s = clock_skew_s
        row.address = address or row.address
        row.showing = showing or row.showing


def note_contacts(showing: Mapping[UUID, str], at: datetime) -> None:
    """The same for every screen that is connected now, with what it shows, in one transaction; on a writer thread."""
    with database.writing() as s:
        known = {
            row.device_id: row for row in s.execute(select(DeviceContact).where(col(DeviceContact.device_id).in_(list(showing)))).scalars()
        }
        for device_id, shown in showing.items():
            row = known.get(device_id)
            if row is None:
                row = DeviceContact(device_id=device_id, last_seen_at=at)
                s.add(row)
            row.last_seen_at, row.showing = max(row.last_seen_at, at), shown


def everything(s: Session) -> list[DeviceView]:
    """All devices with their room and last contact, by role and name."""
    contacts = {row.device_id: row for row in s.execute(select(DeviceContact)).scalars()}
    rooms = {place.id: place.name for place in s.execute(select(places.Place)).scalars()}
    rows = s.execute(select(Device).order_by(col(Device.role), col(Device.name))).scalars()
    return [
        DeviceView(
            d.id, d.name, d.role, d.room_id, rooms.get(d.room_id, "") if d.room_id else "", d.key_hash is not None or d.role == Role.PHONE, d.revoked_at is not None,
            contacts[d.id].last_seen_at if d.id in contacts else None, contacts[d.id].highest_seq if d.id in contacts else 0,
            contacts[d.id].clock_skew_s if d.id in contacts else 0, contacts[d.id].showing if d.id in contacts else "", d.version,
        )
        for d in rows
    ]  # fmt: skip


def silent(s: Session, at: datetime, after: timedelta = timedelta(minutes=2)) -> list[DeviceView]:
    """Paired kiosks and doors that were not heard for a while."""
    return [
        d
        for d in everything(s)
        if d.role in (Role.KIOSK, Role.DOOR) and d.paired and not d.revoked and (d.last_seen_at is None or at - d.last_seen_at > after)
    ]


def _new_pairing(device: Device, at: datetime) -> str:
    code = "".join(secrets.choice(SIGNS) for _ in range(8))
    device.pairing_hash, device.pairing_until = _hash(code), at + PAIRING_TIME
    return code


def _plain(code: str) -> str:
    return code.replace("-", "").replace(" ", "").upper()


def _hash(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


# ── what programs and registers read ──


def _list(s: Session, query: Query, by: Actor) -> Page:
    text = query.q.strip().lower()
    found = [d for d in everything(s) if (not text or text in f"{d.name} {d.room}".lower()) and query.filters.get("role", d.role) == d.role]
    start = next((index + 1 for index, device in enumerate(found) if str(device.id) == query.cursor), 0)
    page = found[start : start + query.limit]
    return Page(page, str(page[-1].id) if start + query.limit < len(found) else None)


def _one(s: Session, id: str, by: Actor) -> DeviceView | None:
    return next((device for device in everything(s) if str(device.id) == id), None)


COLLECTION = Collection(
    "devices", frozenset({Role.ADMIN, Role.RECEPTION, Role.CLERK}), _list, _one,
    (
        ExportColumn("name", "device.name"), ExportColumn("role", "device.role_name"), ExportColumn("room", "device.room"), ExportColumn("last_seen_at", "device.last_seen_at"),
        ExportColumn("revoked", "device.is_revoked"),
    ),
    ("role",),
)  # fmt: skip
