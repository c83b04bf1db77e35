"""Somebody looks for a thing they lost (guide S1.3-R7): asked for at the kiosk or the desk, looked for by the desk, handed over against a signature.

Whoever asks describes the thing and learns nothing: the kiosk never says what lies in the cupboard, and the answer is the same whether the thing is there
or not. They take a code away; the desk sees the description beside what was found, gives the thing and lets its owner sign (`lost.claim`), or says
that it is not here. A name and a way to reach somebody are forgotten with the days kept, whatever became of the search."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints
from sqlalchemy import func, or_, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import clock, database
from core.foundation.errors import Refused
from core.foundation.ids import derived, uuid7
from core.foundation.jobs import job
from core.mechanisms import notices
from core.mechanisms.labels import SIGNS
from core.mechanisms.operations import OFFICE, PERSON_ROLES, SYSTEM, Actor, Operation, Role, operation, perform_now, touch

SUBJECT = "lost_search"
ASKED, GIVEN, NOT_HERE = "asked", "given", "not_here"
WHERE = ("meeting_room", "lobby", "canteen", "washroom", "elsewhere", "unknown")
DAYS_BACK = 60
MOST_A_DAY = 40
FORGET_DAYS = 30
OPEN_DAYS = 90
CODE_SIGNS = 5


class LostSearch(SQLModel, table=True):
    """One search. `code` is what the seeker says at the desk; `item_id` the thing they were given."""

    __tablename__: ClassVar[str] = "lost_search"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    code: str = Field(unique=True)
    what: str
    where: str = "unknown"
    days_ago: int = 0
    seeker: str = ""
    contact: str = ""
    asked_at: datetime = Field(index=True)
    state: str = Field(default=ASKED, index=True)
    item_id: UUID | None = Field(default=None, foreign_key="lost_item.id")
    ended_at: datetime | None = None
    ended_by: UUID | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class SearchView:
    """A search as the desk sees it. `days_ago` counts from `asked_at`."""

    id: UUID
    code: str
    what: str
    where: str
    days_ago: int
    seeker: str
    contact: str
    asked_at: datetime
    version: int


class SeekItem(Operation):
    """Somebody lost a thing and describes it."""

    what: Annotated[str, StringConstraints(min_length=2, max_length=120)]
    where: Literal["meeting_room", "lobby", "canteen", "washroom", "elsewhere", "unknown"] = "unknown"
    days_ago: Annotated[int, Input(ge=0, le=DAYS_BACK)] = 0
    name: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    contact: Annotated[str, StringConstraints(max_length=80)] = ""


@operation(SeekItem, "lost.seek", roles=PERSON_ROLES | {Role.KIOSK}, personal=True)
def seek(s: Session, do: SeekItem, by: Actor, at: datetime) -> dict[str, Any]:
    """Reception is told; the answer is a code and nothing else, whatever was found. Refuses: lost.too_many_searches (a kiosk somebody plays with)"""
    if by.has(Role.KIOSK):
        recent = select(func.count()).where(col(LostSearch.asked_at) > at - timedelta(days=1))
        if int(s.execute(recent).scalar_one()) >= MOST_A_DAY:
            raise Refused("lost.too_many_searches")
    row = LostSearch(code=_new_code(s), what=do.what, where=do.where, days_ago=do.days_ago, seeker=do.name, contact=do.contact, asked_at=at)
    s.add(row)
    s.flush()
    notices.queue_roles(
        s, Role.RECEPTION, key="lost.notice_sought", facts={"what": do.what, "code": row.code}, at=at, subject=(SUBJECT, row.id), mail=False
    )
    touch(s, SUBJECT, row.id)
    return {"search_id": row.id, "code": row.code}


class EndSearch(Operation):
    """It is not here: the search ends without a thing."""

    search_id: UUID


@operation(EndSearch, "lost.not_here", roles=OFFICE)
def end_search(s: Session, do: EndSearch, by: Actor, at: datetime) -> None:
    """Doing it twice is quiet. Refuses: lost.search_unknown"""
    row = _get(s, do.search_id)
    if row.state == ASKED:
        _end(s, row, NOT_HERE, by, at)


class ForgetSearch(Operation):
    """Said by the job: its days are over."""

    search_id: UUID


@operation(ForgetSearch, "lost.forget_search", roles=set())
def forget_search(s: Session, do: ForgetSearch, by: Actor, at: datetime) -> None:
    row = s.get(LostSearch, do.search_id)
    if row is not None:
        row.what = row.seeker = row.contact = ""
        notices.erase_facts(s, SUBJECT, [row.id])
        if row.state == ASKED:
            _end(s, row, NOT_HERE, by, at)
        touch(s, SUBJECT, row.id)


@job(every_s=3600)
def forget_searches(at: datetime) -> int:
    """What a seeker told is forgotten thirty days after the search ended, ninety after it was asked."""
    with database.reading() as s:
        over = or_(col(LostSearch.ended_at) <= at - timedelta(days=FORGET_DAYS), col(LostSearch.asked_at) <= at - timedelta(days=OPEN_DAYS))
        due = list(s.execute(select(col(LostSearch.id)).where(col(LostSearch.seeker) != "", over)).scalars())
    for search_id in due:
        perform_now(ForgetSearch(search_id=search_id), by=SYSTEM, at=at, op_id=derived("lost.forget_search", search_id, clock.today(at)))
    return len(due)


def answered(s: Session, search_id: UUID, item_id: UUID, by: Actor, at: datetime) -> None:
    """The thing was found and handed over. Refuses: lost.search_unknown"""
    row = _get(s, search_id)
    row.item_id = item_id
    _end(s, row, GIVEN, by, at)


# ── reads ──


def searches(s: Session) -> list[SearchView]:
    """What is still looked for, the newest first."""
    rows: Sequence[LostSearch] = list(
        s.execute(
            select(LostSearch)
            .where(col(LostSearch.state) == ASKED)
            .order_by(col(LostSearch.asked_at).desc(), col(LostSearch.id).desc())
            .limit(200)
        ).scalars()
    )
    return [
        SearchView(row.id, row.code, row.what, row.where, row.days_ago, row.seeker, row.contact, row.asked_at, row.version) for row in rows
    ]


# ── private ──


def _get(s: Session, search_id: UUID) -> LostSearch:
    row = s.get(LostSearch, search_id)
    if row is None:
        raise Refused("lost.search_unknown")
    return row


def _end(s: Session, row: LostSearch, state: str, by: Actor, at: datetime) -> None:
    row.state, row.ended_at, row.ended_by = state, at, by.person_id
    row.version += 1
    touch(s, SUBJECT, row.id)


def _new_code(s: Session) -> str:
    """Five signs nobody asks with at present: short enough to say aloud. It opens nothing by itself: the desk decides who gets what."""
    while True:
        code = "".join(secrets.choice(SIGNS) for _ in range(CODE_SIGNS))
        if s.execute(select(LostSearch.id).where(col(LostSearch.code) == code)).first() is None:
            return code
