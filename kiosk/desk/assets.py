"""The register of fixed assets on the desk: find, filter, the card with its life, register and correct, hand over, transfer, faults (guide S4.1)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from fastapi import Depends
from nicegui import APIRouter, ui
from pydantic import ValidationError
from sqlmodel import Session

from core.foundation import clock, database, i18n
from core.mechanisms import labels, people, places
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import Actor, Operation, Role
from core.mechanisms.tables import Cell, CellError, parse_cents, parse_day
from core.sections import assets
from core.sections.assets import AssetEvent, AssetState, AssetView, Filter, classes
from core.web import frame, parts
from core.web.frame import _
from kiosk.desk.registers import Chip, Column, Register, RegisterPage, long_moment, menu

router = APIRouter(dependencies=[Depends(frame.signed_in)])
READERS = (Role.ADMIN, Role.CLERK, Role.LEADER)
EDITORS = frozenset({Role.ADMIN, Role.CLERK})
TONES: dict[str, parts.Tone] = {
    AssetState.IN_USE: "free", AssetState.IDLE: "held", AssetState.REPAIR: "soon", AssetState.LOST: "busy", AssetState.DISPOSED: "shut",
}  # fmt: skip
ICONS = {AssetState.REPAIR: "repair", AssetState.LOST: "minus"}
LAST_EVENTS = 6
REFERENCES = {"department_id": "department", "keeper_id": "keeper", "place_id": "place"}
FIELDS = {
    "number": "number", "name": "name", "spec": "spec", "serial": "serial", "class_code": "class_code", "bought_on": "bought_on", "value_cents": "value",
    "net_value_cents": "net_value", "supplier": "supplier", **REFERENCES, "state": "state",
}  # fmt: skip


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
        parts.button(_("asset.new"), lambda: edit(page, None), kind="main", icon="plus")


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
        (_("asset.keeper"), asset.keeper or _("asset.nobody")), (_("asset.department"), asset.department), (_("asset.place"), asset.place_path),
        (_("asset.class_code"), _class_words(asset.class_code)), (_("asset.serial"), asset.serial),
        (_("asset.bought_on"), i18n.full_day(asset.bought_on, frame.lang()) if asset.bought_on else ""),
        (_("asset.value"), _money(asset.value_cents)), (_("asset.net_value"), _money(asset.net_value_cents)), (_("asset.supplier"), asset.supplier),
    ))  # fmt: skip
    parts.text(_("asset.life"), "h3")
    parts.trail(steps)
    _draw_card_acts(asset, page)


def _draw_card_acts(asset: AssetView, page: RegisterPage) -> None:
    by = frame.actor()
    if asset.state == AssetState.DISPOSED:
        return
    if asset.label is None and by.has(*EDITORS):
        parts.button(_("asset.give_label"), lambda: _give_label(asset, page), icon="asset")
    more: list[tuple[str, Callable[[], Any]]] = []
    if by.has(*EDITORS):
        if asset.state == AssetState.REPAIR:
            parts.button(_("asset.finish_repair"), lambda: _finish_repair(asset, page), icon="check")
        elif asset.state != AssetState.LOST:
            parts.button(_("asset.hand_over"), lambda: _hand_over(asset, page), icon="move")
        more = [(_("asset.edit"), lambda: edit(page, asset)), (_("asset.transfer"), lambda: _transfer(asset, page))]
    if asset.state not in (AssetState.LOST, AssetState.REPAIR):
        more.append((_("asset.report_fault"), lambda: _report_fault(asset, page)))
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
        _("asset.change", what=_(f"asset.{FIELDS[name]}"), before=_shown(name, before.get(name), names), after=_shown(name, value, names))
        for name, value in after.items()
        if name in FIELDS
    ]


def _shown(name: str, value: Any, names: dict[str, str]) -> str:
    if value in (None, ""):
        return _("imports.blank")
    if name in REFERENCES:
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
        **{str(id): name for id, name in people.department_names(s).items()}, **{str(id): name for id, name in assets.names_of(s, keepers).items()},
        **{str(place.id): place.name for place in places.everything(s, retired=True)},
    }  # fmt: skip


def _class_words(code: str) -> str:
    name = classes.name(code, frame.lang())
    return name if name == code else f"{name}  {code}"


def _money(cents: int | None) -> str:
    return "" if cents is None else i18n.money(cents)


# ── acts ──


async def _give_label(asset: AssetView, page: RegisterPage) -> None:
    if (await parts.do(labels.IssueLabel(subject_kind=SubjectKind.ASSET, subject_id=asset.id))).ok:
        await page.reopen()


def _ask(title: str, question: str, act: str, make: Callable[[str], Operation], page: RegisterPage, done: str, hint: str = "") -> None:
    """A dialog with one line to fill in, then an operation."""
    with parts.sheet_dialog(title, hint) as dialog:
        words = parts.area(question, rows=2)

        async def go() -> None:
            said = (words.value or "").strip()
            parts.refuse(words, None if said else _("asset.required"))
            if said and (await parts.do(make(said[:500]), done=done)).ok:
                dialog.close()
                await page.reopen()

        with parts.box("dialog__acts"):
            parts.button(_("asset.cancel"), dialog.close)
            parts.button(act, go, kind="main")
    dialog.open()


def _report_fault(asset: AssetView, page: RegisterPage) -> None:
    done = _("asset.fault_done", number=asset.number)
    _ask(
        asset.name,
        _("asset.fault_what"),
        _("asset.report_fault"),
        lambda said: assets.ReportFault(asset_id=asset.id, what=said),
        page,
        done,
        asset.number,
    )


def _finish_repair(asset: AssetView, page: RegisterPage) -> None:
    done = _("asset.repair_done", number=asset.number)
    _ask(
        asset.name,
        _("asset.finish_how"),
        _("asset.finish_repair"),
        lambda said: assets.FinishRepair(asset_id=asset.id, result=said),
        page,
        done,
        asset.number,
    )


def _hand_over(asset: AssetView, page: RegisterPage) -> None:
    with parts.sheet_dialog(asset.name, asset.number) as dialog:
        to = parts.select(_("asset.hand_over_to"), _people_options(asset.keeper_id), search=True)

        async def go() -> None:
            parts.refuse(to, None if to.value else _("asset.required"))
            if to.value and (await parts.do(assets.HandOver(asset_id=asset.id, to_person_id=UUID(to.value)))).ok:
                dialog.close()
                await page.reopen()

        with parts.box("dialog__acts"):
            parts.button(_("asset.cancel"), dialog.close)
            parts.button(_("asset.hand_over"), go, kind="main")
    dialog.open()


def _transfer(asset: AssetView, page: RegisterPage) -> None:
    with parts.sheet_dialog(asset.name, asset.number) as dialog:
        department = parts.select(_("asset.department"), _departments(), _text(asset.department_id))
        keeper = parts.select(_("asset.keeper"), _people_options(), _text(asset.keeper_id), search=True)
        place = parts.select(_("asset.place"), _places(), _text(asset.place_id), search=True)
        why = parts.input(_("asset.transfer_why"))

        async def go() -> None:
            reason = (why.value or "").strip()
            parts.refuse(why, None if reason else _("asset.required"))
            new = {"department_id": _uuid(department.value), "keeper_id": _uuid(keeper.value), "place_id": _uuid(place.value)}
            given = {name: value for name, value in new.items() if value != getattr(asset, name)}
            if (
                reason
                and (
                    await parts.do(
                        assets.TransferAsset(asset_id=asset.id, reason=reason, **given), done=_("asset.transfer_done", number=asset.number)
                    )
                ).ok
            ):
                dialog.close()
                await page.reopen()

        with parts.box("dialog__acts"):
            parts.button(_("asset.cancel"), dialog.close)
            parts.button(_("asset.transfer"), go, kind="main")
    dialog.open()


# ── the form ──


def edit(page: RegisterPage, asset: AssetView | None) -> None:
    """Register an asset, or correct one."""
    with database.reading() as s:
        number = asset.number if asset else assets.next_number(s, clock.today())
    with parts.sheet_dialog(_("asset.new") if asset is None else _("asset.edit"), asset.name if asset else "") as dialog:
        fields: dict[str, Any] = {}
        with parts.box("asset__form"):
            fields["number"] = parts.input(_("asset.number"), number)
            fields["name"] = parts.input(_("asset.name"), asset.name if asset else "", autofocus=True)
            for key in ("spec", "serial"):
                fields[key] = parts.input(_(f"asset.{key}"), getattr(asset, key) if asset else "")
            known = {code: f"{one.names[frame.lang()]}  {code}" for code, one in classes.table().items()}
            if asset and asset.class_code and asset.class_code not in known:
                known[asset.class_code] = asset.class_code
            fields["class_code"] = parts.select(
                _("asset.class_code"), known, asset.class_code or None if asset else None, search=True
            ).props("clearable")
            fields["bought_on"] = parts.input(_("asset.bought_on"), _text(asset.bought_on) or "" if asset else "", placeholder="2026-03-01")
            fields["value_cents"] = parts.input(_("asset.value"), _plain_money(asset.value_cents) if asset else "", placeholder="1234.50")
            fields["department_id"] = parts.select(
                _("asset.department"), _departments(), _text(asset.department_id) if asset else None
            ).props("clearable")
            fields["keeper_id"] = parts.select(
                _("asset.keeper"), _people_options(), _text(asset.keeper_id) if asset else None, search=True
            ).props("clearable")
            fields["place_id"] = parts.select(_("asset.place"), _places(), _text(asset.place_id) if asset else None, search=True).props(
                "clearable"
            )

        async def save() -> None:
            values = _values(fields)
            if values is None:
                return
            do = _operation(asset, values, fields)
            if do is None:
                return
            done = _("asset.saved" if asset is None else "asset.changed", number=values["number"])
            outcome = await parts.do(do, done=done, quiet=True)
            if outcome.ok:
                dialog.close()
                page.refresh()
                await page.choose(str(asset.id) if asset else outcome.result["asset_id"])
            else:
                parts.refuse(fields["number"], outcome.message(frame.lang()))

        with parts.box("dialog__acts"):
            parts.button(_("asset.cancel"), dialog.close)
            parts.button(_("asset.save_new" if asset is None else "asset.save"), save, kind="main")
    dialog.open()


def _values(fields: dict[str, Any]) -> dict[str, Any] | None:
    """What was typed, read as a file's cells are read; a field that can not be understood is marked, and then there is no answer."""
    values: dict[str, Any] = {}
    whole = True
    for name, field in fields.items():
        said = str(field.value or "").strip()
        problem = None
        try:
            values[name] = _read(name, said)
        except CellError as error:
            problem = _(error.code, **error.facts)
        if name in ("number", "name") and not said:
            problem = _("asset.required")
        parts.refuse(field, problem)
        whole = whole and problem is None
    return values if whole else None


