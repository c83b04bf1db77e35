"""How the rooms are used, at the desk: a finding as a sentence, bars by room and by hour, and the same numbers as XLSX (look.md §4, chart)."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

from fastapi import Depends, Request
from fastapi.responses import Response
from nicegui import APIRouter, ui

from core.foundation import clock, database, i18n
from core.foundation.errors import Refused
from core.mechanisms import tables
from core.mechanisms.operations import OFFICE, Role
from core.sections import roomcare
from core.web import frame, parts, sessions, static_files
from core.web.frame import _

router = APIRouter(dependencies=[Depends(frame.signed_in)])
MAY = (*OFFICE, Role.LEADER)
SPANS = {"week": 7, "month": 30, "quarter": 91}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TALLEST = 100.0


@router.page("/desk/room_use")
def room_use_page(span: str = "month") -> None:
    with frame.desk("room_use", _("nav.room_use"), *MAY):
        ui.add_head_html(f'<link rel="stylesheet" href="{static_files.url("rooms.css")}">')
        UsePage(span if span in SPANS else "month")


@router.get("/desk/room_use.xlsx")
async def room_use_file(request: Request, span: str = "month", language: str = "zh-Hans") -> Response:
    """The same numbers as a file; who may read the page may have it."""
    by = sessions.actor_of(request, clock.now())
    if by is None or not by.has(*MAY):
        raise Refused("op.not_allowed")
    spoken = language if language in i18n.LANGUAGES else i18n.LANGUAGES[0]
    body = await asyncio.to_thread(_book, span if span in SPANS else "month", spoken)
    return Response(body, media_type=XLSX, headers={"Content-Disposition": 'attachment; filename="foyer-room-use.xlsx"'})


def _book(span: str, language: str) -> bytes:
    found = _read(span)
    return tables.write_book(roomcare.sheets(found, lambda key: i18n.t(key, language)))


def _read(span: str) -> roomcare.Use:
    last = clock.today()
    with database.reading() as s:
        return roomcare.use(s, last - timedelta(days=SPANS[span] - 1), last, clock.now())


class UsePage:
    """One span, two charts, one table."""

    def __init__(self, span: str) -> None:
        self.span = span
        self.client = ui.context.client
        self.head, self.box = parts.box(), parts.box("stack use")
        self.draw()

    def draw(self) -> None:
        """Read the span and draw it."""
        with self.client:
            found = _read(self.span)
            self.head.clear()
            with self.head, parts.head(_finding(found), _span_words(found.first, found.last)):
                parts.chips([(key, _(f"use.span.{key}"), None) for key in SPANS], self.span, self._see)
                parts.button(_("use.xlsx"), href=f"/desk/room_use.xlsx?span={self.span}&language={frame.lang()}", icon="arrow-down")
            self.box.clear()
            with self.box:
                if not any(room.bookings for room in found.rooms):
                    parts.empty(_("use.none"), _("use.none_hint"))
                    return
                with parts.box("use__charts"):
                    with parts.box("sheet use__chart"):
                        _draw_hours(found)
                    with parts.box("sheet use__chart"):
                        _draw_refused(found)
                with parts.box("sheet use__chart"):
                    _draw_rooms(found)

    def _see(self, span: str) -> None:
        self.span = span
        self.draw()


def _finding(found: roomcare.Use) -> str:
    """The one sentence: how much of what was booked was used, and how often the answer was no."""
    if not found.booked_minutes:
        return _("use.none")
    share = round(100 * found.used_minutes / found.booked_minutes)
    return _("use.finding", share=share, refused=found.refused)


def _draw_hours(found: roomcare.Use) -> None:
    hours = [hour for hour in found.hours if hour.booked_minutes or hour.used_minutes]
    busiest = max(hours, key=lambda hour: hour.used_minutes)
    parts.text(_("use.busiest", hour=f"{busiest.hour}:00"), "h2")
    parts.text(_("use.hours_words"), "p", "second")
    most = max(hour.booked_minutes for hour in hours) or 1
    with parts.box("chart").props(f'role=img aria-label="{_("use.by_hour")}"'):
        for hour in hours:
            with parts.box("chart__bar"):
                parts.text(_amount(hour.used_minutes), "b", "chart__n")
                with parts.box("chart__well"):
                    ui.element("i").classes("chart__usual").style(f"height:{TALLEST * hour.booked_minutes / most:.1f}%")
                    on = " chart__now" if hour is busiest else ""
                    ui.element("i").classes("chart__ink" + on).style(f"height:{TALLEST * min(hour.used_minutes, most) / most:.1f}%")
                parts.text(hour.hour, "span", "chart__x")


def _draw_refused(found: roomcare.Use) -> None:
    parts.text(_("use.refused", n=found.refused), "h2")
    parts.text(_("use.refused_words"), "p", "second")
    if not found.refused:
        parts.empty(_("use.never_refused"))
        return
    most = max((hour.refused for hour in found.hours), default=0) or 1
    with parts.box("chart").props(f'role=img aria-label="{_("use.refused", n=found.refused)}"'):
        for hour in found.hours:
            if 7 <= hour.hour <= 20 or hour.refused:
                with parts.box("chart__bar"):
                    parts.text(hour.refused or "", "b", "chart__n")
                    with parts.box("chart__well"):
                        ui.element("i").classes("chart__ink").style(f"height:{TALLEST * hour.refused / most:.1f}%")
                    parts.text(hour.hour, "span", "chart__x")
    with parts.box("row wrap"):
        for code, count in found.reasons:
            parts.text(_("use.reason", why=_(f"use.why.{code}"), n=count), "span", "quiet small")


def _draw_rooms(found: roomcare.Use) -> None:
    parts.text(_("use.by_room"), "h2")
    parts.text(_("use.rooms_words"), "p", "second")
    most = max((room.booked_minutes for room in found.rooms), default=0) or 1
    with parts.box("userows").props("role=table"):
        for room in sorted(found.rooms, key=lambda one: -one.used_minutes):
            with parts.box("userow").props("role=row"):
                parts.text(room.name, "span", "cut strong")
                with parts.box("userow__bars").props("role=cell"):
                    ui.element("i").classes("userow__booked").style(f"width:{100 * room.booked_minutes / most:.1f}%")
                    ui.element("i").classes("userow__used").style(f"width:{100 * min(room.used_minutes, most) / most:.1f}%")
                parts.text(_("use.hours", n=_amount(room.used_minutes), of=_amount(room.booked_minutes)), "span", "userow__n")
                said = [_("use.releases", n=room.releases)] if room.releases else []
                said += [_("use.refusals", n=room.refused)] if room.refused else []
                parts.text(parts.joined(*said), "span", "quiet small")
    if found.help.calls:
        minutes = -(-(found.help.median_s or 0) // 60)
        parts.text(_("use.help", n=found.help.calls, minutes=minutes, waiting=found.help.unanswered), "p", "second")


def _amount(minutes: int) -> str:
    return f"{minutes / 60:.0f}" if minutes >= 600 else f"{minutes / 60:.1f}".removesuffix(".0")


def _span_words(first: date, last: date) -> str:
    return f"{i18n.short_day(first, frame.lang())} – {i18n.short_day(last, frame.lang())}"
