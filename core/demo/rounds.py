"""The safety rounds of the sample office: extinguishers each month, escape routes twice a month, a year of them, with what was found and what was missed."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from PIL import Image, ImageDraw

from core.demo.days import Calendar, Day
from core.demo.house import House
from core.demo.story import Story
from core.foundation import clock, database
from core.mechanisms import attachments, checklists, duties, labels
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import Actor
from core.sections import inspections
from core.sections.inspections import Cadence, Inspection

ROUNDS = (
    ("extinguisher", "灭火器月检", "extinguisher_month", Cadence.MONTHLY, 5),
    ("exit", "疏散通道半月检", "escape_route", Cadence.HALF_MONTHLY, 15),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was not in order: at which point, which question, what was written, and after how many working days it was put right and seen again."""

    point: int
    question_id: str
    note: str
    fixed_after: int | None = None
    verified_after: int | None = None


# By round and the number of the due day since the first one.
FINDINGS = {
    ("extinguisher", 3): Finding(1, "gauge", "指针到红区，要换", 3, 4),
    ("extinguisher", 9): Finding(4, "reach", "前面堆了两箱复印纸", 1, 2),
    ("extinguisher", 11): Finding(2, "gauge", "压力偏低，已贴停用", None),
    ("exit", 5): Finding(0, "clear", "楼梯口停了一辆电动车", 1, 1),
    ("exit", 17): Finding(3, "door", "后门被自行车锁锁住", 1, 2),
    ("exit", 23): Finding(1, "clear", "堆放旧桌椅四张", 2, None),
}
MISSED = {("extinguisher", 6), ("exit", 12)}
LATE = {("exit", 8): "前一天全员外出培训，第二天补查"}


def tell(day: Day, calendar: Calendar) -> None:
    """Walk what is to be walked today, and put right what was found before."""
    for name, *_ in ROUNDS:
        inspection = _inspection(day.house, name)
        start = clock.today(day.house.founded)
        for number, due in enumerate(inspections.due_dates(inspection, start, day.date + timedelta(days=14))):
            if (name, number) in MISSED or due < day.date - timedelta(days=25):
                continue
            walked = _walked_on(name, number, due, calendar)
            if walked == day.date:
                _walk(day, inspection, name, number)
            finding = FINDINGS.get((name, number))
            if finding is not None and walked < day.date:
                _settle(day, calendar, inspection, walked, finding, f"{name}/{number}")


def _inspection(house: House, name: str) -> Inspection:
    """The round, planned on the first day."""
    inspection_id = Story.id("inspection", name)
    with database.reading() as s:
        found = s.get(Inspection, inspection_id)
    if found is not None:
        return found
    _, title, pack, cadence, on = next(one for one in ROUNDS if one[0] == name)
    plan = inspections.PlanInspection(
        id=inspection_id, title=title, checklist=pack, cadence=cadence, day=on, place_ids=tuple(house.points[name]), hazard_owner_id=_id(house.actors["clerk"]),
        inspector_id=_id(house.actors["safety"]),
    )  # fmt: skip
    house.story.say(f"round/{name}", plan, house.actors["safety"], house.founded + timedelta(hours=3))
    return _inspection(house, name)


def _walked_on(name: str, number: int, due: date, calendar: Calendar) -> date:
    if (name, number) in LATE:
        return due + timedelta(days=1)
    return due if calendar.works(due) else calendar.next(due, -1)


