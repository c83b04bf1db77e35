"""Keep a room and its calendar elsewhere equal (pitfalls V04, V12, V18, V23; issue "Rooms and door screens", calendars).

A job reads what changed there, lets each event ask for the room, answers it at once, then writes what changed here. HTTP is spoken outside
of any transaction; every fact is noted by an operation whose id follows from what it says, so a sync killed anywhere goes on where it was
and does nothing twice. An error, half an answer or a sudden emptiness changes nothing: the rooms stay booked, and the desk sees why."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation import database, vault
from core.foundation.jobs import job
from core.mechanisms import office
from core.mechanisms.places import Place
from core.sections.bookings import claims
from core.sections.bookings.calendars import record
from core.sections.bookings.calendars.caldav import CalDav
from core.sections.bookings.calendars.graph import Graph
from core.sections.bookings.calendars.incoming import suddenly_empty, take_in
from core.sections.bookings.calendars.intake import AHEAD
from core.sections.bookings.calendars.noting import NoteSync, perform_once
from core.sections.bookings.calendars.outgoing import answer_all, push
from core.sections.bookings.calendars.record import CalendarSource, Kind
from core.sections.bookings.calendars.remote import Changes, Feed, Remote, RemoteError
from core.sections.bookings.calendars.rounds import Report, Work

log = logging.getLogger("foyer.calendars")
EVERY = {Kind.CALDAV: timedelta(seconds=15), Kind.GRAPH: timedelta(seconds=30), Kind.FEED: timedelta(minutes=15)}
AFTER_TROUBLE = timedelta(minutes=2)


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
    work = Work(source, made, at, host.language if host else "en", entries)
    _tried[source_id] = at
    token, problem, detail = source.token, "", ""
    try:
        changes = work.remote.changes("" if source.empty_true or source.problem else source.token)
        if suddenly_empty(work, changes) and not source.empty_true:
            raise RemoteError("calendar.empty_answer")
        if not changes.unchanged:
            take_in(work, changes)
        token = changes.token
        if work.two_way:
            answered_all = answer_all(work)
            token = token if push(work) and answered_all else ""
    except RemoteError as failure:
        problem, detail = failure.reason, failure.detail
    note = NoteSync(
        source_id=source_id, round=source.rounds + 1, token=token[:2000], problem=problem, detail=detail, empty=problem == "calendar.empty_answer"
    )  # fmt: skip
    if _worth_noting(source, note, work, at):
        perform_once(note, at, source_id, source.rounds, "sync")
    return Report(problem, work.taken, work.declined, work.gone, work.pushed, work.lost)


def _worth_noting(source: CalendarSource, note: NoteSync, work: Work, at: datetime) -> bool:
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
