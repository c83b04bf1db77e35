"""The roll call at the desk: who is in the house, starting, the live board, taking ticks, closing, earlier ones (scenario Front desk 9).

DRILL stands over every state of a drill. Who may what, and how ticks merge, is the section's to say; the board is drawn anew when anything
in the house changed.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

from fastapi import Depends
from nicegui import APIRouter, ui
from nicegui.elements.mixins.text_element import TextElement
from pydantic import ValidationError

from core.foundation import clock, database, live
from core.foundation.live import Change
from core.mechanisms.operations import Role
from core.sections import rollcall
from core.sections.rollcall import LineView, RollCallView, reading
from core.web import frame, icons, parts, static_files
from core.web.frame import _
from kiosk.desk.roll_call import pieces
from kiosk.desk.roll_call.house import House
from kiosk.desk.roll_call.past import draw_paper, draw_past

router = APIRouter(dependencies=[Depends(frame.signed_in)])
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
        self.house: House | None = None
        self.beside: object = None  # what stands under the house, as it was drawn
        self.band, self.box = parts.box(), parts.box("stack")
        self.draw()
        for kind in rollcall.KINDS:
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
        if self.view is None and self.house is not None and self.beside == (pin, past):
            self.house.refresh(house)
            return
        self.house, self.beside = None, (pin, past)
        self.clock, self.drawn, self.drill = None, self.view.id if self.view else None, self.view.drill if self.view else False
        self.band.clear()
        self.box.clear()
        with self.band:
            if self.view is not None:
                pieces.draw_band(self.view.drill)
        with self.box:
            if self.view is not None:
                self._draw_running(self.view)
            else:
                self.house = House(house, by.has(*rollcall.STARTERS), self._begin)
                draw_paper(pin, by.has(Role.ADMIN, Role.SAFETY), self.draw)
                draw_past(past, self.draw)

    def _begin(self) -> None:
        self.filter = "missing"
        self.draw()

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
            pieces.draw_figures(view)
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
        if not pieces.found_by(self.text, line.name, line.detail, line.host, line.where, line.number, line.label):
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
        with pieces.row(line.name, line.kind, line.detail, line.host, line.where, line.number, line.headcount):
            if line.left_at is not None:
                parts.pill(_("rollcall.desk.left_at", time=pieces.when(line.left_at)), "shut")
            elif line.arrived_since and line.since:
                parts.pill(_("rollcall.desk.arrived_since", time=pieces.when(line.since)), "held")
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
                        pieces.tick_words(last)
                        if standing
                        else _("rollcall.desk.undone", who=last.taken_back_by, time=pieces.when(last.taken_back_at)),
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
            pieces.draw_ticks(line)
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
