"""Things people left behind (guide S1.3-R7): found in a room, labelled, kept, claimed with a signature at the desk or the kiosk, or disposed of
after the office's days.

The finder names the thing; the label's code is what the claimer says at the kiosk and what stands on the bag. What nobody claimed becomes a duty
of the office when its days are over; nothing is disposed of by itself. A claimer's name and signature are theirs: erased with the days kept after
the claim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints
from sqlalchemy import JSON, Column, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import clock, database
from core.foundation.errors import Refused
from core.foundation.ids import derived, uuid7
from core.foundation.jobs import job
from core.mechanisms import attachments, duties, labels, notices, places
from core.mechanisms.attachments import Sha256
from core.mechanisms.duties import Duty
from core.mechanisms.labels import Described, SubjectKind
from core.mechanisms.operations import OFFICE, PERSON_ROLES, SYSTEM, Actor, Operation, Role, operation, perform_now, touch
from core.mechanisms.people import Person
from core.mechanisms.places import Place
from core.sections.bookings import Booking, BookingState
from core.sections.roomcare import asked, keeping

SUBJECT = "lost_item"
KEPT, CLAIMED, DISPOSED = "kept", "claimed", "disposed"
KEEP_DAYS = 90
FORGET_DAYS = 30
What = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Words = Annotated[str, StringConstraints(max_length=300)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=80)]


class LostItem(SQLModel, table=True):
    """One thing somebody left. `dispose_on` is the day from which the office may let it go."""

    __tablename__: ClassVar[str] = "lost_item"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    what: str
    note: str = ""
    photos: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    place_id: UUID | None = Field(default=None, foreign_key="place.id", index=True)
    booking_id: UUID | None = None
    found_at: datetime = Field(index=True)
    found_by: UUID | None = None
    kept_where: str = ""
    state: str = Field(default=KEPT, index=True)
    dispose_at: datetime
    duty_id: UUID | None = None
    ended_at: datetime | None = None
    ended_by: UUID | None = None
    claimer: str = ""
    contact: str = ""
    signature: str = ""
    how: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True)
class LostView:
    """A thing as the desk's list shows it. `due`: its days are over and nobody came."""

    id: UUID
    label: str
    what: str
    note: str
    photos: tuple[str, ...]
    place: str
    found_at: datetime
    finder: str
    kept_where: str
    state: str
    dispose_at: datetime
    due: bool
    ended_at: datetime | None
    claimer: str
    how: str
    version: int


class ReportFound(Operation):
    """Somebody's thing was found. `booking_id` None takes the room's last meeting."""

    id: UUID | None = None
    what: What
    place_id: UUID | None = None
    note: Words = ""
    kept_where: Annotated[str, StringConstraints(max_length=80)] = ""
    photos: Annotated[tuple[Sha256, ...], Input(max_length=5)] = ()
    booking_id: UUID | None = None


@operation(ReportFound, "lost.report_found", roles=PERSON_ROLES)
def report_found(s: Session, do: ReportFound, by: Actor, at: datetime) -> dict[str, Any]:
    """It gets a label at once, and the host of the room's last meeting is told. Refuses: place.not_found"""
    place = places.get(s, do.place_id) if do.place_id else None
    meeting = s.get(Booking, do.booking_id) if do.booking_id else _last_meeting(s, do.place_id, at)
    item = LostItem(
        id=do.id or uuid7(), what=do.what, note=do.note, photos=list(do.photos), place_id=place.id if place else None,
        booking_id=meeting.id if meeting else None, found_at=at, found_by=by.person_id, kept_where=do.kept_where,
        dispose_at=at + timedelta(days=KEEP_DAYS),
    )  # fmt: skip
    s.add(item)
    s.flush()
    code = labels.give(s, SubjectKind.LOST, item.id, at)
    attachments.use(s, do.photos, SUBJECT, item.id, by, at)
    if meeting is not None and meeting.host_id is not None and meeting.host_id != by.person_id:
        facts = {"what": do.what, "room": place.name if place else "", "code": labels.shown(code)}
        notices.queue(s, key="lost.notice_host", facts=facts, at=at, to_person_id=meeting.host_id, subject=(SUBJECT, item.id))
    touch(s, SUBJECT, item.id)
    return {"item_id": item.id, "code": code}


