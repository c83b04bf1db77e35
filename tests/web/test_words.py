"""How words stand on a page of another language: pure, no browser."""

from __future__ import annotations

import pytest

from core.web.parts import spoken


@pytest.mark.parametrize(
    ("said", "how"),
    [
        ("两次纠缠窗口人员，来访先请前台负责人, 顾明远, 6 November 2026", "zh"),  # a row of an English page whose words are mostly Chinese
        ("林晓梅", "zh"), ("Reception of 江城大学，档案学院 and its guests", "wide"), ("Nobody answers for 座谈", ""), ("Done 09:04", ""), ("It’s “here”", ""), ("", ""),
    ],
)  # fmt: skip
def test_chinese_words_on_an_english_page_say_that_they_are_chinese(said: str, how: str) -> None:
    assert spoken(said) == how
