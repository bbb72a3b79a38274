/** What RxDB itself does on the storage: two databases on one file, and migrations. Its dev-mode checks the calls. */
import {
  addRxPlugin,
  createRxDatabase,
  type RxCollection,
  type RxDatabase,
  type RxJsonSchema,
  type RxStorage,
} from 'rxdb'
import { RxDBAttachmentsPlugin } from 'rxdb/plugins/attachments'
import { disableWarnings, RxDBDevModePlugin } from 'rxdb/plugins/dev-mode'
import { RxDBMigrationSchemaPlugin } from 'rxdb/plugins/migration-schema'
import { wrappedValidateAjvStorage } from 'rxdb/plugins/validate-ajv'
import { afterEach, describe, expect, it } from 'vitest'
import { checkIntegrity, type Database } from '../../../server/storage/open.ts'
import { getRxStorageSqlite } from '../../../server/storage/rxStorage.ts'
import { newDatabase, open, randomKey, temporaryFile } from './helpers.ts'

disableWarnings()
addRxPlugin(RxDBDevModePlugin)
addRxPlugin(RxDBMigrationSchemaPlugin)
addRxPlugin(RxDBAttachmentsPlugin)

type Guest = { id: string; name: string; seats: number }
/** In the next version of the schema. */
type SeatedGuest = { id: string; name: string; table: string }

const version0: RxJsonSchema<Guest> = {
  version: 0,
  primaryKey: 'id',
  type: 'object',
  properties: {
    id: { type: 'string', maxLength: 40 },
    name: { type: 'string', maxLength: 40 },
    seats: { type: 'integer', minimum: 0, maximum: 20, multipleOf: 1 },
  },
  required: ['id', 'name', 'seats'],
  indexes: ['name', ['seats', 'name']],
  attachments: {},
}

const version1: RxJsonSchema<SeatedGuest> = {
  version: 1,
  primaryKey: 'id',
  type: 'object',
  properties: {
    id: { type: 'string', maxLength: 40 },
    name: { type: 'string', maxLength: 40 },
    table: { type: 'string', maxLength: 10 },
  },
  required: ['id', 'name', 'table'],
  indexes: ['table'],
  attachments: {},
}

const opened: RxDatabase[] = []
afterEach(async () => {
  for (const database of opened.splice(0)) await database.close()
})

async function rxDatabase(database: Database, name = 'wedding'): Promise<RxDatabase> {
  const storage: RxStorage<unknown, unknown> = wrappedValidateAjvStorage({ storage: getRxStorageSqlite({ database }) })
  const made = await createRxDatabase({ name, storage, multiInstance: true, ignoreDuplicate: true })
  opened.push(made)
  return made
}

async function guestsIn(database: RxDatabase): Promise<RxCollection<Guest>> {
  return (await database.addCollections({ guests: { schema: version0 } })).guests
}

async function seatedGuestsIn(database: RxDatabase): Promise<RxCollection<SeatedGuest>> {
  const migrationStrategies = {
    1: ({ seats, ...guest }: Guest) => (guest.name === 'nobody' ? null : { ...guest, table: `table ${seats}` }),
  }
  return (await database.addCollections({ guests: { schema: version1, migrationStrategies } })).guests
}

const guest = (id: string, seats = 1): Guest => ({ id, name: `Guest ${id}`, seats })

describe('two RxDB databases of one name in one process', () => {
  const connections = {
    'on one connection': () => {
      const database = newDatabase()
      return [database, database] as const
    },
    'on two connections to one file': () => {
      const [file, key] = [temporaryFile(), randomKey()]
      return [open(file, key), open(file, key)] as const
    },
  }

  it.each(Object.entries(connections))(
    '%s: live queries of each follow writes of the other',
    async (_name, connect) => {
      const [here, there] = connect()
      const mine = await guestsIn(await rxDatabase(here))
      const theirs = await guestsIn(await rxDatabase(there))
      const seen: string[] = []
      const query = theirs.find({ selector: { seats: { $gt: 2 } }, sort: [{ seats: 'asc' }] })
      const subscription = query.$.subscribe((found) => seen.push(found.map(({ id }) => id).join()))
      await query.exec()
      await mine.bulkInsert([guest('ana', 3), guest('ben', 1)])
      await theirs.insert(guest('cleo', 5))
      const ben = await mine.findOne('ben').exec()
      await ben?.incrementalPatch({ seats: 4 })
      await expect.poll(() => seen.at(-1)).toBe('ana,ben,cleo')
      expect((await mine.find().exec()).map(({ id }) => id).sort()).toEqual(['ana', 'ben', 'cleo'])
      subscription.unsubscribe()
    },
  )

  it('concurrent changes of one document through both are applied one after the other', async () => {
    const [file, key] = [temporaryFile(), randomKey()]
    const collections = [
      await guestsIn(await rxDatabase(open(file, key))),
      await guestsIn(await rxDatabase(open(file, key))),
    ]
    await collections[0]?.insert(guest('ana', 0))
    const documents = await Promise.all(collections.map((collection) => collection.findOne('ana').exec(true)))
    const increments = Array.from({ length: 20 }, (_, index) =>
      documents[index % 2]?.incrementalModify((data) => ({ ...data, seats: data.seats + 1 })),
    )
    await Promise.all(increments)
    expect(documents.map((document) => document.getLatest().seats)).toEqual([20, 20])
  })
})

