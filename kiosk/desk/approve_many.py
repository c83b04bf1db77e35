"""Deciding about several requests together: chosen ones, one reason, each decided by its own rule, what was refused listed one by one.

Nothing is decided as a block: every request is an operation of its own, with its own check of who may, its own consequence and its own audit line. One
that is refused (settled meanwhile, not mine, its own asker) stops none of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from core.foundation import database
from core.mechanisms.approvals import ApprovalView, DecideApproval
from core.mechanisms.operations import Actor, Operation, perform
from core.sections import stocktakes
from core.sections.stocktakes import APPROVERS, ApproveStocktake, RejectStocktake, State
from core.web import frame, parts
from core.web.frame import _


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that waits for this person's word, whatever it is. `yes` and `no` make the operation that says it, with the reason."""

    key: str
    title: str
    figure: str
    yes: Callable[[str], Operation]
    no: Callable[[str], Operation]


def of_approval(view: ApprovalView) -> Choice:
    return Choice(
        str(view.id), view.title, view.figure,
        lambda why: DecideApproval(approval_id=view.id, approve=True, note=why),
        lambda why: DecideApproval(approval_id=view.id, approve=False, note=why),
    )  # fmt: skip


def closed_stocktakes(by: Actor) -> list[Choice]:
    """Stock-takes whose counting has ended, with every difference decided, that this person may approve: they did not count."""
    if not by.has(*APPROVERS):
        return []
    found = []
    with database.reading() as s:
        for view in stocktakes.listed(s, by, states=[State.CLOSED], limit=50):
            row = stocktakes.get(s, view.id)
            if stocktakes.has_counted(s, row.id, by.person_id) or stocktakes.is_blind_to(s, row, by):
                continue
            sums = stocktakes.review(s, row).sums
            if not sums.undecided:
                found.append(_of_stocktake(row.id, _("approval.stocktake", title=row.title), sums))
    return found


def _of_stocktake(stocktake_id: Any, title: str, sums: stocktakes.Sums) -> Choice:
    figure = _("approval.stocktake_figure", matched=sums.matched, moved=sums.moved, missing=sums.missing, surplus=sums.surplus)
    return Choice(
        str(stocktake_id), title, figure,
        lambda why: ApproveStocktake(stocktake_id=stocktake_id, reason=why),
        lambda why: RejectStocktake(stocktake_id=stocktake_id, reason=why),
    )  # fmt: skip


def ask(chosen: Sequence[Choice], agree: bool, after: Callable[[], Any]) -> None:
    """What is going to be decided, one by one, and the reason that all of them get."""
    with parts.sheet_dialog(
        _("approval.many_agree_title" if agree else "approval.many_back_title", n=len(chosen)), _("approval.many_words")
    ) as dialog:
        body = parts.box("stack")
        with body:
            with parts.box("agree__many", "ul").props("role=list"):
                for one in chosen:
                    with parts.box("row", "li"):
                        parts.text(one.title, "span", "strong")
                        if one.figure:
                            parts.text(one.figure, "span", "second num")
            why = parts.area(_("approval.many_why" if agree else "approval.back_why"), rows=2)
            why.props("maxlength=500 data-test=many-why")

        async def go() -> None:
            said = (why.value or "").strip()[:500]
            parts.refuse(why, None if said or agree else _("approval.reason_missing"))
            if not said and not agree:
                return
            await _decide(chosen, agree, said, body, acts, dialog.close)
            after()

        acts = parts.box("dialog__acts")
        with acts:
            parts.button(_("web.cancel"), dialog.close)
            parts.button(_("approval.many_agree" if agree else "approval.many_back", n=len(chosen)), go, kind="main").props(
                "data-test=many-go"
            )
    dialog.open()


async def _decide(chosen: Sequence[Choice], agree: bool, why: str, body: Any, acts: Any, close: Callable[[], Any]) -> None:
    """One after the other; each answer stands beside its request."""
    by, language = frame.actor(), frame.lang()
    done, refused = 0, []
    for one in chosen:
        outcome = await perform((one.yes if agree else one.no)(why), by=by)
        if outcome.ok:
            done += 1
        else:
            refused.append((one, outcome.message(language) or _("request.failed", ref=outcome.op_id.hex[-4:].upper())))
    if not refused:
        close()
        parts.toast(_("approval.many_done", n=done))
        return
    body.clear()
    with body:
        parts.banner(_("approval.many_some", done=done, refused=len(refused)), "due")
        with parts.box("agree__many", "ul").props("role=list"):
            for one, sentence in refused:
                with parts.box("stack", "li").props("data-test=many-refused"):
                    parts.text(one.title, "span", "strong")
                    parts.text(sentence, "span", "second")
    acts.clear()
    with acts:
        parts.button(_("web.close"), close, kind="main")
