"""What goes wrong during a reception: said from the phone, the lead told at once, owed by somebody until it is dealt with (guide S3.1-R6).

Each is a duty of the duties mechanism with an owner and a day; it is closed where the duty is done, or here with what came of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints
from sqlalchemy import func, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import clock
from core.foundation.errors import NotAllowed, Refused
from core.foundation.ids import uuid7
from core.mechanisms import attachments, duties, notices, people
from core.mechanisms.attachments import Sha256
from core.mechanisms.duties import Duty
from core.mechanisms.operations import Actor, Operation, Role, operation
from core.sections.reception import record
from core.sections.reception.record import SUBJECT, Reception, State, happened, to_run

INCIDENT = "reception_incident"


class ReceptionIncident(SQLModel, table=True):
    """One thing that went wrong; `outcome` says what was done."""

    __tablename__: ClassVar[str] = "reception_incident"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    reception_id: UUID = Field(foreign_key="reception.id", index=True)
    line_id: UUID | None = None
    what: str
    duty_id: UUID | None = None
    reported_by: UUID | None = None
    reported_at: datetime
    closed_by: UUID | None = None
    closed_at: datetime | None = None
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class IncidentView:
    """`owner` and `due_on` are those of its duty."""

    id: UUID
    what: str
    line: str
    reported_by: str
    reported_at: datetime
    owner: str
    due_on: date | None
    open: bool
    closed_by: str
    closed_at: datetime | None
    outcome: str
    photos: tuple[str, ...]
    duty_id: UUID | None
    may_close: bool


class ReportIncident(Operation):
    """Without an owner it is the lead's; without a day it is today's."""

    reception_id: UUID
    what: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    line_id: UUID | None = None
    owner_id: UUID | None = None
    due_on: date | None = None
    photos: Annotated[tuple[Sha256, ...], Input(max_length=10)] = ()


@operation(ReportIncident, "reception.report_incident", roles={Role.STAFF}, personal=True)
def report(s: Session, do: ReportIncident, by: Actor, at: datetime) -> dict[str, Any]:
    """Answers `{incident_id, duty_id}`. Refuses: reception.not_found, reception.not_running, reception.day_past, reception.line_not_found, person.not_found"""
    reception = to_run(s, do.reception_id, by)
    if reception.state not in (State.RUNNING, State.ENDED, State.PLANNED):
        raise Refused("reception.not_running")
    if do.line_id is not None and record.line_of(s, do.line_id).reception_id != reception.id:
        raise Refused("reception.line_not_found")
    if do.due_on is not None and do.due_on < clock.today(at):
        raise Refused("reception.day_past")
    owner = people.get(s, do.owner_id or reception.lead_id)
    incident = ReceptionIncident(reception_id=reception.id, line_id=do.line_id, what=do.what, reported_by=by.person_id, reported_at=at)
    s.add(incident)
    s.flush()
    duty = duties.open_duty(
        s, title_key="reception.duty.incident", facts={"what": do.what[:120], "title": record.title_of(reception)}, owner_id=owner.id,
        subject=(INCIDENT, incident.id), at=at, due_on=do.due_on or clock.today(at), by=by, photos=do.photos,
    )  # fmt: skip
    incident.duty_id = duty.id
    if do.photos:
        attachments.use(s, do.photos, INCIDENT, incident.id, by, at)
    if reception.lead_id != by.person_id:
        facts = {"title": record.title_of(reception), "what": do.what, "name": by.name}
        notices.queue(
            s, key="reception.notice.incident", facts=facts, at=at, to_person_id=reception.lead_id, subject=(SUBJECT, reception.id)
        )
    happened(s, reception, "incident", by.person_id, at)
    return {"incident_id": incident.id, "duty_id": duty.id}


class AssignIncident(Operation):
    incident_id: UUID
    owner_id: UUID
    due_on: date | None = None


@operation(AssignIncident, "reception.assign_incident", roles={Role.STAFF})
def assign(s: Session, do: AssignIncident, by: Actor, at: datetime) -> None:
    """The lead hands it to whoever deals with it. Refuses: reception.incident_not_found, reception.incident_closed, reception.day_past, person.not_found"""
    incident, reception = _open(s, do.incident_id)
    if not record.may_plan(reception, by):
        raise NotAllowed()
    if do.due_on is not None and do.due_on < clock.today(at):
        raise Refused("reception.day_past")
    owner = people.get(s, do.owner_id)
    if incident.duty_id is not None:
        duty = duties.get(s, incident.duty_id)
        duty.due_on = do.due_on or duty.due_on
        duties.hand_on(s, duty, owner.id, by, at)
    happened(s, reception, "incident_assigned", by.person_id, at, owner=owner.name)


class CloseIncident(Operation):
    incident_id: UUID
    outcome: Annotated[str, StringConstraints(min_length=1, max_length=1000)]


@operation(CloseIncident, "reception.close_incident", roles={Role.STAFF}, personal=True)
def close(s: Session, do: CloseIncident, by: Actor, at: datetime) -> None:
    """Its owner or who plans says what came of it; the duty is done with it. Refuses: reception.incident_not_found, reception.incident_closed"""
    incident, reception = _open(s, do.incident_id)
    duty = duties.get(s, incident.duty_id) if incident.duty_id else None
    if not record.may_plan(reception, by) and (duty is None or duty.owner_id != by.person_id):
        raise NotAllowed()
    _close(s, incident, reception, by, at, do.outcome)
    if duty is not None:
        duties.settle(s, duty, by, at, do.outcome)


@duties.when_done(INCIDENT)
def duty_done(s: Session, duty: Duty, by: Actor, at: datetime) -> None:
    """The duty was said to be done on the phone's list of duties: the incident is closed with what was said there."""
    incident = s.get(ReceptionIncident, duty.subject_id)
    if incident is not None and incident.closed_at is None:
        said = next((event.note for event in reversed(duties.history(s, duty.id)) if event.what == "completed" and event.note), "")
        _close(s, incident, record.get(s, incident.reception_id), by, at, said)


