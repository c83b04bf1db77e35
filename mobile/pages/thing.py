"""`/s/{code}` and `/S/{CODE}`: what a printed label opens. A stranger sees the office's name and "sign in", whatever the code is
(contract.md, Pages)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from uuid import UUID

from nicegui import APIRouter, ui

from core.foundation import clock, database, i18n
from core.foundation.errors import Invalid, Refused
from core.mechanisms import labels, places
from core.mechanisms.labels import LabelState, LabelView, SubjectKind
from core.mechanisms.operations import Actor, Role
from core.sections import assets, rooms, supplies
from core.web import frame, parts, sessions
from core.web.frame import _
from mobile.pages import delivery_acts, thing_acts, visit_pass
from mobile.pages.blank import ClaimBlank

router = APIRouter()
DESK_PAGES = {
    "asset": "assets",
    "supply": "supplies",
    "place": "places",
    "person": "people",
    "visit": "visits",
    "device": "devices",
    "delivery": "deliveries",
}
DESK_ROLES = frozenset({Role.ADMIN, Role.CLERK, Role.RECEPTION, Role.LEADER, Role.SAFETY})
REGISTER_ROLES = frozenset({Role.ADMIN, Role.CLERK, Role.LEADER})  # who may open the register of assets
STATES: dict[str, parts.Tone] = {
    "in_use": "free", "in_stock": "free", "idle": "held", "low": "soon", "repair": "soon", "lost": "busy", "disposed": "shut",
    "retired": "shut", "here": "free",
    "planned": "held", "left": "shut", "cancelled": "shut", "waiting": "held", "handed_over": "free",
}  # fmt: skip


@router.page("/s/{code}")
@router.page("/S/{code}")
def thing_page(code: str) -> None:
    title = sessions.office().name or "Foyer"
    with frame.phone(title, public=True) as body:
        by = frame.maybe_actor()
        if by is None:
            draw_for_stranger(body)
        else:
            Thing(code, by, body)
        ui.timer(0.1, partial(assets.sighted, code, by, "page"), once=True)  # what should not be there any more is told to the clerk


@router.page("/s/{code}/{proof}")
@router.page("/S/{code}/{proof}")
def proven_page(code: str, proof: str) -> None:
    """An invitation's QR: its holder sees their pass; who is signed in, or has no genuine proof, what every label shows."""
    with frame.phone(sessions.office().name or "Foyer", public=True) as body:
        by = frame.maybe_actor()
        if by is not None:
            Thing(code, by, body)
        elif not visit_pass.draw(code, proof):
            draw_for_stranger(body)


@router.page("/8004/{giai}")
def asset_page(giai: str) -> None:
    """A GS1 Digital Link of an individual asset: company prefix and our code."""
    thing_page(giai[-8:])


def foot_of(body: ui.element) -> ui.element:
    """The strip below the scrolling body, where the thumb is; hidden while it is empty (by the stylesheet)."""
    assert body.parent_slot is not None
    with body.parent_slot:
        return parts.box("phone__foot", "footer")


def draw_for_stranger(body: ui.element) -> None:
    """Whose label this is, and the way in; nothing about the thing, not even whether the code exists."""
    parts.empty(_("thing.stranger"), _("thing.stranger_hint"))
    with foot_of(body):
        parts.button(_("thing.sign_in"), href=f"/sign-in?next={sessions.quoted(frame.here())}", kind="main", wide=True)


