/** One database on a PostgreSQL server that several processes have open, as those of a cloud do. */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type CausalRecord, recordVersion } from '../../../model/merge/record.ts'
import { openPostgresStore, type PostgresStore } from '../../../server/changes/postgres.ts'
import { connectToServer } from '../../../server/changes/postgresConnection.ts'
import { LISTENER_NAME } from '../../../server/changes/postgresListener.ts'
import { ben, edit, guest, join, newActor, timelineItem } from './people.ts'
import { findPostgres, type PostgresServer, run, startPostgres } from './postgresServer.ts'
import { write } from './storeCalls.ts'

const program = findPostgres()
if (!program.ok) console.log(`skipping the tests of several processes on one PostgreSQL: ${program.error}`)

describe.skipIf(!program.ok)('on a PostgreSQL server', () => {
  let server: PostgresServer
  beforeAll(async () => {
    if (program.ok) server = await startPostgres(program.value)
  })
  afterAll(() => server?.stop())

  describe('with several processes', () => {
    const problems: Error[] = []
    let databaseUrl: string
    let one: PostgresStore
    let two: PostgresStore
    const open = () => openPostgresStore({ databaseUrl, onProblem: (problem) => problems.push(problem) })
    beforeAll(async () => {
      databaseUrl = await server.createDatabase()
      const stores = await Promise.all([open(), open()])
      one = stores[0]
      two = stores[1]
    })
    afterAll(async () => {
      await one?.close()
      await two?.close()
    })

    it('agrees on one epoch when they create the database at once', () => {
      expect(one.changes.epoch).toBe(two.changes.epoch)
    })

    it('refuses a database that a newer program has migrated', async () => {
      const newer = await server.createDatabase()
      await (await openPostgresStore({ databaseUrl: newer })).close()
      await run(newer, 'UPDATE schema_version SET version = 1000')
      await expect(openPostgresStore({ databaseUrl: newer })).rejects.toThrow('version 1000')
    })

    it('gives a restored database a new epoch, and stops who still has it open under the old one', async () => {
      const original = await server.createDatabase()
      const before = await openPostgresStore({ databaseUrl: original })
      await write(before.changes, { record: timelineItem(randomUUID()) })
      await before.close()
      const restored = await server.createDatabase(original)
      const after = await openPostgresStore({ databaseUrl: restored })
      expect(after.changes.epoch).not.toBe(before.changes.epoch)
      const again = await openPostgresStore({ databaseUrl: restored })
      expect(again.changes.epoch).toBe(after.changes.epoch)

      const setBack = await openPostgresStore({ databaseUrl: restored, isSetBack: true })
      expect(setBack.changes.epoch).not.toBe(after.changes.epoch)
      const item = timelineItem(randomUUID())
      await expect(write(again.changes, { record: item })).rejects.toThrow('must start again')
      expect(await setBack.changes.records([item.id])).toEqual(new Map())
      await write(setBack.changes, { record: item })
      for (const store of [after, again, setBack]) await store.close()
    })

    it('takes an epoch also without the rights of an administrator', async () => {
      const databaseUrl = await server.createDatabase()
      await run(
        databaseUrl,
        `CREATE ROLE guest_${process.pid} LOGIN; GRANT ALL ON SCHEMA public TO guest_${process.pid}`,
      )
      const asGuest = databaseUrl.replace(/\/\/\w+@/, `//guest_${process.pid}@`)
      const first = await openPostgresStore({ databaseUrl: asGuest })
      await first.close()
      const second = await openPostgresStore({ databaseUrl: asGuest })
      expect(second.changes.epoch).toBe(first.changes.epoch)
      await second.close()
    })

    it('answers from an index whatever a session asks for', async () => {
      const scope = randomUUID()
      const queries: readonly (readonly [sql: string, index: RegExp])[] = [
        [`SELECT doc FROM records WHERE scope = '${scope}' AND seq > 5 ORDER BY seq LIMIT 10`, /records_seq/],
        [`SELECT count(*) FROM records WHERE scope = '${scope}' AND seq > 5`, /records_seq/],
        [`SELECT doc FROM records WHERE scope = '${scope}' AND tbl = 'guests' ORDER BY id LIMIT 9`, /records_table/],
        [`SELECT vectors FROM versions WHERE record_id = 'x' AND at <= 5 ORDER BY seq DESC LIMIT 1`, /versions_pkey/],
        [`SELECT vectors FROM versions WHERE record_id = 'x' AND version = 5`, /versions_pkey/],
        [`SELECT value FROM history WHERE record_id = 'x' ORDER BY id`, /history_record/],
      ]
      const client = new pg.Client({ connectionString: databaseUrl })
      await client.connect()
      // With a few rows a scan is the better plan; the question is whether there is another.
      await client.query('SET enable_seqscan = off')
      const plans = []
      for (const [sql] of queries) plans.push(JSON.stringify((await client.query(`EXPLAIN ${sql}`)).rows))
      await client.end()
      expect(plans).toEqual(queries.map(([, index]) => expect.stringMatching(index)))
    })

    it('has a connection parse a statement once, however often it is asked', async () => {
      const text = 'SELECT $1::integer + 1 AS next'
      const prepared = await one.sql.transaction(async (transaction) => {
        for (const n of [1, 2, 3]) expect(await transaction.query(text, [n])).toEqual([{ next: n + 1 }])
        return transaction.query('SELECT 1 AS times FROM pg_prepared_statements WHERE statement = $1', [text])
      })
      expect(prepared).toEqual([{ times: 1 }])
    })

    it('keeps long facts with the quick compression, where the server has it', async () => {
      const key = `long/${randomUUID()}`
      const value = Array.from({ length: 500 }, () => ({ name: randomUUID() }))
      await one.state.set(key, value)
      expect(await two.state.get(key)).toEqual(value)
      const [known] = await one.sql.query(
        `SELECT 'lz4' = ANY (enumvals) AS quick FROM pg_settings WHERE name = 'default_toast_compression'`,
      )
      const [kept] = await one.sql.query('SELECT pg_column_compression(value) AS by FROM state WHERE key = $1', [key])
      expect([known, kept]).toEqual([
        { quick: expect.any(Boolean) },
        { by: isDeepStrictEqual(known, { quick: true }) ? 'lz4' : 'pglz' },
      ])
    })

    it('calls the listeners of each process once for a commit of either', async () => {
      const told: Record<'one' | 'two', string[]> = { one: [], two: [] }
      const unsubscribe = [
        one.changes.subscribe((scope) => told.one.push(scope)),
        two.changes.subscribe((scope) => told.two.push(scope)),
      ]
      const [first, second] = [timelineItem(randomUUID()), timelineItem(randomUUID())]
      await write(one.changes, { record: first })
      await write(two.changes, { record: second })
      await expect.poll(() => told.one).toEqual([first.scope, second.scope])
      await expect.poll(() => told.two).toEqual([first.scope, second.scope])
      for (const end of unsubscribe) end()
    })

    it('learns what changed while its listening connection was lost', async () => {
      const told: string[] = []
      const unsubscribe = one.changes.subscribe((scope) => told.push(scope))
      const item = timelineItem(randomUUID())
      await run(
        databaseUrl,
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = '${LISTENER_NAME}'`,
      )
      await write(two.changes, { record: item })
      await expect.poll(() => told, { timeout: 5000 }).toContain(item.scope)
      expect(problems.map(({ message }) => message).join()).toMatch(/terminat/)
      unsubscribe()
    })

    it('survives that a connection is cut in the middle of a transaction', async () => {
      const heard: Error[] = []
      const sql = connectToServer(databaseUrl, (problem) => heard.push(problem))
      const cut = sql.transaction(async (transaction) => {
        const [backend] = await transaction.query('SELECT pg_backend_pid() AS pid')
        const { pid } = z.object({ pid: z.number() }).parse(backend)
        await run(databaseUrl, `SELECT pg_terminate_backend(${pid})`)
        await expect.poll(() => heard.length).toBeGreaterThan(0)
        await transaction.query('SELECT 1')
      })
      await expect(cut).rejects.toThrow()
      expect(await sql.query('SELECT 1 AS one')).toEqual([{ one: 1 }])
      await sql.close()
    })

    it('loses no edit when both change one record', async () => {
      const item = timelineItem(randomUUID())
      await write(one.changes, { record: item })
      const states = Array.from({ length: 30 }, (_, i) => edit(item, { [`note${i}`]: i }, newActor()))
      await Promise.all(
        states.map((state, i) =>
          (i % 2 === 0 ? one : two).changes.update([item.id], (current) => {
            const before = current.get(item.id)
            return before ? [{ record: join(before, state) }] : []
          }),
        ),
      )
      const stored = (await one.changes.records([item.id])).get(item.id)
      expect(stored && recordVersion(stored)).toBe(31)
      expect(await one.changes.head(item.scope)).toBe(31)
    })

    it('shows a reader every change, in order, while both write to the same scopes', async () => {
      const scopes = [randomUUID(), randomUUID()]
      const written: string[] = []
      async function writer(store: PostgresStore, turn: number): Promise<void> {
        for (let i = turn; i < turn + 24; i++) {
          // Now one scope and then both, in either order, so that they would block each other if they could.
          const order = i % 2 === 0 ? scopes : [...scopes].reverse()
          const records = order.slice(i % 3 === 0 ? 1 : 0).map((scope) => guest(scope))
          await write(store.changes, ...records.map((record) => ({ record })))
          written.push(...records.map(({ id }) => id))
        }
      }
      let isWriting = true
      async function reader(scope: string): Promise<string[]> {
        const read: string[] = []
        for (let upTo = 0, isLast = false; ; ) {
          const page = await two.changes.changesSince(scope, upTo, { limit: 7 })
          for (const { seq, record } of page.changes) {
            // Without gaps: here every change is a new record.
            expect(seq).toBe(read.length + 1)
            read.push(record.id)
          }
          expect(page.upTo).toBe(read.length)
          upTo = page.upTo
          if (isLast && !page.more) return read
          isLast = !isWriting
          await sleep(1)
        }
      }
      const reading = Promise.all(scopes.map(reader))
      await Promise.all([writer(one, 0), writer(two, 1), writer(one, 2), writer(two, 3)])
      isWriting = false
      expect((await reading).flat().sort()).toEqual(written.sort())
    })

    it('commits what comes at once for many weddings in one transaction, but for one that somebody has locked', async () => {
      const guests = Array.from({ length: 8 }, () => guest(randomUUID()))
      for (const record of guests) await write(one.changes, { record })
      const [locked, ...others] = guests.map((record) => edit(record, { name: 'Dana' }, ben))
      if (!locked) throw new Error('there is no guest')
      const holder = new pg.Client({ connectionString: databaseUrl })
      await holder.connect()
      await holder.query('BEGIN')
      await holder.query('SELECT 1 FROM scopes WHERE scope = $1 FOR UPDATE', [locked.scope])
      const waiting = write(one.changes, { record: locked })
      await Promise.all(others.map((record) => write(one.changes, { record })))
      const transactions = async (records: readonly CausalRecord[]) =>
        (
          await two.sql.query('SELECT DISTINCT xmin::text FROM records WHERE id = ANY($1::text[])', [
            records.map(({ id }) => id),
          ])
        ).length
      expect(await transactions(others)).toBe(1)
      expect(await one.changes.head(locked.scope)).toBe(1)
      await holder.query('COMMIT')
      await holder.end()
      await waiting
      expect(await one.changes.head(locked.scope)).toBe(2)
      expect(await transactions([locked, ...others])).toBe(2)
    })

    it('serves other weddings while one is locked', async () => {
      const busy = timelineItem(randomUUID())
      await write(one.changes, { record: busy })
      const holder = new pg.Client({ connectionString: databaseUrl })
      await holder.connect()
      await holder.query('BEGIN')
      await holder.query('SELECT 1 FROM scopes WHERE scope = $1 FOR UPDATE', [busy.scope])
      const waiting = Promise.all(Array.from({ length: 30 }, () => write(one.changes, { record: guest(busy.scope) })))
      await write(one.changes, { record: guest(randomUUID()) })
      expect(await one.changes.head(busy.scope)).toBe(1)
      await holder.query('COMMIT')
      await holder.end()
      await waiting
      expect(await one.changes.head(busy.scope)).toBe(31)
    })
  })
})
