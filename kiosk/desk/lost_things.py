"""Lost things at the desk: who looks for what, and the handing over against a signature (guide S1.3-R7)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from nicegui import Client

from core.foundation import clock, i18n
from core.mechanisms import attachments, labels
from core.sections import roomcare
from core.web import frame, parts
from core.web.elements import Signature
from core.web.frame import _


def draw_searches(
    client: Client, searches: Sequence[roomcare.SearchView], kept: Sequence[roomcare.LostView], again: Callable[[], Any]
) -> None:
    """What was asked for at the kiosk and the desk, with its code; what lies in the cupboard stands below."""
    if not searches:
        return
    parts.text(_("lost.sought", n=len(searches)), "h2")
    with parts.rows():
        for one in searches:
            day = i18n.long_day(clock.local(one.asked_at - timedelta(days=one.days_ago)).date(), frame.lang())
            about = parts.joined(_(f"lost.place.{one.where}"), _("lost.since", day=day), one.seeker, one.contact)
            with parts.item(f"{one.code}  {one.what}", about, icon="bell", tone="held"):
                parts.button(_("lost.not_here"), partial(_not_here, one, again), kind="quiet")
                if kept:
                    parts.button(_("lost.hand_over"), partial(hand_over_dialog, client, kept, one, again))
    parts.text(_("lost.kept_title"), "h2")


async def _not_here(one: roomcare.SearchView, again: Callable[[], Any]) -> None:
    if (await parts.do(roomcare.EndSearch(search_id=one.id), done=_("lost.search_ended", what=one.what))).ok:
        await parts.run(again)


def hand_over_dialog(
    client: Client, kept: Sequence[roomcare.LostView], search: roomcare.SearchView | None, again: Callable[[], Any]
) -> None:
    """Which thing, who takes it, and their signature. With a search its words and name stand there already."""
    title = _("lost.claim_title", what=search.what if search else kept[0].what)
    things = {str(item.id): parts.joined(item.what, item.place, labels.shown(item.label)) for item in kept}
    with client, parts.sheet_dialog(title, _("lost.claim_hint")) as dialog:
        thing = parts.select(_("lost.which"), things, str(kept[0].id) if len(kept) == 1 else None, search=True) if search else None
        name = parts.input(_("lost.name"), search.seeker if search else "", props="maxlength=80", autofocus=search is None)
        contact = parts.input(_("lost.contact"), search.contact if search else "", props="maxlength=80")
        parts.text(_("lost.sign"), "span", "field__label")
        pad = Signature()
        unsigned = parts.text("", "p", "field__help field__help--error").props("role=alert")

        async def save() -> None:
            item = next((one for one in kept if thing is None or str(one.id) == thing.value), None)
            said = (name.value or "").strip()
            if thing is not None:
                parts.refuse(thing, None if item else _("lost.which_needed"))
            parts.refuse(name, None if said else _("lost.name_needed"))
            if not said or item is None:
                return
            signed = await pad.result()
            unsigned.set_text("" if signed else _("lost.sign_needed"))
            if signed is None:
                return
            stored = await asyncio.to_thread(attachments.keep, signed.png, frame.actor(), clock.now())
            search_id = search.id if search else None
            do = roomcare.ClaimItem(code=item.label, name=said, contact=contact.value or "", signature=stored, search_id=search_id)
            if (await parts.do(do, done=_("lost.claimed", what=item.what))).ok:
                dialog.close()
                await parts.run(again)

        with parts.box("dialog__acts"):
            parts.button(_("web.cancel"), dialog.close)
            parts.button(_("lost.claim"), save, kind="main")
    dialog.open()
