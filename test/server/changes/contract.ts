/** What every store of records on a server promises, whatever database is below it. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CausalRecord } from '../../../model/merge/record.ts'
import type { ChangeStore, History, StateStore } from '../../../model/sync/changeStore.ts'
import { forgettingContract } from './contract/forgetting.ts'
import { historyContract } from './contract/history.ts'
import { logContract } from './contract/log.ts'
import { recordsContract } from './contract/records.ts'
import { stateContract } from './contract/state.ts'
import type { StoreUnderTest } from './contract/store.ts'
import { subscribeContract } from './contract/subscribe.ts'
import { updateContract } from './contract/update.ts'
import { weddingAtContract } from './contract/weddingAt.ts'
import { edit, timelineItem } from './people.ts'
import { titleOf, write } from './storeCalls.ts'

export interface OpenedStore {
  readonly changes: ChangeStore
  readonly state: StateStore
  readonly history: History
  close(): Promise<void>
  /** Closes the store and opens it again on the same data. Absent for a store that keeps nothing on disk. */
  readonly reopen?: () => Promise<OpenedStore>
}

/**
 * Runs the suite on one store. Every test has scopes of its own, so the store need not be empty.
 * @param open is called once, before the first test
 */
export function changeStoreContract(name: string, open: () => Promise<OpenedStore>): void {
  describe(name, () => {
    let store: OpenedStore
    beforeAll(async () => {
      store = await open()
    })
    afterAll(() => store?.close())

    const put = (...records: readonly CausalRecord[]) => write(store.changes, ...records.map((record) => ({ record })))
    const tested: StoreUnderTest = {
      get changes() {
        return store.changes
      },
      get state() {
        return store.state
      },
      get history() {
        return store.history
      },
      put,
    }

    recordsContract(tested)
    logContract(tested)
    updateContract(tested)
    subscribeContract(tested)
    stateContract(tested)
    historyContract(tested)
    weddingAtContract(tested)
    forgettingContract(tested)

    describe('reopening', () => {
      it('finds everything again, and goes on counting', async ({ skip }) => {
        const { reopen } = store
        if (!reopen) return skip('this store keeps nothing on disk')
        const item = timelineItem(randomUUID())
        await put(item)
        await put(edit(item, { title: 'Vows' }))
        const key = `test:${randomUUID()}`
        await store.state.set(key, { kept: true })
        const { epoch } = store.changes
        const head = await store.changes.head(item.scope)
        expect(epoch).toMatch(/^[\w-]{11}$/)

        store = await reopen()
        expect(store.changes.epoch).toBe(epoch)
        expect(await store.changes.head(item.scope)).toBe(head)
        expect(await titleOf(store.changes, item.id)).toBe('Vows')
        expect(await store.state.get(key)).toEqual({ kept: true })
        expect(await store.history.superseded(item.id)).toHaveLength(1)
        await put(timelineItem(item.scope))
        expect(await store.changes.head(item.scope)).toBeGreaterThan(head)
      })
    })
  })
}
