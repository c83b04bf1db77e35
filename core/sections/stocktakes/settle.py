"""From the last scan to the sealed result: close, remind, approve or reject (guide S4.1-R6, R7, R8; S1.2-R7).

The close waits for every phone that took part: nothing that a phone still holds may turn into "missing" (pitfall T1). Approval is by a clerk or leader
who did not count, posts each accepted difference once, and freezes the figures. A rejection changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from pydantic import StringConstraints
from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation import clock, database
from core.foundation.errors import Refused
from core.foundation.ids import derived
from core.foundation.jobs import job
from core.mechanisms import duties
from core.mechanisms.operations import SYSTEM, Actor, Operation, note, operation, perform_now, touch
from core.mechanisms.people import Person
from core.sections.stocktakes import posting, sealing
from core.sections.stocktakes.blinding import has_counted
from core.sections.stocktakes.deciding import open_for_decisions, recounts_owed
from core.sections.stocktakes.lines import review
from core.sections.stocktakes.opening import tell, unanswered
from core.sections.stocktakes.phones import open_devices
from core.sections.stocktakes.progress import by_place_and_person
from core.sections.stocktakes.record import APPROVERS, REVIEWERS, Decision, Mode, State, Stocktake, get, shown
from core.sections.stocktakes.results import Line, Result, Review

REMIND_FROM_HOUR = 9
Reason = Annotated[str, StringConstraints(min_length=1, max_length=500)]


# ── closing ──


class CloseStocktake(Operation):
    """`override_reason`: the desk closes although a phone has not handed in, and says why."""

    stocktake_id: UUID
    override_reason: Annotated[str, StringConstraints(max_length=500)] = ""


@operation(CloseStocktake, "stocktake.close", roles=REVIEWERS)
def close(s: Session, do: CloseStocktake, by: Actor, at: datetime) -> dict[str, Any]:
    """Counting ends; what was not seen is now a deficit. What was counted before and arrives later is still taken.

    Refuses: stocktake.not_found, stocktake.settled, stocktake.devices_open (facts: each phone with how many of its records have not arrived)"""
    row = open_for_decisions(s, do.stocktake_id)
    if row.state == State.CLOSED:
        return {"stocktake_id": row.id}
    waiting = open_devices(s, row)
    if waiting and not do.override_reason:
        names = [{"name": one.name, "n": one.waiting} for one in waiting]
        raise Refused(
            "stocktake.devices_open", n=sum(one.waiting for one in waiting), phones=len(waiting), names=shown(names),
            devices=[{**told, "device_id": str(one.device_id), "missing": [list(span) for span in one.missing], "handed_in": one.handed_in}
                     for told, one in zip(names, waiting, strict=True)],
        )  # fmt: skip
    row.state, row.closed_at, row.closed_by_id = State.CLOSED, at, by.person_id
    row.override_reason = do.override_reason if waiting else ""
    row.version += 1
    if waiting:
        note(s, overridden=shown([{"name": one.name, "n": one.waiting} for one in waiting]))
    touch(s, "stocktake", row.id)
    return {"stocktake_id": row.id}


class RemindCounters(Operation):
    stocktake_id: UUID


@operation(RemindCounters, "stocktake.remind", roles=REVIEWERS)
def remind(s: Session, do: RemindCounters, by: Actor, at: datetime) -> dict[str, Any]:
    """Tell who still owes something: phones that hold the close open, keepers who have not answered, persons asked to count (again) who have not begun.
    Each is told once, of the first of these. Refuses: stocktake.not_found, stocktake.settled"""
    row = open_for_decisions(s, do.stocktake_id)
    told: set[UUID] = set()
    for one in open_devices(s, row):
        if one.person_id is not None and one.person_id not in told:
            told.add(one.person_id)
            tell(s, row, "stocktake.notice.send_records", one.person_id, at, n=one.waiting)
    if row.mode == Mode.SELF and row.state == State.OPEN:
        for keeper_id, n in unanswered(s, row).items():
            if keeper_id not in told:
                told.add(keeper_id)
                tell(s, row, "stocktake.notice.confirm", keeper_id, at, n=n)
    for person_id, n in recounts_owed(s, row).items():
        if person_id not in told:
            told.add(person_id)
            tell(s, row, "stocktake.notice.recount", person_id, at, n=n)
    if row.state == State.OPEN:
        for person in by_place_and_person(s, row).people:
            if person.asked and not person.counted and person.expected is None and person.person_id not in told:
                told.add(person.person_id)
                tell(s, row, "stocktake.notice.count", person.person_id, at)
    touch(s, "stocktake", row.id)
    return {"reminded": len(told)}


@job(every_s=900)
def remind_before_the_last_day(at: datetime) -> None:
    """The day before a count is due, on the day, and each day after it: one reminder a day, in the morning."""
    local = at.astimezone(clock.zone())
    if local.hour < REMIND_FROM_HOUR:
        return
    with database.reading() as s:
        query = select(Stocktake).where(col(Stocktake.state) == State.OPEN, col(Stocktake.due_on) <= local.date() + timedelta(days=1))
        due = [row.id for row in s.execute(query).scalars() if row.opened_at.astimezone(clock.zone()).date() < local.date()]
    for stocktake_id in due:
        perform_now(RemindCounters(stocktake_id=stocktake_id), by=SYSTEM, op_id=derived("stocktake.remind", stocktake_id, local.date()))


# ── settling ──


class ApproveStocktake(Operation):
    """`reason`: a word that is kept with the approval, if there is one."""

    stocktake_id: UUID
    reason: Annotated[str, StringConstraints(max_length=500)] = ""


@operation(ApproveStocktake, "stocktake.approve", roles=APPROVERS)
def approve(s: Session, do: ApproveStocktake, by: Actor, at: datetime) -> dict[str, Any]:
    """Post every accepted difference once and freeze the figures. A second approval is a quiet no-op.

    Refuses: stocktake.not_found, stocktake.not_closed, stocktake.rejected, stocktake.counted_yourself, stocktake.undecided"""
    row = get(s, do.stocktake_id)
    if row.state == State.APPROVED:
        return {"stocktake_id": row.id, "sha256": sealing.sealed(s, row.id).sha256}
    result = _may_settle(s, row, by)
    if result.sums.undecided:
        raise Refused("stocktake.undecided", n=result.sums.undecided)
    row.state, row.settled_at, row.settled_by_id, row.settled_reason = State.APPROVED, at, by.person_id, do.reason
    row.version += 1
    sealed = sealing.seal(s, row, result, by, at)
    posted = [
        posting.post(s, row, _difference(line, at), by, at) for line in result.lines if line.decision == Decision.ACCEPT and _posts(line)
    ]
    for line in result.lines:
        if line.decision == Decision.INVESTIGATE:
            _find_out(s, row, line, by, at)
    touch(s, "stocktake", row.id)
    return {"stocktake_id": row.id, "sha256": sealed.sha256, "posted": sum(posted), "left_alone": len(posted) - sum(posted)}


class RejectStocktake(Operation):
    stocktake_id: UUID
    reason: Reason


@operation(RejectStocktake, "stocktake.reject", roles=APPROVERS)
def reject(s: Session, do: RejectStocktake, by: Actor, at: datetime) -> None:
    """The count stays on record and changes nothing. Refuses: stocktake.not_found, stocktake.not_closed, stocktake.settled, stocktake.counted_yourself"""
    row = get(s, do.stocktake_id)
    if row.state == State.REJECTED:
        return
    if row.state == State.APPROVED:
        raise Refused("stocktake.settled", title=row.title)
    _may_settle(s, row, by)
    row.state, row.settled_at, row.settled_by_id, row.settled_reason = State.REJECTED, at, by.person_id, do.reason
    row.version += 1
    touch(s, "stocktake", row.id)


@dataclass(frozen=True, slots=True)
class WillPost:
    """What an approval now would let the book follow, by result; `left_alone`: accepted, but the book moved on by itself since the count."""

    moved: int = 0
    missing: int = 0
    surplus: int = 0
    left_alone: int = 0

    @property
    def n(self) -> int:
        return self.moved + self.missing + self.surplus


def will_post(s: Session, row: Stocktake, at: datetime) -> WillPost:
    """What `approve` would post, before anybody presses: the same question to the same book."""
    counts: dict[str, int] = {}
    for line in review(s, row).lines:
        if line.decision == Decision.ACCEPT and _posts(line):
            name = "left_alone" if posting.left_alone(s, row, _difference(line, at)) else str(line.result)
            counts[name] = counts.get(name, 0) + 1
    return WillPost(**counts)


def _may_settle(s: Session, row: Stocktake, by: Actor) -> Review:
    if row.state == State.OPEN:
        raise Refused("stocktake.not_closed", title=row.title)
    if row.state == State.REJECTED:
        raise Refused("stocktake.rejected", title=row.title)
    if has_counted(s, row.id, by.person_id):
        raise Refused("stocktake.counted_yourself")
    return review(s, row)


def _posts(line: Line) -> bool:
    return line.result in (Result.MOVED, Result.MISSING, Result.SURPLUS)


def _difference(line: Line, at: datetime) -> posting.Difference:
    last = line.standing[-1].at if line.standing else at
    return posting.Difference(
        line.result, line.subject_id, line.found_place_id, line.book_place_id, line.difference, last, line.name or line.description, line.label, line.cause,
        line.photos, line.expected,
    )  # fmt: skip


def _find_out(s: Session, row: Stocktake, line: Line, by: Actor, at: datetime) -> None:
    """Somebody owes an answer: whoever opened the session, or who approved it."""
    owner = row.opened_by_id or by.person_id
    if owner is None or s.get(Person, owner) is None:
        return
    duties.open_duty(
        s, title_key="stocktake.duty.find_out", facts={"name": line.name or line.label, "title": row.title, "cause": line.cause}, owner_id=owner,
        subject=("stocktake", row.id), at=at, merge_key=f"stocktake/{row.id}/{line.line_id}", by=by,
    )  # fmt: skip
