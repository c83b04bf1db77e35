"""Mail to those a meeting is for: invitation, update, cancellation (iTIP, RFC 5546; by mail, RFC 6047), and what they answer.

Attendees hang on one booking or on a whole series. Whatever path changes a booking marks its attendees; a job then tells each of them once
what holds now, with a SEQUENCE that grows, and only when time, room, title or fate changed. What is past is told to nobody (pitfall V10).
Each attendee sees their own name and the host's only; the link in the mail answers without signing in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from icalendar import Timezone
from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator
from pydantic import Field as Input
from sqlalchemy import Index, and_, or_, select, update
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import clock, database, vault
from core.foundation.errors import Invalid, NotAllowed, Refused
from core.foundation.i18n import LANGUAGES, day_and_time
from core.foundation.ids import derived, uuid7
from core.foundation.jobs import job, wake
from core.mechanisms import channels, notices, office, people
from core.mechanisms.channels import Enclosure
from core.mechanisms.operations import PERSON_ROLES, SYSTEM, Actor, Operation, after_commit, operation, perform_now, touch
from core.mechanisms.people import Person
from core.mechanisms.places import Place
from core.sections.bookings import claims, making
from core.sections.bookings.claims import PLANNED, Booking, BookingState
from core.sections.bookings.feeds import escaped, folded, utc
from core.sections.bookings.series import record as series_record
from core.sections.bookings.series import rules
from core.sections.bookings.series.record import Series, SeriesDate

MOST = 200
ANSWERS = ("accepted", "tentative", "declined")
KEYS = ("booking.invitation", "booking.invitation_changed", "booking.invitation_cancelled")
WITH_CODE = ("booking.invitation_with_code", "booking.invitation_changed_with_code")  # for a guest who gets the code for the door with it
Address = Annotated[str, StringConstraints(max_length=254)]
PassOf = Callable[[Session, UUID], Mapping[str, Any]]
Withdrawn = Callable[[Session, UUID, datetime], None]
_base_url = ""
_passes: dict[str, tuple[PassOf, Withdrawn]] = {}


def passes_from(name: str, pass_of: PassOf, withdrawn: Withdrawn) -> None:
    """Another section gives guests a way in: `pass_of(s, attendee_id)` are the facts their mail says of it (empty: none), and `withdrawn(s, attendee_id,
    at)` is called when a guest is no longer invited. The mail is one, whatever changed. Declaring again replaces."""
    _passes[name] = (pass_of, withdrawn)


def use_base_url(url: str) -> None:
    """Where links in mails lead (FOYER_BASE_URL)."""
    global _base_url
    _base_url = url


class Attendee(SQLModel, table=True):
    """Somebody a booking or a series is for. `sent` is what they know (a fingerprint), `stale`: it may no longer be true. `sequence` counts
    what they were sent, `rounds` how often we looked; `mailed`: they have an invitation that may have to be called off."""

    __tablename__: ClassVar[str] = "booking_attendee"
    __table_args__ = (
        Index("ix_booking_attendee_booking", "booking_id"),
        Index("ix_booking_attendee_series", "series_id"),
        Index("ix_booking_attendee_person", "person_id"),
    )
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    booking_id: UUID | None = Field(default=None, foreign_key="booking.id")
    series_id: UUID | None = Field(default=None, foreign_key="series.id")
    uid: str
    person_id: UUID | None = Field(default=None, foreign_key="person.id")
    email: str = ""
    name: str = ""
    language: str = ""
    answer: str = ""
    answered_at: datetime | None = None
    sequence: int = 0
    rounds: int = 0
    sent: str = ""
    stale: bool = Field(default=True, index=True)
    mailed: bool = False
    removed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AttendeeView:
    """An attendee as the host sees them. `answer`: accepted, tentative, declined, or empty while they have not said."""

    id: UUID
    name: str
    email: str
    person_id: UUID | None
    answer: str


@dataclass(frozen=True, slots=True)
class InvitationView:
    """An invitation as its link shows it."""

    id: UUID
    title: str
    room: str
    where: str
    host: str
    office: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    repeats: int
    answer: str
    cancelled: bool
    over: bool


# ── operations ──


class Guest(BaseModel):
    """A person of the office, or anybody with a mail address."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    person_id: UUID | None = None
    email: Address = ""
    name: Annotated[str, StringConstraints(max_length=80)] = ""
    language: Literal["", "zh-Hans", "zh-Hant", "en"] = ""

    @model_validator(mode="after")
    def _one(self) -> Guest:
        if (self.person_id is None) == (not self.email):
            raise ValueError("either a person or a mail address")
        return self


