"""What is done with duties: opened for a section or by hand, completed, verified, moved, cancelled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from types import ModuleType
from typing import Annotated, Any
from uuid import UUID

from pydantic import StringConstraints
from sqlmodel import Session

from core.foundation import clock
from core.foundation.errors import NotAllowed, Refused
from core.mechanisms import office, people, workdays
from core.mechanisms.duties.reading import view
from core.mechanisms.duties.record import (
    CANCELLED,
    DONE,
    OPEN,
    SEES_ALL,
    VERIFIED,
    VERIFIERS,
    Duty,
    DutyView,
    Note,
    Photos,
    find_open,
    get,
    note_event,
    tell,
)
from core.mechanisms.operations import PERSON_ROLES, SYSTEM, Actor, Operation, Role, operation


def open_duty(
    s: Session, *, title_key: str, owner_id: UUID, subject: tuple[str, UUID], at: datetime, facts: dict[str, Any] | None = None,
    due_on: date | None = None,
    four_eyes: bool = False, merge_key: str | None = None, by: Actor = SYSTEM, photos: Sequence[str] = (), remark: str = "",
) -> Duty:  # fmt: skip
    """A new duty inside another section's operation, or the open one about the same `merge_key`, which then happened once more.

    `due_on` defaults to the office's `duty.lead_workdays` working days after today."""
    duty = find_open(s, merge_key) if merge_key else None
    if duty is not None:
        # Found again while its repair waits for a second pair of eyes: it is not repaired.
        duty.state, duty.done_by, duty.done_at = OPEN, None, None
        duty.times += 1
        duty.version += 1
        note_event(s, duty, "again", by, at, remark, photos)
        return duty
    due = due_on or workdays.add(s, clock.today(at), int(office.setting(s, "duty.lead_workdays")))
    duty = Duty(
        title_key=title_key, facts=facts or {}, owner_id=owner_id, due_on=due, four_eyes=four_eyes, subject_kind=subject[0],
        subject_id=subject[1],
        merge_key=merge_key, opened_by=by.person_id, opened_at=at,
    )  # fmt: skip
    s.add(duty)
    s.flush()
    note_event(s, duty, "opened", by, at, remark, photos)
    if duty.owner_id != by.person_id:
        tell(s, duty, duty.owner_id, "duty.notice.opened", at)
    return duty


def settle(s: Session, duty: Duty, by: Actor, at: datetime, remark: str = "") -> None:
    """Close a duty because the thing itself was settled (a licence renewed, a loan returned): done and, if it needs no second person,
    final."""
    if duty.state == OPEN:
        _complete(s, duty, by, at, remark, ())


WhenDone = Callable[[Session, Duty, Actor, datetime], None]
_when_done: dict[str, WhenDone] = {}


def when_done(subject_kind: str) -> Callable[[WhenDone], WhenDone]:
    """Mark what a section does, in the same transaction, when a duty about a thing of this kind is done (a fault that is repaired)."""

    def mark(function: WhenDone) -> WhenDone:
        function.__when_done__ = subject_kind  # type: ignore[attr-defined]
        return function

    return mark


def include(*modules: ModuleType) -> None:
    """Know what these modules do when a duty is done; including again replaces."""
    for module in modules:
        for value in list(vars(module).values()):
            kind = getattr(value, "__when_done__", None)
            if isinstance(kind, str):
                _when_done[kind] = value


def cancel(s: Session, duty: Duty, by: Actor, at: datetime, remark: str = "") -> None:
    """Nobody owes it any more (its plan ended, its thing is gone): an open duty ends undone."""
    if duty.state == OPEN:
        duty.state = CANCELLED
        duty.version += 1
        note_event(s, duty, "cancelled", by, at, remark)


def hand_on(s: Session, duty: Duty, owner_id: UUID, by: Actor, at: datetime) -> None:
    """An open duty goes along with its thing to another owner, who is told."""
    if duty.state == OPEN and duty.owner_id != owner_id:
        duty.owner_id = owner_id
        duty.version += 1
        note_event(s, duty, "moved", by, at)
        tell(s, duty, owner_id, "duty.notice.opened", at)


