"""What an owner is asked on the phone: each of their lines stands, has changed, or can't be done; with whom outside it was agreed (guide S3.1-R3)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from uuid import UUID

from core.foundation import clock, i18n
from core.mechanisms.operations import Operation
from core.sections import reception
from core.sections.reception import Plan, PlanLine
from core.web import parts
from core.web.frame import _

Do = Callable[[Operation], Awaitable[None]]


def asked_of(plan: Plan, person_id: UUID | None) -> list[PlanLine]:
    """This person's lines that wait for their word; what is done already needs none."""
    if plan.state not in ("planned", "running"):
        return []
    return [line for line in plan.lines if line.owner_id == person_id and line.answer == "asked" and line.done_at is None]


def draw(reception_id: UUID, lines: list[PlanLine], do: Do) -> None:
    with parts.box("sheet run__asked", "section"):
        parts.text(_("reception.please_confirm", n=len(lines)), "h2")
        if len(lines) > 1:
            all_mine = reception.ConfirmMine(reception_id=reception_id)
            parts.button(_("reception.confirm_all", n=len(lines)), partial(do, all_mine), icon="check", wide=True)
        for line in lines:
            _draw_line(line, do)


def _draw_line(line: PlanLine, do: Do) -> None:
    where = f"{line.place} → {line.place_to}" if line.place_to else line.place
    with parts.box("run__ask"):
        parts.text(line.what, classes="strong")
        parts.text(
            parts.joined(_(f"reception.kind.{line.kind}"), i18n.time_span(line.starts_at, line.ends_at, clock.zone()), where),
            classes="second",
        )
        if line.note:
            parts.text(line.note, classes="second small")
        with parts.box("run__answers"):
            parts.button(_("reception.confirm"), partial(do, reception.AnswerLine(line_id=line.id, answer="confirmed")), icon="check")
            parts.button(_("reception.say_changed"), partial(_say_no, line, "changed", do))
            parts.button(_("reception.say_no"), partial(_say_no, line, "declined", do))
        parts.button(_("reception.confirm_with"), partial(_say_with, line, do), kind="quiet", icon="people")


def _say_with(line: PlanLine, do: Do) -> None:
    """It stands, and somebody outside said so: 「酒店 王经理」."""
    with parts.sheet_dialog(_("reception.confirm_with"), line.what) as dialog:
        outside = parts.input(_("reception.agreed_with"), help=_("reception.agreed_with_hint"), props="maxlength=120", autofocus=True)

        async def go() -> None:
            said = (outside.value or "").strip()[:120]
            parts.refuse(outside, None if said else _("reception.need_with"))
            if said:
                await do(reception.AnswerLine(line_id=line.id, answer="confirmed", confirmed_with=said))
                dialog.close()

        with parts.box("dialog__acts"):
            parts.button(_("web.cancel"), dialog.close)
            parts.button(_("reception.confirm"), go, kind="main", icon="check")
    dialog.open()


def _say_no(line: PlanLine, answer: str, do: Do) -> None:
    with parts.sheet_dialog(_(f"reception.answer.{answer}"), line.what) as dialog:
        why = parts.area(_("reception.why"), rows=2)

        async def go() -> None:
            said = (why.value or "").strip()[:500]
            parts.refuse(why, None if said else _("reception.reason_missing"))
            if said:
                await do(reception.AnswerLine(line_id=line.id, answer=answer, note=said))  # type: ignore[arg-type]  # one of the two words above
                dialog.close()

        with parts.box("dialog__acts"):
            parts.button(_("web.cancel"), dialog.close)
            parts.button(_("reception.tell_lead"), go, kind="main")
    dialog.open()
