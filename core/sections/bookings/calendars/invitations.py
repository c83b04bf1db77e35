"""Mail to those a meeting is for: invitation, update, cancellation (iTIP, RFC 5546; by mail, RFC 6047), and what they answer.

Attendees hang on one booking or on a whole series. Whatever path changes a booking marks its attendees; a job then tells each of them once
what holds now, with a SEQUENCE that grows, and only when time, room, title or fate changed. What is past is told to nobody (pitfall V10).
Each attendee sees their own name and the host's only; the link in the mail answers without signing in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator
from pydantic import Field as Input
from sqlalchemy import and_, or_, select, update
from sqlmodel import Session, col

from core.foundation import clock, database, vault
from core.foundation.errors import Invalid, NotAllowed, Refused
from core.foundation.i18n import LANGUAGES, clock_time, day_and_time, zone_words
from core.foundation.ids import derived
from core.foundation.jobs import job, wake
from core.mechanisms import channels, notices, office, people
from core.mechanisms.channels import Enclosure
from core.mechanisms.operations import PERSON_ROLES, SYSTEM, Actor, Operation, after_commit, operation, perform_now, touch
from core.mechanisms.people import Person
from core.sections.bookings import claims, making
from core.sections.bookings.calendars.attendees import (
    Attendee,
    AttendeeView,
    Gathering,
    InvitationView,
    attendees,
    gathering,
    link_of,
    name_of,
    rows_of,
)
from core.sections.bookings.calendars.itip import invitation_text
from core.sections.bookings.claims import Booking
from core.sections.bookings.series import record as series_record
from core.sections.bookings.series.record import SeriesDate

MOST = 200
ANSWERS = ("accepted", "tentative", "declined")
KEYS = ("booking.invitation", "booking.invitation_changed", "booking.invitation_cancelled")
WITH_CODE = ("booking.invitation_with_code", "booking.invitation_changed_with_code")  # for a guest who gets the code for the door with it
Address = Annotated[str, StringConstraints(max_length=254)]
PassOf = Callable[[Session, UUID], Mapping[str, Any]]
Withdrawn = Callable[[Session, UUID, datetime], None]
_passes: dict[str, tuple[PassOf, Withdrawn]] = {}


def passes_from(name: str, pass_of: PassOf, withdrawn: Withdrawn) -> None:
    """Another section gives guests a way in: `pass_of(s, attendee_id)` are the facts their mail says of it (empty: none), and `withdrawn(s, attendee_id,
    at)` is called when a guest is no longer invited. The mail is one, whatever changed. Declaring again replaces."""
    _passes[name] = (pass_of, withdrawn)


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
    there = rows_of(s, do.booking_id, do.series_id)
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
    event = gathering(s, row, at)
    if row.removed_at is not None or event is None or event.cancelled:
        raise Refused("invitation.over")
    if row.answer == do.answer:
        return
    row.answer, row.answered_at, row.comment = do.answer, at, ""
    touch(s, "booking" if row.booking_id else "series", row.booking_id or row.series_id or row.id)
    host_id = event.host.id if event.host else None
    if host_id is not None and host_id != row.person_id:
        facts = {"who": name_of(s, row), "title": event.title, "starts_at": event.starts_at, "answer_key": f"invitation.answer.{do.answer}"}
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
    event = gathering(s, row, at)
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
        row.answer, row.answered_at, row.comment = "", None, ""  # what they said was said of another time
    row.sequence += 1
    method = "CANCEL" if off else "REQUEST"
    person = s.get(Person, row.person_id) if row.person_id else None
    facts = {
        "title": event.title, "room": event.room, "where": event.where, "n": event.repeats, "host": event.host.name if event.host else "",
        "link": link_of(row), "method": method, "ics": invitation_text(s, row, event, method, at),
        "when_key": "invitation.when_series" if event.repeats > 1 else "invitation.when_once",
    } | _spoken(s, row, event) | code  # fmt: skip
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
    event = gathering(s, row, at)
    host = office.info(s)
    if event is None:
        raise Refused("invitation.not_found")
    return InvitationView(
        row.id, event.title, event.room, event.where, event.host.name if event.host else "", host.name if host else "", event.starts_at, event.ends_at,
        event.zone, event.repeats, row.answer, event.cancelled or row.removed_at is not None, event.over,
    )  # fmt: skip


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


def _spoken(s: Session, row: Attendee, event: Gathering) -> dict[str, str]:
    """When it is on the room's own wall, in the attendee's language. The zone is named where it is not the office's: once, after what is said
    last (`starts_at` stands alone, `begins_at` before `ends_at`). The day of the end is named where it is another."""
    zone, language = ZoneInfo(event.zone), _language_of(s, row)
    named = "" if event.zone == str(clock.zone()) else f" ({zone_words(event.zone, language)})"
    same_day = event.starts_at.astimezone(zone).date() == event.ends_at.astimezone(zone).date()
    begins = day_and_time(event.starts_at, zone, language)
    ends = clock_time(event.ends_at, zone) if same_day else day_and_time(event.ends_at, zone, language)
    return {"starts_at": begins + named, "begins_at": begins, "ends_at": ends + named}


def _language_of(s: Session, row: Attendee) -> str:
    person, host = s.get(Person, row.person_id) if row.person_id else None, office.info(s)
    return (person.language if person else row.language) or (host.language if host else LANGUAGES[0])


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


def _subject(row: Attendee) -> tuple[str, UUID]:
    return ("booking", row.booking_id) if row.booking_id else ("series", row.series_id or row.id)
