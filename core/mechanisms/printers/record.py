"""Printers of the office and what is to come out of them (issue of visitors; pitfall T16; security.md, SEC 31).

A printer is set up once at the desk: its address (a CUPS queue or the printer itself), the paper that lies in it, which kiosk it serves. A print
job holds a recipe, never a document: it is drawn when the printer takes it, so that no name lies in a queue, and what is no longer wanted is not
printed. Drawing is others' work: they declare `@draws(kind)`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import JSON, Column, func, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation.errors import Refused
from core.foundation.ids import uuid7
from core.mechanisms import devices
from core.mechanisms.operations import OFFICE, Role

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
    """A printer. `paper` is what lies in it; `at_desk`: what reception prints goes here; `colour`: it prints in colour.
    `account` and the sealed password `secret`: who we are there, where it asks."""

    __tablename__: ClassVar[str] = "printer"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    name: str
    address: str
    paper: str
    colour: bool = False
    at_desk: bool = False
    account: str = Field(default="", sa_column_kwargs={"server_default": ""})
    secret: str = Field(default="", sa_column_kwargs={"server_default": ""})
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
    account: str
    version: int

    @property
    def well(self) -> bool:
        """Whether nothing is wrong that anybody knows of."""
        return not self.problem and self.state != "off"


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


def problem_of(s: Session, printer_id: UUID) -> str:
    """What is wrong with a printer as far as anybody knows, as a catalogue key."""
    said = s.get(PrinterContact, printer_id)
    return said.problem if said else ""


def view(s: Session, printer_id: UUID) -> PrinterView | None:
    return next((one for one in everything(s) if one.id == printer_id), None)


def _view(row: Printer, said: PrinterContact | None, waiting: int, kiosks: tuple[str, ...]) -> PrinterView:
    return PrinterView(
        row.id, row.name, row.address, row.paper, row.colour, row.at_desk, said.state if said else "new", said.problem if said else "",
        said.detail if said else "", said.make if said else "", said.looked_at if said else None, said.since if said else None, waiting, kiosks, row.account, row.version,
    )  # fmt: skip
