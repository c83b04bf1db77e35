// Drawing a signature so that it feels like ink: smooth curves through what the finger, pen or mouse said, thinner where it was quick or light. A stroke is
// [x, y, ms] with x and y as parts of the width; what is drawn from those three numbers alone looks the same wherever it is drawn again.
const MOST_POINTS = 6000, QUICK = 2.2; // widths a second at which a line is thinnest

const middle = (a, b) => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];

/** How thick the ink is at a point, 0.55 … 1.25 of a pen's width: by pressure where a pen tells it, else by speed. */
function thick(before, now, pressure) {
  if (pressure > 0) return 0.55 + 0.7 * Math.min(1, pressure);
  const ms = Math.max(1, now[2] - before[2]), way = Math.hypot(now[0] - before[0], now[1] - before[1]);
  return 1.25 - 0.7 * Math.min(1, (way / ms) * 1000 / QUICK);
}

/** Draw strokes on a canvas of this width. `pressures` beside them are optional and only of the moment. */
export function ink(brush, strokes, width, colour, pressures = []) {
  brush.strokeStyle = brush.fillStyle = colour;
  brush.lineCap = brush.lineJoin = 'round';
  const pen = Math.max(2, width / 170);
  strokes.forEach((stroke, number) => {
    let wide = 1;
    if (stroke.length === 1) {
      brush.beginPath();
      brush.arc(stroke[0][0] * width, stroke[0][1] * width, pen * 0.7, 0, 2 * Math.PI);
      brush.fill();
    }
    let from = stroke[0];
    for (let at = 1; at < stroke.length; at += 1) {
      wide += 0.35 * (thick(stroke[at - 1], stroke[at], pressures[number]?.[at]) - wide); // ink swells and thins, it does not jump
      const to = at === stroke.length - 1 ? stroke[at] : middle(stroke[at], stroke[at + 1]);
      brush.lineWidth = pen * wide;
      brush.beginPath();
      brush.moveTo(from[0] * width, from[1] * width);
      brush.quadraticCurveTo(stroke[at][0] * width, stroke[at][1] * width, to[0] * width, to[1] * width);
      brush.stroke();
      from = to;
    }
  });
}

/** A canvas to sign on with finger, pen or mouse. `changed()` is called after each stroke and when it was cleared. */
export class Pen {
  constructor(canvas, changed) {
    Object.assign(this, { canvas, changed, strokes: [], pressures: [], pointer: null, began: 0 });
    this.handlers = { pointerdown: (e) => this.down(e), pointermove: (e) => this.move(e), pointerup: (e) => this.up(e), pointercancel: (e) => this.up(e), touchstart: (e) => e.preventDefault() };
    for (const [name, handler] of Object.entries(this.handlers)) canvas.addEventListener(name, handler, { passive: false });
    this.watcher = new ResizeObserver(() => this.fit());
    this.watcher.observe(canvas);
  }

  fit() {
    const box = this.canvas.getBoundingClientRect(), ratio = Math.min(2, window.devicePixelRatio || 1);
    if (!box.width) return;
    this.canvas.width = Math.round(box.width * ratio);
    this.canvas.height = Math.round(box.height * ratio);
    this.draw();
  }

  draw() {
    this.frame = null;
    const brush = this.canvas.getContext('2d');
    brush.clearRect(0, 0, this.canvas.width, this.canvas.height);
    ink(brush, this.strokes, this.canvas.width, getComputedStyle(document.documentElement).getPropertyValue('--ink').trim(), this.pressures);
  }

  soon() {
    this.frame ??= requestAnimationFrame(() => this.draw());
  }

  at(event) {
    const box = this.canvas.getBoundingClientRect(), round = (value) => Math.round(value * 1e4) / 1e4;
    return [round((event.clientX - box.left) / box.width), round((event.clientY - box.top) / box.width), Math.max(0, Math.round(event.timeStamp - this.began))];
  }

  down(event) {
    if (this.pointer !== null || event.button > 0) return; // a resting palm does not sign
    event.preventDefault();
    this.pointer = event.pointerId;
    this.canvas.setPointerCapture?.(event.pointerId);
    if (!this.strokes.length) this.began = event.timeStamp;
    this.strokes.push([this.at(event)]);
    this.pressures.push([this.pressure(event)]);
    this.soon();
  }

  move(event) {
    if (event.pointerId !== this.pointer || this.points() > MOST_POINTS) return;
    const stroke = this.strokes.at(-1), pressures = this.pressures.at(-1);
    for (const one of event.getCoalescedEvents?.() || []) this.add(stroke, pressures, one);
    this.add(stroke, pressures, event);
    this.soon();
  }

  add(stroke, pressures, event) {
    const point = this.at(event), last = stroke.at(-1);
    if (point[0] === last[0] && point[1] === last[1]) return;
    stroke.push(point);
    pressures.push(this.pressure(event));
  }

  pressure(event) {
    return event.pointerType === 'pen' ? event.pressure : 0;
  }

  up(event) {
    if (event.pointerId !== this.pointer) return;
    this.pointer = null;
    this.changed();
  }

  points() {
    return this.strokes.reduce((sum, stroke) => sum + stroke.length, 0);
  }

  clear() {
    this.strokes = [];
    this.pressures = [];
    this.pointer = null;
    this.draw();
    this.changed();
  }

  /** What was drawn as a PNG of this width, base64. */
  png(width) {
    const box = this.canvas.getBoundingClientRect(), picture = document.createElement('canvas');
    picture.width = width;
    picture.height = Math.max(1, Math.round((width * box.height) / box.width));
    ink(picture.getContext('2d'), this.strokes, width, getComputedStyle(document.documentElement).getPropertyValue('--ink').trim());
    return { png: picture.toDataURL('image/png').split(',')[1], width: picture.width, height: picture.height };
  }

  close() {
    this.watcher.disconnect();
    cancelAnimationFrame(this.frame);
    for (const [name, handler] of Object.entries(this.handlers)) this.canvas.removeEventListener(name, handler);
    this.strokes = this.pressures = [];
  }
}
