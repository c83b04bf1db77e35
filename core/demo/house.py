"""Who and what there is in the sample office: departments, people, places, assets, supplies, devices."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from core.demo import words
from core.demo.story import Story
from core.foundation import clock, database
from core.foundation.ids import derived
from core.mechanisms import devices, labels, office, people, places
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import SYSTEM, Actor, Role
from core.mechanisms.places import PlaceKind
from core.sections import assets, rooms, suppliers, supplies

PEOPLE = 120
ASSETS = 600 - len(words.BULK)  # things with a card of their own; with the bulk lines they are 600
LARGE = 30
IDLE = 0.03
# What a safety round visits: floor and name.
POINTS = {
    "extinguisher": (
        (1, "一楼东侧灭火器"),
        (1, "一楼西侧灭火器"),
        (2, "二楼东侧灭火器"),
        (2, "二楼西侧灭火器"),
        (3, "三楼东侧灭火器"),
        (3, "三楼西侧灭火器"),
    ),
    "exit": ((1, "一楼正门"), (1, "一楼后门"), (2, "二楼东楼梯"), (3, "三楼西楼梯")),
}
OFFICE_HOURS_ONLY = ("101", "308")
SLOW_TO_SET_UP = ("206",)


@dataclass(slots=True)
class House:
    """What the days need to know. `people` are ids by department, `rooms` are ids by short name."""

    story: Story
    founded: datetime
    actors: dict[str, Actor] = field(default_factory=dict)
    staff: list[UUID] = field(default_factory=list)
    rooms: dict[str, UUID] = field(default_factory=dict)
    supplies: list[UUID] = field(default_factory=list)
    points: dict[str, list[UUID]] = field(default_factory=dict)
    unchecked: set[UUID] = field(default_factory=set)
    persons: dict[UUID, Actor] = field(default_factory=dict)

    def person(self, person_id: UUID) -> Actor:
        """A member of the office as an actor."""
        return self.persons[person_id]

    def rng(self, *parts: object) -> random.Random:
        """The dice of one part of the story: the same for the same part, whatever else is told."""
        return random.Random("foyer/" + "/".join(str(part) for part in parts))  # noqa: S311 - a story, not a secret


def build(story: Story, today: date) -> House:
    """Found the office a year before `today` and furnish it; an existing sample office keeps its own first day."""
    with database.reading() as s:
        found = s.get(office.OfficeRow, office.OFFICE_ID)
    founded = found.founded_at if found else _moment(today - timedelta(days=370), 8)
    house = House(story, founded)
    story.silent = story.was_told(f"label/supply/{len(words.SUPPLIES)}")
    _found(house)
    _people(house)
    _places(house)
    _devices(house)
    _assets(house)
    _bulk_lines(house)
    _supplies(house)
    story.flush()
    story.silent = False
    return house


def _moment(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=clock.zone())


def _found(house: House) -> None:
    account, name, *_ = words.ACCOUNTS[0]
    first = office.FoundOffice(office_name=words.OFFICE, kind="demo", name=name, account=account, password=words.PASSWORD)
    added = house.story.say("found", first, SYSTEM, house.founded)
    house.actors["admin"] = _actor(UUID(added["person_id"]))
    phone = office.UpdateSetting(key="reception.phone", value="8000")
    house.story.later("setting/reception", phone, house.actors["admin"], house.founded)


def _people(house: House) -> None:
    admin, at, dice = house.actors["admin"], house.founded, house.rng("people")
    for name in words.DEPARTMENTS:
        house.story.later(f"department/{name}", people.AddDepartment(id=Story.id("department", name), name=name), admin, at)
    for number, (account, name, english, role, department, extension) in enumerate(words.ACCOUNTS):
        department_id = Story.id("department", department)
        if account == "admin":
            assert admin.person_id is not None
            update = people.UpdatePerson(
                person_id=admin.person_id, number="1001", english_name=english, department_id=department_id, extension=extension
            )
            house.story.later("person/admin", update, admin, at)
            continue
        add = people.AddPerson(
            id=Story.id("person", account), number=str(1001 + number), name=name, english_name=english, roles=(role,), department_id=department_id, account=account,
            password=words.PASSWORD, extension=extension, email=f"{account}@foyer.example",
        )  # fmt: skip
        house.story.later(f"person/{account}", add, admin, at)
        house.staff.append(Story.id("person", account))
    taken = {name for _, name, *_ in words.ACCOUNTS}
    while len(house.staff) < PEOPLE - 1:
        number = len(house.staff) + 2
        name = dice.choice(words.SURNAMES) + dice.choice(words.GIVEN)
        if name in taken:
            continue
        taken.add(name)
        add = people.AddPerson(
            id=Story.id("person", number), number=str(1000 + number), name=name, english_name=f"{dice.choice(words.ENGLISH)}" if dice.random() < 0.2 else "",
            department_id=Story.id("department", words.DEPARTMENTS[number % len(words.DEPARTMENTS)]), extension=str(8100 + number),
            email=f"p{number}@foyer.example",
        )  # fmt: skip
        house.story.later(f"person/{number}", add, admin, at)
        house.staff.append(add.id or UUID(int=0))
    house.story.flush()
    with database.reading() as s:
        house.persons = {person.id: people.actor_of(s, person) for person in people.search(s, limit=100_000, disabled=None)}
    for account in ("desk", "clerk", "safety", "leader", "staff"):
        house.actors[account] = house.persons[Story.id("person", account)]


def _places(house: House) -> None:
    admin, clerk, at, tell = house.actors["admin"], house.actors["clerk"], house.founded, house.story.later
    site = Story.id("place", "site")
    tell("place/site", places.AddPlace(id=site, kind=PlaceKind.SITE, name="本部大楼"), admin, at)
    for level, floor_name in enumerate(("一楼", "二楼", "三楼"), 1):
        add_floor = places.AddPlace(id=Story.id("floor", level), parent_id=site, kind=PlaceKind.FLOOR, name=floor_name, sort=level)
        tell(f"place/floor/{level}", add_floor, admin, at)
    for short, name, *_ in (*words.MEETING_ROOMS, *words.OFFICES):
        room_id = house.rooms[short] = Story.id("room", short)
        add = places.AddPlace(
            id=room_id, parent_id=Story.id("floor", int(short[0])), kind=PlaceKind.ROOM, name=name, short_name=short, sort=int(short)
        )
        tell(f"place/{short}", add, admin, at)
    for short, _, english, seats, equipment, public in words.MEETING_ROOMS:
        # Most rooms are open around the clock, so that somebody who starts the sample office at midnight can book one too.
        hours = {} if short in OFFICE_HOURS_ONLY else {"opens_minute": 0, "closes_minute": rooms.DAY_MINUTES}
        grace = {"check_in_after_minutes": 30} if short in SLOW_TO_SET_UP else {"check_in": False} if seats >= LARGE else {}
        facts = {
            "room_id": house.rooms[short],
            "english_name": english,
            "capacity": seats,
            "equipment": equipment,
            "public": public,
            **hours,
            **grace,
        }
        set_up = rooms.SetUpRoom.model_validate(facts)
        tell(f"room/{short}", set_up, clerk, at)
        if seats >= LARGE:
            house.unchecked.add(house.rooms[short])
    for number in range(1, 9):
        shelf = places.AddPlace(
            id=Story.id("shelf", number), parent_id=house.rooms["107"], kind=PlaceKind.SHELF, name=f"货架 {chr(64 + number)}", sort=number
        )
        tell(f"place/shelf/{number}", shelf, admin, at)
    for kind, points in POINTS.items():
        house.points[kind] = []
        for number, (floor, name) in enumerate(points, 1):
            point = Story.id("point", kind, number)
            add = places.AddPlace(id=point, parent_id=Story.id("floor", floor), kind=PlaceKind.POINT, name=name, sort=900 + number)
            tell(f"place/point/{kind}/{number}", add, admin, at)
            house.points[kind].append(point)
    gather = places.AddPlace(id=Story.id("place", "assembly"), parent_id=site, kind=PlaceKind.POINT, name="东门集合点", sort=990)
    tell("place/assembly", gather, admin, at)
    house.story.flush()
    with database.reading() as s:
        everywhere = places.everything(s, kinds=[PlaceKind.ROOM, PlaceKind.SHELF, PlaceKind.POINT])
    for place in everywhere:
        tell(f"label/place/{place.id}", labels.IssueLabel(subject_kind=SubjectKind.PLACE, subject_id=place.id), clerk, at)


def _devices(house: House) -> None:
    """The kiosk at the entrance and the clerk's phone. The kiosk is the very one that a browser of this machine becomes when it opens /welcome."""
    kiosk, phone = derived("sample-device", Role.KIOSK, ""), Story.id("phone", "clerk")
    house.story.later("device/kiosk", devices.AddDevice(id=kiosk, name="前台自助机", role=Role.KIOSK), house.actors["admin"], house.founded)
    clerk = house.actors["clerk"]
    assert clerk.person_id is not None  # the accounts are persons
    house.story.later(
        "device/phone", devices.EnrolPhone(device_id=phone, name="薄一鸣的手机", person_id=clerk.person_id), SYSTEM, house.founded
    )
    house.actors["kiosk"] = Actor(frozenset({Role.KIOSK}), None, kiosk, None, "前台自助机")
    house.actors["phone"] = replace(clerk, device_id=phone)


