"""Plain words to a wish: "8 人 投影 现在", "room for 8 with a projector at 3", "明天下午两点半 一个半小时 三楼" (guide S1.3-R1; pitfall V29).

Chinese (both scripts) and English, in any order and mixed. A bare hour from 1 to 7 is the afternoon; a time that has passed today is tomorrow's.
What was not understood is named, never guessed. Pure: text, floors and the moment in, a wish out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

EQUIPMENT_WORDS: tuple[tuple[str, str], ...] = (
    ("video", r"视频会议|視訊會議|视频|視訊|視頻|远程|遠端|video(?:\s*conferenc\w*|\s*call|\s*system)?"),
    ("projector", r"投影仪|投影机|投影機|投影|projector|beamer|projection"),
    ("whiteboard", r"白板|white\s?board"),
    ("microphone", r"麦克风|麥克風|话筒|話筒|mic(?:rophone)?s?"),
    ("phone", r"会议电话|會議電話|电话|電話|(?:conference\s+)?phone"),
    ("screen", r"显示屏|顯示螢幕|屏幕|螢幕|大屏|电视|電視|screen|display|tv"),
)
NUMBERS = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "兩": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
ENGLISH = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
    "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
}  # fmt: skip
WEEKDAYS = {
    "一": 0,
    "二": 1,
    "三": 2,
    "四": 3,
    "五": 4,
    "六": 5,
    "日": 6,
    "天": 6,
    "mon": 0,
    "tue": 1,
    "wed": 2,
    "thu": 3,
    "fri": 4,
    "sat": 5,
    "sun": 6,
}
_N = r"(\d{1,3}|[零〇一二两兩三四五六七八九十百]{1,5}|" + "|".join(ENGLISH) + ")"
_PART = r"(凌晨|早上|上午|中午|下午|晚上|傍晚|in the morning|in the afternoon|in the evening)?"
_FILLER = re.compile(
    r"[，,。.;；、!！?？~]|\b(a|an|the|room|rooms|meeting|please|need|want|book|find|with|and|for|of|at|on|in|me|us|i|we|free|now|or|from|to|until|there|any|some|is)\b"
    r"|会议室|會議室|房间|房間|请|請|帮我|幫我|我要|我想|要|找|订|訂|预订|預訂|一间|一間|一个|一個|个|個|间|間|能|可以|的|带|帶|有|和|或|用|开会|開會|需要|坐|大概|左右|在|空",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for; `place_id` is the floor, or the one room, they named. `starts_at` None means now; `said_length` is False while the
    length is our own guess. `unread` is what nobody understood."""

    seats: int = 0
    equipment: tuple[str, ...] = ()
    starts_at: datetime | None = None
    minutes: int = 30
    said_length: bool = False
    place_id: UUID | None = None
    unread: str = ""


def read(
    text: str, at: datetime, zone: ZoneInfo, floors: Mapping[str, UUID] | None = None, rooms: Mapping[str, UUID] | None = None
) -> Wish:
    """The wish in `text`, said at `at`. `floors` are the floors' names, `rooms` the numbers and names of rooms."""
    rest = " " + re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)[:200]).strip().lower() + " "
    rest, place_id = _room(rest, rooms or {})
    if place_id is None:
        rest, place_id = _floor(rest, floors or {})
    rest, day = _day(rest, at.astimezone(zone).date())
    rest, length = _length(rest)
    rest, start, end = _times(rest)
    rest, seats = _seats(rest)
    equipment = []
    for name, pattern in EQUIPMENT_WORDS:
        match = re.search(pattern, rest)
        if match:
            equipment.append(name)
            rest = re.sub(pattern, " ", rest)
    now = re.search(r"现在|現在|马上|馬上|立刻|right now|right away|\bnow\b|\basap\b", rest)
    if now:
        rest = rest.replace(now[0], " ")
    starts_at = _moment(start, day, at, zone) if start is not None and (not now or day is not None) else None
    if starts_at is None and day is not None and day != at.astimezone(zone).date():
        starts_at = datetime.combine(day, time(9), zone)
    if starts_at is not None and end is not None:
        ends = end if end > (start or 0) else end + 12 * 60
        length = ends - (start or 0) if 0 < ends - (start or 0) <= 12 * 60 else length
    unread = re.sub(r"\s+", " ", _FILLER.sub(" ", rest)).strip(" -–到至")
    return Wish(min(seats, 5000), tuple(equipment), starts_at, min(length or 30, 12 * 60), length is not None, place_id, unread[:60])


# ── private: each takes its words out of the text ──


def _number(text: str) -> int:
    if text.isdigit():
        return int(text)
    if text in ENGLISH:
        return ENGLISH[text]
    total, section = 0, 0
    for sign in text:
        if sign == "百":
            total, section = total + (section or 1) * 100, 0
        elif sign == "十":
            total, section = total + (section or 1) * 10, 0
        else:
            section = NUMBERS[sign]
    return total + section


