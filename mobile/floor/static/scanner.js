// Codes from the camera: frames go to the browser's own detector where there is one (Android), else to zxing in a worker of ours.
// One stream a visit; it stops when the page is hidden and comes back when it is looked at.
import { prefs, setPref } from './prefs.js';
import { readCode } from './rules.js';

/** What a text stands for: our code where it is one, so that the QR and the bars of one label are one thing. */
export const keyOf = (text) => readCode(text).code || text;

/** Turns "this is in the picture" into events: held still it is one event; gone for `gap` ms and shown again it is a second one. */
export class HoldGate {
  constructor(gap = 1200) {
    this.gap = gap;
    this.seen = new Map();
  }

  /** What is in one frame at `at` ms; returns the new ones. */
  frame(keys, at) {
    const fresh = [];
    for (const key of keys) {
      const last = this.seen.get(key);
      if (last === undefined || at - last > this.gap) fresh.push(key);
      this.seen.set(key, at);
    }
    for (const [key, last] of this.seen) if (at - last > this.gap * 4) this.seen.delete(key);
    return fresh;
  }
}

/** What of a frame is meant: labels of ours, each once; anything else only where there is none of ours. */
export function meant(texts) {
  const keys = [...new Set(texts.filter(Boolean).map(keyOf))];
  const ours = keys.filter((key) => readCode(key).code);
  return ours.length ? ours : keys.slice(0, 1);
}

const FORMATS = ['qr_code', 'code_128'];
let worker = null;
let turn = 0;
const pending = new Map();

function decoder() {
  if (worker) return worker;
  worker = new Worker(new URL('./decoder.js', import.meta.url));
  worker.onmessage = ({ data }) => {
    pending.get(data.id)?.(data.texts);
    pending.delete(data.id);
  };
  worker.onerror = () => {
    for (const done of pending.values()) done([]);
    pending.clear();
    worker = null;
  };
  return worker;
}

/** What the worker reads in a picture; nothing where there is no worker. */
async function ask(message, moved) {
  let there;
  try {
    there = decoder();
  } catch {
    return [];
  }
  const id = (turn += 1);
  return new Promise((done) => {
    pending.set(id, done);
    there.postMessage({ id, ...message }, moved);
  });
}

// Drawing a frame to read its pixels costs the page several milliseconds; where the browser can, the worker does that too.
const apart = typeof OffscreenCanvas === 'function' && typeof createImageBitmap === 'function';

async function nativeDetector() {
  if (!('BarcodeDetector' in globalThis)) return null;
  try {
    const known = await BarcodeDetector.getSupportedFormats();
    return FORMATS.every((format) => known.includes(format)) ? new BarcodeDetector({ formats: FORMATS }) : null;
  } catch {
    return null; // present but without its service: ours then
  }
}

/** A frame at most this wide is enough for a label in the hand and keeps a cheap phone quick. */
const WIDEST = 1280;
const FROZEN_MS = 4000; // a picture that stands still this long is dead (iOS after the background)
const BREATH_MS = 30; // between two looks at least, so that a slow phone does nothing but decode never

export class Camera {
  /** `onCode(text)` for one code, `onSeveral(codes)` when several labels came into view together, `onState(state, abilities)`. */
  constructor(video, onCode, onState) {
    Object.assign(this, { video, onCode, onState, onSeveral: null, mayZoom: false, gate: new HoldGate(prefs().gap), stream: null, wanted: false, detector: undefined });
    this.canvas = document.createElement('canvas');
    this.whenShown = () => (document.visibilityState === 'visible' ? this.wanted && this.start() : this.pause());
    document.addEventListener('visibilitychange', this.whenShown);
  }

  static possible() {
    return Boolean(globalThis.isSecureContext && navigator.mediaDevices?.getUserMedia);
  }

  async start(deviceId = this.deviceId) {
    this.wanted = true;
    this.gate.gap = prefs().gap;
    if (deviceId !== this.deviceId) this.pause();
    this.deviceId = deviceId;
    if (!Camera.possible()) return this.onState('none');
    if (this.stream || this.asking) return undefined;
    this.asking = true;
    this.onState('asking');
    try {
      decoder(); // compiled while the camera wakes up
    } catch {
      // no worker here: the browser's own detector, or a typed code
    }
    try {
      const stream = await this.open(deviceId);
      if (!this.wanted || document.visibilityState !== 'visible') {
        stream.getTracks().forEach((track) => track.stop());
        return undefined;
      }
      this.stream = stream;
      this.track = stream.getVideoTracks()[0];
      this.track.addEventListener('ended', () => this.stream === stream && (this.pause(), this.onState('lost')));
      this.video.srcObject = stream;
      await this.video.play().catch(() => {}); // some browsers want a tap first; the frame loop waits for pictures anyway
      this.detector ??= await nativeDetector();
      this.told = '';
      this.settle();
      this.loop(stream);
    } catch (error) {
      this.onState(error?.name === 'NotAllowedError' ? 'denied' : error?.name === 'NotFoundError' ? 'none' : 'failed');
    } finally {
      this.asking = false;
    }
    return undefined;
  }

