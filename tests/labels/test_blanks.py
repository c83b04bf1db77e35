"""Labels printed ahead: what reading one offers, until it is stuck on a thing (contract.md, GET /api/v1/labels)."""

from __future__ import annotations

from uuid import UUID

import pytest

from core.mechanisms import labels
from core.mechanisms.labels import ClaimLabel, MakeBlanks, RetireLabel, SubjectKind
from core.sections import assets
from tests.cast import Office


@pytest.mark.proves("T21")
def test_whoever_reads_a_blank_label_may_stick_it_on_a_thing_and_nothing_else_offers_that(office: Office) -> None:
    first, second = office.do(MakeBlanks(count=2), office.bo)["codes"]
    asset_id = UUID(office.do(assets.RegisterAsset(number="ZC-1", name="铁皮柜"), office.bo)["asset_id"])
    assert office.read(labels.view, first, office.mei).operations == ("label.claim",)
    office.do(ClaimLabel(code=first, subject_kind=SubjectKind.ASSET, subject_id=asset_id), office.mei)
    claimed = office.read(labels.view, first, office.mei)
    assert claimed.title == "铁皮柜" and "label.claim" not in claimed.operations
    office.do(RetireLabel(code=second, reason="污损"), office.bo)
    assert office.read(labels.view, second, office.mei).operations == ()
