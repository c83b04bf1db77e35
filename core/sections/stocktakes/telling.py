"""What stock-takes know of an asset's life: where and by whom it was counted (guide S4.1-R3). Only of approved ones: an open count stays blind."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import exists, select
from sqlmodel import Session, col

from core.mechanisms import places
from core.sections.assets.cards import names_of
from core.sections.assets.lives import LifeLine, tells
from core.sections.stocktakes.record import CountEvent, CountUndone, State, Stocktake


@tells
def counts_of(s: Session, asset_id: UUID) -> list[LifeLine]:
    """One line a stock-take: the first time the thing was seen in it."""
    query = (
        select(CountEvent, col(Stocktake.title))
        .join(Stocktake, col(Stocktake.id) == CountEvent.stocktake_id)
        .where(col(CountEvent.subject_id) == asset_id, col(Stocktake.state) == State.APPROVED)
        .where(~exists().where(col(CountUndone.count_op_id) == CountEvent.op_id))
        .order_by(col(CountEvent.occurred_at))
    )
    first: dict[UUID, tuple[CountEvent, str]] = {}
    for event, title in s.execute(query):
        first.setdefault(event.stocktake_id, (event, title))
    who = names_of(s, {event.person_id for event, _ in first.values() if event.person_id})
    where = places.paths_of(s, {event.place_id for event, _ in first.values()})
    return [
        LifeLine(
            event.occurred_at, "counted_in_stocktake", who.get(event.person_id, "") if event.person_id else "",
            {"stocktake": title, "place": where.get(event.place_id, ("", ""))[0], "stocktake_id": str(event.stocktake_id)},
        )
        for event, title in first.values()
    ]  # fmt: skip
