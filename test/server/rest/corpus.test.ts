/**
 * Situations of the corpus (`test/corpus/conflicts`) as clients live through them: people post their edits to the REST API of
 * the laptop that they can reach, two laptops sync, and both must show and ask what the corpus says.
 *
 * `WEDSYNC_CORPUS=all` plays all that two laptops can play (some 350, minutes) instead of a choice of 30.
 */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { conflictsReply } from '../../../model/rest/conflicts.ts'
import { recordsReply } from '../../../model/rest/records.ts'
import { ok } from '../../../model/result.ts'
import type { Role } from '../../../model/roles.ts'
import { TRUSTED } from '../../../model/sync/rules.ts'
import { startSession } from '../../../model/sync/session.ts'
import { fieldOf, tableNamed, WEDDING_TABLES } from '../../../model/tables/index.ts'
import { nodeScheduler } from '../../../server/sync/nodeScheduler.ts'
import { type Move, readCorpus, type Situation } from '../../model/conflicts/corpus.ts'
import { createPipe, type Side } from '../../support/pipe.ts'
import {
  ana,
  ben,
  call,
  couple,
  create,
  createWedding,
  get,
  type Member,
  moment,
  photographer,
  push,
  startServer,
  TEAM,
  type TestServer,
  update,
} from './support.ts'

const ONLY = 'it'
const SHORT_FORM = 30
const ZONE = 'Atlantic/Reykjavik'
const SYNC_MS = 60_000

const playable = readCorpus().filter(isPlayable)
const step = process.env.WEDSYNC_CORPUS === 'all' ? 1 : Math.ceil(playable.length / SHORT_FORM)
/** Evenly from all themes. */
const situations = playable.filter((_, n) => n % step === 0)

let laptops: readonly [TestServer, TestServer]
beforeAll(async () => {
  laptops = [await startServer(), await startServer()]
})
afterAll(async () => {
  for (const laptop of laptops) await laptop.close()
})

describe('two laptops, each with people who post to its API', () => {
  it('are given enough to do', () => {
    expect(playable.length).toBeGreaterThan(300)
    expect(situations.length).toBeGreaterThan(SHORT_FORM / 2)
    expect(new Set(situations.map(({ theme }) => theme)).size).toBeGreaterThan(8)
  })

  it.each(situations.map((situation) => [situation.title, situation] as const))('%s', async (_title, situation) => {
    const { expected, table } = situation
    const { wedding, id } = await begin(situation)
    await sync(wedding)
    const people = [...new Set(situation.edits.map(({ who }) => who))]
    for (const move of situation.edits.toSorted((a, b) => a.at - b.at)) {
      if (move.saw) await sync(wedding)
      await moment()
      await post(laptopOf(people.indexOf(move.who)), wedding, { table, id }, move)
    }
    await sync(wedding)
    for (const laptop of laptops) {
      const shown = await rowOf(laptop, wedding, id)
      for (const [field, value] of Object.entries(expected.visible[ONLY] ?? {})) {
        expect([field, plain(table, field, shown?.data[field])]).toEqual([field, plain(table, field, value)])
      }
      for (const [field, pieces] of Object.entries(expected.contains)) {
        for (const piece of pieces) expect(shown?.data[field]).toContain(piece)
      }
      expect(shown?.deleted ?? false).toBe(expected.deleted.includes(ONLY))
      const { conflicts } = await get(laptop, conflictsReply, `/conflicts?weddingId=${wedding}`)
      const asked = conflicts.flatMap(({ fields }) => fields.map((field) => `${ONLY}.${nameOf(field)}`))
      expect(asked.sort()).toEqual(expected.asks)
      for (const { message } of conflicts) expect(message).toMatch(/^\S.+[.]$/)
    }
  })
})

