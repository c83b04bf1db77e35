"""Numbers beside the desk's navigation, and the quick acts of the first page; each a cheap indexed count of its own part."""

from __future__ import annotations

from nicegui import Client
from sqlmodel import Session

from core.foundation import clock
from core.mechanisms import approvals, devices, duties, notices, phones, printers
from core.mechanisms.operations import Actor, Role
from core.sections import bookings, stocktakes
from kiosk.desk import frame as desk_frame

# (words, icon, address, roles); shown when the page exists.
QUICK = (
    ("today.add_visit", "plus", "/desk/visits?new=1", {Role.RECEPTION, Role.ADMIN}),
    ("today.add_document", "document", "/desk/incoming?new=1", {Role.CLERK, Role.RECEPTION, Role.ADMIN}),
    ("today.book_room", "door", "/desk/bookings?new=1", {Role.STAFF}),
)


def connect() -> None:
    """Let the navigation show its numbers; main.py calls it once a start."""
    desk_frame.count_with("duties", lambda s, by: duties.count_mine(s, by.person_id))
    desk_frame.count_with("approvals", lambda s, by: len(approvals.waiting_for(s, by)))
    desk_frame.count_with("conflicts", lambda s, by: bookings.count_open(s))
    desk_frame.count_with("notices", _undelivered)
    desk_frame.count_with("printers", lambda s, by: printers.count_stuck(s))
    desk_frame.count_with("devices", _silent)
    desk_frame.count_with("phones", lambda s, by: phones.troubled(s))
    desk_frame.count_with("stocktakes", lambda s, by: stocktakes.under_way(s))


def _undelivered(s: Session, by: Actor) -> int:
    return notices.count_undelivered(s)


def _silent(s: Session, by: Actor) -> int:
    return sum(1 for device in devices.silent(s, clock.now()) if device.last_seen_at is not None)


def quick_acts(by: Actor) -> list[tuple[str, str, str]]:
    """At most two acts for the head of the first page."""
    existing = set(Client.page_routes.values())
    return [(words, icon, href) for words, icon, href, roles in QUICK if by.has(*roles) and href.split("?")[0] in existing][:2]
