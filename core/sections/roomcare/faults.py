"""What does not work in a room: reported at its door, on a phone or from a device's label, it becomes a duty of whoever looks after the room, a
banner, and a warning where rooms are searched (guide S1.3-R5).

A second report of the same thing joins the first. A fault is over when somebody says so, here or by completing its duty; both are one act.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints
from sqlalchemy import JSON, Column, Index, select, text
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import clock
from core.foundation.errors import NotAllowed, Refused
from core.foundation.i18n import LANGUAGES, t
from core.foundation.ids import uuid7
from core.mechanisms import attachments, duties, places, workdays
from core.mechanisms.attachments import Sha256
from core.mechanisms.duties import Duty
from core.mechanisms.operations import OFFICE, PERSON_ROLES, Actor, Operation, Role, operation, touch
from core.mechanisms.people import Person
from core.mechanisms.places import Place
from core.sections import assets, rooms
from core.sections.assets import Asset, AssetRepair, AssetState
from core.sections.roomcare import keeping
from core.sections.roomcare.wishes import EQUIPMENT_WORDS
from core.sections.rooms import Room

SUBJECT = "room_fault"
ITEMS = (
    "projector", "screen", "video", "microphone", "phone", "whiteboard", "light", "air", "power", "network", "furniture", "dirty", "other",
)  # fmt: skip
Item = Literal[
    "projector", "screen", "video", "microphone", "phone", "whiteboard", "light", "air", "power", "network", "furniture", "dirty", "other",
]  # fmt: skip
Words = Annotated[str, StringConstraints(max_length=300)]


class RoomFault(SQLModel, table=True):
    """One thing that does not work, from the first report until it is over. `times` counts the reports."""

    __tablename__: ClassVar[str] = "room_fault"
    __table_args__ = (
        Index(
            "room_fault_one_open", "room_id", "item", unique=True, sqlite_where=text("cleared_at IS NULL"),
            postgresql_where=text("cleared_at IS NULL"),
        ),
    )  # fmt: skip
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    room_id: UUID = Field(foreign_key="place.id", index=True)
    item: str
    note: str = ""
    photos: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    asset_id: UUID | None = Field(default=None, index=True)
    reported_by: UUID | None = None
    device_id: UUID | None = None
    reported_at: datetime
    duty_id: UUID | None = Field(default=None, foreign_key="duty.id", index=True)
    times: int = 1
    cleared_at: datetime | None = None
    cleared_by: UUID | None = None
    cleared_note: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True)
class FaultView:
    """A fault as lists, doors and search show it. `keeper` is whose duty it is; the reporter's name is for people of the office only."""

    id: UUID
    room_id: UUID
    room: str
    item: str
    note: str
    photos: tuple[str, ...]
    reported_at: datetime
    reporter: str
    keeper: str
    times: int
    cleared_at: datetime | None
    duty_id: UUID | None
    version: int


@dataclass(frozen=True, slots=True)
class DeviceFaultView:
    """A device that stands in a room and waits for its repair, reported by its own label; the repair is closed where repairs are kept."""

    repair_id: UUID
    room_id: UUID
    room: str
    device: str
    number: str
    fault: str
    reported_at: datetime
    reporter: str
    times: int


class ReportFault(Operation):
    """A door reports about its own room. `asset_id` is the device whose label was scanned."""

    room_id: UUID
    item: Item
    note: Words = ""
    photos: Annotated[tuple[Sha256, ...], Input(max_length=5)] = ()
    asset_id: UUID | None = None


