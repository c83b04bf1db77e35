"""Arriving: a scanned code, the notice with its signature, a photo where the office asks, and the badge (scenarios Office 7, Front desk
7)."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from nicegui import ui

from core.foundation import clock, database, i18n
from core.foundation.errors import Invalid, Refused
from core.foundation.i18n import as_mapping, t
from core.mechanisms import labels, people
from core.mechanisms.operations import as_json
from core.sections import assets, visits
from core.sections.visits import CheckIn, Signature
from core.web import elements, frame, icons, parts, qr, sessions
from core.web.frame import _
from kiosk.welcome import card, groups, parcels, printing, staff, telling, waiting
from kiosk.welcome.screen import Welcome

OLD_CODES = ("visit.invitation_over", "visit.badge_over", "visit.left_already")


async def scanned(screen: Welcome, text: str) -> None:
    """A code was held to the reader or typed: on the screens that ask for one, and nowhere else."""
    if screen.step == "fetch":
        parcels.opened(screen, text)
        return
    if screen.step not in ("attract", "code", "leave", "leave_code") or await staff.scanned(screen, text) or card.taken(screen, text):
        return
    if parcels.looks_like_pass(text) and screen.step == "attract":
        parcels.opened(screen, text)
        return
    try:
        with database.reading() as s:
            found = visits.greeting(s, text, clock.now())
    except (Refused, Invalid) as refusal:
        language = frame.lang()
        if refusal.code == "visit.left_already" and (just_left := _just_left(text)) is not None:
            screen.show("mistaken", code=text, name=just_left)
            return
        if (gone := assets.gone_behind(text)) is not None:
            await _gone(screen, text, gone)
            return
        screen.form.held = text if refusal.code in OLD_CODES else ""
        screen.form.scanned = text
        screen.sorry(refusal.code, t(_kind_words(refusal.code), language, **as_mapping(as_json(refusal.facts), language, clock.zone())))
        return
    await opened(screen, found)


async def opened(screen: Welcome, found: visits.Greeting) -> None:
    """What a good code lets its holder do here."""
    form = screen.form
    form.code, form.name, form.company = found.code, found.name, found.company
    form.host_name, form.host_english, form.host_department = found.host, found.host_english, found.host_department
    form.must_sign, form.answered, form.signed = found.must_sign, list(found.known), list(found.signed)
    form.type, form.room = found.type, str(found.room_id or "")
    if (
        found.language in i18n.LANGUAGES
        and found.language != frame.lang()
        and screen.step == "attract"
        and frame.lang() == screen.face.language
    ):
        frame.speak(found.language)
        screen.watch.speak()
    leaves = screen.step in ("leave", "leave_code")
    if groups.is_group(found.visit_id) and found.approval != "asked":
        groups.begin(screen, found.visit_id)
    elif found.act == "arrive":
        screen.show("greeting")
    elif found.approval == "asked" and not leaves:
        screen.show("waiting", visit_id=found.visit_id, code=found.code)
    elif found.approval == "given" and not found.badge_taken and not leaves:
        await waiting.fetch(screen, found.code)
    elif found.is_badge or leaves:
        from kiosk.welcome import leaving

        back = found.act == "back" and screen.step not in ("leave", "leave_code")
        await (leaving.come_back(screen) if back else leaving.check_out(screen))
    else:
        screen.show("leaving", visit_id=found.visit_id)


def _just_left(text: str) -> str | None:
    """The name of whom this very kiosk signed out with this badge a moment ago."""
    with database.reading() as s:
        visit = visits.just_left(s, text, frame.actor(), clock.now())
        return visit.name if visit is not None else None


# ── what comes next ──


def left(screen: Welcome) -> list[str]:
    """What this visitor is still asked, as the section says."""
    form = screen.form
    answers: dict[str, object] = {name: getattr(form, name) for name in visits.types.FIELDS} | dict.fromkeys(form.answered, True)
    with database.reading() as s:
        flow = visits.types.flow_of(s, form.type, UUID(form.room) if form.room else None)
        signed = set(form.signed)
        if form.known:
            signed |= visits.returning.signed_before(s, UUID(form.known), flow.documents)
        number = visits.identity.asked(s, form.type)
    return visits.types.steps(
        flow,
        invited=bool(form.code),
        known=answers,
        asked=form.asked,
        signed=signed,
        photo=screen.settings.photo,
        id_number=number,
    )


async def onward(screen: Welcome) -> None:
    """Draw the next question; after the last one check in."""
    step = next(iter(left(screen)), "")
    if step in visits.types.FIELDS:
        screen.show("detail", field=step)
    elif step in ("id_number", "drink"):
        screen.show("id_number" if step == "id_number" else "drink")
    elif step.startswith("document:"):
        screen.show("notice")
    elif step == "photo":
        screen.show("photo", signatures=())
    else:
        await check_in(screen, ())


async def _gone(screen: Welcome, text: str, asset_id: UUID) -> None:
    """A thing that left the register, or is missing, in somebody's hands: what it is stays unsaid, that it belongs to the desk is said, and the
    clerk hears of it."""
    with database.reading() as s:
        asset = assets.get(s, asset_id)
    day = i18n.full_day(asset.left_on, frame.lang()) if asset.left_on else ""
    key = "kiosk.thing.disposed" if asset.left_on else "kiosk.thing.lost"
    screen.sorry(key, _(key, day=day, document=asset.left_by))
    await assets.sighted(text, frame.maybe_actor(), "kiosk")


def _kind_words(code: str) -> str:
    """What a stranger can do with a refusal of the label itself; visits' own refusals already speak to visitors."""
    return (
        f"kiosk.{code}"
        if code.startswith("label.") and i18n.has(f"kiosk.{code}")
        else code
        if code.startswith("visit.")
        else "kiosk.label.unreadable"
    )


