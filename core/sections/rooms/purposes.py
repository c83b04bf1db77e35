"""What a room is booked for: each purpose brings its own form and its own rules (guide S1.3-R1, R3 优先保障重要会议, R4).

The office writes its purposes in its own words. A booking obeys the room and its purpose together: whichever is stricter holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Protocol
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints
from sqlalchemy import JSON, Column, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation.errors import Refused
from core.foundation.ids import uuid7
from core.mechanisms.operations import PERSON_ROLES, Actor, Operation, Role, operation, touch
from core.mechanisms.views import Collection, ExportColumn, Page, Query
from core.sections.rooms.record import DAY_MINUTES, EQUIPMENT, LEAD_MOST, Approver, Line, PersonRole, Room

SERVICES = ("water", "tea", "catering")
NEEDS = (*EQUIPMENT, *SERVICES)
SEATINGS = ("boardroom", "u_shape", "classroom", "theatre", "banquet")
Need = Literal["projector", "whiteboard", "video", "phone", "screen", "microphone", "water", "tea", "catering"]
Seating = Literal["", "boardroom", "u_shape", "classroom", "theatre", "banquet"]
MAY_DISPLACE = ("admin", "clerk", "leader")
PurposeName = Annotated[str, StringConstraints(min_length=1, max_length=40)]


class Purpose(SQLModel, table=True):
    """A purpose with its form (`asks_…`, `needs`) and its rules. `important` may displace a booking of another purpose that is not
    important, `notice_minutes` before its start at the latest. Zero and empty mean: no rule of its own."""

    __tablename__: ClassVar[str] = "purpose"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    name: str = Field(unique=True)
    english_name: str = ""
    sort: int = 0
    asks_title: bool = False
    asks_attendees: bool = False
    asks_seating: bool = False
    needs: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    shortest_minutes: int = 0
    longest_minutes: int = 0
    set_up_minutes: int = 0
    clean_up_minutes: int = 0
    lead_minutes: int = 0
    approver: str = ""
    roles: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    departments: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    room_ids: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    important: bool = False
    notice_minutes: int = 0
    retired_at: datetime | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class PurposeView:
    id: UUID
    name: str
    english_name: str
    asks_title: bool
    asks_attendees: bool
    asks_seating: bool
    needs: tuple[str, ...]
    shortest_minutes: int
    longest_minutes: int
    set_up_minutes: int
    clean_up_minutes: int
    lead_minutes: int
    approver: str
    roles: tuple[str, ...]
    departments: tuple[str, ...]
    room_ids: tuple[str, ...]
    important: bool
    notice_minutes: int
    retired: bool
    version: int


@dataclass(frozen=True, slots=True)
class Rule:
    """What holds for a room and a purpose together, the stricter of both. `approvers` are roles, one step each."""

    shortest_minutes: int
    longest_minutes: int
    set_up_minutes: int
    clean_up_minutes: int
    lead_minutes: int
    ahead_days: int
    approvers: tuple[str, ...]


class SetUpPurpose(Operation):
    """Add a purpose, or change one: only the fields given change. `retired` takes it off the forms; bookings keep it."""

    purpose_id: UUID
    name: PurposeName | None = None
    english_name: Line | None = None
    sort: Annotated[int, Input(ge=0, le=1000)] | None = None
    asks_title: bool | None = None
    asks_attendees: bool | None = None
    asks_seating: bool | None = None
    needs: tuple[Need, ...] | None = None
    shortest_minutes: Annotated[int, Input(ge=0, le=DAY_MINUTES)] | None = None
    longest_minutes: Annotated[int, Input(ge=0, le=DAY_MINUTES)] | None = None
    set_up_minutes: Annotated[int, Input(ge=0, le=240)] | None = None
    clean_up_minutes: Annotated[int, Input(ge=0, le=240)] | None = None
    lead_minutes: Annotated[int, Input(ge=0, le=LEAD_MOST)] | None = None
    approver: Approver | None = None
    roles: tuple[PersonRole, ...] | None = None
    departments: tuple[UUID, ...] | None = None
    room_ids: tuple[UUID, ...] | None = None
    important: bool | None = None
    notice_minutes: Annotated[int, Input(ge=0, le=LEAD_MOST)] | None = None
    retired: bool | None = None


@operation(SetUpPurpose, "purpose.set_up", roles={Role.ADMIN, Role.CLERK})
def set_up_purpose(s: Session, do: SetUpPurpose, by: Actor, at: datetime) -> PurposeView:
    """Refuses: purpose.incomplete (a new one needs a name), purpose.name_taken, purpose.lengths, room.not_found"""
    purpose = s.get(Purpose, do.purpose_id)
    renamed = do.name is not None and (purpose is None or do.name != purpose.name)
    if renamed and s.execute(select(Purpose.id).where(col(Purpose.name) == do.name)).first():
        raise Refused("purpose.name_taken", name=do.name)
    if purpose is None:
        if do.name is None:
            raise Refused("purpose.incomplete")
        purpose = Purpose(id=do.purpose_id, name=do.name, version=0)
        s.add(purpose)
    for id in do.room_ids or ():
        if s.get(Room, id) is None:
            raise Refused("room.not_found")
    for name, value in do.model_dump(exclude_unset=True, exclude={"purpose_id", "retired"}).items():
        if value is not None:
            setattr(purpose, name, [str(one) for one in dict.fromkeys(value)] if isinstance(value, (tuple, list)) else value)
    if purpose.longest_minutes and purpose.shortest_minutes > purpose.longest_minutes:
        raise Refused("purpose.lengths")
    if purpose.important and not purpose.roles:
        purpose.roles = list(MAY_DISPLACE)  # taking a room from others is never everybody's
    if do.retired is not None:
        purpose.retired_at = (purpose.retired_at or at) if do.retired else None
    purpose.version += 1
    s.flush()
    touch(s, "purpose", purpose.id)
    return purpose_view(purpose)


# ── reads ──


def get_purpose(s: Session, purpose_id: UUID | None) -> Purpose | None:
    """The purpose, None for none, or Refused purpose.not_found."""
    if purpose_id is None:
        return None
    purpose = s.get(Purpose, purpose_id)
    if purpose is None:
        raise Refused("purpose.not_found")
    return purpose


def all_purposes(s: Session, by: Actor | None = None, department_id: UUID | None = None, *, retired: bool = False) -> list[PurposeView]:
    """The purposes in the office's order; for a form, those that `by` of this department may choose."""
    query = select(Purpose).order_by(col(Purpose.sort), col(Purpose.name))
    if not retired:
        query = query.where(col(Purpose.retired_at).is_(None))
    rows = s.execute(query).scalars()
    return [purpose_view(row) for row in rows if by is None or may_book(row, by.roles, department_id)]


