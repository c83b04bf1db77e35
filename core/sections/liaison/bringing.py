"""Contacts from a file, through the imports everybody knows: dry run, row by row, undo (guide S3.2-R1; Things 10)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation.ids import uuid7
from core.mechanisms import pinyin
from core.mechanisms.imports.declared import ImportColumn, Importer, Plan, Step
from core.mechanisms.imports.lists import differing, one_of, remove, text, unique
from core.mechanisms.operations import OFFICE, Actor, touch
from core.mechanisms.people import Person
from core.mechanisms.tables import Cell, CellError, parse_code, parse_text
from core.sections.liaison.contacts import Contact, ContactNote, ContactOrg, OrgKind, SaveContact

_KINDS = {
    "superior": ("superior", "superior body", "上级单位", "上級單位", "上级", "上級", "主管部门"),
    "peer": ("peer", "peer office", "兄弟单位", "兄弟單位"),
    "partner": ("partner", "business partner", "业务伙伴", "業務夥伴", "合作单位", "合作單位", "客户", "供应商"),
    "government": ("government", "authority", "政府部门", "政府部門"),
    "other": ("other", "其他"),
}
_BY_WORD = {word.casefold(): OrgKind(kind) for kind, words in _KINDS.items() for word in words}
FIELDS = ("title", "phone", "email", "address", "note")


def _kind(cell: Cell) -> OrgKind:
    found = _BY_WORD.get(parse_text(cell).casefold())
    if found is None:
        raise CellError("import.unknown_org_kind")
    return found


def _plan(s: Session) -> Plan:
    orgs = {org.id: org for org in s.execute(select(ContactOrg)).scalars()}
    persons = unique((p.name, p) for p in s.execute(select(Person).where(col(Person.disabled_at).is_(None))).scalars())
    known: dict[tuple[str, str], Contact] = {}
    for row in s.execute(select(Contact).where(col(Contact.merged_into).is_(None))).scalars():
        known[(row.name.casefold(), orgs[row.org_id].name.casefold())] = row

    def plan(values: dict[str, Any]) -> Step:
        name, org = values["name"], values.get("org") or values["name"]
        kind = values.get("kind")
        owner = (
            one_of(persons, values["owner"], "owner", "import.unknown_person", "import.person_ambiguous") if values.get("owner") else None
        )
        given = {key: values[key] for key in FIELDS if key in values}
        found = known.get((name.casefold(), org.casefold()))
        title = f"{name}  {org}"
        if found is None:
            contact_id = uuid7()
            do = SaveContact(contact_id=contact_id, name=name, org=org, kind=kind, owner_id=owner.id if owner else None, **given)
            return Step(do, contact_id, after={**given, "name": name, "org": org}, title=title)
        new = differing(found, {**given, **({"owner_id": owner.id} if owner else {})})
        if kind is not None and orgs[found.org_id].kind != kind:
            new["kind"] = kind
        if not new:
            return Step(None, found.id, title=title)
        before = {key: orgs[found.org_id].kind if key == "kind" else getattr(found, key) for key in new}
        names = {p.id: p.name for some in persons.values() for p in some}
        changes = tuple(
            ("owner", names.get(before[key], ""), names.get(value, "")) if key == "owner_id" else (key, str(before[key] or ""), str(value))
            for key, value in new.items()
        )
        return Step(SaveContact(contact_id=found.id, **new), found.id, before, new, changes, title)

    return plan


def _undo(s: Session, id: UUID, before: Mapping[str, Any] | None, after: Mapping[str, Any], by: Actor, at: datetime) -> bool:
    found = s.get(Contact, id)
    if found is None:
        return False
    if before is None:
        used = s.execute(select(col(ContactNote.id)).where(col(ContactNote.contact_id) == id).limit(1)).first() is not None
        return not used and found.version <= 2 and remove(s, "contact", found)
    whole = True
    for key, value in before.items():
        if key == "kind":
            org = s.get(ContactOrg, found.org_id)
            assert org is not None
            org.kind = str(value)
            continue
        old = UUID(str(value)) if key == "owner_id" and value else value
        now = getattr(found, key)
        if str(now or "") != str(after.get(key) or ""):
            whole = False
            continue
        setattr(found, key, old)
    keys = pinyin.keys(found.name)
    found.pinyin, found.initials = keys.full, keys.initials
    found.version += 1
    touch(s, "contact", id)
    return whole


IMPORTER = Importer(
    "contacts",
    "name",
    (
        ImportColumn("name", "liaison.contact.name", text(120), True, ("姓名", "联系人", "聯絡人", "Name", "Contact")),
        ImportColumn("org", "liaison.contact.org", text(120), aliases=("单位", "單位", "公司", "单位名称", "Company", "Organization")),
        ImportColumn("kind", "liaison.contact.kind", _kind, aliases=("类别", "類別", "单位类别", "Kind")),
        ImportColumn("title", "liaison.contact.title", text(200), aliases=("职务", "職務", "Title")),
        ImportColumn("phone", "liaison.contact.phone", parse_code, aliases=("电话", "電話", "手机", "手機", "Mobile")),
        ImportColumn("email", "liaison.contact.email", text(200), aliases=("邮箱", "郵箱", "E-mail")),
        ImportColumn("address", "liaison.contact.address", text(200), aliases=("地址",)),
        ImportColumn("owner", "liaison.contact.owner", text(80), aliases=("负责人", "負責人", "经办人")),
        ImportColumn("note", "liaison.contact.note", text(2000), aliases=("备注", "備註")),
    ),
    OFFICE,
    _plan,
    _undo,
    ignored=("liaison.contact.last_at", "liaison.contact.next_on", "liaison.contact.state"),
)