describe('[CON4] a decision made on one laptop', () => {
  it('and another one on the other at the same time are the same conflict again on both, and can be decided', async () => {
    const { wedding, id, conflictId } = await clash()
    await decide(laptopOf(0), conflictId, 'use_client')
    await decide(laptopOf(1), conflictId, 'use_server')
    expect(await waiting(wedding)).toEqual([[], []])
    await sync(wedding)
    expect(await waiting(wedding)).toEqual([[conflictId], [conflictId]])
    for (const laptop of laptops) expect(await valuesOf(laptop, wedding)).toEqual([EARLY, LATE])
    await decide(laptopOf(1), conflictId, 'merge_manual', { startTime: BETWEEN })
    await sync(wedding)
    expect(await waiting(wedding)).toEqual([[], []])
    for (const laptop of laptops) expect((await rowOf(laptop, wedding, id))?.data.startTime).toBe(BETWEEN)
  })

  it('[CON7] is taken back on the other one, from its history, and waits on both', async () => {
    const { wedding, conflictId } = await clash()
    await decide(laptopOf(0), conflictId, 'use_client')
    await sync(wedding)
    expect(await waiting(wedding)).toEqual([[], []])
    const undone = await call(laptopOf(1), `/conflicts/${conflictId}/undo`, { method: 'POST', as: ben, body: {} })
    expect([undone.status, undone.body]).toEqual([200, { success: true, conflictId, status: 'pending' }])
    await sync(wedding)
    expect(await waiting(wedding)).toEqual([[conflictId], [conflictId]])
    for (const laptop of laptops) expect(await valuesOf(laptop, wedding)).toEqual([EARLY, LATE])
  })

  it('[CON8] for similar ones too settles them on both, and none of another wedding', async () => {
    const other = await clash()
    const { wedding, conflictId } = await clash(3)
    expect((await waiting(wedding)).map((ids) => ids.length)).toEqual([3, 3])
    const reply = await decide(laptopOf(0), conflictId, 'use_client', undefined, true)
    expect(reply).toMatchObject({ resolution: { similarConflictsResolved: 2 } })
    await sync(wedding)
    expect(await waiting(wedding)).toEqual([[], []])
    expect(await waiting(other.wedding)).toEqual([[other.conflictId], [other.conflictId]])
  })
})

const EARLY = '2026-06-13T15:10:00Z'
const BETWEEN = '2026-06-13T15:20:00Z'
const LATE = '2026-06-13T15:30:00Z'

/** Ana and Ben, each on a laptop, moved the same items. Returns the last of them. */
async function clash(items = 1): Promise<{ wedding: string; id: string; conflictId: string }> {
  const wedding = await newWedding()
  const ids: string[] = []
  for (let n = 0; n < items; n++) ids.push(await create(laptopOf(0), wedding, 'timeline_items', { title: `Item ${n}` }))
  await sync(wedding)
  for (const id of ids) {
    await update(laptopOf(0), 'timeline_items', id, { startTime: EARLY })
    await moment()
    await update(laptopOf(1), 'timeline_items', id, { startTime: LATE }, { batch: { as: ben } })
  }
  await sync(wedding)
  const id = ids.at(-1) ?? ''
  const { conflicts } = await get(laptopOf(0), conflictsReply, `/conflicts?weddingId=${wedding}`)
  const conflictId = conflicts.find(({ recordId }) => recordId === id)?.conflictId
  if (conflictId === undefined) throw new Error('the two did not clash')
  return { wedding, id, conflictId }
}

async function decide(
  laptop: TestServer,
  conflictId: string,
  strategy: string,
  mergedData?: Record<string, unknown>,
  applyToSimilar = false,
): Promise<unknown> {
  const resolution = { strategy, applyToSimilar, ...(mergedData && { mergedData }) }
  const body = { conflictId, resolution }
  const reply = await call(laptop, '/sync/resolve', { method: 'PUT', as: ana, body })
  if (reply.status !== 200) throw new Error(`PUT /sync/resolve answered ${reply.status}: ${reply.text}`)
  return reply.body
}

/** Ids of what waits on each laptop. */
async function waiting(wedding: string): Promise<readonly (readonly string[])[]> {
  return Promise.all(
    laptops.map(async (laptop) => {
      const { conflicts } = await get(laptop, conflictsReply, `/conflicts?weddingId=${wedding}`)
      return conflicts.map(({ conflictId }) => conflictId)
    }),
  )
}

async function valuesOf(laptop: TestServer, wedding: string): Promise<readonly unknown[]> {
  const { conflicts } = await get(laptop, conflictsReply, `/conflicts?weddingId=${wedding}`)
  return conflicts.flatMap(({ values }) => values.map(({ value }) => value)).sort()
}

