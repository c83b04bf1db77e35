"""A page is drawn anew when others change what it shows, and not once more for what it has just drawn itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from core.foundation import live
from core.foundation.live import Change
from core.web import anew
from tests.live import run_async

SETTLE_S = 0.02


class Page:
    """Counts its drawings; `act` is something done on this page, which draws it at once."""

    def __init__(self) -> None:
        self.id, self.drawn = uuid4(), 0
        self.draw()
        anew.when_changed("thing", draw=self.draw, only=self.id, settle_s=SETTLE_S)

    @anew.drawing
    def draw(self) -> None:
        self.drawn += 1

    def changes(self) -> None:
        live.publish([Change("thing", str(self.id))])


def on_a_page(monkeypatch: pytest.MonkeyPatch, story: Callable[[Page], Any]) -> int:
    """How often a page was drawn in this story."""

    class Client(nullcontext[None]):
        is_deleted, has_socket_connection = False, True

        def on_delete(self, _end: Callable[[], None]) -> None: ...

    async def run() -> int:
        live.start(asyncio.get_running_loop())
        try:
            page = Page()
            await story(page)
            await asyncio.sleep(10 * SETTLE_S)
            return page.drawn
        finally:
            live.stop()

    monkeypatch.setattr(anew, "ui", SimpleNamespace(context=SimpleNamespace(client=Client())))
    return run_async(run)


def test_several_changes_of_one_moment_draw_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def others(page: Page) -> None:
        for _ in range(3):
            page.changes()

    assert on_a_page(monkeypatch, others) == 2


def test_what_a_page_has_drawn_itself_is_not_drawn_again_under_the_next_press(monkeypatch: pytest.MonkeyPatch) -> None:
    async def own(page: Page) -> None:
        page.changes()
        await asyncio.sleep(0)  # the change is told before the act's answer
        page.draw()

    async def own_and_then_others(page: Page) -> None:
        await own(page)
        page.changes()

    assert on_a_page(monkeypatch, own) == 2
    assert on_a_page(monkeypatch, own_and_then_others) == 3
