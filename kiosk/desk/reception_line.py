"""One arrangement of a reception plan in a dialog: what, who, when, where, its room, at what cost (guide S3.1-R2, R3)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from core.foundation import clock, database, i18n
from core.foundation.errors import Refused
from core.sections import reception
from core.sections.reception import Kind, Plan, PlanLine, roomlink
from core.web import frame, parts
from core.web.frame import _
from kiosk.desk import piles

After = Callable[[], Any]
# When a new line begins and how long it lasts, before the planner says otherwise.
USUAL = {Kind.MEET: (9, 0, 60), Kind.ESCORT: (9, 0, 480), Kind.MEALS: (12, 0, 60), Kind.LODGING: (20, 0, 720), Kind.TRANSPORT: (8, 30, 45), Kind.SITE_VISIT: (14, 0, 90)}  # fmt: skip


def edit_line(plan: Plan, line: PlanLine | None, kind: Kind, after: After) -> None:
    """What, who, when, where, at what cost."""
    days = {
        (plan.starts_on + timedelta(days=n)).isoformat(): i18n.long_day(plan.starts_on + timedelta(days=n), frame.lang())
        for n in range((plan.ends_on - plan.starts_on).days + 1)
    }
    start, end = _usual(plan, kind) if line is None else (clock.local(line.starts_at), clock.local(line.ends_at))
    for moment in (start, end):
        days.setdefault(moment.date().isoformat(), i18n.long_day(moment.date(), frame.lang()))
    if end.date() not in {date.fromisoformat(day) for day in days}:
        days[end.date().isoformat()] = i18n.long_day(end.date(), frame.lang())
    title = _(f"reception.kind.{kind}")
    with parts.sheet_dialog(title if line is None else line.what, _(f"reception.kind_hint.{kind}")) as dialog:
        what = parts.input(
            _("reception.what"),
            line.what if line else "",
            placeholder=_(f"reception.example.{kind}"),
            props="maxlength=120",
            autofocus=True,
        )
        owner = parts.select(_("reception.owner"), piles.everyone(), str(line.owner_id) if line and line.owner_id else None, search=True)
        owner.props("clearable")
        with parts.box("row"):
            day = parts.select(_("reception.day"), days, start.date().isoformat())
            begins = parts.input(_("reception.from"), f"{start:%H:%M}", props="type=time")
            ends = parts.input(_("reception.until"), f"{end:%H:%M}", props="type=time")
            last = parts.select(_("reception.until_day"), days, end.date().isoformat()) if len(days) > 1 or kind == Kind.LODGING else None
        with parts.box("row"):
            place = parts.input(_("reception.place"), line.place if line else "", props="maxlength=120")
            place_to = (
                parts.input(_("reception.place_to"), line.place_to if line else "", props="maxlength=120")
                if kind in (Kind.MEET, Kind.TRANSPORT, Kind.ESCORT)
                else None
            )
        with parts.box("row"):
            cost = parts.input(
                _("reception.cost"),
                f"{line.cost_cents / 100:.2f}".removesuffix(".00") if line and line.cost_cents else "",
                props="inputmode=decimal",
            )
            table = (
                parts.input(
                    _("reception.companions"),
                    str(line.companions) if line and line.companions else "",
                    props="inputmode=numeric maxlength=4",
                )
                if kind == Kind.MEALS
                else None
            )
        ticks = None
        if kind == Kind.MEET:
            options = {"": _("reception.ticks.hand"), "arrival": _("reception.ticks.arrival"), "leaving": _("reception.ticks.leaving")}
            ticks = parts.select(_("reception.ticks"), options, line.ticks_on if line else "")
        room = RoomChoice(plan, line, start, end) if kind in (Kind.SITE_VISIT, Kind.MEALS, Kind.ESCORT, Kind.MEET) else None

        def look_for_rooms(*_event: Any) -> None:
            if room is not None and (span := _span(day.value, begins.value, last.value if last is not None else day.value, ends.value)):
                room.look(*span)

        for field in (day, begins, ends, *([last] if last is not None else [])):
            field.on_value_change(look_for_rooms)
        note = parts.area(_("reception.note"), line.note if line else "", rows=2)

        async def go() -> None:
            cents = piles.cents_of(cost)
            span = _span(day.value, begins.value, last.value if last is not None else day.value, ends.value)
            said = (what.value or "").strip()
            seats = (table.value or "").strip() if table is not None else ""
            good_seats = not seats or (seats.isascii() and seats.isdigit())
            parts.refuse(what, None if said else _("reception.need_what"))
            parts.refuse(cost, None if cents is not None else _("repair.cost_wrong"))
            parts.refuse(ends, None if span else _("reception.need_span"))
            if table is not None:
                parts.refuse(table, None if good_seats else _("reception.need_heads"))
            if not said or cents is None or span is None or not good_seats:
                return
            do = reception.Arrange(
                reception_id=plan.id, line_id=line.id if line else None, kind=kind, what=said, owner_id=piles.uuid_of(owner), starts_at=span[0], ends_at=span[1],
                place=place.value or "", place_to=(place_to.value or "") if place_to is not None else "", companions=int(seats or 0), cost_cents=cents,
                ticks_on=ticks.value if ticks is not None else "", note=(note.value or "").strip()[:1000],
                **(room.chosen if room is not None else {}),
            )  # fmt: skip
            if (await parts.do(do)).ok:
                dialog.close()
                after()

        async def drop() -> None:
            assert line is not None
            if (await parts.do(reception.DropLine(line_id=line.id))).ok:
                dialog.close()
                after()

        with parts.box("dialog__acts"):
            if line is not None:
                parts.button(_("reception.drop_line"), drop, kind="quiet", icon="trash")
                parts.box("push", "span")
            parts.button(_("web.cancel"), dialog.close)
            parts.button(_("web.save"), go, kind="main")
    dialog.open()


class RoomChoice:
    """Which room a line has: one that is free at its time, to be booked with it, or a booking of the day that is there already."""

    def __init__(self, plan: Plan, line: PlanLine | None, start: datetime, end: datetime) -> None:
        self.plan, self.line = plan, line
        booked = line is not None and line.room_id is not None and line.room_booked
        now = f"book:{line.room_id}" if line and booked else f"link:{line.booking_id}" if line and line.booking_id else None
        self.field = parts.select(_("reception.room"), self._options(start, end), now, search=True, help=_("reception.room_help"))
        self.field.props("clearable")

    def look(self, start: datetime, end: datetime) -> None:
        """The time is another one: so are the rooms that are free."""
        options = self._options(start, end)
        self.field.set_options(options, value=self.field.value if self.field.value in options else None)

    @property
    def chosen(self) -> dict[str, UUID]:
        """What the operation is told."""
        way, _colon, id = str(self.field.value or "").partition(":")
        return {"room_id" if way == "book" else "booking_id": UUID(id)} if id else {}

    def _options(self, start: datetime, end: datetime) -> dict[str, str]:
        line, found = self.line, {}
        if line is not None and line.booking_id is not None:
            key = f"book:{line.room_id}" if line.room_booked else f"link:{line.booking_id}"
            found[key] = _("reception.room_keep", room=room_words(line)) if line.room else _("reception.room_gone")
        with database.reading() as s:
            free = roomlink.free(s, start, end, self.plan.headcount, clock.now()) if end > start else []
            linked = roomlink.during(s, start, end) if end > start else []
        for room in free:
            name = room.name_en if frame.lang() == "en" and room.name_en else room.name
            found.setdefault(f"book:{room.id}", _("reception.room_book", room=name, n=room.capacity))
        for one in linked:
            if line is None or one.booking_id != line.booking_id:
                times = {"from": f"{clock.local(one.starts_at):%H:%M}", "until": f"{clock.local(one.ends_at):%H:%M}"}
                found.setdefault(f"link:{one.booking_id}", _("reception.room_link", room=room_words(one), **times))
        return found


def room_words(one: PlanLine | roomlink.RoomLink) -> str:
    """The room as the page's language calls it."""
    return (frame.lang() == "en" and one.room_en) or one.room


def _usual(plan: Plan, kind: Kind) -> tuple[datetime, datetime]:
    """After the last line of this kind, or at the usual hour of the first day."""
    hour, minute, minutes = USUAL[kind]
    start = datetime.combine(plan.starts_on, time(hour, minute), clock.zone())
    return start, start + timedelta(minutes=minutes)


def _span(day: str, begins: str, last: str, ends: str) -> tuple[datetime, datetime] | None:
    """The moments of two wall times; an end before the start on the same day is no span."""
    try:
        start = clock.from_wall(datetime.combine(date.fromisoformat(day), time.fromisoformat(begins or "")), clock.zone())
        end = clock.from_wall(datetime.combine(date.fromisoformat(last), time.fromisoformat(ends or "")), clock.zone())
    except (ValueError, Refused):
        return None
    return (start, end) if start < end else None
