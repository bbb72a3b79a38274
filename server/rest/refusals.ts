/** Puts on record who was turned away. */
import type { ErrorRequestHandler } from 'express'
import type { Log } from '../log.ts'
import type { ServerContext } from './context.ts'
import { describeFault, HttpError } from './errors.ts'
import { knownCallerOf, originOf } from './requestState.ts'

/** Of callers whom nobody knows, so that knocking at the door does not fill the disk. */
const MAX_STRANGERS_A_MINUTE = 30
const MINUTE_MS = 60_000
const RISK_OF_STRANGER = 50
const RISK_OF_MEMBER = 30

/** To be mounted behind all routes, before what answers. */
export function noteRefusals({ trail }: ServerContext, log: Log, now: () => number): ErrorRequestHandler {
  let minute = 0
  let strangers = 0

  function isOneTooMany(): boolean {
    const current = Math.floor(now() / MINUTE_MS)
    if (current !== minute) {
      minute = current
      strangers = 0
    }
    strangers += 1
    return strangers > MAX_STRANGERS_A_MINUTE
  }

  // Four parameters are how Express knows a handler of errors.
  return async (thrown: unknown, request, _response, next) => {
    const isRefusal = thrown instanceof HttpError && (thrown.status === 401 || thrown.status === 403)
    const caller = knownCallerOf(request)
    if (isRefusal && !trail.hasNoted(thrown) && (caller || !isOneTooMany())) {
      const subject = {
        event: 'refusal',
        resource: `${request.method} ${request.path}`,
        caller,
        origin: originOf(request),
        risk: caller ? RISK_OF_MEMBER : RISK_OF_STRANGER,
        details: { status: thrown.status, code: thrown.code },
      } as const
      // It stays refused, whether that can be put on record or not.
      await trail.note(subject, { phase: 'refused' }).catch((fault) => log('rest:not-on-record', describeFault(fault)))
    }
    next(thrown)
  }
}
