"""The audit trail (guide row X1): one line an operation, chained afterwards by one sealing job.

Writers never queue for the chain: they add `audit` rows, and a job appends `audit_seal(seq, audit_id, prev, hash)` for committed rows within a second and at
start. `verify` walks the chain and names the first altered, missing or reordered row; rows not sealed yet are the reported tail.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, Column, and_, func, insert, or_, select, text
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import database
from core.foundation.errors import Invalid
from core.foundation.i18n import LANGUAGES, t
from core.foundation.jobs import job
from core.mechanisms import people
from core.mechanisms.devices import Device
from core.mechanisms.operations import Actor, AuditRow, Role, kinds
from core.mechanisms.people import Person
from core.mechanisms.views import Collection, ExportColumn, Page, Query

GENESIS = "0" * 64
SEAL_AT_ONCE = 5_000


class AuditSeal(SQLModel, table=True):
    """The chain: `hash` covers the row and the hash before it."""

    __tablename__: ClassVar[str] = "audit_seal"
    seq: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    audit_id: UUID = Field(unique=True)
    prev: str
    hash: str


database.append_only("audit_seal")
_audits: Any = AuditRow.__table__  # type: ignore[attr-defined]
_seals: Any = AuditSeal.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `audit verify` says: how far the chain holds, and the first row that does not (`problem`: altered, missing, reordered, broken)."""

    sealed: int
    unsealed: int
    head: str
    problem: str | None = None
    seq: int | None = None
    audit_id: UUID | None = None

    @property
    def ok(self) -> bool:
        return self.problem is None


@job(every_s=1)
def seal(at: datetime) -> int:
    """Chain the committed rows that are not chained yet, oldest first. Returns how many."""
    with database.reading() as s:  # a quiet office takes no writer's turn each second
        if not _unsealed(s, 1):
            return 0
    sealed = 0
    while True:
        with database.writing() as s:
            if s.get_bind().dialect.name == database.POSTGRESQL:
                s.execute(text("SELECT pg_advisory_xact_lock(7316549)"))  # several processes, one chain
            last = s.execute(select(_seals.c.seq, _seals.c.hash).order_by(_seals.c.seq.desc()).limit(1)).first()
            seq, prev = (last.seq, last.hash) if last else (0, GENESIS)
            rows = _unsealed(s, SEAL_AT_ONCE)
            seals = []
            for row in rows:
                seq += 1
                digest = _hash(prev, row)
                seals.append({"seq": seq, "audit_id": row.id, "prev": prev, "hash": digest})
                prev = digest
            if seals:
                s.execute(insert(_seals), seals)
        sealed += len(seals)
        if len(seals) < SEAL_AT_ONCE:
            return sealed


def verify(s: Session) -> Verdict:
    """Walk the whole chain."""
    prev, expected, head = GENESIS, 1, GENESIS
    joined = select(_seals, _audits).select_from(_seals.outerjoin(_audits, _audits.c.id == _seals.c.audit_id)).order_by(_seals.c.seq)
    unsealed = _count_unsealed(s)
    columns = [column.name for column in _audits.c]
    for row in s.execute(joined.execution_options(yield_per=2_000)):
        seq, audit_id, row_prev, row_hash = row[0], row[1], row[2], row[3]
        audit = dict(zip(columns, row[4:], strict=True))
        problem = None
        if seq != expected or row_prev != prev:
            problem = "reordered" if seq == expected else "missing"
        elif audit["id"] is None:
            problem = "missing"
        elif _hash_values(prev, audit) != row_hash:
            problem = "altered"
        if problem:
            return Verdict(expected - 1, unsealed, head, problem, seq, audit_id)
        prev = head = row_hash
        expected += 1
    return Verdict(expected - 1, unsealed, head)


def verify_tail(s: Session) -> int:
    """How many rows are not chained yet."""
    return _count_unsealed(s)


def _unsealed(s: Session, limit: int) -> Sequence[Any]:
    # Ids grow with the machine's time (not with `at`, which a moved clock or a late phone may set back); a writer that committed late may lie before
    # the newest seal, so the look back covers an hour of them.
    newest = s.execute(select(_seals.c.audit_id).order_by(_seals.c.seq.desc()).limit(1)).scalar()
    missing = _seals.c.audit_id.is_(None)
    base = select(_audits).select_from(_audits.outerjoin(_seals, _seals.c.audit_id == _audits.c.id))
    where = missing if newest is None else and_(missing, _audits.c.id >= _an_hour_before(newest))
    return s.execute(base.where(where).order_by(_audits.c.id).limit(limit)).all()


def _an_hour_before(id: UUID) -> UUID:
    """The smallest id that could have been made up to an hour before this one."""
    return UUID(int=max(0, (id.int >> 80) - 3_600_000) << 80)


