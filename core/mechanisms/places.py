"""Places: site → floor → room → shelf, one tree; every place may carry a label (house.md §3).

A room that can be booked has its booking facts in the rooms section; a shelf holds supplies, a room holds assets, a point is what a safety round visits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, StringConstraints
from sqlalchemy import false, func, or_, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation.errors import Refused
from core.foundation.ids import uuid7
from core.mechanisms import labels, pinyin
from core.mechanisms.operations import PERSON_ROLES, Actor, Operation, Role, operation, touch
from core.mechanisms.views import Collection, ExportColumn, Page, Query

Name = Annotated[str, StringConstraints(min_length=1, max_length=80)]
ShortName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,30}$")]


def _known_zone(name: str) -> str:
    try:
        return str(ZoneInfo(name))
    except (KeyError, ValueError, OSError) as unknown:  # no such name, or no name at all
        raise ValueError("unknown time zone") from unknown


Zone = Annotated[str, StringConstraints(max_length=60), AfterValidator(_known_zone)]


class PlaceKind(StrEnum):
    SITE = "site"
    FLOOR = "floor"
    ROOM = "room"
    SHELF = "shelf"
    POINT = "point"


class Place(SQLModel, table=True):
    """One place. `short_name` is its address in URLs and on doors (`301`), unique where given; `path` is its names from the top."""

    __tablename__: ClassVar[str] = "place"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    parent_id: UUID | None = Field(default=None, foreign_key="place.id", index=True)
    kind: str
    name: str = Field(index=True)
    short_name: str | None = Field(default=None, unique=True)
    pinyin: str = ""
    initials: str = ""
    zone: str | None = None
    sort: int = 0
    retired_at: datetime | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class PlaceView:
    id: UUID
    parent_id: UUID | None
    kind: str
    name: str
    short_name: str | None
    path: str
    retired: bool
    version: int
    label: str = ""


class AddPlace(Operation):
    id: UUID | None = None
    parent_id: UUID | None = None
    kind: PlaceKind
    name: Name
    short_name: ShortName | None = None
    zone: Zone | None = None
    sort: int = 0


@operation(AddPlace, "place.add", roles={Role.ADMIN, Role.CLERK})
def add(s: Session, do: AddPlace, by: Actor, at: datetime) -> dict[str, Any]:
    """Without a zone of its own it keeps its parent's: rooms of a branch far away are on that branch's clock. Refuses: place.not_found (the
    parent), place.short_name_taken"""
    parent = get(s, do.parent_id) if do.parent_id is not None else None
    _free_short_name(s, do.short_name)
    keys = pinyin.keys(do.name)
    place = Place(
        id=do.id or uuid7(), parent_id=do.parent_id, kind=do.kind, name=do.name, short_name=do.short_name, zone=do.zone or (parent.zone if parent else None), sort=do.sort,
        pinyin=keys.full, initials=keys.initials,
    )  # fmt: skip
    s.add(place)
    touch(s, "place", place.id)
    return {"place_id": place.id}


class UpdatePlace(Operation):
    """Only the fields given change."""

    place_id: UUID
    name: Name | None = None
    short_name: ShortName | None = None
    parent_id: UUID | None = None
    sort: int | None = None


@operation(UpdatePlace, "place.update", roles={Role.ADMIN, Role.CLERK})
def update(s: Session, do: UpdatePlace, by: Actor, at: datetime) -> None:
    """Refuses: place.not_found, place.short_name_taken, place.inside_itself"""
    place = get(s, do.place_id)
    given = do.model_dump(exclude_unset=True, exclude={"place_id"})
    if given.get("short_name") and given["short_name"] != place.short_name:
        _free_short_name(s, given["short_name"])
    if given.get("parent_id") and given["parent_id"] in {place.id, *descendants(s, [place.id])}:
        raise Refused("place.inside_itself", place=place.name)
    for name, value in given.items():
        setattr(place, name, value)
    if "name" in given:
        keys = pinyin.keys(place.name)
        place.pinyin, place.initials = keys.full, keys.initials
    place.version += 1
    touch(s, "place", place.id)


class RetirePlace(Operation):
    place_id: UUID


@operation(RetirePlace, "place.retire", roles={Role.ADMIN})
def retire(s: Session, do: RetirePlace, by: Actor, at: datetime) -> None:
    """The place is no longer offered; its history stays."""
    place = get(s, do.place_id)
    place.retired_at = place.retired_at or at
    place.version += 1
    touch(s, "place", place.id)


# ── reads ──


@labels.describes(labels.SubjectKind.PLACE, rows_of=Place)
def describe(s: Session, ids: Sequence[UUID], by: Actor) -> dict[UUID, labels.Described]:
    """What a place's label says."""
    rows = s.execute(select(Place).where(col(Place.id).in_(ids))).scalars()
    return {
        place.id: labels.Described(
            place.name, "retired" if place.retired_at else "in_use", place=view(s, place).path, number=place.short_name or ""
        )
        for place in rows
    }


def get(s: Session, place_id: UUID) -> Place:
    """The place, or Refused place.not_found."""
    place = s.get(Place, place_id)
    if place is None:
        raise Refused("place.not_found")
    return place


def find(s: Session, id_or_short_name: str) -> Place | None:
    """A place by its id or its short name (what stands in `/door/{room}`)."""
    try:
        return s.get(Place, UUID(id_or_short_name))
    except ValueError:
        return s.execute(select(Place).where(col(Place.short_name) == id_or_short_name)).scalar_one_or_none()


