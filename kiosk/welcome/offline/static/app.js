// The kiosk while the server is away: plain, honest, and gone as soon as it is back. It takes who comes (with an invitation whose signature it checks,
// or in their own words) and who leaves; everything is sealed and reported later. It knows no visitor, no host and no list.
import { html, render } from './preact.js';
import { readCode } from './rules.js';
import { listen } from './wedge.js';
import { Choices, Count, Ease, Eye, Field, Frame, Notice } from './parts.js';
import { readVisitCode } from './visit-code.js';
import { counts, flush, healthy, isMarked, keep, markOf, meta, officeNow } from './queue.js';

const IDLE_MS = 30000, ASK_MS = 10000, READ_MS = 60000, DONE_MS = 12000, LOOK_MS = 2000;
const empty = () => ({ code: '', mark: '', name: '', company: '', host: '', purpose: '', group: false, party: 1 });
const state = { step: 'rest', form: empty(), language: 'zh-Hans', pack: null, words: {}, count: 0, since: Date.now(), left: null, problem: '' };
const readProven = (text, keys) => readVisitCode(text, keys, readCode);
const PURPOSES = ['meeting', 'talk', 'papers', 'interview', 'repair', 'other'];
let touched = performance.now();

const w = (key, facts = {}) => String(state.words[state.language]?.[key] ?? key).replace(/\{(\w+)\}/g, (all, name) => (name in facts ? facts[name] : all));
const clock = (ms) => new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', hour12: false, timeZone: state.pack?.zone || 'UTC' }).format(new Date(ms)).replace('24:', '00:');
const today = () => new Intl.DateTimeFormat('en-CA', { timeZone: state.pack?.zone || 'UTC' }).format(new Date(officeNow(state.pack))).replaceAll('-', '');
const dayOf = (day) => new Intl.DateTimeFormat({ 'zh-Hans': 'zh-CN', 'zh-Hant': 'zh-TW', en: 'en-GB' }[state.language], { weekday: 'long', day: 'numeric', month: 'long', timeZone: 'UTC' })
  .format(Date.UTC(+day.slice(0, 4), day.slice(4, 6) - 1, +day.slice(6))); // as it is said, in the visitor's language

function show(step, more = {}) {
  Object.assign(state, { step, problem: '', left: null }, more);
  document.documentElement.dataset.idle = step === 'rest' ? '1' : '0';
  touched = performance.now();
  draw();
  requestAnimationFrame(() => {
    const heading = document.querySelector('.kiosk__body h1');
    if (heading) {
      heading.tabIndex = -1;
      heading.focus({ preventScroll: true });
    }
  });
}

function wipe() {
  state.form = empty();
  state.language = state.pack?.language || 'zh-Hans';
  for (const name of ['reach', 'text']) delete document.documentElement.dataset[name];
  document.documentElement.lang = state.language;
  document.activeElement?.blur?.();
  show('rest');
  look();
}

function speak(language) {
  state.language = language;
  document.documentElement.lang = language;
  draw();
}

const call = () => (state.pack?.reception ? w('offline.call', { number: state.pack.reception }) : w('offline.call_desk'));
const problem = (sentence) => {
  state.problem = sentence;
  draw();
};

// ── what is scanned ──

async function scanned(text) {
  touched = performance.now();
  if (!state.pack || !['rest', 'leave', 'code'].includes(state.step)) return;
  const read = await readProven(text, state.pack.keys);
  if (read.error) return show('sorry', { why: read.error === 'visit.code_of_another_office' || read.error === 'visit.code_forged' ? 'offline.sorry.not_ours' : 'offline.sorry.unreadable' });
  const group = read.kind === 'G';
  const mark = await markOf(`${read.code} ${today()}`);
  if (state.step === 'leave') return leave(text, mark);
  if (read.kind && read.day !== today()) return show('sorry', { why: 'offline.sorry.other_day', day: read.day });
  if (await isMarked(mark)) return show('again', { form: { ...empty(), code: text, mark, group } });
  if (read.kind) return show(group ? 'group' : 'greeting', { form: { ...empty(), code: text, mark, group } });
  return show('bare', { form: { ...empty(), code: text, mark } }); // a badge, or a code typed without its proof
}

async function leave(text, mark) {
  await store({ kind: 'leaving', code: text }, `${mark} left`, 'left');
}

