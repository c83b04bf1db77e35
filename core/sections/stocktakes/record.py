"""What a stock-take keeps: the session, what the book expected of it by value, and everything people did, as rows that are only ever added.

Nothing here is a result. Counts, undone counts, finds, hand-ins and decisions are observations and acts; what they mean together is asked of
`lines` (house.md §3, counts). Two answers that differ both stay (pitfalls T8, T9, T12).
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, Integer, String, false
from sqlmodel import Field, Session, SQLModel

from core.foundation import database
from core.foundation.errors import Refused
from core.foundation.ids import uuid7
from core.mechanisms.operations import OFFICE, Role

REVIEWERS = OFFICE | {Role.LEADER}
APPROVERS = frozenset({Role.CLERK, Role.LEADER})


class Kind(StrEnum):
    ASSET = "asset"
    SUPPLY = "supply"


class Mode(StrEnum):
    """`guided`: the list is shown. `open`: scan what is there. `blind`: nobody who counts sees a figure of the book. `self`: keepers count their own."""

    GUIDED = "guided"
    OPEN = "open"
    BLIND = "blind"
    SELF = "self"


class State(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    APPROVED = "approved"
    REJECTED = "rejected"


class Answer(StrEnum):
    """What somebody said without reading a code: `here`: I have it. `elsewhere`: it stands somewhere else. `absent`: I looked and it is not there."""

    HERE = "here"
    ELSEWHERE = "elsewhere"
    ABSENT = "absent"


class Condition(StrEnum):
    """How a thing looked to who counted it."""

    GOOD = "good"
    WORN = "worn"
    DAMAGED = "damaged"
    UNUSABLE = "unusable"


class Decision(StrEnum):
    """`accept`: the book follows what was found. `recount`: go and look again. `investigate`: the book stays, somebody finds out why."""

    ACCEPT = "accept"
    RECOUNT = "recount"
    INVESTIGATE = "investigate"


class Stocktake(SQLModel, table=True):
    """One session. `expected_count` is how many lines it asks for; `population` how many its scope holds, which is more when a sample was drawn.

    The scope is places (none: everywhere), departments, class codes by their beginning, value from and to in cents. A sample is a count or a percentage,
    drawn by `sample_seed`: the same seed draws the same things. `frozen`: nothing in scope is handed over or moved while it is open."""

    __tablename__: ClassVar[str] = "stocktake"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    title: str
    kind: str
    mode: str
    state: str = Field(default=State.OPEN, index=True)
    place_ids: list[str] = Field(sa_column=Column(JSON, nullable=False))
    department_ids: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False, server_default="[]"))
    class_codes: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False, server_default="[]"))
    value_from_cents: int | None = Field(default=None, sa_column=Column(BigInteger))
    value_to_cents: int | None = Field(default=None, sa_column=Column(BigInteger))
    sample_count: int | None = None
    sample_percent: int | None = None
    sample_seed: str = Field(default="", sa_column=Column(String, nullable=False, server_default=""))
    frozen: bool = Field(default=False, sa_column=Column(Boolean, nullable=False, server_default=false()))
    population: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default="0"))
    due_on: date | None = None
    expected_count: int = 0
    opened_at: datetime
    opened_by_id: UUID | None = None
    closed_at: datetime | None = None
    closed_by_id: UUID | None = None
    override_reason: str = ""
    settled_at: datetime | None = None
    settled_by_id: UUID | None = None
    settled_reason: str = ""
    version: int = 1


class StocktakeLine(SQLModel, table=True):
    """What the book said of one thing (or one supply on one shelf) when the session was opened, by value. Money in cents."""

    __tablename__: ClassVar[str] = "stocktake_line"
    __table_args__ = (Index("ix_stocktake_line_subject", "stocktake_id", "subject_id"),)
    id: UUID = Field(primary_key=True)
    stocktake_id: UUID = Field(foreign_key="stocktake.id")
    subject_id: UUID
    number: str
    name: str
    spec: str
    serial: str
    unit: str
    place_id: UUID | None = None
    place: str
    keeper_id: UUID | None = None
    keeper: str
    department: str
    value_cents: int | None = Field(default=None, sa_column=Column(BigInteger))
    net_value_cents: int | None = Field(default=None, sa_column=Column(BigInteger))
    quantity: int | None = Field(default=None, sa_column=Column(BigInteger))
    label: str


class StocktakeCounter(SQLModel, table=True):
    """Who was asked to count where (no place: everywhere in the session). The last asking holds; an earlier one is taken out."""

    __tablename__: ClassVar[str] = "stocktake_counter"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    stocktake_id: UUID = Field(index=True)
    person_id: UUID
    place_id: UUID | None = None


class CountEvent(SQLModel, table=True):
    """One observation: this code was read here. `subject_id` is what it stood for then; `quantity` is counted, for supplies.

    `answer` is empty for a code that was read, else what a person said of a line of the list without reading one (`code` may be empty then)."""

    __tablename__: ClassVar[str] = "stocktake_count"
    __table_args__ = (Index("ix_stocktake_count_subject", "stocktake_id", "subject_id"),)
    op_id: UUID = Field(primary_key=True)
    stocktake_id: UUID
    code: str
    subject_id: UUID | None = None
    place_id: UUID
    quantity: int | None = Field(default=None, sa_column=Column(BigInteger))
    person_id: UUID | None = None
    device_id: UUID | None = None
    device_seq: int | None = Field(default=None, sa_column=Column(BigInteger))
    occurred_at: datetime
    received_at: datetime
    clock_skew_s: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    answer: str = Field(default="", sa_column=Column(String, nullable=False, server_default=""))
    condition: str = Field(default="", sa_column=Column(String, nullable=False, server_default=""))
    note: str = Field(default="", sa_column=Column(String, nullable=False, server_default=""))
    photos: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False, server_default="[]"))


class CountUndone(SQLModel, table=True):
    """A count or find is taken back. It may arrive before what it takes back; it counts only from the same person, or from the office."""

    __tablename__: ClassVar[str] = "stocktake_undone"
    op_id: UUID = Field(primary_key=True)
    stocktake_id: UUID = Field(index=True)
    count_op_id: UUID
    person_id: UUID | None = None
    device_id: UUID | None = None
    by_office: bool = False
    occurred_at: datetime


class Find(SQLModel, table=True):
    """Something the book does not know: its label is foreign or gone. Photos are named by their hash and may arrive later."""

    __tablename__: ClassVar[str] = "stocktake_find"
    op_id: UUID = Field(primary_key=True)
    stocktake_id: UUID = Field(index=True)
    code: str
    place_id: UUID
    description: str
    photos: list[str] = Field(sa_column=Column(JSON, nullable=False))
    person_id: UUID | None = None
    device_id: UUID | None = None
    occurred_at: datetime
    received_at: datetime


class HandIn(SQLModel, table=True):
    """A phone says: everything up to my number `last_seq` belongs to this count, and I am done here."""

    __tablename__: ClassVar[str] = "stocktake_hand_in"
    op_id: UUID = Field(primary_key=True)
    stocktake_id: UUID = Field(index=True)
    device_id: UUID
    person_id: UUID | None = None
    last_seq: int = Field(sa_type=BigInteger)
    occurred_at: datetime


class LineDecision(SQLModel, table=True):
    """What was decided about a line, looking at `seen` (its result then). The latest counts, and only while the line still says the same.
    `counter_id`: who was asked to count it again."""

    __tablename__: ClassVar[str] = "stocktake_decision"
    op_id: UUID = Field(primary_key=True)
    stocktake_id: UUID = Field(index=True)
    line_id: UUID
    decision: str
    cause: str
    place_id: UUID | None = None
    quantity: int | None = Field(default=None, sa_column=Column(BigInteger))
    seen: str
    person_id: UUID | None = None
    decided_at: datetime
    counter_id: UUID | None = None


class SealedReport(SQLModel, table=True):
    """The figures as they were approved: canonical JSON and its SHA-256, for ever."""

    __tablename__: ClassVar[str] = "stocktake_report"
    stocktake_id: UUID = Field(primary_key=True)
    sealed_at: datetime
    content: str
    sha256: str


class ReportFile(SQLModel, table=True):
    """A sealed report as a file, made once in a language and kept byte for byte."""

    __tablename__: ClassVar[str] = "stocktake_report_file"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    stocktake_id: UUID = Field(index=True)
    format: str
    language: str
    sha256: str
    data: bytes
    made_at: datetime


for _table in ("line", "count", "undone", "find", "hand_in", "decision", "report", "report_file"):
    database.append_only(f"stocktake_{_table}")


def get(s: Session, stocktake_id: UUID) -> Stocktake:
    """The session, or Refused stocktake.not_found."""
    found = s.get(Stocktake, stocktake_id)
    if found is None:
        raise Refused("stocktake.not_found")
    return found


def shown(names: list[dict[str, Any]]) -> str:
    """`王芳 (2), 周启明 (1)`: names with a number each, the same in every language."""
    return ", ".join(f"{one['name']} ({one['n']})" for one in names)
