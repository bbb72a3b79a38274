/** What users of the client ask again and again: all records of a table, and a batch of changes made now. */
import type { RecordRow } from '../rest/records.ts'
import type { ROUTES } from '../rest/routes.ts'
import type { SealedEdit } from '../rest/sealed.ts'
import type { SyncReply, SyncStrategy } from '../rest/sync.ts'
import { err, ok, type Result } from '../result.ts'
import type { Client, ClientError, RequestOf } from './client.ts'

/** Every route of a server as `createClient(ROUTES, …)` makes it. */
export type Api = Client<typeof ROUTES>

/** Pages of this many records: the most that the route gives. */
const PAGE = '500'

/** The records of one table of a wedding, or of all its tables; deleted ones are left out. */
export async function allRecords(
  api: Pick<Api, 'records'>,
  weddingId: string,
  table?: string,
): Promise<Result<readonly RecordRow[], ClientError>> {
  const records: RecordRow[] = []
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const query: RequestOf<(typeof ROUTES)['records']>['query'] = { limit: PAGE, table, cursor }
    const page = await api.records({ params: { id: weddingId }, query })
    if (!page.ok) return page
    records.push(...page.value.records)
    cursor = page.value.hasMore ? page.value.cursor : null
  }
  return ok(records)
}

export interface OutgoingChange {
  readonly action: 'create' | 'update' | 'delete'
  readonly table: string
  readonly id: string
  readonly data: Readonly<Record<string, unknown>>
  /** Where values are sealed, beside sealed `data` (`sealedWriter.ts`). */
  readonly edit?: SealedEdit
  /** The version of the record on which the edit is based. */
  readonly clientVersion?: string
}

export interface BatchOptions {
  /** When the edits were made, ISO 8601 in UTC. */
  readonly now: string
  /** A fresh UUID; the same one again for a repeated try. */
  readonly batchId: string
  readonly strategy?: SyncStrategy
}

/** The body of `POST /sync` for at most 100 changes that were all made now. */
export function batchOf(
  changes: readonly OutgoingChange[],
  { now, batchId, strategy = 'client_wins' }: BatchOptions,
): RequestOf<(typeof ROUTES)['push']>['body'] {
  return {
    changes: changes.map((change) => ({ timestamp: now, ...change })),
    lastSyncTime: now,
    batchId,
    options: { conflictResolution: strategy },
  }
}

/** Sends at most 100 changes. Single changes may fail all the same: see `failures`. */
export async function pushChanges(
  api: Pick<Api, 'push'>,
  changes: readonly OutgoingChange[],
  options: BatchOptions,
): Promise<Result<SyncReply, ClientError>> {
  const pushed = await api.push({ body: batchOf(changes, options) })
  if (!pushed.ok) return pushed
  if ('dryRun' in pushed.value) {
    return err({ kind: 'not-understood', status: 200, message: 'a dry run that nobody asked for' })
  }
  return ok(pushed.value)
}
