"""A QR code for a screen: pairing addresses and the phone's way in. Labels on paper are drawn by `assets_labels`."""

from __future__ import annotations

import qrcode
from nicegui import ui
from qrcode.constants import ERROR_CORRECT_M


def draw(text: str, classes: str, spoken: str) -> ui.element:
    """Draw `text` as a QR code (level M, quiet zone of 4 modules); `spoken` says what it is to a screen reader."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=4)
    code.add_data(text)
    matrix = code.get_matrix()
    path = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark)
    with ui.element("div").classes(classes) as box:
        svg = ui.element("svg").props(f'viewBox="0 0 {len(matrix)} {len(matrix)}" role=img shape-rendering=crispEdges')
        svg.props["aria-label"] = spoken
        with svg:
            ui.element("path").props(f'd="{path}" fill=currentColor')
    return box
