"""Who comes to the sample office: invited or not, who fetches them, when they leave; and what couriers leave at the front desk."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID

from core.demo import words
from core.demo.days import LIVELY_DAYS, Calendar, Day, moment
from core.demo.house import House
from core.foundation import clock, database
from core.sections import deliveries, visits

A_DAY = 8
TYPES = {"设备检修": "contractor", "面试": "interview", "参观交流": "government"}  # what kind of visitor comes for what
INVITED_DAYS_BEFORE = 2


@dataclass(frozen=True, slots=True)
class Guest:
    """One visitor of the plan. `stays` in minutes; `fetched` whether the host came down; `comes` is false of one who never turns up, `scanned_out` of one whose badge went home in a pocket."""

    key: str
    name: str
    company: str
    phone: str
    purpose: str
    host_id: UUID
    invited: bool
    comes: bool
    scanned_out: bool
    arrives_at: datetime
    stays: int
    number: int
    invited_at: datetime | None = None
    fetched: bool = True
    steps_out: bool = False


def tell(day: Day, calendar: Calendar, also: Sequence[Guest] = ()) -> None:
    """Invite for the days ahead, then live this day's visits, and `also` these, in order of their coming, and its deliveries."""
    lively = day.works and day.age <= LIVELY_DAYS
    coming = list(also)
    for ahead in range(INVITED_DAYS_BEFORE + 1) if lively else ():
        target = calendar.next(day.date, ahead) if ahead else day.date
        invited_on = calendar.next(target, -INVITED_DAYS_BEFORE)
        for guest in plan(day.house, target):
            guest = replace(guest, invited_at=moment(invited_on, 15, guest.number))
            if target == day.date:
                coming.append(guest)
            elif guest.invited:
                invite(day, guest, target)
    for guest in sorted(coming, key=lambda guest: guest.arrives_at):
        code = invite(day, guest, day.date) if guest.invited else None
        if guest.comes and (code or not guest.invited):
            _visit(day, guest, code)
    if lively:
        _deliver(day, calendar)
    if day.age == 0:
        _expect_class(day, calendar)


def _expect_class(day: Day, calendar: Calendar) -> None:
    """A school class on the next working day: a head-count whose leader nobody knows yet, with numbered badges; and how long an interview usually takes."""
    target = calendar.next(day.date, 1)
    do = visits.InviteGroup(
        host_id=day.house.staff[1],
        group_name="临江实验小学三（2）班",
        purpose="参观交流",
        expected_on=target,
        expected_at=moment(target, 14),
        party=28,
    )
    day.later("invite/class", do, day.house.actors["desk"], moment(day.date, 8, 20))
    for number, (language, directions, bring) in enumerate(words.ADVICE):
        advice = visits.WriteAdvice(language=language, directions=directions, bring=bring)
        day.later(f"advice/{language}", advice, day.house.actors["desk"], moment(day.date, 8, 22 + number))
    day.later("type/interview", visits.SetUpType(key="interview", usual_stay_minutes=90), day.house.actors["desk"], moment(day.date, 8, 21))


def plan(house: House, target: date) -> list[Guest]:
    """The visitors of a working day, in order of their coming."""
    found = []
    for number in range(A_DAY):
        dice = house.rng("visit", target, number)
        found.append(someone(f"{target}/{number}", dice, dice.choice(house.staff), moment(target, 8, 40 + dice.randint(0, 500)), number))
    return sorted(found, key=lambda guest: guest.arrives_at)


def someone(key: str, dice: Random, host_id: UUID, arrives_at: datetime, number: int, *, invited: bool | None = None) -> Guest:
    """A visitor by the dice."""
    name = dice.choice(words.SURNAMES) + dice.choice(words.GIVEN)
    phone = f"1{dice.choice('3578')}{dice.randint(10**8, 10**9 - 1)}"
    lot = dice.random()
    return Guest(
        key, name, dice.choice(words.FIRMS), phone, dice.choice(words.PURPOSES), host_id, lot < 0.6 if invited is None else invited, dice.random() < 0.9,
        dice.random() < 0.95, arrives_at, dice.randint(25, 150), number,
    )  # fmt: skip


