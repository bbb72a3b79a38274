import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { type RecordRow, recordsReply } from '../../model/rest/records.ts'
import { err, ok, type Result } from '../../model/result.ts'
import type { ApiClient } from './apiClient.ts'
import type { Failure } from './exit.ts'

/** What this side reads of the reply to `POST /sync`. */
const syncReply = z.object({
  processed: z.array(z.object({ changeId: z.string() })),
  failures: z.array(z.object({ changeId: z.string(), error: z.string() })),
})

export interface OutgoingChange {
  readonly action: 'create' | 'update'
  readonly table: string
  readonly id: string
  readonly data: Readonly<Record<string, unknown>>
}

const PAGE = 500

export async function allRecords(
  api: ApiClient,
  weddingId: string,
  table: string,
): Promise<Result<readonly RecordRow[], Failure>> {
  const records: RecordRow[] = []
  let cursor: string | null = null
  do {
    const from: string = cursor === null ? '' : `&cursor=${cursor}`
    const page: Result<z.infer<typeof recordsReply>, Failure> = await api.get(
      recordsReply,
      `weddings/${weddingId}/records?table=${table}&limit=${PAGE}${from}`,
    )
    if (!page.ok) return err(page.error)
    records.push(...page.value.records)
    cursor = page.value.hasMore ? page.value.cursor : null
  } while (cursor !== null)
  return ok(records)
}

/** Sends at most 100 changes, made now by whoever runs the command. */
export async function pushChanges(
  api: ApiClient,
  changes: readonly OutgoingChange[],
): Promise<Result<z.infer<typeof syncReply>, Failure>> {
  const timestamp = new Date().toISOString()
  return api.post(syncReply, 'sync', {
    changes: changes.map((change) => ({ ...change, timestamp })),
    lastSyncTime: timestamp,
    batchId: randomUUID(),
    options: { conflictResolution: 'client_wins' },
  })
}
