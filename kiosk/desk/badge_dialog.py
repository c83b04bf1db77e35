"""A badge at the desk: on which printer or as a file, and why once more; its print log on the visit (scenario Things 2)."""

from __future__ import annotations

from uuid import UUID

from nicegui import ui

from assets_labels.badges import ROLL, STOCKS
from core.foundation import clock, database, i18n
from core.mechanisms import printers
from core.sections import visits
from core.sections.visits import VisitView
from core.sections.visits.badge_prints import AGAIN
from core.web import frame, parts
from core.web.frame import _
from kiosk.desk.printers import paper_words, reason_words
from kiosk.desk.registers import RegisterPage


def print_dialog(visit: VisitView, page: RegisterPage) -> None:
    """Ask where to and, for one that was printed before, why."""
    with database.reading() as s:
        known = printers.everything(s)
    options = {
        str(one.id): parts.joined(one.name, _(one.problem) if one.problem else paper_words(one.paper))
        for one in known
        if one.paper in STOCKS
    }
    desk = next((str(one.id) for one in known if one.at_desk and one.well and one.paper in STOCKS), "")
    again = visit.badges_printed > 0
    others = _still_without(visit)
    whom = {"all": bool(others)}
    with parts.sheet_dialog(_("badge.print"), visit.name) as dialog:
        if others:
            parts.choice(
                {"all": _("badge.group_all", n=len(others) + 1), "one": _("badge.group_one", name=visit.name)},
                "all",
                lambda key: whom.update(all=key == "all"),
            )
        where = parts.select(_("badge.where"), {**options, "": _("badge.as_file")}, desk)
        with parts.box() as of_a_file:
            stock = parts.select(_("printers.paper"), {name: paper_words(name) for name in STOCKS}, ROLL.name)
        of_a_file.bind_visibility_from(where, "value", backward=lambda value: not value)
        why = (
            parts.select(_("badge.why"), {key: _(f"badge.again.{key}") for key in AGAIN}, None, help=_("badge.why.help")) if again else None
        )
        words = parts.input(_("badge.why.words"), props="maxlength=120") if again else None

        async def go() -> None:
            if why is not None:
                parts.refuse(why, None if why.value else _("badge.why_again", n=1))
                if not why.value:
                    return
            more = (words.value or "").strip() if words is not None else ""
            reason = f"{why.value}: {more}" if why is not None and more else str(why.value) if why is not None else ""
            printer_id = UUID(str(where.value)) if where.value else None
            ids = [visit.id, *(others if whom["all"] else ())]
            outcome = await parts.do(visits.PrintBadges(visit_ids=ids, printer_id=printer_id, reason=reason))
            if outcome.ok:
                dialog.close()
                if printer_id is None and len(ids) > 1:
                    ui.navigate.to(f"/api/v1/visits/badges.pdf?visits={','.join(map(str, ids))}&paper={stock.value}", new_tab=True)
                elif printer_id is None:
                    ui.navigate.to(f"/api/v1/visits/{visit.id}/badge.pdf?paper={stock.value}", new_tab=True)
                else:
                    parts.toast(_("badge.sent"))
                await page.reopen()

        with parts.box("dialog__acts"):
            parts.button(_("web.cancel"), dialog.close)
            parts.button(_("badge.print"), go, kind="main", icon="print")
    dialog.open()


def _still_without(visit: VisitView) -> list[UUID]:
    """The others of this visitor's group who are here and have no badge yet: they come out in the same job."""
    with database.reading() as s:
        return visits.waiting_for_badges(s, visit.id)


def draw_log(visit: VisitView) -> None:
    """Every print of this visit's badge: when, who, where, why again."""
    with database.reading() as s:
        prints = visits.prints_of(s, visit.id)
    if not prints:
        return
    parts.text(_("badge.log"), "h3")
    with parts.rows("list").props("data-badge-log"):
        for one in prints:
            at = i18n.day_and_time(one.printed_at, clock.zone(), frame.lang())
            place = _("badge.as_file") if one.printer == "desk" else _("badge.by_browser") if one.printer == "browser" else one.printer
            with parts.item(parts.joined(at, one.who), parts.joined(place, reason_words(one.reason)), icon="print"):
                pass
