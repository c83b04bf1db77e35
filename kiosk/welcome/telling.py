"""While the visitor waits: what was really sent to the host and what they answered, as it is now (issue 5; scenario Front desk 7)."""

from __future__ import annotations

from uuid import UUID

from nicegui import ui

from core.foundation import clock, database
from core.mechanisms import people
from core.mechanisms.notices import State
from core.sections import visits
from core.sections.visits import Told
from core.sections.visits.ladder import Rung
from core.web import frame, parts
from core.web.frame import _
from kiosk.welcome.screen import Welcome

ICONS = {"coming": "check", "up": "go", "wait": "clock", "refuse": "bell", "sent": "check", "telling": "send", "deputy": "send"}
GOOD = frozenset({"coming", "up", "sent"})
OUTSIDE = frozenset({"mail", "wecom", "dingtalk", "feishu", "slack", "teams", "ntfy", "mattermost", "chat"})


def draw(screen: Welcome, visit_id: UUID, host: str, *, stay_longer: bool = True) -> None:
    """One line that changes by itself; with `stay_longer` the screen stays a while longer when something new is said."""
    with parts.box("item kiosk__state", "li").props("aria-live=polite"):
        icon = parts.box()
        with parts.box("item__body"):
            title, line = parts.text("", classes="strong"), parts.text("", classes="second")
    seat = _seat() if stay_longer else None
    before: list[str] = []

    def show(_change: object = None) -> None:
        with database.reading() as s:
            found = visits.told(s, visit_id)
        word = word_of(found)
        time = clock.local(found.said_at or (found.sent_at if word == "sent" else None) or found.told_at or clock.now())
        until = clock.local(found.until) if found.until else time
        way = _(f"channel.service.{found.way}") if found.way in OUTSIDE else ""
        facts = {
            "host": people.called_so(found.by, found.by_english, frame.lang()) if found.by else host,
            "time": f"{time:%H:%M}",
            "until": f"{until:%H:%M}",
            "place": found.place,
            "way": way,
        }
        title.text = _(f"kiosk.state.{word}", **facts)
        line.text = _(f"kiosk.state.{word}.say" if word != "sent" or way else "kiosk.state.sent.app", **facts)
        icon.clear()
        with icon:
            parts.mark(ICONS.get(word, "bell"), "free" if word in GOOD else None)
        if seat is not None:
            seat.set_visibility(word not in ("up", "refuse"))  # who is asked up does not take a seat
        if stay_longer and before and before[-1] != word:
            screen.watch.guard("done", 20)
        before.append(word)

    screen.listen(("visit", "notice"), show)
    show()


def _seat() -> ui.element:
    with parts.box("item", "li") as item:
        parts.mark("clock")
        with parts.box("item__body"):
            parts.text(_("kiosk.wait"), classes="strong")
            parts.text(_("kiosk.wait.say"), classes="second")
    return item


def word_of(found: Told) -> str:
    """Which sentence is true: what was answered; else who was told last, and whether the word arrived."""
    if found.said:
        return str(found.said)
    if found.rung != Rung.HOST:
        return str(found.rung)
    return {State.SENT: "sent", State.QUEUED: "telling", State.SENDING: "telling"}.get(State(found.state), "desk")
