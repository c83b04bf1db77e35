"""A series before it is saved: one row for each date, what stands in its way, and what was chosen for it (scenario Front desk 6).

Every date is looked at, not only the first ones (pitfall V07); a look only: what is saved goes date by date through the same operation
as any booking, and the database has the last word."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, NaiveDatetime, StringConstraints, model_validator
from pydantic import Field as Input
from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation import clock
from core.foundation.errors import Refused
from core.mechanisms import workdays
from core.mechanisms.operations import Actor, Operation
from core.mechanisms.people import Person
from core.mechanisms.places import Place
from core.sections import rooms
from core.sections.bookings import book, claims, making, plans
from core.sections.bookings import rules as booking_rules
from core.sections.bookings.claims import Booking, Claim
from core.sections.bookings.free import free_rooms
from core.sections.bookings.series import rules
from core.sections.bookings.series.rules import MOST_DATES

MOST_MINUTES = 7 * 24 * 60
FREE, SKIPPED, PAST = "free", "skipped", "past"


class DateChoice(BaseModel):
    """What one date shall do: be skipped, or take place in another room, at another time, or both. Times are on the room's wall."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    original: NaiveDatetime
    skip: bool = False
    room_id: UUID | None = None
    starts: NaiveDatetime | None = None
    ends: NaiveDatetime | None = None

    @model_validator(mode="after")
    def _both(self) -> DateChoice:
        if (self.starts is None) != (self.ends is None):
            raise ValueError("starts and ends belong together")
        return self


class SeriesPlan(Operation):
    """A series as it is wished for. `starts` is the first start on the room's wall, `minutes` the length on that wall. Either `rule` (RFC
    5545) or `workdays`: every working day of the office's calendar. `last_on` ends it; a rule without any end is rolled on as time passes.
    `skip_taken` skips what can not be had instead of refusing the whole; `skip_days_off` leaves out public holidays and weekends."""

    room_id: UUID
    title: book.Title = ""
    host_id: UUID | None = None
    purpose_id: UUID | None = None
    attendees: Annotated[int, Input(ge=0, le=5000)] = 0
    needs: Annotated[tuple[rooms.Need, ...], Input(max_length=20)] = ()
    seating: rooms.Seating = ""
    remark: book.Remark = ""
    starts: NaiveDatetime
    minutes: Annotated[int, Input(ge=5, le=MOST_MINUTES)]
    rule: Annotated[str, StringConstraints(max_length=rules.LONGEST_RULE)] = ""
    workdays: bool = False
    last_on: date | None = None
    skip_days_off: bool = False
    skip_taken: bool = False
    choices: Annotated[tuple[DateChoice, ...], Input(max_length=MOST_DATES)] = ()

    @model_validator(mode="after")
    def _one_rule(self) -> SeriesPlan:
        if bool(self.rule) == self.workdays:
            raise ValueError("either a rule or workdays")
        return self


@dataclass(frozen=True, slots=True)
class Wanted:
    """One date as it shall be. `booking` is the one to move, None for a new one."""

    original: datetime
    room_id: UUID
    starts: datetime
    ends: datetime
    own_room: bool = False
    own_time: bool = False
    skip: bool = False
    booking_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class DateRow:
    """One line of the preview. `state`: free, skipped, past, or the code of what stands in its way with `facts`; `free_until` of a free
    one, `alternatives` (rooms) of a taken one. `works`, `day_name`, `provisional` are the office's calendar."""

    original: datetime
    day: date
    starts: datetime
    ends: datetime
    starts_at: datetime | None
    ends_at: datetime | None
    room_id: UUID
    room: str
    works: bool
    day_name: str
    provisional: bool
    state: str
    facts: dict[str, Any]
    free_until: datetime | None
    alternatives: tuple[plans.FreeRoom, ...]
    own_room: bool
    own_time: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """Every date, how many would be booked and how many can not be, the years whose holiday list is not loaded, and whether the series
    goes on after the last row."""

    rows: tuple[DateRow, ...]
    bookable: int
    in_the_way: int
    skipped: int
    missing_years: tuple[int, ...]
    open_ended: bool
    zone: str


# ── reads ──


