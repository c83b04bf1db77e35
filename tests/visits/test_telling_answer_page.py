"""The page behind a one-time link: looking never acts, acting works once, and a stranger learns nothing (issue 5; security.md)."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select
from sqlmodel import col

from core.foundation import clock, database, vault
from core.mechanisms import links
from core.mechanisms.links import OneTimeLink
from core.sections import visits
from tests.cast import Office
from tests.live import Server, serving
from tests.visits.build import kiosk, walk_in

SECRET = b"a test office's secret key, 32 b"


def address(person_id: object) -> str:
    """The newest link of this person, as the server would mail it."""
    vault.use_secret(SECRET)
    with database.reading() as s:
        query = select(OneTimeLink).where(col(OneTimeLink.person_id) == person_id, col(OneTimeLink.used_at).is_(None))
        link = s.execute(query).scalars().first()
    assert link is not None
    return links.url(link.id)[links.url(link.id).index("/answer/") :]


def said(office: Office) -> str:
    (line,) = office.read(visits.waiting, clock.now())
    return str(line.told.said)


@pytest.mark.proves("Front desk 7")
def test_the_page_acts_once_on_a_button_and_never_on_a_look(office: Office, tmp_path: Path) -> None:
    vault.use_secret(SECRET)
    walk_in(office, kiosk(office), company="江城建设集团", phone="13800001234")
    path = address(office.mei.person_id)
    with (
        serving(str(database.engine().url.render_as_string(hide_password=False)), tmp_path, at=clock.now()) as server,
        httpx.Client(base_url=server.url) as client,
    ):
        for method in ("GET", "HEAD", "GET", "OPTIONS"):
            client.request(method, path)
        assert said(office) == ""
        page = client.get(path)
        assert page.status_code == 200 and "set-cookie" not in page.headers
        assert page.headers["cache-control"] == "no-store" and page.headers["referrer-policy"] == "same-origin"
        assert "default-src 'none'" in page.headers["content-security-policy"] and "<script" not in page.text
        for secret in ("李文博", "江城建设集团", "13800001234", "林晓梅"):
            assert secret not in page.text
        _hostile(client, path, server)
        assert said(office) == ""

        assert client.post(path, data={"choice": "up", "text_up": " "}).status_code == 409
        done = client.post(path, data={"choice": "up", "text_up": "<b>3F</b> 302"})
        assert done.status_code == 303 and done.headers["location"] == path
        assert said(office) == "up"
        again = client.post(path, data={"choice": "refuse"}, follow_redirects=True)
        assert "已经回复" in again.text and said(office) == "up"

        server.set_clock(clock.now() + timedelta(days=1))
        other = walk_in(office, kiosk(office, "二号"), name="王芳")
        late = client.get(address(office.mei.person_id))
        assert (late.status_code, "过期" in late.text, "王" in late.text) == (410, True, False), other


def _hostile(client: httpx.Client, path: str, server: Server) -> None:
    """Nothing of this acts, fails with a 5xx, or says more than that there is no such link."""
    token = path.rpartition("/")[2]
    tampered = [token[:-1] + ("0" if token[-1] != "0" else "1"), token[::-1], "0" * 32, "%00" * 30, "../" * 10, token + token, "é" * 32]
    answers = {client.post(f"/answer/{text}", data={"choice": "coming"}).status_code for text in tampered}
    assert answers <= {404, 422, 400, 405}
    pages = {re.sub(r"\s", "", client.get(f"/answer/{text}").text) for text in tampered[:3]}
    assert len(pages) == 1  # a near miss looks like any other
    for body in ({}, {"choice": ""}, {"choice": "explode"}, {"choice": "up", "text_up": "\x00"}, {"choice": "x" * 400}):
        assert client.post(path, data=body).status_code in (303, 409)
    assert client.post(path, content=b"choice=coming&x=" + b"a" * 9000).status_code == 413
    foreign = client.post(path, data={"choice": "coming"}, headers={"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403
    many = [client.get(f"/answer/{number:032x}").status_code for number in range(40)]
    assert 429 in many and client.get(path).status_code == 200  # guessing waits; the real link does not
