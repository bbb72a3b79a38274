/** `GET /health` and `GET /status` (`cli.md`). */
import type { Log } from '../log.ts'
import type { ServerContext } from './context.ts'
import { describeFault } from './errors.ts'
import type { Handlers } from './router.ts'

export function healthHandlers(
  context: ServerContext,
  log: Log,
  now: () => number,
): Pick<Handlers, 'health' | 'installStatus'> {
  const startedMs = now()
  return {
    /** Answers without a token, so it tells nothing personal. */
    async health() {
      return {
        status: (await doesStoreAnswer(context, log)) ? 'ok' : 'degraded',
        role: context.role,
        version: context.version,
        uptimeSeconds: Math.max(0, Math.floor((now() - startedMs) / 1000)),
      }
    },
    installStatus: ({ caller }) => context.status(caller),
  }
}

async function doesStoreAnswer({ stores }: ServerContext, log: Log): Promise<boolean> {
  try {
    await stores.state.get('health')
    return true
  } catch (error) {
    log('rest:store-silent', describeFault(error))
    return false
  }
}
