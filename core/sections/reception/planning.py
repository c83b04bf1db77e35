"""Taking a reception in, its guests and its arrangements (guide S3.1-R1, R2; norms.md 16: letter, approval first, then a list).

A change of weight after the leader agreed (another level, other days, more guests, more money, more companions) asks the leader again; a change while the
leader is looking calls the request off, so that nobody agrees to what they did not see.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, StringConstraints, model_validator
from pydantic import Field as Input
from sqlalchemy import delete, func, select
from sqlmodel import Session, col

from core.foundation import clock
from core.foundation.errors import NotAllowed, Refused
from core.foundation.i18n import LANGUAGES
from core.foundation.ids import uuid7
from core.mechanisms import approvals, numbering, people
from core.mechanisms.operations import OFFICE, Actor, Operation, Role, operation
from core.mechanisms.tables import MAX_CENTS
from core.sections import visits
from core.sections.bookings.claims import OVERLAP
from core.sections.bookings.making import Wish
from core.sections.reception import confirming, record, roomlink
from core.sections.reception.record import (
    SUBJECT,
    Answer,
    Kind,
    Level,
    Reception,
    ReceptionGuest,
    ReceptionLine,
    ReceptionVisit,
    State,
    happened,
)
from core.sections.reception.weighing import weigh_again
from core.sections.visits.planning import Mail
from core.sections.visits.record import Line as TextLine
from core.sections.visits.record import Name, Phone

MOST_DAYS, MOST_GUESTS, MOST_LINES, FURTHEST_DAYS = 31, 200, 200, 366
SERIES = "reception"
Text = Annotated[str, StringConstraints(max_length=4000)]
Short = Annotated[str, StringConstraints(max_length=120), AfterValidator(lambda text: " ".join(text.split()))]
Needed = Annotated[
    str,
    StringConstraints(min_length=1, max_length=120),
    AfterValidator(lambda text: " ".join(text.split())),
    StringConstraints(min_length=1),
]
Heads = Annotated[int, Input(ge=1, le=5000)]
Cents = Annotated[int, Input(ge=0, le=MAX_CENTS)]


def _spoken(value: str) -> str:
    if value and value not in LANGUAGES:
        raise ValueError("language.unknown")
    return value


class Guest(BaseModel):
    """One guest: `id` of one already on the list; `organisation` where it is another than the delegation's."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)
    id: UUID | None = None
    name: Name
    post: TextLine = ""
    organisation: TextLine = ""
    phone: Phone = ""
    email: Mail = ""
    language: Annotated[str, AfterValidator(_spoken)] = ""


Guests = Annotated[tuple[Guest, ...], Input(max_length=MOST_GUESTS)]


class TakeIn(Operation):
    """`headcount` counts everybody, also those without a name; `letter` is the number of the visiting side's letter (公函)."""

    organisation: Needed
    title: Short = ""
    level: Level = Level.EQUAL
    purpose: Text = ""
    itinerary: Text = ""
    letter: Short = ""
    starts_on: date
    ends_on: date
    headcount: Heads = 1
    lead_id: UUID | None = None
    guests: Guests = ()
    id: UUID | None = None

    @model_validator(mode="after")
    def _days(self) -> TakeIn:
        _check_days(self.starts_on, self.ends_on)
        return self


@operation(TakeIn, "reception.take_in", roles={Role.STAFF}, personal=True)
def take_in(s: Session, do: TakeIn, by: Actor, at: datetime) -> dict[str, Any]:
    """A reception to be planned, with the year's next number. The office plans for any lead, others for themselves. Answers `{reception_id, number}`.

    Refuses: reception.day_past, reception.day_too_far, reception.fewer_heads, reception.guest_twice, reception.taken_in, person.not_found"""
    lead = people.get(s, do.lead_id or by.person_id)
    if lead.id != by.person_id and not by.has(*OFFICE, Role.LEADER, Role.SYSTEM):
        raise NotAllowed()
    if lead.disabled_at is not None:
        raise Refused("person.not_found")
    if do.id is not None and s.get(Reception, do.id) is not None:
        raise Refused("reception.taken_in")
    _not_past(do.starts_on, do.ends_on, at)
    year = clock.today(at).year
    reception = Reception(
        id=do.id or uuid7(), year=year, number=numbering.next_number(s, SERIES, year), organisation=do.organisation, title=do.title, level=do.level,
        purpose=do.purpose, itinerary=do.itinerary, letter=do.letter, headcount=max(do.headcount, len(do.guests)), starts_on=do.starts_on,
        ends_on=do.ends_on, lead_id=lead.id, created_by=by.person_id, created_at=at,
    )  # fmt: skip
    s.add(reception)
    s.flush()
    _put_guests(s, reception, do.guests)
    happened(s, reception, "taken_in", by.person_id, at)
    return {"reception_id": reception.id, "number": record.number_of(reception)}