def preview(s: Session, plan: SeriesPlan, by: Actor, at: datetime) -> Preview:
    """What saving this plan would do, date by date; nothing is written. Refuses: room.not_found, series.rule_wrong, series.no_dates,
    series.too_many, series.longer_than_period, series.choice_unknown"""
    zone = claims.zone_of(s, rooms.get(s, plan.room_id).place_id)
    wanted, missing, open_ended = expand(s, plan, zone, at)
    rows = judge(s, wanted, zone, by, at, about_of(s, plan, by))
    states = [row.state for row in rows]
    bookable, skipped = states.count(FREE), states.count(SKIPPED) + states.count(PAST)
    return Preview(tuple(rows), bookable, len(rows) - bookable - skipped, skipped, tuple(missing), open_ended, str(zone))


@dataclass(frozen=True, slots=True)
class About:
    """What the bookings are for: what decides whether a room may be had, besides its time."""

    host: Person | None = None
    purpose: rooms.Purpose | None = None
    attendees: int = 0
    needs: tuple[str, ...] = ()
    title: str = ""


def about_of(s: Session, plan: SeriesPlan, by: Actor) -> About:
    """Refuses: person.not_found, purpose.not_found"""
    return About(making.host_of(s, plan.host_id, by), rooms.get_purpose(s, plan.purpose_id), plan.attendees, plan.needs, plan.title)


# ── from a plan to dates ──


def horizon(at: datetime, zone: ZoneInfo) -> date:
    """The last day somebody may book."""
    return (at + timedelta(days=rooms.FARTHEST_DAYS)).astimezone(zone).date()


def expand(s: Session, plan: SeriesPlan, zone: ZoneInfo, at: datetime) -> tuple[list[Wanted], list[int], bool]:
    """The dates the plan means with its choices laid over them, the years nobody loaded, and whether it goes on. Dates further away than
    anybody may book are refused when the plan names an end there, and rolled on later when it names none."""
    open_ended = plan.last_on is None and (plan.workdays or not rules.ends_by_itself(plan.rule))
    last_on = plan.last_on or (horizon(at, zone) if open_ended else date(plan.starts.year + 10, 12, 31))
    starts, missing = starts_of(s, plan, zone, last_on)
    if not starts and not missing:
        raise Refused("series.no_dates")
    if len(starts) > MOST_DATES:
        raise Refused("series.too_many", most=MOST_DATES)
    length = timedelta(minutes=plan.minutes)
    if rules.overlaps_itself(starts, length):
        raise Refused("series.longer_than_period")
    dates = [Wanted(start, plan.room_id, start, start + length) for start in starts]
    if plan.skip_days_off and starts:
        off = {day.day for day in workdays.days(s, starts[0].date(), starts[-1].date() + timedelta(days=1)) if not day.works}
        dates = [replace(one, skip=one.original.date() in off) for one in dates]
    return with_choices(dates, plan.choices), missing, open_ended


def starts_of(s: Session, plan: SeriesPlan, zone: ZoneInfo, last_on: date) -> tuple[list[datetime], list[int]]:
    """The starts on the wall, at most one more than a series may have, and the years nobody loaded."""
    if not plan.workdays:
        return list(islice(rules.walls(plan.rule, plan.starts, zone, last_on), MOST_DATES + 1)), []
    starts, missing = rules.workday_walls(s, plan.starts, last_on)
    return starts[: MOST_DATES + 1], missing


def with_choices(dates: Sequence[Wanted], choices: Iterable[DateChoice]) -> list[Wanted]:
    """The dates with what was chosen for each. Raises Refused series.choice_unknown for a date that is not there."""
    by_original = {choice.original: choice for choice in choices}
    unknown = by_original.keys() - {one.original for one in dates}
    if unknown:
        raise Refused("series.choice_unknown", day=min(unknown).date().isoformat())
    return [_with_choice(one, by_original.get(one.original)) for one in dates]


def _with_choice(one: Wanted, choice: DateChoice | None) -> Wanted:
    if choice is None:
        return one
    if choice.skip:
        return replace(one, skip=True)
    changed = replace(one, skip=False)
    if choice.room_id is not None:
        changed = replace(changed, room_id=choice.room_id, own_room=True)
    if choice.starts is not None and choice.ends is not None:
        changed = replace(changed, starts=choice.starts, ends=choice.ends, own_time=True)
    return changed


