"""The first screen and the walk-in's questions: name, company, whom, why (look.md §5 and §6)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from core.foundation import database
from core.foundation.i18n import t
from core.mechanisms import people
from core.sections import visits
from core.sections.visits import HostChoice
from core.web import elements, frame, icons, parts
from core.web.frame import _
from kiosk.welcome.form import PURPOSES, in_our_letters
from kiosk.welcome.screen import Welcome

Drawer = Callable[[Welcome], None]
MAX_NAME, MAX_COMPANY = 40, 60


def drawers() -> dict[str, Drawer]:
    """Which function draws which step."""
    from kiosk.welcome import coming, details, groups, leaving, lost_thing, parcels, staff, waiting

    return {
        "attract": attract,
        "code": code,
        "name": name,
        "company": company,
        "host": host,
        "purpose": purpose,
        "help": help_called,
        "sorry": sorry,
        "phone": details.phone,
        "welcome_back": details.welcome_back,
        "detail": details.detail,
        "id_number": details.id_number,
        "drink": details.drink,
        "waiting": waiting.waiting,
        "asking": groups.asking,
        "group": groups.group,
        "group_in": groups.group_in,
        "group_out": groups.group_out,
        "greeting": coming.greeting,
        "notice": coming.notice,
        "photo": coming.photo,
        "signed_in": coming.signed_in,
        "leave": leaving.leave,
        "leave_code": leaving.leave_code,
        "leaving": leaving.leaving,
        "goodbye": leaving.goodbye,
        "parcels": parcels.parcels,
        "noted": leaving.noted,
        "mistaken": leaving.mistaken,
        "parcel_for": parcels.parcel_for,
        "parcel_unclear": parcels.parcel_unclear,
        "parcel": parcels.parcel,
        "receipt": parcels.receipt,
        "staff": staff.going,
        "staff_done": staff.done,
        "fetch": parcels.fetch,
        "fetch_sign": parcels.fetch_sign,
        "fetched": parcels.fetched,
        "lost": lost_thing.what,
        "lost_where": lost_thing.where,
        "lost_name": lost_thing.name,
        "lost_noted": lost_thing.noted,
    }


def attract(screen: Welcome) -> None:
    """Three ways in; a code needs no touch at all."""
    from kiosk.welcome import coming

    with parts.box("hello", "section"):
        own = screen.settings.words[frame.lang()]
        parts.text(own.title or _("kiosk.hello"), "h1")
        parts.text(own.lines or screen.settings.welcome or _("kiosk.hello.say"), "p", "hello__own")
    with parts.box("tiles", "nav"):
        screen.tile("person", _("kiosk.visit"), _("kiosk.visit.say"), partial(screen.show, "name"), main=True, go="go")
        screen.tile("parcel", _("kiosk.parcel"), _("kiosk.parcel.say"), partial(screen.show, "parcels"))
        screen.tile("leave", _("kiosk.leave"), _("kiosk.leave.say"), partial(screen.show, "leave"))
    with parts.box("scanhint", "p"):
        icons.icon("scan")
        parts.text(_("kiosk.scan_hint"), "span")
    if screen.settings.camera == "always":
        with parts.box("kiosk__eye"):
            elements.Scanner(lambda scan: coming.scanned(screen, scan.text), wedge=False)
    screen.foot(reason="general")


def code(screen: Welcome) -> None:
    """An invitation that is typed, or held before the camera."""
    from kiosk.welcome import coming

    screen.head(_("kiosk.code"), _("kiosk.code.say"))
    with parts.box("kiosk__work kiosk__work--eye", "section"):
        if screen.settings.camera != "off":
            elements.Scanner(lambda scan: coming.scanned(screen, scan.text), wedge=False)
    with parts.box("kiosk__keys", "section"):
        elements.Keypad(
            "code", value=screen.typed(), most=8, act=_("kiosk.next"), label=_("kiosk.code"), on_change=screen.type,
            on_done=lambda text: coming.scanned(screen, text),
        )  # fmt: skip
    screen.foot(partial(screen.show, "name"), reason="invitation")


def name(screen: Welcome) -> None:
    """1: the visitor's name. Who typed their phone number before is asked the same: only both together open anything."""

    async def go(text: str) -> None:
        from kiosk.welcome import details

        screen.form.name = in_our_letters(text)
        if not screen.form.name:
            return
        if not (screen.form.phone and await details.recognised(screen)):
            screen.show("company")

    by_phone = bool(screen.form.phone)
    screen.head(_("kiosk.name"), _("kiosk.name.say"), step=1)
    _keys(screen, screen.form.name, MAX_NAME, lambda text: setattr(screen.form, "name", text), go, _("kiosk.name"))
    with parts.box("kiosk__also kiosk__also--two" if not by_phone else "kiosk__also", "section"):
        screen.tile("scan", _("kiosk.have_code"), _("kiosk.have_code.say"), partial(screen.show, "code"), go="next")
        if not by_phone:
            screen.tile("phone", _("kiosk.been_here"), _("kiosk.been_here.say"), partial(screen.show, "phone"), go="next")
    screen.foot(screen.forget, back_words=_("kiosk.home"))


