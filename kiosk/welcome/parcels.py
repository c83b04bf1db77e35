"""Things left for somebody and things fetched, at the kiosk: no directory is shown, the courier gets a receipt, the recipient signs (guide S1.1-R1).

A pass that is not known, and one that is over, look alike; five misses in a minute close the reading of passes for half a minute.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from core.foundation import clock, database, i18n
from core.foundation.errors import Invalid, Refused
from core.mechanisms import labels, printers
from core.sections import deliveries
from core.sections.visits import HostChoice
from core.web import elements, frame, parts, qr, sessions
from core.web.frame import _
from kiosk.welcome import steps
from kiosk.welcome.form import in_our_letters
from kiosk.welcome.screen import Welcome

KINDS = ("parcel", "letter", "document", "meal")
MISSES, MISS_WINDOW, REST = 5, timedelta(minutes=1), timedelta(seconds=30)
_misses: dict[UUID | None, list[datetime]] = defaultdict(list)


def parcels(screen: Welcome) -> None:
    """To bring or to fetch; a pass held to the reader needs no touch."""
    screen.head(_("kiosk.parcels"), _("kiosk.parcels.say"))
    with parts.box("tiles tiles--two tiles--three", "nav"):
        screen.tile(
            "parcel", _("kiosk.parcels.bring"), _("kiosk.parcels.bring.say"), partial(screen.show, "parcel_for"), main=True, go="go"
        )
        screen.tile("receive", _("kiosk.parcels.fetch"), _("kiosk.parcels.fetch.say"), partial(screen.show, "fetch"))
        screen.tile("bell", _("kiosk.lost"), _("kiosk.lost.say"), partial(screen.show, "lost"))
    screen.foot(screen.forget, back_words=_("kiosk.home"), reason="delivery")


# ── bringing ──


def parcel_for(screen: Welcome) -> None:
    """Whose it is: exactly named."""

    def chosen(person: HostChoice) -> None:
        form = screen.form
        form.host_id, form.host_department = str(person.id), person.department
        form.host_name, form.host_english = person.name, person.english_name
        screen.show("parcel")

    def unknown() -> None:
        screen.form.host_id = screen.form.host_english = screen.form.host_department = ""
        screen.form.host_name = in_our_letters(screen.form.typed)
        screen.show("parcel_unclear")

    screen.head(_("kiosk.parcel_for"), _("kiosk.parcel_for.say"))
    steps.ask_for_person(screen, screen.form.typed, chosen)
    with parts.box("kiosk__also", "section"):
        screen.button(_("kiosk.parcel_unclear.go"), unknown, classes="kiosk__wide")
    screen.foot(partial(screen.show, "parcels"), reason="delivery")


def parcel_unclear(screen: Welcome) -> None:
    """Nobody here is called that: what stands on the pieces goes to reception, which finds out."""

    def typed(text: str) -> None:
        screen.form.typed = text
        screen.edited()

    def go(text: str) -> None:
        screen.form.host_name = in_our_letters(text)
        if screen.form.host_name:
            screen.show("parcel")

    screen.head(_("kiosk.parcel_unclear"), _("kiosk.parcel_unclear.say"))
    with parts.box("kiosk__keys", "section"):
        elements.Keypad(
            "letters", value=screen.form.typed, most=40, both=True, hanzi=True, act=_("kiosk.next"), label=_("kiosk.parcel_unclear"), on_change=typed,
            on_done=go,
        )  # fmt: skip
    screen.foot(partial(screen.show, "parcel_for"), reason="delivery")


def parcel(screen: Welcome) -> None:
    """What, how many pieces, and whether it is too big for the shelf."""
    form = screen.form

    def kind(value: str) -> None:
        form.delivery_kind = value
        screen.edited()

    def pieces(value: int) -> None:
        form.pieces = value
        screen.edited()

    def size(value: str) -> None:
        form.oversize = value == "large"
        screen.edited()

    screen.head(_("kiosk.parcel_how", name=form.host(frame.lang())), form.host_department or _("kiosk.parcel_unclear.desk"))
    with parts.box("kiosk__form", "section"):
        parts.choice({key: _(f"delivery.kind.{key}") for key in KINDS}, form.delivery_kind, kind)
        parts.text(_("kiosk.pieces"), "p", "second")
        parts.stepper(form.pieces, pieces, least=1, most=99)
        parts.choice({"small": _("kiosk.parcel.small"), "large": _("kiosk.parcel.large")}, "large" if form.oversize else "small", size)
    with parts.box("kiosk__acts", "section"):
        screen.button(_("kiosk.parcel.drop"), partial(_drop, screen), kind="main")
    screen.foot(partial(screen.show, "parcel_for" if form.host_id else "parcel_unclear"), reason="delivery")


async def _drop(screen: Welcome) -> None:
    form = screen.form
    do = deliveries.Drop(
        recipient=form.host_id or None,
        addressee="" if form.host_id else form.host_name,
        pieces=form.pieces,
        kind=form.delivery_kind,
        oversize=form.oversize,
    )
    outcome = await screen.do(do)
    if outcome.ok:
        said = outcome.result
        screen.show(
            "receipt", receipt=said["receipt"], code=said["code"], shelf=said["shelf"], receipt_code=said["receipt_code"], job_id=said["job_id"],
            pieces=form.pieces, name=form.host(frame.lang()), large=form.oversize, known=bool(form.host_id),
        )  # fmt: skip
    elif outcome.code != "op.stale":
        parts.problem(outcome.message(frame.lang()))


def receipt(screen: Welcome) -> None:
    """The courier's proof, large enough for a photo, and where the pieces go. The name is no longer shown: the receipt is the courier's to keep."""
    facts, now = screen.shown, clock.now()
    code = facts["receipt_code"]
    screen.head(_("kiosk.receipt" if facts["known"] else "kiosk.receipt.unclear", name=facts["name"]), _("kiosk.receipt.say"), mark="check")
    with parts.box("pass pass--receipt", "section"):
        with parts.box("pass__band"):
            parts.text(_("kiosk.receipt.title"), "strong")
            parts.text(i18n.day_and_time(now, clock.zone(), frame.lang()), "span", "num")
        with parts.box("pass__body"):
            parts.text(facts["receipt"], classes="pass__name num")
            parts.text(_("kiosk.receipt.pieces", n=facts["pieces"]), classes="pass__firm")
            with parts.box("pass__code"):
                qr.draw(f"{sessions.settings().base_url}/R/{code}".upper(), "qr", labels.shown(code))
                parts.text(labels.shown(code), classes="code")
                parts.text(_("kiosk.receipt.scan"), "small")
    with parts.box("shelfno", "section").props("data-shelf"):
        parts.text(_("kiosk.receipt.shelf_large" if facts["large"] else "kiosk.receipt.shelf"), "span", "second")
        parts.text(f"{facts['shelf']:03d}", "strong", "num")
        line = parts.text(_("kiosk.receipt.write"), "small")
    if facts["job_id"]:
        job_id = UUID(str(facts["job_id"]))

        def show(_change: object = None) -> None:
            with database.reading() as s:
                state, problem = printers.state_of_job(s, job_id)
            line.text = _("kiosk.receipt.write" if problem or state in ("failed", "cancelled") else "kiosk.receipt.stick")

        screen.listen(("print",), show)
        show()
    with parts.box("kiosk__acts", "section"):
        screen.button(_("kiosk.good"), screen.forget, kind="main", counts=True)
    screen.foot(reason="")


# ── fetching ──


def fetch(screen: Welcome) -> None:
    """A pass: held before the camera, scanned, or typed."""
    screen.head(_("kiosk.fetch"), _("kiosk.fetch.say"))
    with parts.box("kiosk__work kiosk__work--eye", "section"):
        if screen.settings.camera != "off":
            elements.Scanner(lambda scan: opened(screen, scan.text), wedge=False)
    with parts.box("kiosk__keys", "section"):
        elements.Keypad(
            "code", value=screen.typed(), most=8, act=_("kiosk.next"), label=_("kiosk.fetch"), on_change=screen.type, on_done=lambda text: opened(screen, text)
        )  # fmt: skip
    screen.foot(partial(screen.show, "parcels"), reason="delivery")


def looks_like_pass(text: str) -> bool:
    """Whether a scan is a pass and nothing else: a label's address is never one."""
    return "/p/" in text.lower()


