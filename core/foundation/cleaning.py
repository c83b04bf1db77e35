"""Nothing is left of what was erased: the database gives freed space back, and a search proves it (ASVS 14.2.7; issue 5, Privacy).

A deleted or changed row stays readable in free pages and in the write-ahead log until they are overwritten. SQLite: the file is rewritten (VACUUM) and the
log emptied (checkpoint TRUNCATE). PostgreSQL: the tables that forgot something are rewritten (VACUUM FULL); its own log and its server's files are the
server's business and not searched. Values that are looked for exist in memory only and appear in no log.
"""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from sqlalchemy import LargeBinary, String, Text, cast, select
from sqlmodel import SQLModel

from core.foundation import database

log = logging.getLogger("foyer.cleaning")
PIECE = 1024 * 1024
_SQLITE_FILES = (
    ".db",
    ".db-wal",
    ".db-shm",
    ".db-journal",
    ".sqlite",
    ".sqlite-wal",
    ".sqlite-shm",
    ".sqlite3",
    ".sqlite3-wal",
    ".sqlite3-shm",
)
_COPY = "import shutil, sys; shutil.copyfileobj(open(sys.argv[1], 'rb'), sys.stdout.buffer)"
NEVER_TEXT = ("secret.key", "tls")  # keys: no place for a name, and read by nobody but their owner


@dataclass(frozen=True, slots=True)
class Searched:
    """What was looked through, and where something was found: places such as `notice` or `attachments/ab/cd…`, never what."""

    columns: int
    files: int
    bytes: int
    found: tuple[str, ...]
    archives: int = 0


def give_back(tables: Iterable[str]) -> bool:
    """Rewrite what held erased rows. False when the database could not be rewritten now (no space, somebody reads for long): try again later."""
    raw = database.engine().raw_connection()
    try:
        if database.dialect() == database.SQLITE:
            cursor = raw.cursor()
            cursor.execute("PRAGMA temp_store=MEMORY")  # no copy of the office in the machine's temporary folder
            cursor.execute("VACUUM")
            for _attempt in range(3):
                busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
                if not busy:
                    return True
                time.sleep(0.2)
            return False
        connection: Any = raw.driver_connection
        before, connection.autocommit = connection.autocommit, True
        try:
            known = SQLModel.metadata.tables.keys()
            for table in sorted(set(tables) & set(known)):
                connection.execute(f'VACUUM (FULL, ANALYZE) "{table}"')
        finally:
            connection.autocommit = before
        return True
    except Exception as error:  # whatever the driver calls it: the rows are erased, only the space is not given back yet
        log.warning("erased space was not given back: %s", type(error).__name__)
        return False
    finally:
        raw.close()


def file_size() -> int:
    """How large the SQLite file is, in bytes; 0 for PostgreSQL, which rewrites only what it must."""
    path = database.engine().url.database
    return Path(path).stat().st_size if database.dialect() == database.SQLITE and path and Path(path).exists() else 0


# ── looking ──


class Needles:
    """Values to look for, in every form they may be written: as text, as JSON escapes, in UTF-16. A Latin word counts only as a whole word."""

    def __init__(self, values: Iterable[str]) -> None:
        self.values = sorted({value for value in values if _worth(value)})
        forms = {form for value in self.values for form in (value, json.dumps(value)[1:-1], json.dumps(json.dumps(value)[1:-1])[1:-1])}
        self._text = re.compile("|".join(_whole(form) for form in sorted(forms, key=len, reverse=True))) if forms else None
        encoded = {form.encode() for form in forms} | {value.encode(code) for value in self.values for code in ("utf-16-le", "utf-16-be")}
        self._bytes = sorted(encoded, key=len, reverse=True)

    def __len__(self) -> int:
        return len(self.values)

    def in_text(self, text: str) -> bool:
        return self._text is not None and self._text.search(text) is not None

    def in_bytes(self, data: bytes) -> bool:
        return any(self._stands(needle, data) for needle in self._bytes)

    @property
    def longest(self) -> int:
        return max((len(needle) for needle in self._bytes), default=1)

    @staticmethod
    def _stands(needle: bytes, data: bytes) -> bool:
        start = data.find(needle)
        letters = needle.isalnum() and needle.isascii()
        while start >= 0:
            around = data[max(0, start - 1) : start] + data[start + len(needle) : start + len(needle) + 1]
            if not letters or not any(chr(byte).isalnum() and byte < 128 for byte in around):
                return True
            start = data.find(needle, start + 1)
        return False


