"""Performs a story once: every sentence has a key, its operation id is derived from it, so telling it again changes nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from core.foundation import database
from core.foundation.ids import derived
from core.mechanisms.operations import BATCH_CHUNK, Actor, Operation, OperationRow, Outcome, Request, perform_requests


class Story:
    """Sentences are collected and told in batches; `say` tells at once because its answer is needed."""

    def __init__(self) -> None:
        self._waiting: list[tuple[str, Request]] = []
        self.told = 0
        self.refused: list[tuple[str, str]] = []

    def later(self, key: str, do: Operation, by: Actor, at: datetime) -> None:
        """Tell this when the batch is full or at `flush`, in order."""
        self._waiting.append((key, Request(do, by, derived("demo", key), occurred_at=None, received_at=at)))
        if len(self._waiting) >= BATCH_CHUNK:
            self.flush()

    def say(self, key: str, do: Operation, by: Actor, at: datetime) -> Any:
        """Tell it now and answer its result. A refusal is an error of the story itself."""
        self.flush()
        outcome = perform_requests([Request(do, by, derived("demo", key), received_at=at)])[0]
        if not outcome.ok:
            raise RuntimeError(f"the sample office can not tell {key}: {outcome.code} {outcome.facts}")
        self.told += not outcome.repeated
        return outcome.result

    def flush(self) -> list[Outcome]:
        """Tell everything that waits. Refusals (a room taken twice by chance) are part of life and are counted."""
        waiting, self._waiting = self._waiting, []
        outcomes = perform_requests([request for _, request in waiting]) if waiting else []
        for (key, _), outcome in zip(waiting, outcomes, strict=True):
            if not outcome.ok:
                self.refused.append((key, outcome.code or ""))
            self.told += outcome.ok and not outcome.repeated
        return outcomes

    @staticmethod
    def was_told(key: str) -> bool:
        """Whether this sentence is on record already."""
        with database.reading() as s:
            return s.get(OperationRow, derived("demo", key)) is not None

    @staticmethod
    def id(*parts: object) -> UUID:
        """The id of a thing of the sample office."""
        return derived("demo", *parts)