def invite(day: Day, guest: Guest, target: date) -> str | None:
    """The code of the invitation, or None when it was not sent (yet)."""
    assert guest.invited_at is not None  # who is invited was invited at a moment
    do = visits.Invite(
        host_id=guest.host_id, name=guest.name, company=guest.company, phone=guest.phone, purpose=guest.purpose, expected_on=target,
        type=TYPES.get(guest.purpose, "guest"),
    )  # fmt: skip
    result = day.result(f"invite/{guest.key}", do, day.house.actors["desk"], guest.invited_at)
    return str(result["code"]) if result else None


def _arrive(day: Day, guest: Guest, code: str | None) -> UUID | None:
    """At the kiosk, by the invitation's code or by name; answers the visit."""
    signed = signature(day.house.rng("signature", guest.key))
    if code is not None:
        safety = (signature(day.house.rng("signature", guest.key), "safety"),) if TYPES.get(guest.purpose) == "contractor" else ()
        do = visits.CheckIn(code=code, consent=signed, consents=safety, drink="tea" if guest.number % 2 else "none")
    else:
        do = visits.CheckIn(
            name=guest.name, company=guest.company, phone=guest.phone, purpose=guest.purpose, host=str(guest.host_id), consent=signed
        )
    result = day.result(f"arrive/{guest.key}", do, day.house.actors["kiosk"], guest.arrives_at)
    return UUID(result["visit_id"]) if result else None


def _visit(day: Day, guest: Guest, code: str | None) -> None:
    visit_id = _arrive(day, guest, code)
    if visit_id is None:
        return
    host = day.house.person(guest.host_id)
    day.later(f"badge/{guest.key}", visits.NoteBadge(visit_id=visit_id), day.house.actors["kiosk"], guest.arrives_at + timedelta(seconds=4))
    if guest.fetched:
        answer = (
            visits.AnswerVisit(visit_id=visit_id, said=visits.Said.UP, place="三楼 302")
            if guest.number % 3 == 2
            else visits.Acknowledge(visit_id=visit_id)
        )
        day.later(f"fetch/{guest.key}", answer, host, guest.arrives_at + timedelta(minutes=2))
    if guest.steps_out:
        day.later(
            f"away/{guest.key}", visits.StepOut(visit_id=visit_id), day.house.actors["desk"], guest.arrives_at + timedelta(minutes=40)
        )
    if guest.scanned_out:
        day.later(
            f"out/{guest.key}",
            visits.CheckOut(visit_id=visit_id),
            day.house.actors["desk"],
            guest.arrives_at + timedelta(minutes=guest.stays),
        )


def signature(dice: Random, document: str = "notice") -> visits.Signature:
    """A drawn name: two or three strokes with a swing of their own, in the words in force."""
    with database.reading() as s:
        text = visits.current(s, "zh-Hans", document).hash
    strokes = []
    for number in range(dice.choice((2, 3))):
        x, y, height = 0.12 + 0.26 * number, 0.14 + 0.05 * dice.random(), 0.05 + 0.04 * dice.random()
        turns = dice.choice((1.5, 2.0, 2.5))
        strokes.append([
            (round(x + 0.2 * i / 15, 4), round(y + height * math.sin(turns * math.pi * i / 15), 4), number * 400.0 + i * 16.0) for i in range(16)
        ])  # fmt: skip
    return visits.Signature(document=text, strokes=strokes)


def _deliver(day: Day, calendar: Calendar) -> None:
    """What comes today, and what is fetched today: most of it within the hour, the rest on the next working day."""
    for came_on in (calendar.next(day.date, -1), day.date):
        for number in range(day.house.rng("deliveries", came_on).randint(2, 4)):
            dice, key = day.house.rng("delivery", came_on, number), f"delivery/{came_on}/{number}"
            recipient, at = dice.choice(day.house.staff), moment(came_on, 9, dice.randint(0, 480))
            drop = deliveries.Drop(
                recipient=str(recipient),
                courier=dice.choice(words.COURIERS),
                pieces=dice.choice((1, 1, 1, 2)),
                kind=dice.choice(words.SENDINGS),
            )
            soon = dice.random() < 0.8
            fetched_at = at + timedelta(minutes=dice.randint(10, 60)) if soon else moment(calendar.next(came_on), 9, 5 + number)
            result = day.result(key, drop, day.house.actors["kiosk"], at) if came_on == day.date else day.house.story.answer(key)
            if result and clock.today(fetched_at) == day.date:
                day.later(
                    f"{key}/taken", deliveries.PickUp(delivery_id=UUID(result["delivery_id"])), day.house.person(recipient), fetched_at
                )
