import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRecord } from '../../../model/merge/edit.ts'
import { type Arrived, answersTo, mergedChanges, takeBurst } from '../../../model/sync/burst.ts'
import type { Changes } from '../../../model/wire/index.ts'
import { uuidOf } from '../../support/ids.ts'
import { createSyncTeam, holdingsOf, type SyncTeam } from '../../support/syncTeam.ts'

const LAKE = uuidOf(100)

function changes(seq: number, ids: readonly string[], more: { scope?: string; chars?: number } = {}): Arrived<Changes> {
  const { scope = LAKE, chars = 100 } = more
  const records = ids.map((id) => ({ id }))
  return { message: { type: 'changes', scope, seq, remaining: 10 - seq, records }, at: seq, chars }
}

const ping: Arrived = { message: { type: 'ping' }, at: 0, chars: 15 }

function burstOf([first, ...waiting]: Arrived[]): { seqs: number[]; left: number } {
  if (first?.message.type !== 'changes') throw new Error('the first brings changes')
  const burst = takeBurst({ ...first, message: first.message }, waiting)
  return { seqs: burst.map(({ message }) => message.seq), left: waiting.length }
}

describe('messages of changes that wait together', () => {
  it.each([
    { next: 'nothing', waiting: [], seqs: [1] },
    { next: 'changes of the same scope', waiting: [changes(2, ['b']), changes(3, [])], seqs: [1, 2, 3] },
    { next: 'changes of another scope', waiting: [changes(2, ['b'], { scope: uuidOf(1) }), changes(3, [])], seqs: [1] },
    { next: 'something else', waiting: [ping, changes(2, ['b'])], seqs: [1] },
    { next: 'a record that came before', waiting: [changes(2, ['b']), changes(3, ['c', 'a'])], seqs: [1, 2] },
    { next: 'more than a megabyte', waiting: [changes(2, ['b'], { chars: 999_901 })], seqs: [1] },
    {
      next: 'more than 500 records',
      waiting: [1, 2, 3, 4, 5].map((n) =>
        changes(
          n + 1,
          [...Array(100).keys()].map((i) => `${n} ${i}`),
        ),
      ),
      seqs: [1, 2, 3, 4, 5],
    },
  ])('[SYN22] are joined at once up to the first that is not to be: $next', ({ waiting, seqs }) => {
    expect(burstOf([changes(1, ['a']), ...waiting])).toEqual({ seqs, left: waiting.length + 1 - seqs.length })
  })

  it('are one message that goes as far as the last, and each is answered for itself', () => {
    const burst = [changes(1, ['a', 'b']), changes(2, ['c'])]
    expect(mergedChanges(burst)).toMatchObject({
      seq: 2,
      remaining: 8,
      records: [{ id: 'a' }, { id: 'b' }, { id: 'c' }],
    })
    const refused = ['b', 'unreadable-0'].map((id) => ({ id, reason: 'no' }))
    expect(answersTo(burst, { refused, needs: ['a', 'c'], absent: ['b'] })).toEqual([
      { seq: 1, at: 1, refused: [{ id: 'b', reason: 'no' }], needs: ['a'], absent: ['b'] },
      { seq: 2, at: 2, refused: [{ id: 'unreadable-0', reason: 'no' }], needs: ['c'], absent: [] },
    ])
  })
})

describe('a replica that is slower than its peer', () => {
  let team: SyncTeam
  beforeEach(() => {
    team = createSyncTeam()
  })
  afterEach(() => team.close())

  it('[SYN22] commits what has arrived meanwhile at once, and acknowledges every message or a later one', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    const guests = Array.from({ length: 300 }, (_, i) =>
      createRecord({ id: uuidOf(200 + i), scope: LAKE, table: 'guests', data: { name: `Guest ${i}` } }, hub.author()),
    )
    await hub.changes.update([], () => guests.map((record) => ({ record })))
    let commits = 0
    tablet.changes.subscribe(() => commits++)
    const line = team.connect(tablet, hub)
    await team.settle()
    while (line.pipe.deliverAll() > 0) await team.settle()
    const batches = line.sent('changes', 'called').map(({ seq }) => seq)
    expect(batches).toEqual([0, 0, 0, 0, 300])
    expect(line.sent('ack', 'caller').map(({ seq, batches = 1 }) => [seq, batches])).toEqual([
      [0, 2],
      [300, 3],
    ])
    expect(commits).toBe(2)
    expect(await holdingsOf(tablet, LAKE)).toEqual(await holdingsOf(hub, LAKE))
  })

  it('[SYN22] waits 5 ms for more of what has been waiting at the peer, and for what people do not at all', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    const guest = (i: number) => ({ id: uuidOf(200 + i), scope: LAKE, table: 'guests', data: { name: `Guest ${i}` } })
    await hub.changes.update([], () =>
      Array.from({ length: 50 }, (_, i) => ({ record: createRecord(guest(i), hub.author()) })),
    )
    let commits = 0
    tablet.changes.subscribe(() => commits++)
    const line = team.connect(tablet, hub, { gatherMs: 5 })
    const toCome = () => line.sent('changes', 'called').map(({ remaining }) => remaining)
    await team.settle()
    while (toCome().length < 1) {
      line.pipe.deliver()
      await team.settle()
    }
    await team.exchange() // the last one, behind which nothing waits
    expect([toCome(), commits]).toEqual([[25, 0], 1])
    await hub.create(guest(50))
    await team.exchange()
    expect([toCome(), commits]).toEqual([[25, 0, 0], 2])
    await hub.changes.update([], () =>
      Array.from({ length: 200 }, (_, i) => ({ record: createRecord(guest(100 + i), hub.author()) })),
    )
    while (toCome().length < 4) await team.settle()
    line.pipe.deliver()
    await team.settle()
    expect([toCome()[3], commits]).toEqual([100, 2])
    await team.scheduler.pass(4, team.settle)
    expect(commits).toBe(2)
    await team.scheduler.pass(1, team.settle)
    expect(commits).toBe(3)
  })
})
