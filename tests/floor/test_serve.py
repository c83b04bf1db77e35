"""How the floor app is served: strict headers, small transfers, a worker that knows every file by its content."""

from __future__ import annotations

import hashlib
import json
import re

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from core.foundation import i18n
from core.mechanisms import operations
from main import include_core
from mobile.floor import theme, vendor
from mobile.floor.serve import REFUSALS, SENTENCES, STATIC, THEME, Floor, mount


@pytest.fixture(scope="module")
def floor() -> Floor:
    return Floor()


@pytest.fixture(scope="module")
def client(floor: Floor) -> TestClient:
    app = FastAPI()
    mount(app, floor)
    return TestClient(app)


@pytest.mark.proves("X2")
def test_the_app_s_policy_lets_nothing_in_from_elsewhere_and_no_inline_code(client: TestClient) -> None:
    policy = client.get("/m/").headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "script-src 'self' 'wasm-unsafe-eval'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-inline" not in policy and "'unsafe-eval'" not in policy and "http" not in policy


def test_the_pages_hold_no_inline_style_script_or_handler() -> None:
    for path in [STATIC / "index.html", *STATIC.glob("*.js"), *(STATIC / "screens").glob("*.js")]:
        text = path.read_text("utf-8")
        assert not re.search(r'\sstyle="', text), path.name
        assert not re.search(r"<script(?![^>]*src=)", text), path.name
        assert not re.search(r'\son[a-z]+="', text), path.name
        assert "innerHTML" not in text, path.name


def test_no_sentence_stands_in_the_app_s_code_outside_the_catalogues() -> None:
    for path in [*STATIC.glob("*.js"), *(STATIC / "screens").glob("*.js")]:
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if path.name == "words.js" or "cannot use this browser" in line or line.lstrip().startswith(("/**", "*")):
                continue
            assert not re.search(r"[\u4e00-\u9fff]{2}", line.split("//")[0]), f"{path.name}:{number}: {line.strip()}"


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_every_sentence_the_app_asks_for_exists_in(client: TestClient, language: str) -> None:
    sentences = client.get(f"/m/i18n/{language}.json").json()
    used: set[str] = set()
    for path in [*STATIC.glob("*.js"), *(STATIC / "screens").glob("*.js")]:
        used |= set(re.findall(r"""['"`](m\.[a-z_0-9]+)['"`]""", path.read_text("utf-8")))
    assert used - set(sentences) == set()
    assert set(REFUSALS) <= set(sentences)


def test_what_the_phone_s_own_records_may_be_refused_for_is_said_in_its_language_and_no_word_of_the_desk_travels(floor: Floor) -> None:
    include_core()
    scripts = "".join(path.read_text("utf-8") for path in STATIC.rglob("*.js"))
    known = i18n.catalogue("en")
    declared = {
        code
        for kind, spec in operations.kinds().items()
        if spec.offline and f"'{kind}'" in scripts
        for code in re.findall(r"\b[a-z_]+\.[a-z_]+\b", (spec.run.__doc__ or "").partition("Refuses")[2])
        if code in known
    }
    assert declared and {code for code in declared if code not in REFUSALS and not code.startswith(SENTENCES)} == set()
    assert not any(
        key.startswith(("asset.field", "stocktake.foot", "supply.order_")) for key in json.loads(floor.files["i18n/en.json"].data)
    )


def test_the_phone_gets_every_rule_of_the_theme_that_it_can_use_and_no_other_screen_s(floor: Floor) -> None:
    sent = floor.files["foyer.css"].data.decode()
    for mine in (":root", ".button--main", ".chip--on", ".mark--free", ".phone__foot", "@media", "@keyframes"):
        assert mine in sent, mine
    for other in (".kiosk__form", ".q-field", ".door__"):
        assert other in THEME.read_text("utf-8") and other not in sent, other
    small = ".a, .b:is(.c, .d) { x: 1; } .e .a { y: 2 } @media (w) { .e { z: 1 } .a:not(.e) { q: 1 } } @import u; .m--on.a { m: 1 }"
    assert theme.for_phone(small, ["a b m--${x}"]).split("\n")[:-1] == [
        ".a,.b:is(.c, .d) {x: 1;}", "@media (w) { .a:not(.e) {q: 1} }", "@import u;", ".m--on.a {m: 1}",
    ]  # fmt: skip


