"""How one arrangement stands, and noting what its owner said by word of mouth (guide S3.1-R3: each line confirmed by whom, with whom outside)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from core.foundation import clock, i18n
from core.sections import reception
from core.sections.reception import PlanLine
from core.web import frame, parts
from core.web.frame import _
from kiosk.desk import piles

After = Callable[[], Any]
TONES: dict[str, parts.Tone] = {"open": "lost", "asked": "held", "confirmed": "free", "changed": "soon", "declined": "busy"}
ICONS = {"open": "minus", "changed": "refresh", "declined": "cross"}
SAYS = ("confirmed", "changed", "declined")


def draw_state(line: PlanLine, after: After | None) -> None:
    """Done, late, or what the owner said. With `after` a press notes another answer, then runs it."""
    with parts.box("plan__state"):
        if line.done_at is not None:
            parts.pill(_("reception.done_at", time=f"{clock.local(line.done_at):%H:%M}"), "free")
            return
        if line.late_minutes:
            parts.pill(_("reception.late_by", n=line.late_minutes), "busy", icon="clock")
            return
        words = _(f"reception.answer.{line.answer}")
        if after is None:
            parts.pill(words, TONES[line.answer], icon=ICONS.get(line.answer))
        else:
            opener = parts.box("plan__answer", "button").props("type=button")
            opener.props["aria-label"] = f"{line.what}: {words}"
            opener.props["title"] = _("reception.answer_title")
            with opener:
                parts.pill(words, TONES[line.answer], icon=ICONS.get(line.answer))
            parts.on_tap(opener, partial(note_answer, line, after))
        if line.answered_at is not None:
            who = line.answered_by if line.answered_by != line.owner else ""
            parts.text(parts.joined(who, i18n.day_and_time(line.answered_at, clock.zone(), frame.lang())), "span", "quiet small")


def note_answer(line: PlanLine, after: After) -> None:
    """The hotel called back, the driver said no in the corridor: the desk notes it for the owner."""
    with parts.sheet_dialog(_("reception.answer_title"), line.what) as dialog:
        now = line.answer if line.answer in SAYS else "confirmed"
        said = parts.select(_("reception.answer_is"), {one: _(f"reception.answer.{one}") for one in SAYS}, now)
        with parts.box() as with_whom:
            outside = parts.input(
                _("reception.agreed_with"), line.confirmed_with, help=_("reception.agreed_with_hint"), props="maxlength=120", autofocus=True
            )
        with parts.box() as reason:
            why = parts.area(_("reception.why"), line.answer_note, rows=2)

        def fit() -> None:
            agreed = said.value == "confirmed"
            with_whom.set_visibility(agreed)
            reason.set_visibility(not agreed)

        said.on_value_change(fit)
        fit()

        async def go() -> None:
            agreed, words = said.value == "confirmed", (why.value or "").strip()[:500]
            parts.refuse(why, None if agreed or words else _("reception.reason_missing"))
            if not agreed and not words:
                return
            do = reception.AnswerLine(
                line_id=line.id, answer=said.value, note="" if agreed else words, confirmed_with=(outside.value or "").strip()[:120] if agreed else ""
            )  # fmt: skip
            if (await parts.do(do)).ok:
                dialog.close()
                after()

        piles.acts(dialog, _("web.save"), go)
    dialog.open()
