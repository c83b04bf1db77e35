"""People and departments: who works here, with which roles; add, change, disable, new password, PIN (guide S0; contract.md, Roles)."""

from __future__ import annotations

import secrets
from typing import Any
from uuid import UUID

from fastapi import Depends
from nicegui import APIRouter
from pydantic import ValidationError
from sqlalchemy import func, select
from sqlmodel import Session, col

from core.foundation import database
from core.mechanisms import labels, people, views
from core.mechanisms.operations import Actor, Role
from core.sections import assets
from core.web import frame, own_channels, parts
from core.web.frame import _
from kiosk.desk.registers import Chip, Column, Register, RegisterPage

router = APIRouter(dependencies=[Depends(frame.signed_in)])
READERS = (Role.ADMIN, Role.CLERK, Role.RECEPTION, Role.LEADER)
CHOOSABLE = (Role.RECEPTION, Role.CLERK, Role.SAFETY, Role.LEADER, Role.ADMIN)
# Signs that are not mistaken for one another when a password is read out.
PASSWORD_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"  # noqa: S105 - an alphabet


@router.page("/desk/people")
def people_page() -> None:
    with frame.desk("people", _("nav.people"), *READERS):
        RegisterPage(REGISTER)


def fetch(s: Session, query: views.Query, by: Actor) -> views.Page:
    """People in order of pinyin, those of the filter only."""
    disabled = query.filters.get("disabled") == "1"
    rows = people.search(s, query.q, limit=query.limit + 1, after=query.cursor, disabled=disabled)
    found = people.views(s, rows[: query.limit])
    if role := query.filters.get("role"):
        wanted = {person.id for person in people.with_role(s, Role(role))}
        found = people.views(s, [person for person in people.with_role(s, Role(role)) if person.id in wanted])
        return views.Page(found, None)
    return views.Page(found, str(rows[query.limit - 1].id) if len(rows) > query.limit else None)


def _get(s: Session, person_id: str, by: Actor) -> people.PersonView | None:
    try:
        person = s.get(people.Person, UUID(person_id))
    except ValueError:
        return None
    return people.view(s, person) if person else None


def _count(*, disabled: bool) -> Any:
    def count(s: Session, by: Actor) -> int:
        left = col(people.Person.disabled_at)
        return s.execute(
            select(func.count()).select_from(people.Person).where(left.is_not(None) if disabled else left.is_(None))
        ).scalar_one()

    return count


def roles_words(roles: tuple[str, ...]) -> str:
    """The roles beyond being a member of staff, in the page's language."""
    named = [_(f"role.{role}") for role in CHOOSABLE if role in roles]
    return parts.listed(named) or _("role.staff")


def _draw_acts(page: RegisterPage) -> None:
    if frame.actor().has(Role.ADMIN):
        parts.button(_("people.departments"), lambda: _departments(page), icon="list")
        parts.button(_("people.add"), lambda: edit(page, None), kind="main", icon="plus")


def _draw_peek(person: people.PersonView, page: RegisterPage) -> None:
    with database.reading() as s:
        code = labels.of(s, labels.SubjectKind.PERSON, person.id)
    page.peek_head(person.name, code=code, pill=(_("people.disabled"), "shut") if person.disabled else None, meta=person.english_name)
    parts.facts((
        (_("people.department"), person.department), (_("people.roles"), roles_words(person.roles)), (_("people.number"), person.number),
        (_("signin.account"), person.account), (_("people.extension"), person.extension), (_("people.phone"), person.phone), (_("people.email"), person.email),
    ))  # fmt: skip
    if not frame.actor().has(Role.ADMIN):
        return
    if person.disabled:
        parts.button(_("people.enable"), lambda: _enable(person, page))
        return
    parts.button(_("people.change"), lambda: edit(page, person), icon="pen")
    parts.button(_("people.new_password"), lambda: _new_password(person, page), icon="key")
    parts.button(_("people.new_pin"), lambda: _new_pin(person), icon="keyboard")
    parts.button(_("people.chats"), lambda: _chats(person), icon="send")
    parts.button(_("custody.clearance"), href=f"/desk/clearance/{person.id}", icon="leave")
    parts.button(_("people.disable"), lambda: _disable(person, page), kind="stop")


