/** What an onlooker finds who can read every file of the folder and the temporary files of the process. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Database, rekey } from '../../../server/storage/open.ts'
import { guest, guestStorage, insert, open, prepared, randomKey, temporaryFile } from './helpers.ts'

const SECRET = 'bride-is-allergic-to-nuts'
const WORDS = [SECRET, 'allergic', 'CREATE TABLE', 'rx_collections', 'guests', 'SQLite format']

/** All files of the folder as they are now, with their names. */
function filesOf(file: string): Map<string, Buffer> {
  const folder = dirname(file)
  return new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]))
}

/** Files that this process has open and that have no name any more: what SQLite does with temporary files on Linux. */
function deletedFiles(): string[] {
  if (!existsSync('/proc/self/fd')) return []
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${descriptor}`)
      return target.endsWith(' (deleted)') && target.startsWith(tmpdir()) ? [target] : []
    } catch {
      return [] // closed since
    }
  })
}

function expectNothingReadable(file: string): string[] {
  const files = filesOf(file)
  for (const [name, bytes] of files) {
    for (const word of WORDS) {
      for (const encoding of ['utf8', 'utf16le'] as const) {
        expect([name, word, bytes.includes(Buffer.from(word, encoding))]).toEqual([name, word, false])
      }
    }
  }
  return [...files.keys()].sort()
}

/** More than the cache holds, so that whatever SQLite writes somewhere while it works is written. */
async function fill(database: Database): Promise<void> {
  const storage = await guestStorage({ database })
  const document = (index: number) => guest(`${SECRET}-${index}`.slice(0, 60), { name: 'allergic', table: index % 100 })
  for (let batch = 0; batch < 5; batch += 1) {
    await insert(storage, ...Array.from({ length: 2_000 }, (_, index) => document(batch * 2_000 + index)))
  }
  expect((await storage.query(prepared({ selector: {}, sort: [{ name: 'desc' }] }))).documents).toHaveLength(10_000)
}

describe('nothing can be read', () => {
  it('in the database, its log and its index of the log, nor in temporary files', async () => {
    const file = temporaryFile()
    const database = open(file, randomKey())
    await fill(database)
    expect(expectNothingReadable(file)).toEqual(['hub.db', 'hub.db-shm', 'hub.db-wal'])
    database.pragma('wal_checkpoint(TRUNCATE)')
    expectNothingReadable(file)
    // A sort and a table that SQLite would put into temporary files if it were not told to keep them in memory.
    database.exec('CREATE TEMP TABLE copied AS SELECT data FROM rx1_guests_v0 ORDER BY data DESC')
    database.prepare('SELECT data FROM rx1_guests_v0 ORDER BY data DESC').all()
    expect(deletedFiles()).toEqual([])
  })

  it('in the rollback journal of a large transaction without a log', async () => {
    const file = temporaryFile()
    const database = open(file, randomKey())
    await fill(database)
    database.pragma('journal_mode = DELETE')
    database.pragma('cache_size = 20')
    database.exec('BEGIN')
    database.prepare("UPDATE rx1_guests_v0 SET data = replace(data, 'a', 'b')").run()
    expect(expectNothingReadable(file)).toEqual(['hub.db', 'hub.db-journal'])
    database.exec('ROLLBACK')
  })

  it('after a change of key and a VACUUM', async () => {
    const file = temporaryFile()
    const database = open(file, randomKey())
    await fill(database)
    expect(rekey(database, randomKey())).toMatchObject({ ok: true })
    expectNothingReadable(file)
    database.exec('VACUUM')
    database.close()
    expect(expectNothingReadable(file)).toEqual(['hub.db'])
  })
})
