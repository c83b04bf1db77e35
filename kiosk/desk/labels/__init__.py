"""Labels on the desk: printing sheets, the print log, the office's own papers, what the labels of a class say (guide S4.1; pitfalls T16–T21)."""

from __future__ import annotations

from nicegui import APIRouter

from kiosk.desk.labels import log, papers, rules, sheet

router = APIRouter()
for module in (sheet, log, papers, rules):
    router.include_router(module.router)
