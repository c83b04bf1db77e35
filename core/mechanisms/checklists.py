"""Checklists: templates that never change under a running check, and runs whose answers are only ever added to (inspections.md rows 1–7,
15).

A published version is a row that the database refuses to change, known by the hash of its content; a run keeps the version it began with,
so that an old report shows the old wording (scenario Floor 5). Answers append revisions: the last one counts, all stay. What an answer says
and what a run still misses is decided by `checklist_rules` alone, the same on the phone.

Content of a version: `{"title": TEXT, "sections": [{"id", "title": TEXT, "questions": [{"id", "text": TEXT, "kind":
"check|number|choice|text", "unit", "min", "max", "choices", "failing", "required", "shown_when", "clause"}]}], "source": …}` where TEXT is
a sentence or `{"zh-Hans": …, "zh-Hant": …, "en": …}`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator
from pydantic import Field as Input
from sqlalchemy import JSON, Column, UniqueConstraint, func, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import database
from core.foundation.errors import Refused
from core.foundation.i18n import LANGUAGES
from core.foundation.ids import uuid7
from core.mechanisms import checklist_rules
from core.mechanisms.checklist_rules import Gap, Verdict
from core.mechanisms.operations import Actor, Operation, Role, current_op_id, operation, touch

EDITORS = frozenset({Role.ADMIN, Role.SAFETY, Role.CLERK})
Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,60}$")]
Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,40}$")]
Sentence = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Number = Annotated[float, Input(ge=-1e9, le=1e9)]


class Checklist(SQLModel, table=True):
    """A template by its key; its wording is in its versions."""

    __tablename__: ClassVar[str] = "checklist"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    key: str = Field(unique=True)
    latest: int = 0


class ChecklistVersion(SQLModel, table=True):
    """One published wording: append-only, named by its number and the hash of its content."""

    __tablename__: ClassVar[str] = "checklist_version"
    __table_args__ = (UniqueConstraint("checklist_id", "version"),)
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    checklist_id: UUID = Field(foreign_key="checklist.id", index=True)
    version: int
    content: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    content_hash: str
    published_by: UUID | None = None
    published_at: datetime


class ChecklistRun(SQLModel, table=True):
    """One time through a checklist, for a subject, on a pinned version."""

    __tablename__: ClassVar[str] = "checklist_run"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    checklist_id: UUID = Field(foreign_key="checklist.id")
    version: int
    subject_kind: str
    subject_id: UUID = Field(index=True)
    started_by: UUID | None = None
    started_at: datetime
    finished_by: UUID | None = None
    finished_at: datetime | None = None
    signature: str | None = None
    content_hash: str = ""


class ChecklistAnswer(SQLModel, table=True):
    """One answer, one revision: append-only. `part_id` is the point or thing that is looked at; `level` how presence was shown (0 typed, 1
    scanned)."""

    __tablename__: ClassVar[str] = "checklist_answer"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    run_id: UUID = Field(foreign_key="checklist_run.id", index=True)
    part_id: UUID
    question_id: str
    revision: int
    answer: str
    value: str | None = None
    note: str = ""
    photos: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    level: int = 0
    person_id: UUID | None = None
    at: datetime
    op_id: UUID


database.append_only("checklist_version")
database.append_only("checklist_answer")


# ── what a version may say ──


class Text(BaseModel):
    """A sentence in the three languages."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    zh_hans: Sentence = Input(alias="zh-Hans")
    zh_hant: Sentence = Input(alias="zh-Hant")
    en: Sentence


class ShownWhen(BaseModel):
    model_config = ConfigDict(extra="forbid")
    question_id: Id
    verdict: Verdict


