"""Looking after meeting rooms (guide S1.3-R4 … R8): whose room it is, what does not work, who called for help, and where everything lies.

Split by ability: `keeping` (who looks after a room and what is asked), `task_record`, `task_plans` and `tasks` (prepared before, restored after, ready by a scan on site),
`faults` (reported, a duty, repaired), `help_calls` (called, answered, measured), `now` (what a door or a search should know of it), `plans` (the
floor drawn from the places' shapes, live), `lost` (what people left behind), `asked` (who looks for something), `use` (booked, used, refused), `wishes` and `finding` (a room in plain words). Bookings know nothing of it; this section reads them.
"""

from core.sections.roomcare.asked import (
    EndSearch,
    ForgetSearch,
    LostSearch,
    SearchView,
    SeekItem,
    end_search,
    forget_search,
    forget_searches,
    searches,
    seek,
)
from core.sections.roomcare.faults import (
    ClearFault,
    DeviceFaultView,
    FaultView,
    ReportFault,
    RoomFault,
    clear_fault,
    device_changed,
    device_faults,
    faults_of,
    items_by_room,
    may_see_photos,
    open_faults,
    report_fault,
)
from core.sections.roomcare.faults import duty_done as fault_duty_done
from core.sections.roomcare.finding import Fit, Found, find, search
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
from core.sections.roomcare.lost import (
    ClaimItem,
    DisposeItem,
    LostItem,
    LostView,
    RemindThings,
    ReportFound,
    TendLost,
    claim,
    dispose,
    lost_items,
    remind,
    remind_of_things,
    report_found,
    tend,
)
from core.sections.roomcare.lost import describe as describe_lost
from core.sections.roomcare.lost import may_see_photos as may_see_lost_photos
from core.sections.roomcare.marks import door_marks
from core.sections.roomcare.now import CareNow, care_now, care_of
from core.sections.roomcare.plans import Floor, FloorPlan, PlanRoom, floor_plan, floors
from core.sections.roomcare.task_plans import PlanTask, RemindTask, plan_task, plan_tasks, remind_task
from core.sections.roomcare.task_record import Question, RoomTask, TaskView, count_open, finished_tasks, open_tasks, task_of_room
from core.sections.roomcare.task_record import get as get_task
from core.sections.roomcare.task_record import may_do as may_do_task
from core.sections.roomcare.task_record import may_see_photos as may_see_task_photos
from core.sections.roomcare.task_record import view as task_view
from core.sections.roomcare.tasks import AnswerTask, FinishTask, answer_task, finish_task
from core.sections.roomcare.tasks import duty_done as task_duty_done
from core.sections.roomcare.use import HourUse, RoomUse, Use, sheets, use
from core.sections.roomcare.wishes import Wish

__all__ = [
    "AnswerRoomHelp", "AnswerTask", "CallRoomHelp", "CareNow", "CareView", "ClaimItem", "ClearFault", "DeviceFaultView", "DisposeItem", "EndSearch", "FaultView",
    "FinishTask", "Fit", "Floor", "FloorPlan", "ForgetSearch", "Found", "HelpCallView", "HelpTimes", "HourUse", "LostItem", "LostSearch", "LostView", "PlanRoom",
    "PlanTask", "Question", "RemindTask", "RemindThings", "ReportFault", "ReportFound", "RoomCare", "RoomFault", "RoomHelpCall",
    "RoomTask", "RoomUse", "SearchView", "SeekItem", "SetRoomCare", "TaskView", "TendLost", "Use", "Wish", "answer_help", "answer_task", "call_help", "calls",
    "care", "care_now", "care_of", "claim", "clear_fault", "count_open", "describe_lost", "device_changed", "device_faults", "dispose", "door_marks", "end_search", "fault_duty_done",
    "faults_of", "find", "finish_task", "finished_tasks", "floor_plan", "floors", "forget_search", "forget_searches", "get_task", "help_times", "items_by_room", "keeper_of",
    "latest_call", "lost_items", "may_do_task", "may_see_lost_photos", "may_see_photos", "may_see_task_photos", "open_calls",
    "open_faults", "open_tasks", "plan_task", "plan_tasks", "remind", "remind_of_things", "remind_task", "report_fault", "report_found",
    "search", "searches", "seek", "set_care", "sheets", "task_duty_done", "task_of_room", "task_view", "tend", "use",
]  # fmt: skip
