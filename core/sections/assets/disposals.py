"""Disposal (报废/处置, guide S4.1-R10): the wish that something leaves the register."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from core.mechanisms.operations import Actor, Operation, Role, operation, touch
from core.sections.assets.custody import Reason, locked
from core.sections.assets.ledger import KEEPERS_OF_THE_BOOK, Asset, note


class RequestDisposal(Operation):
    asset_id: UUID
    reason: Reason


@operation(RequestDisposal, "asset.request_disposal", roles={*KEEPERS_OF_THE_BOOK, Role.LEADER})
def request_disposal(s: Session, do: RequestDisposal, by: Actor, at: datetime) -> dict[str, Any]:
    """A wish that stands in the asset's life; the asset stays in the register until the disposal is approved and done.

    Refuses: asset.not_found, asset.disposed"""
    asset = locked(s, do.asset_id)
    propose(s, asset, do.reason, by, at)
    return {"asset_id": asset.id}


def propose(s: Session, asset: Asset, reason: str, by: Actor, at: datetime) -> None:
    note(s, asset.id, "disposal_requested", by, at, reason=reason)
    touch(s, "asset", asset.id)
