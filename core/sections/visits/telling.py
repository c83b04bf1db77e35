"""Telling the host that the visitor is here, climbing on while nobody answers, and what was answered (guide S3.1-R7; scenario Front desk 7).

The host, then the deputy, then reception: each is told once, with a link that answers without signing in. Any answer stops the ladder; "five more
minutes" lets it begin again with the host. The visitor at the kiosk sees what was really sent and said, reception the fate of each message.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints
from sqlalchemy import select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import clock, database
from core.foundation.errors import Refused
from core.foundation.i18n import t
from core.foundation.ids import derived
from core.foundation.jobs import job
from core.mechanisms import forgets, links, notices, office, people
from core.mechanisms.forgets import Gone
from core.mechanisms.links import Choice, OneTimeLink, Purpose, Question
from core.mechanisms.operations import SYSTEM, Actor, Operation, Role, operation, perform_now, touch
from core.sections.visits import ladder, record
from core.sections.visits.ladder import Ladder, Rung, Said
from core.sections.visits.record import Line, Visit, VisitState, changed, facts_of, handle, one_line

WAIT_MINUTES = 5
SHOWN_AFTER = timedelta(minutes=10)
FIRST = {Rung.HOST: "visit.arrived", Rung.DEPUTY: "visit.waiting_for_deputy", Rung.RECEPTION: "visit.waiting"}
AGAIN = "visit.waits_again"
TELLS = frozenset({*FIRST.values(), AGAIN})


class VisitTelling(SQLModel, table=True):
    """Where the telling of one visit stands. `rung` was told at `told_at`; the next one is due at `next_at`. `place` is where the visitor may go up to."""

    __tablename__: ClassVar[str] = "visit_telling"
    visit_id: UUID = Field(primary_key=True, foreign_key="visit.id")
    rung: str = Rung.HOST
    told_at: datetime
    next_at: datetime | None = Field(default=None, index=True)
    said: str = ""
    said_at: datetime | None = None
    said_by: UUID | None = None
    place: str = ""

    def ladder(self) -> Ladder:
        return Ladder(Rung(self.rung), self.next_at, self.said)

    def take(self, now: Ladder) -> None:
        self.rung, self.next_at, self.said = now.rung, now.next_at, now.said


# ── the ladder ──


def begin(s: Session, visit: Visit, at: datetime) -> None:
    """The visitor has just arrived: the host is told, by every way that is known."""
    row = _row(s, visit, at)
    row.take(ladder.begin(at, _step(s)))
    row.told_at = at
    _tell_person(s, visit, visit.host_id, FIRST[Rung.HOST], at)


class Remind(Operation):
    visit_id: UUID


@operation(Remind, "visit.remind", roles=set())
def remind(s: Session, do: Remind, by: Actor, at: datetime) -> None:
    """Nobody answered: the next one is told, the deputy or reception; after "five more minutes" the host again."""
    visit = record.get(s, do.visit_id)
    row = s.get(VisitTelling, visit.id)
    if row is None or not _waits(visit, at) or not ladder.is_due(row.ladder(), at):
        return
    deputy = deputy_of(s, visit)
    again = row.said == Said.WAIT
    row.take(ladder.climb(row.ladder(), at, _step(s), has_deputy=deputy is not None))
    row.told_at = visit.reminded_at = at
    if row.rung == Rung.HOST:
        _tell_person(s, visit, visit.host_id, AGAIN if again else FIRST[Rung.HOST], at)
    elif row.rung == Rung.DEPUTY and deputy is not None:
        _tell_person(s, visit, deputy, FIRST[Rung.DEPUTY], at)
    else:
        tell_reception(s, visit, FIRST[Rung.RECEPTION], at)
    changed(visit)
    touch(s, "visit", visit.id)


@job(every_s=5)
def remind_hosts(at: datetime) -> int:
    """Tell the next one of each visitor nobody answered for. Returns how many were told.

    What was due while the server was down is told once: the step after it counts from now."""
    with database.reading() as s:
        query = (
            select(VisitTelling.visit_id, VisitTelling.next_at)
            .join(Visit, col(Visit.id) == col(VisitTelling.visit_id))
            .where(col(Visit.state) == VisitState.HERE, col(Visit.break_at).is_(None), col(VisitTelling.next_at) <= at)
            .where(col(Visit.arrived_at) >= clock.day_span(clock.today(at))[0])
            .order_by(col(VisitTelling.next_at))
        )
        due = [(row.visit_id, row.next_at) for row in s.execute(query)]
    for visit_id, next_at in due:
        perform_now(Remind(visit_id=visit_id), by=SYSTEM, at=at, op_id=derived("visit.remind", visit_id, next_at))
    return len(due)


# ── answers ──


class AnswerVisit(Operation):
    """What the host says: `coming`, `wait` (five more minutes), `up` (to `place`), `refuse`."""

    visit_id: UUID
    said: Said
    minutes: Annotated[int, Input(gt=0, le=60)] = WAIT_MINUTES
    place: Annotated[Line, StringConstraints(max_length=80)] = ""


@operation(AnswerVisit, "visit.answer", roles={Role.STAFF}, personal=True)
def answer_visit(s: Session, do: AnswerVisit, by: Actor, at: datetime) -> None:
    """The host, the deputy, or reception for them; a later answer stands. Refuses: visit.not_found, visit.not_here, visit.place_needed"""
    give_answer(s, handle(s, do.visit_id, by), do.said, by, at, minutes=do.minutes, place=do.place)


class Acknowledge(Operation):
    visit_id: UUID


@operation(Acknowledge, "visit.acknowledge", roles={Role.STAFF})
def acknowledge(s: Session, do: Acknowledge, by: Actor, at: datetime) -> None:
    """The host (or deputy, or reception for them) is on the way; the kiosk says so. Refuses: visit.not_found, visit.not_here"""
    visit = handle(s, do.visit_id, by)
    if visit.state != VisitState.HERE:
        raise Refused("visit.not_here")
    touch(s, "visit", visit.id)
    if visit.acknowledged_at is None:
        give_answer(s, visit, Said.COMING, by, at)


def give_answer(s: Session, visit: Visit, said: Said, by: Actor, at: datetime, *, minutes: int = WAIT_MINUTES, place: str = "") -> None:
    """Refuses: visit.not_here, visit.place_needed"""
    if visit.state != VisitState.HERE:
        raise Refused("visit.not_here")
    place = one_line(place)[:80]
    if said == Said.UP and not place:
        raise Refused("visit.place_needed")
    row = _row(s, visit, at)
    row.take(ladder.answered(row.ladder(), said, at, timedelta(minutes=minutes)))
    row.said_at, row.said_by, row.place = at, by.person_id, place if said == Said.UP else ""
    final = said != Said.WAIT
    visit.acknowledged_at, visit.acknowledged_by = (at, by.person_id) if final else (None, None)
    if said == Said.REFUSE:
        tell_reception(s, visit, "visit.refused", at)
    if by.person_id is not None and by.person_id != visit.host_id:
        facts = facts_of(s, visit) | {"by": by.name, "said_key": f"visit.said.{said}", "place": place, "minutes": minutes}
        notices.queue(
            s, key="visit.answered_for_you", facts=facts, at=at, to_person_id=visit.host_id, subject=("visit", visit.id), mail=False
        )
    changed(visit)
    touch(s, "visit", visit.id)


# ── the link in the message ──


def _ask_arrival(s: Session, link: OneTimeLink, at: datetime, language: str) -> Question:
    visit = s.get(Visit, link.subject_id)
    if visit is None or not _waits(visit, at):
        return Question(t("visit.link.gone", language), (t("visit.link.gone.say", language),))
    facts = {"who": veiled(visit.name), "number": f"{visit.day_number or 0:03d}", "time": f"{clock.local(visit.arrived_at or at):%H:%M}"}
    lines = (t("visit.link.arrived.say", language, **facts),)
    row = s.get(VisitTelling, visit.id)
    if row is not None and row.said and row.said != Said.WAIT:
        return Question(t("visit.link.answered", language), (*lines, _said_words(s, row, language)))
    choices = (
        Choice("coming", "visit.link.coming", "main"),
        Choice("wait", "visit.link.wait"),
        Choice("up", "visit.link.up", ask="visit.link.place", given=_usual_place(s, visit.host_id)),
        Choice("refuse", "visit.link.refuse", "stop"),
    )
    return Question(t("visit.link.arrived", language), lines, choices)


def _act_arrival(s: Session, link: OneTimeLink, choice: str, text: str, by: Actor, at: datetime) -> None:
    give_answer(s, record.get(s, link.subject_id), Said(choice), by, at, place=text)


def _done_arrival(s: Session, link: OneTimeLink, language: str) -> str:
    return t(f"visit.link.done.{link.choice}", language, minutes=WAIT_MINUTES)


ARRIVAL = Purpose("visit.arrival", _ask_arrival, _act_arrival, _done_arrival)


@forgets.visitors("telling", "visit_telling.place")
def forget_places(s: Session, gone: Gone, at: datetime) -> int:
    """Where a visitor went up to; that the host was told, and when, stays."""
    rows = (
        s.execute(select(VisitTelling).where(col(VisitTelling.visit_id).in_(gone.visit_ids), col(VisitTelling.place) != "")).scalars().all()
    )
    for row in rows:
        row.place = ""
    return len(rows)


# ── helpers ──


def veiled(name: str) -> str:
    """Enough of a name to tell two visitors apart, too little for a stranger who found the message: the first sign."""
    return f"{name[:1]}＊＊" if name and not name.isascii() else f"{name[:1]}."


def tell_reception(s: Session, visit: Visit, key: str, at: datetime) -> None:
    """Everybody at reception in the app, and reception's own chat group."""
    facts, subject = _facts(s, visit, at), ("visit", visit.id)
    notices.queue_roles(s, Role.RECEPTION, key=key, facts=facts, at=at, subject=subject, mail=False)
    found = office.info(s)
    url = str(office.setting(s, "visit.chat_url"))
    notices.queue_group(s, url, key=key, facts=facts, at=at, subject=subject, language=found.language if found else "")


