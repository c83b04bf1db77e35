"""The restore drill: what was saved comes back whole, into an empty place only, and a failure leaves nothing half done."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
import stat
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError

from core.foundation import backup, database
from core.foundation.backup import BackupError
from core.foundation.settings import Settings
from core.mechanisms import places
from tests import postgres
from tests.cast import Office

MON_9AM = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


def place(folder: Path) -> Settings:
    return Settings(data_dir=folder, database_url=f"sqlite:///{folder}/foyer.db", secret_file=folder / "secret.key")


@pytest.fixture
def small(tmp_path: Path) -> Settings:
    """A place with two assets, a sealed audit chain, one photo, a key and an authority."""
    settings = place(tmp_path / "office")
    (settings.data_dir / "attachments" / "ab").mkdir(parents=True)
    (settings.data_dir / "attachments" / "ab" / "abcd").write_bytes(b"a photo" * 1000)
    (settings.data_dir / "attachments" / "ab" / "half.part").write_bytes(b"an upload under way")
    (settings.data_dir / "tls").mkdir()
    (settings.data_dir / "tls" / "authority.pem").write_text("authority")
    settings.secret()
    with closing(sqlite3.connect(settings.data_dir / "foyer.db")) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE asset (id INTEGER PRIMARY KEY, name TEXT)")
        connection.execute("CREATE TABLE audit_seal (seq INTEGER PRIMARY KEY, audit_id TEXT, prev TEXT, hash TEXT)")
        connection.execute("INSERT INTO asset (name) VALUES ('打印机'), ('椅子')")
        connection.execute("INSERT INTO audit_seal VALUES (1, 'a', '', 'h1'), (2, 'b', 'h1', 'h2')")
        connection.commit()
    return settings


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def names(settings: Settings) -> list[str]:
    with closing(sqlite3.connect(settings.data_dir / "foyer.db")) as connection:
        return [row[0] for row in connection.execute("SELECT name FROM asset ORDER BY id")]


def repacked(source: Path, target: Path, **changed: bytes | None) -> Path:
    """A copy of a backup with parts replaced, added, or (None) left out."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        parts = {name: old.read(name) for name in old.namelist()} | {name.replace("__", "/"): part for name, part in changed.items()}
        for name, part in parts.items():
            if part is not None:
                new.writestr(name, part)
    return target


def test_what_was_saved_comes_back_whole(small: Settings, tmp_path: Path) -> None:
    made = backup.backup(tmp_path / "foyer.backup", small, MON_9AM, version="0.1.0")
    new = place(tmp_path / "new")
    assert backup.restore(tmp_path / "foyer.backup", new) == made
    assert names(new) == ["打印机", "椅子"]
    assert new.secret() == small.secret()
    assert contents(new.data_dir / "attachments") == {"ab/abcd": b"a photo" * 1000}
    assert (new.data_dir / "tls" / "authority.pem").read_text() == "authority"
    assert made.counts == {"asset": 2, "audit_seal": 2} and made.audit_head == "h2"
    assert made.made_at == "2026-11-23T01:00:00+00:00"


