"""What a calendar elsewhere can be asked, whatever it speaks; and the simplest of them, a feed one only reads (pitfall V23).

Every failure is a `RemoteError` with a catalogue key: nothing that went wrong is ever mistaken for "no events"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from core.foundation.errors import Refused
from core.mechanisms import reach
from core.mechanisms.reach import Unreachable
from core.sections.bookings.calendars import ics
from core.sections.bookings.calendars.ics import Event, Reading


class RemoteError(Exception):
    """`reason` is a catalogue key."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail[:120]


class Changed(RemoteError):
    """Somebody changed the thing there since we read it (412): read again, then decide."""

    def __init__(self) -> None:
        super().__init__("calendar.changed_there")


@dataclass(frozen=True, slots=True)
class Changes:
    """What is there. `full`: `etags` names every thing there, so what is missing is gone; otherwise only what changed, and `gone` what went.
    `unchanged`: nothing happened since `token`. `readings` may bring the things' events along."""

    token: str
    full: bool = True
    unchanged: bool = False
    etags: Mapping[str, str] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()
    readings: Mapping[str, Reading] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ours:
    """A booking of ours as the other calendar shall show it."""

    booking_id: UUID
    uid: str
    version: int
    starts_at: datetime
    ends_at: datetime
    summary: str
    location: str
    zone: str


@dataclass(frozen=True, slots=True)
class Reply:
    """Our word about one event of a thing there: `accepted`, `tentative` (somebody must approve it first) or `declined`; `recurrence` as in
    `ics.Event`, `comment` in the office's language."""

    uid: str
    recurrence: str
    word: str
    comment: str


class Remote(Protocol):
    """A calendar elsewhere. Each method raises RemoteError (Changed where somebody was faster)."""

    def changes(self, token: str) -> Changes: ...
    def read(self, hrefs: Sequence[str]) -> Mapping[str, tuple[str, Reading]]:
        """The things' etags and events; one that vanished meanwhile is left out."""
        ...

    def answer(self, href: str, etag: str, replies: Sequence[Reply]) -> str:
        """Say it; answers the new etag."""
        ...

    def put(self, ours: Ours, href: str, etag: str) -> tuple[str, str]:
        """Write a booking of ours, new (`href` empty) or changed; answers where it is and its etag. A new one that is there already counts."""
        ...

    def delete(self, href: str, etag: str) -> None:
        """Take ours away; what is gone already counts."""
        ...


class Feed:
    """An ics file somewhere that one only reads."""

    HREF = "feed"

    def __init__(
        self, url: str, *, account: str, password: str, allowed: Sequence[str], zone: ZoneInfo, since: datetime, until: datetime
    ) -> None:
        self._url, self._user, self._allowed = _https(url), (account, password) if account else None, allowed
        self._zone, self._since, self._until = zone, since, until

    def changes(self, token: str) -> Changes:
        headers = {"Accept": "text/calendar", **({"If-None-Match": token} if token else {})}
        answer = asked("GET", self._url, allowed=self._allowed, headers=headers, user=self._user)
        if answer.status == 304:
            return Changes(token, unchanged=True)
        if answer.status != 200:
            raise RemoteError(*said(answer.status))
        reading = understood(answer.text, self._zone, self._since, self._until)
        return Changes(answer.headers.get("etag", ""), etags={self.HREF: answer.headers.get("etag", "")}, readings={self.HREF: reading})

    def read(self, hrefs: Sequence[str]) -> Mapping[str, tuple[str, Reading]]:
        return {}

    def answer(self, href: str, etag: str, replies: Sequence[Reply]) -> str:
        raise RemoteError("calendar.read_only")

    def put(self, ours: Ours, href: str, etag: str) -> tuple[str, str]:
        raise RemoteError("calendar.read_only")

    def delete(self, href: str, etag: str) -> None:
        raise RemoteError("calendar.read_only")


# ── for the others ──


def asked(method: str, url: str, *, allowed: Sequence[str], headers: Mapping[str, str] | None = None, content: bytes | None = None,
          user: tuple[str, str] | None = None) -> reach.Answer:  # fmt: skip
    """`reach.ask`, its failure as RemoteError."""
    try:
        return reach.ask(method, url, allowed=allowed, headers=headers, content=content, user=user)
    except Unreachable as failure:
        raise RemoteError(failure.reason, failure.detail) from failure


def understood(text: str, zone: ZoneInfo, since: datetime, until: datetime) -> Reading:
    """`ics.read`, what it refuses as RemoteError: half an answer is no answer."""
    if text.strip() and "BEGIN:VCALENDAR" not in text[:1000].upper():  # the page of a network that wants a sign-in first
        raise RemoteError("calendar.other_answer")
    if "END:VCALENDAR" not in text[-200:].upper():
        raise RemoteError("calendar.cut_off")
    try:
        return ics.read(text, zone, since, until)
    except Refused as refusal:
        raise RemoteError(refusal.code) from refusal


def said(status: int) -> tuple[str, str]:
    """The catalogue key of an HTTP status that is no success, and the status."""
    if status in (401, 403):
        return "calendar.sign_in_refused", str(status)
    if status in (404, 410):
        return "calendar.not_there", str(status)
    return "calendar.answered_badly", str(status)


def _https(url: str) -> str:
    """webcal: is what programs call a feed's address."""
    for scheme in ("webcals://", "webcal://"):
        if url.lower().startswith(scheme):
            return "https://" + url[len(scheme) :]
    return url


def events_of(reading: Reading) -> dict[tuple[str, str], Event]:
    """A reading's events by what names them."""
    return {(event.uid, event.recurrence): event for event in reading.events}
