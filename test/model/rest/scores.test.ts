import { describe, expect, it } from 'vitest'
import {
  devicePerformance,
  type HealthFigures,
  type Measured,
  networkQualityOf,
  userHealth,
  userPerformance,
} from '../../../model/rest/scores.ts'

const NOTHING: Measured = {
  sessions: 0,
  failedSessions: 0,
  conflicts: 0,
  failures: 0,
  averageProcessingMs: null,
  maxProcessingMs: null,
  averageBatchSize: null,
  averageThroughput: null,
}

describe('the score of a device', () => {
  it.each([
    [{}, 100, 100, 0],
    [{ sessions: 10 }, 100, 100, 0],
    [{ sessions: 10, failedSessions: 5 }, 60, 50, 0],
    [{ sessions: 10, failedSessions: 10 }, 20, 0, 0],
    [{ sessions: 10, conflicts: 5 }, 90, 100, 50],
    [{ sessions: 10, conflicts: 50 }, 80, 100, 100],
    [{ sessions: 1, failedSessions: 1, conflicts: 9 }, 0, 0, 100],
    [{ sessions: 3, failedSessions: 1 }, 73, 67, 0],
  ])('of %j is %i', (figures, healthScore, successRate, conflictRate) => {
    expect(devicePerformance({ ...NOTHING, ...figures })).toMatchObject({ healthScore, successRate, conflictRate })
  })
})

describe('the quality of the network', () => {
  it.each([
    [499, 10.1, 'excellent'],
    [500, 10.1, 'good'],
    [499, 10, 'good'],
    [999, 5.1, 'good'],
    [1_000, 5.1, 'fair'],
    [1_999, 2.1, 'fair'],
    [2_000, 2.1, 'poor'],
    [100, 2, 'poor'],
    [null, 10, 'unknown'],
    [10, null, 'unknown'],
  ])('of %j ms and %j a second is %s', (ms, throughput, expected) => {
    expect(networkQualityOf(ms, throughput)).toBe(expected)
  })
})

it('without a sync everything went well', () => {
  expect(userPerformance(NOTHING, 0)).toMatchObject({ successRate: 100, errorRate: 0, averageSyncTime: 0 })
})

describe('the health of a person', () => {
  const NOW = Date.parse('2026-09-12T12:00:00Z')
  const figures = ({
    failed = 0,
    pending = 0,
    manual = 0,
    active = 0,
    ms = 0,
    errors = 0,
    oldest = null as string | null,
  } = {}): HealthFigures => ({
    queue: { failedItems: failed, pendingItems: pending, oldestPendingItem: oldest },
    conflicts: { active, awaitingManualResolution: manual },
    performance: { averageSyncTime: ms, errorRate: errors },
  })

  it.each([
    [{}, 'healthy'],
    [{ failed: 10, manual: 5, pending: 50, errors: 5, active: 2, ms: 2_000 }, 'healthy'],
    [{ failed: 11 }, 'critical'],
    [{ manual: 6 }, 'critical'],
    [{ failed: 11, ms: 9_999 }, 'critical'],
    [{ pending: 51 }, 'warning'],
    [{ errors: 10.1 }, 'warning'],
    [{ active: 3 }, 'warning'],
    [{ ms: 2_001 }, 'degraded'],
    [{ errors: 5.1 }, 'degraded'],
  ])('with %j is %s', (given, status) => {
    expect(userHealth(figures(given), NOW).status).toBe(status)
  })

  it.each([
    [{ failed: 5, pending: 25, manual: 3, ms: 1_500, errors: 8 }, 1],
    [{ failed: 6 }, 1],
    [{ failed: 6, pending: 26, manual: 4, ms: 1_501, errors: 8.1 }, 5],
  ])('with %j has %i recommendations', (given, count) => {
    const { recommendations } = userHealth(figures(given), NOW)
    expect(recommendations).toHaveLength(count)
  })

  it('says that all is normal when nothing is amiss', () => {
    expect(userHealth(figures(), NOW).recommendations).toEqual(['All is normal'])
  })

  it.each([
    [{ failed: 15, manual: 5, errors: 15, oldest: '2026-09-11T12:00:00Z' }, []],
    [{ failed: 16 }, [['sync_failures', 'high']]],
    [{ manual: 6 }, [['manual_conflicts', 'medium']]],
    [{ errors: 15.1 }, [['error_rate', 'high']]],
    [{ oldest: '2026-09-11T11:59:59Z' }, [['stale_queue', 'medium']]],
  ])('with %j raises %j', (given, alerts) => {
    expect(userHealth(figures(given), NOW).alerts.map(({ type, severity }) => [type, severity])).toEqual(alerts)
  })
})