class Invite(Operation):
    """To one booking, or to every date to come of a series."""

    booking_id: UUID | None = None
    series_id: UUID | None = None
    guests: Annotated[tuple[Guest, ...], Input(min_length=1, max_length=MOST)]

    @model_validator(mode="after")
    def _one(self) -> Invite:
        if (self.booking_id is None) == (self.series_id is None):
            raise ValueError("either a booking or a series")
        return self


@operation(Invite, "booking.invite", roles=PERSON_ROLES, personal=True)
def invite(s: Session, do: Invite, by: Actor, at: datetime) -> list[AttendeeView]:
    """Who is invited already stays so. Refuses: booking.not_found, series.not_found, booking.ended and the like, person.not_found,
    invitation.bad_address, invitation.too_many"""
    if do.booking_id is not None:
        booking, room = claims.get(s, do.booking_id)
        making.may_change(s, booking, by)
        making.still_live(s, booking, room, at)
        uid = f"{booking.id}@foyer"
        touch(s, "booking", booking.id)
    else:
        assert do.series_id is not None
        found = series_record.get(s, do.series_id)
        series_record.must_change(s, found, by)
        uid = f"{found.id}@foyer"
        touch(s, "series", found.id)
    there = _rows(s, do.booking_id, do.series_id)
    known = {row.person_id or row.email.lower() for row in there}
    for guest in do.guests:
        if guest.person_id is not None:
            people.get(s, guest.person_id)
        elif not channels.is_address(guest.email):
            raise Refused("invitation.bad_address", address=guest.email)
        if (guest.person_id or guest.email.lower()) not in known:
            known.add(guest.person_id or guest.email.lower())
            s.add(
                Attendee(
                    booking_id=do.booking_id, series_id=do.series_id, uid=uid, person_id=guest.person_id, email=guest.email, name=guest.name, language=guest.language
                )
            )  # fmt: skip
    if len(known) > MOST:
        raise Refused("invitation.too_many", most=MOST)
    s.flush()
    after_commit(s, lambda: wake(send_updates))
    return attendees(s, do.booking_id, do.series_id)


class Uninvite(Operation):
    attendee_id: UUID


@operation(Uninvite, "booking.uninvite", roles=PERSON_ROLES)
def uninvite(s: Session, do: Uninvite, by: Actor, at: datetime) -> None:
    """They are told that it is off for them; twice is nothing new. Refuses: invitation.not_found"""
    row = _get(s, do.attendee_id)
    _must_change(s, row, by)
    row.removed_at, row.stale = row.removed_at or at, True
    for _pass_of, withdrawn in _passes.values():
        withdrawn(s, row.id, at)
    touch(s, "booking" if row.booking_id else "series", row.booking_id or row.series_id or row.id)
    after_commit(s, lambda: wake(send_updates))


class ReplyInvitation(Operation):
    attendee_id: UUID
    answer: Literal["accepted", "tentative", "declined"]


