"""The part of the house's theme that the floor app can use: the phone is not sent the kiosk's, the doors' and the desk's styles.

One theme serves every screen (`core/web/static/foyer.css`); a rule stays for the phone unless each of its selectors names a class that no file of the
app ever writes. A class that is put together (`mark--${tone}`) counts as written when its beginning is. Anything that is not understood stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_CLASS = re.compile(r"\.(-?[A-Za-z_][\w-]*)")
_WORD = re.compile(r"[A-Za-z_][\w-]*")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_GROUPS = ("@media", "@supports", "@layer", "@container")


def for_phone(theme: str, texts: Iterable[str]) -> str:
    """`theme` without the rules that nothing in `texts` (the app's scripts and page) can ever match."""
    written = {word for text in texts for word in _WORD.findall(text)}
    return "\n".join(_kept(_COMMENT.sub("", theme), written)) + "\n"


def _kept(css: str, written: set[str]) -> Iterable[str]:
    for head, body in _rules(css):
        if body is None:
            yield head
        elif head.startswith(_GROUPS):
            inner = " ".join(_kept(body, written))
            if inner:
                yield f"{head} {{ {inner} }}"
        elif head.startswith("@"):
            yield f"{head} {{{body}}}"
        elif selectors := [one for one in _selectors(head) if all(_is_written(name, written) for name in _CLASS.findall(_asked(one)))]:
            yield f"{','.join(selectors)} {{{body}}}"


def _rules(css: str) -> Iterable[tuple[str, str | None]]:
    """Each rule of one level as its head and what stands in its braces; a statement that ends in `;` has no body."""
    at = 0
    while match := re.compile(r"[{;]").search(css, at):
        head = css[at : match.start()].strip()
        if match[0] == ";":
            at = match.end()
            if head:
                yield f"{head};", None
            continue
        depth, end = 1, match.end()
        while depth and end < len(css):
            depth += {"{": 1, "}": -1}.get(css[end], 0)
            end += 1
        yield " ".join(head.split()), css[match.end() : end - 1].strip()
        at = end


def _selectors(head: str) -> list[str]:
    """`a, b:is(c, d)` → `a`, `b:is(c, d)`."""
    found, depth = [""], 0
    for sign in head:
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if sign == "," and not depth:
            found.append("")
        else:
            found[-1] += sign
    return [one.strip() for one in found if one.strip()]


def _asked(selector: str) -> str:
    """A selector without what stands in brackets: `:not(.x)` asks for nothing, `:is(.x, .y)` may be met by either."""
    return re.sub(r"\([^()]*\)", "", re.sub(r"\([^()]*\)", "", selector))


def _is_written(name: str, written: set[str]) -> bool:
    return name in written or ("--" in name and name.split("--")[0] + "--" in written)
