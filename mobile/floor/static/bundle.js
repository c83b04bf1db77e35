// What the phone knows without the network: places, things with their labels, people, supplies, open counts and rounds of the signed-in person.
import { changed, meta, read, setMeta, write } from './database.js';
import { learnTime } from './identity.js';
import { NoAnswer, call } from './net.js';

let data = null;
let byCode = new Map();
let places = new Map();
let things = new Map();

export const bundle = () => data;
export const place = (id) => places.get(id);
export const thing = (id) => things.get(id);

function index(found) {
  data = found;
  byCode = new Map();
  places = new Map((found?.places || []).map((one) => [one.id, one]));
  things = new Map();
  if (!found) return;
  const put = (code, entry) => code && !byCode.has(code) && byCode.set(code, entry);
  for (const one of found.places || []) put(one.label, { kind: 'place', subject: one, current: true });
  for (const one of found.supplies || []) {
    things.set(one.id, { ...one, kind: 'supply' });
    put(one.label, { kind: 'supply', subject: things.get(one.id), current: true });
  }
  for (const one of found.things || []) {
    if (!things.has(one.id)) things.set(one.id, one);
    put(one.label, { kind: one.kind, subject: things.get(one.id), current: true });
  }
  for (const round of found.inspections || []) {
    for (const point of round.points) put(point.label, { kind: 'point', subject: point, current: true });
  }
  for (const round of found.stocktakes || []) {
    for (const line of round.expected || []) {
      if (!things.has(line.subject_id)) things.set(line.subject_id, { ...line, id: line.subject_id, kind: round.kind });
      put(line.label, { kind: round.kind, subject: things.get(line.subject_id), current: true });
    }
  }
  // Old labels last: a code that is current for one thing never means another's past.
  for (const one of found.things || []) for (const old of one.old_labels || []) put(old, { kind: one.kind, subject: things.get(one.id), current: false });
}

/** What a code stands for, as far as the phone knows: `{kind, subject, current}` (`current` false: a replaced label), or undefined. */
export const lookUp = (code) => byCode.get(code);

/** Points of rounds may share their label with an asset or place: whether `code` is the label of this point. */
export const isLabelOf = (point, code) => point.label === code || (point.old_labels || []).includes(code);

export async function loadBundle(personId) {
  const kept = personId ? await read((db) => db.get('bundles', personId)) : null;
  index(kept?.data || null);
  return kept;
}

/** Ask the server for news of the bundle; quietly keeps the old one when there is no answer. Returns whether it is fresh, or `revoked`. */
export async function refreshBundle(personId, token, contact = async () => ({})) {
  const kept = await read((db) => db.get('bundles', personId));
  let answer;
  try {
    answer = await call('GET', '/api/v1/floor', { token, headers: { ...(await contact()), ...(kept?.etag && { 'If-None-Match': kept.etag }) } });
  } catch (error) {
    if (error instanceof NoAnswer) return false;
    throw error;
  }
  const server = answer.headers.get('Foyer-Now') || answer.data?.now;
  if (server) await setMeta('time', learnTime(server));
  if (answer.status === 304) return true;
  if (answer.status === 403 && answer.data?.code === 'device.revoked') return 'revoked';
  if (answer.status !== 200 || !answer.ours || !answer.data?.person) return false;
  await write(['bundles'], (tx) => tx.objectStore('bundles').put({ person_id: personId, etag: answer.headers.get('ETag'), data: answer.data, at: Date.now() }));
  if ((await meta('session'))?.person.id === personId) index(answer.data);
  changed();
  return true;
}

/** The name of a place by its id. */
export function placeName(id) {
  return places.get(id)?.name || '';
}
