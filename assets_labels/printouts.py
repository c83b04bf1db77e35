"""What printers are given: badges, test pages, sheets of labels, labels for parcels and receipts, each drawn from its recipe when it is due.

A recipe holds ids and codes, never a name: what is read here is what holds now. A visitor who has left, a parcel that was fetched, is not printed.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import qrcode
from qrcode.image.pil import PilImage
from sqlmodel import Session

from assets_labels import papers, slips
from assets_labels.badges import LOOKS, ROLL, STOCKS, BadgeText, Stock, draw_on
from assets_labels.printing import Sheet, draw_and_prove, texts_of
from assets_labels.sheets import calibration_page
from core.foundation import clock, database, heavy
from core.foundation.errors import NotAllowed, Refused
from core.foundation.i18n import LANGUAGES, full_moment, t
from core.mechanisms import attachments, channels, office, printers
from core.mechanisms import labels as label_codes
from core.mechanisms.operations import SYSTEM, Actor
from core.mechanisms.printers import Drawn, NotNeeded, Order
from core.sections import deliveries, visits
from core.sections.deliveries import DeliveryState
from core.sections.visits import BadgeFacts

_base_url = ""


def use_base_url(url: str) -> None:
    """The server's address, which stands in every code."""
    global _base_url
    _base_url = url


def badge_text(s: Session, found: BadgeFacts, visit_id: UUID) -> BadgeText:
    """What a badge says, from what the visit is."""
    host = office.info(s)
    return BadgeText(
        code=found.code,
        name=found.name,
        day=found.day,
        day_number=found.day_number,
        valid_until=found.until,
        firm=found.company,
        host=found.host,
        areas=found.room or found.place,
        office=host.name if host else "",
        language=found.language or (host.language if host else LANGUAGES[0]),
        kind=found.layout if found.layout in LOOKS else found.type,
        escort=found.escort or found.layout == "escort",
        photo=_photo(s, visit_id) if not found.share else b"",
        share=found.share,
    )


def badge_texts(visit_ids: list[UUID], by: Actor, shares: Mapping[str, Sequence[int]] | None = None) -> list[BadgeText]:
    """The badges, then those of the people without names (`shares`: their numbers by their leader), of those who are still here, in this order. Raises NotAllowed when none of them is this actor's to print."""
    found = []
    with database.reading() as s:
        for visit_id in visit_ids:
            try:
                found.append(badge_text(s, visits.badge(s, visit_id, by, clock.now()), visit_id))
            except Refused:
                continue
        for leader_id, numbers in (shares or {}).items():
            found += share_texts(s, UUID(leader_id), numbers, by)
    return found


def share_texts(s: Session, leader_id: UUID, numbers: Sequence[int], by: Actor) -> list[BadgeText]:
    """Badges of a group's people without names; none of whoever is gone."""
    found = []
    for number in numbers:
        try:
            found.append(badge_text(s, visits.badges.share(s, leader_id, number, by, clock.now()), leader_id))
        except Refused:
            continue
    return found


@printers.draws("badge")
def badges(order: Order) -> Drawn:
    """Raises NotNeeded when everybody has left."""
    texts = badge_texts([UUID(str(id)) for id in order.recipe["visit_ids"]], SYSTEM, order.recipe.get("shares"))
    if not texts:
        raise NotNeeded
    stock = stock_of(order.paper)
    start = min(int(order.recipe.get("start", 1)), stock.per_page)
    return Drawn(draw_on(stock, texts, _base_url, start=start, colour=order.colour), stock.page_width_mm, stock.page_height_mm)


@printers.draws("test")
def test_page(order: Order) -> Drawn:
    """A badge that says it is a test, on badge stock; outlines and rulers on label paper."""
    language = str(order.recipe.get("language", LANGUAGES[0]))
    if order.paper in STOCKS:
        stock = STOCKS[order.paper]
        sample = BadgeText(
            code="7K3M9QWY", name=t("printer.test.name", language), day=clock.today(), day_number=0, valid_until=clock.local(clock.now()).strftime("%H:%M"),
            firm=order.printer, host=t("printer.test.say", language), language=language, office=order.paper,
        )  # fmt: skip
        return Drawn(draw_on(stock, [sample], _base_url, colour=order.colour), stock.page_width_mm, stock.page_height_mm)
    with database.reading() as s:
        paper = papers.find(s, order.paper, order.printer)
    return Drawn(calibration_page(paper, language), paper.page_width_mm, paper.page_height_mm)


