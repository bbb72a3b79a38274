/**
 * `GET /api/offline/cache/wedding/:date`: everything that a device needs for a wedding day, what the day cannot run without
 * first (`wedsync-api.md` §1.8, §2.2).
 */
import { z } from 'zod'
import { cursorParameter, dateTime, limitParameter } from './common.ts'
import { recordRow } from './records.ts'

const MAX_RECORDS = 500

export const preloadParams = z.object({ date: z.iso.date() })

export const preloadQuery = z.object({
  cursor: cursorParameter.optional(),
  limit: limitParameter(MAX_RECORDS, MAX_RECORDS),
})

export const preloadReply = z.object({
  success: z.literal(true),
  date: z.iso.date(),
  /** The weddings of that day that the caller may read. */
  weddings: z.array(z.object({ id: z.uuid(), name: z.unknown(), records: z.number().int(), digest: z.string() })),
  /** Of all of them, by how much the day depends on their table. */
  records: z.array(recordRow).max(MAX_RECORDS),
  cursor: z.string().nullable(),
  hasMore: z.boolean(),
  timestamp: dateTime,
})
export type PreloadReply = z.infer<typeof preloadReply>
