"""Transfers between departments (调拨, guide S4.1-R9): proposed, handed, accepted or refused; both sides say so, by scan or tap.

One document for one or many things: from whoever has them to a department, a person there if one is named, and a place. The giving side hands
over, the taking side accepts: two persons. With the acceptance book, card and custody change in one transaction; what changed hands meanwhile
refuses instead of being overwritten. A thing is under one procedure at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import clock
from core.foundation.errors import NotAllowed, Refused
from core.foundation.ids import uuid7
from core.mechanisms import custody, labels, notices, numbering, people, places
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import Actor, Operation, Role, operation, touch
from core.mechanisms.views import Collection, ExportColumn, Page, Query
from core.sections.assets import disposals
from core.sections.assets.cards import names_of
from core.sections.assets.custody import OfAssets, Reason, custodian_of, locked, may_give, move, place_exists, words_of
from core.sections.assets.ledger import KEEPERS_OF_THE_BOOK, Asset, AssetState, Line, change, note

KIND = "asset_transfer"
READERS = frozenset({*KEEPERS_OF_THE_BOOK, Role.LEADER})


class TransferState(StrEnum):
    PROPOSED = "proposed"
    HANDED = "handed"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


OPEN_STATES = (TransferState.PROPOSED, TransferState.HANDED)


class AssetTransfer(SQLModel, table=True):
    """One document. `to_person_id` None: the department's own, nobody in particular keeps it."""

    __tablename__: ClassVar[str] = "asset_transfer"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    year: int
    number: int
    state: str = Field(default=TransferState.PROPOSED, index=True)
    to_department_id: UUID = Field(foreign_key="department.id", index=True)
    to_person_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    to_place_id: UUID | None = None
    reason: str
    proposed_by_id: UUID | None = None
    proposed_at: datetime
    handed_by_id: UUID | None = None
    handed_at: datetime | None = None
    settled_by_id: UUID | None = None
    settled_at: datetime | None = None
    remark: str = ""
    version: int = 1

    @property
    def document(self) -> str:
        """`调拨〔2026〕3号`."""
        return f"调拨〔{self.year}〕{self.number}号"


class AssetTransferLine(SQLModel, table=True):
    """One thing of a document, with whose and where it was when it was proposed."""

    __tablename__: ClassVar[str] = "asset_transfer_line"
    transfer_id: UUID = Field(foreign_key="asset_transfer.id", primary_key=True)
    asset_id: UUID = Field(foreign_key="asset.id", primary_key=True, index=True)
    position: int
    from_department_id: UUID | None = None
    from_keeper_id: UUID | None = Field(default=None, index=True)
    from_place_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class TransferLine:
    asset_id: UUID
    number: str
    name: str
    spec: str
    label: str | None
    value_cents: int | None
    from_department: str
    from_keeper: str
    from_place: str


@dataclass(frozen=True, slots=True)
class TransferView:
    """A transfer as registers, phones and the form show it. `may_hand`, `may_accept`, `may_withdraw`: what this reader may do now."""

    id: UUID
    version: int
    document: str
    state: str
    things: str
    count: int
    from_department: str
    from_keeper: str
    to_department: str
    to_person: str
    to_place: str
    reason: str
    proposed_by: str
    proposed_at: datetime
    handed_by: str
    handed_at: datetime | None
    settled_by: str
    settled_at: datetime | None
    remark: str
    value_cents: int
    lines: tuple[TransferLine, ...]
    may_hand: bool
    may_accept: bool
    may_withdraw: bool


# ── proposing ──


class ProposeTransfer(OfAssets):
    """To a department, a person of it if named, a place if it moves."""

    to_department_id: UUID
    to_person_id: UUID | None = None
    to_place_id: UUID | None = None
    reason: Reason


