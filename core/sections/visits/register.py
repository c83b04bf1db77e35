"""Who is here, who was, who is to come: for reception and administrators; a host sees their own (guide S3.1-R7; scenario Front desk 9;
pitfall V34)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select
from sqlmodel import Session, col

from core.foundation import clock
from core.foundation.errors import Invalid, Refused
from core.mechanisms import labels, pinyin
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import Actor, Role
from core.mechanisms.views import Collection, ExportColumn, Page, Query
from core.sections.visits.record import RECEPTION, Visit, VisitState, VisitView, is_own, views


@dataclass(frozen=True, slots=True)
class RollCallLine:
    """A visitor to look for: who, with whom, since when. `party`: how many people, of `group`, this line stands for, the named one with them."""

    visit_id: UUID
    name: str
    company: str
    host: str
    host_department: str
    host_extension: str
    arrived_at: datetime
    day_number: int
    label: str
    since_yesterday: bool
    break_at: datetime | None = None
    party: int = 1
    group: str = ""


def in_house(s: Session, at: datetime) -> list[VisitView]:
    """Visitors who are here, latest arrival first."""
    query = select(Visit).where(col(Visit.state) == VisitState.HERE).order_by(col(Visit.arrived_at).desc(), col(Visit.day_number).desc())
    return views(s, list(s.execute(query).scalars()))


def count_in_house(s: Session) -> int:
    """How many people are inside now: a group without names counts as many as it is. Who is out for a short while is counted by `count_on_break`."""
    inside = (col(Visit.state) == VisitState.HERE) & col(Visit.break_at).is_(None)
    return int(s.execute(select(func.coalesce(func.sum(Visit.party), 0)).where(inside)).scalar_one())


def count_on_break(s: Session) -> int:
    """Out for a short while, with the badge."""
    away = (col(Visit.state) == VisitState.HERE) & col(Visit.break_at).is_not(None)
    return int(s.execute(select(func.coalesce(func.sum(Visit.party), 0)).where(away)).scalar_one())


def roll_call(s: Session, at: datetime) -> list[RollCallLine]:
    """Everybody a search has to find, by arrival; those who never scanned out on an earlier day are marked."""
    today = clock.today(at)
    return [
        RollCallLine(
            v.id,
            v.name,
            v.company,
            v.host,
            v.host_department,
            v.host_extension,
            v.arrived_at,
            v.day_number or 0,
            v.label or "",
            clock.today(v.arrived_at) != today,
            v.break_at,
            v.party,
            v.group_name,
        )
        for v in reversed(in_house(s, at))
        if v.arrived_at is not None
    ]


def expected(s: Session, day: date) -> list[VisitView]:
    """Invitations of a day that nobody used yet."""
    query = (
        select(Visit)
        .where(col(Visit.expected_on) == day, col(Visit.state) == VisitState.PLANNED)
        .order_by(col(Visit.pinyin), col(Visit.id))
    )
    return views(s, list(s.execute(query).scalars()))


def mine(s: Session, person_id: UUID, at: datetime, *, limit: int = 50) -> list[VisitView]:
    """A host's own visitors: here first, then to come, then the latest ones."""
    query = (
        select(Visit)
        .where(or_(col(Visit.host_id) == person_id, col(Visit.invited_by) == person_id))
        .order_by(col(Visit.expected_on).desc(), col(Visit.id).desc())
    )
    order = {VisitState.HERE: 0, VisitState.PLANNED: 1}
    rows = sorted(s.execute(query.limit(limit)).scalars(), key=lambda v: order.get(VisitState(v.state), 2))
    return views(s, rows)


def counts(s: Session, day: date) -> dict[str, int]:
    """How many visits of a day are in which state; erased ones count as before. Who was only assumed to have left is `assumed_left`, who is out for a
    short while `on_break`, and neither is in `left` or `here`."""
    assumed, away = col(Visit.assumed_left_at).is_not(None), col(Visit.break_at).is_not(None)
    query = (
        select(col(Visit.state), assumed, away, func.count()).where(col(Visit.expected_on) == day).group_by(col(Visit.state), assumed, away)
    )
    found: dict[str, int] = {}
    for state, is_assumed, is_away, n in s.execute(query):
        key = "assumed_left" if is_assumed else "on_break" if is_away and state == VisitState.HERE else str(state)
        found[key] = found.get(key, 0) + int(n)
    return found


