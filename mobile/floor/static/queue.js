// What the phone owes the server. An operation and what the screen shows of it are written together, before anything beeps; it leaves the list
// only when the server's own answer names it (offline.md, "The design").
import { changed, read, write } from './database.js';
import { bootId, contactAt, iso, monotonic, now, recordTime, uuid7 } from './identity.js';
import { noteRow } from './rows.js';
import { base64 } from './vault.js';

export const APP_VERSION = '0.1.0';
export const SCHEMA = 3;
const KEPT_DAYS = 30;

/** The states of an entry: `queued` and `waiting` are unsent, `refused` was judged and needs a person. */
export const UNSENT = ['queued', 'waiting'];

/** Write one operation down. `payload` may be a function of the device_seq. `alongside(tx, op)` writes what the screen shows into the same
 * transaction (its stores in `stores`). `at`: when it happened, if not now. Returns the operation; throws, with nothing written, when the phone cannot
 * keep it. */
export async function record(person, kind, payload, { shown = {}, attachments = [], dependsOn, templateVersion, row, stores = [], alongside, at } = {}) {
  const time = recordTime();
  const op = {
    op_id: uuid7(),
    actor_id: person.id,
    kind,
    schema: SCHEMA,
    occurred_at: iso(at ?? time.at),
    clock_offset_ms: time.offset_ms,
    ...(contactAt() && { contact_at: iso(contactAt()) }),
    ...(at === undefined && { monotonic_ms: monotonic(), boot_id: bootId }),
    attachments,
    app_version: APP_VERSION,
    ...(dependsOn && { depends_on: dependsOn }),
    ...(templateVersion !== undefined && { template_version: templateVersion }),
    state: 'queued',
    tries: 0,
    shown,
    ...(row && { row }),
  };
  await write(['meta', 'ops', ...stores], async (tx) => {
    const seq = ((await tx.objectStore('meta').get('seq')) || 0) + 1;
    op.device_seq = seq;
    op.device_id = await tx.objectStore('meta').get('device');
    op.payload = typeof payload === 'function' ? payload(seq) : payload;
    await tx.objectStore('meta').put(seq, 'seq');
    await tx.objectStore('meta').put(time.at, 'last_record');
    await tx.objectStore('ops').add(op);
    if (alongside) await alongside(tx, op);
  });
  changed();
  return op;
}

const inState = (state) => IDBKeyRange.bound([state, 0], [state, Infinity]);

/** `{unsent, refused}`: true counts from the disk, of everybody on this phone; pictures of codes that are still to be read count too. */
export function counts() {
  return read(async (db) => {
    const [queued, waiting, refused] = await Promise.all(['queued', 'waiting', 'refused'].map((state) => db.countFromIndex('ops', 'state_seq', inState(state))));
    const [pictures, unread] = await Promise.all(['queued', 'failed'].map((state) => db.countFromIndex('stills', 'state', state)));
    const locked = (await db.getAll('vault')).reduce((sum, one) => sum + (one.stills || 0), 0);
    return { unsent: queued + waiting + pictures + locked, refused: refused + unread };
  });
}

/** Entries for the list: refused ones first, then the rest by their number. At most `limit` of each state. */
export function entries(limit = 200) {
  return read(async (db) => {
    const found = [];
    for (const state of ['refused', 'queued', 'waiting']) found.push(...(await db.getAllFromIndex('ops', 'state_seq', inState(state), limit)));
    return found;
  });
}

export const sentLately = (limit = 50) =>
  read(async (db) => {
    const found = [];
    let cursor = await db.transaction('sent').store.index('sent_at').openCursor(null, 'prev');
    while (cursor && found.length < limit) {
      found.push(cursor.value);
      cursor = await cursor.continue();
    }
    return found;
  });

/** The next entries to send, oldest first, all of one person: at most `limit`, none that must still wait (by the monotonic clock). */
export function due(limit, skip = new Set()) {
  return read(async (db) => {
    const picked = [];
    for (const state of UNSENT) {
      let cursor = await db.transaction('ops').store.index('state_seq').openCursor(inState(state));
      while (cursor && picked.length < limit) {
        const op = cursor.value;
        const resting = state === 'waiting' && op.asked_boot === bootId && op.asked_mono + 60000 > monotonic();
        const foreign = picked.length && picked[0].actor_id !== op.actor_id;
        if (!resting && !foreign && !skip.has(op.op_id) && !skip.has(op.actor_id)) picked.push(op);
        cursor = await cursor.continue();
      }
    }
    return picked;
  });
}

