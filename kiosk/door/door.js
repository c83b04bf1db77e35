// A room's door, drawn by the browser (house.md §4, look.md §3, §7, §9).
//
// The server sends the day as data: slots, and phases that say which state holds from when to when. The door keeps its own clock
// (the server's time at the last word + performance.now()), picks the phase, and so counts on without the server. It never decides
// policy: what is soon, who must check in and how long a booking may last are facts of the view. Without a word from the server for
// ten seconds it turns grey and offers nothing; an unknown room is never green.

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const BEAT_LOST_AFTER = 10 * SECOND; // two beats of five seconds missed
const STALE_LOST_AFTER = 2 * SECOND; // the link broke, and no new view has come since
const TASK_ENDS_AFTER = 20 * SECOND;
const UNDO_FOR = 5 * SECOND;
const BRIGHT_FOR = 30 * SECOND;
const TAP_TIMEOUT = 4 * SECOND;

const ms = (moment) => (typeof moment === "string" ? Date.parse(moment) : moment ?? null);

// ── words ──

export function speak(texts, small, key, facts = {}) {
  let text = (small && texts[`${key}.small`]) || texts[key];
  if (text === undefined) return key;
  if (Array.isArray(text)) text = text[facts.n === 1 || text.length === 1 ? 0 : 1];
  return text.replace(/\{(\w+)\}/g, (hole, name) => (facts[name] ?? hole));
}

function local(moment, zone) {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric",
  });
  const parts = Object.fromEntries(format.formatToParts(moment).map((part) => [part.type, part.value]));
  return { day: `${parts.year}-${parts.month}-${parts.day}`, month: +parts.month, date: +parts.day, hour: +parts.hour, minute: +parts.minute, second: +parts.second };
}

const two = (number) => String(number).padStart(2, "0");

/** Everything a person reads, for one language, size and zone. */
function voice(view, texts, lang, small) {
  const say = (key, facts) => speak(texts, small, key, facts);
  const time = (moment) => { const at = local(moment, view.zone); return `${at.hour}:${two(at.minute)}`; };
  const exact = (moment) => { const at = local(moment, view.zone); return `${at.hour}:${two(at.minute)}:${two(at.second)}`; };
  const length = (span) => {
    const minutes = Math.max(0, Math.ceil(span / MINUTE));
    const hours = Math.floor(minutes / 60);
    if (!hours) return say("door.minutes", { n: minutes });
    return minutes % 60 ? say("door.hours_minutes", { h: hours, m: minutes % 60 }) : say("door.hours", { n: hours });
  };
  const countdown = (span) => {
    const seconds = Math.max(0, Math.ceil(span / SECOND));
    return seconds < 60 ? say("door.seconds", { n: seconds }) : say("door.minutes_seconds", { m: Math.floor(seconds / 60), s: seconds % 60 });
  };
  const name = (thing, field) => (lang === "en" && thing[`${field}_en`]) || thing[field] || "";
  const day = (moment) => {
    const at = local(moment, view.zone);
    const weekday = new Intl.DateTimeFormat(lang, { timeZone: view.zone, weekday: lang === "en" ? "short" : "long" }).format(moment);
    const month = lang === "en" ? new Intl.DateTimeFormat("en-GB", { timeZone: view.zone, month: "long" }).format(moment) : at.month;
    return say("door.day", { month, day: at.date, weekday });
  };
  const when = (moment, now) => { // 8:30, tomorrow 8:30, 3 December 8:30
    const at = local(moment, view.zone);
    if (at.day === local(now, view.zone).day) return time(moment);
    if (at.day === local(now + 24 * 60 * MINUTE, view.zone).day) return say("door.tomorrow", { time: time(moment) });
    const month = lang === "en" ? new Intl.DateTimeFormat("en-GB", { timeZone: view.zone, month: "long" }).format(moment) : at.month;
    return say("door.on_day", { month, day: at.date, time: time(moment) });
  };
  return { say, time, exact, length, countdown, name, day, when };
}

