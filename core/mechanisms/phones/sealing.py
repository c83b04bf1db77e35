"""Records that wait sealed on a phone, a ticket for signing in again with a PIN, and the mark a phone is known by."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlmodel import Session

from core.foundation.errors import Invalid
from core.mechanisms import devices, operations
from core.mechanisms.operations import Actor
from core.mechanisms.people import Person

IV_BYTES = 12


def seal_key(person_id: UUID, device_id: UUID) -> bytes:
    """The key of one person's records on one phone; made anew from the office's secret each time, stored nowhere here."""
    return operations.keyed("phone seal", f"{person_id} {device_id}")


def unseal(sealed: str, about: str, by: Actor) -> bytes:
    """What this person's phone sealed; `about` (an op_id, or a photo's hash and range) is bound to it. Raises Invalid op.sealed"""
    if by.person_id is None or by.device_id is None:
        raise Invalid("op.sealed")
    try:
        data = base64.b64decode(sealed, validate=True)
        return AESGCM(seal_key(by.person_id, by.device_id)).decrypt(data[:IV_BYTES], data[IV_BYTES:], about.encode())
    except (binascii.Error, InvalidTag, ValueError):
        raise Invalid("op.sealed") from None


def seal(data: bytes, about: str, person_id: UUID, device_id: UUID, iv: bytes) -> str:
    """The same the other way round: for tests and tools."""
    return base64.b64encode(iv + AESGCM(seal_key(person_id, device_id)).encrypt(iv, data, about.encode())).decode()


def opened_item(item: dict[str, Any], by: Actor) -> dict[str, Any]:
    """The operation inside a sealed one: `{op_id, device_seq, sealed}` → what was recorded. Raises Invalid op.sealed"""
    op_id, sealed = item.get("op_id"), item.get("sealed")
    if not isinstance(op_id, str) or not isinstance(sealed, str):
        raise Invalid("op.sealed")
    try:
        inner = json.loads(unseal(sealed, op_id.lower(), by))
    except ValueError:
        raise Invalid("op.sealed") from None
    if not isinstance(inner, dict) or inner.get("op_id") != op_id:
        raise Invalid("op.sealed")
    return inner


def pin_ticket(s: Session, person_id: UUID, device_id: UUID) -> str:
    """What a phone keeps of a password sign-in, so that its person may come back with the PIN; a new password makes it worthless."""
    person = s.get(Person, person_id)
    mark = (person.password_hash if person else None) or ""
    return operations.keyed("pin ticket", f"{person_id} {device_id} {mark}").hex()


def ticket_fits(s: Session, ticket: str, person_id: UUID, device_id: UUID) -> bool:
    """Whether this person signed in on this phone with the password they still have, and the phone was not revoked."""
    return not devices.is_revoked(s, device_id) and hmac.compare_digest(ticket.encode(), pin_ticket(s, person_id, device_id).encode())


def phone_mark(device_id: UUID) -> str:
    """What a phone's own cookie holds: its id and a proof that we gave it."""
    return f"{device_id}.{operations.keyed('phone mark', str(device_id)).hex()[:32]}"


def marked_phone(value: str | None) -> UUID | None:
    """The phone that a cookie names, or None."""
    text, _, proof = (value or "").partition(".")
    try:
        device_id = UUID(text)
    except ValueError:
        return None
    return device_id if hmac.compare_digest(proof.encode(), phone_mark(device_id).partition(".")[2].encode()) else None
