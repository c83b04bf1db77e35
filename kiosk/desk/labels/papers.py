"""The office's own label papers: millimetres at the left, the label as it will come out of the printer at the right (pitfalls T16, T17)."""

from __future__ import annotations

import base64
from functools import partial
from typing import Any

from fastapi import Depends
from nicegui import APIRouter, ui
from pydantic import ValidationError

from assets_labels import papers
from assets_labels.papers import TEMPLATES, Template, flow
from assets_labels.preview import Preview, preview
from assets_labels.printing import office_name
from assets_labels.sheets import LabelText
from core.foundation import clock, database, heavy, i18n
from core.foundation.errors import Refused
from core.mechanisms import label_papers, labels
from core.mechanisms.label_papers import OwnLayout, RetirePaper, SavePaper
from core.mechanisms.labels import LABEL_MAKERS
from core.web import frame, parts, sessions, static_files
from core.web.frame import _
from kiosk.desk.labels import choosing
from kiosk.desk.labels.shifts import number

router = APIRouter(dependencies=[Depends(frame.signed_in)])
PAGES = {"A4": (210.0, 297.0), "A5": (148.0, 210.0), "Letter": (215.9, 279.4)}
GRID = ("columns", "rows", "cell_width_mm", "cell_height_mm", "pitch_x_mm", "pitch_y_mm", "left_mm", "top_mm")
SETTLE_S = 0.4
LAYOUT = {
    "qr": ("qr_left", "qr_top", "qr_size"),
    "name": ("text_left", "text_right", "name_top", "name_size"),
    "lines": ("number_baseline", "place_baseline", "small_size"),
    "code": ("code_left", "code_baseline", "code_size"),
    "office": ("office_baseline", "office_size"),
    "bars": ("bars_left", "bars_top", "bars_width", "bars_height"),
}


@router.page("/desk/labels/papers")
def papers_page() -> None:
    with frame.desk("labels", _("papers.title"), *LABEL_MAKERS):
        PapersPage()


@router.page("/desk/labels/papers/edit")
def paper_page(name: str = "", like: str = "A4-24") -> None:
    with frame.desk("labels", _("papers.edit"), *LABEL_MAKERS):
        ui.add_head_html(f'<link rel="stylesheet" href="{static_files.url("labels.css")}">')
        PaperEditor(name[:40], like)


class PapersPage:
    """Own papers first, then the library: each may be the start of an own one."""

    def __init__(self) -> None:
        with parts.box("crumb"):
            parts.button(_("sheets.crumb"), href="/desk/labels", kind="quiet", icon="back")
        with parts.head(_("papers.title"), _("papers.hint")):
            parts.button(_("papers.add"), href="/desk/labels/papers/edit", kind="main", icon="plus")
        self.own = parts.rows()
        self.draw()
        parts.text(_("papers.library"), "h2")
        with parts.rows():
            for paper in TEMPLATES.values():
                with parts.item(choosing.paper_name(paper), _facts(paper), icon="print"):
                    parts.button(_("papers.like"), href=f"/desk/labels/papers/edit?like={paper.name}")

    def draw(self) -> None:
        """Read and draw the office's own papers."""
        with database.reading() as s:
            own = [papers.of_office(row) for row in label_papers.papers(s)]
        self.own.clear()
        with self.own:
            if not own:
                parts.empty(_("papers.none"), _("papers.none_hint"))
            for paper in own:
                with parts.item(choosing.paper_name(paper), _facts(paper), icon="print"):
                    parts.button(_("papers.change"), href=f"/desk/labels/papers/edit?name={paper.name}")
                    parts.button(_("papers.retire"), partial(self._retire, paper.name), kind="quiet")

    async def _retire(self, name: str) -> None:
        if (await parts.do(RetirePaper(name=name), done=_("papers.retired", name=name))).ok:
            self.draw()


