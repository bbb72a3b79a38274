import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRecord } from '../../../model/merge/edit.ts'
import { viewRecord } from '../../../model/merge/view.ts'
import { createHeldVectors } from '../../../model/sync/heldVectors.ts'
import { plainAck } from '../../../model/wire/ack.ts'
import { PROTOCOL } from '../../../model/wire/version.ts'
import { uuidOf } from '../../support/ids.ts'
import type { MemoryReplica } from '../../support/memoryReplica.ts'
import type { Side } from '../../support/pipe.ts'
import { createSyncTeam, holdingsOf, type Line, type LineOptions, type SyncTeam } from '../../support/syncTeam.ts'

const LAKE = uuidOf(100)
const ADA = uuidOf(200)

let team: SyncTeam
beforeEach(() => {
  team = createSyncTeam()
})
afterEach(() => team.close())

async function addGuest(replica: MemoryReplica, id = ADA): Promise<void> {
  const data = { name: 'Ada', dietary: 'vegan', phone: '1', tags: ['family', 'choir'] }
  await replica.create({ id, scope: LAKE, table: 'guests', data })
}

const isDelta = (record: unknown): boolean => typeof record === 'object' && record !== null && 'changed' in record

/** Of the records that a side has sent: whether each was a delta. */
const forms = (line: Line, side: Side): boolean[] =>
  line.sent('changes', side).flatMap(({ records }) => records.map(isDelta))

const wordsOf = (line: Line, side: Side): string => JSON.stringify(line.sent('changes', side).at(-1))

/** Two that hold the same guest, brought by the tablet. */
async function pair(options: LineOptions = {}): Promise<[MemoryReplica, MemoryReplica, Line]> {
  const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
  await addGuest(tablet)
  const line = team.connect(tablet, hub, options)
  await team.pass(1_000)
  return [tablet, hub, line]
}

async function expectEqual(...[first, ...others]: MemoryReplica[]): Promise<void> {
  for (const other of others) expect(first && (await holdingsOf(first, LAKE))).toEqual(await holdingsOf(other, LAKE))
}

describe('an edit', () => {
  it('[SYN3] travels as the registers that the peer has not seen, both ways, and is not echoed', async () => {
    const [tablet, hub, line] = await pair()
    await tablet.edit(ADA, { tableNumber: 4 })
    await team.pass(1_000)
    await hub.edit(ADA, { dietary: 'none' })
    await team.pass(1_000)
    expect([forms(line, 'caller'), forms(line, 'called')]).toEqual([[false, true], [true]])
    expect(wordsOf(line, 'caller')).not.toContain('choir')
    expect(wordsOf(line, 'called')).not.toMatch(/choir|tableNumber/)
    await expectEqual(tablet, hub)
  })

  it('[SYN3] travels as a delta after connecting again, also when what the peer holds was read from the log', async () => {
    const [tablet, hub, line] = await pair()
    line.pipe.cut()
    await tablet.edit(ADA, { tableNumber: 4 })
    const again = team.connect(tablet, hub)
    await team.pass(1_000)
    expect(forms(again, 'caller')).toEqual([true])
    await expectEqual(tablet, hub)
  })

  it('[SYN3] goes whole to a peer of which nothing is known', async () => {
    const [tablet, hub] = await pair()
    const other = await team.replica('other')
    await hub.edit(ADA, { tableNumber: 4 })
    const line = team.connect(other, hub)
    await team.pass(1_000)
    expect(forms(line, 'called')).toEqual([false])
    await expectEqual(tablet, hub, other)
  })

  it('[SYN3] deltas of a role have nothing of the classes that it may not read', async () => {
    const [camera, hub] = [await team.replica('camera'), await team.replica('hub')]
    await addGuest(hub)
    const line = team.connect(camera, hub, { grant: { role: 'photographer', weddings: 'all' } })
    await team.pass(1_000)
    await hub.edit(ADA, { tableNumber: 4, phone: '0123456789' })
    await team.pass(1_000)
    expect(forms(line, 'called')).toEqual([false, true])
    expect(wordsOf(line, 'called')).not.toMatch(/private|0123456789/)
    expect(await holdingsOf(camera, LAKE)).toEqual(await holdingsOf(hub, LAKE, 'photographer'))
  })
})

describe('a receiver that holds less than was thought', () => {
  it('[SYN4] asks for the record whole, and gets it', async () => {
    const [tablet, hub, line] = await pair()
    await hub.removeByHand([ADA])
    await tablet.edit(ADA, { tableNumber: 4 })
    await team.pass(100)
    expect(line.sent('ack', 'called').at(-2)).toMatchObject({ needs: [ADA], refused: [] })
    expect(forms(line, 'caller')).toEqual([false, true, false])
    await expectEqual(tablet, hub)
    expect(line.refused).toEqual({ caller: [], called: [] })
  })

  it('[SYN4] has not passed the place in the log before it came: a cut in between loses nothing', async () => {
    const [tablet, hub, line] = await pair()
    await hub.removeByHand([ADA])
    await tablet.edit(ADA, { tableNumber: 4 })
    while (!line.sent('ack', 'called').at(-1)?.needs) {
      await team.settle()
      line.pipe.deliver()
    }
    await team.settle()
    line.pipe.cut()
    const again = team.connect(tablet, hub)
    await team.exchange()
    expect(again.sent('digest')).toEqual([])
    expect(again.sent('changes', 'caller')).not.toEqual([])
    await expectEqual(tablet, hub)
  })

  it('[SYN4] is asked of no more than was in the batch', async () => {
    const [tablet, , line] = await pair()
    await addGuest(tablet, uuidOf(201))
    await team.exchange()
    const before = line.sent('changes', 'caller').length
    const { seq = 0 } = line.sent('ack', 'called').at(-1) ?? {}
    line.pipe.inject('called', JSON.stringify({ type: 'ack', scope: LAKE, seq, refused: [], needs: [ADA] }))
    await team.exchange()
    expect(line.sent('changes', 'caller')).toHaveLength(before)
  })
})

