"""Roll calls: who is in the house, and who was found when it had to be left (guide S3.1-R7, S4.2; scenario Front desk 9; pitfalls V32, V34,
V36, V38).

Split by ability: `badging` (staff badge in and out), `house` (everybody in the house at a moment), `record` (what a roll call is, and how
ticks of several marshals merge), `acts` (start, tick, take back, add, close), `reading` (what desk, phones and paper show), `paper` (the list
that a kiosk keeps sealed for the hour in which the server is dead), `forgetting` (names go after the keeping time).
"""

from core.sections.rollcall.acts import AddSomeone, Close, SealAgain, Start, Tick, Untick, add, close, seal_again, start, tick, untick
from core.sections.rollcall.badging import Badge, BadgeWay, StaffBadge, badge, describe, standing_of, way_next
from core.sections.rollcall.forgetting import ForgetNames, forget, forget_old, forget_visitors
from core.sections.rollcall.house import KINDS, Kind, Someone, Status, everybody
from core.sections.rollcall.paper import SetPin, has_pin, sealed_list, set_pin
from core.sections.rollcall.reading import COLLECTION, LineView, RollCallView, is_marshal, now_for, open_one, past, report_of, view
from core.sections.rollcall.record import MARSHALS, STARTERS, Mark, RollCall, RollCallLine, RollCallMark, RollCallReport, merge

__all__ = [
    "COLLECTION",
    "KINDS",
    "MARSHALS",
    "STARTERS",
    "AddSomeone",
    "Badge",
    "BadgeWay",
    "Close",
    "ForgetNames",
    "Kind",
    "LineView",
    "Mark",
    "RollCall",
    "RollCallLine",
    "RollCallMark",
    "RollCallReport",
    "RollCallView",
    "SealAgain",
    "SetPin",
    "Someone",
    "StaffBadge",
    "Start",
    "Status",
    "Tick",
    "Untick",
    "add",
    "badge",
    "close",
    "describe",
    "everybody",
    "forget",
    "forget_old",
    "forget_visitors",
    "has_pin",
    "is_marshal",
    "merge",
    "now_for",
    "open_one",
    "past",
    "report_of",
    "seal_again",
    "sealed_list",
    "set_pin",
    "standing_of",
    "start",
    "tick",
    "untick",
    "view",
    "way_next",
]
