"""Who counts, and where each: one field for the persons, and for every person named a field for their own places (guide S4.1-R6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from nicegui import ui

from core.foundation import database
from core.mechanisms import places
from core.sections.stocktakes import Counter
from core.sections.stocktakes.record import StocktakeCounter
from core.web import parts
from core.web.frame import _

Options = Mapping[str, str]


class CounterField:
    """`where` says which places the count covers, id → path; a person without places of their own counts all of them."""

    def __init__(self, persons: Options, where: Callable[[], Options], present: Sequence[StocktakeCounter] = ()) -> None:
        self.persons, self.where = persons, where
        self.own: dict[str, list[str]] = {}
        for one in present:
            self.own.setdefault(str(one.person_id), []).extend([str(one.place_id)] if one.place_id else [])
        chosen = sorted((one for one in self.own if one in persons), key=lambda one: persons[one])
        self.chosen = parts.select(
            _("stocktake.field_counters"), persons, chosen, help=_("stocktake.field_counters_help"), multiple=True, search=True,
            on_change=lambda _value: self.draw(),
        )  # fmt: skip
        self.chosen.props("data-test=counters")
        self.fields: dict[str, ui.select] = {}
        self.rows: ui.element | None = None

    def below(self) -> None:
        """Draw the persons' own places here."""
        self.rows = parts.box("openform__pair openform__whose").props("data-test=whose")
        self.draw()

    def draw(self) -> None:
        """The persons changed, or what the count covers did: places that are not covered any more go."""
        if self.rows is None:
            return
        known, named = self.where(), list(self.chosen.value or [])
        self.own = {person: [place for place in self.own.get(person, []) if place in known] for person in named}
        self.fields = {}
        self.rows.clear()
        self.rows.set_visibility(bool(named) and len(known) > 1)
        if not self.rows.visible:
            return
        with self.rows:
            for person in named:
                words = _("stocktake.counter_where", name=self.persons[person])
                field = parts.select(words, known, self.own[person], multiple=True, search=True, on_change=self._keep(person))
                field.props(f'data-test=counter-where placeholder="{"" if self.own[person] else _("stocktake.counter_whole")}"')
                self.fields[person] = field

    def _keep(self, person: str) -> Callable[[Any], None]:
        def keep(value: Any) -> None:
            self.own[person] = list(value or [])
            self.fields[person].props(f'placeholder="{"" if value else _("stocktake.counter_whole")}"')

        return keep

    @property
    def counters(self) -> tuple[Counter, ...]:
        """As the operations ask for them."""
        found = []
        for person in self.chosen.value or []:
            own = self.own.get(person, [])
            found += [Counter(person_id=UUID(person), place_id=UUID(place)) for place in own] or [Counter(person_id=UUID(person))]
        return tuple(found)


def covered(named: Sequence[UUID], paths: Options) -> Options:
    """The places of a count: those named and everything below them; without names every place."""
    if not named:
        return paths
    with database.reading() as s:
        scope = {str(one) for one in (*named, *places.descendants(s, list(named)))}
    return {place: path for place, path in paths.items() if place in scope}