def company(screen: Welcome) -> None:
    """1, second half: where from; it may stay empty."""

    def go(text: str) -> None:
        screen.form.company = in_our_letters(text)
        screen.show("host")

    screen.head(_("kiosk.company"), _("kiosk.company.say"), step=1)
    _keys(screen, screen.form.company, MAX_COMPANY, lambda text: setattr(screen.form, "company", text), go, _("kiosk.company"))
    with parts.box("kiosk__also", "section"):
        screen.button(_("kiosk.company.skip"), lambda: go(""), classes="kiosk__wide")
    screen.foot(partial(screen.show, "name"))


def host(screen: Welcome) -> None:
    """2: whom to see. Only a whole name, its pinyin or an extension finds anybody (pitfalls V33, V34)."""
    chosen = partial(_host_chosen, screen)
    screen.head(_("kiosk.host"), _("kiosk.host.say"), step=2)
    ask_for_person(screen, screen.form.typed, chosen)
    screen.foot(partial(screen.show, "company"), reason="host")


def _host_chosen(screen: Welcome, found: HostChoice) -> None:
    form = screen.form
    form.host_id, form.host_department = str(found.id), found.department
    form.host_name, form.host_english = found.name, found.english_name
    screen.show("purpose")


def ask_for_person(screen: Welcome, typed: str, chosen: Callable[[HostChoice], None]) -> None:
    """A keypad and whoever is meant by what was typed, at most three namesakes with their departments."""
    with parts.box("kiosk__found", "section").props("aria-live=polite") as results:
        pass

    def search(text: str, *, finished: bool = False) -> list[HostChoice]:
        screen.form.typed = text
        screen.edited()
        with database.reading() as s:
            found = visits.hosts(s, text) if len(text.strip()) > 1 else []
        results.clear()
        with results:
            if found:
                parts.text(_("kiosk.host.found", n=len(found)), "p", "second")
            for person in found:
                _found_row(screen, person, chosen)
            if finished and not found:
                parts.text(_("visit.host_unknown"), "p", "kiosk__no").props("role=alert")
        return found

    def go(text: str) -> None:
        found = search(text, finished=True)
        if len(found) == 1:
            chosen(found[0])

    with parts.box("kiosk__keys", "section"):
        elements.Keypad(
            "letters", value=typed, both=True, hanzi=True, act=_("kiosk.search"), label=_("kiosk.host"), on_change=search, on_done=go
        )
    if typed:
        search(typed)


def _found_row(screen: Welcome, person: HostChoice, chosen: Callable[[HostChoice], None]) -> None:
    name = people.called_so(person.name, person.english_name, frame.lang())
    row = parts.box("found", "button").props("type=button")
    with row:
        parts.text(name[:1], "span", "found__face")
        with parts.box("found__words", "span"):
            parts.text(name, "strong")
            parts.text(person.department, "span")
        icons.icon("go", "found__go")
    screen.tap(row, lambda: chosen(person))


