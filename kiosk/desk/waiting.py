"""Reception's list of visitors somebody has to come for: how long, who was told, which message arrived and which did not, who is told next (issue 5;
scenario Front desk 7)."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from core.foundation import clock, database, i18n
from core.mechanisms.notices import State
from core.sections import visits
from core.sections.visits import AnswerVisit, CheckOut, Delivery, Said, UndoCheckOut, VisitView, Waiting
from core.sections.visits.record import RECEPTION
from core.web import anew, frame, icons, parts
from core.web.frame import _

TONES: dict[str, parts.Tone] = {"coming": "free", "up": "free", "wait": "soon", "refuse": "busy", "": "held"}
LATE_MINUTES = 10


class WaitingList:
    """Drawn anew whenever a visit or a message changes; nothing when nobody waits."""

    def __init__(self) -> None:
        self.box = parts.box("waiting")
        self.draw()
        anew.when_changed("visit", "notice", draw=self.draw, settle_s=0.2)

    def draw(self) -> None:
        now = clock.now()
        with database.reading() as s:
            trusted = frame.actor().has(*RECEPTION)
            asked = visits.approving.asked(s) if trusted else []
            lines = [line for line in visits.waiting(s, now) if line.visit.approval != "asked"] if trusted else []
        self.box.clear()
        if not lines and not asked:
            return
        with self.box, parts.box("sheet waiting__sheet", "section"):
            with parts.box("waiting__head"):
                parts.text(_("desk.waiting"), "h2")
                parts.text(_("desk.waiting.n", n=len(lines) + len(asked)), "span", "second")
            with parts.box("waiting__rows", "ul"):
                for visit in asked:
                    self._asked(visit)
                for line in lines:
                    self._row(line)

    def _who(self, visit: VisitView) -> None:
        arrived = visit.arrived_at or clock.now()
        with parts.box("waiting__who"):
            parts.text(parts.joined(visit.name, visit.company), classes="strong cut")
            parts.text(
                _("desk.waiting.for", host=parts.joined(visit.host, visit.host_department, visit.host_extension)),
                classes="second small",
            )
            minutes = int((clock.now() - arrived).total_seconds()) // 60
            parts.text(_("desk.waiting.since", time=f"{clock.local(arrived):%H:%M}", n=minutes), classes="second small num")

    def _asked(self, visit: VisitView) -> None:
        """Waits for a yes: reception may say it as well."""
        with parts.box("waiting__row", "li").props(f'data-visit="{visit.id}"'):
            self._who(visit)
            with parts.box("waiting__why second small"):
                parts.text(visit.purpose, "p")
                parts.text(_("visit_desk.asks", host=visit.host), "p")
            with parts.box("waiting__acts"):
                parts.button(_("visit_desk.not_in"), partial(self._decide, visit.id, False), kind="quiet")
                parts.button(_("visit_desk.let_in"), partial(self._decide, visit.id, True), icon="check")

    async def _decide(self, visit_id: UUID, approved: bool) -> None:
        await parts.do(visits.ApproveVisit(visit_id=visit_id, approved=approved))
        self.draw()

    def _row(self, line: Waiting) -> None:
        visit, now = line.visit, clock.now()
        minutes = max(0, int((now - (visit.arrived_at or now)).total_seconds()) // 60)
        late = minutes >= LATE_MINUTES and not line.told.said
        with parts.box("waiting__row waiting__row--late" if late else "waiting__row", "li").props(f'data-visit="{visit.id}"'):
            self._who(visit)
            with parts.box("waiting__sent", "ul"):
                for delivery in line.deliveries:
                    self._delivery(delivery)
                if line.next_at is not None:
                    when = f"{clock.local(line.next_at):%H:%M}"
                    parts.text(_(f"desk.waiting.next.{line.next_rung}", time=when), "li", "waiting__next small")
            with parts.box("waiting__acts"):
                parts.pill(self._said(line), TONES[line.told.said])
                if not line.told.said or line.told.said == Said.WAIT:
                    parts.button(_("desk.waiting.comes"), partial(self._answer, visit.id, Said.COMING), icon="check")
                elif line.told.said == Said.REFUSE:
                    parts.button(_("desk.visits.check_out"), partial(check_out, visit.id, visit.name), icon="leave")

    def _delivery(self, delivery: Delivery) -> None:
        bad = delivery.state in (State.FAILED, State.NO_CHANNEL)
        waits = delivery.state in (State.QUEUED, State.SENDING)
        icon = "warning" if bad else "clock" if waits else "check"
        words = parts.joined(delivery.to, _(f"channel.service.{delivery.way}"))
        state = _(f"notice.state.{delivery.state}") if bad or waits else _("desk.waiting.sent", time=f"{clock.local(delivery.at):%H:%M}")
        with parts.box(f"waiting__one waiting__one--{'bad' if bad else 'waits' if waits else 'good'}", "li"):
            icons.icon(icon)
            parts.text(
                parts.joined(words, state, _(delivery.reason) if delivery.reason else "", delivery.detail if delivery.reason else ""),
                "span",
            )

    def _said(self, line: Waiting) -> str:
        told = line.told
        if not told.said:
            arrived = [one for one in line.deliveries if one.state not in (State.FAILED, State.NO_CHANNEL)]
            return _(f"desk.waiting.rung.{told.rung}") if arrived or not line.deliveries else _("desk.waiting.unreached")
        until = f"{clock.local(told.until):%H:%M}" if told.until else ""
        return _(f"desk.waiting.said.{told.said}", by=told.by or line.visit.host, place=told.place, until=until)

    async def _answer(self, visit_id: UUID, said: Said) -> None:
        await parts.do(AnswerVisit(visit_id=visit_id, said=said))
        self.draw()


async def check_out(visit_id: UUID, name: str) -> bool:
    """Sign the visitor out, with a way back for as long as the toast stays."""
    outcome = await parts.do(
        CheckOut(visit_id=visit_id), done=_("desk.visits.left_now", name=name), undo=partial(take_back, visit_id, name)
    )
    return outcome.ok


async def take_back(visit_id: UUID, name: str) -> bool:
    """The visitor has not left after all."""
    return (await parts.do(UndoCheckOut(visit_id=visit_id), done=_("desk.visits.still_in", name=name))).ok


def left_words(how: str) -> str:
    """How somebody left, for the register; empty when nobody saw it."""
    key = f"visit.left_how.{how}"
    return _(key) if how and i18n.has(key) else ""