def _walk(day: Day, inspection: Inspection, name: str, number: int) -> None:
    house, safety = day.house, day.house.actors["safety"]
    run_id, key, begins = Story.id("run", name, number), f"run/{name}/{number}", day.at(9, 30)
    if begins > day.until:
        return
    with database.reading() as s:
        version = checklists.latest(s, inspection.checklist_id)
        questions = checklists.questions(version.content, "zh-Hans")
        points = inspections.points(s, [inspection.id])[inspection.id]
        codes = labels.codes_of(s, SubjectKind.PLACE, [point.place_id for point in points])
    house.story.tell(
        key, inspections.StartInspection(run_id=run_id, inspection_id=inspection.id, template_version=version.version), safety, begins
    )
    finding = FINDINGS.get((name, number))
    for where, point in enumerate(points):
        at = begins + timedelta(minutes=4 * where + 1)
        for question in questions:
            fails = finding is not None and (finding.point, finding.question_id) == (where, question["id"])
            if not question["required"] and not fails:
                continue
            answer = inspections.AnswerQuestion(
                run_id=run_id, point_id=point.id, question_id=question["id"], answer="fail" if fails else "pass", value=_value(question),
                note=finding.note if fails and finding else "", photos=(_photo(safety, day, f"{name} {number}"),) if fails else (), scanned_code=codes.get(point.place_id),
            )  # fmt: skip
            house.story.later(f"{key}/{where}/{question['id']}", answer, safety, at)
    finish = inspections.FinishInspection(run_id=run_id, signature=_signature(safety, day), reason=LATE.get((name, number), ""))
    house.story.later(f"{key}/finish", finish, safety, begins + timedelta(minutes=4 * len(points) + 2))


def _value(question: dict[str, object]) -> str | None:
    """A good answer to a question that asks for more than yes or no."""
    if question["kind"] == "number":
        low, high = question.get("min"), question.get("max")
        return str(low if isinstance(low, (int, float)) else high)
    if question["kind"] == "choice":
        choices, failing = question["choices"], question["failing"] or ()
        assert isinstance(choices, (list, tuple)) and isinstance(failing, (list, tuple))  # a template's own rule
        return str(next(one for one in choices if one not in failing))
    return "无" if question["kind"] == "text" else None


def _settle(day: Day, calendar: Calendar, inspection: Inspection, walked: date, finding: Finding, key: str) -> None:
    """The clerk puts it right and says how; the safety officer looks again."""
    fixed = calendar.next(walked, finding.fixed_after) if finding.fixed_after else None
    seen = calendar.next(walked, finding.verified_after + 1) if finding.verified_after else None
    if day.date not in (fixed, seen):
        return
    day.house.story.flush()
    with database.reading() as s:
        point = inspections.points(s, [inspection.id])[inspection.id][finding.point]
        duty = duties.find_open(s, inspections.hazard_key(point.id, finding.question_id))
    if duty is None:
        return
    clerk, safety = day.house.actors["clerk"], day.house.actors["safety"]
    if day.date == fixed and duty.state == duties.OPEN:
        day.later(
            f"fixed/{key}",
            duties.CompleteDuty(duty_id=duty.id, note="已整改", photos=(_photo(clerk, day, f"after {key}"),)),
            clerk,
            day.at(15, 5),
        )
        day.house.story.flush()
    if day.date == seen:
        day.later(f"seen/{key}", duties.VerifyDuty(duty_id=duty.id, note="现场看过，可以"), safety, day.at(16, 20))


# ── pictures ──


def _photo(by: Actor, day: Day, words: str) -> str:
    """A plain picture in the place of a photo: a wall, a red bottle, the words of what it shows."""
    picture = Image.new("RGB", (480, 640), (214, 208, 196))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 470, 480, 640), fill=(150, 142, 130))
    draw.rounded_rectangle((196, 210, 284, 500), 36, fill=(178, 40, 30))
    draw.rectangle((222, 170, 258, 214), fill=(40, 44, 48))
    draw.ellipse((222, 250, 258, 286), fill=(240, 240, 236))
    draw.line((240, 268, 252, 256), fill=(178, 40, 30), width=4)
    draw.text((24, 600), f"{words} {day.date.isoformat()}", fill=(250, 250, 245))
    return _kept(picture, by, day)


def _signature(by: Actor, day: Day) -> str:
    """The safety officer's drawn name."""
    picture = Image.new("L", (360, 140), 255)
    dice = day.house.rng("signature", day.date)
    x, line = 30, []
    for _ in range(18):
        x += 16
        line.append((x, 70 + dice.randint(-34, 34)))
    ImageDraw.Draw(picture).line(line, fill=20, width=4, joint="curve")
    return _kept(picture, by, day)


def _kept(picture: Image.Image, by: Actor, day: Day) -> str:
    data = io.BytesIO()
    picture.save(data, "PNG", optimize=True)
    return attachments.keep(data.getvalue(), by, day.at(9, 30))


def _id(actor: Actor) -> UUID:
    assert actor.person_id is not None  # the accounts are persons
    return actor.person_id
