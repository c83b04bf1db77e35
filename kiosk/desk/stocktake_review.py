"""One stock-take on the desk: figures, phones that still hold records, a decision for every difference, and the bar that says why it can not be settled yet.

Source: look/png/desk-stocktake-review.png; guide S4.1-R6, R7, R8; pitfalls T1, T8, T13.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nicegui import ui

from core.foundation import clock, database, i18n, live
from core.foundation.live import Change
from core.mechanisms import labels
from core.mechanisms.operations import Actor
from core.sections import stocktakes
from core.sections.stocktakes import (
    APPROVERS,
    ApproveStocktake,
    CloseStocktake,
    DecideLine,
    Decision,
    Line,
    OpenDevice,
    RejectStocktake,
    RemindCounters,
    Result,
    Review,
    State,
    Stocktake,
)
from core.sections.stocktakes.views import StocktakeView
from core.web import frame, icons, parts
from core.web.frame import _

SETTLE_S = 0.4
PAGE_LINES = 60
TONES: dict[str, parts.Tone] = {
    Result.MATCHED: "free", Result.MOVED: "held", Result.MISSING: "busy", Result.SURPLUS: "soon", Result.NOT_COUNTED: "lost", Result.RECOUNT: "held",
    Result.CONFLICT: "busy", Result.LEFT: "shut",
}  # fmt: skip
ICONS = {
    Result.MATCHED: "check", Result.MOVED: "move", Result.MISSING: "minus", Result.SURPLUS: "plus", Result.NOT_COUNTED: "scan", Result.RECOUNT: "refresh",
    Result.CONFLICT: "warning", Result.LEFT: "return",
}  # fmt: skip
BAR: tuple[tuple[str, str], ...] = (("matched", "free"), ("moved", "held"), ("recount", "held"), ("missing", "busy"), ("conflict", "busy"))


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything the page draws, read at one moment."""

    row: Stocktake
    session: StocktakeView
    review: Review
    waiting: tuple[OpenDevice, ...]
    may_approve: bool
    counted: bool
    sealed: str


