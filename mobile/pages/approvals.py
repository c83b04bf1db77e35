"""`/my/approvals`: what waits for my word, one tap to agree, a reason to send it back."""

from __future__ import annotations

from nicegui import APIRouter, ui

from core.foundation import database, live
from core.foundation.live import Change
from core.mechanisms import approvals
from core.web import approval_card, frame, parts
from core.web.frame import _

router = APIRouter()


@router.page("/my/approvals")
def approvals_page() -> None:
    with frame.phone(_("nav.approvals"), "/my"):
        approval_card.style()
        Approvals()


class Approvals:
    """Cards, the oldest first; live."""

    def __init__(self) -> None:
        self.box = parts.box("stack")
        self.draw()
        ui.context.client.on_delete(live.subscribe("approval", self._changed))

    def draw(self) -> None:
        by = frame.actor()
        with database.reading() as s:
            mine = approvals.waiting_for(s, by)
            asked = [view for view in approvals.asked_by(s, by, 20) if view.state == approvals.WAITING]
        self.box.clear()
        with self.box:
            if not mine:
                parts.empty(_("approval.nothing"), _("approval.nothing_hint"))
            for index, view in enumerate(mine):
                with approval_card.card(view):
                    parts.button(_("approval.back"), lambda view=view: approval_card.send_back(view, self.draw), icon="return")
                    parts.button(
                        _("approval.agree"),
                        lambda view=view: approval_card.agree(view, self.draw),
                        kind="main" if index == 0 else "plain",
                        icon="check",
                    )
            if asked:
                parts.text(_("approval.pile.asked"), "h2")
                for view in asked:
                    with approval_card.card(view):
                        parts.pill(_("approval.state.waiting"), "held")

    def _changed(self, _change: Change) -> None:
        client = self.box.client
        if not client.is_deleted and client.has_socket_connection:
            with self.box:
                self.draw()
