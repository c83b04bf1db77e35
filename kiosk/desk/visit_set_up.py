"""Kinds of visitors at the desk, without code: what each is asked, what a room asks more, and the steps a visitor will see (issue 5: flows per visitor type)."""

from __future__ import annotations

from functools import partial
from typing import Any, cast
from uuid import UUID, uuid4

from fastapi import Depends
from nicegui import APIRouter, ui

from core.foundation import database, i18n, live
from core.mechanisms import office, places
from core.mechanisms.operations import Operation
from core.sections import visits
from core.sections.visits import RoomRuleView, TypeView, consent, identity, types
from core.web import frame, icons, parts
from core.web.frame import _
from kiosk.desk import visit_documents
from kiosk.desk.visit_advice import AdviceForm

router = APIRouter(dependencies=[Depends(frame.signed_in)])
STEP_ICONS = {
    "document": "document",
    "photo": "camera",
    "drink": "cup",
    "phone": "phone",
    "room": "door",
    "email": "send",
    "id_number": "lock",
}
LAYOUTS = types.LAYOUTS


@router.page("/desk/visit-set-up")
def visit_set_up_page() -> None:
    with frame.desk("visit-set-up", _("nav.visit-set-up"), *types.SETTERS):
        SetUpPage()


class SetUpPage:
    """Types, rooms and documents on the left; on the right what the chosen visitor will meet."""

    def __init__(self) -> None:
        self.client = ui.context.client
        self.shown, self.invited = types.GUEST, "walk_in"
        with parts.head(_("nav.visit-set-up"), _("visit_set_up.hint")):
            parts.button(_("visit_advice.title"), AdviceForm, icon="send")
            parts.button(_("visit_set_up.add"), partial(TypeForm, None), kind="main", icon="plus")
        with parts.box("two"):
            with parts.box():
                self.lists()
                visit_documents.Documents()
            with parts.box("sheet flow"):
                self.preview()
        for kind in ("visitor_type", "consent_document"):
            self.client.on_delete(live.subscribe(kind, lambda _change: self._refresh()))

    def _refresh(self) -> None:
        if not self.client.is_deleted:
            with self.client:
                self.lists.refresh()
                self.preview.refresh()

    @ui.refreshable_method
    def lists(self) -> None:
        with database.reading() as s:
            kinds, rules, titles = types.all_types(s, retired=True), types.room_rules(s), consent.titles(s, frame.lang())
        _head("visit_set_up.types", "visit_set_up.types.say")
        with parts.rows():
            for kind in kinds:
                with parts.item(kind.name(frame.lang()), about(kind, titles), icon="person"):
                    if kind.retired:
                        parts.pill(_("booking_rules.retired"), "lost")
                    elif not kind.walk_in:
                        parts.pill(_("visit_set_up.invited_only"), "held")
                    parts.button(_("visit_set_up.see"), partial(self.show, kind.key), kind="quiet")
                    parts.button(_("rooms.edit"), partial(TypeForm, kind))
        with _head("visit_set_up.rooms", "visit_set_up.rooms.say"):
            parts.button(_("visit_set_up.add_room"), partial(_room_dialog, None), icon="plus")
        with parts.rows() if rules else parts.box():
            for rule in rules:
                with parts.item(rule.room, _about_room(rule, titles), icon="door"):
                    parts.button(_("rooms.edit"), partial(_room_dialog, rule))

    def show(self, key: str) -> None:
        self.shown = key
        self.preview.refresh()

    def _choose(self, way: str) -> None:
        self.invited = way
        self.preview.refresh()

    @ui.refreshable_method
    def preview(self) -> None:
        with database.reading() as s:
            kind = types.get(s, self.shown)
        parts.text(_("visit_set_up.preview", name=kind.name(frame.lang())), "h2")
        parts.choice({"walk_in": _("visit_set_up.walk_in"), "invited": _("visit_set_up.invited")}, self.invited, self._choose)
        draw_steps(kind, invited=self.invited == "invited")


