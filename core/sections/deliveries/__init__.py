"""Things left at the front desk for somebody: who for, how many pieces, on which shelf, who took them (guide S1.1-R1 medium and courier; Office 1).

The courier names the recipient exactly (no directory is shown), gets a receipt with a code as proof, and the pieces get a label and a short number;
the recipient is told and takes them by a pass, with a signature. It does not register incoming papers: that is the documents section.
Split by ability: `record` (tables, passes, what a label says), `dropping`, `fetching`, `reminding` (unclaimed ones, the keeping time), `register`.
"""

from core.sections.deliveries.dropping import (
    ROLLS,
    Assign,
    Drop,
    NotMine,
    PrintDelivery,
    Shelve,
    assign,
    drop,
    not_mine,
    print_it,
    shelve,
)
from core.sections.deliveries.fetching import (
    AskLeave,
    Collect,
    GiveLeave,
    OnShelf,
    Opened,
    PassView,
    PickUp,
    Return,
    TakeLeaveBack,
    ask_leave,
    collect,
    give_back,
    give_leave,
    lent_to,
    opened_by,
    passes_for,
    pick_up,
    take_leave_back,
)
from core.sections.deliveries.record import (
    KINDS,
    OPEN,
    Delivery,
    DeliveryPass,
    DeliveryState,
    DeliveryView,
    code_of_pass,
    describe,
    get,
    read_pass,
    views,
)
from core.sections.deliveries.register import (
    COLLECTION,
    Receipt,
    count_late,
    count_unclear,
    count_waiting,
    mine,
    receipt_of,
    strokes_of,
    taken,
    waiting,
)
from core.sections.deliveries.reminding import EraseDeliveries, RemindDelivery, erase, erase_old, remind, remind_due

__all__ = [
    "COLLECTION", "KINDS", "OPEN", "ROLLS", "AskLeave", "Assign", "Collect", "Delivery", "DeliveryPass", "DeliveryState", "DeliveryView", "Drop",
    "EraseDeliveries", "GiveLeave", "NotMine", "OnShelf", "Opened", "PassView", "PickUp", "PrintDelivery", "Receipt", "RemindDelivery", "Return", "Shelve",
    "TakeLeaveBack", "ask_leave", "assign", "code_of_pass", "collect", "count_late", "count_unclear", "count_waiting", "describe", "drop", "erase",
    "erase_old", "get", "give_back", "give_leave", "lent_to", "mine", "not_mine", "opened_by", "passes_for", "pick_up", "print_it", "read_pass",
    "receipt_of", "remind", "remind_due", "shelve", "strokes_of", "take_leave_back", "taken", "views", "waiting",
]  # fmt: skip
