"""Two versions of a reception plan side by side: what was planned, what is planned, who changed it in between (guide S3.1-R2, R8)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from fastapi import Depends
from nicegui import APIRouter, ui

from core.foundation import clock, database, i18n
from core.foundation.errors import Refused
from core.sections.reception import Kind, versions
from core.sections.reception.versions import Comparison, LineChange, Side
from core.web import frame, icons, parts
from core.web.frame import _
from kiosk.desk import piles
from kiosk.desk.reception_plan import KIND_ICONS, event_words
from kiosk.desk.receptions import style
from kiosk.desk.registers import long_moment

router = APIRouter(dependencies=[Depends(frame.signed_in)])
DAYS, MONEY = ("starts_on", "ends_on"), ("cost_cents",)


@router.page("/desk/receptions/{reception_id}/versions")
def versions_page(reception_id: UUID) -> None:
    with frame.desk("receptions", _("nav.receptions")):
        style()
        VersionsPage(reception_id)


class VersionsPage:
    """Two choosers, the figures, what is not the same, who did it."""

    def __init__(self, reception_id: UUID) -> None:
        self.id = reception_id
        asked = ui.context.client.request.query_params
        self.left, self.right = (int(text) if (text := asked.get(name, "")).isdigit() else None for name in ("from", "to"))
        self.box = parts.box("versions")
        self.draw()

    def draw(self) -> None:
        found: Comparison | None = None
        try:
            with database.reading() as s:
                found = versions.compare(s, self.id, self.left, self.right, frame.actor())
        except Refused:
            self.left = self.right = None  # an address of somebody's own making: the usual two
            return self.draw()
        self.box.clear()
        with self.box:
            if found is None:
                parts.empty(_("reception.versions.none"), _("reception.versions.none.say"))
                parts.button(_("reception.versions.back"), href=f"/desk/receptions/{self.id}", icon="back")
                return None
            with parts.head(_("reception.versions.title", title=found.title), found.number):
                parts.button(_("reception.versions.back"), href=f"/desk/receptions/{self.id}", icon="back")
            self._draw_sides(found)
            if not found.head and not found.lines:
                parts.empty(_("reception.versions.same"), _("reception.versions.same.say", n=found.same))
            else:
                self._draw_head(found)
                self._draw_lines(found)
            self._draw_money(found)
            self._draw_did(found)
        return None

    def _draw_sides(self, found: Comparison) -> None:
        options = {one: version_words(one) for one in found.all}
        with parts.box("versions__sides"):
            for key, side in (("left", found.left), ("right", found.right)):
                with parts.box("sheet versions__side"):
                    parts.select(
                        _(f"reception.versions.{key}"), options, side.version, on_change=lambda value, key=key: self._choose(key, value)
                    )
                    parts.text(_side_words(side), "p", "second small")
                    parts.text(piles.money(side.cents), "b", "num versions__sum")

    def _choose(self, key: str, version: int) -> None:
        setattr(self, key, version)
        other = "right" if key == "left" else "left"
        if getattr(self, other) is None:
            with database.reading() as s:
                now = versions.compare(s, self.id, None, None, frame.actor())
            setattr(self, other, getattr(now, other).version if now else versions.NOW)
        ui.run_javascript(f"history.replaceState(null, '', location.pathname + '?from={self.left}&to={self.right}')")
        self.draw()

    def _draw_head(self, found: Comparison) -> None:
        if not found.head:
            return
        with parts.box("sheet versions__part", "section"):
            parts.text(_("reception.versions.head"), "h2")
            with parts.box("versions__table", "table"), parts.box(tag="tbody"):
                for change in found.head:
                    self._row(
                        _(f"reception.versions.field.{change.field}"),
                        _words(change.field, change.before),
                        _words(change.field, change.after),
                    )

    def _draw_lines(self, found: Comparison) -> None:
        with parts.box("sheet versions__part", "section"):
            with parts.box("plan__parthead"):
                parts.text(_("reception.arrangements"), "h2")
                parts.text(_("reception.versions.counts", n=len(found.lines), same=found.same), "span", "second")
            for line in found.lines:
                self._draw_line(line)

    def _draw_line(self, line: LineChange) -> None:
        how, tone = ("came", "free") if line.before is None else ("went", "busy") if line.after is None else ("changed", "soon")
        with parts.box(f"versions__line versions__line--{how}", "article").props(f"data-change={how}"):
            with parts.box("row"):
                icons.icon(KIND_ICONS[Kind(line.kind)])
                parts.text(line.what, "h3")
                parts.pill(_(f"reception.versions.{how}"), tone, icon={"came": "plus", "went": "minus", "changed": "pen"}[how])  # type: ignore[arg-type]
            if how == "changed":
                with parts.box("versions__table", "table"), parts.box(tag="tbody"):
                    for change in line.changes:
                        before, after = _words(change.field, change.before), _words(change.field, change.after)
                        self._row(_(f"reception.versions.field.{change.field}"), before, after)
            else:
                parts.text(_line_words(line.after or line.before or {}), "p", "second")

    def _row(self, name: str, before: str, after: str) -> None:
        with parts.box(tag="tr"):
            parts.text(name, "th").props("scope=row")
            parts.text(before or "—", "td", "versions__before")
            with parts.box("versions__arrow", "td").props("aria-hidden=true"):
                icons.icon("next")
            parts.text(after or "—", "td", "versions__after")

    def _draw_money(self, found: Comparison) -> None:
        left, right = found.left, found.right
        if not left.cents and not right.cents:
            return
        with parts.box("sheet versions__part", "section"):
            parts.text(_("reception.versions.money"), "h2")
            with parts.box("versions__table versions__table--money", "table"):
                with parts.box(tag="thead"), parts.box(tag="tr"):
                    for words in ("", version_words(left.version), version_words(right.version), _("reception.versions.difference")):
                        parts.text(words, "th")
                with parts.box(tag="tbody"):
                    for kind in Kind:
                        if left.by_kind[kind] or right.by_kind[kind]:
                            self._money_row(_(f"reception.kind.{kind}"), left.by_kind[kind], right.by_kind[kind])
                with parts.box(tag="tfoot"):
                    self._money_row(_("reception.planned_sum"), left.cents, right.cents)

    def _money_row(self, name: str, before: int, after: int) -> None:
        with parts.box(tag="tr"):
            parts.text(name, "th").props("scope=row")
            parts.text(piles.money(before), "td", "num")
            parts.text(piles.money(after), "td", "num")
            sign = "+" if after > before else "−" if after < before else ""
            parts.text(sign + piles.money(abs(after - before)) if sign else "—", "td", "num strong" if sign else "num quiet")

    def _draw_did(self, found: Comparison) -> None:
        with parts.box("sheet versions__part", "section"):
            parts.text(_("reception.versions.who"), "h2")
            if not found.did:
                parts.text(_("reception.versions.nobody"), "p", "second")
            parts.trail([(event_words(one), parts.joined(one.who, long_moment(one.at)), "done") for one in reversed(found.did)])  # type: ignore[arg-type]


def version_words(version: int) -> str:
    return _("reception.versions.now") if version == versions.NOW else _("reception.versions.n", n=version)


def _side_words(side: Side) -> str:
    if side.made_at is None:
        return _("reception.versions.now.say")
    word = _("reception.versions.approved") if side.approved else _("reception.versions.not_approved")
    return parts.joined(_("reception.versions.made", who=side.made_by, when=long_moment(side.made_at)), word)


def _words(field: str, value: Any) -> str:
    """A value of a version as a person reads it."""
    if value in (None, "", 0) and field != "headcount":
        return ""
    if field in MONEY:
        return piles.money(int(value))
    if field in DAYS:
        return i18n.full_day(date.fromisoformat(value), frame.lang())
    if field in ("starts_at", "ends_at"):
        return i18n.day_and_time(datetime.fromisoformat(value), clock.zone(), frame.lang())
    if field in ("level", "kind"):
        return _(f"reception.{field}.{value}")
    return str(value)


def _line_words(line: Any) -> str:
    span = i18n.time_span(datetime.fromisoformat(line["starts_at"]), datetime.fromisoformat(line["ends_at"]), clock.zone())
    day = i18n.short_day(clock.today(datetime.fromisoformat(line["starts_at"])), frame.lang())
    return parts.joined(
        day, span, line.get("place", ""), line.get("room", ""), line.get("owner", ""), _words("cost_cents", line.get("cost_cents"))
    )
