"""What a kind of visitor is asked beside name and host, and the visitor who was here before (issue 5: flows per type, returning visitors; pitfall V34)."""

from __future__ import annotations

from functools import partial
from typing import Literal

from nicegui import ui

from core.foundation import clock, database
from core.foundation.errors import Refused
from core.mechanisms import channels
from core.sections import visits
from core.sections.visits.coming import room_named
from core.sections.visits.record import phone_key
from core.web import elements, frame, parts
from core.web.frame import _
from kiosk.welcome import coming
from kiosk.welcome.form import in_our_letters
from kiosk.welcome.screen import Welcome

MOST = {"company": 60, "phone": 20, "email": 80, "plate": 12, "room": 20, "purpose": 60}
WIDE = str.maketrans("０１２３４５６７８９－", "0123456789-")


# ── here before ──


def phone(screen: Welcome) -> None:
    """The full number. Whatever it opens, the next question is the name: a number alone shows nothing of anybody."""

    def go(text: str) -> None:
        number = text.translate(WIDE).strip()
        if not phone_key(number):
            pad.refuse(_("kiosk.detail.phone.short"))
            return
        screen.form.phone = number
        screen.show("name")

    screen.head(_("kiosk.phone"), _("kiosk.phone.say"), step=1)
    with parts.box("kiosk__keys", "section"):
        pad = elements.Keypad(
            "digits", value=screen.typed() or screen.form.phone, most=MOST["phone"], act=_("kiosk.next"), label=_("kiosk.phone"), on_change=screen.type,
            on_done=go,
        )  # fmt: skip
    screen.foot(partial(_not_by_phone, screen))


def _not_by_phone(screen: Welcome) -> None:
    screen.form.phone = ""
    screen.show("name")


async def recognised(screen: Welcome) -> bool:
    """Ask whether number and name belong together; what they open goes into the form. For whoever is not known the walk-in simply goes on."""
    outcome = await screen.do(visits.Recognise(phone=screen.form.phone, name=screen.form.name))
    if not outcome.ok:
        return False
    with database.reading() as s:
        found = visits.returning.remembered(s, frame.actor(), clock.now())
        invited = visits.greeting(s, found.code, clock.now()) if found is not None and found.code else None
    if invited is not None:
        await coming.opened(screen, invited)
        return True
    if found is None:
        return False
    screen.form.known = str(found.visit_id)
    _fill(screen, found)
    screen.show("welcome_back")
    return True


def anew(screen: Welcome) -> None:
    """Register again with an old code of one's own in the hand: what was said then fills the form."""
    with database.reading() as s:
        found = visits.returning.of_old_code(s, screen.form.held) if screen.form.held else None
    if found is None:
        screen.form.held = ""
        screen.show("name")
        return
    screen.form.known = str(found.visit_id)
    _fill(screen, found)
    screen.show("welcome_back")


def _fill(screen: Welcome, found: visits.Remembered) -> None:
    form = screen.form
    form.name, form.company, form.phone, form.plate = found.name, found.company, found.phone or form.phone, found.plate
    form.host_id, form.host_department = found.host_id, found.host_department
    form.host_name, form.host_english = found.host, found.host_english
    with database.reading() as s:
        offered = {kind.key for kind in visits.types.all_types(s) if kind.walk_in}
    form.type = found.type if found.type in offered else visits.types.GUEST
    form.asked = ["company", "purpose", "plate", "room", "email"]


def welcome_back(screen: Welcome) -> None:
    """Greeted by name, with what they said last time; whom to see is the one question."""
    form, host = screen.form, screen.form.host(frame.lang())

    screen.head(_("kiosk.back_again", name=form.name), _("kiosk.back_again.say" if form.host_id else "kiosk.back_again.host_gone"))
    if form.host_id:
        with parts.box("kiosk__card", "section"):
            parts.text(host[:1], "span", "found__face")
            with parts.box("found__words", "span"):
                parts.text(host, "strong")
                parts.text(parts.joined(form.host_department, form.company), "span")
    with parts.box("kiosk__acts kiosk__acts--two" if form.host_id else "kiosk__acts", "section"):
        screen.button(_("kiosk.back_again.other"), partial(_someone_else, screen), kind="plain" if form.host_id else "main")
        if form.host_id:
            screen.button(_("kiosk.back_again.same", host=host), partial(coming.onward, screen), kind="main")
    screen.foot(screen.forget, back_words=_("kiosk.not_me"))


