"""Phones that count, collect and inspect offline: what they announced, what arrived, what is missing, and what may be read on a shared one
(offline.md, "The design"; O9–O11, O21; scenarios Floor 7, Things 4; pitfall T27).

A phone numbers its records without a gap and tells its highest number with every contact, so "nothing is lost" can be checked: missing = announced −
received − explained. A record that a person took out on the phone is explained by `phone.discard`, a number that will never come by the desk with
`phone.explain`. A phone whose browser threw its data away comes back under its old name (its own cookie says which), goes on with its numbers, and
leaves an incident behind. What a revoked phone still sends is quarantined until somebody decides.

On a shared phone each person's unsent records are sealed at sign-out: AES-256-GCM under a key that only this server can make again (from its
secret, the person and the phone) and that leaves the phone with its person. The next one can send them, and neither read nor forge them.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import Field as Input
from pydantic import StringConstraints
from sqlalchemy import JSON, Column, func, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import clock, database
from core.foundation.errors import Invalid, Refused
from core.foundation.ids import uuid7
from core.mechanisms import devices, operations, people
from core.mechanisms.devices import Device, DeviceContact
from core.mechanisms.operations import OFFICE, PERSON_ROLES, Actor, Operation, OperationRow, Outcome, Role, WaitingRow, operation, touch
from core.mechanisms.people import Person
from core.mechanisms.views import Collection, ExportColumn, Page, Query

Span = tuple[int, int]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Seq = Annotated[int, Input(ge=1, lt=2**31)]
SUPERVISORS = frozenset({Role.ADMIN, Role.CLERK, Role.LEADER})
SILENT_AFTER = timedelta(days=2)
TROUBLE_WINDOW = timedelta(days=30)
QUARANTINE = "quarantine"
IV_BYTES = 12


class PhoneGap(SQLModel, table=True):
    """Numbers that will not come any more, and why: said by the person on the phone or by the desk. Append-only."""

    __tablename__: ClassVar[str] = "phone_gap"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    device_id: UUID = Field(index=True)
    first_seq: int
    last_seq: int
    reason: str
    person_id: UUID | None = None
    at_desk: bool = False
    noted_at: datetime


class PhoneIncident(SQLModel, table=True):
    """A phone came back without its data: which numbers it had announced that never arrived."""

    __tablename__: ClassVar[str] = "phone_incident"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    device_id: UUID = Field(index=True)
    cause: str
    spans: list[list[int]] = Field(sa_column=Column(JSON, nullable=False))
    person_id: UUID | None = None
    noticed_at: datetime


database.append_only("phone_gap")
database.append_only("phone_incident")


@dataclass(frozen=True, slots=True)
class PhoneIncidentView:
    noticed_at: datetime
    cause: str
    spans: tuple[Span, ...]
    person: str


@dataclass(frozen=True, slots=True)
class PhoneView:
    """A phone as the desk lists it. `missing` counts numbers announced and not received; `unsent` is what the phone itself said it still holds."""

    id: UUID
    name: str
    person_id: UUID | None
    person: str
    last_seen_at: datetime | None
    announced: int
    received: int
    explained: int
    missing: int
    unsent: int
    quarantined: int
    incidents: int
    clock_skew_s: int
    storage: str
    app_version: str
    revoked: bool
    version: int


@dataclass(frozen=True, slots=True)
class PhoneDetail:
    """A phone with its missing numbers, incidents and quarantined records."""

    id: UUID
    version: int
    phone: PhoneView
    spans: tuple[Span, ...]
    incidents: tuple[PhoneIncidentView, ...]
    waiting: tuple[dict[str, Any], ...]


# ── operations ──


class DiscardRecord(Operation):
    """A record that the server did not take was taken out of the phone's list on a person's word; its number will not come."""

    seq: Seq
    kind: Annotated[str, StringConstraints(max_length=80)] = ""
    code: Annotated[str, StringConstraints(max_length=80)] = ""


@operation(DiscardRecord, "phone.discard", roles=PERSON_ROLES, offline=True)
def discard(s: Session, do: DiscardRecord, by: Actor, at: datetime) -> None:
    """Refuses: phone.none (not sent from a phone)"""
    if by.device_id is None:
        raise Refused("phone.none")
    reason = f"{do.kind} {do.code}".strip() or "-"
    s.add(PhoneGap(device_id=by.device_id, first_seq=do.seq, last_seq=do.seq, reason=reason, person_id=by.person_id, noted_at=at))
    touch(s, "device", by.device_id)


class ExplainGap(Operation):
    """The office says why these numbers of a phone will never come (broken, stolen, wiped)."""

    device_id: UUID
    first_seq: Seq
    last_seq: Seq
    reason: Reason


@operation(ExplainGap, "phone.explain", roles=OFFICE | {Role.LEADER})
def explain(s: Session, do: ExplainGap, by: Actor, at: datetime) -> dict[str, Any]:
    """Refuses: device.not_found, phone.not_missing (some of these numbers arrived, or were never announced)"""
    device = devices.get(s, do.device_id)
    if not any(first <= do.first_seq <= do.last_seq <= last for first, last in missing(s, device.id)):
        raise Refused("phone.not_missing", first=do.first_seq, last=do.last_seq)
    gap = PhoneGap(
        device_id=device.id,
        first_seq=do.first_seq,
        last_seq=do.last_seq,
        reason=do.reason,
        person_id=by.person_id,
        at_desk=True,
        noted_at=at,
    )
    s.add(gap)
    touch(s, "device", device.id)
    return {"gap_id": gap.id}


class NoteWiped(Operation):
    """The server's own word: a phone came back without its data."""

    device_id: UUID
    person_id: UUID | None = None
    cause: Annotated[str, StringConstraints(pattern="^(wiped|set_back)$")]


