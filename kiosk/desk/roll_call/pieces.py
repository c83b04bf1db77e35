"""What a roll call is drawn of: the band that says whether it is a drill, the figures, a line, who saw whom."""

from __future__ import annotations

import unicodedata
from typing import Any

from nicegui import ui

from core.foundation import clock, i18n
from core.mechanisms import pinyin
from core.sections.rollcall import LineView, RollCallView, reading
from core.web import frame, icons, parts
from core.web.frame import _

KIND_ICON = {"staff": "person", "visitor": "people", "contractor": "repair", "group": "people", "other": "plus"}


def draw_band(drill: bool) -> None:
    """What this is, over everything: nobody may take a drill for real, nor the other way round."""
    with parts.box(f"rollcall__band rollcall__band--{'drill' if drill else 'real'}").props("role=status"):
        icons.icon("bell")
        parts.text(_("rollcall.desk.drill_band" if drill else "rollcall.desk.real_band"), "strong")


def draw_figures(view: RollCallView) -> None:
    """The one number that matters, and how it comes about."""
    with parts.box("rollcall__figures"):
        for name in ("missing", "accounted", "on_break", "assumed_left"):
            number = getattr(view, name)
            tone = " rollcall__figure--bad" if name == "missing" and number else " rollcall__figure--good" if name == "missing" else ""
            with parts.box(f"rollcall__figure rollcall__figure--{name}{tone}").props(f"data-figure={name}"):
                parts.text(number, "b", "num")
                parts.text(_(f"rollcall.sum.{name}"), "span")
        with parts.box("rollcall__bar"):
            share = 0 if view.expected == 0 else round(100 * view.accounted / view.expected)
            ui.element("progress").props(f'value={share} max=100 aria-label="{_("rollcall.sum.accounted")}"')
            words = _("rollcall.desk.marshals", n=len(view.marshals)) if view.marshals else _("rollcall.desk.marshals.none")
            parts.text(
                (": " if frame.lang() == "en" else "：").join(filter(None, [words, parts.listed(view.marshals)])),
                "p",
                "quiet",
            )


def row(name: str, kind: str, detail: str, host: str, where: str, number: str, headcount: int) -> Any:
    title = name if headcount == 1 else _("rollcall.heads", name=name, n=headcount)
    meta = parts.joined(_(f"rollcall.kind.{kind}"), detail, host, where, number)
    return parts.item(title, meta, icon=KIND_ICON.get(kind, "person"))


def found_by(wanted: str, name: str, *words: str) -> bool:
    """Whether somebody is who was typed: a part of the name, of the firm, the room, the number or the badge's code, or the start of the name's pinyin."""
    wanted = wanted.strip()
    if not wanted:
        return True
    plain = unicodedata.normalize("NFKC", wanted).casefold()
    around = " ".join((name, *words)).casefold()
    return plain in around or plain.replace("-", "") in around or pinyin.sounds(name, wanted)


def tick_words(tick: reading.TickView) -> str:
    """Who, when, where."""
    key = "rollcall.desk.ticked_at" if tick.place else "rollcall.desk.ticked"
    return _(key, who=tick.by, time=when(tick.at), place=tick.place)


def draw_ticks(line: LineView) -> None:
    """Every tick of somebody, the taken back ones struck out."""
    with parts.rows("list"):
        for tick in line.ticks:
            meta = "" if tick.stands else _("rollcall.desk.undone", who=tick.taken_back_by, time=when(tick.taken_back_at))
            with parts.item(
                tick_words(tick), meta, icon="check" if tick.stands else "return", tone="free" if tick.stands else "shut"
            ) as row:
                row.classes("" if tick.stands else "rollcall__gone")
                if line.headcount > 1:
                    parts.text(f"× {tick.headcount}", "span", "num")


def when(moment: Any) -> str:
    if moment is None:
        return ""
    local = clock.local(moment)
    return f"{local:%H:%M}" if local.date() == clock.today() else i18n.day_and_time(moment, clock.zone(), frame.lang())
