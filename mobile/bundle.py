"""GET /api/v1/floor: what a phone carries into the cellar (offline.md; the shape is read by `mobile/floor/static/bundle.js`).

Places, things with their present and former labels, people, supplies, the open counts and rounds of the signed-in person: a dozen indexed
statements however large the office is, answered off the event loop. The ETag stands for everything but `now`, so that a phone that is up to
date gets 304 and no body. Figures of the book that the person must not see while counting blind are left out here, not hidden on the phone.

Of a count (`stocktakes[]`): `again` are lines to be counted a second time by this person, without any figure of the first count (they are in a count that
is closed too: then `round` is 2 and `expected` holds nothing else); `asked_places` is where this person is asked to count (empty: everywhere). A scan may
carry `condition` (good, worn, damaged, unusable): `stocktake.count {…, condition?}`. Who looked and found nothing says so with `stocktake.declare
{stocktake_id, line_id, answer: absent, note?, photos?}`; in a count by keepers (`mode` self) the keeper answers `here`, `elsewhere` (with `place_id`) or
`absent`, with the label's `code` when it was read too. Both kinds work offline. `stocktake.other_counts_again` refuses who counted a line first.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation import clock, database
from core.mechanisms import duties, labels, office, people, places
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import PERSON_ROLES, Actor, as_json
from core.mechanisms.places import PlaceView
from core.sections import assets, inspections, stocktakes, supplies
from core.sections.assets.ledger import AssetState
from mobile.api import Caller, Problem, note_phone
from mobile.phone_clock import PhoneClock

router = APIRouter()


@router.get("/v1/floor", tags=["floor"], summary="Everything the phone app needs to work without a network")
async def floor(request: Request, actor: Caller) -> Response:
    """`now`, office, person, places, things, people, supplies, open counts, due rounds, number of open duties. Honours If-None-Match."""
    if not actor.has(*PERSON_ROLES):
        raise Problem(403, "op.not_allowed", kind="floor.read")
    received = clock.now()
    await note_phone(request, actor, PhoneClock.read(request, received), received)
    body = await asyncio.to_thread(_read, actor)
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    now = as_json(clock.now())
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Foyer-Now": now}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(b'{"now":' + json.dumps(now).encode() + b"," + body[1:], 200, headers, "application/json; charset=utf-8")


def _read(actor: Actor) -> bytes:
    with database.reading() as s:
        shown = bundle(s, actor)
    return json.dumps(as_json(shown), ensure_ascii=False, separators=(",", ":")).encode()


def bundle(s: Session, by: Actor) -> dict[str, Any]:
    """The bundle of one person, without `now`."""
    at = clock.now()
    everywhere = places.everything(s)
    codes = labels.codes_of(s, SubjectKind.PLACE, [place.id for place in everywhere])
    counts = stocktakes.for_phone(s, by)
    stock = supplies.everything(s, by)
    host = office.info(s)
    return {
        "office": {"name": host.name if host else ""},
        "person": {"id": by.person_id, "name": by.name, "roles": sorted(by.roles), "language": by.language},
        "places": [
            {"id": p.id, "label": codes.get(p.id), "name": p.name, "path": " › ".join(p.path.split(" › ")[:-1]), "parent_id": p.parent_id,
            "kind": p.kind}
            for p in everywhere
        ],
        "things": [*_assets(s, by, _is_blind(s, by, counts)), *_renamed(s, everywhere, codes, stock)],
        "people": _people(s),
        "supplies": [
            {
                "id": v.id, "label": v.label or None, "number": v.number, "name": v.name, "spec": v.spec, "unit": v.unit,
                "on_hand": v.on_hand,
                "limit": v.limit, "place_id": v.place_id,
            }
            for v in stock
        ],
        "stocktakes": counts,
        "inspections": inspections.for_phone(s, by, at),
        "duties": duties.count_mine(s, by.person_id),
    }  # fmt: skip


def _assets(s: Session, by: Actor, blind: bool) -> Iterable[dict[str, Any]]:
    """Every asset, also what left; `told` is one sentence about what became of one that is not simply there. Who counts blind carries no place of the book
    along, and of what it says only that a thing has left it."""
    asset = assets.Asset
    rows = s.execute(
        select(asset.id, asset.number, asset.name, asset.spec, asset.place_id, asset.state, asset.bulk, asset.unit).order_by(
            col(asset.number)
        )
    ).all()
    codes = labels.codes_of(s, SubjectKind.ASSET, [row.id for row in rows])
    old = labels.old_codes_of(s, SubjectKind.ASSET)
    told = assets.told_now(s, by.language)
    for row in rows:
        yield {
            "kind": "asset", "id": row.id, "label": codes.get(row.id), "old_labels": old.get(row.id, []), "number": row.number,
            "name": row.name,
            "spec": row.spec, "place_id": None if blind else row.place_id, "state": "" if blind and row.state != AssetState.DISPOSED else row.state,
            **({"told": told[row.id]} if row.id in told and (not blind or row.state == AssetState.DISPOSED) else {}), **({"bulk": True, "unit": row.unit} if row.bulk else {}),
        }  # fmt: skip


def _renamed(s: Session, everywhere: list[PlaceView], codes: dict[UUID, str], stock: list[supplies.SupplyView]) -> Iterable[dict[str, Any]]:
    """Places and supplies that ever had another label: the phone must know the old ones too."""
    old_places, old_supplies = labels.old_codes_of(s, SubjectKind.PLACE), labels.old_codes_of(s, SubjectKind.SUPPLY)
    for place in everywhere:
        if place.id in old_places:
            yield {
                "kind": "place", "id": place.id, "label": codes.get(place.id), "old_labels": old_places[place.id],
                "number": place.short_name or "",
                "name": place.name, "spec": "", "place_id": place.parent_id, "state": "",
            }  # fmt: skip
    for v in stock:
        if v.id in old_supplies:
            yield {
                "kind": "supply", "id": v.id, "label": v.label or None, "old_labels": old_supplies[v.id], "number": v.number,
                "name": v.name, "spec": v.spec,
                "place_id": v.place_id, "state": "",
            }  # fmt: skip


def _people(s: Session) -> list[dict[str, Any]]:
    names = people.department_names(s)
    person = people.Person
    columns = (person.id, person.name, person.department_id, person.pinyin, person.initials)
    rows = s.execute(select(*columns).where(col(person.disabled_at).is_(None)).order_by(col(person.pinyin), col(person.id)))
    return [
        {
            "id": row.id, "name": row.name, "name_key": f"{row.pinyin} {row.initials}",
            "department": names.get(row.department_id, "") if row.department_id else "",
        }
        for row in rows
    ]  # fmt: skip


def _is_blind(s: Session, by: Actor, counts: list[stocktakes.views.PhoneStocktake]) -> bool:
    """Whether this phone counts assets blind now. Only the places of what stands in the scope left out would tell what stands there: so all are."""
    return stocktakes.counts_blind(s, by) or any(one.mode == stocktakes.Mode.BLIND and one.kind == stocktakes.Kind.ASSET for one in counts)
