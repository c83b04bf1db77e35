"""What changed, told to the screens of this process after a commit: kind and id, never how (house.md §1.4).

`publish` may be called on any thread; subscribers run on the event loop. A subscriber that fails is logged and does not stop the others.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

log = logging.getLogger("foyer.live")


@dataclass(frozen=True, slots=True)
class Change:
    kind: str
    id: str


Subscriber = Callable[[Change], Awaitable[None] | None]
_loop: asyncio.AbstractEventLoop | None = None
_subscribers: dict[str, list[Subscriber]] = defaultdict(list)
_tasks: set[asyncio.Task[None]] = set()


def start(loop: asyncio.AbstractEventLoop) -> None:
    """Deliver on this loop from now on."""
    global _loop
    _loop = loop


def stop() -> None:
    global _loop
    _loop = None
    _subscribers.clear()


def subscribe(kind: str, subscriber: Subscriber) -> Callable[[], None]:
    """Call `subscriber` for each change of `kind` (`*` for all). Returns what ends it; call that when the page is deleted."""
    _subscribers[kind].append(subscriber)

    def end() -> None:
        if subscriber in _subscribers.get(kind, ()):
            _subscribers[kind].remove(subscriber)

    return end


def publish(changes: Iterable[Change]) -> None:
    """Tell the screens. Without a running loop (commands, core tests) nobody listens and nothing happens."""
    batch = list(dict.fromkeys(changes))
    if batch and _loop is not None and not _loop.is_closed():
        _loop.call_soon_threadsafe(_deliver, batch)


def _deliver(batch: list[Change]) -> None:
    for change in batch:
        for subscriber in [*_subscribers.get(change.kind, ()), *_subscribers.get("*", ())]:
            try:
                result = subscriber(change)
                if asyncio.iscoroutine(result) or asyncio.isfuture(result):  # what a browser was told to do needs no waiting
                    task = asyncio.ensure_future(_guarded(result))
                    _tasks.add(task)
                    task.add_done_callback(_tasks.discard)
            except Exception:  # one broken screen must not silence the others
                log.exception("a screen failed on %s", change.kind)


async def _guarded(result: Awaitable[None]) -> None:
    try:
        await result
    except Exception:
        log.exception("a screen failed on a change")
