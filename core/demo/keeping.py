"""What the office keeps: supplies that come and go, assets that change hands or break, and small duties that somebody owes."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from core.demo import words
from core.demo.days import SUPPLY_DAYS, Calendar, Day
from core.demo.house import ASSETS, House
from core.demo.story import Story
from core.foundation import database
from core.mechanisms import duties
from core.mechanisms.operations import Actor
from core.sections import assets, supplies
from core.sections.supplies import Supply, SupplyMovement

SCARCE = 13  # every so many supplies one was bought short, so that the register has something to order
TAKEN_A_DAY = (4, 8)
REPAIR_DAYS = (4, 5, 6, 7)
DUTY_DAYS = 60


def tell(day: Day, calendar: Calendar) -> None:
    """Tell what was kept, taken, handed over, broken and owed that day."""
    if day.works:
        if day.age <= SUPPLY_DAYS:
            _supplies(day)
        _custody(day, calendar)
        _duties(day, calendar)


# ── supplies ──


def _supplies(day: Day) -> None:
    story = day.house.story
    if not story.was_told(f"receive/first/{len(day.house.supplies)}"):
        for number, supply in enumerate(words.SUPPLIES, 1):
            minimum = supply[5]
            first = minimum + 2 if number % SCARCE == 0 else minimum * 3 + 12
            _bought(day, number, first, key="first", bad=0)
    story.flush()
    on_hand, taken = _stock(), _taken(day)
    for n in range(day.dice.randint(*TAKEN_A_DAY)):
        number, person = day.dice.randint(1, len(words.SUPPLIES)), day.pick()
        limit, at = words.SUPPLIES[number - 1][4], day.at(8, 45 + day.dice.randint(0, 530))
        quantity = day.dice.randint(1, max(1, min(limit, 3)))
        before = taken.get((person, _number(number)), 0)
        if before + quantity > limit or on_hand.get(_number(number), 0) < quantity:
            continue
        taken[person, _number(number)] = before + quantity
        on_hand[_number(number)] = on_hand.get(_number(number), 0) - quantity
        issue = supplies.IssueSupply(code=_number(number), quantity=quantity, to_person_id=person)
        day.later(f"issue/{day.date}/{n}", issue, day.house.person(person), at)
    if day.date.day <= 7 and day.date.weekday() == 1:
        _restock(day, on_hand)


def _restock(day: Day, on_hand: dict[str, int]) -> None:
    """Once a month the clerk fills up what ran low, but for the scarce ones: whole packs."""
    for number, supply in enumerate(words.SUPPLIES, 1):
        if number % SCARCE and on_hand.get(_number(number), 0) < supply[5] * 3:
            pack = words.PACKS.get(supply[2], 1)
            pieces = supplies.packs_for(supply[5] * 2, pack) * pack
            _bought(day, number, pieces, key=day.date, bad=pack if number % 3 == 0 and number % 2 and pieces > pack else 0)


def _bought(day: Day, number: int, pieces: int, *, key: object, bad: int) -> None:
    """Ordered from one of the three firms and here the same morning; the third brings some of it late and some of it broken."""
    clerk, ordered, firm = day.house.actors["clerk"], Story.id("supply order", key, number), (number - 1) % len(words.SUPPLIERS)
    order = supplies.OrderSupply(
        id=ordered, supply_id=day.house.supplies[number - 1], quantity=pieces, supplier_id=Story.id("supplier", firm + 1),
        due_on=day.date - timedelta(days=1) if firm == len(words.SUPPLIERS) - 1 and number % 2 else day.date,
    )  # fmt: skip
    day.later(f"order/{key}/{number}", order, clerk, day.at(8, 20))
    receive = supplies.ReceiveSupply(
        code=_number(number),
        quantity=pieces - bad,
        refused=bad,
        reason="包装破损" if bad else "",
        order_id=ordered,
        service=(5, 4, 3)[firm],
    )
    day.later(f"receive/{key}/{number}", receive, clerk, day.at(8, 30))


def _number(number: int) -> str:
    return f"YP{number:03d}"


def _stock() -> dict[str, int]:
    with database.reading() as s:
        return {row.number: row.on_hand for row in s.execute(select(Supply.number, Supply.on_hand))}


def _taken(day: Day) -> dict[tuple[UUID, str], int]:
    """What each person took in the last thirty days, so that the plan stays within the limits."""
    person_id, since = col(SupplyMovement.to_person_id), day.at(0) - timedelta(days=31)
    query = select(person_id, Supply.number, SupplyMovement.quantity).join(Supply, col(Supply.id) == SupplyMovement.supply_id)
    found: dict[tuple[UUID, str], int] = {}
    with database.reading() as s:
        for person, number, quantity in s.execute(query.where(person_id.is_not(None), col(SupplyMovement.at) > since)):
            found[person, number] = found.get((person, number), 0) - quantity
    return found


# ── assets ──


def _custody(day: Day, calendar: Calendar) -> None:
    """Every other week something changes hands; now and then something breaks and comes back from repair."""
    house, clerk = day.house, day.house.actors["clerk"]
    if _number_of(day, day.date) % 9 == 4:
        asset, taker = _handover(house, day.date)
        day.later(f"offer/{day.date}", assets.HandOver(asset_id=asset, to_person_id=taker, note="岗位调整"), clerk, day.at(9, 40))
    before = calendar.next(day.date, -1)
    if house.story.was_told(f"offer/{before}"):
        asset, taker = _handover(house, before)
        day.later(f"take/{before}", assets.Take(asset_id=asset), house.person(taker), day.at(9, 10))
    if _number_of(day, day.date) % 23 == 7:
        asset, who, what, _ = _fault(house, day.date)
        day.later(f"fault/{day.date}", assets.ReportFault(asset_id=asset, what=words.FAULTS[what]), house.person(who), day.at(14, 20))
    for days in REPAIR_DAYS:
        before = calendar.next(day.date, -days)
        if house.story.was_told(f"fault/{before}"):
            asset, _, what, takes = _fault(house, before)
            if takes == days:
                repair = assets.FinishRepair(
                    asset_id=asset, result=words.REPAIRS[what], cost_cents=house.rng("repair", before).randint(0, 48) * 1000
                )
                day.later(f"repair/{before}", repair, clerk, day.at(16, 5))


def _handover(house: House, on: date) -> tuple[UUID, UUID]:
    """Which asset goes to whom."""
    dice = house.rng("handover", on)
    return Story.id("asset", dice.randint(1, ASSETS)), dice.choice(house.staff)


def _fault(house: House, on: date) -> tuple[UUID, UUID, int, int]:
    """Which asset breaks, who says so, what it is, and how many working days the repair takes."""
    dice = house.rng("fault", on)
    return Story.id("asset", dice.randint(1, ASSETS)), dice.choice(house.staff), dice.randrange(len(words.FAULTS)), dice.choice(REPAIR_DAYS)


def _number_of(day: Day, other: date) -> int:
    return day.number + (other - day.date).days


# ── duties ──


def _duties(day: Day, calendar: Calendar) -> None:
    """On the first working day of a week the leader hands out three small duties; most are done in time, some a day late."""
    if day.age > DUTY_DAYS:
        return
    monday = day.date - timedelta(days=day.date.weekday())
    for first in (
        calendar.next(monday - timedelta(days=1)),
        calendar.next(monday - timedelta(days=8)),
        calendar.next(monday - timedelta(days=15)),
    ):
        for number, account in enumerate(("clerk", "desk", "staff")):
            _duty(day, calendar, first, number, day.house.actors[account])


def _duty(day: Day, calendar: Calendar, first: date, number: int, owner: Actor) -> None:
    dice, key = day.house.rng("duty", first, number), f"duty/{first}/{number}"
    title, due = dice.choice(words.DUTIES), calendar.next(first, dice.randint(1, 4))
    done = calendar.next(due, 1) if dice.random() < 0.2 else due
    if day.date == first:
        assert owner.person_id is not None  # the accounts are persons
        day.later(key, duties.OpenDuty(title=title, owner_id=owner.person_id, due_on=due), day.house.actors["leader"], day.at(8, 50))
    if day.date == done and (opened := day.house.story.answer(key)):
        complete = duties.CompleteDuty(duty_id=UUID(opened["duty_id"]), note=dice.choice(words.DONE))
        day.later(f"{key}/done", complete, owner, day.at(16, 10 + number))
