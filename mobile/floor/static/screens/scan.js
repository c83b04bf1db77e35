// Scan anything: what this is, and what I may do with it. From the phone's own knowledge at once; the server's word is added when it answers.
import { CodeSheet, Finder, Icon, PhotoThumb, Pullup, back, go, html, useEffect, useRef, useState } from '../ui.js';
import { bundle, lookUp, placeName } from '../bundle.js';
import { read } from '../database.js';
import { feedback } from '../feedback.js';
import { call } from '../net.js';
import { readCode, showCode } from '../rules.js';
import { session } from '../session.js';
import { readPhoto } from '../stills.js';
import { t, when } from '../words.js';
import { actsOfMine } from '../hand.js';
import { claimLabel, keepPhoto, placesOf, reportFault, setPlace, takeThing, titleOf } from '../work.js';

/** What the server says of a code: its answer, `{unknown: true}`, or null without an answer of ours. */
async function askServer(code) {
  const key = await read((db) => db.get('keys', session.person.id));
  if (!key || key.expired) return null;
  try {
    const answer = await call('GET', `/api/v1/labels/${code}`, { token: key.token, patience: 5000 });
    if (answer.ours && answer.status === 200) return answer.data;
    if (answer.ours && answer.status === 404) return { unknown: true };
    return null;
  } catch {
    return null; // no network: the phone's own knowledge has to do
  }
}

const may = (server, kind, otherwise) => (server?.operations ? server.operations.includes(kind) : otherwise);

export function Scan() {
  const [typing, setTyping] = useState(false);
  const [found, setFound] = useState(null);
  const [line, setLine] = useState(null);
  const latest = useRef(null);
  const scanned = async (text) => {
    const { code, error } = readCode(text);
    if (error) {
      const sentence = t(`m.code_${error.split('.')[1]}`);
      setLine(sentence);
      feedback('refused');
      return sentence;
    }
    setLine(null);
    feedback('saved');
    latest.current = code;
    setFound({ code, local: lookUp(code), server: undefined });
    const server = await askServer(code);
    if (latest.current === code) setFound((now) => (now?.code === code ? { ...now, server } : now));
    return null;
  };
  const photographed = async (file) => {
    const said = (key) => {
      setLine(t(key));
      feedback('refused');
      return null;
    };
    try {
      const codes = await readPhoto(file);
      if (codes === null) return said('m.still_kept_scan');
      return codes.length ? codes : said('m.still_unread');
    } catch (error) {
      return said(error?.name === 'QuotaExceededError' ? 'm.storage_full' : 'm.photo_unreadable');
    }
  };
  const close = () => {
    latest.current = null;
    setFound(null);
  };
  return html`<div class="f-scanner"><${Finder} onText=${scanned} onPhoto=${photographed} tall good=${Boolean(found)} paused=${typing || found}>
      <button class="round f-scanner__close" aria-label=${t('m.close')} onClick=${() => back('#/')}><${Icon} name="close" /></button>
      <p class="f-finder__hint">${t('m.scan_hint')}</p>
      ${line && html`<p class="f-finder__line f-finder__line--refused" role="status" data-testid="line"><${Icon} name="warn" />${line}</p>`}</${Finder}>
    ${!found && html`<div class="f-scanner__foot"><button class="button button--wide" onClick=${() => setTyping(true)} data-testid="type"><${Icon} name="keyboard" />${t('m.cannot_scan_type')}</button></div>`}
    ${typing && html`<${CodeSheet} title=${t('m.type_code_title')} onCode=${scanned} onClose=${() => setTyping(false)} />`}
    ${found && html`<${Found} key=${found.code} found=${found} onClose=${close} onType=${() => (close(), setTyping(true))} />`}</div>`;
}

