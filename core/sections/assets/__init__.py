"""Fixed assets (固定资产): register and card, custody, faults and repairs, import and export (guide S4.1; norms.md 6).

Split by ability: `ledger` (what the book says), `custody` (who has it, what befalls it), `exchange` (lists, exports, import),
`classes` (names of class codes). Not here: counting (stocktakes), drawing labels (assets_labels), depreciation (left out on purpose).
"""

from core.sections.assets.custody import (
    AssetHandover,
    FinishRepair,
    HandOver,
    Offer,
    ReportFault,
    RequestDisposal,
    Take,
    TransferAsset,
    code_of,
    describe,
    finish_repair,
    hand_over,
    handovers,
    open_offer,
    report_fault,
    request_disposal,
    take,
    transfer,
)
from core.sections.assets.exchange import COLLECTION, IMPORTER, card
from core.sections.assets.ledger import (
    Asset,
    AssetEvent,
    AssetState,
    AssetView,
    Filter,
    RegisterAsset,
    UpdateAsset,
    by_code,
    by_number,
    change,
    class_name,
    count,
    count_by_state,
    get,
    names_of,
    next_number,
    note,
    present,
    register,
    search,
    sums,
    timeline,
    update,
    view,
    views,
)

__all__ = [
    "COLLECTION", "IMPORTER", "Asset", "AssetEvent", "AssetHandover", "AssetState", "AssetView", "Filter", "FinishRepair", "HandOver",
    "Offer", "RegisterAsset", "ReportFault", "RequestDisposal", "Take", "TransferAsset", "UpdateAsset", "by_code", "by_number", "card",
    "change", "class_name", "code_of", "count", "count_by_state", "describe", "finish_repair", "get", "hand_over", "handovers",
    "names_of", "next_number", "note", "open_offer", "present", "register", "report_fault", "request_disposal", "search", "sums",
    "take", "timeline", "transfer", "update", "view", "views",
]  # fmt: skip
