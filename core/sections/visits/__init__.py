"""Visits: who comes to whom, is here, has left (guide S3.1-R1, R5, R7; norms.md 11; pitfalls V30–V39).

Split by ability: `record` (the visit and who may see it), `types` (kinds of visitors and what each is asked), `consent` (versioned documents and signatures), `returning` (who was here before), `approving` (may they come in), `planning` (invite, cancel),
`coming` (check in, badge), `telling` (the host told), `leaving` (check out), `register` (who is here, roll call, lists), `keeping` (day's
end, keeping time), `help` (calling reception).
"""

from core.sections.visits import blocklist, codes, holding, reveals
from core.sections.visits.approving import ApproveVisit, FetchBadge, NotePaper, approve, fetch_badge, note_paper
from core.sections.visits.badge_prints import BadgePrint, BadgeState, PrintBadges, badge_state, print_badges, print_on_arrival, prints_of
from core.sections.visits.badges import BadgeFacts, NoteBadge, badge, note_badge
from core.sections.visits.blocklist import AddBlock, BlockView, RemoveBlock, RevealBlock, ReviewBlock
from core.sections.visits.coming import CheckIn, Greeting, check_in, greeting
from core.sections.visits.consent import Consent, ConsentDocument, NoticeText, PublishNotice, Signature, current, of_visit, publish, text_of
from core.sections.visits.happenings import Happening, hears
from core.sections.visits.help import AnswerHelp, CallHelp, HelpCall, HelpView, answer, call, open_calls, who_comes
from core.sections.visits.holding import HoldView, ReleaseVisit, TurnAway
from core.sections.visits.keeping import (
    CloseDay,
    EraseVisits,
    close_day,
    close_days,
    erase,
    erase_old,
    forget_notices,
    forget_photos,
    forget_recognised,
    forget_signatures,
    forget_visits,
)
from core.sections.visits.leaving import CheckOut, check_out
from core.sections.visits.planning import CancelVisit, Invite, SendInvitation, cancel, invite, send_invitation
from core.sections.visits.record import HostChoice, Visit, VisitState, VisitView, describe, hosts, view
from core.sections.visits.register import COLLECTION, RollCallLine, count_in_house, counts, expected, in_house, mine, roll_call, search
from core.sections.visits.returning import Recognise, Remembered, recognise
from core.sections.visits.telling import Acknowledge, Remind, Told, acknowledge, remind, remind_hosts, told
from core.sections.visits.types import Flow, RoomRuleView, SetUpType, SetUpVisitRoom, TypeView, set_up_type, set_up_visit_room

__all__ = [
    "COLLECTION",
    "Acknowledge",
    "AddBlock",
    "AnswerHelp",
    "ApproveVisit",
    "BadgeFacts",
    "BadgePrint",
    "BadgeState",
    "BlockView",
    "CallHelp",
    "CancelVisit",
    "CheckIn",
    "CheckOut",
    "CloseDay",
    "Consent",
    "ConsentDocument",
    "EraseVisits",
    "FetchBadge",
    "Flow",
    "Greeting",
    "Happening",
    "HelpCall",
    "HelpView",
    "HoldView",
    "HostChoice",
    "Invite",
    "NoteBadge",
    "NotePaper",
    "NoticeText",
    "PrintBadges",
    "PublishNotice",
    "Recognise",
    "ReleaseVisit",
    "Remembered",
    "Remind",
    "RemoveBlock",
    "RevealBlock",
    "ReviewBlock",
    "RollCallLine",
    "RoomRuleView",
    "SendInvitation",
    "SetUpType",
    "SetUpVisitRoom",
    "Signature",
    "Told",
    "TurnAway",
    "TypeView",
    "Visit",
    "VisitState",
    "VisitView",
    "acknowledge",
    "answer",
    "approve",
    "badge",
    "badge_state",
    "blocklist",
    "call",
    "cancel",
    "check_in",
    "check_out",
    "close_day",
    "close_days",
    "codes",
    "count_in_house",
    "counts",
    "current",
    "describe",
    "erase",
    "erase_old",
    "expected",
    "fetch_badge",
    "forget_notices",
    "forget_photos",
    "forget_recognised",
    "forget_signatures",
    "forget_visits",
    "greeting",
    "hears",
    "holding",
    "hosts",
    "in_house",
    "invite",
    "mine",
    "note_badge",
    "note_paper",
    "of_visit",
    "open_calls",
    "print_badges",
    "print_on_arrival",
    "prints_of",
    "publish",
    "recognise",
    "remind",
    "remind_hosts",
    "reveals",
    "roll_call",
    "search",
    "send_invitation",
    "set_up_type",
    "set_up_visit_room",
    "text_of",
    "told",
    "view",
    "who_comes",
]