# ── the collection ──


def search(s: Session, query: Query, by: Actor) -> Page:
    """The register: `q` finds by name, pinyin, initials, company or code; filters `state`, `day` (of the visit), `host`. Latest day first.

    `day` is an ISO date or `today`. Raises Invalid query.filter, query.cursor."""
    found: Select[Any] = select(Visit).order_by(col(Visit.expected_on).desc(), col(Visit.id).desc()).limit(query.limit + 1)
    if not by.has(*RECEPTION, Role.SYSTEM):
        found = found.where(or_(col(Visit.host_id) == by.person_id, col(Visit.invited_by) == by.person_id))
    if state := query.filters.get("state"):
        found = found.where(_in_state(state))
    if day := query.filters.get("day"):
        found = found.where(col(Visit.expected_on) == _day(day))
    if host := query.filters.get("host"):
        found = found.where(col(Visit.host_id) == _id(host, "query.filter"))
    if text := query.q.strip():
        found = found.where(_matches(s, text))
    if query.cursor and (last := s.get(Visit, _id(query.cursor, "query.cursor"))):
        found = found.where(
            or_(col(Visit.expected_on) < last.expected_on, and_(col(Visit.expected_on) == last.expected_on, col(Visit.id) < last.id))
        )
    rows = list(s.execute(found).scalars())
    page = views(s, rows[: query.limit])
    return Page(page, str(page[-1].id) if len(rows) > query.limit else None)


def one(s: Session, id: str, by: Actor) -> VisitView | None:
    """One visit, or None when there is none or it is somebody else's."""
    try:
        visit = s.get(Visit, UUID(id))
    except ValueError:
        return None
    if visit is None or not (by.has(*RECEPTION, Role.SYSTEM) or is_own(visit, by)):
        return None
    return views(s, [visit])[0]


def shown_state(visit: VisitView) -> str:
    """The state as the office says it, a catalogue key's ending (`visit.state.…`): who was only assumed to have left, is out for a while, or waits for a
    yes in the foyer is told apart."""
    if visit.state == VisitState.LEFT and visit.assumed_left_at is not None:
        return "assumed_left"
    if visit.state == VisitState.HERE and visit.break_at is not None:
        return "on_break"
    return "asks" if visit.state == VisitState.HERE and visit.approval == "asked" else str(visit.state)


_EXPORTED: dict[str, Callable[[VisitView], str]] = {"state": shown_state}
_WORDS = {"state": "visit.state", "left_how": "visit.left_how"}
COLLECTION = Collection(
    "visits",
    frozenset({Role.STAFF}),
    search,
    one,
    tuple(
        ExportColumn(name, f"visit.column.{name}", _EXPORTED.get(name), _WORDS.get(name, ""))
        for name in (
            "expected_on",
            "day_number",
            "name",
            "company",
            "group_name",
            "party",
            "phone",
            "purpose",
            "host",
            "host_department",
            "state",
            "arrived_at",
            "left_at",
            "left_how",
            "assumed_left_at",
            "consent",
            "label",
        )
    ),
    ("state", "day", "host"),
)


def _in_state(state: str) -> Any:
    """The states of the table, and the two that are told apart from them."""
    if state == "assumed_left":
        return col(Visit.assumed_left_at).is_not(None)
    if state == "on_break":
        return (col(Visit.state) == VisitState.HERE) & col(Visit.break_at).is_not(None)
    if state == VisitState.LEFT:
        return (col(Visit.state) == state) & col(Visit.assumed_left_at).is_(None)
    return col(Visit.state) == state


def _matches(s: Session, text: str) -> Any:
    key = pinyin.squeeze(text)
    tests = [col(Visit.name).contains(text, autoescape=True), func.lower(Visit.company).contains(text.lower(), autoescape=True)]
    if key:
        tests += [col(Visit.pinyin).startswith(key, autoescape=True), col(Visit.initials).startswith(key, autoescape=True)]
    with suppress(Refused, Invalid):  # not a code of ours: a name
        tests.append(col(Visit.id) == labels.subject(s, text, SubjectKind.VISIT))
    return or_(*tests)


def _day(text: str) -> date:
    if text == "today":
        return clock.today()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid("query.filter", field="day") from None


def _id(text: str, code: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid(code) from None
