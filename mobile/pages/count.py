"""`/my/count`: each keeper confirms their own list: "I have it", "somewhere else", "I have not", with the label read or a photo as proof
(guide S4.1-R6, R7; a count by keepers). One tap answers the common case; what is unanswered stands first."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from nicegui import APIRouter, ui

from core.foundation import database, i18n, live
from core.foundation.errors import Invalid
from core.foundation.live import Change
from core.mechanisms import labels, places
from core.sections import stocktakes
from core.sections.stocktakes import Answer, Condition, Declare, Mine, MyList
from core.web import frame, parts, static_files
from core.web.elements import Photo, Scanner, Taken
from core.web.frame import _

router = APIRouter()
MOST = 1_000_000
TONES: dict[str, parts.Tone] = {Answer.HERE: "free", Answer.ELSEWHERE: "held", Answer.ABSENT: "busy"}
ICONS = {Answer.HERE: "check", Answer.ELSEWHERE: "move", Answer.ABSENT: "minus"}


@router.page("/my/count")
def count_page() -> None:
    with frame.phone(_("my.count_head"), "/my"):
        ui.add_head_html(f'<link rel="stylesheet" href="{static_files.url("things.css")}">')
        MyCount()


class MyCount:
    """My lists, drawn anew after each answer and when the count itself changes; an open form is left alone."""

    def __init__(self) -> None:
        self.box = parts.box("stack")
        self.form: tuple[UUID, str] | None = None
        self.first = True
        self.draw()
        ui.context.client.on_delete(live.subscribe("stocktake", self._changed))

    def draw(self) -> None:
        by = frame.actor()
        with database.reading() as s:
            found = stocktakes.my_lists(s, by)
        self.box.clear()
        with self.box:
            if not found:
                parts.empty(_("my.count_none"), _("my.count_none_hint"))
            self.first = True
            for mine in sorted(found, key=lambda one: not one.left):  # what still asks for an answer stands first
                self._list(mine)

    def _list(self, mine: MyList) -> None:
        title = mine.stocktake.title
        parts.text(_("my.count_sub", title=title, n=mine.left) if mine.left else _("my.count_done", title=title), "h2")
        if mine.stocktake.due_on is not None and mine.left:
            parts.text(_("my.count_due", day=i18n.long_day(mine.stocktake.due_on, frame.lang())), "p", "second")
        with parts.box("mycount", "ul").props("role=list"):
            for thing in sorted(mine.things, key=lambda one: bool(one.answer)):
                with parts.box("sheet stack", "li").props(f'data-test=mine data-number="{thing.number}" data-answer="{thing.answer}"'):
                    self._thing(mine, thing)

    def _thing(self, mine: MyList, thing: Mine) -> None:
        parts.text(" ".join(part for part in (thing.name, thing.spec) if part), "div", "item__title")
        code = labels.shown(thing.label) if thing.label else ""
        booked = _("my.count_booked", place=thing.place) if thing.place else _("my.count_booked_nowhere")
        pieces = _("my.count_pieces", n=thing.pieces, unit=thing.unit) if thing.pieces is not None else ""
        parts.text(parts.joined(thing.number, code, booked, pieces), "div", "item__meta")
        if self.form is not None and self.form[0] == thing.line_id:
            _Form(mine, thing, self.form[1], self._answered, self._close)
            return
        if thing.answer:
            with parts.box("row"):
                parts.pill(_(f"my.count_said.{thing.answer}", place=thing.said_place), TONES[thing.answer], icon=ICONS[thing.answer])
                parts.button(_("my.count_change"), partial(self._open, thing, ""), kind="quiet").props("data-test=change")
            many = (
                _("my.count_said_pieces", n=thing.said_pieces, unit=thing.unit)
                if thing.said_pieces is not None and thing.pieces is not None
                else ""
            )
            said = parts.joined(many, thing.note, _("my.count_photos", n=thing.photos) if thing.photos else "")
            if said:
                parts.text(said, "p", "second")
            return
        self._acts(mine, thing)

    def _acts(self, mine: MyList, thing: Mine) -> None:
        first, self.first = self.first, False
        with parts.box("mycount__acts mycount__acts--four" if thing.pieces is not None else "mycount__acts"):
            quick = self._here(mine, thing) if thing.place else partial(self._open, thing, Answer.HERE)
            words = _("my.count_here") if thing.pieces is None else _("my.count_all_here", n=thing.pieces, unit=thing.unit)
            parts.button(words, quick, kind="main" if first and self.form is None else "plain").props("data-test=here")
            if thing.pieces is not None:
                parts.button(_("m.say_many"), partial(self._open, thing, Answer.HERE)).props("data-test=many")
            parts.button(_("my.count_elsewhere"), partial(self._open, thing, Answer.ELSEWHERE)).props("data-test=elsewhere")
            parts.button(_("my.count_absent"), partial(self._open, thing, Answer.ABSENT)).props("data-test=absent")

    def _here(self, mine: MyList, thing: Mine) -> Callable[[], Any]:
        async def say() -> None:
            await self._answered(Declare(stocktake_id=mine.stocktake.id, line_id=thing.line_id, answer=Answer.HERE))

        return say

    def _open(self, thing: Mine, answer: str) -> None:
        self.form = (thing.line_id, answer)
        self.draw()

    def _close(self) -> None:
        self.form = None
        self.draw()

    async def _answered(self, do: Declare) -> None:
        if (await parts.do(do, done=_("my.count_toast"))).ok:
            self._close()

    def _changed(self, _change: Change) -> None:
        client = self.box.client
        if self.form is None and not client.is_deleted and client.has_socket_connection:
            with self.box:
                try:
                    self.draw()
                except frame.SignInNeeded:
                    return


class _Form:
    """One answer with what belongs to it: where, how it looks, a word, its label, photos."""

    def __init__(self, mine: MyList, thing: Mine, answer: str, say: Callable[[Declare], Any], close: Callable[[], None]) -> None:
        self.mine, self.thing, self.say = mine, thing, say
        self.answer = answer or thing.answer
        self.code, self.photos, self.condition = "", list[str](), ""
        with parts.box("mycount__form").props("data-test=form"):
            parts.choice({key: _(f"my.count_{key}") for key in Answer}, self.answer, self._choose)
            self.more = parts.box("stack")
            with parts.box("row"):
                parts.button(_("my.count_save"), self._save, kind="main").props("data-test=save")
                parts.button(_("web.cancel"), close, kind="quiet")
        self._draw()

    def _choose(self, answer: str) -> None:
        self.answer = answer
        self._draw()

    def _draw(self) -> None:
        self.more.clear()
        self.place: ui.select | None = None
        self.many: ui.input | None = None
        with self.more:
            if self.answer == Answer.ELSEWHERE or (self.answer == Answer.HERE and not self.thing.place):
                with database.reading() as s:
                    known = {str(place.id): place.path for place in places.everything(s)}
                self.place = parts.select(_("my.count_where"), known, None, search=True)
                self.place.props("data-test=where")
            if self.answer != Answer.ABSENT and self.thing.pieces is not None:
                was = self.thing.said_pieces if self.thing.said_pieces is not None else self.thing.pieces
                self.many = parts.input(_("my.count_how_many"), str(was), props="inputmode=numeric maxlength=7 data-test=how-many")
            if self.answer != Answer.ABSENT:
                with parts.field(_("my.count_condition")):
                    parts.choice({key: _(f"stocktake.condition.{key}") for key in Condition}, self.condition or None, self._look)
            self.note = parts.input(_("my.count_why"), self.thing.note, props="maxlength=500")
            if self.answer != Answer.ABSENT:
                self.proof = parts.box("row")
                with self.proof:
                    self._proofs()

    def _look(self, condition: str) -> None:
        self.condition = condition

    def _proofs(self) -> None:
        if self.code:
            parts.pill(_("my.count_scanned"), "free", icon="check")
        elif self.thing.label:
            parts.button(_("my.count_scan"), self._scan, icon="scan")
        if self.photos:
            parts.text(_("my.count_photos", n=len(self.photos)), "span", "strong")
        parts.button(_("my.count_photo"), self._camera, icon="camera")

    def _again(self) -> None:
        self.proof.clear()
        with self.proof:
            self._proofs()

    def _scan(self) -> None:
        self.proof.clear()
        with self.proof:
            Scanner(self._scanned, wedge=True)

    def _scanned(self, scan: Any) -> None:
        with database.reading() as s:
            try:
                fits = stocktakes.is_label_of(s, self.thing.line_id, scan.text)
            except Invalid as refusal:
                parts.problem(_(refusal.code, **refusal.facts))
                return
        if not fits:
            parts.problem(_("stocktake.another_thing", code=scan.text[:20], name=self.thing.name))
            return
        self.code = scan.text
        self._again()

    def _camera(self) -> None:
        self.proof.clear()
        with self.proof:
            Photo(self._taken, facing="environment")

    def _taken(self, photo: Taken) -> None:
        if photo.sha256 not in self.photos:
            self.photos.append(photo.sha256)
        self._again()

    async def _save(self) -> None:
        if not self.answer:
            return
        if self.place is not None:
            parts.refuse(self.place, None if self.place.value else _("my.count_where_first"))
            if not self.place.value:
                return
        many = _whole(self.many.value) if self.many is not None else None
        if self.many is not None:
            parts.refuse(self.many, _("my.count_how_many_first") if many is None else None)
            if many is None:
                return
        absent = self.answer == Answer.ABSENT
        await self.say(Declare(
            stocktake_id=self.mine.stocktake.id, line_id=self.thing.line_id, answer=self.answer,
            place_id=UUID(self.place.value) if self.place is not None else None, code=self.code or None if not absent else None,
            condition=self.condition or None if not absent else None, note=(self.note.value or "").strip()[:500], photos=() if absent else tuple(self.photos), quantity=None if absent else many,
        ))  # fmt: skip


def _whole(text: str | None) -> int | None:
    said = parts.typed(text)
    return int(said) if said.isascii() and said.isdigit() and int(said) <= MOST else None
