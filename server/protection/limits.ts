/**
 * How often one may ask. Counted in the memory of this process: a restart forgives, and of several processes of a cloud
 * each counts for itself.
 */
import type { ErrorRequestHandler, Request, RequestHandler } from 'express'
import { ipKeyGenerator, type Options, rateLimit } from 'express-rate-limit'
import type { Caller, ServerContext } from '../rest/context.ts'
import { HttpError } from '../rest/errors.ts'
import { callerOf } from '../rest/requestState.ts'

export interface Limit {
  readonly count: number
  readonly windowMs: number
}

/** Of a device: far above what fifty clients that share a token can ask, and below a loop that has run away. */
export const MEMBER_LIMIT: Limit = { count: 20_000, windowMs: 10_000 }
/** Of an address: requests with no good token. */
export const STRANGER_LIMIT: Limit = { count: 300, windowMs: 60_000 }
/** Of an address: attempts to get into a team that failed. A link typed wrong a few times is within it. */
export const JOIN_LIMIT: Limit = { count: 30, windowMs: 60_000 }

function limited({ count, windowMs }: Limit, options: Partial<Options>): RequestHandler {
  return rateLimit({
    limit: count,
    windowMs,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    // A header that anybody can write is believed of trusted proxies alone; no need to warn of it.
    validate: { xForwardedForHeader: false },
    handler: (_request, _response, next) => next(tooMany(windowMs)),
    ...options,
  })
}

function tooMany(windowMs: number): HttpError {
  return new HttpError(429, 'RATE_LIMITED', `Too many requests: wait up to ${windowMs / 1_000} s and try again`)
}

/** To be mounted behind whatever asks for the token. This install's own window and scripts are never made to wait. */
export function limitMembers({ isOwn }: Pick<ServerContext, 'isOwn'>, limit: Limit = MEMBER_LIMIT): RequestHandler {
  return limited(limit, {
    keyGenerator: (request) => memberKey(callerOf(ofExpress(request))),
    skip: (request) => isOwn?.(callerOf(ofExpress(request))) ?? false,
  })
}

function memberKey({ team, userId, deviceId }: Caller): string {
  return `${team} ${userId} ${deviceId}`
}

/** The library's types name the request of Express by another import. */
function ofExpress(request: Parameters<Options['keyGenerator']>[0]): Request {
  return request
}

/**
 * To be mounted behind whatever asks for the token, among what handles errors. Only the refused count, so that whoever
 * knocks in vain keeps nobody out who comes from the same address with a good token.
 */
export function limitStrangers(limit: Limit = STRANGER_LIMIT): ErrorRequestHandler {
  const count = limited(limit, { keyGenerator: addressOf })
  // Four parameters are how Express knows a handler of errors.
  return (thrown: unknown, request, response, next) => {
    if (!(thrown instanceof HttpError) || thrown.status !== 401) return next(thrown)
    return count(request, response, (overLimit?: unknown) => next(overLimit ?? thrown))
  }
}

/** To be mounted in front of the ways into a team, which need no token. Whoever gets in is not counted. */
export function limitJoins(limit: Limit = JOIN_LIMIT): RequestHandler {
  return limited(limit, { keyGenerator: addressOf, skipSuccessfulRequests: true })
}

/** To be mounted in front of what needs no token and costs some work. */
export function limitAll(limit: Limit = STRANGER_LIMIT): RequestHandler {
  return limited(limit, { keyGenerator: addressOf })
}

/**
 * One household has many addresses of IPv6: they count as one. What a proxy says of whom it speaks for is believed only if
 * the server was told to trust that proxy.
 */
function addressOf({ ip }: Pick<Request, 'ip'>): string {
  return ipKeyGenerator(ip ?? '')
}
