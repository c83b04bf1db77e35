"""axe-core on a page: the vendored checker of accessibility rules, for tests only (MPL-2.0, its licence lies beside it).

`python -m tests.kiosk.axe` fetches the pinned version again and keeps it only when its sums are right; `--check` compares without a network.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from mobile.floor.vendor import Package, fetch, sha256

TARGET = Path(__file__).parent / "vendor"
PACKAGE = Package(
    "axe-core",
    "4.14.1",
    {
        "axe.min.js": ("axe.min.js", "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"),
        "axe-core.LICENSE": ("LICENSE", "af175b9d96ee93c21a036152e1b905b0b95304d4ae8c2c921c7609100ba8df7e"),
    },
)
SERIOUS = ("serious", "critical")
RUN = """async () => {
  const found = await axe.run(document, { resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] });
  return found.violations.map((v) => ({ id: v.id, impact: v.impact, help: v.help, nodes: v.nodes.slice(0, 4).map((n) => n.html.slice(0, 160)
    + ' ← ' + (n.any.concat(n.all, n.none)[0] || {}).message) }));
}"""


def findings(page: Page) -> list[dict[str, Any]]:
    """What axe finds on the page as it is now. The page's own movements are ended first: a half-faded letter has no contrast."""
    if not page.evaluate("() => Boolean(window.axe)"):
        page.evaluate((TARGET / "axe.min.js").read_text("utf-8") + ";0")
    page.evaluate("() => document.getAnimations().forEach((a) => { try { a.finish(); } catch { a.cancel(); } })")
    return list(page.evaluate(RUN))


def serious(page: Page, where: str) -> list[str]:
    """The serious and critical ones, a line each."""
    return [f"{where}: {one['id']} ({one['impact']}): {one['help']}: {one['nodes']}" for one in findings(page) if one["impact"] in SERIOUS]


def wrong_files() -> list[str]:
    """Vendored files that are missing or differ from their pinned sum."""
    return [
        name
        for name, (_, wanted) in PACKAGE.files.items()
        if not (TARGET / name).exists() or sha256((TARGET / name).read_bytes()) != wanted
    ]


def main(arguments: list[str]) -> int:
    """Refresh, or `--check`; answers the exit status."""
    if "--check" not in arguments:
        with tempfile.TemporaryDirectory() as folder:
            files = fetch(PACKAGE, Path(folder))
        if any(sha256(data) != PACKAGE.files[name][1] for name, data in files.items()):
            print("what was fetched is not what is pinned", file=sys.stderr)
            return 1
        for name, data in files.items():
            (TARGET / name).write_bytes(data)
    bad = wrong_files()
    print("\n".join(bad) or "as pinned")
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
