"""`/my/visitors/{id}`: one visitor of mine: the code to forward, how far the mail got, and every change (guide S3.1-R1, S3.1-R5)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial
from uuid import UUID

from nicegui import APIRouter, ui
from nicegui.events import GenericEventArguments
from pydantic import ValidationError

from core.foundation import clock, database, i18n, live
from core.foundation.errors import NotAllowed, Refused
from core.foundation.live import Change
from core.mechanisms import labels, people
from core.mechanisms import places as house
from core.sections import visits
from core.sections.visits import VisitState, VisitView, codes, mails, record
from core.web import frame, parts, qr, sessions, static_files
from core.web.frame import _

router = APIRouter()
DAYS = 60
TONES: dict[str, parts.Tone] = {
    "sent": "free",
    "queued": "soon",
    "sending": "soon",
    "failed": "busy",
    "no_channel": "busy",
    "none": "lost",
    "dismissed": "lost",
}


@router.page("/my/visitors/{visit_id}")
def visitor_page(visit_id: str) -> None:
    with frame.phone(_("visitors.one"), "/my/visitors"):
        style()
        try:
            Visitor(UUID(visit_id))
        except (ValueError, Refused, NotAllowed):
            parts.empty(_("visit.not_found"))


def style() -> None:
    """What these pages look like and how they share."""
    ui.add_head_html(f'<link rel="stylesheet" href="{static_files.url("invitations.css")}">')
    ui.add_head_html(f'<script src="{static_files.url("share.js")}"></script>')


class Visitor:
    """A visitor as their host sees them, live."""

    def __init__(self, visit_id: UUID) -> None:
        self.visit_id, self.client = visit_id, ui.context.client
        self.box = parts.box("invitation")
        self.draw()
        for kind in ("visit", "notice"):
            self.client.on_delete(live.subscribe(kind, self._changed))

    def draw(self) -> None:
        with database.reading() as s:
            row = record.handle(s, self.visit_id, frame.actor())
            visit, sent = visits.view(s, row), mails.delivery(s, row.id)
            where = mails.where_of(s, row.room_id)
            group = visits.group(s, row.id) if row.group_id == row.id else None
        self.box.clear()
        with self.box:
            parts.text(visit.name if not visit.erased else _("visit.erased"), "h1")
            if visit.state == VisitState.PLANNED and visit.label:
                draw_pass(visit, group=group is not None)
                _share(visit, group is not None)
            parts.facts(
                (
                    (_("visit.column.state"), _(f"visit.state.{visit.state}")),
                    (_("visit.column.company"), visit.company),
                    (_("visit.column.expected_on"), when(visit)),
                    (_("visitors.where"), where),
                    (_("visit.column.host"), visit.host),
                    (_("visit.column.purpose"), visit.purpose),
                    (_("visit.column.phone"), visit.phone),
                    (_("desk.visits.email"), visit.email),
                    (_("visitors.group"), _("visitors.group.of", group=group.name, n=group.planned, here=group.here) if group else ""),
                    (_("visitors.members"), parts.listed(member.name for member in group.members) if group else ""),
                )
            )
            if sent.state != "none":
                with parts.box("row wrap"):
                    parts.pill(_(f"visitors.mail.{sent.state}"), TONES.get(sent.state, "lost"))
                    told = parts.joined(sent.address, f"{clock.local(sent.at):%H:%M}" if sent.at else "")
                    parts.text(parts.joined(told, _(sent.reason) if sent.reason else ""), classes="second")
            self._acts(visit)

    def _acts(self, visit: VisitView) -> None:
        if visit.state in (VisitState.PLANNED, VisitState.EXPIRED) and not visit.erased:
            with parts.box("invitation__acts"):
                parts.button(_("visitors.change"), partial(change_dialog, visit), icon="pen")
                if visit.state == VisitState.PLANNED:
                    parts.button(_("visitors.resend"), partial(self._resend, visit), icon="send")
                    parts.button(_("desk.visits.cancel"), partial(self._cancel, visit), kind="stop").classes("invitation__wide")
        elif visit.state == VisitState.HERE:
            with parts.box("invitation__acts"):
                if visit.acknowledged_at is None:
                    parts.button(_("visitors.come"), partial(self._do, visits.Acknowledge(visit_id=visit.id)), kind="main")
                parts.button(_("desk.visits.check_out"), partial(self._do, visits.CheckOut(visit_id=visit.id)), icon="leave")

    async def _do(self, operation: object) -> None:
        await parts.do(operation)  # type: ignore[arg-type]  # operations of this section
        self.draw()

    async def _resend(self, visit: VisitView) -> None:
        if not visit.email:
            change_dialog(visit)
            return
        await parts.do(visits.SendInvitation(visit_id=visit.id), done=_("desk.visits.mailed", email=visit.email))
        self.draw()

    async def _cancel(self, visit: VisitView) -> None:
        sure = await parts.confirm(
            _("desk.visits.cancel.ask", name=visit.name),
            _("desk.visits.cancel.say"),
            act=_("desk.visits.cancel.do"),
            stay=_("desk.visits.cancel.keep"),
        )
        if sure:
            await self._do(visits.CancelVisit(visit_id=visit.id))

    def _changed(self, _change: Change) -> None:
        if not self.client.is_deleted:
            with self.client:
                self.draw()


def when(visit: VisitView) -> str:
    """The day, and the time where there is one."""
    day = i18n.long_day(visit.expected_on, frame.lang())
    return _("visit.when_time", day=day, time=f"{clock.local(visit.expected_at):%H:%M}") if visit.expected_at else day


def address_of(visit: VisitView, *, group: bool) -> str:
    return codes.address(sessions.settings().base_url, visit.label or "", visit.expected_on, group=group)


def draw_pass(visit: VisitView, *, group: bool) -> None:
    """The signed code as QR and signs."""
    with parts.box("invitation__code"):
        qr.draw(address_of(visit, group=group), "qr", labels.shown(visit.label or ""))
        parts.text(labels.shown(visit.label or ""), classes="code")
        parts.text(when(visit), classes="second")


def _share(visit: VisitView, group: bool) -> None:
    """Send the link on in any program of the phone, or keep the picture."""

    def done(event: GenericEventArguments) -> None:
        if event.args == "copied":
            parts.toast(_("visitors.copied"))

    with parts.box("invitation__acts"):
        share = parts.button(_("visitors.share"), icon="send", kind="main")
        share.props["data-url"] = address_of(visit, group=group).replace("HTTPS://", "https://").replace("HTTP://", "http://")
        share.props["data-title"] = sessions.office().name
        share.props["data-text"] = _(
            "visitors.share.text", office=sessions.office().name, when=when(visit), code=labels.shown(visit.label or "")
        )
        share.on("click", done, js_handler="(e) => foyerShare.send(e.currentTarget, emit)")
        parts.button(_("visitors.picture"), href=f"/api/v1/visits/{visit.id}/code.png", icon="receive").props(f"download={visit.label}.png")


def change_dialog(visit: VisitView) -> None:
    """Another day, time, place, host or address."""
    today, language = clock.today(), frame.lang()
    days = {(today + timedelta(days=n)).isoformat(): i18n.long_day(today + timedelta(days=n), language) for n in range(DAYS)}
    if visit.expected_on.isoformat() not in days and visit.expected_on > today:
        days[visit.expected_on.isoformat()] = i18n.long_day(visit.expected_on, language)
    with parts.sheet_dialog(_("visitors.change"), visit.name) as dialog:
        day = parts.select(_("visitors.day"), days, max(visit.expected_on, today).isoformat())
        time = parts.input(
            _("visitors.time"),
            f"{clock.local(visit.expected_at):%H:%M}" if visit.expected_at else "",
            props="type=time",
            help=_("visitors.optional"),
        )
        room = parts.select(_("visitors.where"), places(), str(visit.room_id or ""), search=True)
        host = parts.select(_("visit.column.host"), colleagues(), str(visit.host_id), search=True)
        email = parts.input(_("desk.visits.email"), visit.email, props="type=email maxlength=254", help=_("visitors.optional"))

        async def save() -> None:
            chosen = date.fromisoformat(str(day.value))
            try:
                do = visits.ChangeVisit(
                    visit_id=visit.id, expected_on=chosen, expected_at=moment_of(chosen, time.value), no_time=not time.value, room_id=UUID(room.value) if room.value else None,
                    no_room=not room.value, host_id=UUID(str(host.value)), email=(email.value or "").strip(),
                )  # fmt: skip
            except ValidationError:
                parts.refuse(email, _("notice.reason.bad_address"))
                return
            told = _("desk.visits.mailed", email=do.email) if do.email else None
            if (await parts.do(do, done=told)).ok:
                dialog.close()

        with parts.box("dialog__acts"):
            parts.button(_("web.cancel"), dialog.close)
            parts.button(_("visitors.save"), save, kind="main")
    dialog.open()


def moment_of(day: date, time: str | None) -> datetime | None:
    """The wall time of a day in the office's zone; nothing for an empty or odd time."""
    try:
        wall = datetime.strptime(str(time or ""), "%H:%M").time()  # noqa: DTZ007 - a wall time
    except ValueError:
        return None
    return clock.from_wall(datetime.combine(day, wall), clock.zone())


def places() -> dict[str, str]:
    """Rooms a visitor may be asked to, and none."""
    with database.reading() as s:
        return {"": _("visitors.no_place"), **{str(place.id): place.name for place in house.everything(s, ("room",))}}


def colleagues() -> dict[str, str]:
    with database.reading() as s:
        names = people.department_names(s)
        return {
            str(p.id): parts.joined(p.name, names.get(p.department_id, "") if p.department_id else "") for p in people.search(s, limit=2000)
        }
