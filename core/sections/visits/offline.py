"""What a kiosk took while it could not reach the server (pitfalls V38, V39; offline.md, "The design").

Each entry was sealed on the kiosk to the office's own key, with the moment the kiosk told; it arrives through the batch endpoint under the id it was
given on the glass, so that it is one row however often it is sent. Whatever it holds, it is *accepted* and kept: what fits becomes a visit like any
other, marked as accepted offline; what does not (an invitation that was used or cancelled meanwhile, a host nobody knows, a box that does not open)
becomes a line that reception settles. One bad entry never stops another. Once a visit holds the words, the entry forgets them.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints, ValidationError, model_validator
from sqlalchemy import func, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import clock, database, vault
from core.foundation.errors import Invalid, NotAllowed, Refused
from core.foundation.jobs import job
from core.mechanisms import devices, forgets, labels, namekeys, office
from core.mechanisms.forgets import Gone
from core.mechanisms.labels import SubjectKind
from core.mechanisms.namekeys import Match
from core.mechanisms.operations import SYSTEM, Actor, Operation, Role, current_item, current_op_id, operation, perform_now, touch
from core.sections.visits import coming, groups, leaving, planning, record
from core.sections.visits.consent import Signature
from core.sections.visits.record import RECEPTION, Line, Name, Visit, VisitState

MAX_BOX = 120_000  # signs: a drawn signature of 8,000 points is the longest that fits
BROKEN = "offline.unreadable"


class Settled(StrEnum):
    """`done`: it became what it said. `open`: reception decides. `settled`: reception did."""

    DONE = "done"
    OPEN = "open"
    SETTLED = "settled"


class OfflineEntry(SQLModel, table=True):
    """One entry of one kiosk; its id is the operation's. The words stand here only until a visit holds them or reception has settled it."""

    __tablename__: ClassVar[str] = "offline_entry"
    id: UUID = Field(primary_key=True)
    kiosk_id: UUID | None = Field(default=None, index=True)
    kind: str
    state: str = Field(index=True)
    told_at: datetime
    received_at: datetime
    name: str = ""
    company: str = ""
    host_words: str = ""
    purpose: str = ""
    code: str = ""
    language: str = ""
    problem: str = ""
    visit_id: UUID | None = Field(default=None, foreign_key="visit.id", index=True)
    settled_at: datetime | None = None
    settled_by: UUID | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class OfflineView:
    """An entry as reception sees it. `problem` is a code with its sentence in the catalogue."""

    id: UUID
    kiosk: str
    kind: str
    state: str
    told_at: datetime
    received_at: datetime
    name: str
    company: str
    host_words: str
    purpose: str
    problem: str
    visit_id: UUID | None
    version: int


class Said(Operation):
    """What is inside a box: somebody came (with an invitation's scanned code, or in their own words), or somebody left.
    `party`: how many came with a group's code, the leader with them."""

    kind: Literal["arrival", "leaving"]
    code: Annotated[str, StringConstraints(max_length=300)] = ""
    name: Name | None = None
    company: Line = ""
    host_words: Annotated[str, StringConstraints(max_length=80)] = ""
    purpose: Line = ""
    language: Annotated[str, StringConstraints(pattern="^(zh-Hans|zh-Hant|en)?$")] = ""
    consent: Signature | None = None
    party: Annotated[int, Input(ge=0, le=groups.MOST)] = 0

    @model_validator(mode="after")
    def _enough(self) -> Said:
        if not self.code and (self.kind == "leaving" or self.name is None):
            raise ValueError("offline.nothing_said")
        return self


class KeepOffline(Operation):
    """`box` is base64 of what the kiosk sealed (core/foundation/vault.open_box), bound to the operation's id."""

    box: Annotated[str, StringConstraints(min_length=1, max_length=MAX_BOX)]


@operation(KeepOffline, "visit.keep_offline", roles={Role.KIOSK}, offline=True, personal=True)
def keep(s: Session, do: KeepOffline, by: Actor, at: datetime) -> dict[str, Any]:
    """An entry made while the kiosk could not reach us; `at` is the time the kiosk told. Always accepted, once for its id; answers `{state, visit_id,
    problem}`, never a name."""
    entry = OfflineEntry(
        id=current_op_id(s), kiosk_id=by.device_id, kind="unknown", state=Settled.OPEN, told_at=at, received_at=current_item(s).received_at
    )
    said = _opened(do.box, entry.id)
    if said is None:
        entry.problem = BROKEN
    else:
        entry.kind, entry.name, entry.company, entry.language = said.kind, said.name or "", said.company, said.language
        entry.host_words, entry.purpose, entry.code = said.host_words, said.purpose, said.code[:300]
        try:
            with s.begin_nested():
                _become(s, entry, said, by, at)
        except (Refused, Invalid) as no:
            entry.problem, entry.visit_id = no.code, None
        except NotAllowed:
            entry.problem, entry.visit_id = "op.not_allowed", None
    s.add(entry)
    s.flush()
    touch(s, "offline_entry", entry.id)
    return {"state": entry.state, "visit_id": entry.visit_id, "problem": entry.problem}


