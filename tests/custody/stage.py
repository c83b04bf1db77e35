"""Builders of this folder: assets, signatures, who holds what."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from core.mechanisms import custody
from core.mechanisms.custody import Signature
from core.sections import assets
from core.sections.assets import AssetView
from tests.cast import Office

INK = Signature(strokes=[[(0.1, 0.2, 0.0), (0.2, 0.3, 12.0), (0.3, 0.2, 24.0), (0.4, 0.3, 40.0)]])


def asset(office: Office, number: str = "ZC-1", name: str = "激光打印机", **more: Any) -> UUID:
    do = assets.RegisterAsset.model_validate({"number": number, "name": name, **more})
    return UUID(office.do(do, office.bo)["asset_id"])


def card(office: Office, asset_id: UUID) -> AssetView:
    return office.read(lambda s: assets.view(s, assets.get(s, asset_id)))


def holder(office: Office, asset_id: UUID) -> UUID | None:
    """Who has it by the hand-overs; always the keeper in the book."""
    held = office.read(custody.holder, ("asset", asset_id))
    assert held.person_id == card(office, asset_id).keeper_id, "book and custody contradict"
    return held.person_id


def life(office: Office, asset_id: UUID) -> list[str]:
    return [event.kind for event in office.read(assets.timeline, asset_id)]
