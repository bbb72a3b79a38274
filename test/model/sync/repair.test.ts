import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { addGuests, LAKE } from '../../support/guests.ts'
import { uuidOf } from '../../support/ids.ts'
import { equalOn, expectEqual } from '../../support/inSync.ts'
import { type MemoryReplica, viewOf } from '../../support/memoryReplica.ts'
import { createSyncTeam, type SyncTeam } from '../../support/syncTeam.ts'

let team: SyncTeam
beforeEach(() => {
  team = createSyncTeam()
})
afterEach(() => team.close())

describe('repair', () => {
  it.each([
    { where: 'from the side that had received them', writer: 'tablet', loser: 'hub' },
    { where: 'from the side that had written them', writer: 'tablet', loser: 'tablet' },
    { where: 'from the side that called and had received them', writer: 'hub', loser: 'tablet' },
    { where: 'from the side that was called and had written them', writer: 'hub', loser: 'hub' },
  ])('rows that were taken out by hand $where come back', async ({ writer, loser }) => {
    const replicas = new Map<string, MemoryReplica>()
    for (const name of ['tablet', 'hub']) replicas.set(name, await team.replica(name))
    const named = (name: string): MemoryReplica => replicas.get(name) ?? expect.fail(`no replica ${name}`)
    await addGuests(named(writer), 5)
    const line = team.connect(named('tablet'), named('hub'))
    await team.pass(1_000)
    line.pipe.cut()
    await named(loser).removeByHand([uuidOf(1_001), uuidOf(1_002)])
    expect((await named(loser).changes.records([uuidOf(1_001)])).size).toBe(0)
    const again = team.connect(named('tablet'), named('hub'))
    await team.pass(40_000)
    await expectEqual(LAKE, named('tablet'), named('hub'))
    expect((await viewOf(named(loser), uuidOf(1_001))).data.name).toBe('Guest 1')
    expect(await equalOn(again, LAKE)).toEqual([true, true])
  })
})

describe('repair of a whole wedding', () => {
  it('all rows of a wedding that were taken out by hand from the side that called come back', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    await addGuests(hub, 2)
    const line = team.connect(tablet, hub)
    await team.pass(1_000)
    line.pipe.cut()
    await tablet.removeByHand([uuidOf(1_000), uuidOf(1_001)])
    team.connect(tablet, hub)
    await team.pass(40_000)
    await expectEqual(LAKE, tablet, hub)
  })
})
