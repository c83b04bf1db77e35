// Written by the server in front: VERSION, OWN {name: sha256} (below /welcome/offline/), SHARED {name: address} (the floor app's).
// The kiosk's page itself is never kept: it is the server's. Only when the server does not answer, its place is taken by the page that was kept here.
const CACHE = `foyer-kiosk-${VERSION}`, BASE = '/welcome/offline/', HOME = '/welcome', PATIENCE_MS = 8000, GONE = [502, 503, 504];

async function sha256(response) {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await response.arrayBuffer()));
  return [...digest].map((one) => one.toString(16).padStart(2, '0')).join('');
}

self.addEventListener('install', (event) => event.waitUntil((async () => {
  const cache = await caches.open(CACHE);
  await Promise.all([
    ...Object.entries(OWN).map(async ([name, wanted]) => {
      const answer = await fetch(BASE + name, { cache: 'reload' });
      if (!answer.ok || (await sha256(answer.clone())) !== wanted) throw new Error(`not what was promised: ${name}`);
      await cache.put(BASE + name, answer);
    }),
    ...Object.entries(SHARED).map(async ([name, address]) => {
      const answer = await fetch(address, { cache: 'no-cache' });
      if (!answer.ok) throw new Error(`missing: ${address}`);
      await cache.put(BASE + name, new Response(await answer.blob(), { headers: { 'Content-Type': name.endsWith('.wasm') ? 'application/wasm' : 'text/javascript' } })); // under our name only: it imports its neighbours here
    }),
  ]);
  await self.skipWaiting();
})()));

self.addEventListener('activate', (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name.startsWith('foyer-kiosk-') && name !== CACHE) await caches.delete(name);
  await self.clients.claim();
})()));

async function page(request) {
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!GONE.includes(answer.status)) return answer;
  } catch { /* nobody answers */ }
  return (await caches.match(`${BASE}index.html`, { cacheName: CACHE })) || Response.error();
}

const kept = (name) => name in OWN || name in SHARED;

self.addEventListener('fetch', (event) => {
  const { request } = event, url = new URL(request.url);
  if (url.origin !== location.origin || request.method !== 'GET') return;
  if (request.mode === 'navigate' && url.pathname === HOME) event.respondWith(page(request));
  else if (url.pathname.startsWith(BASE) && kept(url.pathname.slice(BASE.length)))
    event.respondWith(caches.match(url.pathname, { cacheName: CACHE }).then((found) => found || fetch(request)));
});
