"""Who stands on which side of a transfer, and who is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from core.mechanisms import custody, notices, people
from core.mechanisms.operations import Actor, Role
from core.sections.assets.custody import custodian_of, words_of
from core.sections.assets.ledger import KEEPERS_OF_THE_BOOK, Asset
from core.sections.assets.transfers.record import KIND, AssetTransfer, AssetTransferLine


def joined(words: Any) -> str:
    """One name, or several joined."""
    return "，".join(dict.fromkeys(word for word in words if word))


def assets_of(s: Session, row: AssetTransfer) -> list[Asset]:
    query = select(AssetTransferLine.asset_id).where(col(AssetTransferLine.transfer_id) == row.id).order_by(col(AssetTransferLine.position))
    ids = list(s.execute(query).scalars())
    found = {asset_id: s.get_one(Asset, asset_id, with_for_update=True, populate_existing=True) for asset_id in sorted(ids)}
    return [found[asset_id] for asset_id in ids]


def takes(s: Session, row: AssetTransfer, by: Actor) -> bool:
    """The person it goes to (or their deputy), the custodian and the head of the department it goes to."""
    department = s.get(people.Department, row.to_department_id)
    stands_for = (department.custodian_id, department.head_id) if department else ()
    if row.to_person_id is None and not any(stands_for):
        return by.is_person and by.has(*KEEPERS_OF_THE_BOOK)  # a department nobody stands for: the clerk receives for it
    return custody.may_act_for(s, by, row.to_person_id) or (by.person_id is not None and by.person_id in stands_for)


def givers(s: Session, found: Sequence[Asset]) -> list[UUID]:
    """Who has the things; for what nobody keeps the custodian, else the clerks."""
    told: dict[UUID, None] = {}
    for asset in found:
        one = asset.keeper_id or custodian_of(s, asset.department_id)
        for person_id in [one] if one else [clerk.id for clerk in people.with_role(s, Role.CLERK)]:
            told[person_id] = None
    return list(told)


def takers(s: Session, row: AssetTransfer) -> list[UUID]:
    if row.to_person_id is not None:
        return [row.to_person_id]
    department = s.get(people.Department, row.to_department_id)
    named = [p for p in (department.custodian_id, department.head_id) if p] if department else []
    return named[:1] or [clerk.id for clerk in people.with_role(s, Role.CLERK)]


def tell(
    s: Session, row: AssetTransfer, key: str, whom: Sequence[UUID], by: Actor, at: datetime, found: Sequence[Asset], **more: Any
) -> None:
    facts = {"name": by.name, "document": row.document, "things": words_of(found), "n": len(found), **more}
    for person_id in dict.fromkeys(whom):
        if person_id != by.person_id:
            notices.queue(s, key=key, facts=facts, at=at, to_person_id=person_id, subject=(KIND, row.id))
