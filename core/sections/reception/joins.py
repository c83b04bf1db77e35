"""How one arrangement joins the next (衔接): gaps, overlaps and what else a careful planner would notice (guide S3.1-R3). Pure: no database, no clock.

- Somebody is to be in two places at once: two lines where the owner has to stand beside the guests (meeting, escort, transport, site visit) overlap and name
  different places. An escort line without a place goes along with everything.
- Guests are with nobody: time of a day between its first and its last line that no line covers, from ten minutes on.
- Nobody takes them from A to B: one line ends where the next does not begin, and neither a ride nor a companion who leads from one to the other lies between.
- Meals: at most three companions for up to ten guests, a third of the guests beyond that (rules on official receptions of 2013, article 10 of that text).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from core.sections.reception.record import Answer, Kind

GAP = timedelta(minutes=10)
SOON = timedelta(hours=24)
BESIDE = frozenset({Kind.MEET, Kind.ESCORT, Kind.TRANSPORT, Kind.SITE_VISIT})
FEW_GUESTS, FEW_COMPANIONS = 10, 3


@dataclass(frozen=True, slots=True)
class Leg:
    """A line as the rules see it; `plan` names the reception, so that two plans of one owner can be compared."""

    id: UUID
    kind: str
    what: str
    owner_id: UUID | None
    owner: str
    starts_at: datetime
    ends_at: datetime
    place: str = ""
    place_to: str = ""
    companions: int = 0
    answer: str = Answer.CONFIRMED
    plan: str = ""

    @property
    def ends_where(self) -> str:
        return self.place_to or self.place


@dataclass(frozen=True, slots=True)
class Warn:
    """`code` is a catalogue key, `facts` fill it; `lines` are those it is about. `grave`: it would go wrong before the guests' eyes."""

    code: str
    facts: dict[str, Any] = field(default_factory=dict)
    lines: tuple[UUID, ...] = ()
    grave: bool = False


def overlap(a: Leg, b: Leg) -> bool:
    """Half-open: back to back is not an overlap."""
    return a.starts_at < b.ends_at and b.starts_at < a.ends_at


def same_place(a: str, b: str) -> bool:
    """Whether two names mean one place, whatever their width, case and spaces."""
    return _squeezed(a) == _squeezed(b)


