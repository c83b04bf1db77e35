"""Both sides of a transfer: handed over, accepted, refused, withdrawn. Two persons."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation.errors import NotAllowed, Refused
from core.mechanisms import numbering
from core.mechanisms.operations import Actor, Operation, Role, operation, touch
from core.sections.assets import disposals
from core.sections.assets.custody import Reason, may_give, move, place_exists
from core.sections.assets.ledger import KEEPERS_OF_THE_BOOK, Asset, AssetState, Line, change, note
from core.sections.assets.pointing import locked
from core.sections.assets.transfers.people import assets_of, takers, takes, tell
from core.sections.assets.transfers.record import KIND, OPEN_STATES, AssetTransfer, AssetTransferLine, TransferState, get_transfer


class HandTransfer(Operation):
    transfer_id: UUID


@operation(HandTransfer, "transfer.hand", roles={Role.STAFF})
def hand(s: Session, do: HandTransfer, by: Actor, at: datetime) -> dict[str, Any]:
    """The giving side says it is handed over; nothing moves yet. Done again it changes nothing.

    Refuses: transfer.not_found, transfer.settled, transfer.changed_meanwhile, asset.disposed, asset.lost, asset.in_repair; not allowed: not the
    giving side"""
    row = get_transfer(s, do.transfer_id)
    if row.state == TransferState.HANDED and row.handed_by_id == by.person_id:
        return {"transfer_id": row.id, "state": row.state}
    _must_be(row, TransferState.PROPOSED)
    found = _things(s, row, at)
    if by.person_id is None or not all(may_give(s, asset, by) for asset in found):
        raise NotAllowed()
    row.state, row.handed_by_id, row.handed_at = TransferState.HANDED, by.person_id, at
    row.version += 1
    for asset in found:
        note(s, asset.id, "transfer_handed", by, at, document=row.document)
        touch(s, "asset", asset.id)
    touch(s, KIND, row.id)
    tell(s, row, "transfer.notice.to_accept", takers(s, row), by, at, found)
    return {"transfer_id": row.id, "state": row.state}


class AcceptTransfer(Operation):
    """`place_id`: where the taker puts it, when that is not as proposed."""

    transfer_id: UUID
    place_id: UUID | None = None


@operation(AcceptTransfer, "transfer.accept", roles={Role.STAFF})
def accept(s: Session, do: AcceptTransfer, by: Actor, at: datetime) -> dict[str, Any]:
    """The taking side has it: book, card and custody follow at once. Done again it changes nothing.

    Refuses: transfer.not_found, transfer.not_handed, transfer.settled, transfer.same_person, transfer.changed_meanwhile, place.not_found,
    place.retired; not allowed: not the taking side"""
    row = get_transfer(s, do.transfer_id)
    if row.state == TransferState.ACCEPTED:
        return {"transfer_id": row.id, "state": row.state}
    if not takes(s, row, by):
        raise NotAllowed()
    if row.state == TransferState.PROPOSED:
        raise Refused("transfer.not_handed", document=row.document)
    _must_be(row, TransferState.HANDED)
    if by.person_id == row.handed_by_id:
        raise Refused("transfer.same_person")
    place_exists(s, do.place_id)
    place_id = do.place_id or row.to_place_id
    found = _things(s, row, at)
    row.state, row.settled_by_id, row.settled_at = TransferState.ACCEPTED, by.person_id, at
    row.version += 1
    for asset in found:
        given: dict[str, Any] = {"department_id": row.to_department_id, **({"place_id": place_id} if place_id else {})}
        if asset.keeper_id != row.to_person_id:
            move(s, asset, row.to_person_id, by, at, kind="transferred", place_id=place_id, remark=row.document, department_id=row.to_department_id,
                 reason=row.reason)  # fmt: skip
        else:
            change(s, asset, given, "transferred", by, at, reason=row.reason, note=row.document)
    touch(s, KIND, row.id)
    if row.handed_by_id is not None:
        tell(s, row, "transfer.notice.accepted", [row.handed_by_id], by, at, found)
    return {"transfer_id": row.id, "state": row.state}


class RefuseTransfer(Operation):
    transfer_id: UUID
    reason: Reason


@operation(RefuseTransfer, "transfer.refuse", roles={Role.STAFF})
def refuse(s: Session, do: RefuseTransfer, by: Actor, at: datetime) -> dict[str, Any]:
    """The giving or the taking side says no, with the reason; nothing has moved. Refuses: transfer.not_found, transfer.settled; not allowed:
    neither side"""
    row = get_transfer(s, do.transfer_id)
    if row.state not in OPEN_STATES:
        raise Refused("transfer.settled", document=row.document)
    found = assets_of(s, row)
    if not (takes(s, row, by) or all(may_give(s, asset, by) for asset in found)):
        raise NotAllowed()
    _end(s, row, TransferState.REFUSED, do.reason, by, at)
    tell(s, row, "transfer.notice.refused", [p for p in (row.proposed_by_id, row.handed_by_id) if p], by, at, found, reason=do.reason)
    return {"transfer_id": row.id, "state": row.state}


class WithdrawTransfer(Operation):
    transfer_id: UUID
    reason: Line = ""


@operation(WithdrawTransfer, "transfer.withdraw", roles={Role.STAFF})
def withdraw(s: Session, do: WithdrawTransfer, by: Actor, at: datetime) -> dict[str, Any]:
    """Who proposed it, or a keeper of the book, takes it back; its number stays visible as void. Refuses: transfer.not_found, transfer.settled"""
    row = get_transfer(s, do.transfer_id)
    if by.person_id != row.proposed_by_id and not by.has(*KEEPERS_OF_THE_BOOK):
        raise NotAllowed()
    if row.state not in OPEN_STATES:
        raise Refused("transfer.settled", document=row.document)
    _end(s, row, TransferState.WITHDRAWN, do.reason, by, at)
    numbering.void(s, KIND, row.year, row.number, do.reason or "withdrawn", by, at)
    return {"transfer_id": row.id, "state": row.state}


def _things(s: Session, row: AssetTransfer, at: datetime) -> list[Asset]:
    """The things of a document, which must be whose they were, and may move. Refuses: transfer.changed_meanwhile, asset.…"""
    found = assets_of(s, row)
    lines = {
        line.asset_id: line for line in s.execute(select(AssetTransferLine).where(col(AssetTransferLine.transfer_id) == row.id)).scalars()
    }
    for asset in found:
        locked(s, asset.id)
        line = lines[asset.id]
        if (asset.department_id, asset.keeper_id) != (line.from_department_id, line.from_keeper_id):
            raise Refused("transfer.changed_meanwhile", number=asset.number, document=row.document)
        if asset.state == AssetState.LOST:
            raise Refused("asset.lost", number=asset.number)
        if asset.state == AssetState.REPAIR:
            raise Refused("asset.in_repair", number=asset.number)
        if (going := disposals.open_disposal(s, asset.id)) is not None:
            raise Refused("transfer.disposal_open", number=asset.number, document=going.document)
    return found


def _must_be(row: AssetTransfer, state: TransferState) -> None:
    if row.state != state:
        raise Refused("transfer.settled", document=row.document)


def _end(s: Session, row: AssetTransfer, state: TransferState, remark: str, by: Actor, at: datetime) -> None:
    row.state, row.settled_by_id, row.settled_at, row.remark = state, by.person_id, at, remark
    row.version += 1
    for asset in assets_of(s, row):
        note(s, asset.id, f"transfer_{state}", by, at, document=row.document, note=remark)
        touch(s, "asset", asset.id)
    touch(s, KIND, row.id)
