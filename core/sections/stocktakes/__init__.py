"""Stock-takes of assets and supplies (定期盘点清查; guide S4.1-R6, R7, R8 and S1.2-R7; pitfalls T1–T15).

Split by ability: `record` (what is kept), `books` (the two books that are counted, and posting to them), `count` (on site), `lines` (what it all
means: results are questions, never stored), `settle` (open, decide, close, approve), `sealing` (the frozen figures), `views` (what others read).
Not here: drawing the report (assets_labels), the phone's own rules (scan_rules), custody (assets).
"""

from core.sections.stocktakes.books import count_expected
from core.sections.stocktakes.count import (
    Count,
    Counted,
    HandInCounts,
    ReportFind,
    UndoCount,
    count,
    count_many,
    hand_in,
    report_find,
    scope_of,
    undo_count,
)
from core.sections.stocktakes.lines import progress, review
from core.sections.stocktakes.record import APPROVERS, REVIEWERS, Decision, Kind, Mode, ReportFile, SealedReport, State, Stocktake, get
from core.sections.stocktakes.results import Line, Result, Review, Seen, Sums
from core.sections.stocktakes.sealing import FileReport, file_of, file_report, result_of, sealed, to_draw
from core.sections.stocktakes.settle import (
    ApproveStocktake,
    CloseStocktake,
    DecideLine,
    OpenDevice,
    OpenStocktake,
    RejectStocktake,
    RemindCounters,
    approve,
    close,
    decide,
    devices_of,
    has_counted,
    open_devices,
    open_stocktake,
    reject,
    remind,
)
from core.sections.stocktakes.views import (
    COLLECTION,
    StocktakeDetail,
    StocktakeView,
    detail,
    find,
    for_phone,
    hidden_shelves,
    is_blind_to,
    listed,
    may_see_photos,
    under_way,
)
from core.sections.stocktakes.views import views as views_of

__all__ = [
    "APPROVERS", "COLLECTION", "REVIEWERS", "ApproveStocktake", "CloseStocktake", "Count", "Counted", "DecideLine", "Decision", "FileReport", "HandInCounts",
    "Kind", "Line", "Mode", "OpenDevice", "OpenStocktake", "RejectStocktake", "RemindCounters", "ReportFile", "ReportFind", "Result", "Review",
    "SealedReport", "Seen", "State", "Stocktake", "StocktakeDetail", "StocktakeView", "Sums", "UndoCount", "approve", "close", "count", "count_expected",
    "count_many", "decide", "detail", "devices_of", "file_of", "file_report", "find", "for_phone", "get", "hand_in", "has_counted", "hidden_shelves",
    "is_blind_to", "listed", "may_see_photos", "open_devices", "open_stocktake", "progress", "reject", "remind", "report_find", "result_of", "review", "scope_of", "sealed", "to_draw",
    "under_way", "undo_count", "views_of",
]  # fmt: skip
