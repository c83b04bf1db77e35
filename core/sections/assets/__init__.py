"""Fixed assets (固定资产): register and card, custody, faults and repairs, import and export (guide S4.1; norms.md 6).

Split by ability: `ledger` (what the book says), `custody` (who has it, what befalls it), `exchange` (lists, exports, import), `classes` (names of
class codes). Not here: counting (stocktakes), drawing labels (assets_labels), depreciation (left out on purpose).
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
