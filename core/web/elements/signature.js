// A signature: strokes as [x, y, ms] between 0 and 1 of the width, and a PNG of them. Nothing is kept here after clear() or when the element goes.
import { Pen } from "/static/pen.js";
import { speaking } from "/static/speaking.js";
export default {
  mixins: [speaking],
  template: `
    <div class="signature">
      <canvas ref="canvas" :aria-label="words('sign_here')" role="img"></canvas>
      <div class="signature__line"></div>
      <p class="signature__say" v-if="empty">{{ words('sign_here') }}</p>
      <button type="button" class="button signature__clear" v-if="!empty" @click="clear">{{ words('clear') }}</button>
      <button type="button" class="button signature__cannot" v-else-if="cannot" @click="$emit('cannot', { t: window.foyer.now() })">{{ words('cannot_sign') }}</button>
    </div>`,
  props: { cannot: Boolean },
  data() {
    return { empty: true };
  },
  methods: {
    changed() {
      const points = this.pen.points();
      this.empty = points === 0;
      this.$emit("change", { strokes: this.pen.strokes.length, points });
    },
    clear() {
      this.pen.clear();
    },
    /** What the page asks for when the person goes on: strokes and a PNG (600 wide, transparent) as base64, or null when nothing was drawn. */
    result() {
      return this.pen.strokes.length ? { strokes: this.pen.strokes, ...this.pen.png(600) } : null;
    },
  },
  mounted() {
    this.pen = new Pen(this.$refs.canvas, () => this.changed());
  },
  beforeUnmount() {
    this.pen.close();
  },
};
