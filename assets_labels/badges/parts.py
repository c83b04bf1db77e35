"""What the badge layouts share: the text of a badge, the name as large as it goes, the photo, the QR code, the ring with the day."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from datetime import date

from babel.dates import format_date
from PIL import Image, ImageOps, UnidentifiedImageError

from assets_labels.badges.kinds import Look, look_of
from assets_labels.fonts import clean, drawable, width
from assets_labels.matrices import QUIET_MODULES, plain_code, qr_codes, shown_code
from assets_labels.pdf import Canvas, Document, Ink
from assets_labels.words import cut, wrap
from core.foundation.i18n import BABEL_LOCALES, t

PHOTO_SHAPE = 4 / 5
_PHOTO_DOTS_PER_MM = 300 / 25.4
_MOST_PIXELS = 40_000_000
_SMALLEST = 4.2  # mm: a name must be read at arm's length


@dataclass(frozen=True, slots=True)
class BadgeText:
    """What one badge says: `valid_until` is a time as people read it ("18:00"), `day` the one day it counts, `day_number` the visitor's number that
    day, `kind` which kind of visitor, `escort` that they may not walk alone, `photo` a picture's bytes or none;
    `share` ("2/12") the place in a group of somebody without a name, who has no code."""

    code: str
    name: str
    day: date
    day_number: int
    valid_until: str
    firm: str = ""
    host: str = ""
    areas: str = ""
    office: str = ""
    language: str = "zh-Hans"
    kind: str = "guest"
    escort: bool = False
    photo: bytes = b""
    share: str = ""

    @property
    def look(self) -> Look:
        return look_of(self.kind)

    @property
    def word(self) -> str:
        """The kind in the badge's language."""
        return t(f"badge.kind.{self.look.word}", self.language)

    @property
    def other_word(self) -> str:
        """The same in the other script, for whoever at the house does not read the first."""
        return t(f"badge.kind.{self.look.word}", "en" if self.language != "en" else "zh-Hans")

    def says(self, text: str) -> str:
        """`text` with each sign the font lacks as 〓: a visitor at the kiosk must not wait because of a letter."""
        return drawable(text, self.language)


def fit_name(name: str, room: float, largest: float, language: str, *, lines: int = 2, high: float = 0.0) -> tuple[float, list[str]]:
    """The size and lines of a name: as large as it goes, and at most `high` mm high (0: any).

    Up to four Chinese signs stand on one line; a Latin name breaks between its words, never inside one while a smaller size saves it; what finds no
    room at the smallest size loses words from its end."""
    plain = clean(name)
    if not any(sign >= "\u2e80" for sign in plain):
        words = plain.split(" ")
        for size in _sizes(largest):
            rows, whole = wrap(plain, size, room, language, lines)
            unbroken = all(width(word, size, language) <= room for word in words)
            if whole and unbroken and (not high or len(rows) * size * 1.16 <= high):
                return size, _evenly(words, size, room, language) if len(rows) == 2 else rows
    for size in _sizes(largest):
        rows, whole = wrap(plain, size, room, language, 1 if len(plain) <= 4 else lines)
        if whole and (not high or len(rows) * size * 1.2 <= high):
            return size, _in_halves(plain, rows)
    most = lines if not high or high >= lines * _SMALLEST * 1.2 else max(1, int(high / (_SMALLEST * 1.2)))
    return _SMALLEST, wrap(plain, _SMALLEST, room, language, most)[0]


def _sizes(largest: float) -> list[float]:
    return [size / 2 for size in range(int(largest * 2), int(_SMALLEST * 2), -1)] + [_SMALLEST]


def _evenly(words: list[str], size: float, room: float, language: str) -> list[str]:
    """Two lines split where they come out most alike: given names above, family name below."""
    splits: list[tuple[str, str]] = [(" ".join(words[:at]), " ".join(words[at:])) for at in range(1, len(words))]
    fitting = [split for split in splits if all(width(line, size, language) <= room for line in split)]
    if not fitting:
        return words
    first, second = min(fitting, key=lambda split: max(len(split[0]), len(split[1])))
    return [first, second]


def _in_halves(plain: str, rows: list[str]) -> list[str]:
    """A Chinese name of two lines never leaves a single sign on the second."""
    if len(rows) == 2 and " " not in plain and len(rows[1]) == 1 and len(plain) > 3:
        middle = (len(plain) + 1) // 2
        return [plain[:middle], plain[middle:]]
    return rows


