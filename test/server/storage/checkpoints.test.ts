import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { startCheckpoints } from '../../../server/storage/checkpoints.ts'
import { type Database, openDatabase } from '../../../server/storage/open.ts'
import { mustBeOk } from '../../support/mustBeOk.ts'

const key = randomBytes(32)
/** SQLite's own, which no thread has changed. */
const USUAL_PAGES = 1_000
const ENOUGH_ROWS = 1_000

let folder: string
let file: string
let database: Database
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wedsync-checkpoints-'))
  file = join(folder, 'wedsync.db')
  database = mustBeOk(openDatabase(file, key))
  database.exec('CREATE TABLE notes (text TEXT NOT NULL)')
})
afterEach(() => {
  if (database.open) database.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Half a megabyte. */
function write(): void {
  const insert = database.prepare('INSERT INTO notes VALUES (?)')
  database.transaction(() => {
    for (let n = 0; n < 500; n++) insert.run('x'.repeat(1_000))
  })()
}

const pagesBeforeHelp = () => database.pragma('wal_autocheckpoint', { simple: true })

it('brings what is in the log into the database, while its connection goes on writing', async () => {
  const checkpoints = startCheckpoints(database, { file, key })
  write()
  expect(statSync(file).size).toBeLessThan(500_000)
  checkpoints.note(ENOUGH_ROWS)
  await vi.waitFor(() => expect(statSync(file).size).toBeGreaterThan(500_000), { timeout: 20_000 })
  write()
  expect(database.prepare('SELECT count(*) FROM notes').pluck().get()).toBe(1_000)
  await checkpoints.close()
})

it('is gone when it is closed, so that the last connection takes the log away', async () => {
  const checkpoints = startCheckpoints(database, { file, key })
  write()
  checkpoints.note(ENOUGH_ROWS)
  await checkpoints.close()
  database.close()
  expect(existsSync(`${file}-wal`)).toBe(false)
})

it('is waited for also by a process that has nothing else to do, as a command that has written all that it had to', () => {
  const program = join(import.meta.dirname, 'closedWriter.ts')
  const own = join(folder, 'own.db')
  // Throws if it ends with another code than 0.
  expect(execFileSync(process.execPath, [program, own, key.toString('hex')], { encoding: 'utf8' })).toBe('closed')
  expect(existsSync(`${own}-wal`)).toBe(false)
})

it('is no thread at all for a store that hardly writes', async () => {
  const checkpoints = startCheckpoints(database, { file, key })
  checkpoints.note(ENOUGH_ROWS - 1)
  expect(pagesBeforeHelp()).toBe(USUAL_PAGES)
  checkpoints.note(1)
  expect(pagesBeforeHelp()).toBeGreaterThan(USUAL_PAGES)
  await checkpoints.close()
})

it('leaves the work to the connection, as SQLite does it, where the thread cannot do it', async () => {
  const { promise: told, resolve: tell } = Promise.withResolvers<Error>()
  const checkpoints = startCheckpoints(database, { file, key: randomBytes(32) }, tell)
  checkpoints.note(ENOUGH_ROWS)
  expect((await told).message).toContain('cannot be folded back')
  expect(pagesBeforeHelp()).toBe(USUAL_PAGES)
  checkpoints.note(ENOUGH_ROWS)
  await checkpoints.close()
})
