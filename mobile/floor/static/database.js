// The phone's own database: one connection that comes back by itself, and writes that are on the disk before anything beeps.
import { openDB } from './vendor/idb.js';

const NAME = 'foyer-floor';
const VERSION = 2;
let opening = null;

async function open() {
  return openDB(NAME, VERSION, {
    async upgrade(db, from, _to, tx) {
      if (from < 1) {
        db.createObjectStore('meta');
        const ops = db.createObjectStore('ops', { keyPath: 'op_id' });
        ops.createIndex('state_seq', ['state', 'device_seq']);
        const sent = db.createObjectStore('sent', { keyPath: 'op_id' });
        sent.createIndex('sent_at', 'sent_at');
        const rows = db.createObjectStore('rows', { keyPath: 'id' });
        rows.createIndex('round', 'round');
        db.createObjectStore('runs', { keyPath: 'run_id' });
        db.createObjectStore('blobs', { keyPath: 'sha256' });
        db.createObjectStore('bundles', { keyPath: 'person_id' });
        db.createObjectStore('keys', { keyPath: 'person_id' });
      }
      if (from < 2) await second(db, tx, from);
    },
    blocking(_old, _new, event) {
      event.target.close();
      opening = null;
    },
    terminated() {
      opening = null;
    },
  });
}

/** Version 2: whose everything is, photos to send by an index (their bytes stay on the disk), what is locked away, pictures of codes. */
async function second(db, tx, from) {
  tx.objectStore('ops').createIndex('actor_state', ['actor_id', 'state']);
  tx.objectStore('blobs').createIndex('todo', ['person_id', 'todo']);
  tx.objectStore('sent').createIndex('actor', 'actor_id');
  tx.objectStore('rows').createIndex('person', 'person_id');
  db.createObjectStore('vault', { keyPath: 'person_id' });
  const stills = db.createObjectStore('stills', { keyPath: 'id' });
  stills.createIndex('person', 'person_id');
  stills.createIndex('state', 'state');
  if (from === 0) return;
  const owner = (await tx.objectStore('meta').get('session'))?.person.id;
  for (const [name, change] of [
    ['rows', (row) => ({ ...row, person_id: owner })],
    ['runs', (run) => ({ ...run, person_id: owner })],
    ['blobs', (blob) => (blob.done || blob.draft ? blob : { ...blob, todo: 1 })],
  ]) {
    for (let cursor = await tx.objectStore(name).openCursor(); cursor; cursor = await cursor.continue()) await cursor.update(change(cursor.value));
  }
}

/** The open connection; opened again when the browser closed it under the app. */
export function connection() {
  opening ??= open().catch((error) => {
    opening = null;
    throw error;
  });
  return opening;
}

const CLOSED = new Set(['InvalidStateError', 'UnknownError']);

async function withConnection(work) {
  try {
    return await work(await connection());
  } catch (error) {
    if (!CLOSED.has(error?.name)) throw error;
    opening = null; // closed under us: the transaction never began, so doing it once more is safe
    return work(await connection());
  }
}

/** Run `work(transaction)` in one strict transaction: it returns only when the disk has it, or throws and nothing was written. */
export function write(stores, work) {
  return withConnection(async (db) => {
    const transaction = db.transaction(stores, 'readwrite', { durability: 'strict' });
    const done = transaction.done.then(() => null, (error) => error || new DOMException('aborted', 'AbortError'));
    let result;
    try {
      result = await work(transaction);
    } catch (error) {
      try {
        transaction.abort();
      } catch {
        // it is already over
      }
      throw (await done) && transaction.error ? transaction.error : error;
    }
    const failure = await done;
    if (failure) throw failure;
    return result;
  });
}

export const read = (work) => withConnection(work);
export const meta = (key) => read((db) => db.get('meta', key));
export const setMeta = (key, value) => write(['meta'], (tx) => tx.objectStore('meta').put(value, key));

const listeners = new Set();
const strangers = new Set();
const channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel('foyer-floor') : null;
if (channel) {
  channel.onmessage = () => {
    strangers.forEach((listener) => listener());
    listeners.forEach((listener) => listener());
  };
}

/** Call `listener` after every change, made in this tab or another one. Returns the function that ends it. */
export function onChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Call `listener` before the others when another tab changed something: what is remembered in this one may be old. */
export const onForeignChange = (listener) => strangers.add(listener);

export function changed() {
  listeners.forEach((listener) => listener());
  channel?.postMessage('changed');
}
