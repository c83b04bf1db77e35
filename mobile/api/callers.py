"""Who calls: a signed-in person, a paired device, a phone's key."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from core.foundation import clock
from core.mechanisms.operations import Actor, Role
from core.web import sessions
from mobile.api.answers import Problem


async def maybe_caller(request: Request) -> Actor | None:
    """The person or device that calls, by bearer token or cookie; None for a stranger, and for keys that may only send."""
    return _caller(request, sending=False)


def _caller(request: Request, *, sending: bool) -> Actor | None:
    header = request.headers.get("authorization", "")
    token = header[7:].strip() if header[:7].lower() == "bearer " else None
    at = clock.now()
    if token is not None:
        actor = sessions.device_of(token, at) if token.startswith("dev_") else None
        if actor is None:
            signed = sessions.signed_of(token, at, sending=sending)
            request.state.session_id = signed.session_id if signed else None
            request.state.scope = signed.scope if signed else "full"
            actor = signed.actor if signed else None
    elif request.headers.get("foyer-surface") in ("kiosk", "door"):
        # An unattended screen acts as itself, also in a browser where somebody is signed in.
        actor = sessions.device_of(sessions.device_token(request, Role(request.headers["foyer-surface"])), at)
    else:
        signed = sessions.signed_of(sessions.person_token(request), at)
        request.state.session_id = signed.session_id if signed else None
        actor = signed.actor if signed else sessions.actor_of(request, at)
    if actor is not None and actor.is_person:
        request.state.language = actor.language
    return actor


async def caller(request: Request, actor: Annotated[Actor | None, Depends(maybe_caller)]) -> Actor:
    """The caller, or 401; a phone that was taken out of service is told so (403)."""
    if actor is None:
        held = _caller(request, sending=True)
        if held is not None and held.device_id is not None and getattr(request.state, "scope", "full") == "full":
            raise Problem(403, "device.revoked")
        raise Problem(401, "session.needed")
    return actor


async def sender(request: Request) -> Actor:
    """Who sends records: a caller, or a phone whose person signed out, or one that was revoked; else 401."""
    actor = _caller(request, sending=True)
    if actor is None:
        raise Problem(401, "session.needed")
    return actor


Caller = Annotated[Actor, Depends(caller)]
Sender = Annotated[Actor, Depends(sender)]
