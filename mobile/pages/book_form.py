"""Taking a room on the phone: the form that follows purpose and room, and what else could be had (guide S1.3-R1, R3; Front desk 1).

What is asked comes from `bookings.form_of`; a refusal brings its alternatives, the waiting list and, for an important meeting, the room."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from nicegui import ui

from core.foundation import clock, database, i18n
from core.mechanisms.operations import Operation, Outcome
from core.sections import bookings, rooms
from core.sections.bookings import FreeRoom
from core.sections.rooms import PurposeView, RoomView
from core.web import frame, parts
from core.web.frame import _


def clock_words(moment: datetime) -> str:
    return i18n.clock_time(moment, clock.zone())


def room_name(name: str, english: str) -> str:
    return english if frame.lang() == "en" and english else name


def purpose_name(purpose: PurposeView) -> str:
    return room_name(purpose.name, purpose.english_name)


def about(room: FreeRoom | RoomView) -> str:
    words = [_("door.rooms.seats", n=room.capacity)] if room.capacity else []
    words += [room.where] if room.where else []
    return (", " if frame.lang() == "en" else "，").join([*words, *(_(f"room.equipment.{code}") for code in room.equipment)])


class TakeRoom:
    """The sheet of one room: what this purpose asks, one main act, and after a refusal what could be had instead."""

    def __init__(self, room: FreeRoom, start: datetime, end: datetime, purpose_id: UUID | None, on_done: Callable[[], Any]) -> None:
        self.room, self.start, self.end, self.purpose_id, self.on_done = room, start, end, purpose_id, on_done
        self.needs: set[str] = set()
        with database.reading() as s:
            self.form = bookings.form_of(s.get(rooms.Room, room.id), rooms.get_purpose(s, purpose_id))
            self.hosts = {str(host.id): host.name for host in bookings.hosts_for(s, frame.actor())}
        with parts.sheet_dialog(room_name(room.name, room.name_en), parts.joined(_day(start), _span(start, end))) as self.dialog:
            parts.text(about(room), "p", "sub")
            self.title = parts.input(_("book.what_for" if not self.form.asks_title else "booking.column.title"), props="maxlength=120")
            self._draw_form()
            self.refused = parts.box("bookform__refused").props("role=alert")
            facts = {"from": clock_words(start), "until": clock_words(end)}
            parts.button(_("bookings.ask" if self.form.approvers else "book.take", **facts), self.take, kind="main", wide=True)
            parts.button(_("book.not_yet"), self.dialog.close, kind="quiet", wide=True)
        self.dialog.open()

    def _draw_form(self) -> None:
        form = self.form
        me = frame.actor()
        self.host = None
        if self.hosts:
            self.host = parts.select(_("booking.column.host"), {str(me.person_id): me.name} | self.hosts, str(me.person_id), search=True)
        self.attendees = None
        if form.asks_attendees:
            self.attendees = parts.input(_("bookings.attendees"), props=f"type=number min=1 max={form.capacity or 5000} inputmode=numeric")
        self.seating = None
        if form.asks_seating:
            self.seating = parts.select(
                _("bookings.seating"), {name: _(f"booking.seating.{name}") for name in rooms.SEATINGS}, rooms.SEATINGS[0]
            )
        self.remark = None
        if form.needs:
            with parts.field(_("bookings.needs")), parts.box("row wrap checks"):
                for need in form.needs:
                    ui.checkbox(_(f"booking.need.{need}"), on_change=partial(self._tick, need))
            self.remark = parts.input(_("bookings.remark"), props="maxlength=500")
        if form.approvers:
            names = parts.listed(_(f"role.{name}") for name in form.approvers)
            parts.text(_("bookings.rule.approval", who=names), "p", "sub")

    def _tick(self, need: str, event: Any) -> None:
        (self.needs.add if event.value else self.needs.discard)(need)

    def _wish(self, **more: Any) -> bookings.CreateBooking | None:
        given = str(self.attendees.value or "0") if self.attendees is not None else "0"
        if not given.isdigit() or int(given) > 5000:
            parts.refuse(self.attendees, _("bookings.attendees_wrong"))
            return None
        host = str(self.host.value or "") if self.host is not None else ""
        facts = {
            "room_id": self.room.id,
            "starts_at": self.start,
            "ends_at": self.end,
            "title": self.title.value or "",
            "purpose_id": self.purpose_id,
            "attendees": int(given),
            "needs": tuple(sorted(self.needs)),
            "seating": self.seating.value if self.seating is not None else "",
            "remark": (self.remark.value or "") if self.remark is not None else "",
            "host_id": UUID(host) if host in self.hosts else None,
        }
        return bookings.CreateBooking(**(facts | more))

    async def take(self, **more: Any) -> None:
        """Book it. Every value stays when it is refused."""
        do = self._wish(**more)
        if do is None:
            return
        outcome = await parts.do(do, quiet=True)
        if not outcome.ok:
            self._show_refusal(outcome, do)
            return
        self.dialog.close()
        made = UUID(outcome.result["id"])
        starts, ends = (datetime.fromisoformat(outcome.result[name]) for name in ("starts_at", "ends_at"))
        words = "book.done" if outcome.result["state"] != "pending" else "bookings.asked_for"
        done = _(words, room=outcome.result["room"], until=clock_words(ends), **{"from": clock_words(starts)})
        parts.toast(done, undo=lambda: self._undo(made))
        self.on_done()

    async def _undo(self, booking_id: UUID) -> None:
        await parts.do(bookings.CancelBooking(booking_id=booking_id), done=_("book.cancelled", room=self.room.name))
        self.on_done()

    def _show_refusal(self, outcome: Outcome, do: bookings.CreateBooking) -> None:
        self.refused.clear()
        self.refused.run_method("scrollIntoView", {"block": "center"})
        with self.refused:
            parts.text(outcome.message(frame.lang()), "p", "field__help field__help--error")
            for room in outcome.facts.get("alternatives", ()):
                words = _("bookings.instead_room", room=room_name(room["name"], room["name_en"]))
                parts.button(words, partial(self.take, room_id=UUID(room["id"])), wide=True)
            for free in outcome.facts.get("times", ()):
                start, end = datetime.fromisoformat(free["starts_at"]), datetime.fromisoformat(free["ends_at"])
                words = _("bookings.instead_time", until=clock_words(end), **{"from": clock_words(start)})
                parts.button(words, partial(self.take, starts_at=start, ends_at=end), wide=True)
            if outcome.code == "booking.clash":
                parts.button(_("bookings.wait"), partial(self._wait, do), kind="quiet", wide=True)
            if outcome.facts.get("may_displace") or outcome.code == "booking.displace_reason":
                reason = parts.input(_("bookings.displace_reason"), help=_("bookings.displace_hint"), props="maxlength=200")

                async def displace() -> None:
                    await self.take(displace=True, reason=reason.value or "")

                parts.button(_("bookings.displace"), displace, kind="stop", wide=True)

    async def _wait(self, do: bookings.CreateBooking) -> None:
        join = bookings.JoinWaiting(
            room_id=do.room_id, starts_at=do.starts_at, ends_at=do.ends_at, title=do.title, purpose_id=do.purpose_id, attendees=do.attendees, needs=do.needs,
        )  # fmt: skip
        if (await parts.do(join, done=_("bookings.waiting"))).ok:
            self.dialog.close()
            self.on_done()


class Answers:
    """What waits for this person: rooms kept for them, a room they can still have, and what they wait for."""

    def __init__(self, on_done: Callable[[], Any]) -> None:
        self.on_done = on_done
        self.draw()

    @ui.refreshable_method
    def draw(self) -> None:
        by, at = frame.actor(), clock.now()
        assert by.person_id is not None  # only signed-in people get here
        with database.reading() as s:
            kept, late = bookings.offers_to(s, by.person_id, at), bookings.late_for(s, by.person_id, at)
            waits, cases = bookings.waits_of(s, by.person_id, at), bookings.cases_of(s, by.person_id, at)
            reasons = {offer.id: bookings.reason_of(s, offer.for_booking_id) for offer in kept if offer.for_booking_id}
        for offer in kept:
            self._draw_offer(offer, reasons.get(offer.id, ""))
        for booking, until in late:
            with parts.banner(_("bookings.late", room=booking.room, until=clock_words(until)), "due"):
                parts.button(
                    _("bookings.take_again"),
                    partial(self._do, bookings.TakeAgain(booking_id=booking.id), _("book.checked_in")),
                    kind="main",
                )
        if waits or cases:
            parts.text(_("bookings.i_wait_for"), "h2")
            with parts.rows():
                for wait in waits:
                    with parts.item(
                        wait.room or _("waiting.any_room"),
                        parts.joined(_day(wait.starts_at), _span(wait.starts_at, wait.ends_at), _place(wait)),
                    ):
                        leave = bookings.LeaveWaiting(wait_id=wait.id)
                        parts.button(_("waiting.leave_mine"), partial(self._do, leave, _("waiting.left")), kind="quiet")
                for case in cases:
                    with parts.item(
                        case.room, parts.joined(_day(case.starts_at), _span(case.starts_at, case.ends_at), _("conflicts.with_office"))
                    ):
                        withdraw = bookings.WithdrawCase(case_id=case.id)
                        parts.button(_("conflicts.withdraw"), partial(self._do, withdraw, _("conflicts.withdrawn")), kind="quiet")

    def _draw_offer(self, offer: bookings.OfferView, reason: str) -> None:
        key = "bookings.offer_instead" if offer.instead_of else "bookings.offer_freed"
        words = _(key, room=offer.room, instead=offer.instead_of, day=_day(offer.starts_at), span=_span(offer.starts_at, offer.ends_at))
        with parts.box("sheet offer").props("role=status"):
            parts.text(words, "p", "offer__words")
            if reason:
                parts.text(_("bookings.offer_reason", reason=reason), "p", "sub")
            parts.text(
                parts.joined(_("door.rooms.seats", n=offer.capacity), _("conflicts.answer_by", at=_until(offer.expires_at))), "p", "sub"
            )
            with parts.box("row offer__acts"):
                parts.button(
                    _("bookings.accept"),
                    partial(self._do, bookings.AcceptOffer(offer_id=offer.id), _("bookings.accepted", room=offer.room)),
                    kind="main",
                )
                parts.button(_("bookings.decline"), partial(self._do, bookings.DeclineOffer(offer_id=offer.id), _("bookings.declined")))

    async def _do(self, operation: Operation, done: str) -> None:
        await parts.do(operation, done=done)
        self.on_done()


def _place(wait: bookings.WaitView) -> str:
    return _("waiting.next") if not wait.ahead else _("waiting.behind", n=wait.ahead)


def _span(start: datetime, end: datetime) -> str:
    return f"{clock_words(start)}–{clock_words(end)}"


def _day(moment: datetime) -> str:
    days = (clock.local(moment).date() - clock.today()).days
    return _("book.today") if days == 0 else _("book.tomorrow") if days == 1 else i18n.short_day(clock.local(moment).date(), frame.lang())


def _until(moment: datetime) -> str:
    return clock_words(moment) if clock.local(moment).date() == clock.today() else i18n.day_and_time(moment, clock.zone(), frame.lang())