function Found({ found: { code, local, server }, onClose, onType }) {
  const [task, setTask] = useState(null);
  const [done, setDone] = useState(null);
  const [stuckOn, setStuckOn] = useState(null); // what a blank label was put on just now
  const subject = local?.subject;
  const kind = local?.kind || server?.kind;
  const title = titleOf(stuckOn || subject) || (server?.unknown ? null : server?.title);
  const blank = server?.state === 'blank' || (!title && !server?.unknown && server === null);
  const acted = (sentence) => {
    setTask(null);
    setDone(sentence);
    feedback('saved');
  };
  if (task === 'fault') return html`<${Fault} code=${code} subject=${subject || { name: title }} onClose=${() => setTask(null)} onDone=${() => acted(t('m.fault_saved'))} />`;
  if (task === 'claim') return html`<${Claim} code=${code} onClose=${() => setTask(null)} onDone=${(thing) => (setStuckOn(thing), acted(t('m.claim_saved', { thing: titleOf(thing) })))} />`;
  const old = (local && !local.current) || server?.state === 'superseded';
  return html`<${Pullup} label=${title || showCode(code)} onClose=${onClose}>
    <div class="row f-found__head"><span class=${`mark mark--big ${title && !old ? 'mark--free' : 'mark--soon'}`}><${Icon} name=${title ? (old ? 'label' : 'check') : 'warn'} /></span>
      <div class="f-found__name"><h1 class="f-sheet__title" data-testid="found-title">${title || (server === undefined ? t('m.looking') : server?.unknown ? t('m.label_unknown') : blank && server ? t('m.label_blank') : t('m.label_not_here'))}</h1>
      <p class="sub"><span class="code">${showCode(code)}</span></p></div></div>
    ${old && html`<p class="f-found__note" data-testid="superseded">${subject?.label || server?.superseded_by ? t('m.label_superseded', { code: showCode(subject?.label || server.superseded_by) }) : t('m.label_superseded_plain')}</p>`}
    ${(server?.told || subject?.told) && html`<p class="f-found__note" role="status" data-testid="told">${server?.told || subject.told}</p>`}
    ${!title && server !== undefined && html`<p class="f-found__note" data-testid="unknown">${server?.unknown ? t('m.label_unknown_note') : server ? t('m.label_blank_note') : t('m.label_offline_note')}</p>`}
    ${done && html`<p class="f-found__note f-found__note--done" role="status" data-testid="did"><${Icon} name="cloud_up" />${done}</p>`}
    <${Facts} kind=${kind} subject=${subject} server=${server} />
    <${Acts} code=${code} kind=${stuckOn ? null : kind} subject=${subject} server=${server} known=${Boolean(title)} onTask=${setTask} onDid=${acted} onClose=${onClose} />
    <button class="button button--quiet button--wide" onClick=${onType}><${Icon} name="keyboard" />${t('m.other_code')}</button></${Pullup}>`;
}

function Facts({ kind, subject, server }) {
  const facts = [];
  const add = (key, value) => value && facts.push([key, value]);
  if (kind !== 'place') add('m.fact_place', server?.place?.name || (typeof server?.place === 'string' ? server.place : '') || placeName(subject?.place_id) || subject?.place);
  else add('m.fact_path', subject?.path);
  add('m.fact_holder', server?.holder?.name || (typeof server?.holder === 'string' ? server.holder : ''));
  add('m.fact_number', subject?.number);
  if (kind === 'supply') add('m.fact_on_hand', subject?.on_hand !== undefined && subject?.on_hand !== null ? `${subject.on_hand} ${subject.unit || ''}` : '');
  add('m.fact_due', server?.due && when(server.due));
  return facts.length ? html`<dl class="f-facts">${facts.slice(0, 4).map(([key, value]) => html`<div key=${key}><dt class="sub">${t(key)}</dt><dd class="strong">${value}</dd></div>`)}</dl>` : null;
}

function Acts({ code, kind, subject, server, known, onTask, onDid, onClose }) {
  const acts = [];
  const add = (name, icon, key, press) => acts.push({ name, icon, key, press });
  const counts = (bundle()?.stocktakes || []).filter((one) => kind === 'place' && subject && placesOf(one).some((place) => place.id === subject.id));
  for (const one of counts) add('count', 'scan', t('m.count_here', { title: one.title }), async () => (await setPlace(one, subject.id), go(`#/stocktake/${one.id}`)));
  const round = (bundle()?.inspections || []).flatMap((one) => one.points.map((point) => ({ one, point }))).find(({ point }) => point.label === code);
  if (round) add('inspect', 'list', t('m.inspect_here', { title: round.one.title }), () => go(`#/inspection/${round.one.id}/${round.point.id}`));
  if (kind === 'supply' && subject) add('collect', 'box', t('m.collect_this'), () => (sessionStorage.setItem('foyer-collect', code), go('#/collect')));
  if (kind === 'asset') {
    if (may(server, 'asset.take', server === null && subject?.state !== 'disposed')) { // without a network the taking is recorded, and judged when it arrives
      add('take', 'swap', t('m.take_it'), async () => {
        await takeThing(code, subject || { name: server?.title });
        onDid(t(server ? 'm.take_saved' : 'm.take_kept'));
      });
    }
    if (subject?.state !== 'disposed') {
      for (const act of actsOfMine().filter((one) => (one === 'home') === (subject?.state === 'repair') || one === 'receive' || one === 'vendor')) {
        if ((act === 'vendor' || act === 'home') && subject?.state !== 'repair') continue;
        add(`hand-${act}`, act === 'vendor' || act === 'home' ? 'wrench' : 'swap', t(`m.hand_${act === 'home' ? 'home_act' : act}`), () => (sessionStorage.setItem('foyer-hand', code), sessionStorage.setItem('foyer-hand-act', act), go('#/hand')));
      }
      if (server === null) add('decline', 'cloud_off', t('m.decline_needs_network'), () => onDid(t('m.decline_why')));
    }
    if (may(server, 'asset.report_fault', true)) add('fault', 'wrench', t('m.report_fault'), () => onTask('fault'));
  }
  if (!known && !server?.unknown && may(server, 'label.claim', true) && server !== undefined) add('claim', 'label', t('m.claim'), () => onTask('claim'));
  if (!acts.length) return html`<div class="acts acts--one"><button class="act act--main" onClick=${onClose}>${t('m.scan_next')}</button></div>`;
  return html`<div class=${`acts${acts.length === 1 ? ' acts--one' : ''}`}>${acts.map(({ name, icon, key, press }, place) => html`<button class=${`act${place ? '' : ' act--main'}`} key=${key} onClick=${press} data-testid=${`act-${name}`}><${Icon} name=${icon} />${key}</button>`)}</div>`;
}

