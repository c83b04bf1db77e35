"""A room's door as a still picture for electronic paper: black and white or four greys, drawn here and only shown there (look.md §3).

The panel sleeps between two looks, so the picture says as of when it holds, and nothing on it counts. States differ by word, shape and
lightness as on a glowing door: light ground for what one may enter, black for what is taken. Drawn with our one font, bold by stroking."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from PIL import Image, ImageDraw, ImageFont

from assets_labels.fonts import FONT_FILE
from core.foundation.i18n import clock_time, long_day, t
from core.sections.bookings import DoorState

SIZES = ((800, 480), (1304, 984), (640, 384), (960, 640), (1872, 1404))  # 7.5, 12.48, 7.5 first edition, 10.2 and 10.3 inch panels
DEPTHS = (1, 2)
FRESH = timedelta(minutes=30)  # a picture that is older says so by its own words
LONGEST_SLEEP, SHORTEST_SLEEP = timedelta(minutes=15), timedelta(seconds=60)
NIGHT_SLEEP = timedelta(hours=1)
BLACK, DARK, LIGHT, WHITE = 0, 85, 170, 255
_FACE = {"zh-Hans": 2, "zh-Hant": 3, "en": 2}
_DARK_GROUND = ("held", "busy", "shut")


@dataclass(frozen=True, slots=True)
class Told:
    """All a picture says, as plain text: two pictures with the same are the same picture."""

    state: str
    room: str
    day: str
    about: str
    word: str
    say: str
    coming: tuple[str, ...]
    marks: tuple[str, ...]
    as_of: str


def told(view: DoorState, at: datetime, language: str) -> Told:
    """What the picture of this view says at `at`."""
    zone = ZoneInfo(view.zone)
    phase = view.phases[0]

    def clock(moment: datetime | None) -> str:
        return clock_time(moment, zone).removeprefix("0") if moment is not None else ""

    joint = ", " if language == "en" else "　"
    about = [t("door.rooms.seats", language, n=view.capacity)] if view.capacity else []
    about += [t(f"room.equipment.{code}", language) for code in view.equipment]
    slot = view.slots[phase.slot] if phase.slot is not None else None
    who = slot.who if slot else ""
    say = {
        "free": lambda: t("door.free.say.small", language, until=clock(phase.until)),
        "soon": lambda: t("door.paper.soon", language, until=clock(phase.until)),
        "busy": lambda: t("door.paper.busy", language, until=clock(phase.until)),
        "held": lambda: t("door.held.say.small" if who else "door.held.someone.small", language, who=who,
            start=clock(slot.starts_at if slot else None), by=clock(slot.check_in_by if slot else None)),
        "shut": lambda: t("door.restoring.small", language) if phase.restoring else t("door.shut.hours.small", language, until=clock(phase.until))
            if phase.hours else phase.reason or t("door.shut.reason", language),
    }[phase.state]()  # fmt: skip
    ahead = [one for one in view.slots if one.starts_at >= (slot.ends_at if slot and phase.state != "soon" else at)]
    today = [one for one in ahead if one.starts_at.astimezone(zone).date() == at.astimezone(zone).date()]
    coming = tuple(
        f"{clock(one.starts_at)}–{clock(one.ends_at)}　{one.title or one.who or t('door.paper.meeting', language)}" for one in today[:3]
    )
    marks = tuple(
        t("door.mark.fault.small", language, what=t(mark.key, language)) if mark.kind == "fault" else t(f"door.mark.{mark.kind}.open", language)
        for mark in view.marks
        if mark.kind in ("fault", "preparing", "restoring") and not (mark.kind == "restoring" and phase.restoring and phase.state == "shut")
    )  # fmt: skip
    minutes = int(FRESH.total_seconds()) // 60
    as_of = at.astimezone(zone).replace(second=0, microsecond=0)
    as_of -= timedelta(minutes=as_of.minute % minutes)
    return Told(
        phase.state,
        view.name_en if language == "en" and view.name_en else view.name,
        long_day(at.astimezone(zone).date(), language),
        joint.join(about),
        t("door.word.restoring" if phase.restoring and phase.state == "shut" else f"door.word.{phase.state}", language),
        say,
        coming or (t("door.next.nothing", language),),
        marks[:1],
        t("door.paper.as_of", language, time=clock(as_of)),
    )


def sleep_s(view: DoorState, at: datetime) -> int:
    """How long a panel may sleep: until the plan itself changes the picture, at most a quarter of an hour in working hours (somebody may
    book), an hour when the room is closed for the night."""
    phase = view.phases[0]
    longest = NIGHT_SLEEP if phase.state == "shut" and phase.hours else LONGEST_SLEEP
    changes = min([phase.ends_at, *([phase.until] if phase.until else [])])
    return math.ceil(min(longest, max(SHORTEST_SLEEP, changes - at)).total_seconds())


def draw(what: Told, size: tuple[int, int], depth: int, language: str) -> bytes:
    """The picture as a PNG of `size`, 1 bit or 2 bits (four greys) a pixel."""
    width, height = size
    unit = min(width / 800, height / 480)
    dark = what.state in _DARK_GROUND
    ground, ink = (BLACK, WHITE) if dark else (WHITE, BLACK)
    quiet = (LIGHT if dark else DARK) if depth == 2 else ink
    image = Image.new("L", size, ground)
    pen = ImageDraw.Draw(image)
    pen.fontmode = "1" if depth == 1 else "L"  # one bit has no soft edges: dithered letters would be frayed

    def font(px: float) -> ImageFont.FreeTypeFont:
        return ImageFont.truetype(str(FONT_FILE), round(px * unit), index=_FACE.get(language, 2))

    def text(x: float, y: float, words: str, px: float, fill: int = ink, bold: bool = False, right: float | None = None) -> None:
        face = font(px)
        most = (right if right is not None else width - 24 * unit) - x
        while len(words) > 1 and face.getlength(words) > most:
            words = words[:-2].rstrip() + "…"
        pen.text((x, y), words, fill=fill, font=face, stroke_width=round(px * unit / 40) if bold else 0, stroke_fill=fill)

    edge = 24 * unit
    day = font(22)
    day_left = width - edge - day.getlength(what.day)
    text(edge, 14 * unit, what.room, 34, bold=True, right=day_left - edge)
    pen.text((day_left, 24 * unit), what.day, fill=quiet, font=day)
    text(edge, 62 * unit, what.about, 20, quiet)
    side = 112 * unit
    top = height * 0.24
    _shape(pen, what.state, (edge, top, edge + side, top + side), ink, ground, unit)
    px = 148.0
    left = edge + side + 28 * unit
    while font(px).getlength(what.word) > width - left - edge:
        px -= 4
    face = font(px)
    box = face.getbbox(what.word)
    pen.text(
        (left, top + side / 2 - (box[1] + box[3]) / 2), what.word, fill=ink, font=face, stroke_width=round(px * unit / 52), stroke_fill=ink
    )
    below = top + side + 30 * unit
    text(edge, below, what.say, 34, bold=True)
    row = below + 56 * unit
    for mark in what.marks:
        text(edge, row, f"! {mark}", 22)
        row += 34 * unit
    pen.line((edge, row, width - edge, row), fill=quiet, width=max(1, round(2 * unit)))
    row += 10 * unit
    for line in what.coming:
        if row + 34 * unit > height - 44 * unit:
            break
        text(edge, row, line, 24)
        row += 34 * unit
    foot = font(18)
    pen.text((width - edge - foot.getlength(what.as_of), height - 36 * unit), what.as_of, fill=quiet, font=foot)
    out = io.BytesIO()
    _few_greys(image, depth).save(out, "PNG", optimize=True, bits=depth)
    return out.getvalue()


def _few_greys(image: Image.Image, depth: int) -> Image.Image:
    """The picture with as many greys as the panel has."""
    if depth == 1:
        return image.point(lambda grey: 255 if grey > 127 else 0).convert("1", dither=Image.Dither.NONE)
    found = image.point(lambda grey: min(3, (grey + 42) // 85))
    paper = Image.frombytes("P", image.size, found.tobytes())
    paper.putpalette([level for grey in (BLACK, DARK, LIGHT, WHITE) for level in (grey, grey, grey)])
    return paper


def _shape(pen: ImageDraw.ImageDraw, state: str, box: tuple[float, float, float, float], ink: int, ground: int, unit: float) -> None:
    left, top, right, bottom = box
    thick = round(14 * unit)
    middle_x, middle_y, radius = (left + right) / 2, (top + bottom) / 2, (right - left) / 2
    if state == "free":
        pen.ellipse(box, outline=ink, width=thick)
    elif state == "soon":
        pen.arc(box, -90, 150, fill=ink, width=thick)
        pen.line(
            (middle_x, middle_y - radius * 0.5, middle_x, middle_y, middle_x + radius * 0.36, middle_y + radius * 0.2),
            fill=ink,
            width=thick * 2 // 3,
        )
    elif state == "held":
        for start in range(0, 360, 60):
            pen.arc(box, start, start + 38, fill=ink, width=thick)
        head = radius * 0.24
        pen.ellipse((middle_x - head, middle_y - radius * 0.42, middle_x + head, middle_y - radius * 0.42 + 2 * head), fill=ink)
        pen.pieslice((middle_x - radius * 0.48, middle_y + radius * 0.12, middle_x + radius * 0.48, middle_y + radius), 180, 360, fill=ink)
    elif state == "busy":
        pen.ellipse(box, fill=ink)
        pen.rounded_rectangle(
            (middle_x - radius * 0.6, middle_y - radius * 0.17, middle_x + radius * 0.6, middle_y + radius * 0.17),
            radius * 0.06,
            fill=ground,
        )
    else:
        pen.rounded_rectangle(box, radius * 0.18, outline=ink, width=thick)
        for slope in (1, -1):
            pen.line(
                (middle_x - radius * 0.42, middle_y - slope * radius * 0.42, middle_x + radius * 0.42, middle_y + slope * radius * 0.42),
                fill=ink, width=thick,
            )  # fmt: skip