// ── what holds now ──

/** The phase that holds at `now`, or null when the view says nothing about that moment: then nobody knows. */
export function phaseAt(view, now) {
  return view.phases.find((phase) => ms(phase.starts_at) <= now && now < ms(phase.ends_at)) || null;
}

/** All a door shows at `now`, as plain values. `lost` is the moment of the last word from the server, or null. */
export function faceAt(view, now, { texts, lang, small = false, lost = null, bright = false, free = null }) {
  const v = voice(view, texts, lang, small);
  const phase = phaseAt(view, now);
  const state = lost !== null || !phase ? "lost" : phase.state;
  const night = !bright && view.nights.some(([from, until]) => ms(from) <= now && now < ms(until));
  const face = {
    state, night, small, word: v.say(`door.word.${state}`), room: v.name(view, "name"), time: v.time(now), about: "", date: v.day(now),
    part: 0, say: "", next: "", acts: [], line: dayLine(view, now, v, small), until: "", wait: "",
  };
  const about = view.equipment.map((code) => v.say(`room.equipment.${code}`));
  if (view.capacity) about.unshift(v.say("door.rooms.seats", { n: view.capacity }));
  face.about = about.join(lang === "en" ? ", " : v.say("door.joint"));
  const slot = phase && phase.slot !== null ? view.slots[phase.slot] : null;
  ({ free: showFree, soon: showSoon, held: showHeld, busy: showBusy, shut: showShut, lost: showLost })[state](face, { view, now, v, phase, slot, lost, free, lang, small });
  face.acts = face.acts.slice(0, small ? 3 : 5);
  if (night && !small && !face.next && state !== "lost") face.next = v.say("door.bright");
  return face;
}

const who = (v, slot) => v.name(slot, "who");

function nextLine(v, slot) {
  const facts = { start: v.time(ms(slot.starts_at)), who: who(v, slot), title: slot.title, length: v.length(ms(slot.ends_at) - ms(slot.starts_at)) };
  return v.say(slot.title ? "door.next.titled" : facts.who ? "door.next" : "door.next.someone", facts);
}

const following = (view, moment) => view.slots.find((slot) => ms(slot.starts_at) >= moment) || null;

function roomsAct(v, free, main, small) {
  return { key: "rooms", label: v.say("door.act.rooms"), sub: free === null ? "" : free ? v.say("door.act.rooms.sub", { n: free }) : v.say("door.act.rooms.none"), main, task: "rooms" };
}

function bookAct(v, now, minutes, main) {
  const end = Math.floor(now / MINUTE) * MINUTE + minutes * MINUTE;
  return { key: `book-${minutes}`, label: v.say("door.act.minutes", { n: minutes }), sub: v.say("door.act.until", { until: v.time(end) }), main, kind: "booking.create", minutes };
}

function toAct(v, now, until, main) {
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
  face.acts = small ? [...acts.slice(0, 2), others] : [...acts, ...(left > 30 ? [more] : []), others];
}

function showSoon(face, { now, v, phase, slot, free, small }) {
  const until = ms(phase.until);
  face.part = Math.max(0, Math.min(1, (until - now) / (10 * MINUTE)));
  face.until = v.time(until);
  face.say = v.say("door.soon.say", { left: v.length(until - now), until: v.time(until) });
  if (!small) face.next = nextLine(v, slot);
  face.acts = [toAct(v, now, until, true)];
  if (slot.check_in_from && ms(slot.check_in_from) <= now) {
    const start = v.time(ms(slot.starts_at));
    face.acts.push({ key: "check-in", label: v.say("door.act.check_in_early", { start }), sub: v.say("door.act.check_in_early.sub"), kind: "booking.check_in", booking: slot.id });
  }
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
    roomsAct(v, free, false, small),
  ];
}

