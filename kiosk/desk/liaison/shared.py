"""What the four registers of liaison share: days that are typed, persons outside to choose, moments and days in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from core.foundation import clock, database, i18n
from core.mechanisms.operations import Operation
from core.mechanisms.views import Query
from core.sections import liaison
from core.web import frame, parts
from core.web.frame import _
from kiosk.desk.registers import RegisterPage

WAYS = ("call", "visit", "mail", "meeting", "letter", "other")
KINDS = ("superior", "peer", "partner", "government", "other")
BAD = date.min


def read_day(field: Any) -> date | None:
    """The day somebody typed, None for nothing, BAD (and a sentence at the field) for what is no day."""
    text = (field.value or "").strip().replace("/", "-").replace(".", "-")
    parts.refuse(field, None)
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        parts.refuse(field, _("liaison.bad_day"))
        return BAD


async def act(do: Operation, page: RegisterPage) -> None:
    if (await parts.do(do)).ok:
        await page.reopen()


def contacts() -> dict[str, str]:
    with database.reading() as s:
        return {str(c.id): parts.joined(c.name, c.org) for c in liaison.CONTACTS.list(s, Query(limit=500), frame.actor()).items}


def moment(value: datetime | None) -> str:
    """Day and time; of another year the day alone, with its year."""
    if value is None:
        return ""
    if clock.today(value).year != clock.today().year:
        return i18n.full_day(clock.today(value), frame.lang())
    return i18n.day_and_time(value, clock.zone(), frame.lang())


def day(value: date | None) -> str:
    return i18n.full_day(value, frame.lang()) if value else ""


def listed(names: Sequence[str], most: int = 8) -> str:
    """Names in one line, the rest as a number."""
    shown = parts.listed(names[:most])
    return shown if len(names) <= most else _("liaison.and_more", names=shown, n=len(names) - most)
