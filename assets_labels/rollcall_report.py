"""The roll call on paper: the list to tick with a pen, and the sealed report as PDF and XLSX (scenario Front desk 9).

The report is drawn from the sealed words alone, so that it comes out byte for byte the same whenever it is asked for: who was not accounted
for stands first, then those kept apart, then the found ones with who saw them, when and where. DRILL stands in the title of every page of
a drill.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from assets_labels.reports import Column, Report, Signature, draw_report
from core.foundation import i18n
from core.foundation.i18n import t
from core.mechanisms.tables import write_book

TO_TICK = "□"  # a box the paper's font has: of ☐ (U+2610) it has none and would print the sign for a missing one
GROUPS = ("missing", "break", "assumed_left", "found")


def draw_list(paper: dict[str, Any], at: datetime, zone: ZoneInfo, language: str) -> bytes:
    """The list for the assembly point: `paper` as `rollcall.paper.open_list` gives it."""
    groups = paper["groups"]
    rows: list[tuple[str, ...]] = []
    for group in groups:
        rows.append((t("rollcall.paper.group", language, title=group["title"], n=len(group["rows"])),))
        rows += [(*row, TO_TICK) for row in group["rows"]]
    number = sum(len(group["rows"]) for group in groups)
    return draw_report(
        Report(
            title=titled(paper["title"], paper["drill"], language),
            heading=paper["office"],
            language=language,
            landscape=False,
            lines=(t("rollcall.as_of", language, time=i18n.full_moment(at, zone, language), n=number),),
            columns=tuple(
                Column(title, share, bold=index == 0)
                for index, (title, share) in enumerate(zip(paper["columns"], (1.5, 1.6, 1.5, 0.7, 1.1, 0.6), strict=True))
            ),
            rows=tuple(rows),
            signatures=(Signature(t("rollcall.paper.marshal", language)), Signature(t("rollcall.paper.place", language))),
        )
    )


def titled(title: str, drill: bool, language: str) -> str:
    """A drill says so wherever its title stands."""
    return t("rollcall.drill_title", language, title=title) if drill else title


def render(content: dict[str, Any], sha256: str, format: str, language: str, zone: str) -> bytes:
    """The sealed report as `pdf` or `xlsx`; a function of plain values."""
    drawing = _Sealed(content, sha256, language, ZoneInfo(zone))
    return drawing.pdf() if format == "pdf" else drawing.xlsx()


class _Sealed:
    def __init__(self, content: dict[str, Any], sha256: str, language: str, zone: ZoneInfo) -> None:
        self._content, self._view, self._sha256, self._language, self._zone = content, content["view"], sha256, language, zone

    def _t(self, key: str, **facts: Any) -> str:
        return t(f"rollcall.{key}", self._language, **facts)

    def _since(self, moment: str | None) -> str:
        return i18n.day_and_time(datetime.fromisoformat(moment), self._zone, self._language) if moment else ""

    def _when(self, moment: str | None) -> str:
        return i18n.full_moment(datetime.fromisoformat(moment), self._zone, self._language) if moment else ""

    def _clock(self, moment: str) -> str:
        return f"{datetime.fromisoformat(moment).astimezone(self._zone):%H:%M:%S}"

    def _group(self, line: dict[str, Any]) -> str:
        if line["accounted"]:
            return "found"
        return "missing" if line["status"] == "inside" else str(line["status"])

    def _grouped(self) -> list[tuple[str, list[dict[str, Any]]]]:
        found = [(group, [line for line in self._view["lines"] if self._group(line) == group]) for group in GROUPS]
        return [(group, lines) for group, lines in found if lines or group == "missing"]

    def _head(self) -> tuple[str, ...]:
        view = self._view
        closed, started = datetime.fromisoformat(view["closed_at"]), datetime.fromisoformat(view["started_at"])
        span = i18n.duration(closed - started, self._language)
        lines = [
            self._t(
                "report.span", start=self._when(view["started_at"]), end=self._when(view["closed_at"]), span=span, who=view["started_by"]
            ),
            self._t("report.marshals", names="、".join(view["marshals"]) or "–"),
        ]
        if view["turned_real_at"]:
            lines.append(self._t("report.turned_real", time=self._when(view["turned_real_at"])))
        for key in ("note", "closing_note"):
            if view[key]:
                lines.append(self._t(f"report.{key}", text=view[key]))
        return tuple(lines)

    def _ticks(self, line: dict[str, Any]) -> str:
        told = []
        for tick in line["ticks"]:
            where = f" {tick['place']}" if tick["place"] else ""
            heads = f" ×{tick['headcount']}" if line["headcount"] > 1 else ""
            text = f"{tick['by']} {self._clock(tick['at'])}{where}{heads}"
            if tick["taken_back_at"]:
                text = self._t("report.taken_back", tick=text, who=tick["taken_back_by"], time=self._clock(tick["taken_back_at"]))
            told.append(self._t("report.late", tick=text) if tick["late"] else text)
        if line["left_at"]:
            told.append(self._t("report.left", time=self._clock(line["left_at"])))
        return "；".join(told) if self._language != "en" else "; ".join(told)

    def _cells(self, line: dict[str, Any]) -> tuple[str, ...]:
        name = line["name"] if line["headcount"] == 1 else self._t("heads_of", name=line["name"], found=line["found"], n=line["headcount"])
        who = line["host"] or line["where"]
        return (name, self._t(f"kind.{line['kind']}"), line["detail"], who, self._since(line["since"]), self._ticks(line) or "–")

    def _headings(self) -> tuple[str, ...]:
        return tuple(self._t(f"paper.{name}") for name in ("name", "kind", "detail", "host", "since", "ticks"))

    def _sums(self) -> tuple[tuple[str, str], ...]:
        return tuple(
            (self._t(f"sum.{name}"), str(self._view[name])) for name in ("missing", "accounted", "expected", "on_break", "assumed_left")
        )

    def title(self) -> str:
        number = self._t("report.title", year=self._view["year"], n=self._view["number"])
        return titled(number, self._view["drill"], self._language)

    def pdf(self) -> bytes:
        rows: list[tuple[str, ...]] = []
        for group, lines in self._grouped():
            heads = sum(line["headcount"] - (min(line["found"], line["headcount"]) if group == "missing" else 0) for line in lines)
            rows.append((self._t("paper.group", title=self._t(f"group.{group}"), n=heads),))
            rows += [self._cells(line) for line in lines]
        content = self._content
        seal = self._t("report.seal", revision=content["revision"], time=self._when(content["sealed_at"]), who=content["sealed_by"])
        return draw_report(
            Report(
                title=self.title(),
                heading=content["office"],
                lines=self._head(),
                sums=self._sums(),
                columns=tuple(
                    Column(title, share, bold=index == 0)
                    for index, (title, share) in enumerate(zip(self._headings(), (1.2, 0.6, 1.3, 1.1, 1.0, 2.8), strict=True))
                ),
                rows=tuple(rows),
                footer=f"{seal}　SHA-256 {self._sha256[:32]}",
                language=self._language,
            )
        )

    def xlsx(self) -> bytes:
        group_of = [(self._t(f"group.{group}"), line) for group, lines in self._grouped() for line in lines]
        figures: list[tuple[Any, ...]] = [
            (self.title(), ""),
            *((line, "") for line in self._head()),
            *((name, int(n)) for name, n in self._sums()),
        ]
        figures.append(("SHA-256", self._sha256))
        return write_book(
            [
                (
                    self._t("sheet.people"),
                    (self._t("paper.state"), *self._headings()),
                    [(group, *self._cells(line)) for group, line in group_of],
                ),
                (self._t("sheet.figures"), (self._t("sheet.what"), self._t("sheet.figure")), figures),
            ],
            zone=self._zone,
        )
