"""The same import for programs: over HTTP and from the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.foundation import database
from core.mechanisms import imports, tables
from core.sections import assets
from tests.cast import Office
from tests.imports.files import GOOD, WRONG_ROWS, csv_file
from tests.live import ROOT, Server

pytestmark = pytest.mark.browser  # a real server process


def send(server: Server, by: str | None, data: bytes, path: str = "assets?dry_run=true") -> tuple[int, dict[str, object]]:
    with server.client(by) as client:
        answer = client.post(f"/api/v1/imports/{path}", files={"file": ("台账.csv", data, "text/csv")})
    return answer.status_code, answer.json()


@pytest.mark.proves("Things 10")
def test_a_program_imports_as_the_page_does(server: Server, live_office: Office) -> None:
    data = csv_file(WRONG_ROWS[:1] + WRONG_ROWS[4:])
    status, shown = send(server, "bo", data)
    assert (status, shown["totals"], shown["dry_run"]) == (200, {"create": 1, "update": 0, "skip": 0, "error": 3}, True)
    assert live_office.read(assets.count, assets.Filter()) == 0
    problem = shown["rows"][1]  # type: ignore[index]  # JSON
    assert (problem["row"], problem["action"], problem["column"], problem["value"]) == (3, "error", "bought_on", "2026-02-30")
    assert problem["code"] == "import.no_such_day" and problem["message"]
    status, done = send(server, "bo", data, "assets?dry_run=false")
    assert done["totals"] == shown["totals"]
    with server.client("bo") as client:
        page = client.get("/api/v1/assets?q=dyj").json()
        assert [(item["number"], item["value_cents"], item["label"], item["version"]) for item in page["items"]] == [
            ("ZC-1001", 123_450, None, 1)
        ]
        assert client.post(f"/api/v1/imports/{done['import_id']}/undo").json() == {"restored": 1, "kept": 0}
        assert client.get("/api/v1/assets").json()["items"] == []
        assert client.post("/api/v1/imports/not-an-id/undo").status_code == 404


@pytest.mark.proves("T31", "T32", "T33")
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_an_export_over_http_imports_without_a_change(server: Server, live_office: Office, ending: str) -> None:
    keeper = live_office.mei.person_id
    live_office.do(
        assets.RegisterAsset(number="ZC-1", name="=1+1", value_cents=123_450, keeper_id=keeper, serial="110105194912310021"), live_office.bo
    )
    with server.client("bo") as client:
        exported = client.get(f"/api/v1/assets.{ending}").content
    cells = [cell.text for cell in list(tables.read_rows(exported))[1].cells]
    assert cells[:4] == ["ZC-1", "=1+1", "", "110105194912310021"] and "在用" in cells
    assert send(server, "bo", exported)[1]["totals"] == {"create": 0, "update": 0, "skip": 1, "error": 0}


@pytest.mark.parametrize(
    ("by", "path", "data", "status", "code"),
    [
        (None, "assets", b"x", 401, "session.needed"), ("mei", "assets", b"x", 403, "op.not_allowed"),
        ("bo", "people", b"x", 403, "op.not_allowed"),
        ("bo", "operations", b"x", 422, "import.unknown_collection"), ("bo", "assets", b"", 422, "import.empty"),
        ("bo", "assets", b"PK\x03\x04no", 422, "import.unreadable"), ("bo", "assets", b"\xd0\xcf\x11\xe0", 422, "import.old_excel"),
        ("bo", "assets", b"a,b\n1,2", 422, "import.no_headings"), ("bo", "assets?dry_run=perhaps", b"x", 422, "op.invalid"),
    ],
)  # fmt: skip
def test_what_can_not_be_imported_is_a_clear_answer(server: Server, by: str | None, path: str, data: bytes, status: int, code: str) -> None:
    answer = send(server, by, data, path)
    assert (answer[0], answer[1]["code"]) == (status, code) and "Traceback" not in json.dumps(answer[1])


@pytest.mark.proves("SEC 29")
def test_a_file_on_its_way_is_its_senders_alone(server: Server, live_office: Office) -> None:
    from core.foundation.errors import Refused
    from core.mechanisms.imports import staging

    status, said = send(server, "bo", csv_file([GOOD]), "assets/file")
    assert status == 201 and said["name"] == "台账.csv"
    kept = staging.put(b"x", "x.csv", live_office.bo, at=(now := live_office.later()))
    assert staging.get(kept.id, live_office.bo, now).data == b"x"
    for who, at in ((live_office.ada, now), (live_office.bo, now + staging.LIFE * 2)):
        with pytest.raises(Refused) as err:
            staging.get(kept.id, who, at)
        assert err.value.code == "import.file_gone"


def test_the_command_line_imports_too(live_office: Office, server: Server, tmp_path: Path) -> None:
    file = tmp_path / "台账.csv"
    file.write_bytes(csv_file(WRONG_ROWS[:1] + WRONG_ROWS[4:5]))
    database.disconnect()
    for more, said in ((["--dry-run"], "would be: 1 create"), ([], "done: 1 create"), ([], "done: 0 create, 0 update, 1 skip, 1 error")):
        done = subprocess.run(
            [sys.executable, ROOT / "main.py", "import", "assets", str(file), *more],
            env=server.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1 and said in done.stdout and "row 3, Purchase date '2026-02-30'" in done.stdout, done.stderr
    assert imports.importers()["assets"].key == "number"