function Fault({ code, subject, onClose, onDone }) {
  const [photos, setPhotos] = useState([]);
  const [text, setText] = useState('');
  const [problem, setProblem] = useState(null);
  const add = async (event) => {
    const file = event.target.files[0];
    event.target.value = '';
    if (!file) return;
    try {
      const hash = await keepPhoto(file);
      setPhotos([hash]);
    } catch (error) {
      setProblem(error?.name === 'QuotaExceededError' ? t('m.storage_full') : t('m.photo_unreadable'));
    }
  };
  const save = async () => {
    if (!text.trim()) return;
    try {
      await reportFault(code, subject, text.trim(), photos);
      onDone();
    } catch {
      feedback('refused');
      setProblem(t('m.storage_full'));
    }
  };
  return html`<${Pullup} label=${t('m.report_fault')} onClose=${onClose}><h1 class="f-sheet__title">${t('m.fault_title', { thing: titleOf(subject) })}</h1>
    <label class="field"><span class="field__label">${t('m.fault_what')}</span><textarea class="field__box field__input" rows="2" maxlength="500" value=${text} placeholder=${t('m.fault_example')} onInput=${(event) => setText(event.target.value)} data-testid="fault-text"></textarea></label>
    <div class="f-photos">${photos.map((hash) => html`<${PhotoThumb} key=${hash} sha256=${hash} />`)}
      ${!photos.length && html`<label class="button f-photo f-photo--add"><${Icon} name="camera" />${t('m.photo_take')}<input class="f-hidden" type="file" accept="image/*" capture="environment" onChange=${add} data-testid="fault-photo" /></label>`}</div>
    ${problem && html`<p class="field__help field__help--error" role="alert">${problem}</p>`}
    <button class="button button--main button--wide f-sheet__act" aria-disabled=${!text.trim()} onClick=${save} data-testid="fault-save">${text.trim() ? t('m.fault_send') : t('m.fault_words_first')}</button></${Pullup}>`;
}

/** A blank label goes onto a thing that has lost its own, or never had one. */
function Claim({ code, onClose, onDone }) {
  const [text, setText] = useState('');
  const wanted = text.trim().toLowerCase();
  const pool = [...(bundle()?.things || []), ...(bundle()?.places || []).map((one) => ({ ...one, kind: 'place' }))];
  const hits = wanted ? pool.filter((one) => [one.name, one.number, one.spec].some((part) => part && String(part).toLowerCase().includes(wanted))).slice(0, 8) : [];
  const pick = async (thing) => {
    await claimLabel(code, thing);
    onDone(thing);
  };
  return html`<${Pullup} label=${t('m.claim')} onClose=${onClose}><h1 class="f-sheet__title">${t('m.claim_title', { code: showCode(code) })}</h1>
    <label class="field"><span class="field__label">${t('m.claim_search')}</span><input class="field__box field__input" value=${text} autocomplete="off" onInput=${(event) => setText(event.target.value)} data-testid="claim-search" /></label>
    <ul class="list">${hits.map((one) => html`<li key=${one.id}><button class="item item--act" onClick=${() => pick(one)} data-testid="claim-hit"><span class="item__body"><span class="item__title">${titleOf(one)}</span><span class="item__meta">${one.number || ''} ${placeName(one.place_id)}</span></span><${Icon} name="go" /></button></li>`)}</ul>
    ${wanted && !hits.length && html`<p class="sub">${t('m.claim_none')}</p>`}</${Pullup}>`;
}
