"""A business card at the kiosk's camera begins a walk-in (issue 5, kiosk craft)."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from kiosk.welcome import card
from kiosk.welcome.screen import Welcome

VCARD = "BEGIN:VCARD\nVERSION:3.0\nFN:李文博\nORG:远山科技\nTEL:13800138000\nEMAIL:Li@Example.com\nEND:VCARD"


def panel(step: str = "code") -> Any:
    shown: list[str] = []
    form = SimpleNamespace(name="", company="", email="", phone="")
    return SimpleNamespace(step=step, form=form, shown=shown, show=shown.append)


def test_a_card_types_who_it_is_and_the_visitor_looks_at_it_first() -> None:
    screen = panel()
    assert card.taken(cast(Welcome, screen), VCARD) and screen.shown == ["name"]
    assert vars(screen.form) == {
        "name": "李文博",
        "company": "远山科技",
        "email": "li@example.com",
        "phone": "",
    }  # the number opens nothing


def test_a_card_of_a_firm_alone_leaves_the_name_to_the_visitor() -> None:
    screen = panel()
    assert card.taken(cast(Welcome, screen), "BEGIN:VCARD\nORG:市档案局\nEND:VCARD") and (screen.form.name, screen.form.company) == (
        "",
        "市档案局",
    )


@pytest.mark.parametrize(
    ("step", "text"), [("code", "7K3M9QWY"), ("code", "BEGIN:VCARD"), ("leave", VCARD), ("code", "MECARD:"), ("code", "x" * 5000)]
)
def test_what_is_no_card_or_not_asked_for_changes_nothing(step: str, text: str) -> None:
    screen = panel(step)
    assert not card.taken(cast(Welcome, screen), text) and screen.shown == [] and screen.form.name == ""
