import { z } from 'zod'

export const MAX_CHANGES = 100

/** Records of one scope as they are now, in the order of their last change. */
export const changes = z.strictObject({
  type: z.literal('changes'),
  scope: z.uuid(),
  /** My log of this scope is covered up to here once these are committed. */
  seq: z.number().int().min(0),
  /** How many more changes of this scope wait behind these. */
  remaining: z.number().int().min(0),
  /**
   * Whole (`storedRecord`) or, since protocol 2, what you lack of them (`storedDelta`). Each is checked on its own, so
   * that one bad record does not stop the others.
   */
  records: z.array(z.unknown()).max(MAX_CHANGES),
})

/** A message of changes as text, of records that are text already: each is written down once, however many peers it goes to. */
export function changesText(
  { scope, seq, remaining }: Pick<z.infer<typeof changes>, 'scope' | 'seq' | 'remaining'>,
  records: readonly string[],
): string {
  return `{"type":"changes","scope":${JSON.stringify(scope)},"seq":${seq},"remaining":${remaining},"records":[${records.join()}]}`
}
