"""The year of receptions in figures (guide S3.1-R8): how many, whom, planned against real money, how it was liked."""

from __future__ import annotations

from fastapi import Depends
from nicegui import APIRouter, ui

from core.foundation import clock, database
from core.mechanisms.operations import OFFICE, Role
from core.sections import reception
from core.sections.reception import Kind, Level
from core.web import frame, parts
from core.web.frame import _
from kiosk.desk import piles
from kiosk.desk.receptions import style

router = APIRouter(dependencies=[Depends(frame.signed_in)])
YEARS_BACK = 5


@router.page("/desk/receptions/year")
def year_page() -> None:
    with frame.desk("receptions", _("nav.receptions"), *OFFICE, Role.LEADER):
        style()
        YearPage()


class YearPage:
    """One year at a time."""

    def __init__(self) -> None:
        self.year = clock.today().year
        asked = ui.context.client.request.query_params.get("year", "")
        if asked.isascii() and asked.isdigit() and 2000 <= int(asked) <= self.year + 1:
            self.year = int(asked)
        self.box = parts.box("stack")
        self.draw()

    def draw(self) -> None:
        with database.reading() as s:
            found = reception.year_figures(s, self.year)
        self.box.clear()
        with self.box:
            with parts.head(_("reception.year_of", year=self.year), _("reception.year_hint")):
                this = clock.today().year
                parts.select(
                    _("reception.year"),
                    {year: str(year) for year in range(this + 1, this - YEARS_BACK, -1)},
                    self.year,
                    on_change=self._choose,
                )
                parts.button(_("register.export"), href=f"/api/v1/receptions.xlsx?year={self.year}", icon="send")
            if not found.receptions:
                parts.empty(_("reception.year_empty", year=self.year), _("reception.year_empty_hint"))
                return
            self._sums(found)
            with parts.box("yeargrid"):
                self._money(found)
                self._months(found)
                self._levels(found)
                self._top(found)

    def _sums(self, found: reception.Year) -> None:
        with parts.box("sheet yearsums"):
            for label, value in (
                (_("reception.year_n"), str(found.receptions)), (_("reception.year_guests"), str(found.guests)), (_("reception.column.planned"), piles.money(found.planned_cents)),
                (_("reception.column.real"), piles.money(found.real_cents)), (_("reception.year_score"), f"{found.score:.1f}" if found.score is not None else "—"),
                (_("reception.year_rating", n=found.rated), f"{found.rating:.1f}" if found.rating is not None else "—"), (_("reception.incidents"), str(found.incidents)),
            ):  # fmt: skip
                with parts.box("yearsums__one"):
                    parts.text(value, "b", "num")
                    parts.text(label, "span", "second")

    def _money(self, found: reception.Year) -> None:
        most = max((*found.planned.values(), *found.real.values(), 1))
        with parts.box("sheet plan__money", "section"):
            parts.text(_("reception.money"), "h2")
            with parts.box("money"):
                for kind in Kind:
                    planned, real = found.planned[kind], found.real[kind]
                    parts.text(_(f"reception.kind.{kind}"), "span")
                    with parts.box("money__bars"):
                        parts.box("money__planned").style(f"width: {100 * planned / most:.1f}%")
                        if real:
                            parts.box("money__real money__real--over" if real > planned else "money__real").style(
                                f"width: {100 * real / most:.1f}%"
                            )
                    with parts.box("money__figures"):
                        parts.text(piles.money(planned), "span", "num second")
                        parts.text(piles.money(real), "b", "num")
            parts.text(_("reception.money_key"), "p", "quiet small")

    def _months(self, found: reception.Year) -> None:
        most = max(*found.by_month, 1)
        with parts.box("sheet", "section"):
            parts.text(_("reception.by_month"), "h2")
            with parts.box("months").props(f'role=img aria-label="{_("reception.by_month")}"'):
                for month, n in enumerate(found.by_month, 1):
                    with parts.box("months__one"):
                        parts.text(n or "", "b", "num")
                        parts.box("months__bar").style(f"height: {100 * n / most:.0f}%")
                        parts.text(month, "span", "num")

    def _levels(self, found: reception.Year) -> None:
        with parts.box("sheet", "section"):
            parts.text(_("reception.level"), "h2")
            parts.facts((_(f"reception.level.{level}"), found.by_level[level]) for level in Level)

    def _top(self, found: reception.Year) -> None:
        with parts.box("sheet", "section"):
            parts.text(_("reception.year_top"), "h2")
            parts.facts((name, n) for name, n in found.top)

    def _choose(self, year: int) -> None:
        self.year = int(year)
        self.draw()
