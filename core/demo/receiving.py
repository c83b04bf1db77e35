"""A reception in the sample office: one of last month with its review, one of today that has just begun, one for the next working day that waits for the leader."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from core.demo import visiting
from core.demo.days import Calendar, Day, moment
from core.demo.story import Story
from core.foundation import clock, database
from core.mechanisms import approvals
from core.mechanisms.operations import Actor
from core.sections import bookings, reception, visits
from core.sections.reception import Guest, Kind, Level

MINUTE = timedelta(minutes=1)
GUESTS = (
    Guest(name="周为民", post="局长", phone="13907150001"), Guest(name="何静", post="业务处处长", phone="13907150002"), Guest(name="高原", post="科员"),
)  # fmt: skip
# Kind, what, from and to in minutes after the beginning, who, place, where to, cents, ours at the table, ticked by.
PROGRAMME: tuple[tuple[Kind, str, int, int, str, str, str, int, int, str], ...] = (
    (Kind.TRANSPORT, "高铁站接站", -50, 0, "host", "高铁站", "一楼大厅", 12_000, 0, ""),
    (Kind.MEET, "大厅迎接", 0, 15, "desk", "一楼大厅", "", 0, 0, "arrival"),
    (Kind.ESCORT, "全程陪同", 0, 360, "staff", "", "", 0, 0, ""),
    (Kind.SITE_VISIT, "座谈：档案数字化", 15, 120, "leader", "一楼大厅", "", 0, 0, ""),
    (Kind.TRANSPORT, "步行去机关食堂", 120, 130, "staff", "一楼大厅", "机关食堂", 0, 0, ""),
    (Kind.MEALS, "工作午餐", 130, 190, "desk", "机关食堂", "", 18_000, 2, ""),
    (Kind.TRANSPORT, "乘车去档案馆", 190, 225, "host", "机关食堂", "市档案馆", 6_000, 0, ""),
    (Kind.SITE_VISIT, "参观新库房", 225, 315, "staff", "市档案馆", "", 0, 0, ""),
    (Kind.MEET, "档案馆门口送别", 315, 330, "staff", "市档案馆", "", 0, 0, "leaving"),
    (Kind.TRANSPORT, "送高铁站", 330, 360, "host", "市档案馆", "高铁站", 12_000, 0, ""),
)


def tell(day: Day, calendar: Calendar) -> None:
    """Once a day, with what is going on now."""
    _Told(day).past(calendar).today().tomorrow(calendar.next(day.date))


class _Told:
    def __init__(self, day: Day) -> None:
        self.day, self.house = day, day.house
        self.clerk, self.leader, self.kiosk = day.house.actors["clerk"], day.house.actors["leader"], day.house.actors["kiosk"]

    def past(self, calendar: Calendar) -> _Told:
        """Two weeks ago, from the letter to the lessons; once for ever."""
        if self.house.story.was_told("reception/past"):
            return self
        on = calendar.next(self.day.date, -10)
        begins = moment(on, 9)
        reception_id = self._plan("reception/past", "江城大学档案馆", "档案专业学生实习基地签约", on, begins, begins - timedelta(days=3))
        if reception_id is None:
            return self
        self._agree("reception/past", reception_id, begins - timedelta(days=2))
        for n, code in enumerate(self._codes(reception_id)):
            self._say(
                f"reception/past/in/{n}",
                visits.CheckIn(code=code, consent=visiting.signature(self.house.rng("past", n))),
                self.kiosk,
                begins + (4 + n) * MINUTE,
            )
        for n, line in enumerate(self._lines(reception_id)):
            if line.ticks_on == "":
                self._say(
                    f"reception/past/tick/{n}", reception.Tick(line_id=line.id), self.house.actors["staff"], line.ends_at - 2 * MINUTE
                )
        incident = reception.ReportIncident(reception_id=reception_id, what="会议室麦克风没有声音", line_id=None)
        made = self._say("reception/past/incident", incident, self.house.actors["staff"], begins + 22 * MINUTE)
        if made:
            close = reception.CloseIncident(incident_id=UUID(made["incident_id"]), outcome="换了备用麦克风，耽误 3 分钟")
            self._say("reception/past/closed", close, self.house.actors["staff"], begins + 26 * MINUTE)
        for n, code in enumerate(self._codes(reception_id)):
            self._say(f"reception/past/out/{n}", visits.CheckOut(code=code), self.kiosk, begins + (332 + n) * MINUTE)
        for kind, cents in ((Kind.MEALS, 16_800), (Kind.TRANSPORT, 31_500)):
            self._say(
                f"reception/past/cost/{kind}",
                reception.AddCost(reception_id=reception_id, kind=kind, amount_cents=cents),
                self.clerk,
                begins + timedelta(days=1),
            )
        review = reception.Review(reception_id=reception_id, score=4, lessons="座谈前一小时把设备全部试一遍。送站的车要早十分钟到。")
        self._say("reception/past", review, self.house.actors["staff"], begins + timedelta(days=1, minutes=30))
        return self

    def today(self) -> _Told:
        """Begun forty minutes ago: one guest is here, two are still on the way; not in the first and last hours of a day."""
        now, day = self.day.until, self.day
        begins = now - 40 * MINUTE - timedelta(minutes=now.minute % 5, seconds=now.second)
        if begins - 50 * MINUTE < day.at(0) or clock.today(begins + 360 * MINUTE) != day.date:
            return self
        key = f"reception/{day.date}"
        reception_id = self._plan(
            key, "滨江市档案局", "学习档案数字化，商谈合作", day.date, begins, max(day.at(0, 5), begins - timedelta(hours=3))
        )
        if reception_id is None:
            return self
        self._agree(key, reception_id, max(day.at(0, 8), begins - timedelta(hours=2)))
        lines = self._lines(reception_id)
        lunch = next(line for line in lines if line.kind == Kind.MEALS)
        simpler = reception.Arrange(
            reception_id=reception_id, line_id=lunch.id, kind=Kind.MEALS, what="工作午餐（自助）", owner_id=lunch.owner_id, starts_at=lunch.starts_at,
            ends_at=lunch.ends_at - 10 * MINUTE, place="机关食堂", companions=1, cost_cents=12_000,
        )  # fmt: skip
        self._say(f"{key}/simpler", simpler, self.house.actors["staff"], max(self.day.at(0, 9), begins - timedelta(minutes=70)))
        self._say(f"{key}/ride", reception.Tick(line_id=lines[0].id), self.house.actors["staff"], begins - 2 * MINUTE)
        for n, code in enumerate(self._codes(reception_id)[:1]):
            signed = visiting.signature(self.house.rng("reception", day.date, n))
            self._say(f"{key}/in/{n}", visits.CheckIn(code=code, consent=signed), self.kiosk, begins + 3 * MINUTE)
        return self

    def tomorrow(self, target: date) -> _Told:
        """Planned, with a hole the desk sees, and not asked for yet."""
        key = f"reception/for/{target}"
        begins = moment(target, 9, 30)
        made = self._plan(
            key,
            "云岭县机关事务服务中心",
            "交流公务用车和食堂管理",
            target,
            begins,
            max(self.day.at(0, 6), self.day.until - timedelta(minutes=90)),
            level=Level.WORKING,
        )
        if made is not None:
            lines = self._lines(made)
            self._say(f"{key}/hole", reception.DropLine(line_id=lines[6].id), self.clerk, self.day.until - timedelta(minutes=30))
            self._room(key, made, next(line for line in lines if line.kind == Kind.SITE_VISIT))
        return self

    def _room(self, key: str, reception_id: UUID, line: reception.PlanLine) -> None:
        """The talk has a room of the house, booked with the plan."""
        at = self.day.until - timedelta(minutes=20)
        with database.reading() as s:
            free = bookings.free_rooms(s, line.starts_at, line.ends_at, seats=6, at=at, without_approval=True)
        if free:
            room = next((one for one in free if one.capacity <= 16), free[0])
            booked = reception.Arrange(
                reception_id=reception_id, line_id=line.id, kind=Kind(line.kind), what=line.what, owner_id=line.owner_id, starts_at=line.starts_at,
                ends_at=line.ends_at, place=line.place, room_id=room.id,
            )  # fmt: skip
            self._say(f"{key}/room", booked, self.clerk, at)

    # ── one plan ──

    def _plan(
        self, key: str, organisation: str, purpose: str, on: date, begins: datetime, at: datetime, *, level: Level = Level.EQUAL
    ) -> UUID | None:
        lead = self.house.actors["staff"]
        guests = GUESTS if organisation != "江城大学档案馆" else (Guest(name="陶然", post="馆长"), Guest(name="简宁", post="副教授"))
        take = reception.TakeIn(
            id=Story.id(key), organisation=organisation, level=level, purpose=purpose, letter=f"{organisation[:2]}函〔{on.year}〕{on.day}号", starts_on=on,
            ends_on=on, headcount=len(guests), lead_id=lead.person_id, guests=guests, itinerary="高铁到达，当日返回。",
        )  # fmt: skip
        if self._say(f"{key}/taken", take, self.clerk, at) is None:
            return None
        owners = {
            "host": self.house.staff[7],
            "desk": self.house.actors["desk"].person_id,
            "staff": lead.person_id,
            "leader": self.leader.person_id,
        }
        for n, (kind, what, start, end, who, place, place_to, cents, table, ticks) in enumerate(PROGRAMME):
            do = reception.Arrange(
                reception_id=Story.id(key), kind=kind, what=what, owner_id=owners[who], starts_at=begins + start * MINUTE, ends_at=begins + end * MINUTE,
                place=place, place_to=place_to, companions=table, cost_cents=cents, ticks_on=ticks,  # type: ignore[arg-type]  # the two words of the table above
            )  # fmt: skip
            self._say(f"{key}/line/{n}", do, self.clerk, at + MINUTE)
        return Story.id(key)

    def _agree(self, key: str, reception_id: UUID, at: datetime) -> None:
        self._say(f"{key}/owners", reception.AskOwners(reception_id=reception_id), self.clerk, at)
        for n, line in enumerate(self._lines(reception_id)):
            owner = self.house.persons.get(line.owner_id) if line.owner_id else None
            if owner is not None:
                self._say(f"{key}/confirm/{n}", reception.AnswerLine(line_id=line.id, answer="confirmed"), owner, at + 10 * MINUTE)
        asked = self._say(f"{key}/ask", reception.AskApproval(reception_id=reception_id), self.clerk, at + 15 * MINUTE)
        if asked:
            self._say(
                f"{key}/agreed",
                approvals.DecideApproval(approval_id=UUID(asked["approval_id"]), approve=True),
                self.leader,
                at + 25 * MINUTE,
            )

    def _lines(self, reception_id: UUID) -> tuple[reception.PlanLine, ...]:
        found = self._read(reception_id)
        return found.lines if found else ()

    def _codes(self, reception_id: UUID) -> list[str]:
        found = self._read(reception_id)
        return [guest.codes[0].code for guest in found.guests if guest.codes] if found else []

    def _read(self, reception_id: UUID) -> reception.Plan | None:
        self.house.story.flush()
        with database.reading() as s:
            return reception.plan(s, reception_id, self.clerk, self.day.until)

    def _say(self, key: str, do: object, by: Actor, at: datetime) -> dict[str, str] | None:
        result = self.day.result(key, do, by, at)  # type: ignore[arg-type]  # each is an operation
        return result if isinstance(result, dict) else None
