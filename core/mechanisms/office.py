"""The office itself: its name, what kind of database this is (office, demo, test) and its settings.

Every setting has a default here, so that a fresh office runs; `setting.update` checks the type against it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints
from sqlalchemy import JSON, Column, select
from sqlmodel import Field, Session, SQLModel

from core.foundation.errors import Refused
from core.foundation.i18n import LANGUAGES
from core.foundation.ids import derived
from core.mechanisms import chats, people
from core.mechanisms.operations import Actor, Operation, Role, operation, touch

OFFICE_ID = derived("office")

DEFAULTS: dict[str, Any] = {
    "reception.phone": "",
    "kiosk.idle_s": 30,
    "kiosk.welcome": "",
    "kiosk.camera": "auto",  # auto: where a code is asked for · always: also on the first screen · off
    "kiosk.print": "show",  # show: a button prints · auto: each badge is printed at once (a browser started with --kiosk-printing)
    "visit.photo": "off",  # off · ask
    "visit.retention_days": 30,
    "visit.id_number": "off",  # off · on: the kinds of visitors that are marked are asked for it (identity.py)
    "block.alert_roles": "safety",  # who hears silently of a held visitor, beside reception: safety, admin, leader by comma
    "visit.ladder_minutes": 5,  # so long nobody answers, then the next one is told: deputy, reception
    "visit.usual_stay_minutes": 240,  # after it the host is asked whether the visitor is still here
    "visit.thanks": "on",  # on: a visitor with a mail address is thanked after leaving · off
    "visit.chat_url": "",  # reception's own chat group
    "reception.official": "on",  # on: the rules of public bodies on receptions (a letter, companions at meals) are looked at
    "booking.grace_minutes": 10,
    "booking.series_strikes": 3,  # so many no-shows, and the owner is asked whether the series shall stay
    "booking.offer_minutes": 60,  # how long a freed or replaced room is kept for one person
    "booking.opens_at": "08:00",
    "booking.closes_at": "20:00",
    "duty.lead_workdays": 5,
    "supply.limit_period_days": 30,
    "mail.from": "foyer@localhost",
    "webhook.url": "",
    "webhook.secret": "",
    "chat.url": "",
    "chat.allowed_hosts": "",  # chat servers inside the house (ntfy, Mattermost): only these may have private addresses
    "calendar.allowed_hosts": "",  # calendar servers inside the house: only these may have private addresses or speak plain http
    "label.office_name": "",
    "light.url": "",
    "light.mqtt": "",
    "light.topic": "foyer/rooms/{room}",
    "label.gs1_prefix": "",  # the office's GS1 company prefix: assets are then printed as Digital Links
}

CHATS = frozenset({"chat.url", "visit.chat_url"})
PATTERNS = {
    "visit.id_number": "off|on",
    "block.alert_roles": "((safety|admin|leader)(,(safety|admin|leader))*)?",
    "visit.thanks": "on|off",
    "reception.official": "on|off",
    "label.gs1_prefix": "([0-9]{4,12})?",
}  # what a text must look like, where not anything goes


class OfficeRow(SQLModel, table=True):
    """One row: who we are."""

    __tablename__: ClassVar[str] = "office"
    id: UUID = Field(default=OFFICE_ID, primary_key=True)
    name: str
    kind: str = "office"
    language: str = "zh-Hans"
    founded_at: datetime
    settings: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    version: int = 1


@dataclass(frozen=True, slots=True)
class Office:
    """The office as screens see it. `kind` is office, demo or test; the test clock is refused in a real office."""

    name: str
    kind: str
    language: str
    version: int

    @property
    def is_demo(self) -> bool:
        return self.kind == "demo"


@dataclass(frozen=True, slots=True)
class Face:
    """What every page shows of the office."""

    name: str
    is_demo: bool
    language: str
    reception_phone: str


_SETTINGS = select(OfficeRow.settings).where(OfficeRow.id == OFFICE_ID)
_FACE = select(OfficeRow.name, OfficeRow.kind, OfficeRow.language, OfficeRow.settings).where(OfficeRow.id == OFFICE_ID)


class FoundOffice(Operation):
    """The first page of a fresh server: the office's name and its first administrator. Works once."""

    office_name: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    kind: Annotated[str, StringConstraints(pattern="^(office|demo|test)$")] = "office"
    language: people.Language = LANGUAGES[0]
    name: people.Name
    account: people.Account
    password: people.Password = Input(exclude=True, repr=False)


@operation(FoundOffice, "office.found", roles=set(), personal=True)
def found(s: Session, do: FoundOffice, by: Actor, at: datetime) -> dict[str, Any]:
    """Refuses: office.already_founded"""
    if people.any_admin(s) or s.get(OfficeRow, OFFICE_ID) is not None:
        raise Refused("office.already_founded")
    s.add(OfficeRow(name=do.office_name, kind=do.kind, language=do.language, founded_at=at))
    added = people.add_person(
        s, people.AddPerson(name=do.name, account=do.account, password=do.password, roles=("admin",), language=do.language), by, at
    )
    touch(s, "office", OFFICE_ID)
    return added


class UpdateSetting(Operation):
    """`office.name` and `office.language` too are settings."""

    key: str
    value: Any


@operation(UpdateSetting, "setting.update", roles={Role.ADMIN})
def update_setting(s: Session, do: UpdateSetting, by: Actor, at: datetime) -> None:
    """Refuses: setting.unknown, setting.value, channel.bad_address"""
    row = s.get(OfficeRow, OFFICE_ID)
    if row is None:
        raise Refused("office.not_founded")
    if do.key == "office.name" and isinstance(do.value, str) and 0 < len(do.value.strip()) <= 80:
        row.name = do.value.strip()
    elif do.key == "office.language" and do.value in LANGUAGES:
        row.language = do.value
    elif do.key in DEFAULTS:
        default = DEFAULTS[do.key]
        if (
            type(do.value) is not type(default)
            or (isinstance(do.value, int) and not 0 < do.value <= 100_000)
            or (isinstance(do.value, str) and (len(do.value) > 2000 or not re.fullmatch(PATTERNS.get(do.key, ".*"), do.value, re.DOTALL)))
        ):
            raise Refused("setting.value", key=do.key)
        if do.key in CHATS and do.value and not chats.group_address(do.value):
            raise Refused("channel.bad_address")
        row.settings = {**row.settings, do.key: do.value}
    else:
        raise Refused("setting.value" if do.key in ("office.name", "office.language") else "setting.unknown", key=do.key)
    row.version += 1
    touch(s, "office", OFFICE_ID)


def info(s: Session) -> Office | None:
    """The office, or None on an empty database."""
    row = s.get(OfficeRow, OFFICE_ID)
    return Office(row.name, row.kind, row.language, row.version) if row else None


def setting(s: Session, key: str) -> Any:
    """The value of a setting, or its default."""
    default = DEFAULTS[key]
    return (s.execute(_SETTINGS).scalar_one_or_none() or {}).get(key, default)


def several(s: Session, *keys: str) -> tuple[Any, ...]:
    """The values of some settings, or their defaults, in one question."""
    said = s.connection().execute(_SETTINGS).scalar_one_or_none() or {}
    return tuple(said.get(key, DEFAULTS[key]) for key in keys)


def face(s: Session) -> Face | None:
    """What a page shows of the office, or None on an empty database: one small statement, because every page asks."""
    row = s.connection().execute(_FACE).one_or_none()
    if row is None:
        return None
    return Face(row.name, row.kind == "demo", row.language, str(row.settings.get("reception.phone", DEFAULTS["reception.phone"])))
