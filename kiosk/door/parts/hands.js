// What hands do at a door: acts that go to the server once, and tasks under the band (pitfall V27). Methods of the door element.

import { bookAct, phaseAt, toAct } from "foyer-door/face.js";
import { planOf } from "foyer-door/plan.js";
import { ask, newId } from "foyer-door/server.js";
import { MINUTE, SECOND, ms, voice } from "foyer-door/words.js";

export const TASK_ENDS_AFTER = 20 * SECOND;
const UNDO_FOR = 5 * SECOND;
const TOLD_FOR = 8 * SECOND;

export const HANDS = {
  touched() {
    this.touchedAt = performance.now();
    if (this.task && this.task.name !== "booked") this.taskEndsAt = Math.max(this.taskEndsAt, this.touchedAt + TASK_ENDS_AFTER);
    if (this.face?.night) this.tick();
  },
  choose(code) { this.lang = code; this.touched(); this.tick(); },
  leave() { this.task = null; this.pressed = null; },
  open(task, lasts = TASK_ENDS_AFTER) {
    this.task = task;
    this.taskEndsAt = performance.now() + lasts;
    this.left = Math.ceil(lasts / SECOND);
  },
  async press(act) {
    if (this.pressed !== null || this.lostSince() !== null) return;
    if (act.task === "times") return this.open({ name: "times", title: this.say("door.times.title"), choices: this.choices() });
    if (act.task === "help") return this.open({ name: "help", title: this.say("door.help.title"), tiles: this.helpTiles() });
    if (act.task === "fault") return this.open({ name: "help", title: this.say("door.fault.title"), tiles: this.faultTiles() });
    if (act.task === "phone") return this.openPhone();
    if (act.task === "list") { this.task = { ...this.task, plan: null }; return undefined; }
    this.pressed = act.key;
    try {
      if (act.task === "rooms") await this.showRooms();
      else await this.act(act);
    } finally {
      this.pressed = null;
      this.tick();
    }
  },
  choices() {
    const v = voice(this.day, this.texts[this.lang], this.lang, this.small), now = this.now();
    const until = ms(phaseAt(this.day, now).until), left = Math.min((until - now) / MINUTE, this.day.longest_minutes);
    const whole = (until - now) / MINUTE <= this.day.longest_minutes; // the whole time is offered too: what falls short of it by minutes says the same twice
    const list = [15, 30, 45, 60, 90, 120, 180].filter((minutes) => minutes < left - (whole ? 5 : 0)).slice(this.small ? -5 : -7).map((minutes) => {
      const act = bookAct(v, now, minutes, false);
      return { ...act, label: act.sub, sub: v.length(minutes * MINUTE) };
    });
    if (whole) { const act = toAct(v, now, until, false); list.push({ ...act, label: v.say("door.act.until", { until: v.time(until) }) }); }
    return list;
  },
  payload(act) {
    if (act.kind === "room.call_help") return { room_id: this.room, kind: act.what };
    if (act.kind === "room.report_fault") return { room_id: this.room, item: act.what };
    if (act.kind === "booking.ask_extension") return { booking_id: act.booking, minutes: act.minutes };
    if (act.kind !== "booking.create") return { booking_id: act.booking, ...(act.kind === "booking.extend" ? { minutes: act.minutes } : {}) };
    const start = Math.floor(this.now() / MINUTE) * MINUTE;
    return { room_id: this.room, starts_at: new Date(start).toISOString(), ends_at: new Date(act.until ?? start + act.minutes * MINUTE).toISOString(), title: "" };
  },
  async send(kind, payload) {
    // One id and one moment per tap: a second try after a lost reply is the same act, and a late one is refused as stale.
    const body = JSON.stringify({ op_id: newId(), kind, occurred_at: new Date(this.now()).toISOString(), payload });
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const answer = await ask(`${this.api}/operations`, { method: "POST", headers: { "Content-Type": "application/json", "Accept-Language": this.lang }, body }).catch(() => null);
      if (answer?.status === 401 || answer?.status === 403) { if (!(await this.pairAgain())) return null; }
      else if (answer?.body?.status) return answer.body;
      else if (this.stale !== null) break;
    }
    return null;
  },
  /** In the sample office several doors may stand in one browser, which holds one door's key: ask for ours again. Elsewhere the key is gone. */
  async pairAgain() {
    if (!this.sample) { location.reload(); return false; }
    await fetch(`/pair?as=door&room=${this.room}&next=/healthz`, { cache: "no-store" }).catch(() => null);
    return true;
  },
  async act(act) {
    const outcome = await this.send(act.kind, this.payload(act));
    if (!outcome) return this.open({ name: "refused", title: this.say("door.not_reached"), rooms: [] });
    if (outcome.status !== "accepted") return this.showRefusal(act, outcome);
    await this.refresh();
    const until = outcome.result?.ends_at && this.clockTime(ms(outcome.result.ends_at));
    const told = this.told(act, outcome.result);
    if (told) this.open({ name: "told", ...told }, TOLD_FOR);
    else if (act.kind === "booking.create") this.open({ name: "booked", title: this.say("door.booked.title", { until }), booking: outcome.result.id }, UNDO_FOR);
    else this.leave();
  },
  /** What a door says after something that is not a booking: a question, a call, a report. */
  told(act, result) {
    const who = act.who || this.say("door.ask.someone");
    if (act.kind === "booking.ask_extension") return { title: this.say("door.asked.title", { by: this.clockTime(ms(result.answer_by)) }), line: this.say("door.asked.line", { who }) };
    if (act.kind === "room.call_help") return { title: this.say("door.help.called"), line: this.say("door.help.line") };
    if (act.kind === "room.report_fault") return { title: this.say("door.fault.done", { item: act.label }), line: this.say("door.fault.line") };
    return null;
  },
  helpTiles() {
    const calls = ["water", "device", "temperature", "seats", "other"].map((what) => ({ key: `help-${what}`, label: this.say(`roomcare.help.${what}`), kind: "room.call_help", what }));
    return [...calls, { key: "fault", label: this.say("door.help.fault"), sub: this.say("door.help.fault.sub"), task: "fault" }];
  },
  faultTiles() {
    const here = new Set(this.day.equipment), always = ["light", "air", "power", "network", "furniture", "dirty", "other"];
    const items = ["projector", "screen", "video", "microphone", "phone", "whiteboard"].filter((item) => here.has(item)).slice(0, 5).concat(always);
    return items.map((what) => ({ key: `fault-${what}`, label: this.say(`roomcare.item.${what}`), kind: "room.report_fault", what }));
  },
  clockTime(moment) { return voice(this.day, this.texts[this.lang], this.lang, this.small).time(moment); },
  async undo() {
    if (this.pressed !== null) return;
    const booking = this.task.booking;
    this.pressed = "undo";
    const outcome = await this.send("booking.cancel", { booking_id: booking });
    this.pressed = null;
    if (outcome?.status === "accepted") { await this.refresh(); this.leave(); }
    else this.open({ name: "refused", title: outcome ? outcome.message : this.say("door.not_reached"), rooms: [] });
    this.tick();
  },
  roomRows(rooms) {
    const v = voice(this.day, this.texts[this.lang], this.lang, this.small), now = this.now();
    return rooms.map((room) => ({
      id: room.id, name: v.name(room, "name"), until: v.say("door.rooms.until", { until: v.when(ms(room.free_until), now) }),
      about: [room.capacity ? v.say("door.rooms.seats", { n: room.capacity }) : "", v.name(room, "where")].filter(Boolean).join(this.lang === "en" ? ", " : "，"),
    })).slice(0, this.small ? 2 : 4);
  },
  /** Other rooms, on the floor's plan where somebody drew it, else as a list. A door books its own room only; a phone books the others. */
  async showRooms() {
    const [answer, drawn] = await Promise.all([
      ask(`${this.api}/rooms/${this.room}/nearby`).catch(() => null), ask(`${this.api}/rooms/${this.room}/plan`).catch(() => null),
    ]);
    if (answer?.status !== 200) return this.open({ name: "refused", title: this.say("door.not_reached"), rooms: [] });
    const { items, total } = answer.body, rooms = this.roomRows(items);
    const key = !total ? "door.rooms.none" : total > rooms.length ? "door.rooms.near" : "door.rooms.title";
    this.free = total;
    const floor = drawn?.status === 200 ? drawn.body.floor : null;
    const v = voice(this.day, this.texts[this.lang], this.lang, this.small);
    const whole = floor ? planOf(floor, this.room, v, this.now(), this.small) : null;
    const plan = whole?.rooms.some((room) => room.state === "free") || !rooms.length ? whole : null; // none free on this floor: the list names those of the others
    const acts = plan ? [{ key: "list", label: this.say("door.plan.list"), task: "list" }] : [];
    return this.open({ name: "rooms", title: this.say(key, { n: plan ? total : rooms.length }), rooms, plan, planActs: acts }, plan ? 2 * TASK_ENDS_AFTER : TASK_ENDS_AFTER);
  },
  showRefusal(act, outcome) {
    const facts = outcome.facts || {}, rooms = facts.alternatives || [], rows = this.roomRows(rooms);
    let title = outcome.message || outcome.code;
    if (outcome.code === "booking.clash" && act.kind === "booking.create") title = rows.length ? this.say("door.taken.other", { room: rows[0].name }) : this.say("door.taken");
    if (outcome.code === "booking.clash" && act.kind === "booking.extend" && facts.from) title = this.say("door.extend.no", { until: this.clockTime(ms(facts.from)) });
    const task = { name: "refused", title, rooms: rows };
    if (facts.free_until) { // released a moment ago and nobody else took it: one tap takes it back
      const v = voice(this.day, this.texts[this.lang], this.lang, this.small);
      task.title = `${title}${this.lang === "en" ? " " : ""}${this.say("door.again")}`;
      task.acts = [{ ...toAct(v, this.now(), ms(facts.free_until), true), key: "again" }];
    }
    this.refresh();
    this.open(task);
  },
};
