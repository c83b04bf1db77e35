"""The lines of a stock-take under review: tabs, the table, and a decision for every difference (guide S4.1-R7, R8; pitfalls T8, T15)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from core.foundation import clock, i18n
from core.mechanisms import labels
from core.sections.stocktakes import AcceptLines, Answer, DecideLine, Decision, Line, Result, Seen, State, answers_of
from core.web import frame, parts
from core.web.frame import _
from kiosk.desk.duties import draw_photos
from kiosk.desk.stocktake_head import Shown
from kiosk.desk.stocktake_people import progress

PAGE_LINES = 60
TONES: dict[str, parts.Tone] = {
    Result.MATCHED: "free", Result.MOVED: "held", Result.MISSING: "busy", Result.SURPLUS: "soon", Result.NOT_COUNTED: "lost", Result.RECOUNT: "held",
    Result.CONFLICT: "busy", Result.LEFT: "shut",
}  # fmt: skip
ICONS = {
    Result.MATCHED: "check", Result.MOVED: "move", Result.MISSING: "minus", Result.SURPLUS: "plus", Result.NOT_COUNTED: "scan", Result.RECOUNT: "refresh",
    Result.CONFLICT: "warning", Result.LEFT: "return",
}  # fmt: skip


class Lines:
    """The lines of one session; `again` draws the page anew. The chosen tab and the place on the page are kept."""

    def __init__(self, stocktake_id: str, tab: str, again: Callable[[], Awaitable[None]]) -> None:
        self.id, self.tab, self.again = stocktake_id, tab, again
        self.most = PAGE_LINES

    def draw(self, shown: Shown) -> None:
        lines = shown.review.lines
        closed = shown.row.state != State.OPEN
        groups: dict[str, list[Line]] = {
            "differences": [line for line in lines if line.is_difference and (closed or line.result != Result.NOT_COUNTED)],
            "not_counted": [line for line in lines if line.result == Result.NOT_COUNTED],
            "matched": [line for line in lines if line.result in (Result.MATCHED, Result.LEFT)],
            "all": list(lines),
        }
        known = [*groups, *(["progress"] if shown.progress is not None else [])]
        start = "progress" if not closed and shown.progress is not None else "differences"
        tab = self.tab if self.tab in known else start
        with parts.box("review__tabs"):
            parts.chips(
                [
                    *([("progress", _("stocktake.tab.progress"), None)] if shown.progress is not None and not closed else []),
                    *(
                        (key, _(f"stocktake.tab.{key}"), len(found))
                        for key, found in groups.items()
                        if found or key in ("differences", "all")
                    ),
                    *([("progress", _("stocktake.tab.progress"), None)] if shown.progress is not None and closed else []),
                ],
                tab,
                self._choose_tab,
            )
            self._bulk(shown, groups["differences"] if tab == "differences" else [])
        if tab == "progress" and shown.progress is not None:
            progress(shown, shown.progress)
            return
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

    def _bulk(self, shown: Shown, lines: list[Line]) -> None:
        """Accepting by the dozen what is plain, once counting has ended."""
        if shown.row.state != State.CLOSED:
            return
        for result in (Result.MOVED, Result.MISSING, Result.SURPLUS):
            n = sum(1 for line in lines if line.result == result and line.decision is None)
            if n > 1:
                parts.button(
                    _("stocktake.accept_all", result=_(f"stocktake.result.{result}")), self._accept_all(result, n), kind="quiet"
                ).props(f"data-test=accept-{result}")

    def _accept_all(self, result: Result, n: int) -> Callable[[], Any]:
        async def go() -> None:
            words = _(f"stocktake.result.{result}")
            title = _("stocktake.accept_all_title", n=n, result=words)
            if await parts.confirm(
                title, _("stocktake.accept_all_words"), act=_("stocktake.accept_all", result=words), stay=_("web.cancel"), stop=False
            ):
                outcome = await parts.do(AcceptLines(stocktake_id=self.id, result=result))
                if outcome.ok:
                    parts.toast(_("stocktake.accepted_toast", n=outcome.result["lines"]))

        return go

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
            parts.text(_("stocktake.list_join").join(place or _("stocktake.not_there") for place in line.found_places), "span")
        elif line.bulk and len(line.found_places) > 1:
            parts.text(_("stocktake.list_join").join(line.found_places), "span")
        elif line.found_place:
            parts.text(line.found_place, "span")
        else:
            looked = line.result == Result.MISSING or "looked" in line.flags
            parts.text(_("stocktake.not_found_there" if looked else "stocktake.not_seen_yet"), "span")
        if line.quantity is not None:
            difference = f"+{line.difference}" if line.difference > 0 else f"−{-line.difference}" if line.difference else ""
            told = _("stocktake.quantity", n=line.quantity, unit=line.unit)
            parts.text(f"{told}　{_('stocktake.difference', n=difference, unit=line.unit)}" if difference else told, "small", "num")
        if line.bulk and line.things_off and line.value_cents is not None:
            parts.text(_("stocktake.difference_worth", worth=i18n.amount(line.part_of(line.value_cents), frame.lang())), "small", "num")
        if line.description and line.description != line.name:
            parts.text(line.description, "small")
        if line.round > 1:
            self._rounds(line)
        if line.condition:
            parts.text(_("stocktake.condition", condition=_(f"stocktake.condition.{line.condition}")), "small")
        for note in dict.fromkeys(seen.note for seen in line.standing if seen.note):
            parts.text(note, "small")
        draw_photos(line.photos, shown.photos_to_come)
        for flag in line.flags:
            parts.text(_(f"stocktake.flag.{flag}"), "small")

    def _rounds(self, line: Line) -> None:
        """Every value of every round, side by side: what Things 6 wants the reviewer to see."""
        for number in range(1, line.round + 1):
            told = list(dict.fromkeys(_told(seen) for seen in line.seen if seen.round == number and not seen.void))
            if told:
                parts.text(_("stocktake.round_n", n=number, told=_("stocktake.list_join").join(told)), "small")
        if line.result == Result.RECOUNT:
            parts.text(
                _("stocktake.recount_waits", name=line.asked) if line.asked else _("stocktake.recount_waits_anyone"), "small", "strong"
            )

    def _decision(self, shown: Shown, line: Line) -> None:
        settled = shown.row.state in (State.APPROVED, State.REJECTED)
        if settled or not (line.is_difference or line.decision):
            parts.text(_(f"stocktake.decision.{line.decision}") if line.decision else "", "span", "second")
        elif line.result == Result.NOT_COUNTED and shown.row.state == State.OPEN:
            return
        else:
            offered = [
                key for key in Decision if key != Decision.RECOUNT or line.subject_id is not None
            ]  # what nobody knows is looked into
            parts.choice({key: _(f"stocktake.decision.{key}") for key in offered}, line.decision, self._decide(shown, line)).props(
                f'aria-label="{_("stocktake.head.decision")}"'
            )
        if line.cause:
            parts.text(line.cause, "small")
        if line.decision == Decision.ACCEPT and not settled and line.is_difference and line.result != Result.CONFLICT:
            words = _("stocktake.cause_change") if line.cause else _("stocktake.cause_add")
            parts.button(words, lambda: self._ask_cause(line, Decision.ACCEPT), kind="quiet")

    def _decide(self, shown: Shown, line: Line) -> Callable[[str], Any]:
        async def go(decision: str) -> None:
            if decision == Decision.ACCEPT and line.result == Result.CONFLICT:
                self._ask_answer(shown, line)
            elif decision == Decision.INVESTIGATE:
                self._ask_cause(line, Decision.INVESTIGATE)
            else:
                await self._say(line, decision)

        return go

    async def _say(self, line: Line, decision: str, **more: Any) -> None:
        outcome = await parts.do(DecideLine(stocktake_id=self.id, line_id=line.line_id, decision=decision, **more))
        if not outcome.ok:
            await self.again()

    def _ask_answer(self, shown: Shown, line: Line) -> None:
        answers: dict[Any, str] = {}
        for n in answers_of(line) if line.bulk else ():
            answers[n] = _("stocktake.quantity", n=n, unit=line.unit)
        for seen in () if line.bulk else line.standing:
            key = seen.place_id if shown.row.kind == "asset" else seen.quantity
            if seen.answer == Answer.ABSENT:
                answers[None] = f"{_('stocktake.not_there')}　{seen.who}"
                continue
            words = seen.place if shown.row.kind == "asset" else _("stocktake.quantity", n=seen.quantity, unit=line.unit)
            answers[key] = f"{words}　{seen.who}"
        with parts.sheet_dialog(_("stocktake.choose_answer"), line.name) as dialog:
            with parts.box("answers"):
                for key, words in answers.items():

                    async def take(key: Any = key) -> None:
                        dialog.close()
                        await self._say(line, "accept", **_chosen(shown, line, key))

                    parts.button(words, take, wide=True)
            with parts.box("dialog__acts"):
                parts.button(_("web.cancel"), dialog.close)
        dialog.on("hide", self.again)
        dialog.open()

    def _ask_cause(self, line: Line, decision: str) -> None:
        with parts.sheet_dialog(_("stocktake.cause_title"), line.name) as dialog:
            words = parts.area(_("stocktake.cause"), line.cause, rows=2)

            async def save() -> None:
                dialog.close()
                await self._say(line, decision, cause=(words.value or "").strip()[:500])

            with parts.box("dialog__acts"):
                parts.button(_("web.cancel"), dialog.close)
                parts.button(_("stocktake.cause_save"), save, kind="main")
        dialog.on("hide", self.again)
        dialog.open()

    async def _choose_tab(self, tab: str) -> None:
        self.tab, self.most = tab, PAGE_LINES
        await self.again()

    async def _more(self) -> None:
        self.most += PAGE_LINES
        await self.again()


def _told(seen: Seen) -> str:
    if seen.quantity is not None:
        return _("stocktake.seen_quantity", who=seen.who, n=seen.quantity)
    if seen.answer == Answer.ABSENT:
        return _("stocktake.seen_absent", who=seen.who)
    return _("stocktake.seen_said" if seen.answer else "stocktake.seen_place", who=seen.who, place=seen.place)


def _chosen(shown: Shown, line: Line, key: Any) -> dict[str, Any]:
    """The answer of a conflict that was pressed; no place means that the thing is not there."""
    if shown.row.kind != "asset" or line.bulk:
        return {"quantity": key}
    return {"quantity": 0} if key is None else {"place_id": key}
