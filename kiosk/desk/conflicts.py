"""Conflicts and the waiting list at the desk (协调冲突, guide S1.3-R2): what is asked for, who has it, what the office offers."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from uuid import UUID

from fastapi import Depends
from nicegui import APIRouter

from core.foundation import clock, database, i18n
from core.mechanisms.operations import OFFICE, Operation, Role
from core.sections import bookings
from core.sections.bookings import CaseView, WaitView
from core.web import frame, parts
from core.web.frame import _
from kiosk.desk.registers import Chip, Column, Register, RegisterPage

router = APIRouter(dependencies=[Depends(frame.signed_in)])
CASE_TONES: dict[str, parts.Tone] = {"open": "held", "settled": "free", "refused": "shut", "withdrawn": "shut", "lapsed": "shut"}
OFFER_TONES: dict[str, parts.Tone] = {"open": "held", "accepted": "free", "declined": "busy", "lapsed": "shut", "gone": "shut"}
WAIT_TONES: dict[str, parts.Tone] = {"waiting": "soon", "offered": "held", "placed": "free", "left": "shut", "lapsed": "shut"}


@router.page("/desk/conflicts")
def conflicts_page() -> None:
    with frame.desk("conflicts", _("nav.conflicts"), *OFFICE, Role.LEADER):
        RegisterPage(CASES)


@router.page("/desk/waiting")
def waiting_page() -> None:
    with frame.desk("waiting", _("nav.waiting"), *OFFICE):
        RegisterPage(WAITS)


def _day(moment: datetime) -> str:
    return i18n.short_day(clock.local(moment).date(), frame.lang())


def _span(row: CaseView | WaitView | bookings.OfferView) -> str:
    return f"{i18n.clock_time(row.starts_at, clock.zone())}–{i18n.clock_time(row.ends_at, clock.zone())}"


# ── a case ──


def _draw_case(case: CaseView, page: RegisterPage) -> None:
    page.peek_head(
        case.title or case.person,
        pill=(_(f"case.state.{case.state}"), CASE_TONES[case.state]),
        meta=f"{_day(case.starts_at)} {_span(case)}",
    )
    parts.facts((
        (_("case.column.room"), case.room), (_("case.column.person"), case.person), (_("case.column.holder"), case.holder if case.kind == "wanted" else ""),
        (_("bookings.attendees"), case.attendees or ""), (_("case.column.reason"), case.reason), (_("case.column.note"), case.note),
    ))  # fmt: skip
    if case.kind == "displaced":
        parts.text(_("conflicts.displaced_hint"), "p", "quiet small")
    if case.offers:
        with parts.rows("list"):
            for offer in case.offers:
                answer_by = _("conflicts.answer_by", at=i18n.clock_time(offer.expires_at, clock.zone())) if offer.state == "open" else ""
                with parts.item(parts.joined(offer.room, _span(offer)), parts.joined(offer.person, answer_by)):
                    parts.pill(_(f"offer.state.{offer.state}"), OFFER_TONES[offer.state])
    if case.state == "open" and not any(offer.state == "open" for offer in case.offers):
        _draw_mediation(case, page)


def _draw_mediation(case: CaseView, page: RegisterPage) -> None:
    """Rooms that are free then, for either side, or why it can not be helped."""
    with database.reading() as s:
        free = bookings.free_rooms(s, case.starts_at, case.ends_at, seats=case.attendees, near=case.room_id, limit=6)
    if free:
        room = parts.select(
            _("conflicts.free_room"), {str(one.id): _("bookings.room_line", room=one.name, n=one.capacity) for one in free}, str(free[0].id)
        )

        def offer(to: str) -> bookings.OfferInCase:
            return bookings.OfferInCase(case_id=case.id, to=to, room_id=UUID(str(room.value)))  # type: ignore[arg-type]  # the literals below

        with parts.box("row wrap"):
            parts.button(_("conflicts.offer_asker", who=case.person), lambda: _do(offer("asker"), page), kind="main")
            if case.kind == "wanted" and case.holder:
                parts.button(_("conflicts.ask_holder", who=case.holder), lambda: _do(offer("holder"), page))
    else:
        parts.text(_("conflicts.no_room"), "p", "quiet")
    note = parts.input(_("conflicts.note"), props="maxlength=500")

    async def close() -> None:
        words = (note.value or "").strip()
        parts.refuse(note, None if words else _("conflicts.note_needed"))
        if words:
            await _do(bookings.CloseCase(case_id=case.id, note=words), page)

    parts.button(_("conflicts.close"), close, kind="stop")


async def _do(operation: Operation, page: RegisterPage) -> None:
    if (await parts.do(operation)).ok:
        await page.reopen()


CASES = Register(
    name="cases", title="nav.conflicts", kinds=("case", "offer"), search="conflicts.find", sub="conflicts.hint", empty=("conflicts.empty", "conflicts.empty_hint"),
    columns=(
        Column("bookings.day", lambda c: _day(c.starts_at), sub=_span), Column("case.column.room", lambda c: c.room),
        Column("case.column.person", lambda c: c.person, sub=lambda c: c.title), Column("case.column.holder", lambda c: c.holder if c.kind == "wanted" else _("conflicts.displaced")),
        Column("case.column.reason", lambda c: c.reason), Column("case.column.state", lambda c: _(f"case.state.{c.state}"), tone=lambda c: CASE_TONES[c.state]),
    ),
    chips=(Chip("open", "case.state.open", {"state": "open"}), Chip("settled", "case.state.settled", {"state": "settled"}), Chip("all", "bookings.all")),
    peek=_draw_case,
)  # fmt: skip


# ── the waiting list ──


def _draw_wait(wait: WaitView, page: RegisterPage) -> None:
    page.peek_head(wait.person, pill=(_(f"wait.state.{wait.state}"), WAIT_TONES[wait.state]), meta=f"{_day(wait.starts_at)} {_span(wait)}")
    parts.facts((
        (_("wait.column.room"), wait.room or _("waiting.any_room")), (_("booking.column.title"), wait.title), (_("bookings.attendees"), wait.attendees or ""),
        (_("waiting.ahead"), wait.ahead), (_("waiting.how"), _("waiting.placed_at_once") if wait.place else _("waiting.asked_first")),
        (_("wait.column.joined_at"), i18n.day_and_time(wait.joined_at, clock.zone(), frame.lang())),
    ))  # fmt: skip
    if wait.state in ("waiting", "offered"):
        parts.button(_("waiting.leave"), partial(_do, bookings.LeaveWaiting(wait_id=wait.id), page), kind="stop")


WAITS = Register(
    name="waits", title="nav.waiting", kinds=("wait",), search="waiting.find", sub="waiting.hint", empty=("waiting.empty", "waiting.empty_hint"),
    columns=(
        Column("bookings.day", lambda w: _day(w.starts_at), sub=_span), Column("wait.column.room", lambda w: w.room or _("waiting.any_room")),
        Column("wait.column.person", lambda w: w.person, sub=lambda w: w.title), Column("waiting.ahead", lambda w: w.ahead, number=True),
        Column("wait.column.state", lambda w: _(f"wait.state.{w.state}"), tone=lambda w: WAIT_TONES[w.state]),
    ),
    chips=(Chip("waiting", "wait.state.waiting", {"state": "waiting"}), Chip("offered", "wait.state.offered", {"state": "offered"}), Chip("all", "bookings.all")),
    peek=_draw_wait,
)  # fmt: skip
