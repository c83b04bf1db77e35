"""Answers without a scan: a keeper confirms their own list ("I have it", "not", "somewhere else"), a second counter says that a thing is not there.

What is said here is an observation like a scan, with the same rounds and the same rule of who may. A label that is read beside it is proof, and must be
that of the very thing. Works without a network.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints
from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation.errors import Refused
from core.mechanisms import attachments, labels, places
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import PERSON_ROLES, Actor, Operation, current_item, operation, touch
from core.sections.assets.ledger import Asset
from core.sections.stocktakes.count import MOST_COUNTED, Counting, Sha256
from core.sections.stocktakes.record import Answer, Condition, CountEvent, CountUndone, Kind, Mode, State, Stocktake, StocktakeLine
from core.sections.stocktakes.rounds import Rounds, extra_line_id


class Declare(Operation):
    """What I say of one line: `here`, `elsewhere` (then `place_id`), or `absent`. `code` is its label, when it was read too. `quantity`: how many of a bulk line
    are here or there; none told: all of them."""

    stocktake_id: UUID
    line_id: UUID
    answer: Answer
    place_id: UUID | None = None
    code: labels.Code | None = None
    condition: Condition | None = None
    note: Annotated[str, StringConstraints(max_length=500)] = ""
    quantity: Annotated[int, Input(ge=0, le=MOST_COUNTED)] | None = None
    photos: Annotated[tuple[Sha256, ...], Input(max_length=10)] = ()


@operation(Declare, "stocktake.declare", roles=PERSON_ROLES, offline=True)
def declare(s: Session, do: Declare, by: Actor, at: datetime) -> dict[str, Any]:
    """The last answer of a person counts; all stay in the list.

    Refuses: stocktake.not_found, stocktake.closed, stocktake.no_line, stocktake.not_yours_to_confirm (somebody else keeps it), stocktake.scan_it (in a
    count that is not by keepers only "absent" is said without a scan), stocktake.where_is_it, stocktake.another_thing, stocktake.one_thing, place.not_found,
    stocktake.other_counts_again; Invalid: label.mistyped, label.unreadable"""
    session = Counting(s, do.stocktake_id)
    session.must_take(at)
    row = session.row
    assert row is not None
    line = s.get(StocktakeLine, do.line_id) or _unexpected(s, row, do.line_id)
    if line is None or line.stocktake_id != row.id or row.kind != Kind.ASSET:
        raise Refused("stocktake.no_line")
    rounds = Rounds(s, row, {line.subject_id})
    if line not in s and not rounds.asked_of(line.subject_id, at):
        raise Refused("stocktake.no_line")
    refused = rounds.refusal(line.subject_id, line.place_id or row.id, by, at) if rounds.any else None
    if refused is not None:
        raise refused
    if row.mode == Mode.SELF and not rounds.asked_of(line.subject_id, at):
        if line.keeper_id != by.person_id:
            raise Refused("stocktake.not_yours_to_confirm", name=line.name, keeper=line.keeper)
    elif do.answer != Answer.ABSENT:
        raise Refused("stocktake.scan_it", name=line.name)
    code = _label_of(s, line, do.code) if do.code else ""
    if do.quantity is not None and line.quantity is None:
        raise Refused("stocktake.one_thing")
    item = current_item(s)
    s.add(CountEvent(
        op_id=item.op_id, stocktake_id=row.id, code=code, subject_id=line.subject_id, place_id=_place(s, line, do), person_id=by.person_id,
        device_id=by.device_id, device_seq=item.device_seq, occurred_at=at, received_at=item.received_at, clock_skew_s=item.clock_skew_s,
        answer=do.answer, condition=do.condition or "", note=do.note, photos=list(do.photos), quantity=do.quantity if do.answer != Answer.ABSENT else None,
    ))  # fmt: skip
    touch(s, "stocktake", row.id)
    attachments.use(s, do.photos, "stocktake", row.id, by, at)
    return {"line_id": line.id, "answer": do.answer}


@dataclass(frozen=True, slots=True)
class Mine:
    """A thing of my list, and what I said of it last (empty: nothing yet)."""

    line_id: UUID
    number: str
    name: str
    spec: str
    label: str
    place: str
    answer: str
    said_place: str
    note: str
    at: datetime | None
    photos: int
    pieces: int | None = None
    unit: str = ""
    said_pieces: int | None = None


@dataclass(frozen=True, slots=True)
class MyList:
    stocktake: Stocktake
    things: tuple[Mine, ...]

    @property
    def left(self) -> int:
        return sum(1 for one in self.things if not one.answer)


def my_lists(s: Session, by: Actor) -> list[MyList]:
    """The open counts in which I confirm what I keep, the one due first before the others."""
    mine = select(col(StocktakeLine.stocktake_id)).where(col(StocktakeLine.keeper_id) == by.person_id)
    query = select(Stocktake).where(col(Stocktake.state) == State.OPEN, col(Stocktake.mode) == Mode.SELF, col(Stocktake.id).in_(mine))
    rows = sorted(s.execute(query).scalars(), key=lambda row: (row.due_on is None, row.due_on or row.opened_at.date(), row.id.bytes))
    return [my_list(s, row, by) for row in rows]


def my_list(s: Session, row: Stocktake, by: Actor) -> MyList:
    """What I keep in this count, by place and number. Somebody else's list is never shown."""
    lines = list(s.execute(
        select(StocktakeLine).where(col(StocktakeLine.stocktake_id) == row.id, col(StocktakeLine.keeper_id) == by.person_id)
        .order_by(col(StocktakeLine.place), col(StocktakeLine.number))
    ).scalars())  # fmt: skip
    taken_back = select(col(CountUndone.count_op_id)).where(col(CountUndone.stocktake_id) == row.id)
    said: dict[UUID, CountEvent] = {}
    query = select(CountEvent).where(
        col(CountEvent.stocktake_id) == row.id, col(CountEvent.person_id) == by.person_id, col(CountEvent.op_id).not_in(taken_back)
    )
    for event in s.execute(query.order_by(col(CountEvent.occurred_at), col(CountEvent.op_id))).scalars():
        if event.subject_id is not None:
            said[event.subject_id] = event
    where = {place.id: place.name for place in places.everything(s)} if said else {}
    return MyList(row, tuple(_mine(line, said.get(line.subject_id), where) for line in lines))