def _cut(text: str, match: re.Match[str]) -> str:
    return text[: match.start()] + " " + text[match.end() :]


def _plain(name: str) -> str:
    """A floor's name with Chinese figures as digits: 三楼 and 3楼 are one."""
    return re.sub(
        r"[零〇一二两兩三四五六七八九十]+",
        lambda m: str(_number(m[0])),
        name.lower().replace("層", "楼").replace("层", "楼").replace("樓", "楼"),
    )


def _room(text: str, rooms: Mapping[str, UUID]) -> tuple[str, UUID | None]:
    """The one room that is named: the longest name first; a number of one or two digits is rather a time or a head-count, and
    "meeting room" no name."""
    for name in sorted(rooms, key=len, reverse=True):
        said = unicodedata.normalize("NFKC", name).lower()
        said_loosely = r"\s*".join(re.escape(word) for word in said.split())
        if (len(said) > 2 or not said.isdigit()) and _FILLER.sub(" ", said).strip():
            match = re.search(
                rf"(?<![a-z0-9:.]){said_loosely}(?![a-z0-9:.]|\s*(?:个|個|人|位|座|席|people|persons?|ppl|pax|seats?|guests?))", text
            )
            if match:
                return _cut(text, match), rooms[name]
    return text, None


def _floor(text: str, floors: Mapping[str, UUID]) -> tuple[str, UUID | None]:
    known = {_plain(name): id for name, id in floors.items()}
    for pattern in (
        _N + r"\s*(?:楼|樓|层|層|f\b)",
        r"(?:floor|level)\s*(\d{1,2})",
        r"(\d{1,2})(?:st|nd|rd|th)\s+floor",
        r"(first|second|third|fourth|fifth)\s+floor",
    ):
        match = re.search(pattern, text)
        if match:
            said = {"first": "1", "second": "2", "third": "3", "fourth": "4", "fifth": "5"}.get(match[1]) or str(_number(match[1]))
            found = known.get(f"{said}楼") or next((id for name, id in known.items() if re.search(rf"(?<!\d){said}(?!\d)", name)), None)
            if found is not None:
                return _cut(text, match), found
    for name, id in floors.items():
        if len(name) > 1 and name.lower() in text:
            return text.replace(name.lower(), " "), id
    return text, None


def _day(text: str, today: date) -> tuple[str, date | None]:
    for pattern, days in (
        (r"大后天|大後天", 3),
        (r"后天|後天|day after tomorrow", 2),
        (r"明天|明日|tomorrow", 1),
        (r"今天|今日|today", 0),
        (r"明早|明晨", 1),
    ):
        match = re.search(pattern, text)
        if match:
            return _cut(text, match), today + timedelta(days=days)
    match = re.search(r"(下周|下星期|下週|下礼拜|这周|這週|本周|本週|周|週|星期|礼拜|禮拜)([一二三四五六日天])", text)
    if match:
        return _cut(text, match), _weekday(today, WEEKDAYS[match[2]], match[1].startswith("下"))
    match = re.search(r"\b(next |this |on )?(mon|tue|wed|thu|fri|sat|sun)(?:day|sday|nesday|rsday|urday|s|rs)?\b", text)
    if match:
        return _cut(text, match), _weekday(today, WEEKDAYS[match[2]], match[1] == "next ")
    match = re.search(r"(\d{1,2})月(\d{1,2})[日号號]", text)
    if match:
        try:
            day = date(today.year, int(match[1]), int(match[2]))
        except ValueError:
            return text, None
        return _cut(text, match), day if day >= today else day.replace(year=today.year + 1)
    return text, None


def _weekday(today: date, weekday: int, following: bool) -> date:
    """The next such day, today included; "next" is the one of the coming week, Monday first."""
    if following:
        return today - timedelta(days=today.weekday()) + timedelta(days=7 + weekday)
    return today + timedelta(days=(weekday - today.weekday()) % 7)


def _length(text: str) -> tuple[str, int | None]:
    for pattern, minutes in (
        (r"一个半小时|一個半小時|一个半钟头|an hour and a half|one and a half hours?", 90), (r"半个?小时|半個?小時|半个钟头|half an? hour|half hour", 30),
        (r"(?:一刻钟|一刻鐘)|quarter of an hour", 15),
    ):  # fmt: skip
        match = re.search(pattern, text)
        if match:
            return _cut(text, match), minutes
    match = re.search(_N + r"\s*个半小时|" + _N + r"\s*個半小時", text)
    if match:
        return _cut(text, match), _number(match[1] or match[2]) * 60 + 30
    match = re.search(r"(\d+(?:\.\d)?)\s*(?:小时|小時|钟头|hours?|hrs?|h\b)", text) or re.search(
        _N + r"\s*(?:个小时|個小時|小时|小時|个钟头|钟头|hours?)", text
    )
    if match:
        hours = float(match[1]) if re.fullmatch(r"[\d.]+", match[1]) else float(_number(match[1]))
        return _cut(text, match), int(hours * 60) or None
    match = re.search(_N + r"\s*(?:分钟|分鐘|minutes?|mins?\b)", text)
    if match:
        return _cut(text, match), _number(match[1]) or None
    match = re.search(r"\ban hour\b", text)
    return (_cut(text, match), 60) if match else (text, None)


