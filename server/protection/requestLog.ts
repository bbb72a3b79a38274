/** One line of the log for each request: which route, how it ended, how long it took. Never paths, which name people. */
import type { RequestHandler } from 'express'
import type { Log } from '../log.ts'
import { requestIdOf, routeOf } from '../rest/requestState.ts'

/** To be mounted first. */
export function logRequests(log: Log): RequestHandler {
  return (request, response, next) => {
    const startMs = performance.now()
    response.once('close', () => {
      log('request', {
        requestId: requestIdOf(request),
        route: routeOf(request),
        method: request.method,
        status: response.writableFinished ? response.statusCode : 'cut',
        ms: Math.round((performance.now() - startMs) * 10) / 10,
      })
    })
    next()
  }
}
