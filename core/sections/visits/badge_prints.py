"""Badges out of a printer: at the kiosk by itself, at the desk by hand, once more with a reason (scenario Office 7; guide S3.1-R5; pitfall T16).

Each print is a line of the print log of labels, since a badge's code is a label: who, when, on what, why again. A badge that was lost gets another
code, and the old one says superseded; one that was torn or jammed keeps its own. What a kiosk's printer cannot take stays in the queue at the desk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field as Input
from sqlmodel import Session

from core.foundation.errors import NotAllowed, Refused
from core.mechanisms import label_jobs, labels, printers
from core.mechanisms.labels import LabelState, SubjectKind
from core.mechanisms.operations import Actor, Operation, Role, current_op_id, operation, touch
from core.mechanisms.printers import Printer
from core.sections.visits import badges, happenings, record, types
from core.sections.visits.happenings import Happening
from core.sections.visits.record import RECEPTION, Line, Visit, VisitState, changed

AGAIN = ("jam", "torn", "lost", "changed", "other")
AT_THE_DESK = "desk"  # a badge made as a file at the desk


class PrintBadges(Operation):
    """Badges of one or many visitors (a group) in one job. `printer_id` None: the kiosk's own printer; at the desk, a file that a person prints.
    `reason` is one of jam, torn, lost, changed, other, perhaps with words behind a colon; it is asked for whoever has a badge already."""

    visit_ids: Annotated[list[UUID], Input(min_length=1, max_length=200)]
    printer_id: UUID | None = None
    reason: Line = ""
    start: Annotated[int, Input(ge=1, le=60)] = 1


@operation(PrintBadges, "visit.print_badges", roles={Role.KIOSK, *RECEPTION})
def print_badges(s: Session, do: PrintBadges, by: Actor, at: datetime) -> dict[str, Any]:
    """Answers `{job_id, codes}`; `job_id` is None where no printer takes it. A kiosk prints what it checked in, within a minute, once.

    Refuses: visit.not_found, visit.not_here, badge.why_again, badge.reason, printer.not_found"""
    visits = [record.get(s, id) for id in dict.fromkeys(do.visit_ids)]
    for visit in visits:
        if not badges.may_have_badge(visit, by, at):
            raise NotAllowed()
        if visit.state != VisitState.HERE:
            raise Refused("visit.not_here")
    printer = printers.get(s, do.printer_id) if do.printer_id else printers.of_kiosk(s, by.device_id)
    if by.has(Role.KIOSK):
        if do.printer_id is not None:
            raise NotAllowed()
        visits = [visit for visit in visits if not visit.badges_printed]
        visits = [visit for visit in visits if _wants_badge(s, visit)]
        if not visits or printer is None:
            return {"job_id": _last_job(s, do.visit_ids[0]), "codes": []}
    kind = do.reason.partition(":")[0].strip()
    if any(visit.badges_printed for visit in visits):
        if not kind:
            raise Refused("badge.why_again", n=sum(1 for visit in visits if visit.badges_printed))
        if kind not in AGAIN:
            raise Refused("badge.reason")
    if kind == "lost":
        for visit in visits:
            _new_code(s, visit, at)
    return _print(s, visits, printer, by, at, reason=do.reason, start=do.start)


@happenings.hears
def print_on_arrival(s: Session, what: Happening, visit: Visit, at: datetime) -> None:
    """A kiosk with a printer beside it gives the badge by itself, in the check-in's own transaction: no badge is lost to a page that closes."""
    if what != Happening.ARRIVED or visit.kiosk_id is None or not _wants_badge(s, visit):
        return
    printer = printers.of_kiosk(s, visit.kiosk_id)
    if printer is not None:
        _print(s, [visit], printer, Actor(frozenset({Role.KIOSK}), device_id=visit.kiosk_id), at)


def queue_shares(s: Session, leader: Visit, numbers: Sequence[int], by: Actor, at: datetime) -> None:
    """Badges of people without names who came later, on the job of whoever came with them or one of its own."""
    printer = printers.of_kiosk(s, by.device_id)
    if printer is None or not numbers or not _wants_badge(s, leader):
        return
    _into_job(s, printer, [], {str(leader.id): list(numbers)}, by, at, subject=leader.id)


def queue_for(s: Session, visits: Sequence[Visit], by: Actor, at: datetime) -> UUID | None:
    """Badges of several visitors on this kiosk's printer, inside another operation (a group that came, an approval that was given). Answers the job."""
    printer = printers.of_kiosk(s, by.device_id)
    wanted = [visit for visit in visits if visit.state == VisitState.HERE and _wants_badge(s, visit) and not visit.badges_printed]
    made = _print(s, wanted, printer, by, at) if printer is not None and wanted else None
    return made["job_id"] if made else None


