"""The register of fixed assets on the desk: find, filter, choose columns, tick many, and the peek of each (guide S4.1).

The whole card with its life is `asset_card`, changing many `asset_many`, own fields and classes `asset_set_up`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import quote
from uuid import UUID

from fastapi import Depends
from nicegui import APIRouter, ui
from sqlmodel import Session

from assets_labels import asset_cards
from core.foundation import database, i18n
from core.foundation.errors import Refused
from core.mechanisms import people, places
from core.mechanisms.operations import Actor, Role
from core.mechanisms.views import Query
from core.sections import assets
from core.sections.assets import AssetState, AssetView, Sums, classes, own_fields
from core.web import frame, icons, parts, static_files
from core.web.frame import _
from kiosk.desk import asset_card, asset_forms, asset_many, asset_set_up
from kiosk.desk.registers import Chip, Column, Figures, Register, RegisterPage, menu

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
        _style()
        asked = ui.context.client.request.query_params
        RegisterPage(
            REGISTER, filters={name: asked[name][:80] for name in assets.COLLECTION.filters if asked.get(name) and name != "state"}
        )


@router.page("/desk/assets/set-up")
def set_up_page() -> None:
    with frame.desk("assets", _("asset.set_up"), *EDITORS):
        _style()
        asset_set_up.SetUpPage()


@router.page("/desk/assets/{asset_id}")
def asset_page(asset_id: str) -> None:
    with frame.desk("assets", _("asset.title"), *READERS):
        _style()
        try:
            asset_card.CardPage(UUID(asset_id), _draw_card_acts, TONES, EDITORS)
        except (ValueError, Refused):
            parts.empty(_("asset.not_found"))


def _style() -> None:
    ui.add_head_html(f'<link rel="stylesheet" href="{static_files.url("register.css")}">')


# ── the list ──


def _figures(s: Session, query: Query, by: Actor) -> Figures:
    """The numbers on the chips, and `418 项，原值 1,234,567.00，净值 …` of what is shown."""
    wanted = assets.filter_of(query, by)
    found = assets.figures(s, wanted)
    counts = {"all": sum(one.rows for one in found.values()), **{state: found.get(state, Sums()).rows for state in AssetState}}
    shown = assets.added_up(found, wanted)
    more = (("asset.summary_things", {"n": shown.things}),) if shown.things != shown.rows else ()
    money = {"cost": i18n.amount(shown.cost_cents, by.language), "net": i18n.amount(shown.net_cents, by.language)}
    last = "asset.summary" if shown.net_cents else "asset.summary_cost"  # no net value is known: none is shown, not zero
    return Figures(counts, (("asset.summary_rows", {"n": shown.rows}), *more, (last, money)))


def _draw_acts(page: RegisterPage) -> None:
    if frame.actor().has(*EDITORS):
        menu(_("asset.more_lists"), [
            (_("asset.change_many"), lambda: asset_many.choose(page)),
            (_("asset.print_cards"), lambda: asset_many.print_cards(page)),
            (_("asset.import"), lambda: ui.navigate.to("/desk/imports?what=assets")),
            (_("asset.set_up"), lambda: ui.navigate.to("/desk/assets/set-up")),
        ])  # fmt: skip
        parts.button(_("asset.new"), lambda: asset_forms.edit(page, None), kind="main", icon="plus")


def _draw_tools(page: RegisterPage) -> None:
    """More conditions behind one chip; those that hold stand beside it and go with a press."""
    page.conditions = parts.box("row wrap asset__filters")  # type: ignore[attr-defined]  # the register's own corner of its page
    _draw_conditions(page)


def _draw_conditions(page: RegisterPage) -> None:
    box: ui.element = page.conditions  # type: ignore[attr-defined]
    box.clear()
    options = _options(page)
    with box:
        with parts.box("chip", "button").props(f'type=button aria-label="{_("asset.conditions")}"'):
            icons.icon("filter")
            parts.text(_("asset.conditions"), "span")
            with ui.menu(), parts.box("popmenu popmenu--wide asset__conditions"):
                for name, (anything, known) in options.items():
                    chosen = page.filters.get(name) or ""
                    parts.select(
                        _(f"asset.filter.{name}"), {"": _(anything), **known}, chosen if chosen in known else "", search=len(known) > 12,
                        on_change=lambda value, name=name: _narrow(page, name, value),
                    )  # fmt: skip
        for name, (_anything, known) in options.items():
            if page.filters.get(name) in known:
                with parts.box("chip chip--on", "button").props("type=button") as held:
                    parts.text(known[page.filters[name]].rpartition(" › ")[2], "span")
                    icons.icon("cross")
                parts.on_tap(held, lambda name=name: _narrow(page, name, None))


def _options(page: RegisterPage) -> dict[str, tuple[str, dict[str, str]]]:
    """What can be narrowed: filter → words for anything, and the choices."""
    with database.reading() as s:
        where = {str(place.id): place.path for place in places.everything(s)}
        whose = {str(row.id): row.name for row in people.departments(s)}
        known = {code: one.name(frame.lang()) for code, one in classes.known(s).items()}
        keeper = page.filters.get("keeper")
        keepers = {str(person.id): person.name for person in people.search(s, limit=500)}
        if keeper and keeper not in keepers:
            keepers |= {str(id): name for id, name in assets.names_of(s, {UUID(keeper)} if len(keeper) == 36 else set()).items()}
    return {
        "place": ("asset.any_place", where), "department": ("asset.any_department", whose), "keeper": ("asset.any_keeper", keepers),
        "class": ("asset.any_class", known), "counted": ("asset.any_counted", {key: _(f"asset.counted.{key}") for key in ("single", "bulk")}),
        "label": ("asset.any_label", {"none": _("asset.label_none")}), "warranty": ("asset.any_warranty", {"soon": _("asset.warranty_soon")}),
    }  # fmt: skip


def _narrow(page: RegisterPage, name: str, value: str | None) -> None:
    if (page.filters.get(name) or "") != (value or ""):
        with page.frame_box:  # the choice that was pressed is drawn anew, and gone
            page.narrow(**{name: value})
            _draw_conditions(page)


def _icon(asset: AssetView) -> str:
    return ICONS.get(AssetState(asset.state), parts.TONE_ICON[TONES[asset.state]])


def _state_word(asset: AssetView) -> str:
    return _(f"asset.state.{asset.state}")


# ── the card ──


def _draw_peek(asset: AssetView, page: RegisterPage) -> None:
    language = frame.lang()
    with database.reading() as s:
        lines = assets.life(s, asset.id)[-LAST_EVENTS:]
        own, known = assets.field_names(s), classes.known(s)
        offer = assets.open_offer(s, asset.id)
        taker = assets.names_of(s, {offer.to_id}).get(offer.to_id) if offer and offer.to_id else None
        inside = assets.components(s, asset.id)
    page.peek_head(
        asset.name,
        code=asset.label,
        pill=(_state_word(asset), TONES[AssetState(asset.state)]),
        meta="  ".join(filter(None, (asset.number, asset.brand, asset.spec))),
    )
    if taker:
        parts.banner(_("asset.offered_done", name=taker), "due")
    if asset.photo_sha256:
        asset_card.photo(asset.photo_sha256, asset.name)
    parts.facts([
        (_("asset.keeper"), asset.keeper or _("asset.nobody")),
        *[one for one in asset_cards.facts(asset, language, known) if one[0] not in (_("asset.number"), _("asset.keeper"))],
        (_("asset.components"), parts.listed(one.number for one in inside[:6])),
    ])  # fmt: skip
    parts.text(_("asset.life"), "h3")
    parts.trail(asset_card.steps(lines, language, own))
    parts.button(_("asset.open_card"), href=f"/desk/assets/{asset.id}", icon="go")
    _draw_card_acts(asset, page)


def _draw_card_acts(asset: AssetView, page: RegisterPage) -> None:
    by = frame.actor()
    with database.reading() as s:
        told = assets.told(s, [assets.get(s, asset.id)], frame.lang()).get(asset.id)
    if told:
        parts.banner(told, "info" if asset.state not in (AssetState.LOST, AssetState.DISPOSED) else "lost")
    if asset.state == AssetState.DISPOSED:
        return
    if asset.label is None and by.has(*EDITORS):
        parts.button(_("asset.give_label"), lambda: asset_forms.give_label(asset, page), icon="asset")
    more: list[tuple[str, Callable[[], Any]]] = []
    if by.has(*EDITORS):
        if asset.state == AssetState.REPAIR:
            parts.button(_("nav.repairs"), href=f"/desk/repairs?q={quote(asset.number)}", icon="repair")
        elif asset.state != AssetState.LOST:
            parts.button(_("asset.hand_over"), lambda: asset_forms.hand_over(asset, page), icon="move")
        more = [(_("asset.edit"), lambda: asset_forms.edit(page, asset)), (_("asset.transfer"), lambda: asset_forms.transfer(asset, page))]
        if asset.label is not None:
            more.append((_("places.replace_label"), lambda: asset_forms.replace_label(asset, page)))
    if asset.state not in (AssetState.LOST, AssetState.REPAIR):
        more.append((_("asset.report_fault"), lambda: asset_forms.report_fault(asset, page)))
    if by.has(*EDITORS) and asset.state not in (AssetState.LOST, AssetState.REPAIR):
        more.append((_("transfer.new"), lambda: ui.navigate.to(f"/desk/transfers?new={asset.id}")))
    if by.has(*EDITORS, Role.LEADER):
        more.append((_("disposal.new"), lambda: ui.navigate.to(f"/desk/disposals?new={asset.id}")))
    if more:
        menu(_("asset.more_acts"), more)


def _own_columns(s: Session) -> tuple[Column, ...]:
    """The office's own fields, to choose."""

    def said(field_id: UUID, asset: AssetView) -> str:
        return next((one.shown for one in asset.own if one.field_id == field_id), "")

    return tuple(Column(one.name, partial(said, one.id), number=one.kind == "number", shown=False) for one in own_fields.fields(s))