@operation(ReplyInvitation, "booking.reply", roles=PERSON_ROLES)
def reply(s: Session, do: ReplyInvitation, by: Actor, at: datetime) -> None:
    """The attendee says whether they come; the host sees it. The link in the mail answers for those who can not sign in.
    Refuses: invitation.not_found, invitation.over; not allowed: somebody else's"""
    row = _get(s, do.attendee_id)
    if by.is_person and row.person_id != by.person_id:
        raise NotAllowed(reason="invitation")
    event = _event(s, row, at)
    if row.removed_at is not None or event is None or event.cancelled:
        raise Refused("invitation.over")
    if row.answer == do.answer:
        return
    row.answer, row.answered_at = do.answer, at
    touch(s, "booking" if row.booking_id else "series", row.booking_id or row.series_id or row.id)
    host_id = event.host.id if event.host else None
    if host_id is not None and host_id != row.person_id:
        facts = {"who": _name(s, row), "title": event.title, "starts_at": event.starts_at, "answer_key": f"invitation.answer.{do.answer}"}
        notices.queue(s, key="booking.invitation_answered", facts=facts, at=at, to_person_id=host_id, subject=_subject(row), mail=False)


class SendInvitation(Operation):
    """Tell one attendee what holds now."""

    attendee_id: UUID
    round: int


@operation(SendInvitation, "booking.send_invitation", roles=set())
def send_invitation(s: Session, do: SendInvitation, by: Actor, at: datetime) -> dict[str, Any]:
    """Invitation, update or cancellation, or nothing when they know already. What is over is told to nobody. Refuses: invitation.not_found"""
    row = _get(s, do.attendee_id)
    if not row.stale or row.rounds != do.round:
        raise Invalid("invitation.known")
    row.stale, row.rounds = False, row.rounds + 1
    event = _event(s, row, at)
    touch(s, "booking" if row.booking_id else "series", row.booking_id or row.series_id or row.id)
    off = row.removed_at is not None or event is None or event.cancelled
    if event is None or event.over or (off and not row.mailed):
        return {"sent": ""}
    code = {} if off else _pass(s, row.id)
    print_now = "off" if off else event.fingerprint + (_print_of(code) if code else "")
    if print_now == row.sent:
        return {"sent": ""}
    key = KEYS[2] if off else (WITH_CODE if code else KEYS)[row.mailed]
    if row.mailed and not off and not row.sent.startswith(event.fingerprint):
        row.answer, row.answered_at = "", None  # what they said was said of another time
    row.sequence += 1
    method = "CANCEL" if off else "REQUEST"
    person = s.get(Person, row.person_id) if row.person_id else None
    facts = {
        "title": event.title, "room": event.room, "where": event.where, "starts_at": _spoken(s, row, event), "n": event.repeats, "host": event.host.name if event.host else "",
        "link": link_of(row), "method": method, "ics": _ics(s, row, event, method, at),
        "when_key": "invitation.when_series" if event.repeats > 1 else "invitation.when_once",
    } | code  # fmt: skip
    notices.queue(
        s,
        key=key,
        facts=facts,
        at=at,
        to_person_id=row.person_id,
        to_address="" if person else row.email,
        language=row.language,
        subject=_subject(row),
    )
    row.sent, row.mailed = print_now, not off
    return {"sent": method}


# ── job, and what wakes it ──


@job(every_s=10)
def send_updates(at: datetime) -> int:
    """Tell everybody whose knowledge may be stale; answers how many mails that were."""
    with database.reading() as s:
        query = select(Attendee.id, Attendee.rounds).where(col(Attendee.stale).is_(True)).order_by(col(Attendee.id)).limit(1000)
        due = [(row[0], row[1]) for row in s.execute(query)]
    sent = 0
    for attendee_id, round_ in due:
        do = SendInvitation(attendee_id=attendee_id, round=round_)
        outcome = perform_now(do, by=SYSTEM, at=at, op_id=derived("booking.send_invitation", attendee_id, round_))
        sent += outcome.ok and bool(outcome.result["sent"])
    return sent


@making.follows
def note_change(s: Session, booking: Booking, what: str, by: Actor, at: datetime) -> None:
    """A booking changed: what its attendees know may no longer hold. One that stands in for another takes its attendees over."""
    if booking.replaces_id is not None and what == "made":
        s.execute(update(Attendee).where(col(Attendee.booking_id) == booking.replaces_id).values(booking_id=booking.id, stale=True))
    elif what in ("made", "began"):
        return
    else:
        of_series = select(col(SeriesDate.series_id)).where(col(SeriesDate.booking_id) == booking.id).scalar_subquery()
        touched = or_(col(Attendee.booking_id) == booking.id, col(Attendee.series_id) == of_series)
        s.execute(update(Attendee).where(touched).values(stale=True), execution_options={"synchronize_session": False})
    after_commit(s, lambda: wake(send_updates))


