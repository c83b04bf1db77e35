// A register's table: rows are data, not elements, so that thousands of them cost the server nothing. A row is chosen by press, Enter or arrows; more
// rows come when the end is near.
export default {
  template: `
    <div class="register__scroll">
      <table class="register" :aria-label="label">
        <thead><tr><th v-if="picks" class="register__pick" scope="col"><label><input type="checkbox" :checked="allPicked" :indeterminate.prop="somePicked" :aria-label="pickWords" @change="pickAll"></label></th><th v-for="column in columns" :class="{ n: column.n }" scope="col">{{ column.heading }}</th></tr></thead>
        <tbody>
          <tr v-for="(row, index) in rows" :key="row.id" :class="{ on: row.id === chosen }" :aria-selected="row.id === chosen" :tabindex="opens ? 0 : null" :data-id="row.id"
              @click="choose(row.id)" @keydown.enter="choose(row.id)" @keydown.down.prevent="step($event, 1)" @keydown.up.prevent="step($event, -1)">
            <td v-if="picks" class="register__pick" @click.stop><label><input type="checkbox" :checked="picked[row.id]" :aria-label="row.cells[0].t" @click="pick($event, index)"></label></td>
            <td v-for="(cell, i) in row.cells" :class="{ n: columns[i].n, whole: whole(cell.t) }" :lang="tongue(cell.t)">
              <span v-if="cell.tone" :class="'pill pill--' + cell.tone"><svg class="icon" viewBox="0 0 24 24" aria-hidden="true" v-html="icons[cell.icon]"></svg>{{ cell.t }}</span>
              <span v-else-if="cell.code" class="code">{{ cell.t }}</span>
              <template v-else>{{ cell.t }}</template>
              <small v-if="cell.s" :lang="tongue(cell.s)">{{ cell.s }}</small>
            </td>
          </tr>
        </tbody>
      </table>
      <div class="register__more" ref="end"><button v-if="more" type="button" class="button" @click="ask">{{ moreWords }}</button></div>
    </div>`,
  props: { columns: Array, rows: Array, icons: Object, chosen: String, more: Boolean, moreWords: String, label: String, opens: Boolean, picks: Boolean, pickWords: String, pickRound: Number },
  data() {
    return { picked: {}, last: null };
  },
  computed: {
    pickedIds() {
      return Object.keys(this.picked).filter((id) => this.picked[id]);
    },
    allPicked() {
      return this.rows.length > 0 && this.rows.every((row) => this.picked[row.id]);
    },
    somePicked() {
      return !this.allPicked && this.pickedIds.length > 0;
    },
  },
  watch: {
    pickRound() {
      this.picked = {};
      this.last = null;
    },
  },
  methods: {
    // a date, a time, a telephone number, a word of two signs: never broken over two lines
    whole(text) {
      return !!text && (text.length < 5 || /^[\d\s:.,+()\/〔〕年月日–—-]+$/.test(text) || /^\d{1,2} [A-Z][a-z]+( \d{4})?( \d\d:\d\d)?$/.test(text));
    },
    // on an English page: what is mostly Chinese says so, like parts.text
    tongue(text) {
      if (!document.documentElement.lang.startsWith("en")) return null;
      const count = (signs) => (text?.match(signs) ?? []).length, han = count(/[\u3400-\u9fff]/g);
      return han && 2 * han > count(/[A-Za-z\u3400-\u9fff]/g) ? "zh" : "en";
    },
    pick(event, index) {
      const on = event.target.checked, from = event.shiftKey && this.last !== null ? this.last : index; // shift takes everything between
      for (let i = Math.min(from, index); i <= Math.max(from, index); i++) this.picked[this.rows[i].id] = on;
      this.last = index;
      this.tell();
    },
    pickAll(event) {
      for (const row of this.rows) this.picked[row.id] = event.target.checked;
      this.tell();
    },
    tell() {
      this.$emit("pick", { ids: this.pickedIds.slice(0, 20000), t: window.foyer.now() });
    },
    choose(id) {
      if (!this.opens) return;
      clearInterval(this.early);
      const made = window.foyer.now();
      const go = () => this.$emit("choose", { id, t: made });
      if (window.foyer.linked()) return go();
      if (window.did_handshake) return; // the link broke: the page says so itself
      this.early = setInterval(() => { // pressed on a page that has just opened, before its first link: the last one counts
        if (window.foyer.linked() || window.foyer.now() - made > 8000) clearInterval(this.early);
        if (window.foyer.linked()) go();
      }, 50);
    },
    step(event, by) {
      const rows = [...event.currentTarget.parentElement.children];
      rows[rows.indexOf(event.currentTarget) + by]?.focus();
    },
    ask() {
      if (!this.more || this.asked === this.rows.length) return;
      this.asked = this.rows.length;
      this.$emit("more", { t: window.foyer.now() });
    },
  },
  mounted() {
    this.watcher = new IntersectionObserver((seen) => seen[0].isIntersecting && this.rows.length && this.ask(), { rootMargin: "600px" });
    this.watcher.observe(this.$refs.end);
  },
  updated() {
    if (this.asked > this.rows.length) this.asked = 0;
  },
  beforeUnmount() {
    clearInterval(this.early);
    this.watcher?.disconnect();
  },
};
