// Codes from the camera: frames go to the browser's own detector where there is one (Android), else to zxing in a worker of ours.
// One stream a visit; it stops when the page is hidden and comes back when it is looked at.

/** Turns "this text is in the picture" into events: held still it is one event; gone for `gap` ms and shown again it is a second one. */
export class HoldGate {
  constructor(gap = 1200) {
    this.gap = gap;
    this.seen = new Map();
  }

  /** Texts of one frame at `at` ms; returns the new ones. */
  frame(texts, at) {
    const fresh = [];
    for (const text of texts) {
      const last = this.seen.get(text);
      if (last === undefined || at - last > this.gap) fresh.push(text);
      this.seen.set(text, at);
    }
    for (const [text, last] of this.seen) if (at - last > this.gap * 4) this.seen.delete(text);
    return fresh;
  }
}

const FORMATS = ['qr_code', 'code_128'];
let worker = null;
let turn = 0;
const pending = new Map();

function zxing(image) {
  if (!worker) {
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
  }
  const id = (turn += 1);
  return new Promise((done) => {
    pending.set(id, done);
    worker.postMessage({ id, width: image.width, height: image.height, pixels: image.data.buffer }, [image.data.buffer]);
  });
}

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

export class Camera {
  constructor(video, onCode, onState) {
    Object.assign(this, { video, onCode, onState, gate: new HoldGate(), stream: null, wanted: false, detector: undefined });
    this.canvas = document.createElement('canvas');
    this.whenShown = () => (document.visibilityState === 'visible' ? this.wanted && this.start() : this.pause());
    document.addEventListener('visibilitychange', this.whenShown);
  }

  static possible() {
    return Boolean(globalThis.isSecureContext && navigator.mediaDevices?.getUserMedia);
  }

  async start(deviceId = this.deviceId) {
    this.wanted = true;
    if (deviceId !== this.deviceId) this.pause();
    this.deviceId = deviceId;
    if (!Camera.possible()) return this.onState('none');
    if (this.stream || this.asking) return undefined;
    this.asking = true;
    this.onState('asking');
    try {
      const look = deviceId ? { deviceId: { ideal: deviceId } } : { facingMode: { ideal: 'environment' } };
      const stream = await navigator.mediaDevices.getUserMedia({ video: { ...look, width: { ideal: 1280 }, height: { ideal: 720 } }, audio: false });
      if (!this.wanted) {
        stream.getTracks().forEach((track) => track.stop());
        return undefined;
      }
      this.stream = stream;
      this.track = stream.getVideoTracks()[0];
      this.track.addEventListener('ended', () => this.stream === stream && (this.pause(), this.onState('lost')));
      this.video.srcObject = stream;
      await this.video.play().catch(() => {}); // some browsers want a tap first; the frame loop waits for pictures anyway
      this.detector ??= await nativeDetector();
      this.onState('on', this.abilities());
      this.loop(stream);
    } catch (error) {
      this.onState(error?.name === 'NotAllowedError' ? 'denied' : error?.name === 'NotFoundError' ? 'none' : 'failed');
    } finally {
      this.asking = false;
    }
    return undefined;
  }

  abilities() {
    const can = this.track.getCapabilities?.() || {};
    return { torch: Boolean(can.torch), zoom: can.zoom && can.zoom.max > can.zoom.min ? can.zoom : null, deviceId: this.track.getSettings?.().deviceId };
  }

  async loop(stream) {
    while (this.stream === stream) {
      const began = performance.now();
      if (this.video.readyState >= 2 && this.video.videoWidth) {
        const texts = await this.decode(this.video, this.video.videoWidth, this.video.videoHeight);
        if (this.stream !== stream) return;
        for (const text of this.gate.frame(texts, performance.now())) this.onCode(text);
      }
      await new Promise((go) => setTimeout(go, Math.max(40, 110 - (performance.now() - began))));
    }
  }

  async decode(source, width, height) {
    if (this.detector) {
      try {
        return (await this.detector.detect(source)).map((found) => found.rawValue);
      } catch {
        this.detector = null; // it gave up (seen on devices without the service): ours from now on
      }
    }
    const scale = Math.min(1, WIDEST / Math.max(width, height));
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(height * scale);
    const brush = this.canvas.getContext('2d', { willReadFrequently: true });
    brush.drawImage(source, 0, 0, this.canvas.width, this.canvas.height);
    return zxing(brush.getImageData(0, 0, this.canvas.width, this.canvas.height));
  }

  /** Texts in a photo: what is left when there is no live camera. */
  async photo(file) {
    const image = await createImageBitmap(file);
    return this.decode(image, image.width, image.height);
  }

  async torch(on) {
    await this.track?.applyConstraints({ advanced: [{ torch: on }] }).catch(() => {});
  }

  async zoom(value) {
    await this.track?.applyConstraints({ advanced: [{ zoom: value }] }).catch(() => {});
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
