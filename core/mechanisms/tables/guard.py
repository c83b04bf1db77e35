"""Texts that a spreadsheet might run are written with a leading apostrophe, and read without it (pitfall T33, ASVS 1.2.10)."""

from __future__ import annotations

import re

_SIGNS = "=+\\-@＝＋－＠﹦﹢﹣﹫"
_NEEDS_GUARD = re.compile(f"'*(?:[\\s\ufeff\u200b]*[{_SIGNS}]|[\\s\ufeff])")
_GUARDED = re.compile(f"'(?='*(?:[\\s\ufeff\u200b]*[{_SIGNS}]|[\\s\ufeff]))")
_PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")


def guarded(text: str) -> str:
    """The text with a leading `'` when a spreadsheet might run it; a plain number stays one. `unguarded` takes it off again.

    Source: pitfall T33, ASVS 1.2.10."""
    return "'" + text if _NEEDS_GUARD.match(text) and not _PLAIN_NUMBER.fullmatch(text) else text


def unguarded(text: str) -> str:
    """What `guarded` was given."""
    return text[1:] if _GUARDED.match(text) else text


def needs_guard(text: str) -> bool:
    """Whether a spreadsheet might take the text for something to run."""
    return _NEEDS_GUARD.match(text) is not None
