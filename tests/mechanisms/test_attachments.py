"""Photos by their hash: they resume, are checked, lose what they must not carry, and are shown to whoever may see them (offline.md O15; SEC
18–21, 32)."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from PIL import Image

from core.foundation import clock
from core.mechanisms import attachments, duties
from core.mechanisms.operations import Actor
from tests.cast import Office
from tests.mechanisms.web import client_of


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[Path]:
    attachments.use_directory(tmp_path / "attachments")
    yield tmp_path / "attachments"
    attachments.use_directory(Path("data/attachments"))


def picture(kind: str = "JPEG", size: tuple[int, int] = (400, 300), **more: Any) -> bytes:
    image = Image.effect_noise(size, 60).convert("RGB")
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def put(client: TestClient, data: bytes, start: int = 0, end: int | None = None, *, sha256: str | None = None) -> Response:
    part = data[start:end]
    headers = {"Content-Range": f"bytes {start}-{start + len(part) - 1}/{len(data)}"}
    return client.put(f"/api/v1/attachments/{sha256 or sha(data)}", content=part, headers=headers)


def ask(client: TestClient, data: bytes) -> Response:
    return client.put(f"/api/v1/attachments/{sha(data)}", headers={"Content-Range": f"bytes */{len(data)}"})


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.proves("O15")
def test_a_photo_cut_at_sixty_percent_goes_on_where_it_broke(office: Office) -> None:
    client, data = client_of(office.sun), picture()
    cut = len(data) * 6 // 10
    assert "Range" not in ask(client, data).headers
    first = put(client, data, 0, cut)
    assert first.status_code == 308 and first.headers["Range"] == f"bytes=0-{cut - 1}"
    asked = ask(client, data)
    assert asked.status_code == 308 and asked.headers["Range"] == f"bytes=0-{cut - 1}"
    assert put(client, data, cut).status_code == 201
    assert ask(client, data).status_code == 200 and put(client, data).status_code == 200  # again is quiet
    assert office.read(attachments.pending, [sha(data)]) == []


def test_a_photo_in_one_piece_needs_no_range(office: Office) -> None:
    data = picture()
    assert client_of(office.sun).put(f"/api/v1/attachments/{sha(data)}", content=data).status_code == 201


def test_a_part_out_of_turn_changes_nothing_and_an_overlap_is_cut(office: Office) -> None:
    client, data = client_of(office.sun), picture()
    gap = put(client, data, 1000, 2000)
    assert gap.status_code == 308 and "Range" not in gap.headers
    put(client, data, 0, 2000)
    again = put(client, data, 1000, 3000)
    assert again.headers["Range"] == "bytes=0-2999"
    assert put(client, data, 0).status_code == 201


@pytest.mark.proves("O15")
def test_bytes_that_do_not_match_their_hash_are_refused_and_the_upload_begins_anew(office: Office) -> None:
    client, data = client_of(office.sun), picture()
    wrong = bytes([data[0]]) + b"x" * (len(data) - 1)
    answer = put(client, wrong, sha256=sha(data))
    assert answer.status_code == 422 and answer.json()["code"] == "attachment.hash"
    assert "Range" not in ask(client, data).headers
    assert put(client, data).status_code == 201


def test_what_another_person_sends_under_a_hash_can_not_spoil_mine(office: Office) -> None:
    data = picture()
    put(client_of(office.mei), b"y" * len(data), 0, len(data) // 2, sha256=sha(data))
    client = client_of(office.sun)
    assert "Range" not in ask(client, data).headers and put(client, data).status_code == 201


@pytest.mark.proves("SEC 18")
@pytest.mark.parametrize("side", [(30_000, 30_000), (10_000, 6_000), (20_001, 10)])
def test_a_picture_with_too_many_pixels_is_refused_before_it_is_drawn(office: Office, side: tuple[int, int]) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    flood = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", *side, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(b"\0" * 5000))
        + chunk(b"IEND", b"")
    )
    answer = put(client_of(office.sun), flood)
    assert answer.status_code == 422 and answer.json()["code"] == "attachment.pixels"


@pytest.mark.proves("SEC 19")
@pytest.mark.parametrize("data", [
    b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', b"<!doctype html><script>alert(1)</script>",
    b"GIF89a/*" + b"\0" * 40 + b"*/=1;<script>alert(1)</script>", b"MZ" + b"\0" * 200,
], ids=["svg", "html", "gif and script", "program"])  # fmt: skip
def test_what_is_no_photo_is_refused_whatever_it_is_called(office: Office, folder: Path, data: bytes) -> None:
    answer = put(client_of(office.sun), data)
    assert answer.status_code == 422 and answer.json()["code"] == "attachment.kind"
    assert files(folder) == []


@pytest.mark.proves("SEC 19")
def test_what_hides_behind_a_photo_does_not_reach_the_disk(office: Office, folder: Path) -> None:
    data = picture() + b"<script>alert('hidden')</script>"
    assert put(client_of(office.sun), data).status_code == 201
    [stored] = files(folder)
    assert b"script" not in stored.read_bytes() and Image.open(stored).format == "JPEG"


@pytest.mark.proves("SEC 21")
@pytest.mark.parametrize(("data", "code"), [
    (b"\0\0\0\x18ftypheic" + b"\0" * 300, "attachment.heic"), (picture()[:-2000], "attachment.broken"),
    (picture("PNG")[:-3000], "attachment.broken"), (b"%PDF-1.7\n" + b"x" * 3000, "attachment.broken"),
], ids=["heic", "half a jpeg", "half a png", "half a pdf"])  # fmt: skip
def test_what_can_not_be_opened_is_named(office: Office, data: bytes, code: str) -> None:
    answer = put(client_of(office.sun), data)
    assert answer.status_code == 422 and answer.json()["code"] == code and answer.json()["detail"] != code


def test_place_device_and_turn_of_a_photo_stay_outside(office: Office) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned
    exif[0x010F] = "PhoneMaker"
    exif.get_ifd(0x8825)[1] = "N"
    data = picture(size=(400, 300), exif=exif)
    client = client_of(office.sun)
    put(client, data)
    answer = client.get(f"/api/v1/attachments/{sha(data)}")
    shown = Image.open(io.BytesIO(answer.content))
    assert shown.size == (300, 400) and not shown.getexif() and b"PhoneMaker" not in answer.content
    known = office.read(attachments.known, sha(data))
    assert known.stored_sha256 == sha(answer.content) != known.sha256


def test_a_photo_is_shown_in_place_and_a_pdf_is_a_download(office: Office) -> None:
    client, data = client_of(office.sun), picture("WEBP")
    paper = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
    for one, kind in ((data, "inline"), (paper, "attachment")):
        put(client, one)
        answer = client.get(f"/api/v1/attachments/{sha(one)}")
        assert answer.headers["content-disposition"].startswith(kind) and answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.proves("SEC 29")
def test_a_photo_is_for_its_sender_the_office_and_whoever_has_the_duty(office: Office) -> None:
    data = picture()
    client = client_of(office.mei)
    put(client, data)

    def seen_by(actor: Actor) -> int:
        return client_of(actor).get(f"/api/v1/attachments/{sha(data)}").status_code

    assert seen_by(office.mei) == seen_by(office.sun) == seen_by(office.bo) == 200
    assert seen_by(office.wu) == 404
    office.do(duties.OpenDuty(title="换灯管", owner_id=office.wu.person_id, photos=(sha(data),)), office.bo)
    assert seen_by(office.wu) == 200
    assert client_of().get(f"/api/v1/attachments/{sha(data)}").status_code == 401
    assert client_of().put(f"/api/v1/attachments/{sha(data)}", content=data).status_code == 401


@pytest.mark.proves("SEC 20")
@pytest.mark.parametrize("name", ["..%2f..%2fx", "CON", "a" * 255, sha(b"x").upper(), sha(b"x")[:-1], "%00"])
def test_only_a_hash_is_an_address(office: Office, folder: Path, name: str) -> None:
    client = client_of(office.sun)
    assert client.put(f"/api/v1/attachments/{name}", content=b"x").status_code in (404, 422)
    assert client.get(f"/api/v1/attachments/{name}").status_code == 404
    assert files(folder) == []


@pytest.mark.parametrize("header", ["bytes 0-9/5", "bytes 5-2/10", "bytes a-b/10", "0-9/10", "bytes 0-3/10", "bytes ٠-٩/10"])
def test_a_range_that_does_not_fit_is_refused(office: Office, header: str) -> None:
    answer = client_of(office.sun).put(
        f"/api/v1/attachments/{sha(b'x')}", content=b"0123456789", headers={"Content-Range": header.encode()}
    )
    assert answer.status_code == 422 and answer.json()["code"] == "attachment.range"


def test_more_than_twenty_megabytes_is_refused_before_it_is_sent(office: Office) -> None:
    client = client_of(office.sun)
    answer = client.put(f"/api/v1/attachments/{sha(b'x')}", headers={"Content-Range": f"bytes */{attachments.MAX_BYTES + 1}"})
    assert answer.status_code == 413 and answer.json()["code"] == "attachment.too_large"
    assert client.put(f"/api/v1/attachments/{sha(b'x')}", content=b"").status_code == 422


@pytest.mark.proves("SEC 32")
@pytest.mark.parametrize("full_at", ["the second part", "the finished file"])
def test_a_full_disk_says_so_keeps_what_was_whole_and_goes_on_later(
    office: Office, folder: Path, monkeypatch: pytest.MonkeyPatch, full_at: str
) -> None:
    client, data = client_of(office.sun), picture()
    cut = len(data) // 2
    put(client, data, 0, cut)
    real, failing = os.fsync, {"on": True}

    def full(descriptor: int) -> None:
        name = os.readlink(f"/proc/self/fd/{descriptor}")
        if failing["on"] and (full_at == "the second part" or name.endswith(".new")):
            raise OSError(errno.ENOSPC, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    answer = put(client, data, cut)
    assert answer.status_code == 507 and answer.json()["code"] == "attachment.no_space" and "磁盘" in answer.json()["detail"]
    assert [path.suffix for path in files(folder)] == [files(folder)[0].suffix] and ".new" not in files(folder)[
        0
    ].name  # nothing half-written
    assert office.read(attachments.pending, [sha(data)]) == [sha(data)]
    failing["on"] = False
    there = ask(client, data)
    if full_at == "the second part":
        assert there.headers["Range"] == f"bytes=0-{cut - 1}"
        there = put(client, data, cut)
    assert there.status_code in (200, 201)
    assert office.read(attachments.pending, [sha(data)]) == []


def test_a_file_the_server_itself_received_is_kept_the_same_way(office: Office) -> None:
    data = picture("PNG")
    assert attachments.keep(data, office.bo, clock.now()) == sha(data)
    assert office.read(attachments.known, sha(data)).media_type == "image/png"