def _become(s: Session, entry: OfflineEntry, said: Said, by: Actor, at: datetime) -> None:
    """Let the entry be what it says, or raise why it can not."""
    if said.kind == "leaving":
        leader = record.of_code(s, said.code)
        if groups.is_leader(s, leader.id):  # a group that came with one code goes with it
            entry.visit_id = UUID(str(groups.check_out_group(s, groups.CheckOutGroup(code=said.code), by, at)["visit_id"]))
        else:
            entry.visit_id = leaving.check_out(s, leaving.CheckOut(code=said.code), by, at)["visit_id"]
    else:
        if said.code:
            do = coming.CheckIn(code=said.code, language=said.language, consent=said.consent)
        else:
            host = record.host_of(s, said.host_words)
            do = coming.CheckIn(
                name=said.name, company=said.company, host=str(host.id), purpose=said.purpose, language=said.language, consent=said.consent
            )
        group = said.code and groups.is_leader(s, record.of_code(s, said.code).id)
        came = groups.arrive_counted(s, do, max(1, said.party), by, at) if group else coming.check_in(s, do, by, at)
        _came(s, entry, came["visit_id"])
    _done(entry, Settled.DONE)


def _came(s: Session, entry: OfflineEntry, visit_id: object) -> None:
    """The entry is this visit from now on; None: reception looks first (holding.py), and its list of those, not this one, says whom."""
    if visit_id is None:
        return
    entry.visit_id = UUID(str(visit_id))
    visit = record.get(s, entry.visit_id)
    visit.offline_received_at = entry.received_at
    s.add(visit)


def _done(entry: OfflineEntry, state: Settled) -> None:
    """From now on the visit holds the words, or nobody needs them."""
    entry.state = state
    entry.name = entry.company = entry.host_words = entry.purpose = entry.code = ""


def _opened(box: str, op_id: UUID) -> Said | None:
    try:
        data = base64.b64decode(box, validate=True)
        inside = vault.open_box(data, str(op_id).encode())
        return None if inside is None else Said.model_validate(json.loads(inside))
    except (binascii.Error, UnicodeDecodeError, json.JSONDecodeError, ValidationError, RecursionError):
        return None


class SettleOffline(Operation):
    """With `host_id` the visitor came to this person at the time the kiosk told; without, there is nothing more to do about the entry."""

    entry_id: UUID
    host_id: UUID | None = None


@operation(SettleOffline, "visit.settle_offline", roles=RECEPTION)
def settle(s: Session, do: SettleOffline, by: Actor, at: datetime) -> dict[str, Any]:
    """Refuses: offline.not_found, offline.settled, offline.no_name, visit.host_unknown"""
    entry = s.get(OfflineEntry, do.entry_id)
    if entry is None:
        raise Refused("offline.not_found")
    if entry.state != Settled.OPEN:
        raise Refused("offline.settled")
    if do.host_id is not None:
        name = entry.name or _name_of(s, entry.code)
        if entry.kind != "arrival" or not name:
            raise Refused("offline.no_name")
        them = Actor(frozenset({Role.KIOSK, *by.roles}), by.person_id, entry.kiosk_id, name=by.name)
        came = coming.check_in(s, _as_planned(s, entry, name, do.host_id, at) or _as_said(entry, name, do.host_id), them, entry.told_at)
        _came(s, entry, came["visit_id"])
    _done(entry, Settled.SETTLED)
    entry.settled_at, entry.settled_by, entry.version = at, by.person_id, entry.version + 1
    touch(s, "offline_entry", entry.id)
    return {"visit_id": entry.visit_id}


def _as_said(entry: OfflineEntry, name: str, host_id: UUID) -> coming.CheckIn:
    return coming.CheckIn(name=name, company=entry.company, host=str(host_id), purpose=entry.purpose, language=entry.language)


def _as_planned(s: Session, entry: OfflineEntry, name: str, host_id: UUID, at: datetime) -> coming.CheckIn | None:
    """The visit that was planned and that this arrival is: the one of the scanned invitation while it can still be moved to the day of the arrival,
    or the only one of that name to that host on that day. It is no second visit then, and the invitation opens nothing once more."""
    day = clock.today(entry.told_at)
    visit = _invited_by(s, entry.code)
    if visit is None:
        query = select(Visit).where(col(Visit.host_id) == host_id, col(Visit.expected_on) == day, col(Visit.state).in_(planning.OPEN))
        known = namekeys.keys(name)
        same = [
            one
            for one in s.execute(query).scalars()
            if one.erased_at is None and namekeys.same(namekeys.keys(one.name), known) in (Match.NAME, Match.ROMANISED)
        ]
        visit = same[0] if len(same) == 1 else None
    code = labels.of(s, SubjectKind.VISIT, visit.id) if visit is not None else None
    if visit is None or code is None:
        return None
    visit.host_id, visit.expected_on, visit.state, visit.ended_at = host_id, day, VisitState.PLANNED, None
    return coming.CheckIn(code=code, company=entry.company, purpose=entry.purpose, language=entry.language)


