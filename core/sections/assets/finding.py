"""Finding assets: as one types, and by where, whose, what kind and in which state (guide S4.1-R2; Things: tens of thousands searched as you type).

Every word of the question must be met: by the asset's own texts (`index`), by who keeps it, by where it is, by its department, or by its
label. A word that thousands meet is looked for in order of number instead, where the first page is full soon.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import exists, false, func, literal, or_, select
from sqlalchemy.sql import ColumnElement
from sqlmodel import Session, col

from core.foundation import clock, database
from core.foundation.errors import Invalid, Refused
from core.mechanisms import labels, people, pinyin, places
from core.mechanisms.labels import Label, SubjectKind
from core.mechanisms.tables import tidy
from core.sections.assets import index, worth
from core.sections.assets.ledger import Asset, AssetState

MANY = 2_000  # a word met by more than these, in whatever way, is broad
WINDOW = 4_000  # in so many rows of a broad word the first page is nearly always full
MOST_WORDS = 6
MOST_NAMES = 200


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list of assets is narrowed to. `q` finds by name, pinyin, initials, number, serial number, brand, own fields, keeper, place,
    department or label; a place holds everything below it; a class every code that begins so. `warranty_by`: its warranty ends by this
    day and has not ended yet. `unlabelled`: nobody gave it a label."""

    q: str = ""
    place_id: UUID | None = None
    department_id: UUID | None = None
    keeper_id: UUID | None = None
    states: tuple[str, ...] = ()
    class_code: str = ""
    warranty_by: date | None = None
    unlabelled: bool = False
    bulk: bool | None = None
    parent_id: UUID | None = None


def search(s: Session, wanted: Filter, *, limit: int = 50, after: str | None = None) -> list[Asset]:
    """Assets in order of their numbers; `after` is the last number of the page before."""
    conditions = _narrowing(s, wanted)
    if after is not None:
        conditions.append(col(Asset.number) > after)
    words = _words(s, wanted.q)
    broad = any(word.broad for word in words)
    if broad:  # the first rows in order of number: thousands meet the word, so fifty of them are soon found
        last = s.execute(
            select(col(Asset.number)).where(*conditions).order_by(col(Asset.number)).offset(WINDOW).limit(1)
        ).scalar_one_or_none()
        within = [col(Asset.number) <= last] if last is not None else []
        reading = select(Asset).where(*conditions, *within, *(word.by_reading() for word in words)).order_by(col(Asset.number)).limit(limit)
        found = list(s.execute(reading).scalars())
        if len(found) == limit or last is None:
            return found
    query = select(Asset).where(*conditions, *(word.by_index() for word in words)).order_by(col(Asset.number)).limit(limit)
    if not broad:
        return list(s.execute(query).scalars())
    # The widest question sorts thousands: ids and numbers only, then the rows of one page.
    wanted_ids = list(s.execute(query.with_only_columns(col(Asset.id))).scalars())
    return list(s.execute(select(Asset).where(database.among(Asset.id, wanted_ids)).order_by(col(Asset.number))).scalars())


def count(s: Session, wanted: Filter) -> int:
    """How many a filter finds."""
    return int(s.execute(select(func.count()).select_from(Asset).where(*_conditions(s, wanted))).scalar_one())


@dataclass(frozen=True, slots=True)
class Sums:
    """Of what a filter finds: rows, things (a bulk line counts as its quantity), cost and net value in cents."""

    rows: int = 0
    things: int = 0
    cost_cents: int = 0
    net_cents: int = 0

    def __add__(self, other: Sums) -> Sums:
        return Sums(
            self.rows + other.rows, self.things + other.things, self.cost_cents + other.cost_cents, self.net_cents + other.net_cents
        )  # fmt: skip


