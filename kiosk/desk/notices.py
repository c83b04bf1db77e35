"""The outbox at the desk: what was sent to whom, how far it got, and again (house.md §5; guide row X4)."""

from __future__ import annotations

from uuid import UUID

from fastapi import Depends
from nicegui import APIRouter
from sqlalchemy import func, select
from sqlmodel import Session, col

from core.mechanisms import notices, views
from core.mechanisms.notices import NoticeView, State
from core.mechanisms.operations import Actor, Role
from core.web import frame, parts
from core.web.frame import _
from kiosk.desk.registers import Chip, Column, Register, RegisterPage, Tone, long_moment

router = APIRouter(dependencies=[Depends(frame.signed_in)])
READERS = (Role.ADMIN, Role.CLERK, Role.RECEPTION)
TONES: dict[str, Tone] = {
    State.QUEUED: "soon",
    State.SENDING: "soon",
    State.SENT: "free",
    State.FAILED: "busy",
    State.NO_CHANNEL: "held",
    State.DISMISSED: "shut",
}
ICONS = {"held": "lock", "soon": "clock"}


@router.page("/desk/notices")
def notices_page() -> None:
    with frame.desk("notices", _("nav.notices"), *READERS):
        RegisterPage(REGISTER)


def _get(s: Session, notice_id: str, by: Actor) -> NoticeView | None:
    try:
        found = s.get(notices.Notice, UUID(notice_id))
    except ValueError:
        return None
    return notices.views(s, [found], frame.lang())[0] if found else None


def _fetch(s: Session, query: views.Query, by: Actor) -> views.Page:
    page = views.collections()["notices"].list(s, query, by)
    text = query.q.lower()
    return page if not text else views.Page([row for row in page.items if text in row.text.lower() or text in row.to.lower()], page.next)


def _draw_peek(notice: NoticeView, page: RegisterPage) -> None:
    page.peek_head(_(f"notices.state.{notice.state}"), pill=(_(f"notices.channel.{notice.channel}"), TONES[notice.state]))
    parts.text(notice.text)
    parts.facts((
        (_("notices.to"), notice.to), (_("notices.address"), notice.address), (_("notices.created"), long_moment(notice.created_at)),
        (_("notices.sent"), long_moment(notice.sent_at) if notice.sent_at else ""), (_("notices.read"), long_moment(notice.read_at) if notice.read_at else ""),
        (_("notices.attempts"), notice.attempts or ""), (_("notices.next"), long_moment(notice.next_at) if notice.next_at else ""),
        (_("notices.reason"), _(notice.reason) if notice.reason else ""), (_("notices.detail"), notice.detail),
    ))  # fmt: skip
    if notice.state in (State.FAILED, State.NO_CHANNEL):
        parts.button(_("notices.retry"), lambda: _retry(notice, page), kind="main", icon="refresh")
        parts.button(_("notices.dismiss"), lambda: _dismiss(notice, page))


async def _retry(notice: NoticeView, page: RegisterPage) -> None:
    if (await parts.do(notices.RetryNotice(notice_id=notice.id), done=_("notices.retried", to=notice.to))).ok:
        await page.reopen()


async def _dismiss(notice: NoticeView, page: RegisterPage) -> None:
    if (await parts.do(notices.DismissNotice(notice_id=notice.id), done=_("notices.dismissed"))).ok:
        await page.reopen()


def _count_failed(s: Session, by: Actor) -> int:
    return notices.count_undelivered(s)


def _count_waiting(s: Session, by: Actor) -> int:
    return int(s.execute(select(func.count()).select_from(notices.Notice).where(col(notices.Notice.state) == State.QUEUED)).scalar_one())


REGISTER = Register(
    name="notices", title="notices.title", kinds=("notice",), fetch=_fetch, get=_get, sub="notices.hint",
    columns=(
        Column("notices.created", lambda n: n.created_at), Column("notices.text", lambda n: n.text), Column("notices.to", lambda n: n.to, sub=lambda n: n.address),
        Column("notices.channel", lambda n: _(f"notices.channel.{n.channel}")),
        Column("notices.state", lambda n: _(f"notices.state.{n.state}"), tone=lambda n: TONES[n.state], icon=lambda n: ICONS.get(TONES[n.state], parts.TONE_ICON[TONES[n.state]])),
    ),
    chips=(
        Chip("all", "register.all"), Chip("undelivered", "notices.undelivered", {"state": "undelivered"}, count=_count_failed),
        Chip("queued", "notices.state.queued", {"state": "queued"}, count=_count_waiting), Chip("sent", "notices.state.sent", {"state": "sent"}),
    ),
    peek=_draw_peek, empty=("notices.empty", "notices.empty_hint"),
)  # fmt: skip
