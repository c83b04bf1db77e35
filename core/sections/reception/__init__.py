"""Reception plans (接待预案): from the task taken in to the lessons for next time (guide S3.1-R1 … R8; norms.md 16; scenario Office 7).

Split by ability: `record` (tables, who may), `joins` (gaps and overlaps, pure), `planning` (guests and arrangements), `confirming` (owners asked, line by line),
`approving` (the leader's word, invitations), `running` (the run sheet the kiosk starts), `conduct` (hosts' checklist and roster), `incidents`, `ending` (thanks,
costs, review), `register` (lists, one plan whole, the year), `roomlink` (rooms of lines), `weighing` (whether a plan outgrew the leader's word), `versions` (two side by side), `forgetting` (guests after the keeping time).
"""

from core.sections.reception.approving import AskApproval, InviteGuests, ask_approval, decided, invite
from core.sections.reception.conduct import CheckConduct, Conduct, HostOnDuty, check, roster
from core.sections.reception.conduct import mine as my_conduct
from core.sections.reception.confirming import AnswerLine, AskOwners, ConfirmMine, answer, ask, confirm_mine
from core.sections.reception.ending import (
    AddCost,
    EndReception,
    ForgetGuests,
    Rate,
    Review,
    Thank,
    add_cost,
    asks,
    end,
    forget_guests,
    forget_old_guests,
    mark_of,
    may_see_papers,
    rate,
    review,
    send_thanks,
    thank,
    use_base_url,
)
from core.sections.reception.forgetting import forget_guests_of, keep_guests_of_living_plans
from core.sections.reception.incidents import (
    AssignIncident,
    CloseIncident,
    IncidentView,
    ReceptionIncident,
    ReportIncident,
    assign,
    close,
    duty_done,
    incidents_of,
    may_see_photos,
    report,
)
from core.sections.reception.joins import Leg, Warn
from core.sections.reception.planning import (
    Arrange,
    CancelReception,
    CopyReception,
    DropLine,
    Guest,
    SetGuests,
    TakeIn,
    UpdateReception,
    arrange,
    cancel,
    copy,
    drop_line,
    set_guests,
    take_in,
    update,
)
from core.sections.reception.record import (
    Agreed,
    Answer,
    Kind,
    Level,
    Reception,
    ReceptionCost,
    ReceptionEvent,
    ReceptionGuest,
    ReceptionLine,
    ReceptionVersion,
    ReceptionView,
    ReceptionVisit,
    State,
    mine,
)
from core.sections.reception.register import COLLECTION, Year, count, search, year_figures
from core.sections.reception.running import (
    GuestSeen,
    RunSheet,
    SayLate,
    StartReception,
    Step,
    Tick,
    Untick,
    heard,
    late,
    run_sheet,
    start,
    tick,
    untick,
)
from core.sections.reception.whole import CodeOfDay, CostLine, EventLine, GuestLine, Plan, PlanLine, VersionLine, plan

__all__ = [
    "COLLECTION", "AddCost", "Agreed", "Answer", "AnswerLine", "Arrange", "AskApproval", "AskOwners", "AssignIncident", "CancelReception", "CheckConduct",
    "CloseIncident", "CodeOfDay", "Conduct", "ConfirmMine", "CopyReception", "CostLine", "DropLine", "EndReception", "EventLine", "ForgetGuests", "Guest", "GuestLine",
    "GuestSeen", "HostOnDuty", "IncidentView", "InviteGuests", "Kind", "Leg", "Level", "Plan", "PlanLine", "Rate", "Reception", "ReceptionCost",
    "ReceptionEvent", "ReceptionGuest", "ReceptionIncident", "ReceptionLine", "ReceptionVersion", "ReceptionView", "ReceptionVisit", "ReportIncident",
    "Review", "RunSheet", "SayLate", "SetGuests", "StartReception", "State", "Step", "TakeIn", "Thank", "Tick", "Untick", "UpdateReception", "VersionLine",
    "Warn", "Year", "add_cost", "answer", "arrange", "ask", "ask_approval", "asks", "assign", "cancel", "check", "close", "confirm_mine", "copy", "count", "decided",
    "drop_line", "duty_done", "end", "forget_guests", "forget_guests_of", "forget_old_guests", "heard", "incidents_of", "invite", "keep_guests_of_living_plans", "late", "mark_of", "may_see_papers",
    "may_see_photos", "mine", "my_conduct", "plan", "rate", "report", "review", "roster", "run_sheet", "search", "send_thanks", "set_guests", "start",
    "take_in", "thank", "tick", "untick", "update", "use_base_url", "year_figures",
]  # fmt: skip