def line(canvas: Canvas, badge: BadgeText, x: float, y: float, text: str, size: float, room: float, *, bold: bool = False) -> None:
    """One line that is a little smaller before it is cut."""
    said = badge.says(text)
    for smaller in (size, size * 0.87):
        if cut(said, smaller, room, badge.language) == said:
            canvas.text(x, y, said, smaller, bold=bold)
            return
    canvas.text(x, y, cut(said, size * 0.87, room, badge.language), size * 0.87, bold=bold)


def draw_code(canvas: Canvas, badge: BadgeText, base_url: str, left: float, top: float, size: float) -> None:
    """The QR code; `size` is with its quiet zone, whose white may lie over an edge. Without a code, the place in the group instead."""
    if badge.share:
        _draw_share(canvas, badge, left + size / 12, top, size * 11 / 12)
        return
    codes = qr_codes(base_url)
    module = size / (codes.size + 2 * QUIET_MODULES)
    inner, quiet = module * codes.size, module * QUIET_MODULES
    canvas.path(left + quiet, top + quiet, inner, inner, codes.size, codes.size, codes.path(plain_code(badge.code)))


def _draw_share(canvas: Canvas, badge: BadgeText, left: float, top: float, size: float) -> None:
    number = next((high for high in (12.0, 10.0, 8.5, 7.0) if width(badge.share, high, badge.language) <= size), 6.0)
    canvas.text(left, top + size * 0.55, badge.share, number, bold=True)
    for row, words in enumerate(wrap(t("badge.leaves_with_group", badge.language), 2.5, size, badge.language, 2)[0]):
        canvas.text(left, top + size * 0.55 + 5.0 + row * 3.2, words, 2.5)


def shown(badge: BadgeText) -> str:
    """The code as people read it, or nothing where there is none."""
    return shown_code(plain_code(badge.code)) if badge.code else ""


def draw_day(canvas: Canvas, badge: BadgeText, x: float, y: float, radius: float) -> None:
    """The ring with the day: yesterday's badge is seen across a room."""
    scale = radius / 11.9
    canvas.ring(x, y, radius, 2.43 * scale)
    canvas.text(x, y + 2.7 * scale, str(badge.day.day), 12.0 * scale, bold=True, align="center")
    weekday = format_date(badge.day, "EEE", locale=BABEL_LOCALES.get(badge.language, "zh_Hans_CN"))
    canvas.text(x, y + 7.5 * scale, weekday.upper(), 4.3 * scale, bold=True, align="center")


def draw_escort(canvas: Canvas, badge: BadgeText, left: float, top: float, width_mm: float, height: float, *, align: str = "left") -> None:
    """A black bar: this visitor may not walk alone."""
    canvas.rectangle(left, top, width_mm, height)
    words = cut(t("badge.escort", badge.language), height * 0.66, width_mm - 2.0, badge.language)
    x = left + width_mm / 2 if align == "center" else left + 1.6
    canvas.text(x, top + height * 0.74, words, height * 0.66, bold=True, grey=1.0, align=align)


def draw_photo(document: Document, canvas: Canvas, badge: BadgeText, left: float, top: float, width_mm: float, colour: bool) -> bool:
    """The photo, four to five, cut to its middle; false when there is none, or what there is can not be read."""
    if not badge.photo:
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(badge.photo)) as opened:
                if opened.width * opened.height > _MOST_PIXELS:
                    return False
                turned = ImageOps.exif_transpose(opened).convert("RGB" if colour else "L")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return False
    size = (round(width_mm * _PHOTO_DOTS_PER_MM), round(width_mm / PHOTO_SHAPE * _PHOTO_DOTS_PER_MM))
    small = ImageOps.fit(turned, size, Image.Resampling.LANCZOS, centering=(0.5, 0.4))
    if not colour:
        small = ImageOps.autocontrast(small, cutoff=1)
    out = io.BytesIO()
    small.save(out, "JPEG", quality=88)
    number = document.picture(out.getvalue(), *size, grey=not colour)
    canvas.picture(f"P{number}", number, left, top, width_mm, width_mm / PHOTO_SHAPE)
    return True


def ink_of(badge: BadgeText, colour: bool) -> Ink:
    """The band's ink: the kind's colour, or black."""
    return badge.look.colour if colour else 0.0
