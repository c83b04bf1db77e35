"""Invitations from a file: a delegation, a day of interviews, next week's contractors (guide S3.1-R1; pitfalls T31, T33, T39).

One row is one visit, checked and dry-run like every import. Who is invited already (same name, host and day, and the same address or phone where one is
given) is skipped, so that the same file twice invites nobody twice; the same guest twice in one file is pointed out. Undo takes back the invitations
nobody has used yet, and tells those who were told.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation import clock
from core.foundation.i18n import LANGUAGE_NAMES, LANGUAGES
from core.foundation.ids import uuid7
from core.mechanisms import people, pinyin
from core.mechanisms.imports import ImportColumn, Importer, RowError, Step
from core.mechanisms.imports.declared import Plan
from core.mechanisms.imports.lists import fitting, one_of, text, unique
from core.mechanisms.operations import Actor, Role
from core.mechanisms.places import Place
from core.mechanisms.tables import Cell, CellError, half_width, parse_day
from core.sections.visits import planning, types
from core.sections.visits.planning import Invite, Mail
from core.sections.visits.record import InvitedPhone, Visit, VisitState

SPOKEN = {name.casefold(): language for language, name in LANGUAGE_NAMES.items()} | {
    language.casefold(): language for language in LANGUAGES
}
SPOKEN |= {
    "zh": "zh-Hans",
    "中文": "zh-Hans",
    "简体": "zh-Hans",
    "簡體": "zh-Hans",
    "繁體": "zh-Hant",
    "繁体": "zh-Hant",
    "英文": "en",
    "english": "en",
}


def parse_time(cell: Cell) -> time:
    """`14:30`, `14：30`, `9.05`, or a spreadsheet's time. Raises visit.import.no_time"""
    value = cell.value
    if isinstance(value, datetime):
        return value.time().replace(second=0, microsecond=0)
    if isinstance(value, float) and 0 <= value < 1:
        minutes = round(value * 1440) % 1440
        return time(minutes // 60, minutes % 60)
    said = half_width(cell.text).strip().replace(".", ":")
    try:
        hours, minute = (int(part) for part in said.split(":")[:2])
        return time(hours, minute)
    except ValueError:
        raise CellError("visit.import.no_time") from None


def parse_language(cell: Cell) -> str:
    """One of our languages, by its code or name. Raises visit.import.no_language"""
    found = SPOKEN.get(half_width(cell.text).strip().casefold())
    if found is None:
        raise CellError("visit.import.no_language")
    return found


def _plan(s: Session) -> Plan:
    persons = [p for p in s.execute(select(people.Person)).scalars() if p.disabled_at is None]
    hosts = unique([(key, p) for p in persons for key in {p.name, p.english_name, p.account, p.number, p.extension} if key])
    kinds = {key: one.key for one in types.all_types(s) for key in _called(one)}
    rooms = unique(
        [(p.name, p) for p in s.execute(select(Place).where(col(Place.retired_at).is_(None))).scalars()]
        + [
            (p.short_name, p)
            for p in s.execute(select(Place).where(col(Place.retired_at).is_(None))).scalars()
            if p.short_name and p.short_name != p.name
        ]
    )
    today = clock.today()
    query = select(Visit).where(col(Visit.state) == VisitState.PLANNED, col(Visit.expected_on) >= today)
    planned = {
        key for visit in s.execute(query).scalars() for key in _keys(visit.name, visit.host_id, visit.expected_on, visit.email, visit.phone)
    }
    seen: set[tuple[Any, ...]] = set()

    def plan(values: dict[str, Any]) -> Step:
        day: date = values["expected_on"]
        if day < today:
            raise RowError("expected_on", "visit.day_past")
        if (day - today).days > planning.FURTHEST_DAYS:
            raise RowError("expected_on", "visit.day_too_far")
        host = one_of(hosts, values.pop("host"), "host", "visit.import.no_host", "visit.import.hosts") if "host" in values else None
        if "room" in values:
            values["room_id"] = one_of(rooms, values.pop("room"), "room", "visit.import.no_room", "visit.import.rooms").id
        if "type" in values:
            said = values["type"]
            values["type"] = kinds.get(_flat(said))
            if values["type"] is None:
                raise RowError("type", "visit.import.no_type", name=said)
        if "time" in values:
            values["expected_at"] = clock.from_wall(datetime.combine(day, values.pop("time")), clock.zone())
        key = _keys(values["name"], host.id if host else None, day, values.get("email", ""), values.get("phone", ""))[0]
        if key in seen:
            raise RowError("name", "visit.import.twice")
        seen.add(key)
        title = "  ".join(part for part in (values["name"], values.get("company", "")) if part)
        if key in planned:
            return Step(None, uuid7(), title=title)
        visit_id = uuid7()
        return Step(Invite(id=visit_id, host_id=host.id if host else None, **values), visit_id, title=title)

    return plan


def _flat(words: str) -> str:
    return half_width(words).strip().casefold()


def _called(kind: types.TypeView) -> set[str]:
    """How a kind of visitor is written in a file: by its key, its name in any language, or one half of a name like "检修、施工"."""
    names = {kind.key, *(kind.name(language) for language in LANGUAGES)}
    return {_flat(part) for name in names for part in (name, *name.split("、"))}


def _keys(name: str, host_id: UUID | None, day: date, email: str, phone: str) -> list[tuple[Any, ...]]:
    """How a guest is known again: by their address, else their phone, else the name alone; and with no host named, for whoever it is."""
    who = email.lower() or "".join(sign for sign in phone if sign.isdigit())
    return [(pinyin.squeeze(name) or name, one, day, mark) for one in (host_id, None) for mark in dict.fromkeys((who, ""))]


def _undo(s: Session, id: UUID, before: Mapping[str, Any] | None, after: Mapping[str, Any], by: Actor, at: datetime) -> bool:
    visit = s.get(Visit, id)
    if visit is None or visit.state != VisitState.PLANNED:
        return False
    planning.withdraw(s, visit, at)
    return True


INVITATIONS = Importer(
    "visits", "name",
    (
        ImportColumn("name", "visit.column.name", text(80), True, ("来访人", "來訪人", "客人", "Guest", "Visitor", "访客", "訪客", "访客姓名", "訪客姓名", "姓名", "名字", "Name", "Full name")),
        ImportColumn("company", "visit.column.company", text(200), aliases=("公司", "Organisation", "Organization")),
        ImportColumn("phone", "visit.column.phone", fitting(InvitedPhone, "visit.import.no_phone", 40), aliases=("手机", "手機", "Mobile")),
        ImportColumn("email", "visit.import.email", fitting(Mail, "notice.reason.bad_address", 254), aliases=("Mail", "E-mail", "电子邮箱", "電子郵箱", "邮件")),
        ImportColumn("host", "visit.column.host", text(80), aliases=("接待人", "Host", "被访人", "被訪人")),
        ImportColumn("expected_on", "visit.column.expected_on", parse_day, True, ("日期", "Date", "Day", "来访日期", "來訪日期")),
        ImportColumn("time", "visit.import.time", parse_time, aliases=("时间", "時間", "Time")),
        ImportColumn("room", "visit.import.room", text(80), aliases=("地点", "地點", "会议室", "會議室", "Place", "Room")),
        ImportColumn("purpose", "visit.column.purpose", text(200), aliases=("事由", "Purpose")),
        ImportColumn("type", "visit.import.type", text(80), aliases=("类型", "類型", "访客类型", "訪客類型", "Type", "Kind")),
        ImportColumn("language", "visit.import.language", parse_language, aliases=("语言", "語言", "Language")),
    ),
    frozenset({Role.STAFF}), _plan, _undo, repeats=True,
)  # fmt: skip
