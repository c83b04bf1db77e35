"""Kinds of visitors and what each is asked, as data an office sets up without code (guide S3.1-R1; pitfall V35).

An office that set nothing up has Foyer's own six: guest, interview, contractor, courier, government, group. A row takes the place of the type with its key; own types have
keys of their own. A room may ask for more (the server room: another document, an escort): a visit obeys its type and its room together, whichever asks more.
What comes after what is `flows.steps`: the kiosk walks it and the set-up page previews it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints, model_validator
from sqlalchemy import JSON, Column, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation.errors import Refused
from core.foundation.i18n import LANGUAGES, t
from core.mechanisms import office, places
from core.mechanisms.operations import Actor, Operation, Role, operation, touch
from core.mechanisms.people import Language
from core.sections.visits import consent
from core.sections.visits.flows import FIELDS as FIELDS
from core.sections.visits.flows import Flow as Flow
from core.sections.visits.flows import missing as missing
from core.sections.visits.flows import steps as steps

PHOTOS = ("office", "off", "ask", "required")
DRINKS = ("tea", "water", "coffee", "none")
LAYOUTS = ("plain", "photo", "escort")
GUEST, GROUP = "guest", "group"
NOTICE = consent.NOTICE
MOST_TYPES = 24
SETTERS = frozenset({Role.ADMIN, Role.RECEPTION})
Asked = Literal["hidden", "optional", "required"]
FieldName = Literal["company", "phone", "email", "plate", "room", "purpose"]
Photo = Literal["office", "off", "ask", "required"]
Drink = Literal["", "tea", "water", "coffee", "none"]
Key = Annotated[str, StringConstraints(pattern="^[a-z0-9][a-z0-9_-]{0,39}$")]
TypeName = Annotated[str, StringConstraints(min_length=1, max_length=24)]


class VisitorType(SQLModel, table=True):
    """What the office chose for a kind of visitor. `names` by language; empty ones of Foyer's own types come from the catalogue."""

    __tablename__: ClassVar[str] = "visitor_type"
    key: str = Field(primary_key=True)
    names: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    fields: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    documents: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    approval: bool = False
    photo: str = "office"
    escort: bool = False
    badge: bool = True
    badge_layout: str = "plain"
    drink: bool = False
    walk_in: bool = True
    position: int = 0
    usual_stay_minutes: int | None = None
    retired_at: datetime | None = None
    version: int = 1


class VisitRoomRule(SQLModel, table=True):
    """What a visit to one room asks beside its type."""

    __tablename__: ClassVar[str] = "visit_room_rule"
    place_id: UUID = Field(primary_key=True)
    documents: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    approval: bool = False
    escort: bool = False
    photo: bool = False
    version: int = 1


@dataclass(frozen=True, slots=True)
class TypeView:
    """A type as it holds. `photo`: as the office's setting says, never, asked and may be skipped, or required. `walk_in`: offered at the kiosk without an invitation.
    `usual_stay_minutes`: after it the host is asked whether they are still here; 0: as the office's setting says."""

    key: str
    names: Mapping[str, str]
    fields: Mapping[str, str]
    documents: tuple[str, ...]
    approval: bool = False
    photo: str = "office"
    escort: bool = False
    badge: bool = True
    badge_layout: str = "plain"
    drink: bool = False
    walk_in: bool = True
    position: int = 0
    retired: bool = False
    own: bool = False
    version: int = 0
    usual_stay_minutes: int = 0

    @property
    def id(self) -> str:
        return self.key

    def name(self, language: str) -> str:
        return self.names.get(language) or (
            t(f"visit_type.{self.key}", language) if not self.own else next(iter(self.names.values()), self.key)
        )


@dataclass(frozen=True, slots=True)
class RoomRuleView:
    """A room's own demands."""

    place_id: UUID
    room: str
    documents: tuple[str, ...]
    approval: bool
    escort: bool
    photo: bool
    version: int


def _seed(key: str, position: int, documents: tuple[str, ...] = (NOTICE,), *, walk_in: bool = True, **more: Any) -> TypeView:
    asked = {"company": "optional", "purpose": "optional"} | more.pop("fields", {})
    return TypeView(key, {}, {name: asked.get(name, "hidden") for name in FIELDS}, documents, walk_in=walk_in, position=position, **more)