@operation(NoteWiped, "phone.note_wiped", roles=set())
def note_wiped(s: Session, do: NoteWiped, by: Actor, at: datetime) -> dict[str, Any]:
    """Result: the numbers that are missing, and the number the phone goes on with."""
    spans = missing(s, do.device_id)
    s.add(
        PhoneIncident(device_id=do.device_id, cause=do.cause, spans=[list(span) for span in spans], person_id=do.person_id, noticed_at=at)
    )
    touch(s, "device", do.device_id)
    return {"spans": [list(span) for span in spans], "seq": announced(s, do.device_id)}


class DecideQuarantine(Operation):
    """What becomes of the records that a revoked phone sent: judge them as if the phone were in order, or leave them aside for good."""

    device_id: UUID
    take: bool
    reason: Reason


@operation(DecideQuarantine, "phone.decide_quarantine", roles=SUPERVISORS)
def decide_quarantine(s: Session, do: DecideQuarantine, by: Actor, at: datetime) -> dict[str, Any]:
    """Marks them; nothing is deleted. Refuses: device.not_found, phone.nothing_waiting"""
    device = devices.get(s, do.device_id)
    rows = _quarantined(s, device.id)
    if not rows:
        raise Refused("phone.nothing_waiting")
    for row in rows:
        row.reason = "released" if do.take else "left_aside"
    touch(s, "device", device.id)
    return {"op_ids": [row.op_id for row in rows]}


async def release(device_id: UUID, reason: str, by: Actor) -> tuple[Outcome, list[Outcome]]:
    """Take a revoked phone's records: note the decision, then judge each under the name of who made it. Answers the decision and the outcomes."""
    decided = await operations.perform(DecideQuarantine(device_id=device_id, take=True, reason=reason), by=by)
    if not decided.ok:
        return decided, []
    with database.reading() as s:
        rows = [s.get(WaitingRow, UUID(op_id)) for op_id in decided.result["op_ids"]]
        asked = [_as_request(s, row) for row in rows if row is not None]
    answers = [one for one in asked if isinstance(one, Outcome)]
    return decided, answers + await operations.perform_batch([one for one in asked if not isinstance(one, Outcome)])


