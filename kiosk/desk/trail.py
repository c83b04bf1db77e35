"""The audit trail at the desk: who did what to what, when, with what outcome, and whether the chain is whole (guide row X1).

What was done is said in words (`audit.kind.<kind>`); the technical name stands in the panel of a line and in the export.
"""

from __future__ import annotations

import asyncio
from uuid import UUID

from fastapi import Depends
from nicegui import APIRouter

from core.foundation import clock, database, i18n
from core.mechanisms import audit, labels
from core.mechanisms.audit import AuditLine
from core.mechanisms.labels import Described
from core.mechanisms.operations import Role
from core.web import frame, parts
from core.web.frame import _
from kiosk.desk.registers import Chip, Column, Register, RegisterPage

router = APIRouter(dependencies=[Depends(frame.signed_in)])
TONES: dict[str, parts.Tone] = {"accepted": "free", "refused": "soon", "invalid": "busy"}
LOOK = {
    "asset": "/desk/assets/{id}", "stocktake": "/desk/stocktakes/{id}", "reception": "/desk/receptions/{id}", "booking": "/desk/bookings?open={id}",
    "series": "/desk/bookings?series={id}", "visit": "/desk/visits?open={id}", "delivery": "/desk/deliveries?open={id}",
    "supply": "/desk/supplies?open={id}", "person": "/desk/people?open={id}", "place": "/desk/places?open={id}",
    "asset_transfer": "/desk/transfers?open={id}", "asset_disposal": "/desk/disposals?open={id}", "asset_repair": "/desk/repairs?open={id}",
    "approval": "/desk/approvals?open={id}", "supply_plan": "/desk/supply-plans/{id}", "supplier": "/desk/suppliers?open={id}",
}  # fmt: skip


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


def _named(prefix: str, name: str) -> str:
    """In words where there are some: an older version's kind may be gone."""
    key = f"{prefix}.{name}"
    return _(key) if i18n.has(key) else name


def _what(line: AuditLine) -> str:
    return _named("audit.kind", line.kind)


def _subject(line: AuditLine) -> str:
    return _named("audit.subject", line.subject_kind) if line.subject_kind else ""


def _who(line: AuditLine) -> str:
    return line.who or line.device or _("audit.by_foyer")


def _at(line: AuditLine) -> str:
    return i18n.day_and_time(line.at, clock.zone(), frame.lang())


def _draw_peek(line: AuditLine, page: RegisterPage) -> None:
    page.peek_head(
        _what(line), pill=(_(f"audit.outcome.{line.outcome}"), TONES.get(line.outcome, "lost")), meta=parts.joined(_at(line), _who(line))
    )
    found = _described(line)
    parts.facts([
        (_("audit.subject"), _subject(line)), (_("audit.subject_name"), parts.joined(found.title, found.number) if found else ""),
        (_("audit.device"), line.device if line.who else ""), (_("audit.code"), _(line.code) if line.code else ""),
        (_("audit.kind_name"), line.kind), (_("audit.op_id"), str(line.op_id)), (_("audit.subject_id"), line.subject_id or ""),
    ])  # fmt: skip
    if line.subject_kind in LOOK and line.subject_id:
        parts.button(_("audit.look"), href=LOOK[line.subject_kind].format(id=line.subject_id), icon="go")


def _described(line: AuditLine) -> Described | None:
    """What the thing is called now; nothing for one without a label, or one that was erased."""
    try:
        id = UUID(line.subject_id or "")
    except ValueError:
        return None
    with database.reading() as s:
        return labels.describe(s, line.subject_kind or "", [id], frame.actor()).get(id)


REGISTER = Register(
    name="audit", title="nav.audit", search="audit.find", sub="audit.sub",
    columns=(
        Column("audit.at", _at), Column("audit.who", _who), Column("audit.kind", _what), Column("audit.subject", _subject),
        Column("audit.outcome", lambda line: _(f"audit.outcome.{line.outcome}"), tone=lambda line: TONES.get(line.outcome, "lost")),
        Column("audit.code", lambda line: _(line.code) if line.code else "", sub=lambda line: line.code or ""),
    ),
    chips=(Chip("all", "audit.all"), Chip("not_done", "audit.not_done", {"outcome": "not_done"})),
    peek=_draw_peek, acts=lambda page: parts.button(_("audit.verify"), _verify, icon="check"),
)  # fmt: skip
