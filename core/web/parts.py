"""The parts screens are made of, one function each, so that the same thing looks the same everywhere (look.md §4).

Every function draws at the cursor and returns its element. Text goes in as text (never as HTML). No part holds a rule of the office.
A press answers on the device at once (spinner, second press does nothing) and is dropped when it is older than ten seconds or was made
while the link was down: a tap of the last visitor never runs for the next one (nicegui-facts 3, guide pitfall of ghost taps).
"""

from __future__ import annotations

import inspect
import logging
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement
from nicegui.events import GenericEventArguments

from core.foundation import clock, i18n
from core.foundation.errors import Invalid, Refused
from core.mechanisms.operations import Actor, Operation, Outcome, perform
from core.mechanisms.tables import half_width
from core.web import anew, frame, icons
from core.web.frame import _

log = logging.getLogger("foyer.web")

Kind = Literal["main", "plain", "quiet", "stop"]
Tone = Literal["free", "soon", "held", "busy", "shut", "lost"]
Handler = Callable[[], Any] | Callable[[], Awaitable[Any]]
TONE_ICON = {"free": "check", "soon": "clock", "held": "held", "busy": "warning", "shut": "return", "lost": "cloud-off"}
STALE_TAP_S, STALE_ALONE_S = 10.0, 4.0
HAN, LETTER = re.compile(r"[\u3400-\u9fff]"), re.compile(r"[A-Za-z\u3400-\u9fff]")
SHOW_WRONG = (  # once for all fields that are refused together, when they are drawn
    "clearTimeout(window.foyerWrong); window.foyerWrong = setTimeout(() => "
    "[...document.querySelectorAll('.q-field--error')].find((one) => one.checkVisibility())?.closest('.field')?.scrollIntoView({block: 'nearest'}), 150)"
)
WIDE = re.compile(r"[\u3000-\u303f\uff00-\uffef]")  # Chinese punctuation, which an English page would draw narrow


def joined(*words: str) -> str:
    """Several short facts on one grey line, the empty ones left out: a full-width space in Chinese, a comma in English (look.md §2)."""
    return (", " if frame.lang() == "en" else "　").join(word for word in words if word)


def listed(names: Iterable[str]) -> str:
    """Names one after the other, with the comma of the page's language."""
    return (", " if frame.lang() == "en" else "、").join(names)


def typed(value: object) -> str:
    """A number or an amount as it was typed: the full-width signs an input method leaves (４０，５) become plain, blanks around it go."""
    return half_width(str(value or "")).strip()


def text(words: object, tag: str = "div", classes: str = "") -> TextElement:
    """Words in an element: `text(name, "h1")`, `text(code, classes="code")`.

    On an English page Chinese words say that they are Chinese, so that they are read aloud as such and their commas keep their width."""
    said = str(words)
    element = TextElement(tag=tag, text=said).classes(classes)
    if HAN.search(said) and frame.lang() == "en":
        match spoken(said):
            case "zh":
                element.props["lang"] = "zh"
            case "wide":
                element.classes("wide")
    return element


def spoken(said: str) -> Literal["", "zh", "wide"]:
    """How words stand on an English page: mostly Chinese (`zh`), English with a Chinese comma or bracket in it (`wide`), or neither."""
    han = len(HAN.findall(said))
    return "zh" if han and 2 * han > len(LETTER.findall(said)) else "wide" if han and WIDE.search(said) else ""


def box(classes: str = "", tag: str = "div") -> ui.element:
    """An element to open with `with`: `with box("row"): ...`."""
    return ui.element(tag).classes(classes)


# ── pressing ──


