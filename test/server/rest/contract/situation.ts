/** What the tests of the contract need over and over: a wedding, records in it, a clash. */
import { randomUUID } from 'node:crypto'
import { dryRunReply, syncReply } from '../../../../model/rest/sync.ts'
import { type Ask, bad, good, type Member, type Server } from './compositions.ts'

export const LONG_AGO = '2020-01-01T00:00:00Z'
const WEDDING_DATE = '2026-09-12'

export type Change = Readonly<Record<string, unknown>>

export function batch(
  changes: readonly Change[],
  more: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const timestamp = new Date().toISOString()
  return {
    changes: changes.map((change) => ({ action: 'update', data: {}, timestamp, ...change })),
    lastSyncTime: timestamp,
    batchId: randomUUID(),
    ...more,
  }
}

export async function push(
  server: Server,
  changes: readonly Change[],
  more: Readonly<Record<string, unknown>> = {},
  as: Member = server.owner,
) {
  return syncReply.parse(await good(server, 'push', { as, body: batch(changes, more) }))
}

export async function tryOut(server: Server, changes: readonly Change[], more: Readonly<Record<string, unknown>> = {}) {
  const body = batch(changes, { ...more, options: { ...(more.options as object), dryRun: true } })
  return dryRunReply.parse(await good(server, 'push', { body }))
}

export async function refused(
  server: Server,
  changes: readonly Change[],
  more: Readonly<Record<string, unknown>> = {},
  options: Ask = {},
) {
  return bad(server, 'push', { body: batch(changes, more), ...options })
}

export async function newWedding(server: Server, date = WEDDING_DATE): Promise<string> {
  const id = randomUUID()
  const { failures } = await push(server, [
    { action: 'create', table: 'weddings', id, data: { name: 'Ana & Luis', date } },
  ])
  if (failures.length > 0) throw new Error(JSON.stringify(failures))
  return id
}

export async function newRecord(
  server: Server,
  wedding: string,
  table: string,
  data: Readonly<Record<string, unknown>>,
  as?: Member,
): Promise<string> {
  const id = randomUUID()
  const change = { action: 'create', table, id, data: { ...data, wedding_id: wedding } }
  const { failures } = await push(server, [change], {}, as)
  if (failures.length > 0) throw new Error(JSON.stringify(failures))
  return id
}

/** The visible values of a record. */
export async function dataOf(server: Server, wedding: string, id: string) {
  const row = await rowOf(server, wedding, id)
  return row?.deleted ? undefined : row?.data
}

export async function rowOf(server: Server, wedding: string, id: string) {
  const { records } = await good(server, 'records', { params: { id: wedding }, query: '?limit=500&deleted=true' })
  return records.find((record) => record.id === id)
}

/** Record id → what is shown of it, by each way of reading, in a wedding on the day that weddings here have. */
export async function shown(
  { server, wedding }: { readonly server: Server; readonly wedding: string },
  as: Member,
): Promise<readonly ReadonlyMap<string, object>[]> {
  const { records } = await good(server, 'records', { as, params: { id: wedding }, query: '?limit=500' })
  const { serverChanges } = await good(server, 'pull', { as, query: `?since=${LONG_AGO}&limit=100` })
  const preloaded = await good(server, 'preload', { as, params: { date: WEDDING_DATE }, query: '?limit=500' })
  return [records, serverChanges, preloaded.records].map(
    (rows) => new Map(rows.map(({ id, data }) => [id, data] as const)),
  )
}

export interface Clash {
  readonly id: string
  readonly conflictId: string
  /** Who wrote what came late. */
  readonly late: Member
}

/** The owner's value is what everybody sees; that of somebody else came late and waits for a person. */
export async function clash(
  server: Server,
  wedding: string,
  table: string,
  base: Readonly<Record<string, unknown>>,
  first: Readonly<Record<string, unknown>>,
  second: Readonly<Record<string, unknown>>,
  late: Member = server.member('planner'),
): Promise<Clash> {
  const id = await newRecord(server, wedding, table, base)
  const clientVersion = String((await rowOf(server, wedding, id))?.version)
  await push(server, [{ table, id, data: first }])
  const options = { conflictResolution: 'manual' }
  const { conflicts } = await push(server, [{ table, id, data: second, clientVersion }], { options }, late)
  const conflictId = conflicts[0]?.conflict.conflictId
  if (conflictId === undefined) throw new Error('the two did not clash')
  return { id, conflictId, late }
}
