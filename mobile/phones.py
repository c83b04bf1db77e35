"""What phones ask beside operations: the code in a photo, and the way over a file for records of a phone that finds no network.

A queue file holds each person's records as their phone sealed them (core/mechanisms/phones): it can be carried by anybody, read by nobody on the way,
and not be altered; the records are judged under the names of those who made them, as if the phone itself had sent them. The same file twice, or the
phone afterwards, has no second effect.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request

from core.foundation import clock, database, heavy
from core.foundation.errors import Invalid, Refused
from core.mechanisms import attachments, devices, people, phones
from core.mechanisms.operations import PERSON_ROLES, Actor, Outcome
from mobile import decode
from mobile.api import MAX_ITEMS, Caller, Problem, answer_of, judge, language
from mobile.phone_clock import PhoneClock

router = APIRouter()
FORMAT = "foyer-queue"
MAX_FILE = 64 * 1024 * 1024
MAX_RECORDS = 20_000


@router.post("/v1/labels/read", tags=["labels"], summary="The label codes in a photo")
async def read_photo(request: Request, actor: Caller) -> dict[str, Any]:
    """Body: JPEG, PNG or WebP, at most 12 MB. `{"codes": [...]}`, empty when no label of ours can be read. 413 `attachment.too_large`"""
    if not actor.has(*PERSON_ROLES):
        raise Problem(403, "op.not_allowed")
    data = await _body(request, decode.MAX_BYTES)
    return {"codes": await heavy.run(decode.codes_in, data)}


@router.post("/v1/phones/queue", tags=["phones"], summary="Take the records of a phone from a file")
async def take_queue(request: Request, actor: Caller) -> dict[str, Any]:
    """For supervisors. Answers the phone, each record with its outcome, and how many photos were taken."""
    if not actor.has(*phones.SUPERVISORS):
        raise Problem(403, "op.not_allowed")
    file = _file(await _body(request, MAX_FILE))
    received = clock.now()
    with database.reading() as s:
        device = s.get(devices.Device, file.device_id)
        owners = [(part, _owner(s, part, file.device_id)) for part in file.people]
    if device is None:
        raise Problem(404, "phone.unknown")
    await _note(file, received)
    records: list[dict[str, Any]] = []
    photos = 0
    speech = language(request)
    for part, owner in owners:
        if owner is None:
            raise Problem(404, "person.not_found")
        items = part["records"]
        for start in range(0, len(items), MAX_ITEMS):
            chunk = items[start : start + MAX_ITEMS]
            outcomes = await judge(chunk, owner, PhoneClock(received), received, scope="sealed")
            records += [_told(item, outcome, owner, speech) for item, outcome in zip(chunk, outcomes, strict=True)]
        for photo in part.get("photos", []):
            photos += await asyncio.to_thread(_take_photo, photo, owner)
    return {"device": {"id": str(device.id), "name": device.name}, "records": records, "photos": photos}


@dataclass(frozen=True, slots=True)
class _File:
    device_id: UUID
    highest_seq: int
    people: list[dict[str, Any]]


def _file(data: bytes) -> _File:
    """Raises Problem phone.file, phone.file_newer"""
    try:
        found = json.loads(data)
        if found["format"] != FORMAT:
            raise Problem(422, "phone.file")
        if found["version"] != 1:
            raise Problem(422, "phone.file_newer")
        persons = [dict(one) for one in found["people"]]
        count = 0
        for one in persons:
            if not all(isinstance(item, dict) for item in one["records"]) or not all(
                isinstance(item, dict) for item in one.get("photos", [])
            ):
                raise Problem(422, "phone.file")
            count += len(one["records"])
        highest = found["highest_seq"]
        if count > MAX_RECORDS or not isinstance(highest, int) or isinstance(highest, bool) or not 0 <= highest < 2**31:
            raise Problem(422, "phone.file")
        return _File(UUID(found["device_id"]), highest, persons)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Problem(422, "phone.file") from None


def _owner(s: Any, part: dict[str, Any], device_id: UUID) -> Actor | None:
    try:
        person = people.get(s, UUID(str(part.get("person_id"))))
    except (ValueError, Refused):
        return None
    return people.actor_of(s, person, device_id)


async def _note(file: _File, received: Any) -> None:
    await asyncio.wrap_future(
        database.writer().submit(lambda: devices.note_contact(file.device_id, received, highest_seq=file.highest_seq))
    )


def _told(item: dict[str, Any], outcome: Outcome, owner: Actor, speech: str) -> dict[str, Any]:
    shown = answer_of(outcome, speech)
    kind, seq = "", item.get("device_seq")
    try:
        inner = phones.opened_item(item, owner)
        kind, seq = str(inner.get("kind", ""))[:80], inner.get("device_seq")
    except Invalid:
        pass
    return {
        "op_id": shown["op_id"], "person": owner.name, "kind": kind, "device_seq": seq if isinstance(seq, int) else None,
        "status": shown["status"], "code": shown["code"], "message": shown["message"], "repeated": shown["repeated"],
    }  # fmt: skip


def _take_photo(photo: dict[str, Any], owner: Actor) -> int:
    """One photo from its sealed parts; 0 when it was here already or can not be read."""
    sha256, size = str(photo.get("sha256", "")), photo.get("size")
    parts = photo.get("parts")
    if not isinstance(size, int) or not isinstance(parts, list):
        return 0
    try:
        if attachments.progress(sha256, size, owner).complete:
            return 0
        done = False
        for part in parts:
            start, end = int(part["start"]), int(part["end"])
            data = phones.unseal(str(part["sealed"]), f"{sha256} bytes {start}-{end}/{size}", owner)
            done = attachments.receive(sha256, start, size, data, owner, clock.now()).complete
        return int(done)
    except (Invalid, KeyError, TypeError, ValueError):
        return 0


async def _body(request: Request, most: int) -> bytes:
    """The whole body, or 413 before it is all here."""
    length = request.headers.get("content-length", "0")
    parts, size = [], int(length[:12]) if length.isascii() and length.isdigit() else 0
    if size > most:
        raise Problem(413, "attachment.too_large", limit_mb=most // 1024 // 1024)
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise Problem(413, "attachment.too_large", limit_mb=most // 1024 // 1024)
        parts.append(part)
    return b"".join(parts)