class OpenDuty(Operation):
    """A duty somebody writes by hand."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    owner_id: UUID
    due_on: date | None = None
    four_eyes: bool = False
    note: Note = ""
    photos: Photos = ()


@operation(OpenDuty, "duty.open", roles=SEES_ALL)
def open_by_hand(s: Session, do: OpenDuty, by: Actor, at: datetime) -> dict[str, Any]:
    """Refuses: person.not_found"""
    owner = people.get(s, do.owner_id)
    duty = open_duty(
        s, title_key="duty.by_hand", facts={"title": do.title}, owner_id=owner.id, due_on=do.due_on, four_eyes=do.four_eyes,
        subject=("person", owner.id), at=at, by=by, photos=do.photos, remark=do.note,
    )  # fmt: skip
    return {"duty_id": duty.id, "due_on": duty.due_on}


class CompleteDuty(Operation):
    duty_id: UUID
    note: Note = ""
    photos: Photos = ()


@operation(CompleteDuty, "duty.complete", roles=PERSON_ROLES, offline=True)
def complete(s: Session, do: CompleteDuty, by: Actor, at: datetime) -> DutyView:
    """Its owner, or the office for them, says it is done. One that needs a second person must say how (a note or a photo) and then waits
    for them.

    Doing it twice is quiet. Refuses: duty.not_found, duty.closed, duty.evidence_missing; not allowed: somebody else's."""
    duty = get(s, do.duty_id)
    if by.person_id != duty.owner_id and not by.has(*VERIFIERS, Role.SYSTEM):
        raise NotAllowed(duty=duty.id)
    if duty.state == DONE and duty.done_by == by.person_id:
        return view(s, duty, by, at)
    if duty.state != OPEN:
        raise Refused("duty.closed", state=duty.state)
    if duty.four_eyes and not do.note and not do.photos:
        raise Refused("duty.evidence_missing")
    _complete(s, duty, by, at, do.note, do.photos)
    return view(s, duty, by, at)


class VerifyDuty(Operation):
    """`accepted` false sends it back to its owner with the reason."""

    duty_id: UUID
    accepted: bool = True
    note: Note = ""
    photos: Photos = ()


@operation(VerifyDuty, "duty.verify", roles=VERIFIERS)
def verify(s: Session, do: VerifyDuty, by: Actor, at: datetime) -> DutyView:
    """Another person looks at what was done (scenario Floor 4). Refuses: duty.not_found, duty.not_done, duty.reason_missing; not allowed:
    who owns or fixed it."""
    duty = get(s, do.duty_id)
    if by.person_id in (duty.done_by, duty.owner_id):
        raise NotAllowed(duty=duty.id)
    if duty.state == VERIFIED and do.accepted:
        return view(s, duty, by, at)
    if duty.state != DONE:
        raise Refused("duty.not_done")
    if not do.accepted and not do.note:
        raise Refused("duty.reason_missing")
    if do.accepted:
        duty.state, duty.verified_by, duty.verified_at = VERIFIED, by.person_id, at
    else:
        duty.state, duty.done_by, duty.done_at = OPEN, None, None
    duty.version += 1
    note_event(s, duty, "verified" if do.accepted else "returned", by, at, do.note, do.photos)
    return view(s, duty, by, at)


class MoveDuty(Operation):
    """Another owner or another day, with the reason."""

    duty_id: UUID
    owner_id: UUID | None = None
    due_on: date | None = None
    reason: Annotated[str, StringConstraints(min_length=1, max_length=300)]


@operation(MoveDuty, "duty.move", roles=VERIFIERS)
def move(s: Session, do: MoveDuty, by: Actor, at: datetime) -> DutyView:
    """Refuses: duty.not_found, duty.closed, person.not_found"""
    duty = get(s, do.duty_id)
    if duty.state != OPEN:
        raise Refused("duty.closed", state=duty.state)
    if do.owner_id is not None:
        duty.owner_id = people.get(s, do.owner_id).id
    duty.due_on = do.due_on or duty.due_on
    duty.version += 1
    note_event(s, duty, "moved", by, at, do.reason)
    return view(s, duty, by, at)


def _complete(s: Session, duty: Duty, by: Actor, at: datetime, remark: str, photos: Sequence[str]) -> None:
    duty.state, duty.done_by, duty.done_at = DONE, by.person_id, at
    duty.version += 1
    note_event(s, duty, "completed", by, at, remark, photos)
    if (act := _when_done.get(duty.subject_kind)) is not None:
        act(s, duty, by, at)
