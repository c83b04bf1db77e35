"""Drawing a floor: rooms and exits are moved, stretched and drawn on it by hand or by keyboard, or given in metres from the north-west corner
(core/mechanisms/shapes). Every gesture is one operation: the timeline, phones and doors show it at once, and it can be taken back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from fastapi import Depends
from nicegui import APIRouter, ui

from core.foundation import database, live
from core.foundation.live import Change
from core.mechanisms import places, shapes
from core.mechanisms.operations import Role
from core.mechanisms.places import Place, PlaceKind
from core.sections import rooms
from core.web import frame, parts, static_files
from core.web.elements.plans import PlanEditor
from core.web.frame import _

router = APIRouter(dependencies=[Depends(frame.signed_in)])
EDITORS = (Role.ADMIN, Role.CLERK)
FIELDS = ("x", "y", "width", "height")
MOST_STEPS = 100
CANVAS = (2000, 1200)  # a floor nobody drew yet is at least this large on the screen, in centimetres: what is drawn on it does not jump
Box = tuple[int, int, int, int]


@router.page("/desk/draw_floor")
def draw_floor_page(floor: str = "") -> None:
    with frame.desk("places", _("draw.title"), *EDITORS):
        ui.add_head_html(f'<link rel="stylesheet" href="{static_files.url("rooms.css")}">')
        FloorPage(floor)


@dataclass(frozen=True, slots=True)
class Step:
    """What one gesture changed: where places lay before and after (None: not on the plan)."""

    before: dict[UUID, Box | None]
    after: dict[UUID, Box | None]


class FloorPage:
    """The plan one draws on, what is not on it yet, and the same in numbers below."""

    def __init__(self, floor: str) -> None:
        self.client = ui.context.client
        with database.reading() as s:
            self.floors = places.everything(s, (PlaceKind.FLOOR,))
        self.floor = next((place for place in self.floors if str(place.id) == floor), self.floors[0] if self.floors else None)
        self.fields: dict[UUID, dict[str, Any]] = {}
        self.done: list[Step] = []
        self.undone: list[Step] = []
        self.arm, self.filling = "", False
        self.head, self.box = parts.box(), parts.box("stack")
        self.draw()
        self.client.on_delete(live.subscribe("place", self._changed))

    def _changed(self, change: Change) -> None:
        if self.floor is not None and change.id == str(self.floor.id) and not self.client.is_deleted:
            with self.client:
                before = dict(self.now)
                self._read()
                self._show({id for id in before.keys() | self.now.keys() if before.get(id) != self.now.get(id)})

    def draw(self) -> None:
        """Read the floor and draw the page."""
        with self.client:
            self.head.clear()
            self.box.clear()
            if self.floor is None:
                with self.box:
                    parts.empty(_("draw.no_floor"), _("draw.no_floor_hint"))
                return
            self._read()
            with self.head, parts.head(_("draw.title"), _("draw.by_hand")):
                if len(self.floors) > 1:
                    parts.chips([(str(floor.id), floor.name, None) for floor in self.floors], str(self.floor.id), self._to)
                self.undo_button = parts.button(_("draw.undo"), self._undo, icon="return")
                self.redo_button = parts.button(_("draw.redo"), self._redo)
            with self.box:
                with parts.box("sheet planbox__sheet"):
                    handlers = {"place": self._placed, "remove": self._removed, "choose": self._chosen, "undo": lambda _args: self._undo(), "redo": lambda _args: self._redo()}  # fmt: skip
                    self.plan = PlanEditor(handlers)
                    self.loose = parts.box("pe__loose")
                with parts.box("sheet drawrows"):
                    with parts.box("row"):
                        parts.text(_("draw.numbers"), "h2")
                        parts.box("push", "span")
                        parts.button(_("web.save"), self._save, kind="main")
                    self.rows = parts.box()
                    with self.rows:
                        self._draw_rows()
            self._show()

    def _read(self) -> None:
        assert self.floor is not None
        with database.reading() as s:
            self.shape = shapes.on_floor(s, self.floor.id)
            below = places.descendants(s, [self.floor.id])
            combined = rooms.parts_of(s)  # a room made of others lies where they lie
            self.inside: list[Place] = [
                place for place in places.everything(s, (PlaceKind.ROOM, PlaceKind.POINT)) if place.id in below and place.id not in combined
            ]
        self.now: dict[UUID, Box] = {one.place_id: (one.x_cm, one.y_cm, one.width_cm, one.height_cm) for one in self.shape.shapes}

    def _show_plan(self, boxes: Mapping[UUID, Box]) -> None:
        """Draw the floor with its places lying like this."""
        assert self.floor is not None
        names = {place.id: place for place in self.inside}
        drawn = [
            {"id": str(id), "name": names[id].name, "dot": not box[2], "x": box[0], "y": box[1], "w": box[2], "h": box[3]}
            for id, box in boxes.items()
            if id in names
        ]
        outline = self.shape.outline or ((0, 0), (CANVAS[0], 0), CANVAS, (0, CANVAS[1]))
        self.plan.show({
            "floor": self.floor.id.hex, "label": self.floor.name, "outline": [list(corner) for corner in outline], "rooms": drawn,
            "width": max([CANVAS[0], self.shape.width_cm, *(x for x, _y in outline)]), "height": max([CANVAS[1], self.shape.height_cm, *(y for _x, y in outline)]),
            "words": {"overlaps": _("draw.overlaps")},
        }, self.arm)  # fmt: skip

    def _show(self, moved: Collection[UUID] | None = None) -> None:
        """The plan as it stands, what is not on it yet, and whether there is something to take back. `moved`: by somebody else; what is being
        typed about the others stays."""
        self._show_plan(self.now)
        self.loose.clear()
        loose = [place for place in self.inside if place.id not in self.now]
        with self.loose:
            if loose:
                parts.text(_("draw.loose"), "p", "quiet small")
                with parts.box("row wrap"):
                    for place in loose:
                        chip = parts.button(place.name, partial(self._arm, place), kind="plain")
                        chip.props(f"aria-pressed={'true' if str(place.id) == self.arm else 'false'} data-loose={place.id}")
            if self.arm:
                parts.text(_("draw.drag_now"), "p", "pe__hint").props("role=status")
        for button, steps in ((self.undo_button, self.done), (self.redo_button, self.undone)):
            button.props(remove="disabled") if steps else button.props("disabled")
        self.filling = True
        for place_id, fields in self.fields.items():
            if moved is not None and place_id not in moved:
                continue
            found = self.now.get(place_id)
            for name, value in zip(FIELDS, found or (None,) * 4, strict=True):
                if name in fields:
                    fields[name].value = f"{value / 100:g}" if value is not None else ""
        self.filling = False

    def _draw_rows(self) -> None:
        self.fields = {}
        with parts.box("drawrow drawrow--head"):
            parts.text("", "span")
            for name in FIELDS:
                parts.text(_(f"draw.{name}"), "span", "quiet small")
        for place in self.inside:
            with parts.box("drawrow"):
                parts.text(place.name, "span", "cut")
                self.fields[place.id] = {}
                for name in FIELDS if place.kind == PlaceKind.ROOM else FIELDS[:2]:
                    field = ui.input().props(
                        f'outlined dense inputmode=decimal maxlength=7 aria-label="{place.name} {_(f"draw.{name}")}" data-field="{name}"'
                    )
                    field.on_value_change(self._preview)
                    self.fields[place.id][name] = field

    def _to(self, floor: str) -> None:
        self.floor = next((place for place in self.floors if str(place.id) == floor), self.floor)
        self.done, self.undone, self.arm = [], [], ""
        self.draw()

    # ── by hand ──

    def _arm(self, place: Place) -> None:
        """The next drag draws this room; a point is put where the plan is pressed."""
        self.arm = "" if self.arm == str(place.id) else str(place.id)
        self._show()

    def _chosen(self, _args: dict[str, Any]) -> None:
        self.arm = ""

    async def _placed(self, args: dict[str, Any]) -> None:
        place = self._place(args)
        try:
            box: Box = (int(args["x"]), int(args["y"]), int(args["w"]), int(args["h"]))
            began = [int(value) for value in args.get("was") or ()]
        except (KeyError, TypeError, ValueError, OverflowError):
            place = None
            box, began = (0, 0, 0, 0), []
        if place is not None:
            if place.kind != PlaceKind.ROOM:
                box = (box[0], box[1], 0, 0)
            was = (began[0], began[1], began[2], began[3]) if len(began) == 4 else None
            await self._change({place.id: box}, {place.id: was} if was else None)

    async def _removed(self, args: dict[str, Any]) -> None:
        place = self._place(args)
        if place is not None and place.id in self.now:
            await self._change({place.id: None})

    def _place(self, args: dict[str, Any]) -> Place | None:
        return next((place for place in self.inside if str(place.id) == args.get("id")), None)

    async def _change(self, after: dict[UUID, Box | None], began: Mapping[UUID, Box] | None = None) -> None:
        before = {id: self.now.get(id) for id in after}
        if await self._draw(after, began=began):
            self.done = [*self.done[-MOST_STEPS:], Step(before, after)]
            self.undone = []
        self._show()

    async def _undo(self) -> None:
        if self.done and self._still(self.done, self.done[-1].after) and await self._draw(self.done[-1].before):
            self.undone.append(self.done.pop())
        self._show()

    async def _redo(self) -> None:
        if self.undone and self._still(self.undone, self.undone[-1].before) and await self._draw(self.undone[-1].after):
            self.done.append(self.undone.pop())
        self._show()

    def _still(self, steps: list[Step], boxes: Mapping[UUID, Box | None]) -> bool:
        """Whether these places lie as this page left them. What somebody else moved since is theirs: the step is dropped, and it says so."""
        self._read()
        if all(self.now.get(id) == box for id, box in boxes.items()):
            return True
        steps.pop()
        parts.problem(_("draw.moved_since"))
        return False

    async def _draw(self, boxes: dict[UUID, Box | None], done: str | None = None, began: Mapping[UUID, Box] | None = None) -> bool:
        """One operation; a refusal (two rooms on one spot, or somebody else was faster) is said and what stood stands again. `began`: how the
        places lay when the hand took them, if that is known better than from here."""
        assert self.floor is not None
        was = self.now | dict(began or {})
        try:
            drawn = tuple(
                shapes.Drawn(place_id=id, x_cm=box[0], y_cm=box[1], width_cm=box[2], height_cm=box[3], was=was.get(id))
                for id, box in boxes.items()
                if box
            )
        except ValueError:
            parts.problem(_("draw.wrong"))
            return False
        remove = tuple(id for id, box in boxes.items() if box is None)
        outcome = await parts.do(shapes.DrawFloor(floor_id=self.floor.id, places=drawn, remove=remove), done=done)
        self.arm = ""
        self._read()
        return outcome.ok

    # ── in numbers ──

    def _preview(self) -> None:
        """The plan follows what is typed, before it is saved."""
        typed = None if self.filling else self._numbers()
        if typed is not None:
            self._show_plan({id: box for id, box in (self.now | typed).items() if box is not None})

    def _numbers(self) -> dict[UUID, Box | None] | None:
        """What the fields say, as far as it differs from the plan; None when some field says no number."""
        found: dict[UUID, Box | None] = {}
        for place_id, fields in self.fields.items():
            texts = [(fields[name].value or "").strip().replace("，", ".").replace(",", ".") if name in fields else "0" for name in FIELDS]
            if not any(text for text, name in zip(texts, FIELDS, strict=True) if name in fields):
                box: Box | None = None
            else:
                try:
                    x, y, width, height = (round(float(text) * 100) for text in texts)
                except (ValueError, OverflowError):
                    return None
                box = (x, y, width, height)
            if box != self.now.get(place_id):
                found[place_id] = box
        return found

    async def _save(self) -> None:
        assert self.floor is not None
        after = self._numbers()
        if after is None:
            parts.problem(_("draw.wrong"))
            return
        before = {id: self.now.get(id) for id in after}
        if not after or await self._draw(after, done=_("draw.saved", floor=self.floor.name)):
            if after:
                self.done = [*self.done[-MOST_STEPS:], Step(before, after)]
            self._show()
