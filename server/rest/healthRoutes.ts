/** `GET /health` and `GET /status` (`cli.md`). */
import type { RequestHandler, Router } from 'express'
import type { HealthReply } from '../../model/rest/health.ts'
import type { Log } from '../log.ts'
import type { ServerContext } from './context.ts'
import { describeFault, echoing, methodNotAllowed } from './errors.ts'
import { callerOf } from './requestState.ts'

/** Answers without a token, so it tells nothing personal. */
export function addHealthRoute(router: Router, context: ServerContext, log: Log, now: () => number): void {
  const startedMs = now()
  const health: RequestHandler = async (_request, response) => {
    const reply: HealthReply = {
      status: (await doesStoreAnswer(context, log)) ? 'ok' : 'degraded',
      role: context.role,
      version: context.version,
      uptimeSeconds: Math.max(0, Math.floor((now() - startedMs) / 1000)),
    }
    response.json(reply)
  }
  router.route('/health').get(health).all(methodNotAllowed)
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

export function addStatusRoute(router: Router, context: ServerContext): void {
  const status: RequestHandler = async (request, response) => {
    response.json(await echoing({}, () => context.status(callerOf(request))))
  }
  router.route('/status').get(status).all(methodNotAllowed)
}
