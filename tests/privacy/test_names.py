"""When two spellings are the same name (core/mechanisms/namekeys.py): the block list's only way to recognise anybody."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.mechanisms import namekeys
from core.mechanisms.namekeys import Match, keys, same


def how(entry: str, visitor: str) -> Match | None:
    return same(keys(entry), keys(visitor))


@pytest.mark.proves("V33")
@pytest.mark.parametrize("written", ["张伟", "張偉", "张 伟", "　張　偉　", "张·伟", "张伟先生", "张伟 David", "張\u200b偉"])
def test_the_same_signs_are_the_same_name_however_they_are_written(written: str) -> None:
    assert how("张伟", written) == how("張偉", written) == Match.NAME


@pytest.mark.proves("V33")
@pytest.mark.parametrize(
    "written", ["zhang wei", "ＺＨＡＮＧ　ＷＥＩ", "Wei Zhang", "ZHANG, Wei", "zhangwei", "Zhāng Wěi", "Mr. Wei ZHANG", "Zhang1 Wei3"]
)
def test_pinyin_in_either_order_is_the_same_name(written: str) -> None:
    assert how("张伟", written) == Match.ROMANISED and how(written, "張偉") == Match.ROMANISED
    assert how("Zhang Wei", written) == Match.NAME


@pytest.mark.proves("V33")
@pytest.mark.parametrize(
    ("entry", "visitor"),
    [
        ("Yes", "Reyes"), ("Yes", "Yes Man"), ("Reyes", "Yes"), ("张伟", "张伟民"), ("张伟民", "张伟"), ("张伟", "张"), ("张伟", "Zhang Weimin"),
        ("Li", "Lili"), ("Ann", "Anna"), ("伟", "张伟"), ("张伟", ""), ("张伟", "😀"),
    ],
)  # fmt: skip
def test_part_of_a_name_is_another_name(entry: str, visitor: str) -> None:
    assert how(entry, visitor) is None


@pytest.mark.parametrize("other", ["章伟", "张玮", "張瑋"])
def test_other_signs_that_sound_alike_are_only_to_be_looked_at(other: str) -> None:
    assert how("张伟", other) == Match.SOUNDS


@pytest.mark.parametrize(
    ("entry", "typed"), [("单雄信", "Shan Xiongxin"), ("吕布", "LYU BU"), ("吕布", "Lü Bu"), ("吕布", "lv bu"), ("欧阳娜娜", "Nana Ouyang"), ("仇英", "Qiu Ying"), ("O'Brien Kate", "KATE OBRIEN")]
)  # fmt: skip
def test_surnames_are_read_as_surnames_and_spelt_as_in_passports(entry: str, typed: str) -> None:
    assert how(entry, typed) in (Match.ROMANISED, Match.NAME)


@given(st.text(max_size=120))
def test_any_text_has_keys_and_is_its_own_name(text: str) -> None:
    found = keys(text)
    assert not found.typed or same(found, keys(f"  {text.strip()[:80]} ".strip())) == Match.NAME or len(text) > 60
    namekeys.masked(text), namekeys.phone_key(text), namekeys.masked_phone(text)


@pytest.mark.parametrize(
    "phone", ["138 0000 1234", "+86 138-0000-1234", "0086 13800001234", "８６１３８００００１２３４", "(138) 00001234"]
)
def test_a_phone_number_is_its_digits(phone: str) -> None:
    assert namekeys.phone_key(phone) == "p:13800001234"


def test_a_short_number_is_nobodys() -> None:
    assert namekeys.phone_key("8001") == "" and namekeys.phone_key("") == ""


def test_masks_show_little() -> None:
    assert (namekeys.masked("张伟"), namekeys.masked("欧阳娜娜"), namekeys.masked("John Smith")) == ("张*", "欧***", "J*** S****")
    assert (namekeys.masked_phone("13812341234"), namekeys.masked_phone("")) == ("138****1234", "")
