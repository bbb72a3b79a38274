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
