"""Assets that change hands: hand over, take, decline, sign for a pile on the spot, give back (guide S4.1-R3).

Custody moves on the taker's act only: an offer moves nothing; a drawn signature at the counter, a tap on one's own phone, or the clerk who
takes a thing back are acts of the taker. The rows are `core.mechanisms.custody`'s; the keeper in the book is always what the latest says.
A person's deputy acts for them; a department's custodian acts for what the department has.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from pydantic import StringConstraints
from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation import clock
from core.foundation.errors import NotAllowed, Refused
from core.mechanisms import custody, duties, holds, labels, notices, people, places
from core.mechanisms.custody import Handover, Offer, Signature
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import Actor, Operation, Role, operation, touch
from core.sections.assets.ledger import KEEPERS_OF_THE_BOOK, Asset, AssetState, Day, Line, change, note
from core.sections.assets.pointing import OfAsset, OfAssets, locked

Reason = Annotated[str, StringConstraints(min_length=1, max_length=500)]
CLOCKS_AGREE_TO = timedelta(seconds=30)  # two acts this near each other are in the order in which they arrived
ASSET = "asset"


# ── giving ──


class HandOver(OfAsset):
    """`due_on` makes it a loan."""

    to_person_id: UUID
    note: Line = ""
    due_on: Day | None = None


@operation(HandOver, "asset.hand_over", roles={Role.STAFF})
def hand_over(s: Session, do: HandOver, by: Actor, at: datetime) -> dict[str, Any]:
    """Offer an asset to a person: its keeper may, their deputy, its department's custodian, the keepers of the book. Nothing moves before the
    taker takes it.

    Refuses: asset.not_found, asset.disposed, asset.lost, asset.has_it_already, asset.due_past, person.not_found, person.disabled"""
    asset = do.asset(s)
    if not may_give(s, asset, by):
        raise NotAllowed()
    taker = _taker(s, do.to_person_id)
    _not_lost(asset)
    holds.check(s, SubjectKind.ASSET, asset.id, doing="offered")
    _not_past(do.due_on, at)
    if asset.keeper_id == taker.id:
        raise Refused("asset.has_it_already", name=taker.name)
    offer = custody.offer(s, (ASSET, asset.id), taker.id, by, at, place_id=asset.place_id, due_on=do.due_on, note=do.note)
    note(s, asset.id, "offered", by, at, to=taker.name, note=do.note)
    touch(s, "asset", asset.id)
    if taker.id != by.person_id:
        told = {"name": by.name, "thing": asset.name, "number": asset.number}
        notices.queue(s, key="custody.notice.offered", facts=told, at=at, to_person_id=taker.id, subject=("asset", asset.id))
    return {"handover_id": offer.id, "to": taker.name}


class Take(OfAsset):
    """`for_person_id`: a deputy takes it in that person's name."""

    place_id: UUID | None = None
    for_person_id: UUID | None = None


@operation(Take, "asset.take", roles={Role.STAFF}, offline=True, clashes={"offer_id": custody.clash})
def take(s: Session, do: Take, by: Actor, at: datetime) -> dict[str, Any]:
    """Take what was offered to me (or to whom I am deputy), or what nobody keeps. Doing it again changes nothing.

    Refuses: asset.not_found, asset.disposed, asset.not_offered (somebody else keeps it), asset.in_repair, place.not_found"""
    asset, taker = do.asset(s), do.for_person_id or by.person_id
    if taker is None or not custody.may_act_for(s, by, taker):
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
    _not_lost(asset)
    holds.check(s, SubjectKind.ASSET, asset.id, doing="offered")
    move(s, asset, taker, by, at, place_id=do.place_id)
    return {"asset_id": asset.id, "keeper_id": taker}


class DeclineOffer(OfAsset):
    reason: Line = ""


