"""The house keeps its shape: arrows point down, catalogues agree, marks name real requirements (house.md §2, §8)."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from uuid import UUID

import pytest

import main
from core.foundation import i18n
from core.mechanisms import operations
from tests import coverage_map

ROOT = Path(__file__).parents[2]
CODE = ("core", "assets_labels", "kiosk", "mobile")

# What a room may import beside itself. `assets_labels` may read sections; `core/web` may read mechanisms; the two faces never meet.
MAY_IMPORT = {
    "core.foundation": set(),
    "core.mechanisms": {"core.foundation"},
    "core.sections": {"core.foundation", "core.mechanisms"},
    "core.demo": {"core.foundation", "core.mechanisms", "core.sections"},
    "core.web": {"core.foundation", "core.mechanisms"},
    "assets_labels": {"core.foundation", "core.mechanisms", "core.sections"},
    "kiosk": {"core.foundation", "core.mechanisms", "core.sections", "core.web", "assets_labels"},
    "mobile": {"core.foundation", "core.mechanisms", "core.sections", "core.web", "assets_labels"},
}

# Where the guide itself says that one section uses another (house.md §2).
SECTION_PAIRS = {
    ("bookings", "rooms"),  # a booking is of a room
    ("roomcare", "rooms"),  # a room is prepared, restored, repaired (S1.3-R4 … R8)
    ("roomcare", "assets"),  # … a device that waits for its repair is missing in its room (S1.3-R5)
    ("roomcare", "bookings"),  # … for its meetings, and before the next one
    ("visits", "bookings"),  # a meeting brings visits; a visit needs no meeting (pitfall V37)
    ("stocktakes", "assets"),  # a stock-take counts assets and posts to them
    ("stocktakes", "supplies"),  # … and supplies
    ("supplies", "suppliers"),  # an order goes to a supplier, whose score is what came of it (S1.2-R4, S1.2-R10)
    ("rollcall", "visits"),  # a roll call finds visitors (S3.1-R7)
    ("rollcall", "bookings"),  # … and who checked in to rooms
    ("reception", "visits"),  # the guests of a plan become planned visits, their check-in starts it (S3.1-R1, R5)
    ("reception", "bookings"),  # … and a line may have a room (S3.1-R3)
}
# Columns that sound like a visitor's name, phone, address, picture or drawing and are none (forgets.py): the table, or "table.column" → what it holds.
NAMES_NO_VISITOR = {
    "asset": "things",
    "asset_class": "kinds of things",
    "asset_field": "kinds of facts about things",
    "asset_repair.vendor_contact": "the firm that repairs, for as long as the thing's history",
    "booking_attendee": "who is asked to a meeting, forgotten with the meeting's own record",
    "calendar_day": "holidays",
    "calendar_key": "programs that read a calendar",
    "calendar_source": "calendar servers",
    "certificate.subject_name": "whom a certificate is about: the office's numbered register, kept on purpose",
    "certificate.text": "the words of a certificate",
    "contact": "people outside whom the office keeps in touch with: its address book, no visits",
    "contact_org": "organisations outside",
    "checklist_run.signature": "the hash of a member's signature",
    "delivery_pass": "whom a member lets take a parcel: emptied by delivery.erase with the delivery",
    "delivery": "who brought and took pieces, and how they signed: emptied by delivery.erase after the same keeping time",
    "department": "parts of the office",
    "device": "the office's own screens",
    "device_contact": "network addresses of the office's own screens; their picture is drawn over within a minute",
    "equipment_item": "kinds of equipment",
    "handover_signing": "members of the office who took a thing",
    "import_run.file_name": "files of people, places and things",
    "kiosk_picture": "the office's own pictures",
    "label_paper": "papers",
    "lost_item": "who fetched what they had lost signed for it: the office's proof, not a visit's",
    "lost_search": "what somebody looks for, told by themself: forgotten with its own days",
    "office": "the office itself",
    "printer": "printers of the office",
    "person": "members of the office",
    "place": "rooms and floors",
    "supplier": "firms the office buys from, and whom to ask there",
    "preference": "choices of members for a screen",
    "purpose": "kinds of meetings",
    "reception_visit": "which guest of a plan became which visit: ids and a day, the guest's own row is cleared",
    "room": "rooms",
    "stocktake_line": "things",
    "supply": "things",
    "visitor_type": "kinds of visitors",
}
PERSONAL = re.compile(
    r"(^|_)(name|names|phone|mobile|email|mail|address|company|firm|contact|guest|guests|visitor|visitors|leader|claimer|holder|courier|bearer"
    r"|strokes|signature|picture|photo|id_number|plate|pinyin|initials)(_sha256)?$"
)
NICEGUI_ROOMS = {"core.web", "kiosk", "mobile"}
COLOUR = re.compile(r"#[0-9a-fA-F]{3}(?:[0-9a-fA-F]{3})?\b(?!;)")


def files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted(path for path in (ROOT / folder).rglob("*.py") if "versions" not in path.parts)


def room_of(module: str) -> str | None:
    parts = module.split(".")
    if parts[0] == "core":
        return ".".join(parts[:2]) if len(parts) > 1 else None
    return parts[0] if parts[0] in CODE else None


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def test_arrows_point_down() -> None:
    wrong = []
    for path in files(*CODE):
        here = room_of(module_name(path))
        if here is None:
            continue
        for module in imports(path):
            there = room_of(module)
            if there is not None and there != here and there not in MAY_IMPORT[here]:
                wrong.append(f"{path.relative_to(ROOT)} imports {module}")
            if module == "main" or module.startswith(("tests", "bench")):
                wrong.append(f"{path.relative_to(ROOT)} imports {module}")
    assert wrong == []


def test_sections_call_each_other_only_where_the_guide_says_so() -> None:
    wrong = set()
    for path in files("core/sections"):
        mine = path.relative_to(ROOT / "core/sections").parts[0].removesuffix(".py")
        for module in imports(path):
            parts = module.split(".")
            if (
                parts[:2] == ["core", "sections"]
                and len(parts) > 2
                and parts[2] != mine
                and (ROOT / "core/sections" / parts[2]).with_suffix(".py").exists() | (ROOT / "core/sections" / parts[2]).is_dir()
                and (mine, parts[2]) not in SECTION_PAIRS
            ):
                wrong.add(f"{mine} → {parts[2]}")
    assert wrong == set()


def test_only_the_faces_know_nicegui() -> None:
    assert [
        f"{p}: {m}"
        for p in files(*CODE)
        for m in imports(p)
        if m.split(".")[0] == "nicegui" and room_of(module_name(p)) not in NICEGUI_ROOMS
    ] == []


def test_nothing_but_perform_opens_a_write_transaction() -> None:
    """Operations get a session; only the platform's own bookkeeping opens one."""
    allowed = {"core/foundation/database.py", "core/foundation/migrations/__init__.py", "core/mechanisms/operations/performing.py"}
    bookkeeping = {
        "core/mechanisms/audit.py",
        "core/mechanisms/people/signing.py",
        "core/mechanisms/devices.py",
        "core/mechanisms/notices/sending.py",
        "core/mechanisms/attachments.py",
        "core/mechanisms/drafts.py",
        "core/mechanisms/imports/runs.py",
        "core/mechanisms/printers/sending.py",  # like notices: a job is claimed and its end noted around a call outside
    }
    found = {
        str(path.relative_to(ROOT)) for path in files(*CODE) if re.search(r"database\.writing\(\)|foyer_write\b", path.read_text("utf-8"))
    }
    assert found <= allowed | bookkeeping, found - allowed - bookkeeping


