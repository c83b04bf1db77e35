"""Files of the API: label sheets as PDF, the sealed report of a stock-take, its lines as a table (contract.md, HTTP API).

A sheet is drawn and read back in the worker process before it is answered: a label that does not decode is never offered (pitfalls T18, T19).
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, StringConstraints
from starlette.requests import Request

from assets_labels import papers, stocktake_report
from assets_labels.errors import DrawingError
from assets_labels.papers import Template
from assets_labels.printing import Sheet, draw_and_prove, texts_of
from assets_labels.sheets import MOST_LABELS
from core.foundation import clock, database, heavy
from core.foundation.errors import Refused
from core.foundation.i18n import LANGUAGES, t
from core.mechanisms import label_papers, tables
from core.mechanisms.label_jobs import NotePrints
from core.mechanisms.labels import LABEL_MAKERS
from core.mechanisms.operations import Actor, perform
from core.sections import stocktakes
from core.web import sessions
from mobile.api import Caller, Problem, language

router = APIRouter(tags=["labels"])
_PAPER_FACTS = (
    "name", "page_width_mm", "page_height_mm", "columns", "rows", "cell_width_mm", "cell_height_mm", "pitch_x_mm", "pitch_y_mm", "left_mm", "top_mm", "alike",
)  # fmt: skip


class SheetOrder(BaseModel):
    """`start` is the 1-based first free cell; `language` is that of the words on the labels; `template` a paper of the library or the office's own.
    `printer` names one whose shift was measured; `reason` says why labels are printed again."""

    template: Annotated[str, StringConstraints(max_length=40)] = "A4-24"
    start: int = Field(default=1, ge=1, le=1000)
    codes: list[Annotated[str, StringConstraints(min_length=1, max_length=300)]] = Field(min_length=1, max_length=MOST_LABELS)
    language: Annotated[str, StringConstraints(max_length=10)] = ""
    printer: Annotated[str, StringConstraints(max_length=60)] = ""
    reason: Annotated[str, StringConstraints(max_length=200)] = ""


@router.post(
    "/v1/label-sheets", summary="Labels as a PDF to print", response_class=Response, responses={200: {"content": {"application/pdf": {}}}}
)
async def label_sheet(order: SheetOrder, request: Request, actor: Caller) -> Response:
    """In the order of the codes, row by row from `start`; every label was read back before the file is answered, and the print is noted."""
    if not actor.has(*LABEL_MAKERS):
        raise Problem(403, "op.not_allowed", kind="label.note_prints")
    words = order.language if order.language in LANGUAGES else language(request)
    try:
        sheet = replace(await asyncio.to_thread(_sheet, order, words, actor), reader=language(request))
        pdf = await heavy.run(draw_and_prove, sheet)
    except DrawingError as error:
        raise Problem(422, error.code, **error.facts) from None
    printed = await perform(
        NotePrints(
            codes=[text.code for text in sheet.labels],
            template=order.template,
            start=order.start,
            printer=order.printer,
            reason=order.reason,
        ),
        by=actor,
    )
    if not printed.ok:
        raise Problem(409, printed.code or "op.failed", **printed.facts)
    return _file(pdf, "application/pdf", f"labels-{clock.today():%Y%m%d}.pdf", inline=True)


@router.get("/v1/label-papers", summary="The papers that labels can be printed on")
async def label_papers_known(actor: Caller) -> dict[str, list[dict[str, Any]]]:
    """The library and the office's own: name, page, grid, size of a label in mm, and other makers' numbers for the same paper."""

    def read() -> list[Template]:
        with database.reading() as s:
            return [*(papers.of_office(row) for row in label_papers.papers(s)), *papers.TEMPLATES.values()]

    found = await asyncio.to_thread(read)
    return {"items": [{name: getattr(one, name) for name in _PAPER_FACTS} | {"per_page": one.per_page} for one in found]}


def _sheet(order: SheetOrder, words: str, actor: Actor) -> Sheet:
    with database.reading() as s:
        return Sheet(
            papers.find(s, order.template, order.printer),
            order.start,
            tuple(texts_of(s, order.codes, words, actor)),
            words,
            sessions.settings().base_url,
        )


@router.get("/v1/stocktakes/{id}/report.{format}", tags=["stocktakes"], summary="The sealed report of a stock-take")
async def report(id: UUID, format: str, request: Request, actor: Caller) -> Response:
    """`pdf` or `xlsx`, with `?language=`; made once in each language and the same bytes ever after. `json`: the figures themselves, whose SHA-256 is
    the hash that stands on the paper. Refuses: stocktake.not_sealed"""
    if not actor.has(*stocktakes.REVIEWERS):
        raise Problem(403, "op.not_allowed", kind="stocktake.report")
    if format == "json":
        return _file(await asyncio.to_thread(_sealed_figures, id), "application/json", f"stocktake-{str(id)[-6:]}.json")
    if format not in stocktake_report.MEDIA:
        raise Problem(404, "view.not_found")
    asked = request.query_params.get("language", "")
    words = asked if asked in LANGUAGES else language(request)
    data = await sealed_file(id, format, words)
    return _file(data, stocktake_report.MEDIA[format], f"stocktake-{str(id)[-6:]}.{format}")


def _sealed_figures(stocktake_id: UUID) -> bytes:
    """Byte for byte what was hashed."""
    with database.reading() as s:
        stocktakes.get(s, stocktake_id)
        return stocktakes.sealed(s, stocktake_id).content.encode()


async def sealed_file(stocktake_id: UUID, format: str, words: str) -> bytes:
    """The kept file, drawn now if the job has not come to it yet."""

    def look() -> tuple[bytes | None, str, str]:
        with database.reading() as s:
            stocktakes.get(s, stocktake_id)
            sealed = stocktakes.sealed(s, stocktake_id)
            found = stocktakes.file_of(s, stocktake_id, format, words)
            return (found.data if found else None), sealed.content, sealed.sha256

    data, content, sha256 = await asyncio.to_thread(look)
    if data is None:
        drawn = await heavy.run(stocktake_report.render, content, sha256, format, words, str(clock.zone()))
        await asyncio.to_thread(stocktake_report.keep, stocktake_id, format, words, drawn)
        data = (await asyncio.to_thread(look))[0]
    assert data is not None
    return data


@router.get("/v1/stocktakes/{id}/lines.{format}", tags=["stocktakes"], summary="The lines of a stock-take as a table")
async def lines(id: UUID, format: str, request: Request, actor: Caller) -> Response:
    """`csv` or `xlsx`: what stands now, not sealed. Who counts it blind gets none."""
    if format not in ("csv", "xlsx"):
        raise Problem(404, "view.not_found")
    words = language(request)
    headings, rows = await asyncio.to_thread(_lines, id, words, actor)
    if format == "csv":
        return _file(tables.write_csv(headings, rows), "text/csv; charset=utf-8", f"stocktake-{str(id)[-6:]}.csv")
    return _file(tables.write_xlsx(headings, rows), stocktake_report.MEDIA["xlsx"], f"stocktake-{str(id)[-6:]}-lines.xlsx")


def _lines(stocktake_id: UUID, words: str, actor: Actor) -> tuple[list[str], list[list[Any]]]:
    if not actor.has(*stocktakes.REVIEWERS):
        raise Problem(403, "op.not_allowed", kind="stocktake.lines")
    with database.reading() as s:
        row = stocktakes.get(s, stocktake_id)
        if stocktakes.is_blind_to(s, row, actor):
            raise Refused("stocktake.counted_yourself")
        found = stocktakes.result_of(s, row).lines
    names = (
        "number", "name_only", "spec", "serial", "label", "book_place", "found_place", "department", "keeper_only", "value", "net", "book_quantity", "quantity",
        "result", "difference", "counted_by", "counted_at", "decision_only", "cause",
    )  # fmt: skip
    rows = []
    for line in found:
        first = line.first
        rows.append([
            line.number, line.name, line.spec, line.serial, line.label, line.book_place, line.found_place, line.department, line.keeper,
            tables.amount(line.value_cents), tables.amount(line.net_value_cents), line.book_quantity, line.quantity,
            t(f"stocktake.result.{line.result}", words), line.difference, first.who if first else "", first.at if first else None,
            t(f"stocktake.decision.{line.decision}", words) if line.decision else "", line.cause,
        ])  # fmt: skip
    return [t(f"stocktake.report.{name}", words) for name in names], rows


def _file(data: bytes, media: str, name: str, *, inline: bool = False) -> Response:
    kind = "inline" if inline else "attachment"
    return Response(data, 200, {"Content-Disposition": f'{kind}; filename="{name}"', "Cache-Control": "private, no-store"}, media)
