"""Safety inspections 安全检查 (guide S4.2-R3, S4.2-R4; inspections.md; scenarios Floor 3–6).

Split by ability: `plans` (rounds, points, cadence, rule packs), `runs` (start, answer, finish; a fail becomes a duty), `reports` (rounds
now, and runs), `year` (the year grid), `hazards` (the chain of a hazard), `missed` (what the phone carries, what was never done). Wording and
answers are the checklists mechanism's, hazards are duties.
"""

from core.sections.inspections.hazards import Hazard, hazard, hazards
from core.sections.inspections.missed import MarkMissed, escalate_missed, for_phone, mark_missed
from core.sections.inspections.plans import (
    Cadence,
    ChangePoints,
    Inspection,
    InspectionPoint,
    InstallPack,
    PlanInspection,
    PointView,
    RetireInspection,
    change_points,
    due_dates,
    get,
    install_pack,
    packs,
    plan,
    points,
    retire,
)
from core.sections.inspections.reports import COLLECTION, RUNS, InspectionView, PointReport, RunReport, RunView, report, rounds, runs
from core.sections.inspections.runs import (
    AnswerQuestion,
    ExplainLate,
    FinishInspection,
    InspectionRun,
    StartInspection,
    answer,
    explain,
    finish,
    hazard_key,
    may_see_photos,
    start,
)
from core.sections.inspections.year import Box, GridRow, year_grid

__all__ = [
    "COLLECTION", "RUNS", "AnswerQuestion", "Box", "Cadence", "ChangePoints", "ExplainLate", "FinishInspection", "GridRow", "Hazard",
    "Inspection",
    "InspectionPoint", "InspectionRun", "InspectionView", "InstallPack", "MarkMissed", "PlanInspection", "PointReport", "PointView", "RetireInspection",
    "RunReport",
    "RunView", "StartInspection", "answer", "change_points", "due_dates", "escalate_missed", "explain", "finish", "for_phone", "get",
    "hazard",
    "hazard_key", "hazards", "install_pack", "mark_missed", "may_see_photos", "packs", "plan", "points", "report", "retire", "rounds",
    "runs", "start", "year_grid",
]  # fmt: skip
