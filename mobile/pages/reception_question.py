"""`/thanks/…`: the guest's one question after a reception (guide S3.1-R8)."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from core.foundation import clock, database
from core.mechanisms.operations import SYSTEM, perform
from core.sections import reception
from core.web import frame, parts, sessions
from core.web.frame import _


class Question:
    """How was it? One tap chooses, a word if they like, and it is sent when they say so. For people who can not sign in: the mark in the link is theirs alone."""

    def __init__(self, visit_id: UUID, mark: str) -> None:
        self.visit_id, self.mark, self.score = visit_id, mark, 0
        self.box = parts.box("question")
        with database.reading() as s:
            known = mark == reception.mark_of(visit_id) and reception.asks(s, visit_id, clock.now())
        with self.box:
            if not known:
                parts.empty(_("reception.link_over"))
                return
            parts.text(sessions.office().name, "p", "second")
            parts.text(_("reception.question"), "h1")
            with parts.box("question__scores").props(f'role=group aria-label="{_("reception.question")}"'):
                self.answers = {
                    score: parts.button(_(f"reception.rate.{score}"), partial(self._choose, score)).props("aria-pressed=false")
                    for score in (5, 4, 3, 2, 1)
                }
            self.remark = parts.area(_("reception.remark"), rows=2)
            self.send = parts.button(_("reception.rate.send"), self._rate, kind="main", wide=True)
            self.send.set_visibility(False)

    def _choose(self, score: int) -> None:
        self.score = score
        for one, button in self.answers.items():
            button.props(f"aria-pressed={'true' if one == score else 'false'}")
        self.send.set_visibility(True)

    async def _rate(self) -> None:
        score = self.score
        do = reception.Rate(visit_id=self.visit_id, mark=self.mark, score=score, remark=(self.remark.value or "").strip()[:500])
        outcome = await perform(do, by=SYSTEM)
        self.box.clear()
        with self.box:
            parts.empty(_("reception.rated") if outcome.ok else outcome.message(frame.lang()))
