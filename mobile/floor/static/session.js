// Who is signed in on this phone. The session stays usable without the network; signing out never loses a record, and shows the next person nothing.
import { changed, meta, onChange, read, setMeta, write } from './database.js';
import { loadBundle, refreshBundle } from './bundle.js';
import { iso, learnTime, now, uuid7 } from './identity.js';
import { NoAnswer, call } from './net.js';
import { rowsOf } from './rows.js';
import { contactHeaders, flush, noteStorage, status } from './sync.js';
import { canSeal, keyFrom, lockAway, queueFile, unlock } from './vault.js';
import { me } from './work.js';

export const session = { person: null, takenOut: null };

function deviceName() {
  const agent = navigator.userAgent;
  return (/iPhone|iPad|Android|Windows|Macintosh|Linux/.exec(agent) || ['Phone'])[0];
}

async function deviceId() {
  const kept = await meta('device');
  if (kept) return kept;
  const made = uuid7();
  await setMeta('device', made);
  return made;
}

function stand(person) {
  session.person = person;
  me.person = person;
  rowsOf(person?.id || null);
}

/** Take up the session kept on this phone, if any; needs no network. */
export async function resume() {
  const kept = await meta('session');
  session.takenOut = (await meta('taken_out')) || null;
  stand(kept?.person || null);
  await deviceId();
  if (session.person) {
    // A sign-out that was cut short in the middle of locking away: its person is still signed in, so it is opened again.
    const key = await read((db) => db.get('keys', session.person.id));
    await unlock(session.person.id, key?.seal).catch((error) => console.warn('not unlocked', error?.name));
    await loadBundle(session.person.id);
  }
  return session.person;
}

/** People who may come back to this phone with their PIN: `[{id, name, ticket}]`. */
export const knownPeople = async () => (await meta('known')) || [];

let entering = false;
const WRONG = [400, 401, 403, 409, 422];

/** Sign in with `{account, password}` or `{person_id, ticket, pin}`. Returns null when it worked, else `{key, seconds}` of the sentence that says why not. */
export async function signIn(proof) {
  let answer;
  try {
    const device = { id: await deviceId(), name: deviceName(), seq: (await meta('seq')) || 0, seals: canSeal() };
    answer = await call('POST', '/api/v1/session', { json: { ...proof, device } });
  } catch (error) {
    if (error instanceof NoAnswer) return { key: 'm.signin_offline' };
    throw error;
  }
  if (answer.status === 429) return { key: 'm.signin_wait', seconds: Number(answer.data?.facts?.seconds || answer.headers.get('Retry-After')) || 60 };
  if (answer.ours && answer.data?.code === 'device.revoked') return { key: 'm.signin_revoked' };
  if (answer.ours && WRONG.includes(answer.status)) return { key: proof.pin === undefined ? 'm.signin_wrong' : 'm.pin_wrong' };
  if (!answer.ours || answer.status >= 300 || !answer.data?.token) return { key: answer.ours ? 'm.signin_trouble' : 'm.signin_offline' };
  entering = true; // the screens follow when everything is in its place
  try {
    await take(answer);
  } finally {
    entering = false;
  }
  return null;
}

async function take(answer) {
  const { token, person, device } = answer.data;
  const server = answer.headers.get('Foyer-Now') || answer.data.now;
  if (server) await setMeta('time', learnTime(server));
  const seal = await keyFrom(answer.data.seal);
  await write(['meta', 'keys'], async (tx) => {
    const held = tx.objectStore('meta');
    await tx.objectStore('keys').put({ person_id: person.id, name: person.name, token, upload_token: answer.data.upload_token || token, seal });
    await held.put({ person, at: Date.now() }, 'session');
    await held.delete('taken_out');
    if (device?.id) await held.put(device.id, 'device');
    // After its data was wiped, a phone goes on with its numbers: the ones before are known to be missing.
    if (device?.seq) await held.put(Math.max(device.seq, (await held.get('seq')) || 0), 'seq');
    const others = ((await held.get('known')) || []).filter((one) => one.id !== person.id);
    if (answer.data.pin?.set) others.push({ id: person.id, name: person.name, ticket: answer.data.pin.ticket });
    await held.put(others, 'known');
    if (answer.data.pin) await held.put(answer.data.pin.ticket, 'ticket');
  });
  await unlock(person.id, seal);
  await loadBundle(person.id);
  if (!(await read((db) => db.get('bundles', person.id)))) await refreshBundle(person.id, token, contactHeaders);
  // Only now is somebody signed in for the screens: what was locked is open, and nothing moves under their hands any more.
  session.takenOut = null;
  status.revoked = false;
  stand(person);
  navigator.storage?.persist?.().then(noteStorage, () => {});
  changed();
  flush('start');
}

