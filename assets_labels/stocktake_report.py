"""The sealed report of a stock-take as PDF (盘点表 and 盘盈盘亏明细表) and XLSX, drawn from the frozen figures only (Things 7, pitfalls T13, T15; guide S4.1-R6).

A file is made once in each language and kept byte for byte; a later rename can not reach it, since nothing but the frozen text is read.
Headings follow the reader's language; what the office typed stays as it was.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from assets_labels.reports import Column, Report, Signature, draw_reports
from core.foundation import clock, database, heavy, i18n
from core.foundation.i18n import t
from core.foundation.jobs import job
from core.mechanisms.operations import SYSTEM, perform_now
from core.mechanisms.tables import amount, write_book
from core.sections import stocktakes

MEDIA = {"pdf": "application/pdf", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
DIFFERENT = ("surplus", "missing", "moved", "conflict", "recount", "not_counted")


@job(every_s=20)
def draw_sealed(at: datetime) -> None:
    """Make the files that sealed reports still lack, a few a beat, in the worker process."""
    with database.reading() as s:
        wanted = [(one, stocktakes.sealed(s, one[0])) for one in stocktakes.to_draw(s, limit=6)]
    for (stocktake_id, format, language), report in wanted:
        data = heavy.run_here(render, report.content, report.sha256, format, language, str(clock.zone()))
        keep(stocktake_id, format, language, data)


def keep(stocktake_id: UUID, format: str, language: str, data: bytes) -> None:
    """Keep a drawn file; the first one of a format and language stays."""
    do = stocktakes.FileReport(
        stocktake_id=stocktake_id,
        format=format,
        language=language,
        sha256=hashlib.sha256(data).hexdigest(),
        data=base64.b64encode(data).decode(),
    )
    perform_now(do, by=SYSTEM)


def render(content: str, sha256: str, format: str, language: str, zone: str) -> bytes:
    """The file of a format and language; a function of plain values, for the worker process."""
    drawing = _Sealed(json.loads(content), sha256, language, ZoneInfo(zone))
    return drawing.pdf() if format == "pdf" else drawing.xlsx()


class _Sealed:
    """One frozen content, in one language."""

    def __init__(self, content: dict[str, Any], sha256: str, language: str, zone: ZoneInfo) -> None:
        self._content, self._sha256, self._language, self._zone = content, sha256, language, zone
        self._supplies = content["kind"] == "supply"
        self._pieces = any(line.get("bulk") for line in content["lines"])  # reports without a bulk line look as they always did

    # ── PDF ──

    def pdf(self) -> bytes:
        lines = self._content["lines"]
        different = [line for line in lines if line["result"] in DIFFERENT]
        return draw_reports([self._sheet(), self._details(different)])

    def _sheet(self) -> Report:
        content, sums = self._content, self._content["sums"]
        lines = sorted(content["lines"], key=lambda line: (line["book_place"] or line["found_place"], line["number"], line["name"]))
        columns = self._pdf_columns()
        figures = [(self._t(f"sum.{name}") if name in ("expected", "surplus") else self._t(f"result.{name}"), str(sums[name]))
                   for name in ("expected", "matched", "moved", "missing", "surplus")]  # fmt: skip
        figures.append((self._t("report.sum_net"), i18n.money(sums["net_value_cents"])))
        if self._pieces:
            figures += [(self._t(f"report.{name}"), str(sums[name])) for name in ("things", "things_missing", "things_surplus")]
            impact = sums["surplus_value_cents"] - sums["missing_value_cents"]
            figures.append((self._t("report.difference_value"), i18n.money(impact)))
        return Report(
            title=self._t("report.title"), heading=content["office"], lines=self._head(), sums=tuple(figures), columns=tuple(column for column, _ in columns),
            rows=tuple(tuple(cell(line) for _, cell in columns) for line in lines), totals=self._totals(lines, columns),
            signatures=(
                Signature(self._t("report.sign_opener"), content["opened_by"], self._day(content["opened_at"])),
                Signature(self._t("report.sign_counter"), self._joined(content["counters"]), ""),
                Signature(self._t("report.sign_approver"), content["approved_by"], self._day(content["approved_at"])),
            ),
            footer=t("stocktake.report.footer", self._language, sha=self._sha256), language=self._language,
        )  # fmt: skip

    def _details(self, lines: list[dict[str, Any]]) -> Report:
        figures: list[tuple[Column, Callable[[dict[str, Any]], str]]] = []
        if self._pieces:
            figures = [
                (Column(self._t("report.difference"), 0.7, figures=True), lambda line: _signed(_off(line))),
                (Column(self._t("report.difference_value"), 1.15, figures=True), lambda line: i18n.money(_off_cents(line, "value_cents"))),
            ]
        columns = [*self._pdf_columns(narrow=True), *figures, (Column(self._t("report.decision"), 1.4), self._decision)]
        return Report(
            title=self._t("report.differences"), heading=self._content["office"], lines=self._head()[:1], columns=tuple(column for column, _ in columns),
            rows=tuple(tuple(cell(line) for _, cell in columns) for line in lines), totals=self._totals(lines, columns) if lines else (),
            signatures=(Signature(self._t("report.sign_opener")), Signature(self._t("report.sign_counter")), Signature(self._t("report.sign_approver"))),
            footer=t("stocktake.report.footer", self._language, sha=self._sha256), language=self._language,
        )  # fmt: skip

    def _head(self) -> tuple[str, ...]:
        content = self._content
        first = t(
            "stocktake.report.lines_scope",
            self._language,
            title=content["title"],
            kind=self._t(f"kind.{content['kind']}"),
            mode=self._t(f"mode.{content['mode']}"),
        )
        when = t(
            "stocktake.report.lines_when", self._language, opened=self._full(content["opened_at"]), opened_by=content["opened_by"],
            closed=self._full(content["closed_at"]), closed_by=content["closed_by"], approved=self._full(content["approved_at"]), approved_by=content["approved_by"],
        )  # fmt: skip
        who = t("stocktake.report.lines_who", self._language, names=self._joined(content["counters"]))
        override = (
            [t("stocktake.report.lines_override", self._language, reason=content["override_reason"])] if content["override_reason"] else []
        )
        return (first, *self._scope(), when, who, *override)

    def _scope(self) -> list[str]:
        """What narrowed the count, and the seed with which anyone can draw its sample again. Reports sealed before scopes had none have none."""
        scope = self._content.get("scope")
        if not scope:
            return []
        said = []
        if scope["places"] or scope["departments"] or scope["class_codes"]:
            what = self._joined([*scope["places"], *scope["departments"], *scope["class_codes"]])
            said.append(t("stocktake.report.lines_what", self._language, what=what))
        if scope["value_from_cents"] is not None or scope["value_to_cents"] is not None:
            low, high = (i18n.money(scope[name]) if scope[name] is not None else "…" for name in ("value_from_cents", "value_to_cents"))
            said.append(t("stocktake.scope_value", self._language, low=low, high=high))
        if scope["sample_seed"]:
            said.append(t("stocktake.scope_sample", self._language, n=self._content["population"], seed=scope["sample_seed"]))
        return [self._joined(said)] if said else []

    def _pdf_columns(self, *, narrow: bool = False) -> list[tuple[Column, Callable[[dict[str, Any]], str]]]:
        places: list[tuple[Column, Callable[[dict[str, Any]], str]]] = [
            (Column(self._t("report.number"), 1.25 if narrow else 1.1), lambda line: line["number"] or line["label"]),
            (Column(self._t("report.name"), 1.9), lambda line: " ".join(part for part in (line["name"], line["spec"]) if part)),
            (
                Column(self._t("report.book_place"), 1.05),
                lambda line: line["book_place"] if line["expected"] or line["number"] else self._t("not_in_book"),
            ),
            (Column(self._t("report.found_place"), 1.05), lambda line: line["found_place"]),
        ]
        figures: list[tuple[Column, Callable[[dict[str, Any]], str]]]
        if self._supplies:
            figures = [
                (Column(self._t("report.book_quantity"), 0.7, figures=True), lambda line: _whole(line["book_quantity"])),
                (Column(self._t("report.quantity"), 0.7, figures=True), lambda line: _whole(line["quantity"])),
                (Column(self._t("report.unit"), 0.5), lambda line: line["unit"]),
            ]
        else:
            figures = [
                (
                    Column(self._t("report.keeper"), 1.15),
                    lambda line: " ".join(part for part in (line["department"], line["keeper"]) if part),
                ),
                (Column(self._t("report.value"), 0.95, figures=True), lambda line: _money(line["value_cents"])),
                (Column(self._t("report.net"), 0.85, figures=True), lambda line: _money(line["net_value_cents"])),
            ]
            if self._pieces:
                figures += [
                    (Column(self._t("report.book_quantity"), 0.58, figures=True), lambda line: _whole(_book_pieces(line))),
                    (Column(self._t("report.quantity"), 0.58, figures=True), lambda line: _whole(_found_pieces(line))),
                ]
        return [
            *places, *figures, (Column(self._t("report.result"), 0.82, bold=True), lambda line: self._t(f"result.{line['result']}")),
            (Column(self._t("report.first"), 1.45 if narrow else 1.65), lambda line: " ".join(part for part in (line["first_by"], self._moment(line["first_at"])) if part)),
        ]  # fmt: skip

    def _totals(self, lines: Iterable[dict[str, Any]], columns: list[Any]) -> tuple[str, ...]:
        known = list(lines)
        if not known:
            return ()
        cells = [t("stocktake.report.total", self._language, n=len(known)), *[""] * (len(columns) - 1)]
        if not self._supplies:
            cells[5] = i18n.money(sum(line["value_cents"] or 0 for line in known))
            cells[6] = i18n.money(sum(line["net_value_cents"] or 0 for line in known))
            if self._pieces:
                cells[7], cells[8] = _whole(sum(_book_pieces(line) for line in known)), _whole(sum(_found_pieces(line) for line in known))
            if self._pieces and len(columns) > 12:
                cells[11] = _signed(sum(_off(line) for line in known)) or "0"
                cells[12] = i18n.money(sum(_off_cents(line, "value_cents") for line in known))
        return tuple(cells)

    def _decision(self, line: dict[str, Any]) -> str:
        words = self._t(f"decision.{line['decision']}") if line["decision"] else ""
        return (
            "，".join(part for part in (words, line["cause"]) if part)
            if self._language != "en"
            else ", ".join(part for part in (words, line["cause"]) if part)
        )

    # ── XLSX ──

    def xlsx(self) -> bytes:
        lines = sorted(self._content["lines"], key=lambda line: (line["book_place"] or line["found_place"], line["number"], line["name"]))
        columns = self._xlsx_columns()
        headings = [heading for heading, _ in columns]
        different = [line for line in lines if line["result"] in DIFFERENT]

        def rows(of: list[dict[str, Any]]) -> Iterable[list[Any]]:
            yield from ([cell(line) for _, cell in columns] for line in of)
            yield self._xlsx_totals(of, columns)

        return write_book(
            [(self._t("report.title"), headings, rows(lines)), (self._t("report.differences"), headings, rows(different))], zone=self._zone
        )

    def _xlsx_columns(self) -> list[tuple[str, Callable[[dict[str, Any]], Any]]]:
        def text(name: str) -> Callable[[dict[str, Any]], Any]:
            return lambda line: line[name] or ""

        head = [
            (self._t("report.number"), text("number")), (self._t("report.name_only"), text("name")), (self._t("report.spec"), text("spec")),
            (self._t("report.serial"), text("serial")), (self._t("report.label"), text("label")), (self._t("report.book_place"), text("book_place")),
            (self._t("report.found_place"), text("found_place")), (self._t("report.department"), text("department")),
            (self._t("report.keeper_only"), text("keeper")),
        ]  # fmt: skip
        if self._supplies:
            figures: list[tuple[str, Callable[[dict[str, Any]], Any]]] = [
                (self._t("report.book_quantity"), lambda line: line["book_quantity"]), (self._t("report.quantity"), lambda line: line["quantity"]),
                (self._t("report.unit"), text("unit")),
            ]  # fmt: skip
        else:
            figures = [
                (self._t("report.value"), lambda line: amount(line["value_cents"])), (self._t("report.net"), lambda line: amount(line["net_value_cents"])),
                (self._t("report.quantity"), _found_pieces),
            ]  # fmt: skip
            if self._pieces:
                figures += [
                    (self._t("report.book_quantity"), _book_pieces), (self._t("report.unit"), text("unit")),
                    (self._t("report.difference_value"), lambda line: amount(_off_cents(line, "value_cents"))),
                    (self._t("report.difference_net"), lambda line: amount(_off_cents(line, "net_value_cents"))),
                ]  # fmt: skip
        return [
            *head, *figures, (self._t("report.result"), lambda line: self._t(f"result.{line['result']}")), (self._t("report.difference"), lambda line: line["difference"]),
            (self._t("report.counted_by"), lambda line: self._joined(dict.fromkeys(seen["who"] for seen in line["seen"] if seen["who"]))),
            (self._t("report.counted_at"), lambda line: datetime.fromisoformat(line["first_at"]) if line["first_at"] else None),
            (self._t("report.every_count"), self._every_count),
            (self._t("report.condition"), lambda line: self._t(f"condition.{line['condition']}") if line.get("condition") else ""),
            (self._t("report.decision_only"), lambda line: self._t(f"decision.{line['decision']}") if line["decision"] else ""),
            (self._t("report.cause"), text("cause")),
        ]  # fmt: skip

    def _every_count(self, line: dict[str, Any]) -> str:
        """Each observation that was not taken back: round, who, when, what (pitfall T15; Things 6)."""
        told = []
        for seen in line["seen"]:
            if seen["standing"] or (line.get("round", 1) > seen.get("round", 1) and not seen.get("void")):
                what = (
                    str(seen["quantity"])
                    if seen["quantity"] is not None
                    else self._t("not_there")
                    if seen.get("answer") == "absent"
                    else seen["place"]
                )
                number = f"{seen.get('round', 1)}: " if line.get("round", 1) > 1 else ""
                told.append(f"{number}{seen['who']} {self._moment(seen['at'])} {what}")
        return self._joined(told)

    def _xlsx_totals(self, lines: list[dict[str, Any]], columns: list[Any]) -> list[Any]:
        cells: list[Any] = [t("stocktake.report.total", self._language, n=len(lines)), *[None] * (len(columns) - 1)]
        if not self._supplies:
            cells[9] = Decimal(sum(line["value_cents"] or 0 for line in lines)).scaleb(-2)
            cells[10] = Decimal(sum(line["net_value_cents"] or 0 for line in lines)).scaleb(-2)
            if self._pieces:
                cells[11], cells[12] = sum(map(_found_pieces, lines)), sum(map(_book_pieces, lines))
                for place, name in ((14, "value_cents"), (15, "net_value_cents")):
                    cells[place] = Decimal(sum(_off_cents(line, name) for line in lines)).scaleb(-2)
        return cells

    # ── words ──

    def _t(self, key: str) -> str:
        return t(f"stocktake.{key}", self._language)

    def _full(self, value: str | None) -> str:
        """With the year: the head of a paper that is read years later."""
        return i18n.full_moment(datetime.fromisoformat(value), self._zone, self._language) if value else ""

    def _moment(self, value: str | None) -> str:
        return i18n.day_and_time(datetime.fromisoformat(value), self._zone, self._language) if value else ""

    def _day(self, value: str | None) -> str:
        return i18n.full_day(datetime.fromisoformat(value).astimezone(self._zone).date(), self._language) if value else ""

    def _joined(self, names: Iterable[str]) -> str:
        return t("stocktake.list_join", self._language).join(names)


def _whole(value: int | None) -> str:
    return "" if value is None else str(value)


def _money(cents: int | None) -> str:
    return "" if cents is None else i18n.money(cents)


# ── pieces of a bulk line; a single thing is one ──


def _book_pieces(line: dict[str, Any]) -> int:
    if not line["expected"]:
        return 0
    return int(line["book_quantity"] or 0) if line.get("bulk") else 1


def _found_pieces(line: dict[str, Any]) -> int:
    if line.get("bulk"):
        return int(line["quantity"] or 0)
    return 1 if line["first_at"] and line["result"] in ("matched", "moved", "surplus") else 0


def _off(line: dict[str, Any]) -> int:
    return int(line["difference"]) if line["result"] in ("missing", "surplus") else 0


def _signed(off: int) -> str:
    """`+2`, `−2` with the minus the amounts have, nothing for none."""
    return f"{off:+d}".replace("-", "−") if off else ""


def _off_cents(line: dict[str, Any], name: str) -> int:
    """What a difference is worth, with its sign: the line's money for a single thing, its share by number for a bulk line."""
    off, cents, pieces = _off(line), line[name], line.get("pieces")
    if not off or cents is None:
        return 0
    worth = cents if not pieces else (2 * cents * abs(off) + pieces) // (2 * pieces)
    return int(worth if off > 0 else -worth)
