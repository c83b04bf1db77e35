// What the next person on a shared phone must not read (offline.md, O9–O10). At sign-out everything of a person that is still here is sealed with a
// key that came from the server at sign-in and leaves the phone with its person. The server makes the same key again, so sealed records can be sent by
// whoever holds the phone, and at the next sign-in they are opened here. On plain http a browser cannot seal: then they are only not shown.
import { read, write } from './database.js';

export const CHUNK = 256 * 1024; // of a photo: what is sealed, and sent, at a time
const AT_ONCE = 200;

export const canSeal = () => Boolean(globalThis.crypto?.subtle);

export function base64(buffer) {
  const bytes = new Uint8Array(buffer);
  let text = '';
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}

const bytesOf = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));

/** The key as the browser keeps it: usable here while its person is signed in, never readable. */
export async function keyFrom(text) {
  if (!text || !canSeal()) return null;
  return crypto.subtle.importKey('raw', bytesOf(text), 'AES-GCM', false, ['encrypt', 'decrypt']);
}

const encoder = new TextEncoder();

/** ArrayBuffer of iv and cipher text; `about` is bound to it. */
export async function seal(key, data, about) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const closed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: encoder.encode(about) }, key, data);
  const whole = new Uint8Array(12 + closed.byteLength);
  whole.set(iv);
  whole.set(new Uint8Array(closed), 12);
  return whole.buffer;
}

export const unseal = (key, sealed, about) =>
  crypto.subtle.decrypt({ name: 'AES-GCM', iv: new Uint8Array(sealed, 0, 12), additionalData: encoder.encode(about) }, key, new Uint8Array(sealed, 12));

const sealJson = (key, value, about) => seal(key, encoder.encode(JSON.stringify(value)), about);
const openJson = async (key, sealed, about) => JSON.parse(new TextDecoder().decode(await unseal(key, sealed, about)));

/** How a part of a photo is named, here and to the server. */
export const spanOf = (from, to, total) => `bytes ${from}-${to - 1}/${total}`;

// ── records ──

const LOCAL = ['shown', 'row', 'tries'];

/** The record as the server opens it; what only our screens need travels along and is passed over there. */
export async function sealedOp(key, op) {
  const { state, answer, sealed: _sealed, asked_mono: _mono, asked_boot: _boot, ...whole } = op;
  const inner = { ...whole, local: Object.fromEntries(LOCAL.map((name) => [name, op[name]])) };
  for (const name of LOCAL) delete inner[name];
  return { op_id: op.op_id, actor_id: op.actor_id, device_seq: op.device_seq, state, sealed: await sealJson(key, inner, op.op_id), ...(answer && { answer: { status: answer.status, code: answer.code } }) };
}

async function openedOp(key, kept) {
  const { local, ...inner } = await openJson(key, kept.sealed, kept.op_id);
  const { sealed: _sealed, ...outer } = kept;
  return { ...inner, ...local, ...outer };
}

async function inParts(store, index, range, change) {
  const keys = await read((db) => db.getAllKeysFromIndex(store, index, range));
  for (let at = 0; at < keys.length; at += AT_ONCE) {
    const some = (await read((db) => Promise.all(keys.slice(at, at + AT_ONCE).map((one) => db.get(store, one))))).filter(Boolean);
    const changed = await Promise.all(some.map(change));
    await write([store], async (tx) => {
      for (const [place, next] of changed.entries()) {
        if (!next) continue;
        // Sent in the meantime, or changed: then it is as it should be, or the next try finds it.
        const now = await tx.store.get(next.op_id || next.sha256);
        if (now && now.state === some[place].state && Boolean(now.sealed) === Boolean(some[place].sealed)) await tx.store.put(next);
      }
    });
  }
}

const ofActor = (personId) => IDBKeyRange.bound([personId, ''], [personId, '\uffff']);

// ── photos ──

export async function sealedBlob(key, blob) {
  if (blob.done || !blob.data?.byteLength) return null;
  const total = blob.data.byteLength;
  const parts = [];
  for (let from = 0; from < total; from += CHUNK) {
    const to = Math.min(from + CHUNK, total);
    parts.push({ from, to, sealed: await seal(key, blob.data.slice(from, to), `${blob.sha256} ${spanOf(from, to, total)}`) });
  }
  const { data: _data, ...rest } = blob;
  return { ...rest, size: total, parts };
}

async function openedBlob(key, blob) {
  if (!blob.parts) return null;
  const data = new Uint8Array(blob.size);
  for (const part of blob.parts) data.set(new Uint8Array(await unseal(key, part.sealed, `${blob.sha256} ${spanOf(part.from, part.to, blob.size)}`)), part.from);
  const { parts: _parts, size: _size, ...rest } = blob;
  return { ...rest, data: data.buffer };
}

async function eachBlob(personId, change) {
  const hashes = await read((db) => db.getAllKeys('blobs'));
  for (const sha256 of hashes) {
    const blob = await read((db) => db.get('blobs', sha256));
    if (blob?.person_id !== personId) continue;
    const next = await change(blob);
    if (!next) continue;
    await write(['blobs'], async (tx) => {
      const now = await tx.store.get(sha256);
      if (now && !now.done) await tx.store.put({ ...next, ...(now.todo && { todo: 1 }) });
    });
  }
}