class Who(Protocol):
    """What says who may book: a room, a purpose, or a row with their columns."""

    @property
    def roles(self) -> list[str]: ...
    @property
    def departments(self) -> list[str]: ...


def may_book(rule: Who, roles: Sequence[str] | frozenset[Role], department_id: UUID | None) -> bool:
    """Whether somebody of these roles and this department is among those who may book; no list means everybody."""
    if rule.roles and set(rule.roles).isdisjoint(str(role) for role in roles):
        return False
    return not rule.departments or str(department_id) in rule.departments


def rule_of(room: Room, purpose: Purpose | None) -> Rule:
    """The stricter of the room's rule and the purpose's."""
    if purpose is None:
        approvers = (room.approver,) if room.approver else ()
        return Rule(room.shortest_minutes, room.longest_minutes, room.set_up_minutes, room.clean_up_minutes, room.lead_minutes, room.ahead_days, approvers)  # fmt: skip
    return Rule(
        max(room.shortest_minutes, purpose.shortest_minutes),
        min(room.longest_minutes, purpose.longest_minutes or room.longest_minutes),
        max(room.set_up_minutes, purpose.set_up_minutes),
        max(room.clean_up_minutes, purpose.clean_up_minutes),
        max(room.lead_minutes, purpose.lead_minutes),
        room.ahead_days,
        tuple(dict.fromkeys(name for name in (room.approver, purpose.approver) if name)),
    )


def purpose_view(purpose: Purpose) -> PurposeView:
    return PurposeView(
        purpose.id, purpose.name, purpose.english_name, purpose.asks_title, purpose.asks_attendees, purpose.asks_seating, tuple(purpose.needs),
        purpose.shortest_minutes, purpose.longest_minutes, purpose.set_up_minutes, purpose.clean_up_minutes, purpose.lead_minutes,
        purpose.approver, tuple(purpose.roles), tuple(purpose.departments), tuple(purpose.room_ids), purpose.important, purpose.notice_minutes,
        purpose.retired_at is not None, purpose.version,
    )  # fmt: skip


def _list(s: Session, query: Query, by: Actor) -> Page:
    found = [one for one in all_purposes(s, retired=True) if query.q.lower() in f"{one.name} {one.english_name}".lower()]
    start = next((i + 1 for i, one in enumerate(found) if str(one.id) == query.cursor), 0)
    rows = found[start : start + query.limit]
    return Page(rows, str(rows[-1].id) if start + query.limit < len(found) else None)


def _one(s: Session, id: str, by: Actor) -> Any:
    try:
        purpose = s.get(Purpose, UUID(id))
    except ValueError:
        return None
    return purpose_view(purpose) if purpose else None


PURPOSES = Collection(
    "purposes", PERSON_ROLES, _list, _one,
    tuple(ExportColumn(name, f"purpose.column.{name}") for name in ("name", "english_name", "important", "approver", "longest_minutes", "retired")),
)  # fmt: skip