def button(
    words: str, on_press: Handler | None = None, *, kind: Kind = "plain", icon: str | None = None, sub: str | None = None, href: str | None = None,
    why_not: str | None = None, wide: bool = False, new_tab: bool = False, label: str | None = None,
) -> ui.element:  # fmt: skip
    """A button, or a link that looks like one (`href`). `why_not` rests it: still focusable, the reason stands in it.

    `label` is what a screen reader says when the words alone are not enough."""
    element = ui.element("a" if href else "button").classes(
        "button" + (f" button--{kind}" if kind != "plain" else "") + (" button--wide" if wide else "")
    )
    if href:
        element.props(f'href="{href}"' + (' target="_blank" rel="noopener"' if new_tab else ""))
    else:
        element.props("type=button")
    if label:
        element.props["aria-label"] = label
    if why_not:
        element.props("aria-disabled=true")
    with element:
        if why_not or icon:
            icons.icon("lock" if why_not else icon or "")
        if sub:
            with box("button__stack", "span"):
                text(words, "span")
                text(sub, "span", "button__sub")
        else:
            text(why_not or words, "span")
    if on_press is not None and not why_not:
        on_tap(element, on_press)
    return element


def on_tap(element: ui.element, handler: Handler) -> ui.element:
    """Run `handler` when `element` is pressed: once, soon, or not at all. Errors show a sentence with a reference; what was typed stays."""

    async def handle(event: GenericEventArguments) -> None:
        try:
            if is_fresh(event.args):
                await run(handler)
            else:
                problem(_("web.stale_tap"))
        finally:
            if not element.is_deleted:
                ui.run_javascript(f"foyer.rest({element.id})")

    element.on("click", handle, js_handler="(e) => foyer.tap(e, emit)")
    return element


def on_submit(element: ui.element, handler: Handler) -> ui.element:
    """The same for Enter in a field."""

    async def handle(event: GenericEventArguments) -> None:
        if is_fresh(event.args):
            await run(handler)

    element.on("keydown.enter", handle, js_handler="(e) => foyer.tap(e, emit)")
    return element


def is_fresh(args: Any) -> bool:
    """Whether an event was made just now: its browser says when (`t`, ms, on the server's clock), and an unattended screen covers itself after three seconds."""
    made_ms = args.get("t") if isinstance(args, dict) else None
    age_s = time.time() - made_ms / 1000 if isinstance(made_ms, (int, float)) else STALE_TAP_S + 1
    limit_s = STALE_ALONE_S if frame.page().surface in ("kiosk", "door") else STALE_TAP_S
    if age_s > limit_s:
        log.info("dropped a tap that came %.1f s late", age_s)
    return age_s <= limit_s


async def run(handler: Handler) -> None:
    """Run a handler; a bug in it becomes a sentence with a reference, and what was typed stays.

    It runs on the page itself: a change may draw the pressed button away while its handler still waits for the answer."""
    with ui.context.client.content:
        try:
            result = handler()
            # `dialog.close()` answers the dialog itself, which can be awaited: that would open it again.
            if inspect.isawaitable(result) and not isinstance(result, ui.element):
                await result
        except (frame.SignInNeeded, frame.PairingNeeded):
            return
        except frame.WrongRole:
            problem(_("op.not_allowed"))
        except (Refused, Invalid) as refusal:
            problem(_(refusal.code, **i18n.as_mapping(refusal.facts, frame.lang(), clock.zone())))
        except Exception as error:  # a bug: the person hears a reference, the log has the rest
            reference = secrets.token_hex(2).upper()
            log.error("a handler failed, reference %s", reference, exc_info=error)
            problem(_("request.failed", ref=reference))


async def do(
    operation: Operation, *, by: Actor | None = None, done: str | None = None, undo: Handler | None = None, quiet: bool = False
) -> Outcome:
    """Perform an operation for the page's actor (or `by`), show its refusal as a sentence or `done` as a toast; returns the outcome."""
    client = ui.context.client
    outcome = await perform(operation, by=by or frame.actor())
    anew.stand_on(client)
    if outcome.ok:
        no_problem()  # what was wrong before is not wrong any more
    elif not quiet:
        problem(outcome.message(frame.lang()) or _("request.failed", ref=outcome.op_id.hex[-4:].upper()))
    if outcome.ok and done:
        toast(done, undo=undo)
    return outcome