def _read(name: str, said: str) -> Any:
    if name == "bought_on":
        return parse_day(Cell(said, said)) if said else None
    if name == "value_cents":
        return parse_cents(Cell(said, said)) if said else None
    return _uuid(said) if name.endswith("_id") else said


def _operation(asset: AssetView | None, values: dict[str, Any], fields: dict[str, Any]) -> Operation | None:
    try:
        if asset is None:
            return assets.RegisterAsset(**values)
        return assets.UpdateAsset(asset_id=asset.id, base_version=asset.version, **values)
    except ValidationError as error:
        field = str(error.errors()[0]["loc"][0])
        parts.refuse(fields.get(field, fields["name"]), _("op.invalid", fields=_(f"asset.{FIELDS.get(field, 'name')}")))
        return None


def _departments() -> dict[str, str]:
    with database.reading() as s:
        return {str(row.id): row.name for row in people.departments(s)}


def _people_options(without: UUID | None = None) -> dict[str, str]:
    with database.reading() as s:
        names = people.department_names(s)
        found = people.search(s, limit=2000)
    return {
        str(p.id): "  ".join(filter(None, (p.name, names.get(p.department_id, "") if p.department_id else "")))
        for p in found
        if p.id != without
    }


def _places() -> dict[str, str]:
    with database.reading() as s:
        return {str(place.id): place.path for place in places.everything(s)}


