"""Search keys of Chinese names: full pinyin and initials, without tones (norms.md 9).

A surname with several readings comes out as its commonest one (单 gives dan, not shan), so the key is stored with the person or thing and can be edited.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from pypinyin import Style, lazy_pinyin


@dataclass(frozen=True, slots=True)
class Keys:
    full: str
    initials: str


def keys(text: str) -> Keys:
    """`林晓梅` → `linxiaomei`, `lxm`; Latin letters and digits stay, everything else goes; each at most 200 signs."""
    text = unicodedata.normalize("NFKC", text)[:100]
    found = [squeeze(part) for syllable in lazy_pinyin(text, style=Style.NORMAL) for part in re.findall(r"[^\W\d_]+|\d+", syllable)]
    found = [part for part in found if part]
    return Keys("".join(found)[:200], "".join(part if part.isdigit() else part[0] for part in found)[:200])


@lru_cache(maxsize=8192)
def order(name: str) -> tuple[str, str]:
    """What names are put in order by: their sound, as a telephone list is, then their signs."""
    return keys(name).full, name


def sounds(name: str, wanted: str) -> bool:
    """Whether what was typed begins the pinyin or the initials of the name: `linx`, `lxm`."""
    typed = squeeze(wanted)
    found = keys(name) if typed else None
    return found is not None and (found.full.startswith(typed) or found.initials.startswith(typed))


def squeeze(text: str) -> str:
    """What is compared with a key: lower-case Latin letters and digits only, full-width forms and accents folded."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).lower().replace("ü", "v"))
    return re.sub(r"[^a-z0-9]", "", folded)
