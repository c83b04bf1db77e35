"""The visit itself: its table, what each reader may see of it, and what its label says (guide S3.1-R1, S3.1-R7; norms.md 11; pitfalls V34,
V37).

A visit needs no meeting and no account. Its label is first the invitation code and, from the arrival on, the badge's; both open the same
visit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, StringConstraints
from sqlalchemy import false, func, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import clock
from core.foundation.errors import NotAllowed, Refused
from core.foundation.i18n import t
from core.foundation.ids import uuid7
from core.mechanisms import labels, people, pinyin
from core.mechanisms.labels import Described, SubjectKind
from core.mechanisms.operations import Actor, Role
from core.mechanisms.tables import half_width
from core.sections.visits import codes

RECEPTION = frozenset({Role.ADMIN, Role.RECEPTION})
HANDLERS = frozenset({Role.KIOSK, Role.STAFF})


def one_line(text: str) -> str:
    """A name as it can stand in a row, on a badge and in a mail: one line, and no sign that turns the writing direction of what follows
    (SEC 9)."""
    return " ".join("".join(sign for sign in text if sign not in _TURNING).split())


_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
Name = Annotated[str, StringConstraints(max_length=80), AfterValidator(one_line), StringConstraints(min_length=1)]
Line = Annotated[str, StringConstraints(max_length=200), AfterValidator(one_line)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Phone = Annotated[str, StringConstraints(max_length=40, pattern=r"^[0-9+() -]*$")]
InvitedPhone = Annotated[
    Phone, BeforeValidator(lambda said: half_width(said) if isinstance(said, str) else said)
]  # a host's input method writes １３８…
Plate = Annotated[str, StringConstraints(max_length=16), AfterValidator(one_line)]


class VisitState(StrEnum):
    PLANNED = "planned"
    HERE = "here"
    LEFT = "left"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    HELD = "held"  # reception has to look first (holding.py)


class Visit(SQLModel, table=True):
    """One coming of one visitor. `left_at` is what a scan said; `assumed_left_at` what the day's end said of a badge nobody scanned out.
    `left_how`: kiosk, drop_box, host or desk. `break_at`: out for a short while since then, and coming back with the same badge. `stay_until`: when
    the visit is expected to end; set before the arrival by who plans it, else by the usual stay. After it the host is asked, once (`stay_asked_at`).

    `phone_key` is the full phone number as digits, for returning visitors; `unsigned` the documents still to sign, by comma; `approval` empty, asked, given or refused.
    `expected_at` is the time on `expected_on`, where one was said. `mailed`: the visitor has an invitation that would have to be called off; `sequence`
    counts what they were sent. `asked_at`, `ask_answer`: they stood here on another day and the host was asked (see `asking`). `group_id` is the leader's
    visit, `party` how many people without names of their own this row stands for, with its visitor (see `groups`).
    Name, company, phone, mail and purpose are gone after the keeping time (`erased_at`); the row stays so that visits can be counted."""

    __tablename__: ClassVar[str] = "visit"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    state: str = Field(index=True)
    planned: bool = False
    host_id: UUID = Field(foreign_key="person.id", index=True)
    name: str
    pinyin: str = Field(default="", index=True)
    initials: str = Field(default="", index=True)
    company: str = ""
    phone: str = ""
    email: str = ""
    purpose: str = ""
    language: str = ""
    expected_on: date = Field(index=True)
    invited_by: UUID | None = None
    arrived_at: datetime | None = Field(default=None, index=True)
    kiosk_id: UUID | None = None
    day_number: int | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: UUID | None = None
    reminded_at: datetime | None = None
    badges_printed: int = 0
    type: str = Field(default="guest", sa_column_kwargs={"server_default": "guest"})
    room_id: UUID | None = None
    plate: str = Field(default="", sa_column_kwargs={"server_default": ""})
    phone_key: str = Field(default="", index=True, sa_column_kwargs={"server_default": ""})
    drink: str = Field(default="", sa_column_kwargs={"server_default": ""})
    escort: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    approval: str = Field(default="", sa_column_kwargs={"server_default": ""})
    approval_at: datetime | None = None
    approval_by: UUID | None = None
    approval_reason: str = Field(default="", sa_column_kwargs={"server_default": ""})
    unsigned: str = Field(default="", sa_column_kwargs={"server_default": ""})
    badge_from_at: datetime | None = None
    expected_at: datetime | None = None
    mailed: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    sequence: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    asked_at: datetime | None = None
    ask_answer: str = Field(default="", sa_column_kwargs={"server_default": ""})
    booking_id: UUID | None = Field(default=None, index=True)
    attendee_id: UUID | None = Field(default=None, index=True)
    group_id: UUID | None = Field(default=None, index=True)
    group_name: str = Field(default="", sa_column_kwargs={"server_default": ""})
    party: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    left_at: datetime | None = None
    assumed_left_at: datetime | None = None
    ended_at: datetime | None = None
    left_how: str = Field(default="", sa_column_kwargs={"server_default": ""})
    left_device_id: UUID | None = None
    break_at: datetime | None = None
    stay_until: datetime | None = None
    stay_asked_at: datetime | None = None
    displaced_at: datetime | None = None  # its meeting lost the room: called off until it has another (see `meetings`)
    erased_at: datetime | None = None
    offline_received_at: datetime | None = None  # taken by a kiosk without the server: `arrived_at` is the time the kiosk told
    version: int = 1


@dataclass(frozen=True, slots=True)
class VisitView:
    """A visit for those who may read it: reception, and hosts their own. `consent` is the version signed, empty when nothing was signed."""

    id: UUID
    label: str | None
    state: str
    planned: bool
    name: str
    company: str
    phone: str
    email: str
    purpose: str
    host_id: UUID
    host: str
    host_department: str
    host_extension: str
    expected_on: date
    arrived_at: datetime | None
    left_at: datetime | None
    assumed_left_at: datetime | None
    day_number: int | None
    acknowledged_at: datetime | None
    consent: str
    badges_printed: int
    erased: bool
    version: int
    type: str = "guest"
    room_id: UUID | None = None
    plate: str = ""
    drink: str = ""
    escort: bool = False
    approval: str = ""
    unsigned: tuple[str, ...] = ()
    left_how: str = ""
    break_at: datetime | None = None
    stay_until: datetime | None = None
    stay_asked_at: datetime | None = None
    ended_at: datetime | None = None
    expected_at: datetime | None = None
    invited_by: UUID | None = None
    language: str = ""
    mailed: bool = False
    asked_at: datetime | None = None
    ask_answer: str = ""
    booking_id: UUID | None = None
    group_id: UUID | None = None
    group_name: str = ""
    party: int = 1
    accepted_offline_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class HostChoice:
    """A person whom a visitor may mean: no more than name and department leaves the house."""

    id: UUID
    name: str
    department: str
    english_name: str = ""


# ── finding ──


def get(s: Session, visit_id: UUID) -> Visit:
    """The visit, or Refused visit.not_found."""
    visit = s.get(Visit, visit_id)
    if visit is None:
        raise Refused("visit.not_found")
    return visit


def head_count(s: Session, leader: Visit) -> int:
    """How many people a group's invitation stands for: the leader, those without names, and the members with theirs."""
    query = select(func.count()).select_from(Visit).where(col(Visit.group_id) == leader.id, col(Visit.id) != leader.id)
    return leader.party + int(s.execute(query.where(col(Visit.state) != VisitState.CANCELLED)).scalar_one())


