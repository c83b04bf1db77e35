"""What attendees answer by mail (METHOD:REPLY; RFC 5546 §3.2.3, RFC 6047): read from a reply's text, believed only where it can be.

Two ways lead here. A host hands in the reply that came to their own mailbox: they may say who comes to their meeting. Or the office has a mailbox of
its own (FOYER_IMAP_URL): then every invitation's ORGANIZER is an address only its attendee was told (`reply_address`), and a reply counts when the
address it came to, its UID and its ATTENDEE are of one and the same invitation. Nobody else's answer, nothing else of a meeting and no meeting that is
over can be written by a mail."""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from icalendar import Calendar
from pydantic import StringConstraints
from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation import clock, vault
from core.foundation.errors import NotAllowed, Refused
from core.mechanisms import notices
from core.mechanisms.operations import PERSON_ROLES, Actor, Operation, operation, touch
from core.mechanisms.people import Person
from core.sections.bookings import claims, making
from core.sections.bookings.calendars.attendees import Attendee, Gathering, gathering, name_of
from core.sections.bookings.series import record as series_record

MOST_SIGNS = 200_000
MOST_EVENTS = 20
WORDS = {"ACCEPTED": "accepted", "TENTATIVE": "tentative", "DECLINED": "declined"}
_TAG = re.compile(r"\+inv-([a-z2-7]{26})-([0-9a-f]{16})@", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Said:
    """One VEVENT of a reply. `date` is the one date of a series it speaks of; `said_at` its DTSTAMP."""

    uid: str
    address: str
    word: str
    comment: str
    sequence: int
    date: datetime | None
    said_at: datetime | None


class TakeReply(Operation):
    """A reply's calendar text. `came_to`: the address the office's own mailbox received it at; empty when a person hands it in."""

    text: Annotated[str, StringConstraints(max_length=MOST_SIGNS, strip_whitespace=False)]
    came_to: Annotated[str, StringConstraints(max_length=254)] = ""


@operation(TakeReply, "booking.take_reply", roles=PERSON_ROLES, personal=True)
def take_reply(s: Session, do: TakeReply, by: Actor, at: datetime) -> dict[str, Any]:
    """Answers what each part of the reply did: `answers` with name and word. The same reply twice is quiet. Refuses: calendar.not_a_calendar,
    reply.no_reply (no METHOD:REPLY), reply.unknown (no invitation of ours has this UID and address), reply.outdated (an answer to what the meeting was
    before), invitation.over; not allowed: whoever may not change the meeting and was not asked themself"""
    found = [(said, _attendee(s, said)) for said in read(do.text)]
    if not found:
        raise Refused("reply.no_reply")
    answers = []
    for said, row in found:
        if row is None:
            raise Refused("reply.unknown", address=said.address)
        _may(s, row, do, by)
        answers.append(_take(s, row, said, at))
    return {"answers": answers}


# ── reads ──


def read(text: str) -> list[Said]:
    """The answers in a reply. Raises Refused calendar.not_a_calendar, reply.no_reply"""
    try:
        calendar: Any = Calendar.from_ical(text)
        if str(calendar.get("METHOD", "")).upper() != "REPLY":
            raise Refused("reply.no_reply")
        return [said for event in calendar.walk("VEVENT")[:MOST_EVENTS] for said in _said(event)]
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
        raise Refused("calendar.not_a_calendar") from None


def reply_address(sender: str, attendee_id: UUID) -> str:
    """The address only this attendee is told: the office's own with a tag (`foyer+inv-…@office.example`)."""
    local, _, domain = sender.rpartition("@")
    name = base64.b32encode(attendee_id.bytes).decode().rstrip("=").lower()
    return f"{local}+inv-{name}-{_mark(attendee_id)}@{domain}"


def attendee_told(address: str) -> UUID | None:
    """Whose reply address this is, or None: no tag, or not one we made."""
    match = _TAG.search(address)
    if match is None:
        return None
    try:
        attendee_id = UUID(bytes=base64.b32decode(match[1].upper() + "======"))
    except ValueError:
        return None
    return attendee_id if hmac.compare_digest(match[2].lower(), _mark(attendee_id)) else None


def addresses_with_tag(texts: Sequence[str]) -> list[str]:
    """The addresses of ours in some header lines."""
    return [one for text in texts for one in re.findall(r"[^\s<>,;:\"]+\+inv-[^\s<>,;:\"]+", text)]


# ── private ──


def _mark(attendee_id: UUID) -> str:
    return vault.sign("invitation by mail", attendee_id)[:16]


def _said(event: Any) -> list[Said]:
    given = event.get("ATTENDEE")
    given = given if isinstance(given, list) else [given] if given is not None else []
    stamp, date = event.get("DTSTAMP"), event.get("RECURRENCE-ID")
    comment = event.get("COMMENT")
    comment = comment[0] if isinstance(comment, list) else comment
    clean = " ".join("".join(sign if sign.isprintable() else " " for sign in str(comment or "")).split())[:200]
    return [
        Said(
            str(event.get("UID", ""))[:255],
            str(one).lower().removeprefix("mailto:")[:254],
            WORDS[word],
            clean,
            int(event.get("SEQUENCE", 0)),
            _aware(date.dt) if date is not None and isinstance(date.dt, datetime) else None,
            _aware(stamp.dt) if stamp is not None and isinstance(stamp.dt, datetime) else None,
        )
        for one in given
        if (word := str(one.params.get("PARTSTAT", "")).upper()) in WORDS
    ]


def _aware(moment: datetime) -> datetime:
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=clock.zone())).astimezone(UTC)


