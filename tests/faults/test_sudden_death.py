"""The server dies in the middle of work and comes back: nothing is lost, nothing happens twice (security.md, bad inputs 34; issue §5)."""

from __future__ import annotations

import threading
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from core.foundation import clock, database
from core.foundation.ids import uuid7
from core.mechanisms import audit, labels, people
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import BATCH_SLICE, OperationRow
from core.sections import assets, stocktakes
from tests.cast import Office
from tests.live import Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
SCANS = 1_000


def _count(table: Any, *where: Any) -> int:
    with database.reading() as s:
        return int(s.execute(select(func.count()).select_from(table).where(*where)).scalar_one())


@pytest.mark.proves("SEC 34", "O2", "O3")
def test_a_server_killed_in_the_middle_of_a_batch_has_each_scan_exactly_once_after_the_phone_sends_it_again(
    live_office: Office, server: Server
) -> None:
    codes = []
    for number in range(20):
        asset_id = live_office.do(
            assets.RegisterAsset(number=f"ZC{number:04d}", name="办公椅", place_id=live_office.places["301"]), live_office.bo
        )["asset_id"]
        codes.append(live_office.label(SubjectKind.ASSET, asset_id))
    opened = live_office.do(stocktakes.OpenStocktake(kind="asset", place_ids=(live_office.places["301"],)), live_office.bo)
    payloads = [
        {"stocktake_id": str(opened["stocktake_id"]), "code": codes[i % 20], "place_id": str(live_office.places["301"])}
        for i in range(SCANS)
    ]
    batch = [
        {"op_id": str(uuid7()), "kind": "stocktake.count", "occurred_at": clock.now().isoformat(), "device_seq": i + 1, "payload": payload}
        for i, payload in enumerate(payloads)
    ]
    server.client("mei").close()  # signed in before the kill

    def send() -> None:
        try:
            with server.client("mei") as phone:
                phone.post("/api/v1/operations", json=batch)
        except httpx.TransportError:
            pass  # the reply is lost: that is the point

    sending = threading.Thread(target=send)
    sending.start()
    before = _count(OperationRow, OperationRow.kind == "stocktake.count")
    while sending.is_alive() and _count(OperationRow, OperationRow.kind == "stocktake.count") == before:
        pass  # some of it is committed, the rest is not
    server.stop(kill=True)
    sending.join()
    half = _count(OperationRow, OperationRow.kind == "stocktake.count")
    assert half % BATCH_SLICE == 0, "a set is committed whole or not at all"

    server.start()
    with server.client("mei") as phone:
        answers = phone.post("/api/v1/operations", json=batch).json()
        again = phone.post("/api/v1/operations", json=batch).json()
    assert {answer["status"] for answer in answers} == {"accepted"}
    assert sum(answer["repeated"] for answer in answers) == half
    assert all(answer["repeated"] for answer in again)
    assert _count(OperationRow, OperationRow.kind == "stocktake.count") == SCANS
    audit.seal(clock.now())
    assert live_office.read(audit.verify).ok
    with server.client("bo") as desk:
        found = next(row for row in desk.get("/api/v1/stocktakes").json()["items"] if row["id"] == str(opened["stocktake_id"]))
    assert found["counted"] == 20, "twenty chairs, however often they were scanned"


@pytest.mark.proves("SEC 29")
def test_nobody_reads_more_by_guessing_addresses(live_office: Office, server: Server) -> None:
    """Foreign, guessed and broken ids on every collection: an answer for the right person, 401 for a stranger, never a 5xx."""
    document = httpx.get(server.url + "/api/openapi.json").json()
    reads = [path for path, item in document["paths"].items() if "get" in item]
    with httpx.Client(base_url=server.url, timeout=30) as stranger, server.client("wu") as staff:
        for path in reads:
            for guess in (str(uuid7()), "1", "../../etc/passwd", "%00", "𠮷", "' OR 1=1 --", "00000000-0000-0000-0000-000000000000"):
                address = path
                for name in (
                    "id",
                    "code",
                    "room_id",
                    "person_id",
                    "visit_id",
                    "sha256",
                    "import_id",
                    "stocktake_id",
                    "name",
                    "collection",
                    "filename",
                    "kind",
                ):
                    address = address.replace("{" + name + "}", guess)
                if "{" in address:
                    address = address.split("{")[0] + guess
                unknown = stranger.get(address)
                assert unknown.status_code < 500, address
                if path not in ("/api/v1/session",) and "calendar.ics" not in path and "/trust" not in path:
                    assert unknown.status_code in (401, 403, 404, 405, 422), f"{address}: {unknown.status_code}"
                assert staff.get(address).status_code < 500, address
                if "{" not in path:
                    break


@pytest.mark.proves("SEC 7", "SEC 8", "SEC 9", "SEC 10")
def test_hostile_names_travel_through_register_search_and_export_as_plain_text(live_office: Office, server: Server) -> None:
    names = [
        '<img src=x onerror="alert(1)">',
        '=HYPERLINK("http://x")',
        "\u202egnp.exe",
        "a\u0301\u0301\u0301" * 20,
        "👩‍👩‍👧‍👦",
        "x" * 80,
        "'; DROP TABLE person; --",
        "﹏＝1+1",
    ]
    for number, name in enumerate(names):
        live_office.do(people.AddPerson(name=name, number=f"H{number}"), live_office.ada)
    with server.client("ada") as admin:
        listed = {row["name"] for row in admin.get("/api/v1/people", params={"limit": 200}).json()["items"]}
        assert set(names) <= listed
        text = admin.get("/api/v1/people.csv").content.decode("utf-8-sig")
        assert "'=HYPERLINK" in text and "\n=HYPERLINK" not in text and ",=HYPERLINK" not in text
        too_long = admin.post("/api/v1/operations", json={"op_id": str(uuid7()), "kind": "person.add", "payload": {"name": "长" * 10_000}})
        assert too_long.status_code == 422 and too_long.json()["code"] == "op.invalid"
    assert labels.read_code("7K3M9QWY") == "7K3M9QWY"
