// What a door shows at a moment: the phase that holds, as plain values. Pure functions of the view and the clock; no policy stands here.

import { MINUTE, local, ms, voice } from "foyer-door/words.js";

const HOUR = 60 * MINUTE;
const LONGEST_LINE = 14 * HOUR; // a longer day line would make a half-hour meeting too thin to be seen

/** The phase that holds at `now`, or null when the view says nothing about that moment: then nobody knows. */
export function phaseAt(view, now) {
  return view.phases.find((phase) => ms(phase.starts_at) <= now && now < ms(phase.ends_at)) || null;
}

/** All a door shows at `now`, as plain values. `lost` is the moment of the last word from the server, or null. */
export function faceAt(view, now, { texts, lang, small = false, lost = null, bright = false, dark = false, free = null, code = null }) {
  const v = voice(view, texts, lang, small);
  const phase = phaseAt(view, now);
  const state = lost !== null || !phase ? "lost" : phase.state;
  const night = !bright && (dark || view.nights.some(([from, until]) => ms(from) <= now && now < ms(until)));
  const face = {
    state, night, small, word: v.say(`door.word.${state}`), room: v.name(view, "name"), time: v.time(now), about: "", date: v.day(now),
    part: 0, say: "", next: "", acts: [], line: dayLine(view, now, v, small), until: "", wait: "", marks: [], help: false, code: null,
  };
  const about = view.equipment.map((code) => v.say(`room.equipment.${code}`));
  if (view.capacity) about.unshift(v.say("door.rooms.seats", { n: view.capacity }));
  face.about = about.join(lang === "en" ? ", " : v.say("door.joint"));
  const slot = phase && phase.slot !== null ? view.slots[phase.slot] : null;
  ({ free: showFree, soon: showSoon, held: showHeld, busy: showBusy, shut: showShut, lost: showLost })[state](face, { view, now, v, phase, slot, lost, free, lang, small });
  face.acts = face.acts.slice(0, small ? 3 : 5);
  if (state === "shut" && phase.restoring) face.word = v.say("door.word.restoring");
  if (state !== "lost") {
    face.marks = marksOf(view, now, v, state, slot, small).slice(0, small ? 1 : 2);
    face.help = !face.acts.some((act) => act.task === "help");
    face.code = state === "shut" ? null : code;
  }
  if (night && !small && !face.next && state !== "lost") face.next = v.say("door.bright");
  return face;
}

const who = (v, slot) => v.name(slot, "who");

function nextLine(v, slot) {
  const facts = { start: v.time(ms(slot.starts_at)), who: who(v, slot), title: slot.title, length: v.length(ms(slot.ends_at) - ms(slot.starts_at)) };
  return v.say(slot.title ? "door.next.titled" : facts.who ? "door.next" : "door.next.someone", facts);
}

/** What is told beside the state: who comes to help, what does not work, whether the room is ready. */
function marksOf(view, now, v, state, slot, small) {
  const time = (moment) => (!moment ? "" : ms(moment) > now ? v.when(ms(moment), now) : v.time(ms(moment))); // what is to come may be tomorrow's
  const order = ["help", "note", "preparing", "restoring", "fault", "ready"];
  const found = (view.marks || []).filter((mark) => mark.kind !== "restoring" || state !== "shut").map((mark) => {
    const facts = { what: mark.key ? v.say(mark.key) : "", since: time(mark.since), until: time(mark.until), who: mark.who, at: time(mark.answered_at) };
    if (mark.kind === "help" && mark.answered_at) return { kind: "help", text: v.say("door.mark.help.answered", { ...facts, after: v.after(ms(mark.answered_at) - ms(mark.since)) }) };
    if ((mark.kind === "preparing" || mark.kind === "restoring") && !mark.until) return { kind: mark.kind, text: v.say(`door.mark.${mark.kind}.open`) };
    return { kind: mark.kind, text: v.say(`door.mark.${mark.kind}`, facts) };
  });
  const before = state === "held" && view.slots.find((one) => one.id !== slot.id && ms(one.ends_at) === ms(slot.starts_at) && one.checked_in);
  if (before && now - ms(slot.starts_at) < 10 * MINUTE) found.push({ kind: "note", text: v.say("door.held.overrun") });
  return found.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind)).filter((mark, index) => !small || index === 0);
}

