import type { ChangeStore } from './changeStore.ts'
import type { LogReader } from './logReader.ts'
import { TIERS } from './priority.ts'

/**
 * The change log as a replica reads it that has few peers, and mostly holds what they have brought: the store leaves that out
 * before it fetches any record. Where many stand at one place of the log, what one of them reads serves the others (`logReader.ts`).
 */
export function directLogOf(changes: ChangeStore): LogReader {
  return {
    page(scope, seq, { limit, except, tier }) {
      const tables = tier === undefined ? undefined : TIERS[tier]?.tables
      return changes.changesSince(scope, seq, {
        limit,
        ...(except !== undefined && { except }),
        ...(tables && { tables }),
      })
    },
    forget: () => undefined,
  }
}
