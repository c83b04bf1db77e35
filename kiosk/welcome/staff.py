"""Staff badge in and out with their card at the kiosk: the first scan of the day needs no touch, a later one asks what is meant (scenario Front
desk 9; pitfall V34). What the glass says is about the holder of the card alone."""

from __future__ import annotations

from functools import partial

from core.foundation import clock, database
from core.foundation.errors import Invalid, Refused
from core.mechanisms import labels, people
from core.mechanisms.labels import SubjectKind
from core.sections import rollcall
from core.sections.rollcall import BadgeWay
from core.web import frame, parts
from core.web.frame import _
from kiosk.welcome.screen import Welcome

SHOWN = {BadgeWay.IN: "in", BadgeWay.BACK: "back", BadgeWay.OUT: "out", BadgeWay.BREAK: "away"}


async def scanned(screen: Welcome, text: str) -> bool:
    """Whether the code was a staff card (which is then dealt with)."""
    try:
        with database.reading() as s:
            person_id = labels.subject(s, text, SubjectKind.PERSON)
            now, name = rollcall.standing_of(s, person_id, clock.now()), people.get(s, person_id).name
    except (Refused, Invalid):
        return False
    if now is not None and now.inside:
        screen.show("staff", code=text, name=name)
    else:
        await _badge(screen, text, name, rollcall.way_next(now))
    return True


def going(screen: Welcome) -> None:
    """They are in: are they going, or only for a while?"""
    code, name = screen.shown["code"], screen.shown["name"]
    screen.head(_("kiosk.staff.going", name=name), _("kiosk.staff.going.say"))
    with parts.box("kiosk__acts", "section"):
        screen.button(_("kiosk.staff.leave"), partial(_badge, screen, code, name, BadgeWay.OUT), kind="main", icon="leave")
        screen.button(_("kiosk.staff.break"), partial(_badge, screen, code, name, BadgeWay.BREAK), icon="clock")
    screen.foot(screen.forget, back_words=_("kiosk.staff.stay"), reason="general")


async def _badge(screen: Welcome, code: str, name: str, way: BadgeWay) -> None:
    outcome = await screen.do(rollcall.Badge(code=code, way=way))
    if outcome.ok:
        screen.show("staff_done", name=name, way=SHOWN[way], at=f"{clock.local(clock.now()):%H:%M}")
    elif outcome.code != "op.stale":
        screen.sorry(outcome.code or "", outcome.message(frame.lang()))


def done(screen: Welcome) -> None:
    """Said in a second; the glass is free again after six."""
    facts = screen.shown
    with parts.box("hello hello--bye hello--long" if len(facts["name"]) > 6 else "hello hello--bye", "section"):
        parts.text(_(f"kiosk.staff.{facts['way']}", name=facts["name"]), "h1")
        say = "in" if facts["way"] == "back" else facts["way"]
        parts.text(_(f"kiosk.staff.{say}.say", time=facts["at"]), "p")
    with parts.box("kiosk__acts kiosk__acts--bye", "section"):
        screen.button(_("kiosk.finish"), screen.forget, kind="main", counts=True)