def of_code(s: Session, text: str) -> Visit:
    """The visit behind an invitation code or a badge. Refuses: visit.code_forged, visit.code_of_another_office, label.unknown,
    label.other_kind, label.retired; Invalid: label.mistyped, label.unreadable"""
    code, _proof = codes.read(text)
    return get(s, labels.subject(s, code, SubjectKind.VISIT))


def hosts(s: Session, text: str) -> list[HostChoice]:
    """Whom a stranger means by a full name, its pinyin or an extension; never more than three, never for a part of a name (pitfall V33)."""
    names, found = people.department_names(s), people.find_exactly(s, text)
    return [HostChoice(p.id, p.name, names.get(p.department_id, "") if p.department_id else "", p.english_name) for p in found]


def host_of(s: Session, text: str) -> people.Person:
    """The one host meant by an id, a full name, its pinyin or an extension. Refuses: visit.host_unknown, visit.host_ambiguous"""
    try:
        found = s.get(people.Person, UUID(text))
        matches = [found] if found is not None and found.disabled_at is None else []
    except ValueError:
        matches = people.find_exactly(s, text)
    if not matches:
        raise Refused("visit.host_unknown")
    if len(matches) > 1:
        raise Refused("visit.host_ambiguous", n=len(matches))
    return matches[0]


