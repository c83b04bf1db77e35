"""A group: one code, the leader's, opens that group and nothing else (guide S3.1-R1; scenario Front desk 7; pitfalls V35, V38, V39).

The leader is a visit like any other, whose `group_id` is its own id. Members with names are visits of their own with that `group_id`: each gets a number,
a badge and a way out. People without names are counted on the leader's row (`party`, the leader with them), so that the roll call knows how many to find.
Who comes late scans the same code and is added; one bad name never keeps the others out, because all of it is one operation that says which.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, StringConstraints, model_validator
from pydantic import Field as Input
from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation import clock
from core.foundation.errors import NotAllowed, Refused
from core.mechanisms import labels, numbering
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import Actor, Operation, Role, operation, touch
from core.sections.visits import approving, badge_prints, coming, happenings, holding, mails, planning, record, types
from core.sections.visits.happenings import Happening
from core.sections.visits.leaving import CheckOut, check_out
from core.sections.visits.planning import Invite
from core.sections.visits.record import HANDLERS, RECEPTION, Code, Line, Name, Visit, VisitState, changed, handle, name_keys, one_line

MOST = 200
Names = Annotated[tuple[Name, ...], Input(max_length=MOST)]
Count = Annotated[int, Input(ge=1, le=MOST)]


class InviteGroup(Invite):
    """`name` is the leader's; without one the group's name stands there, for a head-count whose leader nobody knows yet. `party` counts the leader and everybody without a name; `members` are the others with names."""

    name: Annotated[str, AfterValidator(one_line), StringConstraints(max_length=80)] = ""
    type: types.Key = types.GROUP
    group_name: Line = ""
    party: Count = 1
    members: Names = ()

    @model_validator(mode="before")
    @classmethod
    def _somebody(cls, said: Any) -> Any:
        if not isinstance(said, dict) or one_line(str(said.get("name") or "")):
            return said
        if not one_line(str(said.get("group_name") or "")):
            raise ValueError("visit.group_needs_name")
        return {**said, "name": str(said["group_name"])[:80], "company": said.get("company") or said["group_name"]}


@operation(InviteGroup, "visit.invite_group", roles={Role.STAFF}, personal=True)
def invite_group(s: Session, do: InviteGroup, by: Actor, at: datetime) -> dict[str, Any]:
    """One code for all of them; mailed to the leader. Answers `{visit_id, code, members}`.

    Refuses: visit.group_too_large, and what an invitation refuses"""
    if do.party + len(do.members) > MOST:
        raise Refused("visit.group_too_large", most=MOST)
    leader, code = planning.plan(s, do, by, at)
    leader.group_id, leader.group_name, leader.party = leader.id, do.group_name or do.company or do.name, do.party
    members = [_member(s, leader, name) for name in do.members]
    if leader.email and code is not None:
        mails.send(s, leader, "invited", at)
    return {"visit_id": leader.id, "code": code, "members": [member.id for member in members]}


class ChangeGroup(Operation):
    """Before they come: how many, who besides, who not."""

    visit_id: UUID
    group_name: Line | None = None
    party: Count | None = None
    add: Names = ()
    drop: Annotated[tuple[UUID, ...], Input(max_length=MOST)] = ()


@operation(ChangeGroup, "visit.change_group", roles={Role.STAFF}, personal=True)
def change_group(s: Session, do: ChangeGroup, by: Actor, at: datetime) -> dict[str, Any]:
    """Refuses: visit.not_found, visit.no_group, visit.not_planned, visit.group_too_large"""
    leader = _leader(handle(s, do.visit_id, by))
    if leader.state not in (VisitState.PLANNED, VisitState.HERE):
        raise Refused("visit.not_planned")
    leader.group_name, leader.party = do.group_name or leader.group_name, do.party or leader.party
    for member in members_of(s, leader):
        if member.id in do.drop and member.state == VisitState.PLANNED:
            _off(s, member, at)
    added = [_member(s, leader, name) for name in do.add]
    if record.head_count(s, leader) > MOST:
        raise Refused("visit.group_too_large", most=MOST)
    changed(leader)
    touch(s, "visit", leader.id)
    return {"visit_id": leader.id, "members": [member.id for member in added]}


class CheckInGroup(Operation):
    """`code` is the leader's. `members` are ticked, `names` come besides, `party` is how many are here without a name, the leader with them (empty: as
    planned). `arrival` is what the leader answered and signed on the way in. Coming late: the same code with whoever came now; `party` is then how many
    come in addition, and may be 0."""

    code: Code
    members: Annotated[tuple[UUID, ...], Input(max_length=MOST)] = ()
    names: Names = ()
    party: Annotated[int, Input(ge=0, le=MOST)] | None = None
    arrival: coming.CheckIn | None = None


@operation(CheckInGroup, "visit.check_in_group", roles=HANDLERS, personal=True)
def check_in_group(s: Session, do: CheckInGroup, by: Actor, at: datetime) -> dict[str, Any]:
    """The leader and who came with them are here. Answers `{visit_id, code, late, members: [{visit_id, code}], see_reception}`, the codes of the badges;
    `see_reception`: for somebody reception has to look first (holding.py), and whom, the answer does not say.

    Refuses: visit.no_group, visit.not_in_group, visit.group_too_large, visit.nobody_came, and what `visit.check_in` refuses"""
    leader = _leader(record.of_code(s, do.code))
    if not by.has(Role.KIOSK) and not record.may_handle(s, leader, by):
        raise NotAllowed()
    late = leader.state == VisitState.HERE
    if late:
        if not do.members and not do.names and not do.party:
            raise Refused("visit.nobody_came")
        if leader.arrived_at is None or clock.today(leader.arrived_at) != clock.today(at):
            raise record.why_not(leader, at)
        if do.party:
            before, leader.party = leader.party, leader.party + do.party
            if by.device_id is not None:
                leader.kiosk_id, leader.badge_from_at = by.device_id, at
            badge_prints.queue_shares(s, leader, range(before + 1, leader.party + 1), by, at)
        changed(leader)
        touch(s, "visit", leader.id)
        code = labels.of(s, SubjectKind.VISIT, leader.id) or ""
    else:
        leader.party = max(1, do.party) if do.party is not None else leader.party
        code = coming.check_in(s, (do.arrival or coming.CheckIn(code=do.code)).model_copy(update={"code": do.code, "name": None}), by, at)[
            "code"
        ]
        if code is None:
            return {"visit_id": None, "code": None, "see_reception": True, "late": False, "members": []}
    planned = {member.id: member for member in members_of(s, leader)}
    if any(id not in planned for id in do.members):
        raise Refused("visit.not_in_group")
    came = [planned[id] for id in dict.fromkeys(do.members) if planned[id].state == VisitState.PLANNED]
    came += [_member(s, leader, name) for name in do.names]
    if record.head_count(s, leader) > MOST:
        raise Refused("visit.group_too_large", most=MOST)
    arrived = [(member, _arrive(s, leader, member, by, at)) for member in came]
    badges = [{"visit_id": member.id, "code": badge} for member, badge in arrived if badge is not None]
    return {"visit_id": leader.id, "code": code, "late": late, "members": badges, "see_reception": len(badges) < len(arrived)}


class CheckOutGroup(Operation):
    """The leader's code or badge."""

    code: Code | None = None
    visit_id: UUID | None = None


