"""Files on their way in: kept in memory between the dry run and the decision, for their sender alone, for half an hour at the most."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from core.foundation.errors import Refused
from core.foundation.ids import uuid7
from core.mechanisms.operations import Actor

MOST = 8
LIFE = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class StagedFile:
    """A file that was sent; `import_id` is the one id its real import will have, however often the button is pressed."""

    id: UUID
    import_id: UUID
    person_id: UUID | None
    name: str
    data: bytes
    at: datetime


_files: dict[UUID, StagedFile] = {}
_lock = threading.Lock()


def put(data: bytes, name: str, by: Actor, at: datetime) -> StagedFile:
    """Keep a file; of too many the oldest go."""
    kept = StagedFile(uuid7(), uuid7(), by.person_id, name[:200], data, at)
    with _lock:
        for id in [file.id for file in _files.values() if at - file.at > LIFE]:
            del _files[id]
        while len(_files) >= MOST:
            del _files[min(_files.values(), key=lambda file: file.at).id]
        _files[kept.id] = kept
    return kept


def get(id: UUID, by: Actor, at: datetime) -> StagedFile:
    """The file, to who sent it. Refuses: import.file_gone"""
    with _lock:
        found = _files.get(id)
    if found is None or found.person_id != by.person_id or at - found.at > LIFE:
        raise Refused("import.file_gone")
    return found


def drop(id: UUID) -> None:
    """Forget a file."""
    with _lock:
        _files.pop(id, None)
