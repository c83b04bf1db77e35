"""Sentences in three languages: 简体中文, 繁體中文 and English (guide row X3).

The catalogues are gettext files, one per part of the house and language (`locale/<language>/<part>.po`), read once at start with Babel.
A message id is a key (`visit.welcome`), the message a sentence with `{named}` facts. English plurals stand in the `.po` as
`msgid_plural` and are chosen by the fact `n`. A key that is missing shows itself, so that a test and a person both notice.
"""

from __future__ import annotations

import contextlib
import string
from collections.abc import Mapping
from datetime import date, datetime, timedelta, tzinfo
from functools import cache
from pathlib import Path
from typing import Any

from babel.dates import format_date as babel_date
from babel.dates import get_timezone_location
from babel.messages.pofile import read_po

LANGUAGES = ("zh-Hans", "zh-Hant", "en")
LANGUAGE_NAMES = {"zh-Hans": "简体中文", "zh-Hant": "繁體中文", "en": "English"}
BABEL_LOCALES = {"zh-Hans": "zh_Hans_CN", "zh-Hant": "zh_Hant_TW", "en": "en_GB"}
LOCALE_DIR = Path(__file__).parent / "locale"

Message = str | tuple[str, ...]


class _Facts(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


class _PlainFormatter(string.Formatter):
    """Fills `{name}` only: no attribute or index access, so a template can never reach into an object."""

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> Any:
        return kwargs[field_name], field_name


_formatter = _PlainFormatter()


@cache
def catalogue(language: str) -> dict[str, Message]:
    """Every key of a language with its sentence, or its plural forms as a tuple.

    Raises ValueError when two parts define the same key: a sentence has one home."""
    found: dict[str, Message] = {}
    for path in sorted((LOCALE_DIR / language).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, abort_invalid=True):
                if not message.id:
                    continue
                key = message.id[0] if isinstance(message.id, (tuple, list)) else message.id
                if key in found:
                    raise ValueError(f"{path.name} ({language}) defines {key} a second time")
                text = message.string
                found[key] = tuple(text) if isinstance(text, (tuple, list)) else text or ""
    return found


def t(key: str, language: str, /, **facts: Any) -> str:
    """The sentence of `key` in `language`, with its facts filled in; the key itself when there is no such sentence."""
    message = catalogue(language if language in LANGUAGES else LANGUAGES[0]).get(key)
    if message is None:
        return key
    if isinstance(message, tuple):
        message = message[0] if facts.get("n") == 1 or len(message) == 1 else message[1]
    return _formatter.vformat(message, (), _Facts(facts)) if facts or "{" in message else message


def has(key: str) -> bool:
    """Whether the catalogues know `key`."""
    return key in catalogue(LANGUAGES[0])


def part(prefixes: tuple[str, ...], language: str) -> dict[str, Message]:
    """The sentences whose keys begin with one of `prefixes`: what the floor app gets as JSON."""
    return {key: text for key, text in catalogue(language).items() if key.startswith(prefixes)}


def best_language(accept: str | None, default: str) -> str:
    """The language a browser asks for (`Accept-Language`), or `default`."""
    for item in (accept or "").split(","):
        tag = item.split(";")[0].strip().lower()
        if tag.startswith(("zh-hant", "zh-tw", "zh-hk", "zh-mo")):
            return "zh-Hant"
        if tag.startswith("zh"):
            return "zh-Hans"
        if tag.startswith("en"):
            return "en"
    return default


# ── dates, times and numbers in the language's habit (look.md §2) ──


def quoted(words: str, language: str) -> str:
    """Somebody's own words in the language's marks: `“…”`, or `「…」` in 繁體中文."""
    return f"「{words}」" if language == "zh-Hant" else f"“{words}”"


def clock_time(moment: datetime, zone: tzinfo) -> str:
    """`10:24`, 24 hours, in every language."""
    return moment.astimezone(zone).strftime("%H:%M")


def time_span(start: datetime, end: datetime, zone: tzinfo) -> str:
    """`09:00–10:30`, with the days it lasts beyond the first: `19:30–08:00 +1`."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    days = (last.date() - first.date()).days
    return f"{first:%H:%M}–{last:%H:%M}" + (f" +{days}" if days else "")


def long_day(day: date, language: str) -> str:
    """`11月23日 星期一` or `Mon 23 November`."""
    if language == "en":
        return babel_date(day, "EEE d MMMM", locale="en_GB")
    return babel_date(day, "M月d日 EEEE", locale=BABEL_LOCALES[language])


def short_day(day: date, language: str) -> str:
    """`11月23日` or `23 Nov`; with the year when it is not `day`'s own business to be obvious, use `full_day`."""
    return babel_date(day, "d MMM", locale="en_GB") if language == "en" else f"{day.month}月{day.day}日"


def full_day(day: date, language: str) -> str:
    """`2026年11月23日` or `23 November 2026`."""
    return babel_date(day, "d MMMM y", locale="en_GB") if language == "en" else f"{day.year}年{day.month}月{day.day}日"


def day_and_time(moment: datetime, zone: tzinfo, language: str) -> str:
    """`11月23日 10:24` or `23 Nov 10:24` in `zone`."""
    local = moment.astimezone(zone)
    return f"{short_day(local.date(), language)} {local:%H:%M}"


def full_moment(moment: datetime, zone: tzinfo, language: str) -> str:
    """`2026年11月23日 10:24` or `23 November 2026 10:24` in `zone`: on paper and in proofs, which are read years later."""
    local = moment.astimezone(zone)
    return f"{full_day(local.date(), language)} {local:%H:%M}"


def zone_words(zone: str, language: str) -> str:
    """`乌鲁木齐时间` or `Urumqi time`: the zone as people call it, not its code."""
    return t("time.of_zone", language, city=get_timezone_location(zone, locale=BABEL_LOCALES[language], return_city=True))


def duration(span: timedelta, language: str) -> str:
    """`36 分钟`, `1 小时`, `1 小时 30 分钟`; `36 min`, `1 h 30 min`."""
    hours, minutes = divmod(max(0, int(span.total_seconds()) // 60), 60)
    words = {"zh-Hans": ("小时", "分钟"), "zh-Hant": ("小時", "分鐘"), "en": ("h", "min")}[language if language in LANGUAGES else "en"]
    parts = [f"{hours} {words[0]}"] * bool(hours) + [f"{minutes} {words[1]}"] * bool(minutes or not hours)
    return " ".join(parts)


def money(cents: int) -> str:
    """`486,320.00`: integer cents as an amount with two decimals, the same in every language."""
    sign = "−" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100:,}.{abs(cents) % 100:02d}"


def _same_day(start: object, end: object, zone: tzinfo) -> bool:
    if not (isinstance(start, str) and isinstance(end, str) and len(start) >= 20 and len(end) >= 20):
        return False
    with contextlib.suppress(ValueError):
        return datetime.fromisoformat(start).astimezone(zone).date() == datetime.fromisoformat(end).astimezone(zone).date()
    return False


def amount(cents: int | None, language: str) -> str:
    """`486,320.00 元` or `486,320.00 yuan`: money in a sentence or standing alone; nothing for nothing. In a table the heading has the unit."""
    return "" if cents is None else t("money.amount", language, amount=money(cents))


def as_mapping(facts: Mapping[str, Any], language: str, zone: tzinfo) -> dict[str, Any]:
    """Refusal facts as a person reads them: ISO moments become local times, ISO dates become days (facts are stored as JSON), several names
    stand with the comma of the language, and `x_key` gives `x` the sentence of that key. What runs `from` a moment `until` another of the same day names the day once."""
    shown: dict[str, Any] = {}
    for key, value in facts.items():
        if isinstance(value, str) and len(value) >= 20 and value[4:5] == "-" and "T" in value:
            with contextlib.suppress(ValueError):
                value = day_and_time(datetime.fromisoformat(value), zone, language)
        elif isinstance(value, str) and len(value) == 10 and value[4] == value[7] == "-":
            with contextlib.suppress(ValueError):
                value = long_day(date.fromisoformat(value), language)
        elif isinstance(value, (list, tuple)):
            value = (", " if language == "en" else "、").join(str(one) for one in value)
        shown[key] = value
    if _same_day(facts.get("from"), facts.get("until"), zone):
        shown["until"] = clock_time(datetime.fromisoformat(facts["until"]), zone)
    shown |= {key.removesuffix("_key"): t(str(value), language, **shown) for key, value in facts.items() if key.endswith("_key")}
    return shown
