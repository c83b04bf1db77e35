"""Fetches Swagger UI from npm for `/api/docs`: pinned version, each file by its SHA-256, licence beside it. Run `python -m mobile.swagger.vendor`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from mobile.floor.vendor import Package, fetch, sha256

TARGET = Path(__file__).parent / "vendor"

SWAGGER = Package("swagger-ui-dist", "5.35.0", {
    "swagger-ui.css": ("swagger-ui.css", "5ed08757e53da3e026d6cbecc61fe5d43585c9560b302d534ad56692519a273d"),
    "swagger-ui-bundle.js": ("swagger-ui-bundle.js", "e6a898692f2d768e807c3ba4626068a69a2c5dd960dd6c76f3e4d3a3de180af2"),
    "LICENSE": ("LICENSE", "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"),
    "NOTICE": ("NOTICE", "0d20d1adef18aee3f40dd258172155521ce702ac445cb5f7b7d60ed32dad2fb2"),
})  # fmt: skip


def main() -> int:
    """Download, compare, write only when every sum is right."""
    with tempfile.TemporaryDirectory() as folder:
        files = fetch(SWAGGER, Path(folder))
    wrong = [name for name, data in files.items() if sha256(data) != SWAGGER.files[name][1]]
    if wrong:
        print(f"not what is pinned: {', '.join(wrong)}", file=sys.stderr)
        return 1
    for name, data in files.items():
        (TARGET / name).write_bytes(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
