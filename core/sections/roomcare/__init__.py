"""Looking after meeting rooms (guide S1.3-R4 … R8): whose room it is, what does not work, who called for help, and where everything lies.

Split by ability: `keeping` (who looks after a room and what is asked), `faults` (reported, a duty, repaired), `help_calls` (called, answered,
measured), `plans` (the floor drawn from the places' shapes, live). Bookings know nothing of it; this section reads them.
"""

from core.sections.roomcare.faults import (
    ClearFault,
    FaultView,
    ReportFault,
    RoomFault,
    clear_fault,
    duty_done,
    faults_of,
    items_by_room,
    may_see_photos,
    open_faults,
    report_fault,
)
from core.sections.roomcare.help_calls import (
    AnswerRoomHelp,
    CallRoomHelp,
    HelpCallView,
    HelpTimes,
    RoomHelpCall,
    answer_help,
    call_help,
    calls,
    help_times,
    latest_call,
    open_calls,
)
from core.sections.roomcare.keeping import CareView, RoomCare, SetRoomCare, care, keeper_of, set_care
from core.sections.roomcare.plans import Floor, FloorPlan, PlanRoom, floor_plan, floors

__all__ = [
    "AnswerRoomHelp", "CallRoomHelp", "CareView", "ClearFault", "FaultView", "Floor", "FloorPlan", "HelpCallView", "HelpTimes", "PlanRoom",
    "ReportFault", "RoomCare", "RoomFault", "RoomHelpCall", "SetRoomCare", "answer_help", "call_help", "calls", "care", "clear_fault",
    "duty_done", "faults_of", "floor_plan", "floors", "help_times", "items_by_room", "keeper_of", "latest_call", "may_see_photos",
    "open_calls", "open_faults", "report_fault", "set_care",
]  # fmt: skip