function showBusy(face, { view, now, v, phase, slot, free, lang, small }) {
  const until = ms(phase.until), limit = ms(phase.limit);
  face.until = v.time(until);
  face.say = v.say("door.busy.say", { until: v.time(until), left: v.length(until - now) });
  if (!small) {
    const next = following(view, until);
    const parts = [slot.title ? v.say("door.busy.title", { title: slot.title }) : slot.walk_up ? v.say("door.busy.walk_up") : who(v, slot) ? v.say("door.busy.who", { who: who(v, slot) }) : ""];
    if (limit > until) parts.push(v.say("door.busy.free_then", { until: v.time(limit) }));
    else if (next && ms(next.starts_at) === until) parts.push(v.say(who(v, next) ? "door.busy.next_then" : "door.busy.next_someone", { start: v.time(until), who: who(v, next) }));
    face.next = parts.filter(Boolean).join(v.say("door.joint"));
  }
  const extend = [15, 30].filter((minutes) => until + minutes * MINUTE <= limit)
    .map((minutes) => ({ key: `extend-${minutes}`, label: v.say("door.act.extend", { n: minutes }), sub: v.say("door.act.until", { until: v.time(until + minutes * MINUTE) }), kind: "booking.extend", booking: slot.id, minutes }));
  const end = { key: "end", label: v.say("door.act.end"), sub: v.say("door.act.free.sub"), kind: "booking.end", booking: slot.id };
  face.acts = [...(small ? extend.slice(0, 1) : extend), end, roomsAct(v, free, true, small)];
}

function showShut(face, { view, now, v, phase, free, small }) {
  const until = phase.until ? v.when(ms(phase.until), now) : null;
  if (phase.hours) face.say = v.say("door.shut.hours", { until });
  else {
    const reason = phase.reason || v.say("door.shut.reason");
    face.say = until ? v.say("door.shut.say", { reason, until }) : v.say("door.shut.open_end", { reason });
  }
  face.until = until || "";
  if (!small) face.next = view.reception ? v.say("door.shut.call", { phone: view.reception }) : v.say("door.shut.ask");
  face.acts = [roomsAct(v, free, true, small)];
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

function dayLine(view, now, v, small) {
  const today = local(now, view.zone);
  const midnight = Math.floor(now / MINUTE) * MINUTE - (today.hour * 60 + today.minute) * MINUTE; // wall-clock midnight, good but on the day clocks change
  const from = midnight + view.opens_minute * MINUTE, to = midnight + view.closes_minute * MINUTE;
  const place = (moment) => +(((moment - from) / (to - from)) * 100).toFixed(2);
  const slots = view.slots.filter((slot) => ms(slot.ends_at) > from && ms(slot.starts_at) < to).map((slot) => {
    const left = Math.max(0, place(ms(slot.starts_at)));
    return { id: slot.id, left, width: +(Math.min(100, place(ms(slot.ends_at))) - left).toFixed(2), past: ms(slot.ends_at) <= now };
  });
  const hours = [];
  const step = (small ? 3 : 2) * Math.max(1, Math.ceil((to - from) / (14 * 60 * MINUTE))) * 60 * MINUTE;
  for (let moment = from; moment < to - step / 2; moment += step) hours.push({ at: place(moment), text: v.time(moment) });
  hours.push({ at: 100, text: v.time(to) });
  return { slots, hours, now: now >= from && now <= to ? place(Math.floor(now / MINUTE) * MINUTE) : null };
}

// ── asking the server ──

export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // plain http on a LAN has no randomUUID
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** JSON from the server as this door, whoever else is signed in here; throws when it does not answer in time. */
async function ask(url, options = {}) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), TAP_TIMEOUT);
  try {
    const answer = await fetch(url, { ...options, headers: { "Foyer-Surface": "door", ...options.headers }, signal: stop.signal, cache: "no-store", credentials: "same-origin" });
    const body = await answer.json().catch(() => null);
    return { status: answer.status, body };
  } finally {
    clearTimeout(timer);
  }
}

// ── the element ──

