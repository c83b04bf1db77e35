// A floor plan: rooms as data, drawn to scale as SVG. Colour, shape and word together say the state; a room is pressed or reached with Tab.
const fit = (text, room, size) => { const most = Math.max(2, Math.floor(room / size)); let used = 0, out = ""; for (const sign of text) { used += sign.charCodeAt(0) > 255 ? 1 : 0.56; if (used > most) return out.slice(0, -1) + "…"; out += sign; } return out; };
export default {
  template: `
    <svg class="plan" :viewBox="box" role="group" :aria-label="data.label" preserveAspectRatio="xMidYMid meet">
      <polygon class="plan__floor" :points="data.outline.map((corner) => corner.join(',')).join(' ')"></polygon>
      <g v-for="room in data.rooms" :key="room.id" :class="['plan__room', 'plan__room--' + (room.state || 'none'), { on: room.id === chosen, dot: room.dot }]"
         :tabindex="room.state ? 0 : null" :role="room.state ? 'button' : null" :aria-label="room.state ? room.said : null" :data-room="room.id"
         @click="choose(room)" @keydown.enter.prevent="choose(room)" @keydown.space.prevent="choose(room)">
        <title>{{ room.said }}</title>
        <template v-if="room.dot"><circle :cx="room.x" :cy="room.y" :r="size * 0.28"></circle><text :x="room.x" :y="room.y - size * 0.55" :font-size="size * 0.72">{{ room.name }}</text></template>
        <template v-else>
          <rect :x="room.x + gap" :y="room.y + gap" :width="room.w - 2 * gap" :height="room.h - 2 * gap" :rx="size * 0.3"></rect>
          <text class="plan__name" :x="room.x + pad" :y="room.y + pad + size" :font-size="size">{{ fit(room.name, room.w - 2 * pad, size) }}</text>
          <template v-if="room.state">
            <svg class="plan__shape" :x="room.x + pad" :y="room.y + pad + size * 1.5" :width="size * 1.25" :height="size * 1.25" viewBox="0 0 24 24" v-html="icons[room.icon]"></svg>
            <text class="plan__word" :x="room.x + pad + size * 1.5" :y="room.y + pad + size * 2.5" :font-size="size">{{ fit(room.word, room.w - 2 * pad - size * 1.5, size) }}</text>
            <text class="plan__until" :x="room.x + pad" :y="room.y + pad + size * 4" :font-size="size * 0.82">{{ fit(room.until, room.w - 2 * pad, size * 0.82) }}</text>
            <text v-if="room.warn" class="plan__warn" :x="room.x + pad" :y="room.y + pad + size * 5.3" :font-size="size * 0.82">{{ fit(room.warn, room.w - 2 * pad, size * 0.82) }}</text>
          </template>
        </template>
      </g>
      <g v-if="data.here" class="plan__here"><circle :cx="data.here[0]" :cy="data.here[1]" :r="size * 0.5"></circle></g>
    </svg>`,
  props: { data: Object, icons: Object, chosen: String },
  computed: {
    // A sign is about a 32nd of the plan's width: names stay readable on a phone, where the plan is drawn taller.
    size() { return Math.max(26, Math.min(this.data.width, this.data.height * 2.2) / this.data.signs); },
    gap() { return this.size * 0.12; },
    pad() { return this.size * 0.55; },
    box() { const edge = this.size * 0.4; return `${-edge} ${-edge} ${this.data.width + 2 * edge} ${this.data.height + 2 * edge}`; },
  },
  methods: { fit, choose(room) { if (room.state && window.foyer.linked()) this.$emit("choose", { id: room.id, t: window.foyer.now() }); } },
};
