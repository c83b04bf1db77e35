"""A small text file from this machine, read in the browser and sent as one message (nicegui-facts 19: at most 1 MB)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nicegui import ui
from nicegui.events import GenericEventArguments

from core.web import icons, parts

MOST_BYTES = 700_000
_READ = (
    "async (event) => { const file = event.target.files[0]; if (!file) return; const small = file.size <= " + str(MOST_BYTES) + ";"
    " const text = small ? await file.text() : ''; event.target.value = ''; emit({ name: file.name.slice(0, 80), small, text }); }"
)


def text_file(
    label: str, accept: str, on_text: Callable[[str, str], Any], on_too_big: Callable[[], Any], *, icon: str = "receive"
) -> ui.element:
    """A button that asks for a file; `on_text` hears its name and text, `on_too_big` that it was larger than 700 kB."""

    async def chosen(event: GenericEventArguments) -> None:
        said = event.args if isinstance(event.args, dict) else {}
        name, text = str(said.get("name", ""))[:80], said.get("text")
        if said.get("small") is not True or not isinstance(text, str) or len(text) > MOST_BYTES:
            await parts.run(on_too_big)
        else:
            await parts.run(lambda: on_text(name, text))

    with parts.box("button upload", "label") as found:
        icons.icon(icon)
        parts.text(label, "span")
        field = ui.element("input").props(f'type=file accept="{accept}"').classes("upload__file")
        field.on("change", chosen, js_handler=_READ)
    return found