const SHAPES = `
  <svg :class="cls" viewBox="0 0 200 200" aria-hidden="true">
    <circle v-if="state === 'free'" cx="100" cy="100" r="84" fill="none" stroke="currentColor" stroke-width="22"/>
    <template v-else-if="state === 'soon'">
      <circle cx="100" cy="100" r="84" fill="none" stroke="currentColor" stroke-width="22" opacity=".26"/>
      <circle cx="100" cy="100" r="84" fill="none" stroke="currentColor" stroke-width="22" pathLength="100" :stroke-dasharray="(part * 100) + ' 100'" transform="rotate(-90 100 100)"/>
      <path d="M100 100V56M100 100l30 17" stroke="currentColor" stroke-width="15" stroke-linecap="round"/>
    </template>
    <template v-else-if="state === 'held'">
      <circle cx="100" cy="100" r="84" fill="none" stroke="currentColor" stroke-width="22" stroke-dasharray="33 19.78"/>
      <circle cx="100" cy="84" r="21" fill="currentColor"/><path d="M60 140c4-24 20-33 40-33s36 9 40 33z" fill="currentColor"/>
    </template>
    <template v-else-if="state === 'busy'">
      <circle cx="100" cy="100" r="95" fill="currentColor"/><rect x="42" y="84" width="116" height="32" rx="6" fill="var(--ground)"/>
    </template>
    <template v-else-if="state === 'shut'">
      <rect x="18" y="18" width="164" height="164" rx="18" fill="none" stroke="currentColor" stroke-width="22"/>
      <path d="m66 66 68 68M134 66l-68 68" stroke="currentColor" stroke-width="20" stroke-linecap="round"/>
    </template>
    <template v-else>
      <path d="M100 20 188 176H12z" fill="none" stroke="currentColor" stroke-width="18" stroke-linejoin="round" stroke-dasharray="40 20"/>
      <path d="M100 82v44" stroke="currentColor" stroke-width="18" stroke-linecap="round"/><circle cx="100" cy="150" r="11" fill="currentColor"/>
    </template>
  </svg>`;

const ECHO = `
  <svg class="door__echo" viewBox="0 0 200 200" aria-hidden="true">
    <circle v-if="face.state === 'busy'" cx="100" cy="100" r="98" fill="currentColor"/>
    <circle v-else-if="['free', 'soon', 'held'].includes(face.state)" cx="100" cy="100" r="90" fill="none" stroke="currentColor" stroke-width="16"
      :stroke-dasharray="face.state === 'held' ? '35.3 21.2' : null"/>
  </svg>`;

const LANGUAGES_BAR = `
  <div class="door__langs" role="group" :aria-label="say('door.language')">
    <button v-for="(label, code) in languages" :key="code" type="button" class="door__lang" :class="{ 'door__lang--on': code === lang }"
      :lang="code" :aria-pressed="code === lang" @click="choose(code)">{{ label }}</button>
  </div>`;

const ACT = `
  <button v-for="act in acts" :key="act.key" type="button" class="button" :class="{ 'button--main': act.main, 'button--pressed': pressed === act.key }"
    :aria-disabled="pressed !== null" :data-act="act.key" @click="press(act)">
    <span class="door__label"><i v-if="pressed === act.key && act.kind" class="spin" aria-hidden="true"></i>{{ pressed === act.key && act.kind ? say('door.doing') : act.label }}</span>
    <span v-if="act.sub" class="button__sub">{{ act.sub }}</span>
  </button>`;

