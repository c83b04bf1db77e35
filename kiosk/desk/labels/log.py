"""The print log: every job, newest first, and the way to print it again (scenario Things 2)."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import Depends
from nicegui import APIRouter

from core.foundation import clock, database, i18n
from core.mechanisms import label_jobs, labels
from core.mechanisms.label_jobs import Job
from core.mechanisms.labels import LABEL_MAKERS
from core.web import frame, parts
from core.web.frame import _
from kiosk.desk.labels import choosing

router = APIRouter(dependencies=[Depends(frame.signed_in)])
PAGE = 40
PILES: dict[str, bool | None] = {"things": False, "passing": True, "all": None}


@router.page("/desk/labels/log")
def log_page() -> None:
    with frame.desk("labels", _("sheets.log_page"), *LABEL_MAKERS):
        LogPage()


def again(job: Job) -> str:
    """The label page's address for the same job once more: its labels, its paper, its printer."""
    return urlencode({"job": str(job.id), "printed": 1, "template": job.template, "printer": job.printer})


class LogPage:
    """Rows of jobs; more are loaded on."""

    def __init__(self) -> None:
        with parts.box("crumb"):
            parts.button(_("sheets.crumb"), href="/desk/labels", kind="quiet", icon="back")
        with parts.head(_("sheets.log_page"), _("sheets.log_hint")):
            pass
        with database.reading() as s:
            self.papers = choosing.all_papers(s)
        self.passing: bool | None = False
        with parts.box("stack"):
            parts.chips([(pile, _(f"sheets.log_pile.{pile}"), None) for pile in PILES], "things", self._choose)
            self.list = parts.rows()
            self.more = parts.box("row")
        self._choose("things")

    def _choose(self, pile: str) -> None:
        """Labels of things, badges and parcels, or all of them."""
        self.passing = PILES[pile]
        with database.reading() as s:
            self.jobs = label_jobs.jobs(s, limit=PAGE, passing=self.passing)
        self.list.clear()
        if not self.jobs:
            with self.list:
                parts.empty(_("sheets.log_none"), _("sheets.log_none_hint"))
        self._draw(self.jobs)
        self._offer_more(len(self.jobs))

    def _draw(self, jobs: list[Job]) -> None:
        with self.list:
            for job in jobs:
                at = clock.local(job.printed_at)
                paper = choosing.printed_on(self.papers, job.template)
                reason = _(f"sheets.again.{job.reason}") if i18n.has(f"sheets.again.{job.reason}") else job.reason
                what = _("sheets.log_title", n=job.count, code=labels.shown(job.first))
                meta = parts.joined(job.who, paper, job.printer, reason)
                with parts.item(what, meta, icon="print", when=(f"{at:%H:%M}", i18n.short_day(at.date(), frame.lang()))):
                    if job.id is not None and not job.passing:  # a badge or a parcel is printed again where it is looked after
                        parts.button(_("sheets.reprint"), href=f"/desk/labels?{again(job)}")

    def _offer_more(self, found: int) -> None:
        self.more.clear()
        if found == PAGE:
            with self.more:
                parts.button(_("sheets.log_more"), self._load_on)

    def _load_on(self) -> None:
        with database.reading() as s:
            found = label_jobs.jobs(s, limit=PAGE, before=self.jobs[-1].printed_at, passing=self.passing)
        self.jobs += found
        self._draw(found)
        self._offer_more(len(found))