def figures(s: Session, wanted: Filter) -> dict[str, Sums]:
    """What a filter finds in each state, whatever state it names, added up by the database in one go; the net value is that of today."""
    net = worth.at_day(Asset, clock.today())
    added = [func.coalesce(func.sum(one), 0) for one in (col(Asset.quantity), col(Asset.value_cents), net)]
    query = select(col(Asset.state), func.count(), *added).where(*_conditions(s, wanted, states=False)).group_by(col(Asset.state))
    return {row[0]: Sums(*(int(one) for one in row[1:])) for row in s.execute(query)}


def count_by_state(s: Session, wanted: Filter) -> dict[str, int]:
    """How many of each state: the numbers on the chips."""
    query = select(col(Asset.state), func.count()).where(*_conditions(s, wanted, states=False)).group_by(col(Asset.state))
    return {state: int(found) for state, found in s.execute(query)}


def added_up(found: Mapping[str, Sums], wanted: Filter) -> Sums:
    """The figures of the states that a filter shows. What was disposed of is worth nothing to the book any more, unless it is what was asked
    for."""
    total = Sums()
    for state, one in found.items():
        if not wanted.states or state in wanted.states:
            gone = state == AssetState.DISPOSED and AssetState.DISPOSED not in wanted.states
            total += Sums(one.rows, one.things) if gone else one
    return total


def totals(s: Session, wanted: Filter) -> Sums:
    """What a filter finds, added up."""
    return added_up(figures(s, wanted), wanted)


def sums(s: Session, wanted: Filter) -> tuple[int, int]:
    """Cost and net value of everything a filter finds, in cents."""
    found = totals(s, wanted)
    return found.cost_cents, found.net_cents


def ids(s: Session, wanted: Filter, *, limit: int) -> list[UUID]:
    """The ids of what a filter finds, in order of number: what a change of many is done to."""
    query = select(col(Asset.id)).where(*_conditions(s, wanted)).order_by(col(Asset.number)).limit(limit)
    return list(s.execute(query).scalars())


# ── private ──


def _conditions(s: Session, wanted: Filter, *, states: bool = True) -> list[ColumnElement[bool]]:
    return [*_narrowing(s, wanted, states=states), *(word.by_index() for word in _words(s, wanted.q))]


def _narrowing(s: Session, wanted: Filter, *, states: bool = True) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.place_id is not None:
        found.append(col(Asset.place_id).in_([wanted.place_id, *places.descendants(s, [wanted.place_id])]))
    for column, value in (
        (Asset.department_id, wanted.department_id), (Asset.keeper_id, wanted.keeper_id), (Asset.bulk, wanted.bulk), (Asset.parent_id, wanted.parent_id),
    ):  # fmt: skip
        if value is not None:
            found.append(col(column) == value)
    if wanted.class_code:
        found.append(col(Asset.class_code).startswith(wanted.class_code, autoescape=True))
    if states and wanted.states:
        found.append(col(Asset.state).in_(wanted.states))
    if wanted.warranty_by is not None:
        found.append(col(Asset.warranty_until).between(clock.today(), wanted.warranty_by))
        found.append(col(Asset.state) != AssetState.DISPOSED)
    if wanted.unlabelled:
        labelled = exists().where(
            col(Label.subject_id) == Asset.id, col(Label.subject_kind) == SubjectKind.ASSET, col(Label.state) == labels.LabelState.ACTIVE
        )
        found += [~labelled, col(Asset.state) != AssetState.DISPOSED]
    return found


@dataclass(frozen=True, slots=True)
class _Word:
    """One word of a question and what it may mean: one asset by its label, all whose name holds `signs` that the index does not keep, or all
    whose texts hold `key`, and `others`."""

    key: str
    broad: bool = False
    only: UUID | None = None
    signs: str = ""
    others: tuple[ColumnElement[bool], ...] = ()

    def by_index(self) -> ColumnElement[bool]:
        if self.signs:
            return col(Asset.name).contains(self.signs, autoescape=True)
        if not self.key:
            return col(Asset.id) == self.only if self.only is not None else false()
        return or_(col(Asset.id).in_(index.matching(self.key)), *self.others)

    def by_reading(self) -> ColumnElement[bool]:
        if not self.broad:
            return self.by_index()
        return or_(exists().where(col(index.AssetFind.asset_id) == Asset.id, index.holds(self.key)), *self.others)


