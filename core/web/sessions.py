"""Cookies of people and devices, and what they mean right now (security.md: ASVS 3.3, 7.2.4, 7.4.1, 7.4.2; nicegui-facts 12–14).

A cookie carries a random token whose hash stands in our own table; nothing else is kept in the browser. The names begin with `__Host-`
(so: Secure, this host only, whole site) wherever a browser accepts Secure, which is https and a loopback address; plain http in a LAN
gets the same cookie without Secure. A cookie planted before sign-in is never adopted: every sign-in makes a new token.
"""

from __future__ import annotations

import ipaddress
from datetime import datetime
from urllib.parse import quote, unquote, urlsplit
from uuid import UUID

from fastapi import Request, Response

from core.foundation import database, i18n
from core.foundation.settings import Settings
from core.mechanisms import devices, people
from core.mechanisms import office as offices
from core.mechanisms.office import Face
from core.mechanisms.operations import Actor, Role

PERSON_COOKIE = "foyer"
DEVICE_COOKIES = {Role.KIOSK: "foyer_kiosk", Role.DROP_BOX: "foyer_drop_box", Role.DOOR: "foyer_door"}
LANGUAGE_COOKIE = "foyer_lang"
PHONE_COOKIE = "foyer_phone"
YEAR_S = 365 * 24 * 3600
MAX_TOKEN = 200


NOBODY = Face("", False, i18n.LANGUAGES[0], "")

_settings: Settings | None = None


def use_settings(settings: Settings) -> None:
    """The settings of this server (main.py)."""
    global _settings
    _settings = settings


def settings() -> Settings:
    """The settings main.py gave; the defaults when it gave none."""
    return _settings or Settings(base_url="http://127.0.0.1:8080")


# ── cookies ──


def takes_secure(scheme: str, host: str) -> bool:
    """Whether a browser keeps a Secure cookie from this address: https, localhost, or a loopback number."""
    if scheme in ("https", "wss") or host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _is_secure(request: Request) -> bool:
    base = urlsplit(settings().base_url)  # behind a proxy that ends TLS, our own public address says so; no header is believed
    if base.scheme == "https" and request.url.hostname == base.hostname:
        return True
    return takes_secure(request.url.scheme, request.url.hostname or "")


def _name(base: str, request: Request) -> str:
    return f"__Host-{base}" if _is_secure(request) else base


def _token(request: Request, base: str) -> str | None:
    value = request.cookies.get(_name(base, request)) or ""
    return value if 0 < len(value) <= MAX_TOKEN else None


def person_token(request: Request) -> str | None:
    """The token of a signed-in person that this request carries, unchecked."""
    return _token(request, PERSON_COOKIE)


def device_token(request: Request, role: Role) -> str | None:
    """The key of a paired kiosk or door that this request carries, unchecked."""
    return _token(request, DEVICE_COOKIES[role])


def _set(response: Response, request: Request, base: str, token: str, max_age_s: int) -> None:
    name = _name(base, request)
    response.set_cookie(name, token, max_age=max_age_s, path="/", secure=name.startswith("__Host-"), httponly=True, samesite="lax")


def keep_person(response: Response, request: Request, token: str, max_age_s: int) -> None:
    """Put a person's new token into the answer."""
    _set(response, request, PERSON_COOKIE, token, max_age_s)


def keep_device(response: Response, request: Request, role: Role, key: str) -> None:
    """Put a device's key into the answer; it stays until the device is revoked."""
    _set(response, request, DEVICE_COOKIES[role], key, YEAR_S)


def phone_mark(request: Request) -> str | None:
    """What a phone's own cookie says it is, unchecked (core/mechanisms/phones)."""
    return _token(request, PHONE_COOKIE)


def keep_phone(response: Response, request: Request, mark: str) -> None:
    """Let a phone's browser remember which phone it is, apart from the app's own storage: so that it is known again when that was wiped."""
    _set(response, request, PHONE_COOKIE, mark, YEAR_S)


def forget_person(response: Response, request: Request) -> None:
    """Take the person's cookie out of the browser (the session itself is ended on the server by the caller)."""
    _set(response, request, PERSON_COOKIE, "", 0)


def keep_language(response: Response, request: Request, language: str) -> None:
    """Remember the language of this browser; it is no secret and pages' scripts may read it."""
    response.set_cookie(LANGUAGE_COOKIE, language, max_age=YEAR_S, path="/", secure=_is_secure(request), httponly=False, samesite="lax")


# ── what a token means now ──


def person_of(token: str | None, at: datetime) -> Actor | None:
    """The person of a token, or None: unknown, ended, expired, or disabled. One indexed read."""
    signed = signed_of(token, at)
    return signed.actor if signed else None


def signed_of(token: str | None, at: datetime, *, sending: bool = False) -> people.Signed | None:
    """The session of a token with its actor, or None; `sending` also knows a phone's second key and a revoked phone."""
    if not token:
        return None
    with database.reading() as s:
        return people.who(s, token, at, sending=sending)


def has_ended(session_id: UUID, at: datetime) -> bool:
    """Whether a session is over; also when there is no such session any more."""
    with database.reading() as s:
        row = s.get(people.SignInSession, session_id)
        return row is None or row.ended_at is not None or row.expires_at <= at


def device_of(token: str | None, at: datetime) -> Actor | None:
    """The paired device of a key as an actor, or None: unknown or revoked."""
    if not token:
        return None
    with database.reading() as s:
        return devices.who(s, token)


def actor_of(request: Request, at: datetime) -> Actor | None:
    """Whoever stands behind the cookies of a request: the signed-in person, else a paired kiosk or door (the API's way to know pages)."""
    person = person_of(person_token(request), at)
    if person is not None:
        return person
    for role in DEVICE_COOKIES:
        if (device := device_of(device_token(request, role), at)) is not None:
            return device
    return None


def office() -> Face:
    """Name, language, whether this is the sample office, and reception's number; before the first administrator the settings' language."""
    with database.reading() as s:
        return offices.face(s) or Face("", False, settings().language, "")


def has_admin() -> bool:
    """Whether the first administrator exists."""
    with database.reading() as s:
        return people.any_admin(s)


# ── language ──


def language_of(request: Request, person: Actor | None, default: str = "") -> str:
    """The person's own setting → the browser's choice here (`foyer_lang`) → Accept-Language → the office's language (`default`, where the
    caller has just read it)."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    return pick_language(person.language if person else None, chosen, request.headers.get("accept-language"), default or office().language)


def pick_language(own: str | None, chosen: str | None, accept: str | None, default: str) -> str:
    """The first of these that we speak."""
    for language in (own, chosen):
        if language in i18n.LANGUAGES:
            return str(language)
    return i18n.best_language(accept, default)


# ── where to go afterwards ──


def safe_next(address: str | None, default: str = "/") -> str:
    """`address` when it is a plain path of this site, else `default`: never another host, scheme or a page that signs in or out.

    Browsers read `//host`, `/\\host` and a path with tabs or line breaks as another site (ASVS 1.2.2)."""
    address = address or ""
    decoded = unquote(address)
    if not address.startswith("/") or len(address) > 500:
        return default
    if any(
        text.startswith("//") or "\\" in text or any(ord(sign) < 33 or ord(sign) == 127 for sign in text) for text in (address, decoded)
    ):
        return default
    if address.split("?")[0] in ("/sign-in", "/sign-out", "/first-run"):
        return default
    return address


def quoted(address: str) -> str:
    """An address as the value of a query field."""
    return quote(address, safe="")
