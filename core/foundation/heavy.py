"""CPU-heavy work (PDF sheets, reports, big exports, decoding) runs in another process, so that a tap is answered as before (nicegui-facts, Many clients).

The function and its arguments must be picklable and importable: a module-level function of plain values. Cancelling the awaiting task drops the result.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

T = TypeVar("T")
_pool: ProcessPoolExecutor | None = None
_lock = threading.Lock()


async def run(function: Callable[..., T], *arguments: Any) -> T:
    """Run it in the worker process and answer its result; started anew once if the process had died."""
    loop = asyncio.get_running_loop()
    try:
        return await loop.run_in_executor(_get(), function, *arguments)
    except BrokenProcessPool:
        stop()
        return await loop.run_in_executor(_get(), function, *arguments)


def run_here(function: Callable[..., T], *arguments: Any) -> T:
    """The same for a thread that may wait (jobs): the work leaves this process, so that the event loop keeps its turn."""
    try:
        return _get().submit(function, *arguments).result()
    except BrokenProcessPool:
        stop()
        return _get().submit(function, *arguments).result()


def stop() -> None:
    """End the worker process."""
    global _pool
    with _lock:
        if _pool is not None:
            _pool.shutdown(wait=False, cancel_futures=True)
        _pool = None


def _get() -> ProcessPoolExecutor:
    global _pool
    with _lock:
        if _pool is None:
            # spawn: forking a process that runs threads and an event loop can hang its child
            _pool = ProcessPoolExecutor(max_workers=1, mp_context=multiprocessing.get_context("spawn"))
            with _without_the_program():
                _pool.submit(os.getpid)  # the process starts inside this call
        return _pool


@contextlib.contextmanager
def _without_the_program() -> Iterator[None]:
    """A spawned process reads the file of the program that started it: all of the server, seconds of a core. What works here is imported by name."""
    program = sys.modules["__main__"].__dict__
    path = program.pop("__file__", None)
    try:
        yield
    finally:
        if path is not None:
            program["__file__"] = path
