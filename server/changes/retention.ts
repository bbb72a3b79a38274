import type { Retention } from '../../model/sync/changeStore.ts'

/** Days after `wedsync-api.md` §2.4: conflict log 90, completed queue rows 30. That of the audit is its own. */
export const RETENTION: Retention = {
  historyDays: 90,
  stateDays: { 'batch/': 30, 'quarantine/': 90 },
}
