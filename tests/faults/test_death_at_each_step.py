"""The server dies (`kill -9`) at every step of an operation: before the transaction, inside it, between effect and record, at the commit, before the
answer. After it comes back and the phone has sent again, every effect is there exactly once and the audit chain holds (issue §5; offline O2, O3)."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, func, select

import main
from core.foundation import clock, database
from core.foundation.ids import uuid7
from core.mechanisms import audit, operations
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import AuditRow, OperationRow, Request, performing
from core.sections import assets, stocktakes, supplies
from core.sections.stocktakes.record import CountEvent
from core.sections.supplies.record import SupplyMovement
from tests.cast import Office

STEPS = ("looked_up", "applied", "recorded", "commit", "committed", "answered")


def _die(*_anything: Any, **_named: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _child(url: str, step: str, body: str) -> None:
    """A server process of its own: it performs what it is told and is killed at `step`."""
    main.include_core()
    operations.use_secret(b"the secret of a test that dies....")
    told = json.loads(body)
    clock.freeze(None)
    database.connect(url)
    requests = requests_of(told)
    if step == "looked_up":
        performing._look_up = _after(performing._look_up)
    elif step == "applied":
        performing._record = _die  # type: ignore[assignment]  # the effect is in the transaction, its record is not
    elif step == "recorded":
        performing._record = _after(performing._record)
    elif step == "commit":
        event.listen(database.engine(), "commit", _die)
    elif step == "committed":
        performing.live.publish = _die  # type: ignore[assignment]
    operations.perform_requests(requests)
    _die()  # answered: the reply never leaves


def _after(function: Any) -> Any:
    def die_afterwards(*arguments: Any) -> None:
        function(*arguments)
        _die()

    return die_afterwards


def requests_of(told: dict[str, Any]) -> list[Request]:
    """The phone's batch as it stands in its store."""
    by = operations.Actor(frozenset({operations.Role.STAFF}), UUID(told["person_id"]), UUID(told["device_id"]), None, "林晓梅")
    return [
        Request(operations.parse(one["kind"], one["payload"]), by, UUID(one["op_id"]), clock.now(), clock.now(), one["seq"]) for one in told["batch"]
    ]  # fmt: skip


@pytest.mark.timeout(240)
@pytest.mark.proves("O2", "O3", "SEC 34", "Floor 2")
@pytest.mark.parametrize("step", STEPS)
def test_whatever_step_the_server_dies_at_the_phone_sends_again_and_everything_happened_once(office: Office, step: str) -> None:
    url = database.engine().url.render_as_string(hide_password=False)
    operations.use_secret(b"the secret of a test that dies....")
    codes = []
    for n in range(3):
        asset_id = office.do(assets.RegisterAsset(number=f"ZC-{n}", name="椅子", place_id=office.places["301"]), office.bo)["asset_id"]
        codes.append(office.label(SubjectKind.ASSET, asset_id))
    pens = office.do(supplies.RegisterSupply(name="签字笔", unit="支", place_id=office.places["302"]), office.bo)
    office.do(supplies.ReceiveSupply(code=pens["code"], quantity=100), office.bo)
    session = office.do(stocktakes.OpenStocktake(kind="asset", place_ids=(office.places["301"],)), office.ann)["stocktake_id"]
    scans = [
        ("stocktake.count", {"stocktake_id": session, "code": code, "place_id": str(office.places["301"])}) for code in (*codes, codes[0])
    ]
    taking = ("supply.issue", {"code": pens["code"], "quantity": 7, "to_person_id": str(office.mei.person_id)})
    told = {
        "person_id": str(office.mei.person_id), "device_id": str(uuid7()),
        "batch": [
            {"op_id": str(uuid7()), "seq": n, "kind": kind, "payload": payload} for n, (kind, payload) in enumerate([*scans, taking], 1)
        ],
    }  # fmt: skip
    ids = [UUID(one["op_id"]) for one in told["batch"]]
    database.engine().dispose()

    process = multiprocessing.get_context("spawn").Process(target=_child, args=(url, step, json.dumps(told)))
    process.start()
    process.join(120)
    assert process.exitcode == -signal.SIGKILL

    def rows(table: Any, *where: Any) -> int:
        with database.reading() as s:
            return int(s.execute(select(func.count()).select_from(table).where(*where)).scalar_one())

    kept = rows(OperationRow, OperationRow.op_id.in_(ids))  # type: ignore[attr-defined]
    assert kept == (len(ids) if step in ("committed", "answered") else 0), "all of it or nothing"
    assert rows(CountEvent) == (len(scans) if kept else 0), "no effect without its record"
    assert office.read(supplies.on_hand, UUID(pens["supply_id"])) == (93 if kept else 100)

    for time in range(2):
        outcomes = operations.perform_requests(requests_of(told))
        assert all(one.ok for one in outcomes) and [one.repeated for one in outcomes] == [bool(kept or time)] * len(ids)
    assert (rows(CountEvent), rows(OperationRow, OperationRow.op_id.in_(ids)), rows(AuditRow, AuditRow.op_id.in_(ids))) == (4, 5, 5)  # type: ignore[attr-defined]
    assert rows(SupplyMovement, SupplyMovement.kind == "issue") == 1 and office.read(supplies.on_hand, UUID(pens["supply_id"])) == 93
    audit.seal(clock.now())
    assert office.read(audit.verify).ok
