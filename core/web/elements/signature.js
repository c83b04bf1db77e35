// A signature: strokes as [x, y, ms] between 0 and 1 of the width, and a PNG of them. Nothing is kept here after clear() or when the element goes.
export default {
  template: `
    <div class="signature">
      <canvas ref="canvas" :aria-label="words('sign_here')" role="img"></canvas>
      <div class="signature__line"></div>
      <p class="signature__say" v-if="empty">{{ words('sign_here') }}</p>
      <button type="button" class="button signature__clear" v-if="!empty" @click="clear">{{ words('clear') }}</button>
    </div>`,
  data() {
    return { empty: true };
  },
  methods: {
    words(key) {
      return window.foyer.words(key);
    },
    fit() {
      const canvas = this.$refs.canvas, box = canvas.getBoundingClientRect(), ratio = Math.min(2, window.devicePixelRatio || 1);
      if (!box.width) return;
      canvas.width = Math.round(box.width * ratio);
      canvas.height = Math.round(box.height * ratio);
      this.draw();
    },
    draw() {
      const canvas = this.$refs.canvas, brush = canvas.getContext("2d");
      brush.clearRect(0, 0, canvas.width, canvas.height);
      this.ink(brush, canvas.width);
    },
    ink(brush, width) {
      brush.strokeStyle = getComputedStyle(document.documentElement).getPropertyValue("--ink").trim();
      brush.lineWidth = Math.max(2, width / 220);
      brush.lineCap = brush.lineJoin = "round";
      for (const stroke of this.strokes) {
        brush.beginPath();
        stroke.forEach(([x, y], i) => (i ? brush.lineTo(x * width, y * width) : brush.moveTo(x * width, y * width)));
        if (stroke.length === 1) brush.lineTo(stroke[0][0] * width + 0.1, stroke[0][1] * width);
        brush.stroke();
      }
    },
    at(event) {
      const box = this.$refs.canvas.getBoundingClientRect();
      const round = (value) => Math.round(value * 1e4) / 1e4;
      return [round((event.clientX - box.left) / box.width), round((event.clientY - box.top) / box.width), Math.round(performance.now() - this.began)];
    },
    down(event) {
      event.preventDefault();
      this.pointer = event.pointerId;
      this.$refs.canvas.setPointerCapture?.(event.pointerId);
      if (!this.strokes.length) this.began = performance.now();
      this.strokes.push([this.at(event)]);
      this.empty = false;
      this.draw();
    },
    move(event) {
      if (event.pointerId !== this.pointer || !this.strokes.length || this.points() > 6000) return;
      this.strokes.at(-1).push(this.at(event));
      this.draw();
    },
    up(event) {
      if (event.pointerId !== this.pointer) return;
      this.pointer = null;
      this.$emit("change", { strokes: this.strokes.length, points: this.points() });
    },
    points() {
      return this.strokes.reduce((sum, stroke) => sum + stroke.length, 0);
    },
    clear() {
      this.strokes = [];
      this.empty = true;
      this.draw();
      this.$emit("change", { strokes: 0, points: 0 });
    },
    /** What the page asks for when the person goes on: strokes and a PNG (600 wide, transparent) as base64, or null when nothing was drawn. */
    result() {
      if (!this.strokes.length) return null;
      const box = this.$refs.canvas.getBoundingClientRect(), picture = document.createElement("canvas");
      picture.width = 600;
      picture.height = Math.max(1, Math.round((600 * box.height) / box.width));
      this.ink(picture.getContext("2d"), 600);
      return { strokes: this.strokes, png: picture.toDataURL("image/png").split(",")[1], width: picture.width, height: picture.height };
    },
  },
  created() {
    this.strokes = [];
    this.pointer = null;
  },
  mounted() {
    const canvas = this.$refs.canvas;
    canvas.addEventListener("pointerdown", this.down);
    canvas.addEventListener("pointermove", this.move);
    canvas.addEventListener("pointerup", this.up);
    canvas.addEventListener("pointercancel", this.up);
    this.watcher = new ResizeObserver(() => this.fit());
    this.watcher.observe(canvas);
  },
  beforeUnmount() {
    this.watcher?.disconnect();
    this.strokes = [];
  },
};
