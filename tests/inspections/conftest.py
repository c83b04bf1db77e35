"""A round of two extinguisher points, for every test here."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

import pytest

from core.foundation import clock
from core.foundation.ids import uuid7
from core.mechanisms import checklists
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import Actor, Outcome
from core.sections import inspections
from core.sections.inspections import AnswerQuestion, FinishInspection, PlanInspection, StartInspection
from tests.cast import Office

PHOTO = hashlib.sha256(b"a gauge in the red").hexdigest()
SIGNATURE = hashlib.sha256(b"Sun Li").hexdigest()


@dataclass(slots=True)
class Round:
    """The monthly extinguisher round of the test office: two points, hazards go to Wu."""

    office: Office
    id: UUID
    points: list[UUID]
    codes: list[str]
    questions: list[str]
    runs: list[UUID] = field(default_factory=list)

    def start(self, by: Actor | None = None, *, version: int = 1, at: datetime | None = None) -> UUID:
        run_id = uuid7()
        self.office.do(StartInspection(run_id=run_id, inspection_id=self.id, template_version=version), by or self.office.sun, at=at)
        self.runs.append(run_id)
        return run_id

    def answer(
        self,
        run_id: UUID,
        point: int,
        question: str,
        said: str = "pass",
        *,
        by: Actor | None = None,
        at: datetime | None = None,
        **more: Any,
    ) -> Any:
        more.setdefault("scanned_code", self.codes[point])
        do = AnswerQuestion(run_id=run_id, point_id=self.points[point], question_id=question, answer=said, **more)
        return self.office.do(do, by or self.office.sun, at=at)

    def all_good(self, run_id: UUID, *points: int, but: tuple[str, ...] = (), at: datetime | None = None) -> None:
        for point in points:
            for question in self.questions:
                if question not in but:
                    self.answer(run_id, point, question, at=at)

    def finish(self, run_id: UUID, by: Actor | None = None, *, at: datetime | None = None, reason: str = "") -> Any:
        return self.office.do(FinishInspection(run_id=run_id, signature=SIGNATURE, reason=reason), by or self.office.sun, at=at)

    def finish_refused(self, run_id: UUID) -> Outcome:
        return self.office.refused(FinishInspection(run_id=run_id, signature=SIGNATURE), self.office.sun)

    def walk(self, *, at: datetime | None = None, fail: str | None = None) -> UUID:
        """A whole round: everything good, or one question failed at the first point with photo and note."""
        run_id = self.start(at=at)
        self.all_good(run_id, 0, but=(fail,) if fail else (), at=at)
        if fail:
            self.answer(run_id, 0, fail, "fail", note="指针到红区", photos=(PHOTO,), at=at)
        self.all_good(run_id, 1, at=at)
        self.finish(run_id, at=at)
        return run_id


def plan_round(office: Office, **more: Any) -> Round:
    """Plan it; the points are two places that carry labels."""
    spots = [office.place("三楼东楼梯口", "point", office.places["三楼"]), office.place("机房门口", "point", office.places["三楼"])]
    codes = [office.label(SubjectKind.PLACE, spot) for spot in spots]
    given = {"cadence": "monthly", "day": 31, "starts_on": date(2026, 1, 1), **more}
    do = PlanInspection(
        title="灭火器月检", checklist="extinguisher_month", place_ids=tuple(spots), hazard_owner_id=office.wu.person_id, **given
    )
    made = office.do(do, office.sun)
    wording = inspections.packs()["extinguisher_month"].model_dump(mode="json", by_alias=True)
    questions = [question["id"] for question in checklists.questions(wording, "en")]
    return Round(office, UUID(made["inspection_id"]), [UUID(point) for point in made["point_ids"]], codes, questions)


@pytest.fixture
def round_(office: Office) -> Round:
    """The monthly round, due on the 30th of November; the clock stands at Monday the 23rd."""
    assert clock.today() == date(2026, 11, 23)
    return plan_round(office)
