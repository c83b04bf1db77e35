"""What a disposal keeps: one request for one asset, its document number, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import Field as Input
from sqlalchemy import JSON, BigInteger, Column, Index, select, text
from sqlmodel import Field, Session, SQLModel, col

from core.foundation.errors import Refused
from core.foundation.ids import uuid7
from core.mechanisms import approvals, attachments
from core.mechanisms.operations import Role
from core.sections.assets.ledger import (
    KEEPERS_OF_THE_BOOK,
)

READERS = frozenset({*KEEPERS_OF_THE_BOOK, Role.LEADER})


KIND = "asset_disposal"


# Classes whose things keep data: computers, storage, copiers and printers with a disk, cameras, conference systems (norms.md 6).
DATA_CLASSES = (
    "A020101",
    "A020102",
    "A020103",
    "A020105",
    "A020201",
    "A020202",
    "A020204",
    "A020205",
    "A0202080",
    "A020210",
    "A020211",
    "A020808",
)


class DisposalState(StrEnum):
    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    DISPOSED = "disposed"


OPEN_STATES = (DisposalState.ASKED, DisposalState.APPROVED)


class Method(StrEnum):
    SCRAP = "scrap"
    SELL = "sell"
    DONATE = "donate"
    RETURN = "return"
    LOSS = "loss"


class WipeMethod(StrEnum):
    ERASED = "erased"
    DEGAUSSED = "degaussed"
    DESTROYED = "destroyed"
    NOT_STORED = "no_storage"


class AssetDisposal(SQLModel, table=True):
    """One request to dispose of one asset and what became of it. `value_cents` is what the book said when it was asked."""

    __tablename__: ClassVar[str] = "asset_disposal"
    __table_args__ = (
        Index(
            "asset_disposal_one_open", "asset_id", unique=True,
            sqlite_where=text("state IN ('asked', 'approved')"), postgresql_where=text("state IN ('asked', 'approved')"),
        ),
    )  # fmt: skip
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    asset_id: UUID = Field(foreign_key="asset.id", index=True)
    year: int
    number: int
    state: str = Field(default=DisposalState.ASKED, index=True)
    reason: str
    method: str = Method.SCRAP
    value_cents: int | None = Field(default=None, sa_column=Column(BigInteger))
    net_value_cents: int | None = Field(default=None, sa_column=Column(BigInteger))
    holds_data: bool = False
    asked_by_id: UUID | None = None
    asked_at: datetime
    approval_id: UUID | None = None
    settled_at: datetime | None = None
    disposed_on: date | None = None
    done_by_id: UUID | None = None
    done_at: datetime | None = None
    proceeds_cents: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default="0"))
    receiver: str = ""
    remark: str = ""
    wipe: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    version: int = 1

    @property
    def document(self) -> str:
        """`报废〔2026〕3号`: the number that stays with the thing."""
        return f"报废〔{self.year}〕{self.number}号"


@dataclass(frozen=True, slots=True)
class DisposalView:
    """A disposal as registers and forms show it. `blocked_by` names in one catalogue key why it can not be carried out yet."""

    id: UUID
    version: int
    document: str
    asset_id: UUID
    asset_number: str
    name: str
    spec: str
    serial: str
    class_code: str
    bought_on: date | None
    label: str | None
    department: str
    state: str
    reason: str
    method: str
    value_cents: int | None
    net_value_cents: int | None
    holds_data: bool
    asked_by: str
    asked_at: datetime
    approval_id: UUID | None
    settled_at: datetime | None
    disposed_on: date | None
    done_by: str
    proceeds_cents: int
    receiver: str
    remark: str
    wipe: dict[str, Any] | None
    photos: tuple[str, ...]
    keeper: str
    blocked_by: str
    steps: tuple[approvals.StepView, ...]


Photos = Annotated[tuple[attachments.Sha256, ...], Input(max_length=12)]


def open_disposal(s: Session, asset_id: UUID) -> AssetDisposal | None:
    """The disposal of an asset that is asked or agreed and not done."""
    query = select(AssetDisposal).where(col(AssetDisposal.asset_id) == asset_id, col(AssetDisposal.state).in_(OPEN_STATES))
    return s.execute(query).scalar_one_or_none()


def done_disposals(s: Session, asset_ids: Sequence[UUID]) -> dict[UUID, AssetDisposal]:
    """The disposal that was carried out, of each asset that left."""
    found: dict[UUID, AssetDisposal] = {}
    for start in range(0, len(asset_ids), 500):
        query = select(AssetDisposal).where(
            col(AssetDisposal.asset_id).in_(asset_ids[start : start + 500]), col(AssetDisposal.state) == DisposalState.DISPOSED
        )
        found.update({row.asset_id: row for row in s.execute(query).scalars()})
    return found


def open_disposals(s: Session, asset_ids: Sequence[UUID]) -> dict[UUID, AssetDisposal]:
    """The open disposals of many assets."""
    found: dict[UUID, AssetDisposal] = {}
    for start in range(0, len(asset_ids), 500):
        query = select(AssetDisposal).where(
            col(AssetDisposal.asset_id).in_(asset_ids[start : start + 500]), col(AssetDisposal.state).in_(OPEN_STATES)
        )
        found.update({row.asset_id: row for row in s.execute(query).scalars()})
    return found


def locked_disposal(s: Session, disposal_id: UUID) -> AssetDisposal:
    row = s.get(AssetDisposal, disposal_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise Refused("disposal.not_found")
    return row
