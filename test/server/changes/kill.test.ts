/**
 * Kills a process that writes, again and again, and looks at what it leaves: `KILL_ROUNDS=500 npx vitest run
 * test/server/changes/kill.test.ts` for the long form.
 */
import { spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { recordVersion } from '../../../model/merge/record.ts'
import { inspect } from '../../../server/backup/inspect.ts'
import { openSqliteLog, recordTableOf, type SqliteLog } from '../../../server/changes/sqliteLog.ts'
import { type Database, openForReading } from '../../../server/storage/open.ts'

const ROUNDS = Number(process.env.KILL_ROUNDS ?? 10)
const SEED = Number(process.env.KILL_SEED ?? Date.now() % 1_000_000)
/** A fresh file after so many rounds, since each round looks at all that the ones before have written. */
const ROUNDS_PER_FILE = 25
const MAX_DELAY_MS = 200
/** Every fifth round writes so much that the thread that folds the log back is at work when the kill comes. */
const ROUNDS_PER_BUSY_ONE = 5
const BUSY_BATCH = 200

const COMPILE_CACHE = fileURLToPath(new URL('../../../node_modules/.cache/node', import.meta.url))

const folder = mkdtempSync(join(tmpdir(), 'wedsync-kill-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/**
 * One writer, killed some time after its first acknowledgement, or after its thread has begun. What it printed whole was
 * acknowledged.
 */
async function killedRun(args: readonly string[], delayMs: number, isBusy: boolean): Promise<readonly string[]> {
  const program = join(import.meta.dirname, 'killedSqliteWriter.ts')
  // Most of a round is reading our sources.
  const env = { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE }
  const writer = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'], env })
  const exit = once(writer, 'exit')
  const lines: string[] = []
  for await (const line of createInterface(writer.stdout)) {
    if (lines.push(line) === 1 && !isBusy) setTimeout(() => writer.kill('SIGKILL'), delayMs)
    if (isBusy && line === 'thread') setTimeout(() => writer.kill('SIGKILL'), delayMs)
  }
  const [, signal] = await exit
  expect(signal, 'the writer was to be killed, and ended by itself').toBe('SIGKILL')
  return lines.filter((line) => /^\S{36} \d+$/.test(line))
}

/** A reader that goes on where it stopped in the round before, as a peer does. */
async function follow(log: SqliteLog, scope: string, from: number, seen: Map<string, number>): Promise<number> {
  let upTo = from
  for (let more = true; more; ) {
    const page = await log.changesSince(scope, upTo, { limit: 50 })
    for (const { seq, record } of page.changes) {
      expect(seq).toBeGreaterThan(upTo)
      upTo = seq
      seen.set(record.id, recordVersion(record))
    }
    more = page.more
  }
  return upTo
}

function openLog(file: string, key: Buffer): { readonly database: Database; readonly log: SqliteLog } {
  const database = openForReading(file, key)
  if (!database.ok) throw new Error(database.error.detail)
  const table = recordTableOf(database.value)
  if (table === undefined) throw new Error('the database holds no records')
  return { database: database.value, log: openSqliteLog(database.value, table) }
}

describe('a writer that is killed', () => {
  it(`[1] ${ROUNDS} times has lost nothing that it acknowledged, and a reader misses nothing`, {
    timeout: 30_000 + ROUNDS * 10_000,
  }, async () => {
    let acknowledgements = 0
    let random = SEED
    for (let done = 0; done < ROUNDS; ) {
      const [file, key] = [join(folder, `${randomUUID()}.db`), randomBytes(32)]
      const scopes = [randomUUID(), randomUUID()]
      const positions = new Map(scopes.map((scope) => [scope, 0]))
      const acknowledged = new Map<string, number>()
      const seen = new Map<string, number>()
      for (let round = 0; round < ROUNDS_PER_FILE && done < ROUNDS; round++, done++) {
        random = (random * 1_103_515_245 + 12_345) % 2 ** 31
        const delayMs = random % MAX_DELAY_MS
        const isBusy = done % ROUNDS_PER_BUSY_ONE === ROUNDS_PER_BUSY_ONE - 1
        const batch = String(isBusy ? BUSY_BATCH : 1)
        const lines = await killedRun([file, key.toString('hex'), batch, ...scopes], delayMs, isBusy)
        acknowledgements += lines.length
        for (const line of lines) {
          const [id = '', version] = line.split(' ')
          acknowledged.set(id, Math.max(acknowledged.get(id) ?? 0, Number(version)))
        }
        const { database, log } = openLog(file, key)
        for (const scope of scopes) {
          positions.set(scope, await follow(log, scope, positions.get(scope) ?? 0, seen))
        }
        const where = `seed ${SEED}, round ${done}, killed after ${delayMs} ms`
        expect((await inspect(database)).findings, where).toEqual([])
        database.close()
        const missed = [...acknowledged].filter(([id, version]) => (seen.get(id) ?? 0) < version)
        expect(missed, where).toEqual([])
      }
      rmSync(file)
    }
    expect(acknowledgements).toBeGreaterThanOrEqual(ROUNDS)
    const busy = Math.floor(ROUNDS / ROUNDS_PER_BUSY_ONE)
    console.log(`${ROUNDS} kills, ${busy} with the log's thread, ${acknowledgements} acknowledged writes, seed ${SEED}`)
  })
})
