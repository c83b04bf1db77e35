"""The house while no roll call runs: who is in it, starting one, noting a colleague who came or went without a badge."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import UUID

from core.foundation import clock
from core.mechanisms.operations import Role
from core.sections import rollcall
from core.sections.rollcall import Someone
from core.web import frame, parts
from core.web.frame import _
from kiosk.desk import piles
from kiosk.desk.roll_call import pieces

GUESTS = ("visitor", "group", "other")
FILTERS: dict[str, tuple[str, ...]] = {"all": (), "staff": ("staff",), "guests": GUESTS, "contractors": ("contractor",)}


class House:
    """Who is in it, with a field to find one of them and a chip for each kind; what is typed stays while people come and go."""

    def __init__(self, house: list[Someone], may_start: bool, redraw: Callable[[], None]) -> None:
        self.house, self.may_start, self.redraw = house, may_start, redraw
        self.filter, self.text = "all", ""
        self.head, self.tools = parts.box(), parts.box("rollcall__tools")
        with parts.box("rollcall__search rollcall__search--one") as self.search:
            parts.input(_("rollcall.desk.find"), on_change=self._find, props="clearable debounce=200")
        self.list = parts.box()
        self.refresh(house)

    def refresh(self, house: list[Someone]) -> None:
        self.house = house
        self.head.clear()
        with self.head:
            self._draw_head()
        self.search.set_visibility(bool(house))
        self._draw_tools()
        self._draw_list()

    def _heads(self, *statuses: str, kinds: tuple[str, ...] = ()) -> int:
        return sum(one.headcount for one in self.house if one.status in statuses and (not kinds or one.kind in kinds))

    def _draw_head(self) -> None:
        counts = {
            name: self._heads("inside", kinds=kinds) for name, kinds in (("staff", ("staff",)), ("guests", GUESTS), ("contractors", ("contractor",)))
        }  # fmt: skip
        apart = {"away": self._heads("break"), "assumed": self._heads("assumed_left")}
        at = f"{clock.local(clock.now()):%H:%M}"
        with parts.head(_("rollcall.desk.house", n=self._heads("inside")), _("rollcall.desk.house.sub", time=at, **counts, **apart)):
            if frame.actor().has(Role.ADMIN, Role.RECEPTION):
                parts.button(_("rollcall.desk.badge"), partial(_badge_dialog, self.redraw), icon="key")
            parts.button(_("rollcall.desk.print"), icon="print", href="/api/v1/rollcalls/list.pdf", new_tab=True)
            if self.may_start:
                parts.button(_("rollcall.desk.start_drill"), partial(_start_dialog, True, self.redraw))
                parts.button(_("rollcall.desk.start"), partial(_start_dialog, False, self.redraw), kind="main", icon="bell")

    def _draw_tools(self) -> None:
        self.tools.clear()
        if not self.house:
            return
        with self.tools:
            options = [(key, _(f"rollcall.desk.kind.{key}"), self._heads("inside", kinds=kinds)) for key, kinds in FILTERS.items()]
            parts.chips(options, self.filter, self._choose)

    def _find(self, text: str | None) -> None:
        self.text = text or ""
        self._draw_list()

    def _choose(self, key: str) -> None:
        self.filter = key
        self._draw_list()

    def _wanted(self, one: Someone) -> bool:
        kinds = FILTERS[self.filter]
        return (not kinds or one.kind in kinds) and pieces.found_by(
            self.text, one.name, one.detail, one.host, one.where, one.number, one.label
        )

    def _draw_list(self) -> None:
        self.list.clear()
        with self.list:
            if not self.house:
                parts.empty(_("rollcall.desk.nobody"), _("rollcall.desk.nobody.say"))
                return
            wanted = [one for one in self.house if self._wanted(one)]
            if not wanted:
                parts.text(_("rollcall.desk.find_none"), "p", "quiet")
            for status in ("inside", "break", "assumed_left"):
                mine = [one for one in wanted if one.status == status]
                if mine:
                    _draw_group(status, mine)


def _draw_group(status: str, mine: list[Someone]) -> None:
    with parts.box("stack rollcall__group" if status != "inside" else "stack"):
        if status != "inside":
            n = sum(one.headcount for one in mine)
            parts.text(_("rollcall.paper.group", title=_(f"rollcall.group.{status}"), n=n), "h2")
        with parts.rows("sheet list rollcall__list"):
            for one in mine:
                with pieces.row(one.name, one.kind, one.detail, one.host, one.where, one.number, one.headcount):
                    parts.text(_("rollcall.desk.since", time=pieces.when(one.since)), "span", "quiet num")


def _start_dialog(drill: bool, redraw: Callable[[], None]) -> None:
    names = piles.everyone()
    key = "rollcall.desk.start_drill" if drill else "rollcall.desk.start"
    with parts.sheet_dialog(_(key), _("rollcall.desk.start.say")) as dialog:
        note = parts.input(_("rollcall.desk.start.note"), autofocus=True, props="maxlength=200")
        marshals = parts.select(_("rollcall.desk.start.marshals"), names, [], multiple=True, search=True)

        async def go() -> None:
            do = rollcall.Start(drill=drill, note=note.value or "", marshals=[UUID(id) for id in marshals.value or []])
            if (await parts.do(do)).ok:
                dialog.close()
                redraw()

        with parts.box("dialog__acts"):
            parts.button(_("web.cancel"), dialog.close)
            parts.button(_(key) if drill else _("rollcall.desk.start.real_now"), go, kind="main", icon="bell")
    dialog.open()


def _badge_dialog(redraw: Callable[[], None]) -> None:
    names = piles.everyone()
    with parts.sheet_dialog(_("rollcall.desk.badge")) as dialog:
        who = parts.select(_("rollcall.desk.badge.who"), names, search=True)

        async def say(way: rollcall.BadgeWay) -> None:
            if who.value and (await parts.do(rollcall.Badge(person_id=UUID(who.value), way=way))).ok:
                dialog.close()
                redraw()

        with parts.box("dialog__acts"):
            parts.button(_("rollcall.desk.badge.do.break"), partial(say, rollcall.BadgeWay.BREAK))
            parts.button(_("rollcall.desk.badge.do.out"), partial(say, rollcall.BadgeWay.OUT))
            parts.button(_("rollcall.desk.badge.do.in"), partial(say, rollcall.BadgeWay.IN), kind="main")
    dialog.open()
