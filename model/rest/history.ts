/** `GET /api/offline/records/:id/history` (`cli.md`). */
import { z } from 'zod'
import { attribution } from './common.ts'

export const historyEntry = z.object({
  field: z.string(),
  /** For a field that is a set, one member: null → member when it came in, member → null when it was taken out. */
  from: z.unknown(),
  to: z.unknown(),
  ...attribution,
  /**
   * `actor:counter`; counter 0 for a value that lost at once and so was never part of the record, unless it is sealed: then
   * the dot that it was sealed under, without which it could not be opened.
   */
  dot: z.string(),
  /** The conflict that this edit settled, and how. */
  decided: z.object({ conflictId: z.string(), strategy: z.string() }).optional(),
})
export type HistoryEntry = z.infer<typeof historyEntry>

export const historyReply = z.object({ entries: z.array(historyEntry) })
export type HistoryReply = z.infer<typeof historyReply>