  /** The wanted lens, or the one at the back when it is not there any more. Only a lens named exactly is surely the one that opens. */
  async open(deviceId) {
    // Chromium keeps a camera's zoom from a page that did not ask for it together with the camera; others pass over the word.
    const wish = { width: { ideal: 1280 }, height: { ideal: 720 }, ...(this.mayZoom && { zoom: true }) };
    const ask = (which) => navigator.mediaDevices.getUserMedia({ video: { ...which, ...wish }, audio: false });
    const back = { facingMode: { ideal: 'environment' } };
    if (!deviceId) return ask(back);
    return ask({ deviceId: { exact: deviceId } }).catch((error) => {
      if (error?.name === 'NotAllowedError') throw error;
      return ask(back);
    });
  }

  /** Say what this camera can do, and set it as it was left. Asked once more with the first picture: some phones know their lamp only then. */
  settle() {
    const can = this.abilities();
    if (this.told === JSON.stringify(can)) return;
    this.told = JSON.stringify(can);
    if (can.torch && prefs().torch) this.torch(true);
    const kept = can.zoom && prefs().zoom[can.deviceId];
    if (kept) this.zoom(Math.min(can.zoom.max, Math.max(can.zoom.min, kept)));
    this.onState('on', can);
  }

  abilities() {
    const can = this.track?.getCapabilities?.() || {};
    return { torch: Boolean(can.torch), zoom: can.zoom && can.zoom.max > can.zoom.min ? can.zoom : null, deviceId: this.track?.getSettings?.().deviceId };
  }

  /** A look at each new picture, one at a time; a dead picture is noticed. */
  async loop(stream) {
    let shown = -1;
    let since = performance.now();
    while (this.stream === stream) {
      const began = performance.now();
      const { video } = this;
      if (video.readyState >= 2 && video.videoWidth && video.currentTime !== shown) {
        if (shown < 0) this.settle();
        shown = video.currentTime;
        since = began;
        const texts = await this.decode(video, video.videoWidth, video.videoHeight);
        if (this.stream !== stream) return;
        this.seen(texts);
      } else if (began - since > FROZEN_MS) {
        this.pause();
        this.onState('lost');
        return;
      }
      // As long a rest as the look took: half of one core at the most, on whatever phone.
      await new Promise((go) => setTimeout(go, Math.max(BREATH_MS, Math.min(120, performance.now() - began))));
    }
  }

  seen(texts) {
    const keys = meant(texts);
    const fresh = this.gate.frame(keys, performance.now());
    if (!fresh.length) return;
    if (fresh.length > 1 && this.onSeveral) this.onSeveral(keys);
    else for (const key of fresh) this.onCode(key);
  }

  async decode(source, width, height, widest = WIDEST) {
    if (this.detector) {
      try {
        return (await this.detector.detect(source)).map((found) => found.rawValue);
      } catch {
        this.detector = null; // it gave up (seen on devices without the service): ours from now on
      }
    }
    const scale = Math.min(1, widest / Math.max(width, height));
    const size = { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
    if (apart) {
      try {
        const frame = await createImageBitmap(source);
        return await ask({ frame, ...size }, [frame]);
      } catch {
        // a picture this browser does not hand over: drawn here then
      }
    }
    Object.assign(this.canvas, size);
    const brush = this.canvas.getContext('2d', { willReadFrequently: true });
    brush.drawImage(source, 0, 0, size.width, size.height);
    const { buffer } = brush.getImageData(0, 0, size.width, size.height).data;
    return ask({ pixels: buffer, ...size }, [buffer]);
  }

  /** What labels say in a photo: what is left when there is no live camera. Tried small, then with every point it has. */
  async photo(file) {
    const image = await createImageBitmap(file, { imageOrientation: 'from-image' });
    for (const widest of [WIDEST, 2600, 700]) {
      const keys = meant(await this.decode(image, image.width, image.height, widest));
      if (keys.some((key) => readCode(key).code)) return keys;
    }
    return [];
  }

  async torch(on) {
    setPref('torch', on);
    await this.track?.applyConstraints?.({ advanced: [{ torch: on }] }).catch(() => {});
  }

  async zoom(value) {
    const lens = this.abilities().deviceId;
    if (lens) setPref('zoom', { ...prefs().zoom, [lens]: value });
    await this.track?.applyConstraints?.({ advanced: [{ zoom: value }] }).catch(() => {});
  }

  pause() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = null;
    this.track = null;
    if (this.video) this.video.srcObject = null;
  }

  close() {
    this.wanted = false;
    document.removeEventListener('visibilitychange', this.whenShown);
    this.pause();
  }
}

/** Cameras to choose from; labels are known only after the first permission. */
export async function cameras() {
  if (!navigator.mediaDevices?.enumerateDevices) return [];
  return (await navigator.mediaDevices.enumerateDevices()).filter((one) => one.kind === 'videoinput');
}
