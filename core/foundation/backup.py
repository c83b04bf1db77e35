"""One file that holds the whole office, and the way back (`main.py backup FILE`, `main.py restore FILE`).

The file is a ZIP: `database.sqlite3` (SQLite's online backup) or `database.pgdump` (pg_dump's custom format, of one snapshot), the
attachments, the secret key and the https authority, and last `manifest.json` with the SHA-256 and size of every part, the number of rows
of every table and the head of the audit chain. The server may go on working while it is made: the database is copied first, attachments
are only ever added, so everything the copy refers to is there.
Because of the secret key the file is as confidential as the office itself: it is made readable for its owner only. `.env` is not in it.
Restoring goes into an empty place only; everything is verified before the first byte is written and counted afterwards.
Source: security.md (backup and restore drill); issue 2 §5 (a full disk leaves no half file).
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any
from urllib.parse import parse_qs

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

from core.foundation.errors import SetupError
from core.foundation.settings import Settings

FORMAT = 1
MANIFEST = "manifest.json"
SQLITE_PART, POSTGRESQL_PART = "database.sqlite3", "database.pgdump"
FOLDERS = ("attachments", "tls")
SECRET = "secret.key"  # noqa: S105 - the name of the file
PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Part:
    """One file in the backup. `size` in bytes."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the backup holds. `counts` are rows by table; `audit_head` is the hash of the last sealed audit row, if any."""

    format: int
    made_at: str
    version: str
    database: str
    counts: dict[str, int]
    audit_head: str | None
    parts: tuple[Part, ...]


class BackupError(SetupError):
    """The backup or the restore can not be done; the text is for the person at the terminal."""


# ── making one ──


def backup(target: Path, settings: Settings, at: datetime, *, version: str = "") -> Manifest:
    """Write everything to `target`: whole or not at all. Refuses to replace an existing file. Raises BackupError."""
    if target.exists():
        raise BackupError(f"{target} is already there; a backup never replaces another.")
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    try:
        with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as packed:
                manifest = _pack(packed, target.parent, settings, at, version)
            file.flush()
            os.fsync(file.fileno())
        part.rename(target)
    except OSError as error:
        raise BackupError(f"The backup was not made: {error.strerror or error}.") from error
    finally:
        part.unlink(missing_ok=True)
    return manifest


def _pack(packed: zipfile.ZipFile, beside: Path, settings: Settings, at: datetime, version: str) -> Manifest:
    url = make_url(settings.database_url)
    database, counts, head, parts = _pack_sqlite(packed, beside, url) if _is_sqlite(url) else _pack_postgresql(packed, url)
    for folder in FOLDERS:
        for path in sorted((settings.data_dir / folder).rglob("*")):
            if path.is_file() and not path.is_symlink() and not path.name.endswith(".part"):
                parts.append(_add(packed, path.relative_to(settings.data_dir).as_posix(), path))
    if settings.secret_file.is_file():
        parts.append(_add(packed, SECRET, settings.secret_file))
    manifest = Manifest(FORMAT, at.astimezone(UTC).isoformat(), version, database, counts, head, tuple(parts))
    packed.writestr(MANIFEST, json.dumps(asdict(manifest), ensure_ascii=False, indent=1))
    return manifest


def _add(packed: zipfile.ZipFile, name: str, path: Path) -> Part:
    with path.open("rb") as source:
        return _store(packed, name, source)


def _store(packed: zipfile.ZipFile, name: str, source: IO[bytes]) -> Part:
    digest, size = hashlib.sha256(), 0
    with packed.open(name, "w", force_zip64=True) as into:
        while piece := source.read(PIECE):
            digest.update(piece)
            size += len(piece)
            into.write(piece)
    return Part(name, digest.hexdigest(), size)


def _is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def _pack_sqlite(packed: zipfile.ZipFile, beside: Path, url: URL) -> tuple[str, dict[str, int], str | None, list[Part]]:
    source = Path(url.database or "")
    if not source.is_file():
        raise BackupError(f"There is no database at {source}.")
    with tempfile.TemporaryDirectory(prefix=".foyer-", dir=beside) as folder:
        copy = Path(folder) / SQLITE_PART
        with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(copy)) as still:
            try:
                live.backup(still)
            except sqlite3.Error as error:
                raise BackupError(f"The database could not be copied: {error}.") from error
            still.execute("PRAGMA journal_mode=DELETE")
            counts, head = _sqlite_counts(still)
        return "sqlite", counts, head, [_add(packed, SQLITE_PART, copy)]


def _sqlite_counts(connection: sqlite3.Connection) -> tuple[dict[str, int], str | None]:
    names = [
        row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
    ]
    counts = {name: int(connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]) for name in names}  # noqa: S608 - names from the schema itself
    head = connection.execute("SELECT hash FROM audit_seal ORDER BY seq DESC LIMIT 1").fetchone() if "audit_seal" in counts else None
    return counts, str(head[0]) if head else None


