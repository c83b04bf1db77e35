"""The API in this process, without a socket: an app on the test office's database and a client that may be signed in."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.testclient import TestClient

from core.foundation import clock
from core.mechanisms import people, views
from core.mechanisms.operations import SYSTEM, Actor, perform_now
from mobile import api, attachments, bundle

_token_numbers = iter(range(10_000))


def client_of(actor: Actor | None = None) -> TestClient:
    """A client, signed in as `actor`."""
    app = FastAPI()
    app.mount("/api", api.build([attachments.router, bundle.router], views.collections().values()))
    client = TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False, follow_redirects=False)
    if actor is not None:
        token = f"a-token-for-tests-{next(_token_numbers)}"
        opened = people.OpenSession(
            person_id=actor.person_id,
            token_hash=people.token_hash(token),
            expires_at=clock.now() + people.DESK_SESSION,
            device_id=actor.device_id,
        )
        assert perform_now(opened, by=SYSTEM).ok
        client.headers["Authorization"] = f"Bearer {token}"
    return client
