// The service worker's body; VERSION and FILES (name → SHA-256) are put before it by serve.py.
// Files are kept by content: an update downloads only what changed, and a version becomes usable only when every byte of it was checked.
// A new version waits until the page says that nobody is in the middle of something.
const CACHE = 'floor-files';
const PAGE = './';
const at = (name, sha) => new URL(`${name}?sha=${sha}`, registration.scope).href;

const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, '0')).join('');

async function keep(cache, name, sha) {
  const key = at(name, sha);
  if (await cache.match(key)) return;
  const answer = await fetch(new URL(name, registration.scope), { cache: 'no-store', redirect: 'error', credentials: 'omit' });
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  const body = await answer.arrayBuffer();
  // A captive portal answers 200 with its own page; only the right bytes may be kept.
  if (hex(await crypto.subtle.digest('SHA-256', body)) !== sha) throw new Error(`${name}: other content than announced`);
  const headers = new Headers(answer.headers);
  headers.delete('content-encoding'); // the body is unpacked by now
  headers.delete('content-length');
  await cache.put(key, new Response(body, { headers }));
}

self.addEventListener('install', (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(CACHE);
    const results = await Promise.allSettled(Object.entries(FILES).map(([name, sha]) => keep(cache, name, sha)));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  })());
});

self.addEventListener('activate', (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(CACHE);
    const wanted = new Set(Object.entries(FILES).map(([name, sha]) => at(name, sha)));
    await Promise.all((await cache.keys()).filter((request) => !wanted.has(request.url)).map((request) => cache.delete(request)));
    await self.clients.claim();
  })());
});

self.addEventListener('message', (event) => {
  if (event.data === 'apply') self.skipWaiting();
  if (event.data === 'version') event.source?.postMessage({ version: VERSION });
});

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  const scope = new URL(registration.scope);
  // Never anything of /api or of a page outside the scope: an answer about a person must not stay in a cache.
  if (event.request.method !== 'GET' || url.origin !== scope.origin || !url.pathname.startsWith(scope.pathname)) return;
  const asked = url.pathname.slice(scope.pathname.length) || PAGE;
  const name = FILES[asked] ? asked : event.request.mode === 'navigate' ? PAGE : null;
  if (!name) return;
  event.respondWith((async () => {
    const kept = await (await caches.open(CACHE)).match(at(name, FILES[name]));
    return kept || fetch(event.request);
  })());
});