def count_open(s: Session, reception_id: UUID) -> int:
    query = select(func.count()).select_from(ReceptionIncident)
    query = query.where(col(ReceptionIncident.reception_id) == reception_id, col(ReceptionIncident.closed_at).is_(None))
    return int(s.execute(query).scalar_one())


def incidents_of(s: Session, reception_id: UUID, by: Actor) -> list[IncidentView]:
    """Open ones first, the latest on top."""
    reception = record.get(s, reception_id)
    query = select(ReceptionIncident).where(col(ReceptionIncident.reception_id) == reception_id).order_by(col(ReceptionIncident.id).desc())
    rows = list(s.execute(query).scalars())
    owed = {row.id: duties.get(s, row.duty_id) for row in rows if row.duty_id is not None}
    names = record.names_of(s, {id for row in rows for id in (row.reported_by, row.closed_by)} | {duty.owner_id for duty in owed.values()})
    lines = {line.id: line.what for line in record.lines_of(s, reception_id)}
    found = []
    for row in rows:
        duty = owed.get(row.id)
        mine = record.may_plan(reception, by) or (duty is not None and duty.owner_id == by.person_id)
        found.append(
            IncidentView(
                row.id, row.what, lines.get(row.line_id, "") if row.line_id else "", names.get(row.reported_by, "") if row.reported_by else "",
                row.reported_at, names.get(duty.owner_id, "") if duty else "", duty.due_on if duty else None, row.closed_at is None,
                names.get(row.closed_by, "") if row.closed_by else "", row.closed_at, row.outcome, tuple(attachments.of(s, INCIDENT, row.id)), row.duty_id,
                mine and row.closed_at is None,
            )
        )  # fmt: skip
    return sorted(found, key=lambda view: not view.open)


@attachments.shown_with(INCIDENT)
def may_see_photos(s: Session, subject_id: UUID, by: Actor) -> bool:
    """Everyone who may see the plan."""
    incident = s.get(ReceptionIncident, subject_id)
    return incident is not None and record.may_see(s, record.get(s, incident.reception_id), by)


def _open(s: Session, incident_id: UUID) -> tuple[ReceptionIncident, Reception]:
    incident = s.get(ReceptionIncident, incident_id)
    if incident is None:
        raise Refused("reception.incident_not_found")
    if incident.closed_at is not None:
        raise Refused("reception.incident_closed")
    return incident, record.get(s, incident.reception_id)


def _close(s: Session, incident: ReceptionIncident, reception: Reception, by: Actor, at: datetime, outcome: str) -> None:
    incident.closed_by, incident.closed_at, incident.outcome = by.person_id, at, outcome
    happened(s, reception, "incident_closed", by.person_id, at)
