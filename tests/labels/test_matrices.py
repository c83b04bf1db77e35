"""The two codes: ours must be the library's, module by module."""

from __future__ import annotations

from itertools import pairwise

import barcode
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from assets_labels.errors import DrawingError
from assets_labels.matrices import (
    CODE128_MODULES,
    CODE_SIGNS,
    code128_bits,
    code128_path,
    library_matrix,
    plain_code,
    qr_codes,
    qr_text,
)
from tests.labels.paper import codes

CODE = st.text(alphabet=CODE_SIGNS, min_size=8, max_size=8)
# Odd and even lengths matter: a code's first sign may share a pair with the slash before it.
ADDRESS = st.sampled_from(
    ["http://a.cn", "http://ab.cn", "http://10.0.0.7:8080", "https://foyer.example.cn", "https://office.linjiang.example.cn:8443"]
)


@given(address=ADDRESS, code=CODE)
@settings(max_examples=60, deadline=None)
def test_a_qr_made_by_adding_up_bits_is_the_one_the_library_draws(address: str, code: str) -> None:
    assert qr_codes(address).rows(code) == library_matrix(qr_text(address, code))


@given(code=CODE)
@settings(max_examples=40, deadline=None)
def test_a_bar_code_has_the_library_s_bars_unless_that_one_packs_digits(code: str) -> None:
    bits = code128_bits(code)
    assert len(bits) == CODE128_MODULES
    if not any(code[at : at + 4].isdigit() for at in range(5)) and not code[:2].isdigit():
        assert barcode.get_barcode_class("code128")(code).build()[0] == bits


@pytest.mark.parametrize("code", [*codes(3), "23456789", "22222222", "ZZZZZZZZ", "A2345B67"])
def test_bars_alone_read_as_the_bare_code(code: str) -> None:
    bits = "0" * 12 + code128_bits(code) + "0" * 12
    image = Image.new("L", (len(bits) * 2, 40), 255)
    for at, bit in enumerate(bits):
        if bit == "1":
            image.paste(0, (at * 2, 0, at * 2 + 2, 40))
    assert [found.text for found in zxingcpp.read_barcodes(image)] == [code]


def test_runs_of_black_are_one_rectangle_each() -> None:
    rows = qr_codes("http://a.cn").rows("7K3M9QWY")
    rectangles = qr_codes("http://a.cn").path("7K3M9QWY").split("\n")
    area = sum(int(rectangle.split()[2]) for rectangle in rectangles)
    assert area == sum(sum(row) for row in rows)
    assert len(rectangles) == sum(row[0] + sum(not before and after for before, after in pairwise(row)) for row in rows)
    assert code128_path("7K3M9QWY").count("re") == len(code128_bits("7K3M9QWY").replace("0", " ").split())


def test_a_code_may_be_typed_with_hyphens_and_in_small_letters() -> None:
    assert plain_code("7k3m-9qwy") == "7K3M9QWY"
    for wrong in ("", "7K3M9QW", "7K3M9QW1", "7K3M9QWYY", "７K3M9QWY"):
        with pytest.raises(DrawingError):
            plain_code(wrong)
