/** Which records name which blob, kept in memory and brought up to date from the change log. */

import { stampMs } from '../merge/clock.ts'
import { type CausalRecord, isEmptied } from '../merge/record.ts'
import { viewRecord } from '../merge/view.ts'
import type { ChangeStore } from '../sync/changeStore.ts'
import { awaitsUpload, BLOB_TABLES, type Mention, mentionsOf } from './mentions.ts'

export interface BlobRecord {
  readonly id: string
  readonly scope: string
  readonly mentions: readonly Mention[]
  readonly awaitsUpload: boolean
  /** When it was deleted, ms since 1970 UTC; absent for a record that is there. */
  readonly deletedMs?: number
}

export interface BlobIndex {
  /** Ids of the records that name the blob, deleted ones included. */
  naming(sha256: string): Promise<readonly string[]>
  /** All records with bytes. */
  all(): Promise<readonly BlobRecord[]>
  close(): void
}

const PAGE = 500

/**
 * @param pause lets others have their turn, between one scope and the next: where reading waits for nothing, all of the
 *   log would be read in one go
 */
export function createBlobIndex(changes: ChangeStore, pause: () => Promise<void> = async () => undefined): BlobIndex {
  const records = new Map<string, BlobRecord>()
  const byName = new Map<string, Set<string>>()
  /** Scope → how far its log was read. */
  const cursors = new Map<string, number>()
  let stale: Set<string> | 'all' = 'all'
  let turn: Promise<void> = Promise.resolve()
  const unsubscribe = changes.subscribe((scope) => {
    if (stale !== 'all') stale.add(scope)
  })

  async function refresh(): Promise<void> {
    const scopes = stale === 'all' ? await changes.scopes() : stale
    stale = new Set()
    try {
      for (const scope of scopes) {
        await readLog(scope)
        await pause()
      }
    } catch (error) {
      stale = 'all'
      throw error
    }
  }

  async function readLog(scope: string): Promise<void> {
    // Before the log: what is committed up to here is in it.
    const head = await changes.head(scope)
    for (let more = true; more; ) {
      const page = await changes.changesSince(scope, cursors.get(scope) ?? 0, {
        limit: PAGE,
        tables: { only: BLOB_TABLES },
      })
      for (const { record } of page.changes) note(record)
      // Behind the last of these tables there may be thousands of others, which need not be looked at again.
      cursors.set(scope, page.more ? page.upTo : Math.max(page.upTo, head))
      more = page.more
    }
  }

  function note(record: CausalRecord): void {
    for (const { sha256 } of records.get(record.id)?.mentions ?? []) byName.get(sha256)?.delete(record.id)
    if (isEmptied(record)) {
      records.delete(record.id)
      return
    }
    const entry = blobRecord(record)
    records.set(record.id, entry)
    for (const { sha256 } of entry.mentions) {
      const ids = byName.get(sha256) ?? new Set()
      byName.set(sha256, ids.add(record.id))
    }
  }

  /** Refreshes take turns: two at once could put an older state over a newer one. */
  function current(): Promise<void> {
    const refreshed = turn.then(refresh)
    turn = refreshed.catch(() => undefined) // told to whoever asked; the next one tries again
    return refreshed
  }

  return {
    async naming(sha256) {
      await current()
      return [...(byName.get(sha256) ?? [])]
    },
    async all() {
      await current()
      return [...records.values()]
    },
    close: unsubscribe,
  }
}

function blobRecord(record: CausalRecord): BlobRecord {
  const { id, scope } = record
  const view = viewRecord(record)
  return {
    id,
    scope,
    mentions: mentionsOf(record),
    awaitsUpload: awaitsUpload(view.data.uploadState),
    ...(view.deleted && { deletedMs: stampMs(view.updated.stamp) }),
  }
}
