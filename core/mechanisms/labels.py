"""Labels: a printed code on a thing or a paper. The thing keeps its identity when a label is replaced (contract.md, Label code).

A code is seven random signs and a check sign from 31 signs without look-alikes; the seven are weighted 2 … 8, the check sign 1, the sum is 0 mod 31.
States: blank (printed ahead), active, superseded (says by which), retired.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import ModuleType
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints
from sqlalchemy import Index, func, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation.errors import Invalid, Refused
from core.mechanisms.operations import Actor, Operation, Role, operation, touch

SIGNS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LABEL_MAKERS = frozenset({Role.ADMIN, Role.CLERK, Role.RECEPTION, Role.SAFETY})
# Our own address, with or without the proof of an invitation (core/sections/visits/codes.py), or a GS1 Digital Link of an individual asset
# (8004): company prefix and our code.
_OURS = re.compile(
    r"^https?://[^/\s?#]{1,255}/(?:s/([0-9a-z-]{8,9})(?:/([a-z][0-9]{8}[a-z2-7]{107}))?|8004/[0-9]{4,12}([0-9a-z]{8}))/?$", re.IGNORECASE
)
_VALUES = {sign: value for value, sign in enumerate(SIGNS)}


class SubjectKind(StrEnum):
    ASSET = "asset"
    SUPPLY = "supply"
    PLACE = "place"
    PERSON = "person"
    VISIT = "visit"
    DEVICE = "device"
    DELIVERY = "delivery"
    LOST = "lost_item"


class LabelState(StrEnum):
    BLANK = "blank"
    ACTIVE = "active"
    SUPERSEDED = "superseded"
    RETIRED = "retired"


class Label(SQLModel, table=True):
    """One printed code for ever: a code is never used for a second thing."""

    __tablename__: ClassVar[str] = "label"
    # The current code of a thing is asked for thousands at once: without all three in one index SQLite may walk every active label for each.
    __table_args__ = (Index("ix_label_of", "subject_id", "subject_kind", "state"),)
    code: str = Field(primary_key=True, max_length=8)
    state: str = Field(index=True)
    subject_kind: str | None = None
    subject_id: UUID | None = Field(default=None, index=True)
    issued_at: datetime
    superseded_by: str | None = None
    ended_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Described:
    """What a thing says of itself when its label is read; `told` is one sentence about what became of it (disposed of, lost, on its way)."""

    title: str
    state: str = ""
    holder: str = ""
    place: str = ""
    due: str = ""
    operations: tuple[str, ...] = ()
    number: str = ""
    told: str = ""


@dataclass(frozen=True, slots=True)
class LabelView:
    """The answer of GET /api/v1/labels/{code}."""

    code: str
    label_state: str
    kind: str | None
    id: UUID | None
    title: str
    state: str
    holder: str
    place: str
    due: str
    superseded_by: str | None
    superseded_at: datetime | None
    operations: tuple[str, ...]
    number: str = ""
    told: str = ""


Describer = Callable[[Session, Sequence[UUID], Actor], dict[UUID, Described]]
_describers: dict[str, Describer] = {}
_tables: dict[str, type[SQLModel]] = {}


def describes(kind: SubjectKind, *, rows_of: type[SQLModel] | None = None) -> Callable[[Describer], Describer]:
    """Mark the function `(s, ids, by) -> {id: Described}` that says what things of `kind` are, to this caller. Where every row of a table has a
    description, `rows_of` names it: whether there is such a thing is then a look at its row."""

    def mark(function: Describer) -> Describer:
        function.__describes__ = kind  # type: ignore[attr-defined]
        function.__rows_of__ = rows_of  # type: ignore[attr-defined]
        return function

    return mark


def include(*modules: ModuleType) -> None:
    """Know the describers of these modules; including again replaces."""
    for module in modules:
        for value in list(vars(module).values()):
            kind = getattr(value, "__describes__", None)
            if isinstance(kind, SubjectKind):
                _describers[kind] = value
                if value.__rows_of__ is not None:
                    _tables[kind] = value.__rows_of__


# ── the code itself ──


def check_sign(seven: str) -> str:
    """The check sign of seven signs. Vectors: 7K3M9QW → Y, XMDMU5Z → W."""
    total = sum(_VALUES[sign] * weight for weight, sign in enumerate(seven, 2))
    return SIGNS[-total % 31]


def new_code() -> str:
    """A random code; the caller checks that it is new."""
    seven = "".join(secrets.choice(SIGNS) for _ in range(7))
    return seven + check_sign(seven)


def read_code(text: str) -> str:
    """The code in what was scanned or typed: our path or Digital Link on any host, a bare code, with or without hyphen, any case, full-width, doubled by a scanner.

    Raises Invalid `label.unreadable` (nothing of ours) or `label.mistyped` (wrong check sign)."""
    plain = _plain(text)
    ours = _OURS.match(plain)
    code = (ours.group(1) or ours.group(3) if ours else plain).replace("-", "").replace(" ", "").upper()
    if len(code) == 16 and code[:8] == code[8:]:
        code = code[:8]
    if len(code) != 8 or any(sign not in _VALUES for sign in code):
        raise Invalid("label.unreadable")
    if check_sign(code[:7]) != code[7]:
        raise Invalid("label.mistyped", code=shown(code))
    return code


def read_proof(text: str) -> str:
    """What an address of ours says behind its code, in capitals: the proof of an invitation, or nothing. Raises Invalid `label.unreadable`."""
    ours = _OURS.match(_plain(text))
    return (ours.group(2) or "").upper() if ours else ""


def _plain(text: str) -> str:
    if len(text) > 300:
        raise Invalid("label.unreadable")
    return "".join(sign for sign in unicodedata.normalize("NFKC", text) if sign.isprintable()).strip()


def shown(code: str) -> str:
    """`7K3M-9QWY`: how a code is printed and read aloud."""
    return f"{code[:4]}-{code[4:]}"


# ── operations ──

Code = Annotated[str, StringConstraints(min_length=8, max_length=300)]


class IssueLabel(Operation):
    subject_kind: SubjectKind
    subject_id: UUID


@operation(IssueLabel, "label.issue", roles=LABEL_MAKERS)
def issue(s: Session, do: IssueLabel, by: Actor, at: datetime) -> dict[str, Any]:
    """The thing's first label; asked again, the same one. Refuses: label.no_subject"""
    _subject_exists(s, do.subject_kind, do.subject_id, by)
    present = of(s, do.subject_kind, do.subject_id)
    return {"code": present or give(s, do.subject_kind, do.subject_id, at)}


