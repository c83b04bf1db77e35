"""The desk's first page: what waits for me and the next one, the rooms now, who is in the house (look.md §5; desk-today.png; scenario Office 7)."""

from __future__ import annotations

from datetime import datetime, timedelta

from fastapi import Depends
from nicegui import APIRouter, ui

from core.foundation import clock, database, i18n
from core.web import anew, frame, icons, parts
from core.web.frame import _
from kiosk.desk import board, desk_counts, first_steps
from kiosk.desk.board import Board, House, RoomLine, Task

router = APIRouter(dependencies=[Depends(frame.signed_in)])
SHOWN_TASKS, SHOWN_ROOMS, SHOWN_GUESTS = 12, 10, 6
SETTLE_S = 0.5


@router.page("/desk")
def today_page() -> None:
    with frame.desk("today", _("nav.today")):
        TodayPage()


class TodayPage:
    """The board; drawn anew when something it shows changed, at most twice a second, and each minute because times pass."""

    def __init__(self) -> None:
        self.client = ui.context.client
        self.all_tasks = self.all_done = False
        self.box = parts.box()
        self.draw()
        anew.when_changed(
            "visit", "delivery", "booking", "room", "duty", "approval", "notice", "stocktake", "device", draw=self.draw, settle_s=SETTLE_S
        )
        ui.timer(60, self.draw, immediate=False)

    def draw(self) -> None:
        """Read and draw everything."""
        at = clock.now()
        by = frame.actor()
        with database.reading() as s:
            shown = board.board(s, by, at)
            self.steps = first_steps.done_steps(s, by)
        self.box.clear()
        with self.box:
            self._draw_head(shown, at)
            with parts.box("two today"):
                with parts.box("grow", "section"):
                    first_steps.draw(self.steps, titled=bool(shown.tasks))
                    if shown.tasks or not self.steps:
                        self._draw_tasks(shown, at)
                    self._draw_done(shown)
                with parts.box("stack", "section"):
                    _draw_rooms(shown)
                    if shown.house is not None:
                        _draw_house(shown.house, at)

    def _draw_head(self, shown: Board, at: datetime) -> None:
        count = len(shown.tasks)
        day = i18n.long_day(clock.today(at), frame.lang())
        sub = _("today.late", day=day, n=shown.late) if shown.late else day
        nothing = _("first_steps.head") if self.steps else _("today.nothing")
        with parts.head(_("today.waiting", n=count) if count else nothing, sub):
            for words, icon, href in desk_counts.quick_acts(frame.actor()):
                parts.button(_(words), icon=icon, href=href)

    def _draw_tasks(self, shown: Board, at: datetime) -> None:
        if not shown.tasks:
            with parts.box("sheet"):
                parts.empty(_("today.nothing"), _("today.nothing_hint"))
            return
        tasks = shown.tasks if self.all_tasks else shown.tasks[:SHOWN_TASKS]
        with parts.rows():
            for index, task in enumerate(tasks):
                _draw_task(task, at, first=index == 0 and not self.steps)
        if len(tasks) < len(shown.tasks):
            parts.button(_("today.all", n=len(shown.tasks)), self._show_all, kind="quiet")

    def _show_all(self) -> None:
        self.all_tasks = True
        self.draw()

    def _draw_done(self, shown: Board) -> None:
        if not shown.done:
            return
        with parts.box("row today__done"):
            parts.text(_("today.done", n=shown.done_count), "h2")
        with parts.box("second", "ul"):
            for one in shown.done:
                with parts.box("row today__doneline", "li"):
                    icons.icon("check", "linked")
                    parts.text(i18n.clock_time(one.at, clock.zone()), "span", "num")
                    parts.text(_("today.done_line", what=_(one.words), about=one.about) if one.about else _(one.words), "span", "cut")


# ── tasks ──


def _draw_task(task: Task, at: datetime, *, first: bool) -> None:
    with parts.box("item", "li"):
        with parts.box("when" + (" when--late" if task.late else "")):
            top, below = _when(task, at)
            parts.text(top, "b")
            parts.text(below, "span")
        with parts.box("item__body"):
            with parts.box("item__title"):
                parts.text(_(task.title, **task.facts) + " ", "span")
                if task.pill:
                    parts.pill(_(task.pill[0]), task.pill[1])  # type: ignore[arg-type]  # the board names tones only
            parts.text(_(task.meta, **task.facts), classes="item__meta")
        if task.href:
            parts.button(_(task.act), href=task.href, kind="main" if first else "plain").classes("item__act")


