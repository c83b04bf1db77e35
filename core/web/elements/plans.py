"""The timeline of rooms and the floor plan: elements that draw themselves from data (look.md §4, day line and plan; house.md §4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from nicegui import ui
from nicegui.events import GenericEventArguments

from core.foundation import clock, i18n
from core.web import frame, icons, parts
from core.web.frame import _

SHAPES = {
    "confirmed": "", "pending": "held", "offered": "held", "held": "held", "in_use": "busy", "ended": "check", "free": "free", "soon": "soon",
    "busy": "busy", "shut": "shut", "restoring": "return",
}  # fmt: skip
ICONS = {name: icons.ICONS[name] for name in ("free", "soon", "held", "busy", "shut", "lost", "check", "return", "warning")}


class Timeline(ui.element, component="timeline.js"):
    """Rooms and their bookings on a day or a week. Events: `draw` (room, day, a, b), `move` (id, room, day, a, b), `open` (id), `room` (room,
    day), `day` (day); minutes count from the day's midnight. What a browser sends is checked by whoever listens."""

    def __init__(self, words: Mapping[str, str], handlers: Mapping[str, Callable[[dict[str, Any]], Any]]) -> None:
        super().__init__()
        self._props.update({"words": dict(words), "icons": ICONS, "shapes": SHAPES, "data": {"view": "day", "days": [], "floors": []}})
        for name, handler in handlers.items():
            self.on(name, _hearing(handler))

    def show(self, data: dict[str, Any]) -> None:
        """Draw this; a wish that was still a ghost is answered by it."""
        self._props["data"] = data
        self.update()

    def settle(self) -> None:
        """Forget the wish: the answer was no, or its dialog was closed."""
        self.run_method("settle")


class Plan(ui.element, component="plan.js"):
    """A floor to scale; `on_choose` hears the id of the room that was pressed. Lengths in any one unit."""

    def __init__(self, on_choose: Callable[[str], Any]) -> None:
        super().__init__()
        self._props.update(
            {"icons": ICONS, "chosen": "", "data": {"outline": [], "rooms": [], "width": 1, "height": 1, "signs": 40, "label": ""}}
        )

        async def choose(event: GenericEventArguments) -> None:
            if isinstance(event.args, dict) and parts.is_fresh(event.args):
                await parts.run(lambda: on_choose(str(event.args.get("id", ""))[:80]))

        self.on("choose", choose)

    def show(self, data: dict[str, Any], chosen: str = "") -> None:
        """Draw this plan with one room marked."""
        self._props["data"], self._props["chosen"] = data, chosen
        self.update()


class PlanEditor(ui.element, component="plan_editor.js"):
    """A floor drawn by hand, in centimetres. Events: `place` (id, x, y, w, h), `remove` (id), `choose` (id), `undo`, `redo`. What a browser sends is
    checked by whoever listens; the plan that stands is the one that is shown."""

    def __init__(self, handlers: Mapping[str, Callable[[dict[str, Any]], Any]]) -> None:
        super().__init__()
        empty = {"floor": "", "label": "", "outline": [], "rooms": [], "width": 1, "height": 1, "words": {"overlaps": ""}}
        self._props.update({"data": empty, "arm": ""})
        for name, handler in handlers.items():
            self.on(name, _hearing(handler))

    def show(self, data: dict[str, Any], arm: str = "") -> None:
        """Draw this; `arm` is the place the next drag draws."""
        self._props["data"], self._props["arm"] = data, arm
        self.update()


def _hearing(handler: Callable[[dict[str, Any]], Any]) -> Callable[[GenericEventArguments], Any]:
    async def heard(event: GenericEventArguments) -> None:
        if isinstance(event.args, dict) and parts.is_fresh(event.args):
            await parts.run(lambda: handler(event.args))

    return heard


# ── a floor as data for the element ──


class PlanRoomLike(Protocol):
    """What the plan needs of a place on it (`roomcare.PlanRoom`)."""

    @property
    def id(self) -> UUID: ...
    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def x_cm(self) -> int: ...
    @property
    def y_cm(self) -> int: ...
    @property
    def width_cm(self) -> int: ...
    @property
    def height_cm(self) -> int: ...
    @property
    def state(self) -> str: ...
    @property
    def until(self) -> datetime | None: ...
    @property
    def faults(self) -> tuple[str, ...]: ...
    @property
    def restoring(self) -> bool: ...
    @property
    def closed_reason(self) -> str: ...


class FloorPlanLike(Protocol):
    """What the element needs of a floor (`roomcare.FloorPlan`)."""

    @property
    def name(self) -> str: ...
    @property
    def width_cm(self) -> int: ...
    @property
    def height_cm(self) -> int: ...
    @property
    def outline(self) -> tuple[tuple[int, int], ...]: ...
    @property
    def rooms(self) -> Sequence[PlanRoomLike]: ...


def state_of(room: PlanRoomLike) -> str:
    """The state a plan shows: a free room that waits to be restored is not offered as free."""
    return "restoring" if room.restoring and room.state in ("free", "soon") else room.state


def until_words(state: str, until: datetime | None) -> str:
    """`到 11:00`, or nothing where there is no time to name."""
    if until is None or state == "restoring":
        return ""
    if until - clock.now() > timedelta(hours=20):  # a closed room names the day; of any other "all day" is meant
        return _("room_plan.until", time=i18n.short_day(clock.local(until).date(), frame.lang())) if state == "shut" else ""
    return _("room_plan.from" if state == "soon" else "room_plan.until", time=i18n.clock_time(until, clock.zone()))


def plan_data(plan: FloorPlanLike, *, signs: int = 44, here: UUID | None = None, turned: bool = False) -> dict[str, Any]:
    """The floor as the element draws it. `signs`: how many Chinese signs fit across; `here` marks the room one stands at; `turned` lays a wide
    floor on its side, for a phone held upright."""
    turn = turned and plan.width_cm > plan.height_cm

    def place(x: int, y: int) -> tuple[int, int]:
        return (plan.height_cm - y, x) if turn else (x, y)

    drawn, mark = [], None
    for room in plan.rooms:
        state = state_of(room)
        x, y = (plan.height_cm - room.y_cm - room.height_cm, room.x_cm) if turn else (room.x_cm, room.y_cm)
        w, h = (room.height_cm, room.width_cm) if turn else (room.width_cm, room.height_cm)
        word = _(f"room_plan.{state}") if state else ""
        until, warn = until_words(state, room.until), room.closed_reason or joined_items(room.faults)
        said = "，" if frame.lang() != "en" else ", "
        drawn.append({
            "id": str(room.id), "name": room.name, "dot": not room.width_cm, "x": x, "y": y, "w": w, "h": h, "state": state,
            "icon": SHAPES.get(state, ""), "word": word, "until": until, "warn": warn,
            "said": said.join(part for part in (room.name, word, until, warn) if part),
        })  # fmt: skip
        if room.id == here:
            mark = [x + w / 2, y + h / 2]
    width, height = (plan.height_cm, plan.width_cm) if turn else (plan.width_cm, plan.height_cm)
    return {
        "outline": [place(*corner) for corner in plan.outline], "rooms": drawn, "width": width, "height": height, "signs": signs,
        "label": plan.name, "here": mark,
    }  # fmt: skip


def joined_items(items: Sequence[str]) -> str:
    """`投影仪坏了` for one thing, a count for more; nothing where all works."""
    if not items:
        return ""
    return _("room_plan.fault", item=_(f"roomcare.item.{items[0]}")) if len(items) == 1 else _("room_plan.faults", n=len(items))
