/** Which blobs the records of a store name, read from its log: also from a backup, or beside a running install. */
import { BLOB_TABLES, mentionsOf } from '../../model/blobs/mentions.ts'
import { isEmptied } from '../../model/merge/record.ts'
import { viewRecord } from '../../model/merge/view.ts'
import type { ChangeStore } from '../../model/sync/changeStore.ts'

/** SHA-256 of a blob → id of a live record that names it. */
export type NamedBlobs = ReadonlyMap<string, string>

const PAGE = 500

/** @param scopes of which blobs are wanted; all if absent */
export async function namedBlobs(
  log: Pick<ChangeStore, 'scopes' | 'changesSince'>,
  scopes?: readonly string[],
): Promise<NamedBlobs> {
  const named = new Map<string, string>()
  for (const scope of scopes ?? (await log.scopes())) {
    for (let [seq, more] = [0, true]; more; ) {
      const page = await log.changesSince(scope, seq, { limit: PAGE, tables: { only: BLOB_TABLES } })
      for (const { record } of page.changes) {
        if (isEmptied(record) || viewRecord(record).deleted) continue
        for (const { sha256 } of mentionsOf(record)) named.set(sha256, record.id)
      }
      seq = page.upTo
      more = page.more
    }
  }
  return named
}
