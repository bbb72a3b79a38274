/** Scores and judgements over measured figures (`wedsync-api.md` §1.3, §1.7). Pure. */
import type { Performance } from './deviceStatus.ts'
import type { NetworkQuality, UserConflicts, UserHealth, UserPerformance, UserQueue } from './userStatus.ts'

const DAY_MS = 86_400_000

/** What was measured of the sessions of a device or a person. Averages are null where there was none. */
export interface Measured {
  readonly sessions: number
  readonly failedSessions: number
  readonly conflicts: number
  readonly failures: number
  readonly averageProcessingMs: number | null
  readonly maxProcessingMs: number | null
  readonly averageBatchSize: number | null
  /** Items a second. */
  readonly averageThroughput: number | null
}

export function devicePerformance(measured: Measured): Performance {
  const sessions = Math.max(measured.sessions, 1)
  const successRate = clamp(1 - measured.failedSessions / sessions)
  const conflictRate = clamp(measured.conflicts / sessions)
  return {
    healthScore: Math.round(80 * successRate + 20 * (1 - conflictRate)),
    averageProcessingTime: measured.averageProcessingMs,
    maxProcessingTime: measured.maxProcessingMs,
    averageItemsPerBatch: measured.averageBatchSize,
    totalSyncSessions: measured.sessions,
    totalConflicts: measured.conflicts,
    totalFailures: measured.failures,
    averageThroughput: measured.averageThroughput,
    successRate: Math.round(100 * successRate),
    conflictRate: Math.round(100 * conflictRate),
  }
}

/** @param last24HoursSyncs whatever the window of the other figures is */
export function userPerformance(measured: Measured, last24HoursSyncs: number): UserPerformance {
  const { sessions, failedSessions, averageProcessingMs, averageThroughput } = measured
  const errorRate = sessions === 0 ? 0 : (100 * failedSessions) / sessions
  return {
    averageSyncTime: averageProcessingMs ?? 0,
    throughputPerSecond: averageThroughput ?? 0,
    successRate: 100 - errorRate,
    errorRate,
    last24HoursSyncs,
    networkQuality: networkQualityOf(averageProcessingMs, averageThroughput),
  }
}

export function networkQualityOf(averageMs: number | null, itemsPerSecond: number | null): NetworkQuality {
  if (averageMs === null || itemsPerSecond === null) return 'unknown'
  if (averageMs < 500 && itemsPerSecond > 10) return 'excellent'
  if (averageMs < 1_000 && itemsPerSecond > 5) return 'good'
  return averageMs < 2_000 && itemsPerSecond > 2 ? 'fair' : 'poor'
}

export interface HealthFigures {
  readonly queue: Pick<UserQueue, 'failedItems' | 'pendingItems' | 'oldestPendingItem'>
  readonly conflicts: Pick<UserConflicts, 'active' | 'awaitingManualResolution'>
  readonly performance: Pick<UserPerformance, 'averageSyncTime' | 'errorRate'>
}

export function userHealth(figures: HealthFigures, nowMs: number): UserHealth {
  return {
    status: statusOf(figures),
    recommendations: [...recommendationsFor(figures)],
    alerts: [...alertsFor(figures, nowMs)],
  }
}

function statusOf({ queue, conflicts, performance }: HealthFigures): UserHealth['status'] {
  const { averageSyncTime, errorRate } = performance
  if (queue.failedItems > 10 || conflicts.awaitingManualResolution > 5) return 'critical'
  if (queue.pendingItems > 50 || errorRate > 10 || conflicts.active > 2) return 'warning'
  return averageSyncTime > 2_000 || errorRate > 5 ? 'degraded' : 'healthy'
}

function recommendationsFor({ queue, conflicts, performance }: HealthFigures): readonly string[] {
  const found = [
    queue.failedItems > 5 && 'Several changes failed: look at them in the queue, and retry or remove them',
    queue.pendingItems > 25 && 'Many changes wait to be sent: connect this device to its hub or to the internet',
    conflicts.awaitingManualResolution > 3 && 'Several conflicts wait for a decision: settle them before the day',
    performance.averageSyncTime > 1_500 && 'Syncing is slow: check the network, or send smaller batches',
    performance.errorRate > 8 && 'Many syncs fail: check the connection and the log of the server',
  ].filter((each) => each !== false)
  return found.length > 0 ? found : ['All is normal']
}

function* alertsFor(
  { queue, conflicts, performance }: HealthFigures,
  nowMs: number,
): Generator<UserHealth['alerts'][0]> {
  const { failedItems, oldestPendingItem } = queue
  if (failedItems > 15) {
    yield { type: 'sync_failures', message: `${failedItems} changes failed for good`, severity: 'high' }
  }
  const manual = conflicts.awaitingManualResolution
  if (manual > 5) {
    yield { type: 'manual_conflicts', message: `${manual} conflicts wait for a person`, severity: 'medium' }
  }
  if (performance.errorRate > 15) {
    const message = `${Math.round(performance.errorRate)} % of the syncs failed`
    yield { type: 'error_rate', message, severity: 'high' }
  }
  if (oldestPendingItem !== null && nowMs - Date.parse(oldestPendingItem) > DAY_MS) {
    yield { type: 'stale_queue', message: 'A change has waited for more than a day', severity: 'medium' }
  }
}

function clamp(share: number): number {
  return Math.max(0, Math.min(1, share))
}
