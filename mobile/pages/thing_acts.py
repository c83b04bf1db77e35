"""What a person does with an asset whose label they scanned: take it, take it back, say no, tick its care, hand it over, give it back, report a fault with photos."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from nicegui import ui

from core.foundation import clock, database, i18n
from core.mechanisms.labels import LabelView
from core.mechanisms.operations import Actor, Operation
from core.sections import assets
from core.sections.assets import UpkeepView
from core.web import elements, frame, parts
from core.web.elements import Taken
from core.web.frame import _

MOST_PHOTOS = 3


def draw(found: LabelView, id: UUID, by: Actor, foot: ui.element, after: Callable[[], Any]) -> None:
    """The acts this person has; the expected one is dark and in the foot."""
    may = set(found.operations)
    with database.reading() as s:
        offer = assets.open_offer(s, id)
        names = assets.names_of(s, {one for one in (offer.from_id, offer.to_id) if one}) if offer else {}
    back = offer is not None and offer.to_id is None and "asset.receive_back" in may and offer.from_id != by.person_id
    if offer is not None and (back or "asset.take" in may):
        giver = names.get(offer.from_id, "") if offer.from_id else _("custody.store")
        mine = offer.to_id is None or offer.to_id == by.person_id
        taker = _("my.for", name=names.get(offer.to_id, "")) if offer.to_id and not mine else ""
        parts.banner(parts.joined(_("my.gives_back" if back else "my.from", name=giver), taker, offer.note), "due")
    if "upkeep.tick" in may:
        _draw_upkeep(found, id, after)
    with parts.box("stack"):
        if "asset.decline" in may and "asset.take" in may:
            parts.button(_("my.not_mine"), partial(_decline, id, found.title, after), icon="return", wide=True)
        if "asset.give_back" in may:
            parts.button(
                _("thing.give_back"),
                partial(_do, assets.GiveBack(asset_ids=(id,)), _("my.given_back_toast", n=1), after),
                icon="return",
                wide=True,
            )
        if "asset.hand_over" in may:
            parts.button(_("thing.hand_over"), partial(_hand_over, id, after), icon="move", wide=True)
        if "asset.receive_back" in may and not back:
            parts.button(_("custody.take_back_one"), partial(_receive, id, after), icon="receive", wide=True)
        if "asset.report_fault" in may:
            parts.button(_("thing.report_fault"), partial(report_fault, id, after), icon="repair", wide=True)
    if back:
        with foot:
            parts.button(_("custody.take_back_one"), partial(_receive, id, after), kind="main", icon="receive", wide=True)
    elif "asset.take" in may:
        with foot:
            whose = names.get(offer.to_id, "") if offer is not None and offer.to_id and offer.to_id != by.person_id else ""
            take = assets.Take(asset_id=id, for_person_id=offer.to_id if offer is not None and offer.to_id != by.person_id else None)
            said = _("my.taken_for_toast", name=found.title, person=whose) if whose else _("my.taken_toast", name=found.title)
            words = _("my.take_for", name=whose) if whose else _("thing.take_it")
            parts.button(words, partial(_do, take, said, after), kind="main", icon="check", wide=True)


async def _do(do: Operation, words: str, after: Callable[[], Any]) -> None:
    if (await parts.do(do, done=words)).ok:
        after()


async def _receive(id: UUID, after: Callable[[], Any]) -> None:
    await _do(assets.ReceiveBack(asset_ids=(id,)), _("custody.received_toast", n=1), after)


def _hand_over(id: UUID, after: Callable[[], Any]) -> None:
    from mobile.pages.things import hand_over  # that page draws this one's foot

    hand_over((id,), after)


def _decline(id: UUID, title: str, after: Callable[[], Any]) -> None:
    with parts.sheet_dialog(_("my.not_mine"), title) as dialog:
        why = parts.area(_("my.why"), rows=2)

        async def go() -> None:
            if (await parts.do(assets.DeclineOffer(asset_id=id, reason=(why.value or "").strip()[:200]))).ok:
                dialog.close()
                after()

        _acts(dialog, _("my.not_mine"), go)
    dialog.open()


# ── a fault ──


def report_fault(id: UUID, after: Callable[[], Any]) -> None:
    """What it mostly is with one tap, or words; photos when a camera is at hand. What was typed goes along with either."""
    photos: list[str] = []
    with parts.sheet_dialog(_("thing.report_fault")) as dialog, parts.box("stack"):
        box = parts.box("stack")

        def camera() -> None:
            box.clear()
            with box:
                if photos:
                    parts.text(_("duty.photos_kept", n=len(photos)), "p", "strong")
                if len(photos) < MOST_PHOTOS:
                    elements.Photo(taken, facing="environment", on_stored=lambda good: camera() if good else None)

        def taken(photo: Taken) -> None:
            if photo.sha256 not in photos:
                photos.append(photo.sha256)

        with box:
            start = parts.button(_("attachment.take_photo"), icon="camera", wide=True)
        parts.on_tap(start, camera)

        async def tell(said: str) -> None:
            if (await parts.do(assets.ReportFault(asset_id=id, what=said, photos=tuple(photos)), done=_("thing.fault_done"))).ok:
                dialog.close()
                after()

        def typed() -> str:
            return str(words.value or "").strip()[:480]

        async def go() -> None:
            parts.refuse(words, None if typed() else _("supply.needed"))
            if typed():
                await tell(typed())

        async def tell_usual(usual: str) -> None:
            await tell(parts.joined(_(f"thing.usual.{usual}"), typed()))

        with parts.field(_("thing.fault_usual")), parts.box("row wrap"):  # the second tap: what it mostly is
            for usual in ("off", "picture", "sound", "damaged"):
                parts.button(_(f"thing.usual.{usual}"), partial(tell_usual, usual))
        words = parts.area(_("thing.fault_what"))
        _acts(dialog, _("thing.report_fault"), go)
    dialog.open()


# ── care ──


def _draw_upkeep(found: LabelView, id: UUID, after: Callable[[], Any]) -> None:
    with database.reading() as s:
        plans = assets.upkeep_of(s, assets.get(s, id), clock.now())
    for plan in plans:
        with parts.box("sheet stack").props(f'data-upkeep="{plan.plan_id}"'):
            with parts.box("row"):
                parts.text(plan.title, "h3")
                day = i18n.short_day(plan.due_on, frame.lang())
                tone: parts.Tone = "busy" if plan.late else "soon" if plan.due_on <= clock.today() else "free"
                parts.pill(_("upkeep.due_late" if plan.late else "upkeep.due", day=day), tone)
            last = i18n.short_day(plan.last_on, frame.lang()) if plan.last_on else ""
            parts.text(_("upkeep.last", day=last) if last else _("upkeep.never"), "p", "quiet small")
            parts.button(_("upkeep.tick"), partial(_tick, found, plan, after), icon="check", wide=True)


def _tick(found: LabelView, plan: UpkeepView, after: Callable[[], Any]) -> None:
    answers: dict[int, str] = dict.fromkeys(range(len(plan.steps)), "good")
    with parts.sheet_dialog(plan.title, found.title) as dialog:
        for n, step in enumerate(plan.steps):
            with parts.field(step):
                parts.choice(
                    {"good": _("upkeep.good"), "bad": _("upkeep.bad")},
                    "good",
                    lambda key, n=n: answers.update({n: key}),
                    good="good",
                    bad="bad",
                )
        note = parts.area(_("duty.note"), rows=2)

        async def go() -> None:
            failed = tuple(n for n, said in answers.items() if said == "bad")
            do = assets.TickUpkeep(code=found.code, plan_id=plan.plan_id, failed=failed, note=(note.value or "").strip()[:500])
            if (await parts.do(do, done=_("upkeep.ticked_fault" if failed else "upkeep.ticked"))).ok:
                dialog.close()
                after()

        _acts(dialog, _("upkeep.tick"), go)
    dialog.open()


def _acts(dialog: ui.dialog, words: str, go: Callable[[], Any]) -> None:
    with parts.box("dialog__acts"):
        parts.button(_("web.cancel"), dialog.close)
        parts.button(words, go, kind="main")
