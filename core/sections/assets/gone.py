"""A thing that should not be there any more was scanned: disposed of, or recorded as missing (guide S4.1-R10: later scans raise an alarm).

The asset clerks hear of it, once a day for each thing, with where and by whom; the sighting stands in the thing's life. A stranger's scan counts
too: what left the register and turns up in somebody's hands is what the clerk wants to know.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import StringConstraints
from sqlmodel import Session

from core.foundation import clock, database
from core.foundation.errors import Invalid, Refused
from core.foundation.ids import derived
from core.mechanisms import labels, notices
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import SYSTEM, Actor, Operation, Role, operation, perform, touch
from core.sections.assets.ledger import Asset, AssetState, get, note

GONE = (AssetState.DISPOSED, AssetState.LOST)
Where = Annotated[str, StringConstraints(pattern="^(page|kiosk|phone|api)$")]


class NoteSighting(Operation):
    """`stranger`: nobody was signed in; `where` is the surface it was scanned on."""

    asset_id: UUID
    where: Where = "page"
    stranger: bool = False


@operation(NoteSighting, "asset.note_sighting", roles={Role.STAFF, Role.KIOSK, Role.PHONE}, offline=True)
def note_sighting(s: Session, do: NoteSighting, by: Actor, at: datetime) -> dict[str, Any]:
    """Tell the clerks, once a day for each thing. Refuses: asset.not_found, asset.not_gone"""
    asset = get(s, do.asset_id)
    if asset.state not in GONE:
        raise Refused("asset.not_gone", number=asset.number)
    note(s, asset.id, "sighted", by, at, where=do.where, stranger=do.stranger)
    touch(s, "asset", asset.id)
    key = "asset.notice.sighted_by_stranger" if do.stranger or not by.is_person else "asset.notice.sighted"
    facts = {
        "name": by.name, "thing": asset.name, "number": asset.number, "state_key": f"asset.state.{asset.state}", "document": asset.left_by,
        "where_key": f"asset.sighted.{do.where}", "when": at,
    }  # fmt: skip
    told = notices.queue_roles(s, Role.CLERK, key=key, facts=facts, at=at, subject=("asset", asset.id))
    return {"told": len(told)}


async def sighted(code: str, by: Actor | None, where: str) -> None:
    """A code was read somewhere: when its thing is gone, say so to the clerks. Quiet for everything else, and for what was said today."""
    found = gone_behind(code)
    if found is not None:
        at = clock.now()
        do = NoteSighting(asset_id=found, where=where, stranger=by is None)
        who = by.person_id or by.device_id if by is not None else "stranger"
        await perform(do, by=by or SYSTEM, op_id=derived("asset.note_sighting", found, clock.today(at), where, who))


def gone_behind(code: str) -> UUID | None:
    """The thing behind a code when it is disposed of or missing."""
    with database.reading() as s:
        try:
            label = labels.known(s, code)
        except (Refused, Invalid):
            return None
        asset = s.get(Asset, label.subject_id) if label.subject_kind == SubjectKind.ASSET and label.subject_id else None
        return asset.id if asset is not None and asset.state in GONE else None
