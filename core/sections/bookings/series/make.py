"""Make a series, prolong it, roll it on: all dates or none, in one operation (guide S1.3-R1; pitfalls V07, V09, V13).

Each date goes through `booking.create`'s own function, so every rule of a booking, and the database's refusal of an overlap, holds for
each of them; limits that count bookings see all of the series' earlier ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col

from core.foundation import clock, database
from core.foundation.errors import Refused
from core.foundation.ids import derived, uuid7
from core.foundation.jobs import job
from core.mechanisms import notices, people, places, workdays
from core.mechanisms.operations import OFFICE, PERSON_ROLES, SYSTEM, Actor, Operation, Role, operation, perform_now, touch
from core.sections import rooms
from core.sections.bookings import claims, making
from core.sections.bookings.claims import ITEM_OVERLAP, OVERLAP
from core.sections.bookings.making import Wish
from core.sections.bookings.series import plan as plans
from core.sections.bookings.series import record, rules
from core.sections.bookings.series.plan import DateChoice, SeriesPlan, Wanted
from core.sections.bookings.series.record import ACTIVE, Series, SeriesDate, SeriesView
from core.sections.bookings.series.rules import MOST_DATES


class CreateSeries(SeriesPlan):
    id: UUID | None = None


@operation(CreateSeries, "series.create", roles=PERSON_ROLES)
def create(s: Session, do: CreateSeries, by: Actor, at: datetime) -> SeriesView:
    """All dates with what was chosen for each, or nothing. Refuses: room.not_found, series.rule_wrong, series.no_dates, series.too_many,
    series.longer_than_period, series.choice_unknown, series.holidays_not_loaded, series.not_all (with each date and why), person.not_found"""
    room = rooms.get(s, do.room_id)
    zone = claims.zone_of(s, room.place_id)
    wanted, missing, open_ended = plans.expand(s, do, zone, at)
    _all_loaded(missing, open_ended)
    host = making.host_of(s, do.host_id, by)
    found = Series(
        id=do.id or uuid7(), room_id=room.place_id, title=do.title, host_id=host.id if host else None,
        department_id=host.department_id if host else None, booked_by_id=by.person_id, rule=do.rule.strip().upper().removeprefix("RRULE:"),
        workdays=do.workdays, skip_days_off=do.skip_days_off, zone=str(zone), starts_wall=do.starts.isoformat(timespec="seconds"), minutes=do.minutes,
        last_on=do.last_on, open_ended=open_ended, made_at=at, judged_at=at,
        purpose_id=do.purpose_id, attendees=do.attendees, needs=list(dict.fromkeys(do.needs)), seating=do.seating, remark=do.remark,
    )  # fmt: skip
    s.add(found)
    s.flush()
    touch(s, "series", found.id)
    if not save_dates(s, found, wanted, by, at, skip_taken=do.skip_taken):
        raise Refused("series.no_dates")
    return record.views(s, [found], by, at)[0]


class ProlongSeries(Operation):
    """More dates of the same rule, up to the end of `last_on`. Dates skipped or cancelled before stay so."""

    series_id: UUID
    last_on: date
    skip_taken: bool = False
    choices: tuple[DateChoice, ...] = ()


@operation(ProlongSeries, "series.prolong", roles=PERSON_ROLES)
def prolong(s: Session, do: ProlongSeries, by: Actor, at: datetime) -> SeriesView:
    """Refuses: series.not_found, series.over, series.no_dates, series.too_many, series.holidays_not_loaded, series.not_all; not allowed:
    somebody else's"""
    found = record.get(s, do.series_id)
    record.must_change(s, found, by)
    if found.state != ACTIVE:
        raise Refused("series.over")
    zone = ZoneInfo(found.zone)
    wanted, missing = _further(s, found, zone, do.last_on, at)
    _all_loaded(missing, False)
    found.last_on, found.open_ended, found.version = do.last_on, False, found.version + 1
    touch(s, "series", found.id)
    if not save_dates(s, found, plans.with_choices(wanted, do.choices), by, at, skip_taken=do.skip_taken):
        raise Refused("series.no_dates")
    return record.views(s, [found], by, at)[0]


class RollSeries(Operation):
    """Book what came into reach of a series without an end."""

    series_id: UUID


@operation(RollSeries, "series.roll", roles=set())
def roll(s: Session, do: RollSeries, by: Actor, at: datetime) -> dict[str, Any]:
    """What can not be had is skipped, and its owner is told. Refuses: series.not_found"""
    found = record.get(s, do.series_id)
    zone = ZoneInfo(found.zone)
    wanted, _missing = _further(s, found, zone, plans.horizon(at, zone), at, quiet=True)
    touch(s, "series", found.id)
    missed: list[Wanted] = []
    made = save_dates(s, found, wanted, by, at, skip_taken=True, missed=missed)
    if missed and found.host_id is not None:
        room = people_room(s, found)
        facts = {"title": found.title or room, "room": room, "n": len(missed), "day": missed[0].starts.date().isoformat()}
        notices.queue(s, key="series.missed_notice", facts=facts, at=at, to_person_id=found.host_id, subject=("series", found.id))
    return {"made": made, "missed": len(missed)}


@job(every_s=3600)
def roll_on(at: datetime) -> int:
    """Once a day each series without an end; answers how many bookings were made."""
    today = clock.today(at)
    with database.reading() as s:
        ids = list(s.execute(select(col(Series.id)).where(col(Series.state) == ACTIVE, col(Series.open_ended).is_(True))).scalars())
    made = 0
    for series_id in ids:
        outcome = perform_now(RollSeries(series_id=series_id), by=SYSTEM, at=at, op_id=derived("series.roll", series_id, today))
        made += int(outcome.result["made"]) if outcome.ok and not outcome.repeated else 0
    return made


