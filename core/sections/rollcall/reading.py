"""What desk, phones and paper show of a roll call, and of the house while none runs (scenario Front desk 9)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlmodel import Session, col

from core.foundation.errors import Invalid, Refused
from core.mechanisms import people, pinyin, places
from core.mechanisms.devices import DeviceContact
from core.mechanisms.operations import Actor, Role
from core.mechanisms.views import Collection, ExportColumn, Page, Query
from core.sections.rollcall import badging, house, record
from core.sections.rollcall.house import Kind, Someone, Status
from core.sections.rollcall.record import MARSHALS, STARTERS, Mark, RollCall, RollCallLine, RollCallMark, RollCallReport
from core.sections.visits.record import Visit


@dataclass(frozen=True, slots=True)
class TickView:
    """Who saw them, when, where. `taken_back_by` and `taken_back_at` when it counts no longer; `late` when it came after the close."""

    id: UUID
    by: str
    at: datetime
    received_at: datetime
    place: str
    headcount: int
    late: bool
    taken_back_by: str = ""
    taken_back_at: datetime | None = None

    @property
    def stands(self) -> bool:
        return self.taken_back_at is None


@dataclass(frozen=True, slots=True)
class LineView:
    """One to look for. `found` of `headcount` were seen; `left_at`: they scanned out after the roll call began; `arrived_since`: they came in
    after it and stand on no stored list yet."""

    subject_id: UUID
    kind: str
    name: str
    detail: str
    host: str
    where: str
    since: datetime | None
    status: str
    headcount: int
    number: str
    label: str
    found: int
    accounted: bool
    left_at: datetime | None
    arrived_since: bool
    ticks: tuple[TickView, ...]


@dataclass(frozen=True, slots=True)
class RollCallView:
    """A roll call with everybody: who is missing first. `expected` and `missing` count heads of those inside, not those kept apart."""

    id: UUID
    year: int
    number: int
    drill: bool
    turned_real_at: datetime | None
    note: str
    started_at: datetime
    started_by: str
    closed_at: datetime | None
    closed_by: str
    closing_note: str
    expected: int
    accounted: int
    missing: int
    on_break: int
    assumed_left: int
    late_ticks: int
    marshals: tuple[str, ...]
    lines: tuple[LineView, ...]
    version: int


@dataclass(frozen=True, slots=True)
class RollCallRow:
    """A roll call in the register, with the figures of its latest report."""

    id: UUID
    year: int
    number: int
    drill: bool
    note: str
    started_at: datetime
    started_by: str
    closed_at: datetime | None
    minutes: int | None
    expected: int | None
    missing: int | None
    revision: int
    sha256: str
    version: int


# ── who may ──


def is_marshal(roll_call: RollCall | None, by: Actor) -> bool:
    """Who may read the list and tick: by role, or named for this roll call."""
    if by.has(*MARSHALS, Role.SYSTEM):
        return True
    return roll_call is not None and by.person_id is not None and str(by.person_id) in roll_call.marshals


def may_start(by: Actor) -> bool:
    return by.has(*STARTERS)


# ── reads ──


def open_one(s: Session) -> RollCall | None:
    """The roll call that runs."""
    query = select(RollCall).where(col(RollCall.closed_at).is_(None)).order_by(col(RollCall.started_at).desc()).limit(1)
    return s.execute(query).scalars().first()


def line_of(s: Session, roll_call_id: UUID, subject_id: UUID) -> RollCallLine | None:
    query = select(RollCallLine).where(col(RollCallLine.roll_call_id) == roll_call_id, col(RollCallLine.subject_id) == subject_id)
    return s.execute(query).scalars().first()


def late_marks(s: Session, roll_call_id: UUID) -> int:
    """Marks that the last report does not hold: they came after its sealing, or in the same moment."""
    sealed = s.execute(select(func.max(RollCallReport.marks)).where(col(RollCallReport.roll_call_id) == roll_call_id)).scalar_one_or_none()
    return count_marks(s, roll_call_id) - int(sealed or 0)


def count_marks(s: Session, roll_call_id: UUID) -> int:
    return int(s.execute(select(func.count()).select_from(RollCallMark).where(col(RollCallMark.roll_call_id) == roll_call_id)).scalar_one())


def phones_owing(s: Session) -> int:
    """Phones that said at their last contact that they still hold records."""
    return int(s.execute(select(func.count()).select_from(DeviceContact).where(col(DeviceContact.unsent) > 0)).scalar_one())


def now_for(s: Session, by: Actor, at: datetime) -> dict[str, Any]:
    """What a marshal's phone keeps: the roll call that runs with its list, or everybody in the house for the case that one begins without
    the server. Nobody else gets a name (pitfall V34). Holds no moment of its own, so that its hash says whether anything changed."""
    running = open_one(s)
    if not is_marshal(running, by):
        return {"marshal": False, "may_start": False, "open": None, "house": [], "points": []}
    shown = view(s, running, at) if running is not None else None
    return {
        "marshal": True,
        "may_start": may_start(by),
        "open": shown,
        "house": [] if shown else house.everybody(s, at),
        "points": [{"id": p.id, "name": p.name, "label": p.label} for p in assembly_points(s)],
    }


def assembly_points(s: Session) -> list[places.PlaceView]:
    """Where people gather: places whose name says so come first, then all outside rooms in the order of the house. At most 40."""
    found = [place for place in places.everything(s) if place.kind not in ("room", "shelf", "point") or "集合" in place.name]
    return sorted(found, key=lambda place: "集合" not in place.name and "assembly" not in place.name.lower())[:40]


def view(s: Session, roll_call: RollCall, at: datetime) -> RollCallView:
    """Everything about a roll call; who came in since stands on it while it runs."""
    rows = list(s.execute(select(RollCallLine).where(col(RollCallLine.roll_call_id) == roll_call.id)).scalars())
    marks = list(
        s.execute(
            select(RollCallMark).where(col(RollCallMark.roll_call_id) == roll_call.id).order_by(col(RollCallMark.at), col(RollCallMark.id))
        ).scalars()
    )
    names = _names(s, [roll_call.started_by, roll_call.closed_by, *(mark.person_id for mark in marks)])
    lines = _lines(s, roll_call, rows, marks, names, at)
    inside = [line for line in lines if line.status == Status.INSIDE]
    apart = [line for line in lines if line.status != Status.INSIDE]
    expected, accounted = sum(line.headcount for line in inside), sum(min(line.found, line.headcount) for line in inside)
    return RollCallView(
        id=roll_call.id,
        year=roll_call.year,
        number=roll_call.number,
        drill=roll_call.drill,
        turned_real_at=roll_call.turned_real_at,
        note=roll_call.note,
        started_at=roll_call.started_at,
        started_by=names.get(roll_call.started_by, ""),
        closed_at=roll_call.closed_at,
        closed_by=names.get(roll_call.closed_by, ""),
        closing_note=roll_call.closing_note,
        expected=expected,
        accounted=accounted,
        missing=expected - accounted,
        on_break=sum(line.headcount for line in apart if line.status == Status.BREAK),
        assumed_left=sum(line.headcount for line in apart if line.status == Status.ASSUMED_LEFT),
        late_ticks=late_marks(s, roll_call.id) if roll_call.closed_at else 0,
        marshals=tuple(dict.fromkeys(names[mark.person_id] for mark in marks if mark.person_id in names)),
        lines=tuple(sorted(lines, key=_order)),
        version=roll_call.version,
    )


def _order(line: LineView) -> tuple[Any, ...]:
    """Unaccounted first, then those kept apart, then the found ones; inside each by where they were last and their name."""
    group = 3 if line.accounted else {Status.INSIDE: 0, Status.BREAK: 1, Status.ASSUMED_LEFT: 2}[Status(line.status)]
    return (group, line.kind == Kind.OTHER, line.kind, line.where, pinyin.order(line.name), str(line.subject_id))


def _lines(
    s: Session,
    roll_call: RollCall,
    rows: Sequence[RollCallLine],
    marks: Sequence[RollCallMark],
    names: dict[UUID | None, str],
    at: datetime,
) -> list[LineView]:
    standing = record.merge(_plain(mark) for mark in marks)
    by_subject: dict[UUID, list[RollCallMark]] = {}
    taken: dict[UUID, RollCallMark] = {}
    for mark in marks:
        by_subject.setdefault(mark.subject_id, []).append(mark)
        for id in mark.takes_back:
            taken.setdefault(UUID(id), mark)
    where = {place.id: place.name for place in places.everything(s)} if marks else {}
    left = _left_since(s, roll_call, [row.subject_id for row in rows], at)
    lines = []
    for row in rows:
        mine = by_subject.get(row.subject_id, [])
        ids = standing.get(row.subject_id, frozenset())
        found = record.heads((_plain(mark) for mark in mine if mark.id in ids), row.headcount)
        ticks = tuple(_tick(mark, names, where, taken.get(mark.id)) for mark in mine if not mark.takes_back)
        lines.append(
            LineView(
                subject_id=row.subject_id, kind=row.kind, name=row.name, detail=row.detail, host=row.host, where=row.where, since=row.since,
                status=row.status, headcount=row.headcount, number=row.number, label=row.label, found=found, accounted=found >= row.headcount,
                left_at=left.get(row.subject_id), arrived_since=False, ticks=ticks,
            )
        )  # fmt: skip
    if roll_call.closed_at is None:
        known = {row.subject_id for row in rows}
        lines += [
            from_house(one)
            for one in house.everybody(s, at)
            if one.subject_id not in known and one.status is Status.INSIDE and one.since > roll_call.started_at
        ]
    return lines


def from_house(one: Someone) -> LineView:
    """Somebody in the house who stands on no stored list."""
    return LineView(
        one.subject_id, one.kind, one.name, one.detail, one.host, one.where, one.since, one.status, one.headcount, one.number, one.label, 0,
        False, None, True, (),
    )  # fmt: skip


def as_someone(line: LineView, at: datetime) -> Someone:
    return Someone(
        line.subject_id, Kind(line.kind), line.name, line.detail, line.host, line.where, line.since or at, Status(line.status),
        line.headcount, line.number, line.label,
    )  # fmt: skip


def _plain(mark: RollCallMark) -> Mark:
    return Mark(mark.id, mark.subject_id, frozenset(UUID(id) for id in mark.takes_back), mark.place_id, mark.headcount)


def _tick(mark: RollCallMark, names: dict[UUID | None, str], where: dict[UUID, str], taken: RollCallMark | None) -> TickView:
    return TickView(
        id=mark.id,
        by=names.get(mark.person_id, ""),
        at=mark.at,
        received_at=mark.received_at,
        place=where.get(mark.place_id, "") if mark.place_id else "",
        headcount=mark.headcount,
        late=mark.after_close,
        taken_back_by=names.get(taken.person_id, "") if taken else "",
        taken_back_at=taken.at if taken else None,
    )


def _left_since(s: Session, roll_call: RollCall, ids: Sequence[UUID], at: datetime) -> dict[UUID, datetime]:
    """Who scanned out after the roll call began: said beside the name, never counted as found, since a badge is not a person."""
    until = roll_call.closed_at or at
    query = select(Visit.id, Visit.left_at).where(col(Visit.left_at) > roll_call.started_at, col(Visit.left_at) <= until)
    found = {row.id: row.left_at for row in s.execute(query)}
    for person_id, one in badging.standings(s, until, since=roll_call.started_at).items():
        if one.way is badging.BadgeWay.OUT:
            found[person_id] = one.at
    return {id: found[id] for id in ids if id in found}


def _names(s: Session, ids: Iterable[UUID | None]) -> dict[UUID | None, str]:
    wanted = {id for id in ids if id is not None}
    if not wanted:
        return {}
    return {row.id: row.name for row in s.execute(select(people.Person.id, people.Person.name).where(col(people.Person.id).in_(wanted)))}


# ── the register ──


def past(s: Session, limit: int = 20) -> list[RollCallRow]:
    """The closed roll calls, latest first."""
    query = select(RollCall).where(col(RollCall.closed_at).is_not(None)).order_by(col(RollCall.started_at).desc()).limit(limit)
    return _rows(s, list(s.execute(query).scalars()))


def report_of(s: Session, roll_call_id: UUID, revision: int | None = None) -> RollCallReport:
    """A sealed report, the latest without `revision`. Refuses: rollcall.not_found, rollcall.not_closed"""
    roll_call = record.resolve(s, roll_call_id)
    query = select(RollCallReport).where(col(RollCallReport.roll_call_id) == roll_call.id).order_by(col(RollCallReport.revision).desc())
    if revision is not None:
        query = query.where(col(RollCallReport.revision) == revision)
    found: RollCallReport | None = s.execute(query.limit(1)).scalars().first()
    if found is None:
        raise Refused("rollcall.not_closed")
    return found


def _rows(s: Session, roll_calls: Sequence[RollCall]) -> list[RollCallRow]:
    ids = [one.id for one in roll_calls]
    names = _names(s, [one.started_by for one in roll_calls])
    reports: dict[UUID, RollCallReport] = {}
    if ids:
        for report in s.execute(
            select(RollCallReport).where(col(RollCallReport.roll_call_id).in_(ids)).order_by(col(RollCallReport.revision))
        ).scalars():
            reports[report.roll_call_id] = report
    return [_row(one, names, reports.get(one.id)) for one in roll_calls]


def _row(one: RollCall, names: dict[UUID | None, str], report: RollCallReport | None) -> RollCallRow:
    shown = report.content["view"] if report else {}
    return RollCallRow(
        id=one.id,
        year=one.year,
        number=one.number,
        drill=one.drill,
        note=one.note,
        started_at=one.started_at,
        started_by=names.get(one.started_by, ""),
        closed_at=one.closed_at,
        minutes=int((one.closed_at - one.started_at).total_seconds()) // 60 if one.closed_at else None,
        expected=shown.get("expected"),
        missing=shown.get("missing"),
        revision=report.revision if report else 0,
        sha256=report.sha256 if report else "",
        version=one.version,
    )


def _search(s: Session, query: Query, by: Actor) -> Page:
    """Latest first; filter `drill` (true or false). Raises Invalid query.cursor."""
    found = select(RollCall).order_by(col(RollCall.started_at).desc(), col(RollCall.id).desc()).limit(query.limit + 1)
    if (drill := query.filters.get("drill")) is not None:
        found = found.where(col(RollCall.drill) == (drill == "true"))
    if query.q.strip():
        found = found.where(col(RollCall.note).contains(query.q.strip(), autoescape=True))
    if query.cursor:
        try:
            last = s.get(RollCall, UUID(query.cursor))
        except ValueError:
            raise Invalid("query.cursor") from None
        if last is not None:
            same = and_(col(RollCall.started_at) == last.started_at, col(RollCall.id) < last.id)
            found = found.where(or_(col(RollCall.started_at) < last.started_at, same))
    rows = _rows(s, list(s.execute(found).scalars()))
    return Page(rows[: query.limit], str(rows[query.limit - 1].id) if len(rows) > query.limit else None)


def _one(s: Session, id: str, by: Actor) -> RollCallView | None:
    from core.foundation import clock

    try:
        return view(s, record.resolve(s, UUID(id)), clock.now())
    except (ValueError, Refused):
        return None


COLLECTION = Collection(
    "rollcalls",
    STARTERS,
    _search,
    _one,
    tuple(
        ExportColumn(name, f"rollcall.column.{name}")
        for name in ("year", "number", "drill", "started_at", "started_by", "closed_at", "minutes", "expected", "missing", "note", "sha256")
    ),
    ("drill",),
)
