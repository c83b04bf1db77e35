"""A visitor's business card held before the camera: its code (vCard, MECARD) types name, company and mail, and the visitor looks at each before going on.

The number on it is not taken: number and name together open what a returning visitor said last time, and a card is given to many.
"""

from __future__ import annotations

from core.foundation.errors import Invalid
from core.mechanisms import channels
from core.sections import liaison
from kiosk.welcome.screen import Welcome

MOST_NAME, MOST_COMPANY = 40, 60


def taken(screen: Welcome, text: str) -> bool:
    """Whether the text is a card; then the walk-in begins with what it says."""
    if screen.step not in ("attract", "code"):
        return False
    try:
        card = liaison.read_card(text)
    except Invalid:
        return False
    screen.form.name = card.name[:MOST_NAME] if card.name != card.org else ""
    screen.form.company = card.org[:MOST_COMPANY]
    screen.form.email = card.email.lower() if channels.is_address(card.email) else ""
    screen.show("name")
    return True
