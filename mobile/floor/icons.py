"""Draws the app's icons from the mark: the moon gate, a ring on a ground line (look.md §1).

Run `python -m mobile.floor.icons` after changing it.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

TARGET = Path(__file__).parent / "static" / "icons"
INK, PAPER = (0x14, 0x23, 0x2F), (255, 255, 255)
MARK = 52  # the mark is drawn on a field of 52 units, as in the pictures
OVERSAMPLED = 4


def mark(size: int, maskable: bool) -> Image.Image:
    """The mark as a square image of `size` pixels. A maskable one fills the square and keeps the mark within the inner 80 %."""
    big = size * OVERSAMPLED
    image = Image.new("RGBA", (big, big), (*INK, 255) if maskable else (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    scale = big / MARK * (0.72 if maskable else 1)
    shift = (big - MARK * scale) / 2

    def at(value: float) -> float:
        return shift + value * scale

    if not maskable:
        draw.rounded_rectangle((0, 0, big - 1, big - 1), 13 * scale, fill=INK)
    outer, inner = 16.25, 11.75
    draw.ellipse((at(26 - outer), at(25 - outer), at(26 + outer), at(25 + outer)), fill=PAPER)
    draw.ellipse((at(26 - inner), at(25 - inner), at(26 + inner), at(25 + inner)), fill=INK)
    draw.rounded_rectangle((at(6.5), at(38), at(45.5), at(41)), 1.5 * scale, fill=PAPER)
    return image.resize((size, size), Image.Resampling.LANCZOS)


def main() -> None:
    """Write the icons the manifest names."""
    TARGET.mkdir(parents=True, exist_ok=True)
    for size in (192, 512):
        mark(size, False).save(TARGET / f"foyer-{size}.png", optimize=True)
    mark(512, True).save(TARGET / "foyer-maskable-512.png", optimize=True)
    mark(180, True).convert("RGB").save(TARGET / "apple-touch-icon.png", optimize=True)


if __name__ == "__main__":
    main()
