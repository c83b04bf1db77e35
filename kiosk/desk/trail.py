"""The audit trail at the desk: who did what, when, with what outcome, and whether the chain is whole (guide row X1)."""

from __future__ import annotations

import asyncio

from fastapi import Depends
from nicegui import APIRouter

from core.foundation import clock, database, i18n
from core.mechanisms import audit
from core.mechanisms.operations import Role
from core.web import frame, parts
from core.web.frame import _
from kiosk.desk.registers import Column, Register, RegisterPage

router = APIRouter(dependencies=[Depends(frame.signed_in)])
TONES: dict[str, parts.Tone] = {"accepted": "free", "refused": "soon", "invalid": "busy"}


@router.page("/desk/audit")
def audit_page() -> None:
    with frame.desk("audit", _("nav.audit"), Role.ADMIN):
        RegisterPage(REGISTER)


async def _verify() -> None:
    def walk() -> audit.Verdict:
        with database.reading() as s:
            return audit.verify(s)

    verdict = await asyncio.to_thread(walk)
    if verdict.ok:
        parts.toast(_("audit.whole", n=verdict.sealed, head=verdict.head[:12]))
    else:
        parts.problem(_(f"audit.broken.{verdict.problem}", seq=verdict.seq or 0))


REGISTER = Register(
    name="audit", title="nav.audit", search="audit.find", sub="audit.sub",
    columns=(
        Column("audit.at", lambda line: i18n.day_and_time(line.at, clock.zone(), frame.lang())), Column("audit.who", lambda line: line.who or line.device or "Foyer"),
        Column("audit.kind", lambda line: line.kind), Column("audit.subject", lambda line: line.subject_kind or ""),
        Column("audit.outcome", lambda line: _(f"audit.outcome.{line.outcome}"), tone=lambda line: TONES.get(line.outcome, "lost")),
        Column("audit.code", lambda line: _(line.code) if line.code else "", sub=lambda line: line.code or ""),
    ),
    acts=lambda page: parts.button(_("audit.verify"), _verify, icon="check"),
)  # fmt: skip
