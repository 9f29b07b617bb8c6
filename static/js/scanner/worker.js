// The service worker of one event's scanner: its page and its files, one version of them, so that it opens without network.
// SCANNER = {version, page, files} is put before this text by the server. Nothing personal is in what is kept here, and no
// answer of the API ever passes through.

/* global SCANNER */

const NAME = `pointsbank-scanner${SCANNER.page} ${SCANNER.version}`;
const MINE = `pointsbank-scanner${SCANNER.page} `;
const PATIENCE_MS = 3000;
const paths = new Set(SCANNER.files.map((address) => new URL(address, self.location).pathname));

self.addEventListener("install", (event) => {
  const fresh = [SCANNER.page, ...SCANNER.files].map((address) => new Request(address, { cache: "reload" }));
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll(fresh)).then(() => self.skipWaiting()));
});

async function takeOver() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(MINE) && name !== NAME).map((name) => caches.delete(name)));
  await self.clients.claim();
}

self.addEventListener("activate", (event) => event.waitUntil(takeOver()));

async function page(request) {
  const kept = await (await caches.open(NAME)).match(SCANNER.page);
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
    return answer.status < 500 ? answer : kept;
  } catch {
    return kept;
  }
}

async function file(request) {
  const cache = await caches.open(NAME);
  return (await cache.match(request, { ignoreSearch: true })) ?? fetch(request);
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { pathname, origin } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (request.mode === "navigate" && pathname === SCANNER.page) event.respondWith(page(request));
  else if (paths.has(pathname)) event.respondWith(file(request));
});