def test_a_backup_is_for_its_owner_only(small: Settings, tmp_path: Path) -> None:
    backup.backup(tmp_path / "foyer.backup", small, MON_9AM)
    assert stat.S_IMODE((tmp_path / "foyer.backup").stat().st_mode) == 0o600
    backup.restore(tmp_path / "foyer.backup", place(tmp_path / "new"))
    assert stat.S_IMODE((tmp_path / "new" / "secret.key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "new" / "tls" / "authority.pem").stat().st_mode) == 0o600


def test_a_backup_is_made_while_somebody_works(small: Settings, tmp_path: Path) -> None:
    with closing(sqlite3.connect(small.data_dir / "foyer.db", isolation_level=None)) as busy:
        busy.execute("BEGIN IMMEDIATE")
        busy.execute("INSERT INTO asset (name) VALUES ('still being typed')")
        made = backup.backup(tmp_path / "foyer.backup", small, MON_9AM)
        busy.execute("COMMIT")
    assert made.counts["asset"] == 2
    backup.restore(tmp_path / "foyer.backup", place(tmp_path / "new"))
    assert names(place(tmp_path / "new")) == ["打印机", "椅子"]


@pytest.mark.proves("SEC 32")
@pytest.mark.parametrize("moment", ["store", "sync", "database"])
def test_a_full_disk_leaves_no_half_file(small: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if moment == "sync":
        monkeypatch.setattr(os, "fsync", full)
    elif moment == "store":
        real = backup._store
        monkeypatch.setattr(backup, "_store", lambda packed, name, source: full() if name.startswith("att") else real(packed, name, source))
    else:
        monkeypatch.setattr(backup, "_sqlite_counts", full)
    (tmp_path / "backups").mkdir()
    with pytest.raises(BackupError, match="No space left"):
        backup.backup(tmp_path / "backups" / "foyer.backup", small, MON_9AM)
    assert list((tmp_path / "backups").iterdir()) == []
    assert names(small) == ["打印机", "椅子"]


@pytest.mark.proves("SEC 32")
def test_a_full_disk_while_restoring_leaves_the_place_empty(small: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    backup.backup(tmp_path / "foyer.backup", small, MON_9AM)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(backup, "_restore_sqlite", full)
    new = place(tmp_path / "new")
    with pytest.raises(BackupError, match="No space left"):
        backup.restore(tmp_path / "foyer.backup", new)
    assert contents(new.data_dir) == {}
    monkeypatch.undo()
    backup.restore(tmp_path / "foyer.backup", new)
    assert names(new) == ["打印机", "椅子"]


def test_a_backup_never_replaces_another(small: Settings, tmp_path: Path) -> None:
    (tmp_path / "foyer.backup").write_text("last year's")
    with pytest.raises(BackupError, match="never replaces"):
        backup.backup(tmp_path / "foyer.backup", small, MON_9AM)
    assert (tmp_path / "foyer.backup").read_text() == "last year's"


@pytest.mark.parametrize("there", ["foyer.db", "secret.key", "attachments/ab/x", "tls/authority.key"])
def test_a_place_that_is_not_empty_is_left_alone(small: Settings, tmp_path: Path, there: str) -> None:
    backup.backup(tmp_path / "foyer.backup", small, MON_9AM)
    new = place(tmp_path / "new")
    (new.data_dir / there).parent.mkdir(parents=True)
    (new.data_dir / there).write_bytes(b"in use")
    before = contents(new.data_dir)
    with pytest.raises(BackupError, match="empty place"):
        backup.restore(tmp_path / "foyer.backup", new)
    assert contents(new.data_dir) == before


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"attachments__ab__abcd": b"another photo"}, "attachments/ab/abcd in the backup is damaged"),
        ({"database.sqlite3": b"x"}, "database.sqlite3 in the backup is damaged"),
        ({"attachments__ab__abcd": None}, "content differ"),
        ({"attachments__ab__more": b"x"}, "content differ"),
        ({"manifest.json": None}, "no list of its parts"),
        ({"manifest.json": b"{"}, "can not be read"),
        ({"manifest.json": b'{"format": 1}'}, "can not be read"),
        ({"manifest.json": b"[]"}, "can not be read"),
    ],
)
def test_a_damaged_backup_is_refused_before_anything_is_written(
    small: Settings, tmp_path: Path, changed: dict[str, bytes | None], says: str
) -> None:
    backup.backup(tmp_path / "foyer.backup", small, MON_9AM)
    damaged = repacked(tmp_path / "foyer.backup", tmp_path / "damaged", **changed)
    with pytest.raises(BackupError, match=says):
        backup.restore(damaged, place(tmp_path / "new"))
    assert not (tmp_path / "new").exists()