def search(values: Iterable[str], folder: Path | None) -> Searched:
    """Look for `values` in every text of the database and, byte by byte, in every file of the data folder (the SQLite file, its log, attachments …)."""
    needles = Needles(values)
    if not len(needles):
        return Searched(0, 0, 0, ())
    columns, in_tables = _search_tables(needles)
    files = read = archives = 0
    found: list[str] = list(in_tables)
    for path, name in _files(folder):
        if path.suffix == ".zip" or path.suffix == ".foyer":
            archives += 1  # a backup: packed, and dealt with when it is restored
            continue
        files += 1
        hit, size = _search_file(path, needles)
        read += size
        if hit:
            found.append(name)
    return Searched(columns, files, read, tuple(found), archives)


def _search_tables(needles: Needles) -> tuple[int, list[str]]:
    columns, found = 0, []
    for table in SQLModel.metadata.sorted_tables:
        texts = [column for column in table.columns if _is_text(column)]
        if not texts:
            continue
        columns += len(texts)
        query = select(*(cast(column, Text) for column in texts)).execution_options(yield_per=2_000)
        with database.reading() as s:
            for row in s.execute(query):
                for column, text in zip(texts, row, strict=True):
                    if text and needles.in_text(text):
                        found.append(f"{table.name}.{column.name}")
    return columns, sorted(set(found))


def _is_text(column: Any) -> bool:
    if isinstance(column.type, LargeBinary):
        return False
    return isinstance(column.type, String) or type(column.type).__name__ in ("AutoString", "JSON", "JSONB")


def _files(folder: Path | None) -> Iterator[tuple[Path, str]]:
    places = [folder] if folder is not None else []
    for place in places:
        for path in sorted(place.rglob("*")):
            name = path.relative_to(place)
            if path.is_file() and not path.is_symlink() and name.parts[0] not in NEVER_TEXT:
                yield path, name.as_posix()
    if database.dialect() == database.SQLITE and database.engine().url.database:
        file = Path(database.engine().url.database or "")
        if folder is None or folder.resolve() not in file.resolve().parents:
            for path in (file, file.with_name(file.name + "-wal")):
                if path.is_file():
                    yield path, path.name


def _search_file(path: Path, needles: Needles) -> tuple[bool, int]:
    size, tail = 0, b""
    try:
        with _reading(path) as file:
            while piece := file.read(PIECE):
                size += len(piece)
                if needles.in_bytes(tail + piece):
                    return True, size
                tail = piece[-needles.longest - 1 :]
    except OSError:  # gone while we looked: there is nothing left in it
        return False, size
    return False, size


@contextmanager
def _reading(path: Path) -> Iterator[IO[bytes]]:
    """The bytes of a file. SQLite's own files are read by a process of their own: on POSIX closing any handle of a file gives up all locks this process
    has on it, SQLite's too, and the next program that looks into the database would take the write-ahead log away under a running server
    (sqlite.org/howtocorrupt.html, 2.2)."""
    if not path.name.endswith(_SQLITE_FILES) and not _is_the_database(path):
        with path.open("rb") as file:
            yield file
        return
    with subprocess.Popen([sys.executable, "-I", "-c", _COPY, str(path)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as child:  # noqa: S603 - our own line
        assert child.stdout is not None
        try:
            yield child.stdout
        finally:
            child.kill()  # a hit needs the rest no more


def _is_the_database(path: Path) -> bool:
    """Whatever the office calls its file."""
    name = Path(database.engine().url.database or "").name if database.dialect() == database.SQLITE else ""
    return bool(name) and path.name.startswith(name)


def _worth(value: str) -> bool:
    """Whether a value is telling enough to be looked for: two Chinese signs, six letters, seven digits."""
    if any(ord(sign) > 0x2E7F for sign in value):
        return len(value) >= 2
    return len(value) >= (7 if value.isdigit() else 6)


def _whole(form: str) -> str:
    return rf"(?<![0-9A-Za-z]){re.escape(form)}(?![0-9A-Za-z])" if form.isascii() and form.isalnum() else re.escape(form)
