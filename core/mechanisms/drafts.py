"""What somebody was typing on an unattended screen when the server went down: kept two minutes by device, given back once (look.md §6,
nicegui-facts).

The platform's own bookkeeping, not an operation: a draft belongs to nobody and is never part of the record.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import JSON, Column, delete, select
from sqlmodel import Field, SQLModel, col

from core.foundation import database
from core.foundation.jobs import job

KEPT = timedelta(minutes=2)


class ScreenDraft(SQLModel, table=True):
    """One draft a device."""

    __tablename__: ClassVar[str] = "screen_draft"
    device_id: UUID = Field(primary_key=True)
    saved_at: datetime
    data: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))


def save(device_id: UUID, data: dict[str, Any], at: datetime) -> None:
    """Keep this instead of the device's former draft. Runs on a writer thread."""
    with database.writing() as s:
        s.merge(ScreenDraft(device_id=device_id, saved_at=at, data=data))


def forget(device_id: UUID) -> None:
    """The form was finished or wiped. Runs on a writer thread."""
    with database.writing() as s:
        s.execute(delete(ScreenDraft).where(col(ScreenDraft.device_id) == device_id))


def take(device_id: UUID, at: datetime) -> dict[str, Any] | None:
    """The draft of this device if it is not older than two minutes; taking it removes it. Runs on a writer thread."""
    with database.writing() as s:
        found = s.get(ScreenDraft, device_id)
        if found is None:
            return None
        s.delete(found)
        return found.data if timedelta() <= at - found.saved_at <= KEPT else None


@job(every_s=30)
def clear(at: datetime) -> None:
    """Old drafts hold names: they go."""
    with database.reading() as s:
        if s.execute(select(ScreenDraft.device_id).where(col(ScreenDraft.saved_at) < at - KEPT).limit(1)).first() is None:
            return
    with database.writing() as s:
        s.execute(delete(ScreenDraft).where(col(ScreenDraft.saved_at) < at - KEPT))
