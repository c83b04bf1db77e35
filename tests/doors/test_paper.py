"""The door on electronic paper: one picture that says everything, and how long the panel may sleep (issue: Rooms and door screens)."""

from __future__ import annotations

import io
import os
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from assets_labels import door_picture
from core.foundation import clock
from core.sections import bookings, rooms
from tests.cast import Office
from tests.rooms.doors import moment, set_up_rooms

pytestmark = pytest.mark.proves("V22", "V28")


def picture(
    office: Office, size: tuple[int, int] = (800, 480), depth: int = 1, language: str = "zh-Hans"
) -> tuple[door_picture.Told, Image.Image]:
    at = clock.now()
    view = office.read(bookings.door_state, office.places["301"], at)
    told = door_picture.told(view, at, language)
    return told, Image.open(io.BytesIO(door_picture.draw(told, size, depth, language)))


def darkness(image: Image.Image) -> float:
    grey = image.convert("L")
    return 1 - sum(value * count for value, count in enumerate(grey.histogram())) / (255 * grey.width * grey.height)


def test_each_state_is_a_picture_of_its_own_light_for_free_and_dark_for_taken(office: Office) -> None:
    set_up_rooms(office, "301", english_name="Rain Room 301")
    booking = office.do(
        bookings.CreateBooking(room_id=office.places["301"], starts_at=moment(10), ends_at=moment(11), title="裁员方案"), office.mei
    )
    seen: dict[str, float] = {}
    for state, at in (("free", moment(9)), ("soon", moment(9, 52)), ("held", moment(10, 2)), ("busy", moment(10, 5)), ("shut", moment(21))):
        clock.freeze(at)
        if state == "busy":
            office.do(bookings.CheckIn(booking_id=booking["id"]), office.mei)
        for size, language in (((800, 480), "zh-Hans"), ((1304, 984), "en")):
            for depth in door_picture.DEPTHS:
                told, image = picture(office, size, depth, language)
                assert told.state == state and image.size == size
                assert len(image.convert("L").getcolors() or ()) <= 2**depth
                if folder := os.environ.get("FOYER_SHOTS"):
                    image.save(Path(folder) / f"paper-{state}-{size[0]}-{depth}.png")
        assert "裁员方案" not in repr(told) and "林晓梅" not in repr(told)
        seen[state] = darkness(image)
    assert max(seen["free"], seen["soon"]) < 0.3 < 0.7 < min(seen["held"], seen["busy"], seen["shut"])


def test_a_panel_sleeps_until_the_plan_changes_but_never_long_while_people_may_book(office: Office) -> None:
    set_up_rooms(office, "301")
    office.do(bookings.CreateBooking(room_id=office.places["301"], starts_at=moment(10), ends_at=moment(11)), office.mei)

    def sleep(hour: int, minute: int = 0, second: int = 0) -> int:
        at = moment(hour, minute, second)
        clock.freeze(at)
        return door_picture.sleep_s(office.read(bookings.door_state, office.places["301"], at), at)

    assert sleep(9) == 900  # free until 10: somebody may book at any time
    assert sleep(9, 45) == 300  # "soon" begins at 9:50
    assert sleep(9, 49, 40) == 60  # never less than a minute
    assert sleep(21) == 3600  # closed for the night


def test_the_same_facts_are_the_same_picture_and_half_an_hour_later_it_says_so(office: Office) -> None:
    set_up_rooms(office, "301")
    first, _ = picture(office)
    clock.freeze(clock.now() + timedelta(minutes=29))
    second, _ = picture(office)
    assert first == second and first.as_of == "9:00 的情况"
    clock.freeze(clock.now() + timedelta(minutes=1))
    assert picture(office)[0].as_of == "9:30 的情况"


def test_a_long_name_is_cut_and_never_leaves_the_picture(office: Office) -> None:
    office.do(
        rooms.SetUpRoom(
            room_id=office.places["301"], english_name="The very long name of a room that nobody could ever say in one breath 301"
        ),
        office.bo,
    )
    _, image = picture(office, language="en")
    grey = image.convert("L")
    assert all(grey.getpixel((grey.width - 3, y)) == 255 for y in range(grey.height))