class ReviewPage:
    """One session; drawn anew when something of it changed, with the chosen tab and the place on the page kept."""

    def __init__(self, stocktake_id: str) -> None:
        self.id = stocktake_id
        self.client = ui.context.client
        self.tab = self.client.request.query_params.get("show", "")
        self.most = PAGE_LINES
        self._pending = False
        self.body = parts.box("review")
        end = live.subscribe("stocktake", self._changed)
        self.client.on_delete(end)

    async def draw(self) -> None:
        """Read in a thread, then draw."""
        by = frame.actor()
        shown = await asyncio.to_thread(_read, self.id, by)
        if self.client.is_deleted:
            return
        self.body.clear()
        with self.body:
            if shown is None:
                parts.empty(_("stocktake.not_found"))
            elif isinstance(shown, StocktakeView):
                _crumb()
                parts.empty(_("stocktake.blind_title"), _("stocktake.blind_hint"))
            else:
                self._draw(shown, by)

    def _draw(self, shown: Shown, by: Actor) -> None:
        _crumb()
        _head(shown)
        _sums(shown)
        self._banner(shown)
        self._lines(shown)
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
                else:
                    parts.text(_("stocktake.not_handed", n=len(shown.waiting)), "strong")
                    names = join.join(one.name for one in shown.waiting)
                parts.text(_("stocktake.waiting_names", names=names), "span")
            parts.button(_("stocktake.remind"), self._remind)

    async def _remind(self) -> None:
        outcome = await parts.do(RemindCounters(stocktake_id=self.id))
        if outcome.ok:
            parts.toast(_("stocktake.reminded", n=outcome.result["reminded"]))

    # ── lines ──

    def _lines(self, shown: Shown) -> None:
        lines = shown.review.lines
        closed = shown.row.state != State.OPEN
        groups: dict[str, list[Line]] = {
            "differences": [line for line in lines if line.is_difference and (closed or line.result != Result.NOT_COUNTED)],
            "not_counted": [line for line in lines if line.result == Result.NOT_COUNTED],
            "matched": [line for line in lines if line.result in (Result.MATCHED, Result.LEFT)],
            "all": list(lines),
        }
        tab = self.tab if self.tab in groups else "differences"
        with parts.box("review__tabs"):
            parts.chips(
                [(key, _(f"stocktake.tab.{key}"), len(found)) for key, found in groups.items() if found or key in ("differences", "all")],
                tab,
                self._choose_tab,
            )
        found = groups[tab]
        with parts.box("review__scroll"):
            if not found:
                parts.empty(
                    _("stocktake.no_differences") if tab == "differences" else _("stocktake.no_lines"),
                    _("stocktake.no_differences_hint") if tab == "differences" else "",
                )
                return
            self._table(shown, found[: self.most])
            if len(found) > self.most:
                parts.button(_("stocktake.more", n=min(PAGE_LINES, len(found) - self.most)), self._more, kind="quiet").classes(
                    "review__more"
                )

    def _table(self, shown: Shown, lines: list[Line]) -> None:
        thing = "head.thing" if shown.row.kind == "asset" else "head.supply"
        open_line = next((line.line_id for line in lines if line.is_difference and not line.is_decided), None)
        with parts.box("review__table", "table"):
            with parts.box("", "thead"), parts.box("", "tr"):
                for key in ("head.result", thing, "head.book", "head.found", "head.who", "head.decision"):
                    parts.text(_(f"stocktake.{key}"), "th").props("scope=col")
            with parts.box("", "tbody"):
                for line in lines:
                    with parts.box("on" if line.line_id == open_line and shown.row.state == State.CLOSED else "", "tr").props(
                        f'data-test=line data-result="{line.result}"'
                    ):
                        self._row(shown, line)

    def _row(self, shown: Shown, line: Line) -> None:
        with parts.box("", "td"):
            parts.pill(_(f"stocktake.result.{line.result}"), TONES[line.result], icon=ICONS[line.result])
        with parts.box("", "td"):
            parts.text(" ".join(part for part in (line.name or _("stocktake.unknown_thing"), line.spec) if part), "span", "strong")
            parts.text(labels.shown(line.label) if len(line.label) == 8 else line.number, "small", "code")
        with parts.box("", "td"):
            known = line.expected or line.number
            parts.text(line.book_place if known else _("stocktake.not_in_book"), "span")
            if line.book_quantity is not None:
                parts.text(_("stocktake.quantity", n=line.book_quantity, unit=line.unit), "small", "num")
            elif line.keeper:
                parts.text(_("stocktake.keeper", name=line.keeper), "small")
        with parts.box("", "td"):
            self._found(shown, line)
        with parts.box("", "td"):
            names = _("stocktake.list_join").join(dict.fromkeys(seen.who for seen in line.seen if seen.who))
            parts.text(names or "—", "span")
            first = line.first or (line.seen[0] if line.seen else None)
            if first is not None:
                parts.text(i18n.day_and_time(first.at, clock.zone(), frame.lang()), "small")
        with parts.box("", "td"):
            self._decision(shown, line)

    def _found(self, shown: Shown, line: Line) -> None:
        if line.result == Result.CONFLICT:
            parts.text("，".join(line.found_places), "span")
        elif line.found_place:
            parts.text(line.found_place, "span")
        else:
            parts.text(_("stocktake.not_found_there" if line.result == Result.MISSING else "stocktake.not_seen_yet"), "span")
        if line.quantity is not None:
            difference = f"+{line.difference}" if line.difference > 0 else f"−{-line.difference}" if line.difference else ""
            told = _("stocktake.quantity", n=line.quantity, unit=line.unit)
            parts.text(f"{told}　{_('stocktake.difference', n=difference, unit=line.unit)}" if difference else told, "small", "num")
        if line.description and line.description != line.name:
            parts.text(line.description, "small")
        if line.photos:
            parts.text(_("stocktake.photos", n=len(line.photos)), "small")
        for flag in line.flags:
            parts.text(_(f"stocktake.flag.{flag}"), "small")

    def _decision(self, shown: Shown, line: Line) -> None:
        settled = shown.row.state in (State.APPROVED, State.REJECTED)
        if settled or not (line.is_difference or line.decision):
            parts.text(_(f"stocktake.decision.{line.decision}") if line.decision else "", "span", "second")
        elif line.result == Result.NOT_COUNTED and shown.row.state == State.OPEN:
            return
        else:
            parts.choice({key: _(f"stocktake.decision.{key}") for key in Decision}, line.decision, self._decide(shown, line)).props(
                f'aria-label="{_("stocktake.head.decision")}"'
            )
        if line.cause:
            parts.text(line.cause, "small")

    def _decide(self, shown: Shown, line: Line) -> Callable[[str], Any]:
        async def go(decision: str) -> None:
            if decision == Decision.ACCEPT and line.result == Result.CONFLICT:
                self._ask_answer(shown, line)
            elif decision == Decision.INVESTIGATE:
                self._ask_cause(line)
            else:
                await self._say(line, decision)

        return go

    async def _say(self, line: Line, decision: str, **more: Any) -> None:
        outcome = await parts.do(DecideLine(stocktake_id=self.id, line_id=line.line_id, decision=decision, **more))
        if not outcome.ok:
            await self.draw()

    def _ask_answer(self, shown: Shown, line: Line) -> None:
        answers: dict[Any, str] = {}
        for seen in line.standing:
            key = seen.place_id if shown.row.kind == "asset" else seen.quantity
            words = seen.place if shown.row.kind == "asset" else _("stocktake.quantity", n=seen.quantity, unit=line.unit)
            answers[key] = f"{words}　{seen.who}"
        with parts.sheet_dialog(_("stocktake.choose_answer"), line.name) as dialog:
            with parts.box("answers"):
                for key, words in answers.items():

                    async def take(key: Any = key) -> None:
                        dialog.close()
                        await self._say(line, "accept", **({"place_id": key} if shown.row.kind == "asset" else {"quantity": key}))

                    parts.button(words, take, wide=True)
            with parts.box("dialog__acts"):
                parts.button(_("web.cancel"), dialog.close)
        dialog.on("hide", self.draw)
        dialog.open()

    def _ask_cause(self, line: Line) -> None:
        with parts.sheet_dialog(_("stocktake.cause_title"), line.name) as dialog:
            words = parts.area(_("stocktake.cause"), line.cause, rows=2)

            async def save() -> None:
                dialog.close()
                await self._say(line, "investigate", cause=(words.value or "").strip()[:500])

            with parts.box("dialog__acts"):
                parts.button(_("web.cancel"), dialog.close)
                parts.button(_("stocktake.cause_save"), save, kind="main")
        dialog.on("hide", self.draw)
        dialog.open()

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
        accepted = [line for line in shown.review.lines if line.decision == Decision.ACCEPT]
        if shown.row.kind == "asset":
            count = {
                result: sum(1 for line in accepted if line.result == result) for result in (Result.MOVED, Result.MISSING, Result.SURPLUS)
            }
            words = _("stocktake.approve_words", moved=count[Result.MOVED], missing=count[Result.MISSING], surplus=count[Result.SURPLUS])
        else:
            words = _("stocktake.approve_words_supply", n=len(accepted))
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

    async def _choose_tab(self, tab: str) -> None:
        self.tab, self.most = tab, PAGE_LINES
        await self.draw()

    async def _more(self) -> None:
        self.most += PAGE_LINES
        await self.draw()

    def _changed(self, change: Change) -> None:
        if change.id == self.id and not self._pending and not self.client.is_deleted:
            self._pending = True
            asyncio.get_running_loop().call_later(SETTLE_S, lambda: asyncio.ensure_future(self._redraw()))

    async def _redraw(self) -> None:
        self._pending = False
        if self.client.is_deleted or not self.client.has_socket_connection:
            return
        with self.client:
            try:
                await self.draw()
            except frame.SignInNeeded:
                return  # the browser is on its way to the sign-in page