def greeting(screen: Welcome) -> None:
    """The invited visitor's name, and what happens next."""
    form, host = screen.form, screen.form.host(frame.lang())
    screen.head(_("kiosk.greeting", name=form.name), _("kiosk.greeting.say" if form.must_sign else "kiosk.greeting.short", host=host))
    with parts.box("kiosk__card", "section"):
        parts.text(host[:1], "span", "found__face")
        with parts.box("found__words", "span"):
            parts.text(host, "strong")
            parts.text(form.host_department, "span")
    with parts.box("kiosk__acts", "section"):
        screen.button(
            _("kiosk.greeting.go") if form.must_sign else _("kiosk.next") if left(screen) else _("kiosk.sign_in"),
            partial(onward, screen),
            kind="main",
        )
    screen.foot(screen.forget, back_words=_("kiosk.not_me"), reason="invitation")


def notice(screen: Welcome) -> None:
    """3: what has to be agreed to, one page a document, and one drawn signature under all of them. A text is text: nothing in it is a link (pitfall V31)."""
    steps = left(screen)
    documents = [step.removeprefix("document:") for step in steps if step.startswith("document:")]
    if not documents:  # a draft came back, and meanwhile nothing is to be signed
        ui.timer(0, partial(onward, screen), once=True)
        return
    planned = bool(screen.form.code)
    page = min(int(screen.shown.get("page", 0)), len(documents) - 1)
    several, last = len(documents) > 1, page == len(documents) - 1
    read: dict[str, str] = screen.shown.setdefault("read", {})
    with database.reading() as s:
        text = visits.current(s, frame.lang(), documents[page])
        names = [visits.current(s, frame.lang(), key).title for key in documents]
        days = visits.retention.days(s, screen.form.type)
    read[text.document] = text.hash
    say = _("kiosk.notice.say")
    if several:
        say = _("kiosk.notice.all", names=parts.listed(names)) if last else _("kiosk.notice.page", n=page + 1, total=len(documents))
    elif text.document != visits.types.NOTICE:
        say = ""
    with parts.box("kiosk__side"):
        screen.head(text.title if several or say == "" else _("kiosk.notice"), say, step=None if planned else 3)
        with parts.box("kiosk__read", "section").props("tabindex=0"):
            for line in text.text.splitlines():
                parts.text(line, "p")
            parts.text(_("own_data.qr.say", n=days), "p", "second")
            parts.text(_("kiosk.notice.version", version=text.version), "p", "quiet")

    async def agree() -> None:
        signed = await pad.result()
        if signed is None:
            parts.problem(_("kiosk.notice.sign_first"))
            return
        strokes = [[(x, y, float(ms)) for x, y, ms in stroke] for stroke in signed.strokes]
        signatures = tuple(Signature(document=read[key], strokes=strokes) for key in documents)
        if "photo" in steps:
            screen.show("photo", signatures=signatures)
        else:
            await check_in(screen, signatures)

    with parts.box("kiosk__sign" if last else "kiosk__sign kiosk__sign--more", "section"):
        if last:
            pad = elements.Signature(on_cannot=partial(check_in, screen, ()))
            screen.button(_("kiosk.notice.agree"), agree, kind="main", classes="kiosk__wide")
        else:
            screen.button(
                _("kiosk.notice.next", name=names[page + 1]),
                partial(screen.show, "notice", page=page + 1, read=read),
                kind="main",
                classes="kiosk__wide",
            )
    if page:
        screen.foot(partial(screen.show, "notice", page=page - 1, read=read))
    else:
        screen.foot(
            partial(
                screen.show,
                "group" if screen.form.group else "greeting" if planned else "purpose" if not screen.form.known else "welcome_back",
            )
        )


