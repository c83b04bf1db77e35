"""What a register is described with: columns, chips, figures, and how a value is shown (see `registers`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal

from sqlmodel import Session

from core.foundation import clock, i18n
from core.mechanisms import views
from core.mechanisms.operations import Actor
from core.web import frame

if TYPE_CHECKING:
    from kiosk.desk.registers import RegisterPage

Tone = Literal["free", "soon", "held", "busy", "shut", "lost"]


@dataclass(frozen=True, slots=True)
class Column:
    """`heading` is a catalogue key; `value(row)` a text, number, day or moment; `tone(row)` makes it a pill, `icon(row)` changes the pill's sign.
    A column that is not `shown` at first can be chosen where the register lets people choose."""

    heading: str
    value: Callable[[Any], Any]
    sub: Callable[[Any], Any] | None = None
    tone: Callable[[Any], Tone | None] | None = None
    icon: Callable[[Any], str] | None = None
    number: bool = False
    code: bool = False
    shown: bool = True


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter: `words` is a catalogue key, `filters` go into the query, `count(s, by)` stands in it."""

    key: str
    words: str
    filters: Mapping[str, str] = field(default_factory=dict)
    count: Callable[[Session, Actor], int] | None = None


Fetch = Callable[[Session, views.Query, Actor], views.Page]


@dataclass(frozen=True, slots=True)
class Figures:
    """What a search finds: how many by the chips' keys, and in one line, as catalogue keys with their facts."""

    counts: Mapping[str, int] = field(default_factory=dict)
    summary: tuple[tuple[str, Mapping[str, Any]], ...] = ()


@dataclass(frozen=True, slots=True)
class Register:
    """A register's description. `title` is a catalogue key (fact `n`: rows of the first chip, when it counts); `kinds` are the live changes that redraw;
    `peek(row, page)` draws the panel of a chosen row (sync or async), `acts(page)` the buttons beside the title; `tools(page)` more beside the search.
    `figures(s, query, by)` numbers the chips by key for the present search and filters and says the line beside the title; it is read after the rows,
    on another thread.
    `more(s)` adds columns an office made itself; `choose_columns` lets people choose theirs, which is remembered. `picked(page)` is told when rows
    are ticked (`page.picked`). `above()` draws what wants attention before anything else, under the title."""

    name: str
    title: str
    columns: tuple[Column, ...]
    kinds: tuple[str, ...] = ()
    fetch: Fetch | None = None
    chips: tuple[Chip, ...] = ()
    peek: Callable[[Any, RegisterPage], Any] | None = None
    acts: Callable[[RegisterPage], Any] | None = None
    tools: Callable[[RegisterPage], Any] | None = None
    sub: str = ""
    search: str = "register.find"
    empty: tuple[str, str] = ("register.empty", "register.empty_hint")
    export: bool = True
    get: Callable[[Session, str, Actor], Any] | None = None
    figures: Callable[[Session, views.Query, Actor], Figures] | None = None
    more: Callable[[Session], tuple[Column, ...]] | None = None
    choose_columns: bool = False
    picked: Callable[[RegisterPage], Any] | None = None
    above: Callable[[], Any] | None = None


def shown(value: Any) -> str:
    """A value as a register shows it, in the page's language: days `11月23日`, moments `11月23日 10:24`, the year where it is not this one, nothing as a dash."""
    if value is None or value == "":
        return "—"
    if isinstance(value, datetime):
        local = clock.local(value)
        return f"{shown(local.date())} {local:%H:%M}"
    if isinstance(value, date):
        return i18n.short_day(value, frame.lang()) if value.year == clock.today().year else value.isoformat()
    return str(value)


def long_moment(moment: datetime) -> str:
    """A moment in a sentence, in the page's language."""
    return i18n.day_and_time(moment, clock.zone(), frame.lang())
