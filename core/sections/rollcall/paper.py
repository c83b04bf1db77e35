"""The list a kiosk keeps for the hour in which the server is dead, so that paper can be printed from it (scenario Front desk 9; pitfalls V30,
V34).

A kiosk stands among strangers: what it keeps is sealed. The server seals the list with a key made of a PIN that the office chose
(PBKDF2-SHA256, 600 000 rounds, AES-256-GCM); the kiosk holds the sealed bytes only, and the PIN, typed by a marshal, opens them in the
browser. Without a PIN the kiosk keeps nothing. The PIN itself is never stored.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import Field as Input
from pydantic import StringConstraints
from sqlmodel import Field, Session, SQLModel

from core.foundation import clock, vault
from core.foundation.i18n import t
from core.foundation.ids import derived
from core.mechanisms import office
from core.mechanisms.operations import Actor, Operation, Role, as_json, operation, touch
from core.sections.rollcall import house, reading

ROUNDS = 600_000
PAPER_ID = derived("roll call paper")


class RollCallPaper(SQLModel, table=True):
    """One row: the salt and the key that kiosks' lists are sealed with, itself sealed by the office's secret."""

    __tablename__: ClassVar[str] = "roll_call_paper"
    id: UUID = Field(default=PAPER_ID, primary_key=True)
    salt: str
    key: str
    set_at: datetime
    set_by: UUID | None = None


class SetPin(Operation):
    """Six to twelve digits; empty takes it away, and kiosks keep no list from then on."""

    pin: Annotated[str, StringConstraints(pattern=r"^([0-9]{6,12})?$")] = Input(exclude=True, repr=False)


@operation(SetPin, "rollcall.set_pin", roles={Role.ADMIN, Role.SAFETY}, personal=True)
def set_pin(s: Session, do: SetPin, by: Actor, at: datetime) -> None:
    """Lists sealed before can still be opened with the PIN of then, until the kiosk has fetched a new one (minutes)."""
    found = s.get(RollCallPaper, PAPER_ID)
    if found is not None:
        s.delete(found)
        s.flush()
    if do.pin:
        salt = os.urandom(16)
        key = hashlib.pbkdf2_hmac("sha256", do.pin.encode(), salt, ROUNDS)
        s.add(RollCallPaper(salt=_text(salt), key=vault.seal(_text(key)), set_at=at, set_by=by.person_id))
    touch(s, "rollcall_paper", PAPER_ID)


def has_pin(s: Session) -> bool:
    return s.get(RollCallPaper, PAPER_ID) is not None


def sealed_list(s: Session, language: str, at: datetime) -> dict[str, Any] | None:
    """What a kiosk keeps: `{salt, rounds, iv, data}`, or None when the office chose no PIN."""
    found = s.get(RollCallPaper, PAPER_ID)
    if found is None:
        return None
    key, iv = vault.unseal(found.key), os.urandom(12)
    if key is None:  # the office's secret was changed: the PIN has to be set again
        return None
    text = json.dumps(as_json(open_list(s, language, at)), ensure_ascii=False).encode()
    return {"salt": found.salt, "rounds": ROUNDS, "iv": _text(iv), "data": _text(AESGCM(base64.b64decode(key)).encrypt(iv, text, None))}


def open_list(s: Session, language: str, at: datetime) -> dict[str, Any]:
    """The words of the paper: title, when, and rows to tick, those kept apart under headings of their own."""
    host, running = office.info(s), reading.open_one(s)
    lines = reading.view(s, running, at).lines if running else [reading.from_house(one) for one in house.everybody(s, at)]
    groups = [
        {
            "title": t(f"rollcall.status.{status}", language),
            "rows": [_row(line, language) for line in lines if line.status == status],
        }
        for status in house.Status
    ]
    return {
        "office": host.name if host else "",
        "drill": bool(running and running.drill),
        "title": t("rollcall.paper.title", language),
        "at": at,
        "columns": [t(f"rollcall.paper.{name}", language) for name in ("name", "detail", "host", "number", "since", "found")],
        "groups": [group for group in groups if group["rows"]],
    }


def _row(line: reading.LineView, language: str) -> list[str]:
    name = line.name if line.headcount == 1 else t("rollcall.heads", language, name=line.name, n=line.headcount)
    return [name, line.detail, line.host or line.where, line.number, _hour(line.since)]


def _hour(moment: datetime | None) -> str:
    return clock.local(moment).strftime("%m-%d %H:%M") if moment else ""


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
