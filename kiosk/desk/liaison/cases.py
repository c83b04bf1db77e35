"""Help with outside affairs and what protects the office's rights: cases with notes, some for the head alone (guide S3.2-R4, R5)."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from core.foundation import database
from core.mechanisms.operations import OFFICE, Role
from core.sections import liaison
from core.sections.liaison.registers import CaseView
from core.web import frame, parts
from core.web.frame import _
from kiosk.desk import piles
from kiosk.desk.liaison import shared
from kiosk.desk.liaison.certificates import issue_dialog
from kiosk.desk.registers import Chip, Column, Register, RegisterPage


def _case_acts(page: RegisterPage) -> None:
    parts.button(_("liaison.open_case"), partial(_case_dialog, page), kind="main", icon="plus")


async def _case_peek(row: CaseView, page: RegisterPage) -> None:
    with database.reading() as s:
        row = liaison.case(s, row.id, frame.actor())
    page.peek_head(
        row.title,
        pill=(_(f"liaison.cstate.{row.state}"), "held" if row.state == "open" else "free"),
        meta=parts.joined(row.contact, row.owner),
    )
    if row.legal:
        parts.pill(_("liaison.legal_pill"), "busy", icon="seal")
    parts.facts(
        (
            (_("liaison.case.number"), f"{row.year}-{row.number}"),
            (_("liaison.case.opened_at"), shared.moment(row.opened_at)),
            (_("liaison.case.closed_at"), shared.moment(row.closed_at)),
            (_("liaison.case.outcome"), row.outcome),
            (_("liaison.tab.certificates"), parts.listed(row.certificates)),
        )
    )
    if row.summary:
        parts.text(row.summary, "p", "lines")
    if row.state == "open":
        parts.button(_("liaison.note"), partial(_note_dialog, row, page), kind="main", icon="note")
        if frame.actor().has(*OFFICE):
            parts.button(_("liaison.issue"), partial(issue_dialog, page, row.id), icon="seal")
        if not row.legal or frame.actor().has(Role.LEADER):
            parts.button(_("liaison.close_case"), partial(_close_dialog, row, page), icon="check")
    parts.trail(
        [
            (note.text, parts.joined(_("liaison.confidential") if note.confidential else "", note.by, shared.moment(note.at)), "done")
            for note in row.notes
        ]
    )


def _case_dialog(page: RegisterPage) -> None:
    with parts.sheet_dialog(_("liaison.open_case")) as dialog:
        title = parts.input(_("liaison.case.title"), autofocus=True, props="maxlength=200")
        with parts.box("pairs"):
            contact = parts.select(_("liaison.case.contact"), {"": "—", **shared.contacts()}, "", search=True)
            owner = parts.select(_("liaison.case.owner"), piles.everyone(), str(frame.actor().person_id or ""), search=True)
        summary = parts.area(_("liaison.summary"))
        flag = {"legal": False}
        parts.choice({"no": _("liaison.ordinary"), "yes": _("liaison.legal_flag")}, "no", lambda key: flag.update(legal=key == "yes"))

        async def save() -> None:
            parts.refuse(title, None if (title.value or "").strip() else _("liaison.need_words"))
            if (title.value or "").strip():
                do = liaison.OpenCase(
                    title=title.value, summary=summary.value or "", legal=flag["legal"], contact_id=UUID(contact.value) if contact.value else None,
                    owner_id=UUID(owner.value) if owner.value else None,
                )  # fmt: skip
                if (await parts.do(do)).ok:
                    dialog.close()
                    page.refresh()

        piles.acts(dialog, _("web.save"), save)
    dialog.open()


def _note_dialog(row: CaseView, page: RegisterPage) -> None:
    with parts.sheet_dialog(_("liaison.note"), row.title) as dialog:
        text = parts.area(_("liaison.note.text"), rows=5)
        flag = {"confidential": False}
        parts.choice(
            {"no": _("liaison.note.open"), "yes": _("liaison.note.confidential")}, "no", lambda key: flag.update(confidential=key == "yes")
        )
        parts.text(_("liaison.note.confidential.say"), "p", "quiet small")

        async def save() -> None:
            said = (text.value or "").strip()
            parts.refuse(text, None if said else _("liaison.say_something"))
            if said and (await parts.do(liaison.AddNote(case_id=row.id, text=text.value, confidential=flag["confidential"]))).ok:
                dialog.close()
                await page.reopen()

        piles.acts(dialog, _("web.save"), save)
    dialog.open()


def _close_dialog(row: CaseView, page: RegisterPage) -> None:
    with parts.sheet_dialog(_("liaison.close_case"), row.title) as dialog:
        outcome = parts.area(_("liaison.close_case.outcome"))

        async def save() -> None:
            parts.refuse(outcome, None if (outcome.value or "").strip() else _("liaison.say_something"))
            if (outcome.value or "").strip() and (await parts.do(liaison.CloseCase(case_id=row.id, outcome=outcome.value))).ok:
                dialog.close()
                await page.reopen()

        piles.acts(dialog, _("liaison.close_case"), save)
    dialog.open()


CASES = Register(
    name="liaison-cases",
    title="liaison.cases",
    kinds=("case",),
    search="liaison.find_case",
    empty=("liaison.cases.none", "liaison.cases.none.say"),
    columns=(
        Column("liaison.case.title", lambda c: c.title, sub=lambda c: f"{c.year}-{c.number}"),
        Column("liaison.case.contact", lambda c: c.contact),
        Column("liaison.case.owner", lambda c: c.owner),
        Column("liaison.case.opened_at", lambda c: shared.moment(c.opened_at)),
        Column("liaison.case.legal", lambda c: _("liaison.legal_pill") if c.legal else "", tone=lambda c: "busy" if c.legal else None),
        Column("liaison.case.state", lambda c: _(f"liaison.cstate.{c.state}"), tone=lambda c: "held" if c.state == "open" else "free"),
    ),
    chips=(
        Chip("open", "liaison.open", {"state": "open"}),
        Chip("legal", "liaison.legal_pill", {"legal": "true"}),
        Chip("done", "liaison.done", {"state": "closed"}),
        Chip("all", "liaison.all"),
    ),
    peek=_case_peek,
    acts=_case_acts,
    get=lambda s, id, by: liaison.CASES.get(s, id, by),
)