# ── reading and drawing without state ──


def _read(stocktake_id: str, by: Actor) -> Shown | StocktakeView | None:
    with database.reading() as s:
        row = stocktakes.find(s, stocktake_id)
        if row is None:
            return None
        session = stocktakes.views_of(s, [row], by)[0]
        if stocktakes.is_blind_to(s, row, by):
            return session
        counted = stocktakes.has_counted(s, row.id, by.person_id)
        sealed = stocktakes.sealed(s, row.id).sha256 if row.state == State.APPROVED else ""
        waiting = tuple(stocktakes.open_devices(s, row)) if row.state in (State.OPEN, State.CLOSED) else ()
        return Shown(row, session, stocktakes.result_of(s, row), waiting if row.state == State.OPEN else tuple(one for one in waiting if one.waiting),
                     by.has(*APPROVERS) and not counted, counted, sealed)  # fmt: skip


def _crumb() -> None:
    with parts.box("crumb"):
        parts.text(_("stocktake.crumb"), "a").props('href="/desk/stocktakes"')


def _head(shown: Shown) -> None:
    row, sums = shown.row, shown.review.sums
    differences = len([line for line in shown.review.lines if line.is_difference])
    if row.state == State.OPEN:
        title = _("stocktake.title_counting", title=row.title, counted=sums.counted, expected=sums.expected)
    elif row.state in (State.APPROVED, State.REJECTED):
        title = _(f"stocktake.title_{row.state}", title=row.title)
    elif not differences:
        title = _("stocktake.title_clean", title=row.title)
    elif sums.undecided:
        title = _("stocktake.title_open", title=row.title, n=differences, undecided=sums.undecided)
    else:
        title = _("stocktake.title_decided", title=row.title, n=differences)
    sub = _("stocktake.item_meta", kind=_(f"stocktake.kind.{row.kind}"), mode=_(f"stocktake.mode.{row.mode}"), place=shown.session.place)
    if row.state in (State.APPROVED, State.REJECTED) and row.settled_at is not None:
        sub = _("stocktake.settled_by", who=shown.session.settled_by, when=i18n.day_and_time(row.settled_at, clock.zone(), frame.lang()))
        sub += f"　{row.settled_reason}" if row.settled_reason else ""
    with parts.head(title, sub):
        if row.state == State.APPROVED:
            address = f"/api/v1/stocktakes/{row.id}/report"
            parts.button(_("stocktake.report_xlsx"), href=f"{address}.xlsx?language={frame.lang()}", icon="receive").props("download")
            parts.button(_("stocktake.report_pdf"), href=f"{address}.pdf?language={frame.lang()}", icon="receive", kind="main").props(
                "download data-test=report-pdf"
            )
        else:
            parts.button(_("stocktake.export"), href=f"/api/v1/stocktakes/{row.id}/lines.xlsx", icon="receive").props("download")


