// A round: its points, one point's questions, and the drawn signature at the end. A fail is not accepted without photo and note, and says so
// beside the button that waits.
import { CodeSheet, Finder, Head, Icon, PhotoThumb, Ring, UnsentBanner, go, html, useEffect, useRef, useState, useStored } from '../ui.js';
import { session } from '../session.js';
import { bundle, isLabelOf } from '../bundle.js';
import { read } from '../database.js';
import { feedback } from '../feedback.js';
import { now } from '../identity.js';
import { missing, readCode, shownQuestions, verdict } from '../rules.js';
import { clock, t } from '../words.js';
import { Signature } from './sign.js';
import { answerPoint, changeRun, finishRun, keepPhoto, runOf, startRun } from '../work.js';

const inspectionOf = (id) => bundle()?.inspections?.find((one) => one.id === id);

const gapsOf = (run, point) => missing(point.questions, run?.answers[point.id] || {});
const isDone = (run, point) => Boolean(run?.answers[point.id] && run.confirmed?.[point.id] && !gapsOf(run, point).length);
const failsOf = (run, point) => point.questions.filter((question) => verdict(question, run?.answers[point.id]?.[question.id]) === 'fail').length;

/** Note that the point's own label was read: where the code came from matters for the proof of presence. */
const arrive = (run, point, code, typed) =>
  changeRun(run.run_id, (kept) => {
    kept.scanned[point.id] ??= { code, at: now(), typed };
  });

export function Round({ parts: [id] }) {
  const inspection = inspectionOf(id);
  const stored = useStored(async () => ({ run: await runOf(id), finished: (await read((db) => db.getAll('runs'))).filter((run) => run.person_id === session.person?.id && run.inspection_id === id && run.finished_at).at(-1) }), [id]);
  const [typing, setTyping] = useState(false);
  const [line, setLine] = useState(null);
  const [signing, setSigning] = useState(false);
  if (!stored) return null;
  const { run, finished } = stored;
  if (!run && (finished || !inspection)) {
    return html`<${Head} title=${finished?.title || t('m.gone_title')} to="#/" /><${UnsentBanner} /><div class="phone__body"><p class="f-sentline" data-testid="round-finished">${finished ? html`<${Icon} name="check" />${t('m.round_finished', { time: clock(finished.finished_at) })}` : t('m.gone_round')}</p></div>`;
  }
  const points = run?.points || inspection.points;
  const title = run?.title || inspection.title;
  const done = points.filter((point) => isDone(run, point)).length;
  const open = async (point, code, typed) => {
    try {
      const mine = run || (await startRun(inspection));
      if (code) await arrive(mine, point, code, typed);
      go(`#/inspection/${id}/${point.id}`);
      return null;
    } catch {
      feedback('refused');
      setLine(t('m.storage_full'));
      return t('m.storage_full');
    }
  };
  const scanned = (typed) => async (text) => {
    const { code, error } = readCode(text);
    const point = code && points.find((one) => isLabelOf(one, code));
    if (point) {
      feedback('saved');
      return open(point, code, typed);
    }
    const sentence = error ? t(`m.code_${error.split('.')[1]}`) : t('m.not_a_point');
    feedback('refused');
    setLine(sentence);
    return sentence;
  };
  return html`<${Head} title=${title} sub=${t('m.round_sum', { done, n: points.length })} to="#/" right=${html`<span class="push f-head__ring"><${Ring} part=${done} whole=${points.length} /></span>`} /><${UnsentBanner} />
    <${Finder} onText=${scanned(false)} hint=${t('m.scan_point')} paused=${typing || signing}>${line && html`<p class="f-finder__line f-finder__line--refused" role="status" data-testid="line"><${Icon} name="warn" />${line}</p>`}</${Finder}>
    <div class="phone__body"><ul class="list">${points.map((point) => {
      const fails = failsOf(run, point);
      const ready = isDone(run, point);
      const begun = run?.answers[point.id];
      return html`<li key=${point.id}><button class="item item--act" onClick=${() => open(point)} data-testid="point"><span class=${`mark${ready ? (fails ? ' mark--busy' : ' mark--free') : ''}`}><${Icon} name=${ready ? (fails ? 'warn' : 'check') : 'pin'} /></span>
        <span class="item__body"><span class="item__title">${point.name}</span><span class="item__meta">${ready ? (fails ? t('m.point_fails', { n: fails }) : t('m.point_good')) : begun ? t('m.point_begun') : point.place || ''}</span></span><${Icon} name="go" /></button></li>`;
    })}</ul></div>
    <footer class="phone__foot phone__foot--two"><button class="button" onClick=${() => setTyping(true)} data-testid="type"><${Icon} name="keyboard" />${t('m.type_code')}</button>
      <button class="button button--main" aria-disabled=${done < points.length} onClick=${() => done === points.length && setSigning(true)} data-testid="finish">${done < points.length ? t('m.points_left', { n: points.length - done }) : t('m.sign_and_finish')}</button></footer>
    ${typing && html`<${CodeSheet} title=${t('m.type_code_title')} onCode=${scanned(true)} onClose=${() => setTyping(false)} />`}
    ${signing && html`<${Signature} title=${title} act=${t('m.finish_round')} onClose=${() => setSigning(false)} onDone=${async (image) => {
      await finishRun(run, image);
      feedback('saved');
      setSigning(false);
    }} />`}`;
}

