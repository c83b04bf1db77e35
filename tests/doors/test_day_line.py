"""The hours a door's day line shows (look.md §4), judged where the door judges them: in its own JavaScript."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

NODE = shutil.which("node")
PARTS = Path(__file__).parents[2] / "kiosk" / "door" / "parts"
SHOW = """
import { dayLine } from "./face.js";
const [opens, closes, now, ...slots] = process.argv.slice(2);
const at = (wall) => Date.parse(`2026-11-23T${wall}:00+08:00`);
const view = { zone: "Asia/Shanghai", opens_minute: +opens, closes_minute: +closes,
  slots: slots.map((slot, id) => ({ id, starts_at: at(slot.split("-")[0]), ends_at: at(slot.split("-")[1]) })) };
const time = (moment) => new Date(moment + 8 * 3600e3).toISOString().slice(11, 16);
const line = dayLine(view, at(now), { time }, false);
console.log(JSON.stringify([line.hours.at(0).text, line.hours.at(-1).text, line.slots.map((slot) => slot.width)]));
"""


@pytest.mark.skipif(NODE is None, reason="node is not installed: the day line is then seen in the browser alone")
@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        (("480", "1200", "10:24"), ("08:00", "20:00")),  # open from 8 to 20: just that
        (("0", "1440", "10:24"), ("08:00", "20:00")),  # open day and night: the working day
        (("0", "1440", "10:24", "06:30-07:00", "21:00-21:30"), ("06:00", "22:00")),  # … as far as the bookings reach
        (("0", "1440", "22:10"), ("08:00", "23:00")),  # … and the moment
        (("0", "1440", "23:50", "23:00-24:00"), ("08:00", "24:00")),
        (("0", "1440", "03:05"), ("03:00", "20:00")),
    ],
)
def test_a_door_that_is_open_day_and_night_shows_the_working_day_and_what_lies_beyond_it(
    asked: tuple[str, ...], shown: tuple[str, str], tmp_path: Path
) -> None:
    for name in ("face.js", "words.js"):
        (tmp_path / name).write_text((PARTS / name).read_text("utf-8").replace('"foyer-door/', '"./'), "utf-8")
    (tmp_path / "package.json").write_text('{"type": "module"}', "utf-8")
    (tmp_path / "show.js").write_text(SHOW, "utf-8")
    said = subprocess.run([str(NODE), tmp_path / "show.js", *asked], capture_output=True, text=True, check=True).stdout
    first, last, widths = json.loads(said)
    assert (first, last) == shown and all(0 < width <= 100 for width in widths)
