"""Forms of assets on A4: 调拨单, 报废审批单, and the list that somebody who leaves clears; bilingual, with boxes to sign (guide S4.1-R9, R10).

What was said on a screen stands in its box with name and day; what was not is signed by hand. Functions of plain views, for the worker process.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from assets_labels.reports import Column, Report, Signature, draw_report
from core.foundation import i18n
from core.foundation.i18n import t
from core.sections.assets import AssetView, DisposalView, TransferView


def transfer_form(view: TransferView, office: str, language: str, zone: str) -> bytes:
    """调拨单: from whom to whom, every thing with its number and value, and both sides' boxes."""
    paper = _Paper(language, zone)
    accepted = view.state == "accepted"
    return draw_report(Report(
        title=paper.both("transfer.paper"), heading=office, language=language, footer=f"{view.document}  {paper.moment(view.proposed_at)}",
        lines=(
            paper.line("transfer.column.document", view.document), paper.line("transfer.column.from_department", view.from_department, view.from_keeper),
            paper.line("transfer.column.to_department", view.to_department, view.to_person, view.to_place), paper.line("transfer.column.reason", view.reason),
            paper.line("transfer.column.state", t(f"transfer.state.{view.state}", language), view.remark),
        ),
        columns=(
            Column("№", 0.35, figures=True), Column(paper.both("asset.number"), 1.2, bold=True), Column(paper.both("asset.name"), 1.8),
            Column(paper.both("asset.spec"), 1.4), Column(paper.both("transfer.from_place"), 1.2), Column(paper.both("asset.value_in"), 1.0, figures=True),
        ),
        rows=tuple(
            (str(n), line.number, line.name, line.spec, line.from_place, i18n.money(line.value_cents) if line.value_cents is not None else "")
            for n, line in enumerate(view.lines, 1)
        ),
        totals=("", paper.both("transfer.total"), t("transfer.n_things", language, n=view.count), "", "", i18n.money(view.value_cents)),
        signatures=(
            Signature(paper.both("transfer.sign_from"), view.handed_by, paper.day(view.handed_at)),
            Signature(paper.both("transfer.sign_to"), view.settled_by if accepted else "", paper.day(view.settled_at) if accepted else ""),
            Signature(paper.both("transfer.sign_clerk")),
        ),
    ))  # fmt: skip


