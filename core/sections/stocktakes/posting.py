"""Posting an accepted difference to the register or to a ledger, once: moved, missing, found again, found in surplus (guide S4.1-R7, R8).

Of a bulk line the pieces are posted: what is missing leaves its card as a line of its own, lost, with its share of cost and net value, and waits for its
disposal; what is too many joins the card at the card's own value a piece.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from core.foundation import clock
from core.foundation.i18n import t
from core.mechanisms import duties, office
from core.mechanisms.labels import Label, LabelState, SubjectKind
from core.mechanisms.operations import Actor, touch
from core.sections.assets.disposals import RequestDisposal, request_disposal
from core.sections.assets.ledger import Asset, AssetState, RegisterAsset, change, next_number, register
from core.sections.assets.ledger import get as get_asset
from core.sections.assets.ledger import note as note_asset
from core.sections.assets.pieces import add_pieces, split_off
from core.sections.stocktakes.record import Kind, Stocktake
from core.sections.supplies.stock import post_count


@dataclass(frozen=True, slots=True)
class Difference:
    """What approval posts: the line's result without its observations. `counted_at` is when it was seen."""

    result: str
    subject_id: UUID | None
    found_place_id: UUID | None
    book_place_id: UUID | None
    difference: int
    counted_at: datetime
    name: str
    label: str
    cause: str
    photos: tuple[str, ...]
    snapshot: bool


def post(s: Session, stocktake: Stocktake, line: Difference, by: Actor, at: datetime) -> bool:
    """Let the book follow what was found; false when it is `left_alone`."""
    if left_alone(s, stocktake, line):
        return False
    if stocktake.kind == Kind.SUPPLY:
        return _adjust(s, stocktake, line, by)
    if line.subject_id is None:
        _draft_card(s, stocktake, line, by, at)
        return True
    asset = get_asset(s, line.subject_id)
    if asset.bulk and line.result != "moved" and not _all_or_nothing(asset, line):
        _post_pieces(s, stocktake, asset, line, by, at)
    elif line.result == "moved":
        change(
            s, asset, {"place_id": line.found_place_id}, "moved_by_stocktake", by, at, stocktake_id=stocktake.id, stocktake=stocktake.title
        )
    elif line.result == "missing":
        change(
            s,
            asset,
            {"state": AssetState.LOST},
            "missing_in_stocktake",
            by,
            at,
            stocktake_id=stocktake.id,
            stocktake=stocktake.title,
            cause=line.cause,
        )
        _ask_disposal(s, stocktake, asset, line, by, at)
    elif line.result == "surplus" and asset.state == AssetState.LOST:
        state = AssetState.IN_USE if asset.keeper_id else AssetState.IDLE
        change(
            s,
            asset,
            {"state": state, "place_id": line.found_place_id},
            "found_in_stocktake",
            by,
            at,
            stocktake_id=stocktake.id,
            stocktake=stocktake.title,
        )
    else:
        note_asset(s, asset.id, "seen_in_stocktake", by, at, stocktake_id=stocktake.id, place_id=line.found_place_id)
        touch(s, "asset", asset.id)
    return True


def left_alone(s: Session, stocktake: Stocktake, line: Difference) -> bool:
    """Whether posting this would change nothing, because the book moved on by itself since the count."""
    if stocktake.kind == Kind.SUPPLY:
        return line.subject_id is None or line.difference == 0
    if line.subject_id is None:
        return False
    asset = get_asset(s, line.subject_id)
    if line.result == "moved":
        return asset.place_id != line.book_place_id or asset.state == AssetState.DISPOSED
    if asset.bulk and not _all_or_nothing(asset, line):
        return asset.state == AssetState.DISPOSED or line.difference == 0
    return line.result == "missing" and asset.state in (AssetState.DISPOSED, AssetState.LOST)


def _all_or_nothing(asset: Asset, line: Difference) -> bool:
    """Whether a bulk line is treated as one thing: all of it is missing, or a lost card came back whole."""
    return (line.result == "missing" and line.difference + asset.quantity <= 0) or (
        line.result == "surplus" and asset.state == AssetState.LOST and line.difference >= asset.quantity
    )


def _post_pieces(s: Session, stocktake: Stocktake, asset: Asset, line: Difference, by: Actor, at: datetime) -> None:
    """A part of a bulk line is missing or too many."""
    facts = {"stocktake_id": stocktake.id, "stocktake": stocktake.title, "cause": line.cause}
    if line.difference < 0:
        gone = split_off(s, asset, -line.difference, "missing_in_stocktake", by, at, **facts)
        change(s, gone, {"state": AssetState.LOST}, "missing_in_stocktake", by, at, **facts)
        _ask_disposal(s, stocktake, gone, line, by, at)
    elif asset.state == AssetState.LOST:  # a part of a lost card came back: the rest stays lost, on a line of its own
        rest = split_off(s, asset, asset.quantity - line.difference, "missing_in_stocktake", by, at, **facts)
        change(s, rest, {"state": AssetState.LOST}, "missing_in_stocktake", by, at, **facts)
        state = AssetState.IN_USE if asset.keeper_id else AssetState.IDLE
        change(s, asset, {"state": state, "place_id": line.found_place_id}, "found_in_stocktake", by, at, **facts)
    else:
        add_pieces(s, asset, line.difference, "surplus_in_stocktake", by, at, **facts)


def _ask_disposal(s: Session, stocktake: Stocktake, asset: Asset, line: Difference, by: Actor, at: datetime) -> None:
    reason = t("stocktake.disposal_reason", _language(s), title=stocktake.title, cause=line.cause).strip()
    request_disposal(s, RequestDisposal(asset_id=asset.id, reason=reason), by, at)


def _draft_card(s: Session, stocktake: Stocktake, line: Difference, by: Actor, at: datetime) -> None:
    """A card with what is known of a surplus, and somebody who completes it."""
    name = line.name or t("stocktake.unknown_thing", _language(s))
    number = next_number(s, clock.today(at))
    card = register(
        s,
        RegisterAsset(number=number, name=name[:200], place_id=line.found_place_id, photo_sha256=line.photos[0] if line.photos else ""),
        by,
        at,
    )
    note_asset(
        s,
        card["asset_id"],
        "surplus_in_stocktake",
        by,
        at,
        stocktake_id=stocktake.id,
        stocktake=stocktake.title,
        label=line.label,
        photos=list(line.photos),
    )
    label = s.get(Label, line.label) if line.label else None
    if label is not None and label.state == LabelState.BLANK:
        label.state, label.subject_kind, label.subject_id, label.issued_at = LabelState.ACTIVE, SubjectKind.ASSET, card["asset_id"], at
        touch(s, "label", label.code)
    owner = stocktake.opened_by_id or by.person_id
    if owner is not None:
        duties.open_duty(
            s,
            title_key="stocktake.duty.complete_card",
            facts={"number": number, "name": name},
            owner_id=owner,
            subject=("asset", card["asset_id"]),
            at=at,
            by=by,
        )


def _adjust(s: Session, stocktake: Stocktake, line: Difference, by: Actor) -> bool:
    assert line.subject_id is not None  # said by `left_alone`
    post_count(
        s, line.subject_id, line.difference, place_id=line.found_place_id, subject=("stocktake", stocktake.id), reason=line.cause or stocktake.title, by=by,
        at=line.counted_at,
    )  # fmt: skip
    return True


def _language(s: Session) -> str:
    found = office.info(s)
    return found.language if found is not None else "zh-Hans"
