/**
 * What the cloud gets to see: a hub and a studio desktop that meet only there, over a line that is tapped. Nothing that
 * people wrote is found on the line or in the database of the cloud, and the desktop has all of it.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  eventually,
  type Rest,
  rest,
  runningServers,
  type Server,
  temporaryFolders,
  wedsync,
} from '../support/wedsync.ts'
import { openWireTap, type WireTap } from '../support/wireTap.ts'

const GUESTS = 40
const FIELDS = 5
const DATE = '2027-06-12'

const folders = temporaryFolders()
const { up, down, killAll } = runningServers()
let cloud: Server
let hub: Server
let owner: Rest
let tap: WireTap
const weddingId = crypto.randomUUID()
const groupId = crypto.randomUUID()

/** Values that occur nowhere else, each longer than what chance would make. */
function secretsOf(n: number): Record<'name' | 'phone' | 'meal' | 'notes' | 'allergy', string> {
  const number = String(n).padStart(3, '0')
  return {
    name: `Leonora Guestname ${number}`,
    phone: `+351 912 555 ${number}`,
    meal: `saltless meal of ${number}`,
    notes: `must not sit near uncle ${number}`,
    allergy: `walnut cake no. ${number}`,
  }
}

const guests = Array.from({ length: GUESTS }, (_, n) => ({ id: crypto.randomUUID(), ...secretsOf(n) }))
const SECRETS = guests.flatMap(({ id, ...secrets }) => Object.values(secrets))
const OTHERS = ['Marguerite & Bartholomew', 'Quincy the photographer', 'Hana the owner', 'Group of the aunts']

const records = z.object({ records: z.array(z.object({ id: z.string(), data: z.record(z.string(), z.unknown()) })) })
const weddingsReply = z.object({
  weddings: z.array(
    z.object({
      id: z.string(),
      name: z.unknown(),
      date: z.unknown(),
      digest: z.string(),
      records: z.number(),
      complete: z.boolean(),
      quarantined: z.number(),
    }),
  ),
})

async function push(
  api: Rest,
  changes: readonly Record<string, unknown>[],
): Promise<{ status: number; body: unknown }> {
  const timestamp = new Date().toISOString()
  return api.send('POST', 'sync', {
    changes: changes.map((change) => ({ timestamp, ...change })),
    lastSyncTime: timestamp,
    batchId: crypto.randomUUID(),
    options: { conflictResolution: 'client_wins' },
  })
}

async function theWedding(api: Rest) {
  return weddingsReply.parse((await api.get('weddings')).body).weddings.find(({ id }) => id === weddingId)
}

async function rows(api: Rest, table: string) {
  const { body } = await api.get(`weddings/${weddingId}/records?table=${table}&limit=500`)
  return new Map(records.parse(body).records.map(({ id, data }) => [id, data]))
}

/** A text as it is, and within base64 at each of the three places where it may begin. */
function spellings(text: string): readonly string[] {
  const shifted = [0, 1, 2].map((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), Buffer.from(text)]).toString('base64url')
    // The first and the last characters also hold bits of what stands beside the text.
    return encoded.slice(shift === 0 ? 0 : 4, -4)
  })
  return [text, JSON.stringify(text).slice(1, -1), ...shifted]
}

function found(texts: readonly string[], secrets: readonly string[]): readonly string[] {
  const all = texts.join('\n')
  return secrets.filter((secret) => spellings(secret).some((text) => all.includes(text)))
}

async function dumpOf(folder: string): Promise<readonly string[]> {
  const database = await PGlite.create(folder)
  const tables = await database.query<{ tablename: string }>(
    "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
  )
  const dumps: string[] = []
  for (const { tablename } of tables.rows) {
    dumps.push(JSON.stringify((await database.query(`SELECT t::text FROM "${tablename}" t`)).rows))
  }
  await database.close()
  return dumps
}

/** Also what was deleted, and the write-ahead log. */
function filesOf(folder: string): readonly string[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return files.map((entry) => readFileSync(join(entry.parentPath, entry.name)).toString('latin1'))
}

beforeAll(async () => {
  cloud = await up(['cloud', '--data', folders.make('cloud')])
  tap = await openWireTap(cloud.ready.url)
  hub = await up([
    ...['hub', '--data', folders.make('hub'), '--lan-host', '127.0.0.1', '--name', 'Hana the owner'],
    ...['--cloud', tap.url, '--cloud-token', cloud.ready.enrol ?? ''],
  ])
  owner = rest(hub.ready.url, hub.ready.token)
  const wedding = { name: 'Marguerite & Bartholomew', date: DATE }
  expect((await push(owner, [{ action: 'create', table: 'weddings', id: weddingId, data: wedding }])).status).toBe(200)
  const changes = guests.map(({ id, allergy, ...data }) => ({
    action: 'create',
    table: 'guests',
    id,
    data: { wedding_id: weddingId, ...data, allergies: [allergy, 'peanuts'] },
  }))
  const group = {
    wedding_id: weddingId,
    name: 'Group of the aunts',
    people: guests.slice(0, 9).map(({ name }) => name),
  }
  const more = { action: 'create', table: 'photo_groups', id: groupId, data: group }
  expect((await push(owner, [...changes, more])).status).toBe(200)
  await eventually(
    'the cloud has it',
    () => theWedding(owner),
    (state) => state?.complete === true,
  )
})

afterAll(async () => {
  await killAll()
  await tap.close()
  folders.cleanUp()
})

