// Watches over an unattended screen: who walks away leaves nothing behind (look.md §6; security.md, Kiosk). It runs in the browser alone, so that it also
// counts while the link is down. Modes: rest (attract), form (30 s, then ask for 10), read (60 s first), done (back by itself, the number stands in a button).
const ASK_S = 10, ROUND = 2 * Math.PI * 86, TOUCHED = "foyer_touched", EASED = "foyer_ease", LEFT_S = 45, BRIGHT_S = 30;

/** Low reach and large letters: kept for this visitor, also when the page is loaded anew in between. */
const eased = () => JSON.parse(sessionStorage.getItem(EASED) || "{}");
const ease = (name, value) => {
  const kept = eased();
  if (value) kept[name] = value;
  else delete kept[name];
  if (Object.keys(kept).length) sessionStorage.setItem(EASED, JSON.stringify(kept));
  else sessionStorage.removeItem(EASED);
  if (value) document.documentElement.dataset[name] = value;
  else delete document.documentElement.dataset[name];
  window.dispatchEvent(new Event("foyer:ease"));
};
/** Vue keeps the name of every element there ever was, with nothing behind it: some 170 for each visitor. Those go when the glass is free. */
const forgetNames = (refs) => {
  for (const name of Object.keys(refs)) if (refs[name] === null) delete refs[name];
};
const easeNothing = () => ["reach", "text"].forEach((name) => name in document.documentElement.dataset && ease(name, null));

