"""Two versions of a plan side by side: planned against planned, and who changed what (guide S3.1-R2, R8)."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from core.mechanisms.operations import Actor, Role
from core.sections import reception
from core.sections.reception import Kind, Level, versions
from core.sections.reception.versions import NOW, Comparison, differing
from tests.cast import Office
from tests.reception.stage import approved, at, line, take_in, whole_day

STRANGER = Actor(roles=frozenset({Role.STAFF}), person_id=uuid4())


def compared(office: Office, reception_id: UUID, left: int | None = None, right: int | None = None, by: Actor | None = None) -> Comparison:
    found = office.read(versions.compare, reception_id, left, right, by or office.bo)
    assert isinstance(found, Comparison)
    return found


@pytest.mark.proves("S3.1-R2", "S3.1-R8")
def test_what_changed_since_the_leader_agreed_stands_side_by_side_with_who_did_it(office: Office) -> None:
    reception_id = take_in(office)
    lines = whole_day(office, reception_id)
    approved(office, reception_id)
    assert not compared(office, reception_id).lines and compared(office, reception_id).same == 5
    more = {"line_id": lines["lunch"], "place": "二楼餐厅", "cost_cents": 60_000, "companions": 2, "by": office.mei}
    line(office, reception_id, Kind.MEALS, "工作午餐", at(12), at(13), office.ann, **more)
    office.do(reception.DropLine(line_id=lines["goodbye"]), office.bo)
    line(office, reception_id, Kind.TRANSPORT, "送到高铁站", at(16), at(17), office.wu, place="一楼大厅", cost_cents=8_000)
    office.do(reception.UpdateReception(reception_id=reception_id, headcount=5, level=Level.HIGH), office.bo)
    found = compared(office, reception_id)
    assert (found.left.version, found.left.approved, found.right.version, found.all) == (1, True, NOW, (1, NOW))
    assert [(change.field, change.before, change.after) for change in found.head] == [("level", "equal", "high"), ("headcount", 3, 5)]
    came = [one for one in found.lines if one.before is None]
    went = [one for one in found.lines if one.after is None]
    [other] = [one for one in found.lines if one.changes]
    assert ([one.what for one in came], [one.what for one in went], other.what) == (["送到高铁站"], ["门口送别"], "工作午餐")
    assert {change.field for change in other.changes} == {"starts_at", "place", "companions", "cost_cents"}
    assert (found.left.cents, found.right.cents, found.same) == (48_000, 68_000, 3)
    assert (found.left.by_kind["meals"], found.right.by_kind["meals"], found.right.by_kind["transport"]) == (48_000, 60_000, 8_000)
    assert [(one.what, one.who) for one in found.did] == [
        ("rearranged", "林晓梅"), ("dropped", "薄一鸣"), ("arranged", "薄一鸣"), ("changed", "薄一鸣"),
    ]  # fmt: skip
    approved(office, reception_id)
    office.do(reception.UpdateReception(reception_id=reception_id, headcount=6), office.bo)
    both = compared(office, reception_id, 2, 1)  # asked for the wrong way round: the older one stands left
    assert (both.left.version, both.right.version, both.right.approved) == (1, 2, True)
    assert "headcount" in {change.field for change in both.head} and both.did == found.did  # what came after version 2 is not in it
    assert [change.after for change in compared(office, reception_id, 2, NOW).head] == [6]


@pytest.mark.proves("S3.1-R2")
def test_only_who_may_see_a_plan_compares_it_and_a_version_that_is_none_is_refused(office: Office) -> None:
    reception_id = take_in(office)
    assert office.read(versions.compare, reception_id, None, None, office.bo) is None  # nothing was put before anybody yet
    whole_day(office, reception_id)
    approved(office, reception_id)
    assert office.read(versions.compare, reception_id, None, None, STRANGER) is None
    assert office.read(versions.compare, uuid4(), None, None, office.bo) is None
    with pytest.raises(Exception, match=r"reception\.no_version"):
        office.read(versions.compare, reception_id, 7, None, office.bo)


def test_versions_of_before_rooms_were_kept_and_other_offsets_are_no_change() -> None:
    old: dict[str, Any] = {
        "id": "a",
        "kind": "meals",
        "what": "午餐",
        "starts_at": "2026-11-23T12:00:00+08:00",
        "ends_at": "2026-11-23T05:00:00+00:00",
    }
    new = {**old, "starts_at": "2026-11-23T04:00:00+00:00", "room": "", "companions": 0, "cost_cents": 0, "place": ""}
    assert differing([old], [new]) == ([], 1)
    [changed], same = differing([old], [{**new, "room": "301"}])
    assert [(change.field, change.before, change.after) for change in changed.changes] == [("room", None, "301")] and same == 0
