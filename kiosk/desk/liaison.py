"""Liaison at the desk: contacts outside, messages that came in, cases, certificates; one page each, one look (guide S3.2-R1 … R5).

Which of them somebody sees and may do is the section's to say; confidential notes never reach a page that may not show them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID

from fastapi import Depends
from nicegui import APIRouter, ui
from pydantic import ValidationError
from sqlmodel import Session

from core.foundation import clock, database, i18n
from core.mechanisms import people
from core.mechanisms.operations import OFFICE, Actor, Operation, Role
from core.sections import liaison
from core.sections.liaison import certificates
from core.sections.liaison.contacts import LIAISON
from core.sections.liaison.registers import CaseView, CertificateView, ContactView, MessageView
from core.web import frame, parts, static_files
from core.web.elements import Scanner
from core.web.frame import _
from kiosk.desk.registers import Chip, Column, Register, RegisterPage

router = APIRouter(dependencies=[Depends(frame.signed_in)])
CONTACT_TONES: dict[str, parts.Tone] = {"fresh": "free", "due": "soon", "stale": "lost"}
MESSAGE_TONES: dict[str, parts.Tone] = {
    "new": "busy",
    "passed": "held",
    "read": "held",
    "answered": "soon",
    "replied": "free",
    "late": "busy",
}
PAPER_TONES: dict[str, parts.Tone] = {"valid": "free", "void": "busy", "expired": "shut"}
TABS = (("contacts", ""), ("messages", "/messages"), ("cases", "/cases"), ("certificates", "/certificates"))
WAYS = ("call", "visit", "mail", "meeting", "letter", "other")
KINDS = ("superior", "peer", "partner", "government", "other")


def _page(which: str, register: Register) -> None:
    with frame.desk("liaison", _(f"liaison.tab.{which}"), *LIAISON):
        ui.add_head_html(f'<link rel="stylesheet" href="{static_files.url("liaison.css")}">')
        with parts.box("liaison__tabs", "nav"):
            for key, path in TABS:
                with parts.box("chip chip--on" if key == which else "chip", "a").props(
                    f'href="/desk/liaison{path}"' + (" aria-current=page" if key == which else "")
                ):
                    parts.text(_(f"liaison.tab.{key}"), "span")
        RegisterPage(register)


@router.page("/desk/liaison")
def contacts_page() -> None:
    _page("contacts", CONTACTS)


@router.page("/desk/liaison/messages")
def messages_page() -> None:
    _page("messages", MESSAGES)


@router.page("/desk/liaison/cases")
def cases_page() -> None:
    _page("cases", CASES)


@router.page("/desk/liaison/certificates")
def certificates_page() -> None:
    _page("certificates", CERTIFICATES)


# ── contacts ──


def _contact_acts(page: RegisterPage) -> None:
    parts.button(_("liaison.take_card"), partial(card_dialog, page.refresh), icon="scan")
    parts.button(_("liaison.add_contact"), partial(_contact_dialog, page, None), kind="main", icon="plus")


async def _contact_peek(row: ContactView, page: RegisterPage) -> None:
    with database.reading() as s:
        row = liaison.contact(s, row.id)
    page.peek_head(
        row.name, pill=(_(f"liaison.contact.state.{row.state}"), CONTACT_TONES[row.state]), meta=parts.joined(row.org, row.title)
    )
    for twin_id, name in row.twins:
        with parts.banner(_("liaison.twin", name=name), "due"):
            parts.button(_("liaison.merge"), partial(_merge, row, twin_id, name, page))
    parts.facts(
        (
            (_("liaison.contact.kind"), _(f"liaison.contact.kind.{row.kind}")),
            (_("liaison.contact.phone"), row.phone),
            (_("liaison.contact.email"), row.email),
            (_("liaison.contact.address"), row.address),
            (_("liaison.contact.owner"), row.owner),
            (_("liaison.contact.last_at"), _moment(row.last_at)),
            (_("liaison.contact.next_on"), _day(row.next_on)),
            (_("liaison.contact.note"), row.note),
        )
    )
    parts.button(_("liaison.spoke"), partial(_spoke_dialog, row, page), kind="main", icon="note")
    parts.button(_("liaison.edit"), partial(_contact_dialog, page, row), icon="pen")
    parts.text(_("liaison.history"), "h3")
    if not row.notes:
        parts.text(_("liaison.history.none"), "p", "quiet")
    parts.trail(
        [
            (note.summary or _(f"liaison.way.{note.way}"), parts.joined(_(f"liaison.way.{note.way}"), note.by, _moment(note.at)), "done")
            for note in row.notes
        ]
    )


async def _merge(keep: ContactView, gone_id: UUID, name: str, page: RegisterPage) -> None:
    sure = await parts.confirm(
        _("liaison.merge.ask", name=name), _("liaison.merge.say"), act=_("liaison.merge"), stay=_("liaison.merge.keep"), stop=False
    )
    if sure:
        await _act(liaison.MergeContacts(keep_id=keep.id, gone_id=gone_id), page)


def _contact_dialog(page: RegisterPage, row: ContactView | None) -> None:
    with parts.sheet_dialog(_("liaison.edit") if row else _("liaison.add_contact")) as dialog:
        with parts.box("pairs"):
            name = parts.input(_("liaison.contact.name"), row.name if row else "", autofocus=True, props="maxlength=120")
            org = parts.input(_("liaison.contact.org"), row.org if row else "", props="maxlength=120")
            kind = parts.select(
                _("liaison.contact.kind"), {key: _(f"liaison.contact.kind.{key}") for key in KINDS}, row.kind if row else "partner"
            )
            title = parts.input(_("liaison.contact.title"), row.title if row else "", props="maxlength=200")
            phone = parts.input(_("liaison.contact.phone"), row.phone if row else "", props="maxlength=60")
            email = parts.input(_("liaison.contact.email"), row.email if row else "", props="maxlength=200")
            owner = parts.select(
                _("liaison.contact.owner"), _people(), str((row.owner_id if row else frame.actor().person_id) or ""), search=True
            )
            next_on = parts.input(
                _("liaison.contact.next_on"), str(row.next_on or "") if row else "", help=_("liaison.spoke.next.help"), props="maxlength=10"
            )
        note = parts.area(_("liaison.contact.note"), row.note if row else "")

        async def save() -> None:
            day = read_day(next_on)
            if day is BAD:
                return
            try:
                do = liaison.SaveContact(
                    contact_id=row.id if row else None, name=name.value or "", org=(org.value or name.value or ""), kind=str(kind.value),  # type: ignore[arg-type]
                    title=title.value or "", phone=phone.value or "", email=email.value or "", note=note.value or "",
                    owner_id=UUID(owner.value) if owner.value else None, next_on=day,
                )  # fmt: skip
            except ValidationError:
                parts.refuse(name, _("liaison.need_name"))
                return
            if (await parts.do(do)).ok:
                dialog.close()
                await page.reopen()

        _foot(dialog, _("web.save"), save)
    dialog.open()


def card_dialog(done: Callable[[], Any], *, camera: bool = False) -> None:
    """Take a business card: scanned or pasted."""
    with parts.sheet_dialog(_("liaison.take_card"), _("liaison.take_card.say")) as dialog:
        field = parts.area(_("liaison.take_card.field"), rows=5)
        kind = parts.select(_("liaison.contact.kind"), {key: _(f"liaison.contact.kind.{key}") for key in KINDS}, "partner")
        Scanner(lambda scan: field.set_value(scan.text), camera=camera, wedge=not camera, most=4000)

        async def save() -> None:
            if not (field.value or "").strip():
                parts.refuse(field, _("liaison.no_card"))
                return
            try:
                name = liaison.read_card(field.value).name
            except liaison.CardError as error:
                parts.refuse(field, _(error.code))
                return
            outcome = await parts.do(liaison.TakeCard(text=field.value, kind=str(kind.value)))  # type: ignore[arg-type]
            if outcome.ok:
                parts.toast(_("liaison.card_known") if outcome.result["again"] else _("liaison.card_taken", name=name))
                dialog.close()
                done()

        _foot(dialog, _("liaison.take_card.do"), save)
    dialog.open()


def _spoke_dialog(row: ContactView, page: RegisterPage) -> None:
    with parts.sheet_dialog(_("liaison.spoke"), parts.joined(row.name, row.org)) as dialog:
        way = parts.select(_("liaison.spoke.way"), {key: _(f"liaison.way.{key}") for key in WAYS}, "call")
        what = parts.area(_("liaison.spoke.what"))
        next_on = parts.input(_("liaison.spoke.next"), help=_("liaison.spoke.next.help"), props="maxlength=10")

        async def save() -> None:
            day = read_day(next_on)
            if (
                day is not BAD
                and (await parts.do(liaison.NoteContact(contact_id=row.id, way=str(way.value), summary=what.value or "", next_on=day))).ok
            ):
                dialog.close()
                await page.reopen()

        _foot(dialog, _("web.save"), save)
    dialog.open()


# ── messages ──


def _message_acts(page: RegisterPage) -> None:
    parts.button(_("liaison.receive"), partial(_receive_dialog, page), kind="main", icon="plus")


async def _message_peek(row: MessageView, page: RegisterPage) -> None:
    with database.reading() as s:
        row = liaison.message(s, row.id)
    page.peek_head(row.subject, pill=_message_pill(row), meta=parts.joined(row.source, _moment(row.received_at)))
    parts.facts(
        (
            (_("liaison.message.number"), f"{row.year}-{row.number}"),
            (_("liaison.spoke.way"), _(f"liaison.way.{row.way}")),
            (_("liaison.message.due_on"), _day(row.due_on)),
        )
    )
    if row.summary:
        parts.text(row.summary, "p")
    if row.closed_at is None:
        owing = any(to.to_answer and to.answered_at is None for to in row.to)
        parts.button(_("liaison.pass"), partial(_pass_dialog, row, page), kind="plain" if row.to else "main", icon="send")
        if owing:
            parts.button(_("liaison.chase"), partial(_chase, row, page), icon="bell")
        parts.button(_("liaison.reply"), partial(_reply_dialog, row, page), kind="main" if row.to and not owing else "plain", icon="return")
    steps: list[tuple[str, str, Any]] = []
    for to in row.to:
        said = [
            _("liaison.to.passed", time=_moment(to.passed_at), who=to.passed_by),
            _("liaison.to.read", time=_moment(to.read_at)) if to.read_at else _("liaison.to.unread"),
        ]
        if to.answered_at:
            said.append(_("liaison.to.answered", time=_moment(to.answered_at)))
        elif not to.to_answer:
            said.append(_("liaison.to.know"))
        if to.chased:
            said.append(_("liaison.to.chased", n=to.chased))
        steps.append(
            (
                parts.joined(to.person, to.department, to.note),
                parts.joined(*said),
                "done" if to.answered_at or (not to.to_answer and to.read_at) else "now",
            )
        )
    for word in row.words:
        key = "liaison.words.inside" if word.inside else "liaison.words.outside"
        steps.append((word.text, _(key, who=word.by, time=_moment(word.at), way=_(f"liaison.way.{word.way}") if word.way else "–"), "done"))
    if steps:
        parts.trail(steps)


def _message_pill(row: MessageView) -> tuple[str, parts.Tone]:
    state = "late" if row.late else row.state
    return _(f"liaison.message.state.{state}"), MESSAGE_TONES[state]


def _receive_dialog(page: RegisterPage) -> None:
    with parts.sheet_dialog(_("liaison.receive")) as dialog:
        with parts.box("pairs"):
            source = parts.input(_("liaison.message.source"), autofocus=True, props="maxlength=200")
            contact = parts.select(_("liaison.case.contact"), {"": "–", **_contacts()}, "", search=True)
            way = parts.select(_("liaison.spoke.way"), {key: _(f"liaison.way.{key}") for key in WAYS}, "call")
            due = parts.input(_("liaison.message.due_on"), help=_("liaison.spoke.next.help"), props="maxlength=10")
        subject = parts.input(_("liaison.message.subject"), props="maxlength=200")
        summary = parts.area(_("liaison.summary"))

        async def save() -> None:
            day = read_day(due)
            for field in (source, subject):
                parts.refuse(field, None if (field.value or "").strip() else _("liaison.need_name"))
            if day is BAD or not (source.value or "").strip() or not (subject.value or "").strip():
                return
            do = liaison.ReceiveMessage(
                source=source.value, subject=subject.value, summary=summary.value or "", way=str(way.value), due_on=day,
                contact_id=UUID(contact.value) if contact.value else None,
            )  # fmt: skip
            outcome = await parts.do(do)
            if outcome.ok:
                dialog.close()
                page.refresh()

        _foot(dialog, _("web.save"), save)
    dialog.open()


def _pass_dialog(row: MessageView, page: RegisterPage) -> None:
    with database.reading() as s:
        departments = {str(d.id): d.name for d in people.departments(s) if d.head_id}
    with parts.sheet_dialog(_("liaison.pass"), row.subject) as dialog:
        whom = parts.select(_("liaison.pass.people"), _people(), [], multiple=True, search=True)
        to_departments = parts.select(_("liaison.pass.departments"), departments, [], multiple=True) if departments else None
        asked = {"answer": True}
        parts.choice(
            {"answer": _("liaison.pass.to_answer"), "know": _("liaison.pass.to_know")},
            "answer",
            lambda key: asked.update(answer=key == "answer"),
        )
        note = parts.input(_("liaison.pass.note"), props="maxlength=200")

        async def save() -> None:
            try:
                do = liaison.PassMessage(
                    message_id=row.id, person_ids=[UUID(id) for id in whom.value or []], note=note.value or "", to_answer=asked["answer"],
                    department_ids=[UUID(id) for id in (to_departments.value or [])] if to_departments else [],
                )  # fmt: skip
            except ValidationError:
                parts.refuse(whom, _("liaison.pass.nobody"))
                return
            outcome = await parts.do(do)
            if outcome.ok:
                parts.toast(_("liaison.passed_toast", n=outcome.result["told"]))
                dialog.close()
                await page.reopen()

        _foot(dialog, _("liaison.pass"), save)
    dialog.open()


async def _chase(row: MessageView, page: RegisterPage) -> None:
    outcome = await parts.do(liaison.ChaseMessage(message_id=row.id))
    if outcome.ok:
        parts.toast(_("liaison.chased_toast", n=outcome.result["chased"]))
        await page.reopen()


def _reply_dialog(row: MessageView, page: RegisterPage) -> None:
    with parts.sheet_dialog(_("liaison.reply"), parts.joined(row.source, row.subject)) as dialog:
        text = parts.area(_("liaison.reply.text"), "\n".join(word.text for word in row.words if word.inside))
        way = parts.select(_("liaison.spoke.way"), {key: _(f"liaison.way.{key}") for key in WAYS}, "call")
        note = parts.input(_("liaison.reply.none"), props="maxlength=200")

        async def save(closes: bool) -> None:
            do = liaison.ReplyOut(message_id=row.id, text=text.value or "", way=str(way.value), closes=closes, note=note.value or "")
            if (await parts.do(do)).ok:
                dialog.close()
                await page.reopen()

        with parts.box("dialog__acts"):
            parts.button(_("web.cancel"), dialog.close)
            parts.button(_("liaison.reply.more"), partial(save, False))
            parts.button(_("liaison.reply.do"), partial(save, True), kind="main", icon="check")
    dialog.open()


# ── cases ──


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
            (_("liaison.case.opened_at"), _moment(row.opened_at)),
            (_("liaison.case.closed_at"), _moment(row.closed_at)),
            (_("liaison.case.outcome"), row.outcome),
            (_("liaison.tab.certificates"), "、".join(row.certificates)),
        )
    )
    if row.summary:
        parts.text(row.summary, "p")
    if row.state == "open":
        parts.button(_("liaison.note"), partial(_note_dialog, row, page), kind="main", icon="note")
        if frame.actor().has(*OFFICE):
            parts.button(_("liaison.issue"), partial(_issue_dialog, page, row.id), icon="seal")
        if not row.legal or frame.actor().has(Role.LEADER):
            parts.button(_("liaison.close_case"), partial(_close_dialog, row, page), icon="check")
    parts.trail(
        [
            (note.text, parts.joined(_("liaison.confidential") if note.confidential else "", note.by, _moment(note.at)), "done")
            for note in row.notes
        ]
    )


def _case_dialog(page: RegisterPage) -> None:
    with parts.sheet_dialog(_("liaison.open_case")) as dialog:
        title = parts.input(_("liaison.case.title"), autofocus=True, props="maxlength=200")
        with parts.box("pairs"):
            contact = parts.select(_("liaison.case.contact"), {"": "–", **_contacts()}, "", search=True)
            owner = parts.select(_("liaison.case.owner"), _people(), str(frame.actor().person_id or ""), search=True)
        summary = parts.area(_("liaison.summary"))
        flag = {"legal": False}
        parts.choice({"no": _("liaison.tab.cases"), "yes": _("liaison.legal_flag")}, "no", lambda key: flag.update(legal=key == "yes"))

        async def save() -> None:
            parts.refuse(title, None if (title.value or "").strip() else _("liaison.need_name"))
            if (title.value or "").strip():
                do = liaison.OpenCase(
                    title=title.value, summary=summary.value or "", legal=flag["legal"], contact_id=UUID(contact.value) if contact.value else None,
                    owner_id=UUID(owner.value) if owner.value else None,
                )  # fmt: skip
                if (await parts.do(do)).ok:
                    dialog.close()
                    page.refresh()

        _foot(dialog, _("web.save"), save)
    dialog.open()


def _note_dialog(row: CaseView, page: RegisterPage) -> None:
    with parts.sheet_dialog(_("liaison.note"), row.title) as dialog:
        text = parts.area(_("liaison.note.text"), rows=5)
        flag = {"confidential": False}
        parts.choice(
            {"no": _("liaison.note"), "yes": _("liaison.note.confidential")}, "no", lambda key: flag.update(confidential=key == "yes")
        )
        parts.text(_("liaison.note.confidential.say"), "p", "quiet small")

        async def save() -> None:
            if (text.value or "").strip() and (
                await parts.do(liaison.AddNote(case_id=row.id, text=text.value, confidential=flag["confidential"]))
            ).ok:
                dialog.close()
                await page.reopen()

        _foot(dialog, _("web.save"), save)
    dialog.open()


def _close_dialog(row: CaseView, page: RegisterPage) -> None:
    with parts.sheet_dialog(_("liaison.close_case"), row.title) as dialog:
        outcome = parts.area(_("liaison.close_case.outcome"))

        async def save() -> None:
            parts.refuse(outcome, None if (outcome.value or "").strip() else _("liaison.say_something"))
            if (outcome.value or "").strip() and (await parts.do(liaison.CloseCase(case_id=row.id, outcome=outcome.value))).ok:
                dialog.close()
                await page.reopen()

        _foot(dialog, _("liaison.close_case"), save)
    dialog.open()


# ── certificates ──


def _certificate_acts(page: RegisterPage) -> None:
    if frame.actor().has(*OFFICE):
        parts.button(_("liaison.issue"), partial(_issue_dialog, page, None), kind="main", icon="plus")


def _certificate_peek(row: CertificateView, page: RegisterPage) -> None:
    page.peek_head(
        row.full_number,
        pill=(_(f"liaison.certificate.state.{row.state}"), PAPER_TONES[row.state]),
        meta=parts.joined(row.subject_name, row.purpose),
    )
    parts.facts(
        (
            (_("liaison.certificate.to_org"), row.to_org),
            (_("liaison.certificate.issued_on"), _day(row.issued_on)),
            (_("liaison.certificate.issued_by"), row.issued_by),
            (_("liaison.certificate.valid_until"), _day(row.valid_until)),
            (_("liaison.certificate.code"), certificates.shown(row.code)),
            (_("liaison.certificate.licence_copy"), row.licence_copy),
            (_("liaison.certificate.seal_use"), row.seal_use),
            (_("liaison.certificate.void_reason"), row.void_reason),
        )
    )
    parts.text(row.text, "p")
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


def _issue_dialog(page: RegisterPage, case_id: UUID | None) -> None:
    with parts.sheet_dialog(_("liaison.issue")) as dialog:
        with parts.box("pairs"):
            name = parts.input(_("liaison.certificate.subject_name"), autofocus=True, props="maxlength=80")
            to_org = parts.input(_("liaison.certificate.to_org"), props="maxlength=200")
            purpose = parts.input(_("liaison.certificate.purpose"), props="maxlength=120")
            until = parts.input(_("liaison.certificate.valid_until"), help=_("liaison.spoke.next.help"), props="maxlength=10")
            licence = parts.input(_("liaison.certificate.licence_copy"), props="maxlength=200")
            seal = parts.input(_("liaison.certificate.seal_use"), props="maxlength=200")
        text = parts.area(_("liaison.certificate.text"), rows=6)

        async def save() -> None:
            day = read_day(until)
            for field in (name, purpose, text):
                parts.refuse(field, None if (field.value or "").strip() else _("liaison.say_something"))
            if day is BAD or not all((field.value or "").strip() for field in (name, purpose, text)):
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

        _foot(dialog, _("liaison.issue.do"), save)
    dialog.open()


# ── helpers ──

BAD = date.min


def read_day(field: Any) -> date | None:
    """The day somebody typed, None for nothing, BAD (and a sentence at the field) for what is no day."""
    text = (field.value or "").strip().replace("/", "-").replace(".", "-")
    parts.refuse(field, None)
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        parts.refuse(field, _("liaison.bad_day"))
        return BAD


def _foot(dialog: Any, words: str, save: Callable[[], Any]) -> None:
    with parts.box("dialog__acts"):
        parts.button(_("web.cancel"), dialog.close)
        parts.button(words, save, kind="main", icon="check")


async def _act(do: Operation, page: RegisterPage) -> None:
    if (await parts.do(do)).ok:
        await page.reopen()


def _people() -> dict[str, str]:
    with database.reading() as s:
        departments = people.department_names(s)
        return {
            str(p.id): f"{p.name}　{departments.get(p.department_id, '') if p.department_id else ''}".strip("　")
            for p in people.search(s, limit=2000)
        }


def _contacts() -> dict[str, str]:
    from core.mechanisms.views import Query

    with database.reading() as s:
        return {str(c.id): f"{c.name}　{c.org}" for c in liaison.CONTACTS.list(s, Query(limit=500), frame.actor()).items}


def _moment(value: datetime | None) -> str:
    return i18n.day_and_time(value, clock.zone(), frame.lang()) if value else ""


def _day(value: date | None) -> str:
    return i18n.full_day(value, frame.lang()) if value else ""


def _late(s: Session, by: Actor) -> int:
    from core.mechanisms.views import Query

    return len(liaison.MESSAGES.list(s, Query(limit=200, filters={"state": "late"}), by).items)


CONTACTS = Register(
    name="contacts",
    title="liaison.contacts",
    kinds=("contact",),
    search="liaison.find_contact",
    empty=("liaison.contacts.none", "liaison.contacts.none.say"),
    columns=(
        Column("liaison.contact.name", lambda c: c.name, sub=lambda c: c.title),
        Column("liaison.contact.org", lambda c: c.org, sub=lambda c: _(f"liaison.contact.kind.{c.kind}")),
        Column("liaison.contact.phone", lambda c: c.phone),
        Column("liaison.contact.owner", lambda c: c.owner),
        Column("liaison.contact.last_at", lambda c: _moment(c.last_at)),
        Column("liaison.contact.next_on", lambda c: _day(c.next_on)),
        Column("liaison.contact.state", lambda c: _(f"liaison.contact.state.{c.state}"), tone=lambda c: CONTACT_TONES[c.state]),
    ),
    chips=(
        Chip("all", "liaison.all"),
        Chip("mine", "liaison.mine", {"owner": "me"}),
        Chip("due", "liaison.contact.state.due", {"state": "due"}, count=lambda s, by: len(liaison.due_contacts(s, clock.now()))),
        Chip("stale", "liaison.contact.state.stale", {"state": "stale"}),
        *(Chip(kind, f"liaison.contact.kind.{kind}", {"kind": kind}) for kind in KINDS[:4]),
    ),
    peek=_contact_peek,
    acts=_contact_acts,
)
MESSAGES = Register(
    name="messages",
    title="liaison.messages",
    kinds=("message",),
    search="liaison.find_message",
    empty=("liaison.messages.none", "liaison.messages.none.say"),
    columns=(
        Column("liaison.message.subject", lambda m: m.subject, sub=lambda m: m.source),
        Column("liaison.message.received_at", lambda m: _moment(m.received_at), sub=lambda m: _(f"liaison.way.{m.way}")),
        Column(
            "liaison.message.passed_to",
            lambda m: m.passed_to,
            sub=lambda m: _("liaison.read_by", read=m.read, n=m.receivers, answered=m.answered) if m.receivers else "",
        ),
        Column("liaison.message.due_on", lambda m: _day(m.due_on)),
        Column("liaison.message.state", lambda m: _message_pill(m)[0], tone=lambda m: _message_pill(m)[1]),
    ),
    chips=(
        Chip("open", "liaison.open", {"state": "open"}),
        Chip("late", "liaison.late", {"state": "late"}, count=_late),
        Chip("done", "liaison.done", {"state": "closed"}),
        Chip("all", "liaison.all"),
    ),
    peek=_message_peek,
    acts=_message_acts,
)
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
        Column("liaison.case.opened_at", lambda c: _moment(c.opened_at)),
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
CERTIFICATES = Register(
    name="certificates",
    title="liaison.certificates",
    kinds=("certificate",),
    search="liaison.find_certificate",
    empty=("liaison.certificates.none", "liaison.certificates.none.say"),
    columns=(
        Column("liaison.certificate.full_number", lambda c: c.full_number, sub=lambda c: _day(c.issued_on)),
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