def purpose(screen: Welcome) -> None:
    """2, second half: why, by one touch; it also says what kind of visitor this is."""

    from kiosk.welcome import coming

    async def choose(purpose: str, kind: str) -> None:
        screen.form.purpose, screen.form.type = purpose, kind
        screen.form.asked = ["company", "purpose"]
        await coming.onward(screen)

    screen.head(_("kiosk.purpose", name=screen.form.host(frame.lang())), _("kiosk.purpose.say"), step=2)
    with database.reading() as s:
        kinds = [kind for kind in visits.types.all_types(s) if kind.walk_in and kind.key != visits.types.GUEST]
    language, office_language = frame.lang(), screen.face.language
    choices = [(_(f"kiosk.purpose.{key}"), t(f"kiosk.purpose.{key}", office_language), visits.types.GUEST) for key in PURPOSES]
    choices[-1:-1] = [(kind.name(language), kind.name(office_language), kind.key) for kind in kinds]
    many = "" if len(choices) <= 6 else " kiosk__choices--many" if len(choices) <= 8 else " kiosk__choices--many kiosk__choices--most"
    with parts.box(f"kiosk__choices{many}", "section"):
        for words, purpose, kind in choices:
            screen.button(words, partial(choose, purpose, kind))
    screen.foot(partial(screen.show, "host"))


def help_called(screen: Welcome) -> None:
    """Somebody comes; what was typed waits underneath."""
    help_id = screen.shown["help_id"]

    def back() -> None:
        screen.show(screen.shown["back"], **{k: v for k, v in screen.shown["back_facts"].items() if k != "listen"})

    def coming(_change: object = None) -> None:
        with database.reading() as s:
            name = visits.who_comes(s, help_id, frame.lang())
        title.text = _("kiosk.help.who", name=name) if name else _("kiosk.help")

    with parts.box("kiosk__head", "section"):
        icons.icon("bell", "kiosk__mark")
        title = parts.text(_("kiosk.help"), "h1")
        parts.text(_("kiosk.help.say"), "p")
    with parts.box("kiosk__acts", "section"):
        screen.button(_("kiosk.help.good"), back, kind="main")
    screen.listen(("help",), coming)
    coming()
    screen.foot(reason="")


def sorry(screen: Welcome) -> None:
    """A code that does not open anything: why, and the ways that are open (scenario Front desk 7)."""
    from kiosk.welcome import groups
    from kiosk.welcome.details import anew

    said = screen.shown["code"]
    here = not screen.form.code and said in ("visit.see_reception", "visit.field_needed", "op.not_allowed")  # nobody showed a code
    screen.head(_("kiosk.sorry.here") if here else _("kiosk.sorry"), screen.shown["message"], mark="warning")
    askable = said in groups.ASKABLE and bool(screen.form.scanned)
    with parts.box("kiosk__acts", "section"):
        groups.ask_button(screen)
        screen.button(_("kiosk.sorry.call"), partial(screen.call_help, "invitation"), kind="plain" if askable else "main", icon="bell")
        if said in ("visit.invitation_over", "visit.badge_over", "visit.left_already", "label.unknown", "visit.other_day"):
            screen.button(_("kiosk.sorry.anew"), partial(anew, screen))
        if said in ("label.mistyped", "label.unreadable"):
            screen.button(_("kiosk.sorry.again"), partial(screen.show, "code"))
    screen.foot(screen.forget, back_words=_("kiosk.home"), reason="")


def _keys(screen: Welcome, value: str, most: int, changed: Callable[[str], None], done: Callable[[str], Any], label: str) -> None:
    def typed(text: str) -> None:
        changed(text)
        screen.edited()

    with parts.box("kiosk__keys", "section"):
        elements.Keypad(
            "letters", value=value, most=most, both=True, hanzi=True, act=_("kiosk.next"), label=label, on_change=typed, on_done=done
        )
