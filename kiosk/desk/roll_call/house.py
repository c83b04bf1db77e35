"""The house while no roll call runs: who is in it, starting one, noting a colleague who came or went without a badge."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import UUID

from core.foundation import clock, database
from core.mechanisms import people
from core.mechanisms.operations import Role
from core.sections import rollcall
from core.sections.rollcall import Someone
from core.web import frame, parts
from core.web.frame import _
from kiosk.desk.roll_call import pieces


def draw_house(house: list[Someone], may_start: bool, redraw: Callable[[], None]) -> None:
    def heads(*statuses: str, kinds: tuple[str, ...] = ()) -> int:
        return sum(one.headcount for one in house if one.status in statuses and (not kinds or one.kind in kinds))

    staff, inside = heads("inside", kinds=("staff",)), heads("inside")
    sub = _(
        "rollcall.desk.house.sub",
        time=f"{clock.local(clock.now()):%H:%M}",
        staff=staff,
        guests=inside - staff,
        away=heads("break"),
        assumed=heads("assumed_left"),
    )
    with parts.head(_("rollcall.desk.house", n=inside), sub):
        if frame.actor().has(Role.ADMIN, Role.RECEPTION):
            parts.button(_("rollcall.desk.badge"), partial(_badge_dialog, redraw), icon="key")
        parts.button(_("rollcall.desk.print"), icon="print", href="/api/v1/rollcalls/list.pdf", new_tab=True)
        if may_start:
            parts.button(_("rollcall.desk.start_drill"), partial(_start_dialog, True, redraw))
            parts.button(_("rollcall.desk.start"), partial(_start_dialog, False, redraw), kind="main", icon="bell")
    if not house:
        parts.empty(_("rollcall.desk.nobody"), _("rollcall.desk.nobody.say"))
        return
    for status in ("inside", "break", "assumed_left"):
        mine = [one for one in house if one.status == status]
        if mine:
            with parts.box("stack rollcall__group"):
                if status != "inside":
                    parts.text(_("rollcall.paper.group", title=_(f"rollcall.group.{status}"), n=heads(status)), "h2")
                with parts.rows("sheet list rollcall__list"):
                    for one in mine:
                        with pieces.row(one.name, one.kind, one.detail, one.host, one.where, one.number, one.headcount):
                            parts.text(_("rollcall.desk.since", time=pieces.when(one.since)), "span", "quiet num")


def _start_dialog(drill: bool, redraw: Callable[[], None]) -> None:
    with database.reading() as s:
        names = {str(p.id): p.name for p in people.search(s, limit=2000)}
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
    with database.reading() as s:
        names = {str(p.id): p.name for p in people.search(s, limit=2000)}
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
