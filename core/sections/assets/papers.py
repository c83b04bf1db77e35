"""Documents and photos of an asset: invoice, warranty, manual, certificate, pictures (guide S4.1-R1; attachments keep the files).

A paper is never lost: taken off the card it is marked so, and the life of the asset says who did.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import StringConstraints
from sqlalchemy import select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation.errors import Refused
from core.foundation.ids import uuid7
from core.mechanisms import attachments
from core.mechanisms.operations import Actor, Operation, operation, touch
from core.sections.assets.classes import KEEPERS_OF_THE_BOOK
from core.sections.assets.ledger import Line, get, note, present

MOST = 60


class PaperKind(StrEnum):
    PHOTO = "photo"
    INVOICE = "invoice"
    WARRANTY = "warranty"
    MANUAL = "manual"
    CERTIFICATE = "certificate"
    OTHER = "other"


class AssetPaper(SQLModel, table=True):
    """One document or photo on an asset's card."""

    __tablename__: ClassVar[str] = "asset_paper"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    asset_id: UUID = Field(index=True)
    sha256: str = Field(max_length=64)
    kind: str
    title: str = ""
    person_id: UUID | None = None
    added_at: datetime
    removed_at: datetime | None = None


class AddPaper(Operation):
    """`sha256` is that of the upload (PUT /api/v1/attachments/…), which may still be on its way."""

    id: UUID | None = None
    asset_id: UUID
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    kind: PaperKind = PaperKind.OTHER
    title: Line = ""


@operation(AddPaper, "asset.add_paper", roles=KEEPERS_OF_THE_BOOK)
def add_paper(s: Session, do: AddPaper, by: Actor, at: datetime) -> dict[str, Any]:
    """The first photo becomes the card's picture. Refuses: asset.not_found, asset.disposed, asset.papers_full"""
    asset = present(s, do.asset_id)
    known = papers(s, asset.id)
    if len(known) >= MOST:
        raise Refused("asset.papers_full", most=MOST)
    same = [one for one in known if one.sha256 == do.sha256]
    if same:
        return {"paper_id": same[0].id}
    paper = AssetPaper(
        id=do.id or uuid7(), asset_id=asset.id, sha256=do.sha256, kind=do.kind, title=do.title, person_id=by.person_id, added_at=at
    )
    s.add(paper)
    attachments.use(s, [do.sha256], "asset", asset.id, by, at)
    if do.kind == PaperKind.PHOTO and not asset.photo_sha256:
        asset.photo_sha256, asset.version, asset.updated_at = do.sha256, asset.version + 1, at
    photos = [do.sha256] if do.kind == PaperKind.PHOTO else []
    note(s, asset.id, "paper_added", by, at, paper=do.kind, title=do.title, photos=photos)
    touch(s, "asset", asset.id)
    return {"paper_id": paper.id}


class RemovePaper(Operation):
    paper_id: UUID


@operation(RemovePaper, "asset.remove_paper", roles=KEEPERS_OF_THE_BOOK)
def remove_paper(s: Session, do: RemovePaper, by: Actor, at: datetime) -> None:
    """Take a paper off the card; doing it again changes nothing. Refuses: asset.paper_not_found"""
    paper = s.get(AssetPaper, do.paper_id)
    if paper is None:
        raise Refused("asset.paper_not_found")
    if paper.removed_at is not None:
        return
    asset = get(s, paper.asset_id)
    paper.removed_at = at
    if asset.photo_sha256 == paper.sha256:
        s.flush()
        photos = [one.sha256 for one in papers(s, asset.id) if one.kind == PaperKind.PHOTO]
        asset.photo_sha256, asset.version, asset.updated_at = (photos[0] if photos else ""), asset.version + 1, at
    note(s, asset.id, "paper_removed", by, at, paper=paper.kind, title=paper.title)
    touch(s, "asset", asset.id)


# ── reads ──


def papers(s: Session, asset_id: UUID) -> list[AssetPaper]:
    """What hangs on the card now, oldest first."""
    query = select(AssetPaper).where(col(AssetPaper.asset_id) == asset_id, col(AssetPaper.removed_at).is_(None))
    return list(s.execute(query.order_by(col(AssetPaper.id))).scalars())
