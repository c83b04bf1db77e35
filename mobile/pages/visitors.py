"""`/my/visitors`: whoever waits for me or asks for another day, one touch to answer, and an invitation in few taps (guide S3.1-R1, S3.1-R5)."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from uuid import UUID

from nicegui import APIRouter, ui
from pydantic import ValidationError

from core.foundation import clock, database, i18n, live
from core.foundation.live import Change
from core.sections import visits
from core.sections.visits import VisitState, VisitView
from core.web import frame, parts, sessions
from core.web.frame import _
from mobile.pages import host
from mobile.pages.visitor import DAYS, moment_of, places, style, when

router = APIRouter()


@router.page("/my/visitors")
def visitors_page() -> None:
    with frame.phone(_("visitors.title"), "/my"):
        Visitors()


@router.page("/my/visitors/invite")
def invite_page() -> None:
    with frame.phone(_("visitors.invite"), "/my/visitors"):
        Invitation()


class Visitors:
    """A person's own visitors, live: who asks and who waits first, then today, the coming days, and the latest ones."""

    def __init__(self) -> None:
        style()
        self.client, self.box = ui.context.client, parts.box("stack invitation__list")
        self.draw()
        parts.button(_("visitors.invite"), href="/my/visitors/invite", icon="plus", wide=True)
        self.client.on_delete(live.subscribe("visit", self._changed))

    def draw(self) -> None:
        by, now = frame.actor(), clock.now()
        with database.reading() as s:
            found = visits.mine(s, by.person_id, now) if by.person_id else []
            asking = visits.waiting_for(s, by.person_id, now) if by.person_id else []
        today = clock.today(now)
        planned = sorted((v for v in found if v.state == VisitState.PLANNED), key=lambda v: (v.expected_on, v.expected_at or now, v.name))
        self.box.clear()
        with self.box:
            for visit in asking:
                self._asks(visit)
            if not found and not asking:
                parts.empty(_("visitors.none"), _("visitors.none.say"))
                return
            self._section("visitors.here", [v for v in found if v.state == VisitState.HERE])
            self._section("visitors.today", [v for v in planned if v.expected_on == today])
            self._section("visitors.to_come", [v for v in planned if v.expected_on > today])
            self._section("visitors.latest", [v for v in found if v.state not in (VisitState.HERE, VisitState.PLANNED)][:8])

    def _asks(self, visit: VisitView) -> None:
        day = i18n.long_day(visit.expected_on, frame.lang())
        with parts.box("invitation__asks", "section"):
            parts.banner(_("visitors.asks", name=visit.name, day=day), "due", icon="bell")
            with parts.box("invitation__acts"):
                parts.button(_("visit.link.today.yes"), partial(self._answer, visit, True), kind="main")
                parts.button(_("visit.link.today.no"), partial(self._answer, visit, False))

    async def _answer(self, visit: VisitView, come: bool) -> None:
        await parts.do(visits.AnswerToday(visit_id=visit.id, come=come), done=_(f"visit.link.today.done.{'today' if come else 'no'}"))
        self.draw()

    def _section(self, title: str, rows: list[VisitView]) -> None:
        if not rows:
            return
        parts.text(_(title), "h2", "invitation__section")
        with parts.rows():
            for visit in rows:
                self._row(visit)

    def _row(self, visit: VisitView) -> None:
        name = visit.name if not visit.erased else _("visit.erased")
        if visit.party > 1:
            name = _("visit.name_of_group", name=name, n=visit.party)
        with parts.item(name, self._line(visit), icon="person"):
            if visit.state == VisitState.HERE and visit.approval == "asked":
                parts.button(_("visit_desk.let_in"), partial(self._decide, visit, True), kind="main")
                parts.button(_("visit_desk.not_in"), partial(self._decide, visit, False))
            elif visit.state == VisitState.HERE and visit.acknowledged_at is None:
                parts.button(_("visitors.come"), partial(self._come, visit), kind="main")
                parts.button(_("visit.more"), partial(host.more, visit, self.draw), label=_("visit.more"))
            elif visit.state == VisitState.HERE:
                parts.button(_("visit.more"), partial(host.more, visit, self.draw), label=_("visit.more"))
            elif visit.state != VisitState.PLANNED:
                parts.pill(_(f"visit.state.{visit.state}"), {"here": "free", "left": "shut", "cancelled": "shut"}.get(visit.state, "lost"))  # type: ignore[arg-type]  # tones are a closed set of words
            parts.button(_("visitors.open"), href=f"/my/visitors/{visit.id}", icon="go")

    def _line(self, visit: VisitView) -> str:
        words = [visit.company] if visit.company else []
        if visit.state == VisitState.HERE and visit.arrived_at is not None:
            time = clock.local(visit.acknowledged_at or visit.arrived_at)
            words.append(_("visitors.coming" if visit.acknowledged_at else "visitors.waiting", time=f"{time:%H:%M}"))
        else:
            words.append(when(visit))
        return (", " if frame.lang() == "en" else "，").join(words)

    async def _decide(self, visit: VisitView, approved: bool) -> None:
        await parts.do(visits.ApproveVisit(visit_id=visit.id, approved=approved))
        self.draw()

    async def _come(self, visit: VisitView) -> None:
        await parts.do(visits.Acknowledge(visit_id=visit.id))
        self.draw()

    def _changed(self, _change: Change) -> None:
        if not self.client.is_deleted:
            with self.client:
                self.draw()


