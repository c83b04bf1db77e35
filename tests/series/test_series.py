"""A series of bookings: every date is looked at, all are saved or none, and what was changed about one survives. On both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from core.foundation import clock, database
from core.mechanisms import duties, workdays
from core.mechanisms.notices import Notice
from core.mechanisms.operations import Role, perform_now
from core.sections import bookings
from core.sections.bookings import no_shows, series
from core.sections.bookings.series import AnswerStrikes, CancelSeries, ChangeSeries, ProlongSeries, SkipDates, ask_owners
from tests.cast import Office
from tests.rooms.doors import moment, set_up_rooms
from tests.series.build import asking, booked, card, choice, claims_in, days, live_bookings, make, plan, room_in, wall

WEEKLY = "FREQ=WEEKLY;BYDAY=MO"
MON = wall(11, 30)  # the Monday after the frozen one


@pytest.fixture
def house(office: Office) -> Office:
    """The office with three rooms to book; it is Monday 2026-11-23, 9:00."""
    set_up_rooms(office)
    return office


# ── making ──


@pytest.mark.proves("V07", "S1.3-R1")
def test_a_series_is_refused_whole_when_only_its_last_date_is_taken(house: Office) -> None:
    starts = datetime(2027, 1, 25, 2, 30, tzinfo=UTC)  # the ninth Monday, 10:30
    house.do(bookings.CreateBooking(room_id=house.places["301"], starts_at=starts, ends_at=starts + timedelta(minutes=30)), house.wu)
    refused = house.refused(asking(house, MON, f"{WEEKLY};COUNT=9"), house.mei)
    assert refused.code == "series.not_all"
    assert [(one["original"], one["code"]) for one in refused.facts["dates"]] == [("2027-01-25T10:00:00", "booking.clash")]
    assert len(live_bookings()) == 1 and claims_in(house) == 1
    assert "booked" in refused.message("en")


@pytest.mark.proves("V07", "S1.3-R2")
def test_the_preview_shows_each_date_with_what_stands_in_its_way_and_what_else_there_is(house: Office) -> None:
    taken = datetime(2026, 12, 7, 2, 30, tzinfo=UTC)
    house.do(bookings.CreateBooking(room_id=house.places["301"], starts_at=taken, ends_at=taken + timedelta(hours=1)), house.wu)
    shown = house.read(series.preview, plan(house, MON, f"{WEEKLY};COUNT=3"), house.mei, clock.now())
    assert [row.state for row in shown.rows] == ["free", "booking.clash", "free"]
    clash = shown.rows[1]
    assert clash.facts["until"] == taken + timedelta(hours=1)
    assert {room.name for room in clash.alternatives} == {["302", "302 办公室"][1], "305 小谈室"}
    assert shown.rows[0].free_until == datetime(2026, 11, 30, 12, tzinfo=UTC)  # closes at 20:00
    assert (shown.bookable, shown.in_the_way) == (2, 1)


@pytest.mark.proves("Front desk 6", "V13")
def test_each_row_can_be_skipped_moved_or_put_in_another_room_before_one_save(house: Office) -> None:
    for day, hour in ((7, 2), (14, 2), (21, 2)):
        at = datetime(2026, 12, day, hour, tzinfo=UTC)
        house.do(bookings.CreateBooking(room_id=house.places["301"], starts_at=at, ends_at=at + timedelta(hours=1)), house.wu)
    choices = (
        choice(wall(12, 7), skip=True),
        choice(wall(12, 14), room_id=house.places["305"]),
        choice(wall(12, 21), starts=wall(12, 21, 14), ends=wall(12, 21, 15, 30)),
    )
    made = make(house, MON, f"{WEEKLY};COUNT=5", choices=choices)
    assert booked(house, made) == ["301 11-30T10:00", "305 12-14T10:00", "301 12-21T14:00", "301 12-28T10:00"]
    assert [row.kind for row in house.audit("series.create")] == ["series.create"]


@pytest.mark.proves("V13")
def test_a_program_may_skip_what_is_taken_just_as_the_page_may(house: Office) -> None:
    at = datetime(2026, 12, 7, 2, tzinfo=UTC)
    house.do(bookings.CreateBooking(room_id=house.places["301"], starts_at=at, ends_at=at + timedelta(hours=1)), house.wu)
    made = make(house, MON, f"{WEEKLY};COUNT=3", skip_taken=True)
    assert booked(house, made) == ["301 11-30T10:00", "301 12-14T10:00"]
    assert [(view.state, view.reason) for view in card(house, made).dates][1] == ("skipped", "booking.clash")


@pytest.mark.proves("V08")
def test_a_series_longer_than_its_own_period_is_refused_with_the_reason(house: Office) -> None:
    room_in(house, "Asia/Shanghai", "W1")
    refused = house.refused(asking(house, MON, "FREQ=DAILY;COUNT=5", room="W1", minutes=25 * 60), house.mei)
    assert refused.code == "series.longer_than_period"
    make(house, MON, "FREQ=DAILY;COUNT=5", room="W1", minutes=24 * 60)  # neighbours


@pytest.mark.parametrize(
    "rule",
    [
        "", "FREQ=SECONDLY", "FREQ=DAILY;COUNT=2;UNTIL=20270101", "HELLO", "FREQ=WEEKLY;BYDAY=2MO", "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;BYMONTH=13",
        "FREQ=DAILY;FREQ=DAILY", "FREQ=DAILY\nEXDATE:20261201T000000", "FREQ=DAILY;BYEASTER=1", "FREQ=DAILY;UNTIL=20271350", "FREQ=DAILY;COUNT=99999999",
    ],
)  # fmt: skip
def test_a_rule_nobody_can_mean_is_refused_in_words(house: Office, rule: str) -> None:
    outcome = perform_now(asking(house, MON, rule), by=house.mei) if rule else None
    if outcome is None:
        with pytest.raises(ValueError, match="either a rule or workdays"):
            asking(house, MON, rule)
    else:
        assert outcome.code == "series.rule_wrong", outcome


def test_a_rule_that_never_matches_ends_and_says_so(house: Office) -> None:
    assert house.refused(asking(house, MON, "FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30;COUNT=3"), house.mei).code == "series.no_dates"


def test_a_series_with_more_dates_than_a_person_can_look_at_is_refused(house: Office) -> None:
    assert house.refused(asking(house, MON, "FREQ=HOURLY;COUNT=401"), house.mei).code == "series.too_many"


@pytest.mark.proves("V07")
def test_dates_further_away_than_anybody_may_book_are_in_the_way_too(house: Office) -> None:
    refused = house.refused(asking(house, MON, f"{WEEKLY};COUNT=70"), house.mei)
    assert {one["code"] for one in refused.facts["dates"]} == {"booking.too_far"}


# ── working days ──


@pytest.mark.proves("Front desk 6")
def test_every_working_day_leaves_out_the_holiday_and_takes_the_make_up_saturday(house: Office) -> None:
    before = datetime(2026, 9, 25, 1, tzinfo=UTC)
    asked = plan(house, wall(9, 28, 9), workdays=True, last_on=date(2026, 10, 12))
    shown = house.read(series.preview, asked, house.mei, before)
    expected = days("2026-09-28", "2026-09-29", "2026-09-30", "2026-10-08", "2026-10-09", "2026-10-10", "2026-10-12")
    assert [row.day for row in shown.rows] == expected
    assert shown.rows[5].works and shown.rows[5].day.weekday() == 5 and shown.missing_years == ()
    made = make(house, wall(9, 28, 9), workdays=True, last_on=date(2026, 10, 12), at=before)
    assert [view.day for view in card(house, made).dates] == expected


@pytest.mark.proves("Front desk 6")
def test_a_year_whose_holiday_list_is_not_loaded_is_named_and_never_guessed(house: Office) -> None:
    asked = plan(house, wall(9, 28, 9, year=2027), workdays=True, last_on=date(2027, 10, 12))
    shown = house.read(series.preview, asked, house.mei, clock.now())
    assert (shown.rows, shown.missing_years) == ((), (2027,))
    refused = house.refused(asking(house, wall(9, 28, 9, year=2027), workdays=True, last_on=date(2027, 10, 12)), house.mei)
    assert refused.code == "series.holidays_not_loaded"
    assert refused.message("en").startswith("Holiday list for 2027 not loaded")


def test_holidays_can_be_left_out_of_any_rule_and_are_marked_in_the_preview(house: Office) -> None:
    before = datetime(2026, 9, 1, 1, tzinfo=UTC)
    rule = "FREQ=WEEKLY;BYDAY=TH;COUNT=3"  # 24 September, 1 October (holiday), 8 October
    shown = house.read(series.preview, plan(house, wall(9, 24), rule, skip_days_off=True), house.mei, before)
    assert [(row.state, row.works) for row in shown.rows] == [("free", True), ("skipped", False), ("free", True)]
    assert shown.rows[1].day_name == "国庆节"


def test_a_series_without_an_end_is_rolled_on_and_stops_where_the_list_is_missing(house: Office) -> None:
    made = make(house, wall(11, 30, 9), workdays=True)
    assert card(house, made).dates[-1].day == date(2026, 12, 31)  # 2027 is not loaded
    day = date(2027, 1, 1)
    while day < date(2027, 1, 20):
        house.do(workdays.SetCalendarDay(day=day, works=day.weekday() < 5 and day.day > 3), house.bo)
        day += timedelta(days=1)
    with database.writing() as s:
        s.add(workdays.CalendarYear(year=2027, source="office", loaded_at=clock.now()))
    taken = datetime(2027, 1, 5, 1, tzinfo=UTC)
    house.do(bookings.CreateBooking(room_id=house.places["301"], starts_at=taken, ends_at=taken + timedelta(hours=1)), house.wu)
    assert series.roll_on(house.later(days=1)) > 100
    again = card(house, made)
    assert [view.reason for view in again.dates if view.day == date(2027, 1, 5)] == ["booking.clash"]
    assert [view.state for view in again.dates if view.day == date(2027, 1, 4)] == ["confirmed"]
    assert series.roll_on(clock.now()) == 0  # the same day once
    with database.reading() as s:
        told = s.execute(select(Notice).where(Notice.key == "series.missed_notice")).scalars().all()  # type: ignore[arg-type]
    assert [(notice.person_id, notice.facts["n"]) for notice in told] == [(house.mei.person_id, 1)]


# ── editing ──


@pytest.mark.proves("V09", "V03")
def test_a_cancelled_date_never_comes_back_whatever_is_done_to_the_series(house: Office) -> None:
    made = make(house, MON, f"{WEEKLY};COUNT=4")
    first, second = card(house, made).dates[:2]
    house.do(bookings.CancelBooking(booking_id=first.booking_id), house.mei)
    house.do(SkipDates(series_id=made, originals=(second.original,)), house.mei)
    left = ["301 12-14T10:00", "301 12-21T10:00"]
    house.do(ChangeSeries(series_id=made, title="周例会"), house.mei)
    assert booked(house, made) == left
    house.do(ChangeSeries(series_id=made, room_id=house.places["305"], starts=time(11)), house.mei)
    house.do(ProlongSeries(series_id=made, last_on=date(2027, 1, 5)), house.mei)
    assert booked(house, made) == ["305 12-14T11:00", "305 12-21T11:00", "305 12-28T11:00", "305 01-04T11:00"]
    assert {booking.title for booking in live_bookings()} == {"周例会"}


@pytest.mark.proves("V09")
def test_a_series_stays_editable_after_one_date_was_replaced_and_the_replaced_one_stays_as_it_is(house: Office) -> None:
    made = make(house, MON, f"{WEEKLY};COUNT=4")
    dates = card(house, made).dates
    moved = bookings.MoveBooking(
        booking_id=dates[1].booking_id, room_id=house.places["305"], starts_at=moment(14, day=24), ends_at=moment(15, day=24)
    )
    house.do(moved, house.mei)  # one date alone, by whatever screen
    house.do(bookings.CancelBooking(booking_id=dates[2].booking_id), house.mei)
    house.do(ChangeSeries(series_id=made, title="新名", room_id=house.places["302"], starts=time(16)), house.mei)
    assert booked(house, made) == ["305 11-24T14:00", "302 11-30T16:00", "302 12-21T16:00"]
    shown = {view.original: view for view in card(house, made).dates}
    assert shown["2026-12-07T10:00:00"].changed_room and shown["2026-12-07T10:00:00"].changed_time


@pytest.mark.proves("V09")
def test_this_and_following_leaves_the_earlier_dates_and_exceptions_survive_the_next_edit_too(house: Office) -> None:
    made = make(house, MON, f"{WEEKLY};COUNT=4", choices=(choice(wall(12, 21), room_id=house.places["305"]),))
    house.do(ChangeSeries(series_id=made, since=wall(12, 7), room_id=house.places["302"]), house.mei)
    assert booked(house, made) == ["301 11-30T10:00", "302 12-07T10:00", "302 12-14T10:00", "305 12-21T10:00"]
    house.do(ChangeSeries(series_id=made, starts=time(9)), house.mei)
    assert booked(house, made) == ["301 11-30T09:00", "302 12-07T09:00", "302 12-14T09:00", "305 12-21T09:00"]
    assert claims_in(house) == 1


def test_moving_a_daily_series_by_an_hour_is_never_in_its_own_way(house: Office) -> None:
    room_in(house, "Asia/Shanghai", "W1")
    made = make(house, MON, "FREQ=DAILY;COUNT=4", room="W1", minutes=24 * 60)
    house.do(ChangeSeries(series_id=made, starts=time(11)), house.mei)
    assert booked(house, made)[0] == "W1 11-30T11:00" and claims_in(house, "W1") == 4


@pytest.mark.proves("V03", "V07")
def test_an_edit_that_clashes_on_one_date_changes_none(house: Office) -> None:
    made = make(house, MON, f"{WEEKLY};COUNT=3")
    taken = datetime(2026, 12, 14, 6, tzinfo=UTC)
    house.do(bookings.CreateBooking(room_id=house.places["301"], starts_at=taken, ends_at=taken + timedelta(hours=1)), house.wu)
    before = booked(house, made)
    refused = house.refused(ChangeSeries(series_id=made, title="x", starts=time(14)), house.mei)
    assert [one["original"] for one in refused.facts["dates"]] == ["2026-12-14T10:00:00"]
    assert booked(house, made) == before and card(house, made).series.title == ""
    rows = house.read(series.preview_change, ChangeSeries(series_id=made, starts=time(14)), house.mei, clock.now())
    assert [row.state for row in rows] == ["free", "free", "booking.clash"]


@pytest.mark.proves("V10")
def test_the_past_of_a_series_is_never_touched_and_nobody_is_told_about_it(house: Office) -> None:
    made = make(house, wall(11, 23), f"{WEEKLY};COUNT=4", title="旧名")
    at = house.later(days=15)  # Tuesday 8 December: three dates are over
    with database.reading() as s:
        told = len(s.execute(select(Notice)).scalars().all())
    past = {
        booking.id: (booking.version, booking.title, booking.starts_at, booking.room_id)
        for booking in live_bookings()
        if booking.starts_at < at
    }
    assert len(past) == 3
    house.do(ChangeSeries(series_id=made, title="新名", room_id=house.places["305"], starts=time(15)), house.mei)
    house.do(CancelSeries(series_id=made), house.mei)
    with database.reading() as s:
        after = {key: s.get(bookings.Booking, key) for key in past}
        assert len(s.execute(select(Notice)).scalars().all()) == told
    assert {key: (b.version, b.title, b.starts_at, b.room_id) for key, b in after.items() if b} == past


def test_a_date_that_is_over_can_not_be_skipped(house: Office) -> None:
    made = make(house, wall(11, 23), f"{WEEKLY};COUNT=3")
    house.later(hours=1, minutes=10)  # the first runs
    assert house.refused(SkipDates(series_id=made, originals=(wall(11, 23),)), house.mei).code == "series.date_over"
    assert house.refused(SkipDates(series_id=made, originals=(wall(11, 24),)), house.mei).code == "series.choice_unknown"


@pytest.mark.proves("V11")
def test_an_empty_list_of_dates_means_nothing(house: Office) -> None:
    made = make(house, MON, f"{WEEKLY};COUNT=3")
    before = booked(house, made)
    house.do(SkipDates(series_id=made, originals=()), house.mei)
    assert booked(house, made) == before and len(before) == 3
    house.do(ChangeSeries(series_id=made, choices=()), house.mei)
    assert booked(house, made) == before


@pytest.mark.proves("V42")
def test_a_cancelled_series_frees_its_rooms_and_from_a_date_on_only_those(house: Office) -> None:
    made = make(house, MON, f"{WEEKLY};COUNT=4")
    house.do(CancelSeries(series_id=made, since=wall(12, 14)), house.mei)
    assert booked(house, made) == ["301 11-30T10:00", "301 12-07T10:00"] and claims_in(house) == 2
    house.do(CancelSeries(series_id=made), house.mei)
    house.do(CancelSeries(series_id=made), house.mei)
    assert claims_in(house) == 0
    make(house, MON, f"{WEEKLY};COUNT=4", by=house.wu)
    assert house.refused(ChangeSeries(series_id=made, title="x"), house.mei).code == "series.over"


def test_only_its_host_its_department_and_the_desk_may_change_a_series(house: Office) -> None:
    made = make(house, MON, f"{WEEKLY};COUNT=3")
    stranger = house.person("gao", "高远", department="财务科")
    assert house.refused(ChangeSeries(series_id=made, title="x"), stranger).code == "op.not_allowed"
    assert house.refused(SkipDates(series_id=made, originals=()), stranger).code == "op.not_allowed"
    assert house.read(series.card, made, stranger, clock.now()) is None
    assert (
        house.refused(asking(house, MON, f"{WEEKLY};COUNT=2", room="305", host_id=house.wu.person_id), house.mei).code == "op.not_allowed"
    )
    house.do(ProlongSeries(series_id=made, last_on=date(2026, 12, 22)), house.wu)  # a colleague of the department
    assert {booking.host_id for booking in live_bookings()} == {house.mei.person_id}
    door, _ = house.device("301", Role.DOOR, house.places["301"])
    assert house.refused(CancelSeries(series_id=made), door).code == "op.not_allowed"


@pytest.mark.proves("V10")
def test_a_host_hears_once_when_the_desk_changes_or_ends_their_series(house: Office) -> None:
    made = make(house, MON, f"{WEEKLY};COUNT=4")
    house.do(ChangeSeries(series_id=made, starts=time(11)), house.mei)
    house.do(ChangeSeries(series_id=made, starts=time(14)), house.ann)
    house.do(CancelSeries(series_id=made), house.ann)
    house.do(CancelSeries(series_id=made), house.ann)  # twice is nothing new
    with database.reading() as s:
        rows = s.execute(select(Notice).where(Notice.person_id == house.mei.person_id)).scalars().all()  # type: ignore[arg-type]
    assert sorted({row.key for row in rows}) == ["series.cancelled_notice", "series.changed_notice"]
    assert len({row.created_at for row in rows if row.key == "series.changed_notice"}) == 1 and len(rows) <= 4  # not one for each date


def test_a_retry_of_the_same_save_makes_one_series(house: Office) -> None:
    op_id = UUID(int=5)
    first = house.do(asking(house, MON, f"{WEEKLY};COUNT=3"), house.mei, op_id=op_id)
    again = perform_now(asking(house, MON, f"{WEEKLY};COUNT=3"), by=house.mei, op_id=op_id)
    assert again.repeated and again.result["id"] == first["id"] and len(live_bookings()) == 3


# ── no-shows ──


@pytest.mark.proves("S1.3-R1", "Front desk 4")
def test_after_several_no_shows_the_owner_is_asked_before_anything_is_cancelled(house: Office) -> None:
    made = make(house, wall(11, 24), "FREQ=DAILY;COUNT=8", title="晨会")
    for day in range(24, 27):
        assert ask_owners(clock.now()) == 0
        at = house.later(seconds=(moment(10, 10, 5, day=day) - clock.now()).total_seconds())
        assert no_shows.release_no_shows(at) == 1
    assert ask_owners(clock.now()) == 1 and ask_owners(clock.now()) == 0
    owed = house.read(duties.mine, house.mei, clock.now())
    assert [(duty.subject_kind, duty.subject_id) for duty in owed] == [("series", made)]
    assert "晨会" in owed[0].title and len(booked(house, made)) == 5  # nothing was cancelled
    house.later(days=1, hours=-2)
    house.do(AnswerStrikes(series_id=made, keep=True), house.mei)
    assert house.read(duties.mine, house.mei, clock.now()) == []
    assert card(house, made).series.no_shows == 0 and len(booked(house, made)) == 5 and ask_owners(clock.now()) == 0


def test_an_owner_who_lets_a_series_go_frees_the_rest(house: Office) -> None:
    made = make(house, wall(11, 24), "FREQ=DAILY;COUNT=8")
    for day in range(24, 27):
        no_shows.release_no_shows(house.later(seconds=(moment(10, 10, 5, day=day) - clock.now()).total_seconds()))
    ask_owners(clock.now())
    house.do(AnswerStrikes(series_id=made, keep=False), house.mei)
    assert booked(house, made) == [] and claims_in(house) == 0 and house.read(duties.mine, house.mei, clock.now()) == []


def test_a_question_about_no_shows_reported_done_keeps_the_series_and_counts_anew(house: Office) -> None:
    made = make(house, wall(11, 24), "FREQ=DAILY;COUNT=8")
    for day in range(24, 27):
        no_shows.release_no_shows(house.later(seconds=(moment(10, 10, 5, day=day) - clock.now()).total_seconds()))
    ask_owners(clock.now())
    owed = house.read(duties.mine, house.mei, clock.now())[0]
    house.do(duties.CompleteDuty(duty_id=owed.id), house.mei)
    shown = card(house, made).series
    assert not shown.asked and shown.no_shows == 0 and len(booked(house, made)) == 5 and ask_owners(clock.now()) == 0
