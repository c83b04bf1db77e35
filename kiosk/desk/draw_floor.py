"""Drawing a floor in numbers: where each room and exit lies, in metres from the north-west corner, with the plan drawn beside as one types
(core/mechanisms/shapes)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import Depends
from nicegui import APIRouter, ui

from core.foundation import clock, database
from core.mechanisms import places, shapes
from core.mechanisms.operations import Role
from core.mechanisms.places import PlaceKind
from core.sections import roomcare
from core.web import frame, parts, static_files
from core.web.elements.plans import Plan, plan_data
from core.web.frame import _

router = APIRouter(dependencies=[Depends(frame.signed_in)])
EDITORS = (Role.ADMIN, Role.CLERK)
FIELDS = ("x", "y", "width", "height")


@router.page("/desk/draw_floor")
def draw_floor_page(floor: str = "") -> None:
    with frame.desk("places", _("draw.title"), *EDITORS):
        ui.add_head_html(f'<link rel="stylesheet" href="{static_files.url("rooms.css")}">')
        FloorPage(floor)


class FloorPage:
    """The plan above, a line of four numbers for each place below; saving is one operation for the whole floor."""

    def __init__(self, floor: str) -> None:
        self.client = ui.context.client
        with database.reading() as s:
            self.floors = places.everything(s, (PlaceKind.FLOOR,))
        self.floor = next((place for place in self.floors if str(place.id) == floor), self.floors[0] if self.floors else None)
        self.fields: dict[UUID, dict[str, Any]] = {}
        self.head, self.box = parts.box(), parts.box("stack")
        self.draw()

    def draw(self) -> None:
        """Read the floor and draw it."""
        with self.client:
            self.head.clear()
            self.box.clear()
            if self.floor is None:
                with self.box:
                    parts.empty(_("draw.no_floor"), _("draw.no_floor_hint"))
                return
            with self.head, parts.head(_("draw.title"), _("draw.hint")):
                if len(self.floors) > 1:
                    parts.chips([(str(floor.id), floor.name, None) for floor in self.floors], str(self.floor.id), self._to)
                parts.button(_("web.save"), self._save, kind="main")
            with self.box:
                with parts.box("sheet planbox__sheet"):
                    self.plan = Plan(lambda _room: None)
                with parts.box("sheet drawrows"):
                    self._draw_rows()
            self._preview()

    def _draw_rows(self) -> None:
        assert self.floor is not None
        with database.reading() as s:
            drawn = {shape.place_id: shape for shape in shapes.on_floor(s, self.floor.id).shapes}
            below = places.descendants(s, [self.floor.id])
            inside = [place for place in places.everything(s, (PlaceKind.ROOM, PlaceKind.POINT)) if place.id in below]
        self.fields = {}
        with parts.box("drawrow drawrow--head"):
            parts.text("", "span")
            for name in FIELDS:
                parts.text(_(f"draw.{name}"), "span", "quiet small")
        for place in inside:
            shape = drawn.get(place.id)
            values = dict(zip(FIELDS, (shape.x_cm, shape.y_cm, shape.width_cm, shape.height_cm), strict=True)) if shape else {}
            with parts.box("drawrow"):
                parts.text(place.name, "span", "cut")
                self.fields[place.id] = {}
                for name in FIELDS if place.kind == PlaceKind.ROOM else FIELDS[:2]:
                    text = f"{values[name] / 100:g}" if values else ""
                    field = ui.input(value=text).props(
                        f'outlined dense inputmode=decimal maxlength=7 aria-label="{place.name} {_(f"draw.{name}")}" data-field="{name}"'
                    )
                    field.on_value_change(self._preview)
                    self.fields[place.id][name] = field

    def _to(self, floor: str) -> None:
        self.floor = next((place for place in self.floors if str(place.id) == floor), self.floor)
        self.draw()

    def _read(self) -> tuple[list[shapes.Drawn], list[UUID], bool]:
        """What the fields say: places with all their numbers, places taken off (all empty), and whether some field says something else."""
        found, gone, wrong = [], [], False
        for place_id, fields in self.fields.items():
            texts = {name: (field.value or "").strip().replace("，", ".").replace(",", ".") for name, field in fields.items()}
            if not any(texts.values()):
                gone.append(place_id)
                continue
            try:
                numbers = {f"{name}_cm": round(float(text) * 100) for name, text in texts.items()}
                found.append(shapes.Drawn.model_validate({"place_id": place_id, **numbers}))
            except (ValueError, OverflowError):
                wrong = True
        return found, gone, wrong

    def _preview(self) -> None:
        assert self.floor is not None
        drawn = {one.place_id: one for one in self._read()[0]}
        with database.reading() as s:
            now = roomcare.floor_plan(s, self.floor.id, clock.now())
            names = {place.id: place for place in places.everything(s) if place.id in drawn}
        rooms = [
            roomcare.PlanRoom(
                id, names[id].name, "", None, names[id].kind, one.x_cm, one.y_cm, one.width_cm, one.height_cm, "", None, None, "", 0, ()
            )
            for id, one in drawn.items()
        ]
        width = max([x for x, _y in now.outline] + [room.x_cm + room.width_cm for room in rooms], default=0)
        height = max([y for _x, y in now.outline] + [room.y_cm + room.height_cm for room in rooms], default=0)
        outline = now.outline or ((0, 0), (width, 0), (width, height), (0, height))
        shown = roomcare.FloorPlan(self.floor.id, self.floor.name, width, height, outline, tuple(rooms), ())
        with self.client:
            self.plan.set_visibility(bool(rooms))
            if rooms:
                self.plan.show(plan_data(shown, signs=58))

    async def _save(self) -> None:
        assert self.floor is not None
        found, gone, wrong = self._read()
        if wrong:
            parts.problem(_("draw.wrong"))
            return
        do = shapes.DrawFloor(floor_id=self.floor.id, places=tuple(found), remove=tuple(gone))
        await parts.do(do, done=_("draw.saved", floor=self.floor.name))