def _words(s: Session, question: str) -> list[_Word]:
    text = tidy(question)
    if not text:
        return []
    behind = _behind_label(s, text)
    if behind is not None:
        return [_Word("", only=behind)]
    found = [_word(s, part, key) for part in text.split()[:MOST_WORDS] if (key := index.fold(part))]
    return found or [_Word("", signs=text)]


def _word(s: Session, part: str, key: str) -> _Word:
    broad = index.met(s, key, most=MANY + 1) > MANY
    others = [
        condition for condition in (_kept_by(s, part, key), _in_place(s, part, key), _of_department(s, part)) if condition is not None
    ]
    labelled = _labelled(s, key)
    if labelled:
        others.append(col(Asset.id).in_(labelled))
    # A room's number is met by few texts and by the thousands of things in the room: that is as broad as a common word.
    if others and not broad:
        met = select(func.count()).select_from(select(literal(1)).where(or_(*others)).limit(MANY + 1).subquery())
        broad = int(s.execute(met).scalar_one()) > MANY
    return _Word(key, broad, others=tuple(others))


def _kept_by(s: Session, part: str, key: str) -> ColumnElement[bool] | None:
    person = people.Person
    meanings: list[ColumnElement[bool]] = [col(person.name).contains(part, autoescape=True), func.lower(person.number) == part.lower()]
    squeezed = pinyin.squeeze(part)
    if len(squeezed) >= 2 and squeezed == key:
        meanings += [col(person.pinyin).startswith(squeezed, autoescape=True), col(person.initials).startswith(squeezed, autoescape=True)]
    found = list(s.execute(select(col(person.id)).where(or_(*meanings)).limit(MOST_NAMES)).scalars())
    return col(Asset.keeper_id).in_(found) if found else None


def _in_place(s: Session, part: str, key: str) -> ColumnElement[bool] | None:
    place = places.Place
    meanings: list[ColumnElement[bool]] = [col(place.name).contains(part, autoescape=True), func.lower(place.short_name) == part.lower()]
    squeezed = pinyin.squeeze(part)
    if len(squeezed) >= 2 and squeezed == key and not squeezed.isdigit():
        meanings += [col(place.pinyin).startswith(squeezed, autoescape=True), col(place.initials).startswith(squeezed, autoescape=True)]
    found = list(s.execute(select(col(place.id)).where(or_(*meanings)).limit(MOST_NAMES)).scalars())
    if not found:
        return None
    return col(Asset.place_id).in_([*found, *places.descendants(s, found)])


def _of_department(s: Session, part: str) -> ColumnElement[bool] | None:
    query = select(col(people.Department.id)).where(col(people.Department.name).contains(part, autoescape=True)).limit(MOST_NAMES)
    found = list(s.execute(query).scalars())
    return col(Asset.department_id).in_(found) if found else None


def _labelled(s: Session, key: str) -> list[UUID]:
    """Things whose label's code begins so; a label is known from its third sign on."""
    if not (3 <= len(key) <= 8 and key.isascii()):
        return []
    query = select(col(Label.subject_id)).where(
        col(Label.code).between(key.upper(), key.upper() + "ZZZZZZZZ"[len(key) :]),
        col(Label.subject_kind) == SubjectKind.ASSET, col(Label.subject_id).is_not(None),
    )  # fmt: skip
    return [found for found in s.execute(query.limit(MOST_NAMES)).scalars() if found is not None]


def _behind_label(s: Session, text: str) -> UUID | None:
    try:
        return labels.subject(s, text, SubjectKind.ASSET)
    except (Invalid, Refused):
        return None