# ── for the other abilities of a series ──


def save_dates(
    s: Session, found: Series, wanted: Sequence[Wanted], by: Actor, at: datetime, *, skip_taken: bool, missed: list[Wanted] | None = None
) -> int:
    """Book each date; answers how many. Raises Refused series.not_all with every date that can not be had, unless `skip_taken`."""
    zone = ZoneInfo(found.zone)
    refusals: list[tuple[Wanted, Refused]] = []
    made = 0
    for one in wanted:
        row = SeriesDate(
            series_id=found.id, original=one.original.isoformat(timespec="seconds"), room_id=one.room_id,
            starts_wall=one.starts.isoformat(timespec="seconds"), ends_wall=one.ends.isoformat(timespec="seconds"), own_room=one.own_room, own_time=one.own_time,
        )  # fmt: skip
        if not one.skip:
            try:
                starts_at, ends_at = clock.from_wall(one.starts, zone), clock.from_wall(one.ends, zone)
                if starts_at < at and not one.own_time:
                    continue  # a rule may have begun before it was written down
                row.booking_id = _book(s, found, one, starts_at, ends_at, by, at)
                made += 1
            except Refused as refusal:
                refusals.append((one, refusal))
                row.reason = refusal.code
        s.add(row)
    if refusals and not skip_taken:
        raise not_all(refusals)
    if missed is not None:
        missed.extend(one for one, _ in refusals)
    s.flush()
    return made


def not_all(refusals: Sequence[tuple[Wanted, Refused]]) -> Refused:
    """What to answer when some dates can not be had: which, and why each."""
    dates = [
        {"original": one.original.isoformat(timespec="seconds"), "code": refusal.code, "facts": refusal.facts} for one, refusal in refusals
    ]
    return Refused("series.not_all", n=len(dates), day=refusals[0][0].starts.date().isoformat(), dates=dates)


def trying(s: Session, act: Callable[[], Any], clash: Callable[[], Refused]) -> Any:
    """Do one date in a savepoint of its own, so that a refusal, also the database's, leaves the others alone."""
    touched = len(s.info.setdefault("touched", []))
    try:
        with s.begin_nested():
            result = act()
            s.flush()
        return result
    except Refused:
        del s.info["touched"][touched:]
        raise
    except DBAPIError as error:
        del s.info["touched"][touched:]
        name = database.violated(error)
        if ITEM_OVERLAP in name:
            raise Refused("booking.equipment_gone") from None
        if OVERLAP not in name:
            raise
        raise clash() from None


def people_room(s: Session, found: Series) -> str:
    """The name of the series' room."""
    return places.get(s, found.room_id).name


def _book(s: Session, found: Series, one: Wanted, starts_at: datetime, ends_at: datetime, by: Actor, at: datetime) -> UUID:
    # Whoever may make the series may book for its host; a host who left the office no longer has new dates.
    if found.host_id is not None:
        people.get(s, found.host_id)
    wish = Wish(
        one.room_id,
        starts_at,
        ends_at,
        found.title,
        found.host_id,
        found.purpose_id,
        found.attendees,
        tuple(found.needs),
        found.seating,
        found.remark,
    )
    made = trying(s, lambda: making.make(s, wish, _for_host(by, found), at), lambda: making.wish_clash(s, wish, at))
    return UUID(str(made.id))


def _for_host(by: Actor, found: Series) -> Actor:
    """Who books a date of this series: a colleague who prolongs it (that they may was checked before) books for its host as the desk does."""
    if by.person_id == found.host_id or by.has(*OFFICE, Role.SYSTEM):
        return by
    return replace(by, roles=by.roles | {Role.RECEPTION})


def _further(
    s: Session, found: Series, zone: ZoneInfo, last_on: date, at: datetime, *, quiet: bool = False
) -> tuple[list[Wanted], list[int]]:
    """The rule's dates after the last one the series has."""
    query = select(func.max(col(SeriesDate.original))).where(col(SeriesDate.series_id) == found.id)
    last = s.execute(query).scalar_one()
    plan = SeriesPlan(
        room_id=found.room_id, starts=datetime.fromisoformat(found.starts_wall), minutes=found.minutes, rule=rules.without_end(found.rule) if found.rule else "", workdays=found.workdays, last_on=last_on
    )  # fmt: skip
    newest = datetime.fromisoformat(last) if last else plan.starts - timedelta(seconds=1)
    starts, missing = _after(s, plan, zone, newest, last_on)
    if len(starts) > MOST_DATES and not quiet:
        raise Refused("series.too_many", most=MOST_DATES)
    length = timedelta(minutes=found.minutes)
    dates = [Wanted(start, found.room_id, begins, begins + length) for start in starts for begins in (record.at_its_time(found, start),)]
    if found.skip_days_off and dates:
        off = {day.day for day in workdays.days(s, starts[0].date(), starts[-1].date() + timedelta(days=1)) if not day.works}
        dates = [replace(one, skip=one.original.date() in off) for one in dates]
    return dates, missing


def _after(s: Session, plan: SeriesPlan, zone: ZoneInfo, newest: datetime, last_on: date) -> tuple[list[datetime], list[int]]:
    if plan.workdays:
        starts, missing = rules.workday_walls(s, plan.starts, last_on)
    else:
        starts, missing = (
            list(islice((wall for wall in rules.walls(plan.rule, plan.starts, zone, last_on) if wall > newest), MOST_DATES + 1)),
            [],
        )
    return [start for start in starts if start > newest][: MOST_DATES + 1], missing


def _all_loaded(missing: Sequence[int], open_ended: bool) -> None:
    if missing and not open_ended:
        raise Refused("series.holidays_not_loaded", year=missing[0])