/** Sounds are off unless the office switched this screen's on: a tick for a press, two notes for a code, three for a finished visit. */
let audio = null;
const NOTES = { tick: [[1250, 0, 0.018]], code: [[880, 0, 0.07], [1320, 0.08, 0.1]], done: [[660, 0, 0.12], [880, 0.13, 0.12], [1320, 0.26, 0.22]], wrong: [[330, 0, 0.16]] };
const play = (kind) => {
  try {
    audio ??= new AudioContext();
    for (const [pitch, from, length] of NOTES[kind]) {
      const tone = audio.createOscillator(), loud = audio.createGain(), at = audio.currentTime + from;
      tone.frequency.value = pitch;
      loud.gain.setValueAtTime(kind === "tick" ? 0.04 : 0.09, at);
      loud.gain.exponentialRampToValueAtTime(0.0001, at + length);
      tone.connect(loud).connect(audio.destination);
      tone.start(at);
      tone.stop(at + length);
    }
  } catch {
    /* a screen without a loudspeaker */
  }
};
export default {
  template: `
    <div class="watch">
      <div class="ask" v-if="left !== null" role="alertdialog" aria-modal="true" :aria-label="words.title">
        <div class="ask__box">
          <svg class="ask__ring" viewBox="0 0 200 200" aria-hidden="true">
            <circle class="ask__track" cx="100" cy="100" r="86"/>
            <circle class="ask__hand" cx="100" cy="100" r="86" transform="rotate(-90 100 100)" :stroke-dasharray="round" :stroke-dashoffset="round * (1 - left / whole)"/>
            <text x="100" y="128" text-anchor="middle">{{ left }}</text>
          </svg>
          <h2>{{ words.title }}</h2>
          <p>{{ words.say.replace('{n}', left) }}</p>
          <div class="ask__acts">
            <button type="button" class="button" @click="wipe('left')">{{ words.wipe }}</button>
            <button type="button" class="button button--main" @click="stay">{{ words.stay }}</button>
          </div>
        </div>
      </div>
    </div>`,
  props: { mode: { type: String, default: "rest" }, seconds: { type: Number, default: 30 }, number: { type: Number, default: 0 }, words: Object, back: String,
    drawn: { type: Number, default: 0 }, step: String, sound: Boolean },
  data() {
    return { left: null, whole: ASK_S, round: ROUND };
  },
  watch: {
    number() {
      this.begin();
    },
    drawn() {
      this.$nextTick(this.arrive);
    },
    step(now) {
      if (now === "signed_in" || now === "goodbye") this.hear("done");
      else if (now === "sorry") this.hear("wrong");
      else if (now === "greeting") this.hear("code");
    },
    left(now, before) {
      if (now !== null && before === null) this.$nextTick(() => document.querySelector(".ask .button--main")?.focus({ preventScroll: true }));
    },
  },
  methods: {
    begin(first) {
      document.documentElement.dataset.idle = this.mode === "rest" ? "1" : "0";
      delete document.documentElement.dataset.wiped;
      this.left = null;
      this.wiping = false;
      if (this.mode === "rest" && !first) {
        easeNothing();
        setTimeout(forgetNames, 1500, this.$root.$.refs);
      }
      this.touch({ foyer: true });
      this.tick();
    },
    /** Another screen: whoever hears it is told its question, and begins there with the keys. */
    arrive() {
      const heading = document.querySelector(".kiosk__body h1");
      if (!heading || this.left !== null) return;
      heading.tabIndex = -1;
      heading.focus({ preventScroll: true });
      document.querySelector(".kiosk__body").scrollTop = 0;
    },
    hear(kind) {
      if (this.sound) play(kind);
    },
    press(event) {
      if (event.target.closest?.("button:not([aria-disabled=true]), a")) this.hear("tick");
    },
    touch(event) {
      if (this.left !== null && !event?.foyer) return; // the dialog's own buttons answer
      this.touched = performance.now();
      document.documentElement.dataset.awake = "1"; // at night the panel is dim until somebody stands there
      if (this.mode === "rest") sessionStorage.removeItem(TOUCHED);
      else sessionStorage.setItem(TOUCHED, String(Date.now()));
    },
    stay() {
      this.left = null;
      this.touch({ foyer: true });
    },
    tick() {
      const clock = document.querySelector("[data-clock]");
      if (clock) clock.textContent = window.foyer.clock(window.foyer.officeNow());
      const gone = (performance.now() - this.touched) / 1000;
      if (this.mode === "rest" && gone > BRIGHT_S) delete document.documentElement.dataset.awake;
      if (this.mode === "rest" && gone > LEFT_S) easeNothing();
      if (this.wiping || this.mode === "rest") return;
      if (this.mode === "done") {
        const rest = Math.max(0, Math.ceil(this.seconds - gone));
        for (const element of document.querySelectorAll("[data-back]")) element.textContent = (this.back || "").replace("{n}", rest);
        if (gone >= this.seconds) this.wipe("done");
      } else if (gone >= this.seconds + ASK_S) this.wipe("idle");
      else if (gone >= this.seconds) this.left = Math.max(1, Math.ceil(this.seconds + ASK_S - gone));
    },
    /** Nothing of the visitor stays on the glass from this moment; the server then draws the first screen. */
    wipe(why) {
      if (this.wiping) return;
      this.wiping = true;
      this.left = null;
      this.why = why;
      sessionStorage.removeItem(TOUCHED);
      document.documentElement.dataset.wiped = "1";
      document.activeElement?.blur?.();
      getSelection()?.removeAllRanges();
      if (window.foyer.linked()) {
        this.$emit("wipe", { why, t: window.foyer.now() });
        this.retry = setTimeout(() => location.reload(), 8000);
      } else {
        for (const main of document.querySelectorAll("main")) main.replaceChildren(); // no server to draw anew: the page itself is emptied, and loaded again later
        window.dispatchEvent(new Event("foyer:wiped"));
      }
    },
    link(event) {
      if (event.detail?.up && this.wiping) location.reload();
    },
  },
  mounted() {
    const quiet = Number(sessionStorage.getItem(TOUCHED) || 0);
    window.foyer.ease = ease;
    const present = quiet > 0 && Date.now() - quiet < (30 + ASK_S) * 1000;
    if (present) for (const [name, value] of Object.entries(eased())) document.documentElement.dataset[name] = value;
    else sessionStorage.removeItem(EASED);
    window.dispatchEvent(new Event("foyer:ease"));
    this.begin(present);
    this.$nextTick(this.arrive);
    // A server that came back gives a half-filled form back only to the hand that filled it: whoever has not touched the screen for 40 s has gone.
    setTimeout(() => this.$emit("ready", { present }), 0);
    document.addEventListener("pointerdown", this.press, { capture: true, passive: true });
    for (const name of ["pointerdown", "keydown", "input"]) document.addEventListener(name, this.touch, { capture: true, passive: true });
    window.addEventListener("foyer:link", this.link);
    this.timer = setInterval(() => this.tick(), 250);
  },
  updated() {
    clearTimeout(this.retry);
  },
  beforeUnmount() {
    clearInterval(this.timer);
    clearTimeout(this.retry);
    document.removeEventListener("pointerdown", this.press, { capture: true });
    for (const name of ["pointerdown", "keydown", "input"]) document.removeEventListener(name, this.touch, { capture: true });
    window.removeEventListener("foyer:link", this.link);
  },
};
