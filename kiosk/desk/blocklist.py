"""The block list at the desk, for administrators and the safety office (core/sections/visits/blocklist.py; pitfall V33)."""

from __future__ import annotations

from datetime import date
from functools import partial
from uuid import UUID

from fastapi import Depends
from nicegui import APIRouter, ui
from pydantic import ValidationError

from core.foundation import clock, database, i18n, live
from core.sections import visits
from core.sections.visits import BlockView
from core.sections.visits.blocklist import KEEPERS
from core.web import frame, parts
from core.web.frame import _

router = APIRouter(dependencies=[Depends(frame.signed_in)])


@router.page("/desk/blocklist")
def blocklist_page() -> None:
    with frame.desk("blocklist", _("nav.blocklist"), *KEEPERS):
        BlockListPage()


class BlockListPage:
    """Masked entries, what is due for review first; each with review, reveal and taking off."""

    def __init__(self) -> None:
        with parts.head(_("nav.blocklist"), _("blocklist.hint")):
            parts.button(_("blocklist.add"), _add_dialog, kind="main", icon="plus")
        self.lines()
        client = ui.context.client
        client.on_delete(live.subscribe("block", lambda _change: self.lines.refresh()))

    @ui.refreshable_method
    def lines(self) -> None:
        with database.reading() as s:
            entries = visits.blocklist.entries(s, frame.actor(), clock.now())
        if not entries:
            parts.empty(_("blocklist.empty"), _("blocklist.empty.say"))
            return
        with parts.rows():
            for entry in entries:
                with parts.item(entry.masked, _meta(entry), icon="lock"):
                    if entry.review_due:
                        parts.pill(_("blocklist.review_due"), "soon")
                    parts.pill(
                        _("blocklist.until", day=i18n.full_day(entry.until_on, frame.lang())) if entry.until_on else _("blocklist.no_end"),
                        "lost",
                    )
                    parts.button(_("blocklist.open"), partial(_entry_dialog, entry))


def _meta(entry: BlockView) -> str:
    return parts.joined(
        entry.reason, _("blocklist.added", who=entry.added_by, day=i18n.full_day(clock.today(entry.added_at), frame.lang()))
    )


def _add_dialog() -> None:
    with parts.sheet_dialog(_("blocklist.add"), _("blocklist.add.say")) as dialog:
        with parts.box("pairs"):
            name = parts.input(_("visit.column.name"), autofocus=True, help=_("blocklist.name.help"), props="maxlength=80")
            phone = parts.input(_("visit.column.phone"), props="maxlength=40")
            email = parts.input(_("own_data.email"), props="type=email maxlength=254")
            until = parts.input(_("blocklist.last_day"), props="type=date", help=_("blocklist.last_day.help"))
        reason = parts.input(_("holds.entry.reason"), help=_("blocklist.reason.help"), props="maxlength=300")

        async def save() -> None:
            given = (reason.value or "").strip()
            parts.refuse(reason, None if len(given) >= 2 else _("holds.reason.need"))
            if len(given) < 2:
                return
            try:
                do = visits.AddBlock(
                    name=(name.value or "").strip() or None,
                    phone=(phone.value or "").strip(),
                    email=(email.value or "").strip(),
                    reason=given,
                    until_on=_day(until.value),
                )
            except ValidationError as error:
                field = str(error.errors()[0]["loc"][0]) if error.errors()[0]["loc"] else ""
                parts.refuse({"phone": phone, "email": email, "until_on": until}.get(field, name), _("blocklist.nobody"))
                return
            if (await parts.do(do, done=_("blocklist.added.done"))).ok:
                dialog.close()

        with parts.box("dialog__acts"):
            parts.button(_("web.cancel"), dialog.close)
            parts.button(_("blocklist.add.do"), save, kind="main", icon="check")
    dialog.open()


def _entry_dialog(entry: BlockView) -> None:
    language = frame.lang()
    with parts.sheet_dialog(entry.masked, entry.reason) as dialog:
        parts.facts(
            (
                (
                    _("blocklist.added_by"),
                    _("blocklist.added", who=entry.added_by, day=i18n.full_day(clock.today(entry.added_at), language)),
                ),
                (
                    _("blocklist.reviewed"),
                    _("blocklist.added", who=entry.reviewed_by, day=i18n.full_day(clock.today(entry.reviewed_at), language)),
                ),
            )
        )
        clear = parts.box()
        reason = parts.input(_("blocklist.why"), help=_("blocklist.why.help"), props="maxlength=300")
        until = parts.input(_("blocklist.last_day"), entry.until_on.isoformat() if entry.until_on else "", props="type=date")

        async def reveal() -> None:
            given = (reason.value or "").strip()
            parts.refuse(reason, None if len(given) >= 2 else _("holds.reason.need"))
            if len(given) >= 2 and (await parts.do(visits.RevealBlock(entry_id=entry.id, reason=given))).ok:
                _draw_clear(clear, entry.id)

        async def review() -> None:
            if (await parts.do(visits.ReviewBlock(entry_id=entry.id, until_on=_day(until.value)), done=_("blocklist.reviewed.done"))).ok:
                dialog.close()

        async def remove() -> None:
            sure = await parts.confirm(
                _("blocklist.remove.ask"), _("blocklist.remove.say"), act=_("blocklist.remove"), stay=_("web.cancel")
            )
            if sure and (await parts.do(visits.RemoveBlock(entry_id=entry.id), done=_("blocklist.removed"))).ok:
                dialog.close()

        with parts.box("dialog__acts"):
            parts.button(_("blocklist.remove"), remove, kind="stop")
            parts.button(_("blocklist.reveal"), reveal, icon="lock")
            parts.button(_("blocklist.review"), review, kind="main", icon="check")
    dialog.open()


def _draw_clear(box: ui.element, entry_id: UUID) -> None:
    """The entry in clear, for half a minute."""
    with database.reading() as s:
        found = visits.blocklist.in_clear(s, entry_id, frame.actor(), clock.now()) or {}
    box.clear()
    with box:
        parts.facts(
            (
                (_("visit.column.name"), found.get("name", "")),
                (_("visit.column.phone"), found.get("phone", "")),
                (_("own_data.email"), found.get("email", "")),
            )
        )
        ui.timer(30, box.clear, once=True)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