async function store(said, mark, next) {
  if (state.busy) return;
  state.busy = true;
  try {
    const entry = await keep({ ...said, language: state.language }, mark);
    const { waiting } = await counts();
    state.form = empty();
    show(next, { at: Date.parse(entry.occurred_at), count: waiting });
  } catch {
    show('full');
  } finally {
    state.busy = false;
  }
}

async function agree(strokes) {
  const { form } = state;
  const consent = strokes?.length ? { document: state.pack.notices[state.language].hash, strokes } : null;
  const said = form.code ? { kind: 'arrival', code: form.code, ...(form.group && { party: form.party }) } : { kind: 'arrival', name: form.name, company: form.company, host_words: form.host, purpose: form.purpose };
  await store({ ...said, ...(consent && { consent }) }, form.mark || undefined, 'done');
}

// ── the screens ──

const button = (words, act, kind = '', attributes = {}) => html`<button type="button" class=${`button ${kind}`} onClick=${act} ...${attributes}><span>${words}</span></button>`;
const tile = (title, line, act, main) => html`<button type="button" class=${main ? 'tile tile--main' : 'tile'} onClick=${act}><span><span>${title}</span><small>${line}</small></span></button>`;
const back = (step) => button(w('kiosk.back'), () => show(step), '', { 'data-back-to': step });
const typed = async (text) => ((await readProven(text, [])).error ? problem(w('offline.sorry.unreadable')) : scanned(text));
const home = () => button(w('kiosk.home'), wipe);
const set = (name, next, most) => (value) => {
  state.form[name] = value.trim().slice(0, most);
  show(next);
};

const eye = () => state.pack && state.pack.camera && state.pack.camera !== 'off' && html`<section class="kiosk__work kiosk__work--eye"><${Eye} w=${w} found=${seen}/></section>`;
const seen = (text) => scanned(text).catch(() => show('sorry', { why: 'offline.sorry.unreadable' }));
const count = (words, go) => html`<${Count} w=${w} n=${state.form.party} words=${w(words)} change=${(party) => ((state.form.party = party), draw())} go=${go}/>`;

