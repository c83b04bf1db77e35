"""Office supplies 办公用品: a register, a ledger, and the way from what is needed to what is on the shelf (guide S1.2-R1 … R10; scenarios Office 5,
Things 9; pitfalls T12, T35, T38).

Split by ability: `record` (what a supply is, the ledger, lists, labels), `stock` (receive, issue, return, correct, post a count), `quotas` (what a
department may have), `orders` (requests and orders), `demand` (what the departments need), `planning` (what to buy), `scores` (how suppliers do),
`hiding` (blind counts). Stock is the sum of the ledger's append-only rows; the database keeps that sum and refuses one below zero. Quantities
are whole pieces of the supply's own unit; money is integer cents.
"""

from core.sections.supplies.demand import (
    AnswerView,
    DemandLine,
    OpenRound,
    RoundView,
    SayDemand,
    SupplyAnswer,
    SupplyDemand,
    SupplyRound,
    answers,
    lists_of,
    open_round,
    rounds,
    say,
)
from core.sections.supplies.hiding import (
    hidden_places,
    hides_stock,
    include,
)
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
from core.sections.supplies.planning import (
    PLANS,
    ChangePlanLine,
    OrderPlan,
    PlanLineView,
    PlanState,
    PlanSupplies,
    PlanView,
    SubmitPlan,
    SupplyPlan,
    SupplyPlanLine,
    change_line,
    needed,
    order_plan,
    packs_for,
    plan,
    plan_of,
    plans,
    submit,
)
from core.sections.supplies.planning import settled as plan_settled
from core.sections.supplies.quotas import (
    AskOverQuota,
    Period,
    QuotaView,
    SetQuota,
    SupplyOverdraw,
    SupplyQuota,
    ask,
    of_supply,
    set_quota,
)
from core.sections.supplies.quotas import settled as overdraw_settled
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
from core.sections.supplies.scores import (
    QuarterScore,
    Share,
    SupplierScore,
    scores,
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
    "COLLECTION", "PLANS", "AnswerView", "AskOverQuota", "CancelOrder", "ChangePlanLine", "CorrectStock", "DemandLine", "IssueSupply",
    "LedgerLine", "Move", "OpenRound", "OrderPlan", "OrderSupply", "OrderView", "Period", "PlanLineView", "PlanState", "PlanSupplies",
    "PlanView", "QuarterScore", "QuotaView", "ReceiveSupply", "RegisterSupply", "RequestSupply", "RequestView", "ReturnSupply", "RoundView",
    "SayDemand", "SetQuota", "Share", "SubmitPlan", "SupplierScore", "Supply", "SupplyAnswer", "SupplyDemand", "SupplyMovement",
    "SupplyOrder", "SupplyOverdraw", "SupplyPlan", "SupplyPlanLine", "SupplyQuota", "SupplyReceipt", "SupplyRequest", "SupplyRound",
    "SupplyView", "UpdateSupply", "answers", "ask", "by_code", "cancel_order", "change_line", "correct", "describe", "everything", "get",
    "give_back", "hidden_places", "hides_stock", "include", "issue", "ledger", "lists_of", "may_see_stock", "move", "needed", "of_supply",
    "on_hand", "open_orders", "open_requests", "open_round", "order", "order_plan", "overdraw_settled", "packs_for", "plan", "plan_of",
    "plan_settled", "plans", "post_count", "receive", "register", "request", "rounds", "say", "scores", "search", "set_quota", "submit",
    "taken", "update", "view", "views",
]  # fmt: skip