export function Point({ parts: [id, pointId] }) {
  const stored = useStored(async () => (await runOf(id)) || null, [id, pointId]);
  const inspection = inspectionOf(id);
  const starting = useRef(false);
  useEffect(() => {
    if (stored === null && inspection && !starting.current) {
      starting.current = true;
      startRun(inspection).catch(() => feedback('refused'));
    }
  }, [stored, inspection]);
  if (stored === undefined) return null;
  const run = stored;
  const points = run?.points || inspection?.points || [];
  const at = points.findIndex((one) => one.id === pointId);
  const point = points[at];
  if (!run || !point) return html`<${Head} title=${t('m.gone_title')} to=${`#/inspection/${id}`} />`;
  const next = points.slice(at + 1).concat(points.slice(0, at)).find((one) => !isDone(run, one));
  return html`<${PointForm} key=${pointId} run=${run} point=${point} place=${at + 1} total=${points.length} onNext=${() => go(next ? `#/inspection/${id}/${next.id}` : `#/inspection/${id}`)} last=${!next} to=${`#/inspection/${id}`} />`;
}

function PointForm({ run, point, place, total, onNext, last, to }) {
  const [answers, setAnswers] = useState(run.answers[point.id] || {});
  const [problem, setProblem] = useState(null);
  const [typing, setTyping] = useState(false);
  const [line, setLine] = useState(null);
  const scan = run.scanned[point.id];
  const gaps = missing(point.questions, answers);
  const shown = new Set(shownQuestions(point.questions, answers));
  const questions = point.questions.filter((question) => shown.has(question.id));
  const fails = questions.filter((question) => verdict(question, answers[question.id]) === 'fail');

  // Every keystroke of a draft is on the disk: the screen may be killed at any moment.
  // What was typed while a photo was still being made small must not be lost: each change builds on the latest, not on what was drawn.
  const latest = useRef(answers);
  const draft = (next) => {
    latest.current = next;
    setAnswers(next);
    changeRun(run.run_id, (kept) => {
      kept.answers[point.id] = next;
      (kept.confirmed ??= {})[point.id] = false;
    }).catch(() => setProblem(t('m.storage_full')));
  };
  const set = (question, what) => draft({ ...latest.current, [question.id]: { ...latest.current[question.id], ...what } });
  const record = async (all) => {
    const said = Object.fromEntries(point.questions.filter((one) => shownQuestions(point.questions, all).includes(one.id)).map((one) => [one.id, verdict(one, all[one.id])]));
    try {
      await answerPoint(run, point, all, said);
      await changeRun(run.run_id, (kept) => {
        kept.answers[point.id] = all;
        (kept.confirmed ??= {})[point.id] = true;
      });
      feedback('saved');
      onNext();
    } catch {
      feedback('refused');
      setProblem(t('m.storage_full'));
    }
  };
  const allGood = () => {
    const all = { ...answers };
    for (const question of point.questions) if (question.kind === 'check' && !question.shown_when) all[question.id] = { answer: 'pass', photos: [] };
    draft(all);
    if (!missing(point.questions, all).length) record(all);
  };
  const addPhoto = (question) => async (event) => {
    const file = event.target.files[0];
    event.target.value = '';
    if (!file) return;
    try {
      const hash = await keepPhoto(file);
      set(question, { photos: [...new Set([...(latest.current[question.id]?.photos || []), hash])] });
    } catch (error) {
      setProblem(error?.name === 'QuotaExceededError' ? t('m.storage_full') : t('m.photo_unreadable'));
    }
  };
  const scanned = (typed) => async (text) => {
    const { code, error } = readCode(text);
    if (code && isLabelOf(point, code)) {
      feedback('saved');
      setLine(null);
      await arrive(run, point, code, typed);
      return null;
    }
    const sentence = error ? t(`m.code_${error.split('.')[1]}`) : t('m.other_point');
    feedback('refused');
    setLine(sentence);
    return sentence;
  };
  const untouched = !Object.keys(answers).length;
  const first = gaps[0];
  const waiting = first && (first.needs[0] === 'answer' ? t('m.answers_left', { n: gaps.filter((gap) => gap.needs.includes('answer')).length }) : first.needs.includes('photo') ? t('m.photo_to_go_on') : t('m.note_to_go_on'));
  return html`<${Head} title=${point.name} sub=${t('m.point_of', { title: run.title, place, n: total })} to=${to} /><${UnsentBanner} />
    <div class="phone__body">
      ${scan
        ? html`<p class="f-sentline" data-testid="arrived"><${Icon} name=${scan.typed ? 'keyboard' : 'check'} />${t(scan.typed ? 'm.label_typed_at' : 'm.label_scanned_at', { time: clock(scan.at) })}</p>`
        : html`<div class="f-bleed"><${Finder} onText=${scanned(false)} hint=${t('m.scan_this_point')} paused=${typing}>${line && html`<p class="f-finder__line f-finder__line--refused" role="status" data-testid="line"><${Icon} name="warn" />${line}</p>`}</${Finder}></div>
          <button class="button button--quiet" onClick=${() => setTyping(true)} data-testid="type"><${Icon} name="keyboard" />${t('m.type_code')}</button>`}
      ${questions.map((question) => html`<${Question} key=${question.id} question=${question} answer=${answers[question.id] || {}} onSet=${(what) => set(question, what)} onPhoto=${addPhoto(question)} needs=${gaps.find((gap) => gap.question_id === question.id)?.needs || []} />`)}
      ${fails.length > 0 && html`<p class="row second f-foot__note"><${Icon} name="wrench" /><span>${t('m.fail_makes_duty')}</span></p>`}
      ${problem && html`<p class="field__help field__help--error" role="alert" data-testid="problem">${problem}</p>`}</div>
    <footer class="phone__foot">
      ${untouched
        ? html`<button class="button button--main button--wide button--good" onClick=${allGood} data-testid="all-good"><${Icon} name="check" />${t('m.all_good')}</button>`
        : html`<button class="button button--main button--wide" aria-disabled=${gaps.length > 0} aria-describedby="why" onClick=${() => !gaps.length && record(answers)} data-testid="next">${gaps.length ? waiting : last ? t('m.save_point_last') : t('m.save_point_next')}</button>`}</footer>
    ${typing && html`<${CodeSheet} title=${t('m.type_code_title')} onCode=${scanned(true)} onClose=${() => setTyping(false)} />`}`;
}

