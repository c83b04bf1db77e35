"""When it is dark at a place, so that a door's screen does not light the corridor (look.md §9).

Sunrise and sunset by the usual equations (NOAA solar calculator, sun's centre 0.833° below the horizon), good to a few minutes. The place
is the reference city of its time zone, whose coordinates stand in the zone table of the tz database; an unknown zone counts 19:00 to 6:00
as night."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

_HORIZON = math.radians(90.833)
_COORDINATES = re.compile(r"([+-])(\d{2})(\d{2})(?:\d{2})?([+-])(\d{3})(\d{2})")


def nights(zone: ZoneInfo, day: date) -> tuple[tuple[datetime, datetime], ...]:
    """The dark spans that touch `day` and the next one, as (sunset, sunrise) in UTC: the night before, this one, the next. Empty under a
    midnight sun."""
    found = []
    for offset in (-1, 0, 1):
        evening, morning = sun(zone, day + timedelta(days=offset))[1], sun(zone, day + timedelta(days=offset + 1))[0]
        if evening is not None and morning is not None:
            found.append((evening, morning))
    return tuple(found)


@lru_cache(maxsize=64)
def sun(zone: ZoneInfo, day: date) -> tuple[datetime | None, datetime | None]:
    """Sunrise and sunset of a day, in UTC; None where the sun does not rise or set."""
    place = _coordinates().get(str(zone))
    if place is None:
        return datetime.combine(day, time(6), zone).astimezone(UTC), datetime.combine(day, time(19), zone).astimezone(UTC)
    latitude, longitude = math.radians(place[0]), place[1]
    turn = 2 * math.pi / 365 * (day.timetuple().tm_yday - 1)
    minutes = 229.18 * (
        0.000075 + 0.001868 * math.cos(turn) - 0.032077 * math.sin(turn) - 0.014615 * math.cos(2 * turn) - 0.040849 * math.sin(2 * turn)
    )
    tilt = (
        0.006918 - 0.399912 * math.cos(turn) + 0.070257 * math.sin(turn) - 0.006758 * math.cos(2 * turn) + 0.000907 * math.sin(2 * turn)
        - 0.002697 * math.cos(3 * turn) + 0.00148 * math.sin(3 * turn)
    )  # fmt: skip
    reach = (math.cos(_HORIZON) - math.sin(latitude) * math.sin(tilt)) / (math.cos(latitude) * math.cos(tilt))
    if not -1 < reach < 1:
        return None, None
    half = math.degrees(math.acos(reach)) * 4
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    noon = 720 - 4 * longitude - minutes
    return midnight + timedelta(minutes=round(noon - half)), midnight + timedelta(minutes=round(noon + half))


@lru_cache(maxsize=1)
def _coordinates() -> dict[str, tuple[float, float]]:
    table = resources.files("tzdata").joinpath("zoneinfo/zone.tab")
    found: dict[str, tuple[float, float]] = {}
    for line in table.read_text("utf-8").splitlines():
        if not line.startswith("#") and (parts := line.split("\t"))[2:] and (place := _COORDINATES.fullmatch(parts[1])):
            north, lat_degrees, lat_minutes, east, lon_degrees, lon_minutes = place.groups()
            latitude = (int(lat_degrees) + int(lat_minutes) / 60) * (1 if north == "+" else -1)
            found[parts[2]] = (latitude, (int(lon_degrees) + int(lon_minutes) / 60) * (1 if east == "+" else -1))
    return found