const TEMPLATE = `
  <div v-if="face && !task" class="screen door" :class="['door--' + face.state, { 'door--small': small, 'door--night': face.night }]" :lang="lang" :data-state="face.state"
    :data-version="version" @pointerdown="touched">
    ${ECHO}
    <header class="door__head">
      <div class="door__who"><div class="door__room">{{ face.room }}</div><div v-if="!small" class="door__about">{{ face.about }}</div></div>
      ${LANGUAGES_BAR}
      <div class="door__clock"><div class="door__time">{{ face.time }}</div><div v-if="!small" class="door__about">{{ face.date }}</div></div>
    </header>
    <section class="door__main" role="status">
      <div class="door__state"><Shape cls="door__shape" :state="face.state" :part="face.part"/><div class="door__word">{{ face.word }}</div></div>
      <p class="door__say">{{ face.say }}</p>
      <p v-if="face.next" class="door__next">{{ face.next }}</p>
    </section>
    <div class="day" aria-hidden="true">
      <div class="day__track"><i v-for="slot in face.line.slots" :key="slot.id" class="day__slot" :class="{ 'day__slot--past': slot.past }" :style="{ left: slot.left + '%', width: slot.width + '%' }"></i></div>
      <div class="day__hours"><span v-for="hour in face.line.hours" :key="hour.text" :style="{ left: hour.at + '%' }">{{ hour.text }}</span></div>
      <i v-if="face.line.now !== null" class="day__now" :style="{ left: face.line.now + '%' }"></i>
    </div>
    <nav class="door__acts" :key="lang">
      <p v-if="face.wait" class="door__wait"><svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="M8 18.5H7a4.3 4.3 0 0 1-1.4-8.4M9.2 6.4A6 6 0 0 1 18 10.6a4 4 0 0 1 1.9 7M3.5 3.5l17 17"/></svg><span>{{ face.wait }}</span></p>
      <template v-else>${ACT.replace("in acts", "in face.acts")}</template>
    </nav>
  </div>
  <div v-else-if="face" class="screen door door--task" :class="['door--on-' + face.state, { 'door--small': small }]" :lang="lang" :data-state="face.state" :data-task="task.name" @pointerdown="touched">
    <header class="door__band">
      <Shape cls="door__shape" :state="face.state" :part="face.part"/><strong>{{ face.word }}</strong>
      <span class="door__where">{{ face.until ? say('door.band', { room: face.room, until: face.until }) : face.room }}</span><span class="door__bandtime push">{{ face.time }}</span>
    </header>
    <section v-if="task.name === 'booked'" class="done" role="status">
      <svg class="done__mark" viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="10.5"/><path d="m7.2 12.4 3.2 3.2 6.4-7"/></svg>
      <div><h2>{{ task.title }}</h2><p>{{ say('door.booked.line') }}</p></div>
    </section>
    <section v-else class="rooms">
      <h2>{{ task.title }}</h2>
      <template v-if="task.name === 'times'">
        <button v-for="choice in task.choices" :key="choice.key" type="button" class="room room--act" :class="{ 'button--pressed': pressed === choice.key }" :data-act="choice.key" @click="press(choice)">
          <svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="8"/></svg>
          <span><b>{{ choice.label }}</b></span><em>{{ choice.sub }}</em></button>
      </template>
      <div v-else v-for="room in task.rooms" :key="room.id" class="room">
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="8"/></svg>
        <span><b>{{ room.name }}</b><small>{{ room.about }}</small></span><em>{{ room.until }}</em></div>
    </section>
    <nav class="door__acts">
      <button v-if="task.name === 'booked'" type="button" class="button" :class="{ 'button--pressed': pressed === 'undo' }" data-act="undo" @click="undo"><span class="door__label">{{ say('door.undo') }}</span><span class="button__sub">{{ say('door.undo.left', { n: left }) }}</span></button>
      <button v-else type="button" class="button" data-act="back" @click="leave"><svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="m15 5-7 7 7 7"/></svg>{{ say('door.back') }}</button>
      <template v-if="task.acts">${ACT.replace("in acts", "in task.acts")}</template>
      <span v-if="task.name !== 'booked'" class="second push door__auto">{{ say('door.back.auto', { n: left }) }}</span>
    </nav>
  </div>
  <div v-else class="screen door door--lost" :lang="lang" data-state="lost"><section class="door__main"><p class="door__say">{{ say('door.starting') }}</p></section></div>`;