def test_the_worker_lists_every_file_with_the_hash_of_what_is_served(client: TestClient, floor: Floor) -> None:
    worker = client.get("/m/sw.js")
    assert worker.headers["content-type"].startswith("text/javascript")
    listed = json.loads(re.search(r"const FILES = (\{.*?\n\});", worker.text, re.S)[1])  # type: ignore[index]
    assert set(listed) == {"./" if name == "index.html" else name for name in floor.files if name != "sw.js"}
    for name, sha in listed.items():
        assert hashlib.sha256(client.get(f"/m/{name.removeprefix('./')}").content).hexdigest() == sha, name
    assert not any("api" in name for name in listed)


def test_one_changed_file_is_a_new_version_and_only_that_file_changes() -> None:
    old, new = Floor(), Floor(extra={"floor.css": b"body{}"})
    assert old.version != new.version
    assert {name for name in old.files if old.files[name].sha256 != new.files[name].sha256} == {"floor.css", "sw.js"}


def test_what_the_browser_has_is_not_sent_again_and_text_travels_packed(client: TestClient, floor: Floor) -> None:
    first = client.get("/m/app.js", headers={"Accept-Encoding": "gzip"})
    assert first.headers["content-encoding"] == "gzip"
    assert client.get("/m/app.js", headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    start = sum(
        len(file.zipped or file.data) for name, file in floor.files.items() if not name.startswith(("vendor/zxing", "icons/", "i18n/"))
    )
    one_language = max(len(floor.files[f"i18n/{language}.json"].zipped or b"") for language in i18n.LANGUAGES)
    assert start + one_language < 150_000  # bytes of the very first visit, without the decoder; later ones load nothing at all


@pytest.mark.parametrize(
    "path", ["/m/../../pyproject.toml", "/m/..%2f..%2fpyproject.toml", "/m/%2e%2e/serve.py", "/m/nothing.js", "/m/vendor/"]
)
def test_only_the_app_s_own_files_are_served(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_the_app_can_be_put_on_the_home_screen(client: TestClient) -> None:
    manifest = client.get("/m/manifest.webmanifest")
    assert manifest.headers["content-type"].startswith("application/manifest+json")
    found = manifest.json()
    assert (found["start_url"], found["scope"], found["display"]) == ("./", "./", "standalone")
    assert {(icon["sizes"], icon.get("purpose", "any")) for icon in found["icons"]} >= {
        ("192x192", "any"),
        ("512x512", "any"),
        ("512x512", "maskable"),
    }
    for icon in found["icons"]:
        assert client.get(f"/m/{icon['src']}").content.startswith(b"\x89PNG")


def test_m_without_its_slash_leads_to_the_app(client: TestClient) -> None:
    answer = client.get("/m", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (308, "/m/")


@pytest.mark.proves("T23")
def test_the_vendored_libraries_are_the_pinned_ones_with_their_licences() -> None:
    assert vendor.wrong_files() == []
    for package in vendor.PACKAGES:
        assert any(name.endswith(".LICENSE") for name in package.files)


@pytest.mark.proves("T28")
def test_scanning_inspecting_and_photos_need_no_live_server_page(floor: Floor) -> None:
    """The phone app is files: nothing of it comes from NiceGUI, opens a socket, or lies outside what is served and kept for no network."""
    texts = {
        path.relative_to(STATIC).as_posix(): path.read_text("utf-8")
        for path in STATIC.rglob("*")
        if path.suffix in (".js", ".html", ".css") and "vendor" not in path.parts
    }
    assert {"screens/scan.js", "screens/inspect.js", "screens/count.js", "screens/hand.js", "stills.js"} <= texts.keys()
    for name, text in texts.items():
        assert "_nicegui" not in text and "socket.io" not in text and "new WebSocket" not in text, name
    assert texts.keys() <= set(floor.files), "every file of it is served, and kept by the worker for no network"
