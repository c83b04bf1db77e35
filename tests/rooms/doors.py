"""Helpers of the door tests: an office with rooms, doors on the wall, what a person sees on them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from playwright.sync_api import Browser, Page, expect

from core.mechanisms.operations import Role
from core.sections import rooms
from tests.cast import Office
from tests.live import DOOR, Server, become_device

QUIET = ("Failed to load resource", "WebSocket connection")  # what a browser says of a link that a test cuts


def moment(hour: int, minute: int = 0, second: int = 0, day: int = 23) -> datetime:
    """A moment on Monday 2026-11-23 (or another day of that month) on the wall in Shanghai."""
    return (
        datetime(2026, 11, day, hour - 8, minute, second, tzinfo=UTC)
        if hour >= 8
        else datetime(2026, 11, day - 1, hour + 16, minute, second, tzinfo=UTC)
    )


def set_up_rooms(office: Office, *names: str, **facts: Any) -> None:
    """Make these rooms bookable (301, 302 and 305 unless named), all alike."""
    for name in names or ("301", "302", "305"):
        office.do(
            rooms.SetUpRoom(room_id=office.places[name], **({"capacity": 12, "equipment": ("projector", "whiteboard", "video")} | facts)),
            office.bo,
        )


@contextmanager
def door(browser: Browser, server: Server, room: str, key: str, *, screen: dict[str, Any] | None = None) -> Iterator[Page]:
    """A tablet of its own beside a room, open on its door; its console errors fail the test."""
    context = browser.new_context(
        **(screen or DOOR), locale="en-GB", timezone_id="America/Los_Angeles"
    )  # the room's zone counts, never the tablet's
    become_device(context, server, "door", key)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console",
        lambda message: (
            errors.append(message.text) if message.type == "error" and not any(word in message.text for word in QUIET) else None
        ),
    )
    page.goto(f"{server.url}/door/{room}")
    try:
        yield page
    finally:
        context.close()
    assert not errors, errors


def key_of(office: Office, name: str, room: str) -> str:
    """A new door screen beside `room`, paired; answers its key."""
    return office.device(name, Role.DOOR, office.places[room])[1]


def shows(page: Page, state: str, *, within_ms: float = 5000) -> None:
    """The door is in this state, by the word on it and by its class."""
    expect(page.locator(".door")).to_have_attribute("data-state", state, timeout=within_ms)


def press(page: Page, act: str) -> None:
    """Touch the act of this name."""
    page.locator(f'[data-act="{act}"]').click()


def room_id(office: Office, name: str) -> UUID:
    return office.places[name]


def photograph(page: Page, name: str) -> None:
    """Keep a picture for a person to look at, when FOYER_SHOTS names a folder."""
    folder = os.environ.get("FOYER_SHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png")