def _tell_person(s: Session, visit: Visit, person_id: UUID, key: str, at: datetime) -> None:
    until = clock.day_span(clock.today(at))[1]
    link_id = links.make(s, ARRIVAL.name, ("visit", visit.id), at=at, until=until, person_id=person_id)
    notices.queue(s, key=key, facts=_facts(s, visit, at), at=at, to_person_id=person_id, subject=("visit", visit.id), link_id=link_id)


def _facts(s: Session, visit: Visit, at: datetime) -> dict[str, Any]:
    """The facts of a visit, for when it was expected, and how long it has waited."""
    return arrival_facts(s, visit) | {"minutes": int((at - (visit.arrived_at or at)).total_seconds()) // 60}


def arrival_facts(s: Session, visit: Visit) -> dict[str, Any]:
    """Who has come, and the time they were asked for where there is one."""
    facts = facts_of(s, visit)
    if visit.expected_at is not None:
        facts |= {"who_key": f"{facts['who_key']}_at", "expected": f"{clock.local(visit.expected_at):%H:%M}"}
    return facts


def _row(s: Session, visit: Visit, at: datetime) -> VisitTelling:
    row = s.get(VisitTelling, visit.id)
    if row is None:
        row = VisitTelling(visit_id=visit.id, told_at=at)
        s.add(row)
    return row


def _waits(visit: Visit, at: datetime) -> bool:
    return (
        visit.state == VisitState.HERE
        and visit.break_at is None
        and visit.arrived_at is not None
        and clock.today(visit.arrived_at) == clock.today(at)
    )


def _step(s: Session) -> timedelta:
    return timedelta(minutes=int(office.setting(s, "visit.ladder_minutes")))


def deputy_of(s: Session, visit: Visit) -> UUID | None:
    host = people.get(s, visit.host_id)
    deputy = s.get(people.Person, host.deputy_id) if host.deputy_id and host.deputy_id != host.id else None
    return deputy.id if deputy is not None and deputy.disabled_at is None else None


def _usual_place(s: Session, host_id: UUID) -> str:
    """Where this host let visitors go up to last."""
    query = (
        select(col(VisitTelling.place))
        .join(Visit, col(Visit.id) == col(VisitTelling.visit_id))
        .where(col(Visit.host_id) == host_id, col(VisitTelling.place) != "")
        .order_by(col(VisitTelling.said_at).desc())
    )
    return s.execute(query.limit(1)).scalar_one_or_none() or ""


def _said_words(s: Session, row: VisitTelling, language: str) -> str:
    by = s.get(people.Person, row.said_by) if row.said_by else None
    time = f"{clock.local(row.said_at):%H:%M}" if row.said_at else ""
    words = t(f"visit.said.{row.said}", language, place=row.place, minutes=WAIT_MINUTES)
    return t("visit.link.answered.say", language, by=by.name if by else "", time=time, words=words)
