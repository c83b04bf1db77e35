"""The sample office of `make demo`: the same day tells the same story, a later day only adds, and everything it promises is there."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, text

import main
from core.demo import days, fill, house, words
from core.demo.fill import Report
from core.foundation import clock, database, jobs, live, migrations
from core.foundation.errors import SetupError
from core.mechanisms import audit, custody, duties, operations
from core.mechanisms.audit import AuditSeal
from core.mechanisms.labels import Label
from core.mechanisms.operations import SYSTEM, Actor, AuditRow, OperationRow, Role
from core.mechanisms.people import Department, Person
from core.mechanisms.places import Place
from core.sections import assets, bookings, deliveries, inspections, roomcare, rooms, stocktakes, supplies, visits
from core.sections.assets import Asset
from core.sections.supplies import Supply, SupplyMovement
from tests.cast import Office

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = date(2026, 11, 23)
AT = datetime(2026, 11, 23, 10, 24, tzinfo=SHANGHAI)
ROOT = Path(__file__).parents[2]
# Operations whose ids follow from a thing that got its own id at random: uploads, and what the server's jobs say.
RANDOM_IDS = ("attachment.store", "booking.send_invitation", "duty.remind", "visit.remind", "visit.close_day")

# Making a sample office takes ten seconds and more; what these tests share is made once.
pytestmark = pytest.mark.timeout(400)


def _make(path: Path, template: Path, day: date, at: datetime | None = None) -> Report:
    if not path.exists():
        shutil.copy(template, path)
    _open(path)
    return fill(day, at)


def _open(path: Path) -> None:
    main.include_core()
    operations.use_secret(b"a test office's secret key, 32 b")
    database.connect(f"sqlite:///{path.as_posix()}")
    jobs.set_started(None)
    live.stop()


@pytest.fixture(scope="module")
def made(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Report]:
    """A sample office of Monday 2026-11-23, 10:24, and what making it reported."""
    path = tmp_path_factory.mktemp("demo") / "foyer.db"
    report = _make(path, sqlite_template, MONDAY)
    with database.engine().connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.disconnect()
    return path, report


@pytest.fixture
def sample(made: tuple[Path, Report], tmp_path: Path) -> Iterator[Report]:
    """A copy of it, open, the clock at its moment."""
    path, report = made
    shutil.copy(path, tmp_path / "foyer.db")
    _open(tmp_path / "foyer.db")
    clock.freeze(AT)
    yield report
    clock.freeze(None)
    database.disconnect()


def _count(table: type, *where: object) -> int:
    with database.reading() as s:
        return int(s.execute(select(func.count()).select_from(table).where(*where)).scalar_one())


def _operations() -> int:
    return _count(OperationRow)


# ── what is promised ──


def test_the_sample_office_has_the_size_it_promises(sample: Report) -> None:
    assert _count(Person) == 120
    assert _count(Department) == 9
    assert _count(Place, Place.kind == "floor") == 3
    assert _count(Place, Place.kind == "room") == 25  # one of them is two rooms opened into one
    assert _count(rooms.Room) == len(words.MEETING_ROOMS) + 1
    assert _count(Asset) == 600
    assert _count(Asset, Asset.bulk) == len(words.BULK) == 4
    assert _count(Asset, Asset.value_cents.is_(None)) == 0
    assert _count(Asset, Asset.class_code == "") == 0
    assert _count(Supply) == 80
    assert _count(Label, Label.subject_kind == "asset", Label.state == "active") == 599
    assert _count(Label, Label.subject_kind == "asset", Label.state == "retired") == 1  # of the one that left the register
    assert sample.refused == ()


def test_every_sample_account_signs_in_with_the_printed_password(sample: Report) -> None:
    from core.mechanisms import people

    for account, name, *_ in words.ACCOUNTS:
        signed = people.sign_in(account, words.PASSWORD, source="test", at=AT)
        assert signed.person.name == name


def test_supplies_have_a_ledger_of_ninety_days_and_some_ran_low(sample: Report) -> None:
    assert _count(SupplyMovement, SupplyMovement.kind == "issue") > 200
    with database.reading() as s:
        balances = s.execute(select(SupplyMovement.supply_id, func.sum(SupplyMovement.quantity)).group_by(SupplyMovement.supply_id)).all()
        on_hand = dict(s.execute(select(Supply.id, Supply.on_hand)).all())
        first, last = s.execute(select(func.min(SupplyMovement.at), func.max(SupplyMovement.at))).one()
        low = supplies.search(s, low=True)
    assert {supply_id: int(total) for supply_id, total in balances} == on_hand
    assert (last - first).days > 80
    assert 1 <= len(low) <= 20


def test_doors_are_in_every_state_at_the_moment_of_the_start(sample: Report) -> None:
    with database.reading() as s:
        states = {room.short_name: room.state for room in bookings.rooms_now(s, AT)}
    assert states["102"] == "busy"
    assert states["205"] == "soon"
    assert states["206"] == "held"
    assert states["103"] == "shut"
    assert states["305"] == "free"


def test_a_week_of_bookings_lies_around_now_with_no_shows_among_them(sample: Report) -> None:
    with database.reading() as s:
        states = dict(s.execute(select(bookings.Booking.state, func.count()).group_by(bookings.Booking.state)).all())
        first, last = s.execute(select(func.min(bookings.Booking.starts_at), func.max(bookings.Booking.starts_at))).one()
    assert states["released"] >= 2
    assert states["cancelled"] >= 1
    assert states["ended"] >= 5
    assert (AT - first).days >= 3 and (last - AT).days >= 3


def test_visitors_are_expected_in_the_house_and_gone(sample: Report) -> None:
    with database.reading() as s:
        here = visits.in_house(s, AT)
        today, tomorrow = visits.expected(s, MONDAY), visits.expected(s, date(2026, 11, 24))
        gone = _count(visits.Visit, visits.Visit.state == "left")
        signed = _count(visits.Consent)
        waiting = deliveries.count_waiting(s)
    assert len(here) >= 6
    assert len(today) >= 3
    assert len(tomorrow) >= 3
    assert gone > 20
    assert signed > 20
    assert waiting >= 2


def test_reception_has_somebody_to_look_after_of_each_kind(sample: Report) -> None:
    from core.sections.visits import blocklist, holding, offline, types

    with database.reading() as s:
        entries = blocklist.entries(s, SYSTEM, AT)
        held = holding.waiting(s, Actor(frozenset({Role.RECEPTION})))
        open_entries = offline.open_entries(s)
        asked = [visit for visit in visits.in_house(s, AT) if visit.name == "谭永福"]
        rules = types.room_rules(s)
    assert len(entries) == 3 and sample.refused == ()
    assert [one.name for one in held] == ["馬國梁"]  # written otherwise than on the list
    assert [one.name for one in open_entries] == ["孔令仪"]  # nobody knows whom she came to see; the other one is a visit
    assert len(asked) == 1 and {rule.room for rule in rules} == {"107 库房", "305 小谈室"}


def test_two_rounds_have_a_year_behind_them_with_a_blank_box_and_hazards(sample: Report) -> None:
    with database.reading() as s:
        rounds = s.execute(select(inspections.Inspection)).scalars().all()
        runs = {
            row.id: s.execute(
                select(func.count()).select_from(inspections.InspectionRun).where(inspections.InspectionRun.inspection_id == row.id)
            ).scalar_one()
            for row in rounds
        }
        due = {row.id: len(inspections.due_dates(row, row.starts_on, MONDAY)) for row in rounds}
        failed = _count(inspections.InspectionRun, inspections.InspectionRun.result == "fail")
        hazards = _count(duties.Duty, duties.Duty.subject_kind == "inspection_point")
        verified = _count(duties.Duty, duties.Duty.subject_kind == "inspection_point", duties.Duty.state == "verified")
    assert len(rounds) == 2
    assert sorted(due.values()) == [12, 24]
    assert all(due[row.id] - runs[row.id] == 1 for row in rounds), "one occurrence of each round was missed, and only one"
    assert failed == hazards == 6
    assert verified == 4


def test_one_count_is_sealed_and_one_is_half_done_with_things_elsewhere_and_unknown(sample: Report) -> None:
    with database.reading() as s:
        sessions = list(s.execute(select(stocktakes.Stocktake)).scalars())
        by_state = {row.state: row for row in sessions if row.mode == "guided"}
        half = stocktakes.review(s, by_state["open"])
        by_keepers = next(row for row in sessions if row.mode == "self")
        confirming = stocktakes.review(s, by_keepers)
        staff = s.execute(select(Person).where(Person.account == "staff")).scalar_one()
        owed = stocktakes.unanswered(s, by_keepers)[staff.id]
        assert stocktakes.sealed(s, by_state["approved"].id).sha256
    assert 0.4 < half.sums.counted / half.sums.expected < 0.6
    assert 0 < confirming.sums.counted < confirming.sums.expected, "keepers have begun to confirm what they keep"
    assert owed >= 3, "who signs in as staff still has things to answer for"
    assert half.sums.moved >= 2
    assert half.sums.moved_in >= 1
    assert half.sums.surplus == 2
    assert len(half.differences) > half.sums.not_counted


def test_everybody_has_something_to_do_on_their_first_page(sample: Report) -> None:
    from core.mechanisms import people

    with database.reading() as s:
        for account, *_ in words.ACCOUNTS:
            person = s.execute(select(Person).where(Person.account == account)).scalar_one()
            mine = duties.mine(s, people.actor_of(s, person), AT)
            assert any(duty.late for duty in mine), account
            assert any(duty.due_on == MONDAY for duty in mine), account


def test_the_audit_trail_of_the_sample_office_is_whole(sample: Report) -> None:
    with database.reading() as s:
        verdict = audit.verify(s)
    assert verdict.ok
    assert verdict.unsealed == 0
    assert verdict.sealed == _count(AuditRow) == _count(AuditSeal)


# ── the same again, and later ──


def test_a_second_start_at_the_same_moment_adds_nothing(sample: Report) -> None:
    before = _operations()
    again = fill(MONDAY)
    assert (again.told, again.refused) == (0, ())
    assert _operations() == before


def test_a_start_in_the_afternoon_adds_only_the_hours_between(sample: Report) -> None:
    before = _everything()
    report = fill(MONDAY, datetime(2026, 11, 23, 15, 0, tzinfo=SHANGHAI))
    after = _everything()
    assert report.told > 10
    assert before.items() <= after.items(), "what was on record changed"


def test_a_later_day_adds_the_missing_days_and_leaves_the_rest(sample: Report) -> None:
    before = _everything()
    report = fill(date(2026, 11, 26))
    assert report.told > 100
    assert len(report.refused) <= 5
    assert before.items() <= _everything().items(), "what was on record changed"
    with database.reading() as s:
        assert len(visits.expected(s, date(2026, 11, 26))) >= 3
        states = {room.short_name: room.state for room in bookings.rooms_now(s, datetime(2026, 11, 26, 10, 24, tzinfo=SHANGHAI))}
        verdict = audit.verify(s)
    assert {"busy", "soon", "held", "shut", "free"} <= set(states.values())
    assert verdict.ok and verdict.unsealed == 0


def test_what_people_did_meanwhile_stays_and_the_story_gives_way(sample: Report) -> None:
    with database.reading() as s:
        guest = visits.in_house(s, AT)[0]
        desk = _actor(s, "desk")
    assert operations.perform_now(visits.CheckOut(visit_id=guest.id), by=desk, at=AT).ok
    fill(date(2026, 11, 24))
    with database.reading() as s:
        gone = s.get(visits.Visit, guest.id)
    assert gone is not None and gone.left_at == AT


def test_the_same_day_tells_the_same_story(made: tuple[Path, Report], sqlite_template: Path, tmp_path: Path) -> None:
    clock.freeze(datetime(2027, 5, 1, tzinfo=SHANGHAI))  # whenever it is told
    try:
        report = _make(tmp_path / "again.db", sqlite_template, MONDAY)
        second = _figures()
    finally:
        clock.freeze(None)
    database.disconnect()
    _open(made[0])
    first = _figures()
    database.disconnect()
    assert report.told == made[1].told
    assert first == second


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 11, 22, 23, 52, tzinfo=SHANGHAI),  # a Sunday, before midnight
        datetime(2027, 1, 1, 0, 3, tzinfo=SHANGHAI),  # a holiday, after midnight
    ],
)
def test_the_office_is_alive_whenever_it_is_started(moment: datetime, sqlite_template: Path, tmp_path: Path) -> None:
    report = _make(tmp_path / "odd.db", sqlite_template, clock.today(moment), moment)
    with database.reading() as s:
        states = [room.state for room in bookings.rooms_now(s, moment)]
        here, expected = visits.in_house(s, moment), visits.expected(s, clock.today(moment))
    database.disconnect()
    assert len(report.refused) <= 5
    assert {"busy", "held", "shut", "free"} <= set(states)
    assert len(here) >= 6
    assert len(expected) >= 3


def test_the_database_of_a_real_office_is_refused(office: Office) -> None:
    with database.writing() as s:
        s.execute(text("UPDATE office SET kind = 'office'"))
    with pytest.raises(SetupError, match="not a sample office"):
        fill(MONDAY)
    assert _count(Asset) == 0


def test_the_sample_office_is_told_on_postgresql_too(database_url: str) -> None:
    if database_url.startswith("sqlite"):
        pytest.skip("SQLite is what the other tests of this file run on")
    main.include_core()
    operations.use_secret(b"a test office's secret key, 32 b")
    migrations.upgrade(database.connect(database_url))
    jobs.set_started(None)
    report = fill(MONDAY)
    assert report.refused == ()
    assert _count(Asset) == 600
    assert _count(Asset, Asset.bulk) == len(words.BULK) == 4
    assert fill(MONDAY).told == 0


def test_the_command_refuses_an_office_and_says_what_to_do(tmp_path: Path, sqlite_template: Path) -> None:
    shutil.copy(sqlite_template, tmp_path / "foyer.db")
    _open(tmp_path / "foyer.db")
    from core.mechanisms import office

    first = office.FoundOffice(office_name="真的单位", name="Ada", account="ada", password="a-good-test-password")
    assert operations.perform_now(first, by=operations.SYSTEM, at=AT).ok
    database.disconnect()
    environment = {"FOYER_DATA_DIR": str(tmp_path), "PATH": ""}
    done = subprocess.run(
        [sys.executable, ROOT / "main.py", "demo"], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert "真的单位" in done.stderr and "database of its own" in done.stderr


# ── helpers ──


def _everything() -> dict[object, object]:
    """Every operation on record with what became of it."""
    with database.reading() as s:
        return {row.op_id: (row.kind, row.status, row.payload_hash, row.occurred_at) for row in s.execute(select(OperationRow)).scalars()}


def _figures() -> dict[str, object]:
    """The ids and figures that a day decides; codes of labels and ids made inside operations are random."""
    with database.reading() as s:
        return {
            "operations": sorted(
                s.execute(
                    select(OperationRow.kind, OperationRow.status, func.count()).group_by(OperationRow.kind, OperationRow.status)
                ).all()
            ),
            "ids": sorted(s.execute(select(OperationRow.op_id).where(OperationRow.kind.not_in(RANDOM_IDS))).all()),
            "people": sorted(s.execute(select(Person.number, Person.name, Person.extension)).all()),
            "assets": sorted(s.execute(select(Asset.id, Asset.number, Asset.value_cents, Asset.place_id, Asset.state)).all()),
            "stock": sorted(s.execute(select(Supply.number, Supply.on_hand)).all()),
            "bookings": sorted(s.execute(select(bookings.Booking.room_id, bookings.Booking.starts_at, bookings.Booking.state)).all()),
            "visits": sorted(s.execute(select(visits.Visit.name, visits.Visit.state, visits.Visit.expected_on)).all()),
            "house": (house.ASSETS, house.PEOPLE, days.HISTORY_DAYS),
        }


def _actor(s: object, account: str) -> operations.Actor:
    from core.mechanisms import people

    person = s.execute(select(Person).where(Person.account == account)).scalar_one()  # type: ignore[attr-defined]
    return people.actor_of(s, person)  # type: ignore[arg-type]


def test_every_room_of_the_sample_office_lies_on_its_floor(sample: Report) -> None:
    with database.reading() as s:
        floors = roomcare.floors(s)
        plans = [roomcare.floor_plan(s, floor.id, AT) for floor in floors]
    assert [floor.name for floor in floors] == ["一楼", "二楼", "三楼"]
    assert sum(room.kind == "room" for plan in plans for room in plan.rooms) == 24
    assert all(plan.unplaced == () and (plan.width_cm, plan.outline[0]) == (3600, (0, 0)) for plan in plans)


@pytest.mark.proves("S4.1-R4", "S4.1-R9", "S4.1-R10")
def test_things_are_lent_moved_mended_and_given_up(sample: Report) -> None:
    with database.reading() as s:
        assert [row.due_on < MONDAY for row in custody.lent(s, "asset")].count(True) == 2
        assert assets.count_transfers(s, "proposed") == 1
        assert assets.count_repairs(s, "at_vendor") == 1
        assert [assets.count_disposals(s, state) for state in ("asked", "approved", "disposed")] == [3, 1, 1]
        # two of those asked for are the deficits of the sealed count
        [plan] = assets.upkeep_plans(s, AT)
        assert plan.things > 0 and plan.open == plan.things
