"""Stock that comes and goes: receiving, issuing, returning, correcting, and what a count posts.

What a person took from the shelf happened, whether the books knew the pieces or not (offline.md, conflict rules: takings are deltas, always
booked). So a taking told by a phone, or later than it happened, is always booked. When the books hold less, the missing pieces are first
booked in as a `discrepancy` movement of their own and the office is told: the ledger shows both lines, its sum stays true, and stock never
falls below zero silently. At the desk, where nothing has left the shelf yet, `supply.not_enough` is the answer; the database itself refuses
a balance below zero in every case.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints
from sqlmodel import Session

from core.foundation.errors import NotAllowed, Refused
from core.mechanisms import attachments, holds, notices, people, places
from core.mechanisms.duties import Photos
from core.mechanisms.operations import (
    OFFICE,
    PERSON_ROLES,
    STALE_AFTER,
    Actor,
    Operation,
    Role,
    current_item,
    note,
    operation,
    touch,
)
from core.sections.supplies import quotas
from core.sections.supplies.hiding import hidden_places
from core.sections.supplies.orders import receive_for_order, settle_requests
from core.sections.supplies.record import KEEPERS, Move, Quantity, Reason, Supply, SupplyMovement, Whole, by_code, get, taken

Code = Annotated[str, StringConstraints(min_length=1, max_length=300)]


def not_enough(s: Session, do: Any, at: datetime) -> Refused:
    """Two took the last piece at once: the database refused the second."""
    supply = by_code(s, do.code)
    s.refresh(supply, ["on_hand"])
    return _too_few(s, supply, abs(do.quantity), current_item(s).by)


def told(s: Session, supply: Supply, by: Actor) -> int | None:
    """The balance as this person may know it: None while they count its shelf blind (Things 6)."""
    return None if supply.place_id in hidden_places(s, by) else supply.on_hand


def _too_few(s: Session, supply: Supply, quantity: int, by: Actor) -> Refused:
    known = told(s, supply, by)
    if known is None:
        return Refused("supply.not_enough_hidden", name=supply.name, quantity=quantity, unit=supply.unit)
    return Refused("supply.not_enough", name=supply.name, on_hand=known, quantity=quantity, unit=supply.unit)


class ReceiveSupply(Operation):
    """What came: `quantity` good pieces go into stock, `refused` ones do not and need a reason or a photo; `service` is the supplier's mark, 1 to 5."""

    code: Code
    quantity: Whole
    refused: Whole = 0
    service: Annotated[int, Input(ge=1, le=5, strict=True)] | None = None
    reason: Reason = ""
    photos: Photos = ()
    order_id: UUID | None = None
    place_id: UUID | None = None


@operation(ReceiveSupply, "supply.receive", roles=KEEPERS | {Role.RECEPTION}, offline=True)
def receive(s: Session, do: ReceiveSupply, by: Actor, at: datetime) -> dict[str, Any]:
    """Refuses: label codes, supply.nothing, supply.refused_evidence, supply.order_unknown, supply.more_than_ordered, place.not_found"""
    supply = by_code(s, do.code)
    if do.quantity + do.refused == 0:
        raise Refused("supply.nothing")
    if do.refused and not (do.reason or do.photos):
        raise Refused("supply.refused_evidence", refused=do.refused, unit=supply.unit)
    open_left = receive_for_order(s, supply, do.order_id, do.quantity, do.refused, do.reason, do.photos, by, at, do.service)
    if do.quantity:
        move(s, supply, Move.RECEIVE, do.quantity, by=by, at=at, reason=do.reason, place_id=do.place_id, photos=do.photos)
    else:
        touch(s, "supply", supply.id)
    return {"supply_id": supply.id, "on_hand": told(s, supply, by), "accepted": do.quantity, "refused": do.refused, "open": open_left}


class IssueSupply(Operation):
    """`department_id`: the person fetches it for that department, and their own limit stays untouched."""

    code: Code
    quantity: Quantity
    to_person_id: UUID
    department_id: UUID | None = None
    reason: Reason = ""


