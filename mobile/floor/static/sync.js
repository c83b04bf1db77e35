// Sends what is unsent: at the start, on `online`, when the page is looked at, after each scan, every 30 s and by button. One tab at a time.
// Nothing is forgotten on any answer but the server's own word about that very operation.
import { changed, meta, onChange, read, setMeta, write } from './database.js';
import { clockHeader, learnTime, monotonic, now, setKnownTime } from './identity.js';
import { NoAnswer, call } from './net.js';
import { APP_VERSION, asSent, counts, due, giveUp, prune, settle } from './queue.js';
import { CHUNK, spanOf } from './vault.js';

const MOST = 100;
const STEADY_MS = 30000;
const LINE_CAP_MS = 8000; // a dead line is asked often: it costs nothing, and "reconnect alone empties the queue" within 15 s
const SERVER_CAP_MS = 60000;

/** What the screens show of it. `state`: idle, sending, offline (no answer), trouble (the server cannot just now), login (the sign-in ran out). */
export const status = { state: 'idle', unsent: 0, refused: 0, sentAt: null, failures: 0, since: null, revoked: false, storage: '' };

let batch = MOST;
let running = false;
let again = false;
let timer = null;
let notBefore = 0; // monotonic
let afterSending = async () => {};
let readStills = async () => {};
let takenOut = async () => {};

const visible = () => document.visibilityState === 'visible';

async function count() {
  Object.assign(status, await counts());
}

function tell(state) {
  if (state !== status.state) status.since = now();
  status.state = state;
  changed();
}

/** Wait longer after each failure, with jitter, never past the cap; the server's own Retry-After wins. */
function rest(cap, retryAfter) {
  status.failures += 1;
  const asked = retryAfter ? Number(retryAfter) * 1000 || Math.max(0, Date.parse(retryAfter) - Date.now()) || 0 : 0;
  const grown = Math.min(cap, 1000 * 2 ** Math.min(status.failures, 10));
  const wait = Math.max(asked, grown * (0.5 + Math.random() / 2));
  notBefore = monotonic() + wait;
  schedule(wait);
}

function schedule(wait) {
  clearTimeout(timer);
  timer = setTimeout(() => flush('timer'), Math.min(Math.max(wait, 0), 2 ** 30));
}

/** Send now if anything is due. `force` (a person's tap, `online`, a reload) ignores the rest after a dead line, never the server's Retry-After. */
export async function flush(reason) {
  if (running) {
    again = true;
    return;
  }
  if (monotonic() < notBefore && !(status.state === 'offline' && ['button', 'online', 'visible', 'start'].includes(reason))) {
    schedule(notBefore - monotonic() + 1); // a timer may ring a moment early: it must not be the last one
    return;
  }
  running = true;
  try {
    if (navigator.locks) await navigator.locks.request('foyer-floor-send', { ifAvailable: true }, (lock) => (lock ? round() : busyElsewhere()));
    else await round();
  } catch (error) {
    console.warn('sending stopped', error?.name, error?.message); // the disk failed while reading: the next round tries again
    rest(LINE_CAP_MS);
  } finally {
    running = false;
    await count().catch(() => {});
    changed();
    if (again) {
      again = false;
      queueMicrotask(() => flush('again'));
    } else if (monotonic() >= notBefore) schedule(STEADY_MS);
  }
}

const busyElsewhere = () => schedule(2000);

/** What every contact tells: the highest number of this phone, its clock, how much it still holds and how safely. */
export async function contactHeaders() {
  return {
    'Foyer-Device-Seq': String((await meta('seq')) || 0),
    'Foyer-Clock': clockHeader(),
    'Foyer-Phone': `${status.unsent};${status.storage};${APP_VERSION}`,
  };
}

/** The key to send a person's records with: their own while they are signed in, else the one that can do nothing but send. */
const sendingToken = (key) => (key.signed_out ? key.upload_token : key.token);

async function round() {
  const skip = new Set();
  let sentSome = false;
  let needsLogin = false;
  for (;;) {
    const ops = await due(batch, skip);
    if (!ops.length) break;
    const key = await read((db) => db.get('keys', ops[0].actor_id));
    if (!key || key.expired || !sendingToken(key)) {
      skip.add(ops[0].actor_id);
      needsLogin = true;
      continue;
    }
    if (status.state !== 'sending') tell('sending');
    const outcome = await sendBatch(ops, key, skip);
    if (outcome === 'stop') return;
    if (outcome === 'login') {
      skip.add(ops[0].actor_id);
      needsLogin = true;
    }
    sentSome ||= outcome === 'sent';
  }
  const photos = await sendPhotos(skip);
  if (photos === 'stop') return;
  await readStills();
  await forgetSpentKeys();
  await prune();
  await count();
  if (status.unsent === 0) {
    status.sentAt = now();
    if (sentSome) await setMeta('sent_at', status.sentAt);
  }
  status.failures = 0;
  notBefore = 0;
  if (status.revoked && !needsLogin && (await receivedAll())) await takenOut();
  tell(needsLogin || photos === 'login' ? 'login' : 'idle');
  await afterSending(sentSome);
}