class UpdateReception(Operation):
    """Only the fields that are given change."""

    reception_id: UUID
    organisation: Needed | None = None
    title: Short | None = None
    level: Level | None = None
    purpose: Text | None = None
    itinerary: Text | None = None
    letter: Short | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    headcount: Heads | None = None
    lead_id: UUID | None = None
    thanks: Annotated[str, StringConstraints(max_length=600)] | None = None


@operation(UpdateReception, "reception.update", roles={Role.STAFF}, personal=True)
def update(s: Session, do: UpdateReception, by: Actor, at: datetime) -> dict[str, Any]:
    """Answers `{agreed}`: whether the leader is to be asked again. Moving the first day takes back the invitations of days that are no longer in the plan.

    Refuses: reception.not_found, reception.over, reception.days, reception.day_past, reception.day_too_far, reception.fewer_heads, person.not_found"""
    reception = record.to_plan(s, do.reception_id, by)
    given = do.model_dump(exclude_unset=True, exclude={"reception_id"})
    given = {name: value for name, value in given.items() if value is not None}
    if "lead_id" in given and people.get(s, given["lead_id"]).disabled_at is not None:
        raise Refused("person.not_found")
    starts_on, ends_on = given.get("starts_on", reception.starts_on), given.get("ends_on", reception.ends_on)
    if (starts_on, ends_on) != (reception.starts_on, reception.ends_on):
        try:
            _check_days(starts_on, ends_on)
        except ValueError:
            raise Refused("reception.days", n=MOST_DAYS) from None
        if reception.state == State.PLANNED:
            _not_past(starts_on, ends_on, at)
    changed = sorted(name for name, value in given.items() if getattr(reception, name) != value)
    for name in changed:
        setattr(reception, name, given[name])
    if reception.headcount < len(record.guests_of(s, reception.id)):
        raise Refused("reception.fewer_heads", n=len(record.guests_of(s, reception.id)))
    if changed:
        _take_back_other_days(s, reception, by, at)
        weigh_again(s, reception, by, at)
        happened(s, reception, "changed", by.person_id, at, fields=changed)
    return {"agreed": reception.agreed}


class SetGuests(Operation):
    """The whole list as it shall be, the head of the delegation first."""

    reception_id: UUID
    guests: Guests


@operation(SetGuests, "reception.set_guests", roles={Role.STAFF}, personal=True)
def set_guests(s: Session, do: SetGuests, by: Actor, at: datetime) -> dict[str, Any]:
    """Who is taken off the list is no longer invited; who is added after the approval is invited by `reception.invite`.

    Refuses: reception.not_found, reception.over, reception.guest_twice, reception.guest_here"""
    reception = record.to_plan(s, do.reception_id, by)
    _drop_guests(s, reception, {guest.id for guest in do.guests if guest.id}, by, at)
    _put_guests(s, reception, do.guests)
    reception.headcount = max(reception.headcount, len(do.guests))
    weigh_again(s, reception, by, at)
    happened(s, reception, "guests", by.person_id, at, n=len(do.guests))
    return {"guests": [guest.id for guest in record.guests_of(s, reception.id)], "agreed": reception.agreed}


class Arrange(Operation):
    """A new arrangement, or with `line_id` the same one as it shall be now. `companions` are ours at the table; `place_to` where it leads to.
    `room_id` is a room to book for its time, which then moves with it; `booking_id` a booking that is there already. With neither it has no room."""

    reception_id: UUID
    line_id: UUID | None = None
    kind: Kind
    what: Needed
    owner_id: UUID | None = None
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    place: Short = ""
    place_to: Short = ""
    companions: Annotated[int, Input(ge=0, le=1000)] = 0
    cost_cents: Cents = 0
    ticks_on: Literal["", "arrival", "leaving"] = ""
    note: Annotated[str, StringConstraints(max_length=1000)] = ""
    booking_id: UUID | None = None
    room_id: UUID | None = None

    @model_validator(mode="after")
    def _one_room(self) -> Arrange:
        if self.booking_id is not None and self.room_id is not None:
            raise ValueError("reception.one_room")
        return self

    @model_validator(mode="after")
    def _span(self) -> Arrange:
        if not timedelta() < self.ends_at - self.starts_at <= timedelta(days=MOST_DAYS):
            raise ValueError("reception.span")
        return self


ASKS_AGAIN = ("kind", "owner_id", "starts_at", "ends_at", "place", "place_to")


def _room_clash(s: Session, do: Arrange, at: datetime) -> Refused:
    assert do.room_id is not None  # nothing else claims anything
    reception = record.get(s, do.reception_id)
    seats = reception.headcount + do.companions
    return roomlink.clash(s, do.line_id, Wish(do.room_id, do.starts_at, do.ends_at, attendees=seats), at)


