"""Lamps beside the doors: told over HTTP and over a real MQTT broker when a room changes (issue: Rooms and door screens)."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from core.foundation import clock
from core.mechanisms import office as offices
from core.sections import bookings, rooms
from core.sections.bookings import lights
from tests.cast import Office
from tests.live import free_port
from tests.rooms.doors import moment, set_up_rooms

MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin:/opt/homebrew/sbin")


def until(true: Callable[[], Any], within_s: float = 20) -> None:
    """Wait for another program."""
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        threading.Event().wait(0.05)


@pytest.fixture
def house(office: Office) -> Iterator[Office]:
    set_up_rooms(office)
    yield office
    bookings.stop_lights()


class Lamp(HTTPServer):
    """A lamp controller that notes what it is told; `broken` answers 503."""

    def __init__(self) -> None:
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.broken = False
        super().__init__(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        lamp = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if not lamp.broken:
                    lamp.told.append((self.path, body))
                self.send_response(503 if lamp.broken else 204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


@pytest.fixture
def lamp() -> Iterator[Lamp]:
    running = Lamp()
    yield running
    running.shutdown()
    running.server_close()


def test_a_lamp_is_told_each_change_once_and_again_when_it_did_not_answer(house: Office, lamp: Lamp) -> None:
    house.do(offices.UpdateSetting(key="light.url", value=f"http://127.0.0.1:{lamp.server_port}/rooms/{{room}}?s={{state}}"), house.ada)
    assert bookings.tell_lights(clock.now()) == 3
    assert sorted(path for path, _ in lamp.told) == ["/rooms/301?s=free", "/rooms/302?s=free", "/rooms/305?s=free"]
    assert bookings.tell_lights(clock.now()) == 0
    lamp.broken = True
    house.do(bookings.CreateBooking(room_id=house.places["301"], starts_at=clock.now(), ends_at=moment(9, 30), title="裁员方案"), house.mei)
    house.do(bookings.CheckIn(booking_id=house.read(bookings.mine, house.mei.person_id, clock.now())[0].id), house.mei)
    assert bookings.tell_lights(clock.now()) == 0 and len(lamp.told) == 3
    lamp.broken = False
    assert bookings.tell_lights(clock.now()) == 0  # not at once: a dead lamp must not cost three seconds at every beat
    assert bookings.tell_lights(house.later(seconds=31)) == 1
    path, facts = lamp.told[-1]
    assert (
        path == "/rooms/301?s=busy"
        and (facts["state"], facts["colour"]) == ("busy", "red")
        and "裁员" not in json.dumps(facts, ensure_ascii=False)
    )


def test_the_lamp_of_a_room_that_never_closes_hears_nothing_while_nothing_changes(house: Office) -> None:
    house.do(rooms.SetUpRoom(room_id=house.places["305"], opens_minute=0, closes_minute=24 * 60), house.bo)

    def told(at: datetime) -> dict[str, object]:
        return next(lights.facts_of(room) for room in house.read(bookings.rooms_now, at) if room.id == house.places["305"])

    assert told(moment(9)) == told(moment(9, 1)) and told(moment(9))["until"] is None


@pytest.mark.proves("SEC 31")
@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/{room}", "ftp://lamp/{room}", "http://[fe80::1]/", "http://224.0.0.1/", "not an address"]
)
def test_no_lamp_lives_at_such_an_address_and_nothing_breaks(house: Office, url: str) -> None:
    house.do(offices.UpdateSetting(key="light.url", value=url), house.ada)
    assert bookings.tell_lights(clock.now()) == 0


@pytest.mark.skipif(MOSQUITTO is None, reason="no mosquitto on this machine: the MQTT broker test is skipped")
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=False)
def test_a_real_broker_keeps_each_room_s_state_and_hears_when_we_are_gone(house: Office, tmp_path: Path, database_kind: str) -> None:
    port = free_port()
    config = tmp_path / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n", "utf-8")

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen([str(MOSQUITTO), "-c", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    broker = start()
    heard: dict[str, str] = {}
    ear = mqtt.Client(CallbackAPIVersion.VERSION2)
    ear.on_connect = lambda client, *_: client.subscribe("foyer/#", qos=1)
    ear.on_message = lambda _client, _data, message: heard.__setitem__(message.topic, message.payload.decode())
    ear.reconnect_delay_set(1, 1)
    try:
        house.do(offices.UpdateSetting(key="light.mqtt", value=f"mqtt://127.0.0.1:{port}"), house.ada)
        ear.connect_async("127.0.0.1", port)
        ear.loop_start()
        until(lambda: bookings.tell_lights(clock.now()) == 3)
        until(lambda: len(heard) == 4)
        assert heard["foyer/rooms/status"] == "online" and json.loads(heard["foyer/rooms/301"])["state"] == "free"
        house.do(bookings.CreateBooking(room_id=house.places["301"], starts_at=clock.now(), ends_at=moment(9, 30)), house.mei)
        bookings.tell_lights(clock.now())
        until(lambda: json.loads(heard["foyer/rooms/301"])["state"] == "held")
        heard.clear()
        broker.terminate()
        broker.wait(10)
        broker = start()  # it lost its memory: everything is told anew
        until(lambda: bookings.tell_lights(clock.now()) or len(heard) >= 4)
        until(lambda: json.loads(heard.get("foyer/rooms/301", "{}")).get("state") == "held")
        bookings.stop_lights()
        until(lambda: heard.get("foyer/rooms/status") == "offline")
    finally:
        ear.loop_stop()
        broker.terminate()
        broker.wait(10)