@operation(ReportFault, "room.report_fault", roles=PERSON_ROLES | {Role.DOOR})
def report_fault(s: Session, do: ReportFault, by: Actor, at: datetime) -> dict[str, Any]:
    """Refuses: room.not_found, care.nobody; not allowed: a door of another room"""
    if by.has(Role.DOOR) and by.room_id != do.room_id:
        raise NotAllowed(reason="room")
    rooms.get(s, do.room_id)
    fault = s.execute(
        select(RoomFault).where(col(RoomFault.room_id) == do.room_id, col(RoomFault.item) == do.item, col(RoomFault.cleared_at).is_(None))
    ).scalar_one_or_none()
    if fault is None:
        fault = RoomFault(
            room_id=do.room_id, item=do.item, note=do.note, asset_id=do.asset_id, reported_by=by.person_id, device_id=by.device_id,
            reported_at=at, times=0, version=0,
        )  # fmt: skip
        s.add(fault)
    elif do.note and do.note not in fault.note:
        fault.note = "；".join(part for part in (fault.note, do.note) if part)[:600]
    fault.times += 1
    fault.version += 1
    fault.photos = list(dict.fromkeys([*fault.photos, *do.photos]))[:20]
    s.flush()
    duty = duties.open_duty(
        s, title_key="roomcare.duty.fault", owner_id=keeping.keeper_of(s, do.room_id), subject=(SUBJECT, fault.id), at=at,
        due_on=workdays.add(s, clock.today(at), 1), merge_key=f"{SUBJECT}/{fault.id}", by=by, photos=do.photos, remark=do.note,
        facts={"room": places.get(s, do.room_id).name, "item": {lang: t(f"roomcare.item.{do.item}", lang) for lang in LANGUAGES}},
    )  # fmt: skip
    fault.duty_id = duty.id
    attachments.use(s, do.photos, SUBJECT, fault.id, by, at)
    _changed(s, fault)
    return {"fault_id": fault.id, "times": fault.times, "duty_id": duty.id}


class ClearFault(Operation):
    fault_id: UUID
    note: Words = ""
    photos: Annotated[tuple[Sha256, ...], Input(max_length=5)] = ()


@operation(ClearFault, "room.clear_fault", roles=PERSON_ROLES)
def clear_fault(s: Session, do: ClearFault, by: Actor, at: datetime) -> dict[str, Any]:
    """It works again; its duty is done with it. Doing it twice is quiet. Refuses: fault.not_found; not allowed: who neither keeps the room nor
    works in the office."""
    fault = s.get(RoomFault, do.fault_id)
    if fault is None:
        raise Refused("fault.not_found")
    if not by.has(*OFFICE, Role.SYSTEM) and by.person_id != keeping.keeper_of(s, fault.room_id):
        raise NotAllowed(reason="keeper")
    if fault.cleared_at is None:
        _over(s, fault, by, at, do.note)
        duty = s.get(Duty, fault.duty_id) if fault.duty_id else None
        if duty is not None:
            duties.settle(s, duty, by, at, do.note)
        attachments.use(s, do.photos, SUBJECT, fault.id, by, at)
    return {"fault_id": fault.id, "cleared_at": fault.cleared_at}


@duties.when_done(SUBJECT)
def duty_done(s: Session, duty: Duty, by: Actor, at: datetime) -> None:
    """Completing the duty clears the fault."""
    fault = s.get(RoomFault, duty.subject_id)
    if fault is not None and fault.cleared_at is None:
        _over(s, fault, by, at, "")


# ── reads ──


def open_faults(s: Session, room_ids: Iterable[UUID] | None = None) -> list[FaultView]:
    """What does not work now, in these rooms or everywhere, the oldest first."""
    query = _query().where(col(RoomFault.cleared_at).is_(None)).order_by(col(RoomFault.reported_at))
    if room_ids is not None:
        query = query.where(col(RoomFault.room_id).in_(list(room_ids)))
    return _views(s, query)


def faults_of(s: Session, room_id: UUID, limit: int = 20) -> list[FaultView]:
    """A room's faults, open ones first, then the newest."""
    query = _query().where(col(RoomFault.room_id) == room_id)
    return _views(s, query.order_by(col(RoomFault.cleared_at).is_not(None), col(RoomFault.reported_at).desc()).limit(limit))


def items_by_room(s: Session) -> dict[UUID, tuple[str, ...]]:
    """Which things do not work in which room, for plans and searches: what was reported of the room, and devices that stand in it and wait for
    their own repair (somebody read the device's label)."""
    found: dict[UUID, tuple[str, ...]] = {}
    query = select(RoomFault.room_id, RoomFault.item).where(col(RoomFault.cleared_at).is_(None)).order_by(col(RoomFault.reported_at))
    for room_id, item in s.execute(query):
        found[room_id] = (*found.get(room_id, ()), item)
    in_repair = select(Asset.place_id, Asset.name).join(Room, col(Room.place_id) == col(Asset.place_id))
    for room_id, name in s.execute(in_repair.where(col(Asset.state) == AssetState.REPAIR)):
        item = device_item(name)
        if item is not None and item not in found.get(room_id, ()):
            found[room_id] = (*found.get(room_id, ()), item)
    return found