def _as_request(s: Session, row: WaitingRow) -> operations.Request | Outcome:
    body = row.body
    try:
        do = operations.parse(str(body.get("kind", "")), body.get("payload", {}))
        actor = people.actor_of(s, people.get(s, row.person_id), row.device_id)
        corrected = body.get("corrected_at")
        occurred = datetime.fromisoformat(corrected) if corrected else None
    except (Invalid, Refused) as problem:
        return Outcome(row.op_id, "invalid", problem.code, problem.facts)
    sequence = body.get("device_seq")
    envelope = {"quarantined": True, **({"schema": body["schema"]} if "schema" in body else {})}
    return operations.Request(do, actor, row.op_id, occurred, clock.now(), sequence if isinstance(sequence, int) else None, envelope)


# ── what is missing ──


def announced(s: Session, device_id: UUID) -> int:
    """The highest number a phone ever spoke of, or sent."""
    contact = s.get(DeviceContact, device_id)
    top = s.execute(select(func.max(OperationRow.device_seq)).where(col(OperationRow.device_id) == device_id)).scalar_one_or_none()
    return max(contact.highest_seq if contact else 0, top or 0)


def missing(s: Session, device_id: UUID, *, up_to: int | None = None, after: int = 0) -> list[Span]:
    """The spans of a phone's numbers above `after` that were announced and neither arrived nor were explained."""
    last = max(announced(s, device_id), up_to or 0)
    if last <= after:
        return []
    seq = col(OperationRow.device_seq)
    mine = select(seq.label("seq")).where(col(OperationRow.device_id) == device_id, seq.is_not(None), seq > after).distinct().subquery()
    steps = select(mine.c.seq, func.lag(mine.c.seq, 1, after).over(order_by=mine.c.seq).label("before")).subquery()
    jumps = s.execute(select(steps.c.before, steps.c.seq).where(steps.c.seq > steps.c.before + 1).order_by(steps.c.seq)).all()
    spans = [(int(before) + 1, int(here) - 1) for before, here in jumps]
    top = s.execute(select(func.max(mine.c.seq))).scalar_one_or_none() or after
    if last > top:
        spans.append((int(top) + 1, last))
    if not spans:
        return []
    return left_over(s, device_id, spans)


def left_over(s: Session, device_id: UUID, spans: Iterable[Span]) -> list[Span]:
    """`spans` of a phone's numbers less those that were explained or that wait here to be judged."""
    return _without(spans, [*_explained(s, device_id), *_kept(s, device_id)])


def _explained(s: Session, device_id: UUID) -> list[Span]:
    rows = s.execute(select(col(PhoneGap.first_seq), col(PhoneGap.last_seq)).where(col(PhoneGap.device_id) == device_id))
    return [(first, last) for first, last in rows]


def _kept(s: Session, device_id: UUID) -> list[Span]:
    """Numbers that are here but not judged."""
    bodies = s.execute(select(col(WaitingRow.body)).where(col(WaitingRow.device_id) == device_id)).scalars()
    return [(seq, seq) for body in bodies if isinstance(seq := body.get("device_seq"), int)]


def _without(spans: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """`spans` less every number in `taken`."""
    left = sorted(spans)
    for first, last in sorted(set(taken)):
        rest: list[Span] = []
        for start, end in left:
            if last < start or first > end:
                rest.append((start, end))
                continue
            if start < first:
                rest.append((start, first - 1))
            if end > last:
                rest.append((last + 1, end))
        left = rest
    return left


def size_of(spans: Iterable[Span]) -> int:
    """How many numbers these spans hold."""
    return sum(last - first + 1 for first, last in spans)


# ── the desk's list ──


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
        for row in _quarantined(s, device_id)
    ]  # fmt: skip
    return PhoneDetail(
        shown.id, shown.version, shown, tuple(missing(s, device_id)),
        tuple(
            PhoneIncidentView(row.noticed_at, row.cause, tuple((first, last) for first, last in row.spans), names.get(row.person_id, "") if row.person_id else "")
            for row in incidents
        ),
        tuple(waiting),
    )  # fmt: skip


