"""One request to agree to, the same on desk and phone: one sentence, one number, who asked, and how far its route is (look.md §5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from nicegui import ui

from core.foundation import clock, i18n
from core.mechanisms import approvals
from core.mechanisms.approvals import ApprovalView
from core.web import frame, parts, static_files
from core.web.frame import _

TONES: dict[str, parts.Tone] = {"waiting": "held", "approved": "free", "refused": "busy", "withdrawn": "shut"}


def style() -> None:
    """The stylesheet of cards; once a page."""
    ui.add_head_html(f'<link rel="stylesheet" href="{static_files.url("custody.css")}">')


@contextmanager
def card(view: ApprovalView) -> Iterator[ui.element]:
    """The head of a request; what may be done about it is drawn inside `with`, below."""
    with parts.box("sheet agree", "article").props(f'data-approval="{view.id}"') as element:
        if view.figure:
            parts.text(view.figure, classes="agree__figure num")
        with parts.box("agree__words"):
            parts.text(view.title, "h2")
            when = i18n.day_and_time(view.requested_at, clock.zone(), frame.lang())
            parts.text(_("approval.asked_by", name=view.requested_by or _("approval.office"), when=when), "p", "quiet small")
            if len(view.steps) > 1 or view.state != approvals.WAITING:
                route(view)
        with parts.box("agree__acts"):
            yield element


def route(view: ApprovalView) -> None:
    """The steps in order: who agreed when, whose turn it is, who comes after."""
    steps = []
    for step in view.steps:
        who = step.person or (_(f"role.{step.role}") if step.role else "")
        if step.decided_at is not None:
            when = i18n.day_and_time(step.decided_at, clock.zone(), frame.lang())
            words = _("approval.step_agreed" if step.approved else "approval.step_refused", name=who, when=when)
            steps.append((words, step.note, "done"))
        else:
            now = view.state == approvals.WAITING and step.position == view.step
            steps.append((_("approval.step_now" if now else "approval.step_next", name=who), "", "now" if now else "to_come"))
    parts.trail(steps)  # type: ignore[arg-type]


async def agree(view: ApprovalView, after: Callable[[], Any]) -> None:
    """One tap."""
    if (await parts.do(approvals.DecideApproval(approval_id=view.id, approve=True), done=_("approval.agreed"))).ok:
        after()


def send_back(view: ApprovalView, after: Callable[[], Any]) -> None:
    """Not agreed to, with the reason that the other side reads."""
    with parts.sheet_dialog(_("approval.back_title"), view.title) as dialog:
        why = parts.area(_("approval.back_why"), rows=2)

        async def go() -> None:
            said = (why.value or "").strip()[:500]
            parts.refuse(why, None if said else _("approval.reason_missing"))
            if (
                said
                and (
                    await parts.do(approvals.DecideApproval(approval_id=view.id, approve=False, note=said), done=_("approval.sent_back"))
                ).ok
            ):
                dialog.close()
                after()

        with parts.box("dialog__acts"):
            parts.button(_("web.cancel"), dialog.close)
            parts.button(_("approval.back"), go, kind="main")
    dialog.open()
