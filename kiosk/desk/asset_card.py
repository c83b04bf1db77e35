"""The whole card of an asset on one page: every fact, what it is worth, its parts, papers and photos, and its life from the beginning (guide S4.1-R2, R3).

What can be done with the asset is drawn by the register (`draw_acts`), the same there and here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal
from urllib.parse import quote
from uuid import UUID

from nicegui import ui
from nicegui.events import GenericEventArguments

from assets_labels import asset_cards
from core.foundation import clock, database, i18n
from core.mechanisms import attachments, labels
from core.mechanisms.labels import SubjectKind
from core.sections import assets
from core.sections.assets import AssetPaper, AssetView, LifeLine, PaperKind, classes, worth
from core.web import anew, frame, icons, parts, static_files
from core.web.frame import _
from kiosk.desk.registers import long_moment

Step = tuple[str, str, Literal["done", "now", "to_come"]]


def steps(lines: Sequence[LifeLine], language: str, own: Mapping[str, str]) -> list[Step]:
    """A life as a trail, the newest at the end; every change of a value is one line."""
    found: list[Step] = []
    for line in lines:
        meta = (", " if language == "en" else "，").join(filter(None, (line.who, _when(line))))
        told = asset_cards.changes(line, language, own)
        found.append((asset_cards.title(line, language), "\n".join([*told, meta]), "done"))
    if found:
        found[-1] = (*found[-1][:2], "now")
    return found


def _when(line: LifeLine) -> str:
    local = clock.local(line.at)
    return long_moment(line.at) if local.year == clock.today().year else f"{i18n.full_day(local.date(), frame.lang())} {local:%H:%M}"


def photo(sha256: str, name: str) -> None:
    """A picture that opens large in a new window; one that has not arrived yet says so."""
    with database.reading() as s:
        here = attachments.known(s, sha256) is not None
    if not here:
        parts.text(_("asset.photo_coming"), "p", "quiet small")
        return
    with parts.box("asset__photo", "a").props(f'href="/api/v1/attachments/{sha256}" target="_blank" rel="noopener"'):
        picture = parts.box(tag="img").props(f'src="/api/v1/attachments/{sha256}" loading=lazy')
        picture.props["alt"] = name


class CardPage:
    """One asset. Offers `refresh`, `reopen` and `choose` like a register, so that the same acts work on both."""

    def __init__(
        self, asset_id: UUID, draw_acts: Callable[[AssetView, Any], None], tones: Mapping[str, parts.Tone], editors: frozenset[Any]
    ) -> None:
        self.id, self.draw_acts, self.tones, self.editors = asset_id, draw_acts, tones, editors
        self.client = ui.context.client
        self.kind: str = PaperKind.PHOTO
        ui.add_head_html(f'<script src="{static_files.url("imports.js")}"></script>')
        self.body = parts.box("assetcard")
        self.refresh()
        anew.when_changed("asset", "label", draw=self.refresh, only=self.id)

    # ── what the acts call ──

    @anew.drawing
    def refresh(self) -> None:
        """Read and draw anew."""
        by, language = frame.actor(), frame.lang()
        with database.reading() as s:
            self.asset = assets.card(s, str(self.id), by)
            lines, own, known = assets.life(s, self.id), assets.field_names(s), classes.known(s)
            inside = assets.views(s, assets.components(s, self.id))
            papers = assets.papers(s, self.id)
            had = labels.history(s, SubjectKind.ASSET, self.id)
        self.body.clear()
        with self.body:
            self._draw_head()
            with parts.box("two"):
                with parts.box("stack"):
                    with parts.box("sheet assetcard__sheet"):
                        parts.facts(asset_cards.facts(self.asset, language, known))
                    self._draw_worth()
                    self._draw_inside(inside)
                    self._draw_papers(papers)
                with parts.box("stack assetcard__side", "aside"):
                    with parts.box("sheet assetcard__acts"):
                        with parts.box("row"):
                            parts.pill(_(f"asset.state.{self.asset.state}"), self.tones[self.asset.state])
                            parts.box("push", "span")
                            if self.asset.label:
                                parts.code(self.asset.label)
                        if len(had) > 1:
                            parts.text(
                                _("asset.labels_before", codes=parts.listed(labels.shown(one.code) for one in had[:-1])), "p", "quiet small"
                            )
                        href = f"/api/v1/assets/{self.id}/card.pdf?language={frame.lang()}"
                        if self.asset.label:
                            parts.button(_("asset.print_card"), href=href, icon="print").props('target="_blank" rel="noopener"')
                        else:
                            parts.button(_("asset.label_and_print"), lambda: self.print(href), icon="print")
                        self.draw_acts(self.asset, self)
                    with parts.box("sheet assetcard__sheet"):
                        parts.text(_("asset.whole_life", n=len(lines)), "h2")
                        parts.trail(steps(lines, language, own))

    async def reopen(self) -> None:
        """After an act."""
        self.refresh()

    async def choose(self, _id: str) -> None:
        """After a form was saved."""
        self.refresh()

    async def print(self, href: str) -> None:
        """A thing without a label gets one first, because the card carries its code; the page is drawn anew meanwhile."""
        issue = labels.IssueLabel(subject_kind=SubjectKind.ASSET, subject_id=self.id)
        if (await parts.do(issue)).ok:
            with self.client:
                ui.navigate.to(href, new_tab=True)

    # ── drawing ──

    def _draw_head(self) -> None:
        asset = self.asset
        with parts.box("crumb", "nav"):
            parts.text(_("asset.title"), "a").props('href="/desk/assets"')
            if asset.parent_id:
                parts.text(" › ", "span")
                parts.text(asset.parent, "a").props(f'href="/desk/assets/{asset.parent_id}"')
        with parts.box("pagehead"):
            if asset.photo_sha256:
                photo(asset.photo_sha256, asset.name)
            with parts.box("pagehead__words"):
                parts.text(asset.name, "h1")
                parts.text("  ".join(filter(None, (asset.number, asset.brand, asset.spec))), "p", "second")

    def _draw_worth(self) -> None:
        """Cost, what it is worth today, and when it will have been written off: a plain calculation."""
        asset = self.asset
        if not worth.computable(asset.value_cents, asset.life_months, asset.bought_on):
            return
        assert asset.value_cents is not None and asset.life_months and asset.bought_on
        plan = list(worth.schedule(asset.value_cents, asset.salvage_cents or 0, asset.life_months, asset.bought_on))
        with parts.box("sheet assetcard__sheet"):
            parts.text(_("asset.worth"), "h2")
            with parts.box("sums"):
                for word, cents in (
                    ("value", asset.value_cents),
                    ("worn", asset.value_cents - (asset.net_value_cents or 0)),
                    ("net_value", asset.net_value_cents or 0),
                ):
                    with parts.box():
                        parts.text(_(f"asset.{word}"), "div", "sums__is")
                        parts.text(i18n.amount(cents, frame.lang()), "b")
            last = plan[-1]
            parts.text(
                _(
                    "asset.worth_until",
                    month=f"{last.year}-{last.month:02d}",
                    salvage=i18n.amount(last.left_cents, frame.lang()),
                    share=i18n.amount(plan[0].share_cents, frame.lang()),
                ),
                "p",
                "second",
            )

    def _draw_inside(self, inside: Sequence[AssetView]) -> None:
        if not inside:
            return
        parts.text(_("asset.components"), "h2")
        with parts.rows():
            for one in inside:
                with parts.item(one.name, "  ".join(filter(None, (one.number, one.spec))), icon="asset", href=f"/desk/assets/{one.id}"):
                    parts.pill(_(f"asset.state.{one.state}"), self.tones[one.state])

    def _draw_papers(self, papers: Sequence[AssetPaper]) -> None:
        may = frame.actor().has(*self.editors) and self.asset.state != "disposed"
        if not papers and not may:
            return
        parts.text(_("asset.papers"), "h2")
        with parts.box("sheet assetcard__sheet"):
            with parts.box("papers"):
                for paper in papers:
                    self._draw_paper(paper, may)
            if not papers:
                parts.text(_("asset.papers_none"), "p", "second")
            if may:
                with parts.box("row wrap"):
                    kinds = {kind.value: _(f"asset.paper.{kind.value}") for kind in PaperKind}
                    ui.select(kinds, value=self.kind, on_change=lambda event: setattr(self, "kind", event.value)).props(
                        f'outlined dense options-dense behavior=menu aria-label="{_("asset.papers")}"'
                    )
                    with parts.box("button imports__file", "label"):
                        icons.icon("plus")
                        parts.text(_("asset.paper_add"), "span")
                        field = ui.element("input").props(
                            'type=file id=paper-file accept="image/jpeg,image/png,image/webp,application/pdf"'
                        )
                        field.on("change", self._sent, js_handler="(e) => foyerImports.keep(e, emit)")
                        field.on("kept", self._sent, js_handler="(e) => emit(e.detail)")
                    self.status = parts.box().props("role=status aria-live=polite")

    def _draw_paper(self, paper: AssetPaper, may: bool) -> None:
        with database.reading() as s:
            file = attachments.known(s, paper.sha256)
        with parts.box("paper"):
            with parts.box("paper__face", "a").props(
                f'href="/api/v1/attachments/{paper.sha256}?name={quote(paper.title)}" target="_blank" rel="noopener"'
            ):
                if file is not None and file.media_type.startswith("image/"):
                    picture = parts.box(tag="img").props(f'src="/api/v1/attachments/{paper.sha256}" loading=lazy')
                    picture.props["alt"] = paper.title or _(f"asset.paper.{paper.kind}")
                else:
                    icons.icon("document" if file is not None else "cloud-up")
            parts.text(_(f"asset.paper.{paper.kind}"), "div", "small")
            if paper.title:
                parts.text(paper.title, "div", "quiet small paper__title")
            if may:
                off = parts.box("round paper__off", "button").props(f'type=button aria-label="{_("asset.paper_remove")}"')
                with off:
                    icons.icon("cross")
                parts.on_tap(off, lambda: self._remove(paper))

    async def _sent(self, event: GenericEventArguments) -> None:
        said = event.args if isinstance(event.args, dict) else {}
        if said.get("state") == "sent":
            title = str(said.get("name") or "")[:200]
            do = assets.AddPaper(asset_id=self.id, sha256=str(said.get("sha256", "")), kind=PaperKind(self.kind), title=title)
            if (await parts.do(do, done=_("asset.paper_added_done"))).ok:
                self.refresh()
        elif said.get("state") == "failed":
            parts.problem(str(said.get("detail") or _("request.failed", ref=""))[:400])

    async def _remove(self, paper: AssetPaper) -> None:
        name = paper.title or _(f"asset.paper.{paper.kind}")
        if await parts.confirm(name, _("asset.paper_remove_words"), act=_("asset.paper_remove"), stay=_("asset.paper_keep")):
            await parts.do(assets.RemovePaper(paper_id=paper.id))
            self.refresh()
