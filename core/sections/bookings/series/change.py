"""Edit what is to come of a series: rename, move, another room, from a date on or altogether; skip dates; end it (pitfalls V08–V11).

Only dates that have not begun change. What was changed about one date stays as it is; what was skipped or cancelled stays away. All dates
or none."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import Field as Input
from pydantic import NaiveDatetime
from sqlmodel import Session

from core.foundation import clock
from core.foundation.errors import Refused
from core.mechanisms import duties, notices, places
from core.mechanisms.operations import PERSON_ROLES, Actor, Operation, operation, touch
from core.mechanisms.people import Person
from core.sections import rooms
from core.sections.bookings import answers, book, claims, telling
from core.sections.bookings.claims import Booking
from core.sections.bookings.series import plan as plans
from core.sections.bookings.series import record, rules
from core.sections.bookings.series.make import not_all, trying
from core.sections.bookings.series.plan import MOST_MINUTES, DateChoice, DateRow, Wanted
from core.sections.bookings.series.record import ACTIVE, CANCELLED, Series, SeriesDate, SeriesView, has_own_room, has_own_time, is_to_come


class ChangeSeries(Operation):
    """Only what is given changes. `since` (a date's `original`): this date and those after it; without it all to come. `starts` is a time
    on the wall, `minutes` the length. `choices` say otherwise for single dates."""

    series_id: UUID
    since: NaiveDatetime | None = None
    title: book.Title | None = None
    room_id: UUID | None = None
    starts: time | None = None
    minutes: Annotated[int, Input(ge=5, le=MOST_MINUTES)] | None = None
    skip_taken: bool = False
    choices: Annotated[tuple[DateChoice, ...], Input(max_length=plans.MOST_DATES)] = ()


@operation(ChangeSeries, "series.change", roles=PERSON_ROLES)
def change(s: Session, do: ChangeSeries, by: Actor, at: datetime) -> SeriesView:
    """Refuses: series.not_found, series.over, series.longer_than_period, series.choice_unknown, series.not_all (with each date and why);
    not allowed: somebody else's"""
    found = _changeable(s, do.series_id, by)
    dates = _to_come(s, found, do.since, at)
    wanted = _wanted(found, dates, do)
    _no_overlap(wanted)
    touch(s, "series", found.id)
    if do.title is not None:
        for _, booking in dates:
            _rename(s, booking, do.title, by, at)
    _move_all(s, found, dates, wanted, by, at, skip_taken=do.skip_taken)
    _keep(found, do)
    found.version += 1
    s.flush()
    _tell(s, found, "series.changed_notice", by, at)
    return record.views(s, [found], by, at)[0]


def preview_change(s: Session, do: ChangeSeries, by: Actor, at: datetime) -> list[DateRow]:
    """What the change would do, date by date; nothing is written."""
    found = _changeable(s, do.series_id, by)
    wanted = _wanted(found, _to_come(s, found, do.since, at), do)
    _no_overlap(wanted)
    about = plans.About(
        s.get(Person, found.host_id) if found.host_id else None,
        rooms.get_purpose(s, found.purpose_id),
        found.attendees,
        tuple(found.needs),
        found.title,
    )
    return plans.judge(s, wanted, ZoneInfo(found.zone), by, at, about)


class SkipDates(Operation):
    """These dates do not take place, and never come back. An empty list means nothing (pitfall V11)."""

    series_id: UUID
    originals: Annotated[tuple[NaiveDatetime, ...], Input(max_length=plans.MOST_DATES)]


@operation(SkipDates, "series.skip", roles=PERSON_ROLES)
def skip(s: Session, do: SkipDates, by: Actor, at: datetime) -> SeriesView:
    """Skipping a date twice is nothing new. Refuses: series.not_found, series.choice_unknown, series.date_over; not allowed: somebody
    else's"""
    found = record.get(s, do.series_id)
    record.must_change(s, found, by)
    dates = {row.original: (row, booking) for row, booking in record.dates_of(s, found.id)}
    touch(s, "series", found.id)
    for original in do.originals:
        row, booking = dates.get(original.isoformat(timespec="seconds"), (None, None))
        if row is None:
            raise Refused("series.choice_unknown", day=original.date().isoformat())
        if booking is None or booking.state not in claims.LIVE:
            continue
        if not is_to_come(booking, at):
            raise Refused("series.date_over", day=booking.starts_wall[:10])
        _cancel(s, booking, by, at)
    if do.originals:
        found.version += 1
        _tell(s, found, "series.changed_notice", by, at)
    s.flush()
    return record.views(s, [found], by, at)[0]


class CancelSeries(Operation):
    """From `since` on, or all to come. The past stays."""

    series_id: UUID
    since: NaiveDatetime | None = None


@operation(CancelSeries, "series.cancel", roles=PERSON_ROLES)
def cancel(s: Session, do: CancelSeries, by: Actor, at: datetime) -> SeriesView:
    """Every room is free again (pitfall V42); cancelling twice is nothing new. Refuses: series.not_found; not allowed: somebody else's"""
    found = record.get(s, do.series_id)
    record.must_change(s, found, by)
    touch(s, "series", found.id)
    if found.state != CANCELLED:
        _tell(s, found, "series.cancelled_notice", by, at)
    cancel_to_come(s, found, do.since, by, at)
    return record.views(s, [found], by, at)[0]


class AnswerStrikes(Operation):
    """The owner says whether a series nobody came to several times shall stay."""

    series_id: UUID
    keep: bool


@operation(AnswerStrikes, "series.answer", roles=PERSON_ROLES)
def answer(s: Session, do: AnswerStrikes, by: Actor, at: datetime) -> SeriesView:
    """Kept: counting begins anew. Not kept: all to come is cancelled. Refuses: series.not_found; not allowed: somebody else's"""
    found = record.get(s, do.series_id)
    record.must_change(s, found, by)
    touch(s, "series", found.id)
    found.asked_at, found.judged_at, found.version = None, at, found.version + 1
    duty = duties.find_open(s, strikes_key(found))
    if duty is not None:
        duties.settle(s, duty, by, at)
    if not do.keep:
        cancel_to_come(s, found, None, by, at)
    s.flush()
    return record.views(s, [found], by, at)[0]


# ── shared ──


def strikes_key(found: Series) -> str:
    return f"series.strikes:{found.id}"


def cancel_to_come(s: Session, found: Series, since: datetime | None, by: Actor, at: datetime) -> None:
    """Cancel what has not begun, and let the series end there."""
    dates = record.dates_of(s, found.id)
    for row, booking in dates:
        if is_to_come(booking, at) and (since is None or row.original >= since.isoformat(timespec="seconds")):
            assert booking is not None
            _cancel(s, booking, by, at)
    if since is None:
        found.state = CANCELLED
        duty = duties.find_open(s, strikes_key(found))
        if duty is not None:
            duties.settle(s, duty, by, at)
    else:
        found.last_on = since.date() - timedelta(days=1)
    found.open_ended = False
    found.version += 1
    s.flush()


def _tell(s: Session, found: Series, key: str, by: Actor, at: datetime) -> None:
    """The host hears once for the whole series when somebody else has their hand on it."""
    if telling.concerns_another(found.host_id, found.booked_by_id, by):
        facts = {"who": by.name, "title": found.title or places.get(s, found.room_id).name}
        notices.queue(s, key=key, facts=facts, at=at, to_person_id=found.host_id, subject=("series", found.id))


def _changeable(s: Session, series_id: UUID, by: Actor) -> Series:
    found = record.get(s, series_id)
    record.must_change(s, found, by)
    if found.state != ACTIVE:
        raise Refused("series.over")
    return found


def _to_come(s: Session, found: Series, since: datetime | None, at: datetime) -> list[tuple[SeriesDate, Booking]]:
    first = since.isoformat(timespec="seconds") if since else ""
    return [
        (row, booking)
        for row, booking in record.dates_of(s, found.id)
        if booking is not None and is_to_come(booking, at) and row.original >= first
    ]


def _wanted(found: Series, dates: list[tuple[SeriesDate, Booking]], do: ChangeSeries) -> list[Wanted]:
    """How each date shall be: exceptions keep what is their own."""
    wanted = []
    for row, booking in dates:
        own_room, own_time = has_own_room(row, booking), has_own_time(row, booking)
        starts, ends = datetime.fromisoformat(booking.starts_wall), datetime.fromisoformat(booking.ends_wall)
        if not own_time:
            if do.starts is not None:
                length = ends - starts
                starts = datetime.combine(starts.date(), do.starts.replace(tzinfo=None))
                ends = starts + length
            if do.minutes is not None:
                ends = starts + timedelta(minutes=do.minutes)
        room_id = do.room_id if do.room_id is not None and not own_room else booking.room_id
        wanted.append(Wanted(datetime.fromisoformat(row.original), room_id, starts, ends, own_room, own_time, False, booking.id))
    return plans.with_choices(wanted, do.choices)


def _no_overlap(wanted: list[Wanted]) -> None:
    plain = [one for one in wanted if not one.own_time and not one.skip]
    if plain and rules.overlaps_itself([one.starts for one in plain], min(one.ends - one.starts for one in plain)):
        raise Refused("series.longer_than_period")


def _move_all(
    s: Session, found: Series, dates: list[tuple[SeriesDate, Booking]], wanted: list[Wanted], by: Actor, at: datetime, *, skip_taken: bool
) -> None:
    """Let go of every date that moves, then take the new times one by one: dates of one series are never in each other's way."""
    zone = ZoneInfo(found.zone)
    moving = [(row, booking, one) for (row, booking), one in zip(dates, wanted, strict=True) if one.skip or _moves(booking, one)]
    for _, booking, _ in moving:
        claims.unclaim(s, booking)
    refusals: list[tuple[Wanted, Refused]] = []
    for row, booking, one in moving:
        if one.skip:
            _cancel(s, booking, by, at)
            continue
        try:
            _move(s, booking, one, zone, by, at)
        except Refused as refusal:
            refusals.append((one, refusal))
            if skip_taken:
                row.reason = refusal.code
                _cancel(s, booking, by, at)
            continue
        row.room_id, row.own_room, row.own_time = one.room_id, one.own_room, one.own_time
        row.starts_wall, row.ends_wall = booking.starts_wall, booking.ends_wall
    if refusals and not skip_taken:
        raise not_all(refusals)


def _moves(booking: Booking, one: Wanted) -> bool:
    new = (one.room_id, one.starts.isoformat(timespec="seconds"), one.ends.isoformat(timespec="seconds"))
    return (booking.room_id, booking.starts_wall, booking.ends_wall) != new


def _move(s: Session, booking: Booking, one: Wanted, zone: ZoneInfo, by: Actor, at: datetime) -> None:
    starts_at, ends_at = clock.from_wall(one.starts, zone), clock.from_wall(one.ends, zone)
    do = book.MoveBooking(booking_id=booking.id, room_id=one.room_id, starts_at=starts_at, ends_at=ends_at)
    trying(
        s,
        lambda: book.move(s, do, by, at),
        lambda: answers.clash_between(s, one.room_id, starts_at, ends_at, at, without=booking.id),
    )


def _cancel(s: Session, booking: Booking, by: Actor, at: datetime) -> None:
    book.cancel(s, book.CancelBooking(booking_id=booking.id), by, at)


def _rename(s: Session, booking: Booking, title: str, by: Actor, at: datetime) -> None:
    if booking.title != title:
        book.edit(s, book.EditBooking(booking_id=booking.id, title=title), by, at)


def _keep(found: Series, do: ChangeSeries) -> None:
    """What holds for dates that are still to be made."""
    if do.title is not None:
        found.title = do.title
    if do.room_id is not None:
        found.room_id = do.room_id
    if do.starts is not None:
        found.wall_time = do.starts.replace(tzinfo=None).isoformat(timespec="seconds")
    if do.minutes is not None:
        found.minutes = do.minutes


def outcome_dates(facts: dict[str, Any]) -> dict[str, tuple[str, dict[str, Any]]]:
    """The dates a refusal `series.not_all` names, by original: for screens."""
    return {one["original"]: (one["code"], one["facts"]) for one in facts.get("dates", [])}
