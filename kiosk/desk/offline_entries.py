"""What the kiosks took while they could not reach the server, and what of it reception has to settle (pitfalls V38, V39).

A line says who, when by the kiosk's clock, whom they named, and why it did not fit by itself. Reception says whom the visitor came to, or that there is
nothing more to do.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from uuid import UUID

from fastapi import Depends
from nicegui import APIRouter

from core.foundation import clock, database, i18n
from core.mechanisms import people
from core.sections.visits import offline
from core.sections.visits.offline import OfflineView, SettleOffline
from core.sections.visits.record import RECEPTION
from core.web import anew, frame, parts
from core.web.frame import _

router = APIRouter(dependencies=[Depends(frame.signed_in)])


@router.page("/desk/offline-entries")
def offline_page() -> None:
    with frame.desk("visits", _("offline.desk"), *RECEPTION):
        OfflineEntries()


class OfflineBanner:
    """On the register of visits: how many entries wait to be settled."""

    def __init__(self) -> None:
        self.box = parts.box("stack")
        self.draw()
        anew.when_changed("offline_entry", draw=self.draw)

    def draw(self) -> None:
        with database.reading() as s:
            waiting = offline.count_open(s) if frame.actor().has(*RECEPTION) else 0
        self.box.clear()
        if waiting:
            with self.box, parts.banner(_("offline.desk.waiting", n=waiting), "due", icon="cloud-up"):
                parts.button(_("offline.desk.open"), href="/desk/offline-entries")


class OfflineEntries:
    """The list to settle, and below it what came in lately."""

    def __init__(self) -> None:
        with parts.head(_("offline.desk"), _("offline.desk.hint")):
            parts.button(_("nav.visits"), href="/desk/visits", icon="back")
        self.body = parts.box("stack stack--loose")
        self.draw()
        anew.when_changed("offline_entry", draw=self.draw)

    def draw(self) -> None:
        """Draw both lists anew."""
        with database.reading() as s:
            waiting, lately = offline.open_entries(s), [one for one in offline.latest(s) if one.state != offline.Settled.OPEN]
        self.body.clear()
        with self.body:
            if not waiting:
                parts.empty(_("offline.desk.none"), _("offline.desk.none_hint"))
            else:
                with parts.rows():
                    for entry in waiting:
                        self._line(entry)
            if lately:
                parts.text(_("offline.desk.lately"), "h2")
                with parts.rows():
                    for entry in lately[:30]:
                        with parts.item(
                            entry.name or _(f"offline.kind.{entry.kind}"),
                            parts.joined(
                                _(f"offline.kind.{entry.kind}"), entry.kiosk, _("offline.desk.came_in", time=_moment(entry.received_at))
                            ),
                            icon="check" if entry.state == offline.Settled.DONE else "return",
                            tone="free" if entry.state == offline.Settled.DONE else "shut",
                            when=(i18n.clock_time(entry.told_at, clock.zone()), i18n.short_day(clock.today(entry.told_at), frame.lang())),
                        ):
                            pass

    def _line(self, entry: OfflineView) -> None:
        words = parts.joined(
            _(f"offline.kind.{entry.kind}"),
            entry.company,
            _("offline.desk.asked_for", host=entry.host_words) if entry.host_words else "",
            entry.purpose,
            entry.kiosk,
        )
        with parts.item(
            entry.name or _("offline.desk.nameless"),
            words,
            icon="warning",
            tone="soon",
            when=(i18n.clock_time(entry.told_at, clock.zone()), i18n.short_day(clock.today(entry.told_at), frame.lang())),
        ) as row:
            row.props(f"data-entry={entry.id}")
            if entry.problem:
                parts.pill(why(entry.problem, frame.lang()), "soon")
            if entry.kind == "arrival" and entry.name:
                parts.button(_("offline.desk.arrived"), partial(self._arrived, entry))
            parts.button(_("offline.desk.nothing"), partial(self._nothing, entry))

    def _arrived(self, entry: OfflineView) -> None:
        with database.reading() as s:
            departments = people.department_names(s)
            hosts = {
                str(p.id): parts.joined(p.name, departments.get(p.department_id, "") if p.department_id else "")
                for p in people.search(s, limit=2000)
            }
        with parts.sheet_dialog(
            _("offline.desk.to_whom", name=entry.name), _("offline.desk.to_whom_hint", words=entry.host_words)
        ) as dialog:
            host = parts.select(_("visit.column.host"), hosts, None, search=True)
            with parts.box("dialog__acts"):
                parts.button(_("web.cancel"), dialog.close)

                async def save() -> None:
                    if not host.value:
                        parts.refuse(host, _("visit.host_unknown"))
                        return
                    if (await parts.do(SettleOffline(entry_id=entry.id, host_id=UUID(host.value)), done=_("offline.desk.settled"))).ok:
                        dialog.close()

                parts.button(_("offline.desk.arrived"), save, kind="main")
        dialog.open()

    async def _nothing(self, entry: OfflineView) -> None:
        sure = await parts.confirm(
            _("offline.desk.nothing_title", name=entry.name or _("offline.desk.nameless")),
            _("offline.desk.nothing_words"),
            act=_("offline.desk.nothing"),
            stay=_("web.cancel"),
            stop=False,
        )
        if sure:
            await parts.do(SettleOffline(entry_id=entry.id), done=_("offline.desk.settled"))


def why(problem: str, language: str) -> str:
    """Why an entry did not fit, said to reception: what the same code says at a kiosk speaks to the visitor, with facts that an entry does not keep."""
    key = problem if problem == offline.BROKEN else f"offline.why.{problem}"
    return i18n.t(key if i18n.has(key) else "offline.why.other", language)


def _moment(at: datetime) -> str:
    return i18n.day_and_time(at, clock.zone(), frame.lang())
