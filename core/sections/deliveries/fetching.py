"""Taking it: by one's own pass at the kiosk, by the label with the phone, over the counter; somebody else with the recipient's leave (guide S1.1-R1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints, model_validator
from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation.errors import NotAllowed, Refused
from core.mechanisms import notices, people
from core.mechanisms.operations import OFFICE, Actor, Operation, Role, operation, touch
from core.sections.deliveries import record
from core.sections.deliveries.record import Delivery, DeliveryPass, DeliveryState, Line, Strokes

Code = Annotated[str, StringConstraints(min_length=8, max_length=300)]
PASS_DAYS = 60


class PickUp(Operation):
    """By the label on the pieces, or by the desk from its list. `person_id` or `taker` (a name): who took it, at the desk."""

    code: Code | None = None
    delivery_id: UUID | None = None
    person_id: UUID | None = None
    taker: Line = ""
    signature: Strokes = []

    @model_validator(mode="after")
    def _one_way(self) -> PickUp:
        if (self.code is None) == (self.delivery_id is None):
            raise ValueError("delivery.code_or_id")
        return self


@operation(PickUp, "delivery.pick_up", roles={Role.STAFF}, personal=True)
def pick_up(s: Session, do: PickUp, by: Actor, at: datetime) -> dict[str, Any]:
    """Taken by the recipient, their deputy, or whom the recipient gave leave; the desk hands out to anybody and says to whom.

    Refuses: delivery.not_found, delivery.picked_up_already, delivery.returned, delivery.needs_leave, label.unknown, label.other_kind"""
    delivery = record.of_label(s, do.code) if do.code else record.get(s, do.delivery_id)
    at_desk = by.has(*OFFICE)
    if not at_desk:
        if do.taker or (do.person_id is not None and do.person_id != by.person_id):
            raise NotAllowed()
        if do.code is None and by.person_id != delivery.recipient_id and _leave(s, delivery, by.person_id) is None:
            raise NotAllowed()
    record.still_here(delivery)
    taker = None if do.taker else people.get(s, do.person_id or by.person_id)
    own = taker is not None and taker.id in _theirs(s, delivery)
    if not own and not (at_desk and (do.person_id is not None or do.taker)) and (taker is None or _leave(s, delivery, taker.id) is None):
        raise Refused("delivery.needs_leave", name=_name(s, delivery))
    handed_by = by.person_id if at_desk and (taker is None or taker.id != by.person_id) else None
    _take(
        s,
        delivery,
        at,
        person=taker,
        taker=do.taker,
        handed_by=handed_by,
        way="desk" if handed_by else "phone",
        strokes=record.checked(do.signature),
    )
    return {"delivery_id": delivery.id}


class Collect(Operation):
    """At the kiosk: a pass, and a signature for what it opens. `delivery_ids` leaves some of them on the shelf."""

    code: Code
    signature: Annotated[Strokes, Input(min_length=1)]
    delivery_ids: Annotated[list[UUID], Input(max_length=99)] = []


@operation(Collect, "delivery.collect", roles={Role.KIOSK, *OFFICE}, personal=True)
def collect(s: Session, do: Collect, by: Actor, at: datetime) -> dict[str, Any]:
    """Answers `{delivery_ids}`. Refuses: delivery.pass_unknown, delivery.picked_up_already, delivery.returned; Invalid: delivery.signature, label.mistyped …"""
    found = _pass(s, do.code, at)
    opened = [d for d in _opened(s, found) if not do.delivery_ids or d.id in do.delivery_ids]
    if not opened:
        raise Refused("delivery.pass_unknown")
    strokes = record.checked(do.signature)
    person = people.get(s, found.person_id) if found.person_id else None
    for delivery in opened:
        _take(s, record.still_here(delivery), at, person=person, taker=found.bearer, handed_by=None, way="kiosk", strokes=strokes)
    return {"delivery_ids": [delivery.id for delivery in opened]}


class GiveLeave(Operation):
    """`person_id`: a colleague; `bearer`: the name of anybody else, who shows the code."""

    delivery_id: UUID
    person_id: UUID | None = None
    bearer: Line = ""

    @model_validator(mode="after")
    def _to_somebody(self) -> GiveLeave:
        if (self.person_id is None) == (not self.bearer):
            raise ValueError("delivery.leave_for_whom")
        return self


@operation(GiveLeave, "delivery.give_leave", roles={Role.STAFF}, personal=True)
def give_leave(s: Session, do: GiveLeave, by: Actor, at: datetime) -> dict[str, Any]:
    """The recipient lets somebody else take it, with one tap; a colleague is told, for anybody else the answer holds the code to pass on.

    Answers `{pass_id, code}`. Refuses: delivery.not_found, delivery.picked_up_already, delivery.returned, person.not_found"""
    delivery = record.still_here(record.get(s, do.delivery_id))
    if by.person_id is None or by.person_id != delivery.recipient_id:
        raise NotAllowed()
    person = people.get(s, do.person_id) if do.person_id else None
    made = _leave(s, delivery, person.id, asked_too=True) if person else None
    if made is None:
        made = record.new_pass(s, delivery, person_id=person.id if person else None, bearer=do.bearer)
    if made.allowed_at is None:
        made.allowed_at = at
        if person is not None:
            facts = {"name": by.name, "receipt": delivery.receipt, "shelf": f"{delivery.shelf or 0:03d}", "pass_id": made.id}
            notices.queue(s, key="delivery.leave_given", facts=facts, at=at, to_person_id=person.id, subject=("delivery", delivery.id))
    delivery.version += 1
    touch(s, "delivery", delivery.id)
    return {"pass_id": made.id, "code": record.code_of_pass(made.id)}


class TakeLeaveBack(Operation):
    pass_id: UUID


@operation(TakeLeaveBack, "delivery.take_leave_back", roles={Role.STAFF})
def take_leave_back(s: Session, do: TakeLeaveBack, by: Actor, at: datetime) -> None:
    """The recipient changes their mind, or says no to who asked. Refuses: delivery.not_found"""
    found = s.get(DeliveryPass, do.pass_id)
    delivery = record.get(s, found.delivery_id if found else None)
    if found is None or by.person_id is None or by.person_id != delivery.recipient_id or found.person_id == delivery.recipient_id:
        raise NotAllowed()
    found.ended_at = found.ended_at or at
    delivery.version += 1
    touch(s, "delivery", delivery.id)


class AskLeave(Operation):
    """A colleague who stands before the pieces asks the recipient."""

    code: Code


@operation(AskLeave, "delivery.ask_leave", roles={Role.STAFF})
def ask_leave(s: Session, do: AskLeave, by: Actor, at: datetime) -> dict[str, Any]:
    """Asked twice is asked once. Answers `{pass_id}`. Refuses: delivery.not_found, delivery.picked_up_already, delivery.returned, delivery.yours"""
    delivery = record.still_here(record.of_label(s, do.code))
    if by.person_id is None:
        raise NotAllowed()
    if delivery.recipient_id is None:
        raise Refused("delivery.not_found")
    if by.person_id in _theirs(s, delivery):
        raise Refused("delivery.yours")
    made = _leave(s, delivery, by.person_id, asked_too=True)
    if made is None:
        made = record.new_pass(s, delivery, person_id=by.person_id, asked_at=at)
        facts = {"name": by.name, "receipt": delivery.receipt, "n": delivery.pieces, "what_key": f"delivery.kind.{delivery.kind}"}
        notices.queue(
            s, key="delivery.leave_asked", facts=facts, at=at, to_person_id=delivery.recipient_id, subject=("delivery", delivery.id)
        )
    touch(s, "delivery", delivery.id)
    return {"pass_id": made.id}


class Return(Operation):
    delivery_id: UUID
    reason: Annotated[str, StringConstraints(min_length=1, max_length=200)]


@operation(Return, "delivery.return", roles=OFFICE, personal=True)
def give_back(s: Session, do: Return, by: Actor, at: datetime) -> None:
    """Given back to whoever brings and takes: nobody here takes it. Refuses: delivery.not_found, delivery.picked_up_already"""
    delivery = record.get(s, do.delivery_id)
    if delivery.state == DeliveryState.RETURNED:
        return
    record.still_here(delivery)
    record.end_passes(s, delivery, at)
    delivery.state, delivery.picked_up_at, delivery.handed_by, delivery.remark = DeliveryState.RETURNED, at, by.person_id, do.reason
    delivery.version += 1
    touch(s, "delivery", delivery.id)
    if delivery.recipient_id is not None:
        facts = {"receipt": delivery.receipt, "reason": do.reason}
        notices.queue(
            s,
            key="delivery.was_returned",
            facts=facts,
            at=at,
            to_person_id=delivery.recipient_id,
            subject=("delivery", delivery.id),
            mail=False,
        )


# ── reads ──


@dataclass(frozen=True, slots=True)
class OnShelf:
    """One delivery a pass opens, as the kiosk shows it: no sender, nobody's name."""

    id: UUID
    shelf: int | None
    place: str
    pieces: int
    kind: str
    oversize: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """What a pass opens, and who holds it."""

    code: str
    holder: str
    items: tuple[OnShelf, ...]


