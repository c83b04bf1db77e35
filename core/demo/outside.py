"""Who is in the sample office this morning, the drill of last week, and whom it keeps in touch with: contacts, messages, a case, certificates."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from core.demo.days import Day
from core.demo.story import Story
from core.foundation import clock, database
from core.sections import liaison, rollcall
from core.sections.rollcall import BadgeWay

BADGED = 34
# name, organisation, kind, position, days since the last word, days until the next one (None: nothing agreed)
CONTACTS = (
    ("周国平", "市机关事务管理局", "superior", "综合处处长", 9, 5),
    ("韩雪", "市档案局", "superior", "业务指导科科长", 75, None),
    ("吴建华", "江北区机关事务中心", "peer", "办公室主任", 30, None),
    ("李文博", "江城建设集团", "partner", "项目经理", 3, 0),
    ("Anna Berg", "Nordlicht Systems GmbH", "partner", "Account Manager", 120, None),
    ("郑敏", "区市场监督管理局", "government", "登记科", 18, 14),
    ("方蕾", "江城建设（集团）", "other", "合约部", 45, None),
)
SAID = (
    "问了公务用车台账的报送口径，下周再确认一次", "请教档案移交的时间安排", "交流办公用房调配的做法，约定互访", "停车场改造的图纸已收到，等进场时间", "Sent the renewal offer for the meeting room screens",
    "年度公示信息已核对，月中再问结果", "合同付款节点已对清",
)  # fmt: skip


def tell(day: Day) -> None:
    """Told once a day, with the rest of this moment."""
    _badges(day)
    _drill(day)
    _liaison(day)


def _badges(day: Day) -> None:
    dice, staff = day.house.rng("badges", day.date), list(day.house.staff)
    dice.shuffle(staff)
    desk = day.house.actors["desk"]
    for number, person_id in enumerate(staff[:BADGED]):
        at = min(
            day.until - timedelta(minutes=2 + number),
            day.at(8, 5 + dice.randint(0, 50)) if day.until > day.at(9) else day.until - timedelta(minutes=2 + number),
        )
        day.later(f"badge-in/{day.date}/{number}", rollcall.Badge(person_id=person_id, way=BadgeWay.IN), desk, at)
    for number, person_id in enumerate(staff[:2]):
        away = rollcall.Badge(person_id=person_id, way=BadgeWay.BREAK)
        day.later(f"badge-break/{day.date}/{number}", away, desk, day.until - timedelta(minutes=1))
    day.house.story.flush()


def _drill(day: Day) -> None:
    """Once: a drill of a week ago, of which everybody but one was found."""
    if day.house.story.was_told("drill"):
        return
    at = day.until - timedelta(days=7)
    if at < day.house.founded + timedelta(days=30):
        return
    safety, id = day.house.actors["safety"], Story.id("drill")
    started = day.result("drill", rollcall.Start(id=id, drill=True, note="消防疏散演练"), safety, at)
    if started is None or started["joined"]:
        return
    with database.reading() as s:
        roll_call = s.get(rollcall.RollCall, id)
        expected = [line for line in rollcall.view(s, roll_call, at).lines if line.status == rollcall.Status.INSIDE] if roll_call else []
    for number, line in enumerate(expected[:-1]):  # the two marshals meet somebody every few seconds
        tick = rollcall.Tick(rollcall_id=id, subject_id=line.subject_id)
        day.later(
            f"drill/tick/{number}",
            tick,
            day.house.actors["desk" if number % 3 else "safety"],
            at + timedelta(minutes=2, seconds=9 * number),
        )
    last = expected[-1].name if expected else ""
    close = rollcall.Close(rollcall_id=id, note=f"用时达标；{last}在外办事，已电话确认")
    day.later("drill/close", close, safety, at + timedelta(minutes=7))
    day.house.story.flush()


def _liaison(day: Day) -> None:
    story, desk, clerk = day.house.story, day.house.actors["desk"], day.house.actors["clerk"]
    if story.was_told("contact/0"):
        return
    for number, (name, org, kind, title, ago, ahead) in enumerate(CONTACTS):
        contact_id, at = Story.id("contact", number), day.until - timedelta(days=ago)
        save = liaison.SaveContact(
            contact_id=contact_id, name=name, org=org, kind=liaison.OrgKind(kind), title=title, phone=f"027-8888{1000 + number}",
            owner_id=Story.id("person", "staff" if kind == "partner" else "desk"),
        )  # fmt: skip
        story.later(f"contact/{number}", save, desk, at - timedelta(days=1))
        spoke = liaison.NoteContact(
            contact_id=contact_id, way="call", summary=SAID[number],
            next_on=clock.today(day.until) + timedelta(days=ahead) if ahead is not None else None,
        )  # fmt: skip
        story.later(f"contact/{number}/word", spoke, desk, at)
    asked = (
        ("市机关事务管理局", "报送公务用车台账", "请于本周五前报送电子版和盖章扫描件。", 0, 3),
        ("江城建设集团", "停车场改造的进场时间", "希望下周一进场，需要确认货梯使用时间。", 3, -1),
        ("区市场监督管理局", "公示信息核对", "年度公示信息已发布，请核对。", 5, None),
    )
    for number, (source, subject, summary, contact, due) in enumerate(asked):
        message, at = Story.id("message", number), day.until - timedelta(days=2, minutes=30 * number)
        receive = liaison.ReceiveMessage(
            message_id=message, source=source, subject=subject, summary=summary, way="call" if number else "letter", contact_id=Story.id("contact", contact),
            due_on=clock.today(day.until) + timedelta(days=due) if due is not None else None,
        )  # fmt: skip
        story.later(f"message/{number}", receive, desk, at)
    passed = liaison.PassMessage(message_id=Story.id("message", 1), person_ids=[Story.id("person", "staff")], note="请今天答复对方")
    story.later("message/1/pass", passed, desk, day.until - timedelta(days=2))
    known = liaison.PassMessage(message_id=Story.id("message", 0), person_ids=[Story.id("person", "clerk"), Story.id("person", "leader")])
    story.later("message/0/pass", known, desk, day.until - timedelta(days=1))
    story.later("message/0/read", liaison.ReadMessage(message_id=Story.id("message", 0)), clerk, day.until - timedelta(hours=20))
    case = UUID(str(Story.id("case", 0)))
    story.later(
        "case/0",
        liaison.OpenCase(case_id=case, title="门牌名称被他人冒用", legal=True, summary="网上有单位使用相近名称招租。"),
        clerk,
        day.until - timedelta(days=12),
    )
    story.later("case/0/note", liaison.AddNote(case_id=case, text="已截屏取证，联系平台下架。"), clerk, day.until - timedelta(days=11))
    for number, (name, purpose) in enumerate((("林晓梅", "办理居住证"), ("薄一鸣", "子女入学"), ("孙立", "住房公积金"))):
        issue = liaison.IssueCertificate(
            certificate_id=Story.id("certificate", number), subject_name=name, to_org="有关单位", purpose=purpose, text=f"兹证明{name}为我单位在职职工。\n特此证明。",
        )  # fmt: skip
        story.later(f"certificate/{number}", issue, clerk, day.until - timedelta(days=6 - number))
    wrong = liaison.VoidCertificate(certificate_id=Story.id("certificate", 1), reason="用途写错，另开")
    story.later("certificate/1/void", wrong, clerk, day.until - timedelta(days=4))
    story.flush()
