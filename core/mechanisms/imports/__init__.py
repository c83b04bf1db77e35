"""Bringing lists in: a file becomes rows, each row is checked, shown, then done as one operation (Things 10; T31, T32, T34).

A part declares an `Importer`: its columns, recognised by their headings in three languages, and how a row becomes an operation.
A dry run and a real run share everything: the same plan, and the same operations, which the dry run performs in a transaction that is then
rolled back.
So the numbers shown are the numbers done. Before the rows of a real run are performed, what they will change is noted (`import_line`),
so that `import.undo` can give the old values back; a value somebody changed since is left alone.

A heading we do not know may be mapped by a person, which is remembered for files with the same headings (`mappings`); other programs' own files
are known by their headings (`Dialect`). A run can be stopped between two chunks.

Split by ability: `declared`, `mappings`, `sheet` (from file to steps), `runs`, `history` (what undo needs), `lists` (people, departments, places).
"""

from core.mechanisms.imports.declared import (
    Change,
    Dialect,
    Heading,
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
from core.mechanisms.imports.mappings import ImportMapping, RememberMapping, remember
from core.mechanisms.imports.runs import carry_out, described, dry_run, headings, rehearse, run, run_file, stop, undo
from core.mechanisms.imports.sheet import Found, Planned, Sheet

__all__ = [
    "DEPARTMENTS", "PEOPLE", "PLACES", "Change", "Dialect", "Found", "Heading", "ImportColumn", "ImportLine", "ImportMapping", "ImportRun", "Importer",
    "Planned", "Problem", "RememberMapping", "Report", "RowError", "RowOutcome", "Sheet", "Step", "Undone", "begin", "carry_out", "described", "dry_run",
    "headings", "importer", "importers", "include", "last_runs", "note_lines", "rehearse", "remember", "run", "run_file", "stop", "undo", "undo_import",
]  # fmt: skip
