"""How far the word of a visitor's arrival got: what the visitor at the kiosk may know of it, and what reception sees of each message (guide S3.1-R7).

Reads only; who is told when, and what is answered, is `telling`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation import clock
from core.mechanisms import notices, people, person_channels
from core.mechanisms.notices import Channel, Notice, State
from core.sections.visits import ladder, record
from core.sections.visits.ladder import Rung, Said
from core.sections.visits.record import Visit, VisitState, VisitView
from core.sections.visits.telling import SHOWN_AFTER, TELLS, VisitTelling, deputy_of


@dataclass(frozen=True, slots=True)
class Told:
    """How far the word got, as the visitor may know it. `state` is the newest message's to whoever was told last, `way` how it went (mail, app, or a
    chat service), `said` the answer, `by` who gave it, `until` the end of the wait, `place` where to go up to."""

    state: str
    sent_at: datetime | None
    acknowledged_at: datetime | None
    way: str = ""
    rung: str = Rung.HOST
    told_at: datetime | None = None
    said: str = ""
    said_at: datetime | None = None
    by: str = ""
    until: datetime | None = None
    place: str = ""
    by_english: str = ""


def told(s: Session, visit_id: UUID) -> Told:
    """Refuses: visit.not_found"""
    visit = record.get(s, visit_id)
    row = s.get(VisitTelling, visit_id)
    best = _best([n for n in notices.about(s, "visit", visit_id) if n.key in TELLS and n.person_id == visit.host_id])
    state, way = (best.state, _way(s, best)) if best else (State.NO_CHANNEL, "")
    sent_at = best.sent_at if best else None
    if row is None:
        return Told(
            state, sent_at, visit.acknowledged_at, way, said=Said.COMING if visit.acknowledged_at else "", said_at=visit.acknowledged_at
        )
    by = s.get(people.Person, row.said_by) if row.said_by else None
    return Told(
        state, sent_at, visit.acknowledged_at, way, row.rung, row.told_at, row.said, row.said_at, by.name if by else "",
        row.next_at if row.said == Said.WAIT else None, row.place, by.english_name if by else "",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message about a visit: to whom, which way (mail, app, or a chat service), and how far it got. `reason` is a catalogue key."""

    key: str
    to: str
    way: str
    state: str
    at: datetime
    reason: str
    detail: str
    notice_id: UUID


@dataclass(frozen=True, slots=True)
class Waiting:
    """A visitor somebody has to come for, as reception's list shows them."""

    visit: VisitView
    told: Told
    next_at: datetime | None
    next_rung: str
    deliveries: tuple[Delivery, ...]


def waiting(s: Session, at: datetime) -> list[Waiting]:
    """Who waits now: not answered, told to wait, refused; and for ten minutes who is being fetched or goes up. Longest waiting first."""
    start = clock.day_span(clock.today(at))[0]
    query = (
        select(Visit)
        .join(VisitTelling, col(VisitTelling.visit_id) == col(Visit.id))
        .where(col(Visit.state) == VisitState.HERE, col(Visit.break_at).is_(None), col(Visit.arrived_at) >= start)
        .order_by(col(Visit.arrived_at))
    )
    found = [v for v in s.execute(query).scalars() if v.acknowledged_at is None or at - v.acknowledged_at < SHOWN_AFTER or _refused(s, v)]
    views = record.views(s, found)
    sent = deliveries(s, [v.id for v in found])
    lines = []
    for visit, view in zip(found, views, strict=True):
        row = s.get(VisitTelling, visit.id)
        assert row is not None  # the query joined it
        after = ladder.climb(row.ladder(), row.next_at, timedelta(0), has_deputy=deputy_of(s, visit) is not None) if row.next_at else None
        lines.append(Waiting(view, told(s, visit.id), row.next_at, after.rung if after else "", tuple(sent.get(visit.id, ()))))
    return lines


def deliveries(s: Session, visit_ids: Sequence[UUID]) -> dict[UUID, list[Delivery]]:
    """What was sent about these visits to people of the office, oldest first; each way by itself."""
    if not visit_ids:
        return {}
    query = (
        select(Notice)
        .where(col(Notice.subject_kind) == "visit", col(Notice.subject_id).in_(list(visit_ids)), col(Notice.key).in_(TELLS))
        .where(col(Notice.channel) != Channel.WEBHOOK)
        .order_by(col(Notice.created_at), col(Notice.id))
    )
    rows = [n for n in s.execute(query).scalars() if n.state != State.DISMISSED]
    names = _names(s, {n.person_id for n in rows if n.person_id})
    services = person_channels.services(s, {n.channel_id for n in rows if n.channel_id})
    found: dict[UUID, list[Delivery]] = {}
    for n in rows:
        assert n.subject_id is not None
        way = services.get(n.channel_id, "chat") if n.channel_id else _way(s, n)
        to = names.get(n.person_id, "") if n.person_id else ""
        found.setdefault(n.subject_id, []).append(Delivery(n.key, to, way, n.state, n.sent_at or n.created_at, n.reason, n.detail, n.id))
    return found


# ── helpers ──


def _refused(s: Session, visit: Visit) -> bool:
    row = s.get(VisitTelling, visit.id)
    return row is not None and row.said == Said.REFUSE


def _names(s: Session, ids: set[UUID]) -> dict[UUID, str]:
    if not ids:
        return {}
    return {person.id: person.name for person in s.execute(select(people.Person).where(col(people.Person.id).in_(ids))).scalars()}


def _best(found: Sequence[Notice]) -> Notice | None:
    """The message that got furthest among those of the newest telling: one that really left the house before one that only waits in the app."""
    if not found:
        return None
    newest = max(n.created_at for n in found)
    order = {State.SENT: 0, State.SENDING: 2, State.QUEUED: 2, State.FAILED: 3, State.NO_CHANNEL: 4}
    return min(
        (n for n in found if n.created_at == newest), key=lambda n: order.get(State(n.state), 5) + (n.state == State.SENT and _is_app(n))
    )


def _is_app(notice: Notice) -> bool:
    return notice.channel == Channel.MAIL and notice.person_id is not None and notice.attempts == 0


def _way(s: Session, notice: Notice) -> str:
    if notice.channel_id is not None:
        return person_channels.services(s, {notice.channel_id}).get(notice.channel_id, "chat")
    return "chat" if notice.channel == Channel.CHAT else "app" if notice.state == State.SENT and _is_app(notice) else "mail"
