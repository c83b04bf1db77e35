"""Gaps, overlaps and sums of a reception plan: pure rules, no database (guide S3.1-R3)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.foundation import i18n
from core.foundation.ids import uuid7
from core.sections.reception import joins
from core.sections.reception.joins import Leg, gaps, most_companions, no_way, overlap, sums, two_places, warnings
from core.sections.reception.record import Answer, Kind

ZONE = ZoneInfo("Asia/Shanghai")
MON = date(2026, 11, 23)
E, F = UUID(int=1), UUID(int=2)

pytestmark = pytest.mark.proves("S3.1-R3")


def at(hour: int, minute: int = 0, day: int = 23) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


def leg(kind: Kind, start: datetime, end: datetime, *, owner: UUID | None = E, place: str = "", to: str = "", companions: int = 0, plan: str = "", what: str = "", answer: Answer = Answer.CONFIRMED) -> Leg:  # fmt: skip
    return Leg(uuid7(), kind, what or kind, owner, "E" if owner == E else "F", start, end, place, to, companions, answer, plan)


def codes_of(*legs: Leg, guests: int = 3, letter: bool = True, official: bool = True, others: tuple[Leg, ...] = ()) -> list[str]:
    found = warnings(
        legs, zone=ZONE, starts_on=MON, ends_on=MON, guests=guests, letter=letter, at=at(0, 0, 20), others=others, official=official
    )
    return [warn.code.removeprefix("reception.warn.") for warn in found]


def test_an_escort_in_two_places_is_a_warning() -> None:
    airport = leg(Kind.MEET, at(9), at(10), place="机场")
    archive = leg(Kind.ESCORT, at(9, 30), at(11), place="档案馆")
    assert [warn.lines for warn in two_places([airport, archive])] == [(airport.id, archive.id)]
    assert "two_places" in codes_of(airport, archive)


@pytest.mark.parametrize(
    ("start", "place", "owner", "kind", "why"),
    [
        (at(10), "档案馆", E, Kind.ESCORT, "back to back"),
        (at(9, 30), "", E, Kind.ESCORT, "an escort without a place goes along"),
        (at(9, 30), " 机 场 ", E, Kind.ESCORT, "the same place written otherwise"),
        (at(9, 30), "档案馆", F, Kind.ESCORT, "somebody else"),
        (at(9, 30), "食堂", E, Kind.MEALS, "who orders the meal need not stand there"),
    ],
)
def test_what_only_looks_like_two_places(start: datetime, place: str, owner: UUID, kind: Kind, why: str) -> None:
    assert two_places([leg(Kind.MEET, at(9), at(10), place="机场"), leg(kind, start, at(11), place=place, owner=owner)]) == [], why


def test_somebody_in_another_reception_at_that_time_is_a_warning() -> None:
    here, there = leg(Kind.ESCORT, at(9), at(10)), leg(Kind.MEET, at(9, 30), at(11), plan="滨湖集团")
    [warn] = two_places([here], [there])
    assert (warn.code, warn.facts["plan"], warn.lines) == ("reception.warn.two_plans", "滨湖集团", (here.id,))


def test_a_line_of_another_reception_is_named_once_however_many_lines_here_meet_it() -> None:
    whole, visit = leg(Kind.ESCORT, at(9), at(12)), leg(Kind.SITE_VISIT, at(9, 30), at(11))
    elsewhere = [leg(Kind.MEET, at(9), at(11), plan="滨湖集团"), leg(Kind.MEET, at(11, 30), at(12), plan="滨湖集团", what="送站")]
    found = two_places([whole, visit], elsewhere)
    assert [warn.lines for warn in found] == [(whole.id, visit.id), (whole.id,)]


def test_what_is_not_confirmed_is_listed_with_the_comma_of_the_language() -> None:
    soon = [leg(Kind.MEET, at(9), at(10), what=what, answer=Answer.ASKED) for what in ("A", "B")]
    [warn] = [
        warn
        for warn in warnings(soon, zone=ZONE, starts_on=MON, ends_on=MON, guests=3, letter=True, at=at(8))
        if warn.code.endswith("unconfirmed")
    ]
    assert i18n.as_mapping(warn.facts, "en", ZONE)["what"] == "A, B" and i18n.as_mapping(warn.facts, "zh-Hans", ZONE)["what"] == "A、B"


def test_nobody_between_the_airport_and_the_hotel() -> None:
    airport = leg(Kind.MEET, at(9), at(9, 40), place="机场")
    hotel = leg(Kind.LODGING, at(10, 30), at(12), place="江城宾馆")
    found = codes_of(airport, hotel, leg(Kind.ESCORT, at(12), at(13)))
    assert "gap" in found and "no_way" in found
    car = leg(Kind.TRANSPORT, at(9, 40), at(10, 30), place="机场", to="江城宾馆", owner=F)
    assert not {"gap", "no_way", "two_places"} & set(codes_of(airport, car, hotel))


def test_a_car_that_leads_elsewhere_does_not_close_the_gap() -> None:
    airport = leg(Kind.MEET, at(9), at(9, 40), place="机场")
    car = leg(Kind.TRANSPORT, at(9, 40), at(10, 30), place="机场", to="火车站", owner=F)
    hotel = leg(Kind.LODGING, at(10, 30), at(12), place="江城宾馆")
    [(before, after)] = no_way([airport, car, hotel], ZONE)
    assert (before.ends_where, after.place) == ("火车站", "江城宾馆")


def test_the_night_is_no_gap_and_a_line_over_midnight_counts_on_both_days() -> None:
    evening, hotel, morning = (
        leg(Kind.MEALS, at(18), at(20), place="江城宾馆"), leg(Kind.LODGING, at(20), at(8, 0, 24), place="江城宾馆"), leg(Kind.ESCORT, at(8, 30, 24), at(9, 0, 24)),
    )  # fmt: skip
    assert [(start, end) for start, end, _before, _after in gaps([evening, hotel, morning], ZONE)] == [(at(8, 0, 24), at(8, 30, 24))]
    assert gaps([leg(Kind.MEALS, at(9), at(10)), leg(Kind.MEALS, at(9, 0, 24), at(10, 0, 24))], ZONE) == []


@pytest.mark.parametrize(("guests", "most"), [(1, 3), (10, 3), (11, 3), (12, 4), (30, 10), (31, 10)])
def test_how_many_of_ours_may_sit_at_the_table(guests: int, most: int) -> None:
    assert most_companions(guests) == most
    table = [leg(Kind.MEALS, at(12), at(13), companions=most), leg(Kind.ESCORT, at(12), at(13)), leg(Kind.MEET, at(12), at(13))]
    assert "companions" not in codes_of(*table, guests=guests)
    more = [leg(Kind.MEALS, at(12), at(13), companions=most + 1)]
    assert "companions" in codes_of(*more, guests=guests)
    assert "companions" not in codes_of(*more, guests=guests, official=False)


def test_what_a_careful_planner_would_notice() -> None:
    lunch = leg(Kind.MEALS, at(12), at(13), owner=None)
    found = codes_of(
        lunch, leg(Kind.MEALS, at(13), at(14), answer=Answer.DECLINED), leg(Kind.MEALS, at(14, 0, 24), at(15, 0, 24)), letter=False
    )
    assert set(found) == {"no_owner", "declined", "other_day", "nobody_meets", "no_escort", "no_letter"}
    soon = warnings(
        [leg(Kind.MEET, at(12), at(13), answer=Answer.ASKED)], zone=ZONE, starts_on=MON, ends_on=MON, guests=1, letter=True, at=at(9, 0, 23)
    )
    assert "reception.warn.unconfirmed" in {warn.code for warn in soon}
    assert [warn.grave for warn in soon] == sorted((warn.grave for warn in soon), reverse=True)


def test_an_empty_plan_has_nothing_to_join() -> None:
    assert codes_of() == [] and codes_of(letter=False) == ["no_letter"]


minutes = st.integers(0, 24 * 60 - 1)
spans = st.tuples(minutes, st.integers(1, 600)).map(lambda pair: (pair[0], min(pair[0] + pair[1], 24 * 60)))


@given(st.lists(spans, min_size=1, max_size=12))
def test_every_minute_of_the_day_is_covered_or_in_a_gap_and_never_both(chosen: list[tuple[int, int]]) -> None:
    """The holes and the lines together are exactly the time from the first line to the last, and no hole touches a line."""
    start = datetime(2026, 11, 23, tzinfo=ZONE).astimezone(UTC)
    legs = [leg(Kind.ESCORT, start + timedelta(minutes=a), start + timedelta(minutes=b)) for a, b in chosen]
    found = gaps(legs, ZONE, least=timedelta(minutes=1))
    covered = {minute for a, b in chosen for minute in range(a, b)}
    holes = [
        minute
        for a, b, _x, _y in found
        for minute in range(int((a - start) / timedelta(minutes=1)), int((b - start) / timedelta(minutes=1)))
    ]
    assert len(holes) == len(set(holes)) and not covered & set(holes)
    assert covered | set(holes) == set(range(min(a for a, _b in chosen), max(b for _a, b in chosen)))
    assert all(not overlap(one, Leg(one.id, "", "", None, "", a, b)) for one in legs for a, b, _x, _y in found)
    assert gaps(legs, ZONE) == [hole for hole in found if hole[1] - hole[0] >= joins.GAP]


@given(st.lists(st.tuples(spans, st.sampled_from([E, F]), st.sampled_from(["", "机场", "宾馆", "机 场"])), max_size=10))
def test_two_places_names_exactly_the_pairs_that_clash(chosen: list[tuple[tuple[int, int], UUID, str]]) -> None:
    start = datetime(2026, 11, 23, tzinfo=ZONE).astimezone(UTC)
    legs = [
        leg(Kind.ESCORT, start + timedelta(minutes=a), start + timedelta(minutes=b), owner=owner, place=place)
        for (a, b), owner, place in chosen
    ]
    expected = {
        frozenset((one.id, other.id))
        for one in legs for other in legs
        if one.id != other.id and one.owner_id == other.owner_id and one.place and other.place and one.place.replace(" ", "") != other.place.replace(" ", "")
        and max(one.starts_at, other.starts_at) < min(one.ends_at, other.ends_at)
    }  # fmt: skip
    assert {frozenset(warn.lines) for warn in two_places(legs)} == expected
    assert {frozenset(warn.lines) for warn in two_places(legs[::-1])} == expected


@given(st.lists(st.tuples(st.sampled_from(list(Kind)), st.integers(-(10**12), 10**12)), max_size=40))
def test_sums_by_kind_add_up_to_the_whole(costs: list[tuple[Kind, int]]) -> None:
    found = sums(costs)
    assert list(found) == [str(kind) for kind in Kind]
    assert sum(found.values()) == sum(cents for _kind, cents in costs)
    assert all(found[kind] == sum(cents for other, cents in costs if other == kind) for kind in Kind)
