"""What changed between two versions of a text: by words where words are written apart, by signs in Chinese."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import Literal

Piece = tuple[Literal["same", "gone", "new"], str]
_WORD = re.compile(r"[A-Za-z0-9’']+|\s+|.", re.DOTALL)


def between(old: str, new: str) -> tuple[Piece, ...]:
    """Both texts as one run of pieces: `same` and `gone` make the old one, `same` and `new` the new one."""
    before, after = _WORD.findall(old), _WORD.findall(new)
    found: list[Piece] = []
    for what, a1, a2, b1, b2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if what == "equal":
            found.append(("same", "".join(before[a1:a2])))
            continue
        if a2 > a1:
            found.append(("gone", "".join(before[a1:a2])))
        if b2 > b1:
            found.append(("new", "".join(after[b1:b2])))
    return tuple(found)
