"""Pages that only tests open: a kiosk and a desk page that count what reaches the server. Run as a program it is `main.py` with these pages."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from fastapi.responses import JSONResponse
from nicegui import APIRouter

from core.web import elements, frame, parts

router = APIRouter()
HEARD: dict[str, list[object]] = {"taps": [], "typed": [], "scans": [], "signed": [], "keys": []}


@router.get("/test-heard")
def heard() -> JSONResponse:
    """What the server carried out."""
    return JSONResponse(HEARD)


@router.page("/test-kiosk")
def kiosk_page() -> None:
    with frame.kiosk():
        parts.text("Kiosk", "h1")
        parts.button("Count", lambda: HEARD["taps"].append(1), kind="main")
        elements.Keypad("letters", both=True, hanzi=True, act="Done", on_done=lambda text: HEARD["keys"].append(text))


@router.page("/test-desk")
def desk_page() -> None:
    with frame.desk("today", "Test"):
        field = parts.input("Words")
        parts.button("Send", lambda: HEARD["typed"].append(field.value), kind="main")
        parts.button("Break", _break)


@router.page("/test-elements")
def elements_page() -> None:
    with frame.plain("Test"):
        elements.Scanner(lambda scan: HEARD["scans"].append([scan.text, scan.source]), camera=False, wedge=True)
        pad = elements.Signature()

        async def sign() -> None:
            found = await pad.result()
            HEARD["signed"].append([len(found.strokes), len(found.png)] if found else None)

        parts.button("Sign", sign)


def _break() -> None:
    raise ZeroDivisionError("a bug in a handler")


if __name__ == "__main__":
    import main
    from tests.web import panel

    main.PAGES = (*main.PAGES, panel)
    raise SystemExit(main.run(sys.argv[1:]))
