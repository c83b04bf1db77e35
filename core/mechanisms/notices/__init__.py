"""Notices: an outbox. A row is written in the operation's own transaction, told afterwards, with retries and a visible state (house.md §5).

The sentence is rendered in the receiver's language at the moment of sending, so that a row holds a key and facts, never text. A notice to a
person is also their in-app message (`unread`); mail is a second way to reach them. The office's web-hook and chat service get each event once.
How mail, web-hooks and chat are spoken is in `channels`; this package decides what is sent to whom and when.

Split by ability: `record` (the rows, and what their sentences say), `writing` (inside operations), `sending` (the outbox's job), `reading`
(what lists show).
"""

from core.mechanisms.notices.reading import COLLECTION, about, count_undelivered, inbox, last_in_chats, undelivered, unread, views
from core.mechanisms.notices.record import Channel, Encloser, Ending, Notice, NoticeView, State, encloses, ends_with, opens_at, sentence
from core.mechanisms.notices.sending import RETRY_AFTER, SEND_AT_ONCE, STUCK_AFTER, deliver, send_due
from core.mechanisms.notices.writing import (
    DismissNotice,
    ReadNotices,
    RetryNotice,
    TryChat,
    dismiss,
    erase_facts,
    hold_back,
    mark_read,
    queue,
    queue_group,
    queue_roles,
    retry,
    try_chat,
)

__all__ = [
    "COLLECTION",
    "RETRY_AFTER",
    "SEND_AT_ONCE",
    "STUCK_AFTER",
    "Channel",
    "DismissNotice",
    "Encloser",
    "Ending",
    "Notice",
    "NoticeView",
    "ReadNotices",
    "RetryNotice",
    "State",
    "TryChat",
    "about",
    "count_undelivered",
    "deliver",
    "dismiss",
    "encloses",
    "ends_with",
    "erase_facts",
    "hold_back",
    "inbox",
    "last_in_chats",
    "mark_read",
    "opens_at",
    "queue",
    "queue_group",
    "queue_roles",
    "retry",
    "send_due",
    "sentence",
    "try_chat",
    "undelivered",
    "unread",
    "views",
]
