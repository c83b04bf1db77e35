"""Connects everything of `core/web` to the server; main.py calls it once a start. Connecting again replaces, never stacks (nicegui-facts, tests 1).

It brings the guard, the static files, the pages for errors, the beat that every screen listens to, and the news that end a page: a session that
was ended closes the pages it opened, a device that was revoked meets the pairing page.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from uuid import UUID

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from nicegui import App, core
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.requests import ClientDisconnect

from core.foundation import clock, database, i18n, live
from core.foundation.errors import Invalid, Refused
from core.foundation.live import Change
from core.foundation.settings import Settings
from core.mechanisms import devices
from core.web import build, frame, guards, problems, sessions, static_files

log = logging.getLogger("foyer.web")

BEAT_S = 5.0
CONTACT_EVERY_S = 30.0  # a screen counts as silent after two minutes
_beat: asyncio.Task[None] | None = None


def connect(app: App, settings: Settings, *, limit: guards.PageLimit | None = None) -> None:
    """Guard the app, serve `/static/`, answer errors calmly, beat. Call before the first request and before other routers are included."""
    sessions.use_settings(settings)
    guards.tidy_logs()
    guards.guard_sockets(core.sio)
    app.user_middleware[:] = [middleware for middleware in app.user_middleware if getattr(middleware.cls, "__name__", "") != "Guard"]
    app.add_middleware(guards.Guard, limit=limit)
    app.config.quasar_config["lang"] = {
        "noHtmlAttrs": True
    }  # the page says `zh-Hans`, which fonts are chosen by; Quasar would write `zh-CN` over it
    app.include_router(static_files.router)
    answer_errors(app)
    app.on_startup(start)
    app.on_shutdown(stop)


def answer_errors(app: FastAPI) -> None:
    """What a person or a program hears when a page or route can not answer."""
    app.add_exception_handler(frame.SignInNeeded, _sign_in)
    app.add_exception_handler(frame.PairingNeeded, _pairing)
    app.add_exception_handler(frame.WrongRole, _wrong_role)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(Invalid, _refused)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(StarletteHTTPException, _http)
    app.add_exception_handler(404, _http)
    app.add_exception_handler(Exception, _bug)


async def start() -> None:
    """Begin to beat and to listen for sessions and devices that end."""
    global _beat
    await stop()
    live.subscribe("session", _session_changed)
    live.subscribe("device", _device_changed)
    _beat = asyncio.create_task(_beat_forever(), name="foyer beat")


async def stop() -> None:
    """Stop beating."""
    global _beat
    if _beat is not None:
        _beat.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await _beat
        _beat = None


async def _beat_forever() -> None:
    last_noted = 0.0
    while True:
        await core.sio.emit("foyer_beat", beat())
        if time.monotonic() - last_noted >= CONTACT_EVERY_S and (screens := frame.connected_screens()):
            last_noted = time.monotonic()
            database.writer().submit(lambda screens=screens, at=clock.now(): devices.note_contacts(screens, at))  # type: ignore[misc]
        await asyncio.sleep(BEAT_S)


def beat() -> dict[str, int | str]:
    """The real time and the office's time in ms, what a browser corrects its clock with; and the build that is served now."""
    return {"t": int(time.time() * 1000), "now": int(clock.now().timestamp() * 1000), "build": build.current()}


async def tell_time() -> None:
    """Tell every screen the office's clock at once (the test clock was moved)."""
    await core.sio.emit("foyer_beat", beat())


async def _session_changed(change: Change) -> None:
    if sessions.has_ended(UUID(change.id), clock.now()):
        await core.sio.emit("foyer_signed_out", {"session": change.id})


async def _device_changed(change: Change) -> None:
    await core.sio.emit("foyer_device", {"device": change.id})


# ── answers ──


async def _sign_in(request: Request, error: Exception) -> Response:
    assert isinstance(error, frame.SignInNeeded)
    if problems.wants_json(request):
        return problems.problem(request, 401, "request.sign_in")
    target = "/sign-in" if sessions.has_admin() else "/first-run"
    return RedirectResponse(f"{target}?next={sessions.quoted(sessions.safe_next(error.back))}", 303)


async def _pairing(request: Request, error: Exception) -> Response:
    assert isinstance(error, frame.PairingNeeded)
    room = f"&room={error.room_id}" if error.room_id else ""
    return RedirectResponse(f"/pair?as={error.role}{room}&next={sessions.quoted(error.back)}", 303)


async def _wrong_role(request: Request, error: Exception) -> Response:
    assert isinstance(error, frame.WrongRole)
    if problems.wants_json(request):
        return problems.problem(request, 403, "op.not_allowed")
    spoken = problems.language(request.headers)
    names = ("、" if spoken != "en" else ", ").join(i18n.t(f"role.{role}", spoken) for role in sorted(error.roles))
    return problems.page(request, 403, i18n.t("web.wrong_role_title", spoken), i18n.t("web.wrong_role_hint", spoken, roles=names))


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, (Refused, Invalid))
    status = 404 if error.code.endswith((".not_found", ".unknown")) else 409 if isinstance(error, Refused) else 422
    if problems.wants_json(request):
        return problems.problem(request, status, error.code, facts=error.facts)
    spoken = problems.language(request.headers)
    return problems.page(request, status, i18n.t(error.code, spoken, **i18n.as_mapping(error.facts, spoken, clock.zone())))


async def _unreadable(request: Request, error: Exception) -> Response:
    return (
        problems.answer(request, 404, "request.not_found")
        if not problems.wants_json(request)
        else problems.problem(request, 422, "request.unreadable")
    )


async def _http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, (HTTPException, StarletteHTTPException)) else 404
    return problems.answer(request, status, problems.TITLES.get(status, "request.unreadable"))


async def _gone(request: Request, error: Exception) -> Response:
    return Response(status_code=400)  # nobody hears it


async def _bug(request: Request, error: Exception) -> Response:
    reference = problems.new_reference()
    log.error("%s %s failed, reference %s", request.method, request.url.path, reference, exc_info=error)
    return problems.answer(request, 500, "request.failed", facts={"ref": reference}, ref=reference)
