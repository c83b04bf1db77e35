"""The frame of the desk: navigation by role with counts, the one search field, notices, the person's menu (look.md §3, desk-today.png).

Only pages that exist are offered: the list below is the whole plan of the desk, and an entry appears when a page answers at its address.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from nicegui import Client, ui
from sqlmodel import Session

from core.foundation import clock, database
from core.mechanisms.operations import Actor, Role
from core.web import frame, icons, parts, static_files
from core.web.frame import _
from kiosk.desk import bell

EVERYONE = frozenset({Role.STAFF})
FRONT = frozenset({Role.ADMIN, Role.RECEPTION, Role.CLERK, Role.LEADER})
PAPERS = frozenset({Role.ADMIN, Role.CLERK, Role.LEADER, Role.RECEPTION})
THINGS = frozenset({Role.ADMIN, Role.CLERK, Role.LEADER})
SAFE = frozenset({Role.ADMIN, Role.SAFETY, Role.CLERK, Role.LEADER})
ADMIN = frozenset({Role.ADMIN})


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the navigation: `key` is also the page's `active` and, below `/desk/`, its address."""

    key: str
    icon: str
    roles: frozenset[Role]
    path: str = ""

    @property
    def href(self) -> str:
        return self.path or f"/desk/{self.key}"


TODAY = Entry("today", "today", EVERYONE, "/desk")
GROUPS: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    ("front", (
        Entry("visits", "people", FRONT), Entry("deliveries", "parcel", FRONT), Entry("receptions", "cup", FRONT), Entry("liaison", "phone", FRONT),
        Entry("roll-call", "bell", FRONT | {Role.SAFETY}), Entry("visit-set-up", "settings", frozenset({Role.ADMIN, Role.RECEPTION})),
        Entry("blocklist", "lock", ADMIN | {Role.SAFETY}), Entry("privacy", "licence", ADMIN | {Role.SAFETY, Role.LEADER}),
    )),
    ("rooms", (
        Entry("timeline", "calendar", EVERYONE), Entry("bookings", "note", EVERYONE), Entry("series", "refresh", EVERYONE), Entry("conflicts", "warning", FRONT),
        Entry("waiting", "clock", FRONT - {Role.LEADER}), Entry("room_care", "check", FRONT), Entry("room_use", "chart", FRONT), Entry("rooms", "door", FRONT),
        Entry("booking-rules", "list", ADMIN | {Role.CLERK}), Entry("meetings", "note", PAPERS),
    )),
    ("papers", (
        Entry("documents", "document", PAPERS), Entry("incoming", "document", PAPERS), Entry("outgoing", "send", PAPERS), Entry("seals", "seal", PAPERS),
        Entry("licences", "licence", PAPERS), Entry("secrets", "lock", THINGS),
    )),
    ("things", (
        Entry("assets", "asset", THINGS), Entry("custody", "move", THINGS), Entry("repairs", "repair", THINGS), Entry("transfers", "go", THINGS),
        Entry("disposals", "trash", THINGS), Entry("supplies", "supply", THINGS | {Role.RECEPTION}), Entry("supply-plans", "list", THINGS), Entry("suppliers", "book", THINGS),
        Entry("stocktakes", "count", THINGS | {Role.RECEPTION}), Entry("labels", "print", THINGS | {Role.RECEPTION, Role.SAFETY}), Entry("imports", "receive", THINGS),
    )),
    ("safety", (
        Entry("inspections", "list", SAFE), Entry("hazards", "warning", SAFE), Entry("upkeep", "refresh", SAFE), Entry("duties", "clock", EVERYONE),
    )),
    ("money", (Entry("expenses", "money", THINGS | {Role.STAFF}), Entry("petty_cash", "key", THINGS), Entry("approvals", "check", EVERYONE))),
    ("house", (
        Entry("reports", "chart", THINGS), Entry("people", "person", ADMIN), Entry("places", "place", ADMIN | {Role.CLERK}), Entry("devices", "kiosk", ADMIN), Entry("printers", "print", ADMIN | {Role.RECEPTION, Role.CLERK}), Entry("phones", "phone", PAPERS),
        Entry("calendars", "link", EVERYONE), Entry("notices", "bell", ADMIN | {Role.CLERK, Role.RECEPTION}), Entry("calendar", "calendar", EVERYONE), Entry("audit", "book", ADMIN), Entry("settings", "settings", ADMIN),
    )),
)  # fmt: skip

Count = Callable[[Session, Actor], int]
_counts: dict[str, Count] = {}


