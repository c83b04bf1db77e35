"""What is kept of every operation: the append-only log, the audit line, and what waits for a person's word."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import JSON, Column, Index
from sqlmodel import Field, SQLModel

from core.foundation import database


class OperationRow(SQLModel, table=True):
    """Every judged operation, for ever: append-only, unique by the caller's id."""

    __tablename__: ClassVar[str] = "operation"
    __table_args__ = (Index("ix_operation_device_seq", "device_id", "device_seq"),)
    op_id: UUID = Field(primary_key=True)
    kind: str = Field(index=True)
    payload_hash: str
    payload: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    person_id: UUID | None = None
    device_id: UUID | None = None
    device_seq: int | None = None
    occurred_at: datetime
    received_at: datetime
    status: str
    code: str | None = None
    facts: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    result: Any = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    envelope: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))


class AuditRow(SQLModel, table=True):
    """One line for each operation and each refusal at the door: who did what to which thing, when, with what outcome (guide row X1)."""

    __tablename__: ClassVar[str] = "audit"
    id: UUID = Field(primary_key=True)
    at: datetime = Field(index=True)
    op_id: UUID
    kind: str
    person_id: UUID | None = None
    device_id: UUID | None = None
    subject_kind: str | None = None
    subject_id: str | None = Field(default=None, index=True)
    outcome: str
    code: str | None = None
    payload_hash: str


class WaitingRow(SQLModel, table=True):
    """Operations kept but not judged: sent by a revoked device (quarantine), or before what they depend on."""

    __tablename__: ClassVar[str] = "operation_waiting"
    op_id: UUID = Field(primary_key=True)
    device_id: UUID | None = None
    person_id: UUID | None = None
    reason: str
    received_at: datetime
    body: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))


database.append_only("operation")
database.append_only("audit")
