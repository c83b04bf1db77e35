"""What the desk's search field finds: people, places and every register, by Chinese name, pinyin, initials, number or label.

A scanned or typed label opens its thing at once. Each kind is asked through what already lists it, so a reader sees only what they may read.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from fastapi import Depends, Request
from fastapi.responses import JSONResponse, Response
from nicegui import APIRouter
from sqlmodel import Session

from core.foundation import clock, database, i18n
from core.foundation.errors import Invalid, Refused
from core.mechanisms import labels, people, places, views
from core.mechanisms.operations import Actor, Role
from core.web import frame, problems, sessions

router = APIRouter(dependencies=[Depends(frame.signed_in)])
EACH = 5
# Where a register opens a thing: its page with the thing's peek open.
PAGES = {"people": "/desk/people", "places": "/desk/places", "devices": "/desk/devices"}
SKIPPED = {"people", "places", "rooms", "audit", "notices"}
SUBJECT_PAGES = {
    "asset": "assets",
    "supply": "supplies",
    "place": "places",
    "person": "people",
    "visit": "visits",
    "device": "devices",
    "delivery": "deliveries",
}


@dataclass(frozen=True, slots=True)
class Find:
    """One line under the search field."""

    title: str
    meta: str
    href: str


@router.get("/desk/find", include_in_schema=False)
def find_anything(request: Request, q: str = "") -> Response:
    """`{"exact": address or null, "items": [{"title","meta","href"}]}`"""
    by = sessions.person_of(sessions.person_token(request), clock.now())
    if by is None:
        return problems.problem(request, 401, "request.sign_in")
    text, language = q.strip()[: labels_limit()], by.language
    if not text:
        return JSONResponse({"exact": None, "items": []})
    with database.reading() as s:
        exact = by_label(s, text, by)
        items = [] if exact else search(s, text, by, language)
    return JSONResponse({"exact": exact, "items": [asdict(item) for item in items]})


def labels_limit() -> int:
    """No code and no name is longer."""
    return 300


def by_label(s: Session, text: str, by: Actor) -> str | None:
    """The address of the thing behind a scanned or typed label, or None when the text is none of ours."""
    try:
        found = labels.view(s, text, by)
    except (Refused, Invalid):
        return None
    page = SUBJECT_PAGES.get(found.kind or "")
    return f"/desk/{page}?open={found.id}" if page and found.id else f"/s/{found.code}"


def search(s: Session, text: str, by: Actor, language: str) -> list[Find]:
    """At most five of each kind."""
    found = [Find(p.name, _join(i18n.t("nav.people", language), p.department, p.extension, language=language), f"/desk/people?open={p.id}")
             for p in people.views(s, people.search(s, text, limit=EACH))] if by.has(Role.ADMIN, Role.RECEPTION, Role.CLERK, Role.LEADER) else []  # fmt: skip
    for place in places.search(s, text, limit=EACH):
        href = f"/desk/bookings?room={place.id}" if place.kind == places.PlaceKind.ROOM else f"/desk/places?open={place.id}"
        found.append(
            Find(place.name, _join(i18n.t(f"place.kind.{place.kind}", language), places.view(s, place).path, language=language), href)
        )
    for name, collection in views.collections().items():
        if name in SKIPPED or not by.has(*collection.roles):
            continue
        for row in collection.list(s, views.Query(q=text, limit=EACH), by).items[:EACH]:
            found.append(
                Find(title_of(row), _join(i18n.t(f"nav.{name}", language), meta_of(row), language=language), f"/desk/{name}?open={row.id}")
            )
    return found[:20]


def title_of(row: Any) -> str:
    """What a row of a register is called."""
    return next((str(value) for name in ("title", "name", "subject", "number", "code") if (value := getattr(row, name, None))), str(row.id))


def meta_of(row: Any) -> str:
    """Number, place or company: what tells two of the same name apart."""
    return next(
        (str(value) for name in ("number", "company", "place", "room", "department", "label") if (value := getattr(row, name, None))), ""
    )


def _join(*parts: object, language: str) -> str:
    return (", " if language == "en" else "，").join(str(part) for part in parts if part)