def test_no_colours_in_python() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match}"
        for path in files("core", "kiosk", "mobile")
        for match in COLOUR.findall(path.read_text("utf-8"))
    ]
    assert found == []


@pytest.mark.proves("X3")
def test_every_sentence_stands_in_all_three_languages_with_the_same_facts() -> None:
    catalogues = {language: i18n.catalogue(language) for language in i18n.LANGUAGES}
    keys = {language: set(catalogue) for language, catalogue in catalogues.items()}
    for language in i18n.LANGUAGES[1:]:
        assert keys[language] ^ keys["zh-Hans"] == set(), language
    wrong = []
    for key in keys["zh-Hans"]:
        facts = [
            {name for form in (m if isinstance(m, tuple) else (m,)) for name in re.findall(r"\{(\w+)\}", form)}
            for m in (c[key] for c in catalogues.values())
        ]
        if any(
            found - set.union(*facts[:2]) for found in facts
        ):  # a language may leave a fact out, none may name one the others don't know
            wrong.append(key)
        if any(not (m[0] if isinstance(m, tuple) else m) for m in (c[key] for c in catalogues.values())):
            wrong.append(f"{key} is empty")
    assert wrong == []


def test_every_key_the_code_speaks_exists() -> None:
    known = i18n.catalogue("zh-Hans")
    missing = set()
    for path in files(*CODE):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str):
                name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr if isinstance(node.func, ast.Attribute) else ""
                key = node.args[0].value
                if (
                    name in ("_", "t", "Refused", "Invalid", "Problem")
                    and re.fullmatch(r"[a-z_]+(\.[a-z_0-9]+)+", key)
                    and key not in known
                ):
                    missing.add(f"{path.relative_to(ROOT)}: {key}")
    assert missing == set()


