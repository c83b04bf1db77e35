"""`make bench`: runs every benchmark, prints `name value unit ratio reference` a line and writes `bench/results.json`.

A ratio always compares with a reference measured in the same run on the same machine; absolute figures are only shown. `python -m bench doors scans`
runs some of them.
"""

from __future__ import annotations

import argparse
import importlib
import json
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

PARTS = ("perform", "scans", "stocktakes", "bookings", "assets", "doors", "labels", "loads", "camera", "kiosk")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", default=list(PARTS), help=f"some of: {' '.join(PARTS)}")
    lines = []
    for part in parser.parse_args(arguments).parts:
        for name, value, unit, ratio, reference in importlib.import_module(f"bench.{part}").run():
            print(f"{name} {value:g} {unit} {'-' if ratio is None else format(ratio, '.3g')} {reference or '-'}", flush=True)
            lines.append({"part": part, "name": name, "value": value, "unit": unit, "ratio": ratio, "reference": reference})
    Path(__file__).with_name("results.json").write_text(
        json.dumps(
            {
                "at": datetime.now(UTC).isoformat(timespec="seconds"),
                "python": platform.python_version(),
                "machine": platform.machine(),
                "lines": lines,
            },
            indent=1,
        ),
        "utf-8",
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
