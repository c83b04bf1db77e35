"""The phones that take part in a count, and what is still to come from each: sequence numbers that were announced and have not arrived (pitfall T1).

A phone joins with its first count, find or answer, and holds the close open until it handed in and everything it announced is here. Each contact tells
the server the phone's highest number (offline.md), so that "phone 7: 41–43 announced, not received" can be said.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from core.mechanisms import phones
from core.mechanisms.devices import Device, DeviceContact
from core.mechanisms.operations import OperationRow
from core.sections.stocktakes.gathering import person_names
from core.sections.stocktakes.record import CountEvent, Find, HandIn, Stocktake


@dataclass(frozen=True, slots=True)
class OpenDevice:
    """A phone that holds the close open: `waiting` records it announced have not arrived; `handed_in` whether it said it is done."""

    device_id: UUID
    name: str
    person_id: UUID | None
    waiting: int
    missing: tuple[tuple[int, int], ...]
    handed_in: bool
    last_seen_at: datetime | None


def devices_of(s: Session, stocktake: Stocktake) -> list[OpenDevice]:
    """Every phone that took part, with what is still to come from it. A phone joins with its first count."""
    joined = _joined(s, stocktake.id)
    if not joined:
        return []
    ids = list(joined)
    last_seq = (
        select(col(HandIn.device_id), func.max(HandIn.last_seq))
        .where(col(HandIn.stocktake_id) == stocktake.id)
        .group_by(col(HandIn.device_id))
    )
    handed: dict[UUID | None, int] = {row[0]: row[1] for row in s.execute(last_seq)}
    devices = {row.id: row for row in s.execute(select(Device).where(col(Device.id).in_(ids))).scalars()}
    contacts = {row.device_id: row for row in s.execute(select(DeviceContact).where(col(DeviceContact.device_id).in_(ids))).scalars()}
    names = person_names(s, {row.person_id for row in devices.values() if row.person_id is not None})
    found = []
    for device_id, last_count in joined.items():
        contact, device = contacts.get(device_id), devices.get(device_id)
        missing = _missing(s, device_id, stocktake.opened_at, max(contact.highest_seq if contact else 0, handed.get(device_id, 0)))
        found.append(OpenDevice(
            device_id, _told(device, names) if device else device_id.hex[-4:].upper(), device.person_id if device else None,
            sum(end - start + 1 for start, end in missing), missing, device_id in handed and handed[device_id] >= last_count,
            contact.last_seen_at if contact else None,
        ))  # fmt: skip
    return sorted(found, key=lambda one: (one.name, one.device_id.bytes))


def open_devices(s: Session, stocktake: Stocktake) -> list[OpenDevice]:
    """Those of them that hold the close open."""
    return [one for one in devices_of(s, stocktake) if one.waiting or not one.handed_in]


def _told(device: Device, names: dict[UUID, str]) -> str:
    """A phone as people know it: a browser only says what it runs on, so its person stands before it."""
    who = names.get(device.person_id, "") if device.person_id is not None else ""
    return device.name if not who or who in device.name else f"{who} · {device.name}"


def _joined(s: Session, stocktake_id: UUID) -> dict[UUID, int]:
    """Each phone with the number of its last count."""
    query = select(col(CountEvent.device_id), func.max(CountEvent.device_seq)).where(col(CountEvent.stocktake_id) == stocktake_id)
    found = {device_id: last or 0 for device_id, last in s.execute(query.group_by(col(CountEvent.device_id))) if device_id is not None}
    finders = select(col(Find.device_id)).where(col(Find.stocktake_id) == stocktake_id).distinct()
    return {**{device_id: 0 for device_id in s.execute(finders).scalars() if device_id is not None}, **found}


def _missing(s: Session, device_id: UUID, since: datetime, announced: int) -> tuple[tuple[int, int], ...]:
    """The spans of a phone's sequence numbers, given out since the session was opened, that have neither arrived nor been explained."""
    mine = (col(OperationRow.device_id) == device_id, col(OperationRow.device_seq).is_not(None))
    before = s.execute(select(func.max(OperationRow.device_seq)).where(*mine, col(OperationRow.received_at) < since)).scalar_one_or_none()
    query = select(col(OperationRow.device_seq)).where(*mine).order_by(col(OperationRow.device_seq)).distinct()
    if before is not None:
        query = query.where(col(OperationRow.device_seq) > before)
    expected = None if before is None else before + 1  # a phone we first hear of now may have counted up elsewhere
    spans: list[tuple[int, int]] = []
    for seq in s.execute(query).scalars():
        assert seq is not None
        if expected is not None and seq > expected:
            spans.append((expected, seq - 1))
        expected = seq + 1
    if expected is not None and announced >= expected:
        spans.append((expected, announced))
    return tuple(phones.left_over(s, device_id, spans))