@pytest.mark.proves("X1", "X3")
def test_everything_that_can_be_done_has_words_in_the_audit_trail() -> None:
    """A manager who reads the trail reads `Asset handed over`, never `asset.hand_over`; the same for what it was done to."""
    main.include_core()
    known = i18n.catalogue("zh-Hans").keys()
    ours = [kind for kind in operations.kinds() if not kind.startswith("test.")]  # what another test has made up
    assert [kind for kind in ours if f"audit.kind.{kind}" not in known] == []
    subjects = set()
    for path in files("core"):
        tree = ast.parse(path.read_text("utf-8"))
        names = {
            target.id: node.value.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "touch" and len(node.args) > 2:
                for part in ast.walk(node.args[1]):
                    subjects.add(
                        part.value if isinstance(part, ast.Constant) else names.get(part.id) if isinstance(part, ast.Name) else None
                    )
    assert {"asset", "reception"} <= subjects
    assert [subject for subject in subjects if isinstance(subject, str) and f"audit.subject.{subject}" not in known] == []


def test_traditional_chinese_is_edited_not_copied() -> None:
    """Signs that exist only in the simplified script must not stand in the traditional catalogue."""
    only_simplified = set(
        "们这为来说时个国会对开关门问间见电话号码东车书写买卖单双图标签录传备处复实际际样种条务员报销档办领还没让请谁认证误读语记设计访许论议该详语课调谢谈"
    )
    only_simplified -= set("没准")  # 没 stays as a variant in use
    offending = {
        key: sorted(set(text if isinstance(text, str) else "".join(text)) & only_simplified)
        for key, text in i18n.catalogue("zh-Hant").items()
    }
    assert {key: signs for key, signs in offending.items() if signs} == {}


def test_marks_name_requirements_that_exist() -> None:
    known = coverage_map.requirements()
    assert {mark: tests for mark, tests in coverage_map.proofs().items() if mark not in known} == {}


def test_the_project_speaks_of_itself_alone() -> None:
    """No package host, no machine path, also not in the lock files."""
    hosts = re.compile(
        "|".join(
            (
                "py" + r"pi\.org",
                "python" + "hosted",
                r"npm" + r"js\.(org|com)",
                "deb" + r"ian\.org",
                "/wor" + "k/",
                "jsde" + "livr",
                "unp" + "kg",
            )
        )
    )
    found = []
    for path in ROOT.rglob("*"):
        inside = path.relative_to(ROOT).parts
        if (
            path.is_file()
            and not {
                ".git",
                ".venv",
                "vendor",
                "node_modules",
                "data",
                "demo-data",
                "__pycache__",
                ".hypothesis",
                ".mypy_cache",
                ".ruff_cache",
                ".pytest_cache",
            }
            & set(inside)
            and (
                path.suffix in {".py", ".js", ".css", ".md", ".toml", ".lock", ".po", ".sh", ".html", ".txt", ".csv"}
                or path.name == "Makefile"
            )
        ):
            text = path.read_text("utf-8", "replace")
            if hosts.search(text):
                found.append(f"{path.relative_to(ROOT)}: {hosts.search(text)[0]}")  # type: ignore[index]
    assert found == []


@pytest.mark.proves("S3.1-R1")
def test_every_table_that_names_a_visitor_says_how_it_forgets_one() -> None:
    """A column that sounds like a person's, and every table that knows a visit, is cleared by a forgetter (core/mechanisms/forgets.py) or declared above."""
    from sqlmodel import SQLModel

    import main
    from core.mechanisms import forgets

    main.include_core()
    cleared = forgets.columns()
    tables = SQLModel.metadata.tables
    missing = []
    for table in tables.values():
        if table.name in NAMES_NO_VISITOR:
            continue
        texts = {
            column.name
            for column in table.columns
            if not column.foreign_keys and column.type.python_type not in (UUID, datetime, bool, int)
        }
        found = {f"{table.name}.{name}" for name in texts if PERSONAL.search(name)}
        missing += sorted(found - cleared - NAMES_NO_VISITOR.keys())
        knows_a_visit = any(column.name in ("visit_id", "guest_id", "visitor_id") for column in table.columns)
        if knows_a_visit and texts and not any(column.startswith(f"{table.name}.") for column in cleared):
            missing.append(f"{table.name} (knows a visit)")
    assert missing == [], "say how these forget a visitor (core/mechanisms/forgets.py), or declare them in NAMES_NO_VISITOR"
    known = {f"{table.name}.{column.name}" for table in tables.values() for column in table.columns}
    assert cleared <= known, "these are cleared, but there is no such column"
    assert {name for name in NAMES_NO_VISITOR if name not in known and name not in tables} == set()


@pytest.mark.proves("V33")
def test_whoever_makes_a_visit_asks_the_block_list() -> None:
    """A module of a section that makes a named visit calls `holding.stops` before anything is told, printed or numbered (pitfall V33)."""
    missing = []
    for path in files("core/sections"):
        text = path.read_text("utf-8")
        makes = any(
            isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Visit" and node.keywords
            for node in ast.walk(ast.parse(text))
        )
        if makes and "holding.stops(" not in text:
            missing.append(str(path.relative_to(ROOT)))
    assert missing == []


MARKS = sorted(
    {found for path in files("core") for found in re.findall(r"\.(__[a-z_]+__) = ", path.read_text("utf-8"))} - {"__inner__", "__guarded__"}
)


def test_no_operation_job_or_hook_is_left_behind_in_a_package() -> None:
    """`include` sees what a part's own module names: a function that a package forgot to name would silently never run."""
    marked, known = set(), set()
    for name in sorted({module_name(path) for path in files("core/mechanisms", "core/sections")}):
        for value in vars(importlib.import_module(name)).values():
            marked |= {(mark, value.__module__, value.__name__) for mark in MARKS if callable(value) and hasattr(value, mark)}
    for part in (*main.MECHANISMS, *main.SECTIONS, main.stocktake_telling):
        for value in vars(part).values():
            known |= {(mark, value.__module__, value.__name__) for mark in MARKS if callable(value) and hasattr(value, mark)}
    assert len(known) > 300 and sorted(marked - known) == []
