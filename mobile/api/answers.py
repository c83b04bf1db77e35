"""How the API answers: JSON, and RFC 9457 in the caller's language when something can not be done."""

from __future__ import annotations

import json
import logging
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from core.foundation import clock, database
from core.foundation.errors import Invalid, NotAllowed, Refused
from core.foundation.i18n import as_mapping, has, t
from core.foundation.ids import uuid7
from core.mechanisms import operations
from core.mechanisms.operations import as_json
from core.web import sessions

log = logging.getLogger("foyer.api")
BUSY_RETRY_S = 5
_NOT_FOUND = {"label.unknown", "room.not_found", "place.not_found", "person.not_found", "view.not_found", "attachment.unknown"}


class Problem(Exception):
    """An error answer: status, code, facts."""

    def __init__(self, status: int, code: str, headers: dict[str, str] | None = None, **facts: Any) -> None:
        super().__init__(code)
        self.status, self.code, self.facts, self.headers = status, code, facts, headers


def language(request: Request) -> str:
    """The caller's language: their own setting, else what the request asks for."""
    found = getattr(request.state, "language", None)
    return (
        found
        if isinstance(found, str)
        else sessions.pick_language(None, request.cookies.get(sessions.LANGUAGE_COOKIE), request.headers.get("accept-language"), "zh-Hans")
    )


def problem_response(request: Request, status: int, code: str, facts: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    """An RFC 9457 answer in the caller's language."""
    speech = language(request)
    detail = t(code, speech, **as_mapping(as_json(facts), speech, clock.zone())) if has(code) else code
    content = {
        "type": f"about:blank#{code}", "title": detail, "status": status, "code": code, "detail": detail, "facts": as_json(facts),
        "request_id": str(getattr(request.state, "request_id", "") or uuid7()),
    }  # fmt: skip
    return Response(json.dumps(content, ensure_ascii=True), status, headers, "application/problem+json")


async def _problem(request: Request, error: Exception) -> Response:
    if isinstance(error, Problem):
        return problem_response(request, error.status, error.code, error.facts, error.headers)
    if isinstance(error, NotAllowed):
        return problem_response(request, 403, error.code, error.facts)
    if isinstance(error, Refused):
        return problem_response(
            request, 404 if error.code in _NOT_FOUND or error.code.endswith(".not_found") else 409, error.code, error.facts
        )
    assert isinstance(error, Invalid)
    return problem_response(request, 422, error.code, error.facts)


async def _http_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = {404: "view.not_found", 405: "http.method"}.get(error.status_code, "http.error")
    return problem_response(request, error.status_code, code, {}, dict(error.headers) if error.headers else None)


async def _validation_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    fields = ", ".join(dict.fromkeys(".".join(str(part) for part in item["loc"][1:]) for item in error.errors()))
    return problem_response(request, 422, "op.invalid", {"fields": fields[:300] or "body"})


async def _bug(request: Request, error: Exception) -> Response:
    if database.is_busy(error):
        return problem_response(request, 503, operations.BUSY, {}, {"Retry-After": str(BUSY_RETRY_S)})
    reference = uuid7().hex[-4:].upper()
    log.error("request failed, reference %s", reference, exc_info=error)
    return problem_response(request, 500, "op.failed", {"ref": reference})


def answer_json(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(content, ensure_ascii=True, separators=(",", ":")), status, headers, "application/json; charset=utf-8")


def handle_problems(api: FastAPI) -> None:
    """Let every error of this application be answered so."""
    for kind in (Problem, Refused, Invalid, NotAllowed):
        api.add_exception_handler(kind, _problem)
    api.add_exception_handler(HTTPException, _http_problem)
    api.add_exception_handler(RequestValidationError, _validation_problem)
    api.add_exception_handler(Exception, _bug)