def _when(task: Task, at: datetime) -> tuple[str, str]:
    """The large word and the small one: `10:30` / `6 分钟后`, or `1 天` / `已超时限`."""
    if task.due is not None:
        local = clock.local(task.due)
        if local.date() != clock.today(at):
            return i18n.short_day(local.date(), frame.lang()), f"{local:%H:%M}"
        ago = at - task.due
        span = i18n.duration(abs(ago), frame.lang())
        key = "today.now" if abs(ago) < timedelta(minutes=1) else "today.ago" if ago > timedelta() else "today.in"
        return f"{local:%H:%M}", _(key, span=span)
    if task.late:
        return _("today.days", n=task.late_days), _("today.overdue")
    return _(task.day_word), _("today.by_evening")


# ── rooms ──


def _draw_rooms(shown: Board) -> None:
    if not shown.rooms:
        return
    with parts.box("row"):
        parts.text(_("today.rooms"), "h2")
        parts.text(_("today.hours", first=board.FIRST_HOUR, last=board.LAST_HOUR), "span", "push quiet small")
    with parts.box():
        for room in shown.rooms[:SHOWN_ROOMS]:
            _draw_room(room, shown.now)
    if len(shown.rooms) > SHOWN_ROOMS:
        parts.text(_("today.more_rooms", n=len(shown.rooms) - SHOWN_ROOMS), "a").props('href="/desk/bookings"')


def _draw_room(room: RoomLine, now: float) -> None:
    until = i18n.clock_time(room.until, clock.zone()) if room.until else ""
    with parts.box("roomline", "a").props(f'href="/desk/bookings?room={room.id}" aria-label="{_room_words(room, until)}"'):
        parts.text(room.name, "span", "cut")
        parts.pill(_(f"door.word.{room.state}"), room.state, icon=room.state)  # type: ignore[arg-type]  # the six states are tones
        with parts.box("line", "span"):
            for start, end, state in room.blocks:
                classes = {"busy": "cur", "held": "hold"}.get(state, "")
                ui.element("i").classes(classes).style(f"left:{start:.1%};width:{end - start:.1%}")
            ui.element("em").style(f"left:{now:.1%}")


def _room_words(room: RoomLine, until: str) -> str:
    words = f"{room.name}: {_(f'door.word.{room.state}')}"
    return (f"{words}, {until}" if until else words).replace('"', "'")


# ── who is in the house ──


def _draw_house(house: House, at: datetime) -> None:
    with parts.box("row today__house"):
        parts.text(_("today.inside", n=house.people_in), "h2")
        with parts.box("push"):
            parts.button(_("today.roll_call"), href="/desk/roll-call", icon="people")
    if house.arrivals or any(house.usual_by_hour):
        parts.text(
            _(
                "today.arrivals",
                n=house.arrivals,
                weekday=i18n.long_day(clock.today(at), frame.lang()).split(" ")[-1 if frame.lang() != "en" else 0],
            ),
            "p",
            "quiet small",
        )
        _draw_chart(house, clock.local(at).hour)
    with parts.box("list", "ul"):
        for guest in house.guests[:SHOWN_GUESTS]:
            with parts.box("row today__guest", "li"):
                parts.text(guest.number, "span", "num quiet")
                with parts.box("grow cut", "span"):
                    parts.text(guest.name, "span")
                    parts.text(_("today.visits", host=guest.host, department=guest.department), "span", "quiet today__host")
                parts.text(_("today.since", time=i18n.clock_time(guest.since, clock.zone())), "span", "quiet num")
    if len(house.guests) > SHOWN_GUESTS:
        parts.text(_("today.all_guests", n=len(house.guests)), "a").props('href="/desk/visits?chip=inside"')


def _draw_chart(house: House, hour: int) -> None:
    """Bars of today (dark, the present hour in the accent) over the usual ones (light), numbers on the bars, one baseline."""
    most = max([1.0, *house.by_hour, *house.usual_by_hour])
    with parts.box("bars").props(f'role=img aria-label="{_("today.chart")}"'):
        for index, (count, usual) in enumerate(zip(house.by_hour, house.usual_by_hour, strict=True)):
            this = board.FIRST_HOUR + index
            with parts.box("bars__hour" + (" bars__hour--now" if this == hour else "")):
                parts.text(count or "", "b")
                with parts.box("bars__stack"):
                    ui.element("i").style(f"height:{usual / most:.0%}")
                    ui.element("em").style(f"height:{count / most:.0%}")
                parts.text(this, "span")
