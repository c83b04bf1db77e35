"""What an asset's life and card say in words: the same sentences on the desk's page and on the printed card (guide S4.1-R2, R3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from assets_labels.cards import CardEvent, CardText
from core.foundation import clock, i18n
from core.foundation.errors import Refused
from core.foundation.i18n import has, t
from core.mechanisms import office
from core.mechanisms.operations import Actor
from core.sections import assets
from core.sections.assets import AssetView, LifeLine, classes
from core.sections.assets.ledger import OWN

FIELDS = {
    "department_id": "department", "keeper_id": "keeper", "place_id": "place", "parent_id": "parent", "value_cents": "value",
    "net_value_cents": "net_value", "salvage_cents": "salvage", "photo_sha256": "photo", "bulk": "counted",
}  # fmt: skip
SILENT = frozenset({"photo_sha256", "left_on", "left_by"})  # the sentence has said them


def field_word(name: str, language: str, own: Mapping[str, str]) -> str:
    """What a field is called: the office's own name, or the heading of the register."""
    return own.get(name, "") if name.startswith(OWN) else t(f"asset.{FIELDS.get(name, name)}", language)


def shown(name: str, value: Any, language: str) -> str:
    """A field's value as people read it; an empty one says so."""
    if value in (None, ""):
        return t("imports.blank", language)
    if name.endswith("_cents"):
        return i18n.money(int(value))
    if name == "bulk":
        return t(f"asset.counted.{'bulk' if value else 'single'}", language)
    if name in ("bought_on", "warranty_until"):
        return i18n.full_day(value if isinstance(value, date) else date.fromisoformat(value), language)
    key = f"asset.{name}.{value}"
    return t(key, language) if name in ("state", "got_how") and has(key) else str(value)


def title(line: LifeLine, language: str) -> str:
    """One line of a life as a sentence."""
    facts = {key: t(f"asset.paper.{value}", language) if key == "paper" else value for key, value in line.facts.items()}
    key = f"asset.event.{line.kind}"
    return t(key, language, **i18n.as_mapping(facts, language, clock.zone())).strip() if has(key) else t("asset.event.changed", language)


def changes(line: LifeLine, language: str, own: Mapping[str, str]) -> list[str]:
    """What changed, old → new, one a field; of a hand-over the keeper is said in the sentence already."""
    said = {"keeper_id", "state"} if line.kind in ("taken", "offered") else set()
    return [
        t(
            "asset.change",
            language,
            what=field_word(name, language, own),
            before=shown(name, before, language),
            after=shown(name, after, language),
        )
        for name, before, after in line.changes
        if name not in said | SILENT and field_word(name, language, own)
    ]


def life_of(asset: AssetView, language: str) -> str:
    """`6 年`, `30 个月`."""
    months = asset.life_months
    if not months:
        return ""
    return t("asset.years", language, n=months // 12) if months % 12 == 0 else t("asset.months", language, n=months)


def facts(asset: AssetView, language: str, known: Mapping[str, classes.AssetClass]) -> list[tuple[str, str]]:
    """Every fact of a card: caption and value, empty ones left out."""
    day = i18n.full_day
    found = [
        ("number", asset.number), ("class_code", class_words(asset.class_code, language, known)), ("brand", asset.brand), ("spec", asset.spec),
        ("serial", asset.serial), ("quantity", f"{asset.quantity} {asset.unit}".strip() if asset.bulk else ""),
        ("got_how", t(f"asset.got_how.{asset.got_how}", language) if asset.got_how else ""),
        ("bought_on", day(asset.bought_on, language) if asset.bought_on else ""), ("value", i18n.amount(asset.value_cents, language)),
        ("net_value", i18n.amount(asset.net_value_cents, language)), ("salvage", i18n.amount(asset.salvage_cents, language)), ("life_months", life_of(asset, language)),
        ("department", asset.department), ("keeper", asset.keeper), ("place", asset.place_path), ("parent", asset.parent),
        ("supplier", asset.supplier), ("invoice", asset.invoice),
        ("warranty_until", day(asset.warranty_until, language) if asset.warranty_until else ""), ("remark", asset.remark),
    ]  # fmt: skip
    own = [(one.name, day(one.value, language) if isinstance(one.value, date) else one.shown) for one in asset.own]
    captions = {"life_months": "asset.life_planned", "quantity": "asset.quantity"}
    return [(t(captions.get(name, f"asset.{name}"), language), value) for name, value in found if value] + [(n, v) for n, v in own if v]


def class_words(code: str, language: str, known: Mapping[str, classes.AssetClass]) -> str:
    """`台式计算机  A02010105`, or the bare code."""
    name = classes.name(code, language, known)
    return name if name == code else f"{name}  {code}"


# ── the printed card ──


def texts_of(s: Session, ids: Iterable[UUID], language: str, by: Actor, at: datetime) -> list[CardText]:
    """The cards of some assets, ready to be drawn. Refuses: asset.not_found, asset.card_needs_label"""
    info = office.info(s)
    known, own = classes.known(s), assets.field_names(s)
    cards = []
    for asset_id in ids:
        asset = assets.card(s, str(asset_id), by)
        if asset.label is None:
            raise Refused("asset.card_needs_label", number=asset.number)
        lines = [line for line in reversed(assets.life(s, asset_id)) if line.kind != "printed"]
        printed = t("asset.card_printed", language, at=_moment(at, language), name=by.name)
        cards.append(CardText(
            asset.label, asset.name, tuple(_sixteen(asset, language, known)), tuple(_event(line, language, own) for line in lines[:8]),
            info.name if info else "", printed,
        ))  # fmt: skip
    return cards


def _sixteen(asset: AssetView, language: str, known: Mapping[str, classes.AssetClass]) -> list[tuple[str, str]]:
    """The places of the card, four a row: a paper's reader looks for the same fact in the same place, so empty ones show a dash (norms.md 6)."""
    day = i18n.full_day
    spec = "  ".join(filter(None, (asset.brand, asset.spec)))
    count = f"{asset.quantity} {asset.unit}".strip()
    rows = [
        ("number", asset.number), ("class_code", class_words(asset.class_code, language, known)), ("spec", spec),
        ("quantity", count) if asset.bulk else ("serial", asset.serial),
        ("bought_on", day(asset.bought_on, language) if asset.bought_on else ""), ("value", i18n.amount(asset.value_cents, language)),
        ("life_planned", life_of(asset, language)), ("got_how", t(f"asset.got_how.{asset.got_how}", language) if asset.got_how else ""),
        ("department", asset.department), ("keeper", asset.keeper), ("place", asset.place), ("state", t(f"asset.state.{asset.state}", language)),
        ("supplier", asset.supplier), ("invoice", asset.invoice),
        ("warranty_until", day(asset.warranty_until, language) if asset.warranty_until else ""), ("parent", asset.parent),
    ]  # fmt: skip
    return [(t(f"asset.{name}", language), value or "—") for name, value in rows]


def _event(line: LifeLine, language: str, own: Mapping[str, str]) -> CardEvent:
    key = f"asset.event_short.{line.kind}"
    said = title(line, language)
    what = t(key, language) if has(key) else said.split("：")[0].split(": ")[0]
    rest = [*([said] if said != what else []), *changes(line, language, own), line.who]
    join = "; " if language == "en" else "，"
    return CardEvent(i18n.full_day(clock.local(line.at).date(), language), what, join.join(dict.fromkeys(filter(None, rest))))


def _moment(at: datetime, language: str) -> str:
    local = clock.local(at)
    return f"{i18n.full_day(local.date(), language)} {local:%H:%M}"
