// The parts every screen is made of (look.md §4): head, icons, banner, pull-up, dialog, toast, stepper, viewfinder.
import { h, html, render, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from './vendor/preact.js';
import { onChange, read } from './database.js';
import { counts } from './queue.js';
import { lookUp } from './bundle.js';
import { prefs, setPref } from './prefs.js';
import { showCode } from './rules.js';
import { Camera, cameras } from './scanner.js';
import { status } from './sync.js';
import { t } from './words.js';
import { feedback, wakeSound } from './feedback.js';
import { listen } from './wedge.js';

export { h, html, render, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState };

const READ_PAUSE_MS = 150;

const PATHS = {
  check: 'm5 12.8 4.6 4.6L19.2 7.2',
  back: 'm15 5-7 7 7 7',
  go: 'm9 5 7 7-7 7',
  close: 'm6 6 12 12M18 6 6 18',
  home: 'M4 11 12 4l8 7v9a1 1 0 0 1-1 1h-5v-6h-4v6H5a1 1 0 0 1-1-1z',
  scan: 'M4 8.5V6a2 2 0 0 1 2-2h2.5M15.5 4H18a2 2 0 0 1 2 2v2.5M20 15.5V18a2 2 0 0 1-2 2h-2.5M8.5 20H6a2 2 0 0 1-2-2v-2.5M4 12h16',
  person: 'M8 8a4 4 0 1 0 8 0a4 4 0 1 0-8 0M4.5 20.5c.8-4 3.8-6 7.5-6s6.7 2 7.5 6',
  people: 'M9 5.500a3.200 3.200 0 1 0 0 6.400a3.200 3.200 0 1 0 0-6.400M2.500 19.500c.600-3.400 3.200-5.200 6.500-5.200s5.900 1.800 6.500 5.200M16 6a2.900 2.900 0 0 1 0 5.600M18 14.800c2 .700 3.200 2.300 3.600 4.700',
  cloud_up: 'M7 18.5a4.4 4.4 0 0 1-.6-8.7A6 6 0 0 1 18 10.3a4.1 4.1 0 0 1-.6 8.2M12 20.5v-8M8.8 15 12 11.8l3.2 3.2',
  cloud_off: 'M8 18.5H7a4.3 4.3 0 0 1-1.4-8.4M9.2 6.4A6 6 0 0 1 18 10.6a4 4 0 0 1 1.9 7M3.5 3.5l17 17',
  pin: 'M12 21c4.500-4.600 7-8 7-11.200A7 7 0 0 0 5 9.800C5 13 7.500 16.400 12 21zM9.500 9.800a2.500 2.500 0 1 0 5 0a2.500 2.500 0 1 0-5 0',
  torch: 'M7 3h10v4l-2.500 3.500V20a1 1 0 0 1-1 1h-3a1 1 0 0 1-1-1v-9.500L7 7zM7 7h10M12 13v2',
  keyboard: 'M4.500 6h15a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-15a2 2 0 0 1-2-2V8a2 2 0 0 1 2-2zM6.500 10h.1M10 10h.1M14 10h.1M17.400 10h.1M8 14.300h8',
  swap: 'M4 8h14M14.500 4.500 18 8l-3.500 3.500M20 16H6M9.500 12.500 6 16l3.500 3.500',
  wrench: 'M15 4a5 5 0 0 0-4.600 7L4 17.400 6.600 20l6.400-6.400A5 5 0 0 0 20 8.500l-3 2-2.500-2.500z',
  clock: 'M3.500 12a8.500 8.500 0 1 0 17 0a8.500 8.500 0 1 0-17 0M12 7v5.2l3.4 2',
  camera: 'M4 8.5h3.5L9 6h6l1.5 2.5H20a1 1 0 0 1 1 1V18a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V9.500a1 1 0 0 1 1-1zM8.600 13.500a3.400 3.400 0 1 0 6.800 0a3.400 3.400 0 1 0-6.800 0',
  warn: 'M12 4 21 19.5H3zM12 10v4.5M12 17v.2',
  box: 'M4 8.500h16V20H4zM3 4h18v4.500H3zM9.500 12.500h5',
  list: 'M8.500 5H6.500A1.500 1.500 0 0 0 5 6.500v13A1.500 1.500 0 0 0 6.500 21h11a1.500 1.500 0 0 0 1.500-1.500v-13A1.500 1.500 0 0 0 17.500 5h-2M9.500 3h5a1 1 0 0 1 1 1v2a1 1 0 0 1-1 1h-5a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1zM8.500 12h7M8.500 16h4.500',
  note: 'M5 4h14v11l-5 5H5zM14 20v-5h5M8.500 9h7M8.500 12.500h4',
  minus: 'M5 12h14',
  plus: 'M12 5v14M5 12h14',
  lock: 'M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 7 0v3',
  label: 'M4 5h9l7 7-8 8-8-8zM8 9h.1',
  undo: 'M9 6 4.500 10.500 9 15M4.500 10.500H15a4.500 4.500 0 0 1 0 9h-3',
  send: 'M12 19V5M6 11l6-6 6 6',
  lens: 'M4 12a8 8 0 0 1 13.500-5.800L20 8.500M20 4v4.500h-4.500M20 12a8 8 0 0 1-13.500 5.800L4 15.500M4 20v-4.500h4.500',
  photo: 'M4.500 5h15a1 1 0 0 1 1 1v12a1 1 0 0 1-1 1h-15a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1zM4 16.500l4.500-4.500 4 4 2.500-2.500 5 4.500M15 9.200h.1',
  phone: 'M8 3h8a1.500 1.500 0 0 1 1.500 1.500v15A1.500 1.500 0 0 1 16 21H8a1.500 1.500 0 0 1-1.500-1.500v-15A1.500 1.500 0 0 1 8 3zM11 18h2',
  file: 'M6 3.500h8l4.500 4.500v12.500H6zM14 3.500V8h4.500M9 13h6M9 16.500h4',
};

export const Icon = ({ name, big }) => html`<svg class=${`icon${big ? ' icon--big' : ''}`} viewBox="0 0 24 24" aria-hidden="true"><path d=${PATHS[name]} /></svg>`;

export const Gate = () => html`<svg class="f-gatemark" viewBox="0 0 52 52" aria-hidden="true">
  <rect width="52" height="52" rx="13" class="f-gatemark__ground" /><circle cx="26" cy="25" r="14" class="f-gatemark__ring" /><path d="M8 39.5h36" class="f-gatemark__line" /></svg>`;

/** Drawn again after every change on the disk; `load` reads what the screen shows. Undefined until the first answer. */
export function useStored(load, parts = []) {
  const [found, setFound] = useState(undefined);
  useEffect(() => {
    let alive = true;
    let turn = 0;
    const go = async () => {
      const mine = (turn += 1);
      const value = await load();
      if (alive && mine === turn) setFound(value);
    };
    const quiet = () => go().catch((error) => console.warn('reading', error?.name));
    quiet();
    const stop = onChange(quiet);
    return () => {
      alive = false;
      stop();
    };
  }, parts);
  return found;
}

/** The sync status, drawn again whenever it changes. */
export function useStatus() {
  const numbers = useStored(counts);
  return { ...status, ...numbers };
}

export const go = (route) => {
  location.hash = route;
};

/** Back: to where one came from, or to `to` when this is the first page. */
export const back = (to = '#/') => {
  if (history.state?.inside) history.back();
  else go(to);
};

export const Head = ({ title, sub, to, right }) => html`<header class="f-head">
  <button class="round" aria-label=${t('m.back')} onClick=${() => back(to)}><${Icon} name="back" /></button>
  <div class="f-head__text"><h1 class="f-head__title">${title}</h1>${sub && html`<p class="sub">${sub}</p>`}</div>${right}</header>`;

/** The line about what is unsent: grey is no word about the network, only about what is owed. `over` a camera's picture what is just on its way is told
 * on it, so that the picture does not jump with each scan. */
export function UnsentBanner({ over }) {
  const now = useStatus();
  if (now.refused) {
    return html`<button class="banner banner--bad banner--act" onClick=${() => go('#/unsent')} data-testid="refused">
      <${Icon} name="warn" /><span><strong>${t('m.refused_banner', { n: now.refused })}</strong><br />${t('m.refused_banner_act')}</span></button>`;
  }
  if (now.state === 'login' && now.unsent) {
    return html`<button class="banner banner--act" onClick=${() => go('#/signin')} data-testid="login-again">
      <${Icon} name="lock" /><span><strong>${t('m.login_again', { n: now.unsent })}</strong><br />${t('m.login_again_act')}</span></button>`;
  }
  if (!now.unsent) return null;
  const line = now.state === 'offline' || !navigator.onLine ? 'm.unsent_offline' : now.state === 'trouble' ? 'm.unsent_trouble' : 'm.unsent_sending';
  if (over && line === 'm.unsent_sending') {
    return html`<div class="f-passing"><button class="f-passing__pill" onClick=${() => go('#/unsent')} data-testid="unsent" data-count=${now.unsent}><${Icon} name="cloud_up" />${t(line, { n: now.unsent })}</button></div>`;
  }
  return html`<button class="banner banner--act" onClick=${() => go('#/unsent')} data-testid="unsent" data-count=${now.unsent}>
    <${Icon} name=${line === 'm.unsent_sending' ? 'cloud_up' : 'cloud_off'} /><span><strong>${t(line, { n: now.unsent })}</strong><br />${t('m.unsent_safe')}</span></button>`;
}

export function Pullup({ label, onClose, children }) {
  const sheet = useRef();
  const drag = useRef(null);
  useEffect(() => {
    const before = document.activeElement;
    sheet.current?.focus({ preventScroll: true });
    const key = (event) => event.key === 'Escape' && onClose?.();
    addEventListener('keydown', key);
    return () => {
      removeEventListener('keydown', key);
      before?.focus?.({ preventScroll: true });
    };
  }, []);
  const down = (event) => (drag.current = event.clientY);
  const up = (event) => {
    if (drag.current !== null && event.clientY - drag.current > 60) onClose?.();
    drag.current = null;
  };
  return html`<div class="f-veil" onClick=${(event) => event.target === event.currentTarget && onClose?.()}>
    <section class="pullup" role="dialog" aria-modal="true" aria-label=${label} tabindex="-1" ref=${sheet} data-testid="pullup">
      <div class="pullup__grip" onPointerDown=${down} onPointerUp=${up}></div>${children}</section></div>`;
}

/** Confirm what cannot be undone: verbs on both buttons, the focus on the safe one. */
export function Dialog({ title, text, safe, act, stop, onSafe, onAct, children }) {
  const button = useRef();
  useEffect(() => button.current?.focus(), []);
  return html`<div class="f-veil f-veil--middle"><section class="dialog" role="alertdialog" aria-modal="true" aria-label=${title} data-testid="dialog">
    <h2>${title}</h2>${text && html`<p>${text}</p>`}${children}
    <div class="f-dialog__acts"><button class="button" ref=${button} onClick=${onSafe} data-testid="dialog-safe">${safe}</button>
    <button class=${`button ${stop ? 'button--stop' : 'button--main'}`} onClick=${onAct} data-testid="dialog-act">${act}</button></div></section></div>`;
}

/** A number by keys or by typing; the wheel does nothing, and holding a key does not race. */
export function Stepper({ value, onChange: tell, min = 0, max = 9999, label }) {
  const set = (text) => {
    const clean = text.replace(/[０-９]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) - 0xfee0)).replace(/[^0-9]/g, '');
    tell(clean === '' ? '' : Math.min(max, Number(clean)));
  };
  const step = (by) => tell(Math.max(min, Math.min(max, (Number(value) || 0) + by)));
  return html`<span class="stepper">
    <button class="stepper__key" aria-label=${t('m.one_less')} onClick=${() => step(-1)}><${Icon} name="minus" /></button>
    <input class="stepper__count" type="text" inputmode="numeric" autocomplete="off" aria-label=${label} value=${value} onInput=${(event) => set(event.target.value)}
      onFocus=${(event) => event.target.select()} data-testid="quantity" />
    <button class="stepper__key" aria-label=${t('m.one_more')} onClick=${() => step(1)}><${Icon} name="plus" /></button></span>`;
}

