// A register's table: rows are data, not elements, so that thousands of them cost the server nothing. A row is chosen by press, Enter or arrows; more
// rows come when the end is near.
export default {
  template: `
    <div class="register__scroll">
      <table class="register" :aria-label="label">
        <thead><tr><th v-for="column in columns" :class="{ n: column.n }" scope="col">{{ column.heading }}</th></tr></thead>
        <tbody>
          <tr v-for="(row, index) in rows" :key="row.id" :class="{ on: row.id === chosen }" :aria-selected="row.id === chosen" :tabindex="opens ? 0 : null" :data-id="row.id"
              @click="choose(row.id)" @keydown.enter="choose(row.id)" @keydown.down.prevent="step($event, 1)" @keydown.up.prevent="step($event, -1)">
            <td v-for="(cell, i) in row.cells" :class="{ n: columns[i].n }">
              <span v-if="cell.tone" :class="'pill pill--' + cell.tone"><svg class="icon" viewBox="0 0 24 24" aria-hidden="true" v-html="icons[cell.icon]"></svg>{{ cell.t }}</span>
              <span v-else-if="cell.code" class="code">{{ cell.t }}</span>
              <template v-else>{{ cell.t }}</template>
              <small v-if="cell.s">{{ cell.s }}</small>
            </td>
          </tr>
        </tbody>
      </table>
      <div class="register__more" ref="end"><button v-if="more" type="button" class="button" @click="ask">{{ moreWords }}</button></div>
    </div>`,
  props: { columns: Array, rows: Array, icons: Object, chosen: String, more: Boolean, moreWords: String, label: String, opens: Boolean },
  methods: {
    choose(id) {
      if (this.opens && window.foyer.linked()) this.$emit("choose", { id, t: window.foyer.now() });
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
    this.watcher?.disconnect();
  },
};
