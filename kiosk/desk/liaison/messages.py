"""What comes in from outside: passed on, read, answered, replied (guide S3.2-R2, R3)."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlmodel import Session

from core.foundation import database
from core.mechanisms import people
from core.mechanisms.operations import Actor
from core.mechanisms.views import Query
from core.sections import liaison
from core.sections.liaison.registers import MessageView
from core.web import parts
from core.web.frame import _
from kiosk.desk import piles
from kiosk.desk.liaison import shared
from kiosk.desk.registers import Chip, Column, Register, RegisterPage

MESSAGE_TONES: dict[str, parts.Tone] = {
    "new": "busy",
    "passed": "held",
    "read": "held",
    "answered": "soon",
    "replied": "free",
    "late": "busy",
}


def _message_acts(page: RegisterPage) -> None:
    parts.button(_("liaison.receive"), partial(_receive_dialog, page), kind="main", icon="plus")


async def _message_peek(row: MessageView, page: RegisterPage) -> None:
    with database.reading() as s:
        row = liaison.message(s, row.id)
    page.peek_head(row.subject, pill=_message_pill(row), meta=parts.joined(row.source, shared.moment(row.received_at)))
    parts.facts(
        (
            (_("liaison.message.number"), f"{row.year}-{row.number}"),
            (_("liaison.spoke.way"), _(f"liaison.way.{row.way}")),
            (_("liaison.message.due_on"), shared.day(row.due_on)),
        )
    )
    if row.summary:
        parts.text(row.summary, "p", "lines")
    if row.closed_at is None:
        owing = any(to.to_answer and to.answered_at is None for to in row.to)
        parts.button(_("liaison.pass"), partial(_pass_dialog, row, page), kind="plain" if row.to else "main", icon="send")
        if owing:
            parts.button(_("liaison.chase"), partial(_chase, row, page), icon="bell")
        parts.button(_("liaison.reply"), partial(_reply_dialog, row, page), kind="main" if row.to and not owing else "plain", icon="return")
    steps: list[tuple[str, str, Any]] = []
    for to in row.to:
        said = [
            _("liaison.to.passed", time=shared.moment(to.passed_at), who=to.passed_by),
            _("liaison.to.read", time=shared.moment(to.read_at)) if to.read_at else _("liaison.to.unread"),
        ]
        if to.answered_at:
            said.append(_("liaison.to.answered", time=shared.moment(to.answered_at)))
        elif not to.to_answer:
            said.append(_("liaison.to.know"))
        if to.chased:
            said.append(_("liaison.to.chased", n=to.chased))
        steps.append(
            (
                parts.joined(to.person, to.department, to.note),
                parts.joined(*said),
                "done" if to.answered_at or (not to.to_answer and to.read_at) else "now",
            )
        )
    for word in row.words:
        key = "liaison.words.inside" if word.inside else "liaison.words.outside"
        steps.append(
            (word.text, _(key, who=word.by, time=shared.moment(word.at), way=_(f"liaison.way.{word.way}") if word.way else "–"), "done")
        )
    if steps:
        parts.trail(steps)


def _message_pill(row: MessageView) -> tuple[str, parts.Tone]:
    state = "late" if row.late else row.state
    return _(f"liaison.message.state.{state}"), MESSAGE_TONES[state]


def _receive_dialog(page: RegisterPage) -> None:
    with parts.sheet_dialog(_("liaison.receive")) as dialog:
        with parts.box("pairs"):
            source = parts.input(_("liaison.message.source"), autofocus=True, props="maxlength=200")
            contact = parts.select(_("liaison.case.contact"), {"": "—", **shared.contacts()}, "", search=True)
            way = parts.select(_("liaison.spoke.way"), {key: _(f"liaison.way.{key}") for key in shared.WAYS}, "call")
            due = parts.input(_("liaison.message.due_on"), help=_("liaison.message.due_on.help"), props="type=date")
        subject = parts.input(_("liaison.message.subject"), props="maxlength=200")
        summary = parts.area(_("liaison.summary"))

        async def save() -> None:
            day = shared.read_day(due)
            for field in (source, subject):
                parts.refuse(field, None if (field.value or "").strip() else _("liaison.need_words"))
            if day is shared.BAD or not (source.value or "").strip() or not (subject.value or "").strip():
                return
            do = liaison.ReceiveMessage(
                source=source.value, subject=subject.value, summary=summary.value or "", way=str(way.value), due_on=day,
                contact_id=UUID(contact.value) if contact.value else None,
            )  # fmt: skip
            outcome = await parts.do(do)
            if outcome.ok:
                dialog.close()
                page.refresh()

        piles.acts(dialog, _("web.save"), save)
    dialog.open()


def _pass_dialog(row: MessageView, page: RegisterPage) -> None:
    with database.reading() as s:
        departments = {str(d.id): d.name for d in people.departments(s) if d.head_id}
    with parts.sheet_dialog(_("liaison.pass"), row.subject) as dialog:
        whom = parts.select(_("liaison.pass.people"), piles.everyone(), [], multiple=True, search=True)
        to_departments = parts.select(_("liaison.pass.departments"), departments, [], multiple=True) if departments else None
        asked = {"answer": True}
        parts.choice(
            {"answer": _("liaison.pass.to_answer"), "know": _("liaison.pass.to_know")},
            "answer",
            lambda key: asked.update(answer=key == "answer"),
        )
        note = parts.input(_("liaison.pass.note"), props="maxlength=200")

        async def save() -> None:
            try:
                do = liaison.PassMessage(
                    message_id=row.id, person_ids=[UUID(id) for id in whom.value or []], note=note.value or "", to_answer=asked["answer"],
                    department_ids=[UUID(id) for id in (to_departments.value or [])] if to_departments else [],
                )  # fmt: skip
            except ValidationError:
                parts.refuse(whom, _("liaison.pass.nobody"))
                return
            outcome = await parts.do(do)
            if outcome.ok:
                parts.toast(_("liaison.passed_toast", n=outcome.result["told"]))
                dialog.close()
                await page.reopen()

        piles.acts(dialog, _("liaison.pass"), save)
    dialog.open()


async def _chase(row: MessageView, page: RegisterPage) -> None:
    outcome = await parts.do(liaison.ChaseMessage(message_id=row.id))
    if outcome.ok:
        parts.toast(_("liaison.chased_toast", n=outcome.result["chased"]))
        await page.reopen()


def _reply_dialog(row: MessageView, page: RegisterPage) -> None:
    with parts.sheet_dialog(_("liaison.reply"), parts.joined(row.source, row.subject)) as dialog:
        text = parts.area(_("liaison.reply.text"), "\n".join(word.text for word in row.words if word.inside))
        way = parts.select(_("liaison.spoke.way"), {key: _(f"liaison.way.{key}") for key in shared.WAYS}, row.way)
        note = parts.input(_("liaison.reply.none"), props="maxlength=200")

        async def save(closes: bool) -> None:
            do = liaison.ReplyOut(message_id=row.id, text=text.value or "", way=str(way.value), closes=closes, note=note.value or "")
            if (await parts.do(do)).ok:
                dialog.close()
                await page.reopen()

        with parts.box("dialog__acts"):
            parts.button(_("web.cancel"), dialog.close)
            parts.button(_("liaison.reply.more"), partial(save, False))
            parts.button(_("liaison.reply.do"), partial(save, True), kind="main", icon="check")
    dialog.open()


def _late(s: Session, by: Actor) -> int:
    return len(liaison.MESSAGES.list(s, Query(limit=200, filters={"state": "late"}), by).items)


MESSAGES = Register(
    name="messages",
    title="liaison.messages",
    kinds=("message",),
    search="liaison.find_message",
    empty=("liaison.messages.none", "liaison.messages.none.say"),
    columns=(
        Column("liaison.message.subject", lambda m: m.subject, sub=lambda m: m.source),
        Column("liaison.message.received_at", lambda m: shared.moment(m.received_at), sub=lambda m: _(f"liaison.way.{m.way}")),
        Column(
            "liaison.message.passed_to",
            lambda m: shared.listed(m.receiver_names, 4),
            sub=lambda m: _("liaison.read_by", read=m.read, n=m.receivers, answered=m.answered) if m.receivers else "",
        ),
        Column("liaison.message.due_on", lambda m: shared.day(m.due_on)),
        Column("liaison.message.state", lambda m: _message_pill(m)[0], tone=lambda m: _message_pill(m)[1]),
    ),
    chips=(
        Chip("open", "liaison.open", {"state": "open"}),
        Chip("late", "liaison.late", {"state": "late"}, count=_late),
        Chip("done", "liaison.done", {"state": "closed"}),
        Chip("all", "liaison.all"),
    ),
    peek=_message_peek,
    acts=_message_acts,
)
