"""`/my/rooms`: the rooms I prepare and restore, and what does not work in them; `/my/rooms/{task}`: one list, ticked line by line, finished with
the code at the room's door (guide S1.3-R4, S1.3-R5, S1.3-R8). Scanning the door's label opens exactly that list, with the code already read."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from nicegui import APIRouter, ui

from core.foundation import clock, database, i18n, live
from core.foundation.errors import Invalid, Refused
from core.mechanisms import labels
from core.mechanisms.operations import OFFICE
from core.sections import roomcare
from core.web import frame, icons, parts, static_files
from core.web.elements import Photo, Scan, Scanner, Taken
from core.web.frame import _
from mobile.pages.thing import foot_of

router = APIRouter()
MOST_PHOTOS = 5
REASONS = ("broken", "missing", "short")


@router.page("/my/rooms")
def rooms_page() -> None:
    with frame.phone(_("care.title"), "/my"):
        _style()
        RoomsScreen()


@router.page("/my/rooms/{task}")
def task_page(task: str, code: str = "") -> None:
    with frame.phone(_("care.title"), "/my/rooms") as body:
        _style()
        TaskScreen(_uuid(task), code[:300], body)


def _style() -> None:
    ui.add_head_html(f'<link rel="stylesheet" href="{static_files.url("rooms.css")}">')


class RoomsScreen:
    """What I do next: lists by the time they are due, then what is broken, then calls for help."""

    def __init__(self) -> None:
        self.client = ui.context.client
        self.everybody = False
        self.box = parts.box("stack")
        for kind in ("room_task", "room_fault", "room_help", "clock"):
            self.client.on_delete(live.subscribe(kind, lambda _change: self.draw()))
        self.draw()

    def draw(self) -> None:
        """Read and draw anew."""
        if self.client.is_deleted:
            return
        with self.client:
            self._draw()

    def _draw(self) -> None:
        by, at = frame.actor(), clock.now()
        with database.reading() as s:
            tasks = roomcare.open_tasks(s, by, at, mine=not self.everybody)
            faults = [fault for fault in roomcare.open_faults(s) if by.has(*OFFICE) or fault.keeper == by.name]
            calls = roomcare.open_calls(s) if by.has(*OFFICE) else []
        self.box.clear()
        with self.box:
            if by.has(*OFFICE):
                options = [("mine", _("care.mine"), None), ("all", _("care.all"), None)]
                parts.chips(options, "all" if self.everybody else "mine", self._see)
            for call in calls:
                with parts.banner(_("roomcare.help_called", room=call.room, what=_(f"roomcare.help.{call.kind}")), "bad", icon="bell"):
                    parts.button(_("care.i_go"), partial(self._answer, call.id), kind="plain")
            parts.text(_("care.tasks", n=len(tasks)), "h2")
            if not tasks:
                parts.empty(_("care.none"), _("care.none_hint"))
            else:
                with parts.rows():
                    for task in tasks:
                        _draw_task(task)
            if faults:
                parts.text(_("care.faults", n=len(faults)), "h2")
                with parts.rows():
                    for fault in faults:
                        title = parts.joined(fault.room, _(f"roomcare.item.{fault.item}"))
                        meta = parts.joined(fault.note, i18n.day_and_time(fault.reported_at, clock.zone(), frame.lang()))
                        with parts.item(title, meta, icon="repair", tone="busy"):
                            parts.button(_("care.works_again"), partial(self._clear, fault.id))

    def _see(self, which: str) -> None:
        self.everybody = which == "all"
        self.draw()

    async def _answer(self, call_id: UUID) -> None:
        await parts.do(roomcare.AnswerRoomHelp(call_id=call_id))
        self.draw()

    async def _clear(self, fault_id: UUID) -> None:
        await parts.do(roomcare.ClearFault(fault_id=fault_id))
        self.draw()


def _draw_task(task: roomcare.TaskView) -> None:
    with parts.box("item item--link", "a").props(f'href="/my/rooms/{task.id}"'):
        tone: parts.Tone = "busy" if task.late else "soon" if task.kind == "prepare" else "shut"
        parts.mark("clock" if task.kind == "prepare" else "return", tone)
        with parts.box("item__body"):
            parts.text(f"{task.room}", "div", "item__title")
            parts.text(parts.joined(words_of(task), task.title), "div", "item__meta")
        parts.pill(_("care.left", n=task.open_questions) if task.open_questions else _("care.to_scan"), "busy" if task.late else "soon")


def words_of(task: roomcare.TaskView) -> str:
    """When a list is due, in words: `9:45 前备好` or `11:00 散会，待恢复`."""
    if task.kind == "prepare":
        return _("care.due", time=i18n.clock_time(task.due_at, clock.zone()))
    return _("care.ended", time=i18n.clock_time(task.ends_at, clock.zone()))


class TaskScreen:
    """One list: its lines, what is wrong, the code at the door, a photo where it is asked for."""

    def __init__(self, task_id: UUID, code: str, body: ui.element) -> None:
        self.task_id, self.code = task_id, code
        self.photos: list[str] = []
        self.looking = False
        self.client = ui.context.client
        self.foot = foot_of(body)
        self.box = parts.box("stack")
        self.scan_box = parts.box("stack")
        self.client.on_delete(live.subscribe("room_task", self._changed))
        self.draw()

    def _changed(self, change: Any) -> None:
        if change.id == str(self.task_id) and not self.client.is_deleted:
            self.draw()

    def draw(self) -> None:
        """Read and draw anew; the camera stays."""
        with self.client:
            self._draw()

    def _draw(self) -> None:
        by, at = frame.actor(), clock.now()
        with database.reading() as s:
            row = roomcare.get_task(s, self.task_id)
            self.task = task = roomcare.task_view(s, row, by, at)
            allowed = roomcare.may_do_task(row, by)
        self.box.clear()
        self.foot.clear()
        with self.box:
            self._draw_head(task)
            if task.state == "done":
                parts.banner(
                    _("care.done_at", time=i18n.clock_time(task.finished_at or at, clock.zone()), name=task.finisher), "info", icon="check"
                )
            elif task.state != "open":
                parts.banner(_("care.closed"), "due")
            with parts.box("sheet care__lines"):
                for line in task.questions:
                    self._draw_line(line, allowed and task.state == "open")
        with self.foot:
            if task.state == "open" and allowed:
                self._draw_finish(task)

    def _draw_head(self, task: roomcare.TaskView) -> None:
        with parts.box("care__head"):
            parts.text(task.room, "h2")
            span = f"{i18n.clock_time(task.starts_at, clock.zone())}–{i18n.clock_time(task.ends_at, clock.zone())}"
            parts.text(parts.joined(span, task.title, task.host), "p", "second")
            with parts.box("row wrap"):
                parts.pill(words_of(task), "busy" if task.late else "soon" if task.kind == "prepare" else "shut")
                if task.attendees:
                    parts.pill(_("roomcare.for_people", n=task.attendees), "held", icon="people")
            if task.remark:
                parts.banner(task.remark, "info", icon="note")

    def _draw_line(self, line: roomcare.Question, open: bool) -> None:
        with parts.box("care__line").props(f'data-question="{line.id}"'):
            with parts.box("grow"):
                parts.text(line.text, "div", "strong")
                extra = parts.joined(line.wish, line.note)
                if extra:
                    parts.text(extra, "div", "second small")
            if not open:
                parts.pill(_(f"care.answer.{line.answer or 'none'}"), {"pass": "free", "fail": "busy"}.get(line.answer, "lost"))  # type: ignore[arg-type]
                return
            with parts.box("care__answers").props("role=group"):
                for answer, icon, act in (
                    ("pass", "check", partial(self._answer, line.id, "pass")), ("fail", "cross", partial(self._fail, line)),
                ):  # fmt: skip
                    on = line.answer == answer
                    button = parts.box(f"care__answer care__answer--{answer}" + (" on" if on else ""), "button").props(
                        f'type=button aria-pressed={"true" if on else "false"} aria-label="{_(f"care.answer.{answer}")}"'
                    )
                    with button:
                        icons.icon(icon)
                    parts.on_tap(button, act)

    def _draw_finish(self, task: roomcare.TaskView) -> None:
        if self.looking:  # the camera above has the act now
            parts.button(_("web.cancel"), self._look_away, kind="quiet", wide=True)
        elif task.open_questions:
            parts.text(_("care.then_scan", n=task.open_questions), "p", "second")
            rest = [line.id for line in task.questions if not line.answer]
            parts.button(_("care.all_good", n=len(rest)), partial(self._all_good, rest), kind="main", icon="check", wide=True)
        elif task.kind == "restore" and not self.photos:
            parts.button(_("care.photo"), self._camera, kind="main", icon="camera", wide=True)
        elif self.code:
            parts.button(_(f"care.finish_{task.kind}"), self._finish, kind="main", icon="check", wide=True)
        else:
            parts.button(_("care.scan"), self._scan, kind="main", icon="scan", wide=True)

    # ── acts ──

    async def _answer(self, question: str, answer: str, remark: str = "", photos: tuple[str, ...] = ()) -> bool:
        do = roomcare.AnswerTask.model_validate(
            {"task_id": self.task_id, "question_id": question, "answer": answer, "note": remark, "photos": photos}
        )
        done = (await parts.do(do)).ok
        self.draw()
        return done

    async def _all_good(self, questions: list[str]) -> None:
        for question in questions:
            do = roomcare.AnswerTask.model_validate({"task_id": self.task_id, "question_id": question, "answer": "pass"})
            if not (await parts.do(do)).ok:
                break
        self.draw()

    def _fail(self, line: roomcare.Question) -> None:
        taken: list[str] = []
        with self.client, parts.sheet_dialog(line.text, _("care.fail_device") if line.device else _("care.fail_hint")) as dialog:
            words = parts.area(_("care.what_is_wrong"))
            with parts.box("row wrap care__reasons"):
                for reason in REASONS:
                    parts.button(_(f"care.reason.{reason}"), partial(words.set_value, _(f"care.reason.{reason}")))
            Photo(lambda photo: taken.append(photo.sha256), facing="environment")

            async def go() -> None:
                said = (words.value or "").strip()[:500]
                parts.refuse(words, None if said else _("care.what_needed"))
                if said and not taken:
                    parts.refuse(words, _("care.fail_photo"))
                elif said and await self._answer(line.id, "fail", said, tuple(taken[:MOST_PHOTOS])):
                    dialog.close()

            with parts.box("dialog__acts"):
                parts.button(_("web.cancel"), dialog.close)
                parts.button(_("care.report"), go, kind="main")
        dialog.open()

    def _look(self) -> None:
        """The camera or the scanner was opened: into sight with it."""
        self.looking = True
        self.draw()
        self.scan_box.run_method("scrollIntoView", {"block": "end"})

    def _look_away(self) -> None:
        self.looking = False
        self.scan_box.clear()
        self.draw()

    def _camera(self) -> None:
        def taken(photo: Taken) -> None:
            self.photos = [*self.photos, photo.sha256][:MOST_PHOTOS]
            self._look_away()

        self.scan_box.clear()
        with self.scan_box, parts.box("sheet stack care__camera"):
            parts.text(_("care.photo_hint"), "p", "second")
            Photo(taken, facing="environment")
        self._look()

    def _scan(self) -> None:
        self.scan_box.clear()
        with self.scan_box, parts.box("sheet stack care__camera"):
            parts.text(_("care.scan_hint", room=self.task.room), "p", "second")
            Scanner(self._scanned)
            typed = parts.input(_("care.type_code"), props="maxlength=60 autocapitalize=characters")

            async def use() -> None:
                await self._use(typed.value or "")

            parts.button(_("care.use_code"), use)
        self._look()

    async def _scanned(self, scan: Scan) -> None:
        await self._use(scan.text)

    async def _use(self, text: str) -> None:
        try:
            self.code = labels.read_code(text)
        except (Refused, Invalid) as problem:
            parts.problem(_(problem.code, **problem.facts))
            return
        await self._finish()

    async def _finish(self) -> None:
        do = roomcare.FinishTask.model_validate({"task_id": self.task_id, "code": self.code, "photos": tuple(self.photos)})
        outcome = await parts.do(do)
        with self.client:
            self.looking = False
            self.scan_box.clear()
            if outcome.ok:
                parts.toast(_(f"care.finished_{self.task.kind}", room=self.task.room))
            elif outcome.code in (
                "care.other_room",
                "label.unknown",
                "label.superseded",
                "label.retired",
                "label.mistyped",
                "label.unreadable",
            ):
                self.code = ""
        self.draw()


# ── what a room's label offers to whoever looks after it ──


def draw_place_acts(room_id: UUID, code: str, foot: ui.element, drawn: Callable[[], None]) -> bool:
    """On the page of a room's label: its list, if this person may do it (the one dark button then), and what does not work. Answers whether
    the list took the dark button."""
    by, at = frame.actor(), clock.now()
    with database.reading() as s:
        task = roomcare.task_of_room(s, room_id, by, at)
        mine = task is not None and roomcare.may_do_task(roomcare.get_task(s, task.id), by)
        care = roomcare.care_of(s, room_id, at)
        faults = roomcare.open_faults(s, [room_id])
    for fault in faults:
        words = parts.joined(
            _("room_plan.fault", item=_(f"roomcare.item.{fault.item}")),
            fault.note,
            i18n.day_and_time(fault.reported_at, clock.zone(), frame.lang()),
        )
        parts.banner(words, "bad", icon="repair")
    for item in care.faults:
        if item not in {fault.item for fault in faults}:  # a device in the room that waits for its repair
            parts.banner(_("room_plan.fault", item=_(f"roomcare.item.{item}")), "bad", icon="repair")
    if care.restoring_since is not None:
        parts.banner(_("care.restoring_since", time=i18n.clock_time(care.restoring_since, clock.zone())), "due", icon="return")
    elif care.prepare == "ready":
        parts.banner(_("care.ready_for", time=i18n.clock_time(care.prepare_for or at, clock.zone())), "info", icon="check")
    parts.button(_("care.report_fault"), partial(_fault_dialog, room_id, drawn), icon="repair", wide=True)
    parts.button(_("care.call_help"), partial(_help_dialog, room_id), icon="bell", wide=True)
    if mine and task is not None:
        with foot:
            words = _(f"care.open_{task.kind}", title=task.title or task.host, time=i18n.clock_time(task.starts_at, clock.zone()))
            parts.button(words, href=f"/my/rooms/{task.id}?code={code}", kind="main", icon="check", wide=True)
    return mine


def _fault_dialog(room_id: UUID, drawn: Callable[[], None]) -> None:
    """Two taps: what, done. A word and a photo may be added first."""
    with parts.sheet_dialog(_("care.report_fault"), _("care.fault_which")) as dialog:
        words = parts.input(_("care.what_is_wrong"), props="maxlength=300")

        async def report(item: str) -> None:
            do = roomcare.ReportFault.model_validate({"room_id": room_id, "item": item, "note": (words.value or "").strip()[:300]})
            if (await parts.do(do, done=_("care.fault_told"))).ok:
                dialog.close()
                drawn()

        with parts.box("care__items"):
            for item in ITEMS:
                parts.button(_(f"roomcare.item.{item}"), partial(report, item))
        with parts.box("dialog__acts"):
            parts.button(_("web.cancel"), dialog.close)
    dialog.open()


def _help_dialog(room_id: UUID) -> None:
    with parts.sheet_dialog(_("care.call_help"), _("care.help_which")) as dialog:

        async def call(kind: str) -> None:
            if (await parts.do(roomcare.CallRoomHelp.model_validate({"room_id": room_id, "kind": kind}), done=_("care.help_coming"))).ok:
                dialog.close()

        for kind in HELP:
            parts.button(_(f"roomcare.help.{kind}"), partial(call, kind), wide=True)
        with parts.box("dialog__acts"):
            parts.button(_("web.cancel"), dialog.close)
    dialog.open()


ITEMS = (
    "projector", "screen", "video", "microphone", "phone", "whiteboard", "light", "air", "power", "network", "furniture", "dirty", "other",
)  # fmt: skip
HELP = ("device", "water", "temperature", "seats", "other")


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Refused("care.not_found") from None
