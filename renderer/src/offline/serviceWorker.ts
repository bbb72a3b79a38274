/**
 * Keeps the page, so that it opens while the hub is away. It holds the one page and the files that this names, and nothing
 * of the team's: records and photos are in the database of the page.
 *
 * While the hub is there the page comes from it; a new version is taken as a whole, its files before the page that names
 * them, so there is never a page without its files.
 */
export type {} // a module, so that its names are its own

/** What this uses of a service worker's global scope, which TypeScript has in a library that excludes a page's. */
interface WorkerEvent extends Event {
  waitUntil(work: Promise<unknown>): void
}

interface WorkerFetchEvent extends WorkerEvent {
  readonly request: Request
  respondWith(answer: Promise<Response>): void
}

interface WorkerScope {
  readonly location: Location
  readonly clients: { claim(): Promise<void> }
  skipWaiting(): Promise<void>
  addEventListener(type: 'install' | 'activate', listener: (event: WorkerEvent) => void): void
  addEventListener(type: 'fetch', listener: (event: WorkerFetchEvent) => void): void
}

const worker = globalThis as unknown as WorkerScope
const CACHE = 'wedsync-pages'
const PAGE = '/'
/** A hub that has not answered by then is taken to be away; a cable that was pulled never says so. */
const PATIENCE_MS = 3_000

worker.addEventListener('install', (event) => {
  event.waitUntil(fetchPage().then(() => worker.skipWaiting()))
})

worker.addEventListener('activate', (event) => {
  event.waitUntil(worker.clients.claim())
})

worker.addEventListener('fetch', (event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (request.method !== 'GET' || origin !== worker.location.origin) return
  if (request.mode === 'navigate' && pathname === PAGE) event.respondWith(pageFromHubOrCache())
  else if (pathname.startsWith('/assets/')) event.respondWith(asset(request))
})

async function pageFromHubOrCache(): Promise<Response> {
  try {
    return await fetchPage()
  } catch (cause) {
    const kept = await (await caches.open(CACHE)).match(PAGE)
    if (kept) return kept
    throw cause
  }
}

/** Fetches the page and, if it is another one than the one that is kept, what it names. */
async function fetchPage(): Promise<Response> {
  const page = await fetch(PAGE, { cache: 'no-store', signal: AbortSignal.timeout(PATIENCE_MS) })
  if (!page.ok) throw new Error(`the hub answered ${page.status}`)
  const cache = await caches.open(CACHE)
  const html = await page.clone().text()
  if (html === (await (await cache.match(PAGE))?.text())) return page
  const files = [...html.matchAll(/(?:src|href)="\.?(\/assets\/[^"]+)"/g)].map(([, path = '']) => path)
  await cache.addAll(files)
  await cache.put(PAGE, page.clone())
  for (const { url } of await cache.keys()) {
    const { pathname } = new URL(url)
    if (pathname !== PAGE && !files.includes(pathname)) await cache.delete(url)
  }
  return page
}

/** A file's name has its content's hash in it, so what is kept is what the hub would send. */
async function asset(request: Request): Promise<Response> {
  return (await (await caches.open(CACHE)).match(request)) ?? fetch(request)
}
