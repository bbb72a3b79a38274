import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { checkIntegrity, openDatabase, rekey } from '../../../server/storage/open.ts'
import { guest, guestStorage, insert, newDatabase, open, prepared, randomKey, temporaryFile } from './helpers.ts'

/** `REKEY_KILLS=50` runs longer. */
const KILLS = Number(process.env.REKEY_KILLS ?? 4)
const everything = prepared({ selector: {} })

describe('rekey', () => {
  it('gives the file another key: the old one no longer opens it, and everything is there', async () => {
    const file = temporaryFile()
    const [before, after] = [randomKey(), randomKey()]
    const database = open(file, before)
    const storage = await guestStorage({ database })
    await insert(storage, guest('ana'), guest('ben'))
    expect(rekey(database, after)).toEqual({ ok: true, value: undefined })
    // The connection goes on as it was, with a synced log and the new key.
    expect(database.pragma('journal_mode', { simple: true })).toBe('wal')
    expect(database.pragma('synchronous', { simple: true })).toBe(2)
    await insert(storage, guest('cleo'))
    await storage.close()
    database.close()

    expect(openDatabase(file, before)).toMatchObject({ ok: false, error: { kind: 'damaged-or-wrong-key' } })
    const reopened = await guestStorage({ database: open(file, after) })
    expect((await reopened.query(everything)).documents.map(({ id }) => id)).toEqual(['ana', 'ben', 'cleo'])
  })

  it('leaves no page under the old key in the file', async () => {
    const file = temporaryFile()
    const database = open(file, randomKey())
    const storage = await guestStorage({ database })
    await insert(storage, ...Array.from({ length: 500 }, (_, index) => guest(`guest-${index}`)))
    database.pragma('wal_checkpoint(TRUNCATE)')
    const old = pagesOf(readFileSync(file))
    expect(rekey(database, randomKey())).toMatchObject({ ok: true })
    const now = pagesOf(readFileSync(file))
    expect(now.length).toBeGreaterThan(10)
    expect(now.filter((page) => old.includes(page))).toEqual([])
  })

  it('refuses a key of another length, and while a transaction or another connection has the file', () => {
    const file = temporaryFile()
    const key = randomKey()
    const database = open(file, key)
    expect(() => rekey(database, new Uint8Array(31))).toThrow(RangeError)
    database.exec('BEGIN')
    expect(rekey(database, randomKey())).toMatchObject({ ok: false, error: { kind: 'in-use' } })
    database.exec('ROLLBACK')
    const other = open(file, key)
    other.prepare('SELECT count(*) FROM sqlite_master').get()
    expect(rekey(database, randomKey())).toMatchObject({ ok: false, error: { kind: 'in-use' } })
    expect(database.pragma('journal_mode', { simple: true })).toBe('wal')
    other.close()
    expect(rekey(database, randomKey())).toMatchObject({ ok: true })
  })

  it('works on a database that is new', () => {
    expect(rekey(newDatabase(), randomKey())).toMatchObject({ ok: true })
  })

  it(
    'killed on the way, leaves a whole database under one of the two keys',
    async () => {
      const file = temporaryFile()
      const [before, after] = [randomKey(), randomKey()]
      const database = open(file, before)
      const storage = await guestStorage({ database })
      for (let batch = 0; batch < 5; batch += 1) {
        await insert(storage, ...Array.from({ length: 1_000 }, (_, index) => guest(`guest-${batch}-${index}`)))
      }
      await storage.close()
      database.close()
      const whole = await killedAfter(temporaryCopy(file), before, after, undefined)
      expect(whole.keyIs).toBe('after')
      const keys = new Set<string>()
      for (let round = 1; round <= KILLS; round += 1) {
        const { keyIs, findings, documents } = await killedAfter(
          temporaryCopy(file),
          before,
          after,
          (whole.ms * round) / (KILLS + 1),
        )
        expect([findings, documents], `killed after ${round} of ${KILLS} parts of ${whole.ms} ms`).toEqual([[], 5_000])
        keys.add(keyIs)
      }
      expect([...keys]).toContain('before')
    },
    30_000 + KILLS * 10_000,
  )
})

const CHILD = fileURLToPath(new URL('killedRekey.ts', import.meta.url))

function temporaryCopy(file: string): string {
  const copy = temporaryFile('rekeyed.db')
  copyFileSync(file, copy)
  return copy
}

/** Runs the change of key in a process, kills it so many milliseconds after it has begun, and looks at what is left. */
async function killedAfter(file: string, before: Uint8Array, after: Uint8Array, delayMs: number | undefined) {
  const keys = [before, after].map((key) => Buffer.from(key).toString('hex'))
  const child = spawn(process.execPath, [CHILD, file, ...keys], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'close')
  await once(child.stdout, 'data')
  const start = performance.now()
  if (delayMs !== undefined) setTimeout(() => child.kill('SIGKILL'), delayMs)
  await ended
  const ms = performance.now() - start
  // The other key is tried first, and must not do any harm.
  if (delayMs !== undefined) {
    const other = openDatabase(file, after)
    if (other.ok) other.value.close()
  }
  const underOld = openDatabase(file, before)
  const opened = underOld.ok ? underOld : openDatabase(file, after)
  if (!opened.ok)
    throw new Error(`neither key opens it: ${underOld.ok ? '' : underOld.error.detail}; ${opened.error.detail}`)
  try {
    const count = opened.value.prepare<[], number>('SELECT count(*) FROM rx1_guests_v0').pluck().get()
    const keyIs = underOld.ok ? ('before' as const) : ('after' as const)
    return { ms, keyIs, findings: checkIntegrity(opened.value), documents: count }
  } finally {
    opened.value.close()
  }
}

function pagesOf(bytes: Buffer): string[] {
  return Array.from({ length: bytes.length / 4096 }, (_, page) =>
    bytes.subarray(page * 4096, (page + 1) * 4096).toString('latin1'),
  )
}