async function rowOf(laptop: TestServer, wedding: string, id: string) {
  const { records } = await get(laptop, recordsReply, `/weddings/${wedding}/records?limit=500&deleted=true`)
  return records.find((record) => record.id === id)
}

/**
 * One record, two people at most, and no two edits in the same minute, where a tie between clocks decides. Records of the team
 * and actions have no form in `POST /sync`.
 */
function isPlayable({ table, records, edits }: Situation): boolean {
  return (
    Object.keys(records).length === 1 &&
    ONLY in records &&
    WEDDING_TABLES.includes(table) &&
    new Set(edits.map(({ who }) => who)).size === 2 &&
    new Set(edits.map(({ at }) => at)).size === edits.length &&
    edits.every(({ operation }) => operation === undefined)
  )
}

function laptopOf(person: number): TestServer {
  return laptops[person % 2 === 0 ? 0 : 1]
}

async function newWedding(data: Record<string, unknown> = {}): Promise<string> {
  const id = await createWedding(laptopOf(0), { timezone: ZONE, ...data })
  // A laptop learns from its team, not from a record, that a wedding is its own.
  await laptopOf(1).store.claimScopes(TEAM, [id])
  return id
}

async function begin({ table, records }: Situation): Promise<{ wedding: string; id: string }> {
  const base = { ...records[ONLY] }
  if (table === 'weddings') {
    const wedding = await newWedding(base)
    return { wedding, id: wedding }
  }
  const wedding = await newWedding()
  return { wedding, id: await create(laptopOf(0), wedding, table, base) }
}

/** What vendors may write of their own rows is not in a role yet: planners write it down for them. */
const PLAYERS: Readonly<Record<Role, Member>> = {
  owner: ana,
  planner: ben,
  couple,
  photographer,
  vendor: ben,
  viewer: ben,
}

async function post(
  laptop: TestServer,
  wedding: string,
  { table, id }: { readonly table: string; readonly id: string },
  { set, role }: Move,
): Promise<void> {
  const change = set[ONLY]
  const action = change === 'delete' ? 'delete' : 'update'
  const data = typeof change === 'object' ? change : {}
  const row = await rowOf(laptop, wedding, id)
  // Whoever edits what is deleted says that they know it.
  const known = action === 'update' && row?.deleted ? { clientVersion: String(row.version) } : {}
  const { failures, conflicts } = await push(laptop, {
    changes: [{ action, table, id, data, ...known }],
    as: PLAYERS[role],
    batchId: randomUUID(),
  })
  // Each has seen all that is on their own laptop.
  expect([failures, conflicts]).toEqual([[], []])
}

/** A session between the two, until both agree on the wedding. */
async function sync(wedding: string): Promise<void> {
  const pipe = createPipe({ auto: true })
  let look = (): void => undefined
  const start = (side: Side, { store }: TestServer) =>
    startSession({
      transport: pipe[side],
      scheduler: nodeScheduler,
      changes: store.changes,
      state: store.state,
      caller: side === 'caller',
      self: { deviceId: side, deviceName: side, team: TEAM, token: side },
      accept: async () => ok({ ...TRUSTED, mayEnter: (scope) => scope === wedding }),
      priority: () => 0,
      onProgress: () => look(),
    })
  const sessions = [start('called', laptopOf(1)), start('caller', laptopOf(0))]
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('the laptops did not agree in time')), SYNC_MS)
      look = async () => {
        const progress = await Promise.all(sessions.map((session) => session.progress(wedding)))
        if (!progress.every((each) => each?.equal && each.waiting === 0 && each.incoming === 0)) return
        clearTimeout(timer)
        resolve()
      }
      look()
    })
  } finally {
    for (const session of sessions) session.close()
    await Promise.all(sessions.map(({ atRest }) => atRest))
  }
}

function nameOf(field: string): string {
  return field === '$deleted' ? 'existence' : field
}

/** Members of a set in any order. */
function plain(table: string, field: string, value: unknown): unknown {
  const isSet = fieldOf(tableNamed(table), field).policy === 'set'
  return isSet && Array.isArray(value) ? value.map(String).sort() : value
}
