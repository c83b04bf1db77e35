"""A fake camera: a film of labels, drawn here and shown to Chromium (`--use-file-for-fake-video-capture`)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import qrcode
from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT, FRAMES_A_SECOND = 640, 480, 10


def still(text: str | None, caption: str = "") -> Image.Image:
    """One picture: a label with the QR of `text` on a grey box, or the box without one."""
    image = Image.new("L", (WIDTH, HEIGHT), 96)
    draw = ImageDraw.Draw(image)
    draw.polygon([(0, 330), (WIDTH, 300), (WIDTH, HEIGHT), (0, HEIGHT)], fill=70)
    draw.polygon([(60, 120), (560, 70), (610, 330), (80, 400)], fill=205)
    if text is not None:
        code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, box_size=6, border=4)
        code.add_data(text)
        code.make(fit=True)
        matrix = code.make_image().get_image().convert("L")
        label = Image.new("L", (matrix.width + 150, matrix.height), 255)
        label.paste(matrix, (0, 0))
        ImageDraw.Draw(label).text((matrix.width, 60), caption or text[-8:], fill=20, font=ImageFont.load_default(20))
        tilted = label.rotate(7, expand=True, fillcolor=205)
        image.paste(tilted, (150, 120))
    return image


def film(path: Path, shots: Sequence[tuple[str | None, float]]) -> Path:
    """Write the shots (text of the QR or None, seconds) as an uncompressed Y4M film; Chromium plays it round and round."""
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{FRAMES_A_SECOND}:1 Ip A1:1 C420\n".encode())
        colour = bytes([128]) * (WIDTH * HEIGHT // 2)
        for text, seconds in shots:
            frame = b"FRAME\n" + still(text).tobytes() + colour
            for _ in range(max(1, round(seconds * FRAMES_A_SECOND))):
                file.write(frame)
    return path


def label_text(code: str, base: str = "HTTP://FOYER.EXAMPLE:8080") -> str:
    """What a printed label's QR holds."""
    return f"{base}/S/{code}"
