"""What the mail to a visitor carries: its signed code as a QR picture that a kiosk's camera or scanner reads from a phone, and the calendar entry
(guide S3.1-R1; core/sections/visits/codes.py)."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date
from typing import Any

import qrcode
from qrcode.constants import ERROR_CORRECT_M
from qrcode.image.pil import PilImage

from core.mechanisms import labels
from core.mechanisms.channels import Enclosure
from core.sections.visits import codes, mails, series_mail

MODULE_DOTS = 8
KEYS = (*mails.KEYS, *series_mail.KEYS, "booking.invitation_with_code", "booking.invitation_changed_with_code")


def enclosures(facts: Mapping[str, Any], base_url: str) -> list[Enclosure]:
    """The QR picture beside the invitation's `code`, and the calendar entry; nothing when the notice no longer holds them (it was erased)."""
    found: list[Enclosure] = []
    method = str(facts.get("method", ""))
    text = str(facts.get("code", ""))
    if text and method != "CANCEL" and facts.get("day"):
        code = labels.read_code(text)
        day = date.fromisoformat(str(facts["day"]))
        content = picture(codes.address(base_url, code, day, group=bool(facts.get("group"))))
        found.append(Enclosure(f"{labels.shown(code)}.png", "image/png", content, beside=labels.shown(code)))
    for one in facts.get("passes") or ():  # a series: each date's own code, beside its line
        code = labels.read_code(str(one["code"]))
        content = picture(codes.address(base_url, code, date.fromisoformat(str(one["day"]))))
        found.append(Enclosure(f"{one['day']} {labels.shown(code)}.png", "image/png", content, beside=labels.shown(code)))
    if facts.get("ics"):
        found.append(Enclosure("invite.ics", "text/calendar", str(facts["ics"]).encode(), method=method))
    return found


def picture(address: str) -> bytes:
    """A QR code as PNG, with its quiet zone: level M, 8 dots a module."""
    drawing = qrcode.QRCode(error_correction=ERROR_CORRECT_M, box_size=MODULE_DOTS, border=4)
    drawing.add_data(address)
    out = io.BytesIO()
    drawing.make_image(image_factory=PilImage).save(out, "PNG")
    return out.getvalue()
