"""A courier leaves something for somebody, without seeing a directory, and gets a receipt number (guide S1.1-R1)."""

from __future__ import annotations

from functools import partial

from core.foundation import clock, i18n
from core.mechanisms import labels
from core.sections import deliveries
from core.sections.visits import HostChoice
from core.web import frame, parts, qr, sessions
from core.web.frame import _
from kiosk.welcome import steps
from kiosk.welcome.screen import Welcome

KINDS = ("parcel", "letter", "document", "meal")


def parcel_for(screen: Welcome) -> None:
    """Whose it is: exactly named."""

    def chosen(person: HostChoice) -> None:
        screen.form.host_id, screen.form.host_name, screen.form.host_department = str(person.id), person.name, person.department
        screen.show("parcel")

    screen.head(_("kiosk.parcel_for"), _("kiosk.parcel_for.say"))
    steps.ask_for_person(screen, screen.form.typed, chosen)
    screen.foot(screen.forget, back_words=_("kiosk.home"), reason="delivery")


def parcel(screen: Welcome) -> None:
    """What, and how many pieces."""
    form = screen.form

    def kind(value: str) -> None:
        form.delivery_kind = value
        screen.edited()

    def pieces(value: int) -> None:
        form.pieces = value
        screen.edited()

    screen.head(_("kiosk.parcel_how", name=form.host_name), form.host_department)
    with parts.box("kiosk__form", "section"):
        parts.choice({key: _(f"delivery.kind.{key}") for key in KINDS}, form.delivery_kind, kind)
        parts.text(_("kiosk.pieces"), "p", "second")
        parts.stepper(form.pieces, pieces, least=1, most=99)
    with parts.box("kiosk__acts", "section"):
        screen.button(_("kiosk.parcel.drop"), partial(_drop, screen), kind="main")
    screen.foot(partial(screen.show, "parcel_for"), reason="delivery")


async def _drop(screen: Welcome) -> None:
    form = screen.form
    outcome = await screen.do(deliveries.Drop(recipient=form.host_id, pieces=form.pieces, kind=form.delivery_kind))
    if outcome.ok:
        screen.show("receipt", receipt=outcome.result["receipt"], code=outcome.result["code"], pieces=form.pieces, name=form.host_name)
    elif outcome.code != "op.stale":
        parts.problem(outcome.message(frame.lang()))


def receipt(screen: Welcome) -> None:
    """The courier's proof: number and time, large enough for a photo."""
    facts, now = screen.shown, clock.now()
    screen.head(_("kiosk.receipt", name=facts["name"]), _("kiosk.receipt.say"), mark="check")
    with parts.box("pass pass--receipt", "section"):
        with parts.box("pass__band"):
            parts.text(_("kiosk.receipt.title"), "strong")
            parts.text(i18n.day_and_time(now, clock.zone(), frame.lang()), "span", "num")
        with parts.box("pass__body"):
            parts.text(facts["receipt"], classes="pass__name num")
            parts.text(_("kiosk.receipt.pieces", n=facts["pieces"]), classes="pass__firm")
            with parts.box("pass__code"):
                qr.draw(f"{sessions.settings().base_url}/S/{facts['code']}".upper(), "qr", labels.shown(facts["code"]))
                parts.text(labels.shown(facts["code"]), classes="code")
                parts.text(_("kiosk.receipt.write"), "small")
    with parts.box("kiosk__acts", "section"):
        screen.button(_("kiosk.good"), screen.forget, kind="main", counts=True)
    screen.foot(reason="")
