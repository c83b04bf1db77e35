// Handing things over: scan a pile, say who takes it, let them sign. The same pile goes back to the office, to a repair shop and home again.
import { CodeSheet, Finder, Head, Icon, UnsentBanner, html, useEffect, useState, useStored } from '../ui.js';
import { lookUp } from '../bundle.js';
import { feedback } from '../feedback.js';
import { actsOfMine, changePile, handOn, peopleMatching, pile } from '../hand.js';
import { now } from '../identity.js';
import { readCode, showCode } from '../rules.js';
import { t } from '../words.js';
import { titleOf } from '../work.js';
import { Signature } from './sign.js';

const MOST = 200;
const today = () => new Date(now() - new Date().getTimezoneOffset() * 60000).toISOString().slice(0, 10);

/** What still has to be said before the pile can go, as the words of the button that waits; null when nothing is missing. */
function missingOf(held) {
  if (!held.things.length) return t('m.hand_scan_first');
  if (held.act === 'give' && !held.person) return t('m.hand_person_first');
  if (held.act === 'vendor' && !held.vendor.trim()) return t('m.hand_vendor_first');
  if (held.due && held.due < today()) return t('m.hand_due_past');
  return null;
}

export function Hand() {
  const held = useStored(pile);
  const [typing, setTyping] = useState(false);
  const [choosing, setChoosing] = useState(false);
  const [signing, setSigning] = useState(false);
  const [line, setLine] = useState(null);
  const [done, setDone] = useState(null);

  const refuse = (sentence) => {
    feedback('refused');
    setLine({ kind: 'refused', text: sentence });
    return sentence;
  };
  const scanned = async (text) => {
    const { code, error } = readCode(text);
    if (error) return refuse(t(`m.code_${error.split('.')[1]}`));
    const found = lookUp(code);
    if (found && found.kind !== 'asset') return refuse(t('m.hand_not_a_thing', { thing: titleOf(found.subject) }));
    if (found?.subject?.state === 'disposed') return refuse(found.subject.told || t('m.hand_gone'));
    const key = found?.subject?.id || code;
    try {
      let known = false;
      let full = false;
      const next = await changePile((was) => {
        known = was.things.some((one) => (one.id || one.code) === key);
        full = was.things.length >= MOST;
        if (!known && !full) was.things.unshift({ id: found?.subject?.id, code, name: found?.subject?.name, spec: found?.subject?.spec, number: found?.subject?.number, told: found?.subject?.told });
        return was;
      });
      if (full) return refuse(t('m.hand_full', { n: MOST }));
      feedback(known ? 'again' : 'saved');
      setDone(null);
      const title = titleOf(found?.subject) || showCode(code);
      setLine(known ? { kind: 'again', text: t('m.hand_again', { thing: title }) } : { kind: 'saved', text: t('m.hand_nth', { n: next.things.length, thing: title }) });
      return null;
    } catch {
      return refuse(t('m.storage_full'));
    }
  };
  useEffect(() => {
    const code = sessionStorage.getItem('foyer-hand');
    const act = sessionStorage.getItem('foyer-hand-act');
    sessionStorage.removeItem('foyer-hand');
    sessionStorage.removeItem('foyer-hand-act');
    (async () => {
      if (act) await changePile((was) => ({ ...was, act }));
      if (code) await scanned(code);
    })();
  }, []);
  if (!held) return null;
  const acts = actsOfMine();
  const act = acts.includes(held.act) ? held.act : acts[0];
  const now_ = { ...held, act };
  const missing = missingOf(now_);
  const set = (what) => changePile((was) => ({ ...was, ...what }));
  const finish = async (strokes) => {
    const n = now_.things.length;
    const name = now_.person?.name || now_.vendor.trim();
    await handOn(now_, strokes);
    feedback('saved');
    setSigning(false);
    setLine(null);
    setDone(t(`m.handed_${act}`, { n, name }));
  };
  const signs = act === 'give' || act === 'vendor' || act === 'receive';
  const press = () => {
    if (missing) return;
    if (signs) setSigning(true);
    else finish(null).catch(() => refuse(t('m.storage_full')));
  };
  const signTitle = act === 'give' ? t('m.hand_signs', { name: now_.person?.name || '', n: now_.things.length }) : act === 'vendor' ? t('m.hand_signs', { name: now_.contact.trim() || now_.vendor.trim(), n: now_.things.length }) : t('m.hand_signs_giver', { n: now_.things.length });
  return html`<${Head} title=${t('m.hand')} sub=${t(`m.hand_sub_${act}`)} to="#/" /><${UnsentBanner} />
    <${Finder} onText=${scanned} many hint=${t('m.hand_scan')} good=${line?.kind === 'saved'} paused=${typing || choosing || signing}>
      ${line && html`<p class=${`f-finder__line f-finder__line--${line.kind}`} role="status" data-testid="line" data-kind=${line.kind}><${Icon} name=${line.kind === 'refused' ? 'warn' : line.kind === 'again' ? 'undo' : 'check'} />${line.text}</p>`}</${Finder}>
    <div class="phone__body">${done && html`<p class="f-found__note f-found__note--done" role="status" data-testid="handed"><${Icon} name="cloud_up" /><span>${done} ${t('m.hand_counts_later')}</span></p>`}
      <div class="choice choice--many f-acts" role="group" aria-label=${t('m.hand')}>${acts.map((one) => html`<button class=${`choice__one${act === one ? ' choice__one--on' : ''}`} key=${one} aria-pressed=${act === one} onClick=${() => (setDone(null), set({ act: one }))} data-testid=${`hand-${one}`}>${t(`m.hand_${one === 'home' ? 'home_act' : one}`)}</button>`)}</div>
      ${act === 'give' && html`<button class="item item--act" onClick=${() => setChoosing(true)} data-testid="hand-person"><span class="mark"><${Icon} name="person" /></span><span class="item__body"><span class="item__title">${now_.person?.name || t('m.hand_choose')}</span>${now_.person?.department && html`<span class="item__meta">${now_.person.department}</span>`}</span><${Icon} name="go" /></button>`}
      ${act === 'vendor' && html`<label class="field"><span class="field__label">${t('m.hand_vendor_name')}</span><input class="field__box field__input" value=${now_.vendor} maxlength="120" autocomplete="off" onInput=${(event) => set({ vendor: event.target.value })} data-testid="hand-vendor-name" /></label>
        <label class="field"><span class="field__label">${t('m.hand_contact')}</span><input class="field__box field__input" value=${now_.contact} maxlength="120" autocomplete="off" onInput=${(event) => set({ contact: event.target.value })} /></label>`}
      ${(act === 'give' || act === 'vendor') && html`<label class="field"><span class="field__label">${t(act === 'give' ? 'm.hand_due' : 'm.hand_due_back')}</span><input class="field__box field__input" type="date" min=${today()} value=${now_.due} onInput=${(event) => set({ due: event.target.value })} data-testid="hand-due" /></label>`}
      ${!now_.things.length && !done && html`<p class="f-hintline">${t('m.hand_empty')}</p>`}
      <ul class="list">${now_.things.map((one) => html`<li class="item" key=${one.id || one.code} data-testid="hand-line"><span class="mark"><${Icon} name="label" /></span><div class="item__body"><div class="item__title">${titleOf(one) || t('m.hand_unknown')}</div><div class="item__meta">${one.number || ''} <span class="code">${showCode(one.code)}</span></div>${one.told && html`<div class="item__meta item__meta--soon">${one.told}</div>`}</div>
        <button class="round" aria-label=${t('m.remove')} onClick=${() => set({ things: now_.things.filter((other) => other.code !== one.code) })}><${Icon} name="close" /></button></li>`)}</ul></div>
    <footer class="phone__foot"><div class="f-foot__pair"><button class="button" onClick=${() => setTyping(true)} aria-label=${t('m.type_code')} data-testid="type"><${Icon} name="keyboard" /></button>
      <button class="button button--main button--wide" aria-disabled=${Boolean(missing)} onClick=${press} data-testid="hand-on">${missing || t(`m.hand_do_${act}`, { n: now_.things.length, name: now_.person?.name || now_.vendor.trim() })}</button></div></footer>
    ${typing && html`<${CodeSheet} title=${t('m.type_code_title')} onCode=${scanned} onClose=${() => setTyping(false)} />`}
    ${choosing && html`<${Taker} onClose=${() => setChoosing(false)} onPick=${(person) => (setChoosing(false), set({ person }))} />`}
    ${signing && html`<${Signature} title=${signTitle} act=${t('m.hand_signed')} onClose=${() => setSigning(false)} onDone=${(image, strokes) => finish(strokes)} onSkip=${act === 'receive' ? () => finish(null).catch(() => refuse(t('m.storage_full'))) : undefined} />`}`;
}

function Taker({ onClose, onPick }) {
  const [text, setText] = useState('');
  const hits = peopleMatching(text);
  return html`<div class="f-cover"><header class="f-head"><button class="round" aria-label=${t('m.back')} onClick=${onClose}><${Icon} name="back" /></button><div class="f-head__text"><h1 class="f-head__title">${t('m.hand_choose')}</h1></div></header>
    <div class="phone__body"><label class="field"><span class="field__label">${t('m.whom_search')}</span><input class="field__box field__input" value=${text} autocomplete="off" onInput=${(event) => setText(event.target.value)} ref=${(field) => field && !field.dataset.seen && ((field.dataset.seen = '1'), field.focus())} data-testid="whom" /></label>
      <ul class="list">${hits.map((one) => html`<li key=${one.id}><button class="item item--act" onClick=${() => onPick({ id: one.id, name: one.name, department: one.department })} data-testid="whom-hit"><span class="item__body"><span class="item__title">${one.name}</span><span class="item__meta">${one.department || ''}</span></span></button></li>`)}</ul>
      ${text.trim() && !hits.length && html`<p class="sub">${t('m.whom_none')}</p>`}</div></div>`;
}