def _sums(shown: Shown) -> None:
    row, sums = shown.row, shown.review.sums
    figures = (
        [("matched", "free"), ("moved", "held"), ("missing", "busy"), ("surplus", "soon")]
        if row.kind == "supply"
        else [("matched", "free"), ("moved", "held"), ("missing", "busy")]
    )
    figures += [
        (name, tone)
        for name, tone in (("conflict", "busy"), ("recount", "held"), ("not_counted", "lost"), ("left", "lost"))
        if getattr(sums, name)
    ]
    if row.kind == "supply":
        figures = [one for one in figures if one[0] != "moved"]
    with parts.box("sheet review__sums", "section").props("data-test=sums"):
        with parts.box("sums"):
            _figure(str(sums.expected), _("stocktake.sum.expected"), "expected")
            with parts.box():
                parts.text("=", "b", "sums__is")
                parts.text(" ", "span")
            for name, tone in figures:
                _figure(str(getattr(sums, name)), _(f"stocktake.result.{name}"), name, tone)
            if row.kind == "asset" and (sums.surplus or row.state != State.OPEN):
                _figure(f"+{sums.surplus}", _("stocktake.sum.surplus"), "surplus", "soon", apart=True)
            if sums.moved_in:
                _figure(f"+{sums.moved_in}", _("stocktake.sum.moved_in"), "moved_in", "held")
        with parts.box():
            with parts.box("bar").props("aria-hidden=true"):
                for name, tone in BAR + ((("surplus", "soon"),) if row.kind == "supply" else ()):
                    part = getattr(sums, name)
                    if part and sums.expected:
                        parts.box(tone, "i").style(f"width: {100 * part / sums.expected:.2f}%")
            if row.kind == "asset":
                impact = sums.surplus_net_value_cents - sums.missing_net_value_cents
                parts.text(
                    _("stocktake.value_line", net=i18n.money(sums.net_value_cents), impact=i18n.money(impact)), classes="second small"
                )
            if shown.sealed:
                parts.text(_("stocktake.sealed", sha=shown.sealed[:16]), classes="second small code")


def _figure(number: str, words: str, name: str, tone: str = "", *, apart: bool = False) -> None:
    with parts.box("review__apart" if apart else "").props(f'data-figure="{name}"'):
        parts.text(number, "b", "num")
        with parts.box("", "span"):
            if tone:
                parts.box(f"dot dot--{tone}", "i")
            parts.text(words, "span")
