"""Stock-takes on the desk: the list, and the dialog that opens one with its scope and what the book expects (guide S4.1-R6)."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

from fastapi import Depends
from nicegui import APIRouter, ui

from core.foundation import clock, database, i18n, live
from core.foundation.live import Change
from core.mechanisms import places
from core.sections import stocktakes
from core.sections.stocktakes import REVIEWERS, OpenStocktake, StocktakeView
from core.web import frame, parts, static_files
from core.web.frame import _
from kiosk.desk.stocktake_review import ReviewPage

router = APIRouter(dependencies=[Depends(frame.signed_in)])
TONES: dict[str, parts.Tone] = {"open": "soon", "closed": "held", "approved": "free", "rejected": "shut"}
ICONS = {"open": "scan", "closed": "held", "approved": "check", "rejected": "return"}
SETTLE_S = 0.4
SHOWN = 100


@router.page("/desk/stocktakes")
def stocktakes_page() -> None:
    with frame.desk("stocktakes", _("stocktake.list_title"), *REVIEWERS):
        _style()
        StocktakeList()


@router.page("/desk/stocktakes/{stocktake_id}")
async def review_page(stocktake_id: str) -> None:
    with frame.desk("stocktakes", _("stocktake.list_title"), *REVIEWERS):
        _style()
        await ReviewPage(stocktake_id).draw()


def _style() -> None:
    ui.add_head_html(f'<link rel="stylesheet" href="{static_files.url("things.css")}">')


class StocktakeList:
    """Sessions with how far they are; counting moves the bars live."""

    def __init__(self) -> None:
        self.client = ui.context.client
        self._pending = False
        self.body = parts.box()
        self._draw()
        end = live.subscribe("stocktake", self._changed)
        self.client.on_delete(end)
        if self.client.request.query_params.get("new"):
            ui.timer(0.05, OpenDialog, once=True)

    def _draw(self) -> None:
        by = frame.actor()
        with database.reading() as s:
            sessions = stocktakes.listed(s, by, limit=SHOWN)
            open_count = stocktakes.under_way(s)
        self.body.clear()
        with self.body:
            with parts.head(_("stocktake.list_title"), _("stocktake.list_sub", n=open_count)):
                parts.button(_("stocktake.open"), OpenDialog, kind="main", icon="plus")
            if not sessions:
                parts.empty(_("stocktake.none"), _("stocktake.none_hint"))
                return
            with parts.rows():
                for session in sessions:
                    self._row(session)

    def _row(self, session: StocktakeView) -> None:
        with parts.box("item item--link", "li"), parts.box("session", "a").props(f'href="/desk/stocktakes/{session.id}"'):
            with parts.box("item__body"):
                parts.text(session.title, classes="item__title")
                meta = _(
                    "stocktake.item_meta",
                    kind=_(f"stocktake.kind.{session.kind}"),
                    mode=_(f"stocktake.mode.{session.mode}"),
                    place=session.place,
                )
                parts.text(meta, classes="item__meta")
            with parts.box():
                if session.expected is not None and session.counted is not None:
                    parts.text(_("stocktake.counted_of", counted=session.counted, expected=session.expected), classes="session__n num")
                    bar([("free", session.counted)], session.expected)
                else:
                    opened = i18n.day_and_time(session.opened_at, clock.zone(), frame.lang())
                    parts.text(_("stocktake.item_opened", who=session.opened_by, when=opened), classes="session__n")
            parts.pill(_(f"stocktake.state.{session.state}"), TONES[session.state], icon=ICONS[session.state])

    def _changed(self, _change: Change) -> None:
        if not self._pending and not self.client.is_deleted:
            self._pending = True
            asyncio.get_running_loop().call_later(SETTLE_S, self._redraw)

    def _redraw(self) -> None:
        self._pending = False
        if self.client.is_deleted or not self.client.has_socket_connection:
            return
        with self.client:
            try:
                self._draw()
            except frame.SignInNeeded:
                return  # the browser is on its way to the sign-in page


def bar(shares: list[tuple[str, int]], whole: int) -> ui.element:
    """A bar of shares of a whole, in the tones of their states."""
    with parts.box("bar").props("aria-hidden=true") as element:
        for tone, part in shares:
            if part and whole:
                parts.box(tone, "i").style(f"width: {100 * part / whole:.2f}%")
    return element


class OpenDialog:
    """Which places, what, how; the button says how many lines the book expects before anything is opened."""

    def __init__(self) -> None:
        self.kind, self.mode = "asset", "guided"
        self.expected = 0
        with database.reading() as s:
            known = places.everything(s)
        self.options = {str(place.id): place.path for place in known}
        with parts.sheet_dialog(_("stocktake.open_title"), _("stocktake.open_hint")) as self.dialog, parts.box("openform"):
            with parts.field(_("stocktake.field_kind")):
                parts.choice({kind: _(f"stocktake.kind.{kind}") for kind in ("asset", "supply")}, self.kind, self._choose_kind)
            self.places = parts.select(
                _("stocktake.field_places"), self.options, [], multiple=True, search=True, on_change=lambda _value: self._recount()
            )
            self.places.props("data-test=places")
            with parts.field(_("stocktake.field_mode")):
                parts.choice(
                    {mode: _(f"stocktake.mode.{mode}") for mode in ("guided", "open", "blind", "self")}, self.mode, self._choose_mode
                )
                self.mode_help = parts.text(_("stocktake.mode_help.guided"), "span", "field__help")
            self.title = parts.input(_("stocktake.field_title"), help=_("stocktake.field_title_hint"), props="maxlength=120")
            self.due = parts.input(_("stocktake.field_due"), props="type=date")
            self.expect = parts.text("", classes="openform__n").props("aria-live=polite data-test=expected")
            self.acts = parts.box("dialog__acts")
        self._recount()
        self.dialog.open()

    def _choose_kind(self, kind: str) -> None:
        self.kind = kind
        self._recount()

    def _choose_mode(self, mode: str) -> None:
        self.mode = mode
        self.mode_help.set_text(_(f"stocktake.mode_help.{mode}"))

    def _chosen(self) -> list[UUID]:
        return [UUID(place_id) for place_id in self.places.value or []]

    def _recount(self) -> None:
        chosen = self._chosen()
        with database.reading() as s:
            self.expected = stocktakes.preview(s, OpenStocktake(kind=self.kind, place_ids=tuple(chosen))).lines if chosen else 0
        self.expect.set_text(_("stocktake.will_expect", n=self.expected) if chosen else "")
        self.acts.clear()
        with self.acts:
            parts.button(_("stocktake.cancel"), self.dialog.close)
            why_not = None if chosen else _("stocktake.choose_places")
            parts.button(_("stocktake.start", n=self.expected), self._open, kind="main", why_not=why_not).props("data-test=start")

    async def _open(self) -> None:
        do = OpenStocktake(
            kind=self.kind,
            place_ids=tuple(self._chosen()),
            mode=self.mode,
            title=(self.title.value or "").strip()[:120],
            due_on=_day(self.due.value),
        )
        outcome = await parts.do(do)
        if outcome.ok:
            self.dialog.close()
            ui.navigate.to(f"/desk/stocktakes/{outcome.result['stocktake_id']}")


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        return None