@operation(IssueSupply, "supply.issue", roles=PERSON_ROLES | {Role.KIOSK}, offline=True, clashes={"supply_never_below_zero": not_enough})
def issue(s: Session, do: IssueSupply, by: Actor, at: datetime) -> dict[str, Any]:
    """Pieces leave the shelf for a person or a department. More than the limit a person and period needs a reason, more than the department's quota
    a leader.

    Refuses: label codes, person.not_found, person.department_unknown, supply.retired, supply.over_limit, supply.over_quota, supply.not_enough,
    stocktake.frozen; a taking that happened is booked instead and its outcome carries `over_limit`, `over_quota` or `discrepancy` (see the module).
    Not allowed: for another department, except by the office."""
    supply = by_code(s, do.code)
    person = people.get(s, do.to_person_id)
    happened = (by.is_person and by.device_id is not None) or current_item(s).received_at - at > STALE_AFTER
    if supply.retired_at is not None and not happened:
        raise Refused("supply.retired", name=supply.name)
    if not happened:
        holds.check(s, "supply", supply.id, to_place=None, doing=Move.ISSUE)
    whose = _department(s, do, person, by)
    before = taken(s, supply.id, person.id, at)
    over = supply.limit_quantity is not None and do.department_id is None and before + do.quantity > supply.limit_quantity
    if over and not do.reason:
        if not happened:
            raise Refused(
                "supply.over_limit",
                name=supply.name,
                limit=supply.limit_quantity,
                taken=before,
                quantity=do.quantity,
                unit=supply.unit,
                person=person.name,
            )
        note(s, over_limit=True)
    over = _keep_quota(s, supply, whose, do, by, at, happened=happened) or over
    short = do.quantity - supply.on_hand
    if short > 0:
        if not happened:
            raise _too_few(s, supply, do.quantity, by)
        _find_missing(s, supply, short, by, at)
    move(s, supply, Move.ISSUE, -do.quantity, by=by, at=at, reason=do.reason, to_person_id=person.id, over_limit=over, department_id=whose,
         for_department=do.department_id is not None)  # fmt: skip
    settle_requests(s, supply.id, person.id, do.quantity, at)
    return {"supply_id": supply.id, "on_hand": told(s, supply, by), "taken": before + do.quantity, "limit": supply.limit_quantity}


class ReturnSupply(Operation):
    """Unused pieces come back from whoever took them, for themself or for a department."""

    code: Code
    quantity: Quantity
    from_person_id: UUID
    department_id: UUID | None = None
    reason: Reason = ""


@operation(ReturnSupply, "supply.return", roles=PERSON_ROLES | {Role.KIOSK}, offline=True)
def give_back(s: Session, do: ReturnSupply, by: Actor, at: datetime) -> dict[str, Any]:
    """Refuses: label codes, person.not_found, person.department_unknown. Not allowed: for another department, except by the office."""
    supply = by_code(s, do.code)
    person = people.get(s, do.from_person_id)
    move(
        s, supply, Move.RETURN, do.quantity, by=by, at=at, reason=do.reason, to_person_id=person.id, department_id=_department(s, do, person, by),
        for_department=do.department_id is not None,
    )  # fmt: skip
    return {"supply_id": supply.id, "on_hand": told(s, supply, by)}


class CorrectStock(Operation):
    """A booking mistake put right by a line of its own; `quantity` is signed."""

    code: Code
    quantity: int
    reason: Annotated[str, StringConstraints(min_length=1, max_length=200)]


@operation(CorrectStock, "supply.correct", roles=KEEPERS, clashes={"supply_never_below_zero": not_enough})
def correct(s: Session, do: CorrectStock, by: Actor, at: datetime) -> dict[str, Any]:
    """Refuses: label codes, supply.nothing, supply.not_enough"""
    supply = by_code(s, do.code)
    if do.quantity == 0 or abs(do.quantity) > 1_000_000:
        raise Refused("supply.nothing")
    if supply.on_hand + do.quantity < 0:
        raise _too_few(s, supply, -do.quantity, by)
    move(s, supply, Move.CORRECT, do.quantity, by=by, at=at, reason=do.reason)
    return {"supply_id": supply.id, "on_hand": told(s, supply, by)}


# ── for stock-takes ──


