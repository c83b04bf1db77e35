// Stands beside the living kiosk page: prepares it for a day without the server, sends what was kept, and hands over to the page that works without one.
// Handing over is a load of /welcome: the worker answers it when the server does not, so that nothing of the former page stays in memory.
import { counts, flush, refresh } from './queue.js';

const REST_MS = 6000, FORM_MS = 9000, AGAIN_MS = 60000, FRESH_MS = 3600000, QUIET_MS = 3000;
const ready = () => Boolean(navigator.serviceWorker?.controller && crypto.subtle);
const healthy = () => !document.documentElement.dataset.offline;
let leaving = null;

async function prepare() {
  if (!navigator.serviceWorker || !window.isSecureContext) return;
  try {
    const registration = await navigator.serviceWorker.register('/welcome/offline/sw.js', { scope: '/welcome', updateViaCache: 'none' });
    setInterval(() => registration.update().catch(() => {}), FRESH_MS);
  } catch { /* a browser that keeps no workers: the cover says that we reconnect */ }
}

const over = () => ready() && !healthy() && !document.getElementById('rcpaper') && location.replace('/welcome');

function offer() {
  if (!document.querySelector('.cover') || !ready() || healthy() || document.querySelector('.cover__go')) return;
  const button = document.createElement('button');
  button.className = 'button button--main cover__go';
  button.type = 'button';
  button.textContent = window.foyer.words('go_offline');
  button.addEventListener('click', over);
  document.body.append(button); // beside the cover, which lets no touch through
}

window.addEventListener('foyer:link', ({ detail }) => {
  clearTimeout(leaving);
  document.querySelector('.cover__go')?.remove();
  if (detail?.up) return void (flush(), refresh().catch(() => {}));
  leaving = setTimeout(() => (document.documentElement.dataset.idle === '1' ? over() : offer()), document.documentElement.dataset.idle === '1' ? REST_MS : FORM_MS);
});
window.addEventListener('foyer:wiped', () => setTimeout(over, 1500)); // who stood here has gone, and the server is still away

const tidy = async () => {
  if (!healthy()) return;
  const { waiting } = await counts();
  if (waiting) await flush();
};

const quiet = () => new Promise((done) => setTimeout(done, QUIET_MS)); // the first visitor's first touch does not wait behind a dozen files

addEventListener('load', async () => {
  await quiet();
  await prepare();
  await refresh().catch(() => {});
  await flush();
  setInterval(tidy, AGAIN_MS);
  setInterval(() => healthy() && refresh().catch(() => {}), FRESH_MS);
});
