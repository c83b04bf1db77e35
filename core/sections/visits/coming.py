"""Arriving: at the kiosk, at the desk or by the host (guide S3.1-R1, S3.1-R5, S3.1-R7; pitfalls V34–V39; scenarios Office 7,
Front desk 7).

The invitation code finds the planned visit, so that no second record is made; a walk-in names the host exactly. Each way it can not be has
its own sentence,
because the visitor stands before the screen: another day, cancelled, here already, gone already, yesterday's badge.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints, model_validator
from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation import clock
from core.foundation.errors import NotAllowed, Refused
from core.mechanisms import attachments, labels, numbering, people, places
from core.mechanisms.attachments import Sha256
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import Actor, Operation, Role, note, operation, touch
from core.sections.visits import approving, consent, holding, identity, leaving, record, returning, types
from core.sections.visits.consent import Signature
from core.sections.visits.planning import Mail
from core.sections.visits.record import HANDLERS, RECEPTION, Code, Line, Name, Phone, Plate, Visit, VisitState, changed, name_keys


class CheckIn(Operation):
    """Either `code` of an invitation, or who comes and to whom: `host` is a full name, its pinyin, an extension or a person's id.

    `type` is what kind of visitor walks in (without one: guest); `room` a room's name, short name or id; `consents` the documents signed beside `consent`, `on_paper` those that
    reception saw signed on paper. With a `code` the further fields fill what the invitation left empty. A walk-in who was here before names that visit by `known` (recognised on
    this kiosk just now) or holds its old code (`known_code`)."""

    code: Code | None = None
    name: Name | None = None
    company: Line = ""
    phone: Phone = ""
    email: Mail = ""
    host: Annotated[str, StringConstraints(min_length=2, max_length=80)] | None = None
    purpose: Line = ""
    language: Annotated[str, StringConstraints(pattern="^(zh-Hans|zh-Hant|en)?$")] = ""
    consent: Signature | None = None
    photo: Sha256 | None = None
    type: types.Key | None = None
    plate: Plate = ""
    room: Annotated[str, StringConstraints(max_length=80)] = ""
    drink: types.Drink = ""
    consents: Annotated[tuple[Signature, ...], Input(max_length=8)] = ()
    on_paper: Annotated[tuple[types.Key, ...], Input(max_length=8)] = ()
    known: UUID | None = None
    known_code: Code | None = None
    id_number: identity.Number | None = Input(default=None, exclude=True, repr=False)

    @model_validator(mode="after")
    def _one_way(self) -> CheckIn:
        if (self.code is None) == (self.name is None) or (self.name is not None and self.host is None):
            raise ValueError("visit.code_or_name")
        return self


@operation(CheckIn, "visit.check_in", roles=HANDLERS, personal=True)
def check_in(s: Session, do: CheckIn, by: Actor, at: datetime) -> dict[str, Any]:
    """The visitor is here: a badge label, the day's next number, the host told. Answers `{visit_id, code}`, the code of the badge; `see_reception` without
    either when somebody has to look first (holding.py).

    What the visitor's type and room demand is looked at again here: a required field must be there; a document that was not signed does not keep the visitor out but is noted
    (`consent_pending`, `unsigned`), as is a missing photo, so that reception sees it; where approval is needed the visitor waits (`waiting`).
    Refuses: visit.other_day, visit.invitation_over, visit.cancelled, visit.already_here, visit.left_already, visit.badge_over,
    visit.host_unknown,
    visit.host_ambiguous, visit.notice_changed, visit.type_unknown, visit.field_needed,
    visit.room_unknown, label.unknown, label.other_kind"""
    visit = _invited(s, do.code, at) if do.code is not None else _walk_in(s, do, at)
    if not by.has(Role.KIOSK) and not record.may_handle(s, visit, by):
        raise NotAllowed()
    if do.on_paper and not by.has(*RECEPTION, Role.SYSTEM):
        raise NotAllowed()
    _fill(s, visit, do, by)
    if holding.stops(s, visit, by, at):
        return {"visit_id": None, "code": None, "see_reception": True}
    flow = types.flow_of(s, visit.type, visit.room_id)
    if lacking := types.missing(flow, answers(visit)):
        raise Refused("visit.field_needed", field_words_key=f"visit.field.{lacking[0]}", field=lacking[0])
    today = clock.today(at)
    before = labels.of(s, SubjectKind.VISIT, visit.id)
    visit.state, visit.arrived_at, visit.kiosk_id = VisitState.HERE, at, by.device_id
    visit.day_number = numbering.next_number(s, f"visit {today.isoformat()}", today.year)
    visit.language = do.language or visit.language
    s.add(visit)
    s.flush()
    touch(s, "visit", visit.id)
    badge = labels.give(s, SubjectKind.VISIT, visit.id, at)
    if before is not None:
        old = labels.known(s, before)
        old.state, old.superseded_by, old.ended_at, old.reason = labels.LabelState.SUPERSEDED, badge, at, "badge"
    visit.escort, visit.drink = flow.escort, do.drink if flow.drink else ""
    _keep_documents(s, visit, do, flow, by, at)
    if do.photo is not None:
        attachments.use(s, [do.photo], "visit", visit.id, by, at)
    elif flow.photo == "required":
        note(s, photo_pending=True)
    identity.keep(s, visit, do.id_number, at)
    changed(visit)
    leaving.expect_end(s, visit, at)
    approving.begin(s, visit, flow, by, at)
    if visit.approval == approving.ASKED:
        note(s, waiting=True)
    return {"visit_id": visit.id, "code": badge}


# ── what the kiosk and the badge need to know ──


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a scanned code lets its holder do. `act` is arrive, leave, or back (from a short leave); `is_badge`: it is the badge itself, not the invitation. The name is the holder's own.

    `known` are the fields that have an answer, `signed` the documents that need no new signature. Who came in only after an approval and has no badge yet
    (`approval`, `badge_taken`) gets it, or waits on."""

    act: Literal["arrive", "leave", "back"]
    visit_id: UUID
    name: str
    company: str
    host: str
    host_department: str
    language: str
    must_sign: bool
    code: str
    is_badge: bool
    type: str = types.GUEST
    room_id: UUID | None = None
    known: tuple[str, ...] = ()
    signed: tuple[str, ...] = ()
    approval: str = ""
    badge_taken: bool = False
    host_english: str = ""


