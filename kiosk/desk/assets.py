"""The register of fixed assets on the desk: find, filter, and the card of each with its life (guide S4.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from fastapi import Depends
from nicegui import APIRouter, ui
from sqlmodel import Session

from core.foundation import database, i18n
from core.mechanisms import people, places
from core.mechanisms.operations import Actor, Role
from core.sections import assets
from core.sections.assets import AssetEvent, AssetState, AssetView, Filter, classes
from core.web import frame, parts
from core.web.frame import _
from kiosk.desk import asset_forms
from kiosk.desk.registers import Chip, Column, Register, RegisterPage, long_moment, menu

router = APIRouter(dependencies=[Depends(frame.signed_in)])
READERS = (Role.ADMIN, Role.CLERK, Role.LEADER)
EDITORS = frozenset({Role.ADMIN, Role.CLERK})
TONES: dict[str, parts.Tone] = {
    AssetState.IN_USE: "free", AssetState.IDLE: "held", AssetState.REPAIR: "soon", AssetState.LOST: "busy", AssetState.DISPOSED: "shut",
}  # fmt: skip
ICONS = {AssetState.REPAIR: "repair", AssetState.LOST: "minus"}
LAST_EVENTS = 6


@router.page("/desk/assets")
def assets_page() -> None:
    with frame.desk("assets", _("asset.title"), *READERS):
        asked = ui.context.client.request.query_params
        RegisterPage(REGISTER, filters={name: asked[name][:80] for name in ("place", "department", "keeper", "class") if asked.get(name)})


# ── the list ──


def _count(state: str | None = None) -> Callable[[Session, Actor], int]:
    def count(s: Session, by: Actor) -> int:
        return assets.count(s, Filter(states=(state,) if state else ()))

    return count


def _draw_acts(page: RegisterPage) -> None:
    if frame.actor().has(*EDITORS):
        parts.button(_("asset.import"), href="/desk/imports?what=assets", icon="receive")
        parts.button(_("asset.new"), lambda: asset_forms.edit(page, None), kind="main", icon="plus")


def _draw_tools(page: RegisterPage) -> None:
    """Place, department and class as three narrow choices; what is chosen stands in the page's address."""
    with database.reading() as s:
        where = {str(place.id): place.path for place in places.everything(s)}
        whose = {str(row.id): row.name for row in people.departments(s)}
    known = {code: f"{one.names[frame.lang()]}" for code, one in classes.table().items()}
    with parts.box("row wrap asset__filters"):
        for name, options, anything in (
            ("place", where, "any_place"),
            ("department", whose, "any_department"),
            ("class", known, "any_class"),
        ):
            chosen = page.filters.get(name) or ""
            shown = {"": _(f"asset.{anything}"), **options}
            box = ui.select(shown, value=chosen if chosen in shown else "", with_input=len(options) > 12)
            box.props(f'outlined dense options-dense behavior=menu aria-label="{_(f"asset.{anything}")}"')
            box.on_value_change(lambda event, name=name: _narrow(page, name, event.value))


def _narrow(page: RegisterPage, name: str, value: str | None) -> None:
    page.filters.pop(name, None)
    if value:
        page.filters[name] = value
    page.rows = []
    page.refresh()


def _icon(asset: AssetView) -> str:
    return ICONS.get(AssetState(asset.state), parts.TONE_ICON[TONES[asset.state]])


def _state_word(asset: AssetView) -> str:
    return _(f"asset.state.{asset.state}")


# ── the card ──


def _draw_peek(asset: AssetView, page: RegisterPage) -> None:
    with database.reading() as s:
        life = assets.timeline(s, asset.id)
        steps = _life(s, life)
        offer = assets.open_offer(s, asset.id)
        taker = assets.names_of(s, {offer.to_id}).get(offer.to_id) if offer and offer.to_id else None
    page.peek_head(
        asset.name,
        code=asset.label,
        pill=(_state_word(asset), TONES[asset.state]),
        meta="  ".join(filter(None, (asset.number, asset.spec))),
    )
    if taker:
        parts.banner(_("asset.offered_done", name=taker), "due")
    parts.facts((
        (_("asset.keeper"), asset.keeper or _("asset.nobody")), (_("asset.department"), asset.department),
        (_("asset.place"), asset.place_path), (_("asset.class_code"), _class_words(asset.class_code)), (_("asset.serial"), asset.serial),
        (_("asset.bought_on"), i18n.full_day(asset.bought_on, frame.lang()) if asset.bought_on else ""),
        (_("asset.value"), _money(asset.value_cents)), (_("asset.net_value"), _money(asset.net_value_cents)),
        (_("asset.supplier"), asset.supplier),
    ))  # fmt: skip
    parts.text(_("asset.life"), "h3")
    parts.trail(steps)
    _draw_card_acts(asset, page)


