"""Rounds: which points are looked at, by which checklist, how often (inspections.md rows 8–13, 24; norms.md 12).

A cadence is data: every day, week, half-month, month or quarter, on a day, in the office's zone. The 31st of a short month is its last day.
An occurrence may be done from the day after the one before until its own day; then it is late for `late_days`, and after that it is missed:
its box stays blank for ever. Rule packs (wording, source, standing) are JSON files under `packs/`, published as checklist versions; every
office may publish its own.
"""

from __future__ import annotations

import calendar
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, StringConstraints
from pydantic import Field as Input
from sqlalchemy import select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import clock
from core.foundation.errors import Refused
from core.foundation.ids import uuid7
from core.mechanisms import checklists, people, places
from core.mechanisms.operations import Actor, Operation, Role, operation, touch

PLANNERS = frozenset({Role.ADMIN, Role.SAFETY})
INSPECTORS = frozenset({Role.ADMIN, Role.SAFETY})
SEES_RUNS = frozenset({Role.ADMIN, Role.SAFETY, Role.CLERK, Role.LEADER})
PACKS = Path(__file__).parent / "packs"
Title = Annotated[str, StringConstraints(min_length=1, max_length=80)]


class Cadence(StrEnum):
    """How often. `day` counts weekdays from 0 = Monday for weekly, days of the month for the longer ones."""

    DAILY = "daily"
    WEEKLY = "weekly"
    HALF_MONTHLY = "half_monthly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"


LATE_DAYS = {Cadence.DAILY: 0, Cadence.WEEKLY: 2, Cadence.HALF_MONTHLY: 4, Cadence.MONTHLY: 10, Cadence.QUARTERLY: 20}


class Inspection(SQLModel, table=True):
    """A round that comes again. `hazard_owner_id` gets the duty of a failed point unless the point names its own."""

    __tablename__: ClassVar[str] = "inspection"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    title: str
    checklist_id: UUID = Field(foreign_key="checklist.id")
    cadence: str
    day: int = 0
    zone: str
    late_days: int
    starts_on: date
    inspector_id: UUID | None = Field(default=None, foreign_key="person.id")
    hazard_owner_id: UUID = Field(foreign_key="person.id")
    hazard_workdays: int = 5
    retired_at: datetime | None = None
    version: int = 1


class InspectionPoint(SQLModel, table=True):
    """A place of a round, in its advised order; its label is the place's."""

    __tablename__: ClassVar[str] = "inspection_point"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    inspection_id: UUID = Field(foreign_key="inspection.id", index=True)
    place_id: UUID = Field(foreign_key="place.id", index=True)
    position: int
    hazard_owner_id: UUID | None = Field(default=None, foreign_key="person.id")
    retired_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PointView:
    id: UUID
    place_id: UUID
    name: str
    place: str


# ── operations ──


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("inspection.zone") from None
    return value


class InstallPack(Operation):
    """Publish the wording of a rule pack that comes with Foyer."""

    pack: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,60}$")]


@operation(InstallPack, "inspection.install_pack", roles=PLANNERS)
def install_pack(s: Session, do: InstallPack, by: Actor, at: datetime) -> dict[str, Any]:
    """Refuses: inspection.pack_unknown"""
    content = packs().get(do.pack)
    if content is None:
        raise Refused("inspection.pack_unknown", pack=do.pack)
    return checklists.publish(s, checklists.PublishChecklist(key=do.pack, content=content), by, at)


class PlanInspection(Operation):
    id: UUID | None = None
    title: Title
    checklist: checklists.Key
    cadence: Cadence
    day: Annotated[int, Input(ge=0, le=31)] = 31
    place_ids: Annotated[tuple[UUID, ...], Input(min_length=1, max_length=500)]
    hazard_owner_id: UUID
    hazard_workdays: Annotated[int, Input(ge=0, le=60)] = 5
    inspector_id: UUID | None = None
    late_days: Annotated[int, Input(ge=0, le=60)] | None = None
    starts_on: date | None = None
    zone: Annotated[str, AfterValidator(_zone)] | None = None


@operation(PlanInspection, "inspection.plan", roles=PLANNERS)
def plan(s: Session, do: PlanInspection, by: Actor, at: datetime) -> dict[str, Any]:
    """A new round. A pack's key is enough: its wording is published on the way. Refuses: checklist.not_found, person.not_found,
    place.not_found"""
    if do.checklist in packs():
        install_pack(s, InstallPack(pack=do.checklist), by, at)
        s.flush()
    found = checklists.find(s, do.checklist)
    people.get(s, do.hazard_owner_id)
    if do.inspector_id is not None:
        people.get(s, do.inspector_id)
    day = min(do.day, 6) if do.cadence == Cadence.WEEKLY else max(do.day, 1)
    row = Inspection(
        id=do.id or uuid7(), title=do.title, checklist_id=found.id, cadence=do.cadence, day=day, zone=do.zone or str(clock.zone()),
        late_days=LATE_DAYS[do.cadence] if do.late_days is None else do.late_days, starts_on=do.starts_on or clock.today(at),
        inspector_id=do.inspector_id,
        hazard_owner_id=do.hazard_owner_id, hazard_workdays=do.hazard_workdays,
    )  # fmt: skip
    s.add(row)
    s.flush()
    points = [_add_point(s, row, places.get(s, place_id).id, i) for i, place_id in enumerate(dict.fromkeys(do.place_ids))]
    touch(s, "inspection", row.id)
    return {"inspection_id": row.id, "point_ids": [point.id for point in points]}


