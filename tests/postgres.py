"""A PostgreSQL server for one test run: its own data folder, a unix socket and a free port, stopped at the end."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy import Engine


def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None


def missing() -> str | None:
    """Why there can be no server here, or None."""
    if _programs() is None:
        return "PostgreSQL is not installed (initdb not found): its half of the suite is skipped"
    if os.geteuid() == 0 and shutil.which("runuser") is None:
        return "PostgreSQL refuses to run as root and runuser is missing: its half of the suite is skipped"
    return None


def _version(port: int, user: str) -> int:
    with psycopg.connect(f"host=127.0.0.1 port={port} user={user} dbname=postgres") as connection:
        return connection.info.server_version // 10_000


@dataclass(frozen=True, slots=True)
class Server:
    port: int
    user: str
    copying: str = ""  # how a database is copied; the quick way where the server must be told (15 and later)

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://{self.user}@127.0.0.1:{self.port}/{name}"

    def make_template(self, build: Callable[[Engine], None], make_engine: Callable[[str], Engine]) -> None:
        """Build the schema once; every test copies it."""
        self._run("CREATE DATABASE foyer_template")
        engine = make_engine(self.url("foyer_template"))
        build(engine)
        engine.dispose()

    def create(self, name: str, template: str = "foyer_template") -> str:
        self._run(f'CREATE DATABASE "{name}" TEMPLATE {template}{self.copying}')
        return self.url(name)

    def drop(self, name: str) -> None:
        self._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _run(self, statement: str) -> None:
        with psycopg.connect(f"host=127.0.0.1 port={self.port} user={self.user} dbname=postgres", autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[arg-type]


@contextmanager
def serve() -> Iterator[Server]:
    """A running server; durability is off, since it lives as long as the tests."""
    programs = _programs()
    assert programs is not None
    user = "postgres" if os.geteuid() == 0 else getpass.getuser()
    as_user = ["runuser", "-u", user, "--"] if os.geteuid() == 0 else []
    folder = Path(tempfile.mkdtemp(prefix="foyer-pg-"))
    if as_user:
        shutil.chown(folder, user)
    data = folder / "data"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=120"
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "cwd": folder}
    try:
        subprocess.run(
            [*as_user, programs / "initdb", "-D", data, "-U", user, "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"],
            check=True,
            **quiet,
        )
        subprocess.run([*as_user, programs / "pg_ctl", "-D", data, "-o", options, "-l", folder / "log", "-w", "start"], check=True, **quiet)
        try:
            yield Server(port, user, " STRATEGY FILE_COPY" if _version(port, user) >= 15 else "")
        finally:
            subprocess.run([*as_user, programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"], check=False, **quiet)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
