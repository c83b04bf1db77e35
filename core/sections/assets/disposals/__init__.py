"""Disposal (报废/处置, guide S4.1-R10, R8; scenario Things 8; S7-R11): asked, agreed to by value, done, and told for ever after.

A request gets its document number at once and a route by the office's rules. Nothing leaves the register before the last of them agreed, the
thing came back from whoever has it, there are photos, and what stored data was wiped or destroyed. From the day it is done on the thing counts
for nothing in the book, no stock-take expects it, and its labels are retired: whoever scans one is told the day and the document, and the asset
clerk hears of it.
"""

from __future__ import annotations

from core.sections.assets.disposals.asking import RequestDisposal, propose, request_disposal, settled
from core.sections.assets.disposals.doing import CancelDisposal, DisposeAsset, Wipe, cancel_disposal, dispose
from core.sections.assets.disposals.reading import DISPOSALS, book_value, count_disposals, disposal_views, may_see_disposal_photos
from core.sections.assets.disposals.record import (
    OPEN_STATES,
    AssetDisposal,
    DisposalState,
    DisposalView,
    Method,
    WipeMethod,
    done_disposals,
    open_disposal,
    open_disposals,
)

__all__ = [
    "DISPOSALS",
    "OPEN_STATES",
    "AssetDisposal",
    "CancelDisposal",
    "DisposalState",
    "DisposalView",
    "DisposeAsset",
    "Method",
    "RequestDisposal",
    "Wipe",
    "WipeMethod",
    "book_value",
    "cancel_disposal",
    "count_disposals",
    "disposal_views",
    "dispose",
    "done_disposals",
    "may_see_disposal_photos",
    "open_disposal",
    "open_disposals",
    "propose",
    "request_disposal",
    "settled",
]
