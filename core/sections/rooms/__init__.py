"""Meeting rooms: what a place of kind `room` needs so that it can be booked (guide S1.3-R1, S1.3-R3; pitfalls V14, V28, V29).

Split by ability: `record` (facts, rules, hours, closed), `parts` (combined rooms), `ready` (whether one can be used now), `items` (portable equipment), `purposes` (what a room
is booked for, with form and rules). A room's name, floor and short name are the place's; its bookings are in `bookings`."""

from core.sections.rooms.items import EQUIPMENT_ITEMS, EquipmentItem, ItemView, SetUpItem, all_items, of_kind, set_up_item
from core.sections.rooms.parts import CombineRoom, RoomPart, combine, leaves, sharing, sharing_in, unchanged_while
from core.sections.rooms.parts import of as parts_of
from core.sections.rooms.purposes import (
    NEEDS,
    PURPOSES,
    SEATINGS,
    SERVICES,
    Need,
    Purpose,
    PurposeView,
    Rule,
    Seating,
    SetUpPurpose,
    all_purposes,
    get_purpose,
    may_book,
    purpose_view,
    rule_of,
    set_up_purpose,
)
from core.sections.rooms.ready import Readiness, before_use, check_ready, readiness, unready, unready_after_each, unready_from
from core.sections.rooms.record import (
    COLLECTION,
    DAY_MINUTES,
    EQUIPMENT,
    FARTHEST_DAYS,
    Closed,
    CloseRoom,
    Closing,
    Equipment,
    OpenRoom,
    Room,
    RoomView,
    SetUpRoom,
    changed,
    close,
    closing,
    everything,
    find,
    get,
    is_closed,
    joined,
    named,
    open_again,
    set_up,
)

__all__ = [
    "COLLECTION", "DAY_MINUTES", "EQUIPMENT", "EQUIPMENT_ITEMS", "FARTHEST_DAYS", "NEEDS", "PURPOSES", "SEATINGS", "SERVICES", "CloseRoom", "Closed", "Closing", "CombineRoom",
    "Equipment", "EquipmentItem", "ItemView", "Need", "OpenRoom", "Purpose", "PurposeView", "Readiness", "Room", "RoomPart", "RoomView", "Rule", "Seating", "SetUpItem",
    "SetUpPurpose", "SetUpRoom", "all_items", "all_purposes", "before_use", "changed", "check_ready", "close", "closing", "combine", "everything", "find", "get", "get_purpose", "is_closed", "joined", "leaves", "may_book", "named",
    "of_kind", "open_again", "parts_of", "purpose_view", "readiness", "rule_of", "set_up", "set_up_item", "set_up_purpose", "sharing", "sharing_in", "unchanged_while", "unready", "unready_after_each", "unready_from",
]  # fmt: skip
