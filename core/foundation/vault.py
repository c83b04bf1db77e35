"""What the office's secret protects: passwords of other servers, sealed before they are stored, links that answer without signing in, and what a
device that cannot reach the server may believe (signed with ECDSA on P-256: every browser's WebCrypto checks it) or keep (sealed to our own key)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_fernet = Fernet(base64.urlsafe_b64encode(secrets.token_bytes(32)))
_signing = secrets.token_bytes(32)
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256 (FIPS 186-5)
_proving = ec.generate_private_key(ec.SECP256R1())
_boxes = ec.generate_private_key(ec.SECP256R1())


def use_secret(secret: bytes) -> None:
    """The office's secret (FOYER_SECRET_FILE)."""
    global _fernet, _signing, _proving, _boxes
    _signing = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"foyer links").derive(secret)
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"foyer vault").derive(secret)
    _fernet = Fernet(base64.urlsafe_b64encode(key))
    # 384 bits taken modulo the order: no number is likelier than another by more than 2^-128 (FIPS 186-5, A.2.1).
    _proving, _boxes = _key_of(secret, b"foyer proofs"), _key_of(secret, b"foyer boxes")


def _key_of(secret: bytes, purpose: bytes) -> ec.EllipticCurvePrivateKey:
    seed = HKDF(algorithm=SHA256(), length=48, salt=None, info=purpose).derive(secret)
    return ec.derive_private_key(int.from_bytes(seed) % (_ORDER - 1) + 1, ec.SECP256R1())


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


def prove(message: bytes) -> bytes:
    """64 bytes (r and s) that whoever holds `public_key()` can check and nobody else can make: ECDSA on P-256 with SHA-256. The same message
    gives the same bytes (RFC 6979)."""
    r, s = decode_dss_signature(_proving.sign(message, ec.ECDSA(SHA256(), deterministic_signing=True)))
    return r.to_bytes(32) + s.to_bytes(32)


def is_proven(proof: bytes, message: bytes) -> bool:
    if len(proof) != 64:
        return False
    try:
        signature = encode_dss_signature(int.from_bytes(proof[:32]), int.from_bytes(proof[32:]))
        _proving.public_key().verify(signature, message, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def public_key() -> tuple[bytes, bytes]:
    """The point (x, y) of the key that checks `prove`, 32 bytes each."""
    numbers = _proving.public_key().public_numbers()
    return numbers.x.to_bytes(32), numbers.y.to_bytes(32)


def box_key() -> tuple[bytes, bytes]:
    """The point (x, y) to which a device seals what only we may read (`open_box`), 32 bytes each."""
    numbers = _boxes.public_key().public_numbers()
    return numbers.x.to_bytes(32), numbers.y.to_bytes(32)


def open_box(box: bytes, about: bytes) -> bytes | None:
    """What a browser sealed to `box_key()`: 65 bytes of its one-time point on P-256, 12 bytes iv, then AES-GCM of the content with `about` bound to it; the
    key is HKDF-SHA256 of the shared secret with the point as salt. None when it was not sealed to this key or was touched."""
    if len(box) < 65 + 12 + 16:
        return None
    point, iv, closed = box[:65], box[65:77], box[77:]
    try:
        shared = _boxes.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point))
        key = HKDF(algorithm=SHA256(), length=32, salt=point, info=b"foyer box").derive(shared)
        return AESGCM(key).decrypt(iv, closed, about)
    except (ValueError, InvalidTag):
        return None
