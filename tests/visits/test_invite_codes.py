"""The signed code of an invitation: genuine ones open, forged ones do not, with the server and without it (guide S3.1-R1; security.md 1–4)."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.foundation import vault
from core.foundation.errors import Invalid, Refused
from core.mechanisms import labels
from core.sections.visits import codes

VECTORS = Path(__file__).parents[1] / "vectors" / "visit-codes.json"
NODE = shutil.which("node")


def cases() -> list[Any]:
    return [pytest.param(case, id=case["why"]) for case in json.loads(VECTORS.read_text("utf-8"))["cases"]]


@pytest.fixture(autouse=True)
def _the_vectors_office() -> Iterator[None]:
    before = vault._fernet, vault._signing, vault._proving
    vault.use_secret(b"foyer test vectors")
    yield
    vault._fernet, vault._signing, vault._proving = before


@pytest.mark.parametrize("case", cases())
@pytest.mark.proves("S3.1-R1")
def test_the_server_believes_only_codes_it_signed_itself(case: dict[str, Any]) -> None:
    if "error" in case:
        with pytest.raises((Invalid, Refused)) as err:
            codes.read(case["text"])
        assert err.value.code == case["error"]
        return
    code, proof = codes.read(case["text"])
    assert code == case["code"] and (proof.kind if proof else None, proof.day if proof else None) == (case.get("kind"), case.get("day"))


@pytest.mark.skipif(NODE is None, reason="node is not installed")
@pytest.mark.proves("S3.1-R1")
def test_a_kiosk_without_its_server_reads_the_same_codes_in_the_same_way() -> None:
    """WebCrypto with the office's public key alone."""
    assert NODE
    script = str(Path(__file__).with_name("code_without_server.mjs"))
    ran = subprocess.run([NODE, script], capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_public_key_of_the_vectors_is_the_one_a_kiosk_gets() -> None:
    assert codes.public_keys()["keys"] == json.loads(VECTORS.read_text("utf-8"))["keys"]


def test_the_signed_address_stays_an_address_of_the_label() -> None:
    """Every other reader of labels finds the code in it; the proof is nothing to them."""
    for case in json.loads(VECTORS.read_text("utf-8"))["cases"]:
        if case.get("code") and "/" in case["text"]:
            assert labels.read_code(case["text"]) == case["code"] and labels.read_proof(case["text"])[1:9] == case["day"]
