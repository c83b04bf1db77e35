// A photo of a label that this phone could not read: the server reads it with more patience. Without a network the photo is kept, counts as unsent, and
// is read once the server answers; a count keeps the moment and the place of the photo.
import { bundle } from './bundle.js';
import { changed, read, write } from './database.js';
import { now, uuid7 } from './identity.js';
import { NoAnswer, call } from './net.js';
import { smaller } from './ui.js';
import { me, scanInCount } from './work.js';

const WIDEST = 2200;
const PATIENCE_MS = 20000;

async function ask(data, type) {
  const key = await read((db) => db.get('keys', me.person.id));
  if (!key || key.expired) throw new NoAnswer('not signed in');
  const answer = await call('POST', '/api/v1/labels/read', { token: key.token, body: new Blob([data], { type }), patience: PATIENCE_MS });
  if (answer.ours && answer.status === 200 && Array.isArray(answer.data?.codes)) return answer.data.codes;
  if (answer.ours && answer.status === 422) return [];
  throw new NoAnswer(String(answer.status));
}

/** Codes in a photo by the server's word, or null when the photo was kept for later. `context`: `{stocktake_id, place_id}` of a count, else empty. */
export async function readPhoto(file, context = {}) {
  const at = now();
  const photo = await smaller(file, WIDEST, 0.9);
  try {
    return await ask(photo.data, photo.type);
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
  }
  await write(['stills'], (tx) => tx.objectStore('stills').put({ id: uuid7(), person_id: me.person.id, ...photo, at, context, state: 'queued' }));
  changed();
  return null;
}

export const stills = () => read((db) => db.getAllFromIndex('stills', 'person', me.person?.id || ''));

export async function dropStill(id) {
  await write(['stills'], (tx) => tx.objectStore('stills').delete(id));
  changed();
}

const stocktakeOf = (still) => bundle()?.stocktakes?.find((one) => one.id === still.context.stocktake_id);

/** Count what the photo shows, at the moment and the place it was taken; the photo goes in the same step. Returns the outcome. */
export async function countStill(still, code, quantity) {
  const stocktake = stocktakeOf(still);
  if (!stocktake) return { outcome: 'gone' };
  const result = await scanInCount(stocktake, still.context.place_id, code, quantity, { at: still.at, stores: ['stills'], alongside: (tx) => tx.objectStore('stills').delete(still.id) });
  changed();
  return result;
}

/** Read what was kept, after a round that reached the server. */
export async function readStills() {
  if (!me.person) return;
  const queued = (await stills()).filter((still) => still.state === 'queued');
  for (const still of queued) {
    let codes;
    try {
      codes = await ask(still.data, still.type);
    } catch (error) {
      if (error instanceof NoAnswer) return; // next round
      throw error;
    }
    if (codes.length === 1 && stocktakeOf(still)?.kind === 'asset') {
      const { outcome } = await countStill(still, codes[0]);
      if (outcome === 'saved' || outcome === 'again') continue;
    }
    // Nothing readable, several labels, or more to say (how many?): a person looks at it.
    await write(['stills'], async (tx) => {
      const kept = await tx.objectStore('stills').get(still.id);
      if (kept) await tx.objectStore('stills').put({ ...kept, state: 'failed', codes });
    });
    changed();
  }
}
