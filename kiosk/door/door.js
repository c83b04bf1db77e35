// A room's door, drawn by the browser (house.md §4, look.md §3, §7, §9).
//
// The server sends the day as data: slots, and phases that say which state holds from when to when. The door keeps its own clock
// (the server's time at the last word + performance.now()), picks the phase, and so counts on without the server. It never decides
// policy: what is soon, who must check in and how long a booking may last are facts of the view. Without a word from the server for
// ten seconds it turns grey and offers nothing; an unknown room is never green.
//
// The parts stand beside it: words, face (what holds now), shapes, plan, template, and the element's methods by ability: link, hands, codes
// (for phones), fleet (what this screen tells the desk of itself).

import { CODES } from "foyer-door/codes.js";
import { faceAt } from "foyer-door/face.js";
import { FLEET } from "foyer-door/fleet.js";
import { HANDS, TASK_ENDS_AFTER } from "foyer-door/hands.js";
import { LINK } from "foyer-door/link.js";
import { MARKS, SHAPES } from "foyer-door/shapes.js";
import { TEMPLATE } from "foyer-door/template.js";
import { MINUTE, SECOND, ms, speak } from "foyer-door/words.js";

const BEAT_LOST_AFTER = 10 * SECOND; // two beats of five seconds missed
const STALE_LOST_AFTER = 2 * SECOND; // the link broke, and no new view has come since
const BRIGHT_FOR = 30 * SECOND;
const NEWER_AT_MOST = 4 * MINUTE; // a new version is on every door within five (pitfall V26)
const DARK_LUX = 10;

export default {
  props: { room: String, view: Object, language: String, languages: Object, api: String, sample: Boolean },
  components: { Shape: { props: ["cls", "state", "part"], template: SHAPES } },
  template: TEMPLATE,
  data() {
    return { lang: this.language, small: false, face: null, version: 0, task: null, pressed: null, left: 0, MARKS };
  },
  created() {
    this.texts = window.foyerDoorTexts; // every sentence in three languages, from a script beside the page
    // Not reactive on purpose: the clock must not redraw anything by itself.
    this.day = null;
    this.free = null;
    this.offset = 0; // server milliseconds minus performance.now()
    this.heard = null; // performance.now() at the server's last word
    this.stale = null; // performance.now() when the link broke, until a new view came
    this.drawn = "";
    this.touchedAt = -Infinity;
    this.taskEndsAt = 0;
    this.newerAt = null; // when to change to a newer version that is there
    this.codes = [];
    this.codesAskedAt = -Infinity;
    this.tellAt = performance.now() + (2 + 8 * Math.random()) * SECOND;
    this.toldState = null;
    this.taps = 0;
    this.dark = false; // what a light sensor says, where there is one
    if (this.view) this.take(this.view, true);
  },
  mounted() {
    this.measure();
    window.addEventListener("resize", this.measure);
    window.addEventListener("contextmenu", this.still);
    this.timer = setInterval(this.tick, SECOND); // the page's only timer
    this.watchLight();
    this.join();
    this.tick();
  },
  unmounted() {
    clearInterval(this.timer);
    clearTimeout(this.waiting);
    clearTimeout(this.again);
    this.sensor?.stop();
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
      const face = faceAt(this.day, this.now(), { texts: this.texts[this.lang], lang: this.lang, small: this.small, lost, bright: at - this.touchedAt < BRIGHT_FOR, dark: this.dark, free: this.free, code: lost === null ? this.codeNow() : null });
      const drawn = JSON.stringify(face);
      if (drawn !== this.drawn) { this.drawn = drawn; this.face = face; }
      if (lost === null) this.tellWhenDue(at, face.state);
      this.changeVersion(at);
      if (this.refetchAt && this.now() >= this.refetchAt && lost === null) { this.refetchAt = null; this.refresh(); }
    },
    /** A newer version is taken when nobody stands here, never in the middle of a tap. */
    changeVersion(at) {
      if (this.newerAt === null || this.pressed !== null) return;
      const idle = this.task === null && at - this.touchedAt > TASK_ENDS_AFTER && at >= this.newerAt;
      if (!idle && at < this.newerAt + NEWER_AT_MOST - MINUTE) return;
      this.newerAt = at + 10 * SECOND; // asked again if the server does not answer
      this.reloadSafely();
    },
    /** Dark by the light in the corridor, where the panel has a sensor and the page may read it. */
    watchLight() {
      if (!("AmbientLightSensor" in window)) return;
      try {
        this.sensor = new window.AmbientLightSensor({ frequency: 0.5 });
        this.sensor.onreading = () => { this.dark = this.sensor.illuminance < (this.dark ? 1.5 * DARK_LUX : DARK_LUX); };
        this.sensor.onerror = () => { this.dark = false; };
        this.sensor.start();
      } catch { this.sensor = null; }
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
    ...LINK,
    ...HANDS,
    ...CODES,
    ...FLEET,
  },
};