const helpAct = (v) => ({ key: "help", label: v.say("door.act.help"), sub: v.say("door.act.help.sub"), task: "help" });

/** The next host's answer, or that it is awaited. */
function askLine(view, now, v, slot) {
  const ask = view.ask;
  if (!ask || ask.booking_id !== slot.id) return "";
  const waiting = ask.state === "waiting", over = waiting && now >= ms(ask.answer_by);
  const facts = { who: ask.who || v.say("door.ask.someone"), until: v.time(ms(waiting || ask.state === "yes" ? ask.ends_at : slot.ends_at)), by: v.time(ms(ask.answer_by)) };
  if (over) return v.say("door.ask.late", { ...facts, until: v.time(ms(slot.ends_at)) });
  if (!waiting && now - ms(ask.answered_at) > 5 * MINUTE) return "";
  return v.say(`door.ask.${ask.state}`, facts);
}

const following = (view, moment) => view.slots.find((slot) => ms(slot.starts_at) >= moment) || null;

function roomsAct(v, free, main, small) {
  return { key: "rooms", label: v.say("door.act.rooms"), sub: free === null ? "" : free ? v.say("door.act.rooms.sub", { n: free }) : v.say("door.act.rooms.none"), main, task: "rooms" };
}

export function bookAct(v, now, minutes, main) {
  const end = Math.floor(now / MINUTE) * MINUTE + minutes * MINUTE;
  return { key: `book-${minutes}`, label: v.say("door.act.minutes", { n: minutes }), sub: v.say("door.act.until", { until: v.time(end) }), main, kind: "booking.create", minutes };
}

export function toAct(v, now, until, main) {
  return { key: "book-to", label: v.say("door.act.to", { until: v.time(until) }), sub: v.length(until - now), main, kind: "booking.create", until };
}

function showFree(face, { view, now, v, phase, free, small }) {
  const until = ms(phase.until), left = (until - now) / MINUTE;
  face.until = v.time(until);
  face.say = v.say("door.free.say", { until: v.when(until, now) });
  const next = following(view, now);
  const sameDay = next && local(ms(next.starts_at), view.zone).day === local(now, view.zone).day;
  if (!small) face.next = sameDay ? nextLine(v, next) : face.night ? v.say("door.bright") : v.say("door.next.nothing");
  const lengths = [30, 15].filter((minutes) => minutes <= left);
  const acts = lengths.map((minutes, index) => bookAct(v, now, minutes, index === 0));
  if (left <= 120) acts.push(toAct(v, now, until, !acts.length));
  else acts.push(bookAct(v, now, 60, false));
  const more = { key: "more", label: v.say("door.act.more"), sub: v.say("door.act.more.sub", { length: v.length(Math.min(left, view.longest_minutes) * MINUTE) }), task: "times" };
  const others = roomsAct(v, free, false, small);
  face.acts = small ? [...acts.slice(0, 2), others] : [...acts, ...(left > 30 ? [more] : [helpAct(v)]), others];
}

function showSoon(face, { now, v, phase, slot, free, small }) {
  const until = ms(phase.until);
  face.part = Math.max(0, Math.min(1, (until - now) / (10 * MINUTE)));
  face.until = v.time(until);
  face.say = v.say("door.soon.say", { left: v.length(until - now), until: v.time(until) });
  if (!small) face.next = nextLine(v, slot);
  face.acts = phase.restoring ? [] : [toAct(v, now, until, true)];
  if (slot.check_in_from && ms(slot.check_in_from) <= now) {
    const start = v.time(ms(slot.starts_at));
    face.acts.push({ key: "check-in", label: v.say("door.act.check_in_early", { start }), sub: v.say("door.act.check_in_early.sub"), kind: "booking.check_in", booking: slot.id });
  }
  if (!small) face.acts.push(helpAct(v));
  face.acts.push(roomsAct(v, free, false, small));
}

