"""The phones as the desk and programs see them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from core.foundation import clock
from core.mechanisms.devices import Device, DeviceContact
from core.mechanisms.operations import OFFICE, Actor, OperationRow, Role, WaitingRow
from core.mechanisms.people import Person
from core.mechanisms.phones.gaps import missing, size_of
from core.mechanisms.phones.record import (
    QUARANTINE,
    SILENT_AFTER,
    TROUBLE_WINDOW,
    PhoneDetail,
    PhoneGap,
    PhoneIncident,
    PhoneIncidentView,
    PhoneView,
)
from core.mechanisms.views import Collection, ExportColumn, Page, Query


def everything(s: Session, *, q: str = "", only: str = "") -> list[PhoneView]:
    """Phones, those that miss something first, then the one heard last. `only`: `missing`, `quarantine`, `silent`."""
    phones = list(s.execute(select(Device).where(col(Device.role) == Role.PHONE)).scalars())
    contacts = {row.device_id: row for row in s.execute(select(DeviceContact)).scalars()}
    names = {row.id: row.name for row in s.execute(select(col(Person.id), col(Person.name)))}
    received, top = _received(s)
    explained = _counted(s, select(col(PhoneGap.device_id), col(PhoneGap.first_seq), col(PhoneGap.last_seq)))
    incidents: dict[UUID, int] = dict(
        s.execute(select(col(PhoneIncident.device_id), func.count()).group_by(col(PhoneIncident.device_id))).all()
    )
    waiting: dict[UUID | None, int] = dict(
        s.execute(
            select(col(WaitingRow.device_id), func.count()).where(col(WaitingRow.reason) == QUARANTINE).group_by(col(WaitingRow.device_id))
        ).all()
    )
    kept = set(s.execute(select(col(WaitingRow.device_id))).scalars())
    found = []
    for phone in phones:
        contact = contacts.get(phone.id)
        highest = max(contact.highest_seq if contact else 0, top.get(phone.id, 0))
        # Where numbers are known not to be in the plain sum (explained ones may have arrived after all), they are looked at one by one.
        gone = highest - received.get(phone.id, 0)
        if gone and (phone.id in explained or phone.id in kept):
            gone = size_of(missing(s, phone.id))
        storage, _, app = (contact.phone_state if contact else "").partition(";")
        found.append(PhoneView(
            phone.id, phone.name, phone.person_id, names.get(phone.person_id, "") if phone.person_id else "", contact.last_seen_at if contact else None,
            highest, received.get(phone.id, 0), explained.get(phone.id, 0), max(0, gone), contact.unsent if contact else 0, waiting.get(phone.id, 0),
            incidents.get(phone.id, 0), contact.clock_skew_s if contact else 0, storage, app, phone.revoked_at is not None, phone.version,
        ))  # fmt: skip
    text, at = q.strip().lower(), clock.now()
    wanted = [
        one
        for one in found
        if (not text or text in f"{one.name} {one.person}".lower())
        and (only != "missing" or one.missing or one.unsent)
        and (only != "quarantine" or one.quarantined)
        and (only != "silent" or (not one.revoked and (one.last_seen_at is None or at - one.last_seen_at > SILENT_AFTER)))
    ]
    return sorted(
        wanted,
        key=lambda one: (-min(one.missing + one.quarantined, 1), -(one.last_seen_at.timestamp() if one.last_seen_at else 0), str(one.id)),
    )


def _received(s: Session) -> tuple[dict[UUID, int], dict[UUID, int]]:
    """How many different numbers of each device arrived, and the highest of them."""
    seq = col(OperationRow.device_seq)
    query = select(col(OperationRow.device_id), func.count(seq.distinct()), func.max(seq)).where(seq.is_not(None), seq > 0)
    rows = s.execute(query.group_by(col(OperationRow.device_id))).all()
    return {row[0]: row[1] for row in rows if row[0]}, {row[0]: row[2] for row in rows if row[0]}


def _counted(s: Session, query: Any) -> dict[UUID, int]:
    sums: dict[UUID, int] = defaultdict(int)
    for device_id, first, last in s.execute(query):
        sums[device_id] += last - first + 1
    return dict(sums)


def detail(s: Session, device_id: UUID) -> PhoneDetail | None:
    """A phone with everything about it, or None."""
    shown = next((one for one in everything(s) if one.id == device_id), None)
    if shown is None:
        return None
    names = {row.id: row.name for row in s.execute(select(col(Person.id), col(Person.name)))}
    incidents = s.execute(
        select(PhoneIncident)
        .where(col(PhoneIncident.device_id) == device_id)
        .order_by(col(PhoneIncident.noticed_at).desc(), col(PhoneIncident.id).desc())
    ).scalars()
    waiting = [
        {"op_id": row.op_id, "kind": row.body.get("kind"), "device_seq": row.body.get("device_seq"), "person": names.get(row.person_id, "") if row.person_id else "",
         "received_at": row.received_at}
        for row in quarantined(s, device_id)
    ]  # fmt: skip
    return PhoneDetail(
        shown.id, shown.version, shown, tuple(missing(s, device_id)),
        tuple(
            PhoneIncidentView(row.noticed_at, row.cause, tuple((first, last) for first, last in row.spans), names.get(row.person_id, "") if row.person_id else "")
            for row in incidents
        ),
        tuple(waiting),
    )  # fmt: skip


def quarantined(s: Session, device_id: UUID) -> Sequence[WaitingRow]:
    query = select(WaitingRow).where(col(WaitingRow.device_id) == device_id, col(WaitingRow.reason) == QUARANTINE)
    return sorted(s.execute(query).scalars(), key=lambda row: (row.body.get("device_seq") or 0, row.op_id))


def troubled(s: Session) -> int:
    """How many phones heard of late miss numbers, or wait for a decision: the figure beside the desk's entry."""
    late = clock.now() - TROUBLE_WINDOW
    recent = select(col(DeviceContact.device_id)).join(Device, col(Device.id) == col(DeviceContact.device_id))
    ids = list(s.execute(recent.where(col(Device.role) == Role.PHONE, col(DeviceContact.last_seen_at) > late)).scalars())
    waiting = set(s.execute(select(col(WaitingRow.device_id)).where(col(WaitingRow.reason) == QUARANTINE).distinct()).scalars())
    return len(waiting | {device_id for device_id in ids if missing(s, device_id)})


def _list(s: Session, query: Query, by: Actor) -> Page:
    found = everything(s, q=query.q, only=query.filters.get("only", ""))
    start = next((index + 1 for index, one in enumerate(found) if str(one.id) == query.cursor), 0)
    page = found[start : start + query.limit]
    return Page(page, str(page[-1].id) if start + query.limit < len(found) else None)


def _one(s: Session, id: str, by: Actor) -> PhoneDetail | None:
    try:
        return detail(s, UUID(id))
    except ValueError:
        return None


COLLECTION = Collection(
    "phones", OFFICE | {Role.LEADER}, _list, _one,
    tuple(ExportColumn(name, f"phones.{name}") for name in ("name", "person", "last_seen_at", "announced", "received", "missing", "unsent", "quarantined", "storage", "app_version")),
    ("only",),
)  # fmt: skip
