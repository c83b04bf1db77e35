"""Performs a story once: every sentence has a key, its operation id is derived from it, so telling it again changes nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core.foundation import database
from core.foundation.ids import derived
from core.mechanisms.operations import BATCH_CHUNK, Actor, Operation, OperationRow, Outcome, Request, perform_requests


class Story:
    """Sentences are collected and told in batches; `say` tells at once because its answer is needed. While `silent`, `later` leaves out what is known to be told."""

    def __init__(self) -> None:
        self._waiting: list[tuple[str, Request]] = []
        self._on_record = _recorded()
        self.silent = False
        self.told = 0
        self.refused: list[tuple[str, str]] = []

    def later(self, key: str, do: Operation, by: Actor, at: datetime, *, device_seq: int | None = None) -> None:
        """Tell this when the batch is full or at `flush`, in order. `device_seq` is the number a phone gave it."""
        if self.silent:
            return
        self._waiting.append((key, Request(do, by, derived("demo", key), received_at=at, device_seq=device_seq)))
        if len(self._waiting) >= BATCH_CHUNK:
            self.flush()

    def say(self, key: str, do: Operation, by: Actor, at: datetime) -> Any:
        """Tell it now and answer its result. A refusal is an error of the story itself."""
        outcome = self.tell(key, do, by, at)
        if not outcome.ok:
            raise RuntimeError(f"the sample office can not tell {key}: {outcome.code} {outcome.facts}")
        return outcome.result

    def tell(self, key: str, do: Operation, by: Actor, at: datetime) -> Outcome:
        """Tell it now and answer what became of it; somebody at the sample office may have been quicker."""
        self.flush()
        outcome = perform_requests([Request(do, by, derived("demo", key), received_at=at)])[0]
        self._count(key, outcome)
        return outcome

    def flush(self) -> list[Outcome]:
        """Tell everything that waits. Refusals (a room taken twice by chance) are part of life and are counted."""
        waiting, self._waiting = self._waiting, []
        outcomes = perform_requests([request for _, request in waiting]) if waiting else []
        for (key, _), outcome in zip(waiting, outcomes, strict=True):
            self._count(key, outcome)
        return outcomes

    def _count(self, key: str, outcome: Outcome) -> None:
        if outcome.status in ("accepted", "refused"):
            self._on_record.add(outcome.op_id)
        if not outcome.ok:
            self.refused.append((key, outcome.code or ""))
        self.told += outcome.ok and not outcome.repeated

    def was_told(self, key: str) -> bool:
        """Whether this sentence is on record already."""
        op_id = derived("demo", key)
        if any(request.op_id == op_id for _, request in self._waiting):
            self.flush()
        return op_id in self._on_record

    def answer(self, key: str) -> Any:
        """The result of a sentence told before, or None when it was not told or was refused."""
        if not self.was_told(key):
            return None
        with database.reading() as s:
            row = s.get(OperationRow, derived("demo", key))
        return row.result if row is not None and row.status == "accepted" else None

    @staticmethod
    def id(*parts: object) -> UUID:
        """The id of a thing of the sample office."""
        return derived("demo", *parts)


def _recorded() -> set[UUID]:
    with database.reading() as s:
        return set(s.execute(select(OperationRow.op_id)).scalars())
