"""The bell in the desk's bar: how many notices wait for this person, and the newest of them."""

from __future__ import annotations

from nicegui import ui

from core.foundation import clock, database, i18n
from core.mechanisms import notices
from core.mechanisms.operations import Actor
from core.web import anew, frame, icons, parts
from core.web.frame import _

SHOWN = 8
PAGES = {"visit": "visits", "booking": "bookings", "duty": "duties", "approval": "approvals", "asset": "assets", "supply": "supplies", "delivery": "deliveries",
         "stocktake": "stocktakes", "inspection": "inspections", "licence": "licences", "document": "documents", "device": "devices", "series": "series", "case": "liaison/cases", "printer": "printers",
         "rollcall": "roll-call", "purge": "privacy"}  # fmt: skip
ON_PHONE = {
    "extension_ask": "/my/asks/{id}",
    "reception": "/my/receptions/{id}",
    "message": "/my/messages/{id}",
    "contact": "/my/contacts/{id}",
}


def draw(by: Actor) -> None:
    """A button with the number of unread notices; pressing opens the list, and what was shown counts as read when it is closed."""
    Bell(by)


class Bell:
    """The button, its list, and the subscription that keeps the number true."""

    def __init__(self, by: Actor) -> None:
        self.person_id = by.person_id
        self.client = ui.context.client
        self.shown: list[notices.Notice] = []
        button = parts.box("button desk__bell", "button").props("type=button")
        with button:
            icons.icon("bell")
            self.words = parts.text("", "span")
            with ui.menu().props('anchor="bottom right" self="top right"') as menu:
                self.box = parts.box("popmenu popmenu--wide")
        menu.on("show", self._draw_list)
        menu.on("hide", self._read)
        self._count()
        anew.when_changed("notice", draw=self._count, settle_s=0.5)

    def _count(self) -> None:
        if self.person_id is None:
            return
        with database.reading() as s:
            self.shown = notices.unread(s, self.person_id, limit=100)
        self.words.text = _("desk.notices", n=len(self.shown))

    def _draw_list(self) -> None:
        self._count()
        self.box.clear()
        with self.box:
            if not self.shown:
                parts.empty(_("desk.no_notices"))
            for notice in self.shown[:SHOWN]:
                page = PAGES.get(notice.subject_kind or "")
                address = f"/desk/{page}?open={notice.subject_id}" if page else ON_PHONE.get(notice.subject_kind or "", "")
                with parts.box("find", "a" if address else "div") as row:
                    if address:
                        row.props(f'href="{address.format(id=notice.subject_id)}"')
                    with parts.box(tag="span"):
                        parts.text(notices.sentence(notice, frame.lang()), "span")
                        parts.text(i18n.day_and_time(notice.created_at, clock.zone(), frame.lang()), "small")

    async def _read(self) -> None:
        if self.shown:
            await parts.do(notices.ReadNotices(notice_ids=[notice.id for notice in self.shown[:SHOWN]]), quiet=True)
            self._count()
