"""Series and calendars on the phone: my series with their dates to skip, the owner's answer after no-shows, the addresses of my calendars; and
what the link in an invitation opens, for people who can not sign in (guide S1.3-R1)."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

from nicegui import APIRouter, ui

from core.foundation import clock, database, i18n, live
from core.foundation.errors import Refused
from core.mechanisms.operations import SYSTEM, Operation, perform
from core.sections import rooms
from core.sections.bookings import calendars, series
from core.sections.bookings.series import DateView, SeriesCard, SeriesView
from core.web import frame, icons, parts, sessions, static_files
from core.web.frame import _

router = APIRouter()
TONES: dict[str, parts.Tone] = {
    "confirmed": "free", "pending": "soon", "offered": "soon", "held": "held", "in_use": "busy", "ended": "lost", "cancelled": "shut", "released": "shut",
    "refused": "shut", "lapsed": "shut", "displaced": "shut", "skipped": "shut",
}  # fmt: skip
SHOWN_AT_FIRST = 20


@router.page("/my/series")
def series_page() -> None:
    with frame.phone(_("nav.series"), "/my"):
        _styles()
        _draw_mine()


@router.page("/my/series/{series_id}")
def one_page(series_id: UUID) -> None:
    with frame.phone(_("nav.series"), "/my/series"):
        _styles()
        SeriesScreen(series_id)


@router.page("/my/calendars")
def calendars_page() -> None:
    with frame.phone(_("calendars.mine"), "/my"):
        _styles()
        ui.add_head_html(f'<script src="{static_files.url("share.js")}"></script>')
        Keys()


@router.page("/invitation/{attendee_id}/{mark}")
def invitation_page(attendee_id: UUID, mark: str) -> None:
    with frame.plain(_("invitation.page")):
        _styles()
        Invitation(attendee_id, mark[:80])


def _styles() -> None:
    ui.add_head_html(f'<link rel="stylesheet" href="{static_files.url("series.css")}">')


# ── mine ──


def _draw_mine() -> None:
    by, at = frame.actor(), clock.now()
    with database.reading() as s:
        found = series.mine(s, by, at)
    if not found:
        parts.empty(_("series.empty"), _("series.mine_hint"))
        return
    with parts.rows():
        for view in found:
            with parts.box(tag="li"), parts.box("item item--link", "a").props(f'href="/my/series/{view.id}"'):
                parts.mark("held" if view.asked else "calendar", "held" if view.asked else None)
                with parts.box("item__body"):
                    parts.text(view.title or view.room, classes="item__title")
                    next_at = i18n.day_and_time(view.next_at, clock.zone(), frame.lang()) if view.next_at else ""
                    words = _("series.state.asked") if view.asked else series.rule_words(view, frame.lang())
                    parts.text(parts.joined(words, next_at), classes="item__meta")
                icons.icon("next")


class SeriesScreen:
    """One series: the question if there is one, then its dates to come; the past is one line."""

    def __init__(self, series_id: UUID) -> None:
        self.id = series_id
        self.all_rows = False
        self.box = parts.box("stack")
        self.draw()
        ui.context.client.on_delete(live.subscribe("series", lambda change: self.draw() if change.id == str(self.id) else None))

    def draw(self) -> None:
        if self.box.is_deleted:
            return
        with database.reading() as s:
            card = series.card(s, self.id, frame.actor(), clock.now())
        self.box.clear()
        with self.box:
            if card is None:
                parts.empty(_("series.not_found"))
                return
            shown = card.series
            parts.text(shown.title or shown.room, "h2", "subject")
            parts.text(parts.joined(series.rule_words(shown, frame.lang()), shown.room), "p", "sub")
            if shown.asked and shown.may_change:
                self._ask(shown)
            self._dates(card)
            if shown.may_change and shown.left:
                parts.button(_("series.stop_all"), partial(self._ask_stop, shown), kind="stop", wide=True)

    def _ask(self, shown: SeriesView) -> None:
        parts.banner(_("series.strikes_ask", n=shown.no_shows), "due")
        with parts.box("row"):
            parts.button(
                _("series.keep"), partial(self._do, series.AnswerStrikes(series_id=self.id, keep=True), _("series.kept")), kind="main"
            )
            parts.button(_("series.let_go"), partial(self._ask_let_go, shown), kind="stop")

    def _dates(self, card: SeriesCard) -> None:
        ahead = [view for view in card.dates if not view.over or view.state in ("held", "in_use")]
        parts.text(_("series.ahead", n=len(ahead)), "h2")
        shown = ahead if self.all_rows else ahead[:SHOWN_AT_FIRST]
        with parts.rows():
            for view in shown:
                self._date(view, card.series)
        if len(shown) < len(ahead):
            parts.button(_("series.show_all", n=len(ahead)), self._show_all, kind="quiet")

    def _date(self, view: DateView, shown: SeriesView) -> None:
        span = f"{view.starts_wall[11:16]}–{view.ends_wall[11:16]}"
        holiday = view.day_name or (_("series.day_off") if not view.works else "")
        elsewhere = view.room if view.changed_room else ""
        with parts.item(i18n.long_day(view.day, frame.lang()), parts.joined(span, elsewhere, holiday)):
            if shown.may_change and not view.over:
                words = _("series.skip_day", day=i18n.long_day(view.day, frame.lang()))
                parts.button(_("series.skip"), partial(self._skip, view), label=words)
            else:
                parts.pill(_(f"booking.state.{view.state}"), TONES.get(view.state, "lost"))

    def _show_all(self) -> None:
        self.all_rows = True
        self.draw()

    async def _skip(self, view: DateView) -> None:
        day = i18n.long_day(view.day, frame.lang())
        await self._do(
            series.SkipDates(series_id=self.id, originals=(datetime.fromisoformat(view.original),)), _("series.skipped", day=day)
        )

    async def _ask_stop(self, shown: SeriesView) -> None:
        words = _("series.stop_words", n=shown.left, room=shown.room)
        if await parts.confirm(
            _("series.stop_title", title=shown.title or shown.room), words, act=_("series.stop_all"), stay=_("series.stop_stay")
        ):
            await self._do(series.CancelSeries(series_id=self.id), _("series.stopped"))

    async def _ask_let_go(self, shown: SeriesView) -> None:
        words = _("series.stop_words", n=shown.left, room=shown.room)
        title = _("series.stop_title", title=shown.title or shown.room)
        if await parts.confirm(title, words, act=_("series.let_go"), stay=_("series.stop_stay")):
            await self._do(series.AnswerStrikes(series_id=self.id, keep=False), _("series.stopped"))

    async def _do(self, do: Operation, done: str) -> None:
        if (await parts.do(do, done=done)).ok:
            self.draw()


# ── calendar addresses ──


class Keys:
    """Make an address for one's own calendar or a room's, see it once, revoke it."""

    def __init__(self) -> None:
        self.fresh = ""
        self.box = parts.box("calendars stack")
        self.draw()

    def draw(self) -> None:
        by = frame.actor()
        with database.reading() as s:
            found = calendars.keys_of(s, by.person_id)
            bookable = {str(room.id): room.name for room in rooms.everything(s, clock.now()) if room.bookable}
        self.box.clear()
        with self.box:
            parts.text(_("calendars.mine_words"), "p", "sub")
            if self.fresh:
                with parts.box("sheet"):
                    parts.text(_("calendars.fresh"), "h2")
                    parts.text(_("calendars.fresh_hint"), "p", "second")
                    with parts.box("url"):
                        parts.text(self.fresh, "code").props("data-test=address")
                    copy = parts.button(_("calendars.copy"), kind="main", wide=True)
                    copy.props["data-url"] = self.fresh
                    copy.on("click", lambda: parts.toast(_("calendars.copied")), js_handler="(e) => foyerShare.copy(e.currentTarget, emit)")
            parts.button(
                _("calendars.make_mine"), partial(self._make, "person", by.person_id), kind="plain" if self.fresh else "main", wide=True
            )
            room = parts.select(_("calendars.of_room"), bookable, None, search=True)

            async def of_room() -> None:
                parts.refuse(room, None if room.value else _("calendars.file_room"))
                if room.value:
                    await self._make("room", UUID(str(room.value)))

            parts.button(_("calendars.make_room"), of_room, wide=True)
            parts.text(_("calendars.keys", n=len(found)), "h2")
            if found:
                with parts.rows():
                    for key in found:
                        used = (
                            _("calendars.used", day=i18n.short_day(clock.local(key.used_on).date(), frame.lang()))
                            if key.used_on
                            else _("calendars.unused")
                        )
                        with parts.item(key.subject, parts.joined(_(f"calendars.kind.{key.kind}"), used), icon="link"):
                            parts.button(
                                _("calendars.revoke"), partial(self._revoke, key.id), label=_("calendars.revoke_one", name=key.subject)
                            )

    async def _make(self, kind: str, subject_id: UUID | None) -> None:
        if subject_id is None:
            return
        key, key_hash = calendars.new_key()
        outcome = await parts.do(calendars.MakeKey(kind=kind, subject_id=subject_id, key_hash=key_hash))  # type: ignore[arg-type]
        if outcome.ok:
            collection = "people" if kind == "person" else "rooms"
            self.fresh = f"{sessions.settings().base_url}/api/v1/{collection}/{subject_id}/calendar.ics?key={key}"
            self.draw()

    async def _revoke(self, key_id: UUID) -> None:
        if (await parts.do(calendars.RevokeKey(key_id=key_id), done=_("calendars.revoked"))).ok:
            self.fresh = ""
            self.draw()


# ── an invitation, for anybody with its link ──


class Invitation:
    """What, when, where, and three answers. A link that was changed shows nothing."""

    def __init__(self, attendee_id: UUID, mark: str) -> None:
        self.id, self.mark = attendee_id, mark
        self.box = parts.box("rsvp")
        self.draw()

    def draw(self) -> None:
        try:
            with database.reading() as s:
                shown = calendars.invitation(s, self.id, self.mark, clock.now())
        except Refused as refusal:
            with self.box:
                parts.empty(_(refusal.code))
            return
        self.box.clear()
        with self.box:
            parts.text(shown.office, "p", "second")
            parts.text(shown.title, "h1")
            zone = _zone_words(shown)
            parts.text(zone, "p", "rsvp__when")
            parts.text(parts.joined(shown.where, shown.room), "p")
            if shown.host:
                parts.text(_("invitation.from", host=shown.host), "p", "second")
            if shown.cancelled or shown.over:
                parts.banner(_("invitation.over"), "info")
                return
            parts.text(_("invitation.ask"), "h2")
            parts.choice(
                {key: _(f"invitation.say.{key}") for key in ("accepted", "tentative", "declined")},
                shown.answer or None,
                self._answer,
                good="accepted",
                bad="declined",
            )
            if shown.answer:
                parts.text(_("invitation.thanks"), "p", "second").props("role=status")

    async def _answer(self, answer: str) -> None:
        with database.reading() as s:
            calendars.invitation(s, self.id, self.mark, clock.now())  # the link is looked at again, as each tap is
        outcome = await perform(calendars.ReplyInvitation(attendee_id=self.id, answer=answer), by=SYSTEM)  # type: ignore[arg-type]
        if not outcome.ok:
            parts.problem(outcome.message(frame.lang()))
        self.draw()


def _zone_words(shown: calendars.InvitationView) -> str:
    zone = ZoneInfo(shown.zone)
    starts, ends = shown.starts_at.astimezone(zone), shown.ends_at.astimezone(zone)
    until = "" if ends.date() == starts.date() else f"{i18n.short_day(ends.date(), frame.lang())} "
    words = f"{i18n.long_day(starts.date(), frame.lang())} {starts:%H:%M}–{until}{ends:%H:%M}"
    if shown.zone != str(clock.zone()):
        words += f" ({i18n.zone_words(shown.zone, frame.lang())})"
    return parts.joined(words, _("series.n_dates", n=shown.repeats) if shown.repeats > 1 else "")
