"""The one font on our paper: Noto Sans CJK Regular (OFL 1.1, kept in `fonts/` with its licence), embedded as a subset.

The file is a collection of faces that share their outlines and differ in which shape a sign gets: 简体 uses the SC face,
繁體 the TC face, codes the Mono face. A glyph number therefore means the same outline in every face, and one subset of outlines
serves a document in several languages. A sign without a glyph is refused (`label.missing_glyph`); .notdef is never drawn (T21).
Bold is drawn by filling and stroking (`pdf.py`): no second file.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import cache, lru_cache
from pathlib import Path

import uharfbuzz as hb

from assets_labels.errors import DrawingError

FONT_FILE = Path(__file__).parent / "fonts" / "NotoSansCJK-Regular.ttc"
LONGEST_TEXT = 1000  # nothing we print is longer; cutting first makes a text of ten thousand signs no slower than this
GETA = "〓"  # the sign printers set where they had no type: for papers that must come out whatever a name holds

_FACES = {"zh-Hans": 2, "zh-Hant": 3, "en": 2}
_MONO_FACES = {"zh-Hans": 7, "zh-Hant": 8, "en": 7}
_PROPORTIONAL_FACE = 0  # the JP face: its quotation marks are narrow, those of SC and TC a whole sign wide
_QUOTES = re.compile("[‘’“”]")
_LATIN_APOSTROPHE = re.compile("(?<=[A-Za-zÀ-ɏ])’(?=[A-Za-zÀ-ɏ]|\\s|$)")
_MARKS = re.compile("(?:[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f])+")
_BLANKS = re.compile(" {2,}")
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_DROPPED_TABLES = ("GSUB", "GPOS", "GDEF", "BASE", "VORG", "cmap", "name", "DSIG", "vhea", "vmtx", "post", "OS/2")

Glyph = tuple[int, int, str]  # glyph number, advance in thousandths of the size, the number as PDF strings have it


@lru_cache(maxsize=1)
def _blob() -> hb.Blob:
    return hb.Blob.from_file_path(str(FONT_FILE))


@cache
def _font(face: int) -> hb.Font:
    return hb.Font(hb.Face(_blob(), face))


class _Signs(dict[str, Glyph | None]):
    """The glyph of each sign in one face, looked up once; None where the font has none."""

    def __init__(self, face: int) -> None:
        super().__init__()
        self._face = face

    def __missing__(self, sign: str) -> Glyph | None:
        font = _font(self._face)
        glyph = font.get_nominal_glyph(ord(sign))
        found = (glyph, font.get_glyph_h_advance(glyph), f"{glyph:04X}") if glyph else None
        self[sign] = found
        return found


@cache
def _signs(face: int) -> _Signs:
    return _Signs(face)


def clean(text: str) -> str:
    """`text` as it can stand on paper: one line, composed (NFC), no control or zero-width signs, direction overrides, lone surrogates.

    More than two combining marks in a row are no name but a prank, and go; the first thousand signs are kept."""
    return _clean(text[:LONGEST_TEXT])


@lru_cache(maxsize=8192)
def _clean(text: str) -> str:
    if not text.isascii() or not text.isprintable():
        text = _SELECTORS.sub("", text)
        text = _MARKS.sub(lambda marks: marks.group() if len(marks.group()) <= 2 else "", text)
        text = unicodedata.normalize("NFC", text)
        if not text.isprintable():
            text = "".join(_plain_sign(sign) for sign in text)
    return _BLANKS.sub(" ", text).strip(" ") if "  " in text else text.strip(" ")


def _plain_sign(sign: str) -> str:
    category = unicodedata.category(sign)
    if category in ("Cf", "Cs"):
        return ""
    if category in ("Cc", "Zl", "Zp") or (category == "Zs" and sign != "\u3000"):
        return " "
    return sign


def missing(text: str, language: str) -> str:
    """The signs of `text` that the font cannot draw, each once, in order; empty when all is well."""
    signs = _signs(_FACES.get(language, 2))
    return "".join(dict.fromkeys(sign for sign in clean(text) if signs[sign] is None))


def drawable(text: str, language: str) -> str:
    """`text` with each sign the font lacks as 〓: for badges and reports, which must come out whatever a name holds."""
    lacking = missing(text, language)
    return clean(text).translate({ord(sign): GETA for sign in lacking}) if lacking else clean(text)


def glyphs(text: str, language: str, *, mono: bool = False) -> list[Glyph]:
    """The glyphs of `text`, which has been through `clean`. Refuses: label.missing_glyph."""
    signs = _signs((_MONO_FACES if mono else _FACES).get(language, 2))
    found = [signs[sign] for sign in text]
    if not text.isascii() and _QUOTES.search(text):
        narrow = _signs(_PROPORTIONAL_FACE)
        for quote in (_QUOTES if language == "en" else _LATIN_APOSTROPHE).finditer(text):
            found[quote.start()] = narrow[quote.group()]
    if None in found:
        sign = text[found.index(None)]
        raise DrawingError("label.missing_glyph", sign=sign, point=f"U+{ord(sign):04X}", name=text[:60])
    return found  # type: ignore[return-value]  # None was refused just above


@cache
def weight(glyph: int) -> int:
    """How much a glyph may be thickened for bold: 3 for open ones, 1 for one as full as 龘, which would close up."""
    font = _font(_FACES["zh-Hans"])
    pen: list[int] = []
    funcs = hb.DrawFuncs()
    funcs.set_move_to_func(lambda *_point: None)
    funcs.set_line_to_func(lambda *_point: pen.append(1))
    funcs.set_cubic_to_func(lambda *_point: pen.append(1))
    funcs.set_quadratic_to_func(lambda *_point: pen.append(1))
    funcs.set_close_path_func(lambda *_nothing: None)
    font.draw_glyph(glyph, funcs, None)
    return 3 if len(pen) < 110 else 2 if len(pen) < 180 else 1


def width(text: str, size_mm: float, language: str, *, mono: bool = False, spacing_mm: float = 0.0) -> float:
    """How wide `text` is drawn, in mm."""
    return sum(glyph[1] for glyph in glyphs(text, language, mono=mono)) * size_mm / 1000 + spacing_mm * len(text)


class Subset:
    """The glyphs one document uses, with the sign each stands for (what text extraction gives back)."""

    def __init__(self) -> None:
        self.used: dict[int, str] = {}
        self.advances: dict[int, int] = {}

    def encode(self, text: str, language: str, *, mono: bool = False) -> list[Glyph]:
        """The glyphs of `text`, which are noted as used. Refuses: label.missing_glyph."""
        drawn = glyphs(text, language, mono=mono)
        for (glyph, advance, _hex), sign in zip(drawn, text, strict=True):
            if glyph not in self.used:
                self.used[glyph] = sign
                self.advances[glyph] = advance
        return drawn

    def outlines(self) -> bytes:
        """A CFF font program with just these glyphs. Its character ids stay the whole font's glyph numbers: pages need no second pass."""
        wanted = hb.SubsetInput()
        wanted.glyph_set.update(self.used)
        wanted.drop_table_tag_set.update(int.from_bytes(tag.ljust(4).encode(), "big") for tag in _DROPPED_TABLES)
        wanted.flags = hb.SubsetFlags.NO_HINTING | hb.SubsetFlags.NO_LAYOUT_CLOSURE
        return bytes(wanted.subset(_font(_FACES["zh-Hans"]).face).reference_table("CFF ").data)

    def name(self) -> str:
        """The six-letter tag that marks an embedded subset, from what is in it: the same content gives the same bytes."""
        digest = hashlib.sha256(",".join(map(str, sorted(self.used))).encode()).digest()
        return "".join(chr(ord("A") + byte % 26) for byte in digest[:6]) + "+NotoSansCJK-Regular"

    def widths(self) -> str:
        """The `W` array of the PDF font."""
        return " ".join(f"{glyph} [{self.advances[glyph]}]" for glyph in sorted(self.advances))

    def to_unicode(self) -> bytes:
        """The `ToUnicode` map: a search in a viewer, or a copy out of it, finds the names."""
        lines = [f"<{glyph:04X}> <{sign.encode('utf-16-be').hex().upper()}>" for glyph, sign in sorted(self.used.items())]
        hundreds = [lines[at : at + 100] for at in range(0, len(lines), 100)]
        blocks = [f"{len(hundred)} beginbfchar\n" + "\n".join(hundred) + "\nendbfchar" for hundred in hundreds]
        return (
            "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
            "1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
            + "\n".join(blocks)
            + "\nendcmap\nCMapName currentdict /CMap defineresource pop\nend\nend"
        ).encode()
