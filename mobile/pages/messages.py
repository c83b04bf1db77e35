"""`/my/messages`: what came in from outside and was passed to me; opening it is reading it, and the answer goes back to the office (guide S3.2-R2,
R3). Business cards are taken here too (S3.2-R1)."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from nicegui import APIRouter, ui

from core.foundation import clock, database, i18n, live
from core.foundation.live import Change
from core.mechanisms.operations import perform
from core.sections import liaison
from core.sections.liaison import messages
from core.sections.liaison.registers import MessageView
from core.web import frame, parts, static_files
from core.web.elements import Scanner
from core.web.frame import _
from mobile.pages.thing import foot_of

router = APIRouter()


@router.page("/my/messages")
def messages_page() -> None:
    with frame.phone(_("my.messages"), "/my"):
        Messages()


@router.page("/my/messages/{message_id}")
async def message_page(message_id: UUID) -> None:
    with frame.phone(_("my.messages"), "/my/messages") as body:
        ui.add_head_html(f'<link rel="stylesheet" href="{static_files.url("liaison.css")}">')
        screen = MessageScreen(message_id, foot_of(body))
        await screen.read()


class Messages:
    """The list, live."""

    def __init__(self) -> None:
        self.client, self.box = ui.context.client, parts.box("stack")
        self.draw()
        self.client.on_delete(live.subscribe("message", self._changed))

    def draw(self) -> None:
        by = frame.actor()
        with database.reading() as s:
            found = liaison.mine(s, by.person_id, clock.now()) if by.person_id else []
            mine = {row.id: next((to for to in messages.recipients(s, row.id) if to.person_id == by.person_id), None) for row in found}
        self.box.clear()
        with self.box:
            parts.button(_("my.card"), self._card, icon="scan", wide=True)
            if not found:
                parts.empty(_("my.messages.none"), _("my.messages.none.say"))
                return
            with parts.rows("list"):
                for row in found:
                    to = mine[row.id]
                    with parts.item(row.subject, parts.joined(row.source, due_words(row)), icon="note", href=f"/my/messages/{row.id}"):
                        if to is not None and to.read_at is None and row.closed_at is None:
                            parts.pill(_("liaison.message.state.new"), "busy", icon="bell")
                        elif to is not None and to.to_answer and to.answered_at is None and row.closed_at is None:
                            parts.pill(
                                _("liaison.message.state.late") if row.late else _("liaison.pass.to_answer"), "busy" if row.late else "soon"
                            )
                        else:
                            parts.pill(_("liaison.message.state.replied") if row.closed_at else _("liaison.message.state.read"), "free")

    def _changed(self, _change: Change) -> None:
        if not self.client.is_deleted:
            with self.client:
                self.draw()

    def _card(self) -> None:
        with parts.sheet_dialog(_("liaison.take_card"), _("my.card.say")) as dialog:
            field = parts.area(_("liaison.take_card.field"), rows=4)
            Scanner(lambda scan: field.set_value(scan.text), camera=True, wedge=False, most=4000)
            kind = parts.select(
                _("liaison.contact.kind"), {str(key): _(f"liaison.contact.kind.{key}") for key in liaison.OrgKind}, "partner"
            )

            async def save() -> None:
                try:
                    name = liaison.read_card(field.value or "").name
                except liaison.CardError as error:
                    parts.refuse(field, _(error.code))
                    return
                outcome = await parts.do(liaison.TakeCard(text=field.value, kind=liaison.OrgKind(kind.value)))
                if outcome.ok:
                    dialog.close()
                    parts.toast(_("liaison.card_known") if outcome.result["again"] else _("liaison.card_taken", name=name))

            with parts.box("dialog__acts"):
                parts.button(_("web.cancel"), dialog.close)
                parts.button(_("liaison.take_card.do"), save, kind="main")
        dialog.open()


class MessageScreen:
    """One message: what it says, what others answered, my answer."""

    def __init__(self, message_id: UUID, foot: ui.element) -> None:
        self.id, self.foot, self.box = message_id, foot, parts.box("stack")
        self.draw()

    async def read(self) -> None:
        """Opening it is reading it: the sender sees when."""
        await perform(liaison.ReadMessage(message_id=self.id), by=frame.actor())

    def draw(self) -> None:
        by = frame.actor()
        with database.reading() as s:
            row = liaison.MESSAGES.get(s, str(self.id), by)
        self.box.clear()
        self.foot.clear()
        with self.box:
            if row is None:
                parts.empty(_("liaison.not_found"))
                return
            parts.text(row.subject, "h2", "message__subject")
            parts.text(
                parts.joined(row.source, i18n.day_and_time(row.received_at, clock.zone(), frame.lang()), due_words(row)), "p", "second"
            )
            mine = next((to for to in row.to if to.person_id == by.person_id), None)
            if mine is not None and mine.note:
                parts.banner(
                    f"{mine.passed_by}：{mine.note}" if frame.lang() != "en" else f"{mine.passed_by}: {mine.note}", "info", icon="note"
                )
            for line in row.summary.splitlines():
                parts.text(line, "p")
            words: list[tuple[str, str, Any]] = [
                (
                    word.text,
                    _("liaison.words.inside" if word.inside else "liaison.words.outside", who=word.by, time=_moment(word.at),
                      way=_(f"liaison.way.{word.way}") if word.way else "–"),
                    "done",
                )
                for word in row.words
            ]  # fmt: skip
            if words:
                parts.trail(words)
            if row.closed_at is None and mine is not None and mine.to_answer:
                field = parts.area(_("my.messages.answer"), rows=4)
                with self.foot:
                    parts.button(_("my.messages.answer.do"), partial(self._answer, field), kind="main", icon="send", wide=True)

    async def _answer(self, field: Any) -> None:
        if not (field.value or "").strip():
            parts.refuse(field, _("my.messages.need"))
            return
        if (await parts.do(liaison.AnswerMessage(message_id=self.id, text=field.value), done=_("my.messages.answered"))).ok:
            self.draw()


def due_words(row: MessageView) -> str:
    if row.due_on is None or row.closed_at is not None:
        return ""
    return _("my.messages.late" if row.late else "my.messages.due", day=i18n.short_day(row.due_on, frame.lang()))


def _moment(value: Any) -> str:
    return i18n.day_and_time(value, clock.zone(), frame.lang())
