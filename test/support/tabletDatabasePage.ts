/** Runs in a real browser: the database of a tablet, as the first version wrote it and as this one opens it. */
import { createRxDatabase, type RxCollection, type RxJsonSchema } from 'rxdb'
import { getRxStorageDexie } from 'rxdb/plugins/storage-dexie'
import { RECORDS, type RecordDocument, sequencedRecordSchema } from '../../model/database/recordSchema.ts'
import { openSequencedStore } from '../../model/database/sequencedStore.ts'
import { createRecord } from '../../model/merge/edit.ts'
import { emptied } from '../../model/merge/record.ts'
import { viewRecord } from '../../model/merge/view.ts'
import { type StateDocument, stateSchema, stateStore } from '../../renderer/src/replica/stateCollection.ts'
import { openTabletDatabase, TABLET_DATABASE } from '../../renderer/src/replica/tabletDatabase.ts'

const FIRST_VERSION: RxJsonSchema<RecordDocument> = {
  ...sequencedRecordSchema,
  version: 0,
  indexes: [['scope', 'table'], ['scope', 'seq'], ['seq']],
}

/** What a tablet holds, as one that syncs sees it. */
async function holdings(records: RxCollection<RecordDocument>, scopes: readonly string[]) {
  const store = await openSequencedStore(records, 'tablet-epo1')
  return Promise.all(
    scopes.map(async (scope) => {
      const { changes } = await store.changesSince(scope, 0, { limit: 1_000 })
      return {
        log: changes.map(({ seq, from, record }) => [seq, from, viewRecord(record).data.title]),
        head: await store.head(scope),
        counted: await store.countSince(scope, 0),
        behindFirst: await store.countSince(scope, changes[0]?.seq ?? 0),
      }
    }),
  )
}

export const tabletDatabasePage = {
  /** Writes so many records of each scope by turns, and a note of its own. */
  async writeFirstVersion(scopes: readonly string[], count: number) {
    const database = await createRxDatabase<{
      [RECORDS]: RxCollection<RecordDocument>
      state: RxCollection<StateDocument>
    }>({ name: TABLET_DATABASE, storage: getRxStorageDexie(), multiInstance: false })
    await database.addCollections({ [RECORDS]: { schema: FIRST_VERSION }, state: { schema: stateSchema } })
    const store = await openSequencedStore(database[RECORDS], 'tablet-epo1')
    for (let n = 0; n < count; n++) {
      const author = { actor: 'tablet-act1', stamp: '0mj8k2p1x000' }
      const records = scopes.map((scope) =>
        createRecord({ id: crypto.randomUUID(), scope, table: 'tasks', data: { title: `Task ${n}` } }, author),
      )
      const from = n % 2 === 0 ? { from: 'hub-epoch-1' } : {}
      await store.update([], () => records.map((record) => ({ record, ...from })))
    }
    await stateStore(database.state).set('membership', { team: 'Lake' })
    const held = await holdings(database[RECORDS], scopes)
    await database.close()
    return held
  },

  async openThisVersion(scopes: readonly string[]) {
    const { records, state, close } = await openTabletDatabase()
    const held = await holdings(records, scopes)
    const membership = await stateStore(state).get('membership')
    await close()
    return { held, membership }
  },

  /** Takes the last change of each scope out again, closes, and opens what is left. */
  async takeOutLast(scopes: readonly string[]) {
    const { records, close } = await openTabletDatabase()
    const store = await openSequencedStore(records, 'tablet-epo1')
    for (const scope of scopes) {
      const { changes } = await store.changesSince(scope, 0, { limit: 1_000 })
      const last = changes.at(-1)?.record
      if (last) await store.update([last.id], () => [{ record: emptied(last), from: 'hub-epoch-1' }])
    }
    const heads = await Promise.all(scopes.map(store.head))
    await close()
    const again = await openTabletDatabase()
    const reopened = await openSequencedStore(again.records, 'tablet-epo1')
    const held = await Promise.all(
      scopes.map(async (scope) => ({
        head: await reopened.head(scope),
        counted: await reopened.countSince(scope, 0),
        records: (await reopened.inScope(scope)).length,
      })),
    )
    await again.close()
    return { heads, held }
  },
}
