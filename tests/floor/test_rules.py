"""The three rules that exist on phone and server agree: one vector file each, read by both sides."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from core.foundation.errors import Invalid
from core.mechanisms import labels
from core.mechanisms.checklist_rules import missing, shown_questions, verdict
from core.mechanisms.scan_rules import Scan, already_scanned

VECTORS = Path(__file__).parent.parent / "vectors"
NODE = shutil.which("node")


def cases(name: str) -> list[Any]:
    found = json.loads((VECTORS / name).read_text("utf-8"))["cases"]
    return [pytest.param(case, id=case["why"]) for case in found]


@pytest.mark.proves("T7", "T29", "T30", "T20", "SEC 1", "SEC 2", "SEC 6")
@pytest.mark.skipif(NODE is None, reason="node is not installed: the phone's rules are then proven by the browser tests alone")
def test_the_phone_answers_every_shared_case_as_written() -> None:
    assert NODE
    ran = subprocess.run(
        [NODE, str(Path(__file__).parent / "rules_against_vectors.mjs")], capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.skipif(NODE is None, reason="node is not installed: the phone's small parts are then proven by the browser tests alone")
@pytest.mark.proves("T22", "T29", "X2")
def test_the_phone_s_small_parts_do_what_they_say() -> None:
    """Held-still codes, wedge text, ids, hashes and the corrected clock."""
    assert NODE
    ran = subprocess.run([NODE, str(Path(__file__).parent / "small_parts.mjs")], capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("case", cases("label-codes.json"))
@pytest.mark.proves("T7", "T20")
def test_the_server_reads_a_label_code_as_the_phone_does(case: dict[str, Any]) -> None:
    if "code" in case:
        assert labels.read_code(case["text"]) == case["code"]
    else:
        with pytest.raises(Invalid) as err:
            labels.read_code(case["text"])
        assert err.value.code == case["error"]


@pytest.mark.parametrize("case", cases("checklists.json"))
@pytest.mark.proves("Floor 3", "S4.2-R3")
def test_the_server_asks_of_a_checklist_what_the_phone_asks(case: dict[str, Any]) -> None:
    questions, answers = case["questions"], case["answers"]
    assert list(shown_questions(questions, answers)) == case["shown"]
    assert [{"question_id": gap.question_id, "needs": list(gap.needs)} for gap in missing(questions, answers)] == case["missing"]
    by_id = {question["id"]: question for question in questions}
    assert {name: verdict(by_id[name], answers.get(name)) for name in case["shown"]} == case["verdicts"]


@pytest.mark.parametrize("case", cases("scanned-twice.json"))
@pytest.mark.proves("T5", "T7", "O13", "Things 2")
def test_the_server_sees_a_second_scan_as_the_phone_does(case: dict[str, Any]) -> None:
    seen = already_scanned([Scan(**event) for event in case["events"]], Scan(**case["scan"]))
    assert (seen.again, seen.times, seen.first, seen.elsewhere) == (case["again"], case["times"], case["first"], case["elsewhere"])
