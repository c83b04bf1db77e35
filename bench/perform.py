"""What saying a thing through `perform` costs, beside the same rows written by hand with SQLAlchemy Core, one transaction each (performance.md, Writing).

`python -m bench.perform`: both sides do the same work in the same run, in turns of 100, on SQLite and, where a server can be started, PostgreSQL.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from sqlalchemy import Engine, insert, select

from bench.scans import START, Line, office_on, show, stock
from core.foundation import clock, database
from core.foundation.ids import uuid7
from core.mechanisms.labels import Label
from core.mechanisms.operations import AuditRow, OperationRow, perform_now
from core.mechanisms.people import Department
from core.sections.stocktakes import Count, Stocktake
from core.sections.stocktakes.record import CountEvent
from tests import postgres
from tests.cast import Office

TIMES, TURNS = 100, 10
_operation, _audit, _count, _label, _stocktake, _department = (
    table.__table__  # type: ignore[attr-defined]
    for table in (OperationRow, AuditRow, CountEvent, Label, Stocktake, Department)
)


def _log(connection: object, kind: str, payload: dict[str, str], result: dict[str, str], by: UUID | None, subject: tuple[str, str]) -> None:
    """The operation and audit rows, by hand."""
    op_id, digest = uuid7(), json.dumps(payload)[:32]
    connection.execute(insert(_operation), {  # type: ignore[attr-defined]
        "op_id": op_id, "kind": kind, "payload_hash": digest, "payload": payload, "person_id": by, "device_id": None, "device_seq": None, "occurred_at": START,
        "received_at": START, "status": "accepted", "code": None, "facts": {}, "result": result, "envelope": None,
    })  # fmt: skip
    connection.execute(insert(_audit), {  # type: ignore[attr-defined]
        "id": uuid7(), "at": START, "op_id": op_id, "kind": kind, "person_id": by, "device_id": None, "subject_kind": subject[0], "subject_id": subject[1],
        "outcome": "accepted", "code": None, "payload_hash": digest,
    })  # fmt: skip


def counting(office: Office) -> tuple[Callable[[int], None], Callable[[int], None]]:
    """A scan: the session and the label are looked up, one observation is written. Ours, and by hand."""
    session, codes = stock(office, 2 * TIMES * TURNS)
    place, by, engine = office.places["301"], office.mei.person_id, _writing()

    def ours(n: int) -> None:
        assert perform_now(Count(stocktake_id=session, code=codes[n], place_id=place), by=office.mei).ok

    def by_hand(n: int) -> None:
        code, op_id = codes[TIMES * TURNS + n], uuid7()
        with engine.begin() as connection:
            connection.execute(select(_operation.c.op_id).where(_operation.c.op_id == op_id)).first()
            connection.execute(select(_stocktake.c.state, _stocktake.c.place_ids).where(_stocktake.c.id == session)).one()
            subject = connection.execute(select(_label.c.subject_id).where(_label.c.code == code)).scalar_one()
            connection.execute(select(_count.c.occurred_at).where(_count.c.stocktake_id == session, _count.c.subject_id == subject)).first()
            connection.execute(insert(_count), {
                "op_id": op_id, "stocktake_id": session, "code": code, "subject_id": subject, "place_id": place, "quantity": None, "person_id": by,
                "device_id": None, "device_seq": None, "occurred_at": START, "received_at": START, "clock_skew_s": 0,
            })  # fmt: skip
            payload = {"stocktake_id": str(session), "code": code, "place_id": str(place)}
            _log(
                connection, "stocktake.count", payload, {"outcome": "counted", "subject_id": str(subject)}, by, ("stocktake", str(session))
            )

    return ours, by_hand


def adding(office: Office) -> tuple[Callable[[int], None], Callable[[int], None]]:
    """A department: its name must be free, one row is written. Ours, and by hand."""
    from core.mechanisms.people import AddDepartment

    engine, by = _writing(), office.ada.person_id

    def ours(n: int) -> None:
        assert perform_now(AddDepartment(name=f"科室甲{n}"), by=office.ada).ok

    def by_hand(n: int) -> None:
        name, id = f"科室乙{n}", uuid7()
        with engine.begin() as connection:
            connection.execute(select(_operation.c.op_id).where(_operation.c.op_id == id)).first()
            connection.execute(select(_department.c.id).where(_department.c.name == name)).first()
            given = {column.name: None for column in _department.columns if column.nullable}
            connection.execute(insert(_department), {**given, "id": id, "name": name, "version": 1})
            _log(connection, "department.add", {"name": name}, {"department_id": str(id)}, by, ("department", str(id)))

    return ours, by_hand


def _writing() -> Engine:
    return database.engine().execution_options(foyer_write=True)


def measure(kind: str, url: str) -> list[Line]:
    """The lines of one database: milliseconds a thousand, median of the turns."""
    lines: list[Line] = []
    with office_on(url) as office:
        for name, make in (("count", counting), ("department", adding)):
            ours, by_hand = make(office)
            taken: dict[str, list[float]] = {"ours": [], "core": []}
            for turn in range(TURNS):
                for side, work in (("core", by_hand), ("ours", ours)):
                    begin = time.perf_counter()
                    for n in range(TIMES):
                        work(turn * TIMES + n)
                    taken[side].append((time.perf_counter() - begin) * 1000 / TIMES)
            core, mine = statistics.median(taken["core"]), statistics.median(taken["ours"])
            ratio = statistics.median(a / b for a, b in zip(taken["ours"], taken["core"], strict=True))
            lines.append((f"perform_{kind}_{name}_core", round(core, 3), "ms", None, "the same rows by hand with SQLAlchemy Core"))
            lines.append((f"perform_{kind}_{name}", round(mine, 3), "ms", round(ratio, 2), "Core by hand; goal ≤ 2.5"))
    return lines


def run() -> list[Line]:
    """Both databases, where a PostgreSQL server can be started."""
    clock.freeze(None)
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