def _assets(house: House) -> None:
    clerk, dice = house.actors["clerk"], house.rng("assets")
    first_day = clock.today(house.founded)
    weights = [weight for *_, weight in words.ASSETS]
    seats = [(short, department) for short, _, department in words.OFFICES] + [(short, "后勤科") for short, *_ in words.MEETING_ROOMS]
    for number, (name, kind, prefix, choices) in enumerate(words.ASSET_FIELDS, 1):
        field = assets.AddField(
            id=Story.id("asset_field", number), name=name, kind=assets.FieldKind(kind), class_code=prefix, choices=list(choices)
        )
        house.story.later(f"asset_field/{number}", field, clerk, house.founded)
    for number in range(1, ASSETS + 1):
        name, models, class_code, low, high, _ = dice.choices(words.ASSETS, weights)[0]
        short, department = dice.choice(seats)
        bought = first_day - timedelta(days=dice.randint(30, 2200))
        cents = dice.randint(low, high) * 100
        worn = min(0.95, (first_day - bought).days / (6 * 365))
        add = assets.RegisterAsset(
            id=Story.id("asset", number), number=f"ZC{bought.year}{number:04d}", name=name, spec=dice.choice(models), class_code=class_code,
            serial=f"SN{dice.randint(10**9, 10**10 - 1)}" if class_code.startswith("A02") else "", bought_on=bought, value_cents=cents, net_value_cents=int(cents * (1 - worn)),
            department_id=Story.id("department", department), keeper_id=dice.choice(house.staff) if dice.random() > IDLE else None, place_id=house.rooms[short],
            own=_own(number, class_code),
        )  # fmt: skip
        house.story.later(f"asset/{number}", add, clerk, house.founded + timedelta(minutes=number))
    for number in range(1, ASSETS + 1):
        issue = labels.IssueLabel(subject_kind=SubjectKind.ASSET, subject_id=Story.id("asset", number))
        house.story.later(f"label/asset/{number}", issue, clerk, house.founded + timedelta(hours=12, seconds=number))


