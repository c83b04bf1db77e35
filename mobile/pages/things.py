"""`/my/things`: what waits for my word, what I have, hand it over (the taker signs on my phone, or confirms on their own) or give it back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from nicegui import APIRouter, ui

from core.foundation import clock, database, i18n, live
from core.foundation.live import Change
from core.mechanisms import custody, people
from core.mechanisms.custody import Offer, Signature
from core.mechanisms.operations import Operation
from core.sections import assets
from core.sections.assets import AssetView, TransferView
from core.web import approval_card, elements, frame, icons, parts
from core.web.frame import _
from mobile.pages.thing import foot_of

router = APIRouter()
SHOWN = 200


@router.page("/my/things")
def things_page() -> None:
    with frame.phone(_("my.things"), "/my") as body:
        approval_card.style()
        Things(foot_of(body))


class Things:
    """What waits first, then what I have; tapping a row chooses it, the foot says what may be done with the chosen."""

    def __init__(self, foot: ui.element) -> None:
        self.foot = foot
        self.chosen: set[UUID] = set()
        self.box = parts.box("stack")
        self.draw()
        client = ui.context.client
        ends = [live.subscribe(kind, self._changed) for kind in ("asset", "asset_transfer")]
        client.on_delete(lambda: [end() for end in ends] and None)

    def draw(self) -> None:
        by = frame.actor()
        if by.person_id is None:
            return
        with database.reading() as s:
            mine = assets.clearance(s, by.person_id).things[:SHOWN]
            principals = people.principals_of(s, by.person_id)
            offers = custody.offered_to(s, [by.person_id, *(p.id for p in principals)], "asset")
            waiting = {row.id: row for row in assets.views(s, [assets.get(s, offer.subject_id) for offer in offers])}
            moving = assets.transfers_for(s, by)
            given = {offer.subject_id: offer for offer in custody.offered_by(s, by.person_id, "asset")}
            due = {row.subject_id: row.due_on for row in custody.held_by(s, by.person_id, "asset") if row.due_on}
            back = [offer for offer in assets.given_back(s, by) if offer.from_id != by.person_id]
            returned = {row.id: row for row in assets.views(s, [assets.get(s, offer.subject_id) for offer in back])}
            names = assets.names_of(s, {p for offer in (*offers, *given.values(), *back) for p in (offer.from_id, offer.to_id) if p})
        self.chosen &= {view.id for view in mine}
        self.mine = {view.id: view for view in mine}
        self.box.clear()
        with self.box:
            if offers:
                self._draw_offers(offers, waiting, names)
            if back:
                self._draw_back(back, returned, names)
            for view in moving:
                self._draw_transfer(view)
            parts.text(_("my.things_have", n=len(mine)) if mine else _("my.things_none"), "h2")
            if not mine:
                parts.text(_("my.things_none_hint"), "p", "second")
            else:
                parts.text(_("my.things_choose"), "p", "quiet small")
                with parts.rows():
                    for view in mine:
                        offer = given.get(view.id)
                        taker = (names.get(offer.to_id, "") if offer.to_id else _("custody.store")) if offer else ""
                        self._draw_mine(view, due.get(view.id), taker)
            parts.button(_("my.deputy"), self._deputy, kind="quiet", icon="people")
        self._draw_foot()

    # ── what waits ──

    def _draw_offers(self, offers: list[Offer], waiting: dict[UUID, AssetView], names: dict[UUID, str]) -> None:
        parts.text(_("my.things_waiting", n=len(offers)), "h2")
        for offer in offers:
            view = waiting[offer.subject_id]
            giver = names.get(offer.from_id, "") if offer.from_id else _("custody.store")
            with parts.box("sheet stack").props(f'data-offer="{view.number}"'):
                parts.text(view.name, "h3")
                until = _("my.until", day=i18n.short_day(offer.due_on, frame.lang())) if offer.due_on else ""
                taker = names.get(offer.to_id, "") if offer.to_id and offer.to_id != frame.actor().person_id else ""
                parts.text(
                    parts.joined(view.number, _("my.from", name=giver), until, _("my.for", name=taker) if taker else ""), "p", "quiet small"
                )
                if offer.note:
                    parts.text(offer.note, "p")
                with parts.box("row"):
                    parts.button(_("my.not_mine"), partial(self._decline, view))
                    take = assets.Take(asset_id=view.id, for_person_id=offer.to_id if taker else None)
                    said = _("my.taken_for_toast", name=view.name, person=taker) if taker else _("my.taken_toast", name=view.name)
                    parts.button(
                        _("my.take_for", name=taker) if taker else _("my.got_it"), partial(self._do, take, said), kind="main", icon="check"
                    ).classes("grow")

    def _draw_back(self, back: list[Offer], things: dict[UUID, AssetView], names: dict[UUID, str]) -> None:
        """What somebody gives back to me: I look after what the department has, or keep the book."""
        parts.text(_("my.back_waiting", n=len(back)), "h2")
        with parts.rows():
            for offer in back:
                view = things[offer.subject_id]
                giver = names.get(offer.from_id, "") if offer.from_id else ""
                with parts.item(
                    view.name, parts.joined(view.number, _("my.from", name=giver) if giver else "", offer.note), icon="receive", tone="held"
                ):
                    parts.button(_("custody.take_back_one"), partial(self._receive, (view.id,)))
        if len(back) > 1:
            parts.button(_("my.take_all_back", n=len(back)), partial(self._receive, tuple(things)), icon="receive", wide=True)

    async def _receive(self, ids: tuple[UUID, ...]) -> None:
        await self._do(assets.ReceiveBack(asset_ids=ids), _("custody.received_toast", n=len(ids)))

    def _draw_transfer(self, view: TransferView) -> None:
        with parts.box("sheet stack").props(f'data-transfer="{view.document}"'):
            with parts.box("row"):
                parts.pill(_(f"transfer.state.{view.state}"), "held")
                parts.text(view.document, "span", "quiet small")
            parts.text(view.things, "h3")
            parts.text(
                _(
                    "my.transfer",
                    giver=parts.joined(view.from_department, view.from_keeper),
                    taker=parts.joined(view.to_department, view.to_person),
                ),
                "p",
                "second",
            )
            parts.text(view.reason, "p", "quiet small")
            with parts.box("row"):
                parts.button(_("transfer.refuse"), partial(self._refuse, view))
                act = assets.AcceptTransfer(transfer_id=view.id) if view.may_accept else assets.HandTransfer(transfer_id=view.id)
                words = _("transfer.accept") if view.may_accept else _("transfer.hand")
                parts.button(words, partial(self._do, act, _("transfer.done_toast")), kind="main", icon="check").classes("grow")

    # ── what I have ──

    def _draw_mine(self, view: AssetView, due: date | None, taker: str) -> None:
        late = due is not None and due < clock.today()
        with parts.box(tag="li"), parts.box("item", "div"):
            on = view.id in self.chosen
            pick = parts.box("mark " + ("mark--ink" if on else "mark--pick"), "button").props(
                f'type=button role=checkbox aria-checked={"true" if on else "false"} aria-label="{_("my.choose", name=_plain(view.name))}"'
            )
            with pick:
                icons.icon("check" if on else "asset")
            parts.on_tap(pick, partial(self._choose, view.id))
            with parts.box("item__body"):
                if view.label:
                    parts.text(view.name, "a", "item__title").props(f'href="/s/{view.label}"')
                else:
                    parts.text(view.name, classes="item__title")
                until = _("my.until", day=i18n.short_day(due, frame.lang())) if due is not None else ""
                parts.text(parts.joined(view.number, until, _("my.offered", name=taker) if taker else ""), classes="item__meta")
            if late:
                parts.pill(_("custody.overdue_pill"), "busy")
            elif view.state == "repair":
                parts.pill(_("asset.state.repair"), "soon")

    def _choose(self, asset_id: UUID) -> None:
        self.chosen ^= {asset_id}
        self.draw()

    def _draw_foot(self) -> None:
        self.foot.clear()
        if self.chosen:
            n = len(self.chosen)
            with self.foot, parts.box("row"):
                parts.button(_("my.give_back", n=n), self._give_back, icon="return")
                parts.button(_("my.hand_over", n=n), self._hand_over, kind="main", icon="move").classes("grow")

    async def _give_back(self) -> None:
        done = _("my.given_back_toast", n=len(self.chosen))
        if (await parts.do(assets.GiveBack(asset_ids=tuple(self.chosen)), done=done)).ok:
            self.chosen.clear()
            self.draw()

    def _hand_over(self) -> None:
        hand_over(tuple(self.chosen), self._handed)

    def _handed(self) -> None:
        self.chosen.clear()
        self.draw()

    # ── acts ──

    async def _do(self, do: Operation, words: str) -> None:
        if (await parts.do(do, done=words)).ok:
            self.draw()

    def _decline(self, view: AssetView) -> None:
        _why(_("my.not_mine"), view.name, lambda words: assets.DeclineOffer(asset_id=view.id, reason=words), self.draw)

    def _refuse(self, view: TransferView) -> None:
        _why(_("transfer.refuse"), view.document, lambda words: assets.RefuseTransfer(transfer_id=view.id, reason=words), self.draw)

    def _deputy(self) -> None:
        by = frame.actor()
        with database.reading() as s:
            present = people.get(s, by.person_id).deputy_id
        with parts.sheet_dialog(_("my.deputy"), _("my.deputy_hint")) as dialog:
            options = {str(v): name for v, name in _everyone(by.person_id).items()}
            who = parts.select(_("my.deputy_who"), options, str(present) if present and str(present) in options else None, search=True)
            who.props("clearable")

            async def go() -> None:
                if (await parts.do(people.SetDeputy(deputy_id=UUID(who.value) if who.value else None), done=_("my.deputy_saved"))).ok:
                    dialog.close()

            with parts.box("dialog__acts"):
                parts.button(_("web.cancel"), dialog.close)
                parts.button(_("web.save"), go, kind="main")
        dialog.open()

    def _changed(self, _change: Change) -> None:
        client = self.box.client
        if not client.is_deleted and client.has_socket_connection:
            with self.box:
                self.draw()


def hand_over(ids: tuple[UUID, ...], after: Callable[[], Any]) -> None:
    """To whom; the taker signs here and has it at once, or confirms on their own phone."""
    with parts.sheet_dialog(_("my.hand_over", n=len(ids)), _("my.hand_over_hint")) as dialog:
        who = parts.select(_("custody.to_whom"), {str(v): name for v, name in _everyone(frame.actor().person_id).items()}, search=True)
        with parts.field(_("custody.sign_taker"), _("my.sign_help")):
            pad = elements.Signature()

        async def go() -> None:
            parts.refuse(who, None if who.value else _("asset.required"))
            if not who.value:
                return
            drawn = await pad.result()
            signature = _signature(drawn)
            to = UUID(who.value)
            if signature is not None:
                outcome = await parts.do(assets.HandOverSigned(asset_ids=ids, to_person_id=to, signature=signature))
                good, words = outcome.ok, "my.handed_toast"
            else:
                good, words = True, "my.offered_toast"
                for asset_id in ids:
                    outcome = await parts.do(assets.HandOver(asset_id=asset_id, to_person_id=to))
                    good = good and outcome.ok
            if good:
                parts.toast(_(words, name=str((who.options or {}).get(who.value, ""))))
                dialog.close()
                after()

        with parts.box("dialog__acts"):
            parts.button(_("web.cancel"), dialog.close)
            parts.button(_("my.hand_over_act"), go, kind="main")
    dialog.open()


def _signature(drawn: elements.Signed | None) -> Signature | None:
    if drawn is None:
        return None
    try:
        return Signature(strokes=[[(x, y, float(ms)) for x, y, ms in stroke] for stroke in drawn.strokes])
    except ValueError:
        return None


def _why(title: str, hint: str, make: Callable[[str], Operation], after: Callable[[], Any]) -> None:
    with parts.sheet_dialog(title, hint) as dialog:
        why = parts.area(_("my.why"), rows=2)

        async def go() -> None:
            words = (why.value or "").strip()[:200]
            parts.refuse(why, None if words else _("asset.required"))
            if words and (await parts.do(make(words))).ok:
                dialog.close()
                after()

        with parts.box("dialog__acts"):
            parts.button(_("web.cancel"), dialog.close)
            parts.button(title, go, kind="main")
    dialog.open()


def _everyone(without: UUID | None) -> dict[UUID, str]:
    with database.reading() as s:
        return {v.id: parts.joined(v.name, v.department) for v in people.views(s, people.search(s, limit=2000)) if v.id != without}


def _plain(words: str) -> str:
    return words.replace('"', "'")
