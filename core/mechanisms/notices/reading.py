"""Notices as lists show them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlmodel import Session, col

from core.foundation.errors import Invalid
from core.mechanisms import people
from core.mechanisms.notices.record import Channel, Notice, NoticeView, State, sentence
from core.mechanisms.operations import OFFICE, Actor
from core.mechanisms.views import Collection, ExportColumn, Page, Query


def unread(s: Session, person_id: UUID, *, limit: int = 50) -> list[Notice]:
    """A person's messages that were not read yet, newest first."""
    query = (
        select(Notice)
        .where(col(Notice.person_id) == person_id, col(Notice.read_at).is_(None), col(Notice.channel_id).is_(None))
        .order_by(col(Notice.created_at).desc(), col(Notice.id).desc())
    )
    return list(s.execute(query.limit(limit)).scalars())


def inbox(s: Session, person_id: UUID, *, limit: int = 50) -> list[Notice]:
    """A person's messages, newest first."""
    mine = col(Notice.person_id) == person_id, col(Notice.channel_id).is_(None)
    query = select(Notice).where(*mine).order_by(col(Notice.created_at).desc(), col(Notice.id).desc())
    return list(s.execute(query.limit(limit)).scalars())


def undelivered(s: Session, *, limit: int = 50) -> list[Notice]:
    """What did not reach its receiver: failed, or no way to reach them; newest first."""
    waiting = col(Notice.state).in_([State.FAILED, State.NO_CHANNEL])
    return list(
        s.execute(select(Notice).where(waiting).order_by(col(Notice.created_at).desc(), col(Notice.id).desc()).limit(limit)).scalars()
    )


def count_undelivered(s: Session) -> int:
    return int(
        s.execute(select(func.count()).select_from(Notice).where(col(Notice.state).in_([State.FAILED, State.NO_CHANNEL]))).scalar_one()
    )


def about(s: Session, kind: str, subject_id: UUID) -> list[Notice]:
    """Everything said about one thing, oldest first."""
    query = (
        select(Notice)
        .where(col(Notice.subject_kind) == kind, col(Notice.subject_id) == subject_id)
        .order_by(col(Notice.created_at), col(Notice.id))
    )
    return list(s.execute(query).scalars())


def last_in_chats(s: Session, person_id: UUID, channel_ids: Sequence[UUID]) -> dict[UUID, Notice]:
    """The newest message to each of these chats of this person."""
    query = (
        select(Notice)
        .where(col(Notice.person_id) == person_id, col(Notice.channel_id).in_(channel_ids))
        .order_by(col(Notice.created_at), col(Notice.id))
    )
    return {notice.channel_id: notice for notice in s.execute(query).scalars() if notice.channel_id}


def views(s: Session, notices: Sequence[Notice], language: str) -> list[NoticeView]:
    """Notices as lists show them."""
    ids = {notice.person_id for notice in notices if notice.person_id}
    names = {row.id: row.name for row in s.execute(select(people.Person.id, people.Person.name).where(col(people.Person.id).in_(ids)))}
    return [
        NoticeView(
            n.id,
            sentence(n, language),
            names.get(n.person_id, "") if n.person_id else n.address,
            n.channel,
            n.address if n.channel == Channel.MAIL else "",
            n.state,
            n.reason,
            n.detail,
            n.attempts,
            n.next_at if n.state == State.QUEUED else None,
            n.created_at,
            n.sent_at,
            n.read_at,
            n.subject_kind,
            n.subject_id,
            n.version,
        )
        for n in notices
    ]


def _list(s: Session, query: Query, by: Actor) -> Page:
    rows = select(Notice).order_by(col(Notice.created_at).desc(), col(Notice.id).desc()).limit(query.limit + 1)
    if state := query.filters.get("state"):
        rows = rows.where(col(Notice.state).in_([State.FAILED, State.NO_CHANNEL] if state == "undelivered" else [state]))
    if channel := query.filters.get("channel"):
        rows = rows.where(col(Notice.channel) == channel)
    if query.cursor and (last := s.get(Notice, _uuid(query.cursor))):
        rows = rows.where(
            or_(col(Notice.created_at) < last.created_at, and_(col(Notice.created_at) == last.created_at, col(Notice.id) < last.id))
        )
    found = list(s.execute(rows).scalars())
    more = len(found) > query.limit
    found = found[: query.limit]
    return Page(views(s, found, by.language), str(found[-1].id) if more else None)


def _one(s: Session, id: str, by: Actor) -> NoticeView | None:
    try:
        notice = s.get(Notice, UUID(id))
    except ValueError:
        return None
    return views(s, [notice], by.language)[0] if notice else None


COLLECTION = Collection(
    "notices",
    OFFICE,
    _list,
    _one,
    tuple(ExportColumn(name, f"notice.column.{name}") for name in ("created_at", "to", "text", "channel", "state", "attempts", "sent_at")),
    ("state", "channel"),
)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid("query.cursor") from None
