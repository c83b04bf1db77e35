"""Carrying a disposal out, with evidence and wiped data, or keeping the thing after all."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation import clock
from core.foundation.errors import Refused
from core.mechanisms import attachments, custody, duties, numbering
from core.mechanisms.labels import Label, LabelState, SubjectKind
from core.mechanisms.operations import Actor, Operation, Role, operation, touch
from core.sections.assets import repairs
from core.sections.assets.cards import names_of
from core.sections.assets.custody import ASSET, Reason
from core.sections.assets.disposals.asking import back_to_use
from core.sections.assets.disposals.record import KIND, AssetDisposal, DisposalState, Method, Photos, WipeMethod, locked_disposal
from core.sections.assets.ledger import (
    KEEPERS_OF_THE_BOOK,
    Asset,
    AssetState,
    Cents,
    Day,
    Line,
    change,
    note,
)
from core.sections.assets.pointing import locked


class Wipe(BaseModel):
    """How what it stored was removed, by whom, with which proof (a certificate's number or a photo among the evidence)."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)
    method: WipeMethod
    by: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    proof: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class DisposeAsset(Operation):
    """`receiver` is who got it; `disposed_on` defaults to today and lies neither in the future nor before the agreement."""

    disposal_id: UUID
    method: Method | None = None
    proceeds_cents: Cents = 0
    receiver: Line = ""
    disposed_on: Day | None = None
    photos: Photos = ()
    wipe: Wipe | None = None
    remark: Line = ""


@operation(DisposeAsset, "asset.dispose", roles=KEEPERS_OF_THE_BOOK)
def dispose(s: Session, do: DisposeAsset, by: Actor, at: datetime) -> dict[str, Any]:
    """It leaves the register on that day. Done again it changes nothing.

    Refuses: disposal.not_found, disposal.not_approved, disposal.settled, disposal.in_custody, asset.at_vendor, disposal.evidence_missing,
    disposal.wipe_missing, disposal.day, transfer.under_way"""
    row = locked_disposal(s, do.disposal_id)
    if row.state == DisposalState.DISPOSED:
        return {"asset_id": row.asset_id, "document": row.document, "disposed_on": row.disposed_on}
    asset = locked(s, row.asset_id)
    day = do.disposed_on or clock.today(at)
    _may_be_done(s, row, asset, do, day, at)
    row.state, row.disposed_on, row.done_at, row.done_by_id = DisposalState.DISPOSED, day, at, by.person_id
    row.method, row.proceeds_cents, row.receiver, row.remark = do.method or row.method, do.proceeds_cents, do.receiver, do.remark
    row.wipe = do.wipe.model_dump(mode="json") if do.wipe else None
    row.version += 1
    attachments.use(s, do.photos, KIND, row.id, by, at)
    custody.withdraw(s, (ASSET, asset.id), by, at)
    repair = repairs.open_repair(s, asset.id)
    if repair is not None:
        repair.state, repair.result, repair.finished_at, repair.finished_by_id = repairs.RepairState.UNFIT, row.document, at, by.person_id
        repair.version += 1
    change(
        s, asset, {"state": AssetState.DISPOSED, "keeper_id": None, "left_on": day, "left_by": row.document}, "disposed", by, at, document=row.document, day=day,
        method=row.method, proceeds_cents=row.proceeds_cents, wiped=row.wipe is not None,
    )  # fmt: skip
    _retire_labels(s, asset, row, at)
    for duty in duties.everything_of(s, (ASSET, asset.id)):
        if duty.merge_key == f"disposal/{row.id}":
            duties.settle(s, duty, by, at, row.document)
        else:
            duties.cancel(s, duty, by, at, row.document)
    touch(s, KIND, row.id)
    return {"asset_id": asset.id, "document": row.document, "disposed_on": day}


class CancelDisposal(Operation):
    """It was agreed to, and is kept after all."""

    disposal_id: UUID
    reason: Reason


@operation(CancelDisposal, "asset.cancel_disposal", roles={*KEEPERS_OF_THE_BOOK, Role.LEADER})
def cancel_disposal(s: Session, do: CancelDisposal, by: Actor, at: datetime) -> dict[str, Any]:
    """Its number stays visible as void. One that is still being decided is withdrawn by who asked. Refuses: disposal.not_found,
    disposal.not_approved, disposal.settled"""
    row = locked_disposal(s, do.disposal_id)
    asset = locked(s, row.asset_id)
    if row.state != DisposalState.APPROVED:
        raise Refused("disposal.not_approved" if row.state == DisposalState.ASKED else "disposal.settled", document=row.document)
    row.state, row.settled_at, row.remark = DisposalState.WITHDRAWN, at, do.reason
    row.version += 1
    note(s, asset.id, "disposal_withdrawn", by, at, document=row.document, note=do.reason)
    numbering.void(s, KIND, row.year, row.number, do.reason, by, at)
    duty = duties.find_open(s, f"disposal/{row.id}")
    if duty is not None:
        duties.cancel(s, duty, by, at, do.reason)
    back_to_use(s, asset, row, by, at)
    touch(s, "asset", asset.id)
    touch(s, KIND, row.id)
    return {"asset_id": asset.id}


def _may_be_done(s: Session, row: AssetDisposal, asset: Asset, do: DisposeAsset, day: date, at: datetime) -> None:
    if row.state != DisposalState.APPROVED:
        raise Refused("disposal.not_approved" if row.state == DisposalState.ASKED else "disposal.settled", document=row.document)
    lost = asset.state == AssetState.LOST
    held = custody.holder(s, (ASSET, asset.id))
    if held.party:
        raise Refused("asset.at_vendor", number=asset.number, vendor=held.party)
    if asset.keeper_id is not None and not lost:
        raise Refused("disposal.in_custody", number=asset.number, name=names_of(s, {asset.keeper_id}).get(asset.keeper_id, ""))
    if not lost and not do.photos and not attachments.of(s, KIND, row.id):
        raise Refused("disposal.evidence_missing")
    if row.holds_data and not lost and do.wipe is None:
        raise Refused("disposal.wipe_missing", number=asset.number)
    if day > clock.today(at) or (row.settled_at is not None and day < clock.today(row.settled_at)):
        raise Refused("disposal.day")
    from core.sections.assets import transfers  # a transfer looks at disposals too: one thing is under one procedure at a time

    if (under_way := transfers.under_way(s, asset.id)) is not None:
        raise Refused("transfer.under_way", number=asset.number, document=under_way.document)


def _retire_labels(s: Session, asset: Asset, row: AssetDisposal, at: datetime) -> None:
    for label in s.execute(select(Label).where(col(Label.subject_kind) == SubjectKind.ASSET, col(Label.subject_id) == asset.id)).scalars():
        if label.state in (LabelState.ACTIVE, LabelState.SUPERSEDED):
            label.state, label.ended_at, label.reason = LabelState.RETIRED, at, row.document
            touch(s, "label", label.code)
