// The roll call on the phone: the list with its age, ticks that need no network, and how what this phone did and what the server knows become one list.
// Somebody is found as long as one tick stands that nobody took back (core/sections/rollcall/record.py): so it does not matter who hears what when.
import { changed, meta, read, setMeta } from './database.js';
import { learnTime, now, uuid7 } from './identity.js';
import { NoAnswer, call } from './net.js';
import { record } from './queue.js';
import { noteRow, roundRows } from './rows.js';
import { session } from './session.js';
import { contactHeaders, flush } from './sync.js';
import { inTurn, me } from './work.js';

const QUIET_MS = 10000; // how often the server is asked where it can not tell: while some screen of the app is open
const BUSY_MS = 3000; // while the roll call itself is
const NEWS_S = 25; // how long the server may keep us waiting for news
const BUSY_NEWS_S = 8; // … while the list is looked at: a line that died silently must be noticed before the list is called old
const MARSHALS = ['admin', 'reception', 'clerk', 'safety', 'leader'];

const keyOf = (personId) => `rollcall:${personId}`;
const mayBe = () => (session.person?.roles || []).some((role) => MARSHALS.includes(role));

/** What this phone keeps for its person: `{data, etag, at}` (`at`: the server's word of when), or undefined. */
export const kept = async () => (session.person ? meta(keyOf(session.person.id)) : undefined);

let asking = false;

/** Ask the server for news. Returns whether it answered. */
export async function refresh() {
  const person = session.person;
  if (!person || asking) return false;
  asking = true;
  try {
    const key = await read((db) => db.get('keys', person.id));
    if (!key || key.expired) return false;
    const held = await meta(keyOf(person.id));
    const answer = await call('GET', '/api/v1/rollcalls/now', { token: key.token, patience: 5000, headers: { ...(await contactHeaders()), ...(held?.etag && { 'If-None-Match': held.etag }) } });
    if (!answer.ours || ![200, 304].includes(answer.status)) return false;
    const server = answer.headers.get('Foyer-Now');
    if (server) await setMeta('time', learnTime(server));
    if (session.person?.id !== person.id) return true;
    if (answer.status === 304) await setMeta(keyOf(person.id), { ...held, at: now() });
    else if (answer.data) {
      // One that this phone began stays its own until the server has the record and says what runs.
      const waits = held?.begun && (await read((db) => db.getAll('ops'))).some((op) => op.kind === 'rollcall.start' && op.payload?.id === held.begun.id && op.state !== 'refused');
      const begun = waits || (held?.begun && answer.data.open) ? { begun: held.begun } : {};
      await setMeta(keyOf(person.id), { data: answer.data, etag: answer.headers.get('ETag'), at: now(), ...begun });
      changed();
    }
    return true;
  } catch (error) {
    if (error instanceof NoAnswer) return false;
    throw error;
  } finally {
    asking = false;
  }
}

/** Whether a list that was fetched `ago` milliseconds ago is to be called old. */
export const isOld = (ago) => ago > 4 * BUSY_MS;

const busy = () => location.hash.startsWith('#/rollcall');
const due = () => document.visibilityState === 'visible' && session.person && (mayBe() || busy());
let listening = false;

/** Hear of every change as it comes, for as long as the server answers: it holds our question until the list is another one. */
async function listen() {
  if (listening) return;
  listening = true;
  try {
    while (due() && (await refresh())) {
      const person = session.person;
      const key = await read((db) => db.get('keys', person.id));
      if (!key || key.expired) return;
      let told;
      do {
        const held = await meta(keyOf(person.id));
        const wait = busy() ? BUSY_NEWS_S : NEWS_S;
        const headers = held?.etag ? { 'If-None-Match': held.etag } : {};
        told = await call('GET', `/api/v1/rollcalls/news?wait=${wait}`, { token: key.token, patience: (wait + 4) * 1000, headers });
        if (!told.ours || told.status !== 200) return;
        const fresh = await meta(keyOf(person.id));
        if (!told.data.changed && fresh && session.person?.id === person.id) await setMeta(keyOf(person.id), { ...fresh, at: now() });
      } while (!told.data.changed && due() && session.person?.id === person.id);
    }
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
  } finally {
    listening = false;
  }
}

export function startRollCalls() {
  const look = () => due() && listen().catch(() => {});
  setInterval(() => !busy() && look(), QUIET_MS);
  setInterval(() => busy() && look(), BUSY_MS);
  addEventListener('online', look);
  addEventListener('hashchange', look);
  document.addEventListener('visibilitychange', look);
}

// ── one list out of two sources ──

const localId = (data) => data?.begun?.id;

/** The roll call that runs for this phone: the server's, or one that this phone began without it. */
export function running(held) {
  if (held?.data?.open) return held.data.open;
  const begun = held?.begun;
  if (!begun) return null;
  return { id: begun.id, drill: begun.drill, started_at: begun.at, started_by: session.person.name, note: '', lines: held.data.house.map((one) => ({ ...one, ticks: [], found: 0, accounted: false, left_at: null })), local: true };
}

