/** `GET /api/offline/weddings/:id/records` (`cli.md`). */
import { z } from 'zod'
import { attribution, dateTime, limitParameter } from './common.ts'

const MAX_RECORDS = 500
const DEFAULT_RECORDS = 100

export const recordsQuery = z.object({
  table: z.string().max(50).optional(),
  /** The last id of the page before. */
  cursor: z.uuid().optional(),
  limit: limitParameter(MAX_RECORDS, DEFAULT_RECORDS),
  deleted: z
    .enum(['true', 'false'])
    .default('false')
    .transform((word) => word === 'true'),
})

export const recordRow = z.object({
  table: z.string(),
  id: z.uuid(),
  data: z.record(z.string(), z.unknown()),
  /** Fields with more than one value, the visible one first. */
  siblings: z.record(z.string(), z.array(z.object({ value: z.unknown(), ...attribution }))).optional(),
  version: z.number().int(),
  deleted: z.literal(true).optional(),
  updatedAt: dateTime,
  updatedBy: z.string().nullable(),
})
export type RecordRow = z.infer<typeof recordRow>

export const recordsReply = z.object({
  records: z.array(recordRow),
  cursor: z.string().nullable(),
  hasMore: z.boolean(),
})
export type RecordsReply = z.infer<typeof recordsReply>
