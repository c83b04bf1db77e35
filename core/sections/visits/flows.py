"""What one visit is asked, and in which order: pure rules, without a database (guide S3.1-R1).

`types` makes a flow of a kind of visitor and a room; `steps` is the one place that says what comes after what.
"""

from __future__ import annotations

from collections.abc import Collection as Group
from collections.abc import Mapping
from dataclasses import dataclass

FIELDS = ("company", "phone", "email", "plate", "room", "purpose")


@dataclass(frozen=True, slots=True)
class Flow:
    """What one visit is asked: its type and its room together."""

    type: str
    fields: Mapping[str, str]
    documents: tuple[str, ...]
    approval: bool
    room_approval: bool
    photo: str
    escort: bool
    badge: bool
    badge_layout: str
    drink: bool

    def asked(self, field: str) -> str:
        return self.fields.get(field, "hidden")


def missing(flow: Flow, answers: Mapping[str, object]) -> list[str]:
    """The required fields that have no answer, in the order they are asked."""
    return [name for name in FIELDS if flow.asked(name) == "required" and not answers.get(name)]


def steps(
    flow: Flow,
    *,
    invited: bool,
    known: Mapping[str, object] | None = None,
    asked: Group[str] = (),
    signed: Group[str] = (),
    photo: bool = False,
    id_number: bool = False,
) -> list[str]:
    """What a visitor of this flow still meets before the badge, in order: field names, `id_number`, `drink`, `document:<key>` for each to sign, `photo`.

    `known` are the answers so far, `asked` the fields that were asked already (an optional one may have been skipped), `signed` documents that need no new signature;
    `photo` is the office's own setting, `id_number` whether this kind is asked for one (identity.asked). An invited visitor is asked what is required and not known, nothing optional."""
    answers = known or {}
    wanted = [
        name
        for name in FIELDS
        if not answers.get(name)
        and (flow.asked(name) == "required" or (flow.asked(name) == "optional" and not invited and name not in asked))
    ]
    found = [*wanted, *(["id_number"] if id_number and "id_number" not in asked else [])]
    found += ["drink"] if flow.drink and "drink" not in asked else []
    found += [f"document:{key}" for key in flow.documents if key not in signed]
    if takes_photo(flow.photo, office=photo and not invited):
        found.append("photo")
    return found


def takes_photo(photo: str, *, office: bool) -> bool:
    """Whether a flow whose `photo` this is has the step; `office` is the office's own setting."""
    return photo in ("ask", "required") or (photo == "office" and office)