function showHeld(face, { now, v, slot, free, small }) {
  const by = ms(slot.check_in_by);
  const facts = { who: who(v, slot), start: v.time(ms(slot.starts_at)), end: v.time(ms(slot.ends_at)), by: v.time(by) };
  face.until = facts.by;
  face.say = v.say(facts.who ? "door.held.say" : "door.held.someone", facts);
  face.next = now < by ? (small ? "" : v.say("door.held.left", { left: v.countdown(by - now) })) : v.say("door.held.over");
  face.acts = [
    { key: "check-in", label: v.say("door.act.check_in"), sub: v.say("door.act.check_in.sub", facts), main: true, kind: "booking.check_in", booking: slot.id },
    { key: "cancel", label: v.say("door.act.cancel"), sub: v.say("door.act.free.sub"), kind: "booking.cancel", booking: slot.id },
    ...(small ? [] : [helpAct(v)]),
    roomsAct(v, free, false, small),
  ];
}

function showBusy(face, { view, now, v, phase, slot, free, small }) {
  const until = ms(phase.until), limit = ms(phase.limit), next = following(view, until);
  face.until = v.time(until);
  face.say = v.say("door.busy.say", { until: v.time(until), left: v.length(until - now) });
  if (!small) {
    const parts = [slot.title ? v.say("door.busy.title", { title: slot.title }) : slot.walk_up ? v.say("door.busy.walk_up") : who(v, slot) ? v.say("door.busy.who", { who: who(v, slot) }) : ""];
    if (limit > until) parts.push(v.say("door.busy.free_then", { until: v.when(limit, now) }));
    else if (next && ms(next.starts_at) === until) parts.push(v.say(who(v, next) ? "door.busy.next_then" : "door.busy.next_someone", { start: v.time(until), who: who(v, next) }));
    face.next = parts.filter(Boolean).join(v.say("door.joint"));
  }
  const asked = askLine(view, now, v, slot), ending = until - now <= 5 * MINUTE;
  if (asked && small) face.say = asked;
  else if (asked) face.next = asked;
  else if (ending && small) face.say = v.say("door.busy.ending", { left: v.length(until - now) });
  else if (ending) face.next = v.say("door.busy.ending", { left: v.length(until - now) });
  const asking = next ? who(v, next) : "", waits = view.ask?.booking_id === slot.id && view.ask.state === "waiting";
  const extend = [15, 30].filter((minutes) => until + minutes * MINUTE <= limit || (phase.ask_until && !waits && until + minutes * MINUTE <= ms(phase.ask_until)))
    .map((minutes) => (until + minutes * MINUTE > limit
      ? { key: `ask-${minutes}`, label: v.say("door.act.extend", { n: minutes }), sub: v.say(asking ? "door.act.ask.sub" : "door.act.ask.someone", { who: asking }), kind: "booking.ask_extension", booking: slot.id, minutes, who: asking }
      : { key: `extend-${minutes}`, label: v.say("door.act.extend", { n: minutes }), sub: v.say("door.act.until", { until: v.time(until + minutes * MINUTE) }), kind: "booking.extend", booking: slot.id, minutes }));
  const end = { key: "end", label: v.say("door.act.end"), sub: v.say("door.act.free.sub"), kind: "booking.end", booking: slot.id };
  face.acts = [...(small ? extend.slice(0, 1) : extend), end, ...(small ? [] : [helpAct(v)]), roomsAct(v, free, true, small)];
}