# ── words that stay, words that go ──


def toast(words: str, *, undo: Handler | None = None, seconds: float = 5.0) -> None:
    """Done, may be undone: at the bottom for five seconds. Never for an error."""
    client = ui.context.client
    for old in [element for element in client.elements.values() if "toast--floating" in element.classes]:
        old.delete()
    with client.content:
        with box("toast toast--floating").props("role=status") as element:
            icons.icon("check")
            text(words, "span")
            if undo is not None:
                undo_button = ui.element("button").classes("button").props("type=button")
                with undo_button:
                    text(_("web.undo"), "span")

                async def take_back() -> None:
                    element.delete()
                    await run(undo)

                on_tap(undo_button, take_back)
        ui.timer(seconds, lambda: None if element.is_deleted else element.delete(), once=True)


def no_problem() -> None:
    for old in [e for e in ui.context.client.elements.values() if "problem--floating" in e.classes]:
        old.delete()


def problem(words: str) -> None:
    """What did not work, as a sentence that stays until it is closed or the next one replaces it; what was typed stays."""
    client = ui.context.client
    no_problem()
    with client.content, box("problem problem--floating").props("role=alert") as element:
        icons.icon("warning")
        text(words, "span")
        with ui.element("button").classes("round").props(f'type=button aria-label="{_("web.close")}"').on("click", element.delete):
            icons.icon("cross")


def banner(words: str, tone: Literal["due", "bad", "lost", "info"] = "info", *, icon: str | None = None) -> ui.element:
    """A fact that stays until it is untrue. Put its one act inside with `with`."""
    element = box("banner" + ("" if tone == "due" else f" banner--{tone}")).props("role=status")
    with element:
        icons.icon(icon or {"due": "clock", "bad": "warning", "lost": "cloud-off", "info": "bell"}[tone])
        text(words, "span")
    return element


def empty(title: str, hint: str = "") -> ui.element:
    """Nothing here: the gate and what is good about it, or the first act (put inside with `with`)."""
    element = box("empty")
    with element:
        icons.gate()
        text(title, "h2")
        if hint:
            text(hint, "p")
    return element


def skeleton(rows: int = 5) -> ui.element:
    """Rows that are on their way; they appear only after 300 ms (the stylesheet waits)."""
    element = box("bones").props("aria-hidden=true")
    with element:
        for _row in range(rows):
            box("bone")
    return element


# ── pieces ──


def pill(words: str, tone: Tone = "lost", *, icon: str | None = None) -> ui.element:
    """A state in a row: icon, word and colour together; not pressable. Rooms use their state's own shape: `icon=state`."""
    element = box(f"pill pill--{tone}", "span")
    with element:
        icons.icon(icon or TONE_ICON[tone])
        text(words, "span")
    return element


def mark(icon: str, tone: Tone | None = None) -> ui.element:
    """The round sign at the start of a row."""
    element = box("mark" + (f" mark--{tone}" if tone else ""), "span")
    with element:
        icons.icon(icon)
    return element


def initial(name: str) -> ui.element:
    """A person's first sign in the dark circle."""
    return text((name.strip() or "·")[0].upper(), "span", "mark mark--ink")


@contextmanager
def item(title: str, meta: str = "", *, icon: str | None = None, tone: Tone | None = None, when: tuple[str, str] | None = None, late: bool = False,
         href: str | None = None) -> Any:  # fmt: skip
    """A row: mark or time · title and one grey line · one state or one act (drawn inside `with`)."""
    with box("item", "li") as row:
        if when:
            with box("when" + (" when--late" if late else "")):
                text(when[0], "b")
                text(when[1], "span")
        if icon:
            mark(icon, tone)
        with box("item__body"):
            if href:
                text(title, "a", "item__title").props(f'href="{href}"')
            else:
                text(title, classes="item__title")
            if meta:
                text(meta, classes="item__meta")
        yield row


def rows(classes: str = "sheet list") -> ui.element:
    """A list to fill with `item`s; `sheet list` on the paper, `list` alone inside a sheet."""
    return box(classes, "ul")