@operation(Arrange, "reception.arrange", roles={Role.STAFF}, clashes={OVERLAP: _room_clash}, personal=True)
def arrange(s: Session, do: Arrange, by: Actor, at: datetime) -> dict[str, Any]:
    """Answers `{line_id, agreed}`. Another owner, time or place takes a confirmation back: what was confirmed was something else.

    Refuses: reception.not_found, reception.over, reception.line_not_found, reception.too_many, reception.far_off, person.not_found, booking.not_found,
    and with `room_id` what booking.create and booking.move refuse"""
    reception = record.to_plan(s, do.reception_id, by)
    if do.owner_id is not None and people.get(s, do.owner_id).disabled_at is not None:
        raise Refused("person.not_found")
    if do.booking_id is not None:
        roomlink.check(s, do.booking_id)
    first, last = reception.starts_on - timedelta(days=7), reception.ends_on + timedelta(days=7)
    if not (first <= clock.today(do.starts_at) and clock.today(do.ends_at) <= last):
        raise Refused("reception.far_off")
    if do.line_id is None:
        if len(record.lines_of(s, reception.id)) >= MOST_LINES:
            raise Refused("reception.too_many", n=MOST_LINES)
        line = ReceptionLine(reception_id=reception.id, kind=do.kind, what=do.what, starts_at=do.starts_at, ends_at=do.ends_at)
    else:
        line = record.line_of(s, do.line_id)
        if line.reception_id != reception.id:
            raise Refused("reception.line_not_found")
    before = tuple(getattr(line, name) for name in ASKS_AGAIN)
    for name, value in do.model_dump(exclude={"reception_id", "line_id", "booking_id", "room_id"}).items():
        setattr(line, name, value)
    if do.line_id is not None and before != tuple(getattr(line, name) for name in ASKS_AGAIN) and line.answer != Answer.OPEN:
        line.answer, line.asked_at, line.answered_by, line.answered_at, line.confirmed_with, line.answer_note = (
            Answer.OPEN,
            None,
            None,
            None,
            "",
            "",
        )
    s.add(line)
    s.flush()
    if do.room_id is not None or line.room_booked:
        roomlink.keep(s, reception, line, do.room_id, by, at)
    if do.room_id is None:
        line.booking_id = do.booking_id
    s.flush()
    weigh_again(s, reception, by, at)
    happened(s, reception, "arranged" if do.line_id is None else "rearranged", by.person_id, at, line=str(line.id), kind=line.kind)
    return {"line_id": line.id, "agreed": reception.agreed}


class DropLine(Operation):
    line_id: UUID


@operation(DropLine, "reception.drop_line", roles={Role.STAFF})
def drop_line(s: Session, do: DropLine, by: Actor, at: datetime) -> dict[str, Any]:
    """Refuses: reception.line_not_found, reception.over, reception.line_done"""
    line = record.line_of(s, do.line_id)
    reception = record.to_plan(s, line.reception_id, by)
    if line.done_at is not None:
        raise Refused("reception.line_done")
    kind = line.kind
    if line.room_booked:
        roomlink.keep(s, reception, line, None, by, at)
    s.delete(line)
    s.flush()
    weigh_again(s, reception, by, at)
    happened(s, reception, "dropped", by.person_id, at, kind=kind)
    return {"agreed": reception.agreed}


class CopyReception(Operation):
    """An earlier plan as the pattern of a new one: its arrangements on the same times of the new days, nobody's confirmation, no guest."""

    reception_id: UUID
    starts_on: date
    organisation: Needed | None = None
    lead_id: UUID | None = None


@operation(CopyReception, "reception.copy", roles={Role.STAFF}, personal=True)
def copy(s: Session, do: CopyReception, by: Actor, at: datetime) -> dict[str, Any]:
    """Refuses: reception.not_found, reception.day_past, reception.day_too_far, person.not_found"""
    source = record.get(s, do.reception_id)
    if not record.may_see(s, source, by):
        raise NotAllowed()
    shift = do.starts_on - source.starts_on
    made = take_in(
        s,
        TakeIn(
            organisation=do.organisation or source.organisation, title=source.title, level=Level(source.level), purpose=source.purpose,
            itinerary=source.itinerary, starts_on=do.starts_on, ends_on=source.ends_on + shift, headcount=source.headcount,
            lead_id=do.lead_id or (source.lead_id if by.has(*OFFICE, Role.LEADER, Role.SYSTEM) else by.person_id),
        ),
        by, at,
    )  # fmt: skip
    reception = record.get(s, made["reception_id"])
    reception.copied_from = source.id
    for line in record.lines_of(s, source.id):
        owner = s.get(people.Person, line.owner_id) if line.owner_id else None
        s.add(
            ReceptionLine(
                reception_id=reception.id, kind=line.kind, what=line.what, owner_id=owner.id if owner and owner.disabled_at is None else None,
                starts_at=_shifted(line.starts_at, shift), ends_at=_shifted(line.ends_at, shift), place=line.place, place_to=line.place_to,
                companions=line.companions, cost_cents=line.cost_cents, ticks_on=line.ticks_on, note=line.note,
            )
        )  # fmt: skip
    happened(s, reception, "copied", by.person_id, at, number=record.number_of(source))
    return made


