"""Series of bookings (guide S1.3-R1; RFC 5545; scenarios Front desk 5 and 6; pitfalls V07–V13, V16, V17, V42).

Split by ability: `rules` (which dates a rule means), `plan` (the preview: one row for each date), `make` (create, prolong, roll on),
`change` (edit, skip, end), `strikes` (ask the owner after no-shows), `zones` (wall times hold when zone rules change), `registers` (lists),
`record` (tables and views). A date of a series is a booking like any other: doors, lists and check-in know no difference."""

from core.sections.bookings.series.change import (
    AnswerStrikes,
    CancelSeries,
    ChangeSeries,
    SkipDates,
    answer,
    cancel,
    change,
    outcome_dates,
    preview_change,
    skip,
)
from core.sections.bookings.series.make import CreateSeries, ProlongSeries, RollSeries, create, prolong, roll, roll_on
from core.sections.bookings.series.plan import DateChoice, DateRow, Preview, SeriesPlan, preview
from core.sections.bookings.series.record import DateView, Series, SeriesDate, SeriesView, date_views, mine, of_booking
from core.sections.bookings.series.registers import COLLECTION, SeriesCard, card, series_list
from core.sections.bookings.series.rules import weekly
from core.sections.bookings.series.strikes import AskOwner, ask, ask_owners, duty_done
from core.sections.bookings.series.words import rule_words
from core.sections.bookings.series.zones import FollowZone, follow_zone, follow_zones

__all__ = [
    "COLLECTION", "AnswerStrikes", "AskOwner", "CancelSeries", "ChangeSeries", "CreateSeries", "DateChoice", "DateRow", "DateView", "FollowZone",
    "Preview", "ProlongSeries", "RollSeries", "Series", "SeriesCard", "SeriesDate", "SeriesPlan", "SeriesView", "SkipDates", "answer", "ask", "ask_owners", "cancel", "card",
    "change", "create", "date_views", "duty_done", "follow_zone", "follow_zones", "mine", "of_booking", "outcome_dates", "preview", "preview_change", "prolong", "roll",
    "roll_on", "rule_words", "series_list", "skip", "weekly",
]  # fmt: skip
