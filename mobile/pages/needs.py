"""`/my/needs`: what my department needs in a round the office has opened; colleagues fill the same list, a shelf's label adds its supply (guide S1.2-R1)."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from nicegui import APIRouter

from core.foundation import database, i18n
from core.foundation.errors import Invalid, Refused
from core.mechanisms import people
from core.sections import supplies
from core.sections.supplies import DemandLine, RoundView, SupplyView
from core.web import anew, frame, parts
from core.web.elements import Scan, Scanner
from core.web.frame import _

router = APIRouter()
MOST = 1_000_000


@router.page("/my/needs")
def needs_page() -> None:
    with frame.phone(_("my.needs"), "/my"):
        Needs()


class Needs:
    """The open rounds with my department's list, drawn anew when a colleague changes it."""

    def __init__(self) -> None:
        self.box, self.scanning = parts.box("stack"), False
        self.draw()
        anew.when_changed("supply_round", draw=self._colleague)

    def draw(self) -> None:
        by = frame.actor()
        with database.reading() as s:
            own = people.get(s, by.person_id).department_id
            rounds = supplies.rounds(s, open_only=True) if own else []
            lists = {one.id: supplies.lists_of(s, one.id, own) for one in rounds} if own else {}
            said = {one.id: any(a.department_id == own and a.at for a in supplies.answers(s, one.id)) for one in rounds}
            name = people.department_names(s).get(own, "") if own else ""
            known = {view.id: view for view in supplies.everything(s, by)}
        self.box.clear()
        with self.box:
            if not rounds:
                parts.empty(_("my.needs_none"), _("my.needs_none_hint") if own else _("supply.no_department"))
            for one in rounds:
                self._round(one, name, lists[one.id], known, answered=said[one.id])

    def _round(self, one: RoundView, department: str, wanted: dict[UUID, int], known: dict[UUID, SupplyView], *, answered: bool) -> None:
        parts.text(one.title, "h2")
        until = _("supply.round_until", day=i18n.long_day(one.due_on, frame.lang()))
        parts.text(parts.joined(department, until), "p", "second")
        if wanted:
            with parts.rows("list"):
                for supply_id, n in wanted.items():
                    if (view := known.get(supply_id)) is not None:
                        with parts.item(f"{view.name} {view.spec}".strip()):
                            parts.text(f"{n} {view.unit}", "b", "num")
                            parts.button(_("my.needs_change"), partial(self._ask, one, view, n), kind="quiet")
        elif answered:
            parts.banner(_("my.needs_nothing_said"), "info")
        words = {str(view.id): f"{view.name} {view.spec}".strip() for view in known.values()}

        def chosen(supply_id: str | None) -> None:
            if supply_id:
                self._ask(one, known[UUID(supply_id)], wanted.get(UUID(supply_id), 0))

        parts.select(_("my.needs_add"), words, None, search=True, on_change=chosen)
        if self.scanning:
            Scanner(partial(self._scanned, one, wanted), camera=True)
        else:
            parts.button(_("my.needs_scan"), self._scan, icon="scan", wide=True)
        if not wanted and not answered:
            parts.button(_("my.needs_nothing"), partial(self._nothing, one), kind="quiet", wide=True)

    def _scan(self) -> None:
        self.scanning = True
        self.draw()

    def _scanned(self, one: RoundView, wanted: dict[UUID, int], scan: Scan) -> None:
        try:
            with database.reading() as s:
                view = supplies.view(s, supplies.by_code(s, scan.text), frame.actor())
        except (Refused, Invalid) as refusal:
            parts.problem(_(refusal.code, **refusal.facts))
            return
        self._ask(one, view, wanted.get(view.id, 0))

    def _ask(self, one: RoundView, view: SupplyView, n: int) -> None:
        with parts.sheet_dialog(f"{view.name} {view.spec}".strip(), _("my.needs_how_many")) as dialog:
            many = parts.input(
                f"{_('supply.quantity')}（{view.unit}）", str(n) if n else "", autofocus=True, props="inputmode=numeric maxlength=7"
            )

            async def go() -> None:
                said = parts.typed(many.value)
                good = said.isascii() and said.isdigit() and 0 < int(said) <= MOST
                parts.refuse(many, None if good else _("supply.whole"))
                if good:
                    await say(int(said))

            async def say(quantity: int) -> None:
                line = DemandLine(supply_id=view.id, quantity=quantity)
                if (await parts.do(supplies.SayDemand(round_id=one.id, lines=(line,)), done=_("supply.round_said"))).ok:
                    dialog.close()
                    self.scanning = False
                    self.draw()

            with parts.box("dialog__acts"):
                if n:
                    parts.button(_("my.needs_drop"), partial(say, 0), kind="quiet", icon="trash")
                    parts.box("push", "span")
                parts.button(_("web.cancel"), dialog.close)
                parts.button(_("web.save"), go, kind="main")
        dialog.open()

    async def _nothing(self, one: RoundView) -> None:
        if (await parts.do(supplies.SayDemand(round_id=one.id), done=_("supply.round_said"))).ok:
            self.draw()

    def _colleague(self) -> None:
        if not self.scanning:
            self.draw()
