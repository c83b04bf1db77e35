"""Attachments by the SHA-256 of what was uploaded: photos, signatures, PDF files (offline.md; security.md 5.2, 14.2.8; SEC 18, 19, 21, 32).

An operation refers to a hash and may arrive before its bytes ("evidence pending"), for ever if the photo is lost. Uploads resume where they
broke. Images are decoded and drawn anew: metadata (place, device, thumbnails) and whatever was hidden behind them stay outside; the stored
file has its own hash, the reference stays that of the upload. Nothing but JPEG, PNG, WebP and PDF is kept. Files lie under
`<data>/attachments`, never under a name from outside.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import re
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, ClassVar
from uuid import UUID

from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.Image import DecompressionBombError, DecompressionBombWarning
from pydantic import StringConstraints
from sqlalchemy import select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import database
from core.foundation.errors import Invalid, NotAllowed, Refused
from core.foundation.ids import uuid7
from core.mechanisms.operations import OFFICE, SYSTEM, Actor, Operation, Outcome, Role, after_commit, note, operation, perform_now, touch

MAX_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 50_000_000
LONGEST_SIDE = 2560
HASH = re.compile(r"[0-9a-f]{64}")
SEES_ALL = OFFICE | {Role.SAFETY, Role.LEADER}
FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$", to_lower=True)]


class Attachment(SQLModel, table=True):
    """One uploaded file. `sha256` and `size` are the upload's; the `stored_*` ones are the file's on disk."""

    __tablename__: ClassVar[str] = "attachment"
    sha256: str = Field(primary_key=True, max_length=64)
    size: int
    media_type: str
    stored_sha256: str
    stored_size: int
    width: int | None = None
    height: int | None = None
    person_id: UUID | None = None
    device_id: UUID | None = None
    uploaded_at: datetime


class AttachmentUse(SQLModel, table=True):
    """Which thing refers to which hash, also before the bytes are there."""

    __tablename__: ClassVar[str] = "attachment_use"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    sha256: str = Field(index=True, max_length=64)
    subject_kind: str
    subject_id: UUID = Field(index=True)
    person_id: UUID | None = None
    used_at: datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """How an upload stands: `received` of `total` bytes; `complete` when the file is stored."""

    received: int
    total: int
    complete: bool


class NoSpace(Exception):
    """The disk is full: nothing was kept of this part, everything before it is whole."""


# ── where the files are ──

_directory = Path("data/attachments")


def use_directory(path: Path) -> None:
    """Keep files under `path` (main.py: `<data>/attachments`)."""
    global _directory
    _directory = path


def path_of(stored: Attachment) -> Path:
    """The stored file."""
    return _directory / stored.stored_sha256[:2] / stored.stored_sha256


# ── for sections ──


def known(s: Session, sha256: str) -> Attachment | None:
    """The uploaded file of a hash, or None while it has not arrived."""
    return s.get(Attachment, sha256)


def pending(s: Session, hashes: Iterable[str]) -> list[str]:
    """Those of `hashes` whose bytes have not arrived, in order."""
    wanted = list(dict.fromkeys(hashes))
    here = set(s.execute(select(Attachment.sha256).where(col(Attachment.sha256).in_(wanted))).scalars()) if wanted else set()
    return [sha256 for sha256 in wanted if sha256 not in here]


def use(s: Session, hashes: Iterable[str], kind: str, subject_id: UUID, by: Actor, at: datetime) -> list[str]:
    """Note that a thing refers to these files, and tell the caller which are still to come (fact `evidence_pending`); answers those."""
    wanted = list(dict.fromkeys(hashes))
    if not wanted:
        return []
    query = select(AttachmentUse.sha256).where(col(AttachmentUse.sha256).in_(wanted), col(AttachmentUse.subject_id) == subject_id)
    there = set(s.execute(query).scalars())
    s.add_all(
        AttachmentUse(sha256=sha256, subject_kind=kind, subject_id=subject_id, person_id=by.person_id, used_at=at)
        for sha256 in wanted if sha256 not in there
    )  # fmt: skip
    missing = pending(s, wanted)
    if missing:
        note(s, evidence_pending=missing)
    return missing


def of(s: Session, kind: str, subject_id: UUID) -> list[str]:
    """The hashes a thing refers to, oldest first."""
    query = select(AttachmentUse.sha256).where(col(AttachmentUse.subject_kind) == kind, col(AttachmentUse.subject_id) == subject_id)
    return list(s.execute(query.order_by(col(AttachmentUse.id))).scalars())


def erase_of(s: Session, kind: str, ids: Iterable[UUID]) -> int:
    """Forget the files of these things (a visitor's photo after the keeping time); a file that another thing refers to stays. Returns how
    many went."""
    wanted = list(ids)
    uses = select(AttachmentUse).where(col(AttachmentUse.subject_kind) == kind, col(AttachmentUse.subject_id).in_(wanted))
    hashes = set()
    for row in s.execute(uses).scalars().all():
        hashes.add(row.sha256)
        s.delete(row)
    return erase_unreferred(s, hashes)


def erase_unreferred(s: Session, hashes: Iterable[str]) -> int:
    """Forget those of these files that no thing refers to any more (the picture of a signature). Returns how many went."""
    s.flush()
    gone = 0
    for sha256 in set(hashes):
        still_used = s.execute(select(AttachmentUse.id).where(col(AttachmentUse.sha256) == sha256).limit(1)).first()
        found = s.get(Attachment, sha256)
        if still_used is None and found is not None:
            path, stored = path_of(found), found.stored_sha256
            s.delete(found)
            s.flush()
            if s.execute(select(Attachment.sha256).where(col(Attachment.stored_sha256) == stored).limit(1)).first() is None:
                after_commit(s, lambda path=path: path.unlink(missing_ok=True))  # type: ignore[misc]
            gone += 1
    return gone


def forget_unused(sha256: str) -> None:
    """A file that was uploaded for something that then was not done (a visitor who walked away) and that nothing refers to. Runs on a
    writer thread."""
    with database.writing() as s:
        found = s.get(Attachment, sha256)
        if found is None or s.execute(select(AttachmentUse.id).where(col(AttachmentUse.sha256) == sha256).limit(1)).first() is not None:
            return
        path, stored = path_of(found), found.stored_sha256
        s.delete(found)
        s.flush()
        shared = s.execute(select(Attachment.sha256).where(col(Attachment.stored_sha256) == stored).limit(1)).first() is not None
    if not shared:
        path.unlink(missing_ok=True)


MaySee = Callable[[Session, UUID, Actor], bool]
_may_see: dict[str, MaySee] = {}


def shown_with(kind: str) -> Callable[[MaySee], MaySee]:
    """Mark `(s, id, by) -> bool`: whoever may see this thing may see its photos."""

    def mark(function: MaySee) -> MaySee:
        function.__shown_with__ = kind  # type: ignore[attr-defined]
        return function

    return mark


def include(*modules: ModuleType) -> None:
    """Know who may see what of these modules; including again replaces."""
    for module in modules:
        for value in list(vars(module).values()):
            kind = getattr(value, "__shown_with__", None)
            if isinstance(kind, str):
                _may_see[kind] = value


def for_reader(s: Session, sha256: str, by: Actor) -> Attachment:
    """The file, to its uploader, the office, safety, leaders and whoever may see a thing it belongs to. Refuses: attachment.unknown"""
    found = s.get(Attachment, sha256) if HASH.fullmatch(sha256) else None
    if found is not None and (by.has(*SEES_ALL, Role.SYSTEM) or (by.person_id is not None and by.person_id == found.person_id)):
        return found
    if found is not None:
        for row in s.execute(select(AttachmentUse).where(col(AttachmentUse.sha256) == sha256)).scalars():
            may_see = _may_see.get(row.subject_kind)
            if (by.person_id is not None and row.person_id == by.person_id) or (may_see is not None and may_see(s, row.subject_id, by)):
                return found
    raise Refused("attachment.unknown")


# ── uploading ──


def progress(sha256: str, total: int, by: Actor) -> Progress:
    """How much of an upload is here. Raises Invalid attachment.hash_form, attachment.too_large, attachment.empty"""
    _check(sha256, total)
    with database.reading() as s:
        if s.get(Attachment, sha256) is not None:
            return Progress(total, total, True)
    part = _part(sha256, by)
    return Progress(min(part.stat().st_size, total) if part.exists() else 0, total, False)


def receive(sha256: str, start: int, total: int, data: bytes, by: Actor, at: datetime) -> Progress:
    """Keep one part of an upload; the last one is checked against the hash, read as an image or PDF and stored. Runs on a worker thread.

    A part that begins after what is here changes nothing (the answer says how much is); one that overlaps is cut. Raises Invalid
    attachment.hash (wrong bytes: the upload begins anew), attachment.too_large, attachment.kind, attachment.heic, attachment.broken,
    attachment.pixels; NoSpace."""
    before = progress(sha256, total, by)
    if before.complete or start > before.received or start + len(data) <= before.received < total:
        return before
    if start + len(data) > total:
        raise Invalid("attachment.range")
    part = _part(sha256, by)
    received = _append(part, before.received, data[before.received - start :])
    if received < total:
        return Progress(received, total, False)
    try:
        _store(sha256, part, by, at)
    except Invalid:
        part.unlink(missing_ok=True)
        raise
    return Progress(total, total, True)


def keep(data: bytes, by: Actor, at: datetime) -> str:
    """Store a whole file made or received on this server (an import, a drawn signature) and answer its hash. Raises as `receive`."""
    sha256 = hashlib.sha256(data).hexdigest()
    receive(sha256, 0, len(data), data, by, at)
    return sha256


class StoreAttachment(Operation):
    """The bytes are on disk: note it. Only the upload itself says this."""

    sha256: Sha256
    size: int
    media_type: str
    stored_sha256: Sha256
    stored_size: int
    width: int | None = None
    height: int | None = None


@operation(StoreAttachment, "attachment.store", roles=set())
def store(s: Session, do: StoreAttachment, by: Actor, at: datetime) -> dict[str, Any]:
    if s.get(Attachment, do.sha256) is None:
        s.add(Attachment(**do.model_dump(), person_id=by.person_id, device_id=by.device_id, uploaded_at=at))
        for row in s.execute(select(AttachmentUse).where(col(AttachmentUse.sha256) == do.sha256)).scalars():
            touch(s, row.subject_kind, row.subject_id)
    touch(s, "attachment", do.sha256)
    return {"sha256": do.sha256}


# ── reading files ──


@dataclass(frozen=True, slots=True)
class Clean:
    """What is stored of an upload."""

    data: bytes
    media_type: str
    width: int | None = None
    height: int | None = None


def clean(data: bytes) -> Clean:
    """The file without anything but its picture; a PDF as it is (it is only ever sent as a download).

    Raises Invalid attachment.kind, attachment.heic, attachment.broken, attachment.pixels"""
    if data[:5] == b"%PDF-":
        if b"%%EOF" not in data[-2048:]:
            raise Invalid("attachment.broken")
        return Clean(data, "application/pdf")
    if data[4:8] == b"ftyp" and data[8:12] in (b"heic", b"heix", b"mif1", b"msf1", b"hevc", b"heim", b"heis", b"avif"):
        raise Invalid("attachment.heic")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=tuple(FORMATS)) as image:
                if image.width * image.height > MAX_PIXELS or max(image.size) > 20_000:
                    raise Invalid("attachment.pixels", width=image.width, height=image.height)
                return _drawn_anew(image, str(image.format))
    except (DecompressionBombError, DecompressionBombWarning):
        raise Invalid("attachment.pixels", width=0, height=0) from None
    except UnidentifiedImageError:
        raise Invalid("attachment.kind") from None
    except (OSError, SyntaxError, ValueError, EOFError):  # what Pillow raises on truncated and damaged pictures
        raise Invalid("attachment.broken") from None


def _drawn_anew(image: Image.Image, kind: str) -> Clean:
    image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG far larger than needed is decoded small
    upright = ImageOps.exif_transpose(image)
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    see_through = upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info
    plain = upright.convert("RGBA" if see_through and kind != "JPEG" else "RGB")
    bare = Image.new(plain.mode, plain.size)  # a picture of its own: no metadata travels along
    bare.paste(plain)
    out = io.BytesIO()
    bare.save(
        out,
        "JPEG" if kind == "JPEG" else "PNG" if kind == "PNG" else "WEBP",
        **({"quality": 85, "optimize": True} if kind != "PNG" else {"optimize": True}),
    )
    return Clean(out.getvalue(), FORMATS[kind], *bare.size)


# ── private ──


def _check(sha256: str, total: int) -> None:
    if not HASH.fullmatch(sha256):
        raise Invalid("attachment.hash_form")
    if total > MAX_BYTES:
        raise Invalid("attachment.too_large", limit_mb=MAX_BYTES // 1024 // 1024)
    if total <= 0:
        raise Invalid("attachment.empty")


def _part(sha256: str, by: Actor) -> Path:
    # Each sender builds its own copy: what another person sends under this hash can not spoil it.
    sender = hashlib.sha256(f"{by.person_id}/{by.device_id}".encode()).hexdigest()[:16]
    return _directory / "partial" / f"{sha256}.{sender}"


def _append(part: Path, at_byte: int, data: bytes) -> int:
    """Write after `at_byte`, to the disk; on a full disk the part is cut back to what was there."""
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        with open(part, "r+b" if part.exists() else "w+b") as file:
            file.seek(at_byte)
            try:
                file.write(data)
                file.truncate()
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                _cut(part, at_byte)
                raise
    except OSError as error:
        raise _no_space(error) from error
    return at_byte + len(data)


def _cut(part: Path, length: int) -> None:
    if length:
        os.truncate(part, length)
    else:
        part.unlink(missing_ok=True)


def _no_space(error: OSError) -> Exception:
    return NoSpace() if error.errno in (errno.ENOSPC, errno.EDQUOT) else error


def _store(sha256: str, part: Path, by: Actor, at: datetime) -> Outcome:
    data = part.read_bytes()
    if hashlib.sha256(data).hexdigest() != sha256:
        raise Invalid("attachment.hash")
    found = clean(data)
    stored = hashlib.sha256(found.data).hexdigest()
    target = _directory / stored[:2] / stored
    if not target.exists():
        _write_whole(target, found.data)
    uploader = Actor(SYSTEM.roles, by.person_id, by.device_id, None, by.name, by.language)
    do = StoreAttachment(
        sha256=sha256,
        size=len(data),
        media_type=found.media_type,
        stored_sha256=stored,
        stored_size=len(found.data),
        width=found.width,
        height=found.height,
    )
    outcome = perform_now(do, by=uploader, at=at)
    if not outcome.ok:
        raise NotAllowed()
    part.unlink(missing_ok=True)
    return outcome


def _write_whole(target: Path, data: bytes) -> None:
    """The whole file or none: written beside, flushed, renamed."""
    beside = target.with_name(f"{target.name}.{uuid7().hex}.new")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with open(beside, "xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(target)
        except OSError:
            beside.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise _no_space(error) from error
