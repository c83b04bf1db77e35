"""Starting, ticking, taking back, adding and closing (scenario Front desk 9; pitfalls V27, V38).

Starting and all marks work without the server: a phone tells them when it comes back, with the moment they happened. Nothing a marshal told
is refused because it came late: after the close it is kept, marked as late, and the report can be sealed once more.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints
from sqlalchemy import func, or_, select
from sqlmodel import Session, col

from core.foundation import clock
from core.foundation.errors import NotAllowed, Refused
from core.foundation.ids import uuid7
from core.mechanisms import labels, notices, numbering, office, people
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import Actor, Operation, Role, as_json, current_item, current_op_id, note, operation, touch
from core.sections.rollcall import house, reading
from core.sections.rollcall.house import Kind, Someone, Status
from core.sections.rollcall.record import (
    STARTERS,
    RollCall,
    RollCallAlias,
    RollCallLine,
    RollCallMark,
    RollCallReport,
    changed,
    resolve,
)
from core.sections.visits.record import Visit, one_line

SAME_EVENT = timedelta(hours=2)  # roll calls that phones began without the server so close together are the same one
SERIES = "rollcall"
Line = Annotated[str, StringConstraints(max_length=200)]


class Start(Operation):
    """`id` is minted by a phone that begins without the server. `marshals` may tick besides those whose role allows it."""

    id: UUID | None = None
    drill: bool = False
    note: Line = ""
    marshals: Annotated[list[UUID], Input(max_length=200)] = Input(default_factory=list)


@operation(Start, "rollcall.start", roles=STARTERS, offline=True, personal=True)
def start(s: Session, do: Start, by: Actor, at: datetime) -> dict[str, Any]:
    """Take the list of everybody in the house at that moment, and tell the marshals. Answers `{rollcall_id, joined, lines}`.

    One roll call at a time: who starts while one runs joins it, and a real one turns a running drill real."""
    numbering.next_number(s, f"{SERIES}.turn")  # a lock until the commit: of two that begin at once the second sees the first
    running = _same_event(s, at)
    if running is not None:
        return _join(s, do, running, by, at)
    roll_call = RollCall(
        id=do.id or uuid7(),
        year=clock.today(at).year,
        number=numbering.next_number(s, SERIES, clock.today(at).year),
        drill=do.drill,
        note=do.note,
        marshals=[str(id) for id in dict.fromkeys(do.marshals)],
        started_at=at,
        started_by=by.person_id,
    )
    s.add(roll_call)
    s.flush()
    someones = house.everybody(s, at)
    s.add_all(_line(roll_call.id, one) for one in someones)
    _tell(s, roll_call, by, at)
    touch(s, "rollcall", roll_call.id)
    return {"rollcall_id": roll_call.id, "joined": False, "lines": len(someones)}


def _join(s: Session, do: Start, running: RollCall, by: Actor, at: datetime) -> dict[str, Any]:
    if do.id is not None and do.id != running.id and s.get(RollCallAlias, do.id) is None:
        s.add(RollCallAlias(id=do.id, roll_call_id=running.id))
    if running.drill and not do.drill and running.closed_at is None:
        running.drill, running.turned_real_at = False, at
        _tell(s, running, by, at)
    running.marshals = list(dict.fromkeys([*running.marshals, *(str(id) for id in do.marshals)]))
    changed(running)
    touch(s, "rollcall", running.id)
    lines = s.execute(select(func.count()).select_from(RollCallLine).where(col(RollCallLine.roll_call_id) == running.id)).scalar_one()
    return {"rollcall_id": running.id, "joined": True, "lines": int(lines)}


def _same_event(s: Session, at: datetime) -> RollCall | None:
    query = (
        select(RollCall)
        .where(
            col(RollCall.started_at) <= at + SAME_EVENT,
            or_(col(RollCall.closed_at).is_(None), col(RollCall.closed_at) >= at),
        )
        .order_by(col(RollCall.started_at).desc())
        .limit(1)
    )
    return s.execute(query).scalars().first()


def _tell(s: Session, roll_call: RollCall, by: Actor, at: datetime) -> None:
    facts = {"what_key": "rollcall.drill" if roll_call.drill else "rollcall.real", "who": by.name}
    wanted = {person.id for person in people.with_role(s, *STARTERS)} | {UUID(id) for id in roll_call.marshals}
    for person_id in sorted(wanted - ({by.person_id} if by.person_id else set())):
        notices.queue(
            s, key="rollcall.started", facts=facts, at=at, to_person_id=person_id, subject=("rollcall", roll_call.id),
            mail=not roll_call.drill,
        )  # fmt: skip


def _line(roll_call_id: UUID, one: Someone, added_at: datetime | None = None) -> RollCallLine:
    return RollCallLine(
        roll_call_id=roll_call_id, subject_id=one.subject_id, kind=one.kind, name=one.name, detail=one.detail, host=one.host,
        where=one.where, since=one.since, status=one.status, headcount=one.headcount, number=one.number, label=one.label, added_at=added_at,
    )  # fmt: skip


# ── marks ──


class Tick(Operation):
    """`subject_id` of the line, or `code` of a badge or staff card. `headcount` of a group: how many of them are seen here."""

    rollcall_id: UUID
    subject_id: UUID | None = None
    code: Annotated[str, StringConstraints(min_length=1, max_length=300)] | None = None
    place_id: UUID | None = None
    headcount: Annotated[int, Input(ge=1, le=999)] | None = None


@operation(Tick, "rollcall.tick", roles={Role.STAFF}, offline=True)
def tick(s: Session, do: Tick, by: Actor, at: datetime) -> dict[str, Any]:
    """This marshal sees them, here. Two marshals may tick the same person. Who is not on the list yet comes on it.

    Refuses: rollcall.not_found, rollcall.nobody (no visit and nobody of the office has this id), label.*"""
    roll_call = _for_marshal(s, do.rollcall_id, by)
    subject_id = do.subject_id if do.subject_id is not None else _behind(s, do.code or "")
    line = _line_of(s, roll_call, subject_id, at)
    _mark(s, roll_call, line, by, at, place_id=do.place_id, headcount=min(do.headcount or line.headcount, max(line.headcount, 1)))
    return {"rollcall_id": roll_call.id, "subject_id": subject_id, "mark_id": current_op_id(s)}


class Untick(Operation):
    """`marks` are the ticks that are taken back, by the ids of their operations; those of others too."""

    rollcall_id: UUID
    subject_id: UUID
    marks: Annotated[list[UUID], Input(min_length=1, max_length=200)]


@operation(Untick, "rollcall.untick", roles={Role.STAFF}, offline=True)
def untick(s: Session, do: Untick, by: Actor, at: datetime) -> dict[str, Any]:
    """It was somebody else: the ticks stay in the history and count no longer; one made meanwhile by another marshal still does.

    Refuses: rollcall.not_found, rollcall.nobody"""
    roll_call = _for_marshal(s, do.rollcall_id, by)
    line = _line_of(s, roll_call, do.subject_id, at)
    _mark(s, roll_call, line, by, at, takes_back=[str(id) for id in dict.fromkeys(do.marks)])
    return {"rollcall_id": roll_call.id, "subject_id": do.subject_id, "mark_id": current_op_id(s)}


class AddSomeone(Operation):
    """Somebody who stands at the assembly point and is on no list. `subject_id` is minted by the phone."""

    rollcall_id: UUID
    subject_id: UUID
    name: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    detail: Line = ""
    place_id: UUID | None = None
    headcount: Annotated[int, Input(ge=1, le=999)] = 1


@operation(AddSomeone, "rollcall.add", roles={Role.STAFF}, offline=True, personal=True)
def add(s: Session, do: AddSomeone, by: Actor, at: datetime) -> dict[str, Any]:
    """On the list and found in one act. Refuses: rollcall.not_found"""
    roll_call = _for_marshal(s, do.rollcall_id, by)
    line = reading.line_of(s, roll_call.id, do.subject_id)
    if line is None:
        one = Someone(do.subject_id, Kind.OTHER, one_line(do.name), one_line(do.detail), "", "", at, headcount=do.headcount)
        line = _line(roll_call.id, one, at)
        s.add(line)
        s.flush()
    _mark(s, roll_call, line, by, at, place_id=do.place_id, headcount=do.headcount)
    return {"rollcall_id": roll_call.id, "subject_id": do.subject_id, "mark_id": current_op_id(s)}


def _for_marshal(s: Session, rollcall_id: UUID, by: Actor) -> RollCall:
    roll_call = resolve(s, rollcall_id)
    if not reading.is_marshal(roll_call, by):
        raise NotAllowed()
    return roll_call


def _behind(s: Session, code: str) -> UUID:
    found = labels.active(s, code)
    if found.subject_id is None or found.subject_kind not in (SubjectKind.VISIT, SubjectKind.PERSON):
        raise Refused("rollcall.nobody")
    return found.subject_id


def _line_of(s: Session, roll_call: RollCall, subject_id: UUID, at: datetime) -> RollCallLine:
    line = reading.line_of(s, roll_call.id, subject_id)
    if line is not None:
        return line
    one = next((one for one in house.everybody(s, at) if one.subject_id == subject_id), None) or _named(s, subject_id, at)
    if one is None:
        raise Refused("rollcall.nobody")
    line = _line(roll_call.id, one, at)
    s.add(line)
    s.flush()
    return line


def _named(s: Session, subject_id: UUID, at: datetime) -> Someone | None:
    """Somebody the house did not know to be here: seen all the same."""
    person = s.get(people.Person, subject_id)
    if person is not None:
        department = people.department_names(s).get(person.department_id, "") if person.department_id else ""
        return Someone(person.id, Kind.STAFF, person.name, department, "", "", at, number=person.extension)
    visit = s.get(Visit, subject_id)
    return Someone(visit.id, Kind.VISITOR, visit.name, visit.company, "", "", at) if visit is not None else None


def _mark(
    s: Session, roll_call: RollCall, line: RollCallLine, by: Actor, at: datetime, *, place_id: UUID | None = None, headcount: int = 1,
    takes_back: list[str] | None = None,
) -> None:  # fmt: skip
    late = roll_call.closed_at is not None
    s.add(
        RollCallMark(
            id=current_op_id(s), roll_call_id=roll_call.id, subject_id=line.subject_id, takes_back=takes_back or [], person_id=by.person_id,
            device_id=by.device_id, place_id=place_id, headcount=headcount, at=at, received_at=current_item(s).received_at, after_close=late,
        )
    )  # fmt: skip
    if late:
        note(s, after_close=True)
    changed(roll_call)
    touch(s, "rollcall", roll_call.id)


# ── the end ──


class Close(Operation):
    rollcall_id: UUID
    note: Line = ""


@operation(Close, "rollcall.close", roles=STARTERS, personal=True)
def close(s: Session, do: Close, by: Actor, at: datetime) -> dict[str, Any]:
    """The roll call is over and its report is sealed; who came in meanwhile stands in it too. Closing again changes nothing.

    Refuses: rollcall.not_found, rollcall.say_why (people are unaccounted for and nothing is said about them)"""
    roll_call = resolve(s, do.rollcall_id)
    if roll_call.closed_at is not None:
        return {"rollcall_id": roll_call.id, "revision": _revision(s, roll_call.id)}
    shown = reading.view(s, roll_call, at)
    if shown.missing and not do.note:
        raise Refused("rollcall.say_why", n=shown.missing)
    for one in shown.lines:
        if one.arrived_since and reading.line_of(s, roll_call.id, one.subject_id) is None:
            s.add(_line(roll_call.id, reading.as_someone(one, at), at))
    s.flush()
    roll_call.closed_at, roll_call.closed_by, roll_call.closing_note = at, by.person_id, do.note
    changed(roll_call)
    touch(s, "rollcall", roll_call.id)
    return {"rollcall_id": roll_call.id, "revision": _seal(s, roll_call, by, at)}


class SealAgain(Operation):
    rollcall_id: UUID


@operation(SealAgain, "rollcall.seal_again", roles=STARTERS)
def seal_again(s: Session, do: SealAgain, by: Actor, at: datetime) -> dict[str, Any]:
    """A second report with the ticks that came after the close; the first one stays. Refuses: rollcall.not_found, rollcall.not_closed,
    rollcall.nothing_new"""
    roll_call = resolve(s, do.rollcall_id)
    if roll_call.closed_at is None:
        raise Refused("rollcall.not_closed")
    if not reading.late_marks(s, roll_call.id):
        raise Refused("rollcall.nothing_new")
    touch(s, "rollcall", roll_call.id)
    changed(roll_call)
    return {"rollcall_id": roll_call.id, "revision": _seal(s, roll_call, by, at)}


def _revision(s: Session, roll_call_id: UUID) -> int:
    query = select(func.max(RollCallReport.revision)).where(col(RollCallReport.roll_call_id) == roll_call_id)
    return int(s.execute(query).scalar_one_or_none() or 0)


def _seal(s: Session, roll_call: RollCall, by: Actor, at: datetime) -> int:
    host, revision = office.info(s), _revision(s, roll_call.id) + 1
    content = as_json(
        {
            "office": host.name if host else "",
            "revision": revision,
            "sealed_at": at,
            "sealed_by": by.name,
            "view": reading.view(s, roll_call, at),
        }
    )
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    s.add(
        RollCallReport(
            roll_call_id=roll_call.id, revision=revision, content=content, sha256=hashlib.sha256(text.encode()).hexdigest(), marks=reading.count_marks(s, roll_call.id), sealed_at=at,
            sealed_by=by.person_id,
        )
    )  # fmt: skip
    return revision


__all__ = ["AddSomeone", "Close", "SealAgain", "Start", "Status", "Tick", "Untick", "add", "close", "seal_again", "start", "tick", "untick"]
