"""The label code in a photo, for phones whose camera or browser could not read it (pitfalls T24, T25): more patience than a live picture allows.

Runs in the worker process (core/foundation/heavy), since a picture comes from outside and takes long. Only codes of ours are answered; what else is
written in the picture stays there.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator

import zxingcpp
from PIL import Image, ImageFilter, ImageOps, UnidentifiedImageError
from PIL.Image import DecompressionBombError, DecompressionBombWarning

from core.foundation.errors import Invalid
from core.mechanisms import labels

MAX_BYTES = 12 * 1024 * 1024
MAX_PIXELS = 50_000_000
LONGEST_SIDE = 2400
SHORTEST_SIDE = 16
MOST_CODES = 8
_FORMATS = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.Code128])


def codes_in(data: bytes) -> list[str]:
    """The codes of our labels in a picture, in reading order; empty when there is none. Raises Invalid attachment.broken, attachment.pixels"""
    image = _opened(data)
    for picture, binarizer in _tries(image):
        found = _read(picture, binarizer)
        if found:
            return found
    return []


def _opened(data: bytes) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", DecompressionBombWarning)
            image = Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP"))
            if image.width * image.height > MAX_PIXELS:
                raise Invalid("attachment.pixels")
            image.draft("L", (LONGEST_SIDE, LONGEST_SIDE))
            grey = ImageOps.exif_transpose(image).convert("L")
    except (UnidentifiedImageError, DecompressionBombError, DecompressionBombWarning, OSError, SyntaxError, ValueError) as error:
        raise Invalid("attachment.broken") from error
    if min(grey.size) < SHORTEST_SIDE:
        raise Invalid("attachment.broken")
    grey.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return grey


def _tries(image: Image.Image) -> Iterator[tuple[Image.Image, zxingcpp.Binarizer]]:
    """The picture as it is, then what helps against shadow, blur, distance and glare; the cheap ones first."""
    local, whole = zxingcpp.Binarizer.LocalAverage, zxingcpp.Binarizer.GlobalHistogram
    even = ImageOps.autocontrast(image, cutoff=2)
    yield image, local
    yield even, whole
    for factor in (2, 3):
        if max(image.size) * factor <= LONGEST_SIDE * 2:
            yield even.resize((image.width * factor, image.height * factor), Image.Resampling.LANCZOS), local
    yield even.filter(ImageFilter.UnsharpMask(radius=4, percent=220, threshold=2)), local
    yield even.filter(ImageFilter.MedianFilter(5)), local
    yield even.filter(ImageFilter.GaussianBlur(2)), whole
    yield even.resize((max(1, image.width // 2), max(1, image.height // 2)), Image.Resampling.BOX), local
    for angle in (20, -20, 45):  # bars lie within a few degrees of a line for the reader
        yield even.rotate(angle, expand=True, fillcolor=255), local


def _read(image: Image.Image, binarizer: zxingcpp.Binarizer) -> list[str]:
    found = zxingcpp.read_barcodes(image, formats=_FORMATS, binarizer=binarizer)
    ordered = sorted(found, key=lambda one: (one.position.top_left.y // 40, one.position.top_left.x))
    codes: list[str] = []
    for one in ordered:
        try:
            code = labels.read_code(one.text)
        except Invalid:
            continue
        if code not in codes:
            codes.append(code)
    return codes[:MOST_CODES]
