"""Brings assets into the search index that are not in it: after an update of the server, or when the way texts are folded changes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field as Input
from sqlalchemy import exists, select
from sqlmodel import Session, col

from core.foundation import database
from core.foundation.ids import uuid7
from core.foundation.jobs import job
from core.mechanisms import operations
from core.mechanisms.operations import SYSTEM, Actor, Operation, Request, Role, operation
from core.sections.assets.index import AssetFind
from core.sections.assets.ledger import Asset, find_by

AT_ONCE = 200


class IndexAssets(Operation):
    asset_ids: Annotated[list[UUID], Input(max_length=AT_ONCE)]


@operation(IndexAssets, "asset.index", roles={Role.SYSTEM})
def index_assets(s: Session, do: IndexAssets, by: Actor, at: datetime) -> dict[str, Any]:
    """Let these be found by what their records say."""
    for asset in s.execute(select(Asset).where(database.among(Asset.id, do.asset_ids))).scalars().all():
        find_by(s, asset)
    return {"n": len(do.asset_ids)}


def missing(s: Session, limit: int = AT_ONCE) -> list[UUID]:
    """Assets that are in the book and not in the index."""
    query = select(col(Asset.id)).where(~exists().where(col(AssetFind.asset_id) == Asset.id)).limit(limit)
    return list(s.execute(query).scalars())


@job(every_s=3600)
def index_the_rest(at: datetime) -> None:
    """At the start and once an hour: nothing to do but after an update."""
    while True:
        with database.reading() as s:
            ids = missing(s)
        if not ids:
            return
        request = Request(IndexAssets(asset_ids=ids), SYSTEM, uuid7(), received_at=at)
        outcome = database.writer().submit(lambda request=request: operations.perform_requests([request])[0], database.BATCH).result()  # type: ignore[misc]  # mypy can not infer a lambda with a default
        if not outcome.ok:
            raise RuntimeError(f"assets could not be indexed: {outcome.code}")
