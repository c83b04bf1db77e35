"""What a phone sees before it trusts the office, over the plain listener and over https."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zxingcpp
from cryptography import x509
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image, ImageDraw

from core.foundation import tls
from core.foundation.i18n import LANGUAGES
from core.foundation.settings import Settings
from core.web import trust

NOW = datetime.now(UTC)
HEALTH = {"status": "ok", "version": "0.1.0", "database": "sqlite"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    found = Settings(data_dir=tmp_path, tls="local-ca", base_url="https://foyer.lan:8443", port=8443, http_port=8081)
    tls.files(found, NOW)
    return found


@pytest.fixture
def phone(settings: Settings) -> TestClient:
    return TestClient(trust.plain_app(settings, lambda: HEALTH), base_url="http://foyer.lan:8081", follow_redirects=False)


def test_the_page_explains_in_three_languages(phone: TestClient) -> None:
    pages = {language: phone.get(f"/trust?lang={language}").text for language in LANGUAGES}
    assert "下载证书" in pages["zh-Hans"] and "下載憑證" in pages["zh-Hant"] and "Download the certificate" in pages["en"]
    assert all("trust." not in re.sub(r"<style>.*?</style>", "", page, flags=re.S) for page in pages.values())
    assert "Download the certificate" in phone.get("/trust", headers={"Accept-Language": "en-GB"}).text
    assert "下载证书" in phone.get("/trust?lang=xx", headers={"Accept-Language": "de"}).text


def test_the_certificate_on_offer_is_the_offices_own(phone: TestClient, settings: Settings) -> None:
    found = tls.authority(settings)
    assert found is not None
    answer = phone.get("/trust/foyer.crt")
    assert answer.headers["content-type"] == "application/x-x509-ca-cert" and answer.content == found.der
    assert x509.load_pem_x509_certificate(phone.get("/trust/foyer.pem").content).public_bytes
    assert found.fingerprint in phone.get("/trust").text.replace("<wbr>", "")


def test_the_code_on_the_page_opens_it_on_another_phone(phone: TestClient) -> None:
    page = phone.get("/trust").text
    side = int(re.search(r'viewBox="0 0 (\d+) \1"', page)[1])  # type: ignore[index]  # the page has it, or the test fails
    picture = Image.new("L", (side * 8, side * 8), 255)
    for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", page):
        ImageDraw.Draw(picture).rectangle((int(x) * 8, int(y) * 8, int(x) * 8 + 7, int(y) * 8 + 7), fill=0)
    assert [found.text for found in zxingcpp.read_barcodes(picture)] == ["http://foyer.lan:8081/trust"]


def test_keys_are_never_served(phone: TestClient) -> None:
    for path in ["/trust/authority.key", "/trust/server.key", "/trust/../tls/authority.key", "/tls/authority.key"]:
        assert phone.get(path).status_code == 307


def test_everything_else_goes_to_https(phone: TestClient) -> None:
    answer = phone.get("/s/7K3M9QWY?from=label")
    assert answer.status_code == 307 and answer.headers["location"] == "https://foyer.lan:8443/s/7K3M9QWY?from=label"
    assert phone.get("/").headers["location"] == "https://foyer.lan:8443/"


@pytest.mark.proves("SEC 27")
@pytest.mark.parametrize("host", ["evil.example", "foyer.lan.evil.example", "127.0.0.1"])
def test_a_forged_host_sends_nobody_elsewhere(settings: Settings, host: str) -> None:
    phone = TestClient(trust.plain_app(settings, lambda: HEALTH), base_url="http://foyer.lan:8081", follow_redirects=False)
    for path in ["/desk", "//evil.example/x", "/\\evil.example", "/%0d%0aSet-Cookie:x=1"]:
        answer = phone.get(path, headers={"Host": host, "X-Forwarded-Host": "evil.example"})
        assert answer.headers["location"].startswith("https://foyer.lan:8443/")
        assert "set-cookie" not in answer.headers


def test_a_default_base_address_leads_to_the_name_the_phone_used(tmp_path: Path) -> None:
    here = Settings(data_dir=tmp_path, tls="local-ca", base_url="https://127.0.0.1:8443", host="10.9.8.7", port=8443)
    assert trust.secure_base(here, "10.9.8.7") == "https://10.9.8.7:8443"
    assert trust.secure_base(here, "evil.example") == "https://127.0.0.1:8443"
    assert trust.trust_url(here, "10.9.8.7") == "http://10.9.8.7:8081/trust"
    assert "evil" not in trust.trust_url(here, "evil.example")


def test_a_password_sent_in_the_open_is_refused_not_forwarded(phone: TestClient) -> None:
    answer = phone.post("/api/v1/session", json={"account": "mei", "password": "secret"})
    assert answer.status_code == 426 and answer.json()["code"] == "trust.use_https" and "location" not in answer.headers


def test_the_plain_listener_answers_health_questions(phone: TestClient) -> None:
    assert phone.get("/healthz").json() == HEALTH


def test_the_page_runs_no_script_and_loads_nothing(phone: TestClient) -> None:
    answer = phone.get("/trust")
    assert "<script" not in answer.text and "default-src 'none'" in answer.headers["content-security-policy"]
    assert not re.findall(r'(?:src|href)="(?!/trust|https://foyer\.lan)', answer.text)


@pytest.mark.parametrize(("mode", "says"), [("off", "FOYER_TLS"), ("files", "nothing to install")])
def test_without_an_authority_the_page_says_what_is_so(tmp_path: Path, mode: str, says: str) -> None:
    app = FastAPI()
    app.include_router(trust.router(Settings(data_dir=tmp_path, tls=mode, base_url="http://foyer.lan:8080")))
    phone = TestClient(app)
    assert says in phone.get("/trust?lang=en").text
    assert phone.get("/trust/foyer.crt").status_code == 404
