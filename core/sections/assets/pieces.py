"""Pieces of a bulk line (forty chairs on one card): some leave the card for one of their own, some join it, cost and salvage following by share.

Shares are rounded half up to the cent; what leaves and what stays always add up to what was there. Source: guide S4.1-R1, R8.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Session

from core.foundation import clock
from core.foundation.errors import Refused
from core.mechanisms import people, places
from core.mechanisms.operations import Actor
from core.sections.assets import own_fields
from core.sections.assets.ledger import Asset, RegisterAsset, change, get, next_number, note, register

_ALIKE = (
    "name", "spec", "class_code", "bought_on", "supplier", "department_id", "keeper_id", "place_id", "photo_sha256", "brand", "life_months", "invoice",
    "warranty_until", "remark", "unit",
)  # fmt: skip
_MONEY = ("value_cents", "salvage_cents", "net_value_cents")


def share(cents: int | None, part: int, whole: int) -> int | None:
    """The share of `part` pieces of what `whole` pieces are worth, in cents, rounded half up; None of nothing stated."""
    return None if cents is None or whole <= 0 else (2 * cents * part + whole) // (2 * whole)


def split_off(s: Session, asset: Asset, pieces: int, kind: str, by: Actor, at: datetime, **facts: Any) -> Asset:
    """`pieces` of a bulk line on a card of their own, alike in everything but number and label, with their share of the money. The old card keeps the rest;
    both lives name the other. Refuses: asset.not_so_many (facts: number, n)"""
    if not asset.bulk or not 0 < pieces < asset.quantity:
        raise Refused("asset.not_so_many", number=asset.number, n=asset.quantity)
    number = next_number(s, clock.today(at))
    shares = {name: share(getattr(asset, name), pieces, asset.quantity) for name in _MONEY}
    said = {
        one.id: own_fields.shown(value)
        for one in own_fields.fields(s)
        if (value := own_fields.values(s, [asset.id]).get(asset.id, {}).get(one.id)) is not None
    }
    alike = {name: getattr(asset, name) for name in _ALIKE}
    keeper, place = people.get(s, asset.keeper_id) if asset.keeper_id else None, places.get(s, asset.place_id) if asset.place_id else None
    if keeper is not None and keeper.disabled_at is not None:
        alike["keeper_id"] = None
    if place is not None and place.retired_at is not None:
        alike["place_id"] = None
    do = RegisterAsset.model_validate({
        "number": number, "bulk": True, "quantity": pieces, "got_how": asset.got_how or None, "own": said, **alike, **shares,
    })  # fmt: skip
    card = get(s, register(s, do, by, at)["asset_id"])
    note(s, card.id, "split_off", by, at, from_number=asset.number, pieces=pieces)
    rest = {name: getattr(asset, name) - (shares[name] or 0) for name in _MONEY if getattr(asset, name) is not None}
    change(s, asset, {"quantity": asset.quantity - pieces, **rest}, kind, by, at, **facts, pieces=pieces, to_number=number)
    return card


def add_pieces(s: Session, asset: Asset, pieces: int, kind: str, by: Actor, at: datetime, **facts: Any) -> Asset:
    """`pieces` more on a bulk line, each worth what the card's own are."""
    more = {
        name: getattr(asset, name) + (share(getattr(asset, name), pieces, asset.quantity) or 0)
        for name in _MONEY
        if getattr(asset, name) is not None
    }
    return change(s, asset, {"quantity": asset.quantity + pieces, **more}, kind, by, at, **facts, pieces=pieces)
