"""Closing, deciding, approving: nothing a phone holds is lost, and the book follows only what was approved."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import UUID

import pytest

from core.foundation import clock
from core.foundation.ids import uuid7
from core.mechanisms import devices, duties, labels
from core.sections import assets, stocktakes
from core.sections.stocktakes import ApproveStocktake, CloseStocktake, DecideLine, HandInCounts, RejectStocktake, Result
from tests.stocktakes.stage import Stage, send


def place_of(stage: Stage, asset_id: UUID) -> UUID | None:
    return stage.office.read(assets.get, asset_id).place_id


def life(stage: Stage, asset_id: UUID) -> list[assets.AssetEvent]:
    return stage.office.read(assets.timeline, asset_id)


@pytest.mark.proves("Things 5", "S4.1-R7")
def test_a_thing_found_in_another_room_moves_in_the_book_only_after_approval(stage: Stage) -> None:
    thing = stage.asset("ZC-1", "301")
    session = stage.open("三楼")
    told = stage.seen(session, thing, "302", stage.office.mei)
    assert told["book_place"] == "301 听雨厅"
    line = stage.line(session, "ZC-1")
    assert (line.result, line.book_place, line.found_place) == (Result.MOVED, "301 听雨厅", "302 办公室")
    assert place_of(stage, thing.id) == stage.office.places["301"]
    stage.settle(session)
    assert place_of(stage, thing.id) == stage.office.places["302"]
    event = life(stage, thing.id)[-1]
    assert event.kind == "moved_by_stocktake" and event.facts["stocktake_id"] == str(session)
    assert event.person_id == stage.office.chen.person_id


@pytest.mark.proves("Things 5")
def test_a_rejected_count_changes_nothing(stage: Stage) -> None:
    moved, missing = stage.asset("ZC-1", "301"), stage.asset("ZC-2", "301")
    session = stage.open("三楼")
    stage.seen(session, moved, "302", stage.office.mei)
    stage.close(session)
    for line in stage.review(session).differences:
        stage.decide(session, line)
    before = [len(life(stage, thing.id)) for thing in (moved, missing)]
    stage.office.do(RejectStocktake(stocktake_id=session, reason="数得太快"), stage.office.chen)
    assert place_of(stage, moved.id) == stage.office.places["301"]
    assert stage.office.read(assets.get, missing.id).state == "idle"
    assert [len(life(stage, thing.id)) for thing in (moved, missing)] == before
    assert stage.office.refused(ApproveStocktake(stocktake_id=session), stage.office.chen).code == "stocktake.rejected"


@pytest.mark.proves("T1", "Things 4")
def test_the_close_waits_for_a_phone_that_has_not_handed_in_and_names_it(stage: Stage) -> None:
    thing = stage.asset("ZC-1", "301")
    session = stage.open("301")
    phone = stage.phone(stage.office.mei, "林晓梅的手机")
    send([phone.says(stage.count(session, thing, "301"), at=clock.now())])
    close = CloseStocktake(stocktake_id=session)
    refused = stage.office.refused(close, stage.office.ann)
    assert refused.code == "stocktake.devices_open"
    assert (refused.facts["names"], refused.facts["n"]) == ("林晓梅的手机 (0)", 0)
    assert phone.by.device_id is not None
    devices.note_contact(phone.by.device_id, clock.now(), highest_seq=4)
    send([phone.says(HandInCounts(stocktake_id=session, last_seq=1), at=clock.now())])
    refused = stage.office.refused(close, stage.office.ann)
    assert (refused.facts["names"], refused.facts["n"]) == ("林晓梅的手机 (2)", 2)
    assert refused.facts["devices"][0]["missing"] == [[3, 4]] and refused.facts["devices"][0]["handed_in"] is True
    rest = stage.asset("ZC-2", "301")
    send(
        [
            phone.says(stage.count(session, rest, "301"), at=clock.now()),
            phone.says(HandInCounts(stocktake_id=session, last_seq=3), at=clock.now()),
        ]
    )
    stage.office.do(close, stage.office.ann)


def test_counting_on_after_handing_in_needs_another_hand_in(stage: Stage) -> None:
    one, two = stage.asset("ZC-1", "301"), stage.asset("ZC-2", "302")
    session = stage.open("三楼")
    phone = stage.phone(stage.office.mei)
    send(
        [
            phone.says(stage.count(session, one, "301"), at=clock.now()),
            phone.says(HandInCounts(stocktake_id=session, last_seq=1), at=clock.now()),
        ]
    )
    assert stage.office.read(lambda s: stocktakes.open_devices(s, stocktakes.get(s, session))) == []
    send([phone.says(stage.count(session, two, "302"), at=clock.now())])
    assert stage.office.refused(CloseStocktake(stocktake_id=session), stage.office.ann).code == "stocktake.devices_open"


@pytest.mark.proves("T1")
def test_the_desk_may_close_without_a_phone_and_its_late_records_are_still_taken(stage: Stage) -> None:
    one, two = stage.asset("ZC-1", "301"), stage.asset("ZC-2", "301")
    session = stage.open("301")
    phone = stage.phone(stage.office.mei)
    send([phone.says(stage.count(session, one, "301"), at=clock.now())])
    late = phone.says(stage.count(session, two, "301"), at=clock.now())
    stage.office.later(minutes=10)
    stage.close(session, override_reason="手机掉水里了")
    assert stage.session(session).override_reason == "手机掉水里了"
    missing = stage.line(session, "ZC-2")
    assert missing.result == Result.MISSING
    stage.decide(session, missing)
    stage.office.later(minutes=10)
    assert send([late])[0].ok
    found = stage.line(session, "ZC-2")
    assert found.result == Result.MATCHED and found.decision is None
    after = phone.says(stage.count(session, two, "301"), at=clock.now())
    assert send([after])[0].code == "stocktake.closed"


@pytest.mark.proves("S4.1-R8")
def test_what_is_approved_is_posted_once_and_gives_the_follow_up(stage: Stage) -> None:
    missing = stage.asset("ZC-1", "301", keeper=stage.office.wu)
    blank = stage.office.do(labels.MakeBlanks(count=1), stage.office.bo)["codes"][0]
    session = stage.open("301")
    stage.seen(session, blank, "301", stage.office.mei)
    stage.office.do(
        stocktakes.ReportFind(stocktake_id=session, place_id=stage.office.places["301"], code=blank, description="饮水机 美的"),
        stage.office.mei,
    )
    done = stage.settle(session)
    assert done["posted"] == 2
    asset = stage.office.read(assets.get, missing.id)
    assert asset.state == "lost"
    assert [event.kind for event in life(stage, missing.id)][-2:] == ["missing_in_stocktake", "disposal_requested"]
    card = stage.office.read(assets.by_code, blank)
    assert (card.name, card.place_id) == ("饮水机 美的", stage.office.places["301"])
    owed = stage.office.read(duties.mine, stage.office.ann, clock.now())
    assert [duty.subject_id for duty in owed] == [card.id]
    again = stage.office.do(ApproveStocktake(stocktake_id=session), stage.office.chen)
    assert again["sha256"] == done["sha256"]
    assert len(life(stage, missing.id)) == 3 and stage.office.read(assets.count, assets.Filter()) == 2


def test_who_counted_may_not_approve_and_neither_may_the_administrator(stage: Stage) -> None:
    thing = stage.asset("ZC-1", "301")
    session = stage.open("301", by=stage.office.bo)
    stage.seen(session, thing, "301", stage.office.bo)
    stage.close(session)
    assert stage.office.refused(ApproveStocktake(stocktake_id=session), stage.office.bo).code == "stocktake.counted_yourself"
    assert stage.office.refused(ApproveStocktake(stocktake_id=session), stage.office.ada).code == "op.not_allowed"
    assert stage.office.refused(ApproveStocktake(stocktake_id=session), stage.office.mei).code == "op.not_allowed"
    stage.office.do(ApproveStocktake(stocktake_id=session), stage.office.chen)


@pytest.mark.proves("T11")
def test_a_count_without_differences_completes(stage: Stage) -> None:
    thing = stage.asset("ZC-1", "301")
    session = stage.open("301")
    stage.seen(session, thing, "301", stage.office.mei)
    assert stage.settle(session)["posted"] == 0
    assert stage.session(session).state == "approved"


def test_approval_waits_for_every_difference_and_for_the_close(stage: Stage) -> None:
    stage.asset("ZC-1", "301")
    session = stage.open("301")
    approve = ApproveStocktake(stocktake_id=session)
    assert stage.office.refused(approve, stage.office.chen).code == "stocktake.not_closed"
    line = stage.line(session, "ZC-1")
    accept = DecideLine(stocktake_id=session, line_id=line.line_id, decision="accept")
    assert stage.office.refused(accept, stage.office.ann).code == "stocktake.not_closed_yet"
    stage.close(session)
    refused = stage.office.refused(approve, stage.office.chen)
    assert (refused.code, refused.facts["n"]) == ("stocktake.undecided", 1)


def test_a_line_to_find_out_about_leaves_the_book_and_becomes_somebodys_duty(stage: Stage) -> None:
    thing = stage.asset("ZC-1", "301")
    session = stage.open("301")
    stage.close(session)
    stage.decide(session, stage.line(session, "ZC-1"), "investigate", cause="可能借出")
    stage.office.do(ApproveStocktake(stocktake_id=session), stage.office.chen)
    assert stage.office.read(assets.get, thing.id).state == "idle"
    owed = stage.office.read(duties.mine, stage.office.ann, clock.now())
    assert [duty.subject_id for duty in owed] == [session]


def test_count_again_sets_the_first_count_aside_and_waits_for_the_second(stage: Stage) -> None:
    thing = stage.asset("ZC-1", "301")
    session = stage.open("三楼")
    stage.seen(session, thing, "302", stage.office.mei)
    stage.close(session)
    stage.office.later(minutes=5)
    stage.decide(session, stage.line(session, "ZC-1"), "recount")
    waiting = stage.line(session, "ZC-1")
    assert (waiting.result, waiting.decision) == (Result.RECOUNT, "recount")
    assert stage.office.refused(ApproveStocktake(stocktake_id=session), stage.office.chen).code == "stocktake.undecided"
    stage.office.later(minutes=5)
    stage.seen(session, thing, "301", stage.office.wu)
    line = stage.line(session, "ZC-1")
    assert line.result == Result.MATCHED and [seen.standing for seen in line.seen] == [False, True]
    stage.office.do(ApproveStocktake(stocktake_id=session), stage.office.chen)
    assert place_of(stage, thing.id) == stage.office.places["301"]


@pytest.mark.proves("T9")
def test_an_ordinary_transfer_during_the_count_is_recognised_and_not_posted_again(stage: Stage) -> None:
    went, came = stage.asset("ZC-1", "301"), stage.asset("ZC-2", "301")
    session = stage.open("三楼")
    stage.seen(session, went, "301", stage.office.mei)
    stage.seen(session, came, "305", stage.office.mei)
    for thing in (went, came):
        stage.office.do(assets.TransferAsset(asset_id=thing.id, place_id=stage.office.places["302"], reason="调整"), stage.office.bo)
    first, second = stage.line(session, "ZC-1"), stage.line(session, "ZC-2")
    assert (first.result, "moved_meanwhile" in first.flags) == (Result.MATCHED, True)
    assert (second.result, "moved_meanwhile" in second.flags) == (Result.MOVED, True)
    done = stage.settle(session)
    assert (done["posted"], done["left_alone"]) == (0, 1)
    assert place_of(stage, went.id) == place_of(stage, came.id) == stage.office.places["302"]


@pytest.mark.proves("T9", "S4.1-R7")
def test_what_an_approval_promises_is_what_it_posts(stage: Stage) -> None:
    found, gone, went = stage.asset("ZC-1", "301"), stage.asset("ZC-2", "301"), stage.asset("ZC-3", "301")
    session = stage.open("三楼")
    for thing in (found, went):
        stage.seen(session, thing, "305", stage.office.mei)
    stage.office.do(CloseStocktake(stocktake_id=session, override_reason="查完"), stage.office.ann)
    for number in ("ZC-1", "ZC-2", "ZC-3"):
        do = DecideLine(stocktake_id=session, line_id=stage.line(session, number).line_id, decision="accept", cause="核实")
        stage.office.do(do, stage.office.ann)

    def promised() -> stocktakes.WillPost:
        return stage.office.read(lambda s: stocktakes.will_post(s, stocktakes.get(s, session), clock.now()))

    assert (promised().moved, promised().missing, promised().left_alone) == (2, 1, 0)
    stage.office.do(assets.TransferAsset(asset_id=went.id, place_id=stage.office.places["302"], reason="调整"), stage.office.bo)
    told = promised()
    done = stage.office.do(ApproveStocktake(stocktake_id=session), stage.office.chen)
    assert (told.n, told.left_alone) == (done["posted"], done["left_alone"]) == (2, 1)
    assert place_of(stage, went.id) == stage.office.places["302"] and place_of(stage, found.id) == stage.office.places["305"]
    assert stage.office.read(assets.get, gone.id).state == "lost"


@pytest.mark.proves("T9")
def test_two_overlapping_counts_end_at_the_truth(stage: Stage) -> None:
    thing = stage.asset("ZC-1", "301")
    first, second = stage.open("三楼"), stage.open("三楼")
    stage.seen(first, thing, "302", stage.office.mei)
    stage.seen(second, thing, "302", stage.office.wu)
    stage.settle(first)
    assert stage.line(second, "ZC-1").result == Result.MATCHED
    assert stage.settle(second)["posted"] == 0
    assert place_of(stage, thing.id) == stage.office.places["302"]


def test_a_thing_disposed_of_or_lost_meanwhile_is_no_deficit_of_this_count(stage: Stage) -> None:
    thing = stage.asset("ZC-1", "301")
    first, second = stage.open("301"), stage.open("301")
    stage.settle(first)
    assert stage.office.read(assets.get, thing.id).state == "lost"
    stage.close(second)
    line = stage.line(second, "ZC-1")
    assert line.result == Result.LEFT and not line.is_difference
    found = stage.open("301")
    stage.seen(found, thing, "301", stage.office.mei)
    assert stage.review(found).sums.surplus == 1
    stage.settle(found)
    asset = stage.office.read(assets.get, thing.id)
    assert (asset.state, asset.place_id) == ("idle", stage.office.places["301"])


@pytest.mark.proves("Things 7", "T13", "T15")
def test_the_sealed_figures_agree_with_the_ledger_and_never_change(stage: Stage) -> None:
    things = [stage.asset(f"ZC-{n:03}", "301", value=1_000_00 + n, net=500_00 + n) for n in range(20)]
    session = stage.open("三楼")
    for thing in things[:17]:
        stage.seen(session, thing, "301", stage.office.mei)
    stage.seen(session, things[17], "302", stage.office.mei)
    ledger = stage.office.read(assets.sums, assets.Filter(place_id=stage.office.places["三楼"]))
    stage.settle(session)
    sealed = stage.office.read(stocktakes.sealed, session)
    content = json.loads(sealed.content)
    sums = content["sums"]
    assert (sums["expected"], sums["matched"], sums["moved"], sums["missing"]) == (20, 17, 1, 2)
    assert (sums["value_cents"], sums["net_value_cents"]) == ledger
    matched = next(line for line in content["lines"] if line["result"] == "matched")
    assert matched["first_by"] == "林晓梅" and matched["first_at"] and matched["seen"]
    stage.office.do(assets.UpdateAsset(asset_id=things[0].id, name="完全不同的名字"), stage.office.bo)
    assert stage.office.read(stocktakes.sealed, session).content == sealed.content
    frozen = stage.office.read(lambda s: stocktakes.result_of(s, stocktakes.get(s, session)))
    assert (frozen.sums.matched, frozen.sums.moved, frozen.sums.missing) == (17, 1, 2) and "完全不同的名字" not in {
        line.name for line in frozen.lines
    }
    assert (content["approved_by"], content["opened_by"], content["counters"]) == ("陈立", "安然", ["林晓梅"])


def test_a_phone_counts_nothing_more_after_the_result_is_settled(stage: Stage) -> None:
    thing = stage.asset("ZC-1", "301")
    session = stage.open("301")
    early = stage.phone(stage.office.wu).says(stage.count(session, thing, "301"), at=clock.now(), op_id=uuid7())
    stage.office.later(minutes=1)
    stage.seen(session, thing, "301", stage.office.mei)
    stage.settle(session)
    stage.office.later(minutes=1)
    assert send([early])[0].code == "stocktake.closed"
    assert stage.session(session).settled_at is not None and stage.session(session).settled_at <= clock.now() - timedelta(minutes=1)
