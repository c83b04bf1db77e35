// The roll call in a marshal's hand: who is missing first, one tap a person, with the age of the list always in sight (scenario Front desk 9).
import { CodeSheet, Dialog, Finder, Head, Icon, Pullup, Stepper, UnsentBanner, html, useEffect, useState, useStored } from '../ui.js';
import { lookUp } from '../bundle.js';
import { feedback } from '../feedback.js';
import { now } from '../identity.js';
import { addSomeone, begin, isOld, kept, list, refresh, rowsOf, running, standAt, standing, takeBack, tick } from '../rollcall.js';
import { readCode } from '../rules.js';
import { clock, join, span, t, when } from '../words.js';

const GROUP = { missing: (line) => line.status === 'inside' && !line.accounted, apart: (line) => line.status !== 'inside' && !line.accounted, found: (line) => line.accounted };
const sound = new Intl.Collator('zh-u-co-pinyin'); // by sound, whatever language the phone speaks
const order = (one, other) => sound.compare(one.where || '', other.where || '') || sound.compare(one.name, other.name);

async function load() {
  const held = await kept();
  const open = running(held);
  return { held, open, place: (await standing()) || null, rows: open ? await rowsOf(held, open) : [] };
}

/** The line on the first screen: whether one runs and how many are missing; nothing for who is no marshal. */
export function RollCallLine({ go }) {
  const stored = useStored(load);
  if (!stored?.held?.data?.marshal) return null;
  const { held, open, rows } = stored;
  const shown = open && list(open, rows);
  const title = !shown ? t('m.rollcall') : shown.missing ? t('m.rollcall_running', { n: shown.missing }) : t('m.rollcall_done');
  const heads = held.data.house.filter((one) => one.status === 'inside').reduce((sum, one) => sum + one.headcount, 0);
  const sub = open ? (open.drill ? t('m.rollcall_drill') : t('m.rollcall_real')) : t('m.rollcall_house', { n: heads });
  return html`<li><button class=${`item item--act${open ? ' f-rc__line' : ''}`} onClick=${() => go('#/rollcall')} data-testid="rollcall"><span class=${`mark${open && !open.drill ? ' mark--busy' : open ? ' mark--held' : ''}`}><${Icon} name="people" /></span>
    <span class="item__body"><span class="item__title">${title}</span><span class="item__meta">${sub}</span></span><${Icon} name="go" /></button></li>`;
}

