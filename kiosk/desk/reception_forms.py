"""The dialogs of a reception plan: its head, guests, costs, review, incidents (guide S3.1-R1 … R8)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from nicegui import ui
from pydantic import ValidationError

from core.foundation import clock, i18n
from core.sections import reception
from core.sections.reception import Guest, IncidentView, Kind, Level, Plan
from core.web import frame, icons, parts
from core.web.frame import _
from kiosk.desk import piles

After = Callable[[], Any]


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
