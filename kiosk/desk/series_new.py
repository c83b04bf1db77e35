"""Make a series: say how it repeats, look at every date, decide about those that can not be had, save all at once (scenario Front desk 6).

The form asks; `series.preview` answers with a row for each date; this screen only keeps what was chosen for single dates. A route of its own,
included before `/desk/series/{id}`."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from fastapi import Depends
from nicegui import APIRouter, ui
from pydantic import ValidationError

from core.foundation import clock, database, i18n
from core.foundation.errors import Invalid, NotAllowed, Refused
from core.mechanisms import people
from core.mechanisms.operations import OFFICE
from core.sections.bookings import series
from core.sections.bookings.series import DateChoice, DateRow, Preview
from core.web import frame, icons, parts
from core.web.frame import _
from kiosk.desk.booking_wishes import Wishes
from kiosk.desk.series import LENGTHS, ROWS_AT_FIRST, day_cells, month_row, refusal_words, room_choices, styles, wall_span

router = APIRouter(dependencies=[Depends(frame.signed_in)])
REPEATS = ("workdays", "weekly", "monthly_day", "monthly_nth", "daily", "rule")
ENDS = ("on", "after", "never")


@router.page("/desk/series/new")
def new_page() -> None:
    with frame.desk("series", _("series.new")):
        styles()
        SeriesForm()


class SeriesForm:
    """The form, the sum, the table, and the bar with the one button."""

    def __init__(self) -> None:
        local = clock.local(clock.now())
        self.repeat, self.ends = "weekly", "on"
        self.day = local.date() + timedelta(days=1)
        self.weekdays = {self.day.weekday()}
        self.choices: dict[datetime, DateChoice] = {}
        self.shown: Preview | None = None
        self.said = ""
        self.all_rows = False
        self.rooms = room_choices()
        self.wishes = Wishes(frame.actor(), self._room_id, self._again)
        self._round = 0
        with parts.box("series") as self.page:
            with parts.head(_("series.new"), _("series.new_hint")):
                pass
            self.form = parts.box("sheet series__form")
            with self.form:
                self._draw_form()
            self.sums, self.table, self.foot = parts.box("sheet series__sums"), parts.box("scroll-x"), parts.box("footbar")
        self.sums.set_visibility(False)
        ui.timer(0.05, self.look, once=True)

    # ── the form ──

    def _draw_form(self) -> None:
        by = frame.actor()
        first = next(iter(self.rooms), None)
        wanted = ui.context.client.request.query_params.get("room", "")
        with parts.box("w4"):
            self.title = parts.input(
                _("series.column.title"), placeholder=_("series.title_hint"), props="maxlength=120 debounce=400", on_change=self._again
            )
        with parts.box("w4"):
            self.room = parts.select(
                _("series.column.room"), self.rooms, wanted if wanted in self.rooms else first, search=True, on_change=self._choose_room
            )
        with parts.box("w4"):
            self.host = (
                parts.select(_("series.column.host"), self._everybody(), str(by.person_id), search=True) if by.has(*OFFICE) else None
            )
        with parts.box("w3"):
            self.first = parts.input(_("series.form.first"), self.day.isoformat(), props="type=date", on_change=self._again)
        with parts.box("w2"):
            self.start = parts.input(_("series.form.start"), "10:00", props="type=time step=300", on_change=self._again)
        with parts.box("w3"):
            lengths = {n: i18n.duration(timedelta(minutes=n), frame.lang()) for n in LENGTHS}
            self.length = parts.select(_("series.form.length"), lengths, 60, on_change=self._again)
        with parts.box("w4"):
            parts.text(_("series.form.days_off"), "span", "field__label")
            self.days_off = ui.checkbox(_("series.form.skip_days_off"), value=True, on_change=self._again).props("dense")
        with parts.box("w12"):
            parts.text(_("series.form.repeats"), "span", "field__label")
            parts.chips([(key, _(f"series.repeat.{key}"), None) for key in REPEATS], self.repeat, self._choose_repeat)
        self.how = parts.box("w12")
        with parts.box("w6"):
            parts.text(_("series.form.ends"), "span", "field__label")
            parts.chips([(key, _(f"series.ends.{key}"), None) for key in ENDS], self.ends, self._choose_ends)
        self.until = parts.box("w6")
        with parts.box("w4"):
            self.wishes.draw_purpose()
        with parts.box("w8"):
            self.wishes.draw()
        self._draw_how()
        self._draw_until()

    def _everybody(self) -> dict[str, str]:
        with database.reading() as s:
            return {str(person.id): person.name for person in people.search(s, limit=2000)}

    def _room_id(self) -> str:
        return str(self.room.value or "")

    def _choose_room(self, *_changed: Any) -> Any:
        self.wishes.draw.refresh()
        return self._again()

    def _choose_repeat(self, key: str) -> Any:
        self.repeat = key
        self._draw_how()
        return self._again()

    def _choose_ends(self, key: str) -> Any:
        self.ends = key
        self._draw_until()
        return self._again()

    def _draw_how(self) -> None:
        self.how.clear()
        with self.how:
            if self.repeat == "weekly":
                with parts.box("row wrap"):
                    self._draw_weekdays()
                    self.every = parts.select(
                        _("series.form.every"),
                        {n: _("series.every_weeks", n=n) if n > 1 else _("series.every_week") for n in (1, 2, 3, 4)},
                        1,
                        on_change=self._again,
                    )
            elif self.repeat == "monthly_nth":
                with parts.box("row wrap"):
                    self.nth = parts.select(
                        _("series.form.nth"), {n: _(f"series.nth.{n}") for n in (1, 2, 3, 4, -1)}, 1, on_change=self._again
                    )
                    self.nth_day = parts.select(
                        _("series.form.weekday"),
                        {day: _(f"series.day.{day}") for day in _DAYS},
                        _DAYS[self.day.weekday()],
                        on_change=self._again,
                    )
            elif self.repeat == "rule":
                self.rule = parts.input(
                    "RRULE",
                    "FREQ=WEEKLY;BYDAY=MO",
                    help=_("series.form.rule_hint"),
                    props="maxlength=300 debounce=400 spellcheck=false",
                    on_change=self._again,
                )
            elif self.repeat == "workdays":
                parts.text(_("series.workdays_hint"), "p", "second small")

    def _draw_weekdays(self) -> None:
        with parts.box("series__days").props(f'role=group aria-label="{_("series.form.weekdays")}"'):
            for day, code in enumerate(_DAYS):
                on = day in self.weekdays
                button = parts.text(_(f"series.short.{code}"), "button", "series__day" + (" series__day--on" if on else ""))
                button.props(f'type=button aria-pressed={"true" if on else "false"} aria-label="{_(f"series.day.{code}")}"')
                parts.on_tap(button, partial(self._toggle_day, day))

    def _toggle_day(self, day: int) -> Any:
        self.weekdays ^= {day}
        self._draw_how()
        return self._again()

    def _draw_until(self) -> None:
        self.until.clear()
        with self.until:
            if self.ends == "on":
                last = self.day + timedelta(weeks=12)
                self.last_on = parts.input(_("series.form.last_on"), last.isoformat(), props="type=date", on_change=self._again)
            elif self.ends == "after":
                self.count = parts.input(
                    _("series.form.count"), "10", props="type=number min=1 max=400 debounce=400", on_change=self._again
                )
            else:
                parts.text(_("series.never_hint"), "p", "second small")

    # ── asking ──

    def _asked(self) -> series.CreateSeries | None:
        """The plan as it stands, or None while the form is not whole."""
        try:
            starts = datetime.combine(date.fromisoformat(self.first.value or ""), time.fromisoformat(self.start.value or ""))
            by, host, wishes = frame.actor(), self.host.value if self.host is not None else None, self.wishes.facts()
            if wishes is None:
                return None
            return series.CreateSeries(**wishes,
                room_id=UUID(str(self.room.value)), title=self.title.value or "", starts=starts, minutes=int(self.length.value), rule=self._rule(),
                workdays=self.repeat == "workdays", last_on=date.fromisoformat(self.last_on.value or "") if self.ends == "on" else None,
                skip_days_off=bool(self.days_off.value) and self.repeat != "workdays", choices=tuple(self.choices.values()),
                host_id=UUID(str(host)) if host and str(host) != str(by.person_id) else None,
            )  # fmt: skip
        except (ValueError, ValidationError):
            return None

    def _rule(self) -> str:
        rule = {
            "workdays": "", "daily": "FREQ=DAILY", "monthly_day": f"FREQ=MONTHLY;BYMONTHDAY={date.fromisoformat(self.first.value or '').day}",
        }.get(self.repeat)  # fmt: skip
        if self.repeat == "weekly":
            if not self.weekdays:
                raise ValueError("no weekday")
            rule = series.weekly(sorted(self.weekdays), int(self.every.value))
        elif self.repeat == "monthly_nth":
            rule = f"FREQ=MONTHLY;BYDAY={self.nth.value}{self.nth_day.value}"
        elif self.repeat == "rule":
            rule = (self.rule.value or "").strip()
        if self.ends == "after" and rule and "COUNT=" not in rule:
            rule += f";COUNT={int(self.count.value or 0)}"
        return rule or ""

    async def _again(self, *_changed: Any) -> None:
        """Something in the form changed: dates chosen one by one belong to the former plan."""
        self.choices = {}
        await self.look()

    async def look(self) -> None:
        """Ask for the preview and draw it; an answer that was overtaken is dropped."""
        self._round += 1
        mine, do, by = self._round, self._asked(), frame.actor()
        shown, said = None, _("series.form_open") if do is None else ""
        if do is not None:
            plan = do

            def work() -> Preview:
                with database.reading() as s:
                    return series.preview(s, plan, by, clock.now())

            try:
                shown = await asyncio.to_thread(work)
            except (Refused, Invalid, NotAllowed) as refusal:
                said = refusal_words(refusal.code, refusal.facts)
        if mine == self._round and not self.page.is_deleted:
            self.shown, self.said = shown, said
            self._draw_preview()

    # ── the preview ──

    def _draw_preview(self) -> None:
        shown = self.shown
        for box in (self.sums, self.table, self.foot):
            box.clear()
        self.sums.set_visibility(shown is not None)
        if shown is None:
            with self.table:
                parts.empty(self.said)
            with self.foot:
                parts.text(self.said, "strong")
            return
        with self.sums:
            self._draw_sums(shown)
        with self.table:
            self._draw_table(shown)
        with self.foot:
            self._draw_foot(shown)

    def _draw_sums(self, shown: Preview) -> None:
        with parts.box("sums"):
            for number, key, dot in (
                (len(shown.rows), "series.sum.all", ""), (shown.bookable, "series.sum.free", "free"), (shown.in_the_way, "series.sum.way", "busy"), (shown.skipped, "series.sum.skipped", "lost"),
            ):  # fmt: skip
                with parts.box():
                    parts.text(number, "b")
                    with parts.box("", "span"):
                        if dot:
                            parts.box(f"dot dot--{dot}", "i")
                        parts.text(_(key), "span")
        with parts.box("bar").props("aria-hidden=true"):
            for number, tone in ((shown.bookable, "free"), (shown.in_the_way, "busy"), (shown.skipped, "lost")):
                if number:
                    parts.box(tone, "i").style(f"flex:{number}")
        for year in shown.missing_years:
            parts.banner(_("series.holidays_missing", year=year), "due", icon="warning").props(f"data-test=missing-{year}")
        if shown.open_ended:
            parts.text(_("series.open_ended", day=i18n.long_day(shown.rows[-1].day, frame.lang()) if shown.rows else ""), "p", "small")
        if shown.zone != str(clock.zone()):
            parts.text(_("series.in_zone", zone=shown.zone), "p", "small")

    def _draw_table(self, shown: Preview) -> None:
        rows = shown.rows if self.all_rows else shown.rows[:ROWS_AT_FIRST]
        late = [row for row in shown.rows[len(rows) :] if row.state not in ("free", "skipped", "past")]
        with parts.box("dates", "table").props(f'aria-label="{_("series.dates")}"'):
            with parts.box("", "thead"), parts.box("", "tr"):
                for key in ("", "series.col.day", "series.col.time", "series.col.room", "series.col.free", "series.col.choice"):
                    parts.text(_(key) if key else "", "th")
            with parts.box("", "tbody"):
                month = None
                for n, row in enumerate(rows, 1):
                    if month != (row.day.year, row.day.month):
                        month = (row.day.year, row.day.month)
                        month_row(row.day, 6)
                    self._draw_row(n, row)
                for row in late:  # what needs a decision is never hidden below
                    self._draw_row(shown.rows.index(row) + 1, row)
        if len(rows) < len(shown.rows):
            with parts.box("dates__more"):
                parts.button(_("series.show_all", n=len(shown.rows)), self._show_all, kind="quiet")

    def _show_all(self) -> None:
        self.all_rows = True
        self._draw_preview()

    def _draw_row(self, n: int, row: DateRow) -> None:
        off = row.state in ("skipped", "past")
        with parts.box("off" if off else "" if row.state == "free" else "taken", "tr").props(f'data-original="{row.original.isoformat()}"'):
            parts.text(n, "td", "dates__n")
            day_cells(row.day, row.works, row.day_name, row.provisional, own=_("series.own_time") if row.own_time else "")
            parts.text(wall_span(row.starts, row.ends), "td", "dates__time")
            with parts.box("", "td"):
                parts.text(row.room, "span")
                if row.own_room:
                    parts.text(_("series.own_room"), "span", "dates__mark dates__mark--own")
            with parts.box("", "td"):
                self._draw_state(row)
            with parts.box("nowrap", "td"):
                self._draw_choice(row)

    def _draw_state(self, row: DateRow) -> None:
        if row.state == "free":
            soon = row.free_until is not None and clock.local(row.free_until).date() == row.ends.date()  # of another day nobody asks
            until = f"　{_('series.free_until', until=i18n.clock_time(row.free_until, clock.zone()))}" if row.free_until and soon else ""
            parts.pill(_("series.free"), "free")
            if until:
                parts.text(until.strip(), "small")
        elif row.state in ("skipped", "past"):
            parts.pill(_(f"series.state.{row.state}"), "shut")
        elif row.state == "booking.clash":
            parts.pill(_("series.taken"), "busy")
            facts = i18n.as_mapping({"from": _iso(row.facts["from"]), "until": _iso(row.facts["until"])}, frame.lang(), clock.zone())
            parts.text(_("series.taken_span", **{"from": str(facts["from"])[-5:], "until": str(facts["until"])[-5:]}), "small")
        else:
            parts.pill(_("series.cannot"), "busy", icon="warning")
            parts.text(refusal_words(row.state, _plain(row.facts)), "small")

    def _draw_choice(self, row: DateRow) -> None:
        if row.state == "past":
            return
        if row.original in self.choices or row.state == "skipped":
            parts.button(_("series.as_planned"), partial(self._choose, row, None), kind="quiet")
        if row.state == "skipped":
            return
        if row.state == "free":
            parts.button(
                _("series.otherwise"),
                partial(self._other_dialog, row),
                kind="quiet",
                label=_("series.otherwise_day", day=i18n.long_day(row.day, frame.lang())),
            )
            parts.button(_("series.skip"), partial(self._choose, row, DateChoice(original=row.original, skip=True)), kind="quiet")
            return
        with parts.box("choice").props("role=group"):
            for words, act in (
                (_("series.choice.skip"), partial(self._choose, row, DateChoice(original=row.original, skip=True))),
                (_("series.choice.room"), partial(self._room_dialog, row)),
                (_("series.choice.time"), partial(self._other_dialog, row)),
            ):
                one = parts.text(words, "button", "choice__one").props("type=button")
                parts.on_tap(one, act)

    async def _choose(self, row: DateRow, choice: DateChoice | None) -> None:
        """Keep what was chosen for this date; None takes it back to the plan (a holiday then takes place after all)."""
        if choice is None:
            former = self.choices.pop(row.original, None)
            if former is None:  # it was left out by the calendar, not by hand
                self.choices[row.original] = DateChoice(original=row.original)
        else:
            self.choices[row.original] = choice
        await self.look()

    def _room_dialog(self, row: DateRow) -> None:
        with parts.sheet_dialog(
            _("series.choice.room"), f"{i18n.long_day(row.day, frame.lang())}　{wall_span(row.starts, row.ends)}"
        ) as dialog:

            async def take(room_id: UUID) -> None:
                dialog.close()
                former = self.choices.get(row.original) or DateChoice(original=row.original)
                await self._choose(row, former.model_copy(update={"room_id": room_id, "skip": False}))

            if not row.alternatives:
                parts.text(_("series.no_other_room"), "p", "second")
            with parts.rows():
                for room in row.alternatives:
                    name = room.name_en if frame.lang() == "en" and room.name_en else room.name
                    with parts.item(name, _("bookings.seats", n=room.capacity), icon="door"):
                        parts.button(_("series.take_room"), partial(take, room.id), label=_("series.take_this", room=name))
            with parts.box("dialog__acts"):
                parts.button(_("web.cancel"), dialog.close)
        dialog.open()

    def _other_dialog(self, row: DateRow) -> None:
        with parts.sheet_dialog(_("series.otherwise"), i18n.long_day(row.day, frame.lang())) as dialog:
            with parts.box("row"):
                day = parts.input(_("bookings.day"), row.starts.date().isoformat(), props="type=date")
                start = parts.input(_("series.form.start"), f"{row.starts:%H:%M}", props="type=time step=300")
                minutes = int((row.ends - row.starts).total_seconds()) // 60
                lengths = {n: i18n.duration(timedelta(minutes=n), frame.lang()) for n in sorted({*LENGTHS, minutes})}
                length = parts.select(_("series.form.length"), lengths, minutes)
            room = parts.select(_("series.column.room"), self.rooms, str(row.room_id), search=True)

            async def save() -> None:
                try:
                    begins = datetime.combine(date.fromisoformat(day.value or ""), time.fromisoformat(start.value or ""))
                except ValueError:
                    parts.refuse(start, _("bookings.when_wrong"))
                    return
                dialog.close()
                ends = begins + timedelta(minutes=int(length.value))
                moved = (begins, ends) != (row.starts, row.ends) or row.own_time
                elsewhere = str(room.value) != str(row.room_id) or row.own_room
                choice = DateChoice(
                    original=row.original,
                    room_id=UUID(str(room.value)) if elsewhere else None,
                    starts=begins if moved else None,
                    ends=ends if moved else None,
                )
                await self._choose(row, choice)

            with parts.box("dialog__acts"):
                parts.button(_("web.cancel"), dialog.close)
                parts.button(_("series.take_over"), save, kind="main")
        dialog.open()

    # ── saving ──

    def _draw_foot(self, shown: Preview) -> None:
        with parts.box("", "span"):
            parts.text(_("series.foot", n=shown.bookable), "strong")
            parts.text(_("series.foot_all_or_none"), "span", "second")
        blocked = bool(shown.in_the_way) or not shown.bookable or (bool(shown.missing_years) and not shown.open_ended)
        if blocked:
            with parts.box("footbar__why").props("data-test=why"):
                icons.icon("lock")
                words = (
                    _("series.why_way", n=shown.in_the_way)
                    if shown.in_the_way
                    else _("series.why_missing", year=shown.missing_years[0])
                    if shown.missing_years
                    else _("series.why_none")
                )
                parts.text(words, "span")
        with parts.box("footbar__acts"):
            if shown.in_the_way and shown.bookable:
                parts.button(_("series.skip_those", n=shown.in_the_way), self._skip_all)
            save = parts.button(_("series.save", n=shown.bookable), None if blocked else self._save, kind="plain" if blocked else "main")
            save.props("aria-disabled=true" if blocked else "data-test=save")

    async def _skip_all(self) -> None:
        assert self.shown is not None
        for row in self.shown.rows:
            if row.state not in ("free", "skipped", "past"):
                self.choices[row.original] = DateChoice(original=row.original, skip=True)
        await self.look()

    async def _save(self) -> None:
        do = self._asked()
        if do is None:
            return
        outcome = await parts.do(do, quiet=True)
        if outcome.ok:
            ui.navigate.to(f"/desk/series/{outcome.result['id']}")
            return
        parts.problem(outcome.message(frame.lang()))  # somebody was faster: the table now says where
        await self.look()


_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def _iso(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _plain(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: _iso(value) for name, value in facts.items() if not isinstance(value, (list, tuple, dict))}