def photo(screen: Welcome) -> None:
    """4: a photo, or none where it may be skipped."""
    signatures: tuple[Signature, ...] | None = screen.shown.get("signatures")
    steps = left(screen)
    if signatures is None or (not signatures and any(step.startswith("document:") for step in steps)):
        notice(screen)  # a draft came back: a signature is never kept, so it is drawn again
        return
    with database.reading() as s:
        form = screen.form
        must = visits.types.flow_of(s, form.type, UUID(form.room) if form.room else None).photo == "required"

    def arrange() -> None:
        """One dark button: the camera's until there is a picture, then "sign in"."""
        go.set_visibility(bool(screen.form.photo))
        without.set_visibility(not must or bool(screen.shown.get("no_camera")))
        acts.classes(remove="kiosk__acts--two", add="kiosk__acts--two" if go.visible and without.visible else "")

    def taken(picture: elements.Taken) -> None:
        screen.form.photo = picture.sha256
        arrange()

    def no_camera() -> None:  # where a photo is wanted it is noted as missing: who stands here goes on
        screen.shown["no_camera"] = True
        arrange()

    screen.head(_("kiosk.photo"), _("kiosk.photo.must" if must else "kiosk.photo.say"), step=None if screen.form.code else 4)
    with parts.box("kiosk__work kiosk__work--photo", "section"):
        elements.Photo(taken, on_unable=no_camera, kept=screen.form.photo)
    with parts.box("kiosk__acts", "section") as acts:
        without = screen.button(_("kiosk.photo.skip"), partial(_without_photo, screen, signatures))
        go = screen.button(_("kiosk.sign_in"), partial(check_in, screen, signatures), kind="main")
    arrange()
    screen.foot(partial(screen.show, "notice" if signatures else "purpose"))


async def _without_photo(screen: Welcome, signatures: tuple[Signature, ...]) -> None:
    screen.form.photo = ""
    await check_in(screen, signatures)


async def check_in(screen: Welcome, signatures: tuple[Signature, ...]) -> None:
    """Say it to the core, and show what it answered."""
    form, language = screen.form, frame.lang()
    said: dict[str, Any] = {
        "phone": form.phone, "email": form.email, "plate": form.plate, "drink": form.drink, "language": language, "photo": form.photo or None,
        "consent": signatures[0] if signatures else None, "consents": signatures[1:], "id_number": form.id_number or None,
    }  # fmt: skip
    if form.code:
        do = CheckIn(code=form.code, company=form.company, purpose=form.purpose, room=form.room, **said)
    else:
        do = CheckIn(
            name=form.name, company=form.company, host=form.host_id, purpose=form.purpose, type=form.type, room=form.room,
            known=UUID(form.known) if form.known else None, known_code=form.held or None, **said,
        )  # fmt: skip
    if form.group:
        await groups.check_in(screen, do)
        return
    outcome = await screen.do(do)
    if outcome.ok and outcome.result.get("see_reception"):
        screen.sorry("visit.see_reception", t("visit.see_reception", language))  # the screen of every other reason
    elif outcome.ok and outcome.facts.get("waiting"):
        screen.show("waiting", visit_id=UUID(outcome.result["visit_id"]), code=outcome.result["code"])
    elif outcome.ok:
        screen.show("signed_in", visit_id=UUID(outcome.result["visit_id"]), code=outcome.result["code"])
    elif outcome.code == "visit.notice_changed":
        screen.show("notice")
        parts.problem(outcome.message(language))
    elif outcome.code == "visit.field_needed":
        screen.show("detail", field=str(outcome.facts["field"]))
        parts.problem(outcome.message(language))
    elif outcome.code in ("visit.host_unknown", "visit.host_ambiguous"):
        screen.show("host")
        parts.problem(outcome.message(language))
    elif outcome.code != "op.stale":
        screen.sorry(outcome.code or "", outcome.message(language))


