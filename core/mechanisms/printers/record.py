"""Printers of the office and what is to come out of them (issue of visitors; pitfall T16; security.md, SEC 31).

A printer is set up once at the desk: its address (a CUPS queue or the printer itself), the paper that lies in it, which kiosk it serves. A print
job holds a recipe, never a document: it is drawn when the printer takes it, so that no name lies in a queue, and what is no longer wanted is not
printed. Drawing is others' work: they declare `@draws(kind)`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import ModuleType
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import StringConstraints
from sqlalchemy import JSON, Column, func, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation.errors import NotAllowed, Refused
from core.foundation.ids import uuid7
from core.foundation.jobs import wake
from core.mechanisms import devices, labels, people
from core.mechanisms.label_papers import PaperName
from core.mechanisms.operations import OFFICE, Actor, Operation, Role, after_commit, as_json, operation, touch
from core.mechanisms.printers import ipp

Name = Annotated[str, StringConstraints(min_length=1, max_length=60)]
AddressText = Annotated[str, StringConstraints(min_length=6, max_length=200)]
Reason = Annotated[str, StringConstraints(max_length=200)]
READERS = frozenset({*OFFICE, Role.SAFETY})


class State(StrEnum):
    """`printing`: the printer has it. `failed`: nothing more is tried by itself; it can be tried again, or moved to another printer."""

    QUEUED = "queued"
    SENDING = "sending"
    PRINTING = "printing"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN = (State.QUEUED, State.SENDING, State.PRINTING, State.FAILED)


class Printer(SQLModel, table=True):
    """A printer. `paper` is what lies in it; `at_desk`: what reception prints goes here; `colour`: it prints in colour."""

    __tablename__: ClassVar[str] = "printer"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    name: str
    address: str
    paper: str
    colour: bool = False
    at_desk: bool = False
    added_at: datetime
    retired_at: datetime | None = None
    version: int = 1


class PrinterContact(SQLModel, table=True):
    """The platform's own bookkeeping of what a printer last said, not an operation. `since` is when its present state began."""

    __tablename__: ClassVar[str] = "printer_contact"
    printer_id: UUID = Field(primary_key=True)
    state: str
    problem: str = ""
    detail: str = ""
    make: str = ""
    looked_at: datetime
    since: datetime


class KioskPrinter(SQLModel, table=True):
    """Which printer stands beside which kiosk."""

    __tablename__: ClassVar[str] = "kiosk_printer"
    device_id: UUID = Field(primary_key=True, foreign_key="device.id")
    printer_id: UUID = Field(foreign_key="printer.id", index=True)


class PrintJob(SQLModel, table=True):
    """One thing to print. `recipe` says what, in ids and codes; `claim` is the sender's own mark, `remote_id` the printer's number for it."""

    __tablename__: ClassVar[str] = "print_job"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    printer_id: UUID = Field(foreign_key="printer.id", index=True)
    kind: str
    subject_kind: str | None = None
    subject_id: UUID | None = Field(default=None, index=True)
    recipe: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    copies: int = 1
    reason: str = ""
    person_id: UUID | None = None
    device_id: UUID | None = None
    queued_at: datetime = Field(index=True)
    state: str = Field(index=True)
    attempts: int = 0
    next_at: datetime
    claim: UUID | None = None
    claimed_at: datetime | None = None
    remote_id: int | None = None
    sent_at: datetime | None = None
    ended_at: datetime | None = None
    problem: str = ""
    detail: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True)
class PrinterView:
    """A printer as the desk sees it. `state` is idle, printing, stopped, off or new; `waiting` counts its open jobs."""

    id: UUID
    name: str
    address: str
    paper: str
    colour: bool
    at_desk: bool
    state: str
    problem: str
    detail: str
    make: str
    looked_at: datetime | None
    since: datetime | None
    waiting: int
    kiosks: tuple[str, ...]
    version: int

    @property
    def well(self) -> bool:
        """Whether nothing is wrong that anybody knows of."""
        return not self.problem and self.state != "off"


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


