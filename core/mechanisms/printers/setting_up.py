"""Printers set up at the desk: their address, their paper, which kiosk they serve."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints
from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation import vault
from core.foundation.errors import Refused
from core.foundation.ids import uuid7
from core.mechanisms import devices
from core.mechanisms.label_papers import PaperName
from core.mechanisms.operations import OFFICE, Actor, Operation, Role, operation, touch
from core.mechanisms.printers import ipp
from core.mechanisms.printers.record import OPEN, KioskPrinter, Printer, PrinterContact, PrintJob, State, get
from core.mechanisms.printers.waiting import queue, soon

NEVER = datetime(2000, 1, 1, tzinfo=UTC)
Name = Annotated[str, StringConstraints(min_length=1, max_length=60)]
AddressText = Annotated[str, StringConstraints(min_length=6, max_length=200)]
Reason = Annotated[str, StringConstraints(max_length=200)]
Account = Annotated[str, StringConstraints(strip_whitespace=True, max_length=80)]
Password = Annotated[str, StringConstraints(max_length=200)]


class AddPrinter(Operation):
    id: UUID | None = None
    name: Name
    address: AddressText
    paper: PaperName
    colour: bool = False
    at_desk: bool = False
    account: Account = ""
    password: Password = Input(default="", exclude=True, repr=False)


@operation(AddPrinter, "printer.add", roles={Role.ADMIN})
def add(s: Session, do: AddPrinter, by: Actor, at: datetime) -> dict[str, Any]:
    """Answers `{printer_id}`. Refuses: printer.name_taken, printer.bad_address, printer.bad_port"""
    _free(s, do.name)
    printer = Printer(
        id=do.id or uuid7(),
        name=do.name,
        address=_plain(do.address),
        paper=do.paper,
        colour=do.colour,
        at_desk=do.at_desk,
        account=do.account,
        secret=vault.seal(do.password) if do.account else "",
        added_at=at,
    )
    s.add(printer)
    s.flush()
    touch(s, "printer", printer.id)
    return {"printer_id": printer.id}


class ChangePrinter(Operation):
    """What is left out stays; an empty account forgets the password too. The password is sealed before it is stored and kept in no log."""

    printer_id: UUID
    name: Name | None = None
    address: AddressText | None = None
    paper: PaperName | None = None
    colour: bool | None = None
    at_desk: bool | None = None
    account: Account | None = None
    password: Password | None = Input(default=None, exclude=True, repr=False)


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
    if do.account is not None and do.account != printer.account:
        printer.account, printer.secret = do.account, ""  # another's password is nobody's
    if do.password is not None:
        printer.secret = vault.seal(do.password) if printer.account else ""
    printer.version += 1
    if (contact := s.get(PrinterContact, printer.id)) is not None:
        contact.looked_at = NEVER  # it is asked at once whether it is well now
    for waiting in s.execute(select(PrintJob).where(col(PrintJob.printer_id) == printer.id, col(PrintJob.state) == State.QUEUED)).scalars():
        waiting.next_at = at
    touch(s, "printer", printer.id)
    soon(s)


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


def address_of(printer: Printer) -> ipp.Address:
    """Where to speak to it, and as whom. Raises CannotPrint."""
    address = ipp.read_address(printer.address)
    if not printer.account:
        return address
    password = vault.unseal(printer.secret)
    if password is None:  # sealed with another office's secret: a database moved without its key
        raise ipp.CannotPrint("printer.problem.password")
    return replace(address, login=ipp.Login(printer.account, password))


def _plain(text: str) -> str:
    try:
        address = ipp.read_address(text)
        ipp.look_at_number(address)
        return address.uri
    except ipp.CannotPrint as wrong:
        raise Refused(wrong.problem, port=wrong.detail) from None


def _free(s: Session, name: str) -> None:
    taken = select(Printer.id).where(col(Printer.name) == name, col(Printer.retired_at).is_(None))
    if s.execute(taken).first() is not None:
        raise Refused("printer.name_taken", name=name)
