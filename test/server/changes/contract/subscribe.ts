/** Whoever subscribes is told of commits, and of nothing else. */
import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { guest, timelineItem } from '../people.ts'
import { idsOf } from '../storeCalls.ts'
import type { StoreUnderTest } from './store.ts'

export function subscribeContract(store: StoreUnderTest): void {
  const { put } = store

  describe('subscribe', () => {
    it('calls after the commit, with each scope that changed', async () => {
      const [one, two] = [randomUUID(), randomUUID()]
      const told: string[] = []
      const unsubscribe = store.changes.subscribe((scope) => told.push(scope))
      await put(timelineItem(one), timelineItem(two), guest(one))
      await expect.poll(() => [...new Set(told)].sort()).toEqual([one, two].sort())
      unsubscribe()
    })

    it('can read what it was called for', async () => {
      const item = timelineItem(randomUUID())
      const { promise: found, resolve } = Promise.withResolvers<readonly string[]>()
      const unsubscribe = store.changes.subscribe((scope) => {
        resolve(store.changes.inScope(scope).then(idsOf))
      })
      await put(item)
      expect(await found).toEqual([item.id])
      unsubscribe()
    })

    it('is not called for a change that failed, nor after it was ended', async () => {
      const scope = randomUUID()
      const [told, toldOther]: [string[], string[]] = [[], []]
      const unsubscribe = store.changes.subscribe((changed) => told.push(changed))
      const unsubscribeOther = store.changes.subscribe((changed) => toldOther.push(changed))
      const failing = store.changes.update([], () => {
        throw new Error('refused')
      })
      await expect(failing).rejects.toThrow('refused')
      unsubscribe()
      await put(timelineItem(scope))
      await expect.poll(() => toldOther).toEqual([scope])
      expect(told).toEqual([])
      unsubscribeOther()
    })
  })
}
