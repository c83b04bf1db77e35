import { Dialog, Icon, Pullup, UnsentBanner, go, html, rememberCamera, useEffect, useState, useStatus, useStored } from '../ui.js';
import { meta } from '../database.js';
import { feedback } from '../feedback.js';
import { GAPS, prefs, setPref } from '../prefs.js';
import { APP_VERSION } from '../queue.js';
import { cameras } from '../scanner.js';
import { exportQueue, forgetPin, knownPeople, owed, session, setPin, signOut } from '../session.js';
import { flush, noteStorage } from '../sync.js';
import { t, when } from '../words.js';
import { bundle } from '../bundle.js';
import { canSeal } from '../vault.js';
import { Dock } from './home.js';
import { Languages, PlainHttp } from './signin.js';
import { titleOf } from './unsent.js';

let invitation = null; // the browser's own offer to install, where it makes one
addEventListener('beforeinstallprompt', (event) => {
  event.preventDefault();
  invitation = event;
});

/** Hand a file to the person: their downloads, or wherever the phone puts files. */
export function handOver({ name, blob }) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

export function Mine() {
  const [lenses, setLenses] = useState([]);
  const [chosen, setChosen] = useState(prefs().lens);
  const [leaving, setLeaving] = useState(null);
  const [busy, setBusy] = useState(false);
  const [, redraw] = useState(0);
  const [device, setDevice] = useState('');
  const [pinning, setPinning] = useState(false);
  const people = useStored(knownPeople) || [];
  const status = useStatus();
  useEffect(() => {
    noteStorage();
    cameras().then((found) => setLenses(found.filter((one) => one.deviceId)), () => {});
    meta('device').then(setDevice);
  }, []);
  const kept = status.storage === 'kept';
  const installed = status.storage === 'installed' || matchMedia('(display-mode: standalone)').matches;
  const hasPin = people.some((one) => one.id === session.person.id);
  const protect = async () => {
    await navigator.storage.persist().catch(() => false);
    await noteStorage();
  };
  const leave = async () => {
    const left = await owed();
    if (left.count) setLeaving(left);
    else await out();
  };
  const out = async () => {
    setBusy(true);
    try {
      await signOut();
      setLeaving(null);
      go('#/');
    } finally {
      setBusy(false);
    }
  };
  const set = (name, value) => {
    setPref(name, value);
    redraw((n) => n + 1);
  };
  return html`<${UnsentBanner} /><header class="phone__head"><h1>${session.person.name}</h1><p class="sub f-head__day">${bundle()?.office?.name || ''}</p></header>
    <div class="phone__body"><${PlainHttp} />
      <ul class="list"><li><button class="item item--act" onClick=${() => go('#/unsent')} data-testid="to-unsent"><span class="mark"><${Icon} name="cloud_up" /></span><span class="item__body"><span class="item__title">${t('m.records')}</span><span class="item__meta">${status.unsent ? t('m.unsent_title', { n: status.unsent }) : t('m.unsent_none')}</span></span><${Icon} name="go" /></button></li>
        <li class="item"><span class=${`mark${kept ? ' mark--free' : ' mark--soon'}`}><${Icon} name="lock" /></span><div class="item__body"><div class="item__title" data-testid="storage" data-storage=${status.storage}>${kept ? t('m.storage_protected') : t('m.storage_unprotected')}</div><div class="item__meta">${kept ? t('m.storage_protected_sub') : installed ? t('m.storage_installed_sub') : t('m.storage_unprotected_sub')}</div></div>
          ${!kept && navigator.storage?.persist && html`<button class="button button--small" onClick=${protect}>${t('m.storage_ask')}</button>`}</li>
        ${!installed && html`<li class="item"><span class="mark"><${Icon} name="home" /></span><div class="item__body"><div class="item__title">${t('m.install')}</div><div class="item__meta">${/iPhone|iPad/.test(navigator.userAgent) ? t('m.install_ios') : t('m.install_sub')}</div></div>
          ${invitation && html`<button class="button button--small" onClick=${() => invitation.prompt()}>${t('m.install_now')}</button>`}</li>`}
        <li class="item"><span class="mark"><${Icon} name="phone" /></span><div class="item__body"><div class="item__title">${t('m.pin')}</div><div class="item__meta">${hasPin ? t('m.pin_is_set') : t('m.pin_sub')}</div></div>
          <button class="button button--small" onClick=${() => setPinning(true)} data-testid="pin-set">${hasPin ? t('m.pin_change') : t('m.pin_make')}</button></li></ul>
      ${lenses.length > 0 && html`<h2>${t('m.camera_choice')}</h2><div class="choice choice--many">${lenses.map((one, place) => html`<button class=${`choice__one${chosen === one.deviceId ? ' choice__one--on' : ''}`} key=${one.deviceId} aria-pressed=${chosen === one.deviceId} onClick=${() => (rememberCamera(one.deviceId), setChosen(one.deviceId))}>${one.label || t('m.camera_nth', { n: place + 1 })}</button>`)}</div>`}
      <h2>${t('m.scan_gap')}</h2><p class="sub">${t('m.scan_gap_sub')}</p>
      <div class="choice choice--many f-gaps">${GAPS.map((gap) => html`<button class=${`choice__one${prefs().gap === gap ? ' choice__one--on' : ''}`} key=${gap} aria-pressed=${prefs().gap === gap} onClick=${() => set('gap', gap)} data-testid=${`gap-${gap}`}>${t('m.seconds', { n: gap / 1000 })}</button>`)}</div>
      <h2>${t('m.signals')}</h2><div class="choice choice--many">
        ${[['sound', 'm.sound'], ['shake', 'm.shake']].filter(([name]) => name === 'sound' || navigator.vibrate).map(([name, key]) => html`<button class=${`choice__one${prefs()[name] ? ' choice__one--on' : ''}`} key=${name} aria-pressed=${prefs()[name]} onClick=${() => (set(name, !prefs()[name]), feedback('saved'))} data-testid=${name}>${t(key)}</button>`)}</div>
      <h2>${t('m.language')}</h2><${Languages} />
      <p class="sub f-mine__foot">${t('m.about', { version: APP_VERSION, device: String(device).slice(-6) })}</p>
      <button class="button button--wide" onClick=${leave} aria-disabled=${busy} data-testid="signout">${busy && !leaving ? html`<span class="spin"></span>` : null}${t('m.sign_out')}</button></div>
    <${Dock} on="mine" />
    ${pinning && html`<${PinSheet} has=${hasPin} onClose=${() => setPinning(false)} />`}
    ${leaving && html`<${Leave} left=${leaving} busy=${busy} onStay=${() => setLeaving(null)} onOut=${out} />`}`;
}

