"""What the review of a stock-take shows above its lines: the sentence, the figures that add up, the bar (look/png/desk-stocktake-review.png)."""

from __future__ import annotations

from dataclasses import dataclass

from core.foundation import clock, database, i18n
from core.mechanisms import attachments
from core.mechanisms.operations import Actor
from core.sections import stocktakes
from core.sections.stocktakes import APPROVERS, Mode, OpenDevice, Progress, Result, Review, State, Stocktake
from core.sections.stocktakes.views import StocktakeView
from core.web import frame, parts
from core.web.frame import _

BAR: tuple[tuple[str, str], ...] = (("matched", "free"), ("moved", "held"), ("recount", "held"), ("missing", "busy"), ("conflict", "busy"))


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything the page draws, read at one moment."""

    row: Stocktake
    session: StocktakeView
    review: Review
    waiting: tuple[OpenDevice, ...]
    devices: tuple[OpenDevice, ...]
    progress: Progress | None
    may_approve: bool
    counted: bool
    sealed: str
    photos_to_come: set[str]


def read(stocktake_id: str, by: Actor) -> Shown | StocktakeView | None:
    with database.reading() as s:
        row = stocktakes.find(s, stocktake_id)
        if row is None:
            return None
        session = stocktakes.views_of(s, [row], by)[0]
        if stocktakes.is_blind_to(s, row, by):
            return session
        counted = stocktakes.has_counted(s, row.id, by.person_id)
        sealed = stocktakes.sealed(s, row.id).sha256 if row.state == State.APPROVED else ""
        unsettled = row.state in (State.OPEN, State.CLOSED)
        devices = tuple(stocktakes.devices_of(s, row)) if unsettled else ()
        waiting = tuple(one for one in devices if one.waiting or (row.state == State.OPEN and not one.handed_in))
        result = stocktakes.result_of(s, row)
        photos = attachments.pending(s, tuple(photo for line in result.lines for photo in line.photos))
        return Shown(
            row, session, result, waiting, devices, stocktakes.by_place_and_person(s, row) if unsettled else None,
            by.has(*APPROVERS) and not counted, counted, sealed, set(photos),
        )  # fmt: skip


def crumb() -> None:
    with parts.box("crumb"):
        parts.text(_("stocktake.crumb"), "a").props('href="/desk/stocktakes"')


def head(shown: Shown) -> None:
    row, sums = shown.row, shown.review.sums
    differences = len([line for line in shown.review.lines if line.is_difference])
    if row.state == State.OPEN:
        title = _("stocktake.title_counting", title=row.title, counted=sums.counted, expected=sums.expected)
    elif row.state in (State.APPROVED, State.REJECTED):
        title = _(f"stocktake.title_{row.state}", title=row.title)
    elif not differences:
        title = _("stocktake.title_clean", title=row.title)
    elif sums.undecided:
        title = _("stocktake.title_open", title=row.title, n=differences, undecided=sums.undecided)
    else:
        title = _("stocktake.title_decided", title=row.title, n=differences)
    sub = _(
        "stocktake.item_meta",
        kind=_(f"stocktake.kind.{row.kind}"),
        mode=_(f"stocktake.mode.{row.mode}"),
        place=shown.session.place or _("stocktake.everywhere"),
    )
    if row.state in (State.APPROVED, State.REJECTED) and row.settled_at is not None:
        sub = _("stocktake.settled_by", who=shown.session.settled_by, when=i18n.day_and_time(row.settled_at, clock.zone(), frame.lang()))
        sub += f"　{row.settled_reason}" if row.settled_reason else ""
    else:
        sub = parts.joined(sub, *_scope(shown))
    with parts.head(title, sub):
        if row.state == State.APPROVED:
            address = f"/api/v1/stocktakes/{row.id}/report"
            parts.button(_("stocktake.report_json"), href=f"{address}.json", kind="quiet").props("download data-test=report-json")
            parts.button(_("stocktake.report_xlsx"), href=f"{address}.xlsx?language={frame.lang()}", icon="receive").props("download")
            parts.button(_("stocktake.report_pdf"), href=f"{address}.pdf?language={frame.lang()}", icon="receive", kind="main").props(
                "download data-test=report-pdf"
            )
        else:
            parts.button(_("stocktake.export"), href=f"/api/v1/stocktakes/{row.id}/lines.xlsx", icon="receive").props("download")


def _scope(shown: Shown) -> list[str]:
    """What narrows the count beside its places: value, sample, last day, frozen."""
    row, said = shown.row, []
    if row.value_from_cents is not None or row.value_to_cents is not None:
        low, high = (i18n.money(cents) if cents is not None else "…" for cents in (row.value_from_cents, row.value_to_cents))
        said.append(_("stocktake.scope_value", low=low, high=high))
    if row.sample_seed:
        said.append(_("stocktake.scope_sample", n=row.population, seed=row.sample_seed))
    if row.due_on is not None:
        words = "my.count_due" if row.mode == Mode.SELF else "stocktake.due_by"
        said.append(_(words, day=i18n.short_day(row.due_on, frame.lang())))
    if row.frozen and row.state == State.OPEN:
        said.append(_("stocktake.frozen_badge"))
    return said


def figures(shown: Shown) -> None:
    row, sums = shown.row, shown.review.sums
    figures = (
        [("matched", "free"), ("moved", "held"), ("missing", "busy"), ("surplus", "soon")]
        if row.kind == "supply"
        else [("matched", "free"), ("moved", "held"), ("missing", "busy")]
    )
    more = sum(1 for line in shown.review.lines if line.expected and line.result == Result.SURPLUS) if row.kind == "asset" else 0
    figures += [
        (name, tone)
        for name, tone in (("conflict", "busy"), ("recount", "held"), ("not_counted", "lost"), ("left", "lost"))
        if getattr(sums, name)
    ]
    if row.kind == "supply":
        figures = [one for one in figures if one[0] != "moved"]
    with parts.box("sheet review__sums", "section").props("data-test=sums"):
        with parts.box("sums"):
            _figure(str(sums.expected), _("stocktake.sum.expected"), "expected")
            with parts.box():
                parts.text("=", "b", "sums__is")
                parts.text(" ", "span")
            for name, tone in figures:
                _figure(str(getattr(sums, name)), _(f"stocktake.result.{name}"), name, tone)
            if more:
                _figure(str(more), _("stocktake.result.surplus"), "surplus_here", "soon")
            if row.kind == "asset" and (sums.surplus > more or row.state != State.OPEN):
                _figure(f"+{sums.surplus - more}", _("stocktake.sum.surplus"), "surplus", "soon", apart=True)
            if sums.moved_in:
                _figure(f"+{sums.moved_in}", _("stocktake.sum.moved_in"), "moved_in", "held")
        with parts.box():
            with parts.box("bar").props("aria-hidden=true"):
                for name, tone in BAR + ((("surplus", "soon"),) if row.kind == "supply" else ()):
                    part = getattr(sums, name)
                    if part and sums.expected:
                        parts.box(tone, "i").style(f"width: {100 * part / sums.expected:.2f}%")
            if row.kind == "asset":
                impact = sums.surplus_net_value_cents - sums.missing_net_value_cents
                if sums.things != sums.expected:  # bulk lines: more things than lines
                    parts.text(
                        _("stocktake.things_line", n=sums.things, missing=sums.things_missing, surplus=sums.things_surplus),
                        classes="second small",
                    ).props("data-test=things")
                parts.text(
                    _("stocktake.value_line", net=i18n.money(sums.net_value_cents), impact=i18n.money(impact)), classes="second small"
                )
            if shown.sealed:
                parts.text(_("stocktake.sealed", sha=shown.sealed[:16]), classes="second small code")


def _figure(number: str, words: str, name: str, tone: str = "", *, apart: bool = False) -> None:
    with parts.box("review__apart" if apart else "").props(f'data-figure="{name}"'):
        parts.text(number, "b", "num")
        with parts.box("", "span"):
            if tone:
                parts.box(f"dot dot--{tone}", "i")
            parts.text(words, "span")
