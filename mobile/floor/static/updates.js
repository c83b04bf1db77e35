// New versions: downloaded and checked by the worker, then waiting. They are put on only when nobody is in the middle of something.
import { changed } from './database.js';

export const updates = { ready: false };
let waiting = null;
let taken = false;

const IDLE = new Set(['', '#/', '#/mine', '#/unsent']);

/** Whether the screen shows nothing unfinished: home, mine or the unsent list, no dialog, and no field is being typed in. */
function idle() {
  const field = document.activeElement;
  const typing = /^(INPUT|TEXTAREA)$/.test(field?.tagName || '') && !field.dataset.wedge;
  return IDLE.has(location.hash) && !typing && !document.querySelector('[role=dialog], [role=alertdialog]');
}

/** Put the waiting version on, if nobody is in the middle of something. The worker may take over a little later: then the page waits for the
 * next idle moment before it loads anew. */
export function applyWhenIdle() {
  if (!waiting || !idle()) return;
  if (taken) location.reload();
  else waiting.postMessage('apply');
}

function noticed(worker) {
  const first = !waiting;
  waiting = worker;
  updates.ready = true;
  changed();
  // On an idle screen it is put on when the screen is next left or looked at, or after a breath.
  if (first) setInterval(applyWhenIdle, 3000);
}

export function startUpdates() {
  if (!('serviceWorker' in navigator)) return;
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    if (!waiting) return; // the very first worker takes over without a reload
    taken = true;
    applyWhenIdle();
  });
  navigator.serviceWorker
    .register('./sw.js', { scope: './', updateViaCache: 'none' })
    .then((registration) => {
      if (registration.waiting && navigator.serviceWorker.controller) noticed(registration.waiting);
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
