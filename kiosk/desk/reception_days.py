"""The days of a plan as a picture: one band a day, a row for each kind that has something on it, holes between the lines hatched (guide S3.1-R3)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from math import ceil, floor

from core.foundation import clock, i18n
from core.sections.reception import Kind, Leg, Plan, PlanLine, joins
from core.web import frame, parts
from core.web.frame import _

MOST_DAYS = 7
EARLIEST, LATEST = 8.0, 18.0
NARROW = 7.0  # per cent of the lane: less holds no word


def draw(plan: Plan) -> None:
    """At most a week; nothing without lines."""
    if not plan.lines:
        return
    days = [day for day in (plan.starts_on + timedelta(days=n) for n in range((plan.ends_on - plan.starts_on).days + 1)) if _of(plan, day)][
        :MOST_DAYS
    ]
    if not days:
        return
    first, last = _hours(plan, days)
    holes = joins.gaps([_leg(line) for line in plan.lines], clock.zone()) if plan.state in ("planned", "running") else []
    with parts.box("plan__part days", "section").props(f'role=img aria-label="{_("reception.days_picture")}"'):
        with parts.box("days__hours"):
            step = 2 if last - first > 10 else 1
            for hour in range(first, last + 1, step):
                parts.text(f"{hour}", "span", "num").style(f"left: {100 * (hour - first) / (last - first):.2f}%")
        for day in days:
            with parts.box("days__day"):
                if len(days) > 1:
                    parts.text(i18n.long_day(day, frame.lang()), "h3")
                for kind in Kind:
                    mine = [line for line in _of(plan, day) if line.kind == kind]
                    if mine:
                        _row(kind, mine, day, first, last)
                with parts.box("days__holes"):
                    for start, end, _before, _after in holes:
                        if clock.today(start) == day:
                            left, width = _place(start, end, day, first, last)
                            hole = parts.text(_("reception.hole"), "span", "days__hole")
                            hole.style(f"left: {left:.2f}%; width: {width:.2f}%")
                            hole.props(f'title="{clock.local(start):%H:%M}–{clock.local(end):%H:%M}"')


def _row(kind: Kind, lines: list[PlanLine], day: date, first: int, last: int) -> None:
    with parts.box("days__row"):
        parts.text(_(f"reception.kind.{kind}"), "span", "days__kind")
        with parts.box("days__lane"):
            for line in lines:
                left, width = _place(line.starts_at, line.ends_at, day, first, last)
                done = " days__bar--done" if line.done_at else ""
                bar = parts.box(f"days__bar days__bar--{line.answer}{done}")
                bar.style(f"left: {left:.2f}%; width: {width:.2f}%")
                bar.props["title"] = parts.joined(
                    f"{clock.local(line.starts_at):%H:%M}–{clock.local(line.ends_at):%H:%M}", line.what, line.owner
                )
                if width >= NARROW:
                    with bar:
                        parts.text(line.what, "span", "cut")


def _of(plan: Plan, day: date) -> list[PlanLine]:
    start, end = clock.day_span(day)
    return [line for line in plan.lines if line.starts_at < end and start < line.ends_at]


def _hours(plan: Plan, days: list[date]) -> tuple[int, int]:
    """The hours drawn: those of the lines, at least an office day; a night is cut off."""
    starts = [_hour(max(line.starts_at, clock.day_span(day)[0]), day) for day in days for line in _of(plan, day)]
    ends = [_hour(min(line.ends_at, clock.day_span(day)[1]), day) for day in days for line in _of(plan, day)]
    return max(0, floor(min((EARLIEST, *(hour for hour in starts if hour > 0))))), min(24, ceil(max((LATEST, *ends))))


def _hour(moment: datetime, day: date) -> float:
    return (moment - clock.day_span(day)[0]) / timedelta(hours=1)


def _place(starts_at: datetime, ends_at: datetime, day: date, first: int, last: int) -> tuple[float, float]:
    start = min(max(_hour(starts_at, day), first), last)
    end = min(max(_hour(ends_at, day), first), last)
    return 100 * (start - first) / (last - first), max(1.0, 100 * (end - start) / (last - first))


def _leg(line: PlanLine) -> Leg:
    return Leg(line.id, line.kind, line.what, line.owner_id, line.owner, line.starts_at, line.ends_at, line.place, line.place_to)