describe('a wedding in the cloud', () => {
  it('[INV9] is merged there and read on a desktop that joined there, and the cloud could read none of it', async () => {
    const invitation = await owner.send('POST', 'hub/joins', { role: 'planner', via: 'cloud' })
    const { join: link } = z.object({ join: z.string() }).parse(invitation.body)
    expect(link).toMatch(/^wedsync:\/\/join\?cloud=/)
    const desk = await up([
      'device',
      '--data',
      folders.make('desk'),
      '--join',
      link,
      '--name',
      'Quincy the photographer',
    ])
    const api = rest(desk.ready.url, desk.ready.token)
    await eventually(
      'the desktop has it',
      () => theWedding(api),
      (state) => state?.complete === true && state.records === GUESTS + 2,
    )

    // Both edit, also one field at once, and meet only in the cloud.
    const [first, second] = guests
    const edits = (meal: string, more: object) => [
      { action: 'update', table: 'guests', id: first?.id, data: { meal } },
      { action: 'update', table: 'guests', id: second?.id, data: more },
    ]
    await Promise.all([push(owner, edits('fish', { tableNumber: 7 })), push(api, edits('fowl', { seat: '12b' }))])
    await push(api, [{ action: 'update', table: 'photo_groups', id: groupId, data: { people: ['Aunt Wilhelmina'] } }])
    await push(owner, [{ action: 'delete', table: 'guests', id: guests[2]?.id, data: {} }])
    const settled = await eventually(
      'both are equal',
      async () => [await theWedding(owner), await theWedding(api)],
      ([a, b]) => a?.digest === b?.digest && a?.complete === true && b?.complete === true && a.records === GUESTS + 1,
    )
    const [atHub, atDesk] = [await rows(owner, 'guests'), await rows(api, 'guests')]
    expect(atDesk).toEqual(atHub)
    expect(atHub.get(second?.id ?? '')).toMatchObject({ name: second?.name, tableNumber: 7, seat: '12b' })
    expect(['fish', 'fowl']).toContain(atHub.get(first?.id ?? '')?.meal)
    expect(atHub.get(guests[5]?.id ?? '')).toMatchObject({
      notes: guests[5]?.notes,
      allergies: [guests[5]?.allergy, 'peanuts'],
    })
    expect((await rows(owner, 'photo_groups')).get(groupId)).toMatchObject({ people: ['Aunt Wilhelmina'] })
    expect(settled.map((state) => state?.quarantined)).toEqual([0, 0])

    // The cloud's own view: counts, dates and digests, and values that stay sealed.
    const atCloud = rest(cloud.ready.url, hub.ready.token)
    expect(await theWedding(atCloud)).toMatchObject({ name: { $sealed: {} }, date: DATE, digest: settled[0]?.digest })
    const sealed = (await rows(atCloud, 'guests')).get(second?.id ?? '')
    expect(sealed).toMatchObject({ name: { $sealed: { keyId: '0' } }, allergies: [{ $sealed: {} }, { $sealed: {} }] })
    const refused = await push(atCloud, [{ action: 'update', table: 'guests', id: first?.id, data: { meal: 'open' } }])
    expect(refused).toMatchObject({ status: 409, body: { code: 'SEALED' } })

    const again = await wedsync(['device', '--data', folders.make('late'), '--join', link, '--json'])
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('used already')])

    const used = [...SECRETS, ...OTHERS, 'Aunt Wilhelmina']
    expect(SECRETS).toHaveLength(GUESTS * FIELDS)
    // The tap hears what is open, so it would have heard the rest.
    expect(found(tap.said, [DATE, weddingId])).toHaveLength(2)
    expect(found(tap.said, used)).toEqual([])
    for (const server of [desk, hub, cloud]) await down(server)
    const folder = join(folders.make('cloud'), 'postgres')
    const dump = await dumpOf(folder)
    expect(found(dump, [DATE, weddingId])).toHaveLength(2)
    expect(found(dump, used)).toEqual([])
    expect(found(filesOf(folder), used)).toEqual([])
    // The same search finds what is there: in the open form of these records, without a deleted guest and a changed meal.
    const open = JSON.stringify([...atDesk.values(), 'Aunt Wilhelmina', ...OTHERS])
    expect(found([open], used)).toHaveLength(used.length - FIELDS - 1)
  })

  it('comes back from the words of a recovery kit and the cloud alone', async () => {
    cloud = await up(['cloud', '--data', folders.make('cloud'), '--port', new URL(cloud.ready.url).port])
    const made = await wedsync(['recovery', '--data', folders.make('hub'), '--json'])
    const { words, atCloud } = z.object({ words: z.string(), atCloud: z.boolean() }).parse(JSON.parse(made.stdout))
    expect([words.split(' ').length, atCloud]).toEqual([24, true])
    const recover = (name: string, said: string) => [
      ...['device', '--data', folders.make(name), '--cloud', tap.url, '--recover', said],
    ]
    const back = await up(recover('back', words.toUpperCase()))
    const api = rest(back.ready.url, back.ready.token)
    await eventually(
      'everything is back',
      () => theWedding(api),
      (state) => state?.complete === true && state.records === GUESTS + 1,
    )
    expect((await rows(api, 'guests')).get(guests[5]?.id ?? '')).toMatchObject({ name: guests[5]?.name })
    expect(found(tap.said, [words])).toEqual([])
    expect(tap.said.some((text) => words.split(' ').every((word) => text.includes(word)))).toBe(false)

    const otherWords = `${'abandon '.repeat(23)}art`
    const [unknown, slip] = [
      await wedsync([...recover('none', otherWords), '--json']),
      await wedsync(recover('slip', `${words} x`)),
    ]
    expect([unknown.code, slip.code]).toEqual([1, 2])
    expect(unknown.stderr).toMatch(/No team|404/)
    expect(slip.stderr).toMatch(/--recover takes the 24 words/)
    expect(slip.stderr).not.toContain(words)
    for (const server of [back, cloud]) await down(server)
  })
})
