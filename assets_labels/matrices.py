"""The two codes on a label as black and white: QR (ISO/IEC 18004) and Code 128 (ISO/IEC 15417).

A QR text is `{BASE_URL}/S/{CODE}` in upper case, alphanumeric mode, level M, the smallest version that holds it, one fixed mask
(contract.md). An office with a GS1 company prefix may print assets as GS1 Digital Links instead: `{BASE_URL}/8004/{PREFIX}{CODE}`, the Global Individual
Asset Identifier of GS1's application identifier 8004. A QR code is linear: flipping one data bit always flips the same modules, whatever the other bits are. So the
`qrcode` library is asked once per base address for an all-zero code and for each single bit of the eight signs (about fifty
calls), and every label afterwards is an XOR of at most five integers. The tests compare the result with `qrcode`'s own, module
by module. Nothing is kept that a change of the base address would make stale.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

import qrcode
from barcode.charsets import code128
from qrcode import util

from assets_labels.errors import DrawingError

CODE_SIGNS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH = 8
MASK = 2
QUIET_MODULES = 4
CODE128_MODULES = 123  # start, eight signs and check sign of 11 modules each, stop of 13

_ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_CODE = re.compile(f"[{CODE_SIGNS}]{{{CODE_LENGTH}}}")
_BASE_URL = re.compile(r"HTTPS?://[0-9A-Z.-]+(:[0-9]{1,5})?")
_GS1_PREFIX = re.compile("[0-9]{4,12}")
_RUN = re.compile("1+")


def plain_code(code: str) -> str:
    """`code` without hyphens, in upper case; refuses label.bad_code when it is not eight signs of the alphabet."""
    plain = code.replace("-", "").upper()
    if not _CODE.fullmatch(plain):
        raise DrawingError("label.bad_code", code=code[:40])
    return plain


def shown_code(code: str) -> str:
    """`7K3M-9QWY`: how a code is printed for people."""
    return f"{code[:4]}-{code[4:]}"


def qr_text(base_url: str, code: str, gs1_prefix: str = "") -> str:
    """What a scanner reads from the QR of `code`."""
    return f"{_prefix(base_url, label_path(gs1_prefix))}{plain_code(code)}"


def label_path(gs1_prefix: str = "") -> str:
    """What stands between address and code on a label: `/S/`, or a Digital Link with the office's GS1 company prefix. Refuses: sheet.bad_gs1_prefix."""
    if gs1_prefix and not _GS1_PREFIX.fullmatch(gs1_prefix):
        raise DrawingError("sheet.bad_gs1_prefix", prefix=gs1_prefix[:40])
    return f"/8004/{gs1_prefix}" if gs1_prefix else "/S/"


def _prefix(base_url: str, path: str = "/S/") -> str:
    base = base_url.rstrip("/").upper()
    if not _BASE_URL.fullmatch(base):
        raise DrawingError("sheet.bad_base_url", base_url=base_url[:200])
    return f"{base}{path}"


