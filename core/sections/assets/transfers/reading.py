"""Transfers as registers, phones and programs read them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlmodel import Session, col

from core.foundation.errors import Refused
from core.mechanisms import labels, people, places
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import Actor, Role
from core.mechanisms.views import Collection, ExportColumn, Page, Query
from core.sections.assets.cards import names_of
from core.sections.assets.custody import may_give, words_of
from core.sections.assets.ledger import KEEPERS_OF_THE_BOOK, Asset
from core.sections.assets.transfers.people import joined, takes
from core.sections.assets.transfers.record import (
    OPEN_STATES,
    READERS,
    AssetTransfer,
    AssetTransferLine,
    TransferLine,
    TransferState,
    TransferView,
)


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
            r.id, r.version, r.document, r.state, words_of(pile), len(pile), joined(line.from_department for line in shown),
            joined(line.from_keeper for line in shown), departments.get(r.to_department_id, ""), names.get(r.to_person_id, "") if r.to_person_id else "",
            where.get(r.to_place_id, "") if r.to_place_id else "", r.reason, names.get(r.proposed_by_id, "") if r.proposed_by_id else "", r.proposed_at,
            names.get(r.handed_by_id, "") if r.handed_by_id else "", r.handed_at, names.get(r.settled_by_id, "") if r.settled_by_id else "", r.settled_at,
            r.remark, sum(a.value_cents or 0 for a in pile), shown,
            r.state == TransferState.PROPOSED and by.is_person and all(may_give(s, a, by) for a in pile),
            r.state == TransferState.HANDED and by.person_id != r.handed_by_id and takes(s, r, by),
            is_open and (by.person_id == r.proposed_by_id or by.has(*KEEPERS_OF_THE_BOOK)),
        ))  # fmt: skip
    return found


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
    sees = by.has(*READERS) or view.may_hand or view.may_accept or view.may_withdraw or takes(s, row, by)
    keepers = select(AssetTransferLine.from_keeper_id).where(col(AssetTransferLine.transfer_id) == row.id)
    return view if sees or by.person_id in set(s.execute(keepers).scalars()) else None


TRANSFERS = Collection(
    "transfers", frozenset({Role.STAFF}), _list, _one,
    tuple(ExportColumn(name, f"transfer.column.{name}") for name in (
        "document", "state", "things", "count", "from_department", "from_keeper", "to_department", "to_person", "to_place", "reason", "proposed_by",
        "proposed_at", "handed_by", "handed_at", "settled_by", "settled_at",
    )), ("state",),
)  # fmt: skip
