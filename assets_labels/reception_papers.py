"""A reception on paper: the plan (接待方案) and the list that goes with the expense claim (公务接待清单: unit, name, post, item, time, place, cost; norms.md 16)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from assets_labels.forms import Box, Cell, Form, Kind, Row, draw_form, in_words, pairs, table
from core.foundation import i18n
from core.foundation.i18n import t
from core.sections import reception
from core.sections.reception import Plan, PlanLine


def plan_form(view: Plan, office: str, language: str, zone: str) -> bytes:
    """接待方案: who and why, the guests, each day in order with who answers for what, the budget by kind, and the leader's box."""
    paper = _Paper(language, zone)
    word = paper.word
    rows: list[Row] = [
        pairs((word("organisation"), view.organisation), (word("letter"), view.letter or "—")),
        pairs((word("column.days"), paper.days(view.starts_on, view.ends_on)), (word("level"), word(f"level.{view.level}"))),
        pairs((word("headcount"), word("heads", n=view.headcount)), (word("lead"), view.lead)),
        (Cell(word("purpose"), 1.0, "label"), Cell(view.purpose or "—", 5.4)),
    ]
    if view.itinerary:
        rows.append((Cell(word("itinerary"), 1.0, "label"), Cell(view.itinerary, 5.4)))
    rows += [(Cell(word("paper.one"), 1.0, "part"),), *_guest_rows(view, paper)]
    rows.append((Cell(word("paper.two"), 1.0, "part"),))
    heads: Sequence[tuple[str, float, Kind]] = (
        (word("paper.time"), 1.4, "centre"), (word("paper.item"), 1.15, "centre"), (word("paper.what"), 2.3, "value"), (word("place"), 1.8, "value"), (word("owner"), 1.0, "centre"),
    )  # fmt: skip
    rows += table(
        heads,
        [(paper.when(line, view), word(f"kind.{line.kind}"), _what(line, paper), _where(line), _owner(line, paper)) for line in view.lines],
    )
    rows += [(Cell(word("paper.three"), 1.0, "part"),), *_budget_rows(view, paper)]
    return draw_form(
        Form(
            title=t("reception.paper.plan_title", language, title=view.title), above=(word("paper.office", office=office), word("paper.number", number=view.number)),
            rows=tuple(rows), boxes=_boxes(view, paper), foot=paper.foot(view), language=language,
        )
    )  # fmt: skip


def list_form(view: Plan, office: str, language: str, zone: str) -> bytes:
    """公务接待清单: filed with the claim. What was really spent stands beside what was planned; nothing was spent yet, and the column is empty to be filled in."""
    paper = _Paper(language, zone)
    word = paper.word
    rows: list[Row] = [
        pairs((word("paper.visiting"), view.organisation), (word("letter"), view.letter or "—")),
        pairs((word("column.days"), paper.days(view.starts_on, view.ends_on)), (word("level"), word(f"level.{view.level}"))),
        (Cell(word("purpose"), 1.0, "label"), Cell(view.purpose or "—", 5.4)),
        pairs((word("headcount"), word("heads", n=view.headcount)), (word("paper.companions"), _companions(view, paper))),
        *_guest_rows(view, paper),
    ]
    heads: Sequence[tuple[str, float, Kind]] = (
        (word("paper.item"), 1.15, "centre"), (word("paper.what"), 2.1, "value"), (word("paper.time"), 1.4, "centre"), (word("place"), 1.8, "value"), (word("paper.cost"), 1.0, "figure"),
    )  # fmt: skip
    rows += table(
        heads,
        [
            (
                word(f"kind.{line.kind}"),
                _what(line, paper),
                paper.when(line, view),
                _where(line),
                i18n.money(line.cost_cents) if line.cost_cents else "—",
            )
            for line in view.lines
        ],
    )
    rows += _budget_rows(view, paper, real=True)
    spent = view.real_cents or view.planned_cents
    amount = in_words(spent, language) if language != "en" else ""
    rows.append((Cell(word("paper.total"), 1.0, "label"), Cell("　".join(filter(None, (f"¥ {i18n.money(spent)}", amount))), 5.4)))
    return draw_form(
        Form(
            title=word("paper.list_title"), above=(word("paper.office", office=office), word("paper.number", number=view.number)), rows=tuple(rows),
            boxes=_boxes(view, paper), foot=paper.foot(view), language=language,
        )
    )  # fmt: skip