class ReplaceLabel(Operation):
    code: Code
    reason: Annotated[str, StringConstraints(min_length=1, max_length=200)]


@operation(ReplaceLabel, "label.replace", roles=LABEL_MAKERS)
def replace(s: Session, do: ReplaceLabel, by: Actor, at: datetime) -> dict[str, Any]:
    """A new label for the same thing; the old one says superseded. Refuses: label.unknown, label.superseded, label.retired, label.blank"""
    old = active(s, do.code)
    assert old.subject_kind is not None and old.subject_id is not None
    code = give(s, SubjectKind(old.subject_kind), old.subject_id, at)
    old.state, old.superseded_by, old.ended_at, old.reason = LabelState.SUPERSEDED, code, at, do.reason
    touch(s, "label", old.code)
    return {"code": code, "superseded": old.code}


class ClaimLabel(Operation):
    """A label printed ahead is stuck on a thing on site."""

    code: Code
    subject_kind: SubjectKind
    subject_id: UUID


@operation(ClaimLabel, "label.claim", roles={*LABEL_MAKERS, Role.STAFF}, offline=True)
def claim(s: Session, do: ClaimLabel, by: Actor, at: datetime) -> dict[str, Any]:
    """Refuses: label.unknown, label.taken (it is on another thing), label.no_subject, label.retired"""
    label = known(s, do.code)
    if label.subject_id == do.subject_id and label.state == LabelState.ACTIVE:
        return {"code": label.code}
    if label.state != LabelState.BLANK:
        raise Refused("label.taken" if label.state == LabelState.ACTIVE else f"label.{label.state}", code=shown(label.code))
    _subject_exists(s, do.subject_kind, do.subject_id, by)
    present = of(s, do.subject_kind, do.subject_id)
    if present is not None:
        before = known(s, present)
        before.state, before.superseded_by, before.ended_at, before.reason = LabelState.SUPERSEDED, label.code, at, "claim"
    label.state, label.subject_kind, label.subject_id, label.issued_at = LabelState.ACTIVE, do.subject_kind, do.subject_id, at
    touch(s, "label", label.code)
    touch(s, do.subject_kind, do.subject_id)
    return {"code": label.code}


