"""Phones at the desk: which numbers each announced and which arrived, what waits for a decision, and records brought in as a file (offline.md O9, O11,
O21; scenario Things 4; pitfall T27)."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from fastapi import Depends
from nicegui import APIRouter, ui
from nicegui.events import GenericEventArguments

from core.foundation import clock, database, i18n
from core.foundation.i18n import has
from core.mechanisms import phones
from core.mechanisms.operations import OFFICE, Role
from core.mechanisms.phones import PhoneDetail, PhoneView, Span
from core.web import frame, icons, parts, static_files
from core.web.frame import _
from kiosk.desk.registers import Chip, Column, Register, RegisterPage, Tone, long_moment

router = APIRouter(dependencies=[Depends(frame.signed_in)])
READERS = (*OFFICE, Role.LEADER)
RECORDS_SHOWN = 200
SPANS_SHOWN = 20
TONES: dict[str, parts.Tone] = {"accepted": "free", "refused": "soon", "invalid": "busy", "waiting": "held"}


@router.page("/desk/phones")
def phones_page() -> None:
    with frame.desk("phones", _("nav.phones"), *READERS):
        ui.add_head_html(f'<script src="{static_files.url("phones.js")}"></script>')
        RegisterPage(REGISTER)


def spans_words(spans: tuple[Span, ...]) -> str:
    """`41–43, 57` as people write numbers that are missing."""
    words = [str(first) if first == last else f"{first}–{last}" for first, last in spans[:SPANS_SHOWN]]
    return parts.listed(words) + (" …" if len(spans) > SPANS_SHOWN else "")


def state_of(phone: PhoneView) -> tuple[str, Tone]:
    """What a phone is now, as a catalogue key and a tone."""
    if phone.quarantined:
        return "phones.state.quarantine", "held"
    if phone.revoked:
        return "phones.state.revoked", "shut"
    if phone.missing:
        return "phones.state.missing", "soon"
    if phone.unsent:
        return "phones.state.unsent", "soon"
    return "phones.state.whole", "free"


def seen_words(at: datetime | None) -> str:
    """When it was last heard."""
    if at is None:
        return _("devices.never")
    ago = clock.now() - at
    if ago.total_seconds() < 60:
        return _("devices.just_now")
    return _("devices.ago", span=i18n.duration(ago, frame.lang())) if ago.days < 1 else long_moment(at)


def _storage(phone: PhoneView) -> str:
    return _(f"phones.storage.{phone.storage}") if phone.storage in ("kept", "installed", "loose") else ""


def _draw_acts(page: RegisterPage) -> None:
    if not frame.actor().has(*phones.SUPERVISORS):
        return
    with parts.box("button button--main", "label").props("for=queue-file"):
        icons.icon("receive")
        parts.text(_("phones.bring"), "span")


def _draw_file(page: RegisterPage) -> None:
    """The file field itself, away from the head: that is drawn anew while the records of the file come in."""
    if not frame.actor().has(*phones.SUPERVISORS):
        return

    def said(event: GenericEventArguments) -> None:
        answer = event.args if isinstance(event.args, dict) else {}
        if answer.get("state") == "taken":
            _show_taken(answer)
            page.refresh()
        elif answer.get("state") == "failed":
            parts.problem(str(answer.get("detail") or "")[:300] or _("phone.file"))

    with parts.box("imports__file"):
        field = ui.element("input").props('type=file accept=".json,application/json" id=queue-file')
    field.on("change", said, js_handler="(e) => foyerPhones.bring(e, emit)")


def _show_taken(answer: dict[str, Any]) -> None:
    """What became of each record of the file."""
    records = [one for one in answer.get("records") or [] if isinstance(one, dict)]
    tally = Counter(str(one.get("status")) for one in records)
    title = _("phones.taken_title", name=str(answer.get("device") or "")[:80])
    words = _("phones.taken_words", n=tally["accepted"], refused=len(records) - tally["accepted"], photos=int(answer.get("photos") or 0))
    with parts.sheet_dialog(title, words) as dialog:
        with parts.rows("list phones__taken"):
            for one in sorted(records, key=lambda one: one.get("status") == "accepted")[:RECORDS_SHOWN]:
                status = str(one.get("status"))
                repeated = _("phones.taken_before") if one.get("repeated") else ""
                meta = parts.joined(str(one.get("person") or "")[:80], repeated, str(one.get("message") or "")[:300])
                with parts.item(kind_words(str(one.get("kind") or ""), one.get("device_seq")), meta, icon="document"):
                    parts.pill(_(f"phones.outcome.{status}") if status in TONES else status[:20], TONES.get(status, "lost"))
        with parts.box("dialog__acts"):
            parts.button(_("web.close"), dialog.close, kind="main")
    dialog.open()


def kind_words(kind: str, seq: object) -> str:
    """`Count, no. 41`."""
    key = f"phones.kind.{kind.replace('.', '_')}"
    name = _(key) if has(key) else kind[:80] or _("phones.kind.other")
    return _("phones.record", kind=name, n=seq) if isinstance(seq, int) else name


async def _draw_peek(row: PhoneView | PhoneDetail, page: RegisterPage) -> None:
    with database.reading() as s:
        found = phones.detail(s, row.id)
    if found is None:
        return
    phone = found.phone
    words, tone = state_of(phone)
    page.peek_head(phone.name, pill=(_(words), tone), meta=phone.person)
    skew = _("devices.skew_s", n=phone.clock_skew_s) if abs(phone.clock_skew_s) > 5 else ""
    parts.facts((
        (_("devices.seen"), seen_words(phone.last_seen_at)), (_("phones.announced"), phone.announced), (_("phones.received"), phone.received),
        (_("phones.explained"), phone.explained or ""), (_("phones.unsent"), phone.unsent or ""), (_("phones.storage"), _storage(phone)), (_("devices.skew"), skew),
        (_("phones.app_version"), phone.app_version),
    ))  # fmt: skip
    if found.spans:
        with parts.banner(_("phones.missing_words", n=phone.missing, spans=spans_words(found.spans)), "due"):
            if frame.actor().has(*READERS):
                parts.button(_("phones.explain"), lambda: _explain(found, page))
    _draw_quarantine(found, page)
    if found.incidents:
        parts.text(_("phones.incidents"), "h3")
        with parts.rows("list"):
            for one in found.incidents:
                title = _(f"phones.incident.{one.cause}", n=phones.size_of(one.spans), spans=spans_words(one.spans) or "0")
                parts.item(title, parts.joined(one.person, long_moment(one.noticed_at)), icon="warning", tone="soon")


def _draw_quarantine(found: PhoneDetail, page: RegisterPage) -> None:
    if not found.waiting:
        return
    parts.text(_("phones.quarantine", n=len(found.waiting)), "h3")
    parts.text(_("phones.quarantine_words"), "p", "second")
    with parts.rows("list"):
        for one in found.waiting[:RECORDS_SHOWN]:
            parts.item(
                kind_words(str(one["kind"] or ""), one["device_seq"]),
                parts.joined(one["person"], long_moment(one["received_at"])),
                icon="lock",
            )
    if frame.actor().has(*phones.SUPERVISORS):
        with parts.box("row wrap"):
            parts.button(_("phones.take"), lambda: _decide(found, page, take=True), kind="main")
            parts.button(_("phones.leave_aside"), lambda: _decide(found, page, take=False), kind="stop")


def _explain(found: PhoneDetail, page: RegisterPage) -> None:
    with parts.sheet_dialog(_("phones.explain_title"), _("phones.explain_words", spans=spans_words(found.spans))) as dialog:
        reason = parts.input(_("phones.reason"), autofocus=True, placeholder=_("phones.reason_example"))
        with parts.box("dialog__acts"):
            parts.button(_("web.cancel"), dialog.close)

            async def save() -> None:
                text = (reason.value or "").strip()
                parts.refuse(reason, None if text else _("phones.reason_needed"))
                if not text:
                    return
                for first, last in found.spans:
                    done = await parts.do(phones.ExplainGap(device_id=found.id, first_seq=first, last_seq=last, reason=text[:200]))
                    if not done.ok:
                        return
                dialog.close()
                parts.toast(_("phones.explained_done"))
                await page.reopen()

            parts.button(_("phones.explain_go"), save, kind="main")
    dialog.open()


def _decide(found: PhoneDetail, page: RegisterPage, *, take: bool) -> None:
    title = _("phones.take_title" if take else "phones.aside_title", n=len(found.waiting), name=found.phone.name)
    with parts.sheet_dialog(title, _("phones.take_words" if take else "phones.aside_words")) as dialog:
        reason = parts.input(_("phones.reason"), autofocus=True)
        with parts.box("dialog__acts"):
            parts.button(_("web.cancel"), dialog.close)

            async def save() -> None:
                text = (reason.value or "").strip()[:200]
                parts.refuse(reason, None if text else _("phones.reason_needed"))
                if not text:
                    return
                if take:
                    decided, outcomes = await phones.release(found.id, text, frame.actor())
                    if not decided.ok:
                        parts.problem(decided.message(frame.lang()))
                        return
                    good = sum(1 for one in outcomes if one.ok)
                    dialog.close()
                    parts.toast(_("phones.took", n=good, refused=len(outcomes) - good))
                else:
                    if not (
                        await parts.do(phones.DecideQuarantine(device_id=found.id, take=False, reason=text), done=_("phones.aside_done"))
                    ).ok:
                        return
                    dialog.close()
                await page.reopen()

            parts.button(_("phones.take" if take else "phones.leave_aside"), save, kind="main" if take else "stop")
    dialog.open()


def _chip(key: str) -> Chip:
    return Chip(key, f"phones.chip.{key}", {"only": key}, count=lambda s, by: len(phones.everything(s, only=key)))


REGISTER = Register(
    name="phones", title="phones.title", kinds=("device", "operation", "stocktake"), sub="phones.sub",
    columns=(
        Column("phones.name", lambda p: p.name, sub=lambda p: p.person), Column("phones.state", lambda p: _(state_of(p)[0]), tone=lambda p: state_of(p)[1]),
        Column("phones.announced", lambda p: p.announced, number=True), Column("phones.received", lambda p: p.received, number=True),
        Column("phones.missing", lambda p: p.missing or "", number=True), Column("phones.unsent", lambda p: p.unsent or "", number=True),
        Column("phones.storage", _storage), Column("devices.seen", lambda p: seen_words(p.last_seen_at)),
    ),
    chips=(Chip("all", "register.all", count=lambda s, by: len(phones.everything(s))), _chip("missing"), _chip("quarantine"), _chip("silent")),
    peek=_draw_peek, acts=_draw_acts, tools=_draw_file, search="phones.find", empty=("phones.empty", "phones.empty_hint"),
)  # fmt: skip
