"""`/my`: the start of the online phone pages: my duties, my rooms, my visitors, and the way back to the app that works without a network."""

from __future__ import annotations

from nicegui import APIRouter

from core.foundation import clock, database, i18n
from core.mechanisms import approvals, custody, duties
from core.mechanisms.operations import OFFICE
from core.sections import assets, bookings, deliveries, liaison, reception, roomcare, stocktakes, supplies
from core.web import frame, parts
from core.web.frame import _
from mobile.pages import asks, contacts

router = APIRouter()
# What a message about a thing opens, on any phone: `{id}` is the thing's. Cases are looked after at the desk.
OPENS = {
    "approval": "/my/approvals", "booking": "/my/book", "case": "/desk/liaison/cases?open={id}", "contact": "/my/contacts/{id}", "delivery": "/my/deliveries", "duty": "/my/duties/{id}",
    "message": "/my/messages/{id}", "reception": "/my/receptions/{id}", "series": "/my/series/{id}", "visit": "/my/visitors/{id}",
}  # fmt: skip


@router.page("/my")
def my_page() -> None:
    with frame.phone(_("my.title"), "/m/"):
        _draw()


@router.page("/my/")
def my_page_too() -> None:
    my_page()


def _draw() -> None:
    by, at = frame.actor(), clock.now()
    with database.reading() as s:
        owed = [view for view in duties.mine(s, by, at) if view.state == duties.OPEN]
        tasks = roomcare.count_open(s, by.person_id)
        offers = custody.offered_to(s, [by.person_id], "asset") if by.person_id else []
        kept = assets.count_kept(s, by.person_id) if by.person_id else 0
        to_decide = len(approvals.waiting_for(s, by))
        left = sum(one.left for one in stocktakes.my_lists(s, by))
        mine = bookings.mine(s, by.person_id, at, 1) if by.person_id else []
        asked = bookings.asked_of(s, by, at)
        outside = liaison.count_mine(s, by.person_id)
        hosted = [one for one in reception.mine(s, by.person_id, at) if one.status not in ("reviewed",)] if by.person_id else []
        here = len(deliveries.mine(s, by.person_id)) + len(deliveries.lent_to(s, by.person_id)) if by.person_id else 0
        rounds = supplies.rounds(s, open_only=True, limit=1)
    outsiders = contacts.mine(by)
    owing = sum(one.state != "fresh" for one in outsiders)
    parts.text(_("my.hello", name=by.name), "p", "second")
    if asked:
        asks.draw_rows(asked)
    coming = (
        _("my.next_booking", room=mine[0].room, time=i18n.day_and_time(mine[0].starts_at, clock.zone(), frame.lang()))
        if mine
        else _("my.book_hint")
    )
    care = (
        (("/my/rooms", "check", _("care.title"), _("care.tasks", n=tasks) if tasks else _("care.hint")),)
        if tasks or by.has(*OFFICE)
        else ()
    )
    to_confirm = (("/my/count", "count", _("my.count_title"), _("my.count_left", n=left)),) if left else ()
    needs = (("/my/needs", "list", _("my.needs"), rounds[0].title),) if rounds else ()
    receive = (("/my/receptions", "people", _("nav.receptions"), _receptions(hosted)),) if hosted else ()
    rows = (
        *to_confirm,
        *receive,
        *needs,
        ("/my/duties", "clock", _("my.duties"), _("my.duties_open", n=len(owed)) if owed else _("my.duties_none")),
        ("/my/messages", "note", _("my.messages"), _("my.messages_open", n=outside) if outside else _("my.messages.none")),
        *(
            (("/my/contacts", "people", _("my.contacts"), _("my.contacts.home", n=owing) if owing else _("my.contacts.home_fresh")),)
            if outsiders
            else ()
        ),
        ("/my/find", "place", _("find.title"), _("find.hint")),
        ("/my/things", "asset", _("my.things"), _things(len(offers), kept)),
        ("/my/approvals", "check", _("nav.approvals"), _("approval.waiting", n=to_decide) if to_decide else _("approval.nothing")),
        ("/my/book", "door", _("my.book"), coming),
        ("/my/series", "refresh", _("nav.series"), _("series.home_hint")),
        ("/my/calendars", "link", _("calendars.mine"), _("calendars.home_hint")),
        *care,
        ("/my/deliveries", "parcel", _("my.deliveries"), _("my.deliveries.n", n=here) if here else _("my.deliveries.hint")),
        ("/my/visitors", "people", _("my.visitors"), _("my.visitors_hint")),
        ("/m/", "scan", _("my.floor"), _("my.floor_hint")),
    )
    with parts.rows():
        for address, icon, title, meta in rows:
            with parts.box("item item--link", "a").props(f'href="{address}"'):
                parts.mark(icon)
                with parts.box("item__body"):
                    parts.text(title, "div", "item__title")
                    parts.text(meta, "div", "item__meta")


def _things(offered: int, kept: int) -> str:
    return _("my.things_waiting", n=offered) if offered else _("my.things_have", n=kept) if kept else _("my.things_none")


def _receptions(hosted: list[reception.ReceptionView]) -> str:
    return _("reception.home_running", title=hosted[0].title) if hosted[0].status == "running" else _("reception.home_hint")
