"""Inviting at the desk: one visitor or a group, for whom, when and where; afterwards the code, large (guide S3.1-R1)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from core.foundation import clock, database, i18n
from core.mechanisms import labels, people, places
from core.mechanisms.operations import Actor, Role
from core.sections import visits
from core.sections.bookings import calendars
from core.sections.visits import codes, types
from core.web import frame, parts, qr, sessions
from core.web.frame import _

FURTHEST_DAYS = 60


class InviteForm:
    """The form of an invitation. `on_done` runs when somebody was invited."""

    def __init__(self, on_done: Callable[[], Any]) -> None:
        self.on_done, self.by = on_done, frame.actor()
        today, language = clock.today(), frame.lang()
        days = {(today + timedelta(days=n)).isoformat(): i18n.long_day(today + timedelta(days=n), language) for n in range(FURTHEST_DAYS)}
        with database.reading() as s:
            kinds = types.names(s, language)
            rooms = {"": _("visitors.no_place")} | {str(room.id): room.name for room in places.everything(s, ("room",))}
        with parts.sheet_dialog(_("desk.visits.invite"), _("desk.visits.invite.hint")) as self.dialog:
            with parts.box("pairs"):
                self.name = parts.input(_("desk.visits.name"), autofocus=True, props="maxlength=80")
                self.company = parts.input(_("visit.column.company"), props="maxlength=200")
                self.host = parts.select(
                    _("visit.column.host"), _hosts(self.by), str(self.by.person_id) if self.by.person_id else None, search=True
                )
                self.type = parts.select(_("visit_desk.type"), kinds, types.GUEST)
                self.day = parts.select(_("visit.column.expected_on"), days, today.isoformat())
                self.time = parts.input(_("visitors.time"), props="type=time step=300", help=_("visitors.optional"))
                self.room = parts.select(_("visitors.where"), rooms, "", search=True)
                self.purpose = parts.input(_("visit.column.purpose"), props="maxlength=200")
                self.email = parts.input(_("desk.visits.email"), props="type=email maxlength=254")
                self.phone = parts.input(_("visit.column.phone"), props="maxlength=40")
                self.speaks = parts.select(_("desk.visits.language"), i18n.LANGUAGE_NAMES, sessions.office().language)
                self.party = parts.input(
                    _("visitors.party"), "", props="type=number min=0 max=199 inputmode=numeric", help=_("visitors.party.help")
                )
            with parts.box("dialog__acts"):
                parts.button(_("web.cancel"), self.dialog.close)
                parts.button(_("desk.visits.save"), self.save, kind="main", icon="send")
        self.dialog.open()

    async def save(self) -> None:
        """Invite; what is wrong is said at its field, and nothing typed is lost."""
        parts.refuse(self.name, None if (self.name.value or "").strip() else _("desk.visits.need_name"))
        if not (self.name.value or "").strip():
            return
        day = date.fromisoformat(str(self.day.value))
        others = int(str(self.party.value)) if str(self.party.value or "").isdecimal() else 0
        facts: dict[str, Any] = {
            "host_id": UUID(str(self.host.value or self.by.person_id)), "name": self.name.value, "company": self.company.value or "", "phone": self.phone.value or "",
            "email": (self.email.value or "").strip(), "purpose": self.purpose.value or "", "expected_on": day, "expected_at": _moment(day, self.time.value),
            "room_id": UUID(self.room.value) if self.room.value else None, "language": str(self.speaks.value or ""), "type": str(self.type.value or types.GUEST),
        }  # fmt: skip
        if others and facts["type"] == types.GUEST:
            facts["type"] = types.GROUP
        try:
            do = visits.InviteGroup(**facts, party=1 + others) if others else visits.Invite(**facts)
        except ValidationError as error:
            name = str(error.errors()[0]["loc"][0])
            wrong = {"email": self.email, "phone": self.phone, "party": self.party}.get(name, self.name)
            parts.refuse(wrong, _("notice.reason.bad_address") if wrong is self.email else _("op.invalid", fields=name))
            return
        outcome = await parts.do(do, done=_("desk.visits.mailed", email=do.email) if do.email else None)
        if not outcome.ok:
            return
        self.dialog.close()
        self.on_done()
        if outcome.result["code"] is None:  # why stays unsaid (holding.py)
            parts.toast(_("visit.reception_contacts"))
        else:
            show_code(str(outcome.result["code"]), do.name, day, group=bool(others))


def show_code(code: str, name: str, day: date, *, group: bool = False) -> None:
    """The invitation's code, large: the QR with its proof, so that a kiosk believes it with the server away."""
    with parts.sheet_dialog(_("desk.visits.invited", code=labels.shown(code)), name) as dialog:
        with parts.box("pass__code"):
            qr.draw(codes.address(sessions.settings().base_url, code, day, group=group), "qr", labels.shown(code))
            parts.text(labels.shown(code), classes="code")
        with parts.box("dialog__acts"):
            parts.button(_("web.close"), dialog.close, kind="main")
    dialog.open()