@operation(CheckOutGroup, "visit.check_out_group", roles=HANDLERS)
def check_out_group(s: Session, do: CheckOutGroup, by: Actor, at: datetime) -> dict[str, Any]:
    """Everybody of the group who is still here leaves. Answers `{visit_id, left}`, how many people. Refuses: visit.no_group, and what
    `visit.check_out` refuses"""
    leader = _leader(record.of_code(s, do.code) if do.code is not None else record.get(s, do.visit_id or UUID(int=0)))
    left = 0
    for member in members_of(s, leader):
        if member.state == VisitState.HERE:
            check_out(s, CheckOut(code=labels.of(s, SubjectKind.VISIT, member.id)), by, at)
            left += 1
    if leader.state == VisitState.HERE or not left:
        check_out(s, CheckOut(code=labels.of(s, SubjectKind.VISIT, leader.id)), by, at)
        left += leader.party
    return {"visit_id": leader.id, "left": left}


def arrive_counted(s: Session, do: coming.CheckIn, count: int, by: Actor, at: datetime) -> dict[str, Any]:
    """A group of which only the number is known, since the kiosk that took it had no list: when all came everybody is ticked, otherwise the names stay
    open and the number is right. A second time with the same code, so many more came."""
    assert do.code is not None
    leader = _leader(record.of_code(s, do.code))
    waiting = [member.id for member in members_of(s, leader) if member.state == VisitState.PLANNED]
    if leader.state == VisitState.HERE:
        return check_in_group(s, CheckInGroup(code=do.code, party=min(count, MOST)), by, at)
    everybody = count >= leader.party + len(waiting)
    members, party = (tuple(waiting), count - len(waiting)) if everybody else ((), count)
    return check_in_group(s, CheckInGroup(code=do.code, members=members, party=party, arrival=do), by, at)


# ── reads ──


@dataclass(frozen=True, slots=True)
class Member:
    """One of a group, for whoever holds its code."""

    visit_id: UUID
    name: str
    state: str
    day_number: int | None


@dataclass(frozen=True, slots=True)
class GroupView:
    """A group as its leader's code opens it: nobody else's. `here` counts everybody who is in the house."""

    visit_id: UUID
    name: str
    leader: str
    party: int
    state: str
    day: date
    members: tuple[Member, ...]
    here: int

    @property
    def planned(self) -> int:
        return self.party + len(self.members)


