"""Documents visitors agree to (the notice of what happens with their data, a safety briefing, a promise of secrecy), and who agreed to which (norms.md 11; scenario
Front desk 7; pitfall V31).

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
from sqlalchemy import JSON, Column, UniqueConstraint, func, or_, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import database
from core.foundation.errors import Refused
from core.foundation.i18n import LANGUAGES, t
from core.foundation.ids import derived, uuid7
from core.mechanisms.attachments import Sha256
from core.mechanisms.operations import Actor, Operation, Role, operation, touch
from core.mechanisms.people import Language
from core.sections.visits.record import Visit

NOTICE = "notice"
OWN = (NOTICE, "safety", "nda")  # Foyer's own texts, version 1.0 until an office publishes its own
MAX_POINTS = 8_000
MOST_DOCUMENTS = 40
Key = Annotated[str, StringConstraints(pattern="^[a-z0-9][a-z0-9_-]{0,39}$")]
Title = Annotated[str, StringConstraints(min_length=2, max_length=40)]
Text = Annotated[str, StringConstraints(min_length=20, max_length=6_000)]


class ConsentDocument(SQLModel, table=True):
    """One language of one published version: append-only."""

    __tablename__: ClassVar[str] = "consent_document"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    document: str = Field(default=NOTICE, index=True, sa_column_kwargs={"server_default": NOTICE})
    title: str = Field(default="", sa_column_kwargs={"server_default": ""})
    major: int
    minor: int
    language: str
    text: str
    hash: str = Field(unique=True)
    published_at: datetime
    published_by: UUID | None = None


class Consent(SQLModel, table=True):
    """A visitor agreed to the text with this hash. `strokes` is the drawn signature, erased with the visitor's name; None where it was signed on paper (`on_paper`)."""

    __tablename__: ClassVar[str] = "signed_document"
    __table_args__ = (UniqueConstraint("visit_id", "document"),)
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    visit_id: UUID = Field(foreign_key="visit.id", index=True)
    document: str = NOTICE
    document_hash: str = Field(index=True)
    language: str
    signed_at: datetime
    strokes: list[Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    picture_sha256: str | None = None
    on_paper: bool = False
    noted_by: UUID | None = None


database.append_only("consent_document")


@dataclass(frozen=True, slots=True)
class NoticeText:
    """A text as the kiosk shows it."""

    version: str
    language: str
    text: str
    hash: str
    document: str = NOTICE
    title: str = ""


@dataclass(frozen=True, slots=True)
class VersionView:
    """One published version in all its languages. `minor`: a typo only, nobody is asked again. Foyer's own has no moment and nobody."""

    document: str
    version: str
    minor: bool
    published_at: datetime | None
    published_by: UUID | None
    titles: dict[str, str]
    texts: dict[str, str]
    signed: int


@dataclass(frozen=True, slots=True)
class SignedView:
    """What a visitor agreed to, as it can be printed again: the very words, and the drawing as long as the visitor is named."""

    document: str
    title: str
    version: str
    language: str
    text: str
    hash: str
    signed_at: datetime
    strokes: list[Any] | None
    on_paper: bool


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
    """All languages at once; `minor` for a correction (typo only) that nobody has to agree to again. A `document` that is not known yet is a new one and needs `titles`."""

    document: Key = NOTICE
    titles: dict[Language, Title] | None = None
    texts: dict[Language, Text]
    minor: bool = False

    @model_validator(mode="after")
    def _all_languages(self) -> PublishNotice:
        if set(self.texts) != set(LANGUAGES) or (self.titles is not None and set(self.titles) != set(LANGUAGES)):
            raise ValueError("notice.languages")
        return self


@operation(PublishNotice, "visit.publish_notice", roles={Role.ADMIN})
def publish(s: Session, do: PublishNotice, by: Actor, at: datetime) -> dict[str, Any]:
    """The text visitors sign from now on. Refuses: visit.notice_unchanged, consent.title_needed, consent.first_is_no_typo, consent.too_many"""
    known = keys(s)
    is_new = do.document not in known
    if is_new and do.titles is None:
        raise Refused("consent.title_needed")
    if is_new and do.minor:
        raise Refused("consent.first_is_no_typo")
    if is_new and len(known) >= MOST_DOCUMENTS:
        raise Refused("consent.too_many", n=MOST_DOCUMENTS)
    present = {} if is_new else {language: current(s, language, do.document) for language in LANGUAGES}
    titles = {language: (do.titles or {}).get(language, "") or (present[language].title if present else "") for language in LANGUAGES}
    if present and all(one.text == do.texts[language] and one.title == titles[language] for language, one in present.items()):
        raise Refused("visit.notice_unchanged")
    newest = _newest(s, do.document) or ((1, 0) if do.document in OWN else (0, 0))
    major, minor = (newest[0], newest[1] + 1) if do.minor else (newest[0] + 1, 0)
    for language, text in do.texts.items():
        kept = "" if titles[language] == _own_title(do.document, language) else titles[language]
        s.add(_document(do.document, kept, major, minor, language, text, at, by.person_id))
    touch(s, "consent_document", f"{do.document} {major}.{minor}")
    return {"version": f"{major}.{minor}"}


# ── reads ──


def keys(s: Session) -> list[str]:
    """Every document's key: Foyer's own first, then the office's by their first publishing."""
    first = func.min(ConsentDocument.published_at)
    published = s.execute(select(ConsentDocument.document).group_by(col(ConsentDocument.document)).order_by(first)).scalars()
    return list(dict.fromkeys((*OWN, *published)))


def titles(s: Session, language: str) -> dict[str, str]:
    """Each document's title in force by its key."""
    return {key: current(s, language, key).title for key in keys(s)}


def current(s: Session, language: str, document: str = NOTICE) -> NoticeText:
    """The text in force; a document the office has not published is Foyer's own, version 1.0. Refuses: consent.unknown_document"""
    newest = _newest(s, document)
    if newest is not None:
        query = select(ConsentDocument).where(
            col(ConsentDocument.document) == document,
            col(ConsentDocument.major) == newest[0],
            col(ConsentDocument.minor) == newest[1],
            col(ConsentDocument.language) == language,
        )
        found = s.execute(query).scalar_one_or_none()
        if found is not None:
            return _text(found)
    if document not in OWN:
        raise Refused("consent.unknown_document")
    return _own(document, language)


def text_of(s: Session, document_hash: str) -> NoticeText | None:
    """The very words behind a hash, also of versions no longer in force."""
    found = s.execute(select(ConsentDocument).where(col(ConsentDocument.hash) == document_hash)).scalar_one_or_none()
    return _text(found) if found else None


def versions(s: Session, document: str) -> list[VersionView]:
    """A document's history, newest first; Foyer's own 1.0 stands at its beginning as long as nobody's signature kept it as a row."""
    counted = select(Consent.document_hash, func.count()).where(col(Consent.document) == document).group_by(col(Consent.document_hash))
    signed: dict[str, int] = {str(digest): int(n) for digest, n in s.execute(counted)}
    rows = s.execute(select(ConsentDocument).where(col(ConsentDocument.document) == document)).scalars()
    found: dict[tuple[int, int], list[ConsentDocument]] = {}
    for row in rows:
        found.setdefault((row.major, row.minor), []).append(row)
    made = []
    if document in OWN:
        found.setdefault((1, 0), [])
    for (major, minor), texts in sorted(found.items(), reverse=True):
        words = {row.language: _text(row) for row in texts}
        if (major, minor) == (1, 0) and document in OWN:
            words = {language: words.get(language) or _own(document, language) for language in LANGUAGES}
        office = next((row for row in texts if row.published_by is not None), None)
        made.append(
            VersionView(
                document,
                f"{major}.{minor}",
                minor > 0,
                office.published_at if office else None,
                office.published_by if office else None,
                {language: one.title for language, one in words.items()},
                {language: one.text for language, one in words.items()},
                sum(signed.get(one.hash, 0) for one in words.values()),
            )
        )
    return made


def of_visit(s: Session, visit_id: UUID, document: str = NOTICE) -> Consent | None:
    return s.execute(select(Consent).where(col(Consent.visit_id) == visit_id, col(Consent.document) == document)).scalar_one_or_none()


def signed_of(s: Session, visit_id: UUID) -> list[SignedView]:
    """Everything a visitor agreed to on this visit, as it was worded then."""
    found = []
    for one in s.execute(
        select(Consent).where(col(Consent.visit_id) == visit_id).order_by(col(Consent.signed_at), col(Consent.id))
    ).scalars():
        text = text_of(s, one.document_hash)
        if text is not None:
            found.append(
                SignedView(
                    one.document, text.title, text.version, one.language, text.text, text.hash, one.signed_at, one.strokes, one.on_paper
                )
            )
    return found


def versions_of(s: Session, visit_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The version of the notice each of these visits agreed to."""
    query = select(Consent.visit_id, ConsentDocument.major, ConsentDocument.minor).join(
        ConsentDocument, col(ConsentDocument.hash) == col(Consent.document_hash)
    )
    query = query.where(col(Consent.document) == NOTICE)
    return (
        {row.visit_id: f"{row.major}.{row.minor}" for row in s.execute(query.where(col(Consent.visit_id).in_(visit_ids)))}
        if visit_ids
        else {}
    )


def agreed_before(s: Session, visit: Visit, document: str = NOTICE, earlier: Visit | None = None) -> bool:
    """Whether this very person agreed to this major version within the keeping time.

    An invited visitor is known by the code they hold, and by mail address or phone number with the same name; a walk-in only by an `earlier` visit they were recognised by."""
    who = earlier or (visit if visit.planned else None)
    if who is None or not (who.email or who.phone_key):
        return False
    same = [col(Visit.email) == who.email] if who.email else []
    same += [col(Visit.phone_key) == who.phone_key] if who.phone_key else []
    major = int(current(s, LANGUAGES[0], document).version.split(".")[0])
    query = (
        select(Consent.id)
        .join(Visit, col(Visit.id) == col(Consent.visit_id))
        .join(ConsentDocument, col(ConsentDocument.hash) == col(Consent.document_hash))
        .where(or_(*same), col(Visit.name) == who.name, col(Visit.erased_at).is_(None))
        .where(col(Consent.document) == document, col(ConsentDocument.major) == major)
    )
    return s.execute(query.limit(1)).first() is not None


def agreed(s: Session, visit: Visit, documents: Sequence[str], earlier: Visit | None = None) -> set[str]:
    """Which of these documents need no new signature of this visitor."""
    return {key for key in documents if agreed_before(s, visit, key, earlier)}


# ── for check-in and the keeping time ──


def record(s: Session, visit: Visit, signature: Signature, at: datetime) -> Consent:
    """Keep what was signed. Refuses: visit.notice_changed when the text is not one in force (it changed while the visitor read)."""
    text = _in_force(s, signature.document)
    strokes = [[[round(x, 4), round(y, 4), round(ms)] for x, y, ms in stroke] for stroke in signature.strokes]
    return _keep(s, visit, text, at, strokes=strokes, picture_sha256=signature.picture)


def record_paper(s: Session, visit: Visit, document: str, at: datetime, by: Actor) -> Consent:
    """Keep that the present words were signed on paper, and who saw it."""
    language = visit.language if visit.language in LANGUAGES else LANGUAGES[0]
    return _keep(s, visit, current(s, language, document), at, on_paper=True, noted_by=by.person_id)


def _in_force(s: Session, document_hash: str) -> NoticeText:
    found = text_of(s, document_hash)
    for key in [found.document] if found is not None else OWN:
        for language in LANGUAGES:
            text = current(s, language, key)
            if text.hash == document_hash:
                return text
    raise Refused("visit.notice_changed")


def _keep(s: Session, visit: Visit, text: NoticeText, at: datetime, **more: Any) -> Consent:
    present = of_visit(s, visit.id, text.document)
    if present is not None:
        return present  # signed twice is signed once
    if text_of(s, text.hash) is None:  # Foyer's own text is kept from its first use on, so that it can be shown after an update changed it
        major, minor = (int(part) for part in text.version.split("."))
        s.add(_document(text.document, "", major, minor, text.language, text.text, at, None))
        s.flush()
    kept = Consent(visit_id=visit.id, document=text.document, document_hash=text.hash, language=text.language, signed_at=at, **more)
    s.add(kept)
    s.flush()
    return kept


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


def hash_of(major: int, minor: int, language: str, text: str, document: str = NOTICE, title: str = "") -> str:
    """SHA-256 over version, language and text; of other documents than the notice, and under an own title, over key and title too."""
    head = "" if document == NOTICE and not title else f"{document}\n{title}\n"
    return hashlib.sha256(f"{head}{major}.{minor}\n{language}\n{text}".encode()).hexdigest()


def _text(row: ConsentDocument) -> NoticeText:
    return NoticeText(
        f"{row.major}.{row.minor}", row.language, row.text, row.hash, row.document, row.title or _own_title(row.document, row.language)
    )


def _own(document: str, language: str) -> NoticeText:
    text = t("visit.notice.text" if document == NOTICE else f"consent.{document}.text", language)
    return NoticeText("1.0", language, text, hash_of(1, 0, language, text, document), document, _own_title(document, language))


def _own_title(document: str, language: str) -> str:
    return t(f"consent.{document}.title", language) if document in OWN else ""


def _document(
    document: str, title: str, major: int, minor: int, language: str, text: str, at: datetime, by: UUID | None
) -> ConsentDocument:
    digest = hash_of(major, minor, language, text, document, title)
    return ConsentDocument(
        id=derived("consent_document", digest),
        document=document,
        title=title,
        major=major,
        minor=minor,
        language=language,
        text=text,
        hash=digest,
        published_at=at,
        published_by=by,
    )


def _newest(s: Session, document: str) -> tuple[int, int] | None:
    ours = col(ConsentDocument.document) == document
    highest = s.execute(select(func.max(ConsentDocument.major)).where(ours)).scalar()
    if highest is None:
        return None
    minor = s.execute(select(func.max(ConsentDocument.minor)).where(ours, col(ConsentDocument.major) == highest)).scalar()
    return int(highest), int(minor or 0)
