/**
 * A server with many records, in a process of its own, so that what its clients use is not counted as its own. It tells its
 * parent where it is, and stops when the parent is gone.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { createClock } from '../../model/merge/clock.ts'
import { createRecord } from '../../model/merge/edit.ts'
import type { ChangeStore } from '../../model/sync/changeStore.ts'
import { openPostgresStore } from '../../server/changes/postgres.ts'
import { openCloud } from '../../server/cloud/cloud.ts'
import { createTeamKeys, mintFor } from '../../server/identity/token.ts'
import { ENROL_PATH } from '../../server/install/calls.ts'
import { openInstall } from '../../server/install/install.ts'

const WEDDINGS = 100
const BATCH = 500

/** What the parent is told. */
export interface Serving {
  readonly url: string
  readonly weddings: readonly string[]
  readonly tokens: readonly string[]
}

interface Team {
  readonly id: string
  readonly privateKey: string
}

async function fill(changes: ChangeStore, names: readonly string[]): Promise<void> {
  const clock = createClock(Date.now)
  const actor = randomBytes(8).toString('base64url')
  const perWedding = Number(records) / WEDDINGS
  const create = (scope: string, id: string, table: string, data: Readonly<Record<string, unknown>>) => ({
    record: createRecord({ id, scope, table, data }, { actor, stamp: clock.next() }),
  })
  for (const [n, scope] of names.entries()) {
    const data = { name: `Wedding ${n}`, date: '2027-06-12', timezone: 'Europe/Lisbon' }
    await changes.update([scope], () => [create(scope, scope, 'weddings', data)])
    for (let made = 0; made < perWedding; made += BATCH) {
      const ids = Array.from({ length: Math.min(BATCH, perWedding - made) }, () => randomUUID())
      const writes = ids.map((id, i) => create(scope, id, 'guests', { name: `Guest ${made + i}`, notes: 'Aisle seat' }))
      await changes.update(ids, () => writes)
    }
  }
}

/** A client that is alone and only reads asks more often than the server answers one token. */
const LEAST_TOKENS = 10

function tokensOf({ id, privateKey }: Team, count: number): readonly string[] {
  return Array.from({ length: count }, () => {
    const device = randomBytes(32).toString('base64url')
    const who = { team: id, user: randomUUID(), device, holder: 'browser', role: 'planner', weddings: 'all' } as const
    return mintFor(who, privateKey, Date.now())
  })
}

async function serveSqlite(folder: string, weddings: readonly string[], clients: number): Promise<Serving> {
  const opened = await openInstall({
    dataDir: join(folder, 'install'),
    port: 0,
    pagesDir: folder,
    log: () => undefined,
    discovery: false,
    // The first one would be made while the first rows are measured.
    keepBackups: 0,
    keyProvider: () => randomBytes(32),
  })
  if (!opened.ok) throw new Error(JSON.stringify(opened.error))
  const { url, store, identity } = opened.value
  await fill(store.changes, weddings)
  const team = { id: identity.team.id, privateKey: identity.team.privateKey ?? '' }
  return { url, weddings, tokens: tokensOf(team, Math.max(clients, LEAST_TOKENS)) }
}

async function servePostgres(databaseUrl: string, weddings: readonly string[], clients: number): Promise<Serving> {
  const { publicKey, privateKey } = createTeamKeys()
  const team = { id: randomUUID(), privateKey }
  const opened = await openCloud({ databaseUrl, port: 0, host: '127.0.0.1', log: () => undefined })
  if (!opened.ok) throw new Error(JSON.stringify(opened.error))
  const { url, enrolToken } = opened.value
  const reply = await fetch(`${url}${ENROL_PATH}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${enrolToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ team: { id: team.id, publicKey } }),
  })
  if (reply.status !== 200) throw new Error(await reply.text())
  const store = await openPostgresStore({ databaseUrl })
  await store.claimScopes(team.id, weddings)
  await fill(store.changes, weddings)
  await store.close()
  return { url, weddings, tokens: tokensOf(team, Math.max(clients, LEAST_TOKENS)) }
}

const [kind = '', where = '', clients = '1', records = '0'] = process.argv.slice(2)
process.on('disconnect', () => process.exit(0))
process.on('message', () => {
  // Of this thread: a backup that is made meanwhile, in a thread of its own, is no request's cost.
  const { user, system } = process.threadCpuUsage()
  process.send?.({ processorMs: (user + system) / 1_000 })
})
const weddings = Array.from({ length: WEDDINGS }, () => randomUUID())
const serve = kind === 'postgres' ? servePostgres : serveSqlite
process.send?.(await serve(where, weddings, Number(clients)))
