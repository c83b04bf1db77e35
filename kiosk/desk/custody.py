"""Custody on the desk: scan a pile, one signature, done; what is lent out and overdue; what waits for somebody's word (guide S4.1-R3)."""

from __future__ import annotations

from uuid import UUID

from fastapi import Depends
from nicegui import APIRouter, ui

from core.foundation import clock, database, i18n
from core.mechanisms import custody, duties, people
from core.mechanisms.custody import Handover, Offer
from core.mechanisms.operations import Role
from core.sections import assets
from core.sections.assets import AssetView
from core.web import anew, frame, parts
from core.web.frame import _
from kiosk.desk import piles

router = APIRouter(dependencies=[Depends(frame.signed_in)])
READERS = (Role.ADMIN, Role.CLERK, Role.LEADER)
EDITORS = frozenset({Role.ADMIN, Role.CLERK})
SHOWN = 200


@router.page("/desk/custody")
def custody_page() -> None:
    with frame.desk("custody", _("nav.custody"), *READERS):
        piles.style()
        CustodyPage()


class CustodyPage:
    """The counter at the left, where things are at the right."""

    def __init__(self) -> None:
        self.client = ui.context.client
        self.head, self.late = parts.box(), -1
        may = frame.actor().has(*EDITORS)
        with parts.box("two" if may else ""):
            if may:
                with parts.box("sheet custody__counter", "section"):
                    Counter()
            self.lists = parts.box("stack", "section")
        self.draw()
        anew.when_changed("asset", draw=self.draw)

    @anew.drawing
    def draw(self) -> None:
        today = clock.today()
        with database.reading() as s:
            lent = custody.lent(s, "asset")[:SHOWN]
            waiting = custody.offers(s, "asset", SHOWN)
            wanted = {row.subject_id for row in lent} | {offer.subject_id for offer in waiting}
            things = {row.id: row for row in assets.views(s, [assets.get(s, id) for id in wanted])}
            names = assets.names_of(s, {p for row in (*lent, *waiting) for p in (row.to_id, row.from_id) if p})
            late = len(custody.overdue(s, today, "asset"))
        if late != self.late:
            self.late = late
            self.head.clear()
            with self.head, parts.head(_("custody.title_late", n=late) if late else _("custody.title"), _("custody.sub")):
                parts.button(_("custody.clearance"), self._choose_person, icon="leave")
        self.lists.clear()
        with self.lists:
            parts.text(_("custody.lent", n=len(lent)), "h2")
            if not lent:
                parts.text(_("custody.lent_none"), "p", "second")
            else:
                with parts.rows():
                    for row in lent:
                        self._draw_loan(row, things[row.subject_id], names, late=bool(row.due_on and row.due_on < today))
            if waiting:
                parts.text(_("custody.waiting", n=len(waiting)), "h2")
                with parts.rows():
                    for offer in waiting:
                        self._draw_offer(offer, things[offer.subject_id], names)

    def _draw_loan(self, row: Handover, thing: AssetView, names: dict[UUID, str], *, late: bool) -> None:
        assert row.due_on is not None
        when = (i18n.short_day(row.due_on, frame.lang()), _("custody.overdue" if late else "custody.due"))
        with parts.item(
            thing.name,
            parts.joined(names.get(row.to_id, "") if row.to_id else "", thing.number),
            when=when,
            late=late,
            href=f"/desk/assets?open={thing.id}",
        ):
            parts.pill(_("custody.overdue_pill") if late else _("custody.lent_pill"), "busy" if late else "held")

    def _draw_offer(self, offer: Offer, thing: AssetView, names: dict[UUID, str]) -> None:
        giver = names.get(offer.from_id, "") if offer.from_id else _("custody.store")
        taker = names.get(offer.to_id, "") if offer.to_id else _("custody.store")
        with parts.item(thing.name, parts.joined(thing.number, _("custody.from_to", giver=giver, taker=taker)), icon="move", tone="held"):
            if offer.to_id is None and frame.actor().has(*EDITORS):
                parts.button(_("custody.take_back_one"), lambda: self._receive(thing), icon="receive")

    async def _receive(self, thing: AssetView) -> None:
        if (await parts.do(assets.ReceiveBack(asset_ids=(thing.id,)), done=_("custody.received_toast", n=1))).ok:
            self.draw()

    def _choose_person(self) -> None:
        with parts.sheet_dialog(_("custody.clearance"), _("custody.clearance_hint")) as dialog:
            who = parts.select(_("custody.whose"), piles.everyone(), search=True)

            def go() -> None:
                parts.refuse(who, None if who.value else _("asset.required"))
                if who.value:
                    ui.navigate.to(f"/desk/clearance/{who.value}")

            piles.acts(dialog, _("custody.show_list"), go)
        dialog.open()


