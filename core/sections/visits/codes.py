"""The signed code of an invitation: what a kiosk can believe with the server down (guide S3.1-R1; contract.md, Label code).

The QR of an invitation holds the label's address with a proof behind it, all in capitals (alphanumeric mode)::

    {BASE_URL}/S/{CODE}/{PROOF}          PROOF = {KIND}{DAY}{KEY}{SIGNATURE}, 116 signs

    KIND       1 sign    "A" one visitor; "G" a group, opened by its leader
    DAY        8 digits  YYYYMMDD, the only day (in the office's zone) on which the code opens
    KEY        4 signs   which office's key: the first 4 signs of base32(SHA-256(x || y)) of its public point
    SIGNATURE  103 signs base32 (RFC 4648, A–Z 2–7, no padding) of 64 bytes r || s

    signed     the UTF-8 bytes of "foyer-visit:{KIND}:{CODE}:{DAY}", by ECDSA on P-256 with SHA-256

The keys come from `GET /api/v1/visits/code-keys` (paired kiosks and signed-in people): `{"zone", "today", "keys": [{"id", "jwk"}]}`; a kiosk keeps
the answer while it is online. Checking in the browser (WebCrypto: a secure context, so TLS or this machine)::

    const bytes = unbase32(signature);                                                     // 103 signs -> 64 bytes
    const key = await crypto.subtle.importKey('jwk', jwk, {name: 'ECDSA', namedCurve: 'P-256'}, false, ['verify']);
    await crypto.subtle.verify({name: 'ECDSA', hash: 'SHA-256'}, key, bytes, new TextEncoder().encode(`foyer-visit:${kind}:${code}:${day}`));

An offline kiosk says: another key -> a code of another office; not verified -> not a code of ours; another day -> that day; otherwise it takes the
arrival (op `visit.check_in {code}`, the whole scanned text or the bare code) and the server judges when it is back: whether the visit was moved or
cancelled meanwhile, or the code was used before (once in, once out), no signature can know. A typed code carries no proof: it works online only.
With the server up the record counts: after a visit was moved an older QR opens on the new day all the same; only a proof that is not genuine is
refused. Both sides are proven by `tests/vectors/visit-codes.json`.

The key is derived from the office's secret (FOYER_SECRET_FILE); a new secret makes new proofs, and typed codes go on working.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from core.foundation import clock, vault
from core.foundation.errors import Refused
from core.mechanisms import labels

Kind = Literal["A", "G"]
SINGLE: Kind = "A"
GROUP: Kind = "G"


@dataclass(frozen=True, slots=True)
class Proof:
    """What an address says behind its code, taken apart and not yet believed."""

    kind: str
    day: str
    key: str
    signature: bytes


def address(base_url: str, code: str, day: date, *, group: bool = False) -> str:
    """What the QR of an invitation holds."""
    return f"{base_url}/S/{code}/{proof(code, day, group=group)}".upper()


def proof(code: str, day: date, *, group: bool = False) -> str:
    """The 116 signs behind the code."""
    kind = GROUP if group else SINGLE
    signature = base64.b32encode(vault.prove(_message(kind, code, f"{day:%Y%m%d}"))).decode().rstrip("=")
    return f"{kind}{day:%Y%m%d}{key_id()}{signature}"


def read(text: str) -> tuple[str, Proof | None]:
    """The code that was scanned or typed, and the proof behind it, which must be genuine when there is one.

    Refuses: visit.code_of_another_office, visit.code_forged; Invalid: label.unreadable, label.mistyped"""
    code, told = labels.read_code(text), labels.read_proof(text)
    if not told:
        return code, None
    found = Proof(told[0], told[1:9], told[9:13], base64.b32decode(told[13:] + "="))
    if found.key != key_id():
        raise Refused("visit.code_of_another_office")
    if found.kind not in (SINGLE, GROUP) or not vault.is_proven(found.signature, _message(found.kind, code, found.day)):
        raise Refused("visit.code_forged")
    return code, found


def key_id() -> str:
    """How the office's key is called in its codes."""
    x, y = vault.public_key()
    return base64.b32encode(hashlib.sha256(x + y).digest()).decode()[:4]


def public_keys() -> dict[str, Any]:
    """What a kiosk keeps: the office's zone and day, and the keys as JWK (RFC 7517)."""
    x, y = (base64.urlsafe_b64encode(part).decode().rstrip("=") for part in vault.public_key())
    jwk = {"kty": "EC", "crv": "P-256", "x": x, "y": y}
    return {"zone": str(clock.zone()), "today": clock.today().isoformat(), "keys": [{"id": key_id(), "jwk": jwk}]}


def _message(kind: str, code: str, day: str) -> bytes:
    return f"foyer-visit:{kind}:{code}:{day}".encode()