/** Everybody with the ticks of all marshals that this phone knows and its own: `{lines, missing, found, apart}`. */
export function list(open, rows) {
  const mine = new Map(rows.map((row) => [row.subject_id, row]));
  const lines = open.lines.map((line) => merged(line, mine.get(line.subject_id)));
  const known = new Set(open.lines.map((line) => line.subject_id));
  for (const row of rows) if (!known.has(row.subject_id) && row.line) lines.push(merged({ ...row.line, ticks: [], found: 0 }, row));
  const heads = (some, count) => some.reduce((sum, line) => sum + count(line), 0);
  const inside = lines.filter((line) => line.status === 'inside');
  return {
    lines,
    missing: heads(inside, (line) => line.headcount - Math.min(line.found, line.headcount)),
    found: heads(inside, (line) => Math.min(line.found, line.headcount)),
    apart: heads(lines.filter((line) => line.status !== 'inside'), (line) => line.headcount),
  };
}

function merged(line, row) {
  const ticks = new Map(line.ticks.map((tick) => [tick.id, { ...tick, at: Date.parse(tick.at), taken: Boolean(tick.taken_back_at) }]));
  const gone = new Set();
  for (const event of row?.events || []) {
    if (event.state === 'refused') continue;
    if (event.takes_back) event.takes_back.forEach((id) => gone.add(id));
    else if (!ticks.has(event.op_id)) ticks.set(event.op_id, { id: event.op_id, by: event.by, at: event.at, place: event.place, place_id: event.place_id, headcount: event.headcount, mine: true, state: event.state });
  }
  for (const id of gone) if (ticks.has(id)) ticks.set(id, { ...ticks.get(id), taken: true });
  const all = [...ticks.values()].sort((one, other) => one.at - other.at);
  const places = new Map();
  for (const tick of all) if (!tick.taken) places.set(tick.place || '', Math.max(places.get(tick.place || '') || 0, tick.headcount));
  const found = Math.min(line.headcount, [...places.values()].reduce((sum, n) => sum + n, 0));
  return { ...line, ticks: all, standing: all.filter((tick) => !tick.taken), found, accounted: found >= line.headcount, unsent: (row?.events || []).some((event) => event.state === 'queued') };
}

// ── what a marshal does ──

const send = () => {
  flush('recorded').then(() => refresh()).catch(() => {});
};

async function note(open, subjectId, kind, payload, event, shown, line) {
  const id = `rollcall|${open.id}|${subjectId}`;
  const round = `rollcall|${open.id}`;
  const row = (await roundRows(round)).find((one) => one.id === id) || { id, round, subject_id: subjectId, events: [], person_id: me.person.id };
  const fresh = { ...row, ...(line && { line }) };
  await record(me.person, kind, { rollcall_id: open.id, subject_id: subjectId, ...payload }, {
    row: id,
    shown,
    stores: ['rows'],
    alongside: async (tx, op) => {
      fresh.events = [...row.events, { op_id: op.op_id, at: Date.parse(op.occurred_at), by: me.person.name, state: 'queued', ...event }];
      await tx.objectStore('rows').put(fresh);
    },
  });
  noteRow(fresh);
  send();
}

const at = (place) => (place ? { place_id: place.id } : {});

/** I see them, here. */
export const tick = (open, line, place, headcount) =>
  inTurn(() => note(open, line.subject_id, 'rollcall.tick', { ...at(place), ...(headcount && { headcount }) }, { place: place?.name || '', headcount: headcount || line.headcount }, { title: line.name, place: place?.name }));

/** It was somebody else: these ticks count no longer. */
export const takeBack = (open, line) =>
  inTurn(() => {
    const marks = line.standing.map((one) => one.id);
    return marks.length ? note(open, line.subject_id, 'rollcall.untick', { marks }, { takes_back: marks }, { title: line.name }) : null;
  });

/** Somebody who stands here and is on no list. */
export const addSomeone = (open, name, detail, place) =>
  inTurn(() => {
    const subjectId = uuid7();
    const line = { subject_id: subjectId, kind: 'other', name, detail, host: '', where: '', since: null, status: 'inside', headcount: 1, number: '', label: '' };
    return note(open, subjectId, 'rollcall.add', { name, detail, ...at(place) }, { place: place?.name || '', headcount: 1 }, { title: name }, line);
  });

/** Begin one, with or without the server. */
export const begin = (drill) =>
  inTurn(async () => {
    const id = uuid7();
    const person = session.person;
    await record(me.person, 'rollcall.start', { id, drill }, {
      shown: { title: '' },
      alongside: async (tx, op) => {
        const held = (await tx.objectStore('meta').get(keyOf(person.id))) || { data: { house: [], points: [] }, at: now() };
        await tx.objectStore('meta').put({ ...held, begun: { id, drill, at: op.occurred_at } }, keyOf(person.id));
      },
    });
    send();
    return id;
  });

/** Where this marshal stands; kept until they say otherwise. */
export const standAt = (place) => setMeta(`rollcall-at:${session.person.id}`, place ? { id: place.id, name: place.name } : null).then(changed);
export const standing = () => meta(`rollcall-at:${session.person.id}`);

/** All rows of this roll call on this phone, also those from before the server gave it another id. */
export async function rowsOf(held, open) {
  const rows = await roundRows(`rollcall|${open.id}`);
  const begun = localId(held);
  if (!begun || begun === open.id) return rows;
  const before = await roundRows(`rollcall|${begun}`);
  const merged = new Map(rows.map((row) => [row.subject_id, row]));
  for (const row of before) merged.set(row.subject_id, { ...row, events: [...row.events, ...(merged.get(row.subject_id)?.events || [])] });
  return [...merged.values()];
}