@operation(ProposeTransfer, "transfer.propose", roles={Role.STAFF})
def propose(s: Session, do: ProposeTransfer, by: Actor, at: datetime) -> dict[str, Any]:
    """The keepers of the book, leaders, who has the things, and the custodians of both departments may propose.

    Refuses: asset.not_found, asset.disposed, asset.lost, asset.in_repair, transfer.under_way, transfer.disposal_open, transfer.nothing_changes,
    person.department_unknown, person.not_found, person.disabled, place.not_found, place.retired"""
    found = do.assets(s)
    if s.get(people.Department, do.to_department_id) is None:
        raise Refused("person.department_unknown")
    if do.to_person_id is not None and (taker := people.get(s, do.to_person_id)).disabled_at is not None:
        raise Refused("person.disabled", name=taker.name)
    place_exists(s, do.to_place_id)
    taking = custodian_of(s, do.to_department_id)
    for asset in found:
        if not (by.has(Role.LEADER) or may_give(s, asset, by) or (taking is not None and by.person_id == taking)):
            raise NotAllowed(number=asset.number)
        _may_move(s, asset, at)
        if (asset.department_id, asset.keeper_id) == (do.to_department_id, do.to_person_id) and do.to_place_id in (None, asset.place_id):
            raise Refused("transfer.nothing_changes", number=asset.number)
    year = clock.today(at).year
    row = AssetTransfer(
        year=year, number=numbering.next_number(s, KIND, year), to_department_id=do.to_department_id, to_person_id=do.to_person_id,
        to_place_id=do.to_place_id, reason=do.reason, proposed_by_id=by.person_id, proposed_at=at,
    )  # fmt: skip
    s.add(row)
    s.flush()
    for position, asset in enumerate(found, 1):
        s.add(AssetTransferLine(
            transfer_id=row.id, asset_id=asset.id, position=position, from_department_id=asset.department_id, from_keeper_id=asset.keeper_id,
            from_place_id=asset.place_id,
        ))  # fmt: skip
        note(s, asset.id, "transfer_proposed", by, at, document=row.document, reason=do.reason)
        touch(s, "asset", asset.id)
    s.flush()
    touch(s, KIND, row.id)
    _tell(s, row, "transfer.notice.to_hand", _givers(s, found), by, at, found)
    return {"transfer_id": row.id, "document": row.document}


# ── both sides ──


class HandTransfer(Operation):
    transfer_id: UUID


@operation(HandTransfer, "transfer.hand", roles={Role.STAFF})
def hand(s: Session, do: HandTransfer, by: Actor, at: datetime) -> dict[str, Any]:
    """The giving side says it is handed over; nothing moves yet. Done again it changes nothing.

    Refuses: transfer.not_found, transfer.settled, transfer.changed_meanwhile, asset.disposed, asset.lost, asset.in_repair; not allowed: not the
    giving side"""
    row = get_transfer(s, do.transfer_id)
    if row.state == TransferState.HANDED and row.handed_by_id == by.person_id:
        return {"transfer_id": row.id, "state": row.state}
    _must_be(row, TransferState.PROPOSED)
    found = _things(s, row, at)
    if by.person_id is None or not all(may_give(s, asset, by) for asset in found):
        raise NotAllowed()
    row.state, row.handed_by_id, row.handed_at = TransferState.HANDED, by.person_id, at
    row.version += 1
    for asset in found:
        note(s, asset.id, "transfer_handed", by, at, document=row.document)
        touch(s, "asset", asset.id)
    touch(s, KIND, row.id)
    _tell(s, row, "transfer.notice.to_accept", _takers(s, row), by, at, found)
    return {"transfer_id": row.id, "state": row.state}


class AcceptTransfer(Operation):
    """`place_id`: where the taker puts it, when that is not as proposed."""

    transfer_id: UUID
    place_id: UUID | None = None


