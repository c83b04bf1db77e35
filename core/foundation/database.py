"""One database, SQLite (WAL) or PostgreSQL, chosen by one setting (house.md §5).

Reads open short sessions; writes run inside `writing()`, which is `BEGIN IMMEDIATE` on SQLite. Parts declare what the tables alone can not say
(triggers, exclusion constraints) with `ddl(...)`, once for each database; `append_only(table)` makes UPDATE and DELETE fail in the database itself.
"""

from __future__ import annotations

import heapq
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar, cast
from uuid import UUID

from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    Dialect,
    Engine,
    String,
    Table,
    Uuid,
    any_,
    bindparam,
    create_engine,
    event,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import Session, SQLModel
from sqlmodel.sql.sqltypes import UTCDateTime

T = TypeVar("T")
SQLITE, POSTGRESQL = "sqlite", "postgresql"
PATIENCE_S = 30  # how long a transaction waits for another's lock


@dataclass(frozen=True, slots=True)
class Ddl:
    """Statements that belong to the schema beside the tables, for each database."""

    name: str
    sqlite: tuple[str, ...]
    postgresql: tuple[str, ...]


_ddl: dict[str, Ddl] = {}
_engine: Engine | None = None
_writer: Writer | None = None


# ── declaring ──


def ddl(name: str, *, sqlite: tuple[str, ...] = (), postgresql: tuple[str, ...] = ()) -> None:
    """Declare triggers or constraints beside a table definition; they are made after all tables, in order of name."""
    _ddl[name] = Ddl(name, sqlite, postgresql)


def append_only(table: str) -> None:
    """Rows of `table` can be added and read, never changed or deleted: the database itself raises `append_only:<table>`."""
    ddl(
        f"append_only_{table}",
        sqlite=tuple(
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON \"{table}\" BEGIN SELECT RAISE(ABORT, 'append_only:{table}'); END"
            for verb in ("UPDATE", "DELETE")
        ),
        postgresql=(
            f"CREATE OR REPLACE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION 'append_only:{table}' USING ERRCODE = 'integrity_constraint_violation'; END $$",
            f'CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "{table}" '
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()",
        ),
    )


def declared(dialect: str) -> list[str]:
    """Every declared statement for a database, in the order they are to run."""
    return [statement for name in sorted(_ddl) for statement in getattr(_ddl[name], dialect)]


def build_schema(connection: Connection) -> None:
    """Make every table and declared statement on an empty database (tests and the first migration's check)."""
    SQLModel.metadata.create_all(connection)
    for statement in declared(connection.dialect.name):
        connection.exec_driver_sql(statement)


# ── connecting ──


def make_engine(url: str) -> Engine:
    """An engine with our rules: WAL, foreign keys and explicit BEGIN on SQLite; UTC on PostgreSQL. Errors never name the values of a statement: they go
    into logs. What is deleted on a SQLite page is overwritten."""
    if not url.startswith("sqlite"):
        engine = create_engine(
            url,
            pool_size=10,
            max_overflow=10,
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={"options": f"-c timezone=UTC -c lock_timeout={PATIENCE_S * 1000:.0f}"},
        )
        return engine
    path = url.removeprefix("sqlite:///")
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url, pool_size=10, max_overflow=20, hide_parameters=True, connect_args={"check_same_thread": False, "timeout": PATIENCE_S}
    )

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "foreign_keys=ON",
            "synchronous=FULL",
            f"busy_timeout={PATIENCE_S * 1000:.0f}",
            "cache_size=-32000",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        # A deferred BEGIN that later writes fails as "locked" under contention; a writer takes the lock at once.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("foyer_write") else "BEGIN")

    return engine


def connect(url: str) -> Engine:
    """Use this database from now on (ends the former connection)."""
    global _engine, _writer
    disconnect()
    _engine = make_engine(url)
    _writer = Writer(threads=1 if _engine.dialect.name == SQLITE else 4)
    return _engine


def disconnect() -> None:
    global _engine, _writer
    if _writer is not None:
        _writer.close()
    if _engine is not None:
        _engine.dispose()
    _engine = _writer = None


def engine() -> Engine:
    if _engine is None:
        raise RuntimeError("no database is connected")
    return _engine


