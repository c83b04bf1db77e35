"""Business cards as codes: vCard 2.1 to 4.0 (RFC 6350) and MECARD, as phones and card printers write them (guide S3.2-R1).

What a code says is a stranger's text: it is cut to length, one line a field, and never opened, linked or stored as it came.
"""

from __future__ import annotations

import quopri
import re
from dataclasses import dataclass

from core.foundation.errors import Invalid

LONGEST = 4_000


class CardError(Invalid):
    """The code is no business card, or names nobody."""


@dataclass(frozen=True, slots=True)
class Card:
    """What a card says; empty where it says nothing."""

    name: str
    org: str = ""
    title: str = ""
    phone: str = ""
    email: str = ""
    address: str = ""
    note: str = ""


def read_card(text: str) -> Card:
    """The card behind a scanned or pasted text. Raises CardError liaison.no_card, liaison.card_nameless."""
    clean = text.strip()
    if len(clean) > LONGEST:
        raise CardError("liaison.no_card")
    if clean.upper().startswith("MECARD:"):
        fields = _mecard(clean[7:])
    elif re.match(r"BEGIN:VCARD\b", clean, re.IGNORECASE):
        fields = _vcard(clean)
    else:
        raise CardError("liaison.no_card")
    card = Card(**{key: _line(value) for key, value in fields.items()}) if fields.get("name") else None
    if card is None or not (card.name or card.org):
        raise CardError("liaison.card_nameless")
    return card


def _mecard(body: str) -> dict[str, str]:
    found: dict[str, str] = {}
    names = {
        "N": "name",
        "ORG": "org",
        "TITLE": "title",
        "TEL": "phone",
        "EMAIL": "email",
        "ADR": "address",
        "NOTE": "note",
        "TIL": "title",
    }
    for part in re.split(r"(?<!\\);", body):
        key, colon, value = part.partition(":")
        if colon and (name := names.get(key.strip().upper())) and name not in found:
            value = re.sub(r"\\(.)", r"\1", value)
            found[name] = _person(value.split(",", 1)) if name == "name" and "," in value else value
    if not found.get("name") and found.get("org"):
        found["name"] = found["org"]
    return found


def _vcard(text: str) -> dict[str, str]:
    lines = re.sub(r"\r?\n[ \t]", "", re.sub(r"=\r?\n", "", text)).splitlines()
    found: dict[str, str] = {}
    for line in lines:
        head, colon, value = line.partition(":")
        if not colon:
            continue
        name, *parameters = head.split(";")
        name = name.rpartition(".")[2].strip().upper()
        if any("QUOTED-PRINTABLE" in one.upper() for one in parameters):
            value = quopri.decodestring(value.encode("utf-8", "replace")).decode("utf-8", "replace")
        parts = [re.sub(r"\\([,;\\nN])", _unescaped, part) for part in re.split(r"(?<!\\);", value)]
        if name == "FN" and value.strip():
            found["name"] = parts[0]
        elif name == "N" and "name" not in found:
            found["name"] = _person(parts)
        elif name == "ORG":
            found.setdefault("org", " ".join(part for part in parts if part))
        elif name in ("TITLE", "ROLE"):
            found.setdefault("title", parts[0])
        elif name == "TEL":
            number = parts[0].removeprefix("tel:")
            if "phone" not in found or any("CELL" in one.upper() for one in parameters):
                found["phone"] = number
        elif name == "EMAIL":
            found.setdefault("email", parts[0])
        elif name == "ADR":
            found.setdefault("address", " ".join(part for part in parts if part))
        elif name == "NOTE":
            found.setdefault("note", parts[0])
    if not (found.get("name") or "").strip() and found.get("org"):
        found["name"] = found["org"]
    return found


def _unescaped(found: re.Match[str]) -> str:
    return " " if found[1] in "nN" else found[1]


def _person(parts: list[str]) -> str:
    """Family and given name as people say them: 李文博, but Wenbo Li."""
    family, given = [*parts, "", ""][:2]
    family, given = family.strip(), given.strip()
    if any(sign > "\u2e80" for sign in family + given):
        return family + given
    return f"{given} {family}".strip()


def _line(value: str) -> str:
    return " ".join(
        "".join(
            sign if sign >= " " else " " for sign in value if sign not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
        ).split()
    )[:200]