def enclosures(facts: Mapping[str, Any]) -> Sequence[Enclosure]:
    """What a mail of one of `KEYS` carries."""
    if not facts.get("ics"):
        return ()
    return (Enclosure("invite.ics", "text/calendar", str(facts["ics"]).encode(), method=str(facts["method"])),)


# ── reads ──


def attendees(s: Session, booking_id: UUID | None, series_id: UUID | None = None) -> list[AttendeeView]:
    """Who is invited, in the order they were."""
    return [AttendeeView(row.id, _name(s, row), row.email, row.person_id, row.answer) for row in _rows(s, booking_id, series_id)]


def invited_to(s: Session, person_id: UUID) -> list[UUID]:
    """The bookings a person is invited to and has not declined."""
    mine = and_(col(Attendee.person_id) == person_id, col(Attendee.removed_at).is_(None), col(Attendee.answer) != "declined")
    single = select(col(Attendee.booking_id)).where(mine, col(Attendee.booking_id).is_not(None))
    dates = select(col(SeriesDate.booking_id)).join(Attendee, col(Attendee.series_id) == SeriesDate.series_id)
    found = [*s.execute(single).scalars(), *s.execute(dates.where(mine, col(SeriesDate.booking_id).is_not(None))).scalars()]
    return [one for one in found if one is not None]


def invitation(s: Session, attendee_id: UUID, mark: str, at: datetime) -> InvitationView:
    """What the link of a mail shows. Refuses: invitation.not_found (also a link that was changed)"""
    row = s.get(Attendee, attendee_id)
    if row is None or not vault.is_signed(mark, "invitation", attendee_id):
        raise Refused("invitation.not_found")
    event = _event(s, row, at)
    host = office.info(s)
    if event is None:
        raise Refused("invitation.not_found")
    return InvitationView(
        row.id, event.title, event.room, event.where, event.host.name if event.host else "", host.name if host else "", event.starts_at, event.ends_at,
        event.zone, event.repeats, row.answer, event.cancelled or row.removed_at is not None, event.over,
    )  # fmt: skip


def link_of(row: Attendee) -> str:
    return f"{_base_url}/invitation/{row.id}/{vault.sign('invitation', row.id)}"


# ── one event, as it is now ──


@dataclass(frozen=True, slots=True)
class _Event:
    title: str
    room: str
    where: str
    host: Person | None
    starts_at: datetime
    ends_at: datetime
    zone: str
    repeats: int
    cancelled: bool
    over: bool
    tentative: bool
    fingerprint: str


def _event(s: Session, row: Attendee, at: datetime) -> _Event | None:
    if row.booking_id is not None:
        booking = s.get(Booking, row.booking_id)
        return _of_bookings(s, [booking], booking, at) if booking else None
    found = s.get(Series, row.series_id)
    dates = [booking for _, booking in series_record.dates_of(s, found.id) if booking is not None] if found else []
    ahead = [booking for booking in dates if _takes_place(booking) and booking.starts_at > at]
    if not found or not dates:
        return None
    last = max(dates, key=lambda booking: booking.starts_at)
    return _of_bookings(s, ahead, min(ahead, key=lambda booking: booking.starts_at) if ahead else last, at)