def dialect() -> str:
    """`sqlite` or `postgresql`."""
    return engine().dialect.name


def writer() -> Writer:
    if _writer is None:
        raise RuntimeError("no database is connected")
    return _writer


# ── sessions ──


@contextmanager
def reading() -> Iterator[Session]:
    """A short session that only reads."""
    with Session(engine(), expire_on_commit=False) as s:
        yield s


@contextmanager
def writing() -> Iterator[Session]:
    """A session in one write transaction: committed at the end, rolled back on an exception. Only `perform` and the platform's own
    bookkeeping (contacts of devices, the outbox's delivery state) use it."""
    with Session(engine().execution_options(foyer_write=True), expire_on_commit=False) as s, s.begin():
        yield s


def violated(error: DBAPIError) -> str:
    """The name of the constraint or trigger that refused: PostgreSQL names it, SQLite's message holds it."""
    diagnostics = getattr(error.orig, "diag", None)
    name = getattr(diagnostics, "constraint_name", None)
    return str(name or error.orig)


def hold(s: Session, ids: Iterable[UUID]) -> None:
    """One transaction at a time for each of these, until it ends: whoever comes later waits here, and then sees what the first one wrote.

    Two inserts that an exclusion constraint compares wait for each other crosswise on PostgreSQL, and the same again when the loser tries anew; a lock
    taken beforehand, in one order, is a queue. SQLite has one writer and needs none."""
    if dialect() == POSTGRESQL:
        connection = s.connection()
        for id in sorted(set(ids)):
            connection.execute(_HOLD, {"key": int.from_bytes(id.bytes[8:], signed=True)})


_HOLD = text("SELECT pg_advisory_xact_lock(:key)")


def clashed(error: BaseException) -> bool:
    """Whether two transactions stood in each other's way (PostgreSQL: deadlock, serialization) and this one, run again, finds its way free."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in ("40P01", "40001")


def is_busy(error: BaseException) -> bool:
    """Whether the database gave no lock within its patience, or no connection at all: nothing was written, later will do."""
    if not isinstance(error, OperationalError):
        return isinstance(error, PoolTimeout)
    state = getattr(error.orig, "sqlstate", None)
    return state == "55P03" or (state or "").startswith(("08", "57P")) or "database is locked" in str(error.orig)


def among(column: Any, values: Iterable[Any]) -> ColumnElement[bool]:
    """`column IN values` with one parameter, whatever their number: preparing a long list of parameters costs more than running the statement."""
    known = list(values)
    if dialect() == POSTGRESQL:
        return cast(ColumnElement[bool], column == any_(bindparam(None, known, type_=ARRAY(column.type))))
    texts = json.dumps([value.hex if isinstance(value, UUID) else value for value in known])
    return cast(
        ColumnElement[bool], column.in_(select(func.json_each(bindparam(None, texts, type_=String())).table_valued("value").c.value))
    )


def insert_rows(s: Session, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert many rows of the same columns as a set, with the values ready-made for the driver: what a batch costs is mostly preparing them.

    PostgreSQL gets one statement with an array a column; SQLite its own executemany, which needs no round trips."""
    if not rows:
        return
    names = tuple(rows[0])
    connection = s.connection()
    statement, processors = _insert_of(table, names, connection.dialect)
    columns = [_processed([row[name] for row in rows], processor) for name, processor in zip(names, processors, strict=True)]
    if connection.dialect.name == POSTGRESQL:
        connection.exec_driver_sql(statement, tuple(columns))
    else:
        connection.exec_driver_sql(statement, list(zip(*columns, strict=True)))


_inserts: dict[tuple[str, str, tuple[str, ...]], tuple[str, list[Callable[[Any], Any] | None]]] = {}