/** Signing out with records that are not up: they are named, and no way out loses one. */
function Leave({ left, busy, onStay, onOut }) {
  const [sending, setSending] = useState(false);
  const [file, setFile] = useState(null);
  const [rest, setRest] = useState(left);
  const send = async () => {
    setSending(true);
    await flush('button');
    for (let turn = 0; turn < 40; turn += 1) {
      const now = await owed();
      setRest(now);
      if (!now.count) return onOut();
      await new Promise((go) => setTimeout(go, 250));
    }
    setSending(false);
    return undefined;
  };
  const hand = async () => {
    const made = await exportQueue();
    if (!made) return;
    handOver(made);
    setFile(made);
  };
  return html`<${Dialog} title=${t('m.leave_title', { n: rest.count })} text=${t(canSeal() ? 'm.leave_text_sealed' : 'm.leave_text_plain')} safe=${t('m.stay')} act=${t('m.leave_keep')} onSafe=${onStay} onAct=${busy ? () => {} : onOut}>
    <ul class="f-leave" data-testid="leave-list">${rest.ops.slice(0, 20).map((op) => html`<li key=${op.op_id} data-testid="leave-item"><span>${titleOf(op)}</span><span class="sub num">${when(op.occurred_at)}</span></li>`)}
      ${rest.count > 20 && html`<li class="sub">${t('m.leave_more', { n: rest.count - 20 })}</li>`}</ul>
    <div class="f-leave__ways"><button class="button" aria-disabled=${sending} onClick=${() => !sending && send()} data-testid="leave-send">${sending ? html`<span class="spin"></span>${t('m.sending')}` : html`<${Icon} name="send" />${t('m.leave_send')}`}</button>
      ${canSeal() && html`<button class="button" onClick=${hand} data-testid="leave-hand"><${Icon} name="file" />${t('m.leave_hand')}</button>`}</div>
    ${file && html`<p class="sub" role="status" data-testid="handed">${t('m.export_done', { name: file.name, n: file.records })}</p>`}</${Dialog}>`;
}

function PinSheet({ has, onClose }) {
  const [pin, setText] = useState('');
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const good = /^[0-9]{4,8}$/.test(pin);
  const save = async (event) => {
    event.preventDefault();
    if (!good || busy) return;
    setBusy(true);
    const said = await setPin(pin).catch(() => 'm.storage_full');
    setBusy(false);
    if (said) setProblem(said);
    else onClose();
  };
  return html`<${Pullup} label=${t('m.pin')} onClose=${onClose}><form onSubmit=${save}><h1 class="f-sheet__title">${t('m.pin')}</h1><p class="sub">${t('m.pin_why')}</p>
    <label class="field"><span class="field__label">${t('m.pin_new')}</span><input class=${`field__box field__input code${problem ? ' field__box--error' : ''}`} type="password" inputmode="numeric" autocomplete="new-password" maxlength="8" value=${pin} onInput=${(event) => (setText(event.target.value.normalize('NFKC').replace(/[^0-9]/g, '')), setProblem(null))} data-testid="pin-field" /></label>
    ${problem && html`<p class="field__help field__help--error" role="alert" data-testid="pin-problem">${t(problem)}</p>`}
    <button class="button button--main button--wide f-sheet__act" aria-disabled=${!good || busy} data-testid="pin-save">${good ? t('m.pin_save') : t('m.pin_first')}</button>
    ${has && html`<button type="button" class="button button--quiet button--wide" onClick=${() => forgetPin().then(onClose)}>${t('m.pin_forget')}</button>`}</form></${Pullup}>`;
}
