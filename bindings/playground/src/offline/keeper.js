// Keeps the site for when there is no network. The build fills in what the site is made of.
const FILES = JSON.parse('/* files */');
const KEPT = 'portcullis-/* version */';

addEventListener('install', event => {
  event.waitUntil(caches.open(KEPT).then(cache => cache.addAll(['./', ...FILES])));
  skipWaiting();
});

addEventListener('activate', event => {
  const isOld = name => name.startsWith('portcullis-') && name !== KEPT;
  const forget = names => Promise.all(names.filter(isOld).map(name => caches.delete(name)));
  event.waitUntil(caches.keys().then(forget));
});

addEventListener('fetch', event => {
  const { request } = event;
  if (request.method !== 'GET' || new URL(request.url).origin !== location.origin) return;
  // The page from the network while there is one, so that nobody stays with an old site; its parts have names that
  // change with what is in them.
  const kept = () => caches.match(request.mode === 'navigate' ? './' : request);
  const fetched = () => fetch(request);
  event.respondWith(
    request.mode === 'navigate' ? fetched().catch(kept) : kept().then(response => response ?? fetched()),
  );
});
