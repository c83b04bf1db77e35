"""What headings are compared by."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable


def heading_key(text: str) -> str:
    """No spaces, marks, or remarks in brackets; width and case folded: `*资产编号（必填）` → `资产编号`."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\s*＊:：_\-/、]", "", re.sub(r"\([^)]*\)", "", folded))


def set_key(headings: Iterable[str]) -> str:
    """What a file's headings are remembered by, whatever their order."""
    keys = sorted({heading_key(one) for one in headings if one.strip()})
    return hashlib.sha256("\n".join(keys).encode("utf-8", "replace")).hexdigest()
