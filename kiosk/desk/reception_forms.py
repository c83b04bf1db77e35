"""The dialogs of a reception plan: its head, guests, one arrangement, costs, review, incidents (guide S3.1-R1 … R8)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from nicegui import ui
from pydantic import ValidationError

from core.foundation import clock, database, i18n
from core.foundation.errors import Refused
from core.sections import reception
from core.sections.reception import Guest, IncidentView, Kind, Level, Plan, PlanLine, roomlink
from core.web import frame, icons, parts
from core.web.frame import _
from kiosk.desk import piles

After = Callable[[], Any]
# When a new line begins and how long it lasts, before the planner says otherwise.
USUAL = {Kind.MEET: (9, 0, 60), Kind.ESCORT: (9, 0, 480), Kind.MEALS: (12, 0, 60), Kind.LODGING: (20, 0, 720), Kind.TRANSPORT: (8, 30, 45), Kind.SITE_VISIT: (14, 0, 90)}  # fmt: skip


def edit_head(plan: Plan, after: After) -> None:
    """Who, when, why: the words at the top."""
    with parts.sheet_dialog(_("reception.edit_head"), plan.number) as dialog:
        organisation = parts.input(_("reception.organisation"), plan.organisation, props="maxlength=120")
        with parts.box("row"):
            starts = parts.input(_("reception.starts_on"), plan.starts_on.isoformat(), props="type=date")
            ends = parts.input(_("reception.ends_on"), plan.ends_on.isoformat(), props="type=date")
        with parts.box("row"):
            level = parts.select(_("reception.level"), {str(one): _(f"reception.level.{one}") for one in Level}, plan.level)
            heads = parts.input(_("reception.headcount"), str(plan.headcount), props="inputmode=numeric maxlength=4")
        purpose = parts.area(_("reception.purpose"), plan.purpose, rows=2)
        itinerary = parts.area(_("reception.itinerary"), plan.itinerary, rows=4, help=_("reception.itinerary_help"))
        letter = parts.input(_("reception.letter"), plan.letter, help=_("reception.letter_help"), props="maxlength=120")
        lead = parts.select(_("reception.lead"), piles.everyone(), str(plan.lead_id), search=True)
        thanks = parts.area(_("reception.thanks_text"), plan.thanks, rows=2, help=_("reception.thanks_help"))

        async def go() -> None:
            count = (heads.value or "").strip()
            good = count.isascii() and count.isdigit() and int(count) > 0
            parts.refuse(heads, None if good else _("reception.need_heads"))
            parts.refuse(organisation, None if (organisation.value or "").strip() else _("reception.need_organisation"))
            if not good or not (organisation.value or "").strip():
                return
            try:
                do = reception.UpdateReception(
                    reception_id=plan.id, organisation=organisation.value, level=Level(level.value), purpose=(purpose.value or "").strip(),
                    itinerary=(itinerary.value or "").strip(), letter=letter.value or "", starts_on=piles.day_of(starts), ends_on=piles.day_of(ends),
                    headcount=int(count), lead_id=piles.uuid_of(lead), thanks=(thanks.value or "").strip(),
                )  # fmt: skip
            except ValidationError:
                parts.problem(_("reception.too_long"))
                return
            if (await parts.do(do)).ok:
                dialog.close()
                after()

        piles.acts(dialog, _("web.save"), go)
    dialog.open()


# ── guests ──


class GuestForm:
    """The list as rows of fields; the first one is the head of the delegation."""

    FIELDS = (("name", 80), ("post", 200), ("organisation", 200), ("phone", 40), ("email", 254))

    def __init__(self, plan: Plan, after: After) -> None:
        self.plan, self.after = plan, after
        self.rows: list[tuple[UUID | None, dict[str, str]]] = [
            (guest.id, {name: str(getattr(guest, name)) for name, _most in self.FIELDS} | {"language": guest.language})
            for guest in plan.guests
            if not guest.erased
        ] or [(None, {})]
        self.fields: list[dict[str, Any]] = []
        with parts.sheet_dialog(_("reception.guests"), _("reception.guests_hint")) as self.dialog:
            self.body = parts.box("guestform")
            parts.button(_("reception.add_guest"), self._add, kind="quiet", icon="plus")
            piles.acts(self.dialog, _("web.save"), self._save)
        self._draw()
        self.dialog.open()

    def _draw(self) -> None:
        self.body.clear()
        self.fields = []
        with self.body:
            for index, (_id, said) in enumerate(self.rows):
                with parts.box("guestform__row").props("role=group"):
                    one: dict[str, Any] = {}
                    for name, most in self.FIELDS:
                        label = _(f"reception.guest.{name}")
                        one[name] = ui.input(value=said.get(name, ""), placeholder=label).props(
                            f'outlined dense maxlength={most} aria-label="{label} {index + 1}"'
                        )
                    options = {"": _("reception.guest.language"), **i18n.LANGUAGE_NAMES}
                    one["language"] = ui.select(options, value=said.get("language", "")).props(
                        f'outlined dense options-dense behavior=menu aria-label="{_("reception.guest.language")} {index + 1}"'
                    )
                    with parts.box("round", "button").props(
                        f'type=button aria-label="{_("reception.remove_guest", n=index + 1)}"'
                    ) as remove:
                        icons.icon("cross")
                    remove.on("click", lambda index=index: self._remove(index))
                    self.fields.append(one)

    def _keep(self) -> None:
        self.rows = [
            (id, {name: field.value or "" for name, field in one.items()}) for (id, _said), one in zip(self.rows, self.fields, strict=True)
        ]

    def _add(self) -> None:
        self._keep()
        self.rows.append((None, {}))
        self._draw()

    def _remove(self, index: int) -> None:
        self._keep()
        del self.rows[index]
        self._draw()

    async def _save(self) -> None:
        self._keep()
        guests = []
        for (id, said), one in zip(self.rows, self.fields, strict=True):
            if not any(value.strip() for name, value in said.items() if name != "language"):
                continue  # an empty row is nobody
            wrong: set[str] = set()
            try:
                guests.append(Guest(id=id, **said))
            except ValidationError as error:
                wrong = {str(item["loc"][0]) for item in error.errors() if item["loc"]}
            for name, _most in self.FIELDS:
                parts.refuse(one[name], _(f"reception.wrong.{name}") if name in wrong else None)
            if wrong:
                return
        if (await parts.do(reception.SetGuests(reception_id=self.plan.id, guests=tuple(guests)))).ok:
            self.dialog.close()
            self.after()


def edit_guests(plan: Plan, after: After) -> None:
    GuestForm(plan, after)


def invite_day(plan: Plan, after: After) -> None:
    """Codes for another day of a visit of several."""
    days = {
        (plan.starts_on + timedelta(days=n)).isoformat(): i18n.long_day(plan.starts_on + timedelta(days=n), frame.lang())
        for n in range((plan.ends_on - plan.starts_on).days + 1)
    }
    with parts.sheet_dialog(_("reception.invite_day"), _("reception.invite_day_hint")) as dialog:
        day = parts.select(_("reception.day"), days, plan.ends_on.isoformat())

        async def go() -> None:
            outcome = await parts.do(reception.InviteGuests(reception_id=plan.id, day=date.fromisoformat(str(day.value))))
            if outcome.ok:
                parts.toast(_("reception.invited_toast", n=outcome.result["invited"]))
                dialog.close()
                after()

        piles.acts(dialog, _("reception.invite_go"), go)
    dialog.open()


# ── one arrangement ──


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
        with database.reading() as s:
            rooms = {
                str(room.booking_id): f"{room.room} {clock.local(room.starts_at):%H:%M}–{clock.local(room.ends_at):%H:%M}"
                for room in roomlink.on_day(s, start.date())
            }
        if line and line.booking_id:
            rooms.setdefault(str(line.booking_id), line.room or _("reception.room_gone"))
        room = None
        if rooms and kind in (Kind.SITE_VISIT, Kind.MEALS, Kind.ESCORT, Kind.MEET):
            room = parts.select(
                _("reception.room"), rooms, str(line.booking_id) if line and line.booking_id else None, help=_("reception.room_help")
            )
            room.props("clearable")
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
                ticks_on=ticks.value if ticks is not None else "", note=(note.value or "").strip()[:1000], booking_id=piles.uuid_of(room) if room is not None else None,
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


# ── money, review, incidents ──


def add_cost(plan: Plan, after: After) -> None:
    """What was really paid, with its papers."""
    with parts.sheet_dialog(_("reception.add_cost"), _("reception.add_cost_hint")) as dialog:
        used = [kind for kind in Kind if plan.planned[kind]] or list(Kind)
        kind = parts.select(_("reception.kind"), {str(one): _(f"reception.kind.{one}") for one in Kind}, str(used[0]))
        amount = parts.input(_("reception.amount"), props="inputmode=decimal", help=_("reception.amount_help"))
        note = parts.input(_("reception.cost_note"), props="maxlength=300")
        photos = piles.Photos(_("reception.evidence"))

        async def go() -> None:
            text = (amount.value or "").strip().replace("−", "-")
            sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text)
            cents = piles.cents_of(_Typed(digits)) if digits else None
            parts.refuse(amount, None if cents else _("reception.no_amount"))
            if not cents:
                return
            do = reception.AddCost(
                reception_id=plan.id,
                kind=Kind(kind.value),
                amount_cents=sign * cents,
                note=(note.value or "").strip(),
                evidence=tuple(photos.hashes),
            )
            if (await parts.do(do)).ok:
                dialog.close()
                after()

        piles.acts(dialog, _("reception.add_cost_go"), go)
    dialog.open()


class _Typed:
    """A text where a field is asked for."""

    def __init__(self, value: str) -> None:
        self.value = value


def review(plan: Plan, after: After) -> None:
    """Our own mark and what to do otherwise next time."""
    chosen = {"score": plan.score}
    with parts.sheet_dialog(_("reception.review"), _("reception.review_hint")) as dialog:
        with parts.field(_("reception.score")):
            parts.choice(
                {str(n): str(n) for n in range(1, 6)}, str(plan.score) if plan.score else None, lambda key: chosen.update(score=int(key))
            )
        lessons = parts.area(_("reception.lessons"), plan.lessons, rows=4, help=_("reception.lessons_help"))

        async def go() -> None:
            if chosen["score"] is None:
                parts.problem(_("reception.need_score"))
                return
            do = reception.Review(reception_id=plan.id, score=chosen["score"], lessons=(lessons.value or "").strip()[:4000])
            if (await parts.do(do, done=_("reception.reviewed_toast"))).ok:
                dialog.close()
                after()

        piles.acts(dialog, _("reception.review_go"), go)
    dialog.open()


def cancel(plan: Plan, after: After) -> None:
    """It does not take place, and why; guests and owners are told."""
    with parts.sheet_dialog(_("reception.cancel_title", title=plan.title), _("reception.cancel_hint")) as dialog:
        why = parts.area(_("reception.cancel_why"), rows=2)

        async def go() -> None:
            said = (why.value or "").strip()[:300]
            parts.refuse(why, None if said else _("approval.reason_missing"))
            if said and (await parts.do(reception.CancelReception(reception_id=plan.id, reason=said))).ok:
                dialog.close()
                after()

        piles.acts(dialog, _("reception.cancel"), go, kind="stop")
    dialog.open()


def close_incident(one: IncidentView, after: After) -> None:
    """What came of it."""
    with parts.sheet_dialog(_("reception.incident_close"), one.what) as dialog:
        outcome = parts.area(_("reception.outcome"), rows=2)

        async def go() -> None:
            said = (outcome.value or "").strip()[:1000]
            parts.refuse(outcome, None if said else _("reception.need_outcome"))
            if said and (await parts.do(reception.CloseIncident(incident_id=one.id, outcome=said))).ok:
                dialog.close()
                after()

        piles.acts(dialog, _("reception.incident_close"), go)
    dialog.open()


def assign_incident(one: IncidentView, after: After) -> None:
    """Who deals with it, until when."""
    with parts.sheet_dialog(_("reception.incident_assign"), one.what) as dialog:
        owner = parts.select(_("reception.owner"), piles.everyone(), search=True)
        due = parts.input(_("reception.due_on"), (one.due_on or clock.today()).isoformat(), props="type=date")

        async def go() -> None:
            parts.refuse(owner, None if owner.value else _("reception.need_owner"))
            if (
                owner.value
                and (await parts.do(reception.AssignIncident(incident_id=one.id, owner_id=UUID(owner.value), due_on=piles.day_of(due)))).ok
            ):
                dialog.close()
                after()

        piles.acts(dialog, _("reception.incident_assign"), go)
    dialog.open()
