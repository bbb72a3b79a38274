/** What is forgotten after its time, and what is not. */
import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { recordVersion } from '../../../../model/merge/record.ts'
import { edit, timelineItem } from '../people.ts'
import { encoded } from '../storeCalls.ts'
import type { StoreUnderTest } from './store.ts'

export function forgettingContract(store: StoreUnderTest): void {
  const { put } = store

  describe('forgetting', () => {
    const DAY_MS = 86_400_000
    const retention = { historyDays: 90, stateDays: { 'test-batch/': 30 } }

    it('takes old values, versions and facts, and nothing that is younger or still true', async () => {
      const scope = randomUUID()
      const first = timelineItem(scope)
      let last = first
      await put(first)
      for (const title of ['Vows', 'Rings', 'Kiss']) {
        last = edit(last, { title })
        await put(last)
      }
      const [stale, other] = [`test-batch/${randomUUID()}`, `test-kept/${randomUUID()}`]
      await store.state.set(stale, 1)
      await store.state.set(other, 1)

      await store.history.forget(retention, Date.now() + 29 * DAY_MS)
      expect(await store.state.get(stale)).toBe(1)
      expect(await store.history.superseded(first.id)).toHaveLength(3)
      await store.history.forget(retention, Date.now() + 31 * DAY_MS)
      expect(await store.state.get(stale)).toBeUndefined()
      expect(await store.state.get(other)).toBe(1)
      expect(await store.history.superseded(first.id)).toHaveLength(3)

      const muchLater = Date.now() + 91 * DAY_MS
      await store.history.forget(retention, muchLater)
      expect(await store.history.superseded(first.id)).toEqual([])
      expect(await store.history.vectorsAt(first.id, { version: recordVersion(first) })).toBeUndefined()
      expect(await store.history.vectorsAt(first.id, { version: recordVersion(last) })).toBeDefined()
      const then = await store.history.weddingAt(scope, muchLater)
      expect(then.ok && then.value.map(encoded)).toEqual([encoded(last)])
      const tooEarly = await store.history.weddingAt(scope, Date.now())
      expect(tooEarly.ok || tooEarly.error.sinceMs).toBe(Math.floor(muchLater - 90 * DAY_MS))
    })
  })
}
