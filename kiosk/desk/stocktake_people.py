"""Who counts and how far each is: the progress of a stock-take by place and by person, and letting another person count the differences again
(guide S4.1-R6; scenario Things 6)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from core.foundation import clock, database, i18n
from core.mechanisms import places
from core.sections import stocktakes
from core.sections.stocktakes import AssignCounters, Line, OpenDevice, RecountLines, Result, State
from core.sections.stocktakes.progress import PersonProgress, Progress
from core.web import frame, parts
from core.web.frame import _
from kiosk.desk.stocktake_counters import CounterField, covered
from kiosk.desk.stocktake_head import Shown
from kiosk.desk.stocktake_open import persons

ANYONE = ""


def progress(shown: Shown, found: Progress) -> None:
    """Two lists side by side: places with what is left in each, people with what they did and what their phones still hold."""
    phones: dict[UUID, list[OpenDevice]] = {}
    for one in shown.devices:
        if one.person_id is not None:
            phones.setdefault(one.person_id, []).append(one)
    with parts.box("count2").props("data-test=progress"):
        with parts.box("sheet", "section"):
            parts.text(_("stocktake.progress_places"), "h2")
            with parts.box("count2__rows"):
                for place in found.places:
                    with parts.box("count2__row").props("data-test=place-progress"):
                        parts.text(place.place or _("stocktake.nowhere"), "span", "strong")
                        parts.text(_("stocktake.counted_of", counted=place.counted, expected=place.expected), "span", "num")
                        _bar(place.counted, place.expected)
        with parts.box("sheet", "section"):
            parts.text(_("stocktake.progress_people"), "h2")
            if not found.people:
                parts.text(_("stocktake.not_begun"), "p", "second")
            with parts.box("count2__rows"):
                for person in found.people:
                    _person(person, phones.get(person.person_id, []))


def _person(person: PersonProgress, phones: list[OpenDevice]) -> None:
    with parts.box("count2__row").props("data-test=person-progress"):
        parts.text(person.name, "span", "strong")
        if person.expected is not None:
            parts.text(_("stocktake.answered_of", n=person.counted, of=person.expected), "span", "num")
            _bar(person.counted, person.expected)
        else:
            parts.text(_("stocktake.counted_by_n", n=person.counted), "span", "num")
        where = _("stocktake.list_join").join(person.places) or (_("stocktake.everywhere") if person.asked else _("stocktake.not_asked"))
        when = (
            _("stocktake.last_at", when=i18n.day_and_time(person.last_at, clock.zone(), frame.lang()))
            if person.last_at
            else _("stocktake.not_begun")
        )
        parts.text(parts.joined("" if person.expected is not None else where, when), "small")
        for phone in phones:
            parts.text(phone_state(phone), "small")


def phone_state(phone: OpenDevice) -> str:
    """What is still to come from a phone, by its own numbers: `41–43 announced, not received`."""
    if phone.missing:
        return _("stocktake.phone_state_missing", spans=spans_of(phone))
    return _("stocktake.phone_state_done" if phone.handed_in else "stocktake.phone_state_open")


def spans_of(phone: OpenDevice) -> str:
    return _("stocktake.list_join").join(str(start) if start == end else f"{start}–{end}" for start, end in phone.missing)


def _bar(part: int, whole: int) -> None:
    with parts.box("bar").props("aria-hidden=true"):
        if part and whole:
            parts.box("free", "i").style(f"width: {min(100, 100 * part / whole):.2f}%")


# ── who counts ──


def ask_counters(shown: Shown, again: Callable[[], Awaitable[None]]) -> None:
    """Name the persons who count and where each of them does, or nobody in particular."""
    with database.reading() as s:
        known, present = persons(s), stocktakes.counters_of(s, shown.row.id)
        paths = {str(place.id): place.path for place in places.everything(s)}
    where = covered(shown.session.place_ids, paths)
    with parts.sheet_dialog(_("stocktake.assign_counters"), shown.row.title) as dialog, parts.box("openform"):
        field = CounterField(known, lambda: where, present)
        field.below()

        async def save() -> None:
            if (await parts.do(AssignCounters(stocktake_id=shown.row.id, counters=field.counters))).ok:
                dialog.close()
                await again()

        with parts.box("dialog__acts"):
            parts.button(_("web.cancel"), dialog.close)
            parts.button(_("stocktake.assign_save"), save, kind="main")
    dialog.open()


def to_recount(shown: Shown) -> list[Line]:
    """Differences that nobody has decided about and that do not wait for a second counter already."""
    closed = shown.row.state != State.OPEN
    return [
        line for line in shown.review.lines
        if line.is_difference and not line.is_decided and line.result != Result.RECOUNT and line.subject_id is not None
        and (closed or line.result != Result.NOT_COUNTED)
    ]  # fmt: skip


def ask_recount(shown: Shown) -> None:
    """Choose the second counter: who counted one of the lines first is not offered."""
    lines = to_recount(shown)
    first = {person for line in lines for person in stocktakes.first_counters(shown.review, line)}
    with database.reading() as s:
        known = {key: name for key, name in persons(s).items() if UUID(key) not in first}
    options = {ANYONE: _("stocktake.recount_anyone"), **known}
    with parts.sheet_dialog(_("stocktake.recount_title"), _("stocktake.recount_words", n=len(lines))) as dialog, parts.box("openform"):
        who = parts.select(_("stocktake.recount_who"), options, ANYONE, search=True)
        who.props("data-test=recount-who")

        async def go() -> None:
            person = UUID(who.value) if who.value else None
            do = RecountLines(stocktake_id=shown.row.id, line_ids=tuple(line.line_id for line in lines), person_id=person)
            outcome = await parts.do(do)
            if outcome.ok:
                dialog.close()
                parts.toast(_("stocktake.recounted_toast", n=outcome.result["lines"]))

        with parts.box("dialog__acts"):
            parts.button(_("web.cancel"), dialog.close)
            parts.button(_("stocktake.recount_go", n=len(lines)), go, kind="main").props("data-test=recount-go")
    dialog.open()
