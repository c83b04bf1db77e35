"""Bringing something: exactly named, or handed to reception when nobody fits; the shelf, the label, the word to recipient and deputy (guide S1.1-R1)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints, model_validator
from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation import clock
from core.foundation.errors import NotAllowed, Refused
from core.mechanisms import labels, notices, numbering, people, places, printers
from core.mechanisms.labels import Label, SubjectKind
from core.mechanisms.operations import OFFICE, Actor, Operation, Role, operation, touch
from core.sections.deliveries import record
from core.sections.deliveries.record import OPEN, SHELF_NUMBERS, Delivery, DeliveryState, Line

ROLLS = frozenset({"badge-62", "62x29"})  # papers on which a parcel's label fits


class Drop(Operation):
    """`recipient` is a full name, its pinyin, an extension or a person's id; left out, `addressee` is what stands on the pieces and reception finds out."""

    recipient: Annotated[str, StringConstraints(min_length=2, max_length=80)] | None = None
    addressee: Line = ""
    courier: Line = ""
    pieces: Annotated[int, Input(gt=0, le=99)] = 1
    kind: Annotated[str, StringConstraints(pattern="^(parcel|letter|document|meal|other)$")] = "parcel"
    oversize: bool = False
    remark: Annotated[str, StringConstraints(max_length=200)] = ""

    @model_validator(mode="after")
    def _for_somebody(self) -> Drop:
        if self.recipient is None and not self.addressee:
            raise ValueError("delivery.for_whom")
        return self


@operation(Drop, "delivery.drop", roles={Role.KIOSK, *OFFICE}, personal=True)
def drop(s: Session, do: Drop, by: Actor, at: datetime) -> dict[str, Any]:
    """Answers `{delivery_id, receipt, code, shelf, receipt_code, job_id}`: the courier's number and code, the label for the pieces, the shelf number.

    Refuses: delivery.recipient_unknown, delivery.recipient_ambiguous"""
    recipient = record.recipient_of(s, do.recipient) if do.recipient is not None else None
    today = clock.today(at)
    delivery = Delivery(
        receipt=f"{today.year}-{numbering.next_number(s, 'delivery', today.year):05d}",
        receipt_code=_receipt_code(s),
        recipient_id=recipient.id if recipient else None,
        addressee=do.addressee,
        courier=do.courier,
        pieces=do.pieces,
        kind=do.kind,
        oversize=do.oversize,
        remark=do.remark,
        shelf=_shelf(s),
        state=DeliveryState.WAITING if recipient else DeliveryState.UNCLEAR,
        dropped_at=at,
        dropped_on=today,
        kiosk_id=by.device_id,
    )
    s.add(delivery)
    s.flush()
    touch(s, "delivery", delivery.id)
    code = labels.give(s, SubjectKind.DELIVERY, delivery.id, at)
    if recipient is not None:
        _tell(s, delivery, recipient, at)
    else:
        facts = {"addressee": do.addressee, "shelf": f"{delivery.shelf:03d}", "receipt": delivery.receipt}
        notices.queue_roles(s, Role.RECEPTION, key="delivery.unclear", facts=facts, at=at, subject=("delivery", delivery.id), mail=False)
    return {
        "delivery_id": delivery.id, "receipt": delivery.receipt, "code": code, "shelf": delivery.shelf, "receipt_code": delivery.receipt_code,
        "job_id": _print_at_kiosk(s, delivery, by, at),
    }  # fmt: skip


class Assign(Operation):
    delivery_id: UUID
    recipient_id: UUID


@operation(Assign, "delivery.assign", roles=OFFICE)
def assign(s: Session, do: Assign, by: Actor, at: datetime) -> None:
    """Reception found out whose it is, or that it is somebody else's: the right one is told, the former pass ends.

    Refuses: delivery.not_found, delivery.picked_up_already, delivery.returned, person.not_found"""
    delivery = record.still_here(record.get(s, do.delivery_id))
    person = people.get(s, do.recipient_id)
    if delivery.recipient_id == person.id and delivery.state == DeliveryState.WAITING:
        return
    record.end_passes(s, delivery, at)
    delivery.recipient_id, delivery.state = person.id, DeliveryState.WAITING
    delivery.reminders, delivery.reminded_at = 0, None
    delivery.version += 1
    touch(s, "delivery", delivery.id)
    _tell(s, delivery, person, at)


class NotMine(Operation):
    delivery_id: UUID


