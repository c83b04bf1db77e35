"""A small PDF 1.7 writer: pages of text, rectangles and lines in millimetres, one embedded font, written page by page.

Each finished page goes to the output at once, so that ten thousand labels take no more memory than one sheet. Nothing random
and no date is written: the same drawing gives the same bytes. Pictures are JPEG as they come (a badge's photo); links and transparency our
paper has none of.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby
from typing import BinaryIO

from assets_labels.fonts import Glyph, Subset, clean, weight, width

POINTS_PER_MM = 72 / 25.4
BOLD_STROKE = (0.0, 0.008, 0.022, 0.036)  # of the size, by `weight`: reads as bold beside regular, and leaves 龘 open
_CIRCLE = 0.5522847498  # where a Bézier curve's handles sit for a quarter circle


@lru_cache(maxsize=8192)
def number(value: float) -> str:
    """`value` with at most four decimals, in as few signs as PDF allows; the same places come back on every page."""
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    return text if text not in ("-0", "") else "0"


Colour = tuple[float, float, float]  # red, green, blue, 0 to 1
Ink = float | Colour  # a grey, 0 black to 1 white, or a colour


def _weight(glyph: Glyph) -> int:
    return weight(glyph[0])


class Canvas:
    """One page being drawn. Lengths are mm, the origin is the upper left corner, y runs down, `grey` is 0 black to 1 white, or a colour."""

    def __init__(self, subset: Subset, width_mm: float, height_mm: float, language: str) -> None:
        self.width_mm, self.height_mm, self.language = width_mm, height_mm, language
        self._subset = subset
        self._grey: Ink = 0.0
        self.pictures: dict[str, int] = {}
        self.parts: list[str] = [f"{POINTS_PER_MM:.9f} 0 0 {POINTS_PER_MM:.9f} 0 0 cm"]

    def _ink(self, grey: Ink) -> None:
        if grey != self._grey:
            if isinstance(grey, tuple):
                shares = " ".join(number(share) for share in grey)
                self.parts.append(f"{shares} rg {shares} RG")
            else:
                self.parts.append(f"{number(grey)} g {number(grey)} G")
            self._grey = grey

    def text(self, x: float, baseline: float, text: str, size: float, *, bold: bool = False, mono: bool = False, grey: Ink = 0.0,
             align: str = "left", spacing: float = 0.0, language: str = "") -> None:  # fmt: skip
        """Draw one line of text. `align` says what `x` is: its left, right or middle. Refuses: label.missing_glyph."""
        text = clean(text)
        if not text:
            return
        language = language or self.language
        if align != "left":
            wide = width(text, size, language, mono=mono, spacing_mm=spacing) - spacing
            x -= wide if align == "right" else wide / 2
        signs = self._subset.encode(text, language, mono=mono)
        self._ink(grey)
        shown = f"<{''.join([sign[2] for sign in signs])}> Tj"
        if bold:
            # Each run of signs gets the stroke it bears, as a drawn bold thins the strokes of a full sign.
            runs = [(full, "".join([sign[2] for sign in run])) for full, run in groupby(signs, _weight)]
            shown = "2 Tr " + " ".join(f"{number(size * BOLD_STROKE[full])} w <{run}> Tj" for full, run in runs) + " 0 Tr"
        at = f"{number(x)} {number(self.height_mm - baseline)} Td"
        self.parts.append(f"BT {number(spacing)} Tc /F {number(size)} Tf {at} {shown} ET")

    def path(self, x: float, y: float, width_mm: float, height_mm: float, units_x: float, units_y: float, path: str) -> None:
        """Fill a path given in its own units (origin at the lower left) into the rectangle at `x`, `y`."""
        self._ink(0.0)
        scale = f"{width_mm / units_x:.7f} 0 0 {height_mm / units_y:.7f}"
        self.parts.append(f"q {scale} {number(x)} {number(self.height_mm - y - height_mm)} cm\n{path}\nf Q")

    def rectangle(self, x: float, y: float, width_mm: float, height_mm: float, grey: Ink = 0.0) -> None:
        """Fill a rectangle."""
        self._ink(grey)
        self.parts.append(f"{number(x)} {number(self.height_mm - y - height_mm)} {number(width_mm)} {number(height_mm)} re f")

    def polygon(self, points: Sequence[tuple[float, float]], grey: Ink = 0.0) -> None:
        """Fill the area between these corners."""
        self._ink(grey)
        steps = [f"{number(x)} {number(self.height_mm - y)} {'l' if at else 'm'}" for at, (x, y) in enumerate(points)]
        self.parts.append(f"{' '.join(steps)} f")

    def picture(self, name: str, number_: int, x: float, y: float, width_mm: float, height_mm: float) -> None:
        """Place a picture that `Document.picture` wrote into the rectangle at `x`, `y`."""
        self.pictures[name] = number_
        size = f"{number(width_mm)} 0 0 {number(height_mm)} {number(x)} {number(self.height_mm - y - height_mm)}"
        self.parts.append(f"q {size} cm /{name} Do Q")

    def line(self, x1: float, y1: float, x2: float, y2: float, thick: float, grey: float = 0.0, dash: str = "") -> None:
        """Stroke a straight line."""
        self._ink(grey)
        dashed = (f"[{dash}] 0 d ", " [] 0 d") if dash else ("", "")
        ends = f"{number(x1)} {number(self.height_mm - y1)} m {number(x2)} {number(self.height_mm - y2)} l"
        self.parts.append(f"{number(thick)} w {dashed[0]}{ends} S{dashed[1]}")

    def frame(self, x: float, y: float, width_mm: float, height_mm: float, thick: float, grey: float = 0.0) -> None:
        """Stroke a rectangle."""
        self._ink(grey)
        corner = f"{number(x)} {number(self.height_mm - y - height_mm)}"
        self.parts.append(f"{number(thick)} w {corner} {number(width_mm)} {number(height_mm)} re S")

    def ring(self, x: float, y: float, radius: float, thick: float, grey: Ink = 0.0) -> None:
        """Stroke a circle around `x`, `y`; `radius` is that of the middle of the line."""
        self._ink(grey)
        y, handle = self.height_mm - y, radius * _CIRCLE
        points = [
            (x, y + radius),
            (x + handle, y + radius), (x + radius, y + handle), (x + radius, y),
            (x + radius, y - handle), (x + handle, y - radius), (x, y - radius),
            (x - handle, y - radius), (x - radius, y - handle), (x - radius, y),
            (x - radius, y + handle), (x - handle, y + radius), (x, y + radius),
        ]  # fmt: skip
        pairs = [f"{number(px)} {number(py)}" for px, py in points]
        curves = [" ".join(pairs[at : at + 3]) + " c" for at in range(1, 13, 3)]
        self.parts.append(f"{number(thick)} w {pairs[0]} m {' '.join(curves)} S")


class Document:
    """A PDF being written to `out`. Use `page()` for a canvas, `finish(canvas)` when it is drawn, `close()` at the end."""

    _CATALOG, _PAGES, _FONT, _CID_FONT, _DESCRIPTOR, _PROGRAM, _TO_UNICODE, _INFO = range(1, 9)

    def __init__(self, out: BinaryIO, title: str, language: str) -> None:
        self._out, self._title, self._language = out, title, language
        self._offsets: dict[int, int] = {}
        self._written = 0
        self._next = 9
        self._pages: list[int] = []
        self._subset = Subset()
        self._write(b"%PDF-1.7\n%\xe5\xba\x9c\xe5\xba\x9c\n")

    def page(self, width_mm: float, height_mm: float) -> Canvas:
        """An empty page of exactly this size."""
        return Canvas(self._subset, width_mm, height_mm, self._language)

    def finish(self, canvas: Canvas) -> None:
        """Write a drawn page; the canvas is used up."""
        content = self._stream(self._take(), "\n".join(canvas.parts).encode("ascii"))
        canvas.parts.clear()
        page = self._take()
        named = " ".join(f"/{name} {at} 0 R" for name, at in sorted(canvas.pictures.items()))
        pictures = f" /XObject << {named} >>" if named else ""
        size = f"{number(canvas.width_mm * POINTS_PER_MM)} {number(canvas.height_mm * POINTS_PER_MM)}"
        self._object(
            page,
            f"<< /Type /Page /Parent {self._PAGES} 0 R /MediaBox [0 0 {size}] /Contents {content} 0 R"
            f" /Resources << /Font << /F {self._FONT} 0 R >>{pictures} >> >>",
        )
        self._pages.append(page)

    def picture(self, jpeg: bytes, width_px: int, height_px: int, *, grey: bool) -> int:
        """Write a JPEG as it is; the number that `Canvas.picture` places, on as many pages as wanted."""
        id = self._take()
        space = "/DeviceGray" if grey else "/DeviceRGB"
        kind = f"/Type /XObject /Subtype /Image /Width {width_px} /Height {height_px} /ColorSpace {space} /BitsPerComponent 8"
        self._offsets[id] = self._written
        self._write(f"{id} 0 obj\n<< {kind} /Filter /DCTDecode /Length {len(jpeg)} >>\nstream\n".encode())
        self._write(jpeg)
        self._write(b"\nendstream\nendobj\n")
        return id

    def close(self) -> None:
        """Write the font, the page list and the cross-reference table."""
        self._write_font()
        self._object(self._PAGES, f"<< /Type /Pages /Count {len(self._pages)} /Kids [{' '.join(f'{page} 0 R' for page in self._pages)}] >>")
        # PrintScaling None: the print dialogue proposes the actual size, so that a sheet of labels meets its cells (T16).
        self._object(
            self._CATALOG,
            f"<< /Type /Catalog /Pages {self._PAGES} 0 R /Lang ({self._language})"
            " /ViewerPreferences << /PrintScaling /None /DisplayDocTitle true >> >>",
        )
        title = clean(self._title).encode("utf-16-be", "replace").hex().upper()
        self._object(self._INFO, f"<< /Title <FEFF{title}> /Producer (Foyer) >>")
        start = self._written
        rows = "".join(f"{self._offsets[number_]:010d} 00000 n \n" for number_ in range(1, self._next))
        self._write(f"xref\n0 {self._next}\n0000000000 65535 f \n{rows}".encode())
        trailer = f"<< /Size {self._next} /Root {self._CATALOG} 0 R /Info {self._INFO} 0 R >>"
        self._write(f"trailer\n{trailer}\nstartxref\n{start}\n%%EOF\n".encode())

    def _write_font(self) -> None:
        subset = self._subset
        if not subset.used:
            subset.encode(" ", "en")  # a font without a single glyph is no font
        name = subset.name()
        self._stream(self._PROGRAM, subset.outlines(), " /Subtype /CIDFontType0C")
        self._stream(self._TO_UNICODE, subset.to_unicode())
        self._object(
            self._DESCRIPTOR,
            f"<< /Type /FontDescriptor /FontName /{name} /Flags 4 /FontBBox [-1002 -1048 2928 1808] /ItalicAngle 0 /Ascent 880"
            f" /Descent -120 /CapHeight 733 /StemV 80 /FontFile3 {self._PROGRAM} 0 R >>",
        )
        self._object(
            self._CID_FONT,
            f"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /{name}"
            " /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >>"
            f" /FontDescriptor {self._DESCRIPTOR} 0 R /DW 1000 /W [{subset.widths()}] >>",
        )
        self._object(
            self._FONT,
            f"<< /Type /Font /Subtype /Type0 /BaseFont /{name} /Encoding /Identity-H"
            f" /DescendantFonts [{self._CID_FONT} 0 R] /ToUnicode {self._TO_UNICODE} 0 R >>",
        )

    def _take(self) -> int:
        self._next += 1
        return self._next - 1

    def _object(self, number_: int, body: str) -> None:
        self._offsets[number_] = self._written
        self._write(f"{number_} 0 obj\n{body}\nendobj\n".encode())

    def _stream(self, number_: int, data: bytes, extra: str = "") -> int:
        packed = zlib.compress(data, 5)
        self._offsets[number_] = self._written
        self._write(f"{number_} 0 obj\n<< /Length {len(packed)} /Filter /FlateDecode{extra} >>\nstream\n".encode())
        self._write(packed)
        self._write(b"\nendstream\nendobj\n")
        return number_

    def _write(self, data: bytes) -> None:
        self._out.write(data)
        self._written += len(data)
