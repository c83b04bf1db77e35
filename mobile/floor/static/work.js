// What a person does on the floor, said as operations (contract.md, Kinds). Screens call these; each writes the operation and what is shown of it
// in one strict transaction and only then returns, so that a beep always means "on the disk".
import { bundle, lookUp, place, thing } from './bundle.js';
import { changed, meta, read, setMeta, write } from './database.js';
import { now, sha256, uuid7 } from './identity.js';
import { record } from './queue.js';
import { alreadyScanned, readCode, showCode } from './rules.js';
import { flush } from './sync.js';
import { noteRow, roundRows } from './rows.js';
import { takePhoto } from './ui.js';

export { roundRows };

export const me = { person: null };

/** The thing's name as people say it: name and specification. */
export const titleOf = (one) => [one?.name, one?.spec].filter(Boolean).join(' ');

let chain = Promise.resolve();

/** One after another, in the order they happened: twenty quick scans are twenty decisions, each on the state the one before left. */
export function inTurn(work) {
  const mine = chain.then(work);
  chain = mine.catch(() => {});
  return mine;
}

const send = () => {
  flush('recorded');
};

// ── photos ──

/** Keep a photo on the phone as a draft; it is sent once an operation names it. Returns its hash. */
export async function keepPhoto(file) {
  const photo = await takePhoto(file, sha256);
  await write(['blobs'], async (tx) => {
    const known = await tx.objectStore('blobs').get(photo.sha256);
    if (!known) await tx.objectStore('blobs').put({ ...photo, person_id: me.person.id, draft: true });
  });
  return photo.sha256;
}

async function release(tx, hashes) {
  for (const hash of hashes) {
    const blob = await tx.objectStore('blobs').get(hash);
    if (blob?.draft) await tx.objectStore('blobs').put({ ...blob, draft: false, todo: 1 });
  }
}

// ── stock-take ──

const standing = (event) => !event.undone && event.state !== 'refused';
export const countsHere = (row) => row.events.some(standing);

/** When things are counted a second time, what was seen in the first count says nothing. */
const roundOf = (stocktake) => stocktake.round || 1;
const inRound = (stocktake, row) => (roundOf(stocktake) === 1 ? row : { ...row, events: row.events.filter((event) => (event.round || 1) >= roundOf(stocktake)) });

/** Places of a count: those this person is asked to count, else all of it, with what is below them; everywhere for a count that names no place. */
export function placesOf(stocktake) {
  const wanted = new Set(stocktake.asked_places?.length ? stocktake.asked_places : stocktake.place_ids);
  const inside = (one) => {
    for (let at = one; at; at = place(at.parent_id)) if (wanted.has(at.id)) return true;
    return false;
  };
  return wanted.size ? bundle().places.filter(inside) : bundle().places;
}

/** `{counted, total, left}` of a count, or of one place of it: what the server knew plus what this phone holds. */
export function progress(stocktake, allRows, placeId) {
  const rows = allRows.map((row) => inRound(stocktake, row));
  const here = rows.filter((row) => row.code && countsHere(row) && (!placeId || row.place_id === placeId));
  const expected = stocktake.expected?.filter((line) => !placeId || line.place_id === placeId);
  if (!expected) return { counted: new Set(here.map((row) => row.subject_id || row.code)).size, total: null, left: [] };
  const found = new Set(rows.filter((row) => countsHere(row)).map((row) => row.subject_id));
  const left = expected.filter((line) => !line.counted && !found.has(line.subject_id));
  return { counted: expected.length - left.length, total: placeId ? expected.length : stocktake.total ?? expected.length, left };
}

/** What this person is to count a second time and has not yet: lines that were asked for again while the count goes on, or all that is left of a second round. */
export function againLeft(stocktake, allRows) {
  if (roundOf(stocktake) > 1) return progress(stocktake, allRows).left;
  const found = new Set(allRows.filter(countsHere).map((row) => row.subject_id));
  return (stocktake.again || []).filter((line) => !line.counted && !found.has(line.subject_id));
}

const expectedLine = (stocktake, subjectId) => stocktake.expected?.find((line) => line.subject_id === subjectId);

/** Whether somebody has to say how many: of a supply, and of a bulk line (forty chairs on one card). */
export const isCountedByNumber = (stocktake, subject) => stocktake.kind === 'supply' || Boolean(subject?.bulk);

/** One scan in a count; `at` when it was made before now (a picture that was read later). Returns `{outcome, …}`: `saved`, `again`, `place` (a place's label: go there), `quantity` (ask how many),
 * `no_place`, `other_place` (a place outside this count), `not_counted` (a label of something that is not counted), or an `error` of the code. */
