import { z } from 'zod'

export const MAX_PROBED = 32
export const MAX_EXCEPT = 20_000
/** Branches, or records, at one place. Sixteen in a tree; the rest is for tables. */
export const MAX_CHILDREN = 128

/** A place in the digest trees: read class, table, digits. */
export const place = z.array(z.string().max(50)).max(3)

/**
 * We differ in this scope: what do you hold at these places of your digest trees? The first of a row of probes carries
 * `except`, the records left out on both sides; the places of the others are of the trees as they were at the first.
 */
export const probe = z.strictObject({
  type: z.literal('probe'),
  scope: z.uuid(),
  at: z.array(place).min(1).max(MAX_PROBED),
  except: z.array(z.string().max(100)).max(MAX_EXCEPT).optional(),
})
