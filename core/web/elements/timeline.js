// A timeline of rooms: data in, drawn here, so that hundreds of bookings cost the server nothing. Drag a booking to move it, its edge to stretch it, an
// empty stretch to book it. With the keyboard: arrows move, with shift they stretch, up and down change the room, Enter asks the server, Escape forgets.
// Minutes count from the day's own midnight on the office's wall; the browser's zone plays no part. The server decides; until it has, the wish is a ghost.
const SNAP = 15, EDGE = 9;
const two = (n) => String(n).padStart(2, "0");
const hm = (minute) => `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
export default {
  template: `
    <div :class="['tl', 'tl--' + data.view]" role="grid" :aria-label="words.label" @keydown.esc="forget">
      <div class="tl__head" aria-hidden="true">
        <span></span>
        <template v-if="data.view === 'week'"><button v-for="(day, i) in data.days" type="button" :class="['tl__day', { on: i === data.today }]" @click="emit('day', { day: i })">{{ day }}</button></template>
        <span v-else class="tl__hours"><i v-for="hour in hours" :style="{ left: at(hour * 60) }">{{ hour }}</i></span>
      </div>
      <section v-for="floor in data.floors" :key="floor.id" class="tl__floor">
        <h3>{{ floor.name }}</h3>
        <div v-for="room in floor.rooms" :key="room.id" class="tl__row" role="row" :data-row="room.id">
          <button type="button" class="tl__room" role="rowheader" @click="emit('room', { room: room.id, day: data.today ?? 0 })">
            <b>{{ room.name }}</b>
            <small :class="{ bad: room.warn }">{{ room.warn || room.sub }}</small>
          </button>
          <div v-for="(day, i) in data.days" :key="i" :class="['tl__track', { free: room.ok }]" role="gridcell" :data-room="room.id" :data-day="i" :aria-label="room.name + ' ' + day"
               @pointerdown="draw($event, room, i)">
            <i v-if="room.opens > first" class="tl__shut" :style="{ left: 0, right: back(room.opens) }"></i>
            <i v-if="room.closes < last" class="tl__shut" :style="{ left: at(room.closes), right: 0 }"></i>
            <i v-for="one in room.shut.filter((s) => s.day === i)" :key="'shut' + one.a" class="tl__closed" :style="{ left: at(one.a), width: wide(one.a, one.b) }" :title="room.warn"><span>{{ room.warn }}</span></i>
            <i v-if="passed(i) > first" class="tl__past" :style="{ left: 0, right: back(passed(i)) }"></i>
            <button v-for="bar in room.bars.filter((b) => b.day === i)" :key="bar.id" type="button"
                    :class="['tl__bar', 'tl__bar--' + bar.state, { may: bar.may, moved: ghost && ghost.id === bar.id, thin: bar.b - bar.a < (data.view === 'week' ? 150 : 40) }]"
                    :style="{ left: at(bar.a), width: wide(bar.a, bar.b) }" :title="said(bar)" :aria-label="said(bar) + (bar.may ? '. ' + words.keys : '')" :data-id="bar.id"
                    @pointerdown.stop="grab($event, room, i, bar)" @keydown="key($event, room, i, bar)">
              <span><svg v-if="shapes[bar.state]" class="icon" viewBox="0 0 24 24" aria-hidden="true" v-html="icons[shapes[bar.state]]"></svg>{{ bar.title || bar.who || words.someone }}</span>
              <small v-if="bar.title && bar.who">{{ bar.who }}</small>
            </button>
            <div v-if="ghost && ghost.room === room.id && ghost.day === i" :class="['tl__ghost', { bad: ghost.bad, asks: ghost.asks }]" :style="{ left: at(ghost.a), width: wide(ghost.a, ghost.b) }">
              <span>{{ span(ghost) }}</span>
            </div>
            <em v-if="i === data.today && minute >= first && minute <= last" :style="{ left: at(minute) }"></em>
          </div>
        </div>
      </section>
      <p class="sr" role="status">{{ spoken }}</p>
    </div>`,
  props: { data: Object, words: Object, icons: Object, shapes: Object },
  data: () => ({ ghost: null, spoken: "", minute: 0 }),
  computed: {
    first() { return this.data.first * 60; },
    last() { return this.data.last * 60; },
    hours() { return Array.from({ length: this.data.last - this.data.first + 1 }, (_, i) => this.data.first + i); },
    rows() { return this.data.floors.flatMap((floor) => floor.rooms); },
  },
  watch: { data() { this.ghost = this.drag?.live ? this.ghost : null; this.tick(); } },
  methods: {
    at(minute) { return `${(100 * (Math.min(Math.max(minute, this.first), this.last) - this.first)) / (this.last - this.first)}%`; },
    back(minute) { return `${100 - parseFloat(this.at(minute))}%`; },
    wide(a, b) { return `${parseFloat(this.at(b)) - parseFloat(this.at(a))}%`; },
    span(one) { return `${hm(one.a)}–${hm(one.b)}`; },
    said(bar) { return [this.span(bar), bar.title, bar.who, this.words[bar.state]].filter(Boolean).join(", "); },
    passed(i) { return this.data.today == null ? (this.data.over ? this.last : 0) : i < this.data.today ? this.last : i === this.data.today ? this.minute : 0; },
    emit(name, facts) { if (window.foyer.linked()) this.$emit(name, { ...facts, t: window.foyer.now() }); else window.foyer.say(window.foyer.words("not_sent")); },
    tick() {
      const parts = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hour12: false, timeZone: window.foyer.page.zone }).format(new Date(window.foyer.officeNow()));
      const [hour, minute] = parts.split(":").map(Number);
      this.minute = (hour % 24) * 60 + minute;
    },
    minuteOf(event, track) {
      const box = track.getBoundingClientRect();
      return this.first + ((event.clientX - box.left) / box.width) * (this.last - this.first);
    },
    taken(room, day, a, b, but) {
      const row = this.rows.find((one) => one.id === room), meets = (one) => one.day === day && one.a < b && a < one.b;
      return !!row && (row.shut.some(meets) || row.bars.some((bar) => bar.id !== but && bar.state !== "ended" && meets(bar)));
    },
    show(one) { this.ghost = { ...one, bad: this.taken(one.room, one.day, one.a, one.b, one.id) }; },
    forget() { this.ghost = null; this.drag = null; },
    follow(event, drag) {
      this.drag = drag;
      const target = event.currentTarget;
      try { target.setPointerCapture(event.pointerId); } catch { /* a pen that is gone already */ }
      const move = (next) => { if (!drag.live && Math.abs(next.clientX - event.clientX) + Math.abs(next.clientY - event.clientY) < 5) return; drag.live = true; drag.move(next); };
      const done = (next) => {
        for (const [name, f] of [["pointermove", move], ["pointerup", done], ["pointercancel", stop]]) target.removeEventListener(name, f);
        if (this.drag === drag) { this.drag = null; drag.done(next, drag.live); }
      };
      const stop = () => { this.forget(); done({}); };
      for (const [name, f] of [["pointermove", move], ["pointerup", done], ["pointercancel", stop]]) target.addEventListener(name, f);
    },
    draw(event, room, day) {
      if (event.button || !room.ok || event.target.closest(".tl__bar")) return;
      const track = event.currentTarget, from = Math.floor(this.minuteOf(event, track) / SNAP) * SNAP;
      if (room.shut.some((one) => one.day === day && one.a <= from && from < one.b)) return;
      const clip = (b) => Math.min(this.last, ...[...room.bars, ...room.shut].filter((one) => one.day === day && one.a > from).map((one) => one.a), b);
      this.follow(event, {
        move: (next) => {
          const to = Math.round(this.minuteOf(next, track) / SNAP) * SNAP;
          this.show({ room: room.id, day, a: Math.max(this.first, Math.min(from, to)), b: Math.min(this.last, Math.max(from + SNAP, to)) });
        },
        done: (_next, live) => {
          if (!live) this.show({ room: room.id, day, a: from, b: clip(from + 60) });
          const { a, b } = this.ghost || { a: from, b: from + 60 };
          this.ghost = { ...this.ghost, asks: true };
          this.emit("draw", { room: room.id, day, a, b });
        },
      });
    },
    grab(event, room, day, bar) {
      if (event.button) return;
      const track = event.currentTarget.parentElement, box = event.currentTarget.getBoundingClientRect();
      const part = event.clientX > box.right - EDGE ? "end" : event.clientX < box.left + EDGE ? "start" : "move", running = !["confirmed", "pending", "offered"].includes(bar.state);
      const inside = this.minuteOf(event, track) - bar.a, length = bar.b - bar.a;
      this.follow(event, {
        move: (next) => {
          if (!bar.may || bar.state === "ended") return;
          if (running || part === "end") return this.show({ id: bar.id, room: room.id, day, a: bar.a, b: Math.max(bar.a + SNAP, Math.min(1440, Math.round(this.minuteOf(next, track) / SNAP) * SNAP)) });
          if (part === "start") return this.show({ id: bar.id, room: room.id, day, a: Math.min(bar.b - SNAP, Math.max(0, Math.round(this.minuteOf(next, track) / SNAP) * SNAP)), b: bar.b });
          const over = document.elementsFromPoint(next.clientX, next.clientY).map((one) => one.closest?.(".tl__track")).find(Boolean) || track;
          const a = Math.max(0, Math.min(1440 - length, Math.round((this.minuteOf(next, over) - inside) / SNAP) * SNAP));
          this.show({ id: bar.id, room: over.dataset.room, day: Number(over.dataset.day), a, b: a + length });
        },
        done: (_next, live) => {
          if (!live || !this.ghost) return this.emit("open", { id: bar.id });
          this.ask(room, day, bar);
        },
      });
    },
    ask(room, day, bar) {
      const { a, b, room: to, day: on } = this.ghost;
      if (to === room.id && on === day && a === bar.a && b === bar.b) return this.forget();
      this.ghost = { ...this.ghost, asks: true };
      this.emit("move", { id: bar.id, room: to, day: on, a, b });
    },
    key(event, room, day, bar) {
      const steps = { ArrowLeft: -SNAP, ArrowRight: SNAP }, wish = this.ghost?.id === bar.id ? this.ghost : { id: bar.id, room: room.id, day, a: bar.a, b: bar.b };
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        return this.ghost?.id === bar.id ? this.ask(room, day, bar) : this.emit("open", { id: bar.id });
      }
      if (!bar.may || bar.state === "ended" || !(event.key in steps || event.key === "ArrowUp" || event.key === "ArrowDown")) return;
      event.preventDefault();
      const next = { ...wish }, step = steps[event.key] || 0, running = !["confirmed", "pending", "offered"].includes(bar.state);
      if (step && (event.shiftKey || running)) next.b = Math.max(next.a + SNAP, Math.min(1440, next.b + step));
      else if (step && next.a + step >= 0 && next.b + step <= 1440) { next.a += step; next.b += step; }
      else if (!step && !running) {
        const index = this.rows.findIndex((row) => row.id === wish.room) + (event.key === "ArrowUp" ? -1 : 1);
        if (this.rows[index]) next.room = this.rows[index].id;
      }
      this.show(next);
      this.spoken = `${this.rows.find((row) => row.id === next.room)?.name || ""} ${this.span(next)}${this.ghost.bad ? ", " + this.words.taken : ""}`;
    },
    settle() { this.ghost = null; },
  },
  mounted() { this.tick(); this.timer = setInterval(() => this.tick(), 15000); },
  beforeUnmount() { clearInterval(this.timer); },
};