# ── who may ──


def is_own(visit: Visit, by: Actor) -> bool:
    """Whether this person is the host or the one who invited."""
    return by.person_id is not None and by.person_id in (visit.host_id, visit.invited_by)


def may_handle(s: Session, visit: Visit, by: Actor) -> bool:
    """Reception, the host, the inviter and the host's deputy."""
    if by.has(*RECEPTION, Role.SYSTEM) or is_own(visit, by):
        return True
    host = s.get(people.Person, visit.host_id)
    return host is not None and by.person_id is not None and host.deputy_id == by.person_id


def handle(s: Session, visit_id: UUID, by: Actor) -> Visit:
    """The visit, for those who may handle it. Refuses: visit.not_found; raises NotAllowed."""
    visit = get(s, visit_id)
    if not may_handle(s, visit, by):
        raise NotAllowed()
    return visit


def why_not(visit: Visit, at: datetime) -> Refused:
    """Why a code of a visit that is over opens nothing: the sentence for who stands before the screen."""
    if visit.state == VisitState.HELD:
        return Refused("visit.see_reception")
    if visit.state == VisitState.CANCELLED:
        return Refused("visit.cancelled")
    if visit.state == VisitState.EXPIRED or visit.arrived_at is None:
        return Refused("visit.invitation_over", day=visit.expected_on)
    if clock.today(visit.arrived_at) != clock.today(at):
        return Refused("visit.badge_over", day=clock.today(visit.arrived_at))
    return Refused("visit.left_already", time=clock.local(visit.left_at).strftime("%H:%M") if visit.left_at else "")


def name_keys(visit: Visit) -> None:
    """Set the search keys from the name, and the key of the phone number."""
    keys = pinyin.keys(visit.name)
    visit.pinyin, visit.initials = keys.full, keys.initials
    visit.phone_key = phone_key(visit.phone)


SHORTEST_PHONE = 8


def phone_key(phone: str) -> str:
    """A full phone number as its digits, without China's country code; nothing when it is too short to be somebody's alone."""
    digits = "".join(sign for sign in phone if sign in "0123456789")
    for code in ("0086", "86"):
        if digits.startswith(code) and len(digits) == 11 + len(code):
            digits = digits[len(code) :]
    return digits if len(digits) >= SHORTEST_PHONE else ""


# ── views ──


def views(s: Session, visits: Sequence[Visit]) -> list[VisitView]:
    """Visits as registers show them, in four statements however many there are."""
    from core.sections.visits import consent

    host_ids = {visit.host_id for visit in visits}
    hosts_by_id = (
        {p.id: p for p in s.execute(select(people.Person).where(col(people.Person.id).in_(host_ids))).scalars()} if host_ids else {}
    )
    departments = people.department_names(s)
    codes = labels.codes_of(s, SubjectKind.VISIT, [visit.id for visit in visits])
    signed = consent.versions_of(s, [visit.id for visit in visits])
    return [_view(visit, hosts_by_id[visit.host_id], departments, codes, signed) for visit in visits]


