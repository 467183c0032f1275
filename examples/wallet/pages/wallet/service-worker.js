// Keeps the wallet's files, so that it starts without a network. Vite writes the list; a new build has a new list, and so a new cache.
/** @type {string[]} */
const files = [/* files */]
const cacheName = `wallet ${files.filter((file) => file.startsWith('/assets/')).join()}`

/** The compiler takes this file for a page's. @type {any} */
const worker = globalThis

worker.addEventListener('install', (/** @type {any} */ event) => {
  const fill = async () => {
    const cache = await caches.open(cacheName)
    await cache.addAll(files)
    await worker.skipWaiting()
  }
  event.waitUntil(fill())
})

worker.addEventListener('activate', (/** @type {any} */ event) => {
  const removeOld = async () => {
    for (const other of await caches.keys()) if (other !== cacheName) await caches.delete(other)
    await worker.clients.claim()
  }
  event.waitUntil(removeOld())
})

// Files come from the cache. What else is asked for, such as tokens of the Claim Provider, comes from the network.
worker.addEventListener('fetch', (/** @type {any} */ event) => {
  const { request } = event
  if (request.method !== 'GET' || new URL(request.url).origin !== location.origin) return
  const find = async () => (await caches.match(request, { ignoreSearch: true })) ?? fetch(request)
  event.respondWith(find())
})
