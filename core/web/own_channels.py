"""The chats a person is told in, as a group of fields: one's own on the desk's account page and on the phone, anybody's in an administrator's dialog."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from nicegui.elements.mixins.text_element import TextElement

from core.foundation import clock, database
from core.mechanisms import notices, person_channels
from core.mechanisms.chats import SERVICES
from core.mechanisms.notices import Notice, State
from core.web import anew, frame, parts
from core.web.frame import _

SIGNED = frozenset({"dingtalk", "feishu"})  # whose robots may ask for a signature


class OwnChannels:
    """A list of what is set up with what became of the last message there, and the fields for one more. `person_id`: of somebody else; not `titled`: on a page of that title."""

    def __init__(self, person_id: UUID | None = None, name: str = "", *, titled: bool = True) -> None:
        self.person_id, self.name = person_id, name
        if not name:
            if titled:
                parts.text(_("channel.title"), "h2")
            parts.text(_("channel.hint"), "p", "quiet small")
        self.list, self.form = parts.rows("list"), parts.box("stack")
        self.draw()
        anew.when_changed("notice", draw=self._say_last, settle_s=0.1)

    def draw(self) -> None:
        self._draw_list()
        self.form.clear()
        if len(self.views) >= person_channels.MOST:
            return
        with self.form:
            services = {name: _(f"channel.service.{name}") for name in SERVICES}
            self.service = parts.select(
                _("channel.service"), services, "wecom", on_change=lambda name: self.signed.set_visibility(name in SIGNED)
            )
            self.address = parts.input(
                _("channel.address"), props='maxlength=1000 autocomplete=off spellcheck=false placeholder="https://"'
            )
            with parts.box("stack") as self.signed:
                self.secret = parts.input(
                    _("channel.secret"), help=_("channel.secret.help"), props="maxlength=200 autocomplete=off spellcheck=false"
                )
            self.signed.set_visibility(False)
            parts.button(_("channel.add"), self._add, kind="main", icon="plus")

    def _draw_list(self) -> None:
        whose = self.person_id or frame.actor().person_id
        with database.reading() as s:
            self.views = person_channels.views(s, whose) if whose else []
        self.lines: dict[UUID, TextElement] = {}
        self.list.clear()
        with self.list:
            for view in self.views:
                with parts.box("item", "li"):
                    parts.mark("send")
                    with parts.box("item__body"):
                        parts.text(_(f"channel.service.{view.service}"), classes="item__title")
                        self.lines[view.id] = parts.text("", classes="item__meta")
                    parts.button(_("channel.try"), partial(self._try, view.id), kind="quiet")
                    parts.button(_("channel.remove"), partial(self._remove, view.id), kind="stop")
        self._say_last()

    def _say_last(self) -> None:
        """Only the words change: the buttons stay where a finger is."""
        whose = self.person_id or frame.actor().person_id
        with database.reading() as s:
            last = notices.last_in_chats(s, whose, [view.id for view in self.views]) if whose else {}
        for view in self.views:
            self.lines[view.id].text = parts.joined(_("channel.ends", hint=view.hint), last_words(last.get(view.id)))

    async def _add(self) -> None:
        text, secret = (self.address.value or "").strip(), (self.secret.value or "").strip()
        service = str(self.service.value)
        try:
            do = person_channels.AddChannel(
                person_id=self.person_id, service=service, address=text, secret=secret if service in SIGNED else ""
            )
        except ValueError:
            parts.refuse(self.address, _("channel.bad_address"))
            return
        outcome = await parts.do(do, done=_("channel.added"), quiet=True)
        if outcome.ok:
            self.draw()
        else:
            parts.refuse(self.address, outcome.message(frame.lang()))

    async def _try(self, channel_id: UUID) -> None:
        await parts.do(notices.TryChat(channel_id=channel_id), done=_("channel.trying"))

    async def _remove(self, channel_id: UUID) -> None:
        await parts.do(person_channels.RemoveChannel(channel_id=channel_id))
        self.draw()


def last_words(notice: Notice | None) -> str:
    """When something was last said there, and what became of it."""
    if notice is None:
        return ""
    state = _(f"notice.state.{notice.state}")
    if notice.state != State.SENT and notice.reason:
        state = parts.joined(state, _(notice.reason), notice.detail)
    return _("channel.last", time=f"{clock.local(notice.sent_at or notice.created_at):%H:%M}", state=state)
