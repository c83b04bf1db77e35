"""Work that is due by the clock: releases, reminders, sealing the audit chain, sending the outbox.

A part declares `@job(every_s=15)`; main.py includes it. One task wakes each second, runs what is due on a thread, one job at a time.
Each job is safe to run twice (its operations carry derived ids), so a restart or a moved clock needs no bookkeeping.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import ModuleType

from core.foundation import clock

log = logging.getLogger("foyer.jobs")
JobFunction = Callable[[datetime], object]


@dataclass(frozen=True, slots=True)
class Job:
    name: str
    every: timedelta
    run: JobFunction


_jobs: dict[str, Job] = {}
_last: dict[str, datetime] = {}
_lock = threading.Lock()
_wake: set[str] = set()
_started_at: datetime | None = None
_ending = threading.Event()


def job(*, every_s: float) -> Callable[[JobFunction], JobFunction]:
    """Mark a function `(at) -> object` as a job that runs every `every_s` seconds."""

    def mark(function: JobFunction) -> JobFunction:
        function.__job__ = Job(f"{function.__module__}.{function.__name__}", timedelta(seconds=every_s), function)  # type: ignore[attr-defined]
        return function

    return mark


def include(*modules: ModuleType) -> None:
    """Know the jobs of these modules; including again replaces."""
    for module in modules:
        for value in vars(module).values():
            found = getattr(value, "__job__", None)
            if isinstance(found, Job) and found.name.startswith(module.__name__):
                _jobs[found.name] = found


def wake(function: JobFunction) -> None:
    """Let a job run at the next beat instead of at its next time."""
    _wake.add(function.__job__.name)  # type: ignore[attr-defined]


def started_at() -> datetime | None:
    """Since when this server has been running: rules that wait for people give a fresh grace period after it."""
    return _started_at


def set_started(at: datetime | None) -> None:
    global _started_at
    _started_at = at
    _last.clear()
    _ending.clear()


def finish() -> None:
    """Let the job that runs come to its end and start no further one: the database may be closed when this returns."""
    _ending.set()
    with _lock:
        pass


def run_due(at: datetime | None = None, *, everything: bool = False) -> None:
    """Run what is due at `at`, on this thread. A failing job is logged and tried again next time."""
    with _lock:
        at = at or clock.now()
        for found in list(_jobs.values()):
            if _ending.is_set():
                return
            last = _last.get(found.name)
            if everything or found.name in _wake or last is None or at - last >= found.every or at < last:
                _wake.discard(found.name)
                _last[found.name] = at
                try:
                    found.run(at)
                except Exception:  # the next beat tries again; the log says what and why
                    log.exception("job %s failed", found.name)


async def run_forever() -> None:
    """Wake each second and run what is due on a thread, until cancelled."""
    while True:
        await asyncio.to_thread(run_due)
        await asyncio.sleep(1)
