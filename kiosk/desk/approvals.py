"""Approvals on the desk: what I would be agreeing to, in one sentence and one number; what I asked for; what was decided (look.md §5)."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from fastapi import Depends
from nicegui import APIRouter, ui

from core.foundation import database
from core.mechanisms import approval_rules, approvals, people
from core.mechanisms.approval_rules import Rule, RuleStep
from core.mechanisms.approvals import ApprovalView
from core.mechanisms.operations import Role
from core.web import anew, approval_card, frame, icons, parts
from core.web.frame import _
from kiosk.desk import approve_many
from kiosk.desk.approve_many import Choice

router = APIRouter(dependencies=[Depends(frame.signed_in)])
RULERS = frozenset({Role.ADMIN, Role.LEADER})
ROLES = (Role.LEADER, Role.ADMIN, Role.CLERK, Role.SAFETY, Role.RECEPTION)
LOOK = {"reception": "/desk/receptions/{id}", "asset_disposal": "/desk/disposals?open={id}", "asset_transfer": "/desk/transfers?open={id}", "stocktake": "/desk/stocktakes/{id}",
        "booking": "/desk/bookings?open={id}", "booking_series": "/desk/bookings?series={id}", "asset": "/desk/assets?open={id}",
        "supply_plan": "/desk/supply-plans/{id}"}  # fmt: skip


@router.page("/desk/approvals")
def approvals_page() -> None:
    with frame.desk("approvals", _("nav.approvals")):
        approval_card.style()
        ApprovalsPage()


class ApprovalsPage:
    """Three piles; what waits for me comes first and is drawn whole."""

    def __init__(self) -> None:
        self.client = ui.context.client
        self.pile = "mine"
        self.opened = self.client.request.query_params.get("open", "")[:80]
        self.picked: set[str] = set()
        self.box = parts.box()
        self.draw()
        anew.when_changed("approval", draw=self.draw)

    @anew.drawing
    def draw(self) -> None:
        by = frame.actor()
        with database.reading() as s:
            mine = approvals.waiting_for(s, by)
            asked = approvals.asked_by(s, by)
            decided = approvals.decided_by(s, by)
        counts = approve_many.closed_stocktakes(by)
        mine.sort(key=lambda view: str(view.id) != self.opened)
        self.box.clear()
        with self.box:
            waiting = len(mine) + len(counts)
            with parts.head(_("approval.waiting", n=waiting) if waiting else _("approval.nothing")):
                if by.has(*RULERS):
                    parts.button(_("approval.rules"), lambda: RulesDialog("asset_disposal"), icon="settings")
            parts.chips(
                (("mine", _("approval.pile.mine"), waiting), ("asked", _("approval.pile.asked"), None), ("decided", _("approval.pile.decided"), None)),
                self.pile, self._choose,
            )  # fmt: skip
            if self.pile == "mine":
                self._draw_mine(mine, counts)
            else:
                self._draw_list(asked if self.pile == "asked" else decided)

    def _draw_mine(self, mine: list[ApprovalView], counts: list[Choice]) -> None:
        if not mine and not counts:
            parts.empty(_("approval.nothing"), _("approval.nothing_hint"))
        choices = {one.key: one for one in (*map(approve_many.of_approval, mine), *counts)}
        self.picked &= choices.keys()
        if len(choices) > 1:
            self._draw_together(choices)
        with parts.box("agree__pile"):
            for one in counts:
                with parts.box("sheet agree", "article").props(f'data-approval="{one.key}"'):
                    parts.text(one.figure, classes="second num")
                    with parts.box("agree__words"):
                        parts.text(one.title, "h2")
                    with parts.box("agree__acts"):
                        parts.button(_("approval.look"), href=LOOK["stocktake"].format(id=one.key), kind="quiet")
                        self._pick(one.key, len(choices))
            for index, view in enumerate(mine):
                with approval_card.card(view):
                    parts.button(
                        _("approval.agree"),
                        lambda view=view: approval_card.agree(view, self.draw),
                        kind="main" if index == 0 else "plain",
                        icon="check",
                    )
                    parts.button(_("approval.back"), lambda view=view: approval_card.send_back(view, self.draw), icon="return")
                    self._look(view)
                    self._pick(str(view.id), len(choices))

    def _pick(self, key: str, of: int) -> None:
        """The tick that takes a request into the pile that is decided together."""
        if of > 1:
            ui.checkbox(_("approval.pick"), value=key in self.picked, on_change=lambda event: self._picked(key, event.value)).props(
                "data-test=pick"
            )

    def _picked(self, key: str, on: bool) -> None:
        (self.picked.add if on else self.picked.discard)(key)
        self.together.clear()
        with self.together:
            self._together_acts()

    def _draw_together(self, choices: dict[str, Choice]) -> None:
        """Several at once: how many are ticked, and what may be done with them."""
        self.choices = choices
        self.together = parts.box("sheet row wrap agree__together").props("data-test=together")
        with self.together:
            self._together_acts()

    def _together_acts(self) -> None:
        n = len(self.picked)
        parts.text(_("approval.picked", n=n) if n else _("approval.pick_hint"), "span", "strong" if n else "second")
        if n < len(self.choices):
            parts.button(_("approval.pick_all"), self._pick_all, kind="quiet").props("data-test=pick-all")
        if n:
            parts.button(_("approval.pick_none"), self._pick_none, kind="quiet")
            parts.button(_("approval.many_back", n=n), lambda: self._ask(False), icon="return").props("data-test=many-back")
            parts.button(_("approval.many_agree", n=n), lambda: self._ask(True), kind="main", icon="check").props("data-test=many-agree")

    def _pick_all(self) -> None:
        self.picked = set(self.choices)
        self.draw()

    def _pick_none(self) -> None:
        self.picked = set()
        self.draw()

    def _ask(self, agree: bool) -> None:
        approve_many.ask([one for key, one in self.choices.items() if key in self.picked], agree, self.draw)

    def _draw_list(self, views: list[ApprovalView]) -> None:
        if not views:
            parts.empty(_("approval.none_yet"), _("approval.none_yet_hint"))
        with parts.box("agree__pile"):
            for view in views:
                with approval_card.card(view):
                    parts.pill(_(f"approval.state.{view.state}"), approval_card.TONES[view.state])
                    if view.state == approvals.WAITING and view.requested_by_id == frame.actor().person_id:
                        parts.button(_("approval.withdraw"), lambda view=view: self._withdraw(view), icon="return")
                    self._look(view)

    def _look(self, view: ApprovalView) -> None:
        if view.subject_kind in LOOK:
            parts.button(_("approval.look"), href=LOOK[view.subject_kind].format(id=view.subject_id), kind="quiet")

    async def _withdraw(self, view: ApprovalView) -> None:
        if (await parts.do(approvals.WithdrawApproval(approval_id=view.id), done=_("approval.withdrawn"))).ok:
            self.draw()

    def _choose(self, pile: str) -> None:
        self.pile = pile
        self.draw()


class RulesDialog:
    """Who must agree from which sum on: rows of a sum and its steps, saved as a whole."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        with database.reading() as s:
            self.people = {f"person:{p.id}": p.name for p in people.search(s, limit=1000)}
            self.departments = {f"head:{d.id}": _("approval.head_of", name=d.name) for d in people.departments(s)}
        self.rows = self._known()
        self.fields: list[tuple[Any, Any]] = []
        with parts.sheet_dialog(_("approval.rules_title"), _("approval.rules_hint")) as self.dialog:
            kinds = {one: _(f"approval.rules_kind.{one}") for one in approval_rules.KINDS}
            parts.select(_("approval.rules_for"), kinds, kind, on_change=self._turn)
            self.body = parts.box("stack")
            with parts.box("dialog__acts"):
                parts.button(_("approval.rule_add"), self._add, icon="plus", kind="quiet")
                parts.button(_("web.cancel"), self.dialog.close)
                parts.button(_("web.save"), self._save, kind="main")
        self._draw()
        self.dialog.open()

    def _known(self) -> list[tuple[str, list[str]]]:
        with database.reading() as s:
            found = approval_rules.rules(s, self.kind)
        return [(f"{rule.from_cents / 100:.2f}".removesuffix(".00"), [_key(step) for step in rule.steps]) for rule in found] or [
            ("0", [f"role:{Role.LEADER}"])
        ]

    def _turn(self, kind: Any) -> None:
        self.kind = str(kind)
        self.rows = self._known()
        self._draw()

    def _draw(self) -> None:
        options = {**{f"role:{role}": _("approval.any_of", role=_(f"role.{role}")) for role in ROLES}, **self.departments, **self.people}
        self.body.clear()
        self.fields = []
        with self.body:
            for index, (sum_, steps) in enumerate(self.rows):
                with parts.box("agree__rule"):
                    amount = parts.input(_("approval.from_sum"), sum_, props="inputmode=decimal")
                    chosen = parts.select(
                        _("approval.steps_in_order"), options, [step for step in steps if step in options], multiple=True, search=True
                    )
                    with parts.box("round", "button").props(f'type=button aria-label="{_("approval.rule_remove")}"') as remove:
                        icons.icon("cross")
                    remove.on("click", lambda index=index: self._remove(index))
                    self.fields.append((amount, chosen))

    def _keep(self) -> None:
        self.rows = [(amount.value or "", list(chosen.value or [])) for amount, chosen in self.fields]

    def _add(self) -> None:
        self._keep()
        self.rows.append(("", [f"role:{Role.LEADER}"]))
        self._draw()

    def _remove(self, index: int) -> None:
        self._keep()
        del self.rows[index]
        self._draw()

    async def _save(self) -> None:
        rules = []
        for amount, chosen in self.fields:
            cents = _cents(amount.value)
            parts.refuse(amount, None if cents is not None else _("approval.sum_wrong"))
            parts.refuse(chosen, None if chosen.value else _("approval.steps_needed"))
            if cents is None or not chosen.value:
                return
            rules.append(Rule(from_cents=cents, steps=tuple(_step(key) for key in chosen.value)))
        if (await parts.do(approval_rules.SetApprovalRules(kind=self.kind, rules=tuple(rules)), done=_("approval.rules_saved"))).ok:
            self.dialog.close()


def _key(step: RuleStep) -> str:
    if step.role is not None:
        return f"role:{step.role}"
    return f"person:{step.person_id}" if step.person_id else f"head:{step.department_id}"


def _step(key: str) -> RuleStep:
    kind, _colon, value = key.partition(":")
    if kind == "role":
        return RuleStep(role=Role(value))
    return RuleStep(person_id=UUID(value)) if kind == "person" else RuleStep(department_id=UUID(value))


def _cents(text: Any) -> int | None:
    try:
        value = Decimal(parts.typed(text).replace(",", ""))
    except InvalidOperation:
        return None
    cents = value * 100
    return int(cents) if value.is_finite() and 0 <= cents <= 10**13 and cents == cents.to_integral_value() else None
