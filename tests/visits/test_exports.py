"""The registers as files: what an office reads in them (guide S3.1-R7)."""

from __future__ import annotations

import csv
import io

import pytest

from core.mechanisms import views
from core.mechanisms.operations import Actor
from core.sections import visits
from mobile.api.collections import export
from tests.cast import Office
from tests.visits.build import invite, kiosk, walk_in


def read(collection: views.Collection, by: Actor, language: str) -> list[dict[str, str]]:
    body = bytes(export(collection, views.Query("", 100, None, {}), by, language, "csv").body)
    return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))


@pytest.mark.proves("S3.1-R7")
def test_the_visits_file_says_states_and_ways_of_leaving_in_the_reader_s_words(office: Office) -> None:
    panel = kiosk(office)
    invite(office, name="欧阳文博")
    gone, away = walk_in(office, panel, name="王敏"), walk_in(office, panel, name="周云")
    office.do(visits.CheckOut(code=gone["code"]), panel)
    office.do(visits.StepOut(code=away["code"]), panel)
    found = {line["来访人员"]: line for line in read(visits.COLLECTION, office.ann, "zh-Hans")}
    assert [found[name]["状态"] for name in ("欧阳文博", "王敏", "周云")] == ["已邀请", "已离开", "暂时外出"]
    assert found["王敏"]["离开方式"] and not found["王敏"]["离开方式"].isascii()
    english = {line["State"] for line in read(visits.COLLECTION, office.ann, "en")}
    assert english == {"Invited", "Left", "Out for a while"}
