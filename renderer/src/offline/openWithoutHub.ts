/** A tablet's page while the hub is away: it opens from what the browser keeps, or asks before it is given up. */
import type { Replica } from '../replica/replica.ts'

const SERVICE_WORKER = '/serviceWorker.js'
/** A certificate can be trusted for the hub's name alone: at an address in digits there is no need to ask. */
const TRUSTED_NAMES = '.local'

/**
 * Has the browser keep the page, which it does only for a hub whose certificate it trusts.
 * @returns whether it will
 */
export async function keepPage(): Promise<boolean> {
  if (!('serviceWorker' in navigator) || !window.location.hostname.endsWith(TRUSTED_NAMES)) return false
  try {
    await navigator.serviceWorker.register(SERVICE_WORKER)
    await navigator.serviceWorker.ready
    return true
  } catch {
    // The certificate is not trusted here: the page lives as long as it is open.
    return false
  }
}

/**
 * For as long as a tablet's page is shown. Where the browser does not keep it, closing or reloading it while the hub is away
 * would leave nothing to work with, so the browser asks first.
 * @returns ends it
 */
export function guardPage(replica: Replica): () => void {
  if (replica.kind !== 'tablet') return () => undefined
  let isKept = false
  let isHubAway = false
  const ask = (event: BeforeUnloadEvent): void => {
    if (isHubAway && !isKept) event.preventDefault()
  }
  void keepPage().then((kept) => {
    isKept = kept
  })
  const watching = replica.status.subscribe(({ upstreams }) => {
    isHubAway = upstreams.some(({ state }) => state === 'offline')
  })
  window.addEventListener('beforeunload', ask)
  return () => {
    watching.unsubscribe()
    window.removeEventListener('beforeunload', ask)
  }
}
