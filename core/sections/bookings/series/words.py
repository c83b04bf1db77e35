"""How a rule is said to a person: "every working day", "every 2 weeks on Monday and Thursday", in three languages."""

from __future__ import annotations

import re
from typing import Protocol

from core.foundation.errors import Refused
from core.foundation.i18n import t
from core.sections.bookings.series import rules


class Ruled(Protocol):
    @property
    def rule(self) -> str: ...
    @property
    def workdays(self) -> bool: ...


def rule_words(of: Ruled, language: str) -> str:
    """The rule in words; one that has no simple words is shown as it is written."""
    if of.workdays:
        return t("series.says.workdays", language)
    try:
        parts = rules.parts_of(of.rule)
    except Refused:
        return of.rule
    n = int(parts.get("INTERVAL", "1"))
    plain = set(parts) <= {"FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "COUNT", "UNTIL", "WKST", "BYSETPOS"}
    days = [re.fullmatch(r"([+-]?\d*)(MO|TU|WE|TH|FR|SA|SU)", day) for day in parts.get("BYDAY", "").split(",") if day]
    if not plain or any(day is None for day in days) or "BYSETPOS" in parts:
        return rules.without_end(of.rule)
    names = t("series.says.and", language).join(t(f"series.day.{day[2]}", language) for day in days if day)
    ordinals = {day[1] for day in days if day and day[1]}
    match parts["FREQ"]:
        case "DAILY" if not days:
            return t("series.says.daily" if n == 1 else "series.says.days", language, n=n)
        case "WEEKLY":
            key = ("series.says.weekly" if n == 1 else "series.says.weeks") + ("_on" if names else "")
            return t(key, language, n=n, days=names)
        case "MONTHLY" if len(days) == 1 and len(ordinals) == 1:
            which = t(f"series.nth.{ordinals.pop().lstrip('+')}", language)
            return t("series.says.monthly_nth" if n == 1 else "series.says.months_nth", language, n=n, which=which, days=names)
        case "MONTHLY" if not days and "BYMONTHDAY" in parts and "," not in parts["BYMONTHDAY"]:
            day = parts["BYMONTHDAY"]
            key = "series.says.monthly_last" if day == "-1" else "series.says.monthly_day"
            return t(key, language, n=n, day=day) if n == 1 and int(day) >= -1 else rules.without_end(of.rule)
    return rules.without_end(of.rule)