export function scanInCount(stocktake, placeId, text, quantity, { at, alongside, stores } = {}) {
  return inTurn(async () => {
    const { code, error } = readCode(text);
    if (error) return { outcome: 'error', error };
    const known = lookUp(code);
    if (known?.kind === 'place') {
      const inside = placesOf(stocktake).some((one) => one.id === known.subject.id);
      return { outcome: inside ? 'place' : 'other_place', place: known.subject };
    }
    if (known && known.kind !== stocktake.kind) return { outcome: 'not_counted', subject: known.subject, kind: known.kind };
    if (!placeId) return { outcome: 'no_place' };
    if (quantity === undefined && isCountedByNumber(stocktake, known?.subject)) return { outcome: 'quantity', code, subject: known?.subject };
    return count(stocktake, placeId, code, known, quantity, { at, alongside, stores });
  });
}

async function count(stocktake, placeId, code, known, quantity, { at, alongside, stores = [] }) {
  const subject = known?.subject;
  const rows = (await roundRows(stocktake.id)).map((row) => inRound(stocktake, row));
  const events = rows.flatMap((row) => row.events.map((event) => ({ ...event, code: row.code, subject_id: row.subject_id, place_id: row.place_id, undone: !standing(event) })));
  const scan = { code, place_id: placeId, subject_id: subject?.id };
  const seen = alreadyScanned(events, scan);
  const id = [stocktake.id, placeId, subject?.id || code].join('|');
  const row = rows.find((one) => one.id === id) || {
    id, round: stocktake.id, place_id: placeId, code, subject_id: subject?.id, title: titleOf(subject) || showCode(code), events: [], scans: 0,
    person_id: me.person.id,
  };
  if (seen.again && quantity === undefined) {
    const again = { ...row, scans: row.scans + 1, last_at: now() };
    await write(['rows', ...stores], async (tx) => {
      await tx.objectStore('rows').put(again);
      await alongside?.(tx);
    });
    noteRow(again);
    changed();
    return { outcome: 'again', row: again, first: row.events.find(standing) };
  }
  const booked = expectedLine(stocktake, subject?.id)?.place_id ?? (stocktake.mode === 'blind' ? undefined : subject?.place_id);
  // Pieces of a bulk line may stand in several places: their numbers are added up.
  const elsewhere = subject?.bulk ? null : seen.elsewhere || (stocktake.kind === 'asset' && booked && booked !== placeId ? booked : null);
  const fresh = {
    ...row,
    code,
    scans: row.scans + 1,
    last_at: now(),
    old_label: known ? !known.current : false,
    question: !known ? 'unknown' : elsewhere ? 'moved' : null,
    from_place: elsewhere,
    seen_there: Boolean(elsewhere && seen.elsewhere), // this phone counted it there before: not what the book says
    quantity,
  };
  const op = await record(
    me.person,
    'stocktake.count',
    { stocktake_id: stocktake.id, code, place_id: placeId, ...(quantity !== undefined && { quantity }) },
    {
      row: id,
      at,
      shown: { title: row.title, place: place(placeId)?.name, quantity },
      stores: ['rows', ...stores],
      alongside: async (tx, done) => {
        fresh.events = [...row.events, { op_id: done.op_id, at: Date.parse(done.occurred_at), state: 'queued', quantity, round: roundOf(stocktake) }];
        await tx.objectStore('rows').put(fresh);
        await alongside?.(tx);
      },
    },
  );
  noteRow(fresh);
  send();
  return { outcome: 'saved', row: fresh, op, unknown: !known, old: fresh.old_label };
}

export const CONDITIONS = ['good', 'worn', 'damaged', 'unusable'];

/** How the thing of a row looks: one more observation of it, with the condition; the first count stands. */
export function tellCondition(stocktake, row, condition) {
  return inTurn(async () => {
    const current = (await read((db) => db.get('rows', row.id))) || row;
    const told = { ...current, condition };
    await record(me.person, 'stocktake.count', { stocktake_id: stocktake.id, code: row.code, place_id: row.place_id, condition }, {
      row: row.id,
      shown: { title: row.title, place: place(row.place_id)?.name },
      stores: ['rows'],
      alongside: (tx, op) => {
        told.events = [...current.events, { op_id: op.op_id, at: Date.parse(op.occurred_at), state: 'queued', round: roundOf(stocktake) }];
        return tx.objectStore('rows').put(told);
      },
    });
    noteRow(told);
    send();
  });
}