def _pack_postgresql(packed: zipfile.ZipFile, url: URL) -> tuple[str, dict[str, int], str | None, list[Part]]:
    with _postgresql(url) as connection:
        connection.execute("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        snapshot = str(_one(connection, "SELECT pg_export_snapshot()"))
        schema = str(_one(connection, "SELECT current_schema()"))
        counts, head = _postgresql_counts(connection)
        command = [_program("pg_dump"), "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"]
        if schema != "public":  # one office among many (house.md §6); the extensions it uses belong to the whole database
            command.append(f"--schema={schema}")
        with subprocess.Popen([*command, _dsn(url)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=_environment(url)) as running:  # noqa: S603 - a fixed program, no shell
            assert running.stdout is not None and running.stderr is not None
            stored = _store(packed, POSTGRESQL_PART, running.stdout)
            said = running.stderr.read().decode("utf-8", "replace")
        if running.returncode:
            raise BackupError(f"pg_dump did not finish: {said.strip()[:500]}")
    return "postgresql", counts, head, [stored]


def _postgresql_counts(connection: psycopg.Connection[Any]) -> tuple[dict[str, int], str | None]:
    rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename").fetchall()
    counts = {name: int(_one(connection, sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name)))) for (name,) in rows}
    head = _one(connection, "SELECT hash FROM audit_seal ORDER BY seq DESC LIMIT 1") if "audit_seal" in counts else None
    return counts, str(head) if head is not None else None


# ── the way back ──


def read_manifest(source: Path) -> Manifest:
    """What a backup says it holds. Raises BackupError when it is not one of ours."""
    with _opened(source) as packed:
        return _manifest(packed)


def verify(source: Path) -> Manifest:
    """Read every byte of a backup and compare it with the manifest. Raises BackupError that names the first bad part."""
    with _opened(source) as packed:
        manifest = _manifest(packed)
        expected = {part.name for part in manifest.parts} | {MANIFEST}
        odd = expected.symmetric_difference(packed.namelist())
        if odd or len(packed.namelist()) != len(expected):
            raise BackupError(f"The backup's list and its content differ: {', '.join(sorted(odd)[:3]) or 'a part is there twice'}.")
        for part in manifest.parts:
            if not _may_hold(part.name):
                raise BackupError(f"The backup holds {part.name!r}, which does not belong into one.")
            digest, size = hashlib.sha256(), 0
            with packed.open(part.name) as stream:
                while piece := stream.read(PIECE):
                    digest.update(piece)
                    size += len(piece)
            if (digest.hexdigest(), size) != (part.sha256, part.size):
                raise BackupError(f"{part.name} in the backup is damaged: its content is not what was written.")
    return manifest


def restore(source: Path, settings: Settings) -> Manifest:
    """Bring a backup back into an empty place, then compare row counts and the audit chain's head with the manifest.

    Raises BackupError: the place is not empty, the backup is damaged, it is of the other database, the result differs."""
    manifest = verify(source)
    url = make_url(settings.database_url)
    if manifest.database != ("sqlite" if _is_sqlite(url) else "postgresql"):
        raise BackupError(f"The backup holds a {manifest.database} database; FOYER_DATABASE_URL names another kind.")
    _refuse_used_place(settings, url)
    written: list[Path] = []
    try:
        with _opened(source) as packed:
            for part in manifest.parts:
                target = _target(part.name, settings)
                if target is not None:
                    _extract(packed, part.name, target)
                    written.append(target)
            counts, head = _restore_sqlite(packed, url, written) if _is_sqlite(url) else _restore_postgresql(packed, url)
    except OSError as error:
        _undo(written)
        raise BackupError(f"The restore was not finished: {error.strerror or error}. What it wrote was removed.") from error
    except BackupError:
        _undo(written)
        raise
    _compare(manifest, counts, head)
    return manifest


def _compare(manifest: Manifest, counts: dict[str, int], head: str | None) -> None:
    differing = sorted(name for name in manifest.counts.keys() | counts.keys() if manifest.counts.get(name) != counts.get(name))
    if differing:
        raise BackupError(f"The restored database differs from the backup's count of rows in: {', '.join(differing)}.")
    if head != manifest.audit_head:
        raise BackupError("The restored audit chain does not end where the backup says.")


def _undo(written: list[Path]) -> None:
    for path in written:
        path.unlink(missing_ok=True)


def _refuse_used_place(settings: Settings, url: URL) -> None:
    for folder in FOLDERS:
        path = settings.data_dir / folder
        if any(found.is_file() for found in path.rglob("*")):
            raise BackupError(f"{path} is not empty. Restore into an empty place.")
    if settings.secret_file.exists():
        raise BackupError(f"{settings.secret_file} is already there. Restore into an empty place.")
    if _is_sqlite(url):
        for name in (url.database or "", f"{url.database}-wal"):
            if Path(name).exists() and Path(name).stat().st_size:
                raise BackupError(f"{name} is already there. Restore into an empty place.")
    else:
        with _postgresql(url) as connection:
            if _one(connection, "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()"):
                raise BackupError("The database already holds tables. Restore into an empty one.")


