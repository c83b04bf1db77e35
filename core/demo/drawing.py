"""Where the rooms of the sample office lie: three floors of 36 by 18 metres with a corridor between them, drawn in centimetres."""

from __future__ import annotations

from core.demo.house import POINTS, House
from core.demo.story import Story
from core.mechanisms import shapes

NORTH, SOUTH, DEEP = 0, 1020, 780  # the corridor is between 780 and 1020
# floor → rooms as (short name, x, width), north of the corridor and south of it; what is left free are stairs and lobbies
ROOMS = {
    1: (
        (("101", 0, 1200), ("102", 1200, 500), ("103", 1700, 500), ("105", 2200, 700), ("107", 2900, 700)),
        (("106", 0, 800), ("104", 2050, 950)),
    ),
    2: (
        (("201", 0, 1050), ("202", 1050, 1250), ("205", 2300, 550), ("206", 2850, 750)),
        (("203", 0, 800), ("204", 800, 700), ("207", 2100, 700), ("208", 2800, 800)),
    ),
    3: (
        (("301", 0, 750), ("302", 750, 900), ("305", 1650, 450), ("306", 2100, 800), ("303", 2900, 700)),
        (("308", 0, 1350), ("304", 1350, 650), ("307", 2400, 650), ("309", 3050, 550)),
    ),
}
OUTLINES = {
    1: ((0, 0), (3600, 0), (3600, 1800), (1850, 1800), (1850, 1950), (1000, 1950), (1000, 1800), (0, 1800)),
    2: ((0, 0), (3600, 0), (3600, 1800), (0, 1800)),
    3: ((0, 0), (3600, 0), (3600, 1800), (0, 1800)),
}
EXITS = {"一楼正门": (1, 1425, 1900), "一楼后门": (1, 3540, 900), "二楼东楼梯": (2, 1800, 1500), "三楼西楼梯": (3, 2200, 1500)}


def tell(house: House) -> None:
    """Draw each floor once."""
    if house.story.was_told("drawing/3"):
        return
    clerk = house.actors["clerk"]
    for level, (north, south) in ROOMS.items():
        drawn = [
            shapes.Drawn(place_id=house.rooms[short], x_cm=x, y_cm=y, width_cm=width, height_cm=DEEP)
            for y, row in ((NORTH, north), (SOUTH, south))
            for short, x, width in row
        ]
        for number, (floor, name) in enumerate(POINTS["exit"], 1):
            if floor == level and name in EXITS:
                drawn.append(shapes.Drawn(place_id=Story.id("point", "exit", number), x_cm=EXITS[name][1], y_cm=EXITS[name][2]))
        do = shapes.DrawFloor(floor_id=Story.id("floor", level), outline=OUTLINES[level], places=tuple(drawn))
        house.story.later(f"drawing/{level}", do, clerk, house.founded)
    house.story.flush()