def greeting(s: Session, text: str, at: datetime) -> Greeting:
    """Read a scanned or typed code for the kiosk. Refuses as check-in and check-out do."""
    visit = record.of_code(s, text)
    code = labels.read_code(text)
    if visit.state == VisitState.HERE:
        return _greeting(s, visit, "back" if visit.break_at else "leave", code)
    if visit.state != VisitState.PLANNED:
        raise _why_not_arriving(visit, at)
    _on_its_day(visit, at)
    return _greeting(s, visit, "arrive", code)


# ── helpers ──


def _invited(s: Session, text: str, at: datetime) -> Visit:
    visit = record.of_code(s, text)
    if visit.state != VisitState.PLANNED:
        raise _why_not_arriving(visit, at)
    _on_its_day(visit, at)
    return visit


def _walk_in(s: Session, do: CheckIn, at: datetime) -> Visit:
    assert do.name is not None and do.host is not None  # the input class saw to it
    host = record.host_of(s, do.host)
    visit = Visit(
        state=VisitState.HERE,
        host_id=host.id,
        name=do.name,
        company=do.company,
        phone=do.phone,
        email=do.email.lower(),
        purpose=do.purpose,
        language=do.language,
        expected_on=clock.today(at),
        type=types.offered(s, do.type or types.GUEST).key,
        plate=do.plate,
    )
    name_keys(visit)
    s.add(visit)
    s.flush()
    return visit


