"""Notices of what happens with a visitor's data, and who agreed to which (norms.md 11; scenario Front desk 7; pitfall V31).

A text is published once and never changed: its version is major.minor, its hash covers language and text. A new major version is asked of
everybody
again, a new minor one (a typo) only of those who agreed to no earlier minor of it. A consent keeps the hash, so the words that were agreed
to can be
shown for ever, and the drawn signature only as long as the visitor's name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints, model_validator
from sqlalchemy import JSON, Column, func, or_, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import database
from core.foundation.errors import Refused
from core.foundation.i18n import LANGUAGES, t
from core.foundation.ids import derived, uuid7
from core.mechanisms.attachments import Sha256
from core.mechanisms.operations import Actor, Operation, Role, operation, touch
from core.mechanisms.people import Language
from core.sections.visits.record import Visit

MAX_POINTS = 8_000
Text = Annotated[str, StringConstraints(min_length=20, max_length=6_000)]


class ConsentDocument(SQLModel, table=True):
    """One language of one published version: append-only."""

    __tablename__: ClassVar[str] = "consent_document"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    major: int
    minor: int
    language: str
    text: str
    hash: str = Field(unique=True)
    published_at: datetime
    published_by: UUID | None = None


class Consent(SQLModel, table=True):
    """A visitor agreed to the text with this hash. `strokes` is the drawn signature, erased with the visitor's name."""

    __tablename__: ClassVar[str] = "consent"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    visit_id: UUID = Field(foreign_key="visit.id", unique=True)
    document_hash: str
    language: str
    signed_at: datetime
    strokes: list[Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    picture_sha256: str | None = None


database.append_only("consent_document")


@dataclass(frozen=True, slots=True)
class NoticeText:
    """A text as the kiosk shows it."""

    version: str
    language: str
    text: str
    hash: str


class Signature(Operation):
    """A drawn signature: strokes of [x, y, ms] with x and y between 0 and 1 of the field's width, and the hash of its picture if one was
    stored."""

    document: Sha256
    strokes: Annotated[list[list[tuple[float, float, float]]], Input(min_length=1, max_length=400)]
    picture: Sha256 | None = None

    @model_validator(mode="after")
    def _drawn(self) -> Signature:
        points = sum(len(stroke) for stroke in self.strokes)
        if not 1 <= points <= MAX_POINTS or any(
            not (-0.1 <= x <= 1.1 and -0.1 <= y <= 1.5) for stroke in self.strokes for x, y, _ in stroke
        ):
            raise ValueError("signature.not_drawn")
        return self


class PublishNotice(Operation):
    """All languages at once; `minor` for a correction that nobody has to agree to again."""

    texts: dict[Language, Text]
    minor: bool = False

    @model_validator(mode="after")
    def _all_languages(self) -> PublishNotice:
        if set(self.texts) != set(LANGUAGES):
            raise ValueError("notice.languages")
        return self


@operation(PublishNotice, "visit.publish_notice", roles={Role.ADMIN})
def publish(s: Session, do: PublishNotice, by: Actor, at: datetime) -> dict[str, Any]:
    """The text visitors sign from now on. Refuses: visit.notice_unchanged"""
    newest = _newest(s)
    major, minor = newest if newest is not None else (1, 0)
    major, minor = (major, minor + 1) if do.minor else (major + 1, 0)
    for language, text in do.texts.items():
        present = current(s, language)
        if present.text == text and do.minor is False and all(current(s, other).text == do.texts[other] for other in LANGUAGES):
            raise Refused("visit.notice_unchanged")
        s.add(_document(major, minor, language, text, at, by.person_id))
    touch(s, "consent_document", f"{major}.{minor}")
    return {"version": f"{major}.{minor}"}


# ── reads ──


def current(s: Session, language: str) -> NoticeText:
    """The text in force; an office that published none has Foyer's own, version 1.0."""
    newest = _newest(s)
    if newest is not None:
        query = select(ConsentDocument).where(
            col(ConsentDocument.major) == newest[0], col(ConsentDocument.minor) == newest[1], col(ConsentDocument.language) == language
        )
        found = s.execute(query).scalar_one_or_none()
        if found is not None:
            return NoticeText(f"{found.major}.{found.minor}", language, found.text, found.hash)
    text = t("visit.notice.text", language)
    return NoticeText("1.0", language, text, hash_of(1, 0, language, text))


def text_of(s: Session, document_hash: str) -> NoticeText | None:
    """The very words behind a hash, also of versions no longer in force."""
    found = s.execute(select(ConsentDocument).where(col(ConsentDocument.hash) == document_hash)).scalar_one_or_none()
    return NoticeText(f"{found.major}.{found.minor}", found.language, found.text, found.hash) if found else None


def of_visit(s: Session, visit_id: UUID) -> Consent | None:
    return s.execute(select(Consent).where(col(Consent.visit_id) == visit_id)).scalar_one_or_none()


def versions_of(s: Session, visit_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The version each of these visits agreed to."""
    query = select(Consent.visit_id, ConsentDocument.major, ConsentDocument.minor).join(
        ConsentDocument, col(ConsentDocument.hash) == col(Consent.document_hash)
    )
    return (
        {row.visit_id: f"{row.major}.{row.minor}" for row in s.execute(query.where(col(Consent.visit_id).in_(visit_ids)))}
        if visit_ids
        else {}
    )


def agreed_before(s: Session, visit: Visit) -> bool:
    """Whether an invited visitor, known by the same mail address and name, agreed to this major version within the keeping time."""
    if not visit.planned or not visit.email:
        return False
    major = int(current(s, LANGUAGES[0]).version.split(".")[0])
    query = (
        select(Consent.id)
        .join(Visit, col(Visit.id) == col(Consent.visit_id))
        .join(ConsentDocument, col(ConsentDocument.hash) == col(Consent.document_hash))
        .where(col(Visit.email) == visit.email, col(Visit.name) == visit.name, col(ConsentDocument.major) == major)
    )
    return s.execute(query.limit(1)).first() is not None


# ── for check-in and the keeping time ──


def record(s: Session, visit: Visit, signature: Signature, at: datetime) -> Consent:
    """Keep what was signed. Refuses: visit.notice_changed when the text is not the one in force (it changed while the visitor read)."""
    for language in LANGUAGES:
        text = current(s, language)
        if text.hash == signature.document:
            break
    else:
        raise Refused("visit.notice_changed")
    if text_of(s, text.hash) is None:  # Foyer's own text is kept from its first use on, so that it can be shown after an update changed it
        major, minor = (int(part) for part in text.version.split("."))
        s.add(_document(major, minor, text.language, text.text, at, None))
        s.flush()
    strokes = [[[round(x, 4), round(y, 4), round(ms)] for x, y, ms in stroke] for stroke in signature.strokes]
    consent = Consent(
        visit_id=visit.id, document_hash=text.hash, language=text.language, signed_at=at, strokes=strokes, picture_sha256=signature.picture
    )
    s.add(consent)
    return consent


def erase(s: Session, visit_ids: Sequence[UUID]) -> int:
    """Forget the drawings; which version was agreed to, and when, stays. Answers how many were drawn."""
    drawn = select(Consent).where(
        col(Consent.visit_id).in_(visit_ids), or_(col(Consent.strokes).is_not(None), col(Consent.picture_sha256).is_not(None))
    )
    rows = s.execute(drawn).scalars().all()
    for row in rows:
        row.strokes = row.picture_sha256 = None
    s.flush()
    return len(rows)


def hash_of(major: int, minor: int, language: str, text: str) -> str:
    """SHA-256 over version, language and text."""
    return hashlib.sha256(f"{major}.{minor}\n{language}\n{text}".encode()).hexdigest()


def _document(major: int, minor: int, language: str, text: str, at: datetime, by: UUID | None) -> ConsentDocument:
    digest = hash_of(major, minor, language, text)
    return ConsentDocument(
        id=derived("consent_document", digest),
        major=major,
        minor=minor,
        language=language,
        text=text,
        hash=digest,
        published_at=at,
        published_by=by,
    )


def _newest(s: Session) -> tuple[int, int] | None:
    highest = s.execute(select(func.max(ConsentDocument.major))).scalar()
    if highest is None:
        return None
    minor = s.execute(select(func.max(ConsentDocument.minor)).where(col(ConsentDocument.major) == highest)).scalar()
    return int(highest), int(minor or 0)
