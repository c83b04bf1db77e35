"""Who has an asset, and what befalls it: hand-over, transfer, fault, repair, the wish to dispose (guide S4.1-R3, R5, R9, R10).

Custody moves on the taker's act only: a hand-over is an offer until the taker takes it. A transfer by the keeper of the book changes
department, keeper and place at once, with a reason. Offers and takings are rows
that are only ever added; the keeper is what the latest taking says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import StringConstraints, model_validator
from sqlalchemy import select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import database
from core.foundation.errors import NotAllowed, Refused
from core.foundation.ids import uuid7
from core.mechanisms import attachments, duties, labels, people
from core.mechanisms.labels import Described, SubjectKind, describes
from core.mechanisms.operations import Actor, Operation, Role, operation, touch
from core.sections.assets.ledger import KEEPERS_OF_THE_BOOK, Asset, AssetState, Line, Sha256, by_code, change, note, present, views

Reason = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class AssetHandover(SQLModel, table=True):
    """An offer (`taken_of` is None) or the taking of one: append-only. `to_id` is who shall have it, `from_id` who had it."""

    __tablename__: ClassVar[str] = "asset_handover"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    asset_id: UUID = Field(index=True)
    at: datetime
    from_id: UUID | None = None
    to_id: UUID | None = Field(default=None, index=True)
    place_id: UUID | None = None
    taken_of: UUID | None = Field(default=None, unique=True)
    note: str = ""


database.append_only("asset_handover")


class OfAsset(Operation):
    """An asset by its id or by what its label says: exactly one of them."""

    asset_id: UUID | None = None
    code: Annotated[str, StringConstraints(max_length=300)] | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> OfAsset:
        if (self.asset_id is None) == (self.code is None):
            raise ValueError("asset.id_or_code")
        return self

    def asset(self, s: Session) -> Asset:
        """Refuses: asset.not_found, asset.disposed, label.unknown …"""
        return present(s, self.asset_id if self.asset_id is not None else by_code(s, self.code or "").id)


class HandOver(OfAsset):
    to_person_id: UUID
    note: Line = ""


@operation(HandOver, "asset.hand_over", roles={Role.STAFF})
def hand_over(s: Session, do: HandOver, by: Actor, at: datetime) -> dict[str, Any]:
    """Offer an asset to a person: its keeper may, and the keepers of the book. Nothing moves before the taker takes it.

    Refuses: asset.not_found, asset.disposed, asset.lost, asset.has_it_already, person.not_found, person.disabled"""
    asset = do.asset(s)
    if not (by.has(*KEEPERS_OF_THE_BOOK) or (by.person_id is not None and asset.keeper_id == by.person_id)):
        raise NotAllowed()
    taker = people.get(s, do.to_person_id)
    if taker.disabled_at is not None:
        raise Refused("person.disabled", name=taker.name)
    if asset.state == AssetState.LOST:
        raise Refused("asset.lost", number=asset.number)
    if asset.keeper_id == taker.id:
        raise Refused("asset.has_it_already", name=taker.name)
    offer = AssetHandover(asset_id=asset.id, at=at, from_id=asset.keeper_id, to_id=taker.id, place_id=asset.place_id, note=do.note)
    s.add(offer)
    note(s, asset.id, "offered", by, at, to=taker.name, note=do.note)
    touch(s, "asset", asset.id)
    return {"handover_id": offer.id, "to": taker.name}


class Take(OfAsset):
    place_id: UUID | None = None


@operation(Take, "asset.take", roles={Role.STAFF})
def take(s: Session, do: Take, by: Actor, at: datetime) -> dict[str, Any]:
    """Take what was offered to me, or what nobody keeps. Doing it again changes nothing.

    Refuses: asset.not_found, asset.disposed, asset.not_offered (somebody else keeps it), asset.in_repair, place.not_found"""
    asset, taker = do.asset(s), by.person_id
    if taker is None:
        raise NotAllowed()
    offer = open_offer(s, asset.id)
    if asset.keeper_id == taker and (offer is None or offer.to_id != taker):
        return {"asset_id": asset.id, "keeper_id": taker}
    if offer is not None and offer.to_id != taker and asset.keeper_id is None:
        raise Refused("asset.not_offered", number=asset.number)
    if asset.keeper_id is not None and asset.keeper_id != taker and (offer is None or offer.to_id != taker):
        keeper = s.get(people.Person, asset.keeper_id)
        raise Refused("asset.not_offered", number=asset.number, name=keeper.name if keeper else "")
    if asset.state == AssetState.REPAIR:
        raise Refused("asset.in_repair", number=asset.number)
    person = people.get(s, taker)
    _taken(s, asset, offer, taker, do.place_id or asset.place_id, at)
    given: dict[str, Any] = {"keeper_id": taker, "state": AssetState.IN_USE}
    if person.department_id is not None:
        given["department_id"] = person.department_id
    if do.place_id is not None:
        given["place_id"] = do.place_id
    change(s, asset, given, "taken", by, at)
    return {"asset_id": asset.id, "keeper_id": taker}


class TransferAsset(Operation):
    """Only the fields given change; at least one of them."""

    asset_id: UUID
    department_id: UUID | None = None
    keeper_id: UUID | None = None
    place_id: UUID | None = None
    reason: Reason


@operation(TransferAsset, "asset.transfer", roles={*KEEPERS_OF_THE_BOOK, Role.LEADER})
def transfer(s: Session, do: TransferAsset, by: Actor, at: datetime) -> dict[str, Any]:
    """Refuses: asset.not_found, asset.disposed, asset.no_change, asset.department_unknown, person.not_found, person.disabled,
    place.not_found, place.retired"""
    asset = present(s, do.asset_id)
    given = do.model_dump(exclude_unset=True, include={"department_id", "keeper_id", "place_id"})
    if all(getattr(asset, name) == value for name, value in given.items()):
        raise Refused("asset.no_change", number=asset.number)
    if "keeper_id" in given and given["keeper_id"] != asset.keeper_id:
        _taken(s, asset, open_offer(s, asset.id), given["keeper_id"], given.get("place_id") or asset.place_id, at)
    return {"version": change(s, asset, given, "transferred", by, at, reason=do.reason).version}


class ReportFault(OfAsset):
    what: Reason
    photo_sha256: Sha256 = ""


@operation(ReportFault, "asset.report_fault", roles={Role.STAFF}, offline=True)
def report_fault(s: Session, do: ReportFault, by: Actor, at: datetime) -> dict[str, Any]:
    """The asset goes into repair and a clerk owes the repair; told again, the same duty happens once more.

    Refuses: asset.not_found, asset.disposed, asset.lost"""
    asset = do.asset(s)
    if asset.state == AssetState.LOST:
        raise Refused("asset.lost", number=asset.number)
    photos = [do.photo_sha256] if do.photo_sha256 else []
    change(s, asset, {"state": AssetState.REPAIR}, "fault", by, at, what=do.what, photos=photos)
    attachments.use(s, photos, "asset", asset.id, by, at)
    clerks = people.with_role(s, Role.CLERK) or people.with_role(s, Role.ADMIN)
    if clerks:
        duties.open_duty(
            s, title_key="asset.duty.repair", facts={"name": asset.name, "number": asset.number}, owner_id=clerks[0].id,
            subject=("asset", asset.id), at=at, merge_key=_repair_key(asset), by=by, photos=photos, remark=do.what,
        )  # fmt: skip
    return {"asset_id": asset.id, "state": asset.state}


class FinishRepair(OfAsset):
    result: Reason
    cost_cents: int = 0


@operation(FinishRepair, "asset.finish_repair", roles=KEEPERS_OF_THE_BOOK)
def finish_repair(s: Session, do: FinishRepair, by: Actor, at: datetime) -> dict[str, Any]:
    """Back in use, or idle when nobody keeps it. Refuses: asset.not_found, asset.disposed, asset.not_in_repair"""
    asset = do.asset(s)
    if asset.state != AssetState.REPAIR:
        raise Refused("asset.not_in_repair", number=asset.number)
    state = AssetState.IN_USE if asset.keeper_id else AssetState.IDLE
    change(s, asset, {"state": state}, "repaired", by, at, result=do.result, cost_cents=do.cost_cents)
    duty = duties.find_open(s, _repair_key(asset))
    if duty is not None:
        duties.settle(s, duty, by, at, do.result)
    return {"asset_id": asset.id, "state": state}


def _repair_key(asset: Asset) -> str:
    return f"asset.repair/{asset.id}"


class RequestDisposal(Operation):
    asset_id: UUID
    reason: Reason


@operation(RequestDisposal, "asset.request_disposal", roles={*KEEPERS_OF_THE_BOOK, Role.LEADER})
def request_disposal(s: Session, do: RequestDisposal, by: Actor, at: datetime) -> dict[str, Any]:
    """A wish that stands in the asset's life; the asset stays in the register until the disposal is approved and done.

    Refuses: asset.not_found, asset.disposed"""
    asset = present(s, do.asset_id)
    note(s, asset.id, "disposal_requested", by, at, reason=do.reason)
    touch(s, "asset", asset.id)
    return {"asset_id": asset.id}


# ── reads ──


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that waits for the taker's act."""

    handover_id: UUID
    asset_id: UUID
    to_id: UUID | None
    at: datetime


