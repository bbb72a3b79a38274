import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ADA, addGuest, addGuests, BARN, LAKE } from '../../support/guests.ts'
import { uuidOf } from '../../support/ids.ts'
import { equalOn, expectEqual, progressOf } from '../../support/inSync.ts'
import { createSyncTeam, type SyncTeam } from '../../support/syncTeam.ts'

let team: SyncTeam
beforeEach(() => {
  team = createSyncTeam()
})
afterEach(() => team.close())

describe('what people do', () => {
  it('[SYN21] leaves in one message if it was committed in one turn', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    await addGuest(hub)
    const line = team.connect(tablet, hub)
    await team.exchange()
    const before = line.sent('changes', 'called').length
    for (const name of ['Grace', 'Edsger', 'Barbara']) await hub.edit(ADA, { name })
    await addGuest(hub, uuidOf(201))
    await team.exchange()
    expect(line.sent('changes', 'called').slice(before)).toMatchObject([{ records: [{}, {}] }])
    await expectEqual(LAKE, tablet, hub)
  })
})

describe('many records', () => {
  it('[8] drain in batches that grow with what the line carries, of which at most five are unacknowledged', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    await addGuests(tablet, 1_500)
    const line = team.connect(tablet, hub)
    let most = 0
    for (let i = 0; i < 400 && (i < 10 || line.pipe.queue.length > 0); i++) {
      await team.settle()
      line.pipe.deliver()
      await team.settle()
      most = Math.max(most, line.sent('changes', 'caller').length - line.sent('ack', 'called').length)
    }
    await team.pass(2_000)
    const sizes = line.sent('changes', 'caller').map(({ records }) => records.length)
    expect([sizes.slice(0, 2), new Set(sizes.slice(2, -1))]).toEqual([[25, 25], new Set([100])])
    expect(most).toBe(5)
    await expectEqual(LAKE, tablet, hub)
    expect(await progressOf(line.caller, LAKE)).toEqual({ waiting: 0, incoming: 0, equal: true })
  })

  it('the wedding of today comes before one of next year, and a live edit before back-fill', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    await addGuests(hub, 1_000, BARN, 10_000)
    await addGuests(hub, 150, LAKE, 20_000)
    const line = team.connect(tablet, hub, { priority: (scope) => (scope === LAKE ? 0 : 1) })
    let edited = false
    while (line.sent('changes').length < 14) {
      await team.settle()
      if (!line.pipe.deliver()) await team.scheduler.pass(10, team.settle)
      if (!edited && line.sent('changes').length === 7) {
        edited = true
        await hub.edit(uuidOf(20_000), { name: 'Late guest' })
      }
      if (line.sent('changes').length === 13 && line.pipe.queue.length === 0) break
    }
    const scopes = line.sent('changes', 'called').map(({ scope }) => (scope === LAKE ? 'lake' : 'barn'))
    expect(scopes.slice(0, 2)).toEqual(['lake', 'lake'])
    expect(scopes.indexOf('lake', 2)).toBeLessThanOrEqual(8)
    await team.pass(2_000)
    await expectEqual(LAKE, tablet, hub)
    await expectEqual(BARN, tablet, hub)
  })

  it('[8] a studio with more weddings than messages may wait comes to rest as equal', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    for (let i = 0; i < 100; i++) await addGuest(hub, uuidOf(2_000 + i), uuidOf(400 + i))
    const line = team.connect(tablet, hub)
    // A socket hands over what has come in all at once, and does not wait for the answers.
    const burst = async (): Promise<void> => {
      do {
        line.pipe.deliverAll()
        await team.settle()
      } while (line.pipe.queue.length > 0)
    }
    for (let i = 0; i < 100; i++) {
      await team.scheduler.pass(100)
      await team.settle()
      await burst()
    }
    expect(line.pipe.isOpen()).toBe(true)
    expect(await equalOn(line, uuidOf(499))).toEqual([true, true])
  })
})