/** An entry as it travels. What is only for the screen stays here; what was sealed when its person signed out travels sealed. */
export function asSent(op) {
  if (op.sealed) return { op_id: op.op_id, device_seq: op.device_seq, sealed: base64(op.sealed) };
  const { state: _state, tries: _tries, shown: _shown, answer: _answer, asked_mono: _mono, asked_boot: _boot, row: _row, ...travels } = op;
  return travels;
}

/** Take over the server's answers, each by the op_id it names; answers about ids we did not ask about are ignored. */
export async function settle(asked, answers) {
  const byId = new Map(asked.map((op) => [op.op_id, op]));
  const touched = [];
  const rows = [];
  await write(['ops', 'sent', 'rows'], async (tx) => {
    for (const answer of answers) {
      const op = byId.get(answer?.op_id);
      if (!op || !['accepted', 'refused', 'invalid', 'waiting'].includes(answer.status)) continue;
      byId.delete(answer.op_id);
      const said = { status: answer.status, code: answer.code, message: answer.message, facts: answer.facts, result: answer.result };
      touched.push({ op, answer: said });
      if (answer.status === 'accepted') {
        await tx.objectStore('ops').delete(op.op_id);
        const kept = op.sealed ? { op_id: op.op_id, device_seq: op.device_seq, actor_id: op.actor_id, sealed: op.sealed } : { ...asSent(op), shown: op.shown };
        await tx.objectStore('sent').put({ ...kept, sent_at: now(), repeated: Boolean(answer.repeated) });
      } else if (answer.status === 'waiting') {
        await tx.objectStore('ops').put({ ...op, state: 'waiting', answer: said, asked_mono: monotonic(), asked_boot: bootId });
      } else {
        // Of a sealed record the reason's code is enough: its sentence may name what the next person must not read.
        await tx.objectStore('ops').put({ ...op, state: 'refused', answer: op.sealed ? { status: said.status, code: said.code } : said });
      }
      const row = op.row && (await tx.objectStore('rows').get(op.row));
      if (row) {
        const event = row.events.find((one) => one.op_id === op.op_id);
        if (event) event.state = answer.status === 'accepted' ? 'sent' : answer.status === 'waiting' ? 'queued' : 'refused';
        if (event && event.state === 'refused') event.code = answer.code;
        await tx.objectStore('rows').put(row);
        rows.push(row);
      }
    }
  });
  rows.forEach((row) => noteRow(row, true));
  changed();
  return touched;
}

/** Note a failed attempt on one entry that the server cannot even read, so that it stands in the list with a reason. */
export async function giveUp(op, code) {
  await write(['ops'], (tx) => tx.objectStore('ops').put({ ...op, state: 'refused', answer: { status: 'invalid', code } }));
  changed();
}

/** Remove one refused entry, on a person's word. Unsent ones cannot be removed. The server is told that its number will not come. */
export async function discard(person, opId) {
  const op = await read((db) => db.get('ops', opId));
  if (op?.state !== 'refused') return;
  const gone = async (tx) => tx.objectStore('ops').delete(opId);
  // What was refused has its number at the server; what was invalid claimed nothing there.
  if (op.answer?.status === 'refused') await write(['ops'], gone);
  else await record(person, 'phone.discard', { seq: op.device_seq, kind: op.kind || '', code: op.answer?.code || '' }, { shown: { title: op.shown?.title || '' }, alongside: gone });
  changed();
}

/** Forget what was sent more than 30 days ago. */
export function prune() {
  return write(['sent'], async (tx) => {
    let cursor = await tx.objectStore('sent').index('sent_at').openCursor(IDBKeyRange.upperBound(now() - KEPT_DAYS * 86400000));
    while (cursor) {
      await cursor.delete();
      cursor = await cursor.continue();
    }
  });
}
