"""What the phone carries into the cellar: whole, small to refresh, and never more than its person may see."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event

from core.foundation import database
from core.mechanisms import duties, labels
from core.mechanisms.labels import SubjectKind
from core.sections import assets, stocktakes, supplies
from mobile import bundle
from tests.cast import Office
from tests.inspections.conftest import plan_round
from tests.mechanisms.web import client_of


def furnished(office: Office) -> dict[str, str]:
    """A chair in 302, pens in 301, a round of two points, a label on 301."""
    chair = office.do(assets.RegisterAsset(number="BG-0001", name="人体工学椅", spec="震旦 A6", place_id=office.places["302"]), office.bo)
    pen = office.do(supplies.RegisterSupply(name="中性笔", unit="支", place_id=office.places["301"], limit=5), office.bo)
    office.do(supplies.ReceiveSupply(code=pen["code"], quantity=96), office.bo)
    plan_round(office)
    return {
        "chair": str(chair["asset_id"]), "pen": pen["code"], "301": office.label(SubjectKind.PLACE, office.places["301"]),
        "chair_label": office.label(SubjectKind.ASSET, chair["asset_id"]),
    }  # fmt: skip


def fetch(office: Office, who: str) -> dict[str, Any]:
    answer = client_of(office.people[who]).get("/api/v1/floor")
    assert answer.status_code == 200
    return dict(answer.json())


def test_the_bundle_holds_what_a_person_needs_without_a_network(office: Office) -> None:
    made = furnished(office)
    office.do(duties.OpenDuty(title="x", owner_id=office.sun.person_id), office.bo)
    found = fetch(office, "sun")
    assert set(found) == {"now", "office", "person", "places", "things", "people", "supplies", "stocktakes", "inspections", "duties"}
    assert found["office"]["name"] == "临江区机关事务中心" and found["person"]["name"] == "孙立" and found["duties"] == 1
    room = next(place for place in found["places"] if place["name"] == "301 听雨厅")
    assert room["label"] == made["301"] and room["path"] == "本部 › 三楼" and room["kind"] == "room"
    chair = next(thing for thing in found["things"] if thing["kind"] == "asset")
    assert chair["label"] == made["chair_label"] and chair["place_id"] == str(office.places["302"])
    [pen] = found["supplies"]
    assert (pen["label"], pen["on_hand"], pen["limit"]) == (made["pen"], 96, 5)
    [round_] = found["inspections"]
    assert round_["template_version"] == 1 and [point["name"] for point in round_["points"]] == ["三楼东楼梯口", "机房门口"]
    assert round_["points"][0]["questions"][0]["text"] == "灭火器在原位，数量对" and round_["points"][0]["label"]
    assert {"id": str(office.mei.person_id), "name": "林晓梅", "name_key": "linxiaomei lxm", "department": "办公室"} in found["people"]


def test_old_labels_travel_too(office: Office) -> None:
    made = furnished(office)
    for code in (made["301"], made["pen"], made["chair_label"]):
        office.do(labels.ReplaceLabel(code=code, reason="旧"), office.bo)
    old = {code: thing["kind"] for thing in fetch(office, "sun")["things"] for code in thing["old_labels"]}
    assert old == {made["301"]: "place", made["pen"]: "supply", made["chair_label"]: "asset"}


def test_a_phone_that_is_up_to_date_gets_no_body(office: Office) -> None:
    furnished(office)
    client = client_of(office.sun)
    first = client.get("/api/v1/floor")
    office.later(minutes=5)
    again = client.get("/api/v1/floor", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304 and again.content == b"" and again.headers["foyer-now"] > first.headers["foyer-now"]
    office.person("ren", "任我行")
    assert client.get("/api/v1/floor", headers={"If-None-Match": first.headers["etag"]}).status_code == 200


@pytest.mark.proves("SEC 29", "S4.2-R3")
def test_rounds_are_for_inspectors_and_the_bundle_for_people(office: Office) -> None:
    furnished(office)
    assert fetch(office, "mei")["inspections"] == []
    assert client_of().get("/api/v1/floor").status_code == 401


@pytest.mark.proves("Things 6")
def test_who_counts_blind_finds_no_book_figure_in_the_bundle(office: Office) -> None:
    made = furnished(office)
    for kind, place in (("supply", "301"), ("asset", "302")):
        office.do(stocktakes.OpenStocktake(kind=kind, place_ids=(office.places[place],), mode="blind"), office.bo)
    found = fetch(office, "mei")
    assert [pen["on_hand"] for pen in found["supplies"]] == [None]
    assert [thing["place_id"] for thing in found["things"] if thing["kind"] == "asset"] == [None]
    assert all(count["expected"] is None and count["total"] is None for count in found["stocktakes"]) and len(found["stocktakes"]) == 2
    assert client_of(office.mei).get("/api/v1/supplies").json()["items"][0]["on_hand"] is None
    assert made["pen"]


def test_the_bundle_takes_the_same_few_statements_however_much_there_is(office: Office) -> None:
    furnished(office)

    def statements() -> int:
        seen: list[str] = []

        def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
            seen.append(statement)

        event.listen(database.engine(), "before_cursor_execute", note)
        try:
            with database.reading() as s:
                bundle.bundle(s, office.sun)
        finally:
            event.remove(database.engine(), "before_cursor_execute", note)
        return len(seen)

    before = statements()
    for n in range(30):
        office.do(assets.RegisterAsset(number=f"BG-1{n:03}", name=f"椅子{n}", place_id=office.places["302"]), office.bo)
        office.do(supplies.RegisterSupply(name=f"纸{n}", unit="包"), office.bo)
        office.place(f"货架{n}", "shelf", office.places["301"])
    assert statements() == before and before < 40