SEEDS: dict[str, TypeView] = {
    one.key: one
    for one in (
        _seed(GUEST, 10),
        _seed("interview", 20, drink=True, fields={"company": "hidden", "purpose": "hidden"}),
        _seed("contractor", 30, (NOTICE, "safety"), approval=True, fields={"company": "required", "phone": "required", "plate": "optional", "room": "optional"}),
        _seed("courier", 40, badge_layout="escort", escort=True, fields={"company": "required", "purpose": "hidden"}),
        _seed("government", 50, escort=True, drink=True, fields={"company": "required"}),
        _seed(GROUP, 60, walk_in=False, fields={"company": "required"}),
    )
}  # fmt: skip


# ── setting up ──


class SetUpType(Operation):
    """Add a type, or change one: only the fields given change. A new own type needs its name in every language."""

    key: Key
    names: dict[Language, TypeName] | None = None
    fields: dict[FieldName, Asked] | None = None
    documents: Annotated[tuple[Key, ...], Input(max_length=8)] | None = None
    approval: bool | None = None
    photo: Photo | None = None
    escort: bool | None = None
    badge: bool | None = None
    badge_layout: Annotated[str, StringConstraints(pattern="^[a-z0-9][a-z0-9_-]{0,39}$")] | None = None
    drink: bool | None = None
    walk_in: bool | None = None
    position: Annotated[int, Input(ge=0, le=1000)] | None = None
    usual_stay_minutes: Annotated[int, Input(ge=0, le=1440)] | None = None
    retired: bool | None = None


@operation(SetUpType, "visitor_type.set_up", roles=SETTERS)
def set_up_type(s: Session, do: SetUpType, by: Actor, at: datetime) -> TypeView:
    """Refuses: visitor_type.names (a new type needs a name in each language), visitor_type.name_taken, visitor_type.too_many, visitor_type.guest_stays (the guest is what
    everybody is who says nothing else), consent.unknown_document"""
    row, present = s.get(VisitorType, do.key), SEEDS.get(do.key)
    everything = all_types(s, retired=True)
    if row is None:
        if present is None and set(do.names or {}) != set(LANGUAGES):
            raise Refused("visitor_type.names")
        if present is None and len(everything) >= MOST_TYPES:
            raise Refused("visitor_type.too_many", n=MOST_TYPES)
        row = _row_of(do.key, present, position=max(one.position for one in everything) + 10)
        s.add(row)
    if do.key == GUEST and (do.retired or do.walk_in is False):
        raise Refused("visitor_type.guest_stays")
    for language, name in (do.names or {}).items():
        if any(one.key != do.key and one.name(language).casefold() == name.casefold() for one in everything):
            raise Refused("visitor_type.name_taken", name=name)
    _known_documents(s, do.documents or ())
    if do.names is not None:
        row.names = dict(row.names) | dict(do.names)
    if do.fields is not None:
        row.fields = dict(row.fields) | dict(do.fields)
    if do.documents is not None:
        row.documents = list(dict.fromkeys(do.documents))
    for name in ("approval", "photo", "escort", "badge", "badge_layout", "drink", "walk_in", "position", "usual_stay_minutes"):
        if (value := getattr(do, name)) is not None:
            setattr(row, name, value)
    if do.retired is not None:
        row.retired_at = (row.retired_at or at) if do.retired else None
    row.version += 1
    s.flush()
    touch(s, "visitor_type", do.key)
    return _view(row)


class SetUpVisitRoom(Operation):
    """What a visit to this room asks beside its type; with everything off the room asks nothing any more."""

    place_id: UUID
    documents: Annotated[tuple[Key, ...], Input(max_length=8)] = ()
    approval: bool = False
    escort: bool = False
    photo: bool = False

    @model_validator(mode="after")
    def _once(self) -> SetUpVisitRoom:
        if len(set(self.documents)) != len(self.documents):
            raise ValueError("visit_room.twice")
        return self


@operation(SetUpVisitRoom, "visit_room.set_up", roles=SETTERS)
def set_up_visit_room(s: Session, do: SetUpVisitRoom, by: Actor, at: datetime) -> dict[str, Any]:
    """Refuses: place.not_found, consent.unknown_document"""
    places.get(s, do.place_id)
    _known_documents(s, do.documents)
    row = s.get(VisitRoomRule, do.place_id)
    touch(s, "visitor_type", do.place_id)
    if not (do.documents or do.approval or do.escort or do.photo):
        if row is not None:
            s.delete(row)
        return {"asks": False}
    if row is None:
        row = VisitRoomRule(place_id=do.place_id, version=0)
        s.add(row)
    row.documents, row.approval, row.escort, row.photo = list(do.documents), do.approval, do.escort, do.photo
    row.version += 1
    return {"asks": True}


