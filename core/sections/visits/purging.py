"""After visitors were erased: space given back, a search that proves it, a report (issue 5, Privacy; scenario Office 7; security.md, Visitor data).

Erasing itself is `keeping.erase`, whoever asks for it: the keeping time, an administrator, the visitor. What the visitors were called is then kept in memory
until the proof is done, in no file and no log. The report says how many rows of each kind forgot somebody, what was searched, and where something was left:
a name typed by hand into another record, for one, for a person to look at. Names that a member of the office or another visitor still bears are not looked for,
nor those that another part lawfully keeps, a guest's in a reception that is not over (`forgets.keeps`): the report names it and its last day.

Every erased visit is also noted by its id in `erased.log` beside the database, so that an older backup that is restored forgets them again before it is
used (`after_restore`); the file holds ids and moments, nothing else.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

from pydantic import Field as Input
from sqlalchemy import JSON, BigInteger, Column, func, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import cleaning, database, i18n
from core.foundation.i18n import t
from core.foundation.ids import uuid7
from core.foundation.jobs import job
from core.mechanisms import forgets, notices, people, pinyin
from core.mechanisms.forgets import Gone
from core.mechanisms.operations import SYSTEM, Actor, Operation, Role, operation, perform_now, touch
from core.sections.visits.record import Visit

JOURNAL = "erased.log"
MOST_VALUES = 120
READERS = frozenset({Role.ADMIN, Role.SAFETY, Role.LEADER})


class PurgeReport(SQLModel, table=True):
    """One proof. `forgot` counts rows by kind; `looked_for` how many values of how many visits; `found` the places where one was left,
    `kept` what was not looked for because another part lawfully needs it: (which, until which day)."""

    __tablename__: ClassVar[str] = "purge_report"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    at: datetime = Field(index=True)
    visits: int
    forgot: dict[str, int] = Field(sa_column=Column(JSON, nullable=False))
    looked_for: int
    shared: int
    columns: int
    files: int
    bytes: int = Field(sa_column=Column(BigInteger, nullable=False))
    archives: int
    given_back: bool
    found: list[str] = Field(sa_column=Column(JSON, nullable=False))
    took_ms: int
    kept: list[list[str]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False, server_default="[]"))


database.append_only("purge_report")


@dataclass(slots=True)
class _Pending:
    visits: int = 0
    forgot: dict[str, int] = field(default_factory=dict)
    values: set[str] = field(default_factory=set)


_pending = _Pending()
_lock = threading.Lock()
_folder: Path | None = None


def use_folder(path: Path | None) -> None:
    """The data folder: what is searched, and where the journal of erased visits lies (main.py)."""
    global _folder
    _folder = path


# ── what the erasing leaves for the proof ──


def remember(gone: Gone, forgot: Mapping[str, int], at: datetime) -> None:
    """Called after the erasing was committed: the proof follows within seconds, and the journal knows."""
    values = gone.names | gone.phones | gone.emails | {pinyin.keys(name).full for name in gone.names}
    with _lock:
        _pending.visits += len(gone.visit_ids)
        for kind, count in forgot.items():
            _pending.forgot[kind] = _pending.forgot.get(kind, 0) + count
        _pending.values |= {value for value in values if value}
        _note(gone.visit_ids, at)


def _note(visit_ids: tuple[UUID, ...], at: datetime) -> None:
    if _folder is None or not visit_ids:
        return
    with (_folder / JOURNAL).open("a", encoding="ascii") as file:
        file.writelines(f"{visit_id} {at.isoformat()}\n" for visit_id in visit_ids)
        file.flush()
        os.fsync(file.fileno())


class NoteProof(Operation):
    """What the proof found: counts and places, never a value."""

    report_id: UUID
    visits: int
    forgot: dict[str, int]
    looked_for: int
    shared: int
    columns: int
    files: int
    bytes: int
    archives: int
    given_back: bool
    found: list[str] = Input(default_factory=list, max_length=200)
    took_ms: int
    kept: list[list[str]] = Input(default_factory=list, max_length=200)


@operation(NoteProof, "visit.note_proof", roles=set())
def note_proof(s: Session, do: NoteProof, by: Actor, at: datetime) -> dict[str, Any]:
    """The report is kept for ever; administrators are told when something was left."""
    s.add(PurgeReport(id=do.report_id, at=at, **do.model_dump(exclude={"report_id"})))
    touch(s, "purge", do.report_id)
    if do.found:
        notices.queue_roles(
            s, Role.ADMIN, key="visit.purge_left", facts={"n": len(do.found)}, at=at, subject=("purge", do.report_id), quiet=True
        )
    return {"report_id": do.report_id}


@job(every_s=5)
def prove(at: datetime) -> UUID | None:
    """Give the space back, search, report. A server that stopped in between gives the space back and says that it looked for nothing."""
    global _pending
    with _lock:
        done, _pending = _pending, _Pending()
    if not done.visits:
        done.visits = _unproven()
        if not done.visits:
            return None
    started = time.monotonic()
    values, shared = _ours_alone(done.values)
    with database.reading() as s:
        kept = forgets.kept(s, frozenset(values), at)
    values -= {value for one in kept for value in one.values}
    given_back = cleaning.give_back({column.split(".")[0] for column in forgets.columns()})
    searched = cleaning.search(sorted(values)[:MOST_VALUES], _folder)
    do = NoteProof(
        report_id=uuid7(),
        visits=done.visits,
        forgot=done.forgot,
        looked_for=min(len(values), MOST_VALUES),
        shared=shared,
        columns=searched.columns,
        files=searched.files,
        bytes=searched.bytes,
        archives=searched.archives,
        given_back=given_back,
        found=list(searched.found)[:200],
        kept=[list(pair) for pair in sorted({(one.place, one.until.isoformat()) for one in kept})][:200],
        took_ms=int((time.monotonic() - started) * 1000),
    )
    perform_now(do, by=SYSTEM, at=at)
    return do.report_id


def _unproven() -> int:
    """Visits erased after the last report."""
    with database.reading() as s:
        last = s.execute(select(func.max(PurgeReport.at))).scalar()
        query = select(func.count()).select_from(Visit).where(col(Visit.erased_at).is_not(None))
        return int(s.execute(query.where(col(Visit.erased_at) > last) if last is not None else query).scalar_one())


def _ours_alone(values: set[str]) -> tuple[set[str], int]:
    """Those values that nobody else still bears, and how many others did."""
    if not values:
        return set(), 0
    with database.reading() as s:
        borne: set[str] = set()
        for columns in (
            (people.Person.name, people.Person.english_name, people.Person.phone, people.Person.email, people.Person.pinyin),
            (Visit.name, Visit.phone, Visit.email, Visit.pinyin),
        ):
            for column in columns:
                borne |= set(s.execute(select(column).where(database.among(column, sorted(values)))).scalars())
    return values - borne, len(values & borne)


# ── reads ──


def reports(s: Session, by: Actor, *, limit: int = 50) -> list[PurgeReport]:
    """The proofs, newest first, for who answers for them."""
    if not by.has(*READERS, Role.SYSTEM):
        return []
    return list(s.execute(select(PurgeReport).order_by(col(PurgeReport.at).desc(), col(PurgeReport.id).desc()).limit(limit)).scalars())


def report(s: Session, report_id: UUID, by: Actor) -> PurgeReport | None:
    return s.get(PurgeReport, report_id) if by.has(*READERS, Role.SYSTEM) else None


# ── an older backup ──


def left_words(found: Iterable[str], language: str) -> list[str]:
    """Where something was left, as the office calls it: the register of a table, or the file. Each once; a table without a name of its own says its own."""
    words: list[str] = []
    for place in found:
        table, dot, column = place.partition(".")
        key = next(
            (key for key, tables in _REGISTERS.items() if table in tables or table.startswith(tuple(f"{one}_" for one in tables))), ""
        )
        is_file = not dot or "/" in place or column in ("db", "log", "db-wal", "db-shm")
        word = t("privacy.at.file", language, name=place) if is_file else t(f"privacy.at.{key}", language) if key else place
        if word not in words:
            words.append(word)
    return words


_REGISTERS = {
    "contacts": ("contact",), "messages": ("outside_message", "message"), "cases": ("liaison_case",), "certificates": ("certificate",),
    "receptions": ("reception",), "bookings": ("booking",), "people": ("person", "department"), "assets": ("asset",), "duties": ("duty",),
    "deliveries": ("delivery",), "lost": ("lost",), "roll_calls": ("roll_call",), "notices": ("notice",), "files": ("attachment",),
}  # fmt: skip


def kept_words(found: PurgeReport, language: str) -> list[str]:
    """What is kept and why, one sentence each."""
    return [t("privacy.kept", language, place=place, day=i18n.full_day(date.fromisoformat(day), language)) for place, day in found.kept]


def journal(path: Path) -> dict[UUID, datetime]:
    """The visits a journal names; lines that are none of ours are passed over."""
    found: dict[UUID, datetime] = {}
    if path.is_file():
        for line in path.read_text("ascii", "replace").splitlines():
            try:
                visit_id, moment = line.split()
                found[UUID(visit_id)] = datetime.fromisoformat(moment)
            except ValueError:
                continue
    return found


def after_restore(at: datetime, *journals: Path) -> int:
    """Forget again whom this office had forgotten since the backup was made, and whose keeping time is over. Answers how many; nothing is served before."""
    from core.sections.visits import keeping

    named: dict[UUID, datetime] = {}
    for path in journals:
        named |= journal(path)
    with database.reading() as s:
        query = select(col(Visit.id)).where(col(Visit.erased_at).is_(None))
        again = [id for id in s.execute(query.order_by(col(Visit.id))).scalars() if id in named]
    erased = keeping.erase_again(again, at)
    keeping.close_days(at)
    while count := keeping.erase_due(at):
        erased += count
    if erased:
        prove(at)
    return erased
