"""The desk's own connections: its frame and its numbers. main.py calls `connect()` once a start; again replaces."""

from __future__ import annotations

from core.web import frame
from kiosk.desk import desk_counts
from kiosk.desk.frame import chrome


def connect() -> None:
    """Let `frame.desk` draw the desk, with counts beside its entries."""
    frame.use_desk_chrome(chrome)
    desk_counts.connect()