def draw_steps(kind: TypeView, *, invited: bool) -> None:
    """The screens a visitor of this type meets, in order, by the same function the kiosk walks."""
    with database.reading() as s:
        titles = consent.titles(s, frame.lang())
        steps = types.steps(
            types.together(kind),
            invited=invited,
            asked=() if invited else ("company", "purpose"),
            photo=office.setting(s, "visit.photo") == "ask",
            id_number=identity.asked(s, kind.key),
        )
    asked = {name: _(f"visit.field.{name}") for name in types.FIELDS}
    lines: list[tuple[str, str, str]] = (
        [("scan", _("visit_set_up.step.scan"), "")] if invited else [("person", _("visit_set_up.step.who"), "")]
    )
    for step in steps:
        what, _colon, key = step.partition(":")
        words = titles.get(key, key) if what == "document" else asked.get(what) or _(f"visit_set_up.step.{what}")
        optional = what in asked and kind.fields[what] == "optional"
        say = _("visit_set_up.step.signs") if what == "document" else _("visit_set_up.optional") if optional else ""
        lines.append((STEP_ICONS.get(what, "note"), words, say))
    if kind.approval and not invited:
        lines.append(("clock", _("visit_set_up.step.waits"), _("visit_set_up.step.waits.say")))
    lines.append(
        (
            "check",
            _("visit_set_up.step.badge" if kind.badge else "visit_set_up.step.no_badge"),
            _("visit_set_up.step.escort") if kind.escort else "",
        )
    )
    with parts.box("flow__steps", "ol"):
        for icon, words, say in lines:
            with parts.box("flow__step", "li"):
                icons.icon(icon)
                with parts.box("flow__words", "span"):
                    parts.text(words, "strong")
                    if say:
                        parts.text(say, "small")


def about(kind: TypeView, titles: dict[str, str]) -> str:
    """A type's demands in one grey line."""
    words = [_(f"visit.field.{name}") for name in types.FIELDS if kind.fields[name] == "required"]
    words += [titles.get(key, key) for key in kind.documents]
    words += [_(f"visit_set_up.has.{name}") for name in ("approval", "escort", "drink") if getattr(kind, name)]
    words += [_("visit_set_up.has.photo")] if kind.photo == "required" else []
    return parts.joined(*words)


def _about_room(rule: RoomRuleView, titles: dict[str, str]) -> str:
    words = [titles.get(key, key) for key in rule.documents]
    words += [_(f"visit_set_up.has.{name}") for name in ("approval", "escort", "photo") if getattr(rule, name)]
    return parts.joined(*words)


def _head(title: str, hint: str) -> ui.element:
    with parts.box("row rules__head") as row:
        with parts.box():
            parts.text(_(title), "h2")
            parts.text(_(hint), "p", "quiet small")
        parts.box("push", "span")
    return row


# ── a type ──