def _squeezed(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


# ── the rules ──


def two_places(legs: Sequence[Leg], others: Sequence[Leg] = ()) -> list[Warn]:
    """An owner who would have to be in two places; `others` are lines of other plans."""
    found: dict[object, Warn] = {}
    beside = [leg for leg in legs if leg.kind in BESIDE and leg.owner_id]
    pairs = [(a, b) for n, a in enumerate(beside) for b in beside[n + 1 :]]
    pairs += [(a, b) for a in beside for b in others if b.kind in BESIDE]
    for a, b in pairs:
        if a.owner_id != b.owner_id or not overlap(a, b):
            continue
        elsewhere = a.plan != b.plan
        if elsewhere or (a.place and b.place and not same_place(a.place, b.place)):
            first, second = sorted((a, b), key=lambda leg: (leg.starts_at, leg.id))
            code = "reception.warn.two_plans" if elsewhere else "reception.warn.two_places"
            facts = {"owner": a.owner, "one": a.what, "other": b.what, "plan": b.plan, "at": second.starts_at.isoformat()}
            if not elsewhere:
                found[a.id, b.id] = Warn(code, facts, (first.id, second.id), grave=True)
                continue
            # The other plan's line is said once, however many lines here meet it.
            said = found.get((b.plan, b.id))
            found[b.plan, b.id] = Warn(code, facts, (*(said.lines if said else ()), a.id), grave=True)
    return list(found.values())


def gaps(legs: Sequence[Leg], zone: ZoneInfo, least: timedelta = GAP) -> list[tuple[datetime, datetime, Leg, Leg]]:
    """Times of a day, between its first and its last line, that no line covers: from, until, and the lines on both sides. `least` long at the least."""
    found = []
    for _day, of_day in _by_day(legs, zone):
        reached, last = of_day[0][1], of_day[0][2]
        for start, end, leg in of_day[1:]:
            if start - reached >= least:
                found.append((reached, start, last, leg))
            if end > reached:
                reached, last = end, leg
    return found


def _by_day(legs: Sequence[Leg], zone: ZoneInfo) -> list[tuple[date, list[tuple[datetime, datetime, Leg]]]]:
    """Each local day with its pieces of lines, in order; a line over midnight is cut there."""
    days: dict[date, list[tuple[datetime, datetime, Leg]]] = {}
    for leg in legs:
        day, last = leg.starts_at.astimezone(zone).date(), leg.ends_at.astimezone(zone).date()
        while day <= last:
            begin = max(leg.starts_at, datetime.combine(day, datetime.min.time(), zone).astimezone(leg.starts_at.tzinfo))
            end = min(leg.ends_at, datetime.combine(day + timedelta(days=1), datetime.min.time(), zone).astimezone(leg.starts_at.tzinfo))
            if begin < end:
                days.setdefault(day, []).append((begin, end, leg))
            day += timedelta(days=1)
    return [(day, sorted(pieces, key=lambda piece: (piece[0], piece[1], piece[2].id))) for day, pieces in sorted(days.items())]


def no_way(legs: Sequence[Leg], zone: ZoneInfo) -> list[tuple[Leg, Leg]]:
    """Neighbours on the guests' way of which one ends where the other does not begin, while nothing takes them across."""
    way = sorted((leg for leg in legs if leg.place), key=lambda leg: (leg.starts_at, leg.ends_at, leg.id))
    movers = [leg for leg in legs if leg.kind == Kind.TRANSPORT or (leg.place_to and leg.kind in BESIDE)]
    found = []
    for before, after in pairwise(way):
        if before.starts_at.astimezone(zone).date() != after.starts_at.astimezone(zone).date():
            continue  # overnight they are at their hotel
        if same_place(before.ends_where, after.place) or overlap(before, after):
            continue
        between = (
            mover
            for mover in movers
            if mover.starts_at <= after.starts_at and mover.ends_at >= before.ends_at and mover not in (before, after)
        )
        if not any(between):
            found.append((before, after))
    return found


def most_companions(guests: int) -> int:
    """How many of ours may sit at the table."""
    return FEW_COMPANIONS if guests <= FEW_GUESTS else guests // 3


def warnings(
    legs: Sequence[Leg], *, zone: ZoneInfo, starts_on: date, ends_on: date, guests: int, letter: bool, at: datetime, others: Sequence[Leg] = (),
    official: bool = True,
) -> list[Warn]:  # fmt: skip
    """Everything worth a look, the grave ones first. `official`: the rules of public bodies (letter, companions) count."""
    found = two_places(legs, others)
    for start, end, before, after in gaps(legs, zone):
        facts = {
            "from": f"{start.astimezone(zone):%H:%M}", "until": f"{end.astimezone(zone):%H:%M}", "day": start.astimezone(zone).date().isoformat(),
            "place": before.ends_where or before.what, "next": after.place or after.what,
        }  # fmt: skip
        found.append(Warn("reception.warn.gap", facts, (before.id, after.id), grave=True))
    for before, after in no_way(legs, zone):
        facts = {"from": before.ends_where, "to": after.place, "one": before.what, "other": after.what}
        found.append(Warn("reception.warn.no_way", facts, (before.id, after.id), grave=True))
    for leg in legs:
        day = leg.starts_at.astimezone(zone).date()
        if not starts_on <= day <= ends_on:
            found.append(Warn("reception.warn.other_day", {"what": leg.what, "day": day.isoformat()}, (leg.id,), grave=True))
        if leg.answer == Answer.DECLINED:
            found.append(Warn("reception.warn.declined", {"what": leg.what, "owner": leg.owner}, (leg.id,), grave=True))
        elif leg.owner_id is None:
            found.append(Warn("reception.warn.no_owner", {"what": leg.what}, (leg.id,)))
        if official and leg.kind == Kind.MEALS and leg.companions > most_companions(guests):
            table = {"what": leg.what, "have": leg.companions, "most": most_companions(guests), "guests": guests}
            found.append(Warn("reception.warn.companions", table, (leg.id,)))
    soon = [leg for leg in legs if leg.owner_id and leg.answer in (Answer.OPEN, Answer.ASKED) and at < leg.starts_at <= at + SOON]
    for owner_id in dict.fromkeys(leg.owner_id for leg in soon):
        mine = [leg for leg in soon if leg.owner_id == owner_id]
        said = {"what": tuple(leg.what for leg in mine), "owner": mine[0].owner}
        found.append(Warn("reception.warn.unconfirmed", said, tuple(leg.id for leg in mine)))
    if legs:
        found += [Warn("reception.warn.nobody_meets")] if not any(leg.kind == Kind.MEET for leg in legs) else []
        found += [Warn("reception.warn.no_escort")] if not any(leg.kind == Kind.ESCORT for leg in legs) else []
    if official and not letter:
        found.append(Warn("reception.warn.no_letter"))
    return sorted(found, key=lambda warn: not warn.grave)


def sums(costs: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Cents by kind of arrangement, every kind named, in the order of the form."""
    found = dict.fromkeys((str(kind) for kind in Kind), 0)
    for kind, cents in costs:
        found[str(kind)] += cents
    return found
