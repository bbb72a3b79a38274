/**
 * A client that has the keys, at a cloud that has none: it writes and decides over REST, two installs of the team (one a
 * process of its own) see the right merged result, and the database of the cloud holds nothing of what was written. On both kinds of PostgreSQL.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { PGlite } from '@electric-sql/pglite'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Api, batchOf, type OutgoingChange } from '../../../model/client/calls.ts'
import { createClient } from '../../../model/client/client.ts'
import { createSealedWriter, type SealedWriter } from '../../../model/client/sealedWriter.ts'
import { conflictQueue } from '../../../model/conflicts/queue.ts'
import { createClock } from '../../../model/merge/clock.ts'
import type { Data } from '../../../model/merge/edit.ts'
import { readSealed } from '../../../model/merge/envelope.ts'
import type { CausalRecord } from '../../../model/merge/record.ts'
import { ROUTES } from '../../../model/rest/routes.ts'
import { dryRunReply, type SyncReply, type SyncStrategy, syncReply } from '../../../model/rest/sync.ts'
import type { Role } from '../../../model/roles.ts'
import { sealingBorder } from '../../../model/sealing/border.ts'
import { createKeyRing } from '../../../model/sealing/keyRing.ts'
import { type Cloud, openCloud } from '../../../server/cloud/cloud.ts'
import { nodeAead } from '../../../server/identity/nodeAead.ts'
import { teamRoots } from '../../../server/identity/ownKeys.ts'
import { mintFor } from '../../../server/identity/token.ts'
import { type Install, openInstall } from '../../../server/install/install.ts'
import { mustBeOk } from '../../support/mustBeOk.ts'
import { eventually, serve } from '../../support/wedsync.ts'
import { findPostgres, type PostgresServer, startPostgres } from '../changes/postgresServer.ts'

interface Database {
  /** Where the cloud is to open it. */
  readonly place: { readonly dataDir: string } | { readonly databaseUrl: string }
  /** All of its rows, once nobody has it open any more. */
  rows(): Promise<string>
}

interface Caller {
  readonly api: Api
  readonly writer: SealedWriter
}

/** Words that occur nowhere else. */
const SECRETS = {
  wedding: 'Marguerite and Bartholomew',
  guest: 'Leonora Guestname',
  meal: 'saltless dumplings',
  allergy: 'walnut cake with rum',
  notes: 'must not sit near uncle Ferdinand',
  late: 'smoked mackerel',
  dropped: 'pickled artichokes',
  decided: 'candied chestnuts',
} as const

const USER_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"

async function rowsOf(query: (sql: string) => Promise<{ readonly rows: readonly unknown[] }>): Promise<string> {
  const texts: string[] = []
  for (const row of (await query(USER_TABLES)).rows) {
    const { tablename } = row as { tablename: string }
    texts.push(JSON.stringify((await query(`SELECT t::text FROM "${tablename}" t`)).rows))
  }
  return texts.join('\n')
}

/** Also as a text in base64 would hold it. */
function found(rows: string): readonly string[] {
  return Object.values(SECRETS).filter((secret) => {
    const inner = [0, 1, 2].map((shift) => {
      const encoded = Buffer.concat([Buffer.alloc(shift), Buffer.from(secret)]).toString('base64url')
      return encoded.slice(shift === 0 ? 0 : 4, -4)
    })
    return [secret, ...inner].some((text) => rows.includes(text))
  })
}

