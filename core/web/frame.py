"""The frame every page stands in: language, theme, title, banner of the sample office, and who is acting.

A page function opens one frame and draws one screen in it:

    @router.page("/desk/visits")
    def visits_page() -> None:
        with frame.desk("visits", _("visit.register")):
            VisitRegister()

`_()` speaks the page's language, `actor()` tells who acts *now* (asked again in every handler: someone disabled a minute ago is nobody),
`require()` guards a page by role. Sources: look.md §3 and §10, house.md §4, security.md (ASVS 7.4.2, 8.2.2).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from copy import copy
from dataclasses import dataclass, replace
from typing import Any, Literal
from uuid import UUID
from weakref import WeakKeyDictionary

from fastapi import Request
from nicegui import Client, ui

from core.foundation import clock, i18n
from core.mechanisms.office import Face
from core.mechanisms.operations import Actor, Role
from core.web import build, icons, sessions, static_files

Surface = Literal["desk", "kiosk", "door", "phone", "plain"]
QUASAR_LANGUAGE = {"zh-Hans": "zh-CN", "zh-Hant": "zh-TW", "en": "en-GB"}
LANGUAGE_SHORT = {"zh-Hans": "简体", "zh-Hant": "繁體", "en": "English"}
VIEWPORT = "width=device-width, initial-scale=1, viewport-fit=cover"
RECONNECT_TIMEOUT_S = 60.0  # what was typed survives a drop of this length (nicegui-facts 3)
FIXED_VIEWPORT = VIEWPORT + ", maximum-scale=1, user-scalable=no"  # a wall panel: pinching would lose the acts


class SignInNeeded(Exception):
    """Nobody is signed in on this page (any more). `back` is the relative address to return to."""

    def __init__(self, back: str = "/") -> None:
        super().__init__("sign-in needed")
        self.back = back


class PairingNeeded(Exception):
    """This screen is not paired as `role` (for `room_id`), or its device was revoked."""

    def __init__(self, role: Role, room_id: UUID | None, back: str) -> None:
        super().__init__("pairing needed")
        self.role, self.room_id, self.back = role, room_id, back


class WrongRole(Exception):
    """Signed in, but this page is for other roles."""

    def __init__(self, roles: frozenset[Role]) -> None:
        super().__init__("wrong role")
        self.roles = roles


@dataclass(slots=True)
class PageState:
    """What a page knows about itself: its surface, its language and the cookies it came with."""

    surface: Surface = "plain"
    language: str = "zh-Hans"
    person_token: str | None = None
    session_id: str = ""
    device_token: str | None = None
    device_role: Role | None = None
    person: Actor | None = None
    device_id: UUID | None = None
    office: Face = sessions.NOBODY  # as it was when the page was built


_pages: WeakKeyDictionary[Client, PageState] = WeakKeyDictionary()
DeskChrome = Callable[[str, str], AbstractContextManager[ui.element]]
_desk_chrome: DeskChrome | None = None


def use_desk_chrome(chrome: DeskChrome) -> None:
    """Let `desk()` draw its navigation with `chrome(active, title)`; main.py connects the desk's own. Connecting again replaces."""
    global _desk_chrome
    _desk_chrome = chrome


# ── what a page may ask ──


def page() -> PageState:
    """The state of the page this code runs for; made at its first question."""
    client = ui.context.client
    state = _pages.get(client)
    if state is None:
        state = _pages[client] = _state_of(client.request)
    return state


def office() -> Face:
    """The office as this page was built with: asked once a page, not once a question (a house full of doors loads at once)."""
    return page().office


def lang() -> str:
    """The page's language: `zh-Hans`, `zh-Hant` or `en`."""
    return page().language


def _(key: str, /, **facts: Any) -> str:
    """The sentence of `key` in the page's language."""
    return i18n.t(key, page().language, **facts)


def actor() -> Actor:
    """Who acts on this page now: the signed-in person, or on a kiosk or door its device.

    Asks the session table each time. Raises SignInNeeded when the session ended (the browser is then on its way to the sign-in page),
    PairingNeeded when an unattended screen's device is unknown or revoked (the browser then loads the page again and meets the pairing)."""
    state, back = page(), here()
    found = maybe_actor()
    if found is not None:
        return found
    unattended = state.surface in ("kiosk", "door")
    if ui.context.client.has_socket_connection:
        ui.navigate.to(back if unattended else f"/sign-in?next={sessions.quoted(back)}")
    if unattended:
        raise PairingNeeded(state.device_role or Role(state.surface), None, back)
    raise SignInNeeded(back)


def maybe_actor() -> Actor | None:
    """The same, or None when nobody is signed in (pages that strangers may see)."""
    state, at = page(), clock.now()
    if state.surface in ("kiosk", "door"):
        device = sessions.device_of(state.device_token, at)
        return None if device is None else replace(device, language=state.language)
    return sessions.person_of(state.person_token, at)


def require(*roles: Role) -> Actor:
    """The actor, who must have one of `roles` (none named: anyone signed in). Raises SignInNeeded, WrongRole."""
    found = actor()
    if roles and not found.roles & set(roles):
        raise WrongRole(frozenset(roles))
    return found