def _invited_by(s: Session, code: str) -> Visit | None:
    """Whose invitation was scanned, if it can still be used."""
    try:
        visit = record.of_code(s, code) if code else None
    except (Refused, Invalid):
        return None
    return visit if visit is not None and visit.state in planning.OPEN and visit.erased_at is None else None


def _name_of(s: Session, code: str) -> str:
    """Whom an invitation was for that was used, moved or cancelled meanwhile."""
    if not code:
        return ""
    try:
        return record.of_code(s, code).name
    except (Refused, Invalid):
        return ""


# ── reads ──


def open_entries(s: Session) -> list[OfflineView]:
    """What reception has to settle, oldest first. The host of an invitation that did not fit is who it was for."""
    query = select(OfflineEntry).where(col(OfflineEntry.state) == Settled.OPEN).order_by(col(OfflineEntry.told_at), col(OfflineEntry.id))
    return _views(s, s.execute(query).scalars().all())


def count_open(s: Session) -> int:
    return int(s.execute(select(func.count()).select_from(OfflineEntry).where(col(OfflineEntry.state) == Settled.OPEN)).scalar_one())


def latest(s: Session, limit: int = 100) -> list[OfflineView]:
    """What came in lately, whatever became of it: the latest first."""
    query = select(OfflineEntry).order_by(col(OfflineEntry.received_at).desc(), col(OfflineEntry.told_at).desc()).limit(limit)
    return _views(s, s.execute(query).scalars().all())


def _views(s: Session, rows: Sequence[OfflineEntry]) -> list[OfflineView]:
    kiosks = {device.id: device.name for device in devices.everything(s)} if rows else {}
    ids = [row.visit_id for row in rows if row.visit_id is not None]
    names = {row.id: row.name for row in s.execute(select(Visit.id, Visit.name).where(col(Visit.id).in_(ids)))} if ids else {}
    return [
        OfflineView(
            row.id,
            kiosks.get(row.kiosk_id, "") if row.kiosk_id else "",
            row.kind,
            row.state,
            row.told_at,
            row.received_at,
            row.name or (str(names.get(row.visit_id, "")) if row.visit_id else "") or _name_of(s, row.code),
            row.company,
            row.host_words,
            row.purpose,
            row.problem,
            row.visit_id,
            row.version,
        )
        for row in rows
    ]


# ── forgetting ──


@forgets.visitors(
    "offline", "offline_entry.name", "offline_entry.company", "offline_entry.host_words", "offline_entry.purpose", "offline_entry.code"
)
def forget_entries(s: Session, gone: Gone, at: datetime) -> int:
    """An entry of an erased visit holds nothing any more; one of the same name that nobody settled goes with it."""
    by_visit = col(OfflineEntry.visit_id).in_(gone.visit_ids)
    by_name = col(OfflineEntry.name).in_(gone.names) if gone.names else by_visit
    rows = [row for row in s.execute(select(OfflineEntry).where(by_visit | by_name)).scalars() if row.name or row.code or row.host_words]
    for row in rows:
        _done(row, Settled.SETTLED)
    s.flush()
    return len(rows)


class ForgetOffline(Operation):
    entry_ids: Annotated[list[UUID], Input(min_length=1, max_length=200)]


@operation(ForgetOffline, "visit.forget_offline", roles=set())
def forget(s: Session, do: ForgetOffline, by: Actor, at: datetime) -> None:
    """Nobody settled these within the keeping time: what they say is gone."""
    for row in s.execute(select(OfflineEntry).where(col(OfflineEntry.id).in_(do.entry_ids))).scalars():
        _done(row, Settled.SETTLED)
        row.settled_at, row.version = at, row.version + 1
        touch(s, "offline_entry", row.id)


@job(every_s=3600)
def forget_old(at: datetime) -> int:
    """Entries older than the keeping time that are still open. Returns how many."""
    with database.reading() as s:
        before = at - timedelta(days=int(office.setting(s, "visit.retention_days")))
        query = select(OfflineEntry.id).where(col(OfflineEntry.state) == Settled.OPEN, col(OfflineEntry.received_at) <= before).limit(200)
        ids = list(s.execute(query).scalars())
    if ids:
        perform_now(ForgetOffline(entry_ids=ids), by=SYSTEM, at=at)
    return len(ids)