def _own(number: int, class_code: str) -> dict[UUID, str | None]:
    """What a thing says in the office's own fields."""
    if class_code.startswith("A020101"):
        system = words.ASSET_FIELDS[0][3][number % 3]
        return {Story.id("asset_field", 1): system, Story.id("asset_field", 2): f"{number % 4 + 1}-{number % 24 + 1:02d}"}
    return {Story.id("asset_field", 3): ("胡桃色", "白橡木", "灰")[number % 3]} if class_code.startswith("A0501") and number % 2 else {}


def _bulk_lines(house: House) -> None:
    """Chairs and tables that have one card for all of them."""
    clerk, bought = house.actors["clerk"], clock.today(house.founded) - timedelta(days=420)
    for number, (name, spec, class_code, many, unit, price, short, department) in enumerate(words.BULK, 1):
        asset_id = Story.id("asset/bulk", number)
        add = assets.RegisterAsset(
            id=asset_id, number=f"ZC{bought.year}P{number:03d}", name=name, spec=spec, class_code=class_code, bulk=True, quantity=many, unit=unit,
            value_cents=many * price * 100, bought_on=bought, life_months=60, department_id=Story.id("department", department), place_id=house.rooms[short],
            keeper_id=house.staff[number], brand="震旦",
        )  # fmt: skip
        house.story.later(f"asset/bulk/{number}", add, clerk, house.founded + timedelta(hours=11, minutes=number))
        issue = labels.IssueLabel(subject_kind=SubjectKind.ASSET, subject_id=asset_id)
        house.story.later(f"label/asset/bulk/{number}", issue, clerk, house.founded + timedelta(hours=14, seconds=number))


def _supplies(house: House) -> None:
    clerk, at = house.actors["clerk"], house.founded + timedelta(days=1)
    for number, (name, spec, unit, price, limit, minimum) in enumerate(words.SUPPLIES, 1):
        supply = Story.id("supply", number)
        add = supplies.RegisterSupply(
            id=supply, number=f"YP{number:03d}", name=name, spec=spec, unit=unit, pack=words.PACKS.get(unit, 1), price_cents=price, limit=limit, minimum=minimum, place_id=Story.id("shelf", (number - 1) % 8 + 1),
        )  # fmt: skip
        house.story.later(f"supply/{number}", add, clerk, at)
        house.story.later(f"label/supply/{number}", labels.IssueLabel(subject_kind=SubjectKind.SUPPLY, subject_id=supply), clerk, at)
        house.supplies.append(supply)
    for number, (name, contact, phone) in enumerate(words.SUPPLIERS, 1):
        firm = suppliers.AddSupplier(id=Story.id("supplier", number), name=name, contact=contact, phone=phone)
        house.story.later(f"supplier/{number}", firm, clerk, at)


def _actor(person_id: UUID) -> Actor:
    with database.reading() as s:
        return people.actor_of(s, people.get(s, person_id))
