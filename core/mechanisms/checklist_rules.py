"""What a checklist shows and what it still misses: pure functions, the same as in the floor app (`mobile/floor/static/rules.js`).

Both sides are proven by `tests/vectors/checklists.json`. A fail needs a photo and a note, "not applicable" a note (guide S4.2-R3; inspections.md
rows 3–5); a number outside its limits fails by itself. The template and the answers come in as the mappings that travel between phone and
server; nothing here reads the database.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Verdict = Literal["pass", "fail", "na"]
Need = Literal["answer", "photo", "note"]
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Gap:
    """One question and what it still needs."""

    question_id: str
    needs: tuple[Need, ...]


def _filled(value: Any) -> bool:
    return value is not None and str(value).strip() != ""


def verdict(question: Mapping[str, Any], answer: Mapping[str, Any] | None) -> Verdict | None:
    """What an answer says; None while there is none. A choice fails when it is among the question's `failing` ones."""
    if not answer:
        return None
    said = answer.get("answer")
    if said == "na":
        return "na"
    if question["kind"] == "check":
        return "pass" if said == "pass" else "fail" if said == "fail" else None
    value = answer.get("value")
    if not _filled(value):
        return None
    if question["kind"] == "number":
        return _number_verdict(question, str(value).strip())
    if question["kind"] == "choice":
        if value not in (question.get("choices") or ()):
            return None
        return "fail" if value in (question.get("failing") or ()) else "pass"
    return "fail" if said == "fail" else "pass"


def _number_verdict(question: Mapping[str, Any], text: str) -> Verdict | None:
    if not _NUMBER.fullmatch(text):
        return None
    number = float(text)
    if number in (float("inf"), float("-inf")):
        return None
    low, high = question.get("min"), question.get("max")
    if _filled(low) and number < float(str(low)):
        return "fail"
    if _filled(high) and number > float(str(high)):
        return "fail"
    return "pass"


def shown_questions(questions: Sequence[Mapping[str, Any]], answers: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    """Ids of the questions to show, in order: one with `shown_when {question_id, verdict}` appears only while that verdict stands."""
    verdicts: dict[str, Verdict | None] = {}
    for question in questions:
        when = question.get("shown_when")
        if when and verdicts.get(when["question_id"]) != when["verdict"]:
            continue
        verdicts[question["id"]] = verdict(question, answers.get(question["id"]))
    return tuple(verdicts)


def missing(questions: Sequence[Mapping[str, Any]], answers: Mapping[str, Mapping[str, Any]]) -> tuple[Gap, ...]:
    """What is missing among the shown questions, in order; empty when the checklist may be finished."""
    shown = set(shown_questions(questions, answers))
    gaps: list[Gap] = []
    for question in questions:
        if question["id"] not in shown:
            continue
        answer = answers.get(question["id"]) or {}
        said = verdict(question, answer)
        needs: list[Need] = []
        if said is None and question.get("required") is not False:
            needs.append("answer")
        if said == "fail" and not answer.get("photos"):
            needs.append("photo")
        if said in ("fail", "na") and not _filled(answer.get("note")):
            needs.append("note")
        if needs:
            gaps.append(Gap(question["id"], tuple(needs)))
    return tuple(gaps)
