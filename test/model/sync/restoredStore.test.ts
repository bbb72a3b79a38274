import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRecord } from '../../../model/merge/edit.ts'
import { uuidOf } from '../../support/ids.ts'
import { createMemoryState, type MemoryReplica, openMemoryReplica } from '../../support/memoryReplica.ts'
import { createSyncTeam, holdingsOf, type Line, type SyncTeam } from '../../support/syncTeam.ts'

const LAKE = uuidOf(100)
const GUESTS = 300
const HELD = GUESTS + 2

let team: SyncTeam
let laptop: MemoryReplica
let hub: MemoryReplica
let line: Line
const restored: MemoryReplica[] = []

/** A laptop and a hub that each wrote half of the guests and hold all of them. */
beforeEach(async () => {
  team = createSyncTeam()
  laptop = await team.replica('laptop')
  hub = await team.replica('hub')
  for (const [half, replica] of [laptop, hub].entries()) {
    const records = Array.from({ length: GUESTS / 2 }, (_, i) => {
      const id = uuidOf(1_000 + half * GUESTS + i)
      return {
        record: createRecord({ id, scope: LAKE, table: 'guests', data: { name: `Guest ${i}` } }, replica.author()),
      }
    })
    await replica.changes.update([], () => records)
  }
  line = team.connect(laptop, hub)
  await team.pass(3_000)
  // Where the other's log is held is told with what it sends, not with what it leaves out because it came from here.
  for (const [i, replica] of [laptop, hub].entries()) await addOn(replica, 400 + i)
  await team.pass(3_000)
  expect(await hub.changes.inScope(LAKE)).toHaveLength(HELD)
})
afterEach(async () => {
  await team.close()
  for (const replica of restored.splice(0)) await replica.close()
})

/** The records with their places in the log and the small facts, both of one moment, as a backup has them. */
async function backUp({ name, collection, changes, state }: MemoryReplica): Promise<() => Promise<MemoryReplica>> {
  const ids = (await changes.inScope(LAKE)).map(({ id }) => id)
  const documents = await collection.storageInstance.findDocumentsById(ids, true)
  const facts = structuredClone(await state.list(''))
  return async () => {
    const options = { now: team.scheduler.now, state: createMemoryState(new Map(facts)), documents }
    const replica = await openMemoryReplica(`b-${name}`, options)
    restored.push(replica)
    return replica
  }
}

const sentOn = (each: Line): number => each.sent('changes').reduce((sum, { records }) => sum + records.length, 0)

async function addOn(replica: MemoryReplica, n: number): Promise<void> {
  await replica.create({ id: uuidOf(n), scope: LAKE, table: 'guests', data: { name: `Late guest ${n}` } })
}

describe('after one side was put back from a backup', () => {
  it.each(['laptop', 'hub'] as const)(
    '[INV2][SYN15] (the %s) both become equal, nothing is sent whole again, and nothing that either wrote since is lost',
    async (which) => {
      // What is sent is acknowledged and saved when the session ends, or a second after it moved.
      line.pipe.cut()
      line = team.connect(laptop, hub)
      await team.pass(2_000)
      const putBack = await backUp(which === 'laptop' ? laptop : hub)
      await addOn(laptop, 500)
      await addOn(hub, 501)
      await laptop.edit(uuidOf(1_000), { name: 'Renamed on the laptop' })
      await hub.edit(uuidOf(1_001), { name: 'Renamed on the hub' })
      await team.pass(3_000)
      line.pipe.cut()

      const old = await putBack()
      expect(await old.changes.inScope(LAKE)).toHaveLength(HELD)
      await addOn(old, 502)
      const [caller, called] = which === 'laptop' ? [old, hub] : [laptop, old]
      const again = team.connect(caller, called)
      await team.pass(5_000)
      expect(await holdingsOf(caller, LAKE)).toEqual(await holdingsOf(called, LAKE))
      expect(await called.changes.inScope(LAKE)).toHaveLength(HELD + 3)
      expect([await again.caller.progress(LAKE), await again.called.progress(LAKE)]).toMatchObject(
        Array(2).fill({ equal: true }),
      )
      expect(again.sent('resend')).toEqual([])
      expect(sentOn(again)).toBeLessThan(20)
    },
  )

  it('[INV2][SYN15] also if the cursors that came back with it are wrong', async () => {
    const putBack = await backUp(laptop)
    line.pipe.cut()
    const old = await putBack()
    await old.removeByHand([uuidOf(1_002), uuidOf(1_000 + GUESTS)])
    const again = team.connect(old, hub)
    await team.pass(5_000)
    expect(await holdingsOf(old, LAKE)).toEqual(await holdingsOf(hub, LAKE))
    expect(again.sent('resend')).toEqual([])
    expect(sentOn(again)).toBeLessThan(20)
  })
})
