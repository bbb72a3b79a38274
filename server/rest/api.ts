/**
 * The REST API under `/api/offline`, the same on every install, hub and cloud: a thin adapter in which a change becomes a
 * stamped edit, so that there is one merge and one conflict queue. What a composition can do it says in its
 * `ServerContext`.
 */
import { Router } from 'express'
import type { Log } from '../log.ts'
import { addConflictRoutes } from './conflictRoutes.ts'
import type { ServerContext } from './context.ts'
import { answerFailures, notFound } from './errors.ts'
import { authentication, jsonBody, nameRequest } from './guard.ts'
import { addHealthRoute, addStatusRoute } from './healthRoutes.ts'
import { addHistoryRoutes } from './historyRoutes.ts'
import { addHubRoutes } from './hubRoutes.ts'
import { peopleOf } from './people.ts'
import { createPull } from './pull.ts'
import { addResolveRoutes } from './resolveRoutes.ts'
import { createScopeIndex } from './scopeIndex.ts'
import { addSyncRoutes } from './sync/routes.ts'
import { addWeddingRoutes } from './weddingsRoutes.ts'

export { answerFailures, HttpError, notFound } from './errors.ts'
export { callerOf, requestIdOf } from './requestState.ts'

export const API_PATH = '/api/offline'

/**
 * To be mounted at `API_PATH`. It answers every request below its path, unknown routes included, so other routers of
 * that path go before it, or into `more`, where `callerOf` tells them who asks.
 * @param now wall clock, ms since 1970 UTC
 */
export function createApi(
  context: ServerContext,
  log: Log,
  { now = Date.now, more = [] }: { readonly now?: () => number; readonly more?: readonly Router[] } = {},
): Router {
  const router = Router()
  const index = createScopeIndex(context.stores.changes)
  const people = peopleOf(context.stores.changes)

  router.use(nameRequest)
  addHealthRoute(router, context, log, now)
  router.use(authentication(context))
  router.use(...jsonBody)
  addSyncRoutes(router, { context, pull: createPull(context, index), log, now })
  addResolveRoutes(router, { context, index, people, log, now })
  addWeddingRoutes(router, context, people)
  addConflictRoutes(router, { context, index, people })
  addHistoryRoutes(router, context, people)
  addStatusRoute(router, context)
  addHubRoutes(router, context)
  for (const routes of more) router.use(routes)
  router.use(notFound)
  router.use(answerFailures(log))
  return router
}