def _attendee(s: Session, said: Said) -> Attendee | None:
    """The one invitation with this UID and address."""
    rows: Iterable[Attendee] = s.execute(
        select(Attendee).where(col(Attendee.uid) == said.uid, col(Attendee.removed_at).is_(None))
    ).scalars()
    for row in rows:
        person = s.get(Person, row.person_id) if row.person_id else None
        if (person.email if person else row.email).lower() == said.address:
            return row
    return None


def _may(s: Session, row: Attendee, do: TakeReply, by: Actor) -> None:
    if do.came_to:
        if by.is_person or attendee_told(do.came_to) != row.id:
            raise NotAllowed(reason="invitation")
    elif row.person_id is not None and row.person_id == by.person_id:
        return
    elif row.booking_id is not None:
        making.may_change(s, claims.get(s, row.booking_id)[0], by)
    else:
        assert row.series_id is not None
        series_record.must_change(s, series_record.get(s, row.series_id), by)


def _take(s: Session, row: Attendee, said: Said, at: datetime) -> dict[str, Any]:
    event = gathering(s, row, at)
    if event is None or event.cancelled or event.over:
        raise Refused("invitation.over")
    if 0 < said.sequence < row.sequence or (said.said_at and row.answered_at and said.said_at < row.answered_at - timedelta(seconds=1)):
        raise Refused("reply.outdated", who=name_of(s, row))
    answer = {"who": name_of(s, row), "answer": said.word}
    if said.date is not None and row.series_id is not None:
        facts = {
            **answer,
            "title": event.title,
            "starts_at": said.date,
            "answer_key": f"invitation.answer.{said.word}",
            "comment": said.comment,
        }
        _tell(s, row, event, "booking.invitation_answered", facts, at)
        return {**answer, "date": said.date}
    if (row.answer, row.comment) == (said.word, said.comment):
        return answer
    row.answer, row.comment, row.answered_at = said.word, said.comment, at
    touch(s, "booking" if row.booking_id else "series", row.booking_id or row.series_id or row.id)
    facts = {"who": answer["who"], "title": event.title, "starts_at": event.starts_at, "answer_key": f"invitation.answer.{said.word}"}
    _tell(s, row, event, "booking.invitation_answered", facts, at)
    return answer


def _tell(s: Session, row: Attendee, event: Gathering, key: str, facts: dict[str, Any], at: datetime) -> None:
    if event.host is not None and event.host.id != row.person_id:
        subject = ("booking", row.booking_id) if row.booking_id else ("series", row.series_id or row.id)
        notices.queue(s, key=key, facts=facts, at=at, to_person_id=event.host.id, subject=subject, mail=False)
