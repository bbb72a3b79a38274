import { beforeEach, describe, expect, it } from 'vitest'
import { type Acks, openAcks } from '../../../model/sync/acks.ts'
import type { Arrived } from '../../../model/sync/burst.ts'
import { createTimers } from '../../../model/sync/timers.ts'
import type { Ack, Changes } from '../../../model/wire/index.ts'
import { uuidOf } from '../../support/ids.ts'
import { createManualScheduler, type ManualScheduler } from '../../support/manualScheduler.ts'

const LAKE = uuidOf(100)
const BARN = uuidOf(101)
const TAKEN = { refused: [], needs: [], absent: [] }

let scheduler: ManualScheduler
let sent: Ack[]
let acks: Acks

function open(protocol: number): void {
  scheduler = createManualScheduler()
  sent = []
  const { elapsed } = scheduler
  acks = openAcks({ protocol, elapsed, timers: createTimers(scheduler), send: (ack) => sent.push(ack) })
}
beforeEach(() => open(3))

const changes = (seq: number, { remaining = 0, scope = LAKE, ids = ['a'] } = {}): Arrived<Changes> => ({
  message: { type: 'changes', scope, seq, remaining, records: ids.map((id) => ({ id })) },
  at: scheduler.elapsed(),
  chars: 10,
})
const places = () => sent.map(({ seq }) => seq)

describe('acks', () => {
  it('[SYN24] of a single edit waits 40 ms, and says how long that was', async () => {
    acks.answer([changes(7)], TAKEN)
    await scheduler.pass(39)
    expect(sent).toEqual([])
    await scheduler.pass(1)
    expect(sent).toEqual([{ type: 'ack', scope: LAKE, seq: 7, refused: [], tookMs: 40 }])
    await scheduler.pass(1_000)
    expect(sent.length).toBe(1)
  })

  it('[SYN24] goes at once, for both, when another edit comes; the next one waits again', async () => {
    acks.answer([changes(7)], TAKEN)
    acks.answer([changes(8)], TAKEN)
    expect(places()).toEqual([8])
    acks.answer([changes(9)], TAKEN)
    expect(places()).toEqual([8])
    await scheduler.pass(100)
    expect(places()).toEqual([8, 9])
  })

  it('[SYN24] is for one scope: another one waits for itself', async () => {
    acks.answer([changes(7)], TAKEN)
    acks.answer([changes(3, { scope: BARN })], TAKEN)
    expect(sent).toEqual([])
    await scheduler.pass(100)
    expect(sent.map(({ scope, seq }) => [scope, seq])).toEqual([
      [LAKE, 7],
      [BARN, 3],
    ])
  })

  it('[SYN24] goes at once where more is to come', () => {
    acks.answer([changes(7, { remaining: 5 })], TAKEN)
    expect(places()).toEqual([7])
  })

  it('[SYN24] of messages that have the same place are told one by one, since the sender tells them apart by nothing else', () => {
    acks.answer([changes(0, { remaining: 9 }), changes(0, { remaining: 4 }), changes(7)], TAKEN)
    expect(places()).toEqual([0, 7])
    acks.answer([changes(9)], TAKEN)
    acks.answer([changes(9)], TAKEN)
    expect(places()).toEqual([0, 7, 9, 9])
  })

  it('[SYN24] of what was not taken go at once, each with the message that it came in', () => {
    acks.answer([changes(6)], TAKEN)
    const refused = [{ id: 'b', reason: 'no' }]
    acks.answer([changes(7, { ids: ['b'] }), changes(8, { ids: ['c'] })], { refused, needs: ['c'], absent: ['b'] })
    expect(sent).toMatchObject([
      { seq: 7, refused, absent: ['b'] },
      { seq: 8, refused: [], needs: ['c'] },
    ])
  })

  it('[SYN24] that wait are said when that is asked for, once', async () => {
    acks.answer([changes(7)], TAKEN)
    acks.flush()
    expect(places()).toEqual([7])
    await scheduler.pass(100)
    expect(places()).toEqual([7])
  })

  it('[SYN2] say nothing to an older peer that it does not know', async () => {
    open(1)
    acks.answer([changes(7)], TAKEN)
    await scheduler.pass(40)
    expect(sent).toEqual([{ type: 'ack', scope: LAKE, seq: 7, refused: [] }])
  })
})
