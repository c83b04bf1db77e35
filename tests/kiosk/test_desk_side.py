"""What the desk does with its kiosks: the office's own words and pictures on them, what each does differently, a masked picture of the screen, starting
anew (look.md §6; security.md)."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from core.foundation import clock, database
from core.foundation.i18n import LANGUAGES
from core.foundation.ids import uuid7
from core.mechanisms import attachments, devices, kiosks
from core.mechanisms.kiosks import AddPicture, RemovePicture, SetProfile, SetWords
from core.mechanisms.operations import Actor, Role
from tests.cast import Office
from tests.live import DESK, Server, sign_in
from tests.visits.build import invite, kiosk
from tests.visits.kiosks import asks, kiosk_key, panel, photograph, press, scan, type_in


def picture(colour: tuple[int, int, int] = (30, 120, 90)) -> bytes:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "where this was taken"
    Image.new("RGB", (640, 480), colour).save(out, "JPEG", exif=exif)
    return out.getvalue()


def stored(data: bytes, by: Actor) -> str:
    digest = hashlib.sha256(data).hexdigest()
    assert attachments.receive(digest, 0, len(data), data, by, clock.now()).complete
    return digest


@pytest.fixture
def files(tmp_path: Path) -> None:
    attachments.use_directory(tmp_path / "attachments")


def test_words_are_given_in_all_languages_and_taken_back_by_leaving_them_empty(office: Office) -> None:
    own = {"zh-Hans": "欢迎", "zh-Hant": "歡迎", "en": "Welcome"}
    office.do(SetWords(titles=own, lines=dict.fromkeys(LANGUAGES, "")), office.ada)
    assert office.read(kiosks.words, "en") == kiosks.Words("Welcome", "")
    office.do(SetWords(titles=dict.fromkeys(LANGUAGES, ""), lines=dict.fromkeys(LANGUAGES, "")), office.ada)
    assert office.read(kiosks.words, "en") == kiosks.Words("", "")
    with pytest.raises(ValueError, match="languages"):
        SetWords(titles={"en": "Hi"}, lines={"en": ""})
    with pytest.raises(ValueError, match="24"):
        SetWords(titles=dict.fromkeys(LANGUAGES, "x" * 25), lines=dict.fromkeys(LANGUAGES, ""))
    for stranger in (office.ann, office.bo, kiosk(office)):
        assert office.refused(SetWords(titles=own, lines=own), stranger).code == "op.not_allowed"


def test_a_picture_is_drawn_anew_seen_by_kiosks_and_gone_with_its_file(office: Office, files: None) -> None:
    data = picture()
    digest = stored(data, office.ada)
    made = office.do(AddPicture(sha256=digest), office.ada)
    at = kiosk(office)
    with database.reading() as s:
        found = attachments.for_reader(s, digest, at)
        kept = attachments.path_of(found)
    assert b"where this was taken" not in kept.read_bytes() and kept.read_bytes() != data
    assert office.read(kiosks.of, at.device_id).pictures == (digest,)
    assert office.refused(AddPicture(sha256="0" * 64), office.ada).code == "kiosk.picture_unknown"
    assert office.refused(AddPicture(sha256=digest), office.mei).code == "op.not_allowed"
    office.do(RemovePicture(picture_id=made["picture_id"]), office.ada)
    assert office.read(kiosks.of, at.device_id).pictures == () and not kept.exists()
    office.do(RemovePicture(picture_id=made["picture_id"]), office.ada)  # doing it again is nothing


def test_a_set_holds_twelve_pictures_and_a_kiosk_shows_the_set_it_was_given(office: Office, files: None) -> None:
    for n in range(kiosks.MOST_PICTURES):
        office.do(AddPicture(sha256=stored(picture((n, n, n)), office.ada), set_name="大厅"), office.ada)
    over = stored(picture((99, 0, 0)), office.ada)
    assert office.refused(AddPicture(sha256=over, set_name="大厅"), office.ada).code == "kiosk.too_many_pictures"
    plain = office.do(AddPicture(sha256=over), office.ada)
    assert plain["picture_id"]
    at = kiosk(office)
    assert at.device_id is not None
    assert office.read(kiosks.of, at.device_id) == kiosks.Profile(False, LANGUAGES, "", (over,))
    office.do(SetProfile(device_id=at.device_id, sound=True, languages=("en", "zh-Hans"), picture_set="大厅"), office.ada)
    profile = office.read(kiosks.of, at.device_id)
    assert (profile.sound, profile.languages, len(profile.pictures)) == (True, ("en", "zh-Hans"), 12)
    other = SetProfile(device_id=at.device_id, sound=False, languages=("en",), picture_set="没有")
    assert office.refused(other, office.ada).code == "kiosk.set_unknown"
    door, _ = office.device("301", Role.DOOR, office.places["301"])
    assert door.device_id is not None
    assert office.refused(SetProfile(device_id=door.device_id, sound=False, languages=("en",)), office.ada).code == "kiosk.not_a_kiosk"
    assert office.refused(SetProfile(device_id=uuid7(), sound=False, languages=("en",)), office.ada).code == "device.not_found"
    with pytest.raises(ValueError, match="language_twice"):
        SetProfile(device_id=at.device_id, sound=False, languages=("en", "en"))


@pytest.mark.browser
@pytest.mark.proves("V30", "V34")
def test_the_desk_changes_a_kiosks_face_and_looks_at_it_without_seeing_who_stands_there(
    live_office: Office, server: Server, browser: Browser
) -> None:
    key = kiosk_key(live_office)
    desk = browser.new_context(**DESK, locale="zh-CN").new_page()  # type: ignore[arg-type]
    sign_in(desk, server, "ada")
    with panel(browser, server, key) as page:
        desk.goto(f"{server.url}/desk/welcome-screen")
        desk.get_by_label("标题（简体）").fill("欢迎来访")
        desk.get_by_label("标题（English）").fill("Good to see you")
        desk.get_by_role("button", name="存好这些话").click()
        asks(page, "欢迎来访")  # at once: nobody stands there
        desk.locator(".upload__file").set_input_files([{"name": "院子.jpg", "mimeType": "image/jpeg", "buffer": picture()}])
        expect(desk.locator(".face__picture")).to_have_count(1)
        expect(page.locator(".gate__own--on image")).to_have_count(1)
        page.wait_for_function(
            "async () => (await fetch(document.querySelector('.gate__own image').getAttribute('href'))).ok"
        )  # the kiosk may see it
        desk.locator(".upload__file").set_input_files([{"name": "坏的.jpg", "mimeType": "image/jpeg", "buffer": b"not a picture"}])
        expect(desk.locator(".problem--floating")).to_contain_text("坏的.jpg")
        photograph(desk, "desk-welcome-screen")
        photograph(page, "attract-own")

        # its own settings, its state, its picture
        with database.reading() as s:
            device = devices.who(s, key)
        assert device is not None
        desk.goto(f"{server.url}/desk/devices?open={device.device_id}")
        desk.get_by_role("button", name="改设置").click()
        desk.locator(".dialog .q-select").nth(1).click()
        desk.locator(".q-menu .q-item").filter(has_text="English、简体、繁體").click()
        desk.locator(".dialog").get_by_role("button", name="存好").click()
        expect(page.locator(".kiosk__foot .lang button").first).to_have_attribute("lang", "en")
        desk.get_by_role("button", name="现在看一眼").click()
        expect(desk.locator(".screenshot--kiosk img")).to_have_attribute("src", re.compile("^data:image/webp;base64,"), timeout=20_000)
        photograph(desk, "desk-kiosk")

        # while somebody stands there every word is a bar: two names of one length make one and the same picture
        seen = []
        for name in ("WANGMIN", "LIUYANG"):
            press(page, "我来访")
            type_in(page, name)
            page.evaluate("async () => document.fonts.ready")
            seen.append(_drawn(page))
            press(page, "返回")
            asks(page, "欢迎来访")
        assert seen[0] == seen[1]
        scan(page, invite(live_office)["code"])
        expect(page.locator('.kiosk__body[data-step="greeting"]')).to_be_visible()
        assert "李文博" not in base64.b64decode(_drawn(page).split(",")[1]).decode("latin-1")
        desk.get_by_role("button", name="重新载入").click()
        page.wait_for_timeout(1500)  # a look each second: not over somebody's entry
        expect(page.locator('.kiosk__body[data-step="greeting"]')).to_be_visible()
        with page.expect_navigation():
            press(page, "不是我")
    desk.context.close()


def _drawn(page: Page) -> str:
    """The picture the kiosk draws of itself when it is asked."""
    with page.expect_request("**/api/v1/devices/report") as sent:
        page.evaluate(
            "() => window.socket.listeners('foyer_kiosk').forEach((heard) => heard({ device: window.foyer.page.device, act: 'look' }))"
        )
    said = sent.value.post_data_json
    assert said["shown"]["pictured"] and said["picture"].startswith("data:image/webp")
    return str(said["picture"])
