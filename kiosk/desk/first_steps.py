"""The first days of an office: what its administrator sets up next, a row a step, on the first page until every step is done (docs/install.md)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import literal, select
from sqlmodel import Session

from core.mechanisms import devices, people, places
from core.mechanisms.operations import Actor, Role
from core.sections import assets, rooms
from core.web import parts
from core.web.frame import _

STEPS: tuple[tuple[str, str, Any, int], ...] = (
    ("places", "/desk/places", places.Place, 1),
    ("people", "/desk/people", people.Person, 2),  # more than the administrator
    ("rooms", "/desk/rooms", rooms.Room, 1),
    ("devices", "/desk/devices", devices.Device, 1),
    ("things", "/desk/imports", assets.Asset, 1),
)  # name, where it is done, what is counted, from how many on it is done


def done_steps(s: Session, by: Actor) -> dict[str, bool]:
    """Each step and whether it is done; empty when nothing is left or this is not the administrator's business."""
    if not by.has(Role.ADMIN):
        return {}
    done = {name: len(s.execute(select(literal(1)).select_from(table).limit(most)).all()) >= most for name, _href, table, most in STEPS}
    return {} if all(done.values()) else done


def draw(done: dict[str, bool], *, titled: bool) -> None:
    """The steps: done ones ticked, the next one with the dark button; `titled` where the page's own title says something else."""
    if not done:
        return
    following = next(name for name, is_done in done.items() if not is_done)
    if titled:
        parts.text(_("first_steps.title"), "h2", "today__steps")
    with parts.rows():
        for name, href, _table, _most in STEPS:
            with parts.item(
                _(f"first_steps.{name}"),
                _(f"first_steps.{name}.hint"),
                icon="check" if done[name] else "next",
                tone="free" if done[name] else None,
            ):
                if not done[name]:
                    parts.button(_(f"first_steps.{name}.act"), href=href, kind="main" if name == following else "plain").classes(
                        "item__act"
                    )