def trail(steps: Iterable[tuple[str, str, Literal["done", "now", "to_come"]]]) -> ui.element:
    """The life of a thing: (what, who and when, done | now | to_come)."""
    element = box("trail", "ol")
    with element:
        for title, meta, state in steps:
            with box("" if state == "to_come" else state, "li"):
                text(title, classes="strong" if state == "now" else "")
                if meta:
                    text(meta, classes="quiet small")
    return element


def facts(pairs: Iterable[tuple[str, object]]) -> ui.element:
    """Label and value, one line each."""
    element = box("facts", "dl")
    with element:
        for name, value in pairs:
            if value not in (None, ""):
                text(name, "dt")
                text(value, "dd")
    return element


def code(label: str) -> TextElement:
    """A label's code as people read it: `7K3M-9QWY`."""
    shown = f"{label[:4]}-{label[4:]}" if len(label) == 8 else label
    return text(shown, "span", "code")


def choice(
    options: Mapping[str, str], value: str | None, on_change: Callable[[str], Any], *, good: str | None = None, bad: str | None = None
) -> ui.element:
    """Two to four exclusive answers over the whole width; `good` and `bad` name the keys that turn green with ✓ and red with ✕."""
    group = box("choice").props("role=radiogroup")
    buttons: dict[str, ui.element] = {}

    def show(chosen: str | None) -> None:
        for key, element in buttons.items():
            on = "choice__one--good" if key == good else "choice__one--bad" if key == bad else "choice__one--on"
            element.classes(add=on if key == chosen else "", remove="" if key == chosen else on)
            element.props(f"aria-checked={'true' if key == chosen else 'false'}")

    def press(key: str) -> Any:
        show(key)
        return on_change(key)

    with group:
        for key, words in options.items():
            element = buttons[key] = ui.element("button").classes("choice__one").props("type=button role=radio")
            with element:
                if key == good:
                    icons.icon("check")
                if key == bad:
                    icons.icon("cross")
                text(words, "span")
            on_tap(element, lambda key=key: press(key))
    show(value)
    return group


def stepper(value: int, on_change: Callable[[int], Any], *, least: int = 0, most: int = 99, label: str = "") -> ui.element:
    """A quantity: −, number, +; the number can be typed. `label` is what a screen reader calls it."""
    group = box("stepper")

    def change(to: int) -> Any:
        nonlocal value
        value = max(least, min(most, to))
        count.value = str(value)
        return on_change(value)

    with group:
        minus = ui.element("button").classes("stepper__key").props(f'type=button aria-label="{_("web.less")}"')
        with minus:
            icons.icon("minus")
        count = ui.input(value=str(value)).props("borderless inputmode=numeric").classes("stepper__count")
        count.props["aria-label"] = label or _("web.how_many")
        plus = ui.element("button").classes("stepper__key").props(f'type=button aria-label="{_("web.more")}"')
        with plus:
            icons.icon("plus")
    on_tap(minus, lambda: change(value - 1))
    on_tap(plus, lambda: change(value + 1))
    count.on("blur", lambda: change(int(count.value) if (count.value or "").isascii() and (count.value or "").isdigit() else value))
    return group


# ── fields: label above, help below ──


@contextmanager
def field(label: str, help: str = "", *, native: bool = False) -> Any:
    """Label above, help below, whatever input is drawn inside. A native input is named by it; Quasar's own fields carry the label themselves."""
    with box("field", "label" if native else "div") as element:
        text(label, "span", "field__label")
        yield element
        if help:
            text(help, "span", "field__help")


def input(label: str, value: str = "", *, help: str = "", placeholder: str = "", password: bool = False, autofocus: bool = False, props: str = "",
          on_change: Callable[[str], Any] | None = None) -> ui.input:  # fmt: skip
    """A one-line field. Read `.value`; set `.error` with `refuse(field, sentence)`."""
    with field(label, help):
        element = ui.input(
            value=value, placeholder=placeholder, password=password, on_change=(lambda e: on_change(e.value)) if on_change else None
        )
        element.props(f"outlined {'autofocus' if autofocus else ''} {props}")
    element.props["aria-label"] = label
    return element


