"""Routes of the API that only visits have: the badge on paper, the roll call on paper (contract.md, HTTP API; scenario Office 7).

A kiosk gets the badge of the visitor it checked in for one minute, reception while the visitor is here, nobody else ever. They are drawn on
a thread: a badge costs
some ten milliseconds, and a visitor at the screen must not wait until a worker process has started.
"""

from __future__ import annotations

import asyncio
import io
from typing import Annotated, Any
from uuid import UUID

import pypdfium2
from fastapi import APIRouter, Query, Request, Response

from assets_labels import invitations, printouts
from assets_labels.badges import ROLL, BadgeText, draw_badge, draw_on, stock_named
from assets_labels.errors import DrawingError
from assets_labels.reports import Column, Report, draw_report
from core.foundation import clock, database
from core.foundation.i18n import full_moment, t
from core.mechanisms import labels, office
from core.mechanisms.operations import Actor
from core.sections import visits
from core.sections.visits import purging
from core.sections.visits.record import RECEPTION
from core.web import sessions
from mobile import rollcalls
from mobile.api import Caller, Problem, language

router = APIRouter(tags=["visits"])
PRIVATE = {"Cache-Control": "private, no-store"}
DOTS_PER_MM = 300 / 25.4


@router.get("/v1/visits/roll-call.pdf", summary="Who is in the house, as a list to tick on paper", response_class=Response)
async def roll_call(actor: Caller, request: Request) -> Response:
    """The address of before there were roll calls; the same list as `/v1/rollcalls/list.pdf`."""
    return rollcalls.pdf_answer(await asyncio.to_thread(rollcalls.list_of_now, actor, language(request)), "roll-call.pdf")


@router.get("/v1/visits/code-keys", summary="What checks the signed codes of invitations without the server")
async def code_keys(actor: Caller, response: Response) -> dict[str, Any]:
    """`{"zone", "today", "keys": [{"id", "jwk"}]}`: public keys, for paired kiosks and signed-in people (core/sections/visits/codes.py)."""
    response.headers["Cache-Control"] = PRIVATE["Cache-Control"]
    return visits.codes.public_keys()


@router.get("/v1/visits/badges.pdf", summary="Badges of several visitors on one paper", response_class=Response)
async def badges_pdf(actor: Caller, visits: str, paper: str = ROLL.name, start: int = 1, colour: bool = False) -> Response:
    """`visits`: at most 200 ids with commas; `paper` one of badge-62, badge-90x54, badge-86x54, badge-A4-90x54, badge-A4-86x54; `start` the first
    free place of a sheet. Those who have left are left out. For reception."""
    if not actor.has(*RECEPTION):
        raise Problem(403, "op.not_allowed")
    try:
        ids = [UUID(id) for id in visits.split(",")][:200]
        stock = stock_named(paper)
        if not 1 <= start <= stock.per_page:
            raise DrawingError("sheet.bad_start", start=start, last=stock.per_page)
    except ValueError as error:
        raise (_problem(error) if isinstance(error, DrawingError) else Problem(422, "query.filter")) from None
    texts = await asyncio.to_thread(printouts.badge_texts, ids, actor)
    pdf = await asyncio.to_thread(draw_on, stock, texts, sessions.settings().base_url, start=start, colour=colour)
    return Response(pdf, 200, {**PRIVATE, "Content-Disposition": 'inline; filename="badges.pdf"'}, "application/pdf")


@router.get("/v1/visits/{id}/code.png", summary="The signed QR code of an invitation, to be forwarded", response_class=Response)
async def code_png(id: UUID, actor: Caller) -> Response:
    """For those who may handle the invitation, while it is open."""
    content = await asyncio.to_thread(_code, id, actor)
    return Response(content, 200, PRIVATE, "image/png")


@router.get("/v1/visits/{id}/group-badges.pdf", summary="The badges of a group in one print job", response_class=Response)
async def group_badges(id: UUID, actor: Caller, paper: str = ROLL.name, start: int = 1, colour: bool = False) -> Response:
    """Everybody of the group with a name who is here, the leader first. For reception; for the kiosk that has just checked them in."""
    try:
        stock = stock_named(paper)
        if not 1 <= start <= stock.per_page:
            raise DrawingError("sheet.bad_start", start=start, last=stock.per_page)
    except DrawingError as error:
        raise _problem(error) from None
    texts = await asyncio.to_thread(_group_badges, id, actor)
    pdf = await asyncio.to_thread(draw_on, stock, texts, sessions.settings().base_url, start=start, colour=colour)
    return Response(pdf, 200, {**PRIVATE, "Content-Disposition": 'inline; filename="badges.pdf"'}, "application/pdf")


