"""Two stock-takes of the sample office: one of last autumn's quarter, settled and sealed, and one that somebody began yesterday and is half through."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from core.demo.days import HISTORY_DAYS, Calendar, Day
from core.demo.story import Story
from core.foundation import clock, database
from core.mechanisms import labels
from core.mechanisms.labels import SubjectKind
from core.sections import stocktakes
from core.sections.assets import Asset
from core.sections.assets.ledger import AssetState

FINISHED_ON = 310
SECONDS_A_SCAN = 9


@dataclass(frozen=True, slots=True)
class Thing:
    """An asset as it stands on its shelf: its place in the book, its label, and how many a bulk line has."""

    id: UUID
    place_id: UUID
    code: str
    pieces: int | None = None


def tell(day: Day, calendar: Calendar) -> None:
    """Both happen once, on days that the sample office's first day decides."""
    founded = clock.today(day.house.founded)
    if day.date == calendar.next(founded + timedelta(days=FINISHED_ON)):
        _finished(day)
    if day.date == calendar.next(founded + timedelta(days=HISTORY_DAYS), -1):
        due_on = calendar.next(day.date, 4)
        _half_done(day, due_on)
        _confirming(day, due_on)


def _finished(day: Day) -> None:
    """The first floor: two things missing, one in the wrong room, approved by the leader, who did not count."""
    stocktake, things = Story.id("stocktake", "finished"), _things(day, 1)
    house = day.house
    _open(day, stocktake, 1, "一楼秋季盘点", day.at(9), None)
    counters = [house.actors["desk"], house.actors["staff"]]
    missing, moved = {5, len(things) // 2}, {len(things) // 3}
    for number, thing in enumerate(things):
        if number not in missing:
            place = house.rooms["102"] if number in moved and thing.place_id != house.rooms["102"] else thing.place_id
            do = stocktakes.Count(stocktake_id=stocktake, code=thing.code, place_id=place, quantity=thing.pieces)
            day.later(f"count/finished/{number}", do, counters[number % 2], day.at(9, 20) + timedelta(seconds=SECONDS_A_SCAN * number))
    day.tell("close/finished", stocktakes.CloseStocktake(stocktake_id=stocktake), house.actors["clerk"], day.at(15, 30))
    with database.reading() as s:
        row = s.get(stocktakes.Stocktake, stocktake)
        open_lines = stocktakes.review(s, row, decided=False).differences if row is not None else []
    for number, line in enumerate(sorted(open_lines, key=lambda line: line.number)):
        cause = "已搬到洽谈室使用" if line.result == stocktakes.Result.MOVED else "多次查找未见，按盘亏处理"
        decide = stocktakes.DecideLine(stocktake_id=stocktake, line_id=line.line_id, decision=stocktakes.Decision.ACCEPT, cause=cause)
        day.later(f"decide/finished/{number}", decide, house.actors["clerk"], day.at(15, 40 + number))
    day.later("approve/finished", stocktakes.ApproveStocktake(stocktake_id=stocktake), house.actors["leader"], day.at(16, 50))


def _half_done(day: Day, due_on: date) -> None:
    """The third floor: half of it seen from one phone, some of it in other rooms, two things nobody knows."""
    stocktake, things, visiting = Story.id("stocktake", "half"), _things(day, 3), _things(day, 2)
    house, phone = day.house, day.house.actors["phone"]
    _open(day, stocktake, 3, "三楼年终盘点", day.at(13, 30), due_on)
    seen = things[: len(things) // 2]
    elsewhere = {4: house.rooms["302"], 17: house.rooms["305"], 29: house.rooms["308"]}
    scans: list[tuple[str, UUID, int | None]] = [
        (thing.code, elsewhere.get(number, thing.place_id), None) for number, thing in enumerate(seen) if thing.pieces is None
    ]
    scans[9:9] = [(visiting[3].code, house.rooms["301"], None)]
    scans[21:21] = [(visiting[11].code, house.rooms["304"], None), (seen[2].code, seen[2].place_id, None)]
    for thing in things:  # two chairs of a row are somewhere else, and nobody has said where
        if thing.pieces is not None:
            scans.append((thing.code, thing.place_id, thing.pieces - 2 if thing.pieces > 20 else thing.pieces))
    for number, (code, place, pieces) in enumerate(scans, 1):
        do = stocktakes.Count(stocktake_id=stocktake, code=code, place_id=place, quantity=pieces)
        at = day.at(13, 50) + timedelta(seconds=SECONDS_A_SCAN * number)
        day.later(f"count/half/{number}", do, phone, at, device_seq=number)
    last = day.at(13, 50) + timedelta(seconds=SECONDS_A_SCAN * (len(scans) + 5))
    for number, (room, old_label, what) in enumerate(
        (("303", None, "旧碎纸机，没有标签，能用"), ("307", "固资 2016-0331", "铁皮文件柜，只有老标签")), 1
    ):
        find = stocktakes.ReportFind(stocktake_id=stocktake, place_id=house.rooms[room], code=old_label, description=what)
        day.later(f"find/half/{number}", find, phone, last + timedelta(minutes=number), device_seq=len(scans) + number)


def _confirming(day: Day, due_on: date) -> None:
    """The keepers of some departments confirm what they keep; who signs in as `staff` has answered for the first two things and has the rest to answer."""
    stocktake, staff = Story.id("stocktake", "confirming"), day.house.actors["staff"]
    day.house.story.flush()
    with database.reading() as s:
        kept = s.execute(select(Asset.department_id).where(col(Asset.keeper_id) == staff.person_id).distinct()).scalars()
        departments = sorted(one for one in kept if one is not None)  # theirs, and those whose things they look after
    do = stocktakes.OpenStocktake(
        id=stocktake,
        kind=stocktakes.Kind.ASSET,
        mode=stocktakes.Mode.SELF,
        department_ids=tuple(departments),
        title="保管人年末自盘",
        due_on=due_on,
    )
    day.tell("open/confirming", do, day.house.actors["clerk"], day.at(14))
    day.house.story.flush()
    with database.reading() as s:
        things = stocktakes.my_list(s, stocktakes.get(s, stocktake), staff).things
    for number, thing in enumerate(things[:2]):
        elsewhere = number == 1
        answer = stocktakes.Declare(
            stocktake_id=stocktake, line_id=thing.line_id, answer=stocktakes.Answer.ELSEWHERE if elsewhere else stocktakes.Answer.HERE,
            place_id=day.house.rooms["301"] if elsewhere else None, condition=stocktakes.Condition.GOOD, note="开会时借用" if elsewhere else "",
        )  # fmt: skip
        day.later(f"declare/confirming/{number}", answer, staff, day.at(15, number))


def _open(day: Day, stocktake: UUID, floor: int, title: str, at: datetime, due_on: date | None) -> None:
    do = stocktakes.OpenStocktake(
        id=stocktake, kind=stocktakes.Kind.ASSET, place_ids=(Story.id("floor", floor),), title=title, due_on=due_on
    )
    day.tell(f"open/{stocktake}", do, day.house.actors["clerk"], at)


def _things(day: Day, floor: int) -> list[Thing]:
    """The assets the book has on a floor, room by room."""
    day.house.story.flush()
    rooms = [room_id for short, room_id in sorted(day.house.rooms.items()) if short.startswith(str(floor))]
    with database.reading() as s:
        states = (AssetState.IDLE, AssetState.IN_USE, AssetState.REPAIR)
        rows = list(
            s.execute(
                select(Asset).where(col(Asset.place_id).in_(rooms), col(Asset.state).in_(states)).order_by(col(Asset.number))
            ).scalars()
        )
        codes = labels.codes_of(s, SubjectKind.ASSET, [row.id for row in rows])
    rows.sort(key=lambda row: (rooms.index(row.place_id), row.number))
    return [Thing(row.id, row.place_id, codes[row.id], row.quantity if row.bulk else None) for row in rows]
