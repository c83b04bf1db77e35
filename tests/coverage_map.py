"""`make coverage-map`: every guide row, scenario, pitfall, offline rule and bad input with the tests that prove it, and the ones nobody proves yet.

Reads the `@pytest.mark.proves(...)` marks from the test files' source; a mark on a class or `pytestmark` counts for all its tests.
"""

from __future__ import annotations

import ast
import csv
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Requirement:
    id: str
    kind: str
    text: str


def requirements() -> dict[str, Requirement]:
    """The ids that tests may name, copied once from the project's design texts."""
    with (HERE / "requirements.csv").open(encoding="utf-8", newline="") as file:
        return {row["id"]: Requirement(row["id"], row["kind"], row["text"]) for row in csv.DictReader(file)}


def proofs() -> dict[str, list[str]]:
    """Requirement id → the tests that prove it, as `file::test`."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(HERE.rglob("test_*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        whole_file = [
            mark for node in tree.body if isinstance(node, ast.Assign) and _names(node) == ["pytestmark"] for mark in _marks_in(node.value)
        ]
        for name, marks in _tests(tree.body, whole_file):
            for mark in marks:
                found[mark].append(f"{path.relative_to(HERE)}::{name}")
    return dict(found)


def _tests(body: list[ast.stmt], marks: list[str]) -> Iterator[tuple[str, list[str]]]:
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test"):
            yield node.name, marks + [mark for decorator in node.decorator_list for mark in _marks_in(decorator)]
        elif isinstance(node, ast.ClassDef):
            yield from (
                (f"{node.name}::{name}", inner)
                for name, inner in _tests(node.body, marks + [m for d in node.decorator_list for m in _marks_in(d)])
            )


def _marks_in(node: ast.AST) -> list[str]:
    return [
        argument.value
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "proves"
        for argument in call.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    ]


def _names(node: ast.Assign) -> list[str]:
    return [target.id for target in node.targets if isinstance(target, ast.Name)]


def main() -> int:
    known, proven = requirements(), proofs()
    for requirement in known.values():
        tests = proven.get(requirement.id, [])
        print(f"{requirement.id:14} {'proven' if tests else '      '} {requirement.text[:90]}")
        for test in tests:
            print(f"{'':14}        {test}")
    done = [r for r in known.values() if r.id in proven]
    print(f"\n{len(done)} of {len(known)} proven by {len({test for tests in proven.values() for test in tests})} tests. Not yet:")
    for kind in dict.fromkeys(r.kind for r in known.values()):
        print(f"  {kind}: {' '.join(r.id for r in known.values() if r.kind == kind and r.id not in proven)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