def open_offer(s: Session, asset_id: UUID) -> Offer | None:
    """The last offer of an asset that nobody has taken and no later taking has made void."""
    query = select(AssetHandover).where(col(AssetHandover.asset_id) == asset_id).order_by(col(AssetHandover.id).desc()).limit(1)
    last = s.execute(query).scalar_one_or_none()
    if last is None or last.taken_of is not None:
        return None
    return Offer(last.id, asset_id, last.to_id, last.at)


def handovers(s: Session, asset_id: UUID) -> list[AssetHandover]:
    """Every offer and taking of an asset, oldest first."""
    return list(s.execute(select(AssetHandover).where(col(AssetHandover.asset_id) == asset_id).order_by(col(AssetHandover.id))).scalars())


@describes(SubjectKind.ASSET)
def describe(s: Session, ids: Sequence[UUID], by: Actor) -> dict[UUID, Described]:
    """What an asset's label says to a member of the office."""
    found: dict[UUID, Described] = {}
    for start in range(0, len(ids), 500):
        rows = list(s.execute(select(Asset).where(col(Asset.id).in_(ids[start : start + 500]))).scalars())
        for shown in views(s, rows):
            found[shown.id] = Described(
                shown.name, shown.state, shown.keeper, shown.place, "", _acts(shown.state, shown.keeper_id, by), shown.number
            )
    return found


def _acts(state: str, keeper_id: UUID | None, by: Actor) -> tuple[str, ...]:
    if state == AssetState.DISPOSED:
        return ()
    mine = by.person_id is not None and keeper_id == by.person_id
    acts = ["asset.report_fault"] if state != AssetState.LOST else []
    if mine or by.has(*KEEPERS_OF_THE_BOOK):
        acts.append("asset.hand_over")
    if not mine and by.is_person:
        acts.append("asset.take")
    if state == AssetState.REPAIR:
        acts.append("asset.finish_repair")
    return (*acts, "asset.transfer", "asset.request_disposal", "label.replace")


def _taken(s: Session, asset: Asset, offer: Offer | None, to_id: UUID | None, place_id: UUID | None, at: datetime) -> None:
    """A taking; without an offer of its own it is its own beginning."""
    row_id = uuid7()
    taken_of = offer.handover_id if offer else row_id
    s.add(AssetHandover(id=row_id, asset_id=asset.id, at=at, from_id=asset.keeper_id, to_id=to_id, place_id=place_id, taken_of=taken_of))


def code_of(s: Session, asset_id: UUID) -> str | None:
    """The asset's current label."""
    return labels.of(s, SubjectKind.ASSET, asset_id)