# ── the badge ──


def signed_in(screen: Welcome) -> None:
    """The badge comes out here, the host knows."""
    visit_id: UUID = screen.shown["visit_id"]
    with database.reading() as s:
        badge = visits.badge(s, visit_id, frame.actor(), clock.now())
    screen.form.code = ""
    served = printing.serves(visit_id)
    automatic = served or screen.settings.printing == "auto"
    with parts.box("kiosk__side"):
        screen.head(_("kiosk.done", name=badge.name), _("kiosk.done.take" if automatic else "kiosk.done.say"), mark="check")
        with parts.box("list kiosk__told", "ul"):
            telling.draw(screen, visit_id, people.called_so(badge.host, badge.host_english, frame.lang()))
    _pass(screen, badge)
    picture = f"/api/v1/visits/{visit_id}/badge.png"
    ui.element("img").classes("kiosk__print").props(f'src="{picture}" alt=""' + (" data-auto" if automatic and not served else ""))
    with parts.box("kiosk__acts kiosk__acts--two", "section"):
        if automatic:
            screen.button(_("kiosk.no_badge"), partial(screen.call_help, "badge"), icon="print")
        else:
            screen.button(_("kiosk.print"), partial(_print, screen, visit_id), icon="print")
        screen.button(_("kiosk.good"), screen.forget, kind="main", counts=True)
    if served:
        printing.draw(screen, visit_id)
    elif automatic:
        with parts.box("kiosk__slot"):
            icons.icon("arrow-down")
            parts.text(_("kiosk.slot"), "span")
            icons.icon("arrow-down")
        if not screen.shown.get("printed"):
            screen.shown["printed"] = True
            _print_now()
            ui.timer(0, partial(screen.do, visits.NoteBadge(visit_id=visit_id)), once=True)
    else:
        screen.foot(reason="badge")


async def _print(screen: Welcome, visit_id: UUID) -> None:
    outcome = await screen.do(visits.NoteBadge(visit_id=visit_id))
    if outcome.ok:
        _print_now()
    else:
        parts.problem(outcome.message(frame.lang()) or _("op.not_allowed"))


def _print_now() -> None:
    """Only the badge's picture is printed: the stylesheet hides everything else on paper."""
    ui.run_javascript(
        "(async () => { const p = document.querySelector('.kiosk__print'); if (p) { await p.decode().catch(() => 0); window.print(); } })()"
    )


def _pass(screen: Welcome, badge: visits.BadgeFacts) -> None:
    language, now = frame.lang(), clock.local(clock.now())
    with parts.box("pass", "section"):
        with parts.box("pass__band"):
            parts.text(_("kiosk.pass"), "strong")
            parts.text(_("kiosk.pass.number", number=f"{badge.day_number:03d}"), "span", "num")
        with parts.box("pass__body"):
            long = len(badge.name) > 8 or (len(badge.name) > 5 and not badge.name.isascii())
            parts.text(badge.name, classes="pass__name pass__name--long" if long else "pass__name")
            if badge.company:
                parts.text(badge.company, classes="pass__firm")
            with parts.box("pass__facts"):
                with parts.box(tag="dl"):
                    for caption, value, small in (
                        (_("kiosk.pass.host"), badge.host, badge.place),
                        (_("kiosk.pass.until"), _("kiosk.pass.today", time=badge.until), i18n.long_day(badge.day, language)),
                    ):
                        with parts.box():
                            parts.text(caption, "dt")
                            with parts.box(tag="dd"):
                                parts.text(value, "span")
                                parts.text(small, "small")
                with parts.box("pass__code"):
                    qr.draw(f"{sessions.settings().base_url}/S/{badge.code}".upper(), "qr", labels.shown(badge.code))
                    parts.text(labels.shown(badge.code), classes="code")
                    parts.text(_("kiosk.pass.scan"), "small")
        with parts.box("stamp"):
            parts.text(_("kiosk.stamp"), "b")
            parts.text(
                f"{i18n.short_day(now.date(), 'en')} {now:%H:%M}" if frame.lang() == "en" else f"{now.month}.{now.day} {now:%H:%M}",
                "span",
                "num",
            )
