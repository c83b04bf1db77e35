"""From codes to a proven sheet: what each label says, drawn and read back. Plain values, so that the work can be done in the worker process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from assets_labels.proof import prove
from assets_labels.sheets import LabelText, draw_sheet
from core.foundation.errors import Refused
from core.foundation.i18n import has, t
from core.mechanisms import labels, office
from core.mechanisms.labels import Label, LabelState
from core.mechanisms.operations import Actor


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is to be printed: `start` is the first free cell, counted from 1."""

    template: str
    start: int
    labels: tuple[LabelText, ...]
    language: str
    base_url: str


def draw_and_prove(sheet: Sheet) -> bytes:
    """The PDF, after every one of its labels was read back. Raises DrawingError: sheet.unknown_template, sheet.bad_start, label.unreadable …"""
    pdf = draw_sheet(sheet.template, sheet.labels, start=sheet.start, base_url=sheet.base_url, language=sheet.language)
    prove(pdf, sheet.template, sheet.labels, sheet.start, sheet.base_url)
    return pdf


def texts_of(s: Session, codes: Sequence[str], language: str, by: Actor) -> list[LabelText]:
    """What stands on the labels of these codes, in their order. Refuses: label.unknown, label.superseded, label.retired; Invalid: label.mistyped …"""
    wanted = [labels.known(s, code) for code in codes]
    for label in wanted:
        if label.state not in (LabelState.ACTIVE, LabelState.BLANK):
            raise Refused(
                f"label.{label.state}", code=labels.shown(label.code), superseded_by=labels.shown(label.superseded_by or ""), at=""
            )
    told = _described(s, wanted, by)
    name = str(office.setting(s, "label.office_name")) or getattr(office.info(s), "name", "")
    return [_text(label, told, name, language) for label in wanted]


def _described(s: Session, wanted: Sequence[Label], by: Actor) -> dict[str, labels.Described]:
    found: dict[str, labels.Described] = {}
    for kind in {label.subject_kind for label in wanted if label.subject_kind}:
        mine = {label.subject_id: label.code for label in wanted if label.subject_kind == kind and label.subject_id}
        for subject_id, described in labels.describe(s, kind, list(mine), by).items():
            found[mine[subject_id]] = described
    return found


def _text(label: Label, told: dict[str, labels.Described], office_name: str, language: str) -> LabelText:
    described = told.get(label.code)
    if described is None:
        return LabelText(label.code, t("sheets.blank_name", language), office=office_name)
    caption = f"label.number.{label.subject_kind}"
    place = described.place if label.subject_kind != "place" else described.place.rpartition(" › ")[0]
    return LabelText(
        label.code, described.title, described.number, place, office_name, t(caption, language) if described.number and has(caption) else ""
    )
