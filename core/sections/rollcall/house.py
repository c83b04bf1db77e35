"""Everybody in the house at a moment: staff who badged in or checked in to a room, visitors, contractors, groups by head-count (scenario Front
desk 9). On a break and assumed left are kept apart: a marshal must not look for somebody who is at lunch, nor forget them.

It is asked of what was written, for any moment: a roll call that a phone began while the server was dead gets the list of that moment.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import or_, select
from sqlmodel import Session, col

from core.foundation import clock
from core.mechanisms import labels, people, pinyin, places
from core.mechanisms.labels import SubjectKind
from core.sections.bookings.claims import Booking, BookingState
from core.sections.bookings.presence import DoorPresence
from core.sections.rollcall import badging
from core.sections.rollcall.badging import BadgeWay
from core.sections.visits.record import Visit

LONGEST_STAY = timedelta(hours=24)
AT_THE_DOOR = timedelta(hours=2)  # somebody who scanned a door's code was in the house; how long that says anything
KINDS = ("visit", "presence", "rollcall", "booking", "rollcall_paper", "door_presence")  # changes after which the list may be another


class Kind(StrEnum):
    STAFF = "staff"
    VISITOR = "visitor"
    CONTRACTOR = "contractor"
    GROUP = "group"
    OTHER = "other"


class Status(StrEnum):
    INSIDE = "inside"
    BREAK = "break"
    ASSUMED_LEFT = "assumed_left"


@dataclass(frozen=True, slots=True)
class Someone:
    """One to look for. `detail` is the department or the firm, `where` the room if one is known, `headcount` more than one for a group."""

    subject_id: UUID
    kind: Kind
    name: str
    detail: str
    host: str
    where: str
    since: datetime
    status: Status = Status.INSIDE
    headcount: int = 1
    number: str = ""
    label: str = ""


def everybody(s: Session, at: datetime) -> list[Someone]:
    """Everybody who has to be found at `at`, and those kept apart; by kind, where they are, then name as it sounds. Each person once."""
    return sorted(
        [*_staff(s, at), *_visitors(s, at)],
        key=lambda one: (ORDER[one.status], one.kind, one.where, pinyin.order(one.name), str(one.subject_id)),
    )


ORDER = {Status.INSIDE: 0, Status.BREAK: 1, Status.ASSUMED_LEFT: 2}


def _staff(s: Session, at: datetime) -> list[Someone]:
    midnight = clock.day_span(clock.today(at))[0]
    badges = badging.standings(s, at)
    rooms = _in_rooms(s, at)
    wanted = set(rooms)
    found: dict[UUID, tuple[Status, datetime]] = {}
    for person_id, one in badges.items():
        room = rooms.get(person_id)
        if room is not None and room[0] > one.at:  # the later word counts: who checked in to a room after badging out is here
            continue
        wanted.discard(person_id)
        if one.way is BadgeWay.OUT:
            continue
        status = Status.BREAK if one.way is BadgeWay.BREAK else Status.INSIDE
        found[person_id] = (Status.ASSUMED_LEFT if one.at < midnight else status, one.at)
    for person_id in wanted:
        since = rooms[person_id][0]  # a meeting of yesterday that nobody ended says as little as a badge of yesterday
        found[person_id] = (Status.ASSUMED_LEFT if since < midnight else Status.INSIDE, since)
    if not found:
        return []
    persons = s.execute(select(people.Person).where(col(people.Person.id).in_(list(found)))).scalars()
    departments, everywhere = people.department_names(s), {place.id: place.name for place in places.everything(s)}
    codes = labels.codes_of(s, SubjectKind.PERSON, list(found))
    return [
        Someone(
            subject_id=p.id,
            kind=Kind.STAFF,
            name=p.name,
            detail=departments.get(p.department_id, "") if p.department_id else "",
            host="",
            where=everywhere.get(rooms[p.id][1], "") if p.id in rooms and found[p.id][0] is Status.INSIDE else "",
            since=found[p.id][1],
            status=found[p.id][0],
            number=p.extension,
            label=codes.get(p.id, ""),
        )
        for p in persons
    ]


def _in_rooms(s: Session, at: datetime) -> dict[UUID, tuple[datetime, UUID]]:
    """Who checked in to a booking that runs, or scanned a door's code lately: since when, and in which room."""
    found: dict[UUID, tuple[datetime, UUID]] = {}
    doors = select(DoorPresence.person_id, DoorPresence.at, DoorPresence.room_id).where(
        col(DoorPresence.at) <= at, col(DoorPresence.at) > at - AT_THE_DOOR
    )
    running = select(Booking.host_id, Booking.checked_in_at, Booking.room_id).where(
        col(Booking.state).in_((BookingState.IN_USE, BookingState.ENDED)),
        col(Booking.starts_at) > at - LONGEST_STAY,
        col(Booking.starts_at) <= at + LONGEST_STAY,
        col(Booking.checked_in_at) <= at,
        or_(col(Booking.ended_at).is_(None), col(Booking.ended_at) > at),
        or_(col(Booking.state) == BookingState.IN_USE, col(Booking.ends_at) > at),
        col(Booking.host_id).is_not(None),
    )
    for query in (doors, running):
        for person_id, moment, room_id in s.execute(query):
            if person_id not in found or moment >= found[person_id][0]:
                found[person_id] = (moment, room_id)
    return found


def _visitors(s: Session, at: datetime) -> list[Someone]:
    midnight = clock.day_span(clock.today(at))[0]
    here = (col(Visit.arrived_at) <= at) & or_(col(Visit.ended_at).is_(None), col(Visit.ended_at) > at)
    assumed = col(Visit.assumed_left_at).is_not(None) & (col(Visit.assumed_left_at) >= midnight) & (col(Visit.assumed_left_at) <= at)
    rows = list(s.execute(select(Visit).where(here | assumed, col(Visit.erased_at).is_(None)).order_by(col(Visit.arrived_at))).scalars())
    if not rows:
        return []
    hosts = {p.id: p for p in s.execute(select(people.Person).where(col(people.Person.id).in_({v.host_id for v in rows}))).scalars()}
    departments = people.department_names(s)
    codes = labels.codes_of(s, SubjectKind.VISIT, [v.id for v in rows])
    rooms = {place.id: place.name for place in places.everything(s)} if any(v.room_id for v in rows) else {}
    return [_visitor(v, hosts[v.host_id], departments, codes, rooms, at) for v in rows]


def _visitor(
    v: Visit, host: people.Person, departments: dict[UUID, str], codes: dict[UUID, str], rooms: dict[UUID, str], at: datetime
) -> Someone:
    one = Someone(
        subject_id=v.id,
        kind=Kind.GROUP if v.party > 1 else Kind.CONTRACTOR if v.type == "contractor" else Kind.VISITOR,
        name=v.name or v.group_name,
        detail=v.company or v.group_name,
        host=" ".join(part for part in (host.name, host.extension) if part),
        where=rooms.get(v.room_id, "") if v.room_id else departments.get(host.department_id, "") if host.department_id else "",
        since=v.arrived_at or at,
        headcount=max(1, v.party),
        number=f"{v.day_number:03d}" if v.day_number else "",
        label=codes.get(v.id, ""),
    )
    if v.assumed_left_at is not None and v.assumed_left_at <= at:
        return replace(one, status=Status.ASSUMED_LEFT)
    if v.break_at is not None and v.break_at <= at:
        return replace(one, status=Status.BREAK)
    return one
