/** `GET /api/offline/conflicts` (`cli.md`). */
import { z } from 'zod'
import { attribution } from './common.ts'
import { conflictType, severity } from './sync.ts'

export const conflictsQuery = z.object({
  weddingId: z.uuid().optional(),
  status: z.enum(['pending', 'resolved', 'all']).default('pending'),
})

export const conflictEntry = z.object({
  conflictId: z.uuid(),
  table: z.string(),
  recordId: z.uuid(),
  weddingId: z.uuid(),
  fields: z.array(z.string()),
  /** Pending: the visible value first. Resolved: the decision first, then what it replaced. */
  values: z.array(
    z.object({
      field: z.string(),
      value: z.unknown(),
      ...attribution,
      /** Where the entry is about several records: whose value it is. */
      recordId: z.uuid().optional(),
    }),
  ),
  /** The value from which all of them started, if it is known here. */
  base: z.unknown().optional(),
  type: conflictType,
  severity,
  /** A sentence that a person understands. */
  message: z.string(),
  operationId: z.string().optional(),
  status: z.enum(['pending', 'resolved']),
  /** Of a resolved one: how it was settled, and what the person wrote about it. */
  strategy: z.string().optional(),
  comment: z.string().optional(),
})
export type ConflictEntry = z.infer<typeof conflictEntry>

export const conflictsReply = z.object({ conflicts: z.array(conflictEntry) })
export type ConflictsReply = z.infer<typeof conflictsReply>
