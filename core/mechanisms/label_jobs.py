"""The print log of labels: which were printed when, by whom, on which paper and printer, and why again (scenario Things 2). Append-only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints
from sqlalchemy import case, func, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import database
from core.foundation.errors import Refused
from core.foundation.ids import uuid7
from core.mechanisms import printers
from core.mechanisms.labels import LABEL_MAKERS, Code, Label, SubjectKind, read_code, shown
from core.mechanisms.operations import Actor, Operation, current_op_id, operation, touch
from core.mechanisms.people import Person

PASSING = (
    SubjectKind.VISIT,
    SubjectKind.DELIVERY,
    SubjectKind.LOST,
)  # their labels are printed at the kiosk or the desk, once, as they come


class LabelPrint(SQLModel, table=True):
    """Which label was printed when, by whom, on which sheet. `job_id` is the operation that noted it; `reason` says why it was printed again."""

    __tablename__: ClassVar[str] = "label_print"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    code: str = Field(index=True)
    printed_at: datetime
    person_id: UUID | None = None
    template: str
    position: int
    job_id: UUID | None = Field(default=None, index=True)
    reason: str | None = None
    printer: str | None = None


database.append_only("label_print")


class NotePrints(Operation):
    """`start` is the first cell; `reason` is asked for labels that were printed before."""

    codes: Annotated[list[Code], Input(min_length=1, max_length=10_000)]
    template: str
    start: int = 1
    reason: Annotated[str, StringConstraints(max_length=200)] = ""
    printer: Annotated[str, StringConstraints(max_length=60)] = ""


@operation(NotePrints, "label.note_prints", roles=LABEL_MAKERS)
def note_prints(s: Session, do: NotePrints, by: Actor, at: datetime) -> dict[str, Any]:
    """Remember who printed which labels where. Refuses: label.unknown"""
    codes = [read_code(text) for text in do.codes]
    missing = set(codes) - set(s.execute(select(col(Label.code)).where(database.among(col(Label.code), codes))).scalars())
    if missing:
        raise Refused("label.unknown", code=shown(min(missing)))
    job = current_op_id(s)
    s.add_all(
        LabelPrint(
            code=code, printed_at=at, person_id=by.person_id, template=do.template, position=do.start + i, job_id=job, reason=do.reason or None,
            printer=do.printer or None,
        )
        for i, code in enumerate(codes)
    )  # fmt: skip
    touch(s, "label", codes[0])
    return {"printed": len(codes), "job_id": job}


class PrintLabels(NotePrints):
    """The same labels out of a printer set up on the server; `language` is that of the words on them."""

    codes: Annotated[list[Code], Input(min_length=1, max_length=1_000)]
    printer_id: UUID
    language: Annotated[str, StringConstraints(pattern="^(zh-Hans|zh-Hant|en)$")] = "zh-Hans"


@operation(PrintLabels, "label.print", roles=LABEL_MAKERS)
def print_labels(s: Session, do: PrintLabels, by: Actor, at: datetime) -> dict[str, Any]:
    """Note the print and line it up; the sheet is drawn and read back when the printer takes it. Answers `{printed, job_id}`.

    Refuses: label.unknown, printer.not_found, printer.other_paper"""
    printer = printers.get(s, do.printer_id)
    if printer.paper != do.template:
        raise Refused("printer.other_paper", printer=printer.name)
    noted = note_prints(s, NotePrints(codes=do.codes, template=do.template, start=do.start, reason=do.reason, printer=printer.name), by, at)
    recipe = {"codes": [read_code(text) for text in do.codes], "template": do.template, "start": do.start, "language": do.language}
    job = printers.queue(s, printer, "labels", recipe, by, at, reason=do.reason)
    return {"printed": noted["printed"], "job_id": job.id}


@dataclass(frozen=True, slots=True)
class Job:
    """One print job of the log. `first` is the code in its first cell; `passing`: labels of what comes and goes (badges, parcels), printed where it comes."""

    id: UUID | None
    printed_at: datetime
    who: str
    template: str
    printer: str
    reason: str
    count: int
    first: str
    passing: bool = False


def jobs(s: Session, *, limit: int = 50, before: datetime | None = None, passing: bool | None = None) -> list[Job]:
    """The last print jobs, newest first; with `passing` only those of what comes and goes, or only the others."""
    p = LabelPrint
    goes = func.max(case((col(Label.subject_kind).in_(PASSING), 1), else_=0))
    query = (
        select(
            col(p.job_id), col(p.printed_at), func.coalesce(Person.name, ""), col(p.template), func.coalesce(func.max(p.printer), ""),
            func.coalesce(func.max(p.reason), ""), func.count(), func.min(p.position), goes,
        )
        .outerjoin(Person, col(Person.id) == p.person_id).outerjoin(Label, col(Label.code) == col(p.code))
        .group_by(col(p.job_id), col(p.printed_at), col(Person.name), col(p.template))
        .order_by(col(p.printed_at).desc()).limit(limit)
    )  # fmt: skip
    if before is not None:
        query = query.where(col(p.printed_at) < before)
    if passing is not None:
        query = query.having(goes == int(passing))
    found = list(s.execute(query))
    ids, cells = {row[0] for row in found}, {row[7] for row in found}
    starts = select(col(p.job_id), col(p.position), col(p.code)).where(col(p.job_id).in_(ids), col(p.position).in_(cells))
    first = {(job, position): code for job, position, code in s.execute(starts)}
    return [
        Job(job, at, who, template, printer, reason, count, first.get((job, cell), ""), bool(passes))
        for job, at, who, template, printer, reason, count, cell, passes in found
    ]


def codes_of_job(s: Session, job_id: UUID) -> list[str]:
    """The codes of a job, in the order of its cells."""
    query = select(col(LabelPrint.code)).where(col(LabelPrint.job_id) == job_id).order_by(col(LabelPrint.position))
    return list(s.execute(query).scalars())


def prints_of(s: Session, codes: Sequence[str]) -> list[tuple[LabelPrint, str]]:
    """The print log of some codes with the name of who printed, newest first."""
    query = select(LabelPrint, func.coalesce(Person.name, "")).outerjoin(Person, col(Person.id) == LabelPrint.person_id)
    query = query.where(col(LabelPrint.code).in_(codes)).order_by(col(LabelPrint.printed_at).desc())
    return [(row, name) for row, name in s.execute(query)]


def printed_before(s: Session, codes: Sequence[str]) -> set[str]:
    """Those of the codes that were printed at least once."""
    return set(s.execute(select(col(LabelPrint.code)).where(database.among(col(LabelPrint.code), codes))).scalars())


def last_position(s: Session, template: str) -> int | None:
    """The cell of the last label printed on this paper, counted on over several sheets; None when there was none."""
    query = select(col(LabelPrint.position)).where(col(LabelPrint.template) == template)
    return s.execute(query.order_by(col(LabelPrint.printed_at).desc(), col(LabelPrint.position).desc()).limit(1)).scalar_one_or_none()
