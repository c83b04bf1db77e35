"""One operation as it came, what became of it, and what its function may say on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from core.foundation import clock
from core.foundation.i18n import as_mapping, t
from core.foundation.live import Change
from core.mechanisms.operations.actors import Actor
from core.mechanisms.operations.registry import Operation

BUSY = "op.busy"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an operation. `status` is accepted, refused, invalid or waiting; `facts` and `result` hold JSON values."""

    op_id: UUID
    status: str
    code: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    result: Any = None
    repeated: bool = False

    @property
    def ok(self) -> bool:
        return self.status == "accepted"

    def message(self, language: str) -> str:
        """The sentence for a person, or an empty string when it was accepted without a remark."""
        return t(self.code, language, **as_mapping(self.facts, language, clock.zone())) if self.code else ""


@dataclass(frozen=True, slots=True)
class Request:
    """One operation as it came from outside: not yet judged."""

    do: Operation
    by: Actor
    op_id: UUID
    occurred_at: datetime | None = None
    received_at: datetime | None = None
    device_seq: int | None = None
    envelope: dict[str, Any] | None = None


def touch(s: Session, kind: str, id: UUID | str) -> None:
    """Note that this thing changed. The first thing touched is the subject of the audit line; all of them are told to the screens."""
    s.info.setdefault("touched", []).append(Change(kind, str(id)))


def note(s: Session, **facts: Any) -> None:
    """Add facts to the outcome of an accepted operation: `evidence_pending`, `clock_skew_s`, `second_time`."""
    s.info.setdefault("noted", {}).update(facts)


def after_commit(s: Session, action: Callable[[], object]) -> None:
    """Do this once the operation is committed (wake a job); never for effects that must not be lost."""
    s.info.setdefault("after_commit", []).append(action)
