"""What opening a stock-take of 20,000 things costs, beside the bare `INSERT … SELECT` of the same rows (performance.md; issue "Things with labels").

`python -m bench.stocktakes` prints `name value unit ratio reference` a line, for SQLite and, where a server can be started, PostgreSQL. The reference copies
the very rows that opening wrote into a table of the same shape, joined from the register again by one statement, in one transaction; ours is the whole
operation: scope, snapshot, session, audit, answer. Beside it: the review of all lines, which every page of the desk asks.
"""

from __future__ import annotations

import gc
import tempfile
import time
from pathlib import Path
from uuid import UUID

from sqlalchemy import insert

from bench.scans import START, Line, _analyse, office_on, show
from core.foundation import database
from core.foundation.ids import uuid7
from core.mechanisms import labels
from core.mechanisms.labels import Label
from core.mechanisms.operations import perform_now
from core.sections import stocktakes
from core.sections.assets import Asset
from core.sections.stocktakes import Count, OpenStocktake
from tests import postgres
from tests.cast import Office

THINGS, ELSEWHERE = 20_000, 5_000
REFERENCE = """
INSERT INTO bench_line (id, stocktake_id, subject_id, number, name, spec, serial, unit, place_id, place, keeper_id, keeper, department, value_cents,
    net_value_cents, quantity, label)
SELECT {id}, {session}, a.id, a.number, a.name, a.spec, a.serial, '', a.place_id, p.name, a.keeper_id, coalesce(k.name, ''), coalesce(d.name, ''),
    a.value_cents, a.net_value_cents, NULL, coalesce(l.code, '')
FROM asset a JOIN place p ON p.id = a.place_id LEFT JOIN person k ON k.id = a.keeper_id LEFT JOIN department d ON d.id = a.department_id
    LEFT JOIN label l ON l.subject_id = a.id AND l.subject_kind = 'asset' AND l.state = 'active'
WHERE a.place_id = {place} AND a.state IN ('idle', 'in_use', 'repair')
"""


def stock(office: Office) -> None:
    """20,000 labelled things in room 301 and 5,000 in room 302."""
    rooms = [office.places["301"]] * THINGS + [office.places["302"]] * ELSEWHERE
    with database.writing() as s:
        codes = labels.fresh_codes(s, len(rooms))
        ids = [uuid7() for _ in codes]
        s.execute(insert(Asset), [
            {"id": asset_id, "number": f"ZC-{n:06}", "name": f"办公椅 {n}", "spec": "震旦 A6", "place_id": room, "state": "in_use",
             "keeper_id": office.mei.person_id, "department_id": office.departments["办公室"], "value_cents": 50_000 + n, "net_value_cents": 30_000,
             "created_at": START, "updated_at": START}
            for n, (asset_id, room) in enumerate(zip(ids, rooms, strict=True))
        ])  # fmt: skip
        s.execute(insert(Label), [
            {"code": code, "state": "active", "subject_kind": "asset", "subject_id": asset_id, "issued_at": START, "reason": ""}
            for code, asset_id in zip(codes, ids, strict=True)
        ])  # fmt: skip
    _analyse()


def reference(office: Office) -> float:
    """Seconds of the bare statement, into an empty table with the same columns and indexes."""
    sqlite = database.dialect() == database.SQLITE
    raw = database.engine().execution_options(foyer_write=True).connect()
    with raw as connection:
        with connection.begin():
            connection.exec_driver_sql("DROP TABLE IF EXISTS bench_line")
            if sqlite:
                shape = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = 'stocktake_line'").scalar_one()
                connection.exec_driver_sql(shape.replace("stocktake_line", "bench_line"))
            else:
                connection.exec_driver_sql("CREATE TABLE bench_line (LIKE stocktake_line INCLUDING ALL)")
            if sqlite:
                connection.exec_driver_sql("CREATE INDEX ix_bench_line ON bench_line (stocktake_id, subject_id)")
        quoted = (lambda one: f"'{one.hex}'") if sqlite else (lambda one: f"'{one}'::uuid")
        statement = REFERENCE.format(
            id="lower(hex(randomblob(16)))" if sqlite else "gen_random_uuid()",
            session=quoted(_any_session()),
            place=quoted(office.places["301"]),
        )
        gc.collect()
        begin = time.perf_counter()
        with connection.begin():
            found = connection.exec_driver_sql(statement)
        taken = time.perf_counter() - begin
        assert found.rowcount == THINGS
    return taken


def _any_session() -> UUID:
    with database.reading() as s:
        return s.execute(stocktakes.Stocktake.__table__.select()).first().id  # type: ignore[attr-defined,union-attr]


def opened(office: Office) -> tuple[float, UUID]:
    """Seconds of the whole operation."""
    do = OpenStocktake(kind="asset", place_ids=(office.places["301"],))
    gc.collect()
    begin = time.perf_counter()
    outcome = perform_now(do, by=office.ann)
    taken = time.perf_counter() - begin
    assert outcome.ok and outcome.result["expected"] == THINGS
    return taken, UUID(outcome.result["stocktake_id"])


def measure(kind: str, url: str) -> list[Line]:
    with office_on(url) as office:
        stock(office)
        sessions = [opened(office)]
        bare, mine = [], []
        for _ in range(5):
            bare.append(reference(office))
            sessions.append(opened(office))
            mine.append(sessions[-1][0])
        session = sessions[-1][1]
        with database.reading() as s:
            code = s.execute(stocktakes.record.StocktakeLine.__table__.select().limit(1)).first().label  # type: ignore[attr-defined,union-attr]
        perform_now(Count(stocktake_id=session, code=code, place_id=office.places["301"]), by=office.mei)
        begin = time.perf_counter()
        with database.reading() as s:
            lines = len(stocktakes.review(s, stocktakes.get(s, session)).lines)
        reviewed = time.perf_counter() - begin
        begin = time.perf_counter()
        with database.reading() as s:
            stocktakes.by_place_and_person(s, stocktakes.get(s, session))
        progress = time.perf_counter() - begin
        return [
            (f"stocktake_{kind}_insert_select", round(min(bare) * 1000, 1), "ms", None, "INSERT … SELECT of 20,000 lines"),
            (f"stocktake_{kind}_open", round(min(mine) * 1000, 1), "ms", round(min(mine) / min(bare), 2), "INSERT … SELECT; goal ≤ 3"),
            (f"stocktake_{kind}_review", round(reviewed * 1000, 1), "ms", None, f"{lines} lines judged"),
            (f"stocktake_{kind}_progress", round(progress * 1000, 1), "ms", None, "by place and person"),
        ]  # fmt: skip


def run() -> list[Line]:
    """Both databases, where a PostgreSQL server can be started."""
    lines: list[Line] = []
    with tempfile.TemporaryDirectory() as folder:
        lines += measure("sqlite", f"sqlite:///{Path(folder).as_posix()}/foyer.db")
    if postgres.missing() is None:
        with postgres.serve() as server:
            server._run('CREATE DATABASE "bench"')
            lines += measure("postgresql", server.url("bench"))
    return lines


if __name__ == "__main__":
    show(run())
