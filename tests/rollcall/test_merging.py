"""Ticks of several marshals merge: the same list whatever arrives when, late or twice (scenario Front desk 9; pitfall V38)."""

from __future__ import annotations

import random
from uuid import UUID, uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.foundation.ids import FOYER_NAMESPACE
from core.sections.rollcall.record import Mark, heads, merge

PEOPLE = [uuid5(FOYER_NAMESPACE, f"person {n}") for n in range(4)]
PLACES = [None, *(uuid5(FOYER_NAMESPACE, f"place {n}") for n in range(2))]


def id_of(n: int) -> UUID:
    return uuid5(FOYER_NAMESPACE, f"mark {n}")


@st.composite
def stories(draw: st.DrawFn) -> list[list[Mark]]:
    """What each of up to four phones did, in its own order. A phone takes back only ticks it knows: its own, or those the server had."""
    phones = draw(st.integers(1, 4))
    story: list[list[Mark]] = [[] for _ in range(phones)]
    known: list[list[Mark]] = [[] for _ in range(phones)]
    for n in range(draw(st.integers(0, 30))):
        phone, person = draw(st.integers(0, phones - 1)), draw(st.sampled_from(PEOPLE))
        takable = [mark.id for mark in known[phone] if mark.subject_id == person and mark.is_tick]
        if takable and draw(st.booleans()):
            taken = frozenset(draw(st.lists(st.sampled_from(takable), min_size=1, max_size=3)))
            mark = Mark(id_of(n), person, taken)
        else:
            mark = Mark(id_of(n), person, place_id=draw(st.sampled_from(PLACES)), headcount=draw(st.integers(1, 5)))
        story[phone].append(mark)
        known[phone].append(mark)
        if draw(st.booleans()):  # this phone has the network: all the others that have it know
            for other in known:
                other.append(mark)
    return story


@settings(deadline=None)
@given(stories(), st.randoms(use_true_random=False))
@pytest.mark.proves("Front desk 9", "V38")
def test_any_interleaving_of_phones_with_delays_and_repeats_ends_in_the_same_list(story: list[list[Mark]], dice: random.Random) -> None:
    truth = merge(mark for phone in story for mark in phone)
    # Any interleaving that keeps each phone's own order …
    queues = [list(phone) for phone in story]
    arrived: list[Mark] = []
    while any(queues):
        queue = dice.choice([queue for queue in queues if queue])
        arrived.append(queue.pop(0))
        if dice.random() < 0.3:
            arrived.append(dice.choice(arrived))  # … an answer was lost, so it is sent again
    assert merge(arrived) == truth
    dice.shuffle(arrived)  # … and any order at all
    assert merge(arrived) == truth


@settings(deadline=None)
@given(stories())
def test_who_was_seen_stays_found_unless_every_tick_of_them_was_taken_back(story: list[list[Mark]]) -> None:
    marks = [mark for phone in story for mark in phone]
    taken = {id for mark in marks for id in mark.takes_back}
    found = merge(marks)
    for person in PEOPLE:
        assert (person in found) == any(mark.is_tick and mark.subject_id == person and mark.id not in taken for mark in marks)


def test_a_tick_made_meanwhile_by_somebody_else_survives_the_taking_back() -> None:
    li = PEOPLE[0]
    mine, theirs = Mark(id_of(1), li), Mark(id_of(2), li)
    back = Mark(id_of(3), li, frozenset({mine.id}))
    assert merge([back, mine, theirs]) == {li: frozenset({theirs.id})}
    assert merge([back, mine]) == {}


def test_heads_of_a_group_add_up_over_places_and_not_over_marshals_at_one_place() -> None:
    group, east, west = PEOPLE[0], PLACES[1], PLACES[2]
    seen = [
        Mark(id_of(1), group, place_id=east, headcount=3),
        Mark(id_of(2), group, place_id=east, headcount=4),
        Mark(id_of(3), group, place_id=west, headcount=2),
    ]
    assert heads(seen, 10) == 6
    assert heads(seen, 5) == 5
    assert heads([], 5) == 0
