"""Stock-takes on the desk: the list with how far each is; `stocktake_open` opens one, `stocktake_review` settles it (guide S4.1-R6)."""

from __future__ import annotations

from fastapi import Depends
from nicegui import APIRouter, ui

from core.foundation import clock, database, i18n
from core.sections import stocktakes
from core.sections.stocktakes import REVIEWERS, StocktakeView
from core.web import anew, frame, parts, static_files
from core.web.frame import _
from kiosk.desk.stocktake_open import OpenDialog
from kiosk.desk.stocktake_review import ReviewPage

router = APIRouter(dependencies=[Depends(frame.signed_in)])
TONES: dict[str, parts.Tone] = {"open": "soon", "closed": "held", "approved": "free", "rejected": "shut"}
ICONS = {"open": "scan", "closed": "held", "approved": "check", "rejected": "return"}
SHOWN = 100


@router.page("/desk/stocktakes")
def stocktakes_page() -> None:
    with frame.desk("stocktakes", _("stocktake.list_title"), *REVIEWERS):
        _style()
        StocktakeList()


@router.page("/desk/stocktakes/{stocktake_id}")
async def review_page(stocktake_id: str) -> None:
    with frame.desk("stocktakes", _("stocktake.list_title"), *REVIEWERS):
        _style()
        await ReviewPage(stocktake_id).draw()


def _style() -> None:
    ui.add_head_html(f'<link rel="stylesheet" href="{static_files.url("things.css")}">')


class StocktakeList:
    """Sessions with how far they are; counting moves the bars live."""

    def __init__(self) -> None:
        self.client = ui.context.client
        self.body = parts.box()
        self._draw()
        anew.when_changed("stocktake", draw=self._draw)
        if self.client.request.query_params.get("new"):
            ui.timer(0.05, OpenDialog, once=True)

    def _draw(self) -> None:
        by = frame.actor()
        with database.reading() as s:
            sessions = stocktakes.listed(s, by, limit=SHOWN)
            open_count = stocktakes.under_way(s)
        self.body.clear()
        with self.body:
            with parts.head(_("stocktake.list_title"), _("stocktake.list_sub", n=open_count)):
                parts.button(_("stocktake.open"), OpenDialog, kind="main", icon="plus")
            if not sessions:
                parts.empty(_("stocktake.none"), _("stocktake.none_hint"))
                return
            with parts.rows():
                for session in sessions:
                    self._row(session)

    def _row(self, session: StocktakeView) -> None:
        with parts.box("item item--link", "li"), parts.box("session", "a").props(f'href="/desk/stocktakes/{session.id}"'):
            with parts.box("item__body"):
                parts.text(session.title, classes="item__title")
                meta = _(
                    "stocktake.item_meta",
                    kind=_(f"stocktake.kind.{session.kind}"),
                    mode=_(f"stocktake.mode.{session.mode}"),
                    place=session.place or _("stocktake.everywhere"),
                )
                parts.text(meta, classes="item__meta")
            with parts.box():
                if session.expected is not None and session.counted is not None:
                    parts.text(_("stocktake.counted_of", counted=session.counted, expected=session.expected), classes="session__n num")
                    bar([("free", session.counted)], session.expected)
                else:
                    opened = i18n.day_and_time(session.opened_at, clock.zone(), frame.lang())
                    parts.text(_("stocktake.item_opened", who=session.opened_by, when=opened), classes="session__n")
            parts.pill(_(f"stocktake.state.{session.state}"), TONES[session.state], icon=ICONS[session.state])


def bar(shares: list[tuple[str, int]], whole: int) -> ui.element:
    """A bar of shares of a whole, in the tones of their states."""
    with parts.box("bar").props("aria-hidden=true") as element:
        for tone, part in shares:
            if part and whole:
                parts.box(tone, "i").style(f"width: {100 * part / whole:.2f}%")
    return element
