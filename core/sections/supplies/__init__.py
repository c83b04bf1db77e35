"""Office supplies 办公用品: a register and a ledger (guide S1.2-R6, S1.2-R8; scenarios Office 5, Things 9; pitfalls T12, T35, T38).

Split by ability: `record` (what a supply is, the ledger, lists, labels), `stock` (receive, issue, return, correct, post a count), `orders`
(requests and orders). Stock is the sum of the ledger's append-only rows; the database keeps that sum and refuses one below zero. Quantities
are whole pieces of the supply's own unit; money is integer cents.
"""

from core.sections.supplies.orders import (
    CancelOrder,
    OrderSupply,
    OrderView,
    RequestSupply,
    RequestView,
    SupplyOrder,
    SupplyReceipt,
    SupplyRequest,
    cancel_order,
    open_orders,
    open_requests,
    order,
    request,
)
from core.sections.supplies.record import (
    COLLECTION,
    LedgerLine,
    Move,
    RegisterSupply,
    Supply,
    SupplyMovement,
    SupplyView,
    UpdateSupply,
    by_code,
    describe,
    everything,
    get,
    hidden_places,
    hides_stock,
    include,
    ledger,
    may_see_stock,
    on_hand,
    register,
    search,
    taken,
    update,
    view,
    views,
)
from core.sections.supplies.stock import (
    CorrectStock,
    IssueSupply,
    ReceiveSupply,
    ReturnSupply,
    correct,
    give_back,
    issue,
    move,
    post_count,
    receive,
)

__all__ = [
    "COLLECTION", "CancelOrder", "CorrectStock", "IssueSupply", "LedgerLine", "Move", "OrderSupply", "OrderView", "ReceiveSupply",
    "RegisterSupply",
    "RequestSupply", "RequestView", "ReturnSupply", "Supply", "SupplyMovement", "SupplyOrder", "SupplyReceipt", "SupplyRequest",
    "SupplyView",
    "UpdateSupply", "by_code", "cancel_order", "correct", "describe", "everything", "get", "give_back", "hidden_places", "hides_stock",
    "include", "issue",
    "ledger", "may_see_stock", "move", "on_hand", "open_orders", "open_requests", "order", "post_count", "receive", "register", "request",
    "search",
    "taken", "update", "view", "views",
]  # fmt: skip