def _money(cents: int | None) -> str:
    return "" if cents is None else i18n.money(cents)


def _quantity(asset: AssetView) -> str:
    return f"{'—' if asset.quantity is None else asset.quantity} {asset.unit}".strip() if asset.bulk else "1"


REGISTER = Register(
    name="assets", title="asset.title", kinds=("asset",),
    columns=(
        Column("asset.number", lambda a: a.number), Column("asset.name", lambda a: a.name, sub=lambda a: "  ".join(filter(None, (a.brand, a.spec)))),
        Column("asset.serial", lambda a: a.serial, shown=False), Column("asset.class_code", lambda a: a.class_code, shown=False),
        Column("asset.keeper", lambda a: a.keeper, sub=lambda a: a.department), Column("asset.place", lambda a: a.place),
        Column("asset.quantity", _quantity, number=True, shown=False),
        Column("asset.bought_on", lambda a: a.bought_on.isoformat() if a.bought_on else ""),
        Column("asset.value_in", lambda a: _money(a.value_cents), number=True),
        Column("asset.net_value_in", lambda a: _money(a.net_value_cents), number=True, shown=False),
        Column("asset.supplier", lambda a: a.supplier, shown=False),
        Column("asset.warranty_until", lambda a: a.warranty_until.isoformat() if a.warranty_until else "", shown=False),
        Column("asset.label", lambda a: a.label or "", code=True, shown=False),
        Column("asset.state", _state_word, tone=lambda a: TONES[AssetState(a.state)], icon=_icon),
    ),
    chips=(Chip("all", "asset.all"), *(Chip(state, f"asset.state.{state}", {"state": state}) for state in AssetState)),
    peek=_draw_peek, acts=_draw_acts, tools=_draw_tools, search="asset.find", empty=("asset.empty_register", "asset.empty_register_hint"),
    figures=_figures, more=_own_columns, choose_columns=True, picked=asset_many.draw_bar,
)  # fmt: skip
