"""A code at the door that ties an act to a person's phone: it changes every 30 s, and a picture of it older than 60 s opens nothing
(guide S1.3-R1; scenarios Front desk 8 and 10; pitfall V40).

A code is a keyed hash of the screen, its key, and the half-minute: nobody can make one for another room or another moment, re-pairing or
revoking the screen ends all of its codes, and nothing is stored for those nobody scans. Scanning is `room.arrive`: it gives this one person,
for ten minutes, what the door itself may do in this one room. Whoever is not signed in yet keeps a ticket in the browser that read the code,
so that signing in may take longer than a minute. A code that somebody sends on within its minute can not be told from one that was scanned;
that is why it opens no more than a room's own door."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints
from sqlalchemy import UniqueConstraint, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation.errors import Invalid, Refused
from core.foundation.ids import uuid7
from core.mechanisms.devices import Device
from core.mechanisms.labels import SIGNS
from core.mechanisms.operations import PERSON_ROLES, Actor, Operation, Role, keyed, operation, touch
from core.sections.bookings import book
from core.sections.bookings.claims import BookingView

STEP_S = 30
OLD_AFTER_S = 60  # counted from the moment a code first stood on the screen, so that every picture of it is younger
AHEAD_S = 2  # a screen's clock follows the server's by beats; more than this is no skew
LENGTH = 12
HERE_FOR = timedelta(minutes=10)
TICKET_FOR = timedelta(minutes=5)
TICKET = "t."


class DoorPresence(SQLModel, table=True):
    """This person stood at this door: they scanned the code of this half-minute."""

    __tablename__: ClassVar[str] = "door_presence"
    __table_args__ = (UniqueConstraint("person_id", "device_id", "step", name="door_presence_once"),)
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    room_id: UUID = Field(foreign_key="place.id", index=True)
    device_id: UUID = Field(foreign_key="device.id")
    step: int
    at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class DoorCode:
    """A code and when it stands on the screen."""

    code: str
    starts_at: datetime
    ends_at: datetime


class Arrive(Operation):
    """`code` is what the door shows, or the ticket a browser got for it before its person signed in."""

    code: Annotated[str, StringConstraints(min_length=LENGTH, max_length=200)]


@operation(Arrive, "room.arrive", roles=PERSON_ROLES)
def arrive(s: Session, do: Arrive, by: Actor, at: datetime) -> dict[str, Any]:
    """Scanning the same code again is the same arrival. Refuses: door.code_old (too old, of no door, or of one that was revoked)"""
    device, step = _read(s, do.code, at)
    if device.room_id is None or by.person_id is None:
        raise Refused("door.code_old")
    query = select(DoorPresence).where(
        col(DoorPresence.person_id) == by.person_id, col(DoorPresence.device_id) == device.id, col(DoorPresence.step) == step
    )
    here = s.execute(query).scalar_one_or_none()
    if here is None:
        here = DoorPresence(person_id=by.person_id, room_id=device.room_id, device_id=device.id, step=step, at=at, until=at + HERE_FOR)
        s.add(here)
        touch(s, "door_presence", here.id)
    return {"presence_id": here.id, "room_id": here.room_id, "until": here.until}


Act = Literal["book", "check_in", "extend", "end"]


class ActHere(Operation):
    """What somebody does with their phone in front of a door. `booking_id` for all but book, `minutes` for book and extend."""

    presence_id: UUID
    act: Act
    booking_id: UUID | None = None
    minutes: Annotated[int, Input(gt=0, le=480)] | None = None


@operation(ActHere, "room.act_here", roles=PERSON_ROLES)
def act_here(s: Session, do: ActHere, by: Actor, at: datetime) -> BookingView:
    """As this person, and with the door's own right in its own room: a booking made here is theirs and checked in.
    Refuses: door.not_here (ten minutes over, another person's, or the screen was revoked), and what the act refuses"""
    here = s.get(DoorPresence, do.presence_id)
    device = s.get(Device, here.device_id) if here else None
    if (
        here is None or here.person_id != by.person_id or at >= here.until or device is None or device.revoked_at is not None
        or device.room_id != here.room_id
    ):  # fmt: skip
        raise Refused("door.not_here")
    if do.act == "book":
        if do.minutes is None:
            raise Invalid("op.invalid")
        wanted = book.CreateBooking(room_id=here.room_id, starts_at=at, ends_at=at + timedelta(minutes=do.minutes))
        made = book.create(s, wanted, by, at)
        return book.check_in(s, book.CheckIn(booking_id=made.id), by, at)
    if do.booking_id is None or (do.act == "extend" and do.minutes is None):
        raise Invalid("op.invalid")
    door = Actor(frozenset({Role.DOOR}), by.person_id, here.device_id, here.room_id, by.name, by.language)
    if do.act == "check_in":
        return book.check_in(s, book.CheckIn(booking_id=do.booking_id), door, at)
    if do.act == "end":
        return book.end(s, book.EndBooking(booking_id=do.booking_id), door, at)
    assert do.minutes is not None
    return book.extend(s, book.ExtendBooking(booking_id=do.booking_id, minutes=do.minutes), door, at)


# ── codes ──


def codes(s: Session, device_id: UUID, at: datetime, count: int) -> tuple[DoorCode, ...]:
    """The next `count` codes of a door screen, the present one first; none for a screen that is not paired."""
    device = s.get(Device, device_id)
    if device is None or not _is_door(device):
        return ()
    first = _step(at)
    return tuple(DoorCode(_code(device, step), _moment(step), _moment(step + 1)) for step in range(first, first + count))


def ticket_for(s: Session, code: str, at: datetime) -> str | None:
    """What the browser of a stranger keeps while they sign in, or None for a code that is not (or no longer) good."""
    try:
        device, step = _read(s, code, at)
    except Refused:
        return None
    until = int((at + TICKET_FOR).timestamp())
    return f"{TICKET}{device.id}.{step}.{until}.{_seal(device, step, until)}"


def present(s: Session, presence_id: UUID, person_id: UUID | None, at: datetime) -> DoorPresence | None:
    """An arrival that still counts, or None."""
    here = s.get(DoorPresence, presence_id)
    return here if here is not None and here.person_id == person_id and at < here.until else None


# ── private ──


def _read(s: Session, code: str, at: datetime) -> tuple[Device, int]:
    """Whose code this is and of which half-minute. Refuses: door.code_old"""
    if code.startswith(TICKET):
        return _read_ticket(s, code, at)
    plain = code.strip().upper()
    for device in s.execute(select(Device).where(col(Device.role) == Role.DOOR, col(Device.revoked_at).is_(None))).scalars():
        for step in _good_steps(at):
            if _is_door(device) and hmac.compare_digest(_code(device, step).encode(), plain.encode()):
                return device, step
    raise Refused("door.code_old")


def _read_ticket(s: Session, ticket: str, at: datetime) -> tuple[Device, int]:
    parts = ticket.removeprefix(TICKET).split(".")
    try:
        id, step, until = UUID(parts[0]), int(parts[1]), int(parts[2])
        seal = parts[3]
    except (IndexError, ValueError):
        raise Refused("door.code_old") from None
    device = s.get(Device, id)
    if device is None or not _is_door(device) or at.timestamp() >= until:
        raise Refused("door.code_old")
    if not hmac.compare_digest(_seal(device, step, until).encode(), seal.encode()):
        raise Refused("door.code_old")
    return device, step


def _good_steps(at: datetime) -> Iterator[int]:
    newest = _step(at + timedelta(seconds=AHEAD_S))
    for step in (newest, newest - 1, newest - 2):
        if (at - _moment(step)).total_seconds() < OLD_AFTER_S:
            yield step


def _is_door(device: Device) -> bool:
    return device.role == Role.DOOR and device.room_id is not None and device.revoked_at is None and device.key_hash is not None


def _code(device: Device, step: int) -> str:
    number = int.from_bytes(keyed("door-code", f"{device.id}/{device.room_id}/{device.key_hash}/{step}"), "big")
    signs = []
    for _ in range(LENGTH):
        number, index = divmod(number, len(SIGNS))
        signs.append(SIGNS[index])
    return "".join(signs)


def _seal(device: Device, step: int, until: int) -> str:
    return keyed("door-ticket", f"{device.id}/{device.room_id}/{device.key_hash}/{step}/{until}").hex()[:32]


def _step(at: datetime) -> int:
    return int(at.timestamp()) // STEP_S


def _moment(step: int) -> datetime:
    return datetime.fromtimestamp(step * STEP_S, UTC)
