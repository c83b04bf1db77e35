"""A group at the kiosk, and the right code on the wrong day: two branches that begin with a scanned invitation (guide S3.1-R1; Front desk 7).

The leader's code shows that group and nobody else: who is ticked comes in, people without names are counted, and the badges come out in one print job. A
code of another day can ask its host; what the host answers appears by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from nicegui import ui

from core.foundation import clock, database, i18n
from core.mechanisms import people
from core.mechanisms.operations import perform
from core.sections import visits
from core.sections.visits import AskToday, CheckInGroup, CheckOutGroup, VisitState
from core.web import frame, icons, parts
from core.web.frame import _
from kiosk.welcome import printing
from kiosk.welcome.screen import Welcome

ASKABLE = ("visit.other_day", "visit.invitation_over")


# ── another day ──


def ask_button(screen: Welcome) -> None:
    """On the screen that says for which day the invitation is: ask the host whether today is all right."""
    if screen.shown["code"] in ASKABLE and screen.form.scanned:
        screen.button(_("kiosk.ask_today"), partial(ask_today, screen), kind="main", icon="send")


async def ask_today(screen: Welcome) -> None:
    outcome = await screen.do(AskToday(code=screen.form.scanned))
    if outcome.ok:
        screen.show("asking", visit_id=UUID(outcome.result["visit_id"]))
    elif outcome.code != "op.stale":
        screen.form.scanned = ""
        screen.sorry(outcome.code or "", outcome.message(frame.lang()))


def asking(screen: Welcome) -> None:
    """The host is asked; the answer appears here."""
    visit_id: UUID = screen.shown["visit_id"]
    language = frame.lang()
    with database.reading() as s:
        found = visits.asked(s, visit_id, clock.now(), language)
    day = i18n.long_day(found.day, language)
    title, say, mark = {
        "waiting": (_("kiosk.asking", host=found.host), _("kiosk.asking.say", day=day), "clock"),
        "yes": (_("kiosk.asked.yes", host=found.host), _("kiosk.asked.yes.say"), "check"),
        "no": (_("kiosk.asked.no", host=found.host), _("kiosk.asked.no.say", day=day), "warning"),
        "over": (_("kiosk.asked.over", host=found.host), _("kiosk.asked.over.say"), "warning"),
    }[found.answer]
    with screen.head(title, say, mark=mark).props("aria-live=polite"):
        pass
    with parts.box("kiosk__acts", "section"):
        if found.answer == "yes":
            screen.button(_("kiosk.sign_in"), partial(_go_on, screen), kind="main")
        else:
            screen.button(
                _("kiosk.sorry.call"),
                partial(screen.call_help, "invitation"),
                kind="main" if found.answer != "waiting" else "plain",
                icon="bell",
            )

    def changed(_change: object = None) -> None:
        with database.reading() as s:
            now = visits.asked(s, visit_id, clock.now(), language)
        if now.answer != found.answer:
            screen.show("asking", visit_id=visit_id)

    if found.answer == "waiting":
        screen.listen(("visit",), changed)
    screen.foot(screen.forget, back_words=_("kiosk.home"), reason="")


async def _go_on(screen: Welcome) -> None:
    from kiosk.welcome import coming

    screen.step = "code"  # as if it were scanned once more
    await coming.scanned(screen, screen.form.scanned)


# ── a group ──


def is_group(visit_id: UUID) -> bool:
    """Whether a scanned code is a group's."""
    with database.reading() as s:
        return visits.is_leader(s, visit_id)


def begin(screen: Welcome, visit_id: UUID) -> None:
    """A leader's code was scanned: everybody who was announced is ticked until somebody is not there."""
    with database.reading() as s:
        found = visits.group(s, visit_id)
    late = found.state == VisitState.HERE
    screen.form.group = str(visit_id)
    screen.form.ticked = [str(member.visit_id) for member in found.members if member.state == VisitState.PLANNED and not late]
    screen.form.party = 0 if late else found.party
    screen.show("group")


