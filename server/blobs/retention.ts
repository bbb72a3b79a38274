/** Which blobs are still spoken of, and for how long one that is not stays. */

import type { BlobIndex } from '../../model/blobs/blobIndex.ts'
import { mentionIn } from '../../model/blobs/mentions.ts'
import { stampMs } from '../../model/merge/clock.ts'
import type { History } from '../../model/sync/changeStore.ts'

const DAY_MS = 86_400_000

/**
 * A blob that was replaced, or whose record was deleted, can be brought back from history for this long: as long as the
 * log of conflicts is kept (`wedsync-api.md` §2.4).
 */
export const KEEP_REPLACED_MS = 90 * DAY_MS

/** Bytes may come before their record, by so much as a device works without a hub (invariant 10). */
export const KEEP_UNNAMED_MS = 7 * DAY_MS

/** Hashes that a record names or named not long ago. */
export async function spokenOf(index: BlobIndex, history: History, nowMs: number): Promise<ReadonlySet<string>> {
  const since = nowMs - KEEP_REPLACED_MS
  const names = new Set<string>()
  for (const { id, mentions, deletedMs } of await index.all()) {
    if (deletedMs !== undefined && deletedMs < since) continue
    for (const { sha256 } of mentions) names.add(sha256)
    for (const { register, value, replacedBy, stamp } of await history.superseded(id)) {
      const mention = mentionIn(register, value)
      if (mention && stampMs((replacedBy ?? { stamp }).stamp) >= since) names.add(mention.sha256)
    }
  }
  return names
}
