"""When two spellings are the same name: simplified and traditional, full width, spaces, pinyin, the order of surname and given name (pitfall V33).

A name matches as a whole or not at all: "Yes" is never found in "Reyes". What is compared are keys, texts that equal spellings have in common:

    h:张伟         the Chinese signs, simplified sign by sign (so that neighbours never change a sign), without spaces, dots and titles
    l:zhangwei     Latin letters in the order they were typed, without spaces, accents and titles
    r:zhangwei     how Chinese signs are read, surname first and surname last, with every reading a surname may have (单 is shan or dan)

`same` says how near two names are. Chinese against Latin letters is as near as one can come; other signs that only sound alike are somebody else, most likely.
Sources: OpenCC's sign table (Apache-2.0) for traditional forms and variants; pypinyin for readings; norms.md 9.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from opencc import OpenCC
from pypinyin import Style, pinyin

MOST_SIGNS = 80
MOST_READINGS = 48
HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af\u3007"
_han = re.compile(f"[{HAN}]")
_run = re.compile(f"[{HAN}]+|[^{HAN}]+")
_simplify = OpenCC("t2s")

TWO_SIGNS = frozenset(
    ["欧阳", "太史", "端木", "上官", "司马", "东方", "独孤", "南宫", "万俟", "闻人", "夏侯", "诸葛", "尉迟", "公羊", "赫连", "澹台", "皇甫", "宗政", "濮阳", "公冶", "太叔", "申屠", "公孙", "慕容", "仲孙", "钟离", "长孙", "宇文", "司徒", "鲜于", "司空", "闾丘", "令狐", "轩辕", "百里", "呼延", "东郭", "西门", "淳于", "单于"]
)  # fmt: skip
TITLES_HAN = ("先生", "女士", "小姐", "同志", "老师", "经理", "主任", "总经理", "博士", "教授")
TITLES_LATIN = frozenset({"mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir", "madam"})
SURNAMES = {"单": "shan", "仇": "qiu", "解": "xie", "查": "zha", "曾": "zeng", "区": "ou", "盖": "ge", "朴": "piao", "尉": "yu", "缪": "miao", "种": "chong", "翟": "zhai", "覃": "qin", "黑": "he", "召": "shao", "员": "yun", "逄": "pang", "洗": "xian"}  # fmt: skip


class Match(StrEnum):
    """How two names are the same: by the same signs or letters, by reading one of them aloud, or only by sounding alike."""

    NAME = "name"
    ROMANISED = "romanised"
    SOUNDS = "sounds"


@dataclass(frozen=True, slots=True)
class NameKeys:
    """The keys of a name. `typed` are what it is, `orders` the same Latin words in other orders, `read` how its Chinese signs are read."""

    typed: frozenset[str]
    orders: frozenset[str]
    read: frozenset[str]

    @property
    def all(self) -> frozenset[str]:
        return self.typed | self.orders | self.read


def keys(name: str) -> NameKeys:
    """The keys of a name; none for one without a letter. Only the first 80 signs count."""
    text = "".join(_plain(sign) for sign in unicodedata.normalize("NFKC", name)[:MOST_SIGNS])
    han = _untitled("".join(_han.findall(text)))
    latin = [word for run in _run.findall(text) if not _han.match(run) for word in _words(run)]
    typed, orders = set(), set()
    if len(han) > 1 or (han and not latin):
        typed.add(f"h:{han}")
    if latin and not han:
        typed.add("l:" + "".join(latin))
        orders = (
            {"l:" + "".join(order) for order in itertools.permutations(latin)}
            if len(latin) <= 3
            else {"l:" + "".join(latin[-1:] + latin[:-1])}
        )
    if han and len(latin) > 1:  # 张伟 David: the signs alone; several Latin words beside them are a name of their own
        typed.add("l:" + "".join(latin))
    return NameKeys(
        frozenset(typed), frozenset(orders), frozenset(f"r:{reading}" for reading in _readings(han)) if len(han) > 1 else frozenset()
    )


def same(known: NameKeys, other: NameKeys) -> Match | None:
    """Whether `other` is the name `known` stands for, and how; None when it is another one."""
    if known.typed & other.typed or known.orders & other.typed or known.typed & other.orders:
        return Match.NAME
    if _bare(known.read) & _bare(other.typed | other.orders) or _bare(known.typed | known.orders) & _bare(other.read):
        return Match.ROMANISED
    return Match.SOUNDS if known.read & other.read else None


def phone_key(phone: str) -> str:
    """A whole phone number as `p:` and its digits, without China's country code and a leading nought; empty when it is too short to be somebody's."""
    digits = "".join(str(unicodedata.digit(sign)) for sign in unicodedata.normalize("NFKC", phone) if sign.isdigit())
    digits = digits.removeprefix("00").lstrip("0")
    if digits.startswith("86") and len(digits) >= 12:
        digits = digits[2:].lstrip("0")
    return f"p:{digits}" if len(digits) >= 7 else ""


def email_key(email: str) -> str:
    """A mail address as `e:` and itself, in lower case."""
    text = unicodedata.normalize("NFKC", email).strip().lower()
    return f"e:{text}" if "@" in text else ""


def masked(name: str) -> str:
    """A name nobody learns from a screen: 张*, J*** S****."""
    text = " ".join(unicodedata.normalize("NFKC", name).split())
    if _han.match(text[:1]):
        return text[0] + "*" * max(1, min(3, len(text) - 1))
    return " ".join(word[0] + "*" * max(1, min(4, len(word) - 1)) for word in text.split()[:3])


def masked_phone(phone: str) -> str:
    """138****1234; a short one keeps its last two digits."""
    digits = "".join(sign for sign in unicodedata.normalize("NFKC", phone) if sign.isdigit())
    if len(digits) >= 11:
        return f"{digits[:3]}****{digits[-4:]}"
    return "*" * max(0, len(digits) - 2) + digits[-2:]


# ── private ──


def _bare(found: frozenset[str]) -> set[str]:
    return {key[2:] for key in found if key[0] in "lr"}


@lru_cache(maxsize=8192)
def _plain(sign: str) -> str:
    """One sign folded: simplified, lower case, without accents; what is no letter parts words."""
    if _han.match(sign):
        return str(_simplify.convert(sign))
    if sign in "'’`´ʼ":
        return ""
    if unicodedata.category(sign) in ("Cf", "Mn", "Me"):
        return ""
    sign = {"ü": "v", "ǖ": "v", "ǘ": "v", "ǚ": "v", "ǜ": "v", "Ü": "v", "ß": "ss", "ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "æ": "ae", "đ": "d", "ı": "i"}.get(sign, sign)  # fmt: skip
    letters = "".join(
        part for part in unicodedata.normalize("NFKD", sign.casefold()) if unicodedata.category(part) not in ("Mn", "Me", "Cf")
    )
    return letters if letters and all(unicodedata.category(part)[0] in "LN" for part in letters) else " "


def _words(run: str) -> list[str]:
    """The words of a Latin part; a tone's digit behind a syllable is no part of it."""
    words = [re.sub(r"(?<=[a-z])[0-9]+$", "", word) for word in run.split()]
    kept = [word for word in words if word and word not in TITLES_LATIN]
    return kept or [word for word in words if word]