class Invitation:
    """Who and when, and where to send the code; everything else may be left out, and several people are one choice away."""

    def __init__(self) -> None:
        style()
        today, language = clock.today(), frame.lang()
        days = {(today + timedelta(days=n)).isoformat(): i18n.long_day(today + timedelta(days=n), language) for n in range(DAYS)}
        with parts.box("stack") as self.box:
            self.name = parts.input(_("desk.visits.name"), autofocus=True, props="maxlength=80")
            self.day = parts.select(_("visitors.day"), days, today.isoformat())
            self.time = parts.input(_("visitors.time"), props="type=time", help=_("visitors.optional"))
            self.email = parts.input(_("desk.visits.email"), props="type=email maxlength=254", help=_("visitors.email.help"))
            with ui.element("details").classes("invitation__more"):
                parts.text(_("visitors.more"), "summary", "button")
                with parts.box("stack"):
                    self.company = parts.input(_("visit.column.company"), props="maxlength=200", help=_("visitors.optional"))
                    self.room = parts.select(_("visitors.where"), places(), "", search=True)
                    self.phone = parts.input(_("visit.column.phone"), props="type=tel maxlength=40", help=_("visitors.optional"))
                    self.purpose = parts.input(_("visit.column.purpose"), props="maxlength=200", help=_("visitors.optional"))
                    self.speaks = parts.select(_("desk.visits.language"), i18n.LANGUAGE_NAMES, sessions.office().language)
                    self.others = parts.area(_("visitors.others"), help=_("visitors.others.help"))
                    self.party = parts.input(
                        _("visitors.party"), "", props="type=number min=0 max=199 inputmode=numeric", help=_("visitors.party.help")
                    )
            parts.button(_("visitors.send"), self._send, kind="main", icon="send", wide=True)

    async def _send(self) -> None:
        by = frame.actor()
        parts.refuse(self.name, None if (self.name.value or "").strip() else _("desk.visits.need_name"))
        if not (self.name.value or "").strip() or by.person_id is None:
            return
        day = date.fromisoformat(str(self.day.value))
        names = tuple(line.strip() for line in str(self.others.value or "").replace("、", "\n").splitlines() if line.strip())
        unnamed = int(str(self.party.value)) if str(self.party.value or "").isdecimal() else 0
        facts = {
            "host_id": by.person_id, "name": self.name.value, "company": self.company.value or "", "email": (self.email.value or "").strip(), "phone": self.phone.value or "",
            "purpose": self.purpose.value or "", "expected_on": day, "expected_at": moment_of(day, self.time.value), "room_id": UUID(self.room.value) if self.room.value else None,
            "language": str(self.speaks.value or ""),
        }  # fmt: skip
        try:
            do = visits.InviteGroup(**facts, members=names, party=1 + unnamed) if names or unnamed else visits.Invite(**facts)
        except ValidationError as error:
            wrong = {"email": self.email, "phone": self.phone, "members": self.others, "party": self.party}.get(
                str(error.errors()[0]["loc"][0]), self.name
            )
            parts.refuse(
                wrong, _("notice.reason.bad_address") if wrong is self.email else _("op.invalid", fields=str(error.errors()[0]["loc"][0]))
            )
            return
        outcome = await parts.do(do, done=_("desk.visits.mailed", email=do.email) if do.email else None)
        if not outcome.ok:
            return
        if outcome.result["code"] is None:  # why stays unsaid
            self.box.clear()
            with self.box:
                parts.empty(do.name, _("visit.reception_contacts"))
                parts.button(_("visitors.title"), href="/my/visitors", wide=True)
        else:
            ui.navigate.to(f"/my/visitors/{outcome.result['visit_id']}")