class PaperEditor:
    """Fields in millimetres; every change is drawn again, with what would go wrong."""

    def __init__(self, name: str, like: str) -> None:
        self.client = ui.context.client
        with database.reading() as s:
            row = label_papers.paper(s, name) if name else None
            known = choosing.all_papers(s)
        start = papers.of_office(row) if row else known.get(like, TEMPLATES["A4-24"])
        self.fields: dict[str, Any] = {}
        self.by_hand = row is not None and row.layout is not None
        self.layout = start.layout
        self.timer: ui.timer | None = None
        with parts.box("crumb"):
            parts.button(_("papers.title"), href="/desk/labels/papers", kind="quiet", icon="back")
        with parts.head(_("papers.edit_title") if row else _("papers.new_title"), _("papers.edit_hint")):
            parts.button(_("papers.save"), self._save, kind="main", icon="check").props("data-test=save-paper")
        with parts.box("paperedit"):
            with parts.box("paperedit__fields stack"):
                self.name = parts.input(_("papers.name"), name, help=_("papers.name_help"))
                if row is not None:
                    self.name.props("readonly")
                self._draw_page(start)
                self._draw_grid(start)
                self.hand = parts.box("stack")
                self._draw_layout()
            self.view = parts.box("paperedit__view stack").props("aria-live=polite")
        with self.view:
            parts.skeleton(3)
        self._soon()

    def _draw_page(self, start: Template) -> None:
        size = (start.page_width_mm, start.page_height_mm)
        named = next((key for key, page in PAGES.items() if page == size), "own")
        with parts.box("sheet stack", "section"):
            parts.text(_("papers.page"), "h2")
            parts.choice({key: key for key in PAGES} | {"own": _("papers.page_own")}, named, self._choose_page)
            with parts.box("paperedit__row"):
                for key, value in zip(("page_width_mm", "page_height_mm"), size, strict=True):
                    self._field(key, value)

    def _choose_page(self, key: str) -> None:
        if key in PAGES:
            for name, value in zip(("page_width_mm", "page_height_mm"), PAGES[key], strict=True):
                self.fields[name].value = f"{value:g}"

    def _draw_grid(self, start: Template) -> None:
        with parts.box("sheet stack", "section"):
            parts.text(_("papers.grid"), "h2")
            parts.text(_("papers.grid_hint"), "p", "second small")
            with parts.box("paperedit__row"):
                for key in GRID:
                    self._field(key, getattr(start, key))

    def _draw_layout(self) -> None:
        self.hand.clear()
        with self.hand, parts.box("sheet stack", "section"):
            parts.text(_("papers.layout"), "h2")
            modes = {"auto": _("papers.layout_auto"), "hand": _("papers.layout_hand")}
            parts.choice(modes, "hand" if self.by_hand else "auto", self._choose_layout)
            if self.by_hand:
                for group, keys in LAYOUT.items():
                    parts.text(_(f"papers.group.{group}"), "h3")
                    with parts.box("paperedit__row"):
                        for key in keys:
                            self._field(key, round(getattr(self.layout, key), 2))

    def _choose_layout(self, mode: str) -> None:
        self.by_hand = mode == "hand"
        if self.by_hand:
            cell = [number(self.fields[key].value or "") for key in ("cell_width_mm", "cell_height_mm")]
            if None not in cell:
                self.layout = flow(*(value or 0 for value in cell))
        self._draw_layout()
        self._soon()

    def _field(self, key: str, value: float) -> None:
        self.fields[key] = parts.input(
            _(f"papers.{key}"), f"{value:g}", props=f"inputmode=decimal data-test={key}", on_change=lambda _text: self._soon()
        )

    # ── the picture ──

    def _soon(self) -> None:
        """Draw when typing rests."""
        if self.timer is not None:
            self.timer.cancel()
        with self.client.content:
            self.timer = ui.timer(SETTLE_S, self._show, once=True)

    async def _show(self) -> None:
        wanted = self._read()
        if wanted is None:
            return
        paper = _template(wanted)
        sample = _sample(frame.lang())
        found = await heavy.run(preview, paper, sample, sessions.settings().base_url, frame.lang())
        self._draw_view(paper, found, wanted)

    def _draw_view(self, paper: Template, found: Preview, wanted: SavePaper) -> None:
        self.view.clear()
        with self.view:
            good = not found.warnings
            try:
                label_papers.check_paper(wanted)
            except Refused as refusal:
                good = False
                parts.banner(_(refusal.code, **refusal.facts), "bad", icon="warning").props("data-test=paper-problem")
            for code, facts in found.warnings:
                parts.banner(_(code, **facts), "due", icon="warning").props("data-test=paper-warning")
            if good:
                parts.text(_("papers.reads"), "p", "second").props("data-test=paper-reads")
            if found.label:
                parts.text(_("papers.one_label", width=f"{paper.cell_width_mm:g}", height=f"{paper.cell_height_mm:g}"), "h2")
                _picture(found.label, "paperedit__label", _("papers.picture_label"))
            parts.text(_("papers.whole_sheet", n=paper.per_page), "h2")
            _picture(found.sheet, "paperedit__sheet", _("papers.picture_sheet"))

    # ── saving ──

    def _read(self, *, name: str = "-") -> SavePaper | None:
        values: dict[str, Any] = {}
        for key, field in self.fields.items():
            if key in OwnLayout.model_fields and not self.by_hand:
                continue
            values[key] = number(field.value or "")
            if key in ("columns", "rows") and values[key] is not None and values[key] != int(values[key]):
                values[key] = None
            parts.refuse(field, None if values[key] is not None else _("papers.number"))
        if None in values.values():
            return None
        layout = {key: values.pop(key) for key in OwnLayout.model_fields if key in values} if self.by_hand else None
        try:
            return SavePaper(name=name, layout=OwnLayout(**layout) if layout else None, **values)
        except ValidationError as error:
            for problem in error.errors():
                key = str(problem["loc"][-1]) if problem["loc"] else ""
                if key in self.fields:
                    parts.refuse(self.fields[key], _("papers.range"))
            return None

    async def _save(self) -> None:
        name = (self.name.value or "").strip()
        taken = name in TEMPLATES
        good = 0 < len(name) <= 40 and not taken and not any(sign in name for sign in "/\\?#%")
        parts.refuse(self.name, None if good else _("papers.name_taken") if taken else _("papers.name_wrong"))
        wanted = self._read(name=name) if good else None
        if wanted is not None and (await parts.do(wanted, done=_("papers.saved", name=name))).ok:
            ui.navigate.to("/desk/labels/papers")


def _template(wanted: SavePaper) -> Template:
    values = wanted.model_dump(exclude={"layout"})
    row = label_papers.LabelPaper(**values, layout=wanted.layout.model_dump() if wanted.layout else None, saved_at=clock.now())
    row.pitch_x_mm, row.pitch_y_mm = wanted.pitch_x_mm or wanted.cell_width_mm, wanted.pitch_y_mm or wanted.cell_height_mm
    return papers.of_office(row)


def _sample(language: str) -> LabelText:
    seven = "7K3M9QW"
    code = seven + labels.check_sign(seven)
    with database.reading() as s:
        office = office_name(s)
    return LabelText(
        code, _("papers.sample_name"), "ZC-2026-0152", _("papers.sample_place"), office, i18n.t("label.number.asset", language)
    )


def _facts(paper: Template) -> str:
    page = next((key for key, size in PAGES.items() if size == (paper.page_width_mm, paper.page_height_mm)), "")
    grid = _("papers.facts", columns=paper.columns, rows=paper.rows) if paper.per_page > 1 else ""
    return parts.joined(page, grid, paper.alike)


def _picture(png: bytes, classes: str, words: str) -> None:
    source = f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"
    ui.element("img").classes(classes).props(f'src="{source}" alt="{words}"')