@operation(DeclineOffer, "asset.decline", roles={Role.STAFF})
def decline(s: Session, do: DeclineOffer, by: Actor, at: datetime) -> dict[str, Any]:
    """The taker does not take it, or who gave it takes the offer back; it stays where it is, and the other side is told.

    Refuses: asset.not_found, asset.disposed, asset.no_offer"""
    asset = do.asset(s)
    offer = open_offer(s, asset.id)
    if offer is None:
        raise Refused("asset.no_offer", number=asset.number)
    is_taker = custody.may_act_for(s, by, offer.to_id) if offer.to_id else by.has(*KEEPERS_OF_THE_BOOK) or is_custodian(s, asset, by)
    if is_taker and asset.keeper_id != by.person_id:
        custody.decline(s, (ASSET, asset.id), by, at, do.reason)
        other, kind = offer.from_id, "declined"
    elif may_give(s, asset, by):
        custody.withdraw(s, (ASSET, asset.id), by, at, do.reason)
        other, kind = offer.to_id, "offer_withdrawn"
    else:
        raise NotAllowed()
    note(s, asset.id, kind, by, at, note=do.reason)
    touch(s, "asset", asset.id)
    if other is not None and other != by.person_id:
        told = {"name": by.name, "thing": asset.name, "number": asset.number, "reason": do.reason}
        notices.queue(s, key=f"custody.notice.{kind}", facts=told, at=at, to_person_id=other, subject=("asset", asset.id))
    return {"asset_id": asset.id}


class HandOverSigned(OfAssets):
    """A pile for one person, signed for on the spot."""

    to_person_id: UUID
    signature: Signature
    due_on: Day | None = None
    place_id: UUID | None = None
    note: Line = ""


@operation(HandOverSigned, "asset.hand_over_signed", roles={Role.STAFF}, offline=True, personal=True)
def hand_over_signed(s: Session, do: HandOverSigned, by: Actor, at: datetime) -> dict[str, Any]:
    """All of the pile moves at once or nothing; what the taker has already is passed over. The taker is told what they signed for.

    Refuses: asset.not_found, asset.disposed, asset.lost, asset.in_repair, asset.due_past, person.not_found, person.disabled, place.not_found,
    place.retired; not allowed: somebody else's things"""
    found, taker = do.assets(s), _taker(s, do.to_person_id)
    _not_past(do.due_on, at)
    for asset in found:
        if not may_give(s, asset, by):
            raise NotAllowed(number=asset.number)
        _not_lost(asset)
        holds.check(s, SubjectKind.ASSET, asset.id, doing="offered")
        if asset.state == AssetState.REPAIR:
            raise Refused("asset.in_repair", number=asset.number)
    moving = [asset for asset in found if asset.keeper_id != taker.id]
    signing_id = custody.sign(s, do.signature, by, at, person_id=taker.id) if moving else None
    for asset in moving:
        move(s, asset, taker.id, by, at, place_id=do.place_id, due_on=do.due_on, signing_id=signing_id, remark=do.note)
    if moving and taker.id != by.person_id:
        _tell_pile(s, "custody.notice.signed", moving, taker.id, by, at)
    return {"moved": len(moving), "signing_id": signing_id, "to": taker.name}


# ── giving back ──


class GiveBack(OfAssets):
    """To the office: the asset clerk or the department's custodian takes it back."""

    note: Line = ""


@operation(GiveBack, "asset.give_back", roles={Role.STAFF}, offline=True)
def give_back(s: Session, do: GiveBack, by: Actor, at: datetime) -> dict[str, Any]:
    """The keeper offers a pile back; it stays theirs until the office has taken it. Refuses: asset.not_found, asset.disposed, asset.lost; not
    allowed: somebody else's"""
    found = do.assets(s)
    for asset in found:
        if not custody.may_act_for(s, by, asset.keeper_id):
            raise NotAllowed(number=asset.number)
        _not_lost(asset)
        not_moved_since(s, asset, at)
        holds.check(s, SubjectKind.ASSET, asset.id, doing="offered")
        custody.offer(s, (ASSET, asset.id), None, by, at, place_id=asset.place_id, note=do.note)
        note(s, asset.id, "offered_back", by, at, note=do.note)
        touch(s, "asset", asset.id)
    told: dict[UUID, list[Asset]] = {}
    for asset in found:
        for person_id in _receivers(s, asset):
            told.setdefault(person_id, []).append(asset)
    for person_id, things in told.items():
        _tell_pile(s, "custody.notice.offered_back", things, person_id, by, at)
    return {"offered": len(found)}


class ReceiveBack(OfAssets):
    """`signature` is of whoever brings the pile; `place_id` where it is put."""

    place_id: UUID | None = None
    signature: Signature | None = None
    note: Line = ""


