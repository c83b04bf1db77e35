"""Which numbers of a phone never came (offline.md O9)."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from core.mechanisms.devices import DeviceContact
from core.mechanisms.operations import OperationRow, WaitingRow
from core.mechanisms.phones.record import PhoneGap, Span


def announced(s: Session, device_id: UUID) -> int:
    """The highest number a phone ever spoke of, or sent."""
    contact = s.get(DeviceContact, device_id)
    top = s.execute(select(func.max(OperationRow.device_seq)).where(col(OperationRow.device_id) == device_id)).scalar_one_or_none()
    return max(contact.highest_seq if contact else 0, top or 0)


def missing(s: Session, device_id: UUID, *, up_to: int | None = None, after: int = 0) -> list[Span]:
    """The spans of a phone's numbers above `after` that were announced and neither arrived nor were explained."""
    last = max(announced(s, device_id), up_to or 0)
    if last <= after:
        return []
    seq = col(OperationRow.device_seq)
    mine = select(seq.label("seq")).where(col(OperationRow.device_id) == device_id, seq.is_not(None), seq > after).distinct().subquery()
    steps = select(mine.c.seq, func.lag(mine.c.seq, 1, after).over(order_by=mine.c.seq).label("before")).subquery()
    jumps = s.execute(select(steps.c.before, steps.c.seq).where(steps.c.seq > steps.c.before + 1).order_by(steps.c.seq)).all()
    spans = [(int(before) + 1, int(here) - 1) for before, here in jumps]
    top = s.execute(select(func.max(mine.c.seq))).scalar_one_or_none() or after
    if last > top:
        spans.append((int(top) + 1, last))
    if not spans:
        return []
    return left_over(s, device_id, spans)


def left_over(s: Session, device_id: UUID, spans: Iterable[Span]) -> list[Span]:
    """`spans` of a phone's numbers less those that were explained or that wait here to be judged."""
    return _without(spans, [*_explained(s, device_id), *_kept(s, device_id)])


def _explained(s: Session, device_id: UUID) -> list[Span]:
    rows = s.execute(select(col(PhoneGap.first_seq), col(PhoneGap.last_seq)).where(col(PhoneGap.device_id) == device_id))
    return [(first, last) for first, last in rows]


def _kept(s: Session, device_id: UUID) -> list[Span]:
    """Numbers that are here but not judged."""
    bodies = s.execute(select(col(WaitingRow.body)).where(col(WaitingRow.device_id) == device_id)).scalars()
    return [(seq, seq) for body in bodies if isinstance(seq := body.get("device_seq"), int)]


def _without(spans: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """`spans` less every number in `taken`."""
    left = sorted(spans)
    for first, last in sorted(set(taken)):
        rest: list[Span] = []
        for start, end in left:
            if last < start or first > end:
                rest.append((start, end))
                continue
            if start < first:
                rest.append((start, first - 1))
            if end > last:
                rest.append((last + 1, end))
        left = rest
    return left


def size_of(spans: Iterable[Span]) -> int:
    """How many numbers these spans hold."""
    return sum(last - first + 1 for first, last in spans)
