"""Held visits at the desk: what has to be looked at stands above the register until somebody decided (pitfall V33).

Reception sees who waits and by what they met the list; the entry itself and its reason only who keeps the list (core/sections/visits/holding.py).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from nicegui import ui

from core.foundation import clock, database, i18n, live
from core.foundation.live import Change
from core.sections import visits
from core.sections.visits import HoldView
from core.web import frame, parts
from core.web.frame import _


class HoldBanner:
    """One line a visit that waits, with its act; live."""

    def __init__(self) -> None:
        self.client, self.box = ui.context.client, parts.box("stack")
        self.draw()
        self.client.on_delete(live.subscribe("hold", self._changed))

    def draw(self) -> None:
        with database.reading() as s:
            waiting = visits.holding.waiting(s, frame.actor())
        self.box.clear()
        with self.box:
            for hold in waiting:
                key = f"holds.{hold.place}" if hold.held else "holds.check"
                words = _(key, name=hold.name, host=hold.host, how=_(f"holds.how.{hold.how}"))
                with parts.banner(words, "bad" if hold.held else "due"):
                    parts.button(_("holds.look"), partial(decide_dialog, hold, self.draw))

    def _changed(self, _change: Change) -> None:
        if not self.client.is_deleted:
            with self.client:
                self.draw()


def decide_dialog(hold: HoldView, done: Callable[[], object]) -> None:
    """Who it is, what they met, and the two ways it can end; each needs a reason."""
    zone, language = clock.zone(), frame.lang()
    with parts.sheet_dialog(_("holds.title"), _("holds.say" if hold.held else "holds.say.check")) as dialog:
        parts.facts(
            (
                (_("visit.column.name"), hold.name),
                (_("visit.column.company"), hold.company),
                (_("visit.column.phone"), hold.phone),
                (_("visit.column.host"), hold.host),
                (_("holds.since"), i18n.day_and_time(hold.at, zone, language)),
                (_("holds.met"), _(f"holds.how.{hold.how}")),
                (_("holds.entry"), hold.entry),
                (_("holds.entry.reason"), hold.entry_reason),
            )
        )
        reason = parts.input(_("holds.reason"), help=_("holds.reason.help"), props="maxlength=300", autofocus=True)

        async def decide(kind: type[visits.ReleaseVisit] | type[visits.TurnAway], words: str) -> None:
            given = (reason.value or "").strip()
            parts.refuse(reason, None if len(given) >= 2 else _("holds.reason.need"))
            if len(given) >= 2 and (await parts.do(kind(visit_id=hold.visit_id, reason=given), done=words)).ok:
                dialog.close()
                done()

        with parts.box("dialog__acts"):
            parts.button(_("web.cancel"), dialog.close)
            if hold.held:
                parts.button(_("holds.turn_away"), partial(decide, visits.TurnAway, _("holds.turned_away", name=hold.name)), kind="stop")
            parts.button(
                _("holds.release"), partial(decide, visits.ReleaseVisit, _("holds.released", name=hold.name)), kind="main", icon="check"
            )
    dialog.open()