/** Set the PIN of the signed-in person; never kept here. Returns null or the key of what is wrong. */
export async function setPin(pin) {
  const key = await read((db) => db.get('keys', session.person.id));
  const op = { op_id: uuid7(), kind: 'person.set_pin', payload: { person_id: session.person.id, pin } };
  try {
    const answer = await call('POST', '/api/v1/operations', { token: key.token, json: op });
    if (answer.status !== 200 || !answer.ours) return answer.ours ? 'm.signin_trouble' : 'm.signin_offline';
  } catch (error) {
    if (error instanceof NoAnswer) return 'm.pin_needs_network';
    throw error;
  }
  const ticket = await meta('ticket');
  const others = (await knownPeople()).filter((one) => one.id !== session.person.id);
  await setMeta('known', [...others, { id: session.person.id, name: session.person.name, ticket }]);
  changed();
  return null;
}

/** The name leaves the list of this phone; the PIN itself stays valid elsewhere. */
export async function forgetPin() {
  await setMeta('known', (await knownPeople()).filter((one) => one.id !== session.person.id));
  changed();
}

/** Records of the signed-in person that are not up yet, refused ones included: what signing out must speak about. At most `limit` of them, and how many. */
export const owed = (limit = 50) =>
  read(async (db) => {
    const all = IDBKeyRange.bound([session.person.id, ''], [session.person.id, '\uffff']);
    const ops = await db.getAllFromIndex('ops', 'actor_state', all, limit);
    const stills = await db.countFromIndex('stills', 'person', session.person.id);
    return { ops, count: (await db.countFromIndex('ops', 'actor_state', all)) + stills };
  });

/** Sign out. What is unsent is locked away and goes up under this name; the key kept for that can do nothing else, here and at the server. */
export async function signOut() {
  const person = session.person;
  const key = await read((db) => db.get('keys', person.id));
  if (key?.seal) await lockAway(person.id, key.seal);
  const left = key ? await call('POST', '/api/v1/session/leave', { token: key.token, patience: 4000 }).then((answer) => answer.status === 204, () => false) : true;
  await write(['meta', 'keys', 'bundles'], async (tx) => {
    if (key) await tx.objectStore('keys').put({ person_id: person.id, name: person.name, upload_token: key.upload_token, signed_out: true, left, ...(key.expired && { expired: true }) });
    await tx.objectStore('meta').delete('session');
    await tx.objectStore('meta').delete('ticket');
    await tx.objectStore('bundles').delete(person.id);
    await tx.objectStore('meta').delete(`rollcall:${person.id}`); // the names of a roll call go as well
  });
  stand(null);
  await loadBundle(null);
  changed();
  flush('button');
}

/** The office took this phone out of service and has every record: nothing of the office stays on it. */
export async function wipe() {
  const held = await read((db) => db.count('ops'));
  await write(['meta', 'ops', 'sent', 'rows', 'runs', 'blobs', 'bundles', 'keys', 'vault', 'stills'], async (tx) => {
    const device = await tx.objectStore('meta').get('device');
    const seq = await tx.objectStore('meta').get('seq');
    for (const name of tx.objectStoreNames) await tx.objectStore(name).clear();
    await tx.objectStore('meta').put(device, 'device');
    await tx.objectStore('meta').put(seq, 'seq');
    await tx.objectStore('meta').put({ at: now(), n: held }, 'taken_out');
  });
  session.takenOut = await meta('taken_out');
  stand(null);
  await loadBundle(null);
  changed();
}

/** Everything unsent as a file for the office's desk: `{name, blob, records}`, or null where this browser cannot seal. */
export async function exportQueue() {
  if (!canSeal()) return null;
  const keys = await read((db) => db.getAll('keys'));
  const sealing = new Map(keys.filter((key) => key.seal).map((key) => [key.person_id, key.seal]));
  const device = await meta('device');
  const file = await queueFile(sealing, { device_id: device, highest_seq: (await meta('seq')) || 0, exported_at: iso(now()) });
  const records = file.people.reduce((sum, one) => sum + one.records.length, 0);
  const day = iso(now()).slice(0, 16).replace(/[-:T]/g, '');
  return { name: `foyer-queue-${String(device).slice(-6)}-${day}.json`, blob: new Blob([JSON.stringify(file)], { type: 'application/json' }), records };
}

/** Another tab signed in or out: follow it. */
onChange(async () => {
  if (entering) return;
  const kept = await meta('session').catch(() => undefined);
  if (kept === undefined && !session.person) return;
  if (kept?.person.id !== session.person?.id) {
    stand(kept?.person || null);
    await loadBundle(session.person?.id);
    changed();
  }
});

/** News of the bundle after a round that reached the server. */
export async function news() {
  if (!session.person) return;
  const key = await read((db) => db.get('keys', session.person.id));
  if (!key || key.expired) return;
  if ((await refreshBundle(session.person.id, key.token, contactHeaders)) === 'revoked') status.revoked = true;
}
