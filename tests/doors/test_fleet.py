"""The screens as a fleet: what they say of themselves, and who hears when one falls silent."""

from __future__ import annotations

import pytest

from core.foundation import clock, jobs
from core.mechanisms import devices, notices
from core.mechanisms.operations import Role
from tests.cast import Office

pytestmark = pytest.mark.proves("V24", "V40")


def told(office: Office) -> list[str]:
    return [
        notices.sentence(one, "zh-Hans") for one in office.read(notices.unread, office.ann.person_id) if one.key == "device.silent_notice"
    ]


def test_a_screen_that_falls_silent_is_told_once_and_again_after_it_was_back(office: Office) -> None:
    door, _ = office.device("301 门牌", Role.DOOR, office.places["301"])
    assert door.device_id is not None
    devices.note_contacts({door.device_id: "/door/301"}, clock.now())
    office.later(seconds=110)
    assert devices.tell_silent(clock.now()) == 0
    office.later(seconds=20)
    assert [devices.tell_silent(clock.now()) for _ in range(3)] == [1, 0, 0]
    assert told(office) == ["301 听雨厅的屏幕“301 门牌”从 11月23日 09:00 起没有动静。"]
    devices.note_contacts({door.device_id: "/door/301"}, clock.now())
    assert devices.tell_silent(clock.now()) == 0
    office.later(minutes=3)
    assert devices.tell_silent(clock.now()) == 1 and len(told(office)) == 2


def test_a_revoked_screen_and_one_that_never_spoke_are_nobody_s_news(office: Office) -> None:
    door, _ = office.device("301 门牌", Role.DOOR, office.places["301"])
    office.device("302 门牌", Role.DOOR, office.places["302"])
    assert door.device_id is not None
    devices.note_contacts({door.device_id: "/door/301"}, clock.now())
    office.do(devices.RevokeDevice(device_id=door.device_id), office.ada)
    office.later(minutes=10)
    assert devices.tell_silent(clock.now()) == 0 and told(office) == []


def test_a_server_that_has_just_started_waits_for_its_screens(office: Office) -> None:
    door, _ = office.device("301 门牌", Role.DOOR, office.places["301"])
    assert door.device_id is not None
    devices.note_contacts({door.device_id: "/door/301"}, clock.now())
    jobs.set_started(office.later(hours=8))
    office.later(minutes=2)
    assert devices.tell_silent(clock.now()) == 0
    office.later(minutes=2)
    assert devices.tell_silent(clock.now()) == 1
    jobs.set_started(None)


def test_what_a_screen_does_not_say_again_stays_known(office: Office) -> None:
    door, _ = office.device("301 门牌", Role.DOOR, office.places["301"])
    assert door.device_id is not None
    devices.note_report(
        door.device_id, clock.now(), app_version="0.1.0-1", battery=80, shown={"state": "free"}, picture="data:image/webp;base64,AA=="
    )
    first = clock.now()
    devices.note_report(door.device_id, office.later(minutes=1), battery=79)
    shown, view = office.read(devices.shown_by, door.device_id), office.read(devices.everything)[0]
    assert (shown.facts, shown.picture, shown.at) == ({"state": "free"}, "data:image/webp;base64,AA==", first)
    assert (view.app_version, view.battery, view.last_seen_at) == ("0.1.0-1", 79, clock.now())
