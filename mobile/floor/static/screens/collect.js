// Collecting supplies: scan the shelf, one scan adds one; more by the stepper; for whom; over the limit asks why.
import { CodeSheet, Finder, Head, Icon, Stepper, UnsentBanner, go, html, useEffect, useState, useStored } from '../ui.js';
import { bundle, lookUp, thing } from '../bundle.js';
import { changed, meta, setMeta } from '../database.js';
import { feedback } from '../feedback.js';
import { readCode } from '../rules.js';
import { session } from '../session.js';
import { join, t } from '../words.js';
import { inTurn, overLimit, takeSupplies, titleOf } from '../work.js';

const EMPTY = { lines: [], person: null };

const supplyOf = (id) => bundle()?.supplies?.find((one) => one.id === id) || thing(id);

/** The basket is on the disk: a reload or an empty battery loses nothing. */
const basket = async () => (await meta(`basket:${session.person.id}`)) || EMPTY;

const change = (work) =>
  inTurn(async () => {
    const next = work(structuredClone(await basket()));
    await setMeta(`basket:${session.person.id}`, next);
    changed();
    return next;
  });

export function Collect() {
  const held = useStored(basket);
  const [typing, setTyping] = useState(false);
  const [line, setLine] = useState(null);
  const [choosing, setChoosing] = useState(false);
  const [done, setDone] = useState(null);

  const scanned = async (text) => {
    const { code, error } = readCode(text);
    const found = code && lookUp(code);
    const said = error ? t(`m.code_${error.split('.')[1]}`) : !found ? t('m.label_unknown') : found.kind !== 'supply' ? t('m.not_a_supply', { thing: titleOf(found.subject) }) : null;
    if (said) {
      feedback('refused');
      setLine({ kind: 'refused', text: said });
      return said;
    }
    try {
      const next = await change((now) => {
        const known = now.lines.find((one) => one.id === found.subject.id);
        if (known) known.quantity = (Number(known.quantity) || 0) + 1;
        else now.lines.unshift({ id: found.subject.id, quantity: 1, reason: '' });
        return now;
      });
      feedback('saved');
      setDone(null);
      setLine({ kind: 'saved', text: t('m.in_basket', { thing: titleOf(found.subject), n: next.lines.find((one) => one.id === found.subject.id).quantity }) });
    } catch {
      feedback('refused');
      setLine({ kind: 'refused', text: t('m.storage_full') });
      return t('m.storage_full');
    }
    return null;
  };

  useEffect(() => {
    const code = sessionStorage.getItem('foyer-collect');
    sessionStorage.removeItem('foyer-collect');
    if (code) scanned(code);
  }, []);

  if (!held) return null;
  const person = held.person || session.person;
  const lines = held.lines.map((one) => ({ ...one, supply: supplyOf(one.id) })).filter((one) => one.supply);
  const over = lines.filter((one) => overLimit(one.supply, Number(one.quantity)));
  const unclear = lines.find((one) => !Number(one.quantity)) || over.find((one) => !one.reason.trim());
  const pieces = lines.reduce((sum, one) => sum + (Number(one.quantity) || 0), 0);
  const set = (id, what) => change((now) => ({ ...now, lines: now.lines.map((one) => (one.id === id ? { ...one, ...what } : one)) }));
  const remove = (id) => change((now) => ({ ...now, lines: now.lines.filter((one) => one.id !== id) }));
  const take = async () => {
    if (unclear || !lines.length) return;
    try {
      await takeSupplies(lines.map((one) => ({ supply: one.supply, quantity: Number(one.quantity), reason: overLimit(one.supply, Number(one.quantity)) ? one.reason.trim() : '' })), person);
      await change(() => EMPTY);
      feedback('saved');
      setLine(null);
      setDone(t('m.took', { kinds: lines.length, n: pieces, name: person.name }));
    } catch {
      feedback('refused');
      setLine({ kind: 'refused', text: t('m.storage_full') });
    }
  };
  return html`<${Head} title=${t('m.collect')} sub=${join([person.name, person.department])} to="#/" right=${html`<button class="button button--quiet push" onClick=${() => setChoosing(true)} data-testid="for-whom">${t('m.for_whom')}</button>`} />
    <${UnsentBanner} /><${Finder} onText=${scanned} hint=${t('m.scan_shelf')} good=${line?.kind === 'saved'} paused=${typing || choosing}>
      ${line && html`<p class=${`f-finder__line f-finder__line--${line.kind}`} role="status" data-testid="line" data-kind=${line.kind}><${Icon} name=${line.kind === 'refused' ? 'warn' : 'box'} />${line.text}</p>`}</${Finder}>
    <div class="phone__body">${done && html`<p class="f-found__note f-found__note--done" role="status" data-testid="took"><${Icon} name="cloud_up" />${done}</p>`}
      ${!lines.length && !done && html`<p class="f-hintline">${t('m.basket_empty')}</p>`}
      <ul class="list">${lines.map((one) => html`<li key=${one.id} data-testid="basket-line"><div class="item"><div class="item__body"><div class="item__title">${titleOf(one.supply)}</div>
          ${overLimit(one.supply, Number(one.quantity)) ? html`<div class="item__meta item__meta--soon">${t('m.over_limit', { n: one.supply.limit, unit: one.supply.unit || '' })}</div>` : html`<div class="item__meta">${one.supply.limit ? t('m.may_take', { n: one.supply.limit - (Number(one.quantity) || 0), unit: one.supply.unit || '' }) : one.supply.unit || ''}</div>`}
          ${Number(one.quantity) === 0 && html`<button class="button button--quiet button--small" onClick=${() => remove(one.id)} data-testid="remove">${t('m.remove')}</button>`}</div>
        <${Stepper} value=${one.quantity} label=${titleOf(one.supply)} onChange=${(quantity) => set(one.id, { quantity })} /></div>
        ${overLimit(one.supply, Number(one.quantity)) && html`<label class="field field--reason"><span class="field__label field__label--soon">${t('m.why_more')}</span>
          <input class="field__box field__input" value=${one.reason} maxlength="200" placeholder=${t('m.why_example')} onInput=${(event) => set(one.id, { reason: event.target.value })} data-testid="reason" /></label>`}</li>`)}</ul></div>
    <footer class="phone__foot">${over.length > 0 && html`<p class="row sub f-foot__note"><${Icon} name="note" />${t('m.over_note', { n: over.length })}</p>`}
      <div class="f-foot__pair"><button class="button" onClick=${() => setTyping(true)} aria-label=${t('m.type_code')} data-testid="type"><${Icon} name="keyboard" /></button>
      <button class="button button--main button--wide" aria-disabled=${Boolean(unclear) || !lines.length} onClick=${take} data-testid="take">
        ${!lines.length ? t('m.scan_something') : unclear ? (Number(unclear.quantity) ? t('m.reason_first') : t('m.number_first')) : t('m.take_n', { kinds: lines.length, n: pieces })}</button></div></footer>
    ${typing && html`<${CodeSheet} title=${t('m.type_code_title')} onCode=${scanned} onClose=${() => setTyping(false)} />`}
    ${choosing && html`<${Whom} onClose=${() => setChoosing(false)} onPick=${(picked) => (setChoosing(false), change((now) => ({ ...now, person: picked })))} />`}`;
}

