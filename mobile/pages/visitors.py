"""`/my/visitors`: whoever waits for me, one touch to say that I am coming, and an invitation in four fields (guide S3.1-R1, S3.1-R5)."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

from nicegui import APIRouter, ui
from pydantic import ValidationError

from core.foundation import clock, database, i18n, live
from core.foundation.live import Change
from core.mechanisms import labels
from core.sections import visits
from core.sections.visits import VisitState, VisitView
from core.web import frame, parts, qr, sessions
from core.web.frame import _

router = APIRouter()
DAYS = 14


@router.page("/my/visitors")
def visitors_page() -> None:
    with frame.phone(_("visitors.title"), "/my"):
        Visitors()


@router.page("/my/visitors/invite")
def invite_page() -> None:
    with frame.phone(_("visitors.invite"), "/my/visitors"):
        Invitation()


class Visitors:
    """A person's own visitors, live."""

    def __init__(self) -> None:
        self.client, self.box = ui.context.client, parts.box("stack")
        self.draw()
        parts.button(_("visitors.invite"), href="/my/visitors/invite", icon="plus", wide=True)
        self.client.on_delete(live.subscribe("visit", self._changed))

    def draw(self) -> None:
        by, now = frame.actor(), clock.now()
        with database.reading() as s:
            found = visits.mine(s, by.person_id, now) if by.person_id else []
        self.box.clear()
        with self.box:
            if not found:
                parts.empty(_("visitors.none"), _("visitors.none.say"))
                return
            with parts.rows():
                for visit in found:
                    self._row(visit)

    def _row(self, visit: VisitView) -> None:
        name = visit.name if not visit.erased else _("visit.erased")
        with parts.item(name, self._line(visit), icon="person"):
            if visit.state == VisitState.HERE and visit.approval == "asked":
                parts.button(_("visit_desk.let_in"), partial(self._decide, visit, True), kind="main")
                parts.button(_("visit_desk.not_in"), partial(self._decide, visit, False))
            elif visit.state == VisitState.HERE and visit.acknowledged_at is None:
                parts.button(_("visitors.come"), partial(self._come, visit), kind="main")
            elif visit.state == VisitState.PLANNED:
                parts.button(labels.shown(visit.label) if visit.label else "", partial(show_code, visit), icon="scan")
            else:
                parts.pill(_(f"visit.state.{visit.state}"), {"here": "free", "left": "shut", "cancelled": "shut"}.get(visit.state, "lost"))  # type: ignore[arg-type]  # tones are a closed set of words

    def _line(self, visit: VisitView) -> str:
        words = [visit.company] if visit.company else []
        if visit.state == VisitState.HERE and visit.arrived_at is not None:
            time = clock.local(visit.acknowledged_at or visit.arrived_at)
            words.append(_("visitors.coming" if visit.acknowledged_at else "visitors.waiting", time=f"{time:%H:%M}"))
        else:
            words.append(_("visitors.on", day=i18n.long_day(visit.expected_on, frame.lang())))
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
    """Who, from where, when, and where to send the code."""

    def __init__(self) -> None:
        today, language = clock.today(), frame.lang()
        days = {(today + timedelta(days=n)).isoformat(): i18n.long_day(today + timedelta(days=n), language) for n in range(DAYS)}
        with parts.box("stack") as self.box:
            self.name = parts.input(_("desk.visits.name"), autofocus=True, props="maxlength=80")
            self.company = parts.input(_("visit.column.company"), props="maxlength=200", help=_("visitors.optional"))
            self.day = parts.select(_("visitors.day"), days, today.isoformat())
            self.email = parts.input(_("desk.visits.email"), props="type=email maxlength=254", help=_("visitors.optional"))
            parts.button(_("visitors.send"), self._send, kind="main", icon="send", wide=True)

    async def _send(self) -> None:
        by = frame.actor()
        parts.refuse(self.name, None if (self.name.value or "").strip() else _("desk.visits.need_name"))
        if not (self.name.value or "").strip() or by.person_id is None:
            return
        try:
            do = visits.Invite(
                host_id=by.person_id,
                name=self.name.value,
                company=self.company.value or "",
                email=(self.email.value or "").strip(),
                expected_on=date.fromisoformat(str(self.day.value)),
            )
        except ValidationError:
            parts.refuse(self.email, _("notice.reason.bad_address"))
            return
        outcome = await parts.do(do)
        if outcome.ok:
            code = outcome.result["code"]
            self.box.clear()
            with self.box:
                if code is None:  # why stays unsaid
                    parts.empty(do.name, _("visit.reception_contacts"))
                else:
                    draw_code(str(code), do.name)
                parts.button(_("visitors.title"), href="/my/visitors", wide=True)


def show_code(visit: VisitView) -> None:
    """The invitation's code in a dialog, to send on."""
    with parts.sheet_dialog(visit.name, _("visitors.show")) as dialog:
        draw_code(visit.label or "", "")
        with parts.box("dialog__acts"):
            parts.button(_("web.close"), dialog.close, kind="main")
    dialog.open()


def draw_code(code: str, name: str) -> None:
    """A code as QR and signs."""
    with parts.box("pass__code"):
        if name:
            parts.text(name, "h2")
        qr.draw(f"{sessions.settings().base_url}/S/{code}".upper(), "qr", labels.shown(code))
        parts.text(_("visitors.code", code=labels.shown(code)), classes="code")
