"""The office's working days on the desk: days off by law, make-up days, and the office's own word about a day (norms.md 8, guide row X2).

A year whose official list is not out yet shows weekends only and says so; nothing is guessed.
"""

from __future__ import annotations

from datetime import date

from babel.dates import get_day_names, get_month_names
from fastapi import Depends
from nicegui import APIRouter, ui

from core.foundation import clock, database, i18n, live
from core.foundation.live import Change
from core.mechanisms import workdays
from core.mechanisms.operations import Role
from core.mechanisms.workdays import DayView
from core.web import frame, parts
from core.web.frame import _
from kiosk.desk import piles

router = APIRouter(dependencies=[Depends(frame.signed_in)])
EDITORS = frozenset({Role.ADMIN, Role.CLERK})
FIRST_YEAR, LAST_YEAR = 2000, 2100
LOCALES = {"zh-Hans": "zh_Hans_CN", "zh-Hant": "zh_Hant_TW", "en": "en_GB"}


@router.page("/desk/calendar")
def calendar_page() -> None:
    with frame.desk("calendar", _("nav.calendar")):
        piles.style()
        CalendarPage()


class CalendarPage:
    """One year, twelve months."""

    def __init__(self) -> None:
        self.client = ui.context.client
        asked = self.client.request.query_params.get("year", "")
        self.year = int(asked) if asked.isascii() and asked.isdigit() and FIRST_YEAR <= int(asked[:5]) <= LAST_YEAR else clock.today().year
        self.box = parts.box()
        self.draw()
        self.client.on_delete(live.subscribe("calendar", self._changed))

    def draw(self) -> None:
        with database.reading() as s:
            days = list(workdays.days(s, date(self.year, 1, 1), date(self.year + 1, 1, 1)))
        may = frame.actor().has(*EDITORS)
        working = sum(day.works for day in days)
        self.box.clear()
        with self.box:
            with parts.head(_("calendar.title", year=self.year, n=working), _("calendar.sub")):
                parts.button(
                    str(self.year - 1),
                    lambda: self._go(self.year - 1),
                    icon="back",
                    why_not=None if self.year > FIRST_YEAR else str(self.year - 1),
                )
                parts.button(
                    str(self.year + 1),
                    lambda: self._go(self.year + 1),
                    icon="next",
                    why_not=None if self.year < LAST_YEAR else str(self.year + 1),
                )
            if days[0].provisional:
                parts.banner(_("calendar.provisional", year=self.year), "due")
            with parts.box("calendar__key row wrap"):
                for kind in ("off", "made_up", "edited"):
                    with parts.box("row", "span"):
                        parts.text("8", "span", f"calendar__day calendar__day--{kind}").props("aria-hidden=true")
                        parts.text(_(f"calendar.key.{kind}"), "span", "small second")
            with parts.box("calendar"):
                for month in range(1, 13):
                    self._month(month, [day for day in days if day.day.month == month], may=may)

    def _month(self, month: int, days: list[DayView], *, may: bool) -> None:
        locale = LOCALES[frame.lang()]
        with parts.box("calendar__month", "section"):
            parts.text(get_month_names("wide", context="stand-alone", locale=locale)[month], "h2")
            with parts.box("calendar__days"):
                for weekday in range(7):
                    parts.text(get_day_names("narrow", context="stand-alone", locale=locale)[weekday], "span", "calendar__weekday")
                for _empty in range(days[0].day.weekday()):
                    parts.box(tag="span")
                for day in days:
                    self._day(day, may=may)
            named: dict[str, list[DayView]] = {}
            for day in days:
                if day.name and day.special:
                    named.setdefault(day.name, []).append(day)
            for name, those in named.items():
                off = [d.day.day for d in those if not d.works]
                up = [d.day.day for d in those if d.works]
                words = parts.joined(
                    _("calendar.off_days", days=_spans(off)) if off else "", _("calendar.up_days", days=_spans(up)) if up else ""
                )
                parts.text(f"{name} {words}", classes="quiet small")

    def _day(self, day: DayView, *, may: bool) -> None:
        kind = "made_up" if day.special and day.works else "off" if day.special else "weekend" if not day.works else "plain"
        classes = (
            f"calendar__day calendar__day--{kind}"
            + (" calendar__day--edited" if day.edited else "")
            + (" calendar__day--now" if day.day == clock.today() else "")
        )
        element = parts.text(day.day.day, "button" if may else "span", classes)
        state = _("calendar.works" if day.works else "calendar.is_off")
        element.props["aria-label"] = " ".join(filter(None, (i18n.long_day(day.day, frame.lang()), state, day.name)))
        if may:
            element.props("type=button")
            parts.on_tap(element, lambda: self._edit(day))

    def _edit(self, day: DayView) -> None:
        with parts.sheet_dialog(i18n.long_day(day.day, frame.lang()), _("calendar.edit_hint")) as dialog:
            choice = {"value": "works" if day.works else "off"}
            parts.choice({"works": _("calendar.works"), "off": _("calendar.is_off")}, choice["value"], lambda key: choice.update(value=key))
            name = parts.input(_("calendar.why"), day.name, props="maxlength=40")

            async def save() -> None:
                do = workdays.SetCalendarDay(day=day.day, works=choice["value"] == "works", name=(name.value or "").strip()[:40])
                if (await parts.do(do, done=_("calendar.saved"))).ok:
                    dialog.close()
                    self.draw()

            async def forget() -> None:
                if (await parts.do(workdays.SetCalendarDay(day=day.day, works=None), done=_("calendar.saved"))).ok:
                    dialog.close()
                    self.draw()

            with parts.box("dialog__acts"):
                if day.edited:
                    parts.button(_("calendar.as_weekday"), forget, kind="quiet")
                parts.button(_("web.cancel"), dialog.close)
                parts.button(_("web.save"), save, kind="main")
        dialog.open()

    def _go(self, year: int) -> None:
        self.year = year
        ui.run_javascript(f"history.replaceState(null, '', location.pathname + '?year={int(year)}')")
        self.draw()

    def _changed(self, _change: Change) -> None:
        if not self.client.is_deleted and self.client.has_socket_connection:
            with self.client:
                try:
                    self.draw()
                except frame.SignInNeeded:
                    return  # the browser is on its way to the sign-in page


def _spans(days: list[int]) -> str:
    """`1–7, 10`."""
    spans: list[list[int]] = []
    for day in days:
        if spans and spans[-1][1] == day - 1:
            spans[-1][1] = day
        else:
            spans.append([day, day])
    return ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in spans)
