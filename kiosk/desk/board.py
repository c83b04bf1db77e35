"""What the desk's first page is made of: what waits for this person, the rooms now, who is in the house, what was done (scenario Office 7; desk-today.png).

Only reads, each through its own part's function. A `Task` is one line of the list: when, what, one act.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from core.foundation import clock, i18n
from core.mechanisms import approvals, devices, duties, labels, notices
from core.mechanisms.operations import Actor, AuditRow, Role
from core.sections import bookings, deliveries, stocktakes, visits

OFFICE = (Role.ADMIN, Role.CLERK, Role.RECEPTION)
FIRST_HOUR, LAST_HOUR, SHOWN_DONE = 8, 20, 5


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
    company: str
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
    about: str


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


def board(s: Session, by: Actor, at: datetime) -> Board:
    """The board of `by` at `at`."""
    tasks = [task for source in sources() for task in source(s, by, at)]
    tasks.sort(key=lambda task: (not task.late, task.sort_at))
    done = done_today(s, by, at)
    return Board(
        tuple(tasks), sum(task.late for task in tasks), tuple(room_lines(s, at)), share_of_day(at), house(s, by, at), tuple(done[:SHOWN_DONE]), len(done)
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
            {"title": duty.title, "owner": duty.owner, "times": duty.times}, day_word=day_word(days if duty.late else min(days, 0)), late=duty.late, late_days=max(0, days), pill=pill,
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
    return [
        Task(
            newest.created_at,
            "today.notices",
            "today.notices.meta",
            "/desk/notices?chip=undelivered",
            "today.look",
            facts,
            due=newest.created_at,
        )
    ]


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
    """Who is invited for today and not here yet, as one line; those whose host has not answered their arrival, one line each."""
    if not by.has(Role.ADMIN, Role.RECEPTION):
        return []
    found = []
    expected = visits.expected(s, clock.today(at))
    if expected:
        names = ("、" if by.language != "en" else ", ").join(visit.name for visit in expected[:3])
        facts = {"n": len(expected), "names": names}
        found.append(
            Task(
                clock.day_span(clock.today(at))[1],
                "today.expected",
                "today.expected.meta",
                "/desk/visits?chip=expected",
                "today.look",
                facts,
                day_word="today.word.today",
            )
        )
    for call in visits.open_calls(s):
        found.append(
            Task(
                call.called_at,
                "today.help",
                "today.help.meta",
                "/desk/visits",
                "today.look",
                {"where": call.where},
                due=call.called_at,
                pill=("today.pill.now", "busy"),
            )
        )
    return found


def waiting_deliveries(s: Session, by: Actor, at: datetime) -> list[Task]:
    """Deliveries nobody has fetched, as one line for reception; one's own for everyone else."""
    own = (
        []
        if by.person_id is None or by.has(*OFFICE)
        else [d for d in deliveries.mine(s, by.person_id) if d.state == deliveries.DeliveryState.WAITING]
    )
    rows = deliveries.waiting(s) if by.has(Role.ADMIN, Role.RECEPTION) else own
    if not rows:
        return []
    oldest = min(rows, key=lambda row: row.dropped_at)
    facts = {
        "n": len(rows),
        "to": oldest.recipient
        or (i18n.quoted(oldest.addressee, by.language) if oldest.addressee else i18n.t("delivery.nobody", by.language)),
        "receipt": oldest.receipt,
        "day": i18n.day_and_time(oldest.dropped_at, clock.zone(), by.language),
    }
    return [
        Task(oldest.dropped_at, "today.deliveries", "today.deliveries.meta", "/desk/deliveries", "today.look", facts, due=oldest.dropped_at)
    ]


def counts_to_review(s: Session, by: Actor, at: datetime) -> list[Task]:
    """Stock-takes under way or waiting for decisions."""
    if not by.has(Role.ADMIN, Role.CLERK, Role.LEADER):
        return []
    found = []
    for one in stocktakes.listed(s, by, states=("open", "closed"), limit=5):
        facts = {
            "title": one.title,
            "counted": one.counted if one.counted is not None else "?",
            "expected": one.expected if one.expected is not None else "?",
        }
        key = "today.count_closed" if one.state == "closed" else "today.count_open"
        late = one.due_on is not None and one.due_on < clock.today(at)
        found.append(Task(one.opened_at, key, f"{key}.meta", f"/desk/stocktakes?open={one.id}", f"{key}.act", facts, day_word="today.word.today", late=late,
                          late_days=(clock.today(at) - one.due_on).days if one.due_on else 0))  # fmt: skip
    return found


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
        lines.append(
            RoomLine(
                room.id,
                room.name,
                room.short_name,
                room.shown,
                room.until if room.ready else None,
                tuple(block for block in blocks if block[1] > block[0]),
            )
        )
    return lines


def house(s: Session, by: Actor, at: datetime) -> House | None:
    """Who is in the house now, without who is out for a while, for those who may see visits; today's arrivals by hour beside the mean of the last four
    of this weekday."""
    if not by.has(*OFFICE, Role.LEADER, Role.SAFETY):
        return None
    guests = tuple(
        Guest(visit.id, f"{visit.day_number or 0:03d}", visit.name, visit.company, visit.host, visit.host_department, visit.arrived_at)
        for visit in visits.in_house(s, at) if visit.arrived_at is not None and visit.break_at is None
    )  # fmt: skip
    today = clock.today(at)
    now, *before = [_arrivals(s, today - timedelta(weeks=weeks)) for weeks in range(5)]
    usual = tuple(sum(week[hour] for week in before) / len(before) for hour in range(len(now)))
    return House(guests, visits.count_in_house(s), sum(now), tuple(now), usual)


def _arrivals(s: Session, day: date) -> list[int]:
    start, end = clock.day_span(day)
    hours = [0] * (LAST_HOUR - FIRST_HOUR)
    for (arrived_at,) in s.execute(
        select(col(visits.Visit.arrived_at)).where(col(visits.Visit.arrived_at) >= start, col(visits.Visit.arrived_at) < end)
    ):
        hour = clock.local(arrived_at).hour
        hours[min(max(hour, FIRST_HOUR), LAST_HOUR - 1) - FIRST_HOUR] += 1
    return hours


def done_today(s: Session, by: Actor, at: datetime) -> list[Done]:
    """What this person settled today, newest first: accepted operations that have a sentence (`done.<kind>`), with what they were about."""
    start = clock.day_span(clock.today(at))[0]
    query = select(AuditRow).where(col(AuditRow.at) >= start, col(AuditRow.person_id) == by.person_id, col(AuditRow.outcome) == "accepted")
    rows = [row for row in s.execute(query.order_by(col(AuditRow.at).desc()).limit(200)).scalars() if i18n.has(f"done.{row.kind}")]
    return [Done(row.at, f"done.{row.kind}", _about(s, row, by) if index < SHOWN_DONE else "") for index, row in enumerate(rows)]


def _about(s: Session, row: AuditRow, by: Actor) -> str:
    """The title of what an operation was about, where its kind describes itself."""
    if row.subject_kind is None or row.subject_id is None:
        return ""
    try:
        subject = UUID(row.subject_id)
    except ValueError:
        return ""
    found = labels.describe(s, row.subject_kind, [subject], by).get(subject)
    return found.title if found else ""