describe('a migration to another version of the schema', () => {
  it('takes documents, deletions and attachments along, and leaves nothing behind', async () => {
    const [file, key] = [temporaryFile(), randomKey()]
    const before = open(file, key)
    const first = await guestsIn(await rxDatabase(before))
    await first.bulkInsert(Array.from({ length: 250 }, (_, index) => guest(`${index}`, index % 10)))
    await first.insert({ id: 'x', name: 'nobody', seats: 0 })
    const photo = new Blob(['cake'], { type: 'text/plain' })
    await (await first.findOne('7').exec(true)).putAttachment({ id: 'photo', data: photo, type: 'text/plain' })
    await (await first.findOne('8').exec(true)).remove()
    for (const database of opened.splice(0)) await database.close()
    before.close()

    const database = open(file, key)
    const migrated = await seatedGuestsIn(await rxDatabase(database))
    expect(await migrated.count().exec()).toBe(249)
    expect(await migrated.findOne('x').exec()).toBeNull()
    expect(await migrated.findOne('8').exec()).toBeNull()
    const seven = await migrated.findOne('7').exec(true)
    expect(seven.toJSON()).toEqual({ id: '7', name: 'Guest 7', table: 'table 7' })
    expect(await seven.getAttachment('photo')?.getStringData()).toBe('cake')
    const atTable = await migrated.find({ selector: { table: 'table 3' } }).exec()
    expect(atTable).toHaveLength(25)

    const tables = database.prepare<[], string>("SELECT name FROM sqlite_master WHERE type = 'table'").pluck().all()
    expect(tables.filter((name) => name.includes('guests_v0'))).toEqual([])
    expect(checkIntegrity(database)).toEqual([])
  })
})

describe('removing', () => {
  it('a database removes its collections and no others on the file', async () => {
    const database = newDatabase()
    const [one, other] = [await rxDatabase(database, 'one'), await rxDatabase(database, 'other')]
    await (await guestsIn(one)).insert(guest('ana'))
    await (await guestsIn(other)).insert(guest('ben'))
    await one.remove()
    expect(await other.collections.guests?.count().exec()).toBe(1)
    const again = await guestsIn(await rxDatabase(database, 'one'))
    expect(await again.count().exec()).toBe(0)
  })
})

describe('many documents (STORAGE_DOCUMENTS=100000 for the long form)', () => {
  it('are stored, counted and found by index', async () => {
    const storage = getRxStorageSqlite({ database: newDatabase() })
    const database = await createRxDatabase({
      name: 'large',
      storage: wrappedValidateAjvStorage({ storage }),
      multiInstance: false,
    })
    opened.push(database)
    const guests = await guestsIn(database)
    const total = Number(process.env.STORAGE_DOCUMENTS ?? 20_000)
    for (let from = 0; from < total; from += 5_000) {
      await guests.bulkInsert(Array.from({ length: 5_000 }, (_, index) => guest(`g${from + index}`, index % 20)))
    }
    expect(await guests.count().exec()).toBe(total)
    expect(await guests.count({ selector: { seats: 7 } }).exec()).toBe(total / 20)
    const page = await guests
      .find({ selector: { seats: 7 }, sort: [{ seats: 'asc' }, { name: 'asc' }], skip: 100, limit: 3 })
      .exec()
    expect(page).toHaveLength(3)
    expect(page.every(({ seats }) => seats === 7)).toBe(true)
  }, 120_000)
})
