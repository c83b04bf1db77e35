"""Signing in and out, of browsers and phones, and pairing a device."""

from __future__ import annotations

import asyncio
import base64
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from core.foundation import clock, database
from core.foundation.errors import Refused
from core.mechanisms import devices, operations, people, phones
from core.mechanisms.operations import Actor, Role, as_json, perform
from core.web import sessions
from mobile.api.answers import Problem
from mobile.api.callers import Caller, Sender

router = APIRouter()


class Phone(BaseModel):
    """The phone that signs in names itself once, with its highest number so far and whether it can seal records."""

    id: UUID
    name: str = Field(default="", max_length=80)
    seq: int = Field(default=0, ge=0, lt=2**31)
    seals: bool = False


class SignIn(BaseModel):
    """Account and password; or, on a phone where this person signed in with them before, person, ticket and PIN."""

    account: str = Field(default="", max_length=200)
    password: str = Field(default="", max_length=1000)
    device: Phone | None = None
    person_id: UUID | None = None
    ticket: str = Field(default="", max_length=200)
    pin: str = Field(default="", max_length=20)


@router.post("/v1/session", tags=["session"], summary="Sign in")
async def open_session(body: SignIn, request: Request, response: Response) -> dict[str, Any]:
    """Answers a bearer token; the same token is put into an HttpOnly cookie for the online pages. A phone also gets a key that only sends, the key
    that seals what it holds at sign-out, and a ticket with which its person may come back by PIN."""
    source, at = request.client.host if request.client else "", clock.now()
    known = phones.marked_phone(sessions.phone_mark(request))
    phone = (
        body.device.model_copy(update={"id": known})
        if body.device and known and not await asyncio.to_thread(_is_known, body.device.id)
        else body.device
    )
    try:
        signed = await asyncio.to_thread(_signed, body, phone, source, at)
    except Refused as refusal:
        headers = {"Retry-After": str(refusal.facts["seconds"])} if "seconds" in refusal.facts else None
        raise Problem(429 if headers else 401, refusal.code, headers, **refusal.facts) from None
    more: dict[str, Any] = {"device": None}
    if phone is not None and body.device is not None:
        enrol = devices.EnrolPhone(device_id=phone.id, name=phone.name or signed.person.name, person_id=signed.person.id)
        outcome = await perform(enrol, by=operations.SYSTEM)
        if not outcome.ok:
            raise Problem(403, outcome.code or "device.revoked")
        more = await _phone_part(body.device, phone, signed)
        sessions.keep_phone(response, request, phones.phone_mark(phone.id))
    sessions.keep_person(response, request, signed.token, int((signed.expires_at - at).total_seconds()))
    response.headers["Foyer-Now"] = as_json(clock.now())
    response.headers["Cache-Control"] = "no-store"
    person = signed.person
    return {
        "token": signed.token, "expires_at": as_json(signed.expires_at),
        "person": {"id": str(person.id), "name": person.name, "roles": list(person.roles), "language": person.language}, **more,
    }  # fmt: skip


def _is_known(device_id: UUID) -> bool:
    with database.reading() as s:
        return s.get(devices.Device, device_id) is not None


def _signed(body: SignIn, phone: Phone | None, source: str, at: datetime) -> people.SignedIn:
    """Check who signs in and open the sessions; on a worker thread. Refuses: signin.wrong, signin.wait"""
    if phone is not None and body.person_id is not None:
        with database.reading() as s:
            fits = phones.ticket_fits(s, body.ticket, body.person_id, phone.id)
        if not fits:
            raise Refused("signin.wrong")
        people.check_pin(body.person_id, body.pin, source=str(phone.id), at=at)
        return people.open_for(body.person_id, at=at, device_id=phone.id, seals=phone.seals)
    return people.sign_in(
        body.account, body.password, source=source, at=at, device_id=phone.id if phone else None, seals=bool(phone and phone.seals)
    )


async def _phone_part(said: Phone, phone: Phone, signed: people.SignedIn) -> dict[str, Any]:
    """What a phone needs beside the token. One that comes back without its data, or with older numbers than it told us of, leaves an incident and
    goes on after its highest number."""

    def read() -> tuple[str, int]:
        with database.reading() as s:
            return phones.pin_ticket(s, signed.person.id, phone.id), phones.announced(s, phone.id)

    ticket, highest = await asyncio.to_thread(read)
    wiped = said.id != phone.id
    if highest > said.seq and (wiped or said.seq < highest):
        note = phones.NoteWiped(device_id=phone.id, person_id=signed.person.id, cause="wiped" if wiped or said.seq == 0 else "set_back")
        await perform(note, by=operations.SYSTEM)
    return {
        "device": {"id": str(phone.id), "seq": max(highest, said.seq), "came_back": wiped},
        "upload_token": signed.upload_token,
        "seal": base64.b64encode(phones.seal_key(signed.person.id, phone.id)).decode() if phone.seals else None,
        "pin": {"set": signed.has_pin, "ticket": ticket},
    }


@router.get("/v1/session", tags=["session"], summary="Who am I")
async def show_session(actor: Caller) -> dict[str, Any]:
    return {
        "person_id": as_json(actor.person_id),
        "device_id": as_json(actor.device_id),
        "name": actor.name,
        "roles": sorted(actor.roles),
        "language": actor.language,
    }


@router.delete("/v1/session", tags=["session"], summary="Sign out", status_code=204)
async def close_session(actor: Sender, request: Request, response: Response) -> None:
    """Ends the session on the server at once; a phone's key that only sends ends with all of its person's on that phone."""
    session_id = getattr(request.state, "session_id", None)
    if session_id is None:
        raise Problem(403, "op.not_allowed")
    if getattr(request.state, "scope", "full") == "full":
        await perform(people.EndSession(session_id=session_id), by=actor)
    else:
        await perform(people.LeavePhone(session_id=session_id, everything=True), by=actor)
    _forget_cookie_of(actor, request, response)


@router.post("/v1/session/leave", tags=["session"], summary="Sign out on a phone that still holds records", status_code=204)
async def leave_session(actor: Sender, request: Request, response: Response) -> None:
    """Ends everything of this person on this phone but the key that only sends."""
    session_id = getattr(request.state, "session_id", None)
    if session_id is None or actor.device_id is None:
        raise Problem(403, "op.not_allowed")
    await perform(people.LeavePhone(session_id=session_id), by=actor)
    _forget_cookie_of(actor, request, response)


def _forget_cookie_of(actor: Actor, request: Request, response: Response) -> None:
    """Take this person's cookie out of the browser; on a shared phone it may be the next person's by now, and that one stays."""
    held = sessions.person_of(sessions.person_token(request), clock.now())
    if held is None or held.person_id == actor.person_id:
        sessions.forget_person(response, request)


class PairingCode(BaseModel):
    code: str = Field(max_length=60)


@router.post("/v1/devices/pair", tags=["devices"], summary="Pair a device with its one-time code")
async def pair_device(body: PairingCode, request: Request, response: Response) -> dict[str, Any]:
    """Answers the device's token once; it is bound to the device's role and room."""
    key, key_hash = devices.new_key()
    try:
        do = devices.PairDevice(code=body.code, key_hash=key_hash)
    except ValueError:
        raise Problem(422, "device.code_unknown") from None
    outcome = await perform(do, by=operations.SYSTEM)
    if not outcome.ok:
        raise Problem(409, outcome.code or "device.code_unknown")
    if outcome.result["role"] in (Role.KIOSK, Role.DROP_BOX, Role.DOOR):
        sessions.keep_device(response, request, Role(outcome.result["role"]), key)
    return {"token": key, **outcome.result}