function sealedTeam(openDatabase: (folder: string) => Promise<Database>): void {
  const folder = mkdtempSync(join(tmpdir(), 'wedsync-sealed-rest-'))
  const wedding = randomUUID()
  const guest = randomUUID()
  let database: Database
  let cloud: Cloud
  let ana: Install
  /** The last that was opened is closed first. */
  const closers: (() => Promise<unknown>)[] = []
  let atAna: Api
  let atDesk: Api
  let planner: Caller

  function caller(role: Role, actor = randomBytes(8).toString('base64url')): Caller {
    const { team } = ana.identity
    const device = randomBytes(32).toString('base64url')
    const who = { team: team.id, user: randomUUID(), device, holder: 'browser', role, weddings: 'all' } as const
    const border = sealingBorder(createKeyRing({ roots: teamRoots(team), entries: [] }, nodeAead))
    const token = mintFor(who, team.privateKey ?? '', Date.now())
    return {
      api: createClient(ROUTES, { server: cloud.url, token, fetch }),
      writer: createSealedWriter({ border, actor, stamp: createClock(Date.now).next }),
    }
  }

  /** As the client has it, which may read what Ana's laptop holds. */
  async function held(id: string): Promise<CausalRecord> {
    const record = (await ana.store.changes.records([id])).get(id)
    if (!record) throw new Error(`no record ${id}`)
    return record
  }

  async function rowAt(api: Api, id: string) {
    const answer = await api.records({ params: { id: wedding } })
    return answer.ok ? answer.value.records.find((row) => row.id === id) : undefined
  }

  async function waitingAt(api: Api, id: string): Promise<readonly string[]> {
    const { conflicts } = mustBeOk(await api.conflicts())
    return conflicts.filter(({ recordId }) => recordId === id).map(({ conflictId }) => conflictId)
  }

  const rowAtCloud = (id: string) => rowAt(planner.api, id)

  async function send(
    { api }: Caller,
    changes: readonly OutgoingChange[],
    strategy: SyncStrategy = 'server_wins',
    options: { readonly dryRun?: true; readonly batchId?: string } = {},
  ) {
    const { dryRun, batchId = randomUUID() } = options
    const body = batchOf(changes, { now: new Date().toISOString(), batchId, strategy })
    return api.push({ body: { ...body, options: { ...body.options, ...(dryRun && { dryRun }) } } })
  }

  async function pushed(...call: Parameters<typeof send>): Promise<SyncReply> {
    return syncReply.parse(mustBeOk(await send(...call)))
  }

  /** Both installs come to show this of the record, or not to show it at all. */
  async function everywhere(id: string, data: Data | undefined): Promise<void> {
    for (const api of [atAna, atDesk]) {
      await eventually(
        'it has arrived',
        () => rowAt(api, id),
        (shown) =>
          data ? Object.keys(data).every((name) => isDeepStrictEqual(shown?.data[name], data[name])) : !shown,
      )
    }
  }

  async function waitsEverywhere(id: string, waiting: readonly string[]): Promise<void> {
    for (const api of [atAna, atDesk, planner.api]) {
      await eventually(
        `${waiting.length} wait`,
        () => waitingAt(api, id),
        (now) => isDeepStrictEqual(now, waiting),
      )
    }
  }

  /** Ana changes a guest, and the cloud hears of it. */
  async function anaWrites(id: string, data: Data): Promise<void> {
    const before = (await rowAtCloud(id))?.version
    const now = new Date().toISOString()
    const body = batchOf([{ action: 'update', table: 'guests', id, data }], { now, batchId: randomUUID() })
    expect(mustBeOk(await atAna.push({ body }))).toMatchObject({ failures: [], conflicts: [] })
    await eventually(
      'the cloud has it',
      () => rowAtCloud(id),
      (row) => row?.version !== before,
    )
  }

  async function newGuest(name: string): Promise<string> {
    const id = randomUUID()
    const data = { name, meal: 'soup', notes: 'n' }
    await pushed(planner, [mustBeOk(await planner.writer.create({ id, scope: wedding, table: 'guests', data }))])
    await everywhere(id, data)
    return id
  }

  beforeAll(async () => {
    database = await openDatabase(folder)
    cloud = mustBeOk(await openCloud({ ...database.place, port: 0, host: '127.0.0.1', log: () => undefined }))
    closers.unshift(() => cloud.stop())
    ana = mustBeOk(
      await openInstall({
        dataDir: join(folder, 'ana'),
        port: 0,
        pagesDir: folder,
        log: () => undefined,
        personName: 'Ana',
        discovery: false,
        keyProvider: () => randomBytes(32),
        cloud: { url: cloud.url, token: cloud.enrolToken },
      }),
    )
    closers.unshift(() => ana.stop())
    atAna = createClient(ROUTES, { server: ana.url, token: ana.identity.token, fetch })
    planner = caller('planner')
    await eventually(
      'the team seals',
      () =>
        send(planner, [{ action: 'update', table: 'guests', id: guest, data: {} }], 'server_wins', { dryRun: true }),
      (answer) => !answer.ok && answer.error.kind === 'refused' && answer.error.code === 'SEALED',
    )
    const { join: link } = mustBeOk(await atAna.createJoin({ body: { role: 'planner', via: 'cloud' } }))
    const desk = await serve(['device', '--data', join(folder, 'desk'), '--join', link])
    closers.unshift(() => desk.stop())
    atDesk = createClient(ROUTES, { server: desk.ready.url, token: desk.ready.token ?? '', fetch })
    // A database on the disk is begun, which takes long on a busy machine.
  }, 240_000)

  afterAll(async () => {
    for (const close of closers) await close()
    const rows = await database.rows()
    rmSync(folder, { recursive: true, force: true })
    // The search finds what is there: ids are open.
    expect(rows.includes(guest)).toBe(true)
    expect(found(rows), 'what people wrote, in the database of the cloud').toEqual([])
  })

  it('[SEA11] creates a wedding and a guest that every device opens, and the cloud reads as sealed', async () => {
    const { create } = planner.writer
    const weddingData = { name: SECRETS.wedding, date: '2027-06-12' }
    const data = { name: SECRETS.guest, meal: SECRETS.meal, notes: SECRETS.notes, allergies: [SECRETS.allergy, 'nuts'] }
    const changes = [
      mustBeOk(await create({ id: wedding, scope: wedding, table: 'weddings', data: weddingData })),
      mustBeOk(await create({ id: guest, scope: wedding, table: 'guests', data })),
    ]
    const reply = await pushed(planner, changes)
    expect(reply).toMatchObject({
      failures: [],
      conflicts: [],
      processed: [{ action: 'create' }, { action: 'create' }],
    })
    await everywhere(wedding, weddingData)
    await everywhere(guest, data)
    const row = await rowAtCloud(guest)
    expect(readSealed(row?.data.name)).toBeDefined()
    expect((await rowAtCloud(wedding))?.data.date).toBe('2027-06-12')
    const history = mustBeOk(await planner.api.history({ params: { id: guest } }))
    expect(
      history.entries.every(({ by }) => by !== null),
      'everybody knows whose the actor is',
    ).toBe(true)
  })

  it('[SEA11] the same batch is done once, and a dry run writes nothing', async () => {
    const before = await rowAtCloud(guest)
    const change = mustBeOk(await planner.writer.update(await held(guest), { seat: '12b' }))
    const trial = dryRunReply.parse(mustBeOk(await send(planner, [change], 'server_wins', { dryRun: true })))
    expect(trial.validation).toMatchObject({ valid: true, conflicts: [] })
    const newcomer = caller('planner')
    const other = mustBeOk(await newcomer.writer.update(await held(guest), { seat: '9' }))
    mustBeOk(await send(newcomer, [other], 'server_wins', { dryRun: true }))
    expect(await rowAtCloud(guest)).toEqual(before)

    const batchId = randomUUID()
    const first = await pushed(planner, [change], 'server_wins', { batchId })
    expect(first.processed).toMatchObject([{ action: 'update' }])
    expect(await pushed(planner, [change], 'server_wins', { batchId })).toEqual({ ...first, replayed: true })
    const again = await pushed(planner, [change])
    expect(again.failures[0]?.error).toMatch(/counter: Used before/)
    await everywhere(guest, { seat: '12b', meal: SECRETS.meal })
  })

  it('[SEA11] fields that nobody else touched apply, and with server_wins the others go to history', async () => {
    const id = await newGuest('Ida')
    const seen = await held(id)
    await anaWrites(id, { meal: SECRETS.late })
    const change = mustBeOk(await planner.writer.update(seen, { meal: SECRETS.dropped, side: 'bride' }))
    const reply = await pushed(planner, [change])
    expect(reply.processed).toMatchObject([{ action: 'update' }])
    expect(reply.conflicts).toMatchObject([
      { conflict: { conflictFields: ['meal'] }, resolution: { strategy: 'server_wins', applied: false } },
    ])
    await everywhere(id, { meal: SECRETS.late, side: 'bride' })
    const { entries } = mustBeOk(await planner.api.history({ params: { id } }))
    const meals = entries.filter(({ field }) => field === 'meal')
    expect(meals).toHaveLength(3)
    expect(meals.every(({ to }) => readSealed(to))).toBe(true)
  })

  it('[SEA11] client_wins supersedes what the client had not seen', async () => {
    const id = await newGuest('Jon')
    const seen = await held(id)
    await anaWrites(id, { meal: 'veal' })
    const change = mustBeOk(await planner.writer.update(seen, { meal: 'plums', notes: 'by the door' }))
    const reply = await pushed(planner, [change], 'client_wins')
    expect(reply.conflicts).toMatchObject([{ resolution: { strategy: 'client_wins', applied: true } }])
    await everywhere(id, { meal: 'plums', notes: 'by the door' })
    expect(conflictQueue([await held(id)])).toEqual([])
  })

  it.each(['manual', 'merge'] as const)(
    '[SEA11][SEA13] %s leaves it to a person on every device, and a decision sealed anew settles it',
    async (strategy) => {
      const id = await newGuest(`Kim ${strategy}`)
      const seen = await held(id)
      await anaWrites(id, { meal: 'beans' })
      const silent = await pushed(planner, [mustBeOk(await planner.writer.update(seen, { meal: 'lentils' }))], strategy)
      expect(silent.failures[0]?.error).toMatch(/edit\.ask: Required/)
      const asking = mustBeOk(await planner.writer.update(seen, { meal: 'lentils' }, { ask: true }))
      const reply = await pushed(planner, [asking], strategy)
      expect(reply).toMatchObject({ failures: [], conflicts: [{ resolution: { applied: false } }] })
      const conflictId = reply.conflicts[0]?.conflict.conflictId ?? ''
      await waitsEverywhere(id, [conflictId])

      const [entry] = conflictQueue([await held(id)])
      if (!entry) throw new Error('nothing waits')
      const open = { conflictId: entry.conflictId, resolution: { strategy: 'use_client' } } as const
      expect(await planner.api.resolve({ body: open })).toMatchObject({
        ok: false,
        error: { status: 409, code: 'SEALED' },
      })
      const merged = { strategy: 'merge_manual', mergedData: { meal: SECRETS.decided } } as const
      expect(
        await planner.api.resolve({ body: { conflictId: entry.conflictId, resolution: merged } }),
        'in the open',
      ).toMatchObject({ ok: false, error: { status: 409, code: 'SEALED' } })

      const isManual = strategy === 'manual'
      const decision = isManual ? merged : ({ strategy: 'use_client' } as const)
      const body = mustBeOk(await planner.writer.decide(entry, decision))
      const other = mustBeOk(await planner.writer.decide(entry, { strategy: 'use_server' }))
      const mixed = { ...body, resolution: { ...body.resolution, edit: other.resolution.edit } }
      expect(await planner.api.resolve({ body: mixed }), 'the dots are not those of the edit').toMatchObject({
        ok: false,
        error: { status: 400 },
      })
      const relabelled = { ...other, resolution: { ...other.resolution, strategy: 'use_client' } } as const
      expect(await planner.api.resolve({ body: relabelled }), 'sealed as another decision').toMatchObject({
        ok: false,
        error: { status: 400 },
      })
      expect(mustBeOk(await planner.api.resolve({ body })).resolution).toMatchObject({ applied: true, serverId: id })
      await everywhere(id, { meal: isManual ? SECRETS.decided : 'lentils' })
      await waitsEverywhere(id, [])
      expect(await planner.api.resolve({ body })).toMatchObject({ ok: false, error: { status: 404 } })
    },
  )

  it('[SEA13] a deletion waits beside what it had not seen, and whether the record stays needs no key', async () => {
    const id = await newGuest('Lou')
    const seen = await held(id)
    await anaWrites(id, { meal: 'leeks' })
    const gone = mustBeOk(await planner.writer.delete(seen))
    const reply = await pushed(planner, [gone], 'client_wins')
    expect(reply.conflicts).toMatchObject([
      { conflict: { conflictType: 'delete_conflict' }, resolution: { applied: false } },
    ])
    const conflictId = reply.conflicts[0]?.conflict.conflictId ?? ''
    mustBeOk(await planner.api.resolve({ body: { conflictId, resolution: { strategy: 'use_server' } } }))
    await waitsEverywhere(id, [])
    await everywhere(id, { meal: 'leeks' })

    const clean = mustBeOk(await planner.writer.delete(await held(id)))
    expect((await pushed(planner, [clean])).processed).toMatchObject([{ action: 'delete' }])
    await everywhere(id, undefined)
    const back = mustBeOk(await planner.writer.update(await held(id), { meal: 'figs' }))
    expect((await pushed(planner, [back], 'client_wins')).processed).toMatchObject([{ action: 'resolved' }])
    await everywhere(id, { meal: 'figs' })
  })

  it('[SEA12] takes nothing in the open, and nothing by an actor of somebody else', async () => {
    const before = await rowAtCloud(guest)
    const record = await held(guest)
    const seat = mustBeOk(await planner.writer.update(record, { seat: '1' }))
    const open: OutgoingChange = { action: 'update', table: 'guests', id: guest, data: { seat: '2' } }
    const half: OutgoingChange = { ...seat, data: { ...seat.data, meal: 'open' } }
    const dressed: OutgoingChange = { ...seat, data: { ...seat.data, meal: { $plain: 'open', dot: 'x' } } }
    for (const changes of [
      [open],
      [seat, open],
      [half],
      [dressed],
      [{ ...open, action: 'delete' as const, data: {} }],
    ]) {
      expect(await send(planner, changes)).toMatchObject({ ok: false, error: { status: 409, code: 'SEALED' } })
    }

    // Under the actor of an install, and under that of another caller of the same person's role.
    const installs = [...(record.units.get('open')?.vector.keys() ?? [])]
    expect(installs.length).toBeGreaterThan(0)
    for (const actor of installs) {
      const thief = caller('planner', actor)
      const change = mustBeOk(await thief.writer.update(record, { seat: '3' }))
      expect(await send(thief, [change])).toMatchObject({ ok: false, error: { status: 403 } })
      expect(await send(thief, [change], 'server_wins', { dryRun: true })).toMatchObject({ ok: false })
    }
    for (const role of ['viewer', 'vendor', 'photographer'] as const) {
      const little = caller(role)
      const change = mustBeOk(await little.writer.update(record, { seat: '4' }))
      expect(await send(little, [change]), role).toMatchObject({ ok: false, error: { status: 403 } })
    }
    expect(await planner.api.undoDecision({ params: { conflictId: randomUUID() } })).toMatchObject({
      ok: false,
      error: { status: 409, code: 'SEALED' },
    })
    expect(await rowAtCloud(guest)).toEqual(before)
  })

  it('[SEA12] refuses by item what is not put together well, and by call what is no edit at all', async () => {
    const record = await held(guest)
    const good = mustBeOk(await planner.writer.update(record, { seat: '5' }))
    const { edit } = good
    if (!edit) throw new Error('a sealed change has its edit')
    const value = Object.values(good.data)[0]
    const broken: readonly (readonly [Partial<OutgoingChange>, RegExp])[] = [
      [{ data: {} }, /Nothing to write/],
      [{ data: { $created: { $plain: true, dot: `${edit.actor}:9` } } }, /Not possible/],
      [{ data: { 'seat/x': value } }, /has no members/],
      [{ data: { '~2seat': value } }, /Not the one|not a possible|Not a possible/],
      [{ data: { seat: { ...(value as object), dot: `${edit.actor}:99` } } }, /dot: Not the one of the edit/],
      [{ data: { seat: { $sealed: { keyId: 'x', data: '' }, dot: '' } } }, /Not a sealed value/],
      [{ edit: { ...edit, base: 'inner' } }, /edit\.(base|units)/],
      [{ edit: { ...edit, units: {} } }, /edit\.units\.open: Required/],
      [{ edit: { ...edit, decided: { conflictId: randomUUID(), strategy: 'skip' } } }, /decided/],
      [{ table: 'nowhere' }, /Unknown table/],
    ]
    for (const [part, words] of broken) {
      const answer = await send(planner, [{ ...good, ...part }])
      const { failures, processed } = syncReply.parse(mustBeOk(answer))
      expect(processed, String(words)).toEqual([])
      expect(failures[0]?.error).toMatch(words)
    }
    const noEdit = { ...edit, stamp: 'yesterday' }
    expect(await send(planner, [{ ...good, edit: noEdit }])).toMatchObject({ ok: false, error: { status: 400 } })
    expect((await pushed(planner, [good])).failures).toEqual([])
  })
}

describe('a client with the keys, at a cloud on the embedded PostgreSQL', () => {
  sealedTeam(async (folder) => ({
    place: { dataDir: join(folder, 'cloud') },
    async rows() {
      const database = await PGlite.create(join(folder, 'cloud'))
      const rows = await rowsOf((sql) => database.query(sql))
      await database.close()
      return rows
    },
  }))
})

const program = findPostgres()
if (!program.ok) console.warn(`skipped: the same on a PostgreSQL server: ${program.error}`)

describe.skipIf(!program.ok)('a client with the keys, at a cloud on a PostgreSQL server', () => {
  let server: PostgresServer | undefined
  afterAll(() => server?.stop())

  sealedTeam(async () => {
    server = await startPostgres(mustBeOk(program))
    const databaseUrl = await server.createDatabase()
    return {
      place: { databaseUrl },
      async rows() {
        const client = new pg.Client({ connectionString: databaseUrl })
        await client.connect()
        const rows = await rowsOf((sql) => client.query(sql))
        await client.end()
        return rows
      },
    }
  })
})