def connected_screens() -> dict[UUID, str]:
    """The unattended screens that are connected to this process now, by device, with the address they show."""
    live = [(state.device_id, client) for client, state in list(_pages.items()) if state.device_id is not None]
    return {device_id: client.request.url.path for device_id, client in live if client.has_socket_connection and not client.is_deleted}


def clients_of(device_id: UUID) -> list[str]:
    """The open pages of an unattended screen in this process: each is the socket.io room of its own name."""
    live = [(state.device_id, client) for client, state in list(_pages.items())]
    return [client.id for device, client in live if device == device_id and client.has_socket_connection and not client.is_deleted]


def here() -> str:
    """The relative address of this page, safe to come back to."""
    request = ui.context.client.request
    return sessions.safe_next(request.url.path + (f"?{request.url.query}" if request.url.query else ""))


async def signed_in(request: Request) -> None:
    """Front door of a router: `APIRouter(dependencies=[Depends(frame.signed_in)])`. Raises SignInNeeded before a page is built."""
    if sessions.person_of(sessions.person_token(request), clock.now()) is None:
        query = f"?{request.url.query}" if request.url.query else ""
        raise SignInNeeded(sessions.safe_next(request.url.path + query))


# ── frames ──


@contextmanager
def desk(active: str, title: str, *roles: Role) -> Iterator[ui.element]:
    """The staffed console: navigation with `active` marked, search bar, main column. Yields the main column.

    With `roles` the page is for these roles only."""
    _open("desk", title)
    state = page()
    state.person = require(*roles)
    if _desk_chrome is None:
        with ui.element("div").classes("screen desk"), ui.element("main").classes("desk__main") as main:
            yield main
        return
    with _desk_chrome(active, title) as main:
        yield main


@contextmanager
def kiosk(title: str = "", role: Role = Role.KIOSK) -> Iterator[ui.element]:
    """An unattended screen in the foyer, in the office's first language, for a paired device (otherwise the pairing page comes instead).
    Yields the `<main class="screen kiosk">` element; the caller fills top, middle and foot. `role`: another unattended screen of the foyer."""
    _pair(role, None)
    _open("kiosk", title or i18n.t("web.kiosk", office().language), fixed=True)
    with ui.element("main").classes("screen kiosk") as main:
        yield main


@contextmanager
def door(title: str = "", room_id: UUID | None = None) -> Iterator[ui.element]:
    """A room-door screen: the whole viewport, nothing around it; the door element draws itself. With `room_id` the paired device must belong to that room."""
    _pair(Role.DOOR, room_id)
    _open("door", title or i18n.t("web.door", office().language), fixed=True)
    with ui.element("main").classes("door-frame") as main:
        yield main


@contextmanager
def phone(title: str, back: str | None = None, *roles: Role, public: bool = False, with_language: bool = True) -> Iterator[ui.element]:
    """An online phone page with its title; `back` is the address of the arrow at the top left. Yields the scrolling body.

    Signed-in people only, unless `public` (what a label shows a stranger)."""
    _open("phone", title)
    state = page()
    state.person = maybe_actor() if public else require(*roles)
    from core.web import parts

    with ui.element("div").classes("screen phone"):
        with ui.element("header").classes("phone__head"):
            if back:
                with ui.element("a").classes("round").props(f'href="{sessions.safe_next(back)}" aria-label="{_("web.back")}"'):
                    icons.icon("back")
            parts.text(title, "h1")
            if with_language:
                language_menu()
        with ui.element("main").classes("phone__body") as body:
            yield body


@contextmanager
def plain(title: str, *, fixed: bool = False) -> Iterator[ui.element]:
    """A page for anyone: chooser, sign-in, pairing. Yields a `<main class="screen plain">`."""
    _open("plain", title, fixed=fixed)
    with ui.element("main").classes("screen plain") as main:
        yield main


def speak(language: str) -> None:
    """Let this page speak another language from now on, without loading it again (kiosk); the screen then draws its words anew."""
    state = page()
    state.language = language if language in i18n.LANGUAGES else state.language
    ui.run_javascript(f"foyer.speak({json.dumps(state.language)}, {_script_json(_words(state.language))})")


def language_switch(on_change: Callable[[str], Any] | None = None, *, order: Iterable[str] = i18n.LANGUAGES) -> ui.element:
    """The three languages side by side, the present one marked. Without `on_change` the choice is kept for this browser (and person) and the page
    loads again; with it nothing is kept: `on_change(language)` runs after `speak(language)` and redraws."""
    from core.web import parts

    with ui.element("div").classes("lang").props(f'role=group aria-label="{_("web.language")}"') as group:
        for code, name in ((code, LANGUAGE_SHORT[code]) for code in order):
            button = parts.text(name, "button").props(f'type=button lang="{code}" aria-pressed={"true" if code == lang() else "false"}')
            button.classes("on" if code == lang() else "")
            if on_change is None:
                button.on("click", js_handler=f"() => foyer.language('{code}')")
            else:
                parts.on_tap(button, lambda code=code: _change_language(code, on_change))
    return group