def _fill(s: Session, visit: Visit, do: CheckIn, by: Actor) -> None:
    """What the invitation left empty; the desk may also say that somebody is of another type."""
    visit.company, visit.purpose = visit.company or do.company, visit.purpose or do.purpose
    visit.phone, visit.email, visit.plate = visit.phone or do.phone, visit.email or do.email.lower(), visit.plate or do.plate
    visit.phone_key = record.phone_key(visit.phone)
    if do.code is not None and do.type is not None and by.is_person:
        visit.type = types.offered(s, do.type).key
    if do.room and (visit.room_id is None or by.is_person):
        visit.room_id = room_named(s, do.room)


def room_named(s: Session, text: str) -> UUID:
    """The room a visitor means by its short name or full name, never a part of one. Refuses: visit.room_unknown"""
    found = places.find(s, text.strip())
    if found is None or found.kind != places.PlaceKind.ROOM:
        wanted = _folded(text)
        rooms = select(places.Place).where(col(places.Place.kind) == places.PlaceKind.ROOM, col(places.Place.retired_at).is_(None))
        same = [place for place in s.execute(rooms).scalars() if wanted and _folded(place.name) == wanted]
        found = same[0] if len(same) == 1 else None
    if found is None or found.retired_at is not None:
        raise Refused("visit.room_unknown")
    return found.id


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def answers(visit: Visit) -> dict[str, object]:
    """What is known of a visit, by the names of the fields a type may ask."""
    return {
        "company": visit.company,
        "phone": visit.phone,
        "email": visit.email,
        "plate": visit.plate,
        "room": visit.room_id,
        "purpose": visit.purpose,
    }


def _keep_documents(s: Session, visit: Visit, do: CheckIn, flow: types.Flow, by: Actor, at: datetime) -> None:
    earlier = returning.earlier_visit(s, do.known, do.known_code, by, at) if do.known or do.known_code else None
    if earlier is not None and earlier.name != visit.name:
        earlier = None  # somebody else now stands at the glass
    agreed = consent.agreed(s, visit, flow.documents, earlier)
    for signature in (*([do.consent] if do.consent is not None else []), *do.consents):
        agreed.add(consent.record(s, visit, signature, at).document)
    for key in do.on_paper:
        agreed.add(consent.record_paper(s, visit, key, at, by).document)
    unsigned = [key for key in flow.documents if key not in agreed]
    visit.unsigned = ",".join(unsigned)
    if unsigned:
        note(s, consent_pending=True, **({"unsigned": unsigned} if unsigned != [consent.NOTICE] else {}))


def _on_its_day(visit: Visit, at: datetime) -> None:
    today = clock.today(at)
    if visit.expected_on > today:
        raise Refused("visit.other_day", day=visit.expected_on)
    if visit.expected_on < today:
        raise Refused("visit.invitation_over", day=visit.expected_on)


def _why_not_arriving(visit: Visit, at: datetime) -> Refused:
    if visit.state == VisitState.HERE:
        return Refused("visit.already_here")
    return record.why_not(visit, at)


def _greeting(s: Session, visit: Visit, act: Literal["arrive", "leave", "back"], code: str) -> Greeting:
    host = people.get(s, visit.host_id)
    department = people.department_names(s).get(host.department_id, "") if host.department_id else ""
    flow = types.flow_of(s, visit.type, visit.room_id)
    signed = consent.agreed(s, visit, flow.documents) if act == "arrive" else set(flow.documents)
    is_badge = act != "arrive" and labels.of(s, SubjectKind.VISIT, visit.id) == code
    return Greeting(
        act,
        visit.id,
        visit.name,
        visit.company,
        host.name,
        department,
        visit.language,
        not signed.issuperset(flow.documents),
        code,
        is_badge,
        visit.type,
        visit.room_id,
        tuple(name for name, value in answers(visit).items() if value),
        tuple(signed),
        visit.approval,
        bool(visit.badges_printed) or visit.badge_from_at is not None or not flow.badge,
        host.english_name,
    )
