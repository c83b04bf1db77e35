"""Disposal (报废/处置, guide S4.1-R10, R8; scenario Things 8; S7-R11): asked, agreed to by value, done, and told for ever after.

A request gets its document number at once and a route by the office's rules. Nothing leaves the register before the last of them agreed, the
thing came back from whoever has it, there are photos, and what stored data was wiped or destroyed. From the day it is done on the thing counts
for nothing in the book, no stock-take expects it, and its labels are retired: whoever scans one is told the day and the document, and the asset
clerk hears of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic import Field as Input
from sqlalchemy import JSON, BigInteger, Column, Index, func, or_, select, text
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import clock
from core.foundation.errors import Refused
from core.foundation.ids import uuid7
from core.mechanisms import approval_rules, approvals, attachments, custody, duties, labels, numbering, people
from core.mechanisms.approvals import Approval
from core.mechanisms.labels import Label, LabelState, SubjectKind
from core.mechanisms.operations import Actor, Operation, Role, operation, touch
from core.mechanisms.views import Collection, ExportColumn, Page, Query
from core.sections.assets import repairs
from core.sections.assets.cards import names_of, net_value_of
from core.sections.assets.custody import ASSET, Reason, locked
from core.sections.assets.ledger import (
    KEEPERS_OF_THE_BOOK,
    Asset,
    AssetState,
    Cents,
    Day,
    Line,
    change,
    note,
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


# ── asking ──

Photos = Annotated[tuple[attachments.Sha256, ...], Input(max_length=12)]


class RequestDisposal(Operation):
    """`holds_data` None: as its class says."""

    asset_id: UUID
    reason: Reason
    method: Method = Method.SCRAP
    photos: Photos = ()
    holds_data: bool | None = None


@operation(RequestDisposal, "asset.request_disposal", roles={*KEEPERS_OF_THE_BOOK, Role.LEADER})
def request_disposal(s: Session, do: RequestDisposal, by: Actor, at: datetime) -> dict[str, Any]:
    """Ask; the asset stays in the register until it is agreed and done. Asked again while one is open, the same one.

    Refuses: asset.not_found, asset.disposed"""
    asset = locked(s, do.asset_id)
    row = propose(s, asset, do.reason, by, at, method=do.method, photos=do.photos, holds_data=do.holds_data)
    return {"asset_id": asset.id, "disposal_id": row.id, "document": row.document}


def propose(
    s: Session, asset: Asset, reason: str, by: Actor, at: datetime, *, method: str = "", photos: Sequence[str] = (),
    holds_data: bool | None = None,
) -> AssetDisposal:  # fmt: skip
    """A request from another ability's operation (beyond repair, missing in a count), or the one that is open already."""
    there = open_disposal(s, asset.id)
    if there is not None:
        return there
    year = clock.today(at).year
    value = asset.value_cents
    row = AssetDisposal(
        asset_id=asset.id, year=year, number=numbering.next_number(s, KIND, year), reason=reason,
        method=method or (Method.LOSS if asset.state == AssetState.LOST else Method.SCRAP), value_cents=value,
        net_value_cents=net_value_of(asset, clock.today(at)), holds_data=asset.class_code.startswith(DATA_CLASSES) if holds_data is None else holds_data,
        asked_by_id=by.person_id, asked_at=at,
    )  # fmt: skip
    s.add(row)
    s.flush()
    note(s, asset.id, "disposal_requested", by, at, reason=reason, document=row.document)
    attachments.use(s, photos, KIND, row.id, by, at)
    facts = {"name": asset.name, "number": asset.number, "document": row.document, "reason": reason, "figure_cents": value}
    approval = approvals.request(
        s, kind=KIND, subject=(KIND, row.id), title_key="disposal.approval", facts=facts, by=by, at=at,
        steps=approval_rules.steps_for(s, KIND, value or 0, by.person_id),
    )  # fmt: skip
    row.approval_id = approval.id
    touch(s, "asset", asset.id)
    touch(s, KIND, row.id)
    return row


