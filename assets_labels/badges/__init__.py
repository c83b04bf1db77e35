"""The visitor's badge on roll, insert and sheet (look.md §4 Badge; guide row S1.2-R6; scenario Office 7).

The ring with the day is the badge's safety: yesterday's badge is seen across a room. It bears no phone and no ID number, and a photo only where the
office asks for one. A sign of a name that the font lacks stands as 〓: a visitor at the kiosk must not wait because of a letter.
"""

from assets_labels.badges.kinds import LOOKS, look_of
from assets_labels.badges.parts import BadgeText
from assets_labels.badges.stock import ROLL, STOCKS, Stock, draw_badge, draw_badges, draw_on, stock_named

__all__ = ["LOOKS", "ROLL", "STOCKS", "BadgeText", "Stock", "draw_badge", "draw_badges", "draw_on", "look_of", "stock_named"]
