"""What the screens hear of a change: every listener, also after one that fails, also one that only tells its browser something."""

from __future__ import annotations

import asyncio

import pytest

from core.foundation import live
from core.foundation.live import Change
from tests.live import run_async


class Told:
    """Like what NiceGUI answers when a browser was told to do something: it may be awaited at once or never."""

    def __await__(self) -> None:
        raise RuntimeError("must be awaited immediately after creation or not at all")


def test_every_screen_hears_of_a_change_whatever_the_others_do(caplog: pytest.LogCaptureFixture) -> None:
    heard: list[str] = []

    async def waits(change: Change) -> None:
        await asyncio.sleep(0)
        heard.append(f"waited {change.id}")

    def fails(change: Change) -> None:
        raise ZeroDivisionError

    async def scene() -> None:
        live.start(asyncio.get_running_loop())
        ends = [
            live.subscribe("thing", listener) for listener in (fails, lambda change: Told(), waits, lambda change: heard.append(change.id))
        ]
        live.publish([Change("thing", "7"), Change("other", "8")])
        for _ in range(5):
            await asyncio.sleep(0)
        for end in ends:
            end()
        live.stop()

    run_async(scene)
    assert heard == ["7", "waited 7"]
    assert [record.getMessage() for record in caplog.records] == ["a screen failed on thing"]