class Counter:
    """Hand out or take back what lies on the counter."""

    def __init__(self) -> None:
        self.way = "out"
        parts.choice({"out": _("custody.hand_out"), "in": _("custody.take_in")}, self.way, self._choose)
        self.pile = piles.Pile(self._drawn)
        self.form = parts.box("stack")
        self.act = parts.box("stack")
        self._draw_form()

    def _choose(self, way: str) -> None:
        self.way = way
        self._draw_form()

    def _draw_form(self) -> None:
        self.form.clear()
        with self.form:
            if self.way == "out":
                self.who = parts.select(_("custody.to_whom"), piles.everyone(), search=True, on_change=lambda _v: self._drawn())
                self.due = parts.input(_("custody.due_on"), help=_("custody.due_help"), props="type=date")
            self.place = parts.select(_("custody.where_to" if self.way == "out" else "custody.put_where"), piles.everywhere(), search=True)
            self.place.props("clearable")
            self.ink = piles.Ink(_("custody.sign_taker" if self.way == "out" else "custody.sign_giver"))
        self._drawn()

    def _drawn(self) -> None:
        """The one dark button says what will happen."""
        n = len(self.pile.things) if hasattr(self, "pile") else 0
        if not hasattr(self, "act"):
            return
        self.act.clear()
        with self.act:
            if self.way == "out":
                name = str((self.who.options or {}).get(self.who.value, "")).split("　")[0].split(", ")[0] if self.who.value else ""
                why = _("custody.scan_first") if not n else None if name else _("custody.who_first")
                parts.button(_("custody.hand_n", n=n, name=name), self._hand, kind="main", icon="move", wide=True, why_not=why)
            else:
                parts.button(
                    _("custody.take_n", n=n),
                    self._take,
                    kind="main",
                    icon="receive",
                    wide=True,
                    why_not=None if n else _("custody.scan_first"),
                )

    async def _hand(self) -> None:
        signature = await self.ink.drawn(needed=True)
        if signature is None:
            return
        do = assets.HandOverSigned(
            asset_ids=self.pile.ids,
            to_person_id=UUID(self.who.value),
            signature=signature,
            due_on=piles.day_of(self.due),
            place_id=piles.uuid_of(self.place),
        )
        outcome = await parts.do(do)
        if outcome.ok:
            parts.toast(_("custody.handed_toast", n=outcome.result["moved"], name=outcome.result["to"]))
            self._done()

    async def _take(self) -> None:
        signature = await self.ink.drawn(needed=False)
        do = assets.ReceiveBack(asset_ids=self.pile.ids, place_id=piles.uuid_of(self.place), signature=signature)
        outcome = await parts.do(do)
        if outcome.ok:
            parts.toast(_("custody.received_toast", n=outcome.result["moved"]))
            self._done()

    def _done(self) -> None:
        self.pile.clear()
        self._draw_form()


# ── clearance ──


@router.page("/desk/clearance/{person_id}")
def clearance_page(person_id: UUID) -> None:
    with frame.desk("custody", _("custody.clearance"), *READERS, Role.RECEPTION):
        piles.style()
        ClearancePage(person_id)


class ClearancePage:
    """Everything a person still has and owes: what must be empty before they go."""

    def __init__(self, person_id: UUID) -> None:
        self.person_id = person_id
        self.box = parts.box("stack")
        self.draw()

    def draw(self) -> None:
        by, at = frame.actor(), clock.now()
        with database.reading() as s:
            person = people.view(s, people.get(s, self.person_id))
            list_ = assets.clearance(s, self.person_id)
            owed = duties.views(s, list_.owed, by, at)
        things = list_.things
        self.box.clear()
        with self.box:
            title = (
                _("custody.clear_title", name=person.name, n=len(things) + len(owed))
                if things or owed
                else _("custody.clear_none", name=person.name)
            )
            with parts.head(title, parts.joined(person.department, _("people.disabled") if person.disabled else "")):
                parts.button(_("custody.print_list"), href=f"/api/v1/people/{self.person_id}/clearance.pdf", icon="print", new_tab=True)
                if things and by.has(*EDITORS):
                    parts.button(_("custody.take_all", n=len(things)), lambda: self._take_all(things), kind="main", icon="receive")
            if not things and not owed:
                parts.empty(_("custody.clear_empty"), _("custody.clear_empty_hint"))
            if things:
                parts.text(_("custody.clear_things", n=len(things)), "h2")
                with parts.rows():
                    for view in things:
                        with parts.item(
                            view.name, parts.joined(view.number, view.spec, view.place), icon="asset", href=f"/desk/assets?open={view.id}"
                        ):
                            if by.has(*EDITORS):
                                parts.button(_("custody.take_back_one"), lambda view=view: self._take_all([view]), icon="receive")
            if owed:
                parts.text(_("custody.clear_duties", n=len(owed)), "h2")
                with parts.rows():
                    for duty in owed:
                        when = (i18n.short_day(duty.due_on, frame.lang()), _("custody.overdue" if duty.late else "duty.column.due_on"))
                        with parts.item(duty.title, "", when=when, late=duty.late, href=f"/desk/duties?open={duty.id}"):
                            if duty.may_complete and by.has(*duties.VERIFIERS):
                                parts.button(_("custody.give_to_other"), lambda duty=duty: self._move(duty), icon="move")

    async def _take_all(self, things: list[AssetView]) -> None:
        sure = len(things) == 1 or await parts.confirm(
            _("custody.take_all", n=len(things)),
            _("custody.take_all_words"),
            act=_("custody.take_all_act"),
            stay=_("web.cancel"),
            stop=False,
        )
        if (
            sure
            and (
                await parts.do(
                    assets.ReceiveBack(asset_ids=tuple(view.id for view in things)), done=_("custody.received_toast", n=len(things))
                )
            ).ok
        ):
            self.draw()

    def _move(self, duty: duties.DutyView) -> None:
        with parts.sheet_dialog(_("custody.give_to_other"), duty.title) as dialog:
            who = parts.select(_("duty.column.owner"), piles.everyone(without=self.person_id), search=True)

            async def go() -> None:
                parts.refuse(who, None if who.value else _("asset.required"))
                if (
                    who.value
                    and (
                        await parts.do(
                            duties.MoveDuty(duty_id=duty.id, owner_id=UUID(who.value), reason=_("custody.clearance")),
                            done=_("custody.moved_toast"),
                        )
                    ).ok
                ):
                    dialog.close()
                    self.draw()

            piles.acts(dialog, _("duty.move_act"), go)
        dialog.open()
