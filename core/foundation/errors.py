"""The ways something can not happen, as codes with facts; the sentence stands in the catalogue under the code."""

from __future__ import annotations

from typing import Any


class Refused(Exception):
    """A rule says no. `code` is final for the operation id, `facts` fill the catalogue's sentence (JSON values only)."""

    def __init__(self, code: str, /, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


class NotAllowed(Exception):
    """This actor may not do this to this thing. Claims nothing: the same operation id may come again."""

    def __init__(self, **facts: Any) -> None:
        super().__init__("op.not_allowed")
        self.code = "op.not_allowed"
        self.facts = facts


class Invalid(Exception):
    """The input can not be understood. Claims nothing."""

    def __init__(self, code: str, /, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


class SetupError(Exception):
    """The server can not start as it is set up; the text is for the person at the terminal."""
