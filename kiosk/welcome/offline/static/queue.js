// What this kiosk took while the server could not be reached (offline.md, "The design"): sealed to the office's own key before it is written, so that
// nobody at this glass can read it again; one strict transaction an entry; deleted only when the server's own answer names it. Each goes out under the
// id it got here, however often; a bad one never holds up the others.
const NAME = 'foyer-kiosk', AT_ONCE = 50;
let opened = null;

function database() {
  opened ??= new Promise((done, failed) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore('entries', { keyPath: 'op_id' }).createIndex('seq', 'seq');
      asked.result.createObjectStore('meta');
    };
    asked.onsuccess = () => {
      asked.result.onversionchange = asked.result.onclose = () => ((opened = null), asked.result.close());
      done(asked.result);
    };
    asked.onerror = () => ((opened = null), failed(asked.error));
  });
  return opened;
}

async function within(mode, work) {
  const db = await database();
  return new Promise((done, failed) => {
    const tx = db.transaction(['entries', 'meta'], mode, { durability: 'strict' });
    const result = work(tx.objectStore('entries'), tx.objectStore('meta'));
    tx.oncomplete = () => done(result?.result ?? result?.value);
    tx.onerror = tx.onabort = () => failed(tx.error);
  });
}

export const meta = (key) => within('readonly', (_, store) => store.get(key));
export const setMeta = (key, value) => within('readwrite', (_, store) => store.put(value, key));

/** How many entries wait, and how many the server could not read. */
export async function counts() {
  const all = (await within('readonly', (entries) => entries.getAll())) || [];
  return { waiting: all.filter((one) => one.state === 'queued').length, aside: all.filter((one) => one.state === 'aside').length };
}

// ── time ──

const bootId = crypto.randomUUID?.() || String(Math.random());
export const officeNow = (pack) => Date.now() + (pack?.offset_ms || 0);
const iso = (ms) => new Date(ms).toISOString();

export function uuid7() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  let at = Date.now();
  for (let place = 5; place >= 0; place -= 1) {
    bytes[place] = at % 256;
    at = Math.floor(at / 256);
  }
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((one) => one.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

// ── sealing ──

const text = new TextEncoder();
const base64 = (bytes) => {
  let signs = '';
  for (let at = 0; at < bytes.length; at += 0x8000) signs += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(signs);
};

/** Only the office's server opens this (core/foundation/vault.open_box). */
export async function seal(jwk, said, about) {
  const theirs = await crypto.subtle.importKey('jwk', jwk, { name: 'ECDH', namedCurve: 'P-256' }, false, []);
  const ours = await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, false, ['deriveBits']);
  const point = new Uint8Array(await crypto.subtle.exportKey('raw', ours.publicKey));
  const shared = await crypto.subtle.deriveBits({ name: 'ECDH', public: theirs }, ours.privateKey, 256);
  const material = await crypto.subtle.importKey('raw', shared, 'HKDF', false, ['deriveKey']);
  const key = await crypto.subtle.deriveKey({ name: 'HKDF', hash: 'SHA-256', salt: point, info: text.encode('foyer box') }, material, { name: 'AES-GCM', length: 256 }, false, ['encrypt']);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const closed = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: text.encode(about) }, key, text.encode(JSON.stringify(said))));
  const whole = new Uint8Array(65 + 12 + closed.length);
  whole.set(point);
  whole.set(iv, 65);
  whole.set(closed, 77);
  return base64(whole);
}

/** Write one entry down; answers when it is on the disk. `mark` is remembered until everything was sent, so that a code is not taken twice here. */
export async function keep(said, mark) {
  const pack = await meta('pack');
  const op_id = uuid7(), at = officeNow(pack);
  const box = await seal(pack.box, said, op_id);
  const seq = ((await meta('seq')) || 0) + 1, marks = (await meta('marks')) || [];
  const entry = { op_id, seq, state: 'queued', box, occurred_at: iso(at), clock_offset_ms: pack.offset_ms, contact_at: iso(pack.contact_at), monotonic_ms: Math.round(performance.now()), boot_id: bootId };
  await within('readwrite', (entries, store) => {
    entries.add(entry);
    store.put(seq, 'seq');
    if (mark) store.put([...marks, mark].slice(-500), 'marks');
  });
  return entry;
}

/** A code's mark: what is kept of it until everything was sent. */
export async function markOf(words) {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', text.encode(words)));
  return [...digest.slice(0, 12)].map((one) => one.toString(16).padStart(2, '0')).join('');
}

export const isMarked = async (mark) => ((await meta('marks')) || []).includes(mark);

// ── sending ──

let sending = null;

/** Send what waits, oldest first. Answers whether everything that can be sent is sent; throws nothing. */
export function flush() {
  sending ??= send().catch(() => false).finally(() => (sending = null));
  return sending;
}

async function send() {
  for (;;) {
    const all = (await within('readonly', (entries) => entries.index('seq').getAll())) || [];
    const queued = all.filter((one) => one.state === 'queued'), waiting = queued.slice(0, AT_ONCE);
    const pack = await meta('pack');
    if (!waiting.length) {
      if (!all.length) await setMeta('marks', []);
      return true;
    }
    const body = waiting.map((one) => ({
      op_id: one.op_id, kind: 'visit.keep_offline', occurred_at: one.occurred_at, device_seq: one.seq, clock_offset_ms: one.clock_offset_ms,
      contact_at: one.contact_at, monotonic_ms: one.monotonic_ms, boot_id: one.boot_id, payload: { box: one.box },
    }));
    const answer = await fetch('/api/v1/operations', {
      method: 'POST', cache: 'no-store', body: JSON.stringify(body),
      headers: {
        'Content-Type': 'application/json', 'Foyer-Surface': 'kiosk', 'Foyer-Device-Seq': String((await meta('seq')) || 0), 'Foyer-Phone': `${queued.length};;`,
        'Foyer-Clock': `${iso(officeNow(pack))};${Math.round(performance.now())};${bootId};${iso(Date.now())}`,
      },
      signal: AbortSignal.timeout(20000),
    });
    if (!answer.ok || !(answer.headers.get('content-type') || '').includes('json')) return false; // nothing of ours: keep everything
    const told = await answer.json();
    if (!Array.isArray(told)) return false;
    const byId = new Map(told.map((one) => [one?.op_id, one]));
    let moved = 0;
    await within('readwrite', (entries) => {
      for (const one of waiting) {
        const said = byId.get(one.op_id);
        if (said?.status === 'accepted' || said?.status === 'refused') entries.delete(one.op_id);
        else if (said?.status === 'invalid' && !['op.not_allowed', 'op.failed'].includes(said.code)) entries.put({ ...one, state: 'aside', code: said.code });
        else continue;
        moved += 1;
      }
    });
    if (!moved) return false;
  }
}

// ── what is known while the server is away ──

/** The office's keys, texts and times, fetched while the server is there. */
export async function refresh() {
  const asked = Date.now();
  const answer = await fetch('/api/v1/kiosk/offline', { cache: 'no-store', headers: { 'Foyer-Surface': 'kiosk' }, signal: AbortSignal.timeout(15000) });
  if (!answer.ok) return null;
  const pack = await answer.json();
  const now = Date.parse(pack.now) + (Date.now() - asked) / 2;
  const kept = { ...pack, offset_ms: Math.round(now - Date.now()), contact_at: now };
  await setMeta('pack', kept);
  return kept;
}

export async function healthy() {
  try {
    const answer = await fetch('/healthz', { cache: 'no-store', signal: AbortSignal.timeout(2500) });
    return answer.ok && (await answer.json()).status === 'ok';
  } catch {
    return false;
  }
}