def library_matrix(text: str) -> list[list[bool]]:
    """The same code as `qrcode` itself draws it, without the quiet zone: the yardstick for `QrCodes` and its source."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, mask_pattern=MASK)
    code.add_data(util.QRData(text, mode=util.MODE_ALPHA_NUM))
    code.make(fit=True)
    return [[bool(module) for module in row] for row in code.modules]


def _as_number(text: str) -> int:
    # One white column is added to each row, so that a run of black never continues on the next row.
    return int("".join("".join("1" if module else "0" for module in row) + "0" for row in library_matrix(text)), 2)


def _group(value: int, length: int) -> str:
    """The `length` alphanumeric signs (2 or 1) that are encoded as `value`."""
    return _ALPHANUMERIC[value // 45] + _ALPHANUMERIC[value % 45] if length == 2 else _ALPHANUMERIC[value]


class QrCodes:
    """QR matrices of one base address: of label codes, or of other codes of one length below another path (a door's, `/D/`). `size` is the
    number of modules a side, without the quiet zone."""

    def __init__(self, base_url: str, path: str = "/S/", signs: int = CODE_LENGTH) -> None:
        self.prefix = _prefix(base_url, path)
        length = len(self.prefix) + signs
        # Alphanumeric mode packs signs in pairs: the groups a code touches begin at an even place and may share a sign with the prefix.
        self._begin = len(self.prefix) // 2 * 2
        zero = self.prefix[: self._begin] + "0" * (length - self._begin)
        try:
            self.size = len(library_matrix(zero))
        except (qrcode.exceptions.DataOverflowError, ValueError) as error:
            raise DrawingError("sheet.bad_base_url", base_url=base_url[:200]) from error
        self._zero = _as_number(zero)
        self._groups: list[tuple[int, int, list[int]]] = []
        for at in range(self._begin, length, 2):
            signs = min(2, length - at)
            bits = [
                _as_number(zero[:at] + _group(1 << bit, signs) + zero[at + signs :]) ^ self._zero for bit in range(11 if signs == 2 else 6)
            ]
            self._groups.append((at - self._begin, at - self._begin + signs, bits))
        self._drawn: list[dict[str, int]] = [{} for _ in self._groups]
        self._rows = [_RowPaths(self.size, self.size - 1 - row) for row in range(self.size)]

    def _flips(self, number: int, signs: str) -> int:
        value = _ALPHANUMERIC.index(signs[0])
        if len(signs) == 2:
            value = value * 45 + _ALPHANUMERIC.index(signs[1])
        flips = 0
        for bit, bitmap in enumerate(self._groups[number][2]):
            if value >> bit & 1:
                flips ^= bitmap
        self._drawn[number][signs] = flips
        return flips

    def number(self, code: str) -> int:
        """The matrix as one integer: rows from the top, one white column after each."""
        tail = self.prefix[self._begin :] + code
        matrix = self._zero
        for number, (start, end, _bits) in enumerate(self._groups):
            signs = tail[start:end]
            flips = self._drawn[number].get(signs)
            matrix ^= self._flips(number, signs) if flips is None else flips
        return matrix

    def rows(self, code: str) -> list[list[bool]]:
        """The matrix of `code`, row by row."""
        bits = format(self.number(plain_code(code)), f"0{self.size * (self.size + 1)}b")
        return [[bit == "1" for bit in bits[row * (self.size + 1) :][: self.size]] for row in range(self.size)]

    def bits(self, code: str) -> list[str]:
        """The matrix as rows of 0 and 1, the code taken as it is."""
        bits = format(self.number(code), f"0{self.size * (self.size + 1)}b")
        return [bits[row * (self.size + 1) :][: self.size] for row in range(self.size)]

    def path(self, code: str) -> str:
        """PDF path of the black modules in units of a module, origin at the lower left: one rectangle a run."""
        wide = self.size + 1
        bits = format(self.number(code), f"0{self.size * wide}b")
        return "\n".join([paths[bits[row * wide : row * wide + self.size]] for row, paths in enumerate(self._rows)])


class _RowPaths(dict[str, str]):
    """The path of one row for each pattern seen: a code changes few modules a row, so a sheet meets the same patterns again and again."""

    _MOST = 4096

    def __init__(self, size: int, y: int) -> None:
        super().__init__()
        self._runs = [[f"{start} {y} {length} 1 re" for length in range(size + 1)] for start in range(size)]

    def __missing__(self, bits: str) -> str:
        if len(self) >= self._MOST:
            self.clear()  # a long base address mixes more modules into a row; memory stays flat all the same
        path = "\n".join([self._runs[run.start()][run.end() - run.start()] for run in _RUN.finditer(bits)])
        self[bits] = path
        return path


@lru_cache(maxsize=8)
def qr_codes(base_url: str, path: str = "/S/", signs: int = CODE_LENGTH) -> QrCodes:
    """The matrices of a base address, worked out once; refuses sheet.bad_base_url."""
    return QrCodes(base_url, path, signs)


def _code128_values(code: str) -> list[int]:
    values = [code128.START_CODES["B"], *(code128.B[sign] for sign in code)]
    values.append((values[0] + sum(place * value for place, value in enumerate(values[1:], start=1))) % 103)
    return values


def code128_bits(code: str) -> str:
    """The bars of the bare code, `1` for black: always set B, so that every label has the same 123 modules.

    The bar table is python-barcode's; its own encoder changes to set C within four digits or more: read alike, but of another width."""
    return "".join(code128.CODES[value] for value in _code128_values(code)) + str(code128.STOP) + "11"


@cache
def _bars(place: int, value: int) -> str:
    """The bars of one sign, which always begins with a bar and ends with a space, at its place in the code."""
    bits = code128.CODES[value] if value >= 0 else code128.STOP + "11"
    return "\n".join(f"{place * 11 + run.start()} 0 {run.end() - run.start()} 1 re" for run in _RUN.finditer(bits))


def code128_path(code: str) -> str:
    """PDF path of the bars in units of a module wide and the whole bar high."""
    values = _code128_values(code)
    return "\n".join([_bars(place, value) for place, value in enumerate(values)] + [_bars(len(values), -1)])