def test_a_torn_backup_is_refused(small: Settings, tmp_path: Path) -> None:
    backup.backup(tmp_path / "foyer.backup", small, MON_9AM)
    data = (tmp_path / "foyer.backup").read_bytes()
    (tmp_path / "torn").write_bytes(data[: len(data) // 2])
    with pytest.raises(BackupError, match="not a whole backup"):
        backup.verify(tmp_path / "torn")
    (tmp_path / "spoiled").write_bytes(data[:200] + bytes([data[200] ^ 0xFF]) + data[201:])
    with pytest.raises(BackupError):
        backup.verify(tmp_path / "spoiled")
    with pytest.raises(BackupError, match="There is no file"):
        backup.verify(tmp_path / "nothing")


@pytest.mark.proves("SEC 20")
@pytest.mark.parametrize(
    "name", ["../evil", "/etc/evil", "attachments/../../evil", "C:/evil", "attachments\\..\\evil", "attachments", "other/x"]
)
def test_a_backup_can_not_write_outside_its_place(small: Settings, tmp_path: Path, name: str) -> None:
    backup.backup(tmp_path / "foyer.backup", small, MON_9AM)
    with zipfile.ZipFile(tmp_path / "foyer.backup") as packed:
        manifest = json.loads(packed.read("manifest.json"))
    manifest["parts"].append({"name": name, "sha256": "", "size": 0})
    evil = repacked(tmp_path / "foyer.backup", tmp_path / "evil", **{"manifest.json": json.dumps(manifest).encode()})
    with zipfile.ZipFile(evil, "a") as packed:
        info = zipfile.ZipInfo("x")
        info.filename = name
        packed.writestr(info, b"")
    with pytest.raises(BackupError, match="does not belong"):
        backup.restore(evil, place(tmp_path / "new"))


def test_a_restored_database_with_another_number_of_rows_is_told(small: Settings, tmp_path: Path) -> None:
    backup.backup(tmp_path / "foyer.backup", small, MON_9AM)
    with zipfile.ZipFile(tmp_path / "foyer.backup") as packed:
        manifest = json.loads(packed.read("manifest.json"))
    for change, says in [({"counts": {"asset": 3, "audit_seal": 2}}, "asset"), ({"audit_head": "h9"}, "audit chain")]:
        odd = repacked(tmp_path / "foyer.backup", tmp_path / "odd", **{"manifest.json": json.dumps(manifest | change).encode()})
        with pytest.raises(BackupError, match=says):
            backup.restore(odd, place(tmp_path / f"new-{says}"))


def test_a_sqlite_backup_does_not_go_into_postgresql(small: Settings, tmp_path: Path) -> None:
    backup.backup(tmp_path / "foyer.backup", small, MON_9AM)
    with pytest.raises(BackupError, match="another kind"):
        backup.restore(tmp_path / "foyer.backup", Settings(data_dir=tmp_path / "new", database_url="postgresql+psycopg://localhost/none"))


# ── the drill, with a real office on both databases ──


def drilled(office: Office, database_url: str, folder: Path) -> Settings:
    settings = Settings(data_dir=folder, database_url=database_url, secret_file=folder / "secret.key")
    settings.secret()
    (folder / "attachments").mkdir(parents=True, exist_ok=True)
    (folder / "attachments" / "photo").write_bytes(b"photo")
    office.do(places.AddPlace(kind=places.PlaceKind.ROOM, name="㐂𠮷龘 库房"), office.ada)
    return settings


@pytest.fixture
def empty_place(database_kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Settings]:
    """Somewhere new: an empty folder, and on PostgreSQL an empty database."""
    folder = tmp_path / "restored"
    if database_kind == "sqlite":
        yield Settings(data_dir=folder, database_url=f"sqlite:///{folder}/foyer.db", secret_file=folder / "secret.key")
        return
    server: postgres.Server = request.getfixturevalue("postgres_server")
    name = f"restored_{os.getpid()}"
    yield Settings(data_dir=folder, database_url=server.create(name, "template1"), secret_file=folder / "secret.key")
    database.disconnect()
    server.drop(name)


def test_a_whole_office_survives_the_restore_drill(office: Office, database_url: str, empty_place: Settings, tmp_path: Path) -> None:
    settings = drilled(office, database_url, tmp_path / "data")
    before = office.audit()
    made = backup.backup(tmp_path / "foyer.backup", settings, MON_9AM)
    assert made.counts["person"] == 7 and made.counts["audit"] == len(before)
    assert backup.restore(tmp_path / "foyer.backup", empty_place) == made
    database.connect(empty_place.database_url)
    assert [(row.id, row.kind) for row in office.audit()] == [(row.id, row.kind) for row in before]
    assert [place.name for place in office.read(places.search, "库房")] == ["㐂𠮷龘 库房"]
    office.do(places.AddPlace(kind=places.PlaceKind.ROOM, name="新库房"), office.ada)  # and it goes on working there
    with pytest.raises(DBAPIError, match="append_only"), database.writing() as s:  # with what the database itself refuses
        s.execute(text("DELETE FROM audit"))


def test_a_used_office_is_never_restored_over(office: Office, database_url: str, tmp_path: Path) -> None:
    settings = drilled(office, database_url, tmp_path / "data")
    backup.backup(tmp_path / "foyer.backup", settings, MON_9AM)
    elsewhere = Settings(data_dir=tmp_path / "x", database_url=database_url, secret_file=tmp_path / "x" / "secret.key")
    with pytest.raises(BackupError, match="Restore into an empty"):
        backup.restore(tmp_path / "foyer.backup", elsewhere)
    assert not (tmp_path / "x" / "attachments").exists()
    assert [place.name for place in office.read(places.search, "库房")] == ["㐂𠮷龘 库房"]


def test_a_failing_dump_program_leaves_no_half_file(office: Office, database_kind: str, database_url: str, tmp_path: Path) -> None:
    if database_kind == "sqlite":
        pytest.skip("SQLite needs no other program")
    settings = drilled(office, database_url.rsplit("/", 1)[0] + "/no_such_database", tmp_path / "data")
    with pytest.raises(BackupError, match="does not exist"):
        backup.backup(tmp_path / "foyer.backup", settings, MON_9AM)
    assert not list(tmp_path.glob("foyer.backup*"))


def test_a_password_never_stands_in_the_list_of_processes() -> None:
    url = make_url("postgresql+psycopg://foyer:s%40cret@db.lan:5433/office?sslmode=require&options=-csearch_path%3Doffice7")
    assert backup._dsn(url) == "postgresql://foyer@db.lan:5433/office?sslmode=require"
    environment = backup._environment(url)
    assert environment["PGPASSWORD"] == "s@cret" and environment["PGOPTIONS"] == "-csearch_path=office7"
