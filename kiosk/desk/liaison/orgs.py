"""Two organisations that are one, in a dialog: which stays, what would happen, done, and taken back (guide S3.2-R1)."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from core.foundation import database
from core.foundation.errors import Refused
from core.sections import liaison
from core.sections.liaison import orgs
from core.sections.liaison.contacts import LIAISON
from core.sections.liaison.registers import ContactView
from core.web import frame, parts
from core.web.frame import _
from kiosk.desk.liaison import shared
from kiosk.desk.registers import RegisterPage


def merge_dialog(page: RegisterPage) -> None:
    """Choose the two (pairs that look alike are offered), read what would happen, merge."""
    with database.reading() as s:
        known, alike = orgs.everything(s), orgs.alike(s)
    options = {str(one.id): _("liaison.org_of", name=one.name, n=one.contacts) for one in known}
    with parts.sheet_dialog(_("liaison.merge_orgs"), _("liaison.merge_orgs.say")) as dialog:
        if alike:
            parts.text(_("liaison.merge_orgs.alike"), "h3")
            with parts.box("row wrap"):
                for one, other in alike:
                    parts.button(f"{one.name} / {other.name}", lambda one=one, other=other: choose(one.id, other.id))
        with parts.box("pairs"):
            keep = parts.select(_("liaison.merge_orgs.keep"), options, search=True, on_change=lambda _value: look())
            gone = parts.select(_("liaison.merge_orgs.gone"), options, search=True, on_change=lambda _value: look())
        seen = parts.box("stack")

        def choose(keep_id: UUID, gone_id: UUID) -> None:
            keep.value, gone.value = str(keep_id), str(gone_id)

        def look() -> None:
            seen.clear()
            if keep.value and gone.value:
                with seen:
                    _draw_preview(UUID(keep.value), UUID(gone.value))

        async def merge() -> None:
            parts.refuse(keep, None if keep.value else _("liaison.merge_orgs.both"))
            parts.refuse(gone, None if gone.value else _("liaison.merge_orgs.both"))
            if not keep.value or not gone.value:
                return
            outcome = await parts.do(liaison.MergeOrgs(keep_id=UUID(keep.value), gone_id=UUID(gone.value)))
            if outcome.ok:
                merge_id = UUID(str(outcome.result["merge_id"]))
                parts.toast(_("liaison.merged_toast", n=outcome.result["moved"]), undo=partial(_split, merge_id, page), seconds=10)
                dialog.close()
                page.refresh()

        with parts.box("dialog__acts"):
            parts.button(_("web.cancel"), dialog.close)
            parts.button(_("liaison.merge_orgs.do"), merge, kind="main", icon="check")
    dialog.open()


def _draw_preview(keep_id: UUID, gone_id: UUID) -> None:
    try:
        with database.reading() as s:
            found = orgs.preview(s, keep_id, gone_id)
    except Refused as refusal:
        parts.banner(_(refusal.code), "bad")
        return
    facts: list[tuple[str, Any]] = [
        (_("liaison.preview.stays"), parts.joined(found.keep.name, _(f"liaison.contact.kind.{found.keep.kind}"))),
        (_("liaison.preview.moves", n=len(found.moving)), shared.listed(found.moving) or _("liaison.preview.nobody")),
        (_("liaison.preview.twice"), shared.listed(found.twice)),
    ]
    if found.other_kind:
        kinds = (_(f"liaison.contact.kind.{one.kind}") for one in (found.gone, found.keep))
        facts.append((_("liaison.contact.kind"), " → ".join(kinds)))
    with parts.box("sheet liaison__preview").props("data-preview"):
        parts.facts(facts)
        parts.text(_("liaison.preview.safe"), "p", "second small")


def draw_history(row: ContactView, page: RegisterPage) -> None:
    """What was merged into this contact's organisation, with the way back."""
    with database.reading() as s:
        merges = orgs.history(s, row.org_id)
    if not merges:
        return
    parts.text(_("liaison.org_history"), "h3")
    may = frame.actor().has(*LIAISON)
    with parts.rows("list"):
        for one in merges:
            undone = _("liaison.org_split", who=one.undone_by, time=shared.moment(one.undone_at)) if one.undone_at else ""
            words = _("liaison.org_merged", gone=one.gone, kept=one.kept, n=one.moved)
            with parts.item(words, parts.joined(one.by, shared.moment(one.at), undone)):
                if may and not one.undone_at:
                    parts.button(_("liaison.split"), partial(_split, one.id, page), icon="return")


async def _split(merge_id: UUID, page: RegisterPage) -> None:
    outcome = await parts.do(liaison.SplitOrgs(merge_id=merge_id))
    if outcome.ok:
        parts.toast(_("liaison.split_toast", n=outcome.result["moved"]))
        await page.reopen()
