"""The desk's booking form: it follows room and purpose, and a refusal shows what could be had instead (guide S1.3-R1, R3; Front desk 1).

What is asked and what holds comes from `bookings.form_of`; alternatives, waiting and displacing come with the refusal. Nothing is decided here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from core.foundation import clock, database, i18n
from core.mechanisms import people
from core.mechanisms.operations import Outcome
from core.sections import bookings, rooms
from core.web import frame, parts
from core.web.frame import _
from kiosk.desk.booking_wishes import Wishes

STEP_MINUTES = 15
LENGTHS = (15, 30, 45, 60, 90, 120, 180, 240, 360, 480)


class BookingForm:
    """One dialog. `on_done` runs after a booking, a place in the queue or a case was made; `room_id` is chosen at the start."""

    def __init__(self, on_done: Callable[[], Any], room_id: str = "") -> None:
        self.on_done, self.by = on_done, frame.actor()
        self._read()
        self.room_id = room_id if room_id in self.rooms else next(iter(self.rooms), "")
        self.wishes = Wishes(self.by, lambda: self.room_id)
        with parts.sheet_dialog(_("bookings.book")) as self.dialog:
            self._draw_when()
            self.wishes.draw()
            self.problem = parts.box("bookform__refused").props("role=alert")
            with parts.box("dialog__acts"):
                parts.button(_("web.cancel"), self.dialog.close)
                parts.button(_("bookings.book"), self.save, kind="main")
        self.dialog.open()

    # ── drawing ──

    def _read(self) -> None:
        at = clock.now()
        with database.reading() as s:
            known = [room for room in rooms.everything(s, at) if room.bookable and (room.closed_until or not room.closed)]
            person = people.get(s, self.by.person_id)
            hosts, departments = bookings.hosts_for(s, self.by), people.department_names(s)
        self.rooms = {str(room.id): _("bookings.room_line", room=room.name, n=room.capacity) for room in known}
        self.names = {str(room.id): room.name for room in known}
        self.hosts = {str(self.by.person_id): person.name} | {
            str(host.id): parts.joined(host.name, departments.get(host.department_id, "") if host.department_id else "") for host in hosts
        }

    def _draw_when(self) -> None:
        local = clock.local(clock.now())
        soon = local.replace(minute=0, second=0, microsecond=0) + timedelta(minutes=STEP_MINUTES * (local.minute // STEP_MINUTES + 1))
        self.wishes.draw_purpose()
        self.room = parts.select(_("booking.column.room"), self.rooms, self.room_id or None, search=True, on_change=self._choose_room)
        with parts.box("row"):
            self.day = parts.input(_("bookings.day"), soon.date().isoformat(), props="type=date")
            self.start = parts.input(_("booking.column.starts_at"), f"{soon:%H:%M}", props="type=time step=900")
            lengths = {n: i18n.duration(timedelta(minutes=n), frame.lang()) for n in LENGTHS}
            self.length = parts.select(_("bookings.length"), lengths, 60)
        self.title = parts.input(_("booking.column.title"), help=_("bookings.title_hint"), props="maxlength=120")
        self.host = None
        if len(self.hosts) > 1:
            self.host = parts.select(_("booking.column.host"), self.hosts, str(self.by.person_id), search=True)

    def _choose_room(self, room_id: Any) -> None:
        self.room_id = str(room_id or "")
        self.wishes.draw.refresh()

    # ── doing ──

    def wish(self, **more: Any) -> bookings.CreateBooking | None:
        """What is filled in; None when date or number can not be read, which the field says."""
        try:
            starts = datetime.combine(date.fromisoformat(self.day.value or ""), time.fromisoformat(self.start.value or ""), clock.zone())
        except ValueError:
            parts.refuse(self.start, _("bookings.when_wrong"))
            return None
        parts.refuse(self.start, None)
        wishes = self.wishes.facts()
        if wishes is None:
            return None
        host = str(self.host.value) if self.host is not None and self.host.value else ""
        facts: dict[str, Any] = {
            "room_id": UUID(str(self.room.value)),
            "starts_at": starts,
            "ends_at": starts + timedelta(minutes=int(self.length.value)),
            "title": self.title.value or "",
            "host_id": UUID(host) if host and host != str(self.by.person_id) else None,
        }
        return bookings.CreateBooking(**(facts | wishes | more))

    async def save(self, **more: Any) -> None:
        """Book it; a refusal stays in the dialog with what could be had instead."""
        do = self.wish(**more)
        if do is None:
            return
        outcome = await parts.do(do, quiet=True)
        if not outcome.ok:
            self._show_refusal(outcome, do)
            return
        waits = outcome.result["state"] == "pending"
        parts.toast(_("bookings.asked" if waits else "bookings.booked", room=self.names.get(str(do.room_id), "")))
        self._close()

    def _close(self) -> None:
        self.dialog.close()
        self.on_done()

    def _show_refusal(self, outcome: Outcome, do: bookings.CreateBooking) -> None:
        self.problem.clear()
        self.problem.run_method("scrollIntoView", {"block": "center"})
        with self.problem:
            parts.text(outcome.message(frame.lang()), "p", "field__help field__help--error")
            if outcome.code != "booking.clash" and not (outcome.code or "").startswith("booking.displace"):
                return
            draw_instead(outcome, self.save)
            if outcome.code == "booking.clash":
                with parts.box("row wrap"):
                    parts.button(_("bookings.wait"), partial(self._wait, do), kind="quiet")
                    parts.button(_("bookings.mediate"), partial(self._mediate, do), kind="quiet")
            if outcome.facts.get("may_displace") or outcome.code == "booking.displace_reason":
                with parts.box("bookform__displace"):
                    reason = parts.input(_("bookings.displace_reason"), help=_("bookings.displace_hint"), props="maxlength=200")

                    async def displace() -> None:
                        await self.save(displace=True, reason=reason.value or "")

                    parts.button(_("bookings.displace"), displace, kind="stop")

    async def _wait(self, do: bookings.CreateBooking) -> None:
        join = bookings.JoinWaiting(
            room_id=do.room_id, starts_at=do.starts_at, ends_at=do.ends_at, title=do.title, purpose_id=do.purpose_id, attendees=do.attendees, needs=do.needs,
        )  # fmt: skip
        if (await parts.do(join, done=_("bookings.waiting"))).ok:
            self._close()

    async def _mediate(self, do: bookings.CreateBooking) -> None:
        self.problem.clear()
        with self.problem:
            reason = parts.input(_("bookings.mediate_reason"), help=_("bookings.mediate_hint"), props="maxlength=500", autofocus=True)

            async def ask() -> None:
                words = (reason.value or "").strip()
                parts.refuse(reason, None if words else _("bookings.mediate_reason_needed"))
                if not words:
                    return
                case = bookings.OpenCase(
                    room_id=do.room_id, starts_at=do.starts_at, ends_at=do.ends_at, title=do.title, purpose_id=do.purpose_id, attendees=do.attendees,
                    needs=do.needs, seating=do.seating, reason=words,
                )  # fmt: skip
                if (await parts.do(case, done=_("bookings.mediating"))).ok:
                    self._close()

            parts.button(_("bookings.mediate_send"), ask, kind="main")


def draw_instead(outcome: Outcome, take: Callable[..., Any]) -> None:
    """What else could be had, a button each: `take(room_id=…)` or `take(starts_at=…, ends_at=…)` asks again."""
    rooms_instead, times = outcome.facts.get("alternatives", ()), outcome.facts.get("times", ())
    with parts.box("row wrap") if rooms_instead or times else parts.box():
        for room in rooms_instead:
            name = room["name_en"] if frame.lang() == "en" and room.get("name_en") else room["name"]
            parts.button(_("bookings.instead_room", room=name), partial(take, room_id=UUID(room["id"])))
        for free in times:
            start, end = datetime.fromisoformat(free["starts_at"]), datetime.fromisoformat(free["ends_at"])
            words = _("bookings.instead_time", until=_clock(end), **{"from": _clock(start)})
            parts.button(words, partial(take, starts_at=start, ends_at=end))


def _clock(moment: datetime) -> str:
    return i18n.clock_time(moment, clock.zone())