def group(s: Session, visit_id: UUID) -> GroupView:
    """Refuses: visit.not_found, visit.no_group"""
    leader = _leader(record.get(s, visit_id))
    members = members_of(s, leader)
    here = sum(member.state == VisitState.HERE for member in members) + (leader.party if leader.state == VisitState.HERE else 0)
    lines = tuple(Member(m.id, m.name, m.state, m.day_number) for m in members if m.state != VisitState.CANCELLED)
    return GroupView(leader.id, leader.group_name, leader.name, leader.party, leader.state, leader.expected_on, lines, here)


def is_leader(s: Session, visit_id: UUID) -> bool:
    """Whether this visit's code opens a group."""
    visit = s.get(Visit, visit_id)
    return visit is not None and visit.group_id == visit.id


def members_of(s: Session, leader: Visit) -> list[Visit]:
    """The members with names, as they were written down."""
    query = select(Visit).where(col(Visit.group_id) == leader.id, col(Visit.id) != leader.id).order_by(col(Visit.id))
    return list(s.execute(query).scalars())


def badges_of(s: Session, visit_id: UUID, by: Actor, at: datetime) -> list[UUID]:
    """Whose badges one print job holds: everybody with a name who is here, the leader first. Refuses: visit.no_group; raises NotAllowed."""
    from core.sections.visits import badges

    leader = _leader(record.get(s, visit_id))
    here = [visit for visit in (leader, *members_of(s, leader)) if visit.state == VisitState.HERE]
    mine = [visit.id for visit in here if badges.may_have_badge(visit, by, at)]
    if not mine or (leader.approval not in ("", approving.GIVEN) and not by.has(*RECEPTION)):
        raise NotAllowed()
    return mine


def waiting_for_badges(s: Session, visit_id: UUID) -> list[UUID]:
    """The others of this visit's group who are here and were given no badge, the leader first."""
    asked = record.get(s, visit_id)
    if asked.group_id is None:
        return []
    group_of = select(Visit).where(col(Visit.group_id) == asked.group_id, col(Visit.id) != visit_id, col(Visit.state) == VisitState.HERE)
    return [visit.id for visit in s.execute(group_of.order_by(col(Visit.id))).scalars() if visit.name and not visit.badges_printed]


# ── for `planning` ──


def follow(s: Session, leader: Visit, at: datetime) -> None:
    """What happened to the leader's invitation happens to its members who have not come."""
    for member in members_of(s, leader):
        if member.state == VisitState.PLANNED and leader.state == VisitState.CANCELLED:
            _off(s, member, at)
        elif member.state in planning.OPEN and leader.state == VisitState.PLANNED:
            member.state, member.ended_at = VisitState.PLANNED, None
            member.expected_on, member.expected_at, member.room_id = leader.expected_on, leader.expected_at, leader.room_id
            member.host_id = leader.host_id
            changed(member)
            touch(s, "visit", member.id)


# ── helpers ──


def _leader(visit: Visit) -> Visit:
    if visit.group_id != visit.id:
        raise Refused("visit.no_group")
    return visit


def _member(s: Session, leader: Visit, name: str) -> Visit:
    member = Visit(
        state=VisitState.PLANNED,
        planned=True,
        host_id=leader.host_id,
        name=name,
        company=leader.company,
        purpose=leader.purpose,
        language=leader.language,
        expected_on=leader.expected_on,
        expected_at=leader.expected_at,
        room_id=leader.room_id,
        type=leader.type,
        invited_by=leader.invited_by,
        group_id=leader.id,
        group_name=leader.group_name,
    )
    name_keys(member)
    s.add(member)
    s.flush()
    touch(s, "visit", member.id)
    return member


def _arrive(s: Session, leader: Visit, member: Visit, by: Actor, at: datetime) -> str | None:
    """A member is here: a number and a badge. The host was told of the group, once."""
    if holding.stops(s, member, by, at):
        return None
    today = clock.today(at)
    member.state, member.arrived_at, member.kiosk_id = VisitState.HERE, at, by.device_id
    member.day_number = numbering.next_number(s, f"visit {today.isoformat()}", today.year)
    member.acknowledged_at, member.acknowledged_by, member.reminded_at = leader.acknowledged_at, leader.acknowledged_by, at
    changed(member)
    touch(s, "visit", member.id)
    code = labels.give(s, SubjectKind.VISIT, member.id, at)
    happenings.tell(s, Happening.ARRIVED, member, at)
    return code


def _off(s: Session, member: Visit, at: datetime) -> None:
    member.state, member.ended_at = VisitState.CANCELLED, at
    changed(member)
    touch(s, "visit", member.id)
    happenings.tell(s, Happening.CANCELLED, member, at)
