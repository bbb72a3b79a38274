/** Decides what this page is: the window of an install, a tablet that was invited, or a tablet that knows its team. */
import { takeEntrance } from './entrance.ts'
import { openInstallReplica } from './installReplica.ts'
import { openTablet } from './openTablet.ts'
import type { OpenOutcome } from './replica.ts'

/** Opens this page's replica. Never rejects: what went wrong is an outcome that the page shows. */
export async function openReplica(): Promise<OpenOutcome> {
  // Read and removed from the address at once: it holds a secret, and the address is the page's own from here on.
  const entrance = takeEntrance()
  try {
    switch (entrance.kind) {
      case 'window':
        return await openInstallReplica(entrance.secret)
      case 'invitation':
        return await openTablet(entrance)
      default:
        return await openTablet()
    }
  } catch (cause) {
    return {
      kind: 'failed',
      title: 'WedSync could not open its data on this device',
      advice: `Reload the page. If that does not help, show this to whoever looks after the hub: ${cause instanceof Error ? cause.message : String(cause)}`,
    }
  }
}
