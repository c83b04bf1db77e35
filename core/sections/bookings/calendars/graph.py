"""A Microsoft 365 room mailbox (Microsoft Graph v1.0, event resource, `calendarView/delta`; pitfall V23).

Written from the published schema; not run against a tenant of ours. The address of the source is `https://graph.microsoft.com/v1.0/users/MAILBOX`
(or the national cloud's), its account `TENANT/CLIENT`, its secret the client's secret. An expired delta token (410) means reading all again,
never that the room is free. Graph expands rules itself, so every occurrence comes as an event of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit
from zoneinfo import ZoneInfo

from core.sections.bookings.calendars.ics import LONGEST, Event, Reading, Unreadable
from core.sections.bookings.calendars.remote import Changed, Changes, Ours, RemoteError, Reply, asked, said

SIGN_IN = {
    "graph.microsoft.com": "https://login.microsoftonline.com",
    "graph.microsoft.us": "https://login.microsoftonline.us",
    "microsoftgraph.chinacloudapi.cn": "https://login.chinacloudapi.cn",
}
MOST_PAGES = 100
_FIELDS = "subject,start,end,isAllDay,isCancelled,showAs,organizer,iCalUId,type,isOrganizer"


class Graph:
    """One room mailbox."""

    def __init__(
        self, url: str, *, account: str, password: str, allowed: Sequence[str], zone: ZoneInfo, since: datetime, until: datetime
    ) -> None:  # fmt: skip
        self._url, self._allowed = url.rstrip("/"), allowed
        self._tenant, _, self._client = account.partition("/")
        self._secret = password
        self._since, self._until = since, until
        self._bearer = ""

    def changes(self, token: str) -> Changes:
        try:
            return self._changes(token)
        except _Expired:
            return self._changes("")  # reading all again; what is missing then is really gone

    def read(self, hrefs: Sequence[str]) -> Mapping[str, tuple[str, Reading]]:
        found: dict[str, tuple[str, Reading]] = {}
        for href in hrefs:
            status, item = self._call("GET", self._event(href))
            if status == 200:
                found[href] = (str(item.get("@odata.etag", "")), _reading(item))
        return found

    def answer(self, href: str, etag: str, replies: Sequence[Reply]) -> str:
        reply = replies[0]
        verb = {"accepted": "accept", "tentative": "tentativelyAccept", "declined": "decline"}[reply.word]
        status, _ = self._call("POST", f"{self._event(href)}/{verb}", {"comment": reply.comment, "sendResponse": True})
        if status not in (200, 202, 204, 400):  # 400: the room's own event, there is nobody to answer
            raise RemoteError(*said(status))
        status, item = self._call("GET", f"{self._event(href)}?$select=id")
        return str(item.get("@odata.etag", etag)) if status == 200 else etag  # a declined event leaves the mailbox

    def put(self, ours: Ours, href: str, etag: str) -> tuple[str, str]:
        body: dict[str, Any] = {
            "subject": ours.summary,
            "start": _graph_time(ours.starts_at),
            "end": _graph_time(ours.ends_at),
            "location": {"displayName": ours.location},
            "showAs": "busy",
        }
        if href:
            status, item = self._call("PATCH", self._event(href), body, {"If-Match": etag} if etag else {})
        else:
            status, item = self._call("POST", f"{self._url}/events", body | {"transactionId": str(ours.booking_id)})
        if status == 412:
            raise Changed
        if status not in (200, 201) or not item.get("id"):
            raise RemoteError(*said(status))
        return str(item["id"]), str(item.get("@odata.etag", ""))

    def delete(self, href: str, etag: str) -> None:
        status, _ = self._call("DELETE", self._event(href), None, {"If-Match": etag} if etag else {})
        if status == 412:
            raise Changed
        if status not in (200, 204, 404, 410):
            raise RemoteError(*said(status))

    # ── speaking ──

    def _changes(self, token: str) -> Changes:
        span = {"startDateTime": _iso(self._since), "endDateTime": _iso(self._until)}
        address = token or f"{self._url}/calendarView/delta?{urlencode(span)}"
        etags: dict[str, str] = {}
        readings: dict[str, Reading] = {}
        gone: set[str] = set()
        for _ in range(MOST_PAGES):
            status, page = self._call("GET", address)
            if status == 410:
                raise _Expired
            if status != 200 or not isinstance(page.get("value"), list):
                raise RemoteError(*said(status) if status != 200 else ("calendar.answered_badly", "value"))
            for item in page["value"]:
                key = str(item.get("id", ""))
                if "@removed" in item:
                    gone.add(key)
                elif key and item.get("type") != "seriesMaster":
                    etags[key], readings[key] = str(item.get("@odata.etag", "")), _reading(item)
            if delta := page.get("@odata.deltaLink"):
                return Changes(self._mine(str(delta)), full=not token, etags=etags, gone=frozenset(gone), readings=readings)
            if not page.get("@odata.nextLink"):
                raise RemoteError("calendar.cut_off", "no deltaLink")
            address = self._mine(str(page["@odata.nextLink"]))
        raise RemoteError("calendar.too_many")

    def _mine(self, address: str) -> str:
        """A link of an answer, which must lead to the same host: our bearer goes nowhere else."""
        if urlsplit(address)[:2] != urlsplit(self._url)[:2]:
            raise RemoteError("calendar.answered_badly", "foreign link")
        return address

    def _event(self, href: str) -> str:
        return f"{self._url}/events/{quote(href, safe='')}"

    def _call(self, method: str, address: str, body: Any = None, headers: Mapping[str, str] | None = None) -> tuple[int, dict[str, Any]]:
        self._bearer = self._bearer or self._sign_in()
        sent = {
            "Authorization": f"Bearer {self._bearer}",
            "Accept": "application/json",
            "Prefer": 'outlook.timezone="UTC", odata.maxpagesize=100',
            **({"Content-Type": "application/json"} if body is not None else {}),
            **(headers or {}),
        }
        answer = asked(
            method, address, allowed=self._allowed, headers=sent, content=json.dumps(body).encode() if body is not None else None
        )
        return answer.status, _json(answer.text)

    def _sign_in(self) -> str:
        parts = urlsplit(self._url)
        base = SIGN_IN.get(parts.hostname or "", f"{parts.scheme}://{parts.netloc}")
        form = {
            "client_id": self._client,
            "client_secret": self._secret,
            "grant_type": "client_credentials",
            "scope": f"{parts.scheme}://{parts.netloc}/.default",
        }
        answer = asked(
            "POST", f"{base}/{quote(self._tenant, safe='')}/oauth2/v2.0/token", allowed=self._allowed,
            headers={"Content-Type": "application/x-www-form-urlencoded"}, content=urlencode(form).encode(),
        )  # fmt: skip
        token = _json(answer.text).get("access_token")
        if answer.status != 200 or not isinstance(token, str):
            raise RemoteError("calendar.sign_in_refused", str(answer.status))
        return token


class _Expired(Exception):
    """The delta token is too old."""


def _reading(item: Mapping[str, Any]) -> Reading:
    """One Graph event as a reading. What lacks its times is unreadable, never absent."""
    uid = str(item.get("iCalUId") or item.get("id") or "")[:255]
    try:
        starts_at, ends_at = _moment(item["start"]), _moment(item["end"])
        if not starts_at < ends_at or ends_at - starts_at > LONGEST:
            raise ValueError(item)
        mailbox = (item.get("organizer") or {}).get("emailAddress") or {}
        event = Event(
            uid, "", starts_at, ends_at, _plain(item.get("subject"), 120), _plain(mailbox.get("address"), 254).lower(), _plain(mailbox.get("name"), 80), 0,
            bool(item.get("isCancelled")), item.get("showAs") not in ("free", "workingElsewhere"), bool(item.get("isAllDay")),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError):
        return Reading((), (Unreadable(uid, _plain(item.get("subject"), 120), "calendar.event_unreadable"),), frozenset({uid}))
    return Reading((event,), (), frozenset({uid}))


def _moment(value: Mapping[str, str]) -> datetime:
    """`{"dateTime": "2026-11-30T02:00:00.0000000", "timeZone": "UTC"}`: we asked for UTC; another IANA zone is understood too."""
    moment = datetime.fromisoformat(value["dateTime"][:26])
    zone = UTC if value.get("timeZone", "UTC") in ("UTC", "Etc/UTC") else ZoneInfo(value["timeZone"])
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def _graph_time(moment: datetime) -> dict[str, str]:
    return {"dateTime": f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}", "timeZone": "UTC"}


def _iso(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _plain(value: Any, limit: int) -> str:
    return "".join(sign for sign in str(value or "") if sign.isprintable()).strip()[:limit]


def _json(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
