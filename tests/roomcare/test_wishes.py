"""Asking for a room in plain words, Chinese and English."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.sections.roomcare import wishes
from tests.conftest import MON_9AM

SHANGHAI = ZoneInfo("Asia/Shanghai")
THIRD = UUID(int=3)
FLOORS = {"一楼": UUID(int=1), "三楼": THIRD}


def wish(text: str, at: datetime = MON_9AM) -> wishes.Wish:
    return wishes.read(text, at, SHANGHAI, FLOORS)


def wall(text: str, at: datetime = MON_9AM) -> str:
    found = wish(text, at).starts_at
    return f"{found:%m-%d %H:%M}" if found else "now"


@pytest.mark.proves("V29")
def test_room_for_8_with_a_projector_now_or_at_3() -> None:
    assert wish("room for 8 with a projector, now") == wishes.Wish(8, ("projector",))
    asked = wish("room for 8 with a projector at 3")
    assert (asked.seats, asked.equipment, asked.unread) == (8, ("projector",), "") and wall(
        "room for 8 with a projector at 3"
    ) == "11-23 15:00"
    assert wish("8人 投影 现在") == wishes.Wish(8, ("projector",))


@pytest.mark.parametrize(
    ("text", "seats"),
    [
        ("八个人", 8),
        ("十二位", 12),
        ("二十人的会议室", 20),
        ("一百二十座", 120),
        ("12 people", 12),
        ("for twelve", 12),
        ("６人", 6),
        ("12", 12),
        ("projector", 0),
    ],
)
def test_how_many(text: str, seats: int) -> None:
    assert wish(text).seats == seats


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("下午3点", "11-23 15:00"), ("三点半", "11-23 15:30"), ("下午两点一刻", "11-23 14:15"), ("上午十点", "11-23 10:00"), ("15:30", "11-23 15:30"),
        ("3:30 pm", "11-23 15:30"), ("3pm", "11-23 15:00"), ("at 10", "11-23 10:00"), ("half past 2", "11-23 14:30"), ("noon", "11-23 12:00"),
        ("明天下午两点半", "11-24 14:30"), ("tomorrow at 9", "11-24 09:00"), ("后天", "11-25 09:00"), ("周三10点", "11-25 10:00"), ("下周一上午9点", "11-30 09:00"),
        ("next friday 3pm", "12-04 15:00"), ("friday 3pm", "11-27 15:00"), ("12月1日 10点", "12-01 10:00"), ("8点", "11-24 08:00"), ("8 people", "now"),
        ("現在", "now"), ("下午三點", "11-23 15:00"), ("中午12点", "11-23 12:00"), ("晚上7点", "11-23 19:00"),
    ],
)  # fmt: skip
def test_when(text: str, start: str) -> None:
    assert wall(text) == start


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("一小时", 60), ("半小时", 30), ("一个半小时", 90), ("两个小时", 120), ("90分钟", 90), ("1.5 hours", 90), ("half an hour", 30), ("for 2 hours", 120),
        ("45 min", 45), ("3点到5点", 120), ("下午3点到4点半", 90), ("3-5pm", 120), ("from 2 to 4", 120), ("14:00-15:30", 90), ("9点到11点", 120), ("现在", 30),
    ],
)  # fmt: skip
def test_how_long(text: str, minutes: int) -> None:
    assert wish(text).minutes == minutes


def test_length_and_people_are_not_mixed_up() -> None:
    asked = wish("for 2 hours, 6 people, whiteboard and video, 3rd floor, tomorrow 10am")
    assert (asked.seats, asked.minutes, asked.equipment, asked.place_id) == (6, 120, ("video", "whiteboard"), THIRD)
    asked = wish("明天上午10点 三楼 6人 两小时 视频 白板")
    assert (asked.seats, asked.minutes, asked.equipment, asked.place_id, asked.unread) == (6, 120, ("video", "whiteboard"), THIRD, "")
    assert f"{asked.starts_at:%m-%d %H:%M}" == "11-24 10:00"


@pytest.mark.parametrize(
    ("text", "start"),
    [("301 14:00", "11-23 14:00"), ("301听雨厅 下午2点", "11-23 14:00"), ("听雨厅 明天10点", "11-24 10:00"), ("tomorrow at 9 in 301", "11-24 09:00"), ("３０１", "now")],
)  # fmt: skip
def test_a_room_that_is_named_is_no_head_count(text: str, start: str) -> None:
    rooms = {name: UUID(int=301) for name in ("301", "301 听雨厅", "听雨厅")} | {"30": UUID(int=30)}
    found = wishes.read(text, MON_9AM, SHANGHAI, FLOORS, rooms)
    assert (found.place_id, found.seats, found.unread) == (UUID(int=301), 0, "")
    assert (f"{found.starts_at:%m-%d %H:%M}" if found.starts_at else "now") == start
    generic = {"会议室": UUID(int=9), "Meeting room": UUID(int=9)}
    assert wishes.read("8人会议室 meeting room", MON_9AM, SHANGHAI, FLOORS, generic).place_id is None
    assert wishes.read("301人", MON_9AM, SHANGHAI, FLOORS, rooms).seats == 301
    assert wishes.read("30", MON_9AM, SHANGHAI, FLOORS, rooms).seats == 30


def test_a_time_that_has_passed_today_is_tomorrows() -> None:
    at = MON_9AM + timedelta(hours=7)  # 16:00
    assert wall("at 3", at) == "11-24 15:00" and wall("5点", at) == "11-23 17:00"


def test_what_is_not_understood_is_named() -> None:
    assert wish("8人 带钢琴 投影").unread == "钢琴"
    assert wish("room for 8 with a jacuzzi").unread == "jacuzzi"
    assert wish("") == wishes.Wish()


@given(st.text(max_size=300))
def test_any_text_is_a_wish_and_never_an_error(text: str) -> None:
    found = wish(text)
    assert 0 <= found.seats <= 5000 and 0 < found.minutes <= 12 * 60
