"""What a part says to make a collection importable, and what an import says about each row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import ModuleType
from typing import Any, Protocol
from uuid import UUID

from sqlmodel import Session

from core.foundation.errors import Invalid, NotAllowed
from core.mechanisms.operations import Actor, Operation, Role
from core.mechanisms.tables import Cell

ROWS_AT_ONCE = 50  # one short transaction: a tap at a door never waits longer than these rows take

# ── what a part declares ──


@dataclass(frozen=True, slots=True)
class ImportColumn:
    """`heading` is a catalogue key: its three sentences are the headings that are recognised, and `aliases` other ways to say it."""

    key: str
    heading: str
    parse: Callable[[Cell], Any]
    required: bool = False
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """What a row will do. `before` and `after` are the values for an undo (`before` is None for a new thing), `changes` the same as
    (column, before, after) for people. No operation means that nothing is to be done. A step that `leans` on an earlier one of the same file
    is rehearsed together with it."""

    do: Operation | None
    subject_id: UUID
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] = field(default_factory=dict)
    changes: tuple[tuple[str, str, str], ...] = ()
    title: str = ""
    leans: bool = False


class RowError(Exception):
    """A row's value does not fit the office's records: in which column, and why."""

    def __init__(self, column: str, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.column, self.code, self.facts = column, code, facts


class Plan(Protocol):
    """What a row's values will do. Raises RowError for the first value that does not fit."""

    def __call__(self, values: dict[str, Any], /) -> Step: ...


@dataclass(frozen=True, slots=True)
class ToldAtOnce:
    """A plan that can also name every value of a row that does not fit (`wrong`), so that a file is put right in one go. It changes nothing."""

    plan: Callable[[dict[str, Any]], Step]
    wrong: Callable[[Mapping[str, Any]], Sequence[RowError]]

    def __call__(self, values: dict[str, Any], /) -> Step:
        return self.plan(values)


Undo = Callable[[Session, UUID, Mapping[str, Any] | None, Mapping[str, Any], Actor, datetime], bool]


Cells = dict[str, Cell]


@dataclass(frozen=True, slots=True)
class Dialect:
    """Another program's own file: `name` is a catalogue key; the file is one when it has all headings of one of `marks`. `columns` says which of
    our columns a heading of theirs is (empty: known, and not read); `heading` may take a heading apart first; `adapt` puts a row's cells right."""

    name: str
    marks: tuple[frozenset[str], ...]
    columns: Mapping[str, str]
    heading: Callable[[str], str] = str
    adapt: Callable[[Cells], Cells] = dict


@dataclass(frozen=True, slots=True)
class Importer:
    """How a collection is imported. `plan(s)` loads what rows are compared with and answers the function that turns values into a step.
    `undo` gives old values back and tells whether it could. `key` names the column that identifies a row."""

    collection: str
    key: str
    columns: tuple[ImportColumn, ...]
    roles: frozenset[Role]
    plan: Callable[[Session], Plan]
    undo: Undo
    linked: bool = False  # a row may lean on an earlier one (a floor on its site): rehearsed as a whole
    ignored: tuple[str, ...] = ()  # headings of our own exports that an import does not read
    more: Callable[[Session], tuple[ImportColumn, ...]] | None = None  # columns an office made itself
    dialects: tuple[Dialect, ...] = ()
    repeats: bool = False  # the key may stand in several rows (two guests of one name): the plan itself says what is twice

    def with_own(self, s: Session) -> Importer:
        """The importer with the columns that an office has today."""
        return replace(self, columns=self.columns + self.more(s), more=None) if self.more else self


_importers: dict[str, Importer] = {}


def include(*modules: ModuleType) -> None:
    """Know the importers of these modules; including again replaces."""
    for module in modules:
        for value in list(vars(module).values()):
            if isinstance(value, Importer):
                _importers[value.collection] = value


def importers() -> dict[str, Importer]:
    return dict(sorted(_importers.items()))


def importer(collection: str, by: Actor) -> Importer:
    """The importer of a collection for this caller. Raises Invalid import.unknown_collection, NotAllowed."""
    found = _importers.get(collection)
    if found is None:
        raise Invalid("import.unknown_collection", collection=collection[:40])
    if not by.has(Role.SYSTEM, *found.roles):
        raise NotAllowed(kind=f"import.{collection}")
    return found


# ── results ──


@dataclass(frozen=True, slots=True)
class Change:
    """One value before and after, as a person reads it."""

    column: str
    heading: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one cell and what to do about it."""

    column: str
    heading: str
    value: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """`action` is create, update, skip or error. `column`, `value`, `code` and `message` are those of the first of `problems`."""

    row: int
    action: str
    title: str = ""
    column: str | None = None
    value: str | None = None
    code: str | None = None
    message: str = ""
    changes: tuple[Change, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a file: which column it was read as (empty: none), whether the file's program or the office says that it is not to be read,
    and the first values below it."""

    text: str
    column: str
    left_out: bool = False
    samples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What a run does or did, row by row. `import_id` is set when something was written and can be undone. `dialect` names the program whose file
    it is; `stopped`: it was ended before its end."""

    collection: str
    dry_run: bool
    rows: tuple[RowOutcome, ...]
    totals: dict[str, int]
    unknown_headings: tuple[str, ...] = ()
    import_id: UUID | None = None
    headings: tuple[Heading, ...] = ()
    dialect: str = ""
    stopped: bool = False

    @property
    def writes(self) -> int:
        """How many rows a real run would write, or wrote."""
        return self.totals["create"] + self.totals["update"]


@dataclass(frozen=True, slots=True)
class Undone:
    """`kept` rows were changed by somebody since, or are in use, and stay as they are."""

    restored: int
    kept: int
