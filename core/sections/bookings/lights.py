"""Status lights beside the doors: told by HTTP or MQTT when a room's state changes (look.md §2, the same states as everywhere).

A web address is called once a room and change, `{room}` and `{state}` in it filled in, with the same facts as JSON. An MQTT broker gets one
retained message a room, so that a light that starts later knows at once, and `…/status` says `offline` by the broker's own hand when this
server is gone: a light must not stay green then. What could not be told is tried again; lights never hold up a booking."""

from __future__ import annotations

import ipaddress
import json
import logging
import socket
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import httpx
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from core.foundation import database
from core.foundation.jobs import job
from core.mechanisms import office
from core.mechanisms.operations import as_json
from core.sections.bookings.plans import RoomNow, rooms_now

log = logging.getLogger("foyer.lights")

COLOURS = {"free": "green", "soon": "yellow", "held": "blue", "busy": "red", "shut": "off"}
TIMEOUT_S = 3.0
AT_ONCE = 8
AGAIN_AFTER = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where the office wants its lights told."""

    url: str
    broker: str
    topic: str


@dataclass(slots=True)
class _Told:
    state: str = ""
    again_at: datetime | None = None


_by_http: dict[str, _Told] = {}
_broker: Broker | None = None


@job(every_s=2)
def tell_lights(at: datetime) -> int:
    """Tell each light what changed since it was last told. Returns how many messages went out; without an address nothing happens."""
    global _broker
    with database.reading() as s:
        wanted = Wanted(*map(str, office.several(s, "light.url", "light.mqtt", "light.topic")))
        info = office.info(s) if wanted.url else None
        rooms = rooms_now(s, at) if wanted.url or wanted.broker else []
    if _broker is not None and _broker.wanted != wanted:
        _broker.stop()
        _broker = None
    if not wanted.url:
        _by_http.clear()
    here_allowed = info is not None and info.kind != "office"
    sent = _tell_http(wanted.url, rooms, at, here_allowed) if wanted.url else 0
    if wanted.broker:
        if _broker is None:
            _broker = Broker(wanted)
        sent += _broker.tell(rooms)
    return sent


def stop_lights() -> None:
    """Say goodbye to the broker; main.py calls it when the server ends."""
    global _broker
    if _broker is not None:
        _broker.stop()
    _broker = None
    _by_http.clear()


def facts_of(room: RoomNow) -> dict[str, Any]:
    """What a light is told: the room, its state, a colour for simple lamps, and until when. No title, no name."""
    return {
        "room": room.short_name or room.name, "id": str(room.id), "state": room.shown, "colour": COLOURS.get(room.shown, "off"),
        "until": as_json(room.until),
    }  # fmt: skip


# ── HTTP ──


def _tell_http(url: str, rooms: list[RoomNow], at: datetime, here_allowed: bool) -> int:
    due = []
    for room in rooms:
        told = _by_http.setdefault(f"{url}\n{room.id}", _Told())
        if told.state != room.shown and (told.again_at is None or at >= told.again_at or told.again_at - at > AGAIN_AFTER):
            due.append((room, told))
    if not due:
        return 0

    def one(pair: tuple[RoomNow, _Told]) -> bool:
        room, told = pair
        ok = _call(url, facts_of(room), here_allowed)
        told.state, told.again_at = (room.shown, None) if ok else (told.state, at + AGAIN_AFTER)
        return ok

    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="foyer-light") as threads:
        return sum(threads.map(one, due))


def _call(url: str, facts: Mapping[str, Any], here_allowed: bool) -> bool:
    address = url.replace("{room}", quote(str(facts["room"]), safe="")).replace("{state}", quote(str(facts["state"]), safe=""))
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return False
    try:
        pinned = _pinned(parts.hostname, parts.port or (443 if parts.scheme == "https" else 80), here_allowed)
        netloc = f"{parts.username}:{parts.password}@" if parts.username else ""
        target = parts._replace(netloc=f"{netloc}{pinned}").geturl()
        with httpx.Client(follow_redirects=False, trust_env=False, timeout=TIMEOUT_S) as client:
            answer = client.post(
                target, json=dict(facts), headers={"Host": parts.netloc.rpartition("@")[2], "User-Agent": "Foyer"},
                extensions={"sni_hostname": parts.hostname},
            )  # fmt: skip
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, UnicodeError) as error:
        log.warning("a light could not be told: %s", type(error).__name__)
        return False
    if not answer.is_success:
        log.warning("a light refused: %s", answer.status_code)
    return answer.is_success


def _pinned(host: str, port: int, here_allowed: bool) -> str:
    """The address to speak to. Lights hang in the office's own network, so private ranges are good; this machine and link-local ones are not."""
    address = str(
        sorted({str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}, key=lambda a: (":" in a, a))[0]
    )
    ip = ipaddress.ip_address(address.split("%")[0])
    ip = getattr(ip, "ipv4_mapped", None) or ip
    if ip.is_link_local or ip.is_multicast or ip.is_unspecified or (ip.is_loopback and not here_allowed):
        raise ValueError("not an address of a light")
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


# ── MQTT ──


class Broker:
    """One connection that mends itself; states are told anew after each connect."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self._told: dict[str, str] = {}
        self._lock = threading.Lock()
        self._up = False
        parts = urlsplit(wanted.broker)
        self.good = parts.scheme in ("mqtt", "mqtts") and bool(parts.hostname) and "{room}" in wanted.topic
        self.status = f"{wanted.topic.split('{room}')[0].rstrip('/')}/status"
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="", protocol=mqtt.MQTTv311)
        if not self.good or not parts.hostname:
            log.warning("the status lights' broker address can not be used")
            return
        if parts.username:
            self._client.username_pw_set(unquote(parts.username), unquote(parts.password or ""))
        if parts.scheme == "mqtts":
            self._client.tls_set()
        self._client.will_set(self.status, "offline", qos=1, retain=True)
        self._client.on_connect = self._connected
        self._client.on_disconnect = self._disconnected
        self._client.reconnect_delay_set(1, 30)
        self._client.connect_async(parts.hostname, parts.port or (8883 if parts.scheme == "mqtts" else 1883), keepalive=20)
        self._client.loop_start()

    def tell(self, rooms: list[RoomNow]) -> int:
        """Publish what changed, retained."""
        if not self.good or not self._up:
            return 0
        sent = 0
        with self._lock:
            for room in rooms:
                body = json.dumps(facts_of(room), ensure_ascii=False, separators=(",", ":"))
                if self._told.get(str(room.id)) == body:
                    continue
                topic = self.wanted.topic.replace("{room}", _level(room.short_name or str(room.id)))
                if self._client.publish(topic, body, qos=1, retain=True).rc == mqtt.MQTT_ERR_SUCCESS:
                    self._told[str(room.id)] = body
                    sent += 1
        return sent

    def stop(self) -> None:
        if not self.good:
            return
        if self._up:
            self._client.publish(self.status, "offline", qos=1, retain=True).wait_for_publish(2)
        self._client.disconnect()
        self._client.loop_stop()

    def _connected(self, client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            log.warning("the status lights' broker refused: %s", reason)
            return
        with self._lock:
            self._told.clear()
        client.publish(self.status, "online", qos=1, retain=True)
        self._up = True

    def _disconnected(self, *_: Any) -> None:
        self._up = False


def _level(name: str) -> str:
    """A room's name as one level of a topic: no separators, no wildcards."""
    return "".join("-" if sign in "/+#\x00" or sign.isspace() else sign for sign in name)
