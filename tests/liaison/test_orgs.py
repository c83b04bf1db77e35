"""Two organisations of liaison that are one: seen before, merged, taken back whole (guide S3.2-R1)."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from core.sections import liaison
from core.sections.liaison import OrgKind, orgs
from tests.cast import Office


def contact(office: Office, name: str, org: str, kind: OrgKind = OrgKind.PARTNER, **more: Any) -> tuple[UUID, UUID]:
    made = office.do(liaison.SaveContact(name=name, org=org, kind=kind, **more), office.bo)
    return UUID(str(made["contact_id"])), UUID(str(made["org_id"]))


def org_of(office: Office, contact_id: UUID) -> str:
    return str(office.read(liaison.contact, contact_id).org)


@pytest.mark.proves("S3.2-R1", "X1")
def test_two_organisations_are_one_with_everybody_and_everything_said_and_it_can_be_taken_back(office: Office) -> None:
    first, keep = contact(office, "李文博", "江城建设集团")
    second, gone = contact(office, "王芳", "江城建设（集团）", OrgKind.OTHER)
    third, _org = contact(office, "李文博", "江城建设（集团）", OrgKind.OTHER)
    office.do(liaison.NoteContact(contact_id=second, way="call", summary="问了招标"), office.bo)
    assert [(one.name, other.name) for one, other in office.read(orgs.alike)] == [("江城建设（集团）", "江城建设集团")]
    seen = office.read(orgs.preview, keep, gone)
    assert (set(seen.moving), seen.twice, seen.other_kind, seen.keep.name) == ({"王芳", "李文博"}, ("李文博",), True, "江城建设集团")
    assert org_of(office, second) == "江城建设（集团）"  # looking changes nothing
    made = office.do(liaison.MergeOrgs(keep_id=keep, gone_id=gone), office.bo)
    assert made["moved"] == 2 and {org_of(office, id) for id in (first, second, third)} == {"江城建设集团"}
    assert office.read(liaison.contact, second).notes[0].summary == "问了招标"
    assert [twin for twin, _name in office.read(liaison.contact, first).twins] == [third]  # now they can be merged as contacts
    fourth, found = contact(office, "赵强", "江城建设（集团）")  # the old name still finds the one that stays
    assert found == keep
    [told] = office.read(orgs.history, keep)
    assert (told.gone, told.kept, told.moved, told.by, told.undone_at) == ("江城建设（集团）", "江城建设集团", 2, "薄一鸣", None)
    moved_on, _other = contact(office, "王芳", "滨湖集团", contact_id=second)
    assert moved_on == second
    back = office.do(liaison.SplitOrgs(merge_id=told.id), office.bo)
    assert back["moved"] == 1 and (org_of(office, second), org_of(office, third)) == ("滨湖集团", "江城建设（集团）")
    assert org_of(office, fourth) == "江城建设集团"  # came after: it was never moved
    assert office.do(liaison.SplitOrgs(merge_id=told.id), office.bo) == {"moved": 0}
    [told] = office.read(orgs.history, keep)
    assert told.undone_by == "薄一鸣" and [row.kind for row in office.audit("liaison.merge_orgs")] == ["liaison.merge_orgs"]
    assert office.do(liaison.MergeOrgs(keep_id=keep, gone_id=gone), office.bo)["moved"] == 1  # … and may be merged again


@pytest.mark.proves("S3.2-R1")
def test_a_merging_is_taken_back_also_where_the_one_that_stayed_was_merged_on(office: Office) -> None:
    (person, a), (_other, b), (_third, c) = (
        contact(office, name, org) for name, org in (("甲", "A 公司"), ("乙", "B 公司"), ("丙", "C 公司"))
    )
    first = office.do(liaison.MergeOrgs(keep_id=b, gone_id=a), office.bo)["merge_id"]
    office.do(liaison.MergeOrgs(keep_id=c, gone_id=b), office.bo)
    assert org_of(office, person) == "C 公司"
    assert office.refused(liaison.MergeOrgs(keep_id=c, gone_id=a), office.bo).code == "liaison.same_org"  # they are one already
    office.do(liaison.SplitOrgs(merge_id=first), office.bo)
    assert org_of(office, person) == "A 公司"


@pytest.mark.proves("S3.2-R1")
def test_only_who_keeps_liaison_merges_organisations_and_never_one_with_itself(office: Office) -> None:
    (_one, a), (_two, b) = contact(office, "甲", "A 公司"), contact(office, "乙", "B 公司")
    assert office.refused(liaison.MergeOrgs(keep_id=a, gone_id=b), office.mei).code == "op.not_allowed"
    assert office.refused(liaison.MergeOrgs(keep_id=a, gone_id=a), office.bo).code == "liaison.same_org"
    assert office.refused(liaison.MergeOrgs(keep_id=a, gone_id=uuid4()), office.bo).code == "liaison.org_not_found"
    assert office.refused(liaison.SplitOrgs(merge_id=uuid4()), office.bo).code == "liaison.merge_not_found"