def everything(s: Session, kinds: Sequence[str] | None = None, *, retired: bool = False) -> list[PlaceView]:
    """All places with their paths, parents before children, in the order of the house."""
    rows = list(s.execute(select(Place).order_by(col(Place.sort), col(Place.name))).scalars())
    children: dict[UUID | None, list[Place]] = {}
    for row in rows:
        children.setdefault(row.parent_id, []).append(row)
    found: list[PlaceView] = []

    def walk(parent: UUID | None, path: tuple[str, ...]) -> None:
        for place in children.get(parent, ()):
            inner = (*path, place.name)
            if (retired or place.retired_at is None) and (kinds is None or place.kind in kinds):
                found.append(_view(place, inner))
            walk(place.id, inner)

    walk(None, ())
    return found


def view(s: Session, place: Place) -> PlaceView:
    """A place with its path."""
    path, parent = [place.name], place.parent_id
    while parent is not None and (above := s.get(Place, parent)) is not None and len(path) < 20:
        path.insert(0, above.name)
        parent = above.parent_id
    return _view(place, tuple(path))


def paths_of(s: Session, place_ids: Iterable[UUID]) -> dict[UUID, tuple[str, str]]:
    """Name and path of some places, also retired ones: a statement a level of the house, not the whole house."""
    known: dict[UUID, tuple[UUID | None, str]] = {}
    wanted = {id for id in place_ids if id is not None}
    asked, tried = set(wanted), set(wanted)
    while asked:
        query = select(col(Place.id), col(Place.parent_id), col(Place.name)).where(col(Place.id).in_(asked))
        known.update({row.id: (row.parent_id, row.name) for row in s.execute(query)})
        asked = {parent for parent, _ in known.values() if parent is not None} - tried
        tried |= asked
    found = {}
    for id in wanted & known.keys():
        path: list[str] = []
        at: UUID | None = id
        while at is not None and at in known and len(path) < 20:
            path.insert(0, known[at][1])
            at = known[at][0]
        found[id] = (known[id][1], " › ".join(path))
    return found


def descendants(s: Session, place_ids: Sequence[UUID]) -> set[UUID]:
    """Every place below these, without themselves."""
    base = select(col(Place.id)).where(col(Place.parent_id).in_(place_ids)).cte(recursive=True)
    below = base.union_all(select(col(Place.id)).join(base, col(Place.parent_id) == base.c.id))
    return set(s.execute(select(below.c.id)).scalars())


def search(s: Session, text: str, *, limit: int = 50, kinds: Sequence[str] | None = None) -> list[Place]:
    """Places by name, short name, pinyin or initials."""
    query = select(Place).where(col(Place.retired_at).is_(None)).order_by(col(Place.sort), col(Place.name), col(Place.id)).limit(limit)
    if kinds:
        query = query.where(col(Place.kind).in_(kinds))
    if text := text.strip():
        key = pinyin.squeeze(text)
        query = query.where(or_(
            col(Place.name).contains(text, autoescape=True), func.lower(Place.short_name) == text.lower(),
            col(Place.pinyin).startswith(key, autoescape=True) if key else false(), col(Place.initials).startswith(key, autoescape=True) if key else false(),
        ))  # fmt: skip
    return list(s.execute(query).scalars())


def _view(place: Place, path: tuple[str, ...]) -> PlaceView:
    return PlaceView(
        place.id, place.parent_id, place.kind, place.name, place.short_name, " › ".join(path), place.retired_at is not None, place.version
    )


def _free_short_name(s: Session, short_name: str | None) -> None:
    if short_name and s.execute(select(Place.id).where(col(Place.short_name) == short_name)).first():
        raise Refused("place.short_name_taken", short_name=short_name)


# ── what programs and registers read ──


def _list(s: Session, query: Query, by: Actor) -> Page:
    kinds = [query.filters["kind"]] if query.filters.get("kind") else None
    found = everything(s, kinds, retired=query.filters.get("state") == "all")
    if text := query.q.strip().lower():
        key = pinyin.squeeze(text)
        keys = {row.id: (row.pinyin, row.initials) for row in s.execute(select(Place.id, Place.pinyin, Place.initials))}
        found = [
            p
            for p in found
            if text in p.path.lower() or text == (p.short_name or "").lower() or (key and any(k.startswith(key) for k in keys[p.id]))
        ]
    start = next((index + 1 for index, place in enumerate(found) if str(place.id) == query.cursor), 0)
    page = found[start : start + query.limit]
    codes = labels.codes_of(s, labels.SubjectKind.PLACE, [place.id for place in page])
    shown = [replace(place, label=codes.get(place.id, "")) for place in page]
    return Page(shown, str(page[-1].id) if start + query.limit < len(found) else None)


def _one(s: Session, id: str, by: Actor) -> PlaceView | None:
    place = find(s, id)
    return replace(view(s, place), label=labels.of(s, labels.SubjectKind.PLACE, place.id) or "") if place else None


COLLECTION = Collection(
    "places", PERSON_ROLES, _list, _one,
    (
        ExportColumn("path", "place.path"), ExportColumn("name", "place.name"), ExportColumn("kind", "place.kind"), ExportColumn("short_name", "place.short_name"),
        ExportColumn("label", "place.label"),
    ),
    ("kind", "state"),
)  # fmt: skip