def _guest_rows(view: Plan, paper: _Paper) -> list[Row]:
    heads: Sequence[tuple[str, float, Kind]] = (
        (paper.word("paper.no"), 0.5, "centre"), (paper.word("guest.name"), 1.3, "centre"), (paper.word("guest.post"), 2.0, "value"), (paper.word("guest.organisation"), 2.4, "value"),
    )  # fmt: skip
    lines = [
        (
            str(n),
            t("visit.erased", paper.language) if guest.erased else guest.name,
            guest.post or "—",
            guest.organisation or view.organisation,
        )
        for n, guest in enumerate(view.guests, 1)
    ]
    more = view.headcount - len(view.guests)
    if more > 0:
        lines.append(("", paper.word("paper.more_guests", n=more), "", ""))
    return table(heads, lines)


def _budget_rows(view: Plan, paper: _Paper, *, real: bool = False) -> list[Row]:
    heads: Sequence[tuple[str, float, Kind]] = (
        (paper.word("paper.kind"), 2.0, "centre"), (paper.word("column.planned"), 1.4, "figure"), *((((paper.word("column.real")), 1.4, "figure"),) if real else ()),
    )  # fmt: skip
    lines = []
    for kind in reception.Kind:
        planned, spent = view.planned[kind], view.real[kind]
        if planned or (real and spent):
            lines.append(
                (paper.word(f"kind.{kind}"), i18n.money(planned), *((i18n.money(spent) if view.real_cents else "",) if real else ()))
            )
    lines.append(
        (
            paper.word("paper.sum"),
            i18n.money(view.planned_cents),
            *((i18n.money(view.real_cents) if view.real_cents else "",) if real else ()),
        )
    )
    return table(heads, lines)


def _boxes(view: Plan, paper: _Paper) -> tuple[Box, ...]:
    said = paper.word("paper.agreed") if view.approved_at else ""
    return (
        Box(paper.word("paper.sign_made"), view.created_by, paper.day(view.created_at)), Box(paper.word("paper.sign_lead"), "", ""),
        Box(paper.word("paper.sign_agreed"), view.approved_by, paper.day(view.approved_at) if view.approved_at else "", said),
    )  # fmt: skip


def _what(line: PlanLine, paper: _Paper) -> str:
    table_ = paper.word("companions_n", n=line.companions) if line.companions else ""
    return f"{line.what}\n{table_}" if table_ else line.what


def _where(line: PlanLine) -> str:
    """Where it is; the room it has on a line of its own, unless the place says it already."""
    where = f"{line.place} → {line.place_to}" if line.place_to else line.place
    return "\n".join(filter(None, (where, line.room if line.room not in where else ""))) or "—"


def _owner(line: PlanLine, paper: _Paper) -> str:
    """Who answers for it, and that it stands; by whom where somebody else said so, and with whom outside."""
    if line.answer != "confirmed":
        return line.owner or "—"
    by = line.answered_by if line.answered_by != line.owner else ""
    stands = paper.word("with", who=line.confirmed_with) if line.confirmed_with else paper.word("answer.confirmed")
    return "\n".join(filter(None, (line.owner, stands, by)))


def _companions(view: Plan, paper: _Paper) -> str:
    most = max((line.companions for line in view.lines), default=0)
    return paper.word("heads", n=most) if most else "—"


class _Paper:
    """Words, days and moments of one language."""

    def __init__(self, language: str, zone: str) -> None:
        self.language, self.zone = language, ZoneInfo(zone)

    def word(self, key: str, **facts: object) -> str:
        return t(f"reception.{key}", self.language, **facts)

    def days(self, first: date, last: date) -> str:
        if first == last:
            return i18n.full_day(first, self.language)
        return f"{i18n.full_day(first, self.language)}–{i18n.short_day(last, self.language)}"

    def day(self, moment: datetime) -> str:
        return i18n.full_day(moment.astimezone(self.zone).date(), self.language)

    def when(self, line: PlanLine, view: Plan) -> str:
        start, end = line.starts_at.astimezone(self.zone), line.ends_at.astimezone(self.zone)
        span = f"{start:%H:%M}–{end:%H:%M}"
        if end.date() != start.date():
            return f"{i18n.short_day(start.date(), self.language)} {start:%H:%M}–\n{i18n.short_day(end.date(), self.language)} {end:%H:%M}"
        several = view.starts_on != view.ends_on or start.date() != view.starts_on
        return f"{i18n.short_day(start.date(), self.language)}\n{span}" if several else span

    def foot(self, view: Plan) -> str:
        return view.number
