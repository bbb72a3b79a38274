import { z } from 'zod'
import { dateTime } from './common.ts'

/** Every reply that is not a success. `code` is a stable token for programs, `message` is for people. */
export const errorReply = z.looseObject({
  error: z.string(),
  code: z.string().regex(/^[A-Z_]+$/),
  requestId: z.uuid(),
  message: z.string().optional(),
  details: z.string().optional(),
  /** With `VALIDATION_ERROR`: `<path.with.dots>: <reason>`, `root` for the body as a whole. */
  errors: z.array(z.string()).optional(),
  timestamp: dateTime.optional(),
})

export type ErrorReply = z.infer<typeof errorReply>

/** A body that is not as the schema says, or (`INVALID_JSON`) no JSON at all. */
export const badRequest = errorReply

/** The same of the two routes that tell faults as a list of issues. */
export const issuesReply = errorReply.extend({
  details: z.union([
    z.string(),
    z.array(z.looseObject({ code: z.string(), path: z.array(z.union([z.string(), z.number()])), message: z.string() })),
  ]),
})

/** Any refusal, told the one way or the other. */
export const refusalReply = z.union([errorReply, issuesReply])
export type RefusalReply = z.infer<typeof refusalReply>

/** 500, and what the contract wants repeated in it. */
export const serverError = errorReply.extend({ details: z.string() })
export const sessionError = serverError.extend({ sessionId: z.uuid() })
export const deviceError = serverError.extend({ deviceId: z.string() })
export const conflictGone = errorReply.extend({ conflictId: z.uuid() })
export const conflictError = sessionError.extend({ conflictId: z.uuid() })

/** What any route behind the token may answer. */
export const REFUSALS = {
  400: badRequest,
  401: errorReply,
  403: errorReply,
  413: errorReply,
  429: errorReply,
  500: serverError,
} as const