describe('a peer of protocol 1', () => {
  it.each(['caller', 'called'] as const)(
    '[SYN2] as %s is sent whole records and nothing it does not know',
    async (old) => {
      const [tablet, hub, line] = await pair({ protocol: { [old]: 1 } })
      await tablet.edit(ADA, { tableNumber: 4 })
      await hub.edit(ADA, { dietary: 'none' })
      await team.pass(2_000)
      expect([...forms(line, 'caller'), ...forms(line, 'called')]).not.toContain(true)
      for (const ack of line.sent('ack')) expect(() => plainAck.parse(ack)).not.toThrow()
      expect(line.sent('presence')).toEqual([])
      expect([line.caller.peer()?.protocol, line.called.peer()?.protocol]).toEqual([1, 1])
      await expectEqual(tablet, hub)
    },
  )

  it('[SYN2] a peer that is newer than us is spoken to as we can, and one too old is refused with the reason', async () => {
    const [, , line] = await pair({ protocol: { caller: 7 } })
    expect([line.caller.peer()?.protocol, line.called.peer()?.protocol]).toEqual([PROTOCOL, PROTOCOL])
    const [young, old] = [await team.replica('young'), await team.replica('old')]
    const refused = team.connect(young, old, { protocol: { called: 0 } })
    await team.exchange()
    expect(await refused.caller.closed).toMatchObject({ code: 'OLD_PROTOCOL' })
  })
})

describe('deltas', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('edit' as const), by: fc.nat(2), field: fc.nat(3), value: fc.nat(2) }),
    fc.record({ kind: fc.constant('messages' as const), count: fc.nat(6) }),
    fc.record({ kind: fc.constantFrom('cut' as const, 'lose' as const), by: fc.nat(2) }),
  )
  const FIELDS = ['name', 'dietary', 'phone', 'tableNumber']

  it('[SYN3] end in the same state as whole records, whatever is cut, lost or edited meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 16 }), async (steps) => {
        const ends: unknown[] = []
        for (const protocol of [1, 2]) {
          const world = createSyncTeam()
          try {
            const replicas = [await world.replica('a'), await world.replica('hub'), await world.replica('b')]
            const [a, hub, b] = replicas
            if (!a || !hub || !b) throw new Error('three replicas were opened')
            const record = createRecord({ id: ADA, scope: LAKE, table: 'guests', data: { name: 'Ada' } }, hub.author())
            for (const { changes } of replicas) await changes.update([], () => [{ record }])
            const connect = (caller: MemoryReplica) => world.connect(caller, hub, { protocol: { caller: protocol } })
            const lines = new Map([a, b].map((caller) => [caller, connect(caller)]))
            // Who has lost rows gives up its actor: under the old one it would count its edits anew.
            const losers = new Set<MemoryReplica>()
            for (const each of steps) {
              if (each.kind === 'edit') {
                const replica = replicas[each.by]
                if (replica && losers.has(replica)) continue
                const holds = await replica?.changes.records([ADA])
                if (holds?.has(ADA)) await replica?.edit(ADA, { [FIELDS[each.field] ?? 'name']: `${each.value}` })
              } else if (each.kind === 'messages') {
                for (let i = 0; i < each.count; i++) {
                  await world.settle()
                  for (const { pipe } of lines.values()) pipe.deliver()
                }
              } else if (each.kind === 'cut') {
                const caller = each.by > 0 ? a : b
                lines.get(caller)?.pipe.cut()
                lines.set(caller, connect(caller))
              } else {
                const loser = each.by % 2 === 0 ? a : b
                losers.add(loser)
                await loser.removeByHand([ADA])
              }
            }
            await world.pass(5_000)
            const holdings = await Promise.all(replicas.map((replica) => holdingsOf(replica, LAKE)))
            expect(holdings[1]).toEqual(holdings[0])
            expect(holdings[2]).toEqual(holdings[0])
            ends.push(viewRecord(await hub.read(ADA)).data)
          } finally {
            await world.close()
          }
        }
        // The same edits were made in both worlds only if no row was lost before one.
        if (!steps.some(({ kind }) => kind === 'lose')) expect(ends[1]).toEqual(ends[0])
      }),
      { numRuns: 12 },
    )
  })
})

describe('what is remembered of peers', () => {
  it('[INV8] is bounded for all of them together, the latest states of the records that changed last', () => {
    const held = createHeldVectors(2)
    const state = (id: string, n: number) => ({
      id,
      scope: LAKE,
      table: 'guests',
      base: 'open',
      actors: ['A', 'B'],
      units: { open: { v: [n, 0], e: [], r: {} } },
    })
    for (let n = 1; n <= 6; n++) held.note(n, state('a', n))
    const at = (id: string, seq: number) => held.of(id, seq)?.get('open')?.get('A')
    expect([at('a', 2), at('a', 3), at('a', 5), at('a', 99)]).toEqual([undefined, 3, 5, 6])
    held.note(7, state('b', 1))
    held.note(8, state('c', 1))
    expect([at('a', 99), at('b', 99), at('c', 99)]).toEqual([undefined, 1, 1])
  })
})
