// Who is signed in on this phone. The session stays usable without the network; signing out never loses a record.
import { changed, meta, onChange, read, setMeta, write } from './database.js';
import { loadBundle, refreshBundle } from './bundle.js';
import { learnTime, uuid7 } from './identity.js';
import { NoAnswer, call } from './net.js';
import { flush } from './sync.js';
import { me } from './work.js';

export const session = { person: null };

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

/** Take up the session kept on this phone, if any; needs no network. */
export async function resume() {
  const kept = await meta('session');
  session.person = kept?.person || null;
  me.person = session.person;
  await deviceId();
  if (session.person) await loadBundle(session.person.id);
  return session.person;
}

/** Sign in. Returns null when it worked, else the key of the sentence that says why not. */
export async function signIn(account, password) {
  let answer;
  try {
    answer = await call('POST', '/api/v1/session', { json: { account, password, device: { id: await deviceId(), name: deviceName() } } });
  } catch (error) {
    if (error instanceof NoAnswer) return 'm.signin_offline';
    throw error;
  }
  if (answer.status === 429) return 'm.signin_slow';
  if (answer.ours && [400, 401, 403, 409, 422].includes(answer.status)) return 'm.signin_wrong';
  if (!answer.ours || answer.status >= 300 || !answer.data?.token) return answer.ours ? 'm.signin_trouble' : 'm.signin_offline';
  const { token, person, device } = answer.data;
  const now = answer.headers.get('Foyer-Now') || answer.data.now;
  if (now) await setMeta('time', learnTime(now));
  await write(['meta', 'keys'], async (tx) => {
    await tx.objectStore('keys').put({ person_id: person.id, name: person.name, token });
    await tx.objectStore('meta').put({ person, at: Date.now() }, 'session');
    if (device?.id) await tx.objectStore('meta').put(device.id, 'device');
  });
  session.person = person;
  me.person = person;
  await loadBundle(person.id);
  navigator.storage?.persist?.().catch(() => {});
  await refreshBundle(person.id, token);
  changed();
  flush('start');
  return null;
}

/** Records of the signed-in person that are not up yet, refused ones included: what signing out must speak about. */
export const owed = () => read(async (db) => (await db.getAll('ops')).filter((op) => op.actor_id === session.person?.id));

/** Sign out. What is unsent stays and goes up under this name; the key kept for that can do nothing else here and goes when the last record is up. */
export async function signOut() {
  const person = session.person;
  await write(['meta', 'keys', 'bundles', 'runs'], async (tx) => {
    const key = await tx.objectStore('keys').get(person.id);
    if (key) await tx.objectStore('keys').put({ ...key, signed_out: true });
    await tx.objectStore('meta').delete('session');
    await tx.objectStore('bundles').delete(person.id);
  });
  session.person = null;
  me.person = null;
  await loadBundle(null);
  changed();
  flush('button');
}

/** Another tab signed in or out: follow it. */
onChange(async () => {
  const kept = await meta('session').catch(() => undefined);
  if (kept === undefined && !session.person) return;
  if (kept?.person.id !== session.person?.id) {
    session.person = kept?.person || null;
    me.person = session.person;
    await loadBundle(session.person?.id);
  }
});

/** News of the bundle after a round that reached the server. */
export async function news() {
  if (!session.person) return;
  const key = await read((db) => db.get('keys', session.person.id));
  if (key && !key.expired) await refreshBundle(session.person.id, key.token);
}