export function RollCall() {
  const stored = useStored(load);
  const [filter, setFilter] = useState('missing');
  const [text, setText] = useState('');
  const [sheet, setSheet] = useState(null);
  const [said, setSaid] = useState(null);
  const [, beat] = useState(0);
  useEffect(() => {
    refresh().catch(() => {});
    const timer = setInterval(() => beat((n) => n + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  if (!stored) return null;
  const { held, open, place, rows } = stored;
  if (!held) return html`<${Head} title=${t('m.rollcall')} to="#/" /><${UnsentBanner} /><div class="phone__body"><p class="empty"><${Icon} name="cloud_off" /><span data-testid="rc-no-list">${t('m.rollcall_no_list')}</span></p></div>`;
  if (!held.data.marshal && !open) return html`<${Head} title=${t('m.rollcall')} to="#/" /><div class="phone__body"><p class="empty">${t('m.rollcall_none')}</p></div>`;
  if (!open) return html`<${House} held=${held} sheet=${sheet} setSheet=${setSheet} />`;

  const { lines, missing, found, apart } = list(open, rows);
  const close = () => setSheet(null);
  const failed = () => {
    feedback('refused');
    setSaid({ kind: 'refused', text: t('m.storage_full') });
  };
  const press = async (line, heads) => {
    if (line.headcount > 1 && !heads) return setSheet({ heads: line });
    try {
      await tick(open, line, place, heads);
      feedback('saved');
      setSaid({ kind: 'saved', text: t('m.rollcall_ticked', { name: line.name }) });
    } catch {
      failed();
    }
    return undefined;
  };
  const scanned = async (raw) => {
    const { code, error } = readCode(raw);
    const refuse = (sentence) => {
      feedback('refused');
      setSaid({ kind: 'refused', text: sentence });
      return sentence;
    };
    if (error) return refuse(t(`m.code_${error.split('.')[1]}`));
    const known = lookUp(code);
    if (known?.kind === 'place') {
      await standAt(known.subject);
      feedback('saved');
      setSaid({ kind: 'saved', text: t('m.rollcall_at', { place: known.subject.name }) });
      return null;
    }
    const line = lines.find((one) => one.label === code);
    if (!line) return refuse(t('m.rollcall_unknown'));
    if (line.accounted) {
      feedback('again');
      setSaid({ kind: 'again', text: t('m.rollcall_again', { name: line.name }) });
      return null;
    }
    await press(line);
    return null;
  };
  const wanted = text.trim().toLowerCase();
  const shown = lines.filter((line) => (wanted ? [line.name, line.detail, line.host, line.where, line.number].some((part) => part && part.toLowerCase().includes(wanted)) : GROUP[filter](line))).sort(order);
  const counts = { missing, apart, found };
  return html`<${Band} drill=${open.drill} /><${Head} title=${missing ? t('m.rollcall_missing', { n: missing }) : t('m.rollcall_all')} sub=${html`<${Age} held=${held} />`} to="#/" right=${html`<button class="round" aria-label=${t('m.rollcall_add')} onClick=${() => setSheet('add')} data-testid="rc-add"><${Icon} name="plus" /></button>`} />
    <${UnsentBanner} />
    <div class="f-rc__tools"><div class="f-chips" role="group">${['missing', 'apart', 'found'].map((key) => html`<button class=${`chip${filter === key && !wanted ? ' chip--on' : ''}`} key=${key} aria-pressed=${filter === key} onClick=${() => (setFilter(key), setText(''))} data-testid=${`rc-${key}`}>${t(`m.rollcall_${key}`, { n: counts[key] })}</button>`)}</div>
      <label><span class="f-hidden">${t('m.rollcall_find')}</span><input class="field__box field__input" type="search" value=${text} placeholder=${t('m.rollcall_find')} autocomplete="off" onInput=${(event) => setText(event.target.value)} data-testid="rc-find" /></label></div>
    <div class="phone__body f-rc__body">
      ${!shown.length && html`<p class="f-hintline" data-testid="rc-empty">${wanted ? t('m.rollcall_nothing') : filter === 'missing' ? t('m.rollcall_all_sub') : t('m.rollcall_nothing')}</p>`}
      <ul class="list">${shown.map((line) => html`<${Line} key=${line.subject_id} line=${line} onTick=${() => press(line)} onOpen=${() => setSheet({ line: line.subject_id })} />`)}</ul></div>
    <footer class="phone__foot">${said && html`<p class=${`f-rc__said f-rc__said--${said.kind}`} role="status" data-testid="rc-said"><${Icon} name=${said.kind === 'refused' ? 'warn' : 'check'} />${said.text}</p>`}
      <div class="f-rc__foot"><button class="button button--quiet f-rc__where" onClick=${() => setSheet('where')} data-testid="rc-where"><${Icon} name="pin" />${place ? place.name : t('m.rollcall_where_none')}</button>
      <button class="button button--main" onClick=${() => setSheet('scan')} data-testid="rc-scan"><${Icon} name="scan" />${t('m.rollcall_scan')}</button></div></footer>
    ${sheet === 'scan' && html`<${Scanning} said=${said} onText=${scanned} onClose=${close} />`}
    ${sheet === 'add' && html`<${Add} open=${open} place=${place} onClose=${close} onDone=${(name) => (close(), setSaid({ kind: 'saved', text: t('m.rollcall_ticked', { name }) }))} onFailed=${failed} />`}
    ${sheet === 'where' && html`<${Where} points=${held.data.points} onClose=${close} />`}
    ${sheet?.heads && html`<${Heads} line=${sheet.heads} onClose=${close} onDone=${(n) => (close(), press(sheet.heads, n))} />`}
    ${sheet?.line && html`<${History} line=${lines.find((one) => one.subject_id === sheet.line)} open=${open} onClose=${close} />`}`;
}

const Band = ({ drill }) => html`<p class=${`f-rc__band f-rc__band--${drill ? 'drill' : 'real'}`} role="status" data-testid="rc-band">${t(drill ? 'm.rollcall_drill' : 'm.rollcall_real')}</p>`;

/** How old the list is: the first thing to know when the server is gone. */
function Age({ held }) {
  const ago = now() - held.at;
  const old = isOld(ago);
  return html`<span class=${old ? 'f-rc__old' : ''} data-testid="rc-age" data-old=${old ? '1' : '0'}>${old ? t('m.rollcall_age', { time: clock(held.at), span: ago < 60000 ? t('m.seconds', { n: Math.round(ago / 1000) }) : span(ago) }) : t('m.rollcall_fresh', { time: clock(held.at) })}</span>`;
}

function House({ held, sheet, setSheet }) {
  const inside = held.data.house.filter((one) => one.status === 'inside');
  const heads = inside.reduce((sum, one) => sum + one.headcount, 0);
  const start = async (drill) => {
    setSheet(null);
    await begin(drill).then(() => feedback('saved'), () => feedback('refused'));
  };
  return html`<${Head} title=${t('m.rollcall')} sub=${html`<${Age} held=${held} />`} to="#/" /><${UnsentBanner} />
    <div class="phone__body"><h2 data-testid="rc-house">${t('m.rollcall_house', { n: heads })}</h2>
      <ul class="list">${held.data.house.map((one) => html`<li class="item" key=${one.subject_id}><span class="item__body"><span class="item__title">${one.headcount > 1 ? t('rollcall.heads', { name: one.name, n: one.headcount }) : one.name}</span><span class="item__meta">${meta(one)}</span></span>
        ${one.status !== 'inside' && html`<span class="sub">${t(`m.rollcall_${one.status}`)}</span>`}</li>`)}</ul></div>
    ${held.data.may_start && html`<footer class="phone__foot"><p class="sub f-foot__note">${t('m.rollcall_start_say')}</p><div class="f-rc__foot"><button class="button" onClick=${() => start(true)} data-testid="rc-drill">${t('m.rollcall_start_drill')}</button>
      <button class="button button--main" onClick=${() => setSheet('real')} data-testid="rc-start">${t('m.rollcall_start')}</button></div></footer>`}
    ${sheet === 'real' && html`<${Dialog} title=${t('m.rollcall_start_real_ask')} text=${t('m.rollcall_start_real_say')} safe=${t('m.rollcall_not_yet')} act=${t('m.rollcall_start_real_do')} stop onSafe=${() => setSheet(null)} onAct=${() => start(false)} />`}`;
}

const meta = (line) => join([t(`rollcall.kind.${line.kind}`), line.detail, line.host, line.where, line.number]);

function Line({ line, onTick, onOpen }) {
  const last = line.standing.at(-1) || line.ticks.at(-1);
  const title = line.headcount > 1 ? t('rollcall.heads', { name: line.name, n: line.headcount }) : line.name;
  const flags = [line.status !== 'inside' && t(`m.rollcall_${line.status}`), line.left_at && t('m.rollcall_left', { time: clock(line.left_at) })].filter(Boolean);
  return html`<li class="item f-rc__row" data-testid="rc-line" data-name=${line.name} data-found=${line.accounted ? '1' : '0'}><button class="item__press" onClick=${onOpen} disabled=${!line.ticks.length}>
      <span class="item__title">${title}</span><span class="item__meta">${meta(line)}</span>
      ${flags.length > 0 && html`<span class="item__meta item__meta--soon">${join(flags)}</span>`}
      ${last && html`<span class=${`item__meta f-rc__by${last.taken ? ' f-rc__by--gone' : ''}`} data-testid="rc-by">${line.unsent && html`<${Icon} name="cloud_up" />`}${seen(last)}${line.headcount > 1 ? ` · ${t('m.rollcall_part', { found: line.found, n: line.headcount })}` : ''}${last.taken ? ` · ${t('m.rollcall_taken_back')}` : ''}</span>`}</button>
    ${line.accounted ? html`<span class=${`mark mark--${line.unsent ? 'soon' : 'free'}`}><${Icon} name="check" /></span>` : html`<button class="button f-rc__tick" onClick=${onTick} aria-label=${`${line.name}: ${t('m.rollcall_here')}`} data-testid="rc-tick"><${Icon} name="check" />${t('m.rollcall_here')}</button>`}</li>`;
}

const seen = (one) => t(one.place ? 'm.rollcall_seen_at' : 'm.rollcall_seen', { who: one.mine ? t('m.rollcall_me') : one.by, time: clock(one.at), place: one.place });

function Scanning({ said, onText, onClose }) {
  const [typing, setTyping] = useState(false);
  return html`<div class="f-cover"><header class="f-head"><button class="round" aria-label=${t('m.close')} onClick=${onClose} data-testid="rc-scan-close"><${Icon} name="close" /></button><div class="f-head__text"><h1 class="f-head__title">${t('m.rollcall_scan')}</h1></div></header>
    <${Finder} onText=${onText} good=${said?.kind === 'saved'} paused=${typing}>${said && html`<p class=${`f-finder__line f-finder__line--${said.kind}`} role="status" data-testid="line"><${Icon} name=${said.kind === 'refused' ? 'warn' : 'check'} />${said.text}</p>`}</${Finder}>
    <div class="phone__body"></div><footer class="phone__foot"><button class="button button--wide" onClick=${() => setTyping(true)} data-testid="rc-type"><${Icon} name="keyboard" />${t('m.cannot_scan_type')}</button></footer>
    ${typing && html`<${CodeSheet} title=${t('m.type_code_title')} onCode=${onText} onClose=${() => setTyping(false)} />`}</div>`;
}

function Where({ points, onClose }) {
  const pick = (place) => standAt(place).then(onClose);
  return html`<${Pullup} label=${t('m.rollcall_where_title')} onClose=${onClose}><h1 class="f-sheet__title">${t('m.rollcall_where_title')}</h1><p class="sub">${t('m.rollcall_where_sub')}</p>
    <ul class="list">${(points || []).map((one) => html`<li key=${one.id}><button class="item item--act" onClick=${() => pick(one)} data-testid="rc-point"><span class="mark"><${Icon} name="pin" /></span><span class="item__body"><span class="item__title">${one.name}</span></span></button></li>`)}
      <li><button class="item item--act" onClick=${() => pick(null)}><span class="item__body"><span class="item__title">${t('m.rollcall_where_unsaid')}</span></span></button></li></ul></${Pullup}>`;
}

function Heads({ line, onClose, onDone }) {
  const [n, setN] = useState(Math.max(1, line.headcount - line.found));
  return html`<${Pullup} label=${t('m.rollcall_heads', { name: line.name })} onClose=${onClose}><h1 class="f-sheet__title">${t('m.rollcall_heads', { name: line.name })}</h1>
    <div class="f-sheet__row"><${Stepper} value=${n} label=${line.name} min=${1} max=${line.headcount} onChange=${setN} /></div>
    <button class="button button--main button--wide" aria-disabled=${!Number(n)} onClick=${() => Number(n) && onDone(Number(n))} data-testid="rc-heads">${t('m.rollcall_heads_do', { n: n || 0 })}</button></${Pullup}>`;
}

function History({ line, open, onClose }) {
  if (!line) return null;
  const undo = () => takeBack(open, line).then(() => (feedback('again'), onClose()), () => feedback('refused'));
  return html`<${Pullup} label=${line.name} onClose=${onClose}><h1 class="f-sheet__title">${line.name}</h1><p class="sub">${meta(line)}${line.since ? ` · ${t('m.rollcall_since', { time: when(line.since) })}` : ''}</p>
    <ul class="list">${line.ticks.map((one) => html`<li class=${`item${one.taken ? ' item--gone' : ''}`} key=${one.id} data-testid="rc-told"><span class=${`mark${one.taken ? '' : ' mark--free'}`}><${Icon} name=${one.taken ? 'undo' : 'check'} /></span><span class="item__body"><span class="item__title">${seen(one)}</span></span>${one.state === 'queued' && html`<${Icon} name="cloud_up" />`}</li>`)}</ul>
    ${line.standing.length > 0 && html`<button class="button button--wide" onClick=${undo} data-testid="rc-undo"><${Icon} name="undo" />${t('m.rollcall_undo')}</button><p class="sub">${t('m.rollcall_undo_say')}</p>`}</${Pullup}>`;
}

function Add({ open, place, onClose, onDone, onFailed }) {
  const [name, setName] = useState('');
  const [detail, setDetail] = useState('');
  const done = async (event) => {
    event.preventDefault();
    if (!name.trim()) return;
    try {
      await addSomeone(open, name.trim(), detail.trim(), place);
      feedback('saved');
      onDone(name.trim());
    } catch {
      onFailed();
    }
  };
  return html`<${Pullup} label=${t('m.rollcall_add_title')} onClose=${onClose}><form onSubmit=${done}><h1 class="f-sheet__title">${t('m.rollcall_add_title')}</h1>
    <label class="field"><span class="field__label">${t('m.rollcall_add_name')}</span><input class="field__box field__input" value=${name} maxlength="80" autocomplete="off" onInput=${(event) => setName(event.target.value)} data-testid="rc-add-name" /></label>
    <label class="field"><span class="field__label">${t('m.rollcall_add_detail')}</span><input class="field__box field__input" value=${detail} maxlength="200" autocomplete="off" onInput=${(event) => setDetail(event.target.value)} /></label>
    <button class="button button--main button--wide f-sheet__act" aria-disabled=${!name.trim()} data-testid="rc-add-do">${name.trim() ? t('m.rollcall_add_do') : t('m.rollcall_add_first')}</button></form></${Pullup}>`;
}