# ── reads ──


def all_types(s: Session, *, retired: bool = False) -> list[TypeView]:
    """The office's types in its order; those no longer offered only with `retired`."""
    found = dict(SEEDS) | {row.key: _view(row) for row in s.execute(select(VisitorType)).scalars()}
    return sorted((one for one in found.values() if retired or not one.retired), key=lambda one: (one.position, one.key))


def get(s: Session, key: str) -> TypeView:
    """The type with this key, offered or not. Refuses: visit.type_unknown"""
    row = s.get(VisitorType, key)
    found = _view(row) if row is not None else SEEDS.get(key)
    if found is None:
        raise Refused("visit.type_unknown")
    return found


def offered(s: Session, key: str) -> TypeView:
    """The type, when the office still offers it. Refuses: visit.type_unknown"""
    found = get(s, key)
    if found.retired:
        raise Refused("visit.type_unknown")
    return found


def usual_stay(s: Session, key: str) -> int:
    """How many minutes visitors of this type usually stay: the type's own, else the office's."""
    return get(s, key).usual_stay_minutes or int(office.setting(s, "visit.usual_stay_minutes"))


def names(s: Session, language: str) -> dict[str, str]:
    """Every type's name by its key."""
    return {one.key: one.name(language) for one in all_types(s, retired=True)}


def room_rules(s: Session) -> list[RoomRuleView]:
    """The rooms that ask for more, by name."""
    rows = s.execute(select(VisitRoomRule, places.Place.name).join(places.Place, col(places.Place.id) == col(VisitRoomRule.place_id)))
    found = [_room_view(rule, str(name)) for rule, name in rows]
    return sorted(found, key=lambda one: one.room)


def flow_of(s: Session, key: str, room_id: UUID | None = None) -> Flow:
    """What a visit of this type to this room is asked. Refuses: visit.type_unknown"""
    kind = get(s, key)
    rule = s.get(VisitRoomRule, room_id) if room_id is not None else None
    return together(kind, _room_view(rule, "") if rule is not None else None)


def together(kind: TypeView, rule: RoomRuleView | None = None) -> Flow:
    """A type and a room's demands as one: whichever asks more holds."""
    flow = Flow(
        kind.key, kind.fields, kind.documents, kind.approval, False, kind.photo, kind.escort, kind.badge, kind.badge_layout, kind.drink
    )
    if rule is None:
        return flow
    return replace(
        flow,
        documents=tuple(dict.fromkeys((*kind.documents, *rule.documents))),
        room_approval=rule.approval,
        escort=kind.escort or rule.escort,
        photo="required" if rule.photo else kind.photo,
    )


# ── helpers ──


def _known_documents(s: Session, keys: Iterable[str]) -> None:
    known = set(consent.keys(s))
    for key in keys:
        if key not in known:
            raise Refused("consent.unknown_document")


def _row_of(key: str, seed: TypeView | None, *, position: int) -> VisitorType:
    base = seed or replace(SEEDS[GUEST], key=key, position=position, own=True)
    return VisitorType(
        key=key,
        names=dict(base.names),
        fields=dict(base.fields),
        documents=list(base.documents),
        approval=base.approval,
        photo=base.photo,
        escort=base.escort,
        badge=base.badge,
        badge_layout=base.badge_layout,
        drink=base.drink,
        walk_in=base.walk_in,
        position=base.position,
        usual_stay_minutes=base.usual_stay_minutes,
        version=0,
    )


def _view(row: VisitorType) -> TypeView:
    return TypeView(
        row.key,
        row.names,
        {name: row.fields.get(name, "hidden") for name in FIELDS},
        tuple(row.documents),
        row.approval,
        row.photo,
        row.escort,
        row.badge,
        row.badge_layout,
        row.drink,
        row.walk_in,
        row.position,
        row.retired_at is not None,
        row.key not in SEEDS,
        row.version,
        row.usual_stay_minutes or 0,
    )


def _room_view(rule: VisitRoomRule, room: str) -> RoomRuleView:
    return RoomRuleView(rule.place_id, room, tuple(rule.documents), rule.approval, rule.escort, rule.photo, rule.version)