def _chats(person: people.PersonView) -> None:
    """Where else this person is told: set up for them by whoever looks after the robots."""
    with parts.sheet_dialog(_("channel.title_of", name=person.name), _("channel.hint_of", name=person.name)) as dialog:
        own_channels.OwnChannels(person.id, person.name)
        with parts.box("dialog__acts"):
            parts.button(_("web.close"), dialog.close)
    dialog.open()


async def _enable(person: people.PersonView, page: RegisterPage) -> None:
    if (await parts.do(people.EnablePerson(person_id=person.id), done=_("people.enabled", name=person.name))).ok:
        await page.reopen()


async def _disable(person: people.PersonView, page: RegisterPage) -> None:
    with database.reading() as s:
        left = assets.clearance(s, person.id)
    still = _("custody.still_has", n=len(left.things), duties=len(left.owed)) if left.things or left.owed else ""
    sure = await parts.confirm(
        _("people.disable_title", name=person.name),
        parts.joined(still, _("people.disable_words")),
        act=_("people.disable_act", name=person.name),
        stay=_("people.disable_not"),
    )
    if sure and (await parts.do(people.DisablePerson(person_id=person.id), done=_("people.now_disabled", name=person.name))).ok:
        await page.reopen()


def new_password() -> str:
    """Three groups of four signs (58 bits): short enough to read out once."""
    return "-".join("".join(secrets.choice(PASSWORD_SIGNS) for _sign in range(4)) for _group in range(3))


async def _new_password(person: people.PersonView, page: RegisterPage) -> None:
    if not person.account:
        parts.problem(_("people.needs_account"))
        return
    password = new_password()
    if (await parts.do(people.SetPassword(person_id=person.id, password=password))).ok:
        show_once(_("people.password_title", name=person.name), password, _("people.password_once"))


async def _new_pin(person: people.PersonView) -> None:
    pin = f"{secrets.randbelow(1_000_000):06d}"
    if (await parts.do(people.SetPin(person_id=person.id, pin=pin))).ok:
        show_once(_("people.pin_title", name=person.name), pin, _("people.password_once"))


def show_once(title: str, secret: str, hint: str) -> None:
    """A secret shown once in a dialog; nothing else keeps it."""
    with parts.sheet_dialog(title, hint) as dialog:
        parts.text(secret, classes="pairing__code")
        with parts.box("dialog__acts"):
            parts.button(_("people.noted"), dialog.close, kind="main")
    dialog.open()


def edit(page: RegisterPage, person: people.PersonView | None) -> None:
    """The form of a new or present person."""
    with database.reading() as s:
        departments = {str(row.id): row.name for row in people.departments(s)}
    with parts.sheet_dialog(_("people.add") if person is None else _("people.change_title", name=person.name)) as dialog:
        name = parts.input(_("people.name"), person.name if person else "", autofocus=True)
        english = parts.input(_("people.english_name"), person.english_name if person else "")
        department = parts.select(
            _("people.department"), departments, str(person.department_id) if person and person.department_id else None
        )
        department.props("clearable")
        roles = parts.select(
            _("people.roles"),
            {str(role): _(f"role.{role}") for role in CHOOSABLE},
            [r for r in (person.roles if person else ()) if r in CHOOSABLE],
            multiple=True,
        )
        account = parts.input(_("signin.account"), (person.account or "") if person else "", help=_("people.account_help"))
        number = parts.input(_("people.number"), (person.number or "") if person else "")
        extension = parts.input(_("people.extension"), person.extension if person else "")
        email = parts.input(_("people.email"), person.email if person else "")
        with parts.box("dialog__acts"):
            parts.button(_("web.cancel"), dialog.close)

            async def save() -> None:
                values: dict[str, Any] = {
                    "name": name.value, "english_name": english.value or "", "department_id": department.value, "account": account.value or None,
                    "number": number.value or None, "extension": extension.value or "", "email": email.value or "",
                }  # fmt: skip
                parts.refuse(name, None if (name.value or "").strip() else _("people.name_needed"))
                if not (name.value or "").strip():
                    return
                try:
                    saved = await _save(person, values, tuple(roles.value or ()))
                except ValidationError as error:
                    parts.refuse(account if error.errors()[0]["loc"][0] == "account" else name, _("people.account_help"))
                    return
                if saved:
                    dialog.close()
                    await page.reopen()

            parts.button(_("web.save"), save, kind="main")
    dialog.open()