export const Ring = ({ part, whole, late }) => {
  const share = whole ? Math.min(1, part / whole) * 125.7 : 0;
  return html`<svg class="ring" viewBox="0 0 48 48" aria-hidden="true"><circle cx="24" cy="24" r="20" class="ring__track" />
    ${share > 0 && html`<circle cx="24" cy="24" r="20" class=${`ring__part${late ? ' ring__part--soon' : ''}`} stroke-dasharray=${`${share} 125.7`} transform="rotate(-90 24 24)" />`}
    <text x="24" y="28.5" text-anchor="middle" class="ring__text">${part}</text></svg>`;
};

// ── typed codes ──

/** Pull-up for a typed code: eight signs, the answer stands under the field, nothing is ever opened. */
export function CodeSheet({ title, onCode, onClose }) {
  const [text, setText] = useState('');
  const [error, setError] = useState(null);
  const field = useRef();
  useEffect(() => field.current?.focus(), []);
  const done = async (event) => {
    event.preventDefault();
    if (!text.trim()) return setError(t('m.code_empty'));
    const problem = await onCode(text);
    if (problem) setError(problem);
    else onClose();
    return undefined;
  };
  return html`<${Pullup} label=${title} onClose=${onClose}><form onSubmit=${done}>
    <label class="field"><span class="field__label">${title}</span>
    <input class=${`field__box field__input code${error ? ' field__box--error' : ''}`} ref=${field} value=${text} placeholder="7K3M-9QWY" maxlength="120" autocomplete="off" autocapitalize="characters"
      spellcheck=${false} enterkeyhint="done" onInput=${(event) => (setText(event.target.value), setError(null))} data-testid="code-field" /></label>
    <p class=${`field__help${error ? ' field__help--error' : ''}`} role="status" data-testid="code-help">${error || t('m.code_help')}</p>
    <button class="button button--main button--wide f-sheet__act" data-testid="code-done">${t('m.code_done')}</button></form></${Pullup}>`;
}

