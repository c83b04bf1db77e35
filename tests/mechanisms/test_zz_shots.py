"""Temporary: pictures of the screens."""
import hashlib, io, os
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID
from PIL import Image, ImageDraw
from core.foundation import clock
from core.mechanisms import attachments, duties, labels
from core.mechanisms.labels import SubjectKind
from core.sections import supplies, inspections, assets
from tests.live import DESK, PHONE, Server, sign_in
from tests.inspections.conftest import plan_round, Round
import pytest
pytestmark = pytest.mark.skipif(not os.environ.get("SHOTS"), reason="pictures only")

def jpeg(colour):
    i = Image.new("RGB", (800, 600), colour); ImageDraw.Draw(i).ellipse((200,100,600,500), fill="white"); b = io.BytesIO(); i.save(b, "JPEG"); return b.getvalue()

def test_shots(live_office, server: Server, browser, tmp_path):
    o = live_office
    attachments.use_directory(tmp_path / "attachments")
    for n, (name, spec, unit, lim, mini, stock) in enumerate([("中性笔","0.5 黑","支",5,10,96),("A4 复印纸","70 克 500 张","包",None,20,12),("订书钉","24/6","盒",3,5,0),("档案盒","55 mm","个",10,10,44),("便利贴","76×76 黄","本",5,10,30)]):
        made = o.do(supplies.RegisterSupply(name=name, spec=spec, unit=unit, limit=lim, minimum=mini, place_id=o.places["301"], price_cents=250*(n+1)), o.bo)
        if stock: o.do(supplies.ReceiveSupply(code=made["code"], quantity=stock), o.bo)
        if n == 0: pen = made
    o.do(supplies.IssueSupply(code=pen["code"], quantity=3, to_person_id=o.mei.person_id), o.bo)
    o.do(supplies.IssueSupply(code=pen["code"], quantity=8, to_person_id=o.wu.person_id, reason="培训班用"), o.bo)
    o.do(supplies.OrderSupply(supply_id=UUID(pen["supply_id"]), quantity=100, supplier="晨光"), o.bo)
    o.do(supplies.RequestSupply(supply_id=UUID(pen["supply_id"]), quantity=20, note="新人入职"), o.mei)
    photo = jpeg("red"); sha = attachments.keep(photo, o.sun, clock.now())
    r = plan_round(o)
    real = clock.now()
    for month in range(1, 11):
        if month == 4: continue
        at = real.replace(month=month, day=25 if month != 7 else 30)
        if month == 7: at = real.replace(month=8, day=5)
        clock.freeze(at)
        run = r.start(at=at)
        fail = "gauge" if month in (3, 9) else None
        r.all_good(run, 0, but=(fail,) if fail else (), at=at)
        if fail: r.answer(run, 0, fail, "fail", note="指针到红区", photos=(sha,), at=at)
        if month != 6: r.all_good(run, 1, at=at)
        r.finish(run, at=at, reason="人手不够" if month == 7 else "")
    clock.freeze(real)
    run = r.start(); r.all_good(run, 0, but=("gauge","seal")); r.answer(run, 0, "gauge", "fail", note="指针到红区", photos=(sha,)); r.answer(run, 0, "seal", "na", note="新瓶没有铅封"); r.all_good(run, 1); r.finish(run)
    o.do(inspections.PlanInspection(title="疏散通道周查", checklist="escape_route", cadence="weekly", day=4, place_ids=(o.places["301"], o.places["302"]), hazard_owner_id=o.wu.person_id, starts_on=date(2026,11,1)), o.sun)
    [h] = [d for d in o.read(duties.everything, o.sun, clock.now())if d.facts.get("question_id")][:1]
    o.do(duties.OpenDuty(title="换三楼走廊灯管", owner_id=o.sun.person_id), o.bo)
    o.do(duties.OpenDuty(title="检查会议室话筒", owner_id=o.wu.person_id, due_on=date(2026,11,23)), o.bo)
    o.do(duties.OpenDuty(title="归还投影仪", owner_id=o.wu.person_id, due_on=date(2026,11,18)), o.bo)
    run_id = run
    def shoot(page, path, name, wait="main, .phone__body", full=False, act=None):
        page.goto(server.url + path); page.wait_for_selector(wait); page.wait_for_timeout(700)
        if act: act(page); page.wait_for_timeout(700)
        page.screenshot(path=f"/tmp/ins/png/{name}.png", full_page=full)
    from core.mechanisms import people
    for lang in ("zh-Hans", "en"):
        for who in ("bo", "sun", "wu"): server.post(people.SetLanguage(language=lang), who)
        c = browser.new_context(**DESK); p = c.new_page(); sign_in(p, server, "bo"); c.add_cookies([{"name":"foyer_lang","value":lang,"url":server.url}])
        p.on("console", lambda m: print("console", m.type, m.text[:200]) if m.type in ("error",) else None)
        shoot(p, "/desk/supplies", f"supplies-{lang}")
        shoot(p, f"/desk/supplies?open={pen['supply_id']}", f"supplies-peek-{lang}")
        shoot(p, f"/desk/supplies/{pen['supply_id']}", f"ledger-{lang}")
        shoot(p, f"/desk/supplies?open={pen['supply_id']}", f"supplies-issue-{lang}", act=lambda p: p.locator(".peek button.button").first.click())
        c.close()
        c = browser.new_context(**DESK); p = c.new_page(); sign_in(p, server, "sun"); c.add_cookies([{"name":"foyer_lang","value":lang,"url":server.url}])
        shoot(p, f"/desk/inspections?open={r.id}", f"inspections-{lang}")
        shoot(p, f"/desk/inspections/{r.id}", f"round-{lang}")
        shoot(p, f"/desk/inspections/runs/{run_id}", f"run-{lang}")
        shoot(p, f"/desk/inspections", f"plan-{lang}", act=lambda p: p.locator(".pagehead .button--main").click())
        shoot(p, f"/desk/hazards?chip=all&open={h.id}", f"hazards-{lang}")
        shoot(p, f"/desk/duties", f"duties-{lang}")
        c.close()
        c = browser.new_context(**PHONE); p = c.new_page(); sign_in(p, server, "wu"); c.add_cookies([{"name":"foyer_lang","value":lang,"url":server.url}])
        shoot(p, "/my/duties", f"m-duties-{lang}")
        shoot(p, f"/my/duties/{h.id}", f"m-duty-{lang}")
        shoot(p, f"/s/{pen['code']}", f"m-supply-{lang}")
        shoot(p, f"/S/{o.label(SubjectKind.PLACE, o.places['301'])}", f"m-place-{lang}")
        shoot(p, f"/s/7K3M9QWX", f"m-unknown-{lang}")
        c.close()
        c = browser.new_context(**PHONE); p = c.new_page(); c.add_cookies([{"name":"foyer_lang","value":lang,"url":server.url}])
        shoot(p, f"/s/{pen['code']}", f"m-stranger-{lang}")
        c.close()
    print((tmp_path/"server.log").read_text()[-3000:])