# ── what stands in the way ──


def judge(s: Session, wanted: Sequence[Wanted], zone: ZoneInfo, by: Actor, at: datetime, about: About | None = None) -> list[DateRow]:
    """Each date with what stands in its way. Bookings the dates themselves move are not in the way of one another."""
    if not wanted:
        return []
    moving = {one.booking_id for one in wanted if one.booking_id is not None}
    named = s.execute(select(Place.id, Place.name).where(col(Place.id).in_({one.room_id for one in wanted})))
    names: dict[UUID, str] = {row.id: row.name for row in named}
    first, last = min(one.starts for one in wanted).date(), max(one.starts for one in wanted).date()
    days = {day.day: day for day in workdays.days(s, first, last + timedelta(days=1))}
    rows: list[DateRow] = []
    spans: dict[UUID, list[tuple[datetime, datetime]]] = {}
    for one in wanted:
        day = days[one.starts.date()]
        row = DateRow(
            one.original, day.day, one.starts, one.ends, None, None, one.room_id, names.get(one.room_id, ""), day.works, day.name, day.provisional,
            SKIPPED, {}, None, (), one.own_room, one.own_time,
        )  # fmt: skip
        rows.append(row if one.skip else _judged(s, one, row, zone, moving, spans, by, at, about))
    return rows


def _judged(
    s: Session, one: Wanted, row: DateRow, zone: ZoneInfo, moving: set[UUID], spans: dict[UUID, list[tuple[datetime, datetime]]], by: Actor, at: datetime,
    about: About | None,
) -> DateRow:  # fmt: skip
    purpose = about.purpose if about else None
    try:
        starts_at, ends_at = clock.from_wall(one.starts, zone), clock.from_wall(one.ends, zone)
        if starts_at < at and one.booking_id is None and not one.own_time:
            return replace(row, state=PAST, starts_at=starts_at, ends_at=ends_at)
        row = replace(row, starts_at=starts_at, ends_at=ends_at)
        room = rooms.get(s, one.room_id)
        rule = rooms.rule_of(room, purpose)
        if about is not None:
            booking_rules.check_who(s, room, purpose, about.host, by)
            booking_rules.check_form(room, purpose, _sketch(room, about))
        booking_rules.check_span(s, room, rule, starts_at, ends_at, at, claims.zone_of(s, room.place_id))
        booking_rules.check_lead(rule, starts_at, at, by)
    except Refused as refusal:
        return replace(row, state=refusal.code, facts=refusal.facts)
    taken = spans.setdefault(one.room_id, [])
    if any(start < ends_at and starts_at < end for start, end in taken):
        return replace(row, state="series.overlaps_itself")
    taken.append((starts_at, ends_at))
    if (clash := _clash(s, room, rule, starts_at, ends_at, moving)) is not None:
        facts = {"room": row.room, "from": claims.from_ms(clash.from_ms), "until": claims.from_ms(clash.until_ms)}
        others = tuple(free_rooms(s, starts_at, ends_at, near=one.room_id, limit=3, seats=about.attendees if about else 0))
        return replace(row, state="booking.clash", facts=facts, alternatives=others)
    following = claims.next_claim_start(s, one.room_id, ends_at)
    closes = None if booking_rules.is_always_open(room) else booking_rules.opening(room, starts_at, zone)[1]
    return replace(row, state=FREE, free_until=min((moment for moment in (following, closes) if moment), default=None))


def _clash(s: Session, room: rooms.Room, rule: rooms.Rule, starts_at: datetime, ends_at: datetime, moving: set[UUID]) -> Claim | None:
    start, until = starts_at - timedelta(minutes=rule.set_up_minutes), ends_at + timedelta(minutes=rule.clean_up_minutes)
    return next((found for found in claims.clashing(s, room.place_id, start, until) if found.booking_id not in moving), None)


def _sketch(room: rooms.Room, about: About) -> Booking:
    """As much of a booking as its form is checked by."""
    return Booking(
        room_id=room.place_id,
        via="",
        zone="",
        starts_wall="",
        ends_wall="",
        title=about.title,
        attendees=about.attendees,
        needs=list(about.needs),
    )  # type: ignore[call-arg]  # written nowhere
