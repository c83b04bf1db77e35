// The phone's own database: one connection that comes back by itself, and writes that are on the disk before anything beeps.
import { openDB } from './vendor/idb.js';

const NAME = 'foyer-floor';
let opening = null;

async function open() {
  return openDB(NAME, 1, {
    upgrade(db) {
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
const channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel('foyer-floor') : null;
if (channel) channel.onmessage = () => listeners.forEach((listener) => listener());

/** Call `listener` after every change, made in this tab or another one. Returns the function that ends it. */
export function onChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function changed() {
  listeners.forEach((listener) => listener());
  channel?.postMessage('changed');
}
