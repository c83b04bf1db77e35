"""Label sheets and report files for programs (contract.md, POST /api/v1/label-sheets)."""

from __future__ import annotations

import hashlib

import pypdfium2
import pytest

from assets_labels import proof
from assets_labels.papers import TEMPLATES
from core.sections import stocktakes
from tests.cast import Office
from tests.live import Server
from tests.stocktakes.stage import Stage

pytestmark = pytest.mark.browser  # a real server process


@pytest.mark.proves("Things 1", "S4.1-R1", "T18", "T19")
def test_a_program_gets_a_sheet_whose_every_label_reads_and_the_print_is_noted(live_office: Office, server: Server) -> None:
    stage = Stage(live_office)
    codes = [stage.asset(f"ZC-{n}", "301", name="㐂字摆件𠮷龘").code for n in range(5)]
    order = {"template": "L7160", "start": 20, "codes": codes, "language": "zh-Hans"}
    with server.client("bo") as client:
        answer = client.post("/api/v1/label-sheets", json=order)
        assert answer.status_code == 200 and answer.headers["content-type"] == "application/pdf"
        images = list(proof.page_images(answer.content))
        read = [code for image in images for code in proof.read_codes(image) if len(code) == 8]
        assert len(images) == 2 and sorted(read) == sorted(codes)
        for wrong, status in (
            ({"template": "A3"}, 422),
            ({"start": TEMPLATES["L7160"].per_page + 1}, 422),
            ({"codes": ["7K3M9QWY"]}, 404),
            ({"codes": ["7K3M9QWX"]}, 422),
            ({"codes": []}, 422),
        ):
            refused = client.post("/api/v1/label-sheets", json={**order, **wrong})
            assert refused.status_code == status and refused.json()["code"], wrong
    with server.client("mei") as client:
        assert client.post("/api/v1/label-sheets", json=order).status_code == 403


@pytest.mark.proves("Things 7")
def test_report_files_are_for_the_office_and_only_after_the_approval(live_office: Office, server: Server) -> None:
    stage = Stage(live_office)
    thing = stage.asset("ZC-1", "301")
    session = stage.open("301")
    stage.seen(session, thing, "301", live_office.mei)
    with server.client("chen") as client:
        early = client.get(f"/api/v1/stocktakes/{session}/report.pdf")
        assert early.status_code == 409 and early.json()["code"] == "stocktake.not_sealed"
        assert client.get(f"/api/v1/stocktakes/{session}/lines.csv").text.count("\n") == 2
        stage.settle(session)
        first = client.get(f"/api/v1/stocktakes/{session}/report.pdf?language=en")
        assert first.status_code == 200 and first.content.startswith(b"%PDF-")
        assert client.get(f"/api/v1/stocktakes/{session}/report.pdf?language=en").content == first.content
        assert client.get(f"/api/v1/stocktakes/{session}/report.doc").status_code == 404
        figures = client.get(f"/api/v1/stocktakes/{session}/report.json")
        sealed = live_office.read(stocktakes.sealed, session).sha256
        assert hashlib.sha256(figures.content).hexdigest() == sealed and figures.json()["sums"]["matched"] == 1
        assert sealed.encode() in b"".join(page.get_textpage().get_text_range().encode() for page in pypdfium2.PdfDocument(first.content))
        detail = client.get(f"/api/v1/stocktakes/{session}").json()
        assert detail["sums"]["matched"] == 1 and detail["lines"][0]["seen"][0]["who"] == "林晓梅"
        assert [item["state"] for item in client.get("/api/v1/stocktakes").json()["items"]] == [stocktakes.State.APPROVED]
    with server.client("mei") as client:
        assert {client.get(f"/api/v1/stocktakes/{session}/report.{kind}").status_code for kind in ("pdf", "json")} == {403}
