/**
 * The cloud's work: records of sealed values that arrive in batches as a session brings them, are decoded with all checks,
 * joined with what is held, and committed on PostgreSQL, which writes through to the disk.
 */

import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { encodeRecord } from '../../model/merge/codec.ts'
import { type Author, createRecord, editRecord } from '../../model/merge/edit.ts'
import { type CausalRecord, liveValues } from '../../model/merge/record.ts'
import { receiveChanges } from '../../model/sync/inbox.ts'
import { TRUSTED } from '../../model/sync/rules.ts'
import type { Changes } from '../../model/wire/index.ts'
import { openPostgresStore, type PostgresStore } from '../../server/changes/postgres.ts'
import { nodeAead } from '../../server/identity/nodeAead.ts'
import { findPostgres, startPostgres } from '../server/changes/postgresServer.ts'
import { median, rounded } from './median.ts'
import { FIELDS, newAuthor } from './record.ts'
import type { Figure } from './run.ts'
import { sealTasks } from './sealTasks.ts'

const ROUNDS = 5
const BATCH = 100
const BATCHES = 5
const REGISTERS_A_CORE = 5_000
/** Of `/proc/<pid>/stat`, on every Linux of these days. */
const TICKS_A_SECOND = 100
const USER_TICKS = 11
const SYSTEM_TICKS = 12

const backend = z.object({ pid: z.number() })

/** What a batch is: a scope, records as they travel, and how many registers they have. */
interface Batch {
  readonly scope: string
  readonly records: readonly unknown[]
  readonly registers: number
}

interface Rates {
  readonly wall: number
  readonly core: number
}

export async function sealedJoins(): Promise<readonly Figure[]> {
  const program = findPostgres()
  if (!program.ok) {
    process.stderr.write(`Sealed registers on PostgreSQL are not measured: ${program.error}\n`)
    return []
  }
  const server = await startPostgres(program.value, { durable: true })
  const store = await openPostgresStore({ databaseUrl: await server.createDatabase() })
  try {
    const { border } = await sealTasks(nodeAead)
    const first: Rates[] = []
    const second: Rates[] = []
    for (let round = 0; round <= ROUNDS; round++) {
      const { fresh, edited } = await batchesOf((record) => border.outgoing(record))
      const took = [await measure(store, fresh), await measure(store, edited)] as const
      if (round === 0) continue
      first.push(took[0])
      second.push(took[1])
    }
    return [...figuresOf('sealed registers new', first), ...figuresOf('sealed registers joined', second)]
  } finally {
    await store.close()
    await server.stop()
  }
}

function figuresOf(name: string, rates: readonly Rates[]): readonly Figure[] {
  return [
    {
      name: `${name} and committed, by processor time of cloud and PostgreSQL`,
      value: rounded(median(rates.map(({ core }) => core))),
      unit: '/s a core',
      goal: { atLeast: REGISTERS_A_CORE },
    },
    { name: '… by wall time, one session', value: rounded(median(rates.map(({ wall }) => wall))), unit: '/s' },
  ]
}

/** New records of twelve fields; and the same after somebody changed every field of them, whole as they travel first. */
async function batchesOf(seal: (record: CausalRecord) => Promise<CausalRecord>) {
  const fresh: Batch[] = []
  const edited: Batch[] = []
  for (let n = 0; n < BATCHES; n++) {
    const scope = randomUUID()
    const [by, then] = [newAuthor(), newAuthor()]
    const records = Array.from({ length: BATCH }, () => create(scope, by))
    fresh.push(await batchOf(scope, records, seal))
    const later = records.map((record) => editRecord(record, changedFields(), then))
    edited.push(await batchOf(scope, later, seal))
  }
  return { fresh, edited }
}

function create(scope: string, by: Author): CausalRecord {
  return createRecord({ id: randomUUID(), scope, table: 'timeline_items', data: FIELDS }, by)
}

function changedFields(): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(FIELDS).map(([name, value]) => [
      name,
      typeof value === 'string' ? `${value} 2` : typeof value === 'number' ? value + 1 : !value,
    ]),
  )
}

async function batchOf(
  scope: string,
  records: readonly CausalRecord[],
  seal: (record: CausalRecord) => Promise<CausalRecord>,
): Promise<Batch> {
  const sealed = await Promise.all(records.map(seal))
  return {
    scope,
    records: sealed.map((record): unknown => JSON.parse(JSON.stringify(encodeRecord(record)))),
    registers: sealed.reduce((sum, record) => sum + [...liveValues(record)].length, 0),
  }
}

async function measure(store: PostgresStore, batches: readonly Batch[]): Promise<Rates> {
  const { changes, state } = store
  const before = await secondsOfPostgres(store)
  const own = process.cpuUsage()
  const start = performance.now()
  for (const { scope, records } of batches) {
    const message: Changes = { type: 'changes', scope, seq: 0, remaining: 0, records: [...records] }
    const { refused, needs } = await receiveChanges(message, { changes, state, rules: TRUSTED, peerEpoch: 'bench' })
    if (refused.length > 0 || needs.length > 0) throw new Error(`not taken: ${JSON.stringify(refused[0])}`)
  }
  const wallSeconds = (performance.now() - start) / 1_000
  const { user, system } = process.cpuUsage(own)
  const coreSeconds = (user + system) / 1e6 + (await secondsOfPostgres(store)) - before
  const registers = batches.reduce((sum, batch) => sum + batch.registers, 0)
  return { wall: registers / wallSeconds, core: registers / coreSeconds }
}

/** Processor time of all processes of the server that have said who they are. */
async function secondsOfPostgres({ sql }: PostgresStore): Promise<number> {
  const rows = z.array(backend).parse(await sql.query('SELECT pid FROM pg_stat_activity', []))
  const ticks = rows.map(({ pid }) => {
    // After the name in brackets, which may have spaces in it.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    return Number(fields[USER_TICKS]) + Number(fields[SYSTEM_TICKS])
  })
  return ticks.reduce((sum, each) => sum + each, 0) / TICKS_A_SECOND
}
