"""What a caller may say of where they are: nothing. Behind a proxy on the same machine nobody is at the machine (SEC 27)."""

from __future__ import annotations

import httpx
import pytest

from tests.cast import Office
from tests.live import Server

CLAIMS = [
    {"X-Forwarded-For": "127.0.0.1"},
    {"Forwarded": "for=127.0.0.1;host=localhost"},
    {"X-Real-IP": "127.0.0.1"},
    {"X-Forwarded-Host": "office.example", "X-Forwarded-Prefix": "/desk", "X-Forwarded-Proto": "https"},
]


@pytest.mark.proves("SEC 27")
def test_figures_are_for_this_machine_and_no_header_makes_one_local(live_office: Office, server: Server) -> None:
    assert httpx.get(server.url + "/metrics").status_code == 200
    for claim in CLAIMS:
        assert httpx.get(server.url + "/metrics", headers=claim).status_code == 403, claim
        with server.client("mei") as staff:
            assert staff.get("/metrics", headers=claim).status_code == 403
        answer = httpx.get(server.url + "/desk", headers=claim, follow_redirects=False)
        assert "office.example" not in answer.headers.get("location", "") + answer.text


def test_the_log_of_a_server_that_was_stopped_holds_no_trace_of_a_fault(live_office: Office, server: Server) -> None:
    server.client("mei").close()
    server.stop()
    assert "Traceback" not in server.log.read_text("utf-8", "replace")
