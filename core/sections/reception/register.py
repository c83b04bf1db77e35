"""The register of receptions, and the year in figures (guide S3.1-R1 … R8; X4). One plan is read by `whole`."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select
from sqlmodel import Session, col

from core.foundation import clock
from core.foundation.errors import Invalid
from core.mechanisms.operations import Actor, Role
from core.mechanisms.views import Collection, ExportColumn, Page, Query
from core.sections.reception import joins, record, whole
from core.sections.reception.incidents import ReceptionIncident
from core.sections.reception.record import (
    READERS,
    Agreed,
    Level,
    Reception,
    ReceptionCost,
    ReceptionGuest,
    ReceptionLine,
    State,
)

# ── the register ──

NOW = (State.PLANNED, State.RUNNING)


def search(s: Session, query: Query, by: Actor) -> Page:
    """`q` finds by organisation, title, purpose, number or a guest's name; filters `status`, `year`, `level`, `lead`. Latest first day first.

    `status` also takes `open` (planned and running). Raises Invalid query.filter, query.cursor."""
    found: Select[Any] = select(Reception).order_by(col(Reception.starts_on).desc(), col(Reception.id).desc()).limit(query.limit + 1)
    found = _visible(found, by)
    if status := query.filters.get("status"):
        found = found.where(_status(status))
    if level := query.filters.get("level"):
        found = found.where(col(Reception.level) == level)
    if lead := query.filters.get("lead"):
        found = found.where(col(Reception.lead_id) == _id(lead, "query.filter"))
    if year := query.filters.get("year"):
        if not (year.isascii() and year.isdigit() and 2000 <= int(year) <= 2200):
            raise Invalid("query.filter", field="year")
        found = found.where(col(Reception.starts_on) >= date(int(year), 1, 1), col(Reception.starts_on) <= date(int(year), 12, 31))
    if text := query.q.strip():
        found = found.where(_matches(text))
    if query.cursor and (last := s.get(Reception, _id(query.cursor, "query.cursor"))):
        found = found.where(
            or_(col(Reception.starts_on) < last.starts_on, and_(col(Reception.starts_on) == last.starts_on, col(Reception.id) < last.id))
        )
    rows = list(s.execute(found).scalars())
    page = record.views(s, rows[: query.limit])
    return Page(page, str(page[-1].id) if len(rows) > query.limit else None)


def one(s: Session, id: str, by: Actor) -> whole.Plan | None:
    """A plan whole, or None when there is none or it is somebody else's."""
    with suppress(ValueError):
        return whole.plan(s, UUID(id), by, clock.now())
    return None


def count(s: Session, status: str, by: Actor) -> int:
    """How many receptions a person sees in a status."""
    query = _visible(select(func.count()).select_from(Reception).where(_status(status)), by)
    return int(s.execute(query).scalar_one())


def _visible(query: Select[Any], by: Actor) -> Select[Any]:
    """Only what a person leads, took in or hosts, unless they read all."""
    if by.has(*READERS, Role.SYSTEM):
        return query
    hosted = select(col(ReceptionLine.reception_id)).where(col(ReceptionLine.owner_id) == by.person_id)
    return query.where(
        or_(col(Reception.lead_id) == by.person_id, col(Reception.created_by) == by.person_id, col(Reception.id).in_(hosted))
    )


def _status(status: str) -> Any:
    if status == "open":
        return col(Reception.state).in_(NOW)
    if status in {str(state) for state in State if state != State.PLANNED}:
        return col(Reception.state) == status
    if status in {str(agreed) for agreed in Agreed}:
        return and_(col(Reception.state) == State.PLANNED, col(Reception.agreed) == status)
    raise Invalid("query.filter", field="status")


def _matches(text: str) -> Any:
    wanted = text.lower()
    named = select(col(ReceptionGuest.reception_id)).where(func.lower(ReceptionGuest.name).contains(wanted, autoescape=True))
    tests = [
        func.lower(Reception.organisation).contains(wanted, autoescape=True), func.lower(Reception.title).contains(wanted, autoescape=True),
        func.lower(Reception.purpose).contains(wanted, autoescape=True), col(Reception.id).in_(named),
    ]  # fmt: skip
    digits = "".join(sign if sign.isascii() and sign.isdigit() else " " for sign in text).split()
    if digits and len(digits) <= 2 and all(len(one) <= 6 for one in digits):
        tests.append(and_(col(Reception.number) == int(digits[-1]), *([col(Reception.year) == int(digits[0])] if len(digits) == 2 else [])))
    return or_(*tests)


COLLECTION = Collection(
    "receptions", frozenset({Role.STAFF}), search, one,
    tuple(
        ExportColumn(name, f"reception.column.{name}", words=f"reception.{name}" if name in ("level", "status") else "")
        for name in (
            "number", "organisation", "title", "level", "purpose", "starts_on", "ends_on", "headcount", "lead", "status", "lines", "confirmed", "planned", "real", "score",
        )
    ),
    ("status", "year", "level", "lead"),
)  # fmt: skip


# ── the year ──


@dataclass(frozen=True, slots=True)
class Year:
    """A year's receptions that were not cancelled, by their first day. Cents by kind; `by_month` counts; `score` and `rating` are means, `guests` heads."""

    year: int
    receptions: int
    guests: int
    by_level: dict[str, int]
    by_month: tuple[int, ...]
    planned: dict[str, int]
    real: dict[str, int]
    planned_cents: int
    real_cents: int
    score: float | None
    rating: float | None
    rated: int
    incidents: int
    top: tuple[tuple[str, int], ...]


def year_figures(s: Session, year: int) -> Year:
    """The year in figures (guide S3.1-R8)."""
    within = (
        col(Reception.starts_on) >= date(year, 1, 1), col(Reception.starts_on) <= date(year, 12, 31), col(Reception.state) != State.CANCELLED,
    )  # fmt: skip
    rows = list(s.execute(select(Reception).where(*within)).scalars())
    ids = select(col(Reception.id)).where(*within)
    lines = s.execute(select(ReceptionLine.kind, ReceptionLine.cost_cents).where(col(ReceptionLine.reception_id).in_(ids))).all()
    costs = s.execute(select(ReceptionCost.kind, ReceptionCost.amount_cents).where(col(ReceptionCost.reception_id).in_(ids))).all()
    rated = [
        int(score)
        for score in s.execute(
            select(ReceptionGuest.score).where(col(ReceptionGuest.reception_id).in_(ids), col(ReceptionGuest.score).is_not(None))
        ).scalars()
    ]
    happened = select(func.count()).select_from(ReceptionIncident).where(col(ReceptionIncident.reception_id).in_(ids))
    scores = [row.score for row in rows if row.score is not None]
    planned, real = joins.sums((kind, cents) for kind, cents in lines), joins.sums((kind, cents) for kind, cents in costs)
    orgs: dict[str, int] = {}
    for row in rows:
        orgs[row.organisation] = orgs.get(row.organisation, 0) + 1
    months = [0] * 12
    for row in rows:
        months[row.starts_on.month - 1] += 1
    return Year(
        year, len(rows), sum(row.headcount for row in rows), {str(level): sum(row.level == level for row in rows) for level in Level}, tuple(months),
        planned, real, sum(planned.values()), sum(real.values()), sum(scores) / len(scores) if scores else None, sum(rated) / len(rated) if rated else None,
        len(rated), int(s.execute(happened).scalar_one()), tuple(sorted(orgs.items(), key=lambda pair: (-pair[1], pair[0]))[:8]),
    )  # fmt: skip


def _id(text: str, code: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid(code) from None
