"""The print queue as people see it: lining up, trying again, taking back, what waits and why. A job holds a recipe, never a document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from core.foundation.errors import NotAllowed, Refused
from core.foundation.jobs import wake
from core.mechanisms import devices, labels, people
from core.mechanisms.operations import OFFICE, Actor, Operation, Role, after_commit, as_json, operation, touch
from core.mechanisms.printers.record import OPEN, READERS, Printer, PrintJob, State, get


@dataclass(frozen=True, slots=True)
class JobView:
    """A print job for the desk; `title` is what its subject says of itself to this reader."""

    id: UUID
    printer_id: UUID
    printer: str
    kind: str
    title: str
    reason: str
    who: str
    state: str
    problem: str
    detail: str
    queued_at: datetime
    attempts: int
    next_at: datetime | None
    ended_at: datetime | None
    version: int


def queue(
    s: Session, printer: Printer, kind: str, recipe: dict[str, Any], by: Actor, at: datetime, *,
    subject: tuple[str, UUID] | None = None, reason: str = "", copies: int = 1,
) -> PrintJob:  # fmt: skip
    """Line a print job up, inside an operation; it leaves once the operation is committed."""
    job = PrintJob(
        printer_id=printer.id, kind=kind, recipe=as_json(recipe), copies=copies, reason=reason, person_id=by.person_id, device_id=by.device_id,
        subject_kind=subject[0] if subject else None, subject_id=subject[1] if subject else None, queued_at=at, next_at=at, state=State.QUEUED,
    )  # fmt: skip
    s.add(job)
    s.flush()
    touch(s, "print", job.id)
    soon(s)
    return job


class RetryPrint(Operation):
    """`printer_id`: on another printer."""

    job_id: UUID
    printer_id: UUID | None = None


@operation(RetryPrint, "print.retry", roles=OFFICE)
def retry(s: Session, do: RetryPrint, by: Actor, at: datetime) -> None:
    """Try at once, here or on another printer. Refuses: print.not_found, print.over, print.at_printer, printer.not_found"""
    job = _job(s, do.job_id)
    if job.state in (State.DONE, State.CANCELLED):
        raise Refused("print.over")
    moved = do.printer_id is not None and do.printer_id != job.printer_id
    if job.state in (State.PRINTING, State.SENDING):
        if moved:
            raise Refused("print.at_printer")
        return  # the printer has it already: a second copy is nobody's wish
    if moved:
        job.printer_id, job.remote_id, job.attempts = get(s, do.printer_id).id, None, 0
    else:
        get(s, job.printer_id)
    job.state, job.next_at, job.problem, job.detail = State.QUEUED, at, "", ""
    job.version += 1
    touch(s, "print", job.id)
    soon(s)


class CancelPrint(Operation):
    job_id: UUID


@operation(CancelPrint, "print.cancel", roles=OFFICE)
def cancel(s: Session, do: CancelPrint, by: Actor, at: datetime) -> None:
    """It is not wanted any more; one that is done stays done. Refuses: print.not_found, print.over"""
    job = _job(s, do.job_id)
    if job.state == State.DONE:
        raise Refused("print.over")
    if job.state != State.CANCELLED:
        job.state, job.ended_at, job.claim = State.CANCELLED, at, None
        job.version += 1
    touch(s, "print", job.id)
    soon(s)


# ── reads ──


def jobs(s: Session, by: Actor, *, printer_id: UUID | None = None, only_open: bool = False, limit: int = 50) -> list[JobView]:
    """Print jobs for the desk, newest first; only members of the office who may print see them. Raises NotAllowed."""
    if not by.has(*READERS, Role.SYSTEM):
        raise NotAllowed()
    query = select(PrintJob).order_by(col(PrintJob.queued_at).desc(), col(PrintJob.id).desc()).limit(limit)
    if printer_id is not None:
        query = query.where(col(PrintJob.printer_id) == printer_id)
    if only_open:
        query = query.where(col(PrintJob.state).in_(OPEN))
    return _job_views(s, list(s.execute(query).scalars()), by)


def stuck(s: Session, by: Actor) -> list[JobView]:
    """What waits because something is wrong: failed, or tried and not taken, oldest first."""
    wrong = select(PrintJob).where(col(PrintJob.state).in_(OPEN), col(PrintJob.problem) != "").order_by(col(PrintJob.queued_at)).limit(50)
    return _job_views(s, list(s.execute(wrong).scalars()), by)


def count_stuck(s: Session) -> int:
    query = select(func.count()).select_from(PrintJob).where(col(PrintJob.state).in_(OPEN), col(PrintJob.problem) != "")
    return int(s.execute(query).scalar_one())


def state_of_job(s: Session, job_id: UUID) -> tuple[str, str]:
    """The state and problem of a job, for the screen that waits for it."""
    job = _job(s, job_id)
    return job.state, job.problem


def last_of(s: Session, kind: str, subject: tuple[str, UUID]) -> PrintJob | None:
    """The latest job of this kind about a thing."""
    query = select(PrintJob).where(
        col(PrintJob.kind) == kind, col(PrintJob.subject_kind) == subject[0], col(PrintJob.subject_id) == subject[1]
    )
    return s.execute(query.order_by(col(PrintJob.queued_at).desc(), col(PrintJob.id).desc()).limit(1)).scalar_one_or_none()


# ── helpers ──


def soon(s: Session) -> None:
    """Let the queue be looked at once this is committed."""
    from core.mechanisms.printers import sending  # it reads this module

    after_commit(s, lambda: wake(sending.print_due))


def _job(s: Session, job_id: UUID) -> PrintJob:
    job = s.get(PrintJob, job_id)
    if job is None:
        raise Refused("print.not_found")
    return job


def _job_views(s: Session, rows: Sequence[PrintJob], by: Actor) -> list[JobView]:
    names = {row.id: row.name for row in s.execute(select(Printer.id, Printer.name))}
    persons = {row.person_id for row in rows if row.person_id}
    who = {p.id: p.name for p in s.execute(select(people.Person).where(col(people.Person.id).in_(persons))).scalars()} if persons else {}
    kiosks = (
        {row.id: row.name for row in s.execute(select(devices.Device.id, devices.Device.name))} if any(r.device_id for r in rows) else {}
    )
    told: dict[UUID, str] = {}
    for kind in {row.subject_kind for row in rows if row.subject_kind}:
        ids = [row.subject_id for row in rows if row.subject_kind == kind and row.subject_id]
        told |= {id: said.title for id, said in labels.describe(s, kind, ids, by).items()}
    return [
        JobView(
            row.id, row.printer_id, names.get(row.printer_id, ""), row.kind, told.get(row.subject_id, "") if row.subject_id else "", row.reason,
            (who.get(row.person_id, "") if row.person_id else "") or (kiosks.get(row.device_id, "") if row.device_id else ""), row.state, row.problem,
            row.detail, row.queued_at, row.attempts, row.next_at if row.state == State.QUEUED and row.attempts else None, row.ended_at, row.version,
        )
        for row in rows
    ]  # fmt: skip
