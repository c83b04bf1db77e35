"""The database gives no lock: who waits is told to come again, nothing is half-written, two who meet crosswise both get through."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text

from core.foundation import database
from core.foundation.ids import uuid7
from core.mechanisms import operations, people
from core.mechanisms.operations import Request, perform_requests, registry
from tests.cast import Office
from tests.mechanisms import web


@pytest.fixture
def hasty(office: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """The office on a database that waits a tenth of a second for a lock instead of half a minute."""
    monkeypatch.setattr(database, "PATIENCE_S", 0.1)
    database.connect(database.engine().url.render_as_string(hide_password=False))
    yield office


def _locked() -> Any:
    """A transaction of another program that keeps everybody from writing departments."""
    other = database.engine().execution_options(foyer_write=True).connect()
    other.execute(text("LOCK TABLE department IN EXCLUSIVE MODE" if database.dialect() == database.POSTGRESQL else "SELECT 1"))
    return other


@pytest.mark.proves("SEC 33", "O6")
def test_while_the_database_is_locked_who_writes_is_told_to_come_again_and_then_it_happens_once(hasty: Office) -> None:
    names = ("后勤科", "保卫科", "车队")
    items = [{"op_id": str(uuid7()), "kind": "department.add", "payload": {"name": name}} for name in names]
    with web.client_of(hasty.ada) as client:
        lock = _locked()
        try:
            turned_away = client.post("/api/v1/operations", json=items)
            alone = client.post("/api/v1/operations", json=items[0])
        finally:
            lock.rollback()
            lock.close()
        assert (turned_away.status_code, alone.status_code) == (503, 503)
        assert turned_away.json()["code"] == "op.busy" and int(turned_away.headers["Retry-After"]) > 0
        assert not {department.name for department in hasty.read(people.departments)} & set(names)
        answers = client.post("/api/v1/operations", json=items).json()
        again = client.post("/api/v1/operations", json=items).json()
    assert [one["status"] for one in answers] == ["accepted"] * 3
    assert [one["result"] for one in again] == [one["result"] for one in answers]
    assert sorted(department.name for department in hasty.read(people.departments) if department.name in names) == sorted(names)


@pytest.mark.postgresql
def test_two_who_take_each_others_place_at_the_same_moment_both_get_through(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    if database.dialect() != database.POSTGRESQL:
        pytest.skip("SQLite lets one write after the other")
    spec = operations.spec_of(people.AddDepartment(name="x"))
    real, met = spec.run, threading.Barrier(2, timeout=10)
    tries: list[str] = []

    def crosswise(s: Any, do: people.AddDepartment, by: Any, at: Any) -> Any:
        first, second = ("办公室", "财务科") if do.name == "甲" else ("财务科", "办公室")
        tries.append(do.name)
        s.execute(text("SELECT 1 FROM department WHERE name = :name FOR UPDATE"), {"name": first})
        if tries.count(do.name) == 1:
            met.wait()
        s.execute(text("SELECT 1 FROM department WHERE name = :name FOR UPDATE"), {"name": second})
        return real(s, do, by, at)

    monkeypatch.setitem(registry._by_input, people.AddDepartment, dataclasses.replace(spec, run=crosswise))
    outcomes: dict[str, operations.Outcome] = {}

    def add(name: str) -> None:
        outcomes[name] = perform_requests([Request(people.AddDepartment(name=name), office.ada, uuid7())])[0]

    threads = [threading.Thread(target=add, args=(name,)) for name in ("甲", "乙")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert {name: outcome.status for name, outcome in outcomes.items()} == {"甲": "accepted", "乙": "accepted"}
    assert len(tries) == 3  # one of them met the other and came again
