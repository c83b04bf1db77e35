"""Disposals as registers, forms and programs read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlmodel import Session, col

from core.foundation import clock
from core.foundation.errors import Refused
from core.mechanisms import approvals, attachments, custody, labels, people
from core.mechanisms.approvals import Approval
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import Actor
from core.mechanisms.views import Collection, ExportColumn, Page, Query
from core.sections.assets.cards import names_of
from core.sections.assets.custody import ASSET
from core.sections.assets.disposals.record import KIND, READERS, AssetDisposal, DisposalState, DisposalView
from core.sections.assets.ledger import (
    Asset,
    AssetState,
)


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
