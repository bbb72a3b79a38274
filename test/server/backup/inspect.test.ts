import { randomUUID } from 'node:crypto'
import { afterAll, describe, expect, it } from 'vitest'
import { type Inspection, inspect } from '../../../server/backup/inspect.ts'
import { recordTableOf } from '../../../server/changes/sqliteLog.ts'
import type { Database } from '../../../server/storage/open.ts'
import { addGuests, temporary, withStore } from './support.ts'

const folders = temporary('inspect')
afterAll(() => folders.cleanUp())

const scope = randomUUID()

/** Looks through a store of three guests after somebody did something to its tables. */
function inspected(spoil: (database: Database, table: string) => void): Promise<Inspection> {
  return withStore(folders.make(), async ({ store }) => {
    await addGuests(store, scope, ['Dana', 'Eli', 'Fay'])
    const table = recordTableOf(store.database)
    if (table === undefined) throw new Error('there is no table of records')
    spoil(store.database, table)
    return inspect(store.database)
  })
}

describe('looking a database through', () => {
  it('finds nothing wrong with a sound one, and says what it holds', async () => {
    const { findings, scopes } = await inspected(() => undefined)
    expect(findings).toEqual([])
    expect(scopes).toMatchObject([{ scope, records: 3, digest: expect.stringMatching(/^[\w+/=-]{16,}$/) }])
  })

  it.each<[what: string, check: string, spoil: (database: Database, table: string) => void]>([
    [
      'a record that is not one',
      'record',
      (db, t) => db.exec(`UPDATE ${t} SET data = json_set(data, '$.units', '{}')`),
    ],
    ['a version that is missing', 'history', (db) => db.exec('DELETE FROM versions WHERE seq = 2')],
    ['a version that is another', 'history', (db) => db.exec(`UPDATE versions SET vectors = '[]' WHERE seq = 2`)],
    ['a version of the program that it does not know', 'version', (db) => db.pragma('user_version = 77')],
  ])('names %s', async (_, check, spoil) => {
    const { findings } = await inspected(spoil)
    expect(findings[0]?.check).toBe(check)
    expect(findings[0]?.what).not.toBe('')
  })
})