async function sendBatch(ops, key, skip) {
  let answer;
  try {
    answer = await call('POST', '/api/v1/operations', {
      token: sendingToken(key),
      json: ops.map(asSent),
      headers: await contactHeaders(),
    });
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    tell('offline');
    rest(LINE_CAP_MS);
    return 'stop';
  }
  noteTime(answer);
  if (answer.status === 200 && answer.ours && Array.isArray(answer.data)) {
    const settled = await settle(ops, answer.data);
    if (settled.length) {
      status.failures = 0;
      batch = Math.min(MOST, batch * 2);
      for (const { op, answer: said } of settled) {
        if (said.status === 'waiting') skip.add(op.op_id);
        if (said.code === 'waiting.quarantine') status.revoked = true;
      }
    }
    // Operations the answer passes over stay; asking for them again at once would only turn in a circle.
    const named = new Set(settled.map(({ op }) => op.op_id));
    ops.filter((op) => !named.has(op.op_id)).forEach((op) => skip.add(op.op_id));
    if (settled.length) return 'sent';
    tell('trouble');
    rest(SERVER_CAP_MS);
    return 'stop';
  }
  if (answer.status === 401 && answer.ours) {
    await write(['keys'], (tx) => tx.objectStore('keys').put({ ...key, expired: true }));
    return 'login';
  }
  if (answer.status === 413) return shrink(ops, skip, 'batch.too_large');
  if (answer.status >= 500 && answer.ours && ops.length > 1 && status.failures > 0) {
    // One of them may be what the server stumbles over: find out in smaller parcels, so that the others pass.
    batch = Math.max(1, Math.floor(ops.length / 2));
  } else if (answer.status >= 500 && answer.ours && ops.length === 1 && status.failures > 2) {
    skip.add(ops[0].op_id);
    return 'passed over';
  }
  tell(answer.ours ? 'trouble' : 'offline'); // a page that is not ours (captive portal) is no connection to us
  rest(answer.ours || answer.status === 429 ? SERVER_CAP_MS : LINE_CAP_MS, answer.headers.get('Retry-After'));
  return 'stop';
}

async function shrink(ops, skip, code) {
  if (ops.length > 1) {
    batch = Math.max(1, Math.floor(ops.length / 2));
    return 'smaller';
  }
  await giveUp(ops[0], code);
  skip.add(ops[0].op_id);
  return 'given up';
}

function noteTime(answer) {
  const server = answer.headers.get('Foyer-Now') || answer.data?.now;
  if (server) setMeta('time', learnTime(server)).catch(() => {});
}

// ── photos: by their hash, in parts, going on where the line broke ──

async function sendPhotos(skip) {
  const keys = await read((db) => db.getAll('keys'));
  let verdict = 'done';
  for (const person of await peopleWithPhotos()) {
    const key = keys.find((one) => one.person_id === person);
    if (!key || key.expired || !sendingToken(key) || skip.has(person)) {
      verdict = 'login';
      continue;
    }
    const hashes = await read((db) => db.getAllKeysFromIndex('blobs', 'todo', IDBKeyRange.only([person, 1])));
    for (const sha256 of hashes) {
      const blob = await read((db) => db.get('blobs', sha256)); // one picture in memory at a time
      const outcome = blob ? await sendPhoto(blob, key) : 'sent';
      if (outcome === 'stop') return 'stop';
      if (outcome === 'login') {
        verdict = 'login';
        break;
      }
    }
  }
  return verdict;
}

async function peopleWithPhotos() {
  return read(async (db) => {
    const found = [];
    let cursor = await db.transaction('blobs').store.index('todo').openKeyCursor(null, 'nextunique');
    for (; cursor; cursor = await cursor.continue()) if (!found.includes(cursor.key[0])) found.push(cursor.key[0]);
    return found;
  });
}

const haveUpTo = (answer) => {
  const range = /bytes=0-(\d+)/.exec(answer.headers.get('Range') || '');
  return range ? Number(range[1]) + 1 : 0;
};

