/** Who caters reads the guests with their diets: over sync, proved by digests, and as the type of the vendor's row says. */
import { v5 as uuidv5 } from 'uuid'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ACTOR_RECORDS } from '../../../model/database/actorRecords.ts'
import { createRecord, type Data, deleteRecord } from '../../../model/merge/edit.ts'
import { viewRecord } from '../../../model/merge/view.ts'
import { drafts } from '../../../model/sync/drafts.ts'
import { openClaims } from '../../../model/sync/ownClaims.ts'
import { trustOf } from '../../../model/sync/ownTrust.ts'
import { rulesOf } from '../../../model/sync/rules.ts'
import { uuidOf } from '../../support/ids.ts'
import { elevenChars, type MemoryReplica } from '../../support/memoryReplica.ts'
import { createSyncTeam, type Line, type SyncTeam, TEAM } from '../../support/syncTeam.ts'

const [LAKE, BARN] = [uuidOf(100), uuidOf(101)]
const [KITCHEN, FLORIST, BARN_KITCHEN] = [uuidOf(200), uuidOf(201), uuidOf(202)]
const [ADA, EDA, BARN_GUEST] = [uuidOf(300), uuidOf(301), uuidOf(302)]

let team: SyncTeam
let hub: MemoryReplica
beforeEach(async () => {
  team = createSyncTeam()
  hub = await team.replica('planner')
  const put = (id: string, scope: string, table: string, data: Data) => hub.create({ id, scope, table, data })
  for (const scope of [LAKE, BARN]) await put(scope, scope, 'weddings', { name: 'Wedding', date: '2027-06-12' })
  await put(KITCHEN, LAKE, 'vendors', { name: 'The Kitchen', type: 'caterer', actual: 9_000 })
  await put(FLORIST, LAKE, 'vendors', { name: 'Fern', type: 'florist' })
  await put(BARN_KITCHEN, BARN, 'vendors', { name: 'Barn Food', type: ' Catering' })
  await put(ADA, LAKE, 'guests', { name: 'Ada', tableNumber: 4, dietary: 'vegan', phone: '555', notes: 'shy' })
  await put(EDA, LAKE, 'guests', { name: 'Eda', rsvpStatus: 'attending', allergies: ['nuts'] })
  await put(BARN_GUEST, BARN, 'guests', { name: 'Bea', dietary: 'halal' })
  await put(uuidOf(400), LAKE, 'tasks', { title: 'Rings' })
  await put(uuidOf(401), LAKE, 'budget_items', { name: 'Food', amount: 9_000, vendorId: KITCHEN })
})
afterEach(() => team.close())

interface Device {
  readonly replica: MemoryReplica
  readonly line: Line
  /** People write at it, under the actor that it has just then. */
  edit(id: string, data: Data): Promise<unknown>
  create(id: string, table: string, data: Data): Promise<unknown>
}

/** A vendor's device at the hub, joined with these rows for its own. */
async function vendorDevice(name: string, vendors: readonly string[]): Promise<Device> {
  const replica = await team.replica(name)
  const actors = [elevenChars(name)]
  const current = () => actors.at(-1) ?? ''
  const grant = { role: 'vendor', weddings: 'all', vendors } as const
  const holder = { userId: `person ${name}`, deviceId: name }
  const place = { team: TEAM, grant, ...holder }
  const data = { actor: current(), ...holder, personName: name }
  await replica.create({ id: uuidv5(current(), ACTOR_RECORDS), scope: TEAM, table: 'actors', data })
  const line = team.connect(replica, hub, {
    grant,
    whose: { holder, claims: await openClaims(hub.changes, place) },
    trust: await trustOf(replica.changes, place, 'hub', {
      current,
      async retire() {
        actors.push(elevenChars(`${name}${actors.length}`))
      },
    }),
  })
  await team.pass(3_000)
  return {
    replica,
    line,
    edit: (id, change) => replica.edit(id, change, { actor: current() }),
    create: (id, table, values) =>
      replica.changes.update([id], () => [
        {
          record: createRecord({ id, scope: LAKE, table, data: values }, { ...replica.author(), actor: current() }),
        },
      ]),
  }
}

/** Of both weddings, without the weddings and the vendors themselves. */
async function guestsAt({ changes }: MemoryReplica): Promise<readonly string[]> {
  const records = [...(await changes.inScope(LAKE)), ...(await changes.inScope(BARN))]
  return records
    .filter(({ table }) => !['weddings', 'vendors'].includes(table))
    .map(({ table, units, ...record }) => {
      const { name } = viewRecord({ table, units, ...record }).data
      return `${table} ${name} ${[...units.keys()].sort().join('+')}`
    })
    .sort()
}

const isProved = async ({ caller, called }: Line): Promise<boolean> => {
  const told = [LAKE, BARN].flatMap((scope) => [caller.progress(scope), called.progress(scope)])
  return (await Promise.all(told)).every((progress) => progress?.equal)
}

const OF_LAKE = ['guests Ada diet+open', 'guests Eda diet+open']

