"""Series at the desk: the register, and one series with all its dates (guide S1.3-R1, R2; scenarios Front desk 5 and 6).

`/desk/series` lists, `/desk/series/new` makes one (`series_new`), `/desk/series/{id}` shows every date, skips, changes what is to come, and
asks the owner's question after no-shows."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from fastapi import Depends
from nicegui import APIRouter, ui

from core.foundation import clock, database, i18n, live
from core.foundation.live import Change
from core.mechanisms.operations import Operation
from core.sections import rooms
from core.sections.bookings import series
from core.sections.bookings.series import DateView, SeriesCard, SeriesView
from core.web import frame, parts, static_files
from core.web.frame import _
from kiosk.desk.attendees import draw_attendees
from kiosk.desk.registers import Chip, Column, Register, RegisterPage

router = APIRouter(dependencies=[Depends(frame.signed_in)])
TONES: dict[str, parts.Tone] = {
    "confirmed": "free", "pending": "soon", "offered": "soon", "held": "held", "in_use": "busy", "ended": "lost", "cancelled": "shut", "released": "shut",
    "refused": "shut", "lapsed": "shut", "displaced": "shut", "skipped": "shut", "active": "free",
}  # fmt: skip
ROWS_AT_FIRST = 60
LENGTHS = (15, 30, 45, 60, 90, 120, 180, 240, 480)


@router.page("/desk/series")
def series_page() -> None:
    with frame.desk("series", _("nav.series")):
        RegisterPage(REGISTER)


@router.page("/desk/series/{series_id}")
def one_page(series_id: UUID) -> None:
    with frame.desk("series", _("nav.series")):
        styles()
        SeriesPage(series_id)


def styles() -> None:
    for name in ("things.css", "series.css"):
        ui.add_head_html(f'<link rel="stylesheet" href="{static_files.url(name)}">')


# ── words of a date, shared with the form ──


def day_cells(day: date, works: bool, name: str, provisional: bool, *, own: str = "") -> None:
    """Weekday and day, and what the calendar says of it."""
    with parts.box("dates__day", "td"):
        parts.text(i18n.long_day(day, frame.lang()), "b")
        if not works and name:
            parts.text(name, "span", "dates__mark")
        elif not works:
            parts.text(_("series.day_off"), "span", "dates__mark")
        elif day.weekday() > 4:
            parts.text(_("series.make_up"), "span", "dates__mark dates__mark--work")
        elif provisional:
            parts.text(_("series.provisional"), "span", "dates__mark").props(f'title="{_("series.provisional_hint", year=day.year)}"')
        if own:
            parts.text(own, "span", "dates__mark dates__mark--own")


def wall_span(starts: datetime, ends: datetime) -> str:
    """`10:00–11:00`, with the day of the end where it is another."""
    days = (ends.date() - starts.date()).days
    return f"{starts:%H:%M}–{ends:%H:%M}" + (f" +{days}" if days else "")


def refusal_words(code: str, facts: dict[str, Any]) -> str:
    return _(code, **i18n.as_mapping(facts, frame.lang(), clock.zone()))


def month_row(day: date, columns: int) -> None:
    words = f"{day.year}年{day.month}月" if frame.lang() != "en" else f"{day:%B %Y}"
    with parts.box("month", "tr"), parts.box("", "td").props(f"colspan={columns}"):
        parts.text(words, "span")


def room_choices() -> dict[str, str]:
    with database.reading() as s:
        found = rooms.everything(s, clock.now())
    return {str(room.id): _("bookings.room_line", room=room.name, n=room.capacity) for room in found if room.bookable}


# ── one series ──


class SeriesPage:
    """What it is, its dates in order, and what may be done; redrawn when its bookings change."""

    def __init__(self, series_id: UUID) -> None:
        self.id = series_id
        self.all_rows = False
        self.box = parts.box("series")
        self.draw()
        ui.context.client.on_delete(live.subscribe("series", self._changed))
        ui.context.client.on_delete(live.subscribe("booking", self._changed))

    def _changed(self, change: Change) -> None:
        mine = change.kind == "series" and change.id == str(self.id)
        if (mine or change.id in self.bookings) and not self.box.client.is_deleted:
            with self.box:
                self.draw()

    def draw(self) -> None:
        by, at = frame.actor(), clock.now()
        with database.reading() as s:
            card = series.card(s, self.id, by, at)
        self.bookings = {str(view.booking_id) for view in card.dates} if card else set()
        self.box.clear()
        with self.box:
            if card is None:
                parts.empty(_("series.not_found"))
                return
            self._head(card.series)
            if card.series.asked:
                self._ask(card.series)
            with parts.box("seriescard"):
                with parts.box("sheet scroll-x"):
                    self._dates(card)
                with parts.box("seriescard__side"):
                    self._facts(card.series)
                    with parts.box("sheet"):
                        draw_attendees(self.draw, series_id=self.id, may=card.series.may_change, live=bool(card.series.left))

    def _head(self, shown: SeriesView) -> None:
        tone = TONES.get(shown.state, "lost")
        with parts.head(shown.title or shown.room, series.rule_words(shown, frame.lang())):
            parts.pill(_(f"series.state.{shown.state}"), tone)
            if shown.may_change and shown.left:
                parts.button(_("series.change"), partial(self._change_dialog, shown), icon="pen")
                parts.button(_("series.stop_all"), partial(self._ask_cancel, shown, None), kind="stop")

    def _ask(self, shown: SeriesView) -> None:
        with parts.banner(_("series.strikes_ask", n=shown.no_shows), "due"):
            if shown.may_change:
                parts.button(_("series.keep"), partial(self._do, series.AnswerStrikes(series_id=self.id, keep=True), _("series.kept")))
                parts.button(_("series.let_go"), partial(self._ask_let_go, shown), kind="stop")

    def _dates(self, card: SeriesCard) -> None:
        shown = card.dates if self.all_rows else card.dates[:ROWS_AT_FIRST]
        with parts.box("dates", "table"):
            with parts.box("", "thead"), parts.box("", "tr"):
                for key in ("series.col.n", "series.col.day", "series.col.time", "series.col.room", "series.col.state", "series.col.act"):
                    parts.text(_(key) if key != "series.col.n" else "", "th")
            with parts.box("", "tbody"):
                month = None
                for n, view in enumerate(shown, 1):
                    if month != (view.day.year, view.day.month):
                        month = (view.day.year, view.day.month)
                        month_row(view.day, 6)
                    self._date(n, view, card.series)
        if len(shown) < len(card.dates):
            with parts.box("dates__more"):
                parts.button(_("series.show_all", n=len(card.dates)), self._show_all, kind="quiet")

    def _date(self, n: int, view: DateView, shown: SeriesView) -> None:
        off = view.state in ("skipped", "cancelled", "refused", "lapsed")
        starts, ends = datetime.fromisoformat(view.starts_wall), datetime.fromisoformat(view.ends_wall)
        with parts.box("off" if off else "", "tr").props(f'data-original="{view.original}"'):
            parts.text(n, "td", "dates__n")
            day_cells(view.day, view.works, view.day_name, view.provisional, own=_("series.own_time") if view.changed_time else "")
            parts.text(wall_span(starts, ends), "td", "dates__time")
            with parts.box("", "td"):
                parts.text(view.room, "span")
                if view.changed_room:
                    parts.text(_("series.own_room"), "span", "dates__mark dates__mark--own")
            with parts.box("", "td"):
                word = _("series.state.skipped") if view.state == "skipped" else _(f"booking.state.{view.state}")
                parts.pill(word, TONES.get(view.state, "lost"))
                if view.reason:
                    parts.text(_missed_words(view.reason), "small")
            with parts.box("nowrap", "td"):
                if shown.may_change and not view.over:
                    parts.button(_("series.skip"), partial(self._skip, view), kind="quiet", label=_("series.skip_day", day=_day(view)))
                    parts.button(_("series.from_here"), partial(self._change_dialog, shown, view), kind="quiet")

    def _facts(self, shown: SeriesView) -> None:
        with parts.box("sheet"):
            parts.text(_("series.about"), "h2")
            parts.facts((
                (_("series.column.room"), shown.room), (_("series.column.host"), shown.host), (_("series.column.department"), shown.department),
                (_("series.column.next_at"), i18n.day_and_time(shown.next_at, clock.zone(), frame.lang()) if shown.next_at else ""),
                (_("series.column.left"), _("series.n_dates", n=shown.left)), (_("series.zone"), shown.zone if shown.zone != str(clock.zone()) else ""),
                (_("series.column.no_shows"), shown.no_shows or ""), (_("series.ends"), _("series.never_ends") if shown.open_ended else ""),
            ))  # fmt: skip
            if shown.may_change and shown.state == "active":
                parts.button(_("series.prolong"), partial(self._prolong_dialog, shown), icon="plus", wide=True)

    # ── acts ──

    def _show_all(self) -> None:
        self.all_rows = True
        self.draw()

    async def _do(self, do: Operation, done: str) -> bool:
        outcome = await parts.do(do, done=done or None)
        if outcome.ok:
            self.draw()
        return outcome.ok

    async def _skip(self, view: DateView) -> None:
        original = datetime.fromisoformat(view.original)
        await self._do(series.SkipDates(series_id=self.id, originals=(original,)), _("series.skipped", day=_day(view)))

    async def _ask_cancel(self, shown: SeriesView, since: datetime | None) -> None:
        words = _("series.stop_words", n=shown.left, room=shown.room)
        if await parts.confirm(
            _("series.stop_title", title=shown.title or shown.room), words, act=_("series.stop_all"), stay=_("series.stop_stay")
        ):
            await self._do(series.CancelSeries(series_id=self.id, since=since), _("series.stopped"))

    async def _ask_let_go(self, shown: SeriesView) -> None:
        words = _("series.stop_words", n=shown.left, room=shown.room)
        if await parts.confirm(
            _("series.stop_title", title=shown.title or shown.room), words, act=_("series.let_go"), stay=_("series.stop_stay")
        ):
            await self._do(series.AnswerStrikes(series_id=self.id, keep=False), _("series.stopped"))

    def _change_dialog(self, shown: SeriesView, since: DateView | None = None) -> None:
        first = datetime.fromisoformat(since.starts_wall if since else shown.starts_wall)
        hint = _("series.change_since", day=_day(since)) if since else _("series.change_all", n=shown.left)
        with parts.sheet_dialog(_("series.change"), hint) as dialog:
            title = parts.input(_("series.column.title"), shown.title, props="maxlength=120")
            room = parts.select(_("series.column.room"), room_choices(), str(shown.room_id), search=True)
            with parts.box("row"):
                start = parts.input(_("series.form.start"), f"{first:%H:%M}", props="type=time step=300")
                lengths = {n: i18n.duration(timedelta(minutes=n), frame.lang()) for n in sorted({*LENGTHS, shown.minutes})}
                length = parts.select(_("series.form.length"), lengths, shown.minutes)
            problem = parts.box()

            def asked(*, skip_taken: bool = False) -> series.ChangeSeries | None:
                try:
                    begins = time.fromisoformat(start.value or "")
                except ValueError:
                    parts.refuse(start, _("bookings.when_wrong"))
                    return None
                parts.refuse(start, None)
                return series.ChangeSeries(
                    series_id=self.id, since=datetime.fromisoformat(since.original) if since else None, skip_taken=skip_taken,
                    title=title.value if (title.value or "") != shown.title else None, room_id=UUID(room.value) if room.value != str(shown.room_id) else None,
                    starts=begins if begins != first.time() else None, minutes=int(length.value) if int(length.value) != shown.minutes else None,
                )  # fmt: skip

            async def save(*, skip_taken: bool = False) -> None:
                do = asked(skip_taken=skip_taken)
                if do is None:
                    return
                outcome = await parts.do(do, done=_("series.changed"), quiet=True)
                if outcome.ok:
                    dialog.close()
                    self.draw()
                    return
                problem.clear()
                with problem:
                    with parts.banner(outcome.message(frame.lang()), "bad"):
                        if outcome.code == "series.not_all":
                            parts.button(_("series.skip_those", n=outcome.facts["n"]), partial(save, skip_taken=True))
                    for original, (code, facts) in list(series.outcome_dates(outcome.facts).items())[:6]:
                        day = i18n.long_day(datetime.fromisoformat(original).date(), frame.lang())
                        parts.text(f"{day}　{refusal_words(code, facts)}", "p", "small second")

            with parts.box("dialog__acts"):
                if since:
                    parts.button(_("series.stop_from_here"), partial(self._stop_here, dialog, shown, since), kind="stop")
                parts.button(_("web.cancel"), dialog.close)
                parts.button(_("series.save_change"), save, kind="main")
        dialog.open()

    async def _stop_here(self, dialog: Any, shown: SeriesView, since: DateView) -> None:
        dialog.close()
        await self._do(series.CancelSeries(series_id=self.id, since=datetime.fromisoformat(since.original)), _("series.stopped"))

    def _prolong_dialog(self, shown: SeriesView) -> None:
        with parts.sheet_dialog(_("series.prolong"), _("series.prolong_hint")) as dialog:
            until = parts.input(_("series.form.last_on"), "", props="type=date")
            skip = ui.checkbox(_("series.form.skip_taken"))
            problem = parts.text("", "p", "field__help field__help--error").props("role=alert")

            async def save() -> None:
                try:
                    last_on = date.fromisoformat(until.value or "")
                except ValueError:
                    parts.refuse(until, _("bookings.when_wrong"))
                    return
                do = series.ProlongSeries(series_id=self.id, last_on=last_on, skip_taken=bool(skip.value))
                outcome = await parts.do(do, done=_("series.changed"), quiet=True)
                if outcome.ok:
                    dialog.close()
                    self.draw()
                else:
                    problem.set_text(outcome.message(frame.lang()))

            with parts.box("dialog__acts"):
                parts.button(_("web.cancel"), dialog.close)
                parts.button(_("series.prolong"), save, kind="main")
        dialog.open()


def _missed_words(code: str) -> str:
    """Why a date was left out when the series was made. Only the code is kept: the facts of that day may be others by now."""
    key = f"use.why.{code}"
    return _(key) if i18n.has(key) else _("series.missed")


def _day(view: DateView) -> str:
    return i18n.long_day(view.day, frame.lang())


# ── register ──


def _moment(value: datetime | None) -> str:
    return i18n.day_and_time(value, clock.zone(), frame.lang()) if value else "–"


def _draw_peek(row: Any, page: RegisterPage) -> None:
    shown: SeriesView = row.series if isinstance(row, SeriesCard) else row
    page.peek_head(
        shown.title or shown.room, pill=(_(f"series.state.{shown.state}"), TONES[shown.state]), meta=series.rule_words(shown, frame.lang())
    )
    parts.facts((
        (_("series.column.room"), shown.room), (_("series.column.host"), shown.host), (_("series.column.next_at"), _moment(shown.next_at)),
        (_("series.column.left"), _("series.n_dates", n=shown.left)), (_("series.column.no_shows"), shown.no_shows or ""),
    ))  # fmt: skip
    parts.button(_("series.open"), href=f"/desk/series/{shown.id}", kind="main", wide=True)


def _draw_acts(page: RegisterPage) -> None:
    parts.button(_("series.new"), href="/desk/series/new", kind="main", icon="plus")


REGISTER = Register(
    name="series", title="nav.series", kinds=("series",), search="series.find", empty=("series.empty", "series.empty_hint"), sub="series.sub",
    columns=(
        Column("series.column.title", lambda v: v.title or "–", sub=lambda v: series.rule_words(v, frame.lang())), Column("series.column.room", lambda v: v.room),
        Column("series.column.host", lambda v: v.host or _("booking.someone"), sub=lambda v: v.department), Column("series.column.next_at", lambda v: _moment(v.next_at)),
        Column("series.column.left", lambda v: v.left, number=True),
        Column("series.column.state", lambda v: _("series.state.asked") if v.asked else _(f"series.state.{v.state}"), tone=lambda v: "held" if v.asked else TONES[v.state]),
    ),
    chips=(Chip("active", "series.chip.active", {"state": "active"}), Chip("asked", "series.chip.asked", {"state": "asked"}), Chip("cancelled", "series.chip.cancelled", {"state": "cancelled"}), Chip("all", "series.chip.all")),
    peek=_draw_peek, acts=_draw_acts,
)  # fmt: skip
