"""What the server notes of a phone, and how the desk sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints
from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel

from core.foundation import database
from core.foundation.ids import uuid7
from core.mechanisms.operations import Role

Span = tuple[int, int]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Seq = Annotated[int, Input(ge=1, lt=2**31)]
SUPERVISORS = frozenset({Role.ADMIN, Role.CLERK, Role.LEADER})
SILENT_AFTER = timedelta(days=2)
TROUBLE_WINDOW = timedelta(days=30)
QUARANTINE = "quarantine"


class PhoneGap(SQLModel, table=True):
    """Numbers that will not come any more, and why: said by the person on the phone or by the desk. Append-only."""

    __tablename__: ClassVar[str] = "phone_gap"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    device_id: UUID = Field(index=True)
    first_seq: int
    last_seq: int
    reason: str
    person_id: UUID | None = None
    at_desk: bool = False
    noted_at: datetime


class PhoneIncident(SQLModel, table=True):
    """A phone came back without its data: which numbers it had announced that never arrived."""

    __tablename__: ClassVar[str] = "phone_incident"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    device_id: UUID = Field(index=True)
    cause: str
    spans: list[list[int]] = Field(sa_column=Column(JSON, nullable=False))
    person_id: UUID | None = None
    noticed_at: datetime


database.append_only("phone_gap")
database.append_only("phone_incident")


@dataclass(frozen=True, slots=True)
class PhoneIncidentView:
    noticed_at: datetime
    cause: str
    spans: tuple[Span, ...]
    person: str


@dataclass(frozen=True, slots=True)
class PhoneView:
    """A phone as the desk lists it. `missing` counts numbers announced and not received; `unsent` is what the phone itself said it still holds."""

    id: UUID
    name: str
    person_id: UUID | None
    person: str
    last_seen_at: datetime | None
    announced: int
    received: int
    explained: int
    missing: int
    unsent: int
    quarantined: int
    incidents: int
    clock_skew_s: int
    storage: str
    app_version: str
    revoked: bool
    version: int


@dataclass(frozen=True, slots=True)
class PhoneDetail:
    """A phone with its missing numbers, incidents and quarantined records."""

    id: UUID
    version: int
    phone: PhoneView
    spans: tuple[Span, ...]
    incidents: tuple[PhoneIncidentView, ...]
    waiting: tuple[dict[str, Any], ...]