def _untitled(han: str) -> str:
    for title in sorted(TITLES_HAN, key=len, reverse=True):
        if han.endswith(title) and len(han) - len(title) >= 2:
            return han[: -len(title)]
    return han


@lru_cache(maxsize=2048)
def _readings(han: str) -> frozenset[str]:
    if len(han) < 2:
        return frozenset()
    surname = 2 if han[:2] in TWO_SIGNS and len(han) > 2 else 1
    each = [_spellings(sign, first=place == 0) for place, sign in enumerate(han[:8])]
    found: set[str] = set()
    for syllables in itertools.islice(itertools.product(*each), MOST_READINGS):
        found.add("".join(syllables))
        found.add("".join(syllables[surname:] + syllables[:surname]))
    return frozenset(found)


def _spellings(sign: str, *, first: bool) -> list[str]:
    """How a sign may be spelt in Latin letters, the commonest first: every reading, and lü as lv, lyu (passports) and lu."""
    read = [text for text in pinyin([sign], style=Style.NORMAL, heteronym=True)[0] if text.isascii() or "ü" in text]
    if first and sign in SURNAMES:
        read = [SURNAMES[sign], *read]
    spelt = []
    for text in list(dict.fromkeys(read))[:4]:
        plain = text.replace("ü", "v")
        spelt += [plain, plain.replace("v", "yu"), plain.replace("v", "u")] if "v" in plain else [plain]
    return list(dict.fromkeys(spelt)) or [sign]
