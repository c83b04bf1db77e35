"""Leaving staff clear their list (guide S4.1-R3): everything a person still has, and who is told when somebody leaves with things.

Disabling a person who still has things in custody, or duties, goes through and says so; the clerk owes the clearing, due in two working days,
until the list is empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from core.foundation import clock
from core.mechanisms import custody, duties, people, workdays
from core.mechanisms import operations as ops
from core.mechanisms.operations import Actor, Role
from core.sections.assets.cards import AssetView, views
from core.sections.assets.classes import KEEPERS_OF_THE_BOOK
from core.sections.assets.ledger import Asset

CLEAR_WORKDAYS = 2


@dataclass(frozen=True, slots=True)
class Clearance:
    """What a person has of the office's things, and owes besides: returns and care go along with the things themselves."""

    person_id: UUID
    name: str
    things: list[AssetView]
    owed: list[duties.Duty]


def clearance(s: Session, person_id: UUID) -> Clearance:
    """Everything a person keeps, in order of number, and what they owe, the nearest day first. Refuses: person.not_found"""
    person = people.get(s, person_id)
    rows = list(s.execute(select(Asset).where(col(Asset.keeper_id) == person_id).order_by(col(Asset.number))).scalars())
    duty = duties.Duty
    query = select(duty).where(
        col(duty.owner_id) == person_id, col(duty.state) == duties.OPEN, col(duty.title_key).not_in(("custody.duty.return", "upkeep.duty"))
    )
    return Clearance(person_id, person.name, views(s, rows), list(s.execute(query.order_by(col(duty.due_on))).scalars()))


def given_back(s: Session, by: Actor) -> list[custody.Offer]:
    """What waits to be taken back by this person, oldest first: for a keeper of the book everything, for a custodian what their department has."""
    if by.person_id is None:
        return []
    waiting = custody.offered_back(s, "asset")
    if by.has(*KEEPERS_OF_THE_BOOK) or not waiting:
        return waiting
    mine = select(Asset.id).join(people.Department, col(people.Department.id) == col(Asset.department_id)).where(
        col(people.Department.custodian_id) == by.person_id, col(Asset.id).in_([offer.subject_id for offer in waiting])
    )  # fmt: skip
    ids = set(s.execute(mine).scalars())
    return [offer for offer in waiting if offer.subject_id in ids]


def count_kept(s: Session, person_id: UUID) -> int:
    """How many things a person keeps."""
    return int(s.execute(select(func.count()).select_from(Asset).where(col(Asset.keeper_id) == person_id)).scalar_one())


@people.when_disabled
def owe_clearing(s: Session, person: people.Person, by: Actor, at: datetime) -> None:
    """Somebody left: the clerk owes the clearing of what they have."""
    kept = count_kept(s, person.id)
    owed = len(clearance(s, person.id).owed)
    if not kept and not owed:
        return
    ops.note(s, still_keeps=kept, still_owes=owed)
    clerk = next((one.id for one in people.with_role(s, Role.CLERK) if one.id != person.id), None) or by.person_id
    if clerk is not None:
        duties.open_duty(
            s, title_key="custody.duty.clear", facts={"name": person.name, "n": kept, "duties": owed}, owner_id=clerk,
            subject=("person", person.id), due_on=workdays.add(s, clock.today(at), CLEAR_WORKDAYS), at=at, merge_key=clearing_key(person.id), by=by,
        )  # fmt: skip


def clearing_key(person_id: UUID) -> str:
    return f"clearance/{person_id}"
