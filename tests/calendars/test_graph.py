"""A Microsoft 365 room mailbox and a subscribed feed. The Graph answers here are written from the published schema (event resource v1.0,
calendarView/delta, accept and decline, 410 for an expired delta token); no tenant was asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

import pytest

from core.foundation import clock
from core.mechanisms.office import UpdateSetting
from core.sections import bookings
from core.sections.bookings import calendars
from core.sections.bookings.calendars.sync import Report, sync
from tests.calendars.servers import Other, calendar, event, other, utc, vevent
from tests.cast import Office
from tests.rooms.doors import set_up_rooms
from tests.series.build import claims_in, live_bookings


class Mailbox:
    """As much of Graph as a room mailbox needs, from the published schema."""

    def __init__(self) -> None:
        self.events: dict[str, dict[str, Any]] = {}
        self.log: list[tuple[str, str]] = []
        self.answers: list[tuple[str, str, dict[str, Any]]] = []
        self.turn = 0
        self.seen: dict[str, int] = {}
        self.gone: dict[str, int] = {}
        self.expired = False
        self.broken: tuple[int, str] | None = None

    def write(self, id: str, start: str, end: str, subject: str = "评审", **more: Any) -> None:
        self.turn += 1
        self.seen[id] = self.turn
        self.events[id] = {
            "@odata.etag": f'W/"{self.turn}"', "id": id, "subject": subject, "iCalUId": f"040000008200{id}", "type": "singleInstance", "isAllDay": False,
            "isCancelled": False, "showAs": "busy", "organizer": {"emailAddress": {"name": "Gast", "address": "gast@example.org"}},
            "start": {"dateTime": f"{start}.0000000", "timeZone": "UTC"}, "end": {"dateTime": f"{end}.0000000", "timeZone": "UTC"}, **more,
        }  # fmt: skip

    def remove(self, id: str) -> None:
        self.turn += 1
        self.events.pop(id)
        self.gone[id] = self.turn

    def answer(self, request: BaseHTTPRequestHandler, body: bytes) -> tuple[int, dict[str, str], bytes]:
        parts = urlsplit(request.path)
        path, host = unquote(parts.path), f"http://{request.headers['host']}"
        self.log.append((request.command, path))
        if path.endswith("/oauth2/v2.0/token"):
            return self._json(200, {"token_type": "Bearer", "expires_in": 3599, "access_token": "fixture"})
        if request.headers["authorization"] != "Bearer fixture":
            return self._json(401, {"error": {"code": "InvalidAuthenticationToken"}})
        if self.broken is not None:
            return self.broken[0], {}, self.broken[1].encode()
        if path.endswith("/calendarView/delta"):
            return self._delta(parts.query, host, path)
        if path.endswith("/events"):
            return self._create(json.loads(body))
        id, _, verb = path.split("/events/")[1].partition("/")
        if id not in self.events:
            return self._json(404, {"error": {"code": "ErrorItemNotFound"}})
        if verb:
            self.answers.append((id, verb, json.loads(body)))
            return 202, {}, b""
        if request.command == "DELETE":
            self.remove(id)
            return 204, {}, b""
        if request.command == "PATCH":
            self.turn += 1
            self.seen[id] = self.turn
            self.events[id] |= json.loads(body) | {"@odata.etag": f'W/"{self.turn}"'}
        return self._json(200, self.events[id])

    def _delta(self, query: str, host: str, path: str) -> tuple[int, dict[str, str], bytes]:
        since = int(query.removeprefix("$deltatoken=")) if query.startswith("$deltatoken=") else 0
        if since and self.expired:
            self.expired = False
            return self._json(410, {"error": {"code": "SyncStateNotFound"}})
        value: list[dict[str, Any]] = [self.events[id] for id, turn in self.seen.items() if turn > since and id in self.events]
        if since:
            value += [{"@removed": {"reason": "deleted"}, "id": id} for id, turn in self.gone.items() if turn > since]
        return self._json(200, {"value": value, "@odata.deltaLink": f"{host}{path}?$deltatoken={self.turn or 1}"})

    def _create(self, body: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        id = f"ours-{body['transactionId']}"
        if id not in self.events:  # the same transactionId again makes nothing new
            self.write(id, body["start"]["dateTime"], body["end"]["dateTime"], body["subject"])
        return self._json(201, self.events[id])

    def _json(self, status: int, content: Any) -> tuple[int, dict[str, str], bytes]:
        return status, {"content-type": "application/json"}, json.dumps(content).encode()


@pytest.fixture
def far() -> Iterator[Other]:
    with other() as server:
        yield server


@pytest.fixture
def house(office: Office) -> Office:
    set_up_rooms(office)
    office.do(UpdateSetting(key="calendar.allowed_hosts", value="127.0.0.1"), office.ada)
    return office


def connect(office: Office, kind: str, url: str, account: str = "") -> UUID:
    do = calendars.ConnectCalendar(room_id=office.places["301"], kind=kind, url=url, account=account, password="s")  # type: ignore[arg-type]
    return UUID(office.do(do, office.ada)["source_id"])


def round_of(source: UUID) -> Report:
    clock.freeze(clock.now() + timedelta(minutes=15))
    return sync(source, clock.now())


@pytest.fixture
def mailbox(house: Office, far: Other) -> tuple[Mailbox, UUID]:
    made = Mailbox()
    far.answer = made.answer
    return made, connect(house, "graph", f"{far.url}/v1.0/users/room301@office.example", "tenant/client")


@pytest.mark.proves("V04", "V29")
def test_a_room_mailbox_accepts_what_fits_declines_what_does_not_and_shows_our_bookings(
    house: Office, mailbox: tuple[Mailbox, UUID]
) -> None:
    box, source = mailbox
    house.do(bookings.CreateBooking(room_id=house.places["301"], starts_at=utc(6), ends_at=utc(7)), house.mei)
    box.write("A", "2026-11-24T02:00:00", "2026-11-24T03:00:00")
    box.write("B", "2026-11-24T06:30:00", "2026-11-24T08:00:00")
    box.write("F", "2026-11-24T04:00:00", "2026-11-24T05:00:00", showAs="free")
    report = round_of(source)
    assert (report.problem, report.taken, report.declined, report.pushed) == ("", 1, 1, 1)
    assert {(id, verb) for id, verb, _ in box.answers} == {("A", "accept"), ("B", "decline")}
    assert any(body["comment"] for _, verb, body in box.answers if verb == "decline")
    assert [booking.starts_at for booking in live_bookings()] == [utc(2), utc(6)]
    assert sum(id.startswith("ours-") for id in box.events) == 1
    for _ in range(2):
        round_of(source)
    assert len(live_bookings()) == 2 and sum(id.startswith("ours-") for id in box.events) == 1 and len(box.answers) == 2


@pytest.mark.proves("V23")
def test_an_expired_delta_token_means_reading_again_and_never_a_free_room(house: Office, mailbox: tuple[Mailbox, UUID]) -> None:
    box, source = mailbox
    box.write("A", "2026-11-24T02:00:00", "2026-11-24T03:00:00")
    box.write("C", "2026-11-25T02:00:00", "2026-11-25T03:00:00")
    assert round_of(source).taken == 2
    box.expired = True
    assert round_of(source).problem == "" and claims_in(house) == 2
    box.remove("A")
    assert round_of(source).gone == 1 and claims_in(house) == 1
    for status, body in ((500, ""), (200, "{}"), (200, "not json"), (200, '{"value": []}'), (429, "{}"), (401, "{}")):
        box.broken = (status, body)
        report = round_of(source)
        assert report.problem and report.gone == 0 and claims_in(house) == 1, (status, body)
    box.broken = (200, json.dumps({"value": [], "@odata.nextLink": "http://169.254.169.254/steal"}))
    assert round_of(source).problem == "calendar.answered_badly"  # our bearer goes nowhere else


# ── a feed ──


@pytest.mark.proves("V23", "V12", "V27")
def test_a_feed_is_followed_moves_what_it_moves_and_a_broken_one_frees_nothing(house: Office, far: Other) -> None:
    text = {
        "now": calendar(
            *vevent("a@x", "DTSTART:20261124T020000Z", "DTEND:20261124T030000Z", "SUMMARY:甲"),
            *vevent("b@x", "DTSTART:20261124T040000Z", "DTEND:20261124T050000Z"),
        )
    }
    far.answer = lambda _request, _body: (200, {"content-type": "text/calendar"}, text["now"].encode())
    source = connect(house, "feed", f"{far.url}/team.ics")
    assert round_of(source).taken == 2
    assert round_of(source) == Report() and len(live_bookings()) == 2
    text["now"] = text["now"].replace("20261124T020000Z", "20261124T060000Z").replace("20261124T030000Z", "20261124T070000Z")
    assert round_of(source).taken == 1 and [booking.starts_at for booking in live_bookings()] == [utc(4), utc(6)]
    whole = text["now"]
    for broken in ("", "<html>", whole[:200], calendar()):
        text["now"] = broken
        report = round_of(source)
        assert report.problem and report.gone == 0 and len(live_bookings()) == 2, broken
        assert (report.problem == "calendar.other_answer") == (broken == "<html>")  # a sign-in page is no half answer
    text["now"] = event("b@x", "20261124T040000", "20261124T050000")
    assert round_of(source).gone == 1 and [booking.starts_at for booking in live_bookings()] == [utc(4)]


def test_what_a_feed_could_not_have_it_gets_when_the_room_becomes_free(house: Office, far: Other) -> None:
    made = house.do(bookings.CreateBooking(room_id=house.places["301"], starts_at=utc(2), ends_at=utc(3)), house.mei)
    text = event("a@x", "20261124T020000", "20261124T030000")
    far.answer = lambda _request, _body: (200, {}, text.encode())
    source = connect(house, "feed", f"{far.url}/team.ics")
    assert round_of(source).declined == 1
    (missed,) = house.read(calendars.declined, source, clock.now())
    assert missed.reason == "booking.clash"
    assert round_of(source) == Report()
    house.do(bookings.CancelBooking(booking_id=made["id"]), house.mei)
    round_of(source)
    assert [booking.via for booking in live_bookings()] == ["calendar"]


@pytest.mark.parametrize("size", [6_000_000])
def test_a_feed_that_never_ends_is_given_up(house: Office, far: Other, size: int) -> None:
    far.answer = lambda _request, _body: (200, {}, b"x" * size)
    assert round_of(connect(house, "feed", f"{far.url}/team.ics")).problem == "reach.too_long"
