"""What an office sets up for its assets: fields of its own, for all assets or a class, and classes of its own (guide S4.1-R1)."""

from __future__ import annotations

import re
from typing import Any

from nicegui import ui
from pydantic import ValidationError

from core.foundation import database, live
from core.sections import assets
from core.sections.assets import AssetField, FieldKind, classes, own_fields
from core.web import frame, parts
from core.web.frame import _
from kiosk.desk.registers import menu

ICONS = {"text": "pen", "number": "count", "day": "calendar", "choice": "list"}


class SetUpPage:
    """Own fields on the left, classes on the right."""

    def __init__(self) -> None:
        self.client = ui.context.client
        self.q = ""
        with parts.box("crumb", "nav"):
            parts.text(_("asset.title"), "a").props('href="/desk/assets"')
        self.body = parts.box("assetset")
        self.draw()
        ends = [live.subscribe(kind, self._changed) for kind in ("asset_field", "asset_class")]
        self.client.on_delete(lambda: [end() for end in ends] and None)

    def draw(self) -> None:
        """Draw both lists anew."""
        with database.reading() as s:
            self.fields = own_fields.fields(s, retired=True)
            self.known = classes.known(s)
        self.body.clear()
        with self.body:
            with parts.head(_("asset.set_up"), _("asset.set_up_hint")):
                parts.button(_("asset.class_import"), href="/desk/imports?what=asset_classes", icon="receive")
                parts.button(_("asset.class_add"), lambda: self._class(None), icon="plus")
                parts.button(_("asset.field_add"), lambda: self._field(None), kind="main", icon="plus")
            with parts.box("two"):
                with parts.box():
                    self._draw_fields()
                with parts.box():
                    self._draw_classes()

    def _draw_fields(self) -> None:
        parts.text(_("asset.own_fields"), "h2")
        if not self.fields:
            parts.empty(_("asset.field_none"), _("asset.field_none_hint"))
            return
        with parts.rows():
            for field in self.fields:
                where = (
                    _("asset.field_all")
                    if not field.class_code
                    else _("asset.field_for", name=classes.name(field.class_code, frame.lang(), self.known))
                )
                meta = "  ".join(filter(None, (_(f"asset.field_kind.{field.kind}"), where, parts.listed(field.choices[:8]))))
                with parts.item(field.name, meta, icon=ICONS[field.kind]):
                    if field.retired_at is not None:
                        parts.pill(_("asset.field_retired"), "shut")
                    options = [
                        (_("asset.field_edit"), lambda field=field: self._field(field)),
                        (_("asset.field_up"), lambda field=field: self._up(field)),
                    ]
                    words = "asset.field_use_again" if field.retired_at else "asset.field_retire"
                    options.append((_(words), lambda field=field: self._retire(field)))
                    menu(_("asset.more_acts"), options)

    def _draw_classes(self) -> None:
        parts.text(_("asset.classes", n=len(self.known)), "h2")
        find = ui.input(value=self.q, placeholder=_("asset.class_find"), on_change=lambda event: self._find(event.value or ""))
        find.props(f'outlined clearable debounce=200 maxlength=80 aria-label="{_("asset.class_find")}"')
        self.list = parts.box()
        self._show_classes()

    def _find(self, text: str) -> None:
        self.q = text.strip()
        self._show_classes()

    def _show_classes(self) -> None:
        wanted = self.q.casefold()
        found = [one for one in self.known.values() if wanted in one.code.casefold() or wanted in one.name(frame.lang()).casefold()]
        self.list.clear()
        with self.list, parts.rows():
            for one in sorted(found, key=lambda one: (not one.own, one.code))[:60]:
                years = _("asset.years", n=one.least_years) if one.least_years else ""
                with parts.item(one.name(frame.lang()), parts.joined(one.code, years), icon="asset"):
                    if one.own:
                        menu(_("asset.more_acts"), [
                            (_("asset.field_edit"), lambda one=one: self._class(one)), (_("asset.class_drop"), lambda one=one: self._drop(one)),
                        ])  # fmt: skip
                    else:
                        parts.button(_("asset.class_rename"), lambda one=one: self._class(one), kind="quiet")

    # ── fields ──

    def _field(self, field: AssetField | None) -> None:
        kinds = {kind.value: _(f"asset.field_kind.{kind.value}") for kind in FieldKind}
        options = {"": _("asset.field_all"), **self._prefixes()}
        with parts.sheet_dialog(_("asset.field_add") if field is None else field.name, _("asset.field_hint")) as dialog:
            name = parts.input(_("asset.field_name"), field.name if field else "", autofocus=True)
            kind = parts.select(
                _("asset.field_kind"), kinds, field.kind if field else "text", on_change=lambda value: self._kind_chosen(value)
            )
            if field is not None:
                kind.disable()
                options.setdefault(field.class_code, field.class_code)
            where = parts.select(_("asset.field_where"), options, field.class_code if field else "", search=True)
            self.choices = parts.area(
                _("asset.field_choices"), "\n".join(field.choices) if field else "", help=_("asset.field_choices_hint"), rows=4
            )
            self.choices.parent_slot.parent.set_visibility((field.kind if field else "text") == "choice")  # type: ignore[union-attr]  # it stands in a field

            async def save() -> None:
                said = [one.strip() for one in re.split(r"[\n,，、;；]", self.choices.value or "") if one.strip()]
                try:
                    do: Any = (
                        assets.AddField(name=name.value or "", kind=FieldKind(kind.value), class_code=where.value or "", choices=said)
                        if field is None
                        else assets.UpdateField(
                            field_id=field.id, name=name.value or "", class_code=where.value or "", choices=said or None
                        )
                    )
                except ValidationError:
                    parts.refuse(name, _("asset.required"))
                    return
                outcome = await parts.do(do, quiet=True)
                if outcome.ok:
                    dialog.close()
                    self.draw()
                else:
                    parts.refuse(name, outcome.message(frame.lang()))

            with parts.box("dialog__acts"):
                parts.button(_("web.cancel"), dialog.close)
                parts.button(_("asset.save"), save, kind="main")
        dialog.open()

    def _kind_chosen(self, value: str) -> None:
        self.choices.parent_slot.parent.set_visibility(value == "choice")  # type: ignore[union-attr]  # it stands in a field

    def _prefixes(self) -> dict[str, str]:
        """Families of codes (their first four and six signs, where several classes share them) and every class."""
        families: dict[str, list[str]] = {}
        for code, one in self.known.items():
            for length in (3, 5, 7):
                families.setdefault(code[:length], []).append(one.name(frame.lang()))
        shared = {
            prefix: _("asset.field_family", prefix=prefix, names=parts.listed(names[:3]), n=len(names))
            for prefix, names in families.items()
            if len(names) > 1
        }
        return dict(sorted({**shared, **{code: f"{one.name(frame.lang())}  {code}" for code, one in self.known.items()}}.items()))

    async def _up(self, field: AssetField) -> None:
        before = [one for one in self.fields if one.position < field.position]
        if before:
            other = before[-1]
            await parts.do(assets.UpdateField(field_id=field.id, position=other.position))
            await parts.do(assets.UpdateField(field_id=other.id, position=field.position))
        self.draw()

    async def _retire(self, field: AssetField) -> None:
        await parts.do(assets.UpdateField(field_id=field.id, retired=field.retired_at is None))
        self.draw()

    # ── classes ──

    def _class(self, one: classes.AssetClass | None) -> None:
        with parts.sheet_dialog(_("asset.class_add") if one is None else one.code, _("asset.class_hint")) as dialog:
            code = parts.input(_("asset.class_code"), one.code if one else "", autofocus=one is None)
            if one is not None:
                code.disable()
            name = parts.input(_("asset.class_name"), one.name(frame.lang()) if one else "")
            years = parts.input(_("asset.least_years"), str(one.least_years or "") if one else "", props="inputmode=numeric")

            async def save() -> None:
                said = parts.typed(years.value)
                good = not said or (said.isascii() and said.isdigit() and 1 <= int(said[:4]) <= classes.MOST_YEARS)
                parts.refuse(years, None if good else _("import.not_years", most=classes.MOST_YEARS))
                if not good:
                    return
                try:
                    do = assets.SetClass(code=code.value or "", name=name.value or "", least_years=int(said) if said else None)
                except ValidationError:
                    parts.refuse(name, _("asset.required"))
                    return
                if (await parts.do(do)).ok:
                    dialog.close()
                    self.draw()

            with parts.box("dialog__acts"):
                parts.button(_("web.cancel"), dialog.close)
                parts.button(_("asset.save"), save, kind="main")
        dialog.open()

    async def _drop(self, one: classes.AssetClass) -> None:
        await parts.do(assets.DropClass(code=one.code))
        self.draw()

    def _changed(self, _change: Any) -> None:
        if not self.client.is_deleted and self.client.has_socket_connection:
            with self.client:
                try:
                    self.draw()
                except frame.SignInNeeded:
                    return
