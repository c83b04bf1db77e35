"""Places: the house as one tree, site → floor → room → shelf or check point, each with its label (house.md §3)."""

from __future__ import annotations

from uuid import UUID

from fastapi import Depends
from nicegui import APIRouter, ui
from pydantic import ValidationError

from core.foundation import database, live
from core.mechanisms import labels, places
from core.mechanisms.operations import Role
from core.mechanisms.places import PlaceKind, PlaceView
from core.web import frame, icons, parts
from core.web.frame import _

router = APIRouter(dependencies=[Depends(frame.signed_in)])
EDITORS = (Role.ADMIN, Role.CLERK)
ICONS = {"site": "today", "floor": "list", "room": "door", "shelf": "supply", "point": "place"}
# What may stand inside what; a shelf may stand in a cupboard that is a shelf.
INSIDE = {"site": ("floor", "room"), "floor": ("room", "point"), "room": ("shelf", "point"), "shelf": ("shelf",), "point": ()}


@router.page("/desk/places")
def places_page() -> None:
    with frame.desk("places", _("nav.places"), *EDITORS):
        PlacesPage()


class PlacesPage:
    """The tree on the left, the chosen place at the right."""

    def __init__(self) -> None:
        self.chosen: UUID | None = _asked()
        self.head = parts.box()
        self.box = parts.box("withpeek")
        with self.box:
            self.tree = parts.box("tree grow").props("role=tree")
            self.panel = parts.box("peek", "aside")
        self.draw()
        client = ui.context.client
        ends = [live.subscribe(kind, lambda _change: self._changed()) for kind in ("place", "label")]
        client.on_delete(lambda: [end() for end in ends] and None)
        self.client = client

    def _changed(self) -> None:
        if self.client.has_socket_connection and not self.client.is_deleted:
            with self.client:
                self.draw()

    def draw(self) -> None:
        """Draw tree and panel anew."""
        with database.reading() as s:
            self.places = places.everything(s)
            self.codes = labels.codes_of(s, labels.SubjectKind.PLACE, [place.id for place in self.places])
        self.head.clear()
        with self.head, parts.head(_("places.title", n=len(self.places)), _("places.hint")):
            parts.button(_("places.add_site"), lambda: self._add(None, ("site",)), kind="plain" if self.places else "main", icon="plus")
        depths: dict[UUID | None, int] = {None: -1}
        self.tree.clear()
        with self.tree:
            if not self.places:
                parts.empty(_("places.empty"), _("places.empty_hint"))
            for place in self.places:
                depths[place.id] = depths.get(place.parent_id, -1) + 1
                self._draw_row(place, depths[place.id])
        self._draw_panel()

    def _draw_row(self, place: PlaceView, depth: int) -> None:
        row = parts.box("tree__row find" + (" find--on" if place.id == self.chosen else ""), "button").props(
            f'type=button role=treeitem aria-level={depth + 1} data-place="{place.id}"'
        )
        row.style(f"--depth:{depth}")
        with row:
            icons.icon(ICONS[place.kind])
            parts.text(place.name, "span", "strong" if place.kind in ("site", "floor") else "")
            parts.text(place.short_name or "", "span", "quiet small")
            parts.box("push", "span")
            if place.id in self.codes:
                parts.code(self.codes[place.id]).classes("quiet small")
        parts.on_tap(row, lambda: self._choose(place.id))

    def _choose(self, place_id: UUID) -> None:
        self.chosen = None if self.chosen == place_id else place_id
        self.draw()

    def _draw_panel(self) -> None:
        place = next((place for place in self.places if place.id == self.chosen), None)
        self.panel.clear()
        self.panel.set_visibility(place is not None)
        self.box.classes(add="withpeek--open" if place else "", remove="" if place else "withpeek--open")
        if place is None:
            return
        code = self.codes.get(place.id)
        with self.panel:
            with parts.box("peek__top"):
                parts.pill(_(f"place.kind.{place.kind}"), "lost", icon=ICONS[place.kind])
                parts.box("push", "span")
                if code:
                    parts.code(code)
            parts.text(place.name, "h2")
            parts.text(place.path, "p", "second")
            parts.facts(((_("places.short_name"), place.short_name),))
            if INSIDE[place.kind]:
                parts.button(_("places.add_inside"), lambda: self._add(place, INSIDE[place.kind]), icon="plus", kind="main")
            parts.button(_("places.change"), lambda: self._edit(place), icon="pen")
            if code is None:
                parts.button(_("places.issue_label"), lambda: self._label(place), icon="asset")
            else:
                parts.button(_("places.print_label"), href=f"/desk/labels?codes={code}", icon="print")
                parts.button(_("places.replace_label"), lambda: self._replace(place, code), icon="refresh")
            if frame.actor().has(Role.ADMIN):
                parts.button(_("places.retire"), lambda: self._retire(place), kind="stop")

    # ── acts ──

    async def _label(self, place: PlaceView) -> None:
        outcome = await parts.do(labels.IssueLabel(subject_kind=labels.SubjectKind.PLACE, subject_id=place.id))
        if outcome.ok:
            parts.toast(_("places.labelled", name=place.name, code=labels.shown(outcome.result["code"])))
            self.draw()

    async def _replace(self, place: PlaceView, code: str) -> None:
        with parts.sheet_dialog(_("places.replace_title", name=place.name), _("places.replace_hint")) as dialog:
            reason = parts.input(_("places.reason"), autofocus=True)
            with parts.box("dialog__acts"):
                parts.button(_("web.cancel"), dialog.close)

                async def replace() -> None:
                    parts.refuse(reason, None if (reason.value or "").strip() else _("places.reason_needed"))
                    if (reason.value or "").strip() and (await parts.do(labels.ReplaceLabel(code=code, reason=reason.value))).ok:
                        dialog.close()
                        self.draw()

                parts.button(_("places.replace_label"), replace, kind="main")
        dialog.open()

    async def _retire(self, place: PlaceView) -> None:
        sure = await parts.confirm(
            _("places.retire_title", name=place.name),
            _("places.retire_words"),
            act=_("places.retire_act", name=place.name),
            stay=_("places.retire_not"),
        )
        if sure and (await parts.do(places.RetirePlace(place_id=place.id), done=_("places.retired", name=place.name))).ok:
            self.chosen = None
            self.draw()

    def _add(self, parent: PlaceView | None, kinds: tuple[str, ...]) -> None:
        with parts.sheet_dialog(_("places.add_title", name=parent.name) if parent else _("places.add_site")) as dialog:
            kind = parts.select(_("places.kind"), {key: _(f"place.kind.{key}") for key in kinds}, kinds[0]) if len(kinds) > 1 else None
            name = parts.input(_("places.name"), autofocus=True)
            short = parts.input(_("places.short_name"), help=_("places.short_help"))
            with parts.box("dialog__acts"):
                parts.button(_("web.cancel"), dialog.close)

                async def save() -> None:
                    parts.refuse(name, None if (name.value or "").strip() else _("places.name_needed"))
                    if not (name.value or "").strip():
                        return
                    try:
                        do = places.AddPlace(
                            parent_id=parent.id if parent else None,
                            kind=PlaceKind(kind.value if kind else kinds[0]),
                            name=name.value,
                            short_name=short.value or None,
                        )
                    except ValidationError:
                        parts.refuse(short, _("places.short_help"))
                        return
                    if (await parts.do(do, done=_("people.added", name=name.value))).ok:
                        dialog.close()
                        self.draw()

                parts.button(_("web.save"), save, kind="main")
        dialog.open()

    def _edit(self, place: PlaceView) -> None:
        with database.reading() as s:
            below = places.descendants(s, [place.id]) | {place.id}
        above = {str(other.id): other.path for other in self.places if other.id not in below and place.kind in INSIDE[other.kind]}
        with parts.sheet_dialog(_("people.change_title", name=place.name)) as dialog:
            name = parts.input(_("places.name"), place.name, autofocus=True)
            short = parts.input(_("places.short_name"), place.short_name or "", help=_("places.short_help"))
            parent = (
                parts.select(_("places.inside"), above, str(place.parent_id) if str(place.parent_id) in above else None, search=True)
                if above
                else None
            )
            with parts.box("dialog__acts"):
                parts.button(_("web.cancel"), dialog.close)

                async def save() -> None:
                    changes = {"name": name.value, "short_name": short.value or None}
                    if parent is not None and parent.value:
                        changes["parent_id"] = parent.value
                    try:
                        do = places.UpdatePlace(place_id=place.id, **changes)
                    except ValidationError:
                        parts.refuse(short, _("places.short_help"))
                        return
                    if (await parts.do(do, done=_("people.saved", name=name.value))).ok:
                        dialog.close()
                        self.draw()

                parts.button(_("web.save"), save, kind="main")
        dialog.open()


def _asked() -> UUID | None:
    try:
        return UUID(ui.context.client.request.query_params.get("open", ""))
    except ValueError:
        return None