function Question({ question, answer, onSet, onPhoto, needs }) {
  const said = verdict(question, answer);
  const choice = (value, key, look) => html`<button class=${`choice__one${answer.answer === value ? ` choice__one--${look}` : ''}`} aria-pressed=${answer.answer === value} onClick=${() => onSet({ answer: value })} data-testid=${`answer-${value}`}>
    ${answer.answer === value && value !== 'na' && html`<${Icon} name=${value === 'fail' ? 'close' : 'check'} />`}${t(key)}</button>`;
  return html`<section class="f-question" data-testid="question" data-id=${question.id}><h2 class="f-question__text">${question.text}</h2>
    ${question.kind === 'check' && html`<div class="choice">${choice('pass', 'm.pass', 'good')}${choice('fail', 'm.fail', 'bad')}${choice('na', 'm.na', 'on')}</div>`}
    ${question.kind === 'number' && html`<div class="f-question__number"><input class=${`field__box field__input${said === 'fail' ? ' field__box--error' : ''}`} type="text" inputmode="decimal" aria-label=${question.text} value=${answer.value ?? ''} onInput=${(event) => onSet({ answer: undefined, value: event.target.value.normalize('NFKC') })} data-testid="number" /><span class="second">${question.unit || ''}</span>
      <button class=${`choice__one${answer.answer === 'na' ? ' choice__one--on' : ''}`} aria-pressed=${answer.answer === 'na'} onClick=${() => onSet(answer.answer === 'na' ? { answer: undefined } : { answer: 'na', value: '' })}>${t('m.na')}</button></div>
      ${(question.min !== undefined && question.min !== null) || (question.max !== undefined && question.max !== null) ? html`<p class="field__help">${t('m.limits', { min: question.min ?? '…', max: question.max ?? '…', unit: question.unit || '' })}</p>` : null}`}
    ${question.kind === 'choice' && html`<div class="choice choice--many">${(question.choices || []).map((one) => html`<button class=${`choice__one${answer.value === one ? (said === 'fail' ? ' choice__one--bad' : ' choice__one--on') : ''}`} key=${one} aria-pressed=${answer.value === one} onClick=${() => onSet({ answer: undefined, value: one })}>${one}</button>`)}</div>`}
    ${question.kind === 'text' && html`<textarea class="field__box field__input" rows="2" maxlength="500" aria-label=${question.text} value=${answer.value ?? ''} onInput=${(event) => onSet({ value: event.target.value })}></textarea>`}
    ${said === 'fail' && html`<p class="strong f-question__need">${t('m.fail_needs')}</p><div class="f-photos">${(answer.photos || []).map((hash) => html`<${PhotoThumb} key=${hash} sha256=${hash} />`)}
      <label class="button f-photo f-photo--add"><${Icon} name="camera" />${(answer.photos || []).length ? t('m.photo_more') : t('m.photo_take')}<input class="f-hidden" type="file" accept="image/*" capture="environment" onChange=${onPhoto} data-testid="photo" /></label>
      ${(answer.photos || []).length > 0 && html`<span class="f-sentline"><${Icon} name="check" />${t('m.photo_there')}</span>`}</div>`}
    ${(said === 'fail' || said === 'na') && html`<label class="field f-question__note"><span class="field__label">${t(said === 'fail' ? 'm.note' : 'm.note_na')}</span><textarea class=${`field__box field__input${needs.includes('note') ? ' field__box--error' : ''}`} rows="2" maxlength="500" value=${answer.note ?? ''} placeholder=${said === 'fail' ? t('m.note_example') : ''} onInput=${(event) => onSet({ note: event.target.value })} data-testid="note"></textarea></label>`}
    ${needs.length > 0 && needs[0] !== 'answer' && html`<p class="row field__help field__help--error" id="why" data-testid="needs"><${Icon} name="warn" />${t(`m.needs_${needs.join('_')}`)}</p>`}</section>`;
}
