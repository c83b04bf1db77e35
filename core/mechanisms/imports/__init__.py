"""Bringing lists in: a file becomes rows, each row is checked, shown, then done as one operation (Things 10; T31, T32, T34).

A part declares an `Importer`: its columns, recognised by their headings in three languages, and how a row becomes an operation.
A dry run and a real run share everything: the same plan, and the same operations, which the dry run performs in a transaction that is then
rolled back.
So the numbers shown are the numbers done. Before the rows of a real run are performed, what they will change is noted (`import_line`),
so that `import.undo` can give the old values back; a value somebody changed since is left alone.

Split by ability: `declared`, `sheet` (from file to steps), `runs`, `history` (what undo needs), `lists` (people, departments, places).
"""

from core.mechanisms.imports.declared import (
    Change,
    ImportColumn,
    Importer,
    Problem,
    Report,
    RowError,
    RowOutcome,
    Step,
    Undone,
    importer,
    importers,
    include,
)
from core.mechanisms.imports.history import ImportLine, ImportRun, begin, last_runs, note_lines, undo_import
from core.mechanisms.imports.lists import DEPARTMENTS, PEOPLE, PLACES
from core.mechanisms.imports.runs import described, dry_run, run, run_file, undo

__all__ = [
    "DEPARTMENTS", "PEOPLE", "PLACES", "Change", "ImportColumn", "ImportLine", "ImportRun", "Importer", "Problem", "Report", "RowError",
    "RowOutcome", "Step", "Undone", "begin", "described", "dry_run", "importer", "importers", "include", "last_runs", "note_lines", "run",
    "run_file", "undo", "undo_import",
]  # fmt: skip