def disposal_form(view: DisposalView, office: str, language: str, zone: str) -> bytes:
    """报废审批单: the thing, why, its value, the route with what each said, how it was carried out, and boxes to sign."""
    paper = _Paper(language, zone)
    word = paper.both
    rows: list[tuple[str, ...]] = [(word("disposal.paper_thing"),)]
    for key, value in (
        ("asset.number", view.asset_number), ("asset.name", view.name), ("asset.spec", view.spec), ("asset.serial", view.serial), ("asset.class_code", view.class_code),
        ("asset.bought_on", view.bought_on.isoformat() if view.bought_on else ""), ("asset.value", i18n.amount(view.value_cents, language)),
        ("asset.net_value", i18n.amount(view.net_value_cents, language)), ("asset.department", view.department),
    ):  # fmt: skip
        rows.append((word(key), value or "—"))
    rows += [(word("disposal.paper_asked"),), (word("disposal.column.reason"), view.reason), (word("disposal.column.method"), t(f"disposal.method.{view.method}", language)),
             (word("disposal.column.asked_by"), f"{view.asked_by}  {paper.moment(view.asked_at)}")]  # fmt: skip
    rows.append((word("disposal.route"),))
    for step in view.steps:
        who = step.person or (t(f"role.{step.role}", language) if step.role else "")
        said = ""
        if step.decided_at is not None:
            said = t(
                "approval.step_agreed" if step.approved else "approval.step_refused", language, name=who, when=paper.moment(step.decided_at)
            )
        rows.append((f"{step.position}  {who}", "  ".join(filter(None, (said, step.note))) or "—"))
    rows.append((word("disposal.paper_done"),))
    wiped = view.wipe
    for key, value in (
        ("disposal.column.disposed_on", i18n.full_day(view.disposed_on, language) if view.disposed_on else ""), ("disposal.column.receiver", view.receiver),
        ("disposal.proceeds", i18n.amount(view.proceeds_cents, language) if view.state == "disposed" else ""),
        ("disposal.wiped", "  ".join((t(f"disposal.wipe.{wiped['method']}", language), wiped["by"], wiped["proof"])) if wiped else ""),
        ("disposal.photos", str(len(view.photos)) if view.photos else ""), ("disposal.remark", view.remark),
    ):  # fmt: skip
        if value or (key == "disposal.wiped" and view.holds_data):
            rows.append((word(key), value or "—"))
    last = view.steps[-1] if view.steps and all(step.approved for step in view.steps) else None
    return draw_report(Report(
        title=word("disposal.paper"), heading=office, language=language, landscape=False, footer=f"{view.document}  {view.asset_number}",
        lines=(paper.line("disposal.column.document", view.document), paper.line("disposal.column.state", t(f"disposal.state.{view.state}", language))),
        columns=(Column(word("disposal.paper_item"), 1.0, bold=True), Column(word("disposal.paper_value"), 2.4)), rows=tuple(rows),
        signatures=(
            Signature(word("disposal.sign_asked"), view.asked_by, paper.day(view.asked_at)), Signature(word("disposal.sign_agreed"), last.person if last else "", paper.day(last.decided_at) if last else ""),
            Signature(word("disposal.sign_done"), view.done_by, view.disposed_on.isoformat() if view.disposed_on else ""),
        ),
    ))  # fmt: skip


def clearance_form(
    name: str,
    department: str,
    things: Sequence[AssetView],
    duties: Sequence[tuple[str, date]],
    today: date,
    office: str,
    language: str,
    zone: str,
) -> bytes:
    """离职交接清单: everything somebody still has and owes, with boxes to sign."""
    paper = _Paper(language, zone)
    rows: list[tuple[str, ...]] = []
    if things:
        rows.append((paper.both("custody.paper_things"),))
        rows += [(str(n), one.number, one.name, one.spec, one.place, "") for n, one in enumerate(things, 1)]
    if duties:
        rows.append((paper.both("custody.paper_duties"),))
        rows += [(str(n), due.isoformat(), title, "", "", "") for n, (title, due) in enumerate(duties, 1)]
    return draw_report(Report(
        title=paper.both("custody.paper"), heading=office, language=language, footer=today.isoformat(),
        lines=(paper.line("custody.whose", name, department), paper.line("custody.paper_day", i18n.full_day(today, language))),
        columns=(
            Column("№", 0.35, figures=True), Column(paper.both("asset.number"), 1.1, bold=True), Column(paper.both("asset.name"), 2.0), Column(paper.both("asset.spec"), 1.3),
            Column(paper.both("asset.place"), 1.1), Column(paper.both("custody.paper_back"), 1.0),
        ),
        rows=tuple(rows),
        signatures=(Signature(paper.both("custody.paper_leaver"), name), Signature(paper.both("custody.paper_clerk")), Signature(paper.both("custody.paper_head"))),
    ))  # fmt: skip


class _Paper:
    """Words of a bilingual form: the reader's language first, then English, or Chinese for an English reader."""

    def __init__(self, language: str, zone: str) -> None:
        self.language, self.zone = language, ZoneInfo(zone)
        self.other = "zh-Hans" if language == "en" else "en"

    def both(self, key: str) -> str:
        return f"{t(key, self.language)} {t(key, self.other)}"

    def line(self, key: str, *values: str) -> str:
        return f"{self.both(key)}：{'  '.join(value for value in values if value) or '—'}"

    def moment(self, at: datetime) -> str:
        return i18n.day_and_time(at, self.zone, self.language)

    def day(self, at: datetime | None) -> str:
        return at.astimezone(self.zone).date().isoformat() if at else ""