@operation(AcceptTransfer, "transfer.accept", roles={Role.STAFF})
def accept(s: Session, do: AcceptTransfer, by: Actor, at: datetime) -> dict[str, Any]:
    """The taking side has it: book, card and custody follow at once. Done again it changes nothing.

    Refuses: transfer.not_found, transfer.not_handed, transfer.settled, transfer.same_person, transfer.changed_meanwhile, place.not_found,
    place.retired; not allowed: not the taking side"""
    row = get_transfer(s, do.transfer_id)
    if row.state == TransferState.ACCEPTED:
        return {"transfer_id": row.id, "state": row.state}
    if not _takes(s, row, by):
        raise NotAllowed()
    if row.state == TransferState.PROPOSED:
        raise Refused("transfer.not_handed", document=row.document)
    _must_be(row, TransferState.HANDED)
    if by.person_id == row.handed_by_id:
        raise Refused("transfer.same_person")
    place_exists(s, do.place_id)
    place_id = do.place_id or row.to_place_id
    found = _things(s, row, at)
    row.state, row.settled_by_id, row.settled_at = TransferState.ACCEPTED, by.person_id, at
    row.version += 1
    for asset in found:
        given: dict[str, Any] = {"department_id": row.to_department_id, **({"place_id": place_id} if place_id else {})}
        if asset.keeper_id != row.to_person_id:
            move(s, asset, row.to_person_id, by, at, kind="transferred", place_id=place_id, remark=row.document, department_id=row.to_department_id,
                 reason=row.reason)  # fmt: skip
        else:
            change(s, asset, given, "transferred", by, at, reason=row.reason, note=row.document)
    touch(s, KIND, row.id)
    if row.handed_by_id is not None:
        _tell(s, row, "transfer.notice.accepted", [row.handed_by_id], by, at, found)
    return {"transfer_id": row.id, "state": row.state}


class RefuseTransfer(Operation):
    transfer_id: UUID
    reason: Reason


@operation(RefuseTransfer, "transfer.refuse", roles={Role.STAFF})
def refuse(s: Session, do: RefuseTransfer, by: Actor, at: datetime) -> dict[str, Any]:
    """The giving or the taking side says no, with the reason; nothing has moved. Refuses: transfer.not_found, transfer.settled; not allowed:
    neither side"""
    row = get_transfer(s, do.transfer_id)
    if row.state not in OPEN_STATES:
        raise Refused("transfer.settled", document=row.document)
    found = _assets(s, row)
    if not (_takes(s, row, by) or all(may_give(s, asset, by) for asset in found)):
        raise NotAllowed()
    _end(s, row, TransferState.REFUSED, do.reason, by, at)
    _tell(s, row, "transfer.notice.refused", [p for p in (row.proposed_by_id, row.handed_by_id) if p], by, at, found, reason=do.reason)
    return {"transfer_id": row.id, "state": row.state}


class WithdrawTransfer(Operation):
    transfer_id: UUID
    reason: Line = ""


@operation(WithdrawTransfer, "transfer.withdraw", roles={Role.STAFF})
def withdraw(s: Session, do: WithdrawTransfer, by: Actor, at: datetime) -> dict[str, Any]:
    """Who proposed it, or a keeper of the book, takes it back; its number stays visible as void. Refuses: transfer.not_found, transfer.settled"""
    row = get_transfer(s, do.transfer_id)
    if by.person_id != row.proposed_by_id and not by.has(*KEEPERS_OF_THE_BOOK):
        raise NotAllowed()
    if row.state not in OPEN_STATES:
        raise Refused("transfer.settled", document=row.document)
    _end(s, row, TransferState.WITHDRAWN, do.reason, by, at)
    numbering.void(s, KIND, row.year, row.number, do.reason or "withdrawn", by, at)
    return {"transfer_id": row.id, "state": row.state}


# ── reads ──