class ClaimItem(Operation):
    """Its owner takes it, at the desk or the kiosk, and signs."""

    code: Annotated[str, StringConstraints(min_length=1, max_length=300)]
    name: Name
    contact: Annotated[str, StringConstraints(max_length=80)] = ""
    signature: Sha256
    search_id: UUID | None = None


@operation(ClaimItem, "lost.claim", roles=OFFICE | {Role.KIOSK}, personal=True)
def claim(s: Session, do: ClaimItem, by: Actor, at: datetime) -> dict[str, Any]:
    """`search_id` is the search it answers. Refuses: label.unknown, label.other_kind, lost.gone (claimed or disposed of before), lost.search_unknown"""
    item = s.get(LostItem, labels.subject(s, do.code, SubjectKind.LOST))
    if item is None:
        raise Refused("label.unknown", code=do.code)
    if item.state != KEPT:
        raise Refused("lost.gone", what=item.what, state=item.state)
    item.claimer, item.contact, item.signature = do.name, do.contact, do.signature
    attachments.use(s, [do.signature], SUBJECT, item.id, by, at)
    _end(s, item, CLAIMED, by, at)
    if do.search_id is not None:
        asked.answered(s, do.search_id, item.id, by, at)
    return {"item_id": item.id, "what": item.what}


class DisposeItem(Operation):
    """Nobody came: given away, thrown away, handed to the police."""

    item_id: UUID
    how: Literal["given", "thrown", "police"]


@operation(DisposeItem, "lost.dispose", roles=OFFICE)
def dispose(s: Session, do: DisposeItem, by: Actor, at: datetime) -> dict[str, Any]:
    """Doing it twice is quiet. Refuses: lost.not_found, lost.gone (claimed), lost.too_early (its days are not over)"""
    item = s.get(LostItem, do.item_id)
    if item is None:
        raise Refused("lost.not_found")
    if item.state == CLAIMED:
        raise Refused("lost.gone", what=item.what, state=item.state)
    if item.state == KEPT:
        if at < item.dispose_at:
            raise Refused("lost.too_early", until=item.dispose_at)
        item.how = do.how
        _end(s, item, DISPOSED, by, at)
    return {"item_id": item.id, "state": item.state}


class TendLost(Operation):
    """Said by the job: a duty when the days are over, and what a claimer told is forgotten after theirs."""

    item_id: UUID


@operation(TendLost, "lost.tend", roles=set())
def tend(s: Session, do: TendLost, by: Actor, at: datetime) -> None:
    item = s.get(LostItem, do.item_id)
    if item is None:
        return
    if item.state == KEPT and item.duty_id is None and at >= item.dispose_at:
        duty = duties.open_duty(
            s, title_key="lost.duty.dispose", owner_id=keeping.keeper_of(s, item.place_id or item.id), subject=(SUBJECT, item.id), at=at,
            merge_key=f"{SUBJECT}/{item.id}", facts={"what": item.what},
        )  # fmt: skip
        item.duty_id = duty.id
    elif item.state == CLAIMED and item.ended_at is not None and at >= item.ended_at + timedelta(days=FORGET_DAYS):
        item.claimer = item.contact = item.signature = ""
        attachments.erase_of(s, SUBJECT, [item.id])
    item.version += 1
    touch(s, SUBJECT, item.id)


class RemindThings(Operation):
    """Said by the job when a meeting ends: take your things with you."""

    booking_id: UUID


@operation(RemindThings, "lost.remind", roles=set())
def remind(s: Session, do: RemindThings, by: Actor, at: datetime) -> None:
    booking = s.get(Booking, do.booking_id)
    if booking is not None and booking.host_id is not None:
        facts = {"room": places.get(s, booking.room_id).name}
        notices.queue(
            s, key="lost.notice_things", facts=facts, at=at, to_person_id=booking.host_id, subject=("booking", booking.id), mail=False
        )


