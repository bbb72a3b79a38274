/** Faults that the simulation has found, each as small as it could be made. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { viewRecord } from '../../model/merge/view.ts'
import type { Grant } from '../../model/roles.ts'
import { quarantined } from '../../model/sync/quarantine.ts'
import { deadLetters } from '../../model/sync/refusals.ts'
import { retryQuarantined } from '../../model/sync/retryQuarantined.ts'
import { rulesOf } from '../../model/sync/rules.ts'
import { uuidOf } from '../support/ids.ts'
import { createMemoryState } from '../support/memoryReplica.ts'
import { createSyncTeam, type Line, type SyncTeam } from '../support/syncTeam.ts'

const LAKE = uuidOf(100)
const ADA = uuidOf(200)
const EDA = uuidOf(201)
const VIEWER: Grant = { role: 'viewer', weddings: 'all' }

let team: SyncTeam
beforeEach(() => {
  team = createSyncTeam()
})
afterEach(() => team.close())

/** Whether each side knows that it holds what the other does. */
async function equalOn({ caller, called }: Line): Promise<readonly (boolean | undefined)[]> {
  return Promise.all([caller, called].map(async (session) => (await session.progress(LAKE))?.equal))
}

const guest = (id: string, name: string) => ({ id, scope: LAKE, table: 'guests', data: { name, phone: '1' } })

describe('a hub and a device that may read a part', () => {
  it('[2] stay equal in what it may read when something else changes at the hub', async () => {
    const [hub, tablet] = [await team.replica('hub'), await team.replica('tablet')]
    await hub.create({ id: EDA, scope: LAKE, table: 'vendors', data: { name: 'Eda Flowers' } })
    const line = team.connect(tablet, hub, { grant: { role: 'vendor', weddings: 'all' } })
    await team.pass(1_000)
    expect(await equalOn(line)).toEqual([true, true])
    await hub.create(guest(ADA, 'Ada'))
    await team.pass(1_000)
    expect(await equalOn(line)).toEqual([true, true])
    expect(line.sent('changes').length).toBe(1)
  })

  it('[SYN19] leave nothing refused when the hub comes by a record that the device has had all along, and may no longer read', async () => {
    const [hub, tablet, laptop] = [
      await team.replica('hub'),
      await team.replica('tablet'),
      await team.replica('laptop'),
    ]
    await hub.create(guest(ADA, 'Ada'))
    await hub.create({ id: EDA, scope: LAKE, table: 'vendors', data: { name: 'Eda Flowers' } })
    const before = [team.connect(tablet, hub, { grant: VIEWER }), team.connect(laptop, hub)]
    await team.pass(1_000)
    for (const { pipe } of before) pipe.cut()
    await hub.removeByHand([ADA])
    const line = team.connect(tablet, hub, { grant: { role: 'vendor', weddings: 'all' } })
    await team.pass(3_000)
    expect(line.refused.called.map(({ id }) => id)).toEqual([ADA])
    team.connect(laptop, hub)
    await team.pass(3_000)
    expect(await deadLetters(tablet.state, tablet.changes.epoch)).toEqual([])
    expect(JSON.stringify(line.sent('changes', 'called'))).not.toContain(ADA)
    expect(line.sent('repair', 'called')).toMatchObject([{ ids: [ADA] }])
  })

  it('[2] know again that they are equal when the hub comes by a record that the device has had all along', async () => {
    const [hub, tablet, laptop] = [
      await team.replica('hub'),
      await team.replica('tablet'),
      await team.replica('laptop'),
    ]
    await hub.create(guest(ADA, 'Ada'))
    await hub.create(guest(EDA, 'Eda'))
    const before = [team.connect(tablet, hub, { grant: VIEWER }), team.connect(laptop, hub)]
    await team.pass(1_000)
    for (const { pipe } of before) pipe.cut()
    await hub.removeByHand([ADA])
    // The tablet offers what the hub has lost, and may not write it.
    const line = team.connect(tablet, hub, { grant: VIEWER })
    await team.pass(3_000)
    expect(line.refused.called.map(({ id }) => id)).toEqual([ADA])
    team.connect(laptop, hub)
    await team.pass(3_000)
    expect((await hub.read(ADA)).id).toBe(ADA)
    expect(await equalOn(line)).toEqual([true, true])
  })
})

