"""What a visitor has said so far: it lives in the page and, for two minutes, as the device's draft; a wipe replaces it by an empty one."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from core.mechanisms import people

PURPOSES = ("meeting", "talk", "papers", "other")  # a guest's; every other kind of visitor is a choice of its own beside them


@dataclass(slots=True)
class Form:
    """One visitor's answers. `code` is an invitation's; without it the visitor walks in. A signature is never kept here: it is drawn
    anew.

    `known` is an earlier visit of a visitor who was recognised, `held` an old code of their own; `asked` are the questions already put, `answered` those the invitation answers,
    `signed` the documents that need no new signature. `scanned` is what was read, for asking the host;
    `id_number` stays in this page alone; `group` is the leader's visit whose code was read, `ticked` and `party` who is here of it."""

    code: str = ""
    name: str = ""
    company: str = ""
    typed: str = ""
    host_id: str = ""
    host_name: str = ""
    host_english: str = ""
    host_department: str = ""
    purpose: str = ""
    must_sign: bool = True
    photo: str = ""
    id_number: str = field(default="", repr=False)
    type: str = "guest"
    phone: str = ""
    email: str = ""
    plate: str = ""
    room: str = ""
    drink: str = ""
    known: str = ""
    held: str = ""
    asked: list[str] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    signed: list[str] = field(default_factory=list)
    delivery_kind: str = "parcel"
    pieces: int = 1
    oversize: bool = False
    scanned: str = ""
    group: str = ""
    ticked: list[str] = field(default_factory=list)
    party: int = 1

    def host(self, language: str) -> str:
        """The host's name as a visitor who speaks this language is told it."""
        return people.called_so(self.host_name, self.host_english, language)

    def as_draft(self) -> dict[str, Any]:
        """All but the ID number, which is never written down in clear: after a restart it is asked again."""
        kept = asdict(self) | {"asked": [name for name in self.asked if name != "id_number"]}
        del kept["id_number"]
        return kept

    @classmethod
    def from_draft(cls, data: Any) -> Form:
        """The form of a draft; whatever does not fit is left out."""
        made = cls()
        for item in fields(cls):
            value = data.get(item.name) if isinstance(data, dict) else None
            if item.name != "id_number" and type(value) is type(getattr(made, item.name)):
                setattr(made, item.name, value)
        return made


def in_our_letters(name: str) -> str:
    """The keypad writes capitals; a name typed with it alone becomes `Li Wenbo`. Anything else stays as it was written."""
    name = " ".join(name.split())
    return name.title() if name.isascii() and name.isupper() and len(name) > 3 else name
