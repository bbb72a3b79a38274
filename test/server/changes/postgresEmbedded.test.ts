import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import fs, { mkdtempSync, rmSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { openPostgresStore } from '../../../server/changes/postgres.ts'
import type { Sql } from '../../../server/changes/postgresConnection.ts'
import { openEmbedded } from '../../../server/changes/postgresEmbedded.ts'

const folder = mkdtempSync(join(tmpdir(), 'wedsync-embedded-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const problems: Error[] = []
const onProblem = (problem: Error) => problems.push(problem)

async function insert(sql: Sql, value: string): Promise<void> {
  await sql.transaction(async (transaction) => {
    await transaction.query('INSERT INTO kept VALUES ($1)', [value])
  })
}

describe('openEmbedded', () => {
  it('[1] has each commit on disk, not only in the cache of the system', async () => {
    const fsync = vi.spyOn(fs, 'fsyncSync')
    syncBuiltinESMExports()
    const sql = await openEmbedded(join(folder, 'synced'), onProblem)
    try {
      await sql.query('CREATE TABLE kept (value text)')
      for (const value of ['a', 'b', 'c']) {
        const before = fsync.mock.calls.length
        await insert(sql, value)
        expect(fsync.mock.calls.length).toBeGreaterThan(before)
      }
    } finally {
      await sql.close()
      fsync.mockRestore()
      syncBuiltinESMExports()
    }
  })

  it('[1] loses nothing that it acknowledged when its process is killed, and leaves no lock behind', async () => {
    const dataDir = join(folder, 'killed')
    const scope = randomUUID()
    const writer = spawn(process.execPath, [join(import.meta.dirname, 'killedWriter.ts'), dataDir, scope], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const acknowledged: string[] = []
    for await (const id of createInterface(writer.stdout)) {
      acknowledged.push(id)
      if (acknowledged.length === 50) writer.kill('SIGKILL')
    }
    if (writer.signalCode === null) await once(writer, 'exit')
    const store = await openPostgresStore({ dataDir })
    const found = await store.changes.records(acknowledged)
    expect(acknowledged.filter((id) => !found.has(id))).toEqual([])
    expect(acknowledged.length).toBeGreaterThanOrEqual(50)
    await store.close()
  })

  it('does what a server would do in the background', async () => {
    const sql = await openEmbedded(undefined, onProblem)
    const checkpoint = async () => (await sql.query('SELECT redo_lsn::text FROM pg_control_checkpoint()'))[0]
    await sql.query('CREATE TABLE kept (value text)')
    const before = await checkpoint()
    for (let i = 0; i < 2000; i++) await insert(sql, 'x')
    await expect.poll(checkpoint, { timeout: 60_000 }).not.toEqual(before)
    await sql.close()
    expect(problems).toEqual([])
  })

  it('rolls back a transaction that fails, and goes on', async () => {
    const sql = await openEmbedded(undefined, onProblem)
    await sql.query('CREATE TABLE kept (value text)')
    const failing = sql.transaction(async (transaction) => {
      await transaction.query(`INSERT INTO kept VALUES ('a')`)
      throw new Error('second thoughts')
    })
    await expect(failing).rejects.toThrow('second thoughts')
    expect(await sql.query('SELECT value FROM kept')).toEqual([])
    await insert(sql, 'b')
    expect(await sql.query('SELECT value FROM kept')).toEqual([{ value: 'b' }])
    await sql.close()
  })
})
