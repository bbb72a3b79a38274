/**
 * The REST API under `/api/offline`, the same on every install, hub and cloud: a thin adapter in which a change becomes a
 * stamped edit, so that there is one merge and one conflict queue. What a composition can do it says in its
 * `ServerContext`.
 */
import { Router } from 'express'
import { addBlobRoutes } from '../blobs/blobRoutes.ts'
import type { Log } from '../log.ts'
import { limitMembers, limitStrangers } from '../protection/limits.ts'
import { logRequests } from '../protection/requestLog.ts'
import { conflictHandlers } from './conflictRoutes.ts'
import type { ServerContext } from './context.ts'
import { deviceReportsIn } from './deviceReports.ts'
import { deviceHandlers } from './deviceRoutes.ts'
import { deviceStatusHandlers } from './deviceStatusRoutes.ts'
import { answerFailures, notFound } from './errors.ts'
import { exportHandlers } from './exportRoutes.ts'
import { authentication, jsonBody, nameRequest } from './guard.ts'
import { healthHandlers } from './healthRoutes.ts'
import { historyHandlers } from './historyRoutes.ts'
import { hubHandlers } from './hubRoutes.ts'
import { joinHandlers } from './joinRoutes.ts'
import { docsRoute, openApiHandlers } from './openapiRoutes.ts'
import { ownHandlers } from './ownRoutes.ts'
import { peopleOf } from './people.ts'
import { preloadHandlers } from './preloadRoutes.ts'
import { createPull } from './pull.ts'
import { queueHandlers } from './queueRoutes.ts'
import { noteRefusals } from './refusals.ts'
import { resolveHandlers } from './resolveRoutes.ts'
import { type Handlers, serveMemberRoutes, servePublicRoutes } from './router.ts'
import { scopeIndexOf } from './scopeIndex.ts'
import { syncHandlers } from './sync/routes.ts'
import { RunningCalls } from './sync/running.ts'
import { undoHandlers } from './undoRoutes.ts'
import { userStatusHandlers } from './userStatusRoutes.ts'
import { asItIs, createSummaries } from './weddingSummary.ts'
import { weddingHandlers } from './weddingsRoutes.ts'

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
  const index = scopeIndexOf(context.stores.changes)
  const people = peopleOf(context.stores.changes)
  const summaries = createSummaries(context.stores.changes, () => context.outline?.() ?? asItIs)
  const { rosters } = context
  const reports = deviceReportsIn(context.stores.state)
  const running = new RunningCalls()
  const parts = { context, index, people, rosters, reports, running, log, now }
  const handlers: Handlers = {
    ...healthHandlers(context, log, now),
    ...openApiHandlers(context),
    ...syncHandlers({ ...parts, pull: createPull(context, index) }),
    ...deviceStatusHandlers(parts),
    ...userStatusHandlers(parts),
    ...queueHandlers(context, people, now),
    ...resolveHandlers(parts),
    ...undoHandlers(parts),
    ...conflictHandlers(parts),
    ...preloadHandlers(context, summaries, people, now),
    ...deviceHandlers(context, rosters, now),
    ...weddingHandlers(context, summaries, people),
    ...exportHandlers(context, people, now),
    ...historyHandlers(context, people),
    ...hubHandlers(context),
    ...joinHandlers(context),
    ...ownHandlers(context),
  }

  router.use(logRequests(log), nameRequest)
  servePublicRoutes(router, handlers)
  router.use(docsRoute(context))
  router.use(authentication(context, rosters), limitMembers(context))
  if (context.blobs) addBlobRoutes(router, context, context.blobs)
  router.use(...jsonBody)
  serveMemberRoutes(router, handlers)
  for (const routes of more) router.use(routes)
  router.use(notFound)
  router.use(limitStrangers())
  router.use(noteRefusals(context, log, now))
  router.use(answerFailures(log))
  return router
}