async function sendPhoto(blob, key) {
  const total = blob.parts ? blob.size : blob.data.byteLength;
  const path = `/api/v1/attachments/${blob.sha256}`;
  const put = (range, body) =>
    call('PUT', path, { token: sendingToken(key), body, redirect: 'follow', headers: { 'Content-Range': range, 'Content-Type': blob.type, ...(blob.parts && body && { 'Foyer-Sealed': '1' }) } });
  try {
    let answer = await put(`bytes */${total}`);
    let stuck = 0;
    while (answer.status === 308 && stuck < 3) {
      const have = haveUpTo(answer);
      const from = Math.min(have, total - 1) - (Math.min(have, total - 1) % CHUNK);
      const to = Math.min(from + CHUNK, total);
      const body = blob.parts ? blob.parts.find((part) => part.from === from)?.sealed : blob.data.slice(from, to);
      answer = await put(spanOf(from, to, total), body);
      stuck = answer.status === 308 && haveUpTo(answer) <= have ? stuck + 1 : 0;
    }
    if ([200, 201, 204].includes(answer.status) && (answer.ours || answer.status === 204)) {
      // The bytes may go now: the server has checked them against their hash. The small record stays, so that it is not sent again.
      const { parts: _parts, todo: _todo, refused: _refused, ...rest } = blob;
      await write(['blobs'], (tx) => tx.objectStore('blobs').put({ ...rest, data: new ArrayBuffer(0), done: true }));
      return 'sent';
    }
    if (answer.status === 401 && answer.ours) return 'login';
    if (answer.ours && answer.status >= 400 && answer.status < 500 && answer.status !== 429) {
      const { todo: _todo, ...rest } = blob;
      await write(['blobs'], (tx) => tx.objectStore('blobs').put({ ...rest, draft: true, refused: answer.data?.code || String(answer.status) }));
      return 'refused';
    }
    tell(answer.ours ? 'trouble' : 'offline');
    rest(answer.ours ? SERVER_CAP_MS : LINE_CAP_MS, answer.headers.get('Retry-After'));
    return 'stop';
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    tell('offline');
    rest(LINE_CAP_MS);
    return 'stop';
  }
}

const owes = (personId) =>
  read(async (db) => {
    const [queued, waiting, photos] = await Promise.all([
      db.countFromIndex('ops', 'actor_state', IDBKeyRange.only([personId, 'queued'])),
      db.countFromIndex('ops', 'actor_state', IDBKeyRange.only([personId, 'waiting'])),
      db.countFromIndex('blobs', 'todo', IDBKeyRange.only([personId, 1])),
    ]);
    return queued + waiting + photos;
  });

/** Somebody who signed out is first signed out at the server too; the key that only sends lives until the last of their records is up, and no longer. */
async function forgetSpentKeys() {
  const keys = await read((db) => db.getAll('keys'));
  for (const key of keys.filter((one) => one.signed_out)) {
    if (!key.left) {
      await call('POST', '/api/v1/session/leave', { token: key.upload_token }).catch(() => null);
      await write(['keys'], (tx) => tx.objectStore('keys').put({ ...key, left: true }));
    }
    if (await owes(key.person_id)) continue;
    await call('DELETE', '/api/v1/session', { token: key.upload_token }).catch(() => null);
    await write(['keys'], (tx) => tx.objectStore('keys').delete(key.person_id));
  }
}

/** Whether a phone that was taken out of service holds nothing any more that the server does not have. */
async function receivedAll() {
  return read(async (db) => {
    const queued = await db.countFromIndex('ops', 'state_seq', IDBKeyRange.bound(['queued', 0], ['queued', Infinity]));
    const photos = await db.countFromIndex('blobs', 'todo');
    const stills = await db.countFromIndex('stills', 'state', 'queued');
    if (queued + photos + stills) return false;
    // What the server could not even read is nowhere but here: a person decides about it first.
    let cursor = await db.transaction('ops').store.index('state_seq').openCursor(IDBKeyRange.bound(['refused', 0], ['refused', Infinity]));
    for (; cursor; cursor = await cursor.continue()) if (cursor.value.answer?.status === 'invalid') return false;
    return true;
  });
}

/** How the browser keeps our data: `kept` (it promised), `installed` (on the home screen), `loose` (it may clear it). */
export async function noteStorage() {
  const promised = await navigator.storage?.persisted?.().catch(() => false);
  const installed = globalThis.matchMedia?.('(display-mode: standalone)').matches || navigator.standalone === true;
  status.storage = promised ? 'kept' : installed ? 'installed' : 'loose';
  changed();
  return status.storage;
}

/** Start sending by itself. `onSent(some)` runs after each round that reached the server, `onStills()` before its end, `onTakenOut()` when a phone that
 * the office revoked has handed everything over. */
export async function startSending({ onSent, onStills, onTakenOut }) {
  afterSending = onSent;
  readStills = onStills;
  takenOut = onTakenOut;
  setKnownTime((await meta('time')) || null, (await meta('last_record')) || 0);
  status.sentAt = (await meta('sent_at')) || null;
  await noteStorage();
  await count();
  onChange(() => count().catch(() => {}));
  addEventListener('online', () => flush('online'));
  document.addEventListener('visibilitychange', () => visible() && flush('visible'));
  addEventListener('pageshow', (event) => event.persisted && flush('visible'));
  setInterval(() => visible() && flush('steady'), STEADY_MS);
  flush('start');
}