@operation(ReceiveBack, "asset.receive_back", roles={Role.STAFF}, offline=True, personal=True, clashes={"offer_id": custody.clash})
def receive_back(s: Session, do: ReceiveBack, by: Actor, at: datetime) -> dict[str, Any]:
    """The office has the pile again and nobody keeps it; who had it is told. Done again it changes nothing.

    Refuses: asset.not_found, asset.disposed, asset.at_vendor, place.not_found, place.retired; not allowed: who is neither keeper of the book nor
    custodian of the department, and one's own things"""
    found = do.assets(s)
    for asset in found:
        if not (by.has(*KEEPERS_OF_THE_BOOK) or is_custodian(s, asset, by)):
            raise NotAllowed(number=asset.number)
    moving = [asset for asset in found if asset.keeper_id is not None]
    had: dict[UUID, list[Asset]] = {}
    for asset in moving:
        had.setdefault(asset.keeper_id, []).append(asset)  # type: ignore[arg-type]
    giver = next(iter(had), None)
    signing_id = custody.sign(s, do.signature, by, at, person_id=giver) if do.signature and giver else None
    for asset in moving:
        move(s, asset, None, by, at, place_id=do.place_id, signing_id=signing_id, remark=do.note)
    for person_id, things in had.items():
        if person_id != by.person_id:
            _tell_pile(s, "custody.notice.received_back", things, person_id, by, at)
    return {"moved": len(moving), "signing_id": signing_id}


# ── the book's own correction ──


class TransferAsset(Operation):
    """Only the fields given change; at least one of them."""

    asset_id: UUID
    department_id: UUID | None = None
    keeper_id: UUID | None = None
    place_id: UUID | None = None
    reason: Reason


@operation(TransferAsset, "asset.transfer", roles={*KEEPERS_OF_THE_BOOK, Role.LEADER})
def transfer(s: Session, do: TransferAsset, by: Actor, at: datetime) -> dict[str, Any]:
    """The book is set right at once, with a reason; what needs both sides' word is `transfer.propose`.

    Refuses: asset.not_found, asset.disposed, asset.no_change, asset.department_unknown, person.not_found, person.disabled,
    place.not_found, place.retired"""
    asset = locked(s, do.asset_id)
    given = do.model_dump(exclude_unset=True, include={"department_id", "keeper_id", "place_id"})
    if all(getattr(asset, name) == value for name, value in given.items()):
        raise Refused("asset.no_change", number=asset.number)
    return {"version": change(s, asset, given, "transferred", by, at, reason=do.reason).version}


# ── for the other abilities ──


def move(
    s: Session, asset: Asset, to_id: UUID | None, by: Actor, at: datetime, *, kind: str = "", place_id: UUID | None = None,
    due_on: date | None = None, signing_id: UUID | None = None, remark: str = "", reason: str = "", **more: Any,
) -> None:  # fmt: skip
    """The asset moves now: one row of custody, the book after it, one line of its life. `more` are further fields of the book.

    Refuses: asset.at_vendor (nobody takes what is with a repair shop; it comes back first), asset.moved_since"""
    not_moved_since(s, asset, at)
    if party := custody.holder(s, (ASSET, asset.id)).party:
        raise Refused("asset.at_vendor", number=asset.number, vendor=party)
    told = {"name": asset.name, "number": asset.number}
    row = custody.take(
        s,
        (ASSET, asset.id),
        to_id,
        by,
        at,
        place_id=place_id or asset.place_id,
        due_on=due_on,
        signing_id=signing_id,
        note=remark,
        told=told,
    )
    given: dict[str, Any] = {"keeper_id": to_id, **more}
    if asset.state in (AssetState.IDLE, AssetState.IN_USE):
        given["state"] = AssetState.IN_USE if to_id else AssetState.IDLE
    if to_id is not None and "department_id" not in more and (person := people.get(s, to_id)).department_id is not None:
        given["department_id"] = person.department_id
    if place_id is not None:
        given["place_id"] = place_id
    facts: dict[str, Any] = {name: value for name, value in (("note", remark), ("reason", reason)) if value}
    if signing_id is not None:
        facts["signing_id"] = signing_id
    if row.due_on is not None:
        facts["due_on"] = row.due_on
    had = row.from_id
    change(s, asset, given, kind or ("taken" if to_id else "returned"), by, at, **facts)
    _upkeep_follows(s, asset, by, at)
    if had is not None and had != to_id:
        _perhaps_cleared(s, had, by, at)


def not_moved_since(s: Session, asset: Asset, at: datetime) -> None:
    """What a phone recorded without a network is older than what happened meanwhile: the later word stands, and the phone says so.

    Refuses: asset.moved_since (facts: number, name of who has it, at)"""
    held = custody.holder(s, (ASSET, asset.id))
    if held.since is not None and held.since > at + CLOCKS_AGREE_TO:
        keeper = s.get(people.Person, held.person_id) if held.person_id else None
        raise Refused("asset.moved_since", number=asset.number, name=held.party or (keeper.name if keeper else ""), at=held.since)


