"""Opening a stock-take: its scope, its mode, who counts where (guide S4.1-R6, S1.2-R7).

The scope is places with all below them, departments, class codes, value, and a sample that anyone can draw again from its seed. The book is read by
value now; what it says later changes nothing in the session. Who is asked to count is told; nobody asked means that everyone may.
"""

from __future__ import annotations

import secrets
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator
from pydantic import Field as Input
from sqlalchemy import delete, func, select
from sqlmodel import Session, col

from core.foundation import clock, i18n
from core.foundation.errors import Refused
from core.foundation.ids import uuid7
from core.mechanisms import notices, office, people, places
from core.mechanisms.holds import holds
from core.mechanisms.operations import Actor, Operation, operation, touch
from core.mechanisms.people import Department
from core.sections.stocktakes import books
from core.sections.stocktakes.books import Preview, Scope
from core.sections.stocktakes.count import scope_of
from core.sections.stocktakes.progress import answered_lines
from core.sections.stocktakes.record import REVIEWERS, Kind, Mode, State, Stocktake, StocktakeCounter, StocktakeLine, get

Cents = Annotated[int, Input(ge=0, le=10**14)]
ClassCode = Annotated[str, StringConstraints(min_length=1, max_length=64)]
MOST_COUNTERS = 200


class Counter(BaseModel):
    """A person who is asked to count: at one place and all below it, or (no place) everywhere in the session."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    person_id: UUID
    place_id: UUID | None = None


class OpenStocktake(Operation):
    """Count everything of a kind in a scope. At least one of places, departments, classes or a value narrows it; no places: everywhere. Money in cents."""

    id: UUID | None = None
    kind: Kind
    place_ids: Annotated[tuple[UUID, ...], Input(max_length=500)] = ()
    mode: Mode = Mode.GUIDED
    title: Annotated[str, StringConstraints(max_length=120)] = ""
    due_on: date | None = None
    department_ids: Annotated[tuple[UUID, ...], Input(max_length=100)] = ()
    class_codes: Annotated[tuple[ClassCode, ...], Input(max_length=50)] = ()
    value_from_cents: Cents | None = None
    value_to_cents: Cents | None = None
    sample_count: Annotated[int, Input(ge=1, le=100_000)] | None = None
    sample_percent: Annotated[int, Input(ge=1, le=100)] | None = None
    sample_seed: Annotated[str, StringConstraints(max_length=40)] = ""
    frozen: bool = False
    counters: Annotated[tuple[Counter, ...], Input(max_length=MOST_COUNTERS)] = ()

    @model_validator(mode="after")
    def _sensible(self) -> OpenStocktake:
        narrowed = (
            self.place_ids
            or self.department_ids
            or self.class_codes
            or self.value_from_cents is not None
            or self.value_to_cents is not None
        )
        if not narrowed:
            raise ValueError("stocktake.scope_empty")
        if self.sample_count is not None and self.sample_percent is not None:
            raise ValueError("stocktake.sample_twice")
        if self.value_from_cents is not None and self.value_to_cents is not None and self.value_from_cents > self.value_to_cents:
            raise ValueError("stocktake.value_reversed")
        return self


@operation(OpenStocktake, "stocktake.open", roles=REVIEWERS)
def open_stocktake(s: Session, do: OpenStocktake, by: Actor, at: datetime) -> dict[str, Any]:
    """The book is read by value now; what it says later changes nothing here.

    Refuses: place.not_found, stocktake.exists, stocktake.assets_only (departments, classes and keepers are of assets), stocktake.department_unknown,
    person.not_found, person.disabled, stocktake.place_outside"""
    if do.id is not None and s.get(Stocktake, do.id) is not None:
        raise Refused("stocktake.exists")
    if do.kind == Kind.SUPPLY and (do.department_ids or do.class_codes or do.mode == Mode.SELF):
        raise Refused("stocktake.assets_only")
    named = list(dict.fromkeys(do.place_ids))
    names = [places.get(s, place_id).name for place_id in named] + [_department(s, one) for one in dict.fromkeys(do.department_ids)]
    names += list(do.class_codes)
    sampled = do.sample_count is not None or do.sample_percent is not None
    row = Stocktake(
        id=do.id or uuid7(), title=do.title or "，".join(names[:3]) + ("…" if len(names) > 3 else "") or _plain_title(s, at), kind=do.kind, mode=do.mode,
        place_ids=[str(place_id) for place_id in named], department_ids=[str(one) for one in dict.fromkeys(do.department_ids)],
        class_codes=list(dict.fromkeys(do.class_codes)), value_from_cents=do.value_from_cents, value_to_cents=do.value_to_cents,
        sample_count=do.sample_count, sample_percent=do.sample_percent, sample_seed=(do.sample_seed or secrets.token_hex(4)) if sampled else "",
        frozen=do.frozen, due_on=do.due_on, opened_at=at, opened_by_id=by.person_id,
    )  # fmt: skip
    s.add(row)
    s.flush()
    row.expected_count, row.population = books.expect(s, row, scope_asked(s, row))
    _ask(s, row, do.counters, at)
    if row.mode == Mode.SELF:
        _ask_keepers(s, row, at)
    touch(s, "stocktake", row.id)
    return {"stocktake_id": row.id, "expected": row.expected_count, "sample_seed": row.sample_seed}


def scope_asked(s: Session, row: Stocktake) -> Scope:
    """The scope of a session, as its row keeps it."""
    return Scope(
        scope_of(s, row) if row.place_ids else None, tuple(UUID(one) for one in row.department_ids), tuple(row.class_codes), row.value_from_cents,
        row.value_to_cents, row.sample_count, row.sample_percent, row.mode == Mode.SELF,
    )  # fmt: skip


def preview(s: Session, do: OpenStocktake) -> Preview:
    """What a session would ask for, before anything is opened."""
    named = list(do.place_ids)
    scope = Scope(
        {*named, *places.descendants(s, named)} if named else None, do.department_ids, do.class_codes, do.value_from_cents, do.value_to_cents,
        do.sample_count, do.sample_percent, do.mode == Mode.SELF,
    )  # fmt: skip
    return books.preview(s, do.kind, scope, do.sample_seed)


class AssignCounters(Operation):
    """Who counts where, from now on; an empty list: everyone may."""

    stocktake_id: UUID
    counters: Annotated[tuple[Counter, ...], Input(max_length=MOST_COUNTERS)]


@operation(AssignCounters, "stocktake.assign", roles=REVIEWERS)
def assign(s: Session, do: AssignCounters, by: Actor, at: datetime) -> dict[str, Any]:
    """Tells those who are new. Refuses: stocktake.not_found, stocktake.closed, person.not_found, person.disabled, stocktake.place_outside"""
    row = get(s, do.stocktake_id)
    if row.state != State.OPEN:
        raise Refused("stocktake.closed", title=row.title)
    known = {(one.person_id, one.place_id) for one in counters_of(s, row.id)}
    s.execute(delete(StocktakeCounter).where(col(StocktakeCounter.stocktake_id) == row.id))
    _ask(s, row, do.counters, at, known=known)
    row.version += 1
    touch(s, "stocktake", row.id)
    return {"counters": len({one.person_id for one in do.counters})}


def counters_of(s: Session, stocktake_id: UUID) -> list[StocktakeCounter]:
    """Who is asked to count where."""
    query = select(StocktakeCounter).where(col(StocktakeCounter.stocktake_id) == stocktake_id).order_by(col(StocktakeCounter.id))
    return list(s.execute(query).scalars())


@holds
def held(s: Session, kind: str, subject_id: UUID, to_place: UUID | None, doing: str) -> Refused | None:
    """A count that froze its scope holds what it expects, and lets nothing in from outside, while it is open. What an approved count posts goes through."""
    if doing.endswith("_stocktake"):
        return None
    frozen = s.execute(
        select(Stocktake).where(col(Stocktake.state) == State.OPEN, col(Stocktake.frozen).is_(True), col(Stocktake.kind) == kind)
    ).scalars()
    for row in frozen:
        query = select(col(StocktakeLine.id)).where(col(StocktakeLine.stocktake_id) == row.id, col(StocktakeLine.subject_id) == subject_id)
        if s.execute(query.limit(1)).first() is not None or (to_place is not None and row.place_ids and to_place in scope_of(s, row)):
            return Refused("stocktake.frozen", title=row.title, due=row.due_on)
    return None


# ── private ──


def _plain_title(s: Session, at: datetime) -> str:
    """What a count is called that neither its opener nor a place, department or class names."""
    found = office.info(s)
    return i18n.t("stocktake.plain_title", found.language if found is not None else i18n.LANGUAGES[0], year=clock.today(at).year)


def _department(s: Session, department_id: UUID) -> str:
    found = s.get(Department, department_id)
    if found is None:
        raise Refused("stocktake.department_unknown")
    return found.name


def _ask(
    s: Session, row: Stocktake, counters: tuple[Counter, ...], at: datetime, known: set[tuple[UUID, UUID | None]] | None = None
) -> None:
    scope = scope_of(s, row) if counters else set()
    told: set[UUID] = set()
    for one in dict.fromkeys(counters):
        person = people.get(s, one.person_id)
        if person.disabled_at is not None:
            raise Refused("person.disabled", name=person.name)
        if one.place_id is not None and one.place_id not in scope:
            raise Refused("stocktake.place_outside", title=row.title)
        s.add(StocktakeCounter(stocktake_id=row.id, person_id=one.person_id, place_id=one.place_id))
        if one.person_id not in told and (one.person_id, one.place_id) not in (known or set()):
            told.add(one.person_id)
            tell(s, row, "stocktake.notice.count", one.person_id, at)


def _ask_keepers(s: Session, row: Stocktake, at: datetime) -> None:
    """Everybody confirms their own list (guide S4.1-R6; mode `self`)."""
    for keeper_id, n in unanswered(s, row).items():
        tell(s, row, "stocktake.notice.confirm", keeper_id, at, n=n)


def unanswered(s: Session, row: Stocktake) -> dict[UUID, int]:
    """Keepers of a self-declared count with how many of their things they have not answered for."""
    query = (
        select(col(StocktakeLine.keeper_id), func.count())
        .where(
            col(StocktakeLine.stocktake_id) == row.id,
            col(StocktakeLine.keeper_id).is_not(None),
            col(StocktakeLine.id).not_in(answered_lines(row)),
        )
        .group_by(col(StocktakeLine.keeper_id))
    )
    return {keeper_id: int(n) for keeper_id, n in s.execute(query) if keeper_id is not None}


def tell(s: Session, row: Stocktake, key: str, person_id: UUID, at: datetime, **facts: Any) -> None:
    """A notice about a session; `key` with `_due` where the session has a last day."""
    said = {"title": row.title, **facts}
    if row.due_on is not None and i18n.has(f"{key}_due"):
        key, said = f"{key}_due", {**said, "due": row.due_on.isoformat()}
    notices.queue(s, key=key, facts=said, at=at, to_person_id=person_id, subject=("stocktake", row.id))
