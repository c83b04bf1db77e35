"""Foyer: the composition root and the table of contents. The only place that registers anything.

`main.py serve` (default) · `demo` · `migrate` · `backup FILE` · `restore FILE` · `import KIND FILE` · `labels …` · `audit verify` · `user add` · `device pair`
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import sys
from pathlib import Path
from types import ModuleType

from core.foundation import clock, database, jobs, live, migrations, settings
from core.foundation.errors import SetupError
from core.mechanisms import audit, devices, labels, office, operations, people, places, views

# ── the table of contents ──

MECHANISMS: tuple[ModuleType, ...] = (people, office, devices, places, labels, audit)
SECTIONS: tuple[ModuleType, ...] = ()


def include_core() -> None:
    """Operations, label describers, jobs and collections of every part."""
    parts = (*MECHANISMS, *SECTIONS)
    operations.include(*parts)
    labels.include(*parts)
    jobs.include(*parts)
    views.include(*parts)


def open_office(config: settings.Settings) -> None:
    """Connect the database, bring it up to date, know every part: what each command and the tests need."""
    clock.set_zone(config.timezone)
    operations.use_secret(config.secret())
    include_core()
    migrations.upgrade(database.connect(config.database_url))


if __name__ in {"__main__", "__mp_main__"}:
    from core.commands import run

    raise SystemExit(run(sys.argv[1:]))
