"""Keep a room and its calendar elsewhere equal (pitfalls V04, V12, V18, V23; issue "Rooms and door screens", calendars).

A job reads what changed there, lets each event ask for the room, answers it at once, then writes what changed here. HTTP is spoken outside
of any transaction; every fact is noted by an operation whose id follows from what it says, so a sync killed anywhere goes on where it was
and does nothing twice. An error, half an answer or a sudden emptiness changes nothing: the rooms stay booked, and the desk sees why."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import StringConstraints
from sqlalchemy import or_, select
from sqlmodel import Session, col

from core.foundation import clock, database, vault
from core.foundation.i18n import as_mapping, t
from core.foundation.ids import derived
from core.foundation.jobs import job
from core.mechanisms import office
from core.mechanisms.operations import SYSTEM, Actor, Operation, operation, perform_now, touch
from core.mechanisms.people import Department
from core.mechanisms.places import Place
from core.sections import rooms
from core.sections.bookings import book, claims
from core.sections.bookings.calendars import intake, record
from core.sections.bookings.calendars.caldav import CalDav
from core.sections.bookings.calendars.graph import Graph
from core.sections.bookings.calendars.ics import Event, Reading
from core.sections.bookings.calendars.intake import AHEAD, TakeEvent
from core.sections.bookings.calendars.record import ACCEPTED, DECLINED, GONE, PUSHED, TWO_WAY, CalendarEntry, CalendarSource, Kind
from core.sections.bookings.calendars.remote import Changed, Changes, Feed, Ours, Remote, RemoteError, Reply, events_of
from core.sections.bookings.claims import LIVE, Booking, BookingState

log = logging.getLogger("foyer.calendars")
EVERY = {Kind.CALDAV: timedelta(seconds=15), Kind.GRAPH: timedelta(seconds=30), Kind.FEED: timedelta(minutes=15)}
AFTER_TROUBLE = timedelta(minutes=2)


# ── operations: what a sync notes ──


class NoteSync(Operation):
    """How reading a source went: `token` to go on from, or the `problem` (a catalogue key). `empty`: it had nothing although it had."""

    source_id: UUID
    round: int
    token: Annotated[str, StringConstraints(max_length=2000)] = ""
    problem: Annotated[str, StringConstraints(max_length=60)] = ""
    detail: Annotated[str, StringConstraints(max_length=120)] = ""
    empty: bool = False


@operation(NoteSync, "calendar.note_sync", roles=set())
def note_sync(s: Session, do: NoteSync, by: Actor, at: datetime) -> None:
    """Refuses: calendar.source_unknown"""
    source = record.get(s, do.source_id)
    source.tried_at, source.rounds = at, max(source.rounds, do.round)
    source.problem, source.detail = do.problem, do.detail
    source.empty_since = (source.empty_since or at) if do.empty else None
    if not do.problem:
        source.read_at, source.token, source.empty_true = at, do.token, False
    source.version += 1
    touch(s, "calendar_source", source.id)


class NotePushed(Operation):
    """A booking of ours stands there now (`href`, `etag`), or does no longer (`gone`)."""

    source_id: UUID
    booking_id: UUID
    uid: Annotated[str, StringConstraints(max_length=255)]
    href: Annotated[str, StringConstraints(max_length=1000)]
    etag: Annotated[str, StringConstraints(max_length=255)] = ""
    version: int
    fingerprint: str = ""
    gone: bool = False


@operation(NotePushed, "calendar.note_pushed", roles=set())
def note_pushed(s: Session, do: NotePushed, by: Actor, at: datetime) -> None:
    """Refuses: calendar.source_unknown"""
    record.get(s, do.source_id)
    entry = record.entry_of(s, do.source_id, do.uid, "")
    if entry is None:
        entry = CalendarEntry(source_id=do.source_id, uid=do.uid, state=PUSHED, judged_at=at, booking_id=do.booking_id)
        s.add(entry)
    booking = s.get(Booking, do.booking_id)
    entry.href, entry.etag, entry.booking_version, entry.judged_at = do.href, do.etag, do.version, at
    entry.state = GONE if do.gone else PUSHED
    entry.summary, entry.starts_at = (booking.title, booking.starts_at) if booking else ("", None)
    touch(s, "calendar_source", do.source_id)


class NoteAnswered(Operation):
    """Our word stands in the thing there, which has this etag now. `words`: what was said of each entry, by id."""

    source_id: UUID
    href: Annotated[str, StringConstraints(max_length=1000)]
    etag: Annotated[str, StringConstraints(max_length=255)]
    words: dict[UUID, Literal["accepted", "tentative", "declined"]]


@operation(NoteAnswered, "calendar.note_answered", roles=set())
def note_answered(s: Session, do: NoteAnswered, by: Actor, at: datetime) -> None:
    for entry in record.entries_of(s, do.source_id):
        if entry.href == do.href:
            entry.etag = do.etag
            entry.answered = do.words.get(entry.id, entry.answered)
            if entry.answered == DECLINED and entry.state == ACCEPTED:  # it had the room and lost it here
                entry.state, entry.reason = DECLINED, "calendar.cancelled_here"
    touch(s, "calendar_source", do.source_id)


# ── job ──

_tried: dict[UUID, datetime] = {}
_pool = ThreadPoolExecutor(2, thread_name_prefix="foyer-calendars")
_busy: set[UUID] = set()


@job(every_s=5)
def sync_due(at: datetime) -> None:
    """Start the sync of every source that is due, on threads of its own: a slow server must not hold up the other jobs."""
    for source_id in due(at):
        if source_id not in _busy:
            _busy.add(source_id)
            _pool.submit(_sync_and_clear, source_id, at)


def _sync_and_clear(source_id: UUID, at: datetime) -> None:
    try:
        sync(source_id, at)
    except Exception:  # the next beat tries again; the log says what and why
        log.exception("calendar %s failed", source_id)
    finally:
        _busy.discard(source_id)


def due(at: datetime) -> list[UUID]:
    """The sources to read now."""
    query = select(CalendarSource).where(col(CalendarSource.removed_at).is_(None), col(CalendarSource.kind) != Kind.FILE)
    with database.reading() as s:
        rows = list(s.execute(query).scalars())
    return [
        row.id
        for row in rows
        if row.tried_at is None
        or (last := _tried.get(row.id, row.tried_at)) > at
        or at - last >= (max(AFTER_TROUBLE, EVERY[Kind(row.kind)]) if row.problem else EVERY[Kind(row.kind)])
    ]


# ── one sync ──


@dataclass(frozen=True, slots=True)
class Report:
    """What a sync did."""

    problem: str = ""
    taken: int = 0
    declined: int = 0
    gone: int = 0
    pushed: int = 0
    lost: int = 0


@dataclass(slots=True)
class _Work:
    source: CalendarSource
    remote: Remote
    at: datetime
    language: str
    entries: dict[tuple[str, str], CalendarEntry]
    taken: int = 0
    declined: int = 0
    gone: int = 0
    pushed: int = 0
    lost: int = 0

    @property
    def two_way(self) -> bool:
        return self.source.kind in TWO_WAY

    def by_href(self) -> dict[str, list[CalendarEntry]]:
        found: dict[str, list[CalendarEntry]] = {}
        for entry in self.entries.values():
            if entry.state != GONE:
                found.setdefault(entry.href, []).append(entry)
        return found


def sync(source_id: UUID, at: datetime, remote: Remote | None = None) -> Report:
    """One round with a source, on this thread."""
    with database.reading() as s:
        source = s.get(CalendarSource, source_id)
        if source is None or source.removed_at is not None:
            return Report("calendar.source_unknown")
        host = office.info(s)
        entries = {(entry.uid, entry.recurrence): entry for entry in record.entries_of(s, source_id)}
        try:
            made = remote or remote_of(s, source, at)
        except RemoteError as failure:
            made = _Broken(failure)
    work = _Work(source, made, at, host.language if host else "en", entries)
    _tried[source_id] = at
    token, problem, detail = source.token, "", ""
    try:
        changes = work.remote.changes("" if source.empty_true or source.problem else source.token)
        if _suddenly_empty(work, changes) and not source.empty_true:
            raise RemoteError("calendar.empty_answer")
        if not changes.unchanged:
            _take_in(work, changes)
        token = changes.token
        if work.two_way:
            answered_all = _answer_all(work)
            token = token if _push(work) and answered_all else ""
    except RemoteError as failure:
        problem, detail = failure.reason, failure.detail
    note = NoteSync(
        source_id=source_id, round=source.rounds + 1, token=token[:2000], problem=problem, detail=detail, empty=problem == "calendar.empty_answer"
    )  # fmt: skip
    if _worth_noting(source, note, work, at):
        _perform(note, at, source_id, source.rounds, "sync")
    return Report(problem, work.taken, work.declined, work.gone, work.pushed, work.lost)


def _worth_noting(source: CalendarSource, note: NoteSync, work: _Work, at: datetime) -> bool:
    """A round in which nothing happened is noted once in five minutes only: the trail is for what happened."""
    quiet = (source.token, source.problem) == (note.token, note.problem) and not (
        work.taken or work.gone or work.pushed or work.declined or work.lost
    )
    return not quiet or source.read_at is None or abs(at - (source.read_at or at)) > timedelta(minutes=5)


def remote_of(s: Session, source: CalendarSource, at: datetime) -> Remote:
    """The other side of a source. Raises RemoteError when its password was sealed with another secret."""
    zone = claims.zone_of(s, source.room_id)
    place = s.get(Place, source.room_id)
    name = place.name if place else ""
    allowed = [host for host in str(office.setting(s, "calendar.allowed_hosts")).replace(",", " ").split() if host]
    password = vault.unseal(source.secret)
    if password is None:
        raise RemoteError("calendar.secret_lost")
    common: dict[str, Any] = {
        "account": source.account,
        "password": password,
        "allowed": allowed,
        "zone": zone,
        "since": at - timedelta(days=1),
        "until": at + AHEAD,
    }
    if source.kind == Kind.CALDAV:
        return CalDav(source.url, room=name, address=address_of(source), **common)
    if source.kind == Kind.GRAPH:
        return Graph(source.url, **common)
    return Feed(source.url, **common)


def address_of(source: CalendarSource) -> str:
    """The mail address the room answers under: its account there, when that is one."""
    return source.account if "@" in source.account else f"room-{source.room_id.hex[:12]}@foyer.invalid"


class _Broken(Feed):
    """A source that can not even be asked."""

    def __init__(self, failure: RemoteError) -> None:
        self._failure = failure

    def changes(self, token: str) -> Changes:
        raise self._failure


# ── from there ──


def _suddenly_empty(work: _Work, changes: Changes) -> bool:
    """It had events to come, and a whole list of it has none: an error until a person says it is true (pitfall V23)."""
    if changes.unchanged or not changes.full:
        return False
    readings = changes.readings.values()
    if changes.etags and (not changes.readings or any(reading.events or reading.uids for reading in readings)):
        return False
    ahead = (ACCEPTED, PUSHED)
    return any(entry.state in ahead and entry.starts_at is not None and entry.starts_at > work.at for entry in work.entries.values())


def _take_in(work: _Work, changes: Changes) -> None:
    known = {href: entries[0].etag for href, entries in work.by_href().items()}
    changed = [href for href, etag in changes.etags.items() if known.get(href) != etag or (href in changes.readings and not work.two_way)]
    found: dict[str, tuple[str, Reading]] = {
        href: (changes.etags[href], changes.readings[href]) for href in changed if href in changes.readings
    }
    missing = [href for href in changed if href not in found]
    if missing:
        found |= dict(work.remote.read(missing))
    for href, (etag, reading) in found.items():
        _take_thing(work, href, etag, reading)
    gone = set(changes.gone) | (set(known) - set(changes.etags) if changes.full else set())
    for href in gone:
        for entry in work.by_href().get(href, []):
            _gone(work, entry)


def _take_thing(work: _Work, href: str, etag: str, reading: Reading) -> None:
    here = work.by_href().get(href, [])
    ours = next((entry for entry in here if entry.state == PUSHED), None)
    if ours is not None:
        return _changed_there(work, ours, etag, reading)
    if (booking_id := _of_ours(work, reading)) is not None:
        # A former try wrote it and its answer was lost: it is ours, the push below looks whether it is up to date.
        noted = NotePushed(source_id=work.source.id, booking_id=booking_id, uid=f"{booking_id}@foyer", href=href, etag=etag, version=-1)
        _perform(noted, work.at, work.source.id, href, etag, "found again")
        return None
    wanted = events_of(reading)
    for event in wanted.values():
        before = work.entries.get((event.uid, event.recurrence))
        if before is not None and _settled(work, event, before, etag):
            continue
        then = (before.state, before.judged_at, before.fingerprint) if before else ()
        do = intake.asked(work.source.id, event, href, etag)
        result = _perform(do, work.at, work.source.id, event.uid, event.recurrence, event.fingerprint, etag, *then)
        if result is None:
            continue
        new = before is None or before.fingerprint != event.fingerprint
        work.taken += result["state"] == ACCEPTED and new
        work.declined += result["state"] == DECLINED and new
    for entry in here:  # dates a rule no longer has
        if (
            (entry.uid, entry.recurrence) not in wanted
            and entry.starts_at is not None
            and entry.starts_at > work.at
            and not reading.unreadable
        ):
            _gone(work, entry)


def _of_ours(work: _Work, reading: Reading) -> UUID | None:
    """The booking of this room a thing there was made from."""
    for uid in reading.uids:
        name, _, host = uid.partition("@")
        if host == "foyer":
            try:
                booking_id = UUID(name)
            except ValueError:
                continue
            with database.reading() as s:
                booking = s.get(Booking, booking_id)
            if booking is not None and booking.room_id == work.source.room_id:
                return booking_id
    return None


def _settled(work: _Work, event: Event, before: CalendarEntry, etag: str) -> bool:
    """Whether nothing is to be said about an event we know. What a feed could not have is tried again when the room became free, because
    its calendar can not be told."""
    if before.fingerprint != event.fingerprint or before.state == GONE or (work.two_way and before.etag != etag):
        return False
    if before.state != DECLINED or work.two_way:
        return True
    with database.reading() as s:
        taken = claims.first_clash(s, work.source.room_id, event.starts_at, event.ends_at)
    return before.reason != "booking.clash" or event.starts_at <= work.at or taken is not None


# ── our word ──


def _answer_all(work: _Work) -> bool:
    """Say of every event to come what became of it, where its calendar does not have that word yet; answers whether all was said."""
    all_done = True
    for href, due in _to_answer(work).items():
        replies = [Reply(entry.uid, entry.recurrence, word, _why(work, entry, word)) for entry, word in due]
        try:
            etag = work.remote.answer(href, due[0][0].etag, replies)
        except Changed:
            all_done = False  # somebody wrote it again: the next round judges what it says now
            continue
        noted = NoteAnswered(source_id=work.source.id, href=href, etag=etag, words={entry.id: word for entry, word in due})  # type: ignore[misc]
        said_before = [(entry.id, entry.answered, word, entry.judged_at) for entry, word in due]
        _perform(noted, work.at, work.source.id, href, etag, *said_before)
        work.lost += sum(entry.answered in ("accepted", "tentative") and word == "declined" for entry, word in due)
    return all_done


def _to_answer(work: _Work) -> dict[str, list[tuple[CalendarEntry, str]]]:
    query = (
        select(CalendarEntry, Booking)
        .outerjoin(Booking, col(Booking.id) == CalendarEntry.booking_id)
        .where(col(CalendarEntry.source_id) == work.source.id, col(CalendarEntry.state).in_((ACCEPTED, DECLINED)))
        .where(col(CalendarEntry.starts_at) > work.at)
        .order_by(col(CalendarEntry.id))
    )
    found: dict[str, list[tuple[CalendarEntry, str]]] = {}
    with database.reading() as s:
        for row in s.execute(query):
            found.setdefault(row[0].href, []).append((row[0], _word(work, row[0], row[1])))
    return {href: due for href, due in found.items() if any(entry.answered != word for entry, word in due)}


def _word(work: _Work, entry: CalendarEntry, booking: Booking | None) -> str:
    if entry.state == DECLINED or booking is None or booking.state not in LIVE or booking.room_id != work.source.room_id:
        return "declined"
    return "tentative" if booking.state == BookingState.PENDING else "accepted"


def _why(work: _Work, entry: CalendarEntry, word: str) -> str:
    if word != "declined":
        return ""
    with database.reading() as s:
        place = s.get(Place, work.source.room_id)
    facts = {"until": "", "from": ""} | entry.facts | {"room": place.name if place else ""}
    return t(entry.reason or "calendar.cancelled_here", work.language, **as_mapping(facts, work.language, clock.zone()))


def _changed_there(work: _Work, entry: CalendarEntry, etag: str, reading: Reading) -> None:
    """A booking of ours was changed in the other calendar: it moves here too if it can; otherwise ours is written back."""
    event = next(iter(reading.events), None)
    with database.reading() as s:
        booking = record.booking_of(s, entry)
    if booking is None or event is None or booking.state not in LIVE or booking.starts_at <= work.at:
        return
    if event.cancelled:
        return _gone(work, entry)
    moved = (event.starts_at, event.ends_at) != (booking.starts_at, booking.ends_at)
    if moved:
        move = book.MoveBooking(booking_id=booking.id, starts_at=event.starts_at, ends_at=event.ends_at)
        outcome = perform_now(move, by=SYSTEM, at=work.at, op_id=derived("calendar.moved_there", work.source.id, entry.uid, etag))
        work.taken += outcome.ok
        work.declined += not outcome.ok
    # With this etag and no version the push below writes ours again when it differs, and nothing when it is the same.
    noted = NotePushed(source_id=work.source.id, booking_id=booking.id, uid=entry.uid, href=entry.href, etag=etag, version=-1)
    _perform(noted, work.at, work.source.id, entry.uid, etag, "changed there")


def _gone(work: _Work, entry: CalendarEntry) -> None:
    if entry.state == PUSHED:
        with database.reading() as s:
            booking = record.booking_of(s, entry)
        if booking is not None and booking.state in LIVE and booking.starts_at > work.at:
            perform_now(
                book.CancelBooking(booking_id=booking.id),
                by=SYSTEM,
                at=work.at,
                op_id=derived("calendar.deleted_there", entry.id, entry.etag),
            )
            work.gone += 1
        gone = NotePushed(
            source_id=work.source.id, booking_id=entry.booking_id or UUID(int=0), uid=entry.uid, href=entry.href, version=0, gone=True
        )
        _perform(gone, work.at, work.source.id, entry.uid, entry.etag, "gone")
        return
    if entry.state == GONE or (entry.starts_at is not None and entry.starts_at <= work.at):
        return
    do = TakeEvent(source_id=work.source.id, uid=entry.uid, recurrence=entry.recurrence, starts_at=entry.starts_at, gone=True)
    if _perform(do, work.at, work.source.id, entry.id, entry.etag, entry.fingerprint, "gone", entry.judged_at) is not None:
        work.gone += 1


# ── to there ──


def _push(work: _Work) -> bool:
    """Write what of ours is new, changed or gone; answers whether all of it was (what somebody changed meanwhile waits for the next round)."""
    all_done = True
    for ours, entry in _to_push(work):
        try:
            href, etag = work.remote.put(
                ours, entry.href if entry and entry.state == PUSHED else "", entry.etag if entry and entry.state == PUSHED else ""
            )
        except Changed:
            all_done = False
            continue
        noted = NotePushed(source_id=work.source.id, booking_id=ours.booking_id, uid=ours.uid, href=href, etag=etag, version=ours.version)
        _perform(noted, work.at, work.source.id, ours.uid, etag, ours.version, "pushed")
        work.pushed += 1
    for entry in _to_take_away(work):
        try:
            work.remote.delete(entry.href, entry.etag)
        except Changed:
            all_done = False
            continue
        gone = NotePushed(
            source_id=work.source.id, booking_id=entry.booking_id or UUID(int=0), uid=entry.uid, href=entry.href, version=0, gone=True
        )
        _perform(gone, work.at, work.source.id, entry.uid, entry.etag, "taken away")
        work.pushed += 1
    return all_done


def _to_push(work: _Work) -> list[tuple[Ours, CalendarEntry | None]]:
    """Live bookings to come that did not come from there, as far as they are not there as they are now."""
    with database.reading() as s:
        entries = {entry.booking_id: entry for entry in record.entries_of(s, work.source.id) if entry.booking_id}
        room, place = rooms.get(s, work.source.room_id), s.get(Place, work.source.room_id)
        query = (
            select(Booking, Department.name.label("who"))  # type: ignore[attr-defined]
            .outerjoin(Department, col(Department.id) == Booking.department_id)
            .where(col(Booking.room_id) == work.source.room_id, col(Booking.starts_at) > work.at, col(Booking.starts_at) < work.at + AHEAD)
            .where(col(Booking.state).in_(LIVE))
            .order_by(col(Booking.starts_at))
        )
        found: list[tuple[Ours, CalendarEntry | None]] = []
        for booking, who in s.execute(query):
            entry = entries.get(booking.id)
            if entry is not None and (entry.state == ACCEPTED or (entry.state == PUSHED and entry.booking_version == booking.version)):
                continue
            shown = booking.title if room.public and booking.title else who or t("booking.someone", work.language)
            ours = Ours(
                booking.id,
                f"{booking.id}@foyer",
                booking.version,
                booking.starts_at,
                booking.ends_at,
                shown,
                place.name if place else "",
                booking.zone,
            )
            found.append((ours, entry))
    return found


def _to_take_away(work: _Work) -> list[CalendarEntry]:
    """What is there of ours and does not take place here any more, or in another room."""
    query = (
        select(CalendarEntry)
        .join(Booking, col(Booking.id) == CalendarEntry.booking_id)
        .where(col(CalendarEntry.source_id) == work.source.id, col(CalendarEntry.state) == PUSHED, col(Booking.starts_at) > work.at)
        .where(or_(col(Booking.state).not_in(LIVE), col(Booking.room_id) != work.source.room_id))
    )
    with database.reading() as s:
        return list(s.execute(query).scalars())


# ── helpers ──


def _perform(do: Operation, at: datetime, *what: Any) -> dict[str, Any] | None:
    """Perform with an id that follows from what it says; the result, or None when it was refused."""
    outcome = perform_now(do, by=SYSTEM, at=at, op_id=derived("calendar", type(do).__name__, *what))
    if not outcome.ok and outcome.code != "op.reused":
        log.warning("calendar operation %s was not accepted: %s", type(do).__name__, outcome.code)
    return (outcome.result or {}) if outcome.ok else None