/** An answer without a scan: `here`, `elsewhere` (with its place) or `absent`, of a line of the list; `quantity` of a bulk line, if not all of it. */
export function declareLine(stocktake, line, answer, placeId, quantity) {
  return inTurn(async () => {
    const at = placeId || line.place_id;
    const id = [stocktake.id, at, line.subject_id].join('|');
    const current = (await read((db) => db.get('rows', id))) || { id, round: stocktake.id, place_id: at, subject_id: line.subject_id, code: line.label, title: titleOf(line), events: [], scans: 1, person_id: me.person.id };
    const said = { ...current, answer, last_at: now(), question: null, ...(line.bulk && answer !== 'absent' && { quantity: quantity ?? line.pieces ?? undefined }) };
    await record(me.person, 'stocktake.declare', { stocktake_id: stocktake.id, line_id: line.line_id, answer, ...(placeId && { place_id: placeId }), ...(quantity !== undefined && { quantity }) }, {
      row: id,
      shown: { title: said.title, place: place(at)?.name },
      stores: ['rows'],
      alongside: (tx, op) => {
        said.events = [...current.events, { op_id: op.op_id, at: Date.parse(op.occurred_at), state: 'queued', round: roundOf(stocktake) }];
        return tx.objectStore('rows').put(said);
      },
    });
    noteRow(said);
    send();
  });
}

/** Take the row's count back: an operation of its own, since the count may already be at the server. */
export function undoCount(row) {
  return inTurn(async () => {
    const current = await read((db) => db.get('rows', row.id));
    // How it looks is told in a record of its own: what is taken back is the thing, with all that was said of it. A number that was said anew is not:
    // of several numbers the last one goes, and the one before stands again.
    const stands = current.events.filter(standing);
    const events = current.quantity === undefined ? stands : stands.slice(-1);
    let undone = current;
    for (const event of events) {
      const next = { ...undone, question: null, scans: 0, condition: undefined, events: undone.events.map((one) => (one.op_id === event.op_id ? { ...one, undone: true } : one)) };
      await record(me.person, 'stocktake.undo_count', { stocktake_id: row.round, count_op_id: event.op_id }, {
        shown: { title: row.title, place: place(row.place_id)?.name },
        stores: ['rows'],
        alongside: (tx) => tx.objectStore('rows').put(next),
      });
      undone = next;
    }
    if (events.length) noteRow(undone);
    send();
  });
}

/** "Yes, it stands here now": the count was already recorded here, so only the question is answered. */
export async function keepHere(row) {
  let kept;
  await write(['rows'], async (tx) => {
    kept = { ...(await tx.objectStore('rows').get(row.id)), question: null, moved: true };
    await tx.objectStore('rows').put(kept);
  });
  noteRow(kept);
  changed();
}

export async function reportFind(stocktake, placeId, { code, description, photos, row }) {
  const id = row?.id || [stocktake.id, placeId, `find-${uuid7()}`].join('|');
  let found;
  await record(me.person, 'stocktake.report_find', { stocktake_id: stocktake.id, place_id: placeId, ...(code && { code }), description, photos }, {
    attachments: photos,
    row: id,
    shown: { title: description, place: place(placeId)?.name },
    stores: ['rows', 'blobs'],
    alongside: async (tx, op) => {
      const current = (await tx.objectStore('rows').get(id)) || { id, round: stocktake.id, place_id: placeId, title: description, events: [], scans: 1, person_id: me.person.id };
      const event = { op_id: op.op_id, at: Date.parse(op.occurred_at), state: 'queued' };
      found = { ...current, question: null, find: description, last_at: now(), events: [...current.events, event] };
      await tx.objectStore('rows').put(found);
      await release(tx, photos);
    },
  });
  noteRow(found);
  send();
}

export async function handIn(stocktake, placeId) {
  await record(me.person, 'stocktake.hand_in', (seq) => ({ stocktake_id: stocktake.id, last_seq: seq - 1 }), {
    shown: { title: stocktake.title, place: place(placeId)?.name },
    stores: ['meta'],
    alongside: async (tx) => {
      const done = (await tx.objectStore('meta').get(`done:${stocktake.id}`)) || {};
      await tx.objectStore('meta').put({ ...done, [placeId]: now() }, `done:${stocktake.id}`);
    },
  });
  send();
}

export const placeOf = (stocktake) => meta(`place:${stocktake.id}`);
export const setPlace = (stocktake, placeId) => setMeta(`place:${stocktake.id}`, placeId).then(changed);

// ── supplies ──

/** What is over a supply's limit: `limit` pieces at once, or none. */
export const overLimit = (supply, quantity) => supply.limit !== null && supply.limit !== undefined && quantity > supply.limit;

