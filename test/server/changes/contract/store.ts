import type { CausalRecord } from '../../../../model/merge/record.ts'
import type { ChangeStore, History, StateStore } from '../../../../model/sync/changeStore.ts'

/** The store that the contract is run on. It is open when a test runs, and not yet when the tests are named. */
export interface StoreUnderTest {
  readonly changes: ChangeStore
  readonly state: StateStore
  readonly history: History
  put(...records: readonly CausalRecord[]): Promise<void>
}