def opened_by(s: Session, text: str, at: datetime) -> Opened:
    """For the kiosk. Refuses: delivery.pass_unknown, delivery.picked_up_already; Invalid: label.unreadable, label.mistyped."""
    found = _pass(s, text, at)
    rows = _opened(s, found)
    if not rows:
        raise Refused("delivery.pass_unknown")
    person = people.get(s, found.person_id) if found.person_id else None
    items = tuple(OnShelf(v.id, v.shelf, v.place, v.pieces, v.kind, v.oversize) for v in record.views(s, rows))
    return Opened(record.code_of_pass(found.id), person.name if person else found.bearer, items)


@dataclass(frozen=True, slots=True)
class PassView:
    """A pass for its recipient's page: `asked` while the recipient has not said yes. The code stands here for the recipient's own and for outsiders' passes."""

    id: UUID
    delivery_id: UUID
    name: str
    code: str
    asked: bool
    own: bool


def passes_for(s: Session, deliveries: Sequence[Delivery | UUID], by: Actor) -> dict[UUID, list[PassView]]:
    """The passes of the recipient's deliveries, and those this person holds of others'."""
    ids = [one if isinstance(one, UUID) else one.id for one in deliveries]
    recipients = {
        row.id: row.recipient_id for row in s.execute(select(Delivery.id, Delivery.recipient_id).where(col(Delivery.id).in_(ids)))
    }
    rows = record.passes_of(s, ids)
    names = {p.id: p.name for p in s.execute(select(people.Person).where(col(people.Person.id).in_({r.person_id for r in rows}))).scalars()}
    found: dict[UUID, list[PassView]] = {}
    for row in rows:
        mine = row.person_id == by.person_id
        if not mine and recipients.get(row.delivery_id) != by.person_id:
            continue
        show = row.allowed_at is not None and (mine or row.person_id is None)
        view = PassView(
            row.id, row.delivery_id, names.get(row.person_id, "") if row.person_id else row.bearer, record.code_of_pass(row.id) if show else "",
            row.allowed_at is None, mine,
        )  # fmt: skip
        found.setdefault(row.delivery_id, []).append(view)
    return found


