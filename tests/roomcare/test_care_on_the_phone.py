"""A keeper's walk with the phone: the list of the meeting, the door's label, ready; then restoring with a photo; and drawing the floor."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from core.foundation import database
from core.mechanisms import labels, shapes
from core.mechanisms.labels import SubjectKind
from core.sections import bookings, roomcare
from tests.cast import Office
from tests.live import DESK, PHONE, Server, sign_in
from tests.rooms.doors import moment, photograph, set_up_rooms

pytestmark = pytest.mark.browser


@pytest.mark.timeout(120)
@pytest.mark.proves("S1.3-R4", "S1.3-R5", "S1.3-R6", "S1.3-R8")
def test_scanning_the_door_opens_exactly_this_meetings_list_and_ready_shows_at_once(
    live_office: Office, server: Server, browser: Browser
) -> None:
    set_up_rooms(live_office)
    room = live_office.places["301"]
    code = server.post(labels.IssueLabel(subject_kind=SubjectKind.PLACE, subject_id=room), by="ann")["result"]["code"]
    server.post(roomcare.SetRoomCare(room_id=room, keeper_id=live_office.wu.person_id, restore=True), by="bo")
    wish = bookings.CreateBooking(
        room_id=room, starts_at=moment(10), ends_at=moment(11), title="评审会", attendees=9, needs=("projector", "tea"), seating="u_shape"
    )
    assert server.post(wish, by="mei")["status"] == "accepted"
    server.set_clock(moment(9, 1))
    page = browser.new_context(**PHONE, locale="zh-CN").new_page()
    sign_in(page, server, "wu")
    page.goto(f"{server.url}/s/{code}")
    page.wait_for_function("() => window.foyer && window.foyer.linked()")
    photograph(page, "care-label")
    page.get_by_role("link", name="会前准备：10:00 评审会").tap()
    expect(page.locator(".care__line")).to_have_count(3)
    expect(page.locator('[data-question="seating"]')).to_contain_text("U 形，9 人")
    page.wait_for_function("() => window.foyer && window.foyer.linked()")
    page.locator('[data-question="tea"]').get_by_role("button", name="好", exact=True).tap()
    expect(page.locator('[data-question="tea"] [aria-pressed="true"]')).to_have_count(1)
    page.get_by_role("button", name="其余 2 项都好").tap()
    page.get_by_role("button", name="会场备好了").tap()
    expect(page.locator(".banner")).to_contain_text("吴桐 做好了")
    photograph(page, "care-ready")
    # A fault and a call for help from the same label: two taps each.
    page.goto(f"{server.url}/s/{code}")
    page.wait_for_function("() => window.foyer && window.foyer.linked()")
    expect(page.get_by_text("已为 10:00 的会议备好")).to_be_visible()
    page.get_by_role("button", name="报故障").tap()
    page.get_by_role("button", name="空调").tap()
    expect(page.get_by_text("空调坏了")).to_be_visible()
    desk = browser.new_context(**DESK, locale="zh-CN").new_page()
    sign_in(desk, server, "ann")
    desk.goto(server.url + "/desk/room_care?view=faults")
    expect(desk.locator(".item")).to_contain_text("空调")
    page.get_by_role("button", name="请人帮忙").tap()
    page.get_by_role("button", name="要饮用水").tap()
    expect(desk.locator(".banner")).to_contain_text("301 听雨厅 请人帮忙：要饮用水")
    desk.get_by_role("button", name="我去").click()
    expect(desk.locator(".banner")).to_have_count(0)
    # The floor is drawn in numbers.
    sign_in(desk, server, "bo")
    desk.goto(server.url + "/desk/draw_floor")
    for name, value in (("往东", "0"), ("往南", "0"), ("宽", "7.5"), ("深", "6")):
        desk.get_by_label(f"301 听雨厅 {name}").fill(value)
    expect(desk.locator(".plan__room")).to_have_count(1)
    photograph(desk, "draw-floor")
    desk.get_by_role("button", name="保存").click()
    expect(desk.locator(".toast")).to_contain_text("三楼的平面图存好了")
    draw_by_hand(desk, server, live_office)
    desk.context.close()
    page.context.close()


def draw_by_hand(desk: Page, server: Server, office: Office) -> None:
    """The clerk moves and stretches a room with the mouse, draws another, moves with the keyboard and takes it back; a phone sees each step."""

    def of(room: str) -> tuple[int, int, int, int] | None:
        with database.reading() as s:
            row = s.get(shapes.PlaceShape, office.places[room])
            return (row.x_cm, row.y_cm, row.width_cm, row.height_cm) if row else None

    def becomes(room: str, box: tuple[int, int, int, int] | None) -> None:
        for _ in range(100):
            if of(room) == box:
                break
            desk.wait_for_timeout(50)
        assert of(room) == box
        seen = "([id, box]) => { const rect = document.querySelector(`[data-room='${id}'] rect`); return box ? rect && +rect.getAttribute('x') === box[0] + 6 && +rect.getAttribute('width') === box[2] - 12 : !rect; }"
        desk.wait_for_function(seen, arg=[str(office.places[room]), list(box) if box else None])

    def spot(x: int, y: int) -> tuple[float, float]:
        """Where a point of the floor, in centimetres, lies on the page."""
        at = desk.evaluate(
            "([x, y]) => { const m = document.querySelector('.pe__svg').getScreenCTM(); const p = new DOMPoint(x, y).matrixTransform(m); return [p.x, p.y]; }",
            [x, y],
        )
        return at[0], at[1]

    def drag(start: tuple[int, int], end: tuple[int, int]) -> None:
        desk.mouse.move(*spot(*start))
        desk.mouse.down()
        desk.mouse.move(*spot((start[0] + end[0]) // 2, (start[1] + end[1]) // 2))
        desk.mouse.move(*spot(*end))
        desk.mouse.up()

    desk.locator(".pe__svg").scroll_into_view_if_needed()
    drag((400, 300), (600, 500))
    becomes("301", (200, 200, 750, 600))
    drag((950, 800), (1150, 900))  # its south-east corner
    becomes("301", (200, 200, 950, 700))
    desk.locator("[data-room]").first.press("ArrowRight")
    becomes("301", (210, 200, 950, 700))
    desk.locator("[data-room]").first.press("Shift+ArrowDown")
    becomes("301", (210, 200, 950, 710))
    desk.get_by_role("button", name="302").first.click()  # not drawn yet: armed, then drawn
    expect(desk.get_by_role("button", name="302").first).to_have_attribute("aria-pressed", "true")
    drag((1300, 200), (1700, 600))
    becomes("302", (1300, 200, 400, 400))
    drag((1500, 400), (900, 400))  # onto 301: refused, and it lies where it lay
    expect(desk.locator(".problem")).to_be_visible()
    becomes("302", (1300, 200, 400, 400))
    photograph(desk, "draw-floor-by-hand")
    desk.locator(".problem button").first.click()
    desk.get_by_role("button", name="撤销").click()
    becomes("302", None)
    desk.get_by_role("button", name="重做").click()
    becomes("302", (1300, 200, 400, 400))
    for _ in range(5):
        desk.get_by_role("button", name="撤销").click()
    becomes("301", (0, 0, 750, 600))