def may_give(s: Session, asset: Asset, by: Actor) -> bool:
    """The keepers of the book, its keeper and their deputy, the custodian of its department."""
    return by.has(*KEEPERS_OF_THE_BOOK, Role.SYSTEM) or custody.may_act_for(s, by, asset.keeper_id) or is_custodian(s, asset, by)


def is_custodian(s: Session, asset: Asset, by: Actor) -> bool:
    """Whether this actor looks after what the asset's department has."""
    return by.person_id is not None and by.person_id == custodian_of(s, asset.department_id)


def custodian_of(s: Session, department_id: UUID | None) -> UUID | None:
    """Who looks after what a department has; nobody, when nobody was named."""
    department = s.get(people.Department, department_id) if department_id else None
    return department.custodian_id if department else None


def open_offer(s: Session, asset_id: UUID) -> Offer | None:
    """The last offer of an asset that nobody has answered and no later taking has made void."""
    return custody.open_offer(s, (ASSET, asset_id))


def handovers(s: Session, asset_id: UUID) -> list[Handover]:
    """Every row of an asset's custody, oldest first."""
    return custody.history(s, (ASSET, asset_id))


def code_of(s: Session, asset_id: UUID) -> str | None:
    """The asset's current label."""
    return labels.of(s, SubjectKind.ASSET, asset_id)


# ── private ──


def _taker(s: Session, person_id: UUID) -> people.Person:
    taker = people.get(s, person_id)
    if taker.disabled_at is not None:
        raise Refused("person.disabled", name=taker.name)
    return taker


def _not_lost(asset: Asset) -> None:
    if asset.state == AssetState.LOST:
        raise Refused("asset.lost", number=asset.number)


def _not_past(due_on: date | None, at: datetime) -> None:
    if due_on is not None and due_on < clock.today(at):
        raise Refused("asset.due_past", day=due_on)


def _receivers(s: Session, asset: Asset) -> list[UUID]:
    """Whom the office's side of a return waits for: the department's custodian, else the clerks."""
    custodian = custodian_of(s, asset.department_id)
    return [custodian] if custodian is not None else [clerk.id for clerk in people.with_role(s, Role.CLERK)]


def _perhaps_cleared(s: Session, person_id: UUID, by: Actor, at: datetime) -> None:
    """The last thing of somebody who left came back: the clearing that was owed is done."""
    owed = duties.find_open(s, f"clearance/{person_id}")
    if owed is not None and s.execute(select(Asset.id).where(col(Asset.keeper_id) == person_id).limit(1)).first() is None:
        duties.settle(s, owed, by, at)


def _upkeep_follows(s: Session, asset: Asset, by: Actor, at: datetime) -> None:
    """The open care duties of a thing go along with it."""
    duty = duties.Duty
    query = select(duty).where(
        col(duty.subject_kind) == ASSET,
        col(duty.subject_id) == asset.id,
        col(duty.state) == duties.OPEN,
        col(duty.title_key) == "upkeep.duty",
    )
    owed = list(s.execute(query).scalars())
    if owed:
        owner = asset.keeper_id or next(iter(_receivers(s, asset)), None)
        for one in owed if owner else ():
            duties.hand_on(s, one, owner, by, at)  # type: ignore[arg-type]  # `if owner`


def _tell_pile(s: Session, key: str, pile: Sequence[Asset], person_id: UUID, by: Actor, at: datetime) -> None:
    facts = {"name": by.name, "n": len(pile), "things": words_of(pile)}
    notices.queue(s, key=key, facts=facts, at=at, to_person_id=person_id, subject=("asset", pile[0].id))


def words_of(pile: Iterable[Asset], most: int = 3) -> str:
    """`激光打印机（ZC-1），会议桌（ZC-2）…`: the first few of a pile by name and number."""
    things = list(pile)
    return "，".join(f"{asset.name}（{asset.number}）" for asset in things[:most]) + ("…" if len(things) > most else "")


def place_exists(s: Session, place_id: UUID | None) -> None:
    """Refuses: place.not_found, place.retired"""
    if place_id is not None and (place := places.get(s, place_id)).retired_at is not None:
        raise Refused("place.retired", place=place.name)