const SCREENS = {
  rest: () => html`<svg class="offline__gate" viewBox="0 0 52 52" aria-hidden="true"><circle cx="26" cy="24" r="15"/><path d="M6 40h40"/></svg>
    <section class="hello offline__hello"><h1>${w('kiosk.hello')}</h1><p>${w('offline.say', { since: clock(state.since) })}</p><p>${call()}</p></section>
    ${state.pack && html`<nav class="tiles">${tile(w('kiosk.visit'), w('offline.visit.say'), () => show('name'), true)}${tile(w('kiosk.leave'), w('kiosk.leave.say'), () => show('leave'))}
      ${tile(w('kiosk.parcel'), w('offline.parcel.say'), () => show('parcel'))}</nav><p class="scanhint"><span>${w('kiosk.scan_hint')}</span></p>${state.pack.camera === 'always' && html`<div class="kiosk__eye"><${Eye} w=${w} found=${seen}/></div>`}`}`,
  name: () => html`${Frame.head(w('kiosk.name'), w('kiosk.name.say'))}<${Field} key="name" w=${w} label=${w('kiosk.name')} value=${state.form.name} most=${40} act=${w('kiosk.next')} done=${set('name', 'company', 40)} needed=${true}
      also=${tile(w('kiosk.have_code'), w('kiosk.have_code.say'), () => show('code'))}/>`,
  code: () => html`${Frame.head(w('kiosk.code'), w('kiosk.code.say'))}${eye()}<${Field} key="code" w=${w} label=${w('kiosk.code')} value="" most=${9} act=${w('kiosk.next')} signs=${true} needed=${true} done=${typed}/>`,
  group: () => html`${Frame.head(w('offline.group'), w('offline.group.say'), 'check')}${count('offline.group.count', () => show('notice'))}`,
  more: () => html`${Frame.head(w('offline.group.more'), w('offline.group.more.say'))}${count('kiosk.group.others', () => agree(null))}`,
  company: () => html`${Frame.head(w('kiosk.company'), w('kiosk.company.say'))}<${Field} key="company" w=${w} label=${w('kiosk.company')} value=${state.form.company} most=${60} act=${w('kiosk.next')} done=${set('company', 'host', 60)}
      also=${button(w('kiosk.company.skip'), () => show('host'), 'kiosk__wide')}/>`,
  host: () => html`${Frame.head(w('kiosk.host'), w('offline.host.say'))}<${Field} key="host" w=${w} label=${w('kiosk.host')} value=${state.form.host} most=${40} act=${w('kiosk.next')} done=${set('host', 'purpose', 40)} needed=${true}/>`,
  purpose: () => html`${Frame.head(w('offline.purpose'), w('kiosk.purpose.say'))}<${Choices} items=${PURPOSES.filter((key) => state.words[state.language]?.[`kiosk.purpose.${key}`]).map((key) => [key, w(`kiosk.purpose.${key}`)])}
      choose=${(key) => show('notice', { form: { ...state.form, purpose: state.words[state.pack.language]?.[`kiosk.purpose.${key}`] || key } })}/>`,
  greeting: () => html`${Frame.head(w('offline.greeting'), w('offline.greeting.say'), 'check')}<section class="kiosk__acts">${button(w('kiosk.greeting.go'), () => show('notice'), 'button--main')}</section>`,
  notice: () => html`<${Notice} key=${state.language} w=${w} text=${state.pack.notices[state.language]} agree=${agree}/>`,
  bare: () => html`${Frame.head(w('offline.bare'), w('offline.bare.say'))}<section class="kiosk__acts">
      ${button(w('offline.bare.leave'), () => leave(state.form.code, state.form.mark), 'button--main')}${button(w('kiosk.sorry.anew'), () => show('name', { form: empty() }))}</section>`,
  again: () => html`${Frame.head(w('offline.again'), w('offline.again.say'))}<section class="kiosk__acts">
      ${button(w('kiosk.again.leave'), () => leave(state.form.code, state.form.mark), 'button--main')}${state.form.group ? button(w('offline.group.more.go'), () => show('more')) : ''}${button(w('kiosk.again.stay'), wipe)}</section>`,
  leave: () => html`${Frame.head(w('kiosk.leaving'), w('kiosk.leaving.say'))}${eye()}<${Field} key="leave" w=${w} label=${w('kiosk.leaving.code')} value="" most=${9} act=${w('kiosk.leave')} signs=${true} needed=${true}
      done=${typed}/>`,
  parcel: () => html`${Frame.head(w('offline.parcel'), call())}<section class="kiosk__acts">${button(w('kiosk.good'), wipe, 'button--main')}</section>`,
  sorry: () => html`${Frame.head(w('kiosk.sorry'), `${w(state.why, { day: state.day && dayOf(state.day) })}\n${call()}`, 'warning')}<section class="kiosk__acts">${button(w('kiosk.sorry.anew'), () => show('name', { form: empty() }))}</section>`,
  done: () => html`${Frame.head(w('offline.done'), `${w('offline.done.say', { time: clock(state.at) })}\n${call()}`, 'check')}<section class="kiosk__acts">${button(w('kiosk.good'), wipe, 'button--main', { 'data-back': 1 })}</section>`,
  left: () => html`${Frame.head(w('offline.left'), w('offline.left.say', { time: clock(state.at) }), 'check')}<section class="kiosk__acts">${button(w('kiosk.finish'), wipe, 'button--main', { 'data-back': 1 })}</section>`,
  full: () => html`${Frame.head(w('offline.full'), call(), 'warning')}<section class="kiosk__acts">${button(w('kiosk.home'), wipe, 'button--main')}</section>`,
};
const BACK = { name: 'rest', code: 'name', group: 'rest', more: 'again', company: 'name', host: 'company', purpose: 'host', leave: 'rest', greeting: 'rest', bare: 'rest', again: 'rest', sorry: 'rest' };

