import { describe, expect, it } from 'vitest'
import { acksFor } from '../../../model/sync/acks.ts'
import type { Arrived } from '../../../model/sync/burst.ts'
import type { Changes } from '../../../model/wire/index.ts'
import { uuidOf } from '../../support/ids.ts'

const LAKE = uuidOf(100)
const TAKEN = { refused: [], needs: [], absent: [] }
const NOW = { protocol: 4, nowMs: 1_012.4 }

const changes = (seq: number, { remaining = 0, ids = ['a'] } = {}): Arrived<Changes> => ({
  message: { type: 'changes', scope: LAKE, seq, remaining, records: ids.map((id) => ({ id })) },
  at: 1_000,
  chars: 10,
})

describe('acks', () => {
  it('[SYN24] of one message say how long it took', () => {
    expect(acksFor([changes(7)], TAKEN, NOW)).toEqual([{ type: 'ack', scope: LAKE, seq: 7, refused: [], tookMs: 12 }])
  })

  it('[SYN24] of a burst are one, which says where its last message goes and how many it stands for', () => {
    const burst = [changes(0, { remaining: 9 }), changes(0, { remaining: 4 }), changes(7)]
    expect(acksFor(burst, TAKEN, NOW)).toEqual([
      { type: 'ack', scope: LAKE, seq: 7, refused: [], tookMs: 12, batches: 3 },
    ])
  })

  it('[SYN24] of messages that have the same place are told one by one to a peer that tells them apart by nothing else', () => {
    const told = (...burst: readonly Arrived<Changes>[]) =>
      acksFor(burst, TAKEN, { ...NOW, protocol: 3 }).map(({ seq, batches }) => [seq, batches])
    expect(told(changes(7), changes(8), changes(9))).toEqual([[9, undefined]])
    expect(told(changes(0, { remaining: 9 }), changes(0, { remaining: 4 }), changes(7))).toEqual([
      [0, undefined],
      [7, undefined],
    ])
    expect(told(changes(9), changes(9))).toHaveLength(2)
  })

  it('[SYN24] of what was not taken are told each with the message that it came in', () => {
    const refused = [{ id: 'b', reason: 'no' }]
    const burst = [changes(7, { ids: ['b'] }), changes(8, { ids: ['c'] })]
    expect(acksFor(burst, { refused, needs: ['c'], absent: ['b'] }, NOW)).toMatchObject([
      { seq: 7, refused, absent: ['b'] },
      { seq: 8, refused: [], needs: ['c'] },
    ])
  })

  it('[SYN2] say nothing to an older peer that it does not know', () => {
    const outcome = { refused: [{ id: 'a', reason: 'no' }], needs: ['a'], absent: ['a'] }
    const plain = { type: 'ack', scope: LAKE, seq: 7, refused: outcome.refused }
    expect(acksFor([changes(7)], outcome, { ...NOW, protocol: 1 })).toEqual([plain])
    const known = { ...plain, needs: ['a'], tookMs: 12 }
    expect(acksFor([changes(7)], outcome, { ...NOW, protocol: 2 })).toEqual([known])
  })
})
