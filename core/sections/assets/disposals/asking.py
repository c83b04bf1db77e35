"""Asking for a disposal, by hand or from another procedure, and what follows when its route ends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from core.foundation import clock
from core.mechanisms import approval_rules, approvals, attachments, duties, numbering, people
from core.mechanisms.approvals import Approval
from core.mechanisms.operations import Actor, Operation, Role, operation, touch
from core.sections.assets import repairs
from core.sections.assets.cards import net_value_of
from core.sections.assets.custody import ASSET, Reason
from core.sections.assets.disposals.record import DATA_CLASSES, KIND, AssetDisposal, Method, Photos, locked_disposal, open_disposal
from core.sections.assets.ledger import (
    KEEPERS_OF_THE_BOOK,
    Asset,
    AssetState,
    change,
    note,
)
from core.sections.assets.pointing import locked


class RequestDisposal(Operation):
    """`holds_data` None: as its class says."""

    asset_id: UUID
    reason: Reason
    method: Method = Method.SCRAP
    photos: Photos = ()
    holds_data: bool | None = None


@operation(RequestDisposal, "asset.request_disposal", roles={*KEEPERS_OF_THE_BOOK, Role.LEADER})
def request_disposal(s: Session, do: RequestDisposal, by: Actor, at: datetime) -> dict[str, Any]:
    """Ask; the asset stays in the register until it is agreed and done. Asked again while one is open, the same one.

    Refuses: asset.not_found, asset.disposed"""
    asset = locked(s, do.asset_id)
    row = propose(s, asset, do.reason, by, at, method=do.method, photos=do.photos, holds_data=do.holds_data)
    return {"asset_id": asset.id, "disposal_id": row.id, "document": row.document}


def propose(
    s: Session, asset: Asset, reason: str, by: Actor, at: datetime, *, method: str = "", photos: Sequence[str] = (),
    holds_data: bool | None = None,
) -> AssetDisposal:  # fmt: skip
    """A request from another ability's operation (beyond repair, missing in a count), or the one that is open already."""
    there = open_disposal(s, asset.id)
    if there is not None:
        return there
    year = clock.today(at).year
    value = asset.value_cents
    row = AssetDisposal(
        asset_id=asset.id, year=year, number=numbering.next_number(s, KIND, year), reason=reason,
        method=method or (Method.LOSS if asset.state == AssetState.LOST else Method.SCRAP), value_cents=value,
        net_value_cents=net_value_of(asset, clock.today(at)), holds_data=asset.class_code.startswith(DATA_CLASSES) if holds_data is None else holds_data,
        asked_by_id=by.person_id, asked_at=at,
    )  # fmt: skip
    s.add(row)
    s.flush()
    note(s, asset.id, "disposal_requested", by, at, reason=reason, document=row.document)
    attachments.use(s, photos, KIND, row.id, by, at)
    facts = {"name": asset.name, "number": asset.number, "document": row.document, "reason": reason, "figure_cents": value}
    approval = approvals.request(
        s, kind=KIND, subject=(KIND, row.id), title_key="disposal.approval", facts=facts, by=by, at=at,
        steps=approval_rules.steps_for(s, KIND, value or 0, by.person_id),
    )  # fmt: skip
    row.approval_id = approval.id
    touch(s, "asset", asset.id)
    touch(s, KIND, row.id)
    return row


@approvals.settles(KIND)
def settled(s: Session, approval: Approval, by: Actor, at: datetime) -> None:
    """The route ended: the clerk owes the carrying out, or the thing goes back to use."""
    row = locked_disposal(s, approval.subject_id)
    asset = locked(s, row.asset_id)
    row.state, row.settled_at = approval.state, at
    row.version += 1
    note(s, asset.id, f"disposal_{approval.state}", by, at, document=row.document)
    touch(s, KIND, row.id)
    if approval.state == approvals.APPROVED:
        owner = _clerk(s, row.asked_by_id)
        if owner is not None:
            facts = {"name": asset.name, "number": asset.number, "document": row.document}
            duties.open_duty(
                s, title_key="disposal.duty.carry_out", facts=facts, owner_id=owner, subject=(ASSET, asset.id), at=at, merge_key=f"disposal/{row.id}",
                by=by,
            )  # fmt: skip
        return
    if approval.state == approvals.WITHDRAWN:
        numbering.void(s, KIND, row.year, row.number, "withdrawn", by, at)
    back_to_use(s, asset, row, by, at)
    touch(s, "asset", asset.id)


def back_to_use(s: Session, asset: Asset, row: AssetDisposal, by: Actor, at: datetime) -> None:
    """What was beyond repair and is not disposed of is in use again, or idle."""
    if asset.state == AssetState.REPAIR and repairs.open_repair(s, asset.id) is None:
        change(s, asset, {"state": AssetState.IN_USE if asset.keeper_id else AssetState.IDLE}, "kept", by, at, document=row.document)


def _clerk(s: Session, asked_by: UUID | None) -> UUID | None:
    """Who carries it out: who asked, when they keep the book, else a clerk."""
    keepers = [person.id for person in people.with_role(s, Role.CLERK) or people.with_role(s, Role.ADMIN)]
    return asked_by if asked_by in keepers else next(iter(keepers), None)
