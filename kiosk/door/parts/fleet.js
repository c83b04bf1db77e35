// What this screen really shows, told to the desk: its own words, and a small picture drawn from what stands on the page.
// Methods of the door element. Nothing is sent while nothing changes, but once in half an hour and when the desk asks.

import { ask } from "foyer-door/server.js";
import { MINUTE, SECOND } from "foyer-door/words.js";

const TELL_EVERY = 30 * MINUTE;
const WIDTH = 320;
const MOST = 60000; // signs of a picture

/** The page as a small picture: grounds, shapes and words where they really stand. */
export function pictureOf(root) {
  const scale = WIDTH / innerWidth, canvas = document.createElement("canvas");
  canvas.width = WIDTH;
  canvas.height = Math.round(innerHeight * scale);
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  const draw = (element) => {
    const style = getComputedStyle(element), box = element.getBoundingClientRect();
    if (style.display === "none" || style.visibility === "hidden" || !box.width) return;
    pen.globalAlpha = Math.min(1, +style.opacity);
    if (element.tagName === "svg") { drawShape(pen, element, style.color); pen.globalAlpha = 1; return; }
    if (style.backgroundColor !== "rgba(0, 0, 0, 0)") {
      pen.fillStyle = style.backgroundColor;
      pen.beginPath();
      pen.roundRect(box.left, box.top, box.width, box.height, Math.min(parseFloat(style.borderRadius) || 0, box.height / 2));
      pen.fill();
    }
    for (const child of element.childNodes) {
      if (child.nodeType === Node.ELEMENT_NODE) draw(child);
      else if (child.nodeType === Node.TEXT_NODE && child.data.trim()) drawText(pen, child, style);
    }
    pen.globalAlpha = 1;
  };
  pen.fillStyle = getComputedStyle(root).getPropertyValue("--ground") || "#fff";
  pen.fillRect(0, 0, innerWidth, innerHeight);
  draw(root);
  const picture = canvas.toDataURL("image/webp", 0.7);
  return picture.length <= MOST ? picture : "";
}

function drawText(pen, node, style) {
  const range = document.createRange();
  range.selectNodeContents(node);
  const box = range.getBoundingClientRect();
  pen.fillStyle = style.color;
  pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
  pen.textBaseline = "middle";
  pen.fillText(node.data.trim(), box.left, box.top + box.height / 2);
}

function drawShape(pen, svg, color) {
  for (const part of svg.querySelectorAll("circle, rect, path")) {
    const matrix = part.getScreenCTM(), style = getComputedStyle(part);
    if (!matrix) continue;
    pen.save();
    pen.transform(matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f);
    const number = (name) => {
      const given = part.getAttribute(name) || "";
      return (given.endsWith("%") ? (parseFloat(given) / 100) * svg.viewBox.baseVal[name === "height" ? "height" : "width"] : parseFloat(given)) || 0;
    };
    const path = new Path2D(part.tagName === "path" ? part.getAttribute("d") : "");
    if (part.tagName === "circle") path.arc(number("cx"), number("cy"), number("r"), 0, 2 * Math.PI);
    if (part.tagName === "rect") path.roundRect(number("x"), number("y"), number("width"), number("height"), number("rx"));
    if (style.fill !== "none") { pen.fillStyle = style.fill || color; pen.fill(path); }
    if (style.stroke !== "none") {
      pen.strokeStyle = style.stroke;
      pen.lineWidth = parseFloat(style.strokeWidth) || 1;
      if (style.strokeDasharray !== "none" && !part.getAttribute("pathLength")) pen.setLineDash(style.strokeDasharray.split(/[ ,]+/).map(parseFloat));
      pen.stroke(path);
    }
    pen.restore();
  }
}

export const FLEET = {
  /** The desk wants to look: `foyer_show` names the device. */
  show(word) { if (word.device === window.foyerPage?.device) this.tell(true); },
  /** Tell when the state changed, after a moment that differs from door to door, or when it is time. */
  tellWhenDue(at, state) {
    if (state !== this.toldState) { this.toldState = state; this.tellAt = Math.min(this.tellAt, at + (3 + 12 * Math.random()) * SECOND); }
    if (at >= this.tellAt && this.stale === null) this.tell();
  },
  async tell() {
    const at = performance.now();
    this.tellAt = at + TELL_EVERY * (0.9 + 0.2 * Math.random());
    const root = this.$el?.nodeType === Node.ELEMENT_NODE ? this.$el : document.querySelector(".door");
    if (!root || !this.face) return;
    const shown = {
      state: root.dataset.state, word: root.querySelector(".door__word, .door__band strong")?.textContent || "", say: root.querySelector(".door__say, h2")?.textContent || "",
      time: root.querySelector(".door__time, .door__bandtime")?.textContent || "", version: this.version, task: this.task?.name || "", lang: this.lang, night: Boolean(this.face.night),
      panel: `${innerWidth}x${innerHeight}`, up_s: Math.round(at / SECOND), heap_mb: Math.round((performance.memory?.usedJSHeapSize || 0) / 1e6), taps: this.taps,
    };
    const battery = await (navigator.getBattery?.() ?? Promise.resolve(null)).catch(() => null);
    const body = JSON.stringify({ app_version: window.foyerPage?.build || "", battery: battery && !(battery.charging && battery.level === 1) ? Math.round(battery.level * 100) : null, shown, picture: pictureOf(root) });
    await ask(`${this.api}/devices/report`, { method: "POST", headers: { "Content-Type": "application/json" }, body }).catch(() => null);
  },
};