@approvals.settles(KIND)
def settled(s: Session, approval: Approval, by: Actor, at: datetime) -> None:
    """The route ended: the clerk owes the carrying out, or the thing goes back to use."""
    row = _get(s, approval.subject_id)
    asset = locked(s, row.asset_id)
    row.state, row.settled_at = approval.state, at
    row.version += 1
    note(s, asset.id, f"disposal_{approval.state}", by, at, document=row.document)
    touch(s, KIND, row.id)
    if approval.state == approvals.APPROVED:
        owner = _clerk(s, row.asked_by_id)
        if owner is not None:
            facts = {"name": asset.name, "number": asset.number, "document": row.document}
            duties.open_duty(
                s, title_key="disposal.duty.carry_out", facts=facts, owner_id=owner, subject=(ASSET, asset.id), at=at, merge_key=f"disposal/{row.id}",
                by=by,
            )  # fmt: skip
        return
    if approval.state == approvals.WITHDRAWN:
        numbering.void(s, KIND, row.year, row.number, "withdrawn", by, at)
    _back_to_use(s, asset, row, by, at)
    touch(s, "asset", asset.id)


# ── doing ──


class Wipe(BaseModel):
    """How what it stored was removed, by whom, with which proof (a certificate's number or a photo among the evidence)."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)
    method: WipeMethod
    by: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    proof: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class DisposeAsset(Operation):
    """`receiver` is who got it; `disposed_on` defaults to today and lies neither in the future nor before the agreement."""

    disposal_id: UUID
    method: Method | None = None
    proceeds_cents: Cents = 0
    receiver: Line = ""
    disposed_on: Day | None = None
    photos: Photos = ()
    wipe: Wipe | None = None
    remark: Line = ""


@operation(DisposeAsset, "asset.dispose", roles=KEEPERS_OF_THE_BOOK)
def dispose(s: Session, do: DisposeAsset, by: Actor, at: datetime) -> dict[str, Any]:
    """It leaves the register on that day. Done again it changes nothing.

    Refuses: disposal.not_found, disposal.not_approved, disposal.settled, disposal.in_custody, asset.at_vendor, disposal.evidence_missing,
    disposal.wipe_missing, disposal.day, transfer.under_way"""
    row = _get(s, do.disposal_id)
    if row.state == DisposalState.DISPOSED:
        return {"asset_id": row.asset_id, "document": row.document, "disposed_on": row.disposed_on}
    asset = locked(s, row.asset_id)
    day = do.disposed_on or clock.today(at)
    _may_be_done(s, row, asset, do, day, at)
    row.state, row.disposed_on, row.done_at, row.done_by_id = DisposalState.DISPOSED, day, at, by.person_id
    row.method, row.proceeds_cents, row.receiver, row.remark = do.method or row.method, do.proceeds_cents, do.receiver, do.remark
    row.wipe = do.wipe.model_dump(mode="json") if do.wipe else None
    row.version += 1
    attachments.use(s, do.photos, KIND, row.id, by, at)
    custody.withdraw(s, (ASSET, asset.id), by, at)
    repair = repairs.open_repair(s, asset.id)
    if repair is not None:
        repair.state, repair.result, repair.finished_at, repair.finished_by_id = repairs.RepairState.UNFIT, row.document, at, by.person_id
        repair.version += 1
    change(
        s, asset, {"state": AssetState.DISPOSED, "keeper_id": None, "left_on": day, "left_by": row.document}, "disposed", by, at, document=row.document, day=day,
        method=row.method, proceeds_cents=row.proceeds_cents, wiped=row.wipe is not None,
    )  # fmt: skip
    _retire_labels(s, asset, row, at)
    for duty in duties.everything_of(s, (ASSET, asset.id)):
        if duty.merge_key == f"disposal/{row.id}":
            duties.settle(s, duty, by, at, row.document)
        else:
            duties.cancel(s, duty, by, at, row.document)
    touch(s, KIND, row.id)
    return {"asset_id": asset.id, "document": row.document, "disposed_on": day}


class CancelDisposal(Operation):
    """It was agreed to, and is kept after all."""

    disposal_id: UUID
    reason: Reason


@operation(CancelDisposal, "asset.cancel_disposal", roles={*KEEPERS_OF_THE_BOOK, Role.LEADER})
def cancel_disposal(s: Session, do: CancelDisposal, by: Actor, at: datetime) -> dict[str, Any]:
    """Its number stays visible as void. One that is still being decided is withdrawn by who asked. Refuses: disposal.not_found,
    disposal.not_approved, disposal.settled"""
    row = _get(s, do.disposal_id)
    asset = locked(s, row.asset_id)
    if row.state != DisposalState.APPROVED:
        raise Refused("disposal.not_approved" if row.state == DisposalState.ASKED else "disposal.settled", document=row.document)
    row.state, row.settled_at, row.remark = DisposalState.WITHDRAWN, at, do.reason
    row.version += 1
    note(s, asset.id, "disposal_withdrawn", by, at, document=row.document, note=do.reason)
    numbering.void(s, KIND, row.year, row.number, do.reason, by, at)
    duty = duties.find_open(s, f"disposal/{row.id}")
    if duty is not None:
        duties.cancel(s, duty, by, at, do.reason)
    _back_to_use(s, asset, row, by, at)
    touch(s, "asset", asset.id)
    touch(s, KIND, row.id)
    return {"asset_id": asset.id}


def _back_to_use(s: Session, asset: Asset, row: AssetDisposal, by: Actor, at: datetime) -> None:
    """What was beyond repair and is not disposed of is in use again, or idle."""
    if asset.state == AssetState.REPAIR and repairs.open_repair(s, asset.id) is None:
        change(s, asset, {"state": AssetState.IN_USE if asset.keeper_id else AssetState.IDLE}, "kept", by, at, document=row.document)


def _may_be_done(s: Session, row: AssetDisposal, asset: Asset, do: DisposeAsset, day: date, at: datetime) -> None:
    if row.state != DisposalState.APPROVED:
        raise Refused("disposal.not_approved" if row.state == DisposalState.ASKED else "disposal.settled", document=row.document)
    lost = asset.state == AssetState.LOST
    held = custody.holder(s, (ASSET, asset.id))
    if held.party:
        raise Refused("asset.at_vendor", number=asset.number, vendor=held.party)
    if asset.keeper_id is not None and not lost:
        raise Refused("disposal.in_custody", number=asset.number, name=names_of(s, {asset.keeper_id}).get(asset.keeper_id, ""))
    if not lost and not do.photos and not attachments.of(s, KIND, row.id):
        raise Refused("disposal.evidence_missing")
    if row.holds_data and not lost and do.wipe is None:
        raise Refused("disposal.wipe_missing", number=asset.number)
    if day > clock.today(at) or (row.settled_at is not None and day < clock.today(row.settled_at)):
        raise Refused("disposal.day")
    from core.sections.assets import transfers  # a transfer looks at disposals too: one thing is under one procedure at a time

    if (under_way := transfers.under_way(s, asset.id)) is not None:
        raise Refused("transfer.under_way", number=asset.number, document=under_way.document)


def _retire_labels(s: Session, asset: Asset, row: AssetDisposal, at: datetime) -> None:
    for label in s.execute(select(Label).where(col(Label.subject_kind) == SubjectKind.ASSET, col(Label.subject_id) == asset.id)).scalars():
        if label.state in (LabelState.ACTIVE, LabelState.SUPERSEDED):
            label.state, label.ended_at, label.reason = LabelState.RETIRED, at, row.document
            touch(s, "label", label.code)


# ── reads ──


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


def book_value(s: Session, on: date) -> int:
    """What the register was worth at the end of a day, at cost in cents: what was there by then and had not left."""
    query = select(func.coalesce(func.sum(Asset.value_cents), 0)).where(
        col(Asset.created_at) < clock.day_span(on)[1], or_(col(Asset.left_on).is_(None), col(Asset.left_on) > on)
    )
    return int(s.execute(query).scalar_one())


def count_disposals(s: Session, *states: str) -> int:
    """How many disposals are in these states."""
    return int(s.execute(select(func.count()).select_from(AssetDisposal).where(col(AssetDisposal.state).in_(states))).scalar_one())


def disposal_views(s: Session, rows: Sequence[AssetDisposal], by: Actor) -> list[DisposalView]:
    """Disposals with their things, people, routes and photos, in a fixed number of statements."""
    things = {a.id: a for a in s.execute(select(Asset).where(col(Asset.id).in_({r.asset_id for r in rows}))).scalars()} if rows else {}
    wanted = {p for r in rows for p in (r.asked_by_id, r.done_by_id) if p} | {a.keeper_id for a in things.values() if a.keeper_id}
    names, departments = names_of(s, wanted), people.department_names(s)
    codes = labels.codes_of(s, SubjectKind.ASSET, list(things))
    held = custody.holders(s, ASSET, list(things))
    routes = {
        view.id: view.steps
        for view in approvals.views(s, list(s.execute(select(Approval).where(col(Approval.id).in_([r.approval_id for r in rows]))).scalars()), by)
    } if rows else {}  # fmt: skip
    photos: dict[UUID, list[str]] = {}
    uses = attachments.AttachmentUse
    query = select(uses).where(col(uses.subject_kind) == KIND, col(uses.subject_id).in_([r.id for r in rows])).order_by(col(uses.id))
    for use in s.execute(query).scalars() if rows else ():
        photos.setdefault(use.subject_id, []).append(use.sha256)
    found = []
    for r in rows:
        a = things[r.asset_id]
        blocked = ""
        if r.state == DisposalState.APPROVED and a.state != AssetState.LOST:
            blocked = (
                "disposal.blocked.vendor" if held.get(a.id, custody.NOBODY).party else "disposal.blocked.custody" if a.keeper_id else ""
            )
        found.append(DisposalView(
            r.id, r.version, r.document, a.id, a.number, a.name, a.spec, a.serial, a.class_code, a.bought_on, codes.get(a.id),
            departments.get(a.department_id, "") if a.department_id else "", r.state, r.reason, r.method, r.value_cents, r.net_value_cents,
            r.holds_data, names.get(r.asked_by_id, "") if r.asked_by_id else "", r.asked_at, r.approval_id, r.settled_at, r.disposed_on,
            names.get(r.done_by_id, "") if r.done_by_id else "", r.proceeds_cents, r.receiver, r.remark, r.wipe, tuple(photos.get(r.id, ())),
            names.get(a.keeper_id, "") if a.keeper_id else "", blocked, routes.get(r.approval_id, ()) if r.approval_id else (),
        ))  # fmt: skip
    return found


@attachments.shown_with(KIND)
def may_see_disposal_photos(s: Session, disposal_id: UUID, by: Actor) -> bool:
    """The readers of the register, and whoever stands in the route."""
    row = s.get(AssetDisposal, disposal_id)
    if row is None or by.has(*READERS):
        return row is not None
    approval = s.get(Approval, row.approval_id) if row.approval_id else None
    return approval is not None and any(step.person_id == by.person_id for step in approvals.steps_of(s, approval.id))


# ── private ──


def _get(s: Session, disposal_id: UUID) -> AssetDisposal:
    row = s.get(AssetDisposal, disposal_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise Refused("disposal.not_found")
    return row


def _clerk(s: Session, asked_by: UUID | None) -> UUID | None:
    """Who carries it out: who asked, when they keep the book, else a clerk."""
    keepers = [person.id for person in people.with_role(s, Role.CLERK) or people.with_role(s, Role.ADMIN)]
    return asked_by if asked_by in keepers else next(iter(keepers), None)


def _list(s: Session, query: Query, by: Actor) -> Page:
    rows = select(AssetDisposal).join(Asset, col(Asset.id) == col(AssetDisposal.asset_id)).order_by(col(AssetDisposal.id).desc())
    if state := query.filters.get("state"):
        rows = rows.where(col(AssetDisposal.state) == state)
    if query.q:
        rows = rows.where(or_(
            col(Asset.name).contains(query.q, autoescape=True), col(Asset.number).contains(query.q, autoescape=True),
            col(AssetDisposal.reason).contains(query.q, autoescape=True),
        ))  # fmt: skip
    if query.cursor:
        try:
            rows = rows.where(col(AssetDisposal.id) < UUID(query.cursor))
        except ValueError:
            raise Refused("query.cursor") from None
    found = list(s.execute(rows.limit(query.limit + 1)).scalars())
    more, found = len(found) > query.limit, found[: query.limit]
    return Page(disposal_views(s, found, by), str(found[-1].id) if more else None)


def _one(s: Session, id: str, by: Actor) -> DisposalView | None:
    try:
        row = s.get(AssetDisposal, UUID(id))
    except ValueError:
        return None
    return disposal_views(s, [row], by)[0] if row is not None else None


DISPOSALS = Collection(
    "disposals", READERS, _list, _one,
    tuple(ExportColumn(name, f"disposal.column.{name}") for name in (
        "document", "asset_number", "name", "state", "reason", "method", "value_cents", "net_value_cents", "asked_by", "asked_at", "disposed_on",
        "proceeds_cents", "receiver", "done_by",
    )), ("state",),
)  # fmt: skip
