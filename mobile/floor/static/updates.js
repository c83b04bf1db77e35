// New versions: downloaded and checked by the worker, then waiting. They are put on only when nobody is in the middle of something.
import { changed } from './database.js';

export const updates = { ready: false };
let waiting = null;
let applying = false;

const IDLE = new Set(['', '#/', '#/mine', '#/unsent']);

/** Put the waiting version on when the screen shows nothing unfinished: home, mine or the unsent list, and no field is being typed in. */
export function applyWhenIdle() {
  const typing = /^(INPUT|TEXTAREA)$/.test(document.activeElement?.tagName || '');
  const open = document.querySelector('[role=dialog], [role=alertdialog]');
  if (!waiting || typing || open || !IDLE.has(location.hash)) return;
  applying = true;
  waiting.postMessage('apply');
}

function noticed(worker) {
  waiting = worker;
  updates.ready = true;
  changed();
  // On an idle screen it is put on when the screen is next left or looked at, or after this breath.
  setTimeout(applyWhenIdle, 3000);
}

export function startUpdates() {
  if (!('serviceWorker' in navigator)) return;
  const had = Boolean(navigator.serviceWorker.controller);
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    if (had && applying) location.reload();
  });
  navigator.serviceWorker
    .register('./sw.js', { scope: './', updateViaCache: 'none' })
    .then((registration) => {
      if (registration.waiting && had) noticed(registration.waiting);
      registration.addEventListener('updatefound', () => {
        const worker = registration.installing;
        worker?.addEventListener('statechange', () => worker.state === 'installed' && navigator.serviceWorker.controller && noticed(worker));
      });
      document.addEventListener('visibilitychange', () => {
        if (document.visibilityState !== 'visible') return;
        registration.update().catch(() => {}); // no network: next time
        applyWhenIdle();
      });
      setInterval(() => registration.update().catch(() => {}), 300000);
    })
    .catch((error) => console.warn('no worker', error?.name)); // it still runs, only not offline after a reload
}