def _count_unsealed(s: Session) -> int:
    joined = _audits.outerjoin(_seals, _seals.c.audit_id == _audits.c.id)
    return int(s.execute(select(func.count()).select_from(joined).where(_seals.c.audit_id.is_(None))).scalar_one())


def _hash(prev: str, row: Any) -> str:
    return _hash_values(prev, dict(row._mapping))


def _hash_values(prev: str, values: dict[str, Any]) -> str:
    body = {name: _plain(value) for name, value in values.items()}
    return hashlib.sha256((prev + json.dumps(body, sort_keys=True, ensure_ascii=True, separators=(",", ":"))).encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return aware.astimezone(UTC).isoformat(timespec="microseconds")
    return str(value) if isinstance(value, UUID) else value


# ── what programs and registers read ──


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One line of the trail with the names of who acted."""

    id: UUID
    at: datetime
    kind: str
    who: str
    device: str
    subject_kind: str | None
    subject_id: str | None
    outcome: str
    code: str | None
    op_id: UUID | None = None
    version: int = 1


def _list(s: Session, query: Query, by: Actor) -> Page:
    select_lines = select(AuditRow).order_by(col(AuditRow.id).desc()).limit(query.limit + 1)
    if query.cursor:
        try:
            select_lines = select_lines.where(col(AuditRow.id) < UUID(query.cursor))
        except ValueError:
            raise Invalid("query.filter") from None
    if query.filters.get("kind"):
        kind = query.filters["kind"]
        select_lines = select_lines.where(or_(col(AuditRow.kind) == kind, col(AuditRow.kind).startswith(kind + ".", autoescape=True)))
    if query.filters.get("subject_id"):
        select_lines = select_lines.where(col(AuditRow.subject_id) == query.filters["subject_id"])
    if query.filters.get("outcome"):
        done = col(AuditRow.outcome) == "accepted"
        select_lines = select_lines.where(done if query.filters["outcome"] == "accepted" else ~done)
    if query.q:
        select_lines = select_lines.where(_holds(query.q))
    rows = list(s.execute(select_lines).scalars())
    page = rows[: query.limit]
    return Page(lines(s, page), str(page[-1].id) if len(rows) > query.limit else None)


def _holds(words: str) -> Any:
    """What was done, in anybody's words or by its technical name, or who did it."""
    called = [kind for kind in kinds() if any(words.casefold() in t(f"audit.kind.{kind}", language).casefold() for language in LANGUAGES)]
    return or_(
        col(AuditRow.kind).contains(words, autoescape=True), col(AuditRow.kind).in_(called),
        col(AuditRow.person_id).in_(select(Person.id).where(col(Person.name).contains(words, autoescape=True))),
        col(AuditRow.device_id).in_(select(Device.id).where(col(Device.name).contains(words, autoescape=True))),
    )  # fmt: skip


def _one(s: Session, id: str, by: Actor) -> AuditLine | None:
    try:
        row = s.get(AuditRow, UUID(id))
    except ValueError:
        return None
    return lines(s, [row])[0] if row else None


def lines(s: Session, rows: Sequence[AuditRow]) -> list[AuditLine]:
    """Audit rows with the names of people and devices, in two statements."""
    whose = _signed_in(s, rows)
    people_ids = {row.person_id for row in rows if row.person_id} | set(whose.values())
    device_ids = {row.device_id for row in rows if row.device_id}
    names = {row.id: row.name for row in s.execute(select(Person.id, Person.name).where(col(Person.id).in_(people_ids)))}
    device_names = {row.id: row.name for row in s.execute(select(Device.id, Device.name).where(col(Device.id).in_(device_ids)))}
    return [
        AuditLine(
            r.id, r.at, r.kind, names.get(whose.get(r.id) or r.person_id, ""), device_names.get(r.device_id, "") if r.device_id else "",
            r.subject_kind, r.subject_id, r.outcome, r.code, r.op_id,
        )
        for r in rows
    ]  # fmt: skip


def _signed_in(s: Session, rows: Sequence[AuditRow]) -> dict[UUID, UUID]:
    """Who signed in: at that moment nobody was there yet to be the actor, so the session says whose it is."""
    ids = {row.id: row.subject_id for row in rows if row.person_id is None and row.subject_kind == "session" and row.subject_id}
    owners = people.session_owners(s, {UUID(id) for id in ids.values()})
    return {row_id: owners[UUID(id)] for row_id, id in ids.items() if UUID(id) in owners}


COLLECTION = Collection(
    "audit", frozenset({Role.ADMIN, Role.LEADER}), _list, _one,
    (
        ExportColumn("at", "audit.at"), ExportColumn("who", "audit.who"), ExportColumn("device", "audit.device"), ExportColumn("kind", "audit.kind"),
        ExportColumn("subject_kind", "audit.subject"), ExportColumn("outcome", "audit.outcome"), ExportColumn("code", "audit.code"),
        ExportColumn("kind", "audit.kind_name"),
    ),
    ("kind", "subject_id", "outcome"),
)  # fmt: skip
