"""`/my/deliveries`: what waits for me with the pass that opens it, who else may take it, what is not mine (guide S1.1-R1).

The pass is drawn large enough for a kiosk's reader. Leave to a colleague is one tap; for anybody else the page makes a code to pass on.
"""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from nicegui import APIRouter, ui

from core.foundation import clock, database, i18n, live
from core.foundation.live import Change
from core.mechanisms import labels, people
from core.sections import deliveries
from core.sections.deliveries import DeliveryView, PassView
from core.web import frame, parts, qr, sessions, static_files
from core.web.frame import _

router = APIRouter()


@router.page("/my/deliveries")
def deliveries_page() -> None:
    with frame.phone(_("my.deliveries"), "/my"):
        ui.add_head_html(f'<link rel="stylesheet" href="{static_files.url("badges.css")}">')
        Deliveries()


class Deliveries:
    """The list, live."""

    def __init__(self) -> None:
        self.client = ui.context.client
        self.box = parts.box("stack")
        self.draw()
        self.client.on_delete(live.subscribe("delivery", self._changed))

    def draw(self) -> None:
        by = frame.actor()
        assert by.person_id is not None
        with database.reading() as s:
            mine = deliveries.mine(s, by.person_id)
            lent = deliveries.views(s, deliveries.lent_to(s, by.person_id))
            passes = deliveries.passes_for(s, [row.id for row in (*mine, *lent)], by)
            over = deliveries.taken(s, by.person_id, limit=5)
        self.box.clear()
        with self.box:
            if not mine and not lent:
                parts.empty(_("my.deliveries.none"), _("my.deliveries.none.say"))
            for row in mine:
                for asked in [one for one in passes.get(row.id, []) if one.asked]:
                    self._draw_asked(row, asked)
            if mine:
                self._draw_pass(mine, passes)
            for row in mine:
                self._draw_one(row, passes.get(row.id, []))
            for row in lent:
                self._draw_lent(row, passes.get(row.id, []))
            if over:
                parts.text(_("my.deliveries.over"), "h2")
                with parts.rows():
                    for row in over:
                        at = i18n.day_and_time(row.picked_up_at, clock.zone(), frame.lang()) if row.picked_up_at else ""
                        with parts.item(_line(row), parts.joined(at, row.picked_up_by or _(f"delivery.state.{row.state}")), icon="check"):
                            pass

    def _draw_pass(self, mine: list[DeliveryView], passes: dict[UUID, list[PassView]]) -> None:
        own = next((one for row in mine for one in passes.get(row.id, []) if one.own and one.code), None)
        if own is None:
            return
        with parts.box("sheet fetchpass").props("data-pass"):
            parts.text(_("my.deliveries.pass", n=sum(row.pieces for row in mine)), "h2")
            parts.text(_("my.deliveries.pass.say"), "p", "second")
            qr.draw(f"{sessions.settings().base_url}/P/{own.code}".upper(), "fetchpass__qr", labels.shown(own.code))
            parts.text(labels.shown(own.code), classes="code fetchpass__code")

    def _draw_one(self, row: DeliveryView, passes: list[PassView]) -> None:
        with parts.box("sheet stack").props("data-delivery"):
            with parts.box("row"):
                parts.text(f"{row.shelf or 0:03d}", "span", "fetchpass__shelf num")
                with parts.box("grow"):
                    parts.text(_line(row), "h3")
                    parts.text(parts.joined(row.courier, i18n.day_and_time(row.dropped_at, clock.zone(), frame.lang())), "p", "second")
                    where = _("kiosk.fetch.at_desk") if row.oversize else row.place
                    if where:
                        parts.text(where, "p", "second")
            for one in passes:
                if not one.own and not one.asked:
                    self._draw_leave(one)
            with parts.box("row wrap"):
                parts.button(_("my.deliveries.leave"), partial(self._leave, row), icon="people")
                parts.button(_("my.deliveries.not_mine"), partial(self._not_mine, row), kind="quiet")

    def _draw_leave(self, one: PassView) -> None:
        with parts.box("row"):
            parts.pill(_("my.deliveries.may_take", name=one.name), "held", icon="person")
            if one.code:
                parts.text(labels.shown(one.code), "span", "code")
            parts.button(_("my.deliveries.take_back"), partial(self._act, deliveries.TakeLeaveBack(pass_id=one.id)), kind="quiet").classes(
                "push"
            )

    def _draw_asked(self, row: DeliveryView, one: PassView) -> None:
        with parts.banner(_("my.deliveries.asks", name=one.name, what=_line(row)), "due", icon="person"):
            give = deliveries.GiveLeave(delivery_id=row.id, person_id=self._person_of(one))
            parts.button(_("my.deliveries.allow"), partial(self._act, give, _("my.deliveries.allowed", name=one.name)), kind="main")
            parts.button(_("my.deliveries.refuse"), partial(self._act, deliveries.TakeLeaveBack(pass_id=one.id)))

    def _person_of(self, one: PassView) -> UUID | None:
        with database.reading() as s:
            found = s.get(deliveries.DeliveryPass, one.id)
        return found.person_id if found else None

    def _draw_lent(self, row: DeliveryView, passes: list[PassView]) -> None:
        own = next((one for one in passes if one.own and one.code), None)
        with parts.box("sheet fetchpass").props("data-lent"):
            parts.text(_("my.deliveries.for", name=row.recipient), "h2")
            parts.text(parts.joined(_line(row), f"{row.shelf or 0:03d}"), "p", "second")
            if own:
                qr.draw(f"{sessions.settings().base_url}/P/{own.code}".upper(), "fetchpass__qr", labels.shown(own.code))
                parts.text(labels.shown(own.code), classes="code fetchpass__code")

    # ── acts ──

    async def _act(self, do: Any, words: str | None = None) -> None:
        if (await parts.do(do, done=words)).ok:
            self.draw()

    def _leave(self, row: DeliveryView) -> None:
        by = frame.actor()
        with database.reading() as s:
            departments = people.department_names(s)
            others = {
                str(p.id): (p.name, departments.get(p.department_id, "") if p.department_id else "")
                for p in people.search(s, limit=2000)
                if p.id != by.person_id
            }
        with parts.sheet_dialog(_("my.deliveries.leave"), _line(row)) as dialog:
            who = parts.select(_("my.deliveries.colleague"), {id: parts.joined(*words) for id, words in others.items()}, search=True)
            other = parts.input(_("my.deliveries.somebody"), props="maxlength=80", help=_("my.deliveries.somebody.help"))

            async def go() -> None:
                name = (other.value or "").strip()
                parts.refuse(other, None if bool(who.value) != bool(name) else _("my.deliveries.one_of_both"))
                if bool(who.value) == bool(name):
                    return
                do = deliveries.GiveLeave(delivery_id=row.id, person_id=UUID(str(who.value)) if who.value else None, bearer=name)
                outcome = await parts.do(do, done=None if name else _("my.deliveries.allowed", name=others[str(who.value)][0]))
                if outcome.ok:
                    dialog.close()
                    self.draw()
                    if name:
                        _show_code(str(outcome.result["code"]), name)

            with parts.box("dialog__acts"):
                parts.button(_("web.cancel"), dialog.close)
                parts.button(_("my.deliveries.allow"), go, kind="main")
        dialog.open()

    async def _not_mine(self, row: DeliveryView) -> None:
        sure = await parts.confirm(
            _("my.deliveries.not_mine"),
            _("my.deliveries.not_mine.say", what=_line(row)),
            act=_("my.deliveries.not_mine"),
            stay=_("web.cancel"),
            stop=False,
        )
        if sure:
            await self._act(deliveries.NotMine(delivery_id=row.id), _("my.deliveries.to_desk"))

    def _changed(self, _change: Change) -> None:
        if not self.client.is_deleted:
            with self.client:
                self.draw()


def _line(row: DeliveryView) -> str:
    return _("kiosk.fetch.piece", what=_(f"delivery.kind.{row.kind}"), n=row.pieces)


def _show_code(code: str, name: str) -> None:
    """A code to read out or send on: whoever shows it may take this one delivery."""
    with parts.sheet_dialog(_("my.deliveries.code_for", name=name), _("my.deliveries.code_for.say")) as dialog:
        with parts.box("pass__code"):
            qr.draw(f"{sessions.settings().base_url}/P/{code}".upper(), "qr", labels.shown(code))
            parts.text(labels.shown(code), classes="code")
        with parts.box("dialog__acts"):
            parts.button(_("web.close"), dialog.close, kind="main")
    dialog.open()
