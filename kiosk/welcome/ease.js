// Two helps for whoever needs them, beside the languages: everything that is touched moves into reach of a child or a wheelchair, and letters twice as
// large. One touch each, drawn by the browser alone; remembered until this visitor is done (watch.js takes them back).
export default {
  template: `
    <div class="ease" role="group" :aria-label="words.group">
      <button type="button" class="ease__one" data-ease="reach" :aria-pressed="String(reach)" @click="turn('reach', 'low')">
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><circle cx="9.500" cy="4.500" r="1.800"/><path d="M9.500 8v5.500h5l2.500 5M9.500 10.500h4M7 11.500a4.500 4.500 0 1 0 6.300 6.300"/></svg>
        <span>{{ words.reach_short }}</span></button>
      <button type="button" class="ease__one" data-ease="text" :aria-pressed="String(text)" @click="turn('text', 'large')">
        <b :data-sign="words.sign"></b><span>{{ words.text_short }}</span></button>
    </div>`,
  props: { words: Object },
  data() {
    const now = document.documentElement.dataset;
    return { reach: now.reach === "low", text: now.text === "large" };
  },
  methods: {
    turn(name, value) {
      this[name] = !this[name];
      window.foyer.ease(name, this[name] ? value : null);
    },
    read() {
      const now = document.documentElement.dataset;
      this.reach = now.reach === "low";
      this.text = now.text === "large";
    },
  },
  mounted() {
    window.addEventListener("foyer:ease", this.read);
    this.read(); // the watch may have taken them back while this was being drawn
  },
  beforeUnmount() {
    window.removeEventListener("foyer:ease", this.read);
  },
};
