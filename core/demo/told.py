"""What the server itself would have said by now, and that nobody waits for mail in an office without a mail server."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from core.demo.house import House
from core.foundation import database
from core.mechanisms import duties, notices
from core.mechanisms.notices import Notice, State
from core.sections import inspections, visits

LEFT_FOR_THE_DESK = 3


def run_jobs(at: datetime) -> None:
    """Reminders that are due, so that the first minute of the server brings no flood of them. Each job is safe to run again."""
    duties.send_reminders(at)
    inspections.escalate_missed(at)
    visits.remind_hosts(at)
    visits.close_days(at)
    visits.ask_overstay(at)


def unreached() -> list[UUID]:
    """Notices that found no way to their receiver, oldest first."""
    query = select(col(Notice.id)).where(col(Notice.state) == State.NO_CHANNEL).order_by(col(Notice.created_at), col(Notice.id))
    with database.reading() as s:
        return list(s.execute(query).scalars())


def tell_in_person(house: House, before: set[UUID], at: datetime) -> None:
    """Reception told everybody in another way, but for the newest few. What people of the office caused since (`before`) is theirs to settle."""
    new = [notice_id for notice_id in unreached() if notice_id not in before]
    for number, notice_id in enumerate(new[:-LEFT_FOR_THE_DESK]):
        dismiss = notices.DismissNotice(notice_id=notice_id)
        house.story.later(f"dismiss/{at.isoformat()}/{number}", dismiss, house.actors["desk"], at - timedelta(seconds=1))
    house.story.flush()
