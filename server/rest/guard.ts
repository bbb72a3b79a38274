/** What stands in front of every route: who asks, and how much they may send. */
import express, { type RequestHandler } from 'express'
import { isDeeperThan, MAX_NESTING } from '../../model/tables/validate.ts'
import type { ServerContext } from './context.ts'
import { forbidden, HttpError } from './errors.ts'
import { requestIdOf, setCaller } from './requestState.ts'
import type { RosterOf } from './roster.ts'
import { SHUT_OUT } from './sessionDoor.ts'

export const MAX_BODY_BYTES = 5 * 1024 * 1024
/** `data` of a change stands in a change, which stands in a list, which stands in the body. */
const LEVELS_AROUND_DATA = 3

const BEARER = /^Bearer +([^\s]+) *$/i

export const nameRequest: RequestHandler = (request, response, next) => {
  response.set('X-Request-Id', requestIdOf(request))
  next()
}

/** What whoever sits at a device that was shut out may still ask of it: how it stands, and to come in again. */
const OPEN_WHEN_SHUT_OUT: ReadonlySet<string> = new Set(['/status', '/joining'])

/** The token alone tells who calls. A `x-user-id` is believed in so far as it must not say something else. */
export function authentication(context: ServerContext, rosters: RosterOf): RequestHandler {
  return async (request, _response, next) => {
    const token = BEARER.exec(request.headers.authorization ?? '')?.[1]
    const caller = token === undefined ? undefined : await context.authenticate(token, request.socket)
    if (!caller) throw new HttpError(401, 'UNAUTHENTICATED', 'Unauthorized')
    const claimed = request.headers['x-user-id']
    if (claimed !== undefined && String(claimed).toLowerCase() !== caller.userId.toLowerCase()) {
      throw forbidden('x-user-id names somebody else than the token')
    }
    setCaller(request, caller)
    const isStillOpen = context.isOwn?.(caller) === true && OPEN_WHEN_SHUT_OUT.has(request.path)
    if (!isStillOpen && (await rosters(caller.team)).isRevoked(caller.userId, caller.deviceId)) {
      throw new HttpError(403, 'REVOKED', SHUT_OUT)
    }
    next()
  }
}

const readJson = express.json({ limit: MAX_BODY_BYTES, type: () => true, strict: false })

const checkNesting: RequestHandler = (request, _response, next) => {
  const body: unknown = request.body
  if (isDeeperThan(body, MAX_NESTING + LEVELS_AROUND_DATA)) {
    throw new HttpError(413, 'NESTING_TOO_DEEP', `Objects may be nested ${MAX_NESTING} levels deep`)
  }
  // An empty body counts as an empty object, which then fails the schema.
  request.body = body ?? {}
  next()
}

export const jsonBody: readonly RequestHandler[] = [readJson, checkNesting]