class CancelReception(Operation):
    reception_id: UUID
    reason: Annotated[str, StringConstraints(min_length=1, max_length=300)]


@operation(CancelReception, "reception.cancel", roles={Role.STAFF}, personal=True)
def cancel(s: Session, do: CancelReception, by: Actor, at: datetime) -> None:
    """It does not take place: invitations are taken back, rooms are free again, guests with a mail address and every owner are told.

    Refuses: reception.not_found, reception.over, reception.running"""
    reception = record.to_plan(s, do.reception_id, by)
    if reception.state == State.RUNNING:
        raise Refused("reception.running")
    approvals.call_off(s, (SUBJECT, reception.id), at)
    reception.state, reception.cancelled_because = State.CANCELLED, do.reason
    for row in record.visits_of(s, reception.id):
        _uninvite(s, row, by, at)
    roomlink.let_go(s, reception, by, at)
    confirming.tell_owners(s, reception, "reception.notice.cancelled", by, at, reason=do.reason)
    happened(s, reception, "cancelled", by.person_id, at, reason=do.reason)


# ── helpers ──


def _check_days(starts_on: date, ends_on: date) -> None:
    if not 0 <= (ends_on - starts_on).days < MOST_DAYS:
        raise ValueError("reception.days")


def _not_past(starts_on: date, ends_on: date, at: datetime) -> None:
    today = clock.today(at)
    if ends_on < today:
        raise Refused("reception.day_past")
    if (starts_on - today).days > FURTHEST_DAYS:
        raise Refused("reception.day_too_far")


def _put_guests(s: Session, reception: Reception, wanted: Sequence[Guest]) -> None:
    ids = [guest.id for guest in wanted if guest.id]
    if len(set(ids)) != len(ids):
        raise Refused("reception.guest_twice")
    known = {guest.id: guest for guest in record.guests_of(s, reception.id)}
    for position, guest in enumerate(wanted):
        row = known.get(guest.id) if guest.id else None
        row = row or ReceptionGuest(reception_id=reception.id, position=position, name=guest.name)
        row.position, row.name, row.post, row.organisation = position, guest.name, guest.post, guest.organisation
        row.phone, row.email, row.language = guest.phone, guest.email.lower(), guest.language
        s.add(row)
    s.flush()


def _drop_guests(s: Session, reception: Reception, kept: set[UUID | None], by: Actor, at: datetime) -> None:
    gone = [guest for guest in record.guests_of(s, reception.id) if guest.id not in kept]
    invited = {guest.id: [row for row in record.visits_of(s, reception.id) if row.guest_id == guest.id] for guest in gone}
    if any(row.arrived_at is not None for rows in invited.values() for row in rows):
        raise Refused("reception.guest_here")
    for guest in gone:
        for row in invited[guest.id]:
            _uninvite(s, row, by, at)
        s.execute(delete(ReceptionVisit).where(col(ReceptionVisit.guest_id) == guest.id))
        s.delete(guest)
    s.flush()


def _uninvite(s: Session, row: ReceptionVisit, by: Actor, at: datetime) -> None:
    """Take an invitation back that was not used; the host's word counts, whoever plans."""
    visit = s.get(visits.Visit, row.visit_id)
    if visit is not None and visit.state == visits.VisitState.PLANNED:
        host = people.actor_of(s, people.get(s, visit.host_id))
        visits.cancel(s, visits.CancelVisit(visit_id=visit.id), host, at)
    row.over = row.over or row.arrived_at is None


def _take_back_other_days(s: Session, reception: Reception, by: Actor, at: datetime) -> None:
    for row in record.visits_of(s, reception.id):
        if not reception.starts_on <= row.day <= reception.ends_on and row.arrived_at is None:
            _uninvite(s, row, by, at)


def _shifted(moment: datetime, shift: timedelta) -> datetime:
    """The same time of the office's wall, days later (also over a change of summer time)."""
    wall = clock.local(moment)
    return clock.from_wall(datetime.combine(wall.date() + shift, time(wall.hour, wall.minute)), clock.zone())


def count_of_year(s: Session, year: int) -> int:
    """How many receptions were taken in in a year and not cancelled."""
    query = select(func.count()).select_from(Reception).where(col(Reception.year) == year, col(Reception.state) != State.CANCELLED)
    return int(s.execute(query).scalar_one())