describe('a device that holds what its hub does not', () => {
  const ITEM = { id: ADA, scope: LAKE, table: 'timeline_items', data: { title: 'Dinner', status: 'pending' } }
  const PHOTOGRAPHER: Grant = { role: 'photographer', weddings: 'all' }

  it('[SYN10][SYN19] offers its own edit again when a hub that lagged behind has come by the record (seeds 106, 136)', async () => {
    const [hub, barn, camera] = [await team.replica('hub'), await team.replica('barn'), await team.replica('camera')]
    await hub.create(ITEM)
    const atHub = team.connect(camera, hub, { grant: PHOTOGRAPHER })
    await team.pass(1_000)
    atHub.pipe.cut()
    await camera.edit(ADA, { status: 'completed' })
    // For all that the barn knows, the photographer has made the record, which photographers may not.
    const line = team.connect(camera, barn, { grant: PHOTOGRAPHER })
    await team.pass(1_000)
    expect(line.refused.called.map(({ id }) => id)).toEqual([ADA])
    team.connect(barn, hub)
    await team.pass(3_000)
    for (const replica of [hub, barn, camera]) {
      expect(viewRecord(await replica.read(ADA)).data).toMatchObject({ title: 'Dinner', status: 'completed' })
    }
    expect(await equalOn(line)).toEqual([true, true])
    expect([await quarantined(barn.state), await deadLetters(camera.state, camera.changes.epoch)]).toEqual([[], []])
    expect(line.sent('repair')).toEqual([])
  })

  it('[SYN19][INV4] gives back what a hub has lost once somebody there lets it in, and all are equal (seeds 101, 134)', async () => {
    const [hub, camera] = [await team.replica('hub'), await team.replica('camera')]
    await hub.create(ITEM)
    const before = team.connect(camera, hub, { grant: PHOTOGRAPHER })
    await team.pass(1_000)
    before.pipe.cut()
    await hub.removeByHand([ADA])
    const line = team.connect(camera, hub, { grant: PHOTOGRAPHER })
    await team.pass(3_000)
    expect(line.refused.caller.map(({ id }) => id)).toEqual([ADA])
    const rules = rulesOf({ role: 'owner', weddings: 'all' }, uuidOf(1), () => true)
    expect(await retryQuarantined({ scope: LAKE, id: ADA, peer: camera.changes.epoch }, { ...hub, rules })).toEqual({
      ok: true,
      value: true,
    })
    await team.pass(3_000)
    expect(viewRecord(await hub.read(ADA)).data).toMatchObject({ title: 'Dinner' })
    expect(await equalOn(line)).toEqual([true, true])
    expect(await deadLetters(camera.state, camera.changes.epoch)).toEqual([])
  })
})

describe('a device that has lost a whole wedding and its place in the log', () => {
  it('[SYN18][INV2] is given back also what it had brought itself (seed 474)', async () => {
    const [hub, laptop] = [await team.replica('hub'), await team.replica('laptop')]
    await laptop.create(guest(ADA, 'Ada'))
    const before = team.connect(laptop, hub)
    await team.pass(1_000)
    before.pipe.cut()
    await laptop.removeByHand([ADA])
    // Nothing here tells the laptop any more that there was such a wedding.
    team.connect(laptop, hub, { callerState: createMemoryState() })
    await team.pass(3_000)
    expect(viewRecord(await laptop.read(ADA)).data).toMatchObject({ name: 'Ada' })
  })
})

describe('a line that died without a word', () => {
  it('[2] is noticed although the clock of the laptop was set to the day before', async () => {
    const [hub, laptop] = [await team.replica('hub'), await team.replica('laptop')]
    const { pipe, caller } = team.connect(laptop, hub)
    await team.pass(1_000)
    team.scheduler.setClock(-86_400_000)
    pipe.goSilent()
    let reason: string | undefined
    void caller.closed.then((error) => {
      reason = error?.code
    })
    await team.pass(13_000)
    expect(reason).toBe('SILENT')
  })
})

describe('an edit that was sent, and lost on its way', () => {
  it('[1] is sent again to a peer whose own edit of the record came in meanwhile', async () => {
    const [hub, laptop] = [await team.replica('hub'), await team.replica('laptop')]
    await hub.create(guest(ADA, 'Ada'))
    const { pipe } = team.connect(laptop, hub)
    await team.pass(1_000)
    await hub.edit(ADA, { name: 'Ada Lovelace' })
    await team.settle()
    pipe.drop()
    await laptop.edit(ADA, { phone: '2' })
    await team.settle()
    pipe.deliver()
    await team.settle()
    pipe.cut()
    const again = team.connect(laptop, hub)
    await team.pass(5_000)
    expect(viewRecord(await laptop.read(ADA)).data).toMatchObject({ name: 'Ada Lovelace', phone: '2' })
    expect(viewRecord(await hub.read(ADA)).data).toMatchObject({ name: 'Ada Lovelace', phone: '2' })
    expect(again.sent('repair')).toEqual([])
  })
})
