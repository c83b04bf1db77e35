"""What an invitation's mail carries: its code as a QR picture that a kiosk's camera or scanner reads from a phone (guide S3.1-R1)."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import qrcode
from qrcode.constants import ERROR_CORRECT_M
from qrcode.image.pil import PilImage

from core.mechanisms import labels
from core.mechanisms.channels import Enclosure

MODULE_DOTS = 12


def enclosures(facts: Mapping[str, Any], base_url: str) -> list[Enclosure]:
    """The QR picture of the invitation's `code`; nothing when the notice no longer holds one (it was erased)."""
    text = str(facts.get("code", ""))
    if not text:
        return []
    code = labels.read_code(text)
    drawing = qrcode.QRCode(error_correction=ERROR_CORRECT_M, box_size=MODULE_DOTS, border=4)
    drawing.add_data(f"{base_url}/S/{code}".upper())
    out = io.BytesIO()
    drawing.make_image(image_factory=PilImage).save(out, "PNG")
    return [Enclosure(f"{labels.shown(code)}.png", "image/png", out.getvalue())]