export async function takeSupplies(lines, toPerson) {
  for (const { supply, quantity, reason } of lines) {
    await record(me.person, 'supply.issue', { code: supply.label, quantity, to_person_id: toPerson.id, ...(reason && { reason }) }, {
      shown: { title: titleOf(supply), quantity, unit: supply.unit, person: toPerson.name },
    });
  }
  send();
}

// ── one thing in the hand ──

export async function takeThing(code, subject) {
  await record(me.person, 'asset.take', { code }, { shown: { title: titleOf(subject) } });
  send();
}

export async function reportFault(code, subject, description, photos) {
  await record(me.person, 'asset.report_fault', { code, what: description, ...(photos.length && { photo_sha256: photos[0] }) }, {
    attachments: photos,
    shown: { title: titleOf(subject) || showCode(code), note: description },
    stores: ['blobs'],
    alongside: (tx) => release(tx, photos),
  });
  send();
}

export async function claimLabel(code, subject) {
  await record(me.person, 'label.claim', { code, subject_kind: subject.kind, subject_id: subject.id }, { shown: { title: titleOf(subject), code } });
  send();
}

// ── inspection ──

export const runOf = async (inspectionId) => (await read((db) => db.getAll('runs'))).filter((run) => run.person_id === me.person?.id && run.inspection_id === inspectionId && !run.finished_at).at(-1);

/** The round under way, or a new one: it keeps the questions of the version it began with (an update of the template changes nothing in it). */
export async function startRun(inspection) {
  const open = await runOf(inspection.id);
  if (open) return open;
  const run = {
    run_id: uuid7(), inspection_id: inspection.id, title: inspection.title, due_on: inspection.due_on, template_version: inspection.template_version,
    points: inspection.points, started_at: now(), answers: {}, scanned: {}, recorded: {}, person_id: me.person.id,
  };
  await record(me.person, 'inspection.start', { run_id: run.run_id, inspection_id: inspection.id, template_version: inspection.template_version }, {
    templateVersion: inspection.template_version,
    shown: { title: inspection.title },
    stores: ['runs'],
    alongside: (tx) => tx.objectStore('runs').put(run),
  });
  send();
  return run;
}

/** Change the run on the disk: `work(run)` alters it. Drafts survive a reload. */
export async function changeRun(runId, work) {
  const run = await write(['runs'], async (tx) => {
    const found = await tx.objectStore('runs').get(runId);
    work(found);
    await tx.objectStore('runs').put(found);
    return found;
  });
  changed();
  return run;
}

const wire = (question, answer, said, scan) => ({
  question_id: question.id,
  answer: said,
  ...(answer.value !== undefined && answer.value !== '' && { value: String(answer.value).trim() }),
  ...(answer.note?.trim() && { note: answer.note.trim() }),
  photos: answer.photos || [],
  ...(scan && { scanned_code: scan.code, typed: Boolean(scan.typed) }),
});

/** Record the answers of one point: `said` maps question ids to their verdict. An answer that did not change since is not said twice. */
export async function answerPoint(run, point, answers, said) {
  const scan = run.scanned[point.id];
  for (const question of point.questions) {
    if (!said[question.id]) continue;
    const payload = { run_id: run.run_id, point_id: point.id, ...wire(question, answers[question.id] || {}, said[question.id], scan) };
    const print = JSON.stringify(payload);
    const key = `${point.id}|${question.id}`;
    const current = await read((db) => db.get('runs', run.run_id));
    if (current.recorded[key] === print) continue;
    await record(me.person, 'inspection.answer', payload, {
      attachments: payload.photos,
      templateVersion: run.template_version,
      shown: { title: `${point.name}：${question.text}`, note: payload.note, answer: said[question.id] },
      stores: ['runs', 'blobs'],
      alongside: async (tx) => {
        const kept = await tx.objectStore('runs').get(run.run_id);
        kept.recorded[key] = print;
        kept.answers[point.id] = answers;
        await tx.objectStore('runs').put(kept);
        await release(tx, payload.photos);
      },
    });
  }
  send();
}

export async function finishRun(run, signature) {
  const data = await signature.arrayBuffer();
  const hash = await sha256(data);
  await record(me.person, 'inspection.finish', { run_id: run.run_id, signature: hash }, {
    attachments: [hash],
    templateVersion: run.template_version,
    shown: { title: run.title },
    stores: ['runs', 'blobs'],
    alongside: async (tx) => {
      await tx.objectStore('blobs').put({ sha256: hash, type: 'image/png', data, person_id: me.person.id, todo: 1 });
      await tx.objectStore('runs').put({ ...(await tx.objectStore('runs').get(run.run_id)), finished_at: now() });
    },
  });
  send();
}

export const subjectOf = (id) => thing(id);