@printers.draws("labels")
def labels(order: Order) -> Drawn:
    """A sheet of labels, read back before it leaves, moved as this printer needs it."""
    recipe = order.recipe
    with database.reading() as s:
        paper = papers.find(s, str(recipe["template"]), order.printer)
        texts = tuple(texts_of(s, recipe["codes"], str(recipe["language"]), SYSTEM))
    pdf = heavy.run_here(draw_and_prove, Sheet(paper, int(recipe["start"]), texts, str(recipe["language"]), _base_url))
    return Drawn(pdf, paper.page_width_mm, paper.page_height_mm)


@printers.draws("shelf")
def shelf_label(order: Order) -> Drawn:
    """The label for a parcel's pieces. Raises NotNeeded when it was fetched."""
    pdf = draw_shelf_label(UUID(str(order.recipe["delivery_id"])))
    if pdf is None:
        raise NotNeeded
    return Drawn(pdf, slips.WIDTH_MM, slips.LABEL_MM)


@printers.draws("slip")
def courier_slip(order: Order) -> Drawn:
    """The courier's receipt on paper."""
    return Drawn(draw_slip(UUID(str(order.recipe["delivery_id"]))), slips.WIDTH_MM, slips.SLIP_MM)


def draw_shelf_label(delivery_id: UUID) -> bytes | None:
    """62 × 29 mm, or None once the pieces are gone. Refuses: delivery.not_found"""
    with database.reading() as s:
        [view] = deliveries.views(s, [deliveries.get(s, delivery_id)])
        host = office.info(s)
    if view.state not in (DeliveryState.WAITING, DeliveryState.UNCLEAR) or view.label is None:
        return None
    label = slips.ShelfLabel(
        view.label, view.shelf or 0, view.recipient or view.addressee, view.receipt, clock.today(view.dropped_at), view.pieces, view.kind, view.oversize,
        host.language if host else LANGUAGES[0],
    )  # fmt: skip
    return slips.draw_shelf_label(label, _base_url)


def draw_slip(delivery_id: UUID) -> bytes:
    """62 × 58 mm. Refuses: delivery.not_found"""
    with database.reading() as s:
        row = deliveries.get(s, delivery_id)
        found = deliveries.receipt_of(s, row.receipt_code or "")
        host = office.info(s)
    if found is None:
        raise Refused("delivery.not_found")
    language = host.language if host else LANGUAGES[0]
    received = full_moment(found.received_at, clock.zone(), language)
    return slips.draw_slip(
        slips.Slip(row.receipt_code or "", found.receipt, received, found.office, found.pieces, found.seal, language), _base_url
    )


def pass_enclosures(facts: Mapping[str, Any]) -> list[channels.Enclosure]:
    """The QR of a pick-up pass, for the mail to its holder alone; nothing when the notice no longer holds one."""
    text = str(facts.get("pass_id", ""))
    if not text:
        return []
    code = deliveries.code_of_pass(UUID(text))
    drawing = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, box_size=12, border=4)
    drawing.add_data(f"{_base_url}/P/{code}".upper())
    out = io.BytesIO()
    drawing.make_image(image_factory=PilImage).save(out, "PNG")
    return [channels.Enclosure(f"{label_codes.shown(code)}.png", "image/png", out.getvalue())]


def stock_of(paper: str) -> Stock:
    """The badge stock of this name; a printer with another paper in it gets the roll's badge."""
    return STOCKS.get(paper, ROLL)


def _photo(s: Session, visit_id: UUID) -> bytes:
    try:
        for sha256 in attachments.of(s, "visit", visit_id):
            stored: Any = attachments.for_reader(s, sha256, SYSTEM)
            return attachments.path_of(stored).read_bytes()
    except (OSError, Refused, NotAllowed):
        return b""
    return b""
