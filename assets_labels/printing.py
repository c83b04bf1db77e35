"""From codes to a proven sheet: what each label says, drawn and read back. Plain values, so that the work can be done in the worker process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from assets_labels.papers import Template
from assets_labels.proof import prove
from assets_labels.sheets import LabelText, draw_sheet
from core.foundation import database
from core.foundation.errors import Refused
from core.foundation.i18n import has, t
from core.mechanisms import label_papers, labels, office
from core.mechanisms.label_papers import LabelRule, Line
from core.mechanisms.labels import Label, LabelState, SubjectKind
from core.mechanisms.operations import Actor
from core.sections import assets
from core.sections.assets import Asset, AssetView


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is to be printed: `start` is the first free cell, counted from 1. `reader` is the language of who is told what does not read (the labels' own if empty)."""

    template: Template
    start: int
    labels: tuple[LabelText, ...]
    language: str
    base_url: str
    reader: str = ""


@dataclass(frozen=True, slots=True)
class _Told:
    """What a label's thing says of itself; `asset` and `rule` for assets."""

    described: labels.Described
    asset: AssetView | None = None
    rule: LabelRule | None = None


def draw_and_prove(sheet: Sheet) -> bytes:
    """The PDF, after every one of its labels was read back. Raises DrawingError: sheet.bad_start, sheet.module_too_small, sheet.unreadable,
    sheet.off_page …"""
    pdf = draw_sheet(sheet.template, sheet.labels, start=sheet.start, base_url=sheet.base_url, language=sheet.language)
    prove(pdf, sheet.template, sheet.labels, sheet.start, sheet.base_url, sheet.reader or sheet.language)
    return pdf


def texts_of(s: Session, codes: Sequence[str], language: str, by: Actor) -> list[LabelText]:
    """What stands on the labels of these codes, in their order. Refuses: label.unknown, label.superseded, label.retired; Invalid: label.mistyped …"""
    wanted = [labels.known(s, code) for code in codes]
    for label in wanted:
        if label.state not in (LabelState.ACTIVE, LabelState.BLANK):
            raise Refused(
                f"label.{label.state}", code=labels.shown(label.code), superseded_by=labels.shown(label.superseded_by or ""), at=""
            )
    told = _told(s, wanted, by)
    name = office_name(s)
    gs1_prefix = str(office.setting(s, "label.gs1_prefix"))
    return [_text(label, told.get(label.code), name, gs1_prefix, language) for label in wanted]


def office_name(s: Session) -> str:
    """Whose labels these are: the short name for labels, or the office's own."""
    return str(office.setting(s, "label.office_name")) or getattr(office.info(s), "name", "")


def _told(s: Session, wanted: Sequence[Label], by: Actor) -> dict[str, _Told]:
    found: dict[str, _Told] = {}
    for kind in {label.subject_kind for label in wanted if label.subject_kind}:
        mine = {label.subject_id: label.code for label in wanted if label.subject_kind == kind and label.subject_id}
        known: dict[UUID, AssetView] = {}
        rules: list[LabelRule] = []
        if kind == SubjectKind.ASSET:
            known = {
                view.id: view
                for view in assets.views(s, list(s.execute(select(Asset).where(database.among(col(Asset.id), list(mine)))).scalars()))
            }
            rules = label_papers.rules(s)
        for subject_id, described in labels.describe(s, kind, list(mine), by).items():
            asset = known.get(subject_id)
            rule = label_papers.rule_for(rules, asset.class_code) if asset is not None else None
            found[mine[subject_id]] = _Told(described, asset, rule)
    return found


def _text(label: Label, told: _Told | None, office_name: str, gs1_prefix: str, language: str) -> LabelText:
    if told is None:
        return LabelText(label.code, t("sheets.blank_name", language), office=office_name)
    described, rule = told.described, told.rule
    caption = f"label.number.{label.subject_kind}"
    place = described.place if label.subject_kind != "place" else described.place.rpartition(" › ")[0]
    number, second = described.number, place
    caption = t(caption, language) if described.number and has(caption) else ""
    if rule is not None and told.asset is not None:
        number, second = (_line(told.asset, Line(line), described, place) for line in (rule.first_line, rule.second_line))
        caption = caption if rule.first_line == Line.NUMBER else ""
    gs1 = gs1_prefix if label.subject_kind == SubjectKind.ASSET else ""
    return LabelText(label.code, described.title, number, second, office_name, caption, bars=rule.bars if rule else True, gs1_prefix=gs1)


def _line(asset: AssetView, line: Line, described: labels.Described, place: str) -> str:
    said = {
        Line.NUMBER: described.number, Line.PLACE: place, Line.SERIAL: asset.serial, Line.SPEC: asset.spec, Line.DEPARTMENT: asset.department, Line.KEEPER: asset.keeper,
        Line.BOUGHT: asset.bought_on.isoformat() if asset.bought_on else "", Line.NONE: "",
    }  # fmt: skip
    return said[line]