function showShut(face, { view, now, v, phase, free, small }) {
  const until = phase.until ? v.when(ms(phase.until), now) : null;
  if (phase.restoring) face.say = v.say("door.restoring.say", { since: lastEnd(view, now, v) });
  else if (phase.hours) face.say = v.say("door.shut.hours", { until });
  else {
    const reason = phase.reason || v.say("door.shut.reason");
    face.say = until ? v.say("door.shut.say", { reason, until }) : v.say("door.shut.open_end", { reason });
  }
  face.until = until || "";
  if (phase.restoring && !small) face.next = restoringNext(view, now, v);
  else if (!small) face.next = view.reception ? v.say("door.shut.call", { phone: view.reception }) : v.say("door.shut.ask");
  face.acts = [roomsAct(v, free, true, small), ...(phase.restoring && !small ? [helpAct(v)] : [])];
}

function lastEnd(view, now, v) {
  const ended = view.slots.filter((slot) => ms(slot.ends_at) <= now).map((slot) => ms(slot.ends_at));
  return ended.length ? v.time(Math.max(...ended)) : "";
}

/** Who comes next is what people at a door want to know while it is being tidied. */
function restoringNext(view, now, v) {
  const next = following(view, now);
  return next && local(ms(next.starts_at), view.zone).day === local(now, view.zone).day ? nextLine(v, next) : "";
}

function showLost(face, { view, now, v, phase, lost }) {
  const heard = lost ?? ms(view.at);
  const since = v.time(heard);
  face.date = v.say("door.lost.updated", { time: v.exact(heard) });
  face.say = v.say("door.lost.say", { since });
  const running = phase && phase.state === "busy" ? ms(phase.until) : null;
  face.next = running ? v.say("door.lost.running", { since, until: v.time(running), left: v.length(running - now) }) : v.say("door.lost.plan", { since });
  if (view.reception && !face.small) face.next += (/[a-z.]$/i.test(face.next) ? " " : "") + v.say("door.lost.call", { phone: view.reception });
  face.wait = v.say("door.lost.wait");
}

/** The hours the day line shows: those the room is open. A room that is open far into the night shows the working day, and beyond it as far as today's bookings and the moment reach. */
function shownHours(view, midnight, now) {
  const opens = midnight + view.opens_minute * MINUTE, closes = midnight + view.closes_minute * MINUTE;
  if (closes - opens <= LONGEST_LINE) return { from: opens, to: closes };
  const touched = view.slots.filter((slot) => ms(slot.ends_at) > opens && ms(slot.starts_at) < closes);
  const first = Math.min(midnight + 8 * HOUR, now, ...touched.map((slot) => ms(slot.starts_at)));
  const last = Math.max(midnight + 20 * HOUR, now + 1, ...touched.map((slot) => ms(slot.ends_at)));
  const whole = (moment, round) => midnight + round((moment - midnight) / HOUR) * HOUR;
  return { from: Math.max(opens, whole(first, Math.floor)), to: Math.min(closes, whole(last, Math.ceil)) };
}

export function dayLine(view, now, v, small) {
  const today = local(now, view.zone);
  const midnight = Math.floor(now / MINUTE) * MINUTE - (today.hour * 60 + today.minute) * MINUTE; // wall-clock midnight, good but on the day clocks change
  const { from, to } = shownHours(view, midnight, now);
  const place = (moment) => +(((moment - from) / (to - from)) * 100).toFixed(2);
  const slots = view.slots.filter((slot) => ms(slot.ends_at) > from && ms(slot.starts_at) < to).map((slot) => {
    const left = Math.max(0, place(ms(slot.starts_at)));
    return { id: slot.id, left, width: +(Math.min(100, place(ms(slot.ends_at))) - left).toFixed(2), past: ms(slot.ends_at) <= now };
  });
  const hours = [];
  const step = (small ? 3 : 2) * Math.max(1, Math.ceil((to - from) / LONGEST_LINE)) * HOUR;
  for (let moment = from; moment < to - step / 2; moment += step) hours.push({ at: place(moment), text: v.time(moment) });
  hours.push({ at: 100, text: to - midnight === 24 * HOUR ? "24:00" : v.time(to) });
  return { slots, hours, now: now >= from && now <= to ? place(Math.floor(now / MINUTE) * MINUTE) : null };
}