describe('a caterer’s device at a hub', () => {
  it('[ROL6][ROL2][INV6] holds the guests of its wedding with their diets, and proves that it has all of them', async () => {
    const { replica, line } = await vendorDevice('kitchen', [KITCHEN])
    expect(await guestsAt(replica)).toEqual(OF_LAKE)
    expect(await isProved(line)).toBe(true)
    expect(JSON.stringify(viewRecord(await replica.read(ADA)).data)).not.toMatch(/555|shy/)
  })

  it('[ROL6][INV6] as a florist’s holds none, and proves that too', async () => {
    const { replica, line } = await vendorDevice('florist', [FLORIST])
    expect(await guestsAt(replica)).toEqual([])
    expect(await isProved(line)).toBe(true)
  })

  it('[ROL6] is told who has declined, who was taken off the list, and of a new allergy', async () => {
    const { replica, line } = await vendorDevice('kitchen', [KITCHEN])
    await hub.edit(ADA, { rsvpStatus: 'declined' })
    await hub.edit(EDA, { allergies: ['nuts', 'sesame'] })
    await team.pass(1_000)
    expect(viewRecord(await replica.read(ADA)).data.rsvpStatus).toBe('declined')
    expect(viewRecord(await replica.read(EDA)).data.allergies).toEqual(['nuts', 'sesame'])
    await hub.change(EDA, (record) => deleteRecord(record, hub.author()))
    await team.pass(2_000)
    expect(viewRecord(await replica.read(EDA)).deleted).toBe(true)
    expect(await isProved(line)).toBe(true)
  })

  it('[ROL6] with rows in two weddings feeds the guests of those where its row says so', async () => {
    const { replica, line } = await vendorDevice('kitchen', [KITCHEN, BARN_KITCHEN])
    expect(await guestsAt(replica)).toEqual([...OF_LAKE, 'guests Bea diet+open'].sort())
    await hub.edit(KITCHEN, { type: 'bar' })
    await hub.edit(ADA, { dietary: 'vegan, no soy' })
    await hub.edit(BARN_GUEST, { dietary: 'kosher' })
    await team.pass(3_000)
    expect(viewRecord(await replica.read(ADA)).data.dietary).toBe('vegan')
    expect(viewRecord(await replica.read(BARN_GUEST)).data.dietary).toBe('kosher')
    expect(await isProved(line)).toBe(true)
  })

  it('[ROL6][ROL4] writes nothing of guests: it becomes a draft', async () => {
    const { replica, line, edit } = await vendorDevice('kitchen', [KITCHEN])
    await edit(ADA, { dietary: 'beef', tableNumber: 9 })
    await team.pass(4_000)
    for (const each of [hub, replica]) {
      expect(viewRecord(await each.read(ADA)).data).toMatchObject({ dietary: 'vegan', tableNumber: 4 })
    }
    expect([...(await drafts(replica.state)).values()].map(({ fields }) => [...fields].sort())).toEqual([
      ['dietary', 'tableNumber'],
    ])
    expect(await isProved(line)).toBe(true)
  })
})

describe('a vendor whose row is given another type', () => {
  it('[ROL6][ROL2] is sent the guests within two seconds of becoming a caterer, on the line that it has', async () => {
    const { replica, line } = await vendorDevice('florist', [FLORIST])
    await hub.edit(FLORIST, { type: 'Catering' })
    await team.pass(2_000)
    expect(await guestsAt(replica)).toEqual(OF_LAKE)
    await team.pass(1_000)
    expect(await isProved(line)).toBe(true)
    expect(line.sent('hello', 'caller')).toHaveLength(1)
    expect(line.sent('resend')).toEqual([])
  })

  it('[ROL6][ROL2] keeps what it was given and gets no more, until it is a caterer again', async () => {
    const { replica, line } = await vendorDevice('kitchen', [KITCHEN])
    await hub.edit(KITCHEN, { type: 'bar' })
    await hub.edit(ADA, { dietary: 'vegan, no soy' })
    await hub.create({ id: uuidOf(303), scope: LAKE, table: 'guests', data: { name: 'Fay', dietary: 'fish' } })
    await team.pass(3_000)
    expect(await guestsAt(replica)).toEqual(OF_LAKE)
    expect(viewRecord(await replica.read(ADA)).data.dietary).toBe('vegan')
    expect(await isProved(line)).toBe(true)
    await hub.edit(KITCHEN, { type: 'caterer' })
    await team.pass(3_000)
    expect(await guestsAt(replica)).toEqual([...OF_LAKE, 'guests Fay diet+open'])
    expect(viewRecord(await replica.read(ADA)).data.dietary).toBe('vegan, no soy')
    expect(await isProved(line)).toBe(true)
  })

  it('[ROL6][INV6] cannot give itself one', async () => {
    const { replica, line, edit } = await vendorDevice('florist', [FLORIST])
    await edit(FLORIST, { type: 'caterer' })
    await team.pass(6_000)
    expect(await guestsAt(replica)).toEqual([])
    for (const each of [hub, replica]) expect(viewRecord(await each.read(FLORIST)).data.type).toBe('florist')
    expect([...(await drafts(replica.state)).values()].map(({ fields }) => fields)).toEqual([['type']])
    expect(await isProved(line)).toBe(true)
  })

  it('[ROL6][INV6] nor by making a row that its grant names and nobody has made', async () => {
    const row = uuidOf(299)
    const { replica, line, create } = await vendorDevice('florist', [FLORIST, row])
    await create(row, 'vendors', { name: 'Fern Food', type: 'caterer' })
    await team.pass(6_000)
    expect(await guestsAt(replica)).toEqual([])
    expect((await hub.changes.records([row])).size).toBe(0)
    expect((await drafts(replica.state)).size).toBe(1)
    expect(await isProved(line)).toBe(true)
  })
})

it('[ROL6][INV6] where values cannot be read, nobody caters', async () => {
  const holder = { userId: 'u', deviceId: 'kitchen' }
  const grant = { role: 'vendor', weddings: 'all', vendors: [KITCHEN] } as const
  const claims = await openClaims(hub.changes, { team: TEAM, userId: 'u', grant })
  const guest = await hub.read(ADA)
  for (const [isSealed, may] of [
    [false, true],
    [true, false],
  ] as const) {
    const rules = rulesOf(grant, TEAM, () => true, { holder, claims, isSealed })
    expect(['open', 'diet', 'private'].map((readClass) => rules.mayRead(guest, readClass))).toEqual([may, may, false])
  }
})