// ── all of a person ──

const PRIVATE = ['rows', 'runs', 'sent', 'stills'];

async function gathered(personId) {
  const found = {};
  await read(async (db) => {
    found.rows = await db.getAllFromIndex('rows', 'person', personId);
    found.runs = (await db.getAll('runs')).filter((run) => run.person_id === personId);
    found.sent = await db.getAllFromIndex('sent', 'actor', personId);
    found.stills = await db.getAllFromIndex('stills', 'person', personId);
    found.basket = (await db.get('meta', `basket:${personId}`)) || null;
  });
  // Pictures are bytes, which JSON cannot hold.
  found.stills = found.stills.map((still) => ({ ...still, data: base64(still.data) }));
  return found;
}

/** Lock everything of this person away. Ends only when nothing readable is left; may be done again after a crash in its middle. */
export async function lockAway(personId, key) {
  await inParts('ops', 'actor_state', ofActor(personId), (op) => (op.sealed ? null : sealedOp(key, op)));
  await eachBlob(personId, (blob) => (blob.parts ? null : sealedBlob(key, blob)));
  const found = await gathered(personId);
  const before = await read((db) => db.get('vault', personId));
  if (!PRIVATE.some((name) => found[name].length) && !found.basket) return;
  if (before) {
    const old = await openJson(key, before.sealed, personId).catch(() => null);
    for (const name of PRIVATE) found[name] = [...(old?.[name] || []), ...found[name]];
  }
  const sealed = await sealJson(key, found, personId);
  await write(['vault', 'meta', ...PRIVATE], async (tx) => {
    await tx.objectStore('vault').put({ person_id: personId, sealed, stills: found.stills.filter((still) => still.state === 'queued').length });
    for (const [name, id] of [['rows', 'id'], ['runs', 'run_id'], ['sent', 'op_id'], ['stills', 'id']]) for (const one of found[name]) await tx.objectStore(name).delete(one[id]);
    await tx.objectStore('meta').delete(`basket:${personId}`);
  });
}

/** Open again what was locked away for this person. What does not open (the office's secret is a new one) stays as it is and can still be sent. */
export async function unlock(personId, key) {
  if (!key) return;
  await inParts('ops', 'actor_state', ofActor(personId), (op) => (op.sealed ? openedOp(key, op).catch(() => null) : null));
  await inParts('sent', 'actor', IDBKeyRange.only(personId), (op) => (op.sealed ? openedOp(key, op).catch(() => null) : null));
  await eachBlob(personId, (blob) => openedBlob(key, blob).catch(() => null));
  const kept = await read((db) => db.get('vault', personId));
  if (!kept) return;
  const found = await openJson(key, kept.sealed, personId).catch(() => null);
  if (!found) return;
  await write(['vault', 'meta', ...PRIVATE], async (tx) => {
    for (const name of PRIVATE) {
      for (const one of found[name]) await tx.objectStore(name).put(name === 'stills' ? { ...one, data: bytesOf(one.data).buffer } : one);
    }
    if (found.basket) await tx.objectStore('meta').put(found.basket, `basket:${personId}`);
    await tx.objectStore('vault').delete(personId);
  });
}

// ── carried by hand ──

/** Every unsent record on this phone whose person is signed in, or that was sealed: as a file for the office's desk. `people`: the keys by person. */
export async function queueFile(keys, { device_id: deviceId, highest_seq: highest, exported_at: at }) {
  const byPerson = new Map();
  const part = (personId) => byPerson.get(personId) || byPerson.set(personId, { person_id: personId, records: [], photos: [] }).get(personId);
  const ids = await read((db) => db.getAllKeys('ops'));
  for (const id of ids) {
    const op = await read((db) => db.get('ops', id));
    const key = op && keys.get(op.actor_id);
    if (!op || (!op.sealed && !key)) continue;
    const closed = op.sealed ? op : await sealedOp(key, op);
    part(op.actor_id).records.push({ op_id: op.op_id, device_seq: op.device_seq, sealed: base64(closed.sealed) });
  }
  const hashes = await read((db) => db.getAllKeys('blobs'));
  for (const sha256 of hashes) {
    const blob = await read((db) => db.get('blobs', sha256));
    if (!blob || blob.done || !blob.todo) continue;
    const key = keys.get(blob.person_id);
    const closed = blob.parts ? blob : key && (await sealedBlob(key, blob));
    if (!closed) continue;
    part(blob.person_id).photos.push({ sha256, type: blob.type, size: closed.size, parts: closed.parts.map((one) => ({ start: one.from, end: one.to - 1, sealed: base64(one.sealed) })) });
  }
  const people = [...byPerson.values()];
  for (const one of people) one.records.sort((a, b) => a.device_seq - b.device_seq);
  return { format: 'foyer-queue', version: 1, device_id: deviceId, highest_seq: highest, exported_at: at, people };
}
