"""Opening a stock-take at the desk: what, where, how, who, until when, and all the time how many things that will ask for and what they are worth
(guide S4.1-R6, S1.2-R7). Rules are the section's; this form only asks."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from nicegui import ui
from pydantic import ValidationError
from sqlmodel import Session

from core.foundation import database, i18n
from core.mechanisms import people, places
from core.sections import stocktakes
from core.sections.stocktakes import OpenStocktake
from core.web import parts
from core.web.frame import _
from kiosk.desk.stocktake_counters import CounterField, covered

MODES = ("guided", "open", "blind", "self")
MOST_PERSONS = 2_000
SAMPLES = ("all", "count", "percent")


class OpenDialog:
    """A short form from top to bottom; the button says what it starts. Nothing is opened before it is pressed."""

    def __init__(self) -> None:
        self.kind, self.mode, self.sample = "asset", "guided", "all"
        self.seed = secrets.token_hex(4)
        with database.reading() as s:
            self.options = {str(place.id): place.path for place in places.everything(s)}
            self.departments = {str(id): name for id, name in people.department_names(s).items()}
            self.persons = persons(s)
        with parts.sheet_dialog(_("stocktake.open_title"), _("stocktake.open_hint")) as self.dialog, parts.box("openform openform--wide"):
            with parts.field(_("stocktake.field_kind")):
                parts.choice({kind: _(f"stocktake.kind.{kind}") for kind in ("asset", "supply")}, self.kind, self._choose_kind)
            self.places = parts.select(
                _("stocktake.field_places"),
                self.options,
                [],
                help=_("stocktake.field_places_help"),
                multiple=True,
                search=True,
                on_change=self._choose_places,
            )
            self.places.props("data-test=places")
            self._narrower()
            with parts.field(_("stocktake.field_mode")):
                parts.choice({mode: _(f"stocktake.mode.{mode}") for mode in MODES}, self.mode, self._choose_mode)
                self.mode_help = parts.text(_("stocktake.mode_help.guided"), "span", "field__help")
            with parts.box("openform__pair"):
                self.counters = CounterField(self.persons, self._covered)
                self.due = parts.input(_("stocktake.field_due"), props="type=date")
            self.counters.below()
            with parts.box("openform__check", "label"):
                self.frozen = ui.checkbox(on_change=self._recount).props("data-test=frozen")
                parts.text(_("stocktake.field_frozen"), "span")
            self.title = parts.input(_("stocktake.field_title"), help=_("stocktake.field_title_hint"), props="maxlength=120")
            with parts.box("openform__foot"):
                self.expect = parts.text("", classes="openform__n").props("aria-live=polite data-test=expected")
                self.acts = parts.box("dialog__acts")
        self._recount()
        self.dialog.open()

    def _narrower(self) -> None:
        """Departments, classes, value and sample: folded away, since most counts are of a place."""
        with parts.box("openform__more", "details").props("data-test=narrower"):
            parts.text(_("stocktake.narrower"), "summary")
            with parts.box("openform"):
                self.assets_only = parts.box("openform__pair")
                with self.assets_only:
                    self.department = parts.select(
                        _("stocktake.field_departments"), self.departments, [], multiple=True, search=True, on_change=self._recount
                    )
                    self.department.props("data-test=departments")
                    self.classes = parts.input(
                        _("stocktake.field_classes"), help=_("stocktake.field_classes_help"), on_change=self._recount
                    )
                with parts.box("openform__pair"):
                    self.low = parts.input(_("stocktake.field_from"), props="inputmode=decimal", on_change=self._recount)
                    self.high = parts.input(_("stocktake.field_to"), props="inputmode=decimal", on_change=self._recount)
                with parts.box("openform__pair"):
                    with parts.field(_("stocktake.field_sample")):
                        parts.choice({key: _(f"stocktake.sample.{key}") for key in SAMPLES}, self.sample, self._choose_sample)
                    self.size = parts.input(
                        _("stocktake.field_sample_size"), props="inputmode=numeric data-test=sample-size", on_change=self._recount
                    )

    # ── answers ──

    def _covered(self) -> Mapping[str, str]:
        return covered([UUID(one) for one in self.places.value or []], self.options)

    def _choose_places(self, _value: Any) -> None:
        self.counters.draw()
        self._recount()

    def _choose_kind(self, kind: str) -> None:
        self.kind = kind
        self.assets_only.set_visibility(kind == "asset")
        self._recount()

    def _choose_mode(self, mode: str) -> None:
        self.mode = mode
        self.mode_help.set_text(_(f"stocktake.mode_help.{mode}"))
        self._recount()

    def _choose_sample(self, sample: str) -> None:
        self.sample = sample
        self._recount()

    def _asked(self) -> tuple[OpenStocktake | None, str]:
        """What the form says now, or the one thing that is missing."""
        assets = self.kind == "asset"
        low, high, size = _cents(self.low.value), _cents(self.high.value), _whole(self.size.value)
        if low is False or high is False:
            return None, _("stocktake.value_unreadable")
        if self.sample != "all" and not size:
            return None, _("stocktake.sample_size_missing")
        try:
            do = OpenStocktake(
                kind=self.kind, mode=self.mode, title=(self.title.value or "").strip()[:120], due_on=_day(self.due.value),
                place_ids=tuple(UUID(one) for one in self.places.value or []),
                department_ids=tuple(UUID(one) for one in self.department.value or []) if assets else (),
                class_codes=tuple((self.classes.value or "").replace("，", " ").replace(",", " ").split()) if assets else (),
                value_from_cents=low, value_to_cents=high, sample_count=size if self.sample == "count" else None,
                sample_percent=size if self.sample == "percent" else None, sample_seed=self.seed if self.sample != "all" else "",
                frozen=bool(self.frozen.value), counters=self.counters.counters,
            )  # fmt: skip
        except ValidationError as error:
            said = str(error.errors()[0].get("ctx", {}).get("error", ""))
            known = said if said.startswith("stocktake.") and i18n.has(said) else "stocktake.scope_unreadable"
            return None, _("stocktake.choose_places") if known == "stocktake.scope_empty" else _(known)
        if not assets and self.mode == "self":
            return None, _("stocktake.assets_only")
        return do, ""

    def _recount(self, _value: Any = None) -> None:
        if not hasattr(self, "acts"):
            return  # the form is still being drawn
        do, why_not = self._asked()
        if do is None:
            self.expect.set_text("")
        else:
            with database.reading() as s:
                found = stocktakes.preview(s, do)
            words = _("stocktake.will_expect_worth", n=found.lines, worth=i18n.money(found.value_cents))
            if found.population > found.lines:
                words += _("stocktake.will_expect_of", n=found.population)
            if found.keeperless:
                words += _("stocktake.will_expect_keeperless", n=found.keeperless)
            self.expect.set_text(words)
        self.acts.clear()
        with self.acts:
            parts.button(_("stocktake.cancel"), self.dialog.close)
            label = _("stocktake.start", n=found.lines) if do is not None else _("stocktake.start", n=0)
            parts.button(label, self._open, kind="main", why_not=why_not or None).props("data-test=start")

    async def _open(self) -> None:
        do, _why_not = self._asked()
        if do is None:
            self._recount()
            return
        outcome = await parts.do(do)
        if outcome.ok:
            self.dialog.close()
            ui.navigate.to(f"/desk/stocktakes/{outcome.result['stocktake_id']}")


def persons(s: Session) -> dict[str, str]:
    """Everyone who may be asked to count, for a field that finds by name."""
    return {str(person.id): person.name for person in people.search(s, limit=MOST_PERSONS)}


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        return None


def _cents(value: Any) -> Any:
    """An amount in cents; None when nothing is written, False when it is no amount."""
    text = parts.typed(value).replace(",", "")
    if not text:
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return False
    return int(amount * 100) if amount.is_finite() and 0 <= amount < 10**12 else False


def _whole(value: Any) -> int:
    text = parts.typed(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0