def _insert_of(table: Table, names: tuple[str, ...], dialect: Dialect) -> tuple[str, list[Callable[[Any], Any] | None]]:
    key = (dialect.name, table.name, names)
    if key not in _inserts:
        types = [table.c[name].type for name in names]
        listed = ", ".join(f'"{name}"' for name in names)
        if dialect.name == POSTGRESQL:
            arrays = ", ".join(f"%s::{kind.compile(dialect)}[]" for kind in types)
            statement = f'INSERT INTO "{table.name}" ({listed}) SELECT * FROM unnest({arrays})'  # noqa: S608 - names of our own tables
        else:
            statement = f'INSERT INTO "{table.name}" ({listed}) VALUES ({", ".join("?" for _ in names)})'  # noqa: S608
        as_text = [isinstance(kind, JSON) for kind in types]
        processors = [
            _json_text if text_wanted else _processor(table.c[name], dialect) for name, text_wanted in zip(names, as_text, strict=True)
        ]
        _inserts[key] = (statement, processors)
    return _inserts[key]


def _processor(column: Any, dialect: Dialect) -> Callable[[Any], Any] | None:
    processor: Callable[[Any], Any] | None = column.type.dialect_impl(dialect).bind_processor(dialect)
    if dialect.name == SQLITE and isinstance(column.type, Uuid):
        return _hex
    probe = datetime(2026, 11, 23, 1, 2, 3, 4, UTC)
    # SQLAlchemy goes through three functions for a moment; where its text is the plain one, it is written directly.
    if (
        dialect.name == SQLITE
        and isinstance(column.type, UTCDateTime)
        and processor is not None
        and processor(probe) == _moment_text(probe)
    ):
        return _moment_text
    return processor


def _moment_text(value: datetime | None) -> str | None:
    return None if value is None else value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


class JsonText(str):
    """A JSON value that is written already; `insert_rows` takes it as it is."""

    __slots__ = ()


def _json_text(value: Any) -> str | None:
    return value if value is None or type(value) is JsonText else "{}" if value == {} else _dumps(value)


def _hex(value: UUID | None) -> str | None:
    return None if value is None else value.hex


_dumps = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def _processed(values: list[Any], processor: Callable[[Any], Any] | None) -> list[Any]:
    if processor is None:
        return values
    first = values[0]
    if all(value is first for value in values):  # a batch names the same person, phone and moment row after row
        return [processor(first)] * len(values)
    return [processor(value) for value in values]


def ping() -> bool:
    """Whether the database answers."""
    with engine().connect() as connection:
        return connection.execute(text("SELECT 1")).scalar() == 1


# ── writer threads with two lanes ──

TAP, BATCH = 0, 1


@dataclass(order=True, slots=True)
class _Work:
    lane: int
    number: int
    run: Callable[[], None] = field(compare=False)


class Writer:
    """Runs writes on its own threads, taps before batch chunks: one thread for SQLite, where a second would only wait for the lock."""

    def __init__(self, threads: int) -> None:
        self._queue: list[_Work] = []
        self._ready = threading.Condition()
        self._numbers = itertools.count()
        self._closed = False
        self._last_tap = float("-inf")
        self._threads = [threading.Thread(target=self._work, name=f"foyer-writer-{i}", daemon=True) for i in range(threads)]
        for thread in self._threads:
            thread.start()

    def submit(self, function: Callable[[], T], lane: int = TAP) -> Future[T]:
        """Run `function` when its turn comes; the future carries its result or exception."""
        future: Future[T] = Future()

        def run() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(function())
            except BaseException as error:
                future.set_exception(error)

        with self._ready:
            if self._closed:
                raise RuntimeError("the writer is closed")
            if lane == TAP:
                self._last_tap = time.monotonic()
            heapq.heappush(self._queue, _Work(lane, next(self._numbers), run))
            self._ready.notify()
        return future

    def close(self) -> None:
        """Finish what is queued and end the threads."""
        with self._ready:
            self._closed = True
            self._ready.notify_all()
        for thread in self._threads:
            thread.join(timeout=30)

    def tap_waits(self) -> bool:
        """Whether a tap stands in the queue: who works on a batch ends its transaction."""
        with self._ready:
            return bool(self._queue) and self._queue[0].lane == TAP

    def people_tap(self) -> bool:
        """Whether anybody tapped within the last second."""
        return time.monotonic() - self._last_tap < 1

    def waiting(self) -> int:
        """How many writes wait."""
        return len(self._queue)

    def _work(self) -> None:
        while True:
            with self._ready:
                while not self._queue and not self._closed:
                    self._ready.wait()
                if not self._queue:
                    return
                work = heapq.heappop(self._queue)
            work.run()