def _someone_else(screen: Welcome) -> None:
    screen.form.host_id = screen.form.host_name = screen.form.host_english = screen.form.host_department = screen.form.typed = ""
    screen.show("host")


# ── one field, one screen ──


def detail(screen: Welcome) -> None:
    """The next field this kind of visitor is asked; optional ones can be skipped."""
    form = screen.form
    field = screen.shown.get("field") or next((step for step in coming.left(screen) if step in MOST), "")
    if not field:  # a draft came back, and meanwhile nothing is asked any more
        ui.timer(0, partial(coming.onward, screen), once=True)
        return
    with database.reading() as s:
        required = visits.types.flow_of(s, form.type).asked(field) == "required"

    async def go(text: str) -> None:
        said = in_our_letters(text) if field == "company" else text.strip()
        if field == "room":
            try:
                with database.reading() as s:
                    said = str(room_named(s, text))
            except Refused:
                pad.refuse(_("visit.room_unknown"))
                return
        elif field == "phone" and not phone_key(said := said.translate(WIDE)):
            pad.refuse(_("kiosk.detail.phone.short"))
            return
        elif field == "email" and not channels.is_address(said):
            pad.refuse(_("kiosk.detail.email.wrong"))
            return
        setattr(form, field, said.lower() if field == "email" else said)  # our keys write capitals
        await _asked(screen, field)

    mode: Literal["digits", "letters", "plate"] = "digits" if field == "phone" else "plate" if field == "plate" else "letters"
    say = _(f"kiosk.detail.{field}.needed" if required and field in ("plate", "room") else f"kiosk.detail.{field}.say")
    screen.head(_(f"kiosk.detail.{field}"), say, step=None if form.code else 2)
    with parts.box("kiosk__keys", "section"):
        pad = elements.Keypad(
            mode, value=screen.typed() or ("" if field == "room" else getattr(form, field)), on_change=screen.type, most=MOST[field], both=mode != "digits",
            hanzi=mode == "letters" and field != "email", signs="@.-_" if field == "email" else "", act=_("kiosk.next"), label=_(f"kiosk.detail.{field}"), on_done=go,
        )  # fmt: skip
    if not required:
        with parts.box("kiosk__also", "section"):
            screen.button(_("kiosk.company.skip"), partial(_asked, screen, field), classes="kiosk__wide")
    screen.foot(partial(screen.show, "greeting" if form.code else "welcome_back" if form.known else "purpose"))


async def _asked(screen: Welcome, field: str) -> None:
    screen.form.asked = [*screen.form.asked, field]
    await coming.onward(screen)


def id_number(screen: Welcome) -> None:
    """The number of an identity document, where the office needs it: hidden while it is typed, and never in the draft. To give it here is the visitor's separate
    consent (PIPL art. 29); who would rather not gives it to reception."""

    async def go(text: str) -> None:
        try:
            screen.form.id_number = visits.identity.read(text)
        except ValueError as wrong:
            pad.refuse(_(str(wrong)))
            return
        await _asked(screen, "id_number")

    async def later() -> None:
        screen.form.id_number = ""
        await _asked(screen, "id_number")

    screen.head(_("kiosk.id_number"), _("kiosk.id_number.say"), step=None if screen.form.code else 2)
    with parts.box("kiosk__keys", "section"):
        pad = elements.Keypad(
            "digits", value=screen.typed(), most=20, both=True, hidden=True, act=_("kiosk.id_number.go"), label=_("kiosk.id_number"), on_change=screen.type,
            on_done=go,
        )  # fmt: skip
    with parts.box("kiosk__also", "section"):
        screen.button(_("kiosk.id_number.desk"), later, classes="kiosk__wide")
    screen.foot(partial(screen.show, "greeting" if screen.form.code else "welcome_back" if screen.form.known else "purpose"))


def drink(screen: Welcome) -> None:
    """Something to drink, by one touch."""

    async def choose(key: str) -> None:
        screen.form.drink = key
        screen.form.asked = [*screen.form.asked, "drink"]
        await coming.onward(screen)

    screen.head(_("kiosk.drink"), _("kiosk.drink.say", host=screen.form.host(frame.lang())), step=None if screen.form.code else 2)
    with parts.box("kiosk__choices", "section"):
        for key in visits.types.DRINKS:
            screen.button(_(f"visit.drink.{key}"), partial(choose, key))
    screen.foot(partial(screen.show, "greeting" if screen.form.code else "welcome_back" if screen.form.known else "purpose"))
