"""Something was left behind: described at the kiosk, looked for by reception (guide S1.3-R7). The kiosk says nothing of what was found: whoever
describes a thing gets a code, and the same answer whether it is here or not."""

from __future__ import annotations

from functools import partial

from core.foundation import clock, i18n
from core.sections import roomcare
from core.web import elements, frame, parts
from core.web.frame import _
from kiosk.welcome.form import in_our_letters
from kiosk.welcome.screen import Step, Welcome

MOST = 60
DAYS = {"today": 0, "yesterday": 1, "week": 4, "earlier": 14}


def what(screen: Welcome) -> None:
    """What it is, in the visitor's words."""

    def go(text: str) -> None:
        said = in_our_letters(text)
        if len(said) > 1:
            _on(screen, "lost_where", what=said)

    screen.head(_("kiosk.lost.what"), _("kiosk.lost.what.say"))
    _keys(screen, screen.typed() or str(screen.shown.get("what", "")), go, _("kiosk.lost.what"))
    screen.foot(partial(screen.show, "parcels"), reason="general")


def where(screen: Welcome) -> None:
    """Where they may have left it, by one touch, and when."""
    facts = screen.shown

    def day(key: str) -> None:
        facts["day"] = key

    def place(key: str) -> None:
        facts["place"] = key

    screen.head(_("kiosk.lost.where", what=str(facts["what"])), _("kiosk.lost.where.say"))
    with parts.box("kiosk__form", "section"):
        facts.setdefault("place", "unknown")
        facts.setdefault("day", "today")
        parts.text(_("kiosk.lost.place"), "p", "second")
        parts.choice({key: _(f"lost.place.{key}") for key in ("meeting_room", "lobby", "washroom", "unknown")}, facts["place"], place)
        parts.text(_("kiosk.lost.day"), "p", "second")
        parts.choice({key: _(f"kiosk.lost.day.{key}") for key in DAYS}, facts["day"], day)
    with parts.box("kiosk__acts", "section"):
        screen.button(_("kiosk.next"), partial(_on, screen, "lost_name"), kind="main")
    screen.foot(partial(_on, screen, "lost"))


def name(screen: Welcome) -> None:
    """Who asks: the desk looks at a document before it gives anything away."""
    facts = screen.shown

    async def go(text: str) -> None:
        said = in_our_letters(text)
        if not said:
            return
        do = roomcare.SeekItem(what=facts["what"], where=facts["place"], days_ago=DAYS[facts["day"]], name=said)
        outcome = await screen.do(do)
        if outcome.ok:
            screen.show("lost_noted", code=outcome.result["code"], what=facts["what"])
        else:
            screen.sorry(outcome.code or "", outcome.message(frame.lang()))

    screen.head(_("kiosk.lost.name"), _("kiosk.lost.name.say"))
    _keys(screen, screen.typed(), go, _("kiosk.lost.name"), act=_("kiosk.lost.ask"))
    screen.foot(partial(_on, screen, "lost_where"))


def noted(screen: Welcome) -> None:
    """The code to say at the desk; nothing of what is there."""
    screen.head(_("kiosk.lost.noted"), _("kiosk.lost.noted.say"), mark="check")
    with parts.box("kiosk__code", "section"):
        parts.text(screen.shown["code"], "strong", "num").props("data-code")
        parts.text(screen.shown["what"], "span", "second")
        parts.text(i18n.day_and_time(clock.now(), clock.zone(), frame.lang()), "span", "second")
    with parts.box("kiosk__acts", "section"):
        screen.button(_("kiosk.lost.good"), screen.forget, kind="main", counts=True)
    screen.foot(reason="general")


def _on(screen: Welcome, step: Step, **more: str) -> None:
    """To the next or the last step with what was said; what is half typed stays behind."""
    screen.show(step, **{**{key: fact for key, fact in screen.shown.items() if key != "typed"}, **more})


def _keys(screen: Welcome, value: str, go: object, label: str, act: str = "") -> None:
    with parts.box("kiosk__keys", "section"):
        elements.Keypad(
            "letters",
            value=value,
            most=MOST,
            both=True,
            hanzi=True,
            act=act or _("kiosk.next"),
            label=label,
            on_change=screen.type,
            on_done=go,
        )  # type: ignore[arg-type]
