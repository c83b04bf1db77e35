"""Visitors who wait for reception because the block list may mean them (pitfall V33; issue 5, Privacy).

At the kiosk nothing shows: the screen is the one that sends people to reception for any reason, and the answer names no visit. Whoever is chosen hears of it
silently. The visit is recorded as held and is neither here nor expected; reception or the safety office lets it go on, with a reason that is kept, or turns it
away. Who invites somebody on the list learns only that reception will be in touch. A name that merely sounds like an entry's holds nobody: reception is asked
to look.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import clock
from core.foundation.errors import Refused
from core.foundation.ids import uuid7
from core.mechanisms import forgets, labels, namekeys, notices, office, people
from core.mechanisms.forgets import Gone
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import SYSTEM, Actor, Operation, Role, operation, touch
from core.sections.visits import blocklist, happenings, record
from core.sections.visits.blocklist import KEEPERS, Reason
from core.sections.visits.happenings import Happening
from core.sections.visits.record import RECEPTION, Visit, VisitState, changed

DECIDERS = RECEPTION | KEEPERS
ALERTABLE = (Role.RECEPTION, Role.SAFETY, Role.ADMIN, Role.LEADER)


class VisitHold(SQLModel, table=True):
    """A visit met an entry of the block list. `how` as in `blocklist.NEAREST`; `place` is kiosk, desk or invite; `outcome` is empty while it is open, then
    released or away."""

    __tablename__: ClassVar[str] = "visit_hold"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    visit_id: UUID = Field(foreign_key="visit.id", index=True)
    entry_id: UUID = Field(index=True)
    how: str
    place: str
    held: bool
    at: datetime = Field(index=True)
    outcome: str = Field(default="", index=True)
    decided_at: datetime | None = None
    decided_by: UUID | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class HoldView:
    """A visit somebody has to look at. `entry` and `entry_reason` are for the list's keepers alone and empty for reception."""

    id: UUID
    visit_id: UUID
    name: str
    company: str
    phone: str
    host: str
    how: str
    place: str
    held: bool
    at: datetime
    entry: str
    entry_reason: str


# ── for whoever makes or lets in a visit ──


def stops(s: Session, visit: Visit, by: Actor, at: datetime, *, inviting: bool = False) -> bool:
    """Whether this visit (which is in the session) goes no further now: it is then held and those chosen are told. Call it before anything is told, printed or
    numbered. An entry that was found not to mean this visitor does not hold them again."""
    found = blocklist.look_up(s, visit.name, visit.phone, visit.email, at)
    if not found:
        return False
    cleared = set(s.execute(select(VisitHold.entry_id).where(col(VisitHold.visit_id) == visit.id)).scalars())
    open_ones = [one for one in found if one.entry_id not in cleared]
    holding = next((one for one in open_ones if one.holds), None)
    for one in open_ones if holding is None else [holding]:
        place = "invite" if inviting else "kiosk" if by.has(Role.KIOSK) else "desk"
        s.add(VisitHold(visit_id=visit.id, entry_id=one.entry_id, how=one.how, place=place, held=one.holds, at=at))
    if not open_ones:
        return False
    if holding is not None:
        visit.state = VisitState.HELD
        changed(visit)
    s.flush()
    touch(s, "visit", visit.id)
    touch(s, "hold", visit.id)
    _alert(s, visit, "visit.held" if holding else "visit.please_check", at)
    return holding is not None


def _alert(s: Session, visit: Visit, key: str, at: datetime) -> None:
    """Those chosen, each by themselves: never the office's chat, never a name in clear."""
    host = people.get(s, visit.host_id)
    facts = {"who": namekeys.masked(visit.name), "host": host.name}
    chosen = {Role(name) for name in str(office.setting(s, "block.alert_roles")).split(",") if name in set(ALERTABLE)} | {Role.RECEPTION}
    notices.queue_roles(s, *chosen, key=key, facts=facts, at=at, subject=("hold", visit.id), quiet=True)


# ── deciding ──


class ReleaseVisit(Operation):
    """`reason`: why the entry does not mean this visitor."""

    visit_id: UUID
    reason: Reason


