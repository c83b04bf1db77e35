"""Who looks after the rooms of the sample office, what is prepared and restored there today, and what does not work."""

from __future__ import annotations

from datetime import datetime, timedelta

from core.demo.house import House
from core.sections import roomcare

PREPARED = ("301",)  # before every meeting
RESTORED = ("301", "306", "308")  # after every meeting


def tell(house: House, at: datetime) -> None:
    """Once: the rooms' keepers. On each start: the lists of the day, as the job would make them."""
    story, clerk = house.story, house.actors["clerk"]
    if not story.was_told("care/308"):
        for short in sorted({*PREPARED, *RESTORED}):
            do = roomcare.SetRoomCare(
                room_id=house.rooms[short], keeper_id=clerk.person_id, prepare_always=short in PREPARED, restore=short in RESTORED,
                remind_things=short in RESTORED,
            )  # fmt: skip
            story.later(f"care/{short}", do, clerk, at - timedelta(hours=3))
        fault = roomcare.ReportFault(room_id=house.rooms["205"], item="screen", note="接上电脑没画面")
        story.later("care/fault", fault, house.actors["staff"], at - timedelta(minutes=50))
        story.later(
            "care/found",
            roomcare.ReportFound(what="灰色羊毛围巾", place_id=house.rooms["301"], kept_where="前台失物柜 2 层"),
            house.actors["desk"],
            at - timedelta(minutes=120),
        )
        story.later(
            "care/sought",
            roomcare.SeekItem(what="黑色折叠伞，木柄", where="lobby", days_ago=1, name="周明"),
            house.actors["kiosk"],
            at - timedelta(minutes=9),
        )
        story.later(
            "care/help", roomcare.CallRoomHelp(room_id=house.rooms["101"], kind="device"), house.actors["staff"], at - timedelta(minutes=4)
        )
    story.flush()
    roomcare.plan_tasks(at)
