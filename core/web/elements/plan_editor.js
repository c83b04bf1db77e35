// A floor one draws by hand: rooms are moved, stretched and drawn with the pointer or the keyboard, to scale, in centimetres. The browser only wishes:
// each finished gesture is one event, and what the server says is what stands. Arrows move the chosen room, with Shift they stretch it, Delete takes it off.
const GRID = 10, NEAR = 30, LEAST = 100, EDGES = ["n", "e", "s", "w", "ne", "se", "sw", "nw"];
const snap = (value, lines) => { const line = lines.find((one) => Math.abs(one - value) < NEAR); return line === undefined ? Math.round(value / GRID) * GRID : line; };
const over = (a, b) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
export default {
  template: `
    <div class="pe">
      <svg class="plan pe__svg" :viewBox="box" role="group" :aria-label="data.label" preserveAspectRatio="xMidYMid meet" @pointerdown="ground" ref="svg">
        <defs><pattern :id="'g' + data.floor" width="100" height="100" patternUnits="userSpaceOnUse"><path d="M100 0H0v100" class="pe__grid"></path></pattern></defs>
        <rect :x="view[0]" :y="view[1]" :width="view[2]" :height="view[3]" :fill="'url(#g' + data.floor + ')'"></rect>
        <polygon class="plan__floor pe__floor" :points="data.outline.map((corner) => corner.join(',')).join(' ')"></polygon>
        <g v-for="room in shown" :key="room.id" :class="['plan__room pe__room', { on: room.id === chosen, dot: room.dot, bad: room.bad }]" tabindex="0" role="button" :aria-pressed="String(room.id === chosen)"
           :aria-label="told(room)" :data-room="room.id" @pointerdown.stop="grab($event, room, 'move')" @keydown="key($event, room)" @keyup="settled($event)" @focus="choose(room.id)">
          <template v-if="room.dot"><circle :cx="room.x" :cy="room.y" :r="size * .45"></circle><text :x="room.x" :y="room.y - size * .8" :font-size="size * .8">{{ room.name }}</text></template>
          <template v-else>
            <rect :x="room.x + 6" :y="room.y + 6" :width="Math.max(1, room.w - 12)" :height="Math.max(1, room.h - 12)" :rx="size * .3"></rect>
            <text class="plan__name" :x="room.x + size * .5" :y="room.y + size * 1.4" :font-size="size">{{ cut(room) }}</text>
            <text v-if="room.id === chosen" class="pe__measure" :x="room.x + size * .5" :y="room.y + size * 2.7" :font-size="size * .85">{{ metres(room.w) }} × {{ metres(room.h) }} m</text>
          </template>
        </g>
        <rect v-if="drawn" class="pe__drawn" :class="{ bad: drawn.bad }" :x="drawn.x" :y="drawn.y" :width="drawn.w" :height="drawn.h"></rect>
        <g v-if="held && !held.dot" class="pe__handles">
          <rect v-for="edge in edges" :key="edge" :x="at(edge)[0] - grip / 2" :y="at(edge)[1] - grip / 2" :width="grip" :height="grip" :rx="grip / 4" :style="{ cursor: (edge === 'n' || edge === 's' ? 'ns' : edge === 'e' || edge === 'w' ? 'ew' : edge === 'ne' || edge === 'sw' ? 'nesw' : 'nwse') + '-resize' }"
                :data-edge="edge" @pointerdown.stop="grab($event, held, edge)"></rect>
        </g>
      </svg>
      <p class="sr" aria-live="polite">{{ spoken }}</p>
    </div>`,
  props: { data: Object, arm: String },
  data() { return { chosen: "", moved: null, drawn: null, spoken: "", edges: EDGES }; },
  watch: { data() { this.moved = null; this.drawn = null; } },
  computed: {
    view() { const side = Math.max(this.data.width, 600), deep = Math.max(this.data.height, 400), pad = Math.max(100, side * 0.04); return [-pad, -pad, side + 2 * pad, deep + 2 * pad]; },
    box() { return this.view.join(" "); },
    size() { return this.view[2] / 58; },
    grip() { return this.view[2] / 70; },
    shown() { return this.data.rooms.map((room) => (this.moved?.id === room.id ? this.moved : room)); },
    held() { return this.shown.find((room) => room.id === this.chosen) || null; },
  },
  methods: {
    metres(cm) { return (cm / 100).toFixed(1).replace(/\.0$/, ""); },
    cut(room) { const most = Math.max(2, Math.floor((room.w - this.size) / this.size)); return room.name.length > most ? room.name.slice(0, most - 1) + "…" : room.name; },
    told(room) { return room.dot ? room.name : `${room.name}, ${this.metres(room.w)} × ${this.metres(room.h)} m`; },
    at(edge) { const { x, y, w, h } = this.held; return [edge.includes("w") ? x : edge.includes("e") ? x + w : x + w / 2, edge.includes("n") ? y : edge.includes("s") ? y + h : y + h / 2]; },
    choose(id) { if (this.chosen !== id) { this.chosen = id; this.$emit("choose", { id, t: Date.now() }); } },
    point(event) { const spot = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.$refs.svg.getScreenCTM().inverse()); return [spot.x, spot.y]; },
    lines(axis, without) {
      const found = axis === "x" ? this.data.outline.map((corner) => corner[0]) : this.data.outline.map((corner) => corner[1]);
      for (const room of this.data.rooms) if (room.id !== without && !room.dot) found.push(...(axis === "x" ? [room.x, room.x + room.w] : [room.y, room.y + room.h]));
      return found;
    },
    judged(room) { return { ...room, bad: !room.dot && this.data.rooms.some((other) => other.id !== room.id && !other.dot && over(room, other)) }; },
    placed(room, dx, dy, part) {
      const x = this.lines("x", room.id), y = this.lines("y", room.id), next = { ...room };
      if (part === "move") {
        next.x = snap(room.x + dx, x); next.y = snap(room.y + dy, y);
        if (!room.dot && next.x === Math.round((room.x + dx) / GRID) * GRID) { const right = snap(room.x + dx + room.w, x); next.x = right - room.w; }
        if (!room.dot && next.y === Math.round((room.y + dy) / GRID) * GRID) { const low = snap(room.y + dy + room.h, y); next.y = low - room.h; }
      } else {
        if (part.includes("e")) next.w = Math.max(LEAST, snap(room.x + room.w + dx, x) - room.x);
        if (part.includes("s")) next.h = Math.max(LEAST, snap(room.y + room.h + dy, y) - room.y);
        if (part.includes("w")) { next.x = Math.min(room.x + room.w - LEAST, Math.max(0, snap(room.x + dx, x))); next.w = room.x + room.w - next.x; }
        if (part.includes("n")) { next.y = Math.min(room.y + room.h - LEAST, Math.max(0, snap(room.y + dy, y))); next.h = room.y + room.h - next.y; }
      }
      next.x = Math.max(0, next.x); next.y = Math.max(0, next.y);
      return this.judged(next);
    },
    follow(event, move, done) {
      if (event.button) return;
      const target = this.$refs.svg, id = event.pointerId;
      target.setPointerCapture(id);
      const moving = (next) => { if (next.pointerId === id) move(next); };
      const end = (next) => {
        if (next.pointerId !== id) return;
        target.removeEventListener("pointermove", moving); target.removeEventListener("pointerup", end); target.removeEventListener("pointercancel", end);
        done(next.type === "pointercancel");
      };
      target.addEventListener("pointermove", moving); target.addEventListener("pointerup", end); target.addEventListener("pointercancel", end);
    },
    grab(event, room, part) {
      if (this.arm) return this.ground(event);
      this.choose(room.id);
      const [fromX, fromY] = this.point(event), before = { ...room };
      this.follow(event, (next) => { const [x, y] = this.point(next); this.moved = this.placed(before, x - fromX, y - fromY, part); }, (off) => { if (off) this.moved = null; else this.send(before); });
    },
    ground(event) { // with a place armed, drag draws it; otherwise the ground lets go of what was chosen
      if (!this.arm) { this.chosen = ""; return; }
      const [fromX, fromY] = this.point(event), x0 = Math.max(0, snap(fromX, this.lines("x"))), y0 = Math.max(0, snap(fromY, this.lines("y")));
      const draw = (next) => {
        const [x, y] = this.point(next), x1 = Math.max(0, snap(x, this.lines("x"))), y1 = Math.max(0, snap(y, this.lines("y")));
        this.drawn = this.judged({ id: this.arm, x: Math.min(x0, x1), y: Math.min(y0, y1), w: Math.abs(x1 - x0), h: Math.abs(y1 - y0) });
      };
      this.follow(event, draw, (off) => {
        const made = this.drawn;
        this.drawn = null;
        if (off) return;
        const { x, y, w, h } = made && made.w >= LEAST && made.h >= LEAST ? made : { x: x0, y: y0, w: 400, h: 300 };
        this.chosen = this.arm;
        this.$emit("place", { id: this.arm, x, y, w, h, t: Date.now() });
      });
    },
    send(before) {
      const now = this.moved;
      if (!now || (now.x === before.x && now.y === before.y && now.w === before.w && now.h === before.h)) { this.moved = null; return; }
      if (now.bad) this.spoken = this.data.words.overlaps;
      this.$emit("place", { id: now.id, x: now.x, y: now.y, w: now.w, h: now.h, was: [before.x, before.y, before.w, before.h], t: Date.now() });
      this.began = { ...now }; // the next press of a key goes on from here, also before the answer
    },
    key(event, room) {
      const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }, step = steps[event.key];
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") { event.preventDefault(); this.$emit(event.shiftKey ? "redo" : "undo", { t: Date.now() }); return; }
      if (event.key === "Delete" || event.key === "Backspace") { event.preventDefault(); this.$emit("remove", { id: room.id, t: Date.now() }); return; }
      if (event.key === "Escape") { this.moved = null; return; }
      if (!step) return;
      event.preventDefault();
      if (!this.moved) this.began = { ...room };
      const by = event.altKey ? 100 : GRID, next = { ...room };
      if (event.shiftKey && !room.dot) { next.w = Math.max(LEAST, room.w + step[0] * by); next.h = Math.max(LEAST, room.h + step[1] * by); }
      else { next.x = Math.max(0, room.x + step[0] * by); next.y = Math.max(0, room.y + step[1] * by); }
      this.moved = this.judged(next);
      this.spoken = `${this.told(next)}${this.moved.bad ? ", " + this.data.words.overlaps : ""}`;
    },
    settled(event) { // one wish for all the steps made while a key was held
      if (!event.key.startsWith("Arrow") || !this.moved) return;
      const before = this.began;
      if (before?.id === this.moved.id) this.send(before);
    },
    settle() { this.moved = null; },
  },
};
