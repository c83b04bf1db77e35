// Ids, hashes and time as the phone knows them. Works on plain http too, where the browser offers no crypto.subtle.

const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** A UUIDv7: the moment in the first 48 bits, the rest random. */
export function uuid7(at = Date.now()) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  for (let place = 0; place < 6; place += 1) bytes[place] = Math.floor(at / 2 ** (8 * (5 - place))) % 256;
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const text = hex(bytes);
  return `${text.slice(0, 8)}-${text.slice(8, 12)}-${text.slice(12, 16)}-${text.slice(16, 20)}-${text.slice(20)}`;
}

/** SHA-256 of an ArrayBuffer as hexadecimal text. */
export async function sha256(buffer) {
  if (globalThis.crypto?.subtle) return hex(new Uint8Array(await crypto.subtle.digest('SHA-256', buffer)));
  return hex(plainSha256(new Uint8Array(buffer)));
}

/** FIPS 180-4 without the browser's help. Exported for its test. */
export function plainSha256(message) {
  const primes = [];
  for (let candidate = 2; primes.length < 64; candidate += 1) if (primes.every((prime) => candidate % prime)) primes.push(candidate);
  const fraction = (value) => Math.floor((value - Math.floor(value)) * 2 ** 32) >>> 0;
  const K = primes.map((prime) => fraction(Math.cbrt(prime)));
  const state = primes.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)));
  const padded = new Uint8Array((((message.length + 8) >> 6) + 1) << 6);
  padded.set(message);
  padded[message.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor(message.length / 2 ** 29));
  view.setUint32(padded.length - 4, (message.length << 3) >>> 0);
  const turn = (word, by) => (word >>> by) | (word << (32 - by));
  const w = new Uint32Array(64);
  for (let block = 0; block < padded.length; block += 64) {
    for (let i = 0; i < 16; i += 1) w[i] = view.getUint32(block + i * 4);
    for (let i = 16; i < 64; i += 1) {
      const s0 = turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ (w[i - 15] >>> 3);
      const s1 = turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ (w[i - 2] >>> 10);
      w[i] = (w[i - 16] + s0 + w[i - 7] + s1) >>> 0;
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 64; i += 1) {
      const t1 = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + w[i]) >>> 0;
      const t2 = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) >>> 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) >>> 0, c, b, a, (t1 + t2) >>> 0];
    }
    [a, b, c, d, e, f, g, h].forEach((word, i) => {
      state[i] = (state[i] + word) >>> 0;
    });
  }
  const out = new Uint8Array(32);
  state.forEach((word, i) => new DataView(out.buffer).setUint32(i * 4, word));
  return out;
}

// ── time ──

/** This start of the app: monotonic times of two operations compare only within one. */
export const bootId = uuid7();
export const monotonic = () => Math.round(performance.now());

let known = null; // {offset_ms, wall, mono, boot_id, contact_at}: what the last contact taught
let latest = 0; // the latest corrected moment a record was given, also in earlier starts

const SET_BACK_MS = 2000;

/** What was kept of the last contact, and the moment of the last record: the present is never before it. */
export function setKnownTime(value, lastRecord = 0) {
  known = value;
  latest = lastRecord;
}

/** Note the server's time (ISO text) at a contact; returns what to keep for the next start. */
export function learnTime(server) {
  const at = Date.parse(server);
  if (!Number.isFinite(at)) return known;
  known = { offset_ms: at - Date.now(), wall: Date.now(), mono: monotonic(), boot_id: bootId, contact_at: at };
  latest = 0; // the server's word is newer than what was made of an older one
  return known;
}

/** Milliseconds the phone's clock is behind the server's (negative: ahead); 0 while never in contact. */
export const offset = () => known?.offset_ms ?? 0;

/** The server's time of the last contact in milliseconds, or null: no later record was made before it. */
export const contactAt = () => known?.contact_at ?? null;

/** The corrected present, in milliseconds. A clock set back is noticed, while the app runs by the monotonic one, after a start by the last record; what
 * it showed before is gone on from. A jump forward looks like sleep, so it is believed until the next contact, when the server tells which records
 * were made before it (mobile/phone_clock.py); order always goes by device_seq. */
export function now() {
  const wall = Date.now();
  if (!known) return wall;
  if (known.boot_id === bootId) {
    const byMono = known.wall + (monotonic() - known.mono);
    if (wall < byMono - SET_BACK_MS) known = { ...known, offset_ms: known.offset_ms + (byMono - wall), wall, mono: monotonic() };
  }
  if (wall + known.offset_ms < latest - SET_BACK_MS) known = { ...known, offset_ms: latest - wall };
  return wall + known.offset_ms;
}

/** The present for a record: `{at, offset_ms}`; later records of this and later starts are not before it. */
export function recordTime() {
  const at = now();
  latest = Math.max(latest, at);
  return { at, offset_ms: Math.round(at - Date.now()) };
}

/** Header `Foyer-Clock`: corrected time, monotonic ms, this start, bare clock. */
export const clockHeader = () => `${iso(now())};${monotonic()};${bootId};${iso(Date.now())}`;

/** ISO 8601 with the phone's own zone: `2026-11-23T10:24:05.120+08:00`. */
export function iso(ms = now()) {
  const zone = -new Date(ms).getTimezoneOffset();
  const sign = zone < 0 ? '-' : '+';
  const two = (value) => String(value).padStart(2, '0');
  const local = new Date(ms + zone * 60000).toISOString().slice(0, -1);
  return `${local}${sign}${two(Math.floor(Math.abs(zone) / 60))}:${two(Math.abs(zone) % 60)}`;
}