async def _save(person: people.PersonView | None, values: dict[str, Any], roles: tuple[str, ...]) -> bool:
    if person is None:
        password = new_password() if values["account"] else None
        outcome = await parts.do(people.AddPerson(**values, roles=roles, password=password), done=_("people.added", name=values["name"]))
        if outcome.ok and password:
            show_once(_("people.password_title", name=values["name"]), password, _("people.password_once"))
        return outcome.ok
    outcome = await parts.do(people.UpdatePerson(person_id=person.id, **values))
    if outcome.ok and set(roles) | {"staff"} != set(person.roles) | {"staff"}:
        outcome = await parts.do(people.SetRoles(person_id=person.id, roles=roles))
    if outcome.ok:
        parts.toast(_("people.saved", name=values["name"]))
    return outcome.ok


def _departments(page: RegisterPage) -> None:
    with database.reading() as s:
        rows, heads = people.departments(s), {str(p.id): p.name for p in people.search(s, limit=500)}
    with parts.sheet_dialog(_("people.departments"), _("people.departments_hint")) as dialog:
        for row in rows:
            head = parts.select(_("people.head_of", name=row.name), heads, str(row.head_id) if row.head_id else None, search=True).props(
                "clearable"
            )
            custodian = str(row.custodian_id) if row.custodian_id and str(row.custodian_id) in heads else None
            keeper = parts.select(_("people.custodian_of", name=row.name), heads, custodian, search=True).props("clearable")

            async def change(event: Any, row: Any = row) -> None:
                chosen = UUID(event.value) if event.value else None
                await parts.do(
                    people.UpdateDepartment(department_id=row.id, head_id=chosen), done=_("people.department_saved", name=row.name)
                )

            async def appoint(event: Any, row: Any = row) -> None:
                chosen = UUID(event.value) if event.value else None
                await parts.do(
                    people.UpdateDepartment(department_id=row.id, custodian_id=chosen), done=_("people.department_saved", name=row.name)
                )

            head.on_value_change(change)
            keeper.on_value_change(appoint)
        name = parts.input(_("people.new_department"))
        with parts.box("dialog__acts"):
            parts.button(_("web.close"), dialog.close)

            async def add() -> None:
                if (name.value or "").strip() and (
                    await parts.do(people.AddDepartment(name=name.value), done=_("people.added", name=name.value))
                ).ok:
                    dialog.close()
                    page.refresh()

            parts.button(_("people.add_department"), add, kind="main")
    dialog.open()


REGISTER = Register(
    name="people", title="people.title", kinds=("person",), fetch=fetch, get=_get,
    columns=(
        Column("people.name", lambda p: p.name, sub=lambda p: p.english_name), Column("people.department", lambda p: p.department),
        Column("people.roles", lambda p: roles_words(p.roles)), Column("people.extension", lambda p: p.extension), Column("signin.account", lambda p: p.account),
        Column("people.state", lambda p: _("people.disabled") if p.disabled else _("people.active"), tone=lambda p: "shut" if p.disabled else "free"),
    ),
    chips=(
        Chip("all", "people.chip_active", count=_count(disabled=False)), Chip("admin", "role.admin", {"role": "admin"}), Chip("reception", "role.reception", {"role": "reception"}),
        Chip("clerk", "role.clerk", {"role": "clerk"}), Chip("safety", "role.safety", {"role": "safety"}), Chip("leader", "role.leader", {"role": "leader"}),
        Chip("gone", "people.disabled", {"disabled": "1"}, count=_count(disabled=True)),
    ),
    peek=_draw_peek, acts=_draw_acts, search="people.find",
)  # fmt: skip