@dataclass(frozen=True, slots=True)
class BadgePrint:
    """One line of a visit's print log. `reason` is empty for the first."""

    printed_at: datetime
    who: str
    printer: str
    code: str
    reason: str


def prints_of(s: Session, visit_id: UUID) -> list[BadgePrint]:
    """Every print of a visit's badge, newest first, also under a code that was superseded."""
    codes = [label.code for label in labels.history(s, SubjectKind.VISIT, visit_id)]
    return [
        BadgePrint(row.printed_at, who, row.printer or row.template, row.code, row.reason or "")
        for row, who in (label_jobs.prints_of(s, codes) if codes else [])
    ]


@dataclass(frozen=True, slots=True)
class BadgeState:
    """How the badge at this kiosk stands: `printer` is false where it has none; `state` and `problem` are the job's, before it
    has any the printer's own: who stands there shall not look at a slot that is known to stay empty."""

    printer: bool
    state: str = ""
    problem: str = ""

    @property
    def stuck(self) -> bool:
        """Whether reception has to help: the printer is off, out of paper, or gave up."""
        return bool(self.problem) or self.state in ("failed", "cancelled")

    @property
    def empty(self) -> bool:
        """Whether it lacks something that a person puts in."""
        return self.problem in ("printer.problem.paper", "printer.problem.ink")


def badge_state(s: Session, visit_id: UUID, by: Actor) -> BadgeState:
    """For the kiosk's screen that waits."""
    job = printers.last_of(s, "badge", ("visit", visit_id))
    if job is None:
        beside = printers.of_kiosk(s, by.device_id)
        return BadgeState(beside is not None, "", printers.problem_of(s, beside.id) if beside else "")
    waits = job.state in printers.OPEN
    return BadgeState(True, job.state, job.problem or (printers.problem_of(s, job.printer_id) if waits else ""))


# ── helpers ──


def _wants_badge(s: Session, visit: Visit) -> bool:
    """Not while somebody still has to say yes, and not for kinds of visitors that get none."""
    return visit.approval != "asked" and types.get(s, visit.type).badge


def _print(
    s: Session, visits: Sequence[Visit], printer: Printer | None, by: Actor, at: datetime, *, reason: str = "", start: int = 1
) -> dict[str, Any]:
    codes = []
    for visit in visits:
        visit.badges_printed += 1
        changed(visit)
        touch(s, "visit", visit.id)
        codes.append(labels.of(s, SubjectKind.VISIT, visit.id) or "")
    s.add_all(
        label_jobs.LabelPrint(
            code=code, printed_at=at, person_id=by.person_id, template=printer.paper if printer else AT_THE_DESK, position=start + place,
            job_id=current_op_id(s), reason=reason or None, printer=printer.name if printer else None,
        )
        for place, code in enumerate(codes) if code
    )  # fmt: skip
    if printer is None:
        return {"job_id": None, "codes": codes}
    whole = not reason or reason.startswith("jam")  # one torn badge of a leader is one badge, not the whole group's once more
    shares = {str(visit.id): list(badges.shares(visit)) for visit in visits if whole and badges.shares(visit)}
    ids = [str(visit.id) for visit in visits]
    job = _into_job(s, printer, ids, shares, by, at, subject=visits[0].id, reason=reason, start=start)
    return {"job_id": job.id, "codes": codes}


def _into_job(
    s: Session,
    printer: Printer,
    ids: list[str],
    shares: dict[str, list[int]],
    by: Actor,
    at: datetime,
    *,
    subject: UUID,
    reason: str = "",
    start: int = 1,
) -> printers.PrintJob:
    """One job for a group that comes in one operation. `shares`: the numbers of people without names, by their leader."""
    held: tuple[UUID | None, printers.PrintJob] | None = s.info.get("badge_job")
    if held is not None and held[0] == current_op_id(s) and held[1].printer_id == printer.id and not reason:
        job = held[1]
        job.recipe = {
            **job.recipe, "visit_ids": [*job.recipe["visit_ids"], *ids], "shares": {**job.recipe.get("shares", {}), **shares}
        }  # fmt: skip
        return job
    recipe = {"visit_ids": ids, "start": start, "shares": shares}
    job = printers.queue(s, printer, "badge", recipe, by, at, subject=("visit", subject), reason=reason)
    s.info["badge_job"] = (current_op_id(s), job)
    return job


def _new_code(s: Session, visit: Visit, at: datetime) -> None:
    old = labels.of(s, SubjectKind.VISIT, visit.id)
    new = labels.give(s, SubjectKind.VISIT, visit.id, at)
    if old is not None:
        row = labels.known(s, old)
        row.state, row.superseded_by, row.ended_at, row.reason = LabelState.SUPERSEDED, new, at, "lost"


def _last_job(s: Session, visit_id: UUID) -> UUID | None:
    job = printers.last_of(s, "badge", ("visit", visit_id))
    return job.id if job else None
