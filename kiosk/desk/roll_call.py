"""The roll call at the desk: who is in the house, starting, the live board, taking ticks, closing, earlier ones (scenario Front desk 9).

DRILL stands over every state of a drill. Who may what, and how ticks merge, is the section's to say; the board is drawn anew when anything
in the house changed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from fastapi import Depends
from nicegui import APIRouter, ui
from nicegui.elements.mixins.text_element import TextElement
from pydantic import ValidationError

from core.foundation import clock, database, i18n, live
from core.foundation.live import Change
from core.mechanisms import people
from core.mechanisms.operations import Role
from core.sections import rollcall
from core.sections.rollcall import LineView, RollCallView, Someone, reading
from core.web import frame, icons, parts, static_files
from core.web.frame import _

router = APIRouter(dependencies=[Depends(frame.signed_in)])
KINDS = ("visit", "presence", "rollcall", "booking", "rollcall_paper", "door_presence")
KIND_ICON = {"staff": "person", "visitor": "people", "contractor": "repair", "group": "people", "other": "plus"}
REDRAW_S = 1.0


@router.page("/desk/roll-call")
def roll_call_page() -> None:
    with frame.desk("roll-call", _("rollcall.desk.title"), *rollcall.MARSHALS):
        ui.add_head_html(f'<link rel="stylesheet" href="{static_files.url("rollcall.css")}">')
        Board()


class Board:
    """One page, two faces: the house while nothing runs, the roll call while one does."""

    def __init__(self) -> None:
        self.client, self.filter, self.text = ui.context.client, "missing", ""
        self.place: UUID | None = None
        self.dirty, self.drill = False, False
        self.drawn: UUID | None = None
        self.clock: TextElement | None = None
        self.band, self.box = parts.box(), parts.box("stack")
        self.draw()
        for kind in KINDS:
            self.client.on_delete(live.subscribe(kind, self._changed))
        ui.timer(REDRAW_S, self._each_second)

    def _changed(self, _change: Change) -> None:
        self.dirty = True  # a house that empties changes many times a second: drawn once

    def _each_second(self) -> None:
        if self.dirty:
            self.dirty = False
            self.draw()
        elif self.clock is not None and not self.clock.is_deleted:
            self.clock.set_text(self._running_words())

    def draw(self) -> None:
        now, by = clock.now(), frame.actor()
        with database.reading() as s:
            running = rollcall.open_one(s)
            self.view = reading.view(s, running, now) if running else None
            house = [] if self.view else rollcall.everybody(s, now)
            past = rollcall.past(s)
            pin = rollcall.has_pin(s)
            self.points = reading.assembly_points(s)
        if self.view is not None and self.view.id == self.drawn and self.view.drill == self.drill:
            self._refresh()  # what somebody types in the search field stays
            return
        self.clock, self.drawn, self.drill = None, self.view.id if self.view else None, self.view.drill if self.view else False
        self.band.clear()
        self.box.clear()
        with self.band:
            if self.view is not None:
                draw_band(self.view.drill)
        with self.box:
            if self.view is not None:
                self._draw_running(self.view)
            else:
                self._draw_house(house, by.has(*rollcall.STARTERS))
                _draw_paper(pin, by.has(Role.ADMIN, Role.SAFETY), self.draw)
                _draw_past(past, self.draw)

    # ── nothing runs ──

    def _draw_house(self, house: list[Someone], may_start: bool) -> None:
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
                parts.button(_("rollcall.desk.badge"), self._badge_dialog, icon="key")
            parts.button(_("rollcall.desk.print"), icon="print", href="/api/v1/rollcalls/list.pdf", new_tab=True)
            if may_start:
                parts.button(_("rollcall.desk.start_drill"), partial(self._start_dialog, True))
                parts.button(_("rollcall.desk.start"), partial(self._start_dialog, False), kind="main", icon="bell")
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
                            with _row(one.name, one.kind, one.detail, one.host, one.where, one.number, one.headcount):
                                parts.text(_("rollcall.desk.since", time=_when(one.since)), "span", "quiet num")

    def _start_dialog(self, drill: bool) -> None:
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
                    self.filter = "missing"
                    self.draw()

            with parts.box("dialog__acts"):
                parts.button(_("web.cancel"), dialog.close)
                parts.button(_(key) if drill else _("rollcall.desk.start.real_now"), go, kind="main", icon="bell")
        dialog.open()

    def _badge_dialog(self) -> None:
        with database.reading() as s:
            names = {str(p.id): p.name for p in people.search(s, limit=2000)}
        with parts.sheet_dialog(_("rollcall.desk.badge")) as dialog:
            who = parts.select(_("rollcall.desk.badge.who"), names, search=True)

            async def say(way: rollcall.BadgeWay) -> None:
                if who.value and (await parts.do(rollcall.Badge(person_id=UUID(who.value), way=way))).ok:
                    dialog.close()
                    self.draw()

            with parts.box("dialog__acts"):
                parts.button(_("rollcall.desk.badge.do.break"), partial(say, rollcall.BadgeWay.BREAK))
                parts.button(_("rollcall.desk.badge.do.out"), partial(say, rollcall.BadgeWay.OUT))
                parts.button(_("rollcall.desk.badge.do.in"), partial(say, rollcall.BadgeWay.IN), kind="main")
        dialog.open()

    # ── one runs ──

    def _running_words(self) -> str:
        assert self.view is not None
        gone = max(timedelta(), clock.now() - self.view.started_at)
        minutes, seconds = divmod(int(gone.total_seconds()), 60)
        at = f"{clock.local(self.view.started_at):%H:%M}"
        return _("rollcall.desk.running", time=f"{minutes}:{seconds:02d}", at=at, who=self.view.started_by)

    def _draw_running(self, view: RollCallView) -> None:
        may_close = frame.actor().has(*rollcall.STARTERS)
        with parts.box("pagehead"):
            with parts.box("pagehead__words"):
                parts.text(view.note or _("rollcall.desk.title"), "h1")
                self.clock = parts.text(self._running_words(), "p", "second num")
            with parts.box("pagehead__acts"):
                parts.button(_("rollcall.desk.print"), icon="print", href="/api/v1/rollcalls/list.pdf", new_tab=True)
                if may_close and view.drill:
                    parts.button(_("rollcall.desk.turn_real"), self._turn_real)
                if may_close:
                    parts.button(_("rollcall.desk.close"), partial(self._close_dialog, view), kind="main", icon="check")
        self.figures, self.tools = parts.box(), parts.box("rollcall__tools")
        with parts.box("rollcall__search"):
            find = parts.input(_("rollcall.desk.find"), self.text, on_change=self._find, props="clearable debounce=200")
            find.mark("find")
            options_at = {"": _("rollcall.desk.where.none"), **{str(p.id): p.name for p in self.points}}
            parts.select(_("rollcall.desk.where"), options_at, str(self.place or ""), on_change=self._stand)
        self.list = parts.box()
        self._refresh()

    def _refresh(self) -> None:
        """What changes while people are being found: figures, chips with their counts, the list."""
        view = self.view
        assert view is not None
        for box in (self.figures, self.tools):
            box.clear()
        with self.figures:
            draw_figures(view)
        with self.tools:
            apart = sum(1 for line in view.lines if line.status != "inside" and not line.accounted)
            found = sum(1 for line in view.lines if line.accounted)
            missing = sum(1 for line in view.lines if line.status == "inside" and not line.accounted)
            options = [
                ("missing", _("rollcall.desk.filter.missing"), missing),
                ("apart", _("rollcall.desk.filter.apart"), apart),
                ("found", _("rollcall.desk.filter.found"), found),
                ("all", _("rollcall.desk.filter.all"), len(view.lines)),
            ]
            parts.chips(options, self.filter, self._choose)
            with parts.box("push row"):
                parts.button(_("rollcall.desk.add"), partial(self._add_dialog, view), icon="plus")
        self._draw_list()

    def _find(self, text: str | None) -> None:
        self.text = text or ""
        self._draw_list()

    def _stand(self, value: str) -> None:
        self.place = UUID(value) if value else None

    def _choose(self, key: str) -> None:
        self.filter = key
        self._draw_list()

    def _wanted(self, line: LineView) -> bool:
        words = f"{line.name} {line.detail} {line.host} {line.where} {line.number} {line.label}".lower()
        if self.text.strip() and self.text.strip().lower().replace("-", "") not in words:
            return False
        inside = line.status == "inside"
        return {
            "missing": inside and not line.accounted,
            "apart": not inside and not line.accounted,
            "found": line.accounted,
            "all": True,
        }[self.filter]

    def _draw_list(self) -> None:
        assert self.view is not None
        lines = [line for line in self.view.lines if self._wanted(line)]
        self.list.clear()
        with self.list:
            if not lines:
                if self.filter == "missing" and not self.text and self.view.missing == 0:
                    parts.empty(_("rollcall.desk.all_found"), _("rollcall.desk.all_found.say"))
                else:
                    parts.text(_("m.rollcall_nothing"), "p", "quiet")
                return
            with parts.rows("sheet list rollcall__list"):
                for line in lines:
                    self._draw_line(line)

    def _draw_line(self, line: LineView) -> None:
        with _row(line.name, line.kind, line.detail, line.host, line.where, line.number, line.headcount):
            if line.left_at is not None:
                parts.pill(_("rollcall.desk.left_at", time=_when(line.left_at)), "shut")
            elif line.arrived_since and line.since:
                parts.pill(_("rollcall.desk.arrived_since", time=_when(line.since)), "held")
            elif line.status != "inside" and not line.accounted:
                parts.pill(_(f"rollcall.status.{line.status}"), "soon")
            standing = [tick for tick in line.ticks if tick.stands]
            if standing or line.ticks:
                last = (standing or list(line.ticks))[-1]
                button = parts.box("rollcall__who", "button").props("type=button")
                with button:
                    if line.accounted:
                        icons.icon("check")
                    parts.text(
                        tick_words(last) if standing else _("rollcall.desk.undone", who=last.taken_back_by, time=_when(last.taken_back_at)),
                        "span",
                    )
                    if line.headcount > 1:
                        parts.text(_("rollcall.desk.part", found=line.found, n=line.headcount), "b")
                parts.on_tap(button, partial(self._history_dialog, line))
            if not line.accounted:
                parts.button(
                    _("rollcall.desk.see"), partial(self._tick, line), icon="check", label=f"{line.name}: {_('rollcall.desk.see')}"
                )

    async def _tick(self, line: LineView) -> None:
        assert self.view is not None
        if line.headcount > 1:
            self._heads_dialog(line)
            return
        await self._send_tick(line, None)

    async def _send_tick(self, line: LineView, headcount: int | None) -> None:
        assert self.view is not None
        do = rollcall.Tick(rollcall_id=self.view.id, subject_id=line.subject_id, place_id=self.place, headcount=headcount)
        outcome = await parts.do(do)
        if outcome.ok:
            parts.toast(
                _("rollcall.desk.ticked_toast", name=line.name),
                undo=partial(self._take_back, line.subject_id, [UUID(str(outcome.result["mark_id"]))]),
            )
            self.draw()

    def _heads_dialog(self, line: LineView) -> None:
        number = {"n": max(1, line.headcount - line.found)}
        with parts.sheet_dialog(_("m.rollcall_heads", name=line.name)) as dialog:
            parts.stepper(number["n"], lambda n: number.update(n=n), least=1, most=line.headcount)

            async def go() -> None:
                dialog.close()
                await self._send_tick(line, number["n"])

            with parts.box("dialog__acts"):
                parts.button(_("web.cancel"), dialog.close)
                parts.button(_("rollcall.desk.see"), go, kind="main", icon="check")
        dialog.open()

    async def _take_back(self, subject_id: UUID, marks: list[UUID]) -> None:
        assert self.view is not None
        if (await parts.do(rollcall.Untick(rollcall_id=self.view.id, subject_id=subject_id, marks=marks))).ok:
            self.draw()

    def _history_dialog(self, line: LineView) -> None:
        with parts.sheet_dialog(_("rollcall.desk.history", name=line.name)) as dialog:
            draw_ticks(line)
            standing = [tick.id for tick in line.ticks if tick.stands]

            async def back() -> None:
                dialog.close()
                await self._take_back(line.subject_id, standing)

            with parts.box("dialog__acts"):
                if standing:
                    parts.button(_("rollcall.desk.undo"), back, icon="return")
                parts.button(_("web.close"), dialog.close, kind="main")
        dialog.open()

    def _add_dialog(self, view: RollCallView) -> None:
        with parts.sheet_dialog(_("rollcall.desk.add")) as dialog:
            name = parts.input(_("rollcall.desk.add.name"), autofocus=True, props="maxlength=80")
            detail = parts.input(_("rollcall.desk.add.detail"), props="maxlength=200")

            async def go() -> None:
                try:
                    do = rollcall.AddSomeone(
                        rollcall_id=view.id, subject_id=uuid4(), name=name.value or "", detail=detail.value or "", place_id=self.place
                    )
                except ValidationError:
                    parts.refuse(name, _("m.rollcall_add_first"))
                    return
                if (await parts.do(do)).ok:
                    dialog.close()
                    self.draw()

            with parts.box("dialog__acts"):
                parts.button(_("web.cancel"), dialog.close)
                parts.button(_("rollcall.desk.add.do"), go, kind="main", icon="check")
        dialog.open()

    async def _turn_real(self) -> None:
        sure = await parts.confirm(
            _("rollcall.desk.turn_real.ask"),
            _("rollcall.desk.turn_real.say"),
            act=_("rollcall.desk.turn_real.do"),
            stay=_("rollcall.desk.turn_real.keep"),
        )
        if sure and (await parts.do(rollcall.Start(drill=False))).ok:
            self.draw()

    def _close_dialog(self, view: RollCallView) -> None:
        with database.reading() as s:
            owing = reading.phones_owing(s)
        say = _("rollcall.desk.close.missing", n=view.missing) if view.missing else _("rollcall.desk.close.all")
        with parts.sheet_dialog(_("rollcall.desk.close"), say) as dialog:
            if owing:
                parts.banner(_("rollcall.desk.close.phones", n=owing), "due")
            note = parts.input(_("rollcall.desk.close.note"), autofocus=True, props="maxlength=200")

            async def go() -> None:
                if view.missing and not (note.value or "").strip():
                    parts.refuse(note, _("rollcall.say_why", n=view.missing))
                    return
                if (await parts.do(rollcall.Close(rollcall_id=view.id, note=note.value or ""))).ok:
                    dialog.close()
                    self.draw()

            with parts.box("dialog__acts"):
                parts.button(_("web.cancel"), dialog.close)
                parts.button(_("rollcall.desk.close.do"), go, kind="main", icon="check")
        dialog.open()


# ── pieces ──


def draw_band(drill: bool) -> None:
    """What this is, over everything: nobody may take a drill for real, nor the other way round."""
    with parts.box(f"rollcall__band rollcall__band--{'drill' if drill else 'real'}").props("role=status"):
        icons.icon("bell")
        parts.text(_("rollcall.desk.drill_band" if drill else "rollcall.desk.real_band"), "strong")


def draw_figures(view: RollCallView) -> None:
    """The one number that matters, and how it comes about."""
    with parts.box("rollcall__figures"):
        for name in ("missing", "accounted", "on_break", "assumed_left"):
            number = getattr(view, name)
            tone = " rollcall__figure--bad" if name == "missing" and number else " rollcall__figure--good" if name == "missing" else ""
            with parts.box(f"rollcall__figure rollcall__figure--{name}{tone}").props(f"data-figure={name}"):
                parts.text(number, "b", "num")
                parts.text(_(f"rollcall.sum.{name}"), "span")
        with parts.box("rollcall__bar"):
            share = 0 if view.expected == 0 else round(100 * view.accounted / view.expected)
            ui.element("progress").props(f'value={share} max=100 aria-label="{_("rollcall.sum.accounted")}"')
            words = _("rollcall.desk.marshals", n=len(view.marshals)) if view.marshals else _("rollcall.desk.marshals.none")
            parts.text(
                "：".join([words, "、".join(view.marshals)])
                if view.marshals and frame.lang() != "en"
                else ": ".join(filter(None, [words, ", ".join(view.marshals)])),
                "p",
                "quiet",
            )


def _row(name: str, kind: str, detail: str, host: str, where: str, number: str, headcount: int) -> Any:
    title = name if headcount == 1 else _("rollcall.heads", name=name, n=headcount)
    meta = parts.joined(_(f"rollcall.kind.{kind}"), detail, host, where, number)
    return parts.item(title, meta, icon=KIND_ICON.get(kind, "person"))


def tick_words(tick: reading.TickView) -> str:
    """Who, when, where."""
    key = "rollcall.desk.ticked_at" if tick.place else "rollcall.desk.ticked"
    return _(key, who=tick.by, time=_when(tick.at), place=tick.place)


def draw_ticks(line: LineView) -> None:
    """Every tick of somebody, the taken back ones struck out."""
    with parts.rows("list"):
        for tick in line.ticks:
            meta = "" if tick.stands else _("rollcall.desk.undone", who=tick.taken_back_by, time=_when(tick.taken_back_at))
            with parts.item(
                tick_words(tick), meta, icon="check" if tick.stands else "return", tone="free" if tick.stands else "shut"
            ) as row:
                row.classes("" if tick.stands else "rollcall__gone")
                if line.headcount > 1:
                    parts.text(f"× {tick.headcount}", "span", "num")


def _draw_paper(pin: bool, may: bool, redraw: Callable[[], None]) -> None:
    with parts.box("stack rollcall__group"):
        parts.text(_("rollcall.desk.pin"), "h2")
        with parts.box("row rollcall__pin"):
            parts.text(_("rollcall.desk.pin.set" if pin else "rollcall.desk.pin.none"), "p", "quiet")
            if may:
                parts.button(_("rollcall.desk.pin.change" if pin else "rollcall.desk.pin.choose"), partial(_pin_dialog, redraw), icon="key")


def _pin_dialog(redraw: Callable[[], None]) -> None:
    with parts.sheet_dialog(_("rollcall.desk.pin"), _("rollcall.desk.pin.set")) as dialog:
        pin = parts.input(
            _("rollcall.desk.pin.field"), password=True, autofocus=True, props="maxlength=12 inputmode=numeric autocomplete=new-password"
        )

        async def save() -> None:
            text = pin.value or ""
            if not (text.isascii() and text.isdigit() and 6 <= len(text) <= 12):
                parts.refuse(pin, _("rollcall.desk.pin.wrong"))
                return
            if (await parts.do(rollcall.SetPin(pin=text), done=_("rollcall.desk.pin.done"))).ok:
                dialog.close()
                redraw()

        with parts.box("dialog__acts"):
            parts.button(_("web.cancel"), dialog.close)
            parts.button(_("rollcall.desk.pin.choose"), save, kind="main")
    dialog.open()


def _draw_past(past: list[reading.RollCallRow], redraw: Callable[[], None]) -> None:
    with parts.box("stack rollcall__group"):
        parts.text(_("rollcall.desk.past"), "h2")
        if not past:
            parts.text(_("rollcall.desk.past.none"), "p", "quiet")
            return
        late = {}
        with database.reading() as s:
            late = {row.id: reading.late_marks(s, row.id) for row in past[:5]}
        with parts.rows("sheet list"):
            for row in past:
                _draw_past_row(row, late.get(row.id, 0), redraw)


def _draw_past_row(row: reading.RollCallRow, late: int, redraw: Callable[[], None]) -> None:
    span = i18n.duration(timedelta(minutes=row.minutes or 0), frame.lang())
    key = "rollcall.desk.past.row" if row.missing else "rollcall.desk.past.all"
    meta = parts.joined(_(key, span=span, missing=row.missing or 0, n=row.expected or 0), row.started_by, row.note)
    title = i18n.day_and_time(row.started_at, clock.zone(), frame.lang())

    async def again() -> None:
        if (await parts.do(rollcall.SealAgain(rollcall_id=row.id))).ok:
            redraw()

    with parts.item(title, meta, icon="list"):
        parts.pill(_("rollcall.drill" if row.drill else "rollcall.real"), "held" if row.drill else "busy", icon="bell")
        if late:
            parts.pill(_("rollcall.desk.late", n=late), "soon")
            parts.button(_("rollcall.desk.seal_again"), again)
        parts.button("PDF", href=f"/api/v1/rollcalls/{row.id}/report.pdf", new_tab=True, icon="print", label=f"PDF {title}")
        parts.button("XLSX", href=f"/api/v1/rollcalls/{row.id}/report.xlsx", label=f"XLSX {title}")


def _when(moment: Any) -> str:
    if moment is None:
        return ""
    local = clock.local(moment)
    return f"{local:%H:%M}" if local.date() == clock.today() else i18n.day_and_time(moment, clock.zone(), frame.lang())
