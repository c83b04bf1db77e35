"""Faults and repairs (维修记录, guide S4.1-R5): reported, at the vendor, fixed or unfit; what it cost and what was done.

A fault is told by scan, with words and photos; told again it is the same repair once more. The vendor's pick-up is a hand-over with a signature:
who answers for the thing stays the same, the shop has it. A thing that is beyond repair proposes its own disposal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints
from sqlalchemy import BigInteger, Column, Index, func, select, text
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import clock
from core.foundation.errors import Refused
from core.foundation.ids import uuid7
from core.mechanisms import attachments, custody, duties, labels, people
from core.mechanisms.custody import Signature
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import Actor, Role, operation, touch
from core.mechanisms.views import Collection, ExportColumn, Page, Query
from core.sections.assets.cards import names_of
from core.sections.assets.custody import ASSET, Reason, not_moved_since
from core.sections.assets.ledger import (
    KEEPERS_OF_THE_BOOK,
    Asset,
    AssetState,
    Cents,
    Day,
    Line,
    Sha256,
    change,
)
from core.sections.assets.pointing import OfAsset

READERS = frozenset({*KEEPERS_OF_THE_BOOK, Role.LEADER})


class RepairState(StrEnum):
    REPORTED = "reported"
    AT_VENDOR = "at_vendor"
    FIXED = "fixed"
    UNFIT = "unfit"


OPEN_STATES = (RepairState.REPORTED, RepairState.AT_VENDOR)


class AssetRepair(SQLModel, table=True):
    """One repair of one asset, from the first word of it to its end. At most one is open; money in cents."""

    __tablename__: ClassVar[str] = "asset_repair"
    __table_args__ = (
        Index(
            "asset_repair_one_open", "asset_id", unique=True,
            sqlite_where=text("state IN ('reported', 'at_vendor')"), postgresql_where=text("state IN ('reported', 'at_vendor')"),
        ),
    )  # fmt: skip
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    asset_id: UUID = Field(foreign_key="asset.id", index=True)
    state: str = Field(default=RepairState.REPORTED, index=True)
    fault: str
    times: int = 1
    reported_by_id: UUID | None = None
    reported_at: datetime
    vendor: str = ""
    vendor_contact: str = ""
    sent_at: datetime | None = None
    due_back_on: date | None = None
    back_at: datetime | None = None
    cost_cents: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default="0"))
    result: str = ""
    finished_at: datetime | None = None
    finished_by_id: UUID | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class RepairView:
    """A repair as registers show it. `label` is the asset's code; `late` when the vendor's day has passed; money in cents."""

    id: UUID
    version: int
    asset_id: UUID
    number: str
    name: str
    label: str | None
    state: str
    fault: str
    times: int
    reported_by: str
    reported_at: datetime
    vendor: str
    vendor_contact: str
    sent_at: datetime | None
    due_back_on: date | None
    late: bool
    cost_cents: int
    result: str
    finished_at: datetime | None
    keeper: str
    photos: tuple[str, ...]


# ── a fault ──


class ReportFault(OfAsset):
    """`photos` are hashes of pictures that may still be on their way; `photo_sha256` is one more."""

    what: Reason
    photo_sha256: Sha256 = ""
    photos: Annotated[tuple[attachments.Sha256, ...], Input(max_length=6)] = ()


@operation(ReportFault, "asset.report_fault", roles={Role.STAFF}, offline=True)
def report_fault(s: Session, do: ReportFault, by: Actor, at: datetime) -> dict[str, Any]:
    """The asset goes into repair and a clerk owes the repair; told again, the same duty happens once more.

    Refuses: asset.not_found, asset.disposed, asset.lost"""
    asset = do.asset(s)
    if asset.state == AssetState.LOST:
        raise Refused("asset.lost", number=asset.number)
    photos = list(dict.fromkeys([*([do.photo_sha256] if do.photo_sha256 else []), *do.photos]))
    repair = open_repair(s, asset.id)
    if repair is None:
        repair = AssetRepair(asset_id=asset.id, fault=do.what, reported_by_id=by.person_id, reported_at=at)
        s.add(repair)
    else:
        repair.times += 1
        repair.version += 1
    s.flush()
    change(s, asset, {"state": AssetState.REPAIR}, "fault", by, at, what=do.what, photos=photos, repair_id=repair.id)
    attachments.use(s, photos, "asset_repair", repair.id, by, at)
    touch(s, "asset_repair", repair.id)
    clerks = people.with_role(s, Role.CLERK) or people.with_role(s, Role.ADMIN)
    if clerks:
        duties.open_duty(
            s, title_key="asset.duty.repair", facts=_told(asset), owner_id=clerks[0].id, subject=(ASSET, asset.id), at=at,
            merge_key=_key(asset), by=by, photos=photos, remark=do.what,
        )  # fmt: skip
    return {"asset_id": asset.id, "state": asset.state, "repair_id": repair.id}


# ── the vendor ──

Vendor = Annotated[str, StringConstraints(min_length=1, max_length=120)]


class SendOut(OfAsset):
    """The vendor takes it along; `contact` is who signs, `due_back_on` the day they named."""

    vendor: Vendor
    contact: Line = ""
    due_back_on: Day | None = None
    signature: Signature | None = None
    note: Line = ""


@operation(SendOut, "asset.send_to_repair", roles=KEEPERS_OF_THE_BOOK, offline=True, personal=True)
def send_out(s: Session, do: SendOut, by: Actor, at: datetime) -> dict[str, Any]:
    """A hand-over to somebody outside: the shop has it, its keeper answers for it as before. The clerk owes its return.

    Refuses: asset.not_found, asset.disposed, asset.not_in_repair, asset.at_vendor, asset.due_past"""
    asset = do.asset(s)
    repair = _must_be_open(s, asset)
    if repair.state == RepairState.AT_VENDOR:
        raise Refused("asset.at_vendor", number=asset.number, vendor=repair.vendor)
    not_moved_since(s, asset, at)
    if do.due_back_on is not None and do.due_back_on < clock.today(at):
        raise Refused("asset.due_past", day=do.due_back_on)
    signing_id = custody.sign(s, do.signature, by, at, name=do.contact or do.vendor) if do.signature else None
    custody.take(s, (ASSET, asset.id), asset.keeper_id, by, at, party=do.vendor, signing_id=signing_id, note=do.note)
    repair.state, repair.vendor, repair.vendor_contact = RepairState.AT_VENDOR, do.vendor, do.contact
    repair.sent_at, repair.due_back_on, repair.back_at = at, do.due_back_on, None
    repair.version += 1
    change(s, asset, {}, "sent_out", by, at, vendor=do.vendor, contact=do.contact, due_on=do.due_back_on, signing_id=signing_id)
    touch(s, "asset_repair", repair.id)
    if do.due_back_on is not None and by.person_id is not None:
        duties.open_duty(
            s, title_key="asset.duty.fetch", facts={**_told(asset), "vendor": do.vendor}, owner_id=by.person_id, due_on=do.due_back_on,
            subject=(ASSET, asset.id), at=at, merge_key=_fetch_key(asset), by=by,
        )  # fmt: skip
    return {"repair_id": repair.id, "signing_id": signing_id}


class TakeBack(OfAsset):
    """It is back from the vendor, and not yet tried."""

    note: Line = ""


@operation(TakeBack, "asset.back_from_repair", roles=KEEPERS_OF_THE_BOOK, offline=True)
def take_back(s: Session, do: TakeBack, by: Actor, at: datetime) -> dict[str, Any]:
    """Refuses: asset.not_found, asset.disposed, asset.not_in_repair; back already is a quiet no-op"""
    asset = do.asset(s)
    repair = _must_be_open(s, asset)
    if repair.state == RepairState.AT_VENDOR:
        not_moved_since(s, asset, at)
        _home(s, asset, repair, by, at)
        repair.state = RepairState.REPORTED
        repair.version += 1
        change(s, asset, {}, "came_back", by, at, vendor=repair.vendor, note=do.note)
        touch(s, "asset_repair", repair.id)
    return {"repair_id": repair.id}


# ── the end ──


class FinishRepair(OfAsset):
    """`unfit`: it is beyond repair."""

    result: Reason
    cost_cents: Cents = 0
    unfit: bool = False


@operation(FinishRepair, "asset.finish_repair", roles=KEEPERS_OF_THE_BOOK)
def finish_repair(s: Session, do: FinishRepair, by: Actor, at: datetime) -> dict[str, Any]:
    """Back in use, or idle when nobody keeps it. One that is unfit stays out of use and its disposal is asked for.

    Refuses: asset.not_found, asset.disposed, asset.not_in_repair"""
    asset = do.asset(s)
    repair = _must_be_open(s, asset)
    if repair.state == RepairState.AT_VENDOR:
        _home(s, asset, repair, by, at)
    repair.state = RepairState.UNFIT if do.unfit else RepairState.FIXED
    repair.result, repair.cost_cents, repair.finished_at, repair.finished_by_id = do.result, do.cost_cents, at, by.person_id
    repair.version += 1
    state = AssetState.REPAIR if do.unfit else AssetState.IN_USE if asset.keeper_id else AssetState.IDLE
    kind = "unfit" if do.unfit else "repaired"
    change(s, asset, {"state": state}, kind, by, at, result=do.result, cost_cents=do.cost_cents, repair_id=repair.id)
    touch(s, "asset_repair", repair.id)
    duty = duties.find_open(s, _key(asset))
    if duty is not None:
        duties.settle(s, duty, by, at, do.result)
    answer: dict[str, Any] = {"asset_id": asset.id, "state": state, "repair_id": repair.id}
    if do.unfit:
        from core.sections.assets import disposals  # a disposal knows of repairs too: it gives the thing back to use when it is refused

        answer["disposal_id"] = disposals.propose(s, asset, do.result, by, at).id
    return answer


# ── reads ──


def open_repair(s: Session, asset_id: UUID) -> AssetRepair | None:
    """The repair that is not finished."""
    query = select(AssetRepair).where(col(AssetRepair.asset_id) == asset_id, col(AssetRepair.state).in_(OPEN_STATES))
    return s.execute(query).scalar_one_or_none()


def repairs_of(s: Session, asset_id: UUID) -> list[AssetRepair]:
    """Every repair of an asset, oldest first."""
    query = select(AssetRepair).where(col(AssetRepair.asset_id) == asset_id).order_by(col(AssetRepair.id))
    return list(s.execute(query).scalars())


def repair_views(s: Session, rows: Sequence[AssetRepair]) -> list[RepairView]:
    """Repairs with their things and people, in a fixed number of statements."""
    things = (
        {row.id: row for row in s.execute(select(Asset).where(col(Asset.id).in_({r.asset_id for r in rows}))).scalars()} if rows else {}
    )
    wanted = {r.reported_by_id for r in rows if r.reported_by_id} | {a.keeper_id for a in things.values() if a.keeper_id}
    names, codes = names_of(s, wanted), labels.codes_of(s, SubjectKind.ASSET, list(things))
    photos: dict[UUID, list[str]] = {}
    uses = attachments.AttachmentUse
    query = (
        select(uses).where(col(uses.subject_kind) == "asset_repair", col(uses.subject_id).in_([r.id for r in rows])).order_by(col(uses.id))
    )
    for use in s.execute(query).scalars() if rows else ():
        photos.setdefault(use.subject_id, []).append(use.sha256)
    today = clock.today()
    return [
        RepairView(
            r.id, r.version, r.asset_id, a.number, a.name, codes.get(a.id), r.state, r.fault, r.times,
            names.get(r.reported_by_id, "") if r.reported_by_id else "", r.reported_at, r.vendor, r.vendor_contact, r.sent_at, r.due_back_on,
            r.state == RepairState.AT_VENDOR and r.due_back_on is not None and r.due_back_on < today, r.cost_cents, r.result, r.finished_at,
            names.get(a.keeper_id, "") if a.keeper_id else "", tuple(photos.get(r.id, ())),
        )
        for r in rows for a in [things[r.asset_id]]
    ]  # fmt: skip


def count_repairs(s: Session, *states: str) -> int:
    """How many repairs are in these states."""
    return int(s.execute(select(func.count()).select_from(AssetRepair).where(col(AssetRepair.state).in_(states))).scalar_one())


def cost_of_repairs(s: Session, asset_id: UUID) -> int:
    """What all repairs of an asset cost so far, in cents."""
    query = select(func.coalesce(func.sum(AssetRepair.cost_cents), 0)).where(col(AssetRepair.asset_id) == asset_id)
    return int(s.execute(query).scalar_one())


@attachments.shown_with("asset_repair")
def may_see_fault(s: Session, repair_id: UUID, by: Actor) -> bool:
    """Who reported it, who keeps the thing, and the readers of the register."""
    repair = s.get(AssetRepair, repair_id)
    if repair is None or by.has(*READERS):
        return repair is not None
    asset = s.get(Asset, repair.asset_id)
    return by.person_id is not None and by.person_id in (repair.reported_by_id, asset.keeper_id if asset else None)


# ── private ──


def _told(asset: Asset) -> dict[str, Any]:
    return {"name": asset.name, "number": asset.number}


def _key(asset: Asset) -> str:
    return f"asset.repair/{asset.id}"


def _fetch_key(asset: Asset) -> str:
    return f"asset.fetch/{asset.id}"


def _must_be_open(s: Session, asset: Asset) -> AssetRepair:
    repair = open_repair(s, asset.id)
    if repair is None:
        raise Refused("asset.not_in_repair", number=asset.number)
    return repair


def _home(s: Session, asset: Asset, repair: AssetRepair, by: Actor, at: datetime) -> None:
    """From the vendor back to who answers for it; the duty to fetch it is settled."""
    held = custody.holder(s, (ASSET, asset.id))
    custody.take(s, (ASSET, asset.id), asset.keeper_id, by, at, due_on=held.due_on, told=_told(asset))
    repair.back_at = at
    duty = duties.find_open(s, _fetch_key(asset))
    if duty is not None:
        duties.settle(s, duty, by, at)


def _list(s: Session, query: Query, by: Actor) -> Page:
    rows = select(AssetRepair).join(Asset, col(Asset.id) == col(AssetRepair.asset_id)).order_by(col(AssetRepair.id).desc())
    state = query.filters.get("state", "")
    if state == "open":
        rows = rows.where(col(AssetRepair.state).in_(OPEN_STATES))
    elif state:
        rows = rows.where(col(AssetRepair.state) == state)
    if not by.has(*READERS, Role.SYSTEM):
        rows = rows.where((col(Asset.keeper_id) == by.person_id) | (col(AssetRepair.reported_by_id) == by.person_id))
    if query.q:
        rows = rows.where(
            col(Asset.name).contains(query.q, autoescape=True) | col(Asset.number).contains(query.q, autoescape=True)
            | col(AssetRepair.vendor).contains(query.q, autoescape=True) | col(AssetRepair.fault).contains(query.q, autoescape=True)
        )  # fmt: skip
    if query.cursor:
        try:
            rows = rows.where(col(AssetRepair.id) < UUID(query.cursor))
        except ValueError:
            raise Refused("query.cursor") from None
    found = list(s.execute(rows.limit(query.limit + 1)).scalars())
    more, found = len(found) > query.limit, found[: query.limit]
    return Page(repair_views(s, found), str(found[-1].id) if more else None)


def _one(s: Session, id: str, by: Actor) -> RepairView | None:
    try:
        repair = s.get(AssetRepair, UUID(id))
    except ValueError:
        return None
    return repair_views(s, [repair])[0] if repair is not None and may_see_fault(s, repair.id, by) else None


REPAIRS = Collection(
    "repairs", frozenset({Role.STAFF}), _list, _one,
    tuple(ExportColumn(name, f"repair.column.{name}") for name in (
        "number", "name", "fault", "state", "reported_by", "reported_at", "vendor", "sent_at", "due_back_on", "cost_cents", "result",
        "finished_at",
    )), ("state",),
)  # fmt: skip
