"""Keepers confirm their own list: "I have it", "not", "somewhere else"; the unanswered stay open, and only the keeper answers."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from core.foundation import clock
from core.mechanisms import notices
from core.mechanisms.operations import perform_now
from core.sections import assets, stocktakes
from core.sections.stocktakes import ApproveStocktake, DecideLine, Declare, Result
from tests.stocktakes.stage import Stage, send


@pytest.fixture
def session(stage: Stage) -> UUID:
    office = stage.office
    for n in range(4):
        stage.asset(f"WU-{n}", "301", keeper=office.wu, name=f"笔记本 {n}")
    stage.asset("MEI-0", "302", keeper=office.mei)
    stage.asset("NOBODY", "301")
    return stage.open("三楼", mode="self")


def says(stage: Stage, session: UUID, number: str, answer: str, **more: object) -> Declare:
    return Declare(stocktake_id=session, line_id=stage.line(session, number).line_id, answer=answer, **more)


@pytest.mark.proves("S4.1-R6", "S4.1-R7")
def test_each_keeper_confirms_their_own_list_and_the_unanswered_stay_open(stage: Stage, session: UUID) -> None:
    office = stage.office
    assert sorted(line.number for line in stage.review(session).lines) == ["MEI-0", "WU-0", "WU-1", "WU-2", "WU-3"]
    mine = office.read(stocktakes.my_lists, office.wu)
    assert [one.number for one in mine[0].things] == ["WU-0", "WU-1", "WU-2", "WU-3"] and mine[0].left == 4
    assert office.read(stocktakes.my_lists, office.sun) == []
    told = office.read(notices.inbox, office.wu.person_id)[0]
    assert told.facts["n"] == 4 and "4" in notices.sentence(told, "zh-Hans")
    office.do(says(stage, session, "WU-0", "here", condition="worn"), office.wu)
    office.do(says(stage, session, "WU-1", "elsewhere", place_id=office.places["305"], note="借给会议用"), office.wu)
    office.do(says(stage, session, "WU-2", "absent", note="找不到了"), office.wu)
    results = {line.number: (line.result, line.condition) for line in stage.review(session).lines}
    assert results == {
        "WU-0": (Result.MATCHED, "worn"), "WU-1": (Result.MOVED, ""), "WU-2": (Result.MISSING, ""), "WU-3": (Result.NOT_COUNTED, ""),
        "MEI-0": (Result.NOT_COUNTED, ""),
    }  # fmt: skip
    shown = office.read(lambda s: stocktakes.by_place_and_person(s, stocktakes.get(s, session)))
    assert [(one.name, one.counted, one.expected) for one in shown.people] == [("吴桐", 3, 4), ("林晓梅", 0, 1)]
    assert office.do(stocktakes.RemindCounters(stocktake_id=session), office.ann) == {"reminded": 2}
    stage.close(session)
    silent = stage.line(session, "WU-3")
    assert silent.result == Result.NOT_COUNTED, "silence is no deficit"
    assert (
        office.refused(DecideLine(stocktake_id=session, line_id=silent.line_id, decision="accept"), office.ann).code
        == "stocktake.unanswered"
    )
    assert office.refused(ApproveStocktake(stocktake_id=session), office.chen).code == "stocktake.undecided"


def test_only_the_keeper_answers_and_only_with_sense(stage: Stage, session: UUID) -> None:
    office = stage.office
    assert office.refused(says(stage, session, "WU-0", "here"), office.mei).code == "stocktake.not_yours_to_confirm"
    assert office.refused(says(stage, session, "WU-0", "here"), office.ann).code == "stocktake.not_yours_to_confirm"
    assert office.refused(says(stage, session, "WU-0", "elsewhere"), office.wu).code == "stocktake.where_is_it"
    same = says(stage, session, "WU-0", "elsewhere", place_id=office.places["301"])
    assert office.refused(same, office.wu).code == "stocktake.where_is_it"
    assert office.refused(says(stage, session, "WU-0", "elsewhere", place_id=uuid4()), office.wu).code == "place.not_found"
    other = says(stage, session, "WU-0", "here", code=stage.things["WU-1"].code)
    assert office.refused(other, office.wu).code == "stocktake.another_thing"
    assert office.refused(says(stage, session, "WU-0", "here", code="7K3M9QWX"), office.wu).code == "label.mistyped"
    assert office.refused(Declare(stocktake_id=session, line_id=uuid4(), answer="here"), office.wu).code == "stocktake.no_line"
    guided = stage.open("三楼")
    assert office.refused(says(stage, guided, "WU-0", "here"), office.wu).code == "stocktake.scan_it"
    stage.close(session)
    stage.office.later(minutes=1)
    assert office.refused(says(stage, session, "WU-0", "here"), office.wu).code == "stocktake.closed"


def test_who_changes_their_mind_says_it_anew_and_a_label_that_was_read_is_proof(stage: Stage, session: UUID) -> None:
    office = stage.office
    office.do(says(stage, session, "WU-0", "absent"), office.wu)
    office.later(minutes=1)
    photo = "cd" * 32
    outcome = perform_now(says(stage, session, "WU-0", "here", code=stage.things["WU-0"].code, photos=(photo,)), by=office.wu)
    assert outcome.ok and outcome.facts["evidence_pending"] == [photo]
    line = stage.line(session, "WU-0")
    assert (line.result, line.photos, [seen.answer for seen in line.seen]) == (Result.MATCHED, (photo,), ["absent", "here"])
    office.later(minutes=1)
    office.do(says(stage, session, "WU-0", "absent"), office.wu)
    assert stage.line(session, "WU-0").result == Result.MISSING
    office.later(minutes=1)
    stage.seen(session, stage.things["WU-0"], "301", office.mei)
    found = stage.line(session, "WU-0")
    assert found.result == Result.MATCHED and "disputed" in found.flags
    assert office.read(stocktakes.my_list, stage.session(session), office.wu).things[0].answer == "absent"


@pytest.mark.proves("S4.1-R7", "Things 5")
def test_somewhere_else_is_a_proposed_move_and_the_keeper_does_not_approve_it(stage: Stage) -> None:
    office = stage.office
    stage.asset("CHEN", "301", keeper=office.chen)
    thing = stage.asset("WU", "301", keeper=office.wu)
    session = stage.open("三楼", mode="self")
    office.do(says(stage, session, "WU", "elsewhere", place_id=office.places["305"]), office.wu)
    office.do(says(stage, session, "CHEN", "here"), office.chen)
    stage.close(session)
    stage.decide(session, stage.line(session, "WU"))
    assert office.refused(ApproveStocktake(stocktake_id=session), office.chen).code == "stocktake.counted_yourself"
    assert office.read(assets.get, thing.id).place_id == office.places["301"]
    office.do(ApproveStocktake(stocktake_id=session), office.bo)
    assert office.read(assets.get, thing.id).place_id == office.places["305"]


@pytest.mark.proves("O7", "O3")
def test_answers_given_offline_arrive_in_any_order_and_twice_and_say_the_same(stage: Stage, session: UUID) -> None:
    office = stage.office
    phone = stage.phone(office.wu)
    start = clock.now()
    requests = [
        phone.says(says(stage, session, "WU-0", answer), at=office.later(minutes=1))
        for answer in ("here", "absent", "here")
    ]  # fmt: skip
    office.later(minutes=5)
    send([requests[2], requests[0], requests[1], requests[0]])
    line = stage.line(session, "WU-0")
    assert line.result == Result.MATCHED and [seen.answer for seen in line.seen] == ["here", "absent", "here"] and start < clock.now()
    send(requests)
    assert len(stage.line(session, "WU-0").seen) == 3