def waiting_devices(s: Session, room_id: UUID) -> dict[str, datetime]:
    """Devices in this room that wait for their repair, and since when."""
    query = select(Asset).where(col(Asset.place_id) == room_id, col(Asset.state) == AssetState.REPAIR).order_by(col(Asset.id))
    found: dict[str, datetime] = {}
    for asset in s.execute(query).scalars():
        if (item := device_item(asset.name)) is not None:
            repair = assets.open_repair(s, asset.id)
            found.setdefault(item, repair.reported_at if repair is not None else asset.updated_at)
    return found


def device_faults(s: Session) -> list[DeviceFaultView]:
    """Every device of a room that waits for its repair, the oldest first: what `items_by_room` and doors say, with its name and who told."""
    query = (
        select(AssetRepair, Asset, Place.name.label("room"), Person.name.label("reporter"))  # type: ignore[attr-defined]
        .join(Asset, col(Asset.id) == col(AssetRepair.asset_id))
        .join(Room, col(Room.place_id) == col(Asset.place_id))
        .join(Place, col(Place.id) == col(Room.place_id))
        .outerjoin(Person, col(Person.id) == col(AssetRepair.reported_by_id))
        .where(col(Asset.state) == AssetState.REPAIR, col(AssetRepair.finished_at).is_(None))
        .order_by(col(AssetRepair.reported_at))
    )
    return [
        DeviceFaultView(
            repair.id, asset.place_id, room, asset.name, asset.number, repair.fault, repair.reported_at, reporter or "", repair.times
        )
        for repair, asset, room, reporter in s.execute(query)
        if device_item(asset.name) is not None
    ]


def device_item(name: str) -> str | None:
    """What an asset is to a meeting by its name (投影仪, Projector X5), or None: a chair in repair keeps nobody from meeting."""
    return next(
        (item for item, pattern in EQUIPMENT_WORDS if re.search(pattern, name.lower())),
        "air" if re.search(r"空调|空調|air con", name.lower()) else None,
    )


def device_changed(s: Session, asset: Asset, before: Mapping[str, Any]) -> None:
    """A device went into repair, came back from it or was carried elsewhere while it waits: its rooms' doors and searches say so at once."""
    states = {before.get("state", asset.state), asset.state}
    if AssetState.REPAIR not in states or device_item(asset.name) is None:
        return
    for place_id in sorted({before.get("place_id", asset.place_id), asset.place_id} - {None}):
        if s.get(Room, place_id) is not None:
            rooms.changed(s, place_id)


@attachments.shown_with(SUBJECT)
def may_see_photos(s: Session, fault_id: UUID, by: Actor) -> bool:
    return by.is_person


# ── private ──


def _over(s: Session, fault: RoomFault, by: Actor, at: datetime, remark: str) -> None:
    fault.cleared_at, fault.cleared_by, fault.cleared_note = at, by.person_id, remark
    fault.version += 1
    _changed(s, fault)


def _changed(s: Session, fault: RoomFault) -> None:
    s.flush()
    touch(s, "room_fault", fault.id)
    rooms.changed(s, fault.room_id)


def _query() -> Any:
    return (
        select(RoomFault, Place.name.label("room"), Person.name.label("reporter"), Duty.owner_id)  # type: ignore[attr-defined]
        .join(Place, col(Place.id) == col(RoomFault.room_id))
        .outerjoin(Person, col(Person.id) == col(RoomFault.reported_by))
        .outerjoin(Duty, col(Duty.id) == col(RoomFault.duty_id))
    )


def _views(s: Session, query: Any) -> list[FaultView]:
    rows = s.execute(query).all()
    owners = {row.owner_id for row in rows if row.owner_id}
    names = {person.id: person.name for person in s.execute(select(Person).where(col(Person.id).in_(owners))).scalars()} if owners else {}
    return [
        FaultView(
            row[0].id, row[0].room_id, row.room, row[0].item, row[0].note, tuple(row[0].photos), row[0].reported_at, row.reporter or "",
            names.get(row.owner_id, ""), row[0].times, row[0].cleared_at, row[0].duty_id, row[0].version,
        )
        for row in rows
    ]  # fmt: skip