@job(every_s=30)
def remind_of_things(at: datetime) -> int:
    """At the end of a meeting in a room that asks for it, its host is told once; and lost things that are due are tended."""
    with database.reading() as s:
        asking = [room_id for room_id, row in keeping.everything(s).items() if row.remind_things]
        ending = (
            select(col(Booking.id))
            .where(
                col(Booking.room_id).in_(asking),
                col(Booking.ends_at) <= at + timedelta(minutes=2),
                col(Booking.ends_at) > at - timedelta(minutes=10),
            )
            .where(col(Booking.state).in_((BookingState.IN_USE, BookingState.ENDED)), col(Booking.host_id).is_not(None))
        )
        meetings = list(s.execute(ending).scalars()) if asking else []
        due = select(col(LostItem.id)).where(col(LostItem.state) == KEPT, col(LostItem.duty_id).is_(None), col(LostItem.dispose_at) <= at)
        forget = select(col(LostItem.id)).where(
            col(LostItem.state) == CLAIMED, col(LostItem.claimer) != "", col(LostItem.ended_at) <= at - timedelta(days=FORGET_DAYS)
        )
        items = [*s.execute(due).scalars(), *s.execute(forget).scalars()]
    told = 0
    for booking_id in meetings:
        outcome = perform_now(RemindThings(booking_id=booking_id), by=SYSTEM, at=at, op_id=derived("lost.remind", booking_id))
        told += outcome.ok and not outcome.repeated
    for item_id in items:
        perform_now(TendLost(item_id=item_id), by=SYSTEM, at=at, op_id=derived("lost.tend", item_id, clock.today(at)))
    return told


# ── reads ──


def lost_items(s: Session, at: datetime, *, state: str = KEPT, limit: int = 200) -> list[LostView]:
    """Things in a state, the newest first."""
    query = select(LostItem).where(col(LostItem.state) == state).order_by(col(LostItem.found_at).desc()).limit(limit)
    rows = list(s.execute(query).scalars())
    codes = labels.codes_of(s, SubjectKind.LOST, [row.id for row in rows])
    names = {p.id: p.name for p in s.execute(select(Person).where(col(Person.id).in_({r.found_by for r in rows if r.found_by}))).scalars()}
    where = {p.id: p.name for p in s.execute(select(Place).where(col(Place.id).in_({r.place_id for r in rows if r.place_id}))).scalars()}
    return [
        LostView(
            row.id, codes.get(row.id, ""), row.what, row.note, tuple(row.photos), where.get(row.place_id, "") if row.place_id else "",
            row.found_at, names.get(row.found_by, "") if row.found_by else "", row.kept_where, row.state, row.dispose_at,
            row.state == KEPT and row.dispose_at <= at, row.ended_at, row.claimer, row.how, row.version,
        )
        for row in rows
    ]  # fmt: skip


@labels.describes(SubjectKind.LOST)
def describe(s: Session, ids: Sequence[UUID], by: Actor) -> dict[UUID, Described]:
    """What a bag's label says."""
    rows = s.execute(select(LostItem).where(col(LostItem.id).in_(ids))).scalars()
    return {
        row.id: Described(
            row.what,
            row.state,
            place=row.kept_where,
            operations=("lost.claim",) if row.state == KEPT and by.has(*OFFICE, Role.KIOSK) else (),
        )
        for row in rows
    }


@attachments.shown_with(SUBJECT)
def may_see_photos(s: Session, item_id: UUID, by: Actor) -> bool:
    return by.has(*OFFICE, Role.SYSTEM)


# ── private ──


def _end(s: Session, item: LostItem, state: str, by: Actor, at: datetime) -> None:
    item.state, item.ended_at, item.ended_by = state, at, by.person_id
    item.version += 1
    s.flush()
    duty = s.get(Duty, item.duty_id) if item.duty_id else None
    if duty is not None:
        duties.settle(s, duty, by, at)
    touch(s, SUBJECT, item.id)


def _last_meeting(s: Session, place_id: UUID | None, at: datetime) -> Booking | None:
    if place_id is None:
        return None
    query = select(Booking).where(
        col(Booking.room_id) == place_id, col(Booking.starts_at) <= at, col(Booking.starts_at) > at - timedelta(days=2),
        col(Booking.state).in_((BookingState.IN_USE, BookingState.ENDED)),
    )  # fmt: skip
    return s.execute(query.order_by(col(Booking.starts_at).desc()).limit(1)).scalar_one_or_none()