class TypeForm:
    """One type: names, fields, documents, and what it brings; below it the steps as they would be."""

    def __init__(self, kind: TypeView | None) -> None:
        self.kind = kind
        base = kind or types.SEEDS[types.GUEST]
        with database.reading() as s:
            titles = consent.titles(s, frame.lang())
        with parts.sheet_dialog(kind.name(frame.lang()) if kind else _("visit_set_up.add"), _("visit_set_up.form.say")) as self.dialog:
            with parts.box("pairs"):
                self.names = {
                    language: parts.input(
                        _("visit_set_up.name", words=i18n.LANGUAGE_NAMES[language]), kind.name(language) if kind else "", props="maxlength=24", autofocus=kind is None and n == 0
                    )
                    for n, language in enumerate(i18n.LANGUAGES)
                }  # fmt: skip
            parts.text(_("visit_set_up.fields"), "h3")
            self.fields: dict[str, str] = dict(base.fields)
            with parts.box("flow__fields"):
                for name in types.FIELDS:
                    parts.text(_(f"visit.field.{name}"), "span")
                    options = {asked: _(f"visit_set_up.asked.{asked}") for asked in ("hidden", "optional", "required")}
                    parts.choice(options, base.fields[name], partial(self._ask, name))
            known = [key for key in base.documents if key in titles]
            self.documents = parts.select(_("visit_set_up.documents"), titles, known, multiple=True, help=_("visit_set_up.documents.say"))
            with parts.box("pairs"):
                self.photo = parts.select(
                    _("visit_set_up.photo"), {one: _(f"visit_set_up.photo.{one}") for one in types.PHOTOS}, base.photo
                )
                layouts = {one: _(f"visit_set_up.layout.{one}") for one in LAYOUTS} | (
                    {} if base.badge_layout in LAYOUTS else {base.badge_layout: base.badge_layout}
                )
                self.layout = parts.select(_("visit_set_up.layout"), layouts, base.badge_layout)
            self.stay = parts.input(
                _("visit_set_up.stay"), str(base.usual_stay_minutes or ""), props="type=number min=0 max=1440 step=5 inputmode=numeric", help=_("visit_set_up.stay.say")
            )  # fmt: skip
            with parts.box("row wrap checks"):
                self.checks = {
                    name: ui.checkbox(_(f"visit_set_up.check.{name}"), value=getattr(base, name)) for name in ("approval", "escort", "badge", "drink", "walk_in")
                }  # fmt: skip
            with parts.box("dialog__acts"):
                parts.button(_("web.cancel"), self.dialog.close)
                if kind and kind.key != types.GUEST:
                    words = _("booking_rules.use_again") if kind.retired else _("booking_rules.retire")
                    parts.button(words, partial(self._do, types.SetUpType(key=kind.key, retired=not kind.retired)), kind="quiet")
                parts.button(_("web.save"), self.save, kind="main")
        self.dialog.open()

    def _ask(self, name: str, asked: str) -> None:
        self.fields[name] = asked

    async def save(self) -> None:
        names = {language: (one.value or "").strip() for language, one in self.names.items()}
        for language, one in self.names.items():
            parts.refuse(one, None if names[language] else _("visitor_type.names"))
        if not all(names.values()):
            return
        changed = names if self.kind is None or any(self.kind.name(language) != name for language, name in names.items()) else None
        await self._do(
            types.SetUpType(
                key=self.kind.key if self.kind else uuid4().hex,
                names=cast(Any, changed),
                fields=cast(Any, self.fields),
                documents=tuple(self.documents.value or ()),
                photo=self.photo.value,
                badge_layout=self.layout.value,
                usual_stay_minutes=min(1440, int(stay)) if (stay := str(self.stay.value or "").strip()).isdecimal() else 0,
                **{
                    name: bool(check.value)
                    for name, check in self.checks.items()
                    if not (self.kind and self.kind.key == types.GUEST and name == "walk_in")
                },
            )
        )

    async def _do(self, do: Operation) -> None:
        if (await parts.do(do, done=_("booking_rules.saved"))).ok:
            self.dialog.close()


# ── a room ──


def _room_dialog(rule: RoomRuleView | None) -> None:
    with database.reading() as s:
        rooms = {str(one.id): one.name for one in places.everything(s, [places.PlaceKind.ROOM])}
        titles = consent.titles(s, frame.lang())
    with parts.sheet_dialog(rule.room if rule else _("visit_set_up.add_room"), _("visit_set_up.rooms.say")) as dialog:
        room = parts.select(_("visit.field.room"), rooms, None, search=True) if rule is None else None
        documents = parts.select(
            _("visit_set_up.documents"), titles, [key for key in rule.documents if key in titles] if rule else [], multiple=True
        )
        with parts.box("row wrap checks"):
            checks = {
                name: ui.checkbox(_(f"visit_set_up.check.{name}"), value=bool(rule and getattr(rule, name)))
                for name in ("approval", "escort", "photo")
            }

        async def save() -> None:
            chosen = str(rule.place_id) if rule else str(room.value or "") if room is not None else ""
            if room is not None:
                parts.refuse(room, None if chosen else _("visit_set_up.room_needed"))
            if not chosen:
                return
            do = visits.SetUpVisitRoom(
                place_id=UUID(chosen), documents=tuple(documents.value or ()), **{name: bool(one.value) for name, one in checks.items()}
            )
            if (await parts.do(do, done=_("booking_rules.saved"))).ok:
                dialog.close()

        with parts.box("dialog__acts"):
            parts.button(_("web.cancel"), dialog.close)
            if rule:
                parts.button(_("visit_set_up.room_off"), partial(_room_off, rule, dialog), kind="quiet")
            parts.button(_("web.save"), save, kind="main")
    dialog.open()


async def _room_off(rule: RoomRuleView, dialog: ui.dialog) -> None:
    if (await parts.do(visits.SetUpVisitRoom(place_id=rule.place_id), done=_("booking_rules.saved"))).ok:
        dialog.close()
