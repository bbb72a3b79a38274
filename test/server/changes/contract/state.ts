/** Facts beside the records, by key. */
import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { StoreUnderTest } from './store.ts'

export function stateContract(store: StoreUnderTest): void {
  describe('state', () => {
    it('keeps JSON values by key', async () => {
      const key = `test:${randomUUID()}`
      expect(await store.state.get(key)).toBeUndefined()
      for (const value of [{ seq: 3, scopes: ['a'] }, 'text \u0000', 0, false, null, []]) {
        await store.state.set(key, value)
        expect(await store.state.get(key)).toEqual(value)
      }
    })

    it('lists what begins with a prefix, taken literally', async () => {
      const prefix = `test:${randomUUID()}:50%_\\*:`
      await store.state.set(`${prefix}b`, 2)
      await store.state.set(`${prefix}a`, 1)
      await store.state.set(prefix.replace('%', 'x'), 3)
      expect([...(await store.state.list(prefix))].sort()).toEqual([
        [`${prefix}a`, 1],
        [`${prefix}b`, 2],
      ])
      expect(await store.state.list(`${prefix}c`)).toEqual(new Map())
    })
  })
}
