import { beforeEach, describe, expect, it } from 'vitest'
import { type Heartbeat, SILENCE_MS, startHeartbeat } from '../../../model/sync/heartbeat.ts'
import { createTimers } from '../../../model/sync/timers.ts'
import { createManualScheduler, type ManualScheduler } from '../../support/manualScheduler.ts'

type Side = 'caller' | 'called'
const OTHER: Readonly<Record<Side, Side>> = { caller: 'called', called: 'caller' }

let scheduler: ManualScheduler
let pings: [by: Side, atMs: number][]
let silent: Side[]
let ends: Record<Side, Heartbeat>
let isCut: boolean

/** Something goes from one side to the other, and takes no time. */
function say(by: Side): void {
  ends[by].said()
  if (!isCut) ends[OTHER[by]].heard()
}

function start(side: Side): Heartbeat {
  return startHeartbeat({
    caller: side === 'caller',
    timers: createTimers(scheduler),
    elapsed: scheduler.elapsed,
    ping() {
      pings.push([side, scheduler.elapsed()])
      say(side)
      if (!isCut) say(OTHER[side]) // the pong
    },
    onSilence: () => silent.push(side),
  })
}

beforeEach(() => {
  scheduler = createManualScheduler()
  pings = []
  silent = []
  isCut = false
  ends = { caller: start('caller'), called: start('called') }
})

describe('the heartbeat', () => {
  it('[SYN25] at rest is a ping of one side and its answer, and both know that the line is alive', async () => {
    await scheduler.pass(60_000)
    const of = (side: Side) => pings.filter(([by]) => by === side).map(([, atMs]) => atMs)
    const all = pings.map(([, atMs]) => atMs)
    expect(Math.max(...all.map((atMs, i) => atMs - (all[i - 1] ?? 0)))).toBeLessThanOrEqual(2_750)
    // To measure the line; all others are the caller's.
    expect([of('called').length, of('caller').length < 25]).toEqual([2, true])
    expect(silent).toEqual([])
  })

  it('[SYN25] is not needed where something is sent anyway, save to measure the line', async () => {
    for (let i = 0; i < 60; i++) {
      say('caller')
      say('called')
      await scheduler.pass(1_000)
    }
    expect(pings.length).toBeLessThanOrEqual(4)
    expect(silent).toEqual([])
  })

  it('[SYN25] neither side is left without a sign for longer than that, whatever the other sends', async () => {
    let lastSign = 0
    let longest = 0
    for (let ms = 0; ms < 30_000; ms += 700) {
      if (ms % 2_100 === 0) say('caller')
      await scheduler.pass(700)
      const [last] = pings.slice(-1)
      lastSign = Math.max(lastSign, ms % 2_100 === 0 ? ms : 0, last?.[1] ?? 0)
      longest = Math.max(longest, scheduler.elapsed() - lastSign)
    }
    expect(longest).toBeLessThanOrEqual(2_750)
  })

  it('[SYN9] a line that falls silent is given up within ten seconds, also by who goes on sending', async () => {
    await scheduler.pass(5_000)
    isCut = true
    await scheduler.pass(SILENCE_MS - 2_500)
    expect(silent).toEqual([])
    for (let ms = SILENCE_MS - 2_500; ms < 10_000; ms += 100) {
      say('caller')
      await scheduler.pass(100)
    }
    expect(silent.toSorted()).toEqual(['called', 'caller'])
  })
})