def _draw_card_acts(asset: AssetView, page: RegisterPage) -> None:
    by = frame.actor()
    if asset.state == AssetState.DISPOSED:
        return
    if asset.label is None and by.has(*EDITORS):
        parts.button(_("asset.give_label"), lambda: asset_forms.give_label(asset, page), icon="asset")
    more: list[tuple[str, Callable[[], Any]]] = []
    if by.has(*EDITORS):
        if asset.state == AssetState.REPAIR:
            parts.button(_("asset.finish_repair"), lambda: asset_forms.finish_repair(asset, page), icon="check")
        elif asset.state != AssetState.LOST:
            parts.button(_("asset.hand_over"), lambda: asset_forms.hand_over(asset, page), icon="move")
        more = [(_("asset.edit"), lambda: asset_forms.edit(page, asset)), (_("asset.transfer"), lambda: asset_forms.transfer(asset, page))]
    if asset.state not in (AssetState.LOST, AssetState.REPAIR):
        more.append((_("asset.report_fault"), lambda: asset_forms.report_fault(asset, page)))
    if more:
        menu(_("asset.more_acts"), more)


def _life(s: Session, events: list[AssetEvent]) -> list[tuple[str, str, Any]]:
    """The last events as a trail, the newest at the end; every change of a value is one line."""
    last = events[-LAST_EVENTS:]
    who = assets.names_of(s, {event.person_id for event in last if event.person_id})
    names = _names(s, last)
    steps: list[tuple[str, str, Any]] = []
    for event in last:
        meta = "，".join(filter(None, (who.get(event.person_id, "") if event.person_id else "", long_moment(event.at))))
        changed = _changes(event, names) if event.kind in ("updated", "transferred", "import_undone") else []
        steps.append(
            (_event_words(event, names), "\n".join([*changed, meta.replace("，", ", ") if frame.lang() == "en" else meta]), "done")
        )
    if steps:
        steps[-1] = (*steps[-1][:2], "now")
    return steps


def _event_words(event: AssetEvent, names: dict[str, str]) -> str:
    key = f"asset.event.{event.kind}"
    after = event.facts.get("after") or {}
    facts = {**event.facts, "keeper": names.get(str(after.get("keeper_id")), "")}
    return _(key, **facts) if i18n.has(key) else _("asset.event.changed")


def _changes(event: AssetEvent, names: dict[str, str]) -> list[str]:
    before, after = event.facts.get("before") or {}, event.facts.get("after") or {}
    return [
        _(
            "asset.change",
            what=_(f"asset.{asset_forms.FIELDS[name]}"),
            before=_shown(name, before.get(name), names),
            after=_shown(name, value, names),
        )
        for name, value in after.items()
        if name in asset_forms.FIELDS
    ]


def _shown(name: str, value: Any, names: dict[str, str]) -> str:
    if value in (None, ""):
        return _("imports.blank")
    if name in asset_forms.REFERENCES:
        return names.get(str(value), "")
    if name.endswith("_cents"):
        return i18n.money(int(value))
    return _(f"asset.state.{value}") if name == "state" else str(value)


def _names(s: Session, events: list[AssetEvent]) -> dict[str, str]:
    """Names of the departments, keepers and places that events speak of."""
    keepers = {
        UUID(str(value))
        for event in events
        for side in ("before", "after")
        for name, value in (event.facts.get(side) or {}).items()
        if name == "keeper_id" and value
    }
    return {
        **{str(id): name for id, name in people.department_names(s).items()},
        **{str(id): name for id, name in assets.names_of(s, keepers).items()},
        **{str(place.id): place.name for place in places.everything(s, retired=True)},
    }  # fmt: skip


def _class_words(code: str) -> str:
    name = classes.name(code, frame.lang())
    return name if name == code else f"{name}  {code}"


def _money(cents: int | None) -> str:
    return "" if cents is None else i18n.money(cents)


REGISTER = Register(
    name="assets", title="asset.title", kinds=("asset",),
    columns=(
        Column("asset.number", lambda a: a.number), Column("asset.name", lambda a: a.name, sub=lambda a: a.spec),
        Column("asset.keeper", lambda a: a.keeper, sub=lambda a: a.department), Column("asset.place", lambda a: a.place),
        Column("asset.bought_on", lambda a: a.bought_on.isoformat() if a.bought_on else ""),
        Column("asset.value", lambda a: _money(a.value_cents), number=True),
        Column("asset.state", _state_word, tone=lambda a: TONES[a.state], icon=_icon),
    ),
    chips=(
        Chip("all", "asset.all", count=_count()),
        *(Chip(state, f"asset.state.{state}", {"state": state}, count=_count(state)) for state in AssetState),
    ),
    peek=_draw_peek, acts=_draw_acts, tools=_draw_tools, search="asset.find", empty=("asset.empty_register", "asset.empty_register_hint"),
)  # fmt: skip
