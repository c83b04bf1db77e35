// The three rules that also exist in Python (core/mechanisms/labels.py, checklist_rules.py, scan_rules.py).
// Each is proven on both sides by one file of tests/vectors. Every other rule is the server's alone.

// ── 1. reading a label code ──

const SIGNS = '23456789ABCDEFGHJKMNPQRSTUVWXYZ';
const LONGEST = 300; // characters; an address with the proof of an invitation behind its code is the longest of ours
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g; // scanner prefixes, separators, marks nobody typed
const ADDRESS = /^HTTPS?:\/\/[^\s/?#]{1,255}\/(?:S\/([0-9A-Z-]{8,9})(?:\/[A-Z][0-9]{8}[A-Z2-7]{107})?|8004\/[0-9]{4,12}([0-9A-Z]{8}))\/?$/; // ours, or a GS1 Digital Link of an individual asset

function checkSignIsRight(code) {
  let sum = 0;
  for (let place = 0; place < 7; place += 1) sum += SIGNS.indexOf(code[place]) * (place + 2);
  return (sum + SIGNS.indexOf(code[7])) % 31 === 0;
}

/** What scanned or typed text means: `{code}`, or `{error}`: `label.unreadable` (nothing of ours) or `label.mistyped` (ours, but a sign is wrong). */
export function readCode(text) {
  const raw = String(text ?? '');
  if (raw.length > LONGEST) return { error: 'label.unreadable' };
  const clean = raw.normalize('NFKC').replace(UNSEEN, '').trim().toUpperCase();
  const address = ADDRESS.exec(clean);
  let code = (address ? address[1] || address[2] : clean).replace(/[- ]/g, '');
  if (code.length === 16 && code.slice(0, 8) === code.slice(8)) code = code.slice(0, 8); // a scanner that delivers twice
  if (code.length !== 8 || [...code].some((sign) => !SIGNS.includes(sign))) return { error: 'label.unreadable' };
  return checkSignIsRight(code) ? { code } : { error: 'label.mistyped' };
}

/** `7K3M9QWY` as people read it: `7K3M-9QWY`. */
export const showCode = (code) => (code && code.length === 8 ? `${code.slice(0, 4)}-${code.slice(4)}` : code || '');

// ── 2. what a checklist shows and still misses ──

const filled = (value) => value !== undefined && value !== null && String(value).trim() !== '';

/** `pass`, `fail`, `na` or null for one question: a number outside its limits fails by itself, a choice or text passes when it is given. */
export function verdict(question, answer) {
  if (!answer) return null;
  if (answer.answer === 'na') return 'na';
  if (question.kind === 'check') return ['pass', 'fail'].includes(answer.answer) ? answer.answer : null;
  if (!filled(answer.value)) return null;
  if (question.kind === 'number') {
    const number = Number(answer.value);
    if (!/^[+-]?\d+(\.\d+)?$/.test(String(answer.value).trim()) || !Number.isFinite(number)) return null;
    if (filled(question.min) && number < Number(question.min)) return 'fail';
    if (filled(question.max) && number > Number(question.max)) return 'fail';
    return 'pass';
  }
  if (question.kind === 'choice') {
    if (!(question.choices || []).includes(answer.value)) return null;
    return (question.failing || []).includes(answer.value) ? 'fail' : 'pass';
  }
  return answer.answer === 'fail' ? 'fail' : 'pass';
}

/** Ids of the questions to show, in order. A question with `shown_when: {question_id, verdict}` appears only while that verdict stands. */
export function shownQuestions(questions, answers) {
  const verdicts = {};
  const shown = [];
  for (const question of questions) {
    const when = question.shown_when;
    if (when && verdicts[when.question_id] !== when.verdict) continue;
    verdicts[question.id] = verdict(question, answers[question.id]);
    shown.push(question.id);
  }
  return shown;
}

/** What is missing, in order: `{question_id, needs}` with `answer`, then for a fail `photo` and `note`, for "not applicable" `note`. */
export function missing(questions, answers) {
  const shown = new Set(shownQuestions(questions, answers));
  const gaps = [];
  for (const question of questions) {
    if (!shown.has(question.id)) continue;
    const answer = answers[question.id];
    const said = verdict(question, answer);
    const needs = [];
    if (said === null && question.required !== false) needs.push('answer');
    if (said === 'fail' && !(answer.photos || []).length) needs.push('photo');
    if ((said === 'fail' || said === 'na') && !filled(answer.note)) needs.push('note');
    if (needs.length) gaps.push({ question_id: question.id, needs });
  }
  return gaps;
}

// ── 3. already scanned in this round ──

/** Whether two scans mean the same thing: by the thing where both know it (an old and a new label are one), else by the exact code. */
const same = (one, other) => (one.subject_id && other.subject_id ? one.subject_id === other.subject_id : one.code === other.code);

/** What this round already holds of a scan: `{again, times, first, elsewhere}`.
 * `again`: counted here before, so nothing is added; `times`: scans of it so far, here, without the undone ones; `first`: place in `events` of the
 * first one that stands; `elsewhere`: the place it was counted at last, when that is another one. */
export function alreadyScanned(events, scan) {
  let times = 0;
  let first = null;
  let elsewhere = null;
  events.forEach((event, index) => {
    if (event.undone || !same(event, scan)) return;
    if (event.place_id === scan.place_id) {
      times += 1;
      if (first === null) first = index;
    } else elsewhere = event.place_id;
  });
  return { again: times > 0, times, first, elsewhere: times > 0 ? null : elsewhere };
}