def group(screen: Welcome) -> None:
    """Who is here? The members with names to tick, the others to count."""
    form = screen.form
    with database.reading() as s:
        found = visits.group(s, UUID(form.group))
    late = found.state == VisitState.HERE
    waiting = [member for member in found.members if member.state == VisitState.PLANNED]
    screen.head(
        _("kiosk.group.late" if late else "kiosk.group", group=found.name),
        _("kiosk.group.late.say" if late else "kiosk.group.say" if waiting else "kiosk.group.count.say", leader=found.leader),
    )

    def recount() -> None:
        """In place: a finger that is quick meets the same buttons, and no press is lost to a screen that is drawn anew."""
        total = len(form.ticked) + form.party
        number.text = str(form.party)
        words.text = _("kiosk.group.go", n=total)
        go.set_visibility(total > 0)

    def count(by: int) -> None:
        form.party = max(0 if late else 1, min(200, form.party + by))
        recount()

    with parts.box("kiosk__work group", "section"):
        with parts.box("group__names"):
            for member in waiting:
                _tick(screen, str(member.visit_id), member.name, recount)
            if not waiting and late:
                parts.text(_("kiosk.group.all_here"), "p", "second")
        with parts.box("group__count"):
            parts.text(_("kiosk.group.others" if late else "kiosk.group.with_leader"), "span", "group__words")
            screen.button("−", partial(count, -1), classes="group__step").props["aria-label"] = _("kiosk.group.fewer")
            number = parts.text("", "strong", "num group__number").props("aria-live=polite")
            screen.button("+", partial(count, 1), classes="group__step").props["aria-label"] = _("kiosk.group.more")
    with parts.box("kiosk__acts", "section"):
        go = screen.button("", partial(_arrive, screen), kind="main")
        words: Any = go.default_slot.children[0]
        if late:
            screen.button(_("kiosk.group.leave", n=found.here), partial(leave, screen), icon="leave")
    recount()
    screen.foot(screen.forget, back_words=_("kiosk.not_me"), reason="invitation")


def _tick(screen: Welcome, id: str, name: str, recount: Callable[[], None]) -> None:
    row = parts.box("found group__member", "button").props("type=button role=checkbox")
    with row:
        with parts.box("group__tick", "span"):
            icons.icon("check")
        parts.text(name, "strong")

    def show() -> None:
        ticked = id in screen.form.ticked
        row.classes(**{"add" if ticked else "remove": "group__member--in"}).props(f"aria-checked={'true' if ticked else 'false'}")

    def press() -> None:
        kept = [other for other in screen.form.ticked if other != id]
        screen.form.ticked = kept if len(kept) < len(screen.form.ticked) else [*kept, id]
        screen.edited()
        show()
        recount()

    show()
    screen.tap(row, press)


async def _arrive(screen: Welcome) -> None:
    """The notice first, where the leader has not signed it; who comes late needs no second one."""
    from kiosk.welcome import coming

    with database.reading() as s:
        late = visits.group(s, UUID(screen.form.group)).state == VisitState.HERE
    if late:
        await check_in(screen, None)
    else:
        await coming.onward(screen)


async def check_in(screen: Welcome, arrival: visits.CheckIn | None) -> None:
    """`arrival`: what the leader answered and signed on the way."""
    form = screen.form
    do = CheckInGroup(code=form.code, members=tuple(UUID(id) for id in form.ticked), party=form.party, arrival=arrival)
    outcome = await screen.do(do)
    if not outcome.ok:
        if outcome.code == "visit.notice_changed":
            screen.show("notice")
            parts.problem(outcome.message(frame.lang()))
        elif outcome.code != "op.stale":
            screen.sorry(outcome.code or "", outcome.message(frame.lang()))
        return
    result = outcome.result
    if result["visit_id"] is None:
        screen.sorry("visit.see_reception", _("visit.see_reception"))
        return
    if outcome.facts.get("waiting"):  # somebody has to let them in first
        screen.show("waiting", visit_id=UUID(result["visit_id"]), code=result["code"])
        return
    came = [UUID(member["visit_id"]) for member in result["members"]]
    ids = came if result["late"] else [UUID(result["visit_id"]), *came]
    screen.show(
        "group_in",
        visit_id=UUID(result["visit_id"]),
        ids=ids,
        others=form.party - (0 if result["late"] else 1),
        see_reception=result["see_reception"],
    )