class Question(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
    id: Id
    text: Sentence | Text
    kind: Literal["check", "number", "choice", "text"]
    unit: Annotated[str, StringConstraints(max_length=20)] | None = None
    min: Number | None = None
    max: Number | None = None
    choices: tuple[Sentence, ...] | None = None
    failing: tuple[Sentence, ...] | None = None
    required: bool = True
    shown_when: ShownWhen | None = None
    clause: Annotated[str, StringConstraints(max_length=120)] | None = None


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")
    id: Id
    title: Sentence | Text
    questions: Annotated[tuple[Question, ...], Input(min_length=1, max_length=100)]


class Content(BaseModel):
    """The whole wording of a version; ids of questions are unique in it, a follow-up names an earlier question."""

    model_config = ConfigDict(extra="forbid")
    title: Sentence | Text
    sections: Annotated[tuple[Part, ...], Input(min_length=1, max_length=50)]
    source: Annotated[str, StringConstraints(max_length=300)] = ""
    standing: Literal["mandatory", "recommended", "superseded", ""] = ""
    reviewed_on: Annotated[str, StringConstraints(max_length=10)] = ""

    @model_validator(mode="after")
    def _ids(self) -> Content:
        seen: set[str] = set()
        for question in (q for section in self.sections for q in section.questions):
            if question.id in seen:
                raise ValueError("checklist.id_twice")
            if question.shown_when is not None and question.shown_when.question_id not in seen:
                raise ValueError("checklist.follow_up")
            if question.kind == "choice" and not question.choices:
                raise ValueError("checklist.no_choices")
            seen.add(question.id)
        return self


@dataclass(frozen=True, slots=True)
class AnswerView:
    """The answer that counts, with how many revisions stand behind it."""

    part_id: UUID
    question_id: str
    answer: str
    value: str | None
    note: str
    photos: tuple[str, ...]
    level: int
    person_id: UUID | None
    at: datetime
    revision: int

    def as_rule(self) -> dict[str, Any]:
        """As `checklist_rules` reads it."""
        return {"answer": self.answer, "value": self.value, "note": self.note, "photos": list(self.photos)}


# ── operations ──


class PublishChecklist(Operation):
    """A new version of the template with this key; the same content again publishes nothing."""

    key: Key
    content: Content


@operation(PublishChecklist, "checklist.publish", roles=EDITORS)
def publish(s: Session, do: PublishChecklist, by: Actor, at: datetime) -> dict[str, Any]:
    content = do.content.model_dump(mode="json", by_alias=True, exclude_none=True)
    found = s.execute(select(Checklist).where(col(Checklist.key) == do.key).with_for_update()).scalar_one_or_none()
    if found is None:
        found = Checklist(key=do.key)
        s.add(found)
        s.flush()
    digest = hash_of(content)
    if found.latest and version_of(s, found.id, found.latest).content_hash == digest:
        return {"checklist_id": found.id, "version": found.latest, "content_hash": digest}
    found.latest += 1
    s.add(
        ChecklistVersion(
            checklist_id=found.id, version=found.latest, content=content, content_hash=digest, published_by=by.person_id, published_at=at
        )
    )
    touch(s, "checklist", found.id)
    return {"checklist_id": found.id, "version": found.latest, "content_hash": digest}


# ── for sections ──


def find(s: Session, key: str) -> Checklist:
    """The template of a key, or Refused checklist.not_found."""
    found: Checklist | None = s.execute(select(Checklist).where(col(Checklist.key) == key)).scalar_one_or_none()
    if found is None:
        raise Refused("checklist.not_found")
    return found


def version_of(s: Session, checklist_id: UUID, version: int) -> ChecklistVersion:
    """One version, or Refused checklist.version_unknown."""
    found: ChecklistVersion | None = s.execute(
        select(ChecklistVersion).where(col(ChecklistVersion.checklist_id) == checklist_id, col(ChecklistVersion.version) == version)
    ).scalar_one_or_none()
    if found is None:
        raise Refused("checklist.version_unknown", version=version)
    return found


def latest(s: Session, checklist_id: UUID) -> ChecklistVersion:
    """The version that new runs use."""
    found = s.get(Checklist, checklist_id)
    if found is None or not found.latest:
        raise Refused("checklist.not_found")
    return version_of(s, checklist_id, found.latest)


def start(s: Session, run_id: UUID, checklist_id: UUID, version: int, subject: tuple[str, UUID], by: Actor, at: datetime) -> ChecklistRun:
    """Begin a run on a version; the same run begun twice is the same run. Refuses: checklist.version_unknown, checklist.run_taken"""
    run = s.get(ChecklistRun, run_id)
    if run is not None:
        if run.checklist_id != checklist_id or run.subject_id != subject[1]:
            raise Refused("checklist.run_taken")
        return run
    pinned = version_of(s, checklist_id, version)
    run = ChecklistRun(
        id=run_id, checklist_id=checklist_id, version=version, subject_kind=subject[0], subject_id=subject[1], started_by=by.person_id,
        started_at=at,
        content_hash=pinned.content_hash,
    )  # fmt: skip
    s.add(run)
    s.flush()
    return run


def add_answer(
    s: Session, run: ChecklistRun, part_id: UUID, question_id: str, *, answer: str, value: str | None, note: str, photos: Sequence[str],
    level: int,
    by: Actor, at: datetime,
) -> ChecklistAnswer:  # fmt: skip
    """One more revision of an answer."""
    before = s.execute(
        select(func.max(ChecklistAnswer.revision)).where(
            col(ChecklistAnswer.run_id) == run.id, col(ChecklistAnswer.part_id) == part_id, col(ChecklistAnswer.question_id) == question_id
        )
    ).scalar_one()
    row = ChecklistAnswer(
        run_id=run.id, part_id=part_id, question_id=question_id, revision=(before or 0) + 1, answer=answer, value=value, note=note,
        photos=list(photos),
        level=level, person_id=by.person_id, at=at, op_id=current_op_id(s),
    )  # fmt: skip
    s.add(row)
    s.flush()
    return row


def answers(s: Session, run_id: UUID) -> dict[UUID, dict[str, AnswerView]]:
    """The answers that count, by part and question. By the phone's moment: an older answer that arrives later does not win."""
    found: dict[UUID, dict[str, AnswerView]] = {}
    rows = s.execute(
        select(ChecklistAnswer)
        .where(col(ChecklistAnswer.run_id) == run_id)
        .order_by(col(ChecklistAnswer.at), col(ChecklistAnswer.revision))
    )
    for row in rows.scalars():
        found.setdefault(row.part_id, {})[row.question_id] = AnswerView(
            row.part_id, row.question_id, row.answer, row.value, row.note, tuple(row.photos), row.level, row.person_id, row.at, row.revision
        )
    return found


def revisions(s: Session, run_id: UUID) -> list[ChecklistAnswer]:
    """Every revision of every answer, in the order they came."""
    return list(s.execute(select(ChecklistAnswer).where(col(ChecklistAnswer.run_id) == run_id).order_by(col(ChecklistAnswer.id))).scalars())


def questions(content: Mapping[str, Any], language: str) -> list[dict[str, Any]]:
    """All questions of a version in order, their wording in one language, as phone and rules read them."""
    return [
        {
            "id": q["id"], "text": said(q["text"], language), "kind": q["kind"], "unit": q.get("unit"), "min": q.get("min"),
            "max": q.get("max"),
            "choices": q.get("choices"), "failing": q.get("failing"), "required": q.get("required", True),
            "shown_when": q.get("shown_when"),
        }
        for section in content["sections"] for q in section["questions"]
    ]  # fmt: skip


def verdict(content: Mapping[str, Any], question_id: str, answer: Mapping[str, Any]) -> Verdict | None:
    """What an answer to a question of this version says. Refuses: checklist.question_unknown"""
    for question in questions(content, LANGUAGES[0]):
        if question["id"] == question_id:
            return checklist_rules.verdict(question, answer)
    raise Refused("checklist.question_unknown", question=question_id)


def missing(content: Mapping[str, Any], given: Mapping[str, AnswerView]) -> tuple[Gap, ...]:
    """What one part of a run still misses."""
    return checklist_rules.missing(questions(content, LANGUAGES[0]), {key: view.as_rule() for key, view in given.items()})


def said(text: Any, language: str) -> str:
    """A TEXT of a template in a language."""
    if isinstance(text, Mapping):
        return str(text.get(language) or text[LANGUAGES[0]])
    return str(text)


def hash_of(content: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical form of a content: what a report prints beside the version."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def counted(parts: Iterable[UUID], given: Mapping[UUID, Mapping[str, AnswerView]]) -> tuple[list[UUID], list[UUID]]:
    """Parts with at least one answer, and parts nobody looked at."""
    everywhere = list(parts)
    return [part for part in everywhere if given.get(part)], [part for part in everywhere if not given.get(part)]