def lent_to(s: Session, person_id: UUID) -> list[Delivery]:
    """Others' deliveries this person may take."""
    query = select(Delivery).join(DeliveryPass, col(DeliveryPass.delivery_id) == Delivery.id).where(
        col(DeliveryPass.person_id) == person_id, col(DeliveryPass.ended_at).is_(None), col(DeliveryPass.allowed_at).is_not(None),
        col(Delivery.state) == DeliveryState.WAITING, col(Delivery.recipient_id) != person_id,
    )  # fmt: skip
    return list(s.execute(query.order_by(col(Delivery.dropped_at))).scalars())


# ── helpers ──


def _pass(s: Session, text: str, at: datetime) -> DeliveryPass:
    code = record.read_pass(text)
    found: DeliveryPass | None = s.execute(
        select(DeliveryPass).where(col(DeliveryPass.code_hash) == record.hash_of(code))
    ).scalar_one_or_none()
    if found is None or found.allowed_at is None or at - found.allowed_at > timedelta(days=PASS_DAYS):
        raise Refused("delivery.pass_unknown")
    if found.ended_at is not None:
        delivery = s.get(Delivery, found.delivery_id)
        if delivery is not None and delivery.state == DeliveryState.PICKED_UP:
            record.still_here(delivery)
        raise Refused("delivery.pass_unknown")
    return found


def _opened(s: Session, found: DeliveryPass) -> list[Delivery]:
    """The recipient's own pass opens all that waits for them; a pass given to somebody opens that one delivery."""
    first = record.get(s, found.delivery_id)
    if found.person_id is None or found.person_id != first.recipient_id:
        return [first] if first.state == DeliveryState.WAITING else []
    query = select(Delivery).where(col(Delivery.recipient_id) == found.person_id, col(Delivery.state) == DeliveryState.WAITING)
    return list(s.execute(query.order_by(col(Delivery.dropped_at))).scalars())


def _take(
    s: Session,
    delivery: Delivery,
    at: datetime,
    *,
    person: people.Person | None,
    taker: str,
    handed_by: UUID | None,
    way: str,
    strokes: list[Any] | None,
) -> None:
    delivery.state, delivery.picked_up_at, delivery.picked_up_by = DeliveryState.PICKED_UP, at, person.id if person else None
    delivery.taker, delivery.handed_by, delivery.way, delivery.strokes = taker, handed_by, way, strokes
    delivery.version += 1
    record.end_passes(s, delivery, at)
    touch(s, "delivery", delivery.id)
    if delivery.recipient_id is not None and (person is None or person.id != delivery.recipient_id):
        facts = {"receipt": delivery.receipt, "who": person.name if person else taker}
        notices.queue(
            s,
            key="delivery.taken_for_you",
            facts=facts,
            at=at,
            to_person_id=delivery.recipient_id,
            subject=("delivery", delivery.id),
            mail=False,
        )


def _theirs(s: Session, delivery: Delivery) -> set[UUID]:
    """The recipient and their deputy."""
    if delivery.recipient_id is None:
        return set()
    deputy = people.get(s, delivery.recipient_id).deputy_id
    return {delivery.recipient_id, *([deputy] if deputy else [])}


def _leave(s: Session, delivery: Delivery, person_id: UUID | None, *, asked_too: bool = False) -> DeliveryPass | None:
    return next(
        (
            one
            for one in record.passes_of(s, [delivery.id])
            if one.person_id == person_id and person_id and (asked_too or one.allowed_at is not None)
        ),
        None,
    )


def _name(s: Session, delivery: Delivery) -> str:
    return people.get(s, delivery.recipient_id).name if delivery.recipient_id else delivery.addressee