def _of_bookings(s: Session, all_of: Sequence[Booking], first: Booking, at: datetime) -> _Event:
    place = s.get(Place, first.room_id)
    above = s.get(Place, place.parent_id) if place and place.parent_id else None
    live = [booking for booking in all_of if _takes_place(booking)]
    what = sorted(
        f"{b.room_id}|{b.starts_at.isoformat()}|{b.ends_at.isoformat()}|{b.title}|{b.state == BookingState.PENDING}" for b in live
    )
    host = s.get(Person, first.host_id) if first.host_id else None
    return _Event(
        first.title or (place.name if place else ""), place.name if place else "", above.name if above else "", host, first.starts_at, first.ends_at, first.zone,
        len(live), not live, first.ends_at <= at, any(b.state == BookingState.PENDING for b in live), hashlib.sha256("\n".join(what).encode()).hexdigest()[:32],
    )  # fmt: skip


def _takes_place(booking: Booking) -> bool:
    return booking.state in (*PLANNED, BookingState.PENDING)


# ── what is written ──


def _ics(s: Session, row: Attendee, event: _Event, method: str, at: datetime) -> str:
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Foyer//Rooms//EN", "CALSCALE:GREGORIAN", f"METHOD:{method}"]
    if row.series_id is None or event.repeats < 1:
        lines = [*head, *_vevent(s, row, event, method, at, [f"DTSTART:{utc(event.starts_at)}", f"DTEND:{utc(event.ends_at)}"])]
    else:
        lines = [*head, *_series_lines(s, row, event, method, at)]
    return "".join(f"{piece}\r\n" for line in [*lines, "END:VCALENDAR"] for piece in folded(line))


def _vevent(s: Session, row: Attendee, event: _Event, method: str, at: datetime, times: Sequence[str], room: str = "") -> list[str]:
    sender = str(office.setting(s, "mail.from"))
    organizer = event.host.email if event.host and channels.is_address(event.host.email) else sender
    person = s.get(Person, row.person_id) if row.person_id else None
    address = (person.email if person else row.email) or sender
    return [
        "BEGIN:VEVENT",
        f"UID:{row.uid}",
        f"DTSTAMP:{utc(at)}",
        f"SEQUENCE:{row.sequence}",
        *times,
        f"SUMMARY:{escaped(event.title)}",
        f"LOCATION:{escaped(room or ' '.join(part for part in (event.where, event.room) if part))}",
        f"STATUS:{'CANCELLED' if method == 'CANCEL' else 'TENTATIVE' if event.tentative else 'CONFIRMED'}",
        f"ORGANIZER;CN={_quoted(event.host.name if event.host else '')}:mailto:{organizer}",
        f"ATTENDEE;CN={_quoted(_name(s, row))};ROLE=REQ-PARTICIPANT;PARTSTAT={row.answer.upper() or 'NEEDS-ACTION'};RSVP=TRUE:mailto:{address}",
        *([f"URL:{link_of(row)}"] if method == "REQUEST" else []),
        "END:VEVENT",
    ]


def _series_lines(s: Session, row: Attendee, event: _Event, method: str, at: datetime) -> list[str]:
    """The whole series as one rule with what is left out, and each date that differs as its own (RECURRENCE-ID)."""
    found = s.get(Series, row.series_id)
    assert found is not None
    zone = ZoneInfo(found.zone)
    dates = [(date, booking) for date, booking in series_record.dates_of(s, found.id)]
    live = [(date, booking) for date, booking in dates if booking is not None and _takes_place(booking) and booking.starts_at > at]
    keys = [series_record.at_its_time(found, datetime.fromisoformat(date.original)) for date, _ in live]
    first, last = min(keys), max(keys)
    rule = rules.without_end(found.rule) if found.rule else "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"
    meant = set(rules.walls(rule, first, zone, last.date()))
    if found.wall_time:  # a rule that names hours no longer says when: then every date is listed
        meant = {wall for wall in meant if wall.time() == first.time()}
    length = timedelta(minutes=found.minutes)
    place = s.get(Place, found.room_id)
    parameter = f";TZID={found.zone}:"
    master = [
        f"DTSTART{parameter}{_wall(first)}",
        f"DTEND{parameter}{_wall(first + length)}",
        f"RRULE:{rule};UNTIL={utc(clock.from_wall(last, zone))}",
        *(f"EXDATE{parameter}{_wall(wall)}" for wall in sorted(meant - set(keys))),
        *(f"RDATE{parameter}{_wall(wall)}" for wall in sorted(set(keys) - meant - {first})),
    ]
    lines = _timezone_lines(zone, first, last)
    lines += _vevent(s, row, event, method, at, master, place.name if place else "")
    for key, (_, booking) in zip(keys, live, strict=True):
        same = (
            booking.room_id == found.room_id and booking.starts_wall == key.isoformat() and booking.ends_wall == (key + length).isoformat()
        )
        if not same:
            elsewhere = s.get(Place, booking.room_id)
            times = [f"RECURRENCE-ID{parameter}{_wall(key)}", f"DTSTART:{utc(booking.starts_at)}", f"DTEND:{utc(booking.ends_at)}"]
            lines += _vevent(s, row, event, method, at, times, elsewhere.name if elsewhere else "")
    return lines


