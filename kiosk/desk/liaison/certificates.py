"""Certificates issued here: the register, issuing, voiding (guide S3.2-R4)."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from core.mechanisms.operations import OFFICE
from core.sections import liaison
from core.sections.liaison import certificates
from core.sections.liaison.registers import CertificateView
from core.web import frame, parts
from core.web.frame import _
from kiosk.desk import piles
from kiosk.desk.liaison import shared
from kiosk.desk.registers import Chip, Column, Register, RegisterPage

PAPER_TONES: dict[str, parts.Tone] = {"valid": "free", "void": "busy", "expired": "shut"}


def _certificate_acts(page: RegisterPage) -> None:
    if frame.actor().has(*OFFICE):
        parts.button(_("liaison.issue"), partial(issue_dialog, page, None), kind="main", icon="plus")


def _certificate_peek(row: CertificateView, page: RegisterPage) -> None:
    page.peek_head(
        row.full_number,
        pill=(_(f"liaison.certificate.state.{row.state}"), PAPER_TONES[row.state]),
        meta=parts.joined(row.subject_name, row.purpose),
    )
    parts.facts(
        (
            (_("liaison.certificate.to_org"), row.to_org),
            (_("liaison.certificate.issued_on"), shared.day(row.issued_on)),
            (_("liaison.certificate.issued_by"), row.issued_by),
            (_("liaison.certificate.valid_until"), shared.day(row.valid_until)),
            (_("liaison.certificate.code"), certificates.shown(row.code)),
            (_("liaison.certificate.licence_copy"), row.licence_copy),
            (_("liaison.certificate.seal_use"), row.seal_use),
            (_("liaison.certificate.void_reason"), row.void_reason),
        )
    )
    parts.text(row.text, "p", "lines")
    parts.button(_("liaison.print"), href=f"/api/v1/certificates/{row.id}/paper.pdf", new_tab=True, icon="print", kind="main")
    parts.button(_("liaison.verify_page"), href=f"/v/{row.code}", new_tab=True, icon="link")
    if row.state != "void" and frame.actor().has(*OFFICE):
        parts.button(_("liaison.void"), partial(_void_dialog, row, page), kind="stop")


def _void_dialog(row: CertificateView, page: RegisterPage) -> None:
    with parts.sheet_dialog(_("liaison.void.ask", number=row.full_number), _("liaison.void.say")) as dialog:
        why = parts.input(_("liaison.void.why"), autofocus=True, props="maxlength=200")

        async def save() -> None:
            parts.refuse(why, None if (why.value or "").strip() else _("liaison.say_something"))
            if (why.value or "").strip() and (await parts.do(liaison.VoidCertificate(certificate_id=row.id, reason=why.value))).ok:
                dialog.close()
                await page.reopen()

        with parts.box("dialog__acts"):
            parts.button(_("web.cancel"), dialog.close)
            parts.button(_("liaison.void"), save, kind="stop")
    dialog.open()


def issue_dialog(page: RegisterPage, case_id: UUID | None) -> None:
    with parts.sheet_dialog(_("liaison.issue")) as dialog:
        with parts.box("pairs"):
            name = parts.input(_("liaison.certificate.subject_name"), autofocus=True, props="maxlength=80")
            to_org = parts.input(_("liaison.certificate.to_org"), props="maxlength=200")
            purpose = parts.input(_("liaison.certificate.purpose"), props="maxlength=120")
            until = parts.input(_("liaison.certificate.valid_until"), help=_("liaison.certificate.valid_until.help"), props="type=date")
            licence = parts.input(_("liaison.certificate.licence_copy"), props="maxlength=200")
            seal = parts.input(_("liaison.certificate.seal_use"), props="maxlength=200")
        text = parts.area(_("liaison.certificate.text"), rows=6)

        async def save() -> None:
            day = shared.read_day(until)
            for field in (name, purpose, text):
                parts.refuse(field, None if (field.value or "").strip() else _("liaison.say_something"))
            if day is shared.BAD or not all((field.value or "").strip() for field in (name, purpose, text)):
                return
            do = liaison.IssueCertificate(
                subject_name=name.value, to_org=to_org.value or "", purpose=purpose.value, text=text.value, valid_until=day, case_id=case_id,
                licence_copy=licence.value or "", seal_use=seal.value or "", language=frame.office().language,
            )  # fmt: skip
            outcome = await parts.do(do)
            if outcome.ok:
                parts.toast(_("liaison.issued", number=certificates.numbered(outcome.result["year"], outcome.result["number"])))
                dialog.close()
                page.refresh()

        piles.acts(dialog, _("liaison.issue.do"), save)
    dialog.open()


CERTIFICATES = Register(
    name="certificates",
    title="liaison.certificates",
    kinds=("certificate",),
    search="liaison.find_certificate",
    empty=("liaison.certificates.none", "liaison.certificates.none.say"),
    columns=(
        Column("liaison.certificate.full_number", lambda c: c.full_number, sub=lambda c: shared.day(c.issued_on)),
        Column("liaison.certificate.subject_name", lambda c: c.subject_name, sub=lambda c: c.to_org),
        Column("liaison.certificate.purpose", lambda c: c.purpose),
        Column("liaison.certificate.issued_by", lambda c: c.issued_by),
        Column("liaison.certificate.code", lambda c: certificates.shown(c.code)),
        Column("liaison.certificate.state", lambda c: _(f"liaison.certificate.state.{c.state}"), tone=lambda c: PAPER_TONES[c.state]),
    ),
    chips=(
        Chip("all", "liaison.all"),
        Chip("valid", "liaison.certificate.state.valid", {"state": "valid"}),
        Chip("void", "liaison.certificate.state.void", {"state": "void"}),
    ),
    peek=_certificate_peek,
    acts=_certificate_acts,
)
