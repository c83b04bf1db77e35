"""What the desk's first page is made of: what waits for this person, the rooms now, who is in the house, what was done (scenario Office 7; desk-today.png).

Only reads, each through its own part's function. A `Task` is one line of the list: when, what, one act.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from core.foundation import clock, i18n
from core.mechanisms import approvals, audit, devices, duties, notices
from core.mechanisms.operations import Actor, Role
from core.sections import bookings

OFFICE = (Role.ADMIN, Role.CLERK, Role.RECEPTION)
FIRST_HOUR, LAST_HOUR = 8, 20


@dataclass(frozen=True, slots=True)
class Task:
    """One line: `sort_at` orders, `late` comes first. `title`, `meta` and `act` are catalogue keys with `facts`; `due` is when, `tone` a pill."""

    sort_at: datetime
    title: str
    meta: str
    href: str
    act: str
    facts: dict[str, Any] = field(default_factory=dict)
    due: datetime | None = None
    day_word: str = ""
    late: bool = False
    late_days: int = 0
    pill: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class RoomLine:
    """A room's day as parts of the day's length (0–1), and its state now."""

    id: UUID
    name: str
    short_name: str | None
    state: str
    until: datetime | None
    blocks: tuple[tuple[float, float, str], ...]


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody in the house: day number, name, whom they visit, since when."""

    id: UUID
    number: str
    name: str
    party: int
    host: str
    department: str
    since: datetime


@dataclass(frozen=True, slots=True)
class House:
    """Who is in, and today's arrivals by hour beside the usual ones of this weekday."""

    guests: tuple[Guest, ...]
    people_in: int
    arrivals: int
    by_hour: tuple[int, ...]
    usual_by_hour: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """Something settled today."""

    at: datetime
    words: str
    who: str


@dataclass(frozen=True, slots=True)
class Board:
    """Everything of the first page for one person at one moment."""

    tasks: tuple[Task, ...]
    late: int
    rooms: tuple[RoomLine, ...]
    now: float
    house: House | None
    done: tuple[Done, ...]
    done_count: int


Source = Callable[[Session, Actor, datetime], Sequence[Task]]
_sources: list[Source] = []


def board(s: Session, by: Actor, at: datetime) -> Board:
    """The board of `by` at `at`."""
    tasks = [task for source in sources() for task in source(s, by, at)]
    tasks.sort(key=lambda task: (not task.late, task.sort_at))
    done = done_today(s, by, at)
    return Board(
        tuple(tasks), sum(task.late for task in tasks), tuple(room_lines(s, at)), share_of_day(at), house(s, by, at), tuple(done[:5]), len(done)
    )  # fmt: skip


def sources() -> tuple[Source, ...]:
    """Where tasks come from."""
    return (arriving, waiting_deliveries, my_duties, my_approvals, counts_to_review, unreached, silent_devices)


# ── tasks ──


def my_duties(s: Session, by: Actor, at: datetime) -> list[Task]:
    """What this person owes by tomorrow or is late with, and what waits for their eyes."""
    today, found = clock.today(at), []
    for duty in duties.mine(s, by, at):
        if duty.state == duties.OPEN and duty.due_on > today + timedelta(days=1):
            continue
        days = (today - duty.due_on).days
        pill = ("today.pill.late", "busy") if duty.late else ("today.pill.verify", "held") if duty.may_verify else None
        found.append(Task(
            clock.day_span(duty.due_on)[1], "today.duty", "today.duty.meta", f"/desk/duties?open={duty.id}", "today.duty.verify" if duty.may_verify else "today.duty.act",
            {"title": duty.title, "owner": duty.owner, "times": duty.times}, day_word=day_word(days), late=duty.late, late_days=max(0, days), pill=pill,
        ))  # fmt: skip
    return found


def my_approvals(s: Session, by: Actor, at: datetime) -> list[Task]:
    """What this person may decide now."""
    return [
        Task(one.requested_at, "today.approval", "today.approval.meta", f"/desk/approvals?open={one.id}", "today.approval.act",
             {"title": one.title, "who": one.requested_by}, due=one.requested_at)
        for one in approvals.waiting_for(s, by)
    ]  # fmt: skip


def unreached(s: Session, by: Actor, at: datetime) -> list[Task]:
    """Notices that did not reach their receiver, as one line for the office."""
    count = notices.count_undelivered(s) if by.has(*OFFICE) else 0
    if not count:
        return []
    newest = notices.undelivered(s, limit=1)[0]
    facts = {"n": count, "to": notices.views(s, [newest], by.language)[0].to}
    return [Task(newest.created_at, "today.notices", "today.notices.meta", "/desk/notices?chip=undelivered", "today.look", facts, due=newest.created_at)]


def silent_devices(s: Session, by: Actor, at: datetime) -> list[Task]:
    """Kiosks and doors that were not heard for two minutes, as one line for administrators and reception."""
    silent = devices.silent(s, at) if by.has(Role.ADMIN, Role.RECEPTION) else []
    silent = [device for device in silent if device.last_seen_at is not None]
    if not silent:
        return []
    since = min(device.last_seen_at for device in silent if device.last_seen_at is not None)
    facts = {"n": len(silent), "name": silent[0].name, "since": i18n.clock_time(since, clock.zone())}
    href = "/desk/devices?chip=silent" if by.has(Role.ADMIN) else ""
    return [Task(since, "today.silent", "today.silent.meta", href, "today.look", facts, due=since, pill=("devices.silent", "lost"))]


def arriving(s: Session, by: Actor, at: datetime) -> list[Task]:
    """Visits expected in the next hours that are not here yet."""
    return []


def waiting_deliveries(s: Session, by: Actor, at: datetime) -> list[Task]:
    """Deliveries nobody has fetched."""
    return []


def counts_to_review(s: Session, by: Actor, at: datetime) -> list[Task]:
    """Stock-takes with differences to decide."""
    return []


def day_word(days_late: int) -> str:
    """The word of a due day: a catalogue key."""
    return "today.word.today" if days_late == 0 else "today.word.tomorrow" if days_late < 0 else "today.word.late"


# ── rooms, house, done ──


def share_of_day(at: datetime) -> float:
    """Where `at` lies between the first and the last hour of the day line, 0 to 1."""
    local = clock.local(at)
    return min(1.0, max(0.0, (local.hour + local.minute / 60 - FIRST_HOUR) / (LAST_HOUR - FIRST_HOUR)))


def room_lines(s: Session, at: datetime) -> list[RoomLine]:
    """Each bookable room's state now with its day line."""
    days = {day.id: day for day in bookings.day_plan(s, clock.today(at), at)}
    lines = []
    for room in bookings.rooms_now(s, at):
        day = days.get(room.id)
        blocks = tuple(
            (share_of_day(slot.starts_at), share_of_day(slot.ends_at), room.state if slot.id == room.booking_id else "")
            for slot in (day.slots if day else ())
        )
        lines.append(RoomLine(room.id, room.name, room.short_name, room.state, room.until, tuple(block for block in blocks if block[1] > block[0])))
    return lines


def house(s: Session, by: Actor, at: datetime) -> House | None:
    """Who is in the house now, for those who may see visits."""
    return None


def done_today(s: Session, by: Actor, at: datetime) -> list[Done]:
    """What this person and their office settled today: accepted operations with a sentence of their own, newest first."""
    start = clock.day_span(clock.today(at))[0]
    rows = [row for row in audit.trail(s, limit=200) if row.at >= start and row.outcome == "accepted" and row.person_id == by.person_id]
    return [Done(row.at, f"done.{row.kind}", by.name) for row in rows if i18n.has(f"done.{row.kind}")]
