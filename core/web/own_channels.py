"""The chats a person wants to be told in, as a group of fields: on the desk's own account page and on the phone."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from core.foundation import database
from core.mechanisms import person_channels
from core.mechanisms.chats import SERVICES
from core.web import frame, parts
from core.web.frame import _


class OwnChannels:
    """A list of what is set up, and two fields for one more."""

    def __init__(self) -> None:
        self.box = parts.box("stack")
        self.draw()

    def draw(self) -> None:
        by = frame.actor()
        with database.reading() as s:
            found = person_channels.views(s, by.person_id) if by.person_id else []
        self.box.clear()
        with self.box:
            parts.text(_("channel.title"), "h2")
            parts.text(_("channel.hint"), "p", "quiet small")
            with parts.rows("list"):
                for view in found:
                    with parts.item(_(f"channel.service.{view.service}"), _("channel.ends", hint=view.hint), icon="send"):
                        parts.button(_("channel.remove"), partial(self._remove, view.id), kind="stop")
            if len(found) >= person_channels.MOST:
                return
            self.service = parts.select(_("channel.service"), {name: _(f"channel.service.{name}") for name in SERVICES}, "wecom")
            self.address = parts.input(
                _("channel.address"), props='maxlength=1000 autocomplete=off spellcheck=false placeholder="https://"'
            )
            parts.button(_("channel.add"), self._add, kind="main", icon="plus")

    async def _add(self) -> None:
        text = (self.address.value or "").strip()
        try:
            do = person_channels.AddChannel(service=str(self.service.value), address=text)
        except ValueError:
            parts.refuse(self.address, _("channel.bad_address"))
            return
        outcome = await parts.do(do, done=_("channel.added"), quiet=True)
        if outcome.ok:
            self.draw()
        else:
            parts.refuse(self.address, outcome.message(frame.lang()))

    async def _remove(self, channel_id: UUID) -> None:
        await parts.do(person_channels.RemoveChannel(channel_id=channel_id))
        self.draw()
