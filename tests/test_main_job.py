"""The main job, from the office's own files to the sealed report, on one real server with two real browsers.

A GB18030 list and a spreadsheet, each with wrong rows, are tried and then imported; labels are printed, rasterised and decoded; a stock-take is opened
on the desk; a phone counts in the cellar with a camera that sees those very labels while the network is cut and the page is loaded again; the records
come in by themselves; another person approves; the report's figures are worked out again from the export.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect

from assets_labels import proof
from assets_labels.papers import TEMPLATES
from core.mechanisms import tables
from tests.cast import PASSWORD, Office
from tests.floor.camera import FRAMES_A_SECOND, HEIGHT, WIDTH
from tests.floor.conftest import CHROMIUM, FLAGS, PHONE, controlled, ready, unsent, until
from tests.floor.office import Line
from tests.imports.files import csv_file, xlsx_file
from tests.live import DESK, Server, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.camera]
PAPER = "A4-24"
FROM_THE_LIST = (
    ("ZC-2026-0001", "投影仪", "爱普生 CB-FH52", "110105194912310021", "A02020200", "2024-05-06", "6,200.00", "办公室", "吴桐", "302"),
    ("ZC-2026-0002", "人体工学椅", "震旦 A6", "SN10", "A05010301", "2023/9/1", "880", "办公室", "吴桐", "302"),
    ("ZC-2026-0003", "笔记本电脑", "ThinkPad T14", "SN1", "A02010105", "2025-01-15", "7860.00", "财务科", "林晓梅", "302"),
    ("ZC-2026-0004", "㐂字摆件𠮷龘", "", "", "", "2022-12-30", "1500", "办公室", "吴桐", "301"),
    ("ZC-2026-0009", "碎纸机", "", "", "", "2026-02-30", "700", "办公室", "吴桐", "302"),
    ("ZC-2026-0010", "打印机", "", "", "", "2026-01-05", "-1", "办公室", "吴桐", "302"),
)
FROM_THE_SHEET = (
    ("ZC-2026-0005", "会议平板", "65 寸", "SN-65", "", "2025-06-01", "9999.99", "办公室", "吴桐", "302"),
    ("ZC-2026-0006", "保密柜", "双门", "", "", "2021-03-04", "2400", "办公室", "吴桐", "302"),
    ("ZC-2026-0011", "扫描仪", "", 110105194912310021, "", "2025-06-01", "3000", "办公室", "吴桐", "302"),
)
MOVED, MISSING = "ZC-2026-0004", "ZC-2026-0006"


@pytest.fixture
def line(server: Server) -> Iterator[Line]:
    """The network between phone and office, which can be cut."""
    made = Line(int(server.url.rpartition(":")[2]))
    yield made
    made.stop()


@pytest.fixture
def phones(playwright: Playwright) -> Iterator[list[BrowserContext]]:
    started: list[BrowserContext] = []
    yield started
    for context in started:
        context.close()


def desk(browser: Browser, server: Server, who: str, path: str) -> Page:
    page = browser.new_context(**DESK, locale="zh-CN").new_page()
    page.set_default_timeout(20_000)
    sign_in(page, server, who)
    page.goto(server.url + path)
    return page


def bring_in(server: Server, name: str, data: bytes, *, dry_run: bool) -> dict[str, Any]:
    with server.client("bo") as client:
        answer = client.post(f"/api/v1/imports/assets?dry_run={'true' if dry_run else 'false'}", files={"file": (name, data)})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def exported(server: Server) -> list[dict[str, str]]:
    """The register of assets as a person takes it home: the CSV export."""
    with server.client("bo") as client:
        rows = [[cell.text for cell in row.cells] for row in tables.read_rows(client.get("/api/v1/assets.csv").content)]
    return [dict(zip(rows[0], row, strict=False)) for row in rows[1:]]


def cells_of(pdf: bytes, count: int) -> list[Image.Image]:
    """The printed labels, cut out of the rasterised sheet."""
    paper, image, scale = TEMPLATES[PAPER], next(proof.page_images(pdf)), proof.PRINTER_DPI / 25.4
    found = []
    for position in range(1, count + 1):
        left, top = paper.cell(position)
        found.append(image.crop(tuple(round(edge * scale) for edge in (left, top, left + paper.cell_width_mm, top + paper.cell_height_mm))))
    return found


def film_of(path: Path, labels: list[Image.Image], seconds: float = 0.8) -> Path:
    """What the phone's camera sees: each printed label for a moment on a grey desk, then the bare desk."""
    desk_top = Image.new("L", (WIDTH, HEIGHT), 110)
    colour = bytes([128]) * (WIDTH * HEIGHT // 2)
    shots = [*labels, None]
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{FRAMES_A_SECOND}:1 Ip A1:1 C420\n".encode())
        for label in shots:
            frame = desk_top.copy()
            if label is not None:
                frame.paste(label.convert("L").resize((600, 320)), (20, 80))
            file.write((b"FRAME\n" + frame.tobytes() + colour) * round(seconds * FRAMES_A_SECOND))
    return path


@pytest.mark.timeout(180)
@pytest.mark.proves(
    "Things 1", "Things 4", "Things 5", "Things 7", "Things 10", "S4.1-R1", "S4.1-R6", "S4.1-R7", "T1", "T2", "T34", "Floor 1"
)
def test_from_the_offices_own_files_to_the_sealed_report(
    live_office: Office, server: Server, line: Line, phones: list[BrowserContext], playwright: Playwright, browser: Browser, tmp_path: Path
) -> None:
    # 1. The files: tried first, then for real; the wrong rows are named and stay out.
    files = [("台账.csv", csv_file(FROM_THE_LIST), {"create": 4, "update": 0, "skip": 0, "error": 2}),
             ("新购.xlsx", xlsx_file(FROM_THE_SHEET), {"create": 2, "update": 0, "skip": 0, "error": 1})]  # fmt: skip
    for name, data, totals in files:
        before = exported(server)
        assert bring_in(server, name, data, dry_run=True)["totals"] == totals
        assert exported(server) == before
        done = bring_in(server, name, data, dry_run=False)
        assert done["totals"] == totals and all(row["message"] for row in done["rows"] if row["action"] == "error")
    book = exported(server)
    assert len(book) == 6 and {row["序列号"] for row in book} >= {"110105194912310021", "SN10", "SN1"}

    # 2. Labels: printed on the desk, rasterised, decoded.
    clerk = desk(browser, server, "bo", f"/desk/labels?template={PAPER}")
    clerk.locator("[data-test=take-all]").click()
    expect(clerk.locator("[data-test=sum]")).to_contain_text("第 1 张：第 1 到 6 格，6 张标签")
    with clerk.expect_download(timeout=60_000) as download:
        clerk.locator("[data-test=make]").click()
    pdf = download.value.path().read_bytes()
    printed = cells_of(pdf, 6)
    codes = [next(text for text in proof.read_codes(cell) if len(text) == 8) for cell in printed]
    with server.client("bo") as client:
        numbers = [client.get(f"/api/v1/labels/{code}").json()["number"] for code in codes]
    assert numbers == [row[0] for row in (*FROM_THE_LIST[:4], *FROM_THE_SHEET[:2])]

    # 3. The stock-take: opened on the desk, which says first what the book expects.
    office_desk = desk(browser, server, "ann", "/desk/stocktakes")
    office_desk.get_by_role("button", name="开始盘点").first.click()
    office_desk.locator("[data-test=places]").click()
    office_desk.get_by_role("option", name="本部 › 三楼", exact=True).click()
    expect(office_desk.locator("[data-test=expected]")).to_have_text("要盘 6 条，价值 28,839.99 元")
    office_desk.keyboard.press("Escape")
    office_desk.locator("[data-test=start]").click()
    expect(office_desk.locator("h1")).to_contain_text("三楼：已盘 0/6")
    stocktake = office_desk.url.rpartition("/")[2]

    # 4. The phone: one scan while there is a network, then none; the camera sees the printed labels; the page is loaded again.
    shown = [cell for cell, number in zip(printed, numbers, strict=True) if number != MISSING]
    context = playwright.chromium.launch_persistent_context(
        str(tmp_path / "phone"), executable_path=CHROMIUM,
        args=[*FLAGS, f"--use-file-for-fake-video-capture={film_of(tmp_path / 'labels.y4m', shown)}"], **PHONE,
    )  # fmt: skip
    phones.append(context)
    phone = context.pages[0] if context.pages else context.new_page()
    phone.set_default_timeout(20_000)
    phone.goto(f"http://127.0.0.1:{line.port}/m/")
    ready(phone)
    phone.get_by_test_id("account").fill("mei")
    phone.get_by_test_id("password").fill(PASSWORD)
    phone.get_by_test_id("signin").click()
    phone.wait_for_selector("[data-screen=Home]")
    controlled(phone)
    phone.get_by_test_id("stocktake").first.click()
    phone.get_by_test_id("place").click()
    choose = phone.get_by_test_id("place-row").filter(has_text="302")
    expect(choose).to_be_visible()
    line.close()
    choose.click()
    until(phone, lambda: unsent(phone) == 5, "five labels on the disk", 40)
    phone.reload()
    ready(phone)
    assert unsent(phone) == 5
    expect(office_desk.locator("h1")).to_contain_text("三楼：已盘 0/6")
    line.open()
    until(phone, lambda: unsent(phone) == 0, "everything is sent without a tap", 20)
    expect(office_desk.locator("h1")).to_contain_text("三楼：已盘 5/6")

    # 5. The desk waits for the phone; the phone hands in; the desk settles.
    expect(office_desk.locator("[data-test=phones]")).to_contain_text("还有 1 部手机没点“这里盘完了”")
    with server.client("ann") as client:
        body = {"op_id": "01970000-0000-7000-8000-000000000001", "kind": "stocktake.close", "payload": {"stocktake_id": stocktake}}
        refused = client.post("/api/v1/operations", json=body)
        assert refused.status_code == 409 and refused.json()["code"] == "stocktake.devices_open" and refused.json()["facts"]["phones"] == 1
    hand_in(phone)
    expect(office_desk.locator("[data-test=phones]")).to_have_count(0)
    office_desk.locator("[data-test=close]").click()
    expect(office_desk.locator("h1")).to_contain_text("2 条差异，还有 2 条没处理")
    for result, done in (("missing", 1), ("moved", 2)):
        office_desk.locator(f"tr[data-result={result}]").get_by_role("radio", name="同意").click()
        expect(office_desk.locator("[data-test=foot]")).to_contain_text(f"已处理 {done} 条")

    # 6. Another person approves; the book follows; the report is sealed.
    leader = desk(browser, server, "chen", f"/desk/stocktakes/{stocktake}")
    leader.locator("[data-test=approve]").click()
    leader.get_by_role("alertdialog").get_by_role("button", name="批准并结案").click()
    expect(leader.locator("h1")).to_contain_text("已批准")
    with server.client("chen") as client:
        sheet = client.get(f"/api/v1/stocktakes/{stocktake}/report.xlsx?language=zh-Hans").content
        paper = client.get(f"/api/v1/stocktakes/{stocktake}/report.pdf?language=zh-Hans").content
        assert client.get(f"/api/v1/stocktakes/{stocktake}/report.xlsx?language=zh-Hans").content == sheet
    assert paper.startswith(b"%PDF-")

    # 7. The report's figures, worked out again from what the register exported before and exports now.
    rows = list(load_workbook(io.BytesIO(sheet))["盘点表"].iter_rows(values_only=True))
    told = [dict(zip(rows[0], row, strict=True)) for row in rows[1:-1]]
    totals = dict(zip(rows[0], rows[-1], strict=True))
    value_before = {row["资产编号"]: Decimal(row["价值"].replace(",", "")) for row in book}
    assert {row["编号"]: Decimal(str(row["原值（元）"])) for row in told} == value_before
    assert Decimal(str(totals["原值（元）"])) == sum(value_before.values())
    now = {row["资产编号"]: row for row in exported(server)}
    results = {row["编号"]: row["结果"] for row in told}
    assert results == {number: {MOVED: "移位", MISSING: "盘亏"}.get(number, "相符") for number in value_before}
    assert "302" in now[MOVED]["存放地点"] and all("302" in now[number]["存放地点"] for number in value_before)
    assert [number for number, row in now.items() if row["状态"] == "丢失" or row["状态"] == "盘亏"] == [MISSING]
    assert all(row["盘点人"] == "林晓梅" and row["盘点时间"] for row in told if row["结果"] != "盘亏")


def hand_in(phone: Page) -> None:
    """Say on the phone that this room is done, and wait until that is sent too."""
    phone.get_by_test_id("done-here").click()
    phone.get_by_test_id("dialog-act").click()  # one thing of this room was not found, which the phone asks about
    until(phone, lambda: unsent(phone) == 0, "the hand-in is sent")
