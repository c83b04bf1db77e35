"""Looking after the rooms, at the desk: what is to be prepared and restored, what does not work, who called, what was left behind, and who keeps
which room (guide S1.3-R4 … R8)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from fastapi import Depends
from nicegui import APIRouter, ui

from core.foundation import clock, database, i18n, live
from core.foundation.live import Change
from core.mechanisms import labels, people, places
from core.mechanisms.operations import Operation, Role
from core.mechanisms.places import PlaceKind
from core.sections import roomcare, rooms
from core.web import frame, parts, static_files
from core.web.frame import _
from kiosk.desk.lost_things import draw_searches, hand_over_dialog
from kiosk.desk.repairs import READERS as REPAIR_READERS

router = APIRouter(dependencies=[Depends(frame.signed_in)])
MAY = (Role.ADMIN, Role.RECEPTION, Role.CLERK, Role.LEADER)
VIEWS = ("tasks", "faults", "lost", "rooms")
WAYS = ("given", "police", "thrown")


@router.page("/desk/room_care")
def room_care_page(view: str = "tasks") -> None:
    with frame.desk("room_care", _("nav.room_care"), *MAY):
        ui.add_head_html(f'<link rel="stylesheet" href="{static_files.url("rooms.css")}">')
        CarePage(view if view in VIEWS else "tasks")


class CarePage:
    """Four lists behind four chips; calls for help stand above all of them until somebody goes."""

    def __init__(self, view: str) -> None:
        self.view = view
        self.client = ui.context.client
        self.calls, self.head, self.box = parts.box("stack"), parts.box(), parts.box("stack")
        self._pending = False
        for kind in ("room_task", "room_fault", "asset_repair", "room_help", "lost_item", "lost_search", "room", "clock"):
            self.client.on_delete(live.subscribe(kind, self._changed))
        self.draw()

    def _changed(self, _change: Change) -> None:
        if not self._pending and not self.client.is_deleted:
            self._pending = True
            asyncio.get_running_loop().call_later(0.3, self._redraw)

    def _redraw(self) -> None:
        self._pending = False
        if not self.client.is_deleted and self.client.has_socket_connection:
            self.draw()

    def draw(self) -> None:
        """Read and draw anew."""
        with self.client:
            by, at = frame.actor(), clock.now()
            with database.reading() as s:
                self.tasks = roomcare.open_tasks(s, by, at)
                self.done = roomcare.finished_tasks(s, by, at, at - timedelta(hours=12))
                self.faults, self.devices = roomcare.open_faults(s), roomcare.device_faults(s)
                self.lost = roomcare.lost_items(s, at)
                self.searches = roomcare.searches(s)
                calls = roomcare.open_calls(s)
            self._draw_calls(calls)
            self._draw_head()
            self.box.clear()
            with self.box:
                {"tasks": self._draw_tasks, "faults": self._draw_faults, "lost": self._draw_lost, "rooms": self._draw_rooms}[self.view]()

    def _draw_calls(self, calls: list[roomcare.HelpCallView]) -> None:
        self.calls.clear()
        with self.calls:
            for call in calls:
                waited = i18n.duration(clock.now() - call.called_at, frame.lang())
                words = parts.joined(
                    _("roomcare.help_called", room=call.room, what=_(f"roomcare.help.{call.kind}")), _("care.waits_for", time=waited)
                )
                with parts.banner(words, "bad", icon="bell"):
                    parts.button(_("care.i_go"), self._doing(roomcare.AnswerRoomHelp(call_id=call.id)), kind="plain")

    def _draw_head(self) -> None:
        self.head.clear()
        late = sum(1 for task in self.tasks if task.late)
        sub = _("care.late", n=late) if late else _("care.nothing_late")
        with self.head, parts.head(_("care.tasks", n=len(self.tasks)), sub):
            counts = {
                "tasks": len(self.tasks),
                "faults": len(self.faults) + len(self.devices),
                "lost": len(self.lost) + len(self.searches),
                "rooms": None,
            }
            parts.chips([(view, _(f"care.view.{view}"), counts[view]) for view in VIEWS], self.view, self._see)
            if self.view == "lost":
                parts.button(_("lost.found"), self._found_dialog, kind="main", icon="plus")

    def _see(self, view: str) -> None:
        self.view = view if view in VIEWS else "tasks"
        self.draw()

    def _doing(self, do: Operation, done: str | None = None) -> Callable[[], Any]:
        async def act() -> None:
            await parts.do(do, done=done)
            self.draw()

        return act

    # ── lists ──

    def _draw_tasks(self) -> None:
        if not self.tasks:
            parts.empty(_("care.none"), _("care.none_hint"))
        else:
            with parts.rows():
                for task in self.tasks:
                    restore = task.kind == "restore"
                    when = (
                        i18n.clock_time(task.ends_at if restore else task.due_at, clock.zone()),
                        _("care.restore" if restore else "care.prepare"),
                    )
                    meta = parts.joined(task.title, task.host, task.keeper)
                    with parts.item(task.room, meta, when=when, late=task.late):
                        tone: parts.Tone = "busy" if task.late else "shut" if restore else "soon"
                        left = _("care.left", n=task.open_questions) if task.open_questions else _("care.to_scan")
                        parts.pill(left, tone)
        if self.done:
            parts.text(_("care.done_today", n=len(self.done)), "h2")
            with parts.rows():
                for task in self.done[:12]:
                    finished = i18n.clock_time(task.finished_at or task.due_at, clock.zone())
                    with parts.item(
                        task.room, parts.joined(_(f"care.{task.kind}"), task.title, task.finisher), when=(finished, ""), icon=None
                    ):
                        for n, photo in enumerate(task.photos[:3], 1):
                            with parts.box("thumb", "a").props(f'href="/api/v1/attachments/{photo}" target="_blank" rel="noopener"'):
                                parts.box(tag="img").props(
                                    f'src="/api/v1/attachments/{photo}" alt="{_("attachment.photo", n=n)}" loading=lazy'
                                )

    def _draw_faults(self) -> None:
        if not self.faults and not self.devices:
            parts.empty(_("care.no_faults"), _("care.no_faults_hint"))
            return
        with parts.rows():
            for fault in self.faults:
                title = parts.joined(fault.room, _(f"roomcare.item.{fault.item}"))
                when = i18n.day_and_time(fault.reported_at, clock.zone(), frame.lang())
                times = [_("care.times", n=fault.times)] if fault.times > 1 else []
                with parts.item(title, parts.joined(fault.note, when, fault.reporter, fault.keeper, *times), icon="repair", tone="busy"):
                    parts.button(_("care.works_again"), self._doing(roomcare.ClearFault(fault_id=fault.id)))
            for device in self.devices:  # reported by the device's own label: its repair ends where repairs are kept
                when = i18n.day_and_time(device.reported_at, clock.zone(), frame.lang())
                times = [_("care.times", n=device.times)] if device.times > 1 else []
                meta = parts.joined(device.fault, when, device.reporter, device.number, *times)
                with parts.item(parts.joined(device.room, device.device), meta, icon="repair", tone="busy"):
                    if frame.actor().has(*REPAIR_READERS):
                        parts.button(_("care.see_repair"), href=f"/desk/repairs?open={device.repair_id}")

    def _draw_lost(self) -> None:
        draw_searches(self.client, self.searches, self.lost, self.draw)
        if not self.lost:
            parts.empty(_("lost.none"), _("lost.none_hint"))
            return
        with parts.rows():
            for item in self.lost:
                found = i18n.day_and_time(item.found_at, clock.zone(), frame.lang())
                with parts.item(
                    item.what, parts.joined(item.place, found, item.finder, item.kept_where, labels.shown(item.label)), icon="parcel"
                ):
                    parts.button(_("lost.print"), href=f"/desk/labels?codes={item.label}", kind="quiet")
                    if item.due:
                        parts.button(_("lost.dispose"), partial(self._dispose_dialog, item))
                    parts.button(_("lost.claim"), partial(hand_over_dialog, self.client, [item], None, self.draw))

    def _draw_rooms(self) -> None:
        with database.reading() as s:
            views = [(room, roomcare.care(s, room.id)) for room in rooms.everything(s, clock.now())]
        with parts.rows():
            for room, care in views:
                said = [_("care.keeper", name=care.keeper)] if care.keeper else []
                said += [_("care.always", n=care.prepare_before_minutes)] if care.prepare_always else []
                said += [_("care.restored")] if care.restore else []
                said += [_("care.reminded")] if care.remind_things else []
                with parts.item(room.name, parts.joined(*said), icon="door"):
                    parts.button(_("care.change"), partial(self._care_dialog, room, care))

    # ── dialogs ──

    def _care_dialog(self, room: rooms.RoomView, care: roomcare.CareView) -> None:
        with database.reading() as s:
            everybody = {str(person.id): person.name for person in people.search(s, limit=2000)}
        with self.client, parts.sheet_dialog(room.name, _("care.change_hint")) as dialog:
            keeper = parts.select(_("care.who"), everybody, str(care.keeper_id) if care.keeper_id else None, search=True)
            before = parts.input(_("care.before"), str(care.prepare_before_minutes), props="type=number min=0 max=1440")
            always = ui.checkbox(_("care.always_words"), value=care.prepare_always)
            restore = ui.checkbox(_("care.restore_words"), value=care.restore)
            remind = ui.checkbox(_("care.remind_words"), value=care.remind_things)

            async def save() -> None:
                minutes = str(before.value or "").strip()
                if not minutes.isdigit() or int(minutes) > 1440:
                    parts.refuse(before, _("care.before_wrong"))
                    return
                do = roomcare.SetRoomCare(
                    room_id=room.id, keeper_id=UUID(str(keeper.value)) if keeper.value else None, prepare_before_minutes=int(minutes),
                    prepare_always=bool(always.value), restore=bool(restore.value), remind_things=bool(remind.value),
                )  # fmt: skip
                if (await parts.do(do)).ok:
                    dialog.close()
                    self.draw()

            with parts.box("dialog__acts"):
                parts.button(_("web.cancel"), dialog.close)
                parts.button(_("web.save"), save, kind="main")
        dialog.open()

    def _found_dialog(self) -> None:
        with database.reading() as s:
            where = {str(place.id): place.name for place in places.everything(s, (PlaceKind.ROOM, PlaceKind.FLOOR))}
        with self.client, parts.sheet_dialog(_("lost.found"), _("lost.found_hint")) as dialog:
            what = parts.input(_("lost.what"), props="maxlength=120", autofocus=True)
            place = parts.select(_("lost.where"), where, None, search=True)
            kept = parts.input(_("lost.kept"), props="maxlength=80")

            async def save() -> None:
                said = (what.value or "").strip()
                parts.refuse(what, None if said else _("lost.what_needed"))
                if not said:
                    return
                do = roomcare.ReportFound(what=said, place_id=UUID(str(place.value)) if place.value else None, kept_where=kept.value or "")
                outcome = await parts.do(do)
                if outcome.ok:
                    dialog.close()
                    with self.client:
                        parts.toast(_("lost.labelled", code=labels.shown(outcome.result["code"])))
                    self.draw()

            with parts.box("dialog__acts"):
                parts.button(_("web.cancel"), dialog.close)
                parts.button(_("web.save"), save, kind="main")
        dialog.open()

    def _dispose_dialog(self, item: roomcare.LostView) -> None:
        with self.client, parts.sheet_dialog(_("lost.dispose_title", what=item.what), _("lost.dispose_hint")) as dialog:
            for way in WAYS:

                async def act(way: str = way) -> None:
                    do = roomcare.DisposeItem.model_validate({"item_id": item.id, "how": way})
                    if (await parts.do(do)).ok:
                        dialog.close()
                        self.draw()

                parts.button(_(f"lost.how.{way}"), act, wide=True)
            with parts.box("dialog__acts"):
                parts.button(_("web.cancel"), dialog.close)
        dialog.open()
