"""The ladder and leaving under any order of events: never two rungs at once, nobody is told of who left, taking back restores exactly (issue 5)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.mechanisms.operations import Actor, Role
from core.sections.visits import ladder, leaving
from core.sections.visits.ladder import Ladder, Rung, Said
from core.sections.visits.record import Visit, VisitState

HOST, OTHER = UUID(int=1), UUID(int=2)
START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
STEP = timedelta(minutes=5)
ORDER = [Rung.HOST, Rung.DEPUTY, Rung.RECEPTION]
events = st.lists(
    st.one_of(
        st.tuples(st.just("pass"), st.integers(1, 4000)),
        st.tuples(st.just("look"), st.just(0)),
        st.tuples(st.sampled_from(["coming", "wait", "up", "refuse"]), st.integers(1, 30)),
    ),
    max_size=40,
)


@pytest.mark.proves("Front desk 7")
@given(events, st.booleans())
@settings(max_examples=300, deadline=None)
def test_each_look_tells_at_most_one_and_each_rung_once_until_a_new_wait(happened: list[tuple[str, int]], has_deputy: bool) -> None:
    at, now = START, ladder.begin(START, STEP)
    told, last = [Rung.HOST], START
    for what, n in happened:
        if what == "pass":
            at += timedelta(seconds=n)
        elif what == "look":
            after = ladder.climb(now, at, STEP, has_deputy=has_deputy)
            if after == now:
                assert not ladder.is_due(now, at)
                continue
            if now.said == Said.WAIT:
                assert after == ladder.begin(at, STEP)
                told = []
            else:
                assert at - last >= STEP or not told
            assert now.said in ("", Said.WAIT), "somebody was told although it was answered"
            assert after.rung not in told and (not told or ORDER.index(after.rung) > ORDER.index(told[-1]))
            assert has_deputy or after.rung != Rung.DEPUTY
            assert not ladder.is_due(after, at), "a second rung in the same moment"
            told.append(after.rung)
            now, last = after, at
        else:
            now = ladder.answered(now, Said(what), at, timedelta(minutes=n))
            assert (now.next_at is None) == (what != "wait")
    assert len(told) == len(set(told))


def test_a_ladder_that_ended_never_starts_by_itself() -> None:
    over = Ladder(Rung.RECEPTION, None, "")
    assert ladder.climb(over, START + timedelta(days=400), STEP, has_deputy=True) is over


@given(st.integers(-10, 400), st.sampled_from(["same", "other", "desk"]), st.sampled_from(list(VisitState)))
def test_only_the_last_two_minutes_of_ones_own_screen_are_taken_back(seconds: int, who: str, state: VisitState) -> None:
    here, there = Visit(state=state, host_id=HOST, name="李", expected_on=START.date()), Actor(frozenset({Role.KIOSK}), None, HOST)
    here.left_at, here.left_device_id = START, HOST
    by = {"same": there, "other": Actor(frozenset({Role.KIOSK}), None, OTHER), "desk": Actor(frozenset({Role.RECEPTION}), OTHER)}[who]
    may = leaving.may_undo(here, by, START + timedelta(seconds=seconds))
    assert may == (state == VisitState.LEFT and 0 <= seconds <= 120 and who != "other")
