// Watches over an unattended screen: who walks away leaves nothing behind (look.md §6; security.md, Kiosk). It runs in the browser alone, so that it also
// counts while the link is down. Modes: rest (attract), form (30 s, then ask for 10), read (60 s first), done (back by itself, the number stands in a button).
const ASK_S = 10, ROUND = 2 * Math.PI * 86, TOUCHED = "foyer_touched";
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
  props: { mode: { type: String, default: "rest" }, seconds: { type: Number, default: 30 }, number: { type: Number, default: 0 }, words: Object, back: String },
  data() {
    return { left: null, whole: ASK_S, round: ROUND };
  },
  watch: {
    number() {
      this.begin();
    },
  },
  methods: {
    begin() {
      document.documentElement.dataset.idle = this.mode === "rest" ? "1" : "0";
      delete document.documentElement.dataset.wiped;
      this.left = null;
      this.wiping = false;
      this.touch({ foyer: true });
      this.tick();
    },
    touch(event) {
      if (this.left !== null && !event?.foyer) return; // the dialog's own buttons answer
      this.touched = performance.now();
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
      if (this.wiping || this.mode === "rest") return;
      const gone = (performance.now() - this.touched) / 1000;
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
      }
    },
    link(event) {
      if (event.detail?.up && this.wiping) location.reload();
    },
  },
  mounted() {
    const quiet = Number(sessionStorage.getItem(TOUCHED) || 0);
    this.begin();
    // A server that came back gives a half-filled form back only to the hand that filled it: whoever has not touched the screen for 40 s has gone.
    setTimeout(() => this.$emit("ready", { present: quiet > 0 && Date.now() - quiet < (30 + ASK_S) * 1000 }), 0);
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
    for (const name of ["pointerdown", "keydown", "input"]) document.removeEventListener(name, this.touch, { capture: true });
    window.removeEventListener("foyer:link", this.link);
  },
};