def area(label: str, value: str = "", *, help: str = "", rows: int = 3) -> ui.textarea:
    """A field of several lines."""
    with field(label, help):
        element = ui.textarea(value=value).props(f"outlined rows={rows}")
    element.props["aria-label"] = label
    return element


def select(label: str, options: Mapping[Any, str] | Sequence[str], value: Any = None, *, help: str = "", multiple: bool = False, search: bool = False,
           on_change: Callable[[Any], Any] | None = None) -> ui.select:  # fmt: skip
    """A field that offers: `options` maps value to words. `search` lets people type to narrow it."""
    known = dict(options) if isinstance(options, Mapping) else list(options)
    with field(label, help):
        element = ui.select(
            known, value=value, multiple=multiple, with_input=search, on_change=(lambda e: on_change(e.value)) if on_change else None
        )
        element.props("outlined options-dense behavior=menu" + (" use-chips" if multiple else ""))
    element.props["aria-label"] = label
    return element


def refuse(element: Any, sentence: str | None) -> None:
    """Mark a field as wrong and say what is right, or clear the mark with None. The first wrong one of a long form comes into view."""
    element.error = sentence
    if sentence:
        element.client.run_javascript(SHOW_WRONG)


# ── dialogs ──


async def confirm(title: str, words: str, *, act: str, stay: str, stop: bool = True) -> bool:
    """Ask before what cannot be undone. Both answers are verbs that name the thing; focus starts on the safe one."""
    with ui.context.client.content, ui.dialog() as dialog, box("dialog").props("role=alertdialog"):
        text(title, "h2")
        text(words, "p")
        with box("dialog__acts"):
            button(stay).props("autofocus").on("click", lambda: dialog.submit(False))
            go = button(act, kind="stop" if stop else "main").classes("button--stop-filled" if stop else "")
            go.on("click", lambda: dialog.submit(True))
    answer = await dialog
    dialog.delete()
    return bool(answer)


@contextmanager
def sheet_dialog(title: str, hint: str = "") -> Any:
    """A dialog with a form in it: open with `.open()`, close with `.close()`. Yields the dialog; it is gone once it was closed.

    It hangs on the page itself, so that a list drawn anew or another dialog that closes does not take it along."""
    with ui.context.client.content, ui.dialog() as dialog, box("dialog dialog--form").props("role=dialog"):
        dialog.on("hide", lambda: None if dialog.is_deleted else dialog.delete())
        text(title, "h2")
        if hint:
            text(hint, "p")
        yield dialog


# ── page heads ──


@contextmanager
def head(title: str, sub: str = "") -> Any:
    """The title of a desk page with a second line; acts are drawn inside `with` and stand at the right."""
    with box("pagehead"):
        with box("pagehead__words"):
            text(title, "h1")
            if sub:
                text(sub, "p", "second")
        with box("pagehead__acts") as acts:
            yield acts


def chips(options: Sequence[tuple[str, str, int | None]], value: str, on_change: Callable[[str], Any]) -> ui.element:
    """Filters with their counts: (key, words, count); the chosen one is dark."""
    group = box("chips").props("role=group")
    buttons: dict[str, ui.element] = {}

    def show(chosen: str) -> None:
        for key, element in buttons.items():
            element.classes(add="chip--on" if key == chosen else "", remove="" if key == chosen else "chip--on")
            element.props(f"aria-pressed={'true' if key == chosen else 'false'}")

    def press(key: str) -> Any:
        show(key)
        return on_change(key)

    with group:
        for key, words, count in options:
            element = buttons[key] = ui.element("button").classes("chip").props("type=button")
            with element:
                text(words, "span")
                if count is not None:
                    text(count, "b")
            on_tap(element, lambda key=key: press(key))
    show(value)
    return group