export default {
  props: { room: String, view: Object, texts: Object, language: String, languages: Object, api: String, sample: Boolean },
  components: { Shape: { props: ["cls", "state", "part"], template: SHAPES } },
  template: TEMPLATE,
  data() {
    return { lang: this.language, small: false, face: null, version: 0, task: null, pressed: null, left: 0 };
  },
  created() {
    // Not reactive on purpose: the clock must not redraw anything by itself.
    this.day = null;
    this.free = null;
    this.offset = 0; // server milliseconds minus performance.now()
    this.heard = null; // performance.now() at the server's last word
    this.stale = null; // performance.now() when the link broke, until a new view came
    this.drawn = "";
    this.touchedAt = -Infinity;
    this.taskEndsAt = 0;
    if (this.view) this.take(this.view, true);
  },
  mounted() {
    this.measure();
    window.addEventListener("resize", this.measure);
    window.addEventListener("contextmenu", this.still);
    this.timer = setInterval(this.tick, SECOND); // the page's only timer
    this.join();
    this.tick();
  },
  unmounted() {
    clearInterval(this.timer);
    clearTimeout(this.waiting);
    window.removeEventListener("resize", this.measure);
    window.removeEventListener("contextmenu", this.still);
    this.leaveLink?.();
  },
  methods: {
    say(key, facts) { return speak(this.texts[this.lang], this.small, key, facts); },
    still(event) { event.preventDefault(); },
    measure() { this.small = innerWidth < 1000 || innerHeight < 600; this.tick(); },
    now() { return performance.now() + this.offset; },
    /** The moment of the server's last word when it is too long ago to go by, or null. A link that came back counts only with a fresh view. */
    lostSince() {
      if (!this.day) return this.now();
      const at = performance.now();
      const gone = (this.stale !== null && at - this.stale > STALE_LOST_AFTER) || at - this.heard > BEAT_LOST_AFTER;
      return gone ? this.heard + this.offset : null;
    },

    // ── the clock: look once a second, redraw only what a person would see change ──
    tick() {
      if (!this.day) return;
      const at = performance.now();
      if (this.lang !== this.language && at - this.touchedAt > TASK_ENDS_AFTER) this.lang = this.language;
      const lost = this.lostSince();
      if (lost !== null) this.pressed = null;
      if (this.task) {
        this.left = Math.max(0, Math.ceil((this.taskEndsAt - at) / SECOND));
        if (lost !== null || at >= this.taskEndsAt) this.leave();
      }
      const face = faceAt(this.day, this.now(), { texts: this.texts[this.lang], lang: this.lang, small: this.small, lost, bright: at - this.touchedAt < BRIGHT_FOR, free: this.free });
      const drawn = JSON.stringify(face);
      if (drawn !== this.drawn) { this.drawn = drawn; this.face = face; }
      if (this.refetchAt && this.now() >= this.refetchAt && lost === null) { this.refetchAt = null; this.refresh(); }
    },
    take(view, first = false) {
      if (view.id !== this.room || (this.day && view.version < this.day.version)) return; // an older view overtaken by a newer one
      this.day = view;
      this.version = view.version;
      this.free = view.free_rooms;
      this.hear(view.at, first);
      // A view covers today and tomorrow; the new day's line is fetched a little after midnight, not by all doors at once.
      this.refetchAt = ms(view.day_ends_at) + Math.random() * MINUTE;
    },
    hear(now, set = false) {
      const at = performance.now();
      if (this.stale === null) this.heard = at; // a beat without a view says nothing of the room
      const offset = ms(now) - at;
      if (set || Math.abs(offset - this.offset) > 500) this.offset = offset;
    },

    // ── the server's word ──
    join() {
      const socket = window.socket;
      if (!socket) { this.waiting = setTimeout(this.join, 50); return; } // NiceGUI opens its socket after its children are mounted
      const on = { foyer_beat: this.beat, foyer_door: this.pushed, foyer_free: this.counted, connect: this.connected, disconnect: this.disconnected, connect_error: this.refusedLink };
      socket.off("connect_error"); // NiceGUI would reload an unattended page into the browser's own error page
      for (const [name, handler] of Object.entries(on)) socket.on(name, handler);
      this.leaveLink = () => { for (const [name, handler] of Object.entries(on)) socket.off(name, handler); };
      socket.io.timeout(4000);
      socket.io.reconnectionDelayMax(3000);
      if (socket.connected) this.connected();
    },
    beat(word) {
      const jumped = Math.abs(word.now - this.now()) > 5 * SECOND; // the office's clock was moved: another part of the day
      this.hear(word.now);
      if (this.stale !== null || jumped) this.refresh();
      this.tick();
    },
    counted(word) { this.free = word.free; this.tick(); },
    pushed(view) { this.take(view); this.tick(); },
    connected() { this.refresh(); },
    disconnected(reason) {
      const socket = window.socket;
      this.stale ??= performance.now();
      socket.sendBuffer.length = 0; // a tap made now must not run when the link is back
      if (reason === "io server disconnect") this.waiting = setTimeout(() => socket.connect(), 2 * SECOND);
    },
    async refusedLink(error) {
      const socket = window.socket;
      this.stale ??= performance.now();
      if (error.message === "timeout") socket.io.opts.transports = ["polling", "websocket"];
      if (error.message !== "Implicit handshake failed") return; // socket.io tries again by itself
      const health = await ask("/healthz").catch(() => null);
      if (health?.status === 200 && health.body?.status === "ok") location.reload();
      else this.waiting = setTimeout(() => socket.connect(), 2 * SECOND);
    },
    async refresh() {
      if (this.refreshing) return;
      this.refreshing = true;
      const answer = await ask(`${this.api}/rooms/${this.room}/door`).catch(() => null);
      this.refreshing = false;
      if (answer?.status === 200 && answer.body?.id === this.room && answer.body.phases?.length) { // anything less says nothing of the room
        if (window.socket?.connected) this.stale = null;
        this.take(answer.body, true);
        this.tick();
      } else if (answer && [401, 403].includes(answer.status)) { if (await this.pairAgain()) this.again = setTimeout(this.refresh, SECOND); } // no longer this room's screen
      else { clearTimeout(this.again); this.again = setTimeout(() => { if (window.socket?.connected) this.refresh(); }, 3 * SECOND); }
    },

    // ── hands ──
    touched() {
      this.touchedAt = performance.now();
      if (this.task && this.task.name !== "booked") this.taskEndsAt = this.touchedAt + TASK_ENDS_AFTER;
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
      const list = [15, 30, 45, 60, 90, 120, 180].filter((minutes) => minutes < left).slice(this.small ? -5 : -7).map((minutes) => {
        const act = bookAct(v, now, minutes, false);
        return { ...act, label: act.sub, sub: v.length(minutes * MINUTE) };
      });
      if ((until - now) / MINUTE <= this.day.longest_minutes) { const act = toAct(v, now, until, false); list.push({ ...act, label: v.say("door.act.until", { until: v.time(until) }) }); }
      return list;
    },
    payload(act) {
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
      if (act.kind === "booking.create") this.open({ name: "booked", title: this.say("door.booked.title", { until }), booking: outcome.result.id }, UNDO_FOR);
      else this.leave();
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
    async showRooms() {
      const answer = await ask(`${this.api}/rooms/${this.room}/nearby`).catch(() => null);
      if (answer?.status !== 200) return this.open({ name: "refused", title: this.say("door.not_reached"), rooms: [] });
      const { items, total } = answer.body, rooms = this.roomRows(items);
      const key = !total ? "door.rooms.none" : total > rooms.length ? "door.rooms.near" : "door.rooms.title";
      this.free = total;
      this.open({ name: "rooms", title: this.say(key, { n: rooms.length }), rooms });
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
  },
};