@operation(NotMine, "delivery.not_mine", roles={Role.STAFF})
def not_mine(s: Session, do: NotMine, by: Actor, at: datetime) -> None:
    """The recipient says it is not theirs: reception finds out. Refuses: delivery.not_found, delivery.picked_up_already, delivery.returned"""
    delivery = record.still_here(record.get(s, do.delivery_id))
    if by.person_id != delivery.recipient_id and not by.has(*OFFICE):
        raise NotAllowed()
    if delivery.state == DeliveryState.UNCLEAR:
        return
    record.end_passes(s, delivery, at)
    name = people.get(s, delivery.recipient_id).name
    delivery.state, delivery.addressee, delivery.recipient_id = DeliveryState.UNCLEAR, delivery.addressee or name, None
    delivery.version += 1
    touch(s, "delivery", delivery.id)
    facts = {"addressee": delivery.addressee, "shelf": f"{delivery.shelf or 0:03d}", "receipt": delivery.receipt}
    notices.queue_roles(s, Role.RECEPTION, key="delivery.unclear", facts=facts, at=at, subject=("delivery", delivery.id), mail=False)


class Shelve(Operation):
    """Put on a shelf: the label on the pieces and the label of the shelf, or both named at the desk."""

    code: Annotated[str, StringConstraints(min_length=8, max_length=300)] | None = None
    delivery_id: UUID | None = None
    place_code: Annotated[str, StringConstraints(min_length=8, max_length=300)] | None = None
    place_id: UUID | None = None


@operation(Shelve, "delivery.shelve", roles=OFFICE)
def shelve(s: Session, do: Shelve, by: Actor, at: datetime) -> None:
    """Refuses: delivery.not_found, delivery.picked_up_already, delivery.returned, label.unknown, label.other_kind, place.not_found"""
    delivery = record.still_here(record.of_label(s, do.code) if do.code else record.get(s, do.delivery_id))
    if do.place_code:
        delivery.place_id = labels.subject(s, do.place_code, SubjectKind.PLACE)
    elif do.place_id is not None:
        delivery.place_id = places.get(s, do.place_id).id
    else:
        delivery.place_id = None
    delivery.version += 1
    touch(s, "delivery", delivery.id)


class PrintDelivery(Operation):
    """`what`: the label for the pieces, or the courier's slip."""

    delivery_id: UUID
    what: Literal["shelf", "slip"]
    printer_id: UUID


@operation(PrintDelivery, "delivery.print", roles=OFFICE)
def print_it(s: Session, do: PrintDelivery, by: Actor, at: datetime) -> dict[str, Any]:
    """Answers `{job_id}`. Refuses: delivery.not_found, printer.not_found"""
    delivery = record.get(s, do.delivery_id)
    job = printers.queue(
        s, printers.get(s, do.printer_id), do.what, {"delivery_id": delivery.id}, by, at, subject=("delivery", delivery.id)
    )
    return {"job_id": job.id}


# ── helpers ──


def _tell(s: Session, delivery: Delivery, person: people.Person, at: datetime) -> None:
    """The recipient gets a pass of their own; the deputy hears of it, in case the recipient is away."""
    made = record.new_pass(s, delivery, person_id=person.id, allowed_at=at)
    facts = {
        "n": delivery.pieces, "what_key": f"delivery.kind.{delivery.kind}", "courier": delivery.courier, "receipt": delivery.receipt,
        "shelf": f"{delivery.shelf or 0:03d}", "name": person.name,
    }  # fmt: skip
    key = "delivery.arrived_from" if delivery.courier else "delivery.arrived"
    # The pass travels as its id: the sentence also goes to the office's chat, the code only into the recipient's own mail.
    notices.queue(s, key=key, facts={**facts, "pass_id": made.id}, at=at, to_person_id=person.id, subject=("delivery", delivery.id))
    if person.deputy_id is not None:
        notices.queue(
            s, key="delivery.arrived_for", facts=facts, at=at, to_person_id=person.deputy_id, subject=("delivery", delivery.id), mail=False
        )


def _shelf(s: Session) -> int:
    """The next short number that no waiting delivery bears: easy to write on a parcel and to find on a shelf."""
    taken = set(s.execute(select(col(Delivery.shelf)).where(col(Delivery.state).in_(OPEN))).scalars())
    for _ in range(SHELF_NUMBERS):
        number = (numbering.next_number(s, "delivery shelf") - 1) % SHELF_NUMBERS + 1
        if number not in taken:
            return number
    raise Refused("delivery.shelves_full")


def _receipt_code(s: Session) -> str:
    """A code that is no label's and no other receipt's."""
    while True:
        code = labels.new_code()
        if s.get(Label, code) is None and s.execute(select(Delivery.id).where(col(Delivery.receipt_code) == code)).first() is None:
            return code


def _print_at_kiosk(s: Session, delivery: Delivery, by: Actor, at: datetime) -> UUID | None:
    """A kiosk with a roll beside it prints the label for the pieces, and a courier of papers gets a slip."""
    printer = printers.of_kiosk(s, by.device_id)
    if printer is None or printer.paper not in ROLLS:
        return None
    subject = ("delivery", delivery.id)
    job = printers.queue(s, printer, "shelf", {"delivery_id": delivery.id}, by, at, subject=subject, copies=min(delivery.pieces, 10))
    if delivery.kind == "document":
        printers.queue(s, printer, "slip", {"delivery_id": delivery.id}, by, at, subject=subject)
    return job.id