function draw() {
  const to = state.step === 'notice' ? (state.form.group ? 'group' : state.form.code ? 'greeting' : 'purpose') : BACK[state.step];
  const languages = state.pack?.languages || ['zh-Hans', 'zh-Hant', 'en'];
  render(html`
    <div class="kiosk__body" data-step=${state.step}>
      <header class="kiosk__top"><div class="brand"><span class="cut">${state.pack?.office || ''}</span></div>
        <div class="kiosk__now"><strong class="num" data-clock>${clock(officeNow(state.pack))}</strong></div></header>
      <p class="offline__bar" role="status"><span>${w('offline.bar', { since: clock(state.since) })}</span>${state.count ? html`<b>${w('offline.count', { n: state.count })}</b>` : ''}</p>
      ${SCREENS[state.step]()}
      <footer class="kiosk__foot">${to === 'rest' ? home() : to ? back(to) : ''}
        <div class="lang" role="group" aria-label=${w('web.language')}>${languages.map((code) => html`<button type="button" lang=${code} aria-pressed=${String(code === state.language)} class=${code === state.language ? 'on' : ''}
          onClick=${() => speak(code)}>${{ 'zh-Hans': '简体', 'zh-Hant': '繁體', en: 'English' }[code]}</button>`)}</div><${Ease} key=${state.language} w=${w}/></footer>
      ${state.problem && html`<div class="problem problem--floating" role="alert"><span>${state.problem}</span></div>`}
      ${state.left !== null && html`<div class="ask" role="alertdialog" aria-modal="true" aria-label=${w('kiosk.idle.title')}><div class="ask__box"><h2>${w('kiosk.idle.title')}</h2>
        <p>${w('kiosk.idle.say', { n: state.left })}</p><div class="ask__acts">${button(w('kiosk.idle.wipe'), wipe)}${button(w('kiosk.idle.stay'), () => show(state.step), 'button--main')}</div></div></div>`}
    </div>`, document.getElementById('app'));
}

// ── watching ──

function tick() {
  const gone = performance.now() - touched, line = document.querySelector('[data-clock]');
  if (line) line.textContent = clock(officeNow(state.pack));
  if (state.step === 'rest') return;
  if (['done', 'left'].includes(state.step)) return void (gone > DONE_MS && wipe());
  const still = state.step === 'notice' ? READ_MS : IDLE_MS;
  if (gone > still + ASK_MS) wipe();
  else if (gone > still) {
    const left = Math.max(1, Math.ceil((still + ASK_MS - gone) / 1000));
    if (left !== state.left) {
      state.left = left;
      draw();
    }
  }
}

/** Whoever is in the middle of an entry finishes it; at rest the living page comes back as soon as the server answers and has everything. */
let looking = false;
async function look() {
  if (looking) return;
  looking = true;
  try {
    if (!(await healthy())) return;
    await flush();
    const { waiting } = await counts();
    if (waiting !== state.count) {
      state.count = waiting;
      draw();
    }
    if (state.step === 'rest' && !document.getElementById('rcpaper')) location.replace('/welcome');
  } finally {
    looking = false;
  }
}

async function start() {
  const [words, pack, count] = await Promise.all([fetch('/welcome/offline/words.json').then((answer) => answer.json()), meta('pack').catch(() => null), counts().catch(() => ({ waiting: 0 }))]);
  Object.assign(state, { words, pack: pack || null, count: count.waiting, since: pack ? officeNow(pack) : Date.now() });
  state.since = Number(sessionStorage.getItem('foyer_offline_since')) || state.since;
  sessionStorage.setItem('foyer_offline_since', String(state.since));
  wipe();
  listen(null, (text) => scanned(text).catch(() => show('sorry', { why: 'offline.sorry.unreadable' })));
  for (const name of ['pointerdown', 'keydown', 'input']) document.addEventListener(name, () => state.left === null && (touched = performance.now()), { capture: true, passive: true });
  for (const name of ['contextmenu', 'selectstart', 'dragstart', 'gesturestart', 'dragover', 'drop']) document.addEventListener(name, (e) => e.target.matches?.('input') || e.preventDefault());
  document.addEventListener('keydown', (e) => {
    if (['F5', 'F11', 'F12'].includes(e.key) || (e.altKey && /Arrow(Left|Right)/.test(e.key)) || ((e.ctrlKey || e.metaKey) && !/^[acvx]$/i.test(e.key))) e.preventDefault();
  });
  const stay = () => history.pushState(null, '', location.href);
  for (let step = 0; step < 5; step += 1) stay();
  addEventListener('popstate', stay);
  setInterval(tick, 250);
  setInterval(look, LOOK_MS);
  // The roll call that is kept sealed here opens as on the living page, by a long press on the clock and the office's PIN (core/web/static/rollcall.js).
  document.documentElement.dataset.offline = String(Date.now());
  const key = (name) => (name.startsWith('roll_call_') ? `rollcall.kiosk.${name.slice(10)}` : `web.${name}`);
  window.foyer = { page: { surface: 'kiosk' }, words: (name, facts) => w(key(name), facts), clock, officeNow: () => officeNow(state.pack), linked: () => false };
  const script = document.createElement('script');
  script.src = '/welcome/offline/rollcall.js';
  document.head.append(script);
  document.documentElement.dataset.ready = '1';
}

start();