def post_count(
    s: Session, supply_id: UUID, difference: int, *, place_id: UUID | None, subject: tuple[str, UUID], reason: str, by: Actor, at: datetime
) -> SupplyMovement | None:
    """Post what an approved count found: `difference` (signed) against the book at the moment of counting; 0 posts nothing.

    Pieces that a later taking already used can not be taken away twice: what would fall below zero is booked in as a discrepancy first."""
    if difference == 0:
        return None
    supply = get(s, supply_id)
    if supply.on_hand + difference < 0:
        _find_missing(s, supply, -(supply.on_hand + difference), by, at)
    return move(s, supply, Move.COUNT, difference, by=by, at=at, reason=reason, place_id=place_id, subject=subject)


def move(
    s: Session, supply: Supply, kind: Move, quantity: int, *, by: Actor, at: datetime, reason: str = "", to_person_id: UUID | None = None,
    place_id: UUID | None = None, over_limit: bool = False, photos: Photos = (), subject: tuple[str, UUID] | None = None,
    department_id: UUID | None = None, for_department: bool = False,
) -> SupplyMovement:  # fmt: skip
    """One line of the ledger; the database moves the balance and refuses one below zero. Tells once when the minimum is crossed."""
    if place_id is not None:
        places.get(s, place_id)
    line = SupplyMovement(
        supply_id=supply.id, kind=kind, quantity=quantity, place_id=place_id or supply.place_id, to_person_id=to_person_id,
        department_id=department_id, for_department=for_department, actor_id=by.person_id,
        device_id=by.device_id, reason=reason, over_limit=over_limit, photos=list(photos), at=at, booked_at=current_item(s).received_at,
        op_id=current_item(s).op_id,
        subject_kind=subject[0] if subject else None, subject_id=subject[1] if subject else None,
    )  # fmt: skip
    s.add(line)
    s.flush()
    s.refresh(supply, ["on_hand"])
    attachments.use(s, photos, "supply", supply.id, by, at)
    _watch_minimum(s, supply, at)
    touch(s, "supply", supply.id)
    return line


# ── private ──


def _department(s: Session, do: IssueSupply | ReturnSupply, person: people.Person, by: Actor) -> UUID | None:
    """Whose quota it is: the department named, else the person's own."""
    if do.department_id is None or do.department_id == person.department_id:
        return person.department_id
    if not by.has(*OFFICE):
        raise NotAllowed()
    return quotas.department(s, do.department_id).id


def _keep_quota(s: Session, supply: Supply, whose: UUID | None, do: IssueSupply, by: Actor, at: datetime, *, happened: bool) -> bool:
    """Whether it is more than the quota, and may be. Raises the refusal when it may not."""
    too_much = quotas.exceeded(s, supply, whose, do.quantity, at)
    if too_much is None or whose is None:
        return False
    if not happened and not quotas.agreed(s, supply, whose, do.quantity, do.reason, by, at):
        raise too_much
    note(s, over_quota=True)
    return True


def _find_missing(s: Session, supply: Supply, short: int, by: Actor, at: datetime) -> None:
    """The shelf held more than the books: book the missing pieces in, visibly, and tell who keeps the shelf."""
    move(s, supply, Move.DISCREPANCY, short, by=by, at=at)
    note(s, discrepancy=short if told(s, supply, by) is not None else True)
    _tell_clerks(
        s, supply, "supply.notice.discrepancy", {"name": supply.name, "quantity": short, "unit": supply.unit, "person": by.name}, at
    )


def _tell_clerks(s: Session, supply: Supply, key: str, facts: dict[str, Any], at: datetime) -> None:
    """Everyone who keeps the shelves; who counts this one blind is told without the figures (`key` with `_hidden`)."""
    for person in people.with_role(s, Role.CLERK):
        knows = told(s, supply, people.actor_of(s, person)) is not None
        notices.queue(
            s, key=key if knows else f"{key}_hidden", facts=facts if knows else {"name": supply.name}, at=at, to_person_id=person.id,
            subject=("supply", supply.id),
        )  # fmt: skip


def _watch_minimum(s: Session, supply: Supply, at: datetime) -> None:
    """Below the minimum tells once; back at it or above arms the alert again (pitfall T38)."""
    if supply.on_hand >= supply.minimum:
        supply.low_since = None
    elif supply.low_since is None:
        supply.low_since = at
        facts = {"name": supply.name, "on_hand": supply.on_hand, "minimum": supply.minimum, "unit": supply.unit}
        _tell_clerks(s, supply, "supply.notice.low", facts, at)
