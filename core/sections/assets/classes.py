"""Asset classes: a starting table of some forty office classes (GB/T 14885-2022, norms.md 6).

A code is opaque here: the field takes any code, this table only gives it a name. Compare it with the standard in force before
reporting by class.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from core.foundation.i18n import LANGUAGES

TABLE = Path(__file__).with_name("classes.csv")


@dataclass(frozen=True, slots=True)
class AssetClass:
    """`names` by language; `least_years` is the least life in years that public bodies count with."""

    code: str
    names: dict[str, str]
    least_years: int


@lru_cache(maxsize=1)
def table() -> dict[str, AssetClass]:
    """Every class by its code, in order of code."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = [
            AssetClass(row["code"], {language: row[language] for language in LANGUAGES}, int(row["least_years"]))
            for row in csv.DictReader(file)
        ]
    return {row.code: row for row in sorted(rows, key=lambda row: row.code)}


def name(code: str, language: str) -> str:
    """The name of a class, or the code itself when the table does not know it."""
    found = table().get(code)
    return found.names[language] if found else code
