"""One stock-take on the desk: figures, phones that still hold records, a decision for every difference, and the bar that says why it can not be settled yet.

Source: look/png/desk-stocktake-review.png; guide S4.1-R6, R7, R8; pitfalls T1, T8, T13. `stocktake_head` draws the figures, `stocktake_table` the lines.
"""

from __future__ import annotations

import asyncio
import time

from nicegui import ui

from core.foundation import clock, database, live
from core.foundation.live import Change
from core.mechanisms.operations import Actor
from core.sections import stocktakes
from core.sections.stocktakes import ApproveStocktake, CloseStocktake, RejectStocktake, RemindCounters, State, Stocktake
from core.sections.stocktakes.views import StocktakeView
from core.web import frame, icons, parts
from core.web.frame import _
from kiosk.desk.stocktake_enter import ask_count
from kiosk.desk.stocktake_head import Shown, crumb, figures, head, read
from kiosk.desk.stocktake_people import ask_counters, ask_recount, spans_of, to_recount
from kiosk.desk.stocktake_table import Lines

SETTLE_S = 0.4
BREATH = 3  # how many times as long as reading took the page waits before it reads again: 20,000 lines are not judged at every beep


class ReviewPage:
    """One session; drawn anew when something of it changed, with the chosen tab and the place on the page kept."""

    def __init__(self, stocktake_id: str) -> None:
        self.id = stocktake_id
        self.client = ui.context.client
        self.lines = Lines(stocktake_id, self.client.request.query_params.get("show", ""), self.draw)
        self._pending = False
        self._took_s = 0.0
        self.body = parts.box("review")
        end = live.subscribe("stocktake", self._changed)
        self.client.on_delete(end)

    async def draw(self) -> None:
        """Read in a thread, then draw."""
        by = frame.actor()
        began = time.monotonic()
        shown = await asyncio.to_thread(read, self.id, by)
        self._took_s = time.monotonic() - began
        if self.client.is_deleted:
            return
        self.body.clear()
        with self.body:
            if shown is None:
                parts.empty(_("stocktake.not_found"))
            elif isinstance(shown, StocktakeView):
                crumb()
                parts.empty(_("stocktake.blind_title"), _("stocktake.blind_hint"))
            else:
                self._draw(shown, by)

    def _draw(self, shown: Shown, by: Actor) -> None:
        crumb()
        head(shown)
        figures(shown)
        self._banner(shown)
        self.lines.draw(shown)
        self._foot(shown, by)

    # ── phones ──

    def _banner(self, shown: Shown) -> None:
        if not shown.waiting or shown.row.state in (State.APPROVED, State.REJECTED):
            return
        records = sum(one.waiting for one in shown.waiting)
        join = _("stocktake.list_join")
        with parts.box("banner").props("role=status data-test=phones"):
            icons.icon("cloud-up")
            with parts.box("", "span"):
                if records:
                    parts.text(_("stocktake.waiting", n=records), "strong")
                    names = join.join(_("stocktake.device_n", name=one.name, n=one.waiting) for one in shown.waiting if one.waiting)
                    names += _("stocktake.waiting_detail", spans=_("stocktake.list_semicolon").join(
                        _("stocktake.waiting_spans", name=one.name, spans=spans_of(one)) for one in shown.waiting if one.waiting))  # fmt: skip
                else:
                    parts.text(_("stocktake.not_handed", n=len(shown.waiting)), "strong")
                    names = join.join(one.name for one in shown.waiting)
                parts.text(_("stocktake.waiting_names", names=names), "span")
            parts.button(_("stocktake.remind"), self._remind)

    async def _remind(self) -> None:
        outcome = await parts.do(RemindCounters(stocktake_id=self.id))
        if outcome.ok:
            parts.toast(_("stocktake.reminded", n=outcome.result["reminded"]))

    # ── the bar at the foot ──

    def _foot(self, shown: Shown, by: Actor) -> None:
        state, sums = shown.row.state, shown.review.sums
        if state in (State.APPROVED, State.REJECTED):
            return
        with parts.box("footbar").props("data-test=foot"):
            if state == State.OPEN:
                self._foot_counting(shown)
                return
            differences = len([line for line in shown.review.lines if line.is_difference])
            with parts.box("", "span"):
                parts.text(_("stocktake.foot_settling", done=differences - sums.undecided, left=sums.undecided), "strong")
                parts.text(
                    _(
                        "stocktake.foot_you_may"
                        if shown.may_approve
                        else "stocktake.counted_yourself"
                        if shown.counted
                        else "stocktake.foot_you_may_not"
                    ),
                    "span",
                    "second",
                )
            if sums.undecided:
                with parts.box("footbar__why").props("data-test=why"):
                    icons.icon("lock")
                    parts.text(_("stocktake.why_decide", n=sums.undecided), "span")
            with parts.box("footbar__acts"):
                if to_recount(shown):
                    parts.button(_("stocktake.recount_ask"), lambda: ask_recount(shown), icon="refresh").props("data-test=recount")
                if shown.may_approve:
                    parts.button(_("stocktake.reject"), lambda: self._ask_reject(shown))
                blocked = bool(sums.undecided) or not shown.may_approve
                approve = parts.button(
                    _("stocktake.approve"), None if blocked else lambda: self._ask_approve(shown), kind="plain" if blocked else "main"
                )
                approve.props("aria-disabled=true" if blocked else "data-test=approve")

    def _foot_counting(self, shown: Shown) -> None:
        sums = shown.review.sums
        parts.text(_("stocktake.foot_counting", counted=sums.counted, left=sums.expected - sums.counted), "strong")
        waiting = shown.waiting
        if waiting:
            with parts.box("footbar__why").props("data-test=why"):
                icons.icon("lock")
                records = sum(one.waiting for one in waiting)
                parts.text(_("stocktake.why_phones", n=records) if records else _("stocktake.close_why"), "span")
        with parts.box("footbar__acts"):
            if shown.row.mode != "self":
                parts.button(_("stocktake.enter"), lambda: ask_count(shown), kind="quiet").props("data-test=enter")
                parts.button(_("stocktake.assign_counters"), lambda: ask_counters(shown, self.draw)).props("data-test=assign")
            if shown.row.mode == "self" and sums.expected > sums.counted:
                parts.button(_("stocktake.remind"), self._remind)
            if to_recount(shown):
                parts.button(_("stocktake.recount_ask"), lambda: ask_recount(shown), icon="refresh").props("data-test=recount")
            if waiting:
                parts.button(_("stocktake.close_anyway"), lambda: self._ask_override(shown), kind="quiet")
                parts.button(_("stocktake.close")).props("aria-disabled=true")
            else:
                parts.button(_("stocktake.close"), self._close, kind="main").props("data-test=close")

    async def _close(self, reason: str = "") -> bool:
        outcome = await parts.do(CloseStocktake(stocktake_id=self.id, override_reason=reason))
        return outcome.ok

    def _ask_override(self, shown: Shown) -> None:
        names = _("stocktake.list_join").join(one.name for one in shown.waiting)
        with parts.sheet_dialog(_("stocktake.close_anyway_title", names=names), _("stocktake.close_anyway_words")) as dialog:
            words = parts.input(_("stocktake.close_reason"), props="maxlength=500")

            async def go() -> None:
                said = (words.value or "").strip()
                parts.refuse(words, None if said else _("stocktake.close_reason"))
                if said and await self._close(said):
                    dialog.close()

            with parts.box("dialog__acts"):
                parts.button(_("stocktake.close_stay"), dialog.close)
                parts.button(_("stocktake.close_anyway"), go, kind="stop").classes("button--stop-filled")
        dialog.open()

    async def _ask_approve(self, shown: Shown) -> None:
        title = shown.row.title
        will = await asyncio.to_thread(_will_post, shown.row)
        if shown.row.kind == "asset":
            words = _("stocktake.approve_words", moved=will.moved, missing=will.missing, surplus=will.surplus)
        else:
            words = _("stocktake.approve_words_supply", n=will.n)
        if will.left_alone:
            words += _("stocktake.approve_left_alone", n=will.left_alone)
        if await parts.confirm(
            _("stocktake.approve_title", title=title), words, act=_("stocktake.approve"), stay=_("stocktake.approve_stay"), stop=False
        ):
            outcome = await parts.do(ApproveStocktake(stocktake_id=self.id))
            if outcome.ok:
                parts.toast(_("stocktake.approved_toast", n=outcome.result.get("posted", 0)))

    def _ask_reject(self, shown: Shown) -> None:
        with parts.sheet_dialog(_("stocktake.reject_title", title=shown.row.title), _("stocktake.reject_words")) as dialog:
            words = parts.input(_("stocktake.reject_reason"), props="maxlength=500")

            async def go() -> None:
                said = (words.value or "").strip()
                parts.refuse(words, None if said else _("stocktake.reject_reason"))
                if said and (await parts.do(RejectStocktake(stocktake_id=self.id, reason=said))).ok:
                    dialog.close()

            with parts.box("dialog__acts"):
                parts.button(_("stocktake.approve_stay"), dialog.close)
                parts.button(_("stocktake.reject"), go, kind="stop").classes("button--stop-filled")
        dialog.open()

    # ── changing ──

    def _changed(self, change: Change) -> None:
        if change.id == self.id and not self._pending and not self.client.is_deleted:
            self._pending = True
            asyncio.get_running_loop().call_later(max(SETTLE_S, BREATH * self._took_s), lambda: asyncio.ensure_future(self._redraw()))

    async def _redraw(self) -> None:
        self._pending = False
        if self.client.is_deleted or not self.client.has_socket_connection:
            return
        with self.client:
            try:
                await self.draw()
            except frame.SignInNeeded:
                return  # the browser is on its way to the sign-in page


def _will_post(row: Stocktake) -> stocktakes.WillPost:
    with database.reading() as s:
        return stocktakes.will_post(s, row, clock.now())