def group_in(screen: Welcome) -> None:
    """They are in: numbers, and all badges in one print job."""
    facts = screen.shown
    ids: list[UUID] = facts["ids"]
    with database.reading() as s:
        found = visits.group(s, facts["visit_id"])
        badges = [visits.badge(s, id, frame.actor(), clock.now()) for id in ids]
    shares = range(found.party - facts["others"] + 1, found.party + 1)
    served = printing.serves(facts["visit_id"])
    screen.form.code = ""
    host = people.called_so(badges[0].host, badges[0].host_english, frame.lang()) if badges else ""
    screen.head(_("kiosk.group.in", group=found.name), _("kiosk.group.in.say", n=found.here, host=host), mark="check")
    with parts.box("kiosk__work group group--in", "section"):
        with parts.box("group__names"):
            for badge in badges:
                with parts.box("group__pass"):
                    parts.text(f"{badge.day_number:03d}", "span", "num")
                    parts.text(badge.name, "strong")
        if facts["others"] > 0:
            with parts.box("group__shares"):
                parts.text(_("kiosk.group.others_in", n=facts["others"]), "span", "second")
                first, last = f"{shares[0]}/{found.party}", f"{shares[-1]}/{found.party}"
                parts.text(first if first == last else f"{first} – {last}", "strong", "num")
        if facts["see_reception"]:
            parts.text(_("visit.see_reception"), "p", "second")
    automatic = screen.settings.printing == "auto"
    pages = [f"/api/v1/visits/{id}/badge.png" for id in ids]
    pages += [f"/api/v1/visits/{facts['visit_id']}/badge.png?share={number}" for number in shares]
    for page in pages if not served else ():
        ui.element("img").classes("kiosk__print").props(f'src="{page}" alt=""' + (" data-auto" if automatic else ""))
    with parts.box("kiosk__acts kiosk__acts--two", "section"):
        if pages and not served:
            screen.button(_("kiosk.group.print", n=len(pages)), partial(_print, screen, ids), icon="print")
        screen.button(_("kiosk.good"), screen.forget, kind="main", counts=True)
    if served:
        printing.draw(screen, facts["visit_id"])
    elif automatic and pages and not facts.get("printed"):
        facts["printed"] = True
        ui.timer(0, partial(_print, screen, ids), once=True)


async def _print(screen: Welcome, ids: list[UUID]) -> None:
    """One job: every badge is a page of its own."""
    for id in ids:
        await perform(visits.NoteBadge(visit_id=id), by=frame.actor())
    ui.run_javascript(
        "(async () => { await Promise.all([...document.querySelectorAll('.kiosk__print')].map((p) => p.decode().catch(() => 0))); window.print(); })()"
    )


async def leave(screen: Welcome) -> None:
    """Everybody of the group leaves."""
    name = screen.form.name
    with database.reading() as s:
        leader = visits.group(s, UUID(screen.form.group))
    outcome = await screen.do(CheckOutGroup(code=screen.form.code))
    if outcome.ok:
        screen.show("group_out", name=leader.name or name, n=int(outcome.result["left"]), at=clock.now())
    elif outcome.code != "op.stale":
        screen.sorry(outcome.code or "", outcome.message(frame.lang()))


def group_out(screen: Welcome) -> None:
    """Done, thank you."""
    facts = screen.shown
    screen.head(
        _("kiosk.group.out", group=facts["name"]),
        _("kiosk.group.out.say", n=facts["n"], time=f"{clock.local(facts['at']):%H:%M}"),
        mark="check",
    )
    with parts.box("kiosk__acts", "section"):
        screen.button(_("kiosk.finish"), screen.forget, kind="main", counts=True)