def _text(value: UUID | date | None) -> str | None:
    return None if value is None else str(value)


def _uuid(value: str | None) -> UUID | None:
    return UUID(value) if value else None


def _plain_money(cents: int | None) -> str:
    return "" if cents is None else f"{cents // 100}.{cents % 100:02d}"


REGISTER = Register(
    name="assets", title="asset.title", kinds=("asset",),
    columns=(
        Column("asset.number", lambda a: a.number), Column("asset.name", lambda a: a.name, sub=lambda a: a.spec),
        Column("asset.keeper", lambda a: a.keeper, sub=lambda a: a.department), Column("asset.place", lambda a: a.place),
        Column("asset.bought_on", lambda a: a.bought_on.isoformat() if a.bought_on else ""),
        Column("asset.value", lambda a: _money(a.value_cents), number=True),
        Column("asset.state", _state_word, tone=lambda a: TONES[a.state], icon=lambda a: ICONS.get(a.state, parts.TONE_ICON[TONES[a.state]])),
    ),
    chips=(
        Chip("all", "asset.all", count=_count()),
        *(Chip(state, f"asset.state.{state}", {"state": state}, count=_count(state)) for state in AssetState),
    ),
    peek=_draw_peek, acts=_draw_acts, tools=_draw_tools, search="asset.find", empty=("asset.empty_register", "asset.empty_register_hint"),
)  # fmt: skip