def is_label_of(s: Session, line_id: UUID, text: str) -> bool:
    """Whether this is a label, new or old, of the thing of a line. Invalid: label.mistyped, label.unreadable"""
    line, label = s.get(StocktakeLine, line_id), s.get(labels.Label, labels.read_code(text))
    return line is not None and label is not None and label.subject_kind == SubjectKind.ASSET and label.subject_id == line.subject_id


# ── private ──


def _mine(line: StocktakeLine, said: CountEvent | None, where: dict[UUID, str]) -> Mine:
    answer = "" if said is None else said.answer or (Answer.HERE if said.place_id == line.place_id else Answer.ELSEWHERE)
    return Mine(
        line.id, line.number, line.name, line.spec, line.label, line.place, answer, where.get(said.place_id, "") if said else "",
        said.note if said else "", said.occurred_at if said else None, len(said.photos) if said else 0, line.quantity, line.unit,
        said.quantity if said and said.quantity is not None else line.quantity if said and said.answer not in ("", Answer.ABSENT) else None,
    )  # fmt: skip


def _unexpected(s: Session, row: Stocktake, line_id: UUID) -> StocktakeLine | None:
    """A thing the book did not expect here, which somebody counted: a second person may look for it and say that it is not there. Never written."""
    seen = (
        select(col(CountEvent.subject_id)).where(col(CountEvent.stocktake_id) == row.id, col(CountEvent.subject_id).is_not(None)).distinct()
    )
    for subject_id in s.execute(seen).scalars():
        if subject_id is not None and extra_line_id(row.id, subject_id) == line_id:
            asset = s.get(Asset, subject_id)
            name = asset.name if asset is not None else ""
            return StocktakeLine(
                id=line_id, stocktake_id=row.id, subject_id=subject_id, number="", name=name, spec="", serial="", unit="", place="", keeper="",
                department="", label="",
            )  # fmt: skip
    return None


def _label_of(s: Session, line: StocktakeLine, text: str) -> str:
    code = labels.read_code(text)
    if not is_label_of(s, line.id, code):
        raise Refused("stocktake.another_thing", name=line.name, code=labels.shown(code))
    return code


def _place(s: Session, line: StocktakeLine, do: Declare) -> UUID:
    if do.answer == Answer.ELSEWHERE:
        if do.place_id is None or do.place_id == line.place_id:
            raise Refused("stocktake.where_is_it", name=line.name)
        return places.get(s, do.place_id).id
    if line.place_id is not None:
        return line.place_id
    if do.place_id is not None:
        return places.get(s, do.place_id).id
    if do.answer == Answer.HERE:
        raise Refused("stocktake.where_is_it", name=line.name)
    return line.stocktake_id  # looked for everywhere, found nowhere: the session itself stands for the place
