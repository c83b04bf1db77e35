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
from sqlalchemy import JSON, Column, Text, bindparam, select, update
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import database, jobs
from core.foundation.errors import Refused
from core.foundation.ids import uuid7
from core.foundation.jobs import job
from core.mechanisms import notices, places
from core.mechanisms.labels import SIGNS
from core.mechanisms.operations import DEVICE_ROLES, SYSTEM, Actor, Operation, Role, operation, perform_now, touch
from core.mechanisms.views import Collection, ExportColumn, Page, Query

PAIRING_TIME = timedelta(minutes=10)
SILENT_GRACE = timedelta(minutes=3)  # after a start
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
    app_version: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=""))
    battery: int | None = None
    shown: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False, server_default="{}"))
    picture: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=""))
    shown_at: datetime | None = None
    told_at: datetime | None = None
    unsent: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    phone_state: str = Field(default="", sa_column_kwargs={"server_default": ""})


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
    app_version: str = ""
    battery: int | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """What a screen said that it shows: its own words and a small picture it drew of itself (a data address), and when."""

    facts: Mapping[str, Any]
    picture: str
    at: datetime


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


_WHO = select(Device.id, Device.role, Device.room_id, Device.name, Device.revoked_at).where(col(Device.key_hash) == bindparam("key_hash"))


def who(s: Session, key: str) -> Actor | None:
    """The device behind a key as an actor, or None when the key is unknown or revoked."""
    device = s.connection().execute(_WHO, {"key_hash": _hash(key)}).one_or_none()
    if device is None or device.revoked_at is not None:
        return None
    return Actor(frozenset({Role(device.role)}), None, device.id, device.room_id, device.name)


def is_revoked(s: Session, device_id: UUID) -> bool:
    device = s.get(Device, device_id)
    return device is not None and device.revoked_at is not None


def note_contact(
    device_id: UUID,
    at: datetime,
    *,
    highest_seq: int = 0,
    clock_skew_s: int = 0,
    address: str = "",
    showing: str = "",
    unsent: int | None = None,
    phone_state: str = "",
) -> None:
    """Remember that a device was heard: called on a writer thread, at most once in a few seconds a device. A phone also says how many records it
    still holds, and how its storage stands with its version (`kept;0.1.0`)."""
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
        row.unsent = row.unsent if unsent is None else unsent
        row.phone_state = phone_state or row.phone_state


def note_contacts(showing: Mapping[UUID, str], at: datetime) -> None:
    """The same for every screen that is connected now, with what it shows, in one transaction; on a writer thread."""
    if not showing:
        return
    with database.writing() as s:
        known = set(s.execute(select(DeviceContact.device_id).where(col(DeviceContact.device_id).in_(list(showing)))).scalars())
        s.add_all(DeviceContact(device_id=id, last_seen_at=at, showing=shown) for id, shown in showing.items() if id not in known)
        if known:  # set-wise: a house full of screens is noted twice a minute
            rows = [{"id": id, "showing": showing[id], "seen": at} for id in known]
            s.connection().execute(
                update(DeviceContact)
                .where(col(DeviceContact.device_id) == bindparam("id"))
                .values(last_seen_at=bindparam("seen"), showing=bindparam("showing")),
                rows,
            )


def note_report(
    device_id: UUID, at: datetime, *, app_version: str = "", battery: int | None = None, shown: Mapping[str, Any] | None = None,
    picture: str | None = None, address: str = "", showing: str = "",
) -> None:  # fmt: skip
    """Keep what a screen says about itself; what it does not say stays. On a writer thread."""
    with database.writing() as s:
        row = s.get(DeviceContact, device_id)
        if row is None:
            row = DeviceContact(device_id=device_id, last_seen_at=at)
            s.add(row)
        row.last_seen_at = max(row.last_seen_at, at)
        row.app_version, row.battery = app_version or row.app_version, battery if battery is not None else row.battery
        row.address, row.showing = address or row.address, showing or row.showing
        if shown is not None:
            row.shown, row.shown_at = dict(shown), at
        if picture is not None:
            row.picture = picture


def shown_by(s: Session, device_id: UUID) -> Shown | None:
    """What a screen said last that it shows, or None when it never did."""
    row = s.get(DeviceContact, device_id)
    return Shown(row.shown, row.picture, row.shown_at) if row is not None and row.shown_at is not None else None


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
            contacts[d.id].app_version if d.id in contacts else "", contacts[d.id].battery if d.id in contacts else None,
        )
        for d in rows
    ]  # fmt: skip


def silent(s: Session, at: datetime, after: timedelta = timedelta(minutes=2)) -> list[DeviceView]:
    """Paired kiosks and doors that were not heard for a while."""
    return [
        d
        for d in everything(s)
        if d.role in (Role.KIOSK, Role.DROP_BOX, Role.DOOR)
        and d.paired
        and not d.revoked
        and (d.last_seen_at is None or at - d.last_seen_at > after)
    ]


@job(every_s=30)
def tell_silent(at: datetime) -> int:
    """One notice to administrators and reception for each screen that fell silent, once until it is heard again. A server that has just
    started waits for its screens to come back first. Returns how many fell silent."""
    started = jobs.started_at()
    if started is not None and at - started < SILENT_GRACE:
        return 0
    with database.reading() as s:
        quiet = {device.id: device for device in silent(s, at)}
        rows = s.execute(select(DeviceContact.device_id, DeviceContact.told_at).where(col(DeviceContact.told_at).is_not(None))).all()
        told = {row.device_id for row in rows}
    for id in told - set(quiet):
        perform_now(HeardAgain(device_id=id), by=SYSTEM, at=at)
    fresh = [device for id, device in quiet.items() if id not in told and device.last_seen_at is not None]
    return sum(perform_now(TellSilent(device_id=device.id), by=SYSTEM, at=at).ok for device in fresh)


class TellSilent(Operation):
    device_id: UUID


@operation(TellSilent, "device.tell_silent", roles=set())
def tell_of_silence(s: Session, do: TellSilent, by: Actor, at: datetime) -> None:
    """Refuses: device.not_found"""
    device, contact = get(s, do.device_id), s.get(DeviceContact, do.device_id)
    if contact is None or contact.told_at is not None:
        return
    contact.told_at = at
    place = s.get(places.Place, device.room_id) if device.room_id else None
    facts = {"name": device.name, "room": place.name if place else device.name, "since": contact.last_seen_at}
    notices.queue_roles(
        s, Role.ADMIN, Role.RECEPTION, key="device.silent_notice", facts=facts, at=at, subject=("device", device.id), mail=False
    )
    touch(s, "device_contact", device.id)


class HeardAgain(Operation):
    device_id: UUID


@operation(HeardAgain, "device.heard_again", roles=set())
def heard_again(s: Session, do: HeardAgain, by: Actor, at: datetime) -> None:
    """The screen is back (or no longer counts): the next silence is told anew."""
    contact = s.get(DeviceContact, do.device_id)
    if contact is not None:
        contact.told_at = None
        touch(s, "device_contact", do.device_id)


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
