"""The visitor's day, through a real server, a real mail server and a real browser with a camera (issue 2 §3; scenarios Office 7, Front desk
7)."""

from __future__ import annotations

import io
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Playwright, expect

from core.foundation import clock, database
from core.mechanisms import labels, office
from core.mechanisms.views import Query
from core.sections import visits
from core.sections.visits import consent, register
from tests.cast import Office
from tests.live import DESK, KIOSK, browsing, serving, sign_in
from tests.visits.build import with_mail
from tests.visits.catchers import catching_mail
from tests.visits.kiosks import asks, draw_signature, kiosk_key, panel, photograph, press, scan

pytestmark = [pytest.mark.browser, pytest.mark.camera]


def film_of(picture: bytes, path: Path) -> Path:
    """What a camera sees when somebody holds this picture before it: 640 × 480 in Y4M."""
    frame = Image.new("L", (640, 480), 120)
    shown = Image.open(io.BytesIO(picture)).convert("L").resize((380, 380))
    frame.paste(shown, (130, 50))
    chroma = bytes([128]) * (320 * 240 * 2)
    path.write_bytes(b"YUV4MPEG2 W640 H480 F5:1 Ip A1:1 C420jpeg\n" + (b"FRAME\n" + frame.tobytes() + chroma) * 5)
    return path


@pytest.mark.proves("S3.1-R1", "S3.1-R5", "S3.1-R7", "Office 7", "Front desk 7", "V36")
def test_the_visitors_day_from_the_invitation_to_the_way_out(
    live_office: Office, browser: Browser, playwright: Playwright, tmp_path: Path
) -> None:
    with_mail(live_office, "mei", "mei@example.org")
    live_office.do(office.UpdateSetting(key="kiosk.camera", value="always"), live_office.ada)
    key = kiosk_key(live_office)
    with (
        catching_mail() as post,
        serving(str(database.engine().url), tmp_path, at=clock.now(), settings={"FOYER_SMTP_URL": post.url}) as server,
    ):
        # the desk invites
        desk = browser.new_context(**DESK, locale="zh-CN").new_page()
        sign_in(desk, server, "ann")
        desk.goto(f"{server.url}/desk/visits?new=1")
        form = desk.get_by_role("dialog")
        form.get_by_label("来访人姓名").fill("李文博")
        form.get_by_label("单位").fill("江城建设集团 㐂")
        form.get_by_label("接待人").fill("林晓梅")
        desk.get_by_role("option").filter(has_text="林晓梅").click()
        form.get_by_label("邮箱").fill("li@example.com")
        photograph(desk, "desk-invite")
        form.get_by_role("button", name="发出邀请").click()
        shown = desk.get_by_role("dialog").locator(".code")
        expect(shown).to_be_visible()
        code = labels.read_code(shown.inner_text())
        photograph(desk, "desk-invited")

        # the mail arrives, with a code a camera can read
        mail = post.mail_to("li@example.com")
        body = mail.get_body(("plain",))
        assert body is not None and "李文博" in body.get_content() and labels.shown(code) in body.get_content()
        [enclosed] = [part for part in mail.walk() if part.get_content_maintype() == "image"]
        picture = enclosed.get_payload(decode=True)
        assert isinstance(picture, bytes)
        assert zxingcpp.read_barcode(Image.open(io.BytesIO(picture))).text.startswith(f"{server.url}/S/{code}/".upper())

        # the visitor holds the phone to the kiosk's camera
        film = film_of(picture, tmp_path / "invitation.y4m")
        camera = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", f"--use-file-for-fake-video-capture={film}")
        with (
            browsing(playwright, args=camera) as with_camera,
            panel(with_camera, server, key, screen=KIOSK, permissions=("camera",)) as kiosk,
        ):
            asks(kiosk, "李文博，您好")
            photograph(kiosk, "day-1-greeting")
            press(kiosk, "看告知书")
            draw_signature(kiosk)
            press(kiosk, "同意并签到")
            asks(kiosk, "签到好了，李文博")

            # the host is told within seconds, and the visitor sees it
            told = post.mail_to("mei@example.org", within_s=8)
            assert "李文博（江城建设集团 㐂）到了" in str(told["subject"])
            expect(kiosk.locator(".kiosk__told")).to_contain_text("已经告诉林晓梅了")
            server.post(visits.Acknowledge(visit_id=live_office.read(register.in_house, clock.now())[0].id), by="mei")
            expect(kiosk.locator(".kiosk__told")).to_contain_text("林晓梅马上来接您")
            photograph(kiosk, "day-2-signed-in")

            # the badge: one visit, no second record; it decodes, and holds the name in text
            [here] = live_office.read(register.search, Query(), live_office.ann).items
            assert (here.state, here.planned, here.consent) == ("here", True, "1.0") and here.label != code
            answer = kiosk.request.get(f"{server.url}/api/v1/visits/{here.id}/badge.pdf")
            assert answer.ok, answer.text()
            page = pypdfium2.PdfDocument(answer.body())[0]
            printed = zxingcpp.read_barcode(page.render(scale=300 / 72).to_pil())
            assert printed.text == f"{server.url}/S/{here.label}".upper()
            words = page.get_textpage().get_text_range()
            assert "李文博" in words and "㐂" in words and "林晓梅" in words

            # reception sees who is here
            desk.goto(f"{server.url}/desk/roll-call")
            expect(desk.locator(".desk__main")).to_contain_text("李文博")
            photograph(desk, "desk-roll-call")
            paper = desk.request.get(f"{server.url}/api/v1/visits/roll-call.pdf")
            assert paper.ok and "李文博" in pypdfium2.PdfDocument(paper.body())[0].get_textpage().get_text_range()

            # one scan on the way out
            live_office.do(office.UpdateSetting(key="kiosk.camera", value="off"), live_office.ada)
            press(kiosk, "好的")
            asks(kiosk, "您好，请进")
            scan(kiosk, printed.text)
            asks(kiosk, "再见，李文博")
            photograph(kiosk, "day-3-goodbye")
        expect(desk.locator(".desk__main")).to_contain_text("楼里没有人")
        assert live_office.read(register.roll_call, clock.now()) == []
        signed = live_office.read(consent.of_visit, here.id)
        assert signed.strokes and live_office.read(consent.text_of, signed.document_hash).language == "zh-Hans"
        desk.context.close()