// ── the viewfinder: one stream for a visit, handed from screen to screen ──

let shared = null;
let closing = null;

function takeCamera(onCode, onState) {
  clearTimeout(closing);
  if (!shared) {
    const video = document.createElement('video');
    Object.assign(video, { muted: true, playsInline: true, className: 'f-finder__video' });
    video.setAttribute('playsinline', '');
    shared = new Camera(video, onCode, onState);
    shared.mayZoom = true;
  }
  Object.assign(shared, { onCode, onState });
  return shared;
}

function giveBack(camera) {
  camera.onCode = () => {};
  camera.onState = () => {};
  closing = setTimeout(() => {
    camera.close();
    if (shared === camera) shared = null;
  }, 1500);
}

export const rememberCamera = (id) => setPref('lens', id);
const remembered = () => prefs().lens || undefined;

/** Several labels came into view at once: ask which is meant. */
function Which({ codes, many, onPick, onClose }) {
  const nameOf = (code) => {
    const subject = lookUp(code)?.subject;
    return [subject?.name, subject?.spec].filter(Boolean).join(' ');
  };
  return html`<${Pullup} label=${t('m.several_title', { n: codes.length })} onClose=${onClose}><h1 class="f-sheet__title">${t('m.several_title', { n: codes.length })}</h1>
    <p class="sub">${t('m.several_sub')}</p>
    <ul class="list f-which">${codes.map((code) => html`<li key=${code}><button class="item item--act" onClick=${() => onPick([code])} data-testid="which"><span class="mark"><${Icon} name="label" /></span>
      <span class="item__body"><span class="item__title">${nameOf(code) || t('m.label_unknown_row')}</span><span class="item__meta code">${showCode(code)}</span></span><${Icon} name="go" /></button></li>`)}</ul>
    ${many && html`<button class="button button--wide f-sheet__act" onClick=${() => onPick(codes)} data-testid="which-all">${t('m.several_all', { n: codes.length })}</button>`}</${Pullup}>`;
}