def _timezone_lines(zone: ZoneInfo, first: datetime, last: datetime) -> list[str]:
    component = Timezone.from_tzid(str(zone), first_date=first.date() - timedelta(days=366), last_date=last.date() + timedelta(days=366))
    text = component.to_ical().decode().replace("\r\n ", "")
    return [line for line in text.split("\r\n") if line]


def _wall(moment: datetime) -> str:
    return moment.strftime("%Y%m%dT%H%M%S")


def _quoted(text: str) -> str:
    """A parameter's value: no quote, line break or control sign gets out of its quotes."""
    return '"' + "".join(sign for sign in text if sign.isprintable() and sign != '"')[:80] + '"'


# ── helpers ──


def look_again(s: Session, attendee_id: UUID) -> bool:
    """What a guest knows may no longer hold: they are told with the next mail. False when they are a guest of a whole series, whose mail speaks of
    all its dates, or no guest any more."""
    row = s.get(Attendee, attendee_id)
    if row is None or row.booking_id is None or row.removed_at is not None:
        return False
    row.stale = True
    after_commit(s, lambda: wake(send_updates))
    return True


def _pass(s: Session, attendee_id: UUID) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for pass_of, _withdrawn in _passes.values():
        found |= pass_of(s, attendee_id)
    return found


def _print_of(facts: Mapping[str, Any]) -> str:
    return "|" + hashlib.sha256(repr(sorted((name, str(value)) for name, value in facts.items())).encode()).hexdigest()[:16]


def _spoken(s: Session, row: Attendee, event: _Event) -> str:
    """When it begins on the room's own wall, in the attendee's language; the zone is named where it is not the office's."""
    person = s.get(Person, row.person_id) if row.person_id else None
    host = office.info(s)
    language = (person.language if person else row.language) or (host.language if host else LANGUAGES[0])
    words = day_and_time(event.starts_at, ZoneInfo(event.zone), language)
    return words if event.zone == str(clock.zone()) else f"{words} ({event.zone})"


def _rows(s: Session, booking_id: UUID | None, series_id: UUID | None) -> list[Attendee]:
    where = col(Attendee.booking_id) == booking_id if booking_id is not None else col(Attendee.series_id) == series_id
    return list(s.execute(select(Attendee).where(where, col(Attendee.removed_at).is_(None)).order_by(col(Attendee.id))).scalars())


def _get(s: Session, attendee_id: UUID) -> Attendee:
    row = s.get(Attendee, attendee_id)
    if row is None:
        raise Refused("invitation.not_found")
    return row


def _must_change(s: Session, row: Attendee, by: Actor) -> None:
    if row.booking_id is not None:
        making.may_change(s, claims.get(s, row.booking_id)[0], by)
    elif row.series_id is not None:
        series_record.must_change(s, series_record.get(s, row.series_id), by)


def _name(s: Session, row: Attendee) -> str:
    person = s.get(Person, row.person_id) if row.person_id else None
    return person.name if person else row.name or row.email


def _subject(row: Attendee) -> tuple[str, UUID]:
    return ("booking", row.booking_id) if row.booking_id else ("series", row.series_id or row.id)
