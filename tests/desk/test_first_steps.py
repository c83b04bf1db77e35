"""What a new office is led through on its first page."""

from __future__ import annotations

import pytest

from core.mechanisms.operations import Role
from core.sections import assets, rooms
from kiosk.desk import first_steps
from tests.cast import Office


@pytest.mark.proves("X2")
def test_an_administrator_sees_what_is_still_missing_until_nothing_is(office: Office) -> None:
    assert office.read(first_steps.done_steps, office.ada) == {
        "places": True, "people": True, "rooms": False, "devices": False, "things": False,
    }  # fmt: skip
    office.do(rooms.SetUpRoom(room_id=office.places["301"], capacity=12), office.ada)
    office.device("一楼大厅", Role.KIOSK)
    assert [name for name, done in office.read(first_steps.done_steps, office.ada).items() if not done] == ["things"]
    office.do(assets.RegisterAsset(number="ZC-1", name="投影仪"), office.bo)
    assert office.read(first_steps.done_steps, office.ada) == {}


def test_the_steps_are_the_administrators_alone(office: Office) -> None:
    assert office.read(first_steps.done_steps, office.bo) == {}
