/** The database of a tablet, in its browser's IndexedDB. */
import { addRxPlugin, createRxDatabase, type RxCollection } from 'rxdb'
import { RxDBMigrationSchemaPlugin } from 'rxdb/plugins/migration-schema'
import { getRxStorageDexie } from 'rxdb/plugins/storage-dexie'
import {
  RECORDS,
  type RecordDocument,
  sequencedRecordMigrations,
  sequencedRecordSchema,
} from '../../../model/database/recordSchema.ts'
import { type StateDocument, stateSchema } from './stateCollection.ts'

export const TABLET_DATABASE = 'wedsync-tablet'

export interface TabletDatabase {
  readonly records: RxCollection<RecordDocument>
  readonly state: RxCollection<StateDocument>
  close(): Promise<unknown>
}

/** Opens it, or makes it; what an earlier version has written is taken over. Only one tab may have it open. */
export async function openTabletDatabase(): Promise<TabletDatabase> {
  addRxPlugin(RxDBMigrationSchemaPlugin)
  const database = await createRxDatabase<{
    [RECORDS]: RxCollection<RecordDocument>
    state: RxCollection<StateDocument>
  }>({ name: TABLET_DATABASE, storage: getRxStorageDexie(), multiInstance: false })
  await database.addCollections({
    [RECORDS]: { schema: sequencedRecordSchema, migrationStrategies: sequencedRecordMigrations },
    state: { schema: stateSchema },
  })
  return { records: database[RECORDS], state: database.state, close: () => database.close() }
}
