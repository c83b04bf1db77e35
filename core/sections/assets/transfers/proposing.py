"""Proposing a transfer, and what may be moved at all."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from core.foundation import clock
from core.foundation.errors import NotAllowed, Refused
from core.mechanisms import numbering, people
from core.mechanisms.operations import Actor, Role, operation, touch
from core.sections.assets import disposals
from core.sections.assets.custody import Reason, custodian_of, may_give, place_exists
from core.sections.assets.ledger import Asset, AssetState, note
from core.sections.assets.pointing import OfAssets
from core.sections.assets.transfers.people import givers, tell
from core.sections.assets.transfers.record import KIND, AssetTransfer, AssetTransferLine, under_way


class ProposeTransfer(OfAssets):
    """To a department, a person of it if named, a place if it moves."""

    to_department_id: UUID
    to_person_id: UUID | None = None
    to_place_id: UUID | None = None
    reason: Reason


@operation(ProposeTransfer, "transfer.propose", roles={Role.STAFF})
def propose(s: Session, do: ProposeTransfer, by: Actor, at: datetime) -> dict[str, Any]:
    """The keepers of the book, leaders, who has the things, and the custodians of both departments may propose.

    Refuses: asset.not_found, asset.disposed, asset.lost, asset.in_repair, transfer.under_way, transfer.disposal_open, transfer.nothing_changes,
    person.department_unknown, person.not_found, person.disabled, place.not_found, place.retired"""
    found = do.assets(s)
    if s.get(people.Department, do.to_department_id) is None:
        raise Refused("person.department_unknown")
    if do.to_person_id is not None and (taker := people.get(s, do.to_person_id)).disabled_at is not None:
        raise Refused("person.disabled", name=taker.name)
    place_exists(s, do.to_place_id)
    taking = custodian_of(s, do.to_department_id)
    for asset in found:
        if not (by.has(Role.LEADER) or may_give(s, asset, by) or (taking is not None and by.person_id == taking)):
            raise NotAllowed(number=asset.number)
        may_move(s, asset, at)
        if (asset.department_id, asset.keeper_id) == (do.to_department_id, do.to_person_id) and do.to_place_id in (None, asset.place_id):
            raise Refused("transfer.nothing_changes", number=asset.number)
    year = clock.today(at).year
    row = AssetTransfer(
        year=year, number=numbering.next_number(s, KIND, year), to_department_id=do.to_department_id, to_person_id=do.to_person_id,
        to_place_id=do.to_place_id, reason=do.reason, proposed_by_id=by.person_id, proposed_at=at,
    )  # fmt: skip
    s.add(row)
    s.flush()
    for position, asset in enumerate(found, 1):
        s.add(AssetTransferLine(
            transfer_id=row.id, asset_id=asset.id, position=position, from_department_id=asset.department_id, from_keeper_id=asset.keeper_id,
            from_place_id=asset.place_id,
        ))  # fmt: skip
        note(s, asset.id, "transfer_proposed", by, at, document=row.document, reason=do.reason)
        touch(s, "asset", asset.id)
    s.flush()
    touch(s, KIND, row.id)
    tell(s, row, "transfer.notice.to_hand", givers(s, found), by, at, found)
    return {"transfer_id": row.id, "document": row.document}


def may_move(s: Session, asset: Asset, at: datetime) -> None:
    if asset.state == AssetState.LOST:
        raise Refused("asset.lost", number=asset.number)
    if asset.state == AssetState.REPAIR:
        raise Refused("asset.in_repair", number=asset.number)
    if (there := under_way(s, asset.id)) is not None:
        raise Refused("transfer.under_way", number=asset.number, document=there.document)
    if (going := disposals.open_disposal(s, asset.id)) is not None:
        raise Refused("transfer.disposal_open", number=asset.number, document=going.document)