# ── what draws ──


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be drawn for which printer."""

    kind: str
    recipe: dict[str, Any]
    paper: str
    colour: bool
    printer: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """A PDF and the size of its pages."""

    pdf: bytes
    width_mm: float
    height_mm: float


class NotNeeded(Exception):
    """What was to be printed is over: the visitor has left, the parcel was fetched."""


Drawer = Callable[[Order], Drawn]
_drawers: dict[str, Drawer] = {}


def draws(kind: str) -> Callable[[Drawer], Drawer]:
    """Mark the function `(order) -> Drawn` that draws jobs of `kind`; it may raise NotNeeded. It runs on a thread without a session."""

    def mark(function: Drawer) -> Drawer:
        function.__draws__ = kind  # type: ignore[attr-defined]
        return function

    return mark


def include(*modules: ModuleType) -> None:
    """Know the drawers of these modules; including again replaces."""
    for module in modules:
        for value in list(vars(module).values()):
            if isinstance(kind := getattr(value, "__draws__", None), str):
                _drawers[kind] = value


def draw(order: Order) -> Drawn:
    """Raises NotNeeded, DrawingError, Refused."""
    return _drawers[order.kind](order)


# ── setting up ──


class AddPrinter(Operation):
    id: UUID | None = None
    name: Name
    address: AddressText
    paper: PaperName
    colour: bool = False
    at_desk: bool = False


@operation(AddPrinter, "printer.add", roles={Role.ADMIN})
def add(s: Session, do: AddPrinter, by: Actor, at: datetime) -> dict[str, Any]:
    """Answers `{printer_id}`. Refuses: printer.name_taken, printer.bad_address, printer.bad_port"""
    _free(s, do.name)
    printer = Printer(
        id=do.id or uuid7(), name=do.name, address=_plain(do.address), paper=do.paper, colour=do.colour, at_desk=do.at_desk, added_at=at
    )
    s.add(printer)
    s.flush()
    touch(s, "printer", printer.id)
    return {"printer_id": printer.id}


class ChangePrinter(Operation):
    """What is left out stays."""

    printer_id: UUID
    name: Name | None = None
    address: AddressText | None = None
    paper: PaperName | None = None
    colour: bool | None = None
    at_desk: bool | None = None


@operation(ChangePrinter, "printer.change", roles={Role.ADMIN})
def change(s: Session, do: ChangePrinter, by: Actor, at: datetime) -> None:
    """Jobs that wait go to the new address, on the new paper. Refuses: printer.not_found, printer.name_taken, printer.bad_address, printer.bad_port"""
    printer = get(s, do.printer_id)
    if do.name is not None and do.name != printer.name:
        _free(s, do.name)
        printer.name = do.name
    if do.address is not None:
        printer.address = _plain(do.address)
    printer.paper = do.paper or printer.paper
    printer.colour = printer.colour if do.colour is None else do.colour
    printer.at_desk = printer.at_desk if do.at_desk is None else do.at_desk
    printer.version += 1
    for waiting in s.execute(select(PrintJob).where(col(PrintJob.printer_id) == printer.id, col(PrintJob.state) == State.QUEUED)).scalars():
        waiting.next_at = at
    touch(s, "printer", printer.id)
    _soon(s)


class RetirePrinter(Operation):
    printer_id: UUID


@operation(RetirePrinter, "printer.retire", roles={Role.ADMIN})
def retire(s: Session, do: RetirePrinter, by: Actor, at: datetime) -> None:
    """It is gone; what waited for it can be moved to another. Refuses: printer.not_found"""
    printer = get(s, do.printer_id)
    printer.retired_at = at
    printer.version += 1
    for bound in s.execute(select(KioskPrinter).where(col(KioskPrinter.printer_id) == printer.id)).scalars():
        s.delete(bound)
    for waiting in s.execute(select(PrintJob).where(col(PrintJob.printer_id) == printer.id, col(PrintJob.state).in_(OPEN))).scalars():
        waiting.state, waiting.problem, waiting.claim = State.FAILED, "printer.problem.retired", None
    touch(s, "printer", printer.id)


class BindPrinter(Operation):
    """`printer_id` None: the kiosk has no printer."""

    device_id: UUID
    printer_id: UUID | None


@operation(BindPrinter, "printer.bind", roles={Role.ADMIN})
def bind(s: Session, do: BindPrinter, by: Actor, at: datetime) -> None:
    """The printer beside a kiosk. Refuses: device.not_found, printer.not_a_kiosk, printer.not_found"""
    if devices.get(s, do.device_id).role != Role.KIOSK:
        raise Refused("printer.not_a_kiosk")
    bound = s.get(KioskPrinter, do.device_id)
    if do.printer_id is None:
        if bound is not None:
            s.delete(bound)
    else:
        get(s, do.printer_id)
        if bound is None:
            bound = KioskPrinter(device_id=do.device_id, printer_id=do.printer_id)
        bound.printer_id = do.printer_id
        s.add(bound)
    touch(s, "device", do.device_id)
    touch(s, "printer", do.printer_id or do.device_id)


class TestPrinter(Operation):
    printer_id: UUID
    __test__ = False  # not a test of pytest


@operation(TestPrinter, "printer.test", roles=OFFICE)
def test(s: Session, do: TestPrinter, by: Actor, at: datetime) -> dict[str, Any]:
    """A test page on its own paper. Answers `{job_id}`. Refuses: printer.not_found"""
    printer = get(s, do.printer_id)
    return {"job_id": queue(s, printer, "test", {"language": by.language}, by, at, subject=("printer", printer.id)).id}


# ── jobs ──


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
    _soon(s)
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
    _soon(s)


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
    _soon(s)


# ── reads ──


def get(s: Session, printer_id: UUID | None) -> Printer:
    """A printer in use, or Refused printer.not_found."""
    printer = s.get(Printer, printer_id) if printer_id else None
    if printer is None or printer.retired_at is not None:
        raise Refused("printer.not_found")
    return printer


def of_kiosk(s: Session, device_id: UUID | None) -> Printer | None:
    """The printer beside this kiosk."""
    bound = s.get(KioskPrinter, device_id) if device_id else None
    return s.get(Printer, bound.printer_id) if bound else None


def of_desk(s: Session) -> list[Printer]:
    """The printers that reception prints on, by name."""
    query = select(Printer).where(col(Printer.retired_at).is_(None), col(Printer.at_desk)).order_by(col(Printer.name))
    return list(s.execute(query).scalars())


def everything(s: Session) -> list[PrinterView]:
    """All printers in use, by name."""
    rows = list(s.execute(select(Printer).where(col(Printer.retired_at).is_(None)).order_by(col(Printer.name))).scalars())
    contacts = {row.printer_id: row for row in s.execute(select(PrinterContact)).scalars()}
    waiting = {
        row.printer_id: int(row[1])
        for row in s.execute(select(PrintJob.printer_id, func.count()).where(col(PrintJob.state).in_(OPEN)).group_by(PrintJob.printer_id))
    }
    kiosks: dict[UUID, list[str]] = {}
    for printer_id, name in s.execute(
        select(KioskPrinter.printer_id, devices.Device.name)
        .join(devices.Device, col(devices.Device.id) == KioskPrinter.device_id)
        .order_by(col(devices.Device.name))
    ):
        kiosks.setdefault(printer_id, []).append(name)
    return [_view(row, contacts.get(row.id), waiting.get(row.id, 0), tuple(kiosks.get(row.id, ()))) for row in rows]


def view(s: Session, printer_id: UUID) -> PrinterView | None:
    return next((one for one in everything(s) if one.id == printer_id), None)


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


def _soon(s: Session) -> None:
    from core.mechanisms.printers import sending  # it reads this module

    after_commit(s, lambda: wake(sending.print_due))


def _plain(text: str) -> str:
    try:
        return ipp.read_address(text).uri
    except ipp.CannotPrint as wrong:
        raise Refused(wrong.problem, port=wrong.detail) from None


def _free(s: Session, name: str) -> None:
    taken = select(Printer.id).where(col(Printer.name) == name, col(Printer.retired_at).is_(None))
    if s.execute(taken).first() is not None:
        raise Refused("printer.name_taken", name=name)


def _job(s: Session, job_id: UUID) -> PrintJob:
    job = s.get(PrintJob, job_id)
    if job is None:
        raise Refused("print.not_found")
    return job


def _view(row: Printer, said: PrinterContact | None, waiting: int, kiosks: tuple[str, ...]) -> PrinterView:
    return PrinterView(
        row.id, row.name, row.address, row.paper, row.colour, row.at_desk, said.state if said else "new", said.problem if said else "",
        said.detail if said else "", said.make if said else "", said.looked_at if said else None, said.since if said else None, waiting, kiosks, row.version,
    )  # fmt: skip


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