function Whom({ onClose, onPick }) {
  const [text, setText] = useState('');
  const wanted = text.trim().toLowerCase();
  const people = bundle()?.people || [];
  const hits = wanted ? people.filter((one) => [one.name, one.department, one.name_key].some((part) => part && part.toLowerCase().includes(wanted))).slice(0, 8) : [];
  return html`<div class="f-cover"><header class="f-head"><button class="round" aria-label=${t('m.back')} onClick=${onClose}><${Icon} name="back" /></button><div class="f-head__text"><h1 class="f-head__title">${t('m.for_whom')}</h1></div></header>
    <div class="phone__body"><label class="field"><span class="field__label">${t('m.whom_search')}</span><input class="field__box field__input" value=${text} autocomplete="off" onInput=${(event) => setText(event.target.value)} ref=${(field) => field && !field.dataset.seen && ((field.dataset.seen = '1'), field.focus())} data-testid="whom" /></label>
      <ul class="list"><li><button class="item item--act" onClick=${() => onPick(null)}><span class="item__body"><span class="item__title">${t('m.for_myself', { name: session.person.name })}</span></span></button></li>
      ${hits.map((one) => html`<li key=${one.id}><button class="item item--act" onClick=${() => onPick(one)} data-testid="whom-hit"><span class="item__body"><span class="item__title">${one.name}</span><span class="item__meta">${one.department || ''}</span></span></button></li>`)}</ul>
      ${wanted && !hits.length && html`<p class="sub">${t('m.whom_none')}</p>`}</div></div>`;
}
