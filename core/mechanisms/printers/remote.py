"""A job at the printer, from its number to the last sheet (RFC 8011).

The printer gives a number before it gets anything to print (Create-Job, then Send-Document): whatever answer is lost, the job is asked for by that
number, and the document is given once. Simple printers know Print-Job alone; their job is looked for by its name. Names are a weaker mark: CUPS 2.4
leaves them out of its list of finished jobs, so a job without one is asked for by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from pyipp.enums import IppOperation, IppTag

from core.mechanisms.printers.ipp import Address, Attribute, CannotPrint, ask, problem_of, words

NAME_MOST = 60
LOOK_BACK = 20  # finished jobs without a name that are asked for one by one
_GONE = ("0x406", "0x407")
_NOT_KNOWN = "0x501"
_FACTS = ("job-id", "job-name", "job-state", "job-state-reasons", "number-of-documents", "job-printer-state-reasons")
_PDF: Attribute = ("document-format", "application/pdf", IppTag.MIME_TYPE)


class JobState(IntEnum):
    """RFC 8011, 5.3.7."""

    PENDING = 3
    HELD = 4
    PROCESSING = 5
    STOPPED = 6
    CANCELLED = 7
    ABORTED = 8
    COMPLETED = 9


@dataclass(frozen=True, slots=True)
class RemoteJob:
    """A job as the printer knows it. `documents`: how many it was given, None where the printer does not say."""

    id: int
    state: JobState
    reasons: tuple[str, ...]
    documents: int | None = None

    @property
    def problem(self) -> str:
        """Why it does not come out, as a catalogue key; a job that is held or stopped without a reason says just that."""
        bare = {JobState.HELD: "printer.problem.held", JobState.STOPPED: "printer.problem.stopped"}
        return problem_of(self.reasons) or bare.get(self.state, "")

    @property
    def empty(self) -> bool:
        """Whether it still waits for what is to be printed."""
        if self.state not in (JobState.PENDING, JobState.HELD):
            return False
        if self.documents is not None:
            return self.documents == 0
        return any(reason in ("job-incoming", "job-data-insufficient") for reason in self.reasons)

    @property
    def over(self) -> bool:
        """Whether nothing of it will come out any more."""
        return self.state in (JobState.CANCELLED, JobState.ABORTED)


def begin(address: Address, ip: str, *, name: str, media: str, copies: int) -> int | None:
    """A job with nothing in it yet; answers its number, or None where the printer takes jobs only whole. Raises CannotPrint."""
    try:
        answer = ask(address, ip, IppOperation.CREATE_JOB, [_name(name)], _how(media, copies))
    except CannotPrint as error:
        if error.detail == _NOT_KNOWN:
            return None
        raise
    return _number(answer)


def give(address: Address, ip: str, id: int, pdf: bytes) -> None:
    """The one document of a job that was begun. Raises CannotPrint."""
    ask(
        address,
        ip,
        IppOperation.SEND_DOCUMENT,
        [("job-id", id, IppTag.INTEGER), _PDF, ("last-document", True, IppTag.BOOLEAN)],
        data=pdf,
    )


def send(address: Address, ip: str, *, name: str, pdf: bytes, media: str, copies: int) -> int:
    """Job and document at once, for a printer that knows nothing else; answers the job's number. Raises CannotPrint."""
    return _number(ask(address, ip, IppOperation.PRINT_JOB, [_name(name), _PDF], _how(media, copies), pdf))


def job(address: Address, ip: str, id: int) -> RemoteJob | None:
    """How a job is, or None when the printer no longer knows it. Raises CannotPrint."""
    return _remote(_facts(address, ip, id))


def find(address: Address, ip: str, name: str) -> RemoteJob | None:
    """The job of this name, if an earlier try reached the printer and its answer was lost. Raises CannotPrint."""
    name = name[:NAME_MOST]
    for which in ("not-completed", "completed"):
        wanted: Attribute = ("requested-attributes", ["job-id", "job-name"], IppTag.KEYWORD)
        try:
            listed = ask(address, ip, IppOperation.GET_JOBS, [("which-jobs", which, IppTag.KEYWORD), wanted])["jobs"]
        except CannotPrint as error:
            if error.final:
                continue  # a simple printer that lists no jobs, or a queue that has none of these
            raise
        ids = sorted((int(one["job-id"]) for one in listed if "job-id" in one and one.get("job-name", name) == name), reverse=True)
        for facts in (_facts(address, ip, id) for id in ids[:LOOK_BACK]):
            if facts.get("job-name") == name and (found := _remote(facts)) is not None and not found.over:
                return found
    return None


def cancel(address: Address, ip: str, id: int) -> None:
    """Take a job back; one that is over stays so. Raises CannotPrint."""
    try:
        ask(address, ip, IppOperation.CANCEL_JOB, [("job-id", id, IppTag.INTEGER)])
    except CannotPrint as error:
        if not error.final:
            raise


def media_of(width_mm: float, height_mm: float) -> str:
    """The name of a paper size (PWG 5101.1): A4 and Letter by name, any other as a custom one."""
    named = {(210.0, 297.0): "iso_a4_210x297mm", (215.9, 279.4): "na_letter_8.5x11in"}
    return named.get((width_mm, height_mm)) or f"custom_foyer_{width_mm:g}x{height_mm:g}mm"


# ── helpers ──


def _name(name: str) -> Attribute:
    return ("job-name", name[:NAME_MOST], IppTag.NAME)


def _how(media: str, copies: int) -> list[Attribute]:
    return [
        ("copies", copies, IppTag.INTEGER),
        ("media", media, IppTag.KEYWORD),
        ("print-scaling", "none", IppTag.KEYWORD),  # a sheet of labels must meet its cells (T16)
    ]


def _number(answer: Mapping[str, Any]) -> int:
    found = next(iter(answer["jobs"]), {}).get("job-id")
    if not isinstance(found, int):
        raise CannotPrint("printer.problem.not_a_printer", "no job-id")
    return found


def _facts(address: Address, ip: str, id: int) -> Mapping[str, Any]:
    """What the printer says of one job; nothing where it no longer knows it."""
    wanted: Attribute = ("requested-attributes", list(_FACTS), IppTag.KEYWORD)
    try:
        answer = ask(address, ip, IppOperation.GET_JOB_ATTRIBUTES, [("job-id", id, IppTag.INTEGER), wanted])
    except CannotPrint as error:
        if error.detail in _GONE:
            return {}
        raise
    return next(iter(answer["jobs"]), {})


def _remote(facts: Mapping[str, Any]) -> RemoteJob | None:
    try:
        state = JobState(int(facts["job-state"]))
        id = int(facts["job-id"])
    except (KeyError, ValueError, TypeError):
        return None
    reasons = (*words(facts.get("job-state-reasons")), *words(facts.get("job-printer-state-reasons")))
    documents = facts.get("number-of-documents")
    return RemoteJob(id, state, reasons, documents if isinstance(documents, int) else None)
