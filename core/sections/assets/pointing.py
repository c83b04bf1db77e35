"""Which asset an operation speaks of: by its id, or by what its label says; one, or a pile of them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints, model_validator
from sqlmodel import Session

from core.mechanisms.operations import Operation
from core.sections.assets.ledger import Asset, by_code, present

ScannedCode = Annotated[str, StringConstraints(max_length=300)]
MOST_AT_ONCE = 200


class OfAsset(Operation):
    """An asset by its id or by what its label says: exactly one of them."""

    asset_id: UUID | None = None
    code: ScannedCode | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> OfAsset:
        if (self.asset_id is None) == (self.code is None):
            raise ValueError("asset.id_or_code")
        return self

    def asset(self, s: Session) -> Asset:
        """Refuses: asset.not_found, asset.disposed, label.unknown …"""
        return locked(s, self.asset_id if self.asset_id is not None else by_code(s, self.code or "").id)


class OfAssets(Operation):
    """A pile of assets, by ids or by what their labels say: 1 to 200; the same one twice is one."""

    asset_ids: Annotated[tuple[UUID, ...], Input(max_length=MOST_AT_ONCE)] = ()
    codes: Annotated[tuple[ScannedCode, ...], Input(max_length=MOST_AT_ONCE)] = ()

    @model_validator(mode="after")
    def _some(self) -> OfAssets:
        if not 1 <= len(self.asset_ids) + len(self.codes) <= MOST_AT_ONCE:
            raise ValueError("asset.how_many")
        return self

    def assets(self, s: Session) -> list[Asset]:
        """Refuses: asset.not_found, asset.disposed, label.unknown …"""
        ids = [*self.asset_ids, *(by_code(s, code).id for code in self.codes)]
        found = {
            asset_id: locked(s, asset_id) for asset_id in sorted(set(ids))
        }  # in one order, so that two piles never wait for each other
        return [found[asset_id] for asset_id in dict.fromkeys(ids)]


def locked(s: Session, asset_id: UUID) -> Asset:
    """The asset as it is now, kept by this transaction until it ends: two acts on one thing follow each other."""
    s.get(Asset, asset_id, with_for_update=True, populate_existing=True)
    return present(s, asset_id)
