"""The figures of an approved stock-take, frozen: canonical JSON, its SHA-256, and the files drawn from it, each made once (Things 7, pitfalls T13, T15).

Everything stands in it by value, so that a later rename or disposal changes nothing: a file is drawn from the frozen text, never from the tables.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints
from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation.errors import Refused
from core.foundation.i18n import LANGUAGES
from core.mechanisms import office
from core.mechanisms.operations import Actor, Operation, as_json, operation, touch
from core.mechanisms.people import Person, department_names
from core.sections.stocktakes.gathering import place_names
from core.sections.stocktakes.lines import review
from core.sections.stocktakes.record import ReportFile, SealedReport, State, Stocktake
from core.sections.stocktakes.results import Line, Result, Review, Seen, Sums

FORMATS = ("pdf", "xlsx")
SCHEMA = 2  # 2: scope, sample, rounds, conditions and answers stand in it


def seal(s: Session, stocktake: Stocktake, result: Review, by: Actor, at: datetime) -> SealedReport:
    """Freeze the figures at approval."""
    text = canonical(content(s, stocktake, result, by, at))
    row = SealedReport(stocktake_id=stocktake.id, sealed_at=at, content=text, sha256=hashlib.sha256(text.encode()).hexdigest())
    s.add(row)
    return row


def canonical(value: Any) -> str:
    """One text for one content: sorted keys, no spaces, Unicode as it is."""
    return json.dumps(as_json(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def content(s: Session, stocktake: Stocktake, result: Review, by: Actor, at: datetime) -> dict[str, Any]:
    """What the report says: head, figures, every line (the matched ones too) with who counted what and when."""
    found = office.info(s)
    people = _names(s, [stocktake.opened_by_id, stocktake.closed_by_id, by.person_id])
    counters = sorted({seen.who for line in result.lines for seen in line.seen if seen.who})
    return {
        "schema": SCHEMA, "office": found.name if found else "", "stocktake_id": stocktake.id, "title": stocktake.title, "kind": stocktake.kind,
        "mode": stocktake.mode, "opened_at": stocktake.opened_at, "closed_at": stocktake.closed_at, "approved_at": at,
        "opened_by": people.get(stocktake.opened_by_id, ""), "closed_by": people.get(stocktake.closed_by_id, ""), "approved_by": people.get(by.person_id, ""),
        "override_reason": stocktake.override_reason, "counters": counters, "scope": _scope(s, stocktake), "frozen": stocktake.frozen,
        "population": stocktake.population, "sums": result.sums, "lines": [_line(line) for line in result.lines],
    }  # fmt: skip


def _scope(s: Session, stocktake: Stocktake) -> dict[str, Any]:
    """What was counted, by value, and the seed with which anyone can draw the sample again."""
    where = place_names(s, [UUID(one) for one in stocktake.place_ids])
    departments = department_names(s)
    return {
        "places": [where.get(UUID(one), "") for one in stocktake.place_ids], "departments": [departments.get(UUID(one), "") for one in stocktake.department_ids],
        "class_codes": stocktake.class_codes, "value_from_cents": stocktake.value_from_cents, "value_to_cents": stocktake.value_to_cents,
        "sample_count": stocktake.sample_count, "sample_percent": stocktake.sample_percent, "sample_seed": stocktake.sample_seed,
    }  # fmt: skip


def _line(line: Line) -> dict[str, Any]:
    first = line.first
    return {**as_json(line), "first_by": first.who if first else "", "first_at": as_json(first.at) if first else None}


def result_of(s: Session, stocktake: Stocktake) -> Review:
    """What stands: the frozen lines of an approved session, otherwise what is known now. The book that moves on never rewrites an old result (pitfall T13)."""
    if stocktake.state != State.APPROVED:
        return review(s, stocktake)
    frozen = json.loads(sealed(s, stocktake.id).content)
    return Review(tuple(_thawed(line) for line in frozen["lines"]), Sums(**frozen["sums"]))


def _thawed(line: dict[str, Any]) -> Line:
    line = {name: value for name, value in line.items() if name not in ("first_by", "first_at")}
    ids = {name: _id(line.get(name)) for name in ("line_id", "subject_id", "book_place_id", "found_place_id", "asked_id")}
    lists = {name: tuple(line[name]) for name in ("found_places", "flags", "photos")}
    seen = tuple(
        Seen(**{
            **one, **{name: _id(one[name]) for name in ("op_id", "place_id", "person_id", "device_id")},
            "at": datetime.fromisoformat(one["at"]), "received_at": datetime.fromisoformat(one["received_at"]),
        })
        for one in line["seen"]
    )  # fmt: skip
    return Line(**{**line, **ids, **lists, "seen": seen, "result": Result(line["result"])})


def _id(value: str | None) -> UUID | None:
    return UUID(value) if value is not None else None


def sealed(s: Session, stocktake_id: UUID) -> SealedReport:
    """The frozen figures. Refuses: stocktake.not_sealed"""
    row = s.get(SealedReport, stocktake_id)
    if row is None:
        raise Refused("stocktake.not_sealed")
    return row


# ── files ──


class FileReport(Operation):
    """Keep a drawn file of a sealed report. `data` is base64; it is not kept in the log, its hash is."""

    stocktake_id: UUID
    format: Annotated[str, StringConstraints(pattern="^(pdf|xlsx)$")]
    language: Annotated[str, StringConstraints(pattern="^(zh-Hans|zh-Hant|en)$")]
    sha256: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
    data: str = Input(exclude=True, repr=False)


@operation(FileReport, "stocktake.file_report", roles=set())
def file_report(s: Session, do: FileReport, by: Actor, at: datetime) -> dict[str, Any]:
    """The first file of a format and language stays; another is a quiet no-op. Refuses: stocktake.not_sealed, stocktake.file_damaged"""
    sealed(s, do.stocktake_id)
    present = file_of(s, do.stocktake_id, do.format, do.language)
    if present is None:
        data = base64.b64decode(do.data)
        if hashlib.sha256(data).hexdigest() != do.sha256:
            raise Refused("stocktake.file_damaged")
        s.add(ReportFile(stocktake_id=do.stocktake_id, format=do.format, language=do.language, sha256=do.sha256, data=data, made_at=at))
        touch(s, "stocktake", do.stocktake_id)
    return {"sha256": present.sha256 if present else do.sha256}


def file_of(s: Session, stocktake_id: UUID, format: str, language: str) -> ReportFile | None:
    """The file of a sealed report, or None while it has not been drawn."""
    query = select(ReportFile).where(
        col(ReportFile.stocktake_id) == stocktake_id, col(ReportFile.format) == format, col(ReportFile.language) == language
    )
    return s.execute(query.order_by(col(ReportFile.id)).limit(1)).scalar_one_or_none()


def to_draw(s: Session, *, limit: int = 20) -> list[tuple[UUID, str, str]]:
    """Sealed reports whose files are not made yet: (session, format, language)."""
    made = {
        (row.stocktake_id, row.format, row.language)
        for row in s.execute(select(ReportFile.stocktake_id, ReportFile.format, ReportFile.language))
    }
    wanted = [
        (stocktake_id, format, language)
        for stocktake_id in s.execute(select(col(SealedReport.stocktake_id)).order_by(col(SealedReport.sealed_at))).scalars()
        for language in LANGUAGES
        for format in FORMATS
    ]
    return [one for one in wanted if one not in made][:limit]


def _names(s: Session, ids: Sequence[UUID | None]) -> dict[UUID | None, str]:
    wanted = [person_id for person_id in ids if person_id is not None]
    return {row.id: row.name for row in s.execute(select(col(Person.id), col(Person.name)).where(col(Person.id).in_(wanted)))}