def _may_hold(name: str) -> bool:
    path = PurePosixPath(name)
    safe = not path.is_absolute() and ".." not in path.parts and "\\" not in name and ":" not in name
    return safe and (name in (SQLITE_PART, POSTGRESQL_PART, SECRET) or (path.parts[0] in FOLDERS and len(path.parts) > 1))


def _target(name: str, settings: Settings) -> Path | None:
    if name in (SQLITE_PART, POSTGRESQL_PART):
        return None
    return settings.secret_file if name == SECRET else settings.data_dir.joinpath(*PurePosixPath(name).parts)


def _extract(packed: zipfile.ZipFile, name: str, target: Path) -> None:
    private = name == SECRET or name.startswith("tls/")
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700 if private else 0o777)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o644)
    try:
        with os.fdopen(descriptor, "wb") as into, packed.open(name) as stream:
            shutil.copyfileobj(stream, into, PIECE)
            into.flush()
            os.fsync(into.fileno())
    except OSError:
        target.unlink()
        raise


def _restore_sqlite(packed: zipfile.ZipFile, url: URL, written: list[Path]) -> tuple[dict[str, int], str | None]:
    target = Path(url.database or "")
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    _extract(packed, SQLITE_PART, part)
    written += [part, target]
    with closing(sqlite3.connect(part)) as connection:
        if connection.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
            raise BackupError("The database in the backup is damaged.")
        found = _sqlite_counts(connection)
    part.replace(target)
    return found


def _restore_postgresql(packed: zipfile.ZipFile, url: URL) -> tuple[dict[str, int], str | None]:
    with _postgresql(url) as connection:
        schema = str(_one(connection, "SELECT current_schema()"))
        if schema != "public":  # the dump makes its own schema; an empty one would be in the way
            connection.execute(sql.SQL("DROP SCHEMA {}").format(sql.Identifier(schema)))
    command = [_program("pg_restore"), "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"]
    with tempfile.TemporaryFile() as dump:
        with packed.open(POSTGRESQL_PART) as stream:
            shutil.copyfileobj(stream, dump, PIECE)
        dump.seek(0)
        done = subprocess.run([*command, f"--dbname={_dsn(url)}"], stdin=dump, capture_output=True, env=_environment(url), check=False)  # noqa: S603 - a fixed program, no shell
    if done.returncode:
        raise BackupError(f"pg_restore did not finish: {done.stderr.decode('utf-8', 'replace').strip()[:500]}")
    with _postgresql(url) as connection:
        return _postgresql_counts(connection)


# ── PostgreSQL's programs ──


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise BackupError(f"{name} is not installed; it comes with PostgreSQL's client programs.")
    return found


def _dsn(url: URL) -> str:
    """The address without the password, which other users could read in the list of processes."""
    plain = url.set(drivername="postgresql").difference_update_query(["options"])._replace(password=None)
    return plain.render_as_string(hide_password=False)


def _environment(url: URL) -> dict[str, str]:
    options = parse_qs(url.render_as_string().partition("?")[2]).get("options")
    given = {"PGPASSWORD": url.password or "", "PGOPTIONS": options[0] if options else ""}
    return {**os.environ, **{name: value for name, value in given.items() if value}}


@contextmanager
def _postgresql(url: URL) -> Iterator[psycopg.Connection[Any]]:
    try:
        with psycopg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False), autocommit=True) as connection:
            yield connection
    except psycopg.Error as error:
        raise BackupError(f"The database did not answer as it should: {str(error).strip()[:300]}") from error


def _one(connection: psycopg.Connection[Any], query: Any) -> Any:
    row = connection.execute(query).fetchone()
    return row[0] if row else None


@contextmanager
def _opened(source: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(source) as packed:
            yield packed
    except (zipfile.BadZipFile, EOFError, zipfile.zlib.error) as error:  # type: ignore[attr-defined]  # zlib as the module itself uses it
        raise BackupError(f"{source.name} is not a whole backup file: {error}.") from error
    except FileNotFoundError as error:
        if error.filename == str(source):
            raise BackupError(f"There is no file {source}.") from error
        raise


def _manifest(packed: zipfile.ZipFile) -> Manifest:
    if MANIFEST not in packed.namelist() or packed.getinfo(MANIFEST).file_size > 256 * PIECE:
        raise BackupError("The file holds no list of its parts: it is not a backup of Foyer, or its making was cut short.")
    try:
        told = json.loads(packed.read(MANIFEST))
        parts = tuple(Part(str(part["name"]), str(part["sha256"]), int(part["size"])) for part in told["parts"])
        manifest = Manifest(
            int(told["format"]), str(told["made_at"]), str(told["version"]), str(told["database"]),
            {str(name): int(count) for name, count in told["counts"].items()}, told["audit_head"], parts,
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupError("The list of the backup's parts can not be read.") from error
    if manifest.format != FORMAT:
        raise BackupError(f"The backup is of format {manifest.format}; this version of Foyer reads format {FORMAT}.")
    return manifest
