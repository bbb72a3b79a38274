import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ADA, addGuest, addGuests, LAKE } from '../../support/guests.ts'
import { uuidOf } from '../../support/ids.ts'
import { equalOn, expectEqual, progressOf } from '../../support/inSync.ts'
import { createSyncTeam, type SyncTeam } from '../../support/syncTeam.ts'

let team: SyncTeam
beforeEach(() => {
  team = createSyncTeam()
})
afterEach(() => team.close())

describe('progress', () => {
  it('counts exactly what the other side has not acknowledged, and no echo', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    await addGuests(tablet, 3)
    const line = team.connect(tablet, hub)
    while (line.sent('changes').length === 0) {
      line.pipe.deliver()
      await team.settle()
    }
    expect((await progressOf(line.caller, LAKE)).waiting).toBe(3)
    await team.exchange()
    expect((await progressOf(line.caller, LAKE)).waiting).toBe(0)
    expect((await progressOf(line.called, LAKE)).waiting).toBe(0)
    await hub.edit(uuidOf(1_001), { name: 'Grace' })
    expect((await progressOf(line.called, LAKE)).waiting).toBe(1)
    expect((await progressOf(line.caller, LAKE)).waiting).toBe(0)
    await team.exchange()
    expect((await progressOf(line.called, LAKE)).waiting).toBe(0)
    expect((await progressOf(line.caller, LAKE)).waiting).toBe(0)
  })

  it('says equal only after the digests were compared, and no more after the next edit', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    await addGuest(tablet)
    const line = team.connect(tablet, hub)
    await team.exchange()
    await expectEqual(LAKE, tablet, hub)
    expect(await equalOn(line, LAKE)).toEqual([false, false])
    await team.pass(1_000)
    expect(await equalOn(line, LAKE)).toEqual([true, true])
    await tablet.edit(ADA, { name: 'Grace' })
    expect((await progressOf(line.caller, LAKE)).equal).toBe(false)
    await team.pass(1_000)
    expect(await equalOn(line, LAKE)).toEqual([true, true])
    await hub.edit(ADA, { name: 'Ada' })
    expect((await progressOf(line.called, LAKE)).equal).toBe(false)
    await team.pass(1_000)
    line.pipe.cut()
    expect(await equalOn(line, LAKE)).toEqual([false, false])
  })

  it('says what is still to come while a wedding is drained', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    await addGuests(hub, 250)
    const line = team.connect(tablet, hub)
    const seen: number[] = []
    for (let i = 0; i < 30; i++) {
      await team.settle()
      line.pipe.deliver()
      await team.settle()
      const { incoming } = await progressOf(line.caller, LAKE)
      if (seen.at(-1) !== incoming) seen.push(incoming)
    }
    expect(seen).toEqual([0, 225, 200, 100, 0])
  })
})
