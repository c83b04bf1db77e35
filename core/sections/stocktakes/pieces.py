"""Counting the pieces of a bulk line: forty chairs on one card are counted as forty, wherever they stand (guide S4.1-R6, R7; pitfalls T8, T9, T12).

Of each place the last number of each person counts, and places are added up: twenty-eight in the hall and twelve next door are forty. Two persons who
differ about one place are a conflict, and so is every total their answers allow. Who keeps them and says "I have them" says all of them, unless a number
is told; "not there" is none; a label that was read without a number says where, not how many.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import product
from uuid import UUID

from core.sections.stocktakes.record import Answer
from core.sections.stocktakes.results import Line, Result, Seen

MOST_TOTALS = 20


def said(seen: Seen, book: int | None) -> int | None:
    """How many pieces an observation says, None when it says none."""
    if seen.quantity is not None:
        return seen.quantity
    if seen.answer == Answer.ABSENT:
        return 0
    return book if seen.answer in (Answer.HERE, Answer.ELSEWHERE) else None


def by_place(standing: Iterable[Seen], book: int | None) -> dict[UUID, tuple[Seen, ...]]:
    """The last word of each person about each place, in the order they were said."""
    found: dict[UUID, dict[object, Seen]] = {}
    for seen in standing:
        if (n := said(seen, book)) is None:
            continue
        who = seen.person_id or seen.device_id
        for words in (
            found.values()
        ):  # an answer is of the whole line, in place of what was said before; a label that is read, in place of an answer
            if who in words and (seen.answer or words[who].answer):
                del words[who]
        found.setdefault(seen.place_id, {})[who] = replace(seen, quantity=n)
    return {place_id: tuple(words.values()) for place_id, words in found.items() if words}


def totals(line: Line) -> tuple[int, ...]:
    """Every number that the answers allow, smallest first: one when all agree."""
    numbers = [sorted({seen.quantity or 0 for seen in words}) for words in by_place(line.standing, line.book_quantity).values()]
    found: set[int] = set()
    for one in product(*numbers) if numbers else ():
        found.add(sum(one))
        if len(found) >= MOST_TOTALS:
            break
    return tuple(sorted(found))


def judge(line: Line, standing: Sequence[Seen], homes: set[UUID], *, meanwhile: Mapping[str, int], chosen: int | None = None) -> Line:
    """The result of a bulk line from what stands. `homes` is where the book has or had it; `meanwhile` maps `pieces` to what the register did to their
    number up to the last count, and `moves` to how often it did anything. `chosen` is the total somebody chose among the answers of a conflict."""
    book = (line.book_quantity or 0) + meanwhile["pieces"]
    flags = [*line.flags, *(["moved_meanwhile"] if meanwhile["moves"] else [])]
    places = by_place(standing, book)
    if not places:
        seen = next(iter(standing))
        return replace(line, result=Result.NOT_COUNTED, found_place_id=seen.place_id, found_place=seen.place, found_places=(seen.place,),
                       flags=(*flags, "no_number"))  # fmt: skip
    if chosen is None and any(len({seen.quantity for seen in words}) > 1 for words in places.values()):
        told = tuple(f"{seen.place}: {seen.quantity}" for words in places.values() for seen in words)
        return replace(line, result=Result.CONFLICT, quantity=None, difference=0, found_places=told, flags=tuple(dict.fromkeys(flags)))
    counts = {place_id: max(seen.quantity or 0 for seen in words) for place_id, words in places.items()}
    names = {place_id: words[0].place for place_id, words in places.items()}
    total = sum(counts.values()) if chosen is None else chosen
    there = sorted((place_id for place_id, n in counts.items() if n), key=lambda one: (-counts[one], names[one])) or list(counts)
    if len(there) > 1:
        flags.append("spread")
    if not total and all(seen.answer for words in places.values() for seen in words):
        flags.append("looked")
    difference = total - book
    if not line.expected and difference < 0:  # the count does not hold the rest of it
        flags.append("part")
        difference = 0
    result = Result.MISSING if difference < 0 else Result.SURPLUS if difference > 0 else Result.MATCHED
    if result == Result.MATCHED and total == book and total and homes.isdisjoint(there):
        result = Result.MOVED
    return replace(
        line, result=result, quantity=total, book_quantity=book, difference=difference, found_place_id=there[0] if total else None,
        found_place=names[there[0]] if total else "", found_places=tuple(names[one] for one in there) if total else (), flags=tuple(dict.fromkeys(flags)),
    )  # fmt: skip