def _change_language(code: str, on_change: Callable[[str], Any]) -> Any:
    if code == lang():  # nothing is drawn anew: a signature stays, and so does whatever is pressed next
        return None
    speak(code)
    return on_change(code)


def language_menu() -> ui.element:
    """The same as a small menu, where room is short."""
    from core.web import parts

    with ui.element("label").classes("lang-menu").props(f'aria-label="{_("web.language")}"') as label:
        icons.icon("globe")
        with ui.element("select") as select:
            for code, name in LANGUAGE_SHORT.items():
                parts.text(name, "option").props(f'value="{code}" lang="{code}"' + (" selected" if code == lang() else ""))
        select.on("change", js_handler="(e) => foyer.language(e.target.value)")
    return label


# ── private ──


def _state_of(request: Request) -> PageState:
    token = sessions.person_token(request)
    signed = sessions.signed_of(token, clock.now())
    person, face = signed.actor if signed else None, sessions.office()
    return PageState(
        language=sessions.language_of(request, person, face.language), person_token=token, session_id=str(signed.session_id) if signed else "",
        person=person, office=face,
    )  # fmt: skip


def _pair(role: Role, room_id: UUID | None) -> None:
    state, request = page(), ui.context.client.request
    state.surface, state.device_role = "door" if role is Role.DOOR else "kiosk", role
    state.device_token = sessions.device_token(request, role)
    device = maybe_actor()
    if device is None or role not in device.roles or (room_id is not None and device.room_id != room_id):
        raise PairingNeeded(role, room_id, here())
    state.language, state.device_id = office().language, device.device_id


def _open(surface: Surface, title: str, *, fixed: bool = False) -> None:
    state, client, face = page(), ui.context.client, office()
    state.surface = surface
    shown = copy(client.page)  # the page object belongs to every visitor; language and viewport are this one's
    shown.language = QUASAR_LANGUAGE[state.language]  # type: ignore[assignment]  # our three are among Quasar's
    shown.viewport = FIXED_VIEWPORT if fixed else VIEWPORT
    shown.reconnect_timeout = RECONNECT_TIMEOUT_S
    client.page = shown
    client.title = " · ".join(part for part in (title, face.name) if part) or "Foyer"
    client.content.classes(f"surface surface--{surface}")
    if (outer := client.content.parent_slot) is not None:
        outer.parent.props("role=presentation")  # Quasar's own <main>: each page has one of ours
    config = {
        "surface": surface,
        "language": state.language,
        "real": int(time.time() * 1000),
        "now": int(clock.now().timestamp() * 1000),
        "zone": str(clock.zone()),
        "session": state.session_id,
        "device": str(state.device_id or ""),
        "reception": face.reception_phone,
        "build": build.current(),
        "words": _words(state.language),
    }
    own = {"kiosk": "kiosk.css", "door": ""}.get(surface, "pages.css")
    styles = "".join(f'<link rel="stylesheet" href="{static_files.url(name)}">' for name in ("foyer.css", own) if name)
    ui.add_head_html(
        f"<script>document.documentElement.lang={json.dumps(state.language)};document.documentElement.dataset.surface={json.dumps(surface)};"
        f"window.foyerPage={_script_json(config)};</script>"
        f"{styles}"
        f'<meta name="google" content="notranslate"><link rel="icon" href="{static_files.url("mark.svg")}" type="image/svg+xml">'
        f'<script src="{static_files.url("foyer.js")}"></script><script src="{static_files.url("watchdog.js")}"></script>'
    )
    if face.is_demo:
        from core.web import parts

        both = "　".join(dict.fromkeys((_("web.demo"), i18n.t("web.demo", "en"))))  # a door changes its language without asking here
        parts.text(both if surface == "door" else _("web.demo"), classes=f"demo demo--{surface}").props("role=note")


WORDS = (
    "offline_since",
    "cover_since",
    "wait_reconnecting",
    "still_works",
    "call_reception",
    "back_online",
    "not_sent",
    "fill_in",
    "too_short",
    "not_fit",
    "reload",
    "camera_denied",
    "camera_none",
    "camera_insecure",
    "camera_busy",
    "retake",
    "take_photo",
    "clear",
    "key_delete",
    "key_space",
    "key_hanzi",
    "key_show",
    "key_hide",
    "key_letters",
    "key_digits",
    "torch",
    "scanning",
    "connected_at",
    "sign_here",
    "demo",
    "go_offline",
    "cannot_sign",
    "photo_ready",
    "photo_soon",
    "camera_kiosk",
)
ROLL_CALL_WORDS = ("pin", "wrong", "open", "close", "print", "none", "insecure", "old", "drill")  # fmt: skip


def _words(language: str) -> dict[str, str]:
    found = {key: i18n.t(f"web.{key}", language) for key in WORDS}
    if page().surface == "kiosk":
        found |= {f"roll_call_{key}": i18n.t(f"rollcall.kiosk.{key}", language) for key in ROLL_CALL_WORDS}
    return found


def _script_json(value: object) -> str:
    """JSON that can stand inside a script element: `<` never appears in it."""
    return json.dumps(value, ensure_ascii=True).replace("<", "\\u003c")
