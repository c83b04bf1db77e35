"""Stock-takes of assets and supplies (定期盘点清查; guide S4.1-R6, R7, R8 and S1.2-R7; pitfalls T1–T15).

Split by ability: `record` (what is kept), `books` (the two books that are counted), `opening` (scope and counters), `count` (on
site), `declaring` (keepers confirm their own), `rounds` (who may count again), `gathering`, `judging` and `lines` (what it all means: results are
questions, never stored; `pieces` for bulk lines), `blinding` (who must not see the book), `progress` (by place and person), `phones` (what is still to come), `deciding`, `settle` (close, approve), `posting` (the book follows), `sealing` (the frozen
figures), `views` (what others read). Not here: drawing the report (assets_labels), the phone's own rules (scan_rules), custody (assets).
"""

from core.sections.stocktakes.blinding import has_counted
from core.sections.stocktakes.books import Preview
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
from core.sections.stocktakes.deciding import (
    AcceptLines,
    DecideLine,
    RecountLines,
    accept_all,
    answers_of,
    decide,
    first_counters,
    recount,
)
from core.sections.stocktakes.declaring import Declare, Mine, MyList, declare, is_label_of, my_list, my_lists
from core.sections.stocktakes.lines import review
from core.sections.stocktakes.opening import (
    AssignCounters,
    Counter,
    OpenStocktake,
    assign,
    counters_of,
    held,
    open_stocktake,
    preview,
    unanswered,
)
from core.sections.stocktakes.phones import OpenDevice, devices_of, open_devices
from core.sections.stocktakes.progress import PersonProgress, PlaceProgress, Progress, by_place_and_person, progress
from core.sections.stocktakes.record import (
    APPROVERS,
    REVIEWERS,
    Answer,
    Condition,
    Decision,
    Kind,
    Mode,
    ReportFile,
    SealedReport,
    State,
    Stocktake,
    get,
)
from core.sections.stocktakes.results import Line, Result, Review, Seen, Sums
from core.sections.stocktakes.sealing import FileReport, file_of, file_report, result_of, sealed, to_draw
from core.sections.stocktakes.settle import (
    ApproveStocktake,
    CloseStocktake,
    RejectStocktake,
    RemindCounters,
    WillPost,
    approve,
    close,
    reject,
    remind,
    remind_before_the_last_day,
    will_post,
)
from core.sections.stocktakes.views import (
    COLLECTION,
    StocktakeDetail,
    StocktakeView,
    counts_blind,
    detail,
    find,
    for_phone,
    hidden_bulk,
    hidden_shelves,
    is_blind_to,
    listed,
    may_see_photos,
    under_way,
)
from core.sections.stocktakes.views import views as views_of

__all__ = [
    "APPROVERS", "COLLECTION", "REVIEWERS", "AcceptLines", "Answer", "ApproveStocktake", "AssignCounters", "CloseStocktake", "Condition", "Count",
    "Counted", "Counter", "DecideLine", "Decision", "Declare", "FileReport", "HandInCounts", "Kind", "Line", "Mine", "Mode", "MyList", "OpenDevice",
    "OpenStocktake", "PersonProgress", "PlaceProgress", "Preview", "Progress", "RecountLines", "RejectStocktake", "RemindCounters", "ReportFile",
    "ReportFind", "Result", "Review", "SealedReport", "Seen", "State", "Stocktake", "StocktakeDetail", "StocktakeView", "Sums", "UndoCount", "WillPost", "accept_all", "answers_of",
    "approve", "assign", "by_place_and_person", "close", "count", "count_many", "counters_of", "counts_blind", "decide", "declare", "detail", "devices_of", "file_of",
    "file_report", "find", "first_counters", "for_phone", "get", "hand_in", "has_counted", "held", "hidden_bulk", "hidden_shelves", "is_blind_to", "is_label_of", "listed",
    "may_see_photos", "my_list", "my_lists", "open_devices", "open_stocktake", "preview", "progress", "recount", "reject", "remind",
    "remind_before_the_last_day", "report_find", "result_of", "review", "scope_of", "sealed", "to_draw", "unanswered", "under_way", "undo_count",
    "views_of", "will_post",
]  # fmt: skip
