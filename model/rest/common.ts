/** Shapes that several requests and replies of the REST API share (`wedsync-api.md` §0). */
import { z } from 'zod'

/** ISO-8601 in UTC ending in `Z`; offsets are refused. */
export const dateTime = z.iso.datetime()

/**
 * A JSON object exactly as it was sent. Not `looseObject`, which makes a copy: a checksum covers what was sent, and a key
 * such as `__proto__` is to be refused by name later, not to vanish.
 */
export const jsonObject = z
  .custom<Readonly<Record<string, unknown>>>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    'Invalid input: expected object',
  )
  .meta({ type: 'object' })

/** Ids are compared as text everywhere, so an id has one spelling. */
export const recordId = z.uuid().transform((id) => id.toLowerCase())

const MAX_LABEL_CHARS = 500

/** A name or id that some other program made up. */
export const label = z.string().max(MAX_LABEL_CHARS)

const NUMBER = /^\d{1,9}$/

/** The `limit` of a list in a query string. */
export function limitParameter(max: number, fallback: number) {
  return z
    .string()
    .regex(NUMBER, 'Invalid input: expected a whole number')
    .transform(Number)
    .pipe(z.number().min(1).max(max))
    .default(fallback)
}

/** Long enough for some hundreds of weddings. */
export const cursorParameter = z.string().min(1).max(100_000)

/** Who wrote a value, as far as it is known. */
export const attribution = {
  /** User id; null if the actor is not known here. */
  by: z.string().nullable(),
  device: z.string().nullable(),
  at: dateTime,
} as const
