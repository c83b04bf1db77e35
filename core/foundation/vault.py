"""What the office's secret protects: passwords of other servers, sealed before they are stored, and links that answer without signing in."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_fernet = Fernet(base64.urlsafe_b64encode(secrets.token_bytes(32)))
_signing = secrets.token_bytes(32)


def use_secret(secret: bytes) -> None:
    """The office's secret (FOYER_SECRET_FILE)."""
    global _fernet, _signing
    _signing = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"foyer links").derive(secret)
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"foyer vault").derive(secret)
    _fernet = Fernet(base64.urlsafe_b64encode(key))


def seal(text: str) -> str:
    """The sealed form of `text`; empty stays empty."""
    return _fernet.encrypt(text.encode()).decode() if text else ""


def unseal(sealed: str) -> str | None:
    """The text again, or None when it was sealed with another secret."""
    if not sealed:
        return ""
    try:
        return _fernet.decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None


def sign(*parts: object) -> str:
    """A mark nobody else can make for these parts: what lets a link in a mail answer without signing in."""
    return hmac.new(_signing, "/".join(map(str, parts)).encode(), hashlib.sha256).hexdigest()[:32]


def is_signed(mark: str, *parts: object) -> bool:
    return hmac.compare_digest(mark.encode("utf-8", "replace"), sign(*parts).encode())
