import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StateStore } from '../../../model/sync/changeStore.ts'
import { SILENCE_MS } from '../../../model/sync/heartbeat.ts'
import { ADA, addGuest, BARN, LAKE } from '../../support/guests.ts'
import { uuidOf } from '../../support/ids.ts'
import { equalOn, expectEqual } from '../../support/inSync.ts'
import { viewOf } from '../../support/memoryReplica.ts'
import { createSyncTeam, type SyncTeam } from '../../support/syncTeam.ts'

const HEARTBEAT_MS = 2_500

let team: SyncTeam
beforeEach(() => {
  team = createSyncTeam()
})
afterEach(() => team.close())

describe('a line that is cut', () => {
  it('[1] at any message: after connecting again everything is there and equal', async () => {
    const play = async (cutAt: number): Promise<number> => {
      const world = createSyncTeam()
      try {
        const [tablet, hub] = [await world.replica('tablet'), await world.replica('hub')]
        await addGuest(tablet, ADA)
        await addGuest(tablet, uuidOf(201), BARN)
        await addGuest(hub, uuidOf(202))
        const line = world.connect(tablet, hub)
        for (let i = 0; i < cutAt; i++) {
          await world.settle()
          if (!line.pipe.deliver()) await world.scheduler.pass(100, world.settle)
        }
        await world.settle()
        line.pipe.cut()
        await tablet.edit(ADA, { tableNumber: 9 })
        await hub.edit(uuidOf(202), { name: 'Grace' })
        const again = world.connect(tablet, hub)
        await world.pass(2_000)
        for (const scope of [LAKE, BARN]) {
          await expectEqual(scope, tablet, hub)
          expect(await equalOn(again, scope)).toEqual([true, true])
        }
        expect((await viewOf(hub, ADA)).data).toMatchObject({ tableNumber: 9, dietary: 'vegan' })
        expect((await viewOf(tablet, uuidOf(202))).data.name).toBe('Grace')
        expect([line.refused, again.refused]).toEqual(Array(2).fill({ caller: [], called: [] }))
        return line.pipe.log.length
      } finally {
        await world.close()
      }
    }
    let messages = 0
    for (let cutAt = 0; cutAt <= 18; cutAt++) messages = await play(cutAt)
    expect(messages).toBeGreaterThanOrEqual(12)
  })

  it('[1] before the receiver noted what it had committed: sending it again changes nothing', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    await addGuest(tablet)
    // The hub dies after the commit: its records are on disk, its cursor is not.
    const forgetful: StateStore = { ...hub.state, set: async () => undefined }
    const line = team.connect(tablet, hub, { calledState: forgetful })
    await team.pass(500)
    line.pipe.cut()
    const head = await hub.changes.head(LAKE)
    expect((await viewOf(hub, ADA)).data.name).toBe('Ada')
    const again = team.connect(tablet, hub)
    await team.pass(1_000)
    expect(again.sent('changes', 'caller')).toHaveLength(1)
    expect(await hub.changes.head(LAKE)).toBe(head)
    expect(await equalOn(again, LAKE)).toEqual([true, true])
  })

  it('[1] before the sender heard the acknowledgement: nothing is sent twice', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    await addGuest(tablet)
    const line = team.connect(tablet, hub)
    while (line.sent('ack').length === 0) {
      line.pipe.deliver()
      await team.settle()
    }
    line.pipe.cut()
    const again = team.connect(tablet, hub)
    await team.pass(1_000)
    expect(again.sent('changes')).toEqual([])
    expect(await again.caller.progress(LAKE)).toEqual({ waiting: 0, incoming: 0, equal: true })
  })

  it('[SYN9] that only falls silent is given up within ten seconds, by both', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    const line = team.connect(tablet, hub)
    await team.pass(1_000)
    line.pipe.goSilent()
    await team.pass(SILENCE_MS - HEARTBEAT_MS)
    expect(line.pipe.isOpen()).toBe(true)
    await team.pass(10_000 - (SILENCE_MS - HEARTBEAT_MS))
    expect(await line.caller.closed).toMatchObject({ code: 'SILENT' })
    expect(await line.called.closed).toMatchObject({ code: 'SILENT' })
  })

  it('without a hello is given up, however lively it is', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    const line = team.connect(tablet, hub)
    line.pipe.drop()
    for (let second = 0; second < 11; second++) {
      line.pipe.inject('caller', '{"type":"ping"}')
      await team.pass(1_000)
    }
    expect(await line.called.closed).toMatchObject({ code: 'NO_HELLO' })
    expect(await line.caller.closed).toMatchObject({ code: 'NO_HELLO' })
  })
})