def view(s: Session, visit: Visit) -> VisitView:
    return views(s, [visit])[0]


def _view(visit: Visit, host: people.Person, departments: dict[UUID, str], codes: dict[UUID, str], signed: dict[UUID, str]) -> VisitView:
    return VisitView(
        id=visit.id,
        label=codes.get(visit.id),
        state=visit.state,
        planned=visit.planned,
        name=visit.name,
        company=visit.company,
        phone=visit.phone,
        email=visit.email,
        purpose=visit.purpose,
        host_id=visit.host_id,
        host=host.name,
        host_extension=host.extension,
        host_department=departments.get(host.department_id, "") if host.department_id else "",
        expected_on=visit.expected_on,
        arrived_at=visit.arrived_at,
        left_at=visit.left_at,
        assumed_left_at=visit.assumed_left_at,
        day_number=visit.day_number,
        acknowledged_at=visit.acknowledged_at,
        consent=signed.get(visit.id, ""),
        badges_printed=visit.badges_printed,
        erased=visit.erased_at is not None,
        version=visit.version,
        type=visit.type,
        room_id=visit.room_id,
        plate=visit.plate,
        drink=visit.drink,
        escort=visit.escort,
        approval=visit.approval,
        unsigned=tuple(key for key in visit.unsigned.split(",") if key),
        left_how=visit.left_how,
        break_at=visit.break_at,
        stay_until=visit.stay_until,
        stay_asked_at=visit.stay_asked_at,
        ended_at=visit.ended_at,
        expected_at=visit.expected_at,
        invited_by=visit.invited_by,
        language=visit.language,
        mailed=visit.mailed,
        asked_at=visit.asked_at,
        ask_answer=visit.ask_answer,
        booking_id=visit.booking_id,
        group_id=visit.group_id,
        group_name=visit.group_name,
        party=visit.party,
        accepted_offline_at=visit.offline_received_at,
    )


@labels.describes(SubjectKind.VISIT)
def describe(s: Session, ids: Iterable[UUID], by: Actor) -> dict[UUID, Described]:
    """What a badge says when somebody scans it: the visitor's name only to reception and the host (pitfall V34)."""
    rows = s.execute(select(Visit).where(col(Visit.id).in_(list(ids)))).scalars().all()
    names = {row.id: row.name for row in s.execute(select(people.Person.id, people.Person.name))} if rows else {}
    return {row.id: _described(row, str(names.get(row.host_id, "")), by) for row in rows}


def _described(visit: Visit, host: str, by: Actor) -> Described:
    trusted = by.has(*RECEPTION) or is_own(visit, by)
    title = visit.name if trusted and not visit.erased_at else t("visit.a_visitor", by.language)
    acts = {VisitState.PLANNED: ("visit.check_in",), VisitState.HERE: ("visit.check_out", "visit.acknowledge")}.get(
        VisitState(visit.state), ()
    )
    return Described(
        title=title,
        state=t(f"visit.state.{visit.state}", by.language),
        holder=host if trusted else "",
        due=clock.local(visit.arrived_at).strftime("%H:%M") if visit.arrived_at and trusted else "",
        operations=acts if trusted or by.has(Role.KIOSK) else (),
        number=f"{visit.day_number:03d}" if visit.day_number else "",
    )


def changed(visit: Visit) -> None:
    """A change of the row that readers may cache by its version."""
    visit.version += 1


def facts_of(s: Session, visit: Visit) -> dict[str, Any]:
    """What messages about a visit say; notices keep them only as long as the visit keeps its name."""
    host = s.get(people.Person, visit.host_id)
    return {
        "name": visit.name,
        "company": visit.company,
        "who_key": "visit.who_from" if visit.company else "visit.who",
        "host": host.name if host else "",
        "number": f"{visit.day_number:03d}" if visit.day_number else "",
    }
