"""Builders of visits: what a test arranges in one line."""

from __future__ import annotations

from datetime import date
from typing import Any

from core.mechanisms import people
from core.mechanisms.operations import Actor, Role
from core.sections import visits
from core.sections.visits import consent
from core.sections.visits.consent import Signature
from tests.cast import Office

TODAY = date(2026, 11, 23)
STROKES = [[(0.1, 0.2, 0.0), (0.3, 0.25, 40.0), (0.5, 0.1, 90.0)], [(0.6, 0.2, 200.0), (0.7, 0.3, 260.0)]]


def kiosk(office: Office, name: str = "一楼大厅") -> Actor:
    return office.device(name, Role.KIOSK)[0]


def invite(
    office: Office, *, host: Actor | None = None, day: date = TODAY, name: str = "李文博", by: Actor | None = None, **more: Any
) -> dict[str, Any]:
    """A planned visit of Li to Mei; answers visit_id and code."""
    host = host or office.mei
    assert host.person_id is not None
    made = office.do(visits.Invite(host_id=host.person_id, name=name, expected_on=day, **more), by or host)
    assert isinstance(made, dict)
    return made


def sign(office: Office, language: str = "zh-Hans") -> Signature:
    """The notice in force, signed."""
    text = office.read(consent.current, language)
    return Signature(document=text.hash, strokes=STROKES)


def walk_in(office: Office, at_kiosk: Actor, *, name: str = "李文博", host: str = "林晓梅", **more: Any) -> dict[str, Any]:
    made = office.do(visits.CheckIn(name=name, host=host, **more), at_kiosk)
    assert isinstance(made, dict)
    return made


def with_mail(office: Office, key: str, address: str, language: str | None = None) -> Actor:
    """Give a member of the cast a mail address (and another language)."""
    person = office.people[key]
    assert person.person_id is not None
    office.do(people.UpdatePerson(person_id=person.person_id, email=address), office.ada)
    if language:
        office.do(people.SetLanguage(language=language), person)
    return person
