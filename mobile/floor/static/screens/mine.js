import { Dialog, Icon, UnsentBanner, go, html, rememberCamera, useEffect, useState, useStatus } from '../ui.js';
import { meta } from '../database.js';
import { APP_VERSION } from '../queue.js';
import { cameras } from '../scanner.js';
import { owed, session, signOut } from '../session.js';
import { t } from '../words.js';
import { bundle } from '../bundle.js';
import { Dock } from './home.js';
import { Languages, PlainHttp } from './signin.js';

const installed = () => matchMedia('(display-mode: standalone)').matches || navigator.standalone === true;

let invitation = null; // the browser's own offer to install, where it makes one
addEventListener('beforeinstallprompt', (event) => {
  event.preventDefault();
  invitation = event;
});

export function Mine() {
  const [kept, setKept] = useState(null);
  const [lenses, setLenses] = useState([]);
  const [chosen, setChosen] = useState(null);
  const [leaving, setLeaving] = useState(null);
  const [device, setDevice] = useState('');
  const status = useStatus();
  useEffect(() => {
    navigator.storage?.persisted?.().then(setKept, () => setKept(false));
    cameras().then((found) => setLenses(found.filter((one) => one.deviceId)), () => {});
    meta('device').then(setDevice);
  }, []);
  const protect = async () => setKept(await navigator.storage.persist().catch(() => false));
  const leave = async () => {
    const left = await owed();
    if (left.length) setLeaving(left);
    else await out();
  };
  const out = async () => {
    await signOut();
    setLeaving(null);
    go('#/');
  };
  const pick = (id) => {
    rememberCamera(id);
    setChosen(id);
  };
  return html`<${UnsentBanner} /><header class="phone__head"><h1>${session.person.name}</h1><p class="sub f-head__day">${bundle()?.office?.name || ''}</p></header>
    <div class="phone__body"><${PlainHttp} />
      <ul class="list"><li><button class="item item--act" onClick=${() => go('#/unsent')} data-testid="to-unsent"><span class="mark"><${Icon} name="cloud_up" /></span><span class="item__body"><span class="item__title">${t('m.records')}</span><span class="item__meta">${status.unsent ? t('m.unsent_title', { n: status.unsent }) : t('m.unsent_none')}</span></span><${Icon} name="go" /></button></li>
        <li class="item"><span class="mark"><${Icon} name="lock" /></span><div class="item__body"><div class="item__title" data-testid="storage">${kept ? t('m.storage_protected') : t('m.storage_unprotected')}</div><div class="item__meta">${kept ? t('m.storage_protected_sub') : installed() ? t('m.storage_installed_sub') : t('m.storage_unprotected_sub')}</div></div>
          ${!kept && navigator.storage?.persist && html`<button class="button button--small" onClick=${protect}>${t('m.storage_ask')}</button>`}</li>
        ${!installed() && html`<li class="item"><span class="mark"><${Icon} name="home" /></span><div class="item__body"><div class="item__title">${t('m.install')}</div><div class="item__meta">${/iPhone|iPad/.test(navigator.userAgent) ? t('m.install_ios') : t('m.install_sub')}</div></div>
          ${invitation && html`<button class="button button--small" onClick=${() => invitation.prompt()}>${t('m.install_now')}</button>`}</li>`}</ul>
      ${lenses.length > 0 && html`<h2>${t('m.camera_choice')}</h2><div class="choice choice--many">${lenses.map((one, place) => html`<button class=${`choice__one${chosen === one.deviceId ? ' choice__one--on' : ''}`} key=${one.deviceId} aria-pressed=${chosen === one.deviceId} onClick=${() => pick(one.deviceId)}>${one.label || t('m.camera_nth', { n: place + 1 })}</button>`)}</div>`}
      <h2>${t('m.language')}</h2><${Languages} />
      <p class="sub f-mine__foot">${t('m.about', { version: APP_VERSION, device: String(device).slice(-6) })}</p>
      <button class="button button--wide" onClick=${leave} data-testid="signout">${t('m.sign_out')}</button></div>
    <${Dock} on="mine" />
    ${leaving && html`<${Dialog} title=${t('m.leave_title', { n: leaving.length })} text=${t('m.leave_text')} safe=${t('m.stay')} act=${t('m.leave_anyway')} onSafe=${() => setLeaving(null)} onAct=${out} />`}`;
}