def get_transfer(s: Session, transfer_id: UUID) -> AssetTransfer:
    """The transfer, or Refused transfer.not_found."""
    row = s.get(AssetTransfer, transfer_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise Refused("transfer.not_found")
    return row


def under_way(s: Session, asset_id: UUID) -> AssetTransfer | None:
    """The open transfer of an asset."""
    return transfers_under_way(s, [asset_id]).get(asset_id)


def transfers_under_way(s: Session, asset_ids: Sequence[UUID]) -> dict[UUID, AssetTransfer]:
    """The open transfers of many assets."""
    found: dict[UUID, AssetTransfer] = {}
    for start in range(0, len(asset_ids), 500):
        query = (
            select(AssetTransferLine.asset_id, AssetTransfer)
            .join(AssetTransfer, col(AssetTransfer.id) == col(AssetTransferLine.transfer_id))
            .where(col(AssetTransferLine.asset_id).in_(asset_ids[start : start + 500]), col(AssetTransfer.state).in_(OPEN_STATES))
        )
        for asset_id, row in s.execute(query):
            found[asset_id] = row
    return found


def transfers_for(s: Session, by: Actor) -> list[TransferView]:
    """What waits for this person's word as giver or taker, oldest first."""
    if by.person_id is None:
        return []
    departments = [row.id for row in people.departments(s) if by.person_id in (row.custodian_id, row.head_id)]
    mine = select(col(AssetTransferLine.transfer_id)).where(
        or_(col(AssetTransferLine.from_keeper_id) == by.person_id, col(AssetTransferLine.from_department_id).in_(departments))
    )
    query = select(AssetTransfer).where(
        col(AssetTransfer.state).in_(OPEN_STATES),
        or_(
            col(AssetTransfer.to_person_id) == by.person_id, col(AssetTransfer.to_department_id).in_(departments), col(AssetTransfer.id).in_(mine)
        ),
    )  # fmt: skip
    rows = list(s.execute(query.order_by(col(AssetTransfer.id)).limit(100)).scalars())
    return [view for view in transfer_views(s, rows, by) if view.may_hand or view.may_accept]


def count_transfers(s: Session, *states: str) -> int:
    """How many transfers are in these states."""
    return int(s.execute(select(func.count()).select_from(AssetTransfer).where(col(AssetTransfer.state).in_(states))).scalar_one())


def transfer_views(s: Session, rows: Sequence[AssetTransfer], by: Actor) -> list[TransferView]:
    """Transfers with their things, people and places, in a fixed number of statements."""
    lines: dict[UUID, list[AssetTransferLine]] = {}
    query = select(AssetTransferLine).where(col(AssetTransferLine.transfer_id).in_([row.id for row in rows]))
    for line in s.execute(query.order_by(col(AssetTransferLine.position))).scalars() if rows else ():
        lines.setdefault(line.transfer_id, []).append(line)
    ids = [line.asset_id for many in lines.values() for line in many]
    things: dict[UUID, Asset] = {}
    for start in range(0, len(ids), 500):
        things |= {a.id: a for a in s.execute(select(Asset).where(col(Asset.id).in_(ids[start : start + 500]))).scalars()}
    wanted = {p for r in rows for p in (r.to_person_id, r.proposed_by_id, r.handed_by_id, r.settled_by_id) if p}
    wanted |= {line.from_keeper_id for many in lines.values() for line in many if line.from_keeper_id}
    names, departments = names_of(s, wanted), people.department_names(s)
    where = {place.id: place.name for place in places.everything(s, retired=True)} if rows else {}
    codes = labels.codes_of(s, SubjectKind.ASSET, ids)
    found = []
    for r in rows:
        mine = lines.get(r.id, [])
        pile = [things[line.asset_id] for line in mine]
        shown = tuple(
            TransferLine(
                a.id, a.number, a.name, a.spec, codes.get(a.id), a.value_cents, departments.get(line.from_department_id, "") if line.from_department_id else "",
                names.get(line.from_keeper_id, "") if line.from_keeper_id else "", where.get(line.from_place_id, "") if line.from_place_id else "",
            )
            for line, a in zip(mine, pile, strict=True)
        )  # fmt: skip
        is_open = r.state in OPEN_STATES
        found.append(TransferView(
            r.id, r.version, r.document, r.state, words_of(pile), len(pile), _all(line.from_department for line in shown),
            _all(line.from_keeper for line in shown), departments.get(r.to_department_id, ""), names.get(r.to_person_id, "") if r.to_person_id else "",
            where.get(r.to_place_id, "") if r.to_place_id else "", r.reason, names.get(r.proposed_by_id, "") if r.proposed_by_id else "", r.proposed_at,
            names.get(r.handed_by_id, "") if r.handed_by_id else "", r.handed_at, names.get(r.settled_by_id, "") if r.settled_by_id else "", r.settled_at,
            r.remark, sum(a.value_cents or 0 for a in pile), shown,
            r.state == TransferState.PROPOSED and by.is_person and all(may_give(s, a, by) for a in pile),
            r.state == TransferState.HANDED and by.person_id != r.handed_by_id and _takes(s, r, by),
            is_open and (by.person_id == r.proposed_by_id or by.has(*KEEPERS_OF_THE_BOOK)),
        ))  # fmt: skip
    return found


# ── private ──


def _all(words: Any) -> str:
    """One name, or several joined."""
    return "，".join(dict.fromkeys(word for word in words if word))


def _may_move(s: Session, asset: Asset, at: datetime) -> None:
    if asset.state == AssetState.LOST:
        raise Refused("asset.lost", number=asset.number)
    if asset.state == AssetState.REPAIR:
        raise Refused("asset.in_repair", number=asset.number)
    if (there := under_way(s, asset.id)) is not None:
        raise Refused("transfer.under_way", number=asset.number, document=there.document)
    if (going := disposals.open_disposal(s, asset.id)) is not None:
        raise Refused("transfer.disposal_open", number=asset.number, document=going.document)


def _assets(s: Session, row: AssetTransfer) -> list[Asset]:
    query = select(AssetTransferLine.asset_id).where(col(AssetTransferLine.transfer_id) == row.id).order_by(col(AssetTransferLine.position))
    ids = list(s.execute(query).scalars())
    found = {asset_id: s.get_one(Asset, asset_id, with_for_update=True, populate_existing=True) for asset_id in sorted(ids)}
    return [found[asset_id] for asset_id in ids]


def _things(s: Session, row: AssetTransfer, at: datetime) -> list[Asset]:
    """The things of a document, which must be whose they were, and may move. Refuses: transfer.changed_meanwhile, asset.…"""
    found = _assets(s, row)
    lines = {
        line.asset_id: line for line in s.execute(select(AssetTransferLine).where(col(AssetTransferLine.transfer_id) == row.id)).scalars()
    }
    for asset in found:
        locked(s, asset.id)
        line = lines[asset.id]
        if (asset.department_id, asset.keeper_id) != (line.from_department_id, line.from_keeper_id):
            raise Refused("transfer.changed_meanwhile", number=asset.number, document=row.document)
        if asset.state == AssetState.LOST:
            raise Refused("asset.lost", number=asset.number)
        if asset.state == AssetState.REPAIR:
            raise Refused("asset.in_repair", number=asset.number)
        if (going := disposals.open_disposal(s, asset.id)) is not None:
            raise Refused("transfer.disposal_open", number=asset.number, document=going.document)
    return found


def _must_be(row: AssetTransfer, state: TransferState) -> None:
    if row.state != state:
        raise Refused("transfer.settled", document=row.document)


def _takes(s: Session, row: AssetTransfer, by: Actor) -> bool:
    """The person it goes to (or their deputy), the custodian and the head of the department it goes to."""
    department = s.get(people.Department, row.to_department_id)
    stands_for = (department.custodian_id, department.head_id) if department else ()
    if row.to_person_id is None and not any(stands_for):
        return by.is_person and by.has(*KEEPERS_OF_THE_BOOK)  # a department nobody stands for: the clerk receives for it
    return custody.may_act_for(s, by, row.to_person_id) or (by.person_id is not None and by.person_id in stands_for)


def _givers(s: Session, found: Sequence[Asset]) -> list[UUID]:
    """Who has the things; for what nobody keeps the custodian, else the clerks."""
    told: dict[UUID, None] = {}
    for asset in found:
        one = asset.keeper_id or custodian_of(s, asset.department_id)
        for person_id in [one] if one else [clerk.id for clerk in people.with_role(s, Role.CLERK)]:
            told[person_id] = None
    return list(told)


def _takers(s: Session, row: AssetTransfer) -> list[UUID]:
    if row.to_person_id is not None:
        return [row.to_person_id]
    department = s.get(people.Department, row.to_department_id)
    named = [p for p in (department.custodian_id, department.head_id) if p] if department else []
    return named[:1] or [clerk.id for clerk in people.with_role(s, Role.CLERK)]


def _tell(
    s: Session, row: AssetTransfer, key: str, whom: Sequence[UUID], by: Actor, at: datetime, found: Sequence[Asset], **more: Any
) -> None:
    facts = {"name": by.name, "document": row.document, "things": words_of(found), "n": len(found), **more}
    for person_id in dict.fromkeys(whom):
        if person_id != by.person_id:
            notices.queue(s, key=key, facts=facts, at=at, to_person_id=person_id, subject=(KIND, row.id))


def _end(s: Session, row: AssetTransfer, state: TransferState, remark: str, by: Actor, at: datetime) -> None:
    row.state, row.settled_by_id, row.settled_at, row.remark = state, by.person_id, at, remark
    row.version += 1
    for asset in _assets(s, row):
        note(s, asset.id, f"transfer_{state}", by, at, document=row.document, note=remark)
        touch(s, "asset", asset.id)
    touch(s, KIND, row.id)


def _list(s: Session, query: Query, by: Actor) -> Page:
    rows = select(AssetTransfer).order_by(col(AssetTransfer.id).desc())
    state = query.filters.get("state", "")
    if state == "mine":
        return Page(transfers_for(s, by))
    if state:
        rows = rows.where(col(AssetTransfer.state).in_(OPEN_STATES if state == "open" else (state,)))
    if not by.has(*READERS, Role.SYSTEM):
        mine = select(col(AssetTransferLine.transfer_id)).where(col(AssetTransferLine.from_keeper_id) == by.person_id)
        rows = rows.where(or_(
            col(AssetTransfer.to_person_id) == by.person_id, col(AssetTransfer.proposed_by_id) == by.person_id, col(AssetTransfer.id).in_(mine)
        ))  # fmt: skip
    if query.q:
        hits = (
            select(col(AssetTransferLine.transfer_id))
            .join(Asset, col(Asset.id) == col(AssetTransferLine.asset_id))
            .where(or_(col(Asset.name).contains(query.q, autoescape=True), col(Asset.number).contains(query.q, autoescape=True)))
        )
        rows = rows.where(or_(col(AssetTransfer.reason).contains(query.q, autoescape=True), col(AssetTransfer.id).in_(hits)))
    if query.cursor:
        try:
            rows = rows.where(col(AssetTransfer.id) < UUID(query.cursor))
        except ValueError:
            raise Refused("query.cursor") from None
    found = list(s.execute(rows.limit(query.limit + 1)).scalars())
    more, found = len(found) > query.limit, found[: query.limit]
    return Page(transfer_views(s, found, by), str(found[-1].id) if more else None)


def _one(s: Session, id: str, by: Actor) -> TransferView | None:
    try:
        row = s.get(AssetTransfer, UUID(id))
    except ValueError:
        return None
    if row is None:
        return None
    view = transfer_views(s, [row], by)[0]
    sees = by.has(*READERS) or view.may_hand or view.may_accept or view.may_withdraw or _takes(s, row, by)
    keepers = select(AssetTransferLine.from_keeper_id).where(col(AssetTransferLine.transfer_id) == row.id)
    return view if sees or by.person_id in set(s.execute(keepers).scalars()) else None


TRANSFERS = Collection(
    "transfers", frozenset({Role.STAFF}), _list, _one,
    tuple(ExportColumn(name, f"transfer.column.{name}") for name in (
        "document", "state", "things", "count", "from_department", "from_keeper", "to_department", "to_person", "to_place", "reason", "proposed_by",
        "proposed_at", "handed_by", "handed_at", "settled_by", "settled_at",
    )), ("state",),
)  # fmt: skip
