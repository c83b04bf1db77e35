"""Printers on the desk: how each is, what waits for it and why, test page, try again or elsewhere; an administrator adds and binds them to kiosks."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any
from uuid import UUID

from fastapi import Depends
from nicegui import APIRouter, ui

from assets_labels.badges import STOCKS
from core.foundation import clock, database, i18n
from core.mechanisms import devices, printers
from core.mechanisms.operations import OFFICE, Role
from core.mechanisms.printers import JobView, PrinterView, State
from core.web import anew, frame, parts, static_files
from core.web.frame import _
from kiosk.desk.labels import choosing

router = APIRouter(dependencies=[Depends(frame.signed_in)])
TONES: dict[str, parts.Tone] = {"idle": "free", "printing": "soon", "stopped": "busy", "off": "lost", "new": "held"}
JOB_TONES: dict[str, parts.Tone] = {
    "queued": "held",
    "sending": "soon",
    "printing": "soon",
    "done": "free",
    "failed": "busy",
    "cancelled": "shut",
}


@router.page("/desk/printers")
def printers_page() -> None:
    with frame.desk("printers", _("nav.printers"), *OFFICE):
        ui.add_head_html(f'<link rel="stylesheet" href="{static_files.url("badges.css")}">')
        Printers()


class Printers:
    """Printers on the left, their jobs on the right; live."""

    def __init__(self) -> None:
        self.client = ui.context.client
        self.chosen: UUID | None = None
        self.box = parts.box()
        self.draw()
        anew.when_changed("printer", "print", "device", draw=self.draw, settle_s=0.2)

    @anew.drawing
    def draw(self) -> None:
        by = frame.actor()
        with database.reading() as s:
            found = printers.everything(s)
            jobs = printers.jobs(s, by, printer_id=self.chosen, limit=40)
        self.box.clear()
        with self.box:
            sub = _("printers.sub") if found else ""
            with parts.head(_("nav.printers"), sub):
                if by.has(Role.ADMIN):
                    parts.button(_("printers.add"), partial(self._edit, None), kind="main", icon="plus")
            if not found:
                parts.empty(_("printers.none"), _("printers.none.say" if by.has(Role.ADMIN) else "printers.none.ask"))
                return
            with parts.box("printers"):
                with parts.box("stack", "section"):
                    for one in found:
                        self._draw_printer(one)
                with parts.box("stack", "section"):
                    self._draw_jobs(found, jobs)

    def _draw_printer(self, one: PrinterView) -> None:
        admin = frame.actor().has(Role.ADMIN)
        with parts.box("sheet printer" + ("" if one.well else " printer--ill")).props(f'data-printer="{one.id}"'):
            with parts.box("row"):
                parts.text(one.name, "h2")
                parts.pill(_(one.problem) if one.problem else _(f"printers.state.{one.state}"), "busy" if one.problem else TONES[one.state])
            since = i18n.day_and_time(one.since, clock.zone(), frame.lang()) if one.since and one.problem else ""
            parts.text(
                parts.joined(_("printers.since", at=since) if since else "", _("printers.waiting", n=one.waiting) if one.waiting else ""),
                "p",
                "second",
            )
            parts.facts((
                (_("printers.paper"), paper_words(one.paper)), (_("printers.beside"), parts.listed(one.kiosks)),
                (_("printers.use"), _("printers.at_desk") if one.at_desk else ""), (_("printers.make"), one.make),
                (_("printers.address"), parts.joined(one.address, one.account) if admin else ""),
            ))  # fmt: skip
            with parts.box("row wrap"):
                parts.button(
                    _("printers.test"), partial(self._do, printers.TestPrinter(printer_id=one.id), _("printers.tested")), icon="print"
                )
                parts.button(_("printers.look"), partial(self._look, one.id), icon="refresh")
                if admin:
                    parts.button(_("printers.change"), partial(self._edit, one), icon="pen")
                    parts.button(_("printers.beside_which"), partial(self._bind, one), icon="kiosk")

    def _draw_jobs(self, found: list[PrinterView], jobs: list[JobView]) -> None:
        chips = [("", _("register.all"), None), *((str(one.id), one.name, one.waiting or None) for one in found)]
        with parts.box("row wrap"):
            parts.text(_("printers.jobs"), "h2")
            parts.chips(chips, str(self.chosen or ""), self._choose)
        if not jobs:
            parts.empty(_("printers.jobs.none"), _("printers.jobs.none.say"))
            return
        with parts.rows():
            for job in jobs:
                self._draw_job(job, found)

    def _draw_job(self, job: JobView, found: list[PrinterView]) -> None:
        words = parts.joined(_(f"printers.kind.{job.kind}"), job.title)
        at = i18n.day_and_time(job.queued_at, clock.zone(), frame.lang())
        again = _("printers.next", at=f"{clock.local(job.next_at):%H:%M:%S}") if job.next_at else ""
        reason = reason_words(job.reason)
        meta = parts.joined(at, job.printer, job.who, reason, _(job.problem) if job.problem else "", again)
        with parts.item(words, meta, icon="print"):
            parts.pill(_(f"printers.job.{job.state}"), "busy" if job.problem else JOB_TONES[job.state])
            if job.state in (State.QUEUED, State.FAILED):
                parts.button(_("printers.retry"), partial(self._do, printers.RetryPrint(job_id=job.id), None), icon="refresh")
                others = [one for one in found if one.id != job.printer_id]
                if others:
                    parts.button(_("printers.elsewhere"), partial(self._elsewhere, job, others))
            if job.state not in (State.DONE, State.CANCELLED):
                parts.button(_("printers.cancel"), partial(self._do, printers.CancelPrint(job_id=job.id), None), kind="quiet")

    # ── acts ──

    def _choose(self, key: str) -> None:
        self.chosen = UUID(key) if key else None
        self.draw()

    async def _do(self, do: Any, words: str | None) -> None:
        await parts.do(do, done=words)
        self.draw()

    async def _look(self, printer_id: UUID) -> None:
        frame.require(*OFFICE)
        await asyncio.to_thread(printers.look_now, printer_id, clock.now())
        self.draw()

    def _elsewhere(self, job: JobView, others: list[PrinterView]) -> None:
        with parts.sheet_dialog(_("printers.elsewhere"), job.title) as dialog:
            for one in others:

                async def go(printer_id: UUID = one.id) -> None:
                    if (await parts.do(printers.RetryPrint(job_id=job.id, printer_id=printer_id))).ok:
                        dialog.close()
                        self.draw()

                parts.button(parts.joined(one.name, paper_words(one.paper)), go, icon="print", wide=True)
            with parts.box("dialog__acts"):
                parts.button(_("web.cancel"), dialog.close)
        dialog.open()

    def _edit(self, one: PrinterView | None) -> None:
        with parts.sheet_dialog(_("printers.add") if one is None else one.name, _("printers.add.say")) as dialog:
            name = parts.input(
                _("printers.name"),
                one.name if one else "",
                autofocus=one is None,
                placeholder=_("printers.name_example"),
                props="maxlength=60",
            )
            address = parts.input(
                _("printers.address"),
                one.address if one else "",
                placeholder="ipp://192.168.1.20/ipp/print",
                help=_("printers.address.help"),
                props="maxlength=200",
            )
            paper = parts.select(_("printers.paper"), papers(), one.paper if one else "badge-62", search=True)
            with parts.box("pairs"):
                account = parts.input(_("printers.account"), one.account if one else "", props="maxlength=80 autocomplete=off")
                secret = parts.input(
                    _("printers.password"),
                    password=True,
                    placeholder=_("printers.password.keep") if one and one.account else "",
                    props="maxlength=200 autocomplete=new-password",
                )
            parts.text(_("printers.password.help"), "p", "quiet small")
            at_desk = ui.checkbox(_("printers.at_desk"), value=one.at_desk if one else True)
            colour = ui.checkbox(_("printers.colour"), value=one.colour if one else False)

            async def save() -> None:
                text, where = (name.value or "").strip(), (address.value or "").strip()
                parts.refuse(name, None if text else _("printers.name_needed"))
                parts.refuse(address, None if len(where) >= 6 else _("printer.bad_address"))
                if not text or len(where) < 6:
                    return
                facts = {
                    "name": text,
                    "address": where,
                    "paper": str(paper.value),
                    "at_desk": bool(at_desk.value),
                    "colour": bool(colour.value),
                    "account": (account.value or "").strip(),
                    **({"password": secret.value} if secret.value else {}),
                }
                do = (
                    printers.AddPrinter.model_validate(facts)
                    if one is None
                    else printers.ChangePrinter.model_validate({**facts, "printer_id": one.id})
                )
                outcome = await parts.do(do, quiet=True)
                if outcome.ok:
                    dialog.close()
                    self.draw()
                else:
                    wrong = name if outcome.code == "printer.name_taken" else address
                    parts.refuse(wrong, outcome.message(frame.lang()))

            with parts.box("dialog__acts"):
                if one is not None:
                    parts.button(_("printers.retire"), partial(self._retire, one, dialog), kind="stop")
                parts.button(_("web.cancel"), dialog.close)
                parts.button(_("web.save"), save, kind="main")
        dialog.open()

    async def _retire(self, one: PrinterView, dialog: Any) -> None:
        sure = await parts.confirm(
            _("printers.retire.ask", name=one.name), _("printers.retire.say"), act=_("printers.retire"), stay=_("web.cancel")
        )
        if sure and (await parts.do(printers.RetirePrinter(printer_id=one.id))).ok:
            dialog.close()
            self.draw()

    def _bind(self, one: PrinterView) -> None:
        with database.reading() as s:
            kiosks = [device for device in devices.everything(s) if device.role == Role.KIOSK and not device.revoked]
        with parts.sheet_dialog(_("printers.beside_which"), _("printers.beside.say", name=one.name)) as dialog:
            ticks = {device.id: ui.checkbox(device.name, value=device.name in one.kiosks) for device in kiosks}
            if not kiosks:
                parts.empty(_("printers.no_kiosk"), "")

            async def save() -> None:
                for device in kiosks:
                    here, wanted = device.name in one.kiosks, bool(ticks[device.id].value)
                    if here != wanted:
                        await parts.do(printers.BindPrinter(device_id=device.id, printer_id=one.id if wanted else None))
                dialog.close()
                self.draw()

            with parts.box("dialog__acts"):
                parts.button(_("web.cancel"), dialog.close)
                parts.button(_("web.save"), save, kind="main")
        dialog.open()


class StuckBanner:
    """Above reception's register: a badge or label that does not come out, with the two acts that help; nothing while all is well."""

    def __init__(self) -> None:
        self.client, self.box = ui.context.client, parts.box("stack stuck")
        self.draw()
        anew.when_changed("print", "printer", draw=self.draw, settle_s=0.2)

    @anew.drawing
    def draw(self) -> None:
        by = frame.actor()
        with database.reading() as s:
            stuck = printers.stuck(s, by) if by.has(*OFFICE) else []
        self.box.clear()
        with self.box:
            for job in stuck[:3]:
                what = parts.joined(_(f"printers.kind.{job.kind}"), job.title)
                with parts.banner(_("printers.stuck", what=what, printer=job.printer, problem=_(job.problem)), "bad", icon="print"):
                    if job.state in (State.QUEUED, State.FAILED):
                        parts.button(_("printers.retry"), partial(self._retry, job.id))
                    parts.button(_("printers.see"), href="/desk/printers")
            if len(stuck) > 3:
                parts.text(_("printers.stuck_more", n=len(stuck) - 3), "p", "second")

    async def _retry(self, job_id: UUID) -> None:
        await parts.do(printers.RetryPrint(job_id=job_id))
        self.draw()


def papers() -> dict[str, str]:
    """What may lie in a printer: badge stock first, then label papers."""
    with database.reading() as s:
        known = choosing.all_papers(s)
    return {name: paper_words(name) for name in STOCKS} | {name: choosing.paper_name(paper) for name, paper in known.items()}


def paper_words(name: str) -> str:
    """`Badges, roll 62 mm`."""
    return _(f"printers.stock.{name}") if name in STOCKS else name


def reason_words(reason: str) -> str:
    """`lost: in the train` as a person reads it."""
    kind, _sep, more = reason.partition(":")
    words = _(f"badge.again.{kind.strip()}") if kind and i18n.has(f"badge.again.{kind.strip()}") else kind
    return parts.joined(words, more.strip()) if reason else ""
