"""The desk's own check-in, by the same flow as at the kiosk, and what the desk sees of it: who waits to be let in, what is still to sign (issue 5)."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from nicegui import ui
from pydantic import ValidationError

from core.foundation import database
from core.mechanisms import people, places
from core.sections import visits
from core.sections.visits import VisitState, VisitView, consent, types
from core.sections.visits.record import RECEPTION
from core.web import frame, parts
from core.web.frame import _
from kiosk.desk.registers import RegisterPage


class CheckInDialog:
    """Somebody stands at the desk: invited (`visit`) or not. Fields follow the chosen type; documents are signed on paper here, or at the kiosk later."""

    def __init__(self, page: RegisterPage, visit: VisitView | None = None) -> None:
        self.page, self.visit = page, visit
        with database.reading() as s:
            self.kinds = types.all_types(s)
            self.titles = consent.titles(s, frame.lang())
            hosts = {str(one.id): one.name for one in people.search(s, limit=2000)}
            rooms = {"": "—"} | {str(one.id): one.name for one in places.everything(s, [places.PlaceKind.ROOM])}
        self.fields: dict[str, Any] = {}
        with parts.sheet_dialog(
            _("desk.visits.check_in") if visit else _("visit_desk.walk_in"), visit.name if visit else _("visit_desk.say")
        ) as self.dialog:
            names = {kind.key: kind.name(frame.lang()) for kind in self.kinds}
            if visit is not None and visit.type not in names:
                names[visit.type] = visit.type
            self.type = parts.select(
                _("visit_desk.type"), names, visit.type if visit else types.GUEST, on_change=lambda _value: self.rules.refresh()
            )
            with parts.box("pairs"):
                if visit is None:
                    self.name = parts.input(_("desk.visits.name"), props="maxlength=80", autofocus=True)
                    self.host = parts.select(_("visit.column.host"), hosts, None, search=True)
                for field in types.FIELDS:
                    if field == "room":
                        room = str(visit.room_id) if visit and visit.room_id else ""
                        self.fields[field] = parts.select(
                            _("visit.field.room"), rooms, room, search=True, on_change=lambda _value: self.rules.refresh()
                        )
                    else:
                        said = str(getattr(visit, field)) if visit else ""
                        self.fields[field] = parts.input(
                            _(f"visit.field.{field}"),
                            said,
                            props=f"maxlength={40 if field == 'phone' else 200 if field != 'plate' else 16}",
                        )
            self.paper: dict[str, ui.checkbox] = {}
            self.rules()
            with parts.box("dialog__acts"):
                parts.button(_("web.cancel"), self.dialog.close)
                parts.button(_("desk.visits.check_in"), self.save, kind="main", icon="check")
        self.dialog.open()

    def _flow(self) -> types.Flow:
        room = str(self.fields["room"].value or "")
        with database.reading() as s:
            return types.flow_of(s, str(self.type.value), UUID(room) if room else None)

    @ui.refreshable_method
    def rules(self) -> None:
        """What this kind of visitor needs: required fields, papers, and that somebody has to come along."""
        flow = self._flow()
        needed = [_(f"visit.field.{name}") for name in types.FIELDS if flow.asked(name) == "required"]
        if needed:
            parts.text(_("visit_desk.needed", fields=parts.listed(needed)), "p", "quiet small")
        self.paper = {}
        if flow.documents and frame.actor().has(*RECEPTION):
            with parts.field(_("visit_desk.paper"), _("visit_desk.paper.say")), parts.box("row wrap checks"):
                for key in flow.documents:
                    self.paper[key] = ui.checkbox(self.titles.get(key, key))
        if flow.escort:
            parts.banner(_("visit_desk.escort"), "info", icon="people")

    async def save(self) -> None:
        said = {name: (field.value or "").strip() for name, field in self.fields.items()}
        lacking = types.missing(self._flow(), said)
        for name, field in self.fields.items():
            parts.refuse(field, _("visit_desk.lacking") if name in lacking else None)
        if lacking:
            return
        more: dict[str, Any] = {
            **said,
            "type": str(self.type.value),
            "on_paper": tuple(key for key, box in self.paper.items() if box.value),
        }
        try:
            if self.visit is not None:
                if more["type"] == self.visit.type:
                    more.pop("type")
                do = visits.CheckIn(code=self.visit.label, **more)
            else:
                parts.refuse(self.name, None if (self.name.value or "").strip() else _("desk.visits.need_name"))
                parts.refuse(self.host, None if self.host.value else _("visit_desk.host_needed"))
                if not (self.name.value or "").strip() or not self.host.value:
                    return
                do = visits.CheckIn(name=self.name.value, host=str(self.host.value), **more)
        except ValidationError as error:
            wrong = str(error.errors()[0]["loc"][0]) if error.errors()[0]["loc"] else "name"
            parts.refuse(self.fields.get(wrong, self.type), _("visit_desk.wrong"))
            return
        outcome = await parts.do(do)
        if outcome.ok:
            self.dialog.close()
            if outcome.facts.get("waiting"):
                parts.toast(_("visit_desk.waits"))
            self.page.refresh()


async def begin(visit: VisitView, page: RegisterPage) -> None:
    """Check an invited visitor in: at once when their kind asks nothing the desk would have to fill in, else with its form."""
    with database.reading() as s:
        flow = types.flow_of(s, visit.type, visit.room_id)
    known = {name: visit.room_id if name == "room" else getattr(visit, name) for name in types.FIELDS}
    if types.missing(flow, known) or set(flow.documents) - {types.NOTICE}:
        CheckInDialog(page, visit)
    elif (await parts.do(visits.CheckIn(code=visit.label))).ok:
        await page.reopen()


def draw_state(visit: VisitView, page: RegisterPage) -> None:
    """In a visit's peek: its kind and what it brings, who waits to be let in, what is still to sign, and what was signed as PDF."""
    with database.reading() as s:
        names, titles = types.names(s, frame.lang()), consent.titles(s, frame.lang())
        signed = consent.signed_of(s, visit.id)
        room = s.get(places.Place, visit.room_id) if visit.room_id else None
    parts.facts(
        (
            (_("visit_desk.type"), names.get(visit.type, visit.type)),
            (_("visit.field.room"), room.name if room is not None else ""),
            (_("visit.field.plate"), visit.plate),
            (_("visit_desk.drink"), _(f"visit.drink.{visit.drink}") if visit.drink and visit.drink != "none" else ""),
        )
    )
    if visit.escort:
        parts.pill(_("visit_desk.escort_short"), "held", icon="people")
    here = visit.state == VisitState.HERE
    if here and visit.approval == "asked":
        with parts.banner(_("visit_desk.asks", host=visit.host), "due"):
            parts.button(_("visit_desk.let_in"), partial(_decide, visit, page, True), kind="main")
            parts.button(_("visit_desk.not_in"), partial(_decide, visit, page, False))
    elif visit.approval in ("given", "refused"):
        parts.text(_(f"visit_desk.{visit.approval}"), "p", "quiet small")
    if here and visit.unsigned:
        missing = parts.listed(titles.get(key, key) for key in visit.unsigned)
        with parts.banner(_("visit_desk.unsigned", documents=missing), "due", icon="document"):
            if frame.actor().has(*RECEPTION):
                parts.button(_("visit_desk.signed_paper"), partial(_paper, visit, page))
    if signed and frame.actor().has(*RECEPTION):
        parts.button(_("visit_desk.signed", n=len(signed)), icon="document", href=f"/api/v1/visits/{visit.id}/signed.pdf", new_tab=True)


async def _decide(visit: VisitView, page: RegisterPage, approved: bool) -> None:
    if (await parts.do(visits.ApproveVisit(visit_id=visit.id, approved=approved))).ok:
        await page.reopen()


async def _paper(visit: VisitView, page: RegisterPage) -> None:
    if (await parts.do(visits.NotePaper(visit_id=visit.id, documents=visit.unsigned))).ok:
        await page.reopen()
