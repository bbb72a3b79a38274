/** Writes to a store and reads from it, for tests of stores. */
import { expect } from 'vitest'
import { encodeRecord } from '../../../model/merge/codec.ts'
import type { CausalRecord } from '../../../model/merge/record.ts'
import { viewRecord } from '../../../model/merge/view.ts'
import type { Change, ChangeQuery, ChangeStore, Write } from '../../../model/sync/changeStore.ts'

/** Writes over whatever is there, as a test that knows the whole history may. */
export async function write(changes: ChangeStore, ...writes: readonly Write[]): Promise<void> {
  await changes.update(
    writes.map(({ record }) => record.id),
    () => writes,
  )
}

/** The whole log, page by page, checked for order on the way. */
export async function readLog(
  changes: ChangeStore,
  scope: string,
  query: Partial<ChangeQuery> = {},
): Promise<Change[]> {
  const log: Change[] = []
  const { limit = 100 } = query
  for (let upTo = 0; ; ) {
    const page = await changes.changesSince(scope, upTo, { ...query, limit })
    expect(page.changes.length).toBeLessThanOrEqual(limit)
    for (const change of page.changes) {
      expect(change.seq).toBeGreaterThan(log.at(-1)?.seq ?? 0)
      log.push(change)
    }
    expect(page.upTo).toBeGreaterThanOrEqual(log.at(-1)?.seq ?? 0)
    if (!page.more) return log
    expect(page.upTo).toBeGreaterThan(upTo)
    upTo = page.upTo
  }
}

export async function titleOf(changes: ChangeStore, id: string): Promise<unknown> {
  const record = (await changes.records([id])).get(id)
  return record && viewRecord(record).data.title
}

export function idsOf(records: readonly CausalRecord[]): string[] {
  return records.map(({ id }) => id)
}

export function encoded(record: CausalRecord | undefined): string {
  return record ? JSON.stringify(encodeRecord(record)) : 'no record'
}
