"""Fetches the floor app's three libraries from npm and checks that what lies in `static/vendor/` is exactly that.

Run `python -m mobile.floor.vendor` to refresh, `python -m mobile.floor.vendor --check` to compare without a network. Versions are pinned,
each file by its SHA-256, and its licence lies beside it: the app must start with no network and may load nothing from elsewhere.
Raise a version here, run once with `--print`, review the difference, then pin the new sums. Glue and wasm of zxing-wasm must come from one
version (pitfall T23), which is why both stand in one entry.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

TARGET = Path(__file__).parent / "static" / "vendor"


@dataclass(frozen=True, slots=True)
class Package:
    """One npm package: `files` maps the name here to the name in the package and its SHA-256."""

    name: str
    version: str
    files: dict[str, tuple[str, str]]


PACKAGES = (
    Package(
        "htm",
        "3.1.1",
        {
            "preact.js": ("preact/standalone.module.js", "72284e8e9079c87817145df1110f74e8a2aa040b2fc384922e18dfcb46fc1fd7"),
            "htm.LICENSE": ("LICENSE", "740725f7252e750af735d0028cc534970772f513331e9f68150fede8fb3ce00f"),
        },
    ),
    # htm's standalone file carries Preact within it, so Preact's own licence is kept beside it.
    Package("preact", "10.5.13", {"preact.LICENSE": ("LICENSE", "1fe6958409c8c257a70c587a18b6f7f412b179b456630790d30b2ec9a8e4b7d4")}),
    Package(
        "idb",
        "8.0.4",
        {
            "idb.js": ("build/index.js", "e01b45d2e088a7197e8b41ba9b51a0876969da67cc08e6efbc3d5d7ab6ac836c"),
            "idb.LICENSE": ("LICENSE", "873a2f333fda393ec3464f4579209b019d98e97c3bf498b10e85f630162fd708"),
        },
    ),
    Package(
        "zxing-wasm",
        "3.1.4",
        {
            "zxing-reader.js": ("dist/iife/reader/index.js", "d33d09ce132a692faffbed0dce656c36cb2573b4b843885a6e036390d1071d95"),
            "zxing_reader.wasm": ("dist/reader/zxing_reader.wasm", "e8af31edb56d0522f4de74495839385ef019ba8bc90d38e5ecb2f18795d86fb2"),
            "zxing-wasm.LICENSE": ("LICENSE", "fb506e4ade12d7a9efa67c9d76a9a28c8e15d347ca49a69e48e29b40b34ad2ab"),
        },
    ),
)


def sha256(data: bytes) -> str:
    """The SHA-256 of `data` as 64 hexadecimal signs."""
    return hashlib.sha256(data).hexdigest()


def fetch(package: Package, folder: Path) -> dict[str, bytes]:
    """The wanted files of `package`, downloaded by npm into `folder`."""
    packed = subprocess.run(  # noqa: S603 - a fixed command line with pinned names
        ["npm", "pack", "--silent", f"{package.name}@{package.version}"],  # noqa: S607 - npm is found on the path on purpose
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    )
    with tarfile.open(folder / packed.stdout.strip().splitlines()[-1]) as archive:
        found = {}
        for here, (there, _) in package.files.items():
            member = archive.extractfile(f"package/{there}")
            if member is None:
                raise FileNotFoundError(f"{package.name}@{package.version} has no {there}")
            found[here] = member.read()
    return found


def wrong_files() -> list[str]:
    """Names of vendored files that are missing or differ from their pinned sum."""
    bad = []
    for package in PACKAGES:
        for here, (_, wanted) in package.files.items():
            path = TARGET / here
            if not path.exists() or sha256(path.read_bytes()) != wanted:
                bad.append(here)
    return bad


def refresh(show: bool) -> int:
    """Download everything; write it only when all sums are right (or `show` asks to print the new ones). Returns the exit code."""
    fetched: dict[str, bytes] = {}
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        for package in PACKAGES:
            files = fetch(package, Path(folder))
            for here, data in files.items():
                wanted = package.files[here][1]
                if show:
                    print(f"{sha256(data)}  {here}  ({package.name}@{package.version})")
                elif sha256(data) != wanted:
                    print(f"{here}: {sha256(data)} is not the pinned {wanted}", file=sys.stderr)
                    bad += 1
            fetched |= files
    if bad:
        return 1
    TARGET.mkdir(parents=True, exist_ok=True)
    for here, data in fetched.items():
        (TARGET / here).write_bytes(data)
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Command line: refresh, `--check` or `--print`. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m mobile.floor.vendor", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--check", action="store_true", help="compare the files here with their pinned sums; no network")
    parser.add_argument("--print", dest="show", action="store_true", help="print the sums of what npm serves and keep those files")
    chosen = parser.parse_args(arguments)
    if not chosen.check:
        return refresh(chosen.show)
    bad = wrong_files()
    for name in bad:
        print(f"{name} is missing or differs from its pinned sum", file=sys.stderr)
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
