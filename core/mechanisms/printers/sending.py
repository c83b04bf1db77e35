"""The print queue at work: drawing what is due, handing it over, asking until it has come out (house.md §5: rows first, sending afterwards).

A row is claimed by compare-and-set before anything is sent. When an answer was lost, the printer is asked for that job before it gets
anything a second time, so that a badge never comes out twice. What a printer cannot take stays in the queue and is tried again until it can: a job is
lost only when a person cancels it, or when its visitor has left.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Lock
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select, update
from sqlmodel import Session, col

from core.foundation import database, live
from core.foundation.errors import Invalid, Refused
from core.foundation.ids import derived, uuid7
from core.foundation.jobs import job as every
from core.foundation.live import Change
from core.mechanisms import notices, office
from core.mechanisms.operations import SYSTEM, Actor, Operation, Role, operation, perform_now, touch
from core.mechanisms.printers import drawing, ipp, record, remote, setting_up
from core.mechanisms.printers.drawing import Drawn, NotNeeded, Order
from core.mechanisms.printers.ipp import CannotPrint
from core.mechanisms.printers.record import Printer, PrinterContact, PrintJob, State
from core.mechanisms.printers.remote import JobState

log = logging.getLogger("foyer.printers")

RETRY_AFTER = tuple(timedelta(seconds=seconds) for seconds in (3, 5, 10, 20, 30))  # a visitor stands there; then every half minute
GIVE_UP_AFTER = timedelta(days=2)
STUCK_AFTER = timedelta(minutes=2)
SLOW_AFTER = timedelta(seconds=20)
LOOK_EVERY = timedelta(seconds=60)
FOLLOW_CLOSELY, FOLLOW_EVERY = timedelta(seconds=30), timedelta(seconds=10)  # a job at the printer; one it holds because paper is out
_pool = ThreadPoolExecutor(4, thread_name_prefix="foyer-printers")
_busy: set[UUID] = set()
_lock = Lock()


@every(every_s=1)
def print_due(at: datetime) -> None:
    """Let each printer that has something to do do it on a thread: one that is off must not hold up the others."""
    for printer_id in _with_work(at):
        with _lock:
            if printer_id in _busy:
                continue
            _busy.add(printer_id)
        _pool.submit(_work_and_clear, printer_id, at)


def _work_and_clear(printer_id: UUID, at: datetime) -> None:
    try:
        work(printer_id, at)
    except Exception:  # the next beat tries again; the log says what and why
        log.exception("printing failed")
    finally:
        with _lock:
            _busy.discard(printer_id)


def print_all(at: datetime) -> int:
    """The same on this thread; returns how many printers had something to do."""
    found = _with_work(at)
    for printer_id in found:
        work(printer_id, at)
    return len(found)


def work(printer_id: UUID, at: datetime) -> None:
    """Send what is due at one printer, follow what it has, and note how it is."""
    with database.reading() as s:
        printer = s.get(Printer, printer_id)
        host = office.info(s)
    if printer is None or printer.retired_at is not None:
        return
    _release_stuck(printer_id, at)
    try:
        address = setting_up.address_of(printer)
        ip = ipp.resolve(address, test_office=host is not None and host.kind in ("demo", "test"))
        said = ipp.look(address, ip)
    except CannotPrint as wrong:
        _note(printer, "off" if not wrong.final else "stopped", wrong.problem, wrong.detail, "", at)
        _put_off(printer_id, wrong, at)
        return
    _note(printer, said.state, said.problem, ", ".join(said.reasons), said.make, at)
    _take_back(printer_id, address, ip)
    _follow(printer_id, address, ip, said.problem, at)
    while (claimed := _claim(printer_id, at)) is not None:
        _send(claimed, printer, address, ip, at)


# ── one job ──


def _send(job: PrintJob, printer: Printer, address: ipp.Address, ip: str, at: datetime) -> None:
    try:
        drawn = _drawn(job, printer)
    except NotNeeded:
        _finish(job, {"state": State.CANCELLED, "ended_at": at, "problem": "", "detail": "not needed"})
        return
    except (Refused, Invalid, ValueError, KeyError) as wrong:
        log.warning("print job %s can not be drawn: %s", job.id, wrong)
        _finish(
            job,
            {"state": State.FAILED, "problem": "printer.problem.not_drawn", "detail": str(getattr(wrong, "code", type(wrong).__name__))},
        )
        return
    try:
        number = _handed_over(job, drawn, address, ip)
    except CannotPrint as wrong:
        _finish(job, _later(job, wrong, at))
        return
    if number is None:
        return
    _finish(job, {"state": State.PRINTING, "remote_id": number, "sent_at": at, "problem": "", "detail": ""})


def _handed_over(job: PrintJob, drawn: Drawn, address: ipp.Address, ip: str) -> int | None:
    """The printer has it, once: answers its number there, or None when the row was cancelled or taken over meanwhile. The number is kept before anything
    can come out, so that the next try gives the document to the same job, or sees that it was given."""
    name, media = f"Foyer {job.kind} {str(job.id)[-12:]}", remote.media_of(drawn.width_mm, drawn.height_mm)
    known = None
    if job.attempts > 1:
        known = remote.job(address, ip, job.remote_id) if job.remote_id else remote.find(address, ip, name)
    if known is not None and not known.over and not known.empty:
        return known.id
    number = known.id if known is not None and known.empty else remote.begin(address, ip, name=name, media=media, copies=job.copies)
    if number is None:
        return remote.send(address, ip, name=name, pdf=drawn.pdf, media=media, copies=job.copies)
    if not _begun(job, number):
        remote.cancel(address, ip, number)
        return None
    remote.give(address, ip, number, drawn.pdf)
    return number


def _drawn(job: PrintJob, printer: Printer) -> Drawn:
    return drawing.draw(Order(job.kind, job.recipe, printer.paper, printer.colour, printer.name))


def _later(job: PrintJob, wrong: CannotPrint, at: datetime) -> dict[str, Any]:
    told = {"problem": wrong.problem, "detail": wrong.detail[:200]}
    if wrong.final or at - job.queued_at > GIVE_UP_AFTER:
        return {"state": State.FAILED, **told}
    wait = RETRY_AFTER[min(max(job.attempts, 1), len(RETRY_AFTER)) - 1]
    return {"state": State.QUEUED, "next_at": at + wait, **told}


def _follow(printer_id: UUID, address: ipp.Address, ip: str, problem: str, at: datetime) -> None:
    """What became of the jobs the printer has; while it is out of paper they say so."""
    with database.reading() as s:
        query = select(PrintJob).where(col(PrintJob.printer_id) == printer_id, col(PrintJob.state) == State.PRINTING)
        rows = list(s.execute(query.order_by(col(PrintJob.queued_at)).limit(20)).scalars())
    for job in rows:
        if job.remote_id is None:
            continue
        try:
            found = remote.job(address, ip, job.remote_id)
        except CannotPrint as wrong:
            found, problem = None, wrong.problem
            if not wrong.final:
                return
        if found is None or found.state == JobState.COMPLETED:  # a printer that forgot a job has done with it
            _finish(job, {"state": State.DONE, "ended_at": at, "problem": "", "detail": ""})
        elif found.state in (JobState.CANCELLED, JobState.ABORTED):
            _finish(
                job,
                {"state": State.FAILED, "remote_id": None, "problem": "printer.problem.aborted", "detail": ", ".join(found.reasons)[:200]},
            )
        else:
            now = found.problem or problem
            if not now and job.sent_at is not None and at - job.sent_at > SLOW_AFTER:
                now = "printer.problem.slow"  # a print server keeps what its printer does not take, and says nothing
            if now != job.problem:
                _finish(job, {"problem": now})


def _take_back(printer_id: UUID, address: ipp.Address, ip: str) -> None:
    """Cancelled at the desk while the printer already had them."""
    query = select(PrintJob).where(
        col(PrintJob.printer_id) == printer_id, col(PrintJob.state) == State.CANCELLED, col(PrintJob.remote_id).is_not(None)
    )
    with database.reading() as s:
        rows = list(s.execute(query.limit(20)).scalars())
    for job in rows:
        try:
            remote.cancel(address, ip, job.remote_id or 0)
        except CannotPrint:
            return
        _finish(job, {"remote_id": None})


# ── the rows ──


_ANY_PRINTER = select(col(Printer.id)).where(col(Printer.retired_at).is_(None)).limit(1)


def _with_work(at: datetime) -> list[UUID]:
    """Printers with a job that is due, one to follow or to take back, or that nobody looked at for a minute."""
    with database.reading() as s:
        if s.execute(_ANY_PRINTER).first() is None:
            return []  # most offices, each second
    due = and_(col(PrintJob.state) == State.QUEUED, col(PrintJob.next_at) <= at)
    back = and_(col(PrintJob.state) == State.CANCELLED, col(PrintJob.remote_id).is_not(None))
    stale = and_(col(PrintJob.state) == State.SENDING, col(PrintJob.claimed_at) <= at - STUCK_AFTER)
    printing = and_(col(PrintJob.state) == State.PRINTING, col(PrintJob.sent_at) > at - FOLLOW_CLOSELY)
    lately = select(PrinterContact.printer_id).where(col(PrinterContact.looked_at) > at - FOLLOW_EVERY)
    held = and_(col(PrintJob.state) == State.PRINTING, col(PrintJob.printer_id).not_in(lately))
    with database.reading() as s:
        busy = set(s.execute(select(PrintJob.printer_id).where(or_(due, back, stale, printing, held)).distinct()).scalars())
        looked = select(PrinterContact.printer_id).where(col(PrinterContact.looked_at) > at - LOOK_EVERY)
        unseen = set(s.execute(select(Printer.id).where(col(Printer.retired_at).is_(None), col(Printer.id).not_in(looked))).scalars())
    return sorted(busy | unseen)


def _claim(printer_id: UUID, at: datetime) -> PrintJob | None:
    mark = uuid7()
    mine = and_(col(PrintJob.printer_id) == printer_id, col(PrintJob.state) == State.QUEUED, col(PrintJob.next_at) <= at)
    with database.writing() as s:
        first = select(col(PrintJob.id)).where(mine).order_by(col(PrintJob.queued_at), col(PrintJob.id)).limit(1)
        id = s.execute(first.with_for_update(skip_locked=True)).scalar_one_or_none()
        if id is None:
            return None
        values = {
            "state": State.SENDING,
            "claim": mark,
            "claimed_at": at,
            "attempts": PrintJob.attempts + 1,
            "version": PrintJob.version + 1,
        }
        s.execute(update(PrintJob).where(col(PrintJob.id) == id, col(PrintJob.state) == State.QUEUED).values(**values))
    with database.reading() as s:
        job = s.execute(select(PrintJob).where(col(PrintJob.claim) == mark)).scalar_one_or_none()
    if job is not None:
        live.publish([Change("print", str(job.id))])
    return job


def _release_stuck(printer_id: UUID, at: datetime) -> None:
    stuck = and_(col(PrintJob.printer_id) == printer_id, col(PrintJob.state) == State.SENDING, col(PrintJob.claimed_at) <= at - STUCK_AFTER)
    with database.writing() as s:
        s.execute(update(PrintJob).where(stuck).values(state=State.QUEUED, claim=None, next_at=at))


def _put_off(printer_id: UUID, wrong: CannotPrint, at: datetime) -> None:
    """The printer cannot be reached: everything that waits for it says so and is tried again."""
    due = and_(col(PrintJob.printer_id) == printer_id, col(PrintJob.state) == State.QUEUED, col(PrintJob.next_at) <= at)
    with database.reading() as s:
        rows = list(s.execute(select(PrintJob).where(due)).scalars())
    for job in rows:
        job.attempts += 1
        _finish(job, {**_later(job, wrong, at), "attempts": job.attempts})


def _begun(job: PrintJob, number: int) -> bool:
    """Keep the printer's number, if the row is still this sender's."""
    mine = and_(col(PrintJob.id) == job.id, col(PrintJob.state) == State.SENDING, col(PrintJob.claim) == job.claim)
    with database.writing() as s:
        kept = s.execute(update(PrintJob).where(mine).values(remote_id=number).returning(col(PrintJob.id))).scalar_one_or_none()
    return kept is not None


def _finish(job: PrintJob, values: dict[str, Any]) -> None:
    """Note the result, unless somebody took the row over or cancelled it meanwhile."""
    with database.writing() as s:
        mine = and_(col(PrintJob.id) == job.id, col(PrintJob.state) == job.state, col(PrintJob.version) == job.version)
        if job.state == State.SENDING and values.get("remote_id"):
            # Cancelled while it was being sent: the printer's number is kept, so that it can be taken back there.
            s.execute(update(PrintJob).where(col(PrintJob.id) == job.id).values(remote_id=values["remote_id"]))
        s.execute(update(PrintJob).where(mine).values(**values, claim=None, version=PrintJob.version + 1))
    live.publish([Change("print", str(job.id))])


# ── the printers ──


def _note(printer: Printer, state: str, problem: str, detail: str, make: str, at: datetime) -> None:
    with database.writing() as s:
        row = s.get(PrinterContact, printer.id)
        changed = row is None or (row.state, row.problem) != (state, problem)
        worse = bool(problem) and (row is None or row.problem != problem)
        if row is None:
            row = PrinterContact(printer_id=printer.id, state=state, looked_at=at, since=at)
        if changed:
            row.since = at
        row.state, row.problem, row.detail, row.looked_at = state, problem, detail[:200], at
        row.make = make or row.make
        s.add(row)
    if changed:
        live.publish([Change("printer", str(printer.id))])
    if worse:
        perform_now(
            TellOff(printer_id=printer.id, problem=problem), by=SYSTEM, at=at, op_id=derived("printer.off", printer.id, problem, at)
        )


class TellOff(Operation):
    printer_id: UUID
    problem: str


@operation(TellOff, "printer.tell_off", roles=set())
def tell_off(s: Session, do: TellOff, by: Actor, at: datetime) -> None:
    """Reception hears that a printer is off or out of paper while a kiosk or the desk needs it. Refuses: printer.not_found"""
    printer = record.get(s, do.printer_id)
    facts = {"printer": printer.name, "problem_key": do.problem}
    if (
        printer.at_desk
        or s.execute(select(record.KioskPrinter).where(col(record.KioskPrinter.printer_id) == printer.id)).first() is not None
    ):
        notices.queue_roles(s, Role.RECEPTION, key="printer.is_off", facts=facts, at=at, subject=("printer", printer.id), mail=False)
    touch(s, "printer", printer.id)


def look_now(printer_id: UUID, at: datetime) -> None:
    """Ask a printer at once, for the desk's button; on a thread of its own."""
    work(printer_id, at)
