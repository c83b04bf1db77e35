"""Which build of the program a page runs: told with every beat, so that an open screen notices a newer one (pitfall V26).

It is the version and a hash of what screens run in the browser; two servers of one version with different files are two builds."""

from __future__ import annotations

import hashlib

from core.web import static_files

_build = ""


def use(version: str, *fingerprints: str) -> None:
    """Say what this server serves; main.py calls it once a start, with a hash for each screen that brings its own scripts."""
    global _build
    own = hashlib.sha256()
    for file in sorted(static_files.FOLDER.rglob("*")):
        if file.is_file():
            own.update(file.name.encode())
            own.update(file.read_bytes())
    for fingerprint in fingerprints:
        own.update(fingerprint.encode())
    _build = f"{version}-{own.hexdigest()[:8]}"


def current() -> str:
    """`0.1.0-1f0c9a2b`; empty before the server is built."""
    return _build