/** Camera picture with what may help: torch, zoom, lens, photo of the code, and always a typed code by its screen. `onText(text)` for each scan, also
 * by a hand scanner. `onPhoto(file)`: a photo whose code this phone cannot read; `many`: several labels may be taken together. */
export function Finder({ onText, onPhoto, hint, tall, paused, good, many, children }) {
  const host = useRef();
  const catcher = useRef();
  const latest = useRef(onText);
  const [state, setState] = useState('asking');
  const [can, setCan] = useState({});
  const [lit, setLit] = useState(prefs().torch);
  const [lenses, setLenses] = useState([]);
  const [several, setSeveral] = useState(null);
  const [busy, setBusy] = useState(false);
  const camera = useRef();
  const still = paused || several;
  latest.current = (text) => !still && onText(text);
  const ask = useRef(setSeveral);
  ask.current = (codes) => !still && setSeveral(codes);
  useEffect(() => {
    const mine = takeCamera(
      (text) => latest.current(text),
      (now, abilities) => {
        setState(now);
        if (abilities) {
          setCan(abilities);
          if (abilities.deviceId) rememberCamera(abilities.deviceId);
          cameras().then((found) => setLenses(found.filter((one) => one.deviceId)), () => {});
        }
      },
    );
    mine.onSeveral = (codes) => {
      feedback('again');
      ask.current(codes);
    };
    camera.current = mine;
    host.current.prepend(mine.video);
    if (mine.stream) {
      setState('on');
      setCan(mine.abilities());
      mine.video.play().catch(() => {});
    } else mine.start(remembered());
    return () => giveBack(mine);
  }, []);
  // Before the first paint: the key strokes of a scan made while the screen appears must not be lost.
  useLayoutEffect(() => listen(catcher.current, (text) => latest.current(text)), []);
  useEffect(() => {
    // Scanners that insert text need a focused field; it takes the focus only when nobody else has it, after the move of focus is over.
    if (still) return undefined;
    let timer = null;
    const hold = (event) => {
      if (event?.relatedTarget) return;
      clearTimeout(timer);
      timer = setTimeout(() => document.activeElement === document.body && catcher.current?.focus({ preventScroll: true }), 60);
    };
    hold();
    document.addEventListener('focusout', hold);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('focusout', hold);
    };
  }, [Boolean(still)]);
  const photo = async (event) => {
    const file = event.target.files[0];
    event.target.value = '';
    if (!file) return;
    setBusy(true);
    try {
      let codes = await camera.current.photo(file).catch(() => []);
      if (!codes.length && onPhoto) codes = await onPhoto(file);
      if (codes === null) return; // kept for later; its screen has said so
      if (codes.length > 1) setSeveral(codes);
      else latest.current(codes[0] || '');
    } finally {
      setBusy(false);
    }
  };
  const other = () => {
    const at = lenses.findIndex((one) => one.deviceId === can.deviceId);
    const next = lenses[(at + 1) % lenses.length];
    rememberCamera(next.deviceId);
    camera.current.start(next.deviceId);
  };
  const pick = (codes) => {
    setSeveral(null);
    codes.forEach((code) => onText(code));
  };
  const photoKey = (classes, words) => html`<label class=${classes} aria-label=${words ? null : t('m.camera_photo')}>${busy ? html`<span class="spin"></span>` : html`<${Icon} name="photo" />`}${words && t('m.camera_photo')}<input class="f-hidden" type="file" accept="image/*" capture="environment" onChange=${photo} data-testid="code-photo" /></label>`;
  return html`<div class=${`f-finder${tall ? ' f-finder--tall' : ''}${state === 'on' ? '' : ' f-finder--off'}`} ref=${host} onPointerDown=${wakeSound} data-testid="finder" data-camera=${state}>
    <input class="f-finder__catch" ref=${catcher} data-wedge="1" inputmode="none" autocomplete="off" tabindex="-1" aria-hidden="true" />
    ${state === 'on' && html`<svg class=${`f-finder__frame${good ? ' f-finder__frame--good' : ''}`} viewBox="0 0 232 152" aria-hidden="true"><path d="M3 56V25a22 22 0 0 1 22-22h34M173 3h31a22 22 0 0 1 22 22v31M226 96v31a22 22 0 0 1-22 22h-31M56 149H25a22 22 0 0 1-22-22V96" /></svg>`}
    ${state === 'on' && hint && html`<p class="f-finder__hint">${hint}</p>`}
    ${state === 'on' && html`<div class="f-finder__keys">
      ${can.torch && html`<button class="round f-finder__key" aria-label=${t('m.torch')} aria-pressed=${lit} onClick=${() => (camera.current.torch(!lit), setLit(!lit))} data-testid="torch"><${Icon} name="torch" /></button>`}
      ${lenses.length > 1 && html`<button class="round f-finder__key" aria-label=${t('m.camera_other')} onClick=${other} data-testid="lens"><${Icon} name="lens" /></button>`}
      ${photoKey('round f-finder__key')}</div>`}
    ${state === 'on' && can.zoom && html`<input class="f-finder__zoom" type="range" aria-label=${t('m.zoom')} min=${can.zoom.min} max=${can.zoom.max} step=${can.zoom.step || 0.1} value=${prefs().zoom[can.deviceId] || can.zoom.min} onInput=${(event) => camera.current.zoom(Number(event.target.value))} data-testid="zoom" />`}
    ${state !== 'on' && html`<div class="f-finder__none"><p>${t(`m.camera_${state}`)}</p>
      ${state !== 'asking' && html`<div class="row f-finder__acts">
        ${Camera.possible() && html`<button class="button button--glass" onClick=${() => camera.current.start(remembered())} data-testid="camera-again">${t('m.camera_again')}</button>`}
        ${photoKey('button button--glass', true)}</div>`}</div>`}
    ${children}</div>
    ${several && html`<${Which} codes=${several} many=${many} onPick=${pick} onClose=${() => setSeveral(null)} />`}`;
}

