"""A group: the leader's one scan opens that group alone, with names or by a head-count, also for who comes late (scenario Front desk 7; pitfalls V35, V38)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.foundation import clock, database
from core.mechanisms import labels, notices
from core.mechanisms.labels import SubjectKind
from core.sections import visits
from core.sections.visits import CheckIn, CheckInGroup, CheckOut, CheckOutGroup, InviteGroup, groups, register
from core.sections.visits.record import Visit
from tests.cast import Office
from tests.visits.build import TODAY, invite, kiosk


def delegation(office: Office, *names: str, party: int = 1, **more: Any) -> dict[str, Any]:
    do = InviteGroup(
        host_id=office.mei.person_id,
        name="李文博",
        company="江城建设集团",
        group_name="江城考察团",
        expected_on=TODAY,
        party=party,
        members=names,
        **more,
    )
    made = office.do(do, office.mei)
    assert isinstance(made, dict)
    return made


def visit(visit_id: object) -> Visit:
    with database.reading() as s:
        found = s.get(Visit, UUID(str(visit_id)))
    assert found is not None
    return found


@pytest.mark.proves("S3.1-R1", "Office 7")
def test_one_scan_brings_in_the_leader_and_those_who_are_ticked(office: Office) -> None:
    desk, made = kiosk(office), delegation(office, "王敏", "赵强", "孙丽", party=3)
    ticked = made["members"][:2]
    came = office.do(CheckInGroup(code=made["code"], members=ticked), desk)
    assert [member["visit_id"] for member in came["members"]] == ticked and not came["late"]
    assert [visit(id).state for id in (came["visit_id"], *made["members"])] == ["here", "here", "here", "planned"]
    assert [visit(id).day_number for id in (came["visit_id"], *ticked)] == [1, 2, 3]
    codes = [came["code"], *(member["code"] for member in came["members"])]
    assert len(set(codes)) == 3 and made["code"] not in codes
    found = office.read(visits.group, UUID(came["visit_id"]))
    assert (found.name, found.here, found.planned) == ("江城考察团", 5, 6)
    assert office.read(register.count_in_house) == 5
    assert [n.key for n in office.read(notices.unread, office.mei.person_id)] == ["visit.arrived"]  # once, not five times


@pytest.mark.proves("S3.1-R1", "S3.1-R7")
def test_a_head_count_needs_no_names_and_stands_in_register_and_roll_call(office: Office) -> None:
    made = delegation(office, party=12)
    office.do(CheckInGroup(code=made["code"], party=9), kiosk(office))
    (line,) = office.read(visits.roll_call, clock.now())
    assert (line.party, line.group) == (9, "江城考察团") and office.read(visits.count_in_house) == 9
    (row,) = office.read(visits.in_house, clock.now())
    assert (row.party, row.group_name, row.name) == (9, "江城考察团", "李文博")
    assert office.do(CheckOutGroup(code=made["code"]), kiosk(office, "二号"))["left"] == 9
    assert office.read(visits.count_in_house) == 0


@pytest.mark.proves("S3.1-R1", "V38")
def test_who_comes_late_scans_the_same_code_and_is_added(office: Office) -> None:
    desk, made = kiosk(office), delegation(office, "王敏", "赵强", party=2)
    office.do(CheckInGroup(code=made["code"], members=made["members"][:1]), desk)
    office.later(minutes=20)
    late = office.do(CheckInGroup(code=made["code"], members=made["members"], names=("周婷",), party=1), desk)
    assert late["late"] and len(late["members"]) == 2  # who is here already is not here twice
    found = office.read(visits.group, UUID(made["visit_id"]))
    assert (found.party, found.here) == (3, 6) and [m.name for m in found.members] == ["王敏", "赵强", "周婷"]
    assert office.refused(CheckInGroup(code=made["code"]), desk).code == "visit.nobody_came"
    office.do(CheckOutGroup(code=made["code"]), desk)
    assert office.refused(CheckInGroup(code=made["code"], names=("晚了",)), desk).code == "visit.left_already"


@pytest.mark.proves("S3.1-R1", "V34")
def test_a_code_opens_its_own_group_and_nothing_else(office: Office) -> None:
    desk, one, other, alone = kiosk(office), delegation(office, "王敏"), delegation(office, "赵强"), invite(office, name="周婷")
    assert office.refused(CheckInGroup(code=one["code"], members=other["members"]), desk).code == "visit.not_in_group"
    assert visit(one["visit_id"]).state == "planned"  # all or nothing
    assert office.refused(CheckInGroup(code=one["code"], members=[alone["visit_id"]]), desk).code == "visit.not_in_group"
    assert office.refused(CheckInGroup(code=alone["code"]), desk).code == "visit.no_group"
    assert office.refused(CheckInGroup(code=one["code"]), office.wu).code == "op.not_allowed"


@pytest.mark.proves("S3.1-R1")
def test_one_print_job_holds_the_badges_of_those_who_are_here_and_a_kiosk_gets_only_what_it_just_checked_in(office: Office) -> None:
    desk, made = kiosk(office), delegation(office, "王敏", "赵强")
    came = office.do(CheckInGroup(code=made["code"], members=made["members"][:1]), desk)
    wanted = [UUID(made["visit_id"]), UUID(made["members"][0])]
    assert office.read(groups.badges_of, UUID(came["visit_id"]), desk, clock.now()) == wanted
    office.later(minutes=5)
    late = office.do(CheckInGroup(code=made["code"], members=made["members"]), desk)
    assert office.read(groups.badges_of, UUID(came["visit_id"]), desk, clock.now()) == [UUID(late["members"][0]["visit_id"])]
    assert len(office.read(groups.badges_of, UUID(came["visit_id"]), office.ann, clock.now())) == 3
    first, *others = [UUID(made["visit_id"]), *map(UUID, made["members"])]
    assert office.read(visits.waiting_for_badges, first) == others  # the desk prints them along with the first
    office.do(visits.PrintBadges(visit_ids=others[:1]), office.ann)
    assert office.read(visits.waiting_for_badges, first) == others[1:] and office.read(visits.waiting_for_badges, others[0]) == [
        first,
        *others[1:],
    ]
    office.later(minutes=5)
    for stranger in (desk, kiosk(office, "二号"), office.mei):
        with pytest.raises(Exception, match="not_allowed"):
            office.read(groups.badges_of, UUID(came["visit_id"]), stranger, clock.now())


@pytest.mark.proves("S3.1-R7", "V36")
def test_a_member_leaves_by_the_own_badge_and_the_leader_takes_the_rest_along(office: Office) -> None:
    desk, made = kiosk(office), delegation(office, "王敏", "赵强", party=2)
    came = office.do(CheckInGroup(code=made["code"], members=made["members"]), desk)
    office.do(CheckOut(code=came["members"][0]["code"]), desk)
    assert office.read(visits.group, UUID(made["visit_id"])).here == 3
    assert office.do(CheckOutGroup(code=came["code"]), desk)["left"] == 3
    assert office.refused(CheckOutGroup(code=came["code"]), desk).code == "visit.left_already"


@pytest.mark.proves("S3.1-R1")
def test_members_go_where_the_leader_s_invitation_goes(office: Office) -> None:
    made = delegation(office, "王敏", "赵强")
    tomorrow = TODAY.replace(day=24)
    office.do(visits.ChangeVisit(visit_id=made["visit_id"], expected_on=tomorrow), office.mei)
    assert {visit(id).expected_on for id in (made["visit_id"], *made["members"])} == {tomorrow}
    added = office.do(visits.ChangeGroup(visit_id=made["visit_id"], add=("周婷",), drop=(made["members"][0],), party=4), office.mei)
    assert (visit(made["members"][0]).state, visit(added["members"][0]).expected_on) == ("cancelled", tomorrow)
    office.do(visits.CancelVisit(visit_id=made["visit_id"]), office.mei)
    assert {visit(id).state for id in (made["visit_id"], *made["members"], *added["members"])} == {"cancelled"}


def test_a_group_has_an_end(office: Office) -> None:
    with pytest.raises(ValueError, match="less than or equal"):
        InviteGroup(host_id=office.mei.person_id, name="x", expected_on=TODAY, party=201)
    assert office.refused(
        InviteGroup(host_id=office.mei.person_id, name="x", expected_on=TODAY, party=150, members=tuple(f"人{n}" for n in range(51))), office.mei
    ).code == "visit.group_too_large"  # fmt: skip
    made = delegation(office, party=199)
    desk = kiosk(office)
    assert office.refused(CheckInGroup(code=made["code"], names=("王敏", "赵强")), desk).code == "visit.group_too_large"
    assert visit(made["visit_id"]).state == "planned"


@pytest.mark.proves("S3.1-R1", "S3.1-R7")
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(waves=st.lists(st.tuples(st.sets(st.integers(0, 4)), st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=5))
def test_however_they_come_everybody_is_counted_once(office: Office, waves: list[tuple[set[int], int, int]]) -> None:
    """In waves of ticked members, unnamed people and names besides: the house holds exactly who was said, and nobody is left after the leader."""
    before = office.read(register.count_in_house)
    desk = office.people.get("kiosk") or office.people.setdefault("kiosk", kiosk(office))
    made = delegation(office, "甲", "乙", "丙", "丁", "戊")
    ticked: set[int] = set()
    expected = 0
    for number, (members, unnamed, besides) in enumerate(waves):
        do = CheckInGroup(
            code=made["code"],
            members=[made["members"][n] for n in sorted(members)],
            names=tuple(f"另{number}{n}" for n in range(besides)),
            party=unnamed,
        )
        outcome = office.do(do, desk) if number == 0 or members or besides or unnamed else None
        if outcome is None:
            continue
        expected += (max(1, unnamed) if number == 0 else unnamed) + besides + len(members - ticked)
        ticked |= members
    assert office.read(register.count_in_house) - before == expected
    assert office.do(CheckOutGroup(code=office.read(labels.of, SubjectKind.VISIT, UUID(made["visit_id"]))), desk)["left"] == expected
    assert office.read(register.count_in_house) == before


def test_a_leaders_plain_check_in_still_works_for_who_knows_no_groups(office: Office) -> None:
    made = delegation(office, "王敏", party=4)
    office.do(CheckIn(code=made["code"]), kiosk(office))
    assert office.read(register.count_in_house) == 4


# ── people without names ──


@pytest.mark.proves("S3.1-R1", "Front desk 7")
def test_people_without_names_get_numbered_badges_in_the_same_print_job(office: Office) -> None:
    from assets_labels import printouts
    from core.mechanisms.operations import SYSTEM
    from core.sections.visits import badges

    desk, made = kiosk(office), delegation(office, "王敏", party=4)
    came = office.do(CheckInGroup(code=made["code"], members=made["members"]), desk)
    leader = UUID(came["visit_id"])
    second = office.read(badges.share, leader, 2, desk, clock.now())
    assert (second.name, second.share, second.code, second.day_number) == ("江城考察团", "2/4", "", 1) and "李文博" in second.company
    for number in (1, 5):
        with pytest.raises(Exception, match="not_in_group"):
            office.read(badges.share, leader, number, desk, clock.now())
    texts = printouts.badge_texts([leader], SYSTEM, {str(leader): list(badges.shares(visit(leader)))})
    assert [text.share for text in texts] == ["", "2/4", "3/4", "4/4"]
    office.later(minutes=2)
    with pytest.raises(Exception, match="not_allowed"):
        office.read(badges.share, leader, 2, desk, clock.now())
    office.do(CheckInGroup(code=made["code"], party=2), desk)  # two more, a while later
    assert office.read(badges.share, leader, 6, desk, clock.now()).share == "6/6"


def test_a_head_count_needs_no_leaders_name_either_and_its_code_confirms_the_number(office: Office) -> None:
    do = InviteGroup(host_id=office.mei.person_id, group_name="实验小学三年级", expected_on=TODAY, party=30)
    made = office.do(do, office.mei)
    found = office.read(visits.group, UUID(made["visit_id"]))
    assert (found.leader, found.planned, found.members) == ("实验小学三年级", 30, ())
    office.do(CheckInGroup(code=made["code"], party=28), kiosk(office))
    assert office.read(register.count_in_house) == 28
    with pytest.raises(ValueError, match="group_needs_name"):
        InviteGroup(host_id=office.mei.person_id, expected_on=TODAY, party=30)


def test_the_mail_to_the_leader_counts_those_with_names_too(office: Office) -> None:
    from core.sections.visits import mails

    made = delegation(office, "王敏", "赵强", party=3)
    assert "5" in str(office.read(lambda s: mails.says(s, visit(made["visit_id"]))["details"]))