class MakeBlanks(Operation):
    count: Annotated[int, Input(gt=0, le=1000)]


@operation(MakeBlanks, "label.make_blanks", roles=LABEL_MAKERS)
def make_blanks(s: Session, do: MakeBlanks, by: Actor, at: datetime) -> dict[str, Any]:
    """Codes to print ahead and claim on site."""
    codes = fresh_codes(s, do.count)
    s.add_all(Label(code=code, state=LabelState.BLANK, issued_at=at) for code in codes)
    touch(s, "label", codes[0])
    return {"codes": codes}


class RetireLabel(Operation):
    code: Code
    reason: Annotated[str, StringConstraints(min_length=1, max_length=200)]


@operation(RetireLabel, "label.retire", roles=LABEL_MAKERS)
def retire(s: Session, do: RetireLabel, by: Actor, at: datetime) -> None:
    """The code is never used again; reading it says so. Refuses: label.unknown"""
    label = known(s, do.code)
    label.state, label.ended_at, label.reason = LabelState.RETIRED, label.ended_at or at, do.reason
    touch(s, "label", label.code)


# ── reads ──


def view(s: Session, text: str, by: Actor) -> LabelView:
    """What a code is, to this caller. Refuses: label.unknown; Invalid: label.mistyped, label.unreadable"""
    label = known(s, text)
    found = (
        describe(s, label.subject_kind, [label.subject_id], by).get(label.subject_id) if label.subject_kind and label.subject_id else None
    )
    told = found or Described("", operations=("label.claim",) if label.state == LabelState.BLANK else ())  # it can be stuck on a thing
    return LabelView(
        label.code, label.state, label.subject_kind, label.subject_id, told.title, told.state, told.holder, told.place, told.due,
        label.superseded_by, label.ended_at, told.operations, told.number, told.told,
    )  # fmt: skip


def known(s: Session, text: str) -> Label:
    """The label of a code in any state, or Refused label.unknown."""
    code = read_code(text)
    label = s.get(Label, code)
    if label is None:
        raise Refused("label.unknown", code=shown(code))
    return label


def active(s: Session, text: str, kind: SubjectKind | None = None) -> Label:
    """The label of a code that is in use. Refuses: label.unknown, label.blank, label.superseded (names the new code), label.retired, label.other_kind"""
    label = known(s, text)
    if label.state == LabelState.SUPERSEDED:
        raise Refused(
            "label.superseded",
            code=shown(label.code),
            superseded_by=shown(label.superseded_by or ""),
            at=label.ended_at.isoformat() if label.ended_at else "",
        )
    if label.state != LabelState.ACTIVE:
        raise Refused(f"label.{label.state}", code=shown(label.code))
    if kind is not None and label.subject_kind != kind:
        raise Refused("label.other_kind", code=shown(label.code))
    return label


def subject(s: Session, text: str, kind: SubjectKind) -> UUID:
    """The thing behind a code, also behind a superseded one: both open the same thing. Refuses: label.unknown, label.blank, label.retired, label.other_kind"""
    label = known(s, text)
    if label.state not in (LabelState.ACTIVE, LabelState.SUPERSEDED):
        raise Refused(f"label.{label.state}", code=shown(label.code))
    if label.subject_kind != kind or label.subject_id is None:
        raise Refused("label.other_kind", code=shown(label.code))
    return label.subject_id