@operation(ReleaseVisit, "visit.release", roles=DECIDERS, personal=True)
def release(s: Session, do: ReleaseVisit, by: Actor, at: datetime) -> dict[str, Any]:
    """Somebody else of the same name: the visit is as expected today (or on its own day), and may check in. Answers `{visit_id, code}`.

    Refuses: visit.not_found, visit.not_held"""
    visit, open_ones = _open(s, do.visit_id)
    _decide(open_ones, "released", do.reason, by, at)
    code = labels.of(s, SubjectKind.VISIT, visit.id)
    if visit.state == VisitState.HELD:
        visit.state = VisitState.PLANNED
        visit.expected_on = max(visit.expected_on, clock.today(at))
        changed(visit)
        s.flush()
        code = code or labels.give(s, SubjectKind.VISIT, visit.id, at)
        if visit.planned and visit.email:
            from core.sections.visits import planning

            planning.send_invitation(s, planning.SendInvitation(visit_id=visit.id), SYSTEM, at)
    touch(s, "visit", visit.id)
    touch(s, "hold", visit.id)
    return {"visit_id": visit.id, "code": code}


class TurnAway(Operation):
    visit_id: UUID
    reason: Reason


@operation(TurnAway, "visit.turn_away", roles=DECIDERS, personal=True)
def turn_away(s: Session, do: TurnAway, by: Actor, at: datetime) -> None:
    """The visit does not take place. Refuses: visit.not_found, visit.not_held"""
    visit, open_ones = _open(s, do.visit_id)
    if visit.state != VisitState.HELD:
        raise Refused("visit.not_held")
    _decide(open_ones, "away", do.reason, by, at)
    visit.state, visit.ended_at = VisitState.CANCELLED, at
    changed(visit)
    touch(s, "visit", visit.id)
    touch(s, "hold", visit.id)
    happenings.tell(s, Happening.CANCELLED, visit, at)


def _open(s: Session, visit_id: UUID) -> tuple[Visit, list[VisitHold]]:
    visit = record.get(s, visit_id)
    query = select(VisitHold).where(col(VisitHold.visit_id) == visit_id, col(VisitHold.outcome) == "")
    open_ones = list(s.execute(query).scalars())
    if not open_ones:
        raise Refused("visit.not_held")
    return visit, open_ones


def _decide(open_ones: list[VisitHold], outcome: str, reason: str, by: Actor, at: datetime) -> None:
    for one in open_ones:
        one.outcome, one.decided_at, one.decided_by, one.reason = outcome, at, by.person_id, reason


def close(s: Session, visit: Visit, at: datetime) -> None:
    """The day ended before anybody decided: the visit did not take place."""
    query = select(VisitHold).where(col(VisitHold.visit_id) == visit.id, col(VisitHold.outcome) == "")
    for one in s.execute(query).scalars():
        one.outcome, one.decided_at = "away", at
    touch(s, "hold", visit.id)


# ── reads ──


def waiting(s: Session, by: Actor) -> list[HoldView]:
    """What has to be looked at, oldest first; for reception, the safety office and administrators."""
    if not by.has(*DECIDERS):
        return []
    query = select(VisitHold, Visit).join(Visit, col(Visit.id) == col(VisitHold.visit_id)).where(col(VisitHold.outcome) == "")
    rows = list(s.execute(query.order_by(col(VisitHold.at))))
    entries = {entry.id: entry for entry in blocklist.entries(s, by, clock.now())} if rows else {}
    hosts = {visit.host_id for _, visit in rows}
    names = {row.id: row.name for row in s.execute(select(people.Person.id, people.Person.name).where(col(people.Person.id).in_(hosts)))}
    return [
        HoldView(
            hold.id,
            visit.id,
            visit.name,
            visit.company,
            visit.phone,
            str(names.get(visit.host_id, "")),
            hold.how,
            hold.place,
            hold.held,
            hold.at,
            entries[hold.entry_id].masked if hold.entry_id in entries else "",
            entries[hold.entry_id].reason if hold.entry_id in entries else "",
        )
        for hold, visit in rows
    ]


@forgets.visitors("holds", "visit_hold.reason")
def forget(s: Session, gone: Gone, at: datetime) -> int:
    """Names in the reasons are blotted out; that there was a look, by whom and with what end, stays."""
    rows = s.execute(select(VisitHold).where(col(VisitHold.visit_id).in_(gone.visit_ids), col(VisitHold.reason) != "")).scalars().all()
    for row in rows:
        row.reason = forgets.scrub(row.reason, gone.names | gone.phones | gone.emails)
    s.flush()
    return len(rows)
