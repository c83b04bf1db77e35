"""Bookings of rooms (guide S1.3-R1 预订制度, S1.3-R2, S1.3-R3; pitfalls V01–V29).

Split by ability: `claims` (a time on a room is one row, and the database itself refuses an overlap), `book` (create, move, extend, end,
check in, cancel), `asking` (the next host lets a meeting run on), `presence` (a code at the door and a phone), `no_shows` (release what nobody came to), `doors` (what a room's door shows), `plans` (rooms now, free rooms, days,
lists), `feeds` (calendars).

A booking keeps the wall time and zone it was made for and derives the instants; spans are half-open, so 10–11 and 11–12 are neighbours.
"""

from core.sections.bookings.asking import (
    AnswerExtension,
    AskExtension,
    AskView,
    ExtensionAsk,
    answer_extension,
    ask_extension,
    ask_view,
    asked_of,
    expire_ask,
    expire_asks,
)
from core.sections.bookings.book import (
    CancelBooking,
    CheckIn,
    CreateBooking,
    EndBooking,
    ExtendBooking,
    MoveBooking,
    cancel,
    check_in,
    create,
    end,
    extend,
    move,
)
from core.sections.bookings.claims import Booking, BookingState, BookingView, Claim, clash_between, view
from core.sections.bookings.doors import DoorState, Mark, Nearby, door_state, free_now, marks_from, nearby
from core.sections.bookings.feeds import room_calendar
from core.sections.bookings.no_shows import ReleaseBooking, release, release_no_shows
from core.sections.bookings.plans import FreeRoom, RoomDay, RoomNow, day_plan, free_rooms, next_change, rooms_now
from core.sections.bookings.presence import ActHere, Arrive, DoorPresence, act_here, arrive, codes, present, ticket_for
from core.sections.bookings.registers import COLLECTION, bookings_list, mine

__all__ = [
    "COLLECTION",
    "ActHere",
    "AnswerExtension",
    "Arrive",
    "AskExtension",
    "AskView",
    "Booking",
    "BookingState",
    "BookingView",
    "CancelBooking",
    "CheckIn",
    "Claim",
    "CreateBooking",
    "DoorPresence",
    "DoorState",
    "EndBooking",
    "ExtendBooking",
    "ExtensionAsk",
    "FreeRoom",
    "Mark",
    "MoveBooking",
    "Nearby",
    "ReleaseBooking",
    "RoomDay",
    "RoomNow",
    "act_here",
    "answer_extension",
    "arrive",
    "ask_extension",
    "ask_view",
    "asked_of",
    "bookings_list",
    "cancel",
    "check_in",
    "clash_between",
    "codes",
    "create",
    "day_plan",
    "door_state",
    "end",
    "expire_ask",
    "expire_asks",
    "extend",
    "free_now",
    "free_rooms",
    "marks_from",
    "mine",
    "move",
    "nearby",
    "next_change",
    "present",
    "release",
    "release_no_shows",
    "room_calendar",
    "rooms_now",
    "ticket_for",
    "view",
]
