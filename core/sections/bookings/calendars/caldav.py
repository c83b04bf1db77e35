"""A CalDAV collection as a room's other face (RFC 4791; pitfalls V04, V23): etags and the collection's tag say what changed, conditional
requests never write over somebody else, and an answer that is not whole is an error.

A client books the room by writing an event into the collection; the reply stands in the event itself, as the room's PARTSTAT, and one that
is declined stops blocking time there (TRANSPARENT). Of a rule each date is answered by itself (`dates`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit
from xml.etree.ElementTree import Element  # the type only; defusedxml reads
from zoneinfo import ZoneInfo

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from core.foundation.errors import Refused
from core.sections.bookings.calendars import dates, ics
from core.sections.bookings.calendars.ics import Reading
from core.sections.bookings.calendars.remote import Changed, Changes, Ours, RemoteError, Reply, asked, said
from core.sections.bookings.feeds import event_lines, folded

DAV, CAL, CS = "{DAV:}", "{urn:ietf:params:xml:ns:caldav}", "{http://calendarserver.org/ns/}"
_PROPS = (
    '<?xml version="1.0" encoding="utf-8"?><propfind xmlns="DAV:" xmlns:CS="http://calendarserver.org/ns/"><prop>'
    "<resourcetype/><getetag/><getcontenttype/><CS:getctag/></prop></propfind>"
)
_AT_ONCE = 50


class CalDav:
    """One collection."""

    def __init__(
        self, url: str, *, account: str, password: str, allowed: Sequence[str], zone: ZoneInfo, since: datetime, until: datetime, room: str, address: str
    ) -> None:  # fmt: skip
        self._url = url if url.endswith("/") else url + "/"
        self._path = unquote(urlsplit(self._url).path)
        self._user, self._allowed = (account, password) if account else None, allowed
        self._zone, self._since, self._until = zone, since, until
        self._room, self._address = room, address

    def changes(self, token: str) -> Changes:
        tag = self._tag(self._propfind("0"))
        if tag and tag == token:
            return Changes(token, unchanged=True)
        listing = self._propfind("1")
        self._tag(listing)  # the collection itself must be in its own list, or this is no list of it
        etags: dict[str, str] = {}
        for response in listing.findall(f"{DAV}response"):
            href = self._href(response)
            etag = response.findtext(f"{DAV}propstat/{DAV}prop/{DAV}getetag", "")
            if href.rstrip("/") != self._path.rstrip("/") and response.find(f".//{DAV}resourcetype/{DAV}collection") is None:
                if not etag:
                    raise RemoteError("calendar.answered_badly", "no etag")
                etags[href] = etag
        return Changes(tag, etags=etags)

    def read(self, hrefs: Sequence[str]) -> Mapping[str, tuple[str, Reading]]:
        found: dict[str, tuple[str, Reading]] = {}
        for start in range(0, len(hrefs), _AT_ONCE):
            for href, etag, text in self._multiget(hrefs[start : start + _AT_ONCE]):
                try:
                    found[href] = (etag, self._read(text))
                except Refused:
                    found[href] = (etag, Reading((), (ics.Unreadable(href, "", "calendar.event_unreadable"),), frozenset()))
        return found

    def _read(self, text: str) -> Reading:
        reading = ics.read(text, self._zone, self._since, self._until)  # what is no calendar is refused before it is looked at closer
        asked_anew = dates.asking(text, self._address, self._zone)
        return reading if asked_anew is text else ics.read(asked_anew, self._zone, self._since, self._until)

    def answer(self, href: str, etag: str, replies: Sequence[Reply]) -> str:
        current, text = self._get(href)
        if etag and current != etag:
            raise Changed
        answered = dates.with_replies(text, replies, self._room, self._address, self._zone)
        return current if answered is None else self._write(href, answered, current)

    def put(self, ours: Ours, href: str, etag: str) -> tuple[str, str]:
        where = href or f"{self._path}foyer-{ours.booking_id}.ics"
        lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Foyer//Rooms//EN", "CALSCALE:GREGORIAN", *_event_of(ours), "END:VCALENDAR"]
        content = "".join(f"{piece}\r\n" for line in lines for piece in folded(line)).encode()
        try:
            return where, self._write(where, content, etag)
        except Changed:
            if href:
                raise
            current, text = self._get(where)  # a former try got through and its answer was lost
            if f"UID:{ours.uid}" not in text:
                raise
            return where, current

    def delete(self, href: str, etag: str) -> None:
        answer = asked("DELETE", self._at(href), allowed=self._allowed, user=self._user, headers={"If-Match": etag} if etag else {})
        if answer.status == 412:
            raise Changed
        if answer.status not in (200, 202, 204, 404, 410):
            raise RemoteError(*said(answer.status))

    # ── speaking ──

    def _propfind(self, depth: str) -> Element:
        headers = {"Depth": depth, "Content-Type": "application/xml; charset=utf-8"}
        return self._multistatus(
            asked("PROPFIND", self._url, allowed=self._allowed, user=self._user, headers=headers, content=_PROPS.encode())
        )

    def _multiget(self, hrefs: Sequence[str]) -> list[tuple[str, str, str]]:
        from xml.sax.saxutils import escape  # writes, never reads

        wanted = "".join(f"<D:href>{escape(href)}</D:href>" for href in hrefs)
        body = (
            '<?xml version="1.0" encoding="utf-8"?><C:calendar-multiget xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">'
            f"<D:prop><D:getetag/><C:calendar-data/></D:prop>{wanted}</C:calendar-multiget>"
        )
        headers = {"Depth": "1", "Content-Type": "application/xml; charset=utf-8"}
        answer = asked("REPORT", self._url, allowed=self._allowed, user=self._user, headers=headers, content=body.encode())
        found = []
        for response in self._multistatus(answer).findall(f"{DAV}response"):
            text = response.findtext(f"{DAV}propstat/{DAV}prop/{CAL}calendar-data")
            if text:
                found.append((self._href(response), response.findtext(f"{DAV}propstat/{DAV}prop/{DAV}getetag", ""), text))
        return found

    def _multistatus(self, answer: Any) -> Element:
        if answer.status != 207:
            raise RemoteError(*said(answer.status))
        try:
            root: Element = fromstring(answer.content)
        except (ParseError, DefusedXmlException, ValueError) as error:
            raise RemoteError("calendar.cut_off", type(error).__name__) from error
        if root.tag != f"{DAV}multistatus":
            raise RemoteError("calendar.answered_badly", root.tag)
        return root

    def _tag(self, listing: Element) -> str:
        """The collection's tag, from its own line. Raises RemoteError when what answers is no calendar."""
        for response in listing.findall(f"{DAV}response"):
            if self._href(response).rstrip("/") == self._path.rstrip("/"):
                if response.find(f".//{DAV}resourcetype/{CAL}calendar") is None:
                    raise RemoteError("calendar.no_collection")
                return response.findtext(f".//{CS}getctag", "")
        raise RemoteError("calendar.answered_badly", "no collection")

    def _href(self, response: Element) -> str:
        return unquote(urlsplit(response.findtext(f"{DAV}href", "")).path)

    def _get(self, href: str) -> tuple[str, str]:
        answer = asked("GET", self._at(href), allowed=self._allowed, user=self._user)
        if answer.status != 200:
            raise Changed if answer.status in (404, 410) else RemoteError(*said(answer.status))
        return answer.headers.get("etag", ""), answer.text

    def _write(self, href: str, content: bytes, etag: str) -> str:
        headers = {"Content-Type": "text/calendar; charset=utf-8", **({"If-Match": etag} if etag else {"If-None-Match": "*"})}
        answer = asked("PUT", self._at(href), allowed=self._allowed, user=self._user, headers=headers, content=content)
        if answer.status == 412:
            raise Changed
        if answer.status not in (200, 201, 204):
            raise RemoteError(*said(answer.status))
        return answer.headers.get("etag") or self._get(href)[0]

    def _at(self, href: str) -> str:
        """The address of a thing in the collection; what lies outside of it is never asked."""
        from urllib.parse import quote

        if not href.startswith(self._path) or ".." in href:
            raise RemoteError("calendar.answered_badly", "outside")
        return urljoin(self._url, quote(href))


# ── what is written ──


def _event_of(ours: Ours) -> list[str]:
    return event_lines(
        uid=ours.uid, stamp=datetime.now(UTC), sequence=ours.version, starts_at=ours.starts_at, ends_at=ours.ends_at, summary=ours.summary, location=ours.location
    )  # fmt: skip
