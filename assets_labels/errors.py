"""What can go wrong while paper is drawn: a code and its facts, like every other refusal of the house.

The sentence for a person stands in the catalogues under the same key (`sheet.bad_start`); this module only says what is the case.
"""

from __future__ import annotations

from collections.abc import Callable

Fact = str | int | float


class DrawingError(ValueError):
    """A label, badge, card or report that must not be printed as asked.

    Codes: sheet.unknown_template, sheet.bad_start, sheet.bad_base_url, sheet.module_too_small, label.missing_glyph,
    label.too_many, label.bad_code, sheet.unreadable, sheet.off_page."""

    def __init__(self, code: str, /, **facts: Fact) -> None:
        super().__init__(f"{code}: " + ", ".join(f"{name}={value!r}" for name, value in facts.items()))
        self.code = code
        self.facts = facts

    def __reduce__(self) -> tuple[Callable[[str, dict[str, Fact]], DrawingError], tuple[str, dict[str, Fact]]]:
        return _again, (self.code, self.facts)  # it crosses from the worker process with its facts


def _again(code: str, facts: dict[str, Fact]) -> DrawingError:
    return DrawingError(code, **facts)