@router.get("/v1/visits/{id}/badge.pdf", summary="The visitor's badge, 62 × 100 mm or on another badge paper", response_class=Response)
async def badge_pdf(id: UUID, actor: Caller, paper: str = ROLL.name, colour: bool = False) -> Response:
    """For reception while the visitor is here; for the kiosk within a minute of the check-in."""
    try:
        stock = stock_named(paper)
    except DrawingError as error:
        raise _problem(error) from None
    text, base_url = await asyncio.to_thread(_badge, id, actor)
    return Response(
        await asyncio.to_thread(draw_on, stock, [text], base_url, colour=colour),
        200,
        {**PRIVATE, "Content-Disposition": 'inline; filename="badge.pdf"'},
        "application/pdf",
    )


@router.get(
    "/v1/visits/{id}/badge.png",
    summary="The same as a picture of 300 dots an inch, for a kiosk's browser to print",
    response_class=Response,
)
async def badge_png(id: UUID, actor: Caller, share: Annotated[int, Query(ge=0, le=200)] = 0) -> Response:
    """`share`: the badge of the one with this number of a group's people without names, from 2."""
    text, base_url = await asyncio.to_thread(_badge, id, actor, share)
    return Response(await asyncio.to_thread(picture_of_badge, text, base_url), 200, PRIVATE, "image/png")


def picture_of_badge(text: BadgeText, base_url: str) -> bytes:
    """The badge's page as PNG."""
    document = pypdfium2.PdfDocument(draw_badge(text, base_url))
    out = io.BytesIO()
    document[0].render(scale=DOTS_PER_MM * 25.4 / 72, grayscale=True).to_pil().save(out, "PNG", optimize=False)
    return out.getvalue()


def _problem(error: DrawingError) -> Problem:
    facts: dict[str, Any] = dict(error.facts)
    return Problem(422, error.code, **facts)


def _badge(visit_id: UUID, actor: Actor, share: int = 0) -> tuple[BadgeText, str]:
    now = clock.now()
    with database.reading() as s:
        facts = visits.badges.share(s, visit_id, share, actor, now) if share else visits.badge(s, visit_id, actor, now)
        text = printouts.badge_text(s, facts, visit_id)
    return text, sessions.settings().base_url


@router.get("/v1/purges/{id}.pdf", summary="The proof that erased visitors are gone, as a paper to file", response_class=Response)
async def purge_report(id: UUID, actor: Caller, request: Request) -> Response:
    """For administrators, leaders and the safety office."""
    report = await asyncio.to_thread(_purge, id, actor, language(request))
    return Response(
        await asyncio.to_thread(draw_report, report),
        200,
        {**PRIVATE, "Content-Disposition": 'inline; filename="erased.pdf"'},
        "application/pdf",
    )


def _group_badges(visit_id: UUID, actor: Actor) -> list[BadgeText]:
    now = clock.now()
    with database.reading() as s:
        ids = visits.groups.badges_of(s, visit_id, actor, now)
        found = [printouts.badge_text(s, visits.badge(s, id, actor, now), id) for id in ids]
        if visit_id in ids:
            found += printouts.share_texts(s, visit_id, visits.badges.shares(visits.record.get(s, visit_id)), actor)
        return found


def _code(visit_id: UUID, actor: Actor) -> bytes:
    with database.reading() as s:
        visit = visits.record.handle(s, visit_id, actor)
        code = labels.of(s, labels.SubjectKind.VISIT, visit.id)
        if visit.state != visits.VisitState.PLANNED or code is None:
            raise Problem(409, "visit.not_planned")
        address = visits.codes.address(sessions.settings().base_url, code, visit.expected_on, group=visit.group_id == visit.id)
    return invitations.picture(address)


def _purge(id: UUID, actor: Actor, speech: str) -> Report:
    with database.reading() as s:
        found = purging.report(s, id, actor)
        host = office.info(s)
    if found is None:
        raise Problem(404, "request.not_found")
    verdict = "privacy.left" if found.found else "privacy.nothing_left" if found.given_back else "privacy.not_given_back"
    return Report(
        title=t("privacy.paper", speech),
        heading=host.name if host else "",
        language=speech,
        landscape=False,
        lines=(
            full_moment(found.at, clock.zone(), speech),
            t("privacy.searched", speech, columns=found.columns, files=found.files, values=found.looked_for),
            t("privacy.paper.bytes", speech, mb=round(found.bytes / 1e6, 1)),
            *((t("privacy.paper.shared", speech, n=found.shared),) if found.shared else ()),
            t(verdict, speech, n=len(found.found)),
            *purging.kept_words(found, speech),
        ),
        sums=((t("privacy.paper.visits", speech), str(found.visits)), (t("privacy.paper.left", speech), str(len(found.found)))),
        columns=(Column(t("privacy.paper.kind", speech), 3), Column(t("privacy.paper.rows", speech), 1, figures=True)),
        rows=(
            *((t(f"forgets.{kind}", speech), str(count)) for kind, count in sorted(found.forgot.items()) if count),
            *((t("privacy.left_in", speech, place=place), "!") for place in purging.left_words(found.found, speech)),
        ),
        footer=str(found.id),
    )
