"""The visitor's own pass: what the QR of an invitation shows to whoever holds it, without signing in (guide S3.1-R1; security.md 14.2.1).

Only with a genuine proof behind the code: a bare code shows a stranger what every label shows. It says what the mail says, and no more: the day, the place,
the way, the code; no name, so that a picture of the QR tells nothing about its owner.
"""

from __future__ import annotations

from core.foundation import clock, database
from core.foundation.errors import Invalid, Refused
from core.sections import visits
from core.sections.visits import VisitState, codes, mails, record
from core.web import parts, sessions
from core.web.frame import _
from mobile.pages import visitor


def draw(code: str, proof: str) -> bool:
    """The pass of a code and its proof; False when the proof is not genuine, or the visit is not to come any more."""
    try:
        with database.reading() as s:
            row = record.of_code(s, f"{sessions.settings().base_url}/S/{code}/{proof}")
            if row.state != VisitState.PLANNED or row.expected_on < clock.today():
                return False
            visit, facts = visits.view(s, row), mails.says(s, row)
    except (Refused, Invalid):
        return False
    if proof[:9].upper() != codes.proof(visit.label or "", visit.expected_on, group=facts["group"])[:9]:
        parts.text(_("visit_pass.moved"), "p", "second")
    visitor.style()
    with parts.box("invitation"):
        parts.text(_("visit_pass.title", office=facts["office"]), "h1")
        visitor.draw_pass(visit, group=facts["group"])
        parts.facts(
            (
                (_("visit.column.host"), facts["host"]),
                (_("visitors.where"), facts["where"]),
                (_("visit_pass.directions"), facts["directions"]),
                (_("visit_pass.bring"), facts["bring"]),
            )
        ).classes("invitation__said")
        parts.text(_("visit_pass.say"), "p", "second")
    return True