class Thing:
    """What a label is on, how it stands, and what this person may do with it."""

    def __init__(self, code: str, by: Actor, body: ui.element) -> None:
        self.code, self.by, self.foot = code, by, foot_of(body)
        self.quantity = 1
        self.box = parts.box("stack")
        self.draw()

    def draw(self) -> None:
        self.box.clear()
        self.foot.clear()
        with self.box:
            try:
                with database.reading() as s:
                    found = labels.view(s, self.code, self.by)
            except (Refused, Invalid) as problem:
                parts.empty(_(problem.code, **problem.facts), _("thing.unknown_hint"))
                return
            self._draw_thing(found)

    def _draw_thing(self, found: LabelView) -> None:
        if found.label_state == LabelState.SUPERSEDED:
            day = i18n.full_day(clock.local(found.superseded_at).date(), frame.lang()) if found.superseded_at else ""
            parts.banner(_("thing.superseded", day=day, code=labels.shown(found.superseded_by or "")), "due")
        elif found.label_state == LabelState.BLANK:
            ClaimBlank(found.code, self.by, self.draw)
            return
        elif found.label_state != LabelState.ACTIVE and not found.told:
            parts.empty(_(f"thing.label_{found.label_state}"), labels.shown(found.code))
            return
        with parts.box("sheet stack"):
            if found.state:
                with parts.box("row"):
                    parts.pill(self._state_word(found), STATES.get(found.state, "lost"))
            parts.text(found.title or _("thing.hidden"), "h2", "thing__title")
            if found.told:
                parts.text(found.told, "p", "strong").props("data-told")
            parts.facts((
                (_("thing.number"), found.number), (_("thing.holder"), found.holder), (_("thing.place"), found.place), (_("thing.due"),
                _day(found.due)),
                (_("thing.label"), labels.shown(found.code)),
            ))  # fmt: skip
        if found.id is not None:
            self._draw_acts(found, found.id)

    def _state_word(self, found: LabelView) -> str:
        for key in (f"{found.kind}.state.{found.state}", f"thing.state.{found.state}"):
            if i18n.has(key):
                return _(key)
        return found.state

    # ── acts ──

    def _draw_acts(self, found: LabelView, id: UUID) -> None:
        if found.kind == SubjectKind.SUPPLY and "supply.issue" in found.operations:
            self._draw_taking(found, id)
        elif found.kind == SubjectKind.ASSET:
            thing_acts.draw(found, id, self.by, self.foot, self.draw)
        elif found.kind == SubjectKind.DELIVERY:
            delivery_acts.draw(found, id, self.by, self.foot, self.draw)
        elif found.kind == SubjectKind.PLACE:
            self._draw_place(id)
        page = DESK_PAGES.get(found.kind or "")
        if page and self.by.has(*(REGISTER_ROLES if found.kind == SubjectKind.ASSET else DESK_ROLES)):
            parts.button(_("thing.on_desk"), href=f"/desk/{page}?open={id}", kind="quiet", wide=True)

    def _draw_place(self, id: UUID) -> None:
        with database.reading() as s:
            place = s.get(places.Place, id)
            bookable = rooms.find(s, str(id)) is not None
        if place is not None and place.kind == places.PlaceKind.ROOM:
            address = f"/my/book?room={place.short_name or place.id}"
            if bookable:
                from mobile.pages.room_care import draw_place_acts  # that page too stands on this one's foot

                if draw_place_acts(id, self.code, self.foot, self.draw):
                    parts.button(_("thing.book"), href=address, icon="calendar", wide=True)
                    return
            with self.foot:
                parts.button(_("thing.book"), href=address, icon="calendar", kind="main", wide=True)

    def _draw_taking(self, found: LabelView, id: UUID) -> None:
        with database.reading() as s:
            view = supplies.view(s, supplies.get(s, id), self.by)
            had = supplies.taken(s, id, self.by.person_id, clock.now()) if self.by.person_id else 0
        with parts.box("sheet stack"):
            if view.on_hand is not None:
                parts.text(_("thing.on_hand", n=view.on_hand, unit=view.unit), "p", "second")
            with parts.box("row"):
                parts.stepper(self.quantity, self._set, least=1)
            reason = parts.input(_("supply.reason"), help=_("thing.limit", n=view.limit, unit=view.unit, had=had) if view.limit else "")
        with self.foot:
            self.take_button(partial(self._take, found, view, reason), view.unit)

    @ui.refreshable_method
    def take_button(self, act: Callable[[], object], unit: str) -> None:
        parts.button(_("thing.take", n=self.quantity, unit=unit), act, kind="main", icon="check", wide=True)

    def _set(self, value: int) -> None:
        self.quantity = value
        self.take_button.refresh()

    async def _take(self, found: LabelView, view: supplies.SupplyView, reason: ui.input) -> None:
        if self.by.person_id is None:
            return
        do = supplies.IssueSupply(
            code=found.code, quantity=self.quantity, to_person_id=self.by.person_id, reason=(reason.value or "").strip()[:200]
        )
        outcome = await parts.do(do, quiet=True)
        if outcome.code == "supply.over_limit":
            parts.refuse(reason, outcome.message(frame.lang()))
        elif not outcome.ok:
            parts.problem(outcome.message(frame.lang()))
        else:
            parts.toast(_("thing.taken", n=self.quantity, unit=view.unit, name=view.name))
            self.quantity = 1
            self.draw()


def _day(due: str) -> str:
    """A day of the label's answer as a person reads it."""
    try:
        return i18n.full_day(date.fromisoformat(due), frame.lang())
    except ValueError:
        return due
