import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import EncryptableDatabase from 'better-sqlite3-multiple-ciphers'
import { describe, expect, it } from 'vitest'
import { checkIntegrity, type Database, type OpenError, openDatabase } from '../../../server/storage/open.ts'
import { crashedCopy, open, randomKey, temporaryFile } from './helpers.ts'

const SECRET = 'bride-is-allergic-to-nuts'

function writeSecret(database: Database, rows = 200): void {
  database.exec('CREATE TABLE IF NOT EXISTS notes (text TEXT NOT NULL)')
  const insert = database.prepare('INSERT INTO notes VALUES (?)')
  const write = database.transaction(() => {
    for (let row = 0; row < rows; row += 1) insert.run(`${SECRET} ${row}`)
  })
  write()
}

function errorOf(file: string, key: Uint8Array): OpenError {
  const opened = openDatabase(file, key)
  if (!opened.ok) return opened.error
  opened.value.close()
  throw new Error('the database opened')
}

function damage(file: string, offset: number): void {
  const bytes = readFileSync(file)
  bytes.fill(0xff, offset, offset + 64)
  writeFileSync(file, bytes)
}

describe('opening', () => {
  it('creates a database and finds everything again', () => {
    const file = temporaryFile()
    const key = randomKey()
    const database = open(file, key)
    writeSecret(database, 3)
    database.close()
    expect(open(file, key).prepare('SELECT text FROM notes').pluck().all()).toEqual(
      [0, 1, 2].map((row) => `${SECRET} ${row}`),
    )
  })

  it('uses a synced log, checks references and keeps temporary data in memory', () => {
    const database = open(temporaryFile(), randomKey())
    const settings = ['journal_mode', 'synchronous', 'foreign_keys', 'temp_store', 'busy_timeout', 'cipher']
    expect(settings.map((setting) => database.pragma(setting, { simple: true }))).toEqual([
      'wal',
      2,
      1,
      2,
      5000,
      'chacha20',
    ])
  })

  it('finds committed rows that are only in the log, after a crash', () => {
    const file = temporaryFile()
    const key = randomKey()
    writeSecret(open(file, key), 5)
    const recovered = open(crashedCopy(file), key)
    expect(recovered.prepare('SELECT count(*) FROM notes').pluck().get()).toBe(5)
  })

  it('survives a first page torn by a power cut in a checkpoint, as the log still has it', () => {
    const file = temporaryFile()
    const key = randomKey()
    writeSecret(open(file, key), 5)
    const crashed = crashedCopy(file)
    damage(crashed, 0)
    expect(open(crashed, key).prepare('SELECT count(*) FROM notes').pluck().get()).toBe(5)
  })

  it('refuses keys of another length as a mistake of the caller', () => {
    expect(() => openDatabase(temporaryFile(), new Uint8Array(16))).toThrow(RangeError)
  })
})

describe('what lies on the disk', () => {
  it('has no SQLite header and no plaintext in database or log', () => {
    const file = temporaryFile()
    const database = open(file, randomKey())
    writeSecret(database)
    database.pragma('wal_checkpoint(PASSIVE)')
    writeSecret(database)
    const [bytes, log] = [readFileSync(file), readFileSync(`${file}-wal`)]
    expect(bytes.subarray(0, 15).toString('latin1')).not.toBe('SQLite format 3')
    expect([bytes.length > 4096, log.length > 4096]).toEqual([true, true])
    for (const plaintext of [SECRET, 'CREATE TABLE', 'notes']) {
      expect([plaintext, bytes.includes(plaintext), log.includes(plaintext)]).toEqual([plaintext, false, false])
    }
  })
})

describe('what cannot be opened is an error value and is left as it was', () => {
  const cases: [name: string, spoil: (file: string) => void][] = [
    ['a wrong key', () => undefined],
    ['a damaged first page', (file) => damage(file, 1000)],
    ['a text file', (file) => writeFileSync(file, 'Guest list\n'.repeat(2000))],
    ['a few bytes', (file) => writeFileSync(file, 'short')],
    ['a truncated database', (file) => truncateSync(file, 5000)],
  ]
  it.each(cases)('%s', (name, spoil) => {
    const file = temporaryFile()
    const key = randomKey()
    const database = open(file, key)
    writeSecret(database)
    database.close()
    spoil(file)
    const before = readFileSync(file)
    const error = errorOf(file, name === 'a wrong key' ? randomKey() : key)
    expect(error).toMatchObject({ kind: 'damaged-or-wrong-key', file })
    expect(error.detail).toMatch(/^SQLITE_(NOTADB|CORRUPT)/)
    expect(readFileSync(file).equals(before)).toBe(true)
  })

  it('a wrong key while the log holds commits', () => {
    const file = temporaryFile()
    const key = randomKey()
    writeSecret(open(file, key))
    const crashed = crashedCopy(file)
    const before = [readFileSync(crashed), readFileSync(`${crashed}-wal`)]
    expect(errorOf(crashed, randomKey()).kind).toBe('damaged-or-wrong-key')
    expect([readFileSync(crashed), readFileSync(`${crashed}-wal`)]).toEqual(before)
    expect(open(crashed, key).prepare('SELECT count(*) FROM notes').pluck().get()).toBe(200)
  })

  it('a damaged first page while the log holds commits of other pages', () => {
    const file = temporaryFile()
    const key = randomKey()
    const database = open(file, key)
    writeSecret(database, 1)
    database.pragma('wal_checkpoint(TRUNCATE)')
    database.prepare('INSERT INTO notes VALUES (?)').run('late')
    const crashed = crashedCopy(file)
    damage(crashed, 1000)
    const before = [readFileSync(crashed), readFileSync(`${crashed}-wal`)]
    expect(errorOf(crashed, key).kind).toBe('damaged-or-wrong-key')
    expect([readFileSync(crashed), readFileSync(`${crashed}-wal`)]).toEqual(before)
  })

  it('an emptied database beside a log, which SQLite would delete', () => {
    const file = temporaryFile()
    const key = randomKey()
    writeSecret(open(file, key))
    const crashed = crashedCopy(file)
    truncateSync(crashed, 0)
    const log = readFileSync(`${crashed}-wal`)
    expect(errorOf(crashed, key)).toMatchObject({ kind: 'damaged-or-wrong-key' })
    expect(readFileSync(`${crashed}-wal`).equals(log)).toBe(true)
  })

  it('an unencrypted SQLite database', () => {
    const file = temporaryFile()
    const plain = new EncryptableDatabase(file)
    writeSecret(plain)
    plain.close()
    const before = readFileSync(file)
    expect(errorOf(file, randomKey()).kind).toBe('damaged-or-wrong-key')
    expect(readFileSync(file).equals(before)).toBe(true)
  })

  it('a folder, and a path without one', () => {
    const file = temporaryFile()
    mkdirSync(file)
    expect(errorOf(file, randomKey())).toMatchObject({ kind: 'unreadable', file })
    expect(errorOf(`${temporaryFile()}/missing/hub.db`, randomKey())).toMatchObject({ kind: 'unreadable' })
  })
})

describe('checkIntegrity', () => {
  it('has nothing to say about a sound database', () => {
    const database = open(temporaryFile(), randomKey())
    writeSecret(database)
    expect(checkIntegrity(database)).toEqual([])
  })

  it('finds a damaged page behind the first', () => {
    const file = temporaryFile()
    const key = randomKey()
    const database = open(file, key)
    writeSecret(database, 2000)
    database.close()
    damage(file, 5 * 4096 + 1000)
    expect(checkIntegrity(open(file, key))).not.toEqual([])
  })
})