def _quarantined(s: Session, device_id: UUID) -> Sequence[WaitingRow]:
    query = select(WaitingRow).where(col(WaitingRow.device_id) == device_id, col(WaitingRow.reason) == QUARANTINE)
    return sorted(s.execute(query).scalars(), key=lambda row: (row.body.get("device_seq") or 0, row.op_id))


def troubled(s: Session) -> int:
    """How many phones heard of late miss numbers, or wait for a decision: the figure beside the desk's entry."""
    late = clock.now() - TROUBLE_WINDOW
    recent = select(col(DeviceContact.device_id)).join(Device, col(Device.id) == col(DeviceContact.device_id))
    ids = list(s.execute(recent.where(col(Device.role) == Role.PHONE, col(DeviceContact.last_seen_at) > late)).scalars())
    waiting = set(s.execute(select(col(WaitingRow.device_id)).where(col(WaitingRow.reason) == QUARANTINE).distinct()).scalars())
    return len(waiting | {device_id for device_id in ids if missing(s, device_id)})


# ── sealed records ──


def seal_key(person_id: UUID, device_id: UUID) -> bytes:
    """The key of one person's records on one phone; made anew from the office's secret each time, stored nowhere here."""
    return operations.keyed("phone seal", f"{person_id} {device_id}")


def unseal(sealed: str, about: str, by: Actor) -> bytes:
    """What this person's phone sealed; `about` (an op_id, or a photo's hash and range) is bound to it. Raises Invalid op.sealed"""
    if by.person_id is None or by.device_id is None:
        raise Invalid("op.sealed")
    try:
        data = base64.b64decode(sealed, validate=True)
        return AESGCM(seal_key(by.person_id, by.device_id)).decrypt(data[:IV_BYTES], data[IV_BYTES:], about.encode())
    except (binascii.Error, InvalidTag, ValueError):
        raise Invalid("op.sealed") from None


def seal(data: bytes, about: str, person_id: UUID, device_id: UUID, iv: bytes) -> str:
    """The same the other way round: for tests and tools."""
    return base64.b64encode(iv + AESGCM(seal_key(person_id, device_id)).encrypt(iv, data, about.encode())).decode()


def opened_item(item: dict[str, Any], by: Actor) -> dict[str, Any]:
    """The operation inside a sealed one: `{op_id, device_seq, sealed}` → what was recorded. Raises Invalid op.sealed"""
    op_id, sealed = item.get("op_id"), item.get("sealed")
    if not isinstance(op_id, str) or not isinstance(sealed, str):
        raise Invalid("op.sealed")
    try:
        inner = json.loads(unseal(sealed, op_id.lower(), by))
    except ValueError:
        raise Invalid("op.sealed") from None
    if not isinstance(inner, dict) or inner.get("op_id") != op_id:
        raise Invalid("op.sealed")
    return inner


# ── signing in again with a PIN ──


def pin_ticket(s: Session, person_id: UUID, device_id: UUID) -> str:
    """What a phone keeps of a password sign-in, so that its person may come back with the PIN; a new password makes it worthless."""
    person = s.get(Person, person_id)
    mark = (person.password_hash if person else None) or ""
    return operations.keyed("pin ticket", f"{person_id} {device_id} {mark}").hex()


def ticket_fits(s: Session, ticket: str, person_id: UUID, device_id: UUID) -> bool:
    """Whether this person signed in on this phone with the password they still have, and the phone was not revoked."""
    return not devices.is_revoked(s, device_id) and hmac.compare_digest(ticket.encode(), pin_ticket(s, person_id, device_id).encode())


def phone_mark(device_id: UUID) -> str:
    """What a phone's own cookie holds: its id and a proof that we gave it."""
    return f"{device_id}.{operations.keyed('phone mark', str(device_id)).hex()[:32]}"


def marked_phone(value: str | None) -> UUID | None:
    """The phone that a cookie names, or None."""
    text, _, proof = (value or "").partition(".")
    try:
        device_id = UUID(text)
    except ValueError:
        return None
    return device_id if hmac.compare_digest(proof.encode(), phone_mark(device_id).partition(".")[2].encode()) else None


# ── what programs read ──


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
