// Start: language, the kept session, the sender, the worker; then one screen per address after the `#`.
import { Icon, html, render, useEffect, useState } from './ui.js';
import { onChange } from './database.js';
import { loadLanguage, t } from './words.js';
import { news, resume, session, wipe } from './session.js';
import { readStills } from './stills.js';
import { startSending, status } from './sync.js';
import { applyWhenIdle, startUpdates, updates } from './updates.js';
import { isSample, readSample } from './sample.js';
import { wakeSound } from './feedback.js';
import { SignIn } from './screens/signin.js';
import { Home } from './screens/home.js';
import { Scan } from './screens/scan.js';
import { Count, CountPlaces } from './screens/count.js';
import { Hand } from './screens/hand.js';
import { Collect } from './screens/collect.js';
import { Round, Point } from './screens/inspect.js';
import { Unsent } from './screens/unsent.js';
import { Mine } from './screens/mine.js';
import { RollCall } from './screens/rollcall.js';
import { startRollCalls } from './rollcall.js';

const ROUTES = [
  [/^#\/$/, Home],
  [/^#\/signin$/, SignIn],
  [/^#\/scan$/, Scan],
  [/^#\/stocktake\/([\w-]+)$/, Count],
  [/^#\/stocktake\/([\w-]+)\/places$/, CountPlaces],
  [/^#\/collect$/, Collect],
  [/^#\/hand$/, Hand],
  [/^#\/inspection\/([\w-]+)$/, Round],
  [/^#\/inspection\/([\w-]+)\/([\w-]+)$/, Point],
  [/^#\/unsent$/, Unsent],
  [/^#\/mine$/, Mine],
  [/^#\/rollcall$/, RollCall],
];

function screenOf(hash) {
  for (const [pattern, Screen] of ROUTES) {
    const found = pattern.exec(hash);
    if (found) return { Screen, parts: found.slice(1) };
  }
  return { Screen: Home, parts: [] };
}

function App() {
  const [hash, setHash] = useState(location.hash || '#/');
  const [, draw] = useState(0);
  useEffect(() => {
    const moved = () => {
      if (!history.state?.inside) history.replaceState({ inside: true }, '');
      setHash(location.hash || '#/');
      scrollTo(0, 0);
      // Not at once: a worker that is asked while the old one still answers waits for its next idle half minute.
      setTimeout(applyWhenIdle, 1500);
    };
    addEventListener('hashchange', moved);
    const stop = onChange(() => draw((n) => n + 1));
    return () => {
      removeEventListener('hashchange', moved);
      stop();
    };
  }, []);
  const { Screen, parts } = session.person ? screenOf(hash) : { Screen: SignIn, parts: [] };
  return html`<main class="screen phone floor" data-screen=${Screen.name} onPointerDown=${wakeSound}>
    ${isSample() && html`<p class="f-sample" role="note">${t('m.sample')}</p>`}
    ${status.revoked && session.person && html`<p class="banner banner--bad" data-testid="revoked-banner"><${Icon} name="lock" /><span>${t('m.revoked')}</span></p>`}
    ${updates.ready && html`<p class="banner banner--info" data-testid="update">${t('m.update_ready')}</p>`}
    <${Screen} key=${hash} parts=${parts} /></main>`;
}

async function start() {
  await loadLanguage().catch(() => loadLanguage('zh-Hans'));
  await resume();
  await readSample();
  render(html`<${App} />`, document.getElementById('app'));
  await startSending({ onSent: news, onStills: readStills, onTakenOut: wipe });
  startUpdates();
  startRollCalls();
  document.documentElement.dataset.ready = '1';
}

start().catch((error) => {
  // Without its own storage the app can keep nothing: say so in both tongues, since the sentences may be what failed.
  const line = document.createElement('p');
  line.className = 'banner banner--bad';
  line.textContent = `Foyer 打不开本机存储，请关闭无痕模式后重开。 Foyer cannot use this browser’s storage; leave private mode and reload. (${error?.name || ''})`;
  document.getElementById('app').replaceChildren(line);
});