def opened(screen: Welcome, text: str) -> bool:
    """Show what a pass opens. Answers false, with the reason on the screen, when it opens nothing."""
    device, now = frame.actor().device_id, clock.now()
    recent = _misses[device] = [at for at in _misses[device] if now - at < MISS_WINDOW]
    if len(recent) >= MISSES and now - recent[-1] < REST:
        parts.problem(_("kiosk.fetch.rest"))
        return False
    try:
        with database.reading() as s:
            found = deliveries.opened_by(s, text, now)
    except (Refused, Invalid) as refusal:
        recent.append(now)
        known = refusal.code in ("delivery.picked_up_already", "delivery.returned")
        parts.problem(_("kiosk.fetch.over" if known else "delivery.pass_unknown"))
        return False
    screen.show("fetch_sign", opened=found)
    return True


def fetch_sign(screen: Welcome) -> None:
    """What is there, where it stands, and a signature for it."""
    found: deliveries.Opened | None = screen.shown.get("opened")
    if found is None:  # a draft came back: a pass is never kept
        fetch(screen)
        return
    with parts.box("kiosk__side"):
        screen.head(_("kiosk.fetch.hello", name=found.holder), _("kiosk.fetch.here", n=sum(one.pieces for one in found.items)))
        with parts.box("shelves", "ul"):
            for one in found.items[:6]:
                with parts.box("shelves__one", "li"):
                    parts.text(f"{one.shelf or 0:03d}", "strong", "num")
                    with parts.box("shelves__words"):
                        parts.text(_("kiosk.fetch.piece", what=_(f"delivery.kind.{one.kind}"), n=one.pieces), "span")
                        parts.text(_("kiosk.fetch.at_desk") if one.oversize else one.place or _("kiosk.fetch.on_shelf"), "small")
            if len(found.items) > 6:
                parts.text(_("kiosk.fetch.more", n=len(found.items) - 6), "li", "second")

    async def take() -> None:
        signed = await pad.result()
        if signed is None:
            parts.problem(_("kiosk.fetch.sign_first"))
            return
        strokes = [[(x, y, float(ms)) for x, y, ms in stroke] for stroke in signed.strokes]
        outcome = await screen.do(deliveries.Collect(code=found.code, signature=strokes, delivery_ids=[one.id for one in found.items]))
        if outcome.ok:
            for element in [e for e in screen.client.elements.values() if "problem--floating" in e.classes]:
                element.delete()
            screen.show("fetched", items=found.items, name=found.holder)
        elif outcome.code != "op.stale":
            parts.problem(outcome.message(frame.lang()))

    with parts.box("kiosk__sign", "section"):
        pad = elements.Signature()
        screen.button(_("kiosk.fetch.take"), take, kind="main", classes="kiosk__wide")
    screen.foot(screen.forget, back_words=_("kiosk.not_me"), reason="delivery")


def fetched(screen: Welcome) -> None:
    """Where to reach for it."""
    items = screen.shown["items"]
    screen.head(_("kiosk.fetched", name=screen.shown["name"]), _("kiosk.fetched.say"), mark="check")
    with parts.box("shelves shelves--large", "section"):
        for one in items[:6]:
            with parts.box("shelves__one"):
                parts.text(f"{one.shelf or 0:03d}", "strong", "num")
                with parts.box("shelves__words"):
                    parts.text(_("kiosk.fetch.piece", what=_(f"delivery.kind.{one.kind}"), n=one.pieces), "span")
                    parts.text(_("kiosk.fetch.at_desk") if one.oversize else one.place or _("kiosk.fetch.on_shelf"), "small")
    with parts.box("kiosk__acts", "section"):
        screen.button(_("kiosk.good"), screen.forget, kind="main", counts=True)
    screen.foot(reason="")
