"""Identifiers: UUID version 7 (RFC 9562 §5.7), so that rows made later sort later."""

from __future__ import annotations

import os
import threading
import time
import uuid
from uuid import UUID

_lock = threading.Lock()
_last_ms = 0
_counter = 0
FOYER_NAMESPACE = UUID("6f1d3c1e-6c0e-5b0a-9d53-0f0e72000000")


def uuid7() -> UUID:
    """A time-ordered id. Ids of one process never go backwards, also within one millisecond (12-bit counter)."""
    return uuid7s(1)[0]


def uuid7s(count: int) -> list[UUID]:
    """Many at once, in order: a batch asks the clock and the dice once."""
    global _last_ms, _counter
    moments = []
    with _lock:
        now_ms = time.time_ns() // 1_000_000
        if now_ms > _last_ms:
            _last_ms, _counter = now_ms, (int.from_bytes(os.urandom(2), "big") & 0x3FF) - 1
        for _ in range(count):
            _counter += 1
            if _counter > 0xFFF:
                _last_ms, _counter = _last_ms + 1, 0
            moments.append((_last_ms & (2**48 - 1)) << 80 | _counter << 64)
    dice = os.urandom(8 * count)
    fixed = 0x7 << 76 | 0b10 << 62
    return [UUID(int=moment | fixed | (int.from_bytes(dice[8 * n : 8 * n + 8], "big") & (2**62 - 1))) for n, moment in enumerate(moments)]


def derived(*parts: object) -> UUID:
    """The same id for the same parts (version 5): jobs use it so that a thing is done once, whoever runs the job."""
    return uuid.uuid5(FOYER_NAMESPACE, "/".join(str(part) for part in parts))
