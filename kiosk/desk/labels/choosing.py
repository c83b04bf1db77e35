"""What may be printed and where it goes: things by search, papers with their names, pages and cells."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from uuid import UUID

from nicegui import ui
from sqlmodel import Session

from assets_labels import papers
from assets_labels.matrices import QrCodes
from assets_labels.papers import TEMPLATES, Template
from core.mechanisms import label_jobs, label_papers, labels, places
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import Actor
from core.sections import assets, supplies
from core.web.frame import _

SOURCES = {"assets": SubjectKind.ASSET, "supplies": SubjectKind.SUPPLY, "places": SubjectKind.PLACE}
MOST = 1_000


@dataclass(frozen=True, slots=True)
class Choice:
    """A thing whose label may be printed; `code` is empty while it has none, `kind` None for a blank label."""

    kind: SubjectKind | None
    id: UUID | None
    title: str
    number: str
    code: str
    class_code: str = ""


def next_position(s: Session, paper: Template) -> int:
    """The cell after the last printed one of this paper; 1 on rolls and on fresh sheets."""
    last = label_jobs.last_position(s, paper.name) if paper.per_page > 1 else None
    return 1 if last is None else last % paper.per_page + 1


def all_papers(s: Session) -> dict[str, Template]:
    """The office's own papers, then the library, by name."""
    own = {row.name: papers.of_office(row) for row in label_papers.papers(s)}
    return own | {name: paper for name, paper in TEMPLATES.items() if name not in own}


def paper_name(paper: Template) -> str:
    """How a paper is called in a list: its number and the size of a label in mm."""
    size = f"{paper.cell_width_mm:g} × {paper.cell_height_mm:g}"
    if paper.name == paper_size(paper):
        return _("sheets.roll_named", size=size)
    return _("sheets.paper_named", name=paper.name, size=size)


def printed_on(papers: dict[str, Template], template: str) -> str:
    """What a print went on: the paper, or the kiosk's own screen, which prints badges through the browser."""
    if template == "browser":
        return _("sheets.by_browser")
    return paper_name(papers[template]) if template in papers else template


def paper_size(paper: Template) -> str:
    """The name a roll of single labels has in the library."""
    return f"{paper.cell_width_mm:g}x{paper.cell_height_mm:g}" if paper.per_page == 1 else ""


def candidates(s: Session, kind: SubjectKind, q: str, by: Actor) -> list[Choice]:
    if kind == SubjectKind.ASSET:
        shown = assets.views(s, assets.search(s, assets.Filter(q=q, states=("idle", "in_use", "repair")), limit=MOST))
        return [
            Choice(kind, one.id, " ".join(part for part in (one.name, one.spec) if part), one.number, one.label or "", one.class_code)
            for one in shown
        ]
    if kind == SubjectKind.SUPPLY:
        known = supplies.views(s, supplies.search(s, q, limit=MOST), by)
        return [Choice(kind, one.id, " ".join(part for part in (one.name, one.spec) if part), one.number, one.label) for one in known]
    rows = places.search(s, q, limit=MOST)
    codes = labels.codes_of(s, kind, [row.id for row in rows])
    return [Choice(kind, row.id, row.name, row.short_name or "", codes.get(row.id, "")) for row in rows]


def pages(paper: Template, start: int, count: int) -> int:
    return -(-(start - 1 + count) // paper.per_page)


def spans(paper: Template, start: int, count: int) -> list[tuple[int | None, int, int]]:
    """(page, first cell, last cell) of the first and last pages; (None, how many, 0) stands for full pages between them."""
    many, last = pages(paper, start, count), (start - 1 + count - 1) % paper.per_page + 1
    if many == 1:
        return [(1, start, last)]
    between: list[tuple[int | None, int, int]] = [(None, many - 2, 0)] if many > 2 else []
    return [(1, start, paper.per_page), *between, (many, 1, last)]


def draw_qr(codes: QrCodes, code: str) -> None:
    """The very code that will be printed, drawn as on the paper."""
    path = []
    for y, row in enumerate(codes.rows(code)):
        x = 0
        for dark, run in itertools.groupby(row):
            length = len(list(run))
            if dark:
                path.append(f"M{x} {y}h{length}v1h-{length}z")
            x += length
    with ui.element("svg").props(f'viewBox="0 0 {codes.size} {codes.size}" aria-hidden=true shape-rendering=crispEdges'):
        ui.element("path").props(f'd="{"".join(path)}"')