def of(s: Session, kind: SubjectKind, subject_id: UUID) -> str | None:
    """The thing's current code."""
    return codes_of(s, kind, [subject_id]).get(subject_id)


def codes_of(s: Session, kind: SubjectKind, subject_ids: Iterable[UUID]) -> dict[UUID, str]:
    """The current codes of many things, in statements of at most 500 ids."""
    ids, found = list(subject_ids), {}
    for start in range(0, len(ids), 500):
        query = select(Label.subject_id, Label.code).where(
            col(Label.subject_id).in_(ids[start : start + 500]), col(Label.subject_kind) == kind, col(Label.state) == LabelState.ACTIVE
        )
        found.update({row.subject_id: row.code for row in s.execute(query)})
    return found


def old_codes_of(s: Session, kind: SubjectKind) -> dict[UUID, list[str]]:
    """The superseded and retired codes of every thing of a kind: a phone without a network needs them too."""
    found: dict[UUID, list[str]] = {}
    ended = (LabelState.SUPERSEDED, LabelState.RETIRED)
    query = select(Label.subject_id, Label.code).where(
        col(Label.subject_kind) == kind, col(Label.state).in_(ended), col(Label.subject_id).is_not(None)
    )
    for row in s.execute(query):
        found.setdefault(row.subject_id, []).append(row.code)
    return found


def active_codes(s: Session, kind: SubjectKind) -> list[str]:
    """Every code in use on things of a kind, in the order they were issued."""
    query = select(Label.code).where(col(Label.subject_kind) == kind, col(Label.state) == LabelState.ACTIVE)
    return list(s.execute(query.order_by(col(Label.issued_at), col(Label.code))).scalars())


def history(s: Session, kind: SubjectKind, subject_id: UUID) -> list[Label]:
    """Every label a thing ever had, oldest first."""
    query = select(Label).where(col(Label.subject_kind) == kind, col(Label.subject_id) == subject_id).order_by(col(Label.issued_at))
    return list(s.execute(query).scalars())


def describe(s: Session, kind: str, ids: Sequence[UUID], by: Actor) -> dict[UUID, Described]:
    """What things of a kind say of themselves."""
    describer = _describers.get(kind)
    return describer(s, ids, by) if describer else {}


# ── for sections ──


def give(s: Session, kind: SubjectKind, subject_id: UUID, at: datetime) -> str:
    """Make and store a new active code for a thing, inside an operation of a section."""
    code = fresh_codes(s, 1)[0]
    s.add(Label(code=code, state=LabelState.ACTIVE, subject_kind=kind, subject_id=subject_id, issued_at=at))
    touch(s, kind, subject_id)
    return code


def fresh_codes(s: Session, count: int) -> list[str]:
    """Codes nobody has."""
    codes: set[str] = set()
    while len(codes) < count:
        wanted = {new_code() for _ in range(count - len(codes))}
        for part in _chunks(sorted(wanted), 500):
            wanted -= set(s.execute(select(Label.code).where(col(Label.code).in_(part))).scalars())
        codes |= wanted
    return sorted(codes, key=lambda _: secrets.randbits(32))


def count(s: Session, state: LabelState) -> int:
    return int(s.execute(select(func.count()).select_from(Label).where(col(Label.state) == state)).scalar_one())


def _chunks(items: Sequence[str], size: int) -> list[Sequence[str]]:
    return [items[i : i + size] for i in range(0, len(items), size)]


def _subject_exists(s: Session, kind: SubjectKind, subject_id: UUID, by: Actor) -> None:
    table = _tables.get(kind)
    known = s.get(table, subject_id) is not None if table is not None else subject_id in describe(s, kind, [subject_id], by)
    if not known:
        raise Refused("label.no_subject")
