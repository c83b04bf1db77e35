// A room's door, drawn by the browser (house.md §4, look.md §3, §7, §9).
//
// The server sends the day as data: slots, and phases that say which state holds from when to when. The door keeps its own clock
// (the server's time at the last word + performance.now()), picks the phase, and so counts on without the server. It never decides
// policy: what is soon, who must check in and how long a booking may last are facts of the view. Without a word from the server for
// ten seconds it turns grey and offers nothing; an unknown room is never green.
//
// The parts stand beside it: words, face (what holds now), shapes, template, server (asking).

import { bookAct, faceAt, phaseAt, toAct } from "foyer-door/face.js";
import { ask, newId } from "foyer-door/server.js";
import { SHAPES } from "foyer-door/shapes.js";
import { TEMPLATE } from "foyer-door/template.js";
import { MINUTE, SECOND, ms, speak, voice } from "foyer-door/words.js";

const BEAT_LOST_AFTER = 10 * SECOND; // two beats of five seconds missed
const STALE_LOST_AFTER = 2 * SECOND; // the link broke, and no new view has come since
const TASK_ENDS_AFTER = 20 * SECOND;
const UNDO_FOR = 5 * SECOND;
const BRIGHT_FOR = 30 * SECOND;

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
