"""Who there is outside: the register, the card with all that was said, business cards (guide S3.2-R1)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from core.foundation import clock, database
from core.sections import liaison
from core.sections.liaison.contacts import LIAISON
from core.sections.liaison.registers import ContactView
from core.web import frame, parts
from core.web.elements import Scanner
from core.web.frame import _
from kiosk.desk import piles
from kiosk.desk.liaison import orgs, shared
from kiosk.desk.registers import Chip, Column, Register, RegisterPage

CONTACT_TONES: dict[str, parts.Tone] = {"fresh": "free", "due": "soon", "stale": "lost"}


def _contact_acts(page: RegisterPage) -> None:
    if frame.actor().has(*LIAISON):
        parts.button(_("liaison.merge_orgs"), partial(orgs.merge_dialog, page), icon="people")
    parts.button(_("liaison.take_card"), partial(card_dialog, page.refresh), icon="scan")
    parts.button(_("liaison.add_contact"), partial(_contact_dialog, page, None), kind="main", icon="plus")


async def _contact_peek(row: ContactView, page: RegisterPage) -> None:
    with database.reading() as s:
        row = liaison.contact(s, row.id)
    page.peek_head(
        row.name, pill=(_(f"liaison.contact.state.{row.state}"), CONTACT_TONES[row.state]), meta=parts.joined(row.org, row.title)
    )
    for twin_id, name in row.twins:
        with parts.banner(_("liaison.twin", name=name), "due"):
            parts.button(_("liaison.merge"), partial(_merge, row, twin_id, name, page))
    parts.facts(
        (
            (_("liaison.contact.kind"), _(f"liaison.contact.kind.{row.kind}")),
            (_("liaison.contact.phone"), row.phone),
            (_("liaison.contact.email"), row.email),
            (_("liaison.contact.address"), row.address),
            (_("liaison.contact.owner"), row.owner),
            (_("liaison.contact.last_at"), shared.moment(row.last_at)),
            (_("liaison.contact.next_on"), shared.day(row.next_on)),
            (_("liaison.contact.note"), row.note),
        )
    )
    parts.button(_("liaison.spoke"), partial(_spoke_dialog, row, page), kind="main", icon="note")
    parts.button(_("liaison.edit"), partial(_contact_dialog, page, row), icon="pen")
    orgs.draw_history(row, page)
    parts.text(_("liaison.history"), "h3")
    if not row.notes:
        parts.text(_("liaison.history.none"), "p", "quiet")
    parts.trail(
        [
            (
                note.summary or _(f"liaison.way.{note.way}"),
                parts.joined(_(f"liaison.way.{note.way}"), note.by, shared.moment(note.at)),
                "done",
            )
            for note in row.notes
        ]
    )


async def _merge(keep: ContactView, gone_id: UUID, name: str, page: RegisterPage) -> None:
    sure = await parts.confirm(
        _("liaison.merge.ask", name=name), _("liaison.merge.say"), act=_("liaison.merge"), stay=_("liaison.merge.keep"), stop=False
    )
    if sure:
        await shared.act(liaison.MergeContacts(keep_id=keep.id, gone_id=gone_id), page)


def _contact_dialog(page: RegisterPage, row: ContactView | None) -> None:
    with parts.sheet_dialog(_("liaison.edit") if row else _("liaison.add_contact")) as dialog:
        with parts.box("pairs"):
            name = parts.input(_("liaison.contact.name"), row.name if row else "", autofocus=True, props="maxlength=120")
            org = parts.input(_("liaison.contact.org"), row.org if row else "", props="maxlength=120")
            kind = parts.select(
                _("liaison.contact.kind"), {key: _(f"liaison.contact.kind.{key}") for key in shared.KINDS}, row.kind if row else "partner"
            )
            title = parts.input(_("liaison.contact.title"), row.title if row else "", props="maxlength=200")
            phone = parts.input(_("liaison.contact.phone"), row.phone if row else "", props="maxlength=60")
            email = parts.input(_("liaison.contact.email"), row.email if row else "", props="maxlength=200")
            owner = parts.select(
                _("liaison.contact.owner"), piles.everyone(), str((row.owner_id if row else frame.actor().person_id) or ""), search=True
            )
            next_on = parts.input(
                _("liaison.contact.next_on"), str(row.next_on or "") if row else "", help=_("liaison.spoke.next.help"), props="type=date"
            )
        note = parts.area(_("liaison.contact.note"), row.note if row else "")

        async def save() -> None:
            day = shared.read_day(next_on)
            if day is shared.BAD:
                return
            try:
                do = liaison.SaveContact(
                    contact_id=row.id if row else None, name=name.value or "", org=(org.value or name.value or ""), kind=str(kind.value),  # type: ignore[arg-type]
                    title=title.value or "", phone=phone.value or "", email=email.value or "", note=note.value or "",
                    owner_id=UUID(owner.value) if owner.value else None, next_on=day,
                )  # fmt: skip
            except ValidationError:
                parts.refuse(name, _("liaison.need_name"))
                return
            if (await parts.do(do)).ok:
                dialog.close()
                await page.reopen()

        piles.acts(dialog, _("web.save"), save)
    dialog.open()


def card_dialog(done: Callable[[], Any], *, camera: bool = False) -> None:
    """Take a business card: scanned or pasted."""
    with parts.sheet_dialog(_("liaison.take_card"), _("liaison.take_card.say")) as dialog:
        field = parts.area(_("liaison.take_card.field"), rows=5)
        kind = parts.select(_("liaison.contact.kind"), {key: _(f"liaison.contact.kind.{key}") for key in shared.KINDS}, "partner")
        Scanner(lambda scan: field.set_value(scan.text), camera=camera, wedge=not camera, most=4000)

        async def save() -> None:
            if not (field.value or "").strip():
                parts.refuse(field, _("liaison.no_card"))
                return
            try:
                name = liaison.read_card(field.value).name
            except liaison.CardError as error:
                parts.refuse(field, _(error.code))
                return
            outcome = await parts.do(liaison.TakeCard(text=field.value, kind=str(kind.value)))  # type: ignore[arg-type]
            if outcome.ok:
                parts.toast(_("liaison.card_known") if outcome.result["again"] else _("liaison.card_taken", name=name))
                dialog.close()
                done()

        piles.acts(dialog, _("liaison.take_card.do"), save)
    dialog.open()


def _spoke_dialog(row: ContactView, page: RegisterPage) -> None:
    with parts.sheet_dialog(_("liaison.spoke"), parts.joined(row.name, row.org)) as dialog:
        way = parts.select(_("liaison.spoke.way"), {key: _(f"liaison.way.{key}") for key in shared.WAYS}, "call")
        what = parts.area(_("liaison.spoke.what"))
        next_on = parts.input(_("liaison.spoke.next"), help=_("liaison.spoke.next.help"), props="type=date")

        async def save() -> None:
            day = shared.read_day(next_on)
            if (
                day is not shared.BAD
                and (await parts.do(liaison.NoteContact(contact_id=row.id, way=str(way.value), summary=what.value or "", next_on=day))).ok
            ):
                dialog.close()
                await page.reopen()

        piles.acts(dialog, _("web.save"), save)
    dialog.open()


CONTACTS = Register(
    name="contacts",
    title="liaison.contacts",
    kinds=("contact",),
    search="liaison.find_contact",
    empty=("liaison.contacts.none", "liaison.contacts.none.say"),
    columns=(
        Column("liaison.contact.name", lambda c: c.name, sub=lambda c: c.title),
        Column("liaison.contact.org", lambda c: c.org, sub=lambda c: _(f"liaison.contact.kind.{c.kind}")),
        Column("liaison.contact.phone", lambda c: c.phone),
        Column("liaison.contact.owner", lambda c: c.owner),
        Column("liaison.contact.last_at", lambda c: shared.moment(c.last_at)),
        Column("liaison.contact.next_on", lambda c: shared.day(c.next_on)),
        Column("liaison.contact.state", lambda c: _(f"liaison.contact.state.{c.state}"), tone=lambda c: CONTACT_TONES[c.state]),
    ),
    chips=(
        Chip("all", "liaison.all"),
        Chip("mine", "liaison.mine", {"owner": "me"}),
        Chip("due", "liaison.contact.state.due", {"state": "due"}, count=lambda s, by: len(liaison.due_contacts(s, clock.now()))),
        Chip("stale", "liaison.contact.state.stale", {"state": "stale"}),
        *(Chip(kind, f"liaison.contact.kind.{kind}", {"kind": kind}) for kind in shared.KINDS[:4]),
    ),
    peek=_contact_peek,
    acts=_contact_acts,
)
