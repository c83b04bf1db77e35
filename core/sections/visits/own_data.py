"""A visitor's own link: see what is kept, take it along, have it erased; without an account (norms.md 11: PIPL art. 44–47; issue 5, Privacy).

A token names one visit and an end and carries our mark over both (`vault.sign`), so nothing is stored and nothing can be guessed or counted through. The one in
a mail opens the page until the data is gone. The one on the kiosk's leaving screen is a ticket: it stands in view of the next visitor, so it is good for ten
minutes and for one phone, which gets a link of its own in exchange. Whoever holds a link sees that one visit and nothing else, and never why a visit is held.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import StringConstraints
from sqlalchemy import delete, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import clock, database, vault
from core.foundation.errors import Refused
from core.foundation.ids import derived
from core.foundation.jobs import job
from core.mechanisms import attachments, notices, people
from core.mechanisms.operations import SYSTEM, Actor, Operation, as_json, operation, perform_now, touch
from core.sections.visits import consent, identity, keeping, retention
from core.sections.visits.record import Visit, VisitState

TICKET_FOR = timedelta(minutes=10)
LINK, TICKET = "m", "t"
SPARE_DAYS = 1
_base_url = ""


def use_base_url(base_url: str) -> None:
    """Where this server is reached (main.py)."""
    global _base_url
    _base_url = base_url


class OwnDataTicket(SQLModel, table=True):
    """A ticket that was taken: it opens nothing a second time. The row goes when the ticket would be over anyway."""

    __tablename__: ClassVar[str] = "own_data_ticket"
    nonce: str = Field(primary_key=True)
    taken_at: datetime = Field(index=True)


@dataclass(frozen=True, slots=True)
class Meant:
    """What a token stands for."""

    visit_id: UUID
    kind: str
    until: datetime
    nonce: str


@dataclass(frozen=True, slots=True)
class SignedLine:
    title: str
    version: str
    signed_at: datetime
    drawn: bool


@dataclass(frozen=True, slots=True)
class OwnData:
    """All that is kept of one visit, as the visitor reads it. `kept_until` is the last day; `keep_days` the rule; `hold_*` why it is longer."""

    state: str
    name: str
    company: str
    phone: str
    email: str
    purpose: str
    plate: str
    host: str
    expected_on: str
    arrived_at: datetime | None
    left_at: datetime | None
    signed: tuple[SignedLine, ...]
    photo: bool
    id_number: bool
    messages: int
    keep_days: int
    kept_until: str
    hold_reason: str
    hold_until: str
    erased_at: datetime | None
    may_erase: bool
    language: str


# ── tokens ──


def link_of(visit: Visit, days: int) -> str:
    """The address for a mail: good until the data is gone."""
    end = clock.day_span(visit.expected_on + timedelta(days=days + SPARE_DAYS))[1]
    return _url(_token(visit.id, LINK, end))


def ticket_of(visit_id: UUID, at: datetime) -> str:
    """The address for a QR code on a screen others see: ten minutes, one phone."""
    return _url(_token(visit_id, TICKET, at + TICKET_FOR))


def read_token(text: str, at: datetime) -> Meant | None:
    """What a token stands for; None when it is none of ours, or over. Takes the same time whatever is wrong with it."""
    parts = text.split("-")
    if len(parts) != 4 or len(text) > 120:
        return None
    head, until, nonce, mark = parts
    if not vault.is_signed(mark, "own data", head, until, nonce):
        return None
    try:
        found = Meant(UUID(head[1:]), head[:1], datetime.fromtimestamp(int(until, 36), UTC), nonce)
    except (ValueError, OverflowError, OSError):
        return None
    return found if found.until > at else None


def _token(visit_id: UUID, kind: str, until: datetime) -> str:
    head, end, nonce = f"{kind}{visit_id.hex}", _base36(int(until.timestamp())), secrets.token_hex(6)
    return "-".join((head, end, nonce, vault.sign("own data", head, end, nonce)))


def _base36(number: int) -> str:
    signs = ""
    while number:
        number, rest = divmod(number, 36)
        signs = "0123456789abcdefghijklmnopqrstuvwxyz"[rest] + signs
    return signs or "0"


def _url(token: str) -> str:
    return f"{_base_url}/mine/{token}"


# ── acting ──

Token = Annotated[str, StringConstraints(min_length=20, max_length=120)]


class TakeTicket(Operation):
    token: Token


@operation(TakeTicket, "visit.take_ticket", roles=set(), personal=True)
def take_ticket(s: Session, do: TakeTicket, by: Actor, at: datetime) -> None:
    """The first phone that opens a ticket takes it. Refuses: own_data.over, own_data.taken"""
    meant = read_token(do.token, at)
    if meant is None or meant.kind != TICKET:
        raise Refused("own_data.over")
    if s.get(OwnDataTicket, meant.nonce) is not None:
        raise Refused("own_data.taken")
    s.add(OwnDataTicket(nonce=meant.nonce, taken_at=at))
    touch(s, "visit", meant.visit_id)


class EraseOwn(Operation):
    token: Token


@operation(EraseOwn, "visit.erase_own", roles=set(), personal=True)
def erase_own(s: Session, do: EraseOwn, by: Actor, at: datetime) -> dict[str, Any]:
    """The visitor has their data erased, after the visit. Doing it twice is once. Refuses: own_data.over, visit.still_here, visit.legal_hold"""
    meant = read_token(do.token, at)
    visit = s.get(Visit, meant.visit_id) if meant is not None and meant.kind == LINK else None
    if visit is None:
        raise Refused("own_data.over")
    return keeping.erase(s, keeping.EraseVisits(visit_ids=[visit.id]), by, at)


class ForgetTickets(Operation):
    before: datetime


@operation(ForgetTickets, "visit.forget_tickets", roles=set())
def forget_tickets(s: Session, do: ForgetTickets, by: Actor, at: datetime) -> None:
    """Tickets that are over are refused without a row."""
    s.execute(delete(OwnDataTicket).where(col(OwnDataTicket.taken_at) < do.before))
    touch(s, "ticket", "old")


@job(every_s=3600)
def clear_tickets(at: datetime) -> int:
    """Remove taken tickets that are over. Returns 1 when there were any."""
    before = at - 2 * TICKET_FOR
    with database.reading() as s:
        if s.execute(select(OwnDataTicket.nonce).where(col(OwnDataTicket.taken_at) < before).limit(1)).first() is None:
            return 0
    return int(perform_now(ForgetTickets(before=before), by=SYSTEM, at=at, op_id=derived("visit.forget_tickets", before)).ok)


def mail_ending(kind: str | None, subject_id: UUID | None) -> tuple[str, dict[str, Any]] | None:
    """What a mail to a visitor ends with: how long their data is kept, and the link. Made at sending, so that no link stands in the outbox."""
    if kind != "visit" or subject_id is None:
        return None
    with database.reading() as s:
        visit = s.get(Visit, subject_id)
        if visit is None or visit.erased_at is not None:
            return None
        days = retention.days(s, visit.type)
    return "own_data.mail", {"n": days, "link": link_of(visit, days)}


# ── reading ──


def days_of(s: Session, visit_id: UUID) -> int:
    """How many days a visit is kept after its end."""
    visit = s.get(Visit, visit_id)
    return retention.days(s, visit.type if visit is not None else "")


def own(s: Session, visit_id: UUID, at: datetime, language: str) -> OwnData | None:
    """What is kept of this visit; None when there is no such visit."""
    visit = s.get(Visit, visit_id)
    if visit is None:
        return None
    host = s.get(people.Person, visit.host_id)
    days = retention.days(s, visit.type)
    hold = retention.held(s, [visit.id], at).get(visit.id)
    ended = clock.today(visit.ended_at) if visit.ended_at is not None else max(visit.expected_on, clock.today(at))
    over = visit.state not in (VisitState.PLANNED, VisitState.HERE, VisitState.HELD)
    return OwnData(
        state=VisitState.PLANNED if visit.state == VisitState.HELD else visit.state,
        name=visit.name,
        company=visit.company,
        phone=visit.phone,
        email=visit.email,
        purpose=visit.purpose,
        plate=visit.plate,
        host=host.name if host else "",
        expected_on=visit.expected_on.isoformat(),
        arrived_at=visit.arrived_at,
        left_at=visit.left_at or visit.assumed_left_at,
        signed=_signed(s, visit_id, language),
        photo=bool(attachments.of(s, "visit", visit.id)),
        id_number=s.get(identity.VisitIdNumber, visit.id) is not None,
        messages=len(
            [n for n in notices.about(s, "visit", visit.id) if n.person_id is None and n.channel == notices.Channel.MAIL and n.address]
        ),
        keep_days=days,
        kept_until=(ended + timedelta(days=days)).isoformat(),
        hold_reason=hold.reason if hold else "",
        hold_until=hold.until_on.isoformat() if hold else "",
        erased_at=visit.erased_at,
        may_erase=over and hold is None and visit.erased_at is None,
        language=visit.language,
    )


def as_file(found: OwnData) -> dict[str, Any]:
    """The same for taking along: JSON values under plain names."""
    data = as_json(found)
    assert isinstance(data, dict)
    return {name: value for name, value in data.items() if name not in ("may_erase", "language")}


def _signed(s: Session, visit_id: UUID, language: str) -> tuple[SignedLine, ...]:
    titles = consent.titles(s, language)
    query = select(consent.Consent).where(col(consent.Consent.visit_id) == visit_id).order_by(col(consent.Consent.signed_at))
    lines = []
    for row in s.execute(query).scalars():
        text = consent.text_of(s, row.document_hash)
        lines.append(
            SignedLine(titles.get(row.document) or row.document, text.version if text else "", row.signed_at, row.strokes is not None)
        )
    return tuple(lines)