/** A short line that is done and may be undone; gone after 5 s. */
export function useToast() {
  const [toast, setToast] = useState(null);
  useEffect(() => {
    if (!toast) return undefined;
    const timer = setTimeout(() => setToast(null), 5000);
    return () => clearTimeout(timer);
  }, [toast]);
  const view = toast && html`<div class="toast toast--floor" role="status" data-testid="toast"><span>${toast.text}</span>
    ${toast.undo && html`<button class="button" onClick=${() => (toast.undo(), setToast(null))}>${t('m.undo')}</button>`}</div>`;
  return [view, setToast];
}

// ── photos ──

/** A picture at most `widest` points on its longer side, as JPEG without any metadata: `{type, data}`. */
export async function smaller(file, widest, quality) {
  const image = await createImageBitmap(file, { imageOrientation: 'from-image' });
  const scale = Math.min(1, widest / Math.max(image.width, image.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(image.width * scale));
  canvas.height = Math.max(1, Math.round(image.height * scale));
  canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
  image.close?.();
  const blob = await new Promise((done) => canvas.toBlob(done, 'image/jpeg', quality));
  return { type: 'image/jpeg', data: await blob.arrayBuffer() };
}

/** A photo from the file chooser with its hash: `{sha256, type, data}`. */
export async function takePhoto(file, sha256) {
  const photo = await smaller(file, 1600, 0.82);
  return { sha256: await sha256(photo.data), ...photo };
}

/** A picture that is kept here, by its bytes. */
export function Thumb({ data, type, alt }) {
  const [url, setUrl] = useState(null);
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([data], { type }));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [data]);
  return url && html`<img class="f-photo f-photo--small" src=${url} alt=${alt} />`;
}

export function PhotoThumb({ sha256 }) {
  const [url, setUrl] = useState(null);
  useEffect(() => {
    let made = null;
    read((db) => db.get('blobs', sha256)).then((blob) => {
      if (blob?.data?.byteLength) {
        made = URL.createObjectURL(new Blob([blob.data], { type: blob.type }));
        setUrl(made);
      }
    });
    return () => made && URL.revokeObjectURL(made);
  }, [sha256]);
  return url ? html`<img class="f-photo" src=${url} alt=${t('m.photo')} />` : html`<span class="f-photo f-photo--sent"><${Icon} name="check" /></span>`;
}
