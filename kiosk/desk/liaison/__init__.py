"""Liaison at the desk: contacts outside, messages that came in, cases, certificates; one page each, one look (guide S3.2-R1 … R5).

Which of them somebody sees and may do is the section's to say; confidential notes never reach a page that may not show them.
"""

from __future__ import annotations

from fastapi import Depends
from nicegui import APIRouter, ui

from core.sections.liaison.contacts import LIAISON
from core.web import frame, parts, static_files
from core.web.frame import _
from kiosk.desk.liaison import cases, certificates, contacts, messages
from kiosk.desk.registers import Register, RegisterPage

router = APIRouter(dependencies=[Depends(frame.signed_in)])
TABS = (("contacts", ""), ("messages", "/messages"), ("cases", "/cases"), ("certificates", "/certificates"))


def _page(which: str, register: Register) -> None:
    with frame.desk("liaison", _(f"liaison.tab.{which}"), *LIAISON):
        ui.add_head_html(f'<link rel="stylesheet" href="{static_files.url("liaison.css")}">')
        with parts.box("liaison__tabs", "nav"):
            for key, path in TABS:
                with parts.box("", "a").props(f'href="/desk/liaison{path}"' + (" aria-current=page" if key == which else "")):
                    parts.text(_(f"liaison.tab.{key}"), "span")
        RegisterPage(register)


@router.page("/desk/liaison")
def contacts_page() -> None:
    _page("contacts", contacts.CONTACTS)


@router.page("/desk/liaison/messages")
def messages_page() -> None:
    _page("messages", messages.MESSAGES)


@router.page("/desk/liaison/cases")
def cases_page() -> None:
    _page("cases", cases.CASES)


@router.page("/desk/liaison/certificates")
def certificates_page() -> None:
    _page("certificates", certificates.CERTIFICATES)
