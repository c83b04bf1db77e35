"""What a transfer keeps: one document for one or many things, and how far it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation.errors import Refused
from core.foundation.ids import uuid7
from core.mechanisms.operations import Role
from core.sections.assets.ledger import KEEPERS_OF_THE_BOOK

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