def _moment(day: date, typed: Any) -> datetime | None:
    try:
        return datetime.combine(day, time.fromisoformat(str(typed)), clock.zone()) if typed else None
    except ValueError:
        return None


def _hosts(by: Actor) -> dict[str, str]:
    with database.reading() as s:
        departments = people.department_names(s)
        everybody = people.search(s, limit=2000)
    if not by.has(Role.ADMIN, Role.RECEPTION, Role.CLERK, Role.LEADER):
        everybody = [p for p in everybody if p.id == by.person_id or p.deputy_id == by.person_id]
    return {str(p.id): parts.joined(p.name, departments.get(p.department_id, "") if p.department_id else "") for p in everybody}


# ── a meeting's guests ──


def draw_guests(booking_id: UUID, again: Callable[[], Any], *, live: bool) -> None:
    """Who comes from outside to a meeting, with their codes; a guest is added by a mail address and has the code in the meeting's own mail."""
    with database.reading() as s:
        guests, lacking = visits.guests(s, booking_id), visits.meetings.codes_to_come(s, booking_id, clock.now())
    if not guests and not live:
        return
    parts.text(_("visit_guests.title"), "h3")
    with parts.rows() if guests else parts.box():
        for guest in guests:
            with parts.item(guest.name, guest.email, icon="person"):
                parts.pill(_(f"visit.state.{guest.state}") if guest.state else _("visit_guests.no_code"), "free" if guest.state else "held")
    if not live:
        return
    with parts.box("row wrap"):
        parts.button(_("visit_guests.add"), partial(_guest_dialog, booking_id, again), icon="plus")
        if any(guest.visit_id is None for guest in guests):
            parts.button(_("visit_guests.codes"), partial(_give_codes, booking_id, again), kind="main", icon="badge-slot")
        if lacking > 1:  # of guests of the whole series
            parts.button(_("visit_guests.codes_series"), partial(_give_codes, booking_id, again, whole_series=True), icon="calendar")


async def _give_codes(booking_id: UUID, again: Callable[[], Any], *, whole_series: bool = False) -> None:
    said = _("visit_guests.sent_series" if whole_series else "visit_guests.sent")
    if (await parts.do(visits.InviteGuests(booking_id=booking_id, whole_series=whole_series), done=said)).ok:
        await again()


def _guest_dialog(booking_id: UUID, again: Callable[[], Any]) -> None:
    """Somebody for this meeting, or, where it is one date of a series, for every date to come."""
    with database.reading() as s:
        series_id = visits.meetings.series_of(s, booking_id)
    which = {"dates": "one"}

    with parts.sheet_dialog(_("visit_guests.add"), _("visit_guests.hint")) as dialog:
        name = parts.input(_("desk.visits.name"), autofocus=True, props="maxlength=80")
        email = parts.input(_("desk.visits.email"), props="type=email maxlength=254")
        speaks = parts.select(_("desk.visits.language"), i18n.LANGUAGE_NAMES, sessions.office().language)
        if series_id is not None:
            parts.text(_("visit_guests.dates"), "p", "field__label")
            answers = {"one": _("visit_guests.dates.one"), "all": _("visit_guests.dates.all")}
            parts.choice(answers, which["dates"], lambda chosen: which.update(dates=chosen))

        async def save() -> None:
            whole = series_id is not None and which["dates"] == "all"
            try:
                guest = calendars.Guest(email=(email.value or "").strip(), name=(name.value or "").strip(), language=speaks.value)
            except ValidationError:
                parts.refuse(email, _("notice.reason.bad_address"))
                return
            about = (
                calendars.Invite(series_id=series_id, guests=(guest,))
                if whole
                else calendars.Invite(booking_id=booking_id, guests=(guest,))
            )
            if not (await parts.do(about)).ok:
                return
            dialog.close()
            await _give_codes(booking_id, again, whole_series=whole)

        with parts.box("dialog__acts"):
            parts.button(_("web.cancel"), dialog.close)
            parts.button(_("desk.visits.save"), save, kind="main", icon="send")
    dialog.open()
