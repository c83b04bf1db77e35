"""What an asset's label says to a member of the office: what it is, who has it, what became of it, and what this person may do with it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import or_, select
from sqlmodel import Session, col

from core.foundation.i18n import full_day, t
from core.mechanisms import custody, people
from core.mechanisms.labels import Described, SubjectKind, describes
from core.mechanisms.operations import Actor
from core.sections.assets import disposals, transfers
from core.sections.assets.cards import AssetView, views
from core.sections.assets.custody import ASSET
from core.sections.assets.hiding import places_hidden
from core.sections.assets.ledger import KEEPERS_OF_THE_BOOK, Asset, AssetState


@describes(SubjectKind.ASSET, rows_of=Asset)
def describe(s: Session, ids: Sequence[UUID], by: Actor) -> dict[UUID, Described]:
    """What an asset's label says to a member of the office."""
    found: dict[UUID, Described] = {}
    hidden = places_hidden(s, by)
    names = {by.person_id, *(one.id for one in people.principals_of(s, by.person_id))} if by.person_id else set()
    looks_after = {row.id for row in people.departments(s) if row.custodian_id == by.person_id} if by.person_id else set()
    for start in range(0, len(ids), 500):
        rows = list(s.execute(select(Asset).where(col(Asset.id).in_(ids[start : start + 500]))).scalars())
        some = [row.id for row in rows]
        held, offers = custody.holders(s, ASSET, some), custody.open_offers(s, ASSET, some)
        sentences = told(s, rows, by.language)
        for shown in views(s, rows):
            has = held.get(shown.id, custody.NOBODY)
            found[shown.id] = Described(
                shown.name, shown.state, has.party or shown.keeper, "" if hidden else shown.place, has.due_on.isoformat() if has.due_on else "",
                _acts(shown, offers.get(shown.id), has, by, names, custodian=shown.department_id in looks_after), shown.number, sentences.get(shown.id, ""),
            )  # fmt: skip
    return found


def told(s: Session, rows: Sequence[Asset], language: str) -> dict[UUID, str]:
    """One sentence for each thing that is not simply there: disposed of (day and document), missing, on its way, at a vendor, to be disposed of."""
    ids = [row.id for row in rows]
    moving, leaving = transfers.transfers_under_way(s, ids), disposals.open_disposals(s, ids)
    held = custody.holders(s, ASSET, [row.id for row in rows if row.state == AssetState.REPAIR])
    found: dict[UUID, str] = {}
    for row in rows:
        if row.state == AssetState.DISPOSED:
            day = full_day(row.left_on, language) if row.left_on else ""
            found[row.id] = t("asset.told.disposed", language, day=day, document=row.left_by)
        elif row.state == AssetState.LOST:
            found[row.id] = t("asset.told.lost", language)
        elif row.id in moving:
            found[row.id] = t(f"asset.told.transfer_{moving[row.id].state}", language, document=moving[row.id].document)
        elif row.id in leaving:
            found[row.id] = t(f"asset.told.disposal_{leaving[row.id].state}", language, document=leaving[row.id].document)
        elif (has := held.get(row.id)) is not None and has.party:
            found[row.id] = t("asset.told.at_vendor", language, vendor=has.party)
    return found


def told_now(s: Session, language: str) -> dict[UUID, str]:
    """The sentences of every thing that has one: what a phone carries along without a network."""
    moving = select(transfers.AssetTransferLine.asset_id).join(
        transfers.AssetTransfer, col(transfers.AssetTransfer.id) == col(transfers.AssetTransferLine.transfer_id)
    ).where(col(transfers.AssetTransfer.state).in_(transfers.OPEN_STATES))  # fmt: skip
    leaving = select(disposals.AssetDisposal.asset_id).where(col(disposals.AssetDisposal.state).in_(disposals.OPEN_STATES))
    odd = col(Asset.state).in_((AssetState.DISPOSED, AssetState.LOST, AssetState.REPAIR))
    rows = list(s.execute(select(Asset).where(or_(odd, col(Asset.id).in_(moving), col(Asset.id).in_(leaving)))).scalars())
    return told(s, rows, language)


def _acts(
    asset: AssetView, offer: custody.Offer | None, held: custody.Holder, by: Actor, names: set[UUID], *, custodian: bool
) -> tuple[str, ...]:
    """`names`: mine and those I am deputy to; `custodian`: of the department that has it."""
    state = asset.state
    if state == AssetState.DISPOSED:
        return ()
    mine = asset.keeper_id in names
    keeps_book = by.has(*KEEPERS_OF_THE_BOOK)
    acts = ["asset.report_fault"] if state != AssetState.LOST else []
    away = state == AssetState.REPAIR and bool(held.party)  # a vendor has it: nobody here can put it into a hand
    if (mine or keeps_book or custodian) and state != AssetState.LOST and not away:
        acts.append("asset.hand_over")
    offered_me = offer is not None and offer.to_id in names
    if offered_me or (by.is_person and asset.keeper_id is None and offer is None and state == AssetState.IDLE):
        acts.append("asset.take")
    if offer is not None and (offered_me or mine or keeps_book or custodian):
        acts.append("asset.decline")
    if mine and state != AssetState.LOST:
        acts.append("asset.give_back")
    if (mine or keeps_book or custodian) and state != AssetState.LOST:
        acts.append("upkeep.tick")
    if (keeps_book or custodian) and asset.keeper_id is not None and not away:
        acts.append("asset.receive_back")
    if state == AssetState.REPAIR:
        acts += ["asset.back_from_repair"] if held.party else ["asset.send_to_repair"]
        acts.append("asset.finish_repair")
    return (*acts, "asset.transfer", "transfer.propose", "asset.request_disposal", "label.replace")
