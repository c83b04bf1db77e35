"""The leader's word on a plan, and the invitations that follow from it (guide S3.1-R2; norms.md 16: approval first; scenario Office 7).

Who decides comes from the office's rules: by the planned cost, and for the highest level by rules of its own where the office made some. What was put before
the leader is kept as a version. With the approval every named guest gets an invitation of the first day, mailed where an address is known.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field as Input
from sqlmodel import Session

from core.foundation import clock
from core.foundation.errors import Refused
from core.mechanisms import approval_rules, approvals, people
from core.mechanisms.approvals import Approval
from core.mechanisms.operations import Actor, Operation, Role, operation
from core.sections import visits
from core.sections.reception import confirming, record, roomlink, weighing
from core.sections.reception.record import SUBJECT, Agreed, Level, Reception, ReceptionVersion, ReceptionVisit, State, happened, to_plan

KIND, HIGH_KIND = "reception", "reception_high"


class AskApproval(Operation):
    reception_id: UUID


@operation(AskApproval, "reception.ask_approval", roles={Role.STAFF})
def ask_approval(s: Session, do: AskApproval, by: Actor, at: datetime) -> dict[str, Any]:
    """Put the plan as it is now before the leader, as a version of its own. Answers `{approval_id, version}`.

    Refuses: reception.not_found, reception.over, reception.asked_already, reception.approved_already, reception.nothing_planned, reception.no_purpose"""
    reception = to_plan(s, do.reception_id, by)
    if reception.agreed == Agreed.ASKED:
        raise Refused("reception.asked_already")
    if reception.agreed == Agreed.APPROVED:
        raise Refused("reception.approved_already")
    if not reception.purpose.strip():
        raise Refused("reception.no_purpose")
    lines = record.lines_of(s, reception.id)
    if not lines:
        raise Refused("reception.nothing_planned")
    weight = weighing.weight_of(s, reception)
    reception.versions += 1
    s.add(
        ReceptionVersion(
            reception_id=reception.id,
            version=reception.versions,
            content=content_of(s, reception),
            weight=weight,
            made_by=by.person_id,
            made_at=at,
        )
    )
    facts = {
        "number": record.number_of(reception), "organisation": reception.organisation, "people": reception.headcount, "level_key": f"reception.level.{reception.level}",
        "day": reception.starts_on.isoformat(), "figure_cents": weight["cents"], "version": reception.versions,
    }  # fmt: skip
    approval = approvals.request(
        s,
        kind=KIND,
        subject=(SUBJECT, reception.id),
        title_key="reception.approval",
        steps=_steps(s, reception, weight["cents"], by),
        by=by,
        at=at,
        facts=facts,
    )
    reception.agreed = Agreed.ASKED
    happened(s, reception, "approval_asked", by.person_id, at, version=reception.versions)
    return {"approval_id": approval.id, "version": reception.versions}


@approvals.settles(KIND)
def decided(s: Session, approval: Approval, by: Actor, at: datetime) -> None:
    """Approved: guests are invited, owners told. Refused: back to whoever plans. Withdrawn: as it was before the asking."""
    reception = s.get(Reception, approval.subject_id)
    if reception is None or reception.agreed != Agreed.ASKED:
        return
    if approval.state == approvals.APPROVED:
        reception.agreed, reception.approved_version = Agreed.APPROVED, reception.versions
        weighing.weigh_again(s, reception, by, at)
        day = max(reception.starts_on, clock.today(at))
        invited = _invite(s, reception, day, at) if reception.state == State.PLANNED and day <= reception.ends_on else 0
        confirming.tell_owners(s, reception, "reception.notice.approved", by, at)
        happened(s, reception, "approved", by.person_id, at, version=reception.versions, invited=invited)
        return
    if approval.state == approvals.REFUSED:
        reception.agreed = Agreed.REFUSED
        note = next((step.note for step in reversed(approvals.steps_of(s, approval.id)) if step.note), "")
        happened(s, reception, "refused", by.person_id, at, reason=note)
    else:
        reception.agreed = Agreed.STALE if reception.approved_version else Agreed.DRAFT
        weighing.weigh_again(s, reception, by, at)
        happened(s, reception, "withdrawn", by.person_id, at)


class InviteGuests(Operation):
    """Invitations of one day for every named guest who has none, or for these."""

    reception_id: UUID
    day: date | None = None
    guest_ids: Annotated[tuple[UUID, ...], Input(max_length=200)] = ()


@operation(InviteGuests, "reception.invite", roles={Role.STAFF})
def invite(s: Session, do: InviteGuests, by: Actor, at: datetime) -> dict[str, Any]:
    """A code is good for its day: a second day needs another. Answers `{invited}`. Refuses: reception.not_found, reception.over,
    reception.not_approved, reception.other_day, and what `visit.invite` refuses"""
    reception = to_plan(s, do.reception_id, by)
    if not reception.approved_version:
        raise Refused("reception.not_approved")
    day = do.day or reception.starts_on
    if not reception.starts_on <= day <= reception.ends_on:
        raise Refused("reception.other_day")
    invited = _invite(s, reception, day, at, set(do.guest_ids))
    if invited:
        happened(s, reception, "invited", by.person_id, at, n=invited, day=day.isoformat())
    return {"invited": invited}


def _invite(s: Session, reception: Reception, day: date, at: datetime, only: set[UUID] | None = None) -> int:
    """Planned visits of the lead's, so that the lead's phone and reception know them like any other (no second record at the kiosk)."""
    lead = people.actor_of(s, people.get(s, reception.lead_id))
    assert lead.person_id is not None
    have = {row.guest_id for row in record.visits_of(s, reception.id) if row.day == day}
    invited = 0
    for guest in record.guests_of(s, reception.id):
        if guest.id in have or guest.erased_at is not None or (only and guest.id not in only):
            continue
        wish = visits.Invite(
            host_id=lead.person_id, name=guest.name, company=guest.organisation or reception.organisation, phone=guest.phone, email=guest.email,
            purpose=record.title_of(reception), expected_on=day, language=guest.language,
        )  # fmt: skip
        made = visits.invite(s, wish, lead, at)
        s.add(ReceptionVisit(visit_id=made["visit_id"], reception_id=reception.id, guest_id=guest.id, day=day))
        invited += 1
    s.flush()
    return invited


def content_of(s: Session, reception: Reception) -> dict[str, Any]:
    """The plan as JSON: everything but the guests' names."""
    names = record.names_of(s, {line.owner_id for line in record.lines_of(s, reception.id)} | {reception.lead_id})
    rooms = roomlink.links(s, [line.booking_id for line in record.lines_of(s, reception.id) if line.booking_id])
    return {
        "organisation": reception.organisation, "title": reception.title, "level": reception.level, "purpose": reception.purpose,
        "itinerary": reception.itinerary, "letter": reception.letter, "headcount": reception.headcount, "starts_on": reception.starts_on.isoformat(),
        "ends_on": reception.ends_on.isoformat(), "lead": names.get(reception.lead_id, ""),
        "lines": [
            {
                "id": str(line.id), "kind": line.kind, "what": line.what, "owner": names.get(line.owner_id, "") if line.owner_id else "",
                "starts_at": line.starts_at.isoformat(), "ends_at": line.ends_at.isoformat(), "place": line.place, "place_to": line.place_to,
                "companions": line.companions, "cost_cents": line.cost_cents,
                "room": rooms[line.booking_id].room if line.booking_id in rooms else "",
            }
            for line in record.lines_of(s, reception.id)
        ],
    }  # fmt: skip


def _steps(s: Session, reception: Reception, cents: int, by: Actor) -> list[approvals.Step]:
    kind = HIGH_KIND if reception.level == Level.HIGH and approval_rules.rules(s, HIGH_KIND) else KIND
    return approval_rules.steps_for(s, kind, cents, by.person_id)
