"""`/my/duties`: what I owe, what waits for my eyes, and one duty with what happened to it, a photo and the word that it is done (scenario
Floor 4)."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from nicegui import APIRouter, ui

from core.foundation import clock, database, i18n, live
from core.foundation.errors import Refused
from core.foundation.live import Change
from core.mechanisms import attachments, duties
from core.mechanisms.duties import DutyView
from core.mechanisms.operations import Operation
from core.web import frame, icons, parts
from core.web.elements import Photo, Taken
from core.web.frame import _
from mobile.pages.thing import foot_of

router = APIRouter()
MOST_PHOTOS = 6


@router.page("/my/duties")
def duties_page() -> None:
    with frame.phone(_("duty.mine"), "/my"):
        Duties()


@router.page("/my/duties/{duty_id}")
def duty_page(duty_id: str) -> None:
    with frame.phone(_("duty.mine"), "/my/duties") as body:
        DutyScreen(duty_id, foot_of(body))


class Duties:
    """The lists, live."""

    def __init__(self) -> None:
        self.box = parts.box("stack")
        self.draw()
        ui.context.client.on_delete(live.subscribe("duty", self._changed))

    def draw(self) -> None:
        by, at = frame.actor(), clock.now()
        with database.reading() as s:
            found = duties.mine(s, by, at)
        todo = [view for view in found if view.state == duties.OPEN]
        to_check = [view for view in found if view.may_verify]
        waiting = [view for view in found if view.state == duties.DONE and not view.may_verify]
        self.box.clear()
        with self.box:
            if not found:
                parts.empty(_("duty.mine_none"), _("duty.mine_none_hint"))
                return
            for title, rows in (
                (_("duty.mine_title", n=len(todo)), todo),
                (_("duty.to_check"), to_check),
                (_("duty.mine_waiting"), waiting),
            ):
                if rows:
                    parts.text(title, "h2")
                    with parts.rows():
                        for view in rows:
                            self._row(view)

    def _row(self, view: DutyView) -> None:
        key, tone = pill_of(view)
        icon = {"busy": "warning", "held": "held", "soon": "clock"}.get(tone, "check")
        with parts.box(tag="li"), parts.box("item item--link", "a").props(f'href="/my/duties/{view.id}"'):
            parts.mark(icon, tone)
            with parts.box("item__body"):
                parts.text(view.title, classes="item__title")
                parts.text(parts.joined(_(key), _due(view)), classes="item__meta")
            icons.icon("next")

    def _changed(self, _change: Change) -> None:
        client = self.box.client
        if not client.is_deleted and client.has_socket_connection:
            with self.box:
                self.draw()


class DutyScreen:
    """One duty: what, by when, what happened, and the one act this person has."""

    def __init__(self, duty_id: str, foot: ui.element) -> None:
        self.duty_id, self.foot = duty_id, foot
        self.photos: list[str] = []
        self.note: ui.textarea | None = None
        self.box = parts.box("stack")
        self.draw()

    def draw(self) -> None:
        by = frame.actor()
        with database.reading() as s:
            try:
                duty = duties.get(s, UUID(self.duty_id))
            except (ValueError, Refused):
                duty = None
            if duty is None or not duties.may_see(duty, by):
                parts.empty(_("duty.not_found"))
                return
            view = duties.view(s, duty, by, clock.now())
            events = duties.history(s, duty.id)
            missing = set(attachments.pending(s, [photo for event in events for photo in event.photos]))
        self.box.clear()
        self.foot.clear()
        with self.box:
            self._draw_head(view)
            parts.text(_("duty.history"), "h2")
            with parts.box("sheet"), parts.box("trail", "ol"):
                for i, event in enumerate(events):
                    with parts.box("now" if i == len(events) - 1 else "done", "li"):
                        self._draw_event(event, missing)
            if view.may_verify:
                self._draw_verify(view)
            elif view.may_complete and by.person_id == view.owner_id and not _is_answered_there(view):
                self._draw_complete(view)
            elif view.state == duties.DONE and view.four_eyes and by.person_id in (view.owner_id, view.done_by_id):
                parts.text(_("duty.four_eyes"), "p", "second")

    def _draw_head(self, view: DutyView) -> None:
        key, tone = pill_of(view)
        with parts.box("sheet stack"):
            with parts.box("row"):
                parts.pill(_(key), tone)
            parts.text(view.title, classes="strong")
            parts.text(_("duty.owner_and_due", owner=view.owner, day=i18n.short_day(view.due_on, frame.lang())), "p", "second")
            if _is_answered_there(view) and view.state == duties.OPEN:
                parts.button(_("series.answer_here"), href=f"/my/series/{view.subject_id}", kind="main", wide=True)
            if view.subject_kind == "supply_round" and view.state == duties.OPEN:
                parts.button(_("my.needs"), href="/my/needs", kind="main", wide=True)

    def _draw_event(self, event: duties.EventView, missing: set[str]) -> None:
        parts.text(_(f"duty.event.{event.what}"), classes="strong")
        when = i18n.day_and_time(event.at, clock.zone(), frame.lang())
        parts.text(parts.joined(event.person, when), classes="quiet small")
        if event.note:
            parts.text(event.note)
        if event.photos:
            with parts.box("thumbs"):
                for n, photo in enumerate(event.photos, 1):
                    if photo in missing:
                        parts.pill(_("attachment.pending"), "held")
                    else:
                        with parts.box("thumb", "a").props(f'href="/api/v1/attachments/{photo}" target="_blank" rel="noopener"'):
                            parts.box(tag="img").props(f'src="/api/v1/attachments/{photo}" alt="{_("attachment.photo", n=n)}" loading=lazy')

    # ── acts ──

    def _draw_complete(self, view: DutyView) -> None:
        with parts.box("sheet stack"):
            parts.text(_("duty.say_done_title"), "h2")
            if view.four_eyes:
                parts.text(_("duty.say_done_hint"), "p", "second")
            self.note = parts.area(_("duty.note"))
            self._draw_camera()
        with self.foot:
            parts.button(_("duty.say_done"), partial(self._complete, view), kind="main", icon="check", wide=True)

    @ui.refreshable_method
    def camera(self) -> None:
        if self.photos:
            parts.text(_("duty.photos_kept", n=len(self.photos)), "p", "strong")
        if len(self.photos) < MOST_PHOTOS:
            parts.text(_("duty.photo_take"), "span", "field__label")
            Photo(self._taken, facing="environment")

    def _draw_camera(self) -> None:
        opened = parts.box("stack")
        with opened:
            start = parts.button(_("duty.photo_take"), icon="camera")

        def show() -> None:
            opened.clear()
            with opened:
                self.camera()

        parts.on_tap(start, show)

    def _taken(self, photo: Taken) -> None:
        if photo.sha256 not in self.photos:
            self.photos.append(photo.sha256)

    def _draw_verify(self, view: DutyView) -> None:
        with parts.box("sheet stack"):
            self.note = parts.area(_("duty.note"))
            parts.button(_("duty.verify_back"), partial(self._send_back, view), icon="return", wide=True)
        with self.foot:
            parts.button(_("duty.verify_good"), partial(self._good, view), kind="main", icon="check", wide=True)

    async def _complete(self, view: DutyView) -> None:
        said = self._said()
        if view.four_eyes and not said and not self.photos:
            parts.refuse(self.note, _("duty.evidence_missing"))
            return
        done = _("duty.done_toast") if view.four_eyes else _("duty.done_plain")
        await self._do(duties.CompleteDuty(duty_id=view.id, note=said, photos=tuple(self.photos)), done)

    async def _good(self, view: DutyView) -> None:
        await self._do(duties.VerifyDuty(duty_id=view.id, note=self._said()), _("duty.verified_toast"))

    async def _send_back(self, view: DutyView) -> None:
        said = self._said()
        parts.refuse(self.note, None if said else _("duty.reason_missing"))
        if said:
            await self._do(duties.VerifyDuty(duty_id=view.id, accepted=False, note=said), _("duty.returned_toast", owner=view.owner))

    async def _do(self, operation: Operation, done: str) -> None:
        if (await parts.do(operation, done=done)).ok:
            self.photos, self.note = [], None
            self.draw()

    def _said(self) -> str:
        return (self.note.value or "").strip()[:1000] if self.note is not None else ""


# ── words ──


def _is_answered_there(view: DutyView) -> bool:
    """Whether the answer is given on the page of the thing itself, and settles the duty: a series nobody came to."""
    return view.subject_kind == "series"


def pill_of(view: DutyView) -> tuple[str, parts.Tone]:
    """A duty's state: the word's key and its tone."""
    if view.late:
        return "duty.state.late", "busy"
    if view.state == duties.OPEN:
        return ("duty.state.today", "soon") if view.due_on == clock.today() else ("duty.state.open", "soon")
    if view.state == duties.DONE and view.four_eyes:
        return "duty.state.to_verify", "held"
    return f"duty.state.{view.state}", "shut" if view.state == duties.CANCELLED else "free"


def _due(view: DutyView) -> str:
    day = i18n.short_day(view.due_on, frame.lang())
    return _("duty.late_since" if view.late else "duty.due", day=day)
