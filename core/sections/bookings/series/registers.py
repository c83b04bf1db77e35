"""The register of series, and one series with all its dates (guide S1.3-R1). The office and leaders see all, others their own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlmodel import Session, col

from core.foundation import clock
from core.mechanisms.operations import PERSON_ROLES, Actor
from core.mechanisms.views import Collection, ExportColumn, Page, Query
from core.sections.bookings.series import record
from core.sections.bookings.series.record import ACTIVE, SEES, DateView, Series, SeriesView


@dataclass(frozen=True, slots=True)
class SeriesCard:
    """One series with its dates."""

    id: UUID
    series: SeriesView
    dates: tuple[DateView, ...]
    version: int


def card(s: Session, series_id: UUID, by: Actor, at: datetime) -> SeriesCard | None:
    """The series as this actor may see it, or None."""
    found = s.get(Series, series_id)
    if found is None or not (record.may_see(found, by) or record.may_change(s, found, by)):
        return None
    view = record.views(s, [found], by, at)[0]
    return SeriesCard(view.id, view, tuple(record.date_views(s, found, at)), view.version)


def series_list(s: Session, query: Query, by: Actor) -> Page:
    """Newest first. Searches the title; filters: state, room."""
    rows = select(Series).order_by(col(Series.id).desc()).limit(query.limit + 1)
    if not by.has(*SEES):
        rows = rows.where(or_(col(Series.host_id) == by.person_id, col(Series.booked_by_id) == by.person_id))
    if query.q:
        rows = rows.where(col(Series.title).contains(query.q, autoescape=True))
    state = query.filters.get("state")
    if state == "asked":
        rows = rows.where(col(Series.asked_at).is_not(None), col(Series.state) == ACTIVE)
    elif state:
        rows = rows.where(col(Series.state) == state)
    if room := _uuid(query.filters.get("room")):
        rows = rows.where(col(Series.room_id) == room)
    if last := _uuid(query.cursor):
        rows = rows.where(col(Series.id) < last)
    found = list(s.execute(rows).scalars())
    more, found = len(found) > query.limit, found[: query.limit]
    return Page(record.views(s, found, by, clock.now()), str(found[-1].id) if more else None)


def _one(s: Session, id: str, by: Actor) -> SeriesCard | None:
    wanted = _uuid(id)
    return card(s, wanted, by, clock.now()) if wanted else None


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


COLLECTION = Collection(
    "series", PERSON_ROLES, series_list, _one,
    tuple(ExportColumn(name, f"series.column.{name}") for name in ("title", "room", "host", "department", "rule", "next_at", "left", "no_shows", "state")),
    ("state", "room"),
)  # fmt: skip