_CLOCK_ZH = _PART + r"\s*" + _N + r"\s*(?:点|點|时|時)(?:钟|鐘|整)?(半|一刻|三刻|" + _N + r"分?)?"
_CLOCK_HM = _PART + r"\s*(\d{1,2})[:：](\d{2})\s*(am|pm|a\.m\.|p\.m\.)?"
_CLOCK_EN = (
    r"(?:\b(?:at|from|around|by|@)\s*|(?<=[\s\-–~]))(\d{1,2})\s*(am|pm|a\.m\.|p\.m\.|o'?clock)|\b(?:at|from|around|@)\s*(\d{1,2})(?![\d:])"
)


def _times(text: str) -> tuple[str, int | None, int | None]:
    """Start and, for a range, end, in minutes of the day."""
    text = re.sub(r"\bnoon\b|\bmidday\b", "12:00 pm", text)
    half = re.search(r"\bhalf past (\d{1,2})\b", text)
    if half:
        text = text.replace(half[0], f"{half[1]}:30")
    bare = re.search(r"\b(\d{1,2})\s*(?:-|–|~|to|until)\s*(\d{1,2})\s*(am|pm)\b", text)
    if bare:  # "3-5pm"
        text = text.replace(bare[0], f" at {bare[1]} {bare[3]} to at {bare[2]} {bare[3]} ")
    span = re.search(r"\bfrom\s+(\d{1,2})\s+(?:to|until|till)\s+(\d{1,2})(?![\d:])", text)
    if span:
        text = text.replace(span[0], f" at {span[1]} to at {span[2]} ")
    found: list[tuple[int, int, int]] = []
    for pattern in (_CLOCK_HM, _CLOCK_ZH, _CLOCK_EN):
        for match in re.finditer(pattern, text):
            minute = _minute(match, pattern)
            if minute is not None and not any(start < match.end() and match.start() < end for start, end, _ in found):
                found.append((match.start(), match.end(), minute))
    found.sort()
    for start, end, _ in reversed(found[:2]):
        text = text[:start] + " " + text[end:]
    starts = found[0][2] if found else None
    ends = found[1][2] if len(found) > 1 else None
    return text, starts, ends


def _minute(match: re.Match[str], pattern: str) -> int | None:
    minute = 0
    if pattern is _CLOCK_HM:
        part, hour, minute, half = match[1] or "", int(match[2]), int(match[3]), match[4] or ""
    elif pattern is _CLOCK_ZH:
        part, hour, half = match[1] or "", _number(match[2]), ""
        said = match[3] or ""
        minute = {"": 0, "半": 30, "一刻": 15, "三刻": 45}.get(said, -1)
        minute = _number(match[4]) if minute < 0 else minute
    else:
        part, hour, half = "", int(match[1] or match[3]), (match[2] or "").replace(".", "")
        half = half if half in ("am", "pm") else ""
    half = half.replace(".", "")
    if hour > 24 or minute > 59:
        return None
    after = part in ("下午", "晚上", "傍晚", "in the afternoon", "in the evening") or half == "pm"
    before = part in ("凌晨", "早上", "上午", "in the morning") or half == "am"
    if (after and hour < 12) or (part == "中午" and hour < 3):
        hour += 12
    elif before and hour == 12:
        hour = 0
    elif (not before and not after and pattern is not _CLOCK_HM and 1 <= hour <= 7) or (
        pattern is _CLOCK_HM and not before and not after and 1 <= hour <= 6
    ):
        hour += 12
    return hour * 60 + minute if hour < 24 else None


def _moment(minute: int, day: date | None, at: datetime, zone: ZoneInfo) -> datetime:
    local = at.astimezone(zone)
    moment = datetime.combine(day or local.date(), time(minute // 60, minute % 60), zone)
    return moment if day is not None or moment > local - timedelta(minutes=5) else moment + timedelta(days=1)


def _seats(text: str) -> tuple[str, int]:
    match = re.search(_N + r"\s*(?:个人|個人|人|位|座|席)", text)
    match = match or re.search(r"\b" + _N + r"\s*(?:people|persons?|ppl|pax|seats?|guests?|of us)\b", text)
    match = match or re.search(r"\bfor\s+" + _N + r"\b", text) or re.search(r"^\s*(\d{1,3})(?=\s)", text)
    return (_cut(text, match), _number(match[1])) if match else (text, 0)
