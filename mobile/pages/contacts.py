"""`/my/contacts`: the people outside whom I keep in touch with, the due ones first; one tap calls, and what was said is noted at once (guide S3.2-R1).

Who scans a business card on the phone owns that contact, also without a place at the desk: this is where they look after it."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from uuid import UUID

from nicegui import APIRouter, ui

from core.foundation import clock, database, i18n, live
from core.mechanisms.operations import Actor
from core.mechanisms.views import Query
from core.sections import liaison
from core.sections.liaison.registers import ContactView
from core.web import frame, parts, static_files
from core.web.frame import _
from mobile.pages.thing import foot_of

router = APIRouter()
TONES: dict[str, parts.Tone] = {"due": "soon", "stale": "lost", "fresh": "free"}
WAYS = ("call", "visit", "mail", "meeting", "letter", "other")
MOST = 200


@router.page("/my/contacts")
def contacts_page() -> None:
    with frame.phone(_("my.contacts"), "/my"):
        Contacts()


@router.page("/my/contacts/{contact_id}")
def contact_page(contact_id: UUID) -> None:
    with frame.phone(_("my.contacts"), "/my/contacts") as body:
        ui.add_head_html(f'<link rel="stylesheet" href="{static_files.url("liaison.css")}">')
        ContactScreen(contact_id, foot_of(body))


def mine(by: Actor) -> list[ContactView]:
    """My contacts: what was agreed and is due, then those gone quiet, then the others by organisation."""
    with database.reading() as s:
        found = liaison.CONTACTS.list(s, Query(limit=MOST, filters={"owner": "me"}), by).items
    return sorted(found, key=lambda one: list(TONES).index(one.state))


class Contacts:
    """The list, live."""

    def __init__(self) -> None:
        self.client, self.box = ui.context.client, parts.box("stack")
        self.draw()
        self.client.on_delete(live.subscribe("contact", lambda _change: self._changed()))

    def draw(self) -> None:
        found = mine(frame.actor())
        self.box.clear()
        with self.box:
            if not found:
                parts.empty(_("my.contacts.none"), _("my.contacts.none.say"))
                parts.button(_("my.card"), href="/my/messages", icon="scan", wide=True)
                return
            with parts.rows("list"):
                for one in found:
                    with parts.item(one.name, parts.joined(one.org, next_words(one)), icon="person", href=f"/my/contacts/{one.id}"):
                        parts.pill(_(f"liaison.contact.state.{one.state}"), TONES[one.state])

    def _changed(self) -> None:
        if not self.client.is_deleted:
            with self.client:
                self.draw()


class ContactScreen:
    """One of them: how to reach them, when last and next, what was said; and the note of what was said just now."""

    def __init__(self, contact_id: UUID, foot: ui.element) -> None:
        self.id, self.foot, self.box = contact_id, foot, parts.box("stack")
        self.draw()

    def draw(self) -> None:
        with database.reading() as s:
            one = liaison.CONTACTS.get(s, str(self.id), frame.actor())
        self.box.clear()
        self.foot.clear()
        with self.box:
            if one is None:
                parts.empty(_("liaison.not_found"))
                return
            parts.text(one.name, "h2", "message__subject")
            parts.text(parts.joined(one.org, one.title), "p", "second")
            parts.pill(_(f"liaison.contact.state.{one.state}"), TONES[one.state])
            self._draw_reach(one)
            parts.facts(
                (
                    (_("liaison.contact.last_at"), _moment(one.last_at)),
                    (_("liaison.contact.next_on"), i18n.full_day(one.next_on, frame.lang()) if one.next_on else ""),
                    (_("liaison.contact.address"), one.address),
                    (_("liaison.contact.note"), one.note),
                )
            )
            parts.text(_("liaison.history"), "h3")
            if not one.notes:
                parts.text(_("liaison.history.none"), "p", "quiet")
            parts.trail(
                [
                    (
                        said.summary or _(f"liaison.way.{said.way}"),
                        parts.joined(_(f"liaison.way.{said.way}"), said.by, _moment(said.at)),
                        "done",
                    )
                    for said in one.notes
                ]
            )
        with self.foot:
            parts.button(_("liaison.spoke"), partial(self._spoke, one), kind="main", icon="note", wide=True)

    def _draw_reach(self, one: ContactView) -> None:
        digits = "".join(sign for sign in one.phone if sign.isascii() and (sign.isdigit() or sign == "+"))
        if digits:
            parts.button(_("my.contacts.call", number=one.phone), href=f"tel:{digits}", icon="phone", wide=True)
        if one.email and not set(one.email) & set("\"'<> ?&"):
            parts.button(_("my.contacts.mail", address=one.email), href=f"mailto:{one.email}", icon="send", wide=True)

    def _spoke(self, one: ContactView) -> None:
        with parts.sheet_dialog(_("liaison.spoke"), parts.joined(one.name, one.org)) as dialog:
            way = parts.select(_("liaison.spoke.way"), {key: _(f"liaison.way.{key}") for key in WAYS}, "call")
            what = parts.area(_("liaison.spoke.what"))
            next_on = parts.input(_("liaison.spoke.next"), help=_("liaison.spoke.next.help"), props="type=date")

            async def save() -> None:
                try:
                    day = date.fromisoformat(next_on.value) if next_on.value else None
                except ValueError:
                    parts.refuse(next_on, _("liaison.bad_day"))
                    return
                said = (what.value or "").strip()
                parts.refuse(what, None if said else _("liaison.say_something"))
                if said and (await parts.do(liaison.NoteContact(contact_id=one.id, way=str(way.value), summary=said, next_on=day))).ok:
                    dialog.close()
                    self.draw()

            with parts.box("dialog__acts"):
                parts.button(_("web.cancel"), dialog.close)
                parts.button(_("web.save"), save, kind="main", icon="check")
        dialog.open()


def next_words(one: ContactView) -> str:
    """The day that was agreed, else since when nobody spoke with them."""
    if one.next_on is not None:
        return i18n.short_day(one.next_on, frame.lang())
    if one.last_at is None:
        return _("my.contacts.never")
    day = clock.today(one.last_at)
    return _("my.contacts.last", day=(i18n.short_day if day.year == clock.today().year else i18n.full_day)(day, frame.lang()))


def _moment(value: datetime | None) -> str:
    return i18n.day_and_time(value, clock.zone(), frame.lang()) if value else ""