def count_with(key: str, count: Count) -> None:
    """Show `count(s, by)` beside the entry `key`; a cheap indexed count only. Declared by main.py's desk parts; again replaces."""
    _counts[key] = count


def entries(by: Actor) -> list[tuple[str, list[Entry]]]:
    """The groups and entries this person may open and which answer."""
    existing = set(Client.page_routes.values())
    shown = [(group, [entry for entry in of_group if by.has(*entry.roles) and entry.href in existing]) for group, of_group in GROUPS]
    return [(group, of_group) for group, of_group in shown if of_group]


@contextmanager
def chrome(active: str, title: str) -> Iterator[ui.element]:
    """Draw the desk round a page's main column; connected with `frame.use_desk_chrome(chrome)`."""
    by = frame.page().person
    assert by is not None  # `frame.desk` let nobody else in
    ui.add_head_html(f'<script src="{static_files.url("desk.js")}" defer></script>')
    with parts.box("screen desk"):
        _draw_nav(active, by)
        _draw_bar(by)
        with parts.box("desk__main", "main") as main:
            yield main


def _draw_nav(active: str, by: Actor) -> None:
    with database.reading() as s:
        counts = {key: count(s, by) for key, count in _counts.items()}
    with parts.box("desk__nav", "nav").props(f'aria-label="{_("desk.nav")}"'):
        with parts.box("brand", "a").props('href="/"'):
            icons.mark()
            parts.text("Foyer", "span")
        _draw_entry(TODAY, active, counts)
        for group, of_group in entries(by):
            parts.text(_(f"nav.group.{group}"), "h3")
            for entry in of_group:
                _draw_entry(entry, active, counts)


def _draw_entry(entry: Entry, active: str, counts: dict[str, int]) -> None:
    on = entry.key == active
    with parts.box("nav nav--on" if on else "nav", "a").props(f'href="{entry.href}"' + (" aria-current=page" if on else "")):
        icons.icon(entry.icon)
        parts.text(_(f"nav.{entry.key}"), "span", "cut")
        if counts.get(entry.key):
            parts.text(counts[entry.key], "b")


def _draw_bar(by: Actor) -> None:
    with parts.box("desk__bar", "header"):
        menu = parts.box("round desk__menu", "button").props(f'type=button aria-label="{_("desk.nav")}"')
        with menu:
            icons.icon("list")
        menu.on("click", js_handler="() => document.querySelector('.desk__nav').classList.toggle('desk__nav--open')")
        with parts.box("desk__scan").props("role=search"):
            with parts.box("field__box", "label"):
                icons.icon("scan")
                field = ui.element("input").props(
                    "id=find type=search autocomplete=off spellcheck=false maxlength=300 role=combobox aria-expanded=false aria-controls=finds"
                )
                field.props(f'placeholder="{_("desk.find")}" aria-label="{_("desk.find")}"')
                parts.text("/", "span", "kbd")
            parts.box("finds").props(f'id=finds role=listbox data-none="{_("desk.find_none")}"')
        with parts.box("push row quiet desk__linked", "span"):
            icons.icon("check", "linked")
            parts.text(_("web.connected_at", time=f"{clock.local(clock.now()):%H:%M}"), "span").props("data-connected")
        bell.draw(by)
        _draw_person(by)


def _draw_person(by: Actor) -> None:
    with parts.box("desk__person", "button").props(f'type=button aria-label="{_("desk.person_menu", name=by.name)}"'):
        parts.initial(by.name)
        parts.text(f"{by.name}，{_role_word(by)}" if frame.lang() != "en" else f"{by.name}, {_role_word(by)}", "span")
        with ui.menu().props('anchor="bottom right" self="top right"'), parts.box("popmenu"):
            parts.text(_("web.language"), "h3")
            frame.language_switch()
            with parts.box("nav", "a").props('href="/m/"'):
                icons.icon("phone")
                parts.text(_("desk.phone"), "span")
            password = parts.box("nav", "a").props('href="/desk/me"')
            with password:
                icons.icon("key")
                parts.text(_("desk.my_password"), "span")
            out = parts.box("nav", "a").props("href=# role=button")
            with out:
                icons.icon("leave")
                parts.text(_("desk.sign_out"), "span")
            out.on(
                "click.prevent", js_handler="async () => { foyer.leaving = true; await foyer.post('/sign-out', {}); location.assign('/'); }"
            )


def _role_word(by: Actor) -> str:
    order = (Role.RECEPTION, Role.CLERK, Role.SAFETY, Role.LEADER, Role.ADMIN, Role.STAFF)
    return _(f"role.{next(role for role in order if role in by.roles)}")
