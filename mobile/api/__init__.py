"""The HTTP API (contract.md): POST operations, GET views, sessions, labels, exports. JSON in, JSON out, errors as RFC 9457.

Built as an application of its own and mounted at `/api`, so that unknown paths answer JSON and only API routes stand in the document.
The operations endpoint parses and judges items one by one: a broken item never blocks its neighbours.

Split by ability: `callers` (who calls), `session`, `posting` (operations), `collections` (views and labels), `answers`, `building` (the application).
"""

from mobile.api.answers import Problem, language, problem_response
from mobile.api.building import build
from mobile.api.callers import Caller, Sender, maybe_caller
from mobile.api.posting import MAX_BODY, MAX_ITEMS, answer_of, judge, note_phone

__all__ = [
    "MAX_BODY",
    "MAX_ITEMS",
    "Caller",
    "Problem",
    "Sender",
    "answer_of",
    "build",
    "judge",
    "language",
    "maybe_caller",
    "note_phone",
    "problem_response",
]
