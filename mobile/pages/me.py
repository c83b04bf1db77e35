"""`/my/me`: where else I am told, on the phone (issue 5)."""

from __future__ import annotations

from nicegui import APIRouter

from core.web import frame, own_channels, parts
from core.web.frame import _

router = APIRouter()


@router.page("/my/me")
def me_page() -> None:
    with frame.phone(_("channel.title"), "/my"), parts.box("stack"):
        own_channels.OwnChannels(titled=False)