class ChangePoints(Operation):
    """The places of a round from now on, in order. A point that goes keeps its history; one that comes back is the same point."""

    inspection_id: UUID
    place_ids: Annotated[tuple[UUID, ...], Input(min_length=1, max_length=500)]


@operation(ChangePoints, "inspection.change_points", roles=PLANNERS)
def change_points(s: Session, do: ChangePoints, by: Actor, at: datetime) -> dict[str, Any]:
    """Refuses: inspection.not_found, place.not_found"""
    row = get(s, do.inspection_id)
    known = {p.place_id: p for p in s.execute(select(InspectionPoint).where(col(InspectionPoint.inspection_id) == row.id)).scalars()}
    wanted = list(dict.fromkeys(do.place_ids))
    for position, place_id in enumerate(wanted):
        if place_id in known:
            known[place_id].position, known[place_id].retired_at = position, None
        else:
            known[place_id] = _add_point(s, row, places.get(s, place_id).id, position)
    for place_id, point in known.items():
        if place_id not in wanted:
            point.retired_at = point.retired_at or at
    row.version += 1
    touch(s, "inspection", row.id)
    return {"point_ids": [known[place_id].id for place_id in wanted]}


class RetireInspection(Operation):
    inspection_id: UUID


@operation(RetireInspection, "inspection.retire", roles=PLANNERS)
def retire(s: Session, do: RetireInspection, by: Actor, at: datetime) -> None:
    """The round is no longer asked for; its history stays. Refuses: inspection.not_found"""
    row = get(s, do.inspection_id)
    row.retired_at = row.retired_at or at
    row.version += 1
    touch(s, "inspection", row.id)


# ── the rule ──


def due_dates(row: Inspection, start: date, end: date) -> list[date]:
    """The days of [start, end] on which the round is due, none before it began."""
    start = max(start, row.starts_on)
    found: list[date] = []
    day = start.replace(day=1)
    while day <= end:
        found += _of_month(row, day.year, day.month)
        day = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    return [one for one in found if start <= one <= end]


def occurrence_for(row: Inspection, today: date, closed: set[date]) -> date:
    """The due day of a run begun on `today`: the one before while it is open and may still be done late, else the one that comes."""
    before = due_dates(row, today - timedelta(days=200), today - timedelta(days=1))
    if before and before[-1] not in closed and today <= before[-1] + timedelta(days=row.late_days):
        return before[-1]
    return next_due(row, today)


def next_due(row: Inspection, today: date) -> date:
    """The first due day on or after `today`."""
    coming = due_dates(row, today, max(today, row.starts_on) + timedelta(days=200))
    return coming[0]


def local_day(row: Inspection, at: datetime) -> date:
    """The date at the round's own place."""
    return at.astimezone(ZoneInfo(row.zone)).date()


def _of_month(row: Inspection, year: int, month: int) -> list[date]:
    last = calendar.monthrange(year, month)[1]
    if row.cadence == Cadence.DAILY:
        return [date(year, month, n) for n in range(1, last + 1)]
    if row.cadence == Cadence.WEEKLY:
        return [day for n in range(1, last + 1) if (day := date(year, month, n)).weekday() == row.day]
    if row.cadence == Cadence.HALF_MONTHLY:
        return [date(year, month, 15), date(year, month, last)]
    if row.cadence == Cadence.QUARTERLY and month % 3:
        return []
    return [date(year, month, min(row.day, last))]


# ── reads ──


def get(s: Session, inspection_id: UUID) -> Inspection:
    """The round, or Refused inspection.not_found."""
    row = s.get(Inspection, inspection_id)
    if row is None:
        raise Refused("inspection.not_found")
    return row


def active(s: Session) -> list[Inspection]:
    """Every round in use, oldest first."""
    return list(s.execute(select(Inspection).where(col(Inspection.retired_at).is_(None)).order_by(col(Inspection.id))).scalars())


def points(s: Session, inspection_ids: Sequence[UUID], *, retired: bool = False) -> dict[UUID, list[PointView]]:
    """The points of rounds in their order, with their names and where they are."""
    query = select(InspectionPoint).where(col(InspectionPoint.inspection_id).in_(inspection_ids))
    if not retired:
        query = query.where(col(InspectionPoint.retired_at).is_(None))
    rows = list(s.execute(query.order_by(col(InspectionPoint.position), col(InspectionPoint.id))).scalars())
    where = {place.id: place for place in places.everything(s, retired=True)} if rows else {}
    found: dict[UUID, list[PointView]] = {inspection_id: [] for inspection_id in inspection_ids}
    for row in rows:
        place = where[row.place_id]
        found[row.inspection_id].append(PointView(row.id, row.place_id, place.name, above(place)))
    return found


def above(place: places.PlaceView) -> str:
    """The path of a place without its own name."""
    return " › ".join(place.path.split(" › ")[:-1])


def may_inspect(row: Inspection, by: Actor) -> bool:
    """Safety officers, administrators and the round's own inspector."""
    return by.has(*INSPECTORS, Role.SYSTEM) or (by.person_id is not None and by.person_id == row.inspector_id)


@cache
def packs() -> dict[str, checklists.Content]:
    """The rule packs that come with Foyer, by key."""
    return {path.stem: checklists.Content.model_validate(json.loads(path.read_text("utf-8"))) for path in sorted(PACKS.glob("*.json"))}


def _add_point(s: Session, row: Inspection, place_id: UUID, position: int) -> InspectionPoint:
    point = InspectionPoint(inspection_id=row.id, place_id=place_id, position=position)
    s.add(point)
    return point
