"""`fill` makes or continues the sample office (contract.md, `make demo`): the same day tells the same story, a later day adds what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from core.demo import booking, caring, counting, days, drawing, house, keeping, meeting, now, rounds, told, visiting, words
from core.demo.days import Calendar
from core.demo.story import Story
from core.foundation import clock, database
from core.foundation.errors import SetupError
from core.mechanisms import audit, office, operations


@dataclass(frozen=True, slots=True)
class Report:
    """What a start added: accepted operations, and the sentences that life refused (two who wanted the same room)."""

    told: int
    refused: tuple[tuple[str, str], ...]
    until: datetime


def fill(today: date, at: datetime | None = None) -> Report:
    """Tell the sample office's story up to `at`, a moment of `today` (10:24 by default, so that a day alone decides everything).

    On an empty database the office is founded a year before; on one that holds the story, only what is missing is added. What people did there meanwhile
    stays; where they were quicker, the story's sentence is refused and counted. Raises SetupError on the database of a real office."""
    at = (at or days.moment(today, 10, 24)).replace(second=0, microsecond=0)
    must_be_sample()
    operations.include(days)
    story, unreached = Story(), set(told.unreached())
    built = house.build(story, today)
    drawing.tell(built)
    founded = clock.today(built.founded)
    calendar = Calendar.load(founded - timedelta(days=20), today + timedelta(days=40))
    for day in days.missing(built, today, at, calendar):
        keeping.tell(day, calendar)
        rounds.tell(day, calendar)
        counting.tell(day, calendar)
        meeting.tell(day, calendar)
        visiting.tell(day, calendar, now.guests(day) if day.date == today else ())
        if day.date == today:
            now.tell(day, calendar)
        else:
            days.close(day)
    story.flush()
    booking.tell(built, today, at, calendar)
    caring.tell(built, at)
    told.run_jobs(at)
    told.tell_in_person(built, unreached, at)
    audit.seal(at)
    return Report(story.told, tuple(story.refused), at)


def must_be_sample() -> None:
    """Refuse the database of a real office."""
    with database.reading() as s:
        found = office.info(s)
    if found is not None and not found.is_demo:
        raise SetupError(f"this database is the office of {found.name}, not a sample office; give the demo a database of its own.")


def directory(base_url: str, report: Report) -> str:
    """Where everything is, for the terminal."""
    addresses = (
        ("everything", "/"), ("kiosk", "/welcome"), ("a door, free", "/door/305"), ("a door, in use", "/door/102"), ("desk", "/desk"), ("phone", "/m/"), ("API", "/api/docs"),
    )  # fmt: skip
    accounts = " ".join(account for account, *_ in words.ACCOUNTS)
    return "\n".join((
        f"{words.OFFICE}, a sample office; {report.told} things were told anew", "",
        *(f"  {name:<16}{base_url}{path}" for name, path in addresses), "",
        f"  sign in as      {accounts}", f"  password        {words.PASSWORD}", "", "  A kiosk or a door is paired by opening its address on this machine. Stop with Ctrl+C.", "",
    ))  # fmt: skip
